// SPDX-License-Identifier: GPL-2.0
/*
 * cwv.c - what becomes of a congestion window that is not used (RFC 7661)
 *
 * A peer with an MSS of 500 lets slow start reach 80 segments. Then the application
 * sends less: two seconds later none of what was delivered before counts any more.
 */
#include "wire.h"

enum { SEG = 500, GROWN = 80 };

static int cwnd(int fd)
{
	return app_info(fd).tcpi_snd_cwnd;
}

static int ssthresh(int fd)
{
	return app_info(fd).tcpi_snd_ssthresh;
}

/* The application writes so much, and one ACK acknowledges it. */
static void round_trip(int fd, int segments)
{
	app_write(fd, segments * SEG);
	ensure_eq(take_burst(5).segments, segments);
	inject(ACK, ACK(c->stack_max));
}

static void begin(void)
{
	differs_from_builtin("it does not validate its window so");
	classic_recovery();
	sysctl_set("net/ipv4/tcp_slow_start_after_idle", 0);
}

/* Slow start to a window of 80 segments, all of it acknowledged. */
static int grow(int fd)
{
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 400000);
	round_trip(fd, 10);
	round_trip(fd, 20);
	round_trip(fd, 40);
	ensure_eq(cwnd(fd), GROWN);
	return fd;
}

static int grown(const char *algorithm)
{
	int fd;

	begin();
	fd = active_open(MSS(SEG), SACK_OK);
	app_choose(fd, algorithm);
	return grow(fd);
}

/* The same, but nothing of it was in use lately. */
static int unused(const char *algorithm)
{
	int fd = grown(algorithm);

	expect_silence(2000);
	return fd;
}

/* Segments leave, and the first of them are lost; SACK tells of all others. */
static int64_t lose_first(int fd, int segments, int lost)
{
	int64_t from = c->stack_max;

	app_write(fd, segments * SEG);
	expect_bytes(from, from + segments * SEG);
	inject(ACK, ACK(from), SACK({ from + lost * SEG, from + segments * SEG }));
	expect(ACK, SEQ(from), LEN(SEG));
	return from;
}

/* What was lost arrives, too; an ACK for what was sent again so far. */
static void repair(int64_t from, int lost)
{
	int64_t una = from + SEG;

	while (una < from + lost * SEG) {
		struct burst b;

		inject(ACK, ACK(una));
		b = take_burst(5);
		ensure(b.segments, "nothing more is sent again");
		una = b.to;
	}
	pass_ms(5);			/* no sooner than a round trip takes */
	inject(ACK, ACK(c->stack_max));
}

/* Both. */
static void lose_and_repair(int fd, int segments, int lost)
{
	repair(lose_first(fd, segments, lost), lost);
}

/* ------------------------------------------------------------- it is kept */

/* Four minutes of little: the window neither grows nor shrinks. */
WIRE_TEST_LONG(cwv, kept__while_the_application_sends_little, 400, "C10 C1 MUST-19")
{
	int fd = unused("reno"), i;

	for (i = 0; i < 48; i++) {
		round_trip(fd, i % 30);
		expect_silence(5000);
		ensure_eq(cwnd(fd), GROWN);
	}
	app_write(fd, GROWN * SEG);
	ensure_eq(take_burst(5).segments, GROWN);
}

/* More than half of it is sent, but whether the path carries that is not known yet. */
WIRE_TEST(cwv, kept__until_half_was_delivered, "C10")
{
	int64_t from;
	int fd = unused("reno"), i;

	from = c->stack_max;
	app_write(fd, 60 * SEG);
	ensure_eq(take_burst(5).segments, 60);
	for (i = 1; i < 40; i++)
		inject(ACK, ACK(from + i * SEG));
	ensure_eq(cwnd(fd), GROWN);
}

/* Section 4.4: whoever fills it may let it grow. */
WIRE_TEST(cwv, kept__grows_when_it_is_the_limit, "C10 C1")
{
	int fd = unused("reno"), i;
	int64_t from = c->stack_max;

	app_write(fd, 3 * GROWN * SEG);		/* cut as offload likes it */
	ensure_in(take_burst(5).segments, GROWN / 2, GROWN);
	for (i = 1; i <= 20; i++)
		inject(ACK, ACK(from + i * SEG));
	take_burst(5);
	ensure_eq(cwnd(fd), GROWN + 20);
}

/* ------------------------------------------- the non-validated period ends */

/* Section 4.4.3: half of it for each five minutes, but not below the initial window. */
WIRE_TEST_LONG(cwv, period__of_silence, 9000, "C10 C1")
{
	static const struct { int seconds, left; } cases[] = {
		{ 299, 80 }, { 301, 40 }, { 599, 40 }, { 601, 20 }, { 901, 10 },
		{ 5000, 10 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd;

		new_connection();
		note("%d seconds", cases[i].seconds);
		fd = grown("reno");
		expect_silence(cases[i].seconds * 1000);
		app_write(fd, GROWN * SEG);
		ensure_eq(take_burst(5).segments, cases[i].left);
		end_case(fd);
	}
}

/* The same when something is sent every now and then; in the 301st second. */
WIRE_TEST_LONG(cwv, period__of_little, 1000, "C10 C1")
{
	int fd = grown("reno"), passed_s;
	int64_t from_us = now_us();

	do {
		expect_silence(1000);
		round_trip(fd, 1);
		passed_s = (now_us() - from_us) / 1000000;
		ensure_eq(cwnd(fd), passed_s < 300 ? 80 : passed_s < 600 ? 40 :
				    passed_s < 900 ? 20 : 10);
	} while (passed_s < 920);
}

/* Half of it in use once in a while is enough. */
WIRE_TEST_LONG(cwv, period__begins_anew_with_use, 1000, "C10")
{
	int fd = grown("reno"), i;

	for (i = 0; i < 3; i++) {
		expect_silence(290000);
		round_trip(fd, GROWN / 2);
		ensure_eq(cwnd(fd), GROWN);
	}
}

/* ssthresh remembers three quarters of what there was. */
WIRE_TEST_LONG(cwv, period__ssthresh, 400, "C10")
{
	int fd = grown("reno");

	lose_and_repair(fd, 40, 1);
	ensure_eq(ssthresh(fd), 20);
	while (cwnd(fd) < 28)
		round_trip(fd, cwnd(fd));
	expect_silence(301000);
	round_trip(fd, 1);
	ensure_eq(cwnd(fd), 14);
	ensure_eq(ssthresh(fd), 21);
}

/* With the setting's default RFC 5681 comes first, and this for who is never idle. */
WIRE_TEST_LONG(cwv, period__with_restart_after_idle, 400, "C10 C1")
{
	int fd, i;

	fd = grown("reno");
	sysctl_set("net/ipv4/tcp_slow_start_after_idle", 1);
	sysctl_set("net/ltcp/rto_min_ms", 60000);
	round_trip(fd, 1);
	for (i = 0; i < 6; i++) {
		expect_silence(50000);
		ensure_eq(cwnd(fd), GROWN);
		round_trip(fd, 1);
	}
	ensure_eq(cwnd(fd), GROWN / 2);
	expect_silence(61000);
	round_trip(fd, 1);
	ensure_eq(cwnd(fd), 10);
}

/* Tahoe is the textbook's, and knows nothing of it. */
WIRE_TEST_LONG(cwv, period__not_for_tahoe, 1000, "C10 C2")
{
	int fd = grown("tahoe");

	expect_silence(700000);
	app_write(fd, GROWN * SEG);
	ensure_eq(take_burst(5).segments, GROWN);
}

/* ------------------------------------------------------------- congestion */

/* Section 4.4.1: half of what was in flight, and after the repair less what was lost. */
WIRE_TEST(cwv, loss__of_what_was_in_flight, "C10 R6")
{
	static const struct { int lost, left; } cases[] = {
		{ 1, 5 }, { 2, 5 }, { 4, 4 }, { 8, 2 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t from;
		int fd;

		new_connection();
		note("%d of 12 are lost", cases[i].lost);
		fd = unused("reno");
		from = lose_first(fd, 12, cases[i].lost);
		ensure_eq(ssthresh(fd), 6);
		repair(from, cases[i].lost);
		ensure_eq(cwnd(fd), cases[i].left);
		ensure_eq(ssthresh(fd), cases[i].left);
		end_case(fd);
	}
}

/* The same segment lost twice is lost once. */
WIRE_TEST(cwv, loss__counts_each_segment_once, "C10")
{
	int fd = unused("reno");
	int64_t from;

	sysctl_set("net/ipv4/tcp_recovery", 1);
	from = lose_first(fd, 12, 1);
	pass_ms(20);
	app_write(fd, 4 * SEG);
	expect_bytes(from + 12 * SEG, from + 16 * SEG);
	inject(ACK, ACK(from), SACK({ from + SEG, c->stack_max }));
	expect_within(0, 100, ACK, SEQ(from), LEN(SEG));
	repair(from, 1);
	ensure_eq(cwnd(fd), 5);
}

/* All algorithms of that kind halve then, also CUBIC, which else gives up 3/10. */
WIRE_TEST(cwv, loss__with_every_algorithm, "C10 C3 C5")
{
	static const char *const names[] = { "reno", "cubic", "dctcp" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int fd;

		new_connection();
		note("%s", names[i]);
		fd = unused(names[i]);
		lose_and_repair(fd, 12, 2);
		ensure_eq(cwnd(fd), 5);
		end_case(fd);
	}
}

/* 30 are delivered, and after a pause one of 6 is lost. What is left during and after? */
static void lose_one_after(int pause_ms, int during, int afterwards)
{
	int fd = unused("reno");
	int64_t from;

	round_trip(fd, 30);
	expect_silence(pause_ms);
	from = lose_first(fd, 6, 1);
	ensure_eq(ssthresh(fd), during);
	repair(from, 1);
	ensure_eq(cwnd(fd), afterwards);
}

/* What was delivered in the last second counts, when less is in flight. */
WIRE_TEST(cwv, loss__of_what_was_delivered_lately, "C10")
{
	lose_one_after(400, 15, 14);
}

/* What was delivered more than a second ago does not. */
WIRE_TEST(cwv, loss__not_of_what_was_delivered_long_ago, "C10")
{
	lose_one_after(1010, 3, 2);
}

/* A window that is in use: as ever. */
WIRE_TEST(cwv, loss__in_the_validated_phase, "C10 C2")
{
	int fd = grown("reno");
	int64_t from;

	from = lose_first(fd, GROWN, 40);
	ensure_eq(ssthresh(fd), GROWN / 2);
	repair(from, 40);
	ensure_eq(cwnd(fd), GROWN / 2);
}

/* After the repair it is the standard's again, until there is something to compare. */
WIRE_TEST(cwv, loss__ends_the_phase, "C10")
{
	int fd = unused("reno");

	lose_and_repair(fd, 40, 1);
	ensure_eq(cwnd(fd), 19);
	lose_and_repair(fd, 8, 4);
	ensure_eq(cwnd(fd), 4);
}

/* Section 4.4: a timeout is answered as always. */
WIRE_TEST(cwv, timeout__as_always, "C10 R1")
{
	int fd = unused("reno");
	int64_t from;

	round_trip(fd, 30);
	from = c->stack_max;
	app_write(fd, 12 * SEG);
	expect_bytes(from, from + 12 * SEG);
	expect_after(200, ACK, SEQ(from), LEN(SEG));
	ensure_eq(cwnd(fd), 1);
	ensure_eq(ssthresh(fd), 6);
}

/* ... also in the midst of a repair: nothing of what was in use is given back. */
WIRE_TEST(cwv, timeout__during_a_repair, "C10 R1")
{
	int fd = unused("reno");
	int64_t from = lose_first(fd, 12, 1);

	expect_after(200, ACK, SEQ(from), LEN(SEG));
	ensure_eq(cwnd(fd), 1);
	inject(ACK, ACK(from + 12 * SEG));
	ensure_in(cwnd(fd), 1, 2);
}

/* A mark is congestion, too; nothing was lost, so there is no R. */
WIRE_TEST(cwv, mark__of_what_was_delivered_lately, "C10 C6")
{
	int fd;

	begin();
	sysctl_set("net/ipv4/tcp_ecn", 1);
	fd = app_socket();
	app_choose(fd, "reno");
	app_connect_fd(fd);
	expect(SYN | ECE | CWR, SEQ(0));
	inject(SYN | ACK | ECE, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	grow(fd);
	expect_silence(2000);
	round_trip(fd, 30);
	app_write(fd, 6 * SEG);
	take_burst(5);
	inject(ACK | ECE, ACK(c->stack_max));
	ensure_eq(cwnd(fd), 15);
	ensure_eq(ssthresh(fd), 15);
}
