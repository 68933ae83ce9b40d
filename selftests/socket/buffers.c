// SPDX-License-Identifier: GPL-2.0
/*
 * buffers.c - buffers that follow the path, and windows up to a gigabyte
 *
 * The path is loopback with netem: what goes either way is held back for half a
 * round trip, so that windows count.
 */
#include "pair.h"

static void path(const char *netem)
{
	char command[128];

	snprintf(command, sizeof(command), "tc qdisc replace dev lo root netem limit 100000 %s",
		 netem);
	ensure_eq(system(command), 0);
	note("%s", netem);
}

static int rcvbuf(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_RCVBUF);
}

static int sndbuf(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_SNDBUF);
}

/* A connection over a slow path, made after the settings were. */
static struct pair connected_over(const char *netem)
{
	path(netem);
	return connected();
}

/* One process sends what another reads, as fast as both can. */
static void stream(const struct pair *p, size_t bytes)
{
	int status;

	after(0) {
		char buf[65536];
		size_t left = bytes;

		while (left) {
			ssize_t n = recv(p->server, buf, sizeof(buf), MSG_TRUNC);

			if (n <= 0)
				_exit(1);
			left -= n;
		}
	}
	while (bytes) {
		static char buf[65536];
		ssize_t n = send(p->client, buf, bytes < sizeof(buf) ? bytes : sizeof(buf),
				 MSG_NOSIGNAL);

		ensure(n > 0, "send: %s", strerror(errno));
		bytes -= n;
	}
	ensure_ok(wait(&status));
	ensure(!status, "the reader found an error");
}

/* ------------------------------------------------------------- auto-tuning */

WIRE_TEST(buffers, tuning__both_grow_to_their_limits, "F1")
{
	struct pair p;

	sysctl_set_str("net/ipv4/tcp_rmem", "4096 131072 3000000");
	sysctl_set_str("net/ipv4/tcp_wmem", "4096 16384 2000000");
	p = connected_over("delay 50ms");
	ensure_eq(rcvbuf(p.server), 131072);
	stream(&p, 40 << 20);
	ensure_eq(rcvbuf(p.server), 3000000);
	ensure_eq(sndbuf(p.client), 2000000);
	/* Nothing went the other way */
	ensure_eq(rcvbuf(p.client), 131072);
}

WIRE_TEST(buffers, tuning__follows_the_path, "F1")
{
	struct pair p;

	sysctl_set_str("net/ipv4/tcp_rmem", "4096 131072 60000000");
	sysctl_set_str("net/ipv4/tcp_wmem", "4096 16384 60000000");
	/* 10 Mbit/s x 40 ms are 50 kB, and the queue takes 1.5 MB */
	p = connected_over("delay 20ms rate 10mbit");
	stream(&p, 3 << 20);
	ensure_in(rcvbuf(p.server), 131072, 20000000);
}

WIRE_TEST(buffers, tuning__not_of_a_slow_reader, "F1 D5")
{
	struct pair p;
	int i;

	p = connected_over("delay 10ms");
	after(0) {
		static char buf[1 << 20];

		for (;;)
			if (send(p.client, buf, sizeof(buf), MSG_NOSIGNAL) <= 0)
				_exit(0);
	}
	for (i = 0; i < 100; i++) {
		ensure_ok(recv(p.server, (char[2000]){}, 2000, 0));
		pass_ms(20);
	}
	ensure_in(rcvbuf(p.server), 100000, 300000);
	close(p.server);
	close(p.client);
}

WIRE_TEST(buffers, tuning__can_be_turned_off, "F1")
{
	struct pair p;

	sysctl_set("net/ipv4/tcp_moderate_rcvbuf", 0);
	p = connected_over("delay 20ms");
	stream(&p, 4 << 20);
	ensure_eq(rcvbuf(p.server), 131072);
	ensure_in(sndbuf(p.client), 17000, 4194304);
}

WIRE_TEST(buffers, tuning__not_of_what_was_set, "F1 A3")
{
	struct sockaddr_in where;
	struct pair p = { .listener = new_socket(), .client = new_socket() };

	path("delay 20ms");
	ensure_ok(set_int(p.listener, SOL_SOCKET, SO_RCVBUF, 50000));
	ensure_ok(set_int(p.client, SOL_SOCKET, SO_SNDBUF, 40000));
	listen_on(p.listener, &where);
	ensure_ok(try_connect(p.client, where));
	ensure_ok(p.server = accept(p.listener, NULL, NULL));
	stream(&p, 4 << 20);
	ensure_eq(rcvbuf(p.server), 100000);
	ensure_eq(sndbuf(p.client), 80000);
}

/* ------------------------------------------------------------ window scaling */

WIRE_TEST(buffers, wscale__by_the_largest_buffer, "F1 W6")
{
	/* 15/16 of a buffer can be window, half of one that was set. */
	static const struct { int rmem, set, wscale; } rows[] = {
		{ 69904, 0, 0 },
		{ 69906, 0, 1 },
		{ 6291456, 0, 7 },
		{ 1 << 30, 0, 14 },
		{ INT32_MAX, 0, 14 },
		{ 6291456, 50000, 0 },		/* SO_RCVBUF bounds it too */
		{ 1 << 30, 100000, 1 },
	};
	size_t i;

	differs_from_builtin("its scale counts the whole buffer");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char rmem[64];
		int fd;

		snprintf(rmem, sizeof(rmem), "4096 100000 %d", rows[i].rmem);
		sysctl_set_str("net/ipv4/tcp_rmem", rmem);
		new_connection();
		fd = app_socket();
		if (rows[i].set)
			app_set(fd, SOL_SOCKET, SO_RCVBUF, rows[i].set);
		app_connect_fd(fd);
		expect(SYN, WSCALE(rows[i].wscale), WIN_IN(1, 65535));
		inject(RST | ACK, SEQ(0), ACK(1));
		close(fd);
	}
}

enum { LARGEST = 65535 << 14 };

/* No 32-bit number overflows when the window is as large as it gets. */
WIRE_TEST(buffers, window__received_to_the_edge_of_a_gigabyte, "F1 F9 W4 W6")
{
	const struct seen *s;
	int fd;

	sysctl_set_str("net/ipv4/tcp_rmem", "4096 2147483647 2147483647");
	fd = active_open(FULL_OPTIONS);
	inject(PSH | ACK, LEN(100));
	s = expect(ACK, ACK(101));
	differs_from_builtin("it opens its window step by step");
	ensure_in(s->win, LARGEST - (2 << 14), LARGEST);

	/* The last bytes of the window are taken, those behind it are not */
	inject(ACK, SEQ(LARGEST - 40000), LEN(1000));
	expect(ACK, ACK(101), SACK({ LARGEST - 40000, LARGEST - 39000 }));
	inject(ACK, SEQ(LARGEST + 40000), LEN(1000));
	expect(ACK, ACK(101), SACK({ LARGEST - 40000, LARGEST - 39000 }));
	app_read(fd, 100);
	inject(PSH | ACK, SEQ(101), LEN(1000));
	s = expect_ack(1101);
	ensure_in(s->win, LARGEST - (3 << 14), LARGEST);
	app_read(fd, 1000);
}

WIRE_TEST(buffers, window__sent_into_a_gigabyte, "F1 W6")
{
	int fd, i;

	sysctl_set_str("net/ipv4/tcp_wmem", "4096 2147483647 2147483647");
	fd = active_open(MSS(1460), SACK_OK, WSCALE(14), WIN(65535));
	inject(ACK, ACK(1), WIN(LARGEST));
	app_write(fd, 300000);
	for (i = 0; c->stack_max < 300001; i++) {
		take_burst(5);
		ensure(i < 20, "%lld bytes sent", (long long)c->stack_max);
		inject(ACK, ACK(c->stack_max), WIN(LARGEST));
	}
	ensure_in(app_get(fd, SOL_SOCKET, SO_SNDBUF), INT32_MAX - 4096, INT32_MAX);
	/* SACK of the rightmost segment in a buffer of that size */
	app_write(fd, 14600);
	take_burst(5);
	inject(ACK, ACK(300001), WIN(LARGEST), SACK({ 313141, 314601 }));
	expect_within(0, 100, ACK, SEQ_IN(300001, 313141), LEN_IN(1, 1460));
}

/* -------------------------------------------------------- a long, fast path */

struct yield { double seconds; long timeouts, retransmitted; };

/* How long @bytes take over either TCP. */
static struct yield measure(int protocol, size_t bytes)
{
	struct sockaddr_in where;
	struct pair p = { .listener = socket_of(protocol), .client = socket_of(protocol) };
	struct yield y = {
		.timeouts = -counter("TcpExt", "TCPTimeouts"),
		.retransmitted = -counter("Tcp", "RetransSegs"),
	};
	int64_t begun;

	listen_on(p.listener, &where);
	begun = now_us();
	ensure_ok(try_connect(p.client, where));
	ensure_ok(p.server = accept(p.listener, NULL, NULL));
	stream(&p, bytes);
	y.seconds = (now_us() - begun) / 1e6;
	y.timeouts += counter("TcpExt", "TCPTimeouts");
	y.retransmitted += counter("Tcp", "RetransSegs");
	note("%s: %zu MB in %.2f s, %.0f Mbit/s, buffers %d KB and %d KB, %ld segments again",
	     protocol ? "ltcp" : "built-in", bytes >> 20, y.seconds,
	     bytes * 8 / y.seconds / 1e6, sndbuf(p.client) / 1024,
	     rcvbuf(p.server) / 1024, y.retransmitted);
	close(p.client);
	close(p.server);
	close(p.listener);
	return y;
}

/* Neither slower than the built-in, nor wasteful. */
static void beside_the_builtin(const char *control, size_t bytes)
{
	struct yield theirs, ours;

	differs_from_builtin("it is what ltcp is compared with");
	if (!clock_is_virtual())
		wire_skip("times tell only where the clock is virtual");
	sysctl_set_str("net/ipv4/tcp_congestion_control", control);
	path("delay 50ms rate 1gbit");
	theirs = measure(0, bytes);
	ours = measure(IPPROTO_LTCP, bytes);
	ensure(ours.seconds < theirs.seconds * 1.1, "%.2f s beside %.2f s", ours.seconds,
	       theirs.seconds);
}

/* With the buffers' limits as they are on any machine. */
WIRE_TEST_LONG(buffers, gigabit_100ms__as_it_comes, 300, "F1 C1")
{
	beside_the_builtin("cubic", 100 << 20);
}

/* With limits that such a path needs: programs do nothing for it. */
WIRE_TEST_LONG(buffers, gigabit_100ms__is_filled, 300, "F1 C1 C3")
{
	sysctl_set_str("net/ipv4/tcp_rmem", "4096 131072 67108864");
	sysctl_set_str("net/ipv4/tcp_wmem", "4096 16384 67108864");
	beside_the_builtin("cubic", 250 << 20);
}

/* A window scale of 14 and a buffer of a gigabyte. */
WIRE_TEST_LONG(buffers, gigabit_100ms__gigabyte_buffers, 300, "F1 W6 C2")
{
	sysctl_set_str("net/ipv4/tcp_rmem", "4096 131072 1073741824");
	sysctl_set_str("net/ipv4/tcp_wmem", "4096 16384 1073741824");
	beside_the_builtin("reno", 250 << 20);
}

/* A window is given in units of 8 KB here: one is offered, or the writer would wait for ever. */
WIRE_TEST(buffers, receive__smaller_than_a_unit_of_the_window, "F1 R8")
{
	enum { BYTES = 300000 };
	struct pair p;

	sysctl_set_str("net/ipv4/tcp_rmem", "4096 131072 536870912");
	p = connected();
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVBUF, 4096));
	reader_beside(&p, BYTES);
	send_pattern(p.client, 0, BYTES);
	ensure_ok(shutdown(p.client, SHUT_WR));
	expect_reader_happy();
}
