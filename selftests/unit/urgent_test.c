// SPDX-License-Identifier: GPL-2.0
/* urgent_test.c - tests of urgent.c */
#include "unit.h"
#include "urgent.h"

TEST(ltcp_urg_mark__points_behind_or_to, "F8 MUST-30 MUST-62")
{
	FOR_EACH_BASE(base) {
		EXPECT_EQ(ltcp_urg_mark(base, 1, false), base, "%#x", base);
		EXPECT_EQ(ltcp_urg_mark(base, 100, false), base + 99, "%#x", base);
		EXPECT_EQ(ltcp_urg_mark(base, 65535, false), base + 65534, "%#x", base);
		EXPECT_EQ(ltcp_urg_mark(base, 0, true), base, "%#x", base);
		EXPECT_EQ(ltcp_urg_mark(base, 65535, true), base + 65535, "%#x", base);
	}
}

/* It ends where the segment begins: the last urgent byte came before. */
TEST(ltcp_urg_mark__of_nothing_in_this_segment, "F8 ATTACK-16")
{
	FOR_EACH_BASE(base)
		EXPECT_EQ(ltcp_urg_mark(base, 0, false), base - 1, "%#x", base);
}

static const struct { u32 ahead; u16 field, stdurg; } fields[] = {
	{ 1, 1, 0 },
	{ 2, 2, 1 },
	{ 1460, 1460, 1459 },
	{ 65535, 65535, 65534 },
	{ 65536, 65535, 65535 },
	{ 65537, 65535, 65535 },
	{ 0x7fffffff, 65535, 65535 },
};

TEST(ltcp_urg_field__and_its_limit, "F8 MUST-31 MUST-62")
{
	FOR_EACH_BASE(base) FOR_EACH(f, fields)
		EXPECT_EQ(ltcp_urg_field(base + f->ahead, base, false), f->field,
			  "%#x, %u ahead", base, f->ahead);
}

TEST(ltcp_urg_field__stdurg, "F8")
{
	FOR_EACH_BASE(base) FOR_EACH(f, fields)
		EXPECT_EQ(ltcp_urg_field(base + f->ahead, base, true), f->stdurg,
			  "%#x, %u ahead", base, f->ahead);
}

/* What one end writes into a header the other end reads out of it. */
TEST(ltcp_urg_field__is_understood, "F8 MUST-62")
{
	FOR_EACH_BASE(base)
	for (int stdurg = 0; stdurg < 2; stdurg++)
	for (u32 ahead = 1; ahead <= 65535; ahead += 1 + unit_random_below(50))
		EXPECT_EQ(ltcp_urg_mark(base,
					ltcp_urg_field(base + ahead, base, stdurg),
					stdurg),
			  base + ahead - 1, "%#x, %u ahead, %d", base, ahead, stdurg);
}

TEST(ltcp_urg_is_news__only_ahead, "F8 MUST-32 ATTACK-16")
{
	static const struct { s32 mark; bool pending; s32 known; bool news; } cases[] = {
		{ 0, false, 0, true },		/* the next byte */
		{ 65534, false, 0, true },
		{ -1, false, 0, false },	/* received, perhaps read */
		{ -65535, false, 0, false },
		{ 10, true, 10, false },	/* the same again */
		{ 9, true, 10, false },		/* an older one */
		{ 11, true, 10, true },
		{ 0, true, -1, true },
		{ -1, true, -5, false },
		{ 70000, true, 65534, true },
	};

	FOR_EACH_BASE(base) FOR_EACH(c, cases)
		EXPECT_EQ(ltcp_urg_is_news(base + c->mark, base, c->pending,
					   base + c->known), c->news,
			  "%#x: %d, %d %d", base, c->mark, c->pending, c->known);
}

TEST(ltcp_urg_reach__stops_at_the_mark, "F8 MUST-33")
{
	static const struct { s32 mark; u32 bytes, apart, in_line; } cases[] = {
		{ 0, 10, 0, 10 },		/* at it */
		{ 0, 1, 0, 1 },
		{ 1, 10, 1, 1 },
		{ 9, 10, 9, 9 },		/* the last byte there is */
		{ 10, 10, 10, 10 },		/* just behind */
		{ 11, 10, 10, 10 },
		{ 65534, 1460, 1460, 1460 },
	};

	FOR_EACH_BASE(base) FOR_EACH(c, cases) {
		EXPECT_EQ(ltcp_urg_reach(base, c->bytes, base + c->mark, false),
			  c->apart, "%#x: %u bytes, %d", base, c->bytes, c->mark);
		EXPECT_EQ(ltcp_urg_reach(base, c->bytes, base + c->mark, true),
			  c->in_line, "%#x: %u bytes, %d", base, c->bytes, c->mark);
	}
}
