// SPDX-License-Identifier: GPL-2.0
/*
 * timewait.c - TIME-WAIT, and FIN-WAIT-2 without a user (RFC 9293 section 3.6).
 *
 * The end that closes first must remember the connection for 2 MSL: until then
 * its last ACK may have been lost, so that the peer's FIN comes again, and old
 * segments may still be under way that a new connection of the same addresses
 * and ports would mistake for its own (RFC 1337). What has to be remembered is
 * little, so the full socket ends at once and a struct tcp_timewait_sock takes
 * its place in the hash tables. An orphan that waits for the peer's FIN is kept
 * the same way, with FIN-WAIT-2 as its substate.
 *
 *	full socket --ltcp_time_wait()--> FIN-WAIT-2 --FIN--> TIME-WAIT --2 MSL-->
 *	                     \________________________________/
 *
 * A new SYN may take the pair over before the time is up if it cannot be
 * confused with the old connection: a newer timestamp or a higher sequence
 * number proves that (RFC 6191). The new ISN then starts beyond all that the
 * old connection sent.
 *
 * LOCKING. Nobody locks these sockets: they are found under RCU with a counted
 * reference, and several CPUs may work on one. Each field that changes is a
 * word of its own, and a lost race costs a superfluous or a missing ACK.
 * Killing one twice is harmless: only who stops the timer unhashes it.
 */
#include "ltcp.h"

/*
 * How far beyond the old connection's SND.NXT the next one's ISN lies: a full
 * unscaled window, so that no old segment of ours fits the new one.
 */
#define LTCP_TW_ISN_STEP	(U16_MAX + 2)

static struct tcp_timewait_sock *ltcp_twsk(const struct inet_timewait_sock *tw)
{
	return container_of(tw, struct tcp_timewait_sock, tw_sk);
}

static u32 ltcp_tw_isn(const struct tcp_timewait_sock *tcptw)
{
	/* 0 is what connect() and listeners take for "none chosen" */
	return max(READ_ONCE(tcptw->tw_snd_nxt) + LTCP_TW_ISN_STEP, 1U);
}

/* 2 MSL in jiffies. */
static int ltcp_tw_length(const struct net *net)
{
	return msecs_to_jiffies(2 * READ_ONCE(ltcp_net(net)->msl_ms));
}

/* ------------------------------------------------------------------ */
/* Into TIME-WAIT                                                       */
/* ------------------------------------------------------------------ */

/* The part every kernel's tools read, and what answers are made of. */
static void ltcp_tw_fill(struct inet_timewait_sock *tw, const struct sock *sk)
{
	struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);
	const struct tcp_sock *tp = tcp_sk(sk);

	tw->tw_mark = READ_ONCE(sk->sk_mark);
	tw->tw_priority = READ_ONCE(sk->sk_priority);
	tw->tw_txhash = sk->sk_txhash;
	tw->tw_rcv_wscale = tp->rx_opt.rcv_wscale;
	tcptw->tw_rcv_nxt = tp->rcv_nxt;
	tcptw->tw_snd_nxt = tp->snd_nxt;
	tcptw->tw_rcv_wnd = ltcp_offered_wnd(tp->rcv_nxt, tp->rcv_wup,
					     tp->rcv_wnd);
	tcptw->tw_ts_offset = tp->tsoffset;
	/* A stamp of 0 says that the connection used no timestamps */
	tcptw->tw_ts_recent = tp->rx_opt.tstamp_ok ? tp->rx_opt.ts_recent : 0;
	tcptw->tw_ts_recent_stamp =
		tp->rx_opt.tstamp_ok ? tp->rx_opt.ts_recent_stamp : 0;
	tcptw->tw_last_oow_ack_time = 0;
	ltcp_twsk_init_unused(tcptw);
}

/**
 * ltcp_time_wait - leave a stand-in in the hash tables and end the socket
 * @sk: full socket, hashed and bound, its FIN sent and acknowledged
 * @substate: TCP_TIME_WAIT, or TCP_FIN_WAIT2 for an orphan whose FIN is
 *	acknowledged and whose peer has yet to close
 * @timeo: jiffies that the stand-in lives
 *
 * RFC 9293 section 3.10.7.4, eighth step. With tcp_max_tw_buckets reached, or
 * without memory, the connection is closed with nothing left behind, and that
 * is counted.
 *
 * Context: BH off, socket lock. @sk is in TCP_CLOSE afterwards and, with no
 * user left, gone unless the caller has a reference.
 */
void ltcp_time_wait(struct sock *sk, int substate, long timeo)
{
	struct net *net = sock_net(sk);
	struct inet_timewait_sock *tw;

	tw = inet_twsk_alloc(sk, &net->ipv4.tcp_death_row, substate);
	if (tw) {
		ltcp_tw_fill(tw, sk);
		ltcp_twsk_hashdance_schedule(tw, sk,
					     net->ipv4.tcp_death_row.hashinfo,
					     timeo);
	} else {
		NET_INC_STATS(net, LINUX_MIB_TCPTIMEWAITOVERFLOW);
	}
	ltcp_done(sk);
}

/* ------------------------------------------------------------------ */
/* A segment for a stand-in                                             */
/* ------------------------------------------------------------------ */

#define LTCP_TW_JUDGE(v, r) \
	((struct ltcp_tw_judgement){ .verdict = (v), .reason = (r) })
/* The segment has told what it had to. */
#define LTCP_TW_TAKEN(v)	LTCP_TW_JUDGE(v, SKB_NOT_DROPPED_YET)

/* End it now. The caller's reference stays the caller's. */
static void ltcp_tw_kill(struct inet_timewait_sock *tw)
{
	refcount_inc(&tw->tw_refcnt);
	inet_twsk_deschedule_put(tw);
}

/* Which TcpExt counter a suppressed ACK goes to. */
static int ltcp_tw_skipped_mib(const struct inet_timewait_sock *tw)
{
	return READ_ONCE(tw->tw_substate) == TCP_FIN_WAIT2 ?
	       LINUX_MIB_TCPACKSKIPPEDFINWAIT2 :
	       LINUX_MIB_TCPACKSKIPPEDTIMEWAIT;
}

/*
 * An ACK for what is not acceptable; for what is bare not more often than
 * tcp_invalid_ratelimit: two ends in TIME-WAIT must not answer each other for
 * ever. Challenge ACKs (RFC 5961) share the limit.
 */
static struct ltcp_tw_judgement
ltcp_tw_ack_limited(struct inet_timewait_sock *tw, const struct ltcp_seg *seg,
		    enum skb_drop_reason why)
{
	struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);
	struct net *net = twsk_net(tw);
	u32 interval = READ_ONCE(net->ipv4.sysctl_tcp_invalid_ratelimit);

	if (!ltcp_seg_is_bare(seg) ||
	    ltcp_ratelimit(&tcptw->tw_last_oow_ack_time, ltcp_now_ms(),
			   jiffies_to_msecs(interval)))
		return LTCP_TW_JUDGE(LTCP_TW_ACK, why);
	NET_INC_STATS(net, ltcp_tw_skipped_mib(tw));
	return LTCP_TW_JUDGE(LTCP_TW_DROP, why);
}

/* RFC 7323 section 5.3, R1; what is asked about is never a RST. */
static bool ltcp_tw_paws_fails(const struct tcp_timewait_sock *tcptw,
			       const struct ltcp_seg *seg)
{
	u32 stamp = READ_ONCE(tcptw->tw_ts_recent_stamp);

	if (!stamp || !(seg->opt.present & LTCP_OPT_TS))
		return false;
	return ltcp_paws_reject(seg->opt.tsval, READ_ONCE(tcptw->tw_ts_recent),
				(u32)ktime_get_seconds() - stamp);
}

/* First step: sequence number and PAWS. Returns why they refuse the segment. */
static enum skb_drop_reason
ltcp_tw_unacceptable(const struct inet_timewait_sock *tw,
		     const struct ltcp_seg *seg)
{
	const struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);

	if (!ltcp_seq_acceptable(seg->seq, seg->end_seq,
				 READ_ONCE(tcptw->tw_rcv_nxt),
				 tcptw->tw_rcv_wnd))
		return SKB_DROP_REASON_TCP_INVALID_SEQUENCE;
	if (ltcp_has(seg, LTCP_FLAG_RST) || !ltcp_tw_paws_fails(tcptw, seg))
		return SKB_NOT_DROPPED_YET;
	NET_INC_STATS(twsk_net(tw), LINUX_MIB_PAWSESTABREJECTED);
	return SKB_DROP_REASON_TCP_RFC7323_PAWS;
}

/* RFC 7323 section 4.3; RFC 6191 wants the last timestamp seen, also here. */
static void ltcp_tw_ts_recent(struct tcp_timewait_sock *tcptw,
			      const struct ltcp_seg *seg)
{
	if (!READ_ONCE(tcptw->tw_ts_recent_stamp) ||
	    !(seg->opt.present & LTCP_OPT_TS))
		return;
	if (!ltcp_ts_recent_update_ok(seg->seq, READ_ONCE(tcptw->tw_rcv_nxt),
				      seg->opt.tsval,
				      READ_ONCE(tcptw->tw_ts_recent)))
		return;
	WRITE_ONCE(tcptw->tw_ts_recent, seg->opt.tsval);
	WRITE_ONCE(tcptw->tw_ts_recent_stamp, ktime_get_seconds());
}

/* Second step in FIN-WAIT-2: RST, as RFC 5961 section 3.2 has it. */
static struct ltcp_tw_judgement ltcp_tw_rst(struct inet_timewait_sock *tw,
					    const struct ltcp_seg *seg)
{
	const struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);

	switch (ltcp_rst_check(seg->seq, READ_ONCE(tcptw->tw_rcv_nxt),
			       tcptw->tw_rcv_wnd)) {
	case LTCP_RST_EXACT:
		ltcp_tw_kill(tw);
		return LTCP_TW_TAKEN(LTCP_TW_DROP);
	case LTCP_RST_CHALLENGE:
		return ltcp_tw_ack_limited(tw, seg, SKB_DROP_REASON_TCP_RESET);
	default:
		return LTCP_TW_JUDGE(LTCP_TW_DROP, SKB_DROP_REASON_TCP_RESET);
	}
}

/* The peer has closed as well: from here on it is TIME-WAIT. */
static struct ltcp_tw_judgement ltcp_tw_fin(struct inet_timewait_sock *tw,
					    const struct ltcp_seg *seg)
{
	struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);

	ltcp_tw_ts_recent(tcptw, seg);
	WRITE_ONCE(tcptw->tw_rcv_nxt, seg->end_seq);
	WRITE_ONCE(tw->tw_substate, TCP_TIME_WAIT);
	inet_twsk_reschedule(tw, ltcp_tw_length(twsk_net(tw)));
	return LTCP_TW_TAKEN(LTCP_TW_ACK);
}

/*
 * FIN-WAIT-2 with nobody to read: an empty segment is fine, a FIN ends the
 * wait, and any new byte can reach no one, which the peer learns by a RST
 * (RFC 9293 section 3.6, SHLD-3).
 */
static struct ltcp_tw_judgement
ltcp_tw_fin_wait2(struct inet_timewait_sock *tw, const struct ltcp_seg *seg)
{
	struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);
	u32 rcv_nxt = READ_ONCE(tcptw->tw_rcv_nxt);
	enum skb_drop_reason why = ltcp_tw_unacceptable(tw, seg);

	/* First to fourth: sequence number, RST, SYN */
	if (why)
		return ltcp_has(seg, LTCP_FLAG_RST) ?
		       LTCP_TW_JUDGE(LTCP_TW_DROP, why) :
		       ltcp_tw_ack_limited(tw, seg, why);
	if (ltcp_has(seg, LTCP_FLAG_RST))
		return ltcp_tw_rst(tw, seg);
	if (ltcp_has(seg, LTCP_FLAG_SYN))
		return ltcp_tw_ack_limited(tw, seg, SKB_DROP_REASON_TCP_INVALID_SYN);

	/* Fifth: all we sent is acknowledged, so more than that is a lie */
	if (!ltcp_has(seg, LTCP_FLAG_ACK))
		return LTCP_TW_JUDGE(LTCP_TW_DROP, SKB_DROP_REASON_TCP_FLAGS);
	if (seq_gt(seg->ack, READ_ONCE(tcptw->tw_snd_nxt)))
		return ltcp_tw_ack_limited(tw, seg,
					   SKB_DROP_REASON_TCP_ACK_UNSENT_DATA);

	/* Seventh and eighth: text and FIN */
	if (seg->seq == seg->end_seq) {
		ltcp_tw_ts_recent(tcptw, seg);
		return LTCP_TW_TAKEN(LTCP_TW_DROP);
	}
	if (ltcp_has(seg, LTCP_FLAG_FIN) && seg->end_seq == rcv_nxt + 1)
		return ltcp_tw_fin(tw, seg);
	ltcp_tw_kill(tw);
	return LTCP_TW_JUDGE(LTCP_TW_RST, SKB_DROP_REASON_TCP_ABORT_ON_DATA);
}

/*
 * RFC 6191 section 2: can a SYN be told apart from all segments of the old
 * connection? By its timestamp when both have them; else, or when the clocks
 * say nothing, by a sequence number beyond the last one seen.
 */
static bool ltcp_tw_syn_is_new(const struct inet_timewait_sock *tw,
			       const struct ltcp_seg *seg)
{
	const struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);
	bool had_ts = READ_ONCE(tcptw->tw_ts_recent_stamp);
	bool has_ts = (seg->opt.present & LTCP_OPT_TS) &&
		READ_ONCE(twsk_net(tw)->ipv4.sysctl_tcp_timestamps);
	u32 ts_recent = READ_ONCE(tcptw->tw_ts_recent);

	if (has_ts && !had_ts)
		return true;
	if (has_ts && seg->opt.tsval != ts_recent)
		return seq_gt(seg->opt.tsval, ts_recent);
	return seq_gt(seg->seq, READ_ONCE(tcptw->tw_rcv_nxt));
}

static struct ltcp_tw_judgement ltcp_tw_syn(struct inet_timewait_sock *tw,
					    const struct ltcp_seg *seg, u32 *isn)
{
	if (!ltcp_tw_syn_is_new(tw, seg))
		return ltcp_tw_ack_limited(tw, seg, SKB_DROP_REASON_TCP_INVALID_SYN);
	*isn = ltcp_tw_isn(ltcp_twsk(tw));
	return LTCP_TW_TAKEN(LTCP_TW_SYN);
}

/*
 * RFC 1337: a RST that ends TIME-WAIT early opens the door to old duplicates.
 * tcp_rfc1337 closes it; by default an exact RST is obeyed, as servers with many
 * connections to one peer want it, and one in the window is challenged.
 */
static struct ltcp_tw_judgement
ltcp_tw_time_wait_rst(struct inet_timewait_sock *tw, const struct ltcp_seg *seg)
{
	if (READ_ONCE(twsk_net(tw)->ipv4.sysctl_tcp_rfc1337))
		return LTCP_TW_JUDGE(LTCP_TW_DROP, SKB_DROP_REASON_TCP_RESET);
	return ltcp_tw_rst(tw, seg);
}

/*
 * "The only thing that can arrive in this state is a retransmission of the
 * remote FIN. Acknowledge it, and restart the 2 MSL timeout." (RFC 9293 section
 * 3.10.7.4) That ACK is never suppressed: the peer waits for it.
 */
static struct ltcp_tw_judgement
ltcp_tw_time_wait(struct inet_timewait_sock *tw, const struct ltcp_seg *seg,
		  u32 *isn)
{
	struct tcp_timewait_sock *tcptw = ltcp_twsk(tw);
	enum skb_drop_reason why;

	if (ltcp_has(seg, LTCP_FLAG_RST))
		return ltcp_tw_time_wait_rst(tw, seg);
	if (ltcp_has(seg, LTCP_FLAG_SYN))
		return ltcp_has(seg, LTCP_FLAG_ACK) ?
		       ltcp_tw_ack_limited(tw, seg, SKB_DROP_REASON_TCP_INVALID_SYN) :
		       ltcp_tw_syn(tw, seg, isn);

	if (ltcp_has(seg, LTCP_FLAG_ACK) && ltcp_has(seg, LTCP_FLAG_FIN) &&
	    seg->end_seq == READ_ONCE(tcptw->tw_rcv_nxt) &&
	    !ltcp_tw_paws_fails(tcptw, seg)) {
		ltcp_tw_ts_recent(tcptw, seg);
		inet_twsk_reschedule(tw, ltcp_tw_length(twsk_net(tw)));
		return LTCP_TW_TAKEN(LTCP_TW_ACK);
	}
	why = ltcp_tw_unacceptable(tw, seg);
	if (why)
		return ltcp_tw_ack_limited(tw, seg, why);
	if (!ltcp_has(seg, LTCP_FLAG_ACK))
		return LTCP_TW_JUDGE(LTCP_TW_DROP, SKB_DROP_REASON_TCP_FLAGS);
	if (seq_gt(seg->ack, READ_ONCE(tcptw->tw_snd_nxt)))
		return ltcp_tw_ack_limited(tw, seg,
					   SKB_DROP_REASON_TCP_ACK_UNSENT_DATA);
	ltcp_tw_ts_recent(tcptw, seg);
	if (seg->seq != seg->end_seq)	/* text behind the FIN */
		return LTCP_TW_JUDGE(LTCP_TW_DROP, SKB_DROP_REASON_TCP_CLOSE);
	return LTCP_TW_TAKEN(LTCP_TW_DROP);
}

/**
 * ltcp_tw_segment - a segment for a stand-in arrives
 * @tw: found in the hash table, with a reference of the caller's
 * @skb: the packet; not consumed
 * @seg: its header
 * @isn: set with LTCP_TW_SYN to the ISN of the connection to come, never 0
 *
 * RFC 9293 section 3.10.7.4 for FIN-WAIT-2 and TIME-WAIT. The caller keeps its
 * reference whatever the answer is, and has to do this:
 *
 *	LTCP_TW_DROP	inet_twsk_put()
 *	LTCP_TW_ACK	ltcp_tw_send_ack(), inet_twsk_put()
 *	LTCP_TW_RST	ltcp_v4_send_reset(), inet_twsk_put(); @tw is unhashed already
 *	LTCP_TW_SYN	inet_twsk_deschedule_put() if a listener takes the SYN, and
 *			hand it the SYN; otherwise inet_twsk_put() as if dropped
 *
 * Context: BH off, RCU. Return: see there.
 */
struct ltcp_tw_judgement ltcp_tw_segment(struct inet_timewait_sock *tw,
					 const struct sk_buff *skb,
					 const struct ltcp_seg *seg, u32 *isn)
{
	if (READ_ONCE(tw->tw_substate) == TCP_FIN_WAIT2)
		return ltcp_tw_fin_wait2(tw, seg);
	return ltcp_tw_time_wait(tw, seg, isn);
}

/**
 * ltcp_tw_send_ack - <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> of a stand-in
 * @sk: the struct inet_timewait_sock, as the look-up returned it
 * @skb: the segment that is answered; not consumed
 *
 * Context: BH off, a reference on @sk, which stays.
 */
void ltcp_tw_send_ack(struct sock *sk, struct sk_buff *skb)
{
	const struct tcp_timewait_sock *tcptw = tcp_twsk(sk);
	const struct inet_timewait_sock *tw = inet_twsk(sk);
	const struct ltcp_reply reply = {
		.seq = READ_ONCE(tcptw->tw_snd_nxt),
		.ack = READ_ONCE(tcptw->tw_rcv_nxt),
		.window = min_t(u32, tcptw->tw_rcv_wnd >> tw->tw_rcv_wscale,
				U16_MAX),
		.flags = LTCP_FLAG_ACK,
		.ts = READ_ONCE(tcptw->tw_ts_recent_stamp) != 0,
		.tsval = ltcp_now_ms() + tcptw->tw_ts_offset,
		.tsecr = READ_ONCE(tcptw->tw_ts_recent),
		.tos = tw->tw_tos,
		.mark = tw->tw_mark,
		.priority = tw->tw_priority,
		.uid = sock_net_uid(twsk_net(tw), NULL),	/* a stand-in has no owner */
		.oif = tw->tw_bound_dev_if,
		.any_src = tw->tw_transparent,
	};

	ltcp_v4_reply(twsk_net(tw), skb, &reply);
}

/* ------------------------------------------------------------------ */
/* connect() over a stand-in                                            */
/* ------------------------------------------------------------------ */

static bool ltcp_tw_is_loopback(const struct inet_timewait_sock *tw)
{
	return tw->tw_bound_dev_if == LOOPBACK_IFINDEX ||
	       ipv4_is_loopback(tw->tw_daddr) ||
	       ipv4_is_loopback(tw->tw_rcv_saddr);
}

/* tcp_tw_reuse: 0 never, 1 always, 2 for connections over loopback. */
static bool ltcp_tw_reuse_allowed(const struct inet_timewait_sock *tw)
{
	int mode = READ_ONCE(twsk_net(tw)->ipv4.sysctl_tcp_tw_reuse);

	return mode == 1 || (mode == 2 && ltcp_tw_is_loopback(tw));
}

/*
 * timewait_sock_ops.twsk_unique, where the kernel has it: may connect() on @sk
 * take the pair of @sktw over? Safe by timestamps alone: the new connection's
 * are later, so PAWS tells the two apart; they need a second to move on, unless
 * (@twp is NULL) the program bound the port and asked for just this pair. Not while
 * the peer has yet to close its half. On
 * success @sk continues the old numbers and the caller gets a reference to
 * @sktw, which the hash lock, held here, keeps from being unhashed.
 */
static int __maybe_unused ltcp_twsk_unique(struct sock *sk, struct sock *sktw,
					   void *twp)
{
	const struct tcp_timewait_sock *tcptw = tcp_twsk(sktw);
	u32 stamp = READ_ONCE(tcptw->tw_ts_recent_stamp);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!stamp || READ_ONCE(inet_twsk(sktw)->tw_substate) != TCP_TIME_WAIT)
		return 0;
	if (twp && (!ltcp_tw_reuse_allowed(inet_twsk(sktw)) ||
		    !time_after32((u32)ktime_get_seconds(), stamp)))
		return 0;
	/* It is hashed before its first reference is counted */
	if (!refcount_inc_not_zero(&sktw->sk_refcnt))
		return 0;

	WRITE_ONCE(tp->write_seq, ltcp_tw_isn(tcptw));
	tp->rx_opt.ts_recent = READ_ONCE(tcptw->tw_ts_recent);
	tp->rx_opt.ts_recent_stamp = stamp;
	return 1;
}

/*
 * timewait_sock_ops.twsk_destructor. A socket that family.c gave back to the built-in
 * has its stand-in here, too, and that may hold keys.
 */
static void ltcp_twsk_destructor(struct sock *sk)
{
	const struct timewait_sock_ops *theirs = tcp_prot.twsk_prot;

	if (theirs->twsk_destructor)
		theirs->twsk_destructor(sk);
}

struct timewait_sock_ops ltcp_timewait_sock_ops = {
	.twsk_obj_size = sizeof(struct tcp_timewait_sock),
	.twsk_destructor = ltcp_twsk_destructor,
	LTCP_TWSK_UNIQUE_OP(ltcp_twsk_unique)
};
