// SPDX-License-Identifier: GPL-2.0
/*
 * rtt.c - round-trip time and retransmission timeout, RFC 6298
 *
 * Theory
 * ------
 * SRTT is a moving average of the samples R, RTTVAR one of how far they stray:
 *
 *	first sample:	SRTT = R, RTTVAR = R/2				(2.2)
 *	then:		RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R|		(2.3)
 *			SRTT   = 7/8 SRTT   + 1/8 R
 *	always:		RTO = SRTT + max(G, 4 RTTVAR), between its bounds
 *
 * Both are kept multiplied by their divisor, 8 and 4, so that the fractions are
 * not lost: what is stored as rttvar_us is just the 4 RTTVAR the RTO needs. The
 * multiplied form also tells what a u32 can hold: samples are cut off at 2^29 us
 * (nine minutes), and then nothing below overflows.
 *
 * That counts on one sample in a round trip, and timestamps give one for every
 * ACK. With these gains a hundred ACKs make SRTT and RTTVAR forget what there was
 * but a moment ago, and RTO is at its lower bound when the path falters again. RFC
 * 7323 section 4.2 asks to keep to the length of history that was meant. So RTTVAR
 * moves once in a round trip, by the sample of it that strays farthest:
 *
 *	RTTVAR = 3/4 RTTVAR at the round's begin + 1/4 max |SRTT - R|
 *
 * which is (2.3) when there is but one sample. (Appendix G suggests smaller gains,
 * for SRTT too. But others than RTO use SRTT, such as pacing, and they want the round
 * trip of now; and an average over all ACKs would not know of a delay that one of
 * them had.)
 *
 * Which ACK gives a sample is not decided here: the caller never passes one
 * from a segment sent twice unless a timestamp tells which copy was meant
 * (Karn's algorithm, section 3, MUST-18).
 */
#include "rtt.h"

#define RTT_MAX_US	((u32)BIT(29) - 1)

/**
 * ltcp_rtt_sample() - take a new sample into account
 * @r: estimator; all zero before the first sample
 * @rtt_us: measured round-trip time, microseconds; 0 counts as 1
 * @round_start: it is the first of a round trip
 */
void ltcp_rtt_sample(struct ltcp_rtt *r, u32 rtt_us, bool round_start)
{
	u32 srtt_us = r->srtt_us >> 3;
	u32 stray_us;

	rtt_us = min_t(u32, max(rtt_us, 1U), RTT_MAX_US);
	if (!r->srtt_us) {
		r->srtt_us = rtt_us << 3;
		r->rttvar_us = rtt_us << 1;
		return;
	}
	/* RTTVAR first: it is computed with the SRTT of before */
	if (round_start) {
		r->rttvar_us -= r->rttvar_us >> 2;
		r->stray_us = 0;
	}
	stray_us = max(rtt_us, srtt_us) - min(rtt_us, srtt_us);
	if (stray_us > r->stray_us) {
		r->rttvar_us += stray_us - r->stray_us;
		r->rttvar_us = min(r->rttvar_us, RTT_MAX_US << 2);
		r->stray_us = stray_us;
	}
	r->srtt_us += rtt_us - srtt_us;
}

/**
 * ltcp_rtt_rto_us() - the retransmission timeout
 * @r: estimator
 * @min_us: lower bound, microseconds
 * @max_us: upper bound, microseconds; wins over @min_us
 * @initial_us: timeout before the first sample, microseconds
 * @granularity_us: G, the granularity of the clock, microseconds
 *
 * The lower bound of a second that RFC 6298 (2.4) has, and of which @min_us is left,
 * leaves room for ACKs that are delayed, by the peer or by the path; where RTTVAR is
 * small it would leave none as soon as the round trip is as long as @min_us. So the
 * margin is half a round trip at least, but need not be more than @min_us.
 *
 * Return: the RTO in microseconds, without backoff, @min_us <= RTO <= @max_us.
 */
u32 ltcp_rtt_rto_us(const struct ltcp_rtt *r, u32 min_us, u32 max_us,
		    u32 initial_us, u32 granularity_us)
{
	u32 srtt_us = r->srtt_us >> 3;
	u32 margin_us = max(max(granularity_us, r->rttvar_us), min(srtt_us / 2, min_us));
	u64 rto_us = srtt_us ? (u64)srtt_us + margin_us : initial_us;

	return min_t(u64, max_t(u64, rto_us, min_us), max_us);
}

/**
 * ltcp_rto_backoff_ms() - the timeout after some expiries in a row
 * @rto_ms: timeout without backoff, milliseconds
 * @shift: how often it has expired, any number
 * @max_ms: upper bound, milliseconds
 *
 * RFC 6298 (5.5): the timeout doubles each time.
 *
 * Return: milliseconds, at most @max_ms.
 */
u32 ltcp_rto_backoff_ms(u32 rto_ms, unsigned int shift, u32 max_ms)
{
	/* 32 doublings exceed any bound; more would lose bits */
	return min_t(u64, (u64)rto_ms << min(shift, 32U), max_ms);
}
