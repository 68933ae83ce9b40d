// SPDX-License-Identifier: GPL-2.0
/*
 * arq.c - go-back-N and stop-and-wait, as the textbook draws them (net.ltcp.arq)
 *
 * A peer with an MSS of 1000 and a round trip of no time: RTO is 200 ms. What
 * must happen differs from TCP's own ways on purpose, so the built-in has none
 * of it.
 */
#include "wire.h"

enum { SELECTIVE, GO_BACK_N, STOP_AND_WAIT };

static const char *const names[] = { "selective", "go-back-N", "stop-and-wait" };

static void use(int scheme)
{
	differs_from_builtin("it has no net.ltcp.arq");
	sysctl_set("net/ltcp/arq", scheme);
}

/* A sender with @segments full segments written, none acknowledged. */
static int sender(int scheme, int segments)
{
	int fd;

	use(scheme);
	fd = active_open(MSS(1000));
	app_write(fd, segments * 1000);
	return fd;
}

/* ------------------------------------------------------------ the handshake */

WIRE_TEST(arq, sack__not_negotiated, "R11")
{
	int scheme;

	for (scheme = GO_BACK_N; scheme <= STOP_AND_WAIT; scheme++) {
		int fd;

		new_connection();
		note("%s", names[scheme]);
		use(scheme);
		fd = app_connect();
		expect(SYN, NO_SACK_OK, TS, WSCALE(ANY));
		inject(SYN | ACK, FULL_OPTIONS);
		expect(ACK);
		end_case(fd);

		new_connection();
		fd = app_listen();
		inject(SYN, FULL_OPTIONS);
		expect(SYN | ACK, NO_SACK_OK, TS, WSCALE(ANY));
		inject(ACK);
		end_case(app_accept(fd));
		close(fd);
	}
}

/* Whoever has offered SACK and got it repeats selectively, whatever is set meanwhile. */
WIRE_TEST(arq, scheme__of_new_connections_only, "R11")
{
	int fd = app_connect();

	expect(SYN, SACK_OK);
	use(GO_BACK_N);
	inject(SYN | ACK, FULL_OPTIONS);
	expect(ACK);
	inject(ACK | PSH, SEQ(101), LEN(100));
	expect(ACK, ACK(1), SACK({ 101, 201 }));
	inject(ACK | PSH, SEQ(1), LEN(100));
	expect(ACK, ACK(201));
	app_read(fd, 200);
}

/* ------------------------------------------------------------- the receiver */

/* Out of order: discarded, and the ACK says again what is awaited. */
WIRE_TEST(arq, receiver__keeps_nothing_out_of_order, "R11")
{
	int scheme;

	for (scheme = GO_BACK_N; scheme <= STOP_AND_WAIT; scheme++) {
		int fd;

		new_connection();
		note("%s", names[scheme]);
		use(scheme);
		fd = active_open(MSS(1000));
		inject(ACK, SEQ(1001), LEN(1000));
		expect(ACK, ACK(1), LEN(0));
		inject(ACK, SEQ(2001), LEN(1000));
		expect(ACK, ACK(1), LEN(0));
		inject(ACK, SEQ(1), LEN(1000));
		expect(ACK, ACK(1001), LEN(0));
		app_read(fd, 1000);
		app_reads_nothing(fd);
		ensure_in(counter("TcpExt", "TCPOFODrop"), 2 * scheme, 2 * scheme);
		inject(ACK, SEQ(1001), LEN(1000));
		expect(ACK, ACK(2001), LEN(0));
		app_read(fd, 1000);
		end_case(fd);
	}
}

/* No ACK is delayed, and none speaks for two segments. */
WIRE_TEST(arq, receiver__acknowledges_every_segment, "R11")
{
	int fd, i;

	use(GO_BACK_N);
	fd = active_open(MSS(1000));
	ensure(setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 0 }, sizeof(int)) == 0,
	       "TCP_QUICKACK");
	for (i = 0; i < 5; i++)
		inject(ACK, SEQ(1 + i * 1000), LEN(1000));
	for (i = 1; i <= 5; i++)
		expect(ACK, ACK(1 + i * 1000), LEN(0));
	app_read(fd, 5000);
}

/* ---------------------------------------------------------------- go-back-N */

/* Duplicate ACKs are nothing to it; its timer sends all again, in order. */
WIRE_TEST(arq, go_back_n__timer_resends_from_the_first, "R11")
{
	int i;

	sender(GO_BACK_N, 4);
	expect_bytes(1, 4001);
	for (i = 0; i < 5; i++)
		inject(ACK, ACK(1));
	expect_after(200, ACK, SEQ(1), LEN(1000));
	expect_silence(100);
	inject(ACK, ACK(1001));
	expect(ACK, SEQ(1001), LEN(1000));
	expect(ACK, SEQ(2001), LEN(1000));
	inject(ACK, ACK(2001));
	expect(PSH | ACK, SEQ(3001), LEN(1000));
	inject(ACK, ACK(4001));
	expect_silence(2000);
	ensure_eq(counter("TcpExt", "TCPTimeouts"), 1);
}

/* A peer that had kept the rest says so, and it is not sent again. */
WIRE_TEST(arq, go_back_n__heeds_the_cumulative_ack, "R11")
{
	sender(GO_BACK_N, 4);
	expect_bytes(1, 4001);
	expect_after(200, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(4001));
	expect_silence(2000);
}

/* An echo of the first copy's timestamp would tell that the timer was early: not here. */
WIRE_TEST(arq, go_back_n__takes_nothing_back, "R11")
{
	const struct seen *first;
	uint32_t tsval;

	use(GO_BACK_N);
	app_write(active_open(FULL_OPTIONS), 4 * 1448);
	first = expect(ACK, SEQ(1), LEN(1448));
	tsval = first->tsval;
	expect_bytes(1449, 4 * 1448 + 1);
	expect_after(200, ACK, SEQ(1), LEN(1448));
	inject(ACK, ACK(1449), TSECR(tsval));
	expect(ACK, SEQ(1449), LEN(1448));
	expect(ACK, SEQ(2 * 1448 + 1), LEN(1448));
	ensure_eq(counter("TcpExt", "TCPFullUndo"), 0);
}

/* The last segment's loss is no different: no probe comes before the timer. */
WIRE_TEST(arq, go_back_n__no_tail_loss_probe, "R11")
{
	sender(GO_BACK_N, 2);
	expect_bytes(1, 2001);
	inject(ACK, ACK(1001));
	expect_after(200, PSH | ACK, SEQ(1001), LEN(1000));
	expect_after(400, PSH | ACK, SEQ(1001), LEN(1000));
}

/* ------------------------------------------------------------ stop-and-wait */

WIRE_TEST(arq, stop_and_wait__one_segment_at_a_time, "R11")
{
	int i;

	sender(STOP_AND_WAIT, 5);
	for (i = 0; i < 4; i++) {
		expect(ACK, SEQ(1 + i * 1000), LEN(1000));
		expect_silence(50);
		inject(ACK, ACK(1001 + i * 1000));
	}
	expect(PSH | ACK, SEQ(4001), LEN(1000));
	inject(ACK, ACK(5001));
	expect_silence(2000);
}

WIRE_TEST(arq, stop_and_wait__repeats_until_acknowledged, "R11")
{
	sender(STOP_AND_WAIT, 2);
	expect(ACK, SEQ(1), LEN(1000));
	expect_after(200, ACK, SEQ(1), LEN(1000));
	expect_after(400, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	expect(PSH | ACK, SEQ(1001), LEN(1000));
	inject(ACK, ACK(2001));
}

/* The FIN counts as a segment of its own when data is out. */
WIRE_TEST(arq, stop_and_wait__fin_waits_too, "R11 S2")
{
	int fd = sender(STOP_AND_WAIT, 1);

	expect(PSH | ACK, SEQ(1), LEN(1000));
	app_shutdown(fd, SHUT_WR);
	expect_silence(100);
	inject(ACK, ACK(1001));
	expect(FIN | ACK, SEQ(1001), LEN(0));
	inject(FIN | ACK, ACK(1002));
	expect(ACK, ACK(2));
}

/* A closed window is probed as ever. */
WIRE_TEST(arq, stop_and_wait__probes_a_zero_window, "R11 F6")
{
	sender(STOP_AND_WAIT, 2);
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001), WIN(0));
	expect_after(200, ACK, SEQ(1000), LEN(0));
	inject(ACK, ACK(1001), WIN(8000));
	expect(PSH | ACK, SEQ(1001), LEN(1000));
	inject(ACK, ACK(2001));
}
