// SPDX-License-Identifier: GPL-2.0
/* mtu_search_test.c - the search for a path's MTU (RFC 4821). */
#include "mtu_search.h"
#include "unit.h"

/* Every path between @low and @high is found, in at most @probes probes. */
static void find_all(u32 low, u32 high, u32 step, int probes)
{
	for (u32 path = low; path <= high; path++) {
		struct ltcp_mtu_search s = { low, high };
		int n = 0;
		u32 size;

		while ((size = ltcp_mtu_search_next(&s, high, step))) {
			EXPECT(size > s.low && size <= s.high, "%u in (%u, %u]",
			       size, s.low, s.high);
			if (size <= path)
				s.low = size;
			else
				s.high = size - 1;
			n++;
		}
		EXPECT(n <= probes, "path %u took %d probes", path, n);
		EXPECT(s.low <= path && path - s.low < step, "path %u found as %u",
		       path, s.low);
	}
}

TEST(ltcp_mtu_search_next__finds_every_path, "R10")
{
	find_all(1064, 1500, 8, 8);
	find_all(552, 9000, 8, 12);
	find_all(68, 200, 1, 9);
}

TEST(ltcp_mtu_search_next__first_link_first, "R10")
{
	struct ltcp_mtu_search s = { 1064, 1500 };

	EXPECT_EQ(ltcp_mtu_search_next(&s, 1500, 8), 1500, "one probe settles most paths");
	s.high = 1499;
	EXPECT_EQ(ltcp_mtu_search_next(&s, 1500, 8), 1282, "then the middle");
}

TEST(ltcp_mtu_search_next__over, "R10")
{
	static const struct {
		struct ltcp_mtu_search s;
		u32 limit;
	} over[] = {
		{ { 1500, 1500 }, 1500 },
		{ { 1493, 1500 }, 1500 },
		{ { 1064, 1500 }, 1000 },	/* the route has shrunk below low */
		{ { 1064, 1500 }, 1070 },
		{ { 1500, 1064 }, 1500 },
	};

	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++)
		EXPECT_EQ(ltcp_mtu_search_next(&over[i].s, over[i].limit, 8), 0,
			  "case %zu", i);
}

TEST(ltcp_mtu_black_hole_mss__base_then_halves, "R10")
{
	EXPECT_EQ(ltcp_mtu_black_hole_mss(1460, 1024, 48), 1024, "first");
	EXPECT_EQ(ltcp_mtu_black_hole_mss(1024, 1024, 48), 512, "second");
	EXPECT_EQ(ltcp_mtu_black_hole_mss(512, 1024, 48), 256, "third");
	EXPECT_EQ(ltcp_mtu_black_hole_mss(80, 1024, 48), 48, "the floor");
	EXPECT_EQ(ltcp_mtu_black_hole_mss(48, 1024, 48), 48, "never below");
}
