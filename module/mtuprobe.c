// SPDX-License-Identifier: GPL-2.0
/*
 * mtuprobe.c - path MTU discovery by probing (RFC 4821).
 *
 * ICMP's "fragmentation needed" (ipv4_icmp.c) may be filtered; then every large
 * segment vanishes, again and again: a black hole. With tcp_mtu_probing at 1 segments
 * shrink when the timer has struck tcp_retries1 times, to tcp_base_mss and, if
 * that does not help, by halves; with 2 a connection begins at tcp_base_mss.
 * From there it searches upwards: a segment of new data larger than the rest
 * goes out as a probe (tx.c), one at a time. Acknowledged, the size is good; lost,
 * it is too large, and only that: when nothing else is missing cwnd stays as it
 * is (RFC 4821 section 7.6.2). When the search is over it begins again after
 * tcp_probe_interval, for the path may have become better.
 *
 * The kernel's icsk_mtup is the state: search_low is what limits the MSS,
 * probe_size is not 0 while tcp_sock.mtu_probe's range is out as a probe. Sizes are
 * those of IP packets.
 */
#include "ltcp.h"

/* A probe's loss must be seen without a timeout: so much must follow it. */
#define LTCP_MTUP_FOLLOWERS	3
/* cwnd below which there is none. */
#define LTCP_MTUP_MIN_CWND	8

/* IP and TCP header, without TCP options. */
static u32 ltcp_mtup_headers(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return icsk->icsk_af_ops->net_header_len + icsk->icsk_ext_hdr_len +
	       sizeof(struct tcphdr);
}

/* The largest packet that route and peer take; its MSS counts IP's options, too. */
static u32 ltcp_mtup_limit(const struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_check((struct sock *)sk, 0);
	u32 peer = tcp_sk(sk)->rx_opt.mss_clamp + ltcp_mtup_headers(sk) -
		   inet_csk(sk)->icsk_ext_hdr_len;

	return dst ? min(peer, dst_mtu(dst)) : peer;
}

static void ltcp_mtup_restart(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	icsk->icsk_mtup.search_high = ltcp_mtup_limit(sk);
	icsk->icsk_mtup.probe_timestamp = tcp_jiffies32;
}

/* Segments carry @mss bytes at most from now on, until a probe does better. */
static void ltcp_mtup_lower(struct sock *sk, u32 mss)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	icsk->icsk_mtup.enabled = 1;
	icsk->icsk_mtup.search_low = mss + ltcp_mtup_headers(sk);
	ltcp_mtup_restart(sk);
	ltcp_sync_mss(sk, icsk->icsk_pmtu_cookie);
}

/**
 * ltcp_mtup_begin - a connection is established
 * @sk: connection
 *
 * Context: socket lock.
 */
void ltcp_mtup_begin(struct sock *sk)
{
	const struct net *net = sock_net(sk);

	if (READ_ONCE(net->ipv4.sysctl_tcp_mtu_probing) > 1)
		ltcp_mtup_lower(sk, READ_ONCE(net->ipv4.sysctl_tcp_base_mss));
}

/**
 * ltcp_mtup_cap - the largest packet that is known to get through
 * @sk: connection
 * @pmtu: bytes that the route takes
 *
 * Context: socket lock. Return: bytes, at most @pmtu.
 */
u32 ltcp_mtup_cap(const struct sock *sk, u32 pmtu)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	if (likely(!icsk->icsk_mtup.enabled))
		return pmtu;
	return min_t(u32, pmtu, icsk->icsk_mtup.search_low);
}

/* The size to try next. What did not fit long ago is tried again. */
static u32 ltcp_mtup_next(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct net *net = sock_net(sk);
	u32 age = tcp_jiffies32 - icsk->icsk_mtup.probe_timestamp;
	struct ltcp_mtu_search s;

	if (age / HZ >= READ_ONCE(net->ipv4.sysctl_tcp_probe_interval))
		ltcp_mtup_restart(sk);
	s.low = icsk->icsk_mtup.search_low;
	s.high = icsk->icsk_mtup.search_high;
	return ltcp_mtu_search_next(&s, ltcp_mtup_limit(sk),
			READ_ONCE(net->ipv4.sysctl_tcp_probe_threshold));
}

/* May a segment of @len bytes leave, and enough behind it? */
static bool ltcp_mtup_room(const struct sock *sk, const struct sk_buff *skb,
			   u32 len)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 all = len + LTCP_MTUP_FOLLOWERS * tp->mss_cache;
	u32 wnd = ltcp_usable_wnd(tp->snd_una, tp->snd_wnd, tp->snd_nxt);

	return skb->len >= len && tp->write_seq - tp->snd_nxt >= all &&
	       wnd >= all && tp->snd_cwnd >= LTCP_MTUP_MIN_CWND &&
	       ltcp_in_flight(tp) + DIV_ROUND_UP(len, tp->mss_cache) <= tp->snd_cwnd;
}

/**
 * ltcp_mtup_due - should the next packet be a probe?
 * @sk: connection about to send
 * @skb: head of the unsent data
 *
 * Not while anything is unusual: the probe's fate must say something of its size.
 * Context: socket lock. Return: bytes of payload of the probe, 0: none.
 */
u32 ltcp_mtup_due(struct sock *sk, const struct sk_buff *skb)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct ltcp_sock *lt = ltcp_sk(sk);
	const struct dst_entry *dst;
	u32 size, len;

	if (likely(!icsk->icsk_mtup.enabled) || icsk->icsk_mtup.probe_size ||
	    icsk->icsk_ca_state != TCP_CA_Open || lt->sacks.n || lt->tcp.rx_opt.dsack)
		return 0;
	/* A route that is gone is looked for when the packet leaves */
	dst = ltcp_dst(sk);
	if (!dst || !ip_dont_fragment(sk, dst))
		return 0;
	size = ltcp_mtup_next(sk);
	if (!size)
		return 0;
	len = size - ltcp_mtup_headers(sk) -
	      (lt->tcp.tcp_header_len - sizeof(struct tcphdr));
	return ltcp_mtup_room(sk, skb, len) ? len : 0;
}

/**
 * ltcp_mtup_sent - a probe is leaving
 * @sk: connection
 * @skb: the probe, one segment
 *
 * Context: socket lock.
 */
void ltcp_mtup_sent(struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	inet_csk(sk)->icsk_mtup.probe_size = skb->len + tp->tcp_header_len +
		ltcp_mtup_headers(sk) - sizeof(struct tcphdr);
	tp->mtu_probe.probe_seq_start = ltcp_cb(skb)->seq;
	tp->mtu_probe.probe_seq_end = ltcp_cb(skb)->end_seq;
}

/**
 * ltcp_mtup_ack - SND.UNA has moved: has the probe arrived?
 * @sk: connection with a probe out
 *
 * cwnd counts segments, so it follows the MSS. Context: BH off, socket lock.
 */
void ltcp_mtup_ack(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 old_mss = tp->mss_cache;

	if (seq_lt(tp->snd_una, tp->mtu_probe.probe_seq_end))
		return;
	icsk->icsk_mtup.search_low = icsk->icsk_mtup.probe_size;
	icsk->icsk_mtup.probe_size = 0;
	icsk->icsk_mtup.probe_timestamp = tcp_jiffies32;
	ltcp_sync_mss(sk, icsk->icsk_pmtu_cookie);
	ltcp_cong_mss_changed(sk, old_mss);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMTUPSUCCESS);
}

static void ltcp_mtup_failed(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	icsk->icsk_mtup.search_high = icsk->icsk_mtup.probe_size - 1;
	icsk->icsk_mtup.probe_size = 0;
	icsk->icsk_mtup.probe_timestamp = tcp_jiffies32;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMTUPFAIL);
}

/**
 * ltcp_mtup_lost - packets are lost: is it the probe, and nothing else?
 * @sk: connection about to enter Recovery
 *
 * With others it says nothing of the size (RFC 4821 section 7.6.4).
 * Context: BH off, socket lock. Return: true when there is no sign of congestion.
 */
bool ltcp_mtup_lost(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct sk_buff *skb;

	if (likely(!inet_csk(sk)->icsk_mtup.probe_size))
		return false;
	skb = ltcp_rtx_find(ltcp_sk(sk), tp->mtu_probe.probe_seq_start);
	if (!skb || !(ltcp_cb(skb)->sacked & LTCP_SKB_LOST) ||
	    tp->lost_out != ltcp_cb(skb)->segs)
		return false;
	ltcp_mtup_failed(sk);
	return true;
}

/**
 * ltcp_mtup_resent - a packet is being sent again while a probe is out
 * @sk: connection
 * @skb: packet
 *
 * Of the probe smaller segments are sent, and their ACK says nothing of its size:
 * the same is tried again when all is well (RFC 4821 section 7.6.4). Context: BH off,
 * socket lock.
 */
void ltcp_mtup_resent(struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (seq_lt(ltcp_cb(skb)->seq, tp->mtu_probe.probe_seq_end) &&
	    seq_gt(ltcp_cb(skb)->end_seq, tp->mtu_probe.probe_seq_start))
		inet_csk(sk)->icsk_mtup.probe_size = 0;
}

/**
 * ltcp_mtup_timeout - the retransmission timer has struck
 * @sk: synchronized connection; icsk_retransmits tells how often before
 *
 * RFC 4821 section 7.7. What is sent from now on, again or for the first time, is
 * cut to the new size. Context: BH off, socket lock.
 */
void ltcp_mtup_timeout(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct net *net = sock_net(sk);
	u32 floor, mss;

	if (icsk->icsk_mtup.probe_size)
		ltcp_mtup_failed(sk);
	if (likely(icsk->icsk_retransmits < READ_ONCE(net->ipv4.sysctl_tcp_retries1)) ||
	    !READ_ONCE(net->ipv4.sysctl_tcp_mtu_probing))
		return;
	floor = max(READ_ONCE(net->ipv4.sysctl_tcp_mtu_probe_floor),
		    READ_ONCE(net->ipv4.sysctl_tcp_min_snd_mss));
	mss = ltcp_mtup_cap(sk, icsk->icsk_pmtu_cookie) - ltcp_mtup_headers(sk);
	ltcp_mtup_lower(sk, ltcp_mtu_black_hole_mss(mss,
				READ_ONCE(net->ipv4.sysctl_tcp_base_mss), floor));
}
