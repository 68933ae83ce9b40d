// SPDX-License-Identifier: GPL-2.0
/*
 * listen.c - bind(), listen(), accept(), and who may share a port
 */
#include <linux/filter.h>
#include <net/if.h>
#include <poll.h>

#include "pair.h"

WIRE_TEST(listen, bind__address_in_use, "A3 A2")
{
	struct sockaddr_in where;
	int listener = listen_at(&where);

	ensure_fails(try_bind(new_socket(), where), EADDRINUSE);
	close(listener);
	ensure_ok(try_bind(new_socket(), where));
}

WIRE_TEST(listen, bind__foreign_address, "A3")
{
	struct sockaddr_in where = at_port(80);

	where.sin_addr.s_addr = inet_addr("198.51.100.1");
	ensure_fails(try_bind(new_socket(), where), EADDRNOTAVAIL);
}

WIRE_TEST(listen, bind__bad_arguments, "A3")
{
	struct sockaddr_in where = at_port(0);
	int fd = new_socket();

	ensure_fails(bind(fd, (struct sockaddr *)&where, 4), EINVAL);
	where.sin_family = AF_X25;
	ensure_fails(try_bind(fd, where), EAFNOSUPPORT);
	ensure_ok(try_bind(fd, at_port(0)));
	ensure_fails(try_bind(fd, at_port(0)), EINVAL);		/* once only */
}

WIRE_TEST(listen, bind__privileged_port, "A3")
{
	int fd = new_socket();

	ensure_ok(seteuid(65534));
	ensure_fails(try_bind(fd, at_port(80)), EACCES);
	ensure_ok(seteuid(0));
	ensure_ok(try_bind(fd, at_port(80)));
}

WIRE_TEST(listen, bind__ephemeral_ports_differ, "W8")
{
	uint16_t ports[20];
	int i, j;

	for (i = 0; i < 20; i++) {
		int fd = new_socket();

		ensure_ok(try_bind(fd, at_port(0)));
		ports[i] = ntohs(bound_to(fd).sin_port);
		ensure_in(ports[i], 1024, 65535);
		for (j = 0; j < i; j++)
			ensure(ports[i] != ports[j], "port %d was given twice", ports[i]);
	}
}

WIRE_TEST(listen, listen__unbound_socket, "A3")
{
	int fd = new_socket(), client = new_socket();
	struct sockaddr_in where;

	ensure_ok(listen(fd, 4));
	where = bound_to(fd);
	ensure(where.sin_port, "listen() chose no port");
	ensure_ok(try_connect(client, at_port(ntohs(where.sin_port))));
	ensure_ok(accept(fd, NULL, NULL));
	ensure_eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
}

WIRE_TEST(listen, listen__connected_socket, "A3")
{
	struct pair p = connected();

	ensure_fails(listen(p.client, 4), EINVAL);
}

WIRE_TEST(listen, listen__again_changes_the_backlog, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	ensure_ok(listen(fd, 1));
	ensure_ok(listen(fd, 64));
	ensure_ok(try_connect(new_socket(), where));
}

/* A full accept queue: the handshake's last ACK is ignored, the client waits. */
WIRE_TEST_LONG(listen, listen__backlog_overflow, 120, "A3 W9")
{
	int fd = new_socket(), clients[6], i, waiting = 0;
	struct sockaddr_in where;

	ensure_ok(try_bind(fd, at_port(0)));
	ensure_ok(listen(fd, 2));
	where = bound_to(fd);
	for (i = 0; i < 6; i++) {
		clients[i] = new_socket();
		set_nonblocking(clients[i]);
		ensure_fails(try_connect(clients[i], where), EINPROGRESS);
		pass_ms(10);
		waiting += !(events_of(clients[i]) & POLLOUT);
	}
	ensure_in(waiting, 1, 4);
	ensure(counter("TcpExt", "ListenOverflows") > 0, "no overflow was counted");
	for (i = 0; i < 6; i++)
		ensure_ok(accept(fd, NULL, NULL));
	for (i = 0; i < 6; i++)
		ensure_eq(events_of(clients[i]), POLLOUT);
}

WIRE_TEST(listen, listen__backlog_overflow_resets, "W9")
{
	struct connection *all[4] = { c };
	int i;

	sysctl_set("net/ipv4/tcp_abort_on_overflow", 1);
	app_listen_fd(app_socket(), 2);		/* room for three */
	/* Two are in the queue when two more begin, which both find room ... */
	for (i = 0; i < 4; i++) {
		if (i)
			all[i] = new_connection();
		c->stack_port = STACK_PORT;
		inject(SYN, SEQ(0), MSS(1460));
		expect(SYN | ACK, SEQ(0), ACK(1));
		if (i < 2)
			inject(ACK, SEQ(1), ACK(1));
	}
	talk_about(all[2]);
	inject(ACK, SEQ(1), ACK(1));
	/* ... until the other one takes it. */
	talk_about(all[3]);
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
}

WIRE_TEST(listen, accept__nothing_there, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	set_nonblocking(fd);
	ensure_fails(accept(fd, NULL, NULL), EAGAIN);
	ensure_eq(events_of(fd), 0);
}

WIRE_TEST(listen, accept__not_a_listener, "A3")
{
	struct pair p = connected();

	ensure_fails(accept(new_socket(), NULL, NULL), EINVAL);
	ensure_fails(accept(p.client, NULL, NULL), EINVAL);
}

WIRE_TEST(listen, accept__waits, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);
	int64_t start = now_us();

	after(200) {
		try_connect(new_socket(), where);
		pass_ms(100);
	}
	ensure_ok(accept(fd, NULL, NULL));
	ensure_took(start, 200);
}

WIRE_TEST(listen, accept__times_out, "A3")
{
	struct timeval t = { .tv_usec = 300000 };
	struct sockaddr_in where;
	int fd = listen_at(&where);
	int64_t start = now_us();

	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	ensure_fails(accept(fd, NULL, NULL), EAGAIN);
	ensure_took(start, 300);
}

WIRE_TEST(listen, accept__interrupted, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	interrupt_after(100);
	ensure_fails(accept(fd, NULL, NULL), EINTR);
}

WIRE_TEST(listen, accept__listener_shut_down, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	after(100) shutdown(fd, SHUT_RDWR);
	ensure_fails(accept(fd, NULL, NULL), EINVAL);
	ensure_fails(try_connect(new_socket(), where), ECONNREFUSED);
}

WIRE_TEST(listen, accept__flags, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), child;

	ensure_ok(try_connect(new_socket(), where));
	ensure_ok(child = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	ensure(fcntl(child, F_GETFL) & O_NONBLOCK, "SOCK_NONBLOCK is lost");
	ensure(fcntl(child, F_GETFD) & FD_CLOEXEC, "SOCK_CLOEXEC is lost");
	ensure_ok(try_connect(new_socket(), where));
	set_nonblocking(fd);
	ensure_ok(child = accept4(fd, NULL, NULL, 0));
	ensure(!(fcntl(child, F_GETFL) & O_NONBLOCK), "O_NONBLOCK is inherited");
	ensure_fails(accept4(fd, NULL, NULL, 1), EINVAL);
}

WIRE_TEST(listen, accept__tells_who, "A3")
{
	struct sockaddr_in where, who, client_at;
	socklen_t len = sizeof(who);
	int fd = listen_at(&where), client = new_socket();

	ensure_ok(try_connect(client, where));
	client_at = bound_to(client);
	ensure_ok(accept(fd, (struct sockaddr *)&who, &len));
	ensure_eq(len, sizeof(who));
	ensure(!memcmp(&who, &client_at, sizeof(who)), "accept() names another peer");
}

WIRE_TEST(listen, accept__options_are_inherited, "A3 A4")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), child;

	ensure_ok(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 99));
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 7000));
	ensure_ok(set_int(fd, IPPROTO_IP, IP_TTL, 33));
	ensure_ok(try_connect(new_socket(), where));
	ensure_ok(child = accept(fd, NULL, NULL));
	ensure_eq(get_int(child, SOL_SOCKET, SO_KEEPALIVE), 1);
	ensure_eq(get_int(child, IPPROTO_TCP, TCP_NODELAY), 1);
	ensure_eq(get_int(child, IPPROTO_TCP, TCP_KEEPIDLE), 99);
	ensure_eq(get_int(child, IPPROTO_TCP, TCP_USER_TIMEOUT), 7000);
	ensure_eq(get_int(child, IPPROTO_IP, IP_TTL), 33);
	ensure_eq(get_int(child, SOL_SOCKET, SO_ACCEPTCONN), 0);
}

WIRE_TEST(listen, accept__connection_already_reset, "A3")
{
	struct linger hard = { .l_onoff = 1 };
	struct sockaddr_in where;
	int fd = listen_at(&where), client = new_socket(), child;

	ensure_ok(try_connect(client, where));
	ensure_ok(setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	close(client);
	ensure_ok(child = accept(fd, NULL, NULL));
	ensure_fails(recv(child, (char[8]){}, 8, 0), ECONNRESET);
}

WIRE_TEST(listen, accept__data_before_it, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), client = new_socket(), child;

	ensure_ok(try_connect(client, where));
	send_pattern(client, 0, 3000);
	ensure_ok(shutdown(client, SHUT_WR));
	pass_ms(100);
	ensure_ok(child = accept(fd, NULL, NULL));
	ensure_eq(drain_pattern(child, 0), 3000);
}

/* Those in the queue are reset when their listener goes. */
WIRE_TEST(listen, close__with_a_queue, "A3 S5")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), client = new_socket();

	ensure_ok(try_connect(client, where));
	close(fd);
	ensure_fails(recv(client, (char[8]){}, 8, 0), ECONNRESET);
}

WIRE_TEST(listen, reuseaddr__over_time_wait, "A3 S4")
{
	int listener = new_socket(), client = new_socket(), server, fd = new_socket();
	struct sockaddr_in where;

	ensure_ok(set_int(listener, SOL_SOCKET, SO_REUSEADDR, 1));
	listen_on(listener, &where);
	ensure_ok(try_connect(client, where));
	ensure_ok(server = accept(listener, NULL, NULL));
	close(server);			/* TIME-WAIT is on the server's side */
	ensure_is(recv(client, (char[8]){}, 8, 0), 0);
	close(client);
	close(listener);
	pass_ms(100);
	ensure_fails(try_bind(fd, where), EADDRINUSE);
	ensure_ok(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(try_bind(fd, where));
	ensure_ok(listen(fd, 4));
	ensure_ok(try_connect(new_socket(), where));
}

WIRE_TEST(listen, reuseaddr__not_over_a_listener, "A3")
{
	int a = new_socket(), b = new_socket();
	struct sockaddr_in where;

	ensure_ok(set_int(a, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(set_int(b, SOL_SOCKET, SO_REUSEADDR, 1));
	listen_on(a, &where);
	ensure_fails(try_bind(b, where), EADDRINUSE);
}

WIRE_TEST(listen, reuseaddr__two_binds_one_listens, "A3")
{
	int a = new_socket(), b = new_socket();

	ensure_ok(set_int(a, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(set_int(b, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(try_bind(a, at_port(4321)));
	ensure_ok(try_bind(b, at_port(4321)));
	ensure_ok(listen(a, 4));
	ensure_fails(listen(b, 4), EADDRINUSE);
}

WIRE_TEST(listen, reuseport__listeners_share, "A3")
{
	enum { LISTENERS = 4, CLIENTS = 64 };
	int fds[LISTENERS], got[LISTENERS] = {}, i, served = 0, total = 0;
	struct sockaddr_in where = at_port(0);

	for (i = 0; i < LISTENERS; i++) {
		fds[i] = new_socket();
		ensure_ok(set_int(fds[i], SOL_SOCKET, SO_REUSEPORT, 1));
		ensure_ok(try_bind(fds[i], where));
		ensure_ok(listen(fds[i], CLIENTS));
		set_nonblocking(fds[i]);
		where = bound_to(fds[i]);
	}
	for (i = 0; i < CLIENTS; i++)
		ensure_ok(try_connect(new_socket(), where));
	for (i = 0; i < LISTENERS; i++) {
		while (accept(fds[i], NULL, NULL) >= 0)
			got[i]++;
		served += got[i] > 0;
		total += got[i];
	}
	ensure_eq(total, CLIENTS);
	ensure_in(served, 2, LISTENERS);
}

WIRE_TEST(listen, reuseport__a_listener_leaves, "A3 ATTACK-22 D4")
{
	int a = new_socket(), b = new_socket(), i;
	struct sockaddr_in where;

	ensure_ok(set_int(a, SOL_SOCKET, SO_REUSEPORT, 1));
	ensure_ok(set_int(b, SOL_SOCKET, SO_REUSEPORT, 1));
	listen_on(a, &where);
	ensure_ok(try_bind(b, where));
	ensure_ok(listen(b, 16));
	close(a);
	for (i = 0; i < 8; i++) {
		ensure_ok(try_connect(new_socket(), where));
		ensure_ok(accept(b, NULL, NULL));
	}
}

/* A group of two on one port, whose first member takes all connections. */
static void two_of_a_group(int fd[2], struct sockaddr_in *where)
{
	struct sock_filter first = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog program = { 1, &first };
	int i;

	*where = at_port(0);
	for (i = 0; i < 2; i++) {
		fd[i] = new_socket();
		ensure_ok(set_int(fd[i], SOL_SOCKET, SO_REUSEPORT, 1));
		ensure_ok(try_bind(fd[i], *where));
		ensure_ok(listen(fd[i], 16));
		*where = bound_to(fd[i]);
	}
	ensure_ok(setsockopt(fd[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			     sizeof(program)));
}

/* With tcp_migrate_req what nobody accepted goes to another, who may be waiting. */
WIRE_TEST(listen, reuseport__who_waits_gets_what_is_left, "A3 ATTACK-22 D4")
{
	int fd[2], client = new_socket(), server;
	struct sockaddr_in where;
	int64_t start;

	sysctl_set("net/ipv4/tcp_migrate_req", 1);
	two_of_a_group(fd, &where);
	ensure_ok(try_connect(client, where));
	set_nonblocking(fd[1]);
	ensure_fails(accept(fd[1], NULL, NULL), EAGAIN);
	start = now_us();
	after(100) close(fd[0]);
	ensure_eq(events_within(fd[1], POLLIN, 5000), POLLIN);
	ensure_took(start, 100);
	ensure_ok(server = accept(fd[1], NULL, NULL));
	ensure_is(send(client, "x", 1, 0), 1);
	ensure_is(recv(server, (char[8]){}, 8, 0), 1);
}

WIRE_TEST(listen, reuseport__needs_it_on_both, "A3")
{
	int a = new_socket(), b = new_socket();
	struct sockaddr_in where;

	listen_on(a, &where);
	ensure_ok(set_int(b, SOL_SOCKET, SO_REUSEPORT, 1));
	ensure_fails(try_bind(b, where), EADDRINUSE);
}

WIRE_TEST(listen, bindtodevice__listener, "A3")
{
	struct sockaddr_in where = at_port(4321);
	int fd = new_socket();

	where.sin_addr.s_addr = INADDR_ANY;
	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "wire0", 6));
	ensure_ok(try_bind(fd, where));
	ensure_ok(listen(fd, 4));
	ensure_fails(try_connect(new_socket(), at_port(4321)), ECONNREFUSED);
	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ensure_ok(try_connect(new_socket(), at_port(4321)));
}

WIRE_TEST(listen, bindtodevice__client, "A3")
{
	char name[IFNAMSIZ];
	socklen_t len = sizeof(name);
	int fd = app_socket();

	ensure_fails(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nodev", 6), ENODEV);
	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "wire0", 6));
	ensure_ok(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	ensure(!strcmp(name, "wire0"), "bound to %s", name);
	active_open_fd(fd);
	end_case(fd);
}
