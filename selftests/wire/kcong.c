// SPDX-License-Identifier: GPL-2.0
/*
 * kcong.c - a module of the kernel decides on cwnd
 *
 * Westwood, of tcp_westwood.ko: at a timeout it sets ssthresh to what the path was
 * seen to deliver in a round trip, not to half of what was out. A peer with an MSS of
 * 1000 that acknowledges a whole flight with one ACK sees cwnd as the number of
 * segments in the next one.
 */
#include "wire.h"

enum { SEG = 1000 };

static const char module[] = "westwood";

/* A connection with @segments to send, its first flight of ten on the way. */
static int bulk(int segments, struct segment synack)
{
	int fd = app_socket();

	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, module, strlen(module)))
		wire_skip("TCP_CONGESTION %s: %s", module, strerror(errno));
	synack.mss = (struct num)NUM(SEG);
	wire_active_open(fd, synack);
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	app_write(fd, segments * SEG);
	return fd;
}

static int cwnd(int fd)
{
	return app_info(fd).tcpi_snd_cwnd;
}

static void acknowledge_all(int times)
{
	for (; times; times--) {
		inject(ACK, ACK(c->stack_max));
		take_burst(5);
	}
}

/* RFC 5681: one segment; the module is told, and says where slow start ends. */
WIRE_TEST(kcong, timeout__one_segment, "C9 C1 R1")
{
	int fd;

	classic_recovery();
	fd = bulk(40, (struct segment){});
	expect_bytes(1, 1 + 10 * SEG);
	expect_after(200, ACK, SEQ(1), LEN(SEG));
	ensure_eq(cwnd(fd), 1);
	/* nothing has been delivered yet: as little as Westwood ever takes */
	ensure_eq(app_info(fd).tcpi_snd_ssthresh, 2);
	inject(ACK, ACK(1 + SEG));
	ensure_eq(take_burst(5).segments, 2);
}

/* RFC 4015: the echoed time tells that the original arrived, and cwnd is as before. */
WIRE_TEST(kcong, timeout__undone, "C9 R7")
{
	uint32_t first;
	int fd;

	sysctl_set("net/ipv4/tcp_early_retrans", 0);
	fd = bulk(40, (struct segment){ TS, SACK_OK });
	take_burst(20);
	first = c->stack_tsval;
	ensure_eq(cwnd(fd), 10);
	expect_within(150, 500, ACK, SEQ(1));
	ensure_eq(cwnd(fd), 1);
	inject(ACK, ACK(1 + 5 * 988), TSECR(first));
	take_burst(5);
	ensure_in(cwnd(fd), 10, 15);
}

/* RFC 5681, section 4.1: the module is told of the pause, ltcp shrinks cwnd. */
WIRE_TEST(kcong, idle__restarts, "C9 C1")
{
	int fd = bulk(70, (struct segment){});

	take_burst(5);
	acknowledge_all(4);
	ensure_in(cwnd(fd), 20, 200);
	expect_silence(5000);
	app_write(fd, 40 * SEG);
	ensure_eq(take_burst(5).segments, 10);
}
