// SPDX-License-Identifier: GPL-2.0
/*
 * undo.c - taking back what was done for a loss that was none.
 *
 * Four witnesses (pure/undo.c) are fed from here: F-RTO, Eifel detection, D-SACK
 * and time. When one of them says that an episode was for nothing, no packet
 * counts as lost any more, congestion control goes back to where it was, and
 * after a timeout the RTO remembers how long the path can take (RFC 4015).
 */
#include "ltcp.h"

/* G of RFC 6298: the timestamps that samples may come from tick in ms. */
#define LTCP_CLOCK_GRAIN_US	USEC_PER_MSEC

/*
 * May copies be on their way that an earlier episode has sent? Reports of their
 * arrival would bear witness against the copies of this one.
 */
static bool ltcp_copies_about(struct ltcp_sock *lt)
{
	if (lt->copies_out && seq_gt(lt->tcp.snd_una, lt->copies_until))
		lt->copies_out = false;
	return lt->copies_out;
}

/**
 * ltcp_undo_is_copy - was a packet sent again in this episode?
 * @lt: connection
 * @skb: packet
 *
 * What only an earlier one has sent again says nothing of this one's losses. Context:
 * socket lock.
 */
bool ltcp_undo_is_copy(const struct ltcp_sock *lt, const struct sk_buff *skb)
{
	return (ltcp_cb(skb)->sacked & LTCP_SKB_EVER_RETRANS) &&
	       skb->skb_mstamp_ns >= lt->episode_ns;
}

/**
 * ltcp_undo_begin - an episode begins; nothing has been reduced yet
 * @sk: connection
 *
 * Not for a second timeout of the same data. Context: BH off, socket lock.
 */
void ltcp_undo_begin(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct ltcp_rtt rtt = { .srtt_us = tp->srtt_us,
				.rttvar_us = tp->rttvar_us };

	/* What is out above cwnd was sent before marks had it reduced */
	ltcp_undo_save(&lt->undo, min(tp->packets_out, tp->snd_cwnd),
		       tp->snd_ssthresh, &rtt, LTCP_CLOCK_GRAIN_US);
	lt->episode_ns = ltcp_pace_departure(sk);
	lt->eifel.armed = false;
	lt->dsack.active = false;
	lt->early.active = false;
	if (lt->arq == LTCP_ARQ_SELECTIVE) {
		ltcp_eifel_start(&lt->eifel);
		ltcp_early_start(&lt->early);
		if (!ltcp_copies_about(lt))
			ltcp_dsack_start(&lt->dsack, tp->snd_una, tp->snd_nxt,
					 lt->tlp.out && lt->tlp.is_retrans);
	}
	ltcp_tlp_reset(&lt->tlp);
}

/**
 * ltcp_undo_settle - cwnd is about to be reduced, but not for an episode
 * @sk: connection
 *
 * A report that comes late would take this back together with the last episode's
 * reduction. Context: BH off, socket lock.
 */
void ltcp_undo_settle(struct sock *sk)
{
	ltcp_sk(sk)->dsack.active = false;
}

/**
 * ltcp_undo_rto - the retransmission timer has struck
 * @sk: connection
 * @in_recovery: an episode was under way already
 *
 * Context: BH off, socket lock.
 */
void ltcp_undo_rto(struct sock *sk, bool in_recovery)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_frto) &&
	    lt->arq == LTCP_ARQ_SELECTIVE)
		ltcp_frto_start(&lt->frto, lt->tcp.rx_opt.sack_ok, in_recovery,
				lt->tcp.snd_una);
	ltcp_tlp_reset(&lt->tlp);
}

/**
 * ltcp_undo_retransmitted - a packet is being sent again
 * @sk: connection
 * @skb: packet, not yet marked as sent again this time
 *
 * Context: BH off, socket lock.
 */
void ltcp_undo_retransmitted(struct sock *sk, const struct sk_buff *skb)
{
	const struct ltcp_cb *cb = ltcp_cb(skb);
	struct ltcp_sock *lt = ltcp_sk(sk);

	/* A tail loss probe's copy is dsack's and tlp's to account for */
	lt->copies_out |= ltcp_in_recovery(sk);
	lt->copies_until = lt->tcp.snd_nxt;
	if (lt->frto.step)
		ltcp_frto_retransmitted(&lt->frto, cb->end_seq);
	ltcp_eifel_retransmitted(&lt->eifel, ltcp_tsval(&lt->tcp));
	ltcp_dsack_retransmitted(&lt->dsack, cb->end_seq, cb->segs,
				 cb->sacked & LTCP_SKB_EVER_RETRANS,
				 lt->tcp.snd_nxt);
	ltcp_early_retransmitted(&lt->early, cb->segs,
				 cb->sacked & LTCP_SKB_EVER_RETRANS);
}

/**
 * ltcp_undo_delivered - a packet that counted as lost has arrived
 * @lt: connection
 * @skb: packet, acknowledged or SACKed for the first time
 * @segs: segments of it that are
 * @res: sums up the ACK
 *
 * If it had not been sent again yet, it says nothing of what was. How soon its copy
 * can be acknowledged is told by the least round trip, but only if something is
 * SACKed now: that was acknowledged at once, where all others may have been delayed.
 * An eighth, or a millisecond, is for queues that have become shorter.
 * Context: BH off, socket lock.
 */
void ltcp_undo_delivered(struct ltcp_sock *lt, const struct sk_buff *skb, u32 segs,
			 struct ltcp_ack_result *res)
{
	u64 rtt_us = res->rack.min_rtt_us;
	u64 margin_us = max_t(u64, rtt_us / 8, USEC_PER_MSEC);
	bool early = seq_gt(lt->sack_high, res->prior_una) &&
		     res->rack.now_ns + margin_us * NSEC_PER_USEC <
		     skb->skb_mstamp_ns + rtt_us * NSEC_PER_USEC;

	if (ltcp_undo_is_copy(lt, skb))
		res->all_early |= ltcp_early_delivered(&lt->early, segs, early);
}

/* The queue as if nothing had been called lost. */
static void ltcp_forget_losses(struct ltcp_sock *lt)
{
	struct sk_buff *skb;

	for (skb = ltcp_rtx_head(lt); skb; skb = ltcp_rtx_next(skb))
		ltcp_cb(skb)->sacked &= ~(LTCP_SKB_LOST | LTCP_SKB_RETRANS);
	lt->tcp.lost_out = 0;
	lt->tcp.retrans_out = 0;
	lt->lost_edge = lt->tcp.snd_una;
}

/* Found by what overtook it, not by the timer: the network reorders. */
static void ltcp_overtaken(struct ltcp_sock *lt)
{
	lt->tcp.reord_seen += !lt->rack.reordering_seen;
	ltcp_rack_overtaken(&lt->rack);
}

static void ltcp_undo(struct sock *sk, const struct ltcp_ack_result *res,
		      int counter)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	lt->rtt_remember = inet_csk(sk)->icsk_ca_state == TCP_CA_Loss;
	if (!lt->rtt_remember)
		ltcp_overtaken(lt);
	lt->dsack.active = false;	/* nothing is left to be undone */
	ltcp_forget_losses(lt);
	lt->frto.step = LTCP_FRTO_OFF;
	ltcp_cong_undo(sk, res);
	ltcp_loss_undone(sk);
	ltcp_count(lt->lnet, LTCP_MIB_UNDONE);
	NET_INC_STATS(sock_net(sk), counter);
}

static bool ltcp_eifel_ack(struct sock *sk, const struct ltcp_seg *seg,
			   const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_eifel_ack ack = {
		.tsecr = seg->opt.tsecr,
		.has_tsecr = lt->tcp.rx_opt.tstamp_ok &&
			     (seg->opt.present & LTCP_OPT_TS),
		.copies = res->copies_acked,
		.copy_first = res->copy_first,
		.all_acked = !lt->tcp.packets_out,
		.dsack = res->dsack,
	};

	return ltcp_eifel_on_ack(&lt->eifel, &ack);
}

/*
 * Is all of a range still queued, and was none of it ever sent again? A report of more
 * than one packet can hold is none of one packet, and would be long to look at.
 */
static bool ltcp_never_resent(const struct ltcp_sock *lt,
			      const struct ltcp_sack_block *b)
{
	struct sk_buff *skb;

	if (b->end - b->start > U16_MAX)
		return false;
	skb = ltcp_rtx_find(lt, b->start);
	if (!skb || seq_lt(b->start, ltcp_cb(skb)->seq))
		return false;
	for (; skb && seq_lt(ltcp_cb(skb)->seq, b->end); skb = ltcp_rtx_next(skb))
		if (ltcp_cb(skb)->sacked & LTCP_SKB_EVER_RETRANS)
			return false;
	return true;
}

static bool ltcp_dsack_ack(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	const struct ltcp_sack_block *b = &res->dup_range;
	struct ltcp_dsack_report r = {
		.dup = *b,
		.prior_una = res->prior_una,
		.segs = DIV_ROUND_UP(b->end - b->start, lt->tcp.mss_cache),
		.nothing_sacked = !lt->tcp.sacked_out,
	};

	if (!lt->dsack.active)
		return false;
	r.never_resent = ltcp_never_resent(lt, b);
	return ltcp_dsack_on_report(&lt->dsack, &r);
}

/* F-RTO holds back what is lost until it is known whether it is. */
static bool ltcp_frto_ack(struct sock *sk, const struct ltcp_seg *seg,
			  const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_frto_ack ack = {
		.ack = seg->ack,
		.snd_nxt = lt->tcp.snd_nxt,
		.sack_high = seq_max(seg->ack, lt->sack_high),
		.advances = res->acked_bytes,
		.dup = res->dup,
		.sacked_new = res->sacked_new,
		.new_sendable = ltcp_tx_may_probe(sk),
	};

	switch (ltcp_frto_on_ack(&lt->frto, &ack)) {
	case LTCP_FRTO_SEND_NEW:
		ltcp_cong_limit(sk, ltcp_in_flight(&lt->tcp) + 2, true);
		return false;
	case LTCP_FRTO_GENUINE_EARLY:
		ltcp_cong_limit(sk, 2, false);
		return false;
	case LTCP_FRTO_GENUINE:
		ltcp_cong_limit(sk, 3, false);
		return false;
	case LTCP_FRTO_SPURIOUS:
		return true;
	default:
		return false;
	}
}

/**
 * ltcp_undo_ack - hear the witnesses
 * @sk: connection
 * @seg: ACK not older than SND.UNA
 * @res: what it told
 *
 * Context: BH off, socket lock.
 */
void ltcp_undo_ack(struct sock *sk, const struct ltcp_seg *seg,
		   const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	bool late, again, slow;

	late = ltcp_eifel_ack(sk, seg, res);
	again = unlikely(res->dsack) && ltcp_dsack_ack(sk, res);
	if (res->acked_bytes)
		ltcp_dsack_on_una(&lt->dsack, seg->ack);
	slow = unlikely(lt->frto.step) && ltcp_frto_ack(sk, seg, res);

	if (unlikely(again))
		ltcp_undo(sk, res, LINUX_MIB_TCPDSACKUNDO);
	else if (unlikely((late || slow || res->all_early) && ltcp_in_recovery(sk)))
		ltcp_undo(sk, res, slow ? LINUX_MIB_TCPSPURIOUSRTOS :
					  LINUX_MIB_TCPFULLUNDO);
}
