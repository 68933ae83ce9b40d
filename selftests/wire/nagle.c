// SPDX-License-Identifier: GPL-2.0
/*
 * nagle.c - which small segments wait for company (RFC 9293, section 3.7.4), and
 * where PSH is set (section 3.9.1.2)
 */
#include "wire.h"

/* The peer acknowledges when the script says so; nothing is sent again meanwhile. */
static int quiet_open(void)
{
	classic_recovery();
	return active_open(MSS(1000));
}

WIRE_TEST(nagle, small__second_waits_for_the_ack, "F3 SHLD-7")
{
	int fd = quiet_open();

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_write(fd, 100);
	expect_silence(150);
	inject(ACK, ACK(101));
	expect(PSH | ACK, SEQ(101), LEN(100));
}

WIRE_TEST(nagle, small__waiting_ones_leave_together, "F3 SHLD-7 SHLD-28")
{
	int fd = quiet_open();
	int i;

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	for (i = 0; i < 9; i++)
		app_write(fd, 100);
	expect_silence(50);
	inject(ACK, ACK(101));
	expect(PSH | ACK, SEQ(101), LEN(900));
	expect_silence(100);
}

WIRE_TEST(nagle, small__full_segments_do_not_wait, "F3 SHLD-28")
{
	int fd = quiet_open();

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_write(fd, 2300);
	expect_bytes(101, 2101);
	expect_silence(100);
	inject(ACK, ACK(2101));
	expect(PSH | ACK, SEQ(2101), LEN(300));
}

WIRE_TEST(nagle, small__becomes_full_and_leaves, "F3 SHLD-28")
{
	int fd = quiet_open();

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_write(fd, 700);
	expect_silence(50);
	app_write(fd, 500);
	expect(ACK, SEQ(101), LEN(1000));
	expect_silence(50);
	inject(ACK, ACK(1101));
	expect(PSH | ACK, SEQ(1101), LEN(200));
}

/* Only small segments wait, and only for small ones: Minshall's refinement. */
WIRE_TEST(nagle, small__does_not_wait_for_full_ones, "F3")
{
	int fd = quiet_open();

	app_write(fd, 2500);
	expect_bytes(1, 2501);
	app_write(fd, 100);
	expect_silence(150);
	inject(ACK, ACK(2501));
	expect(PSH | ACK, SEQ(2501), LEN(100));
	inject(ACK, ACK(2601));
	app_write(fd, 2000);
	expect_bytes(2601, 4601);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(4601), LEN(100));
}

WIRE_TEST(nagle, small__fin_does_not_wait, "F3 S2")
{
	int fd = quiet_open();

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_write(fd, 50);
	expect_silence(50);
	app_shutdown(fd, SHUT_WR);
	expect(FIN | PSH | ACK, SEQ(101), LEN(50));
}

WIRE_TEST(nagle, nodelay__nothing_waits, "F3 A4 MUST-17")
{
	int fd = quiet_open();
	int i;

	app_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	for (i = 0; i < 5; i++) {
		app_write(fd, 10);
		expect(PSH | ACK, SEQ(1 + i * 10), LEN(10));
	}
}

WIRE_TEST(nagle, nodelay__releases_what_waits, "F3 A4 MUST-17")
{
	int fd = quiet_open();

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_write(fd, 100);
	expect_silence(50);
	app_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	expect(PSH | ACK, SEQ(101), LEN(100));
	app_set(fd, IPPROTO_TCP, TCP_NODELAY, 0);
	app_write(fd, 100);
	expect_silence(50);
	inject(ACK, ACK(201));
	expect(PSH | ACK, SEQ(201), LEN(100));
}

WIRE_TEST(nagle, cork__full_segments_leave_the_rest_waits, "F3 A4")
{
	int fd = quiet_open();

	app_set(fd, IPPROTO_TCP, TCP_CORK, 1);
	app_write(fd, 100);
	expect_silence(50);
	app_write(fd, 1200);
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	expect_silence(50);
	app_set(fd, IPPROTO_TCP, TCP_CORK, 0);
	expect(PSH | ACK, SEQ(1001), LEN(300));
	app_write(fd, 100);
	inject(ACK, ACK(1301));
	expect(PSH | ACK, SEQ(1301), LEN(100));
}

WIRE_TEST(nagle, cork__ceiling_of_200_ms, "F3 A4 MUST-60")
{
	int fd = quiet_open();

	app_set(fd, IPPROTO_TCP, TCP_CORK, 1);
	app_write(fd, 100);
	expect_after(200, PSH | ACK, SEQ(1), LEN(100));
	inject(ACK, ACK(101));
	app_write(fd, 200);
	expect_after(200, PSH | ACK, SEQ(101), LEN(200));
}

WIRE_TEST(nagle, cork__holds_in_spite_of_nodelay, "F3 A4")
{
	int fd = quiet_open();

	app_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	app_set(fd, IPPROTO_TCP, TCP_CORK, 1);
	app_write(fd, 100);
	expect_silence(100);
	app_write(fd, 100);
	expect_silence(50);
	app_set(fd, IPPROTO_TCP, TCP_CORK, 0);
	expect(PSH | ACK, SEQ(1), LEN(200));
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(201), LEN(100));
}

WIRE_TEST(nagle, cork__close_releases, "F3 S2")
{
	int fd = quiet_open();

	app_set(fd, IPPROTO_TCP, TCP_CORK, 1);
	app_write(fd, 100);
	expect_silence(50);
	app_close(fd);
	expect(FIN | PSH | ACK, SEQ(1), LEN(100));
}

WIRE_TEST(nagle, msg_more__waits_for_the_next_write, "F3 A3 MAY-15 MAY-16")
{
	int fd = quiet_open();

	app_send(fd, 100, MSG_MORE);
	expect_silence(50);
	app_send(fd, 100, MSG_MORE);
	expect_silence(50);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(300));
	inject(ACK, ACK(301));
	app_send(fd, 1300, MSG_MORE);
	expect(ACK, SEQ(301), LEN(1000));
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1301), LEN(400));
}

WIRE_TEST(nagle, msg_more__ceiling_of_200_ms, "F3 A3 MUST-60")
{
	int fd = quiet_open();

	app_send(fd, 100, MSG_MORE);
	expect_after(200, PSH | ACK, SEQ(1), LEN(100));
}

WIRE_TEST(nagle, push__last_segment_of_a_write, "F3 MUST-61")
{
	int fd = quiet_open();

	app_write(fd, 2500);
	expect(ACK, SEQ(1), LEN(1000), NO_PUSH);
	expect(ACK, SEQ(1001), LEN(1000), NO_PUSH);
	expect(PSH | ACK, SEQ(2001), LEN(500));
	inject(ACK, ACK(2501));
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(2501), LEN(1000));
}

/* Successive PSH bits are collapsed into the last one. */
WIRE_TEST(nagle, push__of_writes_that_were_joined, "F3 MUST-61 SHLD-27")
{
	int fd = quiet_open();

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_write(fd, 300);
	app_write(fd, 400);
	inject(ACK, ACK(101));
	expect(PSH | ACK, SEQ(101), LEN(700));
}
