// SPDX-License-Identifier: GPL-2.0
/*
 * ecn.c - Explicit Congestion Notification (RFC 3168, RFC 8257).
 *
 * A router whose queue grows marks packets instead of dropping them, if both ends
 * have agreed to listen: the IP header says ECT(0), "may be marked", and becomes
 * CE. The receiver echoes, the sender answers as to a loss and says that it has:
 *
 *	sender				router			receiver
 *	data, ECT(0)	-------------->	CE ------------------->	ECE from now on
 *	cwnd is reduced <--------------------------------------	ACK, ECE
 *	data, CWR	-------------------------------------->	no more ECE
 *
 * tcp_sock.ecn_flags has the state: OK agreed upon (in SYN-SENT: offered), SEEN a
 * packet of the peer was ECT or CE, DEMAND_CWR echo ECE, QUEUE_CWR the next new
 * data carries CWR.
 *
 * Only new data is ECT. A SYN, an ACK alone, a probe and what is sent again are not
 * (RFC 3168 sections 6.1.1 and 6.1.4 to 6.1.6): their loss would not be noticed, or
 * the receiver could not tell them from an attacker's.
 *
 * Congestion is answered once in a window of data, whether marks or losses tell of
 * it: until what was sent after the last reduction is acknowledged (reduced_until)
 * it is still the same. After an answer to marks the state is TCP_CA_CWR so long.
 *
 * DCTCP wants to know how many segments were marked. So its receiver echoes each
 * mark, by the two-state machine of RFC 8257 section 3.2, where DEMAND_CWR is
 * DCTCP.CE; and since its routers would drop whatever is not ECT all segments are.
 */
#include <net/inet_ecn.h>

#include "ltcp.h"

#define LTCP_ECN_SETUP	(LTCP_FLAG_ECE | LTCP_FLAG_CWR)

/* ------------------------------------------------------------------ */
/* Agreeing on it                                                       */
/* ------------------------------------------------------------------ */

/**
 * ltcp_ecn_reset - nothing is agreed upon
 * @sk: fresh or reset control block
 *
 * Context: socket lock or unpublished socket.
 */
void ltcp_ecn_reset(struct sock *sk)
{
	tcp_sk(sk)->ecn_flags = 0;
	INET_ECN_dontxmit(sk);
}

/**
 * ltcp_ecn_offer - shall the SYN of an active opening offer ECN?
 * @sk: about to send it
 * @dst: its route
 *
 * tcp_ecn 1, the route's "features ecn", or a congestion control that needs it.
 * Context: socket lock. Return: flags to be added to the SYN.
 */
u8 ltcp_ecn_offer(struct sock *sk, const struct dst_entry *dst)
{
	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_ecn) != 1 &&
	    !ltcp_sk(sk)->cc->needs_ecn &&
	    !dst_feature(dst, DST_FEATURE_ECN_MASK))
		return 0;
	tcp_sk(sk)->ecn_flags = TCP_ECN_OK;
	return LTCP_ECN_SETUP;
}

/**
 * ltcp_ecn_syn_again - a SYN has timed out: the offer may be why
 * @sk: connection in SYN-SENT or SYN-RECEIVED
 * @cb: the SYN's, or the SYN,ACK's
 *
 * RFC 3168 section 6.1.1.1: a SYN goes without it then, unless tcp_ecn_fallback is 0.
 * Who has sent such a SYN may not use ECN any more (section 6.1.1). Context: socket
 * lock.
 */
void ltcp_ecn_syn_again(struct sock *sk, struct ltcp_cb *cb)
{
	if ((cb->flags & LTCP_FLAG_ACK) ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_ecn_fallback))
		return;
	cb->flags &= ~LTCP_ECN_SETUP;
	ltcp_ecn_reset(sk);
}

/**
 * ltcp_ecn_is_setup - does a SYN ask for ECN?
 * @seg: SYN without ACK
 *
 * Context: any. Return: true when both bits are set.
 */
bool ltcp_ecn_is_setup(const struct ltcp_seg *seg)
{
	return (seg->flags & LTCP_ECN_SETUP) == LTCP_ECN_SETUP;
}

/**
 * ltcp_ecn_take_syn - what does the peer's SYN, or SYN,ACK, say to our offer?
 * @sk: in SYN-SENT
 * @seg: the SYN
 *
 * A SYN asks by both bits. A SYN,ACK agrees by ECE alone: a peer, or a box on the
 * way, that reflects bits it does not know would set both (RFC 3168 section 6.1.1).
 * Context: socket lock.
 */
void ltcp_ecn_take_syn(struct sock *sk, const struct ltcp_seg *seg)
{
	u8 yes = ltcp_has(seg, LTCP_FLAG_ACK) ? LTCP_FLAG_ECE : LTCP_ECN_SETUP;

	if ((seg->flags & LTCP_ECN_SETUP) != yes)
		ltcp_ecn_reset(sk);
}

/**
 * ltcp_ecn_accepts - a SYN asks for ECN: does the listener agree?
 * @lsk: listener, not locked
 * @dst: route back
 * @tos: of the SYN
 *
 * Not when the SYN itself is ECT or CE: no classic sender does that, so something
 * on the way writes into the field, and marks would mean nothing.
 * Context: any.
 */
bool ltcp_ecn_accepts(const struct sock *lsk, const struct dst_entry *dst, u8 tos)
{
	if (READ_ONCE(ltcp_sk(lsk)->cc)->needs_ecn ||
	    dst_feature(dst, DST_FEATURE_ECN_CA))
		return true;
	return INET_ECN_is_not_ect(tos) &&
	       (READ_ONCE(sock_net(lsk)->ipv4.sysctl_tcp_ecn) ||
		dst_feature(dst, RTAX_FEATURE_ECN));
}

/* ------------------------------------------------------------------ */
/* Sending                                                              */
/* ------------------------------------------------------------------ */

/**
 * ltcp_ecn_mark - a segment of an ECN connection goes out
 * @sk: connection; its IP header's ECN field is set for this segment
 * @cb: the packet's
 * @len: payload, bytes
 *
 * Context: socket lock. Return: flags to be added.
 */
u8 ltcp_ecn_mark(struct sock *sk, const struct ltcp_cb *cb, u32 len)
{
	bool fresh = len && !(cb->sacked & LTCP_SKB_EVER_RETRANS);
	struct tcp_sock *tp = tcp_sk(sk);
	u8 flags = 0;

	if (fresh || ltcp_sk(sk)->cc->needs_ecn)
		INET_ECN_xmit(sk);
	else
		INET_ECN_dontxmit(sk);
	if (fresh && (tp->ecn_flags & TCP_ECN_QUEUE_CWR)) {
		tp->ecn_flags &= ~TCP_ECN_QUEUE_CWR;
		flags |= LTCP_FLAG_CWR;
	}
	if ((tp->ecn_flags & TCP_ECN_DEMAND_CWR) &&
	    !(cb->flags & (LTCP_FLAG_SYN | LTCP_FLAG_RST)))
		flags |= LTCP_FLAG_ECE;
	return flags;
}

/**
 * ltcp_ecn_reduced - cwnd has been reduced
 * @sk: connection
 * @why: LTCP_REDUCED_*
 *
 * For whatever reason, the peer is told (RFC 3168 section 6.1.2).
 * Context: socket lock.
 */
void ltcp_ecn_reduced(struct sock *sk, u8 why)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	lt->reduced = why;
	lt->reduced_until = lt->tcp.snd_nxt;
	if (lt->tcp.ecn_flags & TCP_ECN_OK)
		lt->tcp.ecn_flags |= TCP_ECN_QUEUE_CWR;
}

/**
 * ltcp_ecn_ack - an ACK has come: does it echo a mark?
 * @sk: connection, SND.UNA up to date
 * @seg: segment that carries it
 * @res: told so
 *
 * Context: BH off, socket lock.
 */
void ltcp_ecn_ack(struct sock *sk, const struct ltcp_seg *seg,
		  struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (lt->reduced && seq_gt(lt->tcp.snd_una, lt->reduced_until)) {
		if (inet_csk(sk)->icsk_ca_state == TCP_CA_CWR)
			ltcp_kcong_event(sk, CA_EVENT_COMPLETE_CWR);
		lt->reduced = LTCP_REDUCED_NOT;
	}
	res->ece = (lt->tcp.ecn_flags & TCP_ECN_OK) &&
		   (seg->flags & (LTCP_FLAG_ECE | LTCP_FLAG_SYN)) == LTCP_FLAG_ECE;
}

/**
 * ltcp_ecn_echoed - answer to an echoed mark, once in a window of data
 * @sk: connection, its loss state up to date
 * @res: the ACK that echoes it
 *
 * A window of one segment cannot be reduced: the next one is sent when the
 * retransmission timer would expire (RFC 3168 section 6.1.2). Context: BH off,
 * socket lock.
 */
void ltcp_ecn_echoed(struct sock *sk, const struct ltcp_ack_result *res)
{
	if (ltcp_sk(sk)->reduced || ltcp_in_recovery(sk))
		return;
	if (tcp_sk(sk)->snd_cwnd == 1 && !ltcp_sk(sk)->cc->needs_ecn)
		ltcp_pace_wait(sk, jiffies_to_usecs(inet_csk(sk)->icsk_rto));
	ltcp_undo_settle(sk);
	ltcp_cong_on_mark(sk, res);
	ltcp_loss_set_state(sk, inet_csk(sk)->icsk_ca_state);
}

/* ------------------------------------------------------------------ */
/* Receiving                                                            */
/* ------------------------------------------------------------------ */

static void ltcp_ecn_ack_now(struct sock *sk)
{
	inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_NOW;
}

/*
 * RFC 8257 section 3.2: an ACK speaks for segments of one kind. When the kind
 * changes what is not acknowledged yet is, still in the old colour.
 */
static void ltcp_ecn_echo_each(struct sock *sk, bool ce)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (ce == !!(tp->ecn_flags & TCP_ECN_DEMAND_CWR))
		return;
	if (tp->rcv_nxt != tp->rcv_wup)
		ltcp_send_ack(sk);
	tp->ecn_flags ^= TCP_ECN_DEMAND_CWR;
	ltcp_ecn_ack_now(sk);
}

/* RFC 3168 section 6.1.3: from the first mark on, until the sender has answered. */
static void ltcp_ecn_echo_until_cwr(struct sock *sk, bool ce, bool cwr)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (cwr)
		tp->ecn_flags &= ~TCP_ECN_DEMAND_CWR;
	if (!ce || (tp->ecn_flags & TCP_ECN_DEMAND_CWR))
		return;
	tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
	ltcp_ecn_ack_now(sk);
}

/**
 * ltcp_ecn_arrives - a segment with data that lies in the window
 * @sk: connection; RCV.NXT has not counted it yet
 * @seg: segment
 *
 * What lies outside may be anybody's, and its marks mean nothing (RFC 3168 section
 * 6.1.5). Context: BH off, socket lock.
 */
void ltcp_ecn_arrives(struct sock *sk, const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool ce = INET_ECN_is_ce(seg->ecn);

	if (!(tp->ecn_flags & TCP_ECN_OK))
		return;
	if (!INET_ECN_is_not_ect(seg->ecn))
		tp->ecn_flags |= TCP_ECN_SEEN;
	if (ltcp_sk(sk)->cc->needs_ecn)
		ltcp_ecn_echo_each(sk, ce);
	else
		ltcp_ecn_echo_until_cwr(sk, ce, ltcp_has(seg, LTCP_FLAG_CWR));
}
