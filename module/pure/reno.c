// SPDX-License-Identifier: GPL-2.0
/*
 * reno.c - Reno congestion control, RFC 5681
 *
 * Theory
 * ------
 * Below ssthresh, slow start: the window grows by what was acknowledged, which
 * doubles it every round trip. From there on, congestion avoidance: it grows by
 * one segment for every window acknowledged. Half of what was in flight is the
 * next ssthresh when congestion shows.
 *
 * Growth counts what is acknowledged, not ACKs (RFC 3465). In slow start one ACK
 * counts at most L segments, so that a late ACK for a whole window does not let
 * loose a burst twice its size; but never more than it acknowledged.
 *
 * A congestion mark comes from a short queue and asks for less of a reduction
 * than a loss does: to 0.8 in congestion avoidance (ABE, RFC 8511).
 *
 * NewReno (RFC 6582) differs in how lost segments are found and sent again, not
 * in these numbers.
 */
#include "cong.h"

/* RFC 5681 section 3.1, equation 4 */
#define SSTHRESH_MIN	2U

/**
 * ltcp_reno_init() - Reno keeps nothing of its own
 * @cc: congestion control
 */
void ltcp_reno_init(struct ltcp_cc *cc)
{
	cc->cwnd_cnt = 0;
}

/**
 * ltcp_reno_ssthresh() - the slow start threshold after congestion
 * @cc: congestion control
 * @in_flight: segments in flight: not cwnd, which may never have been used
 * @loss: how it was noticed
 *
 * Return: segments, at least 2.
 */
u32 ltcp_reno_ssthresh(struct ltcp_cc *cc, u32 in_flight,
		       enum ltcp_cc_loss loss)
{
	u32 left = in_flight / 2;

	if (loss == LTCP_LOSS_ECN && !ltcp_cc_in_slow_start(cc))
		left = in_flight - in_flight / 5;
	cc->prior_cwnd = cc->cwnd;
	cc->cwnd_cnt = 0;
	return max(left, SSTHRESH_MIN);
}

static u32 reno_loss_cwnd(struct ltcp_cc *cc, u32 in_flight,
			  enum ltcp_cc_loss loss)
{
	/* RFC 5681 section 3.1: the loss window is one segment */
	return loss == LTCP_LOSS_RTO ? 1 : cc->ssthresh;
}

/**
 * ltcp_cc_slow_start() - grow the window up to ssthresh
 * @cc: congestion control
 * @segs: segments acknowledged, as many as may count
 *
 * Return: segments that are left for congestion avoidance to count.
 */
u32 ltcp_cc_slow_start(struct ltcp_cc *cc, u32 segs)
{
	u32 growth = min(segs, cc->ssthresh - cc->cwnd);

	ltcp_cc_set_cwnd(cc, cc->cwnd + growth);
	return segs - growth;
}

/* One more segment for every cwnd segments; at most one for an ACK. */
static void congestion_avoidance(struct ltcp_cc *cc, u32 segs)
{
	u32 missing = cc->cwnd - min(cc->cwnd_cnt, cc->cwnd);

	if (segs < missing) {
		cc->cwnd_cnt += segs;
		return;
	}
	cc->cwnd_cnt = min(segs - missing, cc->cwnd);
	if (cc->cwnd < cc->cwnd_clamp)
		cc->cwnd++;
}

/**
 * ltcp_reno_on_ack() - an ACK has delivered something
 * @cc: congestion control
 * @ack: the event
 */
void ltcp_reno_on_ack(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack)
{
	u32 segs = ack->acked_segs;

	if (!ack->cwnd_limited || ack->in_recovery)
		return;
	if (ltcp_cc_in_slow_start(cc)) {
		segs = min(segs, ack->abc_l_segs ?: LTCP_ABC_L_SEGS);
		segs = ltcp_cc_slow_start(cc, segs);
	}
	if (!ltcp_cc_in_slow_start(cc))
		congestion_avoidance(cc, segs);
}

/**
 * ltcp_reno_undo_cwnd() - the last reduction was for nothing
 * @cc: congestion control
 *
 * Return: the window to go back to, segments.
 */
u32 ltcp_reno_undo_cwnd(struct ltcp_cc *cc)
{
	return max(cc->cwnd, cc->prior_cwnd);
}

/**
 * ltcp_reno_idle_restart() - sending resumes after a long silence
 * @cc: congestion control
 * @initial_wnd: the initial window, segments
 *
 * RFC 5681 section 4.1: no ACK clock is left, so the window starts anew, but
 * what is known of the path (ssthresh) stays.
 */
void ltcp_reno_idle_restart(struct ltcp_cc *cc, u32 initial_wnd)
{
	ltcp_cc_set_cwnd(cc, min(cc->cwnd, initial_wnd));
	cc->cwnd_cnt = 0;
}

const struct ltcp_cc_ops ltcp_reno = {
	.name		= "reno",
	.init		= ltcp_reno_init,
	.ssthresh	= ltcp_reno_ssthresh,
	.loss_cwnd	= reno_loss_cwnd,
	.on_ack		= ltcp_reno_on_ack,
	.undo_cwnd	= ltcp_reno_undo_cwnd,
	.idle_restart	= ltcp_reno_idle_restart,
	.validates	= true,
};
