// SPDX-License-Identifier: GPL-2.0
/*
 * loss.c - what is lost, and what is sent again.
 *
 * Every packet in the retransmission queue is in one of four conditions, and the
 * four counters of struct tcp_sock add them up in segments:
 *
 *	in flight	neither mark			packets_out - all below
 *	SACKED		the peer has it			sacked_out
 *	LOST		judged lost			lost_out
 *	LOST|RETRANS	lost, a copy is on its way	retrans_out (also lost_out)
 *
 * so that RFC 6675's pipe is packets_out - sacked_out - lost_out + retrans_out.
 *
 * A packet is judged lost by time (rack.c), or when tcp_recovery turns that off
 * when DupThresh segments above it were SACKed (RFC 6675); without SACK when
 * DupThresh duplicate ACKs point at the first one (RFC 5681, and RFC 6582 for the
 * partial ACKs that follow); and when the retransmission timer strikes. Without
 * SACK sacked_out counts the duplicate ACKs: each tells of one segment that left
 * the network.
 *
 * Episodes: Open -> Recovery (by evidence) or Loss (by timeout) -> Open again once
 * SND.UNA reaches high_seq, SND.NXT at the episode's start, or sooner when undo.c
 * finds that it was for nothing. cwnd is cong.c's.
 */
#include "trace.h"

/**
 * ltcp_loss_init - start values of the edges, and how late a packet may be
 * @sk: connection entering ESTABLISHED
 *
 * The route's reordering metric goes before tcp_reordering. Context: socket lock.
 */
void ltcp_loss_init(struct sock *sk)
{
	const struct dst_entry *dst = ltcp_dst(sk);
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (unlikely(dst && dst_metric(dst, RTAX_REORDERING)))
		lt->tcp.reordering = dst_metric(dst, RTAX_REORDERING);
	lt->lost_edge = lt->tcp.snd_una;
	lt->sack_high = lt->tcp.snd_una;
	lt->retrans_edge = lt->tcp.snd_una;
	lt->tcp.high_seq = lt->tcp.snd_una - 1;
	lt->tcp.rtt_seq = lt->tcp.snd_una;
	lt->dupacks = 0;
	ltcp_rack_init(&lt->rack, lt->tcp.snd_una, lt->tcp.srtt_us >> 3);
}

static bool ltcp_has_sack(const struct tcp_sock *tp)
{
	return tp->rx_opt.sack_ok;
}

/**
 * ltcp_mark_lost - judge one packet lost
 * @sk: connection
 * @skb: packet of its retransmission queue
 *
 * Context: BH off, socket lock. A SACKed or already lost packet stays as it is.
 */
void ltcp_mark_lost(struct sock *sk, struct sk_buff *skb)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cb *cb = ltcp_cb(skb);

	if (cb->sacked & (LTCP_SKB_SACKED | LTCP_SKB_LOST))
		return;
	cb->sacked |= LTCP_SKB_LOST;
	lt->tcp.lost_out += cb->segs;
	lt->tcp.lost += cb->segs;
	if (lt->tcp.lost_out == cb->segs || seq_lt(cb->seq, lt->retrans_edge))
		lt->retrans_edge = cb->seq;
	ltcp_cong_packet_lost(sk, skb);
	trace_ltcp_lost(sk, cb->seq, cb->end_seq - cb->seq, 0, 0);
}

/* The first unacknowledged segment alone is lost; it may head a longer packet. */
static void ltcp_mark_first_lost(struct sock *sk)
{
	struct sk_buff *skb = ltcp_rtx_head(ltcp_sk(sk));
	struct ltcp_cb *cb;

	if (!skb)
		return;
	cb = ltcp_cb(skb);
	if (cb->sacked & LTCP_SKB_LOST)
		return;
	if (cb->segs > 1 && ltcp_tx_split(sk, skb, cb->mss, ltcp_atomic(sk)))
		return;
	ltcp_mark_lost(sk, skb);
}

/* Rightmost packet that has DupThresh SACKed segments above it. */
static struct sk_buff *ltcp_dupthresh_packet(const struct ltcp_sock *lt)
{
	struct sk_buff *skb = ltcp_rtx_find(lt, lt->sack_high - 1);
	u32 above = 0;

	for (; skb; skb = ltcp_rtx_prev(skb)) {
		if (ltcp_dupthresh_reached(above, lt->tcp.reordering))
			return skb;
		if (ltcp_cb(skb)->sacked & LTCP_SKB_SACKED)
			above += ltcp_cb(skb)->segs;
	}
	return NULL;
}

/* RFC 6675 IsLost() for all packets; what lies below lost_edge is settled. */
static void ltcp_mark_by_sack(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb, *first;

	lt->lost_edge = seq_max(lt->lost_edge, lt->tcp.snd_una);
	if (lt->tcp.sacked_out < lt->tcp.reordering)
		return;
	first = ltcp_dupthresh_packet(lt);
	for (skb = first; skb; skb = ltcp_rtx_prev(skb)) {
		if (seq_leq(ltcp_cb(skb)->end_seq, lt->lost_edge))
			break;
		ltcp_mark_lost(sk, skb);
	}
	if (first)
		lt->lost_edge = seq_max(lt->lost_edge, ltcp_cb(first)->end_seq);
}

/* Are duplicate ACKs all that tells of losses? */
static bool ltcp_counts_dupacks(const struct ltcp_sock *lt)
{
	return !ltcp_has_sack(&lt->tcp) && lt->arq == LTCP_ARQ_SELECTIVE;
}

/* Without SACK: keep the count of segments that duplicate ACKs tell of. */
static void ltcp_count_dupacks(struct sock *sk, struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;

	res->prior_dupacks = lt->dupacks;
	if (res->acked_bytes) {
		lt->dupacks = 0;
		tp->sacked_out -= min(tp->sacked_out, max(res->acked_segs, 1U) - 1);
		if (!ltcp_in_recovery(sk))
			tp->sacked_out = 0;
	} else if (res->dup) {
		lt->dupacks++;
		tp->sacked_out++;
	}
}

/* Duplicate ACKs can be invented; they tell of no more than is outstanding. */
static void ltcp_bound_dupacks(struct tcp_sock *tp)
{
	tp->sacked_out = min(tp->sacked_out, tp->packets_out - tp->lost_out);
}

/* Without SACK: the third duplicate, and every partial ACK after it. */
static void ltcp_mark_by_dupacks(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (inet_csk(sk)->icsk_ca_state == TCP_CA_Recovery) {
		if (res->acked_segs) {
			ltcp_mark_first_lost(sk);
			lt->first_rtx_free = true;
		}
		return;
	}
	/* RFC 6582 section 3.2, step 2: not for an episode that has just ended */
	if (ltcp_dupthresh_reached(lt->dupacks, lt->tcp.reordering) &&
	    seq_gt(lt->tcp.snd_una, lt->tcp.high_seq))
		ltcp_mark_first_lost(sk);
}

/**
 * ltcp_loss_set_state - which episode is it?
 * @sk: connection
 * @state: TCP_CA_*; without a loss it is TCP_CA_CWR after an answer to marks (ecn.c)
 *
 * Context: BH off, socket lock.
 */
void ltcp_loss_set_state(struct sock *sk, u8 state)
{
	if (state != TCP_CA_Loss)
		ltcp_rto_over(tcp_sk(sk), ltcp_now_ms());
	if (unlikely(ltcp_sk(sk)->reduced == LTCP_REDUCED_MARK) &&
	    state < TCP_CA_CWR)
		state = TCP_CA_CWR;
	if (inet_csk(sk)->icsk_ca_state == state)
		return;
	if (ltcp_is_kcong(sk))
		ltcp_kcong_set_state(sk, state);
	inet_csk(sk)->icsk_ca_state = state;
	ltcp_trace_kernel(tcp_cong_state_set, sk, state);
}

/* @res: the ACK that showed a loss; NULL when all that was lost was too large. */
static void ltcp_enter_recovery(struct sock *sk,
				const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct net *net = sock_net(sk);

	ltcp_undo_begin(sk);
	lt->cut = false;
	lt->unreduced = ltcp_mtup_lost(sk) || !res;
	if (likely(!lt->unreduced))
		ltcp_cong_on_loss(sk, LTCP_LOSS_FAST, res);
	lt->tcp.high_seq = lt->tcp.snd_nxt;
	ltcp_loss_set_state(sk, TCP_CA_Recovery);
	lt->first_rtx_free = true;
	ltcp_count(lt->lnet, LTCP_MIB_FAST_RECOVERIES);
	NET_INC_STATS(net, ltcp_has_sack(&lt->tcp) ? LINUX_MIB_TCPSACKRECOVERY :
						     LINUX_MIB_TCPRENORECOVERY);
}

/* More is lost than what was too large: it was congestion. */
static void ltcp_loss_after_all(struct sock *sk,
				const struct ltcp_ack_result *res)
{
	ltcp_sk(sk)->unreduced = false;
	ltcp_cong_on_loss(sk, LTCP_LOSS_FAST, res);
}

/* The episode is over: all that was outstanding at its start has arrived. */
static void ltcp_leave_episode(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (likely(!lt->unreduced) || lt->cc->own_recovery)
		ltcp_cong_recovered(sk);
	lt->unreduced = false;
	ltcp_loss_set_state(sk, TCP_CA_Open);
	lt->dupacks = 0;
	if (!ltcp_has_sack(&lt->tcp))
		lt->tcp.sacked_out = 0;
}

/*
 * Nothing is missing. The edges of past episodes follow SND.UNA, lest they look
 * like the future after 2^31 bytes.
 */
static void ltcp_all_well(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 una = lt->tcp.snd_una;

	ltcp_loss_set_state(sk, TCP_CA_Open);
	if (unlikely(lt->copies_out) && seq_gt(una, lt->copies_until))
		lt->copies_out = false;
	lt->lost_edge = una;
	lt->sack_high = una;
	if (seq_gt(una, lt->tcp.high_seq))
		lt->tcp.high_seq = una - 1;
}

/**
 * ltcp_loss_undone - the episode was for nothing
 * @sk: connection whose queue is free of LOST marks again
 *
 * Context: BH off, socket lock.
 */
void ltcp_loss_undone(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	ltcp_loss_set_state(sk, TCP_CA_Open);
	inet_csk(sk)->icsk_retransmits = 0;
	lt->unreduced = false;
	lt->dupacks = 0;
	if (!ltcp_has_sack(&lt->tcp))
		lt->tcp.sacked_out = 0;
}

/* What the ACK says of losses, by whichever rule is in force. */
static void ltcp_mark_losses(struct sock *sk, struct ltcp_ack_result *res)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (ltcp_counts_dupacks(ltcp_sk(sk))) {
		ltcp_mark_by_dupacks(sk, res);
		ltcp_bound_dupacks(tp);
	} else if (tp->sacked_out || tp->retrans_out) {
		if (ltcp_rack_is_on(sk))
			res->reo_wait_us = ltcp_rack_mark(sk);
		else if (res->sacked_new)
			ltcp_mark_by_sack(sk);
	}
}

/*
 * Rounds of D-SACKs, for RACK. The late original of what was sent again meanwhile does
 * not end one, and what left before a D-SACK that delivered nothing was not sent after it.
 * (One of a tail loss probe's copy is none: nothing was out of order.)
 */
static void ltcp_adapt_to_dsack(struct ltcp_sock *lt, const struct ltcp_ack_result *res,
				bool dsack, bool recovered)
{
	const struct ltcp_rate_sample *rs = &res->rate;
	bool sampled = rs->prior_us && !rs->ambiguous;

	ltcp_rack_adapt(&lt->rack, dsack, recovered,
			sampled ? rs->cc.prior_delivered : lt->rack.dsack_round - 1,
			lt->tcp.delivered + !res->delivered_segs);
}

/* The episode that may end, and what the ACK means for the one there was. */
static void ltcp_review_episode(struct sock *sk, const struct ltcp_seg *seg,
				struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	bool dsack, over;

	dsack = !ltcp_tlp_ack(sk, seg, res) && unlikely(res->dsack);
	ltcp_undo_ack(sk, seg, res);
	over = ltcp_in_recovery(sk) && seq_geq(tp->snd_una, tp->high_seq);
	if (over)
		ltcp_leave_episode(sk);
	if (unlikely(over || dsack || lt->rack.in_dsack_round))
		ltcp_adapt_to_dsack(lt, res, dsack, over);
}

/**
 * ltcp_loss_on_ack - conclude from an ACK what is lost
 * @sk: connection with something outstanding, or all of it just acknowledged
 * @seg: segment that carries it
 * @res: what the ACK told
 *
 * Context: BH off, socket lock.
 */
void ltcp_loss_on_ack(struct sock *sk, const struct ltcp_seg *seg,
		      struct ltcp_ack_result *res)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 lost = tp->lost;

	res->prior_ca_state = inet_csk(sk)->icsk_ca_state;
	if (ltcp_counts_dupacks(ltcp_sk(sk)))
		ltcp_count_dupacks(sk, res);
	ltcp_review_episode(sk, seg, res);
	ltcp_mark_losses(sk, res);
	res->new_loss = tp->lost != lost;
	res->rate.cc.losses = tp->lost - lost;

	if (unlikely(ltcp_sk(sk)->unreduced) && res->new_loss)
		ltcp_loss_after_all(sk, res);
	if (ltcp_in_recovery(sk))
		return;
	if (unlikely(tp->lost_out))
		ltcp_enter_recovery(sk, res);
	else if (unlikely(tp->sacked_out))
		ltcp_loss_set_state(sk, TCP_CA_Disorder);
	else
		ltcp_all_well(sk);
}

/**
 * ltcp_loss_on_reo_timer - what was only late so far is so no longer
 * @sk: connection
 *
 * Context: BH off, socket lock. Return: microseconds until more may be lost, 0:
 * nothing to wait for.
 */
u32 ltcp_loss_on_reo_timer(struct sock *sk)
{
	struct ltcp_ack_result res = {
		.prior_ca_state = inet_csk(sk)->icsk_ca_state,
	};
	struct tcp_sock *tp = tcp_sk(sk);
	u32 lost = tp->lost;

	ltcp_sk(sk)->copies_walk_at = tp->segs_in;	/* time has paid */
	res.reo_wait_us = ltcp_rack_mark(sk);
	res.new_loss = tp->lost != lost;
	if (!res.new_loss)
		return res.reo_wait_us;
	if (!ltcp_in_recovery(sk))
		ltcp_enter_recovery(sk, &res);
	else if (unlikely(ltcp_sk(sk)->unreduced))
		ltcp_loss_after_all(sk, &res);
	ltcp_cong_on_ack(sk, &res);
	return res.reo_wait_us;
}

/**
 * ltcp_loss_too_big - what is in flight and can never get through is lost
 * @sk: connection whose path takes segments of mss_cache at most
 *
 * RFC 1191 section 6.4; copies are no better. It is no sign of congestion, and an
 * episode that begins with it leaves cwnd alone. Context: BH off, socket lock.
 */
void ltcp_loss_too_big(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb;

	for (skb = ltcp_rtx_head(lt); skb; skb = ltcp_rtx_next(skb)) {
		if (ltcp_cb(skb)->mss <= lt->tcp.mss_cache)
			continue;
		if (ltcp_cb(skb)->sacked & LTCP_SKB_RETRANS)
			ltcp_copy_lost(sk, skb);
		else
			ltcp_mark_lost(sk, skb);
	}
	if (!ltcp_has_sack(&lt->tcp))
		ltcp_bound_dupacks(&lt->tcp);
	if (lt->tcp.lost_out && !ltcp_in_recovery(sk) && !ltcp_in_handshake(sk))
		ltcp_enter_recovery(sk, NULL);
}

/* Has the peer dropped what it SACKed? Then nothing SACKed may be relied on. */
static void ltcp_check_reneging(struct sock *sk)
{
	const struct sk_buff *head = ltcp_rtx_head(ltcp_sk(sk));

	if (head && (ltcp_cb(head)->sacked & LTCP_SKB_SACKED))
		ltcp_sack_reset(sk);
}

/**
 * ltcp_loss_on_rto - the retransmission timer has struck
 * @sk: connection with packets outstanding
 *
 * All that is not SACKed counts as lost, copies included, but for what was sent
 * so recently that it may be on its way (RFC 8985 section 6.3). ssthresh is
 * lowered once for the same flight (RFC 5681 section 3.1, equation 4, and the
 * text below it), also if fast recovery did so; again for the first timeout of a
 * segment that was not sent again before. Context: BH off, socket lock.
 */
void ltcp_loss_on_rto(struct sock *sk)
{
	u8 state = inet_csk(sk)->icsk_ca_state;
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct sk_buff *skb = ltcp_rtx_head(lt);
	bool again = state != TCP_CA_Loss || inet_csk(sk)->icsk_retransmits ||
		     (skb && (ltcp_cb(skb)->sacked & LTCP_SKB_EVER_RETRANS));

	ltcp_undo_rto(sk, state >= TCP_CA_Recovery);
	if (state < TCP_CA_Recovery)
		ltcp_undo_begin(sk);
	ltcp_check_reneging(sk);
	if (!ltcp_has_sack(tp))
		tp->sacked_out = 0;
	lt->dupacks = 0;
	for (skb = ltcp_rtx_head(lt); skb; skb = ltcp_rtx_next(skb)) {
		struct ltcp_cb *cb = ltcp_cb(skb);

		if (!ltcp_rack_rto_loses(sk, skb))
			continue;
		if (cb->sacked & LTCP_SKB_RETRANS)
			tp->retrans_out -= cb->segs;
		cb->sacked &= ~LTCP_SKB_RETRANS;
		ltcp_mark_lost(sk, skb);
	}
	if (state == TCP_CA_Loss ||
	    (state == TCP_CA_Recovery && lt->cut && !lt->cc->own_recovery))
		ltcp_cong_on_repeated_rto(sk, again);
	else
		ltcp_cong_on_loss(sk, LTCP_LOSS_RTO, NULL);
	lt->unreduced = false;
	lt->lost_edge = tp->snd_una;
	lt->retrans_edge = tp->snd_una;
	lt->first_rtx_free = true;
	tp->high_seq = tp->snd_nxt;
	ltcp_loss_set_state(sk, TCP_CA_Loss);
	ltcp_count(lt->lnet, LTCP_MIB_RTOS);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPTIMEOUTS);
}

/**
 * ltcp_loss_next - the next packet that should be sent again
 * @sk: connection
 *
 * Context: BH off, socket lock. Return: packet of the queue, NULL when none.
 */
struct sk_buff *ltcp_loss_next(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb;

	if (lt->tcp.lost_out <= lt->tcp.retrans_out)
		return NULL;
	for (skb = ltcp_rtx_find(lt, lt->retrans_edge); skb;
	     skb = ltcp_rtx_next(skb)) {
		u8 marks = ltcp_cb(skb)->sacked &
			   (LTCP_SKB_LOST | LTCP_SKB_RETRANS | LTCP_SKB_SACKED);

		if (marks == LTCP_SKB_LOST) {
			lt->retrans_edge = ltcp_cb(skb)->seq;
			return skb;
		}
	}
	return NULL;
}
