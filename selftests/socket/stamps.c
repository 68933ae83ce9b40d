// SPDX-License-Identifier: GPL-2.0
/*
 * stamps.c - SO_TIMESTAMPING: when a write's last byte left and arrived
 */
#include <time.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <poll.h>
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

/*
 * A packet that the peer's window cuts: the report is of the part that has the byte.
 */
WIRE_TEST(stamps, cut__reported_with_the_last_byte, "A3")
{
	struct sock_extended_err err;
	int fd = active_open(MSS(1000), WIN(1000));

	want(fd, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK);
	app_write(fd, 2000);
	expect(ACK, SEQ(1), LEN(1000));
	no_report(fd);
	inject(ACK, ACK(1001), WIN(1000));
	expect(PSH | ACK, SEQ(1001), LEN(1000));
	err = next_report(fd);
	ensure_eq(err.ee_info, SCM_TSTAMP_SND);
	ensure_eq(err.ee_data, 1999);
	no_report(fd);
	inject(ACK, ACK(2001), WIN(1000));
	err = next_report(fd);
	ensure_eq(err.ee_info, SCM_TSTAMP_ACK);
	ensure_eq(err.ee_data, 1999);
	no_report(fd);
}

WIRE_TEST(stamps, none__unless_asked_for, "A3")
{
	struct pair p = connected();

	write_all(&p, 100);
	pass_ms(100);
	no_report(p.client);
}
