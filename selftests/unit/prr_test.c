// SPDX-License-Identifier: GPL-2.0
/* prr_test.c - tests of prr.c */
#include "unit.h"
#include "prr.h"

/* A sender in the middle of an episode with SACK. */
static u32 on_ack(struct ltcp_prr *p, u32 delivered, u32 in_flight, u32 ssthresh)
{
	struct ltcp_prr_ack ack = {
		.delivered = delivered, .in_flight = in_flight,
		.ssthresh = ssthresh, .cwnd = 12345, .sack = true,
	};

	return ltcp_prr_cwnd(p, &ack);
}

/* What is sent: all that the window lets out, new or again. */
static u32 fill(struct ltcp_prr *p, u32 *in_flight, u32 cwnd)
{
	u32 sent = cwnd > *in_flight ? cwnd - *in_flight : 0;

	ltcp_prr_sent(p, sent);
	*in_flight += sent;
	return sent;
}

TEST(ltcp_prr_init__recover_fs, "R6")
{
	static const struct {
		const char *what;
		u32 out, sacked, newly_sacked, newly_acked, want;
	} cases[] = {
		{ "the third of three SACKs", 22, 3, 1, 0, 20 },
		{ "one SACK for three", 22, 3, 3, 0, 22 },
		{ "much SACKed before", 100, 60, 1, 0, 41 },
		{ "an ACK that moves SND.UNA", 15, 4, 0, 5, 16 },
		{ "both", 15, 4, 2, 5, 18 },
		{ "a timer: nothing new", 20, 4, 0, 0, 16 },
		{ "never 0", 0, 0, 0, 0, 1 },
		{ "counts that do not agree", 3, 5, 0, 0, 1 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_prr p = { 7, 7, 7 };

		ltcp_prr_init(&p, c->out, c->sacked, c->newly_sacked,
			      c->newly_acked);
		EXPECT_EQ(p.recover_fs, c->want, "%s", c->what);
		EXPECT(!p.delivered && !p.out, "%s", c->what);
	}
}

/*
 * RFC 9937 section 8, figure 1: 20 segments, the first is lost; ACK 1 and 2 let
 * out two new ones (RFC 3042), ACK 3 begins the recovery, ACK 22 ends it. The
 * window and what is in flight before sending, from ACK 3 to ACK 21. When in
 * flight comes down to ssthresh, at ACK 19, the figure sends one segment; the
 * algorithm of section 6.2 sends it with the next ACK, and so do we.
 */
TEST(ltcp_prr_cwnd__rfc9937_figure_1, "R6")
{
	static const u32 cwnd[] = {
		19, 18, 18, 17, 17, 16, 16, 15, 15, 14, 14, 13, 13, 12, 12, 11,
		10, 10, 10,
	};
	static const u32 in_flight[] = {
		18, 18, 17, 17, 16, 16, 15, 15, 14, 14, 13, 13, 12, 12, 11, 11,
		10, 9, 9,
	};
	const u32 out = 22, lost = 1;
	struct ltcp_prr p;
	u32 flight = out - 2 - lost, total = 0;

	ltcp_prr_init(&p, out, 3, 1, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cwnd); i++) {
		u32 got;

		flight--;
		EXPECT_EQ(flight, in_flight[i], "in flight at ACK %u", i + 3);
		got = on_ack(&p, 1, flight, 10);
		EXPECT_EQ(got, cwnd[i], "cwnd at ACK %u", i + 3);
		total += fill(&p, &flight, got);
	}
	EXPECT_EQ(flight, 10, "ends at ssthresh");
	EXPECT_EQ(total, 10, "the figure's R and nine N");
}

/* Figure 2: the first 15 of 20 are lost; five ACKs are all there is. */
TEST(ltcp_prr_cwnd__rfc9937_figure_2, "R6")
{
	struct ltcp_prr p;
	u32 flight = 22 - 3 - 15;

	ltcp_prr_init(&p, 22, 3, 1, 0);
	for (unsigned int ack = 17; ack <= 19; ack++) {
		u32 cwnd = on_ack(&p, 1, flight, 10);

		EXPECT_EQ(flight, 4, "in flight at ACK %u", ack);
		EXPECT_EQ(cwnd, 5, "cwnd at ACK %u", ack);
		EXPECT_EQ(fill(&p, &flight, cwnd), 1, "one R for ACK %u", ack);
		flight--;	/* the next ACK's delivery */
	}
}

/* Section 6.2, each branch alone: 8 delivered before, of 20. */
static const struct {
	const char *what;
	u32 out;
	struct ltcp_prr_ack ack;
	u32 cwnd;
} steps[] = {
	{ "half of what is delivered", 4,
	  { .delivered = 2, .in_flight = 15, .ssthresh = 10 }, 16 },
	{ "rounded up", 4,
	  { .delivered = 1, .in_flight = 15, .ssthresh = 10 }, 16 },
	{ "more was sent than that", 7,
	  { .delivered = 1, .in_flight = 15, .ssthresh = 10 }, 15 },
	{ "CRB: as much as is delivered", 8,
	  { .delivered = 2, .in_flight = 5, .ssthresh = 10 }, 7 },
	{ "CRB: also when more was sent before", 15,
	  { .delivered = 2, .in_flight = 5, .ssthresh = 10 }, 7 },
	{ "CRB: and what was saved up", 5,
	  { .delivered = 1, .in_flight = 5, .ssthresh = 10 }, 9 },
	{ "up to ssthresh", 1,
	  { .delivered = 2, .in_flight = 5, .ssthresh = 10 }, 10 },
	{ "SSRB: one more", 8,
	  { .delivered = 2, .in_flight = 5, .ssthresh = 10,
	    .una_advanced = true }, 8 },
	{ "SSRB: up to ssthresh", 8,
	  { .delivered = 2, .in_flight = 8, .ssthresh = 10,
	    .una_advanced = true }, 10 },
	{ "no SSRB with new losses", 8,
	  { .delivered = 2, .in_flight = 5, .ssthresh = 10,
	    .una_advanced = true, .new_loss = true }, 7 },
	{ "no SSRB above ssthresh", 4,
	  { .delivered = 1, .in_flight = 15, .ssthresh = 10,
	    .una_advanced = true }, 16 },
	{ "at ssthresh", 8,
	  { .delivered = 2, .in_flight = 10, .ssthresh = 10,
	    .una_advanced = true }, 10 },
	{ "the first is forced", 0,
	  { .delivered = 2, .in_flight = 10, .ssthresh = 10 }, 11 },
	{ "nothing delivered", 5,
	  { .in_flight = 5, .ssthresh = 10, .cwnd = 17 }, 17 },
	{ "nothing delivered, but losses found", 8,
	  { .in_flight = 5, .ssthresh = 10, .cwnd = 17, .new_loss = true }, 5 },
	{ "the same, with something saved up", 6,
	  { .in_flight = 5, .ssthresh = 10, .cwnd = 17, .new_loss = true }, 7 },
	{ "the same, above ssthresh", 4,
	  { .in_flight = 12, .ssthresh = 10, .cwnd = 17, .new_loss = true }, 12 },
};

TEST(ltcp_prr_cwnd__branches, "R6")
{
	FOR_EACH(c, steps) {
		struct ltcp_prr p = { .delivered = 8, .out = c->out,
				      .recover_fs = 20 };
		struct ltcp_prr_ack ack = c->ack;

		ack.sack = true;
		EXPECT_EQ(ltcp_prr_cwnd(&p, &ack), c->cwnd, "%s", c->what);
		EXPECT_EQ(p.delivered, 8 + c->ack.delivered, "%s", c->what);
	}
}

/* The reordering timer begins an episode: one segment, not a burst. */
TEST(ltcp_prr_cwnd__begun_by_timer, "R6 R5")
{
	struct ltcp_prr p;
	struct ltcp_prr_ack ack = {
		.in_flight = 6, .ssthresh = 10, .cwnd = 20, .new_loss = true,
		.sack = true,
	};

	ltcp_prr_init(&p, 20, 4, 0, 0);
	EXPECT_EQ(ltcp_prr_cwnd(&p, &ack), 7, "the fast retransmission");
	ltcp_prr_sent(&p, 1);
	ack.in_flight = 5;
	EXPECT_EQ(ltcp_prr_cwnd(&p, &ack), 5, "the timer again: nothing more");
}

/* Section 6.2: without SACK no more is believed than was outstanding. */
TEST(ltcp_prr_cwnd__invented_duplicates, "R6 R3 ATTACK-1")
{
	struct ltcp_prr p;
	struct ltcp_prr_ack ack = { .delivered = 1, .ssthresh = 5, .cwnd = 10 };
	u32 sent = 0;

	ltcp_prr_init(&p, 10, 0, 0, 0);
	for (u32 dups = 1; dups <= 1000; dups++) {
		/* in flight, too, falls by no more than was outstanding */
		u32 flight = 10 + sent - min(dups, p.recover_fs);

		ack.in_flight = flight;
		ack.cwnd = ltcp_prr_cwnd(&p, &ack);
		sent += fill(&p, &flight, ack.cwnd);
	}
	EXPECT_EQ(p.delivered, 10, "no more than were sent");
	EXPECT_EQ(sent, 5, "as for ten true ones");

	ltcp_prr_init(&p, 10, 0, 0, 0);
	ack.delivered = 1000;
	ack.in_flight = 0;
	ack.ssthresh = 500;
	EXPECT_EQ(ltcp_prr_cwnd(&p, &ack), 10, "no more at once");
	ltcp_prr_init(&p, 10, 0, 0, 0);
	ack.sack = true;
	EXPECT_EQ(ltcp_prr_cwnd(&p, &ack), 500, "SACK is believed");
}

TEST(ltcp_prr_delivered_nosack__rfc9937, "R6 R3")
{
	static const struct {
		u32 acked;
		bool dup;
		u32 before, want;
	} cases[] = {
		{ 0, true, 0, 1 }, { 0, true, 7, 1 },
		{ 0, false, 0, 0 },			/* a window update */
		{ 1, false, 0, 1 }, { 5, false, 0, 5 },
		{ 5, false, 3, 2 }, { 5, false, 5, 0 }, { 5, false, 9, 0 },
	};

	FOR_EACH(c, cases)
		EXPECT_EQ(ltcp_prr_delivered_nosack(c->acked, c->dup, c->before),
			  c->want, "%u acknowledged after %u", c->acked, c->before);
}

TEST(ltcp_prr_cwnd__no_overflow, "R6")
{
	struct ltcp_prr p = { .delivered = 0x7fffffff, .out = 0x40000000,
			      .recover_fs = 0x7fffffff };

	EXPECT_EQ(on_ack(&p, 1, 0x60000000, 0x50000000),
		  0x60000000U + 0x50000001U - 0x40000000U, "large windows");
	p = (struct ltcp_prr) { .delivered = 5, .out = U32_MAX, .recover_fs = 1 };
	EXPECT_EQ(on_ack(&p, 1, 20, 10), 20, "much more sent than delivered");
}

/*
 * A whole recovery over a path that keeps order: @wnd segments, some of them
 * lost, all known from the start of it; copies and new data are lost by chance.
 */
struct episode {
	u32 wnd, ssthresh, lost;	/* of the flight */
	u32 sent, delivered, safe;	/* of the episode */
	u32 flight;			/* in the end */
};

static void run_episode(struct episode *e, bool lossy, bool stalls)
{
	u32 arriving = e->wnd - e->lost, to_resend = e->lost, allowed;
	struct ltcp_prr p;
	u32 cwnd = e->wnd;

	ltcp_prr_init(&p, e->wnd, 1, 1, 0);
	e->flight = arriving;
	for (unsigned int i = 0; i < e->wnd - e->lost; i++) {
		struct ltcp_prr_ack ack = {
			.delivered = 1, .ssthresh = e->ssthresh, .sack = true,
			.una_advanced = i && !unit_random_below(3),
			.new_loss = lossy && !unit_random_below(4), .cwnd = cwnd,
		};

		e->flight--;
		if (ack.new_loss && e->flight > e->wnd - e->lost - i)
			e->flight--;
		ack.in_flight = e->flight;
		cwnd = ltcp_prr_cwnd(&p, &ack);
		e->delivered++;
		e->safe += ack.una_advanced && !ack.new_loss;
		EXPECT(cwnd >= ack.in_flight, "the window takes nothing back");
		if (ack.in_flight <= e->ssthresh)
			EXPECT(cwnd <= max(e->ssthresh, ack.in_flight + !p.out),
			       "cwnd %u, %u in flight, ssthresh %u", cwnd,
			       ack.in_flight, e->ssthresh);
		else if (!stalls)
			EXPECT(cwnd <= ack.in_flight + 1,
			       "cwnd %u, %u in flight", cwnd, ack.in_flight);
		EXPECT(p.out || cwnd > ack.in_flight, "no fast retransmission");
		allowed = cwnd - e->flight;
		if (stalls && p.out)
			allowed = unit_random_below(allowed + 1);
		e->sent += fill(&p, &e->flight, e->flight + allowed);
		to_resend -= min(to_resend, allowed);
		EXPECT(e->sent <= e->delivered + e->safe + 1,
		       "sent %u for %u delivered, %u SafeACKs", e->sent,
		       e->delivered, e->safe);
	}
}

TEST(ltcp_prr_cwnd__conserves_packets, "R6 ATTACK-1")
{
	for (unsigned int round = 0; round < 20000; round++) {
		struct episode e = { .wnd = 4 + unit_random_below(200) };

		e.ssthresh = max(2U, unit_random_below(e.wnd));
		e.lost = 1 + unit_random_below(e.wnd - 2);
		run_episode(&e, unit_random_below(2), unit_random_below(2));
	}
}

/* A loss found late, and nothing in flight any more: one may be sent, not none. */
TEST(ltcp_prr_cwnd__never_0, "R6")
{
	struct ltcp_prr_ack ack = { .ssthresh = 5, .cwnd = 9, .new_loss = true, .sack = true };
	struct ltcp_prr p;

	ltcp_prr_init(&p, 10, 1, 1, 0);
	ltcp_prr_sent(&p, 1);
	EXPECT_EQ(ltcp_prr_cwnd(&p, &ack), 1, "cwnd");
}

/*
 * Section 7: with few losses what is in flight converges to just ssthresh, and the
 * reduction is spread evenly: never two segments from the straight line.
 */
TEST(ltcp_prr_cwnd__converges, "R6")
{
	for (u32 wnd = 4; wnd < 120; wnd++) {
		for (u32 ssthresh = 2; ssthresh < wnd; ssthresh++) {
			struct ltcp_prr p;
			u32 flight = wnd - 1;

			ltcp_prr_init(&p, wnd, 1, 1, 0);
			for (u32 i = 1; i < wnd; i++) {
				u32 due = (i * ssthresh + wnd - 1) / wnd;

				flight--;
				fill(&p, &flight, on_ack(&p, 1, flight, ssthresh));
				EXPECT(p.out + 1 >= due && p.out <= due + 1,
				       "%u to %u: %u sent of %u delivered", wnd,
				       ssthresh, p.out, i);
			}
			EXPECT_EQ(flight, ssthresh, "from %u", wnd);
		}
	}
}
