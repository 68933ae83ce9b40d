// SPDX-License-Identifier: GPL-2.0
/*
 * uring.c - the socket calls through io_uring
 *
 * A request that cannot be done at once is retried when the socket's poll() says
 * so, which makes these tests of wake-ups as much as of calls. The rings are
 * driven by the bare system calls.
 */
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "pair.h"

enum {
	ENTRIES = 64, PAGE = 4096, GROUP = 7, WAIT_MS = 2000,
	/* newer than the headers of Debian 12 */
	REPORT_USAGE = 1 << 3, RECVSEND_BUNDLE = 1 << 4, FEAT_BUNDLE = 1 << 14,
};

static struct {
	int fd;
	unsigned int features, pending;
	unsigned int *sq_tail, sq_mask, *cq_head, *cq_tail, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} ring;

static void *ring_map(size_t bytes, off_t what)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			ring.fd, what);

	ensure(at != MAP_FAILED, "mmap of a ring: %s", strerror(errno));
	return at;
}

static void ring_open(void)
{
	struct io_uring_params p = {};
	unsigned int *array, i;
	char *sq, *cq;

	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (ring.fd < 0 && (errno == ENOSYS || errno == EPERM))
		wire_skip("no io_uring here: %s", strerror(errno));
	ensure_ok(ring.fd);
	sq = ring_map(p.sq_off.array + p.sq_entries * sizeof(int), IORING_OFF_SQ_RING);
	cq = ring_map(p.cq_off.cqes + p.cq_entries * sizeof(*ring.cqes), IORING_OFF_CQ_RING);
	ring.sqes = ring_map(p.sq_entries * sizeof(*ring.sqes), IORING_OFF_SQES);
	ring.sq_tail = (void *)(sq + p.sq_off.tail);
	ring.sq_mask = p.sq_entries - 1;
	ring.cq_head = (void *)(cq + p.cq_off.head);
	ring.cq_tail = (void *)(cq + p.cq_off.tail);
	ring.cq_mask = p.cq_entries - 1;
	ring.cqes = (void *)(cq + p.cq_off.cqes);
	ring.features = p.features;
	ring.pending = 0;
	array = (void *)(sq + p.sq_off.array);
	for (i = 0; i < p.sq_entries; i++)
		array[i] = i;
}

/* A request for the next submit(); @id comes back with its completion. */
static struct io_uring_sqe *request(int op, int fd, const void *addr, size_t len, int id)
{
	unsigned int tail = *ring.sq_tail;
	struct io_uring_sqe *sqe = &ring.sqes[tail & ring.sq_mask];

	*sqe = (struct io_uring_sqe){
		.opcode = op, .fd = fd, .addr = (uintptr_t)addr, .len = len, .user_data = id,
	};
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
	ring.pending++;
	return sqe;
}

static void enter(unsigned int wait_for)
{
	ensure_is(syscall(SYS_io_uring_enter, ring.fd, ring.pending, wait_for,
			  IORING_ENTER_GETEVENTS, NULL, 0), ring.pending);
	ring.pending = 0;
}

static void submit(void)
{
	enter(0);
}

/* A completion: of which request, and how it went. */
struct done { int id, res; unsigned int flags; };

static bool try_completion(struct done *done)
{
	unsigned int head = *ring.cq_head;
	const struct io_uring_cqe *cqe = &ring.cqes[head & ring.cq_mask];

	if (head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE))
		return false;
	*done = (struct done){ cqe->user_data, cqe->res, cqe->flags };
	__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}

static struct done completion(void)
{
	struct done d;

	while (!try_completion(&d))
		enter(1);
	return d;
}

static void no_completion(void)
{
	struct done d;

	pass_ms(50);
	submit();
	ensure(!try_completion(&d), "request %d is complete: %d", d.id, d.res);
}

#define expect_done(id_, res_) do {					\
	struct done c__ = completion();				\
	ensure_eq(c__.id, (id_));				\
	ensure_eq(c__.res, (res_));					\
} while (0)

/* The result of a zero-copy send, and that its pages are needed no more. */
#define expect_sent(id_, res_) do {					\
	struct done c__ = completion();				\
	ensure_eq(c__.id, (id_));				\
	ensure_eq(c__.res, (res_));					\
	ensure_eq(c__.flags & (IORING_CQE_F_MORE | IORING_CQE_F_NOTIF), IORING_CQE_F_MORE); \
} while (0)

#define expect_released(id_) do {					\
	struct done c__ = completion();				\
	ensure_eq(c__.id, (id_));				\
	ensure_eq(c__.flags & (IORING_CQE_F_MORE | IORING_CQE_F_NOTIF), IORING_CQE_F_NOTIF); \
} while (0)

static struct pair ring_and_pair(void)
{
	ring_open();
	return connected();
}

/* --------------------------------------------------------- the usual calls */

WIRE_TEST(uring, recv__waits_for_send, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *sent = patterned(0, PAGE), *got = pages(PAGE);

	request(IORING_OP_RECV, p.server, got, PAGE, 1);
	submit();
	no_completion();
	request(IORING_OP_SEND, p.client, sent, 1000, 2);
	submit();
	expect_done(2, 1000);
	expect_done(1, 1000);
	check_pattern(got, 0, 1000);
}

WIRE_TEST(uring, recv__the_end_and_errors, "A3")
{
	struct linger now = { 1, 0 };
	struct pair p = ring_and_pair();
	unsigned char *got = pages(PAGE);

	request(IORING_OP_RECV, p.server, got, PAGE, 1);
	submit();
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_done(1, 0);
	request(IORING_OP_RECV, p.client, got, PAGE, 2);
	submit();
	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(p.server);
	expect_done(2, -ECONNRESET);
	request(IORING_OP_SEND, p.client, got, 1, 3)->msg_flags = MSG_NOSIGNAL;
	submit();
	expect_done(3, -EPIPE);
}

WIRE_TEST(uring, recv__cancelled, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *got = pages(PAGE);

	request(IORING_OP_RECV, p.server, got, PAGE, 1);
	submit();
	request(IORING_OP_ASYNC_CANCEL, -1, (void *)1, 0, 2);
	submit();
	pass_ms(10);
	ensure_eq(completion().res + completion().res, -ECANCELED);
	send_pattern(p.client, 0, 10);
	read_pattern(p.server, 0, 10);
}

WIRE_TEST(uring, message__gathers_and_scatters, "A3")
{
	struct pair p = ring_and_pair();
	char got[3][4] = {};
	struct iovec from[] = { { "one", 3 }, { "", 0 }, { "two3", 4 } };
	struct iovec to[] = { { got[0], 3 }, { got[1], 3 }, { got[2], 3 } };
	struct msghdr out = { .msg_iov = from, .msg_iovlen = 3 };
	struct msghdr in = { .msg_iov = to, .msg_iovlen = 3 };

	request(IORING_OP_RECVMSG, p.server, &in, 1, 1)->msg_flags = MSG_PEEK;
	submit();
	request(IORING_OP_SENDMSG, p.client, &out, 1, 2);
	submit();
	expect_done(2, 7);
	expect_done(1, 7);
	ensure(!memcmp(got, "one\0two\0003\0\0", 12), "got %s %s %s", got[0], got[1], got[2]);
	read(p.server, got, 7);
}

WIRE_TEST(uring, connect__and_accept, "A3")
{
	struct sockaddr_in where, from = {};
	int lfd = listen_at(&where), fd, child;
	socklen_t len = sizeof(from);
	struct done a, b;

	ring_open();
	fd = new_socket();
	request(IORING_OP_ACCEPT, lfd, &from, 0, 1)->addr2 = (uintptr_t)&len;
	submit();
	no_completion();
	request(IORING_OP_CONNECT, fd, &where, 0, 2)->off = sizeof(where);
	submit();
	a = completion();
	b = completion();
	ensure_eq(a.id + b.id, 3);
	child = a.id == 1 ? a.res : b.res;
	ensure(a.res >= 0 && b.res >= 0, "%d, %d", a.res, b.res);
	ensure_eq(from.sin_port, bound_to(fd).sin_port);
	send_pattern(fd, 0, 100);
	read_pattern(child, 0, 100);
}

WIRE_TEST(uring, accept__many, "A3")
{
	struct sockaddr_in where;
	int lfd = listen_at(&where), i;

	ring_open();
	request(IORING_OP_ACCEPT, lfd, NULL, 0, 1)->ioprio = IORING_ACCEPT_MULTISHOT;
	submit();
	for (i = 0; i < 10; i++) {
		int fd = new_socket();
		struct done d;

		ensure_ok(try_connect(fd, where));
		d = completion();
		ensure_eq(d.flags & IORING_CQE_F_MORE, IORING_CQE_F_MORE);
		send_pattern(fd, 0, 10);
		read_pattern(d.res, 0, 10);
	}
}

WIRE_TEST(uring, connect__refused, "A3")
{
	struct sockaddr_in nobody = at_port(1);

	ring_open();
	request(IORING_OP_CONNECT, new_socket(), &nobody, 0, 1)->off = sizeof(nobody);
	submit();
	expect_done(1, -ECONNREFUSED);
}

/* Completed once, with all the events that there are. */
WIRE_TEST(uring, poll__each_event, "A3")
{
	struct pair p = ring_and_pair();
	struct done d;

	request(IORING_OP_POLL_ADD, p.server, NULL, 0, 1)->poll32_events = POLLIN | POLLRDHUP;
	submit();
	no_completion();
	send_pattern(p.client, 0, 1);
	expect_done(1, POLLIN);
	read_pattern(p.server, 0, 1);
	request(IORING_OP_POLL_ADD, p.server, NULL, 0, 2)->poll32_events = POLLIN | POLLRDHUP;
	submit();
	no_completion();
	shutdown(p.client, SHUT_WR);
	expect_done(2, POLLIN | POLLRDHUP);

	/* For as long as it is wanted */
	request(IORING_OP_POLL_ADD, p.client, NULL, IORING_POLL_ADD_MULTI, 3)->poll32_events =
		POLLIN;
	submit();
	send_pattern(p.server, 0, 1);
	d = completion();
	ensure_eq(d.flags & IORING_CQE_F_MORE, IORING_CQE_F_MORE);
	read_pattern(p.client, 0, 1);
	send_pattern(p.server, 1, 1);
	d = completion();
	ensure_eq(d.id, 3);
	ensure_eq(d.res & POLLIN, POLLIN);
}

WIRE_TEST(uring, send__waits_for_room, "A3")
{
	enum { BYTES = 300000 };
	struct pair p;
	unsigned char *sent = patterned(0, BYTES);

	ring_open();
	p = connected_small(10000);
	request(IORING_OP_SEND, p.client, sent, BYTES, 1)->msg_flags = MSG_WAITALL;
	submit();
	no_completion();
	reader_beside(&p, BYTES);
	expect_done(1, BYTES);
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}

WIRE_TEST(uring, chain__one_after_the_other, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = patterned(0, PAGE), *got = pages(PAGE);

	request(IORING_OP_SEND, p.client, buf, 100, 1)->flags = IOSQE_IO_LINK;
	request(IORING_OP_RECV, p.server, got, 50, 2)->flags = IOSQE_IO_LINK;
	request(IORING_OP_RECV, p.server, got + 50, PAGE, 3)->flags = IOSQE_IO_LINK;
	request(IORING_OP_SHUTDOWN, p.client, NULL, SHUT_WR, 4)->flags = IOSQE_IO_LINK;
	request(IORING_OP_RECV, p.server, buf, 1, 5);
	submit();
	expect_done(1, 100);
	expect_done(2, 50);
	expect_done(3, 50);
	expect_done(4, 0);
	expect_done(5, 0);
	check_pattern(got, 0, 100);
}

/* --------------------------------------------------------- provided buffers */

enum { BUFFERS = 8, BUFFER = 1000 };

static struct io_uring_buf_ring *buffers;
static unsigned char *buffer_memory;

static void give_buffer(int id)
{
	int tail = buffers->tail;
	struct io_uring_buf *b = (struct io_uring_buf *)buffers + tail % BUFFERS;

	b->addr = (uintptr_t)buffer_memory + id * BUFFER;
	b->len = BUFFER;
	b->bid = id;
	__atomic_store_n(&buffers->tail, tail + 1, __ATOMIC_RELEASE);
}

static void give_buffers(void)
{
	struct io_uring_buf_reg reg = { .ring_entries = BUFFERS, .bgid = GROUP };
	int i;

	buffers = (void *)pages(PAGE);
	buffer_memory = pages(BUFFERS * BUFFER);
	reg.ring_addr = (uintptr_t)buffers;
	ensure_ok(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PBUF_RING, &reg, 1));
	for (i = 0; i < BUFFERS; i++)
		give_buffer(i);
}

static void recv_multishot(int fd, int flags, int id)
{
	struct io_uring_sqe *sqe = request(IORING_OP_RECV, fd, NULL, 0, id);

	sqe->ioprio = IORING_RECV_MULTISHOT | flags;
	sqe->flags = IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	submit();
}

WIRE_TEST(uring, multishot__until_the_end, "A3")
{
	enum { BYTES = 100000 };
	struct pair p = ring_and_pair();
	struct done d;
	size_t got = 0;

	give_buffers();
	recv_multishot(p.server, 0, 1);
	no_completion();
	after(0) {
		send_pattern(p.client, 0, BYTES);
		shutdown(p.client, SHUT_WR);
	}
	for (;;) {
		d = completion();
		if (d.res == -ENOBUFS) {
			recv_multishot(p.server, 0, 1);
			continue;
		}
		ensure(d.res >= 0, "recv: %s", strerror(-d.res));
		if (!d.res)
			break;
		ensure(d.flags & IORING_CQE_F_BUFFER, "no buffer");
		check_pattern(buffer_memory + (d.flags >> IORING_CQE_BUFFER_SHIFT) * BUFFER,
			      got, d.res);
		got += d.res;
		give_buffer(d.flags >> IORING_CQE_BUFFER_SHIFT);
	}
	ensure_eq(d.flags & IORING_CQE_F_MORE, 0);
	ensure_eq(got, BYTES);
	expect_reader_happy();
}

/* Several buffers in one completion; how many is io_uring's choice. */
WIRE_TEST(uring, multishot__bundles, "A3")
{
	struct pair p = ring_and_pair();
	struct done d;

	if (!(ring.features & FEAT_BUNDLE))
		wire_skip("this kernel has no bundles");
	give_buffers();
	send_pattern(p.client, 0, 2500);
	pass_ms(10);
	recv_multishot(p.server, RECVSEND_BUNDLE, 1);
	d = completion();
	ensure_in(d.res, BUFFER + 1, 2500);
	ensure_eq(d.flags >> IORING_CQE_BUFFER_SHIFT, 0);
	check_pattern(buffer_memory, 0, d.res);
}

/* --------------------------------------------------- sending without a copy */

WIRE_TEST(uring, send_zc__tells_of_release, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = pages(PAGE);
	char got[5];

	memcpy(buf, "older", 5);
	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	request(IORING_OP_SEND_ZC, p.client, buf, 5, 1);
	submit();
	expect_sent(1, 5);
	no_completion();
	memcpy(buf, "newer", 5);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	expect_released(1);
	memcpy(buf, "wrong", 5);
	ensure_is(recv(p.server, got, 5, MSG_WAITALL), 5);
	ensure(!memcmp(got, "newer", 5), "got %.5s", got);
}

/* Loopback copies, and says so to who asks. */
WIRE_TEST(uring, send_zc__reports_copies, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = patterned(0, PAGE);
	struct done d;

	request(IORING_OP_SEND_ZC, p.client, buf, 100, 1)->ioprio = REPORT_USAGE;
	submit();
	d = completion();
	if (d.res == -EINVAL)
		wire_skip("this kernel cannot report it");
	ensure_eq(d.res, 100);
	d = completion();
	ensure_eq(d.flags & IORING_CQE_F_NOTIF, IORING_CQE_F_NOTIF);
	ensure_eq((unsigned int)d.res, 1U << 31);
}

WIRE_TEST(uring, send_zc__on_an_accepted_socket, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = patterned(0, PAGE);

	request(IORING_OP_SEND_ZC, p.server, buf, 100, 1);
	submit();
	expect_sent(1, 100);
	expect_released(1);
	read_pattern(p.client, 0, 100);
}

WIRE_TEST(uring, send_zc__fails, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = pages(PAGE);
	struct done d;

	munmap(buf, PAGE);
	request(IORING_OP_SEND_ZC, p.client, buf, 100, 1);
	submit();
	d = completion();
	ensure_eq(d.res, -EFAULT);
	if (d.flags & IORING_CQE_F_MORE)
		expect_released(1);
	request(IORING_OP_SEND_ZC, new_socket(), pages(PAGE), 100, 2);
	submit();
	d = completion();
	ensure_eq(d.res, -EPIPE);
}

/* All at once, larger than the send buffer. */
static void send_zc_large(struct pair *p, const unsigned char *buf, size_t bytes, bool fixed)
{
	struct io_uring_sqe *sqe = request(IORING_OP_SEND_ZC, p->client, buf, bytes, 1);

	sqe->msg_flags = MSG_WAITALL;
	if (fixed)
		sqe->ioprio = IORING_RECVSEND_FIXED_BUF;
	submit();
	reader_beside(p, bytes);
	expect_sent(1, bytes);
	ensure_ok(shutdown(p->client, SHUT_WR));
	expect_reader_happy();
	expect_released(1);
}

WIRE_TEST(uring, send_zc__large, "A3")
{
	enum { BYTES = 600000 };
	struct pair p;

	ring_open();
	p = connected_small(20000);
	send_zc_large(&p, patterned(0, BYTES), BYTES, false);
}

/* The ring holds the pages, and packets of the queue do not count their uses. */
static void fix_buffer(unsigned char *buf, size_t bytes)
{
	struct iovec v = { buf, bytes };

	ensure_ok(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &v, 1));
}

WIRE_TEST(uring, send_zc__large_from_a_fixed_buffer, "A3")
{
	enum { BYTES = 600000 };
	unsigned char *buf = patterned(0, BYTES);
	struct pair p;

	ring_open();
	p = connected_small(20000);
	fix_buffer(buf, BYTES);
	send_zc_large(&p, buf, BYTES, true);
}

/* Pages that are counted and pages that are not, copies, and pages of a pipe. */
WIRE_TEST(uring, send_zc__mixed_in_a_packet, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = patterned(0, 16 * PAGE);
	int pipes[2], i, sent = 0, n;

	ensure_ok(pipe(pipes));
	fix_buffer(buf, 16 * PAGE);
	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	for (i = 0; i < 36; i++, sent += n) {
		n = 300 + 7 * i;
		switch (i * 7 % 4) {
		case 0:
			request(IORING_OP_SEND_ZC, p.client, buf + sent, n, i)->ioprio =
				IORING_RECVSEND_FIXED_BUF;
			submit();
			break;
		case 1:
			ensure_is(send(p.client, buf + sent, n, 0), n);
			break;
		case 2:
			request(IORING_OP_SEND_ZC, p.client, buf + sent, n, i);
			submit();
			break;
		default:
			ensure_is(vmsplice(pipes[1], &(struct iovec){ buf + sent, n }, 1, 0), n);
			ensure_is(splice(pipes[0], NULL, p.client, NULL, n, 0), n);
		}
	}
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	read_pattern(p.server, 0, sent);
	for (i = 0, n = 0; i < 36; i++) {
		struct done d = completion();

		ensure(d.res >= 0, "request %d: %s", d.id, strerror(-d.res));
		n += d.flags & IORING_CQE_F_NOTIF ? 1 : 0;
	}
	ensure_eq(n, 18);
	no_completion();
}

/* Copies that share a packet with fixed pages are the kernel's memory again. */
WIRE_TEST(uring, send_zc__copies_are_given_back, "A3 A7 D5")
{
	enum { ROUNDS = 400, COPIED = 20000 };
	struct pair p = ring_and_pair();
	unsigned char *buf = patterned(0, 10 + COPIED);
	long before = 0;
	int i;

	fix_buffer(buf, PAGE);
	for (i = -20; i < ROUNDS; i++) {
		if (!i)
			before = free_kb();
		set_int(p.client, SOL_TCP, TCP_CORK, 1);
		request(IORING_OP_SEND_ZC, p.client, buf, 10, 1)->ioprio =
			IORING_RECVSEND_FIXED_BUF;
		submit();
		expect_sent(1, 10);
		ensure_is(send(p.client, buf + 10, COPIED, 0), COPIED);
		set_int(p.client, SOL_TCP, TCP_CORK, 0);
		read_pattern(p.server, 0, 10 + COPIED);
		expect_released(1);
	}
	ensure(before - free_kb() < ROUNDS * (COPIED / 1024) / 4, "%ld kB are missing",
	       before - free_kb());
}

/* Fixed pages, cut into segments, lost and sent again. */
WIRE_TEST(uring, send_zc__sent_again, "A3 R4")
{
	enum { SEGMENTS = 8 };
	unsigned char *buf = pages(4 * PAGE);
	int fd, i, mss = 1448;

	ring_open();
	fd = active_open(FULL_OPTIONS);
	set_int(fd, SOL_SOCKET, SO_SNDBUF, 1 << 20);
	fix_buffer(buf, 4 * PAGE);
	for (i = 0; i < SEGMENTS * mss; i++)
		buf[100 + i] = pattern(1 + i, true);
	request(IORING_OP_SEND_ZC, fd, buf + 100, SEGMENTS * mss, 1)->ioprio =
		IORING_RECVSEND_FIXED_BUF;
	submit();
	expect_sent(1, SEGMENTS * mss);
	for (i = 0; i < SEGMENTS; i++)
		expect(ACK, SEQ(1 + i * mss), LEN(mss));
	inject(ACK, ACK(1 + mss), SACK({ 1 + 3 * mss, 1 + 6 * mss }));
	take_burst(300);
	inject(ACK, ACK(1 + 2 * mss + 100), SACK({ 1 + 3 * mss, 1 + 6 * mss }));
	take_burst(3000);
	no_completion();
	inject(ACK, ACK(1 + SEGMENTS * mss));
	expect_released(1);
	end_case(fd);
}

WIRE_TEST(uring, send_zc__a_message, "A3")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = patterned(0, 4 * PAGE);
	struct iovec v[] = { { buf, 10 }, { buf + 10, PAGE }, { buf + PAGE + 10, 3 } };
	struct msghdr msg = { .msg_iov = v, .msg_iovlen = 3 };

	request(IORING_OP_SENDMSG_ZC, p.client, &msg, 1, 1);
	submit();
	expect_sent(1, PAGE + 13);
	expect_released(1);
	read_pattern(p.server, 0, PAGE + 13);
}

WIRE_TEST(uring, send_zc__reset, "A3 S5")
{
	struct linger now = { 1, 0 };
	struct pair p = ring_and_pair();

	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	request(IORING_OP_SEND_ZC, p.client, patterned(0, PAGE), 100, 1);
	submit();
	expect_sent(1, 100);
	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(p.server);
	expect_released(1);
	ensure_eq(error_of(p.client), ECONNRESET);
}

/* Ring and socket go first; the bytes still arrive. */
WIRE_TEST(uring, send_zc__everything_closed, "A3 S2")
{
	struct pair p = ring_and_pair();
	unsigned char *buf = patterned(0, PAGE);

	fix_buffer(buf, PAGE);
	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	request(IORING_OP_SEND_ZC, p.client, buf, 1000, 1)->ioprio = IORING_RECVSEND_FIXED_BUF;
	submit();
	expect_sent(1, 1000);
	close(ring.fd);
	pass_ms(50);
	munmap(buf, PAGE);
	close(p.client);
	ensure_eq(drain_pattern(p.server, 0), 1000);
}
