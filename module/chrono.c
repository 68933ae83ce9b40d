// SPDX-License-Identifier: GPL-2.0
/*
 * chrono.c - where a sender's time goes: tcpi_busy_time and its parts.
 *
 * A sender is busy while it has data queued or in flight. Of that time, some is
 * spent waiting for the peer's window, and some waiting for a program that could
 * not write in time since its send buffer was full; in what remains, congestion
 * control and the network set the pace. One stopwatch runs at a time:
 *
 *	none		nothing queued, nothing in flight
 *	rwnd		the next packet does not fit into the peer's window
 *	sndbuf		all that was written has been sent, and the writer waits for
 *			room, which only an ACK will bring
 *	busy		otherwise
 *
 * Which one is decided whenever something was pushed. The fields are those of
 * struct tcp_sock, in jiffies, so that the kernel's own readers (ss) can sum them.
 */
#include "ltcp.h"

static enum tcp_chrono ltcp_chrono_kind(const struct sock *sk, bool window_full)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);
	bool all_sent = skb_queue_empty(&lt->unsent);

	if (all_sent && ltcp_all_sent_acked(lt))
		return TCP_CHRONO_UNSPEC;
	if (window_full)
		return TCP_CHRONO_RWND_LIMITED;
	if (all_sent && sk->sk_socket &&
	    test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		return TCP_CHRONO_SNDBUF_LIMITED;
	return TCP_CHRONO_BUSY;
}

/**
 * ltcp_chrono_update - what does the sender wait for now?
 * @sk: connection that has just sent what it may
 * @window_full: the peer's window stopped it
 *
 * Context: socket lock.
 */
void ltcp_chrono_update(struct sock *sk, bool window_full)
{
	enum tcp_chrono kind = ltcp_chrono_kind(sk, window_full);
	struct tcp_sock *tp = tcp_sk(sk);

	if (likely(kind == tp->chrono_type))
		return;
	if (tp->chrono_type != TCP_CHRONO_UNSPEC)
		tp->chrono_stat[tp->chrono_type - 1] +=
			tcp_jiffies32 - tp->chrono_start;
	tp->chrono_start = tcp_jiffies32;
	tp->chrono_type = kind;
}

/* What one stopwatch says, microseconds. */
static u64 ltcp_chrono_us(const struct tcp_sock *tp, enum tcp_chrono kind)
{
	u64 ticks = tp->chrono_stat[kind - 1];

	if (tp->chrono_type == kind)
		ticks += tcp_jiffies32 - tp->chrono_start;
	return ticks * (USEC_PER_SEC / HZ);
}

/**
 * ltcp_chrono_info - the three times of TCP_INFO
 * @tp: connection
 * @info: filled; the two causes of waiting are parts of the busy time
 *
 * Context: socket lock.
 */
void ltcp_chrono_info(const struct tcp_sock *tp, struct tcp_info *info)
{
	info->tcpi_rwnd_limited = ltcp_chrono_us(tp, TCP_CHRONO_RWND_LIMITED);
	info->tcpi_sndbuf_limited =
		ltcp_chrono_us(tp, TCP_CHRONO_SNDBUF_LIMITED);
	info->tcpi_busy_time = ltcp_chrono_us(tp, TCP_CHRONO_BUSY) +
			       info->tcpi_rwnd_limited +
			       info->tcpi_sndbuf_limited;
}
