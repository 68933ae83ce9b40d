// SPDX-License-Identifier: GPL-2.0
/*
 * bbr_probe.c - BBR's search for bandwidth, draft-ietf-ccwg-bbr-06 section 5.3.3
 *
 * Theory
 * ------
 * Once STARTUP has found the bottleneck, a connection goes round DOWN, CRUISE,
 * REFILL, UP. UP asks whether there is more; it ends when the rate stands still
 * for three rounds, with nearly two BDP in flight, when losses pass 2 %, or, after
 * a probe that lost too much, once it has brought that volume in flight again (a
 * precaution; when that goes well, the next probe follows at once).
 *
 * Answers come a round trip late. ack_phase tells which part of a probe the ACKs
 * now belong to, and is_bw_probe_sample whether losses are the probe's fault:
 * then inflight_longterm comes down, once for each probe.
 *
 * While UP runs into inflight_longterm, that grows by 1, 2, 4, 8, ... segments a
 * round.
 */
#include "bbr.h"

#define PROBE_WAIT_US		2000000U
#define PROBE_WAIT_RANDOM_US	1000000U
#define PROBE_RENO_ROUNDS	63U
#define PROBE_UP_ROUNDS_MAX	30U
#define PROBE_UP_INFLIGHT	185U		/* percent of the BDP */

/* The high half of a linear congruential generator's steps */
static u32 random_below(struct ltcp_cc *cc, u32 limit)
{
	cc->rand = cc->rand * 1664525 + 1013904223;
	return (u64)cc->rand * limit >> 32;
}

/* PickProbeWait */
static void pick_probe_wait(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	b->rounds_since_probe_up = random_below(cc, 2);
	b->bw_probe_wait_us = PROBE_WAIT_US +
			      random_below(cc, PROBE_WAIT_RANDOM_US);
}

/**
 * ltcp_bbr_start_probe_down() - send slower, let queues drain
 * @cc: congestion control
 * @now_us: time; a cycle begins
 *
 * StartProbeBW_DOWN.
 */
void ltcp_bbr_start_probe_down(struct ltcp_cc *cc, u32 now_us)
{
	struct bbr *b = bbr_of(cc);

	ltcp_bbr_reset_signals(b);
	b->probe_up_acked_per_inc = BBR_INFINITY;
	pick_probe_wait(cc);
	b->cycle_stamp = now_us;
	b->ack_phase = BBR_ACKS_PROBE_STOPPING;
	ltcp_bbr_start_round(b);
	b->state = BBR_PROBE_DOWN;
}

/**
 * ltcp_bbr_start_probe_refill() - fill the pipe (StartProbeBW_REFILL)
 * @b: state
 */
void ltcp_bbr_start_probe_refill(struct bbr *b)
{
	ltcp_bbr_reset_shortterm(b);
	b->bw_probe_up_rounds = 0;
	b->bw_probe_up_acked = 0;
	b->prev_probe_precautionary = false;
	b->ack_phase = BBR_ACKS_REFILLING;
	ltcp_bbr_start_round(b);
	b->state = BBR_PROBE_REFILL;
}

/* RaiseInflightLongtermSlope: twice as fast as in the round before */
static void raise_slope(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	b->probe_up_acked_per_inc = max(cc->cwnd >> b->bw_probe_up_rounds, 1U);
	if (b->bw_probe_up_rounds < PROBE_UP_ROUNDS_MAX)
		b->bw_probe_up_rounds++;
}

static void start_probe_up(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	b->is_bw_probe_sample = true;
	b->cycle_stamp = rs->now_us;
	b->ack_phase = BBR_ACKS_PROBE_STARTING;
	ltcp_bbr_start_round(b);
	ltcp_bbr_reset_full_bw(b, rs->bw);
	b->state = BBR_PROBE_UP;
	raise_slope(cc);
}

/* TargetInflight: the BDP, unless congestion has cut cwnd */
static u32 target_inflight(struct ltcp_cc *cc, u32 mss)
{
	return min(ltcp_bbr_bdp(bbr_of(cc), 100, mss), cc->cwnd);
}

/*
 * IsTimeToProbeBW: after 2 to 3 s, or when Reno would have won back one window
 * in as many rounds as the window has segments.
 */
static bool is_time_to_probe(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);
	u32 rounds = min(target_inflight(cc, rs->mss), PROBE_RENO_ROUNDS);

	return b->rounds_since_probe_up >= rounds ||
	       bbr_elapsed(rs->now_us, b->cycle_stamp, b->bw_probe_wait_us);
}

/* IsTimeToCruise: the queue is gone, and others have room */
static bool is_time_to_cruise(const struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	const struct bbr *b = (const struct bbr *)cc->priv;

	return rs->in_flight <= ltcp_bbr_inflight_with_headroom(cc, rs->mss) &&
	       rs->in_flight <= ltcp_bbr_inflight(cc, bbr_max_bw(b), rs->mss);
}

/* Has PROBE_UP made a queue, for which a round trip is enough? */
static bool has_made_queue(const struct bbr *b, const struct bbr_rs *rs)
{
	return bbr_elapsed(rs->now_us, b->cycle_stamp, b->min_rtt_us) &&
	       rs->prior_in_flight > ltcp_bbr_volume(bbr_max_bw(b), b->min_rtt_us,
						     PROBE_UP_INFLIGHT, rs->mss);
}

/* inflight_longterm is what keeps the sender from sending. */
static bool at_longterm_bound(const struct ltcp_cc *cc)
{
	const struct bbr *b = (const struct bbr *)cc->priv;

	return (b->cwnd_limited || b->cwnd_limited_before) &&
	       cc->cwnd >= b->inflight_longterm;
}

/*
 * IsTimeToGoDown. What is in flight is looked at before the ACK takes from it: a
 * window that is used up has as much in flight as it allows only then.
 */
static bool is_time_to_go_down(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	if (b->prev_probe_too_high &&
	    rs->prior_in_flight >= b->inflight_longterm) {
		b->prev_probe_precautionary = true;
		return true;
	}
	if (has_made_queue(b, rs))
		return true;
	if (at_longterm_bound(cc)) {
		ltcp_bbr_reset_full_bw(b, rs->bw);
		return false;
	}
	return b->full_bw_now;
}

/* ProbeInflightLongtermUpward */
static void probe_longterm_upward(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);
	u32 delta;

	if (!at_longterm_bound(cc))
		return;
	b->bw_probe_up_acked = bbr_add(b->bw_probe_up_acked, rs->newly_acked);
	delta = b->bw_probe_up_acked / b->probe_up_acked_per_inc;
	b->bw_probe_up_acked -= delta * b->probe_up_acked_per_inc;
	b->inflight_longterm = bbr_add(b->inflight_longterm, delta);
	if (rs->round_start)
		raise_slope(cc);
}

/*
 * The last samples of a probe are in. Return: true when the next one follows at
 * once, because the precaution of this one was not needed.
 */
static bool probe_stopped(struct bbr *b, const struct bbr_rs *rs)
{
	b->is_bw_probe_sample = false;
	b->ack_phase = BBR_ACKS_INIT;
	if (!bbr_in_probe_bw(b))
		return false;
	if (!rs->app_limited)
		ltcp_bbr_advance_max_bw(b);
	if (!b->prev_probe_precautionary || b->prev_probe_too_high)
		return false;
	ltcp_bbr_start_probe_refill(b);
	return true;
}

/* AdaptLongTermModel. Return: true when it has decided on the state. */
static bool adapt_long_term_model(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	if (b->ack_phase == BBR_ACKS_PROBE_STARTING && rs->round_start)
		b->ack_phase = BBR_ACKS_PROBE_FEEDBACK;
	if (b->ack_phase == BBR_ACKS_PROBE_STOPPING && rs->round_start &&
	    probe_stopped(b, rs))
		return true;
	if (b->inflight_longterm == BBR_INFINITY ||
	    ltcp_bbr_loss_too_high(cc, rs))
		return false;
	if (rs->tx_in_flight > b->inflight_longterm)
		b->inflight_longterm = bbr_add(rs->tx_in_flight, 0);
	if (b->state == BBR_PROBE_UP)
		probe_longterm_upward(cc, rs);
	return false;
}

/**
 * ltcp_bbr_update_probe_cycle() - where in the cycle are we?
 * @cc: congestion control
 * @rs: the ACK
 *
 * UpdateProbeBWCyclePhase.
 */
void ltcp_bbr_update_probe_cycle(struct ltcp_cc *cc, struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	if (!b->full_bw_reached || adapt_long_term_model(cc, rs))
		return;
	switch (b->state) {
	case BBR_PROBE_DOWN:
	case BBR_PROBE_CRUISE:
		if (is_time_to_probe(cc, rs))
			ltcp_bbr_start_probe_refill(b);
		else if (is_time_to_cruise(cc, rs))
			b->state = BBR_PROBE_CRUISE;
		break;
	case BBR_PROBE_REFILL:
		if (rs->round_start)
			start_probe_up(cc, rs);
		break;
	case BBR_PROBE_UP:
		if (is_time_to_go_down(cc, rs)) {
			b->prev_probe_too_high = false;
			ltcp_bbr_start_probe_down(cc, rs->now_us);
		}
		break;
	}
}

/**
 * ltcp_bbr_inflight_too_high() - a probe lost too much (HandleInflightTooHigh)
 * @cc: congestion control
 * @rs: the loss; tx_in_flight is where it began
 */
void ltcp_bbr_inflight_too_high(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);
	u32 floor = bbr_percent(target_inflight(cc, rs->mss), BBR_BETA);
	u32 volume = ltcp_bbr_leave(cc, rs->tx_in_flight, 100 - BBR_BETA, rs->mss);

	b->prev_probe_too_high = true;
	b->is_bw_probe_sample = false;
	if (!rs->app_limited)
		b->inflight_longterm = bbr_add(max(volume, floor), 0);
	if (b->state == BBR_PROBE_UP)
		ltcp_bbr_start_probe_down(cc, rs->now_us);
}

/*
 * InflightAtLoss: a packet of many segments; with how many of them did losses
 * pass 2 %?
 *
 *	(lost_prev + lost_prefix) / (inflight_prev + lost_prefix) = 2 %
 */
static u32 inflight_at_loss(const struct bbr_rs *rs, u32 segs)
{
	u32 inflight_prev = rs->tx_in_flight - min(segs, rs->tx_in_flight);
	u32 lost_prev = rs->lost - min(segs, rs->lost);
	u64 tolerated = (u64)inflight_prev * BBR_LOSS_THRESH;
	u64 lost = (u64)lost_prev * 100;

	if (lost >= tolerated)
		return inflight_prev;
	return bbr_add(inflight_prev,
		       (tolerated - lost) / (100 - BBR_LOSS_THRESH));
}

/**
 * ltcp_bbr_probe_lost() - a packet of a probe was lost
 * @cc: congestion control
 * @rs: the loss
 * @segs: segments in the packet
 *
 * The second part of HandleLostPacket.
 */
void ltcp_bbr_probe_lost(struct ltcp_cc *cc, struct bbr_rs *rs, u32 segs)
{
	struct bbr *b = bbr_of(cc);

	if (!b->is_bw_probe_sample || !ltcp_bbr_loss_too_high(cc, rs))
		return;
	if (b->state == BBR_PROBE_UP)
		b->undo_state = BBR_PROBE_UP;
	rs->tx_in_flight = inflight_at_loss(rs, segs);
	ltcp_bbr_inflight_too_high(cc, rs);
}
