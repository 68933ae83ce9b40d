// SPDX-License-Identifier: GPL-2.0
/*
 * script.c - expect() and inject(), the ladder, the clock
 */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "wire.h"

enum { MAX_FRAME = 65536, MAX_CONNECTIONS = 4096 };

static int64_t start_us;	/* when the test began, by CLOCK_MONOTONIC */
static int64_t event_us;	/* the script's last event, by now_us() */
static int slack_ms;

static char *ladder_text;	/* what has happened, for the report of a failure */
static size_t ladder_size;
static FILE *ladder_file;

static struct connection *connections[MAX_CONNECTIONS];
static int connection_count;
struct connection *c;

/* -------------------------------------------------------------------- time */

static int64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ll + ts.tv_nsec / 1000;
}

int64_t now_us(void)
{
	return clock_us() - start_us;
}

void mark_event(void)
{
	event_us = now_us();
}

/**
 * wire_latest() - how late a timer may be
 * @ms: when it is due
 *
 * The kernel's timer wheel rounds up by at most an eighth of the timeout.
 *
 * Return: the latest moment in ms.
 */
int wire_latest(int ms)
{
	return ms + ms / 8 + 8;
}

void pass_ms(int ms)
{
	int64_t until = now_us() + ms * 1000ll;
	struct timespec ts;

	for (;;) {
		int64_t left = until - now_us();

		if (left <= 0)
			return;
		ts = (struct timespec){ left / 1000000, left % 1000000 * 1000 };
		nanosleep(&ts, NULL);
	}
}

/* ------------------------------------------------------------------ ladder */

void ladder(const char *fmt, ...)
{
	va_list args;

	fprintf(ladder_file, "%12.6f ", now_us() / 1e6);
	va_start(args, fmt);
	vfprintf(ladder_file, fmt, args);
	va_end(args);
	fputc('\n', ladder_file);
}

void note(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ladder("    %s", text);
}

static void ladder_segment(const char *arrow, const struct seen *s)
{
	char text[512];

	segment_print(text, sizeof(text), s);
	ladder("%s %s", arrow, text);
}

/* Long ladders are cut in the middle. */
static void print_ladder(void)
{
	enum { HEAD = 6000, TAIL = 10000 };

	fflush(ladder_file);
	if (ladder_size <= HEAD + TAIL) {
		fputs(ladder_text, stdout);
		return;
	}
	printf("%.*s\n  ...\n%s", HEAD, ladder_text, ladder_text + ladder_size - TAIL);
}

void wire_fail(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list args;

	print_ladder();
	printf("%s:%d: ", base ? base + 1 : file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

void wire_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	fflush(stdout);
	_exit(4);
}

static void on_alarm(int sig)
{
	(void)sig;
	wire_fail("script", 0, "the test took longer than it may");
}

/**
 * script_begin() - make the calling process ready to run a test
 * @seconds: how long it may take
 */
void script_begin(int seconds)
{
	const char *slack = getenv("WIRE_SLACK_MS");

	slack_ms = slack ? atoi(slack) : 20;
	start_us = clock_us();
	ladder_file = open_memstream(&ladder_text, &ladder_size);
	signal(SIGALRM, on_alarm);
	signal(SIGPIPE, SIG_IGN);
	alarm(seconds);
	net_setup();
	start_us = clock_us();
	new_connection();
}

/* ------------------------------------------------------------- connections */

struct connection *new_connection(void)
{
	const char *isn = getenv("WIRE_PEER_ISN");
	struct connection *n = calloc(1, sizeof(*n));

	ensure(n && connection_count < MAX_CONNECTIONS, "too many connections");
	n->peer_addr = PEER_ADDR;
	n->stack_addr = STACK_ADDR;
	n->peer_port = PEER_PORT + connection_count;
	n->peer_isn = isn ? strtoul(isn, NULL, 0) : 1000000;
	n->peer_clock = 100000;
	n->peer_clock_us = now_us();
	n->stack_fin = n->stack_edge = -1;
	n->stack_wscale = n->peer_wscale = n->peer_mss = n->stack_mss = -1;
	n->peer_win = 65535;
	connections[connection_count++] = n;
	c = n;
	return n;
}

void talk_about(struct connection *other)
{
	c = other;
	ladder("    about the peer's port %d", c->peer_port);
}

/* ------------------------------------------------------------------ inject */

/* What the peer has said so far, for defaults and rules. */
static void remember_injected(const struct segment *s, const struct seen *v)
{
	int64_t end = v->seq + v->len + !!(s->flags & SYN) + !!(s->flags & FIN);
	int64_t edge;
	int shift;

	if (s->flags & SYN) {
		c->peer_mss = v->mss;
		c->peer_wscale = v->wscale;
		c->peer_stamps = v->has_ts;
	}
	if (s->flags & RST)
		return;
	if (end > c->peer_max)
		c->peer_max = end;
	c->peer_win = v->win;
	shift = !(s->flags & SYN) && both_scale() ? c->peer_wscale : 0;
	edge = (s->flags & ACK ? v->ack : 1) +
	       ((v->win >> shift > 65535 ? 65535 : v->win >> shift) << shift);
	if (edge > c->peer_edge)
		c->peer_edge = edge;
}

/* Builds a segment into a frame that lives until the next one. */
static uint8_t *prepare(struct segment *s, size_t *len)
{
	static uint8_t frame[MAX_FRAME];
	struct seen v;

	segment_fill_in(s);
	*len = segment_build(s, frame);
	segment_seen_as_injected(s, &v);
	ladder_segment("<--", &v);
	if (!s->bad_checksum)
		remember_injected(s, &v);
	mark_event();
	return frame;
}

void wire_inject(struct segment s)
{
	size_t len;
	uint8_t *frame = prepare(&s, &len);

	net_send(frame, len);
}

/* Sends a packet as fragments with at most @size bytes each, a multiple of 8. */
void send_in_fragments(int size, const uint8_t *frame, size_t len)
{
	static uint8_t piece[MAX_FRAME];
	size_t header = 20, at, n;

	for (at = 0; at < len - header; at += n) {
		bool last = len - header - at <= (size_t)size;

		n = last ? len - header - at : (size_t)size;
		ip_header(piece, c->peer_addr, c->stack_addr, IPPROTO_TCP, n,
			  (last ? 0 : 0x2000) | at / 8);
		memcpy(piece + header, frame + header + at, n);
		net_send(piece, header + n);
	}
}

void wire_inject_fragments(int size, struct segment s)
{
	size_t len;
	uint8_t *frame = prepare(&s, &len);

	send_in_fragments(size, frame, len);
}

void wire_inject_icmp(int type, int code, struct segment s)
{
	uint8_t frame[128];
	size_t len = segment_quote(&s, type, code, frame);

	ladder("<-- ICMP type %d code %d mtu %d about <SEQ=%lld>", type, code, s.mtu,
	       (long long)s.seq.lo);
	mark_event();
	net_send(frame, len);
}

/* ------------------------------------------------------------------ expect */

/* The connection a segment belongs to, or NULL. */
static struct connection *find_connection(const struct seen *s)
{
	int i;

	for (i = connection_count - 1; i >= 0; i--) {
		struct connection *n = connections[i];

		if (n->peer_port == s->peer_port && n->peer_addr == s->peer_addr &&
		    n->stack_addr == s->stack_addr &&
		    (!n->stack_port || n->stack_port == s->stack_port))
			return n;
	}
	return NULL;
}

/* Makes the numbers of a segment relative to its connection. */
static void make_relative(struct seen *s)
{
	bool syn = s->flags & SYN;

	c->stack_port = s->stack_port;
	if (syn && (!c->stack_isn_known || s->abs_seq != c->stack_isn)) {
		c->stack_isn = s->abs_seq;
		c->stack_isn_known = true;
		c->stack_max = 0;
		c->stack_fin = c->stack_edge = -1;
	}
	s->seq = (int32_t)(s->abs_seq - c->stack_isn);
	s->ack = s->flags & ACK ? (int32_t)(s->abs_ack - c->peer_isn) : 0;
	s->win = s->raw_win;
	if (syn && s->flags & ACK)	/* its own scale is not known yet */
		return;
	if (!syn && both_scale())
		s->win <<= c->stack_wscale;
}

/*
 * The next segment of the stack, until @deadline_us; NULL when none came. Ends
 * the test when it breaks a rule or belongs to another connection than @c.
 */
static const struct seen *next_segment(const char *file, int line, int64_t deadline_us)
{
	static uint8_t frame[MAX_FRAME];
	static struct seen s;
	struct connection *owner;
	const char *why;
	ssize_t len;

	do {
		len = net_receive(frame, sizeof(frame), deadline_us);
		if (len < 0)
			return NULL;
	} while (len < 20 || frame[0] >> 4 != 4 || frame[9] != IPPROTO_TCP);
	memset(&s, 0, sizeof(s));
	s.at_us = now_us();
	why = segment_parse(frame, len, &s);
	ensure(!why, "a malformed segment: %s", why);
	owner = find_connection(&s);
	if (owner == c)
		make_relative(&s);
	ladder_segment("-->", &s);
	if (owner != c)
		wire_fail(file, line, "a segment of another connection, port %d to %d",
			  s.stack_port, s.peer_port);
	why = check_rules(&s);
	if (why)
		wire_fail(file, line, "a rule for any segment is broken: %s", why);
	return &s;
}

/* The script's own words for what it wants, for the report of a failure. */
static void print_wanted(char *text, size_t size, const struct segment *want)
{
	struct segment_field { const char *name; const struct num *n; } fields[] = {
		{ "SEQ", &want->seq }, { "ACK", &want->ack }, { "LEN", &want->len },
		{ "WIN", &want->win }, { "MSS", &want->mss }, { "WSCALE", &want->wscale },
		{ "SACK_OK", &want->sack_ok }, { "TS", &want->ts },
		{ "TSVAL", &want->tsval }, { "TSECR", &want->tsecr },
		{ "UP", &want->urgent },
	};
	struct seen flags_only = { .flags = want->flags, .mss = -1, .wscale = -1 };
	FILE *f = fmemopen(text, size, "w");
	char ctl[512];
	size_t i;

	segment_print(ctl, sizeof(ctl), &flags_only);
	fprintf(f, "%.*s", (int)strcspn(strstr(ctl, "<CTL"), ">") + 1, strstr(ctl, "<CTL"));
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct num *n = fields[i].n;

		if (n->how == ABSENT)
			fprintf(f, "<no %s>", fields[i].name);
		else if (n->how == GIVEN && n->lo == ANY)
			fprintf(f, "<%s>", fields[i].name);
		else if (n->how == GIVEN && n->lo != n->hi)
			fprintf(f, "<%s=%lld..%lld>", fields[i].name,
				(long long)n->lo, (long long)n->hi);
		else if (n->how == GIVEN)
			fprintf(f, "<%s=%lld>", fields[i].name, (long long)n->lo);
	}
	for (i = 0; i < 4 && (want->sack[i].from || want->sack[i].to); i++)
		fprintf(f, "<SACK=%lld-%lld>", (long long)want->sack[i].from,
			(long long)want->sack[i].to);
	fclose(f);
}

const struct seen *wire_expect(const char *file, int line, int lo_ms, int hi_ms,
			       struct segment want)
{
	int64_t hi_us = (hi_ms + slack_ms) * 1000ll, early_us = lo_ms ? 5000 : 0;
	const struct seen *s;
	const char *differs;
	char wanted[512];
	int64_t since;

	/* What must come at once counts from now, for the test's own time. */
	s = next_segment(file, line, (lo_ms || hi_ms ? event_us : now_us()) + hi_us);
	print_wanted(wanted, sizeof(wanted), &want);
	if (!s)
		wire_fail(file, line, "nothing came, expected %s within %lld ms", wanted,
			  (long long)hi_us / 1000);
	differs = check_match(&want, s);
	if (differs)
		wire_fail(file, line, "%s: expected %s", differs, wanted);
	since = s->at_us - event_us;
	if (since < lo_ms * 1000ll - early_us)
		wire_fail(file, line, "%.3f ms after the last event, expected %d to %d",
			  since / 1e3, lo_ms, hi_ms);
	event_us = s->at_us;
	return s;
}

void wire_expect_silence(const char *file, int line, int ms)
{
	if (next_segment(file, line, now_us() + ms * 1000ll))
		wire_fail(file, line, "expected silence for %d ms", ms);
	ladder("    silence for %d ms", ms);
}

int wire_expect_bytes(const char *file, int line, int64_t from, int64_t to)
{
	const struct seen *s;
	int n = 0;

	for (; from < to; from = s->seq + s->len, n++) {
		s = next_segment(file, line, now_us() + slack_ms * 1000ll);
		if (!s || s->seq != from || !s->len || s->seq + s->len > to)
			wire_fail(file, line, "expected bytes from %lld up to %lld",
				  (long long)from, (long long)to);
		event_us = s->at_us;
	}
	return n;
}

const struct seen *wire_take(const char *file, int line, int ms)
{
	const struct seen *s = next_segment(file, line, now_us() + ms * 1000ll);

	if (s)
		event_us = s->at_us;
	return s;
}

int64_t wire_take_at(const char *file, int line, int64_t seq, int ms)
{
	const struct seen *s = wire_take(file, line, ms);

	if (!s || s->seq != seq)
		wire_fail(file, line, "%s at %lld", s ? "another segment, not the one" : "no segment",
			  (long long)seq);
	return now_us();
}

struct burst wire_take_burst(int quiet_ms)
{
	struct burst b = { .from = INT64_MAX, .to = INT64_MIN };
	const struct seen *s;

	while ((s = next_segment("script", 0, now_us() + quiet_ms * 1000ll))) {
		event_us = s->at_us;
		if (!s->len)
			continue;
		b.segments++;
		b.bytes += s->len;
		b.from = s->seq < b.from ? s->seq : b.from;
		b.to = s->seq + s->len > b.to ? s->seq + s->len : b.to;
	}
	return b;
}

int ignore_rest(void)
{
	static uint8_t frame[MAX_FRAME];
	int n = 0;

	while (net_receive(frame, sizeof(frame), 0) >= 0)
		n++;
	return n;
}

/**
 * script_end() - after the last line: nothing may have come unasked
 */
void script_end(void)
{
	const struct seen *s = next_segment("end of test", 0, 0);

	ensure(!s, "a segment that the script did not expect");
	if (getenv("WIRE_VERBOSE"))
		print_ladder();
	fflush(stdout);
}
