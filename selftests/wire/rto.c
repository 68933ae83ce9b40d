// SPDX-License-Identifier: GPL-2.0
/*
 * rto.c - the retransmission timer (RFC 6298; RFC 9293, section 3.8)
 *
 * Without timestamps and with a handshake that takes no time, RTO is at its
 * lower bound of 200 ms. A peer with an MSS of 1000 keeps the numbers round.
 */
#include <poll.h>

#include "wire.h"

/* A connection with one segment, SEQ(1) to SEQ(1000), on its way. */
static int one_segment_out(void)
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000));
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(1000));
	return fd;
}

/* A connection whose handshake measured a round trip of @ms. */
static int open_with_rtt(int ms)
{
	int fd;

	classic_recovery();
	fd = app_connect();
	expect(SYN, SEQ(0));
	pass_ms(ms);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000));
	expect(ACK, SEQ(1), ACK(1));
	return fd;
}

/* ---------------------------------------------------------- when it expires */

WIRE_TEST(rto, backoff__doubles, "R1 MUST-19")
{
	int i;

	one_segment_out();
	for (i = 0; i < 7; i++)
		expect_after(200 << i, ACK, SEQ(1), ACK(1), LEN(1000));
	inject(ACK, ACK(1001));
	expect_silence(5000);
}

/* Whoever knows the path says so in its route (ip-route(8)). */
WIRE_TEST(rto, bounds__route_goes_before_the_knob, "R1")
{
	run_ip("route add 192.0.2.2 dev wire0 rto_min 700ms");
	one_segment_out();
	expect_after(700, ACK, SEQ(1), LEN(1000));
	expect_after(1400, ACK, SEQ(1), LEN(1000));
}

/* RFC 6298 (2.5): an upper bound is at least 60 s; here it is 120 s. */
WIRE_TEST_LONG(rto, backoff__up_to_two_minutes, 700, "R1")
{
	int i;

	one_segment_out();
	for (i = 0; i < 10; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1000));
	expect_after(120000, ACK, SEQ(1), LEN(1000));
	expect_after(120000, ACK, SEQ(1), LEN(1000));
}

WIRE_TEST(rto, backoff__knob_of_the_upper_bound, "R1")
{
	int i;

	differs_from_builtin("it has no net.ltcp.rto_max_ms");
	sysctl_set("net/ltcp/rto_max_ms", 1000);
	one_segment_out();
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1000));
	for (i = 0; i < 3; i++)
		expect_after(1000, ACK, SEQ(1), LEN(1000));
}

WIRE_TEST(rto, bounds__knob_of_the_lower_bound, "R1")
{
	static const int bounds[] = { 1000, 300, 40 };
	size_t i;

	differs_from_builtin("it has no net.ltcp.rto_min_ms");
	for (i = 0; i < ARRAY_SIZE(bounds); i++) {
		int fd;

		new_connection();
		note("at least %d ms", bounds[i]);
		sysctl_set("net/ltcp/rto_min_ms", bounds[i]);
		fd = one_segment_out();
		expect_after(bounds[i], ACK, SEQ(1), LEN(1000));
		expect_after(2 * bounds[i], ACK, SEQ(1), LEN(1000));
		end_case(fd);
	}
}

/* The kernel's own setting, from 6.11 on; what is said to ltcp alone goes before it. */
WIRE_TEST(rto, bounds__tcp_rto_min_us, "R1")
{
	int fd;

	if (access("/proc/sys/net/ipv4/tcp_rto_min_us", F_OK))
		wire_skip("this kernel has no tcp_rto_min_us");
	sysctl_set("net/ipv4/tcp_rto_min_us", 500000);
	fd = one_segment_out();
	expect_after(500, ACK, SEQ(1), LEN(1000));
	expect_after(1000, ACK, SEQ(1), LEN(1000));
	end_case(fd);
	new_connection();
	if (is_ltcp())
		sysctl_set("net/ltcp/rto_min_ms", 300);
	fd = one_segment_out();
	expect_after(is_ltcp() ? 300 : 500, ACK, SEQ(1), LEN(1000));
	end_case(fd);
	new_connection();
	run_ip("route add 192.0.2.2 dev wire0 rto_min 700ms");
	one_segment_out();
	expect_after(700, ACK, SEQ(1), LEN(1000));
}

/* RFC 6298 (5.2): all acknowledged, the timer is off. */
WIRE_TEST(rto, timer__off_when_all_is_acknowledged, "R1")
{
	one_segment_out();
	inject(ACK, ACK(1001));
	expect_silence(10000);
}

/* RFC 6298 (5.3): an ACK of new data starts it afresh. */
WIRE_TEST(rto, timer__restarts_with_every_ack_of_new_data, "R1")
{
	int fd, i;

	differs_from_builtin("it has no net.ltcp.rto_min_ms");
	sysctl_set("net/ltcp/rto_min_ms", 2000);
	fd = active_open(MSS(1000));
	app_write(fd, 4000);
	expect_bytes(1, 4001);
	for (i = 1; i <= 3; i++) {
		expect_silence(400);
		inject(ACK, ACK(1 + i * 1000));
	}
	expect_after(2000, ACK, SEQ(3001), LEN(1000));
}

/* ... but a duplicate ACK does not. */
WIRE_TEST(rto, timer__goes_on_over_duplicate_acks, "R1")
{
	int64_t begun = now_us();

	one_segment_out();
	expect_silence(80);
	inject(ACK, ACK(1));
	expect_silence(80);
	inject(ACK, ACK(1));
	expect_within(10, 80, ACK, SEQ(1), LEN(1000));
	ensure_in((now_us() - begun) / 1000, 195, 260);
}

/* ----------------------------------------------------- the round-trip times */

/* RFC 6298 (2.2): SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR = 3 R. */
WIRE_TEST(rto, estimate__first_sample, "R1 MUST-19")
{
	static const int rtts[] = { 100, 400, 900 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rtts); i++) {
		int fd;

		new_connection();
		note("a round trip of %d ms", rtts[i]);
		fd = open_with_rtt(rtts[i]);
		app_write(fd, 1000);
		expect(ACK, SEQ(1), LEN(1000));
		expect_after(3 * rtts[i], ACK, SEQ(1), LEN(1000));
		expect_after(6 * rtts[i], ACK, SEQ(1), LEN(1000));
		end_case(fd);
	}
}

/*
 * RFC 6298 (2.3): samples of 400 ms all the same make RTTVAR shrink by a
 * quarter each: RTO = 400 + 4 * 150, then 400 + 4 * 112.
 */
WIRE_TEST(rto, estimate__steady_samples, "R1 MUST-19")
{
	static const int rto[] = { 1000, 850, 737 };
	int fd, samples, i;

	differs_from_builtin("its RTTVAR sinks slower and has a lower bound");
	for (samples = 1; samples <= 3; samples++) {
		new_connection();
		note("%d samples after the handshake's", samples);
		fd = open_with_rtt(400);
		for (i = 0; i < samples; i++) {
			app_write(fd, 1000);
			expect(ACK, SEQ(1 + i * 1000), LEN(1000));
			pass_ms(400);
			inject(ACK, ACK(1001 + i * 1000));
		}
		app_write(fd, 1000);
		expect(ACK, SEQ(1 + i * 1000), LEN(1000));
		expect_after(rto[samples - 1], ACK, SEQ(1 + i * 1000), LEN(1000));
		end_case(fd);
	}
}

/* Ten samples of one round trip count as one does (RFC 7323 section 4.2). */
WIRE_TEST(rto, estimate__many_samples_of_a_round, "R1 MUST-19")
{
	static const int rto[] = { 1000, 850, 737 };
	int fd, rounds, i, sent;

	differs_from_builtin("its RTTVAR sinks slower and has a lower bound");
	for (rounds = 1; rounds <= 3; rounds++) {
		new_connection();
		note("%d rounds after the handshake", rounds);
		fd = open_with_rtt(400);
		for (sent = 0; sent < rounds * 10;) {
			for (i = 0; i < 10; i++, sent++) {
				app_write(fd, 1000);
				expect(ACK, SEQ(1 + sent * 1000), LEN(1000));
			}
			pass_ms(400);
			for (i = 9; i >= 0; i--)
				inject(ACK, ACK(1 + (sent - i) * 1000));
		}
		app_write(fd, 1000);
		expect(ACK, SEQ(1 + sent * 1000), LEN(1000));
		expect_after(rto[rounds - 1], ACK, SEQ(1 + sent * 1000), LEN(1000));
		end_case(fd);
	}
}

/* R = 400 after 100: RTTVAR = 37.5 + 75, SRTT = 137.5, RTO = 587. */
WIRE_TEST(rto, estimate__a_longer_sample, "R1 MUST-19")
{
	int fd;

	differs_from_builtin("its RTTVAR has a lower bound");
	sysctl_set("net/ltcp/rto_min_ms", 450);
	fd = open_with_rtt(100);
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(1000));
	pass_ms(400);
	inject(ACK, ACK(1001));
	app_write(fd, 1000);
	expect(ACK, SEQ(1001), LEN(1000));
	expect_after(587, ACK, SEQ(1001), LEN(1000));
}

/* The SYN leaves twice. Returns the first one's timestamp. */
static uint32_t two_syns(void)
{
	uint32_t first;

	expect(SYN, SEQ(0));
	first = c->stack_tsval;
	expect_after(1000, SYN, SEQ(0));
	return first;
}

/* The first segment of data leaves, and again after @ms. */
static void times_out_after(int fd, int ms)
{
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(1000));
	expect_after(ms, ACK, SEQ(1), LEN(1000));
}

/* RFC 6298 (5.7): after a SYN was lost, 3 s when data begins. */
WIRE_TEST(rto, estimate__after_a_lost_syn, "R1")
{
	int fd = app_connect();

	differs_from_builtin("it keeps what the lost SYN left");
	two_syns();
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000));
	expect(ACK, SEQ(1), ACK(1));
	times_out_after(fd, 3000);
}

/* One that echoes the first SYN may be the late answer to that, or have its own way. */
WIRE_TEST(rto, estimate__of_an_answer_to_an_older_syn, "R1 W2")
{
	int fd = app_connect();
	uint32_t first;

	differs_from_builtin("it takes it for the first one's answer");
	first = two_syns();
	pass_ms(500);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1012), TS, TSECR(first));
	expect(ACK, SEQ(1), ACK(1));
	times_out_after(fd, 3000);
}

/* The last one's echo does tell: 3 * 100 ms. */
WIRE_TEST(rto, estimate__of_an_answer_to_the_last_syn, "R1 W2")
{
	int fd = app_connect();

	differs_from_builtin("its RTTVAR has a lower bound");
	two_syns();
	pass_ms(100);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1012), TS);
	expect(ACK, SEQ(1), ACK(1));
	times_out_after(fd, 303);
}

/* With timestamps the round trip of 100 ms is known all the same: 3 * 100 ms. */
WIRE_TEST(rto, estimate__after_a_lost_syn_ack, "R1 W2")
{
	int fd;

	differs_from_builtin("its RTTVAR has a lower bound");
	listener = app_listen();
	inject(SYN, SEQ(0), MSS(1460), TS);
	expect(SYN | ACK, SEQ(0), ACK(1), TS);
	expect_after(1000, SYN | ACK, SEQ(0), ACK(1), TS);
	pass_ms(100);
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	times_out_after(fd, 303);
}

/* ------------------------------------------------------------------- Karn */

/* An ACK of what was sent twice tells nothing: the backed-off RTO stays. */
WIRE_TEST(rto, karn__no_sample_from_a_retransmission, "R1 MUST-18")
{
	int fd = one_segment_out();

	expect_after(200, ACK, SEQ(1), LEN(1000));
	expect_after(400, ACK, SEQ(1), LEN(1000));
	pass_ms(300);
	inject(ACK, ACK(1001));
	app_write(fd, 1000);
	expect(ACK, SEQ(1001), LEN(1000));
	expect_after(800, ACK, SEQ(1001), LEN(1000));
	expect_after(1600, ACK, SEQ(1001), LEN(1000));
}

WIRE_TEST(rto, karn__a_fresh_sample_ends_the_backoff, "R1 MUST-18")
{
	int fd = one_segment_out();

	expect_after(200, ACK, SEQ(1), LEN(1000));
	expect_after(400, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	app_write(fd, 1000);
	expect(ACK, SEQ(1001), LEN(1000));
	inject(ACK, ACK(2001));
	app_write(fd, 1000);
	expect(ACK, SEQ(2001), LEN(1000));
	expect_after(200, ACK, SEQ(2001), LEN(1000));
	expect_after(400, ACK, SEQ(2001), LEN(1000));
}

/* The echoed timestamp tells which copy was meant (RFC 7323, section 4). */
WIRE_TEST(rto, karn__timestamps_tell_the_copies_apart, "R1 MUST-18")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1012), TS);
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(1000), TS);
	expect_after(200, ACK, SEQ(1), LEN(1000), TS);
	expect_after(400, ACK, SEQ(1), LEN(1000), TS);
	inject(ACK, ACK(1001));
	app_write(fd, 1000);
	expect(ACK, SEQ(1001), LEN(1000));
	expect_after(200, ACK, SEQ(1001), LEN(1000));
}

/* Every copy carries the time when it was sent. */
WIRE_TEST(rto, karn__copies_have_their_own_timestamps, "R1 W6")
{
	uint32_t first, second;
	int fd;

	classic_recovery();
	fd = active_open(MSS(1012), TS);
	app_write(fd, 1000);
	first = expect(ACK, SEQ(1), LEN(1000), TS)->tsval;
	second = expect_after(200, ACK, SEQ(1), LEN(1000), TS)->tsval;
	ensure_in(second - first, 190, 250);
}

/* -------------------------------------------------------------- going on */

/* One segment at the timeout; what its ACK leaves open follows (slow start). */
WIRE_TEST(rto, recovery__goes_on_with_partial_acks, "R1 R8 C1")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000));
	app_write(fd, 5000);
	expect_bytes(1, 5001);
	expect_after(200, ACK, SEQ(1), LEN(1000));
	expect_silence(100);
	inject(ACK, ACK(1001));
	expect_bytes(1001, 3001);
	expect_silence(100);
	inject(ACK, ACK(3001));
	expect_bytes(3001, 5001);
	inject(ACK, ACK(5001));
	expect_silence(5000);
}

WIRE_TEST(rto, recovery__hole_filled_all_acknowledged, "R1 R8")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000));
	app_write(fd, 5000);
	expect_bytes(1, 5001);
	expect_after(200, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(5001));
	expect_silence(5000);
	app_write(fd, 1000);
	expect(ACK, SEQ(5001), LEN(1000));
}

/* The retransmission is lost, too: the same one again, not the next. */
WIRE_TEST(rto, recovery__the_copy_is_lost_too, "R1")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000));
	app_write(fd, 4000);
	expect_bytes(1, 4001);
	expect_after(200, ACK, SEQ(1), LEN(1000));
	expect_after(400, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	expect_bytes(1001, 3001);
	expect_after(800, ACK, SEQ(1001), LEN(1000));
}

/* An ACK inside a segment: only the rest is sent again. */
WIRE_TEST(rto, recovery__ack_inside_a_segment, "R1 R8")
{
	one_segment_out();
	inject(ACK, ACK(401));
	expect_after(200, ACK, SEQ(401), LEN(600));
	inject(ACK, ACK(1001));
	expect_silence(5000);
}

WIRE_TEST(rto, lost_ack__made_good_by_a_later_one, "R8")
{
	int fd = active_open(MSS(1000)), i;

	for (i = 0; i < 3; i++) {
		app_write(fd, 1000);
		expect(ACK, SEQ(1 + i * 1000), LEN(1000));
	}
	inject(ACK, ACK(3001));
	expect_silence(5000);
	ensure_eq(app_info(fd).tcpi_unacked, 0);
}

WIRE_TEST(rto, lost_ack__made_good_by_the_peers_data, "R8")
{
	int fd = one_segment_out();

	inject(PSH | ACK, SEQ(1), ACK(1001), LEN(100));
	expect_ack(101);
	expect_silence(5000);
	app_read(fd, 100);
}

/* The ACK is lost, the peer answers the copy with a duplicate of it. */
WIRE_TEST(rto, lost_ack__made_good_by_that_of_the_copy, "R8 R1")
{
	int fd = one_segment_out();

	expect_after(200, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	inject(ACK, ACK(1001));
	expect_silence(5000);
	expect_state(fd, TCP_ESTABLISHED);
}

/* ------------------------------------------------------------- giving up */

WIRE_TEST(rto, give_up__after_tcp_retries2, "R1 R2 MUST-20")
{
	int fd, i;

	differs_from_builtin("it counts time rather than retransmissions");
	sysctl_set("net/ipv4/tcp_retries2", 3);
	fd = one_segment_out();
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1000));
	expect_silence(1550);
	expect_state(fd, TCP_ESTABLISHED);
	expect_silence(400);
	expect_pair(TCP_CLOSE);
	app_reads_error(fd, ETIMEDOUT);
	app_writes_error(fd, EPIPE);
	inject(ACK, ACK(1001));
	expect(RST, SEQ(1001));
}

/* Nobody set anything: 15 retransmissions, and RFC 9293 wants 100 s at least. */
WIRE_TEST_LONG(rto, give_up__by_default, 1000, "R1 R2 SHLD-11 MUST-20")
{
	int fd, i;

	differs_from_builtin("it counts time rather than retransmissions");
	fd = one_segment_out();
	for (i = 0; i < 15; i++)
		expect_after(200 << i < 120000 ? 200 << i : 120000, ACK, SEQ(1),
			     LEN(1000));
	expect_silence(119000);
	expect_state(fd, TCP_ESTABLISHED);
	expect_silence(16000);
	app_reads_error(fd, ETIMEDOUT);
}

/*
 * R1 is the fourth timeout (tcp_retries1). What follows goes where IP says then;
 * the user's rule, which has no way for anything, has waited for it to be asked.
 */
WIRE_TEST(rto, r1__asks_ip_for_another_route, "MUST-20 SHLD-10")
{
	int fd, i;

	differs_from_builtin("it asks IP when time has passed, not at a timeout");
	fd = one_segment_out();
	run_ip("rule add uidrange 7-7 lookup 7");
	run_ip("route add unreachable default table 7");
	inject(ACK, ACK(1001));
	app_write(fd, 1000);			/* on the route as it is now */
	expect(ACK, SEQ(1001), LEN(1000));
	ensure(!fchown(fd, 7, -1), "fchown(): %s", strerror(errno));
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1001), LEN(1000));
	expect_silence(10000);
	run_ip("rule delete uidrange 7-7 lookup 7");
	expect_within(0, 30000, ACK, SEQ(1001), LEN(1000));
	inject(ACK, ACK(2001));
	expect_state(fd, TCP_ESTABLISHED);
}

/* Whether poll() has an error to tell. */
static bool poll_tells(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/*
 * RFC 9293, 3.8.3 (b) and 3.9.1.8: the program learns that its data does not get
 * through while there is still hope: SO_ERROR says so to whoever asks, and with
 * IP_RECVERR it is woken. The connection goes on.
 */
WIRE_TEST(rto, r1__program_is_told, "SHLD-9 SHLD-20 MUST-47")
{
	static const struct { const char *what; bool woken; } rows[] = {
		{ "without IP_RECVERR", false }, { "with IP_RECVERR", true },
	};
	size_t i;
	int k;

	differs_from_builtin("it tells nothing");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		new_connection();
		note("%s", rows[i].what);
		fd = one_segment_out();
		app_set(fd, IPPROTO_IP, IP_RECVERR, rows[i].woken);
		for (k = 0; k < 3; k++) {
			ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), 0);
			expect_after(200 << k, ACK, SEQ(1), LEN(1000));
		}
		ensure(!poll_tells(fd), "told before R1");
		expect_after(1600, ACK, SEQ(1), LEN(1000));
		ensure_eq(poll_tells(fd), rows[i].woken);
		if (rows[i].woken)
			app_reads_error(fd, ETIMEDOUT);
		else
			ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
		ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), 0);
		app_reads_nothing(fd);
		inject(ACK, ACK(1001));
		app_write(fd, 1000);
		expect(ACK, SEQ(1001), LEN(1000));
		inject(ACK, ACK(2001));
		expect_state(fd, TCP_ESTABLISHED);
		end_case(fd);
	}
}

/* It got through after all, before anybody asked: there is nothing to tell. */
WIRE_TEST(rto, r1__forgotten_when_data_gets_through, "SHLD-9")
{
	int fd, i;

	fd = one_segment_out();
	for (i = 0; i < 4; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	ensure_eq(app_get(fd, SOL_SOCKET, SO_ERROR), 0);
}

/* An ACK of something new and the count begins anew. */
WIRE_TEST(rto, give_up__counts_from_the_last_progress, "R1 R2")
{
	int fd, i;

	sysctl_set("net/ipv4/tcp_retries2", 3);
	classic_recovery();
	fd = active_open(MSS(1000));
	app_write(fd, 2000);
	expect_bytes(1, 2001);
	for (i = 0; i < 3; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	expect(ACK, SEQ(1001), LEN(1000));
	expect_after(1600, ACK, SEQ(1001), LEN(1000));
	inject(ACK, ACK(2001));
	expect_state(fd, TCP_ESTABLISHED);
}

/* After 1 s, not at the next retransmission that would be due (1.4 s). */
WIRE_TEST(rto, give_up__after_the_user_timeout, "R2 MUST-21")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000));
	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(1000));
	expect_after(200, ACK, SEQ(1), LEN(1000));
	expect_after(400, ACK, SEQ(1), LEN(1000));
	expect_silence(350);
	expect_state(fd, TCP_ESTABLISHED);
	take(380);
	expect_pair(TCP_CLOSE);
	app_reads_error(fd, ETIMEDOUT);
}

/* The user's word goes before tcp_retries2. */
WIRE_TEST(rto, give_up__user_timeout_longer_than_the_retries, "R2 A4")
{
	int fd, i;

	sysctl_set("net/ipv4/tcp_retries2", 2);
	classic_recovery();
	fd = active_open(MSS(1000));
	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 7000);
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(1000));
	for (i = 0; i < 5; i++)
		expect_after(200 << i, ACK, SEQ(1), LEN(1000));
	take(1200);
	expect_pair(TCP_CLOSE);
	app_reads_error(fd, ETIMEDOUT);
}

/* Data that is acknowledged in time, however slowly, is no reason. */
WIRE_TEST(rto, give_up__user_timeout_of_each_data, "R2")
{
	int fd, i;

	classic_recovery();
	fd = active_open(MSS(1000));
	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
	for (i = 0; i < 4; i++) {
		app_write(fd, 1000);
		expect(ACK, SEQ(1 + i * 1000), LEN(1000));
		pass_ms(700);
		ignore_rest();
		inject(ACK, ACK(1001 + i * 1000));
	}
	expect_state(fd, TCP_ESTABLISHED);
	expect_silence(3000);
}

/* The user's word holds for the handshake, too, and nothing comes faster for it. */
WIRE_TEST(rto, give_up__user_timeout_in_syn_sent, "R2 MUST-23 A4")
{
	int fd = app_socket(), syns = 0;
	int64_t start;

	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 2500);
	start = now_us();
	app_connect_fd(fd);
	while (take(2000))
		syns++;
	ensure_in(syns, 2, 3);
	expect_pair(TCP_CLOSE);
	app_connect_result(fd, ETIMEDOUT);
	ensure_in((now_us() - start) / 1000, 2500, 6000);
}

/*
 * Step 2b of F-RTO, but Nagle keeps the only new data: what is lost must not wait for
 * another timeout.
 */
WIRE_TEST(rto, frto__new_data_that_may_not_leave, "R2 R7")
{
	int fd;

	classic_recovery();
	sysctl_set("net/ipv4/tcp_frto", 2);
	fd = active_open(MSS(1000), SACK_OK);
	app_write(fd, 2500);
	expect_bytes(1, 2501);
	app_write(fd, 300);
	expect_after(200, ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001));
	expect_bytes(1001, 2501);
	inject(ACK, ACK(2501));
	expect(PSH | ACK, SEQ(2501), LEN(300));
}

/* Timestamps count milliseconds: none of them has passed is not no time at all. */
WIRE_TEST(rto, rtt__within_a_tick_of_the_timestamps, "R2 W7")
{
	int fd, i;

	classic_recovery();
	fd = app_connect();
	expect(SYN, SEQ(0));
	pass_ms(10);
	inject(SYN | ACK, SEQ(0), ACK(1), FULL_OPTIONS);
	expect(ACK, SEQ(1), ACK(1));
	ensure_in(app_full_info(fd, NULL).min_rtt, 10000, 12000);
	for (i = 0; i < 8; i++) {
		app_write(fd, 1000);
		expect(PSH | ACK, SEQ(1 + i * 1000), LEN(1000));
		expect_within(150, 400, PSH | ACK, SEQ(1 + i * 1000), LEN(1000));
		usleep(300);
		inject(ACK, ACK(1001 + i * 1000));
	}
	ensure_in(app_full_info(fd, NULL).min_rtt, 300, 2000);
}
