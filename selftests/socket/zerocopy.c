// SPDX-License-Identifier: GPL-2.0
/*
 * zerocopy.c - MSG_ZEROCOPY: pages sent from where they are, and the notices
 *
 * That a page really is sent in place shows when the program breaks the rules:
 * held back by TCP_CORK, bytes that are changed after send() go out changed. What
 * is copied after all, as everything that stays on this machine is, says so in its
 * notice.
 */
#include <time.h>
#include <linux/capability.h>
#include <linux/errqueue.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "pair.h"

enum { WAIT_MS = 2000, PAGE = 4096, COPIED = SO_EE_CODE_ZEROCOPY_COPIED };

/* A range of writes, by number, that are done with. */
struct notice { unsigned int first, last, code; };

static void want_notices(int fd)
{
	ensure_ok(set_int(fd, SOL_SOCKET, SO_ZEROCOPY, 1));
}

static struct pair connected_zc(void)
{
	struct pair p = connected();

	want_notices(p.client);
	return p;
}

static long zsend(int fd, const void *bytes, size_t len)
{
	return send(fd, bytes, len, MSG_ZEROCOPY | MSG_NOSIGNAL);
}

static bool try_notice(int fd, struct notice *n)
{
	char control[512];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err err = {};
	struct cmsghdr *c;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE) < 0) {
		ensure_eq(errno, EAGAIN);
		return false;
	}
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR)
			memcpy(&err, CMSG_DATA(c), sizeof(err));
	ensure_eq(err.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	ensure_eq(err.ee_errno, 0);
	*n = (struct notice){ err.ee_info, err.ee_data, err.ee_code };
	return true;
}

static struct notice next_notice(int fd)
{
	struct notice n;

	ensure_eq(events_within(fd, 0, WAIT_MS) & POLLERR, POLLERR);
	ensure(try_notice(fd, &n), "no notice");
	return n;
}

static void no_notice(int fd)
{
	struct notice n;

	pass_ms(50);
	ensure(!try_notice(fd, &n), "a notice of writes %u to %u", n.first, n.last);
}

#define expect_notice(fd_, first_, last_, code_) do {			\
	struct notice n__ = next_notice(fd_);				\
	ensure_eq(n__.first, (first_));					\
	ensure_eq(n__.last, (last_));					\
	ensure_eq(n__.code, (code_));					\
} while (0)

/* Notices of all writes up to number @last, each once. */
static void expect_all(int fd, unsigned int last)
{
	bool seen[1000] = {};
	unsigned int left = last + 1;
	struct notice n;

	ensure(left < ARRAY_SIZE(seen), "%u writes", left);
	while (left) {
		n = next_notice(fd);
		ensure(n.first <= n.last && n.last <= last, "writes %u to %u", n.first, n.last);
		for (; n.first <= n.last; n.first++, left--) {
			ensure(!seen[n.first], "write %u a second time", n.first);
			seen[n.first] = true;
		}
	}
	no_notice(fd);
}

/* ------------------------------------------------------------------ notices */

WIRE_TEST(zerocopy, notice__of_a_write, "A3")
{
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);

	ensure_is(zsend(p.client, at, 100), 100);
	read_pattern(p.server, 0, 100);
	expect_notice(p.client, 0, 0, COPIED);
	no_notice(p.client);
	ensure_eq(events_of(p.client) & POLLERR, 0);
	ensure_is(zsend(p.client, at + 100, 1), 1);
	expect_notice(p.client, 1, 1, COPIED);
}

WIRE_TEST(zerocopy, notice__several_joined, "A3")
{
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);
	int i;

	for (i = 0; i < 5; i++)
		ensure_is(zsend(p.client, at + 10 * i, 10), 10);
	read_pattern(p.server, 0, 50);
	pass_ms(50);
	expect_notice(p.client, 0, 4, COPIED);
	no_notice(p.client);
}

/* Writes that are held back share one packet, and what tells of them. */
WIRE_TEST(zerocopy, notice__of_one_packet, "A3")
{
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 10), 10);
	ensure_is(send(p.client, at + 10, 10, 0), 10);
	ensure_is(zsend(p.client, at + 20, 10), 10);
	no_notice(p.client);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	read_pattern(p.server, 0, 30);
	expect_notice(p.client, 0, 1, COPIED);
}

WIRE_TEST(zerocopy, notice__not_asked_for, "A3")
{
	struct pair p = connected();
	unsigned char *at = patterned(0, PAGE);

	ensure_is(zsend(p.client, at, 100), 100);
	read_pattern(p.server, 0, 100);
	no_notice(p.client);
	want_notices(p.client);
	ensure_is(zsend(p.client, at, 0), 0);
	no_notice(p.client);
	ensure_is(zsend(p.client, at + 100, 10), 10);
	expect_notice(p.client, 0, 0, COPIED);
}

WIRE_TEST(zerocopy, notice__none_for_a_failed_write, "A3")
{
	int fd = new_socket();
	struct pair p;
	unsigned char *at = patterned(0, PAGE), *hole = pages(PAGE);

	want_notices(fd);
	ensure_fails(zsend(fd, at, 10), EPIPE);
	no_notice(fd);

	munmap(hole, PAGE);
	p = connected_zc();
	ensure_fails(zsend(p.client, hole, 10), EFAULT);
	ensure_is(zsend(p.client, at, 10), 10);
	expect_notice(p.client, 0, 0, COPIED);
}

/* Bytes up to the hole are sent; of those there is a notice. */
WIRE_TEST(zerocopy, notice__of_half_a_write, "A3")
{
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);
	struct iovec v[] = { { at, 100 }, { pages(PAGE), 100 } };
	struct msghdr msg = { .msg_iov = v, .msg_iovlen = 2 };
	long n;

	munmap(v[1].iov_base, PAGE);
	errno = 0;
	n = sendmsg(p.client, &msg, MSG_ZEROCOPY);
	if (n < 0) {			/* all or nothing is right, too */
		ensure_eq(errno, EFAULT);
		ensure_is(zsend(p.client, at, 100), 100);
	} else {
		ensure_eq(n, 100);
	}
	read_pattern(p.server, 0, 100);
	expect_notice(p.client, 0, 0, COPIED);
}

/* The peer has not acknowledged: a retransmission will need the page. */
WIRE_TEST(zerocopy, notice__after_the_ack, "A3")
{
	unsigned char *at = pages(2 * PAGE);
	int fd = active_open(), i;

	want_notices(fd);
	for (i = 0; i < 2920; i++)
		at[i] = pattern(1 + i, true);
	ensure_is(zsend(fd, at, 2920), 2920);
	expect(ACK, SEQ(1), LEN(1460));
	expect(ACK, SEQ(1461), LEN(1460));
	no_notice(fd);
	inject(ACK, ACK(1461));
	no_notice(fd);
	inject(ACK, ACK(2921));
	expect_notice(fd, 0, 0, COPIED);
	end_case(fd);
}

/* --------------------------------------------------- the bytes of the page */

WIRE_TEST(zerocopy, bytes__read_when_sent, "A3")
{
	struct pair p = connected_zc();
	unsigned char *at = pages(PAGE);
	char copied[4] = "copy", got[8];

	memcpy(at, "old.", 4);
	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 4), 4);
	ensure_is(send(p.client, copied, 4, 0), 4);
	memcpy(at, "new.", 4);
	memcpy(copied, "xxxx", 4);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	expect_notice(p.client, 0, 0, COPIED);
	memcpy(at, "late", 4);
	ensure_is(recv(p.server, got, 8, MSG_WAITALL), 8);
	ensure(!memcmp(got, "new.copy", 8), "received %.8s", got);
}

/* Unmapped, the page lives on until the peer has it. */
WIRE_TEST(zerocopy, bytes__of_an_unmapped_page, "A3")
{
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, 4 * PAGE);

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at + 100, 4 * PAGE - 200), 4 * PAGE - 200);
	munmap(at, 4 * PAGE);
	free(memset(malloc(64 * PAGE), 0xff, 64 * PAGE));
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	read_pattern(p.server, 100, 4 * PAGE - 200);
	expect_notice(p.client, 0, 0, COPIED);
}

WIRE_TEST(zerocopy, bytes__without_the_option_are_copied, "A3")
{
	struct pair p = connected();
	unsigned char *at = patterned(0, PAGE);

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 100), 100);
	memset(at, 0xff, PAGE);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	read_pattern(p.server, 0, 100);
}

/* Lost segments are cut out of the packet and sent again. */
WIRE_TEST(zerocopy, bytes__sent_again, "A3 R4")
{
	enum { BYTES = 8 * 1460 };
	unsigned char *at = pages(4 * PAGE) + 7;
	int fd = active_open(FULL_OPTIONS), i;
	int mss = 1448;

	want_notices(fd);
	set_int(fd, SOL_SOCKET, SO_SNDBUF, 1 << 20);
	for (i = 0; i < BYTES; i++)
		at[i] = pattern(1 + i, true);
	ensure_is(zsend(fd, at, 8 * mss), 8 * mss);
	for (i = 0; i < 8; i++)
		expect(ACK, SEQ(1 + i * mss), LEN(mss));
	inject(ACK, ACK(1 + mss), SACK({ 1 + 3 * mss, 1 + 6 * mss }));
	take_burst(300);
	inject(ACK, ACK(1 + 2 * mss + 100), SACK({ 1 + 3 * mss, 1 + 6 * mss }));
	take_burst(3000);
	no_notice(fd);
	inject(ACK, ACK(1 + 8 * mss));
	expect_notice(fd, 0, 0, COPIED);
	no_notice(fd);
	end_case(fd);
}

/* ------------------------------------------------------------ much of it */

WIRE_TEST(zerocopy, large__blocking, "A3")
{
	enum { BYTES = 2000000 };
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, BYTES);

	reader_beside(&p, BYTES);
	ensure_is(zsend(p.client, at, 1), 1);
	ensure_is(zsend(p.client, at + 1, BYTES - 1), BYTES - 1);
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
	expect_all(p.client, 1);
}

WIRE_TEST(zerocopy, large__nonblocking_in_parts, "A3")
{
	enum { BYTES = 500000 };
	struct pair p = connected_small(20000);
	unsigned char *at = patterned(0, BYTES);
	unsigned int writes = 0, partial = 0;
	size_t sent = 0;
	long n;

	want_notices(p.client);
	set_nonblocking(p.client);
	reader_beside(&p, BYTES);
	while (sent < BYTES) {
		n = zsend(p.client, at + sent, BYTES - sent);
		if (n < 0) {
			ensure_eq(errno, EAGAIN);
			ensure_ok(events_within(p.client, POLLOUT, WAIT_MS));
			continue;
		}
		writes++;
		partial += sent + n < BYTES;
		sent += n;
	}
	ensure(partial > 3, "only %u partial writes", partial);
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
	expect_all(p.client, writes - 1);
}

/* Copied, in place, out of a pipe, in sizes and from addresses of all kinds. */
WIRE_TEST(zerocopy, large__mixed_with_the_rest, "A3")
{
	enum { BYTES = 1500000 };
	static const int sizes[] = { 1, 4096, 100, 70000, 5000, 4095, 33, 20000 };
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, BYTES);
	int pipes[2], turn = 0;
	unsigned int writes = 0;
	size_t sent = 0, n;

	ensure_ok(pipe(pipes));
	reader_beside(&p, BYTES);
	for (; sent < BYTES; sent += n, turn++) {
		struct iovec v[3];

		n = sizes[turn * 5 % ARRAY_SIZE(sizes)];
		if (n > BYTES - sent)
			n = BYTES - sent;
		v[0] = (struct iovec){ at + sent, n / 3 };
		v[1] = (struct iovec){ at + sent + n / 3, n / 3 };
		v[2] = (struct iovec){ at + sent + n / 3 * 2, n - n / 3 * 2 };
		if (turn % 3 == 0) {
			ensure_is(send(p.client, at + sent, n, turn & 4 ? MSG_MORE : 0), n);
		} else if (turn % 3 == 1) {
			struct msghdr msg = { .msg_iov = v, .msg_iovlen = 3 };

			ensure_is(sendmsg(p.client, &msg, MSG_ZEROCOPY | (turn & 4 ? MSG_MORE : 0)),
				  n);
			writes++;
		} else {
			n = n > 60000 ? 60000 : n;
			ensure_is(vmsplice(pipes[1], &(struct iovec){ at + sent, n }, 1, 0), n);
			ensure_is(splice(pipes[0], NULL, p.client, NULL, n, 0), n);
		}
	}
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
	expect_all(p.client, writes - 1);
}

/* Two that write at once each get their notices. */
WIRE_TEST(zerocopy, large__two_writers, "A3")
{
	enum { TIMES = 30, BYTES = 30000 };
	struct pair p = connected_small(30000);
	unsigned char *at = pages(BYTES);
	size_t got = 0;
	long n;
	int i, w;

	want_notices(p.client);
	for (w = 0; w < 2; w++)
		after(0)
			for (i = 0; i < TIMES; i++)
				ensure_is(zsend(p.client, at, BYTES), BYTES);
	while (got < 2 * TIMES * BYTES) {
		n = recv(p.server, (char[10000]){}, 10000, 0);
		ensure(n > 0, "recv: %ld", n);
		got += n;
	}
	expect_reader_happy();
	expect_reader_happy();
	expect_all(p.client, 2 * TIMES - 1);
}

/* ------------------------------------------------------------------ limits */

static void drop_ipc_lock(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	ensure_ok(syscall(SYS_capget, &head, data));
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	ensure_ok(syscall(SYS_capset, &head, data));
}

/* Pinned pages count as locked memory, until they are pinned no more. */
WIRE_TEST(zerocopy, limit__of_pinned_pages, "A3 D5")
{
	struct pair p = connected_zc();
	struct rlimit few = { 16 * PAGE, 16 * PAGE };
	unsigned char *at = patterned(0, 64 * PAGE);
	int i;

	drop_ipc_lock();
	ensure_ok(setrlimit(RLIMIT_MEMLOCK, &few));
	ensure_fails(zsend(p.client, at, 20 * PAGE), ENOBUFS);
	for (i = 0; i < 8; i++) {
		ensure_is(zsend(p.client, at, 8 * PAGE), 8 * PAGE);
		read_pattern(p.server, 0, 8 * PAGE);
		expect_notice(p.client, i, i, COPIED);
	}
	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 1000), 1000);
	ensure_fails(zsend(p.client, at, 14 * PAGE), ENOBUFS);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	expect_notice(p.client, 8, 8, COPIED);
	ensure_is(zsend(p.client, at, 14 * PAGE), 14 * PAGE);
	expect_notice(p.client, 9, 9, COPIED);
}

/* Notices that are outstanding take option memory, and that is limited. */
WIRE_TEST(zerocopy, limit__of_notices, "A3 D5")
{
	unsigned char *at = pages(PAGE);
	int fd, i, sent;
	int64_t to = 1;

	if (access("/proc/sys/net/core/optmem_max", W_OK))
		wire_skip("optmem_max is not the namespace's on this kernel");
	fd = active_open();
	sysctl_set("net/core/optmem_max", 3000);
	want_notices(fd);
	set_int(fd, SOL_TCP, TCP_NODELAY, 1);
	for (i = 0; i < 10; i++)
		at[i] = pattern(1 + i, true);
	for (sent = 0; sent < 10; sent++)
		if (zsend(fd, at + sent, 1) < 0)
			break;
	ensure_eq(errno, ENOBUFS);
	ensure_in(sent, 1, 9);
	for (i = 0; i < sent; i++)
		to = expect(PSH | ACK, SEQ(1 + i), LEN(1))->seq + 1;
	inject(ACK, ACK(to));
	expect_notice(fd, 0, sent - 1, COPIED);
	at[sent] = pattern(to, true);
	ensure_is(zsend(fd, at + sent, 1), 1);
	expect(PSH | ACK, SEQ(to), LEN(1));
	end_case(fd);
}

/* ------------------------------------------------------------ how it ends */

/* Never sent, hence not copied: the notice says that, too. */
WIRE_TEST(zerocopy, end__reset_by_the_peer, "A3 S5")
{
	struct linger now = { 1, 0 };
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 100), 100);
	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(p.server);
	expect_notice(p.client, 0, 0, 0);
	ensure_eq(error_of(p.client), ECONNRESET);
	ensure_fails(zsend(p.client, at, 100), EPIPE);
	no_notice(p.client);
}

WIRE_TEST(zerocopy, end__disconnected, "A3 S5")
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct sockaddr_in where;
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 100), 100);
	ensure_ok(connect(p.client, &nowhere, sizeof(nowhere)));
	expect_notice(p.client, 0, 0, 0);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);

	/* The socket goes on, and so do its numbers */
	where = bound_to(p.listener);
	ensure_ok(try_connect(p.client, where));
	ensure_ok(p.server = accept(p.listener, NULL, NULL));
	ensure_is(zsend(p.client, at, 100), 100);
	read_pattern(p.server, 0, 100);
	expect_notice(p.client, 1, 1, COPIED);
}

WIRE_TEST(zerocopy, end__shut_down, "A3 S2")
{
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 100), 100);
	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_eq(drain_pattern(p.server, 0), 100);
	expect_notice(p.client, 0, 0, COPIED);
	ensure_fails(zsend(p.client, at, 100), EPIPE);
}

static long sockets_in_use(void)
{
	char line[512], name[32];
	long n, total = 0;
	FILE *f = fopen("/proc/net/protocols", "r");

	ensure(f, "/proc/net/protocols: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%31s %*d %ld", name, &n) == 2 &&
		    !strcmp(name, is_ltcp() ? "LTCP" : "TCP"))
			total += n;
	fclose(f);
	return total;
}

/* Nobody is left to be told; the bytes arrive, and the socket goes away. */
WIRE_TEST(zerocopy, end__closed, "A3 S2 A7")
{
	struct pair p = connected_zc();
	unsigned char *at = patterned(0, PAGE);
	long before = sockets_in_use();

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	ensure_is(zsend(p.client, at, 100), 100);
	close(p.client);
	ensure_eq(drain_pattern(p.server, 0), 100);
	close(p.server);
	pass_ms(100);
	ensure_eq(sockets_in_use(), before - 2);
}

/* What was sent, read, reset and never sent: all pages are the kernel's again. */
WIRE_TEST(zerocopy, end__pages_are_given_back, "A3 A7 D5")
{
	enum { TIMES = 32, BYTES = 1 << 20 };
	long before = 0;
	int i;

	for (i = -4; i < TIMES; i++) {
		struct pair p = connected_zc();
		unsigned char *at = patterned(0, BYTES);

		if (!i)
			before = free_kb();
		set_nonblocking(p.client);
		ensure_ok(zsend(p.client, at, BYTES));
		if (i & 1)
			read_pattern(p.server, 0, 50000);
		munmap(at, BYTES);
		close(p.server);
		close(p.client);
		close(p.listener);
	}
	pass_ms(100);
	ensure(before - free_kb() < TIMES * 1024 / 4, "%ld kB are missing", before - free_kb());
}
