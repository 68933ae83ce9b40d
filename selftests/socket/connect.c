// SPDX-License-Identifier: GPL-2.0
/*
 * connect.c - connect() and what a socket is before and after it
 */
#include "pair.h"

WIRE_TEST(connect, connect__blocking, "A3 W4")
{
	struct pair p = connected();

	ensure_is(send(p.client, "to", 2, 0), 2);
	ensure_is(send(p.server, "fro", 3, 0), 3);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 2);
	ensure_is(recv(p.client, (char[8]){}, 8, 0), 3);
}

WIRE_TEST(connect, connect__blocking_waits_for_the_answer, "A3")
{
	int fd = new_socket();
	int64_t start = now_us();
	struct sockaddr_in peer = at_port(PEER_PORT);

	peer.sin_addr.s_addr = htonl(PEER_ADDR);
	after(300) {
		expect(SYN, SEQ(0));
		inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
		expect(ACK, SEQ(1), ACK(1));
	}
	ensure_ok(try_connect(fd, peer));
	ensure_took(start, 300);
	expect_reader_happy();
	end_case(fd);
}

WIRE_TEST(connect, connect__nonblocking, "A3")
{
	struct sockaddr_in where;
	int fd = app_connect();

	expect(SYN, SEQ(0));
	where = at_port(c->peer_port);
	where.sin_addr.s_addr = htonl(PEER_ADDR);
	ensure_fails(try_connect(fd, where), EALREADY);
	ensure_eq(events_of(fd), 0);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	ensure_eq(events_of(fd), POLLOUT);
	ensure_eq(error_of(fd), 0);
	ensure_ok(try_connect(fd, where));	/* tells the success, once */
	ensure_fails(try_connect(fd, where), EISCONN);
	end_case(fd);
}

WIRE_TEST(connect, connect__again, "A3")
{
	struct pair p = connected();

	ensure_fails(try_connect(p.client, bound_to(p.listener)), EISCONN);
	ensure_fails(try_connect(p.server, bound_to(p.listener)), EISCONN);
}

WIRE_TEST(connect, connect__on_a_listener, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	ensure_fails(try_connect(fd, where), EISCONN);
}

WIRE_TEST(connect, connect__refused, "A3 W9")
{
	ensure_fails(try_connect(new_socket(), at_port(9)), ECONNREFUSED);
}

WIRE_TEST(connect, connect__refused_nonblocking, "A3 W9")
{
	int fd = app_socket();

	app_connect_fd(fd);
	expect(SYN, SEQ(0));
	inject(RST | ACK, SEQ(0), ACK(1));
	ensure_eq(events_of(fd) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	ensure_eq(error_of(fd), ECONNREFUSED);
	ensure_eq(error_of(fd), 0);		/* told once */
}

WIRE_TEST(connect, connect__refused_then_again, "A3")
{
	struct sockaddr_in where;
	int listener = listen_at(&where), fd = new_socket();

	ensure_fails(try_connect(fd, at_port(9)), ECONNREFUSED);
	ensure_ok(try_connect(fd, where));
	close(listener);
}

WIRE_TEST_LONG(connect, connect__timed_out, 300, "A3 R1")
{
	struct sockaddr_in peer = at_port(PEER_PORT);
	int fd = new_socket();
	int64_t start;

	peer.sin_addr.s_addr = htonl(PEER_ADDR);
	sysctl_try("net/ipv4/tcp_syn_linear_timeouts", 0);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 2));
	start = now_us();
	ensure_fails(try_connect(fd, peer), ETIMEDOUT);
	ensure_took(start, 7000);		/* 1 + 2 + 4 s */
	ignore_rest();
}

WIRE_TEST(connect, connect__no_route, "A3")
{
	struct sockaddr_in to = at_port(80);

	ensure_eq(system("ip route replace unreachable 198.51.100.0/24"), 0);
	to.sin_addr.s_addr = inet_addr("198.51.100.1");
	ensure_fails(try_connect(new_socket(), to), EHOSTUNREACH);
}

WIRE_TEST(connect, connect__bad_address, "A3")
{
	struct sockaddr_in to = at_port(80);
	int fd = new_socket();

	ensure_fails(connect(fd, (struct sockaddr *)&to, 4), EINVAL);
	to.sin_family = AF_X25;
	ensure_fails(try_connect(fd, to), EAFNOSUPPORT);
	ensure_fails(connect(fd, NULL, sizeof(to)), EFAULT);
	to = at_port(80);
	to.sin_addr.s_addr = inet_addr("224.0.0.1");
	ensure_fails(try_connect(fd, to), ENETUNREACH);
	to.sin_addr.s_addr = INADDR_BROADCAST;
	ensure_fails(try_connect(fd, to), ENETUNREACH);
}

WIRE_TEST(connect, connect__interrupted, "A3")
{
	struct sockaddr_in peer = at_port(PEER_PORT);
	int fd = new_socket();

	peer.sin_addr.s_addr = htonl(PEER_ADDR);
	interrupt_after(200);
	ensure_fails(try_connect(fd, peer), EINTR);
	set_nonblocking(fd);
	ensure_fails(try_connect(fd, peer), EALREADY);	/* it goes on */
	close(fd);
	ignore_rest();
}

WIRE_TEST(connect, connect__send_timeout, "A3")
{
	struct timeval t = { .tv_usec = 400000 };
	struct sockaddr_in peer = at_port(PEER_PORT);
	int fd = new_socket();
	int64_t start = now_us();

	peer.sin_addr.s_addr = htonl(PEER_ADDR);
	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	ensure_fails(try_connect(fd, peer), EINPROGRESS);
	ensure_took(start, 400);
	close(fd);
	ignore_rest();
}

WIRE_TEST(connect, connect__unspec_disconnects, "A3 ATTACK-18 D4")
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct pair p = connected();
	struct sockaddr_in where = bound_to(p.listener);
	int again;

	ensure_ok(connect(p.client, &none, sizeof(none)));
	error_of(p.client);	/* the built-in reports its own reset here */
	ensure_fails(recv(p.client, (char[8]){}, 8, MSG_DONTWAIT), ENOTCONN);
	/* What readers divide by */
	ensure(app_info(p.client).tcpi_snd_mss, "the sending MSS is 0");
	ensure(app_info(p.client).tcpi_rcv_mss, "the receiving MSS is 0");
	ensure_fails(recv(p.server, (char[8]){}, 8, 0), ECONNRESET);
	ensure_ok(try_connect(p.client, where));
	ensure_ok(again = accept(p.listener, NULL, NULL));
	send_pattern(p.client, 0, 100000);
	read_pattern(again, 0, 100000);
}

/* A read that sleeps for more than the 100 bytes it has returns with these. */
WIRE_TEST(connect, connect__unspec_under_a_reader, "A3 ATTACK-18 D4")
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct pair p = connected();
	struct sockaddr_in where = bound_to(p.listener);
	unsigned char buf[300];
	int64_t start = now_us();
	int again;

	send_pattern(p.server, 0, 100);
	after(100) ensure_ok(connect(p.client, &none, sizeof(none)));
	ensure_is(recv(p.client, buf, sizeof(buf), MSG_WAITALL), 100);
	ensure_took(start, 100);
	check_pattern(buf, 0, 100);
	wait(NULL);
	error_of(p.client);
	ensure_fails(recv(p.client, buf, sizeof(buf), MSG_PEEK), ENOTCONN);
	ensure_ok(try_connect(p.client, where));
	ensure_ok(again = accept(p.listener, NULL, NULL));
	send_pattern(again, 0, 200);
	ensure_is(recv(p.client, buf, 200, MSG_WAITALL), 200);
	check_pattern(buf, 0, 200);
}

WIRE_TEST(connect, connect__unspec_ends_a_listener, "A3")
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in where;
	int fd = listen_at(&where);

	ensure_ok(connect(fd, &none, sizeof(none)));
	ensure_fails(try_connect(new_socket(), where), ECONNREFUSED);
	ensure_fails(accept(fd, NULL, NULL), EINVAL);
}

WIRE_TEST(connect, connect__unspec_on_a_new_socket, "A3")
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = new_socket();

	ensure_ok(connect(fd, &none, sizeof(none)));
	ensure_fails(recv(fd, (char[8]){}, 8, MSG_DONTWAIT), ENOTCONN);
}

WIRE_TEST(connect, connect__from_a_bound_port, "A3 W8")
{
	struct sockaddr_in where;
	int listener = listen_at(&where), fd = new_socket();

	ensure_ok(try_bind(fd, at_port(4321)));
	ensure_ok(try_connect(fd, where));
	ensure_eq(ntohs(bound_to(fd).sin_port), 4321);
	close(listener);
}

WIRE_TEST(connect, connect__one_port_many_peers, "W8")
{
	struct sockaddr_in a, b;
	int one = listen_at(&a), two = listen_at(&b);
	int x = new_socket(), y = new_socket();

	ensure_ok(set_int(x, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(set_int(y, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(try_bind(x, at_port(4321)));
	ensure_ok(try_bind(y, at_port(4321)));
	ensure_ok(try_connect(x, a));
	ensure_ok(try_connect(y, b));
	close(one);
	close(two);
}

WIRE_TEST(connect, connect__same_pair_twice, "W8")
{
	struct sockaddr_in where;
	int listener = listen_at(&where), x = new_socket(), y = new_socket();

	ensure_ok(set_int(x, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(set_int(y, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(try_bind(x, at_port(4321)));
	ensure_ok(try_bind(y, at_port(4321)));
	ensure_ok(try_connect(x, where));
	ensure_fails(try_connect(y, where), EADDRNOTAVAIL);
	close(listener);
}

WIRE_TEST(connect, connect__ports_exhausted, "W8")
{
	struct sockaddr_in where;
	int listener = listen_at(&where), i;

	sysctl_set_str("net/ipv4/ip_local_port_range", "30000 30003");
	for (i = 0; i < 4; i++)
		ensure_ok(try_connect(new_socket(), where));
	ensure_fails(try_connect(new_socket(), where), EADDRNOTAVAIL);
	close(listener);
}

WIRE_TEST(connect, connect__to_itself, "W5")
{
	int fd = new_socket();

	ensure_ok(try_bind(fd, at_port(4321)));
	ensure_ok(try_connect(fd, at_port(4321)));
	send_pattern(fd, 0, 1000);
	read_pattern(fd, 0, 1000);
	ensure_ok(shutdown(fd, SHUT_WR));
	ensure_is(recv(fd, (char[8]){}, 8, 0), 0);
}

WIRE_TEST(connect, names__of_both_ends, "A3")
{
	struct pair p = connected();
	struct sockaddr_in peer, mine = bound_to(p.client);
	socklen_t len = sizeof(peer);

	ensure_ok(getpeername(p.server, (struct sockaddr *)&peer, &len));
	ensure_eq(len, sizeof(peer));
	ensure(!memcmp(&peer, &mine, sizeof(peer)), "the server sees another client");
	ensure_ok(getpeername(p.client, (struct sockaddr *)&peer, &len));
	mine = bound_to(p.listener);
	ensure(!memcmp(&peer, &mine, sizeof(peer)), "the client sees another server");
}

WIRE_TEST(connect, names__without_a_connection, "A3")
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	int fd = new_socket();

	ensure_fails(getpeername(fd, (struct sockaddr *)&name, &len), ENOTCONN);
	ensure_eq(bound_to(fd).sin_port, 0);
	ensure_eq(bound_to(fd).sin_addr.s_addr, 0);
	ensure_fails(getpeername(listen_at(&name), (struct sockaddr *)&name, &len), ENOTCONN);
}

WIRE_TEST(connect, send__before_connect, "A3")
{
	signal(SIGPIPE, SIG_DFL);
	ensure_fails(send(new_socket(), "x", 1, MSG_NOSIGNAL), EPIPE);
	ensure_fails(recv(new_socket(), (char[8]){}, 8, 0), ENOTCONN);
	ensure_fails(shutdown(new_socket(), SHUT_RDWR), ENOTCONN);
}

WIRE_TEST(connect, socket__kinds, "A1 A3")
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol());

	ensure_ok(fd);
	ensure(fcntl(fd, F_GETFL) & O_NONBLOCK, "SOCK_NONBLOCK is lost");
	ensure(fcntl(fd, F_GETFD) & FD_CLOEXEC, "SOCK_CLOEXEC is lost");
	ensure_eq(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	ensure_eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
	ensure_eq(get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	ensure_eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
	ensure_fails(socket(AF_INET, SOCK_DGRAM, IPPROTO_LTCP), EPROTONOSUPPORT);
}
