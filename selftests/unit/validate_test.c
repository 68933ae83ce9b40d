// SPDX-License-Identifier: GPL-2.0
/* validate_test.c - tests of validate.c */
#include "unit.h"
#include "validate.h"

/* RFC 9293 section 3.4, table 6, in numbers that do not wrap. */
static bool acceptable(s64 seq, s64 len, s64 nxt, s64 wnd)
{
	if (len == 0 && wnd == 0)
		return seq == nxt;
	if (len == 0)
		return nxt <= seq && seq < nxt + wnd;
	if (wnd == 0)
		return false;
	return (nxt <= seq && seq < nxt + wnd) ||
	       (nxt <= seq + len - 1 && seq + len - 1 < nxt + wnd);
}

TEST(ltcp_seq_acceptable__table_6, "S6 D2 F9 ATTACK-10")
{
	FOR_EACH_BASE(base)
	for (s32 wnd = 0; wnd <= 8; wnd++)
	for (s32 len = 0; len <= 12; len++)
	for (s32 seq = -15; seq <= 15; seq++)
		EXPECT_EQ(ltcp_seq_acceptable(base + seq, base + seq + len, base,
					      wnd), acceptable(seq, len, 0, wnd),
			  "base %#x: %d of %d in %d", base, seq, len, wnd);
}

TEST(ltcp_seq_acceptable__large_windows, "S6 D2 F1")
{
	static const struct {
		u32 seq, len, wnd;
		bool ok;
	} cases[] = {
		{ 0, 1460, 65535U << 14, true },
		{ (65535U << 14) - 1, 1, 65535U << 14, true },
		{ 65535U << 14, 1, 65535U << 14, false },
		{ 65535U << 14, 0, 65535U << 14, false },
		{ 0x40000000, 0, 65535U << 14, false },
		{ 0x80000000, 0, 65535U << 14, false },
		{ 0xffffffff, 1, 65535U << 14, false },
		{ 0xffffffff, 2, 65535U << 14, true },
	};

	FOR_EACH_BASE(base) FOR_EACH(c, cases)
		EXPECT_EQ(ltcp_seq_acceptable(base + c->seq, base + c->seq + c->len,
					      base, c->wnd), c->ok,
			  "base %#x: %u of %u in %u", base, c->seq, c->len, c->wnd);
}

/* RCV.NXT is the base. */
static const struct {
	u32 seq, wnd;
	enum ltcp_rst_verdict verdict;
} rsts[] = {
	{ 0, 64000, LTCP_RST_EXACT },
	{ 1, 64000, LTCP_RST_CHALLENGE },
	{ 63999, 64000, LTCP_RST_CHALLENGE },
	{ 64000, 64000, LTCP_RST_DROP },
	{ -1U, 64000, LTCP_RST_DROP },
	{ 0x80000000, 64000, LTCP_RST_DROP },
	{ 0, 0, LTCP_RST_EXACT },
	{ 1, 0, LTCP_RST_DROP },
	{ -1U, 0, LTCP_RST_DROP },
	{ 0, 1, LTCP_RST_EXACT },
	{ 1, 1, LTCP_RST_DROP },
	{ (65535U << 14) - 1, 65535U << 14, LTCP_RST_CHALLENGE },
	{ 65535U << 14, 65535U << 14, LTCP_RST_DROP },
};

TEST(ltcp_rst_check__rfc5961, "S6 D2 MUST-66 ATTACK-10")
{
	FOR_EACH_BASE(base) FOR_EACH(c, rsts)
		EXPECT_EQ(ltcp_rst_check(base + c->seq, base, c->wnd), c->verdict,
			  "base %#x: %u in %u", base, c->seq, c->wnd);
}

/* SND.UNA is the base, 10000 bytes are in flight, MAX.SND.WND is 20000. */
static const struct {
	const char *what;
	u32 ack;
	enum ltcp_ack_verdict verdict;
} acks[] = {
	{ "SND.UNA", 0, LTCP_ACK_OK },
	{ "new", 5000, LTCP_ACK_OK },
	{ "SND.NXT", 10000, LTCP_ACK_OK },
	{ "one too many", 10001, LTCP_ACK_FUTURE },
	{ "never sent", 1000000, LTCP_ACK_FUTURE },
	{ "never sent, far", 0x7fffffff, LTCP_ACK_FUTURE },
	{ "old", -1U, LTCP_ACK_OLD },
	{ "as old as may be", -20000U, LTCP_ACK_OLD },
	{ "too old", -20001U, LTCP_ACK_TOO_OLD },
	{ "much too old", -0x70000000U, LTCP_ACK_TOO_OLD },
};

TEST(ltcp_ack_check__cases, "S7 D2 ATTACK-9 ATTACK-10")
{
	FOR_EACH_BASE(base) FOR_EACH(c, acks)
		EXPECT_EQ(ltcp_ack_check(base + c->ack, base, base + 10000, 20000),
			  c->verdict, "%s, base %#x", c->what, base);
}

TEST(ltcp_ack_check__nothing_in_flight, "S7 ATTACK-9")
{
	FOR_EACH_BASE(base) {
		EXPECT_EQ(ltcp_ack_check(base, base, base, 0), LTCP_ACK_OK,
			  "base %#x", base);
		EXPECT_EQ(ltcp_ack_check(base + 1, base, base, 0),
			  LTCP_ACK_FUTURE, "base %#x", base);
		EXPECT_EQ(ltcp_ack_check(base - 1, base, base, 0),
			  LTCP_ACK_TOO_OLD, "base %#x", base);
		EXPECT_EQ(ltcp_ack_check(base - 1, base, base, 1),
			  LTCP_ACK_OLD, "base %#x", base);
	}
}

#define DAY_S (24 * 60 * 60U)

/* TS.Recent is the base. */
static const struct {
	u32 tsval, age_s;
	bool reject;
} paws[] = {
	{ 0, 0, false }, { 1, 0, false }, { 0x7fffffff, 0, false },
	{ -1U, 0, true }, { -1000U, 0, true }, { -0x7fffffffU, 0, true },
	{ -1U, 24 * DAY_S, true }, { -1U, 24 * DAY_S + 1, false },
	{ -0x7fffffffU, 25 * DAY_S, false }, { -1U, U32_MAX, false },
	{ 1, 25 * DAY_S, false },
};

TEST(ltcp_paws_reject__cases, "W7")
{
	FOR_EACH_BASE(base) FOR_EACH(c, paws)
		EXPECT_EQ(ltcp_paws_reject(base + c->tsval, base, c->age_s),
			  c->reject, "base %#x: %d after %u s", base,
			  (s32)c->tsval, c->age_s);
}

#define MB (1ULL << 20)

/* TSval while a sender of so many bytes in a tick sends byte @at. */
static u32 tsval_at(u32 base, u64 at, u64 per_tick)
{
	return base + at / per_tick;
}

/*
 * A stream of 20 GB in segments of 16 MB. The last transmission of a byte is over, at
 * the latest, before the byte a window ahead is sent; a number that is used again may
 * be as far as a window ahead of RCV.NXT. Is it ever taken for a late one?
 */
TEST(ltcp_paws_is_late__never_of_another_round, "W7")
{
	static const u64 windows[] = { MB, (256 * MB), LTCP_PAWS_WND_MAX };
	static const u64 rates[] = { 1500, 1000003, MB, (256 * MB), 5 * (1024 * MB) };
	struct ltcp_paws p;
	u64 at, old;

	FOR_EACH_BASE(base) FOR_EACH(wnd, windows) FOR_EACH(rate, rates) {
		ltcp_paws_init(&p, base, tsval_at(base, 0, *rate));
		for (at = (16 * MB); at < 20 * (1024 * MB); at += (16 * MB)) {
			u32 recent = tsval_at(base, at > *wnd ? at - *wnd : 0, *rate);

			ltcp_paws_advance(&p, base + (u32)at, recent);
			if (at + *wnd < (4096 * MB))
				continue;
			old = at + *wnd - (4096 * MB) + *wnd;
			EXPECT(!ltcp_paws_is_late(&p, tsval_at(base, old, *rate), recent, *wnd),
			       "%lu MB in, window %lu, %lu a tick", at >> 20, *wnd, *rate);
		}
	}
}

TEST(ltcp_paws_is_late__cases, "W7")
{
	FOR_EACH_BASE(base) {
		struct ltcp_paws p;

		ltcp_paws_init(&p, 1000, base);
		EXPECT(ltcp_paws_is_late(&p, base + 1, base + 100, 65535), "since the SYN");
		EXPECT(ltcp_paws_is_late(&p, base + 99, base + 100, 65535), "just now");
		EXPECT(!ltcp_paws_is_late(&p, base, base + 100, 65535), "of the SYN");
		EXPECT(!ltcp_paws_is_late(&p, base - 1, base + 100, 65535), "before it");
		EXPECT(!ltcp_paws_is_late(&p, base + 99, base + 100, (1024 * MB)), "a huge window");
		ltcp_paws_advance(&p, 1000 + LTCP_PAWS_SPAN - 1, base + 50);
		EXPECT(ltcp_paws_is_late(&p, base + 1, base + 100, 65535), "not so far yet");
		ltcp_paws_advance(&p, 1000 + LTCP_PAWS_SPAN, base + 50);
		ltcp_paws_advance(&p, 1000 + 2 * LTCP_PAWS_SPAN, base + 100);
		EXPECT(!ltcp_paws_is_late(&p, base + 50, base + 150, 65535), "two spans on");
		EXPECT(ltcp_paws_is_late(&p, base + 51, base + 150, 65535), "the last span");
		ltcp_paws_advance(&p, 1000 + 5 * LTCP_PAWS_SPAN, base + 200);
		EXPECT(!ltcp_paws_is_late(&p, base + 199, base + 200, 65535), "after a leap");
	}
}

/* Last.ACK.sent is one base, TS.Recent the other. */
static const struct {
	const char *what;
	u32 seq, tsval;
	bool ok;
} updates[] = {
	{ "at Last.ACK.sent", 0, 1, true },
	{ "the same timestamp", 0, 0, true },
	{ "an older timestamp", 0, -1U, false },
	{ "a retransmission that fills a gap", -1000U, 1, true },
	{ "an older one of them", -1000U, -1U, false },
	{ "out of order", 1, 1, false },
	{ "far in the window", 1000000, 1, false },
};

TEST(ltcp_ts_recent_update_ok__cases, "W7 ATTACK-27")
{
	FOR_EACH_BASE(seq) FOR_EACH_BASE(ts) FOR_EACH(c, updates)
		EXPECT_EQ(ltcp_ts_recent_update_ok(seq + c->seq, seq,
						   ts + c->tsval, ts), c->ok,
			  "%s, bases %#x and %#x", c->what, seq, ts);
}

/*
 * RFC 7323 section 4.3: which timestamp is echoed. (A) delayed ACKs echo the
 * earliest; (B) a hole: the last in-order one; (C) the filled hole: its own.
 */
TEST(ltcp_ts_recent_update_ok__rfc7323_section_4_3, "W7")
{
	struct arrival {
		u32 seq, tsval, ack_sent, echoed;
	};
	static const struct arrival delayed[] = {
		{ 0, 1, 0, 1 }, { 100, 2, 0, 1 }, { 200, 3, 300, 1 },
	};
	static const struct arrival hole[] = {
		{ 0, 1, 100, 1 }, { 200, 3, 100, 1 }, { 100, 2, 300, 2 },
		{ 400, 5, 300, 2 }, { 300, 4, 500, 4 },
	};
	u32 last_ack, recent;

	FOR_EACH_BASE(base) {
		last_ack = 0;
		recent = base;
		FOR_EACH(a, delayed) {
			if (ltcp_ts_recent_update_ok(base + a->seq, base + last_ack,
						     base + a->tsval, recent))
				recent = base + a->tsval;
			last_ack = a->ack_sent;
			EXPECT_EQ(recent, base + a->echoed, "delayed, %u", a->seq);
		}
		last_ack = 0;
		recent = base;
		FOR_EACH(a, hole) {
			if (ltcp_ts_recent_update_ok(base + a->seq, base + last_ack,
						     base + a->tsval, recent))
				recent = base + a->tsval;
			last_ack = a->ack_sent;
			EXPECT_EQ(recent, base + a->echoed, "hole, %u", a->seq);
		}
	}
}

TEST(ltcp_ratelimit__one_in_an_interval, "S6 ATTACK-6 ATTACK-11")
{
	FOR_EACH_BASE(base) {
		u32 last = 0, allowed = 0;

		EXPECT(ltcp_ratelimit(&last, base, 500), "the first");
		for (u32 ms = 1; ms < 500; ms++)
			EXPECT(!ltcp_ratelimit(&last, base + ms, 500),
			       "base %#x, after %u ms", base, ms);
		/* 0 stands for never, so a 0 is kept as 1 */
		EXPECT(ltcp_ratelimit(&last, base + 501, 500), "base %#x", base);
		for (u32 ms = 0; ms < 10000; ms++)
			allowed += ltcp_ratelimit(&last, base + 501 + ms, 500);
		EXPECT(allowed >= 18 && allowed <= 20, "base %#x: %u", base,
		       allowed);
	}
}

TEST(ltcp_ratelimit__no_interval, "S6")
{
	u32 last = 0;

	for (u32 i = 0; i < 10; i++)
		EXPECT(ltcp_ratelimit(&last, 77, 0), "unlimited");
}
