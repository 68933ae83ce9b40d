// SPDX-License-Identifier: GPL-2.0
/*
 * rx.c - the spine: a segment arrives (RFC 9293 section 3.10.7).
 *
 * ipv4.c has found the socket and holds its lock (a listener is used without
 * one, under RCU). Here the header is parsed once into a value on the stack
 * and handed along the steps of the RFC. A step decides; ltcp_act() alone turns
 * a refusal into what goes on the wire, and ltcp_push() alone sends.
 *
 * Every function that takes an skb here consumes it.
 */
#include <net/inet_ecn.h>

#include "trace.h"
#include "listen.h"

/**
 * ltcp_parse - read a header into a value
 * @skb: packet whose data begins at its TCP header, the header in the linear part
 * @seg: filled
 *
 * Context: any. Options are parsed to their full length (RFC 9293 3.1), the
 * usual lone timestamp by one comparison.
 */
void ltcp_parse(const struct sk_buff *skb, struct ltcp_seg *seg)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const u8 *opts = (const u8 *)(th + 1);
	unsigned int hdrlen = __tcp_hdrlen(th);

	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->wnd = ntohs(th->window);
	seg->urg = ntohs(th->urg_ptr);
	seg->flags = ((const u8 *)th)[13];
	seg->ecn = ip_hdr(skb)->tos & INET_ECN_MASK;
	seg->len = skb->len - hdrlen;
	seg->end_seq = seg->seq + seg->len + th->syn + th->fin;
	seg->segs = max_t(u16, 1, skb_shinfo(skb)->gso_segs);

	if (ltcp_opts_ts_only(opts, hdrlen - sizeof(*th), &seg->opt.tsval,
			      &seg->opt.tsecr))
		seg->opt.present = LTCP_OPT_TS;
	else
		ltcp_opts_parse(opts, hdrlen - sizeof(*th), th->syn, &seg->opt);
}

/* A duplicate ACK for a segment out of the window; bare ones are rate-limited. */
static void ltcp_ack_unacceptable(struct sock *sk, const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 interval_ms = jiffies_to_msecs(READ_ONCE(
		sock_net(sk)->ipv4.sysctl_tcp_invalid_ratelimit));

	if (!ltcp_seg_is_bare(seg)) {
		if (seg->len && seq_lt(seg->seq, tp->rcv_nxt))
			ltcp_data_again(sk, seg);
		ltcp_send_ack(sk);
		return;
	}
	if (ltcp_ratelimit(&tp->last_oow_ack_time, ltcp_now_ms(), interval_ms))
		ltcp_send_ack(sk);
	else
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPACKSKIPPEDSEQ);
}

static void ltcp_challenge_ack(struct sock *sk)
{
	if (!ltcp_challenge_allowed(sk))
		return;
	ltcp_count(ltcp_sk(sk)->lnet, LTCP_MIB_CHALLENGE_ACKS);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPCHALLENGEACK);
	ltcp_send_ack(sk);
}

/* Carry out a refusal, or a RST. The segment itself goes no further. */
static void ltcp_act(struct sock *sk, struct sk_buff *skb,
		     const struct ltcp_seg *seg, const struct ltcp_judgement *j)
{
	switch (j->verdict) {
	case LTCP_ACCEPT:
	case LTCP_DROP:
		break;
	case LTCP_DROP_ACK:
		ltcp_ack_unacceptable(sk, seg);
		break;
	case LTCP_DROP_CHALLENGE:
		ltcp_challenge_ack(sk);
		break;
	case LTCP_DROP_RESET:
		ltcp_v4_send_reset(sock_net(sk), sk, skb);
		break;
	case LTCP_CONN_RESET:
		ltcp_rcv_reset(sk);
		consume_skb(skb);
		return;
	}
	ltcp_drop(sk, skb, j->reason);
}

/*
 * Fifth step, the state's part: what the acknowledgment means beyond the
 * queues. Returns false when the socket is finished with.
 */
static bool ltcp_ack_state(struct sock *sk, struct sk_buff *skb,
			   const struct ltcp_seg *seg)
{
	switch (sk->sk_state) {
	case TCP_SYN_RECV:
		if (seq_gt(seg->ack, tcp_sk(sk)->snd_una) ||
		    !ltcp_all_sent_acked(ltcp_sk(sk)))
			return true;
		ltcp_established(sk, skb);
		return true;
	case TCP_FIN_WAIT1:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return ltcp_fin_acked(sk, seg);
	}
	return true;
}

/*
 * The push that ends a segment's processing. While a user owns the socket a
 * whole backlog is being worked off, and one push at its end serves all of it;
 * only what must be acknowledged at once is. The owner has not the spinlock now, so
 * the bits of those who have it are not his to change.
 */
static void ltcp_segment_push(struct sock *sk)
{
	if (sock_owned_by_user(sk) &&
	    !(inet_csk(sk)->icsk_ack.pending & ICSK_ACK_NOW))
		ltcp_sk(sk)->backlog_push = true;
	else
		ltcp_push(sk);
}

/*
 * Both opened at once and the two SYN,ACKs cross (RFC 9293 figure 7): the peer's
 * SYN was taken already, so only its ACK is new. It is answered, in case our own
 * SYN,ACK is lost.
 */
static void ltcp_crossed_syn_ack(struct sock *sk, struct ltcp_seg *seg)
{
	const u8 mask = LTCP_FLAG_SYN | LTCP_FLAG_ACK | LTCP_FLAG_RST;

	if ((seg->flags & mask) != (LTCP_FLAG_SYN | LTCP_FLAG_ACK) ||
	    seg->seq + 1 != tcp_sk(sk)->rcv_nxt)
		return;
	/* The window of a SYN is not scaled (RFC 7323 section 2.2); what follows will do so */
	seg->wnd >>= tcp_sk(sk)->rx_opt.snd_wscale;
	ltcp_seg_past_syn(seg);
	inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_NOW;
}

/**
 * ltcp_segment_arrives - a segment for a synchronized connection
 * @sk: full socket in any state but CLOSED, LISTEN and SYN-SENT
 * @skb: consumed; data still begins at the TCP header
 * @seg: its parsed header
 *
 * RFC 9293 section 3.10.7.4, step by step. Context: BH off, socket lock.
 */
void ltcp_segment_arrives(struct sock *sk, struct sk_buff *skb,
			  struct ltcp_seg *seg)
{
	struct ltcp_judgement j;

	ltcp_trace_kernel(tcp_probe, sk, skb);
	if (unlikely(sk->sk_state == TCP_SYN_RECV))
		ltcp_crossed_syn_ack(sk, seg);

	/* First to fourth: sequence number, RST, security, SYN; and is the ACK sane */
	j = ltcp_validate(sk, seg);
	if (unlikely(j.verdict != LTCP_ACCEPT)) {
		ltcp_act(sk, skb, seg, &j);
		return;
	}

	ltcp_v4_note_header(sk, skb);

	/* Fifth: the ACK field */
	ltcp_ack(sk, seg);
	if (unlikely(sk->sk_state != TCP_ESTABLISHED) &&
	    !ltcp_ack_state(sk, skb, seg)) {
		consume_skb(skb);
		return;
	}

	/* Sixth: the URG bit */
	if (unlikely(ltcp_has(seg, LTCP_FLAG_URG) ||
		     tcp_sk(sk)->urg_data == TCP_URG_NOTYET))
		ltcp_urg_arrives(sk, skb, seg);

	/* Seventh and eighth: the text, and FIN in order with it */
	ltcp_data(sk, skb, seg);
	ltcp_segment_push(sk);
}

/* RFC 9293 section 3.10.7.2: first RST, second ACK, third SYN, fourth the rest. */
static void ltcp_listen_arrives(struct sock *sk, struct sk_buff *skb,
				const struct ltcp_seg *seg)
{
	enum skb_drop_reason why;

	if (ltcp_has(seg, LTCP_FLAG_RST)) {
		ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_RESET);
		return;
	}
	if (ltcp_has(seg, LTCP_FLAG_ACK)) {
		if (ltcp_cookie_ack(sk, skb, seg))
			return;
		ltcp_v4_send_reset(sock_net(sk), sk, skb);
		ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_FLAGS);
		return;
	}
	if (!ltcp_has(seg, LTCP_FLAG_SYN)) {
		ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_FLAGS);
		return;
	}
	why = ltcp_listen_syn(sk, skb);
	if (why)
		ltcp_drop(sk, skb, why);
	else
		consume_skb(skb);
}

/*
 * Closed while this segment waited for the lock: only the next one is answered,
 * by what is found in the socket's place then (often its own TIME-WAIT).
 */
static void ltcp_closed_arrives(struct sock *sk, struct sk_buff *skb)
{
	ltcp_drop(sk, skb, SKB_DROP_REASON_TCP_CLOSE);
}

/**
 * ltcp_rcv_listen - a segment for what was seen to be a listener
 * @sk: full socket of ours, perhaps no longer a listener
 * @skb: consumed; data begins at the TCP header, checksum verified
 *
 * Nothing of @sk that a lock guards is touched, whatever it has become.
 * Context: BH off, RCU.
 */
void ltcp_rcv_listen(struct sock *sk, struct sk_buff *skb)
{
	struct ltcp_seg seg;

	ltcp_parse(skb, &seg);
	ltcp_listen_arrives(sk, skb, &seg);
}

/* As TCP_INFO has it: whatever becomes of the segment. */
static void ltcp_count_segment(struct sock *sk, const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->segs_in += seg->segs;
	if (seg->len)
		tp->data_segs_in += seg->segs;
}

/**
 * ltcp_rcv_locked - a segment for a socket that may be worked on now
 * @sk: full socket of ours
 * @skb: consumed; data begins at the TCP header, checksum verified
 *
 * Context: BH off, socket lock held and not owned by a user.
 * Return: 0 always.
 */
int ltcp_rcv_locked(struct sock *sk, struct sk_buff *skb)
{
	struct ltcp_seg seg;

	ltcp_parse(skb, &seg);
	switch (sk->sk_state) {
	case TCP_CLOSE:
		ltcp_closed_arrives(sk, skb);
		break;
	case TCP_LISTEN:
		ltcp_listen_arrives(sk, skb, &seg);
		break;
	case TCP_SYN_SENT:
		ltcp_mstamp_refresh(tcp_sk(sk));
		ltcp_count_segment(sk, &seg);
		ltcp_rcv_syn_sent(sk, skb, &seg);
		break;
	default:
		ltcp_mstamp_refresh(tcp_sk(sk));
		ltcp_count_segment(sk, &seg);
		ltcp_segment_arrives(sk, skb, &seg);
		ltcp_audit(sk);
	}
	return 0;
}

/**
 * ltcp_backlog_rcv - proto.backlog_rcv: a segment that waited for the owner
 * @sk: socket, owned by the caller
 * @skb: consumed
 *
 * Context: process, socket owned; BH are turned off here as the rest expects.
 * Return: 0 always.
 */
int ltcp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	local_bh_disable();
	/* A listener has no backlog: it was for the connection that @sk was before */
	if (unlikely(sk->sk_state == TCP_LISTEN))
		ltcp_closed_arrives(sk, skb);
	else
		ltcp_rcv_locked(sk, skb);
	local_bh_enable();
	return 0;
}
