// SPDX-License-Identifier: GPL-2.0
/*
 * rack.c - losses found by time, and taken back (RFC 8985, 3522, 3708, 4015)
 *
 * The handshake takes a round trip of 100 ms, so a quarter of the least round trip,
 * the unit of RACK's reordering window, is 25 ms. Segments have 1000 bytes:
 * segment n is SEQ(n * 1000 + 1), n from 0. Flights are of ten segments.
 */
#include <poll.h>

#include "wire.h"

enum { RTT = 100, QUARTER = RTT / 4, FLIGHT = 10 };

static int64_t seg(int n)
{
	return 1 + n * 1000;
}

static int open_with_rtt(bool stamps)
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	pass_ms(RTT);
	if (stamps)
		inject(SYN | ACK, SEQ(0), ACK(1), MSS(1012), SACK_OK, TS);
	else
		inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000), SACK_OK);
	expect(ACK, SEQ(1), ACK(1));
	return fd;
}

/* Segment @n and those behind it, a round trip ago. Returns their timestamp. */
static uint32_t flight(int fd, int n)
{
	app_write(fd, FLIGHT * 1000);
	expect_bytes(seg(n), seg(n + FLIGHT));
	pass_ms(RTT);
	return c->stack_tsval;
}

/* Segment @n is sent again when the third above it arrives. */
static void third_overtakes(int n)
{
	inject(ACK, ACK(seg(n)), SACK({ seg(n + 1), seg(n + 2) }));
	inject(ACK, ACK(seg(n)), SACK({ seg(n + 1), seg(n + 3) }));
	expect_silence(1);
	inject(ACK, ACK(seg(n)), SACK({ seg(n + 1), seg(n + 4) }));
	expect(ACK, SEQ(seg(n)), LEN(1000));
}

/* Segments 0 and 1 are sent again, while 2 to 7 arrive. */
static void zero_and_one_again(void)
{
	int i;

	for (i = 3; i < 8; i++)
		inject(ACK, ACK(1), SACK({ seg(2), seg(i + 1) }));
	expect(ACK, SEQ(seg(0)), LEN(1000));
	expect(ACK, SEQ(seg(1)), LEN(1000));
}

/* All but segment @n of a flight have arrived: it is sent again after @ms. */
static void due_after(int n, int ms)
{
	inject(ACK, ACK(seg(n)), SACK({ seg(n + 1), seg(n + FLIGHT) }));
	expect_after(ms, ACK, SEQ(seg(n)), LEN(1000));
}

/* No episode is under way, and cwnd and ssthresh are as before any loss. */
static void ensure_unreduced(int fd)
{
	struct tcp_info info = app_info(fd);

	ensure_in(info.tcpi_snd_cwnd, FLIGHT, 100);
	ensure_in(info.tcpi_snd_ssthresh, 0x7fffffff, 0x7fffffff);
	ensure_eq(info.tcpi_ca_state, 0);
}

/* -------------------------------------------------------------- the window */

/* Before DupThresh segments have overtaken it, a packet has a quarter to arrive. */
WIRE_TEST(rack, window__a_quarter_of_a_round_trip, "R5")
{
	flight(open_with_rtt(true), 0);
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	expect_after(QUARTER, ACK, SEQ(1), LEN(1000));
}

WIRE_TEST(rack, window__none_after_the_third, "R5")
{
	flight(open_with_rtt(true), 0);
	third_overtakes(0);
}

/* The first is overdue and sent again, the second has its time for a moment yet. */
WIRE_TEST(rack, window__of_the_second_when_the_first_is_over, "R5")
{
	int fd = open_with_rtt(true), i;

	for (i = 0; i < 2; i++) {
		app_write(fd, 1000);
		expect(ACK, SEQ(seg(i)), LEN(1000));
		pass_ms(20);
	}
	app_write(fd, 2000);
	expect_bytes(seg(2), seg(4));
	pass_ms(RTT);
	inject(ACK, ACK(1), SACK({ seg(2), seg(4) }));
	expect(ACK, SEQ(seg(0)), LEN(1000));
	expect_within(0, 16, ACK, SEQ(seg(1)), LEN(1000));
}

/* Reordering seen: the third no longer matters. */
WIRE_TEST(rack, window__after_reordering, "R5")
{
	int fd = open_with_rtt(true);

	flight(fd, 0);
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	inject(ACK, ACK(seg(FLIGHT)));
	expect_silence(2 * QUARTER);
	flight(fd, FLIGHT);
	due_after(FLIGHT, QUARTER);
}

/* A quarter more for each round trip with a D-SACK, but at most SRTT and a quarter. */
WIRE_TEST(rack, window__grows_by_dsacks, "R5 R4")
{
	int fd = open_with_rtt(true), n, i;

	flight(fd, 0);
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	inject(ACK, ACK(seg(FLIGHT)));
	for (i = 2; i <= 8; i++) {
		n = (i - 1) * FLIGHT;
		flight(fd, n);
		inject(ACK, ACK(seg(n + 1)), SACK({ seg(n), seg(n + 1) }));
		inject(ACK, ACK(seg(n + FLIGHT)));
	}
	flight(fd, n + FLIGHT);
	due_after(n + FLIGHT, RTT + QUARTER);
}

/* A round trip takes no longer for it that one of its packets is late. */
WIRE_TEST(rack, window__grows_by_dsacks_behind_a_hole, "R5 R4")
{
	int fd = open_with_rtt(true);

	flight(fd, 0);
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	inject(ACK, ACK(seg(FLIGHT)));
	flight(fd, FLIGHT);
	inject(ACK, ACK(seg(10)), SACK({ seg(9), seg(10) }, { seg(11), seg(20) }));
	app_write(fd, FLIGHT * 1000);
	expect_bytes(seg(20), seg(30));
	expect_after(2 * QUARTER, ACK, SEQ(seg(10)), LEN(1000));
	pass_ms(RTT);
	inject(ACK, ACK(seg(10)), SACK({ seg(9), seg(10) }, { seg(11), seg(30) }));
	inject(ACK, ACK(seg(30)));
	flight(fd, 30);
	due_after(30, 3 * QUARTER);
}

/* --------------------------------- round trips, measured while something is missing */

/*
 * What is SACKed tells the round trip: RTTVAR is 3/4 of the 50 ms after the handshake
 * (RFC 6298 section 2.3), and no less for all the others of the flight (RFC 7323
 * section 4.2). A copy does not (section 3), and what had to wait for others to be
 * acknowledged not what it waited.
 */
WIRE_TEST(rack, rtt__of_what_is_sacked, "R1 R4")
{
	int fd = open_with_rtt(false);

	flight(fd, 0);
	inject(ACK, ACK(1), SACK({ seg(2), seg(3) }));
	ensure_in(app_info(fd).tcpi_rttvar, 37000, 38000);
	ensure_in(app_info(fd).tcpi_rtt, 99000, 101000);
	zero_and_one_again();
	ensure_in(app_info(fd).tcpi_rttvar, 37000, 38000);
	pass_ms(RTT / 2);
	inject(ACK, ACK(1), SACK({ seg(1), seg(8) }));
	inject(ACK, ACK(seg(8)));
	ensure_in(app_info(fd).tcpi_rttvar, 37000, 38000);
	ensure_in(app_info(fd).tcpi_rtt, 99000, 101000);
}

/*
 * Where packets overtake each other a segment counts when it arrives, and only then.
 * HyStart++ hears of it, too: a round of eight that took an eighth longer, while the
 * packet in front is late. So from the eighth on they add a quarter.
 */
WIRE_TEST(rack, rtt__slow_start_hears_of_it, "R4 C4")
{
	int fd = open_with_rtt(true), i, cwnd;

	app_choose(fd, "cubic");
	flight(fd, 0);
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	for (i = 2; i <= FLIGHT; i++)
		inject(ACK, ACK(seg(i)));
	cwnd = app_info(fd).tcpi_snd_cwnd;
	app_write(fd, 2 * cwnd * 1000);
	expect_bytes(seg(FLIGHT), seg(FLIGHT + cwnd));
	pass_ms(RTT + 20);
	for (i = 1; i <= 9; i++) {
		inject(ACK, ACK(seg(FLIGHT)), SACK({ seg(FLIGHT + 1), seg(FLIGHT + 1 + i) }));
		expect(ACK, SEQ(seg(FLIGHT + cwnd + i - 1)), LEN(1000));
	}
	ensure_eq(app_info(fd).tcpi_snd_cwnd, cwnd + 7);
	inject(ACK, ACK(seg(FLIGHT + cwnd)));
	take_burst(5);
	ensure_eq(app_info(fd).tcpi_snd_cwnd, cwnd + 7 + (cwnd - 7) / 4);
}

/* -------------------------------------------- what was sent again was only late */

/*
 * The ACK echoes the original's timestamp: the reduction is taken back, and the
 * next packet that as many overtake is granted a window. The D-SACK that follows
 * widens that, and has nothing more to take back.
 */
WIRE_TEST(rack, late__told_by_timestamps, "R5 R7")
{
	int fd = open_with_rtt(true);
	uint32_t sent = flight(fd, 0);

	third_overtakes(0);
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	pass_ms(20);
	inject(ACK, ACK(seg(4)), TSECR(sent));
	ensure_unreduced(fd);
	inject(ACK, ACK(seg(4)), SACK({ 1, seg(1) }));
	inject(ACK, ACK(seg(FLIGHT)));
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 1);
	ensure_eq(counter("TcpExt", "TCPDSACKUndo"), 0);
	flight(fd, FLIGHT);
	due_after(FLIGHT, 2 * QUARTER);
}

/* Without timestamps the D-SACK is the one to tell. */
WIRE_TEST(rack, late__told_by_dsack, "R5 R7 R4")
{
	int fd = open_with_rtt(false);

	flight(fd, 0);
	third_overtakes(0);
	pass_ms(RTT);
	inject(ACK, ACK(seg(4)));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	inject(ACK, ACK(seg(4)), SACK({ 1, seg(1) }));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 0x7fffffff, 0x7fffffff);
	ensure_eq(app_info(fd).tcpi_ca_state, 0);
	inject(ACK, ACK(seg(FLIGHT)));
	ensure_unreduced(fd);
	flight(fd, FLIGHT);
	due_after(FLIGHT, 2 * QUARTER);
}

/*
 * What is next at SND.UNA is late, too, while the copy that was sent for nothing may
 * still be on its way: that one is not what tells.
 */
WIRE_TEST(rack, late__again_before_the_copy_is_there, "R5 R7")
{
	int fd = open_with_rtt(true);
	uint32_t sent = flight(fd, 0);

	third_overtakes(0);
	inject(ACK, ACK(seg(4)), TSECR(sent));
	inject(ACK, ACK(seg(4)), SACK({ seg(5), seg(8) }));
	expect_after(QUARTER, ACK, SEQ(seg(4)), LEN(1000));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	inject(ACK, ACK(seg(8)), TSECR(sent));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 0x7fffffff, 0x7fffffff);
	ensure_eq(app_info(fd).tcpi_ca_state, 0);
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 2);
}

/*
 * Segments 0 and 1 were sent again, 0 for nothing; segment 8 is lost. The copy of 1
 * arrives: its timestamp is older than that of the copy of 8, of which it says nothing.
 */
WIRE_TEST(rack, late__not_told_by_an_older_copy, "R5 R7")
{
	int fd = open_with_rtt(true);
	uint32_t sent = flight(fd, 0), copy;

	zero_and_one_again();
	copy = c->stack_tsval;
	inject(ACK, ACK(seg(1)), TSECR(sent), SACK({ seg(2), seg(8) }));
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 1);
	inject(ACK, ACK(seg(1)), SACK({ seg(9), seg(FLIGHT) }, { seg(2), seg(8) }));
	expect_after(QUARTER, ACK, SEQ(seg(8)), LEN(1000));
	pass_ms(RTT - QUARTER);
	inject(ACK, ACK(seg(8)), TSECR(copy), SACK({ seg(9), seg(FLIGHT) }));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	ensure_eq(app_info(fd).tcpi_ca_state, 3);
	pass_ms(QUARTER);
	inject(ACK, ACK(seg(FLIGHT)), TSECR(c->stack_tsval));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 1);
}

/*
 * Segments 0, 8 and 10 are lost; the copy of 10 is still on its way when that of 8 ends
 * one episode and the next begins. There 12 is sent again. The copy of 10 arrives: its
 * timestamp is older than that of the copy of 12, of which it says nothing.
 */
WIRE_TEST(rack, late__not_told_by_an_older_episode, "R5 R7")
{
	int fd = open_with_rtt(true);
	uint32_t copy;

	flight(fd, 0);
	third_overtakes(0);
	app_write(fd, 4000);
	inject(ACK, ACK(1), SACK({ seg(1), seg(8) }));
	expect_bytes(seg(10), seg(12));
	pass_ms(30);
	inject(ACK, ACK(1), SACK({ seg(9), seg(FLIGHT) }, { seg(1), seg(8) }));
	expect(ACK, SEQ(seg(8)), LEN(1000));
	expect(ACK, SEQ(seg(12)), LEN(1000));
	pass_ms(RTT - 30);
	inject(ACK, ACK(seg(8)), SACK({ seg(9), seg(FLIGHT) }));
	expect(PSH | ACK, SEQ(seg(13)), LEN(1000));
	pass_ms(10);
	inject(ACK, ACK(seg(8)), SACK({ seg(11), seg(12) }, { seg(9), seg(FLIGHT) }));
	expect(ACK, SEQ(seg(10)), LEN(1000));
	copy = c->stack_tsval;
	pass_ms(20);
	inject(ACK, ACK(seg(10)), SACK({ seg(11), seg(12) }));
	ensure_eq(app_info(fd).tcpi_ca_state, 3);
	pass_ms(RTT - 30);
	inject(ACK, ACK(seg(10)), SACK({ seg(13), seg(14) }, { seg(11), seg(12) }));
	expect_within(0, QUARTER, ACK, SEQ(seg(12)), LEN(1000));
	inject(ACK, ACK(seg(12)), TSECR(copy), SACK({ seg(13), seg(14) }));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, 5);
	ensure_eq(app_info(fd).tcpi_ca_state, 3);
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 0);
}

/*
 * Segments 0 and 1 were sent again; the copy of 1 arrives, that of 0 is lost. Behind the
 * hole the timestamp of before it is echoed (RFC 7323 section 4.3): it must not hide
 * which copy has come.
 */
WIRE_TEST(rack, copy__lost_is_found_by_a_later_one, "R5 R7")
{
	int fd = open_with_rtt(true);
	uint32_t sent = flight(fd, 0);

	zero_and_one_again();
	pass_ms(RTT + 1);
	inject(ACK, ACK(1), TSECR(sent), SACK({ seg(1), seg(FLIGHT) }));
	expect_after(0, ACK, SEQ(seg(0)), LEN(1000));
	ensure_eq(counter("TcpExt", "TCPTimeouts"), 0);
}

/* The probe takes 2 ms less than the least round trip so far: it tells of segment 8. */
WIRE_TEST(rack, copy__a_little_sooner_than_any, "R5 R6")
{
	int fd = open_with_rtt(true);
	uint32_t sent = flight(fd, 0);

	inject(ACK, ACK(seg(8)), TSECR(sent));
	expect_within(2 * RTT - 20, 2 * RTT + 20, ACK | PSH, SEQ(seg(9)), LEN(1000));
	pass_ms(RTT - 2);
	inject(ACK, ACK(seg(8)), TSECR(sent), SACK({ seg(9), seg(FLIGHT) }));
	expect_after(0, ACK, SEQ(seg(8)), LEN(1000));
}

/* Or the clock: 20 ms after it was sent again the copy cannot be acknowledged. */
WIRE_TEST(rack, late__told_by_time, "R5 R7")
{
	int fd = open_with_rtt(false);

	flight(fd, 0);
	third_overtakes(0);
	pass_ms(20);
	inject(ACK, ACK(seg(4)));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 0x7fffffff, 0x7fffffff);
	ensure_eq(app_info(fd).tcpi_ca_state, 0);
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 1);
}

/* It also tells of what is SACKed, here segment 1; but all have to be early, 0 too. */
WIRE_TEST(rack, late__told_by_time_of_all, "R5 R7 R4")
{
	int fd = open_with_rtt(false);

	flight(fd, 0);
	zero_and_one_again();
	pass_ms(20);
	inject(ACK, ACK(1), SACK({ seg(1), seg(8) }));
	ensure_eq(app_info(fd).tcpi_ca_state, 3);
	inject(ACK, ACK(seg(8)));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 0x7fffffff, 0x7fffffff);
	ensure_eq(app_info(fd).tcpi_ca_state, 0);
}

/* Segment 1 was late, and 0 lost: its copy takes a round trip. */
WIRE_TEST(rack, late__not_if_one_was_lost, "R5 R7 R4")
{
	int fd = open_with_rtt(false);

	flight(fd, 0);
	zero_and_one_again();
	pass_ms(20);
	inject(ACK, ACK(1), SACK({ seg(1), seg(8) }));
	pass_ms(RTT - 20);
	inject(ACK, ACK(seg(8)));
	ensure_eq(app_info(fd).tcpi_ca_state, 3);
	inject(ACK, ACK(seg(FLIGHT)));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 0);
}

/*
 * Without anything SACKed it tells nothing: ACKs may have been delayed so far, and this
 * one, of the copy that the timeout sent, is not.
 */
WIRE_TEST(rack, late__not_by_time_without_sacks, "R5 R7 R1")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	pass_ms(RTT);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000));
	expect(ACK, SEQ(1), ACK(1));
	flight(fd, 0);
	expect_within(100, 400, ACK, SEQ(1), LEN(1000));
	pass_ms(20);
	inject(ACK, ACK(seg(FLIGHT)));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 0);
}

/* It was lost: no haste is lost. */
WIRE_TEST(rack, late__not_when_the_copy_arrives, "R5 R7")
{
	int fd = open_with_rtt(true);

	flight(fd, 0);
	third_overtakes(0);
	pass_ms(RTT);
	inject(ACK, ACK(seg(FLIGHT)), TSECR(c->stack_tsval));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, FLIGHT);
	app_write(fd, 5000);
	expect_bytes(seg(FLIGHT), seg(FLIGHT + 5));
	pass_ms(RTT);
	third_overtakes(FLIGHT);
}

/* ------------------------------------------------- delays, and ACKs that are lost */

/*
 * Round trips become longer while a copy is on its way, as what is SACKed shows: the
 * timer waits for it as long as they take now.
 */
WIRE_TEST(rack, rto__follows_the_round_trip_in_recovery, "R1 R3 R5")
{
	int fd = open_with_rtt(true), n;

	flight(fd, 0);
	third_overtakes(0);
	for (n = 5; n < 8; n++) {
		pass_ms(90);
		inject(ACK, ACK(1), SACK({ seg(1), seg(n + 1) }));
	}
	pass_ms(60);
	ensure_eq(counter("TcpExt", "TCPTimeouts"), 0);
	inject(ACK, ACK(seg(8)));
	inject(ACK, ACK(seg(FLIGHT)));
}

/* What fast recovery has reduced the timer does not reduce once more. */
WIRE_TEST(rack, rto__in_recovery_reduces_nothing_more, "R1 C1")
{
	int fd = open_with_rtt(true);
	uint32_t ssthresh;

	flight(fd, 0);
	third_overtakes(0);
	ssthresh = app_info(fd).tcpi_snd_ssthresh;
	ensure_in(ssthresh, 2, FLIGHT - 1);
	expect_within(200, 500, ACK, SEQ(1), LEN(1000));
	ensure_eq(counter("TcpExt", "TCPTimeouts"), 1);
	ensure_eq(app_info(fd).tcpi_snd_cwnd, 1);
	ensure_eq(app_info(fd).tcpi_snd_ssthresh, ssthresh);
	inject(ACK, ACK(seg(FLIGHT)));
}

/* Nor what a timeout has reduced the next one of the same flight. */
WIRE_TEST(rack, rto__of_the_same_flight_reduces_nothing_more, "R1 C1")
{
	int fd = open_with_rtt(true);
	uint32_t ssthresh;

	sysctl_set("net/ipv4/tcp_early_retrans", 0);
	flight(fd, 0);
	expect_within(50, 900, ACK, SEQ(1), LEN(1000));
	ssthresh = app_info(fd).tcpi_snd_ssthresh;
	ensure_in(ssthresh, FLIGHT / 2, FLIGHT - 1);
	inject(ACK, ACK(seg(1)));
	expect(ACK, SEQ(seg(1)), LEN(1000));
	take_burst(10);
	expect_within(50, 900, ACK, SEQ(seg(1)), LEN(1000));
	ensure_eq(counter("TcpExt", "TCPTimeouts"), 2);
	ensure_eq(app_info(fd).tcpi_snd_cwnd, 1);
	ensure_eq(app_info(fd).tcpi_snd_ssthresh, ssthresh);
	inject(ACK, ACK(seg(FLIGHT)));
}

/* Three segments without an ACK for two round trips, and the last of them again. */
static int probed(void)
{
	int fd = open_with_rtt(true);

	app_write(fd, 3000);
	expect_bytes(seg(0), seg(3));
	expect_after(2 * RTT, ACK, SEQ(seg(2)), LEN(1000));
	return fd;
}

WIRE_TEST(rack, probe__after_two_round_trips, "R5")
{
	int fd = probed();

	inject(ACK, ACK(seg(3)));
	inject(ACK, ACK(seg(3)), SACK({ seg(2), seg(3) }));
	expect_silence(3000);
	ensure_unreduced(fd);
}

/* That a probe's copy was not needed tells nothing of packets that overtake each other. */
WIRE_TEST(rack, probe__does_not_widen_the_window, "R5 R4")
{
	int fd = open_with_rtt(true), n = FLIGHT, i;

	flight(fd, 0);
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	inject(ACK, ACK(seg(FLIGHT)));
	for (i = 0; i < 18; i++, n++) {
		app_write(fd, 1000);
		expect(ACK, SEQ(seg(n)), LEN(1000));
		if (i % 3 == 0)
			expect_within(RTT, 5 * RTT, ACK, SEQ(seg(n)), LEN(1000));
		pass_ms(RTT);
		inject(ACK, ACK(seg(n + 1)));
		if (i % 3 == 0)
			inject(ACK, ACK(seg(n + 1)), SACK({ seg(n), seg(n + 1) }));
	}
	ensure_eq(counter("TcpExt", "TCPDSACKRecv"), 6);
	flight(fd, n);
	due_after(n, QUARTER);
}

/* A receiver that sends no D-SACKs: it acknowledges the same twice, so nothing was lost. */
WIRE_TEST(rack, probe__plain_duplicate_tells_of_no_loss, "R5")
{
	int fd = probed();

	inject(ACK, ACK(seg(3)));
	inject(ACK, ACK(seg(3)));
	app_write(fd, 1000);
	expect(ACK, SEQ(seg(3)), LEN(1000));
	inject(ACK, ACK(seg(4)));
	ensure_unreduced(fd);
	ensure_eq(counter("TcpExt", "TCPLossProbeRecovery"), 0);
}

/* A FIN for which the window has no room is no new data: the last segment goes again. */
WIRE_TEST(rack, probe__not_a_fin_without_room, "R5 F2")
{
	int fd = open_with_rtt(true);

	inject(ACK, ACK(1), WIN(FLIGHT * 1000));
	flight(fd, 0);
	app_shutdown(fd, SHUT_WR);
	inject(ACK, ACK(seg(FLIGHT - 2)), WIN(2000));
	expect_after(2 * RTT, ACK, SEQ(seg(FLIGHT - 1)), LEN(1000));
	inject(ACK, ACK(seg(FLIGHT)), WIN(2000));
	expect(FIN | ACK, SEQ(seg(FLIGHT)));
}

/* Part of a packet is acknowledged: what is left of it is one segment, with the FIN. */
WIRE_TEST(rack, probe__of_the_last_data_with_its_fin, "R5 S2")
{
	int fd = open_with_rtt(true);

	inject(ACK, ACK(1), WIN(0));
	app_write(fd, 2000);
	app_shutdown(fd, SHUT_WR);
	inject(ACK, ACK(1), WIN(60000));
	expect(ACK, SEQ(seg(0)), LEN(1000));
	expect(FIN | PSH | ACK, SEQ(seg(1)), LEN(1000));
	pass_ms(RTT);
	inject(ACK, ACK(seg(1)));
	ensure_eq(app_info(fd).tcpi_unacked, 1);
	expect_within(RTT, 2 * RTT + 220, FIN | PSH | ACK, SEQ(seg(1)), LEN(1000));
	inject(ACK, ACK(seg(2) + 1));
}

/* The round trip of the handshake counts for the end that was called, too. */
WIRE_TEST(rack, probe__in_the_first_flight_of_a_server, "R5 R4")
{
	int fd = app_listen();
	socklen_t len;

	inject(SYN, SEQ(0), MSS(1000), SACK_OK);
	expect(SYN | ACK, SEQ(0), ACK(1));
	pass_ms(RTT);
	inject(ACK, ACK(1));
	fd = app_accept(fd);
	ensure_in(app_full_info(fd, &len).min_rtt, RTT * 1000, (RTT + 20) * 1000);
	app_write(fd, 3000);
	expect_bytes(seg(0), seg(3));
	expect_after(2 * RTT, ACK, SEQ(seg(2)), LEN(1000));
}

/* Two round trips are less than a tick of the clock: still the ACK has that time. */
WIRE_TEST(rack, probe__not_before_two_short_round_trips, "R5")
{
	int fd = app_connect(), i;

	expect(SYN);
	pass_ms(1);
	inject(SYN | ACK, MSS(1000), SACK_OK);
	expect(ACK);
	for (i = 0; i < 200; i++) {
		app_write(fd, 2000);
		expect_bytes(seg(2 * i), seg(2 * i + 2));
		pass_ms(1);
		inject(ACK, ACK(seg(2 * i + 2)));
	}
	ensure_eq(counter("TcpExt", "TCPLossProbes"), 0);
}

/*
 * The path pauses until the timer has struck. The first ACK after it tells that
 * the original has arrived: nothing else is sent again, and cwnd is what it was.
 */
WIRE_TEST(rack, pause__one_copy_and_one_probe, "R5 R7 R1")
{
	int fd = open_with_rtt(true);
	uint32_t sent = flight(fd, 0);

	expect_after(2 * RTT, ACK, SEQ(seg(FLIGHT - 1)), LEN(1000));
	expect_within(200, 500, ACK, SEQ(1), LEN(1000));
	ensure_eq(app_info(fd).tcpi_snd_cwnd, 1);
	pass_ms(20);
	inject(ACK, ACK(seg(2)), TSECR(sent));
	ensure_unreduced(fd);
	inject(ACK, ACK(seg(FLIGHT)), TSECR(sent));
	inject(ACK, ACK(seg(FLIGHT)), SACK({ seg(FLIGHT - 1), seg(FLIGHT) }));
	inject(ACK, ACK(seg(FLIGHT)), SACK({ 1, seg(1) }));
	expect_silence(3000);
	ensure_unreduced(fd);
}

/* Of all ACKs of a flight only the last arrives. */
WIRE_TEST(rack, acks_lost__the_last_speaks_for_all, "R5 R7")
{
	int fd = open_with_rtt(true);

	flight(fd, 0);
	inject(ACK, ACK(seg(FLIGHT)));
	expect_silence(3000);
	ensure_unreduced(fd);
}

/* ------------------------------------------------------------ the send buffer */

/* As programs do that wait for room in the buffer. */
static void fill_when_told(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, 0) == 1)
		app_fill(fd);
}

/*
 * A hole that is granted much time: what is SACKed beyond it fills the buffer,
 * but not cwnd, and new segments go on taking the place of what has arrived.
 */
WIRE_TEST(rack, hole__buffer_grows_over_it, "R5 F1")
{
	struct burst b;
	int fd, i;

	differs_from_builtin("its buffer follows tcp_reordering instead");
	sysctl_set("net/ipv4/tcp_recovery", 0);
	sysctl_set("net/ipv4/tcp_early_retrans", 0);
	sysctl_set("net/ipv4/tcp_reordering", 300);
	fd = active_open(MSS(1000), SACK_OK, WSCALE(7));
	inject(ACK, ACK(1), WIN(1000000));
	app_fill(fd);
	b = take_burst(1);
	for (i = 0; i < 25; i++) {
		inject(ACK, ACK(1), SACK({ seg(1), b.to }));
		fill_when_told(fd);
		b = take_burst(1);
		ensure(b.segments >= FLIGHT - 1, "cwnd is not used, round %d", i);
	}
}
