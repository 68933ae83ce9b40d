// SPDX-License-Identifier: GPL-2.0
/*
 * listen.c - passive opening: LISTEN, SYN-RECEIVED and the child that results.
 *
 *	SYN --> request sock, SYN-ACK --> ACK --> full socket --> accept()
 *	LISTEN     SYN-RECEIVED                   ESTABLISHED
 *
 * A connection in SYN-RECEIVED that came from a listener is not a full socket
 * yet but a struct tcp_request_sock, a tenth of the size: whoever can send SYNs
 * can make us keep state (RFC 4987). The kernel's socket layer keeps requests in
 * the table of connections, sends the SYN-ACK again by their timer and gives up
 * on them; here they are made, judged by RFC 9293 section 3.10.7.4 when a
 * segment comes, and turned into full sockets.
 *
 * LOCKING. A listener is used under RCU, without its lock, by many CPUs at once;
 * nothing here writes to it but atomic counters. A request is complete before it
 * is hashed and hardly changes afterwards: only the time of its last answer, the
 * counters of its timer and the flag "acked", where a lost race costs an ACK too
 * many. Two CPUs may both complete one request; the hash table decides whose
 * child lives (own_req). A child is born locked, and complete before it is
 * hashed: whoever finds it waits for its lock until its first segment, the one
 * that created it, has been dealt with.
 *
 * REFERENCES. A hashed request has three: the hash table's, its timer's, its
 * creator's (later: its finder's). The finder's reference goes to the accept
 * queue when the child gets there, and is the finder's to put in any other case.
 */
#include <net/busy_poll.h>
#include <net/inet_ecn.h>

#include "trace.h"
#include "listen.h"

/* ------------------------------------------------------------------ */
/* Bookkeeping                                                          */
/* ------------------------------------------------------------------ */

/* A SYN or a finished handshake that found no room: ltcp_drop() counts the rest. */
static void ltcp_listen_drop(const struct sock *sk)
{
	NET_INC_STATS(sock_net(sk), LINUX_MIB_LISTENDROPS);
}

static bool ltcp_acceptq_full(const struct sock *sk)
{
	if (likely(!sk_acceptq_is_full(sk)))
		return false;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_LISTENOVERFLOWS);
	return true;
}

/* listen()'s backlog and tcp_max_syn_backlog both bound the half-open ones. */
static bool ltcp_synq_full(const struct sock *sk)
{
	const struct net *net = sock_net(sk);

	return inet_csk_reqsk_queue_is_full(sk) ||
	       inet_csk_reqsk_queue_len(sk) >=
	       READ_ONCE(net->ipv4.sysctl_max_syn_backlog);
}

/* The timeout before any measurement, in jiffies. */
static u32 ltcp_rto_initial(const struct sock *sk)
{
	return msecs_to_jiffies(READ_ONCE(ltcp_sk(sk)->lnet->rto_initial_ms));
}

static u64 ltcp_now_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

/* ------------------------------------------------------------------ */
/* What a request sends                                                 */
/* ------------------------------------------------------------------ */

static u8 ltcp_req_tos(const struct sock *sk, const struct request_sock *req)
{
	u8 tos = READ_ONCE(inet_sk(sk)->tos);

	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_reflect_tos))
		tos = tcp_rsk(req)->syn_tos;
	return tos & ~INET_ECN_MASK;
}

/* RFC 8257 section 3.6: with DCTCP the SYN-ACK may be marked, too. */
static u8 ltcp_synack_tos(const struct sock *sk, const struct request_sock *req)
{
	bool ect = inet_rsk(req)->ecn_ok && READ_ONCE(ltcp_sk(sk)->cc)->needs_ecn;

	return ltcp_req_tos(sk, req) | (ect ? INET_ECN_ECT_0 : 0);
}

/* Send one SYN-ACK. The reference to @dst is consumed. */
static int ltcp_send_synack(const struct sock *sk, struct dst_entry *dst,
			    struct request_sock *req)
{
	const struct inet_request_sock *ireq = inet_rsk(req);
	struct sk_buff *skb = ltcp_make_synack(sk, dst, req);
	int err;

	dst_release(dst);
	if (!skb)
		return -ENOMEM;
	/* Filters ask whose it is, by owner or control group; a cookie has no request */
	if (!req->syncookie)
		skb_set_owner_w(skb, req_to_sk(req));
	rcu_read_lock();
	err = ip_build_and_send_pkt(skb, sk, ireq->ir_loc_addr,
				    ireq->ir_rmt_addr,
				    rcu_dereference(ireq->ireq_opt),
				    ltcp_synack_tos(sk, req));
	rcu_read_unlock();
	return net_xmit_eval(err);
}

/* request_sock_ops.rtx_syn_ack: by the timer, and for a SYN that came again. */
static int ltcp_rtx_syn_ack(const struct sock *sk, struct request_sock *req)
{
	struct net *net = sock_net(sk);
	struct dst_entry *dst;
	struct flowi4 fl4;
	int err;

	/* The kernel's timer may have moved it to a listener of the built-in */
	if (unlikely(!ltcp_is_ours(sk)))
		return -EHOSTUNREACH;
	dst = inet_csk_route_req(sk, &fl4, req);
	if (!dst)
		return -EHOSTUNREACH;
	/* The path may be what lost the first one: let ECMP choose another */
	WRITE_ONCE(tcp_rsk(req)->txhash, net_tx_rndhash());
	err = ltcp_send_synack(sk, dst, req);
	if (err)
		return err;
	TCP_INC_STATS(net, TCP_MIB_RETRANSSEGS);
	NET_INC_STATS(net, LINUX_MIB_TCPSYNRETRANS);
	ltcp_count(ltcp_net(net), LTCP_MIB_RETRANS_SEGS);
	ltcp_trace_kernel(tcp_retransmit_synack, sk, req);
	return 0;
}

/* request_sock_ops.send_ack: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> of a request. */
static void ltcp_req_send_ack(const struct sock *sk, struct sk_buff *skb,
			      struct request_sock *req)
{
	const struct inet_request_sock *ireq = inet_rsk(req);
	const struct tcp_request_sock *treq = tcp_rsk(req);
	const struct ltcp_reply reply = {
		.seq = treq->snt_isn + 1,
		.ack = treq->rcv_nxt,
		.window = min_t(u32, req->rsk_rcv_wnd >> ireq->rcv_wscale,
				U16_MAX),
		.flags = LTCP_FLAG_ACK,
		.ts = ireq->tstamp_ok,
		.tsval = ltcp_now_ms() + treq->ts_off,
		.tsecr = READ_ONCE(req->ts_recent),
		.tos = ltcp_req_tos(sk, req),
		.mark = ireq->ir_mark,
		.priority = READ_ONCE(sk->sk_priority),
		.uid = sock_net_uid(sock_net(sk), sk),
		.oif = ireq->ir_iif,
		.any_src = ireq->no_srccheck,
	};

	ltcp_v4_reply(sock_net(sk), skb, &reply);
}

/* request_sock_ops.send_reset */
static void ltcp_req_send_reset(const struct sock *sk, struct sk_buff *skb
				LTCP_SEND_RESET_EXTRA)
{
	ltcp_v4_send_reset(sock_net(sk), sk, skb);
}

/* request_sock_ops.destructor: the last reference is gone. */
static void ltcp_req_destructor(struct request_sock *req)
{
	kfree(rcu_dereference_protected(inet_rsk(req)->ireq_opt, 1));
}

/* request_sock_ops.syn_ack_timeout: the timer ran out once more. */
static void ltcp_syn_ack_timeout(const struct request_sock *req)
{
	struct net *net = read_pnet(&inet_rsk(req)->ireq_net);

	NET_INC_STATS(net, LINUX_MIB_TCPTIMEOUTS);
}

struct request_sock_ops ltcp_request_sock_ops = {
	.family = PF_INET,
	.obj_size = sizeof(struct tcp_request_sock),
	.rtx_syn_ack = ltcp_rtx_syn_ack,
	.send_ack = ltcp_req_send_ack,
	.send_reset = ltcp_req_send_reset,
	.destructor = ltcp_req_destructor,
	.syn_ack_timeout = ltcp_syn_ack_timeout,
};

/* For those in the kernel that follow tcp_request_sock.af_specific. */
static const struct tcp_request_sock_ops ltcp_tcp_request_sock_ops = {
	.mss_clamp = LTCP_MSS_DEFAULT_IPV4,
};

/* ------------------------------------------------------------------ */
/* LISTEN: a SYN arrives                                                */
/* ------------------------------------------------------------------ */

/*
 * SYNs that get no answer at all: to many receivers at once (MUST-57), or from
 * the listener's own address and port, which would answer itself (LAND).
 */
static bool ltcp_syn_is_bogus(const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	if (skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return true;
	return iph->saddr == iph->daddr && th->source == th->dest;
}

/* Who is asking, and through what: the identity the request is found by. */
static void ltcp_req_identity(const struct sock *sk, struct sk_buff *skb,
			      struct request_sock *req)
{
	struct inet_request_sock *ireq = inet_rsk(req);
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	sk_rcv_saddr_set(req_to_sk(req), iph->daddr);
	sk_daddr_set(req_to_sk(req), iph->saddr);
	ireq->ir_rmt_port = th->source;
	ireq->ir_num = ntohs(th->dest);
	ireq->ir_mark = inet_request_mark(sk, skb);
	ireq->ir_iif = inet_request_bound_dev_if(sk, skb);
	ireq->no_srccheck = inet_sk_transparent(sk);
	ireq->smc_ok = 0;
	ireq->ecn_ok = 0;
	ireq->acked = 0;
	RCU_INIT_POINTER(ireq->ireq_opt, ltcp_return_route(skb));
}

/*
 * What the SYN offers and the namespace allows. Each option holds only when both
 * ends send it (RFC 7323 sections 2.2 and 3.2, RFC 2018 section 2).
 */
static void ltcp_req_options(const struct sock *sk, const struct ltcp_opts *opt,
			     struct request_sock *req)
{
	const struct net *net = sock_net(sk);
	struct inet_request_sock *ireq = inet_rsk(req);
	u16 user_mss = READ_ONCE(tcp_sk(sk)->rx_opt.user_mss);

	ireq->tstamp_ok = (opt->present & LTCP_OPT_TS) &&
			  READ_ONCE(net->ipv4.sysctl_tcp_timestamps);
	ireq->sack_ok = (opt->present & LTCP_OPT_SACK_PERM) &&
			READ_ONCE(net->ipv4.sysctl_tcp_sack) &&
			ltcp_arq_has_sack(ltcp_sk(sk)->lnet);
	ireq->wscale_ok = (opt->present & LTCP_OPT_WSCALE) &&
			  READ_ONCE(net->ipv4.sysctl_tcp_window_scaling);
	ireq->snd_wscale = ireq->wscale_ok ? opt->wscale : 0;
	req->ts_recent = ireq->tstamp_ok ? opt->tsval : 0;
	req->mss = ltcp_opts_send_mss(opt, LTCP_MSS_DEFAULT_IPV4,
				      READ_ONCE(net->ipv4.sysctl_tcp_min_snd_mss));
	if (user_mss)
		req->mss = min(req->mss, user_mss);
}

/* TCP_SAVE_SYN: the headers of the SYN, with 2 also the link layer's. */
static void ltcp_req_save_syn(const struct sock *sk, const struct sk_buff *skb,
			      struct request_sock *req)
{
	u32 mac_len = tcp_sk(sk)->save_syn == 2 ? skb_mac_header_len(skb) : 0;
	u32 len = mac_len + skb_network_header_len(skb) + tcp_hdrlen(skb);
	struct saved_syn *syn;

	if (!tcp_sk(sk)->save_syn)
		return;
	syn = kmalloc(struct_size(syn, data, len), GFP_ATOMIC);
	if (!syn)
		return;
	syn->mac_hdrlen = mac_len;
	syn->network_hdrlen = skb_network_header_len(skb);
	syn->tcp_hdrlen = tcp_hdrlen(skb);
	memcpy(syn->data, mac_len ? skb_mac_header(skb) :
				    skb_network_header(skb), len);
	req->saved_syn = syn;
}

/**
 * ltcp_req_window - which window a SYN-ACK offers
 * @sk: listener
 * @dst: route to the peer
 * @req: rsk_rcv_wnd, rsk_window_clamp (bytes) and rcv_wscale are set
 *
 * Context: any.
 */
void ltcp_req_window(const struct sock *sk, const struct dst_entry *dst,
		     struct request_sock *req)
{
	struct inet_request_sock *ireq = inet_rsk(req);
	struct ltcp_wnd_offer offer = ltcp_window_offer(sk, dst, ireq->wscale_ok);

	ireq->rcv_wscale = offer.wscale;
	req->rsk_window_clamp = offer.clamp;
	req->rsk_rcv_wnd = offer.wnd;
}

/**
 * ltcp_req_alloc - a request for the sender of a segment
 * @sk: listener, which the request takes a reference to
 * @skb: the segment; not consumed
 *
 * Addresses and ports are filled in, all other fields of ltcp's are clear.
 *
 * Context: BH off, RCU. Return: the request, to be hashed or to be freed with
 * reqsk_free(); NULL without memory or when the listener is going away.
 */
struct request_sock *ltcp_req_alloc(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_request_sock *treq;
	struct request_sock *req;

	req = inet_reqsk_alloc(&ltcp_request_sock_ops, sk, true);
	if (!req)
		return NULL;
	treq = tcp_rsk(req);
	memset_after(treq, 0, req);
	treq->af_specific = &ltcp_tcp_request_sock_ops;
	treq->txhash = net_tx_rndhash();
	treq->syn_tos = ip_hdr(skb)->tos;
	req->syncookie = 0;
	req->timeout = ltcp_rto_initial(sk);
	ltcp_req_identity(sk, skb, req);
	treq->ts_off = ltcp_v4_ts_offset(sock_net(sk),
					 inet_rsk(req)->ir_loc_addr,
					 inet_rsk(req)->ir_rmt_addr);
	return req;
}

/* The request that this SYN makes, not hashed yet, or NULL. */
static struct request_sock *ltcp_req_from_syn(struct sock *sk,
					      struct sk_buff *skb, bool cookie)
{
	struct request_sock *req = ltcp_req_alloc(sk, skb);
	struct tcp_request_sock *treq;
	struct ltcp_seg seg;

	if (!req)
		return NULL;
	ltcp_parse(skb, &seg);
	ltcp_req_options(sk, &seg.opt, req);
	inet_rsk(req)->ecn_ok = ltcp_ecn_is_setup(&seg);
	treq = tcp_rsk(req);
	treq->rcv_isn = seg.seq;
	treq->rcv_nxt = seg.seq + 1;
	if (cookie) {
		ltcp_cookie_mark(req);
	} else {
		treq->snt_isn = ltcp_v4_isn(skb);
		ltcp_req_save_syn(sk, skb, req);
	}
	return req;
}

/* Route, hash and answer a request. Returns why that could not be: it is freed. */
static enum skb_drop_reason ltcp_req_start(struct sock *sk, struct sk_buff *skb,
					   struct request_sock *req)
{
	enum skb_drop_reason why = SKB_DROP_REASON_NOT_SPECIFIED;
	struct dst_entry *dst;
	struct flowi4 fl4;

	if (security_inet_conn_request(sk, skb, req)) {
		why = SKB_DROP_REASON_SECURITY_HOOK;
		goto free;
	}
	dst = inet_csk_route_req(sk, &fl4, req);
	if (!dst) {
		why = SKB_DROP_REASON_IP_OUTNOROUTES;
		goto free;
	}
	ltcp_req_window(sk, dst, req);
	inet_rsk(req)->ecn_ok &= ltcp_ecn_accepts(sk, dst, tcp_rsk(req)->syn_tos);
	if (req->syncookie) {
		ltcp_send_synack(sk, dst, req);
		reqsk_free(req);
		return SKB_NOT_DROPPED_YET;
	}
	tcp_rsk(req)->snt_synack = ltcp_now_us();
	/* From here on others find it, so it must be complete; another CPU may be first */
	if (!ltcp_reqsk_hash_add(sk, req, ltcp_path_synack_timeout(sk, dst, req))) {
		dst_release(dst);
		goto free;
	}
	ltcp_send_synack(sk, dst, req);
	reqsk_put(req);
	return SKB_NOT_DROPPED_YET;
free:
	reqsk_free(req);
	return why;
}

/* Room for the connection to come? When only that of requests is short: a cookie. */
static bool ltcp_syn_has_room(struct sock *sk, bool *cookie)
{
	*cookie = false;
	if (ltcp_acceptq_full(sk))
		return false;
	/* Its ISN must be beyond that of the connection before: no cookie can be */
	if (unlikely(ltcp_v4_takes_over()))
		return true;
	if (!ltcp_synq_full(sk) && !ltcp_cookie_always(sk))
		return true;
	*cookie = ltcp_cookie_allowed(sk);
	return *cookie;
}

static enum skb_drop_reason ltcp_take_request(struct sock *sk,
					      struct sk_buff *skb)
{
	struct request_sock *req;
	bool cookie;

	if (ltcp_syn_is_bogus(skb))
		return SKB_DROP_REASON_TCP_INVALID_SYN;
	if (!ltcp_syn_has_room(sk, &cookie))
		return SKB_DROP_REASON_TCP_LISTEN_OVERFLOW;
	req = ltcp_req_from_syn(sk, skb, cookie);
	return req ? ltcp_req_start(sk, skb, req) : SKB_DROP_REASON_NOMEM;
}

/**
 * ltcp_listen_syn - a SYN, and nothing else of note, for a listener
 * @sk: listener, not locked
 * @skb: the SYN; not consumed
 *
 * RFC 9293 section 3.10.7.2, third step. Text that comes with the SYN is left
 * for the peer to send again. With the queue of requests full the answer is a
 * SYN cookie (cookie.c) or, with tcp_syncookies 0, silence.
 *
 * Context: BH off, RCU. Return: SKB_NOT_DROPPED_YET when it was taken, else why
 * it is to be dropped.
 */
enum skb_drop_reason ltcp_listen_syn(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason why = ltcp_take_request(sk, skb);

	if (why)
		ltcp_listen_drop(sk);
	return why;
}

/**
 * ltcp_conn_request - icsk_af_ops->conn_request: ltcp_listen_syn() for others
 * @sk: listener, not locked
 * @skb: the SYN; the caller frees it whatever happens
 *
 * Context: BH off, RCU. Return: 0 always: nobody has to answer with a RST.
 */
int ltcp_conn_request(struct sock *sk, struct sk_buff *skb)
{
	ltcp_listen_syn(sk, skb);
	return 0;
}

/* ------------------------------------------------------------------ */
/* SYN-RECEIVED: what a segment means for a request                     */
/* ------------------------------------------------------------------ */

/* The same SYN again: our SYN-ACK was lost, or is late. */
static bool ltcp_is_syn_again(const struct request_sock *req,
			      const struct ltcp_seg *seg)
{
	const u8 mask = LTCP_FLAG_SYN | LTCP_FLAG_ACK | LTCP_FLAG_RST |
			LTCP_FLAG_FIN;

	return (seg->flags & mask) == LTCP_FLAG_SYN &&
	       seg->seq == tcp_rsk(req)->rcv_isn;
}

/* RFC 7323 section 5.3, R1. A request is too young for its timestamp to age. */
static bool ltcp_req_paws_fails(const struct request_sock *req,
				const struct ltcp_seg *seg)
{
	if (!inet_rsk(req)->tstamp_ok || !(seg->opt.present & LTCP_OPT_TS) ||
	    !ltcp_paws_reject(seg->opt.tsval, READ_ONCE(req->ts_recent), 0))
		return false;
	NET_INC_STATS(read_pnet(&inet_rsk(req)->ireq_net),
		      LINUX_MIB_PAWSESTABREJECTED);
	return true;
}

/* Second step: RST, as RFC 5961 section 3.2 refines it. */
static struct ltcp_judgement ltcp_judge_req_rst(const struct request_sock *req,
						const struct ltcp_seg *seg)
{
	switch (ltcp_rst_check(seg->seq, tcp_rsk(req)->rcv_nxt,
			       req->rsk_rcv_wnd)) {
	case LTCP_RST_EXACT:
		return LTCP_JUDGE(LTCP_CONN_RESET, SKB_NOT_DROPPED_YET);
	case LTCP_RST_CHALLENGE:
		return LTCP_JUDGE(LTCP_DROP_CHALLENGE, SKB_DROP_REASON_TCP_RESET);
	default:
		return LTCP_JUDGE(LTCP_DROP, SKB_DROP_REASON_TCP_RESET);
	}
}

/*
 * RFC 9293 section 3.10.7.4, first to fifth step, for SYN-RECEIVED. A SYN in the
 * window gets a challenge ACK (RFC 5961 section 4.2) and not, as the RFC has it
 * for a passive opening, a return to LISTEN: that a stranger could bring about.
 */
static struct ltcp_judgement ltcp_judge_req(const struct request_sock *req,
					    const struct ltcp_seg *seg)
{
	const struct tcp_request_sock *treq = tcp_rsk(req);
	bool rst = ltcp_has(seg, LTCP_FLAG_RST);

	if (!ltcp_seq_acceptable(seg->seq, seg->end_seq, treq->rcv_nxt,
				 req->rsk_rcv_wnd))
		return LTCP_JUDGE(rst ? LTCP_DROP : LTCP_DROP_ACK,
				  SKB_DROP_REASON_TCP_INVALID_SEQUENCE);
	if (rst)
		return ltcp_judge_req_rst(req, seg);
	if (ltcp_req_paws_fails(req, seg))
		return LTCP_JUDGE(LTCP_DROP_ACK, SKB_DROP_REASON_TCP_RFC7323_PAWS);
	if (ltcp_has(seg, LTCP_FLAG_SYN))
		return LTCP_JUDGE(LTCP_DROP_CHALLENGE,
				  SKB_DROP_REASON_TCP_INVALID_SYN);
	if (!ltcp_has(seg, LTCP_FLAG_ACK))
		return LTCP_JUDGE(LTCP_DROP, SKB_DROP_REASON_TCP_FLAGS);
	if (seg->ack != treq->snt_isn + 1)
		return LTCP_JUDGE(LTCP_DROP_RESET,
				  SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE);
	return LTCP_GOOD;
}

/* At most one answer to what is not acceptable in tcp_invalid_ratelimit. */
static bool ltcp_req_may_answer(const struct sock *lsk,
				struct request_sock *req)
{
	struct net *net = sock_net(lsk);
	u32 interval = READ_ONCE(net->ipv4.sysctl_tcp_invalid_ratelimit);

	if (ltcp_ratelimit(&tcp_rsk(req)->last_oow_ack_time, ltcp_now_ms(),
			   jiffies_to_msecs(interval)))
		return true;
	NET_INC_STATS(net, LINUX_MIB_TCPACKSKIPPEDSYNRECV);
	return false;
}

/*
 * Answer with the SYN-ACK, and let the timer start its wait anew. It echoes the
 * timestamp of this SYN (RFC 7323 section 4.3): of the first one it would make the
 * peer think that the round trip takes as long as it has waited.
 */
static void ltcp_req_syn_again(struct sock *lsk, struct request_sock *req,
			       const struct ltcp_seg *seg)
{
	if (inet_rsk(req)->tstamp_ok && (seg->opt.present & LTCP_OPT_TS))
		WRITE_ONCE(req->ts_recent, seg->opt.tsval);
	/* The offer taken back: ECN may be what lost the first one */
	if (!ltcp_ecn_is_setup(seg))
		inet_rsk(req)->ecn_ok = 0;
	if (!ltcp_req_may_answer(lsk, req) || inet_rtx_syn_ack(lsk, req))
		return;
	mod_timer_pending(&req->rsk_timer,
			  jiffies + reqsk_timeout(req, ltcp_rto_max(lsk)));
}

static void ltcp_req_challenge(struct sock *lsk, struct sk_buff *skb,
			       struct request_sock *req)
{
	struct net *net = sock_net(lsk);

	if (!ltcp_req_may_answer(lsk, req))
		return;
	NET_INC_STATS(net, LINUX_MIB_TCPCHALLENGEACK);
	ltcp_count(ltcp_net(net), LTCP_MIB_CHALLENGE_ACKS);
	ltcp_req_send_ack(lsk, skb, req);
}

/* The request is over. The finder's reference stays the finder's. */
static void ltcp_req_forget(struct request_sock *req)
{
	struct sock *lsk = req->rsk_listener;

	if (!inet_csk_reqsk_queue_drop(lsk, req))
		return;
	TCP_INC_STATS(sock_net(lsk), TCP_MIB_ATTEMPTFAILS);
	NET_INC_STATS(sock_net(lsk), LINUX_MIB_EMBRYONICRSTS);
}

/* Carry out a refusal; the request survives all of them but a good RST. */
static void ltcp_req_refuse(struct sock *lsk, struct sk_buff *skb,
			    struct request_sock *req, enum ltcp_verdict verdict)
{
	switch (verdict) {
	case LTCP_DROP_ACK:
		if (ltcp_req_may_answer(lsk, req))
			ltcp_req_send_ack(lsk, skb, req);
		break;
	case LTCP_DROP_CHALLENGE:
		ltcp_req_challenge(lsk, skb, req);
		break;
	case LTCP_DROP_RESET:
		ltcp_v4_send_reset(sock_net(lsk), lsk, skb);
		break;
	case LTCP_CONN_RESET:
		ltcp_req_forget(req);
		break;
	default:
		break;
	}
}

/*
 * TCP_DEFER_ACCEPT: the program wants to see a connection only with its first
 * text, so the ACK alone is remembered, until the wait it allowed has passed.
 */
static bool ltcp_req_deferred(const struct sock *lsk, struct request_sock *req,
			      const struct ltcp_seg *seg)
{
	const struct request_sock_queue *q = &inet_csk(lsk)->icsk_accept_queue;

	if (req->num_timeout >= READ_ONCE(q->rskq_defer_accept) ||
	    seg->end_seq != tcp_rsk(req)->rcv_nxt)
		return false;
	inet_rsk(req)->acked = 1;
	NET_INC_STATS(sock_net(lsk), LINUX_MIB_TCPDEFERACCEPTDROP);
	return true;
}

/*
 * The handshake is complete but there is no room for the child. By default the
 * ACK counts as lost: the peer's next segment, or the ACK of our next SYN-ACK,
 * tries again. tcp_abort_on_overflow resets the connection instead.
 */
static void ltcp_req_overflow(struct sock *lsk, struct sk_buff *skb,
			      struct request_sock *req)
{
	if (!READ_ONCE(sock_net(lsk)->ipv4.sysctl_tcp_abort_on_overflow)) {
		inet_rsk(req)->acked = 1;
		return;
	}
	ltcp_v4_send_reset(sock_net(lsk), lsk, skb);
	ltcp_req_forget(req);
}

/* ------------------------------------------------------------------ */
/* The child                                                            */
/* ------------------------------------------------------------------ */

/* Addresses, ports and what IP needs, from the request and the ACK. */
static void ltcp_child_identity(struct sock *child, const struct sk_buff *skb,
				const struct request_sock *req)
{
	const struct inet_request_sock *ireq = inet_rsk(req);
	struct inet_sock *inet = inet_sk(child);
	struct ip_options_rcu *opt = rcu_dereference(ireq->ireq_opt);

	sk_daddr_set(child, ireq->ir_rmt_addr);
	sk_rcv_saddr_set(child, ireq->ir_loc_addr);
	child->sk_bound_dev_if = ireq->ir_iif;
	child->sk_txhash = READ_ONCE(tcp_rsk(req)->txhash);
	inet->inet_saddr = ireq->ir_loc_addr;
	inet->mc_index = inet_iif(skb);
	inet->mc_ttl = ip_hdr(skb)->ttl;
	inet->rcv_tos = ip_hdr(skb)->tos;
	if (READ_ONCE(sock_net(child)->ipv4.sysctl_tcp_reflect_tos))
		inet->tos = tcp_rsk(req)->syn_tos & ~INET_ECN_MASK;
	atomic_set(&inet->inet_id, get_random_u16());
	/* Lent by the request until ltcp_child_hash() knows whose child lives */
	RCU_INIT_POINTER(inet->inet_opt, opt);
	inet_csk(child)->icsk_ext_hdr_len = opt ? opt->opt.optlen : 0;
	ltcp_sk(child)->route_follows = true;
	sock_rps_save_rxhash(child, skb);
}

/* SND.* and RCV.* as after the SYNs of both sides (RFC 9293 section 3.4). */
static void ltcp_child_sequence(struct tcp_sock *tp,
				const struct request_sock *req)
{
	const struct tcp_request_sock *treq = tcp_rsk(req);
	u32 seq = treq->snt_isn + 1;

	ltcp_sk((struct sock *)tp)->iss = treq->snt_isn;
	tp->snd_una = seq;
	tp->snd_nxt = seq;
	tp->snd_sml = seq;
	tp->snd_up = seq;
	tp->pushed_seq = seq;
	WRITE_ONCE(tp->write_seq, seq);
	/* SEG.SEQ of the ACK is later: it sets the window */
	tp->snd_wl1 = treq->rcv_isn;
	tp->snd_wnd = 0;
	tp->max_window = 0;

	tp->rcv_nxt = treq->rcv_nxt;
	tp->rcv_wup = treq->rcv_nxt;
	WRITE_ONCE(tp->copied_seq, treq->rcv_nxt);
	tp->rcv_wnd = req->rsk_rcv_wnd;
	tp->rcv_ssthresh = req->rsk_rcv_wnd;
	tp->window_clamp = req->rsk_window_clamp;
}

/* What the handshake agreed on. */
static void ltcp_child_options(struct tcp_sock *tp,
			       const struct request_sock *req)
{
	const struct inet_request_sock *ireq = inet_rsk(req);

	tp->rx_opt.tstamp_ok = ireq->tstamp_ok;
	tp->rx_opt.sack_ok = ireq->sack_ok;
	tp->rx_opt.wscale_ok = ireq->wscale_ok;
	tp->rx_opt.snd_wscale = ireq->snd_wscale;
	tp->rx_opt.rcv_wscale = ireq->rcv_wscale;
	tp->rx_opt.mss_clamp = req->mss;
	tp->ecn_flags = ireq->ecn_ok ? TCP_ECN_OK : 0;
	tp->rx_opt.saw_tstamp = 0;
	tp->rx_opt.num_sacks = 0;
	tp->rx_opt.dsack = 0;
	tp->rx_opt.ts_recent = READ_ONCE(req->ts_recent);
	tp->rx_opt.ts_recent_stamp = ireq->tstamp_ok ? ktime_get_seconds() : 0;
	tp->tsoffset = tcp_rsk(req)->ts_off;
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (ireq->tstamp_ok)
		tp->tcp_header_len += LTCP_OPTS_TS_LEN;
}

/* Sizes of segments, which follow from the options and the route. */
static void ltcp_child_route(struct sock *child, struct dst_entry *dst)
{
	struct inet_connection_sock *icsk = inet_csk(child);
	struct tcp_sock *tp = tcp_sk(child);

	ltcp_offload_setup(child, dst);
	ltcp_cong_route(child, dst);
	tp->advmss = ltcp_advmss(child, dst);
	ltcp_sync_mss(child, dst_mtu(dst));
	icsk->icsk_ack.rcv_mss = clamp_t(u32, min_t(u32, tp->advmss,
						    tp->mss_cache),
					 TCP_MIN_MSS, LTCP_MSS_DEFAULT_IPV4);
	icsk->icsk_ack.lrcvtime = tcp_jiffies32;
}

/*
 * The first round-trip time, of the SYN-ACK: not if it was sent twice (Karn; but
 * see ltcp_ack_syn_rtt()), and then RTO starts higher (RFC 6298, 5.7); not if the
 * ACK that came was ignored and this is a later one.
 */
static void ltcp_child_rtt(struct sock *child, const struct request_sock *req)
{
	struct inet_connection_sock *icsk = inet_csk(child);
	u64 sent_us = tcp_rsk(req)->snt_synack;

	icsk->icsk_rto = ltcp_rto_initial(child);
	tcp_sk(child)->total_retrans = req->num_retrans;
	ltcp_rto_inherit(tcp_sk(child), req->num_timeout,
			 sent_us ? div_u64(ltcp_now_us() - sent_us,
					   USEC_PER_MSEC) : 0);
	if (req->num_retrans)
		icsk->icsk_rto = max_t(u32, icsk->icsk_rto,
				       msecs_to_jiffies(LTCP_RTO_SYN_LOST_MS));
	else if (sent_us && !inet_rsk(req)->acked)
		ltcp_rtt_take(child, ltcp_now_us() - sent_us);
	ltcp_path_learn(child);
}

/*
 * Put the child in the place of its request. If another CPU's child was first,
 * ours has been destroyed here and only waits for its last reference.
 */
static bool ltcp_child_hash(struct sock *child, struct request_sock *req,
			    struct request_sock *req_unhash)
{
	bool dup = false;

	if (!inet_ehash_nolisten(child, req_to_sk(req_unhash), &dup)) {
		RCU_INIT_POINTER(inet_sk(child)->inet_opt, NULL);
		return false;
	}
	/* What the request has lent, or held for it, is the child's from now on */
	RCU_INIT_POINTER(inet_rsk(req)->ireq_opt, NULL);
	tcp_sk(child)->saved_syn = req->saved_syn;
	req->saved_syn = NULL;
	TCP_INC_STATS(sock_net(child), TCP_MIB_PASSIVEOPENS);
	ltcp_count(ltcp_sk(child)->lnet, LTCP_MIB_PASSIVE_OPENS);
	return true;
}

/* A copy of the listener that is the connection of @req, but for its route. */
static struct sock *ltcp_child_clone(const struct sock *sk, struct sk_buff *skb,
				     struct request_sock *req)
{
	struct sock *child = inet_csk_clone_lock(sk, req, GFP_ATOMIC);
	bool pingpong;

	if (!child)
		return NULL;
	pingpong = inet_csk_in_pingpong_mode(child);	/* TCP_QUICKACK 0 */
	/* First of all: what was copied must not be used, nor freed twice */
	ltcp_cong_inherit(child);
	ltcp_init_block(child);
	if (pingpong)
		inet_csk_enter_pingpong_mode(child);
	ltcp_child_identity(child, skb, req);
	ltcp_child_options(tcp_sk(child), req);
	ltcp_child_sequence(tcp_sk(child), req);
	ltcp_child_rtt(child, req);
	return child;
}

/* A child that nobody has seen: undo. Its lock and both references go. */
static void ltcp_child_forget(struct sock *child)
{
	RCU_INIT_POINTER(inet_sk(child)->inet_opt, NULL);
	inet_csk_prepare_forced_close(child);
	ltcp_done(child);
}

/**
 * ltcp_child_new - make a request a full socket
 * @sk: listener
 * @skb: the segment that completed the handshake; not consumed
 * @req: request, held by the caller
 * @req_unhash: @req when it is hashed and the child takes its place; else NULL
 * @own_req: set to whether this child, and no other, is the connection
 *
 * The child is complete before it can be found. When @own_req is false it is
 * closed already and has one reference, to be put after unlocking, which
 * inet_csk_complete_hashdance() does.
 *
 * Context: BH off, RCU. Return: the child, locked, with two references, in
 * SYN-RECEIVED; NULL when the accept queue is full or something is short.
 */
struct sock *ltcp_child_new(const struct sock *sk, struct sk_buff *skb,
			    struct request_sock *req,
			    struct request_sock *req_unhash, bool *own_req)
{
	struct dst_entry *dst;
	struct sock *child;

	*own_req = false;
	if (ltcp_acceptq_full(sk))
		goto drop;
	child = ltcp_child_clone(sk, skb, req);
	if (!child)
		goto drop;
	/* Also fills in the flow that ip_queue_xmit() takes addresses from */
	dst = inet_csk_route_child_sock(sk, child, req);
	if (!dst)
		goto forget;
	ltcp_child_route(child, dst);
	if (__inet_inherit_port(sk, child))
		goto forget;

	*own_req = ltcp_child_hash(child, req, req_unhash);
	return child;
forget:
	ltcp_child_forget(child);
drop:
	ltcp_listen_drop(sk);
	return NULL;
}

/*
 * icsk_af_ops->syn_recv_sock: ltcp_child_new() with the arguments that this
 * kernel wants. The child is routed anew; @dst is only consumed. A request of the
 * built-in that was moved to our listener makes no child of ours.
 */
struct sock *ltcp_syn_recv_sock(const struct sock *sk, struct sk_buff *skb,
				struct request_sock *req, struct dst_entry *dst,
				struct request_sock *req_unhash, bool *own_req
				LTCP_SYN_RECV_EXTRA)
{
	dst_release(dst);
	*own_req = false;
	if (req->rsk_ops != &ltcp_request_sock_ops)
		return NULL;
	return ltcp_child_new(sk, skb, req, req_unhash, own_req);
}

/* ------------------------------------------------------------------ */
/* The segment of a handshake, from end to end                          */
/* ------------------------------------------------------------------ */

/**
 * ltcp_check_req - a segment for a connection in SYN-RECEIVED
 * @lsk: the listener it belongs to now, not locked, held by the caller
 * @skb: the segment; not consumed
 * @seg: its header
 * @req: request, with a reference of the caller's
 * @why: set, where there is no child, to why the segment is dropped, or to
 *	 SKB_NOT_DROPPED_YET when it has had its effect
 *
 * RFC 9293 section 3.10.7.4 as far as it concerns a half-open connection.
 *
 * Context: BH off, RCU. Return: NULL, and the caller frees @skb and puts @req;
 * or the child, locked, with a reference for the caller, to be given to
 * ltcp_child_process() together with @skb. The caller's reference to @req is
 * then used up.
 */
struct sock *ltcp_check_req(struct sock *lsk, struct sk_buff *skb,
			    struct ltcp_seg *seg, struct request_sock *req,
			    enum skb_drop_reason *why)
{
	struct ltcp_judgement j;
	struct sock *child;
	bool own_req;

	*why = SKB_NOT_DROPPED_YET;
	if (ltcp_is_syn_again(req, seg) && !ltcp_req_paws_fails(req, seg)) {
		ltcp_req_syn_again(lsk, req, seg);
		return NULL;
	}
	j = ltcp_judge_req(req, seg);
	*why = j.reason;
	if (j.verdict != LTCP_ACCEPT) {
		ltcp_req_refuse(lsk, skb, req, j.verdict);
		return NULL;
	}
	if (ltcp_req_deferred(lsk, req, seg))
		return NULL;
	child = ltcp_child_new(lsk, skb, req, req, &own_req);
	if (!child) {
		*why = ltcp_no_child_reason(lsk);
		ltcp_req_overflow(lsk, skb, req);
		return NULL;
	}
	/* NULL, too, when the request has timed out at this moment */
	*why = SKB_DROP_REASON_NOT_SPECIFIED;
	return inet_csk_complete_hashdance(lsk, child, req, own_req);
}

/**
 * ltcp_child_process - the child's first segment, the one that made it
 * @lsk: listener, held by the caller; accept() may wait on it
 * @child: from ltcp_check_req(): locked, with a reference
 * @skb: consumed
 *
 * Whoever waits in accept() or poll() is woken here, when the child has left
 * SYN-RECEIVED, because it was queued before it had.
 *
 * Context: BH off, RCU. @child is unlocked and put on return.
 */
void ltcp_child_process(struct sock *lsk, struct sock *child,
			struct sk_buff *skb)
{
	/* sk_clone_lock() took it, without telling sparse */
	__acquire(&child->sk_lock.slock);
	sk_mark_napi_id(child, skb);
	if (!sock_owned_by_user(child)) {
		ltcp_rcv_locked(child, skb);
		if (child->sk_state != TCP_SYN_RECV)
			READ_ONCE(lsk->sk_data_ready)(lsk);
	} else {
		__sk_add_backlog(child, skb);
	}
	bh_unlock_sock(child);
	sock_put(child);
}
