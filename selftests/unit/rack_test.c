// SPDX-License-Identifier: GPL-2.0
/* rack_test.c - tests of rack.c */
#include "unit.h"
#include "rack.h"
#include "seq.h"

#define US	1000ULL
#define MS	(1000 * US)
#define MSS	1000
#define DUPTHRESH 3

/* It is part of every control block. */
_Static_assert(sizeof(struct ltcp_rack) + sizeof(struct ltcp_tlp) <= 40,
	       "RACK's state has grown");

static struct ltcp_rack rack_at(u32 una, u32 rtt_us)
{
	struct ltcp_rack r;

	ltcp_rack_init(&r, una, rtt_us);
	return r;
}

/* An ACK at @now_ns that delivers one packet which was sent once. */
static bool deliver(struct ltcp_rack *r, u64 now_ns, u64 xmit_ns, u32 end_seq)
{
	struct ltcp_rack_ack ack = { .now_ns = now_ns };
	struct ltcp_rack_pkt pkt = { .xmit_ns = xmit_ns, .end_seq = end_seq };

	ltcp_rack_ack_begin(r, &ack);
	return ltcp_rack_delivered(r, &ack, &pkt);
}

TEST(ltcp_rack_judges__sent_after, "R5")
{
	static const struct {
		u64 xmit_ns;
		u32 end;
		bool judged;
	} cases[] = {
		{ 9 * MS, 5000, true },
		{ 9 * MS, 3000, true },
		{ 9 * MS, 7000, true },		/* sent again, then its successor */
		{ 10 * MS, 4000, true },	/* in the same instant */
		{ 10 * MS, 5000, false },	/* the very packet */
		{ 10 * MS, 6000, false },
		{ 10 * MS + 1, 4000, false },
		{ 11 * MS, 1000, false },
	};

	FOR_EACH_BASE(base) {
		struct ltcp_rack r = rack_at(base, 0);

		EXPECT(!ltcp_rack_judges(&r, 1, base + 1), "before any delivery");
		EXPECT(deliver(&r, 20 * MS, 10 * MS, base + 5000), "news");
		FOR_EACH(c, cases)
			EXPECT_EQ(ltcp_rack_judges(&r, c->xmit_ns, base + c->end),
				  c->judged, "%llu to %u, base %#x",
				  (unsigned long long)c->xmit_ns, c->end, base);
	}
}

/* RFC 8985 section 6.2, step 2: the last delivery that is one. */
TEST(ltcp_rack_delivered__ambiguous, "R5 R7")
{
	static const struct {
		const char *what;
		bool retrans, has_tsecr;
		u32 tsecr, tsval;
		u64 ago;
		bool taken, sacked;
	} cases[] = {
		{ "sent once", false, false, 0, 0, 30 * MS, true },
		{ "sent once, sooner than ever", false, false, 0, 0, 1 * MS, true },
		{ "sent once, old timestamp", false, true, 49, 50, 30 * MS, true },
		{ "again, the copy's ACK", true, true, 50, 50, 30 * MS, true },
		{ "again, a later timestamp", true, true, 51, 50, 30 * MS, true },
		{ "again, the original's ACK", true, true, 49, 50, 30 * MS, false },
		{ "again, long before", true, true, 50 - 0x70000000U, 50, 30 * MS,
		  false },
		{ "again, the timestamp is right, the time is not", true, true,
		  50, 50, 17 * MS, false },
		{ "again, SACKed, the timestamp is of before the hole", true, true,
		  49, 50, 30 * MS, true, true },
		{ "again, SACKed, too soon", true, true, 50, 50, 17 * MS, false, true },
		{ "again, no timestamps, late enough", true, false, 0, 50,
		  17500 * US, true },
		{ "again, no timestamps, too soon", true, false, 0, 50,
		  17500 * US - US, false },
	};

	FOR_EACH_BASE(base) FOR_EACH(c, cases) {
		struct ltcp_rack r = rack_at(base, 20000);
		struct ltcp_rack_ack ack = {
			.now_ns = 1000 * MS, .min_rtt_us = 20000,
			.tsecr = base + c->tsecr, .has_tsecr = c->has_tsecr,
		};
		struct ltcp_rack_pkt pkt = {
			.xmit_ns = ack.now_ns - c->ago, .end_seq = base + MSS,
			.tsval = base + c->tsval, .retrans = c->retrans,
			.sacked = c->sacked,
		};

		ltcp_rack_ack_begin(&r, &ack);
		EXPECT_EQ(ltcp_rack_delivered(&r, &ack, &pkt), c->taken, "%s",
			  c->what);
		EXPECT_EQ(r.xmit_ns, c->taken ? pkt.xmit_ns : 0, "%s", c->what);
		EXPECT_EQ(r.rtt_us, c->taken ? c->ago / US : 20000, "%s", c->what);
		EXPECT_EQ(r.fack, base + MSS, "%s: delivered all the same", c->what);
	}
}

TEST(ltcp_rack_delivered__older_one_updates_rtt_only, "R5")
{
	struct ltcp_rack r = rack_at(0, 0);

	EXPECT(deliver(&r, 50 * MS, 20 * MS, 5000), "newest");
	EXPECT(!deliver(&r, 60 * MS, 10 * MS, 2000), "sent before it");
	EXPECT_EQ(r.xmit_ns, 20 * MS, "RACK.xmit_ts");
	EXPECT_EQ(r.end_seq, 5000, "RACK.end_seq");
	EXPECT_EQ(r.rtt_us, 50000, "RACK.rtt is of the last delivered");
	EXPECT(!deliver(&r, 10 * MS, 20 * MS, 5000), "a clock gone backwards");
	EXPECT_EQ(r.rtt_us, 0, "is no time at all");
	EXPECT(deliver(&r, ~0ULL, 21 * MS, 6000), "centuries");
	EXPECT_EQ(r.rtt_us, U32_MAX, "no overflow");
}

/* Step 3: what was sent once and arrives below what has arrived before. */
TEST(ltcp_rack_delivered__reordering, "R5")
{
	static const struct {
		const char *what;
		u32 end;
		bool retrans, seen;
	} cases[] = {
		{ "next in order", 7000, false, false },
		{ "a gap is no reordering", 9000, false, false },
		{ "the highest once more", 6000, false, false },
		{ "below", 5000, false, true },
		{ "far below", 1000, false, true },
		{ "below, but sent again", 5000, true, false },
	};

	FOR_EACH_BASE(base) FOR_EACH(c, cases) {
		struct ltcp_rack r = rack_at(base, 0);
		struct ltcp_rack_ack ack = { .now_ns = 50 * MS };
		struct ltcp_rack_pkt pkt = {
			.xmit_ns = 10 * MS, .end_seq = base + c->end,
			.retrans = c->retrans,
		};

		deliver(&r, 40 * MS, 10 * MS, base + 6000);
		ltcp_rack_ack_begin(&r, &ack);
		ltcp_rack_delivered(&r, &ack, &pkt);
		EXPECT_EQ(r.reordering_seen, c->seen, "%s, base %#x", c->what, base);
		EXPECT_EQ(r.fack, base + max(c->end, 6000U), "%s", c->what);
	}
}

/*
 * What is late by more than DupThresh segments is sent again before it arrives: step
 * 3 never sees it, and D-SACKs would widen a window that is not granted.
 */
TEST(ltcp_rack_overtaken__grants_the_window, "R5 R7")
{
	struct ltcp_rack r = rack_at(0, 0);

	ltcp_rack_adapt(&r, true, false, 1000, 9000);
	EXPECT_EQ(ltcp_rack_reo_wnd_us(&r, false, 3, DUPTHRESH, 40000, 50000),
		  0, "0 us");
	ltcp_rack_overtaken(&r);
	EXPECT_EQ(ltcp_rack_reo_wnd_us(&r, false, 3, DUPTHRESH, 40000, 50000),
		  20000, "20000 us");
	EXPECT_EQ(ltcp_rack_reo_wnd_us(&r, true, 0, DUPTHRESH, 40000, 50000),
		  20000, "20000 us");
}

/* Steps 2 and 3 as the RFC has them, on packets sorted as it wants. */
static void rfc_steps(struct ltcp_rack *r, const struct ltcp_rack_ack *ack,
		      const struct ltcp_rack_pkt *pkts, unsigned int n, bool by_seq)
{
	bool done[16] = {};

	for (unsigned int i = 0; i < n; i++) {
		const struct ltcp_rack_pkt *p;
		unsigned int first = n;
		u32 rtt;

		for (unsigned int j = 0; j < n; j++) {
			if (done[j])
				continue;
			if (first == n ||
			    (by_seq ? seq_lt(pkts[j].end_seq, pkts[first].end_seq) :
			     pkts[j].xmit_ns < pkts[first].xmit_ns))
				first = j;
		}
		done[first] = true;
		p = &pkts[first];
		rtt = (ack->now_ns - p->xmit_ns) / US;
		if (by_seq) {
			if (seq_gt(p->end_seq, r->fack))
				r->fack = p->end_seq;
			else if (seq_lt(p->end_seq, r->fack) && !p->retrans)
				r->reordering_seen = true;
			continue;
		}
		if (p->retrans && (seq_lt(ack->tsecr, p->tsval) ||
				   rtt < ack->min_rtt_us))
			continue;
		r->rtt_us = rtt;
		if (p->xmit_ns > r->xmit_ns ||
		    (p->xmit_ns == r->xmit_ns && seq_gt(p->end_seq, r->end_seq))) {
			r->xmit_ns = p->xmit_ns;
			r->end_seq = p->end_seq;
		}
	}
}

/* The order in which an ACK's packets are gone through does not matter. */
TEST(ltcp_rack_delivered__any_order, "R5")
{
	for (unsigned int round = 0; round < 20000; round++) {
		u32 base = unit_random();
		struct ltcp_rack got = rack_at(base + 4000, 7), want;
		struct ltcp_rack_pkt pkts[12];
		struct ltcp_rack_ack ack = {
			.now_ns = 100 * MS, .min_rtt_us = 30000, .has_tsecr = true,
			.tsecr = base + 60,
		};
		unsigned int n = 1 + unit_random_below(ARRAY_SIZE(pkts));

		got.xmit_ns = unit_random_below(100) * MS;
		got.end_seq = base + unit_random_below(12) * MSS;
		want = got;
		for (unsigned int i = 0; i < n; i++) {
			u32 at = unit_random_below(100);

			pkts[i] = (struct ltcp_rack_pkt) {
				.xmit_ns = at * MS, .tsval = base + at,
				.end_seq = base + (i + 1) * MSS,
				.retrans = !unit_random_below(3),
			};
		}
		for (unsigned int i = n - 1; i; i--) {
			unsigned int j = unit_random_below(i + 1);
			struct ltcp_rack_pkt swap = pkts[i];

			pkts[i] = pkts[j];
			pkts[j] = swap;
		}
		rfc_steps(&want, &ack, pkts, n, false);
		rfc_steps(&want, &ack, pkts, n, true);
		ltcp_rack_ack_begin(&got, &ack);
		for (unsigned int i = 0; i < n; i++)
			ltcp_rack_delivered(&got, &ack, &pkts[i]);
		EXPECT(got.xmit_ns == want.xmit_ns && got.end_seq == want.end_seq &&
		       got.rtt_us == want.rtt_us && got.fack == want.fack &&
		       got.reordering_seen == want.reordering_seen,
		       "round %u: rtt %u, not %u; reordering %u, not %u", round,
		       got.rtt_us, want.rtt_us, got.reordering_seen,
		       want.reordering_seen);
	}
}

TEST(ltcp_rack_adapt__once_a_round_trip, "R5 R7")
{
	FOR_EACH_BASE(base) {
		struct ltcp_rack r = rack_at(base, 0);

		ltcp_rack_adapt(&r, false, false, base, base + 10000);
		EXPECT_EQ(r.reo_wnd_mult, 1, "no D-SACK");
		ltcp_rack_adapt(&r, true, false, base, base + 10000);
		EXPECT_EQ(r.reo_wnd_mult, 2, "first D-SACK, base %#x", base);
		ltcp_rack_adapt(&r, true, false, base + 9999, base + 20000);
		EXPECT_EQ(r.reo_wnd_mult, 2, "same round trip, base %#x", base);
		ltcp_rack_adapt(&r, true, false, base + 10000, base + 20000);
		EXPECT_EQ(r.reo_wnd_mult, 3, "next round trip, base %#x", base);
		ltcp_rack_adapt(&r, false, false, base + 20000, base + 30000);
		EXPECT(!r.in_dsack_round, "round over, base %#x", base);
	}
}

/* After 16 recoveries without a D-SACK the window is what it was at first. */
TEST(ltcp_rack_adapt__persists_16_recoveries, "R5")
{
	struct ltcp_rack r = rack_at(0, 0);

	ltcp_rack_adapt(&r, false, true, 0, 0);
	EXPECT_EQ(r.reo_wnd_mult, 1, "nothing to reset");
	ltcp_rack_adapt(&r, true, false, 0, 1000);
	ltcp_rack_adapt(&r, true, false, 1000, 2000);
	for (unsigned int i = 1; i <= 16; i++) {
		EXPECT_EQ(r.reo_wnd_mult, 3, "before recovery %u", i);
		ltcp_rack_adapt(&r, false, true, 5000, 6000);
		ltcp_rack_adapt(&r, false, false, 5000, 6000);
	}
	EXPECT_EQ(r.reo_wnd_mult, 1, "after the 16th");

	ltcp_rack_adapt(&r, true, false, 6000, 7000);
	for (unsigned int i = 1; i <= 15; i++)
		ltcp_rack_adapt(&r, false, true, 7000, 8000);
	/* a D-SACK with the end of a recovery counts as the former alone */
	ltcp_rack_adapt(&r, true, true, 7000, 8000);
	EXPECT_EQ(r.reo_wnd_mult, 3, "a D-SACK in between");
	EXPECT_EQ(r.reo_wnd_persist, 16, "starts the count anew");
	for (u32 una = 10000; una < 2000000; una += 1000)
		ltcp_rack_adapt(&r, true, false, una, una + 1000);
	EXPECT_EQ(r.reo_wnd_mult, 255, "no overflow");
}

TEST(ltcp_rack_reo_wnd_us__rfc8985, "R5")
{
	static const struct {
		const char *what;
		bool seen, in_recovery;
		u32 sacked, mult, min_rtt, srtt, want;
	} cases[] = {
		{ "nothing special", false, false, 0, 1, 40000, 50000, 10000 },
		{ "two SACKed", false, false, 2, 1, 40000, 50000, 10000 },
		{ "three SACKed", false, false, 3, 1, 40000, 50000, 0 },
		{ "in recovery", false, true, 0, 1, 40000, 50000, 0 },
		{ "reordering, three SACKed", true, false, 3, 1, 40000, 50000, 10000 },
		{ "reordering, in recovery", true, true, 9, 1, 40000, 50000, 10000 },
		{ "after two D-SACKs", true, false, 0, 3, 40000, 50000, 30000 },
		{ "never more than 5/4 SRTT", true, false, 0, 9, 40000, 50000, 62500 },
		{ "no round trip measured", true, false, 0, 1, 0, 0, 0 },
		{ "rounded down", true, false, 0, 1, 7, 50000, 1 },
		{ "no overflow", true, false, 0, 255, U32_MAX, U32_MAX, U32_MAX },
	};

	FOR_EACH(c, cases) {
		struct ltcp_rack r = rack_at(0, 0);

		r.reordering_seen = c->seen;
		r.reo_wnd_mult = c->mult;
		EXPECT_EQ(ltcp_rack_reo_wnd_us(&r, c->in_recovery, c->sacked,
					       DUPTHRESH, c->min_rtt, c->srtt),
			  c->want, "%s", c->what);
	}
}

TEST(ltcp_rack_left_us__cases, "R5")
{
	static const struct {
		u32 rtt, reo_wnd;
		u64 xmit_ns, now_ns;
		u32 want;
	} cases[] = {
		{ 20000, 0, 100 * MS, 120 * MS, 0 },
		{ 20000, 0, 100 * MS, 121 * MS, 0 },
		{ 20000, 0, 100 * MS, 119 * MS, 1000 },
		{ 20000, 5000, 100 * MS, 120 * MS, 5000 },
		{ 20000, 5000, 100 * MS, 125 * MS, 0 },
		/* never an expiry too early */
		{ 20000, 0, 100 * MS, 120 * MS - 1, 1 },
		{ 20000, 0, 100 * MS, 120 * MS - US, 1 },
		{ 20000, 0, 100 * MS, 120 * MS - US - 1, 2 },
		{ 0, 0, 100 * MS, 100 * MS, 0 },
		/* no overflow */
		{ U32_MAX, U32_MAX, 100 * MS, 100 * MS, U32_MAX },
		{ U32_MAX, U32_MAX, 1ULL << 62, (1ULL << 62) + 1, U32_MAX },
	};

	FOR_EACH(c, cases) {
		struct ltcp_rack r = rack_at(0, c->rtt);

		EXPECT_EQ(ltcp_rack_left_us(&r, c->xmit_ns, c->reo_wnd, c->now_ns),
			  c->want, "rtt %u + %u, %llu", c->rtt, c->reo_wnd,
			  (unsigned long long)(c->now_ns - c->xmit_ns));
	}
}

/* A hole in a burst sent in one instant is lost at once, whatever is rounded. */
TEST(ltcp_rack_left_us__same_instant, "R5")
{
	for (u64 now = 100 * MS; now < 100 * MS + 3 * US; now += 7) {
		struct ltcp_rack r = rack_at(0, 0);

		deliver(&r, now, 10 * MS, 5000);
		EXPECT(ltcp_rack_judges(&r, 10 * MS, 4000), "sent before");
		EXPECT_EQ(ltcp_rack_left_us(&r, 10 * MS, 0, now), 0, "at %llu",
			  (unsigned long long)now);
	}
}

/* RFC 8985 section 3.5: two segments written just before the first times out. */
TEST(ltcp_rack_lost_on_rto__rfc8985_example, "R5 R1")
{
	struct ltcp_rack r = rack_at(0, 100000);
	u64 now = 1000 * MS;

	EXPECT(ltcp_rack_lost_on_rto(&r, true, 0, 0, now), "the first");
	EXPECT(!ltcp_rack_lost_on_rto(&r, false, 990 * MS, 0, now), "the second");
	EXPECT(!ltcp_rack_lost_on_rto(&r, false, 995 * MS, 0, now), "the third");
	EXPECT(ltcp_rack_lost_on_rto(&r, false, 900 * MS, 0, now),
	       "one of a round trip before");
	EXPECT(!ltcp_rack_lost_on_rto(&r, false, 900 * MS, 1, now),
	       "but for reordering");
	EXPECT(ltcp_rack_lost_on_rto(&r, true, 999 * MS, 50000, now),
	       "the first, however late it was sent");
}

/*
 * RFC 8985 section 3.4, figure 1: P0 to P3 are sent, P1 to P3 are dropped; the
 * probe is P3, its SACK shows P1 and P2 lost; P1 is lost once more, which the
 * SACK of P2 shows.
 */
TEST(ltcp_rack__rfc8985_figure_1, "R5")
{
	FOR_EACH_BASE(base) {
		const u64 rtt = 100 * MS;
		struct ltcp_rack r = rack_at(base, 0);
		struct ltcp_tlp t = {};
		u64 sent[4] = { MS, MS, MS, MS }, now = MS + rtt;
		u32 end[4], wnd, pto;
		struct ltcp_rack_ack ack;
		struct ltcp_tlp_ack tlp_ack = { .ack = base + MSS };

		for (u32 i = 0; i < 4; i++)
			end[i] = base + (i + 1) * MSS;

		/* 2. P0 is acknowledged: nothing that was sent before is missing */
		deliver(&r, now, sent[0], end[0]);
		t.rtt_taken = true;
		for (int i = 1; i < 4; i++)
			EXPECT(!ltcp_rack_judges(&r, sent[i], end[i]), "P%d", i);
		EXPECT(ltcp_tlp_may_schedule(&t, true, false, 3, 0), "probe");
		pto = ltcp_tlp_pto_us(rtt / US, 3, 200000, 1000000);
		EXPECT_EQ(pto, 200000, "two round trips");

		/* 3. P3 again */
		now += pto * US;
		EXPECT_EQ(ltcp_tlp_choose(&t, false), LTCP_TLP_LAST, "P3");
		ltcp_tlp_sent(&t, LTCP_TLP_LAST, end[3]);
		sent[3] = now;

		/* 5. its SACK: P1 and P2 have had their time */
		now += rtt;
		ack = (struct ltcp_rack_ack) { .now_ns = now,
					       .min_rtt_us = rtt / US };
		ltcp_rack_ack_begin(&r, &ack);
		EXPECT(ltcp_rack_delivered(&r, &ack, &(struct ltcp_rack_pkt) {
			       .xmit_ns = sent[3], .end_seq = end[3],
			       .retrans = true }), "P3 is the latest");
		EXPECT_EQ(ltcp_tlp_on_ack(&t, &tlp_ack), LTCP_TLP_OPEN, "TLP");
		wnd = ltcp_rack_reo_wnd_us(&r, false, 1, DUPTHRESH, rtt / US,
					   rtt / US);
		EXPECT_EQ(wnd, rtt / US / 4, "reo_wnd");
		for (int i = 1; i < 3; i++) {
			EXPECT(ltcp_rack_judges(&r, sent[i], end[i]), "P%d", i);
			EXPECT_EQ(ltcp_rack_left_us(&r, sent[i], wnd, now), 0,
				  "P%d is lost", i);
			sent[i] = now;
		}
		ltcp_tlp_reset(&t);
		for (int i = 1; i < 3; i++)
			EXPECT(!ltcp_rack_judges(&r, sent[i], end[i]),
			       "P%d was just sent", i);

		/* 7. P2 arrives: P1's copy was sent before it */
		now += rtt;
		ack.now_ns = now;
		ltcp_rack_ack_begin(&r, &ack);
		EXPECT(ltcp_rack_delivered(&r, &ack, &(struct ltcp_rack_pkt) {
			       .xmit_ns = sent[2], .end_seq = end[2],
			       .retrans = true }), "P2");
		wnd = ltcp_rack_reo_wnd_us(&r, true, 2, DUPTHRESH, rtt / US,
					   rtt / US);
		EXPECT_EQ(wnd, 0, "no reordering was seen");
		EXPECT(ltcp_rack_judges(&r, sent[1], end[1]) &&
		       !ltcp_rack_left_us(&r, sent[1], wnd, now),
		       "P1's retransmission is lost, base %#x", base);
	}
}

/*
 * A path that delays all alike and drops at random: with no allowance for
 * reordering just that is found lost which was dropped, as soon as something sent
 * later arrives, be it new data or a copy.
 */
TEST(ltcp_rack__finds_just_what_is_lost, "R5")
{
	enum { SEGS = 40, SENDS = 400 };

	for (unsigned int round = 0; round < 100; round++) {
		const u32 base = unit_random();
		const u64 delay = (1 + unit_random_below(100)) * MS;
		struct { u64 sent; bool dropped, delivered, ever; } s[SEGS] = {};
		struct { u64 at; u32 seg; u64 sent; } wire[SENDS];
		struct ltcp_rack r = rack_at(base, 0);
		unsigned int in = 0, out = 0;
		u64 now = MS;

		for (u32 i = 0; i < SEGS; i++) {
			now += unit_random_below(3) * 10 * US;
			s[i].sent = now;
			s[i].dropped = !unit_random_below(4);
			if (!s[i].dropped) {
				wire[in].at = now + delay;
				wire[in].seg = i;
				wire[in++].sent = now;
			}
		}
		while (out < in) {
			u32 d = wire[out].seg;
			struct ltcp_rack_ack ack = {
				.now_ns = wire[out].at, .min_rtt_us = delay / US,
			};
			struct ltcp_rack_pkt pkt = {
				.xmit_ns = wire[out].sent,
				.end_seq = base + (d + 1) * MSS,
				.retrans = s[d].ever,
			};

			now = wire[out++].at;
			s[d].delivered = true;
			ltcp_rack_ack_begin(&r, &ack);
			ltcp_rack_delivered(&r, &ack, &pkt);
			for (u32 i = 0; i < SEGS; i++) {
				u32 end = base + (i + 1) * MSS;
				bool before = s[i].sent < pkt.xmit_ns ||
					(s[i].sent == pkt.xmit_ns && i < d);
				bool lost;

				if (s[i].delivered)
					continue;
				lost = ltcp_rack_judges(&r, s[i].sent, end) &&
				       !ltcp_rack_left_us(&r, s[i].sent, 0, now);
				EXPECT_EQ(lost, s[i].dropped && before,
					  "round %u, segment %u", round, i);
				if (!lost || in == SENDS)
					continue;
				/* no two ACKs are taken at the same nanosecond */
				s[i].sent = now + out;
				s[i].ever = true;
				s[i].dropped = !unit_random_below(4);
				if (s[i].dropped)
					continue;
				wire[in].at = s[i].sent + delay;
				wire[in].seg = i;
				wire[in++].sent = s[i].sent;
			}
		}
		EXPECT(!r.reordering_seen, "nothing was out of order");
	}
}

TEST(ltcp_tlp_may_schedule__rfc8985, "R5")
{
	static const struct {
		const char *what;
		bool sack_ok, in_recovery;
		u32 out, sacked;
		bool probing, rtt_taken, may;
	} cases[] = {
		{ "data in flight", true, false, 5, 0, false, true, true },
		{ "one segment", true, false, 1, 0, false, true, true },
		{ "nothing in flight", true, false, 0, 0, false, true, false },
		{ "no SACK", false, false, 5, 0, false, true, false },
		{ "in recovery", true, true, 5, 0, false, true, false },
		{ "something is SACKed", true, false, 5, 1, false, true, false },
		{ "a probe is out", true, false, 5, 0, true, true, false },
		{ "not measured since", true, false, 5, 0, false, false, false },
	};

	FOR_EACH(c, cases) {
		struct ltcp_tlp t = { .out = c->probing, .rtt_taken = c->rtt_taken };

		EXPECT_EQ(ltcp_tlp_may_schedule(&t, c->sack_ok, c->in_recovery,
						c->out, c->sacked), c->may, "%s",
			  c->what);
	}
}

TEST(ltcp_tlp_pto_us__rfc8985, "R5")
{
	static const struct {
		u32 srtt, out, delay, rto_left, want;
	} cases[] = {
		{ 50000, 2, 200000, 9000000, 100000 },
		{ 50000, 100, 200000, 9000000, 100000 },
		{ 50000, 1, 200000, 9000000, 300000 },
		{ 50000, 1, 0, 9000000, 100000 },
		{ 50000, 1, 200000, 250000, 250000 },
		{ 50000, 2, 200000, 250000, 100000 },
		{ 0, 5, 200000, 9000000, 1000000 },
		{ 0, 1, 200000, 9000000, 1000000 },
		{ 0, 1, 200000, 300000, 300000 },
		{ 50000, 5, 200000, 0, 0 },
		{ U32_MAX, 1, U32_MAX, U32_MAX, U32_MAX },
	};

	FOR_EACH(c, cases)
		EXPECT_EQ(ltcp_tlp_pto_us(c->srtt, c->out, c->delay, c->rto_left),
			  c->want, "SRTT %u, %u segments", c->srtt, c->out);
}

/* Section 7.3: what is sent, and that there is never a second probe. */
TEST(ltcp_tlp_choose__one_probe_at_a_time, "R5")
{
	FOR_EACH_BASE(base) {
		struct ltcp_tlp t = {};
		struct ltcp_tlp_ack ack = { .ack = base + 5000 };

		EXPECT_EQ(ltcp_tlp_choose(&t, true), LTCP_TLP_NONE, "no RTT yet");
		t.rtt_taken = true;
		EXPECT_EQ(ltcp_tlp_choose(&t, true), LTCP_TLP_NEW, "new data");
		EXPECT_EQ(ltcp_tlp_choose(&t, false), LTCP_TLP_LAST, "none");
		ltcp_tlp_sent(&t, LTCP_TLP_NEW, base + 5000);
		EXPECT(!t.is_retrans, "new data");
		t.rtt_taken = true;
		EXPECT_EQ(ltcp_tlp_choose(&t, true), LTCP_TLP_NONE, "one is out");
		EXPECT_EQ(ltcp_tlp_on_ack(&t, &ack), LTCP_TLP_NO_LOSS, "arrived");
		EXPECT_EQ(ltcp_tlp_choose(&t, true), LTCP_TLP_NEW, "the next");
		ltcp_tlp_sent(&t, LTCP_TLP_LAST, base + 5000);
		EXPECT(t.is_retrans, "old data");
		ltcp_tlp_reset(&t);
		EXPECT(!t.out && !t.is_retrans, "a recovery begins");
		EXPECT_EQ(ltcp_tlp_choose(&t, true), LTCP_TLP_NONE,
			  "no RTT since the last");
	}
}

/* TLP_process_ack() of section 7.4.2; the probe ends at 5000. */
static const struct {
	const char *what;
	bool is_retrans;
	struct ltcp_tlp_ack ack;
	enum ltcp_tlp_fate fate;
} tlp_acks[] = {
	{ "new data, not yet", false, { .ack = 4999 }, LTCP_TLP_OPEN },
	{ "new data", false, { .ack = 5000 }, LTCP_TLP_NO_LOSS },
	{ "new data and more", false, { .ack = 7000 }, LTCP_TLP_NO_LOSS },
	{ "below", true, { .ack = 4000 }, LTCP_TLP_OPEN },
	{ "duplicate below", true, { .ack = 4000, .plain_dup = true },
	  LTCP_TLP_OPEN },
	{ "D-SACK below", true, { .ack = 4000, .dsack = true, .dsack_end = 5000 },
	  LTCP_TLP_OPEN },
	{ "one copy has arrived", true, { .ack = 5000 }, LTCP_TLP_OPEN },
	{ "both: case 1", true, { .ack = 5000, .dsack = true, .dsack_end = 5000 },
	  LTCP_TLP_DSACKED },
	{ "case 1, with more", true,
	  { .ack = 6000, .dsack = true, .dsack_end = 5000 }, LTCP_TLP_DSACKED },
	{ "D-SACK of something else", true,
	  { .ack = 5000, .dsack = true, .dsack_end = 4000 }, LTCP_TLP_OPEN },
	{ "something else, and beyond", true,
	  { .ack = 5001, .dsack = true, .dsack_end = 4000 }, LTCP_TLP_REPAIRED },
	{ "both: case 2", true, { .ack = 5000, .plain_dup = true },
	  LTCP_TLP_NO_LOSS },
	{ "beyond, and no report", true, { .ack = 5001 }, LTCP_TLP_REPAIRED },
	{ "far beyond", true, { .ack = 90000 }, LTCP_TLP_REPAIRED },
};

TEST(ltcp_tlp_on_ack__rfc8985, "R5 R7")
{
	FOR_EACH_BASE(base) FOR_EACH(c, tlp_acks) {
		struct ltcp_tlp t = { .end_seq = base + 5000, .out = true,
				      .is_retrans = c->is_retrans };
		struct ltcp_tlp_ack ack = c->ack;

		ack.ack += base;
		ack.dsack_end += base;
		EXPECT_EQ(ltcp_tlp_on_ack(&t, &ack), c->fate, "%s, base %#x",
			  c->what, base);
		EXPECT_EQ(t.out, c->fate == LTCP_TLP_OPEN, "%s", c->what);
		t.out = false;
		EXPECT_EQ(ltcp_tlp_on_ack(&t, &ack), LTCP_TLP_OPEN,
			  "%s, without a probe", c->what);
	}
}
