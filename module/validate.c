// SPDX-License-Identifier: GPL-2.0
/*
 * validate.c - may this segment touch the connection at all?
 *
 * The first steps of RFC 9293 section 3.10.7.4, with RFC 7323's PAWS before
 * and RFC 5961's mitigations inside. Nothing is sent and no state moves here:
 * the answer is a verdict and a drop reason, and rx.c acts on it. The sums are
 * in pure/validate.c; this file loads them from the control block.
 */
#include "ltcp.h"

/* RFC 9293 says one second; RFC 5961 leaves the number to the implementation. */
#define LTCP_CHALLENGE_PERIOD_MS	1000
#define LTCP_CHALLENGES_PER_PERIOD	10

/**
 * ltcp_challenge_allowed - may one more challenge ACK be sent now?
 * @sk: connection
 *
 * RFC 5961 section 7. The allowance is the socket's own, so nothing of one
 * connection can be read off another's silence, and each second's is varied by
 * chance. tcp_challenge_ack_limit, when lower, bounds it.
 *
 * Context: socket lock. Return: true when it may, and one is used up.
 */
bool ltcp_challenge_allowed(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 limit = min_t(u32, LTCP_CHALLENGES_PER_PERIOD,
			  READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_challenge_ack_limit));
	u32 now_ms = ltcp_now_ms();

	if (now_ms - lt->challenge_ms >= LTCP_CHALLENGE_PERIOD_MS) {
		lt->challenge_ms = now_ms;
		lt->challenge_left = limit / 2 +
				     get_random_u32_below((limit + 1) / 2 + 1);
	}
	if (!lt->challenge_left)
		return false;
	lt->challenge_left--;
	return true;
}

/*
 * Does it bring what is missing below data that has arrived? Then an old timestamp
 * can mean that it is late. (Elsewhere R1 is kept to the letter.)
 */
static bool ltcp_fills_a_hole(const struct tcp_sock *tp, const struct ltcp_seg *seg)
{
	return seg->len && tp->ooo_last_skb && seq_geq(seg->seq, tp->rcv_nxt) &&
	       seq_leq(seg->end_seq, ltcp_cb(tp->ooo_last_skb)->end_seq);
}

/* RFC 7323 section 5.3, R1: an old timestamp marks an old duplicate; never a RST. */
static bool ltcp_paws_fails(const struct tcp_sock *tp,
			    const struct ltcp_seg *seg)
{
	if (!tp->rx_opt.tstamp_ok || !(seg->opt.present & LTCP_OPT_TS) ||
	    !tp->rx_opt.ts_recent_stamp)
		return false;
	return ltcp_paws_reject(seg->opt.tsval, tp->rx_opt.ts_recent,
				ktime_get_seconds() - tp->rx_opt.ts_recent_stamp) &&
	       !(ltcp_fills_a_hole(tp, seg) &&
		 ltcp_paws_is_late(&ltcp_sk((struct sock *)tp)->paws, seg->opt.tsval,
				   tp->rx_opt.ts_recent, tp->rcv_wnd));
}

static u32 ltcp_wnd_left(const struct tcp_sock *tp)
{
	return ltcp_offered_wnd(tp->rcv_nxt, tp->rcv_wup, tp->rcv_wnd);
}

/*
 * First: the sequence number. With the window closed nothing is acceptable, but
 * the ACK, URG and RST of the segment expected next are looked at (MUST-66) where
 * they may be valid; data.c then finds no room for its text.
 */
static bool ltcp_seq_fails(const struct tcp_sock *tp,
			   const struct ltcp_seg *seg)
{
	u32 wnd = ltcp_wnd_left(tp);

	if (ltcp_seq_acceptable(seg->seq, seg->end_seq, tp->rcv_nxt, wnd))
		return false;
	return wnd || seg->seq != tp->rcv_nxt ||
	       !ltcp_has(seg, LTCP_FLAG_ACK | LTCP_FLAG_RST);
}

/* In which way it fails: all of it is old, no window, or beyond the window. */
static enum skb_drop_reason ltcp_seq_reason(const struct tcp_sock *tp,
					    const struct ltcp_seg *seg)
{
	if (seq_leq(seg->end_seq, tp->rcv_nxt) && seq_lt(seg->seq, tp->rcv_nxt))
		return seg->len ? SKB_DROP_REASON_TCP_OLD_DATA :
				  SKB_DROP_REASON_TCP_OLD_SEQUENCE;
	return ltcp_wnd_left(tp) ? SKB_DROP_REASON_TCP_INVALID_SEQUENCE :
				   SKB_DROP_REASON_TCP_ZEROWINDOW;
}

/* Second: RST, as RFC 5961 section 3.2 refines it. */
static struct ltcp_judgement ltcp_judge_rst(const struct tcp_sock *tp,
					    const struct ltcp_seg *seg)
{
	switch (ltcp_rst_check(seg->seq, tp->rcv_nxt, ltcp_wnd_left(tp))) {
	case LTCP_RST_EXACT:
		return LTCP_JUDGE(LTCP_CONN_RESET, SKB_NOT_DROPPED_YET);
	case LTCP_RST_CHALLENGE:
		return LTCP_JUDGE(LTCP_DROP_CHALLENGE, SKB_DROP_REASON_TCP_RESET);
	default:
		return LTCP_JUDGE(LTCP_DROP, SKB_DROP_REASON_TCP_INVALID_SEQUENCE);
	}
}

/* Fifth, its beginning: is the acknowledgment possible (RFC 5961 section 5.2)? */
static struct ltcp_judgement ltcp_judge_ack(const struct sock *sk,
					    const struct ltcp_seg *seg)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	enum ltcp_ack_verdict v = ltcp_ack_check(seg->ack, tp->snd_una,
						 tp->snd_nxt, tp->max_window);

	/* In SYN-RECEIVED only an ACK of the SYN is good; others are answered by RST */
	if (unlikely(sk->sk_state == TCP_SYN_RECV) &&
	    (v != LTCP_ACK_OK ||
	     (seg->ack == tp->snd_una && tp->snd_una != tp->snd_nxt)))
		return LTCP_JUDGE(LTCP_DROP_RESET,
				  SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE);
	switch (v) {
	case LTCP_ACK_OK:
	case LTCP_ACK_OLD:
		return LTCP_GOOD;
	case LTCP_ACK_TOO_OLD:
		return LTCP_JUDGE(LTCP_DROP_CHALLENGE,
				  SKB_DROP_REASON_TCP_TOO_OLD_ACK);
	default:
		return LTCP_JUDGE(LTCP_DROP_CHALLENGE,
				  SKB_DROP_REASON_TCP_ACK_UNSENT_DATA);
	}
}

/* Everything but the common case, in the RFC's order. */
static struct ltcp_judgement ltcp_judge_slow(struct sock *sk,
					     struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool rst = ltcp_has(seg, LTCP_FLAG_RST);

	if (!rst && ltcp_paws_fails(tp, seg)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_PAWSESTABREJECTED);
		return LTCP_JUDGE(LTCP_DROP_ACK, SKB_DROP_REASON_TCP_RFC7323_PAWS);
	}
	if (ltcp_seq_fails(tp, seg))
		return LTCP_JUDGE(rst ? LTCP_DROP : LTCP_DROP_ACK,
				  ltcp_seq_reason(tp, seg));
	if (rst)
		return ltcp_judge_rst(tp, seg);
	/* Fourth: SYN in a synchronized state (RFC 5961 section 4.2) */
	if (ltcp_has(seg, LTCP_FLAG_SYN)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSYNCHALLENGE);
		return LTCP_JUDGE(LTCP_DROP_CHALLENGE,
				  SKB_DROP_REASON_TCP_INVALID_SYN);
	}
	if (!ltcp_has(seg, LTCP_FLAG_ACK))
		return LTCP_JUDGE(LTCP_DROP, SKB_DROP_REASON_TCP_FLAGS);
	return ltcp_judge_ack(sk, seg);
}

/**
 * ltcp_validate - judge a segment
 * @sk: connection in a synchronized state or SYN-RECEIVED
 * @seg: parsed segment
 *
 * The segment expected next, with a plain ACK, a timestamp that does not go back
 * and room in the window, passes after a handful of comparisons.
 *
 * Context: socket lock. Return: LTCP_ACCEPT, or what rx.c shall do and why.
 */
struct ltcp_judgement ltcp_validate(struct sock *sk, struct ltcp_seg *seg)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const u8 odd = LTCP_FLAG_SYN | LTCP_FLAG_RST;

	if (likely(sk->sk_state == TCP_ESTABLISHED &&
		   (seg->flags & (odd | LTCP_FLAG_ACK)) == LTCP_FLAG_ACK &&
		   seg->seq == tp->rcv_nxt &&
		   seg->ack - tp->snd_una <= tp->snd_nxt - tp->snd_una &&
		   (!tp->rx_opt.tstamp_ok ||
		    ((seg->opt.present & LTCP_OPT_TS) &&
		     seq_geq(seg->opt.tsval, tp->rx_opt.ts_recent)))))
		return LTCP_GOOD;
	return ltcp_judge_slow(sk, seg);
}
