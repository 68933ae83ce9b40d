// SPDX-License-Identifier: GPL-2.0
/*
 * send.c - from the user's write to the send queue (RFC 9293 section 3.10.2,
 * SEND).
 *
 * A write is cut into packets, not segments: bytes are copied into page
 * fragments of the last unsent packet until that has its size goal, a multiple
 * of the MSS that TSO, GSO or the CPU will cut (tx.c). A packet has no linear
 * part, so that its headers can be put before it and its bytes are never moved
 * again. Pages given by splice or sendfile are hung in as they are, and so are
 * those of a program that says MSG_ZEROCOPY (zerocopy.c).
 *
 *	begin	is the connection there, and may be written to?
 *	step	a packet with room; copy; account; push it when it is full
 *	wait	no room left: what is queued goes out, corked or not, and we sleep
 *	end	PSH on the last packet (MUST-61), push, and what to return
 *
 * A full packet is pushed at once only when nothing waits before it: otherwise
 * windows hold the queue back, and the ACK that opens them pushes.
 *
 * All of it under the socket lock. Sleeping gives the lock up, so after it the
 * tail of the queue, the size goal and the state are looked at afresh.
 */
#include <linux/uio.h>
#include "ltcp.h"

/* A long write looks at the backlog after so many packets. */
#define LTCP_BACKLOG_PACKETS	16

/* One write on its way into the send queue. */
struct ltcp_write {
	struct sock *sk;
	struct msghdr *msg;
	u32 goal_bytes;			/* payload of a full packet */
	int copied_bytes;		/* in the send queue */
	long timeo;			/* jiffies it may still sleep */
	u32 tsflags;			/* SOF_TIMESTAMPING_* */
	bool splice;			/* hang pages in instead of copying */
	u8 packets;			/* completed since the backlog was looked at */
	struct ltcp_zc zc;		/* MSG_ZEROCOPY */
};

/**
 * ltcp_may_queue - does the send buffer take another packet?
 * @sk: socket
 * @wake: 1 when asked to wake a writer, which is worth it only for more room
 *
 * Context: any; without the socket lock the answer may be stale.
 * Return: what sk_stream_wait_memory() waits for.
 */
bool ltcp_may_queue(const struct sock *sk, int wake)
{
	return READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf) &&
	       ltcp_stream_memory_free(sk, wake);
}

/* Has so much been written without PSH that the peer may wait for it? */
static bool ltcp_psh_due(const struct tcp_sock *tp)
{
	return seq_gt(tp->write_seq, tp->pushed_seq + (tp->max_window >> 1));
}

/* The bytes up to here are worth telling the peer's application about. */
static void ltcp_mark_psh(struct tcp_sock *tp, struct sk_buff *skb)
{
	ltcp_cb(skb)->flags |= LTCP_FLAG_PSH;
	tp->pushed_seq = tp->write_seq;
}

/* The clock is read here: the copy may have waited long for the program's memory. */
static void ltcp_write_push(struct sock *sk)
{
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_push(sk);
}

/* Send what is queued without regard to Nagle, cork and MSG_MORE. */
static void ltcp_flush(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&lt->unsent);

	lt->more = false;
	if (!skb)
		return;
	ltcp_mark_psh(&lt->tcp, skb);
	lt->tcp.nonagle |= TCP_NAGLE_PUSH;
	ltcp_write_push(sk);
}

/* A fresh packet at the tail. TCP_NAGLE_PUSH was about those before it. */
static struct sk_buff *ltcp_write_new(struct sock *sk)
{
	if (unlikely(!ltcp_may_queue(sk, 0)))
		return NULL;
	tcp_sk(sk)->nonagle &= ~TCP_NAGLE_PUSH;
	return ltcp_tx_skb_new(sk, sk->sk_allocation);
}

/* A packet that takes more bytes: the last one, or a new one. */
static struct sk_buff *ltcp_write_tail(const struct ltcp_write *w)
{
	struct sk_buff *skb = skb_peek_tail(&ltcp_sk(w->sk)->unsent);

	if (skb && skb->len < w->goal_bytes && !ltcp_cb(skb)->eor)
		return skb;
	return ltcp_write_new(w->sk);
}

/*
 * Copy up to @room bytes into the page fragment that this task fills for all
 * its sockets. Returns bytes; 0 when @skb has no fragment left; -ENOBUFS when
 * memory is short; -EFAULT.
 */
static int ltcp_append_bytes(struct sock *sk, struct sk_buff *skb,
			     struct msghdr *msg, u32 room)
{
	struct page_frag *frag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	int bytes, err;
	bool merge;

	if (unlikely(!sk_page_frag_refill(sk, frag)))
		return -ENOBUFS;
	merge = skb_can_coalesce(skb, i, frag->page, frag->offset);
	if (unlikely(!merge && i == MAX_SKB_FRAGS))
		return 0;
	bytes = ltcp_snd_grant(sk, min(room, frag->size - frag->offset));
	if (unlikely(!bytes))
		return -ENOBUFS;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, frag->page,
				       frag->offset, bytes);
	if (unlikely(err))
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], bytes);
	} else {
		skb_zcopy_downgrade_managed(skb);
		skb_fill_page_desc_noacc(skb, i, frag->page, frag->offset, bytes);
		get_page(frag->page);
	}
	frag->offset += bytes;
	return bytes;
}

/* The same for pages that are taken by reference (MSG_SPLICE_PAGES). */
static int ltcp_append_pages(struct sock *sk, struct sk_buff *skb,
			     struct msghdr *msg, u32 room)
{
	ssize_t bytes;

	room = ltcp_snd_grant(sk, room);
	if (unlikely(!room))
		return -ENOBUFS;
	skb_zcopy_downgrade_managed(skb);
	bytes = ltcp_splice_from_iter(skb, &msg->msg_iter, room,
				      sk->sk_allocation);
	if (bytes == -EMSGSIZE)
		return 0;
	if (bytes < 0)
		return bytes;
	sk_wmem_queued_add(sk, bytes);
	sk_mem_charge(sk, bytes);
	/* Whoever owns the pages may still write to them: no checksum may be kept */
	if (!(msg->msg_flags & MSG_NO_SHARED_FRAGS))
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	return bytes;
}

/* May bytes be queued, as far as errors and shutdown go? How many to a packet? */
static int ltcp_write_check(struct ltcp_write *w)
{
	struct sock *sk = w->sk;

	if (unlikely(sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN)))
		return -EPIPE;
	w->goal_bytes = ltcp_tx_size_goal(sk);
	return 0;
}

/*
 * What this write has queued is urgent, if it says so. After a shutdown() a FIN is
 * queued behind it, and the mark is where it was put before the wait.
 */
static void ltcp_write_mark(const struct ltcp_write *w)
{
	if (unlikely(w->msg->msg_flags & MSG_OOB) && w->copied_bytes &&
	    !(w->sk->sk_shutdown & SEND_SHUTDOWN))
		ltcp_urg_send(w->sk);
}

/*
 * No room. All that is queued must go, or a corked tail would keep the buffer
 * full for ever; then wait for ACKs to free some of it.
 */
static int ltcp_write_wait(struct ltcp_write *w)
{
	struct sock *sk = w->sk;
	int err;

	ltcp_tx_drop_empty_tail(sk);
	ltcp_write_mark(w);
	ltcp_flush(sk);
	err = sk_stream_wait_memory(sk, &w->timeo);
	return err ?: ltcp_write_check(w);
}

/* Nothing was appended: all fragments taken, no memory, or a bad address. */
static int ltcp_append_failed(struct ltcp_write *w, int err)
{
	if (!err)
		return ltcp_write_new(w->sk) ? 0 : ltcp_write_wait(w);
	if (err == -ENOBUFS)
		return ltcp_write_wait(w);
	ltcp_tx_drop_empty_tail(w->sk);
	return err;
}

/* @skb has its size: send it at once if it is the first, or the peer may wait. */
static void ltcp_push_full(struct sock *sk, struct sk_buff *skb)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	bool psh = ltcp_psh_due(&lt->tcp);

	if (psh)
		ltcp_mark_psh(&lt->tcp, skb);
	if (psh || skb_peek(&lt->unsent) == skb)
		ltcp_write_push(sk);
}

/*
 * @skb has its size and the write goes on. Now and then the segments that came
 * meanwhile are looked at: their ACKs make room. Of urgent data nothing is sent
 * before its end is known.
 */
static int ltcp_write_full(struct ltcp_write *w, struct sk_buff *skb)
{
	if (likely(!(w->msg->msg_flags & MSG_OOB)))
		ltcp_push_full(w->sk, skb);
	if (++w->packets < LTCP_BACKLOG_PACKETS)
		return 0;
	w->packets = 0;
	return sk_flush_backlog(w->sk) ? ltcp_write_check(w) : 0;
}

static int ltcp_append(const struct ltcp_write *w, struct sk_buff *skb, u32 room)
{
	int n;

	if (unlikely(w->splice))
		return ltcp_append_pages(w->sk, skb, w->msg, room);
	if (unlikely(w->zc.pages)) {
		n = ltcp_zc_append(&w->zc, w->sk, skb, w->msg, room);
		if (n != -ENOBUFS)
			return n;
		/* No memory for whole pages: of a copy a part may do */
		ltcp_zc_copied(&w->zc);
	}
	return ltcp_append_bytes(w->sk, skb, w->msg, room);
}

static int ltcp_write_step(struct ltcp_write *w)
{
	struct sk_buff *skb = ltcp_write_tail(w);
	u32 room;
	int n;

	if (unlikely(!skb))
		return ltcp_write_wait(w);
	room = min_t(size_t, w->goal_bytes - skb->len, msg_data_left(w->msg));
	n = ltcp_append(w, skb, room);
	if (unlikely(n <= 0))
		return ltcp_append_failed(w, n);

	ltcp_tx_extend(w->sk, skb, n);
	w->copied_bytes += n;
	if (skb->len >= w->goal_bytes && msg_data_left(w->msg))
		return ltcp_write_full(w, skb);
	return 0;
}

/* Ancillary data: SO_TIMESTAMPING for this write; the rest has no meaning here. */
static int ltcp_write_cmsg(struct ltcp_write *w)
{
	struct sockcm_cookie cookie;

	sockcm_init(&cookie, w->sk);
	if (unlikely(sock_cmsg_send(w->sk, w->msg, &cookie)))
		return -EINVAL;
	w->tsflags = cookie.tsflags;
	return 0;
}

/* SYN-SENT and SYN-RECEIVED wait (or say EAGAIN), closed states say EPIPE. */
static int ltcp_write_begin(struct ltcp_write *w, size_t len)
{
	struct sock *sk = w->sk;
	int flags = w->msg->msg_flags;
	int err;

	if (unlikely(flags & MSG_FASTOPEN))
		return -EOPNOTSUPP;
	if (unlikely(flags & MSG_ZEROCOPY)) {
		err = ltcp_zc_begin(&w->zc, sk, w->msg, len);
		if (err)
			return err;
	}
	if (unlikely((1 << sk->sk_state) &
		     ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))) {
		err = sk_stream_wait_connect(sk, &w->timeo);
		if (err)
			return err;
	}
	if (unlikely(w->msg->msg_controllen)) {
		err = ltcp_write_cmsg(w);
		if (err)
			return err;
	}
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	return ltcp_write_check(w);
}

/* SO_TIMESTAMPING: report when the last byte of this write left and arrived. */
static void ltcp_write_stamp(const struct ltcp_write *w, struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	sock_tx_timestamp(w->sk, w->tsflags, &shinfo->tx_flags);
	if (w->tsflags & SOF_TIMESTAMPING_TX_ACK)
		ltcp_cb(skb)->stamp_ack = true;
	if (w->tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK)
		shinfo->tskey = ltcp_cb(skb)->end_seq - 1;
}

/* All the caller's bytes are queued, or as many as could be. */
static void ltcp_write_commit(const struct ltcp_write *w)
{
	struct ltcp_sock *lt = ltcp_sk(w->sk);
	struct sk_buff *skb = skb_peek_tail(&lt->unsent);

	lt->more = w->msg->msg_flags & MSG_MORE;
	if (!skb)
		return;
	/* What is to be reported of this write (SO_TIMESTAMPING) stays apart */
	if (unlikely(w->msg->msg_flags & MSG_EOR) && !msg_data_left(w->msg))
		ltcp_cb(skb)->eor = true;
	if (unlikely(w->tsflags))
		ltcp_write_stamp(w, skb);
	if (unlikely(w->msg->msg_flags & MSG_OOB)) {
		ltcp_write_mark(w);
		ltcp_flush(w->sk);
		return;
	}
	if (!lt->more || ltcp_psh_due(&lt->tcp))
		ltcp_mark_psh(&lt->tcp, skb);
	ltcp_write_push(w->sk);
}

/* A write that brought nothing into the queue: its errno, and SIGPIPE. */
static int ltcp_write_error(struct ltcp_write *w, int err)
{
	struct sock *sk = w->sk;
	struct ltcp_sock *lt = ltcp_sk(sk);

	err = sk_stream_error(sk, w->msg->msg_flags, err);
	/* Nothing in flight whose ACK would bring the event that epoll waits for */
	if (err == -EAGAIN && ltcp_all_sent_acked(lt) &&
	    skb_queue_empty(&lt->unsent))
		sk->sk_write_space(sk);
	return err;
}

static int ltcp_write_end(struct ltcp_write *w, int err)
{
	if (likely(w->copied_bytes)) {
		ltcp_write_commit(w);
		err = w->copied_bytes;
	} else if (err) {
		err = ltcp_write_error(w, err);
	}
	if (unlikely(w->zc.ours))
		ltcp_zc_end(&w->zc, w->copied_bytes);
	return err;
}

/**
 * ltcp_sendmsg_locked - queue and send bytes
 * @sk: connection
 * @msg: the bytes, flags (MSG_DONTWAIT, MSG_MORE, MSG_OOB, ...) and
 *	ancillary data; a destination is ignored
 * @len: how many bytes
 *
 * Sleeps until all are queued, unless told not to.
 *
 * Context: process, socket lock (given up while sleeping).
 * Return: bytes queued, or -errno when there are none: -EPIPE (with SIGPIPE),
 * -EAGAIN, -ERESTARTSYS, -EOPNOTSUPP, the connection's error, ...
 */
int ltcp_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct ltcp_write w = {
		.sk = sk,
		.msg = msg,
		.timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT),
		.tsflags = READ_ONCE(sk->sk_tsflags),
		.splice = (msg->msg_flags & LTCP_MSG_SPLICE_PAGES) &&
			  iov_iter_is_bvec(&msg->msg_iter),
	};
	int err = ltcp_write_begin(&w, len);

	while (!err && msg_data_left(msg))
		err = ltcp_write_step(&w);
	return ltcp_write_end(&w, err);
}

/**
 * ltcp_sendmsg - proto.sendmsg
 * @sk: connection
 * @msg: see ltcp_sendmsg_locked()
 * @len: bytes
 *
 * Context: process.
 * Return: see ltcp_sendmsg_locked().
 */
int ltcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int ret;

	lock_sock(sk);
	ret = ltcp_sendmsg_locked(sk, msg, len);
	release_sock(sk);
	return ret;
}

/**
 * ltcp_splice_eof - proto_ops.splice_eof: the file that is spliced has ended
 * @sock: connection
 *
 * The last pages were sent with MSG_MORE, for nobody knew that they were the
 * last. Context: process.
 */
void ltcp_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb;

	lock_sock(sk);
	skb = skb_peek_tail(&lt->unsent);
	if (lt->more && skb) {
		lt->more = false;
		ltcp_mark_psh(&lt->tcp, skb);
		ltcp_write_push(sk);
	}
	release_sock(sk);
}
