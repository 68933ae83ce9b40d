// SPDX-License-Identifier: GPL-2.0
/*
 * recovery.c - losses found by ACKs (RFC 5681, 6582, 3042, 2018, 2883, 6675)
 *
 * A peer with an MSS of 1000: segment n is SEQ(n * 1000 + 1), n from 0.
 */
#include "wire.h"

static int64_t seg(int n)
{
	return 1 + n * 1000;
}

/*
 * Without SACK: @n segments on their way, @more written behind them. The ACK
 * before the data is for the built-in TCP: to it the first ACK after a SYN,ACK
 * is a window update and not a duplicate.
 */
static int flight(int n, int more)
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000));
	inject(ACK, ACK(1));
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	app_write(fd, (n + more) * 1000);
	expect_bytes(1, seg(n));
	return fd;
}

static int sack_flight(int n, int more)
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000), SACK_OK);
	app_write(fd, (n + more) * 1000);
	expect_bytes(1, seg(n));
	return fd;
}

static void dup_acks(int n)
{
	while (n--)
		inject(ACK, ACK(1));
}

/* ------------------------------------------------------------ without SACK */

WIRE_TEST(recovery, fast_retransmit__third_duplicate, "R3 MUST-19")
{
	flight(5, 0);
	inject(ACK, ACK(1));
	expect_silence(20);
	inject(ACK, ACK(1));
	expect_silence(20);
	inject(ACK, ACK(1));
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(seg(5)));
	expect_silence(3000);
}

WIRE_TEST(recovery, fast_retransmit__not_for_two_duplicates, "R3")
{
	flight(5, 0);
	dup_acks(2);
	expect_silence(150);
	inject(ACK, ACK(seg(5)));
	expect_silence(3000);
}

/* They are counted for one SND.UNA: the next begins anew, also inside a segment. */
WIRE_TEST(recovery, fast_retransmit__counts_anew_behind_part_of_a_segment, "R3")
{
	flight(5, 0);
	dup_acks(2);
	inject(ACK, ACK(501));
	inject(ACK, ACK(501));
	inject(ACK, ACK(501));
	expect_silence(100);
	inject(ACK, ACK(501));
	expect(ACK, SEQ(501), LEN(1000));
	inject(ACK, ACK(seg(5)));
	expect_silence(3000);
}

/* More duplicates do not send the same segment once more. */
WIRE_TEST(recovery, fast_retransmit__once, "R3")
{
	flight(8, 0);
	dup_acks(3);
	expect(ACK, SEQ(1), LEN(1000));
	dup_acks(4);
	expect_silence(150);
	inject(ACK, ACK(seg(8)));
	expect_silence(3000);
}

/* RFC 5681, section 2: what is not a duplicate ACK does not count as one. */
WIRE_TEST(recovery, fast_retransmit__what_is_no_duplicate, "R3")
{
	int i;

	differs_from_builtin("a smaller window makes no difference to it");
	flight(5, 0);
	for (i = 0; i < 4; i++)			/* a window that changes */
		inject(ACK, ACK(1), WIN(60000 - i * 1000));
	expect_silence(20);
	for (i = 0; i < 4; i++)			/* data */
		inject(ACK, SEQ(1 + i * 100), ACK(1), LEN(100));
	ensure_eq(take_burst(50).segments, 0);
}

/* Without anything outstanding an ACK that repeats itself means nothing. */
WIRE_TEST(recovery, fast_retransmit__nothing_outstanding, "R3")
{
	int fd = flight(5, 0), i;

	inject(ACK, ACK(seg(5)));
	for (i = 0; i < 5; i++)
		inject(ACK, ACK(seg(5)));
	expect_silence(100);
	app_write(fd, 1000);
	expect(ACK, SEQ(5001), LEN(1000));
	inject(ACK, ACK(seg(6)));
	ensure_eq(app_info(fd).tcpi_snd_cwnd, 10);
}

/* RFC 6582: a partial ACK shows the next hole, at once. */
WIRE_TEST(recovery, newreno__partial_ack, "R3")
{
	int fd = flight(8, 0);

	dup_acks(3);
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(seg(2)));
	expect(ACK, SEQ(2001), LEN(1000));
	inject(ACK, ACK(seg(5)));
	expect(ACK, SEQ(5001), LEN(1000));
	expect_state(fd, TCP_ESTABLISHED);
	inject(ACK, ACK(seg(8)));
	expect_silence(3000);
}

/* RFC 6582, section 3.2, step 2: duplicates of an old episode start no new one. */
WIRE_TEST(recovery, newreno__no_second_episode_for_old_duplicates, "R3")
{
	int fd = flight(10, 0), i;

	expect_after(200, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(seg(1)));
	expect_bytes(seg(1), seg(3));
	for (i = 0; i < 4; i++)
		inject(ACK, ACK(seg(1)));
	ensure(take_burst(50).from != seg(1), "sent a second time in the same episode");
	ensure_eq(app_info(fd).tcpi_snd_ssthresh, 5);
	inject(ACK, ACK(seg(10)));
	expect_silence(3000);
}

/* New losses after the recovery's end are a new episode. */
WIRE_TEST(recovery, newreno__a_second_loss, "R3")
{
	int fd = flight(10, 0), i;

	dup_acks(3);
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(seg(10)));
	app_write(fd, 5000);
	expect_bytes(seg(10), seg(15));
	inject(ACK, ACK(seg(11)));
	for (i = 0; i < 3; i++)
		inject(ACK, ACK(seg(11)));
	expect(ACK, SEQ(11001), LEN(1000));
	inject(ACK, ACK(seg(15)));
	expect_silence(3000);
}

/* ---------------------------------------------------------- limited transmit */

/* RFC 3042: each of the first two duplicates sends one new segment. */
WIRE_TEST(recovery, limited_transmit__without_sack, "R3")
{
	differs_from_builtin("it waits for a larger packet to send");
	flight(10, 5);
	inject(ACK, ACK(1));
	expect(ACK, SEQ(10001), LEN(1000));
	expect_silence(5);
	inject(ACK, ACK(1));
	expect(ACK, SEQ(11001), LEN(1000));
	expect_silence(5);
	inject(ACK, ACK(1));
	expect(ACK, SEQ(1), LEN(1000));
	expect_silence(5);
}

WIRE_TEST(recovery, limited_transmit__with_sack, "R3 R4")
{
	differs_from_builtin("it waits for a larger packet to send");
	sack_flight(10, 5);
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	expect(ACK, SEQ(10001), LEN(1000));
	expect_silence(5);
	inject(ACK, ACK(1), SACK({ seg(1), seg(3) }));
	expect(ACK, SEQ(11001), LEN(1000));
	expect_silence(5);
	inject(ACK, ACK(1), SACK({ seg(1), seg(4) }));
	expect(ACK, SEQ(1), LEN(1000));
	expect_silence(5);
}

/* With a small window it is what brings the third duplicate about. */
WIRE_TEST(recovery, limited_transmit__small_window, "R3 R4")
{
	struct burst b;
	int i;

	sack_flight(10, 20);
	expect_after(200, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(seg(10)));
	b = take_burst(5);
	ensure_in(b.segments, 2, 9);
	for (i = 0; i < 2; i++) {
		inject(ACK, ACK(b.from), SACK({ b.to - 1000, b.to + i * 1000 }));
		expect(ACK, SEQ(b.to + i * 1000), LEN(1000));
		expect_silence(5);
	}
	inject(ACK, ACK(b.from), SACK({ b.to - 1000, b.to + 2000 }));
	expect(ACK, SEQ(b.from), LEN(1000));
	ensure_in(take_burst(5).segments, 0, 1);	/* the pipe may have room */
}

/* ... within the window that the peer offers. */
WIRE_TEST(recovery, limited_transmit__not_beyond_the_window, "R3 C1")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000), SACK_OK, WIN(10000));
	app_write(fd, 15000);
	expect_bytes(1, seg(10));
	inject(ACK, ACK(1), SACK({ seg(1), seg(2) }));
	inject(ACK, ACK(1), SACK({ seg(1), seg(3) }));
	expect_silence(50);
}

/* --------------------------------------------------------------- with SACK */

WIRE_TEST(recovery, sack__one_hole, "R4 R3")
{
	sack_flight(8, 0);
	inject(ACK, ACK(seg(2)));
	inject(ACK, ACK(seg(2)), SACK({ seg(3), seg(4) }));
	inject(ACK, ACK(seg(2)), SACK({ seg(3), seg(5) }));
	expect_silence(20);
	inject(ACK, ACK(seg(2)), SACK({ seg(3), seg(6) }));
	expect(ACK, SEQ(2001), LEN(1000));
	inject(ACK, ACK(seg(2)), SACK({ seg(3), seg(7) }));
	inject(ACK, ACK(seg(2)), SACK({ seg(3), seg(8) }));
	expect_silence(100);
	inject(ACK, ACK(seg(8)));
	expect_silence(3000);
}

/* One ACK tells of three holes: all that was SACKed left room in the pipe. */
WIRE_TEST(recovery, sack__several_holes_at_once, "R4")
{
	sack_flight(10, 0);
	inject(ACK, ACK(1), SACK({ seg(5), seg(10) }, { seg(3), seg(4) }, { seg(1), seg(2) }));
	expect(ACK, SEQ(1), LEN(1000));
	expect(ACK, SEQ(2001), LEN(1000));
	expect(ACK, SEQ(4001), LEN(1000));
	expect_silence(50);
	inject(ACK, ACK(seg(2)), SACK({ seg(5), seg(10) }, { seg(3), seg(4) }));
	inject(ACK, ACK(seg(4)), SACK({ seg(5), seg(10) }));
	expect_silence(50);
	inject(ACK, ACK(seg(10)));
	expect_silence(3000);
}

/* A hole with fewer than three SACKed segments above it may be reordering. */
WIRE_TEST(recovery, sack__only_holes_deep_enough, "R4")
{
	sack_flight(10, 0);
	inject(ACK, ACK(1), SACK({ seg(8), seg(10) }, { seg(1), seg(6) }));
	expect(ACK, SEQ(1), LEN(1000));
	expect_silence(100);
	inject(ACK, ACK(seg(10)));
	expect_silence(3000);
}

/* Blocks that merge, repeat and come in any order are one fact. */
WIRE_TEST(recovery, sack__blocks_repeated, "R4 ATTACK-4")
{
	int i;

	sack_flight(10, 0);
	for (i = 0; i < 10; i++)
		inject(ACK, ACK(1), SACK({ seg(1), seg(3) }, { seg(2), seg(3) }));
	expect_silence(100);
	inject(ACK, ACK(1), SACK({ seg(5), seg(6) }, { seg(1), seg(3) }));
	expect(ACK, SEQ(1), LEN(1000));
	expect_silence(50);
}

/* Blocks that end inside segments count for the whole ones they cover. */
WIRE_TEST(recovery, sack__blocks_inside_segments, "R4 ATTACK-2")
{
	sack_flight(10, 0);
	inject(ACK, ACK(1), SACK({ seg(1) + 1, seg(4) - 1 }));
	expect_silence(50);
	inject(ACK, ACK(1), SACK({ seg(1) + 1, seg(5) }));
	expect(ACK, SEQ(1), LEN(1000));
}

WIRE_TEST(recovery, sack__ack_number_below_is_old_news, "R4")
{
	int fd = sack_flight(10, 0);

	inject(ACK, ACK(seg(4)));
	inject(ACK, ACK(seg(2)), SACK({ seg(3), seg(4) }));
	inject(ACK, ACK(1), SACK({ seg(1), seg(4) }));
	inject(ACK, ACK(1), SACK({ seg(1), seg(3) }));
	expect_silence(100);
	ensure_eq(app_info(fd).tcpi_sacked, 0);
}

WIRE_TEST(recovery, dsack__is_harmless, "R4")
{
	int fd = sack_flight(10, 0), i;

	inject(ACK, ACK(seg(5)));
	for (i = 0; i < 5; i++)
		inject(ACK, ACK(seg(5)), SACK({ seg(i), seg(i + 1) }));
	expect_silence(100);
	ensure_eq(app_info(fd).tcpi_sacked, 0);
	ensure_eq(app_info(fd).tcpi_lost, 0);
	ensure_in(app_info(fd).tcpi_snd_cwnd, 10, 15);
	inject(ACK, ACK(seg(10)), SACK({ seg(9), seg(10) }));
	expect_silence(3000);
}

/* RFC 2883, section 4.2: the duplicate lies inside the second block. */
WIRE_TEST(recovery, dsack__above_the_ack, "R4")
{
	int fd = sack_flight(10, 0), i;

	inject(ACK, ACK(seg(1)), SACK({ seg(2), seg(4) }));
	for (i = 0; i < 5; i++)
		inject(ACK, ACK(seg(1)), SACK({ seg(3), seg(4) }, { seg(2), seg(4) }));
	expect_silence(100);
	ensure_eq(app_info(fd).tcpi_sacked, 2);
	ensure_eq(app_info(fd).tcpi_lost, 0);
}

WIRE_TEST(recovery, bad_sack__of_data_never_sent, "R4 S7 ATTACK-4 ATTACK-9")
{
	int fd = sack_flight(5, 0), i;

	for (i = 0; i < 5; i++)
		inject(ACK, ACK(1), SACK({ seg(6), seg(20) }, { seg(4), seg(6) }));
	inject(ACK, ACK(1), SACK({ seg(1), seg(5) + 1 }));
	inject(ACK, ACK(1), SACK({ -70000, -60000 }, { 1 << 30, (1 << 30) + 5000 }));
	inject(ACK, ACK(1), SACK({ seg(3), seg(2) }, { seg(4), seg(4) }));
	expect_silence(100);
	ensure_eq(app_info(fd).tcpi_sacked, 0);
	inject(ACK, ACK(seg(5)));
	expect_silence(3000);
}

/* A peer that did not offer SACK has no say by SACK. */
WIRE_TEST(recovery, bad_sack__not_agreed_on, "R4 W6")
{
	int fd = flight(8, 0);

	inject(ACK, ACK(1), SACK({ seg(1), seg(8) }));
	expect_silence(100);
	ensure_in(app_info(fd).tcpi_sacked, 0, 1);
}

/*
 * RFC 2018, section 8: the peer may throw away what it SACKed. At the latest
 * the timeout sends it again.
 */
WIRE_TEST(recovery, reneging__noticed_at_the_timeout, "R4 R1")
{
	int fd = sack_flight(4, 0);

	inject(ACK, ACK(1), SACK({ seg(1), seg(3) }));
	expect_after(200, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(seg(1)));
	ignore_rest();
	take_burst(1);
	inject(ACK, ACK(seg(1)));
	ensure(take_burst(1500).from == seg(1), "what was SACKed is not sent again");
	inject(ACK, ACK(seg(4)));
	ignore_rest();
	ensure_eq(app_info(fd).tcpi_unacked, 0);
	ensure_eq(app_info(fd).tcpi_sacked, 0);
}

/* ------------------------------------------------------------------ attacks */

/* Lets cwnd grow in slow start until @segments of @mss bytes are on their way. */
static int64_t grow(int fd, int mss, int segments)
{
	int64_t una = 1;
	struct burst b;

	for (;;) {
		app_fill(fd);
		b = take_burst(20);
		ensure(b.bytes > 0, "nothing more was sent");
		if (b.bytes >= (int64_t)segments * mss)
			return una;
		una = b.to;
		inject(ACK, ACK(una));
	}
}

/*
 * SACKs over a long queue of tiny segments, first of every other segment, then
 * of odd bytes: the stack survives, what it holds stays bounded, ACKs stay
 * cheap, and the connection goes on.
 */
WIRE_TEST_LONG(recovery, attack__sacks_over_tiny_segments, 120,
	       "ATTACK-1 ATTACK-2 ATTACK-3 ATTACK-4 R4")
{
	enum { TINY = 48, N = 600 };
	int64_t una, begun, max;
	int fd, i, step;

	fd = active_open(MSS(TINY), SACK_OK);
	una = grow(fd, TINY, N);
	max = c->stack_max;
	begun = now_us();
	for (step = 2; step <= 7; step++)
		for (i = N - 2; i > 4 * step; i -= 4 * step) {
			int64_t at = una + i * TINY;

			inject(ACK, ACK(una), SACK(
				{ at, at + TINY },
				{ at - step * TINY, at - step * TINY + TINY },
				{ at - 2 * step * TINY, at - 2 * step * TINY + step },
				{ at - 3 * step * TINY + 1, at - 3 * step * TINY + TINY }));
		}
	note("the SACKs took %lld ms", (long long)(now_us() - begun) / 1000);
	ensure(now_us() - begun < 5000000, "SACKs are expensive");
	ensure(app_memory(fd, SK_MEMINFO_WMEM_QUEUED) <=
	       2 * app_memory(fd, SK_MEMINFO_SNDBUF) + 512 * 1024,
	       "%u bytes queued, SO_SNDBUF is %u", app_memory(fd, SK_MEMINFO_WMEM_QUEUED),
	       app_memory(fd, SK_MEMINFO_SNDBUF));
	take_burst(20);
	inject(ACK, ACK(c->stack_max));
	ensure(take_burst(1000).to > max, "the connection does not go on");
	inject(ACK, ACK(c->stack_max));
	take_burst(50);
	ensure_in(app_info(fd).tcpi_snd_cwnd, 1, 100000);
	ensure_eq(app_info(fd).tcpi_sacked, 0);
}

/* A hole before each SACKed segment, then all acknowledged one by one. */
WIRE_TEST_LONG(recovery, attack__every_other_segment, 120, "ATTACK-1 ATTACK-4 R4")
{
	enum { TINY = 100, N = 300 };
	int64_t una;
	int fd, i;

	fd = active_open(MSS(TINY), SACK_OK);
	una = grow(fd, TINY, N);
	for (i = 1; i < N; i += 2)
		inject(ACK, ACK(una), SACK({ una + i * TINY, una + i * TINY + TINY }));
	take_burst(10);
	ensure_in(app_info(fd).tcpi_sacked, N / 2 - 1, N / 2);
	for (i = 1; i <= N; i++)
		inject(ACK, ACK(una + i * TINY));
	take_burst(10);
	ensure_eq(app_info(fd).tcpi_sacked, 0);
	inject(ACK, ACK(c->stack_max));
	take_burst(10);
	expect_state(fd, TCP_ESTABLISHED);
}

/* RFC 3465: a segment acknowledged in ten parts gives what one ACK would. */
WIRE_TEST(recovery, attack__divided_acks, "ATTACK-29 C1")
{
	int fd = flight(10, 40), i;

	for (i = 1; i <= 20; i++)
		inject(ACK, ACK(1 + i * 50));
	take_burst(10);
	ensure_in(app_info(fd).tcpi_snd_cwnd, 10, 11);
	for (i = 1; i <= 20; i++)
		inject(ACK, ACK(1001 + i * 50));
	take_burst(10);
	ensure_in(app_info(fd).tcpi_snd_cwnd, 10, 12);
}

/* ACKs of data that was never sent earn nothing, either. */
WIRE_TEST(recovery, attack__optimistic_acks, "ATTACK-29 ATTACK-9 S7")
{
	int fd = flight(10, 10), i;

	for (i = 11; i <= 20; i++)
		inject(ACK, ACK(seg(i)));
	ensure_eq(take_burst(50).bytes, 0);
	ensure_eq(app_info(fd).tcpi_snd_cwnd, 10);
	ensure_eq(app_info(fd).tcpi_unacked, 10);
	inject(ACK, ACK(seg(10)));
	ensure_eq(take_burst(50).to, seg(20));
}

/* Duplicates without end: within the peer's window, and nothing gained by them. */
WIRE_TEST(recovery, attack__flood_of_duplicates, "ATTACK-17 ATTACK-29 R3")
{
	int fd = flight(10, 120);

	dup_acks(500);
	ensure_in(take_burst(50).to, seg(10), 65536);
	ensure_in(app_info(fd).tcpi_snd_cwnd, 1, 10);
	inject(ACK, ACK(c->stack_max));
	ensure_in(take_burst(20).segments, 1, 10);
	ensure_in(app_info(fd).tcpi_snd_cwnd, 1, 10);
}

/* An ACK that was overtaken still tells of what it has SACKed, and that counts. */
WIRE_TEST(recovery, sack__of_an_old_ack_counts_as_delivered, "R4 A5")
{
	unsigned int before;
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000), SACK_OK);
	before = app_full_info(fd, NULL).delivered;
	app_write(fd, 6000);
	expect_bytes(1, 6001);
	inject(ACK, ACK(2001));
	inject(ACK, ACK(1001), SACK({ 3001, 4001 }));
	ensure_eq(app_info(fd).tcpi_sacked, 1);
	inject(ACK, ACK(6001));
	ensure_eq(app_info(fd).tcpi_unacked, 0);
	ensure_eq(app_full_info(fd, NULL).delivered - before, 6);
}
