// SPDX-License-Identifier: GPL-2.0
/*
 * ip.c - what TCP asks of IP (RFC 9293, section 3.9.2): addresses, the Diffserv
 * field, the TTL, options, source routes
 */
#include <netinet/ip.h>
#include <stdlib.h>

#include "wire.h"

#define OTHER_ADDR	0xc0000203u	/* 192.0.2.3, the stack's second one */
#define FAR_PEER	0xc6336407u	/* 198.51.100.7, behind routers */

/* The options are written in octal: 198.51.100 is \306\063\144. */
#define VIA(n)		"\306\063\144" n
#define ROUTER_A	VIA("\001")
#define ROUTER_B	VIA("\002")
#define ROUTER_C	VIA("\003")

enum { ROUTER_A_ADDR = (int)0xc6336401, ROUTER_B_ADDR, ROUTER_C_ADDR };

/* Everything a connection says in its life, each segment shown to @check. */
static void say_everything(int fd, void (*check)(const struct seen *s))
{
	app_write(fd, 100);
	check(expect(PSH | ACK, SEQ(1), LEN(100)));
	check(expect_within(150, 3500, PSH | ACK, SEQ(1), LEN(100)));
	inject(PSH | ACK, SEQ(1), ACK(101), LEN(10));
	check(expect_ack(11));
	app_read(fd, 10);
	inject(ACK, SEQ(100011), ACK(101), LEN(10));	/* outside the window */
	check(expect(ACK, SEQ(101), ACK(11), LEN(0)));
	app_shutdown(fd, SHUT_WR);
	check(expect(FIN | ACK, SEQ(101), LEN(0)));
}

/* ---------------------------------------------------------------- addresses */

/* That every segment has the connection's address is checked on each. */
static void check_nothing(const struct seen *s)
{
	(void)s;
}

static void bind_to(int fd, uint32_t addr)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	ensure(!bind(fd, (void *)&at, sizeof(at)), "bind(): %s", strerror(errno));
}

static uint32_t own_address(int fd)
{
	struct sockaddr_in at = {};
	socklen_t len = sizeof(at);

	ensure(!getsockname(fd, (void *)&at, &len), "getsockname(): %s", strerror(errno));
	return ntohl(at.sin_addr.s_addr);
}

WIRE_TEST(ip, address__chosen_at_open, "MUST-43 MUST-45")
{
	int fd = app_socket();

	run_ip("address add 192.0.2.3/24 dev wire0");
	bind_to(fd, OTHER_ADDR);
	c->stack_addr = OTHER_ADDR;
	active_open_fd(fd);
	say_everything(fd, check_nothing);
}

/* By the route, so that the program knows the address as soon as the SYN leaves. */
WIRE_TEST(ip, address__chosen_by_the_route, "MUST-44 MUST-45")
{
	int fd;

	run_ip("address add 192.0.2.3/24 dev wire0");
	run_ip("route add 198.51.100.0/24 dev wire0 src 192.0.2.3");
	c->peer_addr = FAR_PEER;
	c->stack_addr = OTHER_ADDR;
	fd = app_connect();
	ensure_eq(own_address(fd), OTHER_ADDR);
	expect(SYN, SEQ(0));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	say_everything(fd, check_nothing);
}

/* The routes come to prefer another one, while the SYN waits and afterwards. */
WIRE_TEST(ip, address__stays_when_routes_change, "MUST-45")
{
	int fd;

	run_ip("address add 192.0.2.3/24 dev wire0");
	run_ip("route add 198.51.100.0/24 dev wire0 src 192.0.2.3");
	c->peer_addr = FAR_PEER;
	c->stack_addr = OTHER_ADDR;
	fd = reach(TCP_SYN_SENT);
	run_ip("route change 198.51.100.0/24 dev wire0 src 192.0.2.1");
	expect_after(1000, SYN, SEQ(0));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	run_ip("route delete 198.51.100.0/24 dev wire0");
	pass_ms(500);	/* until the kernel has let go of the route */
	say_everything(fd, check_nothing);
}

/* Whoever is called answers under the name it was called by. */
WIRE_TEST(ip, address__of_a_passive_open, "MUST-45")
{
	run_ip("address add 192.0.2.3/24 dev wire0");
	c->stack_addr = OTHER_ADDR;
	say_everything(passive_open(), check_nothing);
	inject(FIN | ACK, SEQ(11), ACK(102));
	expect(ACK, SEQ(102), ACK(12));			/* and in TIME-WAIT */
	inject(FIN | ACK, SEQ(11), ACK(102));
	expect(ACK, SEQ(102), ACK(12));
}

/* --------------------------------------------------------- the Diffserv field */

static int wanted_tos, wanted_ttl;

static void check_tos(const struct seen *s)
{
	ensure_eq(s->tos, wanted_tos);
}

static void set_tos(int fd, int tos)
{
	app_set(fd, IPPROTO_IP, IP_TOS, tos);
	wanted_tos = tos;
}

WIRE_TEST(ip, diffserv__of_an_active_open, "MUST-48 SHLD-22 A3")
{
	int fd = app_socket();

	set_tos(fd, 0xb8);
	app_connect_fd(fd);
	check_tos(expect(SYN, SEQ(0)));
	check_tos(expect_after(1000, SYN, SEQ(0)));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	check_tos(expect(ACK, SEQ(1), ACK(1)));
	say_everything(fd, check_tos);
	inject(FIN | ACK, SEQ(11), ACK(102));
	check_tos(expect(ACK, SEQ(102), ACK(12)));
	app_close(fd);
	inject(FIN | ACK, SEQ(11), ACK(102));
	check_tos(expect(ACK, SEQ(102), ACK(12)));	/* from TIME-WAIT */
}

WIRE_TEST(ip, diffserv__of_a_passive_open, "MUST-48 SHLD-22 A3")
{
	listener = app_listen();
	set_tos(listener, 0x28);
	inject(SYN, SEQ(0), MSS(1460));
	check_tos(expect(SYN | ACK, SEQ(0), ACK(1)));
	check_tos(expect_after(1000, SYN | ACK, SEQ(0), ACK(1)));
	inject(ACK, SEQ(1), ACK(1));
	say_everything(app_accept(listener), check_tos);
}

/* tcp_reflect_tos: whoever asked is answered in kind, but for the two bits of ECN. */
WIRE_TEST(ip, diffserv__reflected, "MUST-48 SHLD-22 A3")
{
	sysctl_set("net/ipv4/tcp_reflect_tos", 1);
	listener = app_listen();
	set_tos(listener, 0x28);
	wanted_tos = 0x48;
	inject(SYN, SEQ(0), MSS(1460), TOS(0x48 | ECT0));
	check_tos(expect(SYN | ACK, SEQ(0), ACK(1)));
	check_tos(expect_after(1000, SYN | ACK, SEQ(0), ACK(1)));
	inject(ACK, SEQ(1), ACK(1));
	say_everything(app_accept(listener), check_tos);
}

/* All 64 code points, as they are; the two bits of ECN are not the program's. */
WIRE_TEST(ip, diffserv__changed_midway, "SHLD-21 SHLD-22 MUST-48 A3")
{
	int fd = active_open(), dscp;

	app_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	for (dscp = 0; dscp < 64; dscp++) {
		set_tos(fd, dscp << 2);
		app_write(fd, 1);
		check_tos(expect(PSH | ACK, SEQ(1 + dscp), LEN(1)));
		inject(ACK, ACK(2 + dscp));
	}
	app_set(fd, IPPROTO_IP, IP_TOS, 0xff);
	app_write(fd, 1);
	ensure_eq(expect(PSH | ACK, SEQ(65), LEN(1))->tos, 0xfc);
}

/* What getsockopt(IP_PKTOPTIONS) says of the Diffserv field, or -1. */
static int told_tos(int fd)
{
	char answer[256];
	struct msghdr msg = { .msg_control = answer };
	socklen_t len = sizeof(answer);
	struct cmsghdr *cmsg;

	ensure(!getsockopt(fd, IPPROTO_IP, IP_PKTOPTIONS, answer, &len),
	       "IP_PKTOPTIONS: %s", strerror(errno));
	msg.msg_controllen = len;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_TOS)
			return *(int *)CMSG_DATA(cmsg);
	return -1;
}

/* The latest one that was in order; one that was refused does not count. */
WIRE_TEST(ip, diffserv__told_to_the_program, "MAY-9")
{
	static const int values[] = { 0x28, 0xb8, 0, 0xe0 };
	int64_t at = 1;
	size_t i;
	int fd;

	differs_from_builtin("it tells that of the handshake");
	fd = active_open();
	ensure_eq(told_tos(fd), -1);
	app_set(fd, IPPROTO_IP, IP_RECVTOS, 1);
	for (i = 0; i < ARRAY_SIZE(values); i++, at += 10) {
		inject(PSH | ACK, SEQ(at), LEN(10), TOS(values[i]));
		expect_ack(at + 10);
		ensure_eq(told_tos(fd), values[i]);
		inject(PSH | ACK, SEQ(at + 100000), LEN(10), TOS(0x40));
		expect(ACK, ACK(at + 10), LEN(0));
		ensure_eq(told_tos(fd), values[i]);
	}
}

/* ------------------------------------------------------- priority, and by whom */

static void run_tc(const char *command)
{
	note("%s", command);
	ensure(!system(command), "%s failed", command);
}

/* What has no socket of its own goes with the priority of the one that it is for. */
WIRE_TEST(ip, priority__of_answers, "A3")
{
	int fd;

	listener = app_listen();
	app_set(listener, SOL_SOCKET, SO_PRIORITY, 6);
	/* All else is lost */
	run_tc("tc qdisc replace dev wire0 root handle 1: prio bands 2 "
	       "priomap 1 1 1 1 1 1 0 1 1 1 1 1 1 1 1 1 && "
	       "tc qdisc add dev wire0 parent 1:2 handle 12: pfifo limit 0");
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));				/* of a listener */

	new_connection();
	c->stack_port = STACK_PORT;
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(100000), ACK(1));
	expect(ACK, SEQ(1), ACK(1));			/* of half a connection */
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	app_set(fd, SOL_SOCKET, SO_PRIORITY, 6);
	app_close(fd);
	expect(FIN | ACK, SEQ(1), ACK(1));
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2));
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2));			/* of TIME-WAIT */
}

/* Nothing leaves where the rules of the socket's owner say so. */
WIRE_TEST(ip, owner__of_answers, "A3 A5")
{
	listener = app_listen();
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	run_ip("rule add uidrange 7-7 lookup 7");
	run_ip("route add unreachable default table 7");
	inject(ACK, SEQ(100000), ACK(1));
	expect(ACK, SEQ(1), ACK(1));
	ensure(!fchown(listener, 7, -1), "fchown(): %s", strerror(errno));
	pass_ms(1000);			/* tcp_invalid_ratelimit */
	ignore_rest();
	inject(ACK, SEQ(100000), ACK(1));
	expect_silence(100);
	new_connection();
	c->stack_port = STACK_PORT;
	inject(ACK, SEQ(1), ACK(1));
	expect_silence(100);
	ensure(!fchown(listener, 8, -1), "fchown(): %s", strerror(errno));
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
}

/* -------------------------------------------------------------------- the TTL */

static void check_ttl(const struct seen *s)
{
	ensure_eq(s->ttl, wanted_ttl);
}

static void set_ttl(int fd, int ttl)
{
	app_set(fd, IPPROTO_IP, IP_TTL, ttl);
	wanted_ttl = ttl;
}

WIRE_TEST(ip, ttl__set_by_the_program, "MUST-49 A3")
{
	int fd = app_socket();

	set_ttl(fd, 7);
	app_connect_fd(fd);
	check_ttl(expect(SYN, SEQ(0)));
	check_ttl(expect_after(1000, SYN, SEQ(0)));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	check_ttl(expect(ACK, SEQ(1), ACK(1)));
	set_ttl(fd, 255);
	say_everything(fd, check_ttl);

	new_connection();
	listener = app_listen();
	set_ttl(listener, 1);
	inject(SYN, SEQ(0), MSS(1460));
	check_ttl(expect(SYN | ACK, SEQ(0), ACK(1)));
	inject(ACK, SEQ(1), ACK(1));
	say_everything(app_accept(listener), check_ttl);
}

WIRE_TEST(ip, ttl__set_for_all, "MUST-49")
{
	sysctl_set("net/ipv4/ip_default_ttl", 99);
	wanted_ttl = 99;
	say_everything(active_open(), check_ttl);
	new_connection();
	c->stack_port = STACK_PORT + 1;
	inject(SYN, SEQ(0));
	check_ttl(expect(RST | ACK, ACK(1)));
}

/* -------------------------------------------------------------------- options */

WIRE_TEST(ip, options__not_understood_are_ignored, "MUST-50")
{
	static const struct { const char *what, *bytes; size_t len; } rows[] = {
		{ "no operation",	"\001\001\001\001", 4 },
		{ "end of options",	"\000\000\000\000", 4 },
		{ "router alert",	"\224\004\000\000", 4 },
		{ "a stream's number",	"\210\004\022\064", 4 },
		{ "basic security",	"\202\013\253\000\000\000\000\000\000\000\000\000", 12 },
		{ "an unknown one",	"\236\010\001\002\003\004\005\006", 8 },
		{ "forty bytes of it",	"\236\050" "01234567890123456789012345678901234567", 40 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *o = rows[i].bytes;
		size_t n = rows[i].len;
		int fd;

		new_connection();
		note("%s", rows[i].what);
		reach(TCP_LISTEN);
		inject(SYN, SEQ(0), MSS(1000), .ip_options = o, .ip_options_len = n);
		ensure_eq(expect(SYN | ACK, SEQ(0), ACK(1))->ip_options_len, 0);
		inject(ACK, SEQ(1), ACK(1), .ip_options = o, .ip_options_len = n);
		fd = app_accept(listener);
		inject(PSH | ACK, SEQ(1), LEN(100), .ip_options = o, .ip_options_len = n);
		expect_ack(101);
		app_read(fd, 100);
		app_write(fd, 1000);
		ensure_eq(expect(PSH | ACK, SEQ(1), LEN(1000))->ip_options_len, 0);
		inject(ACK, SEQ(101), ACK(1001), .ip_options = o, .ip_options_len = n);
		end_case(fd);
	}
}

static const char *wanted_option;
static int wanted_len, wanted_same;

/* The first @wanted_same bytes are as asked for; routers and IP fill in the rest. */
static void check_option(const struct seen *s)
{
	ensure_eq(s->ip_options_len, wanted_len);
	ensure(!memcmp(s->ip_options, wanted_option, wanted_same), "another option");
}

static void set_options(int fd, const char *bytes, int len, int same)
{
	ensure(!setsockopt(fd, IPPROTO_IP, IP_OPTIONS, bytes, len), "IP_OPTIONS: %s",
	       strerror(errno));
	wanted_option = bytes;
	wanted_len = len;
	wanted_same = same;
}

/* Every segment carries it, and its bytes are not available for data (MUST-16). */
WIRE_TEST(ip, options__timestamp_and_record_route, "MAY-10 MAY-11 MUST-16")
{
	static const struct { const char *what, *bytes; } rows[] = {
		{ "record route", "\007\047\004" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" },
		{ "timestamps", "\104\050\005\000" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		note("%s", rows[i].what);
		fd = app_socket();
		set_options(fd, rows[i].bytes, 40, 2);
		app_connect_fd(fd);
		check_option(expect(SYN, SEQ(0), MSS(1460)));
		inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
		check_option(expect(ACK, SEQ(1), ACK(1)));
		say_everything(fd, check_option);

		new_connection();
		fd = app_socket();
		set_options(fd, rows[i].bytes, 40, 2);
		active_open_fd(fd);
		app_write(fd, 2000);
		check_option(expect(ACK, SEQ(1), LEN(1420)));
		check_option(expect(PSH | ACK, SEQ(1421), LEN(580)));
		inject(ACK, ACK(2001));

		new_connection();		/* a smaller MSS of the peer, too */
		fd = app_socket();
		set_options(fd, rows[i].bytes, 40, 2);
		active_open_fd(fd, MSS(1000));
		app_write(fd, 1000);
		check_option(expect(ACK, SEQ(1), LEN(960)));
		check_option(expect(PSH | ACK, SEQ(961), LEN(40)));
		inject(ACK, ACK(1001));
	}
}

/* The program changes its mind on a connection that stands. */
WIRE_TEST(ip, options__changed_midway, "MUST-16 A3")
{
	int fd = active_open();

	set_options(fd, "\007\013\004\0\0\0\0\0\0\0\0\0", 12, 2);
	app_write(fd, 1460);
	check_option(expect(ACK, SEQ(1), LEN(1448)));
	check_option(expect(PSH | ACK, SEQ(1449), LEN(12)));
	inject(ACK, ACK(1461));
	set_options(fd, "", 0, 0);
	app_write(fd, 1460);
	check_option(expect(PSH | ACK, SEQ(1461), LEN(1460)));
	inject(ACK, ACK(2921));
}

/* -------------------------------------------------------------- source routes */

static uint32_t wanted_hop;

/* On its way to the peer, by way of @wanted_hop, and with the rest of the route. */
static void check_route(const struct seen *s)
{
	ensure(s->next_hop == wanted_hop, "it goes to %x first, not to %x",
	       s->next_hop, wanted_hop);
	check_option(s);
}

/* What is left of a route after @hop. */
static void want_route(uint32_t hop, const char *rest, int len)
{
	wanted_hop = hop;
	wanted_option = rest;
	wanted_len = len;
	wanted_same = len;
}

static void accept_source_routes(void)
{
	sysctl_set("net/ipv4/conf/all/accept_source_route", 1);
	sysctl_set("net/ipv4/conf/wire0/accept_source_route", 1);
}

#define LEFT_B_PEER	"\203\013\004" ROUTER_B VIA("\007") "\000"
#define LEFT_A_PEER	"\203\013\004" ROUTER_A VIA("\007") "\000"
#define LEFT_PEER	"\203\007\004" VIA("\007") "\000"
#define STRICT_PEER	"\211\007\004" VIA("\007") "\000"

/* As routers leave it: each has written itself in, the pointer is at the end. */
#define CAME_BY_A_B	IP_OPTS("\203\013\014" ROUTER_A ROUTER_B "\000")
#define CAME_BY_C	IP_OPTS("\203\007\010" ROUTER_C "\000")
#define CAME_STRICTLY_BY_C IP_OPTS("\211\007\010" ROUTER_C "\000")

static void open_by(int fd, const char *route, int len)
{
	ensure(!setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route, len), "IP_OPTIONS: %s",
	       strerror(errno));
	c->peer_addr = FAR_PEER;
}

WIRE_TEST(ip, source_route__at_open, "MUST-51")
{
	int fd = app_socket();

	open_by(fd, "\203\013\004" ROUTER_A ROUTER_B "\000", 12);
	want_route(ROUTER_A_ADDR, LEFT_B_PEER, 12);
	app_connect_fd(fd);
	check_route(expect(SYN, SEQ(0)));
	check_route(expect_after(1000, SYN, SEQ(0)));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	check_route(expect(ACK, SEQ(1), ACK(1)));
	say_everything(fd, check_route);
}

/* The way the answers come is not what the program asked for. */
WIRE_TEST(ip, source_route__before_a_received_one, "MUST-52 MUST-51")
{
	int fd = app_socket();

	accept_source_routes();
	open_by(fd, "\203\013\004" ROUTER_A ROUTER_B "\000", 12);
	want_route(ROUTER_A_ADDR, LEFT_B_PEER, 12);
	app_connect_fd(fd);
	check_route(expect(SYN, SEQ(0)));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460), CAME_BY_C);
	check_route(expect(ACK, SEQ(1), ACK(1)));
	app_write(fd, 50);
	check_route(expect(PSH | ACK, SEQ(1), LEN(50)));
	inject(PSH | ACK, SEQ(1), ACK(51), LEN(10), CAME_BY_C);
	check_route(expect_ack(11));
	app_write(fd, 50);
	check_route(expect(PSH | ACK, SEQ(51), LEN(50)));
	inject(ACK, SEQ(11), ACK(101));
}

WIRE_TEST(ip, source_route__of_a_passive_open, "MUST-53")
{
	accept_source_routes();
	c->peer_addr = FAR_PEER;
	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), MSS(1460), CAME_BY_A_B);
	want_route(ROUTER_B_ADDR, LEFT_A_PEER, 12);
	check_route(expect(SYN | ACK, SEQ(0), ACK(1)));
	check_route(expect_after(1000, SYN | ACK, SEQ(0), ACK(1)));
	inject(ACK, SEQ(1), ACK(1));
	say_everything(app_accept(listener), check_route);
}

/* Neither a segment without one nor one that is refused changes it. */
WIRE_TEST(ip, source_route__the_latest_counts, "SHLD-24 MUST-53")
{
	int fd;

	differs_from_builtin("it keeps that of the SYN");
	accept_source_routes();
	c->peer_addr = FAR_PEER;
	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), MSS(1460), CAME_BY_A_B);
	want_route(ROUTER_B_ADDR, LEFT_A_PEER, 12);
	check_route(expect(SYN | ACK, SEQ(0), ACK(1)));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	inject(PSH | ACK, SEQ(100001), LEN(10), CAME_BY_C);
	check_route(expect(ACK, ACK(1)));
	want_route(ROUTER_C_ADDR, LEFT_PEER, 8);
	inject(PSH | ACK, SEQ(1), LEN(10), CAME_BY_C);
	check_route(expect_ack(11));
	app_read(fd, 10);
	app_write(fd, 1460);			/* with four bytes more for data */
	check_route(expect(ACK, SEQ(1), LEN(1452)));
	check_route(expect(PSH | ACK, SEQ(1453), LEN(8)));
	want_route(ROUTER_C_ADDR, STRICT_PEER, 8);
	inject(ACK, SEQ(11), ACK(1461), CAME_STRICTLY_BY_C);
	app_write(fd, 10);
	check_route(expect(PSH | ACK, SEQ(1461), LEN(10)));
	inject(ACK, SEQ(11), ACK(1471));
	app_close(fd);
	check_route(expect(FIN | ACK, SEQ(1471)));
}

/* A connection that was opened without one keeps to that, as does its program's word. */
WIRE_TEST(ip, source_route__uninvited, "MUST-52")
{
	int fd;

	accept_source_routes();
	c->peer_addr = FAR_PEER;
	fd = active_open();
	want_route(FAR_PEER, "", 0);
	inject(PSH | ACK, SEQ(1), LEN(10), CAME_BY_C);
	check_route(expect_ack(11));

	new_connection();
	c->peer_addr = FAR_PEER;
	fd = passive_open();
	open_by(fd, "\203\007\004" ROUTER_A "\000", 8);
	want_route(ROUTER_A_ADDR, LEFT_PEER, 8);
	inject(PSH | ACK, SEQ(1), LEN(10), CAME_BY_C);
	check_route(expect_ack(11));
}

/* Nobody has allowed it: such packets never get to TCP. */
WIRE_TEST(ip, source_route__off_by_default, "MUST-53 D2")
{
	sysctl_set("net/ipv4/conf/all/accept_source_route", 0);
	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), MSS(1460), CAME_BY_C);
	expect_silence(100);
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
}

/* ---------------------------------------------------------------------- sizes */

/* RFC 9293, 3.7.1: the MTU less the headers, and never more than fits the field. */
WIRE_TEST(ip, mss__follows_the_mtu, "MUST-67 MUST-14 SHLD-6")
{
	static const int mtus[] = { 552, 576, 1006, 1492, 1500, 9000, 65535 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mtus); i++) {
		int fd;

		new_connection();
		set_mtu(mtus[i]);
		fd = reach(TCP_SYN_SENT);
		ensure_eq(c->stack_mss, mtus[i] - 40);
		end_case(fd);
		new_connection();
		reach(TCP_LISTEN);
		inject(SYN, SEQ(0), MSS(400));
		expect(SYN | ACK, MSS(mtus[i] - 40));
		inject(RST, SEQ(1));
	}
}

/* ltcp does not: the packet is atomic (RFC 6864), so its number says nothing. */
WIRE_TEST(ip, id__of_a_copy, "MAY-4")
{
	int fd = active_open(), id;

	app_write(fd, 100);
	id = expect(PSH | ACK, SEQ(1), LEN(100))->ip_id;
	ensure(expect_within(150, 500, PSH | ACK, SEQ(1), LEN(100))->ip_id != id,
	       "the copy has the same number");
	inject(ACK, ACK(101));
}

/* ------------------------------------------------------- addresses of others */

enum { ELSEWHERE = (int)0xcb007109 };	/* 203.0.113.9, which a proxy answers for */

/* A listener with IP_TRANSPARENT, to which routing brings what is for ELSEWHERE. */
static void proxy(void)
{
	run_ip("rule add iif wire0 to 203.0.113.0/24 table 7");
	run_ip("route add local 203.0.113.0/24 dev lo table 7");
	c->stack_addr = ELSEWHERE;
	listener = app_socket();
	app_set(listener, IPPROTO_IP, IP_TRANSPARENT, 1);
	app_listen_fd(listener, 128);
}

static int proxied(void)
{
	proxy();
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	return app_accept(listener);
}

/* What has no connection yet answers as a connection does: ACKs and RSTs. */
WIRE_TEST(ip, transparent__half_open, "A3 S1")
{
	proxy();
	inject(ACK, SEQ(1), ACK(5555));
	expect(RST, LEN(0));
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1000000), ACK(1));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	inject(ACK, SEQ(1), ACK(7));
	expect(RST, SEQ(7));
}

/* The peer's FIN comes again, because our last ACK was lost. */
WIRE_TEST(ip, transparent__time_wait, "A3 S4")
{
	app_close(proxied());
	expect(FIN | ACK, SEQ(1));
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2));
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
}

WIRE_TEST(ip, transparent__fin_wait_2_without_a_user, "A3 SHLD-3")
{
	app_close(proxied());
	expect(FIN | ACK, SEQ(1));
	inject(ACK, SEQ(1), ACK(2));
	expect_pair(TCP_FIN_WAIT2);
	inject(PSH | ACK, SEQ(1), ACK(2), LEN(10));
	expect(RST, SEQ(2));
}
