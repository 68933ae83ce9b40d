// SPDX-License-Identifier: GPL-2.0
/*
 * limits.c - every limit on memory and on states is met, and what happens then
 *
 * Each test makes one limit small and goes past it. tcp_fin_timeout, TCP_LINGER2
 * and tcp_orphan_retries are in ../wire/close.c, tcp_abort_on_overflow in
 * listen.c, tcp_challenge_ack_limit in ../wire/reset.c.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "machine.h"
#include "pair.h"

/* ------------------------------------------------------------------ tcp_mem */

enum { LOW = 1000, PRESSURE = 1500, HARD = 3000, HOGS = 100 };

static struct pair hogs[HOGS];
static int hog_count;

/* Connections that nobody reads hold so many pages. */
static void use_up(long pages)
{
	char limits[64];

	snprintf(limits, sizeof(limits), "%d %d %d", LOW, PRESSURE, HARD);
	machine_set_str("net/ipv4/tcp_mem", limits);
	while (sockstat().mem < pages) {
		ensure(hog_count < HOGS, "they hold only %ld pages", sockstat().mem);
		hogs[hog_count] = connected();
		fill(hogs[hog_count++].client);
	}
	note("%d connections hold %ld pages", hog_count, sockstat().mem);
}

static void give_back(void)
{
	for (; hog_count; hog_count--) {
		close(hogs[hog_count - 1].client);
		close(hogs[hog_count - 1].server);
	}
}

WIRE_TEST_LONG(limits, tcp_mem__stops_writers, 200, "D5 A5")
{
	long before = mem_at_rest();
	int i;

	use_up(HARD);
	/* Whoever writes now gets its least, and no more */
	for (i = 0; i < 20; i++) {
		struct pair p = connected();

		ensure_in(fill(p.client), 1, 128 << 10);
		close(p.client);
		close(p.server);
	}
	ensure_in(sockstat().mem, PRESSURE, HARD + 200 + mem_slack());
	ensure(counter("TcpExt", "TCPMemoryPressures") > 0, "no pressure was counted");
	give_back();
	expect_mem_back(before, 5000);
}

/* The client sends, another process reads and checks. */
static void carry(struct pair *p, size_t bytes)
{
	int status;

	after(0) {
		read_pattern(p->server, 0, bytes);
		fflush(stdout);
	}
	send_pattern(p->client, 0, bytes);
	ensure_ok(wait(&status));
	ensure_eq(status, 0);
}

/* tcp_wmem's and tcp_rmem's first values are each socket's own, come what may. */
WIRE_TEST_LONG(limits, tcp_mem__each_socket_gets_on, 200, "D5 F6")
{
	struct pair p = connected();
	int64_t begun;

	use_up(HARD);
	begun = now_us();
	carry(&p, 100000);
	note("100000 bytes took %lld ms", (long long)(now_us() - begun) / 1000);
	ensure_in((now_us() - begun) / 1000, 0, 60000);
	ensure_ok(try_connect(new_socket(), bound_to(p.listener)));
}

/* MSG_ZEROCOPY does not ask for whole pages or nothing. */
WIRE_TEST_LONG(limits, tcp_mem__zerocopy_gets_on, 200, "D5 F6")
{
	struct pair p = connected();
	struct timeval patience = { .tv_sec = 20 };

	ensure_ok(set_int(p.client, SOL_SOCKET, SO_SNDBUF, 200000));
	ensure_ok(set_int(p.client, SOL_SOCKET, SO_ZEROCOPY, 1));
	ensure_ok(setsockopt(p.client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)));
	use_up(HARD);
	ensure_is(send(p.client, patterned(0, 5000), 5000, MSG_ZEROCOPY), 5000);
	read_pattern(p.server, 0, 5000);
}

/* What SO_RCVLOWAT waits for finds no memory: who polls is told of what is there. */
WIRE_TEST_LONG(limits, tcp_mem__low_water_mark_is_no_trap, 200, "D5 A4")
{
	struct pair p = connected();

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 40000));
	send_pattern(p.client, 0, 20000);
	pass_ms(100);
	ensure_eq(events_of(p.server) & POLLIN, 0);
	use_up(HARD);
	after(0) send_pattern(p.client, 20000, 40000);
	ensure_eq(events_within(p.server, POLLIN, 10000) & POLLIN, POLLIN);
	read_pattern(p.server, 0, 60000);
}

/* Under pressure no buffer grows. */
WIRE_TEST_LONG(limits, tcp_mem__pressure_keeps_buffers_small, 200, "D5 F1")
{
	struct pair p;

	ensure_eq(system("ip link set lo mtu 1500"), 0);
	use_up(PRESSURE + 200 + mem_slack());
	p = connected();
	carry(&p, 1000000);
	ensure_eq(get_int(p.server, SOL_SOCKET, SO_RCVBUF), 131072);
	differs_from_builtin("its send buffer is grown at the start, its window kept");
	ensure_eq(get_int(p.client, SOL_SOCKET, SO_SNDBUF), 16384);
}

/* What was promised is kept, but the window closes to a few segments. */
WIRE_TEST_LONG(limits, tcp_mem__pressure_narrows_the_window, 200, "D5 F1 SHLD-14")
{
	const struct seen *s = NULL;
	int fd = active_open(), i;

	differs_from_builtin("it narrows the window of what it has not promised only");

	use_up(PRESSURE + 200 + mem_slack());
	for (i = 0; i < 64; i++) {
		inject(PSH | ACK, SEQ(1 + i * 1000), LEN(1000));
		s = expect_ack(1 + (i + 1) * 1000);
		app_read(fd, 1000);
		pass_ms(1);
		ignore_rest();
	}
	ensure_in(s->win, 1000, 8 * 1460);
	give_back();
	pass_ms(3000);		/* the pressure ends with what others take or return */
	connected();
	inject(PSH | ACK, SEQ(64001), LEN(1000));
	app_read(fd, 1000);
	inject(PSH | ACK, SEQ(65001), LEN(1000));
	s = take(500);
	ensure(s && s->win > 20000, "the window stays at %d", s ? (int)s->win : -1);
	ignore_rest();
}

/* ------------------------------------------------------ SO_RCVBUF, SO_SNDBUF */

WIRE_TEST(limits, buffers__bound_what_is_queued, "D5 F1 A3")
{
	static const int sizes[] = { 4096, 20000, 100000 };
	size_t i;

	mem_at_rest();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		long before = sockstat().mem;
		struct pair p = connected_small(sizes[i]);
		size_t bytes = fill(p.client);

		note("SO_SNDBUF and SO_RCVBUF %d: %zu bytes", sizes[i], bytes);
		ensure_in(bytes, sizes[i] / 4, 6 * sizes[i]);
		ensure_in(count_of(p.server, FIONREAD), 0, 3 * sizes[i]);
		ensure_in((sockstat().mem - before) * 4096, 0,
			  8 * sizes[i] + 131072 + mem_slack() * 4096);
		close(p.client);
		close(p.server);
	}
}

/* ------------------------------------------------------------------ a cgroup */

enum { GROUP_BYTES = 24 << 20, GROUP_PAIRS = 30 };

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		wire_skip("%s: %s", path, strerror(errno));
	close(fd);
}

/* The bytes of sockets' queues that are charged to the group. */
static long group_sock(void)
{
	return listed("/tmp/cgroup/ltcp/memory.stat", "sock");
}

static void group_enter(void)
{
	char text[24];

	mkdir("/tmp/cgroup", 0755);
	if (mount("cgroup2", "/tmp/cgroup", "cgroup2", 0, NULL) && errno != EBUSY)
		wire_skip("there are no cgroups of version 2: %s", strerror(errno));
	write_file("/tmp/cgroup/cgroup.subtree_control", "+memory");
	mkdir("/tmp/cgroup/ltcp", 0755);
	snprintf(text, sizeof(text), "%d", GROUP_BYTES);
	write_file("/tmp/cgroup/ltcp/memory.max", text);
	snprintf(text, sizeof(text), "%d", getpid());
	write_file("/tmp/cgroup/ltcp/cgroup.procs", text);
}

WIRE_TEST_LONG(limits, cgroup__memory_max, 200, "D5 A5")
{
	size_t sent[GROUP_PAIRS];
	struct pair p[GROUP_PAIRS];
	long most = 0;
	int i;

	group_enter();
	for (i = 0; i < GROUP_PAIRS; i++)
		p[i] = connected();
	/* The sockets stay the group's; this process needs not live in it */
	write_file("/tmp/cgroup/cgroup.procs", "0");
	for (i = 0; i < GROUP_PAIRS; i++) {
		sent[i] = fill(p[i].client);
		most = group_sock() > most ? group_sock() : most;
	}
	note("at most %ld KB of sockets in the group", most / 1024);
	/* Limited, but for what each socket has anyway; without it they take 150 MB */
	ensure_in(most, GROUP_BYTES / 2, GROUP_BYTES + GROUP_PAIRS * (256 << 10));
	for (i = 0; i < GROUP_PAIRS; i++) {
		ensure_ok(shutdown(p[i].client, SHUT_WR));
		ensure_eq(drain_pattern(p[i].server, 0), sent[i]);
		close(p[i].client);
		close(p[i].server);
		close(p[i].listener);
	}
	pass_ms(2000);
	ensure_in(group_sock(), 0, mem_slack() * 4096);
}

/* ------------------------------------------------------------------- orphans */

enum { ORPHANS = 5, CLOSED = 20 };

WIRE_TEST_LONG(limits, max_orphans__the_rest_is_reset, 200, "D5 S4 A5")
{
	long before = sockstat().orphan;
	struct pair p[CLOSED];
	int i;

	for (i = 0; i < CLOSED; i++)
		p[i] = connected();
	machine_set("net/ipv4/tcp_max_orphans", before + ORPHANS);
	/* Nothing arrives any more, so FINs are not acknowledged */
	ensure_eq(system("tc qdisc add dev lo root netem loss 100%"), 0);
	for (i = 0; i < CLOSED; i++) {
		close(p[i].client);
		pass_ms(150);		/* the built-in counts ten times a second */
	}
	ensure_in(sockstat().orphan - before, ORPHANS - 1, ORPHANS + 1);
	/* Some of those before us may have ended meanwhile, and left us their places */
	ensure_in(counter("TcpExt", "TCPAbortOnMemory"), CLOSED - ORPHANS - 1 - before,
		  CLOSED - ORPHANS + 1);
	/* And they are given up in the end */
	pass_ms(130000);
	ensure_in(sockstat().orphan, 0, before);
	for (i = 0; i < CLOSED; i++)
		app_abort(p[i].server);
}

/* ---------------------------------------------------------- TIME-WAIT buckets */

WIRE_TEST(limits, max_tw_buckets__the_rest_is_forgotten, "D5 S4 A5")
{
	enum { BUCKETS = 3, ENDED = 10 };
	int i;

	sysctl_set("net/ipv4/tcp_max_tw_buckets", BUCKETS);
	for (i = 0; i < ENDED; i++) {
		struct pair p = connected();

		close(p.client);
		ensure_is(recv(p.server, (char[4]){}, 4, 0), 0);
		close(p.server);
		close(p.listener);
	}
	ensure_eq(sockstat().tw, BUCKETS);
	ensure_eq(counter("TcpExt", "TCPTimeWaitOverflow"), ENDED - BUCKETS);
	ensure_eq(sockstat().inuse, 0);
}

/* ------------------------------------------------------------ listening queues */

WIRE_TEST(limits, somaxconn__bounds_the_accept_queue, "D5 A3")
{
	enum { MOST = 3, CLIENTS = 12 };
	struct sockaddr_in where;
	int fd = new_socket(), i;

	sysctl_set("net/core/somaxconn", MOST);
	ensure_ok(try_bind(fd, at_port(0)));
	ensure_ok(listen(fd, 1000));
	where = bound_to(fd);
	for (i = 0; i < CLIENTS; i++) {
		int client = new_socket();

		set_nonblocking(client);
		ensure_fails(try_connect(client, where), EINPROGRESS);
	}
	pass_ms(50);
	ensure(counter("TcpExt", "ListenOverflows") > 0, "no overflow was counted");
	ensure(counter("TcpExt", "ListenDrops") > 0, "no drop was counted");
	set_nonblocking(fd);
	for (i = 0; accept(fd, NULL, NULL) >= 0; i++)
		;
	ensure_eq(i, MOST + 1);
}

WIRE_TEST(limits, max_syn_backlog__bounds_half_open_ones, "D5 D1")
{
	enum { MOST = 8, SYNS = 40 };
	int i, answered = 0;

	sysctl_set("net/ipv4/tcp_syncookies", 0);
	sysctl_set("net/ipv4/tcp_max_syn_backlog", MOST);
	app_listen_fd(app_socket(), 1000);
	for (i = 0; i < SYNS; i++) {
		if (i)
			new_connection();
		c->stack_port = STACK_PORT;
		inject(SYN, SEQ(0), MSS(1460));
		answered += take(0) != NULL;
	}
	note("%d of %d answered", answered, SYNS);
	/* The built-in stops at three quarters, for peers it does not know */
	ensure_in(answered, MOST * 3 / 4 - 1, MOST + 1);
	ensure_eq(counter("TcpExt", "ListenDrops"), SYNS - answered);
}
