// SPDX-License-Identifier: GPL-2.0
/*
 * rack.c - finding losses by time, and probing for them (RFC 8985).
 *
 * The rules are in pure/rack.c; here they meet the retransmission queue.
 *
 * RACK judges packets by when they were sent last, but the queue is in the order
 * of sequence numbers. That suffices: what was never sent again was sent in that
 * order, so the walk for first losses goes from lost_edge on and ends at the
 * first packet that is not due yet. Copies are another walk, over what has been
 * sent again, and it is only taken when the oldest copy would be due
 * (copies_since_ns), and when it is paid for. So an ACK costs what it settles, not
 * what is in flight.
 *
 * Both timers share icsk_retransmit_timer with RTO: reordering, tail loss probe
 * and RTO are never needed at once, and RTO can wait for the others (rto_at).
 */
#include "trace.h"

/* RFC 8985 section 7.2: how long a peer may delay the ACK of a single segment */
#define LTCP_TLP_MAX_ACK_DELAY_US	(200 * USEC_PER_MSEC)

#define LTCP_WALK_PRICE_SHIFT	3	/* an eighth of a segment for each packet */

/* tcp_recovery: bit 0 turns RACK on; otherwise DupThresh of RFC 6675 decides. */
bool ltcp_rack_is_on(const struct sock *sk)
{
	return tcp_sk(sk)->rx_opt.sack_ok &&
	       (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_recovery) & 1);
}

/* tcp_early_retrans: 3 and more turn tail loss probes on. */
static bool ltcp_tlp_is_on(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_early_retrans) >= 3;
}

/**
 * ltcp_rack_packet_delivered - RACK's part of a packet's delivery
 * @lt: connection
 * @skb: packet newly acknowledged or SACKed
 * @end_seq: end of what is
 * @ack: the ACK, SND.UNA following it already
 *
 * Context: socket lock.
 */
void ltcp_rack_packet_delivered(struct ltcp_sock *lt, const struct sk_buff *skb,
				u32 end_seq, struct ltcp_rack_ack *ack)
{
	struct ltcp_rack_pkt pkt = {
		.xmit_ns = skb->skb_mstamp_ns,
		.end_seq = end_seq,
		.retrans = ltcp_cb(skb)->sacked & LTCP_SKB_EVER_RETRANS,
		.sacked = seq_gt(end_seq, lt->tcp.snd_una),
	};
	bool seen = lt->rack.reordering_seen;

	if (unlikely(pkt.retrans))
		pkt.tsval = ltcp_tsval_at(&lt->tcp, pkt.xmit_ns);
	ltcp_rack_delivered(&lt->rack, ack, &pkt);
	lt->tcp.reord_seen += lt->rack.reordering_seen && !seen;
}

/* Microseconds until @skb is lost; 0: it is; U32_MAX: not to be judged yet. */
static u32 ltcp_rack_left(const struct ltcp_sock *lt, const struct sk_buff *skb,
			  u32 reo_wnd_us)
{
	if (!ltcp_rack_judges(&lt->rack, skb->skb_mstamp_ns,
			      ltcp_cb(skb)->end_seq))
		return U32_MAX;
	return ltcp_rack_left_us(&lt->rack, skb->skb_mstamp_ns, reo_wnd_us,
				 lt->tcp.tcp_clock_cache);
}

/*
 * A queue may be thousands of packets long, and an ACK may come for each: a walk that
 * settles nothing has to be paid for by arrivals, an eighth of a segment for each
 * packet, or by time, an eighth of a round trip.
 */
static bool ltcp_rack_walk_is_paid(const struct ltcp_sock *lt)
{
	return ltcp_is_paid(lt, lt->copies_walk_at);
}

static void ltcp_rack_walked(struct ltcp_sock *lt, u32 packets)
{
	lt->copies_walk_at = lt->tcp.segs_in + (packets >> LTCP_WALK_PRICE_SHIFT);
}

static u32 ltcp_rack_walk_in_us(const struct ltcp_sock *lt)
{
	return max_t(u32, lt->tcp.srtt_us >> 6, USEC_PER_MSEC);
}

/*
 * Packets that do not count as lost. Returns what is left to the first not due. What
 * was sent again, and has been found not to be lost after all, is not in order of
 * sending: the walk goes on over it, but what it leaves behind there is not settled.
 */
static u32 ltcp_rack_mark_first(struct sock *sk, u32 reo_wnd_us)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 from = seq_max(lt->lost_edge, lt->tcp.snd_una);
	u32 least_us = U32_MAX, unsettled = 0, left_us;
	struct sk_buff *skb;

	lt->lost_edge = from;	/* left behind for long, it would look like the future */
	for (skb = ltcp_rtx_find(lt, from); skb; skb = ltcp_rtx_next(skb)) {
		u8 marks = ltcp_cb(skb)->sacked;

		if (!(marks & (LTCP_SKB_SACKED | LTCP_SKB_LOST))) {
			left_us = ltcp_rack_left(lt, skb, reo_wnd_us);
			if (!left_us) {
				ltcp_mark_lost(sk, skb);
			} else {
				least_us = min(least_us, left_us);
				if (!(marks & LTCP_SKB_EVER_RETRANS))
					break;
				if (!ltcp_rack_walk_is_paid(lt))
					return ltcp_rack_walk_in_us(lt);
				unsettled++;
			}
		}
		if (unlikely(unsettled))
			unsettled++;
		else
			lt->lost_edge = ltcp_cb(skb)->end_seq;
	}
	if (unlikely(unsettled))
		ltcp_rack_walked(lt, unsettled);
	return least_us;
}

/**
 * ltcp_copy_lost - a copy is lost, too: the packet waits to be sent once more
 * @sk: connection
 * @skb: packet whose copy is on its way
 *
 * It counts as the congestion that the episode has answered; RFC 5681 section 4.3
 * would lower cwnd once more.
 *
 * Context: BH off, socket lock.
 */
void ltcp_copy_lost(struct sock *sk, struct sk_buff *skb)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cb *cb = ltcp_cb(skb);

	cb->sacked &= ~LTCP_SKB_RETRANS;
	lt->tcp.retrans_out -= cb->segs;
	lt->tcp.lost += cb->segs;
	if (seq_lt(cb->seq, lt->retrans_edge))
		lt->retrans_edge = cb->seq;
	NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPLOSTRETRANSMIT, cb->segs);
}

/*
 * Look at all copies on their way. Returns what is left to the oldest that may
 * be judged.
 */
static u32 ltcp_rack_walk_copies(struct sock *sk, u32 reo_wnd_us)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 least_us = U32_MAX, left_us, walked = 0;
	struct sk_buff *skb;

	lt->copies_since_ns = U64_MAX;
	for (skb = ltcp_rtx_head(lt); skb; skb = ltcp_rtx_next(skb), walked++) {
		if (!(ltcp_cb(skb)->sacked & LTCP_SKB_RETRANS))
			continue;
		left_us = ltcp_rack_left(lt, skb, reo_wnd_us);
		if (!left_us) {
			ltcp_copy_lost(sk, skb);
			continue;
		}
		least_us = min(least_us, left_us);
		lt->copies_since_ns = min_t(u64, lt->copies_since_ns,
					    skb->skb_mstamp_ns);
	}
	ltcp_rack_walked(lt, walked);
	return least_us;
}

/* Copies on their way. */
static u32 ltcp_rack_mark_copies(struct sock *sk, u32 reo_wnd_us)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 left_us;

	if (!lt->tcp.retrans_out || lt->rack.xmit_ns < lt->copies_since_ns)
		return U32_MAX;
	left_us = ltcp_rack_left_us(&lt->rack, lt->copies_since_ns, reo_wnd_us,
				    lt->tcp.tcp_clock_cache);
	if (left_us)
		return left_us;
	if (!ltcp_rack_walk_is_paid(lt))
		return ltcp_rack_walk_in_us(lt);
	return ltcp_rack_walk_copies(sk, reo_wnd_us);
}

/**
 * ltcp_rack_copy_sent - a lost packet has been sent again
 * @lt: connection, retrans_out not yet counting it
 * @skb: packet, its time of sending set
 *
 * Context: socket lock.
 */
void ltcp_rack_copy_sent(struct ltcp_sock *lt, const struct sk_buff *skb)
{
	if (lt->tcp.retrans_out)
		return;
	lt->copies_since_ns = skb->skb_mstamp_ns;
	lt->copies_walk_at = lt->tcp.segs_in;
}

/* RACK.reo_wnd, microseconds. */
static u32 ltcp_rack_window(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return ltcp_rack_reo_wnd_us(&ltcp_sk(sk)->rack, ltcp_in_recovery(sk),
				    tp->sacked_out, tp->reordering,
				    ltcp_min_rtt_us(tp), tp->srtt_us >> 3);
}

/**
 * ltcp_rack_mark - mark what is lost by now
 * @sk: connection
 *
 * RFC 8985 section 6.2, step 5. Context: BH off, socket lock.
 * Return: microseconds until more may be; 0: nothing to wait for.
 */
u32 ltcp_rack_mark(struct sock *sk)
{
	u32 reo_wnd_us, first_us, copy_us;

	if (!ltcp_sk(sk)->rack.xmit_ns || !tcp_sk(sk)->packets_out)
		return 0;
	reo_wnd_us = ltcp_rack_window(sk);
	first_us = ltcp_rack_mark_first(sk, reo_wnd_us);
	copy_us = ltcp_rack_mark_copies(sk, reo_wnd_us);
	first_us = min(first_us, copy_us);
	return first_us == U32_MAX ? 0 : first_us;
}

/**
 * ltcp_rack_rto_loses - is a packet lost now that the timer has struck?
 * @sk: connection
 * @skb: packet of its queue
 *
 * RFC 8985 section 6.3; without RACK all are. Context: socket lock.
 */
bool ltcp_rack_rto_loses(const struct sock *sk, const struct sk_buff *skb)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);

	if (!ltcp_rack_is_on(sk))
		return true;
	return ltcp_rack_lost_on_rto(&lt->rack, skb == ltcp_rtx_head(lt),
				     skb->skb_mstamp_ns, ltcp_rack_window(sk),
				     lt->tcp.tcp_clock_cache);
}

/* ------------------------------------------------------------------ */
/* Tail loss probe                                                      */
/* ------------------------------------------------------------------ */

/**
 * ltcp_tlp_delay_us - how long to wait for an ACK before probing
 * @sk: connection with packets outstanding
 * @rto_left_us: until RTO
 *
 * RFC 8985 section 7.2. Context: socket lock.
 * Return: microseconds; 0: no probe is to be scheduled.
 */
u32 ltcp_tlp_delay_us(const struct sock *sk, u32 rto_left_us)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);
	const struct tcp_sock *tp = &lt->tcp;

	if (!ltcp_tlp_is_on(sk) ||
	    !ltcp_tlp_may_schedule(&lt->tlp, tp->rx_opt.sack_ok,
				   ltcp_in_recovery(sk), tp->packets_out,
				   tp->sacked_out))
		return 0;
	return ltcp_tlp_pto_us(tp->srtt_us >> 3, tp->packets_out,
			       LTCP_TLP_MAX_ACK_DELAY_US, rto_left_us);
}

/* The last segment that was sent, again. */
static int ltcp_tlp_resend(struct sock *sk)
{
	struct sk_buff *skb = ltcp_sk(sk)->rtx_last;
	struct ltcp_cb *cb = ltcp_cb(skb);

	if (cb->segs > 1 &&
	    ltcp_tx_split(sk, skb, (cb->segs - 1) * cb->mss, ltcp_atomic(sk)))
		return -ENOMEM;
	return ltcp_retransmit(sk, ltcp_sk(sk)->rtx_last);
}

/**
 * ltcp_tlp_expired - no ACK has come for two round trips: provoke one
 * @sk: connection with packets outstanding
 *
 * RFC 8985 section 7.3. The caller starts RTO again. Context: BH off, socket
 * lock.
 */
void ltcp_tlp_expired(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	enum ltcp_tlp_probe probe;

	probe = ltcp_tlp_choose(&lt->tlp, ltcp_tx_may_probe(sk));
	if (probe == LTCP_TLP_NONE)
		return;
	if (probe == LTCP_TLP_NEW ? !ltcp_push_one(sk) : ltcp_tlp_resend(sk))
		return;
	ltcp_tlp_sent(&lt->tlp, probe, lt->tcp.snd_nxt);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPLOSSPROBES);
	trace_ltcp_probe(sk, lt->tcp.snd_una, 0, 0, 0);
}

/**
 * ltcp_tlp_ack - what has become of the probe?
 * @sk: connection
 * @seg: ACK not older than SND.UNA
 * @res: what it told
 *
 * RFC 8985 section 7.4. A loss that the probe has repaired is answered like any
 * other. Context: BH off, socket lock.
 *
 * Return: true when its D-SACK only says that the probe was not needed.
 */
bool ltcp_tlp_ack(struct sock *sk, const struct ltcp_seg *seg,
		  const struct ltcp_ack_result *res)
{
	struct ltcp_tlp_ack ack = {
		.ack = seg->ack,
		.dsack = res->dsack,
		.dsack_end = res->dup_range.end,
		.plain_dup = res->dup && !(seg->opt.present & LTCP_OPT_SACK),
	};
	enum ltcp_tlp_fate fate;

	if (likely(!ltcp_sk(sk)->tlp.out))
		return false;
	fate = ltcp_tlp_on_ack(&ltcp_sk(sk)->tlp, &ack);
	if (fate != LTCP_TLP_REPAIRED)
		return fate == LTCP_TLP_DSACKED;
	ltcp_undo_settle(sk);
	ltcp_cong_on_loss(sk, LTCP_LOSS_FAST, res);
	ltcp_cong_recovered(sk);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPLOSSPROBERECOVERY);
	return false;
}
