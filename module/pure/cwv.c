// SPDX-License-Identifier: GPL-2.0
/*
 * cwv.c - congestion window validation for rate-limited senders, RFC 7661
 *
 * Theory
 * ------
 * cwnd says what the path could carry when it was last filled. A sender whose
 * application gives it less than that learns nothing of the path, and cwnd gets
 * old. To throw it away would be unkind to an application that pauses and goes on;
 * to trust it without end, to all others. So it is measured how much of it is used:
 *
 *	pipeACK	  the most that was delivered within a round trip, of the last
 *		  max(3 RTT, 1 s), the sampling period (section 4.2)
 *
 *		       pipeACK < cwnd/2, and cwnd was not the limit
 *	validated ------------------------------------------------> non-validated
 *	    ^							       |
 *	    +--- pipeACK >= cwnd/2, or a congestion was answered ------+
 *
 * In the non-validated phase (section 4.4)
 *
 *	- cwnd stays as it is; it grows only when it is the limit;
 *	- congestion is answered by what was in use, not by what cwnd allowed:
 *		cwnd = max(pipeACK, FlightSize) / 2		during the repair
 *		cwnd = (max(pipeACK, FlightSize) - R) / 2	after it
 *	  where R was lost and sent again: the path's capacity was exceeded by
 *	  that much at least. A timeout is answered as always;
 *	- five minutes (the non-validated period) later
 *		ssthresh = max(ssthresh, 3/4 cwnd)
 *		cwnd = max(cwnd / 2, initial window)
 *	  and so for every five minutes more.
 *
 * A sample of pipeACK is what was delivered between the sending of a segment and
 * its acknowledgment, which is a round trip by definition. Two numbers make the
 * filter: the largest sample of this half of the sampling period and of the half
 * before, so that none counts for longer than the period, and each for half of it
 * at least.
 *
 * After a loss, and at the beginning, pipeACK is undefined until a whole round trip
 * has been measured; cwnd then counts as valid. It also stays valid as long as it is
 * what limits the sender: in slow start pipeACK is always half of cwnd, give or take
 * a segment, and nobody limits the rate there but cwnd itself.
 *
 * Not here: the control of bursts in the non-validated phase (section 4.4.2). Whoever
 * goes on sending may send at once all that cwnd leaves, unless somebody asked for
 * pacing (pace.c).
 *
 * Invariants: cwnd is never raised here; R is never more than what was in use.
 */
#include "cwv.h"

/* Section 4.2: the pipeACK Sampling Period is max(3 RTT, 1 second) */
#define PERIOD_MIN_US	1000000U
#define PERIOD_RTTS	3
#define ROUNDS_ENOUGH	2

static u32 pipeack(const struct ltcp_cwv *v)
{
	return max(v->recent_segs, v->older_segs);
}

static bool half_in_use(const struct ltcp_cwv *v, u32 cwnd)
{
	return pipeack(v) >= cwnd - cwnd / 2;
}

/* Forget samples that the sampling period has left behind. */
static void age(struct ltcp_cwv *v, u32 now_ms, u32 srtt_us)
{
	u32 half = max(PERIOD_RTTS * srtt_us, PERIOD_MIN_US) / 2000;
	u32 passed = now_ms - v->half_ms;

	if (passed < half)
		return;
	v->older_segs = passed < 2 * half ? v->recent_segs : 0;
	v->recent_segs = 0;
	v->half_ms = passed < 2 * half ? v->half_ms + half : now_ms;
}

/**
 * ltcp_cwv_reset() - cwnd is new: pipeACK is undefined
 * @v: state
 * @now_ms: time
 *
 * RFC 7661 sections 4.1 and 4.4.1: at the beginning, and when congestion has been
 * answered.
 */
void ltcp_cwv_reset(struct ltcp_cwv *v, u32 now_ms)
{
	*v = (struct ltcp_cwv) {
		.half_ms = now_ms, .since_ms = now_ms, .valid = true,
	};
}

/**
 * ltcp_cwv_on_ack() - something was delivered
 * @v: state
 * @ack: the ACK; not one of loss recovery, where pipeACK stands still
 *
 * RFC 7661 sections 4.2 and 4.3.
 */
void ltcp_cwv_on_ack(struct ltcp_cwv *v, const struct ltcp_cwv_ack *ack)
{
	age(v, ack->now_ms, ack->srtt_us);
	v->recent_segs = max(v->recent_segs, ack->sample_segs);
	if (ack->round_start && v->rounds < ROUNDS_ENOUGH)
		v->rounds++;
	if (half_in_use(v, ack->cwnd))
		v->valid = true;
	else if (ack->round_start && v->rounds == ROUNDS_ENOUGH &&
		 !ack->cwnd_limited)
		v->valid = false;
	if (v->valid)
		v->since_ms = ack->now_ms;
}

/**
 * ltcp_cwv_restart() - data is to be sent, and nothing is in flight
 * @v: state
 * @cwnd: segments
 * @now_ms: time
 * @srtt_us: smoothed round-trip time
 *
 * It was not cwnd that let the pipe run dry; whatever was sent has been measured.
 */
void ltcp_cwv_restart(struct ltcp_cwv *v, u32 cwnd, u32 now_ms, u32 srtt_us)
{
	if (!v->rounds)
		return;
	age(v, now_ms, srtt_us);
	v->rounds = ROUNDS_ENOUGH;
	v->valid = half_in_use(v, cwnd);
}

/**
 * ltcp_cwv_expire() - the non-validated period is over
 * @v: state
 * @cc: congestion control; its ssthresh remembers what cwnd was
 * @now_ms: time
 * @initial_wnd: the initial window, segments
 *
 * RFC 7661 section 4.4.3, for each such period that has passed.
 *
 * Return: what cwnd is to be at most, segments.
 */
u32 ltcp_cwv_expire(struct ltcp_cwv *v, struct ltcp_cc *cc, u32 now_ms,
		    u32 initial_wnd)
{
	u32 cwnd = cc->cwnd;

	cc->ssthresh = max(cc->ssthresh, cwnd - cwnd / 4);
	while (ltcp_cwv_expired(v, now_ms) && cwnd > initial_wnd) {
		cwnd = max(cwnd / 2, initial_wnd);
		v->since_ms += LTCP_CWV_NVP_MS;
	}
	if (ltcp_cwv_expired(v, now_ms))
		v->since_ms = now_ms;
	return cwnd;
}

/**
 * ltcp_cwv_used() - what was in use when congestion came
 * @v: state
 * @flight_segs: FlightSize
 * @now_ms: time
 * @srtt_us: smoothed round-trip time
 *
 * RFC 7661 section 4.4.1.
 *
 * Return: the larger of pipeACK and FlightSize, segments.
 */
u32 ltcp_cwv_used(struct ltcp_cwv *v, u32 flight_segs, u32 now_ms, u32 srtt_us)
{
	age(v, now_ms, srtt_us);
	return max(pipeack(v), flight_segs);
}

/**
 * ltcp_cwv_loss() - a loss in the non-validated phase ends it
 * @v: state
 * @used_segs: what was in use, segments
 *
 * RFC 7661 section 4.4.1.
 */
void ltcp_cwv_loss(struct ltcp_cwv *v, u32 used_segs)
{
	v->used_segs = used_segs;
	v->resent_segs = 0;
	v->repairs = true;
	v->valid = true;
	v->rounds = 0;
}

/**
 * ltcp_cwv_recovered() - such a loss has been repaired
 * @v: state
 *
 * RFC 7661 section 4.4.1.
 *
 * Return: cwnd, segments, at least 1.
 */
u32 ltcp_cwv_recovered(const struct ltcp_cwv *v)
{
	u32 kept = v->used_segs - min(v->resent_segs, v->used_segs);

	return max(kept / 2, 1U);
}
