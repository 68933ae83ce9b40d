// SPDX-License-Identifier: GPL-2.0
/*
 * differ_events.c - when a program is told: poll, select, epoll, signals
 */
#include <linux/sockios.h>
#include <sys/select.h>

#include "differ.h"

static void arrive(void)
{
	pass_ms(20);
}

static int watch(int fd, unsigned int events)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event e = { .events = events, .data.fd = fd };

	ensure_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	return ep;
}

enum { EVERYTHING = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLRDNORM | EPOLLWRNORM |
		    EPOLLRDBAND | EPOLLWRBAND | EPOLLMSG };

/* What epoll_wait() reports now; 0: nothing. */
static unsigned int news(int ep)
{
	struct epoll_event e = {};
	int n = epoll_wait(ep, &e, 1, 0);

	ensure_ok(n);
	return n ? e.events : 0;
}

#define NEWS(ep_) record("epoll " #ep_, "%#x", news(ep_))

/* Both ends are watched, level and edge, while a connection goes through its life. */
struct watched { struct pair p; int level[2], edge[2]; };

static struct watched watch_both(struct pair p)
{
	struct watched w = { .p = p };
	int fds[2] = { p.client, p.server }, i;

	for (i = 0; i < 2; i++) {
		w.level[i] = watch(fds[i], EVERYTHING);
		w.edge[i] = watch(fds[i], EVERYTHING | EPOLLET);
	}
	return w;
}

static void step(struct watched *w, const char *what)
{
	about("%s", what);
	arrive();
	NEWS(w->level[0]);
	NEWS(w->edge[0]);
	NEWS(w->level[1]);
	NEWS(w->edge[1]);
	E(w->p.client);
	E(w->p.server);
	NEWS(w->edge[0]);
	NEWS(w->edge[1]);
}

DIFFER(epoll__life, "A3")
{
	struct watched w = watch_both(connected());

	step(&w, "connected");
	R(send(w.p.client, "abc", 3, 0));
	step(&w, "data");
	R(send(w.p.client, "abc", 3, 0));
	step(&w, "more data");
	T(w.p.server, 2, 0);
	step(&w, "some read");
	T(w.p.server, 10, 0);
	step(&w, "all read");
	T(w.p.server, 10, MSG_DONTWAIT);
	step(&w, "nothing to read");
	R(send(w.p.client, "u", 1, MSG_OOB));
	step(&w, "urgent data");
	T(w.p.server, 1, MSG_OOB);
	step(&w, "urgent data read");
	R(send(w.p.client, "abc", 3, 0));
	step(&w, "data after the mark");
	R(shutdown(w.p.client, SHUT_WR));
	step(&w, "half closed");
	T(w.p.server, 10, 0);
	T(w.p.server, 10, 0);
	step(&w, "end read");
	R(send(w.p.server, "xyz", 3, 0));
	step(&w, "data the other way");
	R(shutdown(w.p.server, SHUT_WR));
	step(&w, "both closed");
	T(w.p.client, 10, 0);
	T(w.p.client, 10, 0);
	step(&w, "all read at both");
}

DIFFER(epoll__reset, "A3 S5")
{
	struct linger hard = { .l_onoff = 1 };
	struct pair p = connected();
	int level = watch(p.client, EVERYTHING), edge = watch(p.client, EVERYTHING | EPOLLET);

	NEWS(level);
	NEWS(edge);
	R(send(p.server, "abc", 3, 0));
	arrive();
	NEWS(edge);
	setsockopt(p.server, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	R(close(p.server));
	arrive();
	NEWS(level);
	NEWS(edge);
	NEWS(edge);
	T(p.client, 10, 0);
	NEWS(level);
	NEWS(edge);
	T(p.client, 10, 0);
	T(p.client, 10, 0);
	NEWS(level);
	NEWS(edge);
	R(send(p.client, "x", 1, MSG_NOSIGNAL));
	N(error_of(p.client));
	NEWS(level);
}

DIFFER(epoll__connect, "A3")
{
	struct sockaddr_in where, to = at_port(PEER_PORT);
	int listener_ = listen_at(&where);
	int accepts = watch(listener_, EVERYTHING | EPOLLET);
	int good = app_socket(), bad = app_socket(), slow = app_socket(), ep;

	to.sin_addr.s_addr = htonl(PEER_ADDR);
	NEWS(accepts);
	ep = watch(good, EVERYTHING | EPOLLET);
	NEWS(ep);
	R(try_connect(good, where));
	arrive();
	NEWS(ep);
	NEWS(ep);
	NEWS(accepts);
	ep = watch(bad, EVERYTHING | EPOLLET);
	NEWS(ep);
	R(try_connect(bad, at_port(9)));
	arrive();
	NEWS(ep);
	NEWS(ep);
	N(error_of(bad));
	NEWS(ep);
	ep = watch(slow, EVERYTHING | EPOLLET);
	NEWS(ep);
	R(try_connect(slow, to));
	NEWS(ep);
	R(shutdown(slow, SHUT_RDWR));
	NEWS(ep);
	R(shutdown(listener_, SHUT_RD));
	NEWS(accepts);
	E(listener_);
}

DIFFER(epoll__oneshot_and_exclusive, "A3")
{
	struct pair p = connected();
	int once = watch(p.server, EPOLLIN | EPOLLONESHOT);
	int alone = watch(p.server, EPOLLIN | EPOLLEXCLUSIVE);
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT };

	R(send(p.client, "abc", 3, 0));
	arrive();
	NEWS(once);
	NEWS(once);
	NEWS(alone);
	NEWS(alone);
	R(epoll_ctl(once, EPOLL_CTL_MOD, p.server, &again));
	NEWS(once);
	R(send(p.client, "abc", 3, 0));
	arrive();
	NEWS(once);
	R(epoll_ctl(once, EPOLL_CTL_ADD, p.server, &again));
}

/* Writable again: after how much has been read does not matter, that it comes does. */
DIFFER(epoll__full_buffer, "A3")
{
	struct pair p = connected_small(20000);
	int edge = watch(p.client, EPOLLOUT | EPOLLET), level = watch(p.client, EPOLLOUT);

	NEWS(edge);
	set_nonblocking(p.client);
	fill(p.client);
	NEWS(edge);
	NEWS(level);
	E(p.client);
	shutdown(p.server, SHUT_WR);
	arrive();
	E(p.client);
	while (recv(p.server, (char[10000]){}, 10000, MSG_DONTWAIT) > 0 || count_of(p.client, SIOCOUTQ))
		arrive();
	NEWS(edge);
	NEWS(level);
	E(p.client);
	N(count_of(p.client, SIOCOUTQ));
}

DIFFER(notsent_lowat__writable, "A3 A4")
{
	struct pair p = connected();
	int edge = watch(p.client, EPOLLOUT | EPOLLET);

	R(set_int(p.client, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1000));
	R(set_int(p.client, IPPROTO_TCP, TCP_CORK, 1));
	NEWS(edge);
	R(send(p.client, (char[900]){}, 900, MSG_DONTWAIT));
	E(p.client);
	R(send(p.client, (char[900]){}, 900, MSG_DONTWAIT));
	E(p.client);
	N(count_of(p.client, SIOCOUTQNSD));
	R(send(p.client, (char[900]){}, 900, MSG_DONTWAIT));
	E(p.client);
	R(set_int(p.client, IPPROTO_TCP, TCP_CORK, 0));
	arrive();
	N(count_of(p.client, SIOCOUTQNSD));
	E(p.client);
	NEWS(edge);
}

DIFFER(select__sets, "A3")
{
	struct pair p = connected();
	struct timeval now = {};
	fd_set r, w, x;
	int round;

	for (round = 0; round < 4; round++) {
		about("round %d", round);
		if (round == 1)
			R(send(p.client, "abc", 3, 0));
		if (round == 2)
			R(send(p.client, "u", 1, MSG_OOB));
		if (round == 3)
			R(close(p.client));
		arrive();
		FD_ZERO(&r);
		FD_ZERO(&w);
		FD_ZERO(&x);
		FD_SET(p.server, &r);
		FD_SET(p.server, &w);
		FD_SET(p.server, &x);
		R(select(p.server + 1, &r, &w, &x, &now));
		N(FD_ISSET(p.server, &r));
		N(FD_ISSET(p.server, &w));
		N(FD_ISSET(p.server, &x));
	}
}

/* --- urgent data --- */

static void urgent_state(int fd, const char *when)
{
	about("%s", when);
	arrive();
	N(count_of(fd, SIOCATMARK));
	N(count_of(fd, FIONREAD));
	E(fd);
	signals_record("so far");
}

static void urgent_life(bool inline_)
{
	struct pair p = connected();

	signals_count();
	R(fcntl(p.server, F_SETOWN, getpid()));
	R(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, inline_));
	urgent_state(p.server, "nothing yet");
	T(p.server, 5, MSG_OOB | MSG_DONTWAIT);
	R(send(p.client, "abcU", 4, MSG_OOB));
	urgent_state(p.server, "abcU");
	T(p.server, 1, MSG_OOB | MSG_PEEK);
	T(p.server, 1, MSG_OOB | MSG_TRUNC);
	T(p.server, 5, MSG_OOB);
	T(p.server, 5, MSG_OOB);
	urgent_state(p.server, "U had");
	R(send(p.client, "def", 3, 0));
	urgent_state(p.server, "more");
	T(p.server, 2, MSG_PEEK);
	T(p.server, 20, MSG_PEEK);
	T(p.server, 20, 0);
	urgent_state(p.server, "read to the mark");
	T(p.server, 20, MSG_WAITALL | MSG_DONTWAIT);
	urgent_state(p.server, "read past");
	R(send(p.client, "V", 1, MSG_OOB));
	urgent_state(p.server, "V");
	R(send(p.client, "gW", 2, MSG_OOB));
	urgent_state(p.server, "gW");
	R(recv(p.server, (char[1]){}, 0, MSG_OOB));
	T(p.server, 20, MSG_DONTWAIT);
	urgent_state(p.server, "read again");
	T(p.server, 20, MSG_DONTWAIT);
	T(p.server, 20, MSG_OOB);
	R(shutdown(p.client, SHUT_WR));
	urgent_state(p.server, "closed");
	T(p.server, 20, MSG_OOB | MSG_DONTWAIT);
	T(p.server, 20, MSG_DONTWAIT);
}

DIFFER(urgent__apart, "A3 F8")
{
	urgent_life(false);
}

DIFFER(urgent__inline, "A3 F8")
{
	urgent_life(true);
}

DIFFER(urgent__inline_changes, "A3 F8")
{
	struct pair p = connected();

	R(send(p.client, "abU", 3, MSG_OOB));
	R(send(p.client, "cd", 2, 0));
	arrive();
	T(p.server, 1, 0);
	R(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	T(p.server, 10, MSG_DONTWAIT);
	T(p.server, 10, MSG_DONTWAIT);
	R(send(p.client, "abU", 3, MSG_OOB));
	R(send(p.client, "cd", 2, 0));
	arrive();
	T(p.server, 3, MSG_TRUNC);
	R(set_int(p.server, SOL_SOCKET, SO_OOBINLINE, 0));
	T(p.server, 10, MSG_DONTWAIT);
	T(p.server, 10, MSG_DONTWAIT);
}

/* --- SIGIO --- */

static void async(int fd)
{
	R(fcntl(fd, F_SETOWN, getpid()));
	R(fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK));
}

/* How many come is a matter of timing; whether any comes is not. */
static void sigio(const char *when)
{
	struct timespec none = {};
	sigset_t set;
	int n = 0;

	arrive();
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGURG);
	while (sigtimedwait(&set, NULL, &none) > 0)
		n++;
	record(when, "%d", n > 0);
}

DIFFER(sigio__life, "A3")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), client = new_socket(), child;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGURG);
	sigprocmask(SIG_BLOCK, &set, NULL);
	async(fd);
	sigio("nothing yet");
	async(client);
	R(try_connect(client, where));
	sigio("connected");
	ensure_ok(child = accept(fd, NULL, NULL));
	sigio("accepted");
	async(child);
	fcntl(client, F_SETFL, 0);
	R(send(client, "abc", 3, 0));
	sigio("data");
	T(child, 10, 0);
	sigio("read");
	R(send(client, "u", 1, MSG_OOB));
	sigio("urgent");
	T(child, 1, MSG_OOB);
	R(shutdown(client, SHUT_WR));
	sigio("half closed");
	R(shutdown(child, SHUT_WR));
	sigio("both closed");
	R(close(fd));
	sigio("listener closed");
	N(fcntl(child, F_GETOWN) == getpid());
	R(fcntl(child, F_SETSIG, SIGUSR2));
}

DIFFER(sigio__reset, "A3")
{
	struct linger hard = { .l_onoff = 1 };
	struct pair p = connected();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGURG);
	sigprocmask(SIG_BLOCK, &set, NULL);
	async(p.client);
	sigio("nothing yet");
	setsockopt(p.server, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p.server);
	sigio("reset");
}

/* --- while others sleep --- */

DIFFER(sleepers__woken, "A3")
{
	struct pair p = connected();
	struct linger hard = { .l_onoff = 1 };
	struct sockaddr_in where;
	int lone = listen_at(&where);

	after(50) shutdown(p.server, SHUT_RD);
	T(p.server, 10, 0);
	E(p.server);
	R(send(p.client, "abc", 3, 0));		/* still taken */
	arrive();
	T(p.server, 10, MSG_DONTWAIT);
	T(p.server, 10, MSG_DONTWAIT);
	after(50) shutdown(lone, SHUT_RDWR);
	R(accept(lone, NULL, NULL));
	p = connected();
	after(50) {
		setsockopt(p.server, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(p.server);
	}
	T(p.client, 10, 0);
	T(p.client, 10, 0);
	p = connected();
	after(50) {
		struct sockaddr_in none = { .sin_family = AF_UNSPEC };

		try_connect(p.client, none);
	}
	T(p.client, 10, 0);
	N(events_within(p.client, POLLIN, 0));
}
