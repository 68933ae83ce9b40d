// SPDX-License-Identifier: GPL-2.0
/*
 * dupack.c - how many ACKs a hole gets (RFC 5681 section 4.2, RFC 2018)
 *
 * The round trip takes 900 ms, so that 5 % of it are 45 ms, and the sysctl asks for
 * more. Segments have 1000 bytes: segment n is SEQ(n * 1000 + 1). Number 0 is missing.
 */
#include "wire.h"

enum { RTT = 900, DELAY = RTT / 20 };

static int64_t seg(int n)
{
	return 1 + n * 1000;
}

static int open_with(bool sack)
{
	int fd;

	differs_from_builtin("it has other rules for what may wait");
	sysctl_set("net/ipv4/tcp_comp_sack_delay_ns", 100000000);
	sysctl_set("net/ipv4/tcp_comp_sack_slack_ns", 0);
	fd = app_connect();
	expect(SYN, SEQ(0));
	pass_ms(RTT);
	if (sack)
		inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000), SACK_OK);
	else
		inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000));
	expect(ACK, SEQ(1), ACK(1));
	return fd;
}

static void arrives(int n)
{
	inject(ACK, SEQ(seg(n)), LEN(1000));
}

/* Segments 1 to 3 arrive; the ACK of each leaves at once. */
static int three(void)
{
	int fd = open_with(true), n;

	for (n = 1; n <= 3; n++) {
		arrives(n);
		expect(ACK, ACK(1), LEN(0), SACK({ seg(1), seg(n + 1) }));
	}
	return fd;
}

WIRE_TEST(dupack, share__after_three, "F5 R4 R3")
{
	int n;

	three();
	for (n = 4; n <= 8; n++)
		arrives(n);
	expect_after(DELAY, ACK, ACK(1), LEN(0), SACK({ seg(1), seg(9) }));
	expect_silence(1000);
	ensure_eq(counter("TcpExt", "TCPAckCompressed"), 4);
}

/* tcp_comp_sack_delay_ns, when it is less than 5 % of the round trip. */
WIRE_TEST(dupack, share__no_longer_than_the_sysctl_says, "F5")
{
	three();
	sysctl_set("net/ipv4/tcp_comp_sack_delay_ns", 5000000);
	arrives(4);
	expect_after(5, ACK, ACK(1), SACK({ seg(1), seg(5) }));
}

/* tcp_comp_sack_nr */
WIRE_TEST(dupack, share__so_many_segments, "F5")
{
	int n;

	three();
	sysctl_set("net/ipv4/tcp_comp_sack_nr", 5);
	for (n = 4; n <= 8; n++)
		arrives(n);
	expect_silence(DELAY / 4);
	arrives(9);
	expect(ACK, ACK(1), SACK({ seg(1), seg(10) }));
	expect_silence(1000);
	ensure_eq(counter("TcpExt", "TCPAckCompressed"), 5);
}

WIRE_TEST(dupack, share__turned_off, "F5")
{
	int n;

	three();
	sysctl_set("net/ipv4/tcp_comp_sack_nr", 0);
	for (n = 4; n <= 8; n++) {
		arrives(n);
		expect(ACK, ACK(1), SACK({ seg(1), seg(n + 1) }));
	}
}

/* What comes later than an ACK may wait cannot share it. */
WIRE_TEST(dupack, share__not_on_a_slow_path, "F5 R4")
{
	int n;

	three();
	for (n = 4; n <= 6; n++) {
		pass_ms(DELAY + 1);
		arrives(n);
		expect(ACK, ACK(1), SACK({ seg(1), seg(n + 1) }));
	}
	arrives(7);
	arrives(8);
	expect_after(DELAY, ACK, ACK(1), SACK({ seg(1), seg(9) }));
	expect_silence(1000);
}

/* An ACK has room for three blocks. */
WIRE_TEST(dupack, share__at_most_three_blocks, "F5 R4")
{
	three();
	arrives(5);
	arrives(7);
	expect_silence(DELAY / 2);
	arrives(9);
	expect(ACK, ACK(1), SACK({ seg(9), seg(10) }, { seg(7), seg(8) }, { seg(5), seg(6) },
				 { seg(1), seg(4) }));
	expect_silence(1000);
}

WIRE_TEST(dupack, hole__each_gets_three, "F5 R3")
{
	int n;

	three();
	arrives(4);
	arrives(6);
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(seg(5)), SACK({ seg(6), seg(7) }));
	for (n = 7; n <= 9; n++) {
		arrives(n);
		expect(ACK, ACK(seg(5)), SACK({ seg(6), seg(n + 1) }));
	}
	arrives(10);
	expect_after(DELAY, ACK, ACK(seg(5)), SACK({ seg(6), seg(11) }));
}

/* Duplicates are counted then: each ACK tells of one segment. */
WIRE_TEST(dupack, without_sack__each_gets_one, "F5 R3")
{
	int n;

	open_with(false);
	for (n = 1; n <= 8; n++) {
		arrives(n);
		expect(ACK, ACK(1), LEN(0), NO_SACK);
	}
}

/* What is owed at once, or goes anyhow, takes the news along. */
WIRE_TEST(dupack, news__goes_with_the_ack_of_a_duplicate, "F5 R4")
{
	three();
	arrives(4);
	arrives(2);
	expect(ACK, ACK(1), SACK({ seg(2), seg(3) }, { seg(1), seg(5) }));
	expect_silence(1000);
}

/* Also of one that is only in part. */
WIRE_TEST(dupack, news__goes_with_the_ack_of_half_a_duplicate, "F5 R4")
{
	three();
	arrives(4);
	inject(ACK, SEQ(seg(4) + 500), LEN(1000));
	expect(ACK, ACK(1), SACK({ seg(4) + 500, seg(5) }, { seg(1), seg(5) + 500 }));
	expect_silence(1000);
}

WIRE_TEST(dupack, news__goes_with_data, "F5 R4")
{
	int fd = three();

	arrives(4);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), ACK(1), LEN(100), SACK({ seg(1), seg(5) }));
	expect_silence(100);
}

/* The connection is gone before the timer fires. */
WIRE_TEST(dupack, news__of_no_use_any_more, "F5 S1")
{
	int fd = three();

	arrives(4);
	app_abort(fd);
	expect(RST | ACK, SEQ(1), ACK(1));
	expect_silence(1000);
}
