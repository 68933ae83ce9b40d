// SPDX-License-Identifier: GPL-2.0
/*
 * bbr_model.c - BBR's model of the path, draft-ietf-ccwg-bbr-06 section 5.5
 *
 * Theory
 * ------
 * What is measured, over which time:
 *
 *	max_bw		most that was delivered per second, over this cycle of
 *			PROBE states and the one before
 *	min_rtt		least round-trip time, over 10 seconds
 *	extra_acked	how far ACKs ran ahead of the rate, because links, hosts
 *			or receivers deliver them in heaps, over 5 to 10 rounds
 *	bw_latest,	what was delivered, over one round: when that round had
 *	inflight_latest	losses, it is the new bound, but no less than 0.7 of the
 *			old one
 *
 * A round ends when a segment is delivered that was sent after the round began;
 * no clock is involved. Loss rounds are the same, but begin with the first loss.
 */
#include "bbr.h"

#define FULL_BW_GROWTH		125U		/* percent */
#define FULL_BW_ROUNDS		3U
#define MIN_RTT_FILTER_US	(10 * 1000000U)
#define PROBE_RTT_INTERVAL_US	(5 * 1000000U)
/* The window of 10 rounds is kept in two halves */
#define EXTRA_ACKED_ROUNDS	5U
#define LOSS_BEARABLE		10U		/* percent */

/**
 * ltcp_bbr_volume() - how much a bandwidth carries in a time
 * @bw: bandwidth
 * @us: time
 * @gain: percent
 * @mss: a full segment, bytes
 *
 * Return: segments, the last one perhaps not full; finite.
 */
u32 ltcp_bbr_volume(u32 bw, u32 us, u32 gain, u32 mss)
{
	u64 bytes = (u64)bw * us / BBR_BW_US * gain / 100;

	return min_t(u64, div_u64(bytes + mss - 1, mss), BBR_INFINITY - 1);
}

/**
 * ltcp_bbr_bdp() - a multiple of the bandwidth-delay product (BDPMultiple)
 * @b: state
 * @gain: percent
 * @mss: a full segment, bytes
 *
 * Return: segments; the initial window while there is no round-trip time.
 */
u32 ltcp_bbr_bdp(const struct bbr *b, u32 gain, u32 mss)
{
	if (b->min_rtt_us == BBR_INFINITY)
		return b->initial_cwnd;
	return ltcp_bbr_volume(bbr_bw(b), b->min_rtt_us, gain, mss);
}

/**
 * ltcp_bbr_start_round() - a round begins now (StartRound)
 * @b: state
 */
void ltcp_bbr_start_round(struct bbr *b)
{
	b->next_round_delivered = b->delivered;
}

/**
 * ltcp_bbr_reset_full_bw() - look anew whether the pipe is full (ResetFullBW)
 * @b: state
 * @full_bw: rate to be exceeded
 */
void ltcp_bbr_reset_full_bw(struct bbr *b, u32 full_bw)
{
	b->full_bw = full_bw;
	b->full_bw_count = 0;
	b->full_bw_now = false;
}

/**
 * ltcp_bbr_reset_signals() - forget this loss round (ResetCongestionSignals)
 * @b: state
 */
void ltcp_bbr_reset_signals(struct bbr *b)
{
	b->is_loss_in_round = false;
	b->bw_latest = 0;
	b->inflight_latest = 0;
}

/**
 * ltcp_bbr_reset_shortterm() - forget what losses said (ResetShortTermModel)
 * @b: state
 */
void ltcp_bbr_reset_shortterm(struct bbr *b)
{
	b->bw_shortterm = BBR_INFINITY;
	b->inflight_shortterm = BBR_INFINITY;
}

/**
 * ltcp_bbr_advance_max_bw() - a cycle of PROBE states is over
 * @b: state
 *
 * AdvanceMaxBwFilter. A cycle that measured nothing leaves the filter alone.
 */
void ltcp_bbr_advance_max_bw(struct bbr *b)
{
	if (!b->max_bw[1])
		return;
	b->max_bw[0] = b->max_bw[1];
	b->max_bw[1] = 0;
}

/**
 * ltcp_bbr_update_latest() - begin of an ACK (UpdateLatestDeliverySignals)
 * @b: state
 * @rs: the ACK
 */
void ltcp_bbr_update_latest(struct bbr *b, struct bbr_rs *rs)
{
	b->bw_latest = max(b->bw_latest, rs->bw);
	b->inflight_latest = max(b->inflight_latest, rs->delivered);
	if (!rs->delivered ||
	    seq_lt(rs->prior_delivered, b->loss_round_delivered))
		return;
	b->loss_round_delivered = b->delivered;
	rs->loss_round_start = true;
}

/**
 * ltcp_bbr_advance_latest() - end of an ACK (AdvanceLatestDeliverySignals)
 * @b: state
 * @rs: the ACK
 */
void ltcp_bbr_advance_latest(struct bbr *b, const struct bbr_rs *rs)
{
	if (!rs->loss_round_start)
		return;
	b->bw_latest = rs->bw;
	b->inflight_latest = rs->delivered;
}

/* UpdateRound */
static void update_round(struct bbr *b, struct bbr_rs *rs)
{
	if (!rs->delivered ||
	    seq_lt(rs->prior_delivered, b->next_round_delivered))
		return;
	ltcp_bbr_start_round(b);
	rs->round_start = true;
	if (b->rounds_since_probe_up < 255)
		b->rounds_since_probe_up++;
	b->cwnd_limited_before = b->cwnd_limited;
	b->cwnd_limited = false;
}

/*
 * UpdateMaxBw. What the application limited says nothing against max_bw, but
 * when it exceeds that, it is true.
 */
static void update_max_bw(struct bbr *b, const struct bbr_rs *rs)
{
	if (rs->bw >= bbr_max_bw(b) || !rs->app_limited)
		b->max_bw[1] = max(b->max_bw[1], rs->bw);
}

static bool is_probing_bw(const struct bbr *b)
{
	return b->state == BBR_STARTUP || b->state == BBR_PROBE_REFILL ||
	       b->state == BBR_PROBE_UP;
}

/*
 * AdaptLowerBoundsFromCongestion: once a round, when losses were not the price
 * of a probe, come down to what got through. PROBE_DOWN itself sends slower, and
 * what it has not sent was not lost.
 */
static void adapt_lower_bounds(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);
	u32 passed = min_t(u64, (u64)b->bw_latest * 100 / BBR_GAIN_DOWN,
			   bbr_max_bw(b));

	if (is_probing_bw(b) || !b->is_loss_in_round)
		return;
	if (b->bw_shortterm == BBR_INFINITY)
		b->bw_shortterm = bbr_max_bw(b);
	if (b->inflight_shortterm == BBR_INFINITY)
		b->inflight_shortterm = cc->cwnd;
	b->bw_shortterm = max(passed,
			      bbr_percent(b->bw_shortterm, BBR_BETA));
	b->inflight_shortterm = max(b->inflight_latest,
				    bbr_percent(b->inflight_shortterm, BBR_BETA));
}

/**
 * ltcp_bbr_update_congestion() - rounds, rate and losses of an ACK
 * @cc: congestion control
 * @rs: the ACK
 *
 * UpdateCongestionSignals.
 */
void ltcp_bbr_update_congestion(struct ltcp_cc *cc, struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	update_round(b, rs);
	update_max_bw(b, rs);
	if (!rs->loss_round_start)
		return;
	adapt_lower_bounds(cc);
	b->is_loss_in_round = false;
}

/* Keep the maximum over the window before and this one. */
static void filter_extra_acked(struct bbr *b, const struct bbr_rs *rs, u32 extra)
{
	u32 rounds = b->full_bw_reached ? EXTRA_ACKED_ROUNDS : 1;

	if (rs->round_start && ++b->extra_acked_rounds >= rounds) {
		b->extra_acked_rounds = 0;
		b->extra_acked[0] = b->extra_acked[1];
		b->extra_acked[1] = 0;
	}
	b->extra_acked[1] = max(b->extra_acked[1], extra);
}

/**
 * ltcp_bbr_update_aggregation() - how far do ACKs run ahead of the rate?
 * @cc: congestion control
 * @rs: the ACK
 *
 * UpdateACKAggregation.
 */
void ltcp_bbr_update_aggregation(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);
	u32 interval_us = rs->now_us - b->extra_acked_stamp;
	u32 expected = ltcp_bbr_volume(bbr_bw(b), interval_us, 100, rs->mss);
	u32 extra = 0;

	if (b->extra_acked_delivered <= expected) {
		b->extra_acked_delivered = 0;
		b->extra_acked_stamp = rs->now_us;
		expected = 0;
	}
	b->extra_acked_delivered = bbr_add(b->extra_acked_delivered,
					   rs->newly_acked);
	if (b->extra_acked_delivered > expected)
		extra = b->extra_acked_delivered - expected;
	filter_extra_acked(b, rs, min(extra, cc->cwnd));
}

/**
 * ltcp_bbr_check_full_bw() - does the rate still grow? (CheckFullBWReached)
 * @b: state
 * @rs: the ACK
 */
void ltcp_bbr_check_full_bw(struct bbr *b, const struct bbr_rs *rs)
{
	if (b->full_bw_now || !rs->round_start || rs->app_limited || !rs->bw)
		return;
	if ((u64)rs->bw * 100 >= (u64)b->full_bw * FULL_BW_GROWTH) {
		ltcp_bbr_reset_full_bw(b, rs->bw);
		return;
	}
	b->full_bw_count++;
	if (b->full_bw_count < FULL_BW_ROUNDS)
		return;
	b->full_bw_now = true;
	b->full_bw_reached = true;
}

/**
 * ltcp_bbr_update_min_rtt() - a round-trip time (UpdateMinRTT)
 * @b: state
 * @rs: the ACK
 *
 * Return: true when the last 5 s had no new minimum, so that PROBE_RTT is due.
 */
bool ltcp_bbr_update_min_rtt(struct bbr *b, const struct bbr_rs *rs)
{
	bool expired = bbr_elapsed(rs->now_us, b->probe_rtt_min_stamp,
				   PROBE_RTT_INTERVAL_US);

	if (rs->rtt_us && (rs->rtt_us < b->probe_rtt_min_delay_us || expired)) {
		b->probe_rtt_min_delay_us = rs->rtt_us;
		b->probe_rtt_min_stamp = rs->now_us;
	}
	if (b->probe_rtt_min_delay_us < b->min_rtt_us ||
	    bbr_elapsed(rs->now_us, b->min_rtt_stamp, MIN_RTT_FILTER_US)) {
		b->min_rtt_us = b->probe_rtt_min_delay_us;
		b->min_rtt_stamp = b->probe_rtt_min_stamp;
	}
	return expired;
}

/**
 * ltcp_bbr_loss_without_queue() - was a loss none of our making?
 * @cc: congestion control
 * @rs: the ACK or the loss
 *
 * When all that was in flight fitted into the pipe, nothing of it made a queue
 * that could overflow. (Unless too much was lost: then the path is not what it was.)
 * Without SACK too little is known.
 *
 * Return: true when it says nothing about how much may be in flight.
 */
bool ltcp_bbr_loss_without_queue(const struct ltcp_cc *cc,
				 const struct bbr_rs *rs)
{
	const struct bbr *b = (const struct bbr *)cc->priv;

	return !b->no_sack && rs->tx_in_flight <= ltcp_bbr_pipe(cc, rs->mss) &&
	       (u64)rs->lost * 100 <= (u64)rs->tx_in_flight * LOSS_BEARABLE;
}

/**
 * ltcp_bbr_loss_too_high() - were losses above the threshold? (IsInflightTooHigh)
 * @cc: congestion control
 * @rs: the ACK or the loss
 *
 * Return: true when more than 2 % were lost since the sampled segment was sent, and
 * that by too much in flight.
 */
bool ltcp_bbr_loss_too_high(const struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	const struct bbr *b = (const struct bbr *)cc->priv;

	if (b->no_sack)
		return rs->lost;
	return (u64)rs->lost * 100 > (u64)rs->tx_in_flight * BBR_LOSS_THRESH &&
	       !ltcp_bbr_loss_without_queue(cc, rs);
}

/**
 * ltcp_bbr_note_loss() - something was lost, or marked (NoteLoss)
 * @cc: congestion control
 */
void ltcp_bbr_note_loss(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	if (!b->is_loss_in_round)
		b->loss_round_delivered = b->delivered;
	b->is_loss_in_round = true;
}

/**
 * ltcp_bbr_save_cwnd() - remember the last known good cwnd (SaveCwnd)
 * @cc: congestion control
 */
void ltcp_bbr_save_cwnd(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	if (b->in_episode || b->restore_cwnd || b->state == BBR_PROBE_RTT)
		b->prior_cwnd = max(b->prior_cwnd, cc->cwnd);
	else
		b->prior_cwnd = cc->cwnd;
}

/**
 * ltcp_bbr_begin_episode() - losses begin: remember what an undo restores
 * @cc: congestion control
 *
 * SaveStateUponLoss, once for an episode, however many rounds it takes.
 */
void ltcp_bbr_begin_episode(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	ltcp_bbr_save_cwnd(cc);
	if (b->in_episode)
		return;
	b->in_episode = true;
	b->undo_state = BBR_NO_STATE;
	b->undo_bw_shortterm = b->bw_shortterm;
	b->undo_inflight_shortterm = b->inflight_shortterm;
	b->undo_inflight_longterm = b->inflight_longterm;
}

/* If losses ended a probe, take it up again. */
static void undo_state(struct bbr *b)
{
	u8 undo = b->undo_state;

	b->undo_state = BBR_NO_STATE;
	if (undo == BBR_STARTUP && b->state != BBR_STARTUP) {
		b->full_bw_reached = false;
		if (b->state != BBR_PROBE_RTT)
			ltcp_bbr_enter_startup(b);
	} else if (undo == BBR_PROBE_UP && b->state != BBR_PROBE_UP &&
		   b->state != BBR_PROBE_RTT) {
		ltcp_bbr_start_probe_refill(b);
	}
}

/**
 * ltcp_bbr_undo() - nothing was lost in this episode
 * @cc: congestion control; its cwnd is left alone
 *
 * HandleSpuriousLossDetection.
 */
void ltcp_bbr_undo(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	b->is_loss_in_round = false;
	ltcp_bbr_reset_full_bw(b, 0);
	b->bw_shortterm = max(b->bw_shortterm, b->undo_bw_shortterm);
	b->inflight_shortterm = max(b->inflight_shortterm,
				    b->undo_inflight_shortterm);
	b->inflight_longterm = max(b->inflight_longterm,
				   b->undo_inflight_longterm);
	undo_state(b);
	b->in_episode = false;
}
