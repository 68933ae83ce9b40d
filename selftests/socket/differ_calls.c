// SPDX-License-Identifier: GPL-2.0
/*
 * differ_calls.c - each call in each state, with good and bad arguments
 */
#include <linux/sockios.h>
#include <netinet/ip.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "differ.h"

static void arrive(void)
{
	pass_ms(20);
}

/* Each script is played in every state. */
#define IN_EACH_STATE(name_, ids_)					\
	static void name_##_in(struct station s);			\
	DIFFER(name_##__in_each_state, ids_)				\
	{								\
		int i;							\
									\
		for (i = 0; i < STATIONS; i++) {			\
			struct station s = station(i);			\
									\
			name_##_in(s);					\
			station_leave(&s);				\
		}							\
	}								\
	static void name_##_in(struct station s)

static struct sockaddr_in nowhere(void)
{
	return (struct sockaddr_in){ .sin_family = AF_UNSPEC };
}

/* --- names, events, counts --- */

IN_EACH_STATE(names, "A3 S1")
{
	int n = 7;

	record_names(s.fd);
	E(s.fd);
	R(ioctl(s.fd, FIONREAD, &n));
	N(n);
	R(ioctl(s.fd, SIOCOUTQ, &n));
	N(n);
	R(ioctl(s.fd, SIOCOUTQNSD, &n));
	N(n);
	R(ioctl(s.fd, SIOCATMARK, &n));
	N(n);
	R(ioctl(s.fd, FIONREAD, NULL));
	R(ioctl(s.fd, SIOCOUTQ, NULL));
	R(ioctl(s.fd, SIOCATMARK, NULL));
	R(ioctl(s.fd, 0x1234, &n));
	R(ioctl(s.fd, FIOASYNC, &n));
	N(error_of(s.fd));
	N(error_of(s.fd));
	E(s.fd);
}

IN_EACH_STATE(bad_names, "A3")
{
	struct sockaddr_in a;
	socklen_t len = 3, negative = -1, none = 0;

	R(getsockname(s.fd, (struct sockaddr *)&a, &len));
	N(len);
	R(getsockname(s.fd, (struct sockaddr *)&a, &negative));
	R(getsockname(s.fd, (struct sockaddr *)&a, &none));
	N(none);
	R(getsockname(s.fd, NULL, &len));
	R(getsockname(s.fd, (struct sockaddr *)&a, NULL));
	R(getpeername(s.fd, (struct sockaddr *)&a, &negative));
	R(getpeername(s.fd, NULL, &len));
}

/* --- sending and receiving --- */

IN_EACH_STATE(recv_, "A3")
{
	char byte;

	R(recv(s.fd, &byte, 1, MSG_DONTWAIT));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT));
	R(recv(s.fd, &byte, 0, MSG_DONTWAIT));
	R(recv(s.fd, NULL, 0, MSG_DONTWAIT));
	R(recv(s.fd, NULL, 1, MSG_DONTWAIT));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT | MSG_OOB));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT | MSG_OOB | MSG_PEEK));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT | MSG_ERRQUEUE));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT | MSG_WAITALL));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC));
	R(recv(s.fd, &byte, 1, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
	R(read(s.fd, &byte, 0));
	E(s.fd);
	N(error_of(s.fd));
}

IN_EACH_STATE(send_, "A3")
{
	signals_count();
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	signals_record("with MSG_NOSIGNAL");
	R(send(s.fd, "x", 1, MSG_DONTWAIT));
	signals_record("after send");
	R(write(s.fd, "", 0));
	signals_record("after nothing");
	R(send(s.fd, "x", 0, MSG_DONTWAIT | MSG_NOSIGNAL));
	R(send(s.fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL));
	R(send(s.fd, NULL, 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_OOB));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_CONFIRM));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_DONTROUTE));
	arrive();
	E(s.fd);
	N(error_of(s.fd));
}

IN_EACH_STATE(sendto_, "A3")
{
	struct sockaddr_in to = at_port(9);

	R(sendto(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&to, sizeof(to)));
	R(sendto(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&to, 1));
	R(sendto(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, sizeof(to)));
	R(sendto(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&to, 1000));
}

/* Does a blocking call in this state wait? A timeout ends it. */
IN_EACH_STATE(blocking, "A3")
{
	struct timeval t = { .tv_usec = 50000 };
	char byte;

	fcntl(s.fd, F_SETFL, 0);
	R(setsockopt(s.fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	R(setsockopt(s.fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	R(recv(s.fd, &byte, 1, 0));
	R(send(s.fd, "x", 1, MSG_NOSIGNAL));
	R(recv(s.fd, &byte, 1, MSG_WAITALL));
	R(accept(s.fd, NULL, NULL));
}

/* --- opening --- */

IN_EACH_STATE(accept_, "A3")
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a), negative = -1;

	fcntl(s.fd, F_SETFL, O_NONBLOCK);
	R(accept(s.fd, NULL, NULL));
	R(accept4(s.fd, (void *)&a, &len, 0x1000000));
	R(accept(s.fd, (void *)&a, &negative));
	R(accept(s.fd, (void *)&a, NULL));
}

IN_EACH_STATE(listen_, "A3")
{
	R(listen(s.fd, 1));
	E(s.fd);
	R(listen(s.fd, -1));
	R(listen(s.fd, 100000));
	record_names(s.fd);
	E(s.fd);
}

IN_EACH_STATE(bind_, "A3")
{
	struct sockaddr_in a = at_port(0), bad = a, far = a;

	bad.sin_family = AF_INET6;
	far.sin_addr.s_addr = htonl(0x08080808);
	R(bind(s.fd, (void *)&bad, sizeof(bad)));
	R(bind(s.fd, (void *)&far, sizeof(far)));
	R(bind(s.fd, (void *)&a, 4));
	R(bind(s.fd, (void *)&a, 1000));
	R(bind(s.fd, NULL, sizeof(a)));
	R(bind(s.fd, (void *)&a, sizeof(a)));
	R(bind(s.fd, (void *)&a, sizeof(a)));
	record_names(s.fd);
}

IN_EACH_STATE(connect_, "A3")
{
	struct sockaddr_in where, bad = at_port(9), zero = {};
	int other = listen_at(&where);

	bad.sin_family = AF_INET6;
	fcntl(s.fd, F_SETFL, O_NONBLOCK);
	R(connect(s.fd, NULL, sizeof(where)));
	R(connect(s.fd, (void *)&where, 4));
	R(connect(s.fd, (void *)&where, 1));
	R(connect(s.fd, (void *)&bad, sizeof(bad)));
	R(connect(s.fd, (void *)&where, sizeof(where)));
	E(s.fd);
	arrive();
	E(s.fd);
	R(connect(s.fd, (void *)&where, sizeof(where)));
	R(connect(s.fd, (void *)&where, sizeof(where)));
	record_names(s.fd);
	R(connect(s.fd, (void *)&zero, sizeof(zero)));	/* AF_UNSPEC */
	record_names(s.fd);
	E(s.fd);
	R(connect(s.fd, (void *)&where, sizeof(where)));
	close(other);
}

IN_EACH_STATE(connect_refused, "A3")
{
	fcntl(s.fd, F_SETFL, O_NONBLOCK);
	R(try_connect(s.fd, at_port(9)));
	E(s.fd);
	R(try_connect(s.fd, at_port(9)));
	R(try_connect(s.fd, at_port(9)));
	N(error_of(s.fd));
	R(recv(s.fd, (char[1]){}, 1, 0));
	R(send(s.fd, "x", 1, MSG_NOSIGNAL));
	record_names(s.fd);
}

IN_EACH_STATE(connect_oddly, "A3")
{
	static const uint32_t addresses[] = {
		0, 0xffffffff, 0xe0000001, 0x7f000001, 0xc0000201, 0x0a00ffff, 0x7fffffff,
	};
	struct sockaddr_in to = at_port(0);
	char what[64];
	size_t i;

	R(try_connect(s.fd, to));
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct sockaddr_in none = nowhere();

		to = at_port(9);
		to.sin_addr.s_addr = htonl(addresses[i]);
		fcntl(s.fd, F_SETFL, O_NONBLOCK);
		snprintf(what, sizeof(what), "connect to %#x", addresses[i]);
		errno = 0;
		record_result(what, try_connect(s.fd, to));
		record_names(s.fd);
		R(try_connect(s.fd, none));
		record_names(s.fd);
	}
}

/* --- closing --- */

IN_EACH_STATE(shutdown_, "A3 S2")
{
	static const int hows[] = { -1, 3, SHUT_RD, SHUT_RD, SHUT_WR, SHUT_WR, SHUT_RDWR, SHUT_RDWR };
	char what[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		snprintf(what, sizeof(what), "shutdown %d, call %zu", hows[i], i);
		errno = 0;
		record_result(what, shutdown(s.fd, hows[i]));
		arrive();
		E(s.fd);
		R(recv(s.fd, (char[1]){}, 1, MSG_DONTWAIT));
		R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
		record_names(s.fd);
		N(error_of(s.fd));
	}
}

IN_EACH_STATE(shutdown_both, "A3 S2")
{
	R(shutdown(s.fd, SHUT_RDWR));
	arrive();
	E(s.fd);
	R(recv(s.fd, (char[1]){}, 1, MSG_DONTWAIT));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	R(shutdown(s.fd, SHUT_RDWR));
	record_names(s.fd);
	R(listen(s.fd, 1));
	record_names(s.fd);
	if (s.peer >= 0)
		E(s.peer);
}

IN_EACH_STATE(disconnect, "A3")
{
	struct sockaddr_in none = nowhere(), where;
	int other = listen_at(&where);

	R(try_connect(s.fd, none));
	E(s.fd);
	record_names(s.fd);
	N(error_of(s.fd));
	R(recv(s.fd, (char[1]){}, 1, MSG_DONTWAIT));
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	fcntl(s.fd, F_SETFL, 0);
	R(try_connect(s.fd, where));
	E(s.fd);
	R(send(s.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	R(try_connect(s.fd, none));
	R(try_connect(s.fd, none));
	R(listen(s.fd, 5));
	record_names(s.fd);
	if (s.peer >= 0) {
		arrive();
		E(s.peer);
		T(s.peer, 10, MSG_DONTWAIT);
	}
	close(other);
}

/* What the peer sees of close(), with or without unread data and lingering. */
static void closes(struct pair p, const char *how)
{
	about("%s", how);
	arrive();
	R(close(p.client));
	arrive();
	E(p.server);
	T(p.server, 10, MSG_DONTWAIT);
	R(send(p.server, "x", 1, MSG_NOSIGNAL));
	arrive();
	E(p.server);
	T(p.server, 10, MSG_DONTWAIT);
	T(p.server, 10, MSG_DONTWAIT);
	R(send(p.server, "x", 1, MSG_NOSIGNAL));
	R(send(p.server, "x", 1, MSG_NOSIGNAL));
	record_names(p.server);
	N(error_of(p.server));
	close(p.server);
	close(p.listener);
}

DIFFER(close__ways, "A3 S2 S5")
{
	static const struct linger lingers[] = { { 1, 0 }, { 1, 1 }, { 0, 5 } };
	struct pair p = connected();
	char how[64];
	size_t i;

	closes(p, "plain");
	p = connected();
	R(send(p.server, "unread", 6, 0));
	closes(p, "unread data");
	p = connected();
	R(send(p.client, "queued", 6, 0));
	closes(p, "data in flight");
	p = connected();
	R(send(p.server, "unread", 6, 0));
	arrive();
	R(recv(p.client, (char[6]){}, 6, MSG_PEEK));
	closes(p, "peeked data");
	p = connected();
	R(send(p.server, "u", 1, MSG_OOB));
	closes(p, "unread urgent data");
	p = connected();
	shutdown(p.client, SHUT_RD);
	R(send(p.server, "unread", 6, 0));
	closes(p, "not reading");
	for (i = 0; i < ARRAY_SIZE(lingers); i++) {
		p = connected();
		setsockopt(p.client, SOL_SOCKET, SO_LINGER, &lingers[i], sizeof(lingers[i]));
		R(send(p.client, "queued", 6, 0));
		snprintf(how, sizeof(how), "linger %d %d", lingers[i].l_onoff, lingers[i].l_linger);
		closes(p, how);
	}
	p = connected();
	app_set(p.client, IPPROTO_TCP, TCP_LINGER2, -1);
	closes(p, "TCP_LINGER2 -1");
	p = connected();
	app_set(p.client, IPPROTO_TCP, TCP_CORK, 1);
	R(send(p.client, "corked", 6, 0));
	closes(p, "corked");
}

/* --- flags of recv() --- */

DIFFER(recv__flags, "A3")
{
	struct pair p = connected();

	R(send(p.client, "abcdefghij", 10, 0));
	arrive();
	T(p.server, 3, MSG_PEEK);
	T(p.server, 20, MSG_PEEK);
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	T(p.server, 2, 0);
	T(p.server, 2, MSG_TRUNC);
	T(p.server, 2, MSG_TRUNC | MSG_PEEK);
	T(p.server, 2, MSG_WAITALL);
	T(p.server, 2, MSG_EOR);
	T(p.server, 20, MSG_DONTWAIT | MSG_WAITALL);
	T(p.server, 20, MSG_DONTWAIT);
	T(p.server, 20, MSG_DONTWAIT | MSG_PEEK);
	T(p.server, 20, MSG_DONTWAIT | MSG_TRUNC);
	R(send(p.client, "klm", 3, 0));
	arrive();
	R(recv(p.server, NULL, 2, MSG_TRUNC));
	R(recv(p.server, NULL, 1, 0));
	R(recv(p.server, NULL, 0, 0));
	T(p.server, 5, 0);
}

/* Asked of a socket of another kind, which no take-over changes. */
static bool builtin_has_peek_off(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && !set_int(fd, SOL_SOCKET, SO_PEEK_OFF, 0);

	close(fd);
	return has;
}

DIFFER(recv__peek_off, "A3")
{
	struct sockaddr_in zero = nowhere();
	struct pair p = connected();

	if (!builtin_has_peek_off()) {
		record("SO_PEEK_OFF", "not of this kernel's built-in TCP");
		return;
	}
	R(send(p.client, "abcdefghij", 10, 0));
	arrive();
	R(set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, 0));
	T(p.server, 3, MSG_PEEK | MSG_DONTWAIT);
	T(p.server, 3, MSG_PEEK | MSG_DONTWAIT);
	G(p.server, SOL_SOCKET, SO_PEEK_OFF);
	T(p.server, 2, MSG_DONTWAIT);
	G(p.server, SOL_SOCKET, SO_PEEK_OFF);
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	R(set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, 6));
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	R(set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, 100));
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	T(p.server, 4, MSG_DONTWAIT);
	G(p.server, SOL_SOCKET, SO_PEEK_OFF);
	R(set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, -1));
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	R(set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, 1));
	R(shutdown(p.client, SHUT_WR));
	arrive();
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	T(p.server, 20, MSG_PEEK | MSG_TRUNC);
	T(p.server, 20, MSG_DONTWAIT);
	T(p.server, 20, MSG_PEEK | MSG_DONTWAIT);
	T(p.server, 20, MSG_DONTWAIT);
	R(set_int(p.server, SOL_SOCKET, SO_PEEK_OFF, 3));
	R(connect(p.server, (void *)&zero, sizeof(zero)));
	G(p.server, SOL_SOCKET, SO_PEEK_OFF);
}

DIFFER(recv__waitall, "A3")
{
	struct pair p = connected();

	R(send(p.client, "abc", 3, 0));
	after(50) send(p.client, "def", 3, 0);
	T(p.server, 6, MSG_WAITALL);
	R(send(p.client, "abc", 3, 0));
	after(50) send(p.client, "def", 3, 0);
	T(p.server, 6, MSG_WAITALL | MSG_PEEK);
	T(p.server, 6, 0);
	R(send(p.client, "abc", 3, 0));
	interrupt_after(50);
	T(p.server, 6, MSG_WAITALL);
	interrupt_after(50);
	T(p.server, 6, MSG_WAITALL);
	R(send(p.client, "abc", 3, 0));
	after(50) shutdown(p.client, SHUT_WR);
	T(p.server, 6, MSG_WAITALL);
	T(p.server, 6, MSG_WAITALL);
}

static void nothing(int sig)
{
	(void)sig;
}

static void on_signal(int flags)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = flags };

	sigaction(SIGUSR1, &action, NULL);
}

static void interrupted(struct pair p, int flags, const char *how)
{
	struct timeval t = { .tv_sec = 1 };
	struct sockaddr_in where;
	int lone = listen_at(&where);

	about("%s", how);
	on_signal(flags);
	after(50) kill(getppid(), SIGUSR1);
	after(400) send(p.client, "late", 4, 0);
	T(p.server, 10, 0);
	after(50) kill(getppid(), SIGUSR1);
	after(400) send(p.client, "later", 5, 0);
	R(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	T(p.server, 10, 0);
	arrive();
	pass_ms(600);
	T(p.server, 10, MSG_DONTWAIT);
	after(50) kill(getppid(), SIGUSR1);
	after(400) shutdown(lone, SHUT_RD);
	R(accept(lone, NULL, NULL));
	pass_ms(600);
	close(lone);
}

DIFFER(recv__interrupted, "A3")
{
	interrupted(connected(), 0, "plain");
	interrupted(connected(), SA_RESTART, "SA_RESTART");
}

DIFFER(send__interrupted, "A3")
{
	struct timeval t = { .tv_usec = 100000 };
	struct pair p = connected_small(4096);
	static char much[1 << 20];

	on_signal(0);
	interrupt_after(50);
	N(send(p.client, much, sizeof(much), 0) > 0);
	fill(p.client);
	interrupt_after(50);
	R(send(p.client, much, sizeof(much), 0));
	on_signal(SA_RESTART);
	R(setsockopt(p.client, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	R(send(p.client, much, sizeof(much), 0));
	R(send(p.client, much, sizeof(much), MSG_DONTWAIT));
	E(p.client);
	after(50) close(p.server);
	t.tv_usec = 0;
	R(setsockopt(p.client, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	signals_count();
	R(send(p.client, much, sizeof(much), 0));
	signals_record("when the peer has gone");
	N(error_of(p.client));
}

DIFFER(recv__lowat, "A3")
{
	struct pair p = connected();
	struct timeval t = { .tv_usec = 50000 };

	R(set_int(p.server, SOL_SOCKET, SO_RCVLOWAT, 5));
	R(send(p.client, "abc", 3, 0));
	arrive();
	E(p.server);
	T(p.server, 10, MSG_DONTWAIT);
	R(send(p.client, "abc", 3, 0));
	R(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	T(p.server, 10, 0);
	R(send(p.client, "abcdef", 6, 0));
	arrive();
	E(p.server);
	T(p.server, 3, 0);
	E(p.server);
	R(shutdown(p.client, SHUT_WR));
	arrive();
	E(p.server);
	T(p.server, 10, 0);
}

DIFFER(timeouts__values, "A3")
{
	static const struct timeval values[] = {
		{ 0, 0 }, { 0, 1 }, { 0, 999999 }, { 0, 1000000 }, { 0, -1 }, { -1, 0 },
		{ 1, 500000 }, { 1000000000, 0 },
	};
	struct timeval got;
	socklen_t len;
	int fd = new_socket();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		R(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &values[i], sizeof(values[i])));
		len = sizeof(got);
		R(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
		N(got.tv_sec);
		N(got.tv_usec);
	}
}

DIFFER(connect__timeout_and_signal, "A3")
{
	struct timeval t = { .tv_usec = 100000 };
	struct sockaddr_in to = at_port(PEER_PORT);
	int fd = new_socket();

	to.sin_addr.s_addr = htonl(PEER_ADDR);
	R(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	R(try_connect(fd, to));
	R(try_connect(fd, to));
	E(fd);
	fd = new_socket();
	interrupt_after(50);
	R(try_connect(fd, to));
	E(fd);
	set_nonblocking(fd);
	R(try_connect(fd, to));
	R(set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
	N(events_within(fd, POLLOUT, 10000));
	N(error_of(fd));
	R(try_connect(fd, to));
}

/* --- vectors --- */

/* A number that the compiler knows nothing of, since it would warn. */
static int number(volatile int n)
{
	return n;
}

DIFFER(vectors__odd, "A3")
{
	struct pair p = connected();
	char a[4] = "ab", b[4] = "cd";
	struct iovec v[] = { { NULL, 0 }, { a, 2 }, { NULL, 0 }, { b, 2 }, { a, 0 } };
	struct iovec bad[] = { { a, 2 }, { NULL, 5 }, { b, 2 } };
	struct iovec negative = { a, (size_t)-1 };

	R(writev(p.client, v, ARRAY_SIZE(v)));
	R(writev(p.client, v, 0));
	R(writev(p.client, v, number(-1)));
	R(writev(p.client, v, number(2000)));
	R(writev(p.client, &negative, 1));
	R(writev(p.client, NULL, number(1)));
	arrive();
	T(p.server, 100, MSG_DONTWAIT);
	R(writev(p.client, bad, ARRAY_SIZE(bad)));
	arrive();
	T(p.server, 100, MSG_DONTWAIT);
	R(send(p.client, "abcdefgh", 8, 0));
	arrive();
	R(readv(p.server, v, ARRAY_SIZE(v)));
	R(readv(p.server, bad, ARRAY_SIZE(bad)));
	T(p.server, 100, MSG_DONTWAIT);
	R(readv(p.server, v, 0));
	R(readv(p.server, v, 1));
}

DIFFER(mmsg__both_ways, "A3")
{
	struct pair p = connected();
	char bufs[4][8] = { "one", "two", "three", "" };
	struct iovec v[4] = {
		{ bufs[0], 3 }, { bufs[1], 3 }, { bufs[2], 5 }, { bufs[3], 0 },
	};
	struct mmsghdr m[4] = {};
	struct timespec t = { .tv_nsec = 50000000 };
	int i;

	for (i = 0; i < 4; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
	R(sendmmsg(p.client, m, 4, 0));
	for (i = 0; i < 4; i++)
		N(m[i].msg_len);
	arrive();
	for (i = 0; i < 4; i++)
		v[i].iov_len = 4;
	R(recvmmsg(p.server, m, 4, MSG_DONTWAIT, NULL));
	for (i = 0; i < 4; i++)
		N(m[i].msg_len);
	R(send(p.client, "abcdef", 6, 0));
	arrive();
	R(recvmmsg(p.server, m, 4, MSG_WAITFORONE, NULL));
	R(send(p.client, "abcdef", 6, 0));
	R(recvmmsg(p.server, m, 1, 0, &t));
	R(recvmmsg(p.server, m, 0, 0, NULL));
	R(recvmmsg(p.server, NULL, 1, MSG_DONTWAIT, NULL));
	R(sendmmsg(p.client, NULL, 1, MSG_DONTWAIT));
}

/* --- ancillary data --- */

static void record_control(struct msghdr *m)
{
	char text[256] = "";
	struct cmsghdr *h;
	size_t n = 0;

	for (h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h))
		n += snprintf(text + n, sizeof(text) - n, " level %d type %d len %zu",
			      h->cmsg_level, h->cmsg_type, (size_t)h->cmsg_len);
	record("message", "flags %#x namelen %u%s", m->msg_flags, m->msg_namelen, text);
}

static void record_recvmsg(int fd, size_t size, int flags, size_t control_size)
{
	char buf[64], control[512];
	struct sockaddr_in from;
	struct iovec v = { buf, size };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = control_size, .msg_name = &from,
			    .msg_namelen = sizeof(from) };

	if (R(recvmsg(fd, &m, flags)) >= 0)
		record_control(&m);
}

DIFFER(control__received, "A3 A4")
{
	static const struct { int level, name; const char *text; } options[] = {
		{ IPPROTO_TCP, 36, "TCP_INQ" }, { SOL_SOCKET, SO_TIMESTAMP, "SO_TIMESTAMP" },
		{ SOL_SOCKET, SO_TIMESTAMPNS, "SO_TIMESTAMPNS" },
		{ IPPROTO_IP, IP_RECVTOS, "IP_RECVTOS" }, { IPPROTO_IP, IP_RECVTTL, "IP_RECVTTL" },
		{ IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO" },
		{ IPPROTO_IP, IP_RECVORIGDSTADDR, "IP_RECVORIGDSTADDR" },
		{ SOL_SOCKET, SO_RXQ_OVFL, "SO_RXQ_OVFL" },
		{ SOL_SOCKET, 75, "SO_RCVMARK" },
	};
	struct pair p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		p = connected();
		about("%s", options[i].text);
		R(set_int(p.server, options[i].level, options[i].name, 1));
		/* The first to want the time of arrival has the kernel turn it on, later */
		pass_ms(100);
		R(send(p.client, "abcdefghij", 10, 0));
		arrive();
		record_recvmsg(p.server, 4, 0, 512);
		record_recvmsg(p.server, 2, MSG_PEEK, 512);
		record_recvmsg(p.server, 2, 0, 4);
		record_recvmsg(p.server, 2, 0, 0);
		record_recvmsg(p.server, 2, MSG_DONTWAIT, 512);
		record_recvmsg(p.server, 2, MSG_DONTWAIT, 512);
		record_recvmsg(p.server, 2, MSG_DONTWAIT | MSG_ERRQUEUE, 512);
		shutdown(p.client, SHUT_WR);
		arrive();
		record_recvmsg(p.server, 2, MSG_DONTWAIT, 512);
	}
}

static void send_control(int fd, int level, int type, size_t data, size_t len)
{
	char control[128] = "";
	struct iovec v = { (char *)"x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = len ?: CMSG_SPACE(data) };
	struct cmsghdr *h = (struct cmsghdr *)control;

	h->cmsg_level = level;
	h->cmsg_type = type;
	h->cmsg_len = CMSG_LEN(data);
	R(sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL));
}

DIFFER(control__sent, "A3")
{
	struct pair p = connected();
	static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, 99 };
	size_t i;
	int type;

	for (i = 0; i < ARRAY_SIZE(levels); i++)
		for (type = 0; type < 64; type++) {
			about("level %d type %d", levels[i], type);
			send_control(p.client, levels[i], type, 4, 0);
		}
	about("lengths");
	send_control(p.client, SOL_SOCKET, SO_TIMESTAMPING, 2, 0);
	send_control(p.client, SOL_SOCKET, SO_TIMESTAMPING, 4, 3);
	send_control(p.client, SOL_SOCKET, SO_TIMESTAMPING, 4, 16);
	arrive();
	N(count_of(p.server, FIONREAD));
}

DIFFER(errqueue__soft_error, "A3")
{
	struct pair p = connected();

	R(set_int(p.client, IPPROTO_IP, IP_RECVERR, 1));
	record_recvmsg(p.client, 10, MSG_ERRQUEUE, 512);
	record_recvmsg(p.client, 10, MSG_ERRQUEUE | MSG_DONTWAIT, 0);
	record_recvmsg(p.client, 0, MSG_ERRQUEUE, 512);
	close(p.server);
}

/* --- files --- */

static int a_file(size_t bytes)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	char block[1000];

	memset(block, 'f', sizeof(block));
	for (; bytes >= sizeof(block); bytes -= sizeof(block))
		ensure_ok(write(fd, block, sizeof(block)));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

DIFFER(sendfile__ways, "A3")
{
	struct pair p = connected();
	int file = a_file(10000);
	off_t at = 9000, past = 20000, negative = -1;

	R(sendfile(p.client, file, NULL, 3000));
	R(sendfile(p.client, file, &at, 3000));
	N(at);
	R(sendfile(p.client, file, &past, 3000));
	R(sendfile(p.client, file, &negative, 3000));
	R(sendfile(p.client, file, NULL, 0));
	R(sendfile(file, p.client, NULL, 10));
	R(sendfile(p.client, p.server, NULL, 10));
	R(sendfile(p.client, file, NULL, 100000));
	arrive();
	N(count_of(p.server, FIONREAD));
	R(shutdown(p.client, SHUT_WR));
	lseek(file, 0, SEEK_SET);
	signals_count();
	R(sendfile(p.client, file, NULL, 3000));
	signals_record("after sendfile");
	R(sendfile(new_socket(), file, NULL, 3000));
	signals_record("after sendfile on a fresh socket");
}

DIFFER(splice__ways, "A3")
{
	struct pair p = connected();
	struct timeval t = { .tv_usec = 50000 };
	int in[2], other[2];
	loff_t off = 5;

	ensure_ok(pipe(in));
	ensure_ok(pipe(other));
	fcntl(in[0], F_SETFL, O_NONBLOCK);
	R(write(in[1], "abcdefghij", 10));
	R(tee(in[0], other[1], 100, 0));
	R(splice(in[0], NULL, p.client, NULL, 4, SPLICE_F_MORE));
	arrive();
	N(count_of(p.server, FIONREAD));
	R(splice(in[0], NULL, p.client, NULL, 100, 0));
	arrive();
	N(count_of(p.server, FIONREAD));
	R(splice(in[0], NULL, p.client, NULL, 100, SPLICE_F_NONBLOCK));
	R(splice(other[0], NULL, p.client, &off, 100, 0));
	R(splice(p.server, &off, other[1], NULL, 100, 0));
	R(splice(p.server, NULL, in[1], NULL, 3, 0));
	R(splice(p.server, NULL, in[1], NULL, 0, 0));
	R(splice(p.server, NULL, in[1], NULL, 100, SPLICE_F_MOVE));
	R(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	R(splice(p.server, NULL, in[1], NULL, 100, 0));
	fcntl(p.server, F_SETFL, O_NONBLOCK);
	R(splice(p.server, NULL, in[1], NULL, 100, 0));
	R(read(in[0], (char[100]){}, 100));
	R(vmsplice(in[1], &(struct iovec){ (char *)"vwxyz", 5 }, 1, 0));
	R(splice(in[0], NULL, p.client, NULL, 100, 0));
	arrive();
	T(p.server, 100, 0);
	shutdown(p.client, SHUT_WR);
	arrive();
	R(splice(p.server, NULL, in[1], NULL, 100, 0));
	signals_count();
	R(splice(other[0], NULL, p.client, NULL, 100, 0));
	signals_record("after splice");
}

IN_EACH_STATE(splice_, "A3")
{
	int in[2];

	ensure_ok(pipe(in));
	fcntl(in[0], F_SETFL, O_NONBLOCK);
	fcntl(s.fd, F_SETFL, O_NONBLOCK);
	signals_count();
	R(splice(s.fd, NULL, in[1], NULL, 10, 0));
	R(write(in[1], "abc", 3));
	R(splice(in[0], NULL, s.fd, NULL, 10, 0));
	signals_record("after splice");
	close(in[0]);
	close(in[1]);
}

/* --- addresses --- */

struct binder { uint32_t addr; bool reuse, reuseport, listens; };

static void bind_two(struct binder a, struct binder b)
{
	int x = new_socket(), y = new_socket();
	struct sockaddr_in at = at_port(5555);

	about("%x reuse %d port %d listen %d against %x reuse %d port %d listen %d", a.addr, a.reuse,
	      a.reuseport, a.listens, b.addr, b.reuse, b.reuseport, b.listens);
	set_int(x, SOL_SOCKET, SO_REUSEADDR, a.reuse);
	set_int(x, SOL_SOCKET, SO_REUSEPORT, a.reuseport);
	set_int(y, SOL_SOCKET, SO_REUSEADDR, b.reuse);
	set_int(y, SOL_SOCKET, SO_REUSEPORT, b.reuseport);
	at.sin_addr.s_addr = htonl(a.addr);
	R(try_bind(x, at));
	if (a.listens)
		R(listen(x, 5));
	at.sin_addr.s_addr = htonl(b.addr);
	R(try_bind(y, at));
	if (b.listens)
		R(listen(y, 5));
	close(x);
	close(y);
}

DIFFER(bind__conflicts, "A3")
{
	static const uint32_t addrs[] = { 0, 0x7f000001, 0x7f000002 };
	size_t i, j;
	int bits;

	for (i = 0; i < ARRAY_SIZE(addrs); i++)
		for (j = 0; j < ARRAY_SIZE(addrs); j++)
			for (bits = 0; bits < 64; bits++)
				bind_two((struct binder){ addrs[i], bits & 1, bits & 2, bits & 4 },
					 (struct binder){ addrs[j], bits & 8, bits & 16, bits & 32 });
}

DIFFER(bind__beside_connections, "A3 S4")
{
	struct pair p = connected();
	struct sockaddr_in where = bound_to(p.server), client = bound_to(p.client);
	int fd = new_socket(), reusing = new_socket();

	set_int(reusing, SOL_SOCKET, SO_REUSEADDR, 1);
	R(try_bind(fd, where));
	R(try_bind(fd, client));
	close(p.listener);
	R(try_bind(fd, where));
	R(try_bind(reusing, where));
	close(p.server);
	arrive();
	close(p.client);
	arrive();
	R(try_bind(fd, where));			/* TIME-WAIT */
	R(try_bind(reusing, where));
	R(listen(reusing, 1));
	R(try_bind(fd, client));
}

DIFFER(bind__special, "A3")
{
	struct sockaddr_in far = at_port(4444), low = at_port(80);
	int fd = new_socket(), other = new_socket(), third = new_socket();

	far.sin_addr.s_addr = htonl(0x08080808);
	R(try_bind(fd, far));
	R(set_int(fd, IPPROTO_IP, IP_FREEBIND, 1));
	R(try_bind(fd, far));
	R(listen(fd, 1));
	R(set_int(other, IPPROTO_IP, IP_TRANSPARENT, 1));
	far.sin_port = htons(4445);
	R(try_bind(other, far));
	R(try_bind(third, low));
	fd = new_socket();
	R(set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	R(try_bind(fd, at_port(0)));
	record_names(fd);
	R(try_connect(fd, at_port(9)));
	record_names(fd);
	fd = new_socket();
	R(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	R(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nosuch", 7));
	R(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
}

/* A listener's queue, changed while it listens; more come than it takes. */
DIFFER(listen__backlog, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), i;

	R(listen(fd, 1));
	for (i = 0; i < 4; i++) {
		int client = app_socket();

		R(try_connect(client, where));
		arrive();
		E(client);
	}
	E(fd);
	R(listen(fd, 10));
	for (i = 0; i < 2; i++) {
		R(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	}
}

/* What accepted sockets have from their listener. */
DIFFER(accept__inherits, "A3 A4")
{
	static const struct { int level, name, value; } options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 }, { SOL_SOCKET, SO_OOBINLINE, 1 },
		{ SOL_SOCKET, SO_RCVLOWAT, 5 }, { SOL_SOCKET, SO_SNDBUF, 50000 },
		{ SOL_SOCKET, SO_RCVBUF, 50000 }, { SOL_SOCKET, SO_PRIORITY, 3 },
		{ SOL_SOCKET, SO_MARK, 7 }, { SOL_SOCKET, SO_REUSEADDR, 1 },
		{ SOL_SOCKET, SO_REUSEPORT, 1 }, { SOL_SOCKET, SO_DONTROUTE, 1 },
		{ SOL_SOCKET, SO_TIMESTAMP, 1 }, { SOL_SOCKET, SO_PEEK_OFF, 3 },
		{ SOL_SOCKET, 49, 0 } /* SO_INCOMING_CPU */,
		{ SOL_SOCKET, 47, 100000 } /* SO_MAX_PACING_RATE */,
		{ IPPROTO_IP, IP_TOS, 0x10 }, { IPPROTO_IP, IP_TTL, 33 },
		{ IPPROTO_IP, IP_RECVERR, 1 }, { IPPROTO_IP, IP_MTU_DISCOVER, 0 },
		{ IPPROTO_IP, IP_TRANSPARENT, 1 }, { IPPROTO_IP, IP_FREEBIND, 1 },
		{ IPPROTO_IP, IP_RECVTOS, 1 }, { IPPROTO_IP, IP_RECVTTL, 1 },
		{ IPPROTO_IP, IP_MINTTL, 3 }, { IPPROTO_TCP, TCP_NODELAY, 1 },
		{ IPPROTO_TCP, TCP_CORK, 1 }, { IPPROTO_TCP, TCP_MAXSEG, 600 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 11 }, { IPPROTO_TCP, TCP_KEEPINTVL, 12 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 }, { IPPROTO_TCP, TCP_SYNCNT, 4 },
		{ IPPROTO_TCP, TCP_LINGER2, 5 }, { IPPROTO_TCP, TCP_DEFER_ACCEPT, 3 },
		{ IPPROTO_TCP, TCP_QUICKACK, 0 }, { IPPROTO_TCP, TCP_USER_TIMEOUT, 4321 },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, 999 }, { IPPROTO_TCP, TCP_SAVE_SYN, 1 },
		{ IPPROTO_TCP, 36, 1 } /* TCP_INQ */,
		{ IPPROTO_TCP, TCP_WINDOW_CLAMP, 9000 },
	};
	struct linger l = { 1, 7 };
	struct timeval t = { 3, 0 };
	struct sockaddr_in where;
	socklen_t len = sizeof(l);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		int fd = new_socket(), client = new_socket(), child;

		about("option %d %d", options[i].level, options[i].name);
		R(set_int(fd, options[i].level, options[i].name, options[i].value));
		listen_on(fd, &where);
		/* That listen() clears it is no reason not to heed it afterwards */
		if (options[i].name == TCP_QUICKACK && options[i].level == IPPROTO_TCP)
			R(set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 0));
		ensure_ok(try_connect(client, where));
		send(client, "x", 1, 0);
		ensure_ok(child = accept(fd, NULL, NULL));
		G(fd, options[i].level, options[i].name);
		G(child, options[i].level, options[i].name);
		close(fd);
		close(client);
		close(child);
	}
	about("structs");
	i = listen_at(&where);
	setsockopt(i, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	setsockopt(i, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	ensure_ok(try_connect(new_socket(), where));
	i = accept(i, NULL, NULL);
	R(getsockopt(i, SOL_SOCKET, SO_LINGER, &l, &len));
	N(l.l_onoff);
	N(l.l_linger);
	len = sizeof(t);
	R(getsockopt(i, SOL_SOCKET, SO_RCVTIMEO, &t, &len));
	N(t.tv_sec);
	N(fcntl(i, F_GETFL) & O_NONBLOCK);
}

/* --- socket() itself --- */

DIFFER(socket__of_this_kind, "A1 A3")
{
	int fd = new_socket();

	N(get_int(fd, SOL_SOCKET, SO_TYPE));
	N(get_int(fd, SOL_SOCKET, SO_DOMAIN));
	N(get_int(fd, SOL_SOCKET, SO_PROTOCOL));
	N(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN));
	R(socket(AF_INET, SOCK_STREAM | 0x100, protocol()));
	R(socket(AF_INET, SOCK_SEQPACKET, protocol()));
	R(lseek(fd, 0, SEEK_CUR));
	R(fsync(fd));
	R(ftruncate(fd, 0));
	R(pread(fd, (char[1]){}, 1, 0));
	N(fcntl(fd, F_GETFL));
}
