// SPDX-License-Identifier: GPL-2.0
/*
 * many.c - twenty thousand connections open at once, or CONNECTIONS of them
 *
 * Each takes two sockets. A million of ltcp and of the built-in TCP, one after the
 * other, with nothing sent, want 15 GB:
 *
 *	scripts/vm --mode smp --load --mem 16000 --timeout 6000 -- \
 *		env CONNECTIONS=1000000 build/selftests/stress/many memory
 */
#include <sys/resource.h>

#include "../socket/pair.h"
#include "slabs.h"

enum { CONNECTIONS = 20000, MOST = 1000000, LISTENERS = 40 };

static int clients[MOST], servers[MOST];

static int wanted(void)
{
	const char *n = getenv("CONNECTIONS");

	return n ? atoi(n) : CONNECTIONS;
}

/* Of each stack when their memory is compared: enough to tell. */
static int compared(void)
{
	return getenv("CONNECTIONS") ? wanted() : 3000;
}

static void need_descriptors(int n)
{
	struct rlimit files = { 2 * n + 1000, 2 * n + 1000 };

	ensure_in(n, 1, MOST);
	if (n > 500000)
		sysctl_set("fs/nr_open", 2 * n + 10000);
	ensure_ok(setrlimit(RLIMIT_NOFILE, &files));
}

static void open_all(int n)
{
	struct sockaddr_in where[LISTENERS];
	int listeners[LISTENERS], i;

	for (i = 0; i < LISTENERS; i++)
		listeners[i] = listen_at(&where[i]);
	for (i = 0; i < n; i++) {
		clients[i] = new_socket();
		ensure_ok(try_connect(clients[i], where[i % LISTENERS]));
		ensure_ok(servers[i] = accept(listeners[i % LISTENERS], NULL, NULL));
	}
	for (i = 0; i < LISTENERS; i++)
		close(listeners[i]);
}

/* Each connection leads to its own other end. */
static void exchange_all(int n)
{
	int i, got;

	for (i = 0; i < n; i++)
		ensure_is(send(clients[i], &i, sizeof(i), 0), sizeof(i));
	for (i = 0; i < n; i++) {
		ensure_is(recv(servers[i], &got, sizeof(got), MSG_WAITALL), sizeof(got));
		ensure_eq(got, i);
	}
}

static void close_all(int n)
{
	int i;

	for (i = 0; i < n; i++)
		close(i % 2 ? clients[i] : servers[i]);
	for (i = 0; i < n; i++) {
		int other = i % 2 ? servers[i] : clients[i];

		ensure_is(recv(other, (char[4]){}, 4, 0), 0);
		close(other);
	}
}

WIRE_TEST_LONG(many, connections__20000_at_once, 300, "W8 A3 A7 D5")
{
	struct slabs before;
	int n = wanted();

	need_descriptors(n);
	sysctl_try("net/ltcp/msl_ms", 50);
	sysctl_set_str("net/ipv4/ip_local_port_range", "10000 65000");
	before = slabs_in_use();
	open_all(n);
	ensure_eq(counter("Tcp", "CurrEstab"), 2 * n);
	ensure_in(slabs_in_use().sockets - before.sockets, 2 * n, 2 * n + 100);
	exchange_all(n);
	close_all(n);
	ensure_eq(counter("Tcp", "CurrEstab"), 0);
	if (is_ltcp())
		expect_slabs_back(before, 90000);
}

/* They end with their process, all at once, with data unread. */
WIRE_TEST_LONG(many, connections__20000_abandoned, 300, "S5 A7 D5")
{
	struct slabs before = slabs_in_use();
	pid_t pid = fork();
	int status;

	sysctl_try("net/ltcp/msl_ms", 50);
	if (!pid) {
		need_descriptors(wanted());
		sysctl_set_str("net/ipv4/ip_local_port_range", "10000 65000");
		open_all(wanted());
		_exit(0);
	}
	ensure_ok(waitpid(pid, &status, 0));
	ensure(WIFEXITED(status) && !WEXITSTATUS(status), "they could not be opened");
	ensure_eq(counter("Tcp", "CurrEstab"), 0);
	if (is_ltcp())
		expect_slabs_back(before, 90000);
}

/* Everything of the kernel's memory that comes in small objects. */
static long slab_kb(void)
{
	return listed("/proc/meminfo", "Slab:");
}

/* Bytes for one idle connection, with both its sockets, over a stack. */
static long memory_of_one(const char *stack, int n)
{
	long before, after, bytes;

	setenv("LTCP_PROTO", stack, 1);
	pass_ms(1000);			/* what was freed may wait for RCU */
	before = slab_kb();
	open_all(n);
	after = slab_kb();
	bytes = (after - before) * 1024 / n;
	printf("%d connections of %s: %ld bytes each\n", n,
	       is_ltcp() ? "ltcp" : "the built-in TCP", bytes);
	close_all(n);
	return bytes;
}

/* The socket, its file and inode, and what else a connection that does nothing holds. */
WIRE_TEST_LONG(many, memory__of_an_idle_connection, 6000, "D5")
{
	long ours, theirs;
	int n = compared();

	if (!is_ltcp())
		wire_skip("compares ltcp with the built-in TCP");
	need_descriptors(n);
	sysctl_try("net/ltcp/msl_ms", 50);
	sysctl_set_str("net/ipv4/ip_local_port_range", "10000 65000");
	theirs = memory_of_one("0", n);
	ours = memory_of_one("253", n);
	ensure(ours <= theirs * 5 / 4, "%ld bytes, the built-in TCP takes %ld", ours, theirs);
}
