/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rtt.h - round-trip time and retransmission timeout (rtt.c)
 */
#ifndef LTCP_PURE_RTT_H
#define LTCP_PURE_RTT_H

#include "types.h"

/* RFC 6298 (2.1) and, after a SYN had to be sent again, (5.7) */
#define LTCP_RTO_INITIAL_MS	1000
#define LTCP_RTO_SYN_LOST_MS	3000

/**
 * struct ltcp_rtt - the estimator's memory
 * @srtt_us: 8 * SRTT in microseconds; 0 before the first sample
 * @rttvar_us: 4 * RTTVAR in microseconds
 * @stray_us: how far a sample of this round trip was from SRTT at most, which
 *	@rttvar_us contains
 */
struct ltcp_rtt {
	u32 srtt_us;
	u32 rttvar_us;
	u32 stray_us;
};

void ltcp_rtt_sample(struct ltcp_rtt *r, u32 rtt_us, bool round_start);
u32 ltcp_rtt_rto_us(const struct ltcp_rtt *r, u32 min_us, u32 max_us,
		    u32 initial_us, u32 granularity_us);
u32 ltcp_rto_backoff_ms(u32 rto_ms, unsigned int shift, u32 max_ms);

#endif /* LTCP_PURE_RTT_H */
