// SPDX-License-Identifier: GPL-2.0
/* cubic_test.c - tests of cubic.c; of its slow start see hystart_test.c */
#include <math.h>

#include "unit.h"
#include "bottleneck.h"
#include "cong_storm.h"

#define MS 1000ULL
#define S 1000000ULL
#define ONE (1 << LTCP_CUBIC_SHIFT)

/* RFC 9438 figures 1 and 2, as they stand */
static double w_cubic(double w_max, double k, double t)
{
	return 0.4 * pow(t - k, 3) + w_max;
}

static double k_of(double segs)
{
	return cbrt(segs / 0.4);
}

static const u32 windows[] = {
	1, 2, 3, 5, 10, 37, 100, 1000, 12345, 100000, 654321, 1000000
};

/* What the head of cubic.c promises: 0.01 segments, a millionth of the distance. */
TEST(ltcp_cubic_window__formula, "C3")
{
	FOR_EACH(w_max, windows) {
		FOR_EACH(from, windows) {
			u32 k_us = ltcp_cubic_k_us(*w_max - min(*from, *w_max));

			for (double t_us = 1; t_us < 3e9; t_us = t_us * 1.17 + 7) {
				double want = w_cubic(*w_max, k_us / 1e6, floor(t_us) / 1e6);
				double got = (double)ltcp_cubic_window(*w_max,
						k_us, floor(t_us)) / ONE;
				double distance = fabs(want - *w_max);

				if (t_us - k_us > 0x7fffffff)
					break;
				EXPECT(fabs(got - want) <= 0.01 + 1e-6 * distance,
				       "W_max %u, from %u, t %.0f us: %f, not %f",
				       *w_max, *from, t_us, got, want);
			}
		}
	}
}

TEST(ltcp_cubic_window__ends, "C3")
{
	u64 top = ltcp_cubic_window(10, 0, 0x7fffffff);

	/* beyond the end of the curve: hours, weeks, the end of time */
	EXPECT_EQ(ltcp_cubic_window(10, 0, 3600ULL * S), top, "an hour");
	EXPECT_EQ(ltcp_cubic_window(10, 0, 100 * 3600ULL * S), top, "days");
	EXPECT_EQ(ltcp_cubic_window(10, 0, -1ULL), top, "2^64");
	EXPECT(top > 3900000000ULL * ONE, "%llu", (unsigned long long)top);
	/* never below nothing */
	EXPECT_EQ(ltcp_cubic_window(1, 0x7fffffff, 0), 0, "no underflow");
	EXPECT_EQ(ltcp_cubic_window(1000, 0, 0), 1000 * ONE, "plateau");
}

TEST(ltcp_cubic_window__never_falls, "C3")
{
	FOR_EACH(w_max, windows) {
		u32 k_us = ltcp_cubic_k_us(*w_max);
		u64 last = 0;

		for (u64 t_us = 0; t_us < 3ULL * k_us; t_us += 1 + k_us / 5000) {
			u64 w = ltcp_cubic_window(*w_max, k_us, t_us);

			EXPECT(w >= last, "W_max %u, t %llu us", *w_max,
			       (unsigned long long)t_us);
			last = w;
		}
	}
}

TEST(ltcp_cubic_k_us__cube_root, "C3")
{
	for (double segs = 1; segs < 3e9; segs = segs * 1.03 + 1) {
		double want = k_of(floor(segs)) * 1e6;
		u32 got = ltcp_cubic_k_us(segs);

		EXPECT(fabs(got - want) <= 1000 + 1e-6 * want,
		       "%.0f segments: %u us, not %.0f", floor(segs), got, want);
		EXPECT(llabs((long long)ltcp_cubic_window(segs, got, 0)) <=
		       0.01 * ONE + 1e-6 * segs * ONE,
		       "%.0f segments: the curve does not start at 0", segs);
	}
	EXPECT_EQ(ltcp_cubic_k_us(0), 0, "no way to go");
	EXPECT_EQ(ltcp_cubic_k_us(U32_MAX), 0x7fffffff, "too far to go");
}

/* ------------------------------------------------------------------ */
/* One connection, by hand                                              */
/* ------------------------------------------------------------------ */

struct conn {
	struct ltcp_cc cc;
	u64 now_us;
	u32 rtt_us;
	u32 per_ack;
};

static struct conn conn_at(u32 cwnd, u32 rtt_us)
{
	struct conn c = {
		.cc = { .cwnd = cwnd, .ssthresh = LTCP_SSTHRESH_INFINITE,
			.cwnd_clamp = U32_MAX },
		.now_us = 1000 * S, .rtt_us = rtt_us, .per_ack = 1,
	};

	ltcp_cubic.init(&c.cc);
	c.cc.ssthresh = cwnd;
	return c;
}

static void ack_one(struct conn *c, u32 segs, bool cwnd_limited)
{
	struct ltcp_cc_ack ack = {
		.now_us = c->now_us, .acked_segs = segs, .in_flight = c->cc.cwnd,
		.rtt_us = c->rtt_us, .srtt_us = c->rtt_us,
		.cwnd_limited = cwnd_limited,
	};

	ltcp_cubic.on_ack(&c->cc, &ack);
}

/* A round trip: the window is acknowledged, evenly over the time. */
static void round_trip(struct conn *c)
{
	u32 cwnd = c->cc.cwnd, left = cwnd;
	u64 start_us = c->now_us;

	while (left) {
		u32 segs = min(left, c->per_ack);

		left -= segs;
		c->now_us = start_us + (u64)c->rtt_us * (cwnd - left) / cwnd;
		ack_one(c, segs, true);
	}
}

static void run_for(struct conn *c, u64 us)
{
	for (u64 end_us = c->now_us + us; c->now_us < end_us;)
		round_trip(c);
}

static void congestion(struct conn *c, u32 in_flight, enum ltcp_cc_loss loss)
{
	c->cc.ssthresh = ltcp_cubic.ssthresh(&c->cc, in_flight, loss);
	ltcp_cc_set_cwnd(&c->cc, ltcp_cubic.loss_cwnd(&c->cc, in_flight, loss));
}

/* Sections 4.6 and 4.8, RFC 8511 section 3 */
TEST(ltcp_cubic_loss_cwnd__reductions, "C3 C2 C6")
{
	static const struct {
		enum ltcp_cc_loss loss;
		u32 cwnd, old_ssthresh, in_flight, ssthresh, new_cwnd;
	} cases[] = {
		{ LTCP_LOSS_FAST, 100, 50, 100, 70, 70 },
		{ LTCP_LOSS_FAST, 101, 50, 101, 70, 70 },
		{ LTCP_LOSS_FAST, 100, 50, 50, 35, 35 },
		{ LTCP_LOSS_FAST, 3, 3, 3, 2, 2 },
		{ LTCP_LOSS_FAST, 2, 2, 2, 2, 2 },
		{ LTCP_LOSS_FAST, 1, 2, 0, 2, 2 },
		{ LTCP_LOSS_FAST, 100, 200, 100, 70, 70 },
		{ LTCP_LOSS_RTO, 100, 50, 100, 70, 1 },
		{ LTCP_LOSS_RTO, 2, 2, 1, 2, 1 },
		{ LTCP_LOSS_ECN, 100, 50, 100, 85, 85 },
		{ LTCP_LOSS_ECN, 100, 200, 100, 70, 70 },
		{ LTCP_LOSS_ECN, 3, 2, 3, 2, 2 },
		{ LTCP_LOSS_ECN, 2, 2, 2, 2, 1 },
		{ LTCP_LOSS_ECN, 1, 2, 1, 2, 1 },
		{ LTCP_LOSS_FAST, 4000000000U, 50, 4000000000U, 2800000000U,
		  2800000000U },
	};

	FOR_EACH(c, cases) {
		struct conn conn = conn_at(c->cwnd, 10 * MS);

		conn.cc.ssthresh = c->old_ssthresh;
		conn.cc.cwnd_cnt = 1;
		congestion(&conn, c->in_flight, c->loss);
		EXPECT_EQ(conn.cc.ssthresh, c->ssthresh, "case %td", c - cases);
		EXPECT_EQ(conn.cc.cwnd, c->new_cwnd, "case %td", c - cases);
		EXPECT_EQ(conn.cc.prior_cwnd, c->cwnd, "case %td", c - cases);
		EXPECT_EQ(conn.cc.cwnd_cnt, 0, "case %td", c - cases);
	}
}

/*
 * After a loss at W_max the window follows the curve: t seconds later it is what
 * W_cubic says, whatever the round trip, and however many segments an ACK covers.
 */
static const struct {
	u32 w_max, rtt_us, per_ack;
} curves[] = {
	{ 1000, 100 * MS, 1 }, { 1000, 100 * MS, 2 }, { 1000, 100 * MS, 44 },
	{ 10000, 100 * MS, 1 }, { 10000, 100 * MS, 64 }, { 10000, 20 * MS, 2 },
	{ 3000, 300 * MS, 3 }, { 50000, 50 * MS, 44 },
};

TEST(ltcp_cubic_on_ack__follows_the_curve, "C3")
{
	FOR_EACH(curve, curves) {
		struct conn c = conn_at(curve->w_max, curve->rtt_us);
		double k = k_of(0.3 * curve->w_max), rtt = curve->rtt_us / 1e6, t;
		u64 start_us = c.now_us;

		c.per_ack = curve->per_ack;
		congestion(&c, curve->w_max, LTCP_LOSS_FAST);
		while (c.now_us < start_us + 1.6 * k * S) {
			round_trip(&c);
			t = (double)(c.now_us - start_us) / S;
			EXPECT(c.cc.cwnd >= 0.999 * w_cubic(curve->w_max, k,
						t - rtt / 2) - 2 &&
			       c.cc.cwnd <= 1.001 * w_cubic(curve->w_max, k,
						t + rtt / 2) + 2,
			       "W_max %u, RTT %u us, %u an ACK, t %.2f s: %u, not %.0f",
			       curve->w_max, curve->rtt_us, curve->per_ack, t,
			       c.cc.cwnd, w_cubic(curve->w_max, k, t));
		}
	}
}

/* Windows of a few segments are not behind the curve either, and never a segment ahead. */
TEST(ltcp_cubic_on_ack__follows_the_curve_in_small_steps, "C3")
{
	static const u32 rtts_us[] = { 50 * MS, 100 * MS, 200 * MS, 400 * MS };
	const double alpha = 9.0 / 17;

	FOR_EACH(rtt_us, rtts_us) {
		for (u32 w_max = 6; w_max < 60; w_max++) {
			struct conn c = conn_at(w_max, *rtt_us);
			double k = k_of(w_max - w_max * 7 / 10), rtt = *rtt_us / 1e6;
			double reno = w_max * 7 / 10, t;

			congestion(&c, w_max, LTCP_LOSS_FAST);
			for (t = rtt; t < k && reno < w_max; t += rtt) {
				round_trip(&c);
				reno += alpha;
				EXPECT(c.cc.cwnd >= floor(max(w_cubic(w_max, k, t), reno - 1)) &&
				       c.cc.cwnd <= max(w_cubic(w_max, k, t), reno) + 1,
				       "W_max %u, RTT %u us, t %.2f s: %u, not %.2f or %.2f",
				       w_max, *rtt_us, t, c.cc.cwnd, w_cubic(w_max, k, t), reno);
			}
		}
	}
}

/* The plateau: nowhere is the window so steady as around K. */
TEST(ltcp_cubic_on_ack__plateau, "C3")
{
	struct conn c = conn_at(10000, 100 * MS);
	u64 k_us = k_of(3000) * S, start_us = c.now_us;
	u32 at[7];

	congestion(&c, 10000, LTCP_LOSS_FAST);
	for (u32 i = 0; i < 7; i++) {
		run_for(&c, start_us + k_us * (i + 1) / 4 - c.now_us);
		at[i] = c.cc.cwnd;
	}
	/* at[3] is K, each step a quarter of it */
	EXPECT(at[3] > 9900 && at[3] < 10100, "at K: %u", at[3]);
	EXPECT(at[1] - at[0] > 2 * (at[2] - at[1]), "concave");
	EXPECT(at[3] - at[2] < 80 && at[4] - at[3] < 80, "flat: %u %u %u",
	       at[2], at[3], at[4]);
	EXPECT(at[6] - at[5] > 2 * (at[5] - at[4]), "convex");
}

/* Sections 4.2: the target is at most half as much again. */
TEST(ltcp_cubic_on_ack__target_is_bounded, "C3")
{
	struct conn c = conn_at(10, 60 * S);

	for (u32 round = 0; round < 12; round++) {
		u32 before = c.cc.cwnd;

		round_trip(&c);
		/* half as much again for each window acknowledged, compounded */
		EXPECT(c.cc.cwnd <= before * 1.65 + 1, "from %u to %u", before,
		       c.cc.cwnd);
		if (round > 2)
			EXPECT(c.cc.cwnd >= before * 1.45, "from %u to %u",
			       before, c.cc.cwnd);
	}
}

/*
 * Section 4.3: on a short path CUBIC is Reno with other numbers: 9/17 of a
 * segment for each window until it is where it was cut, a whole one after.
 */
TEST(ltcp_cubic_on_ack__reno_friendly, "C3")
{
	static const u32 per_acks[] = { 1, 2, 7, 40 };

	FOR_EACH(per_ack, per_acks) {
		struct conn c = conn_at(100, 1 * MS);
		u32 rounds;

		c.per_ack = *per_ack;
		congestion(&c, 100, LTCP_LOSS_FAST);
		for (rounds = 0; c.cc.cwnd < 100; rounds++)
			round_trip(&c);
		/* 30 segments, 17 rounds for 9 */
		EXPECT(rounds >= 55 && rounds <= 60, "%u an ACK: %u rounds",
		       *per_ack, rounds);
		for (rounds = 0; c.cc.cwnd < 130; rounds++)
			round_trip(&c);
		EXPECT(rounds >= 28 && rounds <= 31, "%u an ACK: %u rounds more",
		       *per_ack, rounds);
	}
}

/* W_max as it shows: where the window is steady after the loss */
static u32 plateau(struct conn *c)
{
	u32 k_at = 0, least = U32_MAX;

	for (u32 i = 0; i < 400; i++) {
		u32 before = c->cc.cwnd;

		round_trip(c);
		if (c->cc.cwnd - before < least) {
			least = c->cc.cwnd - before;
			k_at = c->cc.cwnd;
		}
	}
	return k_at;
}

/* Section 4.7: a loss below the last W_max gives up (1 + 0.7)/2 of it. */
TEST(ltcp_cubic_ssthresh__fast_convergence, "C3")
{
	struct conn c = conn_at(10000, 100 * MS);
	u32 first, second, at;

	congestion(&c, 10000, LTCP_LOSS_FAST);
	first = plateau(&(struct conn) { c.cc, c.now_us, c.rtt_us, 1 });
	EXPECT(first > 9900 && first < 10100, "first plateau %u", first);
	run_for(&c, 8 * S);
	at = c.cc.cwnd;
	EXPECT(at < 9900, "the test lost too late, at %u", at);
	congestion(&c, at, LTCP_LOSS_FAST);
	second = plateau(&c);
	EXPECT(second > 0.84 * at && second < 0.86 * at,
	       "second plateau %u, 0.85 of %u is %.0f", second, at, 0.85 * at);
}

/* Section 4.8: after a timeout the stage begins on its own plateau. */
TEST(ltcp_cubic_on_ack__stage_without_w_max, "C3")
{
	struct conn c = conn_at(10000, 100 * MS);
	u64 start_us;

	congestion(&c, 10000, LTCP_LOSS_RTO);
	EXPECT_EQ(c.cc.cwnd, 1, "loss window");
	while (c.cc.cwnd < c.cc.ssthresh)
		round_trip(&c);
	EXPECT_EQ(c.cc.ssthresh, 7000, "ssthresh");
	start_us = c.now_us;
	while (c.now_us < start_us + 15 * S) {
		double t = (double)(c.now_us - start_us) / S;

		/* the Reno of that time: one segment a round trip */
		EXPECT(c.cc.cwnd >= 7000 + 0.4 * pow(fmax(t - 0.2, 0), 3) - 2 &&
		       c.cc.cwnd <= 7000 + fmax(0.4 * pow(t + 0.3, 3), 10 * t) * 1.02 + 3,
		       "t %.1f s: %u", t, c.cc.cwnd);
		round_trip(&c);
	}
}

/*
 * The end of the first slow start was a guess as long as nothing is lost: a sixteenth
 * more each round trip, or what Reno adds. The first loss ends that.
 */
TEST(ltcp_cubic_on_ack__before_the_first_loss, "C3")
{
	static const u32 starts[] = { 2, 5, 16, 100, 7000 };

	FOR_EACH(start, starts) {
		struct conn c = conn_at(*start, 100 * MS);
		u32 before;

		for (u32 n = 0; n < 20; n++) {
			before = c.cc.cwnd;
			round_trip(&c);
			EXPECT(c.cc.cwnd >= before + before / 16 &&
			       c.cc.cwnd <= before + max(before / 16, 1U) + 1,
			       "from %u, round %u: %u, then %u", *start, n, before, c.cc.cwnd);
		}
		EXPECT(c.cc.cwnd >= *start + 10, "from %u: %u", *start, c.cc.cwnd);
		congestion(&c, c.cc.cwnd, LTCP_LOSS_FAST);
		run_for(&c, k_of(0.3 * c.cc.prior_cwnd) * S);
		before = c.cc.cwnd;
		round_trip(&c);
		EXPECT(c.cc.cwnd <= before + 1, "from %u: %u, then %u", *start, before,
		       c.cc.cwnd);
	}
}

/* A threshold that was there before CUBIC came is no guess: growth begins slowly. */
TEST(ltcp_cubic_init__in_midst_of_a_connection, "C3")
{
	struct conn c = conn_at(100, 100 * MS);

	ltcp_cubic.init(&c.cc);
	round_trip(&c);
	EXPECT(c.cc.cwnd <= 102, "cwnd %u after a round trip", c.cc.cwnd);
}

/* A stage owes nothing to the one before it: not even part of a segment. */
TEST(ltcp_cubic_on_ack__stage_starts_from_nothing, "C3")
{
	struct conn fresh = conn_at(1429, 100 * MS), used;

	congestion(&fresh, 1429, LTCP_LOSS_FAST);
	used = fresh;
	for (u32 i = 0; i < 20; i++) {
		used.now_us += 200;
		ack_one(&used, 1, true);
	}
	EXPECT_EQ(used.cc.cwnd, 1000, "too long a stage for this test");
	congestion(&fresh, 2, LTCP_LOSS_FAST);
	congestion(&used, 2, LTCP_LOSS_FAST);
	for (u32 i = 0; i < 50; i++) {
		fresh.now_us += 100 * MS;
		used.now_us += 100 * MS;
		ack_one(&fresh, 1, true);
		ack_one(&used, 1, true);
		EXPECT_EQ(used.cc.cwnd, fresh.cc.cwnd, "ACK %u", i);
	}
}

/* Section 5.8: t stands still while the application or silence is the limit. */
TEST(ltcp_cubic_on_ack__time_that_does_not_count, "C3 C1")
{
	struct conn busy = conn_at(10000, 100 * MS), idle;

	congestion(&busy, 10000, LTCP_LOSS_FAST);
	run_for(&busy, 5 * S);
	idle = busy;

	/* ten minutes in which the application sends a little now and then */
	for (u32 i = 0; i < 600; i++) {
		idle.now_us += 1 * S;
		ack_one(&idle, 10, false);
	}
	EXPECT_EQ(idle.cc.cwnd, busy.cc.cwnd, "grew without need");
	/* ten hours of silence */
	idle.now_us += 36000 * S;
	for (u32 i = 0; i < 60; i++) {
		round_trip(&busy);
		round_trip(&idle);
		EXPECT(abs((int)(busy.cc.cwnd - idle.cc.cwnd)) <=
		       1 + (int)busy.cc.cwnd / 100,
		       "round %u: %u, not %u", i, idle.cc.cwnd, busy.cc.cwnd);
	}
}

/* Nor do the gaps count that end with an ACK while the application was the limit. */
TEST(ltcp_cubic_on_ack__half_the_time_counts, "C3 C1")
{
	struct conn busy = conn_at(1000, 100 * MS), half;

	congestion(&busy, 1000, LTCP_LOSS_FAST);
	half = busy;
	for (u32 i = 0; i < 4000; i++) {
		busy.now_us += 1 * MS;
		ack_one(&busy, 10, true);
		half.now_us += 1 * MS;
		ack_one(&half, 10, false);
		half.now_us += 1 * MS;
		ack_one(&half, 10, true);
	}
	EXPECT_EQ(half.cc.cwnd, busy.cc.cwnd, "after 4 s that count");
}

/* Where cwnd is not allowed to grow, the curve does not run ahead of it. */
TEST(ltcp_cubic_on_ack__clamp_stops_the_clock, "C3 C1")
{
	static const u32 rtts_us[] = { 1 * MS, 1 * S };

	FOR_EACH(rtt_us, rtts_us) {
		struct conn c = conn_at(100, *rtt_us);
		struct conn fresh = c;

		c.cc.cwnd_clamp = 100;
		for (u32 round = 0; round < 1000; round++)
			round_trip(&c);
		EXPECT_EQ(c.cc.cwnd, 100, "clamp");
		c.cc.cwnd_clamp = U32_MAX;
		for (u32 round = 0; round < 5; round++) {
			round_trip(&c);
			round_trip(&fresh);
		}
		EXPECT_EQ(c.cc.cwnd, fresh.cc.cwnd, "RTT %u us", *rtt_us);
	}
}

/* t outlasts the 71 minutes of a u32: there the curve has long left the plateau. */
TEST(ltcp_cubic_on_ack__hours, "C3")
{
	struct conn c = conn_at(100, 30 * S);

	for (u32 i = 0; i < 1000; i++) {
		u32 before = c.cc.cwnd;

		for (u32 acks = 0; acks < 2; acks++) {
			c.now_us += 30 * S;
			ack_one(&c, 1, true);
		}
		if (i)
			EXPECT_EQ(c.cc.cwnd, before + 1, "minute %u", i);
	}
}

TEST(ltcp_cubic_on_ack__no_growth, "C3 C1")
{
	static const u32 ssthreshes[] = { 2, 1000, LTCP_SSTHRESH_INFINITE };

	FOR_EACH(ssthresh, ssthreshes) {
		struct conn c = conn_at(10, 1 * S);
		struct ltcp_cc_ack ack = {
			.acked_segs = 2, .cwnd_limited = true, .in_recovery = true,
			.rtt_us = 1 * S, .srtt_us = 1 * S,
		};

		c.cc.ssthresh = *ssthresh;
		for (u32 i = 0; i < 100; i++) {
			c.now_us += 1 * S;
			ack_one(&c, 2, false);
			ack.now_us = c.now_us;
			ltcp_cubic.on_ack(&c.cc, &ack);
			EXPECT_EQ(c.cc.cwnd, 10, "ssthresh %u", *ssthresh);
		}
		c.cc.cwnd_clamp = 13;
		for (u32 i = 0; i < 1000; i++)
			round_trip(&c);
		EXPECT_EQ(c.cc.cwnd, 13, "clamp");
	}
}

/* A peer that divides its ACKs, or claims too much with one, gains nothing. */
TEST(ltcp_cubic_on_ack__divided_acks, "C3 ATTACK-29")
{
	struct conn honest = conn_at(1000, 100 * MS), divided;

	congestion(&honest, 1000, LTCP_LOSS_FAST);
	divided = honest;
	for (u32 i = 0; i < 100 * 700; i++) {
		honest.now_us += 140;
		divided.now_us = honest.now_us;
		ack_one(&honest, 1, true);
		for (u32 piece = 1; piece <= 10; piece++)
			ack_one(&divided, piece == 10, true);
	}
	EXPECT_EQ(divided.cc.cwnd, honest.cc.cwnd, "cwnd");

	honest = conn_at(1000, 100 * MS);
	ack_one(&honest, U32_MAX, true);
	EXPECT(honest.cc.cwnd <= 1501, "one ACK took 1000 to %u", honest.cc.cwnd);
}

/* Section 4.9: as if the loss had not been. */
TEST(ltcp_cubic_undo_cwnd__as_before, "C3 R7")
{
	static const enum ltcp_cc_loss losses[] = {
		LTCP_LOSS_FAST, LTCP_LOSS_RTO
	};

	FOR_EACH(loss, losses) {
		struct conn plain = conn_at(10000, 100 * MS), undone;
		u32 ssthresh;

		congestion(&plain, 10000, LTCP_LOSS_FAST);
		run_for(&plain, 5 * S);
		undone = plain;
		ssthresh = undone.cc.ssthresh;
		congestion(&undone, undone.cc.cwnd, *loss);
		for (u32 i = 0; i < 50; i++)
			ack_one(&undone, 1, true);
		ltcp_cc_set_cwnd(&undone.cc, ltcp_cubic.undo_cwnd(&undone.cc));
		undone.cc.ssthresh = ssthresh;
		for (u32 i = 0; i < 150; i++) {
			EXPECT(abs((int)(undone.cc.cwnd - plain.cc.cwnd)) <= 5,
			       "loss %d, round %u: %u, not %u", *loss, i,
			       undone.cc.cwnd, plain.cc.cwnd);
			round_trip(&plain);
			round_trip(&undone);
		}
	}
}

TEST(ltcp_cubic_undo_cwnd__too_late, "C3 R7")
{
	struct conn c = conn_at(100, 100 * MS);

	EXPECT_EQ(ltcp_cubic.undo_cwnd(&c.cc), 100, "nothing to undo");
	congestion(&c, 100, LTCP_LOSS_FAST);
	EXPECT_EQ(ltcp_cubic.undo_cwnd(&c.cc), 100, "at once");
	c = conn_at(100, 100 * MS);
	congestion(&c, 100, LTCP_LOSS_FAST);
	while (c.cc.cwnd < 150)
		round_trip(&c);
	EXPECT_EQ(ltcp_cubic.undo_cwnd(&c.cc), c.cc.cwnd, "not downwards");
}

TEST(ltcp_cubic_idle_restart__initial_window, "C3 C1")
{
	struct conn c = conn_at(10000, 100 * MS);

	congestion(&c, 10000, LTCP_LOSS_FAST);
	run_for(&c, 3 * S);
	c.now_us += 100 * S;
	ltcp_cubic.idle_restart(&c.cc, 10);
	EXPECT_EQ(c.cc.cwnd, 10, "cwnd");
	EXPECT_EQ(c.cc.ssthresh, 7000, "ssthresh");
	while (c.cc.cwnd < 7000)
		round_trip(&c);
	/* a new stage, with all of the way to the old plateau ahead of it */
	run_for(&c, 5 * S);
	EXPECT(c.cc.cwnd > 8700 && c.cc.cwnd < 8850, "after 5 s: %u", c.cc.cwnd);
	run_for(&c, 15 * S);
	EXPECT(c.cc.cwnd > 9950 && c.cc.cwnd < 10050, "after K: %u", c.cc.cwnd);
}

/* A microsecond clock of any origin, also where its low or all bits wrap around. */
TEST(ltcp_cubic_on_ack__clock_of_any_origin, "C3")
{
	static const u64 origins[] = {
		0, 0xffffffffULL - 3 * S, 0x7fffffffULL - 3 * S, -3 * S
	};
	struct conn want = conn_at(1000, 100 * MS);

	congestion(&want, 1000, LTCP_LOSS_FAST);
	run_for(&want, 12 * S);
	FOR_EACH(origin, origins) {
		struct conn c = conn_at(1000, 100 * MS);

		c.now_us = *origin;
		congestion(&c, 1000, LTCP_LOSS_FAST);
		for (u32 i = 0; i < 120; i++)
			round_trip(&c);
		EXPECT_EQ(c.cc.cwnd, want.cc.cwnd, "origin %#llx",
			  (unsigned long long)*origin);
	}
}

/* ------------------------------------------------------------------ */
/* On a path                                                            */
/* ------------------------------------------------------------------ */

/* Cut to 0.7 with a queue of half the path, the link is never idle. */
TEST(ltcp_cubic__fills_the_link, "C3")
{
	struct bottleneck *b = bn_new(100, 100 * MS, 500);
	struct bn_flow *f = &b->flows[0];
	u64 before;
	u32 events;

	f->ops = &ltcp_cubic;
	bn_run(b, 20 * S);
	before = f->delivered;
	events = f->events;
	bn_run(b, 120 * S);
	EXPECT(f->delivered - before >= 0.97 * 100 * S / 100, "%llu of %llu",
	       (unsigned long long)(f->delivered - before), 100 * S / 100);
	/* K for 1500 segments is 10.4 s: a cut about every 13 s */
	EXPECT(f->events - events >= 5 && f->events - events <= 11,
	       "%u cuts in 100 s", f->events - events);
	free(b);
}

/* Section 5.6: a late-comer gets its half. */
TEST(ltcp_cubic__two_flows_share, "C3")
{
	static const struct {
		u32 service_us, rtt_us, limit;
	} paths[] = {
		{ 100, 40 * MS, 200 }, { 50, 80 * MS, 800 }, { 200, 10 * MS, 50 },
	};

	FOR_EACH(p, paths) {
		struct bottleneck *b = bn_new(p->service_us, p->rtt_us, p->limit);
		u64 before[2], total;
		double share;

		b->flows[0].ops = &ltcp_cubic;
		b->flows[1].ops = &ltcp_cubic;
		b->flows[1].start_us = 20 * S;
		bn_run(b, 100 * S);
		before[0] = b->flows[0].delivered;
		before[1] = b->flows[1].delivered;
		bn_run(b, 400 * S);
		total = b->flows[0].delivered - before[0] +
			b->flows[1].delivered - before[1];
		share = (double)(b->flows[0].delivered - before[0]) / total;
		EXPECT(share > 0.35 && share < 0.65, "RTT %u us: share %.3f",
		       p->rtt_us, share);
		EXPECT(total > 0.95 * 300 * S / p->service_us,
		       "RTT %u us: %llu segments", p->rtt_us,
		       (unsigned long long)total);
		free(b);
	}
}

/* Section 5.1: on a short path Reno is not pushed aside. */
TEST(ltcp_cubic__fair_to_reno, "C3")
{
	struct bottleneck *b = bn_new(500, 10 * MS, 20);
	double share;

	b->flows[0].ops = &ltcp_cubic;
	b->flows[1].ops = &ltcp_reno;
	bn_run(b, 400 * S);
	share = (double)b->flows[1].delivered /
		(b->flows[0].delivered + b->flows[1].delivered);
	EXPECT(share > 0.3 && share < 0.7, "Reno's share %.3f", share);
	free(b);
}

TEST(ltcp_cubic__any_events, "C3 ATTACK-17")
{
	storm(&ltcp_cubic);
}
