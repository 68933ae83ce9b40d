// SPDX-License-Identifier: GPL-2.0
/*
 * drops.c - why a segment was dropped, as skb:kfree_skb tells it
 *
 * The tracepoint is recorded in an instance of tracefs of the test's own, and
 * only while the test's own process runs, which is when the segments that it
 * writes to the TUN device are received. Every drop must be asked for: what
 * was delivered or has had its effect is not one.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "wire.h"

#define TRACEFS	"/sys/kernel/tracing"
#define forge(...) do {			\
	struct connection before__ = *c;	\
	inject(__VA_ARGS__);		\
	*c = before__;			\
} while (0)

static char instance[64];
static char events[1 << 16];	/* what was recorded since the last look */
static long drops_before;

static void put(const char *name, const char *text)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", instance, name);
	fd = open(path, O_WRONLY | O_TRUNC);
	ensure(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text),
	       "%s: %s", path, strerror(errno));
	close(fd);
}

static void get(const char *name, char *text, size_t size)
{
	char path[160];
	size_t len = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", instance, name);
	fd = open(path, O_RDONLY);
	ensure(fd >= 0, "%s: %s", path, strerror(errno));
	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
}

/* ltcp's own count of dropped segments, in the test's namespace. */
static long drops(void)
{
	return listed("/proc/thread-self/net/ltcp", "Drops");
}

/* Records from here on. Ends with watch_end(). */
static void watch(void)
{
	char pid[16];

	differs_from_builtin("the reasons of some drops are ltcp's own choice");
	if (access(TRACEFS "/instances", F_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	snprintf(instance, sizeof(instance), TRACEFS "/instances/ltcp-%d", getpid());
	if (mkdir(instance, 0700))
		wire_skip("%s: %s", instance, strerror(errno));
	snprintf(pid, sizeof(pid), "%d", getpid());
	put("buffer_size_kb", "64");
	put("set_event_pid", pid);
	put("events/tcp/tcp_bad_csum/enable", "1");
	put("events/skb/kfree_skb/enable", "1");
	put("trace", "");
	drops_before = drops();
}

static void watch_end(void)
{
	put("events/enable", "0");
	rmdir(instance);
}

/* The first of "A|B" that this kernel has a name for. */
static void known_reason(const char *names, char *out, size_t size)
{
	static char format[1 << 14];
	char quoted[64];
	size_t len;

	get("events/skb/kfree_skb/format", format, sizeof(format));
	for (;; names += len + 1) {
		len = strcspn(names, "|");
		snprintf(out, size, "%.*s", (int)len, names);
		snprintf(quoted, sizeof(quoted), "\"%s\"", out);
		if (strstr(format, quoted) || !names[len])
			return;
	}
}

/* How often @what is in the events since the last look. */
static int occurrences(const char *what)
{
	const char *p = events;
	int n = 0;

	while ((p = strstr(p, what))) {
		p += strlen(what);
		n++;
	}
	return n;
}

/*
 * @n segments were dropped since the last look, all for one reason: the first of
 * "A|B" that this kernel has. Protocol 2048 is a packet received by IPv4.
 */
static void expect_drops(int n, const char *names)
{
	char reason[48], line[64];
	long now = drops();

	known_reason(names, reason, sizeof(reason));
	snprintf(line, sizeof(line), "reason: %s\n", reason);
	get("trace", events, sizeof(events));
	put("trace", "");
	ensure(occurrences(line) == n && occurrences(" protocol=2048 ") == n,
	       "not %d dropped because of %s, but this:\n%s", n, reason, events);
	ensure(now - drops_before == n, "%ld segments counted as dropped, not %d",
	       now - drops_before, n);
	drops_before = now;
}

#define expect_drop(names_)	expect_drops(1, (names_))
#define expect_no_drop()	expect_drops(0, "none")

/* -------------------------------------------------------- before the socket */

WIRE_TEST(drops, checksum__bad, "A6 MUST-3 W2")
{
	active_open();
	watch();
	forge(PSH | ACK, SEQ(1), LEN(100), BAD_CHECKSUM);
	expect_drop("TCP_CSUM");
	ensure_eq(occurrences(" tcp_bad_csum: "), 1);
	ensure_eq(occurrences(" src=192.0.2.2:4000 dest=192.0.2.1:"), 1);
	watch_end();
}

WIRE_TEST(drops, header__impossible, "A6 W1")
{
	active_open();
	watch();
	forge(PSH | ACK, SEQ(1), LEN(20), DATA_OFFSET(3));
	expect_drop("PKT_TOO_SMALL");
	forge(ACK, SEQ(1), DATA_OFFSET(12));
	expect_drop("PKT_TOO_SMALL");
	watch_end();
}

WIRE_TEST(drops, socket__none, "A6 S5")
{
	reach(TCP_LISTEN);
	c->stack_port = STACK_PORT + 1;
	watch();
	inject(SYN, SEQ(0), MSS(1460));
	expect(RST | ACK, SEQ(0), ACK(1));
	expect_drop("NO_SOCKET");
	forge(RST, SEQ(1));
	expect_silence(10);
	expect_drop("NO_SOCKET");
	watch_end();
}

/* ------------------------------------------------------------- not accepted */

WIRE_TEST(drops, sequence__old_and_beyond_the_window, "A6 S6")
{
	active_open(MSS(1460));
	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	watch();
	forge(PSH | ACK, SEQ(1), LEN(100));
	expect(ACK, ACK(101));
	expect_drop("TCP_OLD_DATA");
	forge(ACK, SEQ(100));
	expect(ACK, ACK(101));
	expect_drop("TCP_OLD_SEQUENCE|TCP_INVALID_SEQUENCE");
	forge(PSH | ACK, SEQ(1 << 24), LEN(100));
	expect(ACK, ACK(101));
	expect_drop("TCP_INVALID_SEQUENCE");
	watch_end();
}

WIRE_TEST(drops, paws__old_timestamp, "A6 W7")
{
	active_open(MSS(1460), TS, TSVAL(500000));
	watch();
	forge(PSH | ACK, SEQ(1), LEN(100), TSVAL(400000));
	expect(ACK, ACK(1));
	expect_drop("TCP_RFC7323_PAWS");
	watch_end();
}

WIRE_TEST(drops, ack__impossible, "A6 S6")
{
	active_open(MSS(1460));
	watch();
	forge(ACK, SEQ(1), ACK(100));
	expect(ACK, SEQ(1), ACK(1));
	expect_drop("TCP_ACK_UNSENT_DATA");
	forge(ACK, SEQ(1), ACK(-(1 << 24)));
	expect(ACK, SEQ(1), ACK(1));
	expect_drop("TCP_TOO_OLD_ACK");
	watch_end();
}

WIRE_TEST(drops, flags__not_believed, "A6 S6")
{
	active_open(MSS(1460));
	watch();
	forge(RST, SEQ(1000));
	expect(ACK, SEQ(1), ACK(1));
	expect_drop("TCP_RESET");
	forge(SYN, SEQ(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	expect_drop("TCP_INVALID_SYN");
	forge(PSH, SEQ(1), LEN(10));
	expect_silence(10);
	expect_drop("TCP_FLAGS");
	inject(RST, SEQ(1));
	expect_pair(TCP_CLOSE);
	expect_no_drop();
	watch_end();
}

WIRE_TEST(drops, syn_sent__wrong_ack, "A6 S6")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	watch();
	forge(SYN | ACK, SEQ(0), ACK(77), MSS(1460));
	expect(RST, SEQ(77));
	expect_drop("TCP_INVALID_ACK_SEQUENCE|TCP_INVALID_SEQUENCE");
	forge(RST, SEQ(0));
	expect_silence(10);
	expect_drop("TCP_RESET");
	inject(RST | ACK, SEQ(0), ACK(1));
	app_connect_result(fd, ECONNREFUSED);
	expect_no_drop();
	watch_end();
}

WIRE_TEST(drops, request__refused, "A6 S6")
{
	reach(TCP_SYN_RECV);
	watch();
	forge(ACK, SEQ(1 << 24), ACK(1));
	expect(ACK, SEQ(1), ACK(1));
	expect_drop("TCP_INVALID_SEQUENCE");
	forge(ACK, SEQ(1), ACK(77));
	expect(RST, SEQ(77));
	expect_drop("TCP_INVALID_ACK_SEQUENCE|TCP_INVALID_SEQUENCE");
	inject(RST, SEQ(1));
	expect_pair(TCP_CLOSE);
	expect_no_drop();
	watch_end();
}

WIRE_TEST(drops, time_wait__old_duplicates, "A6 S2")
{
	reach(TCP_TIME_WAIT);
	watch();
	forge(PSH | ACK, SEQ(1), LEN(1));
	expect(ACK);
	expect_drop("TCP_INVALID_SEQUENCE");
	forge(PSH | ACK, SEQ(1), LEN(2));
	expect_silence(10);
	expect_drop("TCP_CLOSE");
	forge(FIN | ACK, SEQ(c->peer_max - 1));
	expect(ACK);
	expect_no_drop();
	watch_end();
}

/* --------------------------------------------------------------- no room */

WIRE_TEST(drops, islands__in_twice, "A6 D2")
{
	int fd = active_open(MSS(1460));

	watch();
	inject(PSH | ACK, SEQ(1001), LEN(1000));
	expect(ACK, ACK(1));
	expect_no_drop();
	forge(PSH | ACK, SEQ(1001), LEN(500));
	expect(ACK, ACK(1));
	expect_drop("TCP_OFOMERGE");
	inject(PSH | ACK, SEQ(901), LEN(1200));	/* swallows the first */
	expect(ACK, ACK(1));
	expect_drop("TCP_OFOMERGE");
	inject(PSH | ACK, SEQ(1), LEN(1460));
	expect(ACK, ACK(2101));
	expect_no_drop();
	app_read(fd, 2100);
	inject(PSH | ACK, SEQ(2201), LEN(100));
	expect(ACK, ACK(2101));
	inject(PSH | ACK, SEQ(2101), LEN(400));	/* the island is not needed any more */
	expect(ACK, ACK(2501));
	expect_drop("TCP_OFO_DROP");
	app_read(fd, 400);
	watch_end();
}

WIRE_TEST(drops, window__closed, "A6 W4")
{
	int fd = app_socket();
	int64_t at = 1;

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 8192);
	active_open_fd(fd, MSS(1460));
	while (c->stack_edge - at > 0) {
		int64_t len = c->stack_edge - at;

		len = len > 1000 ? 1000 : len;
		inject(PSH | ACK, SEQ(at), LEN(len));
		at += len;
		expect_ack(at);
	}
	watch();
	forge(PSH | ACK, SEQ(at), LEN(1));
	expect(ACK, ACK(at), WIN(0));
	expect_drop("TCP_ZEROWINDOW");
	watch_end();
}

/* One byte of every two: the packets outweigh the buffer long before the window. */
WIRE_TEST(drops, buffer__full_of_small_islands, "A6 D2 ATTACK-2")
{
	int fd = app_socket(), i, refused = 0;
	long before;

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 8192);
	active_open_fd(fd, MSS(1460));
	watch();
	before = drops_before;
	for (i = 0; i < 200 && !refused; i++) {
		inject(PSH | ACK, SEQ(3 + 2 * i), LEN(1));
		take(10);
		refused = drops() - before;
	}
	expect_drop("SOCKET_RCVBUFF");
	watch_end();
}

WIRE_TEST(drops, accept_queue__full, "A6 W9 D1")
{
	int i;

	listener = app_socket();
	app_listen_fd(listener, 1);
	for (i = 0; i < 2; i++) {
		new_connection();
		reach(TCP_SYN_RECV);
		inject(ACK, SEQ(1), ACK(1));
		expect_pair(TCP_ESTABLISHED);
	}
	new_connection();
	reach(TCP_LISTEN);
	watch();
	inject(SYN, SEQ(0), MSS(1460));
	expect_silence(10);
	expect_drop("TCP_LISTEN_OVERFLOW|SOCKET_BACKLOG");
	watch_end();
}

/* ------------------------------------------- while somebody owns the socket */

/* The program reads into a missing page, and owns the socket until it is there. */
WIRE_TEST(drops, backlog__full, "A6 D2")
{
	struct owner owner;
	int fd = app_socket(), i;
	long before;

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 8192);
	active_open_fd(fd, MSS(1460));
	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	watch();
	before = drops_before;
	c->unchecked = true;			/* forge() hides what it sends */
	app_owns(&owner, fd);
	for (i = 0; i < 5000 && drops() == before; i++)
		forge(PSH | ACK, SEQ(101), LEN(1000));
	expect_drop("SOCKET_BACKLOG");
	app_lets_go(&owner);
	pass_ms(100);
	ignore_rest();		/* the ACKs of all that waited */
	watch_end();
}

/* ----------------------------------------------------------- no false drops */

WIRE_TEST(drops, none__in_a_whole_connection, "A6")
{
	int fd;

	reach(TCP_LISTEN);
	watch();
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	inject(PSH | ACK, SEQ(1001), LEN(1000));
	expect(ACK, ACK(1));
	inject(PSH | ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(2001));
	app_read(fd, 2000);
	app_write(fd, 3000);
	take_burst(10);
	inject(ACK, ACK(1001));
	inject(ACK, ACK(3001));
	inject(ACK, ACK(3001), WIN(5000));
	inject(ACK, ACK(2001));			/* old, overtaken by the last */
	app_close(fd);
	expect(FIN | ACK, SEQ(3001));
	inject(FIN | ACK, SEQ(2001), ACK(3002));
	expect(ACK, ACK(2002));
	expect_pair(TCP_TIME_WAIT);
	inject(RST, SEQ(2002), ACK(3002));
	expect_pair(TCP_CLOSE);
	expect_no_drop();
	watch_end();
}
