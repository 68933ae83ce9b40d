// SPDX-License-Identifier: GPL-2.0
/*
 * timewait.c - the TIME-WAIT state (RFC 9293, 3.6.1; RFC 1337, RFC 6191)
 */
#include <arpa/inet.h>

#include "wire.h"

/* TIME-WAIT lasts 2 * net.ltcp.msl_ms; the built-in TCP's lasts 60 s. */
enum { DEFAULT_2MSL_MS = 60000, LAST_STAMP = 200000 };

/* A connection accepted from a listener that goes on listening, then closed by us. */
static void accepted_time_wait(void)
{
	app_close(passive_open(FULL_OPTIONS));
	expect(FIN | ACK, SEQ(1));
	inject(FIN | ACK, SEQ(1), ACK(2), TSVAL(LAST_STAMP));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	expect_pair(TCP_TIME_WAIT);
}

/* The peer opens a new connection between the same two sockets. */
static uint32_t begin_again(int isn_step)
{
	uint32_t old_next = c->stack_isn + 2;

	c->peer_isn += isn_step;
	c->peer_max = 0;
	c->peer_edge = 0;
	c->stack_max = 0;
	c->stack_fin = c->stack_edge = -1;
	c->stack_isn_known = false;
	return old_next;
}

WIRE_TEST_LONG(timewait, lasts__two_msl_by_default, 200, "S4 S1 MUST-13")
{
	reach(TCP_TIME_WAIT);
	pass_ms(DEFAULT_2MSL_MS - 2000);
	expect_pair(TCP_TIME_WAIT);
	pass_ms(DEFAULT_2MSL_MS / 8 + 4000);
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(timewait, lasts__two_msl_as_set, "S4 MUST-13")
{
	sysctl_set("net/ltcp/msl_ms", 1500);
	reach(TCP_TIME_WAIT);
	pass_ms(2900);
	expect_pair(TCP_TIME_WAIT);
	pass_ms(600);
	expect_pair(TCP_CLOSE);
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(RST, SEQ(2));
}

WIRE_TEST_LONG(timewait, fin__acknowledged_and_restarts_the_timer, 300, "S4 S1 R8 MUST-13")
{
	reach(TCP_TIME_WAIT);
	pass_ms(40000);
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	pass_ms(40000);
	expect_pair(TCP_TIME_WAIT);
	pass_ms(30000);
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(timewait, old_data__acknowledged, "S4 S1")
{
	accepted_time_wait();
	inject(ACK, SEQ(-100), ACK(2), LEN(50));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	expect_pair(TCP_TIME_WAIT);
}

WIRE_TEST(timewait, pure_ack__is_not_answered, "S4 S1 ATTACK-11")
{
	accepted_time_wait();
	inject(ACK, SEQ(2), ACK(2));
	expect_silence(1000);
	expect_pair(TCP_TIME_WAIT);
}

WIRE_TEST(timewait, out_of_window_acks__answers_are_limited, "S6 ATTACK-11")
{
	int answers = 0, i;

	accepted_time_wait();
	for (i = 0; i < 20; i++) {
		inject(ACK, SEQ(-100000), ACK(2));
		answers += !!take(1);
	}
	ensure_in(answers, 0, 2);
	expect_pair(TCP_TIME_WAIT);
}

WIRE_TEST(timewait, reset__ends_it, "S4 S1")
{
	sysctl_set("net/ipv4/tcp_rfc1337", 0);
	accepted_time_wait();
	inject(RST, SEQ(2));
	expect_silence(20);
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(timewait, reset__is_ignored_with_rfc1337, "S4")
{
	sysctl_set("net/ipv4/tcp_rfc1337", 1);
	accepted_time_wait();
	inject(RST, SEQ(2));
	expect_silence(20);
	expect_pair(TCP_TIME_WAIT);
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
}

WIRE_TEST(timewait, reset__outside_the_window_is_ignored, "S6 D2 ATTACK-10")
{
	accepted_time_wait();
	inject(RST, SEQ(-100000));
	expect_silence(20);
	inject(RST, SEQ(1000000));
	expect_silence(20);
	expect_pair(TCP_TIME_WAIT);
}

/* RFC 6191, section 2, and RFC 1122, 4.2.2.13: when a SYN may begin anew. */
WIRE_TEST(timewait, syn__reuse_rules, "S4 MAY-2 SHLD-4 W3")
{
	static const struct {
		const char *what;
		int isn_step, clock_step;	/* against the old connection */
		bool accepted;
	} rows[] = {
		{ "higher ISN, later timestamp",	100000,	 1000, true },
		{ "lower ISN, later timestamp",		-100000, 1000, true },
		{ "higher ISN, same timestamp",		100000,	    0, true },
		{ "lower ISN, earlier timestamp",	-100000, -1000, false },
		{ "lower ISN, same timestamp",		-100000,    0, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t old_next;

		new_connection();
		note("%s", rows[i].what);
		sysctl_try("net/ipv4/tcp_invalid_ratelimit", 0);
		accepted_time_wait();
		c->unchecked = true;
		old_next = begin_again(rows[i].isn_step);
		inject(SYN, SEQ(0), MSS(1460), SACK_OK, WSCALE(7),
		       TSVAL(LAST_STAMP + rows[i].clock_step));
		if (rows[i].accepted) {
			expect(SYN | ACK, SEQ(0), ACK(1));
			ensure((int32_t)(c->stack_isn - old_next) >= 0,
			       "the new ISN is not above the old sequence numbers");
			inject(RST, SEQ(1));
		} else {
			expect(ACK, LEN(0));
			expect_pair(TCP_TIME_WAIT);
		}
		ignore_rest();
	}
}

/* A cookie would be an ISN of any size: this SYN, of a pair that is known, gets none. */
WIRE_TEST(timewait, syn__gets_no_cookie, "S4 MAY-2 W5")
{
	int i;

	for (i = 0; i < 8; i++) {
		uint32_t old_next;

		new_connection();
		sysctl_set("net/ipv4/tcp_syncookies", 1);
		accepted_time_wait();
		c->unchecked = true;
		sysctl_set("net/ipv4/tcp_syncookies", 2);
		old_next = begin_again(100000);
		inject(SYN, SEQ(0), MSS(1460), SACK_OK, WSCALE(7), TSVAL(LAST_STAMP + 1000));
		expect(SYN | ACK, SEQ(0), ACK(1));
		ensure((int32_t)(c->stack_isn - old_next) >= 0,
		       "the new ISN is not above the old sequence numbers");
		inject(RST, SEQ(1));
		ignore_rest();
	}
}

WIRE_TEST(timewait, syn__without_timestamps_needs_a_higher_isn, "S4 MAY-2")
{
	uint32_t old_next;

	sysctl_set("net/ipv4/tcp_timestamps", 0);
	accepted_time_wait();
	c->unchecked = true;
	old_next = begin_again(200000);
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	ensure((int32_t)(c->stack_isn - old_next) >= 0, "the ISN went back");
	inject(ACK, SEQ(1), ACK(1));
	expect_state(app_accept(listener), TCP_ESTABLISHED);
}

/* ------------------------------------------------------- our own new SYN */

/* With a single ephemeral port the new connection has to be the same again. */
static void own_time_wait(void)
{
	sysctl_set_str("net/ipv4/ip_local_port_range", "5555 5555");
	app_close(active_open(FULL_OPTIONS));
	expect(FIN | ACK, SEQ(1));
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2));
	expect_pair(TCP_TIME_WAIT);
}

static int connect_again(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(c->peer_port),
				  .sin_addr.s_addr = htonl(c->peer_addr) };

	return connect(app_socket(), (void *)&to, sizeof(to)) ? errno : 0;
}

WIRE_TEST(timewait, connect__refused_without_tw_reuse, "S4")
{
	sysctl_set("net/ipv4/tcp_tw_reuse", 0);
	own_time_wait();
	pass_ms(2500);
	ensure_eq(connect_again(), EADDRNOTAVAIL);
	expect_silence(10);
	expect_pair(TCP_TIME_WAIT);
}

/* The peer has not closed its half: the pair is not free. */
WIRE_TEST(timewait, connect__refused_in_fin_wait_2, "S4 S1")
{
	sysctl_set("net/ipv4/tcp_tw_reuse", 1);
	sysctl_set_str("net/ipv4/ip_local_port_range", "5555 5555");
	app_close(active_open(FULL_OPTIONS));
	expect(FIN | ACK, SEQ(1));
	inject(ACK, SEQ(1), ACK(2));
	pass_ms(2500);
	expect_pair(TCP_FIN_WAIT2);
	ensure_eq(connect_again(), EADDRNOTAVAIL);
	expect_silence(10);
	expect_pair(TCP_FIN_WAIT2);
}

WIRE_TEST(timewait, connect__reuses_after_a_second, "S4 SHLD-4 W3")
{
	uint32_t old_next;

	sysctl_set("net/ipv4/tcp_tw_reuse", 1);
	own_time_wait();
	pass_ms(2500);
	ensure_eq(connect_again(), EINPROGRESS);
	c->unchecked = true;
	old_next = begin_again(300000);
	expect(SYN, SEQ(0), TS);
	ensure((int32_t)(c->stack_isn - old_next) > 0, "the ISN went back");
}

/* RFC 6528: the number goes with the pair that it was chosen for. */
WIRE_TEST(timewait, connect__failed_leaves_no_isn, "S4 MUST-8 SHLD-1")
{
	int fd = app_socket();
	struct sockaddr_in to;
	uint32_t old_next;

	sysctl_set("net/ipv4/tcp_tw_reuse", 1);
	own_time_wait();
	old_next = c->stack_isn + 2;
	to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(c->peer_port),
				   .sin_addr.s_addr = htonl(c->peer_addr) };
	pass_ms(2500);
	run_ip("rule add ipproto tcp sport 5555 prohibit");
	ensure(connect(fd, (void *)&to, sizeof(to)) && errno == EACCES,
	       "connect(): %s", strerror(errno));
	run_ip("rule delete ipproto tcp sport 5555 prohibit");
	new_connection();
	app_connect_fd(fd);
	expect(SYN, SEQ(0));
	ensure(c->stack_isn - old_next != 0x10001, "the ISN is another connection's");
}
