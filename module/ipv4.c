// SPDX-License-Identifier: GPL-2.0
/*
 * ipv4.c - all that ltcp knows of IPv4.
 *
 * IN. ltcp's handler stands in inet_protos[] in place of the built-in's and sees
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
 * OUT. Connections send through ip_queue_xmit(). Segments without a connection
 * (a RST, the ACK of a request or of TIME-WAIT) are built whole in
 * ltcp_v4_reply().
 *
 * ICMP. An error is believed when the sequence number it quotes is in flight
 * (RFC 5927 section 4.1). It aborts nothing but a connection that is still
 * being opened (RFC 5461 section 4; RFC 5927 section 5.2).
 *
 * LOCKING. The handlers run in softirq under rcu_read_lock(). A connection's
 * spinlock is taken here around what rx.c does with a segment; when a user owns
 * the socket, the segment waits in the backlog and "fragmentation needed" in
 * tp->mtu_info with LTCP_DEFER_MTU set. That bit needs no reference: it is set
 * under the spinlock while there is an owner, and an owner's release_sock()
 * looks at it under the same spinlock.
 */
#include <linux/icmp.h>
#include <linux/indirect_call_wrapper.h>
#include <linux/net.h>
#include <linux/once.h>
#include <linux/siphash.h>
#include <net/busy_poll.h>
#include <net/icmp.h>
#include <net/l3mdev.h>
#include <net/sock_reuseport.h>
#include <net/xfrm.h>
#include "trace.h"

/* What stood in inet_protos[IPPROTO_TCP], and what stands there now. */
static struct net_protocol *ltcp_prev;
static struct net_protocol ltcp_protocol;

/* ------------------------------------------------------------------ */
/* Numbers that must not be guessed                                     */
/* ------------------------------------------------------------------ */

static siphash_aligned_key_t ltcp_isn_key;
static siphash_aligned_key_t ltcp_ts_key;

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

	net_get_random_once(&ltcp_isn_key, sizeof(ltcp_isn_key));
	return ltcp_isn(siphash_3u32((__force u32)local, (__force u32)remote,
				     ports, &ltcp_isn_key), ktime_get_ns());
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
	net_get_random_once(&ltcp_ts_key, sizeof(ltcp_ts_key));
	return siphash_3u32((__force u32)saddr, (__force u32)daddr,
			    net_hash_mix(net), &ltcp_ts_key);
}

/* ------------------------------------------------------------------ */
/* Segments that no connection sends                                    */
/* ------------------------------------------------------------------ */

static struct rtable *ltcp_v4_reply_route(struct net *net,
					  const struct sk_buff *to,
					  const struct ltcp_reply *r,
					  struct flowi4 *fl4)
{
	const struct iphdr *iph = ip_hdr(to);
	const struct tcphdr *th = tcp_hdr(to);
	int oif = r->oif;

	if (!oif && netif_index_is_l3_master(net, to->skb_iif))
		oif = to->skb_iif;
	flowi4_init_output(fl4, oif, r->mark ?: IP4_REPLY_MARK(net, to->mark),
			   RT_TOS(r->tos), RT_SCOPE_UNIVERSE, IPPROTO_TCP, 0,
			   iph->saddr, iph->daddr, th->source, th->dest,
			   sock_net_uid(net, NULL));
	security_skb_classify_flow((struct sk_buff *)to,
				   flowi4_to_flowi_common(fl4));
	return ip_route_output_key(net, fl4);
}

static void ltcp_v4_reply_tcp(struct sk_buff *skb, const struct sk_buff *to,
			      const struct ltcp_reply *r)
{
	unsigned int len = sizeof(struct tcphdr) + (r->ts ? LTCP_OPTS_TS_LEN : 0);
	const struct tcphdr *in = tcp_hdr(to);
	struct tcphdr *th = skb_push(skb, len);

	skb_reset_transport_header(skb);
	memset(th, 0, sizeof(*th));
	th->source = in->dest;
	th->dest = in->source;
	th->seq = htonl(r->seq);
	th->ack_seq = htonl(r->ack);
	th->doff = len / 4;
	((u8 *)th)[13] = r->flags;
	th->window = htons(r->window);
	if (r->ts)
		ltcp_opts_build_ts((u8 *)(th + 1), r->tsval, r->tsecr);
}

static void ltcp_v4_csum_setup(struct sk_buff *skb, __be32 saddr, __be32 daddr)
{
	struct tcphdr *th = tcp_hdr(skb);
	unsigned int len = skb_tail_pointer(skb) + skb->data_len -
			   skb_transport_header(skb);

	th->check = ~csum_tcpudp_magic(saddr, daddr, len, IPPROTO_TCP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/* RFC 1191: DF, and with it RFC 6864's atomic datagram, whose ID means nothing. */
static void ltcp_v4_reply_ip(struct sk_buff *skb, const struct flowi4 *fl4,
			     const struct rtable *rt, u8 tos)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tos & ~INET_ECN_MASK;
	iph->frag_off = htons(IP_DF);
	iph->ttl = ip4_dst_hoplimit(&rt->dst);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = fl4->saddr;
	iph->daddr = fl4->daddr;
}

static void ltcp_v4_reply_count(struct net *net, const struct ltcp_reply *r)
{
	struct ltcp_net *ln = ltcp_net(net);

	TCP_INC_STATS(net, TCP_MIB_OUTSEGS);
	ltcp_count(ln, LTCP_MIB_OUT_SEGS);
	ltcp_count(ln, LTCP_MIB_OUT_SKBS);
	if (r->flags & LTCP_FLAG_RST) {
		TCP_INC_STATS(net, TCP_MIB_OUTRSTS);
		ltcp_count(ln, LTCP_MIB_RESETS_OUT);
	}
}

/**
 * ltcp_v4_reply - send a segment that belongs to no connection
 * @net: namespace
 * @to: the segment it answers: addresses, ports and mark are taken from it
 * @r: what it says
 *
 * Best effort: without a route or memory nothing is sent. A segment that was
 * not addressed to this host alone (broadcast, multicast) is never answered
 * (RFC 9293 MUST-57).
 *
 * Context: any but hard interrupts; @to is not consumed.
 */
void ltcp_v4_reply(struct net *net, const struct sk_buff *to,
		   const struct ltcp_reply *r)
{
	const struct rtable *in = skb_rtable(to);
	struct sk_buff *skb;
	struct flowi4 fl4;
	struct rtable *rt;

	if (in && in->rt_type != RTN_LOCAL)
		return;
	rt = ltcp_v4_reply_route(net, to, r, &fl4);
	if (IS_ERR(rt))
		return;
	skb = alloc_skb(MAX_TCP_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb) {
		ip_rt_put(rt);
		return;
	}
	skb_reserve(skb, MAX_TCP_HEADER);
	ltcp_v4_reply_tcp(skb, to, r);
	ltcp_v4_csum_setup(skb, fl4.saddr, fl4.daddr);
	ltcp_v4_reply_ip(skb, &fl4, rt, r->tos);
	skb->mark = fl4.flowi4_mark;
	skb_dst_set(skb, &rt->dst);
	ltcp_v4_reply_count(net, r);
	ip_local_out(net, NULL, skb);
}

/**
 * ltcp_v4_send_reset - refuse a segment with a RST
 * @net: namespace
 * @sk: full socket it was for, or NULL
 * @skb: the segment; its TCP header is linear
 *
 * The numbers are those of RFC 9293 section 3.10.7.1, so that the peer finds
 * them acceptable. A RST is never answered.
 *
 * Context: any but hard interrupts; @skb is not consumed.
 */
void ltcp_v4_send_reset(struct net *net, const struct sock *sk,
			const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct ltcp_reply r = { .tos = ip_hdr(skb)->tos };

	if (th->rst)
		return;
	ltcp_trace_reset(sk, skb);
	if (th->ack) {
		r.seq = ntohl(th->ack_seq);
		r.flags = LTCP_FLAG_RST;
	} else {
		r.ack = ntohl(th->seq) + th->syn + th->fin + skb->len -
			skb_transport_offset(skb) - __tcp_hdrlen(th);
		r.flags = LTCP_FLAG_RST | LTCP_FLAG_ACK;
	}
	if (sk) {
		r.mark = READ_ONCE(sk->sk_mark);
		r.oif = READ_ONCE(sk->sk_bound_dev_if);
	}
	ltcp_v4_reply(net, skb, &r);
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
	/* What the window promises may weigh as much again when it comes in bits */
	u64 limit = 2ULL * READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) +
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
		ltcp_rcv_locked(sk, skb);
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

/* Give a segment, and the socket found for it, to the previous handler. */
static int ltcp_v4_chain(struct net *net, struct sk_buff *skb, struct sock *sk,
			 bool refcounted)
{
	ltcp_count(ltcp_net(net), LTCP_MIB_CHAINED);
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
		ltcp_v4_send_reset(net, NULL, skb);
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

/* ------------------------------------------------------------------ */
/* ICMP errors                                                          */
/* ------------------------------------------------------------------ */

/* What an ICMP error means for a connection: an errno, or 0 for nothing. */
static int ltcp_v4_icmp_errno(int type, int code)
{
	switch (type) {
	case ICMP_PARAMETERPROB:
		return EPROTO;
	case ICMP_TIME_EXCEEDED:
		return EHOSTUNREACH;
	case ICMP_DEST_UNREACH:
		return code <= NR_ICMP_UNREACH ? icmp_err_convert[code].errno : 0;
	}
	/* MUST-55: source quench is ignored, as is what nobody knows */
	return 0;
}

/*
 * A segment of a request was answered by an error. Port and protocol
 * unreachable say nothing about a peer that has just sent a SYN.
 */
static void ltcp_v4_request_err(struct request_sock *req, u32 seq, int type,
				int code)
{
	struct sock *lsk = req->rsk_listener;

	if (seq != tcp_rsk(req)->snt_isn) {
		__NET_INC_STATS(sock_net(lsk), LINUX_MIB_OUTOFWINDOWICMPS);
	} else if (type == ICMP_PARAMETERPROB || type == ICMP_TIME_EXCEEDED ||
		   (type == ICMP_DEST_UNREACH &&
		    (code == ICMP_NET_UNREACH || code == ICMP_HOST_UNREACH))) {
		inet_csk_reqsk_queue_drop(lsk, req);
		atomic_inc(&lsk->sk_drops);
		__NET_INC_STATS(sock_net(lsk), LINUX_MIB_LISTENDROPS);
	}
	reqsk_put(req);
}

static void ltcp_v4_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);

	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

/**
 * ltcp_v4_mtu_reduced - a router said "fragmentation needed"
 * @sk: full socket; tp->mtu_info is the size it named
 *
 * The route learns it, within its floor (net.ipv4.route.min_pmtu, ATTACK-33),
 * and the connection follows the route (RFC 1191 section 6).
 *
 * Context: BH off, socket lock: from the ICMP error itself, or from
 * release_sock() when LTCP_DEFER_MTU was set.
 */
void ltcp_v4_mtu_reduced(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mtu = READ_ONCE(tp->mtu_info);
	struct dst_entry *dst;

	if ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE))
		return;
	dst = inet_csk_update_pmtu(sk, mtu);
	if (!dst)
		return;
	if (mtu < dst_mtu(dst) && ip_dont_fragment(sk, dst))
		WRITE_ONCE(sk->sk_err_soft, EMSGSIZE);
	mtu = dst_mtu(dst);
	if (READ_ONCE(inet_sk(sk)->pmtudisc) == IP_PMTUDISC_DONT ||
	    !ip_sk_accept_pmtu(sk) || inet_csk(sk)->icsk_pmtu_cookie <= mtu)
		return;
	ltcp_mstamp_refresh(tp);
	ltcp_sync_mss(sk, mtu);
	ltcp_loss_too_big(sk);
	ltcp_push(sk);
}

static void ltcp_v4_frag_needed(struct sock *sk, u32 mtu)
{
	WRITE_ONCE(tcp_sk(sk)->mtu_info, mtu);
	if (sock_owned_by_user(sk))
		ltcp_sk(sk)->deferred |= LTCP_DEFER_MTU;
	else
		ltcp_v4_mtu_reduced(sk);
}

/*
 * RFC 5461 section 4: while a connection is being opened any error ends it;
 * afterwards none does.
 */
static void ltcp_v4_report(struct sock *sk, int err)
{
	bool opening = (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV);

	if (sock_owned_by_user(sk))
		WRITE_ONCE(sk->sk_err_soft, err);
	else if (opening)
		ltcp_conn_error(sk, err);
	else
		ltcp_soft_error(sk, err);
}

/* An error about a segment of a connection of ours. Socket spinlock held. */
static void ltcp_v4_sock_err(struct sock *sk, struct sk_buff *skb, u32 seq,
			     u32 info)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	int err;

	if (sk->sk_state == TCP_CLOSE)
		return;
	/* RFC 5927 section 4.1: is it about something we have in flight? */
	if (seq_lt(seq, tp->snd_una) || seq_gt(seq, tp->snd_nxt)) {
		__NET_INC_STATS(sock_net(sk), LINUX_MIB_OUTOFWINDOWICMPS);
		return;
	}
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED) {
		ltcp_v4_frag_needed(sk, info);
		return;
	}
	if (sock_owned_by_user(sk))
		__NET_INC_STATS(sock_net(sk), LINUX_MIB_LOCKDROPPEDICMPS);
	else if (type == ICMP_REDIRECT)
		ltcp_v4_redirect(sk, skb);
	err = ltcp_v4_icmp_errno(type, code);
	if (err)
		ltcp_v4_report(sk, err);
}

/*
 * net_protocol.err_handler: data at the IP header that the ICMP error quotes, of
 * which at least 8 bytes of TCP are there. Softirq, rcu_read_lock().
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
				       ntohs(th->source), inet_iif(skb), 0);
	if (!sk || !ltcp_is_ours(sk)) {
		if (sk)
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

/* ------------------------------------------------------------------ */
/* Connections                                                          */
/* ------------------------------------------------------------------ */

/**
 * ltcp_v4_send_check - leave a segment's checksum to the device
 * @sk: connection
 * @skb: segment, its data at the TCP header
 *
 * Writes the sum of the pseudo header (RFC 9293 section 3.1); device or
 * software adds the rest.
 *
 * Context: socket lock.
 */
void ltcp_v4_send_check(struct sock *sk, struct sk_buff *skb)
{
	const struct inet_sock *inet = inet_sk(sk);

	ltcp_v4_csum_setup(skb, inet->inet_saddr, inet->inet_daddr);
}

/* Does a listener share its port with one of the built-in by SO_REUSEPORT? */
static bool ltcp_v4_group_is_mixed(const struct sock *sk)
{
	const struct sock_reuseport *group;
	bool mixed = false;
	unsigned int i;

	rcu_read_lock();
	group = rcu_dereference(sk->sk_reuseport_cb);
	for (i = 0; group && i < READ_ONCE(group->num_socks); i++)
		mixed |= !ltcp_is_ours(group->socks[i]);
	rcu_read_unlock();
	return mixed;
}

/**
 * ltcp_v4_hash - proto.hash: a listener is to be found from now on
 * @sk: in LISTEN, bound
 *
 * A SO_REUSEPORT group must not mix both stacks: the kernel moves half-open and
 * unaccepted connections between its members.
 *
 * Context: process, socket lock.
 * Return: 0; -EADDRINUSE for a mixed group; what
 * inet_hash() says.
 */
int ltcp_v4_hash(struct sock *sk)
{
	int err = inet_hash(sk);

	if (err || !ltcp_v4_group_is_mixed(sk))
		return err;
	inet_unhash(sk);
	return -EADDRINUSE;
}

/**
 * ltcp_v4_pre_connect - proto.pre_connect: a cgroup's programs have their say
 * @sk: socket
 * @uaddr: where to, may be rewritten
 * @addr_len: its size
 *
 * Context: process, socket lock.
 * Return: 0 or what the programs say.
 */
int ltcp_v4_pre_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	if (addr_len < sizeof(struct sockaddr_in))
		return -EINVAL;
	sock_owned_by_me(sk);
	return ltcp_bpf_connect4(sk, uaddr, &addr_len);
}

/* What a socket knew of its previous peer is of no use with another one. */
static void ltcp_v4_forget_peer(struct sock *sk, __be32 daddr)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->rx_opt.ts_recent_stamp || inet_sk(sk)->inet_daddr == daddr)
		return;
	tp->rx_opt.ts_recent = 0;
	tp->rx_opt.ts_recent_stamp = 0;
	WRITE_ONCE(tp->write_seq, 0);
}

/* Route to the peer, which also chooses the own address where none is bound. */
static struct rtable *ltcp_v4_connect_route(struct sock *sk, struct flowi4 *fl4,
					    const struct sockaddr_in *to,
					    const struct ip_options_rcu *opt)
{
	bool srr = opt && opt->opt.srr;
	struct rtable *rt;

	/* A source route goes to its first hop */
	if (srr && !to->sin_addr.s_addr)
		return ERR_PTR(-EINVAL);
	rt = ip_route_connect(fl4, srr ? opt->opt.faddr : to->sin_addr.s_addr,
			      inet_sk(sk)->inet_saddr, sk->sk_bound_dev_if,
			      IPPROTO_TCP, inet_sk(sk)->inet_sport, to->sin_port,
			      sk);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return rt;
	}
	/* MUST-46: no connection to more than one host */
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	return rt;
}

/* Settle both addresses. */
static int ltcp_v4_connect_addrs(struct sock *sk, struct flowi4 *fl4,
				 const struct sockaddr_in *to,
				 const struct ip_options_rcu *opt)
{
	struct inet_sock *inet = inet_sk(sk);
	__be32 daddr = to->sin_addr.s_addr;
	int err;

	/* Address 0 means this host, which the route has spelled out */
	if (!opt || !opt->opt.srr)
		daddr = fl4->daddr;
	if (!inet->inet_saddr) {
		err = inet_bhash2_update_saddr(sk, &fl4->saddr, AF_INET);
		if (err)
			return err;
	} else {
		sk_rcv_saddr_set(sk, inet->inet_saddr);
	}
	ltcp_v4_forget_peer(sk, daddr);
	inet->inet_dport = to->sin_port;
	sk_daddr_set(sk, daddr);
	inet_csk(sk)->icsk_ext_hdr_len = opt ? opt->opt.optlen : 0;
	return 0;
}

/* Both ends are settled and hashed: numbers, and the SYN. The socket gets @rt. */
static int ltcp_v4_connect_send(struct sock *sk, struct rtable *rt)
{
	struct inet_sock *inet = inet_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	sk->sk_gso_type = SKB_GSO_TCPV4;
	ltcp_offload_setup(sk, &rt->dst);
	/* Otherwise set by the TIME-WAIT whose place this connection takes */
	if (!tp->write_seq)
		WRITE_ONCE(tp->write_seq, ltcp_v4_isn_sk(sk));
	WRITE_ONCE(tp->tsoffset,
		   ltcp_v4_ts_offset(sock_net(sk), inet->inet_saddr,
				     inet->inet_daddr));
	atomic_set(&inet->inet_id, get_random_u16());
	return ltcp_connect_start(sk);
}

/*
 * Find the own port and enter the hash table, while in SYN-SENT so that the
 * tuple is taken whole; then route again, for ports may matter to the route.
 * Consumes @rt and returns what takes its place.
 */
static struct rtable *ltcp_v4_connect_hash(struct sock *sk, struct flowi4 *fl4,
					   struct rtable *rt)
{
	struct inet_sock *inet = inet_sk(sk);
	__be16 sport = inet->inet_sport;
	int err;

	ltcp_set_state(sk, TCP_SYN_SENT);
	err = inet_hash_connect(&sock_net(sk)->ipv4.tcp_death_row, sk);
	if (err) {
		ip_rt_put(rt);
		return ERR_PTR(err);
	}
	sk_set_txhash(sk);
	return ip_route_newports(fl4, rt, sport, inet->inet_dport,
				 inet->inet_sport, inet->inet_dport, sk);
}

static void ltcp_v4_connect_undo(struct sock *sk)
{
	ltcp_set_state(sk, TCP_CLOSE);
	inet_bhash2_reset_saddr(sk);
	sk->sk_route_caps = 0;
	inet_sk(sk)->inet_dport = 0;
}

/**
 * ltcp_v4_connect - proto.connect: open actively
 * @sk: socket in CLOSED
 * @uaddr: struct sockaddr_in of the peer
 * @addr_len: its size, bytes
 *
 * RFC 9293 section 3.10.1, active OPEN. Returns when the SYN is on its way.
 *
 * Context: process, socket lock.
 * Return: 0; -EINVAL, -EAFNOSUPPORT for a bad address; -EADDRNOTAVAIL without a
 * free port; what routing says. On error the socket is as it was.
 */
int ltcp_v4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *to = (const struct sockaddr_in *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	const struct ip_options_rcu *opt;
	struct rtable *rt;
	int err;

	if (addr_len < sizeof(*to))
		return -EINVAL;
	if (to->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	opt = rcu_dereference_protected(inet->inet_opt,
					lockdep_sock_is_held(sk));
	rt = ltcp_v4_connect_route(sk, fl4, to, opt);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	err = ltcp_v4_connect_addrs(sk, fl4, to, opt);
	if (err) {
		ip_rt_put(rt);
		return err;
	}
	rt = ltcp_v4_connect_hash(sk, fl4, rt);
	err = PTR_ERR_OR_ZERO(rt);
	if (!err)
		err = ltcp_v4_connect_send(sk, rt);
	if (err)
		ltcp_v4_connect_undo(sk);
	return err;
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
