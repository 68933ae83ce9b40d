// SPDX-License-Identifier: GPL-2.0
/*
 * bbr_control.c - BBR's pacing rate and window, draft-ietf-ccwg-bbr-06 section 5.6
 *
 * Theory
 * ------
 * The pacing rate decides how fast segments leave, and a state's gain makes that
 * faster or slower than the path delivers. It is 1 % below the measured rate, so
 * that a queue drains rather than grows. Until the bottleneck is found it only
 * rises: slow samples may be the application's fault.
 *
 * cwnd is the second line: a multiple of the BDP, plus what offload and
 * aggregated ACKs need on top, but never more than what was found to be too much
 * in flight. It comes down to that at once, and rises by what is acknowledged.
 *
 * In loss recovery the same rules hold. A timeout lets one segment out.
 */
#include "bbr.h"

static const u16 pacing_gains[] = {
	[BBR_STARTUP]		= 277,
	[BBR_DRAIN]		= 50,
	[BBR_PROBE_DOWN]	= BBR_GAIN_DOWN,
	[BBR_PROBE_CRUISE]	= 100,
	[BBR_PROBE_REFILL]	= 100,
	[BBR_PROBE_UP]		= 125,
	[BBR_PROBE_RTT]		= 100,
};

#define CWND_GAIN		200U		/* percent, but for two states */
#define CWND_GAIN_PROBE_UP	225U
#define CWND_GAIN_PROBE_RTT	50U

static u32 cwnd_gain(const struct bbr *b)
{
	if (b->state == BBR_PROBE_UP)
		return CWND_GAIN_PROBE_UP;
	return b->state == BBR_PROBE_RTT ? CWND_GAIN_PROBE_RTT : CWND_GAIN;
}

/*
 * QuantizationBudget: three quanta, one each in the queue of the host, in its
 * offload, and unacknowledged in the receiver's.
 */
static u32 quantization_budget(const struct ltcp_cc *cc, u32 inflight_cap,
			       u32 mss)
{
	const struct bbr *b = (const struct bbr *)cc->priv;
	u32 quantum = ltcp_cc_send_quantum(cc->pacing_rate, mss);

	inflight_cap = max(inflight_cap, (3 * quantum + mss - 1) / mss);
	inflight_cap = max(inflight_cap, BBR_MIN_PIPE_CWND);
	return b->state == BBR_PROBE_UP ? bbr_add(inflight_cap, 2) : inflight_cap;
}

/**
 * ltcp_bbr_inflight() - what fills the pipe without a queue (Inflight(1.0))
 * @cc: congestion control
 * @bw: bandwidth
 * @mss: a full segment, bytes
 *
 * Return: segments.
 */
u32 ltcp_bbr_inflight(const struct ltcp_cc *cc, u32 bw, u32 mss)
{
	const struct bbr *b = (const struct bbr *)cc->priv;
	u32 bdp = b->initial_cwnd;

	if (b->min_rtt_us != BBR_INFINITY)
		bdp = ltcp_bbr_volume(bw, b->min_rtt_us, 100, mss);
	return quantization_budget(cc, bdp, mss);
}

/**
 * ltcp_bbr_pipe() - what is in flight while nothing of it waits in a queue
 * @cc: congestion control
 * @mss: a full segment, bytes
 *
 * The BDP and a little more: segments leave a quantum at a time, and some ACKs
 * are late.
 *
 * Return: segments; 0 while there is no round-trip time.
 */
u32 ltcp_bbr_pipe(const struct ltcp_cc *cc, u32 mss)
{
	const struct bbr *b = (const struct bbr *)cc->priv;
	u32 quantum = ltcp_cc_send_quantum(cc->pacing_rate, mss) / mss;

	if (b->min_rtt_us == BBR_INFINITY)
		return 0;
	return bbr_add(ltcp_bbr_volume(bbr_max_bw(b), b->min_rtt_us, BBR_PIPE,
				       mss), quantum);
}

/**
 * ltcp_bbr_leave() - leave some of a volume to others
 * @cc: congestion control
 * @volume: segments
 * @percent: how much of it, at least a segment
 * @mss: a full segment, bytes
 *
 * But nothing of what fits into the pipe: a shallow queue is no reason to leave
 * that empty.
 *
 * Return: the rest, segments.
 */
u32 ltcp_bbr_leave(const struct ltcp_cc *cc, u32 volume, u32 percent, u32 mss)
{
	u32 left = max(bbr_percent(volume, percent), 1U);

	return max(volume - min(left, volume),
		   min(volume, ltcp_bbr_pipe(cc, mss)));
}

/**
 * ltcp_bbr_inflight_with_headroom() - leave something to others
 * @cc: congestion control
 * @mss: a full segment, bytes
 *
 * InflightWithHeadroom. Return: segments.
 */
u32 ltcp_bbr_inflight_with_headroom(const struct ltcp_cc *cc, u32 mss)
{
	const struct bbr *b = (const struct bbr *)cc->priv;

	if (b->inflight_longterm == BBR_INFINITY)
		return BBR_INFINITY;
	return max(ltcp_bbr_leave(cc, b->inflight_longterm, BBR_HEADROOM, mss),
		   BBR_MIN_PIPE_CWND);
}

/**
 * ltcp_bbr_probe_rtt_cwnd() - little enough that no queue stays (ProbeRTTCwnd)
 * @b: state
 * @mss: a full segment, bytes
 *
 * Return: segments.
 */
u32 ltcp_bbr_probe_rtt_cwnd(const struct bbr *b, u32 mss)
{
	return max(ltcp_bbr_bdp(b, CWND_GAIN_PROBE_RTT, mss), BBR_MIN_PIPE_CWND);
}

/**
 * ltcp_bbr_set_pacing_rate() - pace by the model (SetPacingRateWithGain)
 * @cc: congestion control
 * @gain: percent
 */
void ltcp_bbr_set_pacing_rate(struct ltcp_cc *cc, u32 gain)
{
	const struct bbr *b = bbr_of(cc);
	u64 rate = (u64)bbr_bw(b) * BBR_BW_UNIT * gain *
		   (100 - BBR_PACING_MARGIN) / (100 * 100);

	if (rate && (b->full_bw_reached || rate > cc->pacing_rate))
		cc->pacing_rate = rate;
}

/*
 * InitPacingRate: the initial window every round trip, with STARTUP's gain. The first
 * round-trip time may come only now; but if it is a late one, the handshake has told
 * better. (For the model it has not: who answered may not have been the peer.)
 */
static void init_pacing_rate(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	const struct bbr *b = bbr_of(cc);
	u64 bytes = (u64)b->initial_cwnd * rs->mss;
	u32 rtt_us = min(b->min_rtt_us, rs->least_rtt_us ?: BBR_INFINITY);

	if (rtt_us == BBR_INFINITY)
		return;
	cc->pacing_rate = div_u64(bytes * 1000000 * pacing_gains[BBR_STARTUP] / 100,
				  rtt_us);
}

/* BoundCwndForModel */
static u32 bound_for_model(const struct ltcp_cc *cc, u32 cwnd, u32 mss)
{
	const struct bbr *b = (const struct bbr *)cc->priv;
	u32 cap = BBR_INFINITY;

	if (b->state == BBR_PROBE_RTT || b->state == BBR_PROBE_CRUISE)
		cap = ltcp_bbr_inflight_with_headroom(cc, mss);
	else if (bbr_in_probe_bw(b))
		cap = b->inflight_longterm;
	cap = max(min(cap, b->inflight_shortterm), BBR_MIN_PIPE_CWND);
	return min(cwnd, cap);
}

/* SetCwnd */
static void set_cwnd(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);
	u32 max_inflight = ltcp_bbr_bdp(b, cwnd_gain(b), rs->mss);
	u32 cwnd = cc->cwnd;

	max_inflight = bbr_add(max_inflight, max(b->extra_acked[0],
						 b->extra_acked[1]));
	max_inflight = quantization_budget(cc, max_inflight, rs->mss);
	if (b->restore_cwnd)
		cwnd = max(cwnd, b->prior_cwnd);
	if (b->full_bw_reached)
		cwnd = min(bbr_add(cwnd, rs->newly_acked), max_inflight);
	else if (cwnd < max_inflight || b->cold_segs)
		cwnd = bbr_add(cwnd, rs->newly_acked);
	cwnd = max(cwnd, BBR_MIN_PIPE_CWND);
	if (b->state == BBR_PROBE_RTT)
		cwnd = min(cwnd, ltcp_bbr_probe_rtt_cwnd(b, rs->mss));
	ltcp_cc_set_cwnd(cc, bound_for_model(cc, cwnd, rs->mss));
}

/**
 * ltcp_bbr_update_control() - end of an ACK (UpdateControlParameters)
 * @cc: congestion control
 * @rs: the ACK
 *
 * The send quantum follows from the pacing rate: ltcp_cc_send_quantum().
 */
void ltcp_bbr_update_control(struct ltcp_cc *cc, const struct bbr_rs *rs)
{
	struct bbr *b = bbr_of(cc);

	b->cold_segs -= min_t(u32, b->cold_segs, rs->newly_acked);
	if (!cc->pacing_rate)
		init_pacing_rate(cc, rs);
	ltcp_bbr_set_pacing_rate(cc, pacing_gains[b->state]);
	set_cwnd(cc, rs);
	b->restore_cwnd = false;
}

/**
 * ltcp_bbr_info() - what BBR knows of the path
 * @cc: congestion control; its state may be any number
 * @info: filled
 */
void ltcp_bbr_info(const struct ltcp_cc *cc, struct ltcp_bbr_info *info)
{
	const struct bbr *b = (const struct bbr *)cc->priv;

	*info = (struct ltcp_bbr_info) {
		.bw = (u64)bbr_bw(b) * BBR_BW_UNIT,
		.min_rtt_us = b->min_rtt_us == BBR_INFINITY ? 0 : b->min_rtt_us,
		.pacing_gain = pacing_gains[min_t(u32, b->state, BBR_PROBE_RTT)],
		.cwnd_gain = cwnd_gain(b),
	};
}
