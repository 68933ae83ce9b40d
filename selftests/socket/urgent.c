// SPDX-License-Identifier: GPL-2.0
/*
 * urgent.c - urgent data as programs see it: MSG_OOB, SO_OOBINLINE, SIOCATMARK,
 * SIGURG, and the events of poll(), select() and epoll (RFC 6093, tcp(7), send(2),
 * recv(2))
 */
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "pair.h"

static void arrive(void)
{
	pass_ms(20);
}

static void say(int fd, const char *text)
{
	ensure_is(send(fd, text, strlen(text), 0), (long)strlen(text));
}

/* The last byte of @text is the urgent one. */
static void say_urgent(int fd, const char *text)
{
	ensure_is(send(fd, text, strlen(text), MSG_OOB), (long)strlen(text));
	arrive();
}

/* One read, with plenty of room, gives exactly this. */
static void hears(int fd, const char *text, int flags)
{
	char buf[4096] = "";
	int n = recv(fd, buf, sizeof(buf) - 1, flags);

	ensure(n >= 0, "recv: %s, expected \"%s\"", strerror(errno), text);
	ensure(!strcmp(buf, text), "\"%s\" was read, not \"%s\"", buf, text);
}

/* MSG_OOB gives this byte. */
static void hears_urgent(int fd, char byte)
{
	struct iovec iov = { .iov_base = (char[4]){}, .iov_len = 4 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	ensure_is(recvmsg(fd, &msg, MSG_OOB), 1);
	ensure_eq(*(char *)iov.iov_base, byte);
	ensure_eq(msg.msg_flags & (MSG_OOB | MSG_TRUNC), MSG_OOB);
}

/* The peer's receive buffer is small and full, ours has room. Returns bytes. */
static size_t fill_window(struct pair p)
{
	size_t bytes = 0;

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVBUF, 4096));
	while (count_of(p.client, SIOCOUTQNSD) < 10000) {
		send_pattern(p.client, bytes, 1000);
		bytes += 1000;
		arrive();
	}
	return bytes;
}

#define no_urgent(fd_, errno_) \
	ensure_fails(recv((fd_), (char[4]){}, 1, MSG_OOB), (errno_))

static bool at_mark(int fd)
{
	return count_of(fd, SIOCATMARK);
}

/* ------------------------------------------------------------------ reading */

WIRE_TEST(urgent, oob__errno, "F8 A3")
{
	struct pair p = connected();

	no_urgent(p.server, EINVAL);			/* there is none */
	no_urgent(p.listener, ENOTCONN);
	no_urgent(new_socket(), EINVAL);
	say_urgent(p.client, "abc!");
	hears_urgent(p.server, '!');
	no_urgent(p.server, EINVAL);			/* read already */
	say_urgent(p.client, "?");
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	no_urgent(p.server, EINVAL);			/* in line */
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 0));
	hears_urgent(p.server, '?');
	ensure_eq(get_int(p.server, SOL_SOCKET, SO_OOBINLINE), 0);
}

WIRE_TEST(urgent, oob__bad_address, "F8 A3")
{
	struct pair p = connected();

	differs_from_builtin("it loses the byte");
	say_urgent(p.client, "!");
	ensure_fails(recv(p.server, (void *)1, 1, MSG_OOB), EFAULT);
	hears_urgent(p.server, '!');
}

/* The window is full: that there is urgent data is known, and there is none yet. */
WIRE_TEST(urgent, oob__has_not_arrived, "F8 A3 MUST-32")
{
	struct pair p = connected();
	size_t bytes;

	differs_from_builtin("it tells with a probe, which may bring the byte");
	ensure_ok(set_int(p.client, SOL_SOCKET, SO_SNDBUF, 1 << 20));
	bytes = fill_window(p);
	ensure_is(send(p.client, "!", 1, MSG_OOB | MSG_DONTWAIT), 1);
	arrive();
	no_urgent(p.server, EAGAIN);
	ensure_eq(events_of(p.server), POLLIN | POLLOUT);
	read_pattern(p.server, 0, bytes);
	ensure_eq(events_within(p.server, POLLPRI, 20000), POLLPRI);
	hears_urgent(p.server, '!');
}

WIRE_TEST(urgent, oob__flags, "F8 A3")
{
	struct pair p = connected();
	struct iovec iov = { .iov_base = (char[4]){}, .iov_len = 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	char byte = 'u';

	say_urgent(p.client, "ab!");
	ensure_is(recv(p.server, &byte, 1, MSG_OOB | MSG_PEEK), 1);
	ensure_eq(byte, '!');
	ensure_is(recv(p.server, &byte, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT), 1);
	byte = 'u';
	ensure_is(recv(p.server, &byte, 1, MSG_OOB | MSG_TRUNC), 1);
	ensure_eq(byte, 'u');				/* discarded */
	no_urgent(p.server, EINVAL);
	say_urgent(p.client, "?");
	ensure_is(recvmsg(p.server, &msg, MSG_OOB), 0);
	ensure_eq(msg.msg_flags & MSG_TRUNC, MSG_TRUNC);
}

WIRE_TEST(urgent, oob__after_the_end, "F8 S2 S5")
{
	struct linger hard = { .l_onoff = 1 };
	struct pair p = connected();

	say_urgent(p.client, "ab!");
	shutdown(p.client, SHUT_WR);
	arrive();
	hears_urgent(p.server, '!');
	hears(p.server, "ab", 0);
	hears(p.server, "", 0);
	no_urgent(p.server, EINVAL);

	p = connected();
	say_urgent(p.client, "ab!");
	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p.client);
	arrive();
	no_urgent(p.server, ENOTCONN);			/* reset */
}

WIRE_TEST(urgent, read__stops_at_the_mark, "F8")
{
	struct pair p = connected();

	say(p.client, "one");
	say_urgent(p.client, "two!");
	say(p.client, "three");
	arrive();
	ensure_eq(count_of(p.server, FIONREAD), 6);
	ensure_eq(at_mark(p.server), false);
	hears(p.server, "onetwo", MSG_PEEK);
	hears(p.server, "onetwo", 0);
	ensure_eq(at_mark(p.server), true);
	hears(p.server, "three", MSG_PEEK);
	ensure_eq(at_mark(p.server), true);
	hears_urgent(p.server, '!');
	hears(p.server, "three", 0);
	ensure_eq(at_mark(p.server), false);
	ensure_fails(recv(p.server, (char[1]){}, 1, MSG_DONTWAIT), EAGAIN);
}

/* MSG_WAITALL and SO_RCVLOWAT ask for more, the mark comes first. */
WIRE_TEST(urgent, read__stops_though_more_is_wanted, "F8 A3")
{
	struct pair p = connected();
	int64_t start = now_us();

	say_urgent(p.client, "abc!");
	say(p.client, "def");
	arrive();
	hears(p.server, "abc", MSG_WAITALL);
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 3));
	hears(p.server, "def", 0);
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 100));
	after(100) say_urgent(p.client, "ghi!");
	hears(p.server, "ghi", 0);
	ensure_in((now_us() - start) / 1000, 100, 500);
}

WIRE_TEST(urgent, read__goes_on_past_it, "F8")
{
	struct pair p = connected();
	char buf[8] = "";

	say_urgent(p.client, "ab!");
	hears(p.server, "ab", 0);
	after(200) say(p.client, "cd");
	ensure_is(recv(p.server, buf, 2, MSG_WAITALL), 2);	/* sleeps over the byte */
	ensure(!strcmp(buf, "cd"), "%s", buf);
	no_urgent(p.server, EINVAL);			/* gone */
}

WIRE_TEST(urgent, read__in_line, "F8")
{
	struct pair p = connected();

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	say(p.client, "one");
	say_urgent(p.client, "two!");
	say(p.client, "three");
	arrive();
	ensure_eq(count_of(p.server, FIONREAD), 12);
	hears(p.server, "onetwo", 0);
	ensure_eq(at_mark(p.server), true);
	hears(p.server, "!three", 0);
	ensure_eq(at_mark(p.server), false);
}

/* accept() hands the listener's option on. */
WIRE_TEST(urgent, read__in_line_is_inherited, "F8 A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), client = new_socket(), server;

	ensure_ok(set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1));
	ensure_ok(try_connect(client, where));
	ensure_ok(server = accept(fd, NULL, NULL));
	say_urgent(client, "a!");
	hears(server, "a", 0);
	hears(server, "!", 0);
}

WIRE_TEST(urgent, read__two_in_a_row, "F8")
{
	struct pair p = connected();

	say_urgent(p.client, "ab!");
	say_urgent(p.client, "cd?");
	hears_urgent(p.server, '?');
	hears(p.server, "ab!cd", 0);			/* the first is ordinary now */
	ensure_eq(at_mark(p.server), true);
}

/* A whole buffer of urgent data: as TCP has it, only the end counts. */
WIRE_TEST(urgent, read__long, "F8 MUST-31")
{
	enum { BYTES = 200000 };
	struct pair p = connected();
	static char bytes[BYTES], buf[BYTES];
	size_t got = 0, i;
	ssize_t n;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 101;
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	after(50) ensure_is(send(p.client, bytes, sizeof(bytes), MSG_OOB), BYTES);
	while (got < BYTES) {
		n = recv(p.server, buf + got, sizeof(buf) - got, 0);
		ensure(n > 0, "recv: %s", strerror(errno));
		got += n;
	}
	ensure(!memcmp(buf, bytes, BYTES), "other bytes");
}

/* The writer sleeps for room: what it has queued so far is told of already. */
WIRE_TEST(urgent, read__longer_than_the_buffers, "F8 MUST-31 MUST-32")
{
	static char bytes[100000];
	struct pair p = connected_small(8192);
	size_t got = 0;
	sigset_t set;
	ssize_t n;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ensure_ok(fcntl(p.server, F_SETOWN, getpid()));
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	after(0) {
		ensure_is(send(p.client, bytes, sizeof(bytes), MSG_OOB), (long)sizeof(bytes));
		close(p.client);
	}
	/* a program that reads only when it is told to */
	ensure_eq(sigtimedwait(&set, NULL, &(struct timespec){ .tv_sec = 5 }), SIGURG);
	while ((n = recv(p.server, bytes, sizeof(bytes), 0)) > 0)
		got += n;
	ensure_is(n, 0);
	ensure_eq(got, sizeof(bytes));
}

WIRE_TEST(urgent, splice__stops_at_the_mark, "F8 A3")
{
	struct pair p = connected();
	char buf[32] = "";
	int pipes[2];

	differs_from_builtin("it never gets past the mark");
	ensure_ok(pipe(pipes));
	say_urgent(p.client, "abc!");
	say(p.client, "def");
	arrive();
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 100, 0), 3);
	ensure_eq(at_mark(p.server), true);
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 100, 0), 3);
	ensure_eq(at_mark(p.server), false);
	ensure_is(read(pipes[0], buf, sizeof(buf)), 6);
	ensure(!strcmp(buf, "abcdef"), "%s", buf);
}

/* Nothing but the urgent byte before the end: it must not go round for ever. */
WIRE_TEST(urgent, splice__gets_past_a_lone_mark, "F8 A3 ATTACK-15 D4")
{
	struct pair p = connected();
	int pipes[2];

	differs_from_builtin("it never gets past the mark");
	ensure_ok(pipe(pipes));
	set_nonblocking(p.server);
	say_urgent(p.client, "!");
	ensure_fails(splice(p.server, NULL, pipes[1], NULL, 100, 0), EAGAIN);
	say_urgent(p.client, "?");
	ensure_ok(shutdown(p.client, SHUT_WR));
	arrive();
	ensure_is(splice(p.server, NULL, pipes[1], NULL, 100, 0), 0);
}

/* ------------------------------------------------------------------- events */

WIRE_TEST(urgent, poll__pri, "F8 A3")
{
	struct pair p = connected();

	say_urgent(p.client, "!");
	ensure_eq(events_of(p.server), POLLPRI | POLLOUT);	/* nothing else to read */
	say(p.client, "x");
	arrive();
	ensure_eq(events_of(p.server), POLLPRI | POLLIN | POLLOUT);
	hears_urgent(p.server, '!');
	ensure_eq(events_of(p.server), POLLIN | POLLOUT);
	hears(p.server, "x", 0);
	ensure_eq(events_of(p.server), POLLOUT);
}

WIRE_TEST(urgent, poll__pri_in_line, "F8 A3")
{
	struct pair p = connected();

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	say_urgent(p.client, "a!");
	ensure_eq(events_of(p.server), POLLPRI | POLLIN | POLLOUT);
	hears(p.server, "a", 0);
	ensure_eq(events_of(p.server), POLLPRI | POLLIN | POLLOUT);
	hears(p.server, "!", 0);
	ensure_eq(events_of(p.server), POLLOUT);
}

WIRE_TEST(urgent, poll__wakes, "F8 A3")
{
	struct pair p = connected();
	int64_t start = now_us();

	/* SO_RCVLOWAT is about ordinary data */
	ensure_ok(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 1000));
	after(200) say_urgent(p.client, "ab!");
	ensure_eq(events_within(p.server, POLLPRI | POLLIN, 5000), POLLPRI);
	ensure_took(start, 200);
}

WIRE_TEST(urgent, select__exceptional, "F8 A3")
{
	struct pair p = connected();
	struct timeval two = { .tv_sec = 2 };
	fd_set in, bad;

	FD_ZERO(&in);
	FD_ZERO(&bad);
	FD_SET(p.server, &in);
	FD_SET(p.server, &bad);
	after(100) say_urgent(p.client, "!");
	ensure_is(select(p.server + 1, &in, NULL, &bad, &two), 1);
	ensure(FD_ISSET(p.server, &bad), "not in the third set");
	ensure(!FD_ISSET(p.server, &in), "in the first set");
}

static int epoll_on(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };
	int epoll = epoll_create1(0);

	ensure_ok(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e));
	return epoll;
}

static int epolled(int epoll, int ms)
{
	struct epoll_event e = {};
	int n = epoll_wait(epoll, &e, 1, ms);

	ensure_ok(n);
	return n ? (int)e.events : 0;
}

WIRE_TEST(urgent, epoll__level, "F8 A3")
{
	struct pair p = connected();
	int epoll = epoll_on(p.server, EPOLLPRI);

	say(p.client, "x");
	arrive();
	ensure_eq(epolled(epoll, 0), 0);
	say_urgent(p.client, "!");
	ensure_eq(epolled(epoll, 1000), EPOLLPRI);
	ensure_eq(epolled(epoll, 0), EPOLLPRI);
	hears_urgent(p.server, '!');
	ensure_eq(epolled(epoll, 0), 0);
}

WIRE_TEST(urgent, epoll__edge, "F8 A3")
{
	struct pair p = connected();
	int epoll = epoll_on(p.server, EPOLLPRI | EPOLLIN | EPOLLET);

	ensure_eq(epolled(epoll, 0), 0);
	say_urgent(p.client, "ab!");
	ensure_eq(epolled(epoll, 1000), EPOLLPRI | EPOLLIN);
	ensure_eq(epolled(epoll, 50), 0);
	say_urgent(p.client, "c?");
	ensure_eq(epolled(epoll, 1000), EPOLLPRI | EPOLLIN);
	ensure_eq(epolled(epoll, 50), 0);
}

/* ------------------------------------------------------------------ signals */

static volatile int signals;

static void on_sigurg(int sig)
{
	(void)sig;
	signals++;
}

WIRE_TEST(urgent, sigurg__to_the_owner, "F8 MUST-32")
{
	struct pair p = connected();
	int me = getpid();

	signal(SIGURG, on_sigurg);
	say_urgent(p.client, "!");
	ensure_eq(signals, 0);				/* nobody has asked */
	ensure_ok(fcntl(p.server, F_SETOWN, me));
	say_urgent(p.client, "ab!");
	ensure_eq(signals, 1);
	say(p.client, "ordinary");
	arrive();
	ensure_eq(signals, 1);
	ensure_ok(fcntl(p.server, F_SETOWN, 0));
	ensure_ok(ioctl(p.server, SIOCSPGRP, &me));
	ensure_eq(count_of(p.server, SIOCGPGRP), me);
	say_urgent(p.client, "!");
	ensure_eq(signals, 2);
}

WIRE_TEST(urgent, sigurg__to_a_group, "F8 MUST-32")
{
	struct pair p = connected();
	int pid, status;

	setpgid(0, 0);
	pid = fork();
	if (!pid) {
		signal(SIGURG, on_sigurg);
		pass_ms(500);
		_exit(signals != 1);
	}
	pass_ms(50);
	signal(SIGURG, on_sigurg);
	ensure_ok(fcntl(p.server, F_SETOWN, -getpid()));
	say_urgent(p.client, "!");
	ensure_eq(signals, 1);
	ensure_is(waitpid(pid, &status, 0), pid);
	ensure_eq(status, 0);
}

WIRE_TEST(urgent, sigurg__interrupts_a_read, "F8 A3")
{
	struct pair p = connected();
	struct sigaction action = { .sa_handler = on_sigurg };

	sigaction(SIGURG, &action, NULL);
	ensure_ok(fcntl(p.server, F_SETOWN, getpid()));
	after(100) say_urgent(p.client, "!");
	ensure_fails(recv(p.server, (char[4]){}, 4, 0), EINTR);
	ensure_eq(signals, 1);
	hears_urgent(p.server, '!');			/* and has not passed it */
}

/* ------------------------------------------------------------------ writing */

/* The mark is on the last byte that was taken, and not on the FIN behind it. */
WIRE_TEST(urgent, send__waits_and_is_shut_down, "F8 S2")
{
	struct pair p = connected_small(4096);
	unsigned char *buf = patterned(0, 1 << 20);
	ssize_t n;

	ensure_ok(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	after(100) shutdown(p.client, SHUT_WR);
	n = send(p.client, buf, 1 << 20, MSG_OOB);
	ensure_in(n, 2, (1 << 20) - 1);
	read_pattern(p.server, 0, n - 1);
	ensure_eq(count_of(p.server, SIOCATMARK), 1);
	read_pattern(p.server, n - 1, 1);
	ensure_is(recv(p.server, buf, 8, 0), 0);
}

WIRE_TEST(urgent, send__errno, "F8 A3")
{
	struct pair p = connected_small(8192);
	long n, i;

	ensure_fails(send(new_socket(), "!", 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	ensure_is(send(p.client, "", 0, MSG_OOB), 0);
	arrive();
	no_urgent(p.server, EINVAL);
	fill(p.client);
	for (i = 0; i < 10000; i++) {			/* the last packet may have room */
		n = send(p.client, "!", 1, MSG_OOB | MSG_DONTWAIT);
		if (n < 0)
			break;
	}
	ensure_is(n, -1);
	ensure_fails(send(p.client, "!", 1, MSG_OOB | MSG_DONTWAIT), EAGAIN);
	shutdown(p.client, SHUT_WR);
	ensure_fails(send(p.client, "!", 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
}

/* ---------------------------------------------------------- telnet's "Synch" */

enum { IAC = 255, DM = 242, AYT = 246, ROUNDS = 20 };

/*
 * RFC 854: on urgent data the server throws away what was typed, but for
 * commands, until it has found the data mark that the urgent pointer is at.
 */
static int telnet_server(int fd)
{
	int synched = 0, commands = 0;
	unsigned char byte;
	bool command = false;

	set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	while (synched < ROUNDS) {
		bool urgent = events_within(fd, POLLIN | POLLPRI, 5000) & POLLPRI;
		bool mark = at_mark(fd);

		if (recv(fd, &byte, 1, 0) != 1)
			return 1;
		if (command && byte == AYT)
			commands++;
		if (command && byte == DM) {
			/* The mark is at this very byte, and only urgent data leads here. */
			if (!mark || !urgent)
				return 2;
			synched++;
			if (send(fd, "K", 1, 0) != 1)
				return 3;
		} else if (mark) {
			return 4;
		}
		command = byte == IAC;
	}
	return commands == ROUNDS ? 0 : 5;
}

WIRE_TEST(urgent, telnet__synch_between_two_processes, "F8 A3")
{
	static const unsigned char ayt[] = { IAC, AYT }, dm[] = { IAC, DM };
	struct pair p = connected();
	int pid, status, i;
	char ok;

	pid = fork();
	if (!pid) {
		close(p.client);
		_exit(telnet_server(p.server));
	}
	close(p.server);
	for (i = 0; i < ROUNDS; i++) {
		static const char typed[1000] = { [0 ... 999] = 'y' };

		ensure_is(send(p.client, typed, 50 * i, 0), 50 * i);
		ensure_is(send(p.client, ayt, 2, 0), 2);
		ensure_is(send(p.client, dm, 2, MSG_OOB), 2);
		ensure_is(recv(p.client, &ok, 1, 0), 1);
	}
	ensure_is(waitpid(pid, &status, 0), pid);
	ensure(!status, "the server ended with %#x", status);
}

/* As rlogin does it: the byte is a message, and what came before it is flushed. */
WIRE_TEST(urgent, rlogin__flush_to_the_mark, "F8 A3")
{
	struct pair p = connected();
	char junk[100];
	int i;

	for (i = 0; i < 30; i++) {
		send_pattern(p.client, 0, 30 * i + 1);
		ensure_is(send(p.client, "\x02", 1, MSG_OOB), 1);
		say(p.client, "after");
		ensure_eq(events_within(p.server, POLLPRI, 1000), POLLPRI);
		while (!at_mark(p.server))
			ensure_ok(read(p.server, junk, sizeof(junk)));
		hears_urgent(p.server, 2);
		ensure_is(recv(p.server, junk, 5, MSG_WAITALL), 5);
		ensure(!memcmp(junk, "after", 5), "%.5s", junk);
	}
}
