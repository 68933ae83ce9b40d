// SPDX-License-Identifier: GPL-2.0
/*
 * flags.c - MSG_* flags, queue lengths, low-water marks
 */
#include <linux/sockios.h>

#include "pair.h"

/* Lets what was sent arrive. */
static void arrive(void)
{
	pass_ms(20);
}

WIRE_TEST(flags, peek__leaves_the_data, "A3")
{
	struct pair p = connected();
	char a[8] = {}, b[8] = {};

	send(p.client, "peekaboo", 8, 0);
	arrive();
	ensure_is(recv(p.server, a, 4, MSG_PEEK), 4);
	ensure_is(recv(p.server, b, 8, MSG_PEEK), 8);
	ensure(!memcmp(a, "peek", 4) && !memcmp(b, "peekaboo", 8), "not what was sent");
	ensure_is(recv(p.server, b, 8, 0), 8);
	ensure_fails(recv(p.server, b, 8, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
}

WIRE_TEST(flags, peek__at_the_end, "A3")
{
	struct pair p = connected();

	send(p.client, "x", 1, 0);
	shutdown(p.client, SHUT_WR);
	arrive();
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_PEEK), 1);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 1);
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_PEEK), 0);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
}

/* Must come back, and not spin for ever (CVE-2026-43029). */
WIRE_TEST(flags, peek__with_waitall, "A3 ATTACK-23 D4")
{
	struct timeval t = { .tv_usec = 300000 };
	struct pair p = connected();

	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	send(p.client, "half", 4, 0);
	arrive();
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_PEEK | MSG_WAITALL), 4);
	after(100) send(p.client, "half", 4, 0);
	pass_ms(200);
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_PEEK | MSG_WAITALL), 8);
}

WIRE_TEST(flags, peek_off__moves_on, "A3")
{
	struct pair p = connected();
	char a[4] = {};

	if (set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, 0) && errno == EOPNOTSUPP)
		wire_skip("this kernel has no SO_PEEK_OFF for TCP");
	send(p.client, "abcdef", 6, 0);
	arrive();
	ensure_is(recv(p.server, a, 2, MSG_PEEK), 2);
	ensure_is(recv(p.server, a, 2, MSG_PEEK), 2);
	ensure(!memcmp(a, "cd", 2), "the second peek sees %.2s", a);
	ensure_is(recv(p.server, a, 2, 0), 2);
	ensure(!memcmp(a, "ab", 2), "reading begins with %.2s", a);
}

WIRE_TEST(flags, waitall__waits_for_all, "A3")
{
	struct pair p = connected();
	int64_t start = now_us();
	char a[8];

	send(p.client, "half", 4, 0);
	after(200) send(p.client, "full", 4, 0);
	ensure_is(recv(p.server, a, 8, MSG_WAITALL), 8);
	ensure_took(start, 200);
	ensure(!memcmp(a, "halffull", 8), "not what was sent");
}

WIRE_TEST(flags, waitall__ends_with_the_stream, "A3")
{
	struct pair p = connected();

	send(p.client, "half", 4, 0);
	after(100) shutdown(p.client, SHUT_WR);
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_WAITALL), 4);
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_WAITALL), 0);
}

WIRE_TEST(flags, waitall__interrupted, "A3")
{
	struct pair p = connected();

	send(p.client, "half", 4, 0);
	interrupt_after(100);
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_WAITALL), 4);
}

WIRE_TEST(flags, waitall__more_than_the_window, "A3 F4")
{
	enum { BYTES = 100000 };
	struct pair p = connected_small(4096);
	static char buf[BYTES];

	after(0) send_pattern(p.client, 0, BYTES);
	ensure_is(recv(p.server, buf, BYTES, MSG_WAITALL), BYTES);
}

WIRE_TEST(flags, dontwait__returns_at_once, "A3")
{
	struct pair p = connected_small(8192);
	int64_t start = now_us();

	ensure_fails(recv(p.server, (char[8]){}, 8, MSG_DONTWAIT), EAGAIN);
	ensure_in(now_us() - start, 0, 100000);
	fill(p.client);
	start = now_us();
	ensure_fails(send(p.client, "x", 1, MSG_DONTWAIT), EAGAIN);
	ensure_in(now_us() - start, 0, 100000);
}

WIRE_TEST(flags, dontwait__takes_what_is_there, "A3")
{
	struct pair p = connected();

	send(p.client, "abc", 3, 0);
	arrive();
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_DONTWAIT), 3);
}

/* tcp(7): the bytes are discarded instead of copied. */
WIRE_TEST(flags, trunc__discards, "A3")
{
	struct pair p = connected();
	char a[8] = "untouch";

	send_pattern(p.client, 0, 10);
	arrive();
	ensure_is(recv(p.server, a, 4, MSG_TRUNC), 4);
	ensure(!strcmp(a, "untouch"), "the buffer was written to");
	ensure_is(recv(p.server, NULL, 2, MSG_TRUNC), 2);
	read_pattern(p.server, 6, 4);
}

WIRE_TEST(flags, more__holds_back, "A3 F3")
{
	struct pair p = connected();

	ensure_ok(set_int(p.client, IPPROTO_TCP, TCP_NODELAY, 1));
	ensure_is(send(p.client, "ab", 2, MSG_MORE), 2);
	ensure_eq(events_within(p.server, POLLIN, 100), 0);
	ensure_is(send(p.client, "cd", 2, 0), 2);
	arrive();
	ensure_is(recv(p.server, (char[8]){}, 8, MSG_DONTWAIT), 4);
}

WIRE_TEST(flags, oob__is_refused_or_sent, "F8")
{
	struct pair p = connected();
	char mark;

	if (is_ltcp() && send(p.client, "!", 1, MSG_OOB) < 0) {
		ensure_eq(errno, EOPNOTSUPP);
		wire_skip("urgent data is not there yet");
	}
	if (!is_ltcp())
		ensure_is(send(p.client, "!", 1, MSG_OOB), 1);
	arrive();
	ensure_is(recv(p.server, &mark, 1, MSG_OOB), 1);
	ensure_eq(mark, '!');
}

WIRE_TEST(flags, oob__nothing_urgent, "F8 A3")
{
	struct pair p = connected();

	ensure_fails(recv(p.server, (char[8]){}, 1, MSG_OOB), EINVAL);
}

WIRE_TEST(flags, errqueue__empty, "A3")
{
	struct pair p = connected();

	ensure_fails(recv(p.server, (char[8]){}, 8, MSG_ERRQUEUE), EAGAIN);
}

WIRE_TEST(flags, nosignal__epipe, "A3")
{
	struct pair p = connected();

	signal(SIGPIPE, SIG_DFL);
	ensure_ok(shutdown(p.client, SHUT_WR));
	ensure_fails(send(p.client, "x", 1, MSG_NOSIGNAL), EPIPE);
}

WIRE_TEST(flags, sigpipe__kills, "A3")
{
	struct pair p = connected();
	int status;
	pid_t pid;

	ensure_ok(shutdown(p.client, SHUT_WR));
	pid = fork();
	if (!pid) {
		signal(SIGPIPE, SIG_DFL);
		send(p.client, "x", 1, 0);
		_exit(0);
	}
	ensure_ok(waitpid(pid, &status, 0));
	ensure(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "no SIGPIPE");
}

WIRE_TEST(flags, fionread__what_can_be_read, "A3")
{
	struct pair p = connected();

	ensure_eq(count_of(p.server, FIONREAD), 0);
	send_pattern(p.client, 0, 1000);
	arrive();
	ensure_eq(count_of(p.server, FIONREAD), 1000);
	read_pattern(p.server, 0, 300);
	ensure_eq(count_of(p.server, FIONREAD), 700);
	shutdown(p.client, SHUT_WR);
	arrive();
	ensure_eq(count_of(p.server, FIONREAD), 700);	/* the FIN is no byte */
	read_pattern(p.server, 300, 700);
	ensure_eq(count_of(p.server, FIONREAD), 0);
}

WIRE_TEST(flags, outq__what_is_on_its_way, "A3")
{
	struct pair p;
	int fd = active_open();

	ensure_eq(count_of(fd, SIOCOUTQ), 0);
	ensure_eq(count_of(fd, SIOCOUTQNSD), 0);
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	ensure_eq(count_of(fd, SIOCOUTQ), 1000);	/* sent, not acknowledged */
	ensure_eq(count_of(fd, SIOCOUTQNSD), 0);
	inject(ACK, ACK(1001), WIN(0));
	ensure_eq(count_of(fd, SIOCOUTQ), 0);
	app_write(fd, 500);				/* the window is closed */
	ensure_eq(count_of(fd, SIOCOUTQ), 500);
	ensure_eq(count_of(fd, SIOCOUTQNSD), 500);
	end_case(fd);
	p = connected();
	ensure_eq(count_of(p.client, SIOCOUTQ), 0);
}

/* The queue went with the connection. */
WIRE_TEST(flags, outq__lost_by_a_reset, "A3")
{
	int fd = active_open();

	differs_from_builtin("the numbers stay");
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1), WIN(1000));
	app_write(fd, 500);
	ensure_eq(count_of(fd, SIOCOUTQ), 1500);
	inject(RST, SEQ(1));
	expect_state(fd, TCP_CLOSE);
	ensure_eq(count_of(fd, SIOCOUTQ), 0);
	ensure_eq(count_of(fd, SIOCOUTQNSD), 0);
}

WIRE_TEST(flags, queues__not_of_a_listener, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), n;

	ensure_fails(ioctl(fd, FIONREAD, &n), EINVAL);
	ensure_fails(ioctl(fd, SIOCOUTQ, &n), EINVAL);
	ensure_fails(ioctl(fd, SIOCOUTQNSD, &n), EINVAL);
}

WIRE_TEST(flags, ioctl__unknown, "A3")
{
	int n = 0;

	ensure_fails(ioctl(new_socket(), 0x1234, &n), ENOTTY);
}

WIRE_TEST(flags, rcvlowat__poll_waits_for_it, "A3")
{
	struct pair p = connected();

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 100));
	ensure_eq(get_int(p.server, SOL_SOCKET, SO_RCVLOWAT), 100);
	send_pattern(p.client, 0, 99);
	ensure_eq(events_within(p.server, POLLIN, 100), 0);
	send_pattern(p.client, 99, 1);
	ensure_eq(events_within(p.server, POLLIN, 100), POLLIN);
}

WIRE_TEST(flags, rcvlowat__recv_waits_for_it, "A3")
{
	struct pair p = connected();
	int64_t start = now_us();

	differs_from_builtin("it forgets the bytes already copied and sleeps on");
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 10));
	send_pattern(p.client, 0, 5);
	after(200) send_pattern(p.client, 5, 5);
	ensure_is(recv(p.server, (char[20]){}, 20, 0), 10);
	ensure_took(start, 200);
}

/* What one reader began counts, whatever another one waits for. */
WIRE_TEST(flags, rcvlowat__two_who_sleep, "A3")
{
	struct timeval two = { 2, 0 };
	struct pair p = connected();
	int64_t start = now_us();

	differs_from_builtin("a recv() that was woken too early forgets what it has");
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 10));
	ensure_ok(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &two, sizeof(two)));
	ensure_is(send(p.client, "123456", 6, 0), 6);
	after(100) recv(p.server, (char[32]){}, 32, MSG_PEEK);
	after(200) send(p.client, "7890", 4, 0);
	ensure_is(recv(p.server, (char[32]){}, 32, 0), 10);
	ensure_took(start, 200);
}

WIRE_TEST(flags, rcvlowat__the_end_counts, "A3")
{
	struct pair p = connected();

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 100));
	send_pattern(p.client, 0, 5);
	shutdown(p.client, SHUT_WR);
	ensure_eq(events_within(p.server, POLLIN, 1000), POLLIN);
	ensure_is(recv(p.server, (char[20]){}, 20, 0), 5);
}

/* The window must be able to hold what is waited for. */
WIRE_TEST(flags, rcvlowat__larger_than_the_buffer, "A3 F1")
{
	enum { BYTES = 200000 };
	struct pair p = connected();

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, BYTES));
	after(0) send_pattern(p.client, 0, BYTES);
	ensure_eq(events_within(p.server, POLLIN, 5000), POLLIN);
	read_pattern(p.server, 0, BYTES);
}
