// SPDX-License-Identifier: GPL-2.0
/*
 * close.c - shutdown(), close(), linger, resets: what both programs are told
 */
#include "pair.h"

static void arrive(void)
{
	pass_ms(20);
}

static void set_linger(int fd, int on, int seconds)
{
	struct linger l = { .l_onoff = on, .l_linger = seconds };

	ensure_ok(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

WIRE_TEST(close, shutdown__half_close, "S2 A3")
{
	struct pair p = connected();

	send_pattern(p.client, 0, 1000);
	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_eq(drain_pattern(p.server, 0), 1000);
	send_pattern(p.server, 0, 100000);		/* the other way goes on */
	read_pattern(p.client, 0, 100000);
	close(p.server);
	ensure_is(recv(p.client, (char[8]){}, 8, 0), 0);
}

WIRE_TEST(close, shutdown__twice, "S2 A3")
{
	struct pair p = connected();

	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_fails(send(p.client, "x", 1, MSG_NOSIGNAL), EPIPE);
	ensure_ok(shutdown(p.client, SHUT_RD));
	ensure_ok(shutdown(p.client, SHUT_RDWR));
}

WIRE_TEST(close, shutdown__reading_side, "S2 A3")
{
	struct pair p = connected();

	ensure_ok(shutdown(p.server, SHUT_RD));
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
	ensure_is(send(p.server, "still", 5, 0), 5);
	ensure_is(recv(p.client, (char[8]){}, 8, 0), 5);
	/* what comes all the same can be read */
	ensure_is(send(p.client, "late", 4, 0), 4);
	arrive();
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 4);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
}

WIRE_TEST(close, shutdown__wakes_a_reader, "A3")
{
	struct pair p = connected();

	after(100) shutdown(p.server, SHUT_RD);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
}

WIRE_TEST(close, shutdown__both_sides_at_once, "S3 A3")
{
	struct pair p = connected();

	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_ok(shutdown(p.server, SHUT_WR));
	ensure_is(recv(p.client, (char[8]){}, 8, 0), 0);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
}

WIRE_TEST(close, shutdown__bad_argument, "A3")
{
	struct pair p = connected();

	ensure_fails(shutdown(p.client, 3), EINVAL);
	ensure_fails(shutdown(p.client, -1), EINVAL);
}

WIRE_TEST(close, close__delivers_what_was_sent, "S2 A3")
{
	struct pair p = connected();

	send_pattern(p.client, 0, 30000);
	close(p.client);
	ensure_eq(drain_pattern(p.server, 0), 30000);
}

/* RFC 2525, section 2.17. */
WIRE_TEST(close, close__unread_data_resets, "S5 A3")
{
	struct pair p = connected();

	send_pattern(p.client, 0, 100);
	arrive();
	close(p.server);
	ensure_fails(recv(p.client, (char[8]){}, 8, 0), ECONNRESET);
	ensure_is(recv(p.client, (char[8]){}, 8, 0), 0);	/* told once */
}

WIRE_TEST(close, close__data_after_it_resets, "S5 A3")
{
	struct pair p = connected();

	close(p.server);
	arrive();
	ensure_is(recv(p.client, (char[8]){}, 8, 0), 0);
	ensure_is(send(p.client, "x", 1, MSG_NOSIGNAL), 1);	/* the peer is gone */
	arrive();
	ensure_fails(send(p.client, "x", 1, MSG_NOSIGNAL), EPIPE);
}

WIRE_TEST(close, reset__what_the_program_sees, "S5 A3")
{
	struct pair p = connected();

	set_linger(p.client, 1, 0);
	close(p.client);
	arrive();
	ensure_eq(events_of(p.server) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	ensure_eq(error_of(p.server), ECONNRESET);
	ensure_eq(error_of(p.server), 0);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
	ensure_fails(send(p.server, "x", 1, MSG_NOSIGNAL), EPIPE);
}

WIRE_TEST(close, reset__recv_tells_it_first, "S5 A3")
{
	struct pair p = connected();

	set_linger(p.client, 1, 0);
	close(p.client);
	arrive();
	ensure_fails(recv(p.server, (char[8]){}, 8, 0), ECONNRESET);
	ensure_eq(error_of(p.server), 0);
}

WIRE_TEST(close, reset__send_tells_it_first, "S5 A3")
{
	struct pair p = connected();

	set_linger(p.client, 1, 0);
	close(p.client);
	arrive();
	ensure_fails(send(p.server, "x", 1, MSG_NOSIGNAL), ECONNRESET);
	ensure_fails(send(p.server, "x", 1, MSG_NOSIGNAL), EPIPE);
}

WIRE_TEST(close, reset__wakes_a_reader, "S5 A3")
{
	struct pair p = connected();

	set_linger(p.client, 1, 0);
	after(100) close(p.client);
	ensure_fails(recv(p.server, (char[8]){}, 8, 0), ECONNRESET);
}

WIRE_TEST(close, reset__wakes_a_writer, "S5 A3")
{
	struct pair p = connected_small(8192);

	fill(p.server);
	set_linger(p.client, 1, 0);
	after(100) close(p.client);
	ensure_fails(send(p.server, "x", 1, MSG_NOSIGNAL), ECONNRESET);
}

/* Both queues are discarded (RFC 9293, section 3.10.5). */
WIRE_TEST(close, linger0__discards_unsent_data, "S5 A3")
{
	struct pair p = connected_small(8192);

	fill(p.client);
	set_linger(p.client, 1, 0);
	close(p.client);
	arrive();
	ensure_eq(error_of(p.server), ECONNRESET);
}

WIRE_TEST(close, linger__waits_for_the_acknowledgment, "S2 A3")
{
	struct pair p = connected_small(8192);
	size_t bytes = fill(p.client);
	int64_t start = now_us();

	set_linger(p.client, 1, 10);
	after(300) {
		if (drain_pattern(p.server, 0) != bytes)
			_exit(1);
	}
	close(p.client);
	ensure_took(start, 300);
	expect_reader_happy();
}

WIRE_TEST(close, linger__gives_up, "S2 A3")
{
	struct pair p = connected_small(8192);
	int64_t start;

	fill(p.client);
	set_linger(p.client, 1, 2);
	start = now_us();
	close(p.client);
	ensure_took(start, 2000);
}

WIRE_TEST(close, linger__value_is_kept, "A3")
{
	struct linger l;
	socklen_t len = sizeof(l);
	int fd = new_socket();

	set_linger(fd, 1, 7);
	ensure_ok(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	ensure_eq(l.l_onoff, 1);
	ensure_eq(l.l_linger, 7);
}

WIRE_TEST(close, close__without_a_connection, "A3 A7")
{
	struct sockaddr_in where;

	ensure_ok(close(new_socket()));
	ensure_ok(close(listen_at(&where)));
	ensure_fails(try_connect(new_socket(), where), ECONNREFUSED);
}

WIRE_TEST(close, close__while_connecting, "S1 A3")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	close(fd);
	expect_silence(5000);
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(close, shutdown__while_connecting, "S1 A3")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	ensure_ok(shutdown(fd, SHUT_RDWR));
	expect_silence(5000);
	ensure_eq(events_of(fd) & POLLHUP, POLLHUP);
	ensure_is(send(fd, "x", 1, MSG_NOSIGNAL), -1);
}

/* Everything is told of the peer that left for good (R2). */
WIRE_TEST_LONG(close, user_timeout__etimedout, 100, "R2 A4")
{
	int fd = active_open();
	int64_t start;

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 3000));
	app_write(fd, 100);
	start = now_us();
	ensure_eq(events_within(fd, POLLIN, 60000) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	ensure_in((now_us() - start) / 1000, 2500, 6500);
	ensure_eq(error_of(fd), ETIMEDOUT);
	end_case(fd);
}

WIRE_TEST_LONG(close, retries2__etimedout, 2000, "R1 A3")
{
	int fd = active_open();

	sysctl_set("net/ipv4/tcp_retries2", 4);
	app_write(fd, 100);
	ensure_eq(events_within(fd, POLLIN, 1500000) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	ensure_fails(recv(fd, (char[8]){}, 8, 0), ETIMEDOUT);
	end_case(fd);
}

WIRE_TEST_LONG(close, keepalive__etimedout, 400, "F7 A4")
{
	int fd = active_open();
	int64_t start;

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 20));
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5));
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 3));
	ensure_ok(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	start = now_us();
	ensure_eq(events_within(fd, POLLIN, 300000) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	ensure_in((now_us() - start) / 1000, 34000, 42000);
	ensure_eq(error_of(fd), ETIMEDOUT);
	end_case(fd);
}

WIRE_TEST(close, host_unreachable__soft_then_told, "R9 A3")
{
	struct sockaddr_in to;
	socklen_t len = sizeof(to);
	int fd = active_open();

	/* Only with IP_RECVERR is a program told of a soft error at once. */
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	inject_icmp(3, 1, SEQ(1));
	ensure_eq(events_of(fd) & (POLLERR | POLLHUP), 0);
	ensure_eq(error_of(fd), EHOSTUNREACH);
	ensure_ok(getpeername(fd, (struct sockaddr *)&to, &len));
	end_case(fd);
}

WIRE_TEST(close, exit__closes_everything, "S5 A3 A7")
{
	struct pair p = connected();
	pid_t pid = fork();

	if (!pid)
		pause();
	close(p.client);
	ensure_ok(kill(pid, SIGKILL));
	ensure_ok(waitpid(pid, NULL, 0));
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
}
