// SPDX-License-Identifier: GPL-2.0
/*
 * ipv4.c - segments arrive over IPv4.
 *
 * With its sisters ipv4_out.c, ipv4_icmp.c and ipv4_open.c this is all that ltcp
 * knows of IPv4.
 *
 * ltcp's handler stands in inet_protos[] in place of the built-in's and sees
 * every TCP segment of the machine. It looks the socket up, once. One of ours
 * gets the segment; anything else goes on to the previous handler, with the
 * socket that was found passed along in skb->sk as early demultiplexing does it,
 * so that there is no second look-up. A segment without any socket never goes
 * on: the second look-up might find a socket of ours that was made meanwhile.
 * It is answered here, as RFC 9293 section 3.10.7.1 says.
 *
 * Three kinds of socket are found, told apart by sk_state: TCP_NEW_SYN_RECV
 * is a request (half a handshake, its listener holds the rest), TCP_TIME_WAIT
 * the stand-in for a finished connection, all else is a full struct ltcp_sock. A
 * listener comes without a reference and is protected by RCU; the others come
 * with one, which is dropped here.
 *
 * LOCKING. The handlers run in softirq under rcu_read_lock(). A connection's
 * spinlock is taken here around what rx.c does with a segment; when a user owns
 * the socket, the segment waits in the backlog.
 */
#include <linux/icmp.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/net.h>
#include <net/busy_poll.h>
#include <net/icmp.h>
#include <net/xfrm.h>
#include "trace.h"

/* What stood in inet_protos[IPPROTO_TCP], and what stands there now. */
static struct net_protocol *ltcp_prev;
static struct net_protocol ltcp_protocol;

/* ------------------------------------------------------------------ */
/* Numbers that must not be guessed                                     */
/* ------------------------------------------------------------------ */

/*
 * The ISN for the SYN that is being handed to a listener on this CPU because
 * it follows a connection in TIME-WAIT; 0 when there is none. Softirq only.
 */
static DEFINE_PER_CPU(u32, ltcp_tw_isn);

/* RFC 6528: ISN = M + F(localip, localport, remoteip, remoteport, secret key) */
static u32 ltcp_v4_make_isn(__be32 local, __be32 remote, __be16 lport,
			    __be16 rport)
{
	u32 ports = (__force u32)lport << 16 | (__force u32)rport;

	return ltcp_isn(siphash_3u32((__force u32)local, (__force u32)remote,
				     ports, &ltcp_keys.isn), ktime_get_ns());
}

/**
 * ltcp_v4_isn - initial sequence number of the SYN-ACK that answers a SYN
 * @skb: the SYN
 *
 * A SYN that takes over the addresses of a connection in TIME-WAIT gets the
 * number chosen with that connection in mind, once.
 *
 * Context: softirq.
 * Return: the number (RFC 6528).
 */
u32 ltcp_v4_isn(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	u32 isn = this_cpu_xchg(ltcp_tw_isn, 0);

	return isn ?: ltcp_v4_make_isn(iph->daddr, iph->saddr, th->dest,
				       th->source);
}

/**
 * ltcp_v4_takes_over - does this CPU's SYN take over from a TIME-WAIT?
 *
 * That is gone already. Context: softirq.
 */
bool ltcp_v4_takes_over(void)
{
	return this_cpu_read(ltcp_tw_isn);
}

/**
 * ltcp_v4_isn_sk - initial sequence number of an active opening
 * @sk: socket whose addresses and ports are settled
 *
 * Context: any.
 * Return: the number (RFC 6528).
 */
u32 ltcp_v4_isn_sk(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	return ltcp_v4_make_isn(inet->inet_saddr, inet->inet_daddr,
				inet->inet_sport, inet->inet_dport);
}

/**
 * ltcp_v4_ts_offset - what is added to the clock in timestamps to one peer
 * @net: namespace
 * @saddr: own address
 * @daddr: the peer's
 *
 * The same for all connections between two addresses, so that timestamps go on
 * growing over a reuse of the ports; secret, so that they tell no uptime
 * (RFC 7323 section 5.4). net.ipv4.tcp_timestamps=2 turns it off.
 *
 * Context: any.
 * Return: milliseconds.
 */
u32 ltcp_v4_ts_offset(const struct net *net, __be32 saddr, __be32 daddr)
{
	if (READ_ONCE(net->ipv4.sysctl_tcp_timestamps) != 1)
		return 0;
	return siphash_3u32((__force u32)saddr, (__force u32)daddr,
			    net_hash_mix(net), &ltcp_keys.ts);
}

/* ------------------------------------------------------------------ */
/* A segment arrives                                                    */
/* ------------------------------------------------------------------ */

static inline int ltcp_v4_discard(struct net *net, struct sk_buff *skb,
			   enum skb_drop_reason why)
{
	ltcp_count_add(ltcp_net(net), LTCP_MIB_DROPS,
		       max_t(u16, 1, skb_shinfo(skb)->gso_segs));
	ltcp_free_dropped(NULL, skb, why);
	return 0;
}

/* Is there a whole TCP header, options included? Makes it linear. */
static bool ltcp_v4_header_ok(struct sk_buff *skb)
{
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(struct tcphdr)))
		return false;
	len = __tcp_hdrlen(tcp_hdr(skb));
	return len >= sizeof(struct tcphdr) && pskb_may_pull(skb, len);
}

/*
 * MUST-3: a segment with a bad checksum is dropped, counted and never
 * answered. The device's word is taken where it gives one.
 */
static bool ltcp_v4_checksum_ok(struct net *net, struct sk_buff *skb)
{
	bool by_device = skb_csum_unnecessary(skb) ||
			 skb->ip_summed == CHECKSUM_COMPLETE;

	if (unlikely(skb_checksum_validate(skb, IPPROTO_TCP,
					   inet_compute_pseudo))) {
		ltcp_trace_kernel(tcp_bad_csum, skb);
		__TCP_INC_STATS(net, TCP_MIB_CSUMERRORS);
		__TCP_INC_STATS(net, TCP_MIB_INERRS);
		return false;
	}
	ltcp_offload_count_rx(ltcp_net(net), skb,
			      skb->len - __tcp_hdrlen(tcp_hdr(skb)), by_device);
	return true;
}

static struct sock *ltcp_v4_lookup(struct net *net, struct sk_buff *skb,
				   bool *refcounted)
{
	const struct tcphdr *th = tcp_hdr(skb);

	return __inet_lookup_skb(net->ipv4.tcp_death_row.hashinfo, skb,
				 __tcp_hdrlen(th), th->source, th->dest,
				 inet_sdif(skb), refcounted);
}

static struct sock *ltcp_v4_lookup_listener(struct net *net,
					    struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);

	return inet_lookup_listener(net, net->ipv4.tcp_death_row.hashinfo, skb,
				    __tcp_hdrlen(th), iph->saddr, th->source,
				    iph->daddr, th->dest, inet_iif(skb),
				    inet_sdif(skb));
}

/* What IP and the socket's owner demand of a segment before TCP sees it. */
static enum skb_drop_reason ltcp_v4_refuse(struct sock *sk, struct sk_buff *skb)
{
	/* GTSM, RFC 5082 */
	if (unlikely(ip_hdr(skb)->ttl < READ_ONCE(inet_sk(sk)->min_ttl))) {
		__NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMINTTLDROP);
		return SKB_DROP_REASON_TCP_MINTTL;
	}
	if (!xfrm4_policy_check(sk, XFRM_POLICY_IN, skb))
		return SKB_DROP_REASON_XFRM_POLICY;
	nf_reset_ct(skb);
	if (sk_filter_trim_cap(sk, skb, tcp_hdrlen(skb)))
		return SKB_DROP_REASON_SOCKET_FILTER;
	return SKB_NOT_DROPPED_YET;
}

/* Early demultiplexing takes the route of a connection's segments from here. */
static void ltcp_v4_rx_dst_set(struct sock *sk, const struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb), *old;

	if (!dst || !dst_hold_safe(dst))
		return;
	old = rcu_dereference_protected(sk->sk_rx_dst, lockdep_sock_is_held(sk));
	rcu_assign_pointer(sk->sk_rx_dst, dst);
	sk->sk_rx_dst_ifindex = skb->skb_iif;
	dst_release(old);
}

static void ltcp_v4_rx_dst_refresh(struct sock *sk, const struct sk_buff *skb)
{
	struct dst_entry *dst;

	if (sk->sk_state != TCP_ESTABLISHED)
		return;
	dst = rcu_dereference_protected(sk->sk_rx_dst, lockdep_sock_is_held(sk));
	if (likely(dst && sk->sk_rx_dst_ifindex == skb->skb_iif &&
		   INDIRECT_CALL_1(dst->ops->check, ipv4_dst_check, dst, 0)))
		return;
	ltcp_v4_rx_dst_set(sk, skb);
}

/**
 * ltcp_v4_note_header - what a segment's IP header means beyond the segment
 * @sk: connection
 * @skb: acceptable segment
 *
 * Its Diffserv field is told to programs that ask with IP_RECVTOS and
 * IP_PKTOPTIONS (RFC 9293 MAY-9). Context: BH off, socket lock.
 */
void ltcp_v4_note_header(struct sock *sk, const struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(sk);
	u8 tos = ip_hdr(skb)->tos;

	if (unlikely(inet->rcv_tos != tos))
		inet->rcv_tos = tos;
	if (unlikely(IPCB(skb)->opt.srr))
		ltcp_route_arrives(sk, skb);
}

/* Let a segment wait for the socket's owner. False when too many wait. */
static bool ltcp_v4_backlog(struct sock *sk, struct sk_buff *skb)
{
	/* All of the buffer may be promised, and weigh four times as much in bits */
	u64 limit = 4ULL * READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) +
		    64 * 1024;

	/* It has served: holding the route of each would cost more than it is worth */
	skb_dst_drop(skb);
	return !sk_add_backlog(sk, skb, min_t(u64, limit, UINT_MAX));
}

/* A full socket but a listener: under its lock, or later. */
static void ltcp_v4_to_connection(struct sock *sk, struct sk_buff *skb)
{
	bool taken = true;

	sk_incoming_cpu_update(sk);
	bh_lock_sock_nested(sk);
	sock_rps_save_rxhash(sk, skb);
	sk_mark_napi_id(sk, skb);
	if (!sock_owned_by_user(sk)) {
		ltcp_v4_rx_dst_refresh(sk, skb);
		ltcp_rcv_locked(sk, skb);
	} else {
		taken = ltcp_v4_backlog(sk, skb);
	}
	bh_unlock_sock(sk);
	if (unlikely(!taken)) {
		__NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPBACKLOGDROP);
		ltcp_drop(sk, skb, SKB_DROP_REASON_SOCKET_BACKLOG);
	}
}

/* A full socket of ours. Drops its reference, if there is one. */
static int ltcp_v4_to_sock(struct sock *sk, struct sk_buff *skb, bool refcounted)
{
	enum skb_drop_reason why = ltcp_v4_refuse(sk, skb);

	/* The field is shared with the tree node of the queues to come */
	skb->dev = NULL;
	if (unlikely(why))
		ltcp_drop(sk, skb, why);
	else if (sk->sk_state == TCP_LISTEN)
		ltcp_rcv_listen(sk, skb);
	else
		ltcp_v4_to_connection(sk, skb);
	if (refcounted)
		sock_put(sk);
	return 0;
}

/*
 * A connection that has just come of a request, which has let the segment pass
 * already (and taken its device away). Drops the reference.
 */
static void ltcp_v4_to_child(struct sock *sk, struct sk_buff *skb)
{
	ltcp_v4_to_connection(sk, skb);
	sock_put(sk);
}

/* A SYN that takes over from a TIME-WAIT already gone; @lsk is ours. */
static int ltcp_v4_to_listener_after_tw(struct sock *lsk, struct sk_buff *skb,
					u32 isn)
{
	this_cpu_write(ltcp_tw_isn, isn);
	ltcp_v4_to_sock(lsk, skb, false);
	this_cpu_write(ltcp_tw_isn, 0);
	return 0;
}

/*
 * Give a segment, and the socket found for it, to the previous handler. A listener
 * without a reference would look as if BPF had chosen it, and some kernels then ask
 * its SO_REUSEPORT group once more.
 */
static int ltcp_v4_chain(struct net *net, struct sk_buff *skb, struct sock *sk,
			 bool refcounted)
{
	ltcp_count(ltcp_net(net), LTCP_MIB_CHAINED);
	if (!refcounted)
		refcounted = refcount_inc_not_zero(&sk->sk_refcnt);
	skb->sk = sk;
	skb->destructor = refcounted ? sock_edemux : sock_pfree;
	return ltcp_prev->handler(skb);
}

/* ------------------------------------------------------------------ */
/* Request sockets                                                      */
/* ------------------------------------------------------------------ */

/* Another CPU may have completed this handshake first: then there is a child. */
static struct sock *ltcp_v4_lookup_child(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	struct sock *sk;

	sk = __inet_lookup_established(net, net->ipv4.tcp_death_row.hashinfo,
				       iph->saddr, th->source, iph->daddr,
				       ntohs(th->dest), inet_iif(skb),
				       inet_sdif(skb));
	if (sk && sk_fullsock(sk) && ltcp_is_ours(sk))
		return sk;
	if (sk)
		sock_gen_put(sk);
	return NULL;
}

/*
 * The request went nowhere with this segment, or has become a child already.
 * @why is what ltcp_check_req() said.
 */
static void ltcp_v4_request_none(struct net *net, struct sk_buff *skb,
				 struct request_sock *req,
				 enum skb_drop_reason why)
{
	struct sock *child = NULL;

	if (sk_unhashed(req_to_sk(req)))
		child = ltcp_v4_lookup_child(net, skb);
	reqsk_put(req);
	if (child)
		ltcp_v4_to_child(child, skb);
	else if (why)
		ltcp_v4_discard(net, skb, why);
	else
		consume_skb(skb);
}

/*
 * A segment for a request of ours; drops its reference. Returns false, with the
 * segment untouched, when the listener is closed and the request with it.
 */
static bool ltcp_v4_to_request(struct net *net, struct sk_buff *skb,
			       struct request_sock *req)
{
	struct sock *lsk = req->rsk_listener, *nsk;
	enum skb_drop_reason why;
	struct ltcp_seg seg;

	/* With tcp_migrate_req a request may have moved to the other stack */
	if (unlikely(inet_sk_state_load(lsk) != TCP_LISTEN ||
		     !ltcp_is_ours(lsk))) {
		inet_csk_reqsk_queue_drop_and_put(lsk, req);
		return false;
	}
	/* The request's own hold on the listener may end while we work */
	sock_hold(lsk);
	why = ltcp_v4_refuse(lsk, skb);
	skb->dev = NULL;
	if (why) {
		reqsk_put(req);
		ltcp_drop(lsk, skb, why);
		goto out;
	}
	ltcp_parse(skb, &seg);
	nsk = ltcp_check_req(lsk, skb, &seg, req, &why);
	/* With a child, the accept queue has inherited our reference */
	if (nsk)
		ltcp_child_process(lsk, nsk, skb);
	else
		ltcp_v4_request_none(net, skb, req, why);
out:
	sock_put(lsk);
	return true;
}

/* ------------------------------------------------------------------ */
/* TIME-WAIT                                                            */
/* ------------------------------------------------------------------ */

/* A fresh SYN ends a TIME-WAIT of ours where anybody listens. */
static bool ltcp_v4_tw_reuse(struct net *net, struct sk_buff *skb,
			     struct inet_timewait_sock *tw, u32 isn)
{
	struct sock *lsk = ltcp_v4_lookup_listener(net, skb);

	if (!lsk)
		return false;
	inet_twsk_deschedule_put(tw);
	if (ltcp_is_ours(lsk))
		ltcp_v4_to_listener_after_tw(lsk, skb, isn);
	else
		ltcp_v4_chain(net, skb, lsk, false);
	return true;
}

/* A segment for a TIME-WAIT of ours; drops its reference. */
static int ltcp_v4_to_timewait(struct net *net, struct sk_buff *skb,
			       struct inet_timewait_sock *tw)
{
	struct ltcp_tw_judgement j;
	struct ltcp_seg seg;
	u32 isn = 0;

	if (!xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb)) {
		inet_twsk_put(tw);
		return ltcp_v4_discard(net, skb, SKB_DROP_REASON_XFRM_POLICY);
	}
	ltcp_parse(skb, &seg);
	j = ltcp_tw_segment(tw, skb, &seg, &isn);
	switch (j.verdict) {
	case LTCP_TW_SYN:
		if (ltcp_v4_tw_reuse(net, skb, tw, isn))
			return 0;
		j.reason = SKB_DROP_REASON_TCP_INVALID_SYN;
		fallthrough;
	case LTCP_TW_ACK:
		/* Also for a SYN that nobody takes: its sender learns where we are */
		ltcp_tw_send_ack((struct sock *)tw, skb);
		break;
	case LTCP_TW_RST:
		ltcp_v4_send_reset(net, (struct sock *)tw, skb);
		break;
	case LTCP_TW_DROP:
		break;
	}
	inet_twsk_put(tw);
	if (j.reason)
		return ltcp_v4_discard(net, skb, j.reason);
	consume_skb(skb);
	return 0;
}

/*
 * May this SYN follow a connection of the built-in that is in TIME-WAIT? By
 * its timestamp (RFC 6191) or its sequence number (RFC 9293 MAY-2).
 */
static bool ltcp_v4_syn_is_fresh(const struct sock *sk, struct sk_buff *skb)
{
	const struct tcp_timewait_sock *tw = tcp_twsk(sk);
	struct ltcp_seg seg;

	if (inet_twsk(sk)->tw_substate != TCP_TIME_WAIT)
		return false;
	ltcp_parse(skb, &seg);
	if ((seg.flags & (LTCP_FLAG_SYN | LTCP_FLAG_ACK | LTCP_FLAG_RST)) !=
	    LTCP_FLAG_SYN)
		return false;
	if (tw->tw_ts_recent_stamp && (seg.opt.present & LTCP_OPT_TS)) {
		u32 recent = READ_ONCE(tw->tw_ts_recent);

		if (seq_lt(seg.opt.tsval, recent))
			return false;
		if (seq_gt(seg.opt.tsval, recent))
			return true;
	}
	return seq_gt(seg.seq, tw->tw_rcv_nxt);
}

/* An ISN beyond all that the finished connection may have sent. */
static u32 ltcp_v4_isn_after(const struct sock *sk)
{
	return tcp_twsk(sk)->tw_snd_nxt + 0x20000 ?: 1;
}

/*
 * A SYN finds a TIME-WAIT of the built-in, but the listener is ours. The
 * built-in would run our listener as if it were its own: so the decision is made
 * here. Returns false, with everything as it was, when there is nothing to take.
 */
static bool ltcp_v4_take_from_builtin(struct net *net, struct sk_buff *skb,
				      struct sock *sk)
{
	u32 isn = ltcp_v4_isn_after(sk);
	struct sock *lsk;

	if (!ltcp_v4_syn_is_fresh(sk, skb))
		return false;
	lsk = ltcp_v4_lookup_listener(net, skb);
	if (!lsk || !ltcp_is_ours(lsk))
		return false;
	__TCP_INC_STATS(net, TCP_MIB_INSEGS);
	if (!ltcp_v4_checksum_ok(net, skb)) {
		inet_twsk_put(inet_twsk(sk));
		ltcp_v4_discard(net, skb, SKB_DROP_REASON_TCP_CSUM);
		return true;
	}
	inet_twsk_deschedule_put(inet_twsk(sk));
	ltcp_v4_to_listener_after_tw(lsk, skb, isn);
	return true;
}

/* ------------------------------------------------------------------ */
/* The handler                                                          */
/* ------------------------------------------------------------------ */

/* RFC 9293 section 3.10.7.1: there is no connection. */
static int ltcp_v4_no_socket(struct net *net, struct sk_buff *skb)
{
	if (!xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb))
		return ltcp_v4_discard(net, skb, SKB_DROP_REASON_XFRM_POLICY);
	ltcp_v4_send_reset(net, NULL, skb);
	return ltcp_v4_discard(net, skb, SKB_DROP_REASON_NO_SOCKET);
}

static int ltcp_v4_theirs(struct net *net, struct sk_buff *skb, struct sock *sk,
			  bool refcounted)
{
	if (unlikely(sk->sk_state == TCP_TIME_WAIT) &&
	    ltcp_v4_take_from_builtin(net, skb, sk))
		return 0;
	return ltcp_v4_chain(net, skb, sk, refcounted);
}

/* A good segment, and what the first look-up found for it: ours, or nothing. */
static int ltcp_v4_deliver(struct net *net, struct sk_buff *skb,
			   struct sock *sk, bool refcounted)
{
	/* Each round but the last removes a request whose listener is closed */
	while (sk && sk->sk_state == TCP_NEW_SYN_RECV && ltcp_is_ours(sk)) {
		if (ltcp_v4_to_request(net, skb, inet_reqsk(sk)))
			return 0;
		sk = ltcp_v4_lookup(net, skb, &refcounted);
	}
	if (!sk)
		return ltcp_v4_no_socket(net, skb);
	if (unlikely(!ltcp_is_ours(sk)))
		return ltcp_v4_theirs(net, skb, sk, refcounted);
	if (sk->sk_state == TCP_TIME_WAIT)
		return ltcp_v4_to_timewait(net, skb, inet_twsk(sk));
	return ltcp_v4_to_sock(sk, skb, refcounted);
}

/*
 * A request becomes a child, and a connection a TIME-WAIT, by a swap in the hash
 * table; a reader who stands on the old one at that moment finds nothing, or
 * only the listener. A segment of an existing connection deserves a second look
 * before a RST ends it. @sk is what the first one found.
 */
static struct sock *ltcp_v4_lookup_again(struct net *net, struct sk_buff *skb,
					 struct sock *sk, bool *refcounted)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	struct sock *found;

	if (th->syn || th->rst || *refcounted)
		return sk;
	found = __inet_lookup_established(net, net->ipv4.tcp_death_row.hashinfo,
					  iph->saddr, th->source, iph->daddr,
					  ntohs(th->dest), inet_iif(skb),
					  inet_sdif(skb));
	if (likely(!found))
		return sk;
	*refcounted = true;
	return found;
}

/*
 * Early demultiplexing, or a BPF program, has found a socket of the built-in.
 * A TIME-WAIT needs a closer look.
 */
static bool ltcp_v4_is_plainly_theirs(const struct sock *sk)
{
	return !ltcp_is_ours(sk) && sk->sk_state != TCP_TIME_WAIT;
}

/*
 * net_protocol.handler: IP hands a segment over, data at the TCP header. Softirq,
 * rcu_read_lock(); consumes @skb.
 */
static int ltcp_v4_rcv(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct sock *sk = skb->sk;
	bool refcounted;

	if (skb->pkt_type != PACKET_HOST)
		return ltcp_v4_discard(net, skb, SKB_DROP_REASON_OTHERHOST);
	if (sk && ltcp_v4_is_plainly_theirs(sk)) {
		ltcp_count(ltcp_net(net), LTCP_MIB_CHAINED);
		return ltcp_prev->handler(skb);
	}
	if (unlikely(!ltcp_v4_header_ok(skb))) {
		__TCP_INC_STATS(net, TCP_MIB_INSEGS);
		__TCP_INC_STATS(net, TCP_MIB_INERRS);
		return ltcp_v4_discard(net, skb, SKB_DROP_REASON_PKT_TOO_SMALL);
	}
	sk = ltcp_v4_lookup(net, skb, &refcounted);
	if (unlikely(!sk || (ltcp_is_ours(sk) && sk->sk_state == TCP_LISTEN)))
		sk = ltcp_v4_lookup_again(net, skb, sk, &refcounted);
	if (sk && !ltcp_is_ours(sk))
		return ltcp_v4_theirs(net, skb, sk, refcounted);

	__TCP_INC_STATS(net, TCP_MIB_INSEGS);
	if (unlikely(!ltcp_v4_checksum_ok(net, skb))) {
		if (sk && refcounted)
			sock_gen_put(sk);
		return ltcp_v4_discard(net, skb, SKB_DROP_REASON_TCP_CSUM);
	}
	return ltcp_v4_deliver(net, skb, sk, refcounted);
}

/*
 * net_protocol.err_handler: data at the IP header that the ICMP error quotes, of
 * which at least 8 bytes of TCP are there. As with segments, what finds no socket
 * never goes on to the previous handler, which looks for itself. Softirq,
 * rcu_read_lock(). Returns 0, -ENOENT without a socket.
 */
static int ltcp_v4_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th =
		(const struct tcphdr *)(skb->data + iph->ihl * 4);
	struct net *net = dev_net(skb->dev);
	struct sock *sk;

	sk = __inet_lookup_established(net, net->ipv4.tcp_death_row.hashinfo,
				       iph->daddr, th->dest, iph->saddr,
				       ntohs(th->source), inet_iif(skb), inet_sdif(skb));
	if (!sk) {
		__ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
		return -ENOENT;
	}
	if (!ltcp_is_ours(sk)) {
		sock_gen_put(sk);
		return ltcp_prev->err_handler(skb, info);
	}
	switch (sk->sk_state) {
	case TCP_TIME_WAIT:
		inet_twsk_put(inet_twsk(sk));
		break;
	case TCP_NEW_SYN_RECV:
		ltcp_v4_request_err(inet_reqsk(sk), ntohl(th->seq),
				    icmp_hdr(skb)->type, icmp_hdr(skb)->code);
		break;
	default:
		bh_lock_sock(sk);
		ltcp_v4_sock_err(sk, skb, ntohl(th->seq), info);
		bh_unlock_sock(sk);
		sock_put(sk);
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* Registration                                                         */
/* ------------------------------------------------------------------ */

static bool ltcp_v4_swap(struct net_protocol *from, struct net_protocol *to)
{
	struct net_protocol **slot =
		(__force struct net_protocol **)&inet_protos[IPPROTO_TCP];

	return cmpxchg(slot, from, to) == from;
}

/**
 * ltcp_v4_register - from now on every TCP segment comes here first
 *
 * Context: module init.
 * Return: 0; -EAGAIN when another module did the same
 * at this moment; -ENOPROTOOPT on a kernel without TCP.
 */
int ltcp_v4_register(void)
{
	ltcp_prev = rcu_access_pointer(inet_protos[IPPROTO_TCP]);
	if (!ltcp_prev || !ltcp_prev->handler || !ltcp_prev->err_handler)
		return -ENOPROTOOPT;
	ltcp_protocol = *ltcp_prev;
	ltcp_protocol.handler = ltcp_v4_rcv;
	ltcp_protocol.err_handler = ltcp_v4_err;
	return ltcp_v4_swap(ltcp_prev, &ltcp_protocol) ? 0 : -EAGAIN;
}

/**
 * ltcp_v4_unregister - give the segments back to the previous handler
 *
 * On return no segment is on its way through this file.
 *
 * Context: process, may sleep.
 * Return: 0, or -EBUSY when another module has
 * put itself before us and still needs us.
 */
int ltcp_v4_unregister(void)
{
	if (!ltcp_v4_swap(&ltcp_protocol, ltcp_prev))
		return -EBUSY;
	synchronize_net();
	return 0;
}

const struct inet_connection_sock_af_ops ltcp_v4_af_ops = {
	.queue_xmit	= ip_queue_xmit,
	.send_check	= ltcp_v4_send_check,
	.rebuild_header	= inet_sk_rebuild_header,
	.sk_rx_dst_set	= ltcp_v4_rx_dst_set,
	.conn_request	= ltcp_conn_request,
	.syn_recv_sock	= ltcp_syn_recv_sock,
	.net_header_len	= sizeof(struct iphdr),
	.setsockopt	= ip_setsockopt,
	.getsockopt	= ip_getsockopt,
	.addr2sockaddr	= inet_csk_addr2sockaddr,
	.sockaddr_len	= sizeof(struct sockaddr_in),
	.mtu_reduced	= ltcp_v4_mtu_reduced,
};
