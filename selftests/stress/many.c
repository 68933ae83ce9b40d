// SPDX-License-Identifier: GPL-2.0
/*
 * many.c - twenty thousand connections open at once
 */
#include <sys/resource.h>

#include "../socket/pair.h"
#include "slabs.h"

enum { CONNECTIONS = 20000, LISTENERS = 4 };

static int clients[CONNECTIONS], servers[CONNECTIONS];

static void need_descriptors(void)
{
	struct rlimit files = { 2 * CONNECTIONS + 100, 2 * CONNECTIONS + 100 };

	ensure_ok(setrlimit(RLIMIT_NOFILE, &files));
}

static void open_all(void)
{
	struct sockaddr_in where[LISTENERS];
	int listeners[LISTENERS], i;

	for (i = 0; i < LISTENERS; i++)
		listeners[i] = listen_at(&where[i]);
	for (i = 0; i < CONNECTIONS; i++) {
		clients[i] = new_socket();
		ensure_ok(try_connect(clients[i], where[i % LISTENERS]));
		ensure_ok(servers[i] = accept(listeners[i % LISTENERS], NULL, NULL));
	}
	for (i = 0; i < LISTENERS; i++)
		close(listeners[i]);
}

/* Each connection leads to its own other end. */
static void exchange_all(void)
{
	int i, got;

	for (i = 0; i < CONNECTIONS; i++)
		ensure_is(send(clients[i], &i, sizeof(i), 0), sizeof(i));
	for (i = 0; i < CONNECTIONS; i++) {
		ensure_is(recv(servers[i], &got, sizeof(got), MSG_WAITALL), sizeof(got));
		ensure_eq(got, i);
	}
}

static void close_all(void)
{
	int i;

	for (i = 0; i < CONNECTIONS; i++)
		close(i % 2 ? clients[i] : servers[i]);
	for (i = 0; i < CONNECTIONS; i++) {
		int other = i % 2 ? servers[i] : clients[i];

		ensure_is(recv(other, (char[4]){}, 4, 0), 0);
		close(other);
	}
}

WIRE_TEST_LONG(many, connections__20000_at_once, 300, "W8 A3 A7 D5")
{
	struct slabs before;

	need_descriptors();
	sysctl_try("net/ltcp/msl_ms", 50);
	sysctl_set_str("net/ipv4/ip_local_port_range", "10000 65000");
	before = slabs_in_use();
	open_all();
	ensure_eq(counter("Tcp", "CurrEstab"), 2 * CONNECTIONS);
	ensure_in(slabs_in_use().sockets - before.sockets, 2 * CONNECTIONS, 2 * CONNECTIONS + 100);
	exchange_all();
	close_all();
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
		need_descriptors();
		sysctl_set_str("net/ipv4/ip_local_port_range", "10000 65000");
		open_all();
		_exit(0);
	}
	ensure_ok(waitpid(pid, &status, 0));
	ensure(WIFEXITED(status) && !WEXITSTATUS(status), "they could not be opened");
	ensure_eq(counter("Tcp", "CurrEstab"), 0);
	if (is_ltcp())
		expect_slabs_back(before, 90000);
}
