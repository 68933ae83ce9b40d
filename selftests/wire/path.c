// SPDX-License-Identifier: GPL-2.0
/*
 * path.c - what earlier connections teach the next one (RFC 9040)
 */
#include "wire.h"

/* The last SYN is answered, @rtt_ms after it was sent. */
static void answered(int rtt_ms)
{
	pass_ms(rtt_ms);
	inject(SYN | ACK, FULL_OPTIONS);
	expect(ACK, SEQ(1), ACK(1));
}

/* A connection whose handshake takes @rtt_ms; it ends at once. */
static void learn(int rtt_ms, bool stamps)
{
	int fd;

	new_connection();
	sysctl_set("net/ipv4/tcp_timestamps", stamps);
	fd = app_connect();
	expect(SYN, SEQ(0));
	answered(rtt_ms);
	end_case(fd);
}

static void remember(void)
{
	differs_from_builtin("it waits a second for every answer to a first SYN");
	sysctl_set("net/ipv4/tcp_no_metrics_save", 0);
	sysctl_try("net/ipv4/tcp_syn_linear_timeouts", 0);
}

/* A SYN, sent again @early_ms later, or not at all when 0, and as usual after that. */
static int connects(int early_ms)
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	if (early_ms)
		expect_after(early_ms, SYN, SEQ(0), MSS(1460));
	expect_after(1000, SYN, SEQ(0));
	expect_after(2000, SYN, SEQ(0));
	return fd;
}

/* RTO of a single sample is three round trips, and 200 ms at least. */
WIRE_TEST(path, syn__is_sent_early_where_the_round_trip_is_known, "R1")
{
	static const struct { int rtt_ms, early_ms; } t[] = {
		{ 10, 200 }, { 100, 300 }, { 300, 900 }, { 400, 0 },
	};
	size_t i;

	remember();
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		learn(t[i].rtt_ms, true);
		new_connection();
		end_case(connects(t[i].early_ms));
	}
}

WIRE_TEST(path, syn__first_to_a_host_is_not, "R1")
{
	remember();
	learn(10, true);
	new_connection()->peer_addr = PEER_ADDR + 1;
	end_case(connects(0));
	new_connection();
	end_case(connects(200));
}

WIRE_TEST(path, memory__tcp_no_metrics_save, "A3")
{
	remember();
	sysctl_set("net/ipv4/tcp_no_metrics_save", 1);
	learn(10, true);
	new_connection();
	end_case(connects(0));
}

WIRE_TEST_LONG(path, memory__lasts_a_minute, 200, "R1")
{
	remember();
	learn(10, true);
	pass_ms(55000);
	new_connection();
	end_case(connects(200));
	pass_ms(10000);
	new_connection();
	end_case(connects(0));
}

/* Which of two SYNs was answered? Only a timestamp tells (Karn's algorithm). */
WIRE_TEST(path, memory__not_of_round_trips_in_doubt, "R1 MUST-18")
{
	int stamps;

	remember();
	for (stamps = 0; stamps < 2; stamps++) {
		int fd;

		new_connection()->peer_addr = PEER_ADDR + stamps;
		sysctl_set("net/ipv4/tcp_timestamps", stamps);
		fd = app_connect();
		expect(SYN, SEQ(0));
		expect_after(1000, SYN, SEQ(0));
		answered(10);
		end_case(fd);

		new_connection()->peer_addr = PEER_ADDR + stamps;
		end_case(connects(stamps ? 200 : 0));
	}
}

/* Whoever knows the path says so in its route (ip-route(8)), whatever was measured. */
WIRE_TEST(path, route__rtt_and_rttvar, "A5 R1")
{
	remember();
	learn(10, true);
	run_ip("route add 192.0.2.2 dev wire0 rtt 120ms");
	new_connection();
	end_case(connects(360));
	run_ip("route change 192.0.2.2 dev wire0 rtt 120ms rttvar 100ms");
	new_connection();
	end_case(connects(520));
	run_ip("route change 192.0.2.2 dev wire0 rtt 2s");
	new_connection();
	end_case(connects(0));
}

/* The first SYN was answered after all: cwnd is not reduced. */
WIRE_TEST(path, syn__early_was_too_early, "R1 C8")
{
	int fd;

	remember();
	learn(10, true);
	new_connection();
	fd = app_connect();
	expect(SYN, SEQ(0));
	expect_after(200, SYN, SEQ(0));
	answered(100);
	app_write(fd, 30000);
	ensure_eq(take_burst(50).segments, 10);
}

/* A SYN,ACK, too; then the second wait is as long as ever. */
WIRE_TEST(path, syn_ack__is_sent_early_where_the_round_trip_is_known, "R1")
{
	int rtt_ms;

	remember();
	for (rtt_ms = 10; rtt_ms <= 100; rtt_ms += 90) {
		int early_ms = rtt_ms < 100 ? 200 : 300;

		new_connection();
		reach(TCP_SYN_RECV);
		pass_ms(rtt_ms);
		inject(ACK, SEQ(1), ACK(1));
		end_case(app_accept(listener));

		new_connection();
		reach(TCP_SYN_RECV);
		expect_after(early_ms, SYN | ACK, SEQ(0), ACK(1));
		expect_after(2000, SYN | ACK, SEQ(0), ACK(1));
		expect_after(4000, SYN | ACK, SEQ(0), ACK(1));
		inject(RST, SEQ(1));
		ignore_rest();
	}
}

/* The program waits in counts of timeouts: none is shorter. */
WIRE_TEST(path, syn_ack__not_early_when_data_is_awaited, "R1 A4")
{
	remember();
	learn(10, true);
	new_connection();
	reach(TCP_LISTEN);
	app_set(listener, SOL_TCP, TCP_DEFER_ACCEPT, 5);
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	expect_after(1000, SYN | ACK, SEQ(0), ACK(1));
	expect_after(2000, SYN | ACK, SEQ(0), ACK(1));
}

/* It asks for ECN still; only a SYN that has timed out does without. */
WIRE_TEST(path, syn__early_asks_for_ecn, "C6 R1")
{
	int fd;

	remember();
	learn(10, true);
	sysctl_set("net/ipv4/tcp_ecn", 1);
	new_connection();
	fd = app_connect();
	expect(SYN | ECE | CWR, SEQ(0));
	expect_after(200, SYN | ECE | CWR, SEQ(0));
	expect_after(1000, SYN, SEQ(0));
	end_case(fd);
}

/* Neither SYNs in excess nor a connection that lives longer than it may. */
WIRE_TEST_LONG(path, syn__early_does_not_count, 60, "R1 A4")
{
	int fd;

	remember();
	sysctl_set("net/ipv4/tcp_syn_retries", 2);
	learn(10, true);
	new_connection();
	fd = connects(200);
	expect_silence(3900);
	app_connect_result(fd, EINPROGRESS);
	expect_silence(700);
	app_connect_result(fd, ETIMEDOUT);
}

/* ----------------------------------------------------- the route's metrics */

/* Whoever knows a path says so in its route; all of it is ip-route(8)'s. */
static void route_says(const char *metrics)
{
	run_ip("route add 192.0.2.2 dev wire0 %s", metrics);
}

WIRE_TEST(path, route__initcwnd, "A5 C1")
{
	int fd;

	route_says("initcwnd 4");
	fd = active_open(MSS(1000));
	app_write(fd, 20000);
	ensure_eq(take_burst(50).segments, 4);
}

WIRE_TEST(path, route__initrwnd, "A5 F1")
{
	int fd;

	route_says("initrwnd 5 advmss 1000");
	fd = app_connect();
	expect(SYN, SEQ(0), MSS(1000), WIN(5000));
	end_case(fd);
	new_connection();
	fd = app_listen();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, MSS(1000), WIN(5000));
}

WIRE_TEST(path, route__quickack, "A5 F5")
{
	int fd, i;

	route_says("quickack 1");
	fd = active_open(MSS(1000));
	for (i = 0; i < 40; i++) {
		inject(ACK | PSH, SEQ(1 + i * 100), LEN(100));
		expect(ACK, ACK(101 + i * 100), LEN(0));
		app_read(fd, 100);
		app_write(fd, 10);
		expect(PSH | ACK, LEN(10));
		inject(ACK, SEQ(101 + i * 100), ACK(11 + i * 10));
	}
}

/* Slow start up to ssthresh, and never more than cwnd, whichever algorithm asks. */
WIRE_TEST(path, route__ssthresh_and_cwnd, "A5 C1")
{
	static const char * const algorithms[] = { "reno", "cubic", "bbr" };
	size_t i;

	route_says("ssthresh 4 cwnd lock 5");
	for (i = 0; i < ARRAY_SIZE(algorithms); i++) {
		int fd, round;

		new_connection();
		fd = app_socket();
		app_choose(fd, algorithms[i]);
		active_open_fd(fd, MSS(1000));
		app_set(fd, SOL_SOCKET, SO_SNDBUF, 1000000);
		app_write(fd, 300000);
		ensure_eq(take_burst(50).segments, 5);
		for (round = 0; round < 8; round++) {
			inject(ACK, ACK(c->stack_max));
			ensure_in(take_burst(50).segments, 1, 5);
		}
		if (strcmp(algorithms[i], "bbr"))
			ensure_eq(app_info(fd).tcpi_snd_ssthresh, 4);
		ensure_eq(app_info(fd).tcpi_snd_cwnd, 5);
		end_case(fd);
	}
}

/* As many duplicate ACKs as a packet of this path may be late by. */
WIRE_TEST(path, route__reordering, "A5 R3")
{
	int fd, i;

	classic_recovery();
	route_says("reordering 6");
	fd = active_open(MSS(1000));
	app_write(fd, 10000);
	expect_bytes(1, 10001);
	for (i = 0; i < 5; i++)
		inject(ACK, ACK(1));
	expect_silence(50);
	ensure_eq(app_info(fd).tcpi_reordering, 6);
	inject(ACK, ACK(1));
	expect(ACK, SEQ(1), LEN(1000));
}
