// SPDX-License-Identifier: GPL-2.0
/*
 * xmit.c - from a packet of the queue to a segment on its way.
 *
 * Builds the header and options (RFC 9293 section 3.1, RFC 7323, RFC 2018) and
 * hands the result to IP. Whether and what to send was decided in tx.c; here
 * nothing is refused. Every byte of a header is written, since the memory is
 * not cleared.
 *
 * A segment with ACK carries the newest acknowledgment and window, so whatever
 * is sent settles an owed ACK (ltcp_ack_sent()).
 */
#include "trace.h"
#include "listen.h"

/* A D-SACK or SACK report is due in the next segments. */
static bool ltcp_sacks_due(const struct ltcp_sock *lt)
{
	return lt->tcp.rx_opt.sack_ok && (lt->sacks.n || lt->tcp.rx_opt.dsack);
}

static void ltcp_fill_sacks(const struct ltcp_sock *lt, struct ltcp_opts *o)
{
	const struct tcp_sack_block *d = &lt->tcp.duplicate_sack[0];
	struct ltcp_sack_block dup = { .start = d->start_seq, .end = d->end_seq };

	ltcp_sacklist_report(&lt->sacks, lt->tcp.rx_opt.dsack ? &dup : NULL, o);
}

/* Options of a segment in a synchronized state. */
static void ltcp_fill_opts(const struct ltcp_sock *lt, struct ltcp_opts *o)
{
	const struct tcp_sock *tp = &lt->tcp;

	o->present = 0;
	if (tp->rx_opt.tstamp_ok) {
		o->present |= LTCP_OPT_TS;
		o->tsval = ltcp_tsval(tp);
		o->tsecr = tp->rx_opt.ts_recent;
	}
	if (unlikely(ltcp_sacks_due(lt)))
		ltcp_fill_sacks(lt, o);
}

/**
 * ltcp_established_opts_len - option bytes that a data segment would carry now
 * @sk: connection
 *
 * Context: socket lock. Return: 0 to 40, a multiple of 4.
 */
u32 ltcp_established_opts_len(const struct sock *sk)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_opts o;

	if (likely(!ltcp_sacks_due(lt)))
		return lt->tcp.tcp_header_len - sizeof(struct tcphdr);
	ltcp_fill_opts(lt, &o);
	return ltcp_opts_len(&o);
}

/* What a SYN, or the SYN,ACK of a simultaneous open, offers. */
static void ltcp_fill_syn_opts(const struct ltcp_sock *lt, u8 flags,
			       struct ltcp_opts *o)
{
	const struct tcp_sock *tp = &lt->tcp;

	o->present = LTCP_OPT_MSS;
	o->mss = tp->advmss;
	if (tp->rx_opt.tstamp_ok) {
		o->present |= LTCP_OPT_TS;
		o->tsval = ltcp_tsval(tp);
		o->tsecr = flags & LTCP_FLAG_ACK ? tp->rx_opt.ts_recent : 0;
	}
	if (tp->rx_opt.sack_ok)
		o->present |= LTCP_OPT_SACK_PERM;
	if (tp->rx_opt.wscale_ok) {
		o->present |= LTCP_OPT_WSCALE;
		o->wscale = tp->rx_opt.rcv_wscale;
	}
}

/* The lone timestamp of a usual segment, written as three words. */
static unsigned int ltcp_put_ts(u8 *p, const struct tcp_sock *tp)
{
	put_unaligned_be32(LTCP_OPTS_TS_WORD, p);
	put_unaligned_be32(ltcp_tsval(tp), p + 4);
	put_unaligned_be32(tp->rx_opt.ts_recent, p + 8);
	return LTCP_OPTS_TS_LEN;
}

/* Write the options for @flags at @p, which has 40 bytes of room; returns their length. */
static unsigned int ltcp_put_opts(const struct ltcp_sock *lt, u8 flags, u8 *p)
{
	struct ltcp_opts o;

	if (likely(!(flags & LTCP_FLAG_SYN) && !ltcp_sacks_due(lt)))
		return lt->tcp.rx_opt.tstamp_ok ? ltcp_put_ts(p, &lt->tcp) : 0;
	if (flags & LTCP_FLAG_SYN)
		ltcp_fill_syn_opts(lt, flags, &o);
	else
		ltcp_fill_opts(lt, &o);
	return ltcp_opts_build(p, &o);
}

/* The 13th and 14th octet together: data offset, reserved bits 0, flags. */
static void ltcp_put_offset_flags(struct tcphdr *th, unsigned int hdrlen,
				  u8 flags)
{
	*((__be16 *)th + 6) = htons((hdrlen / 4) << 12 | flags);
}

/* Build the TCP header in front of the payload. Returns its length. */
static unsigned int ltcp_build_header(struct sock *sk, struct sk_buff *skb,
				      u32 seq, u8 flags)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	u8 opts[LTCP_OPTS_MAX] __aligned(4);
	unsigned int optlen = ltcp_put_opts(lt, flags, opts);
	unsigned int hdrlen = sizeof(struct tcphdr) + optlen;
	struct tcphdr *th;
	u32 wnd;

	skb_push(skb, hdrlen);
	skb_reset_transport_header(skb);
	th = tcp_hdr(skb);
	th->source = inet_sk(sk)->inet_sport;
	th->dest = inet_sk(sk)->inet_dport;
	th->seq = htonl(seq);
	th->ack_seq = flags & LTCP_FLAG_ACK ? htonl(tp->rcv_nxt) : 0;
	ltcp_put_offset_flags(th, hdrlen, flags);
	if (unlikely(flags & LTCP_FLAG_SYN)) {
		wnd = min_t(u32, tp->rcv_wnd, U16_MAX);
	} else {
		wnd = ltcp_select_window(sk) >> tp->rx_opt.rcv_wscale;
	}
	th->window = htons(wnd);
	th->check = 0;
	th->urg_ptr = 0;
	memcpy(th + 1, opts, optlen);
	return hdrlen;
}

/* Count what goes out, and note what its sending settles. */
static void ltcp_note_sent(struct sock *sk, u8 flags, u32 len, u32 segs)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (len) {
		ltcp_ack_rode(sk);
		tp->lsndtime = tcp_jiffies32;
		tp->data_segs_out += segs;
		tp->bytes_sent += len;
	}
	if (likely(flags & LTCP_FLAG_ACK))
		ltcp_ack_sent(sk);
	tp->segs_out += segs;
	TCP_ADD_STATS(sock_net(sk), TCP_MIB_OUTSEGS, segs);
}

/* The packet is the socket's until the device has it. */
static void ltcp_set_owner(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = ltcp_wfree;
	refcount_add(skb->truesize, &sk->sk_wmem_alloc);
}

/* Header, offload, IP. @skb is consumed. */
static int ltcp_hand_over(struct sock *sk, struct sk_buff *skb,
			  const struct ltcp_cb *cb)
{
	u32 len = skb->len;
	u32 mss = cb->mss, segs = max_t(u32, cb->segs, 1);
	u8 flags = cb->flags;
	int err;

	if (len)
		ltcp_pace_stamp(sk, skb);
	if (tcp_sk(sk)->ecn_flags & TCP_ECN_OK)
		flags |= ltcp_ecn_mark(sk, cb, len);
	if (unlikely(READ_ONCE(tcp_sk(sk)->tcp_tx_delay)))
		ltcp_pace_delay(sk, skb);
	ltcp_build_header(sk, skb, cb->seq, flags);
	if (unlikely(ltcp_sk(sk)->urg_out) && segs == 1)
		ltcp_urg_stamp(sk, tcp_hdr(skb), cb->seq);
	ltcp_set_owner(skb, sk);
	skb_set_hash_from_sk(skb, sk);
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	ltcp_offload_prepare(sk, skb, len, mss, segs);
	ltcp_note_sent(sk, flags, len, segs);
	ltcp_trace_sent(sk, cb, len);
	/* IP's own marks begin clean; @cb may lie in the same bytes */
	memset(skb->cb, 0, max(sizeof(struct inet_skb_parm),
			       sizeof(struct inet6_skb_parm)));
	err = inet_csk(sk)->icsk_af_ops->queue_xmit(sk, skb,
						    &inet_sk(sk)->cork.fl);
	return net_xmit_eval(err);	/* a macro: looks at its argument twice */
}

/**
 * ltcp_xmit - send one packet
 * @sk: connection, its clock freshly read
 * @skb: packet with its struct ltcp_cb filled
 * @clone: true for a packet of the queue, which stays there; false consumes @skb
 *
 * Context: socket lock. Return: 0 or a negative errno of the layers below; the
 * caller goes on as if the network had lost it.
 */
int ltcp_xmit(struct sock *sk, struct sk_buff *skb, bool clone)
{
	const struct ltcp_cb *cb = ltcp_cb(skb);
	struct sk_buff *out = skb;

	if (clone) {
		skb->skb_mstamp_ns = ltcp_pace_departure(sk);
		/* A clone still queued below us reads the header room: use another */
		out = unlikely(skb_cloned(skb)) ? pskb_copy(skb, ltcp_atomic(sk)) :
						  skb_clone(skb, ltcp_atomic(sk));
		if (unlikely(!out))
			return -ENOBUFS;
		out->dev = NULL;	/* shared its place with the tree node */
		out->tstamp = 0;
	}
	return ltcp_hand_over(sk, out, cb);
}

/* A packet without data, for segments that stand in no queue. */
static struct sk_buff *ltcp_bare_skb(u32 seq, u8 flags, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(MAX_TCP_HEADER, gfp);
	struct ltcp_cb *cb;

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	cb = ltcp_cb(skb);
	memset(cb, 0, sizeof(*cb));
	cb->seq = seq;
	cb->end_seq = seq;
	cb->mss = 1;
	cb->segs = 1;
	cb->flags = flags;
	return skb;
}

/*
 * SEG.SEQ of a segment without text: SND.NXT, unless the peer has shrunk its window to
 * end before that by more than its scale explains. There it would not be acceptable, nor
 * its ACK be heard.
 */
static u32 ltcp_bare_seq(const struct tcp_sock *tp)
{
	u32 edge = tp->snd_una + tp->snd_wnd;

	if (likely(seq_leq(tp->snd_nxt, edge)) ||
	    tp->snd_nxt - edge < 1U << tp->rx_opt.snd_wscale)
		return tp->snd_nxt;
	return edge;
}

/**
 * ltcp_send_ack - send <ACK=RCV.NXT><CTL=ACK> now
 * @sk: connection
 *
 * Without memory the delayed-ACK timer tries again. Context: socket lock.
 */
void ltcp_send_ack(struct sock *sk)
{
	struct sk_buff *skb;

	if (unlikely(sk->sk_state == TCP_CLOSE))
		return;
	skb = ltcp_bare_skb(ltcp_bare_seq(tcp_sk(sk)), LTCP_FLAG_ACK, ltcp_atomic(sk));
	if (unlikely(!skb)) {
		inet_csk_schedule_ack(sk);
		ltcp_timer_arm_delack(sk, TCP_DELACK_MAX);
		return;
	}
	ltcp_xmit(sk, skb, false);
}

/**
 * ltcp_send_probe - ask the peer for an ACK
 * @sk: connection
 *
 * A segment just below the window, <SEQ=SND.UNA-1>, which every TCP answers
 * with its current ACK and window: for a closed window and for keepalive
 * (RFC 9293 section 3.8.4). It is not acceptable, so an urgent pointer has to go
 * before it in a segment of its own. Context: BH off, socket lock.
 */
void ltcp_send_probe(struct sock *sk)
{
	struct sk_buff *skb = ltcp_bare_skb(tcp_sk(sk)->snd_una - 1,
					    LTCP_FLAG_ACK, ltcp_atomic(sk));

	if (ltcp_urg_ahead(ltcp_sk(sk), tcp_sk(sk)->snd_una))
		ltcp_send_ack(sk);
	if (skb)
		ltcp_xmit(sk, skb, false);
}

/**
 * ltcp_send_active_reset - tell the peer that the connection is aborted
 * @sk: connection in a synchronized state
 * @gfp: how to allocate
 *
 * RFC 9293 section 3.10.5. Lost, it is not sent again: whatever the peer sends
 * next is answered by another. Context: socket lock.
 */
void ltcp_send_active_reset(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb = ltcp_bare_skb(ltcp_bare_seq(tcp_sk(sk)),
					    LTCP_FLAG_ACK | LTCP_FLAG_RST, gfp);

	TCP_INC_STATS(sock_net(sk), TCP_MIB_OUTRSTS);
	ltcp_trace_reset(sk, NULL);
	if (!skb) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTFAILED);
		return;
	}
	ltcp_count(ltcp_sk(sk)->lnet, LTCP_MIB_RESETS_OUT);
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_xmit(sk, skb, false);
}

/* The SYN,ACK's options: what both the request and this end agreed to. */
static void ltcp_fill_synack_opts(const struct sock *sk,
				  const struct dst_entry *dst,
				  const struct request_sock *req,
				  struct ltcp_opts *o)
{
	const struct inet_request_sock *ireq = inet_rsk(req);

	o->present = LTCP_OPT_MSS;
	o->mss = ltcp_advmss(sk, dst);
	if (ireq->tstamp_ok) {
		o->present |= LTCP_OPT_TS;
		o->tsval = req->syncookie ? ltcp_cookie_tsval(req) :
				ltcp_now_ms() + tcp_rsk(req)->ts_off;
		o->tsecr = READ_ONCE(req->ts_recent);
	}
	if (ireq->sack_ok)
		o->present |= LTCP_OPT_SACK_PERM;
	if (ireq->wscale_ok) {
		o->present |= LTCP_OPT_WSCALE;
		o->wscale = ireq->rcv_wscale;
	}
}

/**
 * ltcp_make_synack - build the SYN,ACK of a request
 * @sk: listener, not locked
 * @dst: route to the peer; the packet takes a reference
 * @req: request
 *
 * Context: BH off, RCU. Return: a segment ready for ip_build_and_send_pkt(), its
 * checksum prepared for the request's addresses, or NULL without memory.
 */
struct sk_buff *ltcp_make_synack(const struct sock *sk, struct dst_entry *dst,
				 struct request_sock *req)
{
	const struct inet_request_sock *ireq = inet_rsk(req);
	struct sk_buff *skb = alloc_skb(MAX_TCP_HEADER, GFP_ATOMIC);
	struct ltcp_opts o;
	struct tcphdr *th;
	unsigned int hdrlen;

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	skb_dst_set(skb, dst_clone(dst));
	skb->mark = ireq->ir_mark;
	/* By it devices and tunnels choose a path, another one when it is sent again */
	skb_set_hash(skb, READ_ONCE(tcp_rsk(req)->txhash), PKT_HASH_TYPE_L4);
	if (unlikely(READ_ONCE(tcp_sk(sk)->tcp_tx_delay)))
		ltcp_pace_delay(sk, skb);
	ltcp_fill_synack_opts(sk, dst, req, &o);
	hdrlen = sizeof(*th) + ltcp_opts_len(&o);

	skb_push(skb, hdrlen);
	skb_reset_transport_header(skb);
	th = tcp_hdr(skb);
	th->source = htons(ireq->ir_num);
	th->dest = ireq->ir_rmt_port;
	th->seq = htonl(tcp_rsk(req)->snt_isn);
	th->ack_seq = htonl(tcp_rsk(req)->rcv_nxt);
	ltcp_put_offset_flags(th, hdrlen, LTCP_FLAG_SYN | LTCP_FLAG_ACK |
			      (ireq->ecn_ok ? LTCP_FLAG_ECE : 0));
	th->window = htons(min_t(u32, req->rsk_rcv_wnd, U16_MAX));
	th->urg_ptr = 0;
	ltcp_opts_build((u8 *)(th + 1), &o);

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = ~tcp_v4_check(skb->len, ireq->ir_loc_addr,
				  ireq->ir_rmt_addr, 0);
	TCP_INC_STATS(sock_net(sk), TCP_MIB_OUTSEGS);
	return skb;
}
