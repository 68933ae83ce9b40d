// SPDX-License-Identifier: GPL-2.0
/* window_test.c - tests of window.c */
#include "unit.h"
#include "seq.h"
#include "window.h"

TEST(ltcp_wscale_choose__smallest, "W6 F1")
{
	static const struct {
		u32 space;
		u8 shift;
	} cases[] = {
		{ 0, 0 }, { 1, 0 }, { 65535, 0 }, { 65536, 1 },
		{ 131070, 1 }, { 131071, 2 }, { 6291456, 7 },
		{ 65535U << 13, 13 }, { (65535U << 13) + 1, 14 },
		{ 65535U << 14, 14 }, { 1U << 30, 14 }, { U32_MAX, 14 },
	};

	FOR_EACH(c, cases)
		EXPECT_EQ(ltcp_wscale_choose(c->space), c->shift, "%u bytes",
			  c->space);
}

struct rwnd_case {
	const char *what;
	/* bytes received since the window was advertised, and that window */
	u32 received, advertised;
	u32 free, full, mss;
	u8 wscale;
	u32 want;
	u32 rounded;	/* of what was advertised */
};

static const struct rwnd_case rwnd[] = {
	{ "first window", 0, 0, 64000, 64000, 1460, 0, 64000 },
	{ "first, rounded down", 0, 0, 64100, 64100, 1460, 7, 64000 },
	{ "first, field is full", 0, 0, 100000, 100000, 1460, 0, 65535 },
	{ "first, scaled", 0, 0, 100000, 100000, 1460, 1, 100000 },
	{ "the largest", 0, 0, 1 << 30, 1 << 30, 1460, 14, 65535 << 14 },

	{ "fills up: the edge stays", 1000, 64000, 63000, 64000, 1460, 0, 63000 },
	{ "full", 64000, 64000, 0, 64000, 1460, 0, 0 },
	{ "buffer collapsed, promise kept", 1000, 64000, 0, 64000, 1460, 0, 63000 },
	{ "buffer smaller than the promise", 0, 64000, 10000, 64000, 1460, 0, 64000 },

	{ "opens by less than a segment: no", 64000, 64000, 1459, 64000, 1460, 0, 0 },
	{ "opens by a segment", 64000, 64000, 1460, 64000, 1460, 0, 1460 },
	{ "edge moves by less than a segment: no", 10000, 20000, 11459, 64000,
	  1460, 0, 10000 },
	{ "edge moves by a segment", 10000, 20000, 11460, 64000, 1460, 0, 11460 },
	{ "buffer of two small segments: half", 1000, 1000, 499, 1000, 1460, 0, 0 },
	{ "buffer of two small segments: yes", 1000, 1000, 500, 1000, 1460, 0, 500 },

	{ "promise rounded up", 1, 64000, 63999, 64000, 1460, 7, 64000 },
	{ "what was rounded is not promised again", 100, 64128, 0, 64000, 1460, 7,
	  64000, 100 },
	{ "only what was rounded is left", 64000, 64100, 0, 64000, 1460, 7, 0, 100 },
	{ "... and less", 64050, 64100, 0, 64000, 1460, 7, 0, 100 },
	{ "one byte left rounded up", 63999, 64000, 0, 64000, 1460, 7, 128 },
	{ "opening rounded down", 64000, 64000, 1599, 64000, 1460, 7, 1536 },
	{ "a step smaller than a unit: no shrinking", 28, 128, 128, 150, 40, 7,
	  128 },
	{ "a buffer smaller than a unit", 8192, 8192, 4096, 4096, 1000, 13, 8192 },
	{ "... in which little is free", 8192, 8192, 999, 4096, 1000, 13, 0 },
	{ "65535 of a SYN, then scaled", 0, 65535, 65535, 65535, 1460, 7, 65536 },
	{ "a field that is full stays full", 1, 65535 << 7, 0, 65535 << 7, 1460,
	  7, 65535 << 7 },

	{ "more than the field can say", 0, 70000, 0, 70000, 1460, 0, 65535 },

	{ "a probe beyond the window", 64001, 64000, 0, 64000, 1460, 0, 0 },
	{ "a probe beyond, then room", 64001, 64000, 30000, 64000, 1460, 0, 30000 },
	{ "no buffer at all", 0, 0, 0, 0, 1460, 0, 0 },
};

static struct ltcp_rwnd_in rwnd_in(const struct rwnd_case *c, u32 base)
{
	return (struct ltcp_rwnd_in) {
		.rcv_nxt = base + c->received, .rcv_wup = base,
		.rcv_wnd = c->advertised, .free_space = c->free,
		.full_space = c->full, .mss = c->mss, .wscale = c->wscale,
		.rounded = c->rounded,
	};
}

TEST(ltcp_wnd_share__follows_what_arrives, "F1")
{
	static const struct {
		u32 text, memory, share;	/* again and again, and what comes of it */
	} cases[] = {
		{ 1448, 2304, 160 }, { 65160, 66000, LTCP_WND_SHARE_MAX },
		{ 1448, 4352, LTCP_WND_SHARE_MIN }, { 0, 768, LTCP_WND_SHARE_MIN },
		{ 1, 1, LTCP_WND_SHARE_MAX }, { U32_MAX, 1, LTCP_WND_SHARE_MAX },
		{ U32_MAX - 1, U32_MAX, LTCP_WND_SHARE_MAX }, { 1, U32_MAX, LTCP_WND_SHARE_MIN },
	};

	FOR_EACH(c, cases) {
		u32 share, from, i;

		for (from = LTCP_WND_SHARE_MIN; from <= LTCP_WND_SHARE_MAX; from++) {
			share = from;
			for (i = 0; i < 30; i++) {
				u32 next = ltcp_wnd_share(share, c->text, c->memory);

				EXPECT(c->share > share ? next > share && next <= c->share :
				       next <= share && next >= c->share,
				       "%u of %u: %u after %u", c->text, c->memory, next, share);
				share = next;
			}
			EXPECT(share - c->share <= 3,
			       "%u of %u: %u from %u", c->text, c->memory, share, from);
		}
	}
}

TEST(ltcp_rwnd_select__cases, "F1 F4 MUST-39 SHLD-14")
{
	FOR_EACH_BASE(base) FOR_EACH(c, rwnd) {
		struct ltcp_rwnd_in in = rwnd_in(c, base);

		EXPECT_EQ(ltcp_rwnd_select(&in).field, c->want, "%s, base %#x",
			  c->what, base);
	}
}

/* A receiver with a buffer: only the books of it. */
struct receiver {
	struct ltcp_rwnd_in in;
	u32 field;
	u32 queued;
};

static void receiver_advertise(struct receiver *r)
{
	struct ltcp_rwnd new;

	r->in.free_space = r->in.full_space > r->queued ?
			   r->in.full_space - r->queued : 0;
	new = ltcp_rwnd_select(&r->in);
	r->field = new.field;
	r->in.rcv_wnd = new.wnd;
	r->in.rounded = new.rounded;
	r->in.rcv_wup = r->in.rcv_nxt;
}

static struct receiver receiver(u32 base, u32 full, u32 mss, u8 wscale)
{
	struct receiver r = { .in = {
		.rcv_nxt = base, .rcv_wup = base, .full_space = full,
		.mss = mss, .wscale = wscale } };

	receiver_advertise(&r);
	return r;
}

static u32 right_edge(const struct receiver *r)
{
	return r->in.rcv_wup + r->in.rcv_wnd;
}

static void receiver_gets(struct receiver *r, u32 bytes)
{
	r->in.rcv_nxt += bytes;
	r->queued += bytes;
	receiver_advertise(r);
}

static bool receiver_reads(struct receiver *r, u32 bytes)
{
	bool due;

	r->queued -= bytes;
	r->in.free_space += bytes;
	due = ltcp_rwnd_update_due(&r->in, bytes);
	receiver_advertise(r);
	return due;
}

/*
 * Whatever happens, what was promised is taken, the field can express it, and less than
 * a unit is promised without a buffer, however often it was said.
 */
TEST(ltcp_rwnd_select__never_shrinks, "F1 SHLD-14")
{
	static const u8 scales[] = { 0, 1, 7, 14 };

	FOR_EACH_BASE(base) FOR_EACH(wscale, scales) {
		u32 unit = 1U << *wscale;
		struct receiver r = receiver(base, 20000 * unit, 1460, *wscale);

		for (unsigned int i = 0; i < 20000; i++) {
			u32 edge = right_edge(&r);
			u32 left = edge - r.in.rcv_nxt;

			if (unit_random() & 1)
				receiver_gets(&r, unit_random_below(min(left, 3000U) + 1));
			else
				receiver_reads(&r, unit_random_below(r.queued + 1));
			EXPECT(seq_geq(right_edge(&r), edge),
			       "base %#x, scale %u: %u to the left", base, *wscale,
			       edge - right_edge(&r));
			EXPECT(r.field % unit == 0 && r.field <= 65535 * unit &&
			       r.field <= r.in.rcv_wnd,
			       "scale %u: window %u", *wscale, r.field);
			EXPECT(r.queued + r.in.rcv_wnd < r.in.full_space + unit,
			       "scale %u: %u queued, %u promised", *wscale,
			       r.queued, r.in.rcv_wnd);
		}
	}
}

/* Nobody reads, and what comes is smaller than a unit: the window closes all the same. */
TEST(ltcp_rwnd_select__closes_by_less_than_units, "F1 F4")
{
	static const u32 sizes[] = { 1, 100, 2896, 16383 };

	FOR_EACH_BASE(base) FOR_EACH(size, sizes) {
		struct receiver r = receiver(base, 200000, 1460, 14);

		while (r.field && r.queued < 1000000)
			receiver_gets(&r, min(*size, r.in.rcv_wnd));
		EXPECT(r.queued >= 180000 && r.queued < 200000 + 16384,
		       "base %#x, %u at a time: closed after %u", base, *size, r.queued);
	}
}

/* The silly window: an application that reads single bytes (RFC 813). */
TEST(ltcp_rwnd_select__reader_of_bytes, "F4 MUST-39")
{
	FOR_EACH_BASE(base) {
		struct receiver r = receiver(base, 20000, 1000, 0);
		unsigned int openings = 0;

		receiver_gets(&r, 20000);
		EXPECT_EQ(r.in.rcv_wnd, 0, "buffer is full");
		for (unsigned int i = 1; i <= 10000; i++) {
			u32 before = r.in.rcv_wnd;

			receiver_reads(&r, 1);
			if (r.in.rcv_wnd == before)
				continue;
			openings++;
			EXPECT_EQ(r.in.rcv_wnd - before, 1000, "after %u", i);
		}
		EXPECT_EQ(openings, 10, "base %#x", base);
	}
}

struct update_case {
	const char *what;
	u32 received, advertised, free, full, mss;
	u8 wscale;
	u32 copied;
	bool due;
};

static const struct update_case updates[] = {
	{ "nothing read", 64000, 64000, 64000, 64000, 1000, 0, 0, false },
	{ "closed, a segment free", 64000, 64000, 1000, 64000, 1000, 0, 1, true },
	{ "closed, less free", 64000, 64000, 999, 64000, 1000, 0, 1, false },
	{ "closed, small buffer, half free", 800, 800, 400, 800, 1000, 0, 1, true },
	{ "closed, small buffer, less", 800, 800, 399, 800, 1000, 0, 1, false },
	{ "closed, less than a unit free", 8192, 8192, 2048, 4096, 1000, 13, 1, true },
	{ "nearly closed, opens", 63001, 64000, 1999, 64000, 1000, 0, 1, true },
	{ "nearly closed, not enough", 63001, 64000, 1998, 64000, 1000, 0, 1, false },
	{ "open, a little was read", 2000, 64000, 64000, 64000, 1000, 0, 2000, false },
	{ "less than half left, it doubles", 33000, 64000, 62000, 64000, 1000, 0,
	  1000, true },
	{ "less than half left, not twice", 33000, 64000, 61999, 64000, 1000, 0,
	  1000, false },
	{ "more than half left", 31999, 64000, 64000, 64000, 1000, 0, 1000, false },
	{ "unchanged", 0, 64000, 64000, 64000, 1000, 0, 1, false },
	{ "only rounding moves it", 64000 - 129, 64000, 129, 64000, 1000, 7, 1,
	  false },
};

TEST(ltcp_rwnd_update_due__cases, "F1 F4 R8 MUST-39")
{
	FOR_EACH_BASE(base) FOR_EACH(c, updates) {
		struct ltcp_rwnd_in in = {
			.rcv_nxt = base + c->received, .rcv_wup = base,
			.rcv_wnd = c->advertised, .free_space = c->free,
			.full_space = c->full, .mss = c->mss, .wscale = c->wscale,
		};

		EXPECT_EQ(ltcp_rwnd_update_due(&in, c->copied), c->due,
			  "%s, base %#x", c->what, base);
	}
}

/* A reader never leaves the peer waiting before a closed window. */
TEST(ltcp_rwnd_update_due__peer_hears_of_it, "F1 R8")
{
	static const u32 sizes[] = { 1, 100, 999, 1000, 1460, 5000 };

	FOR_EACH(size, sizes) {
		struct receiver r = receiver(0xfffff000, 10000, 1460, 0);
		bool heard = false;

		receiver_gets(&r, 10000);
		while (r.queued >= *size && !heard) {
			r.in.free_space += *size;
			r.queued -= *size;
			heard = ltcp_rwnd_update_due(&r.in, *size);
		}
		EXPECT(heard, "reads of %u", *size);
		EXPECT(r.in.free_space >= 1460, "reads of %u: after %u", *size,
		       r.in.free_space);
	}
}

struct nagle_case {
	const char *what;
	struct ltcp_nagle_in in;
	bool allowed;
};

static const struct nagle_case nagle[] = {
	{ "small, nothing in flight", { .len = 1, .mss = 1460 }, true },
	{ "small, something in flight", { .len = 1, .mss = 1460,
	  .in_flight = true, .small_in_flight = true }, false },
	{ "one byte short of full", { .len = 1459, .mss = 1460,
	  .in_flight = true, .small_in_flight = true }, false },
	{ "full", { .len = 1460, .mss = 1460,
	  .in_flight = true, .small_in_flight = true }, true },
	{ "many full ones", { .len = 65535, .mss = 1460,
	  .in_flight = true, .small_in_flight = true }, true },
	{ "Minshall: only full ones in flight", { .len = 1, .mss = 1460,
	  .in_flight = true }, true },
	{ "no delay", { .len = 1, .mss = 1460, .nodelay = true,
	  .in_flight = true, .small_in_flight = true }, true },
	{ "corked", { .len = 1, .mss = 1460, .more_follows = true }, false },
	{ "corked, no delay", { .len = 1, .mss = 1460, .more_follows = true,
	  .nodelay = true }, false },
	{ "corked, full", { .len = 1460, .mss = 1460, .more_follows = true,
	  .in_flight = true, .small_in_flight = true }, true },
	{ "FIN", { .len = 1, .mss = 1460, .fin = true,
	  .in_flight = true, .small_in_flight = true }, true },
	{ "FIN alone", { .len = 0, .mss = 1460, .fin = true,
	  .in_flight = true, .small_in_flight = true }, true },
	{ "FIN, corked", { .len = 1, .mss = 1460, .fin = true,
	  .more_follows = true }, true },
};

TEST(ltcp_nagle_allows__cases, "F3 SHLD-7 MUST-17")
{
	FOR_EACH(c, nagle)
		EXPECT_EQ(ltcp_nagle_allows(&c->in), c->allowed, "%s", c->what);
}

static const struct {
	const char *what;
	u32 len, mss, usable, max_wnd;
	bool last, allowed;
} sws[] = {
	{ "a full segment", 1460, 1460, 1460, 64000, false, true },
	{ "a full segment of many", 9000, 1460, 1460, 64000, false, true },
	{ "not quite", 9000, 1460, 1459, 64000, false, false },
	{ "all there is", 10, 1460, 64000, 64000, true, true },
	{ "all there is, just", 10, 1460, 10, 64000, true, true },
	{ "all there is, not quite", 10, 1460, 9, 64000, true, false },
	{ "more will come", 10, 1460, 64000, 64000, false, false },
	{ "half of a small window", 1460, 1460, 500, 1000, false, true },
	{ "less than half of it", 1460, 1460, 499, 1000, false, false },
	{ "closed", 1460, 1460, 0, 64000, false, false },
	{ "closed, all there is", 10, 1460, 0, 64000, true, false },
	{ "never open", 10, 1460, 0, 0, true, false },
	{ "never more than a byte", 10, 1460, 1, 1, false, true },
	{ "FIN alone", 0, 1460, 0, 64000, true, true },
	{ "nothing", 0, 1460, 64000, 64000, false, false },
};

TEST(ltcp_sws_allows__cases, "F4 MUST-38")
{
	FOR_EACH(c, sws)
		EXPECT_EQ(ltcp_sws_allows(c->len, c->mss, c->usable, c->max_wnd,
					  c->last), c->allowed, "%s", c->what);
}

/* Snd.una is the base. */
static const struct {
	const char *what;
	u32 wnd, sent, usable;
} usable[] = {
	{ "all", 64000, 0, 64000 }, { "some", 64000, 1000, 63000 },
	{ "none", 64000, 64000, 0 }, { "one", 64000, 63999, 1 },
	{ "closed", 0, 0, 0 },
	{ "shrunk by one", 63999, 64000, 0 },
	{ "shrunk to nothing", 0, 64000, 0 },
	{ "probe beyond a closed window", 0, 1, 0 },
	{ "unsigned", 65535, 0, 65535 },
	{ "the largest", 65535U << 14, 0, 65535U << 14 },
	{ "the largest, shrunk to nothing", 0, 65535U << 14, 0 },
};

TEST(ltcp_usable_wnd__also_when_shrunk, "F1 F2 MUST-1 MUST-34")
{
	FOR_EACH_BASE(base) FOR_EACH(c, usable)
		EXPECT_EQ(ltcp_usable_wnd(base, c->wnd, base + c->sent), c->usable,
			  "%s, base %#x", c->what, base);
}

TEST(ltcp_offered_wnd__left_of_it, "F1")
{
	FOR_EACH_BASE(base) FOR_EACH(c, usable)
		EXPECT_EQ(ltcp_offered_wnd(base + c->sent, base, c->wnd),
			  c->usable, "%s, base %#x", c->what, base);
}
