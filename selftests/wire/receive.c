// SPDX-License-Identifier: GPL-2.0
/*
 * receive.c - data that arrives, and when it is acknowledged (RFC 9293, section
 * 3.10.7.4; RFC 5681, section 4.2; RFC 2018; RFC 2883)
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "wire.h"

/* The application answers what it reads, as far as the stack knows. */
static void delay_acks(int fd)
{
	app_set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
}

/* ------------------------------------------------------------------- order */

WIRE_TEST(receive, order__in_order, "W4 F9 MUST-60")
{
	int fd = active_open();

	app_reads_nothing(fd);
	inject(ACK, SEQ(1), LEN(1000));
	expect_ack(1001);
	app_read(fd, 400);
	inject(PSH | ACK, SEQ(1001), LEN(1));
	expect_ack(1002);
	app_read(fd, 601);
	app_reads_nothing(fd);
}

WIRE_TEST(receive, order__kept_until_the_gap_is_filled, "F9 F5 SHLD-31 MAY-13")
{
	int fd = active_open();

	inject(ACK, SEQ(2001), LEN(1000));
	expect(ACK, SEQ(1), ACK(1), LEN(0), NO_SACK);
	inject(ACK, SEQ(1001), LEN(1000));
	expect(ACK, SEQ(1), ACK(1), LEN(0), NO_SACK);
	app_reads_nothing(fd);
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, SEQ(1), ACK(3001), LEN(0));
	app_read(fd, 3000);
}

WIRE_TEST(receive, order__gap_filled_in_two_steps, "F9 F5 R4")
{
	int fd = active_open(FULL_OPTIONS);

	delay_acks(fd);
	inject(ACK, SEQ(1001), LEN(500));
	expect(ACK, ACK(1), SACK({1001, 1501}));
	inject(ACK, SEQ(1), LEN(400));
	expect(ACK, ACK(401), SACK({1001, 1501}));
	app_read(fd, 400);
	app_reads_nothing(fd);
	inject(ACK, SEQ(401), LEN(600));
	expect(ACK, ACK(1501), NO_SACK);
	app_read(fd, 1100);
}

/* Every second segment first, then the others backwards. */
WIRE_TEST(receive, order__shuffled, "F9 SHLD-31")
{
	enum { N = 40, SIZE = 100 };
	int fd = active_open(FULL_OPTIONS);
	int i;

	for (i = 1; i < N; i += 2) {
		inject(ACK, SEQ(1 + i * SIZE), LEN(SIZE));
		expect(ACK, ACK(1), LEN(0));
	}
	for (i = N - 2; i > 0; i -= 2) {
		inject(ACK, SEQ(1 + i * SIZE), LEN(SIZE));
		expect(ACK, ACK(1), LEN(0));
	}
	expect_silence(100);
	inject(ACK, SEQ(1), LEN(SIZE));
	expect(ACK, ACK(1 + N * SIZE), NO_SACK);
	app_read(fd, N * SIZE);
}

WIRE_TEST(receive, order__across_the_end_of_sequence_space, "F9 W4")
{
	int fd;

	c->peer_isn = 0xffffffff - 2500;
	fd = active_open(FULL_OPTIONS);
	inject(ACK, SEQ(1), LEN(1000));
	expect_ack(1001);
	inject(ACK, SEQ(3001), LEN(1000));
	expect(ACK, ACK(1001), SACK({3001, 4001}));
	inject(ACK, SEQ(2001), LEN(1000));
	expect(ACK, ACK(1001), SACK({2001, 4001}));
	inject(ACK, SEQ(1001), LEN(1000));
	expect(ACK, ACK(4001), NO_SACK);
	inject(ACK, SEQ(2001), LEN(1000));
	expect(ACK, ACK(4001), SACK({2001, 3001}));
	app_read(fd, 4000);
}

/* ------------------------------------------------- overlaps and duplicates */

WIRE_TEST(receive, overlap__with_what_was_read, "F9 R4")
{
	int fd = active_open(FULL_OPTIONS);

	inject(ACK, SEQ(1), LEN(1000));
	expect_ack(1001);
	app_read(fd, 1000);
	inject(ACK, SEQ(501), LEN(1000));
	expect(ACK, ACK(1501), SACK({501, 1001}));
	app_read(fd, 500);
	app_reads_nothing(fd);
}

/* "[from, to)" arrive out of order, then the rest: each byte is read once. */
WIRE_TEST(receive, overlap__out_of_order, "F9")
{
	static const struct { int first[2], second[2], third[2]; } rows[] = {
		{ { 1001, 2001 }, { 501, 1501 }, { 1801, 2501 } },	/* at both ends */
		{ { 1001, 2001 }, { 501, 2501 }, { 1201, 1401 } },	/* around, inside */
		{ { 1001, 2001 }, { 1001, 2501 }, { 501, 1001 } },	/* same beginning */
		{ { 1001, 1501 }, { 2001, 2501 }, { 501, 2301 } },	/* over two */
		{ { 2001, 2501 }, { 501, 1001 }, { 701, 2201 } },	/* between two */
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		note("row %zu", i);
		fd = active_open();
#define ROW(r) SEQ(rows[i].r[0]), LEN(rows[i].r[1] - rows[i].r[0])
		inject(ACK, ROW(first));
		expect(ACK, ACK(1));
		inject(ACK, ROW(second));
		expect(ACK, ACK(1));
		inject(ACK, ROW(third));
		expect(ACK, ACK(1));
#undef ROW
		inject(ACK, SEQ(1), LEN(700));
		expect(ACK, ACK(2501));
		app_read(fd, 2500);
		app_reads_nothing(fd);
		end_case(fd);
	}
}

WIRE_TEST(receive, duplicate__is_acknowledged_at_once, "F9 F5 R8")
{
	int fd = active_open();

	delay_acks(fd);
	inject(ACK, SEQ(1), LEN(1000));
	expect_ack(1001);
	pass_ms(1000);
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, SEQ(1), ACK(1001), LEN(0), NO_SACK);
	app_read(fd, 1000);
	app_reads_nothing(fd);
}

/* TCP_INFO counts what comes, not what is taken. */
WIRE_TEST(receive, duplicate__is_counted, "F9")
{
	int fd = active_open(), i;
	struct full_info info;
	socklen_t len;

	for (i = 0; i < 3; i++) {
		inject(PSH | ACK, SEQ(1), ACK(1), LEN(100));
		expect_within(0, 100, ACK, ACK(101));
	}
	inject(PSH | ACK, SEQ(1 << 24), ACK(1), LEN(100));
	ignore_rest();
	info = app_full_info(fd, &len);
	ensure_eq(info.data_segs_in, 4);
	ensure_in(info.segs_in, 5, 6);
}

/* -------------------------------------------------------------------- SACK */

WIRE_TEST(receive, sack__newest_first_three_with_timestamps, "R4 W4")
{
	active_open(FULL_OPTIONS);
	inject(ACK, SEQ(1001), LEN(500));
	expect(ACK, ACK(1), SACK({1001, 1501}));
	inject(ACK, SEQ(3001), LEN(500));
	expect(ACK, ACK(1), SACK({3001, 3501}, {1001, 1501}));
	inject(ACK, SEQ(5001), LEN(500));
	expect(ACK, ACK(1), SACK({5001, 5501}, {3001, 3501}, {1001, 1501}));
	inject(ACK, SEQ(7001), LEN(500));
	expect(ACK, ACK(1), SACK({7001, 7501}, {5001, 5501}, {3001, 3501}));
	inject(ACK, SEQ(3501), LEN(500));
	expect(ACK, ACK(1), SACK({3001, 4001}, {7001, 7501}, {5001, 5501}));
}

WIRE_TEST(receive, sack__four_without_timestamps, "R4")
{
	active_open(SACK_OK);
	inject(ACK, SEQ(1001), LEN(500));
	expect(ACK, ACK(1), SACK({1001, 1501}));
	inject(ACK, SEQ(3001), LEN(500));
	expect(ACK, ACK(1), SACK({3001, 3501}, {1001, 1501}));
	inject(ACK, SEQ(5001), LEN(500));
	expect(ACK, ACK(1), SACK({5001, 5501}, {3001, 3501}, {1001, 1501}));
	inject(ACK, SEQ(7001), LEN(500));
	expect(ACK, ACK(1), SACK({7001, 7501}, {5001, 5501}, {3001, 3501}, {1001, 1501}));
	inject(ACK, SEQ(9001), LEN(500));
	expect(ACK, ACK(1), SACK({9001, 9501}, {7001, 7501}, {5001, 5501}, {3001, 3501}));
}

WIRE_TEST(receive, sack__blocks_that_meet_become_one, "R4 F9")
{
	active_open(SACK_OK);
	inject(ACK, SEQ(1001), LEN(500));
	expect(ACK, ACK(1), SACK({1001, 1501}));
	inject(ACK, SEQ(2001), LEN(500));
	expect(ACK, ACK(1), SACK({2001, 2501}, {1001, 1501}));
	inject(ACK, SEQ(1501), LEN(500));
	expect(ACK, ACK(1), SACK({1001, 2501}));
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(2501), NO_SACK);
}

/* Blocks ride on data too: RFC 2018, section 4. */
WIRE_TEST(receive, sack__on_data_segments, "R4")
{
	int fd = active_open(SACK_OK);

	inject(ACK, SEQ(1001), LEN(500));
	expect(ACK, ACK(1), SACK({1001, 1501}));
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), ACK(1), LEN(100), SACK({1001, 1501}));
}

WIRE_TEST(receive, dsack__below_the_acknowledgment, "R4 F9")
{
	int fd = active_open(FULL_OPTIONS);

	inject(ACK, SEQ(1), LEN(1000));
	expect_ack(1001);
	inject(ACK, SEQ(1), LEN(600));
	expect(ACK, ACK(1001), SACK({1, 601}));
	inject(ACK, SEQ(1001), LEN(1000));
	expect_within(0, 500, ACK, ACK(2001), NO_SACK);
	app_read(fd, 2000);
}

WIRE_TEST(receive, dsack__above_the_acknowledgment, "R4 F9")
{
	active_open(FULL_OPTIONS);
	inject(ACK, SEQ(3001), LEN(500));
	expect(ACK, ACK(1), SACK({3001, 3501}));
	inject(ACK, SEQ(1001), LEN(1000));
	expect(ACK, ACK(1), SACK({1001, 2001}, {3001, 3501}));
	inject(ACK, SEQ(1501), LEN(500));
	expect(ACK, ACK(1), SACK({1501, 2001}, {1001, 2001}, {3001, 3501}));
	inject(ACK, SEQ(4001), LEN(500));
	expect(ACK, ACK(1), SACK({4001, 4501}, {1001, 2001}, {3001, 3501}));
}

/* Section 4.2: also what is only a part of a segment, at either end, or of two islands. */
WIRE_TEST(receive, dsack__a_part_above_the_acknowledgment, "R4 F9")
{
	static const struct { int64_t from, to, dup_from, dup_to; } cases[] = {
		{ 2501, 3501, 2501, 3001 }, { 1501, 2501, 2001, 2501 }, { 1501, 3501, 2001, 3001 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd;

		new_connection();
		note("%d to %d", (int)cases[i].from, (int)cases[i].to);
		fd = active_open(MSS(1460), SACK_OK);
		inject(ACK, SEQ(2001), LEN(1000));
		expect(ACK, ACK(1), SACK({ 2001, 3001 }));
		inject(ACK, SEQ(cases[i].from), LEN(cases[i].to - cases[i].from));
		expect(ACK, ACK(1), SACK({ cases[i].dup_from, cases[i].dup_to },
			{ cases[i].from < 2001 ? cases[i].from : 2001,
			  cases[i].to > 3001 ? cases[i].to : 3001 }));
		end_case(fd);
	}
}

WIRE_TEST(receive, dsack__can_be_turned_off, "R4")
{
	sysctl_set("net/ipv4/tcp_dsack", 0);
	active_open(FULL_OPTIONS);
	inject(ACK, SEQ(1), LEN(1000));
	expect_ack(1001);
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(1001), NO_SACK);
}

/* ------------------------------------------------------- when to acknowledge */

WIRE_TEST(receive, ack__first_segments_at_once, "F5")
{
	int fd = active_open(FULL_OPTIONS);
	int i;

	for (i = 0; i < 10; i++) {
		inject(PSH | ACK, SEQ(1 + i * 1000), LEN(1000));
		expect(ACK, ACK(1001 + i * 1000), LEN(0));
		app_read(fd, 1000);
	}
}

WIRE_TEST(receive, ack__delayed_after_the_first_segments, "F5 SHLD-18")
{
	int fd = active_open(FULL_OPTIONS);
	int i;

	for (i = 0; i < 20; i++) {
		inject(PSH | ACK, SEQ(1 + i * 1000), LEN(1000));
		expect_ack(1001 + i * 1000);
		app_read(fd, 1000);
	}
	inject(PSH | ACK, SEQ(20001), LEN(1000));
	expect_within(20, 500, ACK, ACK(21001), LEN(0));
}

WIRE_TEST(receive, ack__single_segment_is_delayed, "F5 MUST-40 SHLD-18")
{
	int fd = active_open();

	delay_acks(fd);
	inject(PSH | ACK, SEQ(1), LEN(1460));
	expect_after(40, ACK, SEQ(1), ACK(1461), LEN(0));
	delay_acks(fd);		/* one that came late makes the next quick */
	inject(PSH | ACK, SEQ(1461), LEN(1));
	expect_after(40, ACK, SEQ(1), ACK(1462), LEN(0));
	expect_silence(1000);
}

/* tcp(7): TCP_QUICKACK sends the ACK that is owed; an even value only that one. */
WIRE_TEST(receive, ack__quickack_sends_what_is_owed, "F5 A4")
{
	int fd = active_open();

	delay_acks(fd);
	inject(PSH | ACK, SEQ(1), LEN(100));
	app_set(fd, IPPROTO_TCP, TCP_QUICKACK, 2);
	expect(ACK, SEQ(1), ACK(101), LEN(0));
	inject(PSH | ACK, SEQ(101), LEN(100));
	expect_after(40, ACK, SEQ(1), ACK(201), LEN(0));
	delay_acks(fd);
	inject(PSH | ACK, SEQ(201), LEN(100));
	app_set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
	expect(ACK, SEQ(1), ACK(301), LEN(0));
	inject(PSH | ACK, SEQ(301), LEN(100));
	expect(ACK, SEQ(1), ACK(401), LEN(0));
}

/* So many segments that from then on ACKs are delayed. */
static void use_up_quick_acks(int segments)
{
	while (segments--) {
		inject(ACK, LEN(1460));
		expect_ack(c->peer_max);
	}
}

/* Whoever sends a stream waits for the ACK; who asks a question, for an answer. */
WIRE_TEST(receive, ack__odd_segment_of_a_stream, "F5")
{
	int fd, i;

	differs_from_builtin("it is delayed by 40 ms");
	fd = active_open();
	use_up_quick_acks(16);
	for (i = 16; i < 19; i++)
		inject(ACK, SEQ(1 + i * 1460), LEN(1460));
	expect_ack(1 + 18 * 1460);
	expect_within(1, 12, ACK, ACK(1 + 19 * 1460), LEN(0));

	/* One segment alone may be a question, and so may what ends with part of one */
	pass_ms(20);
	inject(PSH | ACK, SEQ(1 + 19 * 1460), LEN(1460));
	expect_after(40, ACK, ACK(1 + 20 * 1460), LEN(0));
	for (i = 20; i < 22; i++)
		inject(ACK, SEQ(1 + i * 1460), LEN(1460));
	expect_ack(1 + 22 * 1460);
	inject(PSH | ACK, SEQ(1 + 22 * 1460), LEN(100));
	expect_after(40, ACK, ACK(1 + 22 * 1460 + 100), LEN(0));
}

/* Where others send in between too, a gap is no end: every second one is acknowledged. */
WIRE_TEST(receive, ack__odd_segment_of_a_slow_stream, "F5")
{
	int i;

	active_open();
	use_up_quick_acks(16);
	for (i = 0; i < 10; i++) {
		inject(ACK, LEN(1460));
		expect_silence(12);
		inject(ACK, LEN(1460));
		expect_ack(c->peer_max);
		pass_ms(3);
	}
	inject(ACK, LEN(1460));
	expect_after(40, ACK, ACK(c->peer_max), LEN(0));
}

/* The peer's Nagle waits for it: a small segment is acknowledged when all is read. */
WIRE_TEST(receive, ack__of_a_small_segment_that_is_read, "F5 F3")
{
	int fd = active_open(), i;

	for (i = 0; i < 30; i++) {
		pass_ms(20);
		inject(PSH | ACK, LEN(100));
		app_read(fd, 100);
		expect_within(0, 2, ACK, ACK(c->peer_max), LEN(0));
	}
	/* But not where the program is known to answer */
	delay_acks(fd);
	inject(PSH | ACK, LEN(100));
	app_read(fd, 100);
	expect_silence(20);
	app_write(fd, 10);
	expect(PSH | ACK, ACK(c->peer_max), LEN(10));
}

/* Whose program answers what it reads needs no such ACK from the second time on. */
WIRE_TEST(receive, ack__of_what_is_answered, "F5 F3")
{
	int fd = active_open(), i;

	use_up_quick_acks(20);
	app_read(fd, 20 * 1460);
	pass_ms(20);
	inject(PSH | ACK, LEN(100));
	app_read(fd, 100);
	expect_within(0, 2, ACK, ACK(c->peer_max), LEN(0));
	for (i = 0; i < 3; i++) {
		app_write(fd, 10);
		expect(PSH | ACK, ACK(c->peer_max), LEN(10));
		pass_ms(20);
		inject(PSH | ACK, ACK(c->stack_max), LEN(100));
		app_read(fd, 100);
		expect_silence(10);
	}
}

/* The path takes smaller segments from now on: still every second one is acknowledged. */
WIRE_TEST(receive, ack__every_second_of_smaller_segments, "F5")
{
	int64_t at = 1;
	int fd, i;

	fd = active_open();
	for (i = 0; i < 20; i++, at += 1400)
		inject(ACK, SEQ(at), LEN(1400));
	take_burst(100);
	delay_acks(fd);
	for (i = 0; i < 6; i++, at += 600) {
		inject(ACK, SEQ(at), LEN(600));
		if (i % 2)
			expect_within(0, 2, ACK, ACK(at + 600), LEN(0));
		else
			expect_silence(2);
	}
	app_read(fd, at - 1);
}

WIRE_TEST(receive, ack__delay_can_be_set, "F5 MUST-40")
{
	int fd;

	differs_from_builtin("the longest delay of an ACK cannot be set");
	sysctl_set("net/ltcp/delack_ms", 200);
	fd = active_open();
	delay_acks(fd);
	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_after(200, ACK, ACK(101), LEN(0));
	sysctl_set("net/ltcp/delack_ms", 100);
	delay_acks(fd);
	inject(PSH | ACK, SEQ(101), LEN(100));
	expect_after(100, ACK, ACK(201), LEN(0));
}

/* The delay counts from the first segment that waits, not from the last. */
WIRE_TEST(receive, ack__small_segments_do_not_put_it_off, "F5 MUST-40")
{
	int fd;

	differs_from_builtin("the longest delay of an ACK cannot be set");
	sysctl_set("net/ltcp/delack_ms", 200);
	fd = active_open();
	inject(PSH | ACK, SEQ(1), LEN(1000));
	expect_ack(1001);
	delay_acks(fd);
	inject(PSH | ACK, SEQ(1001), LEN(100));
	pass_ms(150);
	inject(PSH | ACK, SEQ(1101), LEN(10));
	expect_within(30, 80, ACK, ACK(1111), LEN(0));
}

WIRE_TEST(receive, ack__every_second_full_segment, "F5 SHLD-19 MUST-58")
{
	int fd = active_open();
	int i;

	delay_acks(fd);
	for (i = 0; i < 10; i++) {
		inject(ACK, SEQ(1 + i * 2920), LEN(1460));
		expect_silence(5);
		inject(ACK, SEQ(1461 + i * 2920), LEN(1460));
		expect(ACK, SEQ(1), ACK(2921 + i * 2920), LEN(0));
		app_read(fd, 2920);
	}
	expect_silence(500);
}

WIRE_TEST(receive, ack__at_once_for_out_of_order_data, "F5 MAY-13")
{
	int fd = active_open(FULL_OPTIONS);
	int i;

	delay_acks(fd);
	for (i = 0; i < 30; i++) {
		inject(ACK, SEQ(1001 + i * 10), LEN(10));
		expect(ACK, ACK(1), SACK({1001, 1011 + i * 10}));
	}
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(1301), NO_SACK);
	expect_silence(100);
}

WIRE_TEST(receive, ack__rides_on_data, "F5 MUST-58")
{
	int fd = active_open();

	delay_acks(fd);
	inject(PSH | ACK, SEQ(1), LEN(100));
	app_read(fd, 100);
	app_write(fd, 50);
	expect(PSH | ACK, SEQ(1), ACK(101), LEN(50));
	inject(ACK, ACK(51));
	expect_silence(1000);
}

/*
 * A read that is stopped in the middle of copying has the socket for itself, and
 * segments queue up until it goes on: the page it copies to is not there until we
 * say so (userfaultfd(2)).
 */
static struct stopped_read {
	int fd, faults;
	ssize_t got;
	char *page;
	pthread_t thread;
} reader;

static void *read_into_the_page(void *arg)
{
	(void)arg;
	reader.got = recv(reader.fd, reader.page, 4096, 0);
	return NULL;
}

static void stop_a_read(int fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct pollfd p;

	reader.fd = fd;
	reader.faults = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (reader.faults < 0 && errno == ENOSYS)
		wire_skip("this kernel has no userfaultfd");
	ensure(reader.faults >= 0, "userfaultfd(): %s", strerror(errno));
	reader.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	reg.range.start = (uintptr_t)reader.page;
	reg.range.len = 4096;
	ensure(!ioctl(reader.faults, UFFDIO_API, &api) &&
	       !ioctl(reader.faults, UFFDIO_REGISTER, &reg), "userfaultfd: %s",
	       strerror(errno));
	ensure(!pthread_create(&reader.thread, NULL, read_into_the_page, NULL), "no thread");
	p = (struct pollfd){ .fd = reader.faults, .events = POLLIN };
	ensure(poll(&p, 1, 1000) == 1 && p.revents == POLLIN, "the read does not touch the page");
}

static void let_it_go_on(void)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)reader.page, .len = 4096 },
	};

	mark_event();
	ensure(!ioctl(reader.faults, UFFDIO_ZEROPAGE, &zero), "UFFDIO_ZEROPAGE: %s",
	       strerror(errno));
	pthread_join(reader.thread, NULL);
	close(reader.faults);
}

/* RFC 9293, 3.10.7.4: a series of queued segments is processed, then acknowledged. */
WIRE_TEST(receive, ack__one_for_all_that_waited, "MUST-59 MUST-58")
{
	int fd = active_open(), i;

	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	stop_a_read(fd);
	for (i = 0; i < 10; i++)
		inject(PSH | ACK, SEQ(101 + i * 1000), LEN(1000));
	expect_silence(20);
	let_it_go_on();
	ensure_eq(reader.got, 100);
	expect(ACK, SEQ(1), ACK(10101), LEN(0));
	expect_silence(1000);
}

/* ------------------------------------------------ what does not fit the window */

/* A small buffer, filled up to less than 1000 bytes before the window's edge. */
static int nearly_fill(void)
{
	int fd = app_socket();

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 16384);
	active_open_fd(fd);
	while (c->stack_edge - c->peer_max > 1000) {
		inject(ACK, LEN(1000));
		expect_ack(c->peer_max);
	}
	return fd;
}

WIRE_TEST(receive, beyond_window__is_cut, "W4 F9")
{
	int fd = nearly_fill();
	int64_t next = c->peer_max, edge = c->stack_edge;

	inject(ACK, SEQ(next), LEN(1400));
	expect(ACK, ACK_IN(next, edge), LEN(0));
	inject(ACK, SEQ(next), LEN(edge - next));
	expect(ACK, ACK(edge), LEN(0));
	app_read(fd, edge - 1);
	app_reads_nothing(fd);
	take_burst(50);
	inject(ACK, SEQ(edge), LEN(500));
	expect_ack(edge + 500);
	app_read(fd, 500);
}

WIRE_TEST(receive, beyond_window__is_refused, "W4 S6 ATTACK-10")
{
	int fd = nearly_fill();
	int64_t next = c->peer_max, edge = c->stack_edge;

	inject(ACK, SEQ(edge), LEN(100));
	expect(ACK, SEQ(1), ACK(next), LEN(0));
	pass_ms(1000);
	inject(ACK, SEQ(edge + 100000), LEN(100));
	expect(ACK, SEQ(1), ACK(next), LEN(0));
	inject(ACK, SEQ(next), LEN(edge - next));
	expect_ack(edge);
	app_read(fd, edge - 1);
	app_reads_nothing(fd);
	ignore_rest();
}

/* ----------------------------------------------------------- tiny segments */

/* The peer retransmits from @acked on until all bytes below @end have arrived. */
static void retransmit_until(int64_t acked, int64_t end)
{
	const struct seen *s;
	int tries;

	for (tries = 0; acked < end; tries++) {
		ensure(tries < 100, "it does not get on beyond %lld", (long long)acked);
		inject(PSH | ACK, SEQ(acked), LEN(end - acked > 1000 ? 1000 : end - acked));
		while ((s = take(100)))
			acked = s->ack;
	}
}

/* What was acknowledged is there, whatever it cost to keep. */
static void flood_with_tiny(int n, int step)
{
	int fd = active_open(FULL_OPTIONS);
	const struct seen *s;
	int i;

	for (i = n - 1; i > 0; i -= step) {
		inject(ACK, SEQ(1 + i), LEN(1));
		while ((s = take(0)))
			ensure_eq(s->ack, 1);
	}
	retransmit_until(1, n + 1);
	app_read(fd, n);
	app_reads_nothing(fd);
	ignore_rest();			/* a window update */
}

WIRE_TEST(receive, tiny__backwards, "ATTACK-5 F9 D5")
{
	flood_with_tiny(4000, 1);
}

WIRE_TEST(receive, tiny__islands, "ATTACK-5 F9 R4 D5")
{
	flood_with_tiny(8000, 2);
}

WIRE_TEST(receive, tiny__in_order_and_unread, "ATTACK-5 F1 D5")
{
	int fd = active_open();
	int64_t acked = 1;
	const struct seen *s;
	int i;

	for (i = 0; i < 10000; i++) {
		inject(ACK, SEQ(1 + i), LEN(1));
		while ((s = take(0)))
			acked = s->ack;
	}
	while ((s = take(600)))
		acked = s->ack;
	ensure_eq(acked, 10001);
	app_read(fd, 10000);
	ignore_rest();
}

/*
 * Islands of all sizes that overlap, also the window's edge, in as much memory as
 * there is: what becomes of them is the auditor's to judge, the bytes are ours.
 */
WIRE_TEST(receive, islands__of_all_sizes, "F9 D4 D5")
{
	static const int sizes[] = { 1, 40, 300, 1500, 3000, 5000, 9000, 20000, 36000, 60000 };
	int fd = active_open(FULL_OPTIONS);
	int64_t edge = c->stack_edge;
	uint32_t dice = 1;
	int i;

	for (i = 0; i < 2000; i++) {
		int64_t at, size;

		dice = dice * 1664525 + 1013904223;
		size = sizes[(dice >> 8) % ARRAY_SIZE(sizes)];
		at = 2 + (dice >> 12) % (edge - 2);
		inject(ACK, SEQ(at), LEN(size));
		ignore_rest();
	}
	retransmit_until(1, edge);
	app_read(fd, edge - 1);
	ignore_rest();
}
