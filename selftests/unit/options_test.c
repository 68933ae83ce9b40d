// SPDX-License-Identifier: GPL-2.0
/* options_test.c - tests of options.c */
#include "unit.h"
#include "options.h"

#define SYN true
#define NO_SYN false

/*
 * Parses from a block of memory of just the right size, so that a step outside
 * does not go unnoticed.
 */
static struct ltcp_opts parse(const u8 *bytes, unsigned int len, bool syn)
{
	u8 *p = malloc(len);
	struct ltcp_opts o;

	memset(&o, 0xa5, sizeof(o));
	if (len)
		memcpy(p, bytes, len);
	ltcp_opts_parse(p, len, syn, &o);
	free(p);
	return o;
}

static bool same(const struct ltcp_opts *a, const struct ltcp_opts *b)
{
	if (a->present != b->present)
		return false;
	if (a->present & LTCP_OPT_MSS && a->mss != b->mss)
		return false;
	if (a->present & LTCP_OPT_WSCALE && a->wscale != b->wscale)
		return false;
	if (a->present & LTCP_OPT_TS &&
	    (a->tsval != b->tsval || a->tsecr != b->tsecr))
		return false;
	if (!(a->present & LTCP_OPT_SACK))
		return true;
	return a->nsack == b->nsack &&
	       !memcmp(a->sack, b->sack, a->nsack * sizeof(a->sack[0]));
}

struct parse_case {
	const char *what;
	u8 bytes[LTCP_OPTS_MAX];
	u8 len;
	struct ltcp_opts syn, no_syn;
};

static void run_parse_cases(const struct parse_case *c, unsigned int n)
{
	for (; n; n--, c++) {
		struct ltcp_opts o = parse(c->bytes, c->len, SYN);

		EXPECT(same(&o, &c->syn), "%s, SYN: present %#x",
		       c->what, o.present);
		o = parse(c->bytes, c->len, NO_SYN);
		EXPECT(same(&o, &c->no_syn), "%s, no SYN: present %#x",
		       c->what, o.present);
	}
}

#define RUN_PARSE_CASES(table) run_parse_cases(table, ARRAY_SIZE(table))

/* Two fields of a case that are the same whether SYN or not. */
#define BOTH(...) .syn = { __VA_ARGS__ }, .no_syn = { __VA_ARGS__ }

static const struct parse_case known[] = {
	{ "nothing", {}, 0 },
	{ "end of list", { 0 }, 1 },
	{ "MSS", { 2, 4, 0x05, 0xb4 }, 4,
	  .syn = { LTCP_OPT_MSS, .mss = 1460 } },
	{ "MSS 0", { 2, 4, 0, 0 }, 4, .syn = { LTCP_OPT_MSS, .mss = 0 } },
	{ "MSS 65535", { 2, 4, 0xff, 0xff }, 4,
	  .syn = { LTCP_OPT_MSS, .mss = 65535 } },
	{ "window scale", { 3, 3, 7 }, 3,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "SACK permitted", { 4, 2 }, 2, .syn = { LTCP_OPT_SACK_PERM } },
	{ "timestamp", { 8, 10, 1, 2, 3, 4, 0xf5, 6, 7, 8 }, 10,
	  BOTH(LTCP_OPT_TS, .tsval = 0x01020304, .tsecr = 0xf5060708) },
	{ "one block", { 5, 10, 0, 0, 0, 1, 0xff, 0, 0, 2 }, 10,
	  BOTH(LTCP_OPT_SACK, .nsack = 1, .sack = {{ 1, 0xff000002 }}) },
	{ "four blocks",
	  { 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
	    0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8 }, 34,
	  BOTH(LTCP_OPT_SACK, .nsack = 4,
	       .sack = {{ 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 }}) },
	{ "timestamp and three blocks",
	  { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,
	    1, 1, 5, 26, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
	    0, 0, 0, 5, 0, 0, 0, 6 }, 40,
	  BOTH(LTCP_OPT_TS | LTCP_OPT_SACK, .tsval = 1, .tsecr = 2, .nsack = 3,
	       .sack = {{ 1, 2 }, { 3, 4 }, { 5, 6 }}) },
	{ "a usual SYN",
	  { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7 },
	  20,
	  .syn = { LTCP_OPT_MSS | LTCP_OPT_SACK_PERM | LTCP_OPT_TS |
		   LTCP_OPT_WSCALE, .mss = 1460, .tsval = 9, .wscale = 7 },
	  .no_syn = { LTCP_OPT_TS, .tsval = 9 } },
};

TEST(ltcp_opts_parse__known, "W6 MUST-4 MUST-5 MUST-65")
{
	RUN_PARSE_CASES(known);
}

static const struct parse_case lengths[] = {
	/* lengths that cannot be: the walk ends */
	{ "length 0", { 8, 0, 3, 3, 7 }, 5 },
	{ "length 1", { 8, 1, 3, 3, 7 }, 5 },
	{ "no length", { 2 }, 1 },
	{ "no length after NOPs", { 1, 1, 1, 8 }, 4 },
	{ "past the end by one", { 2, 4, 0x05 }, 3 },
	{ "past the end by far", { 8, 255, 0, 0, 0, 0, 0, 0, 0, 0 }, 10 },
	{ "unknown past the end", { 77, 40, 0, 0 }, 4 },
	{ "cut timestamp", { 8, 10, 1, 2, 3, 4, 5, 6, 7 }, 9 },
	{ "cut SACK", { 5, 10, 0, 0, 0, 1, 0, 0, 0 }, 9 },
	/* known with a wrong length: skipped by that length */
	{ "MSS of 3", { 2, 3, 9, 3, 3, 7 }, 6,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "MSS of 5", { 2, 5, 9, 9, 9, 3, 3, 7 }, 8,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "window scale of 2", { 3, 2, 2, 4, 0x05, 0xb4 }, 6,
	  .syn = { LTCP_OPT_MSS, .mss = 1460 } },
	{ "window scale of 4", { 3, 4, 7, 7, 2, 4, 0x05, 0xb4 }, 8,
	  .syn = { LTCP_OPT_MSS, .mss = 1460 } },
	{ "SACK permitted of 3", { 4, 3, 0, 3, 3, 7 }, 6,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "timestamp of 6", { 8, 6, 1, 2, 3, 4, 3, 3, 7 }, 9,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "timestamp of 12",
	  { 8, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 3, 3, 7 }, 15,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "SACK of no block", { 5, 2, 3, 3, 7 }, 5,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "SACK of half a block", { 5, 6, 0, 0, 0, 1, 3, 3, 7 }, 9,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "SACK of a block and a byte",
	  { 5, 11, 0, 0, 0, 1, 0, 0, 0, 2, 0, 3, 3, 7 }, 14,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "SACK of four and a half blocks", { 5, 38, 0, [38] = 1, 1 }, 40 },
	/* what came before stays good */
	{ "good, then length 0", { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 0 }, 12,
	  BOTH(LTCP_OPT_TS, .tsval = 1, .tsecr = 2) },
	{ "good, then cut", { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 1 }, 13,
	  BOTH(LTCP_OPT_TS, .tsval = 1, .tsecr = 2) },
	{ "after the end of the list", { 1, 0, 2, 2, 4, 0x05, 0xb4 }, 7 },
};

TEST(ltcp_opts_parse__lengths, "W6 MUST-7 ATTACK-34")
{
	RUN_PARSE_CASES(lengths);
}

static const struct parse_case repeats[] = {
	{ "MSS", { 2, 4, 0x05, 0xb4, 2, 4, 0, 1 }, 8,
	  .syn = { LTCP_OPT_MSS, .mss = 1460 } },
	{ "window scale", { 3, 3, 7, 3, 3, 14 }, 6,
	  .syn = { LTCP_OPT_WSCALE, .wscale = 7 } },
	{ "timestamp",
	  { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 8, 10, 0, 0, 0, 3, 0, 0, 0, 4 }, 20,
	  BOTH(LTCP_OPT_TS, .tsval = 1, .tsecr = 2) },
	{ "SACK",
	  { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 18, 0, 0, 0, 3, 0, 0, 0, 4,
	    0, 0, 0, 5, 0, 0, 0, 6 }, 28,
	  BOTH(LTCP_OPT_SACK, .nsack = 1, .sack = {{ 1, 2 }}) },
	{ "the first of the right length counts",
	  { 2, 3, 9, 2, 4, 0x05, 0xb4, 2, 4, 0, 1 }, 11,
	  .syn = { LTCP_OPT_MSS, .mss = 1460 } },
};

TEST(ltcp_opts_parse__first_counts, "W6 ATTACK-34")
{
	RUN_PARSE_CASES(repeats);
}

TEST(ltcp_opts_parse__unknown_skipped, "W6 MUST-6 MUST-68")
{
	const u8 mss[] = { 2, 4, 0x05, 0xb4 };

	for (unsigned int kind = 0; kind < 256; kind++) {
		if (kind <= 5 || kind == 8)
			continue;
		for (u8 len = 2; len <= LTCP_OPTS_MAX - sizeof(mss); len++) {
			u8 bytes[LTCP_OPTS_MAX] = { kind, len };
			struct ltcp_opts o;

			memcpy(bytes + len, mss, sizeof(mss));
			o = parse(bytes, len + sizeof(mss), SYN);
			EXPECT(o.present == LTCP_OPT_MSS && o.mss == 1460,
			       "kind %u of %u bytes", kind, len);
		}
	}
}

TEST(ltcp_opts_parse__any_alignment, "W6 MUST-64")
{
	FOR_EACH(c, known) {
		for (unsigned int nops = 0; nops + c->len <= LTCP_OPTS_MAX; nops++) {
			u8 bytes[LTCP_OPTS_MAX];
			struct ltcp_opts o;

			memset(bytes, 1, nops);
			memcpy(bytes + nops, c->bytes, c->len);
			o = parse(bytes, nops + c->len, SYN);
			EXPECT(same(&o, &c->syn), "%s after %u NOPs", c->what,
			       nops);
		}
	}
}

TEST(ltcp_opts_parse__wscale_clamped, "W6 ATTACK-34")
{
	for (unsigned int shift = 0; shift < 256; shift++) {
		const u8 bytes[] = { 3, 3, shift };
		struct ltcp_opts o = parse(bytes, sizeof(bytes), SYN);

		EXPECT_EQ(o.wscale, shift < 14 ? shift : 14, "shift %u", shift);
	}
}

/* Bytes that are likely to mean something to the parser. */
static u8 spicy_byte(void)
{
	static const u8 spice[] = { 0, 1, 2, 3, 4, 5, 8, 10, 18, 26, 34 };

	if (unit_random_below(4) == 0)
		return unit_random();
	return spice[unit_random_below(ARRAY_SIZE(spice))];
}

TEST(ltcp_opts_parse__any_40_bytes, "W6 MUST-7 ATTACK-34")
{
	for (unsigned int i = 0; i < 300000; i++) {
		unsigned int len = unit_random_below(LTCP_OPTS_MAX + 1);
		bool syn = unit_random() & 1;
		u8 bytes[LTCP_OPTS_MAX], rebuilt[LTCP_OPTS_MAX];
		struct ltcp_opts o, again;

		for (unsigned int j = 0; j < len; j++)
			bytes[j] = spicy_byte();
		o = parse(bytes, len, syn);
		EXPECT(o.nsack <= LTCP_SACK_BLOCKS_MAX && o.wscale <= 14,
		       "%u blocks, shift %u", o.nsack, o.wscale);
		EXPECT(syn || !(o.present & (LTCP_OPT_MSS | LTCP_OPT_WSCALE |
					     LTCP_OPT_SACK_PERM)),
		       "present %#x without SYN", o.present);
		/* four bytes more than the parser needs may drop a block */
		again = parse(rebuilt, ltcp_opts_build(rebuilt, &o), syn);
		EXPECT_EQ(again.present & ~LTCP_OPT_SACK,
			  o.present & ~LTCP_OPT_SACK, "rebuilt");
	}
}

TEST(ltcp_opts_ts_only__agrees_with_parse, "W6")
{
	const u8 good[] = { 1, 1, 8, 10, 0xfe, 2, 3, 4, 0xf5, 6, 7, 8, 0, 0, 0, 0 };
	u32 tsval = 0, tsecr = 0;

	EXPECT(ltcp_opts_ts_only(good, 12, &tsval, &tsecr), "the usual form");
	EXPECT_EQ(tsval, 0xfe020304, "TSval");
	EXPECT_EQ(tsecr, 0xf5060708, "TSecr");
	for (unsigned int len = 0; len <= sizeof(good); len++) {
		tsval = 77;
		EXPECT_EQ(ltcp_opts_ts_only(good, len, &tsval, &tsecr), len == 12,
			  "length %u", len);
		EXPECT(len == 12 || tsval == 77, "length %u: set", len);
	}
	/* any single bit of the first word */
	for (unsigned int bit = 0; bit < 32; bit++) {
		u8 bad[12];

		memcpy(bad, good, sizeof(bad));
		bad[bit / 8] ^= BIT(bit % 8);
		EXPECT(!ltcp_opts_ts_only(bad, 12, &tsval, &tsecr), "bit %u", bit);
	}
}

struct build_case {
	const char *what;
	struct ltcp_opts opts;
	u8 bytes[LTCP_OPTS_MAX];
	u8 len;
};

static const struct build_case layouts[] = {
	{ "nothing", { 0 }, {}, 0 },
	{ "MSS", { LTCP_OPT_MSS, .mss = 1460 }, { 2, 4, 0x05, 0xb4 }, 4 },
	{ "SACK permitted", { LTCP_OPT_SACK_PERM }, { 1, 1, 4, 2 }, 4 },
	{ "window scale", { LTCP_OPT_WSCALE, .wscale = 7 }, { 1, 3, 3, 7 }, 4 },
	{ "window scale of 15", { LTCP_OPT_WSCALE, .wscale = 15 },
	  { 1, 3, 3, 14 }, 4 },
	{ "timestamp", { LTCP_OPT_TS, .tsval = 0xf1020304, .tsecr = 5 },
	  { 1, 1, 8, 10, 0xf1, 2, 3, 4, 0, 0, 0, 5 }, 12 },
	{ "everything of a SYN",
	  { LTCP_OPT_MSS | LTCP_OPT_SACK_PERM | LTCP_OPT_TS | LTCP_OPT_WSCALE,
	    .mss = 1460, .tsval = 9, .tsecr = 1, .wscale = 7 },
	  { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 1, 1, 3, 3, 7 },
	  20 },
	{ "no blocks", { LTCP_OPT_SACK, .nsack = 0 }, {}, 0 },
	{ "one block", { LTCP_OPT_SACK, .nsack = 1, .sack = {{ 1, 0xff000002 }} },
	  { 1, 1, 5, 10, 0, 0, 0, 1, 0xff, 0, 0, 2 }, 12 },
	{ "four blocks",
	  { LTCP_OPT_SACK, .nsack = 4,
	    .sack = {{ 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 }} },
	  { 1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
	    0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8 }, 36 },
	{ "timestamp and of four blocks three",
	  { LTCP_OPT_TS | LTCP_OPT_SACK, .tsval = 1, .tsecr = 2, .nsack = 4,
	    .sack = {{ 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 }} },
	  { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,
	    1, 1, 5, 26, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
	    0, 0, 0, 5, 0, 0, 0, 6 }, 40 },
};

TEST(ltcp_opts_build__layout, "W6 MUST-68 MUST-69")
{
	FOR_EACH(c, layouts) {
		u8 p[LTCP_OPTS_MAX + 4] = {};

		EXPECT_EQ(ltcp_opts_len(&c->opts), c->len, "%s", c->what);
		EXPECT_EQ(ltcp_opts_build(p, &c->opts), c->len, "%s", c->what);
		EXPECT(!memcmp(p, c->bytes, c->len), "%s", c->what);
	}
}

static struct ltcp_opts some_options(unsigned int present, unsigned int nsack)
{
	struct ltcp_opts o = {
		.present = present, .nsack = nsack, .mss = unit_random(),
		.wscale = unit_random_below(15), .tsval = unit_random(),
		.tsecr = unit_random(),
	};

	FOR_EACH(b, o.sack) {
		o.sack[b - o.sack].start = unit_random();
		o.sack[b - o.sack].end = unit_random();
	}
	return o;
}

/* Builds into memory of just the right size, filled with a given byte before. */
static void build(const struct ltcp_opts *o, u8 fill, u8 *copy)
{
	unsigned int len = ltcp_opts_len(o);
	u8 *p = malloc(len);

	if (len)
		memset(p, fill, len);
	EXPECT_EQ(ltcp_opts_build(p, o), len, "present %#x", o->present);
	if (len)
		memcpy(copy, p, len);
	free(p);
}

TEST(ltcp_opts_build__every_byte_set, "W6 ATTACK-32")
{
	for (unsigned int present = 0; present < 32; present++) {
		/* 5 and 255: more than there are */
		static const u8 counts[] = { 0, 1, 2, 3, 4, 5, 255 };

		FOR_EACH(n, counts) {
			struct ltcp_opts o = some_options(present, *n);
			unsigned int len = ltcp_opts_len(&o);
			u8 a[LTCP_OPTS_MAX], b[LTCP_OPTS_MAX];

			EXPECT(len <= LTCP_OPTS_MAX && len % 4 == 0,
			       "present %#x, %u blocks: length %u", present, *n,
			       len);
			build(&o, 0x00, a);
			build(&o, 0xff, b);
			EXPECT(!memcmp(a, b, len), "present %#x, %u blocks",
			       present, *n);
		}
	}
}

TEST(ltcp_opts_build__parses_back, "W6")
{
	for (unsigned int present = 0; present < 32; present++) {
		for (unsigned int n = 1; n <= LTCP_SACK_BLOCKS_MAX; n++) {
			struct ltcp_opts o = some_options(present, n), back;
			u8 p[LTCP_OPTS_MAX];

			back = parse(p, ltcp_opts_build(p, &o), SYN);
			/* of the blocks as many as there is room for */
			if (present & LTCP_OPT_SACK) {
				unsigned int room = 40;

				room -= present & LTCP_OPT_MSS ? 4 : 0;
				room -= present & LTCP_OPT_WSCALE ? 4 : 0;
				room -= present & LTCP_OPT_TS ? 12 :
					present & LTCP_OPT_SACK_PERM ? 4 : 0;
				o.nsack = min(n, (room - 4) / 8);
			}
			EXPECT(same(&o, &back), "present %#x, %u blocks: %#x, %u",
			       present, n, back.present, back.nsack);
		}
	}
}

TEST(ltcp_opts_build_ts__same_as_build, "W6")
{
	struct ltcp_opts o = { LTCP_OPT_TS, .tsval = 0xfedcba98, .tsecr = 7 };
	u8 a[LTCP_OPTS_MAX], b[LTCP_OPTS_TS_LEN];

	EXPECT_EQ(ltcp_opts_build(a, &o), sizeof(b), "length");
	ltcp_opts_build_ts(b, o.tsval, o.tsecr);
	EXPECT(!memcmp(a, b, sizeof(b)), "bytes");
}

TEST(ltcp_opts_send_mss__default_and_floor, "W6 MUST-15 ATTACK-3")
{
	static const struct {
		bool option;
		u16 mss, absent, want;
	} cases[] = {
		{ false, 0, LTCP_MSS_DEFAULT_IPV4, 536 },
		{ false, 0, LTCP_MSS_DEFAULT_IPV6, 1220 },
		{ true, 1460, 536, 1460 }, { true, 65535, 536, 65535 },
		{ true, 89, 536, 89 }, { true, 88, 536, 88 },
		{ true, 87, 536, 88 }, { true, 48, 536, 88 },
		{ true, 1, 536, 88 }, { true, 0, 536, 88 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_opts o = {
			.present = c->option ? LTCP_OPT_MSS : 0, .mss = c->mss
		};

		EXPECT_EQ(ltcp_opts_send_mss(&o, c->absent, 88), c->want,
			  "option %d of %u", c->option, c->mss);
	}
}
