// SPDX-License-Identifier: GPL-2.0
/* hystart_test.c - tests of hystart.c */
#include "unit.h"
#include "bottleneck.h"
#include "hystart.h"

#define N 8			/* samples that a verdict needs */
#define MS 1000U

struct hystart_run {
	struct ltcp_hystart h;
	u32 min_rtt_us;		/* 0: not known */
	bool over;
};

static struct hystart_run begin(void)
{
	struct hystart_run r = {};

	ltcp_hystart_init(&r.h);
	return r;
}

/* ACKs of one round, all with the same round trip. */
static void acks(struct hystart_run *r, u32 n, u32 rtt_us, bool new_round)
{
	for (u32 i = 0; i < n && !r->over; i++) {
		struct ltcp_cc_ack ack = {
			.acked_segs = 1, .rtt_us = rtt_us, .cwnd_limited = true,
			.round_start = new_round && !i, .min_rtt_us = r->min_rtt_us,
		};

		r->over = ltcp_hystart_on_ack(&r->h, &ack);
	}
}

static void round_of(struct hystart_run *r, u32 n, u32 rtt_us)
{
	acks(r, n, rtt_us, true);
}

/* RFC 9406 section 4.2: an eighth more, at least 4 ms, at most 16 ms */
static const struct {
	const char *what;
	u32 before_us, after_us, samples;
	bool css;
} increases[] = {
	{ "no change", 40000, 40000, N, false },
	{ "shorter", 40000, 30000, N, false },
	{ "just below an eighth", 40000, 44999, N, false },
	{ "an eighth", 40000, 45000, N, true },
	{ "one sample too few", 40000, 45000, N - 1, false },
	{ "many samples", 40000, 45000, 3 * N, true },
	{ "a short path: below 4 ms", 1000, 4999, N, false },
	{ "a short path: 4 ms", 1000, 5000, N, true },
	{ "a short path: an eighth is less than 4 ms", 31000, 34999, N, false },
	{ "a data centre", 50, 4049, N, false },
	{ "a long path: below 16 ms", 600000, 615999, N, false },
	{ "a long path: 16 ms", 600000, 616000, N, true },
	{ "the greatest number", 0xfffffffe, 0xfffffffe, N, false },
	{ "far above", 1, 0xfffffffe, N, true },
};

TEST(ltcp_hystart_on_ack__delay_increase, "C3")
{
	FOR_EACH(c, increases) {
		struct hystart_run r = begin();

		round_of(&r, N, c->before_us);
		EXPECT(!ltcp_hystart_in_css(&r.h), "%s: first round", c->what);
		round_of(&r, c->samples, c->after_us);
		EXPECT_EQ(ltcp_hystart_in_css(&r.h), c->css, "%s", c->what);
		EXPECT(!r.over, "%s: slow start over", c->what);
	}
}

/* The least of a round counts: seven late ACKs and a punctual one are no queue. */
TEST(ltcp_hystart_on_ack__jitter, "C3")
{
	struct hystart_run r = begin();

	round_of(&r, N, 40000);
	for (u32 round = 0; round < 100; round++) {
		round_of(&r, 3, 90000);
		acks(&r, 1, 42000, false);
		acks(&r, 20, 140000, false);
		EXPECT(!ltcp_hystart_in_css(&r.h), "round %u", round);
	}
	/* with the least of all unknown, it is the last round that counts */
	round_of(&r, 2 * N, 44000);
	EXPECT(!ltcp_hystart_in_css(&r.h), "less than 1/8 above the last");
	round_of(&r, 2 * N, 49500);
	EXPECT(ltcp_hystart_in_css(&r.h), "an eighth above the last");
}

/* A queue that grows little by little is one, too; so is one with gaps. */
TEST(ltcp_hystart_on_ack__least_of_all, "C3")
{
	static const u32 rounds_us[][3] = {
		{ 40000, 42500, 44999 }, { 40000, 42500, 45000 },
		{ 50000, 52000, 46000 },
	};
	static const bool css[] = { false, true, false };

	for (u32 i = 0; i < ARRAY_SIZE(rounds_us); i++) {
		struct hystart_run r = begin();

		for (u32 n = 0; n < 3; n++) {
			r.min_rtt_us = min(rounds_us[i][0], rounds_us[i][n]);
			EXPECT(!ltcp_hystart_in_css(&r.h), "%u: round %u", i, n);
			round_of(&r, N, rounds_us[i][n]);
		}
		EXPECT_EQ(ltcp_hystart_in_css(&r.h), css[i], "%u", i);
	}
}

/* Without a round trip of the last round there is nothing to compare with. */
TEST(ltcp_hystart_on_ack__no_samples, "C3")
{
	struct hystart_run r = begin();

	round_of(&r, N, 40000);
	round_of(&r, 30, 0);
	round_of(&r, N, 80000);
	EXPECT(!ltcp_hystart_in_css(&r.h), "a round without samples before");
	round_of(&r, N, 120000);
	EXPECT(ltcp_hystart_in_css(&r.h), "one with samples before");
}

TEST(ltcp_hystart_on_ack__css_ends_slow_start, "C3")
{
	struct hystart_run r = begin();

	round_of(&r, N, 40000);
	/* section 4.2: the rest of this round is the first of the five */
	round_of(&r, N, 50000);
	for (u32 round = 2; round <= 5; round++) {
		round_of(&r, 20, 50000 + round);
		EXPECT(ltcp_hystart_in_css(&r.h) && !r.over, "round %u", round);
	}
	round_of(&r, 1, 50000);
	EXPECT(r.over, "after the fifth");
}

TEST(ltcp_hystart_on_ack__css_was_jitter, "C3")
{
	struct hystart_run r = begin();

	round_of(&r, N, 40000);
	round_of(&r, N, 50000);
	round_of(&r, N, 50000);
	EXPECT(ltcp_hystart_in_css(&r.h), "as long as at the baseline");
	round_of(&r, N - 1, 49999);
	EXPECT(ltcp_hystart_in_css(&r.h), "seven samples do not count");
	acks(&r, 1, 49999, false);
	EXPECT(!ltcp_hystart_in_css(&r.h), "eight do: slow start again");
	/* and it is HyStart++ again, with all five rounds before it */
	round_of(&r, N, 60000);
	EXPECT(ltcp_hystart_in_css(&r.h), "a new increase");
	for (u32 round = 2; round <= 5; round++)
		round_of(&r, N, 60000);
	EXPECT(!r.over, "rounds count anew");
	round_of(&r, N, 60000);
	EXPECT(r.over, "five rounds");

	/* however many samples a round has */
	r = begin();
	round_of(&r, N, 40000);
	round_of(&r, 256, 50000);
	acks(&r, 1, 49999, false);
	EXPECT(!ltcp_hystart_in_css(&r.h), "the 257th sample");
}

/* Who does not fill the window has not made the queue. */
TEST(ltcp_hystart_on_ack__application_limited, "C3")
{
	struct hystart_run r = begin();
	struct ltcp_cc_ack ack = { .acked_segs = 1, .rtt_us = 60000 };

	round_of(&r, N, 40000);
	for (u32 i = 0; i < 10 * N; i++) {
		ack.round_start = i % N == 0;
		ack.rtt_us += i % N == 0 ? 30000 : 0;
		r.over |= ltcp_hystart_on_ack(&r.h, &ack);
	}
	EXPECT(!ltcp_hystart_in_css(&r.h) && !r.over, "a verdict");

	/* in CSS its rounds do not count */
	r = begin();
	round_of(&r, N, 40000);
	round_of(&r, N, 60000);
	EXPECT(ltcp_hystart_in_css(&r.h), "CSS");
	ack.rtt_us = 60000;
	for (u32 i = 0; i < 100; i++) {
		ack.round_start = true;
		r.over |= ltcp_hystart_on_ack(&r.h, &ack);
	}
	EXPECT(ltcp_hystart_in_css(&r.h) && !r.over, "rounds counted");
}

/* A round of ACKs that come @gap_us apart, over a path of @rtt_us */
static const struct {
	const char *what;
	u32 rtt_us, acks, gap_us, late_us;
	bool paced, limited, over;
	u32 srtt_us;		/* 0: as rtt_us */
} trains[] = {
	{ "half a round trip", 40000, 21, 1000, 0, false, true, true },
	{ "an ACK less", 40000, 20, 1000, 0, false, true, false },
	{ "far apart, but a train: an eighth", 40000, 5, 5000, 0, false, true, true },
	{ "too far apart", 40000, 40, 5001, 0, false, true, false },
	{ "10 Mbit/s: two packets an ACK", 20000, 6, 2422, 0, false, true, true },
	{ "a short path: 2 ms apart", 8000, 3, 2000, 0, false, true, true },
	{ "a short path: too far apart", 8000, 40, 2001, 0, false, true, false },
	{ "a long path: 5 ms apart", 200000, 21, 5000, 0, false, true, true },
	{ "a long path: too far apart", 200000, 40, 5001, 0, false, true, false },
	{ "a gap in its midst", 40000, 40, 1000, 4001, false, true, false },
	{ "paced, a whole round trip", 40000, 41, 1000, 0, true, true, true },
	{ "paced, an ACK less", 40000, 40, 1000, 0, true, true, false },
	{ "paced, behind a queue of others", 40000, 50, 1000, 0, true, true, false, 50000 },
	{ "paced, and a whole round trip with that", 40000, 51, 1000, 0, true, true, true, 50000 },
	{ "the application is the limit", 40000, 40, 1000, 0, false, false, false },
	{ "a short path: 2 ms", 1000, 21, 100, 0, false, true, true },
	{ "a short path: less", 1000, 20, 100, 0, false, true, false },
	{ "no round trip known", 0, 40, 1000, 0, false, true, false },
};

TEST(ltcp_hystart_on_ack__train, "C3")
{
	FOR_EACH(c, trains) {
		struct hystart_run r = begin();
		u64 now_us = 5000000;

		for (u32 i = 0; i < c->acks; i++) {
			struct ltcp_cc_ack ack = {
				.now_us = now_us, .acked_segs = 1,
				.min_rtt_us = c->rtt_us, .paced = c->paced,
				.srtt_us = c->srtt_us ?: c->rtt_us,
				.cwnd_limited = c->limited, .round_start = !i,
			};

			EXPECT(!r.over, "%s: over too early", c->what);
			r.over = ltcp_hystart_on_ack(&r.h, &ack);
			now_us += i == 1 ? c->gap_us + c->late_us : c->gap_us;
		}
		EXPECT_EQ(r.over, c->over, "%s", c->what);
	}
}

/* Each round has a train of its own; the silence between them is no part. */
TEST(ltcp_hystart_on_ack__trains_of_rounds, "C3")
{
	struct hystart_run r = begin();
	struct ltcp_cc_ack ack = {
		.now_us = U32_MAX - 100000, .acked_segs = 1,
		.min_rtt_us = 40000, .cwnd_limited = true,
	};

	for (u32 round = 0; round < 10; round++) {
		for (u32 i = 0; i < 15; i++) {
			ack.round_start = !i;
			r.over |= ltcp_hystart_on_ack(&r.h, &ack);
			ack.now_us += 1000;
		}
		ack.now_us += 25000;
	}
	EXPECT(!r.over, "short trains");
}

/* RFC 9406 section 4.2: min(N, L) in slow start, a quarter of it in CSS */
static const struct {
	const char *what;
	u32 acked, limit, growth, css_growth_of_8;
} growths[] = {
	{ "one segment", 1, 0, 1, 2 },
	{ "two", 2, 0, 2, 4 },
	{ "three", 3, 0, 3, 6 },
	{ "eight: L", 8, 0, 8, 16 },
	{ "more than L", 44, 0, 8, 16 },
	{ "paced: no limit", 44, U32_MAX, 44, 88 },
	{ "L of one", 44, 1, 1, 2 },
	{ "nothing", 0, 0, 0, 0 },
	{ "the greatest number", U32_MAX, U32_MAX, U32_MAX, 8589934590 % (1ULL << 32) },
};

TEST(ltcp_hystart_growth__limit_and_divisor, "C3 C1 ATTACK-29")
{
	FOR_EACH(c, growths) {
		struct ltcp_cc_ack ack = {
			.acked_segs = c->acked, .abc_l_segs = c->limit,
		};
		struct hystart_run r = begin();
		u32 sum = 0;

		EXPECT_EQ(ltcp_hystart_growth(&r.h, &ack), c->growth, "%s",
			  c->what);
		round_of(&r, N, 40000);
		round_of(&r, N, 50000);
		for (u32 i = 0; i < 8; i++)
			sum += ltcp_hystart_growth(&r.h, &ack);
		EXPECT_EQ(sum, c->css_growth_of_8, "%s, CSS", c->what);
	}
}

/*
 * A path of 50 ms and 1000 segments under way. Slow start without HyStart++ fills
 * any queue. With it the sender is in congestion avoidance before a queue of eight
 * times the path is full, and by the trains of ACKs before one shorter than the path is.
 */
static const struct {
	const char *what;
	u32 limit, ack_every;
	bool paced;
} paths[] = {
	{ "a long queue, by delay", 8000, 1, true },
	{ "a long queue, by delay, two segments an ACK", 8000, 2, true },
	{ "a long queue, by delay, GRO", 8000, 20, true },
	{ "a long queue", 8000, 1, false },
	{ "a queue as long as the path", 1000, 1, false },
	{ "a shorter one", 750, 1, false },
	{ "a shorter one, GRO", 750, 20, false },
};

static u64 slow_start_losses(const struct ltcp_cc_ops *ops, u32 limit,
			     u32 ack_every, bool paced, u32 *queue)
{
	struct bottleneck *b = bn_new(50, 50 * MS, limit);
	struct bn_flow *f = &b->flows[0];
	u64 losses, now_us = 0;

	f->ops = ops;
	f->ack_every = ack_every;
	f->paced = paced;
	while (f->cc.ssthresh == LTCP_SSTHRESH_INFINITE || !now_us)
		bn_run(b, now_us += 1 * MS);
	*queue = b->longest_segs;
	/* the longest round trip later all losses of that flight are known */
	bn_run(b, now_us + 50 * MS + 50 * limit);
	losses = f->losses;
	free(b);
	return losses;
}

TEST(ltcp_hystart__leaves_before_the_queue_overflows, "C3")
{
	FOR_EACH(p, paths) {
		u32 queue;
		u64 losses = slow_start_losses(&ltcp_reno, p->limit,
					       p->ack_every, p->paced, &queue);

		EXPECT(losses, "%s: the test is too easy", p->what);
		losses = slow_start_losses(&ltcp_cubic, p->limit, p->ack_every,
					   p->paced, &queue);
		EXPECT_EQ(losses, 0, "%s: queue %u of %u", p->what, queue,
			  p->limit);
	}
}

/* Jitter below the threshold never ends it: no queue on a path this fast. */
TEST(ltcp_hystart__stays_on_jitter, "C3")
{
	static const struct {
		u32 rtt_us, jitter_us;
	} cases[] = {
		{ 20 * MS, 0 }, { 20 * MS, 3999 }, { 100 * MS, 12 * MS },
		{ 1 * MS, 3999 }, { 200 * MS, 15999 },
	};

	FOR_EACH(c, cases) {
		struct bottleneck *b = bn_new(1, c->rtt_us, 60000);
		struct bn_flow *f = &b->flows[0];

		f->ops = &ltcp_cubic;
		f->jitter_us = c->jitter_us;
		for (u64 t = 0; t < 3000 * MS && f->cc.cwnd < 800; t += 100)
			bn_run(b, t);
		EXPECT(f->cc.cwnd >= 800 &&
		       f->cc.ssthresh == LTCP_SSTHRESH_INFINITE,
		       "RTT %u, jitter %u: left at %u", c->rtt_us, c->jitter_us,
		       f->cc.cwnd);
		free(b);
	}
}

/* CUBIC on a path whose round trip grows without end. */
static struct ltcp_cc growing_delay(u32 cwnd, u32 ssthresh, u32 clamp)
{
	struct ltcp_cc cc = {
		.cwnd = cwnd, .ssthresh = ssthresh, .cwnd_clamp = clamp
	};

	ltcp_cubic.init(&cc);
	for (u32 round = 0; round < 20; round++)
		for (u32 i = 0; i < N; i++) {
			struct ltcp_cc_ack ack = {
				.acked_segs = 1, .cwnd_limited = true,
				.rtt_us = 20000 * (round + 1),
				.round_start = !i,
			};

			ltcp_cubic.on_ack(&cc, &ack);
		}
	return cc;
}

/* Only the first slow start has no threshold, and only it uses HyStart++. */
TEST(ltcp_hystart__first_slow_start_only, "C3")
{
	struct ltcp_cc cc = growing_delay(100, 100000, U32_MAX);

	EXPECT_EQ(cc.ssthresh, 100000, "a later one: ssthresh");
	EXPECT_EQ(cc.cwnd, 100 + 20 * N, "a later one: cwnd");
	cc = growing_delay(100, LTCP_SSTHRESH_INFINITE, U32_MAX);
	/* two rounds, but for the ACK that tells; with it, four of CSS */
	EXPECT_EQ(cc.ssthresh, 100 + 2 * N - 1 + (1 + 4 * N) / 4, "the first");
	cc = growing_delay(1, LTCP_SSTHRESH_INFINITE, 1);
	EXPECT_EQ(cc.ssthresh, 2, "the least ssthresh");
}
