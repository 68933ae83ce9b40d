// SPDX-License-Identifier: GPL-2.0
/*
 * mapped.c - TCP_ZEROCOPY_RECEIVE: received pages in the program's memory
 *
 * Only whole pages can be mapped. Over loopback they come from a writer who sends
 * whole pages with MSG_ZEROCOPY in segments of that size: on their way up the
 * kernel copies them into pages of their own.
 */
#include <linux/net_tstamp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "pair.h"

enum {
	PAGE = 4096, MAXSEG = PAGE + 12,	/* with the timestamp option */
	WAIT_MS = 2000,
	ZEROCOPY_RECEIVE = 35, CLEAN_HINT = 1, CMSG_TS = 2, INQ = 36,
};

/* struct tcp_zerocopy_receive of linux/tcp.h, which cannot be had beside netinet/tcp.h */
struct zc {
	uint64_t address;
	uint32_t length, skip, inq;
	int32_t err;
	uint64_t copy_to;
	int32_t copy_len;
	uint32_t flags;
	uint64_t control, control_len;
	uint32_t msg_flags, reserved;
};

static struct pair connected_pages(void)
{
	struct pair p = { .listener = new_socket(), .client = new_socket() };
	struct sockaddr_in where;

	ensure_ok(set_int(p.listener, SOL_TCP, TCP_MAXSEG, MAXSEG));
	ensure_ok(set_int(p.client, SOL_TCP, TCP_MAXSEG, MAXSEG));
	listen_on(p.listener, &where);
	ensure_ok(try_connect(p.client, where));
	ensure_ok(p.server = accept(p.listener, NULL, NULL));
	ensure_ok(set_int(p.client, SOL_SOCKET, SO_ZEROCOPY, 1));
	return p;
}

static int try_receive(int fd, struct zc *zc, socklen_t *len)
{
	return getsockopt(fd, SOL_TCP, ZEROCOPY_RECEIVE, zc, len);
}

static void receive(int fd, struct zc *zc)
{
	socklen_t len = sizeof(*zc);

	ensure_ok(try_receive(fd, zc, &len));
	ensure_eq(len, sizeof(*zc));
}

static unsigned char *map(int fd, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	ensure(at != MAP_FAILED, "mmap of a socket: %s", strerror(errno));
	return at;
}

static struct zc at(const void *address, uint32_t length)
{
	return (struct zc){ .address = (uintptr_t)address, .length = length };
}

/* Sends the pattern's bytes from @from on in whole pages, and lets them arrive. */
static unsigned char *send_pages(const struct pair *p, size_t from, size_t bytes)
{
	unsigned char *buf = patterned(from, bytes);

	ensure_is(send(p->client, buf, bytes, MSG_ZEROCOPY), bytes);
	pass_ms(10);
	return buf;
}

/* ------------------------------------------------------------- the mapping */

WIRE_TEST(mapped, mmap__is_read_only, "A4")
{
	struct pair p = connected();
	unsigned char *m;

	ensure(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, p.server, 0) == MAP_FAILED &&
	       errno == EPERM, "writable: %s", strerror(errno));
	ensure(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, p.server, 0) == MAP_FAILED &&
	       errno == EPERM, "executable: %s", strerror(errno));
	m = map(p.server, 4 * PAGE);
	ensure_fails(mprotect(m, PAGE, PROT_READ | PROT_WRITE), EACCES);
	ensure_fails(mprotect(m, PAGE, PROT_READ | PROT_EXEC), EACCES);
	ensure_ok(munmap(m, 4 * PAGE));
}

/* A touch of what holds no page yet is answered by SIGBUS. */
WIRE_TEST(mapped, mmap__is_empty_at_first, "A4")
{
	struct pair p = connected();
	unsigned char *m = map(p.server, PAGE);
	int status;

	after(0) _exit(*(volatile unsigned char *)m);
	ensure_ok(wait(&status));
	ensure(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "status %#x", status);
}

/* ------------------------------------------------------------------- pages */

WIRE_TEST(mapped, pages__all_at_once, "A4")
{
	enum { BYTES = 15 * PAGE };
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 16 * PAGE);
	struct zc zc = at(m, 16 * PAGE);

	send_pages(&p, 0, BYTES);
	receive(p.server, &zc);
	ensure_eq(zc.length, BYTES);
	ensure_eq(zc.skip, 0);
	ensure_eq(zc.inq, 0);
	ensure_eq(zc.err, 0);
	check_pattern(m, 0, BYTES);
	ensure_eq(count_of(p.server, FIONREAD), 0);
	ensure_eq(events_of(p.server) & POLLIN, 0);
}

/* As many as are asked for; the next call goes on behind them, in their place. */
WIRE_TEST(mapped, pages__some_at_a_time, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE);
	struct zc zc;
	int i;

	send_pages(&p, 0, 9 * PAGE);
	for (i = 0; i < 9; i += 3) {
		zc = at(m + PAGE, 8 * PAGE);	/* more than the mapping has */
		receive(p.server, &zc);
		ensure_eq(zc.length, 3 * PAGE);
		ensure_eq(zc.inq, (6 - i) * PAGE);
		check_pattern(m + PAGE, i * PAGE, 3 * PAGE);
	}
}

/* What is received stays what it is, whatever its writer and the sockets do. */
WIRE_TEST(mapped, pages__stay, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE);
	unsigned char *sent = send_pages(&p, 0, 4 * PAGE);
	struct zc zc = at(m, 4 * PAGE);
	int status;

	receive(p.server, &zc);
	ensure_eq(zc.length, 4 * PAGE);
	memset(sent, 0xff, 4 * PAGE);
	close(p.client);
	close(p.server);
	check_pattern(m, 0, 4 * PAGE);
	if (!fork()) {
		check_pattern(m, 0, 4 * PAGE);
		munmap(m, 2 * PAGE);
		check_pattern(m + 2 * PAGE, 2 * PAGE, 2 * PAGE);
		_exit(0);
	}
	ensure_ok(wait(&status));
	ensure_eq(status, 0);
	check_pattern(m, 0, 4 * PAGE);
}

/* Who says that nothing is mapped there, and is wrong, is served all the same. */
WIRE_TEST(mapped, pages__in_place_of_others, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE);
	struct zc zc;
	int round;

	for (round = 0; round < 4; round++) {
		send_pages(&p, round * 4 * PAGE, 4 * PAGE);
		zc = at(m, 4 * PAGE);
		zc.flags = round > 1 ? CLEAN_HINT : 0;
		if (round == 2)
			ensure_ok(madvise(m, PAGE, MADV_DONTNEED));
		receive(p.server, &zc);
		ensure_eq(zc.length, 4 * PAGE);
		check_pattern(m, round * 4 * PAGE, 4 * PAGE);
	}
}

/* Mapping and reading in turn, until the end. */
WIRE_TEST(mapped, pages__a_long_stream, "A4")
{
	enum { CHUNK = 16 * PAGE, BYTES = 3000000 };
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, CHUNK), buf[CHUNK];
	size_t got = 0, mapped = 0;

	set_nonblocking(p.server);
	after(0) {
		unsigned char *all = patterned(0, BYTES);
		size_t sent = 0, i;

		for (i = 0; sent < BYTES; i++) {
			size_t n = i % 4 == 3 ? 1000 + i : 20 * PAGE;

			n = n < BYTES - sent ? n : BYTES - sent;
			ensure_is(send(p.client, all + sent, n, MSG_ZEROCOPY), n);
			sent += n;
		}
		ensure_ok(shutdown(p.client, SHUT_WR));
	}
	while (got < BYTES) {
		struct zc zc = at(m, CHUNK);

		ensure_eq(events_within(p.server, POLLIN, WAIT_MS) & POLLIN, POLLIN);
		receive(p.server, &zc);
		ensure_eq(zc.err, 0);
		check_pattern(m, got, zc.length);
		got += zc.length;
		mapped += zc.length;
		if (zc.skip) {
			ssize_t n = recv(p.server, buf, zc.skip < CHUNK ? zc.skip : CHUNK, 0);

			ensure(n > 0, "recv: %zd", n);
			check_pattern(buf, got, n);
			got += n;
		}
	}
	ensure_eq(got, BYTES);
	ensure(mapped > BYTES / 4, "only %zu bytes were mapped", mapped);
	expect_reader_happy();
	pass_ms(10);
	ensure_fails(try_receive(p.server, &(struct zc){}, &(socklen_t){ sizeof(struct zc) }), EIO);
	ensure_is(recv(p.server, buf, 1, 0), 0);
}

WIRE_TEST(mapped, pages__are_given_back, "A4 A7")
{
	enum { TIMES = 32, BYTES = 128 * PAGE };
	long before = 0;
	int i;

	for (i = -4; i < TIMES; i++) {
		struct pair p = connected_pages();
		unsigned char *m = map(p.server, BYTES), *sent;
		size_t got = 0;

		if (!i)
			before = free_kb();
		set_nonblocking(p.client);
		sent = patterned(0, BYTES);
		while (got < BYTES / 2) {
			struct zc zc = at(m, BYTES);

			send(p.client, sent, BYTES, MSG_ZEROCOPY);
			pass_ms(10);
			receive(p.server, &zc);
			ensure(zc.length, "nothing was mapped");
			got += zc.length;
		}
		munmap(sent, BYTES);
		close(p.server);
		close(p.client);
		close(p.listener);
		munmap(m, BYTES);
	}
	pass_ms(100);
	ensure(before - free_kb() < TIMES * 512 / 4, "%ld kB are missing", before - free_kb());
}

/* ------------------------------------------------- what cannot be mapped */

WIRE_TEST(mapped, hint__of_less_than_a_page, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE);
	struct zc zc = at(m, 4 * PAGE);

	receive(p.server, &zc);
	ensure_eq(zc.length, 0);
	ensure_eq(zc.skip, 0);

	send_pages(&p, 0, 100);
	zc = at(m, 4 * PAGE);
	receive(p.server, &zc);
	ensure_eq(zc.length, 0);
	ensure_eq(zc.skip, 100);
	ensure_eq(zc.inq, 100);
	read_pattern(p.server, 0, 100);
}

WIRE_TEST(mapped, hint__before_and_behind_pages, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 16 * PAGE);
	struct zc zc = at(m, 16 * PAGE);

	differs_from_builtin("what follows mapped pages is told by the next call");
	send_pages(&p, 0, 100);
	send_pages(&p, 100, 4 * PAGE + 200);
	receive(p.server, &zc);
	ensure_eq(zc.length, 0);
	ensure_eq(zc.skip, 100);
	read_pattern(p.server, 0, 100);
	zc = at(m, 16 * PAGE);
	receive(p.server, &zc);
	ensure_eq(zc.length, 4 * PAGE);
	ensure_eq(zc.skip, 200);
	check_pattern(m, 100, 4 * PAGE);
	read_pattern(p.server, 100 + 4 * PAGE, 200);
}

/* Eight pages have been sent, none can be mapped: they are to be read. */
static void expect_only_hints(int fd, struct zc *zc)
{
	pass_ms(10);
	receive(fd, zc);
	ensure_eq(zc->length, 0);
	ensure_in(zc->skip, 1, 8 * PAGE);
	read_pattern(fd, 0, 8 * PAGE);
}

/* A page of a file is the file's: who could see it would see it change. */
WIRE_TEST(mapped, hint__of_pages_of_a_file, "A4")
{
	struct pair p = connected_pages();
	int file = pattern_file(8 * PAGE);
	unsigned char *m = map(p.server, 8 * PAGE);
	struct zc zc = at(m, 8 * PAGE);

	ensure_is(sendfile(p.client, file, NULL, 8 * PAGE), 8 * PAGE);
	expect_only_hints(p.server, &zc);
}

/* Nor is a page of a live process, sent by vmsplice and splice, to be seen. */
WIRE_TEST(mapped, hint__of_pages_of_a_pipe, "A4")
{
	struct pair p = connected_pages();
	unsigned char *buf = patterned(0, 8 * PAGE), *m = map(p.server, 8 * PAGE);
	struct zc zc = at(m, 8 * PAGE);
	int pipes[2];

	ensure_ok(pipe(pipes));
	ensure_is(vmsplice(pipes[1], &(struct iovec){ buf, 8 * PAGE }, 1, 0), 8 * PAGE);
	ensure_is(splice(pipes[0], NULL, p.client, NULL, 8 * PAGE, 0), 8 * PAGE);
	expect_only_hints(p.server, &zc);
}

WIRE_TEST(mapped, copybuf__takes_all, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE), buf[2 * PAGE];
	struct zc zc = at(m, 4 * PAGE);

	send_pages(&p, 0, PAGE + 100);
	zc.copy_to = (uintptr_t)buf;
	zc.copy_len = sizeof(buf);
	receive(p.server, &zc);
	ensure_eq(zc.length, 0);
	ensure_eq(zc.skip, 0);
	ensure_eq(zc.copy_len, PAGE + 100);
	ensure_eq(zc.inq, 0);
	check_pattern(buf, 0, PAGE + 100);
}

/* What TCP_INQ would tell is in the struct: it can be used again, and the control buffer stays. */
WIRE_TEST(mapped, copybuf__again_with_tcp_inq, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE), buf[200];
	struct zc zc = at(m, 4 * PAGE);
	char control[256];
	int i;

	ensure_ok(set_int(p.server, SOL_TCP, INQ, 1));
	for (i = 0; i < 3; i++) {
		send_pages(&p, i * 100, 100);
		zc.length = 4 * PAGE;
		zc.copy_to = (uintptr_t)buf;
		zc.copy_len = sizeof(buf);
		if (i == 2) {
			zc.msg_flags = CMSG_TS;
			zc.control = (uintptr_t)control;
			zc.control_len = sizeof(control);
		}
		receive(p.server, &zc);
		ensure_eq(zc.copy_len, 100);
		ensure_eq(zc.msg_flags, 0);
		check_pattern(buf, i * 100, 100);
	}
	ensure_eq(zc.control_len, sizeof(control));
}

/* Nor does a stamp that nobody asked for spoil it. */
WIRE_TEST(mapped, copybuf__again_with_stamps, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE), buf[200];
	struct zc zc = at(m, 4 * PAGE);
	int i;

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_TIMESTAMP, 1));
	pass_ms(100);
	for (i = 0; i < 2; i++) {
		send_pages(&p, i * 100, 100);
		zc.length = 4 * PAGE;
		zc.copy_to = (uintptr_t)buf;
		zc.copy_len = sizeof(buf);
		receive(p.server, &zc);
		ensure_eq(zc.copy_len, 100);
		check_pattern(buf, i * 100, 100);
	}
}

WIRE_TEST(mapped, copybuf__takes_the_rest, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 8 * PAGE), buf[300];
	struct zc zc = at(m, 8 * PAGE);

	differs_from_builtin("what follows mapped pages is copied by the next call");
	send_pages(&p, 0, 4 * PAGE + 400);
	zc.copy_to = (uintptr_t)buf;
	zc.copy_len = sizeof(buf);
	receive(p.server, &zc);
	ensure_eq(zc.length, 4 * PAGE);
	ensure_eq(zc.copy_len, 300);
	ensure_eq(zc.skip, 100);
	ensure_eq(zc.inq, 100);
	check_pattern(m, 0, 4 * PAGE);
	check_pattern(buf, 4 * PAGE, 300);
	read_pattern(p.server, 4 * PAGE + 300, 100);
}

WIRE_TEST(mapped, copybuf__bad_address, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 8 * PAGE);
	struct zc zc = at(m, 8 * PAGE);

	send_pages(&p, 0, 4 * PAGE + 100);
	zc.copy_to = 8;
	zc.copy_len = 100;
	receive(p.server, &zc);
	ensure_eq(zc.length, 4 * PAGE);
	ensure_eq(zc.copy_len, -EFAULT);
	check_pattern(m, 0, 4 * PAGE);
	read_pattern(p.server, 4 * PAGE, 100);
}

WIRE_TEST(mapped, urgent__stops_at_the_mark, "A4 F8")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 16 * PAGE);
	struct zc zc = at(m, 16 * PAGE);
	size_t got;

	differs_from_builtin("at the mark neither a page nor a hint");
	send_pages(&p, 0, 2 * PAGE);
	ensure_is(send(p.client, "!", 1, MSG_OOB), 1);
	send_pages(&p, 2 * PAGE, 2 * PAGE);
	pass_ms(10);
	receive(p.server, &zc);
	ensure_eq(zc.length, 2 * PAGE);
	check_pattern(m, 0, 2 * PAGE);
	for (got = 2 * PAGE; got < 4 * PAGE; ) {
		zc = at(m, 16 * PAGE);
		receive(p.server, &zc);
		ensure(zc.length || zc.skip, "no way past the mark");
		check_pattern(m, got, zc.length);
		got += zc.length;
		read_pattern(p.server, got, zc.skip);
		got += zc.skip;
	}
	ensure_eq(got, 4 * PAGE);
}

/* ---------------------------------------------------------------- arguments */

/* As much of the struct as the program was built with. */
WIRE_TEST(mapped, struct__of_any_length, "A4")
{
	enum { WHOLE = sizeof(struct zc) };
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE);
	static const int lengths[] = { 12, 16, 20, 24, 36, 40, 60, WHOLE };
	struct { struct zc zc; uint64_t more; } big;
	size_t i, sent = 0;
	socklen_t len;

	for (i = 0; i < ARRAY_SIZE(lengths); i++, sent += 2 * PAGE) {
		note("%d bytes", lengths[i]);
		send_pages(&p, sent, 2 * PAGE);
		memset(&big, 0, sizeof(big));
		memset((char *)&big + lengths[i], 0xaa, sizeof(big) - lengths[i]);
		big.zc.address = (uintptr_t)m;
		big.zc.length = 4 * PAGE;
		len = lengths[i];
		ensure_ok(try_receive(p.server, &big.zc, &len));
		ensure_eq(len, lengths[i]);
		ensure_eq(big.zc.length, 2 * PAGE);
		ensure_eq(((unsigned char *)&big)[lengths[i]], 0xaa);
		check_pattern(m, sent, 2 * PAGE);
	}
	memset(&big, 0, sizeof(big));
	len = sizeof(big);
	ensure_ok(try_receive(p.server, &big.zc, &len));
	ensure_eq(len, WHOLE);
	big.more = 1;
	len = sizeof(big);
	ensure_fails(try_receive(p.server, &big.zc, &len), EINVAL);
	len = 11;
	ensure_fails(try_receive(p.server, &big.zc, &len), EINVAL);
	big = (typeof(big)){ .zc.reserved = 1 };
	len = WHOLE;
	ensure_fails(try_receive(p.server, &big.zc, &len), EINVAL);
	big = (typeof(big)){ .zc.msg_flags = 4 };
	ensure_fails(try_receive(p.server, &big.zc, &len), EINVAL);
}

WIRE_TEST(mapped, address__must_be_the_sockets, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE), *other = pages(4 * PAGE);
	socklen_t len = sizeof(struct zc);
	struct zc zc;

	send_pages(&p, 0, 2 * PAGE);
	zc = at(m + 1, 4 * PAGE);
	ensure_fails(try_receive(p.server, &zc, &len), EINVAL);
	zc = at(other, 4 * PAGE);
	ensure_fails(try_receive(p.server, &zc, &len), EINVAL);
	zc = at(NULL, 4 * PAGE);
	ensure_fails(try_receive(p.server, &zc, &len), EINVAL);
	munmap(m, PAGE);
	zc = at(m, 4 * PAGE);
	ensure_fails(try_receive(p.server, &zc, &len), EINVAL);
	zc = at(m + 3 * PAGE, 4 * PAGE);
	receive(p.server, &zc);
	ensure_eq(zc.length, PAGE);
	check_pattern(m + 3 * PAGE, 0, PAGE);
	read_pattern(p.server, PAGE, PAGE);
}

WIRE_TEST(mapped, state__listening_reset_and_ended, "A4")
{
	struct linger now = { 1, 0 };
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, PAGE);
	socklen_t len = sizeof(struct zc);
	struct zc zc = at(m, PAGE);

	ensure_fails(try_receive(p.listener, &zc, &len), ENOTCONN);
	ensure_ok(setsockopt(p.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(p.client);
	pass_ms(10);
	zc = at(m, PAGE);
	receive(p.server, &zc);
	ensure_eq(zc.length, 0);
	ensure_eq(zc.err, -ECONNRESET);
	ensure_eq(error_of(p.server), 0);
}

/* With SO_TIMESTAMPING: when the last packet came. */
WIRE_TEST(mapped, control__time_of_arrival, "A4")
{
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, 4 * PAGE);
	struct zc zc = at(m, 4 * PAGE);
	char control[256] = {};
	struct cmsghdr *c = (void *)control;

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE));
	pass_ms(100);
	send_pages(&p, 0, 2 * PAGE);
	zc.msg_flags = CMSG_TS;
	zc.control = (uintptr_t)control;
	zc.control_len = sizeof(control);
	receive(p.server, &zc);
	ensure_eq(zc.length, 2 * PAGE);
	ensure_eq(c->cmsg_level, SOL_SOCKET);
	ensure_eq(c->cmsg_type, SO_TIMESTAMPING);
	ensure_eq(zc.control_len, sizeof(control) - CMSG_ALIGN(c->cmsg_len));
}

/* What comes later and cannot be mapped does not count, although it was looked at. */
WIRE_TEST(mapped, control__time_of_the_last_page, "A4")
{
	enum { FRAGS = 17, BYTES = FRAGS * PAGE };	/* all that a packet has room for */
	struct pair p = connected_pages();
	unsigned char *m = map(p.server, BYTES + PAGE);
	struct zc zc = at(m, BYTES + PAGE);
	struct timespec *stamp, now;
	char control[256] = {};

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVBUF, 1 << 20));
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE));
	pass_ms(100);
	send_pages(&p, 0, BYTES);
	pass_ms(500);
	send_pattern(p.client, BYTES, 2 * PAGE);
	pass_ms(10);
	zc.msg_flags = CMSG_TS;
	zc.control = (uintptr_t)control;
	zc.control_len = sizeof(control);
	receive(p.server, &zc);
	ensure_eq(zc.length, BYTES);
	ensure(zc.skip, "nothing was looked at");
	stamp = (struct timespec *)CMSG_DATA((struct cmsghdr *)control);
	clock_gettime(CLOCK_REALTIME, &now);
	ensure_in((now.tv_sec - stamp->tv_sec) * 1000 +
		  (now.tv_nsec - stamp->tv_nsec) / 1000000, 500, 1000);
}
