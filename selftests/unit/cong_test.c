// SPDX-License-Identifier: GPL-2.0
/* cong_test.c - tests of reno.c and tahoe.c */
#include "unit.h"
#include "cong.h"

#define MSS 1460
#define NO_CLAMP U32_MAX

static struct ltcp_cc cc_at(const struct ltcp_cc_ops *ops, u32 cwnd, u32 ssthresh)
{
	struct ltcp_cc cc = {
		.cwnd = cwnd, .ssthresh = ssthresh, .cwnd_clamp = NO_CLAMP
	};

	ops->init(&cc);
	return cc;
}

static void ack_with(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc,
		     struct ltcp_cc_ack ack)
{
	ack.mss = MSS;
	ack.acked_bytes = ack.acked_segs * MSS;
	ack.in_flight = cc->cwnd;
	ops->on_ack(cc, &ack);
}

static void ack_segs(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc, u32 segs)
{
	ack_with(ops, cc, (struct ltcp_cc_ack) {
		.acked_segs = segs, .cwnd_limited = true });
}

/* A round trip: the whole window is acknowledged, segment by segment. */
static void round_trip(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc)
{
	for (u32 left = cc->cwnd; left; left--)
		ack_segs(ops, cc, 1);
}

/* What the adapter does when congestion shows. */
static void congestion(const struct ltcp_cc_ops *ops, struct ltcp_cc *cc,
		       u32 in_flight, enum ltcp_cc_loss loss)
{
	cc->ssthresh = ops->ssthresh(cc, in_flight, loss);
	ltcp_cc_set_cwnd(cc, ops->loss_cwnd(cc, in_flight, loss));
}

TEST(ltcp_reno_on_ack__slow_start_doubles, "C1 MUST-19")
{
	struct ltcp_cc cc = cc_at(&ltcp_reno, 1, LTCP_SSTHRESH_INFINITE);

	for (u32 want = 2; want <= 1024; want *= 2) {
		round_trip(&ltcp_reno, &cc);
		EXPECT_EQ(cc.cwnd, want, "slow start");
	}
}

/* RFC 3465 section 2.2 and 2.3 */
static const struct {
	const char *what;
	u32 acked, limit, growth;
} abc[] = {
	{ "one segment", 1, 0, 1 },
	{ "a delayed ACK", 2, 0, 2 },
	{ "a stretch ACK counts two", 10, 0, 2 },
	{ "after a timeout, L is 1", 2, 1, 1 },
	{ "a paced sender", 10, 8, 8 },
	{ "a paced sender, few acknowledged", 3, 8, 3 },
	{ "a paced sender without limit", 40, U32_MAX, 40 },
	{ "part of a segment", 0, 0, 0 },
};

TEST(ltcp_reno_on_ack__byte_counting, "C1 ATTACK-29")
{
	FOR_EACH(c, abc) {
		struct ltcp_cc cc = cc_at(&ltcp_reno, 10, 1000);

		ack_with(&ltcp_reno, &cc, (struct ltcp_cc_ack) {
			.acked_segs = c->acked, .abc_l_segs = c->limit,
			.cwnd_limited = true });
		EXPECT_EQ(cc.cwnd, 10 + c->growth, "%s", c->what);
	}
}

/* A peer that acknowledges each segment in a hundred pieces gains nothing. */
TEST(ltcp_reno_on_ack__divided_acks, "C1 ATTACK-29")
{
	static const u32 ssthreshes[] = { 2, 1000 };

	FOR_EACH(ssthresh, ssthreshes) {
		struct ltcp_cc honest = cc_at(&ltcp_reno, 10, *ssthresh);
		struct ltcp_cc divided = honest;

		for (u32 seg = 0; seg < 10; seg++) {
			ack_segs(&ltcp_reno, &honest, 1);
			for (u32 piece = 1; piece <= 100; piece++)
				ack_segs(&ltcp_reno, &divided, piece == 100);
		}
		EXPECT_EQ(divided.cwnd, honest.cwnd, "ssthresh %u", *ssthresh);
	}
}

TEST(ltcp_reno_on_ack__congestion_avoidance, "C1 MUST-19")
{
	struct ltcp_cc cc = cc_at(&ltcp_reno, 10, 10);

	for (u32 want = 11; want < 100; want++) {
		for (u32 left = cc.cwnd - 1; left; left--)
			ack_segs(&ltcp_reno, &cc, 1);
		EXPECT_EQ(cc.cwnd, want - 1, "one segment short of a window");
		ack_segs(&ltcp_reno, &cc, 1);
		EXPECT_EQ(cc.cwnd, want, "a window");
	}
	/* however many segments an ACK covers: delayed, stretched */
	cc = cc_at(&ltcp_reno, 10, 10);
	for (u32 acks = 0; acks < 5; acks++)
		ack_segs(&ltcp_reno, &cc, 2);
	EXPECT_EQ(cc.cwnd, 11, "delayed ACKs");
	ack_segs(&ltcp_reno, &cc, 11);
	EXPECT_EQ(cc.cwnd, 12, "one ACK for the window");
	ack_segs(&ltcp_reno, &cc, U32_MAX);
	EXPECT_EQ(cc.cwnd, 13, "one ACK, one segment, whatever it claims");
	/* what one ACK has too many counts for the next */
	cc = cc_at(&ltcp_reno, 10, 10);
	ack_segs(&ltcp_reno, &cc, 14);
	ack_segs(&ltcp_reno, &cc, 6);
	EXPECT_EQ(cc.cwnd, 11, "a segment short of the second window");
	ack_segs(&ltcp_reno, &cc, 1);
	EXPECT_EQ(cc.cwnd, 12, "the second window");
}

TEST(ltcp_reno_on_ack__crosses_ssthresh, "C1")
{
	struct ltcp_cc cc = cc_at(&ltcp_reno, 9, 10);

	ack_segs(&ltcp_reno, &cc, 2);
	EXPECT_EQ(cc.cwnd, 10, "slow start ends at ssthresh");
	EXPECT_EQ(cc.cwnd_cnt, 1, "the rest counts for congestion avoidance");
	for (u32 i = 0; i < 9; i++)
		ack_segs(&ltcp_reno, &cc, 1);
	EXPECT_EQ(cc.cwnd, 11, "congestion avoidance");
}

TEST(ltcp_reno_on_ack__no_growth, "C1")
{
	static const u32 ssthreshes[] = { 2, 1000 };

	FOR_EACH(ssthresh, ssthreshes) {
		struct ltcp_cc cc = cc_at(&ltcp_reno, 10, *ssthresh);

		for (u32 i = 0; i < 100; i++) {
			ack_with(&ltcp_reno, &cc, (struct ltcp_cc_ack) {
				.acked_segs = 2 });
			EXPECT_EQ(cc.cwnd, 10, "window not used up");
			ack_with(&ltcp_reno, &cc, (struct ltcp_cc_ack) {
				.acked_segs = 2, .cwnd_limited = true,
				.in_recovery = true });
			EXPECT_EQ(cc.cwnd, 10, "in recovery");
		}
		EXPECT_EQ(cc.cwnd_cnt, 0, "credit");
	}
}

TEST(ltcp_reno_on_ack__clamp, "C1")
{
	static const u32 ssthreshes[] = { 2, 1000 };

	FOR_EACH(ssthresh, ssthreshes) {
		struct ltcp_cc cc = cc_at(&ltcp_reno, 10, *ssthresh);

		cc.cwnd_clamp = 13;
		for (u32 i = 0; i < 1000; i++)
			ack_segs(&ltcp_reno, &cc, 2);
		EXPECT_EQ(cc.cwnd, 13, "ssthresh %u", *ssthresh);
	}
}

/* RFC 5681 equation 4, RFC 8511, and the textbook's Tahoe */
static const struct {
	const struct ltcp_cc_ops *ops;
	enum ltcp_cc_loss loss;
	u32 cwnd, old_ssthresh, in_flight;
	u32 ssthresh, new_cwnd;
} losses[] = {
	{ &ltcp_reno, LTCP_LOSS_FAST, 20, 10, 20, 10, 10 },
	{ &ltcp_reno, LTCP_LOSS_FAST, 21, 10, 21, 10, 10 },
	{ &ltcp_reno, LTCP_LOSS_FAST, 20, 10, 12, 6, 6 },
	{ &ltcp_reno, LTCP_LOSS_FAST, 20, 10, 30, 15, 15 },
	{ &ltcp_reno, LTCP_LOSS_FAST, 3, 10, 3, 2, 2 },
	{ &ltcp_reno, LTCP_LOSS_FAST, 1, 10, 0, 2, 2 },
	{ &ltcp_reno, LTCP_LOSS_RTO, 20, 10, 20, 10, 1 },
	{ &ltcp_reno, LTCP_LOSS_RTO, 20, 10, 1, 2, 1 },
	{ &ltcp_reno, LTCP_LOSS_ECN, 20, 10, 20, 16, 16 },
	{ &ltcp_reno, LTCP_LOSS_ECN, 20, 30, 20, 10, 10 },
	{ &ltcp_reno, LTCP_LOSS_ECN, 2, 2, 2, 2, 2 },
	{ &ltcp_tahoe, LTCP_LOSS_FAST, 20, 10, 20, 10, 1 },
	{ &ltcp_tahoe, LTCP_LOSS_FAST, 3, 10, 3, 2, 1 },
	{ &ltcp_tahoe, LTCP_LOSS_RTO, 20, 10, 20, 10, 1 },
	{ &ltcp_tahoe, LTCP_LOSS_ECN, 20, 10, 20, 10, 1 },
};

TEST(ltcp_cc_ops__losses, "C2 C6")
{
	FOR_EACH(c, losses) {
		struct ltcp_cc cc = cc_at(c->ops, c->cwnd, c->old_ssthresh);

		cc.cwnd_cnt = 1;
		congestion(c->ops, &cc, c->in_flight, c->loss);
		EXPECT_EQ(cc.ssthresh, c->ssthresh, "%s, loss %d, case %td",
			  c->ops->name, c->loss, c - losses);
		EXPECT_EQ(cc.cwnd, c->new_cwnd, "%s, loss %d, case %td",
			  c->ops->name, c->loss, c - losses);
		EXPECT_EQ(cc.prior_cwnd, c->cwnd, "case %td", c - losses);
		EXPECT_EQ(cc.cwnd_cnt, 0, "case %td", c - losses);
	}
}

/*
 * The figure of every textbook: ssthresh 8, three duplicate ACKs in the eighth
 * round, a window of 12. Reno goes on from 6, Tahoe starts from 1.
 */
TEST(ltcp_cc_ops__textbook_sawtooth, "C2")
{
	static const struct {
		const struct ltcp_cc_ops *ops;
		u32 windows[15];
	} runs[] = {
		{ &ltcp_reno,
		  { 1, 2, 4, 8, 9, 10, 11, 12, 6, 7, 8, 9, 10, 11, 12 } },
		{ &ltcp_tahoe,
		  { 1, 2, 4, 8, 9, 10, 11, 12, 1, 2, 4, 6, 7, 8, 9 } },
	};

	FOR_EACH(run, runs) {
		struct ltcp_cc cc = cc_at(run->ops, 1, 8);

		for (unsigned int round = 0; round < 15; round++) {
			EXPECT_EQ(cc.cwnd, run->windows[round], "%s, round %u",
				  run->ops->name, round + 1);
			if (round == 7)
				congestion(run->ops, &cc, cc.cwnd, LTCP_LOSS_FAST);
			else
				round_trip(run->ops, &cc);
		}
	}
}

TEST(ltcp_reno_undo_cwnd__back_to_before, "C2 R7")
{
	struct ltcp_cc cc = cc_at(&ltcp_reno, 20, 10);

	congestion(&ltcp_reno, &cc, 20, LTCP_LOSS_RTO);
	EXPECT_EQ(ltcp_reno.undo_cwnd(&cc), 20, "at once");
	cc.cwnd = 25;
	EXPECT_EQ(ltcp_reno.undo_cwnd(&cc), 25, "not downwards");
}

TEST(ltcp_reno_idle_restart__initial_window, "C1")
{
	struct ltcp_cc cc = cc_at(&ltcp_reno, 100, 50);

	cc.cwnd_cnt = 30;
	ltcp_reno.idle_restart(&cc, 10);
	EXPECT_EQ(cc.cwnd, 10, "cwnd");
	EXPECT_EQ(cc.ssthresh, 50, "what is known of the path stays");
	EXPECT_EQ(cc.cwnd_cnt, 0, "credit");
	cc.cwnd = 4;
	ltcp_reno.idle_restart(&cc, 10);
	EXPECT_EQ(cc.cwnd, 4, "never upwards");
	ltcp_reno.idle_restart(&cc, 0);
	EXPECT_EQ(cc.cwnd, 1, "never below one");
}

static u32 any_number(void)
{
	static const u32 numbers[] = {
		0, 1, 2, 3, 10, 1000, 0x7fffffff, 0x80000000, 0xfffffffe, U32_MAX
	};

	return numbers[unit_random_below(ARRAY_SIZE(numbers))];
}

/* Whatever a peer makes happen, cwnd stays at least 1, and nothing traps. */
static void storm(const struct ltcp_cc_ops *ops)
{
	struct ltcp_cc cc = cc_at(ops, 10, LTCP_SSTHRESH_INFINITE);

	for (unsigned int i = 0; i < 300000; i++) {
		u32 clamp = any_number();
		u32 before, credit;

		if (unit_random_below(100) == 0)
			cc.cwnd_clamp = clamp;
		if (unit_random_below(100) == 0)
			ltcp_cc_set_cwnd(&cc, any_number());
		before = cc.cwnd;
		credit = cc.cwnd_cnt;
		switch (unit_random_below(8)) {
		case 0:
			congestion(ops, &cc, any_number(), unit_random_below(3));
			EXPECT(cc.ssthresh >= 2, "ssthresh %u", cc.ssthresh);
			break;
		case 1:
			ops->idle_restart(&cc, any_number());
			break;
		case 2:
			ltcp_cc_set_cwnd(&cc, ops->undo_cwnd(&cc));
			break;
		default:
			ack_with(ops, &cc, (struct ltcp_cc_ack) {
				.acked_segs = any_number(),
				.abc_l_segs = any_number(),
				.cwnd_limited = unit_random() & 1,
				.in_recovery = unit_random() & 1 });
			EXPECT(cc.cwnd >= min(before, max(cc.cwnd_clamp, 1U)),
			       "an ACK took %u to %u", before, cc.cwnd);
			EXPECT(cc.cwnd_cnt <= max(cc.cwnd, credit),
			       "credit %u of %u", cc.cwnd_cnt, cc.cwnd);
			break;
		}
		EXPECT(cc.cwnd >= 1, "step %u", i);
		EXPECT(cc.cwnd <= max(before, max(cc.cwnd_clamp, 1U)),
		       "step %u: %u over %u", i, cc.cwnd, cc.cwnd_clamp);
	}
}

TEST(ltcp_reno__any_events, "C2 ATTACK-17")
{
	storm(&ltcp_reno);
}

TEST(ltcp_tahoe__any_events, "C2 ATTACK-17")
{
	storm(&ltcp_tahoe);
}
