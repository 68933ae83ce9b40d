// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - socket options: defaults, ranges, errnos, what they change
 */
#include "pair.h"

/* --- options that are one number --- */

struct range {
	int level, option;
	int initial;		/* value of a new socket; ANY_VALUE: not asked */
	int good[4];		/* set and got back, up to a 0 after the first */
	int bad[4];		/* EINVAL, likewise */
};

enum { ANY_VALUE = -12345 };

#define TCP(option_) IPPROTO_TCP, option_

static const struct range ranges[] = {
	{ TCP(TCP_NODELAY), 0, { 1 }, {} },
	{ TCP(TCP_CORK), 0, { 1 }, {} },
	{ TCP(TCP_MAXSEG), ANY_VALUE, { 88, 536, 1000, 32767 }, { 1, 10, 32768, -1 } },
	{ TCP(TCP_KEEPIDLE), 7200, { 1, 100, 32767 }, { -1, 32768 } },
	{ TCP(TCP_KEEPINTVL), 75, { 1, 100, 32767 }, { -1, 32768 } },
	{ TCP(TCP_KEEPCNT), 9, { 1, 100, 127 }, { -1, 128 } },
	{ TCP(TCP_SYNCNT), 6, { 1, 100, 127 }, { -1, 128 } },
	{ TCP(TCP_LINGER2), 60, { 1, 30, 120 }, {} },
	{ TCP(TCP_USER_TIMEOUT), 0, { 1, 5000, 2147483647 }, { -1 } },
	{ TCP(TCP_NOTSENT_LOWAT), ANY_VALUE, { 1, 5000, 100000 }, {} },
	{ TCP(TCP_INQ), 0, { 1 }, { 2, -1 } },
	{ TCP(TCP_SAVE_SYN), 0, { 1, 2 }, { 3, -1 } },
	{ SOL_SOCKET, SO_KEEPALIVE, 0, { 1 }, {} },
	{ SOL_SOCKET, SO_REUSEADDR, 0, { 1 }, {} },
	{ SOL_SOCKET, SO_REUSEPORT, 0, { 1 }, {} },
	{ SOL_SOCKET, SO_OOBINLINE, 0, { 1 }, {} },
	{ SOL_SOCKET, SO_PRIORITY, 0, { 1, 6 }, {} },
	{ SOL_SOCKET, SO_MARK, 0, { 1, 77 }, {} },
	{ IPPROTO_IP, IP_TTL, 64, { 1, 33, 255 }, { 256 } },
	{ IPPROTO_IP, IP_TOS, 0, { 4, 16, 184 }, {} },
	{ IPPROTO_IP, IP_FREEBIND, 0, { 1 }, {} },
	{ IPPROTO_IP, IP_TRANSPARENT, 0, { 1 }, {} },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0, { 1 }, {} },
};

static void check_range(const struct range *r, int fd)
{
	int i, before;

	note("level %d option %d", r->level, r->option);
	if (r->initial != ANY_VALUE)
		ensure_eq(get_int(fd, r->level, r->option), r->initial);
	for (i = 0; i < 4 && r->good[i]; i++) {
		ensure_ok(set_int(fd, r->level, r->option, r->good[i]));
		ensure_eq(get_int(fd, r->level, r->option), r->good[i]);
	}
	before = get_int(fd, r->level, r->option);
	for (i = 0; i < 4 && r->bad[i]; i++) {
		ensure_fails(set_int(fd, r->level, r->option, r->bad[i]), EINVAL);
		ensure_eq(get_int(fd, r->level, r->option), before);
	}
}

WIRE_TEST(options, numbers__ranges, "A4 A3")
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		check_range(&ranges[i], new_socket());
}

WIRE_TEST(options, numbers__zero_is_out_of_range, "A4")
{
	int fd = new_socket();

	ensure_fails(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 0), EINVAL);
	ensure_fails(set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 0), EINVAL);
	ensure_fails(set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 0), EINVAL);
	ensure_fails(set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 0), EINVAL);
}

WIRE_TEST(options, numbers__on_a_connection, "A4")
{
	struct pair p = connected();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct range r = ranges[i];

		if (r.option == TCP_MAXSEG && r.level == IPPROTO_TCP)
			continue;
		if (r.level == SOL_SOCKET && r.option == SO_REUSEADDR)
			continue;
		r.initial = ANY_VALUE;
		check_range(&r, p.client);
	}
	send_pattern(p.server, 0, 10000);
	read_pattern(p.client, 0, 10000);
}

WIRE_TEST(options, numbers__short_and_bad_arguments, "A4")
{
	socklen_t len = sizeof(int);
	int fd = new_socket(), value = 1;
	char byte;

	ensure_fails(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, 3), EINVAL);
	ensure_fails(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)8, 4), EFAULT);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	len = 1;
	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &byte, &len));
	ensure_eq(len, 1);
	ensure_eq(byte, 1);
	len = 100;
	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len));
	ensure_eq(len, sizeof(int));
	len = -1;
	ensure_fails(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), EINVAL);
	ensure_fails(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, (void *)8), EFAULT);
}

WIRE_TEST(options, numbers__unknown, "A4")
{
	int fd = new_socket(), value;
	socklen_t len = sizeof(value);

	ensure_fails(set_int(fd, IPPROTO_TCP, 999, 1), ENOPROTOOPT);
	ensure_fails(getsockopt(fd, IPPROTO_TCP, 999, &value, &len), ENOPROTOOPT);
	ensure_fails(set_int(fd, IPPROTO_TCP, -1, 1), ENOPROTOOPT);
	ensure_fails(set_int(fd, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
	ensure_fails(set_int(fd, IPPROTO_IP, 9999, 1), ENOPROTOOPT);
}

/* What ltcp does not have yet says so; nobody may believe it to work. */
WIRE_TEST(options, missing__are_refused, "A4")
{
	static const struct { int option; const char *name; } missing[] = {
		{ TCP_REPAIR, "TCP_REPAIR" },
		{ TCP_MD5SIG, "TCP_MD5SIG" }, { TCP_MD5SIG_EXT, "TCP_MD5SIG_EXT" },
		{ TCP_FASTOPEN, "TCP_FASTOPEN" },
		{ TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT" },
		{ TCP_FASTOPEN_KEY, "TCP_FASTOPEN_KEY" },
		{ TCP_FASTOPEN_NO_COOKIE, "TCP_FASTOPEN_NO_COOKIE" },
		{ TCP_REPAIR_QUEUE, "TCP_REPAIR_QUEUE" },
		{ TCP_REPAIR_OPTIONS, "TCP_REPAIR_OPTIONS" },
		{ TCP_REPAIR_WINDOW, "TCP_REPAIR_WINDOW" },
		{ TCP_QUEUE_SEQ, "TCP_QUEUE_SEQ" },
	};
	char argument[256] = "tls";
	struct pair p;
	size_t i;

	differs_from_builtin("the built-in has them");
	p = connected();
	for (i = 0; i < ARRAY_SIZE(missing); i++) {
		socklen_t len = sizeof(argument);

		note("%s", missing[i].name);
		ensure_fails(setsockopt(p.client, IPPROTO_TCP, missing[i].option, argument,
					sizeof(argument)), ENOPROTOOPT);
		ensure_fails(getsockopt(p.client, IPPROTO_TCP, missing[i].option, argument,
					&len), ENOPROTOOPT);
	}
	send_pattern(p.client, 0, 1000);
	read_pattern(p.server, 0, 1000);
}

/* --- one by one --- */

WIRE_TEST(options, nodelay__small_writes_go_at_once, "A4 F3")
{
	int fd = active_open();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	app_write(fd, 10);
	expect(PSH | ACK, SEQ(1), LEN(10));
	app_write(fd, 10);
	expect(PSH | ACK, SEQ(11), LEN(10));
	end_case(fd);
}

WIRE_TEST(options, nodelay__flushes_what_waits, "A4 F3")
{
	int fd = active_open();

	app_write(fd, 10);
	expect(PSH | ACK, SEQ(1), LEN(10));
	app_write(fd, 10);
	expect_silence(50);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	expect(PSH | ACK, SEQ(11), LEN(10));
	end_case(fd);
}

WIRE_TEST(options, cork__holds_and_releases, "A4 F3")
{
	int fd = active_open();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_CORK, 1));
	app_write(fd, 10);
	app_write(fd, 10);
	expect_silence(100);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_CORK, 0));
	expect(PSH | ACK, SEQ(1), LEN(20));
	end_case(fd);
}

/* tcp(7): a cork holds for 200 ms at most. */
WIRE_TEST(options, cork__only_for_a_while, "A4 F3")
{
	int fd = active_open();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_CORK, 1));
	app_write(fd, 10);
	expect_within(1, 500, PSH | ACK, SEQ(1), LEN(10));
	end_case(fd);
}

WIRE_TEST(options, maxseg__limits_segments, "A4 W6")
{
	int fd = app_socket();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_MAXSEG, 500));
	app_connect_fd(fd);
	expect(SYN, SEQ(0), MSS(500));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(500));
	expect(PSH | ACK, SEQ(501), LEN(500));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_MAXSEG), 500);
	end_case(fd);
}

WIRE_TEST(options, maxseg__tells_the_connections, "A4")
{
	int fd = active_open(MSS(1200));

	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_MAXSEG), 1200);
	end_case(fd);
}

WIRE_TEST(options, window_clamp__bounds_the_window, "A4 F1")
{
	int fd = app_socket();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000));
	ensure_in(get_int(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP), 5000, 5000);
	app_connect_fd(fd);
	expect(SYN, SEQ(0), WIN_IN(1, 5000));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1), WIN_IN(1, 5000));
	end_case(fd);
}

WIRE_TEST(options, window_clamp__zero_only_when_closed, "A4")
{
	struct pair p = connected();
	int fd = new_socket();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 0));
	ensure_fails(set_int(p.client, IPPROTO_TCP, TCP_WINDOW_CLAMP, 0), EINVAL);
	ensure_ok(set_int(p.client, IPPROTO_TCP, TCP_WINDOW_CLAMP, 1));
	ensure(get_int(p.client, IPPROTO_TCP, TCP_WINDOW_CLAMP) >= 1000, "no lower bound");
	send_pattern(p.server, 0, 100000 / 4);
	read_pattern(p.client, 0, 100000 / 4);
}

/* The handshake's last ACK alone wakes nobody; data does, or the time. */
WIRE_TEST(options, defer_accept__waits_for_data, "A4")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), client = new_socket();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3));
	ensure_ok(try_connect(client, where));
	ensure_eq(events_within(fd, POLLIN, 200), 0);
	send_pattern(client, 0, 10);
	ensure_eq(events_within(fd, POLLIN, 200), POLLIN);
	read_pattern(accept(fd, NULL, NULL), 0, 10);
}

WIRE_TEST(options, defer_accept__value, "A4")
{
	int fd = new_socket();

	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3));
	ensure_in(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 3, 7);	/* in retransmissions */
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, -1));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
}

WIRE_TEST(options, linger2__special_values, "A4 S4")
{
	int fd = new_socket();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_LINGER2, -5));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_LINGER2), -1);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_LINGER2, 0));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_LINGER2), 60);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_LINGER2, 100000));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_LINGER2), 120);
}

WIRE_TEST(options, quickack__acknowledges_at_once, "A4 F5")
{
	int fd = active_open();

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 0));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_QUICKACK), 0);
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 1));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_QUICKACK), 1);
	inject(PSH | ACK, SEQ(1), LEN(100));
	expect(ACK, ACK(101));
	end_case(fd);
}

WIRE_TEST(options, congestion__by_name, "A4 C2 MAY-18")
{
	char name[32] = "";
	socklen_t len = sizeof(name);
	int fd = new_socket();

	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	ensure(!strcmp(name, "reno"), "a new socket has %s", name);
	ensure_ok(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	ensure_fails(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6), ENOENT);
	ensure_fails(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "", 0), EINVAL);
	len = sizeof(name);
	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	ensure(!strcmp(name, "reno"), "now it has %s", name);
}

WIRE_TEST(options, inq__comes_with_recvmsg, "A4")
{
	struct pair p = connected();
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec v = { (char[4]){}, 4 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h;

	ensure_ok(set_int(p.server, IPPROTO_TCP, TCP_INQ, 1));
	send_pattern(p.client, 0, 10);
	pass_ms(20);
	ensure_is(recvmsg(p.server, &m, 0), 4);
	h = CMSG_FIRSTHDR(&m);
	ensure(h && h->cmsg_level == SOL_TCP && h->cmsg_type == TCP_CM_INQ, "no TCP_CM_INQ");
	ensure_eq(*(int *)CMSG_DATA(h), 6);
}

WIRE_TEST(options, saved_syn__once, "A4")
{
	struct sockaddr_in where;
	unsigned char syn[200];
	socklen_t len = 1;
	int fd = listen_at(&where), child;

	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_SAVE_SYN, 1));
	ensure_ok(try_connect(new_socket(), where));
	ensure_ok(child = accept(fd, NULL, NULL));
	ensure_fails(getsockopt(child, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len), EINVAL);
	ensure_in(len, 40, 120);		/* how long it is */
	len = sizeof(syn);
	ensure_ok(getsockopt(child, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len));
	ensure_in(len, 40, 120);
	ensure_eq(syn[0], 0x45);
	ensure_eq(syn[20 + 2] << 8 | syn[20 + 3], ntohs(where.sin_port));
	ensure_eq(syn[20 + 13] & (SYN | ACK), SYN);
	len = sizeof(syn);
	ensure_ok(getsockopt(child, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len));
	ensure_eq(len, 0);
}

/* --- of other levels, where TCP has a part in it --- */

WIRE_TEST(options, buffers__doubled_and_bounded, "A3 F1")
{
	int fd = new_socket();

	ensure_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, 10000));
	ensure_eq(get_int(fd, SOL_SOCKET, SO_SNDBUF), 20000);
	ensure_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, 10000));
	ensure_eq(get_int(fd, SOL_SOCKET, SO_RCVBUF), 20000);
	ensure_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, 1));
	ensure_in(get_int(fd, SOL_SOCKET, SO_SNDBUF), 1000, 10000);
	ensure_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, 1));
	ensure_in(get_int(fd, SOL_SOCKET, SO_RCVBUF), 1000, 10000);
}

WIRE_TEST(options, buffers__initial_from_sysctl, "A3 F1")
{
	int fd;

	sysctl_set_str("net/ipv4/tcp_wmem", "4096 33000 400000");
	sysctl_set_str("net/ipv4/tcp_rmem", "4096 44000 400000");
	fd = new_socket();
	ensure_eq(get_int(fd, SOL_SOCKET, SO_SNDBUF), 33000);
	ensure_eq(get_int(fd, SOL_SOCKET, SO_RCVBUF), 44000);
}

WIRE_TEST(options, rcvbuf__limits_the_window, "A3 F1")
{
	int fd = app_socket();

	ensure_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, 4000));
	app_connect_fd(fd);
	expect(SYN, SEQ(0), WIN_IN(1, 8000));
	close(fd);
	ignore_rest();
}

WIRE_TEST(options, tos_and_ttl__in_the_segments, "A3")
{
	const struct seen *s;
	int fd = app_socket();

	ensure_ok(set_int(fd, IPPROTO_IP, IP_TOS, 0x10));
	ensure_ok(set_int(fd, IPPROTO_IP, IP_TTL, 33));
	app_connect_fd(fd);
	s = expect(SYN, SEQ(0));
	ensure_eq(s->tos, 0x10);
	ensure_eq(s->ttl, 33);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	s = expect(ACK, SEQ(1), ACK(1));
	ensure_eq(s->tos, 0x10);
	ensure_eq(s->ttl, 33);
	end_case(fd);
}

WIRE_TEST(options, mark__chooses_the_route, "A3")
{
	struct sockaddr_in where;
	int fd = new_socket();

	ensure_eq(system("ip rule add fwmark 7 table 77 && "
			 "ip route add unreachable 192.0.2.0/24 table 77"), 0);
	where = at_port(PEER_PORT);
	where.sin_addr.s_addr = htonl(PEER_ADDR);
	ensure_ok(set_int(fd, SOL_SOCKET, SO_MARK, 7));
	ensure_fails(try_connect(fd, where), EHOSTUNREACH);
}

WIRE_TEST(options, no_pmtu_discovery__no_df, "A3 W10")
{
	const struct seen *s;
	int fd = app_socket();

	c->no_df = true;
	ensure_ok(set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	app_connect_fd(fd);
	s = expect(SYN, SEQ(0));
	ensure(!s->df, "DF is set");
	close(fd);
	ignore_rest();
}

/* A thin stream asks for timeouts that do not double. */
WIRE_TEST(options, thin_linear_timeouts__do_not_double, "A4 R1")
{
	int fd, i;

	classic_recovery();
	fd = active_open();
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1));
	ensure_fails(set_int(fd, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 2), EINVAL);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	/* The first loss ends slow start; from then on it counts as thin */
	expect_within(150, 1200, PSH | ACK, SEQ(1), LEN(100));
	for (i = 0; i < 4; i++)
		expect_within(150, 500, PSH | ACK, SEQ(1), LEN(100));
	end_case(fd);
}

/* fq holds each of our segments back, also those without data. */
WIRE_TEST(options, tx_delay__holds_back, "A4 C8")
{
	int64_t start;
	int fd;

	if (system("tc qdisc replace dev wire0 root fq 2>/dev/null"))
		wire_skip("no fq in this kernel");
	fd = active_open();
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_TX_DELAY, 100000));
	ensure_eq(get_int(fd, IPPROTO_TCP, TCP_TX_DELAY), 100000);
	start = now_us();
	app_write(fd, 100);
	expect_within(99, 110, PSH | ACK, SEQ(1), LEN(100));
	ensure_in(now_us() - start, 99000, 110000);
	inject(PSH | ACK, SEQ(1), ACK(101), LEN(100));
	expect_within(99, 160, ACK, ACK(101), LEN(0));
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_TX_DELAY, 0));
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(101), LEN(100));
	end_case(fd);
}

WIRE_TEST(options, ulp__there_is_none, "A4")
{
	char name[16];
	socklen_t len = sizeof(name);
	struct pair p = connected();

	differs_from_builtin("it has TLS");
	ensure_fails(setsockopt(p.client, IPPROTO_TCP, TCP_ULP, "tls", 4), ENOENT);
	ensure_ok(getsockopt(p.client, IPPROTO_TCP, TCP_ULP, name, &len));
	ensure_eq(len, 0);
}
