// SPDX-License-Identifier: GPL-2.0
/*
 * shared.c - ltcp and the built-in TCP beside each other in one namespace
 *
 * "Ours" is a socket of the stack under test, "theirs" one of the built-in TCP.
 * With LTCP_PROTO=0 both are the built-in's, which shows what to expect.
 */
#include "pair.h"

static int ours(void)
{
	return new_socket();
}

static int theirs(void)
{
	return socket_of(0);
}

static void exchange(int client, int server)
{
	send_pattern(client, 0, 100000);
	read_pattern(server, 0, 100000);
	send_pattern(server, 0, 100000);
	read_pattern(client, 0, 100000);
	ensure_ok(shutdown(client, SHUT_WR));
	ensure_is(recv(server, (char[8]){}, 8, 0), 0);
	close(server);
	ensure_is(recv(client, (char[8]){}, 8, 0), 0);
	close(client);
}

static void check_connect(int listener, int client)
{
	struct sockaddr_in where;
	int server;

	listen_on(listener, &where);
	ensure_ok(try_connect(client, where));
	ensure_ok(server = accept(listener, NULL, NULL));
	after(0) exchange(client, server);
	expect_reader_happy();
	close(listener);
}

WIRE_TEST(shared, connect__ours_to_theirs, "A2")
{
	check_connect(theirs(), ours());
}

WIRE_TEST(shared, connect__theirs_to_ours, "A2")
{
	check_connect(ours(), theirs());
}

WIRE_TEST(shared, ports__bound_by_them, "A2")
{
	struct sockaddr_in where;
	int fd = listen_on(theirs(), &where);

	ensure_fails(try_bind(ours(), where), EADDRINUSE);
	close(fd);
	ensure_ok(try_bind(ours(), where));
}

WIRE_TEST(shared, ports__bound_by_us, "A2")
{
	struct sockaddr_in where;
	int fd = listen_on(ours(), &where);

	ensure_fails(try_bind(theirs(), where), EADDRINUSE);
	close(fd);
	ensure_ok(try_bind(theirs(), where));
}

WIRE_TEST(shared, ports__ephemeral_ones, "A2 W8")
{
	struct sockaddr_in where;
	int listener = listen_on(theirs(), &where), i;

	sysctl_set_str("net/ipv4/ip_local_port_range", "30000 30003");
	for (i = 0; i < 4; i++)
		ensure_ok(try_connect(i % 2 ? ours() : theirs(), where));
	ensure_fails(try_connect(ours(), where), EADDRNOTAVAIL);
	ensure_fails(try_connect(theirs(), where), EADDRNOTAVAIL);
	close(listener);
}

WIRE_TEST(shared, ports__our_time_wait, "A2 S4")
{
	struct sockaddr_in where;
	int listener = listen_on(ours(), &where), client = theirs(), server;

	ensure_ok(try_connect(client, where));
	ensure_ok(server = accept(listener, NULL, NULL));
	close(server);
	ensure_is(recv(client, (char[8]){}, 8, 0), 0);
	close(client);
	close(listener);
	pass_ms(50);
	ensure_fails(try_bind(theirs(), where), EADDRINUSE);
}

/* One connection's port bound again, with our listener behind it. */
static void check_time_wait(int first, int second)
{
	struct sockaddr_in where;
	int client = socket_of(0), server, fd;

	ensure_ok(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(set_int(client, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(try_bind(client, at_port(4321)));
	listen_on(first, &where);
	ensure_ok(try_connect(client, where));
	ensure_ok(server = accept(first, NULL, NULL));
	close(server);			/* TIME-WAIT is here */
	ensure_is(recv(client, (char[8]){}, 8, 0), 0);
	close(client);
	close(first);
	pass_ms(1500);			/* its timestamp has moved on */
	ensure_ok(try_bind(second, where));
	ensure_ok(listen(second, 4));
	fd = socket_of(0);
	ensure_ok(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(try_bind(fd, at_port(4321)));
	ensure_ok(try_connect(fd, where));
	ensure_ok(server = accept(second, NULL, NULL));
	after(0) exchange(fd, server);
	expect_reader_happy();
}

/* A SYN for our listener that meets a TIME-WAIT socket of the built-in TCP. */
WIRE_TEST(shared, time_wait__theirs_listener_ours, "A2 S4 D4")
{
	check_time_wait(theirs(), ours());
}

WIRE_TEST(shared, time_wait__ours_listener_theirs, "A2 S4 D4")
{
	check_time_wait(ours(), theirs());
}

WIRE_TEST(shared, time_wait__ours_listener_ours, "S4")
{
	check_time_wait(ours(), ours());
}

WIRE_TEST(shared, reuseport__one_stack_only, "A2")
{
	int a = theirs(), b = ours();
	struct sockaddr_in where;

	differs_from_builtin("there is only one stack");
	ensure_ok(set_int(a, SOL_SOCKET, SO_REUSEPORT, 1));
	ensure_ok(set_int(b, SOL_SOCKET, SO_REUSEPORT, 1));
	listen_on(a, &where);
	ensure(try_bind(b, where) || listen(b, 4), "one group has both stacks");
	ensure_eq(errno, EADDRINUSE);
	ensure_ok(try_connect(ours(), where));
	ensure_ok(accept(a, NULL, NULL));
}

/* How many hold ltcp.ko. */
static int module_users(void)
{
	FILE *file = fopen("/sys/module/ltcp/refcnt", "r");
	int n = -1;

	ensure(file && fscanf(file, "%d", &n) == 1, "no number of users");
	fclose(file);
	return n;
}

/* How many they are when those who were leaving have left. */
static int settled_users(void)
{
	int users, last;

	for (users = module_users(), last = -1; users != last; users = module_users()) {
		last = users;
		pass_ms(100);
	}
	return users;
}

/* Two listeners of a group, and eight clients that nobody has accepted yet. */
static void mixed_group(int first, int second)
{
	int fds[2] = { first, second }, client, i;
	struct sockaddr_in where;

	differs_from_builtin("there is only one stack");
	sysctl_set("net/ipv4/tcp_migrate_req", 1);
	for (i = 0; i < 2; i++)
		ensure_ok(set_int(fds[i], SOL_SOCKET, SO_REUSEPORT, 1));
	listen_on(first, &where);
	ensure_ok(try_bind(second, where));
	ensure_ok(listen(second, 8));
	for (i = 0; i < 8; i++) {
		client = theirs();
		ensure_ok(try_connect(client, where));
		ensure_is(send(client, "abc", 3, 0), 3);
	}
}

/* How many are accepted; each must have its three bytes. */
static int all_accepted(int listener)
{
	int n = 0, fd, pipes[2];

	set_nonblocking(listener);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		ensure_ok(pipe(pipes));
		ensure_eq(events_within(fd, POLLIN, 1000), POLLIN);
		ensure_is(splice(fd, NULL, pipes[1], NULL, 3, 0), 3);
		close(pipes[0]);
		close(pipes[1]);
		n++;
	}
	return n;
}

/* One of theirs may join ours. What it leaves is still theirs, in nobody else's hands. */
WIRE_TEST(shared, reuseport__theirs_leaves_ours, "A2 D4 ATTACK-22")
{
	int first = ours(), second = theirs(), users;

	mixed_group(first, second);
	close(second);
	users = settled_users();
	ensure_eq(all_accepted(first), 8);
	ensure_eq(module_users() - users,
		  listed("/proc/thread-self/net/ltcp", "PassiveOpens"));
}

/* What ours leaves does not go to theirs. */
WIRE_TEST(shared, reuseport__ours_leaves_theirs, "A2 D4 ATTACK-22")
{
	int first = ours(), second = theirs(), users;

	mixed_group(first, second);
	close(first);
	users = settled_users();
	ensure_in(all_accepted(second), 0, 7);
	ensure_eq(module_users(), users);
}

/* Theirs that came to ours end with it. */
WIRE_TEST(shared, reuseport__theirs_ends_with_ours, "A2 D4 ATTACK-22")
{
	int first = ours(), second = theirs();

	mixed_group(first, second);
	close(second);
	close(first);
}

/* Theirs go on while ours come and go. */
WIRE_TEST(shared, traffic__theirs_is_undisturbed, "A2")
{
	struct sockaddr_in where;
	int listener = listen_on(theirs(), &where), client = theirs(), server, i;

	ensure_ok(try_connect(client, where));
	ensure_ok(server = accept(listener, NULL, NULL));
	for (i = 0; i < 20; i++) {
		struct pair p = connected();

		send_pattern(client, i * 10000, 10000);
		close(p.client);
		read_pattern(server, i * 10000, 10000);
		close(p.server);
		close(p.listener);
	}
}
