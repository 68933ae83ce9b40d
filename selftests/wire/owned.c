// SPDX-License-Identifier: GPL-2.0
/*
 * owned.c - what happens while a system call owns the socket
 *
 * Segments, ICMP errors and timers come at any time, and a system call that copies
 * a program's memory may keep the socket for long: they have to wait, and what they
 * came for is done when it lets go.
 */
#include "wire.h"

enum { UNREACHABLE = 3 };
enum { HOST = 1, FRAG_NEEDED = 4 };

/* A connection that has a byte to be looked at. */
static int with_a_byte(void)
{
	int fd = active_open();

	inject(PSH | ACK, SEQ(1), LEN(1));
	expect_ack(2);
	return fd;
}

WIRE_TEST(owned, segment__is_taken_afterwards, "A3")
{
	struct owner owner;
	int fd = with_a_byte();

	app_owns(&owner, fd);
	inject(PSH | ACK, SEQ(2), LEN(1000));
	inject(PSH | ACK, SEQ(1002), LEN(1000));
	expect_silence(100);
	app_lets_go(&owner);
	expect_ack(2002);
	app_read(fd, 2001);
}

/* RFC 1191, 6.4: the segment that was too large is sent again, if later. */
WIRE_TEST(owned, frag_needed__is_acted_on_afterwards, "R9 W10")
{
	struct owner owner;
	int fd = with_a_byte();

	app_write(fd, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	app_owns(&owner, fd);
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(1040));
	expect_silence(50);
	app_lets_go(&owner);
	expect(ACK, SEQ(1), LEN(1000));
	take_burst(5);
	inject(ACK, ACK(1461));
}

/* Nobody can be told at once; that it happened is remembered for a timeout. */
WIRE_TEST_LONG(owned, unreachable__reason_of_a_timeout, 100, "R9 MUST-56 SHLD-25")
{
	struct owner owner;
	int fd = with_a_byte();

	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_owns(&owner, fd);
	inject_icmp(UNREACHABLE, HOST, SEQ(1));
	ensure_eq(counter("TcpExt", "LockDroppedIcmps"), 1);
	app_lets_go(&owner);
	expect_state(fd, TCP_ESTABLISHED);
	take_burst(10000);
	expect_pair(TCP_CLOSE);
	ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), EHOSTUNREACH);
}

WIRE_TEST(owned, retransmission__waits, "R1")
{
	struct owner owner;
	int fd = with_a_byte();

	classic_recovery();
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_owns(&owner, fd);
	expect_silence(1000);
	app_lets_go(&owner);
	expect(PSH | ACK, SEQ(1), LEN(100));
	expect_after(400, PSH | ACK, SEQ(1), LEN(100));
}

WIRE_TEST(owned, keepalive__waits, "F7")
{
	struct owner owner;
	int fd = with_a_byte();

	app_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	app_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	app_owns(&owner, fd);
	expect_silence(3000);
	app_lets_go(&owner);
	expect_within(0, 80, ACK, SEQ(0), LEN(0));
}

/* A flood of SYNs, and all else, meets no lock that everybody would wait for. */
WIRE_TEST(owned, listener__opens_without_its_lock, "ATTACK-12 D4 W5")
{
	struct owner owner;
	int fd;

	listener = app_listen();
	app_owns(&owner, listener);
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(PSH | ACK, SEQ(1), ACK(1), LEN(100));
	expect_ack(101);
	expect_pair(TCP_ESTABLISHED);
	app_lets_go(&owner);
	fd = app_accept(listener);
	app_read(fd, 100);
}

/* Of the round trip it is no part how long the program's memory took to come. */
WIRE_TEST(owned, write__leaves_when_its_memory_has_come, "R1")
{
	struct owner owner;
	int fd = active_open();

	app_owns_writing(&owner, fd);
	pass_ms(300);
	app_lets_go(&owner);
	expect_bytes(1, 4097);
	inject(ACK, ACK(4097));
	ensure_in(app_info(fd).tcpi_rtt, 0, 30000);
}
