// SPDX-License-Identifier: GPL-2.0
/*
 * timewait.c - connections opened and closed over and over, through few ports
 *
 * Each client ends up in TIME-WAIT, and there are far more connections than
 * ports: connect() can only go on by taking over a pair from TIME-WAIT, which
 * tcp_tw_reuse allows by timestamps after a second (RFC 6191). Until then it
 * says EADDRNOTAVAIL; nothing else may go wrong, and what is in memory is
 * bounded by the number of ports.
 *
 * Environment: LTCP_CYCLES, how many connections (10,000).
 */
#include <sys/mman.h>

#include "../socket/machine.h"
#include "../socket/pair.h"
#include "slabs.h"

enum { WORKERS = 2, FIRST_PORT = 20000, PORTS = 2000 };

static struct shared {
	long done, waits, failures, most_tw;
} *shared;		/* one for each worker */

static void serve(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char byte;

		if (fd < 0)
			_exit(1);
		if (recv(fd, &byte, 1, 0) == 1 && send(fd, &byte, 1, MSG_NOSIGNAL) == 1)
			recv(fd, &byte, 1, 0);
		close(fd);
	}
}

static pid_t serve_beside(int listener)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	ensure_ok(pid);
	if (!pid)
		serve(listener);
	return pid;
}

/* One connection, whose client closes first. False when all ports are taken. */
static bool cycle(struct sockaddr_in where, struct shared *w)
{
	int fd = new_socket();
	char byte = w->done;

	if (try_connect(fd, where)) {
		bool taken = errno == EADDRNOTAVAIL;

		w->failures += !taken;
		close(fd);
		return false;
	}
	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1 ||
	    byte != (char)w->done)
		w->failures++;
	close(fd);
	w->done++;
	return true;
}

static void work(struct sockaddr_in where, struct shared *w, long cycles)
{
	while (w->done < cycles && w->failures < 10) {
		if (!cycle(where, w)) {
			w->waits++;
			pass_ms(10);
		}
		if (w->done % 256 == 0 && sockstat().tw > w->most_tw)
			w->most_tw = sockstat().tw;
	}
	_exit(0);
}

static void run(long cycles)
{
	pid_t servers[WORKERS], workers[WORKERS];
	struct sockaddr_in where;
	int listener = new_socket(), i;

	ensure_ok(try_bind(listener, at_port(0)));
	ensure_ok(listen(listener, 1000));
	where = bound_to(listener);
	fflush(stdout);
	for (i = 0; i < WORKERS; i++) {
		servers[i] = serve_beside(listener);
		workers[i] = fork();
		ensure_ok(workers[i]);
		if (!workers[i])
			work(where, &shared[i], cycles / WORKERS);
	}
	for (i = 0; i < WORKERS; i++)
		ensure_ok(waitpid(workers[i], NULL, 0));
	for (i = 0; i < WORKERS; i++) {
		kill(servers[i], SIGKILL);
		waitpid(servers[i], NULL, 0);
	}
	close(listener);
}

static struct shared sum(void)
{
	struct shared all = {};
	int i;

	for (i = 0; i < WORKERS; i++) {
		all.done += shared[i].done;
		all.waits += shared[i].waits;
		all.failures += shared[i].failures;
		if (shared[i].most_tw > all.most_tw)
			all.most_tw = shared[i].most_tw;
	}
	return all;
}

WIRE_TEST_LONG(timewait, reuse__few_ports_many_connections, 3000, "S4 W8 A7 D5")
{
	const char *env = getenv("LTCP_CYCLES");
	long cycles = env ? atol(env) : 10000;
	struct slabs before = slabs_in_use();
	struct shared all;
	int64_t begun;
	char range[32];

	shared = mmap(NULL, sizeof(*shared) * WORKERS, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ensure(shared != MAP_FAILED, "mmap: %s", strerror(errno));
	snprintf(range, sizeof(range), "%d %d", FIRST_PORT, FIRST_PORT + PORTS - 1);
	sysctl_set_str("net/ipv4/ip_local_port_range", range);
	sysctl_set("net/ipv4/tcp_tw_reuse", 1);
	begun = now_us();
	run(cycles);
	all = sum();
	note("%ld connections in %lld s, at most %ld in TIME-WAIT, %ld waits for a port",
	     all.done, (long long)(now_us() - begun) / 1000000, all.most_tw, all.waits);
	note("TIME-WAITs taken over %ld, memory for them %ld objects",
	     counter("TcpExt", "TWRecycled"), slabs_in_use().time_waits - before.time_waits);
	ensure_eq(all.failures, 0);
	ensure_in(all.done, cycles - WORKERS, cycles);
	ensure_in(all.most_tw, PORTS / 2, PORTS);
	ensure_eq(counter("TcpExt", "TCPTimeWaitOverflow"), 0);
	ensure_in(counter("TcpExt", "TWRecycled"), cycles - WORKERS - PORTS, cycles);
	if (!is_ltcp())
		return;
	ensure_in(slabs_in_use().time_waits - before.time_waits, 0, PORTS);
	sysctl_set("net/ltcp/purge_tw", 1);
	expect_slabs_back(before, 10000);
}
