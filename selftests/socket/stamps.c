// SPDX-License-Identifier: GPL-2.0
/*
 * stamps.c - SO_TIMESTAMPING: when a write's last byte left and arrived
 */
#include <time.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <sys/wait.h>
#include "pair.h"

enum { WAIT_MS = 2000 };

static void want(int fd, int flags)
{
	flags |= SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
		 SOF_TIMESTAMPING_OPT_TSONLY;
	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)));
}

/* The next report: which event (SCM_TSTAMP_*), and of which byte. */
static struct sock_extended_err next_report(int fd)
{
	char control[512];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct pollfd events = { .fd = fd };
	struct sock_extended_err err = {};
	struct cmsghdr *c;

	ensure_eq(poll(&events, 1, WAIT_MS), 1);
	ensure_eq(events.revents & POLLERR, POLLERR);
	ensure_ok(recvmsg(fd, &msg, MSG_ERRQUEUE));
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR)
			memcpy(&err, CMSG_DATA(c), sizeof(err));
	ensure_eq(err.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
	return err;
}

static void no_report(int fd)
{
	struct msghdr msg = {};

	ensure_eq(recvmsg(fd, &msg, MSG_ERRQUEUE), -1);
	ensure_eq(errno, EAGAIN);
}

static void write_all(struct pair *p, size_t bytes)
{
	static char buf[1 << 16];
	size_t sent = 0, got = 0;

	ensure_eq(send(p->client, buf, bytes, 0), (ssize_t)bytes);
	sent = bytes;
	while (got < sent) {
		ssize_t n = recv(p->server, buf, sizeof(buf), 0);

		ensure(n > 0, "recv: %zd", n);
		got += n;
	}
}

WIRE_TEST(stamps, ack__of_a_write, "A3")
{
	struct pair p = connected();
	struct sock_extended_err err;

	want(p.client, SOF_TIMESTAMPING_TX_ACK);
	write_all(&p, 100);
	err = next_report(p.client);
	ensure_eq(err.ee_info, SCM_TSTAMP_ACK);
	ensure_eq(err.ee_data, 99);
	no_report(p.client);
}

/* Sent in many packets, reported once: with its last byte. */
WIRE_TEST(stamps, ack__of_a_large_write, "A3")
{
	struct pair p = connected();
	struct sock_extended_err err;

	want(p.client, SOF_TIMESTAMPING_TX_ACK);
	write_all(&p, 60000);
	err = next_report(p.client);
	ensure_eq(err.ee_info, SCM_TSTAMP_ACK);
	ensure_eq(err.ee_data, 59999);
	no_report(p.client);
}

WIRE_TEST(stamps, send__then_ack, "A3")
{
	struct pair p = connected();
	struct sock_extended_err err;

	want(p.client, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK);
	write_all(&p, 500);
	err = next_report(p.client);
	ensure_eq(err.ee_info, SCM_TSTAMP_SND);
	ensure_eq(err.ee_data, 499);
	err = next_report(p.client);
	ensure_eq(err.ee_info, SCM_TSTAMP_ACK);
	ensure_eq(err.ee_data, 499);
}

/* The path turns out to take less, and what waits for the window has to be cut. */
static void cut_what_waits(void)
{
	inject_icmp(3, 4, SEQ(1), MTU(1040));
	take_burst(5);
	inject(ACK, ACK(1461), WIN(1000));
	expect(ACK, SEQ(1461), LEN(1000));
}

/* The report is of the part that has the last byte of the write. */
WIRE_TEST(stamps, cut__byte_in_the_rest, "A3")
{
	struct sock_extended_err err;
	int fd = active_open(MSS(1460), WIN(1460));

	app_write(fd, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	want(fd, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK);
	app_write(fd, 1460);
	cut_what_waits();
	no_report(fd);
	inject(ACK, ACK(2461), WIN(1000));
	expect(PSH | ACK, SEQ(2461), LEN(460));
	err = next_report(fd);
	ensure_eq(err.ee_info, SCM_TSTAMP_SND);
	no_report(fd);
	inject(ACK, ACK(2921));
	err = next_report(fd);
	ensure_eq(err.ee_info, SCM_TSTAMP_ACK);
	no_report(fd);
}

WIRE_TEST(stamps, cut__byte_in_the_first_part, "A3")
{
	struct sock_extended_err err;
	int fd = active_open(MSS(1460), WIN(1460)), off = 0;

	app_write(fd, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	want(fd, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK);
	app_write(fd, 500);
	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &off, sizeof(off)));
	app_write(fd, 960);
	want(fd, 0);
	cut_what_waits();
	err = next_report(fd);
	ensure_eq(err.ee_info, SCM_TSTAMP_SND);
	no_report(fd);
	inject(ACK, ACK(2461), WIN(1000));
	err = next_report(fd);
	ensure_eq(err.ee_info, SCM_TSTAMP_ACK);
	expect(PSH | ACK, SEQ(2461), LEN(460));
	inject(ACK, ACK(2921));
	no_report(fd);
}

/* Acknowledged in part and sent again: what is left of it still has the byte. */
WIRE_TEST(stamps, cut__acknowledged_in_part_and_sent_again, "A3")
{
	struct sock_extended_err err;
	int fd = active_open(MSS(1000), WIN(10000));

	want(fd, SOF_TIMESTAMPING_TX_ACK);
	app_write(fd, 4000);
	take_burst(5);
	inject(ACK, ACK(2001));
	expect_within(150, 300, ACK, SEQ_IN(2001, 3001), LEN(1000));
	take_burst(5);
	no_report(fd);
	inject(ACK, ACK(4001));
	err = next_report(fd);
	ensure_eq(err.ee_info, SCM_TSTAMP_ACK);
	ensure_eq(err.ee_data, 3999);
	no_report(fd);
}

/* One packet would report the last of them alone; MSG_EOR keeps them apart. */
WIRE_TEST(stamps, ack__of_each_write_that_ends_a_record, "A3")
{
	struct pair p = connected();
	char buf[300];
	int i;

	want(p.client, SOF_TIMESTAMPING_TX_ACK);
	set_int(p.client, SOL_TCP, TCP_CORK, 1);
	for (i = 0; i < 3; i++)
		ensure_is(send(p.client, buf, 100, MSG_EOR), 100);
	set_int(p.client, SOL_TCP, TCP_CORK, 0);
	ensure_is(recv(p.server, buf, 300, MSG_WAITALL), 300);
	for (i = 1; i <= 3; i++)
		ensure_eq(next_report(p.client).ee_data, 100 * i - 1);
	no_report(p.client);
}

WIRE_TEST(stamps, none__unless_asked_for, "A3")
{
	struct pair p = connected();

	write_all(&p, 100);
	pass_ms(100);
	no_report(p.client);
}

/* A packet that is kept for its time of arrival does not keep the window shut. */
WIRE_TEST(stamps, receive__in_one_long_read, "A3 F6")
{
	enum { BYTES = 4000000 };
	static char buf[BYTES];
	struct timeval patience = { .tv_sec = 20 };
	struct pair p = connected();
	int on = 1, room = 65536, status;
	pid_t writer;

	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)));
	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)));
	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	writer = fork();
	if (!writer)
		_exit(send(p.client, buf, BYTES, 0) != BYTES);
	ensure_eq(recv(p.server, buf, BYTES, MSG_WAITALL), BYTES);
	ensure_eq(waitpid(writer, &status, 0), writer);
	ensure_eq(status, 0);
}

/* Reads; the time that the control message tells, milliseconds. */
static int64_t read_stamp_ms(int fd, size_t bytes)
{
	char buf[100], control[100];
	struct iovec io = { .iov_base = buf, .iov_len = bytes };
	struct msghdr msg = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	struct timeval tv;

	ensure_eq(recvmsg(fd, &msg, 0), (ssize_t)bytes);
	c = CMSG_FIRSTHDR(&msg);
	ensure(c && c->cmsg_type == SCM_TIMESTAMP, "no time was told");
	memcpy(&tv, CMSG_DATA(c), sizeof(tv));
	return tv.tv_sec * 1000LL + tv.tv_usec / 1000;
}

/* The time is that of the last byte read, however the bytes lie in memory. */
WIRE_TEST(stamps, receive__time_of_the_last_byte, "A3")
{
	struct pair p = connected();
	int64_t first_ms, second_ms;
	int on = 1;

	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)));
	pass_ms(20);
	ensure_eq(send(p.client, "a", 1, 0), 1);
	pass_ms(20);
	first_ms = read_stamp_ms(p.server, 1);
	ensure_eq(send(p.client, "b", 1, 0), 1);
	pass_ms(500);
	ensure_eq(send(p.client, "c", 1, 0), 1);
	pass_ms(20);
	second_ms = read_stamp_ms(p.server, 2);
	ensure_in(second_ms - first_ms, 510, 600);
}
