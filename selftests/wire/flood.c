// SPDX-License-Identifier: GPL-2.0
/*
 * flood.c - more SYNs than a listener will remember (RFC 4987), and SYN cookies
 *
 * A cookie is told from a SYN-ACK that is remembered by what the kernel's socket
 * table says: there is nothing in SYN-RECEIVED. Its timestamp carries the
 * options in its lowest bits, so the peer's echo is part of what is tested.
 *
 * The last test is a flood in earnest. FLOOD_SYNS=1000000 in the environment makes
 * it longer than its 20,000 SYNs.
 */
#include <stdlib.h>
#include <time.h>

#include "../stress/slabs.h"
#include "wire.h"

enum { BACKLOG = 1 };		/* one more than that may be half open */

/* Another peer of the listener that is there. */
static struct connection *client(void)
{
	new_connection();
	reach(TCP_LISTEN);
	return c;
}

static struct connection *flood(int syns)
{
	listener = app_socket();
	app_listen_fd(listener, BACKLOG);
	while (syns--) {
		client();
		inject(SYN, SEQ(0), MSS(1460));
		expect(SYN | ACK, SEQ(0), ACK(1));
		expect_pair(TCP_SYN_RECV);
	}
	return client();
}

/* The peer's ACK of a cookie, and the socket that comes of it. */
static int complete(void)
{
	inject(ACK, SEQ(1), ACK(1));
	expect_pair(TCP_ESTABLISHED);
	return app_accept(listener);
}

static void goes_on(int fd)
{
	differs_from_builtin("its window shrinks after a cookie");
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001), LEN(500));
	expect_ack(501);
	app_read(fd, 500);
}

WIRE_TEST(flood, cookie__remembers_all_options, "D1 W6 ATTACK-12")
{
	struct tcp_info info;
	int fd;

	flood(BACKLOG + 1);
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1), LEN(0), MSS(1460), SACK_OK, TS, WSCALE(ANY));
	expect_pair(TCP_CLOSE);
	fd = complete();
	info = app_info(fd);
	ensure_eq(info.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE),
		  TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
	ensure_eq(info.tcpi_snd_wscale, 7);
	ensure_eq(info.tcpi_snd_mss, 1448);
	goes_on(fd);
	ensure_eq(counter("TcpExt", "SyncookiesSent"), 1);
	ensure_eq(counter("TcpExt", "SyncookiesRecv"), 1);
}

/* Any one of the three that a timestamp carries, with or without the others. */
WIRE_TEST(flood, cookie__options_follow_the_syn, "D1 W6")
{
	int bits;

	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_listen();
	for (bits = 0; bits < 4; bits++) {
		bool sack = bits & 1, scale = bits & 2;
		const struct seen *s;
		struct tcp_info info;
		int fd;

		client();
		inject(SYN, SEQ(0), MSS(1460), TS, .sack_ok.how = sack ? GIVEN : LEFT_OUT,
		       .wscale = { scale ? GIVEN : LEFT_OUT, 3, 3 });
		s = expect(SYN | ACK, SEQ(0), ACK(1), TS);
		ensure_eq(s->sack_ok, sack);
		ensure_eq(s->wscale >= 0, scale);
		expect_pair(TCP_CLOSE);
		fd = complete();
		info = app_info(fd);
		ensure_eq(!!(info.tcpi_options & TCPI_OPT_SACK), sack);
		ensure_eq(!!(info.tcpi_options & TCPI_OPT_WSCALE), scale);
		ensure_eq(info.tcpi_snd_wscale, scale ? 3 : 0);
		goes_on(fd);
		end_case(fd);
	}
}

/* Nothing carries them, so nothing is agreed on but the MSS. */
WIRE_TEST(flood, cookie__without_timestamps, "D1 W6")
{
	struct tcp_info info;
	int fd;

	flood(BACKLOG + 1);
	inject(SYN, SEQ(0), MSS(1460), SACK_OK, WSCALE(7));
	expect(SYN | ACK, SEQ(0), ACK(1), NO_SACK_OK, NO_WSCALE, NO_TS);
	expect_pair(TCP_CLOSE);
	fd = complete();
	info = app_info(fd);
	ensure_eq(info.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE), 0);
	ensure_eq(info.tcpi_snd_mss, 1460);
	goes_on(fd);
}

/* Rounded down to what three bits can tell, never up. */
WIRE_TEST(flood, cookie__remembers_the_mss, "D1 W6 MUST-15")
{
	static const struct { int mss, least; } row[] = {
		{ 1460, 1460 }, { 1500, 1460 }, { 1459, 1300 }, { 1400, 1300 },
		{ 1300, 1220 }, { 600, 536 }, { 536, 536 }, { 0, 536 },
	};
	size_t i;

	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_listen();
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		int fd;

		if (!is_ltcp() && row[i].mss == 1300)
			continue;	/* its table has nothing between 536 and 1300 */
		client();
		note("MSS %d", row[i].mss);
		if (row[i].mss)
			inject(SYN, SEQ(0), MSS(row[i].mss));
		else
			inject(SYN, SEQ(0));
		expect(SYN | ACK, SEQ(0), ACK(1));
		fd = complete();
		ensure_in(app_info(fd).tcpi_snd_mss, row[i].least, row[i].mss ?: 536);
		end_case(fd);
	}
}

WIRE_TEST(flood, cookie__is_not_sent_again, "D1")
{
	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_listen();
	client();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	expect_silence(5000);
	complete();
}

/* The ACK is lost; what follows it has the cookie in it as well. */
WIRE_TEST(flood, cookie__data_completes, "D1 R8")
{
	int fd;

	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_listen();
	client();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	differs_from_builtin("its window shrinks after a cookie");
	inject(PSH | ACK, SEQ(1), ACK(1), LEN(100));
	expect_ack(101);
	fd = app_accept(listener);
	app_read(fd, 100);
}

WIRE_TEST(flood, cookie__forged, "D1 D3 S7 ATTACK-13 ATTACK-14")
{
	static const struct { int seq, ack; } row[] = {
		{ 1, 2 }, { 1, 0 }, { 1, 1 << 20 }, { 2, 1 }, { 0, 1 },
		{ 2, 2 }, { 1001, 1001 },	/* after as many bytes either way */
	};
	size_t i;

	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_listen();
	client();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	differs_from_builtin("a second forged ACK is met with silence");
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		inject(ACK, SEQ(row[i].seq), ACK(row[i].ack));
		expect(RST, SEQ(row[i].ack), LEN(0));
		expect_pair(TCP_CLOSE);
	}
	ensure_eq(counter("TcpExt", "SyncookiesFailed"), (long)ARRAY_SIZE(row));
}

WIRE_TEST_LONG(flood, cookie__expires, 400, "D1 D3")
{
	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_listen();
	client();
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	pass_ms(200 * 1000);
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
}

/* Another listener has the port now; it has sent no cookies. */
static void cookie_for_another(void)
{
	struct connection *late;

	sysctl_set("net/ipv4/tcp_syncookies", 1);
	late = flood(BACKLOG + 1);
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	expect_pair(TCP_CLOSE);
	app_close(listener);
	ignore_rest();
	listener = app_listen();
	talk_about(late);
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(flood, cookie__of_another_listener, "D1 ATTACK-13")
{
	cookie_for_another();
}

static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

/*
 * The kernel's jiffies pass 0 five minutes after its start, if these tests are the
 * first that run on it: then "never" must not look like a moment ago, nor be forgotten.
 */
WIRE_TEST_LONG(flood, cookie__as_jiffies_pass_0, 400, "D1 ATTACK-13 D4")
{
	int64_t up_ms = clock_ns() / 1000000;

	differs_from_builtin("it believes any listener's cookies then");
	if (up_ms < 299900)
		pass_ms(299900 - up_ms);
	cookie_for_another();
	ignore_rest();
	close(listener);
	listener = app_listen();
	sysctl_set("net/ipv4/tcp_syncookies", 2);
	for (up_ms = 0; up_ms < 500; up_ms += 10) {
		client();
		inject(SYN, SEQ(0), MSS(1460));
		expect(SYN | ACK, SEQ(0), ACK(1));
		end_case(complete());
		pass_ms(10);
	}
}

WIRE_TEST(flood, cookie__accept_queue_full, "D1 W9")
{
	struct connection *late;

	sysctl_set("net/ipv4/tcp_syncookies", 2);
	listener = app_socket();
	app_listen_fd(listener, 0);
	late = client();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	client();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	expect_pair(TCP_ESTABLISHED);
	talk_about(late);
	inject(ACK, SEQ(1), ACK(1));
	expect_silence(100);
	expect_pair(TCP_CLOSE);
	app_accept(listener);
	differs_from_builtin("its window shrinks after a cookie");
	/* The next segment tries again */
	inject(ACK, SEQ(1), ACK(1), LEN(10));
	expect_ack(11);
	app_accept(listener);
}

WIRE_TEST(flood, off__syns_are_dropped, "D1")
{
	long drops;

	sysctl_set("net/ipv4/tcp_syncookies", 0);
	flood(BACKLOG + 1);
	drops = counter("TcpExt", "ListenDrops");
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect_silence(300);
	ensure_eq(counter("TcpExt", "ListenDrops"), drops + 1);
}

/* Fifty SYNs that nobody will complete, and everybody else gets through. */
WIRE_TEST(flood, many__legitimate_clients_connect, "D1 ATTACK-12")
{
	int i, fd;

	flood(BACKLOG + 1);
	for (i = 0; i < 50; i++) {
		c->peer_port = 20000 + i;
		inject(SYN, SEQ(0), MSS(1460));
		expect(SYN | ACK, SEQ(0), ACK(1));
		if (i % 10)
			continue;
		client();
		inject(SYN, SEQ(0), FULL_OPTIONS);
		expect(SYN | ACK, SEQ(0), ACK(1), SACK_OK, TS, WSCALE(ANY));
		fd = complete();
		end_case(fd);
		client();
	}
}

/* ------------------------------------------------------- a flood in earnest */

enum { CLIENTS = 100 };

static int64_t flood_ns;	/* what its SYNs have cost: instructions, in warp mode */

/* xorshift32: repeatable, and as random as a flood's addresses need to be. */
static uint32_t any(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

/* @syns SYNs, each from an address and port of its own; returns the answers. */
static int pour(int syns)
{
	static uint8_t frame[65536];
	struct connection before = *c;
	int i, answers = 0;

	for (i = 0; i < syns; i++) {
		struct segment s = { .flags = SYN, .seq = NUM(any()), FULL_OPTIONS };
		int64_t begun;
		size_t len;

		/* 16.0.0.0 to 111.255.255.255 are ordinary addresses, and not this net's */
		c->peer_addr = 0x10000000 + any() % 0x60000000;
		c->peer_port = 1024 + any() % 60000;
		segment_fill_in(&s);
		len = segment_build(&s, frame);
		begun = clock_ns();
		net_send(frame, len);
		flood_ns += clock_ns() - begun;
		if (i % 1000 == 999)
			answers += ignore_rest();
	}
	answers += ignore_rest();
	*c = before;
	return answers;
}

/* A client in the middle of it, who gets all that it would get at any time. */
static void connects_in_the_flood(int syns)
{
	struct tcp_info info;
	int fd, answers;

	client();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1), MSS(1460), SACK_OK, TS, WSCALE(ANY));
	answers = pour(syns);
	ensure(answers >= syns, "%d of %d SYNs were answered", answers, syns);
	inject(ACK, SEQ(1), ACK(1));
	expect_pair(TCP_ESTABLISHED);
	fd = app_accept(listener);
	info = app_info(fd);
	ensure_eq(info.tcpi_snd_mss, 1448);
	ensure_eq(info.tcpi_snd_wscale, 7);
	ensure(info.tcpi_options & TCPI_OPT_SACK, "SACK is lost");
	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	app_read(fd, 100);
	end_case(fd);
}

/* Kilobytes of all slabs that cannot be given back. */
static long kernel_memory(void)
{
	return listed("/proc/meminfo", "SUnreclaim:");
}

WIRE_TEST_LONG(flood, many__random_addresses, 100000, "D1 ATTACK-12 D4 D5")
{
	const char *asked = getenv("FLOOD_SYNS");
	int syns = asked ? atoi(asked) : 20000, i;
	enum { QUEUE = 256 };		/* tcp_max_syn_backlog */
	long requests, memory;

	sysctl_set("net/ipv4/tcp_max_syn_backlog", QUEUE);
	listener = app_socket();
	app_listen_fd(listener, 1024);
	connects_in_the_flood(4 * QUEUE);
	requests = slabs_in_use().requests;
	memory = kernel_memory();
	flood_ns = 0;
	for (i = 1; i < CLIENTS; i++)
		connects_in_the_flood(syns / CLIENTS);
	printf("%d SYNs, %lld instructions each; %d clients connected; %ld requests are kept; kernel memory %ld KB, at first %ld KB\n",
	       syns, (long long)flood_ns / (syns / CLIENTS * (CLIENTS - 1)), i,
	       slabs_in_use().requests, kernel_memory(), memory);
	ensure_in(requests, 1, 2 * QUEUE);	/* a CPU keeps some at hand */
	ensure(slabs_in_use().requests <= 2 * QUEUE, "%ld requests are kept, at first %ld",
	       slabs_in_use().requests, requests);
	ensure(kernel_memory() < memory + 2048, "%ld KB of memory are used, at first %ld KB",
	       kernel_memory(), memory);
}
