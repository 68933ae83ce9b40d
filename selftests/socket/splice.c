// SPDX-License-Identifier: GPL-2.0
/*
 * splice.c - pages into and out of a connection: splice(), sendfile(), vmsplice(), tee()
 *
 * A pipe has few places and each holds part of a page; both directions are tried
 * with the shortest pipe there is, and every byte is looked at.
 */
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "pair.h"

enum { PAGE = 4096, WAIT_MS = 2000 };

/* The pipe, with room for @pages pages. */
static void short_pipe(int pipes[2], int pages)
{
	ensure_ok(pipe(pipes));
	ensure_is(fcntl(pipes[1], F_SETPIPE_SZ, pages * PAGE), pages * PAGE);
}

/* Moves bytes until the end; returns how many. */
static size_t relay(int from, int to, int pages)
{
	size_t total = 0;
	int pipes[2];
	ssize_t n, out;

	short_pipe(pipes, pages);
	while ((n = splice(from, NULL, pipes[1], NULL, 100000, 0)) > 0)
		for (; n; n -= out, total += out) {
			out = splice(pipes[0], NULL, to, NULL, n, 0);
			ensure(out > 0, "splice: %zd, %s", out, strerror(errno));
		}
	ensure_eq(n, 0);
	return total;
}

/* ------------------------------------------------------------ both directions */

/* From one connection to another and back, through pipes of all sizes. */
static void relayed(int pages)
{
	enum { BYTES = 500000 };
	struct pair a = connected(), b = connected();

	reader_beside(&b, BYTES);
	after(0) {
		send_pattern(a.client, 0, BYTES);
		shutdown(a.client, SHUT_WR);
	}
	ensure_eq(relay(a.server, b.client, pages), BYTES);
	ensure_ok(shutdown(b.client, SHUT_WR));
	expect_reader_happy();
	expect_reader_happy();
}

WIRE_TEST(splice, relay__pipe_of_one_page, "A3")
{
	relayed(1);
}

WIRE_TEST(splice, relay__pipe_of_sixteen, "A3")
{
	relayed(16);
}

/* ------------------------------------------------------- out of a connection */

WIRE_TEST(splice, out__full_pipe, "A3")
{
	struct pair p = connected();
	unsigned char buf[2 * PAGE];
	int pipes[2];

	short_pipe(pipes, 1);
	ensure_is(write(pipes[1], patterned(0, PAGE), PAGE), PAGE);
	send_pattern(p.client, PAGE, 100);
	ensure_fails(splice(p.server, NULL, pipes[1], NULL, 100, SPLICE_F_NONBLOCK), EAGAIN);
	ensure_is(read(pipes[0], buf, PAGE), PAGE);
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 100, SPLICE_F_NONBLOCK), 100);
	ensure_is(read(pipes[0], buf, PAGE), 100);
	check_pattern(buf, PAGE, 100);
}

/* What does not fit stays in the receive queue. */
WIRE_TEST(splice, out__more_than_the_pipe_holds, "A3")
{
	struct pair p = connected();
	int pipes[2];
	ssize_t n;
	size_t got = 0;
	unsigned char buf[PAGE];

	short_pipe(pipes, 1);
	send_pattern(p.client, 0, 20000);
	pass_ms(10);
	while (got < 20000) {
		n = splice(p.server, NULL, pipes[1], NULL, 50000, 0);
		ensure_in(n, 1, PAGE);
		ensure_eq(count_of(p.server, FIONREAD), 20000 - got - n);
		ensure_is(read(pipes[0], buf, sizeof(buf)), n);
		check_pattern(buf, got, n);
		got += n;
	}
}

/* Spliced bytes are gone from the socket but not yet read: the window follows. */
WIRE_TEST(splice, out__opens_the_window, "A3 F1")
{
	struct pair p = connected_small(20000);
	size_t sent = fill(p.client), got = 0;
	int pipes[2];
	unsigned char buf[PAGE];
	ssize_t n;

	short_pipe(pipes, 16);
	while (got < sent) {
		n = splice(p.server, NULL, pipes[1], NULL, PAGE, 0);
		ensure_in(n, 1, PAGE);
		ensure_is(read(pipes[0], buf, sizeof(buf)), n);
		check_pattern(buf, got, n);
		got += n;
	}
	ensure_eq(events_within(p.client, POLLOUT, WAIT_MS), POLLOUT);
}

WIRE_TEST(splice, out__waits_and_is_interrupted, "A3")
{
	struct pair p = connected();
	int pipes[2];

	short_pipe(pipes, 1);
	after(100) send_pattern(p.client, 0, 10);
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 100, 0), 10);
	read(pipes[0], (char[10]){}, 10);
	interrupt_after(100);
	ensure_fails(splice(p.server, NULL, pipes[1], NULL, 100, 0), EINTR);
	after(100) close(p.client);
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 100, 0), 0);
}

WIRE_TEST(splice, out__reset, "A3 S5")
{
	struct linger now = { 1, 0 };
	struct pair p = connected();
	int pipes[2];

	short_pipe(pipes, 1);
	ensure_ok(setsockopt(p.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	after(50) close(p.client);
	ensure_fails(splice(p.server, NULL, pipes[1], NULL, 100, 0), ECONNRESET);
}

/* The urgent byte alone is nothing to splice, and what follows it is. */
WIRE_TEST(splice, out__urgent_byte_alone, "A3 F8")
{
	struct pair p = connected();
	unsigned char buf[16];
	int pipes[2];

	differs_from_builtin("it never gets past the mark");
	short_pipe(pipes, 1);
	ensure_is(send(p.client, "!", 1, MSG_OOB), 1);
	after(100) send_pattern(p.client, 0, 10);
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 100, 0), 10);
	ensure_is(read(pipes[0], buf, sizeof(buf)), 10);
	check_pattern(buf, 0, 10);
	set_nonblocking(p.server);
	ensure_is(send(p.client, "!", 1, MSG_OOB), 1);
	pass_ms(10);
	ensure_fails(splice(p.server, NULL, pipes[1], NULL, 100, 0), EAGAIN);
}

/* ------------------------------------------------------------ into a connection */

/* More parts than a packet has places for. */
WIRE_TEST(splice, in__byte_by_byte, "A3")
{
	struct pair p = connected();
	unsigned char *buf = patterned(0, 2 * PAGE);
	int pipes[2], i, sent;

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_ok(pipe(pipes));
	for (sent = 0; sent < 200; sent += 10) {
		for (i = 0; i < 10; i++)
			ensure_is(vmsplice(pipes[1], &(struct iovec){ buf + sent + i, 1 }, 1, 0), 1);
		ensure_is(splice(pipes[0], NULL, p.client, NULL, 10, 0), 10);
	}
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	read_pattern(p.server, 0, 200);
}

/* What SPLICE_F_MORE announces is waited for, and nothing else. */
WIRE_TEST(splice, in__more_to_come, "A3 F3")
{
	struct pair p = connected();
	unsigned char *buf = patterned(0, PAGE);
	int pipes[2];

	ensure_ok(pipe(pipes));
	ensure_is(write(pipes[1], buf, 200), 200);
	ensure_is(splice(pipes[0], NULL, p.client, NULL, 100, SPLICE_F_MORE), 100);
	pass_ms(50);
	ensure_eq(count_of(p.server, FIONREAD), 0);
	ensure_is(splice(pipes[0], NULL, p.client, NULL, 100, 0), 100);
	pass_ms(50);
	ensure_eq(count_of(p.server, FIONREAD), 200);
	read_pattern(p.server, 0, 200);
}

WIRE_TEST(splice, in__nonblocking, "A3")
{
	struct pair p = connected_small(10000);
	size_t sent, got = 0, more = 0;
	unsigned char *buf;
	int pipes[2], i;
	ssize_t n;

	set_nonblocking(p.client);
	sent = fill(p.client);
	ensure_ok(pipe(pipes));
	buf = patterned(sent, 16 * PAGE);
	ensure_is(write(pipes[1], buf, 16 * PAGE), 16 * PAGE);
	for (i = 0; more < 16 * PAGE; i++) {
		ensure(i < 1000, "no progress behind %zu bytes", more);
		n = splice(pipes[0], NULL, p.client, NULL, 16 * PAGE - more, SPLICE_F_NONBLOCK);
		if (n < 0) {
			size_t there = count_of(p.server, FIONREAD);

			ensure_eq(errno, EAGAIN);
			read_pattern(p.server, got, there);
			got += there;
			pass_ms(10);
			continue;
		}
		more += n;
	}
	shutdown(p.client, SHUT_WR);
	ensure_eq(got + drain_pattern(p.server, got), sent + more);
}

/* What tee() has left in another pipe does not change with what is written on. */
WIRE_TEST(splice, in__pages_of_two_pipes, "A3")
{
	struct pair p = connected();
	int one[2], two[2];
	char buf[64];

	ensure_ok(pipe(one));
	ensure_ok(pipe(two));
	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(write(one[1], "hello ", 6), 6);
	ensure_is(tee(one[0], two[1], 6, 0), 6);
	ensure_is(splice(one[0], NULL, p.client, NULL, 6, 0), 6);
	ensure_is(send(p.client, "dear ", 5, 0), 5);
	ensure_is(write(one[1], "world", 5), 5);
	ensure_is(write(two[1], "there", 5), 5);
	ensure_is(splice(one[0], NULL, p.client, NULL, 5, 0), 5);
	ensure_is(splice(two[0], NULL, p.client, NULL, 11, 0), 11);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	ensure_is(recv(p.server, buf, 27, MSG_WAITALL), 27);
	ensure(!memcmp(buf, "hello dear worldhello there", 27), "received %.27s", buf);
}

/* ------------------------------------------------------------------ sendfile */

WIRE_TEST(splice, sendfile__part_of_a_file, "A3")
{
	struct pair p = connected();
	int file = pattern_file(10 * PAGE);
	off_t at = 1001;

	ensure_is(sendfile(p.client, file, &at, 2 * PAGE + 5), 2 * PAGE + 5);
	ensure_eq(at, 1001 + 2 * PAGE + 5);
	ensure_eq(lseek(file, 0, SEEK_CUR), 0);
	read_pattern(p.server, 1001, 2 * PAGE + 5);
	ensure_is(sendfile(p.client, file, &at, 100 * PAGE), 10 * PAGE - at);
	ensure_is(sendfile(p.client, file, &(off_t){ 10 * PAGE }, PAGE), 0);
}

/* The page is the file's until it is sent: who writes to the file sends that. */
WIRE_TEST(splice, sendfile__by_reference, "A3")
{
	struct pair p = connected();
	int file = pattern_file(PAGE);
	char got[5];

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(sendfile(p.client, file, &(off_t){ 0 }, 5), 5);
	ensure_is(pwrite(file, "newer", 5, 0), 5);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	ensure_is(recv(p.server, got, 5, MSG_WAITALL), 5);
	ensure(!memcmp(got, "newer", 5), "received %.5s", got);
}

WIRE_TEST(splice, sendfile__nonblocking_until_done, "A3")
{
	enum { BYTES = 300000 };
	struct pair p = connected_small(10000);
	int file = pattern_file(BYTES), i = 0;
	off_t at = 0;

	set_nonblocking(p.client);
	reader_beside(&p, BYTES);
	while (at < BYTES) {
		if (sendfile(p.client, file, &at, BYTES - at) >= 0)
			continue;
		ensure_eq(errno, EAGAIN);
		ensure(i++ < 10000, "no progress behind %lld bytes", (long long)at);
		ensure_eq(events_within(p.client, POLLOUT, WAIT_MS), POLLOUT);
	}
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}

WIRE_TEST(splice, sendfile__to_nobody, "A3 S5")
{
	struct pair p = connected();
	int file = pattern_file(PAGE);

	signal(SIGPIPE, SIG_IGN);
	ensure_fails(sendfile(new_socket(), file, &(off_t){ 0 }, 10), EPIPE);
	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_fails(sendfile(p.client, file, &(off_t){ 0 }, 10), EPIPE);
}

/* What leaves by splice() leaves as by recv(): SO_PEEK_OFF follows it (socket(7)). */
WIRE_TEST(splice, splice__peek_offset_follows, "A3")
{
	struct pair p = connected();
	unsigned char buf[10];
	int pipes[2];

	differs_from_builtin("its offset stays, and peeking skips bytes");
	send_pattern(p.client, 0, 300);
	ensure_is(recv(p.server, pages(300), 300, MSG_PEEK | MSG_WAITALL), 300);
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, 100));
	short_pipe(pipes, 1);
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 60, 0), 60);
	ensure_eq(get_int(p.server, SOL_SOCKET, SO_PEEK_OFF), 40);
	ensure_is(recv(p.server, buf, sizeof(buf), MSG_PEEK), sizeof(buf));
	check_pattern(buf, 100, sizeof(buf));
}
