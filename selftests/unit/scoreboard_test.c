// SPDX-License-Identifier: GPL-2.0
/* scoreboard_test.c - tests of scoreboard.c */
#include "unit.h"
#include "scoreboard.h"

/* SND.UNA 10000, SND.NXT 20000, MAX.SND.WND 5000 */
static const struct {
	const char *what;
	u32 start, end;
	bool valid;
} blocks[] = {
	{ "in the middle", 12000, 13000, true },
	{ "one byte", 12000, 12001, true },
	{ "from SND.UNA", 10000, 11000, true },
	{ "to SND.NXT", 19000, 20000, true },
	{ "everything", 10000, 20000, true },
	{ "beyond SND.NXT", 19000, 20001, false },
	{ "far beyond", 25000, 26000, false },
	{ "empty", 12000, 12000, false },
	{ "turned around", 13000, 12000, false },
	{ "nearly all of the circle", 12000, 11999, false },
	{ "from half a circle away", 10000 + 0x80000000U, 11000, false },
	{ "duplicate", 8000, 9000, true },
	{ "duplicate up to SND.UNA", 9000, 10000, true },
	{ "across SND.UNA", 9000, 11000, true },
	{ "the oldest duplicate", 5000, 6000, true },
	{ "older than any", 4999, 6000, false },
	{ "much older", 10000 - 0x40000000U, 9000, false },
};

TEST(ltcp_sack_block_valid__cases, "R4 ATTACK-4 ATTACK-9")
{
	FOR_EACH_BASE(base) FOR_EACH(b, blocks)
		EXPECT_EQ(ltcp_sack_block_valid(base + b->start, base + b->end,
						base + 10000, base + 20000, 5000),
			  b->valid, "%s, base %#x", b->what, base);
}

/* The last ACK of each example of RFC 2883 section 4, and what is none. */
static const struct {
	const char *what;
	u32 ack;
	u8 nsack;
	struct ltcp_sack_block sack[3];
	bool is;
} dsacks[] = {
	{ "example 1", 4000, 1, {{ 3000, 3500 }}, true },
	{ "example 2", 4000, 2, {{ 3000, 3500 }, { 4500, 5000 }}, true },
	{ "example 3", 4000, 2, {{ 5000, 5500 }, { 4500, 5500 }}, true },
	{ "example 4", 2500, 1, {{ 1000, 1500 }}, true },
	{ "example 5", 2500, 2, {{ 1000, 1500 }, { 3000, 3500 }}, true },
	{ "example 6", 1000, 3,
	  {{ 1500, 2000 }, { 1500, 3000 }, { 3500, 4000 }}, true },
	{ "up to the ACK", 4000, 1, {{ 3500, 4000 }}, true },
	{ "the same block twice", 1000, 2, {{ 1500, 2000 }, { 1500, 2000 }}, true },
	{ "at the end of the second", 1000, 2, {{ 1900, 2000 }, { 1500, 2000 }},
	  true },
	{ "no block", 4000, 0, {}, false },
	{ "a usual block", 4000, 1, {{ 4500, 5000 }}, false },
	{ "two usual blocks", 4000, 2, {{ 6000, 6500 }, { 4500, 5000 }}, false },
	{ "within the third", 1000, 3,
	  {{ 1500, 2000 }, { 3500, 4000 }, { 1500, 3000 }}, false },
	{ "larger than the second", 1000, 2, {{ 1500, 3000 }, { 1500, 2000 }},
	  false },
	{ "one byte out of the second", 1000, 2, {{ 1499, 1600 }, { 1500, 2000 }},
	  false },
	{ "within what is no longer of the option", 1000, 1,
	  {{ 1500, 2000 }, { 1500, 3000 }}, false },
	{ "across the ACK", 4000, 1, {{ 3500, 4500 }}, false },
	{ "empty", 4000, 1, {{ 3000, 3000 }}, false },
	{ "turned around", 4000, 1, {{ 3500, 3000 }}, false },
};

TEST(ltcp_dsack_is__rfc2883, "R4 R7")
{
	FOR_EACH_BASE(base) FOR_EACH(c, dsacks) {
		struct ltcp_sack_block dup = { 1, 2 };
		struct ltcp_opts o = {
			.present = LTCP_OPT_SACK, .nsack = c->nsack
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(c->sack); i++) {
			o.sack[i].start = base + c->sack[i].start;
			o.sack[i].end = base + c->sack[i].end;
		}
		EXPECT_EQ(ltcp_dsack_is(&o, base + c->ack, &dup), c->is,
			  "%s, base %#x", c->what, base);
		if (c->is)
			EXPECT(dup.start == o.sack[0].start &&
			       dup.end == o.sack[0].end, "%s", c->what);
		else
			EXPECT(dup.start == 1 && dup.end == 2, "%s: set", c->what);
		o.present = 0;
		EXPECT(!ltcp_dsack_is(&o, base + c->ack, &dup), "no option");
	}
}

TEST(ltcp_dupthresh_reached__cases, "R3 R4")
{
	EXPECT(!ltcp_dupthresh_reached(0, 3), "none");
	EXPECT(!ltcp_dupthresh_reached(2, 3), "two");
	EXPECT(ltcp_dupthresh_reached(3, 3), "three");
	EXPECT(ltcp_dupthresh_reached(300, 3), "many");
	EXPECT(!ltcp_dupthresh_reached(3, 4), "more reordering");
	EXPECT(!ltcp_dupthresh_reached(0, 0), "never without any");
	EXPECT(ltcp_dupthresh_reached(1, 0), "a threshold of 0 counts as 1");
}
