// SPDX-License-Identifier: GPL-2.0
/*
 * ipv4_icmp.c - what an ICMP error means for whom it is about.
 *
 * An error is believed when the sequence number it quotes is in flight (RFC 5927
 * section 4.1). It aborts nothing but a connection that is still being opened
 * (RFC 5461 section 4; RFC 5927 section 5.2).
 *
 * LOCKING. Errors arrive in softirq. While a user owns the socket, they wait:
 * "fragmentation needed" in tp->mtu_info with LTCP_DEFER_MTU set, others in
 * sk_err_soft with LTCP_DEFER_ERROR. (When the answer to a SYN comes from a
 * neighbouring namespace, its sender is still inside connect().) The bits need no
 * reference: they are set under the spinlock while there is an owner, and an owner's
 * release_sock() looks at them under the same spinlock.
 */
#include <linux/icmp.h>
#include <net/icmp.h>
#include "ltcp.h"

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

/**
 * ltcp_v4_request_err - a segment of a request was answered by an error
 * @req: request of ours; its reference is dropped
 * @seq: sequence number that the error quotes
 * @type: of the ICMP error
 * @code: of the ICMP error
 *
 * Port and protocol unreachable say nothing about a peer that has just sent a SYN.
 *
 * Context: softirq.
 */
void ltcp_v4_request_err(struct request_sock *req, u32 seq, int type, int code)
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
	if (ltcp_in_handshake(sk))
		ltcp_conn_error(sk, err);
	else
		ltcp_soft_error(sk, err);
}

/**
 * ltcp_v4_error_waited - an error that came while the user owned the socket
 * @sk: full socket; sk_err_soft is the error, unless it has been overtaken by an ACK
 *
 * Context: BH off, socket lock: from release_sock() when LTCP_DEFER_ERROR was set.
 */
void ltcp_v4_error_waited(struct sock *sk)
{
	int err = READ_ONCE(sk->sk_err_soft);

	if (err && sk->sk_state != TCP_CLOSE)
		ltcp_v4_report(sk, err);
}

/*
 * Who traces a route by SYNs wants to know where each error came from: the error queue
 * tells. An owner needs no waiting for; that queue has a lock of its own.
 */
static void ltcp_v4_queue(struct sock *sk, struct sk_buff *skb, int err, u32 info)
{
	struct iphdr *quoted = (struct iphdr *)skb->data;
	struct tcphdr *th = (struct tcphdr *)(skb->data + quoted->ihl * 4);

	ltcp_queue_icmp(sk, skb, err, th->dest, info, (u8 *)th);
}

/**
 * ltcp_v4_sock_err - a segment of a connection was answered by an error
 * @sk: full socket of ours
 * @skb: the error
 * @seq: sequence number that it quotes
 * @info: of "fragmentation needed" the size that it names, bytes
 *
 * Context: softirq, socket spinlock held, whether or not there is an owner.
 */
void ltcp_v4_sock_err(struct sock *sk, struct sk_buff *skb, u32 seq, u32 info)
{
	const struct iphdr *quoted = (const struct iphdr *)skb->data;
	const struct tcp_sock *tp = tcp_sk(sk);
	int type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	bool owned;
	int err;

	if (sk->sk_state == TCP_CLOSE)
		return;
	/* GTSM, RFC 5082: who is too far away for segments is so for errors about them */
	if (unlikely(quoted->ttl < READ_ONCE(inet_sk(sk)->min_ttl))) {
		__NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMINTTLDROP);
		return;
	}
	/* RFC 5927 section 4.1: is it about something we have in flight? */
	if (seq_lt(seq, tp->snd_una) || seq_gt(seq, tp->snd_nxt)) {
		__NET_INC_STATS(sock_net(sk), LINUX_MIB_OUTOFWINDOWICMPS);
		return;
	}
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED) {
		ltcp_v4_frag_needed(sk, info);
		return;
	}
	owned = sock_owned_by_user(sk);
	if (owned)
		__NET_INC_STATS(sock_net(sk), LINUX_MIB_LOCKDROPPEDICMPS);
	else if (type == ICMP_REDIRECT)
		ltcp_v4_redirect(sk, skb);
	err = ltcp_v4_icmp_errno(type, code);
	if (!err)
		return;
	if (ltcp_in_handshake(sk))
		ltcp_v4_queue(sk, skb, err, info);
	if (owned) {
		WRITE_ONCE(sk->sk_err_soft, err);
		ltcp_sk(sk)->deferred |= LTCP_DEFER_ERROR;
	} else {
		ltcp_v4_report(sk, err);
	}
}
