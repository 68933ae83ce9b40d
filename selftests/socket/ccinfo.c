// SPDX-License-Identifier: GPL-2.0
/*
 * ccinfo.c - TCP_CC_INFO, and the same in "ss -i": what congestion control knows
 *
 * The scripted peer has an MSS of 1000 and acknowledges when the test says so, so
 * that bandwidth and round-trip time are known.
 */
#include <linux/inet_diag.h>

#include "pair.h"

enum { SEG = 1000, RTT_MS = 20, GAIN_ONE = 256, ALPHA_ONE = 1024 };

static union tcp_cc_info info;

/* Returns the bytes of the answer, which is in @info. */
static int cc_info_in(int fd, int room)
{
	socklen_t len = room;

	memset(&info, 0xee, sizeof(info));
	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &info, &len));
	return len;
}

static int cc_info(int fd)
{
	return cc_info_in(fd, sizeof(info));
}

/* Returns false when this kernel has no such algorithm. */
static bool choose(int fd, const char *name)
{
	return !setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}

static int bulk(const char *name)
{
	int fd = app_socket();

	if (!choose(fd, name))
		wire_skip("no %s: %s", name, strerror(errno));
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 1000000);
	active_open_fd(fd, MSS(SEG));
	app_write(fd, 400 * SEG);
	return fd;
}

/* The peer acknowledges all that has come, a round trip after it began to. */
static void rounds(int n)
{
	for (; n; n--) {
		int64_t until = now_us() + RTT_MS * 1000;

		while (now_us() < until)
			take((until - now_us()) / 1000 + 1);
		inject(ACK, ACK(c->stack_max));
	}
}

/* What "ss -i" says of the connections of this namespace. */
static void ss_says(const char *words)
{
	char text[4096];
	FILE *f = popen("ss -tinH", "r");
	size_t n;

	ensure(f, "ss: %s", strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	ensure_eq(pclose(f), 0);
	note("%s", text);
	ensure(strstr(text, words), "ss does not say \"%s\"", words);
}

static uint64_t bbr_bw(void)
{
	return (uint64_t)info.bbr.bbr_bw_hi << 32 | info.bbr.bbr_bw_lo;
}

WIRE_TEST(ccinfo, bbr__path, "A4 A5 C4")
{
	int fd, cwnd;

	differs_from_builtin("its BBR is a module");
	fd = bulk("bbr");
	ensure_eq(cc_info(fd), sizeof(info.bbr));
	ensure_eq(bbr_bw(), 0);
	ensure_eq(info.bbr.bbr_min_rtt, 0);
	ensure_in(info.bbr.bbr_pacing_gain, 2 * GAIN_ONE, 3 * GAIN_ONE);	/* STARTUP */
	rounds(4);
	cwnd = app_info(fd).tcpi_snd_cwnd;
	ensure_eq(cc_info(fd), sizeof(info.bbr));
	ensure_in(info.bbr.bbr_min_rtt, 1000, (RTT_MS + 5) * 1000);
	/* between the initial window and cwnd in each round trip */
	ensure_in(bbr_bw(), 10 * SEG * 1000 / (RTT_MS + 5), (uint64_t)cwnd * SEG * 1000);
	ensure_eq(info.bbr.bbr_cwnd_gain, 2 * GAIN_ONE);
	ss_says("bbr:(bw:");
	ignore_rest();
}

/* The peer answers with @reply to what is asked about ECN. */
static int bulk_dctcp(int reply)
{
	int fd = app_socket();

	differs_from_builtin("its DCTCP is a module");
	c->all_ect = true;
	ensure(choose(fd, "dctcp"), "TCP_CONGESTION dctcp: %s", strerror(errno));
	app_set(fd, SOL_SOCKET, SO_SNDBUF, 1000000);
	app_connect_fd(fd);
	expect(SYN | ECE | CWR, SEQ(0));
	inject(SYN | ACK | reply, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	app_write(fd, 400 * SEG);
	return fd;
}

WIRE_TEST(ccinfo, dctcp__alpha, "A4 A5 C5")
{
	int fd = bulk_dctcp(ECE);

	take_burst(5);
	ensure_eq(cc_info(fd), sizeof(info.dctcp));
	ensure_eq(info.dctcp.dctcp_enabled, 1);
	ensure_eq(info.dctcp.dctcp_ce_state, 0);
	ensure_eq(info.dctcp.dctcp_alpha, ALPHA_ONE);
	/* the first ACK ends a window: none of it was marked */
	inject(ACK, ACK(1 + 2 * SEG));
	cc_info(fd);
	ensure_eq(info.dctcp.dctcp_alpha, ALPHA_ONE * 15 / 16);
	inject(ACK, ACK(1 + 5 * SEG));
	inject(ACK | ECE, ACK(1 + 6 * SEG));
	cc_info(fd);
	ensure_eq(info.dctcp.dctcp_ab_tot, 4 * SEG);
	ensure_eq(info.dctcp.dctcp_ab_ecn, SEG);
	ss_says("dctcp:(ce_state:0,alpha:960,ab_ecn:1000,ab_tot:4000)");
	inject(ACK, LEN(SEG), TOS(CE));
	cc_info(fd);
	ensure_eq(info.dctcp.dctcp_ce_state, 1);
	ignore_rest();
}

WIRE_TEST(ccinfo, dctcp__peer_without_ecn, "A4 C5")
{
	int fd = bulk_dctcp(0);

	rounds(2);
	ensure_eq(cc_info(fd), sizeof(info.dctcp));
	ensure_eq(info.dctcp.dctcp_enabled, 0);
	ensure_eq(info.dctcp.dctcp_ab_tot, 0);
	ignore_rest();
}

WIRE_TEST(ccinfo, loss_based__nothing, "A4")
{
	static const char *const names[] = { "cubic", "reno" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = bulk(names[i]);

		note("%s", names[i]);
		rounds(2);
		ensure_eq(cc_info(fd), 0);
		ensure_eq(info.bbr.bbr_bw_lo, 0xeeeeeeee);
		end_case(fd);
		new_connection();
	}
}

WIRE_TEST(ccinfo, short_buffer__so_much, "A4")
{
	socklen_t len;
	int fd;

	differs_from_builtin("its BBR is a module");
	fd = bulk("bbr");
	rounds(2);
	ensure_eq(cc_info_in(fd, 6), 6);
	ensure(info.bbr.bbr_bw_lo != 0xeeeeeeee, "nothing was told");
	ensure_eq(info.bbr.bbr_bw_hi, 0xeeee0000);	/* two bytes of it, and no more */
	ensure_eq(cc_info_in(fd, 0), 0);
	len = -1;
	ensure_fails(getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &info, &len), EINVAL);
	ignore_rest();
}

/* Nothing until there is a connection, nor when it is over. */
WIRE_TEST(ccinfo, no_connection__nothing, "A4")
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int fd = app_socket();

	differs_from_builtin("it tells what the algorithm begins with");
	ensure(choose(fd, "bbr"), "TCP_CONGESTION bbr: %s", strerror(errno));
	ensure_eq(cc_info(fd), 0);
	active_open_fd(fd, MSS(SEG));
	ensure_eq(cc_info(fd), sizeof(info.bbr));
	ensure_ok(connect(fd, &nowhere, sizeof(nowhere)));
	ensure_eq(cc_info(fd), 0);
	ignore_rest();
}

/* A module of the kernel's tells itself; Westwood in struct tcpvegas_info. */
WIRE_TEST(ccinfo, kernel_module__tells, "A4 A5 C9")
{
	int fd = bulk("westwood");

	rounds(4);
	ensure_eq(cc_info(fd), sizeof(info.vegas));
	ensure_in(info.vegas.tcpv_rtt, 1000, (RTT_MS + 5) * 1000);
	ensure_in(info.vegas.tcpv_minrtt, 1000, info.vegas.tcpv_rtt + 1);
	ignore_rest();
}
