// SPDX-License-Identifier: GPL-2.0
/* congestion.c - any events to each congestion control, and the invariants of cong.h */
#include "input.h"
#include "cong.h"

static const struct ltcp_cc_ops *const algorithms[] = {
	&ltcp_reno, &ltcp_tahoe, &ltcp_cubic, &ltcp_dctcp, &ltcp_bbr,
};

static void one_ack(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc, u64 now_us,
		    struct input *in)
{
	u32 before = cc->cwnd;
	struct ltcp_cc_ack a = {
		.now_us = now_us, .acked_segs = take_number(in), .acked_bytes = take_number(in),
		.mss = 1 + take16(in), .in_flight = take_number(in), .rtt_us = take_number(in),
		.srtt_us = take_number(in), .cwnd_limited = take_bool(in),
		.app_limited = take_bool(in), .in_recovery = take_bool(in),
		.round_start = take_bool(in), .abc_l_segs = take8(in), .ce_segs = take16(in),
		.min_rtt_us = take_number(in),
		.rate = {
			.delivered = take_number(in), .prior_delivered = take_number(in),
			.interval_us = take_number(in), .tx_in_flight = take_number(in),
			.lost = take_number(in), .losses = take_number(in),
			.app_limited = take_bool(in),
		},
	};

	ops->on_ack(cc, &a);
	check(cc->ssthresh >= 2);
	if (ops->own_recovery)
		return;
	if (!a.cwnd_limited || a.in_recovery)
		check(cc->cwnd <= before);
	check((u64)cc->cwnd <= (u64)before + a.acked_segs + 1);
}

static void one_loss(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc, u64 now_us,
		     struct input *in)
{
	enum ltcp_cc_loss how = take8(in) % 3;
	u32 in_flight = take_number(in);
	struct ltcp_cc_lost lost = {
		.now_us = now_us, .seq = take_number(in), .end_seq = take_number(in),
		.segs = 1 + take8(in), .mss = 1 + take16(in), .delivered = take_number(in),
		.tx_in_flight = take_number(in), .lost = take_number(in),
		.app_limited = take_bool(in), .no_sack = take_bool(in),
	};
	u32 cwnd;

	if (ops->on_lost)
		ops->on_lost(cc, &lost);
	cc->ssthresh = ops->ssthresh(cc, in_flight, how);
	check(cc->ssthresh >= 2);
	cwnd = ops->loss_cwnd(cc, in_flight, how);
	check(cwnd >= 1);
	ltcp_cc_set_cwnd(cc, cwnd);
}

static void one_event(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc, u64 now_us,
		      struct input *in)
{
	switch (take8(in) & 15) {
	case 0:
	case 1:
		one_loss(ops, cc, now_us, in);
		break;
	case 2:
		ops->idle_restart(cc, take_number(in));
		break;
	case 3:
		ltcp_cc_set_cwnd(cc, ops->undo_cwnd(cc));
		break;
	case 4:
		if (ops->recovered)
			ops->recovered(cc);
		break;
	case 5:
		if (ops->on_restart)
			ops->on_restart(cc, now_us);
		break;
	case 6:
		cc->cwnd_clamp = take_number(in);
		break;
	default:
		one_ack(ops, cc, now_us, in);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };
	const struct ltcp_cc_ops *ops = algorithms[take8(&in) % ARRAY_SIZE(algorithms)];
	struct ltcp_cc cc = {
		.cwnd = 10, .ssthresh = LTCP_SSTHRESH_INFINITE, .cwnd_clamp = U32_MAX,
		.rand = take32(&in),
	};
	u64 now_us = take32(&in);

	ops->init(&cc);
	while (in.at < in.end) {
		u32 before = cc.cwnd;

		now_us += one_time(&in) ? take32(&in) : take16(&in);
		one_event(ops, &cc, now_us, &in);
		check(cc.cwnd >= 1 && cc.cwnd <= max(before, max(cc.cwnd_clamp, 1U)));
	}
	return 0;
}
