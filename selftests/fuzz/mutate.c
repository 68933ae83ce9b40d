// SPDX-License-Identifier: GPL-2.0
/*
 * mutate.c - spoils a segment in a field or two
 *
 * What a stack gets wrong are edges, so numbers are drawn near those the
 * connection has, by a distance that is 0 or 1 more often than not, and seldom
 * from the whole range.
 */
#include "fuzz.h"

/* Options live on after mutate(), until the segment is built. */
static uint8_t raw[64];

static uint32_t near_by(uint32_t n)
{
	return n + pick(0, 0, -1, 1, -2, 2, 100, -100, 1460, -1460, 65535, -65535,
			1 << 30, -(1 << 30), INT32_MAX, INT32_MIN, rnd(4000), -(int)rnd(4000));
}

/* A number of the peer's sequence space that means something. */
static uint32_t peer_edge_number(const struct slot *s)
{
	return near_by(pick(s->snd_una, s->snd_nxt, s->edge, s->edge - 1460,
			    s->irs[(s->irs_count + MEMORY - 1) % MEMORY]));
}

/* The same of the stack's; never an absolute one, for its ISN is not ours to know. */
static uint32_t stack_edge_number(const struct slot *s)
{
	bool hole = s->hole[0].from != s->hole[0].to;

	return near_by(pick(s->rcv_nxt, s->rcv_nxt, s->stack_max,
			    hole ? s->hole[0].from : s->rcv_nxt,
			    hole ? s->hole[0].to : s->stack_max,
			    s->iss_count ? s->iss[(s->iss_count - 1) % MEMORY] : 0));
}

static void spoil_seq(const struct slot *s, struct segment *g)
{
	g->seq = num(one_in(50) ? (uint32_t)random_u64() : peer_edge_number(s));
}

static void spoil_ack(const struct slot *s, struct segment *g)
{
	g->ack = num((uint32_t)(stack_edge_number(s) + (one_in(50) ? random_u64() : 0)));
}

static void spoil_len(const struct slot *s, struct segment *g)
{
	(void)s;
	g->len = num(pick(0, 1, 2, 3, 7, 536, 1459, 1460, 1461, 2920, 9000, rnd(3000),
				      rnd(60000)));
}

static void spoil_win(const struct slot *s, struct segment *g)
{
	(void)s;
	g->win = num(pick(0, 0, 1, 2, 100, 1460, 2920, 65535, 1 << 20, 1 << 29,
				      rnd(70000)));
}

static void spoil_flags(const struct slot *s, struct segment *g)
{
	(void)s;
	if (one_in(3))
		g->flags = rnd(256);
	else
		g->flags ^= 1 << pick(0, 1, 2, 3, 3, 4, 5, 6, 7);
}

static void spoil_urgent(const struct slot *s, struct segment *g)
{
	(void)s;
	g->flags |= one_in(8) ? 0 : URG;
	g->urgent = num(pick(0, 1, 2, g->len.lo, g->len.lo + 1, g->len.lo - 1,
					 rnd(3000), 65535, 32768));
}

static void spoil_sack(const struct slot *s, struct segment *g)
{
	int i, n = 1 + rnd(4);

	for (i = 0; i < n; i++) {
		uint32_t from = stack_edge_number(s);
		uint32_t span = s->stack_max - s->rcv_nxt;

		if (one_in(2) && span < 1 << 24)
			from = s->rcv_nxt + rnd(span);
		g->sack[i].from = from;
		g->sack[i].to = one_in(3) ? stack_edge_number(s) :
				(uint32_t)(from + pick(0, 1, 2, 100, 1000, 1460, 2920, 65535, -1, rnd(span & 0xffffff)));
	}
}

static void spoil_stamps(const struct slot *s, struct segment *g)
{
	if (one_in(4)) {
		g->ts.how = ABSENT;
		return;
	}
	g->ts = num(1);
	g->tsval = num((uint32_t)(100000 + now_us() / 1000 +
				   pick(0, -1, 1, -1000, 100000, INT32_MAX, INT32_MIN, rnd(5000))));
	g->tsecr = num((uint32_t)(s->wire.stack_tsval +
				   pick(0, -1, 1, 1000, -1000, INT32_MIN, -(int)rnd(100000))));
	if (one_in(6))
		g->tsecr.lo = 0;
	if (one_in(10))
		g->tsval.lo = 0;
}

/* Bytes that look like options, with a length that is right more often than not. */
static size_t plausible_options(size_t room)
{
	static const uint8_t lengths[] = { 1, 1, 4, 3, 2, 10, 6, 6, 10, 2 };
	size_t at = 0;

	while (at < room) {
		uint8_t kind = one_in(4) ? rnd(256) : rnd(9);
		size_t len = kind < sizeof(lengths) ? lengths[kind] : 2 + rnd(8);

		if (kind == 5)
			len = 2 + 8 * (1 + rnd(4));
		raw[at++] = kind;
		if (kind < 2 || at >= room)
			continue;
		raw[at++] = one_in(5) ? pick(0, 1, 2, 3, 40, 255, rnd(256)) : (int64_t)len;
		for (; len > 2 && at < room; len--)
			raw[at++] = random_u64();
	}
	return at;
}

static void spoil_options(const struct slot *s, struct segment *g)
{
	size_t n = 4 * (1 + rnd(10)), i;

	(void)s;
	if (one_in(3))
		for (i = 0; i < n; i++)
			raw[i] = random_u64();
	else
		n = plausible_options(n);
	g->raw_options = raw;
	g->raw_options_len = n;
	if (!one_in(3)) {	/* alone, so that they fit the header */
		g->mss = g->wscale = g->sack_ok = g->ts = (struct num){ ABSENT, 0, 0 };
		memset(g->sack, 0, sizeof(g->sack));
	}
}

static void spoil_syn_options(const struct slot *s, struct segment *g)
{
	(void)s;
	if (one_in(2))
		g->mss = num(pick(0, 1, 8, 47, 48, 64, 87, 88, 89, 500, 1460, 65535));
	if (one_in(2))
		g->wscale = num(pick(0, 1, 7, 13, 14, 15, 255));
	if (one_in(3))
		g->sack_ok = num(1);
}

static void spoil_form(const struct slot *s, struct segment *g)
{
	(void)s;
	switch (rnd(5)) {
	case 0:
		g->data_offset = 1 + rnd(15);
		break;
	case 1:
		g->reserved = rnd(16);
		break;
	case 2:
		g->cut = 1 + rnd(40);
		break;
	case 3:
		g->bad_checksum = true;
		break;
	case 4:
		g->tos = rnd(256);
		break;
	}
}

typedef void (*spoiler)(const struct slot *s, struct segment *g);

/* As often as it stands here. */
static const spoiler spoilers[] = {
	spoil_seq, spoil_seq, spoil_seq, spoil_ack, spoil_ack, spoil_ack, spoil_len, spoil_len,
	spoil_win, spoil_win, spoil_flags, spoil_urgent, spoil_sack, spoil_sack, spoil_sack,
	spoil_stamps, spoil_stamps, spoil_options, spoil_syn_options, spoil_form,
};

void mutate(const struct slot *s, struct segment *g)
{
	int n = pick(0, 0, 0, 1, 1, 1, 2, 3);

	while (n--)
		spoilers[rnd(ARRAY_SIZE(spoilers))](s, g);
}
