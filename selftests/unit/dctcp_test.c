// SPDX-License-Identifier: GPL-2.0
/* dctcp_test.c - tests of dctcp.c */
#include <math.h>

#include "unit.h"
#include "bottleneck.h"
#include "cong_storm.h"

static struct ltcp_cc cc_at(u32 cwnd, u32 ssthresh)
{
	struct ltcp_cc cc = {
		.cwnd = cwnd, .ssthresh = ssthresh, .cwnd_clamp = U32_MAX
	};

	ltcp_dctcp.init(&cc);
	return cc;
}

/* A window of data: acked segments, of which marked; growth is not of interest. */
static void window_of(struct ltcp_cc *cc, u32 acked, u32 marked)
{
	struct ltcp_cc_ack ack = {
		.acked_segs = acked, .ce_segs = marked, .round_start = true
	};

	ltcp_dctcp.on_ack(cc, &ack);
}

static u32 congestion(struct ltcp_cc *cc, u32 in_flight, enum ltcp_cc_loss loss)
{
	cc->ssthresh = ltcp_dctcp.ssthresh(cc, in_flight, loss);
	ltcp_cc_set_cwnd(cc, ltcp_dctcp.loss_cwnd(cc, in_flight, loss));
	return cc->cwnd;
}

/* alpha is seen by what a mark does to a large window: cwnd (1 - alpha/2). */
static double alpha_of(struct ltcp_cc cc)
{
	cc.cwnd = 1 << 30;
	return 2 * (1 - congestion(&cc, cc.cwnd, LTCP_LOSS_ECN) / (double)(1 << 30));
}

TEST(ltcp_dctcp_on_ack__alpha_formula, "C5")
{
	static const struct {
		u32 acked, marked;
	} windows[] = {
		{ 10, 0 }, { 10, 10 }, { 10, 5 }, { 1000, 1 }, { 3, 1 }, { 7, 7 },
		{ 1, 1 }, { 1, 0 }, { 1000000, 333333 },
	};

	FOR_EACH(w, windows) {
		struct ltcp_cc cc = cc_at(10, 10);
		double alpha = 1;

		EXPECT(fabs(alpha_of(cc) - 1) < 1e-6, "alpha begins at 1");
		for (u32 i = 0; i < 300; i++) {
			window_of(&cc, w->acked, w->marked);
			alpha += ((double)w->marked / w->acked - alpha) / 16;
			EXPECT(fabs(alpha_of(cc) - alpha) < 5e-5,
			       "%u of %u, window %u: %f, not %f", w->marked,
			       w->acked, i, alpha_of(cc), alpha);
		}
	}
}

/* Only a window's end changes alpha, by all that the window had. */
TEST(ltcp_dctcp_on_ack__once_a_window, "C5")
{
	struct ltcp_cc cc = cc_at(10, 10);
	struct ltcp_cc_ack ack = { .acked_segs = 1 };

	for (u32 i = 0; i < 9; i++) {
		ack.ce_segs = i < 5;
		ltcp_dctcp.on_ack(&cc, &ack);
		EXPECT(fabs(alpha_of(cc) - 1) < 1e-6, "segment %u", i);
	}
	ack.round_start = true;
	ltcp_dctcp.on_ack(&cc, &ack);
	EXPECT(fabs(alpha_of(cc) - (1 - 0.5 / 16)) < 1e-5, "5 of 10: %f",
	       alpha_of(cc));
	/* a window without segments says nothing */
	ack.acked_segs = 0;
	ltcp_dctcp.on_ack(&cc, &ack);
	EXPECT(fabs(alpha_of(cc) - (1 - 0.5 / 16)) < 1e-5, "empty");
	/* nor can there be more marks than segments */
	for (u32 i = 0; i < 200; i++)
		window_of(&cc, 1, 1000);
	EXPECT(fabs(alpha_of(cc) - 1) < 1e-4, "alpha above 1: %f", alpha_of(cc));
}

TEST(ltcp_dctcp_loss_cwnd__reductions, "C5 C2")
{
	static const struct {
		enum ltcp_cc_loss loss;
		u32 cwnd, in_flight, unmarked_windows;
		u32 ssthresh, new_cwnd;
	} cases[] = {
		/* alpha 1: Reno's half */
		{ LTCP_LOSS_ECN, 20, 20, 0, 10, 10 },
		{ LTCP_LOSS_ECN, 4, 4, 0, 2, 2 },
		{ LTCP_LOSS_ECN, 2, 2, 0, 2, 1 },
		{ LTCP_LOSS_ECN, 1, 1, 0, 2, 1 },
		/* (15/16)^10 = 0.5245: 1 - 0.262 */
		{ LTCP_LOSS_ECN, 1000, 1000, 10, 738, 738 },
		/* (15/16)^100 = 0.00157 */
		{ LTCP_LOSS_ECN, 10000, 10000, 100, 9993, 9993 },
		{ LTCP_LOSS_ECN, 100, 100, 100, 100, 100 },
		/* a loss is a loss, whatever alpha (section 3.5) */
		{ LTCP_LOSS_FAST, 1000, 1000, 100, 500, 500 },
		{ LTCP_LOSS_FAST, 1000, 200, 0, 100, 100 },
		{ LTCP_LOSS_RTO, 1000, 1000, 100, 500, 1 },
		{ LTCP_LOSS_RTO, 2, 2, 100, 2, 1 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_cc cc = cc_at(c->cwnd, 2);

		for (u32 i = 0; i < c->unmarked_windows; i++)
			window_of(&cc, 10, 0);
		cc.cwnd_cnt = 1;
		congestion(&cc, c->in_flight, c->loss);
		EXPECT_EQ(cc.ssthresh, c->ssthresh, "case %td", c - cases);
		EXPECT_EQ(cc.cwnd, c->new_cwnd, "case %td", c - cases);
		EXPECT_EQ(cc.prior_cwnd, c->cwnd, "case %td", c - cases);
		EXPECT_EQ(cc.cwnd_cnt, 0, "case %td", c - cases);
		EXPECT_EQ(ltcp_dctcp.undo_cwnd(&cc), c->cwnd, "undo, case %td",
			  c - cases);
	}
}

/* Small cuts of a small window add up to what the formula says. */
TEST(ltcp_dctcp_ssthresh__small_cuts_add_up, "C5")
{
	struct ltcp_cc cc = cc_at(10, 2);
	u32 cut = 0;
	double alpha;

	for (u32 i = 0; i < 40; i++)
		window_of(&cc, 10, 0);
	alpha = alpha_of(cc);
	for (u32 i = 0; i < 1000; i++) {
		cut += 10 - congestion(&cc, 10, LTCP_LOSS_ECN);
		cc.cwnd = 10;
	}
	EXPECT(fabs(cut - 1000 * 10 * alpha / 2) <= 1, "%u, not %f", cut,
	       1000 * 10 * alpha / 2);
}

/* Growth is Reno's, but for an ACK that tells of marks. */
TEST(ltcp_dctcp_on_ack__growth, "C5 C1")
{
	struct ltcp_cc cc = cc_at(10, LTCP_SSTHRESH_INFINITE);
	struct ltcp_cc_ack ack = { .acked_segs = 2, .cwnd_limited = true };

	ltcp_dctcp.on_ack(&cc, &ack);
	EXPECT_EQ(cc.cwnd, 12, "slow start");
	ack.ce_segs = 1;
	ltcp_dctcp.on_ack(&cc, &ack);
	EXPECT_EQ(cc.cwnd, 12, "a mark");
	ack.ce_segs = 0;
	cc.ssthresh = 12;
	for (u32 i = 0; i < 6; i++)
		ltcp_dctcp.on_ack(&cc, &ack);
	EXPECT_EQ(cc.cwnd, 13, "congestion avoidance");
	ack.cwnd_limited = false;
	for (u32 i = 0; i < 100; i++)
		ltcp_dctcp.on_ack(&cc, &ack);
	EXPECT_EQ(cc.cwnd, 13, "application-limited");
}

/*
 * The promise of DCTCP: on a path of 200 segments (1 Gbit/s, 2.4 ms), with marks
 * from 35 on, a little more than the seventh of it that theory asks for, the link
 * is always busy, the queue stays near the threshold, and nothing is lost.
 */
TEST(ltcp_dctcp__short_queue_and_full_link, "C5")
{
	struct bottleneck *b = bn_new(12, 2400, 400);
	u64 before, longest = 0;

	b->mark_segs = 35;
	b->flows[0].ops = &ltcp_dctcp;
	bn_run(b, 1000000);
	before = b->flows[0].delivered;
	for (u64 t = 1000000; t < 2000000; t += 50) {
		bn_run(b, t);
		longest = max(longest, (u64)bn_queue(b));
	}
	EXPECT(b->flows[0].delivered - before > 0.98 * 1000000 / 12,
	       "%llu segments of %u",
	       (unsigned long long)(b->flows[0].delivered - before),
	       1000000 / 12);
	EXPECT(longest < 70, "queue of %llu", (unsigned long long)longest);
	EXPECT_EQ(b->flows[0].losses, 0, "losses");
	free(b);
}

TEST(ltcp_dctcp__two_flows_share, "C5")
{
	struct bottleneck *b = bn_new(12, 2400, 400);
	u64 before[2];
	double share;

	b->mark_segs = 35;
	b->flows[0].ops = &ltcp_dctcp;
	b->flows[1].ops = &ltcp_dctcp;
	b->flows[1].start_us = 500000;
	bn_run(b, 3000000);
	before[0] = b->flows[0].delivered;
	before[1] = b->flows[1].delivered;
	bn_run(b, 8000000);
	share = (double)(b->flows[0].delivered - before[0]) /
		(b->flows[0].delivered - before[0] +
		 b->flows[1].delivered - before[1]);
	EXPECT(share > 0.4 && share < 0.6, "share %f", share);
	free(b);
}

TEST(ltcp_dctcp__any_events, "C5 ATTACK-17")
{
	storm(&ltcp_dctcp);
}
