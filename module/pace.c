// SPDX-License-Identifier: GPL-2.0
/*
 * pace.c - how fast packets leave, and how many wait below us.
 *
 * Pacing spreads a window over the round trip. The rate is what congestion
 * control asks for, or else somewhat more than cwnd per SRTT
 * (tcp_pacing_ss_ratio, tcp_pacing_ca_ratio); SO_MAX_PACING_RATE bounds it. It is
 * published in sk_pacing_rate, and tcp_wstamp_ns is when the next packet may
 * leave. The fq qdisc says in sk_pacing_status that it will hold packets until the
 * time stamped on them. Where there is no fq and somebody asked for pacing, the
 * socket holds them back itself, and a timer pushes again.
 *
 * Small queues. What lies in a qdisc is late before it has left, so a socket
 * keeps about a millisecond of its rate there, two packets at least,
 * tcp_limit_output_bytes at most. The destructor of the packets calls for more.
 * (A qdisc that cuts packets into segments itself, as tbf with a small burst does,
 * lets go of the owner; there cwnd alone is the limit.)
 *
 * The rate also sizes packets for segmentation offload: as many as a millisecond
 * holds (tcp_min_tso_segs at least), and more on short paths, where a burst does
 * no harm (tcp_tso_rtt_log), unless pacing was asked for.
 */
#include "ltcp.h"

/* A sender that was held up may make good for so much of its time. */
#define LTCP_PACE_CREDIT_NS	NSEC_PER_MSEC
/* No window holds more (RFC 7323 section 2.3); what follows from it fits 64 bits. */
#define LTCP_WINDOW_MAX		((u64)U16_MAX << LTCP_WSCALE_MAX)
/* fq is not given packets that it would have to keep for longer. */
#define LTCP_FQ_AHEAD_NS	NSEC_PER_SEC

/* Bytes per second that cwnd and SRTT amount to, times the ratio of the phase. */
static u64 ltcp_pace_by_window(const struct sock *sk)
{
	const struct net *net = sock_net(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 percent = tp->snd_cwnd < tp->snd_ssthresh / 2 ?
		      READ_ONCE(net->ipv4.sysctl_tcp_pacing_ss_ratio) :
		      READ_ONCE(net->ipv4.sysctl_tcp_pacing_ca_ratio);
	u64 rate = (u64)tp->mss_cache * max(tp->snd_cwnd, tp->packets_out);

	rate = min(rate, LTCP_WINDOW_MAX);
	rate *= (USEC_PER_SEC / 100 << 3) * percent;	/* srtt_us counts eighths */
	return tp->srtt_us ? div_u64(rate, tp->srtt_us) : rate;
}

/**
 * ltcp_pace_update - cwnd or the round trip has changed
 * @sk: connection
 * @wanted: bytes per second that congestion control wants, 0: it does not care
 *
 * A module of the kernel with a model of the path writes sk_pacing_rate itself, from
 * its init on. Context: socket lock.
 */
void ltcp_pace_update(struct sock *sk, u64 wanted)
{
	u64 rate;

	if (unlikely(ltcp_sk(sk)->cc == &ltcp_kcong_model))
		return;
	rate = wanted ?: ltcp_pace_by_window(sk);
	WRITE_ONCE(sk->sk_pacing_rate,
		   min_t(u64, rate, READ_ONCE(sk->sk_max_pacing_rate)));
}

/**
 * ltcp_pace_request - congestion control needs its packets paced
 * @sk: connection
 *
 * Context: socket lock.
 */
void ltcp_pace_request(struct sock *sk)
{
	cmpxchg(&sk->sk_pacing_status, SK_PACING_NONE, SK_PACING_NEEDED);
}

/**
 * ltcp_pace_wait - nothing more leaves for a while
 * @sk: connection, its clock freshly read
 * @us: how long, microseconds
 *
 * Context: socket lock.
 */
void ltcp_pace_wait(struct sock *sk, u32 us)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_pace_request(sk);
	tp->tcp_wstamp_ns = max(tp->tcp_wstamp_ns, tp->tcp_clock_cache +
						   (u64)us * NSEC_PER_USEC);
}

static enum hrtimer_restart ltcp_pace_fired(struct hrtimer *timer)
{
	struct sock *sk = (struct sock *)container_of(timer, struct tcp_sock,
						      pacing_timer);

	bh_lock_sock(sk);
	ltcp_push_or_defer(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

/**
 * ltcp_pace_holds - is it too early for the next packet?
 * @sk: connection, its clock freshly read
 *
 * If so, a timer will push. Context: socket lock.
 */
bool ltcp_pace_holds(struct sock *sk)
{
	u32 status = smp_load_acquire(&sk->sk_pacing_status);
	struct tcp_sock *tp = tcp_sk(sk);
	u64 when = tp->tcp_wstamp_ns;

	if (likely(status == SK_PACING_NONE))
		return false;
	if (status == SK_PACING_FQ)
		when -= min_t(u64, when, LTCP_FQ_AHEAD_NS);
	if (when <= tp->tcp_clock_cache)
		return false;
	if (!hrtimer_is_queued(&tp->pacing_timer)) {
		sock_hold(sk);
		hrtimer_start(&tp->pacing_timer, ns_to_ktime(when),
			      HRTIMER_MODE_ABS_PINNED_SOFT);
	}
	return true;
}

/*
 * The initial window is a burst that RFC 6928 has found harmless, and short
 * transfers are nothing else. Not when the user wants a rate.
 */
static bool ltcp_pace_spares(const struct sock *sk)
{
	return tcp_sk(sk)->data_segs_out < TCP_INIT_CWND &&
	       READ_ONCE(sk->sk_max_pacing_rate) == ~0UL;
}

/**
 * ltcp_pace_stamp - when does this packet leave, and when may the next?
 * @sk: connection, its clock freshly read
 * @skb: packet with data for IP; stamped where fq will look at it
 *
 * Context: socket lock.
 */
void ltcp_pace_stamp(struct sock *sk, struct sk_buff *skb)
{
	unsigned long rate = READ_ONCE(sk->sk_pacing_rate);
	u32 status = smp_load_acquire(&sk->sk_pacing_status);
	struct tcp_sock *tp = tcp_sk(sk);
	u64 took_ns, credit_ns;

	if (likely(status == SK_PACING_NONE) || !rate || rate == ~0UL ||
	    ltcp_pace_spares(sk))
		return;
	if (status == SK_PACING_FQ)
		skb_set_delivery_time(skb, ltcp_pace_departure(sk),
				      LTCP_CLOCK_MONOTONIC);
	took_ns = div64_ul((u64)skb->len * NSEC_PER_SEC, rate);
	credit_ns = min_t(u64, took_ns, LTCP_PACE_CREDIT_NS);
	tp->tcp_wstamp_ns = max(tp->tcp_wstamp_ns,
				tp->tcp_clock_cache - credit_ns) + took_ns;
}

/**
 * ltcp_pace_delay - hold a packet back for TCP_TX_DELAY
 * @sk: connection, or listener, with such a delay
 * @skb: packet for IP, with what ltcp_pace_stamp() has put on it
 *
 * It is fq that waits; any other qdisc sends at once. ACKs wait, too, so that
 * what the two ends ask for adds up to a path's round trip.
 *
 * Context: any.
 */
void ltcp_pace_delay(const struct sock *sk, struct sk_buff *skb)
{
	u64 delay_us = READ_ONCE(tcp_sk(sk)->tcp_tx_delay);
	u64 when = skb->tstamp ?: ktime_get_ns();

	skb_set_delivery_time(skb, when + delay_us * NSEC_PER_USEC,
			      LTCP_CLOCK_MONOTONIC);
}

/**
 * ltcp_pace_stop - the connection is over
 * @sk: socket
 *
 * Context: socket lock.
 */
void ltcp_pace_stop(struct sock *sk)
{
	if (hrtimer_try_to_cancel(&tcp_sk(sk)->pacing_timer) == 1)
		__sock_put(sk);
}

/**
 * ltcp_pace_init - the timer of a fresh control block
 * @sk: socket that nobody else knows
 *
 * Context: any.
 */
void ltcp_pace_init(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_hrtimer_setup(&tp->pacing_timer, ltcp_pace_fired, CLOCK_MONOTONIC,
			   HRTIMER_MODE_ABS_PINNED_SOFT);
	sk->sk_pacing_shift = 10;	/* a millisecond, nearly */
	sk->sk_tsq_flags = 0;
}

/* ------------------------------------------------------------------ */
/* Small queues                                                         */
/* ------------------------------------------------------------------ */

/* What fq holds back for TCP_TX_DELAY is as if on its way; the product must fit. */
static u64 ltcp_queue_delayed(const struct sock *sk)
{
	u32 delay_us = READ_ONCE(tcp_sk(sk)->tcp_tx_delay);
	u64 rate;

	if (likely(!delay_us))
		return 0;
	rate = min_t(u64, READ_ONCE(sk->sk_pacing_rate),
		     div_u64(U64_MAX, delay_us));
	return div_u64(rate * delay_us, USEC_PER_SEC);
}

static u32 ltcp_queue_limit(const struct sock *sk, const struct sk_buff *skb)
{
	u64 limit = READ_ONCE(sk->sk_pacing_rate) >>
		    READ_ONCE(sk->sk_pacing_shift);

	limit = max_t(u64, limit, 2 * skb->truesize);
	limit = min_t(u64, limit, READ_ONCE(
			sock_net(sk)->ipv4.sysctl_tcp_limit_output_bytes));
	/* 1 is what ltcp_wfree() keeps */
	limit = max_t(u64, limit, 2);
	return min_t(u64, limit + ltcp_queue_delayed(sk), INT_MAX);
}

/* One packet may always wait. */
static bool ltcp_queue_holds(const struct sock *sk, int limit)
{
	int waiting = sk_wmem_alloc_get(sk);

	return unlikely(waiting >= limit) && waiting;
}

/**
 * ltcp_queue_full - do enough packets of this socket wait in the qdisc?
 * @sk: connection
 * @skb: next packet
 *
 * If so, the next of them to be freed will push. Context: socket lock.
 */
bool ltcp_queue_full(struct sock *sk, const struct sk_buff *skb)
{
	int limit = ltcp_queue_limit(sk, skb);

	if (!ltcp_queue_holds(sk, limit))
		return false;
	set_bit(TSQ_THROTTLED, &sk->sk_tsq_flags);
	/* Pairs with ltcp_wfree(): it subtracts, then looks at the bit */
	smp_mb__after_atomic();
	return ltcp_queue_holds(sk, limit);
}

/**
 * ltcp_wfree - destructor of the packets that IP gets
 * @skb: packet
 *
 * Context: any.
 */
void ltcp_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	/* All but the last unit, which keeps @sk in memory */
	WARN_ON_ONCE(refcount_sub_and_test(skb->truesize - 1, &sk->sk_wmem_alloc));
	/* Pairs with ltcp_queue_full(): it sets the bit, then looks at the sum */
	smp_mb__after_atomic();
	if (unlikely(test_bit(TSQ_THROTTLED, &sk->sk_tsq_flags)) &&
	    refcount_inc_not_zero(&sk->sk_refcnt)) {
		if (test_and_clear_bit(TSQ_THROTTLED, &sk->sk_tsq_flags))
			ltcp_batch_push(sk);
		sock_put(sk);
	}
	sk_free(sk);
}

/* ------------------------------------------------------------------ */
/* Packet size                                                          */
/* ------------------------------------------------------------------ */

/**
 * ltcp_pace_max_segs - how many segments a packet should have at this rate
 * @sk: connection
 * @mss: payload of each, bytes
 *
 * Context: socket lock. Return: at least 1; the device may allow fewer.
 */
u32 ltcp_pace_max_segs(const struct sock *sk, u32 mss)
{
	const struct net *net = sock_net(sk);
	u64 bytes = READ_ONCE(sk->sk_pacing_rate) >>
		    READ_ONCE(sk->sk_pacing_shift);
	u32 distance = ltcp_min_rtt_us(tcp_sk(sk)) >>
		       READ_ONCE(net->ipv4.sysctl_tcp_tso_rtt_log);

	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE &&
	    distance < BITS_PER_TYPE(sk->sk_gso_max_size))
		bytes += sk->sk_gso_max_size >> distance;
	bytes = min_t(u64, bytes, sk->sk_gso_max_size);
	return max_t(u32, (u32)bytes / mss,
		     ltcp_kcong_min_tso_segs(sk) ?: 1);
}
