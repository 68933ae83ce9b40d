// SPDX-License-Identifier: GPL-2.0
/*
 * recv.c - from the receive queue to the user (RFC 9293 section 3.10.3,
 * RECEIVE).
 *
 * data.c queues packets in order; copied_seq is the next byte the user has not
 * had. A read takes bytes from the packet that holds copied_seq, frees packets
 * it has emptied, and in the end settles: buffer and window follow what was
 * taken. A FIN is the sequence number after a packet's last byte; once taken,
 * reads return 0.
 *
 * A read looks for the next byte, and when there is none asks, in this order:
 * is what I have enough; has the stream ended; is there an error; may I sleep?
 * It sleeps until the queue has another tail than the one it has seen, so a
 * peeking reader that has seen all of a queue sleeps as any other does.
 *
 * All of it under the socket lock; sleeping gives the lock up.
 */
#include <net/busy_poll.h>
#include "ltcp.h"

/* One read. */
struct ltcp_read {
	struct msghdr *msg;
	size_t left_bytes;		/* room left in the caller's buffer */
	int copied_bytes;
	int settled_bytes;		/* of these, known to ltcp_read_settle() */
	int target_bytes;		/* with fewer it sleeps */
	int flags;			/* MSG_* */
	u32 seq;			/* next byte to copy */
	long timeo;			/* jiffies it may still sleep */
	struct sk_buff *stamped;	/* last packet with a receive time, referenced */
};

/**
 * ltcp_inq - how much the user could read now
 * @sk: full socket
 *
 * Context: any; without the socket lock the answer may be stale.
 * Return: bytes, up to the mark when one lies ahead and is not in line; a FIN is
 * none.
 */
int ltcp_inq(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 rcv_nxt = READ_ONCE(tp->rcv_nxt);
	u32 copied_seq = READ_ONCE(tp->copied_seq);
	int inq;

	if ((1 << READ_ONCE(sk->sk_state)) &
	    (TCPF_LISTEN | TCPF_SYN_SENT | TCPF_SYN_RECV))
		return 0;
	if (ltcp_urg_hole(sk, copied_seq, rcv_nxt))
		return READ_ONCE(tp->urg_seq) - copied_seq;
	inq = rcv_nxt - copied_seq;
	if (inq > 0 && sock_flag(sk, SOCK_DONE))
		inq--;
	return max(inq, 0);
}

/**
 * ltcp_recv_find - the packet that holds a byte, or the FIN behind its last
 * @sk: connection
 * @seq: sequence number, not below copied_seq
 * @offset: set to where it is in the packet, bytes
 *
 * Context: socket lock. Return: a packet of the receive queue, or NULL.
 */
struct sk_buff *ltcp_recv_find(struct sock *sk, u32 seq, u32 *offset)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		*offset = seq - ltcp_cb(skb)->seq;
		if (likely(*offset < skb->len))
			return skb;
		if (*offset == skb->len &&
		    (ltcp_cb(skb)->flags & LTCP_FLAG_FIN))
			return skb;
	}
	return NULL;
}

/*
 * The user has had @bytes of @skb from @offset on. Returns true when that was
 * the end of the stream. An emptied packet is freed; a mark that was passed is
 * forgotten.
 */
static bool ltcp_eat(struct sock *sk, struct sk_buff *skb, u32 offset,
		     u32 bytes)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool fin = false;

	if (offset + bytes == skb->len) {
		fin = ltcp_cb(skb)->flags & LTCP_FLAG_FIN;
		__skb_unlink(skb, &sk->sk_receive_queue);
		consume_skb(skb);
	}
	WRITE_ONCE(tp->copied_seq, tp->copied_seq + bytes + fin);
	if (unlikely(tp->urg_data) && seq_gt(tp->copied_seq, tp->urg_seq))
		WRITE_ONCE(tp->urg_data, 0);
	return fin;
}

/**
 * ltcp_urg_pass - go on past an urgent byte that was read and is the next one
 * @sk: connection
 *
 * For when the mark is about to be forgotten, so that the byte is neither read
 * twice nor missed as unread. Context: socket lock.
 */
void ltcp_urg_pass(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	u32 offset;

	if (likely(tp->urg_data != TCP_URG_READ) ||
	    !ltcp_urg_hole(sk, tp->copied_seq, tp->copied_seq + 1))
		return;
	skb = ltcp_recv_find(sk, tp->copied_seq, &offset);
	if (skb && offset < skb->len)
		ltcp_eat(sk, skb, offset, 1);
}

/*
 * Let the receive buffer and the window follow what the user took. The clock of
 * the last segment is good enough for that.
 */
static void ltcp_read_settle(struct sock *sk, int bytes)
{
	ltcp_rcv_space_adjust(sk);
	ltcp_rcv_consumed(sk, bytes);
}

/**
 * ltcp_recv_taken - the user has got the next bytes in another way
 * @sk: connection
 * @bytes: so many from copied_seq on, all of them in the receive queue
 *
 * Context: process, socket lock.
 */
void ltcp_recv_taken(struct sock *sk, u32 bytes)
{
	struct sk_buff *skb;
	u32 offset, left, here;

	for (left = bytes; left; left -= here) {
		skb = ltcp_recv_find(sk, tcp_sk(sk)->copied_seq, &offset);
		here = min(left, skb->len - offset);
		ltcp_eat(sk, skb, offset, here);
	}
	sk_peek_offset_bwd(sk, bytes);
	ltcp_read_settle(sk, bytes);
}

static void ltcp_recv_settle(struct sock *sk, struct ltcp_read *rd)
{
	int bytes = rd->copied_bytes - rd->settled_bytes;

	if (bytes <= 0 || (rd->flags & MSG_PEEK))
		return;
	/* Read whole, it is kept for its time alone: the window has its memory */
	if (unlikely(rd->stamped) && !skb_shared(rd->stamped))
		skb_orphan(rd->stamped);
	rd->settled_bytes = rd->copied_bytes;
	ltcp_read_settle(sk, bytes);
}

/* Keep the last packet whose time of arrival the caller will be told. */
static void ltcp_keep_stamp(struct ltcp_read *rd, struct sk_buff *skb)
{
	consume_skb(rd->stamped);
	rd->stamped = skb_get(skb);
}

/**
 * ltcp_recv_reach - how far a read may go before it must stop at the mark
 * @sk: connection
 * @seq: where it begins
 * @bytes: how many it wants
 *
 * Context: socket lock. Return: up to @bytes; 0: leave the next one out.
 */
u32 ltcp_recv_reach(const struct sock *sk, u32 seq, u32 bytes)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (likely(!tp->urg_data))
		return bytes;
	return ltcp_urg_reach(seq, bytes, tp->urg_seq,
			      sock_flag(sk, SOCK_URGINLINE));
}

/* The next @bytes of @skb are dealt with. Returns 1 when the stream ended here. */
static int ltcp_recv_past(struct sock *sk, struct ltcp_read *rd,
			  struct sk_buff *skb, u32 offset, u32 bytes)
{
	rd->seq += bytes;
	if (unlikely(rd->flags & MSG_PEEK))
		return offset + bytes == skb->len &&
		       (ltcp_cb(skb)->flags & LTCP_FLAG_FIN);
	return ltcp_eat(sk, skb, offset, bytes);
}

/*
 * Copy from @skb. Returns 0 to go on, 1 when the stream ended here, -EFAULT.
 */
static int ltcp_recv_skb(struct sock *sk, struct ltcp_read *rd,
			 struct sk_buff *skb, u32 offset)
{
	u32 room = min_t(size_t, skb->len - offset, rd->left_bytes);
	u32 bytes = ltcp_recv_reach(sk, rd->seq, room);

	if (unlikely(!bytes && room))
		return ltcp_recv_past(sk, rd, skb, offset, 1);
	if (likely(!(rd->flags & MSG_TRUNC)) &&
	    unlikely(skb_copy_datagram_msg(skb, offset, rd->msg, bytes)))
		return -EFAULT;
	if (unlikely(ltcp_cb(skb)->has_rxtstamp) && bytes)
		ltcp_keep_stamp(rd, skb);
	rd->copied_bytes += bytes;
	rd->left_bytes -= bytes;
	return ltcp_recv_past(sk, rd, skb, offset, bytes);
}

/*
 * At the mark a read that has something ends, and one that has nothing lets a
 * SIGURG that waits be handled first: once past it the urgent byte is gone.
 * Returns 0 to go on, 1 to return, -errno.
 */
static int ltcp_recv_mark(const struct ltcp_read *rd)
{
	if (rd->copied_bytes)
		return 1;
	if (!signal_pending(current))
		return 0;
	return rd->timeo ? sock_intr_errno(rd->timeo) : -EAGAIN;
}

/*
 * Nothing was read and nothing is there. Returns 0 when it is worth waiting,
 * 1 at the end of the stream, -errno.
 */
static int ltcp_recv_nothing(struct sock *sk, const struct ltcp_read *rd)
{
	int err;

	if (sock_flag(sk, SOCK_DONE))
		return 1;
	/* SO_ERROR asks without the lock, and may have taken it */
	err = sock_error(sk);
	if (err)
		return err;
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 1;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!rd->timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(rd->timeo);
	return 0;
}

/* Something was read: is there a reason to return less than was asked for? */
static bool ltcp_recv_enough(const struct sock *sk, const struct ltcp_read *rd)
{
	return sk->sk_err || sk->sk_state == TCP_CLOSE ||
	       (sk->sk_shutdown & RCV_SHUTDOWN) || !rd->timeo ||
	       signal_pending(current);
}

/*
 * No reader sleeps alone from now on. What the one who did was not called for
 * again, others are.
 */
static void ltcp_reader_away(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	bool twice = lt->reader == LTCP_READER_CALLED_TWICE;

	lt->reader = LTCP_READER_AWAY;
	if (twice)
		ltcp_data_ready(sk);
}

/*
 * Wait for another tail of the queue. ltcp_data_ready() may know of one who sleeps
 * alone; of several each is called whenever something comes.
 */
static int ltcp_recv_wait(struct sock *sk, struct ltcp_read *rd)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	bool began = rd->copied_bytes;
	int err;

	ltcp_reader_away(sk);
	if (!lt->readers++)
		lt->reader = LTCP_READER_SLEEPS;
	/* What it has taken counts towards SO_RCVLOWAT, too */
	lt->readers_began += began;
	err = sk_wait_data(sk, &rd->timeo, skb_peek_tail(&sk->sk_receive_queue));
	lt->readers--;
	lt->readers_began -= began;
	ltcp_reader_away(sk);
	return err;
}

/*
 * Sleep for more; what waits in the backlog is more, too. Another reader may
 * take meanwhile what this one has peeked at: then it goes on behind that.
 */
static int ltcp_recv_sleep(struct sock *sk, struct ltcp_read *rd)
{
	int err = 0;

	ltcp_recv_settle(sk, rd);
	if (rd->copied_bytes >= rd->target_bytes)
		sk_flush_backlog(sk);
	else
		err = ltcp_recv_wait(sk, rd);
	if (err < 0)
		return err;
	if (rd->flags & MSG_PEEK)
		rd->seq = seq_max(rd->seq, tcp_sk(sk)->copied_seq);
	else
		rd->seq = tcp_sk(sk)->copied_seq;
	return 0;
}

/* The queue is dry. Returns 0 to look again, 1 to return, -errno. */
static int ltcp_recv_dry(struct sock *sk, struct ltcp_read *rd)
{
	int err;

	if (rd->copied_bytes >= rd->target_bytes &&
	    !READ_ONCE(sk->sk_backlog.tail))
		return 1;
	if (rd->copied_bytes)
		err = ltcp_recv_enough(sk, rd);
	else
		err = ltcp_recv_nothing(sk, rd);
	return err ?: ltcp_recv_sleep(sk, rd);
}

static int ltcp_recv_loop(struct sock *sk, struct ltcp_read *rd)
{
	struct sk_buff *skb;
	u32 offset;
	int ret = 0;

	do {
		if (ltcp_urg_at(tcp_sk(sk), rd->seq)) {
			ret = ltcp_recv_mark(rd);
			if (ret)
				break;
		}
		skb = ltcp_recv_find(sk, rd->seq, &offset);
		if (likely(skb))
			ret = ltcp_recv_skb(sk, rd, skb, offset);
		else
			ret = ltcp_recv_dry(sk, rd);
	} while (!ret && rd->left_bytes);

	if (ret < 0 && !rd->copied_bytes)
		return ret;
	return rd->copied_bytes;
}

/**
 * ltcp_inq_hint - is it worth reading again? What TCP_INQ tells
 * @sk: connection
 *
 * Context: any. Return: bytes left, 1 when the end of the stream is all that is.
 */
int ltcp_inq_hint(const struct sock *sk)
{
	int inq = ltcp_inq(sk);

	return !inq && sock_flag(sk, SOCK_DONE) ? 1 : inq;
}

static void ltcp_recv_inq(struct sock *sk, struct msghdr *msg)
{
	int inq;

	if (likely(!tcp_sk(sk)->recvmsg_inq && !msg->msg_get_inq))
		return;
	inq = ltcp_inq_hint(sk);
	msg->msg_inq = inq;
	if (tcp_sk(sk)->recvmsg_inq)
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
}

static void ltcp_recv_stamp(struct sock *sk, struct ltcp_read *rd)
{
	if (likely(!rd->stamped))
		return;
	sock_recv_timestamp(rd->msg, sk, rd->stamped);
	consume_skb(rd->stamped);
}

/* SO_PEEK_OFF: peeking moves the offset on, reading moves it back. */
static void ltcp_recv_peek_off(struct sock *sk, const struct ltcp_read *rd)
{
	if (rd->flags & MSG_PEEK)
		sk_peek_offset_fwd(sk, rd->copied_bytes);
	else
		sk_peek_offset_bwd(sk, rd->copied_bytes);
}

/**
 * ltcp_recv_locked - read bytes
 * @sk: connection, or not
 * @msg: where bytes and the time of their arrival go
 * @len: room, bytes
 * @flags: see ltcp_recvmsg(); not MSG_ERRQUEUE
 *
 * Context: process, socket lock (given up while sleeping).
 * Return: see ltcp_recvmsg().
 */
int ltcp_recv_locked(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct ltcp_read rd = {
		.msg = msg,
		.left_bytes = len,
		.flags = flags,
		.target_bytes = sock_rcvlowat(sk, flags & MSG_WAITALL, len),
		.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT),
		.seq = tcp_sk(sk)->copied_seq,
	};
	int ret;

	if (unlikely(sk->sk_state == TCP_LISTEN))
		return -ENOTCONN;
	if (unlikely(flags & MSG_OOB))
		return ltcp_recv_urg(sk, msg, len, flags);
	if (unlikely(flags & MSG_PEEK)) {
		rd.seq += max(sk_peek_offset(sk, flags), 0);
		rd.seq += ltcp_urg_hole(sk, tcp_sk(sk)->copied_seq, rd.seq);
	}

	ret = ltcp_recv_loop(sk, &rd);
	if (likely(ret > 0)) {
		ltcp_recv_settle(sk, &rd);
		ltcp_recv_peek_off(sk, &rd);
	}
	if (likely(ret >= 0))
		ltcp_recv_stamp(sk, &rd);
	return ret;
}

/**
 * ltcp_recvmsg - proto.recvmsg
 * @sk: connection
 * @msg: where bytes and ancillary data go
 * @len: room, bytes
 * @flags: MSG_PEEK, MSG_WAITALL, MSG_TRUNC (discard), MSG_OOB, MSG_ERRQUEUE, ...
 * @addr_len: set only for MSG_ERRQUEUE
 *
 * Context: process.
 * Return: bytes, 0 at the end of the stream, or -errno:
 * -ENOTCONN, -EAGAIN, -EFAULT, -ERESTARTSYS, the connection's error, ...
 */
int ltcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len)
{
	int ret;

	if (unlikely(flags & MSG_ERRQUEUE))
		return inet_recv_error(sk, msg, len, addr_len);
	if (sk_can_busy_loop(sk) && sk->sk_state == TCP_ESTABLISHED &&
	    skb_queue_empty_lockless(&sk->sk_receive_queue))
		sk_busy_loop(sk, flags & MSG_DONTWAIT);

	lock_sock(sk);
	ret = ltcp_recv_locked(sk, msg, len, flags);
	if (likely(ret >= 0 && !(flags & MSG_OOB)))
		ltcp_recv_inq(sk, msg);
	release_sock(sk);
	return ret;
}

/**
 * ltcp_read_sock - proto_ops.read_sock: feed the receive queue to a function
 * @sk: connection
 * @desc: how much is wanted, and the function's own argument
 * @actor: takes some bytes of a packet and says how many, or -errno
 *
 * Never sleeps. Context: process or softirq, socket lock.
 * Return: bytes taken, or @actor's error when there are none; -ENOTCONN.
 */
int ltcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		   sk_read_actor_t actor)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	u32 offset, left, len;
	int copied = 0;
	int used;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	while (desc->count && (skb = ltcp_recv_find(sk, tp->copied_seq, &offset))) {
		if (copied && ltcp_urg_at(tp, tp->copied_seq))
			break;
		left = skb->len - offset;
		len = ltcp_recv_reach(sk, tp->copied_seq, left);
		used = len ? actor(desc, skb, offset, len) : 0;
		if (len && used <= 0) {
			copied = copied ?: used;
			break;
		}
		used = min_t(u32, used, len);
		copied += used;
		if (ltcp_eat(sk, skb, offset, len ? used : min(left, 1U)))
			break;
	}
	if (copied > 0) {
		sk_peek_offset_bwd(sk, copied);
		ltcp_read_settle(sk, copied);
	}
	return copied;
}

/* Where spliced bytes go. */
struct ltcp_splice {
	struct sock *sk;
	struct pipe_inode_info *pipe;
	unsigned int flags;		/* SPLICE_F_* */
};

static int ltcp_splice_actor(read_descriptor_t *desc, struct sk_buff *skb,
			     unsigned int offset, size_t len)
{
	const struct ltcp_splice *to = desc->arg.data;
	int ret = skb_splice_bits(skb, to->sk, offset, to->pipe,
				  min(desc->count, len), to->flags);

	if (ret > 0)
		desc->count -= ret;
	return ret;
}

static ssize_t ltcp_splice_locked(struct sock *sk, read_descriptor_t *desc,
				  bool nonblock)
{
	struct ltcp_read rd = {
		.target_bytes = 1,
		.timeo = sock_rcvtimeo(sk, nonblock),
	};
	int ret;

	do {
		ret = ltcp_read_sock(sk, desc, ltcp_splice_actor);
		if (ret || !skb_queue_empty(&sk->sk_receive_queue))
			return ret;
		ret = ltcp_recv_dry(sk, &rd);
	} while (!ret);
	return min(ret, 0);
}

/**
 * ltcp_splice_read - proto_ops.splice_read: move received pages into a pipe
 * @sock: connection
 * @ppos: a socket has no position; must be 0
 * @pipe: where to
 * @len: at most so many bytes
 * @flags: SPLICE_F_*
 *
 * Sleeps for the first byte, unless the file is non-blocking.
 *
 * Context: process.
 * Return: bytes, 0 at the end of the stream, or -errno.
 */
ssize_t ltcp_splice_read(struct socket *sock, loff_t *ppos,
			 struct pipe_inode_info *pipe, size_t len,
			 unsigned int flags)
{
	struct ltcp_splice to = {
		.sk = sock->sk,
		.pipe = pipe,
		.flags = flags,
	};
	read_descriptor_t desc = {
		.arg.data = &to,
		.count = len,
	};
	ssize_t ret;

	if (unlikely(*ppos))
		return -ESPIPE;
	if (!len)
		return 0;
	lock_sock(sock->sk);
	ret = ltcp_splice_locked(sock->sk, &desc,
				 sock->file->f_flags & O_NONBLOCK);
	release_sock(sock->sk);
	return ret;
}
