// SPDX-License-Identifier: GPL-2.0
/*
 * rcvmem.c - memory for what has arrived and was not yet read.
 *
 * The window is a promise in bytes of data; memory is spent in packets, each of
 * which may hold a single byte. A promise is kept (RFC 9293 section 3.8.6): the
 * memory limit is the receive buffer, or twice the data that is queued and
 * promised where that is more, as after SO_RCVBUF was lowered, or when packets with
 * little overhead have made the window wide and others fill it. When packets are so
 * small that even this does not suffice, in this order:
 *
 *   - neighbours are copied together into packets that are full (compaction);
 *     in-order data then always fits, and so do islands that touch;
 *   - islands are given up, from the right (pruning): they were never
 *     acknowledged, only SACKed, and RFC 2018 section 8 allows that;
 *   - the packet is refused, unless its bytes are the next that a reader waits
 *     for. tcp_mem or a cgroup may leave nothing, but whatever others hold, a
 *     connection gets on packet by packet: so much overdraws its account.
 *
 * Nobody can buy work with packets: compaction has to be paid for by arrivals,
 * an eighth of a segment for each packet walked.
 */
#include "ltcp.h"

#define LTCP_COMPACT_MAX	SKB_MAX_ORDER(0, 0)	/* payload of a full packet */
#define LTCP_COMPACT_PRICE_SHIFT	3
/* sk_rmem_alloc is an int, and may pass the limit by a packet */
#define LTCP_RCV_MOST		(3U << 29)

/* Is at least a third of what this packet costs for other than these @bytes? */
static bool ltcp_is_wasteful(const struct sk_buff *skb, u32 bytes)
{
	return skb->truesize > bytes + bytes / 2 &&
	       !(ltcp_cb(skb)->flags & LTCP_FLAG_FIN);
}

/* The first sequence number of @skb that is not in @out, which ends before it does. */
static u32 ltcp_compact_from(const struct sk_buff_head *out,
			     const struct sk_buff *skb)
{
	const struct sk_buff *last = skb_peek_tail(out);
	u32 seq = ltcp_cb(skb)->seq;

	return last ? seq_max(seq, ltcp_cb(last)->end_seq) : seq;
}

/* @skb and what follows in @rest without a gap and is wasteful, too: how long? */
static u32 ltcp_run_bytes(const struct sk_buff_head *rest,
			  const struct sk_buff *skb, u32 seq)
{
	u32 end_seq = ltcp_cb(skb)->end_seq;
	const struct sk_buff *next;

	skb_queue_walk(rest, next) {
		if (end_seq - seq >= LTCP_COMPACT_MAX ||
		    seq_gt(ltcp_cb(next)->seq, end_seq) ||
		    !ltcp_is_wasteful(next, next->len))
			break;
		end_seq = seq_max(end_seq, ltcp_cb(next)->end_seq);
	}
	return min_t(u32, end_seq - seq, LTCP_COMPACT_MAX);
}

/* An empty packet for @bytes from @seq on, otherwise like @skb. */
static struct sk_buff *ltcp_compact_target(struct sock *sk,
					   const struct sk_buff *skb, u32 seq,
					   u32 bytes)
{
	struct sk_buff *to = alloc_skb(bytes, GFP_ATOMIC | __GFP_NOWARN);

	if (!to)
		return NULL;
	*ltcp_cb(to) = *ltcp_cb(skb);
	ltcp_cb(to)->seq = seq;
	ltcp_cb(to)->end_seq = seq;
	skb_set_owner_r(to, sk);
	return to;
}

/*
 * Copy what @skb adds to @out, to the packet *@to, its last, and to new ones behind
 * it. Returns false for want of memory, or where a device's memory cannot be read:
 * then @skb must be kept.
 */
static bool ltcp_compact_copy(struct sock *sk, struct sk_buff_head *out,
			      const struct sk_buff_head *rest,
			      struct sk_buff **to, struct sk_buff *skb)
{
	u32 seq = ltcp_compact_from(out, skb);
	u32 bytes;

	if (*to && seq != ltcp_cb(*to)->end_seq)
		*to = NULL;
	for (; seq_lt(seq, ltcp_cb(skb)->end_seq); seq += bytes) {
		if (!*to || !skb_tailroom(*to)) {
			*to = ltcp_compact_target(sk, skb, seq,
						  ltcp_run_bytes(rest, skb, seq));
			if (!*to)
				return false;
			__skb_queue_tail(out, *to);
		}
		bytes = min_t(u32, skb_tailroom(*to), ltcp_cb(skb)->end_seq - seq);
		if (skb_copy_bits(skb, seq - ltcp_cb(skb)->seq,
				  skb_tail_pointer(*to), bytes))
			return false;
		skb_put(*to, bytes);
		ltcp_cb(*to)->end_seq = seq + bytes;
		ltcp_stamp_follow(*to, skb);
	}
	return true;
}

/* Would a copy be no lighter? A small packet on its own, whose head fits. */
static bool ltcp_is_alone(const struct sk_buff_head *rest,
			  const struct sk_buff *to, const struct sk_buff *skb,
			  u32 bytes)
{
	if (to && seq_leq(ltcp_cb(skb)->seq, ltcp_cb(to)->end_seq))
		return false;
	return bytes < LTCP_COMPACT_MAX &&
	       skb->truesize <= 2 * SKB_TRUESIZE(bytes) &&
	       ltcp_run_bytes(rest, skb, ltcp_cb(skb)->end_seq - bytes) <= bytes;
}

/*
 * @skb stays as it is, the next of @out. What it overlaps may have been copied, into
 * a packet that begins where it does, or to the right: that one is not needed then,
 * and the list stays in order.
 */
static void ltcp_compact_keep(struct sk_buff_head *out, struct sk_buff *skb)
{
	struct sk_buff *last;

	while ((last = skb_peek_tail(out)) &&
	       seq_geq(ltcp_cb(last)->seq, ltcp_cb(skb)->seq)) {
		__skb_unlink(last, out);
		consume_skb(last);
	}
	__skb_queue_tail(out, skb);
}

/*
 * Compact a list of packets in the order of their sequence numbers, both of their
 * beginnings and of their ends.
 */
static void ltcp_compact(struct sock *sk, struct sk_buff_head *list)
{
	struct sk_buff *skb, *to = NULL;
	struct sk_buff_head rest;

	__skb_queue_head_init(&rest);
	skb_queue_splice_init(list, &rest);
	while ((skb = __skb_dequeue(&rest))) {
		u32 bytes = ltcp_cb(skb)->end_seq - ltcp_compact_from(list, skb);

		if (!ltcp_is_wasteful(skb, bytes) ||
		    ltcp_is_alone(&rest, to, skb, bytes) ||
		    !ltcp_compact_copy(sk, list, &rest, &to, skb)) {
			to = NULL;
			ltcp_compact_keep(list, skb);
			continue;
		}
		consume_skb(skb);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPRCVCOLLAPSED);
	}
}

/**
 * ltcp_ofo_link - put an island into the tree
 * @lt: connection
 * @skb: island, with its final truesize
 * @parent: node below which it belongs
 * @link: the parent's pointer to it
 *
 * Context: socket lock.
 */
void ltcp_ofo_link(struct ltcp_sock *lt, struct sk_buff *skb,
		   struct rb_node *parent, struct rb_node **link)
{
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &lt->tcp.out_of_order_queue);
	WRITE_ONCE(lt->ofo_memory, lt->ofo_memory + skb->truesize);
}

/**
 * ltcp_ofo_erase - take an island out of the tree
 * @lt: connection
 * @skb: island
 *
 * ooo_last_skb is the caller's to care for. Context: socket lock.
 */
void ltcp_ofo_erase(struct ltcp_sock *lt, struct sk_buff *skb)
{
	rb_erase(&skb->rbnode, &lt->tcp.out_of_order_queue);
	WRITE_ONCE(lt->ofo_memory, lt->ofo_memory - skb->truesize);
}

/* The islands, from left to right, out of their tree. */
static void ltcp_ofo_take(struct ltcp_sock *lt, struct sk_buff_head *list)
{
	struct tcp_sock *tp = &lt->tcp;
	struct sk_buff *skb;

	while ((skb = ltcp_rb_to_skb(rb_first(&tp->out_of_order_queue)))) {
		ltcp_ofo_erase(lt, skb);
		__skb_queue_tail(list, skb);
	}
	tp->ooo_last_skb = NULL;
}

/* And back, each to the right of the one before. */
static void ltcp_ofo_put(struct ltcp_sock *lt, struct sk_buff_head *list)
{
	struct tcp_sock *tp = &lt->tcp;
	struct rb_node *parent = NULL;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list))) {
		ltcp_ofo_link(lt, skb, parent,
			      parent ? &parent->rb_right :
				       &tp->out_of_order_queue.rb_node);
		parent = &skb->rbnode;
		tp->ooo_last_skb = skb;
	}
}

/* Compact both queues, unless that was done a moment ago. */
static void ltcp_rcv_compact(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff_head islands;
	u32 walked;

	if (!ltcp_is_paid(lt, lt->compact_after))
		return;
	__skb_queue_head_init(&islands);
	ltcp_ofo_take(lt, &islands);
	walked = skb_queue_len(&sk->sk_receive_queue) + skb_queue_len(&islands);
	ltcp_compact(sk, &sk->sk_receive_queue);
	ltcp_compact(sk, &islands);
	ltcp_ofo_put(lt, &islands);
	lt->compact_after = lt->tcp.segs_in +
			    (walked >> LTCP_COMPACT_PRICE_SHIFT);
}

/**
 * ltcp_ofo_purge - forget all islands
 * @sk: socket
 *
 * Context: socket lock, or a socket nobody else knows.
 */
void ltcp_ofo_purge(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff_head islands;
	struct sk_buff *skb;

	if (RB_EMPTY_ROOT(&tp->out_of_order_queue))
		return;
	__skb_queue_head_init(&islands);
	ltcp_ofo_take(ltcp_sk(sk), &islands);
	while ((skb = __skb_dequeue(&islands)))
		ltcp_drop(sk, skb, SKB_DROP_REASON_QUEUE_PURGE);
	ltcp_sk(sk)->sacks.n = 0;
}

/* Bytes of memory that packets may take, see above. */
static u32 ltcp_rcv_limit(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 promised = ltcp_offered_wnd(tp->copied_seq, tp->rcv_wup,
					tp->rcv_wnd);

	return max_t(u32, sk->sk_rcvbuf, min(2 * promised, LTCP_RCV_MOST));
}

static bool ltcp_rcv_is_over(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) > ltcp_rcv_limit(sk);
}

static bool ltcp_rcv_fits(struct sock *sk, struct sk_buff *skb)
{
	return !ltcp_rcv_is_over(sk) &&
	       sk_rmem_schedule(sk, skb, skb->truesize);
}

/* Give up islands from the right until @skb, left of them, has room. */
static bool ltcp_ofo_prune(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *last;

	while ((last = ltcp_rb_to_skb(rb_last(&tp->out_of_order_queue)))) {
		if (seq_leq(ltcp_cb(last)->seq, ltcp_cb(skb)->seq))
			return false;
		ltcp_ofo_erase(ltcp_sk(sk), last);
		tp->ooo_last_skb = NULL;
		ltcp_sacklist_cut(&ltcp_sk(sk)->sacks, ltcp_cb(last)->seq);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_OFOPRUNED);
		ltcp_drop(sk, last, SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE);
		if (ltcp_rcv_fits(sk, skb))
			return true;
	}
	return false;
}

/* Nothing to read is there, and @skb begins with what comes next. */
static bool ltcp_rcv_is_next(const struct sock *sk, const struct sk_buff *skb)
{
	return skb_queue_empty(&sk->sk_receive_queue) &&
	       seq_leq(ltcp_cb(skb)->seq, tcp_sk(sk)->rcv_nxt);
}

/**
 * ltcp_rcv_room - make room for a packet
 * @sk: connection
 * @skb: packet with data inside the window, in neither queue yet
 *
 * Its memory is reserved, to be charged by skb_set_owner_r(). Packets in both
 * queues may have been replaced by others.
 *
 * Context: socket lock. Return: SKB_NOT_DROPPED_YET, or why the packet must be
 * refused: the socket's own limit, or that of all sockets.
 */
enum skb_drop_reason ltcp_rcv_room(struct sock *sk, struct sk_buff *skb)
{
	if (likely(atomic_read(&sk->sk_rmem_alloc) <= sk->sk_rcvbuf &&
		   sk_rmem_schedule(sk, skb, skb->truesize)))
		return SKB_NOT_DROPPED_YET;
	if (ltcp_rcv_fits(sk, skb))
		return SKB_NOT_DROPPED_YET;
	ltcp_rcv_compact(sk);
	if (ltcp_rcv_fits(sk, skb) || ltcp_ofo_prune(sk, skb) ||
	    ltcp_rcv_is_next(sk, skb))
		return SKB_NOT_DROPPED_YET;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPRCVQDROP);
	return ltcp_rcv_is_over(sk) ? SKB_DROP_REASON_SOCKET_RCVBUFF :
				      SKB_DROP_REASON_PROTO_MEM;
}
