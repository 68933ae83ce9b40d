// SPDX-License-Identifier: GPL-2.0
/*
 * urgent.c - urgent data (RFC 9293, section 3.8.5; RFC 6093)
 *
 * A receiver's "mark" is the last urgent byte, the one before that to which the
 * pointer points. By default a program reads it apart (MSG_OOB), and ordinary
 * reading stops before it once and then leaves it out.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "wire.h"

#ifndef SO_PEEK_OFF
#define SO_PEEK_OFF	42
#endif

static volatile int signals;

static void on_sigurg(int sig)
{
	(void)sig;
	signals++;
}

/* From here on each SIGURG for @fd is counted. */
static void count_signals(int fd)
{
	signal(SIGURG, on_sigurg);
	ensure(!fcntl(fd, F_SETOWN, getpid()), "F_SETOWN: %s", strerror(errno));
}

static int open_counted(void)
{
	int fd = active_open();

	count_signals(fd);
	return fd;
}

/* One read with plenty of room returns exactly the peer's bytes [from, from + n). */
static void reads_by(int line, int fd, int64_t from, int n, int flags)
{
	uint8_t buf[4096];
	int got = recv(fd, buf, sizeof(buf), flags), i;

	if (got != n)
		wire_fail(__FILE__, line, "recv(): %d, %s; expected %d bytes", got,
			  got < 0 ? strerror(errno) : "", n);
	for (i = 0; i < n; i++)
		if (buf[i] != pattern(from + i, false))
			wire_fail(__FILE__, line, "not the byte of SEQ=%lld",
				  (long long)from + i);
	ladder("    read of %d bytes from %lld", n, (long long)from);
}

#define reads(fd_, from_, n_)	reads_by(__LINE__, (fd_), (from_), (n_), 0)
#define peeks(fd_, from_, n_)	reads_by(__LINE__, (fd_), (from_), (n_), MSG_PEEK)

/* recv() with MSG_OOB: the byte, or -errno. */
static int oob(int fd, int flags)
{
	uint8_t byte;
	int n = recv(fd, &byte, 1, MSG_OOB | flags);

	if (n == 1)
		return byte;
	return n ? -errno : 256;
}

#define NOTHING		256	/* of oob(): recv() returned 0 */

#define ensure_oob(fd_, at_)	ensure_eq(oob((fd_), 0), pattern((at_), false))

static int ask(int fd, unsigned long request)
{
	int n = -1;

	ensure(!ioctl(fd, request, &n), "ioctl %#lx: %s", request, strerror(errno));
	return n;
}

static bool at_mark(int fd)
{
	return ask(fd, SIOCATMARK);
}

static int events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

	poll(&p, 1, 0);
	return p.revents;
}

/* ------------------------------------------------- the mark, read apart from it */

WIRE_TEST(urgent, mark__last_byte_of_a_segment, "F8 MUST-30 MUST-32 MUST-62")
{
	int fd = open_counted();

	ensure_eq(oob(fd, 0), -EINVAL);
	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(10));
	expect_ack(11);
	ensure_eq(signals, 1);
	ensure_eq(events(fd), POLLIN | POLLPRI);
	ensure_eq(ask(fd, FIONREAD), 9);
	ensure_eq(at_mark(fd), false);
	ensure_oob(fd, 10);
	ensure_eq(events(fd), POLLIN);
	ensure_eq(oob(fd, 0), -EINVAL);
	reads(fd, 1, 9);
	ensure_eq(at_mark(fd), true);
	ensure_eq(events(fd), 0);		/* what is left is not for reading */
	app_reads_nothing(fd);
	inject(PSH | ACK, SEQ(11), LEN(5));
	expect_ack(16);
	reads(fd, 11, 5);
	ensure_eq(at_mark(fd), false);
	ensure_eq(signals, 1);
}

WIRE_TEST(urgent, mark__amid_a_segment, "F8 MUST-30 MUST-33")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(4));
	expect_ack(11);
	ensure_eq(ask(fd, FIONREAD), 3);
	reads(fd, 1, 3);
	ensure_eq(at_mark(fd), true);
	ensure_eq(ask(fd, FIONREAD), 0);	/* nothing urgent is left but the byte itself */
	ensure_eq(events(fd), POLLIN | POLLPRI);
	ensure_oob(fd, 4);
	ensure_eq(at_mark(fd), true);
	reads(fd, 5, 6);
	ensure_eq(at_mark(fd), false);
	ensure_eq(ask(fd, FIONREAD), 0);
	ensure_eq(oob(fd, 0), -EINVAL);
}

WIRE_TEST(urgent, mark__first_byte, "F8 MUST-30")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(1));
	expect_ack(11);
	ensure_eq(at_mark(fd), true);
	ensure_oob(fd, 1);
	reads(fd, 2, 9);
}

/* Small segments become one packet in the queue: the mark is found all the same. */
WIRE_TEST(urgent, mark__among_many_segments, "F8 F9")
{
	int fd = open_counted(), i;

	for (i = 0; i < 30; i++) {
		inject(i == 13 ? URG | ACK : ACK, SEQ(1 + i * 20), LEN(20),
		       URGENT(i == 13 ? 7 : 0));
		take_burst(60);
	}
	reads(fd, 1, 13 * 20 + 6);
	ensure_eq(at_mark(fd), true);
	ensure_oob(fd, 13 * 20 + 7);
	reads(fd, 13 * 20 + 8, 600 - 13 * 20 - 7);
}

WIRE_TEST(urgent, mark__across_the_end_of_sequence_space, "F8 W4")
{
	int64_t at;

	for (at = 1; at < 12; at++) {
		int fd;

		new_connection();
		c->peer_isn = 0xffffffff - 5;
		note("the mark is at %lld", (long long)at);
		fd = active_open();
		signals = 0;
		count_signals(fd);
		inject(URG | ACK, SEQ(1), LEN(3), URGENT(at));
		expect_ack(4);
		inject(ACK, SEQ(4), LEN(9));
		expect_ack(13);
		ensure_eq(signals, 1);
		ensure_oob(fd, at);
		if (at > 1)
			reads(fd, 1, at - 1);
		ensure_eq(at_mark(fd), true);
		reads(fd, at + 1, 12 - at);
		end_case(fd);
	}
}

WIRE_TEST(urgent, in_line__stops_before_it, "F8 MUST-31 MUST-33")
{
	int fd = open_counted();

	app_set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(4));
	expect_ack(11);
	ensure_eq(signals, 1);
	ensure_eq(oob(fd, 0), -EINVAL);
	ensure_eq(events(fd), POLLIN | POLLPRI);
	ensure_eq(ask(fd, FIONREAD), 10);
	reads(fd, 1, 3);
	ensure_eq(at_mark(fd), true);
	ensure_eq(ask(fd, FIONREAD), 7);
	reads(fd, 4, 7);
	ensure_eq(at_mark(fd), false);
	ensure_eq(events(fd), 0);
}

/* The option counts when the byte is read, not when it arrives. */
WIRE_TEST(urgent, in_line__turned_on_and_off, "F8")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(4));
	expect_ack(11);
	app_set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	reads(fd, 1, 3);
	app_set(fd, SOL_SOCKET, SO_OOBINLINE, 0);
	ensure_oob(fd, 4);
	app_set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	reads(fd, 4, 7);
}

WIRE_TEST(urgent, peek__leaves_it, "F8 A3")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(4));
	expect_ack(11);
	ensure_eq(oob(fd, MSG_PEEK), pattern(4, false));
	peeks(fd, 1, 3);
	ensure_eq(at_mark(fd), false);
	reads(fd, 1, 3);
	peeks(fd, 5, 6);
	ensure_eq(at_mark(fd), true);
	ensure_oob(fd, 4);
	reads(fd, 5, 6);
}

/* Offsets count what is peeked at, and the byte is not. */
WIRE_TEST(urgent, peek__at_an_offset, "F8 A3")
{
	int fd = open_counted();

	differs_from_builtin("its offsets count the urgent byte, too");
	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(4));
	expect_ack(11);
	app_set(fd, SOL_SOCKET, SO_PEEK_OFF, 0);
	peeks(fd, 1, 3);
	peeks(fd, 5, 6);
	app_set(fd, SOL_SOCKET, SO_PEEK_OFF, 4);
	peeks(fd, 6, 5);
	app_set(fd, SOL_SOCKET, SO_PEEK_OFF, 2);
	peeks(fd, 3, 1);
	reads(fd, 1, 3);
	reads(fd, 5, 6);
}

WIRE_TEST(urgent, past__the_byte_is_gone, "F8")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(4));
	expect_ack(11);
	reads(fd, 1, 3);
	reads(fd, 5, 6);
	ensure_eq(oob(fd, 0), -EINVAL);
	ensure_eq(events(fd), 0);
}

/* -------------------------------------------------------------- announcements */

WIRE_TEST(urgent, announced__before_the_byte, "F8 MUST-32")
{
	int fd = open_counted();

	inject(URG | ACK, SEQ(1), LEN(10), URGENT(15));
	expect_ack(11);
	ensure_eq(signals, 1);
	ensure_eq(oob(fd, 0), -EAGAIN);
	ensure_eq(events(fd), POLLIN);
	ensure_eq(ask(fd, FIONREAD), 10);
	reads(fd, 1, 10);
	inject(URG | ACK, SEQ(11), LEN(4), URGENT(5));	/* the same mark */
	expect_ack(15);
	ensure_eq(signals, 1);
	ensure_eq(oob(fd, 0), -EAGAIN);
	reads(fd, 11, 4);
	ensure_eq(at_mark(fd), true);
	inject(URG | PSH | ACK, SEQ(15), LEN(1), URGENT(1));
	expect_ack(16);
	ensure_eq(signals, 1);
	ensure_eq(events(fd), POLLPRI);
	ensure_oob(fd, 15);
}

WIRE_TEST(urgent, announced__without_text, "F8 MUST-30 MUST-32")
{
	int fd = open_counted();

	inject(URG | ACK, SEQ(1), LEN(0), URGENT(3));
	expect_silence(300);
	ensure_eq(signals, 1);
	ensure_eq(oob(fd, 0), -EAGAIN);
	inject(PSH | ACK, SEQ(1), LEN(5));		/* URG is said already */
	expect_ack(6);
	ensure_oob(fd, 3);
	reads(fd, 1, 2);
	reads(fd, 4, 2);
}

WIRE_TEST(urgent, announced__out_of_order, "F8 F9 MUST-32")
{
	int fd = open_counted();

	inject(URG | ACK, SEQ(11), LEN(5), URGENT(3));
	expect(ACK, ACK(1));
	ensure_eq(signals, 1);
	ensure_eq(events(fd), POLLPRI);
	ensure_oob(fd, 13);			/* urgent means now */
	inject(ACK, SEQ(1), LEN(10));
	expect(ACK, ACK(16));
	reads(fd, 1, 12);
	ensure_eq(at_mark(fd), true);
	reads(fd, 14, 2);
}

/* Each advance is told; what a mark was on before is ordinary again. */
WIRE_TEST(urgent, announced__twice_in_a_row, "F8 MUST-32")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
	expect_ack(6);
	inject(URG | PSH | ACK, SEQ(6), LEN(5), URGENT(5));
	expect_ack(11);
	ensure_eq(signals, 2);
	ensure_oob(fd, 10);
	reads(fd, 1, 9);
	ensure_eq(at_mark(fd), true);
}

WIRE_TEST(urgent, announced__again_while_at_the_mark, "F8 MUST-32")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
	expect_ack(6);
	reads(fd, 1, 4);
	ensure_oob(fd, 5);
	inject(URG | PSH | ACK, SEQ(6), LEN(5), URGENT(5));
	expect_ack(11);
	ensure_eq(signals, 2);
	ensure_eq(ask(fd, FIONREAD), 4);
	reads(fd, 6, 4);			/* not what was read already */
	ensure_oob(fd, 10);
}

WIRE_TEST(urgent, announced__again_before_the_first_was_read, "F8")
{
	int fd = open_counted();

	differs_from_builtin("it drops the first byte");
	inject(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
	expect_ack(6);
	reads(fd, 1, 4);
	inject(URG | PSH | ACK, SEQ(6), LEN(5), URGENT(5));
	expect_ack(11);
	ensure_oob(fd, 10);
	reads(fd, 5, 5);
}

WIRE_TEST(urgent, announced__repeated_by_a_retransmission, "F8 R8")
{
	int fd = open_counted(), i;

	inject(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
	expect_ack(6);
	ensure_oob(fd, 5);
	for (i = 0; i < 2; i++) {
		inject(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
		expect(ACK, ACK(6));
		ensure_eq(oob(fd, 0), -EINVAL);
		ensure_eq(events(fd), i ? 0 : POLLIN);
		if (!i)
			reads(fd, 1, 4);
	}
	/* with something new behind it, as when the sender has put two together */
	inject(URG | PSH | ACK, SEQ(1), LEN(9), URGENT(5));
	expect(ACK, ACK(10));
	ensure_eq(oob(fd, 0), -EINVAL);
	reads(fd, 6, 4);
	inject(URG | PSH | ACK, SEQ(6), LEN(9), URGENT(2));
	expect(ACK, ACK(15));
	ensure_eq(oob(fd, 0), -EINVAL);
	reads(fd, 10, 5);
	ensure_eq(signals, 1);
}

WIRE_TEST(urgent, announced__never_goes_back, "F8 ATTACK-16")
{
	int fd = open_counted();

	inject(URG | ACK, SEQ(1), LEN(5), URGENT(20));
	expect_ack(6);
	inject(URG | ACK, SEQ(6), LEN(5), URGENT(3));
	expect_ack(11);
	ensure_eq(signals, 1);
	reads(fd, 1, 10);
	inject(ACK, SEQ(11), LEN(15));
	expect_ack(26);
	ensure_oob(fd, 20);
	reads(fd, 11, 9);
	reads(fd, 21, 5);
}

WIRE_TEST(urgent, announced__behind_what_was_received, "F8 ATTACK-16")
{
	int fd = open_counted();

	inject(ACK, SEQ(1), LEN(10));
	expect_ack(11);
	inject(URG | ACK, SEQ(5), LEN(10), URGENT(3));	/* 7, which is there */
	expect(ACK, ACK(15));
	ensure_eq(signals, 0);
	ensure_eq(oob(fd, 0), -EINVAL);
	reads(fd, 1, 14);
}

/* RFC 9293: the field is added to SEG.SEQ, so 0 ends the urgent data there. */
WIRE_TEST(urgent, announced__by_a_field_of_zero, "F8 ATTACK-16")
{
	int fd = open_counted();

	differs_from_builtin("it takes 0 for 1");
	inject(URG | ACK, SEQ(1), LEN(10), URGENT(0));
	expect_ack(11);
	ensure_eq(signals, 0);
	reads(fd, 1, 10);
	inject(URG | ACK, SEQ(16), LEN(5), URGENT(0));	/* 15, which is missing */
	expect(ACK, ACK(11));
	ensure_eq(signals, 1);
	inject(ACK, SEQ(11), LEN(5));
	expect(ACK, ACK(21));
	ensure_oob(fd, 15);
}

/* The end is further ahead than the field can tell, and comes nearer. */
WIRE_TEST(urgent, announced__from_afar, "F8 MUST-31 MUST-32")
{
	int fd = open_counted(), i;

	for (i = 0; i < 5; i++) {
		inject(URG | ACK, SEQ(1 + 1000 * i), LEN(1000), URGENT(65535));
		take_burst(60);
		ensure_eq(signals, i + 1);
		ensure_eq(oob(fd, 0), -EAGAIN);
	}
	reads(fd, 1, 4096);
	reads(fd, 4097, 904);
}

WIRE_TEST(urgent, announced__in_a_closed_window, "F8 MUST-30 MUST-66")
{
	const struct seen *s;
	int fd = app_socket();
	int64_t edge = 1, window = 1000;

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 16384);
	active_open_fd(fd);
	count_signals(fd);
	c->unchecked = !is_ltcp();		/* the built-in's window shrinks */
	while (window) {
		inject(PSH | ACK, SEQ(edge), LEN(window < 1000 ? window : 1000));
		s = expect_ack(ANY);
		edge = s->ack;
		window = s->win;
	}
	inject(URG | ACK, SEQ(edge), LEN(0), URGENT(1));
	expect_silence(300);
	ensure_eq(signals, 1);
	ensure_eq(oob(fd, 0), -EAGAIN);
	inject(URG | ACK, SEQ(edge), LEN(1), URGENT(3));	/* a probe with a byte */
	expect(ACK, ACK(edge), WIN(0));
	ensure_eq(signals, 2);
	ensure_eq(oob(fd, 0), -EAGAIN);
	ensure_eq(events(fd), POLLIN);
}

WIRE_TEST(urgent, announced__beyond_the_window, "F8 F9")
{
	int fd = app_socket();
	int64_t edge;

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 8192);
	active_open_fd(fd);
	count_signals(fd);
	edge = c->stack_edge;
	while (c->peer_max < edge - 500) {
		inject(ACK, LEN(500));
		take_burst(250);
		c->stack_edge = edge;
	}
	inject(URG | ACK, LEN(1000), URGENT(5000));
	take_burst(250);
	ensure_eq(signals, 1);
	ensure_eq(oob(fd, 0), -EAGAIN);
}

WIRE_TEST(urgent, announced__with_the_fin, "F8 S2")
{
	int fd = open_counted();

	inject(URG | PSH | FIN | ACK, SEQ(1), LEN(10), URGENT(10));
	expect_ack(12);
	ensure_eq(signals, 1);
	ensure_oob(fd, 10);
	reads(fd, 1, 9);
	ensure_eq(at_mark(fd), true);
	app_reads_eof(fd);
	app_reads_eof(fd);
}

WIRE_TEST(urgent, announced__after_the_fin, "F8 S2 ATTACK-16")
{
	int fd = open_counted();

	differs_from_builtin("it signals");
	inject(FIN | ACK, SEQ(1));
	expect_ack(2);
	inject(URG | ACK, SEQ(2), LEN(0), URGENT(9));
	expect_silence(100);
	ensure_eq(signals, 0);
	ensure_eq(oob(fd, 0), -EINVAL);
	expect_state(fd, TCP_CLOSE_WAIT);
}

WIRE_TEST(urgent, announced__but_the_stream_ends, "F8 S2")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(11));
	expect_ack(11);
	ensure_eq(oob(fd, 0), -EAGAIN);
	inject(FIN | ACK, SEQ(11));
	expect_ack(12);
	ensure_eq(oob(fd, 0), NOTHING);
	reads(fd, 1, 10);
	app_reads_eof(fd);
}

WIRE_TEST(urgent, announced__with_the_handshake, "F8 W4")
{
	int fd;

	reach(TCP_LISTEN);
	app_set(listener, SOL_SOCKET, SO_OOBINLINE, 0);
	inject(SYN | URG, SEQ(0), MSS(1460), URGENT(2));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(URG | PSH | ACK, SEQ(1), ACK(1), LEN(4), URGENT(2));
	expect_ack(5);
	fd = app_accept(listener);
	ensure_oob(fd, 2);
	reads(fd, 1, 1);
	reads(fd, 3, 2);
}

WIRE_TEST(urgent, announced__while_closing, "F8 S2")
{
	static const int states[] = { TCP_FIN_WAIT1, TCP_FIN_WAIT2 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		int fd;

		new_connection();
		note("%s", state_name(states[i]));
		fd = reach(states[i]);
		inject(URG | PSH | ACK, ACK(states[i] == TCP_FIN_WAIT1 ? 1 : 2),
		       SEQ(1), LEN(3), URGENT(2));
		expect_ack(4);
		ensure_oob(fd, 2);
		end_case(fd);
	}
}

/* What was read apart is read: no reason for a RST (RFC 2525 section 2.17). */
WIRE_TEST(urgent, close__after_the_byte_was_read, "F8 S5")
{
	int fd = open_counted();

	differs_from_builtin("it takes the byte for unread and resets");
	inject(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
	expect_ack(6);
	reads(fd, 1, 4);
	ensure_oob(fd, 5);
	app_close(fd);
	expect(FIN | ACK, SEQ(1), ACK(6));
}

WIRE_TEST(urgent, close__with_the_byte_unread, "F8 S5")
{
	int fd = open_counted();

	inject(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
	expect_ack(6);
	reads(fd, 1, 4);
	app_close(fd);
	expect(RST | ACK, SEQ(1), ACK(6));
}

/* tcp_stdurg: the field points to the last urgent byte itself (RFC 1122). */
WIRE_TEST(urgent, stdurg__received, "F8")
{
	int fd = open_counted();

	sysctl_set("net/ipv4/tcp_stdurg", 1);
	inject(URG | PSH | ACK, SEQ(1), LEN(10), URGENT(4));
	expect_ack(11);
	ensure_oob(fd, 5);
	reads(fd, 1, 4);
	reads(fd, 6, 5);
	inject(URG | PSH | ACK, SEQ(11), LEN(1), URGENT(0));
	expect_ack(12);
	ensure_eq(signals, 2);
	ensure_oob(fd, 11);
}

/* ------------------------------------------------------------------- sending */

static int quiet_open(int64_t window)
{
	classic_recovery();
	return active_open(MSS(1000), WIN(window));
}

WIRE_TEST(urgent, send__one_byte, "F8 MUST-30 MUST-62")
{
	int fd = active_open();

	app_send(fd, 1, MSG_OOB);
	expect(URG | PSH | ACK, SEQ(1), LEN(1), URGENT(1));
	app_write(fd, 10);			/* behind it: not urgent */
	inject(ACK, ACK(2));
	expect(PSH | ACK, SEQ(2), LEN(10));
	inject(ACK, ACK(12), LEN(5));
	expect_ack(6);
	app_send(fd, 3, MSG_OOB);
	expect(URG | PSH | ACK, SEQ(12), LEN(3), URGENT(3));
}

WIRE_TEST(urgent, send__nothing, "F8")
{
	int fd = active_open();

	ensure_eq(send(fd, "", 0, MSG_OOB), 0);
	expect_silence(300);
	app_write(fd, 1);
	expect(PSH | ACK, SEQ(1), LEN(1));
}

/* What waits before it leaves with it, and the pointer tells how far it is. */
WIRE_TEST(urgent, send__behind_what_waits, "F8 F3 MUST-62")
{
	int fd = quiet_open(65535);

	app_send(fd, 300, MSG_MORE);
	expect_silence(50);
	app_send(fd, 1, MSG_OOB);
	expect(URG | PSH | ACK, SEQ(1), LEN(301), URGENT(301));
}

WIRE_TEST(urgent, send__does_not_wait, "F8 F3")
{
	int fd = quiet_open(65535);

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	app_write(fd, 100);			/* Nagle holds it back */
	expect_silence(50);
	app_send(fd, 1, MSG_OOB);
	expect(URG | PSH | ACK, SEQ(101), LEN(101), URGENT(101));
	inject(ACK, ACK(202));
	app_set(fd, IPPROTO_TCP, TCP_CORK, 1);
	app_write(fd, 10);
	expect_silence(50);
	app_send(fd, 1, MSG_OOB | MSG_MORE);
	expect(URG | ACK, SEQ(202), LEN(11), URGENT(11));
}

/* Each segment of a long one has its own field: nobody may copy it (GSO, TSO). */
WIRE_TEST(urgent, send__many_segments, "F8 O2 MUST-31 MUST-62")
{
	int fd = quiet_open(65535);
	int i;

	app_send(fd, 5500, MSG_OOB);
	for (i = 0; i < 5; i++)
		expect(URG | ACK, SEQ(1 + 1000 * i), LEN(1000), URGENT(5500 - 1000 * i));
	expect(URG | PSH | ACK, SEQ(5001), LEN(500), URGENT(500));
	inject(ACK, ACK(5501));
	app_write(fd, 3000);
	expect_bytes(5501, 8501);
}

/* Not urgent and urgent in one packet of the queue, and more behind it. */
WIRE_TEST(urgent, send__amid_a_burst, "F8 O2 C1")
{
	int fd = quiet_open(0);
	const struct seen *s;
	int64_t at;

	app_write(fd, 2300);
	app_send(fd, 1, MSG_OOB);
	take_burst(5);
	app_write(fd, 2000);
	inject(ACK, ACK(1), WIN(65535));
	for (at = 1; at < 2302; at += s->len)
		s = expect(URG | ACK, SEQ(at), LEN_IN(1, 1000), URGENT(2302 - at));
	expect_bytes(at, 4302);
	inject(ACK, ACK(4302));
	expect_silence(100);
}

WIRE_TEST(urgent, send__advances, "F8 MUST-62")
{
	int fd = quiet_open(0), i;

	for (i = 1; i <= 3; i++) {
		app_send(fd, 100, MSG_OOB);
		take_burst(5);
	}
	inject(ACK, ACK(1), WIN(65535));
	expect(URG | PSH | ACK, SEQ(1), LEN(300), URGENT(300));
}

/* The header is built anew each time: what was not urgent then may be now. */
WIRE_TEST_LONG(urgent, send__retransmission, 60, "F8 R1 MUST-62")
{
	int fd = quiet_open(65535), i;

	app_write(fd, 3000);
	for (i = 0; i < 3; i++)
		expect(ACK, SEQ(1 + 1000 * i), LEN(1000));
	app_send(fd, 1, MSG_OOB);
	expect(URG | PSH | ACK, SEQ(3001), LEN(1), URGENT(1));
	expect_within(200, 2000, URG | ACK, SEQ(1), LEN(1000), URGENT(3001));
	inject(ACK, ACK(1001));
	expect(URG | ACK, SEQ(1001), LEN(1000), URGENT(2001));
	expect(URG | ACK, SEQ(2001), LEN(1000), URGENT(1001));
	inject(ACK, ACK(3001));
	expect(URG | PSH | ACK, SEQ(3001), LEN(1), URGENT(1));
	inject(ACK, ACK(3002));
	app_write(fd, 10);
	expect(PSH | ACK, SEQ(3002), LEN(10));
}

WIRE_TEST(urgent, send__fast_retransmission, "F8 O2 R3 MUST-62")
{
	int fd, i;

	classic_recovery();
	fd = active_open(MSS(1000), SACK_OK);
	app_send(fd, 8000, MSG_OOB);
	for (i = 0; i < 8; i++)
		expect(URG | ACK, SEQ(1 + 1000 * i), LEN(1000), URGENT(8000 - 1000 * i));
	inject(ACK, ACK(1), SACK({3001, 8001}));
	expect(URG | ACK, SEQ(1), LEN(1000), URGENT(8000));
	inject(ACK, ACK(1001), SACK({3001, 8001}));
	take_burst(50);
}

WIRE_TEST(urgent, send__further_than_the_field_reaches, "F8 MUST-31")
{
	enum { BYTES = 100000 };
	const struct seen *s;
	int64_t una = 1;
	int fd, i;

	fd = app_socket();
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 400000);
	active_open_fd(fd, MSS(1460), WSCALE(7), WIN(200000));
	app_send(fd, BYTES, MSG_OOB);
	for (i = 0; i < 500 && una < 1 + BYTES; i++) {
		int64_t left;

		s = take(1000);
		ensure(s, "nothing came");
		left = 1 + BYTES - s->seq;
		ensure_eq(s->flags & URG, URG);
		ensure_eq(s->urgent, left > 65535 ? 65535 : left);
		una = s->seq + s->len;
		inject(ACK, ACK(una), WIN(200000));
	}
	ensure_eq(una, 1 + BYTES);
}

/* A pure ACK tells it when no data may go, and again with each probe. */
WIRE_TEST(urgent, send__into_a_closed_window, "F8 F6 MUST-30 MUST-66")
{
	int fd = quiet_open(0);

	differs_from_builtin("it tells with the first probe");
	app_send(fd, 1, MSG_OOB);
	expect(URG | ACK, SEQ(1), LEN(0), URGENT(1));
	expect_within(200, 6000, URG | ACK, SEQ(1), LEN(0), URGENT(1));
	expect(URG | ACK, SEQ(0), LEN(0), URGENT(2));
	inject(ACK, ACK(1), WIN(0));
	app_send(fd, 4, MSG_OOB);
	expect(URG | ACK, SEQ(1), LEN(0), URGENT(5));
	inject(ACK, ACK(1), WIN(1000));
	expect(URG | PSH | ACK, SEQ(1), LEN(5), URGENT(5));
	inject(ACK, ACK(6), WIN(1000));
	app_write(fd, 10);
	expect(PSH | ACK, SEQ(6), LEN(10));
}

/* Every ACK below the pointer tells it, and those at it do not. */
WIRE_TEST(urgent, send__on_acknowledgments, "F8 MUST-30")
{
	int fd = quiet_open(0);

	app_send(fd, 3, MSG_OOB);
	take_burst(5);
	inject(PSH | ACK, SEQ(1), ACK(1), LEN(10), WIN(0));
	expect_within(0, 500, URG | ACK, SEQ(1), ACK(11), LEN(0), URGENT(3));
	inject(ACK, ACK(1), WIN(1000));
	expect(URG | PSH | ACK, SEQ(1), LEN(3), URGENT(3));
	inject(PSH | ACK, SEQ(11), ACK(1), LEN(10));
	expect_ack(21);
}

WIRE_TEST(urgent, send__more_than_the_buffer_holds, "F8 MUST-31")
{
	static uint8_t bytes[300000];
	int fd = quiet_open(0), i;
	ssize_t n;

	for (i = 0; i < (int)sizeof(bytes); i++)
		bytes[i] = pattern(1 + i, true);
	n = send(fd, bytes, sizeof(bytes), MSG_OOB);
	ensure_in(n, 3000, (int)sizeof(bytes) - 1);
	if (is_ltcp())
		expect(URG | ACK, SEQ(1), LEN(0), URGENT(n < 65535 ? n : 65535));
	inject(ACK, ACK(1), WIN(1000));
	expect(URG | ACK, SEQ(1), LEN_IN(1, 1000), URGENT(n < 65535 ? n : 65535));
	take_burst(50);
}

/* Of a write that failed nothing is urgent. */
WIRE_TEST(urgent, send__no_room, "F8 A3")
{
	int fd = quiet_open(0), i;

	app_fill(fd);
	for (i = 0; i < 10000 && send(fd, "!", 1, 0) == 1; i++)
		;
	ensure_eq(send(fd, "!", 1, MSG_OOB), -1);
	ensure_eq(errno, EAGAIN);
	c->unchecked = true;			/* those were other bytes */
	inject(ACK, ACK(1), WIN(1000));
	expect(ACK, SEQ(1), LEN_IN(1, 1000));
	take_burst(50);
}

WIRE_TEST(urgent, send__not_on_a_reset, "F8 S5")
{
	int fd = quiet_open(0);

	differs_from_builtin("it sets URG there, too");
	app_send(fd, 1, MSG_OOB);
	take_burst(5);
	app_abort(fd);
	expect(RST | ACK, SEQ(1));
}

WIRE_TEST(urgent, send__with_the_fin, "F8 S2")
{
	int fd = quiet_open(0);

	app_send(fd, 1, MSG_OOB);
	take_burst(5);
	app_shutdown(fd, SHUT_WR);
	take_burst(5);
	inject(ACK, ACK(1), WIN(1000));
	expect(URG | PSH | FIN | ACK, SEQ(1), LEN(1), URGENT(1));
	inject(ACK, ACK(3));
	expect_state(fd, TCP_FIN_WAIT2);
	inject(PSH | ACK, LEN(10));
	expect_ack(11);
}

WIRE_TEST(urgent, send__out_of_turn, "F8 A3")
{
	int fd = reach(TCP_FIN_WAIT2);

	ensure_eq(send(fd, "x", 1, MSG_OOB | MSG_NOSIGNAL), -1);
	ensure_eq(errno, EPIPE);
	fd = app_socket();
	ensure_eq(send(fd, "x", 1, MSG_OOB | MSG_NOSIGNAL), -1);
	ensure_eq(errno, EPIPE);
	ensure_eq(oob(fd, 0), -EINVAL);
}

WIRE_TEST(urgent, stdurg__sent, "F8")
{
	int fd = active_open();

	differs_from_builtin("it sends as without tcp_stdurg");
	sysctl_set("net/ipv4/tcp_stdurg", 1);
	app_send(fd, 1, MSG_OOB);
	expect(URG | PSH | ACK, SEQ(1), LEN(1), URGENT(0));
	app_send(fd, 10, MSG_OOB);
	expect(URG | PSH | ACK, SEQ(2), LEN(10), URGENT(9));
}
