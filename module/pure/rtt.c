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
 * Which ACK gives a sample is not decided here: the caller never passes one
 * from a segment sent twice unless a timestamp tells which copy was meant
 * (Karn's algorithm, section 3, MUST-18).
 */
#include "rtt.h"

#define RTT_MAX_US	(BIT(29) - 1)

/**
 * ltcp_rtt_sample() - take a new sample into account
 * @r: estimator; all zero before the first sample
 * @rtt_us: measured round-trip time, microseconds; 0 counts as 1
 */
void ltcp_rtt_sample(struct ltcp_rtt *r, u32 rtt_us)
{
	u32 srtt_us = r->srtt_us >> 3;

	rtt_us = min_t(u32, max(rtt_us, 1U), RTT_MAX_US);
	if (!r->srtt_us) {
		r->srtt_us = rtt_us << 3;
		r->rttvar_us = rtt_us << 1;
		return;
	}
	/* RTTVAR first: it is computed with the SRTT of before */
	r->rttvar_us -= r->rttvar_us >> 2;
	r->rttvar_us += max(rtt_us, srtt_us) - min(rtt_us, srtt_us);
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
