// SPDX-License-Identifier: GPL-2.0
/*
 * tx.c - the send queue, and what may be sent now.
 *
 *	          rtxq                       unsent
 *	[ sent, not acknowledged ) [ written, not sent )
 *	SND.UNA              SND.NXT                 write_seq
 *
 * sendmsg() appends to the last packet of unsent, which grows to what one TSO
 * packet carries. ltcp_push(), the end of every entry point, sends first what
 * is lost and then what is new, within cwnd, the peer's window, Nagle's rule and
 * silly-window avoidance; a packet that may leave only in part is cut on a
 * segment boundary. The two queues own their packets; what IP gets are clones.
 *
 * A packet's payload may begin before cb->seq once part of it is acknowledged;
 * ltcp_tx_trim() drops that part before it is sent again.
 */
#include "trace.h"

/* ------------------------------------------------------------------ */
/* Packets of the queue                                                 */
/* ------------------------------------------------------------------ */

/* Payload bytes between cb->seq and cb->end_seq. */
static u32 ltcp_cb_len(const struct ltcp_cb *cb)
{
	u32 len = cb->end_seq - cb->seq;

	return len - !!(cb->flags & LTCP_FLAG_FIN) - !!(cb->flags & LTCP_FLAG_SYN);
}

/* Payload bytes at the front that are acknowledged already. */
static u32 ltcp_tx_excess(const struct sk_buff *skb)
{
	return skb->len - ltcp_cb_len(ltcp_cb(skb));
}

static bool ltcp_tx_is_sent(const struct sock *sk, const struct sk_buff *skb)
{
	return seq_lt(ltcp_cb(skb)->seq, tcp_sk(sk)->snd_nxt);
}

static struct sk_buff *ltcp_tx_alloc(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(MAX_TCP_HEADER, gfp);

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	memset(ltcp_cb(skb), 0, sizeof(struct ltcp_cb));
	/* Clones may write headers into the room we leave them */
	__skb_header_release(skb);
	return skb;
}

static void ltcp_tx_charge(struct sock *sk, int bytes)
{
	sk_wmem_queued_add(sk, bytes);
	sk_mem_charge(sk, bytes);
}

/*
 * Charge even past the limits, for a FIN or a cut, which must not fail for want
 * of quota: forward_alloc is then overdrawn until the packet is freed.
 */
static void ltcp_tx_force_charge(struct sock *sk, int bytes)
{
	if (!sk_wmem_schedule(sk, bytes))
		pr_debug("send memory overdrawn by %d bytes\n", bytes);
	ltcp_tx_charge(sk, bytes);
}

/**
 * ltcp_tx_free - give a packet of the send queue back
 * @sk: its socket
 * @skb: unlinked packet, freed and uncharged
 *
 * Context: socket lock.
 */
void ltcp_tx_free(struct sock *sk, struct sk_buff *skb)
{
	ltcp_sk(sk)->freed = true;
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	__kfree_skb(skb);
}

static bool ltcp_tx_is_empty(const struct ltcp_sock *lt)
{
	return ltcp_all_sent_acked(lt) && skb_queue_empty(&lt->unsent);
}

/**
 * ltcp_tx_skb_new - append an empty packet to the unsent data
 * @sk: socket
 * @gfp: how to allocate
 *
 * The first packet of an empty queue is a socket's own (sndmem.c). Context: socket
 * lock. Return: the packet, queued and charged; NULL without memory, when the
 * caller may wait for some.
 */
struct sk_buff *ltcp_tx_skb_new(struct sock *sk, gfp_t gfp)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb = ltcp_tx_alloc(sk, gfp);

	if (unlikely(!skb)) {
		sk->sk_prot->enter_memory_pressure(sk);
		return NULL;
	}
	if (unlikely(!ltcp_snd_schedule(sk, skb->truesize) &&
		     !ltcp_tx_is_empty(lt))) {
		__kfree_skb(skb);
		return NULL;
	}
	ltcp_cb(skb)->seq = lt->tcp.write_seq;
	ltcp_cb(skb)->end_seq = lt->tcp.write_seq;
	ltcp_cb(skb)->flags = LTCP_FLAG_ACK;
	__skb_queue_tail(&lt->unsent, skb);
	ltcp_tx_charge(sk, skb->truesize);
	return skb;
}

/**
 * ltcp_tx_extend - payload was added to the last unsent packet
 * @sk: socket
 * @skb: that packet
 * @bytes: how much
 *
 * Context: socket lock.
 */
void ltcp_tx_extend(struct sock *sk, struct sk_buff *skb, u32 bytes)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_cb(skb)->end_seq += bytes;
	WRITE_ONCE(tp->write_seq, tp->write_seq + bytes);
}

/**
 * ltcp_tx_drop_empty_tail - take back a packet that got no payload
 * @sk: socket
 *
 * Context: socket lock.
 */
void ltcp_tx_drop_empty_tail(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&lt->unsent);

	if (!skb || ltcp_cb(skb)->seq != ltcp_cb(skb)->end_seq)
		return;
	__skb_unlink(skb, &lt->unsent);
	ltcp_tx_free(sk, skb);
}

/**
 * ltcp_rtx_insert - a packet enters the retransmission queue
 * @lt: connection
 * @skb: packet to the right of all that are there
 *
 * Context: socket lock.
 */
void ltcp_rtx_insert(struct ltcp_sock *lt, struct sk_buff *skb)
{
	struct rb_node *parent = lt->rtx_last ? &lt->rtx_last->rbnode : NULL;

	rb_link_node(&skb->rbnode, parent,
		     parent ? &parent->rb_right : &lt->rtxq.rb_node);
	rb_insert_color(&skb->rbnode, &lt->rtxq);
	lt->rtx_last = skb;
}

/* @skb enters the retransmission queue right behind @prev. */
static void ltcp_rtx_insert_after(struct ltcp_sock *lt, struct sk_buff *prev,
				  struct sk_buff *skb)
{
	struct rb_node *parent = &prev->rbnode;
	struct rb_node **link = &parent->rb_right;

	if (lt->rtx_last == prev)
		lt->rtx_last = skb;
	while (*link) {
		parent = *link;
		link = &parent->rb_left;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &lt->rtxq);
}

/**
 * ltcp_rtx_erase - a packet leaves the retransmission queue
 * @lt: connection
 * @skb: packet of the queue
 *
 * Context: socket lock.
 */
void ltcp_rtx_erase(struct ltcp_sock *lt, struct sk_buff *skb)
{
	if (lt->rtx_last == skb)
		lt->rtx_last = ltcp_rtx_prev(skb);
	rb_erase(&skb->rbnode, &lt->rtxq);
}

/**
 * ltcp_tx_purge - discard everything unsent and unacknowledged
 * @sk: socket
 *
 * Context: socket lock, or a socket nobody else knows.
 */
void ltcp_tx_purge(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct sk_buff *skb;

	while ((skb = ltcp_rtx_head(lt))) {
		ltcp_rtx_erase(lt, skb);
		ltcp_tx_free(sk, skb);
	}
	while ((skb = __skb_dequeue(&lt->unsent)))
		ltcp_tx_free(sk, skb);
	tp->packets_out = 0;
	tp->sacked_out = 0;
	tp->lost_out = 0;
	tp->retrans_out = 0;
	inet_csk(sk)->icsk_backoff = 0;
	ltcp_chrono_update(sk, false);
}

/* ------------------------------------------------------------------ */
/* Segments of a packet                                                 */
/* ------------------------------------------------------------------ */

static u32 ltcp_segs_of(u32 len, u32 mss)
{
	return len <= mss ? 1 : DIV_ROUND_UP(len, mss);
}

/* A packet now counts as @segs segments: keep every sum that includes it true. */
static void ltcp_recount(struct sock *sk, struct sk_buff *skb, u32 segs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct ltcp_cb *cb = ltcp_cb(skb);
	int delta = (int)segs - cb->segs;

	cb->segs = segs;
	if (!delta || !ltcp_tx_is_sent(sk, skb))
		return;
	tp->packets_out += delta;
	if (cb->sacked & LTCP_SKB_SACKED)
		tp->sacked_out += delta;
	if (cb->sacked & LTCP_SKB_LOST)
		tp->lost_out += delta;
	if (cb->sacked & LTCP_SKB_RETRANS)
		tp->retrans_out += delta;
}

/* Share the packet's data with no clone, so that it may be cut. */
static int ltcp_tx_own(struct sk_buff *skb, gfp_t gfp)
{
	unsigned int truesize = skb->truesize;
	int err;

	if (likely(!skb_cloned(skb)))
		return 0;
	err = pskb_expand_head(skb, 0, 0, gfp);
	skb->truesize = truesize;
	return err;
}

/* The byte whose times are to be reported is told of by @rest from now on. */
static void ltcp_tx_move_stamps(struct sk_buff *skb, struct sk_buff *rest)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(rest);

	to->tx_flags |= from->tx_flags & SKBTX_ANY_TSTAMP;
	to->tskey = from->tskey;
	from->tx_flags &= ~SKBTX_ANY_TSTAMP;
	from->tskey = 0;
}

/* A packet is cut: that byte may be in the rest. */
static void ltcp_tx_split_stamps(struct sk_buff *skb, struct sk_buff *rest)
{
	const struct skb_shared_info *from = skb_shinfo(skb);

	if (likely(!(from->tx_flags & SKBTX_ANY_TSTAMP) && !ltcp_cb(skb)->stamp_ack))
		return;
	if (seq_lt(from->tskey, ltcp_cb(rest)->seq)) {
		ltcp_cb(rest)->stamp_ack = false;
		return;
	}
	ltcp_cb(skb)->stamp_ack = false;
	ltcp_tx_move_stamps(skb, rest);
}

/**
 * ltcp_tx_may_cut - may what the peer says still make us cut packets?
 * @sk: connection
 * @len: payload bytes of the piece; 0: whatever it is
 *
 * Each piece costs its own overhead, which counts against no other limit: with a small
 * MSS, a window that opens bit by bit, or SACKs, could splinter the queue
 * (CVE-2019-11478). Pieces of about a kilobyte and more do little harm.
 * Context: socket lock.
 */
bool ltcp_tx_may_cut(const struct sock *sk, u32 len)
{
	return sk->sk_wmem_queued / 2 - SZ_128K < sk->sk_sndbuf ||
	       len >= SKB_TRUESIZE(MAX_TCP_HEADER);
}

/**
 * ltcp_tx_split - cut a packet of either queue in two
 * @sk: socket
 * @skb: keeps the first @len payload bytes
 * @len: 0 < @len <= payload; all of it only when a FIN follows
 * @gfp: how to allocate
 *
 * The rest, FIN and PSH included, becomes the packet behind it with the same
 * marks. Context: socket lock. Return: 0 or -ENOMEM, with nothing changed.
 */
int ltcp_tx_split(struct sock *sk, struct sk_buff *skb, u32 len, gfp_t gfp)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cb *cb = ltcp_cb(skb), *rest_cb;
	u32 cut = ltcp_tx_excess(skb) + len;
	int moved = skb->len - cut;
	struct sk_buff *rest;

	if (ltcp_tx_own(skb, gfp))
		return -ENOMEM;
	rest = ltcp_tx_alloc(sk, gfp);
	if (!rest)
		return -ENOMEM;
	ltcp_tx_force_charge(sk, rest->truesize);
	if (moved)
		skb_split(skb, rest, cut);
	rest->truesize += moved;
	skb->truesize -= moved;
	rest->skb_mstamp_ns = skb->skb_mstamp_ns;

	rest_cb = ltcp_cb(rest);
	*rest_cb = *cb;
	rest_cb->seq = cb->seq + len;
	cb->end_seq = rest_cb->seq;
	cb->flags &= ~(LTCP_FLAG_FIN | LTCP_FLAG_PSH);
	cb->eor = false;
	ltcp_tx_split_stamps(skb, rest);

	if (!ltcp_tx_is_sent(sk, skb)) {
		__skb_queue_after(&lt->unsent, skb, rest);
		return 0;
	}
	ltcp_rtx_insert_after(lt, skb, rest);
	/* The rest counts for nothing yet; each is then given its true number */
	rest_cb->segs = 0;
	ltcp_recount(sk, skb, ltcp_segs_of(len, cb->mss));
	ltcp_recount(sk, rest, ltcp_segs_of(ltcp_cb_len(rest_cb), rest_cb->mss));
	return 0;
}

/* Drop the acknowledged front of a packet before it is sent again. */
static int ltcp_tx_trim(struct sock *sk, struct sk_buff **pskb)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb = *pskb, *rest;
	u32 excess = ltcp_tx_excess(skb);

	if (likely(!excess))
		return 0;
	if (ltcp_tx_own(skb, ltcp_atomic(sk)))
		return -ENOMEM;
	rest = ltcp_tx_alloc(sk, ltcp_atomic(sk));
	if (!rest)
		return -ENOMEM;
	rest->truesize += skb->len - excess;
	skb_split(skb, rest, excess);
	ltcp_tx_force_charge(sk, rest->truesize);
	rest->skb_mstamp_ns = skb->skb_mstamp_ns;
	*ltcp_cb(rest) = *ltcp_cb(skb);
	ltcp_tx_move_stamps(skb, rest);
	ltcp_rtx_insert_after(lt, skb, rest);
	ltcp_rtx_erase(lt, skb);
	ltcp_tx_free(sk, skb);
	*pskb = rest;
	return 0;
}

/* ------------------------------------------------------------------ */
/* Segment size                                                         */
/* ------------------------------------------------------------------ */

/**
 * ltcp_advmss - the MSS option of our SYN
 * @sk: socket
 * @dst: its route
 *
 * Context: any. Return: the largest segment we take, IPv4 and TCP header off
 * (RFC 6691), or what TCP_MAXSEG asked for.
 */
u16 ltcp_advmss(const struct sock *sk, const struct dst_entry *dst)
{
	u16 mss = dst_metric_advmss(dst);
	u16 user = READ_ONCE(tcp_sk(sk)->rx_opt.user_mss);

	return user && user < mss ? user : mss;
}

/**
 * ltcp_sync_mss - icsk_sync_mss: the path MTU is (again) known
 * @sk: socket
 * @pmtu: bytes of the largest IP packet
 *
 * RFC 9293 section 3.7.1: Eff.snd.MSS = min(SendMSS, path) less the options that
 * every segment carries. Context: socket lock. Return: the new MSS.
 */
unsigned int ltcp_sync_mss(struct sock *sk, u32 pmtu)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 headers = icsk->icsk_af_ops->net_header_len +
		      sizeof(struct tcphdr);
	u32 largest = ltcp_mtup_cap(sk, pmtu);
	u32 mss = largest > headers ? largest - headers : 0;
	u32 floor = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_snd_mss);
	u16 user = READ_ONCE(tp->rx_opt.user_mss);

	mss = min_t(u32, mss, tp->rx_opt.mss_clamp);
	if (user)
		mss = min_t(u32, mss, user);
	mss -= min_t(u32, mss, icsk->icsk_ext_hdr_len);
	mss = max(mss, floor);
	mss -= tp->tcp_header_len - sizeof(struct tcphdr);
	icsk->icsk_pmtu_cookie = pmtu;
	tp->mss_cache = max(mss, 8U);
	return tp->mss_cache;
}

/**
 * ltcp_mss_check - follow a route whose MTU has changed
 * @sk: connection
 *
 * A route that is gone tells an MTU of nothing: it is let go of, the MSS stays,
 * and IP looks for another one when the next packet leaves.
 * Context: socket lock.
 */
void ltcp_mss_check(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_check(sk, 0);

	if (!dst)
		return;
	if (dst_mtu(dst) != inet_csk(sk)->icsk_pmtu_cookie)
		ltcp_sync_mss(sk, dst_mtu(dst));
}

/* The MSS of this moment: SACK blocks that are due take their room. */
static u32 ltcp_current_mss(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 extra = ltcp_established_opts_len(sk) +
		    sizeof(struct tcphdr) - tp->tcp_header_len;

	return tp->mss_cache - min(extra, tp->mss_cache - 1);
}

/**
 * ltcp_tx_size_goal - how large sendmsg() should let a packet grow
 * @sk: connection
 *
 * Context: socket lock. Return: bytes, a multiple of the MSS.
 */
u32 ltcp_tx_size_goal(struct sock *sk)
{
	u32 mss, segs;

	ltcp_mss_check(sk);
	mss = ltcp_current_mss(sk);
	segs = ltcp_offload_max_segs(sk, mss);
	/* A packet that the peer's window can never hold would only be cut */
	segs = clamp_t(u32, tcp_sk(sk)->max_window / 2 / mss, 1, segs);
	return ltcp_snd_goal(sk, mss * segs, mss);
}

/* ------------------------------------------------------------------ */
/* What may be sent                                                     */
/* ------------------------------------------------------------------ */

/* Nagle's rule for the @len bytes that end the queue (RFC 9293 section 3.7.4). */
static bool ltcp_tx_nagle(const struct ltcp_sock *lt, const struct ltcp_cb *cb,
			  u32 len, u32 mss)
{
	const struct tcp_sock *tp = &lt->tcp;
	struct ltcp_nagle_in in = {
		.len = len,
		.mss = mss,
		.more_follows = (lt->more || (tp->nonagle & TCP_NAGLE_CORK)) &&
				!(tp->nonagle & TCP_NAGLE_PUSH),
		.nodelay = tp->nonagle & (TCP_NAGLE_OFF | TCP_NAGLE_PUSH),
		.in_flight = tp->packets_out,
		.fin = cb->flags & LTCP_FLAG_FIN,
		.small_in_flight = seq_gt(tp->snd_sml, tp->snd_una) &&
				   seq_leq(tp->snd_sml, tp->snd_nxt),
	};

	return ltcp_nagle_allows(&in);
}

/* Is the oldest packet's ACK so far away that the pipe may run dry till then? */
static bool ltcp_tx_ack_is_far(const struct sock *sk)
{
	const struct sk_buff *oldest = ltcp_rtx_head(ltcp_sk(sk));
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 age_ns;

	if (!oldest)
		return true;
	age_ns = tp->tcp_clock_cache - min(oldest->skb_mstamp_ns, tp->tcp_clock_cache);
	return age_ns < (u64)(tp->srtt_us >> 4) * NSEC_PER_USEC;
}

/* Does the path take half a millisecond for a segment, or more? (24 Mbit/s) */
static bool ltcp_tx_is_slow(const struct tcp_sock *tp)
{
	return tp->srtt_us >> 3 >= 500ULL * tp->snd_cwnd;
}

/*
 * With much in flight a small addition to it is better saved up until it makes a
 * large packet: the ACKs that will clock it out are on their way. Unless they are
 * not: in slow start, the ACKs of a round come in its first part, and what is saved
 * up at their end would miss the round. And not on a slow path: there large packets
 * save little work, and in a short queue that others share they are the first to go.
 */
static bool ltcp_tx_defer(const struct sock *sk, u32 segs, u32 in_flight,
			  u32 max_segs)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	/* Limited transmit (RFC 3042) and recovery live on single segments */
	if (tp->sacked_out || ltcp_sk(sk)->dupacks || ltcp_in_recovery(sk))
		return false;
	return segs < max_segs && segs < in_flight && segs < tp->snd_cwnd / 3 &&
	       !ltcp_tx_is_slow(tp) && !ltcp_tx_ack_is_far(sk);
}

enum ltcp_tx_stop {
	LTCP_TX_GO,
	LTCP_TX_CWND,		/* cwnd is full, or nearly */
	LTCP_TX_WINDOW,		/* the peer's window */
	LTCP_TX_NAGLE,		/* waiting for more data or an ACK */
	LTCP_TX_HELD,		/* paced, enough in the qdisc, one at a time, no memory */
	LTCP_TX_SPLINTERS,	/* waiting for an ACK: the queue is in too many pieces */
};

/**
 * struct ltcp_tx_plan - how much of the next packet goes out now
 * @stop: LTCP_TX_GO, or what holds it back
 * @len: payload bytes to send when it goes
 * @whole: all of it, the FIN included
 */
struct ltcp_tx_plan {
	enum ltcp_tx_stop stop;
	u32 len;
	bool whole;
};

static struct ltcp_tx_plan ltcp_tx_plan(const struct sock *sk,
					const struct sk_buff *skb, u32 mss,
					u32 max_segs, bool force)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);
	const struct tcp_sock *tp = &lt->tcp;
	const struct ltcp_cb *cb = ltcp_cb(skb);
	struct ltcp_tx_plan plan = { .stop = LTCP_TX_GO };
	u32 in_flight = ltcp_in_flight(tp);
	u32 wnd = ltcp_usable_wnd(tp->snd_una, tp->snd_wnd, cb->seq);
	u32 total = cb->end_seq - cb->seq;
	u32 len = min(skb->len, wnd);
	u32 quota, tail;

	if (in_flight >= tp->snd_cwnd && !force) {
		plan.stop = LTCP_TX_CWND;
		return plan;
	}
	if (!wnd) {
		plan.stop = LTCP_TX_WINDOW;
		return plan;
	}
	quota = force ? 1 : min(tp->snd_cwnd - in_flight, max_segs);
	if (len > quota * mss) {
		len = quota * mss;
		if (!force && ltcp_tx_defer(sk, quota, in_flight, max_segs)) {
			plan.stop = LTCP_TX_CWND;
			return plan;
		}
	}
	plan.whole = len == skb->len && total <= wnd;
	tail = len < mss ? len : len % mss;
	/* A last short segment: cut by the window, or the end of what was written */
	if (tail && !force) {
		bool end = len == skb->len;

		if (!end && !ltcp_sws_allows(tail, mss, wnd, tp->max_window, false))
			plan.stop = LTCP_TX_WINDOW;
		else if (end && skb_queue_is_last(&lt->unsent, skb) &&
			 !ltcp_tx_nagle(lt, cb, tail, mss))
			plan.stop = LTCP_TX_NAGLE;
		if (plan.stop != LTCP_TX_GO) {
			len -= tail;
			plan.whole = false;
			if (len)
				plan.stop = LTCP_TX_GO;
		}
	}
	plan.len = len;
	return plan;
}

/* A packet is about to be sent for the first time: it moves between the queues. */
static void ltcp_tx_sent(struct sock *sk, struct sk_buff *skb)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct ltcp_cb *cb = ltcp_cb(skb);
	bool first = !tp->packets_out;

	__skb_unlink(skb, &lt->unsent);
	skb->skb_mstamp_ns = ltcp_pace_departure(sk);
	ltcp_rtx_insert(lt, skb);
	WRITE_ONCE(tp->snd_nxt, cb->end_seq);
	tp->packets_out += cb->segs;
	if (skb->len % cb->mss)
		tp->snd_sml = cb->end_seq;
	if (first)
		ltcp_timer_arm_rto(sk);
}

/* Must @skb wait although the peer and the network would take it? */
static bool ltcp_tx_held(struct sock *sk, const struct sk_buff *skb)
{
	return ltcp_pace_holds(sk) || ltcp_queue_full(sk, skb);
}

/* TCP_NOTSENT_LOWAT, bytes; U32_MAX: no limit. */
static u32 ltcp_notsent_lowat(const struct sock *sk)
{
	return READ_ONCE(tcp_sk(sk)->notsent_lowat) ?:
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_notsent_lowat);
}

/*
 * Send new data, as much as may go. @force: a probe, one segment whatever cwnd,
 * Nagle and SWS say.
 */
static enum ltcp_tx_stop ltcp_send_new(struct sock *sk, bool force)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	enum ltcp_tx_stop stop = LTCP_TX_GO;
	struct sk_buff *skb;
	u32 mss, max_segs, from = tp->snd_nxt;

	if (!tp->packets_out)
		ltcp_cong_restart(sk);
	mss = ltcp_current_mss(sk);
	max_segs = ltcp_offload_max_segs(sk, mss);
	while ((skb = skb_peek(&lt->unsent))) {
		bool single = ltcp_urg_ahead(lt, ltcp_cb(skb)->seq) ||
			      lt->arq == LTCP_ARQ_STOP_AND_WAIT;
		u32 probe = force || single ? 0 : ltcp_mtup_due(sk, skb);
		u32 size = probe ?: mss;
		struct ltcp_tx_plan plan = ltcp_tx_plan(sk, skb, size,
							single || probe ? 1 : max_segs,
							force);

		stop = ltcp_arq_waits(lt) ? LTCP_TX_HELD : plan.stop;
		if (stop != LTCP_TX_GO)
			break;
		if (!force && ltcp_tx_held(sk, skb)) {
			stop = LTCP_TX_HELD;
			break;
		}
		if (!plan.whole && !force && tp->packets_out &&
		    !ltcp_tx_may_cut(sk, plan.len)) {
			stop = LTCP_TX_SPLINTERS;
			break;
		}
		if (!plan.whole &&
		    ltcp_tx_split(sk, skb, plan.len, ltcp_atomic(sk))) {
			stop = LTCP_TX_HELD;
			break;
		}
		ltcp_cb(skb)->mss = size;
		ltcp_cb(skb)->segs = ltcp_segs_of(skb->len, size);
		if (unlikely(probe))
			ltcp_mtup_sent(sk, skb);
		/* Held back by MSG_MORE, and nothing more came (MUST-61) */
		if (force && skb_queue_is_last(&lt->unsent, skb))
			ltcp_cb(skb)->flags |= LTCP_FLAG_PSH;
		ltcp_tx_sent(sk, skb);
		ltcp_rate_sent(lt, skb);
		ltcp_prr_sent(&lt->prr, ltcp_cb(skb)->segs);
		ltcp_xmit(sk, skb, true);
		if (force)
			break;
	}
	tp->is_cwnd_limited |= ltcp_in_flight(tp) >= tp->snd_cwnd ||
			       stop == LTCP_TX_CWND;
	tp->max_packets_out = max(tp->max_packets_out, tp->packets_out);
	lt->corked = stop == LTCP_TX_NAGLE && (tp->nonagle & TCP_NAGLE_CORK);
	if (tp->snd_nxt != from) {
		ltcp_timer_data_sent(sk);
		/* Where little may wait to be sent, sending makes room, too */
		lt->freed |= ltcp_notsent_lowat(sk) != U32_MAX;
	}
	return stop;
}

/* ------------------------------------------------------------------ */
/* What is sent again                                                   */
/* ------------------------------------------------------------------ */

/* Cut a packet to the MSS of today before it is sent again. */
static void ltcp_resegment(struct sock *sk, struct sk_buff *skb)
{
	u32 mss = ltcp_current_mss(sk);
	struct ltcp_cb *cb = ltcp_cb(skb);

	if (cb->flags & LTCP_FLAG_SYN || cb->mss <= mss)
		return;
	cb->mss = mss;
	ltcp_recount(sk, skb, ltcp_segs_of(skb->len, mss));
}

/**
 * ltcp_retransmit - send a packet of the retransmission queue again
 * @sk: connection
 * @skb: lost packet, or the first one
 *
 * Within the peer's window, but always at least one segment (a window that has
 * shrunk must not stop recovery). Context: BH off, socket lock.
 * Return: 0, or the error of the layers below, which a later timeout mends.
 */
int ltcp_retransmit(struct sock *sk, struct sk_buff *skb)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct ltcp_cb *cb;
	u32 wnd, room;
	int err;

	if (ltcp_tx_trim(sk, &skb))
		return -ENOMEM;
	cb = ltcp_cb(skb);
	ltcp_resegment(sk, skb);
	wnd = ltcp_usable_wnd(tp->snd_una, tp->snd_wnd, cb->seq);
	room = max(wnd / cb->mss, 1U);
	if (tp->snd_cwnd > ltcp_in_flight(tp))
		room = min(room, tp->snd_cwnd - ltcp_in_flight(tp));
	else
		room = 1;
	if (ltcp_urg_ahead(lt, cb->seq))
		room = 1;
	if (cb->segs > room) {
		/* The first one goes in any case, so that something does */
		if (skb != ltcp_rtx_head(lt) && !ltcp_tx_may_cut(sk, room * cb->mss))
			return -ENOMEM;
		if (ltcp_tx_split(sk, skb, room * cb->mss, ltcp_atomic(sk)))
			return -ENOMEM;
	}

	if (unlikely(inet_csk(sk)->icsk_mtup.probe_size))
		ltcp_mtup_resent(sk, skb);
	ltcp_undo_retransmitted(sk, skb);
	skb->skb_mstamp_ns = ltcp_pace_departure(sk);
	if ((cb->sacked & LTCP_SKB_LOST) && !(cb->sacked & LTCP_SKB_RETRANS)) {
		ltcp_rack_copy_sent(lt, skb);
		cb->sacked |= LTCP_SKB_RETRANS;
		tp->retrans_out += cb->segs;
	}
	if (!(cb->sacked & LTCP_SKB_EVER_RETRANS))
		ltcp_cwv_resent(&lt->cwv, cb->segs);
	cb->sacked |= LTCP_SKB_EVER_RETRANS;
	ltcp_prr_sent(&lt->prr, cb->segs);
	ltcp_rate_sent(lt, skb);
	tp->total_retrans += cb->segs;
	tp->bytes_retrans += skb->len;
	ltcp_count_add(lt->lnet, LTCP_MIB_RETRANS_SEGS, cb->segs);
	TCP_ADD_STATS(sock_net(sk), TCP_MIB_RETRANSSEGS, cb->segs);
	if (cb->flags & LTCP_FLAG_SYN)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSYNRETRANS);
	err = ltcp_xmit(sk, skb, true);
	if (err)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPRETRANSFAIL);
	else
		ltcp_trace_kernel(tcp_retransmit_skb, sk, skb);
	return err;
}

/*
 * Has RTO just struck? It does not ask the pacer, which may have a rate that is too low;
 * fq, however, holds what it is given until its time.
 */
static bool ltcp_rto_is_urgent(const struct sock *sk)
{
	return ltcp_sk(sk)->first_rtx_free &&
	       inet_csk(sk)->icsk_ca_state == TCP_CA_Loss &&
	       READ_ONCE(sk->sk_pacing_status) != SK_PACING_FQ;
}

/* Send again what is lost, as far as cwnd has room. */
static void ltcp_send_lost(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct sk_buff *skb;
	bool first, early;
	u64 due_ns;
	int err;

	while ((skb = ltcp_loss_next(sk))) {
		if (ltcp_in_flight(tp) >= tp->snd_cwnd && !lt->first_rtx_free)
			return;
		if (ltcp_queue_full(sk, skb))
			return;
		early = ltcp_pace_holds(sk);
		if (early && !ltcp_rto_is_urgent(sk))
			return;
		due_ns = tp->tcp_wstamp_ns;
		first = skb == ltcp_rtx_head(lt);
		lt->first_rtx_free = false;
		err = ltcp_retransmit(sk, skb);
		/* What did not ask the pacer does not make others wait longer */
		if (unlikely(early))
			tp->tcp_wstamp_ns = due_ns;
		if (first)
			ltcp_timer_first_resent(sk);
		if (err)
			return;
	}
}

/*
 * F-RTO would have new data sent, but Nagle, a cork or a window holds it back, and no
 * timer will let it go: then what is lost goes, as without F-RTO (RFC 5682 section
 * 2.1, step 2b).
 */
static void ltcp_frto_without_new(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (seq_gt(lt->tcp.snd_nxt, lt->frto.recover))
		return;
	lt->frto.step = LTCP_FRTO_OFF;
	ltcp_send_lost(sk);
}

/* ------------------------------------------------------------------ */
/* The push                                                             */
/* ------------------------------------------------------------------ */

static bool ltcp_may_send(const struct sock *sk)
{
	return (1 << sk->sk_state) &
	       (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
		TCPF_CLOSING | TCPF_LAST_ACK);
}

/**
 * ltcp_push - send everything that is owed and may go
 * @sk: socket in any state
 *
 * The one end of every entry point: lost data, new data, then an ACK if none of
 * those carried it or an urgent pointer that is news. Arms the persist timer when
 * the window is all that stops us and nothing is in flight that would bring an
 * ACK.
 *
 * Context: socket lock; BH off or process. @sk stays valid.
 */
void ltcp_push(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	enum ltcp_tx_stop stop = LTCP_TX_GO;

	if (likely(ltcp_may_send(sk))) {
		if (unlikely(lt->tcp.lost_out) &&
		    lt->frto.step != LTCP_FRTO_STEP3)
			ltcp_send_lost(sk);
		if (!skb_queue_empty(&lt->unsent))
			stop = ltcp_send_new(sk, false);
		ltcp_rate_check_app_limited(lt);
		if (!lt->tcp.packets_out && !skb_queue_empty(&lt->unsent))
			ltcp_timer_arm_persist(sk);
		if (unlikely(lt->frto.step == LTCP_FRTO_STEP3) &&
		    stop != LTCP_TX_HELD)
			ltcp_frto_without_new(sk);
		ltcp_chrono_update(sk, stop == LTCP_TX_WINDOW);
	}
	if (unlikely(lt->urg_owed) && ltcp_urg_ahead(lt, lt->tcp.snd_nxt))
		ltcp_send_ack(sk);
	else if (inet_csk_ack_scheduled(sk))
		ltcp_ack_decide(sk);
	if (lt->freed) {
		lt->freed = false;
		/* Pairs with poll and sk_stream_wait_memory(): they set the flag, then look */
		smp_mb();
		if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
			sk->sk_write_space(sk);
	}
}

/**
 * ltcp_push_or_defer - push, or leave it to the socket's owner
 * @sk: socket
 *
 * Context: BH off, sk_lock.slock held.
 */
void ltcp_push_or_defer(struct sock *sk)
{
	if (sock_owned_by_user(sk)) {
		ltcp_sk(sk)->deferred |= LTCP_DEFER_PUSH;
		return;
	}
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_push(sk);
}

/**
 * ltcp_tx_may_probe - is there new data, or a FIN, that fits into the peer's window?
 * @sk: connection
 *
 * Context: socket lock.
 */
bool ltcp_tx_may_probe(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct sk_buff *skb = skb_peek(&ltcp_sk(sk)->unsent);

	return skb && ltcp_usable_wnd(tp->snd_una, tp->snd_wnd, tp->snd_nxt) >=
		      min(ltcp_cb(skb)->end_seq - ltcp_cb(skb)->seq, tp->mss_cache);
}

/**
 * ltcp_push_one - send one segment although Nagle, a small window or cwnd object
 * @sk: connection with unsent data
 *
 * For the persist timer and the tail loss probe. Context: BH off, socket lock.
 * Return: true when something was sent; false when the window is closed.
 */
bool ltcp_push_one(struct sock *sk)
{
	return ltcp_may_send(sk) && ltcp_send_new(sk, true) == LTCP_TX_GO;
}

/**
 * ltcp_tx_queue_syn - queue and send a SYN
 * @sk: connection with nothing queued
 * @flags: LTCP_FLAG_SYN, with LTCP_FLAG_ACK in a simultaneous open
 *
 * The SYN takes one sequence number and a place in the retransmission queue.
 * Context: socket lock. Return: false without memory.
 */
bool ltcp_tx_queue_syn(struct sock *sk, u8 flags)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb = ltcp_tx_skb_new(sk, sk->sk_allocation);
	struct ltcp_cb *cb;

	if (!skb)
		return false;
	cb = ltcp_cb(skb);
	cb->flags = flags;
	cb->end_seq++;
	cb->mss = 1;
	cb->segs = 1;
	WRITE_ONCE(tp->write_seq, tp->write_seq + 1);
	ltcp_tx_sent(sk, skb);
	ltcp_xmit(sk, skb, true);
	return true;
}

/**
 * ltcp_send_fin - queue the FIN behind all data, and push
 * @sk: connection that has just left ESTABLISHED or CLOSE-WAIT for good
 *
 * It rides on the last unsent packet when there is one (RFC 9293 section 3.10.4:
 * "queue this until all preceding SENDs have been segmentized"). Without memory
 * it is tried until there is some: a FIN may not be forgotten.
 *
 * Context: process, socket lock; whatever sk_allocation says, we may sleep.
 */
void ltcp_send_fin(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&lt->unsent);

	lt->more = false;
	if (!skb) {
		skb = ltcp_tx_alloc(sk, GFP_NOIO | __GFP_NOFAIL);
		ltcp_cb(skb)->seq = lt->tcp.write_seq;
		ltcp_cb(skb)->end_seq = lt->tcp.write_seq;
		ltcp_cb(skb)->flags = LTCP_FLAG_ACK;
		__skb_queue_tail(&lt->unsent, skb);
		ltcp_tx_force_charge(sk, skb->truesize);
	}
	ltcp_cb(skb)->flags |= LTCP_FLAG_FIN;
	ltcp_tx_extend(sk, skb, 1);
	ltcp_push(sk);
}

/* ------------------------------------------------------------------ */
/* Room for the writer                                                  */
/* ------------------------------------------------------------------ */

/**
 * ltcp_stream_memory_free - proto.stream_memory_free: is there room to write?
 * @sk: socket
 * @wake: 1 when the question is whether to wake a sleeper
 *
 * TCP_NOTSENT_LOWAT bounds what is written ahead. Context: any.
 */
bool ltcp_stream_memory_free(const struct sock *sk, int wake)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 notsent = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt);

	return (notsent << wake) < ltcp_notsent_lowat(sk);
}

/**
 * ltcp_write_space - sk_write_space: wake writers once a third of the buffer is free
 * @sk: socket
 *
 * Context: socket lock.
 */
void ltcp_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || sk_stream_wspace(sk) < sk_stream_min_wspace(sk) ||
	    !ltcp_stream_memory_free(sk, 1))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
						      EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}
