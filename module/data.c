// SPDX-License-Identifier: GPL-2.0
/*
 * data.c - receiving: order, delivery, the window, and when to acknowledge.
 *
 *	sk_receive_queue        out_of_order_queue
 *	[copied_seq, RCV.NXT)   islands above RCV.NXT, in a tree
 *
 * Packets may overlap their neighbours; a reader finds its place by sequence
 * number, so nothing is cut at the front. What lies beyond the offered window is
 * cut off at the back.
 *
 * A part of the buffer is promised as window, the rest pays for the packets' overhead:
 * half when SO_RCVBUF has set it, otherwise as much as packets have been seen to take.
 * What happens when that is not enough is in rcvmem.c.
 *
 * Acknowledging. Handlers mark icsk_ack.pending: SCHED "one is owed", NOW "and at
 * once" (RFC 5681 section 4.2). ltcp_ack_decide(), from ltcp_push(), sends it or
 * leaves it to the delayed-ACK timer, unless a data segment has carried it.
 */
#include "trace.h"

/* ACKs that are not delayed, at the start and after a pause. */
#define LTCP_QUICK_ACKS		16
/* An ACK speaks for so many segments at most, unless they came as one packet. */
#define LTCP_BATCH_SEGS		16
/* rcv_mss before the first segment shows it: between these bounds. */
#define LTCP_RCV_MSS_MIN	88
/* The window under memory pressure */
#define LTCP_PRESSURE_SEGS	4U
/* How long the ACK of a full segment waits for the next one of its stream, at most... */
#define LTCP_STREAM_DELAY	(msecs_to_jiffies(4) + 1)
/* ...where segments come so much faster that the wait ends in a pause only, microseconds */
#define LTCP_STREAM_GAP_US	1000U
/* icsk_ack.pingpong: the program answers what it reads, so delaying ACKs pays */
#define LTCP_INTERACTIVE	U8_MAX

/* ------------------------------------------------------------------ */
/* The window                                                           */
/* ------------------------------------------------------------------ */

static void ltcp_rwnd_load(const struct sock *sk, struct ltcp_rwnd_in *in)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	int used = ltcp_rcv_waiting(sk);

	in->rcv_nxt = tp->rcv_nxt;
	in->rcv_wup = tp->rcv_wup;
	in->rcv_wnd = tp->rcv_wnd;
	in->rounded = ltcp_sk(sk)->wnd_rounded;
	in->full_space = min(ltcp_win_from_space(sk, rcvbuf), tp->window_clamp);
	in->free_space = min(ltcp_win_from_space(sk, rcvbuf - used), tp->window_clamp);
	in->mss = inet_csk(sk)->icsk_ack.rcv_mss;
	in->wscale = tp->rx_opt.rcv_wscale;
	/* What is promised stays; more than a few segments is not */
	if (unlikely(sk_under_memory_pressure(sk)))
		in->free_space = min(in->free_space,
				     LTCP_PRESSURE_SEGS * in->mss);
}

/**
 * ltcp_select_window - the window to advertise, which is hereby promised
 * @sk: connection about to send a segment with ACK
 *
 * Context: socket lock. Return: bytes, a multiple of the scale's unit.
 */
u32 ltcp_select_window(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct ltcp_rwnd_in in;
	struct ltcp_rwnd new;

	ltcp_rwnd_load(sk, &in);
	new = ltcp_rwnd_select(&in);
	tp->rcv_wnd = new.wnd;
	tp->rcv_wup = tp->rcv_nxt;
	WRITE_ONCE(ltcp_sk(sk)->wnd_rounded, new.rounded);
	return new.field;
}

/*
 * ltcp_ack_decide() has left an ACK to the reader: of two segments, or of part of one,
 * all that there was to read. The peer's Nagle may wait for that; unless the program is
 * known to answer, whose answer brings the ACK.
 */
static bool ltcp_ack_was_left(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 unacked = tp->rcv_nxt - tp->rcv_wup;

	if (!inet_csk_ack_scheduled(sk))
		return false;
	if (unacked > icsk->icsk_ack.rcv_mss)
		return true;
	return unacked && unacked < icsk->icsk_ack.rcv_mss &&
	       !inet_csk_in_pingpong_mode((struct sock *)sk) &&
	       skb_queue_empty(&sk->sk_receive_queue);
}

/**
 * ltcp_rcv_consumed - the program has read: does the peer need to know?
 * @sk: connection
 * @copied: bytes read
 *
 * Context: process, socket lock.
 */
void ltcp_rcv_consumed(struct sock *sk, int copied)
{
	struct ltcp_rwnd_in in;

	if (copied <= 0 || !ltcp_can_receive(sk) ||
	    (sk->sk_shutdown & RCV_SHUTDOWN))
		return;
	ltcp_rwnd_load(sk, &in);
	if (!ltcp_ack_was_left(sk) && !ltcp_rwnd_update_due(&in, copied))
		return;
	ltcp_sk(sk)->acked_on_read = true;
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_send_ack(sk);
}

/**
 * ltcp_window_offer - the receive window that a SYN offers
 * @sk: socket that opens, or the listener
 * @dst: route to the peer, whose window and initrwnd metrics bound it
 * @scaled: window scaling is offered or agreed upon
 *
 * The buffer of now, at most 65,535 because the window of a SYN is never scaled
 * (RFC 7323 section 2.2), and a scale for the largest that the buffer may become.
 *
 * Context: any.
 */
struct ltcp_wnd_offer ltcp_window_offer(const struct sock *sk,
					const struct dst_entry *dst, bool scaled)
{
	const struct net *net = sock_net(sk);
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	u64 largest = ltcp_win_from_space(sk, rcvbuf);
	struct ltcp_wnd_offer o = {
		.clamp = READ_ONCE(tcp_sk(sk)->window_clamp),
	};

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		largest = max(largest, (u64)READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]) *
				       LTCP_WND_SHARE_MAX >> 8);
	if (!o.clamp)
		o.clamp = dst_metric(dst, RTAX_WINDOW) ?:
			  U16_MAX << LTCP_WSCALE_MAX;
	if (scaled)
		o.wscale = ltcp_wscale_choose(min_t(u64, o.clamp, largest));
	else
		o.clamp = min_t(u32, o.clamp, U16_MAX);
	o.wnd = min3(o.clamp, ltcp_win_from_space(sk, rcvbuf), (u32)U16_MAX);
	if (unlikely(dst_metric(dst, RTAX_INITRWND)))
		o.wnd = min_t(u64, o.wnd, (u64)dst_metric(dst, RTAX_INITRWND) *
					  ltcp_advmss(sk, dst));
	return o;
}

/**
 * ltcp_rcv_init - start values that depend on the handshake
 * @sk: connection entering ESTABLISHED
 *
 * Context: socket lock.
 */
void ltcp_rcv_init(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct dst_entry *dst = ltcp_dst(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mss = min3((u32)tp->advmss, tp->mss_cache, tp->rcv_wnd / 2);

	icsk->icsk_ack.rcv_mss = clamp_t(u32, mss, LTCP_RCV_MSS_MIN,
					 LTCP_MSS_DEFAULT_IPV4);
	icsk->icsk_ack.last_seg_size = 0;
	icsk->icsk_ack.quick = LTCP_QUICK_ACKS;
	ltcp_sk(sk)->quick_route = dst && dst_metric(dst, RTAX_QUICKACK);
	icsk->icsk_ack.lrcvtime = tcp_jiffies32;
	tp->rcv_ssthresh = min(tp->window_clamp,
			       ltcp_win_from_space(sk, sk->sk_rcvbuf));
	/* Not the whole window: a sender that fills it must be seen to */
	tp->rcvq_space.space = min(tp->rcv_wnd,
				   (u32)TCP_INIT_CWND * tp->advmss);
	tp->rcvq_space.seq = tp->copied_seq;
	tp->rcvq_space.time = tp->tcp_mstamp;
	ltcp_paws_init(&ltcp_sk(sk)->paws, tp->rcv_nxt, tp->rx_opt.ts_recent);
}

/* The receiver's view of the round trip: from the timestamp its ACK came back with. */
static void ltcp_rcv_rtt(struct tcp_sock *tp, const struct ltcp_seg *seg)
{
	u32 rtt_us, old = tp->rcv_rtt_est.rtt_us;

	if (!tp->rx_opt.tstamp_ok || seg->opt.tsecr == tp->rcv_rtt_last_tsecr)
		return;
	tp->rcv_rtt_last_tsecr = seg->opt.tsecr;
	rtt_us = (ltcp_tsval(tp) - seg->opt.tsecr) * USEC_PER_MSEC;
	rtt_us = clamp_t(u32, rtt_us, USEC_PER_MSEC, USEC_PER_SEC);
	/* Counts eighths, as the kernel's readers expect */
	tp->rcv_rtt_est.rtt_us = old ? old - old / 8 + rtt_us : rtt_us << 3;
}

/*
 * The next round trip may bring more than this one by as much as this one did more
 * than those before, though hardly by more than in slow start. The window takes that
 * four times: when a queue as long as the path overflows, two round trips' worth are
 * out, and as much again follows until the hole is filled. With less, the sender of a
 * first slow start stands still meanwhile.
 */
static void ltcp_rcvbuf_grow(struct sock *sk, u32 copied)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 next = (u64)copied + min(copied - tp->rcvq_space.space, copied / 2);
	u64 win = 4 * next + 16 * tp->advmss;
	int rcvbuf = min_t(u64, div_u64(win << 8, ltcp_sk(sk)->wnd_share),
			   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]));

	if (rcvbuf <= sk->sk_rcvbuf || ltcp_mem_is_short(sk))
		return;
	WRITE_ONCE(sk->sk_rcvbuf, rcvbuf);
	tcp_sk(sk)->rcv_ssthresh = min(tp->window_clamp,
				       ltcp_win_from_space(sk, rcvbuf));
}

/*
 * It never falls: a window that ends at less than half of what the peer has seen, and
 * below its MSS, would make a sender wait that avoids silly windows. When packets come
 * to weigh more, rcvmem.c finds room for them.
 */
static void ltcp_wnd_share_adjust(struct ltcp_sock *lt)
{
	if (lt->arrived_memory)
		lt->wnd_share = max(lt->wnd_share,
				    ltcp_wnd_share(lt->wnd_share, lt->arrived_text,
						   lt->arrived_memory));
	lt->arrived_text = 0;
	lt->arrived_memory = 0;
}

/**
 * ltcp_rcv_space_adjust - let the receive buffer follow the reader's speed
 * @sk: connection whose program has just read
 *
 * Once a round trip; what was read in it is what a window must hold (dynamic
 * right-sizing). tcp_moderate_rcvbuf and SO_RCVBUF turn it off. What part of the
 * buffer is window is looked at, too.
 *
 * Context: process, socket lock.
 */
void ltcp_rcv_space_adjust(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 rtt_us = (tp->rcv_rtt_est.rtt_us ?: tp->srtt_us) >> 3;
	u32 copied;

	ltcp_trace_kernel(tcp_rcv_space_adjust, sk);
	if (!rtt_us || tp->tcp_mstamp - tp->rcvq_space.time < rtt_us)
		return;
	ltcp_wnd_share_adjust(ltcp_sk(sk));
	copied = tp->copied_seq - tp->rcvq_space.seq;
	if (copied > tp->rcvq_space.space) {
		if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_moderate_rcvbuf) &&
		    !(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
			ltcp_rcvbuf_grow(sk, copied);
		tp->rcvq_space.space = copied;
	}
	tp->rcvq_space.seq = tp->copied_seq;
	tp->rcvq_space.time = tp->tcp_mstamp;
}

/* ------------------------------------------------------------------ */
/* Queues                                                               */
/* ------------------------------------------------------------------ */

/*
 * Append @skb's bytes to @to without copying; of a FIN alone nothing is left but a mark.
 * Consumes @skb when it returns true.
 */
static bool ltcp_coalesce(struct sock *sk, struct sk_buff *to,
			  struct sk_buff *skb)
{
	struct ltcp_cb *cb = ltcp_cb(to);
	bool stolen = false;
	int delta = 0;

	if (cb->end_seq != ltcp_cb(skb)->seq || (cb->flags & LTCP_FLAG_FIN) ||
	    (skb->len && !skb_try_coalesce(to, skb, &stolen, &delta)))
		return false;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	cb->end_seq = ltcp_cb(skb)->end_seq;
	cb->flags |= ltcp_cb(skb)->flags;
	if (skb->len)
		ltcp_stamp_follow(to, skb);
	kfree_skb_partial(skb, stolen);
	return true;
}

/**
 * ltcp_data_ready - wake a reader, if SO_RCVLOWAT lets us
 * @sk: connection with new data or FIN
 *
 * Until it runs, one that was woken in recv() needs no second call. It calls those
 * who wait in another way when it has run, for what it may leave. Context: socket
 * lock.
 */
void ltcp_data_ready(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (lt->reader >= LTCP_READER_CALLED) {
		lt->reader = LTCP_READER_CALLED_TWICE;
		return;
	}
	if (!ltcp_readable(sk) && !sock_flag(sk, SOCK_DONE) &&
	    !lt->readers_began)
		return;
	if (lt->reader == LTCP_READER_SLEEPS)
		lt->reader = LTCP_READER_CALLED;
	sk->sk_data_ready(sk);
}

static void ltcp_advance_rcv_nxt(struct sock *sk, u32 end_seq)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->bytes_received += end_seq - tp->rcv_nxt;
	WRITE_ONCE(tp->rcv_nxt, end_seq);
}

/* The next bytes in order: into the receive queue with them. */
static void ltcp_queue_in_order(struct sock *sk, struct sk_buff *skb, bool owned)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	u32 end_seq = ltcp_cb(skb)->end_seq;

	if (!owned && tail && ltcp_coalesce(sk, tail, skb)) {
		ltcp_advance_rcv_nxt(sk, end_seq);
		return;
	}
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	if (!owned)
		skb_set_owner_r(skb, sk);
	ltcp_advance_rcv_nxt(sk, end_seq);
}

/* RCV.NXT has moved: islands that it reached join the mainland. */
static bool ltcp_ofo_drain(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	bool fin = false;

	while ((skb = ltcp_rb_to_skb(rb_first(&tp->out_of_order_queue)))) {
		if (seq_gt(ltcp_cb(skb)->seq, tp->rcv_nxt))
			break;
		ltcp_ofo_erase(ltcp_sk(sk), skb);
		if (tp->ooo_last_skb == skb)
			tp->ooo_last_skb = NULL;
		if (seq_leq(ltcp_cb(skb)->end_seq, tp->rcv_nxt)) {
			ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_OFO_DROP);
			continue;
		}
		fin = ltcp_cb(skb)->flags & LTCP_FLAG_FIN;
		ltcp_queue_in_order(sk, skb, true);
		if (fin)
			break;
	}
	ltcp_sacklist_advance(&ltcp_sk(sk)->sacks, tp->rcv_nxt);
	return fin;
}

/* Tell the peer of a duplicate in the next ACK (RFC 2883). */
static void ltcp_dsack_set(struct sock *sk, u32 start, u32 end)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->rx_opt.sack_ok ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_dsack))
		return;
	tp->rx_opt.dsack = 1;
	tp->duplicate_sack[0].start_seq = start;
	tp->duplicate_sack[0].end_seq = end;
	NET_INC_STATS(sock_net(sk), seq_lt(start, tp->rcv_nxt) ?
				    LINUX_MIB_TCPDSACKOLDSENT : LINUX_MIB_TCPDSACKOFOSENT);
}

/**
 * ltcp_data_again - a segment begins below RCV.NXT: report what of it is old
 * @sk: connection
 * @seg: segment with data, acceptable or not
 *
 * RFC 2883 section 4. The ACK that tells is the caller's to send. Context:
 * socket lock.
 */
void ltcp_data_again(struct sock *sk, const struct ltcp_seg *seg)
{
	NET_INC_STATS(sock_net(sk), LINUX_MIB_DELAYEDACKLOST);
	ltcp_dsack_set(sk, seg->seq,
		       seq_min(seg->end_seq, tcp_sk(sk)->rcv_nxt));
}

/* Islands behind @skb that it covers whole are not needed any more. */
static void ltcp_ofo_swallow(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct rb_node *n;

	while ((n = rb_next(&skb->rbnode))) {
		struct sk_buff *next = ltcp_rb_to_skb(n);

		if (seq_gt(ltcp_cb(next)->end_seq, ltcp_cb(skb)->end_seq))
			return;
		ltcp_ofo_erase(ltcp_sk(sk), next);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFOMERGE);
		ltcp_drop(sk, next, SKB_DROP_REASON_TCP_OFOMERGE);
	}
	tp->ooo_last_skb = skb;
}

/* Part of an island that is new was there before (RFC 2883 section 4.2). */
static void ltcp_ofo_report(struct sock *sk, const struct sk_buff *skb)
{
	const struct sk_buff *before = ltcp_rb_to_skb(rb_prev(&skb->rbnode));
	const struct sk_buff *after = ltcp_rb_to_skb(rb_next(&skb->rbnode));
	const struct ltcp_cb *cb = ltcp_cb(skb);

	if (before && seq_gt(ltcp_cb(before)->end_seq, cb->seq))
		ltcp_dsack_set(sk, cb->seq, ltcp_cb(before)->end_seq);
	else if (after && seq_lt(ltcp_cb(after)->seq, cb->end_seq))
		ltcp_dsack_set(sk, ltcp_cb(after)->seq,
			       seq_min(ltcp_cb(after)->end_seq, cb->end_seq));
}

static bool ltcp_ofo_append(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *last = tcp_sk(sk)->ooo_last_skb;
	u32 before = last->truesize;

	if (!ltcp_coalesce(sk, last, skb))
		return false;
	WRITE_ONCE(ltcp_sk(sk)->ofo_memory,
		   ltcp_sk(sk)->ofo_memory + last->truesize - before);
	return true;
}

/* Put an island into the tree. Returns false when all of it was there. */
static bool ltcp_ofo_insert(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct ltcp_cb *cb = ltcp_cb(skb);
	struct rb_node **link = &tp->out_of_order_queue.rb_node;
	struct rb_node *parent = NULL;

	/* A burst behind one hole comes in order: append to its last packet */
	if (tp->ooo_last_skb && ltcp_ofo_append(sk, skb)) {
		ltcp_ofo_swallow(sk, tp->ooo_last_skb);
		return true;
	}
	while (*link) {
		struct ltcp_cb *at = ltcp_cb(ltcp_rb_to_skb(*link));

		if (seq_leq(at->seq, cb->seq) && seq_leq(cb->end_seq, at->end_seq))
			return false;
		parent = *link;
		link = seq_lt(cb->seq, at->seq) ? &parent->rb_left :
						  &parent->rb_right;
	}
	ltcp_ofo_link(ltcp_sk(sk), skb, parent, link);
	skb_set_owner_r(skb, sk);
	ltcp_ofo_report(sk, skb);
	ltcp_ofo_swallow(sk, skb);
	return true;
}

/* ------------------------------------------------------------------ */
/* The segment text                                                     */
/* ------------------------------------------------------------------ */

static void ltcp_ack_now(struct sock *sk)
{
	inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_NOW;
}

/* A segment above RCV.NXT: keep it, SACK it, and say at once what is missing. */
static void ltcp_data_out_of_order(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 seq = ltcp_cb(skb)->seq, end_seq = ltcp_cb(skb)->end_seq;
	enum skb_drop_reason why = SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE;

	if (likely(!ltcp_sk(sk)->arq))
		why = ltcp_rcv_room(sk, skb);
	if (unlikely(why)) {
		ltcp_ack_now(sk);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFODROP);
		ltcp_drop(sk, skb, why);
		return;
	}
	tp->rcv_ooopack++;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFOQUEUE);
	if (!ltcp_ofo_insert(sk, skb)) {
		ltcp_ack_now(sk);
		ltcp_dsack_set(sk, seq, end_seq);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFOMERGE);
		ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_OFOMERGE);
		return;
	}
	if (tp->rx_opt.sack_ok)
		ltcp_sacklist_add(&ltcp_sk(sk)->sacks, seq, end_seq);
	if (tp->rx_opt.dsack || !ltcp_dupack_waits(sk))
		ltcp_ack_now(sk);
	else
		inet_csk_schedule_ack(sk);
}

/*
 * Keep the estimate of the peer's segment size. A smaller one may be the end of what it
 * had to send; two of the same size say that the path takes no more.
 */
static void ltcp_measure_rcv_mss(struct inet_connection_sock *icsk,
				 const struct sk_buff *skb, u32 len)
{
	u32 seg = skb_shinfo(skb)->gso_size ?: len;

	seg = min_t(u32, seg, U16_MAX);
	if (seg > icsk->icsk_ack.rcv_mss ||
	    (seg >= LTCP_MSS_DEFAULT_IPV4 && seg == icsk->icsk_ack.last_seg_size))
		icsk->icsk_ack.rcv_mss = seg;
	icsk->icsk_ack.last_seg_size = seg;
}

/* In-order data owes an ACK, which may wait. */
static void ltcp_owe_ack(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 now = tcp_jiffies32, now_us = lt->tcp.tcp_mstamp;

	inet_csk_schedule_ack(sk);
	lt->acked_on_read = false;
	if (now - icsk->icsk_ack.lrcvtime > icsk->icsk_rto)
		icsk->icsk_ack.quick = LTCP_QUICK_ACKS;
	icsk->icsk_ack.lrcvtime = now;
	lt->in_stream = now_us - lt->data_us <= LTCP_STREAM_GAP_US;
	lt->data_us = now_us;
}

/* The segment that begins at (or before) RCV.NXT and ends after it. */
static void ltcp_data_in_order(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool fin = ltcp_cb(skb)->flags & LTCP_FLAG_FIN;
	enum skb_drop_reason why = SKB_NOT_DROPPED_YET;

	/* A FIN alone takes no room behind text */
	if (likely(skb->len) || skb_queue_empty(&sk->sk_receive_queue))
		why = ltcp_rcv_room(sk, skb);
	if (unlikely(why)) {
		ltcp_ack_now(sk);
		ltcp_drop(sk, skb, why);
		/* Only reading makes room: now or never, SO_RCVLOWAT or not */
		if (!sock_flag(sk, SOCK_DEAD))
			ltcp_data_ready(sk);
		return;
	}
	ltcp_queue_in_order(sk, skb, false);
	if (unlikely(!RB_EMPTY_ROOT(&tp->out_of_order_queue)) && !fin) {
		/* Filling a gap is acknowledged at once (RFC 5681 section 4.2) */
		ltcp_ack_now(sk);
		fin = ltcp_ofo_drain(sk);
	}
	if (unlikely(fin))
		ltcp_rcv_fin(sk);
	if (!sock_flag(sk, SOCK_DEAD) && !ltcp_batch_wake(sk))
		ltcp_data_ready(sk);
}

/*
 * Cut off what lies beyond the window we offered, the FIN first; the ACK tells
 * the peer at once. Returns why nothing new is left, or SKB_NOT_DROPPED_YET. A FIN alone
 * is taken even so: no text is missing, and some peers would repeat it without a pause.
 */
static enum skb_drop_reason ltcp_data_trim(struct sock *sk, struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 edge = tp->rcv_nxt + ltcp_offered_wnd(tp->rcv_nxt, tp->rcv_wup,
						  tp->rcv_wnd);
	struct ltcp_cb *cb = ltcp_cb(skb);

	if (likely(seq_leq(cb->end_seq, edge)))
		return seq_gt(cb->end_seq, tp->rcv_nxt) ?
		       SKB_NOT_DROPPED_YET : SKB_DROP_REASON_TCP_OLD_DATA;
	ltcp_ack_now(sk);
	if (!skb->len && cb->seq == tp->rcv_nxt)
		return SKB_NOT_DROPPED_YET;
	if (edge == tp->rcv_nxt) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPZEROWINDOWDROP);
		return SKB_DROP_REASON_TCP_ZEROWINDOW;
	}
	if (!seq_lt(cb->seq, edge))
		return SKB_DROP_REASON_TCP_OVERWINDOW;
	cb->flags &= ~LTCP_FLAG_FIN;
	cb->end_seq = edge;
	return pskb_trim(skb, min(skb->len, edge - cb->seq)) ?
	       SKB_DROP_REASON_NOMEM : SKB_NOT_DROPPED_YET;
}

/* New data, but the program will never read it (RFC 1122 section 4.2.2.13). */
static bool ltcp_data_after_close(const struct sock *sk,
				  const struct ltcp_seg *seg)
{
	return unlikely(sk->sk_shutdown & RCV_SHUTDOWN) &&
	       sk->sk_state != TCP_ESTABLISHED && seg->len &&
	       seq_gt(seg->seq + seg->len, tcp_sk(sk)->rcv_nxt);
}

static void ltcp_data_refuse_closed(struct sock *sk, struct sk_buff *skb)
{
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONDATA);
	ltcp_v4_send_reset(sock_net(sk), sk, skb);
	ltcp_conn_error(sk, ECONNRESET);
	ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_ABORT_ON_DATA);
}

/* The packet leaves the header's world: its marks are sequence numbers from here. */
static void ltcp_data_mark(struct sk_buff *skb, const struct ltcp_seg *seg)
{
	struct ltcp_cb *cb = ltcp_cb(skb);

	__skb_pull(skb, __tcp_hdrlen(tcp_hdr(skb)));
	/* A program that does not read must not keep a route, or a deleted IPsec SA */
	skb_dst_drop(skb);
	secpath_reset(skb);
	cb->seq = seg->seq;
	cb->end_seq = seg->end_seq;
	cb->flags = seg->flags;
	cb->has_rxtstamp = skb->tstamp || skb_hwtstamps(skb)->hwtstamp;
}

/**
 * ltcp_data - process the segment text and its FIN
 * @sk: connection in a synchronized state
 * @skb: consumed; data begins at the TCP header
 * @seg: accepted segment
 *
 * RFC 9293 section 3.10.7.4, seventh and eighth step. Context: BH off, socket
 * lock. May end the connection.
 */
void ltcp_data(struct sock *sk, struct sk_buff *skb, struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	enum skb_drop_reason why;

	if (seg->seq == seg->end_seq) {
		consume_skb(skb);
		return;
	}
	if (unlikely(!ltcp_can_receive(sk))) {
		ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_CLOSE);
		return;
	}
	if (ltcp_data_after_close(sk, seg)) {
		ltcp_data_refuse_closed(sk, skb);
		return;
	}
	ltcp_measure_rcv_mss(inet_csk(sk), skb, seg->len);
	ltcp_sk(sk)->arrived_text += seg->len;
	ltcp_sk(sk)->arrived_memory += skb->truesize;
	ltcp_rcv_rtt(tp, seg);
	ltcp_owe_ack(sk);
	if (unlikely(ltcp_sk(sk)->arq))
		ltcp_ack_now(sk);
	ltcp_data_mark(skb, seg);

	if (unlikely(seq_lt(seg->seq, tp->rcv_nxt))) {
		ltcp_data_again(sk, seg);
		ltcp_ack_now(sk);
	}
	why = ltcp_data_trim(sk, skb);
	if (unlikely(why)) {
		ltcp_ack_now(sk);
		ltcp_drop(sk, skb, why);
		return;
	}
	ltcp_ecn_arrives(sk, seg);
	if (likely(seq_leq(seg->seq, tp->rcv_nxt)))
		ltcp_data_in_order(sk, skb);
	else
		ltcp_data_out_of_order(sk, skb);
}

/* ------------------------------------------------------------------ */
/* When to acknowledge                                                  */
/* ------------------------------------------------------------------ */

/* For a while, unless the program answers; always where the route asks for it. */
static bool ltcp_ack_quickly(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return (icsk->icsk_ack.quick && !icsk->icsk_ack.pingpong) ||
	       unlikely(ltcp_sk(sk)->quick_route);
}

/*
 * Jiffies that an ACK of the last @unacked bytes may wait. In a stream the next full
 * segment comes soon, or not at all: the flight was an odd one, and its sender waits
 * for this ACK to go on. In slow start a long delay would cost it a round's growth.
 * (Where a queue is shared it must not be so in every gap: a sender that gets an ACK for
 * each segment sends no two at once, and loses less than others when the queue is full.)
 */
static unsigned long ltcp_ack_delay(const struct sock *sk, u32 unacked)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct ltcp_sock *lt = ltcp_sk(sk);
	unsigned long longest = msecs_to_jiffies(READ_ONCE(lt->lnet->delack_ms));

	if (lt->in_stream && unacked >= icsk->icsk_ack.rcv_mss &&
	    !icsk->icsk_ack.pingpong)
		return min(longest, LTCP_STREAM_DELAY);
	return longest;
}

/**
 * ltcp_ack_decide - an ACK is owed and no segment has carried it
 * @sk: connection
 *
 * At once when marked so, when more than one full segment is unacknowledged
 * (RFC 5681 section 4.2: at least every second), or while quick ACKs last;
 * otherwise within ltcp_ack_delay(). "At once" is when those that arrive together
 * have been looked at: a reader that is just being woken sends the ACK with the
 * window that its reading opens, unless it is late, or else batch.c.
 *
 * Context: socket lock.
 */
void ltcp_ack_decide(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 unacked;

	if ((icsk->icsk_ack.pending & ICSK_ACK_NOW) ||
	    (ltcp_ack_quickly(sk) && !tp->compressed_ack)) {
		ltcp_send_ack(sk);
		return;
	}
	if (tp->compressed_ack)
		return;
	unacked = tp->rcv_nxt - tp->rcv_wup;
	if (unacked > icsk->icsk_ack.rcv_mss) {
		if (!in_serving_softirq() ||
		    unacked >= LTCP_BATCH_SEGS * icsk->icsk_ack.rcv_mss)
			ltcp_send_ack(sk);
		else if (ltcp_sk(sk)->reader >= LTCP_READER_CALLED)
			ltcp_timer_arm_delack(sk, 1);
		else
			ltcp_batch_ack(sk);
		return;
	}
	ltcp_timer_arm_delack(sk, ltcp_ack_delay(sk, unacked));
}

/**
 * ltcp_ack_sent - a segment with ACK goes out
 * @sk: connection
 *
 * Context: socket lock.
 */
void ltcp_ack_sent(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	tcp_sk(sk)->rx_opt.dsack = 0;
	ltcp_dupack_told(sk);
	if (icsk->icsk_ack.quick)
		icsk->icsk_ack.quick--;
	icsk->icsk_ack.pending = 0;
}

/**
 * ltcp_ack_rode - data goes out: was it an answer to what came in?
 * @sk: connection
 *
 * Then the next ACKs may wait for the next answers; also where this one's did not, since
 * the program read before it answered. Context: socket lock.
 */
void ltcp_ack_rode(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (inet_csk_ack_scheduled(sk) || ltcp_sk(sk)->acked_on_read)
		icsk->icsk_ack.pingpong = LTCP_INTERACTIVE;
	ltcp_sk(sk)->acked_on_read = false;
}
