// SPDX-License-Identifier: GPL-2.0
/* sacklist_test.c - tests of sacklist.c */
#include "unit.h"
#include "sacklist.h"
#include "seq.h"

#define MAX_SEGS 12

/*
 * A receiver reduced to its books: which bytes are there. It finds out what is
 * contiguous and what is duplicate the slow way, byte by byte.
 */
enum { SPACE = 20000 };

struct receiver {
	u32 base;	/* sequence number of byte 0 */
	u32 rcv_nxt;	/* from base */
	bool there[SPACE];
	struct ltcp_sacklist list;
	struct ltcp_opts reply;
};

static void receiver_init(struct receiver *r, u32 base, u32 rcv_nxt)
{
	*r = (struct receiver) { .base = base, .rcv_nxt = rcv_nxt };
	memset(r->there, true, rcv_nxt);
}

/* The first run of bytes of a segment that are there already: RFC 2883. */
static bool find_duplicate(const struct receiver *r, u32 start, u32 end,
			   struct ltcp_sack_block *dup)
{
	u32 first = start, last;

	while (first < end && !r->there[first])
		first++;
	for (last = first; last < end && r->there[last]; last++)
		;
	dup->start = r->base + first;
	dup->end = r->base + last;
	return first < end;
}

static void receive(struct receiver *r, u32 start, u32 end)
{
	struct ltcp_sack_block dup;
	bool is_dup = find_duplicate(r, start, end, &dup);

	memset(r->there + start, true, end - start);
	while (r->rcv_nxt < SPACE && r->there[r->rcv_nxt])
		r->rcv_nxt++;
	if (end > r->rcv_nxt)
		ltcp_sacklist_add(&r->list, r->base + start, r->base + end);
	ltcp_sacklist_advance(&r->list, r->base + r->rcv_nxt);
	ltcp_sacklist_report(&r->list, is_dup ? &dup : NULL, &r->reply);
}

struct step {
	u32 start, end;			/* the segment received */
	u32 ack;			/* what is answered */
	struct ltcp_sack_block sack[LTCP_SACK_BLOCKS_MAX];
};

static void expect_reply(const struct receiver *r, const struct step *s,
			 const char *what)
{
	unsigned int n = 0;

	EXPECT_EQ(r->rcv_nxt, s->ack, "%s, segment %u", what, s->start);
	while (n < LTCP_SACK_BLOCKS_MAX && s->sack[n].end)
		n++;
	EXPECT_EQ(r->reply.nsack, n, "%s, segment %u", what, s->start);
	EXPECT_EQ(!!(r->reply.present & LTCP_OPT_SACK), n > 0,
		  "%s, segment %u", what, s->start);
	for (unsigned int i = 0; i < min_t(u32, n, r->reply.nsack); i++) {
		EXPECT_EQ(r->reply.sack[i].start - r->base, s->sack[i].start,
			  "%s, segment %u, block %u", what, s->start, i);
		EXPECT_EQ(r->reply.sack[i].end - r->base, s->sack[i].end,
			  "%s, segment %u, block %u", what, s->start, i);
	}
}

struct script {
	const char *what;
	u32 rcv_nxt;
	struct step steps[MAX_SEGS];
};

static void run_scripts(const struct script *s, unsigned int n)
{
	static struct receiver r;

	for (; n; n--, s++) {
		FOR_EACH_BASE(base) {
			receiver_init(&r, base, s->rcv_nxt);
			for (const struct step *step = s->steps; step->end; step++) {
				receive(&r, step->start, step->end);
				expect_reply(&r, step, s->what);
			}
		}
	}
}

/* RFC 2018 section 5: eight segments of 500 bytes from 5000. */
static const struct script rfc2018[] = {
	{ "the last four are lost", 5000, {
		{ 5000, 5500, 5500 }, { 5500, 6000, 6000 },
		{ 6000, 6500, 6500 }, { 6500, 7000, 7000 } } },
	{ "the first is lost", 5000, {
		{ 5500, 6000, 5000, {{ 5500, 6000 }} },
		{ 6000, 6500, 5000, {{ 5500, 6500 }} },
		{ 6500, 7000, 5000, {{ 5500, 7000 }} },
		{ 7000, 7500, 5000, {{ 5500, 7500 }} },
		{ 7500, 8000, 5000, {{ 5500, 8000 }} },
		{ 8000, 8500, 5000, {{ 5500, 8500 }} },
		{ 8500, 9000, 5000, {{ 5500, 9000 }} } } },
	{ "every second is lost, the fourth and second come late", 5000, {
		{ 5000, 5500, 5500 },
		{ 6000, 6500, 5500, {{ 6000, 6500 }} },
		{ 7000, 7500, 5500, {{ 7000, 7500 }, { 6000, 6500 }} },
		{ 8000, 8500, 5500,
		  {{ 8000, 8500 }, { 7000, 7500 }, { 6000, 6500 }} },
		{ 6500, 7000, 5500, {{ 6000, 7500 }, { 8000, 8500 }} },
		{ 5500, 6000, 7500, {{ 8000, 8500 }} } } },
};

TEST(ltcp_sacklist_add__rfc2018_section_5, "W6 R4 F9")
{
	run_scripts(rfc2018, ARRAY_SIZE(rfc2018));
}

/* RFC 2883 section 4, in its order. */
static const struct script rfc2883[] = {
	{ "example 1: a duplicate segment", 3000, {
		{ 3000, 3500, 3500 }, { 3500, 4000, 4000 },
		{ 3000, 3500, 4000, {{ 3000, 3500 }} } } },
	{ "example 2: an out-of-order and a duplicate segment", 3000, {
		{ 3000, 3500, 3500 }, { 3500, 4000, 4000 },
		{ 4500, 5000, 4000, {{ 4500, 5000 }} },
		{ 3000, 3500, 4000, {{ 3000, 3500 }, { 4500, 5000 }} } } },
	{ "example 3: duplicate of an out-of-order segment", 3500, {
		{ 3500, 4000, 4000 },
		{ 4500, 5000, 4000, {{ 4500, 5000 }} },
		{ 5000, 5500, 4000, {{ 4500, 5500 }} },
		{ 5000, 5500, 4000, {{ 5000, 5500 }, { 4500, 5500 }} } } },
	{ "example 4: a duplicate subsegment", 500, {
		{ 500, 1000, 1000 },
		{ 2000, 2500, 1000, {{ 2000, 2500 }} },
		{ 1000, 1500, 1500, {{ 2000, 2500 }} },
		{ 1000, 2000, 2500, {{ 1000, 1500 }} } } },
	{ "example 5: two subsegments below the ACK, the first counts", 500, {
		{ 500, 1000, 1000 },
		{ 3000, 3500, 1000, {{ 3000, 3500 }} },
		{ 1000, 1500, 1500, {{ 3000, 3500 }} },
		{ 2000, 2500, 1500, {{ 2000, 2500 }, { 3000, 3500 }} },
		{ 1000, 2500, 2500, {{ 1000, 1500 }, { 3000, 3500 }} } } },
	{ "example 6: two subsegments above the ACK", 500, {
		{ 500, 1000, 1000 },
		{ 3500, 4000, 1000, {{ 3500, 4000 }} },
		{ 1500, 2000, 1000, {{ 1500, 2000 }, { 3500, 4000 }} },
		{ 2500, 3000, 1000,
		  {{ 2500, 3000 }, { 1500, 2000 }, { 3500, 4000 }} },
		{ 1500, 3000, 1000,
		  {{ 1500, 2000 }, { 1500, 3000 }, { 3500, 4000 }} } } },
};

TEST(ltcp_sacklist_report__rfc2883_section_4, "R4 F9")
{
	run_scripts(rfc2883, ARRAY_SIZE(rfc2883));
}

static const struct script merging[] = {
	{ "a fifth block drops the oldest", 1000, {
		{ 2000, 2100, 1000, {{ 2000, 2100 }} },
		{ 3000, 3100, 1000, {{ 3000, 3100 }, { 2000, 2100 }} },
		{ 4000, 4100, 1000,
		  {{ 4000, 4100 }, { 3000, 3100 }, { 2000, 2100 }} },
		{ 5000, 5100, 1000, {{ 5000, 5100 }, { 4000, 4100 },
				     { 3000, 3100 }, { 2000, 2100 }} },
		{ 6000, 6100, 1000, {{ 6000, 6100 }, { 5000, 5100 },
				     { 4000, 4100 }, { 3000, 3100 }} },
		/* a duplicate comes on top, and the oldest makes room */
		{ 500, 600, 1000, {{ 500, 600 }, { 6000, 6100 },
				   { 5000, 5100 }, { 4000, 4100 }} },
		/* an older block that grows comes to the front */
		{ 4100, 4200, 1000, {{ 4000, 4200 }, { 6000, 6100 },
				     { 5000, 5100 }, { 3000, 3100 }} } } },
	{ "one segment unites four blocks", 1000, {
		{ 2000, 2100, 1000, {{ 2000, 2100 }} },
		{ 2200, 2300, 1000, {{ 2200, 2300 }, { 2000, 2100 }} },
		{ 2400, 2500, 1000,
		  {{ 2400, 2500 }, { 2200, 2300 }, { 2000, 2100 }} },
		{ 2600, 2700, 1000, {{ 2600, 2700 }, { 2400, 2500 },
				     { 2200, 2300 }, { 2000, 2100 }} },
		{ 1900, 2800, 1000, {{ 2000, 2100 }, { 1900, 2800 }} } } },
	{ "a byte apart is apart", 1000, {
		{ 2000, 2100, 1000, {{ 2000, 2100 }} },
		{ 2101, 2200, 1000, {{ 2101, 2200 }, { 2000, 2100 }} },
		{ 2100, 2101, 1000, {{ 2000, 2200 }} } } },
};

TEST(ltcp_sacklist_add__merging, "R4 F9")
{
	run_scripts(merging, ARRAY_SIZE(merging));
}

TEST(ltcp_sacklist_add__empty_or_turned_around, "R4")
{
	FOR_EACH_BASE(base) {
		struct ltcp_sacklist l = {};

		ltcp_sacklist_add(&l, base + 100, base + 100);
		ltcp_sacklist_add(&l, base + 100, base + 99);
		EXPECT_EQ(l.n, 0, "base %#x", base);
		ltcp_sacklist_add(&l, base + 100, base + 200);
		ltcp_sacklist_add(&l, base + 150, base + 150);
		ltcp_sacklist_add(&l, base + 300, base + 250);
		EXPECT(l.n == 1 && l.b[0].start == base + 100 &&
		       l.b[0].end == base + 200, "base %#x", base);
	}
}

TEST(ltcp_sacklist_advance__cases, "R4")
{
	static const struct {
		u32 rcv_nxt, n;
		struct ltcp_sack_block b[3];
	} cases[] = {
		{ 50, 3, {{ 500, 600 }, { 100, 200 }, { 300, 400 }} },
		{ 199, 3, {{ 500, 600 }, { 199, 200 }, { 300, 400 }} },
		{ 200, 2, {{ 500, 600 }, { 300, 400 }} },
		{ 350, 2, {{ 500, 600 }, { 350, 400 }} },
		{ 400, 1, {{ 500, 600 }} },
		{ 600, 0 }, { 10000, 0 },
	};

	FOR_EACH_BASE(base) FOR_EACH(c, cases) {
		struct ltcp_sacklist l = {};

		ltcp_sacklist_add(&l, base + 300, base + 400);
		ltcp_sacklist_add(&l, base + 100, base + 200);
		ltcp_sacklist_add(&l, base + 500, base + 600);
		ltcp_sacklist_advance(&l, base + c->rcv_nxt);
		EXPECT_EQ(l.n, c->n, "RCV.NXT %u", c->rcv_nxt);
		for (u32 i = 0; i < min_t(u32, l.n, c->n); i++)
			EXPECT(l.b[i].start == base + c->b[i].start &&
			       l.b[i].end == base + c->b[i].end,
			       "RCV.NXT %u, block %u", c->rcv_nxt, i);
	}
}

TEST(ltcp_sacklist_cut__cases, "R4 D5")
{
	static const struct {
		u32 edge, n;
		struct ltcp_sack_block b[3];
	} cases[] = {
		{ 600, 3, {{ 500, 600 }, { 100, 200 }, { 300, 400 }} },
		{ 501, 3, {{ 500, 501 }, { 100, 200 }, { 300, 400 }} },
		{ 500, 2, {{ 100, 200 }, { 300, 400 }} },
		{ 350, 2, {{ 100, 200 }, { 300, 350 }} },
		{ 300, 1, {{ 100, 200 }} },
		{ 100, 0 }, { 50, 0 },
	};

	FOR_EACH_BASE(base) FOR_EACH(c, cases) {
		struct ltcp_sacklist l = {};

		ltcp_sacklist_add(&l, base + 300, base + 400);
		ltcp_sacklist_add(&l, base + 100, base + 200);
		ltcp_sacklist_add(&l, base + 500, base + 600);
		ltcp_sacklist_cut(&l, base + c->edge);
		EXPECT_EQ(l.n, c->n, "edge %u", c->edge);
		for (u32 i = 0; i < min_t(u32, l.n, c->n); i++)
			EXPECT(l.b[i].start == base + c->b[i].start &&
			       l.b[i].end == base + c->b[i].end,
			       "edge %u, block %u", c->edge, i);
	}
}

/* Is a list in order, true, and is the last segment in its first block? */
static void expect_list_is_sound(const struct receiver *r, u32 start, u32 end)
{
	const struct ltcp_sacklist *l = &r->list;

	EXPECT(l->n <= LTCP_SACK_BLOCKS_MAX, "%u blocks", l->n);
	for (unsigned int i = 0; i < l->n; i++) {
		u32 first = l->b[i].start - r->base, last = l->b[i].end - r->base;

		EXPECT(first > r->rcv_nxt && first < last && last <= SPACE,
		       "block %u: %u to %u", i, first, last);
		for (u32 byte = first; byte < last && byte < SPACE; byte++)
			EXPECT(r->there[byte], "byte %u claimed", byte);
		for (unsigned int j = 0; j < i; j++)
			EXPECT(seq_lt(l->b[i].end, l->b[j].start) ||
			       seq_lt(l->b[j].end, l->b[i].start),
			       "blocks %u and %u touch", i, j);
	}
	if (start > r->rcv_nxt)
		EXPECT(l->n && l->b[0].start - r->base <= start &&
		       l->b[0].end - r->base >= end, "segment %u", start);
}

TEST(ltcp_sacklist_add__any_arrivals, "R4 F9")
{
	static struct receiver r;

	FOR_EACH_BASE(base)
	for (unsigned int run = 0; run < 10; run++) {
		receiver_init(&r, base, 100);
		for (unsigned int i = 0; i < 300; i++) {
			u32 start = unit_random_below(2000);
			u32 end = start + 1 + unit_random_below(20);

			receive(&r, start, end);
			expect_list_is_sound(&r, start, end);
		}
	}
}
