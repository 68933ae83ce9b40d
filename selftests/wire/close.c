// SPDX-License-Identifier: GPL-2.0
/*
 * close.c - closing connections (RFC 9293, section 3.6; RFC 1122, 4.2.2.13)
 */
#include "wire.h"

/* --------------------------------------------------- the orderly ways to end */

WIRE_TEST(close, active__four_segments, "S1 S2 W4")
{
	int fd = active_open();

	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(1), LEN(0));
	expect_state(fd, TCP_FIN_WAIT1);
	inject(ACK, SEQ(1), ACK(2));
	expect_state(fd, TCP_FIN_WAIT2);
	app_close(fd);
	expect_pair(TCP_FIN_WAIT2);
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	expect_pair(TCP_TIME_WAIT);
	expect_silence(3000);
}

WIRE_TEST(close, active__three_segments, "S1 S2")
{
	int fd = active_open();

	app_close(fd);
	expect(FIN | ACK, SEQ(1), ACK(1), LEN(0));
	expect_pair(TCP_FIN_WAIT1);
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	expect_pair(TCP_TIME_WAIT);
}

WIRE_TEST(close, passive__close_wait_and_last_ack, "S1 S2")
{
	int fd = active_open();

	inject(FIN | ACK, SEQ(1), ACK(1));
	expect_ack(2);
	expect_state(fd, TCP_CLOSE_WAIT);
	app_reads_eof(fd);
	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(2), LEN(0));
	expect_state(fd, TCP_LAST_ACK);
	inject(ACK, SEQ(2), ACK(2));
	expect_pair(TCP_CLOSE);
	expect_state(fd, TCP_CLOSE);
	expect_silence(3000);
}

/* All was said in both directions: to leave now is no error. */
WIRE_TEST(close, passive__last_ack_disconnected, "S2 A3")
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = active_open(), err = -1;
	socklen_t len = sizeof(err);

	inject(FIN | ACK, SEQ(1), ACK(1));
	expect_ack(2);
	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(2), LEN(0));
	ensure_eq(connect(fd, &none, sizeof(none)), 0);
	expect_silence(1000);
	ensure_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	ensure_eq(err, 0);
}

/* In CLOSING all was said, too, unless data that was sent never came to be sent. */
WIRE_TEST(close, simultaneous__disconnected, "S3 S5")
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = active_open();

	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(1), LEN(0));
	inject(FIN | ACK, SEQ(1), ACK(1));
	expect_ack(2);
	expect_state(fd, TCP_CLOSING);
	ensure_eq(connect(fd, &none, sizeof(none)), 0);
	expect_silence(1000);
}

WIRE_TEST(close, passive__after_close, "S1 S2")
{
	int fd = passive_open(FULL_OPTIONS);

	inject(FIN | ACK, SEQ(1), ACK(1));
	expect_ack(2);
	app_close(fd);
	expect(FIN | ACK, SEQ(1), ACK(2), LEN(0));
	expect_pair(TCP_LAST_ACK);
	inject(ACK, SEQ(2), ACK(2));
	expect_pair(TCP_CLOSE);
	inject(ACK, SEQ(2), ACK(2));
	expect(RST, SEQ(2));
}

WIRE_TEST(close, simultaneous__closing, "S1 S3")
{
	int fd = active_open();

	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(1));
	inject(FIN | ACK, SEQ(1), ACK(1));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	expect_state(fd, TCP_CLOSING);
	inject(ACK, SEQ(2), ACK(2));
	expect_pair(TCP_TIME_WAIT);
	expect_silence(3000);
}

WIRE_TEST(close, simultaneous__orphaned, "S1 S3")
{
	app_close(active_open());
	expect(FIN | ACK, SEQ(1), ACK(1));
	inject(FIN | ACK, SEQ(1), ACK(1));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	expect_pair(TCP_CLOSING);
	inject(ACK, SEQ(2), ACK(2));
	expect_pair(TCP_TIME_WAIT);
}

WIRE_TEST(close, half_close__peer_goes_on_sending, "S2 S1")
{
	int fd = active_open();
	int i;

	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(1));
	inject(ACK, SEQ(1), ACK(2));
	for (i = 0; i < 5; i++) {
		inject(PSH | ACK, SEQ(1 + i * 1000), LEN(1000));
		expect_ack(1 + (i + 1) * 1000);
		app_read(fd, 1000);
	}
	app_writes_error(fd, EPIPE);
	inject(FIN | ACK, SEQ(5001));
	expect(ACK, SEQ(2), ACK(5002));
	app_reads_eof(fd);
	expect_pair(TCP_TIME_WAIT);
}

WIRE_TEST(close, half_close__data_before_the_ack_of_fin, "S2 S1")
{
	int fd = active_open();

	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1));
	inject(PSH | ACK, SEQ(1), ACK(1), LEN(700));
	expect_within(0, 500, ACK, SEQ(2), ACK(701), LEN(0));
	expect_state(fd, TCP_FIN_WAIT1);
	app_read(fd, 700);
}

/*
 * Closed before the handshake is complete (RFC 9293 section 3.10.4, CLOSE call in
 * SYN-RECEIVED): the FIN's ACK finds congestion control at work, whichever it is.
 */
static void close_while_opening(const char *algorithm)
{
	int fd = app_socket();

	note("%s", algorithm);
	app_choose(fd, algorithm);
	app_connect_fd(fd);
	expect(SYN, SEQ(0));
	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(1), LEN(0));
	expect_state(fd, TCP_FIN_WAIT1);
	inject(ACK, SEQ(1), ACK(2));
	expect_state(fd, TCP_FIN_WAIT2);
	inject(PSH | ACK, SEQ(1), ACK(2), LEN(100));
	expect_ack(101);
	app_read(fd, 100);
	inject(FIN | ACK, SEQ(101), ACK(2));
	expect(ACK, SEQ(2), ACK(102));
	expect_pair(TCP_TIME_WAIT);
	close(fd);
}

WIRE_TEST(close, opening__with_any_congestion_control, "S1 S2 C4")
{
	static const char *const algorithms[] = { "reno", "tahoe", "cubic", "bbr" };
	size_t i;

	differs_from_builtin("shutdown() in SYN-RECEIVED sends nothing");
	for (i = 0; i < ARRAY_SIZE(algorithms); i++) {
		new_connection();
		close_while_opening(algorithms[i]);
	}
}

WIRE_TEST(close, half_close__stack_goes_on_sending, "S2 S1")
{
	int fd = active_open();

	inject(FIN | ACK, SEQ(1), ACK(1));
	expect_ack(2);
	app_write(fd, 3000);
	expect_bytes(1, 3001);
	inject(ACK, SEQ(2), ACK(3001));
	app_close(fd);
	expect(FIN | ACK, SEQ(3001), ACK(2), LEN(0));
	inject(ACK, SEQ(2), ACK(3002));
	expect_pair(TCP_CLOSE);
}

/* -------------------------------------------------------------- FIN and data */

WIRE_TEST(close, fin__with_our_last_data, "S2")
{
	int fd = active_open();

	app_send(fd, 500, MSG_MORE);
	app_close(fd);
	expect(FIN | ACK, SEQ(1), LEN(500));
	inject(FIN | ACK, ACK(502));
	expect(ACK, SEQ(502), ACK(2));
	expect_pair(TCP_TIME_WAIT);
}

WIRE_TEST(close, fin__with_data, "S2 W4")
{
	int fd = active_open();

	inject(FIN | PSH | ACK, SEQ(1), LEN(300));
	expect_ack(302);
	expect_state(fd, TCP_CLOSE_WAIT);
	app_read(fd, 300);
	app_reads_eof(fd);
}

WIRE_TEST(close, fin__before_its_data, "S2 F9")
{
	int fd = active_open(FULL_OPTIONS);

	inject(FIN | ACK, SEQ(1001));
	expect(ACK, ACK(1));
	expect_state(fd, TCP_ESTABLISHED);
	app_reads_nothing(fd);
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(1002));
	expect_state(fd, TCP_CLOSE_WAIT);
	app_read(fd, 1000);
	app_reads_eof(fd);
}

WIRE_TEST(close, fin__with_data_before_its_data, "S2 F9")
{
	int fd = active_open(FULL_OPTIONS);

	inject(FIN | ACK, SEQ(1001), LEN(500));
	expect(ACK, ACK(1));
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(1502));
	app_read(fd, 1500);
	app_reads_eof(fd);
}

WIRE_TEST(close, fin__repeated, "S1 S2")
{
	int fd = active_open();

	inject(FIN | ACK, SEQ(1));
	expect_ack(2);
	pass_ms(1000);
	inject(FIN | ACK, SEQ(1));
	expect(ACK, SEQ(1), ACK(2), LEN(0));
	expect_state(fd, TCP_CLOSE_WAIT);
}

/* Who sends its FIN again waits for the answer: the limit on bare ACKs is not for it. */
WIRE_TEST(close, fin__repeated_quickly, "S1 S2 S6")
{
	int fd = active_open(), i;

	inject(FIN | ACK, SEQ(1));
	expect_ack(2);
	for (i = 0; i < 3; i++) {
		pass_ms(100);
		inject(FIN | ACK, SEQ(1));
		expect_within(0, 2, ACK, SEQ(1), ACK(2), LEN(0));
	}
	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, SEQ(1), ACK(2));
	inject(ACK, SEQ(2), ACK(2));
}

WIRE_TEST(close, fin__data_after_the_peers_fin_is_ignored, "S1")
{
	int fd = active_open();

	inject(FIN | ACK, SEQ(1));
	expect_ack(2);
	inject(ACK, SEQ(2), LEN(100));
	take(20);
	expect_state(fd, TCP_CLOSE_WAIT);
	app_reads_eof(fd);
	ignore_rest();
}

WIRE_TEST(close, fin__waits_for_unsent_data, "S2")
{
	int fd = active_open(WIN(1000));
	int64_t from;

	app_write(fd, 3000);
	expect_bytes(1, 1001);
	app_close(fd);
	expect_silence(100);
	inject(ACK, ACK(1001), WIN(1500));
	from = 1001 + take_burst(100).bytes;
	ensure_in(from, 2001, 2501);
	inject(ACK, ACK(from), WIN(10000));
	expect(FIN | PSH | ACK, SEQ(from), LEN(3001 - from));
	inject(ACK, ACK(3002));
	expect_pair(TCP_FIN_WAIT2);
}

WIRE_TEST(close, fin__is_retransmitted, "S2 R1")
{
	int fd = active_open(), rto;

	classic_recovery();
	app_close(fd);
	expect(FIN | ACK, SEQ(1));
	rto = expect_within(180, 1200, FIN | ACK, SEQ(1))->at_us / 1000;
	rto = rto > 900 ? 1000 : 200;
	expect_after(2 * rto, FIN | ACK, SEQ(1));
	expect_after(4 * rto, FIN | ACK, SEQ(1));
	inject(ACK, ACK(2));
	expect_pair(TCP_FIN_WAIT2);
}

/* ------------------------------------------------------------- ends by reset */

WIRE_TEST(close, unread_data__resets, "S5 SHLD-3 MAY-1")
{
	int fd = active_open();

	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	app_close(fd);
	expect(RST | ACK, SEQ(1), ACK(101));
	expect_pair(TCP_CLOSE);
	expect_silence(2000);
}

WIRE_TEST(close, unread_data__partly_read_resets, "S5 SHLD-3")
{
	int fd = active_open();

	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	app_read(fd, 60);
	app_close(fd);
	expect(RST | ACK, SEQ(1));
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(close, unread_data__in_close_wait_resets, "S5 SHLD-3")
{
	int fd = active_open();

	inject(FIN | ACK, SEQ(1), LEN(100));
	expect_ack(102);
	app_close(fd);
	expect(RST | ACK, SEQ(1));
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(close, linger_zero__aborts, "S5 S1 A3")
{
	int fd = active_open();

	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	app_abort(fd);
	expect(RST | ACK, SEQ_IN(1, 1001));
	expect_pair(TCP_CLOSE);
	expect_silence(3000);
}

WIRE_TEST(close, linger_zero__discards_unsent_data, "S5")
{
	int fd = active_open(WIN(1000));

	app_write(fd, 5000);
	expect_bytes(1, 1001);
	app_abort(fd);
	expect(RST | ACK, SEQ_IN(1, 1001));
	expect_silence(3000);
}

static const struct { int state; bool rst; } aborted[] = {
	{ TCP_ESTABLISHED, true }, { TCP_FIN_WAIT1, true }, { TCP_FIN_WAIT2, true },
	{ TCP_CLOSE_WAIT, true }, { TCP_CLOSING, false }, { TCP_LAST_ACK, false },
};

/* RFC 9293, section 3.10.5: a RST in these states; none in the others. */
WIRE_TEST(close, abort__by_state, "S5 S1")
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(aborted); i++) {
		new_connection();
		note("ABORT in %s", state_name(aborted[i].state));
		app_abort(reach(aborted[i].state));
		if (aborted[i].rst)
			expect(RST | ACK);
		expect_silence(20);
		expect_pair(TCP_CLOSE);
	}
}

WIRE_TEST(close, abort__in_syn_sent_is_silent, "S5 S1")
{
	int fd = reach(TCP_SYN_SENT);

	app_close(fd);
	expect_silence(3000);
	expect_pair(TCP_CLOSE);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect(RST, SEQ(1));
}

/* Data that nobody will read is refused: RFC 1122, 4.2.2.13. */
WIRE_TEST(close, data_after_close__in_fin_wait_1, "S5 SHLD-3 MAY-1")
{
	app_close(active_open());
	expect(FIN | ACK, SEQ(1));
	inject(PSH | ACK, SEQ(1), ACK(1), LEN(100));
	expect(RST, SEQ(1));
	expect_pair(TCP_CLOSE);
}

WIRE_TEST(close, data_after_close__in_fin_wait_2, "S5 SHLD-3 MAY-1")
{
	app_close(active_open());
	expect(FIN | ACK, SEQ(1));
	inject(ACK, ACK(2));
	expect_pair(TCP_FIN_WAIT2);
	inject(PSH | ACK, SEQ(1), ACK(2), LEN(100));
	expect(RST, SEQ(2));
	expect_pair(TCP_CLOSE);
}

/* ------------------------------------------------------ orphans are bounded */

WIRE_TEST_LONG(close, orphan__fin_wait_2_times_out, 100, "S4 S1 ATTACK-19")
{
	sysctl_set("net/ipv4/tcp_fin_timeout", 5);
	app_close(active_open());
	expect(FIN | ACK, SEQ(1));
	inject(ACK, ACK(2));
	pass_ms(4500);
	expect_pair(TCP_FIN_WAIT2);
	pass_ms(2000);
	expect_pair(TCP_CLOSE);
	inject(FIN | ACK, SEQ(1), ACK(2));
	expect(RST, SEQ(2));
}

/* The peer's FIN came before what precedes it: no stand-in can wait for that. */
WIRE_TEST_LONG(close, orphan__fin_wait_2_with_a_hole, 100, "S4 S1 ATTACK-19")
{
	sysctl_set("net/ipv4/tcp_fin_timeout", 5);
	app_close(active_open());
	expect(FIN | ACK, SEQ(1));
	inject(FIN | ACK, SEQ(101), ACK(2));
	expect(ACK, SEQ(2), ACK(1));
	expect_pair(TCP_FIN_WAIT2);
	expect_after(5000, RST | ACK, SEQ(2));
	expect_pair(TCP_CLOSE);
}

WIRE_TEST_LONG(close, orphan__linger2_option, 100, "S4 A4 ATTACK-19")
{
	int fd = active_open();

	app_set(fd, IPPROTO_TCP, TCP_LINGER2, 2);
	app_close(fd);
	expect(FIN | ACK, SEQ(1));
	inject(ACK, ACK(2));
	pass_ms(1500);
	expect_pair(TCP_FIN_WAIT2);
	pass_ms(1500);
	expect_pair(TCP_CLOSE);
}

/* A socket that is still open waits in FIN-WAIT-2 as long as it likes. */
WIRE_TEST_LONG(close, fin_wait_2__open_socket_does_not_time_out, 200, "S1 S2")
{
	int fd;

	sysctl_set("net/ipv4/tcp_fin_timeout", 5);
	fd = reach(TCP_FIN_WAIT2);
	expect_silence(100000);
	expect_state(fd, TCP_FIN_WAIT2);
	inject(ACK, SEQ(1), LEN(10));
	expect_ack(11);
	app_read(fd, 10);
}

static void orphan_gives_up(int state)
{
	int64_t begun = now_us();
	const struct seen *s;
	int fd, sent = 0;

	sysctl_set("net/ipv4/tcp_orphan_retries", 3);
	classic_recovery();
	fd = reach(state);
	app_close(fd);
	while ((s = take(30000)))
		sent += !!(s->flags & FIN);
	ensure_in(sent, 2, 5);
	expect_pair(TCP_CLOSE);
	note("gone after %lld s", (long long)(now_us() - begun) / 1000000);
}

WIRE_TEST_LONG(close, orphan__fin_wait_1_gives_up, 200, "S4 R1 ATTACK-19 D5")
{
	orphan_gives_up(TCP_FIN_WAIT1);
}

WIRE_TEST_LONG(close, orphan__closing_gives_up, 200, "S4 R1 ATTACK-19 D5")
{
	orphan_gives_up(TCP_CLOSING);
}

WIRE_TEST_LONG(close, orphan__last_ack_gives_up, 200, "S4 R1 ATTACK-19 D5")
{
	orphan_gives_up(TCP_LAST_ACK);
}

WIRE_TEST(close, last_ack__repeated_fin_is_acknowledged, "S1 R8")
{
	reach(TCP_LAST_ACK);
	inject(FIN | ACK, SEQ(1), ACK(1));
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	inject(ACK, SEQ(2), ACK(2));
	expect_pair(TCP_CLOSE);
}
