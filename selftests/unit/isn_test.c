// SPDX-License-Identifier: GPL-2.0
/* isn_test.c - tests of isn.c */
#include "unit.h"
#include "isn.h"
#include "seq.h"

#define NS_PER_S 1000000000ULL

/* Some hash, good enough for a test: the finaliser of splitmix64. */
static u32 hash(u64 key, u64 value)
{
	u64 x = key * 0x9e3779b97f4a7c15ULL + value;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (x ^ x >> 31) >> 16;
}

/*
 * A later incarnation starts beyond an earlier one's numbers, as long as the
 * earlier one did not send faster than 15 MB/s; also where the clock wraps.
 */
TEST(ltcp_isn__outruns_the_data, "W3 MUST-8")
{
	FOR_EACH_BASE(base) {
		u64 start = 1000 * NS_PER_S;

		for (u64 s = 1; s <= 120; s++) {
			u32 first = ltcp_isn(base, start);
			u32 later = ltcp_isn(base, start + s * NS_PER_S);

			EXPECT(seq_gt(later, first + s * 15000000),
			       "base %#x, after %llu s", base,
			       (unsigned long long)s);
		}
	}
}

/* The clock does not come round within two MSL of 2 minutes. */
TEST(ltcp_isn__cycle_exceeds_2msl, "W3 MUST-8")
{
	u32 before = ltcp_isn(0, 0), total = 0;

	for (u64 s = 1; s <= 240; s++) {
		u32 now = ltcp_isn(0, s * NS_PER_S);

		EXPECT(total + (now - before) > total, "came round at %llu s",
		       (unsigned long long)s);
		total += now - before;
		before = now;
	}
}

TEST(ltcp_isn__hash_shifts_the_clock, "W3 SHLD-1 D3 ATTACK-14")
{
	for (unsigned int i = 0; i < 1000; i++) {
		u32 h = unit_random();
		u64 now = (u64)unit_random() << 20;

		EXPECT_EQ(ltcp_isn(h, now) - ltcp_isn(0, now), h, "hash %#x", h);
	}
}

/* What one connection's ISN is says nothing of another's at the same time. */
TEST(ltcp_isn__bits_of_many_tuples, "W3 SHLD-1 D3 ATTACK-14")
{
	enum { TUPLES = 20000 };
	unsigned int ones[32] = {}, flips[32] = {};
	u32 before = 0;

	for (u32 tuple = 0; tuple < TUPLES; tuple++) {
		u32 isn = ltcp_isn(hash(42, tuple), 77 * NS_PER_S + tuple);

		for (unsigned int bit = 0; bit < 32; bit++) {
			ones[bit] += isn >> bit & 1;
			flips[bit] += (isn ^ before) >> bit & 1;
		}
		before = isn;
	}
	/* half of them, give or take five standard deviations */
	for (unsigned int bit = 0; bit < 32; bit++) {
		EXPECT(ones[bit] > 9646 && ones[bit] < 10354, "bit %u: %u", bit,
		       ones[bit]);
		EXPECT(flips[bit] > 9646 && flips[bit] < 10354, "bit %u: %u", bit,
		       flips[bit]);
	}
}

/* A connection attempt, as the two hashes see it. */
#define H1_KEY 1
#define H2_KEY 2

static u32 second_hash(void *tuple, u32 count)
{
	return hash(H2_KEY, *(u64 *)tuple << 32 | count);
}

static u32 make(u64 tuple, u32 peer_isn, u32 count, u16 mss)
{
	struct ltcp_cookie_in in = {
		.h1 = hash(H1_KEY, tuple), .h2 = second_hash(&tuple, count),
		.peer_isn = peer_isn, .count = count, .mss = mss,
	};

	return ltcp_cookie_make(&in);
}

static u16 check(u32 cookie, u64 tuple, u32 peer_isn, u32 now, u32 max_age)
{
	return ltcp_cookie_check(cookie, hash(H1_KEY, tuple), peer_isn, now,
				 max_age, second_hash, &tuple);
}

static const struct {
	u16 mss;
	int index;
	u16 remembered;
} msses[] = {
	{ 0, 0, 88 }, { 87, 0, 88 }, { 88, 0, 88 }, { 535, 0, 88 },
	{ 536, 1, 536 }, { 1219, 1, 536 }, { 1220, 2, 1220 },
	{ 1359, 2, 1220 }, { 1360, 3, 1360 }, { 1400, 3, 1360 },
	{ 1428, 4, 1428 }, { 1440, 5, 1440 }, { 1459, 5, 1440 },
	{ 1460, 6, 1460 }, { 8959, 6, 1460 }, { 8960, 7, 8960 },
	{ 65495, 7, 8960 }, { 65535, 7, 8960 },
};

TEST(ltcp_cookie_mss_index__rounds_down, "D1")
{
	FOR_EACH(m, msses)
		EXPECT_EQ(ltcp_cookie_mss_index(m->mss), m->index, "MSS %u",
			  m->mss);
}

TEST(ltcp_cookie_check__takes_its_own, "D1 ATTACK-12")
{
	FOR_EACH_BASE(isn) FOR_EACH_BASE(count) FOR_EACH(m, msses) {
		u64 tuple = unit_random();

		for (u32 age = 0; age <= 2; age++)
			EXPECT_EQ(check(make(tuple, isn, count, m->mss), tuple,
					isn, count + age, 2), m->remembered,
				  "MSS %u, count %#x, age %u", m->mss, count, age);
	}
}

TEST(ltcp_cookie_check__expires, "D1 D3")
{
	static const u32 max_ages[] = { 0, 1, 2, 5, 31 };

	FOR_EACH_BASE(count) FOR_EACH(max_age, max_ages) {
		u32 cookie = make(9, 1000, count, 1460);

		/* at 32 minutes and more only the second hash can tell */
		for (u32 age = 0; age < 300; age++)
			EXPECT_EQ(check(cookie, 9, 1000, count + age, *max_age),
				  age <= *max_age ? 1460 : 0,
				  "count %#x, age %u of %u", count, age, *max_age);
		EXPECT_EQ(check(cookie, 9, 1000, count - 1, *max_age), 0,
			  "from the future");
	}
}

TEST(ltcp_cookie_check__refuses_others, "D1 D3 ATTACK-13")
{
	for (unsigned int i = 0; i < 2000; i++) {
		u64 tuple = unit_random();
		u32 isn = unit_random(), count = unit_random();
		u32 cookie = make(tuple, isn, count, 1460);

		EXPECT(!check(cookie, tuple + 1, isn, count, 2), "tuple");
		EXPECT(!check(cookie, tuple, isn + 1, count, 2), "peer's ISN");
		EXPECT(!check(cookie + 1, tuple, isn, count, 2), "cookie + 1");
		EXPECT(!check(cookie - 1, tuple, isn, count, 2), "cookie - 1");
		/* the field of the MSS is not covered, and need not be */
		for (unsigned int bit = 0; bit < 24; bit++)
			EXPECT(!check(cookie ^ BIT(bit), tuple, isn, count, 2),
			       "bit %u", bit);
	}
}

/* Of 2^32 guesses 8 * 3 are right. */
TEST(ltcp_cookie_check__guesses, "D1 D3")
{
	unsigned int right = 0;

	for (unsigned int i = 0; i < 4000000; i++)
		right += !!check(unit_random(), 5, 1000, 77, 2);
	EXPECT(right <= 2, "%u guesses were right", right);
}

/* Cookies of one tuple do not look alike from minute to minute. */
TEST(ltcp_cookie_make__low_bits_vary, "D3 ATTACK-14")
{
	unsigned int ones[24] = {};
	u32 before = make(3, 0, 0, 1460);

	for (u32 count = 1; count <= 10000; count++) {
		u32 cookie = make(3, 0, count, 1460);

		for (unsigned int bit = 0; bit < 24; bit++)
			ones[bit] += (cookie ^ before) >> bit & 1;
		before = cookie;
	}
	for (unsigned int bit = 0; bit < 24; bit++)
		EXPECT(ones[bit] > 4750 && ones[bit] < 5250, "bit %u: %u", bit,
		       ones[bit]);
}

TEST(ltcp_cookie_ts__round_trip, "D1 W6")
{
	FOR_EACH_BASE(base)
	for (u32 ts = base; ts != base + 130; ts++) {
		for (unsigned int options = 0; options < 64; options++) {
			u8 wscale = options & 15, wscale_back;
			bool sack = options & 16, ecn = options & 32;
			bool wscale_ok, sack_back, ecn_back, any;
			u32 coded = ltcp_cookie_ts_encode(ts, wscale, sack, ecn);

			EXPECT(seq_leq(coded, ts) && ts - coded < 64,
			       "%#x becomes %#x", ts, coded);
			any = ltcp_cookie_ts_decode(coded, &wscale_back,
						    &wscale_ok, &sack_back,
						    &ecn_back);
			EXPECT(wscale_ok == (wscale != 15) &&
			       wscale_back == (wscale_ok ? wscale : 0) &&
			       sack_back == sack && ecn_back == ecn,
			       "options %#x", options);
			EXPECT_EQ(any, options != 15, "options %#x", options);
		}
	}
}
