// SPDX-License-Identifier: GPL-2.0
/*
 * path.c - what earlier connections have taught of a path.
 *
 * A SYN without an answer is sent again after a second, since nothing is known of
 * the round trip (RFC 6298 section 2.1); of all that a loss may cost a short
 * connection this is the most. But often there was a connection to the same host a
 * moment ago, and RFC 9040 sections 4 and 6 want a new one to begin with the round
 * trip that the last has measured. So the SYN is sent once more when the RTO of the
 * last handshake is over: early, and besides. The retransmissions that follow,
 * their number and RTO's backoff are as if it had not been, as after a tail loss
 * probe, and if it was too early nothing is lost but a segment of 60 bytes.
 *
 * What is remembered of a path, its two addresses in one namespace, is one word:
 *
 *	63........32 31..........16 15......0
 *	the path     seconds, when  RTO, ms
 *
 * in a table of fixed size where a path has but one place. A path that needs the
 * place of another takes it. So there are no locks, nothing is to be searched, grows
 * or must be freed. It is forgotten after a minute: then the host may have moved, or
 * the radio on the way gone to sleep. tcp_no_metrics_save stops remembering; the
 * route's rtt and rttvar (ip-route(8)) go before what is remembered.
 */
#include <linux/siphash.h>

#include "ltcp.h"

#define LTCP_PATH_BITS		12
#define LTCP_PATH_LIFE_S	60

static atomic64_t ltcp_paths[1 << LTCP_PATH_BITS];
static siphash_aligned_key_t ltcp_path_key;

static u64 ltcp_path_hash(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	u64 hosts = (u64)(__force u32)inet->inet_saddr << 32 |
		    (__force u32)inet->inet_daddr;

	net_get_random_once(&ltcp_path_key, sizeof(ltcp_path_key));
	return siphash_2u64(sock_net(sk)->net_cookie, hosts, &ltcp_path_key);
}

static atomic64_t *ltcp_path_place(u64 hash)
{
	return &ltcp_paths[hash & (ARRAY_SIZE(ltcp_paths) - 1)];
}

/* RTO of the last handshake with this peer, ms; 0: none is known. */
static u32 ltcp_path_remembered_ms(const struct sock *sk)
{
	u64 hash = ltcp_path_hash(sk);
	u64 word = atomic64_read(ltcp_path_place(hash));
	u16 age_s = (u16)ktime_get_seconds() - (u16)(word >> 16);

	if (upper_32_bits(word) != upper_32_bits(hash) || age_s > LTCP_PATH_LIFE_S)
		return 0;
	return (u16)word;
}

/* RTO by the round trip that the route tells of, ms; 0: it does not. */
static u32 ltcp_path_of_route_ms(const struct sock *sk)
{
	const struct dst_entry *dst = ltcp_dst(sk);
	u32 rto_max_us = jiffies_to_usecs(ltcp_rto_max(sk));
	struct ltcp_rtt rtt;

	if (!dst || likely(!dst_metric(dst, RTAX_RTT)))
		return 0;
	/* Eighths and quarters of a millisecond; half a round trip if only that is known */
	rtt.srtt_us = min_t(u64, (u64)dst_metric(dst, RTAX_RTT) * USEC_PER_MSEC, U32_MAX);
	rtt.rttvar_us = min_t(u64, (u64)dst_metric(dst, RTAX_RTTVAR) * USEC_PER_MSEC,
			      U32_MAX / 2) ?: rtt.srtt_us >> 2;
	return ltcp_rtt_rto_us(&rtt, ltcp_rto_min_us(sk), rto_max_us, rto_max_us,
			       TICK_USEC) / USEC_PER_MSEC;
}

/**
 * ltcp_path_learn - remember how long the handshake took
 * @sk: in SYN-SENT, its SYN acknowledged
 *
 * When a SYN was sent again and no timestamp tells which was answered it was not
 * measured: RTO is then what a SYN has anyway. Context: BH off, socket lock.
 */
void ltcp_path_learn(const struct sock *sk)
{
	u32 rto_ms = min_t(u32, jiffies_to_msecs(inet_csk(sk)->icsk_rto), U16_MAX);
	u64 hash;

	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_nometrics_save))
		return;
	hash = ltcp_path_hash(sk);
	atomic64_set(ltcp_path_place(hash), (hash & ~(u64)U32_MAX) |
		     (u32)(u16)ktime_get_seconds() << 16 | rto_ms);
}

/**
 * ltcp_path_syn_probe_us - how long to wait for an answer before a SYN is sent again
 *	early
 * @sk: in SYN-SENT
 *
 * Context: socket lock.
 * Return: microseconds; 0: it is RTO's turn, which comes no later.
 */
u32 ltcp_path_syn_probe_us(const struct sock *sk)
{
	u32 rto_ms;

	if (tcp_sk(sk)->total_retrans)
		return 0;
	rto_ms = ltcp_path_of_route_ms(sk) ?: ltcp_path_remembered_ms(sk);
	return rto_ms < jiffies_to_msecs(inet_csk(sk)->icsk_rto) ?
	       rto_ms * USEC_PER_MSEC : 0;
}
