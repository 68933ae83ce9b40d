// SPDX-License-Identifier: GPL-2.0
/*
 * arrives_states.c - the eleven states, and the ways to be in them
 *
 * In each state that has sent something there is something to acknowledge: data,
 * and the FIN of states that have one. Time stands nearly still, in that
 * retransmissions and probes wait a minute; a connection is used for less.
 */
#include <fcntl.h>
#include <signal.h>

#include "arrives_states.h"

enum {
	IN_FLIGHT = 1000,	/* bytes of ours that are not acknowledged */
	LIFE_US = 20000000,	/* of a connection, before it is a retransmission's time */
};

struct subject subject;
uint32_t ts_recent;

/**
 * time_stands_still() - the namespace's settings
 *
 * Timers wait a minute, and the limit on answers to segments outside the window is
 * off. That on challenge ACKs is the connection's own and stays.
 */
void time_stands_still(void)
{
	classic_recovery();
	sysctl_set("net/ltcp/rto_initial_ms", 60000);
	sysctl_set("net/ltcp/rto_min_ms", 60000);
	sysctl_set("net/ipv4/tcp_invalid_ratelimit", 0);
	sysctl_set("net/ipv4/tcp_challenge_ack_limit", 1000);
	sysctl_set("net/ipv4/tcp_ecn", 0);
	sysctl_set("net/ipv4/tcp_rfc1337", 0);
}

/*
 * A connection from another port of the peer, that @c stands for from now on. Its
 * numbers wrap, in turn, nowhere near, at RCV.NXT, and inside the window, and in
 * between half of them are passed.
 */
static void another_connection(void)
{
	static const uint32_t isns[] = { 1000000, 0xffffffff, 0xffffff00, 0x7fffffff };
	static struct connection pristine;
	static unsigned int count;

	if (!pristine.peer_port)
		pristine = *c;
	*c = pristine;
	c->peer_port += count % 50000;
	c->peer_isn = isns[count++ % ARRAY_SIZE(isns)];
	c->unchecked = true;
}

static int watched(int fd)
{
	app_set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	ensure(!fcntl(fd, F_SETOWN, getpid()), "F_SETOWN: %s", strerror(errno));
	return fd;
}

static int opened(void)
{
	return watched(active_open());
}

static void in_flight(int fd)
{
	app_write(fd, IN_FLIGHT);
	expect(PSH | ACK, LEN(IN_FLIGHT));
}

static void listening(void)
{
	if (listener < 0)
		app_set(reach(TCP_LISTEN), SOL_SOCKET, SO_OOBINLINE, 1);
	reach(TCP_LISTEN);
}

static int to_closed(void)
{
	return reach(TCP_CLOSE);
}

static int to_listen(void)
{
	listening();
	return -1;
}

static int to_syn_sent(void)
{
	return watched(reach(TCP_SYN_SENT));
}

static int to_syn_received(void)
{
	listening();
	return reach(TCP_SYN_RECV);
}

/* Both have opened. */
static int to_syn_received_active(void)
{
	int fd = watched(reach(TCP_SYN_SENT));

	inject(SYN, SEQ(0), MSS(1460));
	expect(SYN | ACK, SEQ(0), ACK(1));
	return fd;
}

static int to_established(void)
{
	int fd = opened();

	in_flight(fd);
	return fd;
}

static int to_established_no_window(void)
{
	int fd = app_socket();

	app_set(fd, SOL_SOCKET, SO_RCVBUF, 8192);
	watched(active_open_fd(fd));
	while (c->stack_edge > c->peer_max) {
		int64_t left = c->stack_edge - c->peer_max;

		inject(PSH | ACK, LEN(left > 1460 ? 1460 : left));
		expect_ack(c->peer_max);
	}
	in_flight(fd);
	return fd;
}

static int to_fin_wait_1(void)
{
	int fd = to_established();

	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, LEN(0));
	return fd;
}

static int to_fin_wait_1_orphan(void)
{
	int fd = opened();

	in_flight(fd);
	app_close(fd);
	expect(FIN | ACK, LEN(0));
	return -1;
}

static int to_fin_wait_2(void)
{
	int fd = to_fin_wait_1();

	inject(ACK);
	return fd;
}

static int to_fin_wait_2_orphan(void)
{
	to_fin_wait_1_orphan();
	inject(ACK);
	return -1;
}

static int to_close_wait(void)
{
	int fd = opened();

	inject(FIN | ACK);
	expect_ack(2);
	in_flight(fd);
	return fd;
}

static int to_closing(void)
{
	int fd = to_fin_wait_1();

	inject(FIN | ACK, ACK(1));
	expect(ACK, ACK(2), LEN(0));
	return fd;
}

static int to_last_ack(void)
{
	int fd = to_close_wait();

	app_shutdown(fd, SHUT_WR);
	expect(FIN | ACK, LEN(0));
	return fd;
}

static int to_time_wait(void)
{
	listening();
	app_close(passive_open());
	expect(FIN | ACK, SEQ(1));
	inject(FIN | ACK);
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	return -1;
}

/* The peer uses timestamps. */
static int to_syn_received_stamped(void)
{
	listening();
	inject(SYN, SEQ(0), MSS(1460), TS);
	ts_recent = expect(SYN | ACK, SEQ(0), ACK(1), TS)->tsecr;
	return -1;
}

static int to_established_stamped(void)
{
	int fd = watched(active_open(MSS(1460), TS));

	app_write(fd, IN_FLIGHT);
	ts_recent = expect(PSH | ACK, LEN(IN_FLIGHT), TS)->tsecr;
	return fd;
}

static int to_time_wait_stamped(void)
{
	listening();
	app_close(passive_open(MSS(1460), TS));
	expect(FIN | ACK, SEQ(1));
	inject(FIN | ACK);
	ts_recent = expect(ACK, SEQ(2), ACK(2), LEN(0), TS)->tsecr;
	return -1;
}

#define STAGE(id_, state_, set_up_, ...)					\
	const struct stage id_ = {						\
		.name = #id_, .state = (state_), .set_up = (set_up_), __VA_ARGS__ }

STAGE(at_closed, TCP_CLOSE, to_closed);
STAGE(at_listen, TCP_LISTEN, to_listen);
STAGE(at_syn_sent, TCP_SYN_SENT, to_syn_sent);
STAGE(at_syn_received, TCP_SYN_RECV, to_syn_received, .passive = true);
STAGE(at_syn_received_active, TCP_SYN_RECV, to_syn_received_active);
STAGE(at_established, TCP_ESTABLISHED, to_established);
STAGE(at_established_no_window, TCP_ESTABLISHED, to_established_no_window);
STAGE(at_fin_wait_1, TCP_FIN_WAIT1, to_fin_wait_1);
STAGE(at_fin_wait_1_orphan, TCP_FIN_WAIT1, to_fin_wait_1_orphan, .orphan = true);
STAGE(at_fin_wait_2, TCP_FIN_WAIT2, to_fin_wait_2, .acked = true);
STAGE(at_fin_wait_2_orphan, TCP_FIN_WAIT2, to_fin_wait_2_orphan, .orphan = true, .acked = true);
STAGE(at_close_wait, TCP_CLOSE_WAIT, to_close_wait);
STAGE(at_closing, TCP_CLOSING, to_closing);
STAGE(at_last_ack, TCP_LAST_ACK, to_last_ack);
STAGE(at_time_wait, TCP_TIME_WAIT, to_time_wait, .passive = true, .acked = true);

/* With timestamps. */
STAGE(at_syn_received_older, TCP_SYN_RECV, to_syn_received_stamped, .passive = true,
      .stamp = OLDER);
STAGE(at_established_older, TCP_ESTABLISHED, to_established_stamped, .stamp = OLDER);
STAGE(at_time_wait_older, TCP_TIME_WAIT, to_time_wait_stamped, .passive = true,
      .acked = true, .stamp = OLDER);
STAGE(at_time_wait_same, TCP_TIME_WAIT, to_time_wait_stamped, .passive = true,
      .acked = true, .stamp = SAME);
STAGE(at_time_wait_newer, TCP_TIME_WAIT, to_time_wait_stamped, .passive = true,
      .acked = true, .stamp = NEWER);

/**
 * subject_begin() - another connection in a state
 * @st: which
 */
void subject_begin(const struct stage *st)
{
	int fd;

	another_connection();
	fd = st->set_up();
	subject = (struct subject){
		.fd = fd,
		/* The child of a request does not count the ACK of the SYN */
		.before.bytes_acked = -1,
		.until_us = now_us() + LIFE_US,
		.rst_at = c->peer_max,
		.alive = true,
	};
	subject.b = (struct tcb){
		.state = st->state,
		.passive = st->passive,
		.orphan = st->orphan,
		.snd_una = st->acked ? c->stack_max : c->stack_max > 1,
		.snd_nxt = c->stack_max,
		.max_snd_wnd = c->peer_win,
		.rcv_nxt = c->peer_max,
		.rcv_wnd = c->stack_edge < 0 ? 65535 : c->stack_edge - c->peer_max,
	};
	if (fd >= 0)
		subject.before = app_full_info(fd, NULL);
}
