// SPDX-License-Identifier: GPL-2.0
/*
 * open.c - opening connections (RFC 9293, sections 3.5 and 3.10.7)
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netpacket/packet.h>

#include "wire.h"

/* ------------------------------------------------------------- active open */

WIRE_TEST(open, active__three_way_handshake, "W4 W6 S1 MUST-14 MAY-3 SHLD-5 ATTACK-32")
{
	int fd = app_connect();

	expect(SYN, SEQ(0), LEN(0), MSS(1460), SACK_OK, TS, WSCALE(ANY), TSECR(0));
	expect_state(fd, TCP_SYN_SENT);
	app_connect_result(fd, EINPROGRESS);
	inject(SYN | ACK, SEQ(0), ACK(1), FULL_OPTIONS);
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	expect_state(fd, TCP_ESTABLISHED);
	app_connect_result(fd, 0);
	expect_silence(2000);
}

WIRE_TEST(open, active__options_follow_sysctls, "W6")
{
	int bits;

	for (bits = 0; bits < 8; bits++) {
		bool sack = bits & 1, stamps = bits & 2, scale = bits & 4;
		const struct seen *syn;
		int fd;

		new_connection();
		sysctl_set("net/ipv4/tcp_sack", sack);
		sysctl_set("net/ipv4/tcp_timestamps", stamps);
		sysctl_set("net/ipv4/tcp_window_scaling", scale);
		fd = app_connect();
		syn = expect(SYN, SEQ(0), MSS(1460));
		ensure_eq(syn->sack_ok, sack);
		ensure_eq(syn->has_ts, stamps);
		ensure_eq(syn->wscale >= 0, scale);
		end_case(fd);
	}
}

WIRE_TEST(open, active__window_of_syn_ack_is_not_scaled, "W4")
{
	int fd = active_open(FULL_OPTIONS, WIN(2 * 1448));

	app_write(fd, 5000);
	ensure_eq(take_burst(50).to, 1 + 2 * 1448);
}

WIRE_TEST(open, active__refused, "W9 S1")
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	inject(RST | ACK, SEQ(0), ACK(1));
	app_connect_result(fd, ECONNREFUSED);
	expect_pair(TCP_CLOSE);
	expect_silence(3000);
}

WIRE_TEST(open, active__last_ack_lost, "W4 R8")
{
	int fd = active_open();

	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	expect_state(fd, TCP_ESTABLISHED);
}

WIRE_TEST(open, active__data_right_after_syn_ack, "W4")
{
	int fd = active_open();

	inject(PSH | ACK, SEQ(1), ACK(1), LEN(100));
	expect_ack(101);
	app_read(fd, 100);
}

/* RFC 9293, section 3.10.7.3; "answers" is what must come back. */
WIRE_TEST(open, syn_sent__unacceptable_segments, "W4 W9 S1 S7 D2 ATTACK-9")
{
	static const struct {
		const char *what;
		int flags, ack, len, answers;
	} rows[] = {
		{ "ACK of nothing sent",		ACK,		0, 0, RST },
		{ "ACK beyond the SYN",			ACK,		2, 0, RST },
		{ "ACK far away",			ACK, 1 << 30,	      0, RST },
		{ "SYN,ACK of nothing sent",		SYN | ACK,	0, 0, RST },
		{ "SYN,ACK beyond the SYN",		SYN | ACK,	2, 0, RST },
		{ "data with an ACK beyond the SYN",	PSH | ACK,	2, 5, RST },
		{ "RST without ACK",			RST,		0, 0, 0 },
		{ "RST,ACK of nothing sent",		RST | ACK,	0, 0, 0 },
		{ "RST,ACK beyond the SYN",		RST | ACK,	2, 0, 0 },
		{ "RST,SYN,ACK beyond the SYN",		RST | SYN | ACK, 2, 0, 0 },
		{ "no control bit",			0,		0, 0, 0 },
		{ "data without ACK",			PSH,		0, 9, 0 },
		{ "FIN without ACK",			FIN,		0, 0, 0 },
		{ "an acceptable ACK, but no SYN",	ACK,		1, 0, 0 },
		{ "an acceptable FIN,ACK, but no SYN",	FIN | ACK,	1, 0, 0 },
	};
	const struct seen *s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		note("%s", rows[i].what);
		fd = reach(TCP_SYN_SENT);
		if (rows[i].flags & ACK)
			inject(rows[i].flags, SEQ(0), ACK(rows[i].ack), LEN(rows[i].len));
		else
			inject(rows[i].flags, SEQ(0), LEN(rows[i].len));
		if (rows[i].answers == RST)
			expect(RST, SEQ(rows[i].ack), LEN(0));
		s = take(20);			/* the SYN may be tried again early */
		ensure(!s || s->flags == SYN, "another answer than a SYN");
		expect_state(fd, TCP_SYN_SENT);
		inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
		expect(ACK, SEQ(1), ACK(1));
		expect_state(fd, TCP_ESTABLISHED);
		end_case(fd);
	}
}

WIRE_TEST_LONG(open, active__syn_retransmission_doubles, 200,
	       "R1 MUST-20 MUST-22 S1")
{
	int fd, i;

	sysctl_set("net/ipv4/tcp_syn_retries", 4);
	sysctl_try("net/ipv4/tcp_syn_linear_timeouts", 0);
	fd = reach(TCP_SYN_SENT);
	for (i = 0; i < 4; i++)
		expect_after(1000 << i, SYN, SEQ(0), MSS(1460));
	expect_silence(15900);
	app_connect_result(fd, EINPROGRESS);
	expect_silence(2500);
	app_connect_result(fd, ETIMEDOUT);
	expect_pair(TCP_CLOSE);
}

/* The kernel's default makes two minutes; RFC 9293, 3.8.3, wants three at least. */
WIRE_TEST_LONG(open, active__three_minutes_by_default, 300, "MUST-23 MUST-22 R1")
{
	int fd, i;

	differs_from_builtin("it gives up after two minutes");
	sysctl_try("net/ipv4/tcp_syn_linear_timeouts", 0);
	fd = reach(TCP_SYN_SENT);
	for (i = 0; i < 7; i++)
		expect_after(1000 << i, SYN, SEQ(0));
	expect_silence(180000 - now_us() / 1000);
	app_connect_result(fd, EINPROGRESS);
	expect_silence(90000);
	app_connect_result(fd, ETIMEDOUT);
}

WIRE_TEST_LONG(open, active__syn_count_option, 100, "R1 A4 MUST-21")
{
	int fd = app_socket(), i;

	sysctl_try("net/ipv4/tcp_syn_linear_timeouts", 0);
	app_set(fd, IPPROTO_TCP, TCP_SYNCNT, 2);
	app_connect_fd(fd);
	expect(SYN, SEQ(0));
	for (i = 0; i < 2; i++)
		expect_after(1000 << i, SYN, SEQ(0));
	expect_silence(6000);
	app_connect_result(fd, ETIMEDOUT);
}

WIRE_TEST(open, active__answer_to_second_syn, "W4 R1")
{
	int fd = reach(TCP_SYN_SENT);

	expect_after(1000, SYN, SEQ(0));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	expect_state(fd, TCP_ESTABLISHED);
	expect_silence(5000);
}

static void connect_fails(uint32_t addr)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(80),
				  .sin_addr.s_addr = htonl(addr) };
	int fd = app_socket();

	ensure(connect(fd, (void *)&to, sizeof(to)) < 0 && errno != EINPROGRESS,
	       "connect() to %x was not refused", addr);
	close(fd);
}

WIRE_TEST(open, active__never_to_broadcast_or_multicast, "MUST-46 MUST-57")
{
	connect_fails(0xe0000001);
	connect_fails(0xefffffff);
	connect_fails(0xffffffff);
	connect_fails(0xc00002ff);
	expect_silence(1100);
}

/* ------------------------------------------------------------ passive open */

WIRE_TEST(open, passive__three_way_handshake, "W4 W6 S1 ATTACK-32")
{
	int fd;

	listener = app_listen();
	expect_state(listener, TCP_LISTEN);
	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1), LEN(0), MSS(1460), SACK_OK, TS, WSCALE(ANY));
	expect_pair(TCP_SYN_RECV);
	inject(ACK, SEQ(1), ACK(1));
	expect_pair(TCP_ESTABLISHED);
	fd = app_accept(listener);
	expect_state(fd, TCP_ESTABLISHED);
	expect_silence(2000);
}

/* An option is used only when the SYN had it. */
WIRE_TEST(open, passive__options_follow_the_syn, "W6")
{
	int bits;

	for (bits = 0; bits < 8; bits++) {
		bool sack = bits & 1, stamps = bits & 2, scale = bits & 4;
		const struct seen *s;

		new_connection();
		reach(TCP_LISTEN);
		inject(SYN, SEQ(0), MSS(1460), .sack_ok.how = sack ? GIVEN : LEFT_OUT,
		       .ts.how = stamps ? GIVEN : LEFT_OUT,
		       .wscale.how = scale ? GIVEN : LEFT_OUT);
		s = expect(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
		ensure_eq(s->sack_ok, sack);
		ensure_eq(s->has_ts, stamps);
		ensure_eq(s->wscale >= 0, scale);
		inject(RST, SEQ(1));
		expect_silence(5);
	}
}

WIRE_TEST_LONG(open, passive__syn_ack_retransmission_doubles, 120, "R1 S1 MUST-22 D1")
{
	int i;

	sysctl_set("net/ipv4/tcp_synack_retries", 3);
	reach(TCP_SYN_RECV);
	for (i = 0; i < 3; i++)
		expect_after(1000 << i, SYN | ACK, SEQ(0), ACK(1));
	expect_pair(TCP_SYN_RECV);
	expect_silence(12000);
	expect_pair(TCP_CLOSE);
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
}

WIRE_TEST(open, passive__syn_again, "W4 R8")
{
	reach(TCP_SYN_RECV);
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	expect_state(app_accept(listener), TCP_ESTABLISHED);
}

/* RFC 9293, 3.10.7.4, fifth step: a RST, and the request stays as it was. */
WIRE_TEST(open, syn_received__unacceptable_ack, "S7 D2 ATTACK-8 ATTACK-9")
{
	static const int acks[] = { 0, 2, 1000, 1 << 30, -1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(acks); i++) {
		new_connection();
		reach(TCP_SYN_RECV);
		inject(ACK, SEQ(1), ACK(acks[i]));
		expect(RST, SEQ(acks[i]), LEN(0));
		expect_pair(TCP_SYN_RECV);
		inject(ACK, SEQ(1), ACK(1));
		end_case(app_accept(listener));
	}
}

WIRE_TEST(open, syn_received__reset_returns_to_listen, "S1 S6 W9")
{
	reach(TCP_SYN_RECV);
	inject(RST, SEQ(1));
	expect_pair(TCP_CLOSE);
	expect_silence(2000);
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
}

WIRE_TEST(open, syn_received__reset_outside_the_window_is_ignored, "S6 D2 ATTACK-10")
{
	reach(TCP_SYN_RECV);
	inject(RST, SEQ(100000));
	expect_silence(20);
	inject(RST, SEQ(-1));
	expect_silence(20);
	expect_pair(TCP_SYN_RECV);
	inject(ACK, SEQ(1), ACK(1));
	expect_state(app_accept(listener), TCP_ESTABLISHED);
}

/* A segment outside the window is answered with an ACK, never with data lost. */
WIRE_TEST(open, syn_received__segment_outside_the_window, "S6 D2")
{
	reach(TCP_SYN_RECV);
	inject(ACK, SEQ(200000), ACK(1), LEN(10));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	inject(ACK, SEQ(1), ACK(1));
	app_reads_nothing(app_accept(listener));
}

WIRE_TEST(open, syn_received__data_with_the_ack, "W4 S1")
{
	int fd;

	reach(TCP_SYN_RECV);
	inject(PSH | ACK, SEQ(1), ACK(1), LEN(100));
	expect_ack(101);
	fd = app_accept(listener);
	app_read(fd, 100);
}

WIRE_TEST(open, syn_received__fin_with_the_ack, "S1 S2")
{
	int fd;

	reach(TCP_SYN_RECV);
	inject(FIN | ACK, SEQ(1), ACK(1), LEN(10));
	expect_ack(12);
	fd = app_accept(listener);
	expect_state(fd, TCP_CLOSE_WAIT);
	app_read(fd, 10);
	app_reads_eof(fd);
}

/* RFC 7323, section 4.3: what the last one brought is echoed. */
WIRE_TEST(open, syn_received__answers_each_syn_with_its_timestamp, "W2 W4")
{
	differs_from_builtin("it echoes the first one's");
	listener = app_listen();
	inject(SYN, SEQ(0), MSS(1460), TS, TSVAL(500000));
	expect(SYN | ACK, SEQ(0), ACK(1), TSECR(500000));
	pass_ms(600);
	inject(SYN, SEQ(0), MSS(1460), TS, TSVAL(500600));
	expect(SYN | ACK, SEQ(0), ACK(1), TSECR(500600));
}

WIRE_TEST(open, syn_received__ack_lost_data_completes, "W4 R8")
{
	int fd;

	reach(TCP_SYN_RECV);
	expect_after(1000, SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1), LEN(500));
	expect_ack(501);
	fd = app_accept(listener);
	app_read(fd, 500);
}

/* Without Fast Open the data may be taken now, or left for a retransmission. */
WIRE_TEST(open, passive__syn_with_data, "W4")
{
	int64_t taken;
	int fd;

	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), MSS(1460), LEN(20));
	taken = expect(SYN | ACK, SEQ(0), ACK_IN(1, 21))->ack;
	ensure(taken == 1 || taken == 21, "only a part of the data was taken");
	inject(ACK, SEQ(taken), ACK(1), LEN(21 - taken + 30));
	expect_ack(51);
	fd = app_accept(listener);
	app_read(fd, 50);
}

/* RFC 9293, section 3.10.7.2. */
WIRE_TEST(open, listen__unacceptable_segments, "W9 S1 S7")
{
	static const struct {
		const char *what;
		int flags, len, answers;
	} rows[] = {
		{ "RST",		RST,			0, 0 },
		{ "RST,ACK",		RST | ACK,		0, 0 },
		{ "RST,SYN",		RST | SYN,		0, 0 },
		{ "ACK",		ACK,			0, RST },
		{ "data",		PSH | ACK,		7, RST },
		{ "FIN,ACK",		FIN | ACK,		0, RST },
		{ "SYN,ACK",		SYN | ACK,		0, RST },
		{ "no control bit",	0,			0, 0 },
		{ "data without ACK",	PSH,			7, 0 },
		{ "FIN without ACK",	FIN,			0, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		new_connection();
		note("%s", rows[i].what);
		reach(TCP_LISTEN);
		if (rows[i].flags & ACK)
			inject(rows[i].flags, SEQ(0), ACK(77), LEN(rows[i].len));
		else
			inject(rows[i].flags, SEQ(0), LEN(rows[i].len));
		if (rows[i].answers)
			expect(RST, SEQ(77), LEN(0));
		expect_silence(20);
		expect_pair(TCP_CLOSE);
	}
}

/* Sees what passes the device; of the hash by which it is spread, the lowest bits. */
static int hash_watcher(void)
{
	static const struct sock_filter low_bits[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, SKF_AD_OFF + SKF_AD_RXHASH },
		{ BPF_ALU | BPF_AND | BPF_K, 0, 0, 31 },
		{ BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1 },
		{ BPF_RET | BPF_A, 0, 0, 0 },	/* as the length of the copy */
	};
	struct sock_fprog program = { ARRAY_SIZE(low_bits), (struct sock_filter *)low_bits };
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(3 /* ETH_P_ALL */),
		.sll_ifindex = if_nametoindex("wire0"),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ensure(fd >= 0, "AF_PACKET: %s", strerror(errno));
	ensure(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) &&
	       !bind(fd, (void *)&at, sizeof(at)), "AF_PACKET: %s", strerror(errno));
	return fd;
}

/* Those bits of the next packet that left. */
static int next_hash(int watcher)
{
	struct sockaddr_ll from = {};
	ssize_t n;

	do {
		socklen_t len = sizeof(from);

		n = recvfrom(watcher, (char[64]){}, 64, 0, (void *)&from, &len);
		ensure(n > 0, "nothing has left");
	} while (from.sll_pkttype != PACKET_OUTGOING);
	return n - 1;
}

/* The path may be what has lost it. */
WIRE_TEST(open, passive__synack_again_by_another_path, "R1")
{
	int watcher = hash_watcher(), i, first, others = 0;

	reach(TCP_LISTEN);
	c->stack_port = STACK_PORT;
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	first = next_hash(watcher);
	for (i = 0; i < 4; i++) {
		expect_after(1000 << i, SYN | ACK, SEQ(0), ACK(1));
		others += next_hash(watcher) != first;
	}
	ensure_in(others, 2, 4);
}

/* RFC 9293, section 3.10.7.1. */
WIRE_TEST(open, closed__answers, "W9 S1 ATTACK-32")
{
	static const struct {
		const char *what;
		int flags, len, answers, seq, ack;
	} rows[] = {
		{ "SYN",		SYN,		0, RST | ACK, 0, 1 },
		{ "SYN with data",	SYN,		5, RST | ACK, 0, 6 },
		{ "SYN,FIN",		SYN | FIN,	0, RST | ACK, 0, 2 },
		{ "FIN with data",	FIN,		3, RST | ACK, 0, 4 },
		{ "data without ACK",	PSH,		8, RST | ACK, 0, 8 },
		{ "ACK",		ACK,		0, RST, 77, 0 },
		{ "SYN,ACK",		SYN | ACK,	0, RST, 77, 0 },
		{ "FIN,ACK",		FIN | ACK,	0, RST, 77, 0 },
		{ "data",		PSH | ACK,	9, RST, 77, 0 },
		{ "RST",		RST,		0, 0, 0, 0 },
		{ "RST,ACK",		RST | ACK,	0, 0, 0, 0 },
		{ "RST,SYN",		RST | SYN,	0, 0, 0, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		new_connection();
		note("%s", rows[i].what);
		reach(TCP_CLOSE);
		if (rows[i].flags & ACK)
			inject(rows[i].flags, SEQ(0), ACK(77), LEN(rows[i].len));
		else
			inject(rows[i].flags, SEQ(0), LEN(rows[i].len));
		if (rows[i].answers == RST)
			expect(RST, SEQ(rows[i].seq), LEN(0));
		else if (rows[i].answers)
			expect(RST | ACK, SEQ(rows[i].seq), ACK(rows[i].ack), LEN(0));
		expect_silence(20);
	}
}

WIRE_TEST(open, passive__syn_to_broadcast_is_discarded, "MUST-57 MUST-63")
{
	static const uint32_t targets[] = { 0xc00002ff, 0xffffffff, 0xe0000001 };
	static const uint32_t sources[] = { 0xe0000001, 0xffffffff, 0x7f000001, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		new_connection();
		reach(TCP_LISTEN);
		c->stack_addr = targets[i];
		inject(SYN, SEQ(0), MSS(1460));
		expect_silence(20);
	}
	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		new_connection();
		reach(TCP_LISTEN);
		c->peer_addr = sources[i];
		inject(SYN, SEQ(0), MSS(1460));
		expect_silence(20);
	}
}

/*
 * A SYN that claims to come from the very socket it goes to, where IP lets it pass.
 * What it does shows in the tables only: answers to the own address stay inside.
 */
WIRE_TEST(open, passive__land, "ATTACK-30 D2 MUST-63")
{
	long drops;
	int i;

	sysctl_set("net/ipv4/conf/wire0/accept_local", 1);
	reach(TCP_LISTEN);
	drops = counter("TcpExt", "ListenDrops");
	c->peer_addr = STACK_ADDR;
	c->peer_port = STACK_PORT;
	for (i = 1; i <= 3; i++) {
		inject(SYN, SEQ(0), MSS(1460));
		expect_silence(20);
		expect_pair(TCP_CLOSE);
		ensure_eq(counter("TcpExt", "ListenDrops"), drops + i);
	}
	new_connection();
	end_case(passive_open());
}

WIRE_TEST(open, passive__many_connections_to_one_port, "W8 MUST-42 MUST-41")
{
	struct connection *conns[8];
	int fds[8], i;

	for (i = 0; i < 8; i++) {
		conns[i] = new_connection();
		fds[i] = passive_open(FULL_OPTIONS);
	}
	for (i = 7; i >= 0; i--) {
		talk_about(conns[i]);
		app_write(fds[i], 100 + i);
		expect(PSH | ACK, SEQ(1), LEN(100 + i));
		inject(ACK, ACK(101 + i), LEN(10 + i));
		expect_ack(11 + i);
		app_read(fds[i], 10 + i);
	}
}

/* ---------------------------------------------------- the listener's queue */

enum { BACKLOG = 3 };		/* one more than that may wait for accept() */

static void fill_queue(int children)
{
	listener = app_socket();
	app_listen_fd(listener, BACKLOG);
	while (children--) {
		new_connection();
		reach(TCP_SYN_RECV);
		inject(ACK, SEQ(1), ACK(1));
		expect_pair(TCP_ESTABLISHED);
	}
}

WIRE_TEST(open, backlog__syn_dropped_when_full, "W9 D1")
{
	fill_queue(BACKLOG + 1);
	new_connection();
	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), MSS(1460));
	expect_silence(500);
	app_accept(listener);
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
}

/* Two handshakes race for the last place in the queue. */
static void overflow(int abort_on_overflow)
{
	struct connection *first, *second;

	sysctl_set("net/ipv4/tcp_abort_on_overflow", abort_on_overflow);
	fill_queue(BACKLOG);
	first = new_connection();
	reach(TCP_SYN_RECV);
	second = new_connection();
	reach(TCP_SYN_RECV);
	talk_about(first);
	inject(ACK, SEQ(1), ACK(1));
	expect_pair(TCP_ESTABLISHED);
	talk_about(second);
	inject(ACK, SEQ(1), ACK(1));
}

WIRE_TEST(open, backlog__full_at_the_last_ack, "W9 D1")
{
	overflow(0);
	expect_silence(100);
	expect_pair(TCP_SYN_RECV);
	app_accept(listener);
	expect_within(700, 1200, SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	expect_pair(TCP_ESTABLISHED);
}

WIRE_TEST(open, backlog__abort_on_overflow, "W9")
{
	overflow(1);
	expect(RST, SEQ(1));
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(open, backlog__listener_closed_during_handshake, "W9 S5 ATTACK-20")
{
	reach(TCP_SYN_RECV);
	app_close(listener);
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
}

WIRE_TEST(open, backlog__listener_closed_with_child_queued, "S5 ATTACK-20")
{
	reach(TCP_SYN_RECV);
	inject(ACK, SEQ(1), ACK(1));
	app_close(listener);
	expect(RST | ACK, SEQ(1));
	expect_pair(TCP_CLOSE);
}

/* ------------------------------------------------------- simultaneous open */

WIRE_TEST(open, simultaneous__both_send_syn, "W5 S1 MUST-10")
{
	int fd = reach(TCP_SYN_SENT);

	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	expect_state(fd, TCP_SYN_RECV);
	inject(ACK, SEQ(1), ACK(1));
	expect_state(fd, TCP_ESTABLISHED);
	app_connect_result(fd, 0);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	inject(ACK, ACK(101), LEN(50));
	expect_ack(51);
	app_read(fd, 50);
}

/* As in figure 8 of RFC 9293: the SYNs are acknowledged by SYN,ACKs. */
WIRE_TEST(open, simultaneous__syn_acks_cross, "W5 S1 MUST-10")
{
	int fd = reach(TCP_SYN_SENT);

	inject(SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(SYN | ACK, SEQ(0), ACK(1), FULL_OPTIONS);
	take(20);			/* an ACK may come, or not */
	if (!is_ltcp())
		inject(ACK, SEQ(1), ACK(1));
	expect_state(fd, TCP_ESTABLISHED);
	expect_silence(3000);
}

/* The window of a SYN,ACK is as it stands, also where it is the second SYN that comes. */
WIRE_TEST(open, simultaneous__window_is_not_scaled, "W5 W6 F2")
{
	int fd = reach(TCP_SYN_SENT);

	differs_from_builtin("it scales that window");
	inject(SYN, SEQ(0), MSS(1000), WSCALE(7), WIN(4096));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000), WSCALE(7), WIN(4096));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	app_write(fd, 10000);
	expect_bytes(1, 4001);
	expect_silence(50);
	ignore_rest();
}

WIRE_TEST(open, simultaneous__options_agreed, "W5 W6")
{
	int fd = reach(TCP_SYN_SENT);

	inject(SYN, SEQ(0), MSS(1200), SACK_OK, TS, WSCALE(3));
	expect(SYN | ACK, SEQ(0), ACK(1), MSS(1460), SACK_OK, TS, WSCALE(ANY));
	inject(ACK, SEQ(1), ACK(1));
	app_write(fd, 1188);
	expect(PSH | ACK, SEQ(1), LEN(1188), TS);
}

/* A peer without window scaling: ours must not scale either. */
WIRE_TEST(open, simultaneous__no_options_agreed, "W5 W6")
{
	int fd;

	differs_from_builtin("it goes on scaling its window");
	fd = reach(TCP_SYN_SENT);
	inject(SYN, SEQ(0), MSS(1000));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000), NO_TS);
}

WIRE_TEST(open, simultaneous__syn_ack_is_retransmitted, "W5 R1")
{
	int fd = reach(TCP_SYN_SENT);

	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	expect_within(200, 2000, SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	expect_state(fd, TCP_ESTABLISHED);
}

/* SYN-RECEIVED remembers that it came from an active open. */
WIRE_TEST(open, simultaneous__reset, "W5 S1 MUST-11")
{
	int fd;

	differs_from_builtin("a reset there is reported as ECONNRESET");
	fd = reach(TCP_SYN_SENT);
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(RST, SEQ(1));
	app_connect_result(fd, ECONNREFUSED);
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(open, self__connect, "W5 S1")
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(7777),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = app_socket();
	char buf[8] = "";

	ensure(!bind(fd, (void *)&self, sizeof(self)), "bind(): %s", strerror(errno));
	ensure(!connect(fd, (void *)&self, sizeof(self)) || errno == EINPROGRESS,
	       "connect(): %s", strerror(errno));
	pass_ms(10);
	expect_state(fd, TCP_ESTABLISHED);
	ensure_eq(send(fd, "myself", 6, 0), 6);
	pass_ms(10);
	ensure_eq(recv(fd, buf, sizeof(buf), 0), 6);
	ensure(!strcmp(buf, "myself"), "read '%s'", buf);
	app_shutdown(fd, SHUT_WR);
	pass_ms(100);
	app_reads_eof(fd);
}

/* ------------------------------------------------- initial sequence numbers */

/* The clock part moves on, the hash differs by address pair (RFC 6528). */
WIRE_TEST(open, isn__differs_by_connection, "W3 D3 MUST-8 SHLD-1 MUST-9 ATTACK-14")
{
	enum { N = 64 };
	uint32_t isn[N], step[N];
	int i, j;

	for (i = 0; i < N; i++) {
		new_connection();
		reach(TCP_SYN_RECV);
		isn[i] = c->stack_isn;
		step[i] = i ? isn[i] - isn[i - 1] : 0;
		inject(RST, SEQ(1));
	}
	for (i = 1; i < N; i++)
		for (j = 1; j < i; j++)
			ensure(step[i] != step[j] && isn[i] != isn[j],
			       "connections %d and %d: ISN %u and %u", i, j, isn[i], isn[j]);
}

WIRE_TEST(open, isn__same_connection_later_is_higher, "W3 MUST-8")
{
	uint32_t before;
	int32_t step;

	reach(TCP_SYN_RECV);
	before = c->stack_isn;
	inject(RST, SEQ(1));
	pass_ms(1000);
	c->stack_isn_known = false;
	c->stack_edge = -1;
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	step = c->stack_isn - before;
	/* RFC 6528: a clock of about 4 us; between a quarter and 64 times as fast */
	ensure_in(step, 250000 / 4, 250000 * 64);
}

WIRE_TEST(open, port__ephemeral_ports_are_not_sequential, "W8 D3 ATTACK-31")
{
	enum { N = 16 };
	int port[N], i, in_a_row = 0;

	for (i = 0; i < N; i++) {
		int fd;

		new_connection();
		fd = reach(TCP_SYN_SENT);
		port[i] = c->stack_port;
		end_case(fd);
		in_a_row += i && port[i] - port[i - 1] >= 0 && port[i] - port[i - 1] <= 2;
	}
	ensure(in_a_row < N / 2, "%d of %d ports follow one another", in_a_row, N);
}
