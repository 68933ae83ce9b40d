// SPDX-License-Identifier: GPL-2.0
/*
 * attacks.c - what an attacker's segments cost, and what he learns from answers
 *
 * Cost: where the clock counts instructions (scripts/vm in warp mode: 1 ns each),
 * the time that write() to the TUN device takes is the instructions that the stack
 * spends on a segment, answer included, with a few thousand of the device's own.
 * Each storm says what it measured, holds every segment to a fixed sum, and the
 * last quarter of them to twice the first: nothing may grow with the number. A
 * kernel that watches itself needs more: WIRE_COST in the environment times as much.
 *
 * Knowledge: what should be random is held to a chi-squared test of 16 bins,
 * which a truly random sequence fails once in a million times.
 */
#include <linux/sock_diag.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "wire.h"

/* ------------------------------------------------------------------- storms */

enum {
	STORM = 2000,			/* segments */
	MOST = 40000,			/* instructions for one of them */
	SLACK = 3000,			/* instructions: the clock's own, timers */
};

static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

/* Instructions that the stack spends on @s. */
static int64_t cost_of(struct segment s)
{
	static uint8_t frame[65536];
	size_t len;
	int64_t begun;

	segment_fill_in(&s);
	len = segment_build(&s, frame);
	begun = clock_ns();
	net_send(frame, len);
	return clock_ns() - begun;
}

/* Of @instructions, how many a kernel may use that need not be a fast one? */
static int64_t allowed(int64_t instructions)
{
	const char *times = getenv("WIRE_COST");

	return instructions * (times ? atoi(times) : 1);
}

/* @next makes the i-th of @n segments. Returns how many were answered. */
static int storm(const char *what, int n, struct segment (*next)(int i))
{
	int64_t sum[4] = {}, total;
	int i, answers = 0;

	ignore_rest();
	for (i = 0; i < n; i++) {
		sum[4 * i / n] += cost_of(next(i));
		if (i % 100 == 99)
			answers += ignore_rest();
	}
	answers += ignore_rest();
	total = (sum[0] + sum[1] + sum[2] + sum[3]) / n;
	printf("%s: %lld instructions a segment, %lld at first and %lld at last; %d of %d answered\n",
	       what, (long long)total, 4ll * sum[0] / n, 4ll * sum[3] / n, answers, n);
	ensure(total <= allowed(MOST), "%s: %lld instructions a segment", what, (long long)total);
	ensure(sum[3] <= 2 * sum[0] + allowed(SLACK) * (n / 4), "%s: the cost grows", what);
	return answers;
}

#define SEGMENT(flags_, ...) ((struct segment){ .flags = (flags_), __VA_ARGS__ })

static struct segment in_order(int i)
{
	return SEGMENT(ACK, SEQ(1 + i), LEN(1));
}

static struct segment island(int i)
{
	return SEGMENT(ACK, SEQ(2 * STORM - 2 * i), LEN(1));
}

/* 7919 is a prime, so every island is hit, in no order. */
static struct segment scattered(int i)
{
	return SEGMENT(ACK, SEQ(2 + 2 * (i * 7919 % STORM)), LEN(1));
}

/* With four times as many. */
static struct segment scattered_further(int i)
{
	return SEGMENT(ACK, SEQ(2 + 2 * (i * 7919 % (4 * STORM))), LEN(1));
}

static struct segment blind_rst(int i)
{
	return SEGMENT(RST, SEQ(10 + i));
}

static struct segment blind_syn(int i)
{
	return SEGMENT(SYN, SEQ(10 + i));
}

static struct segment blind_data(int i)
{
	return SEGMENT(ACK, SEQ(1), ACK(2 + i), LEN(10));
}

static struct segment old_ack(int i)
{
	return SEGMENT(ACK, SEQ(-100000 - i));
}

static struct segment urgent(int i)
{
	return SEGMENT(ACK | URG, SEQ(1), URGENT(i % 65536));
}

static struct segment junk_options(int i)
{
	static uint8_t junk[40];
	int k;

	for (k = 0; k < 40; k++)
		junk[k] = i * 37 + k * 11 + i / 7;
	return SEGMENT(ACK, SEQ(1), RAW_BYTES(junk, sizeof(junk)));
}

static uint32_t memory_of(int fd, int what)
{
	uint32_t info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	ensure(!getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len), "SO_MEMINFO: %s",
	       strerror(errno));
	return info[what];
}

/* What is received may cost more than its bytes, but is counted as it costs. */
static void expect_bounded_receive(int fd)
{
	uint32_t used = memory_of(fd, SK_MEMINFO_RMEM_ALLOC);
	uint32_t may = memory_of(fd, SK_MEMINFO_RCVBUF);

	printf("  %u bytes of memory, of %u\n", used, may);
	ensure(used <= may + 4096, "%u bytes are held, SO_RCVBUF is %u", used, may);
}

WIRE_TEST(attacks, storm__tiny_segments, "ATTACK-5 D4 D5")
{
	int fd = active_open(FULL_OPTIONS);

	storm("in order, one byte each", STORM, in_order);
	expect_bounded_receive(fd);
	end_case(fd);
	new_connection();
	fd = active_open(FULL_OPTIONS);
	storm("islands of one byte, backwards", STORM, island);
	expect_bounded_receive(fd);
	end_case(fd);
	new_connection();
	fd = active_open(FULL_OPTIONS);
	storm("islands of one byte, scattered", STORM, scattered);
	expect_bounded_receive(fd);
	end_case(fd);
}

/*
 * The window is counted in units: what is less of it is rounded up, but not with each
 * ACK anew, or it would never close, and memory for it never end.
 */
WIRE_TEST(attacks, storm__less_than_a_unit_of_the_window, "ATTACK-5 D4 D5 F1")
{
	int fd = active_open(FULL_OPTIONS), i;
	const struct seen *s;
	uint32_t held;

	ensure(c->stack_wscale, "the window has no scale");
	for (i = 0; i < 3000; i++) {
		int64_t room = c->stack_edge - c->peer_max;
		int64_t most = room > 10000 ? 1001 : 127;

		if (room > 0)
			inject(ACK, SEQ(c->peer_max), LEN(room < most ? room : most));
		inject(ACK, SEQ(c->peer_max - 1), LEN(1));
		/* All of it is taken, to the edge as it ever was */
		while ((s = take(0)))
			ensure_eq(s->ack, c->peer_max);
	}
	ensure_eq(c->stack_edge, c->peer_max);
	held = memory_of(fd, SK_MEMINFO_RMEM_ALLOC);
	printf("  %u bytes of memory\n", held);
	ensure(held <= 2 * memory_of(fd, SK_MEMINFO_RCVBUF), "%u bytes are held", held);
	end_case(fd);
}

/* Where there is room for thousands of islands the next one still finds its place. */
WIRE_TEST(attacks, storm__many_islands, "ATTACK-5 D4 D5")
{
	int fd = app_socket();

	app_set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	active_open_fd(fd, FULL_OPTIONS);
	storm("islands of one byte in a large buffer", 4 * STORM, scattered_further);
	printf("  %u bytes of memory\n", memory_of(fd, SK_MEMINFO_RMEM_ALLOC));
	ensure(memory_of(fd, SK_MEMINFO_RMEM_ALLOC) >= 4 * STORM * 256, "they were not kept");
	end_case(fd);
}

/* In less than a second, so a second's allowance is what is answered. */
WIRE_TEST(attacks, storm__blind_segments, "ATTACK-10 ATTACK-11 ATTACK-34 D2 D4 S6 S7")
{
	static const struct {
		const char *what;
		struct segment (*next)(int i);
		int most;
	} row[] = {
		{ "blind RST in the window", blind_rst, 20 },
		{ "blind SYN in the window", blind_syn, 20 },
		{ "blind data, ACK of what was not sent", blind_data, 20 },
		{ "bare ACK outside the window", old_ack, 4 },
		{ "urgent pointers without data", urgent, 0 },
		{ "forty bytes of anything as options", junk_options, 0 },
	};
	size_t i;

	differs_from_builtin("its challenge ACKs are limited for all connections together");
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		int fd = active_open(FULL_OPTIONS);

		ensure_in(storm(row[i].what, STORM, row[i].next), 0, row[i].most);
		expect_state(fd, TCP_ESTABLISHED);
		app_reads_nothing(fd);
		end_case(fd);
		new_connection();
	}
}

/* --- what is sent --- */

enum { TINY = 88, QUEUE = 500 };

static int64_t una;

static struct segment sack_every_other(int i)
{
	int64_t at = una + (2 * i + 1) % QUEUE * TINY;

	return SEGMENT(ACK, ACK(una), SACK({ at, at + TINY }));
}

/* Blocks that begin and end inside segments, in no order. */
static struct segment sack_splinters(int i)
{
	int64_t a = una + (i * 7919ll) % (QUEUE * TINY - 100);
	int64_t b = una + (i * 104729ll) % (QUEUE * TINY - 100);

	return SEGMENT(ACK, ACK(una), SACK({ a, a + 1 + i % 50 }, { b, b + 60 }));
}

static struct segment same_ack(int i)
{
	(void)i;
	return SEGMENT(ACK, ACK(una));
}

static struct segment flapping_window(int i)
{
	return SEGMENT(ACK, ACK(una), WIN(i % 2 ? 65535 : i % 100));
}

/* So many tiny segments in flight, and as many bytes again waiting. */
static void fill_queue(int fd, int segments)
{
	struct burst b;

	for (una = 1;; una = b.to) {
		app_fill(fd);
		b = take_burst(20);
		ensure(b.bytes > 0, "nothing more was sent");
		if (b.bytes >= segments * TINY)
			return;
		inject(ACK, ACK(b.to), WIN(c->peer_wscale > 0 ? 4 << 20 : 65535));
	}
}

static int long_queue(void)
{
	int fd = app_socket();

	app_set(fd, SOL_SOCKET, SO_SNDBUF, 1 << 20);
	active_open_fd(fd, MSS(48), SACK_OK);
	fill_queue(fd, QUEUE);
	return fd;
}

static void expect_bounded_queue(int fd, uint32_t before)
{
	uint32_t after = memory_of(fd, SK_MEMINFO_WMEM_QUEUED);
	uint32_t sndbuf = memory_of(fd, SK_MEMINFO_SNDBUF);

	printf("  %u bytes of memory, before it %u; SO_SNDBUF is %u\n", after, before,
	       sndbuf);
	/* And what sending itself cuts, for cwnd and for losses */
	ensure(after <= 2 * (sndbuf + 128 * 1024) + 65536,
	       "%u bytes are queued, SO_SNDBUF is %u", after, sndbuf);
}

/* A duplicate of what was never sent is no report; it must not be looked for, either. */
WIRE_TEST(attacks, dsack__beyond_what_was_sent, "ATTACK-4 R7")
{
	int fd = long_queue();

	inject(ACK, ACK(una), SACK({ una + TINY, c->stack_max + 1 },
				   { una + TINY, c->stack_max + 1 }));
	ensure_eq(counter("TcpExt", "TCPDSACKRecv"), 0);
	ensure_eq(counter("TcpExt", "TCPDSACKIgnoredDubious"), 1);
	inject(ACK, ACK(una), SACK({ una - TINY, una }));
	ensure_eq(counter("TcpExt", "TCPDSACKRecv"), 1);
	end_case(fd);
}

/* The peer has what is sent again, piece by piece, but never the first of it. */
WIRE_TEST_LONG(attacks, splinters__of_what_is_sent_again, 200, "ATTACK-2 D4 D5")
{
	int fd = app_socket(), silent = 0;
	uint32_t before;

	app_set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 18);
	active_open_fd(fd, MSS(48), SACK_OK, WSCALE(7));
	fill_queue(fd, 3000);
	before = memory_of(fd, SK_MEMINFO_WMEM_QUEUED);
	inject(ACK, ACK(una), SACK({ c->stack_max - 200 * TINY, c->stack_max }));
	while (silent < 3) {
		const struct seen *s = take(300);
		int64_t at = s ? s->seq : 0, end = s ? s->seq + s->len : 0;

		silent = s ? 0 : silent + 1;
		for (; at < end; at += TINY)
			if (at > una)
				inject(ACK, ACK(una), SACK({ at, at + TINY }));
	}
	expect_bounded_queue(fd, before);
	ensure(memory_of(fd, SK_MEMINFO_WMEM_QUEUED) > 2 * memory_of(fd, SK_MEMINFO_SNDBUF),
	       "it did not come to that");
	/* And once the first one arrives all goes on */
	for (silent = 0; silent < 3;) {
		silent = take_burst(300).bytes ? 0 : silent + 1;
		inject(ACK, ACK(c->stack_max), WIN(4 << 20));
	}
	ensure_eq(memory_of(fd, SK_MEMINFO_WMEM_QUEUED), 0);
	end_case(fd);
}

WIRE_TEST_LONG(attacks, storm__sacks, 200,
	       "ATTACK-1 ATTACK-2 ATTACK-4 ATTACK-17 ATTACK-29 D4 D5")
{
	static const struct {
		const char *what;
		struct segment (*next)(int i);
	} row[] = {
		{ "SACKs of every other segment", sack_every_other },
		{ "SACKs of splinters", sack_splinters },
		{ "the same ACK", same_ack },
		{ "a window that flaps", flapping_window },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		int fd = long_queue();
		uint32_t before = memory_of(fd, SK_MEMINFO_WMEM_QUEUED);

		storm(row[i].what, STORM, row[i].next);
		expect_bounded_queue(fd, before);
		ensure_in(app_info(fd).tcpi_snd_cwnd, 1, 10000);
		end_case(fd);
		ignore_rest();
		new_connection();
	}
}

/* ---------------------------------------------------------------- Sockstress */

/* A column of the stack's line in /proc/net/protocols: 2 sockets, 3 pages. */
static long in_protocols(int column)
{
	FILE *f = fopen("/proc/thread-self/net/protocols", "r");
	long value[4] = {}, found = -1;
	char line[512], name[32];

	ensure(f, "/proc/net/protocols: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%31s %ld %ld %ld", name, &value[1], &value[2], &value[3]) == 4 &&
		    !strcmp(name, is_ltcp() ? "LTCP" : "TCP"))
			found = value[column];
	fclose(f);
	return found;
}

/* A sysctl of the whole machine, which has it in its first namespace only. */
static void machine_sysctl(const char *name, long value)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int ns = open("/proc/1/ns/net", O_RDONLY);

		if (ns < 0 || setns(ns, CLONE_NEWNET))
			_exit(1);
		sysctl_set(name, value);
		_exit(0);
	}
	ensure(waitpid(pid, &status, 0) == pid && !status, "%s could not be set", name);
}

enum { STRESSERS = 100 };

/* Clients that take a reply of which they never read a byte; the server is done. */
static long stressed(int user_timeout_ms)
{
	int i;

	app_set(reach(TCP_LISTEN), IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
	for (i = 0; i < STRESSERS; i++) {
		int fd;

		ignore_rest();
		new_connection();
		fd = passive_open(WIN(0));
		inject(ACK, ACK(1), WIN(0));
		app_write(fd, 10000);
		app_close(fd);
	}
	ignore_rest();
	return in_protocols(2);
}

/* Answers whatever comes with a window of 0, for @seconds. */
static void keep_it_shut(int seconds)
{
	int64_t until = now_us() + seconds * 1000000ll;
	static uint8_t frame[65536];
	ssize_t len;

	while ((len = net_receive(frame, sizeof(frame), until)) >= 0) {
		struct seen v = {};

		ensure(!segment_parse(frame, len, &v), "a malformed segment");
		if (v.flags & RST)
			continue;
		c->peer_port = v.peer_port;
		c->stack_isn = v.abs_seq;
		cost_of(SEGMENT(ACK, SEQ(1), ACK(0), WIN(0)));
	}
}

/*
 * As long as they answer they may hold what they hold (MUST-37), unless the server
 * has set a limit, or whoever administers it ends them; or until probes are as rare as
 * they get, because nobody is left who could close the connection (RFC 6429).
 */
WIRE_TEST_LONG(attacks, sockstress__orphans_can_be_ended, 2000, "ATTACK-28 D4 D5 MUST-37")
{
	long before, pages;

	before = stressed(0);
	pages = in_protocols(3);
	printf("%d peers hold %ld sockets and %ld pages\n", STRESSERS, before, pages);
	keep_it_shut(200);
	ensure_eq(in_protocols(2), STRESSERS + 1);
	ensure(!system("ss -K state all sport = :8080 dst 192.0.2.2 >/dev/null"), "ss -K");
	ensure_eq(in_protocols(2), 1);
	ignore_rest();
	close(listener);
	listener = -1;
	stressed(30000);
	keep_it_shut(120);
	ensure_eq(in_protocols(2), 1);
}

/* Five minutes and a half: 0.2 s doubled up to two minutes, and those once more. */
WIRE_TEST_LONG(attacks, sockstress__orphans_are_bounded_in_time, 2000, "ATTACK-28 D4 D5 F6")
{
	stressed(0);
	keep_it_shut(250);
	ensure_eq(in_protocols(2), STRESSERS + 1);
	keep_it_shut(150);
	ensure_eq(in_protocols(2), 1);
	ensure(counter("TcpExt", "TCPAbortOnTimeout") >= STRESSERS,
	       "they went without being counted");
}

/* Beyond tcp_max_orphans a closed socket is reset at once. */
WIRE_TEST_LONG(attacks, sockstress__orphans_are_bounded_in_number, 100, "ATTACK-28 D4 D5")
{
	enum { ALLOWED = 20 };

	machine_sysctl("net/ipv4/tcp_max_orphans", ALLOWED);
	printf("of %d orphans %ld are left\n", STRESSERS, stressed(0) - 1);
	machine_sysctl("net/ipv4/tcp_max_orphans", 8192);
	ensure_in(in_protocols(2), 1, ALLOWED + 2);
	ensure(counter("TcpExt", "TCPAbortOnMemory") >= STRESSERS - ALLOWED - 2,
	       "they were not reset for want of memory");
}

/* ------------------------------------------------------- a write that fails */

/* Into one packet: good bytes, then an address that is none. */
static ssize_t send_partly(int fd, int64_t seq, size_t good)
{
	uint8_t buf[256];
	struct iovec iov[2] = {
		{ .iov_base = buf, .iov_len = good },
		{ .iov_base = (void *)16, .iov_len = 100 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	size_t i;

	for (i = 0; i < good; i++)
		buf[i] = pattern(seq + i, true);
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

/*
 * What was to hold the bytes is gone again, and nothing points to it: neither a
 * retransmission nor the FIN.
 */
WIRE_TEST(attacks, append__fails_before_a_retransmission, "ATTACK-26 D4 R1")
{
	int fd = active_open(), i;

	classic_recovery();
	for (i = 0; i < 3; i++) {
		ensure_eq(send_partly(fd, 1, 0), -1);
		ensure_eq(errno, EFAULT);
		ensure_eq(memory_of(fd, SK_MEMINFO_WMEM_QUEUED), 0);
	}
	expect_silence(50);
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	ensure_eq(send_partly(fd, 1001, 0), -1);	/* nothing but the flight before it */
	expect_within(190, 260, PSH | ACK, SEQ(1), LEN(1000));
	ensure_eq(send_partly(fd, 1001, 0), -1);
	expect_within(380, 480, PSH | ACK, SEQ(1), LEN(1000));
	ensure_in(send_partly(fd, 1001, 100), -1, 100);	/* behind Nagle */
	inject(ACK, ACK(1001));
	ignore_rest();
	ensure_eq(send_partly(fd, 1, 0), -1);
	app_shutdown(fd, SHUT_WR);
	ensure(take(1000)->flags & FIN, "no FIN");
	inject(ACK, ACK(c->stack_max));
	expect_state(fd, TCP_FIN_WAIT2);
}

/* ------------------------------------------------------------------ randomness */

enum { BINS = 16, SAMPLES = 640 };

/* The upper four bits of each, which the clock does not move in so short a time. */
static double chi_squared(const uint32_t *x, int n)
{
	double expected = (double)n / BINS, sum = 0;
	int count[BINS] = {}, i;

	for (i = 0; i < n; i++)
		count[x[i] >> 28]++;
	for (i = 0; i < BINS; i++)
		sum += (count[i] - expected) * (count[i] - expected) / expected;
	return sum;
}

/* Each of them, and the difference to the one before it, falls anywhere. */
static void expect_random(const char *what, const uint32_t *x)
{
	const double most = 58;		/* 15 degrees of freedom, p = 5e-7 */
	uint32_t step[SAMPLES];
	double of_values, of_steps;
	int i;

	for (i = 0; i + 1 < SAMPLES; i++)
		step[i] = x[i + 1] - x[i];
	of_values = chi_squared(x, SAMPLES);
	of_steps = chi_squared(step, SAMPLES - 1);
	printf("%s: chi-squared %.1f, of the steps %.1f\n", what, of_values, of_steps);
	ensure(of_values < most && of_steps < most, "%s: %.1f and %.1f, %.0f at most", what,
	       of_values, of_steps, most);
}

/* What one segment, sent as if from there, is answered with. */
static struct seen answer_to(uint32_t addr, uint16_t port, struct segment s)
{
	static uint8_t frame[65536];
	struct seen v = {};
	ssize_t len;

	c->peer_addr = addr;
	c->peer_port = port;
	cost_of(s);
	len = net_receive(frame, sizeof(frame), now_us() + 1000000);
	ensure(len > 0, "no answer");
	ensure(!segment_parse(frame, len, &v), "a malformed answer");
	ensure_eq(v.peer_port, port);
	return v;
}

/* Two by two: neighbours in the port, neighbours in the address, both anywhere. */
static void collect(uint32_t *isn, uint32_t *tsval, int how)
{
	int i;

	for (i = 0; i < SAMPLES; i++) {
		struct seen v = answer_to(how == 0 ? PEER_ADDR : 0x0a000000u + i * 3,
					  how == 1 ? 5000 : 5000 + i,
					  SEGMENT(SYN, SEQ(0), FULL_OPTIONS));

		ensure_eq(v.flags, SYN | ACK);
		isn[i] = v.abs_seq;
		tsval[i] = v.tsval;
	}
}

static void expect_random_handshakes(int cookies)
{
	static const char *const what[] = { "many ports", "many addresses", "both" };
	uint32_t isn[SAMPLES], tsval[SAMPLES];
	char text[64];
	int how;

	sysctl_set("net/ipv4/tcp_syncookies", cookies);
	sysctl_set("net/ipv4/tcp_max_syn_backlog", 8192);
	sysctl_set("net/core/somaxconn", 8192);
	listener = app_socket();
	app_listen_fd(listener, 8192);
	for (how = 0; how < 3; how++) {
		collect(isn, tsval, how);
		snprintf(text, sizeof(text), "%s of %s", cookies ? "cookies" : "ISNs", what[how]);
		expect_random(text, isn);
		if (how == 0)
			continue;
		snprintf(text, sizeof(text), "timestamps of %s", what[how]);
		expect_random(text, tsval);
	}
	ignore_rest();
}

WIRE_TEST(attacks, random__isns_and_timestamps, "D3 W3 ATTACK-14 D4 MUST-8")
{
	expect_random_handshakes(0);
}

WIRE_TEST(attacks, random__cookies, "D3 D1 ATTACK-14 D4")
{
	differs_from_builtin("only the lower bits of its cookies are random");
	expect_random_handshakes(2);
}

/*
 * One tuple's next ISN is known to whoever had the last one (RFC 6528: so that old
 * segments are told apart), and to nobody else: each moves by the clock alone.
 */
WIRE_TEST(attacks, isn__of_one_tuple_over_time, "D3 W3 ATTACK-14 D4")
{
	uint32_t first[2], now[2];
	int64_t at[2];
	int i, k;

	reach(TCP_LISTEN);
	sysctl_set("net/ipv4/tcp_syncookies", 0);
	for (i = 0; i < 10; i++) {
		for (k = 0; k < 2; k++) {
			struct seen v = answer_to(PEER_ADDR + k, 5000, SEGMENT(SYN, SEQ(0)));

			if (!i) {
				at[k] = now_us();
				first[k] = v.abs_seq;
			}
			now[k] = v.abs_seq - first[k];
			/* 15.625 numbers in a microsecond */
			if (is_ltcp())
				ensure_in((int64_t)now[k] - (now_us() - at[k]) * 125 / 8,
					  -50000, 50000);
			cost_of(SEGMENT(RST, SEQ(1)));
		}
		pass_ms(1000);
	}
	ensure(first[1] - first[0] > 1000000 && first[0] - first[1] > 1000000,
	       "neighbours have neighbouring numbers: %u and %u", first[0], first[1]);
}

/* Ports to many destinations: what one server sees says nothing of the next port. */
WIRE_TEST(attacks, random__ephemeral_ports, "D3 W8 ATTACK-31 D4")
{
	uint32_t port[SAMPLES];
	int i;

	sysctl_set_str("net/ipv4/ip_local_port_range", "32768 65535");
	for (i = 0; i < SAMPLES; i++) {
		int fd;

		new_connection();
		c->peer_addr = 0x0a000000 + i;
		fd = reach(TCP_SYN_SENT);
		/* 32768 ports, as the upper bits of a number */
		port[i] = (uint32_t)(c->stack_port - 32768) << 17;
		end_case(fd);
	}
	expect_random("ephemeral ports to many addresses", port);
}

/* ------------------------------------------------------------- shared counters */

/*
 * Identification (RFC 6864) of what is sent without a connection: the same for
 * all, so that nobody counts what this host sends to others (idle scan).
 */
WIRE_TEST(attacks, ip_id__counts_nothing_shared, "D3 D4")
{
	int i;

	reach(TCP_LISTEN);
	for (i = 0; i < 50; i++) {
		bool open = i % 2;
		struct seen v;

		c->stack_port = STACK_PORT + !open;
		v = answer_to(0x0a000000 + i, 6000 + i, SEGMENT(SYN, SEQ(0)));
		ensure_eq(v.flags, open ? SYN | ACK : RST | ACK);
		ensure(v.df, "fragments may be made of it");
		ensure_eq(v.ip_id, 0);
	}
	ignore_rest();
}

/* Connections have counters of their own, which begin anywhere. */
WIRE_TEST(attacks, ip_id__of_connections_is_theirs, "D3 D4")
{
	uint32_t id[SAMPLES];
	int i;

	for (i = 0; i < SAMPLES; i++) {
		int fd;

		if (i)
			new_connection();
		fd = passive_open();
		app_write(fd, 10);
		id[i] = (uint32_t)take(20)->ip_id << 16;
		end_case(fd);
	}
	expect_random("first identifications of connections", id);
}
