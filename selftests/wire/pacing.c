// SPDX-License-Identifier: GPL-2.0
/*
 * pacing.c - packets spread over time, and sized by the rate
 */
#include <stdlib.h>

#include "wire.h"

enum { SEG = 1000 };

#define next_at(seq_) take_at((seq_), 200)

/* A connection limited to @rate bytes a second, with @segments to send. */
static int paced(unsigned int rate, int segments)
{
	int fd;

	sysctl_set("net/ipv4/tcp_min_tso_segs", 1);
	fd = active_open(MSS(SEG));
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 100000);
	app_set(fd, SOL_SOCKET, SO_MAX_PACING_RATE, rate);
	app_write(fd, segments * SEG);
	return fd;
}

/* 100 kB/s: a segment of 1000 bytes each 10 ms, whatever cwnd allows. */
WIRE_TEST(pacing, rate__spaces_segments, "C8")
{
	int64_t start, at;
	int i;

	paced(100000, 8);
	start = at = next_at(1);
	for (i = 1; i < 8; i++) {
		int64_t now = next_at(1 + i * SEG);

		ensure_in(now - at, 8500, 11500);
		at = now;
	}
	ensure_in(at - start, 68000, 72000);
}

/* Small packets at 1 MB/s: TSO would put what a millisecond holds into one. */
WIRE_TEST(pacing, rate__bounds_the_mean, "C8")
{
	int64_t start;
	int i;

	paced(1000000, 10);
	start = next_at(1);
	for (i = 1; i < 10; i++)
		next_at(1 + i * SEG);
	ensure_in(now_us() - start, 7000, 10000);
}

/* 2 kB/s: nothing is in flight when the next may leave; no other timer is faster. */
WIRE_TEST(pacing, rate__slower_than_any_timer, "C8 F6")
{
	int64_t at, now;
	int i;

	paced(2000, 5);
	at = next_at(1);
	for (i = 1; i < 5; i++) {
		inject(ACK, ACK(1 + i * SEG));
		now = take_at(1 + i * SEG, 1000);
		ensure_in(now - at, 495000, 520000);
		at = now;
	}
}

/* The product of segment size, the largest cwnd there is, and the ratio is no small rate. */
WIRE_TEST(pacing, rate__of_a_huge_window, "C8")
{
	socklen_t len;
	int fd;

	run_ip("route replace 192.0.2.0/24 dev wire0 initcwnd 1921535842");
	fd = app_connect();
	expect(SYN);
	pass_ms(100);
	inject(SYN | ACK, MSS(SEG));
	expect(ACK);
	ensure_in(app_full_info(fd, &len).pacing_rate, 1000000000, INT64_MAX);
}

/* Time that the application let pass is not made good by a burst. */
WIRE_TEST(pacing, rate__no_burst_after_a_pause, "C8")
{
	int fd = paced(100000, 3);
	int64_t at;

	next_at(1), next_at(1001), next_at(2001);
	inject(ACK, ACK(3001));
	pass_ms(150);
	app_write(fd, 3 * SEG);
	at = next_at(3001);
	at = next_at(4001) - at;
	ensure_in(at, 8500, 11500);
	next_at(5001);
}

/* What is sent again is paced, too. */
WIRE_TEST(pacing, rate__spaces_retransmissions, "C8 R3")
{
	int64_t at, now;
	int i;

	classic_recovery();
	paced(100000, 8);
	for (i = 0; i < 8; i++)
		next_at(1 + i * SEG);
	at = next_at(1);			/* the timeout */
	inject(ACK, ACK(4001));
	now = next_at(4001);
	ensure(now >= at, "time runs backwards");
	at = now;
	now = next_at(5001);
	ensure_in(now - at, 8500, 11500);
}

/* The FIN does not overtake what waits, and an ACK does not wait. */
WIRE_TEST(pacing, rate__acks_pass_fin_waits, "C8 S2")
{
	int fd = paced(100000, 3);

	next_at(1);
	inject(PSH | ACK, SEQ(1), ACK(1), LEN(100));
	expect_within(0, 3, ACK, ACK(101), LEN(0));
	app_shutdown(fd, SHUT_WR);
	next_at(1001);
	expect(FIN | PSH | ACK, SEQ(2001), LEN(1000));
}

/* A socket that is used again knows neither the rate nor the time of before. */
WIRE_TEST(pacing, rate__not_that_of_the_last_connection, "C8 A3")
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = paced(100, 2), i;

	next_at(1);
	ensure_eq(connect(fd, &none, sizeof(none)), 0);
	expect(RST | ACK);
	new_connection();
	c->unchecked = true;		/* what the socket writes goes on where it was */
	app_set(fd, SOL_SOCKET, SO_MAX_PACING_RATE, 10000000);
	active_open_fd(fd, MSS(SEG));
	app_write(fd, 8 * SEG);
	for (i = 0; i < 8; i++)
		next_at(1 + i * SEG);
}

/* Aborting with a timer pending leaves nothing behind that fires. */
WIRE_TEST(pacing, rate__abort_while_waiting, "C8 S5")
{
	int fd = paced(1000, 5);

	next_at(1);
	app_abort(fd);
	expect(RST | ACK);
	expect_silence(5000);
}

/* Runs tc(8) on the device; without such a qdisc there is nothing to test. */
static void qdisc(const char *kind)
{
	char command[80];

	snprintf(command, sizeof(command),
		 "tc qdisc replace dev wire0 root %s 2>/dev/null", kind);
	if (system(command))
		wire_skip("no %s in this kernel", kind);
	note("%s", command);
}

/* A packet is stamped for when fq lets go of it; without fq it leaves before that. */
WIRE_TEST(pacing, fq__replaced_under_way, "C8 R2")
{
	struct tcp_info info;
	int fd;

	qdisc("fq");
	fd = paced(10000, 3);
	next_at(1);
	inject(ACK, ACK(1001));
	next_at(1001);
	inject(ACK, ACK(2001));
	next_at(2001);
	inject(ACK, ACK(3001));
	qdisc("pfifo");
	app_write(fd, 3 * SEG);
	take_burst(50);
	inject(ACK);
	take_burst(50);
	info = app_info(fd);
	ensure_in(info.tcpi_rtt, 1, 500000);
	ensure_in(info.tcpi_rto, 1, 2000000);
}

/* 500 B/s: the next segment is due in two seconds, but not the copy of a lost one. */
WIRE_TEST(pacing, rate__timeout_does_not_wait, "C8 R1")
{
	sysctl_set("net/ipv4/tcp_early_retrans", 0);
	paced(500, 4);
	next_at(1);
	expect_within(180, 300, ACK, SEQ(1), LEN(SEG));
	expect_within(350, 500, ACK, SEQ(1), LEN(SEG));
	/* nor does the next one wait for the copies' time, too */
	inject(ACK, ACK(1 + SEG));
	expect_within(1200, 1600, ACK, SEQ(1 + SEG), LEN(SEG));
}

/* What fq holds back is no older than when it leaves: nobody's patience is over. */
WIRE_TEST(pacing, fq__user_timeout_counts_from_departure, "C8 R2")
{
	int fd, seq;

	qdisc("fq");
	fd = active_open(MSS(SEG));
	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 20000);
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 100000);
	app_set(fd, SOL_SOCKET, SO_MAX_PACING_RATE, 1500);
	app_write(fd, 8 * SEG);
	for (seq = 1; seq < 8 * SEG;) {
		const struct seen *s = take(3000);

		ensure(s, "nothing more comes");
		if (s->len && s->seq == seq) {
			seq += s->len;
			inject(ACK, ACK(seq));
		}
	}
	expect_state(fd, TCP_ESTABLISHED);
	ensure_eq(app_info(fd).tcpi_total_retrans, 0);
}

/* With no room at all below us a packet leaves when the one before it has. */
WIRE_TEST(pacing, queue__limit_of_nothing, "C8 A4")
{
	int fd;

	sysctl_set("net/ipv4/tcp_limit_output_bytes", 0);
	fd = active_open(MSS(SEG));
	app_write(fd, 3 * SEG);
	next_at(1), next_at(1001), next_at(2001);
}
