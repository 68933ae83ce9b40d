// SPDX-License-Identifier: GPL-2.0
/* seq_test.c - tests of seq.h */
#include "unit.h"
#include "seq.h"

/* Distances in both directions that have an order. */
static const s32 distances[] = {
	0, 1, 2, 1459, 65535, 65536, 1 << 30, 0x7ffffffe, 0x7fffffff,
	-1, -2, -1459, -65535, -65536, -(1 << 30), -0x7ffffffe, -0x7fffffff,
};

TEST(seq_lt__and_its_kin_order, "W4")
{
	FOR_EACH_BASE(base) FOR_EACH(d, distances) {
		u32 other = base + *d;

		EXPECT_EQ(seq_lt(base, other), *d > 0, "%#x %d", base, *d);
		EXPECT_EQ(seq_gt(base, other), *d < 0, "%#x %d", base, *d);
		EXPECT_EQ(seq_leq(base, other), *d >= 0, "%#x %d", base, *d);
		EXPECT_EQ(seq_geq(base, other), *d <= 0, "%#x %d", base, *d);
	}
}

TEST(seq_max__and_seq_min, "W4")
{
	FOR_EACH_BASE(base) FOR_EACH(d, distances) {
		u32 other = base + *d;

		EXPECT_EQ(seq_max(base, other), *d > 0 ? other : base,
			  "%#x %d", base, *d);
		EXPECT_EQ(seq_min(base, other), *d < 0 ? other : base,
			  "%#x %d", base, *d);
	}
}

static const struct {
	u32 s, lo, hi;
	bool in;
} ranges[] = {
	{ 9, 10, 20, false }, { 10, 10, 20, true }, { 19, 10, 20, true },
	{ 20, 10, 20, false }, { 21, 10, 20, false },
	/* empty */
	{ 10, 10, 10, false }, { 9, 10, 10, false }, { 11, 10, 10, false },
	/* one number */
	{ 10, 10, 11, true }, { 11, 10, 11, false },
	/* more than half of the circle, and all but one number of it */
	{ 0xc0000000, 0, 0xd0000000, true }, { 0xd0000000, 0, 0xd0000000, false },
	{ 0xfffffffe, 0, 0xffffffff, true }, { 0xffffffff, 0, 0xffffffff, false },
};

TEST(seq_in__range, "W4")
{
	FOR_EACH_BASE(base) FOR_EACH(r, ranges)
		EXPECT_EQ(seq_in(base + r->s, base + r->lo, base + r->hi), r->in,
			  "base %#x: %u in %u..%u", base, r->s, r->lo, r->hi);
}
