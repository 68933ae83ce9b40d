// SPDX-License-Identifier: GPL-2.0
/*
 * srcroute.c - source routes (RFC 791; RFC 9293 section 3.9.2.1).
 *
 * A packet may name the routers it wants to pass. Who opens a connection asks for
 * that with IP_OPTIONS (ip(7)), and IP does it, with every segment (MUST-51). Who
 * accepts one answers by the way the SYN has come, reversed (MUST-53), or by that
 * of a later segment when it came by another one (SHLD-24). What a program has
 * asked for is never replaced by what has arrived (MUST-52).
 *
 * Both ends keep the route in inet_opt, where IP looks for it. Segments that are
 * sent without a connection's socket, which are RSTs and the bare ACKs of a request
 * and of TIME-WAIT, go the plain way.
 *
 * All of this takes net.ipv4.conf.*.accept_source_route; else IP drops such packets.
 */
#include "ltcp.h"

/* Number of addresses that a source route option has visited. */
static unsigned int ltcp_route_len(const u8 *opt)
{
	unsigned int end = min_t(unsigned int, opt[IPOPT_OFFSET],
				 opt[IPOPT_OLEN] + 1);

	return end >= IPOPT_MINOFF ? (end - IPOPT_MINOFF) / sizeof(__be32) : 0;
}

/**
 * ltcp_return_route - the way back of a segment that came by a source route
 * @skb: segment
 *
 * Its addresses in reverse: the last one visited is the next to go to, and IP
 * puts the peer's own into the last slot. Other IP options are not repeated.
 *
 * Context: softirq, or BH off.
 * Return: the route, to be freed with kfree(); NULL when there is none, or no
 * memory.
 */
struct ip_options_rcu *ltcp_return_route(const struct sk_buff *skb)
{
	const struct ip_options *in = &IPCB(skb)->opt;
	const u8 *route = skb_network_header(skb) + in->srr;
	struct ip_options_rcu *out;
	unsigned int n, i, len;

	if (likely(!in->srr))
		return NULL;
	n = ltcp_route_len(route);
	len = IPOPT_MINOFF - 1 + n * sizeof(__be32);
	if (!n)
		return NULL;
	out = kzalloc(sizeof(*out) + ALIGN(len, 4), GFP_ATOMIC);
	if (!out)
		return NULL;
	out->opt.optlen = ALIGN(len, 4);
	out->opt.srr = sizeof(struct iphdr);
	out->opt.is_strictroute = in->is_strictroute;
	out->opt.__data[IPOPT_OPTVAL] = route[IPOPT_OPTVAL];
	out->opt.__data[IPOPT_OLEN] = len;
	out->opt.__data[IPOPT_OFFSET] = IPOPT_MINOFF;
	route += IPOPT_MINOFF - 1;
	memcpy(&out->opt.faddr, route + (n - 1) * 4, 4);
	for (i = 0; i + 1 < n; i++)
		memcpy(out->opt.__data + IPOPT_MINOFF - 1 + i * 4,
		       route + (n - 2 - i) * 4, 4);
	return out;
}

static bool ltcp_same_route(const struct ip_options_rcu *a,
			    const struct ip_options_rcu *b)
{
	return a && a->opt.optlen == b->opt.optlen &&
	       a->opt.faddr == b->opt.faddr &&
	       !memcmp(a->opt.__data, b->opt.__data, b->opt.optlen);
}

/**
 * ltcp_route_arrives - an acceptable segment has come by a source route
 * @sk: connection
 * @skb: segment
 *
 * RFC 9293 SHLD-24. Context: BH off, socket lock.
 */
void ltcp_route_arrives(struct sock *sk, const struct sk_buff *skb)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct ip_options_rcu *old, *new;

	if (!READ_ONCE(ltcp_sk(sk)->route_follows))
		return;
	new = ltcp_return_route(skb);
	old = rcu_dereference_protected(inet_sk(sk)->inet_opt,
					lockdep_sock_is_held(sk));
	if (!new || ltcp_same_route(old, new)) {
		kfree(new);
		return;
	}
	rcu_assign_pointer(inet_sk(sk)->inet_opt, new);
	if (old)
		kfree_rcu(old, rcu);
	icsk->icsk_ext_hdr_len = new->opt.optlen;
	__sk_dst_reset(sk);
	ltcp_sync_mss(sk, icsk->icsk_pmtu_cookie);
}
