// SPDX-License-Identifier: GPL-2.0
/* rtt_test.c - tests of rtt.c */
#include <math.h>

#include "unit.h"
#include "rtt.h"

#define NO_MIN 0
#define NO_MAX U32_MAX
#define INITIAL_US 1000000

static u32 rto(const struct ltcp_rtt *r)
{
	return ltcp_rtt_rto_us(r, NO_MIN, NO_MAX, INITIAL_US, 1);
}

/* RFC 6298 (2.2): SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR = 3 R */
TEST(ltcp_rtt_sample__first, "R1")
{
	static const u32 samples[] = { 1, 2, 100, 1000, 100000, 60000000 };

	FOR_EACH(rtt, samples) {
		struct ltcp_rtt r = {};

		ltcp_rtt_sample(&r, *rtt, true);
		EXPECT_EQ(r.srtt_us, 8 * *rtt, "R %u", *rtt);
		EXPECT_EQ(r.rttvar_us, 4 * *rtt / 2, "R %u", *rtt);
		EXPECT_EQ(rto(&r), 3 * *rtt, "R %u", *rtt);
	}
}

/*
 * RFC 6298 (2.3), by hand: 100 ms, then 200 ms:
 * RTTVAR = 3/4 * 50 + 1/4 * |100 - 200| = 62.5; computed with the SRTT of
 * before: with the one of after it would be 59.375.
 * SRTT = 7/8 * 100 + 1/8 * 200 = 112.5. RTO = 112.5 + 4 * 62.5 = 362.5.
 * Then 50 ms: RTTVAR = 3/4 * 62.5 + 1/4 * 62.5 = 62.5, SRTT = 104.6875.
 */
TEST(ltcp_rtt_sample__by_hand, "R1")
{
	struct ltcp_rtt r = {};

	ltcp_rtt_sample(&r, 100000, true);
	ltcp_rtt_sample(&r, 200000, true);
	EXPECT_EQ(r.srtt_us, 8 * 112500, "second");
	EXPECT_EQ(r.rttvar_us, 4 * 62500, "second");
	EXPECT_EQ(rto(&r), 362500, "second");
	ltcp_rtt_sample(&r, 50000, true);
	EXPECT_EQ(r.srtt_us, 8 * 104687 + 4, "third");
	EXPECT_EQ(r.rttvar_us, 4 * 62500, "third");
}

/* Against the formulas in floating point; integers lose a few microseconds. */
TEST(ltcp_rtt_sample__formulas, "R1")
{
	static const u32 spans[] = { 10, 1000, 100000, 10000000 };

	FOR_EACH(span, spans) {
		struct ltcp_rtt r = {};
		double srtt = 0, rttvar = 0;

		for (unsigned int i = 0; i < 1000; i++) {
			u32 rtt = *span + unit_random_below(*span);

			if (!i) {
				srtt = rtt;
				rttvar = rtt / 2.0;
			} else {
				rttvar += (fabs(srtt - rtt) - rttvar) / 4;
				srtt += (rtt - srtt) / 8;
			}
			ltcp_rtt_sample(&r, rtt, true);
			EXPECT(fabs(r.srtt_us / 8.0 - srtt) < 2 &&
			       fabs(r.rttvar_us / 4.0 - rttvar) < 2,
			       "sample %u of %u: %u and %f, %u and %f", i, rtt,
			       r.srtt_us, 8 * srtt, r.rttvar_us, 4 * rttvar);
		}
	}
}

/*
 * RFC 7323 section 4.2: however many samples a round trip gives, what is remembered
 * is as long. RTTVAR is 3/4 of it after a round without variation, and it takes ten
 * rounds, not ten ACKs, to bring it near 0.
 */
TEST(ltcp_rtt_sample__history_of_rounds, "R1")
{
	static const unsigned int per_round[] = { 1, 2, 10, 1000 };

	FOR_EACH(n, per_round) {
		struct ltcp_rtt r = {};
		u32 rttvar = 4 * 50000;

		ltcp_rtt_sample(&r, 100000, true);
		for (unsigned int i = 0; i < 10 * *n; i++) {
			ltcp_rtt_sample(&r, 100000, i % *n == 0);
			if (i % *n == 0)
				rttvar -= rttvar / 4;
			EXPECT_EQ(r.rttvar_us, rttvar, "sample %u, %u a round", i, *n);
		}
	}
}

/*
 * The sample that strays farthest counts, at once and wherever in the round it comes:
 * 100 ms, RTTVAR 50; then a heap of late ACKs, 900 ms and less:
 * RTTVAR = 3/4 * 50 + 1/4 * 800 = 237.5, and 3/4 of that after the next round.
 */
TEST(ltcp_rtt_sample__worst_of_a_round, "R1")
{
	struct ltcp_rtt r = {};

	ltcp_rtt_sample(&r, 100000, true);
	ltcp_rtt_sample(&r, 100000, true);
	EXPECT_EQ(r.rttvar_us, 4 * 37500, "no late one yet");
	ltcp_rtt_sample(&r, 900000, false);
	EXPECT_EQ(r.rttvar_us, 4 * 237500, "the first late one");
	for (unsigned int i = 0; i < 100; i++)
		ltcp_rtt_sample(&r, 899000 - i * 1000, false);
	EXPECT_EQ(r.rttvar_us, 4 * 237500, "the others");
	ltcp_rtt_sample(&r, r.srtt_us >> 3, true);
	EXPECT_EQ(r.rttvar_us, 3 * 237500, "the next round");
}

TEST(ltcp_rtt_sample__zero_counts_as_one, "R1")
{
	struct ltcp_rtt zero = {}, one = {};

	for (unsigned int i = 0; i < 50; i++) {
		ltcp_rtt_sample(&zero, 0, true);
		ltcp_rtt_sample(&one, 1, true);
		EXPECT(zero.srtt_us == one.srtt_us &&
		       zero.rttvar_us == one.rttvar_us, "sample %u", i);
		EXPECT(zero.srtt_us, "sample %u looks like none", i);
	}
}

/* The largest of samples, and the wildest changes, leave no nonsense. */
TEST(ltcp_rtt_sample__no_overflow, "R1")
{
	static const u32 samples[] = {
		0, 1, 1000000, 0x1ffffffe, 0x1fffffff, 0x20000000, 0x7fffffff,
		0x80000000, 0xfffffffe, 0xffffffff,
	};
	struct ltcp_rtt r = {};

	for (unsigned int i = 0; i < 100000; i++) {
		u32 rtt = samples[unit_random_below(ARRAY_SIZE(samples))];

		ltcp_rtt_sample(&r, rtt, unit_random_below(2));
		EXPECT(r.srtt_us && r.srtt_us >> 3 < 1U << 29 &&
		       r.rttvar_us >> 2 < 1U << 29,
		       "sample %#x: %#x, %#x", rtt, r.srtt_us, r.rttvar_us);
		EXPECT(rto(&r) >= r.srtt_us >> 3, "RTO below SRTT");
	}
	for (unsigned int i = 0; i < 300; i++)
		ltcp_rtt_sample(&r, U32_MAX, true);
	EXPECT(r.srtt_us >> 3 > (1U << 29) - 16, "settles at the greatest: %#x",
	       r.srtt_us);
}

TEST(ltcp_rtt_rto_us__bounds, "R1")
{
	static const struct {
		u32 rtt, min, max, initial, granularity, want;
	} cases[] = {
		/* before the first sample (2.1) */
		{ 0, 200000, 120000000, 1000000, 1000, 1000000 },
		{ 0, 200000, 500000, 1000000, 1000, 500000 },
		{ 0, 2000000, 9000000, 1000000, 1000, 2000000 },
		/* one sample: 3 R */
		{ 100000, 200000, 120000000, 1000000, 1000, 300000 },
		{ 10000, 200000, 120000000, 1000000, 1000, 200000 },
		{ 10000, 1000000, 120000000, 1000000, 1000, 1000000 },
		{ 50000000, 200000, 120000000, 1000000, 1000, 120000000 },
		{ 40000000, 200000, 120000000, 1000000, 1000, 120000000 },
		{ 39999999, 200000, 120000000, 1000000, 1000, 119999997 },
		/* G is more than 4 RTTVAR (2.3) */
		{ 100, 0, 120000000, 1000000, 4000, 4100 },
		{ 2000, 0, 120000000, 1000000, 4000, 6000 },
		{ 100, 0, U32_MAX, 1000000, U32_MAX, U32_MAX },
		/* bounds that contradict each other: the upper wins */
		{ 100000, 900000, 600000, 1000000, 1000, 600000 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_rtt r = {};

		if (c->rtt)
			ltcp_rtt_sample(&r, c->rtt, true);
		EXPECT_EQ(ltcp_rtt_rto_us(&r, c->min, c->max, c->initial,
					  c->granularity), c->want,
			  "R %u in %u..%u", c->rtt, c->min, c->max);
	}
}

/* On a path that never varies, what remains is SRTT + G. */
/* Half a round trip of margin, but not more than the lower bound. */
TEST(ltcp_rtt_rto_us__margin, "R1")
{
	static const struct {
		u32 rtt, want;
	} cases[] = {
		{ 100, 200000 }, { 100000, 200000 }, { 133332, 200000 }, { 134000, 201000 },
		{ 200000, 300000 }, { 400000, 600000 }, { 1000000, 1200000 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_rtt r = {};
		int i;

		for (i = 0; i < 100; i++)
			ltcp_rtt_sample(&r, c->rtt, true);
		EXPECT_EQ(ltcp_rtt_rto_us(&r, 200000, NO_MAX, INITIAL_US, 4000), c->want,
			  "a steady round trip of %u", c->rtt);
	}
}

TEST(ltcp_rtt_rto_us__steady_path, "R1")
{
	struct ltcp_rtt r = {};

	for (unsigned int i = 0; i < 100; i++)
		ltcp_rtt_sample(&r, 50000, true);
	EXPECT_EQ(r.srtt_us, 8 * 50000, "SRTT");
	EXPECT_EQ(ltcp_rtt_rto_us(&r, NO_MIN, NO_MAX, INITIAL_US, 4000), 54000,
		  "RTO");
}

TEST(ltcp_rto_backoff_ms__doubles, "R1 MUST-19")
{
	static const struct {
		u32 rto;
		unsigned int shift;
		u32 max, want;
	} cases[] = {
		{ 200, 0, 120000, 200 }, { 200, 1, 120000, 400 },
		{ 200, 2, 120000, 800 }, { 200, 9, 120000, 102400 },
		{ 200, 10, 120000, 120000 }, { 200, 15, 120000, 120000 },
		{ 1000, 6, 120000, 64000 }, { 1000, 7, 120000, 120000 },
		{ 130000, 0, 120000, 120000 },
		/* no bit is lost, however often */
		{ 200, 31, 120000, 120000 }, { 200, 32, 120000, 120000 },
		{ 200, 33, 120000, 120000 }, { 200, 63, 120000, 120000 },
		{ 200, 64, 120000, 120000 }, { 256, 56, 120000, 120000 },
		{ 200, 255, 120000, 120000 }, { 200, ~0U, 120000, 120000 },
		{ 1, 31, U32_MAX, 0x80000000 }, { 1, 32, U32_MAX, U32_MAX },
		{ U32_MAX, 0, U32_MAX, U32_MAX }, { U32_MAX, 32, U32_MAX, U32_MAX },
		{ 0, 40, 120000, 0 },
	};

	FOR_EACH(c, cases)
		EXPECT_EQ(ltcp_rto_backoff_ms(c->rto, c->shift, c->max), c->want,
			  "%u << %u", c->rto, c->shift);
}
