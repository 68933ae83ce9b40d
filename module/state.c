// SPDX-License-Identifier: GPL-2.0
/*
 * state.c - the eleven states and the ways between them (RFC 9293 figure 5).
 *
 * ltcp_set_state() is the only writer of sk_state, so that counting, the
 * tracepoint and unhashing hang in one place. TIME-WAIT, and FIN-WAIT-2 without
 * a user, are not states of a full socket: ltcp_time_wait() leaves a small
 * stand-in in the hash table and ends the socket itself.
 */
#include <linux/bpf.h>

#include "trace.h"

static bool ltcp_counts_as_established(int state)
{
	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;
}

/* tcpCurrEstab and tcpEstabResets of the MIB (RFC 4022) follow the states. */
static void ltcp_count_state(struct sock *sk, int from, int to)
{
	struct net *net = sock_net(sk);

	if (!ltcp_counts_as_established(from) && to == TCP_ESTABLISHED)
		TCP_INC_STATS(net, TCP_MIB_CURRESTAB);
	else if (ltcp_counts_as_established(from) &&
		 !ltcp_counts_as_established(to))
		TCP_DEC_STATS(net, TCP_MIB_CURRESTAB);
	if (to == TCP_CLOSE && ltcp_counts_as_established(from))
		TCP_INC_STATS(net, TCP_MIB_ESTABRESETS);
}

static void ltcp_unhash(struct sock *sk)
{
	sk->sk_prot->unhash(sk);
	if (inet_csk(sk)->icsk_bind_hash &&
	    !(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		inet_put_port(sk);
}

/**
 * ltcp_set_state - move a connection to another state
 * @sk: full socket
 * @state: TCP_* of the kernel
 *
 * A socket that closes leaves the hash table first, and its port unless the
 * program bound it. Fires sock:inet_sock_set_state.
 *
 * Context: socket lock.
 */
void ltcp_set_state(struct sock *sk, int state)
{
	ltcp_count_state(sk, sk->sk_state, state);
	if (state == TCP_CLOSE)
		ltcp_unhash(sk);
	inet_sk_set_state(sk, state);
}

/**
 * ltcp_done - the connection is over, now
 * @sk: full socket; with no user left it is destroyed here
 *
 * Context: BH off, socket lock. The caller may look at @sk afterwards only if
 * it holds a reference of its own.
 */
void ltcp_done(struct sock *sk)
{
	if (ltcp_in_handshake(sk))
		TCP_INC_STATS(sock_net(sk), TCP_MIB_ATTEMPTFAILS);
	ltcp_set_state(sk, TCP_CLOSE);
	inet_csk_clear_xmit_timers(sk);
	ltcp_pace_stop(sk);
	ltcp_dupack_told(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sock_flag(sk, SOCK_DEAD))
		inet_csk_destroy_sock(sk);
	else
		sk->sk_state_change(sk);
}

/**
 * ltcp_conn_error - end a connection with an error for its user
 * @sk: full socket
 * @err: positive errno that the next call reports; 0 reports none
 *
 * Both queues are discarded (RFC 9293 section 3.10.7.4, "all segment queues
 * should be flushed"); what had been received in order stays readable, as
 * programs expect of sockets.
 *
 * Context: BH off, socket lock.
 */
void ltcp_conn_error(struct sock *sk, int err)
{
	bool orphan;

	WRITE_ONCE(sk->sk_err, err);
	/* Pairs with the barrier in poll: shutdown must not be seen before the error */
	smp_wmb();
	ltcp_tx_purge(sk);
	ltcp_ofo_purge(sk);
	/* Whoever is woken by the report sees the end, too: EPOLLERR with EPOLLHUP */
	orphan = sock_flag(sk, SOCK_DEAD);
	ltcp_done(sk);
	if (!orphan)
		sk_error_report(sk);
}

/**
 * ltcp_soft_error - something is wrong that may pass, and the user may know
 * @sk: connection
 * @err: positive errno
 *
 * RFC 9293 section 3.9.1.8, ERROR_REPORT. It is the reason given should the
 * connection time out, and SO_ERROR tells it until data gets through again. With
 * IP_RECVERR (ip(7)) the user is woken, and told at once (MUST-47, SHLD-20).
 *
 * Context: BH off, socket lock.
 */
void ltcp_soft_error(struct sock *sk, int err)
{
	if (!ltcp_inet_test(RECVERR, sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
		return;
	}
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

/**
 * ltcp_rcv_reset - an acceptable RST has come
 * @sk: full socket
 *
 * Context: BH off, socket lock. RFC 9293 section 3.10.7.4, second step; the
 * errno tells what the user lost, as programs know it.
 */
void ltcp_rcv_reset(struct sock *sk)
{
	int err = ECONNRESET;

	ltcp_trace_kernel(tcp_receive_reset, sk);
	if (ltcp_in_handshake(sk))
		err = ECONNREFUSED;
	else if (sk->sk_state == TCP_CLOSE_WAIT)
		err = EPIPE;
	ltcp_conn_error(sk, err);
}

/**
 * ltcp_init_transfer - ready a connection for data
 * @sk: about to leave SYN-SENT or SYN-RECEIVED for ESTABLISHED or FIN-WAIT-1
 *
 * Buffers, congestion window and the keepalive timer start here, from what the
 * handshake has taught. Context: BH off, socket lock.
 */
void ltcp_init_transfer(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	inet_csk(sk)->icsk_retransmits = 0;
	inet_csk(sk)->icsk_backoff = 0;
	ltcp_rto_over(tp, ltcp_now_ms());
	if (tp->total_retrans && !tp->srtt_us)	/* RFC 6298 (5.7) */
		inet_csk(sk)->icsk_rto = msecs_to_jiffies(LTCP_RTO_SYN_LOST_MS);
	tp->lsndtime = tcp_jiffies32;
	tp->rcv_tstamp = tcp_jiffies32;
	ltcp_mss_check(sk);
	ltcp_mtup_begin(sk);
	ltcp_loss_init(sk);
	ltcp_arq_begin(sk);
	ltcp_cong_start(sk);
	ltcp_sndbuf_grow(sk);
	ltcp_rcv_init(sk);
	if (sock_flag(sk, SOCK_KEEPOPEN))
		ltcp_timer_keepalive(sk, keepalive_time_when(tp));
}

/**
 * ltcp_established - the handshake is complete
 * @sk: connection in SYN-SENT or SYN-RECEIVED
 * @skb: the segment that completed it, or NULL
 *
 * Wakes a connecting program; a child's listener is woken by listen.c.
 * Context: BH off, socket lock.
 */
void ltcp_established(struct sock *sk, const struct sk_buff *skb)
{
	ltcp_init_transfer(sk);
	if (skb)
		inet_csk(sk)->icsk_af_ops->sk_rx_dst_set(sk, skb);
	/* The transfer's fields must be seen before the state that allows their use */
	smp_mb();
	ltcp_set_state(sk, TCP_ESTABLISHED);
	sk->sk_state_change(sk);
	if (sk->sk_socket)
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

/**
 * ltcp_close_state - the user closes: where does that lead?
 * @sk: full socket
 *
 * RFC 9293 section 3.10.4, CLOSE call. Context: socket lock.
 * Return: true when a FIN is to be sent.
 */
bool ltcp_close_state(struct sock *sk)
{
	switch (sk->sk_state) {
	case TCP_SYN_RECV:
		/* The FIN is sent as data is, and ESTABLISHED will not come */
		local_bh_disable();
		ltcp_init_transfer(sk);
		local_bh_enable();
		fallthrough;
	case TCP_ESTABLISHED:
		ltcp_set_state(sk, TCP_FIN_WAIT1);
		return true;
	case TCP_CLOSE_WAIT:
		ltcp_set_state(sk, TCP_LAST_ACK);
		return true;
	case TCP_SYN_SENT:
	case TCP_LISTEN:
		ltcp_set_state(sk, TCP_CLOSE);
		return false;
	}
	return false;
}

static void ltcp_enter_time_wait(struct sock *sk)
{
	ltcp_time_wait(sk, TCP_TIME_WAIT,
		       msecs_to_jiffies(2 * READ_ONCE(ltcp_sk(sk)->lnet->msl_ms)));
}

/*
 * FIN-WAIT-1 and our FIN is acknowledged. Without a user a small stand-in waits
 * for the peer's FIN, unless this very segment has text or the FIN, or those may
 * wait behind it in the backlog, where no stand-in would find them: then the full
 * socket judges it first, and the keepalive timer bounds its stay.
 * Returns false when @sk is gone.
 */
static bool ltcp_to_fin_wait2(struct sock *sk, const struct ltcp_seg *seg)
{
	ltcp_set_state(sk, TCP_FIN_WAIT2);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	sk_dst_confirm(sk);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		return true;
	}
	if (READ_ONCE(tcp_sk(sk)->linger2) < 0) {
		ltcp_send_active_reset(sk, GFP_ATOMIC);
		ltcp_done(sk);
		return false;
	}
	if (seg->seq == seg->end_seq && !sock_owned_by_user(sk)) {
		ltcp_time_wait(sk, TCP_FIN_WAIT2, ltcp_fin_timeout(sk));
		return false;
	}
	ltcp_timer_keepalive(sk, ltcp_fin_timeout(sk));
	return true;
}

/**
 * ltcp_fin_acked - in a closing state, does this ACK cover our FIN?
 * @sk: connection in FIN-WAIT-1, CLOSING or LAST-ACK, queues already cleaned
 * @seg: the segment
 *
 * RFC 9293 section 3.10.7.4, fifth step. A FIN that is still queued or
 * unacknowledged changes nothing.
 *
 * Context: BH off, socket lock.
 * Return: false when the connection ended and @sk must not be touched again.
 */
bool ltcp_fin_acked(struct sock *sk, const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->snd_una != tp->write_seq)
		return true;
	switch (sk->sk_state) {
	case TCP_FIN_WAIT1:
		return ltcp_to_fin_wait2(sk, seg);
	case TCP_CLOSING:
		ltcp_enter_time_wait(sk);
		return false;
	case TCP_LAST_ACK:
		ltcp_done(sk);
		return false;
	}
	return true;
}

/* Wake the user, if there is one; O_ASYNC learns whether both directions are closed. */
static void ltcp_tell_fin(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	if (sk->sk_shutdown == SHUTDOWN_MASK || sk->sk_state == TCP_CLOSE)
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
	else
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
}

/**
 * ltcp_rcv_fin - the peer's FIN has been reached in sequence
 * @sk: connection; RCV.NXT is already past the FIN
 *
 * RFC 9293 section 3.10.7.4, eighth step. A connection that ends up in
 * TIME-WAIT acknowledges first, while it still is a full socket.
 *
 * Context: BH off, socket lock. Afterwards look at sk_state: TCP_CLOSE means
 * the socket is done with.
 */
void ltcp_rcv_fin(struct sock *sk)
{
	inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_NOW;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);

	switch (sk->sk_state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		ltcp_set_state(sk, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT1:
		/* Were our FIN acknowledged this would be FIN-WAIT-2 already */
		ltcp_set_state(sk, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		ltcp_send_ack(sk);
		ltcp_ofo_purge(sk);
		ltcp_tell_fin(sk);
		ltcp_enter_time_wait(sk);
		return;
	}
	ltcp_ofo_purge(sk);
	ltcp_tell_fin(sk);
}

static void ltcp_abort_request(struct request_sock *req)
{
	local_bh_disable();
	inet_csk_reqsk_queue_drop(req->rsk_listener, req);
	local_bh_enable();
}

static void ltcp_abort_time_wait(struct inet_timewait_sock *tw)
{
	refcount_inc(&tw->tw_refcnt);
	local_bh_disable();
	inet_twsk_deschedule_put(tw);
	local_bh_enable();
}

/* RFC 9293 section 3.10.5: where the peer's connection would outlive ours. */
static void ltcp_abort_reset(struct sock *sk)
{
	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_SYN_RECV |
				     TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 |
				     TCPF_CLOSE_WAIT)))
		return;
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_send_active_reset(sk, GFP_ATOMIC);
}

/*
 * A listener first loses its queues; whoever waits in accept() is woken. A BPF
 * program that walks the sockets (bpf_sock_destroy()) owns this one already.
 */
static void ltcp_abort_full(struct sock *sk, int err)
{
	bool owned = has_current_bpf_ctx();
	bool listener;

	if (!owned)
		lock_sock(sk);
	listener = sk->sk_state == TCP_LISTEN;
	if (listener) {
		ltcp_set_state(sk, TCP_CLOSE);
		ltcp_listen_stop(sk);
	}
	local_bh_disable();
	bh_lock_sock(sk);
	if (listener || sk->sk_state != TCP_CLOSE) {
		ltcp_abort_reset(sk);
		ltcp_conn_error(sk, err);
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	if (!owned)
		release_sock(sk);
}

/**
 * ltcp_abort - proto.diag_destroy: an administrator ends the connection (ss -K)
 * @sk: full, request or TIME-WAIT socket of ours
 * @err: positive errno for the user
 *
 * Context: process. Return: 0.
 */
int ltcp_abort(struct sock *sk, int err)
{
	if (sk->sk_state == TCP_NEW_SYN_RECV)
		ltcp_abort_request(inet_reqsk(sk));
	else if (sk->sk_state == TCP_TIME_WAIT)
		ltcp_abort_time_wait(inet_twsk(sk));
	else
		ltcp_abort_full(sk, err);
	return 0;
}
