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
 * probe, and if it was too early nothing is lost but a segment of 60 bytes. The
 * first retransmission of a SYN,ACK comes early likewise, for clients that wait.
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
#include "ltcp.h"

#define LTCP_PATH_BITS		12
#define LTCP_PATH_LIFE_S	60

static atomic64_t ltcp_paths[1 << LTCP_PATH_BITS];

static u64 ltcp_path_hash(const struct net *net, __be32 local, __be32 remote)
{
	u64 hosts = (u64)(__force u32)local << 32 | (__force u32)remote;

	return siphash_2u64(net->net_cookie, hosts, &ltcp_keys.path);
}

static atomic64_t *ltcp_path_place(u64 hash)
{
	return &ltcp_paths[hash & (ARRAY_SIZE(ltcp_paths) - 1)];
}

/* RTO of the last handshake with this peer, ms; 0: none is known. */
static u32 ltcp_path_remembered_ms(const struct net *net, __be32 local, __be32 remote)
{
	u64 hash = ltcp_path_hash(net, local, remote);
	u64 word = atomic64_read(ltcp_path_place(hash));
	u16 age_s = (u16)ktime_get_seconds() - (u16)(word >> 16);

	if (upper_32_bits(word) != upper_32_bits(hash) || age_s > LTCP_PATH_LIFE_S)
		return 0;
	return (u16)word;
}

/* RTO by the round trip that the route tells of, ms; 0: it does not. */
static u32 ltcp_path_of_route_ms(const struct sock *sk, const struct dst_entry *dst)
{
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

/* Jiffies until a first segment is sent again, @initial if no sooner is known of. */
static unsigned long ltcp_path_timeout(const struct sock *sk, const struct dst_entry *dst,
				       __be32 local, __be32 remote, unsigned long initial)
{
	u32 rto_ms = ltcp_path_of_route_ms(sk, dst) ?:
		     ltcp_path_remembered_ms(sock_net(sk), local, remote);

	return rto_ms ? min(msecs_to_jiffies(rto_ms), initial) : initial;
}

/**
 * ltcp_path_learn - remember how long the handshake took
 * @sk: connection whose SYN or SYN,ACK has just been acknowledged
 *
 * When that was sent again and no timestamp tells which was answered it was not
 * measured: RTO is then what a SYN has anyway. Context: BH off, socket lock.
 */
void ltcp_path_learn(const struct sock *sk)
{
	u32 rto_ms = min_t(u32, jiffies_to_msecs(inet_csk(sk)->icsk_rto), U16_MAX);
	const struct inet_sock *inet = inet_sk(sk);
	u64 hash;

	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_nometrics_save))
		return;
	hash = ltcp_path_hash(sock_net(sk), inet->inet_rcv_saddr, inet->inet_daddr);
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
	const struct inet_sock *inet = inet_sk(sk);
	unsigned long rto = inet_csk(sk)->icsk_rto, wait;

	if (tcp_sk(sk)->total_retrans)
		return 0;
	wait = ltcp_path_timeout(sk, ltcp_dst(sk), inet->inet_rcv_saddr, inet->inet_daddr, rto);
	return wait < rto ? jiffies_to_usecs(wait) : 0;
}

/**
 * ltcp_path_synack_timeout - how long to wait for the ACK of a first SYN,ACK
 * @sk: listener
 * @dst: route to the peer
 * @req: request, with its addresses, and the timeout before any measurement
 *
 * Not sooner where TCP_DEFER_ACCEPT counts timeouts. Context: any. Return: jiffies.
 */
unsigned long ltcp_path_synack_timeout(const struct sock *sk, const struct dst_entry *dst,
				       const struct request_sock *req)
{
	const struct inet_request_sock *ireq = inet_rsk(req);

	if (READ_ONCE(inet_csk(sk)->icsk_accept_queue.rskq_defer_accept))
		return req->timeout;
	return ltcp_path_timeout(sk, dst, ireq->ir_loc_addr, ireq->ir_rmt_addr, req->timeout);
}
