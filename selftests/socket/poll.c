// SPDX-License-Identifier: GPL-2.0
/*
 * poll.c - poll(), select() and epoll, level and edge, for every event
 */
#include <sched.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "pair.h"

static void arrive(void)
{
	pass_ms(20);
}

static int add(int epoll, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

/* The events of the one descriptor, or 0. */
static int epolled(int epoll, int ms)
{
	struct epoll_event e = {};
	int n = epoll_wait(epoll, &e, 1, ms);

	ensure_ok(n);
	return n ? (int)e.events : 0;
}

WIRE_TEST(poll, poll__new_socket, "A3")
{
	ensure_eq(events_of(new_socket()), POLLOUT | POLLHUP);
}

WIRE_TEST(poll, poll__listener, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	ensure_eq(events_of(fd), 0);
	ensure_ok(try_connect(new_socket(), where));
	ensure_eq(events_of(fd), POLLIN);
	ensure_ok(accept(fd, NULL, NULL));
	ensure_eq(events_of(fd), 0);
}

WIRE_TEST(poll, poll__connecting, "A3")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	ensure_eq(events_of(fd), 0);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	ensure_eq(events_of(fd), POLLOUT);
	end_case(fd);
}

WIRE_TEST(poll, poll__data, "A3")
{
	struct pair p = connected();

	ensure_eq(events_of(p.server), POLLOUT);
	send(p.client, "x", 1, 0);
	ensure_eq(events_within(p.server, POLLIN, 1000), POLLIN);
	ensure_eq(events_of(p.server), POLLIN | POLLOUT);
	recv(p.server, (char[8]){}, 8, 0);
	ensure_eq(events_of(p.server), POLLOUT);
}

WIRE_TEST(poll, poll__half_closed_by_the_peer, "A3 S2")
{
	struct pair p = connected();

	shutdown(p.client, SHUT_WR);
	arrive();
	ensure_eq(events_of(p.server), POLLIN | POLLRDHUP | POLLOUT);
	ensure_eq(events_of(p.client), POLLOUT);
	close(p.server);
	arrive();
	ensure_eq(events_of(p.client), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

WIRE_TEST(poll, poll__shut_for_reading, "A3")
{
	struct pair p = connected();

	shutdown(p.server, SHUT_RD);
	ensure_eq(events_of(p.server), POLLIN | POLLRDHUP | POLLOUT);
}

WIRE_TEST(poll, poll__closed_both_ways, "A3")
{
	struct pair p = connected();

	shutdown(p.client, SHUT_WR);
	shutdown(p.server, SHUT_WR);
	arrive();
	ensure_eq(events_of(p.client), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	ensure_eq(events_of(p.server), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

WIRE_TEST(poll, poll__no_room_to_send, "A3 F1")
{
	struct pair p = connected_small(8192);
	size_t bytes = fill(p.client);

	ensure_eq(events_of(p.client), 0);
	read_pattern(p.server, 0, bytes);
	ensure_eq(events_within(p.client, POLLOUT, 1000), POLLOUT);
}

WIRE_TEST(poll, poll__not_asked_for, "A3")
{
	struct linger hard = { .l_onoff = 1 };
	struct pair p = connected();

	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p.client);
	arrive();
	/* POLLERR and POLLHUP come unasked */
	ensure_eq(events_within(p.server, 0, 100), POLLERR | POLLHUP);
}

WIRE_TEST(poll, poll__wakes, "A3")
{
	struct pair p = connected();
	int64_t start = now_us();

	after(200) send(p.client, "x", 1, 0);
	ensure_eq(events_within(p.server, POLLIN, 5000), POLLIN);
	ensure_took(start, 200);
	after(200) shutdown(p.server, SHUT_WR);
	ensure_eq(events_within(p.client, POLLRDHUP, 5000), POLLRDHUP);
}

WIRE_TEST(poll, poll__wakes_for_a_connection, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	after(200) {
		try_connect(new_socket(), where);
		pass_ms(500);
	}
	ensure_eq(events_within(fd, POLLIN, 5000), POLLIN);
}

WIRE_TEST(poll, poll__interrupted, "A3")
{
	struct pair p = connected();
	struct pollfd f = { .fd = p.server, .events = POLLIN };

	interrupt_after(100);
	ensure_fails(poll(&f, 1, 5000), EINTR);
}

WIRE_TEST(poll, select__sets, "A3")
{
	struct pair p = connected();
	struct timeval none = {};
	fd_set in, out, bad;

	send(p.client, "x", 1, 0);
	arrive();
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&bad);
	FD_SET(p.server, &in);
	FD_SET(p.client, &in);
	FD_SET(p.server, &out);
	FD_SET(p.server, &bad);
	ensure_is(select(p.server + 10, &in, &out, &bad, &none), 2);
	ensure(FD_ISSET(p.server, &in) && !FD_ISSET(p.client, &in), "the wrong one reads");
	ensure(FD_ISSET(p.server, &out), "no room to write");
	ensure(!FD_ISSET(p.server, &bad), "something urgent");
}

WIRE_TEST(poll, epoll__level, "A3")
{
	struct pair p = connected();
	int epoll = epoll_create1(0);

	ensure_ok(add(epoll, p.server, EPOLLIN));
	ensure_eq(epolled(epoll, 0), 0);
	send(p.client, "xy", 2, 0);
	ensure_eq(epolled(epoll, 1000), EPOLLIN);
	ensure_eq(epolled(epoll, 0), EPOLLIN);		/* as long as it is there */
	recv(p.server, (char[1]){}, 1, 0);
	ensure_eq(epolled(epoll, 0), EPOLLIN);
	recv(p.server, (char[1]){}, 1, 0);
	ensure_eq(epolled(epoll, 0), 0);
}

WIRE_TEST(poll, epoll__edge_in, "A3")
{
	struct pair p = connected();
	int epoll = epoll_create1(0);

	ensure_ok(add(epoll, p.server, EPOLLIN | EPOLLET));
	ensure_eq(epolled(epoll, 0), 0);
	send(p.client, "xy", 2, 0);
	ensure_eq(epolled(epoll, 1000), EPOLLIN);
	ensure_eq(epolled(epoll, 50), 0);		/* once for each arrival */
	send(p.client, "z", 1, 0);
	ensure_eq(epolled(epoll, 1000), EPOLLIN);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 3);
	ensure_eq(epolled(epoll, 50), 0);
}

WIRE_TEST(poll, epoll__edge_out, "A3")
{
	struct pair p = connected_small(8192);
	int epoll = epoll_create1(0);
	size_t bytes;

	ensure_ok(add(epoll, p.client, EPOLLOUT | EPOLLET));
	ensure_eq(epolled(epoll, 0), EPOLLOUT);
	ensure_eq(epolled(epoll, 0), 0);
	bytes = fill(p.client);
	while (epolled(epoll, 0))
		;
	read_pattern(p.server, 0, bytes);
	ensure_eq(epolled(epoll, 1000), EPOLLOUT);	/* there is room again */
	ensure_eq(epolled(epoll, 50), 0);
}

WIRE_TEST(poll, epoll__edge_end, "A3")
{
	struct pair p = connected();
	int epoll = epoll_create1(0);

	ensure_ok(add(epoll, p.server, EPOLLIN | EPOLLRDHUP | EPOLLET));
	shutdown(p.client, SHUT_WR);
	ensure_eq(epolled(epoll, 1000), EPOLLIN | EPOLLRDHUP);
	ensure_eq(epolled(epoll, 50), 0);
	shutdown(p.server, SHUT_WR);
	ensure_eq(epolled(epoll, 1000) & EPOLLHUP, EPOLLHUP);
}

WIRE_TEST(poll, epoll__edge_reset, "A3 S5")
{
	struct linger hard = { .l_onoff = 1 };
	struct pair p = connected();
	int epoll = epoll_create1(0);

	ensure_ok(add(epoll, p.server, EPOLLIN | EPOLLRDHUP | EPOLLET));
	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p.client);
	ensure_eq(epolled(epoll, 1000), EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP);
	ensure_eq(epolled(epoll, 50), 0);
}

WIRE_TEST(poll, epoll__edge_listener, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), epoll = epoll_create1(0), i;

	ensure_ok(add(epoll, fd, EPOLLIN | EPOLLET));
	for (i = 0; i < 3; i++) {
		ensure_ok(try_connect(new_socket(), where));
		ensure_eq(epolled(epoll, 1000), EPOLLIN);
		ensure_eq(epolled(epoll, 0), 0);
	}
}

WIRE_TEST(poll, epoll__oneshot, "A3")
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };
	struct pair p = connected();
	int epoll = epoll_create1(0);

	ensure_ok(add(epoll, p.server, EPOLLIN | EPOLLONESHOT));
	send(p.client, "x", 1, 0);
	ensure_eq(epolled(epoll, 1000), EPOLLIN);
	ensure_eq(epolled(epoll, 0), 0);
	ensure_ok(epoll_ctl(epoll, EPOLL_CTL_MOD, p.server, &e));
	ensure_eq(epolled(epoll, 0), EPOLLIN);
}

WIRE_TEST(poll, epoll__nonblocking_connect, "A3")
{
	int fd = app_socket(), epoll = epoll_create1(0);

	ensure_ok(add(epoll, fd, EPOLLOUT | EPOLLET));
	ensure_eq(epolled(epoll, 0), EPOLLOUT | EPOLLHUP);
	app_connect_fd(fd);
	expect(SYN, SEQ(0));
	ensure_eq(epolled(epoll, 0), 0);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	ensure_eq(epolled(epoll, 100), EPOLLOUT);
	end_case(fd);
}

/* From now on this process runs alone, until it sleeps; returns a reader's process. */
static pid_t slow_reader_of(int fd, size_t bytes)
{
	struct sched_param first = { .sched_priority = 1 };
	static char buf[100];
	cpu_set_t cpu;
	pid_t reader;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	ensure_ok(sched_setaffinity(0, sizeof(cpu), &cpu));
	reader = fork();
	if (!reader)
		_exit(recv(fd, buf, bytes, 0) != (ssize_t)bytes);
	arrive();
	ensure_ok(sched_setscheduler(0, SCHED_FIFO, &first));
	return reader;
}

/*
 * Who sleeps in recv() was woken, but has not run when more comes: those who
 * sleep in epoll_wait() must hear of what it leaves.
 */
WIRE_TEST(poll, epoll__beside_a_slow_reader, "A3")
{
	struct pair p = connected();
	int epoll = epoll_create1(0), status;
	pid_t reader = slow_reader_of(p.server, 1);
	char buf[100];

	ensure_ok(add(epoll, p.server, EPOLLIN));
	ensure_eq(send(p.client, "x", 1, 0), 1);
	ensure_eq(epolled(epoll, 0), EPOLLIN);
	ensure_eq(recv(p.server, buf, sizeof(buf), MSG_DONTWAIT), 1);
	ensure_eq(epolled(epoll, 0), 0);
	ensure_eq(send(p.client, "12345678", 8, 0), 8);
	/* At once, or when the reader has had its byte */
	ensure_eq(epolled(epoll, 1000), EPOLLIN);
	ensure_eq(waitpid(reader, &status, 0), reader);
	ensure_eq(status, 0);
	ensure_eq(epolled(epoll, 0), EPOLLIN);
	ensure_eq(recv(p.server, buf, sizeof(buf), MSG_DONTWAIT), 7);
}

WIRE_TEST(poll, sigio__tells_of_data, "A3")
{
	struct pair p = connected();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ensure_ok(fcntl(p.server, F_SETOWN, getpid()));
	ensure_ok(fcntl(p.server, F_SETFL, O_ASYNC));
	send(p.client, "x", 1, 0);
	ensure_eq(sigtimedwait(&set, NULL, &(struct timespec){ .tv_sec = 2 }), SIGIO);
}

/* With F_SETSIG signals say what has happened, and where (fcntl(2)): is it @what, too? */
static bool signals_say(int fd, int what)
{
	siginfo_t info = {};
	bool said = false;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	pass_ms(20);
	while (sigtimedwait(&set, &info, &(struct timespec){}) > 0) {
		ensure_eq(info.si_fd, fd);
		said |= info.si_code == what;
	}
	return said;
}

/* The peer's FIN is a hang-up when our direction was closed before. */
WIRE_TEST(poll, sigio__says_what_a_fin_means, "A3 S2")
{
	static const struct { int state, acked; bool hangs_up; } rows[] = {
		{ TCP_ESTABLISHED, 1, false }, { TCP_FIN_WAIT1, 1, true },
		{ TCP_FIN_WAIT2, 2, true },
	};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		fd = reach(rows[i].state);
		ensure_ok(fcntl(fd, F_SETOWN, getpid()));
		ensure_ok(fcntl(fd, F_SETSIG, SIGRTMIN));
		ensure_ok(fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK));
		inject(FIN | ACK, SEQ(1), ACK(rows[i].acked));
		expect_ack(2);
		ensure_eq(signals_say(fd, POLL_HUP), rows[i].hangs_up);
		end_case(fd);
	}
}

WIRE_TEST(poll, notsent_lowat__limits_writability, "A4 F1")
{
	int fd = active_open();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5000));
	app_write(fd, 1000);
	take_burst(5);
	inject(ACK, ACK(1001), WIN(0));
	ensure_eq(events_of(fd), POLLOUT);
	app_write(fd, 6000);			/* stays unsent */
	ensure_eq(events_of(fd) & POLLOUT, 0);
	inject(ACK, ACK(1001), WIN(30000));
	take_burst(5);
	ensure_eq(events_of(fd), POLLOUT);
	end_case(fd);
}

/* What was only waiting for the peer's window makes room when that opens, not an RTT later. */
WIRE_TEST(poll, notsent_lowat__is_told_of_by_sending, "A3 A4 F1")
{
	int epoll = epoll_create1(0), fd = active_open();

	app_set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 2000);
	inject(ACK, SEQ(1), ACK(1), WIN(0));
	app_write(fd, 2000);
	add(epoll, fd, EPOLLOUT | EPOLLET);
	ensure_eq(epolled(epoll, 0), 0);
	inject(ACK, SEQ(1), ACK(1), WIN(10000));
	expect_bytes(1, 2001);
	ensure_eq(epolled(epoll, 0), EPOLLOUT);
	inject(ACK, SEQ(1), ACK(2001), WIN(10000));
}
