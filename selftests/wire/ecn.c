// SPDX-License-Identifier: GPL-2.0
/*
 * ecn.c - Explicit Congestion Notification (RFC 3168, 8257, 8511)
 *
 * Besides what is asked for here, check.c sees in every test that nothing but new
 * data is ECT or carries CWR.
 */
#include <stdlib.h>

#include "wire.h"

enum { SEG = 1000, SETUP = ECE | CWR };

static void set_ecn(int mode)
{
	sysctl_set("net/ipv4/tcp_ecn", mode);
}

static bool has_ecn(int fd)
{
	return app_info(fd).tcpi_options & TCPI_OPT_ECN;
}

/* An active opening that offers ECN and gets @reply for an answer. */
static int opened(const char *algorithm, int reply)
{
	int fd = app_socket();

	classic_recovery();
	app_choose(fd, algorithm);
	app_connect_fd(fd);
	expect(SYN | SETUP, SEQ(0));
	inject(SYN | ACK | reply, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	return fd;
}

static int ecn_open(const char *algorithm)
{
	set_ecn(1);
	return opened(algorithm, ECE);
}

/* A passive opening by a peer that asks. */
static int ecn_accept(void)
{
	listener = app_listen();
	inject(SYN | SETUP, SEQ(0), MSS(SEG));
	expect(SYN | ACK | ECE, SEQ(0), ACK(1), ECN(NOT_ECT));
	inject(ACK, SEQ(1), ACK(1));
	return app_accept(listener);
}

/* Ten segments of much more under way. The ACK before is for the built-in TCP. */
static int bulk(const char *algorithm)
{
	int fd = ecn_open(algorithm), i;

	inject(ACK, ACK(1));
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	app_write(fd, 40 * SEG);
	for (i = 0; i < 10; i++)
		expect(ACK, SEQ(1 + i * SEG), LEN(SEG), ECN(ECT0));
	return fd;
}

/* The first of ten is lost. Limited transmit sends two more (RFC 3042). */
static void three_duplicates(int again, int fresh)
{
	inject(ACK, ACK(1));
	expect(ACK, SEQ(10001), LEN(SEG), ECN(fresh));
	inject(ACK, ACK(1));
	expect(ACK, SEQ(11001), LEN(SEG), ECN(fresh));
	inject(ACK, ACK(1));
	expect(ACK, SEQ(1), LEN(SEG), ECN(again));
}

static int cwnd(int fd)
{
	return app_info(fd).tcpi_snd_cwnd;
}

static int ssthresh(int fd)
{
	return app_info(fd).tcpi_snd_ssthresh;
}

/* ------------------------------------------------------------ agreeing on it */

WIRE_TEST(ecn, offer__as_the_namespace_says, "C6 SHLD-8")
{
	static const struct { int mode, flags; } rows[] = {
		{ 0, 0 }, { 1, SETUP }, { 2, 0 },
	};
	size_t i;

	ensure_eq(sysctl_get("net/ipv4/tcp_ecn"), 2);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		new_connection();
		note("tcp_ecn %d", rows[i].mode);
		set_ecn(rows[i].mode);
		end_case(app_connect());
		new_connection();
		app_connect();
		expect(SYN | rows[i].flags, SEQ(0), ECN(NOT_ECT));
	}
}

/* Only ECE without CWR agrees: both are a reflection of what was sent. */
WIRE_TEST(ecn, offer__which_syn_ack_agrees, "C6 SHLD-8")
{
	static const struct { int reply; bool agreed; } rows[] = {
		{ 0, false }, { ECE, true }, { CWR, false }, { SETUP, false },
	};
	size_t i;

	set_ecn(1);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		note("SYN,ACK with flags %02x", rows[i].reply);
		fd = opened("reno", rows[i].reply);
		ensure_eq(has_ecn(fd), rows[i].agreed);
		app_write(fd, 10);
		expect(PSH | ACK, SEQ(1), LEN(10), ECN(rows[i].agreed ? ECT0 : NOT_ECT));
		end_case(fd);
	}
}

/* Bits beside them, of which one was NS and is AccECN's AE, change nothing. */
WIRE_TEST(ecn, offer__reserved_bits_in_the_syn_ack, "C6")
{
	int fd;

	set_ecn(1);
	fd = app_connect();
	expect(SYN | SETUP, SEQ(0));
	inject(SYN | ACK | ECE, SEQ(0), ACK(1), RESERVED(0xf));
	expect(ACK, SEQ(1), ACK(1));
	ensure(has_ecn(fd), "no ECN");
}

WIRE_TEST(ecn, offer__taken_back_when_the_syn_is_lost, "C6")
{
	int fd;

	differs_from_builtin("it takes the late answer for an agreement");
	set_ecn(1);
	fd = app_connect();
	expect(SYN | SETUP, SEQ(0));
	expect_after(1000, SYN, SEQ(0));
	/* an answer to the first SYN, late: the second was no offer */
	inject(SYN | ACK | ECE, SEQ(0), ACK(1));
	expect(ACK, SEQ(1), ACK(1));
	ensure(!has_ecn(fd), "ECN, although a SYN without it was sent");
}

WIRE_TEST(ecn, offer__kept_without_fallback, "C6")
{
	int fd;

	set_ecn(1);
	sysctl_set("net/ipv4/tcp_ecn_fallback", 0);
	fd = app_connect();
	expect(SYN | SETUP, SEQ(0));
	expect_after(1000, SYN | SETUP, SEQ(0));
	inject(SYN | ACK | ECE, SEQ(0), ACK(1));
	expect(ACK, SEQ(1), ACK(1));
	ensure(has_ecn(fd), "no ECN");
}

WIRE_TEST(ecn, offer__simultaneous_open, "C6")
{
	int fd;

	set_ecn(1);
	fd = app_connect();
	expect(SYN | SETUP, SEQ(0));
	inject(SYN | SETUP, SEQ(0), MSS(SEG));
	expect(SYN | ACK | ECE, SEQ(0), ACK(1), ECN(NOT_ECT));
	inject(ACK, SEQ(1), ACK(1));
	expect_state(fd, TCP_ESTABLISHED);
	ensure(has_ecn(fd), "no ECN");
	end_case(fd);

	new_connection();
	fd = app_connect();
	expect(SYN | SETUP, SEQ(0));
	inject(SYN, SEQ(0), MSS(SEG));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	ensure(!has_ecn(fd), "ECN with a peer that did not offer it");
}

WIRE_TEST(ecn, accept__as_the_namespace_says, "C6 SHLD-8")
{
	static const struct { int mode, syn, tos, reply; } rows[] = {
		{ 0, SETUP, NOT_ECT, 0 },
		{ 1, SETUP, NOT_ECT, ECE },
		{ 2, SETUP, NOT_ECT, ECE },
		{ 2, ECE, NOT_ECT, 0 },
		{ 2, CWR, NOT_ECT, 0 },
		{ 2, 0, NOT_ECT, 0 },
		/* something on the way writes into the field */
		{ 2, SETUP, ECT0, 0 },
		{ 2, SETUP, CE, 0 },
	};
	size_t i;

	listener = app_listen();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		c->stack_port = STACK_PORT;
		note("tcp_ecn %d, SYN with flags %02x, TOS %d", rows[i].mode, rows[i].syn,
		     rows[i].tos);
		set_ecn(rows[i].mode);
		inject(SYN | rows[i].syn, SEQ(0), MSS(SEG), TOS(rows[i].tos));
		expect(SYN | ACK | rows[i].reply, SEQ(0), ACK(1), ECN(NOT_ECT));
		inject(ACK, SEQ(1), ACK(1));
		fd = app_accept(listener);
		ensure_eq(has_ecn(fd), rows[i].reply == ECE);
		app_write(fd, 10);
		expect(PSH | ACK, SEQ(1), LEN(10), ECN(rows[i].reply ? ECT0 : NOT_ECT));
		end_case(fd);
	}
}

/* AccECN's SYN (RFC 9768) asks a classic server for classic ECN. */
WIRE_TEST(ecn, accept__accurate_ecn_offer, "C6")
{
	listener = app_listen();
	c->stack_port = STACK_PORT;
	inject(SYN | SETUP, SEQ(0), MSS(SEG), RESERVED(1));
	expect(SYN | ACK | ECE, SEQ(0), ACK(1));
}

WIRE_TEST(ecn, accept__syn_ack_sent_again, "C6")
{
	listener = app_listen();
	c->stack_port = STACK_PORT;
	inject(SYN | SETUP, SEQ(0), MSS(SEG));
	expect(SYN | ACK | ECE, SEQ(0), ACK(1), ECN(NOT_ECT));
	expect_after(1000, SYN | ACK | ECE, SEQ(0), ACK(1), ECN(NOT_ECT));
}

/* The peer takes its offer back: it will not use ECN. */
WIRE_TEST(ecn, accept__syn_again_without, "C6")
{
	int fd;

	differs_from_builtin("it stays with the first SYN's offer");
	listener = app_listen();
	c->stack_port = STACK_PORT;
	inject(SYN | SETUP, SEQ(0), MSS(SEG));
	expect(SYN | ACK | ECE, SEQ(0), ACK(1));
	pass_ms(600);
	inject(SYN, SEQ(0), MSS(SEG));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	ensure(!has_ecn(fd), "ECN, although the last SYN did not ask");
}

/* A SYN cookie keeps it in the timestamp; without timestamps it is not agreed on. */
WIRE_TEST(ecn, accept__syn_cookie, "C6 D1")
{
	int fd;

	differs_from_builtin("the window of a cookie's child begins left of what was offered");
	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_listen();
	c->stack_port = STACK_PORT;
	inject(SYN | SETUP, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK | ECE, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	ensure(has_ecn(fd), "the cookie has lost ECN");
	app_write(fd, 10);
	expect(PSH | ACK, SEQ(1), LEN(10), ECN(ECT0));
	end_case(fd);

	new_connection();
	c->stack_port = STACK_PORT;
	inject(SYN | SETUP, SEQ(0), MSS(SEG));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	ensure(!has_ecn(fd), "ECN out of nowhere");
}

static void route(const char *attributes)
{
	char line[128];

	snprintf(line, sizeof(line), "ip route replace 192.0.2.2 dev wire0 %s", attributes);
	ensure(!system(line), "%s", line);
}

WIRE_TEST(ecn, route__features, "C6")
{
	route("features ecn");
	app_connect();
	expect(SYN | SETUP, SEQ(0));

	new_connection();
	set_ecn(0);
	listener = app_listen();
	c->stack_port = STACK_PORT;
	inject(SYN | SETUP, SEQ(0), MSS(SEG));
	expect(SYN | ACK | ECE, SEQ(0), ACK(1));
}

/* ------------------------------------------------------------------ receiving */

WIRE_TEST(ecn, receiver__echo_until_cwr, "C6")
{
	int fd = ecn_accept();

	inject(ACK, SEQ(1), LEN(SEG), TOS(ECT0));
	expect_ack(1001);
	ensure(app_info(fd).tcpi_options & TCPI_OPT_ECN_SEEN, "ECT was not seen");
	inject(ACK, SEQ(1001), LEN(SEG), TOS(CE));
	expect(ECE | ACK, ACK(2001), LEN(0));
	inject(ACK, SEQ(2001), LEN(SEG), TOS(ECT0));
	expect_within(0, 500, ECE | ACK, ACK(3001), LEN(0));
	/* data going the other way echoes, too */
	app_write(fd, 10);
	expect(ECE | PSH | ACK, SEQ(1), LEN(10), ECN(ECT0));
	inject(ACK | CWR, SEQ(3001), LEN(SEG), TOS(ECT0));
	expect_ack(4001);
	/* marked itself, what carries CWR begins anew */
	inject(ACK, SEQ(4001), LEN(SEG), TOS(CE));
	expect(ECE | ACK, ACK(5001), LEN(0));
	inject(ACK | CWR, SEQ(5001), LEN(SEG), TOS(CE));
	expect_within(0, 500, ECE | ACK, ACK(6001), LEN(0));
}

WIRE_TEST(ecn, receiver__without_agreement, "C6")
{
	passive_open(MSS(SEG));
	inject(ACK, SEQ(1), LEN(SEG), TOS(CE));
	expect_ack(1001);
}

/* CE on an ACK alone is no congestion of a flow of data; on old data anybody's. */
WIRE_TEST(ecn, receiver__marks_that_do_not_count, "C6")
{
	differs_from_builtin("it takes marks on data outside the window");
	ecn_accept();
	inject(ACK, SEQ(1), TOS(CE));
	inject(ACK, SEQ(1), LEN(SEG), TOS(ECT0));
	expect_ack(1001);
	inject(ACK, SEQ(1), LEN(SEG), TOS(CE));
	expect(ACK, ACK(1001), LEN(0));
	inject(ACK, SEQ(1000001), LEN(SEG), TOS(CE));
	expect_within(0, 500, ACK, ACK(1001), LEN(0));
	inject(ACK, SEQ(1001), LEN(SEG), TOS(ECT0));
	expect_ack(2001);
}

WIRE_TEST(ecn, receiver__out_of_order, "C6")
{
	ecn_accept();
	inject(ACK, SEQ(1001), LEN(SEG), TOS(CE));
	expect(ECE | ACK, ACK(1), LEN(0));
	inject(ACK, SEQ(1), LEN(SEG));
	expect(ECE | ACK, ACK(2001), LEN(0));
}

/* -------------------------------------------------------------------- sending */

/* RFC 3168, 6.1.2, with the factors of RFC 8511; CWR on the first new data. */
WIRE_TEST(ecn, sender__reduces_once_a_window, "C6")
{
	/* ten in flight, in slow start, where no factor is gentler */
	int fd = bulk("reno");

	differs_from_builtin("it reduces cwnd bit by bit");
	inject(ACK | ECE, ACK(1 + SEG));
	ensure_eq(cwnd(fd), 5);
	ensure_eq(ssthresh(fd), 5);
	ensure_eq(app_info(fd).tcpi_ca_state, 2 /* TCP_CA_CWR */);
	expect_silence(5);
	/* the same window tells of it again and again */
	inject(ACK | ECE, ACK(1 + 5 * SEG));
	ensure_eq(cwnd(fd), 5);
	expect_silence(5);
	inject(ACK | ECE, ACK(1 + 8 * SEG));
	expect(CWR | ACK, SEQ(10001), LEN(SEG), ECN(ECT0));
	expect(ACK, SEQ(11001), LEN(SEG), ECN(ECT0));
	expect(ACK, SEQ(12001), LEN(SEG), ECN(ECT0));
	inject(ACK | ECE, ACK(1 + 10 * SEG));
	ensure_eq(cwnd(fd), 5);
	expect(ACK, SEQ(13001), LEN(SEG), ECN(ECT0));
	expect(ACK, SEQ(14001), LEN(SEG), ECN(ECT0));
	ensure_eq(counter("TcpExt", "TCPDeliveredCE"), 10);
}

/* What was sent since is marked: another window. Now cwnd is at ssthresh. */
WIRE_TEST(ecn, sender__abe, "C6")
{
	static const struct { const char *algorithm; int cwnd; } rows[] = {
		{ "reno", 8 }, { "cubic", 8 },
	};
	size_t i;

	differs_from_builtin("it does not know RFC 8511");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		note("%s", rows[i].algorithm);
		set_ecn(1);
		fd = app_socket();
		classic_recovery();
		app_choose(fd, rows[i].algorithm);
		app_connect_fd(fd);
		expect(SYN | SETUP, SEQ(0));
		inject(SYN | ACK | ECE, SEQ(0), ACK(1), MSS(SEG));
		expect(ACK, SEQ(1), ACK(1), LEN(0));
		app_set(fd, SOL_SOCKET, SO_SNDBUF, 400000);
		app_write(fd, 100 * SEG);
		take_burst(2);
		inject(ACK, ACK(c->stack_max));
		take_burst(2);			/* twenty in flight */
		inject(ACK | ECE, ACK(c->stack_max));
		ensure_in(cwnd(fd), 10, 14);	/* by half, or CUBIC's 0.7 */
		take_burst(2);
		inject(ACK, ACK(c->stack_max));	/* ends that window */
		take_burst(2);
		ensure(cwnd(fd) >= ssthresh(fd), "not in congestion avoidance");
		{
			int before = cwnd(fd), factor = i ? 85 : 80;

			inject(ACK | ECE, ACK(c->stack_max - (before - 1) * SEG));
			ensure_in(cwnd(fd), before * factor / 100, before * factor / 100 + 1);
		}
		end_case(fd);
	}
}

WIRE_TEST(ecn, sender__cwr_alone_on_the_first_of_a_burst, "C6 O2")
{
	int fd = bulk("reno"), i;

	inject(ACK | ECE, ACK(1 + 10 * SEG));
	expect(CWR | ACK, SEQ(10001), LEN(SEG), ECN(ECT0));
	for (i = 1; i < 5; i++)
		expect(ACK, SEQ(10001 + i * SEG), LEN(SEG), ECN(ECT0));
	ensure_eq(cwnd(fd), 5);
}

/* A loss in the window that marks have told of is no news; one after it is. */
WIRE_TEST(ecn, sender__no_second_reduction_for_a_loss, "C6")
{
	int fd = bulk("reno"), i;

	inject(ACK | ECE, ACK(1 + SEG));
	ensure_eq(ssthresh(fd), 5);
	for (i = 0; i < 3; i++)
		inject(ACK | ECE, ACK(1 + SEG));
	expect(ACK, SEQ(1001), LEN(SEG), ECN(NOT_ECT));
	ensure_eq(ssthresh(fd), 5);
	ensure_eq(app_info(fd).tcpi_ca_state, 3 /* TCP_CA_Recovery */);
}

/* With SACK, ten segments of much more under way. */
static int sack_bulk(void)
{
	int fd = app_socket();

	set_ecn(1);
	classic_recovery();
	app_choose(fd, "reno");
	app_connect_fd(fd);
	expect(SYN | SETUP, SEQ(0));
	inject(SYN | ACK | ECE, SEQ(0), ACK(1), MSS(SEG), SACK_OK);
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	app_write(fd, 40 * SEG);
	expect_bytes(1, 10001);
	return fd;
}

/* A loss that was none is no reason to take back the answer to a mark before it ... */
WIRE_TEST(ecn, sender__undo_keeps_the_answer_to_a_mark, "C6 R7")
{
	int fd = sack_bulk();

	differs_from_builtin("it reduces cwnd bit by bit");
	inject(ACK | ECE, ACK(1001));
	ensure_eq(ssthresh(fd), 5);
	inject(ACK, ACK(1001), SACK({ 2001, 3001 }));
	inject(ACK, ACK(1001), SACK({ 2001, 4001 }));
	inject(ACK, ACK(1001), SACK({ 2001, 5001 }));
	expect(ACK, SEQ(1001), LEN(SEG), ECN(NOT_ECT));
	inject(ACK, ACK(5001));
	inject(ACK, ACK(5001), SACK({ 1001, 2001 }));
	ensure_eq(counter("TcpExt", "TCPDSACKUndo"), 1);
	ensure_eq(ssthresh(fd), 5);
	/* The peer may not have heard of the answer yet: this echoes the same mark */
	inject(ACK | ECE, ACK(6001));
	ensure_eq(ssthresh(fd), 5);
	ensure_in(cwnd(fd), 4, 6);
	ignore_rest();
}

/* ... nor to one after it. */
WIRE_TEST(ecn, sender__late_undo_keeps_the_answer_to_a_mark, "C6 R7")
{
	int fd = sack_bulk(), before;
	int64_t edge;

	differs_from_builtin("it reduces cwnd bit by bit");
	inject(ACK, ACK(1), SACK({ 1001, 2001 }));
	inject(ACK, ACK(1), SACK({ 1001, 3001 }));
	take_burst(2);
	edge = c->stack_max;
	inject(ACK, ACK(1), SACK({ 1001, 4001 }));
	take_burst(2);
	inject(ACK, ACK(1), SACK({ 1001, 5001 }));
	inject(ACK, ACK(1), SACK({ 6001, 7001 }, { 1001, 5001 }));
	inject(ACK, ACK(1), SACK({ 6001, 8001 }, { 1001, 5001 }));
	take_burst(2);
	ensure(c->stack_max > edge, "nothing new");
	inject(ACK, ACK(1), SACK({ 6001, 9001 }, { 1001, 5001 }));
	inject(ACK, ACK(1), SACK({ 6001, 10001 }, { 1001, 5001 }));
	expect(ACK, SEQ(5001), LEN(SEG), ECN(NOT_ECT));
	inject(ACK | ECE, ACK(edge + SEG));	/* it is over, and that was marked */
	before = ssthresh(fd);
	ensure_in(before, 2, 5);
	inject(ACK, ACK(edge + SEG), SACK({ 1, 1001 }));
	inject(ACK, ACK(edge + SEG), SACK({ 5001, 6001 }));
	ensure_eq(ssthresh(fd), before);
	ensure_in(cwnd(fd), 1, 6);
	ignore_rest();
}

/* And marks in the window of a loss neither; but the peer is told of the answer. */
WIRE_TEST(ecn, sender__no_second_reduction_for_a_mark, "C6")
{
	int fd = bulk("reno");

	differs_from_builtin("it takes no notice of the first duplicate after an ACK of old data");
	three_duplicates(NOT_ECT, ECT0);
	ensure_eq(ssthresh(fd), 5);
	inject(ACK | ECE, ACK(1 + 12 * SEG));
	ensure_eq(ssthresh(fd), 5);
	expect(CWR | ACK, SEQ(12001), LEN(SEG), ECN(ECT0));
	ensure_in(cwnd(fd), 4, 5);
	ignore_rest();
}

/* A timeout is an answer, too. */
WIRE_TEST(ecn, sender__timeout, "C6")
{
	int fd = bulk("reno");

	expect_after(200, ACK, SEQ(1), LEN(SEG), ECN(NOT_ECT));
	inject(ACK | ECE, ACK(1 + 10 * SEG));
	ensure_eq(ssthresh(fd), 5);
	expect(CWR | ACK, SEQ(10001), LEN(SEG), ECN(ECT0));
	ignore_rest();
}

/* One segment cannot be less: the next is sent when the timer would expire. */
WIRE_TEST(ecn, sender__cwnd_of_one, "C6")
{
	int fd;

	differs_from_builtin("it has no Tahoe, and no such wait");
	fd = bulk("tahoe");
	inject(ACK | ECE, ACK(1 + 10 * SEG));
	expect(CWR | ACK, SEQ(10001), LEN(SEG), ECN(ECT0));
	expect_silence(5);
	ensure_eq(cwnd(fd), 1);
	inject(ACK | ECE, ACK(1 + 11 * SEG));
	expect_after(200, CWR | ACK, SEQ(11001), LEN(SEG), ECN(ECT0));
	inject(ACK, ACK(1 + 12 * SEG));
	expect(ACK, SEQ(12001), LEN(SEG));
	ignore_rest();
}

/* Without agreement the bits are nobody's. */
WIRE_TEST(ecn, sender__echo_without_agreement, "C6")
{
	int fd;

	set_ecn(1);
	fd = opened("reno", 0);
	app_write(fd, 10 * SEG);
	expect_bytes(1, 1 + 10 * SEG);
	inject(ACK | ECE, ACK(1 + 5 * SEG));
	ensure_in(cwnd(fd), 10, 15);
	ensure_eq(counter("TcpExt", "TCPDeliveredCE"), 0);
}

/* Zero-window probes, keepalives and challenge ACKs are not ECT; check.c looks. */
WIRE_TEST(ecn, sender__probes, "C6")
{
	int fd = ecn_open("reno");

	inject(ACK, SEQ(1), ACK(1), WIN(0));
	app_write(fd, 10);
	expect_within(150, 1300, ACK, SEQ(0), LEN(0), ECN(NOT_ECT));
	inject(ACK, SEQ(1), ACK(1), WIN(5000));
	expect(PSH | ACK, SEQ(1), LEN(10), ECN(ECT0));
	inject(SYN, SEQ(1));
	expect(ACK, SEQ(11), ACK(1), LEN(0), ECN(NOT_ECT));
	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(11), LEN(0), ECN(NOT_ECT));
}

/* ---------------------------------------------------------------------- DCTCP */

static int dctcp_open(int reply)
{
	int fd = app_socket();

	classic_recovery();
	c->all_ect = true;
	app_choose(fd, "dctcp");
	app_connect_fd(fd);
	expect(SYN | SETUP, SEQ(0), ECN(ECT0));
	inject(SYN | ACK | reply, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1), LEN(0), ECN(reply ? ECT0 : NOT_ECT));
	return fd;
}

/* RFC 8257, 3.2: an ACK at once when the mark changes, of one kind each. */
WIRE_TEST(ecn, dctcp__receiver, "C5")
{
	int fd, i;

	differs_from_builtin("its window moves back when it sends an old acknowledgment");
	set_ecn(0);
	fd = dctcp_open(ECE);
	app_set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
	for (i = 0; i < 20; i++) {		/* until ACKs are delayed */
		inject(ACK, SEQ(1 + i * SEG), LEN(SEG), TOS(ECT0));
		take(500);
		ignore_rest();
	}
	inject(ACK, SEQ(20001), LEN(SEG), TOS(ECT0));
	expect_silence(2);
	inject(ACK, SEQ(21001), LEN(SEG), TOS(CE));
	expect(ACK, ACK(21001), LEN(0), ECN(ECT0));
	expect(ECE | ACK, ACK(22001), LEN(0), ECN(ECT0));
	inject(ACK, SEQ(22001), LEN(SEG), TOS(CE));
	expect_silence(2);
	inject(ACK, SEQ(23001), LEN(SEG), TOS(ECT0));
	expect(ECE | ACK, ACK(23001), LEN(0));
	expect(ACK, ACK(24001), LEN(0));
	/* CWR is no part of it */
	inject(ACK | CWR, SEQ(24001), LEN(SEG), TOS(CE));
	expect(ECE | ACK, ACK(25001), LEN(0));
}

/* 3.3: the first cut is by half, then alpha follows the marks. */
WIRE_TEST(ecn, dctcp__sender, "C5")
{
	int fd, i, at;

	differs_from_builtin("its DCTCP is a module of its own");
	fd = dctcp_open(ECE);
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 400000);
	app_write(fd, 200 * SEG);
	take_burst(2);
	inject(ACK | ECE, ACK(1 + SEG));
	ensure_eq(cwnd(fd), 5);
	inject(ACK, ACK(c->stack_max));
	/* alpha decays by a sixteenth in each window without marks */
	for (i = 0; i < 10; i++) {
		take_burst(2);
		inject(ACK, ACK(c->stack_max));
	}
	take_burst(2);
	at = cwnd(fd);
	ensure(at >= 12, "cwnd has not grown: %d", at);
	inject(ACK | ECE, ACK(c->stack_max - (at - 1) * SEG));
	/* (15/16)^11 = 0.49: a cut by a quarter */
	ensure_in(cwnd(fd), at * 70 / 100, at * 80 / 100);
}

WIRE_TEST(ecn, dctcp__peer_without_ecn, "C5")
{
	int fd = dctcp_open(0), i;

	app_write(fd, 20 * SEG);
	for (i = 0; i < 10; i++)
		expect(ACK, SEQ(1 + i * SEG), LEN(SEG), ECN(NOT_ECT));
	differs_from_builtin("it takes no notice of the first duplicate after an ACK of old data");
	three_duplicates(NOT_ECT, NOT_ECT);
	ensure_eq(ssthresh(fd), 5);
}

/* What is sent again is ECT as well: its router drops what is not. */
WIRE_TEST(ecn, dctcp__all_segments_ect, "C5")
{
	int fd, i;

	listener = app_socket();
	app_choose(listener, "dctcp");
	app_listen_fd(listener, 8);
	c->all_ect = true;
	classic_recovery();
	set_ecn(0);
	inject(SYN | SETUP, SEQ(0), MSS(SEG), TOS(ECT0));
	expect(SYN | ACK | ECE, SEQ(0), ACK(1), ECN(ECT0));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	app_write(fd, 10 * SEG);
	take_burst(5);
	for (i = 0; i < 3; i++)
		inject(ACK, ACK(1));
	expect(ACK, SEQ(1), LEN(SEG), ECN(ECT0));
	app_abort(fd);
	expect(RST | ACK, .ecn = NUM(ECT0));
}
