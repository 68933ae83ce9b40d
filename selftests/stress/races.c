// SPDX-License-Identifier: GPL-2.0
/*
 * races.c - two CPUs do two things to one connection at the same moment
 *
 * Loopback and real devices hand a connection's segments to one CPU, one after the
 * other. Here two threads, each on a CPU of its own, wait for one another and then
 * do their thing at once: each writes a segment to the TUN device, which the stack
 * deals with on the CPU that writes, or makes a system call. Which is first is left
 * to chance, some hundred times. Both orders are right; what is wrong shows as two
 * sockets for one connection, as bytes that are lost, as an object that stays in a
 * slab, or as a complaint of the kernel.
 *
 * RACES=100 in the environment makes the rounds a hundred times as many.
 */
#include <linux/filter.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "../socket/pair.h"
#include "slabs.h"

enum { ROUNDS = 100, DATA = 100 };

/* One of the two: a frame for the stack, or a call. */
struct side {
	uint8_t frame[256];
	size_t len;
	void (*call)(void);
	unsigned int delay;
};

static struct side sides[2];
static atomic_uint ready;	/* counts up by two in each race */
static unsigned int races;
static atomic_bool over;
static pthread_t other;

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ensure(!pthread_setaffinity_np(pthread_self(), sizeof(set), &set), "there is no CPU %d",
	       cpu);
}

static void act(struct side *s)
{
	volatile unsigned int spin;

	for (spin = 0; spin < s->delay; spin++)
		;
	if (s->call)
		s->call();
	else
		net_send(s->frame, s->len);
}

/* Waits until both have come so far. */
static void meet(unsigned int target)
{
	unsigned int spins = 0;

	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < target)
		if (++spins > 1000000)
			sched_yield();
}

static void *other_side(void *unused)
{
	unsigned int race = 0;

	(void)unused;
	pin(1);
	for (;;) {
		race++;
		meet(4 * race - 2);
		if (atomic_load(&over))
			return NULL;
		act(&sides[1]);
		meet(4 * race);
	}
}

/* Both sides act; each has done so when this returns. */
static void race(void)
{
	races++;
	sides[0].delay = rand() % 400;
	sides[1].delay = rand() % 400;
	meet(4 * races - 2);
	act(&sides[0]);
	meet(4 * races);
}

static void side_sends(int which, struct segment s)
{
	segment_fill_in(&s);
	sides[which].call = NULL;
	sides[which].len = segment_build(&s, sides[which].frame);
}

#define SIDE(which_, flags_, ...) \
	side_sends((which_), (struct segment){ .flags = (flags_), __VA_ARGS__ })

static void side_calls(int which, void (*call)(void))
{
	sides[which].call = call;
}

static struct slabs before;
static int64_t until_us;

static void begin(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		wire_skip("it takes two CPUs");
	c->unchecked = true;
	sysctl_try("net/ltcp/msl_ms", 50);
	sysctl_set("net/ipv4/tcp_invalid_ratelimit", 0);
	before = slabs_in_use();
	until_us = now_us() + 3000000;
	pin(0);
	ensure(!pthread_create(&other, NULL, other_side, NULL), "no thread");
}

/* Rounds, but not for ever on a slow machine. */
static bool goes_on(int round)
{
	const char *times = getenv("RACES");
	int factor = times ? atoi(times) : 1;

	return round < ROUNDS * factor && now_us() < until_us * factor;
}

static void end(int rounds)
{
	atomic_store(&over, true);
	races++;
	meet(4 * races - 2);
	pthread_join(other, NULL);
	if (listener >= 0)
		close(listener);
	listener = -1;
	ignore_rest();
	printf("%d races\n", rounds);
	ensure(rounds >= 5, "only %d races", rounds);
	if (is_ltcp())
		expect_slabs_back(before, 90000);
}

/* ---------------------------------------------------------------- handshakes */

static uint16_t next_port = 10000;
static int syn_flags = SYN;	/* of the next clients */
static bool stamped;		/* they use timestamps */

/* A client of the listener, as far as the stack's SYN-ACK. */
static void half_open(void)
{
	static uint8_t frame[65536];
	struct seen v = {};
	ssize_t len;

	*c = (struct connection){
		.peer_addr = PEER_ADDR, .stack_addr = STACK_ADDR,
		.peer_port = next_port++, .stack_port = STACK_PORT,
		.peer_isn = 1000000, .peer_clock = 100000, .peer_win = 65535,
		.stack_wscale = -1, .peer_wscale = -1, .unchecked = true,
	};
	if (next_port > 60000)
		next_port = 10000;
	ignore_rest();
	if (stamped)
		SIDE(0, syn_flags, SEQ(0), MSS(1460), TS);
	else
		SIDE(0, syn_flags, SEQ(0), MSS(1460));
	net_send(sides[0].frame, sides[0].len);
	do {
		len = net_receive(frame, sizeof(frame), now_us() + 5000000);
		ensure(len > 0 && !segment_parse(frame, len, &v), "no answer to a SYN");
	} while (v.peer_port != c->peer_port || (v.flags & ~ECE) != (SYN | ACK));
	c->peer_stamps = c->stack_stamps = v.has_ts;
	c->stack_tsval = v.tsval;
	c->stack_isn = v.abs_seq;
	c->stack_max = 1;
}

/* How many connections accept() gives; each must have @bytes or more, if any. */
static int accepted(int fd, int bytes)
{
	char buf[4 * DATA];
	int child, n = 0;

	while ((child = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		int got = recv(child, buf, sizeof(buf), 0);

		ensure(bytes < 0 || got == bytes, "%d bytes, not %d", got, bytes);
		end_case(child);
		n++;
	}
	return n;
}

static void listen_again(void)
{
	listener = app_socket();
	app_listen_fd(listener, 128);
}

/* The end of a handshake, twice: one connection comes of it. */
static void twice(int cookies)
{
	int i;

	sysctl_set("net/ipv4/tcp_syncookies", cookies);
	begin();
	listen_again();
	for (i = 0; goes_on(i); i++) {
		half_open();
		SIDE(0, PSH | ACK, SEQ(1), ACK(1), LEN(DATA));
		SIDE(1, PSH | ACK, SEQ(1), ACK(1), LEN(DATA));
		race();
		ensure_eq(accepted(listener, DATA), 1);
	}
	end(i);
}

WIRE_TEST_LONG(races, child__completed_twice, 300, "ATTACK-21 ATTACK-20 D4 W5")
{
	twice(1);
}

WIRE_TEST_LONG(races, cookie__completed_twice, 300, "ATTACK-21 ATTACK-12 D4 D1")
{
	twice(2);
}

/*
 * The child can be found before the segment that made it has been dealt with. The
 * bytes of both segments come, for neither finds half a connection.
 */
WIRE_TEST_LONG(races, child__found_at_once, 300, "ATTACK-21 D4 W5")
{
	int i;

	begin();
	listen_again();
	for (i = 0; goes_on(i); i++) {
		half_open();
		SIDE(0, PSH | ACK, SEQ(1), ACK(1), LEN(DATA));
		SIDE(1, PSH | ACK, SEQ(1 + DATA), ACK(1), LEN(DATA));
		race();
		ensure_eq(accepted(listener, 2 * DATA), 1);
	}
	end(i);
}

WIRE_TEST_LONG(races, child__reset_at_once, 300, "ATTACK-21 D4 W5")
{
	int i;

	begin();
	listen_again();
	for (i = 0; goes_on(i); i++) {
		half_open();
		SIDE(0, ACK, SEQ(1), ACK(1));
		SIDE(1, RST, SEQ(1));
		race();
		ensure_in(accepted(listener, -1), 0, 1);
	}
	end(i);
}

static void close_listener(void)
{
	close(listener);
}

static void stop_listening(void)
{
	shutdown(listener, SHUT_RDWR);
}

/*
 * A listener goes while a handshake is completed, or begins. A request that came too
 * late to be reset with it is gone with the next segment, if not with its timer.
 */
static void listener_goes(int cookies, int flags, void (*how)(void))
{
	int i;

	sysctl_set("net/ipv4/tcp_syncookies", cookies);
	begin();
	for (i = 0; goes_on(i); i++) {
		listen_again();
		half_open();
		if (flags == SYN) {
			c->peer_port++;
			SIDE(0, SYN, SEQ(0), MSS(1460));
		} else {
			SIDE(0, flags, SEQ(1), ACK(1), LEN(DATA));
		}
		side_calls(1, how);
		race();
		if (how == stop_listening)
			close(listener);
		net_send(sides[0].frame, sides[0].len);
		expect_pair(TCP_CLOSE);
	}
	listener = -1;
	end(i);
}

WIRE_TEST_LONG(races, listener__closed_at_the_ack, 300, "ATTACK-20 D4 S2")
{
	listener_goes(1, PSH | ACK, close_listener);
}

WIRE_TEST_LONG(races, listener__closed_at_a_cookie, 300, "ATTACK-20 ATTACK-13 D4 S2")
{
	listener_goes(2, PSH | ACK, close_listener);
}

WIRE_TEST_LONG(races, listener__closed_at_the_syn, 300, "ATTACK-20 D4 S2")
{
	listener_goes(1, SYN, close_listener);
}

WIRE_TEST_LONG(races, listener__shut_down_at_the_ack, 300, "ATTACK-20 D4 S2")
{
	listener_goes(1, PSH | ACK, stop_listening);
}

enum { AT_ONCE = 50 };

static void many_syns(void)
{
	int i;

	for (i = 0; i < AT_ONCE; i++) {
		c->peer_port = next_port++;
		inject(SYN | ECE | CWR, SEQ(0), MSS(1460));
	}
}

static void listen_anew(void)
{
	int i;

	for (i = 0; i < AT_ONCE; i++) {
		shutdown(listener, SHUT_RDWR);
		listen(listener, 128);
	}
}

/* A SYN still reads of a listener that it has found while this one is made as new. */
WIRE_TEST_LONG(races, listener__shut_down_at_the_syn, 300, "ATTACK-20 ATTACK-25 D4 S2")
{
	int i;

	begin();
	for (i = 0; goes_on(i); i++) {
		listen_again();
		half_open();
		side_calls(0, many_syns);
		side_calls(1, listen_anew);
		race();
		half_open();
		close(listener);
	}
	listener = -1;
	end(i);
}

/* --------------------------------------------------------- SO_REUSEPORT groups */

static int member = -1;

static int new_member(void)
{
	int fd = app_socket();

	ensure_ok(set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	app_listen_fd(fd, 128);
	return fd;
}

static void member_leaves(void)
{
	close(member);
}

static void member_joins(void)
{
	member = new_member();
}

/*
 * The group changes as a handshake ends. The connection goes to whoever has the
 * request, or is reset with it; then the next one is served.
 */
static void group_changes(bool joins)
{
	int i, served = 0;

	begin();
	listener = new_member();
	for (i = 0; goes_on(i); i++) {
		if (!joins)
			member = new_member();
		half_open();
		SIDE(0, PSH | ACK, SEQ(1), ACK(1), LEN(DATA));
		side_calls(1, joins ? member_joins : member_leaves);
		race();
		served += accepted(listener, DATA);
		if (joins) {
			served += accepted(member, DATA);
			close(member);
		}
		half_open();
		SIDE(0, PSH | ACK, SEQ(1), ACK(1), LEN(DATA));
		net_send(sides[0].frame, sides[0].len);
		ensure_eq(accepted(listener, DATA), 1);
	}
	printf("%d served\n", served);
	ensure(served > i / 5, "%d of %d were served", served, i);
	end(i);
}

WIRE_TEST_LONG(races, reuseport__a_member_leaves, 300, "ATTACK-22 D4 A3")
{
	group_changes(false);
}

WIRE_TEST_LONG(races, reuseport__a_member_joins, 300, "ATTACK-22 D4 A3")
{
	group_changes(true);
}

/* --------------------------------------------------------------------- options */

/* One after the other, what a lookup, a SYN or a child reads of its listener. */
static void change_an_option(void)
{
	static const struct sock_filter first = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog program = { 1, (struct sock_filter *)&first };
	static const char route[] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	static unsigned int turn;
	bool on = turn / 9 % 2;

	/* A pointer, so always */
	setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, turn % 2 ? "reno" : "cubic", 5);
	switch (turn++ % 9) {
	case 0:
		setsockopt(listener, IPPROTO_IP, IP_OPTIONS, route, on ? sizeof(route) : 0);
		break;
	case 1:
		setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "wire0", on ? 6 : 0);
		break;
	case 2:
		setsockopt(listener, SOL_SOCKET,
			   on ? SO_ATTACH_REUSEPORT_CBPF : SO_DETACH_REUSEPORT_BPF,
			   &program, sizeof(program));
		break;
	case 3:
		program.filter = &(struct sock_filter){ BPF_RET | BPF_K, 0, 0, 65535 };
		setsockopt(listener, SOL_SOCKET, on ? SO_ATTACH_FILTER : SO_DETACH_FILTER,
			   &program, sizeof(program));
		break;
	case 4:
		set_int(listener, IPPROTO_TCP, TCP_SAVE_SYN, on);
		break;
	case 5:
		set_int(listener, IPPROTO_TCP, TCP_MAXSEG, on ? 600 : 1400);
		break;
	case 6:
		set_int(listener, SOL_SOCKET, SO_RCVBUF, on ? 5000 : 100000);
		break;
	case 7:
		set_int(listener, IPPROTO_IP, IP_TOS, on ? 16 : 0);
		break;
	case 8:
		listen(listener, on ? 16 : 128);
	}
}

WIRE_TEST_LONG(races, options__at_the_syn_and_the_ack, 300, "ATTACK-25 D4 A4")
{
	int i, served = 0;

	begin();
	syn_flags = SYN | ECE | CWR;	/* whose answer depends on TCP_CONGESTION */
	listener = new_member();
	for (i = 0; goes_on(i); i++) {
		half_open();
		SIDE(0, PSH | ACK, SEQ(1), ACK(1), LEN(DATA));
		side_calls(1, change_an_option);
		race();
		served += accepted(listener, DATA);
		c->peer_port = 61000;
		SIDE(0, syn_flags, SEQ(0), MSS(1460));
		race();
		SIDE(0, RST, SEQ(1));
		net_send(sides[0].frame, sides[0].len);
	}
	ensure_eq(served, i);
	end(i);
}

/* --- of a connection that sends and receives --- */

static int conn = -1;

static void change_a_connection(void)
{
	static unsigned int turn;
	bool on = turn / 6 % 2;

	switch (turn++ % 6) {
	case 0:
		setsockopt(conn, IPPROTO_TCP, TCP_CONGESTION, on ? "reno" : "cubic", 5);
		break;
	case 1:
		setsockopt(conn, IPPROTO_IP, IP_OPTIONS, "\1\1\1", on ? 4 : 0);
		break;
	case 2:
		set_int(conn, SOL_SOCKET, SO_RCVBUF, on ? 5000 : 100000);
		break;
	case 3:
		set_int(conn, SOL_SOCKET, SO_KEEPALIVE, on);
		break;
	case 4:
		set_int(conn, IPPROTO_TCP, TCP_NODELAY, on);
		break;
	case 5:
		set_int(conn, SOL_SOCKET, SO_RCVLOWAT, on ? 50 : 1);
	}
}

static void establish(void)
{
	half_open();
	SIDE(0, ACK, SEQ(1), ACK(1));
	net_send(sides[0].frame, sides[0].len);
	conn = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ensure(conn >= 0, "accept(): %s", strerror(errno));
}

WIRE_TEST_LONG(races, options__of_a_connection, 300, "ATTACK-25 D4 A4")
{
	char buf[2 * DATA];
	int i, next = 1;

	begin();
	listen_again();
	establish();
	for (i = 0; goes_on(i); i++) {
		SIDE(0, PSH | ACK, SEQ(next), ACK(1), LEN(DATA));
		side_calls(1, change_a_connection);
		race();
		ensure_is(recv(conn, buf, sizeof(buf), 0), DATA);
		next += DATA;
		ignore_rest();
	}
	end_case(conn);
	end(i);
}

static void disconnect(void)
{
	connect(conn, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
}

static void read_on(void)
{
	recv(conn, (char[DATA]){}, DATA, 0);
	recv(conn, (char[DATA]){}, DATA, MSG_PEEK);
}

/* Disconnected as data comes, or as it is read; then it is a socket like any other. */
static void disconnect_at(bool reading)
{
	int i;

	begin();
	listen_again();
	for (i = 0; goes_on(i); i++) {
		establish();
		SIDE(0, PSH | ACK, SEQ(1), ACK(1), LEN(DATA));
		if (reading) {
			net_send(sides[0].frame, sides[0].len);
			side_calls(0, read_on);
		}
		side_calls(1, disconnect);
		race();
		error_of(conn);
		ensure_fails(recv(conn, (char[8]){}, 8, 0), ENOTCONN);
		ensure_ok(try_connect(conn, at_port(STACK_PORT)) && errno != EINPROGRESS ? -1 : 0);
		end_case(conn);
		accepted(listener, -1);
	}
	end(i);
}

WIRE_TEST_LONG(races, disconnect__as_data_comes, 300, "ATTACK-18 D4 A3")
{
	disconnect_at(false);
}

WIRE_TEST_LONG(races, disconnect__as_it_is_read, 300, "ATTACK-18 D4 A3")
{
	disconnect_at(true);
}

/* ------------------------------------------------------------------- TIME-WAIT */

/* Closed by us first: what is left of it is in TIME-WAIT. */
static void into_time_wait(void)
{
	establish();
	close(conn);
	SIDE(0, FIN | ACK, SEQ(1), ACK(2));
	net_send(sides[0].frame, sides[0].len);
	expect_pair(TCP_TIME_WAIT);
	ignore_rest();
}

static int purge_tw = -1;

static void purge(void)
{
	ensure_is(write(purge_tw, "1", 1), 1);
}

static void time_waits_may_be_purged(void)
{
	differs_from_builtin("TIME-WAIT cannot be ended by a sysctl");
	sysctl_set("net/ltcp/msl_ms", 20000);
	ensure_ok(purge_tw = open("/proc/sys/net/ltcp/purge_tw", O_WRONLY));
}

/* A SYN reuses the pair while something else ends or reuses it, too. */
static void reuse_against(int flags, void (*call)(void))
{
	int i;

	begin();
	time_waits_may_be_purged();
	listen_again();
	for (i = 0; goes_on(i); i++) {
		into_time_wait();
		SIDE(0, SYN, SEQ(1000000), MSS(1460));
		if (call)
			side_calls(1, call);
		else
			SIDE(1, flags, SEQ(flags == RST ? 2 : 1000000));
		race();
		SIDE(0, RST, SEQ(1000001));
		net_send(sides[0].frame, sides[0].len);
		purge();
		expect_pair(TCP_CLOSE);
	}
	end(i);
}

WIRE_TEST_LONG(races, time_wait__reused_twice, 300, "ATTACK-24 D4 S4")
{
	reuse_against(SYN, NULL);
}

WIRE_TEST_LONG(races, time_wait__reused_as_it_is_reset, 300, "ATTACK-24 D4 S4")
{
	reuse_against(RST, NULL);
}

WIRE_TEST_LONG(races, time_wait__reused_as_it_is_ended, 300, "ATTACK-24 D4 S4")
{
	reuse_against(0, purge);
}

static int from_port;

/* connect() from the port and to the peer of the connection in TIME-WAIT. */
static void connect_over_it(void)
{
	struct sockaddr_in from = at_port(from_port), to = at_port(c->peer_port);
	int fd = app_socket();

	from.sin_addr.s_addr = htonl(STACK_ADDR);
	to.sin_addr.s_addr = htonl(PEER_ADDR);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!try_bind(fd, from))
		try_connect(fd, to);
	end_case(fd);
}

WIRE_TEST_LONG(races, time_wait__connect_as_it_is_ended, 300, "ATTACK-24 D4 S4")
{
	int i;

	begin();
	time_waits_may_be_purged();
	sysctl_set("net/ipv4/tcp_tw_reuse", 1);
	from_port = STACK_PORT;
	for (i = 0; goes_on(i); i++) {
		listen_again();
		into_time_wait();
		close(listener);
		listener = -1;
		side_calls(0, connect_over_it);
		side_calls(1, purge);
		race();
		purge();
	}
	end(i);
}

static int reuser = -1;

/* As long as the old connection is there the pair is not to be had. */
static void connect_the_reuser(void)
{
	struct sockaddr_in to = at_port(c->peer_port);
	int tries = 1000;

	to.sin_addr.s_addr = htonl(PEER_ADDR);
	while (try_connect(reuser, to) && errno == EADDRNOTAVAIL && --tries)
		;
}

static void bind_a_reuser(void)
{
	struct sockaddr_in from = at_port(STACK_PORT);

	from.sin_addr.s_addr = htonl(STACK_ADDR);
	reuser = app_socket();
	ensure_ok(set_int(reuser, SOL_SOCKET, SO_REUSEADDR, 1));
	ensure_ok(try_bind(reuser, from));
}

/* The peer's FIN leaves a stand-in, and connect() wants its place at once. */
WIRE_TEST_LONG(races, time_wait__connect_as_it_begins, 300, "ATTACK-24 D4 S4")
{
	int i, taken = 0;

	begin();
	time_waits_may_be_purged();
	sysctl_set("net/ipv4/tcp_tw_reuse", 1);
	stamped = true;
	for (i = 0; goes_on(i); i++) {
		listen_again();
		establish();
		close(listener);
		listener = -1;
		bind_a_reuser();
		shutdown(conn, SHUT_WR);
		SIDE(0, ACK, SEQ(1), ACK(2));
		net_send(sides[0].frame, sides[0].len);
		SIDE(0, FIN | ACK, SEQ(1), ACK(2));
		side_calls(1, connect_the_reuser);
		race();
		taken += app_info(reuser).tcpi_state == TCP_SYN_SENT;
		end_case(reuser);
		end_case(conn);
		purge();
		ignore_rest();
	}
	printf("%d taken over\n", taken);
	ensure(taken > i / 2, "%d of %d were taken over", taken, i);
	end(i);
}

/* ------------------------------------------------------------------ ICMP errors */

enum { UNREACHABLE = 3, FRAG_NEEDED = 4 };

static void many_errors(void)
{
	int i;

	for (i = 0; i < AT_ONCE; i++)
		inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(0), MTU(1400));
}

static void connect_often(void)
{
	int i;

	for (i = 0; i < AT_ONCE / 2; i++)
		connect_over_it();
}

/*
 * Errors about a connection that is just being made, and has no numbers yet. Whoever
 * finds no socket must not leave the error to another who would look again.
 */
WIRE_TEST_LONG(races, connect__errors_as_it_is_hashed, 300, "R9 D4")
{
	int i;

	begin();
	from_port = c->stack_port = STACK_PORT;
	c->stack_isn = 0;
	for (i = 0; goes_on(i); i++) {
		side_calls(0, many_errors);
		side_calls(1, connect_often);
		race();
		ignore_rest();
	}
	end(i);
}
