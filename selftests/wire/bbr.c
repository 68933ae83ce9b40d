// SPDX-License-Identifier: GPL-2.0
/*
 * bbr.c - BBR on a connection: pacing, losses, an undone timeout, the look at the round
 * trip
 *
 * What BBR computes is tested in user space; here it runs where its events come from.
 * A peer with an MSS of 1000.
 */
#include "wire.h"

enum { SEG = 1000 };

#define next_at(seq_) take_at((seq_), 100)

static int bbr_socket(void)
{
	int fd;

	differs_from_builtin("its BBR is a module");
	sysctl_set("net/ipv4/tcp_early_retrans", 0);
	fd = app_socket();
	app_choose(fd, "bbr");
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	return fd;
}

static int bbr(struct segment synack)
{
	int fd = bbr_socket();

	synack.mss = (struct num)NUM(SEG);
	wire_active_open(fd, synack);
	return fd;
}

static int cwnd(int fd)
{
	return app_info(fd).tcpi_snd_cwnd;
}

/* A connection over a path of @rtt_ms, known from the handshake, and packets of a segment. */
static int bbr_over(int rtt_ms)
{
	int fd = bbr_socket();

	sysctl_set("net/ipv4/tcp_min_tso_segs", 1);
	app_connect_fd(fd);
	expect(SYN, SEQ(0));
	pass_ms(rtt_ms);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	return fd;
}

/*
 * RFC 6928's ten segments leave at once, also with BBR. The first ACK of data is BBR's
 * first round trip: from then on it sends 2.77 times ten segments in each, which is
 * one in 3.6 ms.
 */
WIRE_TEST(bbr, pacing__begins_after_the_initial_window, "C4 C8 C1")
{
	int fd = bbr_over(100), i;
	int64_t at;

	app_write(fd, 40 * SEG);
	at = next_at(1);
	for (i = 1; i < 10; i++)
		ensure_in(next_at(1 + i * SEG) - at, 0, 2000);
	pass_ms(100);
	expect_silence(0);
	inject(ACK, ACK(1 + 10 * SEG));
	next_at(1 + 10 * SEG);
	at = next_at(1 + 11 * SEG);	/* the first gap may be shorter: pace.c's credit */
	for (i = 12; i < 30; i++) {
		int64_t now = next_at(1 + i * SEG);

		ensure_in(now - at, 3300, 4100);
		at = now;
	}
	ignore_rest();
}

/* The hole is filled, and BBR goes on with what it had. */
WIRE_TEST(bbr, loss__is_repaired, "C4 R4")
{
	int fd = bbr((struct segment){ SACK_OK });
	int64_t end;

	app_write(fd, 10 * SEG);
	end = take_burst(100).to;
	ensure_eq(end, 1 + 10 * SEG);
	inject(ACK, ACK(1), SACK({ 1 + SEG, end }));
	expect_within(0, 100, ACK, SEQ(1), LEN(SEG));
	ensure_in(cwnd(fd), 10, 100);
	inject(ACK, ACK(end));
	ensure_in(cwnd(fd), 10, 100);
	app_write(fd, 10 * SEG);
	ensure_eq(take_burst(200).to, 1 + 20 * SEG);
}

/* One segment at first; all of it back when what was lost has been made good. */
WIRE_TEST(bbr, timeout__cwnd_comes_back, "C4 R1")
{
	int fd = bbr((struct segment){}), before;

	app_write(fd, 30 * SEG);
	take_burst(100);
	before = cwnd(fd);
	expect_within(50, 500, ACK, SEQ(1), LEN(SEG));
	ensure_eq(cwnd(fd), 1);
	inject(ACK, ACK(1 + 3 * SEG));
	ensure_in(cwnd(fd), 2, before - 1);
	take_burst(100);
	inject(ACK, ACK(c->stack_max));
	ensure_in(cwnd(fd), before, 4 * before);
	ignore_rest();
}

/* RFC 4015: the original had arrived, so that cwnd is what it was. */
WIRE_TEST(bbr, timeout__undone, "C4 R7")
{
	int fd = bbr((struct segment){ TS, SACK_OK }), before;
	uint32_t first;

	app_write(fd, 30 * SEG);
	take_burst(100);
	first = c->stack_tsval;
	before = cwnd(fd);
	expect_within(50, 500, ACK, SEQ(1));
	ensure_in(cwnd(fd), 1, before - 1);
	inject(ACK, ACK(1 + 5 * 988), TSECR(first));
	ensure_in(cwnd(fd), before, 2 * before);
	ignore_rest();
}

/* The peer acknowledges what came a step ago and takes in what comes in this one. */
static int64_t step(int fd, int ms, int64_t last)
{
	int64_t until = now_us() + ms * 1000, received = last;
	const struct seen *s;

	app_fill(fd);
	while (now_us() < until && (s = take((until - now_us()) / 1000)))
		received = s->seq + s->len;
	pass_ms((until - now_us()) / 1000);
	inject(ACK, ACK(last), WIN(20 * SEG));
	return received;
}

/*
 * A path that has become longer, and a peer that offers 20 segments: within 5 seconds
 * only half of what the path holds is sent, to see the round trip without a queue.
 */
WIRE_TEST_LONG(bbr, probe_rtt__halves_what_is_in_flight, 100, "C4")
{
	int fd = bbr((struct segment){ WIN(20 * SEG) });
	int steps, most = 0, least = 1000;
	int64_t last = 1;

	for (steps = 0; steps < 50; steps++)
		last = step(fd, 10, last);
	for (steps = 0; steps < 60; steps++)	/* until Startup is over */
		last = step(fd, 25, last);
	for (steps = 0; steps < 240; steps++) {
		int now = cwnd(fd);

		last = step(fd, 25, last);
		most = now > most ? now : most;
		least = now < least ? now : least;
	}
	ladder("cwnd from %d to %d", least, most);
	ensure_in(most, 20, 200);
	ensure_in(least, 4, most / 2);
	ignore_rest();
}
