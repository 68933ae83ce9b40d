// SPDX-License-Identifier: GPL-2.0
/* undo_test.c - tests of undo.c */
#include "unit.h"
#include "undo.h"

/* ------------------------------------------------------------------ */
/* F-RTO                                                                */
/* ------------------------------------------------------------------ */

/*
 * 1000 to 11000 are outstanding when the timer expires; the segment to 2000 is
 * sent again. Each case gives the ACKs that follow, and the verdict on each.
 */
struct frto_case {
	const char *what;
	bool sack;
	struct ltcp_frto_ack acks[3];
	enum ltcp_frto_verdict verdicts[3];
};

#define NEW(ack_)	{ .ack = (ack_), .advances = true, .new_sendable = true }
#define NEW_BUT_NO_DATA(ack_) { .ack = (ack_), .advances = true }
#define DUP(ack_)	{ .ack = (ack_), .dup = true, .new_sendable = true }
#define OTHER(ack_)	{ .ack = (ack_), .new_sendable = true }
#define SACKS(ack_, high_) \
	{ .ack = (ack_), .dup = true, .sack_high = (high_), .sacked_new = true }
#define SACKS_NO_DUP(ack_, high_) \
	{ .ack = (ack_), .sack_high = (high_), .sacked_new = true }
#define OLD_SACK(ack_, high_) \
	{ .ack = (ack_), .dup = true, .sack_high = (high_) }
#define NEW_SACKS(ack_, high_) \
	{ .ack = (ack_), .advances = true, .sack_high = (high_), \
	  .sacked_new = true, .new_sendable = true }

static const struct frto_case frto_cases[] = {
	/* section 2.1 */
	{ "2b, 3b: only late", false, { NEW(2000), NEW(3000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_SPURIOUS } },
	{ "2b, 3b: late, ACKs delayed", false, { NEW(3000), NEW(12000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_SPURIOUS } },
	{ "2a: a duplicate", false, { DUP(1000), NEW(2000) },
	  { LTCP_FRTO_GENUINE_EARLY, LTCP_FRTO_NOTHING } },
	{ "2a: covers all", false, { NEW(11000), NEW(12000) },
	  { LTCP_FRTO_GENUINE_EARLY, LTCP_FRTO_NOTHING } },
	{ "2a: not all of what was sent again", false, { NEW(1500), NEW(3000) },
	  { LTCP_FRTO_GENUINE_EARLY, LTCP_FRTO_NOTHING } },
	{ "2b: nothing to send", false, { NEW_BUT_NO_DATA(2000), NEW(3000) },
	  { LTCP_FRTO_GENUINE_EARLY, LTCP_FRTO_NOTHING } },
	{ "3a: more was lost", false, { NEW(2000), DUP(2000), NEW(3000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_GENUINE, LTCP_FRTO_NOTHING } },
	{ "neither new nor duplicate", false, { OTHER(1000), NEW(2000), OTHER(2000) },
	  { LTCP_FRTO_NOTHING, LTCP_FRTO_SEND_NEW, LTCP_FRTO_NOTHING } },
	/* section 3.1 */
	{ "SACK: 2b, 3b: only late", true, { NEW(2000), NEW(3000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_SPURIOUS } },
	{ "SACK: 2: waits through duplicates", true,
	  { SACKS(1000, 5000), NEW_SACKS(2000, 5000), NEW(3000) },
	  { LTCP_FRTO_NOTHING, LTCP_FRTO_SEND_NEW, LTCP_FRTO_SPURIOUS } },
	{ "SACK: 2a: covers all", true, { NEW(11000), NEW(12000) },
	  { LTCP_FRTO_GENUINE_EARLY, LTCP_FRTO_NOTHING } },
	{ "SACK: 2b: nothing to send", true, { NEW_BUT_NO_DATA(2000), NEW(3000) },
	  { LTCP_FRTO_GENUINE_EARLY, LTCP_FRTO_NOTHING } },
	{ "SACK: 2: part of what was sent again", true, { NEW(1500), NEW(2000) },
	  { LTCP_FRTO_GENUINE_EARLY, LTCP_FRTO_NOTHING } },
	{ "SACK: 3b: old data SACKed", true, { NEW(2000), SACKS(2000, 5000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_SPURIOUS } },
	{ "SACK: 3b: up to the mark", true, { NEW(2000), SACKS(2000, 11000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_SPURIOUS } },
	{ "SACK: 3a: the new data SACKed", true, { NEW(2000), SACKS(2000, 12000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_GENUINE } },
	{ "SACK: 3a: the new data acknowledged", true, { NEW(2000), NEW(11001) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_GENUINE } },
	{ "SACK: 3a: new data with some of the old", true,
	  { NEW(2000), NEW_SACKS(3000, 12000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_GENUINE } },
	{ "SACK: 3a: a duplicate with no news", true,
	  { NEW(2000), OLD_SACK(2000, 5000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_GENUINE } },
	{ "SACK: 3a: the new data SACKed, with a larger window", true,
	  { NEW(2000), SACKS_NO_DUP(2000, 12000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_GENUINE } },
	{ "SACK: 3b: old data SACKed, with a larger window", true,
	  { NEW(2000), SACKS_NO_DUP(2000, 5000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_SPURIOUS } },
	{ "SACK: neither new nor duplicate", true,
	  { NEW(2000), OTHER(2000), NEW(3000) },
	  { LTCP_FRTO_SEND_NEW, LTCP_FRTO_NOTHING, LTCP_FRTO_SPURIOUS } },
};

TEST(ltcp_frto_on_ack__rfc5682, "R7")
{
	FOR_EACH_BASE(base) FOR_EACH(c, frto_cases) {
		struct ltcp_frto f = {};

		ltcp_frto_start(&f, c->sack, false, base + 1000);
		ltcp_frto_retransmitted(&f, base + 2000);
		for (unsigned int i = 0; i < ARRAY_SIZE(c->acks); i++) {
			struct ltcp_frto_ack ack = c->acks[i];

			ack.sack_high = base + max(ack.sack_high, ack.ack);
			ack.ack += base;
			/* two segments more once the first ACK has let them out */
			ack.snd_nxt = base + (i ? 13000 : 11000);
			if (f.step == LTCP_FRTO_STEP2)
				ack.snd_nxt = base + 11000;
			EXPECT_EQ(ltcp_frto_on_ack(&f, &ack), c->verdicts[i],
				  "%s, ACK %u, base %#x", c->what, i, base);
		}
	}
}

/* Step 1: not amid an earlier recovery, but again for the same segment. */
TEST(ltcp_frto_start__when, "R7")
{
	for (int sack = 0; sack < 2; sack++) {
		struct ltcp_frto f = {};
		struct ltcp_frto_ack ack = NEW(2000);

		ack.snd_nxt = 11000;
		ack.sack_high = 2000;
		ltcp_frto_start(&f, sack, true, 1000);
		EXPECT_EQ(f.step, LTCP_FRTO_OFF, "in recovery");
		EXPECT_EQ(ltcp_frto_on_ack(&f, &ack), LTCP_FRTO_NOTHING, "off");
		ltcp_frto_start(&f, sack, true, 1000);
		EXPECT_EQ(f.step, LTCP_FRTO_OFF, "and a second timeout");

		ltcp_frto_start(&f, sack, false, 1000);
		EXPECT_EQ(f.step, LTCP_FRTO_STEP2, "first timeout");
		ltcp_frto_start(&f, sack, true, 1000);
		EXPECT_EQ(f.step, LTCP_FRTO_STEP2, "of the same segment");
		EXPECT_EQ(ltcp_frto_on_ack(&f, &ack), LTCP_FRTO_SEND_NEW, "its ACK");
		ltcp_frto_start(&f, sack, true, 2000);
		EXPECT_EQ(f.step, LTCP_FRTO_OFF, "another timeout after the ACK");
		ltcp_frto_start(&f, sack, false, 5000);
		EXPECT_EQ(f.step, LTCP_FRTO_STEP2, "once that is over");
	}
}

TEST(ltcp_frto_retransmitted__spoils_step_3, "R7")
{
	FOR_EACH_BASE(base) {
		struct ltcp_frto f = {};
		struct ltcp_frto_ack ack = NEW(base + 2500);

		ack.snd_nxt = base + 11000;
		ack.sack_high = ack.ack;
		ltcp_frto_retransmitted(&f, base + 2000);
		EXPECT_EQ(f.step, LTCP_FRTO_OFF, "not running");
		ltcp_frto_start(&f, false, false, base + 1000);
		ltcp_frto_retransmitted(&f, base + 3000);
		ltcp_frto_retransmitted(&f, base + 2000);
		EXPECT_EQ(ltcp_frto_on_ack(&f, &ack), LTCP_FRTO_GENUINE_EARLY,
			  "two segments were sent again, base %#x", base);

		ltcp_frto_start(&f, false, false, base + 1000);
		ltcp_frto_retransmitted(&f, base + 2000);
		EXPECT_EQ(ltcp_frto_on_ack(&f, &ack), LTCP_FRTO_SEND_NEW, "2b");
		ltcp_frto_retransmitted(&f, base + 3000);
		ack.ack = base + 3000;
		EXPECT_EQ(ltcp_frto_on_ack(&f, &ack), LTCP_FRTO_NOTHING,
			  "an ACK of whichever copy proves nothing");
	}
}

/* Nothing could be sent again, for want of memory: duplicates mean what they do. */
TEST(ltcp_frto_on_ack__nothing_was_sent_again, "R7")
{
	struct ltcp_frto f = {};
	struct ltcp_frto_ack dup = DUP(1000);

	dup.snd_nxt = 11000;
	dup.sack_high = 1000;
	ltcp_frto_start(&f, false, false, 1000);
	EXPECT_EQ(ltcp_frto_on_ack(&f, &dup), LTCP_FRTO_GENUINE_EARLY, "2a");
}

/* The only block may lie below the ACK: a D-SACK. */
TEST(ltcp_frto_on_ack__dsack_with_all_acked, "R7")
{
	struct ltcp_frto f = { .step = LTCP_FRTO_STEP3, .sack = true,
			       .recover = 11000 };
	struct ltcp_frto_ack ack = NEW(13000);

	ack.snd_nxt = 13000;
	ack.sack_high = 2000;
	EXPECT_EQ(ltcp_frto_on_ack(&f, &ack), LTCP_FRTO_GENUINE, "3a");
}

/* ------------------------------------------------------------------ */
/* Eifel detection                                                      */
/* ------------------------------------------------------------------ */

/* What was at SND.UNA, sent again in this episode, is acknowledged. */
#define COPY .copies = true, .copy_first = true

/* The first retransmission had TSval 500. */
static const struct {
	const char *what;
	bool dsack_before;
	struct ltcp_eifel_ack ack;
	bool spurious;
} eifel_cases[] = {
	{ "the original's ACK", false,
	  { .has_tsecr = true, .tsecr = 499, COPY }, true },
	{ "a much older one's", false,
	  { .has_tsecr = true, .tsecr = 1, COPY }, true },
	{ "the retransmission's", false,
	  { .has_tsecr = true, .tsecr = 500, COPY }, false },
	{ "a later one's", false,
	  { .has_tsecr = true, .tsecr = 501, COPY }, false },
	{ "no timestamps", false, { .tsecr = 499, COPY }, false },
	{ "with a D-SACK", false,
	  { .has_tsecr = true, .tsecr = 499, COPY, .dsack = true },
	  false },
	{ "with a D-SACK, from a peer known to send them", true,
	  { .has_tsecr = true, .tsecr = 499, COPY, .dsack = true },
	  false },
	{ "all acknowledged: were the ACKs lost?", false,
	  { .has_tsecr = true, .tsecr = 499, COPY,
	    .all_acked = true }, false },
	{ "all acknowledged, from a peer that would say", true,
	  { .has_tsecr = true, .tsecr = 499, COPY,
	    .all_acked = true }, true },
	{ "covers a copy, but something else came first", false,
	  { .has_tsecr = true, .tsecr = 499, .copies = true }, false },
};

TEST(ltcp_eifel_on_ack__rfc3522, "R7")
{
	FOR_EACH_BASE(base) FOR_EACH(c, eifel_cases) {
		struct ltcp_eifel e = { .dsack_seen = c->dsack_before };
		struct ltcp_eifel_ack ack = c->ack, dup = c->ack;

		ack.tsecr += base;
		dup.tsecr = base + 1;
		dup.copies = false;
		dup.dsack = false;
		EXPECT(!ltcp_eifel_on_ack(&e, &ack), "%s: no recovery", c->what);
		e.dsack_seen = c->dsack_before;
		ltcp_eifel_start(&e);
		EXPECT(!ltcp_eifel_on_ack(&e, &ack), "%s: nothing sent", c->what);
		e.dsack_seen = c->dsack_before;
		ltcp_eifel_retransmitted(&e, base + 500);
		/* later ones do not count */
		ltcp_eifel_retransmitted(&e, base + 600);
		EXPECT(!ltcp_eifel_on_ack(&e, &dup), "%s: no copies", c->what);
		EXPECT_EQ(ltcp_eifel_on_ack(&e, &ack), c->spurious,
			  "%s, base %#x", c->what, base);
		ack.tsecr = base + 1;
		ack.dsack = false;
		EXPECT(!ltcp_eifel_on_ack(&e, &ack), "%s: decided", c->what);
		ltcp_eifel_retransmitted(&e, base + 700);
		EXPECT(!ltcp_eifel_on_ack(&e, &ack), "%s: still", c->what);
	}
}

TEST(ltcp_eifel_on_ack__remembers_dsack, "R7")
{
	struct ltcp_eifel e = {};
	struct ltcp_eifel_ack dsack = { .dsack = true };
	struct ltcp_eifel_ack all = { .has_tsecr = true, .tsecr = 4,
				      COPY, .all_acked = true };

	EXPECT(!ltcp_eifel_on_ack(&e, &dsack), "no recovery");
	ltcp_eifel_start(&e);
	ltcp_eifel_retransmitted(&e, 5);
	EXPECT(ltcp_eifel_on_ack(&e, &all), "the peer would have reported it");
}

/* Each episode has a first retransmission of its own. */
TEST(ltcp_eifel_on_ack__next_episode, "R7")
{
	static const u32 sent[] = { 500, 700, 900 };
	struct ltcp_eifel e = {};
	struct ltcp_eifel_ack ack = { .has_tsecr = true, COPY };

	FOR_EACH(tsval, sent) {
		/* of no episode */
		ltcp_eifel_retransmitted(&e, *tsval - 100);
		ltcp_eifel_start(&e);
		ltcp_eifel_retransmitted(&e, *tsval);
		ack.tsecr = *tsval - 1;
		EXPECT(ltcp_eifel_on_ack(&e, &ack), "sent again at %u", *tsval);
	}
}

/* ------------------------------------------------------------------ */
/* D-SACK                                                               */
/* ------------------------------------------------------------------ */

/* An episode at 1000..11000 that sends the segments to 2000 and 3000 again. */
static struct ltcp_dsack_undo dsack_episode(u32 base)
{
	struct ltcp_dsack_undo d = {};

	ltcp_dsack_start(&d, base + 1000, base + 11000, 0);
	ltcp_dsack_retransmitted(&d, base + 2000, 1, false, base + 11000);
	ltcp_dsack_retransmitted(&d, base + 3000, 1, false, base + 11000);
	return d;
}

static bool dsack(struct ltcp_dsack_undo *d, u32 start, u32 end, u32 prior_una)
{
	struct ltcp_dsack_report r = {
		.dup = { start, end }, .prior_una = prior_una,
		.segs = (end - start + 999) / 1000,
	};

	return ltcp_dsack_on_report(d, &r);
}

TEST(ltcp_dsack_on_report__all_duplicates, "R7 R4")
{
	FOR_EACH_BASE(base) {
		struct ltcp_dsack_undo d = dsack_episode(base);

		EXPECT(!dsack(&d, base + 1000, base + 2000, base + 11000), "one");
		EXPECT(!dsack(&d, base + 1000, base + 2000, base + 11000),
		       "the same ACK twice, base %#x", base);
		EXPECT(dsack(&d, base + 2000, base + 3000, base + 11000),
		       "both, base %#x", base);
		EXPECT(!dsack(&d, base + 1000, base + 2000, base + 11000), "over");

		d = dsack_episode(base);
		EXPECT(dsack(&d, base + 1000, base + 3000, base + 11000),
		       "both at once, base %#x", base);
	}
}

TEST(ltcp_dsack_on_report__proves_nothing, "R7 R4")
{
	FOR_EACH_BASE(base) {
		struct ltcp_dsack_undo d = dsack_episode(base);
		struct ltcp_dsack_report r = {
			.dup = { base + 1000, base + 3000 }, .segs = 2,
			.prior_una = base + 11000,
		};

		EXPECT(!dsack(&d, base, base + 1000, base + 1000), "an older one");
		EXPECT(!dsack(&d, base + 500, base + 3000, base + 1000), "overlap");
		EXPECT(!dsack(&d, base + 2000, base + 4000, base + 11000),
		       "more than was sent again");
		EXPECT_EQ(d.rtx_segs, 2, "none of them counts");

		/* step A.3 */
		ltcp_dsack_retransmitted(&d, base + 2000, 1, true, base + 12000);
		EXPECT(!dsack(&d, base + 1000, base + 2000, base + 11000) &&
		       !dsack(&d, base + 2000, base + 3000, base + 11000) &&
		       !dsack(&d, base + 1000, base + 2000, base + 11000),
		       "one was sent again twice, base %#x", base);

		/* step A.1 */
		d = dsack_episode(base);
		r.nothing_sacked = true;
		r.prior_una = base + 1000;
		EXPECT(!ltcp_dsack_on_report(&d, &r), "all ACKs lost");
		d = dsack_episode(base);
		r.nothing_sacked = false;
		EXPECT(ltcp_dsack_on_report(&d, &r), "not all");
		d = dsack_episode(base);
		r.nothing_sacked = true;
		r.prior_una = base + 2000;
		EXPECT(ltcp_dsack_on_report(&d, &r), "not that one");

		/* step B.2 */
		d = dsack_episode(base);
		ltcp_dsack_retransmitted(&d, base + 6000, 3, false, base + 11000);
		EXPECT(!dsack(&d, base + 1000, base + 3000, base + 11000),
		       "more was sent again, base %#x", base);
		EXPECT(!dsack(&d, base + 3000, base + 5000, base + 11000), "but one");
		EXPECT(dsack(&d, base + 5000, base + 6000, base + 11000), "all");
	}
}

/* Step A.4: a duplicate that the sender has not made; never believed again. */
TEST(ltcp_dsack_on_report__network_duplicates, "R7")
{
	struct ltcp_dsack_undo d = dsack_episode(0);
	struct ltcp_dsack_report r = {
		.dup = { 7000, 8000 }, .prior_una = 1000, .segs = 1,
		.never_resent = true,
	};

	EXPECT(!ltcp_dsack_on_report(&d, &r), "the network's");
	EXPECT(!dsack(&d, 1000, 3000, 11000), "this episode");
	ltcp_dsack_start(&d, 20000, 30000, 0);
	ltcp_dsack_retransmitted(&d, 21000, 1, false, 30000);
	EXPECT(!dsack(&d, 20000, 21000, 30000), "any later one");
}

/* Whatever became of one episode, the next is judged by itself. */
TEST(ltcp_dsack_start__forgets, "R7")
{
	struct ltcp_dsack_undo d = dsack_episode(0);

	ltcp_dsack_retransmitted(&d, 2000, 1, true, 11000);
	EXPECT(!dsack(&d, 1000, 2000, 11000), "blocked");
	ltcp_dsack_start(&d, 1000, 11000, 0);
	ltcp_dsack_retransmitted(&d, 2000, 1, false, 11000);
	EXPECT(dsack(&d, 1000, 2000, 11000), "the next, and the same range");
}

TEST(ltcp_dsack_on_una__too_late, "R7")
{
	FOR_EACH_BASE(base) {
		struct ltcp_dsack_undo d = dsack_episode(base);

		ltcp_dsack_on_una(&d, base + 11000);
		EXPECT(d.active, "the originals' ACK, base %#x", base);
		ltcp_dsack_on_una(&d, base + 11001);
		EXPECT(!d.active, "later data's, base %#x", base);
		EXPECT(!dsack(&d, base + 1000, base + 3000, base + 12000), "late");
		d = dsack_episode(base);
		ltcp_dsack_retransmitted(&d, base + 4000, 1, false, base + 13000);
		ltcp_dsack_on_una(&d, base + 13000);
		EXPECT(d.active, "what was sent again last counts");
		ltcp_dsack_on_una(&d, base + 13001);
		EXPECT(!d.active, "later than that");
		ltcp_dsack_on_una(&d, base + 0x90000000);
		EXPECT(!dsack(&d, base + 1000, base + 3000, base), "much later");
		ltcp_dsack_retransmitted(&d, base + 5000, 1, false, base);
		EXPECT(!d.active, "no episode");
	}
}

/* A tail loss probe that was out when the episode began must be reported, too. */
TEST(ltcp_dsack_start__counts_the_probe, "R7 R5")
{
	FOR_EACH_BASE(base) {
		struct ltcp_dsack_undo d = {};

		ltcp_dsack_start(&d, base + 1000, base + 11000, 1);
		ltcp_dsack_retransmitted(&d, base + 2000, 1, false, base + 11000);
		EXPECT(!dsack(&d, base + 1000, base + 2000, base + 11000), "one");
		EXPECT(dsack(&d, base + 10000, base + 11000, base + 11000),
		       "and the probe, base %#x", base);
	}
}

/* ------------------------------------------------------------------ */
/* Time                                                                 */
/* ------------------------------------------------------------------ */

/* Three segments in two packets were sent again; what is delivered, in turn. */
static const struct {
	const char *what;
	bool again;
	u32 segs[3];
	bool early[3];
	u32 proves;	/* which delivery does, from 1; 0: none */
} early_cases[] = {
	{ "both too soon", false, { 1, 2 }, { true, true }, 2 },
	{ "in parts", false, { 1, 1, 1 }, { true, true, true }, 3 },
	{ "one was lost", false, { 1, 2 }, { true, false }, 0 },
	{ "the first was lost", false, { 1, 2 }, { false, true }, 0 },
	{ "not all are there", false, { 1, 1 }, { true, true }, 0 },
	{ "one had been sent again before", true, { 1, 2 }, { true, true }, 0 },
};

TEST(ltcp_early_delivered__all_copies, "R7")
{
	FOR_EACH(c, early_cases) {
		struct ltcp_early e = {};
		u32 i, proved = 0;

		EXPECT(!ltcp_early_delivered(&e, 1, true), "%s: no recovery", c->what);
		ltcp_early_start(&e);
		ltcp_early_retransmitted(&e, 1, false);
		ltcp_early_retransmitted(&e, 2, c->again);
		for (i = 0; i < 3 && c->segs[i]; i++)
			if (ltcp_early_delivered(&e, c->segs[i], c->early[i]))
				proved = i + 1;
		EXPECT_EQ(proved, c->proves, "%s", c->what);
	}
}

/* What the last episode left unproven is not the next one's, nor is its verdict. */
TEST(ltcp_early_delivered__next_episode, "R7")
{
	struct ltcp_early e = {};

	ltcp_early_start(&e);
	ltcp_early_retransmitted(&e, 5, false);
	EXPECT(!ltcp_early_delivered(&e, 1, false), "a loss");
	ltcp_early_start(&e);
	ltcp_early_retransmitted(&e, 1, false);
	EXPECT(ltcp_early_delivered(&e, 1, true), "none");
	EXPECT(!ltcp_early_delivered(&e, 1, true), "decided");
}

/* ------------------------------------------------------------------ */
/* Eifel response                                                       */
/* ------------------------------------------------------------------ */

TEST(ltcp_undo__windows, "R7")
{
	static const struct {
		u32 out, ssthresh, want;
	} saves[] = {
		{ 20, 10, 20 },			/* congestion avoidance */
		{ 20, 40, 40 },			/* slow start */
		{ 20, 0x7fffffff, 0x7fffffff },	/* before the first loss */
	};
	static const struct {
		u32 out, acked, iw, want;
	} cwnds[] = {
		{ 15, 2, 10, 17 }, { 15, 10, 10, 25 }, { 15, 50, 10, 25 },
		{ 0, 20, 10, 10 }, { 0, 0, 10, 1 },
	};

	FOR_EACH(c, saves) {
		struct ltcp_rtt rtt = {};
		struct ltcp_undo u;

		ltcp_undo_save(&u, c->out, c->ssthresh, &rtt, 4000);
		EXPECT_EQ(u.pipe_prev, c->want, "%u, %u", c->out, c->ssthresh);
	}
	FOR_EACH(c, cwnds)
		EXPECT_EQ(ltcp_undo_cwnd(c->out, c->acked, c->iw), c->want,
			  "%u and %u", c->out, c->acked);
}

/* RFC 4015, steps 0 and 11, by hand: SRTT 100 ms, RTTVAR 10 ms, G 4 ms. */
TEST(ltcp_undo_rtt__by_hand, "R7 R1")
{
	static const struct {
		u32 sample, srtt, rttvar;
	} cases[] = {
		{ 50000, 108000, 25000 },
		{ 10000, 108000, 10000 },
		{ 108000, 108000, 54000 },
		{ 900000, 900000, 450000 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_rtt rtt = { 8 * 100000, 4 * 10000 };
		struct ltcp_undo u;

		ltcp_undo_save(&u, 1, 1, &rtt, 4000);
		/* what the late ACKs may have made of it meanwhile */
		rtt = (struct ltcp_rtt) { 8 * 30000, 4 * 1000 };
		ltcp_undo_rtt(&u, &rtt, c->sample);
		EXPECT_EQ(rtt.srtt_us, 8 * c->srtt, "sample %u", c->sample);
		EXPECT_EQ(rtt.rttvar_us, 4 * c->rttvar, "sample %u", c->sample);
	}
}

TEST(ltcp_undo_rtt__no_overflow, "R7 R1")
{
	struct ltcp_rtt rtt = { U32_MAX - 5, 0x7fffffff };
	struct ltcp_undo u;

	ltcp_undo_save(&u, 1, 1, &rtt, U32_MAX);
	EXPECT_EQ(u.rtt_prev.srtt_us, U32_MAX, "SRTT");
	ltcp_undo_rtt(&u, &rtt, U32_MAX);
	u.rtt_prev.srtt_us = 0;
	ltcp_undo_rtt(&u, &rtt, 0x20000001);
	EXPECT_EQ(rtt.srtt_us, U32_MAX, "a sample too large");
	ltcp_undo_rtt(&u, &rtt, U32_MAX);
	for (unsigned int i = 0; i < 1000; i++) {
		EXPECT(rtt.srtt_us >> 3 < 1U << 29 && rtt.rttvar_us >> 2 < 1U << 29,
		       "%#x, %#x", rtt.srtt_us, rtt.rttvar_us);
		ltcp_rtt_sample(&rtt, unit_random(), unit_random_below(2));
	}
}
