// SPDX-License-Identifier: GPL-2.0
/*
 * keepalive.c - is the peer still there? (RFC 9293, section 3.8.4)
 */
#include "wire.h"

static void keep_alive(int fd, int idle, int interval, int count)
{
	app_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
	app_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval);
	app_set(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
	app_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/* The probe: one byte below what was sent, and no data (SHLD-12). */
#define PROBE	SEQ(0), ACK(1), LEN(0)

WIRE_TEST_LONG(keepalive, default__off, 10000, "F7 MUST-25")
{
	int fd = active_open();

	expect_silence(8000 * 1000);
	expect_state(fd, TCP_ESTABLISHED);
}

WIRE_TEST_LONG(keepalive, default__two_hours_75_seconds_9_probes, 10000, "F7 MUST-28 MUST-24")
{
	int fd = active_open(), i;

	app_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	expect_after(7200 * 1000, ACK, PROBE);
	for (i = 1; i < 9; i++)
		expect_after(75 * 1000, ACK, PROBE);
	expect_silence(74000);
	expect_state(fd, TCP_ESTABLISHED);
	take_burst(15000);
	app_reads_error(fd, ETIMEDOUT);
}

WIRE_TEST_LONG(keepalive, probes__answered_keep_it_alive, 300, "F7 MUST-27 SHLD-12 MAY-5")
{
	int fd = active_open(), i;

	keep_alive(fd, 10, 2, 2);
	for (i = 0; i < 10; i++) {
		expect_after(10000, ACK, PROBE);
		inject(ACK, SEQ(1), ACK(1));
	}
	expect_state(fd, TCP_ESTABLISHED);
	inject(ACK, SEQ(1), LEN(10));
	expect_ack(11);
	app_read(fd, 10);
}

WIRE_TEST_LONG(keepalive, probes__unanswered_end_it, 100, "F7 MUST-27 S1 S5")
{
	int fd = active_open();

	keep_alive(fd, 5, 2, 3);
	expect_after(5000, ACK, PROBE);
	expect_after(2000, ACK, PROBE);
	expect_after(2000, ACK, PROBE);
	expect_state(fd, TCP_ESTABLISHED);
	expect_after(2000, RST | ACK, SEQ(1));
	expect_state(fd, TCP_CLOSE);
	app_reads_error(fd, ETIMEDOUT);
	expect_silence(20000);
}

WIRE_TEST_LONG(keepalive, probes__a_late_answer_is_enough, 100, "F7 MUST-29")
{
	int fd = active_open();

	keep_alive(fd, 5, 2, 3);
	expect_after(5000, ACK, PROBE);
	expect_after(2000, ACK, PROBE);
	expect_after(2000, ACK, PROBE);
	pass_ms(1000);
	inject(ACK, SEQ(1), ACK(1));
	expect_after(5000, ACK, PROBE);
	expect_after(2000, ACK, PROBE);
	expect_after(2000, ACK, PROBE);
	expect_state(fd, TCP_ESTABLISHED);
}

/* A peer that has crashed and come back. */
WIRE_TEST_LONG(keepalive, probes__answered_by_reset, 100, "F7 S5 MUST-12")
{
	int fd = active_open();

	keep_alive(fd, 5, 2, 3);
	expect_after(5000, ACK, PROBE);
	inject(RST, SEQ(1));
	expect_state(fd, TCP_CLOSE);
	app_reads_error(fd, ECONNRESET);
	expect_silence(20000);
}

WIRE_TEST_LONG(keepalive, idle__counts_from_the_last_data, 100, "F7 MUST-26")
{
	int fd = active_open();

	keep_alive(fd, 10, 2, 3);
	pass_ms(7000);
	inject(ACK, SEQ(1), LEN(10));
	expect_ack(11);
	expect_silence(9000);
	expect_after(10000, ACK, SEQ(0), ACK(11), LEN(0));
	inject(ACK, SEQ(11), ACK(1));
	pass_ms(4000);
	app_write(fd, 10);
	expect(PSH | ACK, SEQ(1), LEN(10));
	inject(ACK, ACK(11));
	expect_after(10000, ACK, SEQ(10), ACK(11), LEN(0));
}

/* Data on its way asks the same question. */
WIRE_TEST_LONG(keepalive, idle__not_while_data_is_in_flight, 200, "F7 MUST-26 R1")
{
	int fd = active_open(), sent = 0;
	int64_t begun = now_us();
	const struct seen *s;

	keep_alive(fd, 2, 1, 2);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	while (now_us() - begun < 30000000) {
		s = take(30000);
		ensure(s && s->seq == 1 && s->len == 100, "not a retransmission");
		sent++;
	}
	ensure_in(sent, 4, 12);
	expect_state(fd, TCP_ESTABLISHED);
	inject(ACK, ACK(101));
	expect_after(2000, ACK, SEQ(100), ACK(1), LEN(0));
}

WIRE_TEST_LONG(keepalive, options__take_effect_while_it_waits, 300, "F7 A4 MUST-24 MUST-27")
{
	int fd = active_open();

	keep_alive(fd, 100, 2, 3);
	pass_ms(2000);
	app_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 20);
	expect_within(17000, 23000, ACK, PROBE);
	inject(ACK, SEQ(1), ACK(1));
	app_set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
	expect_silence(60000);
	ensure_eq(app_get(fd, IPPROTO_TCP, TCP_KEEPIDLE), 20);
	ensure_eq(app_get(fd, IPPROTO_TCP, TCP_KEEPINTVL), 2);
	ensure_eq(app_get(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
}

WIRE_TEST_LONG(keepalive, options__are_inherited_from_the_listener, 100, "F7 A4")
{
	int fd;

	listener = app_listen();
	keep_alive(listener, 5, 1, 1);
	fd = passive_open(FULL_OPTIONS);
	expect_after(5000, ACK, PROBE);
	inject(ACK, SEQ(1), ACK(1));
	expect_after(5000, ACK, PROBE);
	expect_after(1000, RST | ACK, SEQ(1));
	app_reads_error(fd, ETIMEDOUT);
}

WIRE_TEST_LONG(keepalive, options__follow_sysctls, 100, "F7 A4 MUST-27")
{
	int fd;

	sysctl_set("net/ipv4/tcp_keepalive_time", 8);
	sysctl_set("net/ipv4/tcp_keepalive_intvl", 3);
	sysctl_set("net/ipv4/tcp_keepalive_probes", 2);
	fd = active_open();
	app_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	expect_after(8000, ACK, PROBE);
	expect_after(3000, ACK, PROBE);
	expect_after(3000, RST | ACK, SEQ(1));
	app_reads_error(fd, ETIMEDOUT);
}

WIRE_TEST_LONG(keepalive, options__user_timeout_comes_first, 100, "F7 R2 A4")
{
	int fd = active_open();

	keep_alive(fd, 5, 2, 100);
	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 8000);
	expect_after(5000, ACK, PROBE);
	expect_after(2000, ACK, PROBE);
	expect_within(1000, 3000, RST | ACK, SEQ(1));
	app_reads_error(fd, ETIMEDOUT);
}

/* In the states in which a connection may be idle for long. */
WIRE_TEST_LONG(keepalive, states__half_closed, 100, "F7 S1 S2")
{
	int fd = reach(TCP_CLOSE_WAIT);

	keep_alive(fd, 5, 2, 3);
	expect_after(5000, ACK, SEQ(0), ACK(2), LEN(0));
	inject(ACK, SEQ(2), ACK(1));
	end_case(fd);
	new_connection();
	fd = reach(TCP_FIN_WAIT2);
	keep_alive(fd, 5, 2, 3);
	expect_after(5000, ACK, SEQ(1), ACK(1), LEN(0));
	inject(ACK, SEQ(1), ACK(2));
	expect_after(5000, ACK, SEQ(1), ACK(1), LEN(0));
}

/* The other side of it: with and without a garbage byte. */
WIRE_TEST_LONG(keepalive, peer__probes_are_answered, 100, "F7 W4 MAY-6")
{
	int fd = active_open(FULL_OPTIONS);
	int i;

	for (i = 0; i < 5; i++) {
		pass_ms(5000);
		inject(ACK, SEQ(0), ACK(1));
		expect(ACK, SEQ(1), ACK(1), LEN(0));
		pass_ms(5000);
		inject(ACK, SEQ(0), ACK(1), LEN(1));
		expect(ACK, SEQ(1), ACK(1), LEN(0));
	}
	app_reads_nothing(fd);
}
