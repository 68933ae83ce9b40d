// SPDX-License-Identifier: GPL-2.0
/*
 * arrives.c - a segment arrives: every state x every combination of the eight
 * control bits x position in the window x ACK field x with and without text
 *
 * arrives_oracle.c says what must come of each (RFC 9293, section 3.10.7, and
 * RFC 5961, 7323, 6191, 1337). Looked at are the segments that go out, the state,
 * SND.UNA, SND.WND, what was received, in order or not, SIGURG, and SO_ERROR.
 *
 * The stack deals with a segment before the TUN device's write() returns, so what
 * is not there then was not sent; only an ACK that may be delayed is waited for.
 * A segment that must be refused leaves the connection as it was, and the next one
 * is tried on it; any other is the last that its connection sees. Then nothing may
 * come any more that was put off.
 *
 * The limit on challenge ACKs (RFC 5961, section 7), which is the connection's own,
 * is kept away from by letting a second pass after every few; that on answers to
 * segments outside the window is turned off. reset.c and flood.c test them.
 *
 * The whole product has 21,504 segments for each state, 430,080 in all. By default
 * the control bits SYN, ACK, RST and FIN, in all combinations, go with everything
 * else; those with PSH, URG, ECE and CWR besides go with the next segment of a sane
 * peer and with some other position, ACK and text, in turn. The whole:
 *
 *	ARRIVES_WHOLE=1 build/selftests/wire/arrives
 */
#include <signal.h>
#include <stdlib.h>

#include "arrives_states.h"

enum {
	TEXT = 2,		/* bytes of a segment with text */
	WINDOW = 60000,		/* SEG.WND, not what the handshake said */
	CHALLENGES = 5,		/* in a second that are sent in any case */
	TURNS = 3,		/* combinations in turn */
	SHOWN = 20,		/* failures of one test that are printed */
	QUIET_MS = 60,		/* what is delayed has come by then */
};

/* ------------------------------------------------------------ the dimensions */

/* Where the segment begins; the window is [RCV.NXT, edge). */
static const char *const positions[] = {
	"before the window", "at RCV.NXT-1", "at RCV.NXT", "inside the window",
	"at the window's last number", "at the right edge", "beyond the window",
};

static int64_t position(const struct tcb *b, int which)
{
	int64_t edge = b->rcv_nxt + b->rcv_wnd;
	const int64_t at[] = {
		b->rcv_nxt - 100, b->rcv_nxt - 1, b->rcv_nxt, b->rcv_nxt + 500,
		edge - 1, edge, edge + (1 << 30),
	};

	return at[which];
}

static const char *const acks[] = {
	"too old", "old", "SND.UNA", "in flight", "SND.NXT", "never sent",
};

static int64_t acknowledgment(const struct tcb *b, int which)
{
	const int64_t to[] = {
		b->snd_una - b->max_snd_wnd - 1, b->snd_una - 1, b->snd_una,
		(b->snd_una + b->snd_nxt) / 2, b->snd_nxt, b->snd_nxt + 1,
	};

	return to[which];
}

enum {
	POSITIONS = ARRAY_SIZE(positions), ACKS = ARRAY_SIZE(acks),
	COMBINATIONS = POSITIONS * ACKS * 2,
};

/* One segment of the product. */
struct sample { int flags, position, ack, len; };

static struct sample sample(int flags, int combination)
{
	return (struct sample){
		.flags = flags,
		.position = combination % POSITIONS,
		.ack = combination / POSITIONS % ACKS,
		.len = combination / POSITIONS / ACKS * TEXT,
	};
}

static volatile sig_atomic_t urgent_signals;

static void on_urgent(int sig)
{
	(void)sig;
	urgent_signals++;
}

/* The state of the pair, where a listener has none. */
static int visible(int state)
{
	return state == TCP_LISTEN ? TCP_CLOSE : state;
}

/* A segment of the stack until @until_us; a malformed one ends the test. */
static bool sent(struct seen *s, int64_t until_us)
{
	static uint8_t frame[65536];
	ssize_t len = net_receive(frame, sizeof(frame), until_us);
	const char *why;

	if (len < 0)
		return false;
	memset(s, 0, sizeof(*s));
	why = segment_parse(frame, len, s);
	ensure(!why, "a malformed segment: %s", why);
	s->seq = (int32_t)(s->abs_seq - c->stack_isn);
	s->ack = s->flags & ACK ? (int32_t)(s->abs_ack - c->peer_isn) : 0;
	s->win = s->raw_win;
	return true;
}

/* What is left of it goes; nothing may have been put off by the last segment. */
static void tear_down(void)
{
	struct seen late;
	char text[512];

	subject.alive = false;
	if (sent(&late, now_us() + QUIET_MS * 1000)) {
		segment_print(text, sizeof(text), &late);
		ensure(false, "a while later came %s", text);
	}
	if (subject.fd < 0 && !subject.touched)
		ensure_eq(pair_state(), visible(subject.b.state));
	if (subject.fd < 0)
		inject(RST, SEQ(subject.rst_at));
	end_case(subject.fd);
}

/* ------------------------------------------------------------------ one case */

/**
 * struct outcome - what was seen to come of a segment
 * @replies: segments sent, the first of them is @reply
 * @state: as in struct answer, like @error, @delivered and @eof
 * @snd_wnd: SND.WND
 * @acked: how far SND.UNA moved
 * @received: how far RCV.NXT moved
 * @held: segments kept out of order
 * @urgent: signals
 * @garbled: a byte that was read is not what was sent
 */
struct outcome {
	int replies;
	struct seen reply;
	int state, error;
	int64_t snd_wnd, acked, received, held;
	int delivered, urgent;
	bool eof, garbled;
};

static struct segment segment_of(const struct arrival *s)
{
	static const int clock_step[] = { [OLDER] = -1000, [SAME] = 0, [NEWER] = 1000 };
	struct segment out = {
		.flags = s->flags, SEQ(s->seq), ACK(s->ack), LEN(s->len), WIN(WINDOW),
		.urgent = NUM(s->urgent),
	};

	if (s->stamp != NO_STAMP)
		out.tsval = (struct num)NUM(ts_recent + clock_step[s->stamp]);
	segment_fill_in(&out);
	return out;
}

static void deliver(const struct segment *s)
{
	static uint8_t frame[2048];

	urgent_signals = 0;
	net_send(frame, segment_build(s, frame));
}

/*
 * Reads all there is, and compares it with what the peer has from @first on. What was
 * there before the segment does not count.
 */
static void read_all(struct outcome *got, int64_t first)
{
	uint8_t buf[16];
	ssize_t n;
	int i;

	while ((n = recv(subject.fd, buf, sizeof(buf), 0)) > 0) {
		for (i = 0; i < n; i++)
			got->garbled |= buf[i] != pattern(first + got->delivered + i, false);
		got->delivered += n;
	}
	got->delivered -= subject.before.bytes_received;
	got->eof = !n;
}

/* What the socket says. */
static void look_at_socket(struct outcome *got, const struct answer *want)
{
	struct full_info now = app_full_info(subject.fd, NULL);

	got->state = now.base.tcpi_state;
	got->snd_wnd = now.snd_wnd;
	got->acked = now.bytes_acked - subject.before.bytes_acked;
	got->received = now.bytes_received - subject.before.bytes_received;
	got->held = now.rcv_ooopack - subject.before.rcv_ooopack;
	if (want->taken)
		got->error = app_get(subject.fd, SOL_SOCKET, SO_ERROR);
	if (got->received && want->delivered + want->eof)
		read_all(got, want->ack - want->eof - want->delivered -
			      subject.before.bytes_received);
}

/*
 * Looks at the connection, by the kernel's table of them where there is no socket.
 * That is slow, and of a segment that is refused its successors will tell.
 */
static void look(struct outcome *got, const struct answer *want)
{
	if (subject.fd < 0 && subject.b.passive)
		subject.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (subject.fd >= 0)
		look_at_socket(got, want);
	else
		got->state = want->taken ? pair_state() : visible(want->state);
	if (subject.fd >= 0 && got->state == TCP_CLOSE)
		got->state = pair_state();	/* perhaps TIME-WAIT */
}

static void observe(struct outcome *got, const struct answer *want)
{
	struct seen more;

	memset(got, 0, sizeof(*got));
	got->replies = sent(&got->reply, want->may_wait ? now_us() + 500000 : 0);
	while (sent(&more, 0))
		got->replies++;
	got->urgent = urgent_signals;
	look(got, want);
}

static bool reply_is(const struct seen *s, const struct answer *want)
{
	static const int flags[] = {
		[AN_ACK] = ACK, [A_RST] = RST, [A_RST_ACK] = RST | ACK,
		[A_SYN_ACK] = SYN | ACK, [A_FRESH_SYN_ACK] = SYN | ACK,
	};

	if (s->flags != flags[want->sent] || s->len)
		return false;
	if (s->flags & ACK && s->ack != want->ack)
		return false;
	switch (want->sent) {
	case A_FRESH_SYN_ACK:
		return want->seq == ANY || s->seq > want->seq;
	case A_RST_ACK:
		return !s->abs_seq;
	default:
		return s->seq == want->seq;
	}
}

static bool window_is(const struct outcome *got, const struct answer *want)
{
	switch (want->window) {
	case KEPT:
		return got->snd_wnd == subject.before.snd_wnd;
	case TAKEN:
		return got->snd_wnd == WINDOW;
	default:
		return true;
	}
}

/* What a socket tells. Returns what differs, or NULL. */
static const char *compare_socket(const struct outcome *got, const struct answer *want)
{
	if (got->acked != want->snd_una - subject.b.snd_una)
		return "SND.UNA";
	if (!window_is(got, want))
		return "SND.WND";
	if (got->received != want->delivered + want->eof)
		return "RCV.NXT";
	if (got->held != want->held)
		return "what is kept out of order";
	if (got->delivered != want->delivered || got->garbled || got->eof != want->eof)
		return "what is read";
	if (!subject.b.passive && got->urgent != want->urgent)
		return "SIGURG";
	return NULL;
}

static const char *compare(const struct outcome *got, const struct answer *want)
{
	if (got->replies != (want->sent != NOTHING))
		return "the number of answers";
	if (got->replies && !reply_is(&got->reply, want))
		return "the answer";
	if (got->state != visible(want->state))
		return "the state";
	if (got->error != want->error)
		return "SO_ERROR";
	return subject.fd < 0 ? NULL : compare_socket(got, want);
}

static void print_wanted(const struct answer *want)
{
	static const char *const forms[] = {
		[NOTHING] = "nothing",
		[AN_ACK] = "<SEQ=%lld><ACK=%lld><CTL=ACK>",
		[A_RST] = "<SEQ=%lld><CTL=RST>",
		[A_RST_ACK] = "<SEQ=%lld><ACK=%lld><CTL=RST,ACK>",
		[A_SYN_ACK] = "<SEQ=%lld><ACK=%lld><CTL=SYN,ACK>",
		[A_FRESH_SYN_ACK] = "<SEQ above %lld><ACK=%lld><CTL=SYN,ACK>",
	};

	printf("  expected ");
	printf(forms[want->sent], (long long)want->seq, (long long)want->ack);
	printf(", %s, error %d, SND.UNA %lld, SND.WND %s, %d read%s, %d held%s\n",
	       state_name(visible(want->state)), want->error, (long long)want->snd_una,
	       want->window == KEPT ? "kept" : want->window == TAKEN ? "taken" : "any",
	       want->delivered, want->eof ? " to the end" : "", want->held,
	       want->urgent ? ", SIGURG" : "");
}

static void print_outcome(const struct outcome *got)
{
	char text[512] = "nothing";

	if (got->replies)
		segment_print(text, sizeof(text), &got->reply);
	printf("  got %s", text);
	if (got->replies > 1)
		printf(" and %d more", got->replies - 1);
	printf(", %s, error %d, SND.UNA %lld, SND.WND %lld, %d read%s, %lld held%s\n",
	       state_name(got->state), got->error, (long long)(subject.b.snd_una + got->acked),
	       (long long)got->snd_wnd, got->delivered, got->eof ? " to the end" : "",
	       (long long)got->held, got->urgent ? ", SIGURG" : "");
}

static void report(const char *differs, const struct stage *st, const struct sample *x,
		   const struct segment *s, const struct answer *want)
{
	struct seen v;
	char text[512];

	segment_seen_as_injected(s, &v);
	segment_print(text, sizeof(text), &v);
	printf("%s: %s, %s, its ACK %s, differs in %s (%s)\n", st->name, text,
	       positions[x->position], acks[x->ack], differs, want->why);
}

static struct arrival arrival_of(const struct stage *st, const struct sample *x)
{
	return (struct arrival){
		.flags = x->flags,
		.seq = position(&subject.b, x->position),
		.ack = acknowledgment(&subject.b, x->ack),
		.len = x->len,
		.urgent = x->len ? x->len : 1,
		.stamp = st->stamp,
	};
}

static void make_ready(const struct stage *st)
{
	if (subject.alive && now_us() > subject.until_us)
		tear_down();
	if (!subject.alive)
		subject_begin(st);
	if (subject.challenges < CHALLENGES)
		return;
	pass_ms(1001);
	subject.challenges = 0;
}

/* Tries one segment. Returns whether all was as it must be. */
static bool arrives(const struct stage *st, const struct sample *x)
{
	struct segment segment;
	const char *differs;
	struct outcome got;
	struct answer want;
	struct arrival s;

	make_ready(st);
	s = arrival_of(st, x);
	segment = segment_of(&s);
	want = answer_to(&subject.b, &s);
	subject.touched = want.taken;
	deliver(&segment);
	observe(&got, &want);
	differs = compare(&got, &want);
	if (differs) {
		report(differs, st, x, &segment, &want);
		print_wanted(&want);
		print_outcome(&got);
		subject.touched = true;
	}
	subject.challenges += want.challenge;
	if (got.replies && got.reply.flags & ACK)
		subject.rst_at = got.reply.ack;
	if (subject.touched)
		tear_down();
	return !differs;
}

/* --------------------------------------------------------------- the product */

static bool chosen(int flags, int combination)
{
	struct sample x = sample(flags, combination);
	bool sane = x.position == 2 && x.ack == 4 && !x.len;

	if (sane || getenv("ARRIVES_WHOLE") || !(flags & ~(SYN | ACK | RST | FIN)))
		return true;
	return !((combination + flags) % (COMBINATIONS / TURNS));
}

static void all_of(const struct stage *st)
{
	int flags, k, tried = 0, failed = 0;

	differs_from_builtin("the oracle knows ltcp's choices");
	time_stands_still();
	signal(SIGURG, on_urgent);
	for (flags = 0; flags < 256 && failed < SHOWN; flags++)
		for (k = 0; k < COMBINATIONS && failed < SHOWN; k++) {
			struct sample x = sample(flags, k);

			if (!chosen(flags, k))
				continue;
			tried++;
			failed += !arrives(st, &x);
		}
	if (subject.alive)
		tear_down();
	ensure(!failed, "%d of %d segments were dealt with otherwise", failed, tried);
	note("%d segments", tried);
}

#define IN_STATE(name_, ids_)				\
	WIRE_TEST_LONG(arrives, name_, 20000, ids_)	\
	{						\
		all_of(&at_##name_);			\
	}

IN_STATE(closed, "ATTACK-35 S1 W9")
IN_STATE(listen, "ATTACK-35 S1 W9")
IN_STATE(syn_sent, "ATTACK-35 S1 S6 W4 W5 MUST-10")
IN_STATE(syn_received, "ATTACK-35 ATTACK-8 S1 S6 MUST-11")
IN_STATE(syn_received_active, "ATTACK-35 S1 S6 W5 MUST-10 MUST-11")
IN_STATE(established, "ATTACK-35 ATTACK-9 ATTACK-10 S1 S6 S7 D2 F9 SHLD-31 MAY-12 MAY-13 MUST-62")
IN_STATE(established_no_window, "ATTACK-35 MUST-66 S1 S6 S7")
IN_STATE(fin_wait_1, "ATTACK-35 ATTACK-10 S1 S2 S3 S6 S7 D2")
IN_STATE(fin_wait_1_orphan, "ATTACK-35 S1 S2 S3 S6 S7 SHLD-3")
IN_STATE(fin_wait_2, "ATTACK-35 ATTACK-10 S1 S2 S6 S7 D2")
IN_STATE(fin_wait_2_orphan, "ATTACK-35 S1 S2 S4 S6 SHLD-3")
IN_STATE(close_wait, "ATTACK-35 ATTACK-10 S1 S2 S6 S7 D2")
IN_STATE(closing, "ATTACK-35 ATTACK-10 S1 S3 S6 S7 D2 MUST-12")
IN_STATE(last_ack, "ATTACK-35 ATTACK-10 S1 S2 S6 S7 D2 MUST-12")
IN_STATE(time_wait, "ATTACK-35 S1 S4 S6 MAY-2")

/* With timestamps: PAWS (RFC 7323, section 5), and RFC 6191 in TIME-WAIT. */
IN_STATE(syn_received_older, "ATTACK-35 W7")
IN_STATE(established_older, "ATTACK-35 W7")
IN_STATE(time_wait_older, "ATTACK-35 S4 W7 SHLD-4")
IN_STATE(time_wait_same, "ATTACK-35 S4 SHLD-4 MAY-2")
IN_STATE(time_wait_newer, "ATTACK-35 S4 SHLD-4 MAY-2")
