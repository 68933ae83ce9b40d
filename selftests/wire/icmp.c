// SPDX-License-Identifier: GPL-2.0
/*
 * icmp.c - ICMP errors about our segments (RFC 5461, 5927, 1191; RFC 9293,
 * section 3.9.2.2)
 */
#include <time.h>

#include <linux/errqueue.h>
#include <sys/utsname.h>

#include "wire.h"

enum { UNREACHABLE = 3, SOURCE_QUENCH = 4, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12 };
enum { NET, HOST, PROTOCOL, PORT, FRAG_NEEDED, ROUTE_FAILED, ADMIN = 13 };

static const struct { int type, code, err; } errors[] = {
	{ UNREACHABLE, NET,		ENETUNREACH },
	{ UNREACHABLE, HOST,		EHOSTUNREACH },
	{ UNREACHABLE, PROTOCOL,	ENOPROTOOPT },
	{ UNREACHABLE, PORT,		ECONNREFUSED },
	{ UNREACHABLE, ROUTE_FAILED,	EOPNOTSUPP },
	{ UNREACHABLE, ADMIN,		EHOSTUNREACH },
	{ TIME_EXCEEDED, 0,		EHOSTUNREACH },
	{ PARAMETER_PROBLEM, 0,		EPROTO },
};

/* ---------------------------------------------------------- while it opens */

WIRE_TEST(icmp, syn_sent__aborts_with_its_error, "R9 MUST-54 SHLD-26 A3")
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		int fd;

		new_connection();
		fd = reach(TCP_SYN_SENT);
		inject_icmp(errors[i].type, errors[i].code, SEQ(0));
		app_connect_result(fd, errors[i].err);
		expect_pair(TCP_CLOSE);
		end_case(fd);
	}
	expect_silence(3000);
}

/* Whether this kernel's TCPs put ICMP errors into the error queue. */
static bool has_error_queue(void)
{
	struct utsname u;

	uname(&u);
	return strncmp(u.release, "6.1.", 4);
}

/* The next of the error queue: what it was, who sent it, whom the segment was for. */
static void expect_queued(int fd, int type, int code, int err)
{
	char control[256], quoted[64];
	struct iovec to = { quoted, sizeof(quoted) };
	struct sockaddr_in name = {};
	struct msghdr msg = {
		.msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &to, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct sock_extended_err *e;
	struct cmsghdr *cmsg;

	ensure_eq(recvmsg(fd, &msg, MSG_ERRQUEUE), 8);
	cmsg = CMSG_FIRSTHDR(&msg);
	ensure(cmsg && cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR,
	       "no IP_RECVERR");
	e = (void *)CMSG_DATA(cmsg);
	ensure_eq(e->ee_origin, SO_EE_ORIGIN_ICMP);
	ensure_eq(e->ee_type, type);
	ensure_eq(e->ee_code, code);
	ensure_eq(e->ee_errno, err);
	ensure_eq(ntohl(((struct sockaddr_in *)SO_EE_OFFENDER(e))->sin_addr.s_addr),
		  c->peer_addr);
	ensure_eq(ntohl(name.sin_addr.s_addr), c->peer_addr);
	ensure_eq(ntohs(name.sin_port), c->peer_port);
	ensure_eq(ntohs(*(uint16_t *)quoted), c->stack_port);
}

static void expect_none_queued(int fd)
{
	struct msghdr msg = {};

	ensure_eq(recvmsg(fd, &msg, MSG_ERRQUEUE), -1);
	ensure_eq(errno, EAGAIN);
}

/* For those that trace a route by SYNs (ip(7)). */
WIRE_TEST(icmp, syn_sent__queued_with_recverr, "R9 MUST-54 A3")
{
	size_t i;

	if (!has_error_queue())
		wire_skip("no TCP of this kernel has ICMP errors in the error queue");
	for (i = 0; i < 2 * ARRAY_SIZE(errors); i++) {
		int type = errors[i / 2].type, code = errors[i / 2].code, fd = app_socket();

		new_connection();
		app_set(fd, IPPROTO_IP, IP_RECVERR, 1);
		app_connect_fd(fd);
		expect(SYN, SEQ(0));
		if (i % 2) {	/* simultaneous open */
			inject(SYN, SEQ(0), MSS(1460));
			expect(SYN | ACK, SEQ(0), ACK(1));
		}
		inject_icmp(type, code, SEQ(0));
		expect_queued(fd, type, code, errors[i / 2].err);
		expect_none_queued(fd);
		expect_pair(TCP_CLOSE);
		end_case(fd);
	}
}

WIRE_TEST(icmp, syn_sent__queued_for_nobody, "R9 A3")
{
	int fd = reach(TCP_SYN_SENT);

	inject_icmp(UNREACHABLE, HOST, SEQ(0));
	expect_none_queued(fd);
	app_connect_result(fd, EHOSTUNREACH);
}

/* Neither what quotes another segment, nor what is not an error. */
WIRE_TEST(icmp, syn_sent__forged_or_no_error, "R9 MUST-55 ATTACK-33")
{
	static const int seqs[] = { -1, 2, 1000, 1 << 30 };
	int fd = reach(TCP_SYN_SENT);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seqs); i++)
		inject_icmp(UNREACHABLE, PORT, SEQ(seqs[i]));
	ensure_eq(counter("TcpExt", "OutOfWindowIcmps"), (long)ARRAY_SIZE(seqs));
	inject_icmp(SOURCE_QUENCH, 0, SEQ(0));
	expect_state(fd, TCP_SYN_SENT);
	app_connect_result(fd, EINPROGRESS);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(ACK, SEQ(1), ACK(1));
	app_connect_result(fd, 0);
}

/* IP_MINTTL (ip(7)) is asked for what the error quotes, too, which has a TTL of 64. */
WIRE_TEST(icmp, syn_sent__from_too_far_away, "R9 ATTACK-33 A3")
{
	int fd = reach(TCP_SYN_SENT);

	app_set(fd, IPPROTO_IP, IP_MINTTL, 65);
	inject_icmp(UNREACHABLE, PORT, SEQ(0));
	ensure_eq(counter("TcpExt", "TCPMinTTLDrop"), 1);
	expect_state(fd, TCP_SYN_SENT);
	app_set(fd, IPPROTO_IP, IP_MINTTL, 64);
	inject_icmp(UNREACHABLE, PORT, SEQ(0));
	app_connect_result(fd, ECONNREFUSED);
}

/* Just after the peer's SYN, "port unreachable" says nothing to believe. */
WIRE_TEST(icmp, syn_received__port_unreachable_is_ignored, "R9 ATTACK-33 D2")
{
	reach(TCP_SYN_RECV);
	inject_icmp(UNREACHABLE, PORT, SEQ(0));
	inject_icmp(UNREACHABLE, PROTOCOL, SEQ(0));
	inject_icmp(UNREACHABLE, HOST, SEQ(1000));
	expect_pair(TCP_SYN_RECV);
	inject(ACK, SEQ(1), ACK(1));
	expect_state(app_accept(listener), TCP_ESTABLISHED);
}

/* That the peer cannot be reached is believed, if it is about our SYN,ACK. */
WIRE_TEST(icmp, syn_received__unreachable_ends_it, "R9 S1")
{
	static const struct { int type, code; } ends[] = {
		{ UNREACHABLE, NET }, { UNREACHABLE, HOST },
		{ TIME_EXCEEDED, 0 }, { PARAMETER_PROBLEM, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		new_connection();
		if (!i)
			reach(TCP_LISTEN);
		c->stack_port = STACK_PORT;
		inject(SYN, SEQ(0), MSS(1460));
		expect(SYN | ACK, SEQ(0), ACK(1));
		inject_icmp(ends[i].type, ends[i].code, SEQ(0));
		expect_pair(TCP_CLOSE);
		inject(ACK, SEQ(1), ACK(1));
		expect(RST, SEQ(1));
	}
}

WIRE_TEST(icmp, time_wait__is_not_touched, "R9 S4 ATTACK-33")
{
	size_t i;

	reach(TCP_TIME_WAIT);
	for (i = 0; i < ARRAY_SIZE(errors); i++)
		inject_icmp(errors[i].type, errors[i].code, SEQ(1));
	expect_pair(TCP_TIME_WAIT);
	expect_silence(100);
}

WIRE_TEST(icmp, listen__is_not_touched, "R9 ATTACK-33")
{
	reach(TCP_LISTEN);
	inject_icmp(UNREACHABLE, PORT, SEQ(0));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(0), MTU(576));
	expect_state(listener, TCP_LISTEN);
	end_case(passive_open());
}

/* Counted; whose segment it quotes nobody knows. */
WIRE_TEST(icmp, closed__is_counted, "R9 ATTACK-33")
{
	reach(TCP_CLOSE);
	inject_icmp(UNREACHABLE, PORT, SEQ(0));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(0), MTU(576));
	ensure_eq(counter("Icmp", "InErrors"), 2);
	expect_silence(20);
}

/* ------------------------------------------------------------ once it stands */

/* RFC 5461, section 4.1: none is a reason to give a connection up. */
WIRE_TEST(icmp, established__all_are_soft, "R9 SHLD-25 MUST-56 MUST-55 ATTACK-33 D2")
{
	static const int states[] = { TCP_ESTABLISHED, TCP_CLOSE_WAIT };
	size_t i, k;

	for (k = 0; k < ARRAY_SIZE(states); k++) {
		int64_t next;
		int fd;

		new_connection();
		fd = reach(states[k]);
		next = c->peer_max;
		app_write(fd, 100);
		expect(PSH | ACK, SEQ(1), LEN(100));
		for (i = 0; i < ARRAY_SIZE(errors); i++)
			inject_icmp(errors[i].type, errors[i].code, SEQ(1));
		inject_icmp(SOURCE_QUENCH, 0, SEQ(1));
		expect_state(fd, states[k]);
		/* whoever asks is told the last one, once */
		ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), EPROTO);
		ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), 0);
		inject(ACK, SEQ(next), ACK(101));
		app_write(fd, 100);
		expect(PSH | ACK, SEQ(101), LEN(100));
		inject(ACK, SEQ(next), ACK(201));
		end_case(fd);
	}
}

/* A program that asks for it learns at once (ip(7)), and the connection stays. */
WIRE_TEST(icmp, established__told_with_recverr, "R9 MUST-47 SHLD-25 A3")
{
	int fd = active_open();

	app_set(fd, IPPROTO_IP, IP_RECVERR, 1);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	inject_icmp(UNREACHABLE, HOST, SEQ(1));
	expect_none_queued(fd);
	ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), EHOSTUNREACH);
	expect_state(fd, TCP_ESTABLISHED);
	inject(PSH | ACK, ACK(101), LEN(50));
	expect_ack(51);
	app_read(fd, 50);
}

/* The last soft error is the reason given when the connection times out. */
WIRE_TEST_LONG(icmp, established__reason_of_a_timeout, 100, "R9 R2 MUST-56 SHLD-25")
{
	int fd = active_open();

	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	inject_icmp(UNREACHABLE, HOST, SEQ(1));
	take_burst(10000);
	expect_pair(TCP_CLOSE);
	ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), EHOSTUNREACH);
}

/* The next connection's timeout is not explained by an error of the last one. */
WIRE_TEST(icmp, established__is_forgotten_with_the_connection, "R9 R2 A3")
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int fd = active_open();

	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	inject_icmp(UNREACHABLE, HOST, SEQ(1));
	ensure(!connect(fd, &nowhere, sizeof(nowhere)), "%s", strerror(errno));
	expect(RST | ACK, SEQ(101));
	new_connection();
	app_set(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
	app_connect_fd(fd);
	take_burst(10000);
	app_connect_result(fd, ETIMEDOUT);
}

WIRE_TEST(icmp, forged__sequence_outside_what_is_in_flight, "ATTACK-33 R9 D2")
{
	static const int seqs[] = { 0, -100000, 3000, 1 << 30 };
	int fd = active_open();
	size_t i, k;

	app_set(fd, IPPROTO_IP, IP_RECVERR, 1);
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	for (i = 0; i < ARRAY_SIZE(seqs); i++) {
		for (k = 0; k < ARRAY_SIZE(errors); k++)
			inject_icmp(errors[k].type, errors[k].code, SEQ(seqs[i]));
		inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(seqs[i]), MTU(600));
	}
	ensure_eq(counter("TcpExt", "OutOfWindowIcmps"),
		  (long)(ARRAY_SIZE(seqs) * (ARRAY_SIZE(errors) + 1)));
	expect_silence(5);
	ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), 0);
	expect_state(fd, TCP_ESTABLISHED);
	inject(ACK, ACK(1001));
	app_write(fd, 1460);
	expect(PSH | ACK, SEQ(1001), LEN(1460));
}

/* -------------------------------------------------- fragmentation is needed */

/* RFC 1191, 6.4 and 6.5: lost for sure, so sent again at once and smaller. */
WIRE_TEST(icmp, frag_needed__resends_at_once, "R9 W10 MUST-54 SHLD-6")
{
	int fd = active_open();

	app_write(fd, 2920);
	expect_bytes(1, 2921);
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(1040));
	/* what the congestion window allows, in segments of 1000 */
	expect(ACK, SEQ(1), LEN_IN(460, 1000));
	ensure_in(take_burst(10).to, 1001, 2921);
	inject(ACK, ACK(2921));
	app_write(fd, 2000);
	expect(ACK, SEQ(2921), LEN(1000));
	expect(PSH | ACK, SEQ(3921), LEN(1000));
}

/* Without SACK a duplicate ACK counted the segment that is lost now as arrived. */
WIRE_TEST(icmp, frag_needed__after_a_duplicate_ack, "R9 W10")
{
	int fd = active_open();

	app_write(fd, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	inject(ACK, ACK(1));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(1040));
	expect(ACK, SEQ(1), LEN(1000));
	take_burst(5);
	inject(ACK, ACK(1461));
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1461), LEN(1000));
}

/* Nothing was lost to congestion: the window need not shrink below what it was. */
WIRE_TEST(icmp, frag_needed__again_and_again, "R9 W10")
{
	static const int mtus[] = { 1400, 1200, 1006, 576 };
	int64_t at = 1;
	int fd = active_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mtus); i++) {
		app_write(fd, 1460);
		expect_bytes(at, at + 1460);
		inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(at), MTU(mtus[i]));
		ensure_in(expect(ACK, SEQ(at))->len, 100, mtus[i] - 40);
		take_burst(5);
		at += 1460;
		inject(ACK, ACK(at));
		take_burst(5);
	}
	ensure_eq(app_info(fd).tcpi_snd_mss, 536);
}

/* The error comes in through the VRF that the socket's device belongs to. */
WIRE_TEST(icmp, frag_needed__for_a_socket_bound_to_a_device_of_a_vrf, "R7 R9 A3")
{
	int fd = app_socket();

	run_ip("link add vrf7 type vrf table 7");
	run_ip("link set vrf7 up");
	run_ip("link set wire0 master vrf7");
	ensure(!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "wire0", 6),
	       "SO_BINDTODEVICE: %s", strerror(errno));
	active_open_fd(fd, MSS(1460));
	app_write(fd, 1460);
	expect(ACK | PSH, SEQ(1), LEN(1460));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(1040));
	expect(ACK, SEQ(1), LEN(1000));
	expect(PSH | ACK, SEQ(1001), LEN(460));
}

/* RFC 1191, 6.5: nor does it, when the ACKs of what was sent again come in. */
WIRE_TEST(icmp, frag_needed__is_no_congestion, "R9 W10")
{
	int fd = active_open(MSS(1460), SACK_OK);
	struct tcp_info info;

	differs_from_builtin("it begins with one segment again");
	app_write(fd, 4 * 1460);
	expect_bytes(1, 1 + 4 * 1460);
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(1040));
	ensure_eq(expect(ACK, SEQ(1))->len, 1000);
	take_burst(5);
	inject(ACK, ACK(1461));
	info = app_info(fd);
	ensure_eq(info.tcpi_snd_cwnd, 10);
	ensure_eq(info.tcpi_snd_ssthresh, 0x7fffffff);
	inject(ACK, ACK(1 + 4 * 1460));
	info = app_info(fd);
	ensure_in(info.tcpi_snd_cwnd, 10, 20);
	ensure_eq(info.tcpi_snd_ssthresh, 0x7fffffff);
	ensure_eq(info.tcpi_ca_state, 0);
}

/* A router's MTU that is not smaller than ours, or absurd, changes nothing. */
WIRE_TEST(icmp, frag_needed__not_smaller, "R9 ATTACK-33")
{
	int fd = active_open();

	app_write(fd, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(1500));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(9000));
	expect_silence(20);
	inject(ACK, ACK(1461));
	ensure_eq(app_info(fd).tcpi_snd_mss, 1460);
}

/* RFC 5927, 7.3: an attacker's tiny MTU is not followed below the floor. */
WIRE_TEST(icmp, frag_needed__floor, "ATTACK-33 R9 D5")
{
	static const int mtus[] = { 0, 1, 39, 41, 68, 100, 551 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mtus); i++) {
		const struct seen *s;
		int fd, least = 1000;

		new_connection();
		c->peer_addr = PEER_ADDR + 1 + i;	/* each with a path of its own */
		c->no_df = true;	/* what the path cannot take whole is fragmented */
		note("MTU %d", mtus[i]);
		fd = active_open();
		app_write(fd, 1460);
		expect(PSH | ACK, SEQ(1), LEN(1460));
		inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(mtus[i]));
		while ((s = take(10)))
			if (s->seq + s->len < 1461 && s->len < least)
				least = s->len;
		ensure_in(least, 500, 1000);
		expect_state(fd, TCP_ESTABLISHED);
		inject(ACK, ACK(1461));
		ensure_in(app_info(fd).tcpi_snd_mss, 500, 1460);
		end_case(fd);
	}
}

/* A program that wants none of it (ip(7)). */
WIRE_TEST(icmp, frag_needed__discovery_off, "R9 W10 A3")
{
	int fd = app_socket();

	c->no_df = true;
	app_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	active_open_fd(fd);
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(600));
	ensure_eq(app_info(fd).tcpi_snd_mss, 1460);
	inject(ACK, ACK(1001));
}

/* The next connection along the path begins with what was learnt. */
WIRE_TEST(icmp, frag_needed__remembered_by_the_route, "R9 SHLD-6 MUST-16")
{
	int fd = active_open();

	app_write(fd, 1460);
	expect(PSH | ACK, SEQ(1), LEN(1460));
	inject_icmp(UNREACHABLE, FRAG_NEEDED, SEQ(1), MTU(1000));
	take_burst(5);
	end_case(fd);
	new_connection();
	fd = active_open();
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(960));
	expect(PSH | ACK, SEQ(961), LEN(40));
}

/* RFC 1191 section 6.4, for a copy: it did not get through either. */
WIRE_TEST(icmp, frag_needed__for_what_was_sent_again, "R9 R3")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1460), SACK_OK);
	app_write(fd, 2920);
	expect_bytes(1, 2921);
	expect_after(200, ACK, SEQ(1), LEN(1460));
	inject_icmp(3, 4, SEQ(1), MTU(1040));
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	expect_bytes(1001, 2461);
	ensure_eq(app_info(fd).tcpi_snd_mss, 1000);
}
