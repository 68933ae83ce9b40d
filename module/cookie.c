// SPDX-License-Identifier: GPL-2.0
/*
 * cookie.c - SYN cookies: passive opening without a queue (RFC 4987 section 3.6).
 *
 * Under a flood of SYNs the queue of requests is full of connections that never
 * come. Then nothing is kept for a SYN: the ISN of the SYN-ACK is a keyed hash
 * that only we can make, with the peer's MSS in it, and its timestamp carries
 * window scale, SACK and ECN (pure/isn.c has the layout). An ACK that fits no socket
 * brings both back, and if they are genuine the connection is made from them.
 *
 *	SYN --> cookie as ISN --> (nothing) --> ACK of the cookie --> child
 *
 * What is lost: a SYN-ACK is not sent again, and without timestamps neither
 * window scale nor SACK nor ECN is agreed on. So cookies are given only when the queue is
 * full (tcp_syncookies 1), always (2) or never (0); and believed only from
 * a listener whose queue has been full lately, so that at other times nobody can
 * try to guess one. A listener that has taken the port over since has seen no
 * flood, and answers the ACK with a RST like any other.
 *
 * Nothing here is locked: the keys never change.
 */
#include <net/sock_reuseport.h>
#include "ltcp.h"
#include "listen.h"

/* How old a cookie may be, in minutes of the clock below. */
#define LTCP_COOKIE_MAX_AGE	2

/*
 * Who is on both ends, as the peer's segments have it, and the ISN of its SYN: a
 * later segment of the same connection, whose SEQ and ACK have moved on by the
 * same amount, must not pass for the one that brings the cookie back.
 */
struct ltcp_cookie_tuple {
	__be32 saddr, daddr;
	__be16 sport, dport;
	u32 isn;
};

/* The keyed hash of a connection and, with the second key, of a time. */
static u32 ltcp_cookie_hash(const struct ltcp_cookie_tuple *t, u32 count,
			    int which)
{
	u64 addrs = (u64)(__force u32)t->saddr << 32 | (__force u32)t->daddr;
	u64 ports = (u64)(__force u16)t->sport << 16 | (__force u16)t->dport;

	return siphash_3u64(addrs, ports << 32 | count, t->isn, &ltcp_keys.cookie[which]);
}

/* Callback of ltcp_cookie_check(). */
static u32 ltcp_cookie_h2(void *tuple, u32 count)
{
	return ltcp_cookie_hash(tuple, count, 1);
}

static u32 ltcp_cookie_minutes(void)
{
	return div_u64(ktime_get_boottime_seconds(), 60);
}

static int ltcp_cookie_mode(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_syncookies);
}

/**
 * ltcp_cookie_always - does tcp_syncookies ask for cookies without need?
 * @sk: listener
 *
 * Context: any. Return: true when it is 2.
 */
bool ltcp_cookie_always(const struct sock *sk)
{
	return ltcp_cookie_mode(sk) == 2;
}

/* Tell the administrator, once for each listener. */
static void ltcp_cookie_warn(struct sock *sk)
{
	struct request_sock_queue *queue = &inet_csk(sk)->icsk_accept_queue;

	if (READ_ONCE(queue->synflood_warned) ||
	    xchg(&queue->synflood_warned, 1))
		return;
	net_info_ratelimited("port %u: too many half-open connections, %s\n",
			     inet_sk(sk)->inet_num, ltcp_cookie_mode(sk) ?
			     "answering with SYN cookies" : "dropping SYNs");
}

/*
 * When a listener, or its group, last sent cookies: jiffies, 0 for never. But jiffies
 * pass 0 themselves, five minutes after the start, and the kernel's helpers would take
 * never for a moment ago.
 */
static u32 *ltcp_cookie_last(struct sock *lsk)
{
	struct sock_reuseport *group = NULL;

	if (lsk->sk_reuseport)
		group = rcu_dereference(lsk->sk_reuseport_cb);
	return group ? &group->synq_overflow_ts :
		       (u32 *)&tcp_sk(lsk)->rx_opt.ts_recent_stamp;
}

static void ltcp_cookie_note_sent(struct sock *lsk)
{
	u32 *last = ltcp_cookie_last(lsk);

	tcp_synq_overflow(lsk);
	if (unlikely(!READ_ONCE(*last)))
		WRITE_ONCE(*last, 1);
}

/* Has it sent any that may still come back? */
static bool ltcp_cookie_sent_lately(struct sock *lsk)
{
	return READ_ONCE(*ltcp_cookie_last(lsk)) &&
	       !tcp_synq_no_recent_overflow(lsk);
}

/**
 * ltcp_cookie_allowed - the queue is full: may a SYN be answered by a cookie?
 * @sk: listener, not locked; that it is overrun is remembered
 *
 * Context: BH off, RCU. Return: true when it may; false: drop the SYN.
 */
bool ltcp_cookie_allowed(struct sock *sk)
{
	struct net *net = sock_net(sk);
	int mode = ltcp_cookie_mode(sk);

	if (mode != 2)
		ltcp_cookie_warn(sk);
	if (!mode) {
		NET_INC_STATS(net, LINUX_MIB_TCPREQQFULLDROP);
		return false;
	}
	if (mode != 2)
		NET_INC_STATS(net, LINUX_MIB_TCPREQQFULLDOCOOKIES);
	NET_INC_STATS(net, LINUX_MIB_SYNCOOKIESSENT);
	ltcp_cookie_note_sent(sk);
	return true;
}

/**
 * ltcp_cookie_mark - make a request one that will be forgotten
 * @req: complete but for its ISN, which is set here, and not hashed
 *
 * Context: any.
 */
void ltcp_cookie_mark(struct request_sock *req)
{
	struct inet_request_sock *ireq = inet_rsk(req);
	const struct ltcp_cookie_tuple t = {
		.saddr = ireq->ir_rmt_addr, .daddr = ireq->ir_loc_addr,
		.sport = ireq->ir_rmt_port, .dport = htons(ireq->ir_num),
		.isn = tcp_rsk(req)->rcv_isn,
	};
	struct ltcp_cookie_in in = {
		.count = ltcp_cookie_minutes(),
		.peer_isn = t.isn,
		.mss = req->mss,
	};

	in.h1 = ltcp_cookie_hash(&t, 0, 0);
	in.h2 = ltcp_cookie_hash(&t, in.count, 1);
	tcp_rsk(req)->snt_isn = ltcp_cookie_make(&in);
	req->syncookie = 1;
	/* Only a timestamp can carry these through the peer */
	if (!ireq->tstamp_ok) {
		ireq->wscale_ok = 0;
		ireq->snd_wscale = 0;
		ireq->sack_ok = 0;
		ireq->ecn_ok = 0;
	}
}

/**
 * ltcp_cookie_tsval - the timestamp of a SYN-ACK that is a cookie
 * @req: marked by ltcp_cookie_mark()
 *
 * Context: any. Return: TSval, with the agreed options in its lowest bits.
 */
u32 ltcp_cookie_tsval(const struct request_sock *req)
{
	const struct inet_request_sock *ireq = inet_rsk(req);
	u8 wscale = ireq->wscale_ok ? ireq->snd_wscale : LTCP_COOKIE_NO_WSCALE;

	return ltcp_cookie_ts_encode(ltcp_now_ms(), wscale, ireq->sack_ok,
				     ireq->ecn_ok) + tcp_rsk(req)->ts_off;
}

/* Is this the ACK of a cookie? The MSS that it remembers, or 0. */
static u16 ltcp_cookie_mss(struct sock *lsk, const struct sk_buff *skb,
			   const struct ltcp_seg *seg)
{
	struct ltcp_cookie_tuple t = {
		.saddr = ip_hdr(skb)->saddr, .daddr = ip_hdr(skb)->daddr,
		.sport = tcp_hdr(skb)->source, .dport = tcp_hdr(skb)->dest,
		.isn = seg->seq - 1,
	};
	struct net *net = sock_net(lsk);
	u16 mss;

	if (!ltcp_cookie_mode(lsk) || !ltcp_cookie_sent_lately(lsk))
		return 0;
	mss = ltcp_cookie_check(seg->ack - 1, ltcp_cookie_hash(&t, 0, 0),
				t.isn, ltcp_cookie_minutes(),
				LTCP_COOKIE_MAX_AGE, ltcp_cookie_h2, &t);
	NET_INC_STATS(net, mss ? LINUX_MIB_SYNCOOKIESRECV :
				 LINUX_MIB_SYNCOOKIESFAILED);
	return mss;
}

/* What the SYN and our answer to it agreed on, out of the echoed timestamp. */
static void ltcp_cookie_options(const struct sock *lsk,
				const struct ltcp_opts *opt,
				struct request_sock *req)
{
	struct inet_request_sock *ireq = inet_rsk(req);
	bool wscale_ok = false, sack_ok = false, ecn_ok = false;
	u8 wscale = 0;

	ireq->tstamp_ok = (opt->present & LTCP_OPT_TS) &&
		READ_ONCE(sock_net(lsk)->ipv4.sysctl_tcp_timestamps);
	if (ireq->tstamp_ok)
		ltcp_cookie_ts_decode(opt->tsecr - tcp_rsk(req)->ts_off,
				      &wscale, &wscale_ok, &sack_ok, &ecn_ok);
	ireq->wscale_ok = wscale_ok;
	ireq->snd_wscale = wscale;
	ireq->sack_ok = sack_ok;
	ireq->ecn_ok = ecn_ok;
	req->ts_recent = ireq->tstamp_ok ? opt->tsval : 0;
}

/* The request as it would have waited for this ACK, or NULL. */
static struct request_sock *ltcp_cookie_req(struct sock *lsk,
					    struct sk_buff *skb,
					    const struct ltcp_seg *seg, u16 mss)
{
	struct request_sock *req = ltcp_req_alloc(lsk, skb);
	struct tcp_request_sock *treq;

	if (!req)
		return NULL;
	treq = tcp_rsk(req);
	treq->rcv_isn = seg->seq - 1;
	treq->rcv_nxt = seg->seq;
	treq->snt_isn = seg->ack - 1;
	req->mss = mss;
	ltcp_cookie_options(lsk, &seg->opt, req);
	if (security_inet_conn_request(lsk, skb, req)) {
		reqsk_free(req);
		return NULL;
	}
	return req;
}

/* Give the child to accept(). False: it is closed, unlocked and put. */
static bool ltcp_cookie_queue(struct sock *lsk, struct request_sock *req,
			      struct sock *child, bool own_req)
{
	/* The accept queue's reference, or ours */
	refcount_set(&req->rsk_refcnt, 1);
	if (own_req && inet_csk_reqsk_queue_add(lsk, req, child))
		return true;
	/* sk_clone_lock() took it, without telling sparse */
	__acquire(&child->sk_lock.slock);
	bh_unlock_sock(child);
	sock_put(child);
	reqsk_put(req);
	return false;
}

/* The child of a genuine cookie, locked, in the accept queue; or NULL. */
static struct sock *ltcp_cookie_child(struct sock *lsk, struct sk_buff *skb,
				      const struct ltcp_seg *seg, u16 mss)
{
	struct request_sock *req = ltcp_cookie_req(lsk, skb, seg, mss);
	struct dst_entry *dst;
	struct sock *child;
	struct flowi4 fl4;
	bool own_req;

	if (!req)
		return NULL;
	dst = inet_csk_route_req(lsk, &fl4, req);
	if (!dst)
		goto free;
	ltcp_req_window(lsk, dst, req);
	dst_release(dst);
	child = ltcp_child_new(lsk, skb, req, NULL, &own_req);
	if (!child)
		goto free;
	return ltcp_cookie_queue(lsk, req, child, own_req) ? child : NULL;
free:
	reqsk_free(req);
	return NULL;
}

/**
 * ltcp_cookie_ack - an ACK for a listener: does it complete a handshake?
 * @lsk: listener, not locked
 * @skb: segment with ACK, without RST; consumed if true is returned
 * @seg: its header
 *
 * When it does, but there is no room for the connection, the segment counts as
 * lost: the peer's next one has the same cookie in it.
 *
 * Context: BH off, RCU. Return: true when the ACK is that of a cookie and has
 * been dealt with; false when it is to be answered by a RST (RFC 9293 section
 * 3.10.7.2, second step).
 */
bool ltcp_cookie_ack(struct sock *lsk, struct sk_buff *skb,
		     const struct ltcp_seg *seg)
{
	struct sock *child;
	u16 mss;

	if (ltcp_has(seg, LTCP_FLAG_SYN))
		return false;
	mss = ltcp_cookie_mss(lsk, skb, seg);
	if (!mss)
		return false;
	child = ltcp_cookie_child(lsk, skb, seg, mss);
	if (child)
		ltcp_child_process(lsk, child, skb);
	else
		ltcp_drop(lsk, skb, ltcp_no_child_reason(lsk));
	return true;
}
