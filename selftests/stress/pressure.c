// SPDX-License-Identifier: GPL-2.0
/*
 * pressure.c - a thousand connections whose readers are slow, and little memory
 *
 * Each sender writes as long as the socket takes it while nobody reads, so both
 * ends' queues fill until tcp_mem stops them. Then the readers wake. tcp_mem
 * decides how much is in the queues, never what arrives: every byte that a write
 * has taken is read in the end.
 *
 * Slack: what tcp_mem counts may pass its hard limit by what CPUs have set aside
 * (mem_slack()) and by a packet here and there. What is each socket's own even then,
 * tcp_wmem's first value and one packet for the reader, is not counted.
 */
#include <sys/resource.h>

#include "../socket/machine.h"
#include "../socket/pair.h"

enum { READERS = 1000, CHUNK = 16384 };

/* Pages; half of what the queues would take without a limit, and less. */
enum { LOW = 2000, PRESSURE = 3000, HARD = 5000 };

static struct reader {
	struct pair p;
	size_t sent, read;
	bool done;
} readers[READERS];

static long most_pages;

static void need_descriptors(void)
{
	struct rlimit files = { 2 * READERS + 100, 2 * READERS + 100 };

	ensure_ok(setrlimit(RLIMIT_NOFILE, &files));
}

static void open_all(void)
{
	struct sockaddr_in where;
	int listener = listen_at(&where), i;

	for (i = 0; i < READERS; i++) {
		struct pair *p = &readers[i].p;

		p->client = new_socket();
		ensure_ok(try_connect(p->client, where));
		ensure_ok(p->server = accept(listener, NULL, NULL));
		set_nonblocking(p->client);
		set_nonblocking(p->server);
	}
	close(listener);
}

/* What reader @reader gets from byte @position on: a window on one long pattern. */
static const unsigned char *bytes_of(int reader, size_t position)
{
	enum { PERIOD = 251 };
	static unsigned char pattern[CHUNK + PERIOD];
	int i;

	for (i = 0; !pattern[1] && i < CHUNK + PERIOD; i++)
		pattern[i] = i % PERIOD;
	return pattern + (position + reader) % PERIOD;
}

/* One write for each; returns how many bytes were taken. */
static size_t write_round(void)
{
	size_t total = 0;
	int i;

	for (i = 0; i < READERS; i++) {
		struct reader *r = &readers[i];
		ssize_t n = send(r->p.client, bytes_of(i, r->sent), CHUNK, MSG_NOSIGNAL);

		ensure(n > 0 || errno == EAGAIN, "send: %s", strerror(errno));
		if (n > 0) {
			r->sent += n;
			total += n;
		}
		if (i % 50 == 0 && sockstat().mem > most_pages)
			most_pages = sockstat().mem;
	}
	return total;
}

static void write_until_full(void)
{
	size_t total = 0, n;
	int quiet = 0;

	while (quiet < 5) {
		n = write_round();
		total += n;
		quiet = n > READERS ? 0 : quiet + 1;
		pass_ms(100);
	}
	note("%zu KB written, at most %ld pages counted", total / 1024, most_pages);
}

static void read_some(int number)
{
	unsigned char buf[CHUNK];
	struct reader *r = &readers[number];
	ssize_t n = recv(r->p.server, buf, sizeof(buf), 0);

	ensure(n >= 0 || errno == EAGAIN, "recv: %s", strerror(errno));
	if (n < 0)
		return;
	r->done = !n;
	ensure(!memcmp(buf, bytes_of(number, r->read), n), "wrong bytes behind %zu of reader %d", r->read, number);
	r->read += n;
}

/* The readers wake, all of them, until each has seen the end. */
static void read_all(int seconds)
{
	int64_t end = now_us() + seconds * 1000000ll;
	int left, i;

	do {
		for (left = 0, i = 0; i < READERS; i++) {
			if (!readers[i].done)
				read_some(i);
			left += !readers[i].done;
		}
		if (left)
			pass_ms(5);
	} while (left && now_us() < end);
	ensure(!left, "%d readers have not seen the end after %d s", left, seconds);
	for (i = 0; i < READERS; i++)
		ensure_eq(readers[i].read, readers[i].sent);
}

static void report(void)
{
	static const char *const names[] = {
		"TCPMemoryPressures", "TCPRcvQDrop", "PruneCalled", "OfoPruned",
		"TCPRcvCollapsed", "TCPTimeouts", "TCPAbortOnMemory",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		note("%s %ld", names[i], counter("TcpExt", names[i]));
}

WIRE_TEST_LONG(pressure, slow_readers__1000, 250, "D5 F1 F6 A5")
{
	struct sockstat before;
	char limits[64];
	int i;

	mem_at_rest();
	before = sockstat();
	need_descriptors();
	snprintf(limits, sizeof(limits), "%d %d %d", LOW, PRESSURE, HARD);
	machine_set_str("net/ipv4/tcp_mem", limits);
	open_all();
	ensure_in(sockstat().alloc - before.alloc, 2 * READERS, 2 * READERS + 100);

	write_until_full();
	ensure_in(most_pages, LOW, HARD + READERS / 2 + mem_slack());
	ensure(counter("TcpExt", "TCPMemoryPressures") > 0, "no pressure was counted");

	for (i = 0; i < READERS; i++)
		ensure_ok(shutdown(readers[i].p.client, SHUT_WR));
	read_all(120);
	report();
	for (i = 0; i < READERS; i++) {
		close(readers[i].p.client);
		close(readers[i].p.server);
	}
	expect_mem_back(before.mem, 10000);
	ensure_eq(counter("Tcp", "CurrEstab"), 0);
	ensure_eq(counter("TcpExt", "TCPAbortOnMemory"), 0);
	ensure_in(sockstat().orphan, 0, before.orphan);
}
