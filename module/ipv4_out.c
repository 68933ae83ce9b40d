// SPDX-License-Identifier: GPL-2.0
/*
 * ipv4_out.c - checksums, and segments that no connection sends.
 *
 * Connections send through ip_queue_xmit(), which asks here for the checksum. A
 * RST and the ACK of a request or of TIME-WAIT have no connection: they are built
 * whole, IP header included, as an answer to the segment that arrived.
 */
#include <net/l3mdev.h>
#include "trace.h"

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
			   RT_TOS(r->tos), RT_SCOPE_UNIVERSE, IPPROTO_TCP,
			   r->any_src ? FLOWI_FLAG_ANYSRC : 0,
			   iph->saddr, iph->daddr, th->source, th->dest,
			   r->uid);
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
	skb->priority = r->priority;
	skb_dst_set(skb, &rt->dst);
	ltcp_v4_reply_count(net, r);
	ip_local_out(net, NULL, skb);
}

/**
 * ltcp_v4_send_reset - refuse a segment with a RST
 * @net: namespace
 * @sk: socket it was for, of any kind but a request, or NULL
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
	const struct sock *full = sk && sk_fullsock(sk) ? sk : NULL;
	struct ltcp_reply r = {
		.tos = ip_hdr(skb)->tos,
		.uid = sock_net_uid(net, full),
	};

	if (th->rst)
		return;
	ltcp_trace_reset(full, skb);
	if (th->ack) {
		r.seq = ntohl(th->ack_seq);
		r.flags = LTCP_FLAG_RST;
	} else {
		r.ack = ntohl(th->seq) + th->syn + th->fin + skb->len -
			skb_transport_offset(skb) - __tcp_hdrlen(th);
		r.flags = LTCP_FLAG_RST | LTCP_FLAG_ACK;
	}
	if (sk) {
		r.mark = full ? READ_ONCE(sk->sk_mark) : inet_twsk(sk)->tw_mark;
		r.priority = full ? READ_ONCE(sk->sk_priority) :
				    inet_twsk(sk)->tw_priority;
		r.oif = READ_ONCE(sk->sk_bound_dev_if);
		r.any_src = inet_sk_transparent(sk);
	}
	ltcp_v4_reply(net, skb, &r);
}
