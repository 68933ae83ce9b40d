// SPDX-License-Identifier: GPL-2.0
/*
 * window.c - flow control (RFC 9293, section 3.8.6; RFC 7323, section 2)
 */
#include <poll.h>
#include <sys/ioctl.h>
#include "wire.h"

/* ---------------------------------------------------- the window it offers */

static int open_with_buffer(int bytes)
{
	int fd = app_socket();

	app_set(fd, SOL_SOCKET, SO_RCVBUF, bytes);
	return active_open_fd(fd);
}

/* The peer sends until the window is closed, 1000 bytes at a time. */
static void close_window(void)
{
	int64_t left;

	while ((left = c->stack_edge - c->peer_max) > 0) {
		inject(PSH | ACK, LEN(left < 1000 ? left : 1000));
		expect_ack(c->peer_max);
	}
}

WIRE_TEST(window, offered__scaled, "F1 W4 MUST-1 REC-1")
{
	int fd = app_socket();
	const struct seen *s;

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 200000);
	active_open_fd(fd, FULL_OPTIONS);
	ensure_in(c->stack_wscale, 2, 14);
	inject(ACK, SEQ(1), LEN(1000));
	s = expect(ACK, ACK(1001), WIN_IN(66000, 200000));
	inject(ACK, SEQ(c->stack_edge - 500), LEN(500));	/* the edge is meant */
	expect(ACK, ACK(1001), SACK({s->ack + s->win - 500, s->ack + s->win}));
}

WIRE_TEST(window, offered__unscaled_fits_the_field, "F1 W6 MUST-1")
{
	int fd = app_socket();

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 200000);
	active_open_fd(fd, SACK_OK);
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(1001), WIN_IN(60000, 65535));
	inject(ACK, SEQ(c->stack_edge - 500), LEN(500));
	expect(ACK, ACK(1001), SACK({c->stack_edge - 500, c->stack_edge}));
}

/* That the right edge never moves left is checked on every segment. */
WIRE_TEST(window, offered__closes_and_reopens, "F1 SHLD-14 MAY-8")
{
	int fd = open_with_buffer(16384);
	int64_t edge;

	close_window();
	edge = c->stack_edge;
	ensure_in(edge, 8000, 33000);
	inject(ACK, SEQ(edge), LEN(1));			/* the peer's probe */
	expect(ACK, SEQ(1), ACK(edge), LEN(0), WIN(0));
	expect_silence(3000);
	app_read(fd, edge - 1);
	expect(ACK, SEQ(1), ACK(edge), LEN(0), WIN_IN(8000, 33000));
	inject(ACK, SEQ(edge), LEN(1000));
	expect_ack(edge + 1000);
	app_read(fd, 1000);
	expect_silence(1000);
}

/* A FIN has no text that would need room, though the window does not hold its number. */
WIRE_TEST(window, offered__closed_takes_a_fin, "F1 S2")
{
	int fd = open_with_buffer(16384), unread;
	int64_t edge;
	char byte;

	close_window();
	edge = c->stack_edge;
	inject(FIN | ACK, SEQ(edge), LEN(100));
	expect(ACK, SEQ(1), ACK(edge), LEN(0), WIN(0));
	expect_state(fd, TCP_ESTABLISHED);
	inject(FIN | ACK, SEQ(edge));
	expect(ACK, SEQ(1), ACK(edge + 1), LEN(0));
	expect_state(fd, TCP_CLOSE_WAIT);
	ensure(!ioctl(fd, FIONREAD, &unread), "FIONREAD: %s", strerror(errno));
	ensure_eq(unread, edge - 1);
	app_read(fd, edge - 1);
	ensure_eq(recv(fd, &byte, 1, 0), 0);
	ignore_rest();
}

WIRE_TEST(window, offered__shrinking_buffer_keeps_the_promise, "F1 SHLD-14 A4")
{
	int fd = open_with_buffer(32768);
	int64_t edge = c->stack_edge;

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 4096);
	close_window();
	ensure_eq(c->stack_edge, edge);
	app_read(fd, edge - 1);
	ignore_rest();
}

/* Out-of-order data takes the buffer's room, not what was promised. */
WIRE_TEST(window, offered__out_of_order_data_fits, "F1 F9 SHLD-14")
{
	int fd = open_with_buffer(16384);
	int64_t edge = c->stack_edge, at;

	for (at = edge - 1000; at > 1; at -= 1000) {
		inject(ACK, SEQ(at), LEN(1000));
		expect(ACK, ACK(1));
	}
	inject(ACK, SEQ(1), LEN(at + 999));
	expect(ACK, ACK(edge));
	app_read(fd, edge - 1);
	ignore_rest();
}

/* A sender that doubles has room for what it will have doubled to, and for a hole. */
WIRE_TEST(window, offered__keeps_ahead_of_slow_start, "F1")
{
	enum { RTT_MS = 50, ROUNDS = 6 };
	int fd = active_open(FULL_OPTIONS), segments = 10, r, i;
	int64_t room;

	for (r = 0; r < ROUNDS; r++, segments *= 2) {
		pass_ms(RTT_MS);
		for (i = 0; i < segments; i++)
			inject(PSH | ACK, LEN(1000));
		take_burst(RTT_MS);
		app_read(fd, segments * 1000);
	}
	expect_ack(c->peer_max);
	room = c->stack_edge - c->peer_max;
	ensure_in(room, 5 * (segments / 2) * 1000, 10 * (segments / 2) * 1000);
}

/* Round trips in each of which ten segments of @bytes arrive and are read. */
static void rounds_of(int fd, int bytes)
{
	enum { RTT_MS = 20, ROUNDS = 20, SEGMENTS = 10 };
	int r, n;

	for (r = 0; r < ROUNDS; r++) {
		pass_ms(RTT_MS);
		for (n = 0; n < SEGMENTS; n++)
			inject(PSH | ACK, LEN(bytes));
		take_burst(RTT_MS);
		app_read(fd, SEGMENTS * bytes);
	}
}

/* What is left of the window, as percents of the receive buffer. */
static int percent_offered(int fd)
{
	return (c->stack_edge - c->peer_max) * 100 / app_get(fd, SOL_SOCKET, SO_RCVBUF);
}

/* How much memory is overhead is learnt from what arrives; SO_RCVBUF has said it. */
WIRE_TEST(window, offered__all_that_the_buffer_holds, "F1")
{
	static const bool set[] = { false, true };
	size_t i;

	differs_from_builtin("that of 6.1 keeps to tcp_adv_win_scale, that of 6.12 to SO_RCVBUF no more");
	for (i = 0; i < ARRAY_SIZE(set); i++) {
		int fd, n;

		new_connection();
		fd = app_socket();
		if (set[i])
			app_set(fd, SOL_SOCKET, SO_RCVBUF, 100000);
		active_open_fd(fd, FULL_OPTIONS);
		rounds_of(fd, 1460);
		for (n = 0; n < 2; n++)
			inject(PSH | ACK, LEN(1460));
		expect_ack(c->peer_max);
		ensure_in(percent_offered(fd), set[i] ? 45 : 55, set[i] ? 50 : 94);
		app_read(fd, 2 * 1460);

		/* It does not fall again: the peer may wait for half of what it has seen */
		rounds_of(fd, 100);
		take_burst(20);
		ensure_in(percent_offered(fd), set[i] ? 45 : 55, set[i] ? 50 : 94);
		inject(RST, SEQ(c->peer_max));
	}
}

/* What waits behind a hole is a part of the window, not taken from it besides. */
WIRE_TEST(window, offered__moves_on_with_a_hole, "F1 F9")
{
	int fd = open_with_buffer(32768);
	int64_t edge = c->stack_edge, at;

	for (at = 3001; at + 1000 < edge; at += 1000) {
		inject(ACK, SEQ(at), LEN(1000));
		expect(ACK, ACK(1));
	}
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(1001));
	app_read(fd, 1000);
	inject(ACK, SEQ(1001), LEN(1000));
	expect(ACK, ACK(2001));
	differs_from_builtin("it counts what waits twice");
	app_read(fd, 1000);
	inject(ACK, SEQ(3001), LEN(1000));
	expect(ACK, ACK(2001));
	ensure_in(c->stack_edge - edge, 1900, 2100);
	inject(ACK, SEQ(2001), LEN(1000));
	expect(ACK, ACK(at));
	app_read(fd, at - 2001);
	ignore_rest();
}

/* Neither do they make SO_RCVLOWAT give up: more will come in order. */
WIRE_TEST(window, islands__leave_room_for_lowat, "F1 F9 A3")
{
	int fd = open_with_buffer(32768);
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	int64_t at;

	app_set(fd, SOL_SOCKET, SO_RCVLOWAT, 20000);
	inject(ACK, SEQ(1), LEN(1000));
	expect(ACK, ACK(1001));
	for (at = 3001; app_memory(fd, SK_MEMINFO_RMEM_ALLOC) <= 65536 / 8 * 7; at += 300) {
		ensure(at < c->stack_edge, "islands take %u bytes", app_memory(fd, SK_MEMINFO_RMEM_ALLOC));
		inject(ACK, SEQ(at), LEN(100));
		expect(ACK, ACK(1001));
	}
	differs_from_builtin("their memory counts as if it waited for the reader");
	ensure_eq(poll(&readable, 1, 0), 0);
	for (at = 1001; at < 20001; at += 1000)
		inject(ACK, SEQ(at), LEN(1000));
	ensure_eq(poll(&readable, 1, 0), 1);
	take_burst(50);
	app_read(fd, 20000);
	ignore_rest();
}

/* ------------------------------------------------------- receiver's SWS */

/* Reading single bytes must not offer windows of single bytes. */
WIRE_TEST(window, receiver_sws__opens_by_a_segment, "F4 MUST-39")
{
	int fd = open_with_buffer(16384);
	int64_t edge, bytes;
	int updates = 0, i;

	close_window();
	edge = c->stack_edge;
	bytes = edge - 1;
	for (i = 0; i < bytes / 10; i++) {
		const struct seen *s;

		app_read(fd, 10);
		while ((s = take(0))) {
			int64_t step = s->ack + s->win - edge;

			ensure(step >= 1000, "the edge moves by %lld", (long long)step);
			edge += step;
			updates++;
		}
	}
	ensure_in(updates, 1, bytes / 1000);
}

WIRE_TEST(window, receiver_sws__on_acks_of_arriving_data, "F4 MUST-39 SHLD-14")
{
	int fd = open_with_buffer(16384);
	int64_t edge, left;
	int i;

	close_window();
	edge = c->stack_edge;
	for (i = 0; i < 30; i++) {
		const struct seen *s;

		app_read(fd, 200);
		left = c->stack_edge - c->peer_max;
		inject(ACK, LEN(left > 100 ? 100 : left ? left : 1));
		while ((s = take(60))) {
			int64_t step = s->ack + s->win - edge;

			ensure(!step || step >= 1000, "the edge moves by %lld", (long long)step);
			edge += step;
		}
		c->peer_max = c->stack_edge < c->peer_max ? c->stack_edge : c->peer_max;
	}
}

/* A reader that keeps up hears no window updates but those on ACKs. */
WIRE_TEST(window, offered__no_needless_updates, "F1 F4")
{
	int fd = active_open();
	int i;

	for (i = 0; i < 20; i++) {
		inject(PSH | ACK, LEN(1000));
		expect_ack(c->peer_max);
		app_read(fd, 1000);
		expect_silence(100);
	}
}

/* -------------------------------------------------- the peer's zero window */

#define PROBE	SEQ(0), ACK(1), LEN(0)

/* The peer closes its window, and the application has something to say. */
static int closed_window(void)
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000));
	inject(ACK, SEQ(1), ACK(1), WIN(0));
	app_write(fd, 3000);
	return fd;
}

WIRE_TEST(window, zero__probes_double, "F6 SHLD-29 SHLD-30 MUST-35 MUST-36")
{
	int i;

	closed_window();
	for (i = 0; i < 7; i++) {
		expect_after(200 << i, ACK, PROBE);
		inject(ACK, SEQ(1), ACK(1), WIN(0));
	}
}

WIRE_TEST_LONG(window, zero__unanswered_probes_double_too, 200, "F6 SHLD-30 MUST-36")
{
	int i;

	closed_window();
	for (i = 0; i < 9; i++)
		expect_after(200 << i, ACK, PROBE);
}

WIRE_TEST_LONG(window, zero__bounds_can_be_set, 200, "F6 MUST-36")
{
	static const int seconds[] = { 5, 10, 20, 30, 30, 30 };
	size_t i;

	differs_from_builtin("the bounds of the persist timer cannot be set");
	sysctl_set("net/ltcp/persist_min_ms", 5000);
	sysctl_set("net/ltcp/persist_max_ms", 30000);
	closed_window();
	for (i = 0; i < ARRAY_SIZE(seconds); i++) {
		expect_after(seconds[i] * 1000, ACK, PROBE);
		inject(ACK, SEQ(1), ACK(1), WIN(0));
	}
}

WIRE_TEST_LONG(window, zero__at_most_two_minutes_apart, 2000, "F6 SHLD-30")
{
	int i;

	closed_window();
	for (i = 0; i < 12; i++) {
		expect_after(i < 10 ? 200 << i : 120000, ACK, PROBE);
		inject(ACK, SEQ(1), ACK(1), WIN(0));
	}
}

WIRE_TEST_LONG(window, zero__answered_probes_go_on_for_ever, 10000, "F6 MUST-37")
{
	int fd, i;

	sysctl_set("net/ipv4/tcp_retries2", 3);
	sysctl_try("net/ltcp/persist_max_ms", 5000);
	fd = closed_window();
	for (i = 0; i < 40; i++) {
		expect_within(190, 136000, ACK, PROBE);
		inject(ACK, SEQ(1), ACK(1), WIN(0));
	}
	expect_state(fd, TCP_ESTABLISHED);
	inject(ACK, SEQ(1), ACK(1), WIN(10000));
	expect_bytes(1, 3001);
}

WIRE_TEST_LONG(window, zero__gives_up_on_a_silent_peer, 300, "F6 R2 ATTACK-28")
{
	int fd, probes = 0;
	const struct seen *s;

	sysctl_set("net/ipv4/tcp_retries2", 4);
	fd = closed_window();
	while ((s = take(60000)) && !(s->flags & RST))
		probes++;
	ensure_in(probes, 3, 6);
	expect_state(fd, TCP_CLOSE);
	app_reads_error(fd, ETIMEDOUT);
}

/* After 5 s from the first probe on, not with the next probe that would be due (6.2 s). */
WIRE_TEST(window, zero__gives_up_after_the_user_timeout, "F6 R2 MUST-21")
{
	int fd = closed_window(), i;

	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
	for (i = 0; i < 4; i++) {
		expect_after(200 << i, ACK, PROBE);
		inject(ACK, SEQ(1), ACK(1), WIN(0));
	}
	expect_silence(2100);
	expect_state(fd, TCP_ESTABLISHED);
	take(400);
	expect_state(fd, TCP_CLOSE);
	app_reads_error(fd, ETIMEDOUT);
}

/* The user's word goes before tcp_retries2, also where nobody answers. */
WIRE_TEST(window, zero__user_timeout_longer_than_the_retries, "F6 R2 A4")
{
	int fd, i;

	differs_from_builtin("tcp_retries2 ends it");
	sysctl_set("net/ipv4/tcp_retries2", 2);
	fd = closed_window();
	app_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 7000);
	for (i = 0; i < 5; i++)
		expect_after(200 << i, ACK, PROBE);
	expect_silence(600);
	expect_state(fd, TCP_ESTABLISHED);
	take(400);
	expect_state(fd, TCP_CLOSE);
	app_reads_error(fd, ETIMEDOUT);
}

WIRE_TEST(window, zero__update_resumes, "F6 R8")
{
	closed_window();
	expect_silence(150);
	inject(ACK, SEQ(1), ACK(1), WIN(2000));
	expect_bytes(1, 2001);
	inject(ACK, SEQ(1), ACK(2001), WIN(2000));
	expect(PSH | ACK, SEQ(2001), LEN(1000));
	inject(ACK, SEQ(1), ACK(3001), WIN(2000));
	expect_silence(2000);
}

WIRE_TEST(window, zero__update_lost_and_found_by_a_probe, "F6 R8 MUST-36")
{
	closed_window();
	expect_after(200, ACK, PROBE);
	inject(ACK, SEQ(1), ACK(1), WIN(0));
	expect_after(400, ACK, PROBE);
	inject(ACK, SEQ(1), ACK(1), WIN(5000));
	expect_bytes(1, 3001);
}

/* The intervals begin anew with each closing. */
WIRE_TEST(window, zero__closes_again, "F6 SHLD-29 SHLD-30")
{
	closed_window();
	expect_after(200, ACK, PROBE);
	inject(ACK, SEQ(1), ACK(1), WIN(0));
	expect_after(400, ACK, PROBE);
	inject(ACK, SEQ(1), ACK(1), WIN(1000));
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, SEQ(1), ACK(1001), WIN(0));
	expect_within(190, 300, ACK, SEQ(1000), LEN(0));
	inject(ACK, SEQ(1), ACK(1001), WIN(0));
	expect_after(400, ACK, SEQ(1000), LEN(0));
}

WIRE_TEST(window, zero__nothing_to_send_nothing_to_probe, "F6")
{
	int fd = active_open();

	inject(ACK, SEQ(1), ACK(1), WIN(0));
	expect_silence(20000);
	app_shutdown(fd, SHUT_WR);
	ensure(take(2000), "neither FIN nor probe");
	ignore_rest();
}

WIRE_TEST(window, zero__reset_is_heard, "F6 MUST-66")
{
	int fd = open_with_buffer(16384);

	close_window();
	inject(RST, SEQ(c->stack_edge));
	expect_state(fd, TCP_CLOSE);
	app_writes_error(fd, ECONNRESET);
}

/* Both windows are closed: ACKs and window updates are heard all the same. */
WIRE_TEST(window, zero__acks_are_heard_with_our_window_closed, "F6 MUST-66 W4")
{
	int fd = open_with_buffer(16384);

	close_window();
	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001), WIN(0));
	app_write(fd, 500);
	expect_silence(100);
	inject(ACK, ACK(1001), WIN(5000));
	expect(PSH | ACK, SEQ(1001), LEN(500), WIN(0));
}

/* A window that the header's 16 bits could not hold is used to its end. */
WIRE_TEST(window, peer__above_16_bits, "REC-1 MUST-1 F1")
{
	int fd = app_socket();
	int64_t acked = 1, most = 0;

	app_set(fd, SOL_SOCKET, SO_SNDBUF, 1 << 20);
	sysctl_set("net/ipv4/tcp_slow_start_after_idle", 0);
	active_open_fd(fd, MSS(1000), WSCALE(4), WIN(65535));
	app_fill(fd);
	inject(ACK, WIN(150000), ACK(1));
	while (most < 150000) {
		struct burst b = take_burst(5);

		ensure(b.to > acked, "it does not use the window: %lld bytes", (long long)most);
		most = b.to - acked;
		if (most >= 149000)
			break;
		acked = b.to;
		inject(ACK, ACK(acked), WIN(150000));
	}
	ensure_in(most, 149000, 150000);
	end_case(fd);
}

/* ------------------------------------------------- a peer that shrinks it */

static int small_segments(void)
{
	classic_recovery();
	return active_open(MSS(1000), WIN(5000));
}

WIRE_TEST(window, shrunk__before_it_was_used, "F2 MUST-34 SHLD-15")
{
	int fd = small_segments();

	inject(ACK, SEQ(1), ACK(1), WIN(2000));
	app_write(fd, 5000);
	expect_bytes(1, 2001);
	expect_silence(150);
	inject(ACK, SEQ(1), ACK(2001), WIN(3000));
	expect_bytes(2001, 5001);
}

WIRE_TEST(window, shrunk__with_data_beyond_it, "F2 MUST-34 SHLD-15 SHLD-16 SHLD-17")
{
	int fd = small_segments();

	app_write(fd, 8000);
	expect_bytes(1, 5001);
	inject(ACK, SEQ(1), ACK(1001), WIN(1000));	/* the edge: 2001, was 5001 */
	expect_after(200, ACK, SEQ(1001), LEN(1000));
	inject(ACK, SEQ(1), ACK(5001), WIN(1000));	/* it had all the rest */
	expect(ACK, SEQ(5001), LEN(1000));
	expect_state(fd, TCP_ESTABLISHED);
	inject(ACK, SEQ(1), ACK(6001), WIN(5000));
	expect_bytes(6001, 8001);
}

/* Sent once, it may be sent again, also where the window does not reach any more. */
WIRE_TEST(window, shrunk__old_data_beyond_it_is_sent_again, "F2 MAY-7 SHLD-16")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000), SACK_OK, WIN(5000));
	app_write(fd, 5000);
	expect_bytes(1, 5001);
	inject(ACK, SEQ(1), ACK(1), WIN(1000), SACK({2001, 5001}));
	expect(ACK, SEQ(1), LEN(1000));
	expect(ACK, SEQ(1001), LEN(1000));
	inject(ACK, SEQ(1), ACK(5001), WIN(5000));
	expect_state(fd, TCP_ESTABLISHED);
}

/* It hears our ACKs all the same: they lie within what is left of its window. */
WIRE_TEST(window, shrunk__acks_stay_acceptable, "F2 MUST-34")
{
	int fd = small_segments();

	app_write(fd, 5000);
	expect_bytes(1, 5001);
	inject(PSH | ACK, ACK(1001), WIN(0), LEN(100));
	expect(ACK, SEQ(1001), ACK(101), LEN(0));
	inject(PSH | ACK, ACK(1001), WIN(2000), LEN(100));
	expect(ACK, SEQ(3001), ACK(201), LEN(0));
	inject(PSH | ACK, ACK(5001), WIN(20000), LEN(100));
	expect(ACK, SEQ(5001), ACK(301), LEN(0));
	app_read(fd, 300);
	app_abort(fd);
	ignore_rest();
}

/* What the peer's scale rounds off it has not taken back, and has received. */
WIRE_TEST(window, shrunk__by_rounding, "F2 W6")
{
	int fd = active_open(MSS(1000), WSCALE(14));

	differs_from_builtin("it goes by the scale of its own window");
	inject(ACK, ACK(1), WIN(2 << 14));
	app_write(fd, 8000);
	expect_bytes(1, 8001);
	inject(PSH | ACK, ACK(1), WIN(0), LEN(100));
	expect(ACK, SEQ(8001), ACK(101), LEN(0));
	inject(PSH | ACK, ACK(8001), WIN(2 << 14), LEN(100));
	expect(ACK, SEQ(8001), ACK(201), LEN(0));
	app_read(fd, 200);
}

WIRE_TEST(window, shrunk__to_nothing, "F2 F6 MUST-34 SHLD-15 SHLD-17")
{
	int fd = small_segments();

	app_write(fd, 5000);
	expect_bytes(1, 5001);
	inject(ACK, SEQ(1), ACK(2001), WIN(0));
	expect_within(190, 400, ACK, SEQ_IN(2000, 2001));	/* a probe or old data */
	expect_state(fd, TCP_ESTABLISHED);
	inject(ACK, SEQ(1), ACK(2001), WIN(5000));
	while (c->peer_edge && app_info(fd).tcpi_unacked) {	/* until all arrived */
		const struct seen *s = take(2000);

		ensure(s && s->seq >= 2001, "nothing more comes");
		inject(ACK, SEQ(1), ACK(s->seq + s->len), WIN(5000));
	}
}

/* As with any closed window: as long as the peer answers, it lives. */
WIRE_TEST_LONG(window, shrunk__to_nothing_for_long, 2000, "F2 F6 MUST-36 SHLD-17")
{
	int fd, i;

	sysctl_set("net/ipv4/tcp_retries2", 3);
	fd = small_segments();
	app_write(fd, 5000);
	expect_bytes(1, 5001);
	inject(ACK, SEQ(1), ACK(2001), WIN(0));
	for (i = 0; i < 8; i++) {
		const struct seen *s = take(200000);

		ensure(s && s->seq >= 2000 && s->seq <= 2001, "no probe came");
		inject(ACK, SEQ(1), ACK(2001), WIN(0));
	}
	expect_state(fd, TCP_ESTABLISHED);
	take_burst(5);
	inject(ACK, SEQ(1), ACK(2001), WIN(5000));
	while (app_info(fd).tcpi_unacked) {
		const struct seen *s = take(200000);

		ensure(s && s->seq >= 2001, "nothing more comes");
		inject(ACK, SEQ(1), ACK(s->seq + s->len), WIN(5000));
	}
}

/* A cork holds for 200 ms, however long the probes before had become (tcp(7)). */
WIRE_TEST(window, zero__opens_under_a_cork, "F2 F6 A4")
{
	int fd = small_segments();

	app_set(fd, IPPROTO_TCP, TCP_CORK, 1);
	app_write(fd, 1000);
	expect(ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001), WIN(0));
	app_write(fd, 100);
	pass_ms(5000);
	ignore_rest();
	inject(ACK, ACK(1001), WIN(5000));
	expect_within(100, 250, PSH | ACK, SEQ(1001), LEN(100));
}

/* Too small a window, and SWS avoidance gives way after a time of its own (MUST-38). */
WIRE_TEST(window, zero__opens_a_little, "F2 F4 F6 MUST-38")
{
	int fd = small_segments();

	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	inject(ACK, ACK(1001), WIN(0));
	app_write(fd, 1000);
	pass_ms(5000);
	ignore_rest();
	inject(ACK, ACK(1001), WIN(400));
	expect_within(100, 1000, ACK, SEQ(1001), LEN(400));
}

/* Data that fills a hole is older than what came before it; its ACK and window are new. */
WIRE_TEST(window, update__with_data_sent_again, "F2 W4")
{
	int fd = small_segments();

	app_write(fd, 5000);
	expect_bytes(1, 5001);
	inject(ACK, SEQ(101), ACK(1), LEN(100), WIN(20000));
	expect(ACK, ACK(1), LEN(0));
	inject(ACK, SEQ(1), ACK(5001), LEN(100), WIN(2000));
	expect_ack(201);
	app_write(fd, 10000);
	expect_bytes(5001, 7001);
	expect_silence(50);
	app_read(fd, 200);
	ignore_rest();
}

WIRE_TEST(window, update__old_segments_do_not_count, "F2 W4 R8")
{
	int fd = small_segments();

	app_write(fd, 1000);
	expect(PSH | ACK, SEQ(1), LEN(1000));
	inject(ACK, SEQ(1), ACK(1), LEN(100), WIN(5000));
	expect_ack(101);
	inject(ACK, SEQ(101), ACK(1001), WIN(0));
	app_write(fd, 500);
	inject(ACK, SEQ(101), ACK(1), WIN(9000));	/* SEG.ACK < SND.WL2 */
	expect_silence(50);
	inject(ACK, SEQ(1), ACK(1001), LEN(100), WIN(9000));	/* SEG.SEQ < SND.WL1 */
	expect(ACK, SEQ(1001), ACK(101), LEN(0));
	expect_silence(50);
	inject(ACK, SEQ(101), ACK(1001), WIN(500));
	expect(PSH | ACK, SEQ(1001), LEN(500));
}

/* ----------------------------------------------------------- sender's SWS */

WIRE_TEST(window, sender_sws__waits_for_a_full_segment, "MUST-38 F4")
{
	int fd = small_segments();

	app_write(fd, 9000);
	expect_bytes(1, 5001);
	inject(ACK, SEQ(1), ACK(5001), WIN(300));
	expect_silence(100);
	inject(ACK, SEQ(1), ACK(5001), WIN(900));
	expect_silence(100);
	inject(ACK, SEQ(1), ACK(5001), WIN(1000));
	expect(ACK, SEQ(5001), LEN(1000));
}

/* RFC 9293, section 3.8.6.2.1: the override timeout, 0.1 to 1 s. */
WIRE_TEST(window, sender_sws__overridden_by_time, "MUST-38 F6")
{
	int fd = small_segments();

	app_write(fd, 9000);
	expect_bytes(1, 5001);
	inject(ACK, SEQ(1), ACK(5001), WIN(300));
	expect_within(100, 1000, ACK, SEQ(5001), LEN(300));
}

WIRE_TEST(window, sender_sws__half_of_the_largest_window, "MUST-38")
{
	int fd;

	classic_recovery();
	fd = active_open(MSS(1000), WIN(600));
	app_write(fd, 3000);
	expect(ACK, SEQ(1), LEN(600));
	inject(ACK, SEQ(1), ACK(601), WIN(200));
	expect_silence(100);
	inject(ACK, SEQ(1), ACK(601), WIN(300));
	expect(ACK, SEQ(601), LEN(300));
}

WIRE_TEST(window, sender_sws__all_there_is_may_go, "MUST-38")
{
	int fd = small_segments();

	inject(ACK, SEQ(1), ACK(1), WIN(300));
	app_write(fd, 200);
	expect(PSH | ACK, SEQ(1), LEN(200));
}
