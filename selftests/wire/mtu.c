// SPDX-License-Identifier: GPL-2.0
/*
 * mtu.c - finding the path's MTU by probing (RFC 4821)
 *
 * The link takes 1500 bytes, 1460 of payload without options. tcp_base_mss is 1024.
 */
#include "wire.h"

enum { OFF, BLACK_HOLE, ALWAYS };

/* A connection with @bytes written that may probe. */
static int writer(int probing, int bytes)
{
	int fd;

	classic_recovery();
	sysctl_set("net/ipv4/tcp_mtu_probing", probing);
	fd = active_open(MSS(1460), SACK_OK);
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 200000);
	if (bytes)
		app_write(fd, bytes);
	return fd;
}

/* The whole flight of ten: a probe of 1460 bytes, then @n segments of 1024. */
static void expect_probe_and(int n)
{
	int i;

	expect(ACK, SEQ(1), LEN(1460));
	for (i = 0; i < n; i++)
		expect(ACK, SEQ(1461 + i * 1024), LEN(1024));
}

/* ----------------------------------------------------------------- probing */

WIRE_TEST(mtu, probe__acknowledged_is_the_new_size, "R10")
{
	int fd;

	differs_from_builtin("it waits with its first probe");
	fd = writer(ALWAYS, 30000);
	expect_probe_and(9);
	inject(ACK, ACK(10677));
	expect(ACK, SEQ(10677), LEN(1460));
	expect(ACK, SEQ(12137), LEN(1460));
	ignore_rest();
	ensure_eq(app_info(fd).tcpi_snd_mss, 1460);
	/* The ten were 7 of the new size; then slow start adds what was acknowledged */
	ensure_eq(app_info(fd).tcpi_snd_cwnd, 17);
	ensure_eq(counter("TcpExt", "TCPMTUPSuccess"), 1);
}

/* Lost alone it says nothing of congestion: the data again in smaller segments, cwnd as it was. */
WIRE_TEST(mtu, probe__lost_alone_is_no_congestion, "R10")
{
	struct tcp_info before, info;
	int fd;

	differs_from_builtin("it waits with its first probe");
	fd = writer(ALWAYS, 11700);
	before = app_info(fd);
	expect_probe_and(9);
	inject(ACK, ACK(1), SACK({ 1461, 4533 }));
	expect(ACK, SEQ(1), LEN(1024));
	expect(ACK, SEQ(1025), LEN(436));
	ignore_rest();
	info = app_info(fd);
	ensure_eq(info.tcpi_snd_cwnd, before.tcpi_snd_cwnd);
	ensure_eq(info.tcpi_snd_ssthresh, before.tcpi_snd_ssthresh);
	ensure_eq(counter("TcpExt", "TCPMTUPFail"), 1);
	inject(ACK, ACK(11701));
	info = app_info(fd);
	ensure_in(info.tcpi_snd_cwnd, before.tcpi_snd_cwnd, 30);
	ensure_eq(info.tcpi_snd_mss, 1024);
}

/* ... but when more is missing it is. */
WIRE_TEST(mtu, probe__lost_with_others_is_congestion, "R10")
{
	int fd;

	differs_from_builtin("it waits with its first probe");
	fd = writer(ALWAYS, 11700);
	expect_probe_and(9);
	inject(ACK, ACK(1), SACK({ 2485, 5557 }));
	expect(ACK, SEQ(1), LEN(1024));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, 8);
}

WIRE_TEST(mtu, probe__another_loss_afterwards_is_congestion, "R10")
{
	int fd;

	differs_from_builtin("it waits with its first probe");
	fd = writer(ALWAYS, 11700);
	expect_probe_and(9);
	inject(ACK, ACK(1), SACK({ 1461, 4533 }));
	expect(ACK, SEQ(1), LEN(1024));
	expect(ACK, SEQ(1025), LEN(436));
	inject(ACK, ACK(1), SACK({ 5557, 8629 }, { 1461, 4533 }));
	ignore_rest();
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, 8);
}

/* ... also when it is time that shows it, since the path reorders. */
WIRE_TEST(mtu, probe__another_loss_found_by_the_timer, "R10 R5")
{
	int fd;

	differs_from_builtin("it waits with its first probe");
	sysctl_set("net/ipv4/tcp_early_retrans", 0);
	sysctl_set("net/ipv4/tcp_mtu_probing", ALWAYS);
	sysctl_set("net/ipv4/tcp_min_tso_segs", 16);	/* one packet of all that is written */
	fd = app_connect();
	expect(SYN, SEQ(0));
	pass_ms(100);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460), SACK_OK);
	expect(ACK, SEQ(1), ACK(1));
	app_write(fd, 10676);
	expect_probe_and(9);
	pass_ms(100);
	inject(ACK, ACK(1), SACK({ 2485, 3509 }));
	inject(ACK, ACK(1), SACK({ 1461, 3509 }));
	expect_within(20, 30, ACK, SEQ(1), LEN(1024));
	take_burst(2);
	ensure_eq(app_info(fd).tcpi_snd_ssthresh, 0x7fffffff);
	inject(ACK, ACK(1), SACK({ 4533, 5557 }, { 1461, 3509 }));
	expect_within(0, 40, ACK, SEQ(3509), LEN(1024));
	ensure_in(app_info(fd).tcpi_snd_ssthresh, 2, 8);
}

/* It says nothing of the size then: the same is tried again. */
WIRE_TEST(mtu, probe__lost_with_others_is_repeated, "R10")
{
	int fd, i;

	differs_from_builtin("it waits with its first probe");
	fd = writer(ALWAYS, 30000);
	expect_probe_and(9);
	inject(ACK, ACK(1), SACK({ 2485, 10677 }));
	expect(ACK, SEQ(1), LEN(1024));
	take_burst(5);
	inject(ACK);
	take_burst(5);
	ensure_eq(counter("TcpExt", "TCPMTUPFail"), 0);
	ensure_eq(counter("TcpExt", "TCPMTUPSuccess"), 0);
	app_write(fd, 40000);
	for (i = 0; i < 8; i++) {	/* until cwnd allows a probe, and it has arrived */
		take_burst(5);
		inject(ACK);
	}
	ensure_eq(counter("TcpExt", "TCPMTUPSuccess"), 1);
	ensure_eq(app_info(fd).tcpi_snd_mss, 1460);
}

/* Lost while another loss is being repaired, it has not arrived: its data has. */
WIRE_TEST(mtu, probe__lost_in_recovery_is_no_success, "R10")
{
	int fd;

	differs_from_builtin("it waits with its first probe");
	fd = writer(ALWAYS, 4096);
	expect_bytes(1, 4097);
	app_write(fd, 1460 + 5 * 1024);
	expect(ACK, SEQ(4097), LEN(1460));
	take_burst(5);
	inject(ACK, ACK(1), SACK({ 1025, 4097 }));
	expect(ACK, SEQ(1), LEN(1024));
	take_burst(5);
	inject(ACK, ACK(4097), SACK({ 5557, 10677 }));
	expect(ACK, SEQ(4097), LEN(1024));
	take_burst(5);
	inject(ACK, ACK(10677));
	ensure_eq(app_info(fd).tcpi_snd_mss, 1024);
	ensure_eq(counter("TcpExt", "TCPMTUPSuccess"), 0);
}

/* After the largest size the middle of what is left. */
WIRE_TEST(mtu, search__halves_the_interval, "R10")
{
	differs_from_builtin("it waits with its first probe");
	writer(ALWAYS, 40000);
	expect_probe_and(9);
	inject(ACK, ACK(1), SACK({ 1461, 4533 }));
	expect(ACK, SEQ(1), LEN(1024));
	expect(ACK, SEQ(1025), LEN(436));
	ignore_rest();
	inject(ACK, ACK(10677));
	/* low 1064, high 1499; Recovery has let two more out */
	expect(ACK, SEQ(12725), LEN(1282 - 40));
	expect(ACK, SEQ(12725 + 1242), LEN(1024));
	take_burst(5);
	inject(ACK);
	/* low 1282, high 1499 */
	expect(ACK, LEN(1391 - 40));
	ignore_rest();
}

/* One at a time, and none while a loss is being repaired. */
WIRE_TEST(mtu, probe__one_at_a_time, "R10")
{
	struct burst b;

	differs_from_builtin("it waits with its first probe");
	writer(ALWAYS, 40000);
	expect_probe_and(9);
	inject(ACK, ACK(1), SACK({ 1461, 2485 }));
	b = take_burst(5);
	ensure(b.segments >= 1 && b.bytes == b.segments * 1024,
	       "%d segments, %lld bytes", b.segments, (long long)b.bytes);
}

/* A route that is too small for the search's upper end bounds it. */
WIRE_TEST(mtu, search__within_the_routes_mtu, "R10 R9")
{
	differs_from_builtin("it waits with its first probe");
	set_mtu(1200);
	writer(ALWAYS, 30000);
	expect(ACK, SEQ(1), LEN(1160));
	expect(ACK, SEQ(1161), LEN(1024));
	ignore_rest();
}

/* Routes have changed, and the connection has none until its next packet looks for one. */
WIRE_TEST(mtu, probe__not_without_a_route, "R10")
{
	int fd = writer(ALWAYS, 1024);

	expect(PSH | ACK, SEQ(1), LEN(1024));
	inject(ACK, ACK(1025));
	run_ip("route add 198.51.100.0/24 dev wire0");
	app_write(fd, 30000);
	expect(ACK, SEQ(1025), LEN(1024));
	ignore_rest();
	expect_state(fd, TCP_ESTABLISHED);
}

/* With a D-SACK to be told the largest packet would be larger than the link takes. */
WIRE_TEST(mtu, probe__not_with_a_dsack, "R10 R4")
{
	int fd = writer(ALWAYS, 0);

	inject(PSH | ACK, SEQ(1), LEN(100), WIN(3000));
	expect_ack(101);
	app_write(fd, 30000);
	expect_bytes(1, 2049);
	inject(PSH | ACK, SEQ(1), LEN(200), ACK(2049), WIN(60000));
	expect(ACK, SEQ(2049), LEN(1012), SACK({ 1, 101 }));
	ignore_rest();
}

/* The path may have become better: what was too large is tried again. */
WIRE_TEST(mtu, search__again_after_the_interval, "R10")
{
	int fd;

	differs_from_builtin("it waits with its first probe");
	sysctl_set("net/ipv4/tcp_probe_interval", 2);
	/* From 1064 to 1500 bytes is worth a search, what is left after it is not */
	sysctl_set("net/ipv4/tcp_probe_threshold", 436);
	sysctl_set("net/ipv4/tcp_slow_start_after_idle", 0);
	fd = writer(ALWAYS, 11700);
	expect_probe_and(9);
	inject(ACK, ACK(1), SACK({ 1461, 4533 }));
	take_burst(5);
	inject(ACK, ACK(11701));
	app_write(fd, 8192);
	expect(ACK, SEQ(11701), LEN(1024));
	take_burst(5);
	inject(ACK, ACK(11701 + 8192));
	pass_ms(2500);
	app_write(fd, 8192);
	expect(ACK, SEQ(11701 + 8192), LEN(1460));
	ignore_rest();
}

/* ------------------------------------------------------------- black holes */

/* Four timeouts, and the segments shrink; before that they do not. */
WIRE_TEST(mtu, black_hole__base_size_after_retries1, "R10")
{
	int i;

	writer(BLACK_HOLE, 4380);
	expect_bytes(1, 4381);
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1460));
	expect_after(1600, ACK, SEQ(1), LEN(1024));
	inject(ACK, ACK(1025));
	expect(ACK, SEQ(1025), LEN(436));
	expect(ACK, SEQ(1461), LEN(1024));
}

/* Into a closed window nothing gets through, whatever its size. */
WIRE_TEST(mtu, black_hole__not_behind_a_closed_window, "R10 F6")
{
	int i, fd = writer(BLACK_HOLE, 4380);

	expect_bytes(1, 4381);
	inject(ACK, ACK(1461), WIN(0));
	for (i = 0; i < 7; i++) {
		const struct seen *s = take(60000);

		ensure(s && s->seq <= 1461, "nothing comes");
		inject(ACK, ACK(1461), WIN(0));
	}
	ensure_eq(app_info(fd).tcpi_snd_mss, 1460);
}

WIRE_TEST(mtu, black_hole__halves_down_to_the_floor, "R10")
{
	static const int sizes[] = { 1024, 512, 256, 200, 200 };
	size_t i;

	sysctl_set("net/ipv4/tcp_mtu_probe_floor", 200);
	writer(BLACK_HOLE, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1460));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		expect_after(1600 << i, ACK, SEQ(1), LEN(sizes[i]));
}

WIRE_TEST(mtu, black_hole__not_looked_for_when_off, "R10")
{
	int i;

	writer(OFF, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	for (i = 0; i < 6; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1460));
}

/* Slow start by writes of @bytes, at most @times, up to a cwnd that allows a probe. */
static void until_probed(int fd, int bytes, int times)
{
	const struct seen *first;

	while (times--) {
		app_write(fd, bytes);
		first = take(5);
		if (first && first->len == 1460)
			return;
		take_burst(1);
		inject(ACK);
	}
	ensure(false, "no probe came");
}

/* A black hole was found; once the path carries data again, larger sizes are tried. */
WIRE_TEST(mtu, black_hole__search_goes_up_again, "R10")
{
	int i, fd;

	differs_from_builtin("it waits with its first probe");
	fd = writer(BLACK_HOLE, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1460));
	expect_after(1600, ACK, SEQ(1), LEN(1024));
	inject(ACK, ACK(1461));
	until_probed(fd, 8192, 8);
	ignore_rest();
}

/* ssthresh is bytes in truth, as cwnd is: larger segments are fewer of them. */
WIRE_TEST(mtu, probe__acknowledged_scales_ssthresh, "R10 C1")
{
	int i, fd, before;

	differs_from_builtin("it waits with its first probe");
	fd = writer(BLACK_HOLE, 14600);
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 400000);
	expect_bytes(1, 14601);
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1460));
	expect_after(1600, ACK, SEQ(1), LEN(1024));
	inject(ACK, ACK(14601));
	until_probed(fd, 16384, 40);
	before = app_info(fd).tcpi_snd_ssthresh;
	ensure_in(before, 5, 7);
	take_burst(1);
	inject(ACK);
	take_burst(1);
	ensure_eq(app_info(fd).tcpi_snd_mss, 1460);
	ensure_eq(app_info(fd).tcpi_snd_ssthresh, before * 1024 / 1460);
}
