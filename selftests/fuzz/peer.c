// SPDX-License-Identifier: GPL-2.0
/*
 * peer.c - the far ends of the connections
 *
 * A peer follows what the stack sends well enough to know, at any moment, what
 * a good segment would be: an ACK, data, what was lost once more, a window
 * update, duplicate ACKs with SACK, FIN, RST. One of these goes through
 * mutate(). The peer keeps its own count by the segment as it was meant, so that
 * the connection goes on whatever the spoilt one did.
 */
#include "fuzz.h"

enum { FRAME = 65536 };

struct slot slots[SLOTS];
struct tally tally;
static uint8_t frame[FRAME];
static bool refusing;
static uint16_t next_port = PEER_PORT;

struct slot *slot_of_port(uint16_t port)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].life && slots[i].wire.peer_port == port)
			return &slots[i];
	return NULL;
}

/* ------------------------------------------------------------------ sending */

/* What was sent, in the log. */
static void log_segment(const struct slot *s, const char *arrow, const struct seen *v)
{
	char text[512];

	segment_print(text, sizeof(text), v);
	event(s, "%s %s", arrow, text);
}

static void remember_syn(struct slot *s, const struct segment *g)
{
	s->irs[s->irs_count++ % MEMORY] = g->seq.lo;
	s->said_syn = true;
	s->wire.peer_wscale = g->wscale.how == GIVEN ? g->wscale.lo : -1;
	s->wire.peer_stamps = g->ts.how == GIVEN;
}

static void send_frame(size_t len)
{
	size_t piece = 8 * (1 + rnd(80));

	tally.injected++;
	if (one_in(60) && len / piece < 100)
		send_in_fragments(piece, frame, len);
	else
		net_send(frame, len);
	if (one_in(100))
		net_send(frame, len);
}

/* The segment as it was meant, spoilt, on its way. */
static void say(struct slot *s, struct segment g)
{
	struct seen v;

	c = &s->wire;
	mutate(s, &g);
	segment_fill_in(&g);
	if (g.len.lo > 60000)
		g.len.lo = 60000;
	if (g.flags & SYN)
		remember_syn(s, &g);
	if (g.flags & URG)
		s->urgent = true;
	segment_seen_as_injected(&g, &v);
	log_segment(s, "<--", &v);
	send_frame(segment_build(&g, frame));
	if (one_in(2))
		peer_hear_all();
}

/* A segment that begins at @at_ and acknowledges all that was received. */
#define SAY(s_, at_, flags_, ...) \
	say(s_, (struct segment){ .flags = (flags_), SEQ(at_), ACK((s_)->rcv_nxt), __VA_ARGS__ })

/* Up to this many bytes fit the window that the stack offers. */
static uint32_t room(const struct slot *s)
{
	int32_t left = s->edge - s->snd_nxt;

	return left < 0 ? 0 : left;
}

static uint32_t payload(const struct slot *s)
{
	uint32_t n = pick(1, 2, 100, 536, 1000, 1448, 1460, 1460, 2920, rnd(1460), rnd(10000));

	return n > room(s) ? room(s) : n;
}

static void say_data(struct slot *s)
{
	uint32_t n = payload(s), at = s->snd_nxt;

	s->snd_nxt += n;
	if (one_in(8))		/* it is lost */
		return;
	SAY(s, at, ACK | (one_in(2) ? PSH : 0), LEN(n));
}

/* Once more, from what the stack has not acknowledged. */
static void say_again(struct slot *s)
{
	uint32_t out = s->snd_nxt - s->snd_una, skip = one_in(2) ? 0 : rnd(out);
	uint32_t n = out - skip;

	if (out > 1 << 20)
		return;
	if (n > 1460)
		n = 1460;
	SAY(s, s->snd_una + skip, ACK, LEN(n));
}

static void say_ack(struct slot *s)
{
	SAY(s, s->snd_nxt, ACK);
}

static void say_window(struct slot *s)
{
	s->wire.peer_win = pick(0, 0, 1, 100, 1460, 5000, 65535, 65535, 65535, 1 << 20, 1 << 20);
	SAY(s, s->snd_nxt, ACK);
}

static void say_duplicates(struct slot *s)
{
	int n = 1 + rnd(5), i, k;

	for (i = 0; i < n; i++) {
		struct segment g = { .flags = ACK, SEQ(s->snd_nxt), ACK(s->rcv_nxt) };

		for (k = 0; k < HOLES && s->hole[k].from != s->hole[k].to && k < 3; k++) {
			g.sack[k].from = s->hole[k].from;
			g.sack[k].to = s->hole[k].to;
		}
		say(s, g);
	}
}

static void say_fin(struct slot *s)
{
	uint32_t n = one_in(2) ? 0 : payload(s), at = s->snd_nxt;

	if (!s->dead)
		s->snd_nxt += n + 1;
	SAY(s, at, FIN | ACK, LEN(n));
}

static void say_reset(struct slot *s)
{
	uint32_t at = one_in(3) ? s->snd_nxt + rnd(room(s) + 10) : s->snd_una;

	SAY(s, at, one_in(2) ? RST : RST | ACK);
}

static void say_probe(struct slot *s)
{
	SAY(s, s->snd_una - 1, ACK, LEN(one_in(2)));
}

static void say_urgent(struct slot *s)
{
	uint32_t n = payload(s), at = s->snd_nxt;

	s->snd_nxt += n;
	SAY(s, at, ACK | PSH | URG, LEN(n), .urgent = num(rnd(n + 2)));
}

/* What a SYN or SYN,ACK of any peer may bring along. */
static void add_options(struct segment *g)
{
	if (!one_in(5))
		g->mss = num(pick(1460, 1460, 1460, 536, 88, 1000, 8960));
	if (one_in(2))
		g->wscale = num(pick(0, 1, 2, 7, 14));
	if (!one_in(4))
		g->sack_ok = num(1);
	if (one_in(2))
		g->ts = num(1);
}

static void say_syn(struct slot *s)
{
	struct segment g = { .flags = SYN, SEQ(s->snd_una) };

	if (one_in(20))
		g.flags |= pick(ECE | CWR, FIN, URG, PSH, ECE);
	add_options(&g);
	s->snd_nxt = s->snd_una + 1;
	say(s, g);
}

static void say_syn_ack(struct slot *s)
{
	struct segment g = { .flags = SYN | ACK, SEQ(s->snd_una), ACK(s->rcv_nxt) };

	add_options(&g);
	s->snd_nxt = s->snd_una + 1;
	say(s, g);
}

static void say_icmp(struct slot *s)
{
	static const struct { uint8_t type, code; } errors[] = {
		{ 3, 0 }, { 3, 1 }, { 3, 2 }, { 3, 3 }, { 3, 4 }, { 3, 4 }, { 3, 4 }, { 3, 10 },
		{ 3, 13 }, { 4, 0 }, { 5, 1 }, { 11, 0 }, { 11, 1 }, { 12, 0 },
	};
	int i = rnd(ARRAY_SIZE(errors));
	uint32_t out = s->stack_max - s->rcv_nxt;
	struct segment g = {
		.seq = num(pick(s->rcv_nxt, s->stack_max, s->rcv_nxt - 1, s->rcv_nxt + rnd(out),
				(uint32_t)(s->rcv_nxt + random_u64()))),
		.mtu = pick(0, 1, 28, 67, 68, 100, 296, 552, 1400, 1499, 1500, 65535),
	};

	c = &s->wire;
	event(s, "<-- ICMP type %d code %d mtu %d about %u", errors[i].type, errors[i].code,
	      g.mtu, (uint32_t)g.seq.lo);
	tally.injected++;
	net_send(frame, segment_quote(&g, errors[i].type, errors[i].code, frame));
	peer_hear_all();
}

/* ------------------------------------------------------------------ hearing */

static void hear_syn(struct slot *s, const struct seen *v)
{
	s->iss[s->iss_count++ % MEMORY] = v->abs_seq;
	if (!s->heard_syn || v->flags & ACK)
		s->rcv_nxt = v->abs_seq + 1;
	s->heard_syn = true;
	s->heard_fin = false;
	s->wire.stack_wscale = v->wscale;
	s->wire.stack_stamps = v->has_ts;
	if (v->flags & ACK && s->said_syn) {
		s->snd_una = v->abs_ack;
		s->snd_nxt = v->abs_ack;
	}
}

/* What came above a gap, merged with what it touches, is the first hole now. */
static void hear_out_of_order(struct slot *s, uint32_t from, uint32_t to)
{
	int i, n = 0;

	for (i = 0; i < HOLES; i++) {
		uint32_t f = s->hole[i].from, t = s->hole[i].to;

		if (f == t || (int32_t)(t - s->rcv_nxt) <= 0)
			continue;
		if ((int32_t)(f - to) <= 0 && (int32_t)(from - t) <= 0) {
			from = (int32_t)(f - from) < 0 ? f : from;
			to = (int32_t)(t - to) > 0 ? t : to;
			continue;
		}
		if (n < HOLES - 1)
			s->hole[n++] = s->hole[i];
	}
	memmove(s->hole + 1, s->hole, n * sizeof(s->hole[0]));
	memset(s->hole + 1 + n, 0, (HOLES - 1 - n) * sizeof(s->hole[0]));
	s->hole[0].from = from;
	s->hole[0].to = to;
}

/* What lies in order now counts as received, too. */
static void advance(struct slot *s, uint32_t to)
{
	int i;

	s->rcv_nxt = to;
	for (i = 0; i < HOLES; i++) {
		if ((int32_t)(s->hole[i].from - s->rcv_nxt) <= 0 &&
		    (int32_t)(s->hole[i].to - s->rcv_nxt) > 0) {
			s->rcv_nxt = s->hole[i].to;
			i = -1;
		} else if ((int32_t)(s->hole[i].to - s->rcv_nxt) <= 0) {
			s->hole[i].from = s->hole[i].to = s->rcv_nxt;
		}
	}
}

static void hear_data(struct slot *s, const struct seen *v, uint32_t end)
{
	if (end == v->abs_seq || one_in(10))	/* or it was lost */
		return;
	if (v->flags & FIN)
		s->heard_fin = true;
	if ((int32_t)(v->abs_seq - s->rcv_nxt) > 0)
		hear_out_of_order(s, v->abs_seq, end);
	else if ((int32_t)(end - s->rcv_nxt) > 0)
		advance(s, end);
}

/* The bytes are those the application wrote, counted from one of the stack's SYNs. */
static void check_bytes(const struct slot *s, const struct seen *v)
{
	unsigned int i, n = s->iss_count < MEMORY ? s->iss_count : MEMORY;
	int k = 0;

	if (!v->len)
		return;
	for (i = 0; i < n; i++) {
		uint32_t at = v->abs_seq - s->iss[i];

		for (k = 0; k < v->len && v->data[k] == pattern(at + k, true); k++)
			;
		if (k == v->len)
			return;
	}
	violated(s, "the stack sends bytes that nobody wrote, in %u to %u, the last of %u SYNs was %u; "
		 "byte %d is %#x", v->abs_seq, v->abs_seq + v->len, s->iss_count,
		 s->iss[(s->iss_count - 1) % MEMORY], k, v->data[k]);
}

static void hear(struct slot *s, const struct seen *v)
{
	uint32_t end = v->abs_seq + v->len + !!(v->flags & SYN) + !!(v->flags & FIN);

	c = &s->wire;
	s->wire.stack_port = v->stack_port;
	if (v->flags & RST) {
		s->dead = true;
		return;
	}
	if (v->flags & SYN)
		hear_syn(s, v);
	check_bytes(s, v);
	if (v->has_ts)
		s->wire.stack_tsval = v->tsval;
	if (v->flags & ACK && (int32_t)(v->abs_ack - s->snd_una) > 0)
		s->snd_una = v->abs_ack;
	if (v->flags & ACK && (int32_t)(s->snd_una - s->snd_nxt) > 0)
		s->snd_nxt = s->snd_una;
	s->edge = v->abs_ack + (v->raw_win << (v->flags & SYN || !both_scale() ? 0 :
					       s->wire.stack_wscale));
	if ((int32_t)(end - s->stack_max) > 0 || v->flags & SYN)
		s->stack_max = end;
	hear_data(s, v, end);
}

/* When the peers are gone, their machine says so. */
static void refuse(const struct seen *v)
{
	struct connection gone = {
		.peer_addr = v->peer_addr, .stack_addr = v->stack_addr,
		.peer_port = v->peer_port, .stack_port = v->stack_port,
	};
	struct segment g = { .flags = RST | ACK, SEQ(v->abs_ack),
			     ACK((uint32_t)(v->abs_seq + v->len + !!(v->flags & (SYN | FIN)))) };

	if (v->flags & RST)
		return;
	c = &gone;
	segment_fill_in(&g);
	net_send(frame, segment_build(&g, frame));
}

void peer_refuse(void)
{
	refusing = true;
}

/*
 * Where an application has turned path MTU discovery off, IP may cut what leaves
 * into fragments; to the peer they are lost.
 */
static bool is_whole_tcp(const uint8_t *packet, ssize_t len)
{
	return len >= 20 && packet[0] >> 4 == 4 && packet[9] == IPPROTO_TCP &&
	       !(packet[6] & 0x3f) && !packet[7];
}

void peer_hear_all(void)
{
	static uint8_t heard[FRAME];
	const char *why;
	struct seen v;
	struct slot *s;
	ssize_t len;

	while ((len = net_receive(heard, sizeof(heard), 0)) >= 0) {
		if (!is_whole_tcp(heard, len))
			continue;
		memset(&v, 0, sizeof(v));
		why = segment_parse(heard, len, &v);
		tally.heard++;
		v.seq = v.abs_seq;
		v.ack = v.abs_ack;
		v.win = v.raw_win;
		s = slot_of_port(v.peer_port);
		if (s)
			log_segment(s, "-->", &v);
		if (why)
			violated(s, "a malformed segment: %s", why);
		if (refusing)
			refuse(&v);
		else if (s)
			hear(s, &v);
	}
}

/* ------------------------------------------------------------------- living */

/* Numbers near where they wrap, more often than not. */
static uint32_t first_number(void)
{
	return pick(0, 1, -1, -1460, -3000, -70000, INT32_MAX, INT32_MAX - 2000, INT32_MIN,
		    random_u64());
}

static void new_life(struct slot *s)
{
	int life = s->life + 1;

	memset(s, 0, sizeof(*s));
	s->life = life;
	s->fd = -1;
	if (++next_port < PEER_PORT)
		next_port = PEER_PORT;
	s->wire = (struct connection){
		.peer_addr = PEER_ADDR, .stack_addr = STACK_ADDR,
		.peer_port = next_port, .stack_port = STACK_PORT + rnd(2),
		.peer_clock = 100000, .stack_wscale = -1, .peer_wscale = -1,
		.peer_win = pick(65535, 65535, 65535, 5000, 100, 0),
		.unchecked = true,
	};
	s->snd_una = s->snd_nxt = first_number();
	tally.lives++;
}

void peer_await(struct slot *s, int fd)
{
	new_life(s);
	s->fd = fd;
	event(s, "another connection, opened by the stack, fd %d", fd);
}

typedef void (*saying)(struct slot *s);

/* As often as it stands here. */
static const saying sayings[] = {
	say_data, say_data, say_data, say_data, say_data, say_data, say_data, say_data,
	say_again, say_again, say_again, say_again,
	say_ack, say_ack, say_ack, say_ack, say_ack, say_ack, say_ack, say_ack,
	say_window, say_window, say_duplicates, say_duplicates, say_probe, say_urgent,
	say_icmp, say_icmp,
};

/* What ends connections, or tries to begin them once more. */
static const saying endings[] = { say_fin, say_fin, say_fin, say_reset, say_syn, say_syn_ack };

static bool over(const struct slot *s)
{
	return !s->life || (s->fd < 0 && (s->dead || one_in(300)));
}

void peer_act(void)
{
	struct slot *s = &slots[rnd(SLOTS)];

	if (over(s)) {
		new_life(s);
		event(s, "another connection, opened by the peer");
		say_syn(s);
	} else if (!s->heard_syn && s->fd < 0) {
		say_syn(s);
	} else if (s->heard_syn && !s->said_syn) {
		(one_in(8) ? say_syn : say_syn_ack)(s);
	} else if (one_in(60)) {
		endings[rnd(ARRAY_SIZE(endings))](s);
	} else {
		sayings[rnd(ARRAY_SIZE(sayings))](s);
	}
}
