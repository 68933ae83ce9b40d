// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - bytes through the connection, by every call that moves them
 */
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "pair.h"

WIRE_TEST(transfer, send__a_few_megabytes, "A3 F1 F9")
{
	enum { BYTES = 8 << 20 };
	struct pair p = connected();

	reader_beside(&p, BYTES);
	send_pattern(p.client, 0, BYTES);
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}

WIRE_TEST(transfer, send__both_ways_at_once, "A3")
{
	enum { BYTES = 2 << 20 };
	struct pair p = connected();

	reader_beside(&p, BYTES);
	after(0) send_pattern(p.server, 0, BYTES);
	after(0) {
		send_pattern(p.client, 0, BYTES);
		shutdown(p.client, SHUT_WR);
	}
	read_pattern(p.client, 0, BYTES);
	expect_reader_happy();
	expect_reader_happy();
	expect_reader_happy();
}

WIRE_TEST(transfer, send__small_buffers, "A3 F1")
{
	enum { BYTES = 1 << 20 };
	struct pair p = connected_small(4096);

	reader_beside(&p, BYTES);
	send_pattern(p.client, 0, BYTES);
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}

WIRE_TEST(transfer, send__single_bytes, "A3 F3")
{
	struct pair p = connected();
	size_t i;

	for (i = 0; i < 2000; i++)
		send_pattern(p.client, i, 1);
	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_eq(drain_pattern(p.server, 0), 2000);
}

/* A slow reader, after the window was closed for long (F6). */
WIRE_TEST_LONG(transfer, send__slow_reader, 200, "A3 F6")
{
	struct pair p = connected_small(8192);
	size_t bytes = fill(p.client);

	pass_ms(20000);
	ensure_fails(send(p.client, "x", 1, MSG_DONTWAIT), EAGAIN);
	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_eq(drain_pattern(p.server, 0), bytes);
}

WIRE_TEST(transfer, send__blocks_until_there_is_room, "A3 F1")
{
	struct pair p = connected_small(8192);
	size_t bytes = fill(p.client);
	int64_t start = now_us();

	after(300) read_pattern(p.server, 0, bytes);
	send_pattern(p.client, bytes, 1000);
	ensure_took(start, 300);
	expect_reader_happy();
	read_pattern(p.server, bytes, 1000);
}

WIRE_TEST(transfer, send__times_out, "A3")
{
	struct timeval t = { .tv_usec = 300000 };
	struct pair p = connected_small(8192);
	int64_t start;

	fill(p.client);
	ensure_ok(setsockopt(p.client, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	start = now_us();
	ensure_fails(send(p.client, "x", 1, 0), EAGAIN);
	ensure_took(start, 300);
}

WIRE_TEST(transfer, send__interrupted, "A3")
{
	struct pair p = connected_small(8192);
	static char big[1 << 20];

	fill(p.client);
	interrupt_after(100);
	ensure_fails(send(p.client, "x", 1, 0), EINTR);
	ensure_ok(wait(NULL));
	ensure_ok(recv(p.server, big, sizeof(big), 0));	/* some room */
	interrupt_after(200);
	ensure_in(send(p.client, big, sizeof(big), 0), 1, (1 << 20) - 1);
}

WIRE_TEST(transfer, send__nothing, "A3")
{
	struct pair p = connected();

	ensure_is(send(p.client, "", 0, 0), 0);
	ensure_eq(events_of(p.server), POLLOUT);
}

WIRE_TEST(transfer, send__bad_memory, "A3")
{
	struct pair p = connected();

	ensure_fails(send(p.client, (void *)8, 100, 0), EFAULT);
	send_pattern(p.client, 0, 100);
	ensure_fails(recv(p.server, (void *)8, 100, 0), EFAULT);
	read_pattern(p.server, 0, 100);		/* nothing was lost */
}

WIRE_TEST(transfer, recv__waits, "A3")
{
	struct pair p = connected();
	int64_t start = now_us();

	after(200) send(p.client, "late", 4, 0);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 4);
	ensure_took(start, 200);
}

WIRE_TEST(transfer, recv__times_out, "A3")
{
	struct timeval t = { .tv_usec = 300000 };
	struct pair p = connected();
	int64_t start = now_us();

	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	ensure_fails(recv(p.server, (char[8]){}, 8, 0), EAGAIN);
	ensure_took(start, 300);
}

WIRE_TEST(transfer, recv__interrupted, "A3")
{
	struct pair p = connected();

	interrupt_after(100);
	ensure_fails(recv(p.server, (char[8]){}, 8, 0), EINTR);
}

WIRE_TEST(transfer, recv__on_a_listener, "A3")
{
	struct sockaddr_in where;

	ensure_fails(recv(listen_at(&where), (char[8]){}, 8, 0), ENOTCONN);
}

WIRE_TEST(transfer, vectors__gather_and_scatter, "A3")
{
	struct pair p = connected();
	char a[3], b[1], d[10];
	struct iovec out[] = { { "ab", 2 }, { "", 0 }, { "cdef", 4 } };
	struct iovec in[] = { { a, 3 }, { b, 1 }, { d, 10 } };

	ensure_is(writev(p.client, out, 3), 6);
	ensure_is(readv(p.server, in, 3), 6);
	ensure(!memcmp(a, "abc", 3) && b[0] == 'd' && !memcmp(d, "ef", 2), "mixed up");
}

WIRE_TEST(transfer, recvmsg__no_name_for_a_stream, "A3")
{
	struct pair p = connected();
	struct sockaddr_in name = { .sin_port = 77 };
	struct iovec v = { (char[8]){}, 8 };
	struct msghdr m = { .msg_name = &name, .msg_namelen = sizeof(name),
			    .msg_iov = &v, .msg_iovlen = 1 };

	send_pattern(p.client, 0, 4);
	ensure_is(recvmsg(p.server, &m, 0), 4);
	ensure_eq(m.msg_namelen, 0);
	ensure_eq(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
}

WIRE_TEST(transfer, sendto__address_is_ignored, "A3")
{
	struct pair p = connected();
	struct sockaddr_in other = at_port(9);

	ensure_is(sendto(p.client, "x", 1, 0, (struct sockaddr *)&other, sizeof(other)), 1);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 1);
}

WIRE_TEST(transfer, sendfile__whole_file, "A3")
{
	enum { BYTES = 3000000 };
	struct pair p = connected();
	int file = pattern_file(BYTES);
	off_t at = 0;

	reader_beside(&p, BYTES);
	while (at < BYTES)
		ensure_ok(sendfile(p.client, file, &at, BYTES - at));
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}

WIRE_TEST(transfer, sendfile__after_and_before_send, "A3")
{
	enum { BYTES = 100000 };
	struct pair p = connected();
	int file = pattern_file(BYTES);
	off_t at = 10;

	reader_beside(&p, BYTES);
	send_pattern(p.client, 0, 10);
	ensure_is(sendfile(p.client, file, &at, 50000), 50000);
	send_pattern(p.client, 50010, BYTES - 50010);
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}

/* The file is written to before the data has left: no promise, no crash. */
WIRE_TEST(transfer, sendfile__would_block, "A3")
{
	enum { BYTES = 1 << 20 };
	struct pair p = connected_small(8192);
	int file = pattern_file(BYTES);
	off_t at = 0;

	set_nonblocking(p.client);
	while (sendfile(p.client, file, &at, BYTES - at) > 0)
		;
	ensure_eq(errno, EAGAIN);
	ensure_in(at, 1, BYTES - 1);
	read_pattern(p.server, 0, at);
}

WIRE_TEST(transfer, splice__from_a_pipe, "A3")
{
	enum { BYTES = 300000 };
	struct pair p = connected();
	int file = pattern_file(BYTES), pipes[2];
	ssize_t n;

	ensure_ok(pipe(pipes));
	reader_beside(&p, BYTES);
	while ((n = splice(file, NULL, pipes[1], NULL, 65536, 0)) > 0)
		while (n > 0) {
			ssize_t out = splice(pipes[0], NULL, p.client, NULL, n, SPLICE_F_MORE);

			ensure_ok(out);
			n -= out;
		}
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}

WIRE_TEST(transfer, splice__to_a_pipe, "A3")
{
	enum { BYTES = 300000 };
	static unsigned char buf[65536];
	struct pair p = connected();
	size_t got = 0;
	int pipes[2];
	ssize_t n, i;

	ensure_ok(pipe(pipes));
	after(0) {
		send_pattern(p.client, 0, BYTES);
		shutdown(p.client, SHUT_WR);
	}
	while ((n = splice(p.server, NULL, pipes[1], NULL, 30000, 0)) > 0) {
		ensure_is(read(pipes[0], buf, sizeof(buf)), n);
		for (i = 0; i < n; i++, got++)
			ensure_eq(buf[i], (unsigned char)(got ^ got >> 8 ^ got >> 16));
	}
	ensure_eq(n, 0);
	ensure_eq(got, BYTES);
	expect_reader_happy();
}

WIRE_TEST(transfer, splice__nothing_there, "A3")
{
	struct pair p = connected();
	int pipes[2];

	ensure_ok(pipe(pipes));
	set_nonblocking(p.server);
	ensure_fails(splice(p.server, NULL, pipes[1], NULL, 100, SPLICE_F_NONBLOCK), EAGAIN);
}

WIRE_TEST(transfer, splice__not_connected, "A3")
{
	int pipes[2];

	ensure_ok(pipe(pipes));
	ensure_fails(splice(new_socket(), NULL, pipes[1], NULL, 100, 0), ENOTCONN);
}

WIRE_TEST(transfer, mmsg__several_at_once, "A3")
{
	struct pair p = connected();
	struct iovec v[] = { { "one", 3 }, { "two", 3 }, { "three", 5 } };
	struct mmsghdr m[3] = {};
	char got[16] = {};
	int i;

	for (i = 0; i < 3; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
	ensure_is(sendmmsg(p.client, m, 3, 0), 3);
	ensure_is(recv(p.server, got, 11, MSG_WAITALL), 11);
	ensure(!strcmp(got, "onetwothree"), "got %s", got);
}

WIRE_TEST(transfer, descriptors__dup_and_fork, "A3")
{
	struct pair p = connected();
	int copy = dup(p.client);
	pid_t pid;

	close(p.client);		/* no FIN: the copy is left */
	pid = fork();
	if (!pid) {
		send(copy, "child", 5, 0);
		_exit(0);
	}
	ensure_ok(waitpid(pid, NULL, 0));
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 5);
	ensure_is(send(copy, "parent", 6, 0), 6);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 6);
	close(copy);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
}
