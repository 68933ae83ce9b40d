// SPDX-License-Identifier: GPL-2.0
/*
 * sock.c - a socket's life: made, polled, shut down, closed, destroyed.
 *
 * Who holds a socket decides how it ends. While a file refers to it, it stays
 * in memory whatever its connection does. close() takes the file away: the
 * socket becomes an orphan (SOCK_DEAD) and lives on until its connection is
 * over, for the FIN and what is queued before it must still be delivered; then
 * whoever moves it to CLOSED destroys it: inet_csk_destroy_sock(), reached
 * through ltcp_done() from a segment or a timer, or here.
 *
 *	close():  RFC 9293 section 3.10.4	unread data: RFC 2525 section 2.17
 *	shutdown(): a CLOSE that keeps reading	SO_LINGER 0: ABORT, section 3.10.5
 *	connect(AF_UNSPEC): ABORT that keeps the socket
 *
 * What a connection starts from is in ltcp_init_block(); what belongs to the
 * socket and its options, and outlives a connection, in ltcp_init_sock().
 *
 * LOCKING: ltcp.h. poll() reads without the lock; each pair of accesses that
 * must be ordered says so.
 */
#include <linux/poll.h>
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include "trace.h"

struct proto_ops ltcp_stream_ops __ro_after_init;

/* ------------------------------------------------------------------ */
/* Made                                                                 */
/* ------------------------------------------------------------------ */

/* Counters that readers show since the connection's beginning. */
static void ltcp_reset_counters(struct tcp_sock *tp)
{
	tp->bytes_received = 0;
	tp->bytes_sent = 0;
	tp->bytes_acked = 0;
	tp->bytes_retrans = 0;
	tp->segs_in = 0;
	tp->segs_out = 0;
	tp->data_segs_in = 0;
	tp->data_segs_out = 0;
	tp->total_retrans = 0;
	tp->delivered = 0;
	tp->delivered_ce = 0;
	tp->lost = 0;
	tp->dsack_dups = 0;
	tp->reord_seen = 0;
	tp->rcv_ooopack = 0;
	tp->timeout_rehash = 0;
	ltcp_reset_newer(tp);
}

/* The sender: nothing sent, nothing measured. Windows of cwnd are cong.c's. */
static void ltcp_reset_sender(struct tcp_sock *tp, const struct net *net)
{
	tp->srtt_us = 0;
	tp->mdev_us = 0;
	tp->mdev_max_us = 0;
	tp->rttvar_us = 0;
	minmax_reset(&tp->rtt_min, tcp_jiffies32, ~0U);
	tp->packets_out = 0;
	tp->sacked_out = 0;
	tp->lost_out = 0;
	tp->retrans_out = 0;
	tp->max_packets_out = 0;
	tp->is_cwnd_limited = 0;
	tp->retrans_stamp = 0;
	tp->undo_marker = 0;
	tp->undo_retrans = 0;
	tp->high_seq = 0;
	tp->prr_delivered = 0;
	tp->prr_out = 0;
	tp->tlp_high_seq = 0;
	tp->prior_ssthresh = 0;
	tp->rate_delivered = 0;
	WRITE_ONCE(tp->rate_interval_us, 0);
	tp->chrono_type = TCP_CHRONO_UNSPEC;
	memset(tp->chrono_stat, 0, sizeof(tp->chrono_stat));
	tp->app_limited = ~0U;
	tp->rate_app_limited = 1;
	tp->tcp_wstamp_ns = 0;
	tp->tsoffset = 0;
	tp->mss_cache = TCP_MSS_DEFAULT;
	tp->tcp_header_len = sizeof(struct tcphdr);
	tp->reordering = READ_ONCE(net->ipv4.sysctl_tcp_reordering);
}

/* The receiver. */
static void ltcp_reset_receiver(struct tcp_sock *tp)
{
	/* All but user_mss, which is an option; SYNs read it of a listener */
	memset(&tp->rx_opt, 0, offsetof(struct tcp_options_received, user_mss));
	memset_after(&tp->rx_opt, 0, user_mss);
	tp->rcv_rtt_est.rtt_us = 0;
	tp->rcv_rtt_last_tsecr = 0;
	tp->rcvq_space.space = 0;
	tp->rcvq_space.time = 0;
	tp->urg_data = 0;
	tp->last_oow_ack_time = 0;
	ltcp_init_scaling_ratio(tp);
}

/* The kernel's common part of connection-oriented sockets. */
static void ltcp_reset_csk(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	inet_csk_delack_init(sk);
	/* Readers divide by it: never 0, and small, so that it can only grow */
	icsk->icsk_ack.rcv_mss = TCP_MIN_MSS;
	icsk->icsk_rto =
		msecs_to_jiffies(READ_ONCE(ltcp_sk(sk)->lnet->rto_initial_ms));
	icsk->icsk_rto_min = TCP_RTO_MIN;
	icsk->icsk_delack_max = TCP_DELACK_MAX;
	icsk->icsk_retransmits = 0;
	icsk->icsk_backoff = 0;
	icsk->icsk_probes_out = 0;
	icsk->icsk_probes_tstamp = 0;
	icsk->icsk_mtup.enabled = 0;
	icsk->icsk_mtup.probe_size = 0;
	icsk->icsk_sync_mss = ltcp_sync_mss;
	icsk->icsk_af_ops = &ltcp_v4_af_ops;
}

/*
 * ltcp's own tail. What others may use at this moment is not in it: deferred, which a
 * timer on another CPU may be setting, and whose bits stand for references; and what
 * SYNs read of a listener, for one that was looked up just before it was shut down
 * still answers them.
 */
static void ltcp_reset_tail(struct ltcp_sock *lt)
{
	memset_startat(lt, 0, rtxq);
	lt->rtxq = RB_ROOT;
	__skb_queue_head_init(&lt->unsent);
	WRITE_ONCE(lt->wnd_share, LTCP_WND_SHARE_MIN);
}

/* All that a connection starts from. Queues empty, timers stopped. */
static void ltcp_reset_block(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	ltcp_reset_tail(lt);
	ltcp_reset_counters(&lt->tcp);
	ltcp_reset_sender(&lt->tcp, sock_net(sk));
	ltcp_reset_receiver(&lt->tcp);
	ltcp_reset_csk(sk);
	ltcp_ecn_reset(sk);
	ltcp_cong_init(sk);
}

/**
 * ltcp_init_block - make a control block ready for its first connection
 * @sk: new socket, or a child that was cloned from its listener
 *
 * Pointers, lists and timers that a clone has copied are no use to it and are
 * made anew; options are kept. Afterwards the sequence variables, the MSS and
 * the windows remain to be set.
 *
 * Context: nobody else knows of @sk yet, or socket lock.
 */
void ltcp_init_block(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_sk(sk)->lnet = ltcp_net(sock_net(sk));
	ltcp_sk(sk)->backlog_push = false;
	ltcp_sk(sk)->batch_wake = false;
	ltcp_sk(sk)->readers = 0;
	ltcp_sk(sk)->readers_began = 0;
	sk->tcp_rtx_queue = RB_ROOT;
	tp->out_of_order_queue = RB_ROOT;
	tp->ooo_last_skb = NULL;
	INIT_LIST_HEAD(&tp->tsq_node);
	INIT_LIST_HEAD(&tp->tsorted_sent_queue);
	tp->fastopen_req = NULL;
	RCU_INIT_POINTER(tp->fastopen_rsk, NULL);
	tp->saved_syn = NULL;
	ltcp_init_timers(sk);
	ltcp_reset_block(sk);
}

/**
 * ltcp_init_sock - what proto.init does for an ltcp socket
 * @sk: fresh from socket(2), in CLOSE
 *
 * Context: process.
 * Return: 0.
 */
int ltcp_init_sock(struct sock *sk)
{
	const struct net *net = sock_net(sk);

	ltcp_init_block(sk);
	sk->sk_protocol = IPPROTO_TCP;
	ltcp_init_user_frags(sk);
	sk->sk_write_space = ltcp_write_space;
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(net->ipv4.sysctl_tcp_wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
	sk_sockets_allocated_inc(sk);
	if (sk->sk_socket)
		set_bit(SOCK_SUPPORT_ZC, &sk->sk_socket->flags);
	return 0;
}

/* ------------------------------------------------------------------ */
/* Asked                                                                */
/* ------------------------------------------------------------------ */

/* Will nothing more come before the user reads, or perhaps find no memory? */
static bool ltcp_rcv_full(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	int wnd = READ_ONCE(tp->rcv_wup) + READ_ONCE(tp->rcv_wnd) -
		  READ_ONCE(ltcp_sk(sk)->wnd_rounded) - READ_ONCE(tp->rcv_nxt);

	return wnd <= READ_ONCE(inet_csk(sk)->icsk_ack.rcv_mss) ||
	       ltcp_rcv_waiting(sk) > rcvbuf - (rcvbuf >> 3) ||
	       sk_under_memory_pressure(sk);
}

/**
 * ltcp_readable - is there as much to read as SO_RCVLOWAT wants?
 * @sk: full socket
 *
 * Of a stream that has ended sk_shutdown tells.
 *
 * Context: any; without the socket lock the answer may be stale.
 * Return: true when there is, or as much as there will be before a read.
 */
bool ltcp_readable(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 next = READ_ONCE(tp->copied_seq);
	int inq = READ_ONCE(tp->rcv_nxt) - next -
		  ltcp_urg_hole(sk, next, next + 1);

	return inq > 0 && (inq >= sock_rcvlowat(sk, 0, INT_MAX) ||
			   ltcp_rcv_full(sk));
}

static bool ltcp_writable(const struct sock *sk)
{
	return sk_stream_wspace(sk) >= sk_stream_min_wspace(sk) &&
	       ltcp_may_queue(sk, 1);
}

/*
 * Writable; if not, ask to be woken. The second look is for room that came
 * between the first and the request: whoever makes room looks for the request
 * afterwards.
 */
static bool ltcp_poll_writable(struct sock *sk, struct socket *sock)
{
	if (ltcp_writable(sk))
		return true;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sock->flags);
	/* Pairs with the barrier in ltcp_push() */
	smp_mb__after_atomic();
	return ltcp_writable(sk);
}

/* Events of a connection that is, or was, synchronized. */
static __poll_t ltcp_poll_data(struct sock *sk, struct socket *sock,
			       u8 shutdown)
{
	__poll_t mask = 0;

	if (ltcp_readable(sk))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (unlikely(READ_ONCE(tcp_sk(sk)->urg_data) & TCP_URG_VALID))
		mask |= EPOLLPRI;
	/* Writing to what is shut down does not sleep either: it says EPIPE */
	if ((shutdown & SEND_SHUTDOWN) || ltcp_poll_writable(sk, sock))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/**
 * ltcp_poll - proto_ops.poll
 * @file: the socket's file
 * @sock: socket
 * @wait: where to be woken
 *
 * EPOLLHUP means that neither direction is open. Of a half-closed connection
 * EPOLLRDHUP tells, together with EPOLLIN, since a read will not sleep.
 *
 * Context: process, no lock.
 * Return: EPOLL* mask.
 */
static __poll_t ltcp_poll(struct file *file, struct socket *sock,
			  struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return inet_csk_listen_poll(sk);

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		mask |= ltcp_poll_data(sk, sock, shutdown);

	/* Whoever sets an error sets it before the shutdown that was read above */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

static int ltcp_peek_len(struct socket *sock)
{
	return ltcp_inq(sock->sk);
}

/*
 * SO_RCVLOWAT, called with the socket lock. A buffer that could never hold so
 * much grows, or the wait would have no end: to twice that, whatever the packets' overhead.
 */
static int ltcp_set_rcvlowat(struct sock *sk, int val)
{
	bool locked = sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	int most = locked ? READ_ONCE(sk->sk_rcvbuf) :
		READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]);
	struct tcp_sock *tp = tcp_sk(sk);

	val = min_t(int, val, most / 2);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	if (ltcp_readable(sk))
		ltcp_data_ready(sk);
	if (locked || 2 * val <= sk->sk_rcvbuf)
		return 0;
	WRITE_ONCE(sk->sk_rcvbuf, 2 * val);
	if (tp->window_clamp)
		WRITE_ONCE(tp->window_clamp, max_t(u32, tp->window_clamp, val));
	return 0;
}

/* Bytes between the user's last write and @from, for the SIOCOUTQ family. */
static int ltcp_outq(const struct sock *sk, const u32 *from)
{
	if (ltcp_in_handshake(sk) || sk->sk_state == TCP_CLOSE)
		return 0;
	return READ_ONCE(tcp_sk(sk)->write_seq) - READ_ONCE(*from);
}

/**
 * ltcp_ioctl - proto.ioctl
 * @sk: socket
 * @cmd: SIOCINQ (FIONREAD), SIOCOUTQ (TIOCOUTQ), SIOCOUTQNSD, SIOCATMARK
 * @arg: where the answer goes
 *
 * Context: process.
 * Return: 0, -EINVAL for a listener, -ENOIOCTLCMD.
 */
int ltcp_ioctl(struct sock *sk, int cmd, LTCP_IOCTL_ARG arg)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int answer;
	bool slow;

	if (cmd == SIOCATMARK)
		return ltcp_ioctl_put(arg, ltcp_urg_at(tp, READ_ONCE(tp->copied_seq)));
	if (cmd != SIOCINQ && cmd != SIOCOUTQ && cmd != SIOCOUTQNSD)
		return -ENOIOCTLCMD;
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return -EINVAL;

	slow = lock_sock_fast(sk);
	if (cmd == SIOCINQ)
		answer = ltcp_inq(sk);
	else
		answer = ltcp_outq(sk, cmd == SIOCOUTQ ? &tp->snd_una :
							 &tp->snd_nxt);
	unlock_sock_fast(sk, slow);
	return ltcp_ioctl_put(arg, answer);
}

/* ------------------------------------------------------------------ */
/* Shut down, closed, disconnected                                      */
/* ------------------------------------------------------------------ */

/* End the connection with a RST. The caller destroys @sk or keeps it. */
static void ltcp_reset_out(struct sock *sk)
{
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_send_active_reset(sk, gfp_any());
	ltcp_set_state(sk, TCP_CLOSE);
}

/* CLOSE: a FIN after all that is queued; corked or not, it goes. */
static void ltcp_close_send(struct sock *sk)
{
	if (!ltcp_close_state(sk))
		return;
	ltcp_sk(sk)->more = false;
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_send_fin(sk);
}

/**
 * ltcp_shutdown - proto.shutdown
 * @sk: connection, not in CLOSE, LISTEN or SYN-SENT
 * @how: RCV_SHUTDOWN, SEND_SHUTDOWN or both; already noted in sk_shutdown
 *
 * Only the sending side concerns the peer. Context: process, socket lock.
 */
void ltcp_shutdown(struct sock *sk, int how)
{
	if (how & SEND_SHUTDOWN)
		ltcp_close_send(sk);
}

/* Free what was received and not read; true when the user missed any byte. */
static bool ltcp_drop_unread(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	bool unread = false;

	ltcp_urg_pass(sk);
	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		if (seq_geq(tp->copied_seq, ltcp_cb(skb)->seq + skb->len)) {
			consume_skb(skb);	/* read, or a FIN alone */
			continue;
		}
		unread = true;
		ltcp_drop(sk, skb, SKB_DROP_REASON_QUEUE_PURGE);
	}
	return unread;
}

/*
 * What the user's going away means for the connection. To close without having
 * read everything loses data, and the peer must learn that (RFC 2525 section
 * 2.17); a linger time of 0 asks for the same.
 */
static void ltcp_close_connection(struct sock *sk)
{
	bool unread = ltcp_drop_unread(sk);

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (unread) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONCLOSE);
		ltcp_reset_out(sk);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONDATA);
		ltcp_disconnect(sk, 0);
	} else {
		ltcp_close_send(sk);
	}
}

/*
 * Own @sk with its backlog empty and the spinlock held, so that nothing new can
 * get into it: a FIN left there would find the socket gone. What a flood keeps putting
 * into it is worked off under the lock in the end, or close() would not return as long
 * as that lasts. BHs are off.
 */
static void ltcp_lock_quiet(struct sock *sk)
	__acquires(&sk->sk_lock.slock)
{
	struct sk_buff *skb, *next;
	int rounds = 3;

	while (rounds-- && sk_flush_backlog(sk))
		;
	local_bh_disable();
	bh_lock_sock(sk);
	skb = sk->sk_backlog.head;
	sk->sk_backlog.head = NULL;
	WRITE_ONCE(sk->sk_backlog.tail, NULL);
	sk->sk_backlog.len = 0;
	for (; skb; skb = next) {
		next = skb->next;
		skb_mark_not_on_list(skb);
		ltcp_backlog_rcv(sk, skb);
	}
}

static void ltcp_unlock_quiet(struct sock *sk)
	__releases(&sk->sk_lock.slock)
{
	bh_unlock_sock(sk);
	local_bh_enable();
}

/*
 * An orphan that waits for its peer's FIN leaves a stand-in in TIME-WAIT;
 * TCP_LINGER2 < 0 forbids the wait. Returns true when @sk is done with.
 */
static bool ltcp_orphan_fin_wait2(struct sock *sk)
{
	if (READ_ONCE(tcp_sk(sk)->linger2) < 0) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONLINGER);
		ltcp_reset_out(sk);
		return false;
	}
	ltcp_time_wait(sk, TCP_FIN_WAIT2, ltcp_fin_timeout(sk));
	return true;
}

/* Does @sk live on without a user? Not when it is over or one too many. */
static void ltcp_orphan_decide(struct sock *sk)
{
	if (sk->sk_state == TCP_FIN_WAIT2 && ltcp_orphan_fin_wait2(sk))
		return;
	if (sk->sk_state != TCP_CLOSE && ltcp_orphan_excess(sk)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONMEMORY);
		ltcp_reset_out(sk);
	}
	if (sk->sk_state == TCP_CLOSE)
		inet_csk_destroy_sock(sk);
}

/*
 * Take the user away. From sock_orphan() on whoever moves @sk to CLOSE destroys
 * it, so if a segment in the backlog did, nothing is left to do.
 */
static void ltcp_make_orphan(struct sock *sk)
{
	int state = sk->sk_state;

	sock_orphan(sk);
	this_cpu_inc(*sk->sk_prot->orphan_count);
	ltcp_lock_quiet(sk);
	if (state == TCP_CLOSE || sk->sk_state != TCP_CLOSE)
		ltcp_orphan_decide(sk);
	ltcp_unlock_quiet(sk);
}

/**
 * __ltcp_close - the user lets go of a socket
 * @sk: any state
 * @timeout: how long to wait for the peer's ACK of our FIN (SO_LINGER), jiffies
 *
 * RFC 9293 section 3.10.4. Context: process, socket lock. The caller holds a
 * reference besides the user's, which is given up here once the connection is
 * over, now or later.
 */
void __ltcp_close(struct sock *sk, long timeout)
{
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN) {
		ltcp_set_state(sk, TCP_CLOSE);
		ltcp_listen_stop(sk);
	} else {
		ltcp_close_connection(sk);
		sk_stream_wait_close(sk, timeout);
	}
	ltcp_make_orphan(sk);
}

/**
 * ltcp_close - proto.close
 * @sk: socket whose last file is gone
 * @timeout: linger time, jiffies
 *
 * Context: process.
 */
void ltcp_close(struct sock *sk, long timeout)
{
	sock_hold(sk);
	lock_sock(sk);
	__ltcp_close(sk, timeout);
	release_sock(sk);
	sock_put(sk);
}

/*
 * Does the peer hold a connection that only a RST will end? RFC 9293 section
 * 3.10.5 (ABORT) names the states; in CLOSING and LAST-ACK, too, when data that
 * was promised will never come.
 */
static bool ltcp_abort_needs_rst(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (sk->sk_state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
	case TCP_CLOSE_WAIT:
		return true;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return tp->snd_nxt != tp->write_seq;
	}
	return false;
}

/* Leave the state the connection is in for CLOSE, as ABORT does. */
static void ltcp_abort_connection(struct sock *sk)
{
	if (sk->sk_state == TCP_LISTEN) {
		ltcp_set_state(sk, TCP_CLOSE);
		ltcp_listen_stop(sk);
		return;
	}
	if (sk->sk_state == TCP_CLOSE)
		return;
	if (ltcp_abort_needs_rst(sk)) {
		WRITE_ONCE(sk->sk_err, ECONNRESET);
		ltcp_reset_out(sk);
		return;
	}
	/* Both ways were closed, and nothing is lost; but of an opening something is */
	if (sk->sk_state == TCP_SYN_SENT)
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	ltcp_set_state(sk, TCP_CLOSE);
}

/* Give back what a connection has accumulated. */
static void ltcp_purge(struct sock *sk)
{
	inet_csk_clear_xmit_timers(sk);
	ltcp_pace_stop(sk);
	ltcp_dupack_told(sk);
	ltcp_drop_unread(sk);
	ltcp_ofo_purge(sk);
	ltcp_tx_purge(sk);
	kfree(tcp_sk(sk)->saved_syn);
	tcp_sk(sk)->saved_syn = NULL;
}

/* Forget the peer: its address, the route to it, its numbers, what was said of it. */
static void ltcp_forget_peer(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	inet_sk(sk)->inet_dport = 0;
	inet_bhash2_reset_saddr(sk);
	__sk_dst_reset(sk);
	dst_release(unrcu_pointer(xchg(&sk->sk_rx_dst, NULL)));
	WRITE_ONCE(sk->sk_err_soft, 0);
	WRITE_ONCE(tp->write_seq, 0);
	tp->snd_nxt = 0;
	tp->snd_una = 0;
	tp->rcv_nxt = 0;
	WRITE_ONCE(tp->copied_seq, 0);
	WRITE_ONCE(sk->sk_peek_off, -1);
	tp->window_clamp = 0;
	tp->snd_wnd = 0;
	tp->max_window = 0;
}

/* The page that writes of other tasks' sockets do not share. */
static void ltcp_put_frag(struct sock *sk)
{
	if (!sk->sk_frag.page)
		return;
	put_page(sk->sk_frag.page);
	sk->sk_frag.page = NULL;
	sk->sk_frag.offset = 0;
}

/**
 * ltcp_disconnect - proto.disconnect: abort, and be as good as new
 * @sk: socket in any state
 * @flags: unused
 *
 * For connect(AF_UNSPEC), shutdown() of a listener, connect() that failed,
 * SO_LINGER 0, and children that nobody will accept. Options stay.
 *
 * Context: socket lock; may be softirq.
 * Return: 0.
 */
int ltcp_disconnect(struct sock *sk, int flags)
{
	/* The kernel calls what the listener has, also for a child moved to it */
	if (unlikely(!ltcp_is_ours(sk)))
		return sk->sk_prot->disconnect(sk, flags);
	ltcp_abort_connection(sk);
	ltcp_purge(sk);
	ltcp_forget_peer(sk);
	ltcp_reset_block(sk);
	ltcp_put_frag(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	sk_error_report(sk);
	return 0;
}

/**
 * ltcp_destroy_sock - proto.destroy
 * @sk: in CLOSE, out of the hash table, without a user
 *
 * Context: process, or softirq with the socket lock.
 */
void ltcp_destroy_sock(struct sock *sk)
{
	ltcp_trace_kernel(tcp_destroy_sock, sk);
	ltcp_purge(sk);
	ltcp_cong_put(sk);
	if (inet_csk(sk)->icsk_bind_hash)
		inet_put_port(sk);
	sk_sockets_allocated_dec(sk);
}

/* ------------------------------------------------------------------ */
/* The table of calls                                                   */
/* ------------------------------------------------------------------ */

/*
 * With tcp_migrate_req the kernel moves what a closing listener leaves to another of
 * its SO_REUSEPORT group, which may be one of the built-in that joined after ours:
 * then what is accepted is the built-in's, and keeps its operations. The kernel's own
 * callers have given none before, and would give ours: they release it instead.
 */
static int ltcp_op_accept(struct socket *sock, struct socket *newsock,
			  LTCP_ACCEPT_ARGS)
{
	bool given = READ_ONCE(newsock->ops) == &ltcp_stream_ops;
	int err = inet_accept(sock, newsock, LTCP_ACCEPT_PASS);

	if (err || likely(ltcp_is_ours(newsock->sk)))
		return err;
	WRITE_ONCE(newsock->ops, &inet_stream_ops);
	if (!given)
		return -ECONNABORTED;
	/* The reference that came with our operations */
	module_put(THIS_MODULE);
	return 0;
}

static int ltcp_op_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	sock_rps_record_flow(sock->sk);
	return ltcp_sendmsg(sock->sk, msg, len);
}

static int ltcp_op_recvmsg(struct socket *sock, struct msghdr *msg, size_t len,
			   int flags)
{
	int addr_len = 0;
	int ret;

	if (likely(!(flags & MSG_ERRQUEUE)))
		sock_rps_record_flow(sock->sk);
	ret = ltcp_recvmsg(sock->sk, msg, len, flags, &addr_len);
	if (ret >= 0)
		msg->msg_namelen = addr_len;
	return ret;
}

/**
 * ltcp_proto_ops_init - derive the socket calls from those of AF_INET streams
 *
 * What is left as it was goes through struct proto or knows nothing of TCP; all
 * that names the built-in TCP is replaced.
 *
 * Context: module init, before the first socket.
 */
void __init ltcp_proto_ops_init(void)
{
	struct proto_ops *ops = &ltcp_stream_ops;

	*ops = inet_stream_ops;
	ops->owner = THIS_MODULE;
	ops->accept = ltcp_op_accept;
	ops->poll = ltcp_poll;
	ops->mmap = ltcp_mmap;
	ops->sendmsg = ltcp_op_sendmsg;	/* as AF_INET's, less one indirect call */
	ops->recvmsg = ltcp_op_recvmsg;
	ops->splice_read = ltcp_splice_read;
	ops->splice_eof = ltcp_splice_eof;
	ops->set_peek_off = sk_set_peek_off;
	ops->read_sock = ltcp_read_sock;
	ops->read_skb = NULL;
	ops->sendmsg_locked = ltcp_sendmsg_locked;
	ops->peek_len = ltcp_peek_len;
	ops->set_rcvlowat = ltcp_set_rcvlowat;
	ltcp_ops_init_sendpage(ops);
}
