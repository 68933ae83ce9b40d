// SPDX-License-Identifier: GPL-2.0
/*
 * info.c - TCP_INFO and the tables of the kernel tell the truth
 */
#include "pair.h"

static socklen_t info_len;	/* of the answer, as this kernel's struct is */

static struct full_info full_info_of(int fd)
{
	return app_full_info(fd, &info_len);
}

static struct tcp_info info_of(int fd)
{
	return full_info_of(fd).base;
}

WIRE_TEST(info, tcp_info__sizes, "A4")
{
	unsigned char buf[1024];
	socklen_t len = 8;
	int fd = new_socket();

	memset(buf, 0xee, sizeof(buf));
	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_INFO, buf, &len));
	ensure_eq(len, 8);
	ensure_eq(buf[0], TCP_CLOSE);
	ensure_eq(buf[8], 0xee);		/* no more than asked for */
	len = sizeof(buf);
	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_INFO, buf, &len));
	ensure_in(len, 104, 512);
}

WIRE_TEST(info, tcp_info__states, "A4 S1")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);
	struct pair p = connected();

	ensure_eq(info_of(new_socket()).tcpi_state, TCP_CLOSE);
	ensure_eq(info_of(fd).tcpi_state, TCP_LISTEN);
	ensure_eq(info_of(p.client).tcpi_state, TCP_ESTABLISHED);
	shutdown(p.client, SHUT_WR);
	pass_ms(100);
	ensure_eq(info_of(p.client).tcpi_state, TCP_FIN_WAIT2);
	ensure_eq(info_of(p.server).tcpi_state, TCP_CLOSE_WAIT);
	shutdown(p.server, SHUT_WR);
	pass_ms(100);
	ensure_eq(info_of(p.server).tcpi_state, TCP_CLOSE);
}

WIRE_TEST(info, tcp_info__negotiated_options, "A4 W6")
{
	struct tcp_info info;
	int fd = active_open(FULL_OPTIONS);

	info = info_of(fd);
	ensure_eq(info.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE),
		  TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
	ensure_eq(info.tcpi_snd_wscale, 7);
	ensure_eq(info.tcpi_snd_mss, 1448);
	end_case(fd);
	new_connection();
	fd = active_open(MSS(1000));
	info = info_of(fd);
	ensure_eq(info.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE), 0);
	ensure_eq(info.tcpi_snd_mss, 1000);
	end_case(fd);
}

WIRE_TEST(info, tcp_info__counts_bytes, "A4 A5")
{
	enum { BYTES = 100000 };
	struct pair p = connected();
	struct full_info client, server;

	send_pattern(p.client, 0, BYTES);
	read_pattern(p.server, 0, BYTES);
	pass_ms(100);
	client = full_info_of(p.client);
	server = full_info_of(p.server);
	ensure_in(client.bytes_acked, BYTES, BYTES + 1);	/* with the SYN */
	ensure_eq(server.bytes_received, BYTES);
	ensure_eq(client.bytes_sent, BYTES);
	ensure_eq(client.bytes_retrans, 0);
	ensure_eq(client.base.tcpi_unacked, 0);
	ensure_eq(client.notsent_bytes, 0);
	ensure(client.segs_out > 2 && client.segs_in > 1, "no segments");
	ensure_in(client.data_segs_out, 1, client.segs_out);
	ensure_eq(server.data_segs_in, client.data_segs_out);
	ensure(client.base.tcpi_rtt > 0 && client.base.tcpi_rtt < 1000000, "rtt %u us",
	       client.base.tcpi_rtt);
	ensure_in(client.base.tcpi_rto, 200000, 1100000);
	ensure_in(client.base.tcpi_snd_cwnd, 2, 100000);
}

WIRE_TEST(info, tcp_info__flight, "A4 A5")
{
	struct tcp_info info;
	int fd = active_open();

	app_write(fd, 2920);
	expect(ACK, SEQ(1), LEN(1460));
	expect(PSH | ACK, SEQ(1461), LEN(1460));
	info = info_of(fd);
	ensure_eq(info.tcpi_unacked, 2);
	ensure_eq(info.tcpi_snd_cwnd, 10);
	inject(ACK, ACK(2921));
	ensure_eq(info_of(fd).tcpi_unacked, 0);
	end_case(fd);
}

/* 100 bytes, not acknowledged, and once more when the timer has struck. */
static void write_is_resent(int fd)
{
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	expect_within(150, 1200, PSH | ACK, SEQ(1), LEN(100));
}

WIRE_TEST(info, tcp_info__retransmissions, "A4 A5 R1")
{
	struct full_info info;
	int fd;

	classic_recovery();
	fd = active_open();
	write_is_resent(fd);
	info = full_info_of(fd);
	ensure_eq(info.base.tcpi_retransmits, 1);
	ensure_eq(info.base.tcpi_total_retrans, 1);
	ensure_eq(info.base.tcpi_backoff, 1);
	ensure_eq(info.bytes_retrans, 100);
	end_case(fd);
}

static bool has_newer_fields(void)
{
	return info_len > offsetof(struct full_info, total_rto_time);
}

/* Where the time goes, within a tenth. */
#define ensure_ms(us_, ms_) ensure_in((us_) / 1000, (ms_) - (ms_) / 10 - 8, (ms_) + (ms_) / 10 + 8)

WIRE_TEST(info, tcp_info__busy_time, "A4")
{
	struct full_info info;
	int fd = active_open();

	pass_ms(500);
	ensure_eq(full_info_of(fd).busy_time, 0);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
	pass_ms(100);
	ensure_ms(full_info_of(fd).busy_time, 100);
	inject(ACK, ACK(101));
	pass_ms(500);
	info = full_info_of(fd);
	ensure_ms(info.busy_time, 100);
	ensure_eq(info.rwnd_limited, 0);
	ensure_eq(info.sndbuf_limited, 0);
	end_case(fd);
}

WIRE_TEST(info, tcp_info__rwnd_limited, "A4")
{
	struct full_info info;
	int fd = active_open();

	inject(ACK, ACK(1), WIN(1460));
	app_write(fd, 2920);
	expect(ACK, SEQ(1), LEN(1460));
	pass_ms(50);
	inject(ACK, ACK(1461), WIN(0));
	pass_ms(100);
	info = full_info_of(fd);
	ensure_ms(info.rwnd_limited, 150);
	ensure_ms(info.busy_time, 150);
	ensure_eq(info.snd_wnd, 0);
	inject(ACK, ACK(1461), WIN(10000));
	expect(PSH | ACK, SEQ(1461), LEN(1460));
	pass_ms(100);
	info = full_info_of(fd);
	ensure_ms(info.rwnd_limited, 150);
	ensure_ms(info.busy_time, 250);
	ensure_eq(info.snd_wnd, 10000);
	ensure_eq(info.sndbuf_limited, 0);
	end_case(fd);
}

/* The writer cannot keep the pipe full: all is sent, and there is no room for more. */
WIRE_TEST(info, tcp_info__sndbuf_limited, "A4")
{
	struct full_info info;
	int fd = app_socket(), i;

	differs_from_builtin("it looks only when it sends");
	ensure_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, 2000));
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	active_open_fd(fd, MSS(1460));
	for (i = 0; i < 10 && events_of(fd) & POLLOUT; i++)
		app_send(fd, 400, 0);
	ensure(!(events_of(fd) & POLLOUT), "the buffer does not fill");
	inject(ACK, ACK(401));		/* not room enough */
	pass_ms(100);
	info = full_info_of(fd);
	ensure_eq(info.notsent_bytes, 0);
	ensure_ms(info.sndbuf_limited, 100);
	ensure_ms(info.busy_time, 100);
	ensure_eq(info.rwnd_limited, 0);
	ignore_rest();
	end_case(fd);
}

WIRE_TEST(info, tcp_info__timeouts, "A4 R1")
{
	struct full_info info;
	int fd;

	classic_recovery();
	fd = active_open();
	write_is_resent(fd);
	expect_within(300, 2400, PSH | ACK, SEQ(1), LEN(100));
	info = full_info_of(fd);
	ensure_eq(info.base.tcpi_retransmits, 2);
	ensure_eq(info.bytes_retrans, 200);
	ensure_eq(info.bytes_sent, 300);
	if (has_newer_fields()) {
		ensure_eq(info.total_rto, 2);
		ensure_eq(info.total_rto_recoveries, 1);
		ensure_eq(info.rehash, 2);
	}
	pass_ms(100);
	inject(ACK, ACK(101));
	pass_ms(1000);
	info = full_info_of(fd);
	ensure_eq(info.delivered, 2);		/* and the SYN */
	ensure_eq(info.base.tcpi_retransmits, 0);
	if (has_newer_fields()) {
		ensure_eq(info.total_rto, 2);
		ensure_in(info.total_rto_time, 300, 2600);
	}
	end_case(fd);
}

WIRE_TEST(info, tcp_info__receiver, "A4")
{
	struct full_info info;
	int fd = active_open(FULL_OPTIONS);

	inject(PSH | ACK, SEQ(1001), LEN(500), TS);
	expect(ACK, ACK(1), SACK({ 1001, 1501 }));
	info = full_info_of(fd);
	ensure_eq(info.rcv_ooopack, 1);
	ensure_eq(info.bytes_received, 0);
	inject(PSH | ACK, SEQ(1), LEN(1000), TS);
	expect(ACK, ACK(1501));
	info = full_info_of(fd);
	ensure_eq(info.bytes_received, 1500);
	ensure_eq(info.data_segs_in, 2);
	ensure_eq(info.rcv_ooopack, 1);
	if (has_newer_fields())
		ensure_in(info.rcv_wnd, 1, 1 << 24);
	end_case(fd);
}

WIRE_TEST(info, tcp_info__dsack, "A4 R4")
{
	int fd;

	classic_recovery();
	fd = active_open(FULL_OPTIONS);
	write_is_resent(fd);
	inject(ACK, ACK(101), SACK({ 1, 101 }), TS);
	ensure_eq(full_info_of(fd).dsack_dups, 1);
	end_case(fd);
}

/* --- /proc/net/tcp --- */

/* The line of /proc/net/tcp about a local port in a state, or NULL. */
static const char *proc_line(uint16_t port, int state)
{
	static char line[512];
	FILE *f = fopen("/proc/thread-self/net/tcp", "r");
	unsigned int lport, st;
	bool found = false;

	ensure(f, "/proc/net/tcp: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %*d: %*x:%x %*x:%*x %x", &lport, &st) == 2 &&
			lport == port && (int)st == state;
	fclose(f);
	return found ? line : NULL;
}

WIRE_TEST(info, proc_net_tcp__listener, "A5")
{
	struct sockaddr_in where;
	int fd = listen_at(&where);

	ensure(proc_line(ntohs(where.sin_port), TCP_LISTEN), "the listener is not there");
	close(fd);
	ensure(!proc_line(ntohs(where.sin_port), TCP_LISTEN), "it is still there");
}

WIRE_TEST(info, proc_net_tcp__queues, "A5")
{
	struct pair p = connected();
	unsigned int tx, rx;
	const char *line;

	send_pattern(p.client, 0, 1000);
	pass_ms(20);
	line = proc_line(ntohs(bound_to(p.server).sin_port), TCP_ESTABLISHED);
	ensure(line, "the connection is not there");
	ensure(sscanf(line, " %*d: %*x:%*x %*x:%*x %*x %x:%x", &tx, &rx) == 2, "no queues");
	ensure_eq(rx, 1000);
	ensure_eq(tx, 0);
}

WIRE_TEST_LONG(info, proc_net_tcp__time_wait, 100, "A5 S4")
{
	struct pair p = connected();
	uint16_t port = ntohs(bound_to(p.client).sin_port);

	close(p.client);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
	close(p.server);
	pass_ms(20);
	ensure(proc_line(port, TCP_TIME_WAIT), "no TIME-WAIT");
	pass_ms(65000);		/* 2 MSL */
	ensure(!proc_line(port, TCP_TIME_WAIT), "TIME-WAIT does not end");
}

/* --- counters --- */

WIRE_TEST(info, counters__opens_and_established, "A5")
{
	long active = counter("Tcp", "ActiveOpens"), passive = counter("Tcp", "PassiveOpens");
	struct pair p = connected();

	ensure_eq(counter("Tcp", "ActiveOpens"), active + 1);
	ensure_eq(counter("Tcp", "PassiveOpens"), passive + 1);
	ensure_eq(counter("Tcp", "CurrEstab"), 2);
	close(p.client);
	close(p.server);
	pass_ms(50);
	ensure_eq(counter("Tcp", "CurrEstab"), 0);
}

WIRE_TEST(info, counters__failures_and_resets, "A5 W9")
{
	struct linger hard = { .l_onoff = 1 };
	struct pair p;

	ensure_fails(try_connect(new_socket(), at_port(9)), ECONNREFUSED);
	ensure_eq(counter("Tcp", "AttemptFails"), 1);
	ensure_eq(counter("Tcp", "OutRsts"), 1);
	p = connected();
	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p.client);
	pass_ms(50);
	ensure(counter("Tcp", "EstabResets") >= 1, "no EstabResets");
	ensure_eq(counter("Tcp", "OutRsts"), 2);
}

WIRE_TEST(info, counters__segments, "A5 O5")
{
	struct pair p = connected();
	long in = counter("Tcp", "InSegs"), out = counter("Tcp", "OutSegs");

	send_pattern(p.client, 0, 100000);
	read_pattern(p.server, 0, 100000);
	ensure(counter("Tcp", "InSegs") > in, "InSegs stands still");
	ensure(counter("Tcp", "OutSegs") > out, "OutSegs stands still");
}

WIRE_TEST(info, counters__bad_checksum, "A5 W2")
{
	int fd = active_open();
	long bad = counter("Tcp", "InCsumErrors"), errors = counter("Tcp", "InErrs");

	inject(PSH | ACK, SEQ(1), LEN(100), BAD_CHECKSUM);
	expect_silence(100);
	ensure_eq(counter("Tcp", "InCsumErrors"), bad + 1);
	ensure_eq(counter("Tcp", "InErrs"), errors + 1);
	end_case(fd);
}
