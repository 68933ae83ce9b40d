// SPDX-License-Identifier: GPL-2.0
/*
 * connect.c - active and simultaneous opening.
 *
 *	SYN-SENT --SYN,ACK of our SYN--> ESTABLISHED     (the usual way)
 *	SYN-SENT --SYN alone-----------> SYN-RECEIVED    (both opened at once)
 *
 * ipv4_open.c has bound addresses and ports and chosen the ISN. Here the SYN's
 * offers are put together and the answer is taken in (RFC 9293 section 3.10.7.3).
 */
#include "ltcp.h"

/* Everything the handshake negotiates starts from what this end would like. */
static void ltcp_connect_offers(struct sock *sk)
{
	const struct net *net = sock_net(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	tp->rx_opt.tstamp_ok = READ_ONCE(net->ipv4.sysctl_tcp_timestamps) != 0;
	tp->rx_opt.sack_ok = READ_ONCE(net->ipv4.sysctl_tcp_sack) &&
			     ltcp_arq_has_sack(ltcp_sk(sk)->lnet);
	tp->rx_opt.wscale_ok = READ_ONCE(net->ipv4.sysctl_tcp_window_scaling) != 0;
	tp->rx_opt.snd_wscale = 0;
	tp->rx_opt.mss_clamp = U16_MAX;
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (tp->rx_opt.tstamp_ok)
		tp->tcp_header_len += LTCP_OPTS_TS_LEN;
}

/* Sequence variables before the first segment (RFC 9293 section 3.10.1). */
static void ltcp_connect_sequence(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct ltcp_wnd_offer offer;

	ltcp_sk(sk)->iss = tp->write_seq;
	tp->snd_una = tp->write_seq;
	tp->snd_nxt = tp->write_seq;
	tp->snd_sml = tp->write_seq;
	tp->snd_up = tp->write_seq;
	tp->pushed_seq = tp->write_seq;
	tp->snd_wnd = 0;
	tp->snd_wl1 = 0;
	tp->max_window = 0;
	tp->rcv_nxt = 0;
	tp->rcv_wup = 0;
	WRITE_ONCE(tp->copied_seq, 0);
	offer = ltcp_window_offer(sk, __sk_dst_get(sk), tp->rx_opt.wscale_ok);
	tp->window_clamp = offer.clamp;
	tp->rcv_wnd = offer.wnd;
	tp->rx_opt.rcv_wscale = offer.wscale;
}

/**
 * ltcp_connect_start - send the SYN of an active opening
 * @sk: in SYN-SENT, hashed, routed, write_seq holds the ISN
 *
 * Context: process, socket lock. Return: 0 or -ENOBUFS.
 */
int ltcp_connect_start(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	const struct dst_entry *dst;

	if (inet_csk(sk)->icsk_af_ops->rebuild_header(sk))
		return -EHOSTUNREACH;
	dst = __sk_dst_get(sk);		/* perhaps another one than before */
	ltcp_mstamp_refresh(tp);
	ltcp_cong_route(sk, dst);
	ltcp_connect_offers(sk);
	ltcp_connect_sequence(sk);
	ltcp_sync_mss(sk, dst_mtu(dst));
	tp->advmss = ltcp_advmss(sk, dst);
	tp->retrans_stamp = ltcp_tsval(tp);
	sk->sk_err = 0;
	sock_reset_flag(sk, SOCK_DONE);
	inet_csk(sk)->icsk_rto =
		msecs_to_jiffies(READ_ONCE(ltcp_sk(sk)->lnet->rto_initial_ms));
	inet_csk(sk)->icsk_retransmits = 0;
	inet_csk(sk)->icsk_backoff = 0;

	if (!ltcp_tx_queue_syn(sk, LTCP_FLAG_SYN | ltcp_ecn_offer(sk, dst)))
		return -ENOBUFS;
	TCP_INC_STATS(sock_net(sk), TCP_MIB_ACTIVEOPENS);
	ltcp_count(ltcp_sk(sk)->lnet, LTCP_MIB_ACTIVE_OPENS);
	return 0;
}

/**
 * ltcp_take_syn_options - settle what the peer's SYN agreed to
 * @tp: connection that offered what its rx_opt says
 * @opt: options of the peer's SYN
 *
 * Each option holds only when both sides sent it (RFC 7323 sections 2.2 and 3.2,
 * RFC 2018 section 2); the MSS is the peer's alone, 536 when it says nothing
 * (MUST-15), and never so small that headers are all that is sent.
 *
 * Context: socket lock.
 */
void ltcp_take_syn_options(struct tcp_sock *tp, const struct ltcp_opts *opt)
{
	const struct net *net = sock_net((struct sock *)tp);
	u16 mss = opt->present & LTCP_OPT_MSS ? opt->mss : LTCP_MSS_DEFAULT_IPV4;

	mss = max_t(u16, mss, READ_ONCE(net->ipv4.sysctl_tcp_min_snd_mss));
	tp->rx_opt.mss_clamp = min(tp->rx_opt.mss_clamp, mss);
	tp->rx_opt.tstamp_ok &= !!(opt->present & LTCP_OPT_TS);
	tp->rx_opt.sack_ok &= !!(opt->present & LTCP_OPT_SACK_PERM);
	tp->rx_opt.wscale_ok &= !!(opt->present & LTCP_OPT_WSCALE);
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (tp->rx_opt.tstamp_ok) {
		tp->tcp_header_len += LTCP_OPTS_TS_LEN;
		tp->rx_opt.ts_recent = opt->tsval;
		tp->rx_opt.ts_recent_stamp = ktime_get_seconds();
	}
	if (tp->rx_opt.wscale_ok) {
		tp->rx_opt.snd_wscale = opt->wscale;
	} else {
		tp->rx_opt.snd_wscale = 0;
		tp->rx_opt.rcv_wscale = 0;
		tp->window_clamp = min_t(u32, tp->window_clamp, U16_MAX);
	}
}

/* Third step's first half: the peer's numbers and options are known now. */
static void ltcp_take_syn(struct sock *sk, const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_take_syn_options(tp, &seg->opt);
	ltcp_ecn_take_syn(sk, seg);
	WRITE_ONCE(tp->rcv_nxt, seg->seq + 1);
	tp->rcv_wup = seg->seq + 1;
	WRITE_ONCE(tp->copied_seq, seg->seq + 1);
	tp->snd_wl1 = seg->seq;
	tp->snd_wnd = seg->wnd;
	tp->max_window = seg->wnd;
	ltcp_sync_mss(sk, inet_csk(sk)->icsk_pmtu_cookie);
}

/* Our SYN is acknowledged too: the connection stands. Consumes @skb. */
static void ltcp_syn_sent_done(struct sock *sk, struct sk_buff *skb,
			       struct ltcp_seg *seg)
{
	ltcp_ack(sk, seg);
	ltcp_path_learn(sk);
	security_inet_conn_established(sk, skb);	/* SO_PEERSEC */
	ltcp_established(sk, skb);
	inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_NOW;
	/* "Continue processing at the sixth step" */
	ltcp_seg_past_syn(seg);
	if (unlikely(ltcp_has(seg, LTCP_FLAG_URG)))
		ltcp_urg_arrives(sk, skb, seg);
	ltcp_data(sk, skb, seg);
	ltcp_push(sk);
}

/* Both sides opened at once: answer with SYN,ACK and wait for its ACK. */
static void ltcp_simultaneous_open(struct sock *sk)
{
	struct sk_buff *syn = ltcp_rtx_head(ltcp_sk(sk));

	ltcp_set_state(sk, TCP_SYN_RECV);
	if (WARN_ON_ONCE(!syn))
		return;
	ltcp_cb(syn)->flags = LTCP_FLAG_SYN | LTCP_FLAG_ACK;
	if (tcp_sk(sk)->ecn_flags & TCP_ECN_OK)
		ltcp_cb(syn)->flags |= LTCP_FLAG_ECE;
	ltcp_xmit(sk, syn, true);
}

/**
 * ltcp_rcv_syn_sent - a segment for a connection in SYN-SENT
 * @sk: connection
 * @skb: consumed
 * @seg: its header
 *
 * RFC 9293 section 3.10.7.3, in its order: ACK, RST, (security,) SYN.
 * Context: BH off, socket lock.
 */
void ltcp_rcv_syn_sent(struct sock *sk, struct sk_buff *skb,
		       struct ltcp_seg *seg)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	bool ack = ltcp_has(seg, LTCP_FLAG_ACK);

	/* First: an ACK of anything but our SYN is answered by a RST */
	if (ack && seg->ack != tp->snd_nxt) {
		if (!ltcp_has(seg, LTCP_FLAG_RST))
			ltcp_v4_send_reset(sock_net(sk), sk, skb);
		ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE);
		return;
	}
	/* Second: a RST is believed only with that ACK */
	if (ltcp_has(seg, LTCP_FLAG_RST)) {
		if (!ack) {
			ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_RESET);
			return;
		}
		ltcp_rcv_reset(sk);
		consume_skb(skb);
		return;
	}
	/* Fourth and fifth: SYN, or nothing */
	if (!ltcp_has(seg, LTCP_FLAG_SYN)) {
		ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_FLAGS);
		return;
	}
	ltcp_take_syn(sk, seg);
	if (ack) {
		ltcp_syn_sent_done(sk, skb, seg);
		return;
	}
	ltcp_simultaneous_open(sk);
	consume_skb(skb);
}
