/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cong_storm.h - any events whatsoever, and the invariants of cong.h
 *
 * No peer and no caller is that mad; whoever survives this survives them.
 */
#ifndef CONG_STORM_H
#define CONG_STORM_H

#include "unit.h"
#include "cong.h"

static inline u32 storm_number(void)
{
	static const u32 numbers[] = {
		0, 1, 2, 3, 10, 1000, 65536, (1 << 26) - 1, 1 << 26,
		0x7fffffff, 0x80000000, 0xfffffffe, U32_MAX
	};

	return numbers[unit_random_below(ARRAY_SIZE(numbers))];
}

static inline void storm_ack(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc,
			     u64 now_us)
{
	u32 before = cc->cwnd, credit = cc->cwnd_cnt;
	u32 clamp = max(cc->cwnd_clamp, 1U);
	struct ltcp_cc_ack ack = {
		.now_us = now_us,
		.mss = 1460,
		.acked_segs = storm_number(),
		.acked_bytes = storm_number(),
		.in_flight = storm_number(),
		.rtt_us = storm_number(),
		.srtt_us = storm_number(),
		.min_rtt_us = storm_number(),
		.abc_l_segs = storm_number(),
		.ce_segs = unit_random() & 1 ? 0 : storm_number(),
		.round_start = unit_random() & 1,
		.cwnd_limited = unit_random() & 1,
		.app_limited = unit_random() & 1,
		.in_recovery = unit_random_below(4) == 0,
	};

	ops->on_ack(cc, &ack);
	EXPECT(cc->cwnd >= min(before, clamp), "an ACK took %u to %u", before,
	       cc->cwnd);
	EXPECT(cc->cwnd_cnt <= max(cc->cwnd, credit), "credit %u of %u",
	       cc->cwnd_cnt, cc->cwnd);
	if (!ack.cwnd_limited || ack.in_recovery)
		EXPECT(cc->cwnd <= before, "grew from %u to %u, out of turn",
		       before, cc->cwnd);
	EXPECT((u64)cc->cwnd <= (u64)before + ack.acked_segs + 1,
	       "%u segments took %u to %u", ack.acked_segs, before, cc->cwnd);
	EXPECT(cc->ssthresh >= 2, "ssthresh %u", cc->ssthresh);
}

static inline void storm_loss(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc)
{
	enum ltcp_cc_loss loss = unit_random_below(3);
	u32 in_flight = storm_number(), before = cc->cwnd, cwnd;

	cc->ssthresh = ops->ssthresh(cc, in_flight, loss);
	EXPECT(cc->ssthresh >= 2, "ssthresh %u", cc->ssthresh);
	EXPECT_EQ(cc->prior_cwnd, before, "prior cwnd");
	EXPECT_EQ(cc->cwnd_cnt, 0, "credit");
	cwnd = ops->loss_cwnd(cc, in_flight, loss);
	EXPECT(cwnd >= 1, "cwnd after a loss");
	ltcp_cc_set_cwnd(cc, cwnd);
	if (loss == LTCP_LOSS_RTO)
		EXPECT_EQ(cc->cwnd, 1, "cwnd after a timeout");
}

/* Time stands still, passes, and leaps. */
static inline u64 storm_time(u64 now_us)
{
	switch (unit_random_below(20)) {
	case 0:
		return now_us + (unit_random() | 1ULL << 32);
	case 1:
		return now_us;
	default:
		return now_us + unit_random_below(200000);
	}
}

static inline void storm(const struct ltcp_cc_ops *ops)
{
	struct ltcp_cc cc = {
		.cwnd = 10, .ssthresh = LTCP_SSTHRESH_INFINITE,
		.cwnd_clamp = U32_MAX
	};
	u64 now_us = -1000000ULL;	/* any clock: this one wraps around */

	ops->init(&cc);
	for (unsigned int i = 0; i < 300000; i++) {
		u32 before;

		now_us = storm_time(now_us);
		if (unit_random_below(100) == 0)
			cc.cwnd_clamp = storm_number();
		if (unit_random_below(100) == 0)
			ltcp_cc_set_cwnd(&cc, storm_number());
		if (unit_random_below(100) == 0)
			cc.ssthresh = LTCP_SSTHRESH_INFINITE;	/* an undo */
		before = cc.cwnd;
		switch (unit_random_below(16)) {
		case 0:
			storm_loss(ops, &cc);
			break;
		case 1:
			ops->idle_restart(&cc, storm_number());
			break;
		case 2:
			ltcp_cc_set_cwnd(&cc, ops->undo_cwnd(&cc));
			break;
		default:
			storm_ack(ops, &cc, now_us);
			break;
		}
		EXPECT(cc.cwnd >= 1 &&
		       cc.cwnd <= max(before, max(cc.cwnd_clamp, 1U)),
		       "step %u: %u, clamp %u", i, cc.cwnd, cc.cwnd_clamp);
	}
}

#endif /* CONG_STORM_H */
