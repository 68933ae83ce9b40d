// SPDX-License-Identifier: GPL-2.0
/* cwv_test.c - tests of cwv.c */
#include "unit.h"
#include "cwv.h"

enum { RTT_US = 50000, IW = 10, MINUTES_5 = 300000 };

/* An ACK in the middle of a round trip. */
static void sample(struct ltcp_cwv *v, u32 now_ms, u32 segs, u32 cwnd)
{
	struct ltcp_cwv_ack ack = {
		.now_ms = now_ms, .srtt_us = RTT_US, .sample_segs = segs, .cwnd = cwnd,
	};

	ltcp_cwv_on_ack(v, &ack);
}

/* The first ACK of a round trip; was the last one limited by cwnd? */
static void new_round(struct ltcp_cwv *v, u32 now_ms, u32 segs, u32 cwnd, bool limited)
{
	struct ltcp_cwv_ack ack = {
		.now_ms = now_ms, .srtt_us = RTT_US, .sample_segs = segs, .cwnd = cwnd,
		.round_start = true, .cwnd_limited = limited,
	};

	ltcp_cwv_on_ack(v, &ack);
}

/* A sender that has been measured, with a window of 100 that nothing of is used. */
static struct ltcp_cwv unused_at(u32 now_ms)
{
	struct ltcp_cwv v;

	ltcp_cwv_reset(&v, now_ms);
	new_round(&v, now_ms, 1, 100, false);
	new_round(&v, now_ms, 1, 100, false);
	return v;
}

static u32 pipeack_at(struct ltcp_cwv v, u32 now_ms, u32 srtt_us)
{
	return ltcp_cwv_used(&v, 0, now_ms, srtt_us);
}

static struct ltcp_cc window(u32 cwnd, u32 ssthresh)
{
	return (struct ltcp_cc){ .cwnd = cwnd, .ssthresh = ssthresh, .cwnd_clamp = U32_MAX };
}

/* Section 4.3: pipeACK >= cwnd/2, also where that is no whole number. */
TEST(ltcp_cwv_on_ack__threshold, "C10")
{
	static const struct {
		u32 segs, cwnd;
		bool valid;
	} cases[] = {
		{ 50, 100, true }, { 49, 100, false }, { 51, 101, true },
		{ 50, 101, false }, { 1, 1, true }, { 1, 2, true }, { 1, 3, false },
		{ 100, 100, true }, { 0, 10, false },
		{ 0x7fffffff, 0xfffffffe, true }, { 0x7fffffff, 0xffffffff, false },
	};

	FOR_EACH(c, cases) {
		struct ltcp_cwv v;

		ltcp_cwv_reset(&v, 0);
		new_round(&v, 0, c->segs, c->cwnd, false);
		EXPECT(v.valid, "undefined: %u of %u", c->segs, c->cwnd);
		new_round(&v, 50, 0, c->cwnd, false);
		EXPECT_EQ(v.valid, c->valid, "%u of %u", c->segs, c->cwnd);
	}
}

/* One that cwnd limits is valid, whatever is measured; one that is not stays so. */
TEST(ltcp_cwv_on_ack__limited_by_cwnd, "C10")
{
	struct ltcp_cwv v = unused_at(0);

	EXPECT(!v.valid, "nothing is used");
	new_round(&v, 50, 1, 100, true);
	EXPECT(!v.valid, "a burst alone validates nothing");
	sample(&v, 60, 50, 100);
	EXPECT(v.valid, "its delivery does");
	new_round(&v, 100, 49, 150, true);
	EXPECT(v.valid, "grown because it was full");
	sample(&v, 110, 49, 150);
	EXPECT(v.valid, "a round trip is not over");
	new_round(&v, 150, 49, 150, false);
	EXPECT(!v.valid, "no longer full");
}

/* Section 4.2: none counts for longer than max(3 RTT, 1 s), all for half of that. */
TEST(ltcp_cwv_on_ack__sampling_period, "C10")
{
	static const struct {
		u32 srtt_us, period_ms;
	} cases[] = {
		{ 0, 1000 }, { 1000, 1000 }, { 333000, 1000 }, { 400000, 1200 },
		{ 10000000, 30000 },
	};

	FOR_EACH_BASE(base) {
		FOR_EACH(c, cases) {
			for (u32 at = 0; at < c->period_ms; at += c->period_ms / 7) {
				struct ltcp_cwv v;
				u32 end = at + c->period_ms;

				ltcp_cwv_reset(&v, base);
				struct ltcp_cwv_ack ack = {
					.now_ms = base + at, .srtt_us = c->srtt_us,
					.sample_segs = 7, .cwnd = 100,
				};
				ltcp_cwv_on_ack(&v, &ack);
				EXPECT_EQ(pipeack_at(v, base + at + c->period_ms / 2 - 1,
						     c->srtt_us), 7,
					  "%u us, at %u", c->srtt_us, at);
				EXPECT_EQ(pipeack_at(v, base + end, c->srtt_us), 0,
					  "%u us, at %u", c->srtt_us, at);
				/* with smaller ones every millisecond */
				ack.sample_segs = 3;
				for (u32 t = at; t <= end; t++) {
					ack.now_ms = base + t;
					ltcp_cwv_on_ack(&v, &ack);
				}
				EXPECT_EQ(pipeack_at(v, base + end, c->srtt_us), 3,
					  "%u us, at %u", c->srtt_us, at);
			}
		}
	}
}

/* The largest, not the last. */
TEST(ltcp_cwv_on_ack__maximum, "C10")
{
	struct ltcp_cwv v = unused_at(0);

	sample(&v, 10, 5, 100);
	sample(&v, 20, 30, 100);
	sample(&v, 30, 8, 100);
	EXPECT_EQ(pipeack_at(v, 40, RTT_US), 30, "of one half");
	sample(&v, 600, 9, 100);
	EXPECT_EQ(pipeack_at(v, 600, RTT_US), 30, "of both");
	EXPECT_EQ(pipeack_at(v, 1000, RTT_US), 9, "the half before is gone");
}

TEST(ltcp_cwv_restart__phase, "C10")
{
	struct ltcp_cwv v;

	ltcp_cwv_reset(&v, 0);
	ltcp_cwv_restart(&v, 100, 5000, RTT_US);
	EXPECT(v.valid, "nothing was ever measured");
	new_round(&v, 5000, 50, 100, false);
	ltcp_cwv_restart(&v, 100, 5400, RTT_US);
	EXPECT(v.valid, "half was in use just now");
	ltcp_cwv_restart(&v, 100, 6001, RTT_US);
	EXPECT(!v.valid, "and is not any more");
	EXPECT(!ltcp_cwv_expired(&v, 5000 + MINUTES_5 - 1), "from the last use");
	EXPECT(ltcp_cwv_expired(&v, 5000 + MINUTES_5), "five minutes");
}

/* Section 4.4.3, for every period. */
TEST(ltcp_cwv_expire__formulas, "C10")
{
	static const struct {
		u32 cwnd, ssthresh, minutes, left, new_ssthresh;
	} cases[] = {
		{ 100, 40, 5, 50, 75 }, { 100, 90, 5, 50, 90 }, { 100, 40, 9, 50, 75 },
		{ 100, 40, 10, 25, 75 }, { 100, 40, 15, 12, 75 }, { 100, 40, 20, 10, 75 },
		{ 100, 40, 50000, 10, 75 }, { 12, 2, 5, 10, 9 }, { 10, 2, 5, 10, 8 },
		{ 4, 2, 5, 4, 3 }, { 1, 2, 5, 1, 2 }, { 101, 40, 5, 50, 76 },
		{ 100, LTCP_SSTHRESH_INFINITE, 5, 50, LTCP_SSTHRESH_INFINITE },
		{ 0xfffffff0, 2, 5, 0x7ffffff8, 0xbffffff4 },
	};

	FOR_EACH_BASE(base) {
		FOR_EACH(c, cases) {
			struct ltcp_cwv v = unused_at(base);
			struct ltcp_cc cc = window(c->cwnd, c->ssthresh);
			u32 now = base + c->minutes * 60000;

			EXPECT_EQ(ltcp_cwv_expire(&v, &cc, now, IW), c->left,
				  "%u after %u minutes", c->cwnd, c->minutes);
			EXPECT_EQ(cc.ssthresh, c->new_ssthresh, "%u", c->cwnd);
			EXPECT(!ltcp_cwv_expired(&v, now), "the next has begun");
		}
	}
}

/* The periods follow each other without a gap. */
TEST(ltcp_cwv_expire__next_period, "C10")
{
	struct ltcp_cwv v = unused_at(1000);
	struct ltcp_cc cc = window(100, 2);

	cc.cwnd = ltcp_cwv_expire(&v, &cc, 1000 + MINUTES_5 + 40000, IW);
	EXPECT_EQ(cc.cwnd, 50, "the first, noticed late");
	EXPECT(!ltcp_cwv_expired(&v, 1000 + 2 * MINUTES_5 - 1), "not yet");
	EXPECT(ltcp_cwv_expired(&v, 1000 + 2 * MINUTES_5), "the second");
}

/* Section 4.4.1: (max(pipeACK, FlightSize) - R) / 2, not below a segment. */
TEST(ltcp_cwv_recovered__formula, "C10")
{
	static const struct {
		u32 pipeack, flight, resent, used, left;
	} cases[] = {
		{ 30, 12, 0, 30, 15 }, { 30, 12, 4, 30, 13 }, { 12, 30, 1, 30, 14 },
		{ 1, 4, 3, 4, 1 }, { 4, 4, 4, 4, 1 }, { 4, 4, 9, 4, 1 },
		{ 0, 1, 0, 1, 1 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_cwv v;

		ltcp_cwv_reset(&v, 0);
		sample(&v, 0, c->pipeack, 100);
		ltcp_cwv_resent(&v, 50);	/* a tail loss probe: none of it */
		EXPECT_EQ(ltcp_cwv_used(&v, c->flight, 0, RTT_US), c->used,
			  "%u, %u", c->pipeack, c->flight);
		ltcp_cwv_loss(&v, c->used);
		ltcp_cwv_resent(&v, c->resent / 2);
		ltcp_cwv_resent(&v, c->resent - c->resent / 2);
		EXPECT_EQ(ltcp_cwv_recovered(&v), c->left, "%u, %u, %u", c->pipeack,
			  c->flight, c->resent);
	}
}

/* While the loss is repaired, and until a whole round trip after it, cwnd is valid. */
TEST(ltcp_cwv_loss__ends_the_phase, "C10")
{
	struct ltcp_cwv v = unused_at(0);

	ltcp_cwv_loss(&v, 40);
	EXPECT(v.valid, "congestion is answered");
	ltcp_cwv_restart(&v, 100, 9000, RTT_US);
	EXPECT_EQ(ltcp_cwv_recovered(&v), 20, "what was in use has not aged");
	ltcp_cwv_reset(&v, 9000);
	ltcp_cwv_resent(&v, 5);
	EXPECT_EQ(pipeack_at(v, 9000, RTT_US), 0, "undefined");
	new_round(&v, 9000, 1, 20, false);
	EXPECT(v.valid, "part of a round trip");
	new_round(&v, 9050, 1, 20, false);
	EXPECT(!v.valid, "a whole one");
}
