// SPDX-License-Identifier: GPL-2.0
/*
 * dupack.c - how many ACKs a hole gets.
 *
 * RFC 5681 section 4.2 wants an ACK at once for each segment out of order: the third
 * duplicate is what tells the sender of a loss. Those that follow tell it, by SACK,
 * what else has arrived, and one can speak for many. A hole lasts a round trip, in
 * which a fast path delivers thousands of segments, and as many ACKs would be half of
 * both ends' work. So DupThresh ACKs for each hole go at once; then
 * tcp_comp_sack_nr segments, or as many as come within tcp_comp_sack_delay_ns and 5 %
 * of a round trip, share one. But an ACK has room for three blocks, so no more than
 * three may have changed since the last. Whatever is owed at once for another reason
 * (a hole filled, a duplicate, a mark) takes the news along. Where segments come further
 * apart than an ACK may wait, none does: nobody would share it, and its delay, which
 * ends when the hole is filled, would look like a faster path to who measures rates.
 *
 * Not without SACK: there duplicates are counted, and each tells of one segment.
 */
#include "ltcp.h"

#define LTCP_DUPACKS_AT_ONCE	3	/* DupThresh */
#define LTCP_DUPACK_RTT_PART	20	/* 5 % */
#define LTCP_DUPACK_BLOCKS	3	/* that an ACK has room for besides a timestamp */

/**
 * ltcp_dupack_due - time is up
 * @sk: connection, or what was one
 *
 * Context: BH off, sk_lock.slock held, socket not owned or its owner's release_cb.
 */
void ltcp_dupack_due(struct sock *sk)
{
	if (!tcp_sk(sk)->compressed_ack)
		return;
	ltcp_mstamp_refresh(tcp_sk(sk));
	/* One of those that share it is not saved: this one */
	tcp_sk(sk)->compressed_ack--;
	ltcp_send_ack(sk);
}

static enum hrtimer_restart ltcp_dupack_fired(struct hrtimer *timer)
{
	struct tcp_sock *tp = container_of(timer, struct tcp_sock,
					   compressed_ack_timer);
	struct sock *sk = (struct sock *)tp;

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		ltcp_sk(sk)->deferred |= LTCP_DEFER_DUPACK;
	else
		ltcp_dupack_due(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

/* How long the next ACK may wait, nanoseconds; 0: the round trip is not known. */
static u64 ltcp_dupack_delay(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 rtt_us = tp->rcv_rtt_est.rtt_us;

	if (tp->srtt_us && (!rtt_us || tp->srtt_us < rtt_us))
		rtt_us = tp->srtt_us;
	return min_t(u64, READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_comp_sack_delay_ns),
		     (u64)(rtt_us >> 3) * NSEC_PER_USEC / LTCP_DUPACK_RTT_PART);
}

/* How many blocks have changed since the last ACK? The first is the last that did. */
static u8 ltcp_dupack_blocks(struct ltcp_sock *lt)
{
	u32 start = lt->sacks.b[0].start;

	if (!lt->dupack_blocks || start != lt->dupack_block) {
		lt->dupack_block = start;
		lt->dupack_blocks++;
	}
	return lt->dupack_blocks;
}

/* Nanoseconds since the segment before this one, which was out of order, too. */
static u64 ltcp_dupack_gap(struct ltcp_sock *lt)
{
	u32 now = lt->tcp.tcp_mstamp;
	u32 gap_us = now - lt->dupack_us;

	lt->dupack_us = now;
	return (u64)gap_us * NSEC_PER_USEC;
}

/**
 * ltcp_dupack_waits - a segment out of order was queued: may its ACK wait?
 * @sk: connection
 *
 * Context: BH off, socket lock. Return: true: a timer will send it.
 */
bool ltcp_dupack_waits(struct sock *sk)
{
	const struct net *net = sock_net(sk);
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	u8 blocks = ltcp_dupack_blocks(lt);
	u64 gap_ns = ltcp_dupack_gap(lt), delay_ns;

	if (lt->dupacks_for != tp->rcv_nxt) {
		lt->dupacks_for = tp->rcv_nxt;
		lt->dupacks_sent = 0;
	}
	if (lt->dupacks_sent < LTCP_DUPACKS_AT_ONCE) {
		lt->dupacks_sent++;
		return false;
	}
	delay_ns = ltcp_dupack_delay(sk);
	if (!tp->rx_opt.sack_ok || gap_ns >= delay_ns || blocks >= LTCP_DUPACK_BLOCKS ||
	    tp->compressed_ack >= READ_ONCE(net->ipv4.sysctl_tcp_comp_sack_nr))
		return false;
	tp->compressed_ack++;
	if (hrtimer_is_queued(&tp->compressed_ack_timer))
		return true;
	sock_hold(sk);
	hrtimer_start_range_ns(&tp->compressed_ack_timer, ns_to_ktime(delay_ns),
			       READ_ONCE(net->ipv4.sysctl_tcp_comp_sack_slack_ns),
			       HRTIMER_MODE_REL_PINNED_SOFT);
	return true;
}

/**
 * ltcp_dupack_told - an ACK goes out, or never will
 * @sk: connection
 *
 * Context: socket lock.
 */
void ltcp_dupack_told(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_sk(sk)->dupack_blocks = 0;
	if (likely(!tp->compressed_ack))
		return;
	NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPACKCOMPRESSED, tp->compressed_ack);
	tp->compressed_ack = 0;
	if (hrtimer_try_to_cancel(&tp->compressed_ack_timer) == 1)
		__sock_put(sk);
}

/**
 * ltcp_dupack_init - the timer of a fresh control block
 * @sk: socket that nobody else knows
 *
 * Context: any.
 */
void ltcp_dupack_init(struct sock *sk)
{
	ltcp_hrtimer_setup(&tcp_sk(sk)->compressed_ack_timer, ltcp_dupack_fired,
			   CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_SOFT);
	tcp_sk(sk)->compressed_ack = 0;
}
