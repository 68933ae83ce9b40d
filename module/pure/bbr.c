// SPDX-License-Identifier: GPL-2.0
/*
 * bbr.c - BBR congestion control: events, STARTUP, DRAIN and PROBE_RTT
 *
 * draft-ietf-ccwg-bbr-06 sections 5.2, 5.3.1, 5.3.2, 5.3.4 and 5.4; the theory is
 * in bbr.h.
 *
 * Where this differs from the draft:
 *
 *   - State for an undo is saved once when an episode begins, not again in each
 *     of its rounds, so that an undo leads back to before the losses.
 *   - A congestion mark, of which the draft only says that it is congestion, is
 *     treated as loss above the threshold: it ends STARTUP or a probe; else the
 *     short-term model answers at the end of the round.
 *   - What the draft has the rate sampler mark as application-limited in
 *     PROBE_RTT, BBR marks for itself.
 *   - A probe after one that lost too much stops by what was in flight before the
 *     ACK, since after it a full window never reaches inflight_longterm.
 *   - A cycle without a single rate sample does not age max_bw.
 *   - A loss counts only if there was more in flight than fits into the pipe, or if
 *     more than 10 % were lost: else the path's own losses, where they pass 2 % or
 *     last for many rounds, would take most of the rate (ltcp_bbr_loss_without_queue).
 *   - PROBE_UP also ends with 1.85 BDP in flight: three rounds without growth fill
 *     a queue of one BDP, and a loss-based flow beside us would pay for each.
 *   - inflight_longterm becomes 0.7 of what was too much, as CUBIC's window does,
 *     but not less than the pipe. With all of it BBR takes at each probe what such a
 *     flow has just given up.
 *   - Nothing of the pipe is left as headroom, which in shallow queues would be
 *     idle.
 *   - What got through bounds the rate after division by PROBE_DOWN's gain: what
 *     that did not send was not lost.
 *   - The filter of extra_acked forgets after 5 to 10 rounds, not after 10.
 */
#include "bbr.h"

#define PROBE_RTT_DURATION_US	200000U
#define DRAIN_ROUNDS		3U
#define STARTUP_LOSS_RANGES	6U

/**
 * ltcp_bbr_enter_startup() - search the bottleneck's rate (EnterStartup)
 * @b: state
 */
void ltcp_bbr_enter_startup(struct bbr *b)
{
	b->state = BBR_STARTUP;
}

static void bbr_init(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	memset(b, 0, sizeof(*b));
	b->initial_cwnd = min(cc->cwnd, 0xffffU);
	b->cold_segs = b->initial_cwnd;
	b->min_rtt_us = BBR_INFINITY;
	b->probe_rtt_min_delay_us = BBR_INFINITY;
	b->inflight_longterm = BBR_INFINITY;
	b->probe_up_acked_per_inc = BBR_INFINITY;
	b->undo_state = BBR_NO_STATE;
	cc->pacing_rate = 0;
	ltcp_bbr_reset_shortterm(b);
	ltcp_bbr_enter_startup(b);
}

/* The rest of OnInit, which needs a clock: at the first thing that happens. */
static void start(struct bbr *b, u32 now_us, u32 delivered)
{
	if (b->started)
		return;
	b->started = true;
	b->min_rtt_stamp = now_us;
	b->probe_rtt_min_stamp = now_us;
	b->extra_acked_stamp = now_us;
	b->delivered = delivered;
	b->next_round_delivered = delivered;
	b->loss_round_delivered = delivered;
}

static void enter_drain(struct bbr *b)
{
	b->state = BBR_DRAIN;
	b->drain_rounds = 0;
}

/* Congestion ends STARTUP: what came through is a safe volume. */
static void leave_startup(struct bbr *b, const struct bbr_rs *rs)
{
	b->full_bw_reached = true;
	b->inflight_longterm = max(ltcp_bbr_bdp(b, 100, rs->mss),
				   b->inflight_latest);
	enter_drain(b);
}

/*
 * CheckStartupHighLoss: more than 2 % lost in a round, in six places, and in
 * recovery for all of that round, since a loss round begins with the first loss.
 */
static bool startup_high_loss(const struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	const struct bbr *b = (const struct bbr *)cc->priv;

	if (!rs->in_recovery)
		return false;
	if (b->no_sack)
		return b->loss_ranges;
	return rs->loss_round_start && b->loss_ranges >= STARTUP_LOSS_RANGES &&
	       ltcp_bbr_loss_too_high(cc, rs);
}

/* CheckStartupDone */
static void check_startup_done(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	if (b->state == BBR_STARTUP) {
		if (startup_high_loss(cc, rs)) {
			b->undo_state = BBR_STARTUP;
			leave_startup(b, rs);
		} else if (b->full_bw_reached) {
			enter_drain(b);
		}
	}
	if (rs->loss_round_start)
		b->loss_ranges = 0;
}

/* CheckDrainDone */
static void check_drain_done(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	if (b->state != BBR_DRAIN)
		return;
	b->drain_rounds += rs->round_start;
	if (rs->in_flight <= ltcp_bbr_inflight(cc, bbr_bw(b), rs->mss) ||
	    b->drain_rounds > DRAIN_ROUNDS)
		ltcp_bbr_start_probe_down(cc, rs->now_us);
}

static void enter_probe_rtt(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	ltcp_bbr_save_cwnd(cc);
	b->state = BBR_PROBE_RTT;
	b->probe_rtt_holding = false;
	b->ack_phase = BBR_ACKS_PROBE_STOPPING;
	ltcp_bbr_start_round(b);
}

/* ExitProbeRTT: the flight is small, so DOWN has nothing to do. */
static void exit_probe_rtt(struct ltcp_cc *cc, u32 now_us)
{
	struct bbr *b = bbr_of(cc);

	ltcp_bbr_reset_shortterm(b);
	if (!b->full_bw_reached) {
		ltcp_bbr_enter_startup(b);
		return;
	}
	ltcp_bbr_start_probe_down(cc, now_us);
	b->state = BBR_PROBE_CRUISE;
}

/* CheckProbeRTTDone */
static void check_probe_rtt_done(struct ltcp_cc *cc, u32 now_us)
{
	struct bbr *b = bbr_of(cc);

	if (!b->probe_rtt_holding ||
	    !bbr_elapsed(now_us, b->probe_rtt_stamp, PROBE_RTT_DURATION_US))
		return;
	b->probe_rtt_holding = false;
	b->probe_rtt_min_stamp = now_us;
	b->restore_cwnd = true;
	exit_probe_rtt(cc, now_us);
}

/* HandleProbeRTT: 200 ms and a round with half a BDP in flight */
static void handle_probe_rtt(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	b->app_limited_mark = b->delivered + rs->in_flight;
	b->app_limited_marked = true;
	if (!b->probe_rtt_holding) {
		if (rs->in_flight > ltcp_bbr_probe_rtt_cwnd(b, rs->mss))
			return;
		b->probe_rtt_holding = true;
		b->probe_rtt_stamp = rs->now_us;
		b->probe_rtt_round_done = false;
		ltcp_bbr_start_round(b);
		return;
	}
	b->probe_rtt_round_done |= rs->round_start;
	if (b->probe_rtt_round_done)
		check_probe_rtt_done(cc, rs->now_us);
}

/* UpdateMinRTT and CheckProbeRTT. A silence was as good as PROBE_RTT. */
static void check_probe_rtt(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);
	bool expired = ltcp_bbr_update_min_rtt(b, rs);

	if (b->state != BBR_PROBE_RTT && expired && !b->idle_restart)
		enter_probe_rtt(cc);
	if (b->state == BBR_PROBE_RTT)
		handle_probe_rtt(cc, rs);
	if (rs->delivered)
		b->idle_restart = false;
}

/* The peer echoed a congestion mark. */
static void check_ce(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);
	struct bbr_rs mark = *rs;

	if (!b->ce_pending)
		return;
	b->ce_pending = false;
	ltcp_bbr_note_loss(cc);
	mark.tx_in_flight = rs->prior_in_flight;
	if (b->state == BBR_STARTUP)
		leave_startup(b, rs);
	else if (b->is_bw_probe_sample)
		ltcp_bbr_inflight_too_high(cc, &mark);
}

/* UpdateModelAndState */
static void update_model_and_state(struct ltcp_cc *cc, struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	ltcp_bbr_update_latest(b, rs);
	check_ce(cc, rs);
	ltcp_bbr_update_congestion(cc, rs);
	ltcp_bbr_update_aggregation(cc, rs);
	ltcp_bbr_check_full_bw(b, rs);
	check_startup_done(cc, rs);
	check_drain_done(cc, rs);
	ltcp_bbr_update_probe_cycle(cc, rs);
	check_probe_rtt(cc, rs);
	ltcp_bbr_advance_latest(b, rs);
}

/* delivered segments in interval_us, as a bandwidth */
static u32 bandwidth(u32 delivered, u32 interval_us, u32 mss)
{
	u64 bw;

	if (!delivered || !interval_us)
		return 0;
	bw = div_u64((u64)delivered * mss * BBR_BW_US, interval_us);
	return min_t(u64, max_t(u64, bw, 1), BBR_INFINITY - 1);
}

static u32 clamp_mss(u32 mss)
{
	return max(min(mss, 0xffffU), 1U);
}

/* Sent while PROBE_RTT kept the window small? */
static bool sent_in_probe_rtt(struct bbr *b, u32 prior_delivered)
{
	if (b->app_limited_marked && seq_gt(prior_delivered, b->app_limited_mark))
		b->app_limited_marked = false;
	return b->app_limited_marked;
}

static struct bbr_rs sample(struct bbr *b, const struct ltcp_cc_ack *ack)
{
	const struct ltcp_cc_rate *rate = &ack->rate;
	u32 gone = bbr_add(ack->acked_segs, rate->losses);
	u32 mss = clamp_mss(ack->mss);

	return (struct bbr_rs) {
		.now_us = ack->now_us,
		.mss = mss,
		.newly_acked = ack->acked_segs,
		.prior_in_flight = ack->in_flight,
		.in_flight = ack->in_flight - min(gone, ack->in_flight),
		.rtt_us = ack->rtt_us,
		.least_rtt_us = ack->min_rtt_us,
		.bw = bandwidth(rate->delivered, rate->interval_us, mss),
		.delivered = rate->delivered,
		.prior_delivered = rate->prior_delivered,
		.tx_in_flight = rate->tx_in_flight,
		.lost = rate->lost,
		.app_limited = rate->app_limited ||
			       sent_in_probe_rtt(b, rate->prior_delivered),
		.in_recovery = ack->in_recovery,
	};
}

static void bbr_on_ack(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack)
{
	struct bbr *b = bbr_of(cc);
	struct bbr_rs rs = sample(b, ack);

	if (rs.delivered) {
		start(b, rs.now_us, rs.prior_delivered);
		b->delivered = rs.prior_delivered + rs.delivered;
	}
	if (!b->started)
		return;
	b->cwnd_limited |= ack->cwnd_limited;
	update_model_and_state(cc, &rs);
	ltcp_bbr_update_control(cc, &rs);
}

/* HandleLostPacket */
static void bbr_on_lost(struct ltcp_cc *cc, const struct ltcp_cc_lost *lost)
{
	struct bbr *b = bbr_of(cc);
	struct bbr_rs rs = {
		.now_us = lost->now_us,
		.mss = clamp_mss(lost->mss),
		.tx_in_flight = lost->tx_in_flight,
		.lost = lost->lost,
		.app_limited = lost->app_limited,
	};

	start(b, rs.now_us, lost->delivered);
	b->delivered = lost->delivered;
	b->no_sack = lost->no_sack;
	if (lost->seq != b->last_lost_end && b->loss_ranges < 255)
		b->loss_ranges++;
	b->last_lost_end = lost->end_seq;
	ltcp_bbr_begin_episode(cc);
	if (!ltcp_bbr_loss_without_queue(cc, &rs))
		ltcp_bbr_note_loss(cc);
	ltcp_bbr_probe_lost(cc, &rs, lost->segs);
}

/* BBR has no ssthresh: what it reduces is in the model. */
static u32 bbr_ssthresh(struct ltcp_cc *cc, u32 in_flight, enum ltcp_cc_loss loss)
{
	cc->prior_cwnd = cc->cwnd;
	if (loss == LTCP_LOSS_ECN)
		bbr_of(cc)->ce_pending = true;
	else
		ltcp_bbr_begin_episode(cc);
	return max(cc->ssthresh, 2U);
}

/* OnEnterRTO: one segment may be sent */
static u32 bbr_loss_cwnd(struct ltcp_cc *cc, u32 in_flight, enum ltcp_cc_loss loss)
{
	return loss == LTCP_LOSS_RTO ? 1 : cc->cwnd;
}

/* RestoreCwnd at the next ACK, where the model bounds it */
static void bbr_recovered(struct ltcp_cc *cc)
{
	struct bbr *b = bbr_of(cc);

	b->restore_cwnd |= b->in_episode;
	b->in_episode = false;
}

static u32 bbr_undo_cwnd(struct ltcp_cc *cc)
{
	ltcp_bbr_undo(cc);
	return max(cc->cwnd, bbr_of(cc)->prior_cwnd);
}

/* Section 5.4.2: cwnd stays, pacing takes the ACK clock's place. */
static void bbr_idle_restart(struct ltcp_cc *cc, u32 initial_wnd)
{
}

/* HandleRestartFromIdle */
static void bbr_on_restart(struct ltcp_cc *cc, u64 now_us)
{
	struct bbr *b = bbr_of(cc);

	b->idle_restart = true;
	b->extra_acked_stamp = now_us;
	if (bbr_in_probe_bw(b))
		ltcp_bbr_set_pacing_rate(cc, 100);
	else if (b->state == BBR_PROBE_RTT)
		check_probe_rtt_done(cc, now_us);
	/* What leaves now does so before the ACK at which cwnd would be restored */
	if (b->restore_cwnd)
		ltcp_cc_set_cwnd(cc, max(cc->cwnd, b->prior_cwnd));
}

const struct ltcp_cc_ops ltcp_bbr = {
	.name		= "bbr",
	.init		= bbr_init,
	.ssthresh	= bbr_ssthresh,
	.loss_cwnd	= bbr_loss_cwnd,
	.on_ack		= bbr_on_ack,
	.undo_cwnd	= bbr_undo_cwnd,
	.idle_restart	= bbr_idle_restart,
	.own_recovery	= true,
	.on_lost	= bbr_on_lost,
	.recovered	= bbr_recovered,
	.on_restart	= bbr_on_restart,
};
