// SPDX-License-Identifier: GPL-2.0
/*
 * cwnd.c - the congestion window (RFC 5681, 6928, 3465)
 *
 * A peer with an MSS of 1000 that acknowledges a whole flight with one ACK sees
 * cwnd as the number of segments in the next one.
 */
#include "wire.h"

enum { SEG = 1000 };

/*
 * A connection with much to send, its first flight on the way. The ACK before
 * it is for the built-in TCP, to which the first one never is a duplicate.
 */
static int bulk_of(const char *algorithm, int segments)
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(SEG));
	inject(ACK, ACK(1));
	app_choose(fd, algorithm);
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	app_write(fd, segments * SEG);
	expect_bytes(1, 1 + 10 * SEG);
	return fd;
}

static int bulk(int segments)
{
	return bulk_of("reno", segments);
}

/* One round trip: all is acknowledged; returns the segments of the next flight. */
static int next_flight(void)
{
	inject(ACK, ACK(c->stack_max));
	return take_burst(5).segments;
}

static int cwnd(int fd)
{
	return app_info(fd).tcpi_snd_cwnd;
}

static int ssthresh(int fd)
{
	return app_info(fd).tcpi_snd_ssthresh;
}

/* A timeout with ten segments out; the copy of the first is on its way. */
static int timed_out(int segments)
{
	int fd = bulk(segments);

	expect_after(200, ACK, SEQ(1), LEN(SEG));
	return fd;
}

/* Three duplicate ACKs while ten segments are out; the hole has been filled. */
static int three_duplicates(const char *algorithm)
{
	int fd = bulk_of(algorithm, 10), i;

	for (i = 0; i < 3; i++)
		inject(ACK, ACK(1));
	expect(ACK, SEQ(1), LEN(SEG));
	return fd;
}

/* ------------------------------------------------------------ the beginning */

WIRE_TEST(cwnd, initial__ten_segments, "C1")
{
	static const int sizes[] = { 100, 536, 1000, 1460 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct burst b;
		int fd;

		new_connection();
		note("MSS %d", sizes[i]);
		fd = active_open(MSS(sizes[i]));
		ensure_eq(cwnd(fd), 10);
		app_write(fd, 20 * sizes[i]);
		b = take_burst(50);
		ensure_eq(b.segments, 10);
		ensure_eq(b.to, 1 + 10 * sizes[i]);
		end_case(fd);
	}
}

WIRE_TEST(cwnd, initial__of_a_passive_open, "C1")
{
	int fd = passive_open(MSS(SEG));

	app_write(fd, 20 * SEG);
	ensure_eq(take_burst(50).segments, 10);
}

/* RFC 6928, section 2: a SYN or its answer that is sent again once may have been late. */
WIRE_TEST(cwnd, initial__after_a_lost_syn, "C1 R1")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	expect_after(1000, SYN, SEQ(0));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1));
	app_write(fd, 15 * SEG);
	expect_bytes(1, 1 + 10 * SEG);
}

/* RFC 5681, section 3.1: one segment when it was lost. */
WIRE_TEST(cwnd, initial__after_two_lost_syns, "C1 R1")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	expect_after(1000, SYN, SEQ(0));
	expect_within(900, 2300, SYN, SEQ(0));		/* tcp_syn_linear_timeouts */
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1));
	app_write(fd, 5 * SEG);
	expect(ACK, SEQ(1), LEN(SEG));
	expect_silence(50);
	inject(ACK, ACK(1 + SEG));
	expect_bytes(1 + SEG, 1 + 3 * SEG);
}

WIRE_TEST(cwnd, initial__after_a_lost_syn_ack, "C1 R1")
{
	int fd;

	reach(TCP_SYN_RECV);
	expect_after(1000, SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	app_write(fd, 15 * 1460);
	expect_bytes(1, 1 + 10 * 1460);
}

WIRE_TEST(cwnd, initial__after_two_lost_syn_acks, "C1 R1")
{
	int fd;

	reach(TCP_SYN_RECV);
	expect_after(1000, SYN | ACK, SEQ(0), ACK(1));
	expect_after(2000, SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	app_write(fd, 5 * 1460);
	expect(ACK, SEQ(1), LEN(1460));
	expect_silence(50);
}

/* What may be on its way: the lesser of cwnd and the peer's window. */
WIRE_TEST(cwnd, effective_window__lesser_of_both, "C1 MUST-19")
{
	static const int windows[] = { 3, 9, 10, 30 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		int n = windows[i] < 10 ? windows[i] : 10, fd;

		new_connection();
		note("a window of %d segments", windows[i]);
		fd = active_open(MSS(SEG), WIN(windows[i] * SEG));
		app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
		app_write(fd, 20 * SEG);
		expect_bytes(1, 1 + n * SEG);
		expect_silence(20);
		end_case(fd);
	}
}

/* --------------------------------------------------------------- slow start */

WIRE_TEST(cwnd, slow_start__doubles_in_a_round_trip, "C1 MUST-19")
{
	int fd = bulk(100), acks;

	for (acks = 0; acks < 10; acks++)	/* one for every segment */
		inject(ACK, ACK(1 + (acks + 1) * SEG));
	take_burst(5);
	ensure_eq(cwnd(fd), 20);
	for (; acks < 30; acks += 2)			/* one for every second */
		inject(ACK, ACK(1 + (acks + 2) * SEG));
	take_burst(5);
	ensure_eq(cwnd(fd), 40);
	ensure_in(ssthresh(fd), 0x7fffffff, 0x7fffffff);
}

/* On the wire: ten, twenty, forty. */
WIRE_TEST(cwnd, slow_start__as_the_wire_sees_it, "C1")
{
	int fd = bulk(100);

	ensure_eq(next_flight(), 20);
	ensure_eq(next_flight(), 40);
	ensure_eq(cwnd(fd), 40);
}

/* Small additions are saved up for larger packets, but not for the next round trip. */
WIRE_TEST(cwnd, slow_start__leaves_nothing_unused, "C1")
{
	int fd = bulk(100), round;
	int64_t acked = 1;

	for (round = 0; round < 2; round++) {
		int64_t flight = c->stack_max;

		pass_ms(50);
		while (acked < flight) {
			acked += 2 * SEG;
			inject(ACK, ACK(acked));
		}
		take_burst(5);
		ensure_eq((c->stack_max - acked) / SEG, cwnd(fd));
	}
	ensure_eq(cwnd(fd), 40);
}

/* A window that is not used does not grow. */
WIRE_TEST(cwnd, slow_start__not_when_the_application_limits, "C1")
{
	int fd = active_open(MSS(SEG)), i;

	for (i = 0; i < 30; i++) {
		app_write(fd, SEG);
		expect(ACK, SEQ(1 + i * SEG), LEN(SEG));
		inject(ACK, ACK(1 + (i + 1) * SEG));
	}
	ensure_eq(cwnd(fd), 10);
}

WIRE_TEST(cwnd, slow_start__not_when_the_peers_window_limits, "C1")
{
	int fd = active_open(MSS(SEG), WIN(4 * SEG)), i;

	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	app_write(fd, 40 * SEG);
	expect_bytes(1, 1 + 4 * SEG);
	for (i = 1; i < 10; i++) {
		inject(ACK, ACK(1 + 4 * i * SEG));
		expect_bytes(1 + 4 * i * SEG, 1 + 4 * (i + 1) * SEG);
	}
	ensure_eq(cwnd(fd), 10);
}

/* ------------------------------------------------------ after three duplicates */

/* RFC 5681, equation 4: half of what was on its way. */
WIRE_TEST(cwnd, fast_recovery__halves, "C1 C2 R3 MUST-19")
{
	int fd = three_duplicates("reno");

	ensure_eq(ssthresh(fd), 5);
	inject(ACK, ACK(1 + 10 * SEG));
	ensure_eq(cwnd(fd), 5);
	app_write(fd, 20 * SEG);
	ensure_eq(take_burst(5).segments, 5);
}

WIRE_TEST(cwnd, fast_recovery__halves_with_sack, "C1 C2 R4")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(SEG), SACK_OK);
	app_choose(fd, "reno");
	app_write(fd, 10 * SEG);
	expect_bytes(1, 1 + 10 * SEG);
	inject(ACK, ACK(1), SACK({ 1 + SEG, 1 + 10 * SEG }));
	expect(ACK, SEQ(1), LEN(SEG));
	ensure_eq(ssthresh(fd), 5);
	pass_ms(5);			/* no sooner than a round trip takes */
	inject(ACK, ACK(1 + 10 * SEG));
	ensure_eq(cwnd(fd), 5);
}

/* Once in a window of data, however many losses it had (RFC 6582). */
WIRE_TEST(cwnd, fast_recovery__halves_once, "C1 C2 R3")
{
	int fd, half, i;

	differs_from_builtin("a partial ACK's retransmission waits for room");
	fd = three_duplicates("reno");
	half = ssthresh(fd);
	for (i = 1; i < 5; i++) {
		inject(ACK, ACK(1 + i * SEG));
		expect(ACK, SEQ(1 + i * SEG), LEN(SEG));
	}
	inject(ACK, ACK(1 + 10 * SEG));
	ensure_eq(ssthresh(fd), half);
	ensure_eq(cwnd(fd), half);
}

/* Beyond ssthresh: one more segment in a round trip. */
WIRE_TEST(cwnd, congestion_avoidance__one_per_round_trip, "C1 C2 MUST-19")
{
	int fd = three_duplicates("reno"), flight, i;

	inject(ACK, ACK(1 + 10 * SEG));
	app_write(fd, 100 * SEG);
	flight = take_burst(5).segments;
	for (i = 1; i <= 6; i++)
		ensure_eq(next_flight(), flight + i);
	ensure_eq(cwnd(fd), flight + 6);
}

/* RFC 3465: bytes count, not ACKs. */
WIRE_TEST(cwnd, congestion_avoidance__counts_bytes, "C1 C2 ATTACK-29")
{
	int fd = three_duplicates("reno"), before, i;

	inject(ACK, ACK(1 + 10 * SEG));
	app_write(fd, 50 * SEG);
	before = take_burst(5).segments;
	for (i = 1; i <= 2 * before; i++)		/* half segments */
		inject(ACK, ACK(1 + 10 * SEG + i * SEG / 2));
	take_burst(5);
	ensure_eq(cwnd(fd), before + 1);
}

/*
 * ACKs of single segments: where they come quickly, several are answered by one packet; on
 * a slow path each is, at once.
 */
WIRE_TEST(cwnd, congestion_avoidance__saves_up_on_a_fast_path_only, "C1 C8")
{
	static const struct { int rtt_ms, at_once; } t[] = { { 2, 0 }, { 50, 1 } };
	size_t i;

	differs_from_builtin("it goes by the time since it last sent");
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t acked = 0;
		int fd, n;

		new_connection();
		fd = three_duplicates("reno");
		inject(ACK, ACK(1 + 10 * SEG));
		app_write(fd, 150 * SEG);
		take_burst(5);
		for (n = 0; n < 8; n++) {
			pass_ms(t[i].rtt_ms);
			acked = c->stack_max;
			inject(ACK, ACK(acked));
			take_burst(1);
		}
		pass_ms(t[i].rtt_ms);
		inject(ACK, ACK(acked + SEG));
		ensure_eq(take_burst(1).segments, t[i].at_once);
		for (n = 2; n <= 4; n++)
			inject(ACK, ACK(acked + n * SEG));
		ensure_eq(take_burst(1).segments, 4 - t[i].at_once);
		end_case(fd);
	}
}

/* --------------------------------------------------------- after a timeout */

WIRE_TEST(cwnd, timeout__one_segment, "C1 C2 R1 MUST-19")
{
	int fd = timed_out(20);

	expect_silence(100);
	ensure_eq(cwnd(fd), 1);
	ensure_eq(ssthresh(fd), 5);
}

/* Slow start up to ssthresh, 1, 2, 4, 5, then one more in a round trip. */
WIRE_TEST(cwnd, timeout__slow_start_to_ssthresh, "C1 C2 MUST-19")
{
	int fd, i;

	differs_from_builtin("the ACK that ends the repair opens its window at once");
	fd = timed_out(60);
	inject(ACK, ACK(1 + 10 * SEG));
	ensure_eq(take_burst(5).segments, 2);
	for (i = 0; i < 2; i++)
		inject(ACK, ACK(1 + (11 + i) * SEG));
	ensure_eq(take_burst(5).segments, 4);
	ensure_eq(next_flight(), 5);
	for (i = 6; i < 9; i++)
		ensure_eq(next_flight(), i);
	ensure_eq(ssthresh(fd), 5);
}

/* RFC 3465, section 2.3: an ACK during the repair gives one segment at most. */
WIRE_TEST(cwnd, timeout__one_per_ack_during_the_repair, "C1 R1")
{
	int fd;

	differs_from_builtin("it counts what was acknowledged");
	fd = timed_out(10);
	inject(ACK, ACK(1 + 4 * SEG));
	expect_bytes(1 + 4 * SEG, 1 + 6 * SEG);
	expect_silence(20);
	ensure_eq(cwnd(fd), 2);
}

/* RFC 5681, section 3.1: the same segment again, ssthresh stays. */
WIRE_TEST(cwnd, timeout__again, "C1 R1 ATTACK-17")
{
	int fd = timed_out(20), i;

	for (i = 1; i < 5; i++) {
		expect_after(200 << i, ACK, SEQ(1), LEN(SEG));
		ensure_eq(ssthresh(fd), 5);
		ensure_eq(cwnd(fd), 1);
	}
}

/* ... of another one, never sent again before: the path has become worse still. */
WIRE_TEST(cwnd, timeout__of_the_next_segment, "C1 R1")
{
	int fd = bulk(20);

	sysctl_set("net/ipv4/tcp_frto", 2);
	expect_after(200, ACK, SEQ(1), LEN(SEG));
	ensure_eq(ssthresh(fd), 5);
	inject(ACK, ACK(1 + SEG));
	expect_bytes(1 + 10 * SEG, 1 + 12 * SEG);
	expect_within(180, 3500, ACK, SEQ(1 + SEG), LEN(SEG));
	ensure_eq(ssthresh(fd), 2);
	ensure_eq(cwnd(fd), 1);
}

/* Never less than two segments. */
WIRE_TEST(cwnd, timeout__floor_of_ssthresh, "C1 ATTACK-17")
{
	int fd, i;

	differs_from_builtin("it halves cwnd, not what is on its way");
	classic_recovery();
	fd = active_open(MSS(SEG));
	for (i = 0; i < 4; i++) {
		app_write(fd, SEG);
		expect(ACK, SEQ(1 + i * SEG), LEN(SEG));
		expect_within(180, 3500, ACK, SEQ(1 + i * SEG), LEN(SEG));
		ensure_eq(ssthresh(fd), 2);
		ensure_eq(cwnd(fd), 1);
		inject(ACK, ACK(1 + (i + 1) * SEG));
	}
}

/* Losses and ACKs of every kind, one upon the other: cwnd never reaches 0. */
WIRE_TEST(cwnd, timeout__and_duplicates_mixed, "ATTACK-17 C1")
{
	int fd = bulk(100), i, j;

	for (i = 0; i < 20; i++) {
		int64_t una = 1 + i * SEG;

		for (j = 0; j < 1 + i % 5; j++)
			inject(ACK, ACK(una));
		take_burst(i % 3 ? 5 : 300);
		ensure_in(cwnd(fd), 1, 100);
		ensure(ssthresh(fd) >= 2, "ssthresh is %d", ssthresh(fd));
		inject(ACK, ACK(una + SEG / 2));
		inject(ACK, ACK(una + SEG));
	}
	take_burst(5);
	ensure_in(cwnd(fd), 1, 100);
}

/* ------------------------------------------------------------------- idling */

/* RFC 5681, section 4.1: the restart window after an RTO without data. */
WIRE_TEST(cwnd, idle__restarts, "C1")
{
	int fd = bulk(70);

	ensure_eq(next_flight(), 20);
	ensure_eq(next_flight(), 40);
	inject(ACK, ACK(c->stack_max));
	ensure_in(cwnd(fd), 40, 80);
	expect_silence(5000);
	app_write(fd, 40 * SEG);
	ensure_eq(take_burst(5).segments, 10);
}

/* Slow start then leads back to near the window that was, not to where a loss once was. */
WIRE_TEST(cwnd, idle__leads_back, "C1")
{
	int fd = bulk(150), i, used;

	for (i = 0; i < 3; i++)
		inject(ACK, ACK(1));
	while (next_flight())
		;
	used = cwnd(fd);
	ensure_in(used, 12, 40);
	ensure_eq(ssthresh(fd), 5);
	expect_silence(5000);
	app_write(fd, 20 * SEG);
	ensure_eq(take_burst(5).segments, 10);
	ensure_eq(ssthresh(fd), used - used / 4);
}

WIRE_TEST(cwnd, idle__not_for_less_than_rto, "C1")
{
	int fd = bulk(70);

	ensure_eq(next_flight(), 20);
	ensure_eq(next_flight(), 40);
	inject(ACK, ACK(c->stack_max));
	expect_silence(100);
	app_write(fd, 40 * SEG);
	ensure_eq(take_burst(5).segments, 40);
}

WIRE_TEST(cwnd, idle__sysctl_turns_it_off, "C1")
{
	int fd;

	sysctl_set("net/ipv4/tcp_slow_start_after_idle", 0);
	fd = bulk(70);
	ensure_eq(next_flight(), 20);
	ensure_eq(next_flight(), 40);
	inject(ACK, ACK(c->stack_max));
	expect_silence(5000);
	app_write(fd, 40 * SEG);
	ensure_eq(take_burst(5).segments, 40);
}

/* --------------------------------------------------------------- algorithms */

/* Tahoe knows no fast recovery: three duplicates are as bad as a timeout. */
WIRE_TEST(cwnd, tahoe__one_segment_on_any_loss, "C2")
{
	int fd;

	differs_from_builtin("it has no tahoe");
	fd = three_duplicates("tahoe");
	ensure_eq(ssthresh(fd), 5);
	ensure_eq(cwnd(fd), 1);
	inject(ACK, ACK(1 + 10 * SEG));
	app_write(fd, 40 * SEG);
	ensure_in(take_burst(5).segments, 1, 2);
	next_flight();
	next_flight();
	ensure_in(cwnd(fd), 4, 6);
	ensure_in(next_flight(), 5, 7);
}

/* Five losses: the retransmissions double with every round trip, they are not one each. */
WIRE_TEST(cwnd, tahoe__slow_start_begins_with_the_retransmission, "C2")
{
	int fd;

	differs_from_builtin("it has no tahoe");
	classic_recovery();
	fd = active_open(MSS(SEG), SACK_OK);
	app_choose(fd, "tahoe");
	app_write(fd, 10 * SEG);
	expect_bytes(1, 1 + 10 * SEG);
	inject(ACK, ACK(1), SACK({ 1 + 5 * SEG, 1 + 10 * SEG }));
	expect(ACK, SEQ(1), LEN(SEG));
	ensure_eq(cwnd(fd), 1);
	inject(ACK, ACK(1 + SEG), SACK({ 1 + 5 * SEG, 1 + 10 * SEG }));
	ensure_eq(cwnd(fd), 2);
	expect_bytes(1 + SEG, 1 + 3 * SEG);
	inject(ACK, ACK(1 + 2 * SEG), SACK({ 1 + 5 * SEG, 1 + 10 * SEG }));
	inject(ACK, ACK(1 + 3 * SEG), SACK({ 1 + 5 * SEG, 1 + 10 * SEG }));
	ensure_eq(cwnd(fd), 4);
	expect_bytes(1 + 3 * SEG, 1 + 5 * SEG);
}

WIRE_TEST(cwnd, algorithm__chosen_by_name, "C2 A4")
{
	static const char *const names[] = { "reno", "tahoe" };
	int fd = app_socket();
	char name[16];
	size_t i;

	differs_from_builtin("it has no tahoe");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		socklen_t len = sizeof(name);

		app_choose(fd, names[i]);
		ensure(!getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len),
		       "TCP_CONGESTION: %s", strerror(errno));
		ensure(!strcmp(name, names[i]), "chose %s, got %s", names[i], name);
	}
	ensure(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8) < 0 &&
	       errno == ENOENT, "an unknown name was not refused");
}

/* Chosen in the middle of a connection, it goes on with the same window. */
WIRE_TEST(cwnd, algorithm__changed_midway, "C2")
{
	int fd;

	differs_from_builtin("it has no tahoe");
	fd = bulk_of("reno", 100);
	ensure_eq(next_flight(), 20);
	app_choose(fd, "tahoe");
	ensure_eq(cwnd(fd), 20);
	ensure_eq(next_flight(), 40);
}
