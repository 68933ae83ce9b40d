// SPDX-License-Identifier: GPL-2.0
/*
 * reset.c - segments that are not to be believed (RFC 9293, section 3.10.7.4,
 * with RFC 5961): RST and SYN inside a connection, impossible acknowledgments,
 * segments outside the window
 *
 * A stranger can send what he likes; forge() sends it without the library
 * taking it for something the peer has said.
 */
#include "wire.h"

#define forge(...) do {			\
	struct connection before__ = *c;	\
	inject(__VA_ARGS__);		\
	*c = before__;			\
} while (0)

/* The states from ESTABLISHED on, but for TIME-WAIT, which has its own file. */
static const int synchronized[] = {
	TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT,
	TCP_CLOSING, TCP_LAST_ACK,
};

/* The answer to what is not acceptable: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. */
static void expect_plain_ack(void)
{
	expect(ACK, SEQ(c->stack_max), ACK(c->peer_max), LEN(0));
}

static int begin_case(int state, const char *what)
{
	new_connection();
	note("%s in %s", what, state_name(state));
	return reach(state);
}

/* --------------------------------------------------------------------- RST */

WIRE_TEST(reset, rst__exact, "S6 S1 MUST-12")
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		int fd = begin_case(synchronized[i], "RST at RCV.NXT");

		inject(RST, SEQ(c->peer_max));
		expect_silence(5);
		expect_pair(TCP_CLOSE);
		expect_state(fd, TCP_CLOSE);
		end_case(fd);
	}
}

WIRE_TEST(reset, rst__application_is_told, "S5 MUST-12")
{
	int fd = active_open();

	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	inject(RST, SEQ(1));
	expect_pair(TCP_CLOSE);
	ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), ECONNRESET);
	app_reads_eof(fd);
	app_writes_error(fd, EPIPE);
	expect_silence(3000);
}

WIRE_TEST(reset, rst__error_of_a_read, "S5 MUST-12")
{
	int fd = active_open();

	inject(RST | ACK, SEQ(1), ACK(1));
	app_reads_error(fd, ECONNRESET);
	expect_silence(1000);
}

/* Its ACK, timestamp and text are not looked at (RFC 7323, 5.2; RFC 5961, 3.2). */
WIRE_TEST(reset, rst__whatever_else_it_carries, "S6 S5 SHLD-2 W7")
{
	static const struct {
		const char *what;
		int flags, ack, len, clock_step;
	} rows[] = {
		{ "RST,ACK",			RST | ACK,	 1,  0, 0 },
		{ "an ACK of nothing sent",	RST | ACK, 1 << 20,  0, 0 },
		{ "an ACK long gone",		RST | ACK, -(1 << 20), 0, 0 },
		{ "text",			RST,		 0, 20, 0 },
		{ "text and ACK",		RST | PSH | ACK, 1, 20, 0 },
		{ "an old timestamp",		RST | ACK,	 1,  0, -90000 },
		{ "FIN",			RST | FIN,	 0,  0, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		note("with %s", rows[i].what);
		fd = active_open(FULL_OPTIONS);
		if (rows[i].flags & ACK)
			inject(rows[i].flags, SEQ(1), ACK(rows[i].ack), LEN(rows[i].len),
			       TSVAL(c->peer_clock + rows[i].clock_step));
		else
			inject(rows[i].flags, SEQ(1), LEN(rows[i].len));
		expect_silence(5);
		expect_pair(TCP_CLOSE);
		app_reads_error(fd, ECONNRESET);
		end_case(fd);
	}
}

/* RFC 5961, 3.2: the true peer will answer the challenge with the exact number. */
WIRE_TEST(reset, rst__in_window_is_challenged, "S6 D2 ATTACK-10")
{
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++)
		for (k = 0; k < 3; k++) {
			int fd = begin_case(synchronized[i], "RST in the window");
			int64_t width = c->stack_edge - c->peer_max;
			int64_t at[] = { 1, width / 2, width - 1 };

			ensure_in(width, 1000, 65535);
			forge(RST, SEQ(c->peer_max + at[k]));
			expect_plain_ack();
			expect_state(fd, synchronized[i]);
			inject(RST, SEQ(c->peer_max));
			expect_pair(TCP_CLOSE);
			end_case(fd);
		}
}

WIRE_TEST(reset, rst__outside_the_window_does_nothing, "S6 D2 ATTACK-10")
{
	size_t i, k;

	differs_from_builtin("it challenges a RST at the window's right edge");
	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		int fd = begin_case(synchronized[i], "RST outside the window");
		int64_t next = c->peer_max, edge = c->stack_edge;
		int64_t at[] = { next - 1, next - 100000, edge, edge + 1, edge + (1 << 30) };

		for (k = 0; k < ARRAY_SIZE(at); k++)
			forge(RST, SEQ(at[k]));
		expect_silence(5);
		expect_state(fd, synchronized[i]);
		end_case(fd);
	}
}

/* With nothing but RCV.NXT left in the window, RST is still obeyed there. */
WIRE_TEST(reset, rst__zero_window, "MUST-66 S6")
{
	int fd = app_socket();

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 32768);
	active_open_fd(fd);
	while (c->stack_edge > c->peer_max) {
		int64_t left = c->stack_edge - c->peer_max;

		inject(PSH | ACK, LEN(left > 1460 ? 1460 : left));
		expect_ack(c->peer_max);
	}
	forge(RST, SEQ(c->peer_max + 1));
	forge(RST, SEQ(c->peer_max - 1));
	expect_silence(5);
	expect_state(fd, TCP_ESTABLISHED);
	inject(RST, SEQ(c->peer_max));
	expect_pair(TCP_CLOSE);
}

/* An orphan in FIN-WAIT-2 is only remembered, and believes no more than others. */
WIRE_TEST(reset, rst__orphan_in_fin_wait_2, "S6 S4 D2")
{
	app_close(active_open());
	expect(FIN | ACK, SEQ(1));
	inject(ACK, ACK(2));
	expect_pair(TCP_FIN_WAIT2);
	differs_from_builtin("it answers a RST outside the window here");
	forge(RST, SEQ(0));
	forge(RST, SEQ(c->stack_edge));
	expect_silence(5);
	forge(RST, SEQ(2));
	expect(ACK, SEQ(2), ACK(1), LEN(0));
	expect_pair(TCP_FIN_WAIT2);
	inject(RST, SEQ(1));
	expect_silence(5);
	expect_pair(TCP_CLOSE);
}

/* --------------------------------------------------------------------- SYN */

/* RFC 5961, 4.2: "irrespective of the sequence number" an ACK and nothing else. */
WIRE_TEST(reset, syn__is_challenged, "S6 D2 ATTACK-10")
{
	static const int flags[] = { SYN, SYN | ACK, SYN | FIN, SYN | PSH | ACK };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++)
		for (k = 0; k < ARRAY_SIZE(flags); k++) {
			int fd = begin_case(synchronized[i], "SYN");
			int64_t next = c->peer_max, edge = c->stack_edge;
			int64_t at[] = { next, edge - 1, edge + 5000, next - 5000 };

			if (flags[k] & ACK)
				forge(flags[k], SEQ(at[k]), ACK(1), LEN(k));
			else
				forge(flags[k], SEQ(at[k]), LEN(k));
			expect_plain_ack();
			expect_silence(5);
			expect_state(fd, synchronized[i]);
			end_case(fd);
		}
}

/* The peer has forgotten us: its SYN is challenged, and its RST then clears the way. */
WIRE_TEST(reset, syn__of_a_peer_that_rebooted, "S6 R8")
{
	int fd = active_open();

	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	forge(SYN, SEQ(700000), MSS(1460));
	expect(ACK, SEQ(1), ACK(101), LEN(0));
	inject(RST, SEQ(101));
	expect_pair(TCP_CLOSE);
	app_read(fd, 100);
	expect_silence(1000);
}

/* -------------------------------------------------------------- the limits */

static int challenges(int attempts)
{
	int answers = 0;

	while (attempts--) {
		forge(RST, SEQ(c->peer_max + 10 + attempts));
		answers += !!take(1);
	}
	return answers;
}

WIRE_TEST(reset, challenge__limited_by_connection, "S6 D2 D3 ATTACK-6 ATTACK-7")
{
	int fd, i;

	differs_from_builtin("its limit is one of the namespace");
	sysctl_set("net/ipv4/tcp_challenge_ack_limit", 6);
	fd = active_open();
	for (i = 0; i < 3; i++) {
		ensure_in(challenges(50), 3, 6);
		pass_ms(1000);
	}
	/* Nothing of what happened there can be seen here. */
	challenges(50);
	new_connection();
	end_case(active_open());
	new_connection();
	active_open();
	ensure_in(challenges(50), 3, 6);
	expect_state(fd, TCP_ESTABLISHED);
}

/* Not even without the sysctl's help is each forged segment worth an answer. */
WIRE_TEST(reset, challenge__limited_by_default, "S6 D2 ATTACK-6")
{
	int fd = active_open();

	sysctl_set("net/ipv4/tcp_challenge_ack_limit", 0x7fffffff);
	ensure_in(challenges(100), 1, 10);
	expect_state(fd, TCP_ESTABLISHED);
}

/* Nobody knows how many a second allows: it is never the same for long. */
WIRE_TEST(reset, challenge__allowance_varies, "S6 D2 D3 D4 ATTACK-6")
{
	int fd = active_open(), i, n, least = 100, most = 0;

	differs_from_builtin("its limit is one of the namespace");
	for (i = 0; i < 20; i++) {
		n = challenges(30);
		least = n < least ? n : least;
		most = n > most ? n : most;
		pass_ms(1000);
	}
	ensure(least < most, "%d in each of %d seconds", most, i);
	expect_state(fd, TCP_ESTABLISHED);
}

WIRE_TEST(reset, challenge__limit_of_zero, "S6 ATTACK-7")
{
	int fd;

	sysctl_set("net/ipv4/tcp_challenge_ack_limit", 0);
	fd = active_open();
	differs_from_builtin("its first challenge is free");
	ensure_eq(challenges(20), 0);
	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	app_read(fd, 100);
}

/* Each packet that is not answered is freed all the same. */
WIRE_TEST(reset, challenge__suppressed_ones_leak_nothing, "S6 ATTACK-7 D4 D5")
{
	enum { MANY = 10000 };
	long before, after;
	int i;

	differs_from_builtin("its first challenge is free");
	if (!access("/sys/kernel/debug/kmemleak", F_OK))
		wire_skip("this kernel finds leaks itself, and holds back what is freed");
	sysctl_set("net/ipv4/tcp_challenge_ack_limit", 0);
	active_open();
	ensure_eq(challenges(100), 0);
	before = listed("/proc/meminfo", "SUnreclaim:");
	for (i = 0; i < MANY; i++)
		forge(i % 2 ? RST : SYN, SEQ(c->peer_max + 10));
	after = listed("/proc/meminfo", "SUnreclaim:");
	printf("kernel memory %ld KB, before %d segments %ld KB\n", after, MANY, before);
	ensure(after < before + 1024, "%ld KB are gone", after - before);
	expect_silence(5);
}

/* ---------------------------------------------------- impossible ACK fields */

WIRE_TEST(reset, ack__of_data_never_sent, "S7 D2 ATTACK-9 MAY-12")
{
	static const int ahead[] = { 1, 1000, 1 << 30 };
	size_t i, k;

	differs_from_builtin("it drops an ACK of data never sent without an answer");
	for (i = 0; i < ARRAY_SIZE(synchronized); i++)
		for (k = 0; k < ARRAY_SIZE(ahead); k++) {
			int state = synchronized[i];
			int fd = begin_case(state, "ACK of data never sent");

			forge(ACK, SEQ(c->peer_max), ACK(c->stack_max + ahead[k]), LEN(20 * k));
			expect_plain_ack();
			expect_silence(5);
			expect_state(fd, state);
			if (state == TCP_ESTABLISHED)
				app_reads_nothing(fd);
			end_case(fd);
		}
}

/* The window an impossible ACK grants is not ours to use. */
WIRE_TEST(reset, ack__of_data_never_sent_opens_no_window, "S7 ATTACK-9 ATTACK-29")
{
	int fd = active_open(WIN(1000));

	app_write(fd, 3000);
	expect_bytes(1, 1001);
	differs_from_builtin("it drops an ACK of data never sent without an answer");
	forge(ACK, SEQ(1), ACK(1002), WIN(60000));
	expect(ACK, SEQ(1001), ACK(1), LEN(0));
	expect_silence(50);
	inject(ACK, SEQ(1), ACK(1001), WIN(1000));
	expect_bytes(1001, 2001);
}

/* RFC 5961, 5.2: SND.UNA - MAX.SND.WND is the oldest ACK to be believed. */
WIRE_TEST(reset, ack__far_below_snd_una, "S7 D2 ATTACK-9 MAY-12")
{
	int fd = active_open(WIN(1000));

	forge(PSH | ACK, SEQ(1), ACK(1 - 1001), LEN(100));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	app_reads_nothing(fd);
	differs_from_builtin("it drops the data of any old ACK");
	inject(PSH | ACK, SEQ(1), ACK(1 - 1000), LEN(100));
	expect_ack(101);
	app_read(fd, 100);
	expect_silence(500);
}

WIRE_TEST(reset, ack__far_away_with_fin, "S7 D2 ATTACK-9")
{
	static const int acks[] = { 2, -70000, 1 << 30 };
	size_t i;

	differs_from_builtin("it drops an ACK of data never sent without an answer");
	for (i = 0; i < ARRAY_SIZE(acks); i++) {
		int fd = begin_case(TCP_ESTABLISHED, "forged FIN");

		forge(FIN | ACK, SEQ(1), ACK(acks[i]));
		expect_plain_ack();
		expect_state(fd, TCP_ESTABLISHED);
		end_case(fd);
	}
}

/* ------------------------------------------------------ outside the window */

WIRE_TEST(reset, out_of_window__is_acknowledged, "S6 D2 R8")
{
	size_t i, k;

	differs_from_builtin("it takes an empty segment at the window's right edge");
	sysctl_set("net/ipv4/tcp_invalid_ratelimit", 0);
	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		int state = synchronized[i];
		int fd = begin_case(state, "a segment outside the window");
		int64_t next = c->peer_max, edge = c->stack_edge;
		const struct { int64_t seq; int len; } rows[] = {
			{ next - 1, 0 }, { next - 100, 100 }, { edge, 0 }, { edge, 10 },
			{ edge + (1 << 30), 10 }, { next - (1 << 30), 1000 },
		};

		for (k = 0; k < ARRAY_SIZE(rows); k++) {
			forge(ACK, SEQ(rows[k].seq), LEN(rows[k].len));
			expect_plain_ack();
		}
		expect_state(fd, state);
		end_case(fd);
	}
}

WIRE_TEST(reset, out_of_window__acknowledges_nothing, "S6 D2")
{
	int fd = active_open();

	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	forge(ACK, SEQ(c->stack_edge + 100), ACK(1001), LEN(1));
	expect(ACK, ACK(1), LEN(0));
	ensure_eq(app_info(fd).tcpi_unacked, 1);
	inject(ACK, SEQ(1), ACK(1001));
	ensure_eq(app_info(fd).tcpi_unacked, 0);
}

WIRE_TEST(reset, out_of_window__bare_ones_are_limited, "S6 ATTACK-11")
{
	int i, answers = 0;

	sysctl_set("net/ipv4/tcp_invalid_ratelimit", 500);
	active_open();
	for (i = 0; i < 100; i++) {
		forge(ACK, SEQ(-100));
		answers += !!take(1);
	}
	ensure_eq(answers, 1);
	ensure_eq(counter("TcpExt", "TCPACKSkippedSeq"), 99);
	pass_ms(500);
	forge(ACK, SEQ(-100));
	expect_plain_ack();
	/* A retransmission whose ACK was lost waits for an answer, each time. */
	for (i = 0; i < 5; i++) {
		forge(ACK, SEQ(-99), LEN(100));
		expect_plain_ack();
	}
}

/* Both ends hold the other's ACKs for unacceptable and answer them. */
WIRE_TEST(reset, out_of_window__ack_war_ends, "ATTACK-11 S6")
{
	int64_t until = now_us() + 5000000;
	int answers = 0;

	sysctl_set("net/ipv4/tcp_invalid_ratelimit", 500);
	active_open();
	forge(ACK, SEQ(-5000));
	while (now_us() < until)
		if (take(10)) {
			forge(ACK, SEQ(-5000));
			answers++;
		}
	ensure_in(answers, 1, 2);
}

/* ------------------------------------------------------------- without ACK */

/* Fifth step: "if the ACK bit is off, drop the segment and return". */
WIRE_TEST(reset, no_ack__is_dropped, "S1 D2 ATTACK-35")
{
	static const int flags[] = { 0, PSH, FIN, FIN | PSH | URG, ECE | CWR };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(synchronized); i++) {
		int state = synchronized[i];
		int fd = begin_case(state, "no ACK");

		for (k = 0; k < ARRAY_SIZE(flags); k++) {
			forge(flags[k], SEQ(c->peer_max), LEN(0));
			forge(flags[k], SEQ(c->peer_max), LEN(100));
		}
		/* not even a delayed ACK, where no FIN of ours is sent again */
		expect_silence(state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT ||
			       state == TCP_FIN_WAIT2 ? 600 : 5);
		expect_state(fd, state);
		if (state == TCP_ESTABLISHED)
			app_reads_nothing(fd);
		end_case(fd);
	}
}
