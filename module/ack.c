// SPDX-License-Identifier: GPL-2.0
/*
 * ack.c - what an acknowledgment delivered.
 *
 * An ACK says three things: how far the peer has everything (SEG.ACK), what it
 * has beyond that (SACK, sack.c) and how much more it will take (SEG.WND).
 * Here they are read into SND.UNA, the scoreboard and SND.WND and summed up in a
 * struct ltcp_ack_result; loss.c and cong.c draw their conclusions from that.
 *
 * The round-trip time is measured from packets that were sent once (Karn), or
 * by the echoed timestamp when all that was acknowledged had been sent again. While
 * a packet is missing nothing is acknowledged, and what then is has waited for it;
 * so SACKed packets give samples, too.
 */
#include <linux/errqueue.h>
#include "trace.h"

/* Largest ACK delay that a sample is believed to contain, when timestamps give it. */
#define LTCP_RTT_TS_MAX_MS	(60 * MSEC_PER_SEC)

/* Bring RTO up to date with the estimator (RFC 6298 section 2). */
static void ltcp_set_rto(struct sock *sk, const struct ltcp_rtt *rtt)
{
	const struct ltcp_net *lnet = ltcp_sk(sk)->lnet;
	u32 rto_us = ltcp_rtt_rto_us(rtt, ltcp_rto_min_us(sk),
				     READ_ONCE(lnet->rto_max_ms) * USEC_PER_MSEC,
				     READ_ONCE(lnet->rto_initial_ms) * USEC_PER_MSEC,
				     TICK_USEC);

	inet_csk(sk)->icsk_rto = usecs_to_jiffies(rto_us);
	inet_csk(sk)->icsk_backoff = 0;
}

/**
 * ltcp_rto_restart - RTO as the estimator has it, without backoff
 * @sk: connection
 *
 * Context: socket lock.
 */
void ltcp_rto_restart(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct ltcp_rtt rtt = { .srtt_us = tp->srtt_us,
				      .rttvar_us = tp->rttvar_us };

	ltcp_set_rto(sk, &rtt);
}

/* The smallest round trip of the last tcp_min_rtt_wlen seconds; a new window starts afresh. */
static void ltcp_rtt_min_take(struct sock *sk, u32 rtt_us)
{
	struct minmax *m = &tcp_sk(sk)->rtt_min;
	u32 window = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_rtt_wlen) * HZ;

	if (rtt_us <= m->s[0].v || tcp_jiffies32 - m->s[0].t > window)
		minmax_reset(m, tcp_jiffies32, max(rtt_us, 1U));
}

/* Is this the first sample of data that was sent after the last round trip began? */
static bool ltcp_rtt_round(struct ltcp_sock *lt)
{
	struct tcp_sock *tp = &lt->tcp;

	if (seq_leq(seq_max(tp->snd_una, lt->sack_high), tp->rtt_seq))
		return false;
	tp->rtt_seq = tp->snd_nxt;
	return true;
}

/**
 * ltcp_rtt_take - feed one measurement to the estimator
 * @sk: connection
 * @rtt_us: round-trip time, microseconds
 *
 * RTO follows, and tail loss probes may be sent from the first one on (RFC 8985
 * section 7.3). Context: BH off, socket lock, or a socket nobody else knows.
 */
void ltcp_rtt_take(struct sock *sk, u32 rtt_us)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct ltcp_rtt rtt = { .srtt_us = tp->srtt_us,
				.rttvar_us = tp->rttvar_us,
				.stray_us = tp->mdev_max_us };
	bool round = ltcp_rtt_round(lt);

	if (unlikely(lt->rtt_remember))
		ltcp_undo_rtt(&lt->undo, &rtt, rtt_us);
	else
		ltcp_rtt_sample(&rtt, rtt_us, round);
	lt->rtt_remember = false;
	lt->tlp.rtt_taken = true;
	tp->srtt_us = rtt.srtt_us;
	tp->rttvar_us = rtt.rttvar_us;
	tp->mdev_us = rtt.rttvar_us;
	tp->mdev_max_us = rtt.stray_us;
	ltcp_rtt_min_take(sk, rtt_us);
	ltcp_set_rto(sk, &rtt);
}

/*
 * A sample from the echoed timestamp, good also for what was sent again; of a tick
 * at least, lest a round trip of less become the least there ever was. With one
 * exception: there are peers that answer each SYN with the first one's timestamp, so
 * an echo from before the last, at @syn_ns, does not tell which was answered.
 */
static u32 ltcp_rtt_from_ts(const struct tcp_sock *tp,
			    const struct ltcp_seg *seg, u64 syn_ns)
{
	u32 delta_ms;

	if (!tp->rx_opt.tstamp_ok || !(seg->opt.present & LTCP_OPT_TS) ||
	    !seg->opt.tsecr)
		return 0;
	if (syn_ns && seq_lt(seg->opt.tsecr, ltcp_tsval_at(tp, syn_ns)))
		return 0;
	delta_ms = ltcp_tsval(tp) - seg->opt.tsecr;
	if (delta_ms > LTCP_RTT_TS_MAX_MS)
		return 0;
	return max(delta_ms, 1U) * USEC_PER_MSEC;
}

/*
 * Microseconds from then to this ACK; 0 is no sample: what was to wait in fq left
 * sooner, since another qdisc has taken its place or the route leads elsewhere.
 */
static u32 ltcp_us_since(const struct tcp_sock *tp, u64 sent_ns)
{
	if (unlikely(sent_ns > tp->tcp_clock_cache))
		return 0;
	return clamp_t(u64, div_u64(tp->tcp_clock_cache - sent_ns, NSEC_PER_USEC),
		       1, U32_MAX);
}

/* What was SACKed tells the round-trip time, too; acknowledged data goes first. */
static void ltcp_ack_sack_rtt(struct sock *sk, struct ltcp_ack_result *res)
{
	u32 rtt_us;

	if (likely(!res->sacked_sent_ns))
		return;
	rtt_us = ltcp_us_since(tcp_sk(sk), res->sacked_sent_ns);
	if (unlikely(!rtt_us))
		return;
	ltcp_rtt_min_take(sk, rtt_us);
	if (res->rtt_us)
		return;
	res->rtt_us = rtt_us;
	ltcp_rtt_take(sk, rtt_us);
}

/* A SYN-ACK that was sent again: the timestamp tells which, if there is one. */
static void ltcp_ack_syn_rtt(struct sock *sk, const struct ltcp_seg *seg)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 rtt_us = tp->srtt_us ? 0 : ltcp_rtt_from_ts(tp, seg, 0);

	if (rtt_us)
		ltcp_rtt_take(sk, rtt_us);
}

/* Take @segs segments of @skb off the counters that its marks say they are in. */
static void ltcp_uncount(struct tcp_sock *tp, const struct ltcp_cb *cb,
			 u32 segs)
{
	tp->packets_out -= segs;
	if (cb->sacked & LTCP_SKB_SACKED)
		tp->sacked_out -= segs;
	if (cb->sacked & LTCP_SKB_LOST)
		tp->lost_out -= segs;
	if (cb->sacked & LTCP_SKB_RETRANS)
		tp->retrans_out -= segs;
}

/**
 * ltcp_packet_delivered - a packet has arrived that was not known to
 * @tp: connection
 * @skb: packet, acknowledged or SACKed for the first time
 * @end_seq: end of what of it has arrived
 * @res: sums up the ACK
 *
 * Context: socket lock.
 */
void ltcp_packet_delivered(struct tcp_sock *tp, struct sk_buff *skb,
			   u32 end_seq, struct ltcp_ack_result *res)
{
	ltcp_rate_delivered(tp, skb, end_seq, &res->rate);
	ltcp_rack_packet_delivered(ltcp_sk((struct sock *)tp), skb, end_seq,
				   &res->rack);
}

/*
 * The ACK ends inside this packet. The bytes stay until all are acknowledged;
 * only its numbers move, and whoever sends it again cuts it first.
 */
static u32 ltcp_ack_part(struct tcp_sock *tp, struct ltcp_cb *cb, u32 ack)
{
	u32 len = cb->end_seq - ack - !!(cb->flags & LTCP_FLAG_FIN);
	u32 left = max_t(u32, DIV_ROUND_UP(len, cb->mss), 1);	/* a FIN alone is one, too */
	u32 segs = cb->segs > left ? cb->segs - left : 0;

	ltcp_uncount(tp, cb, segs);
	cb->segs -= segs;
	cb->seq = ack;
	return segs;
}

/* SOF_TIMESTAMPING_TX_ACK: all of @skb, no longer in the queue, has arrived. */
static void ltcp_ack_stamp(struct sock *sk, struct sk_buff *skb)
{
	skb->dev = NULL;	/* shared its place with the tree node */
	__skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK);
}

/* So many segments of what counts as lost are acknowledged: was it sent again? */
static void ltcp_ack_lost(struct ltcp_sock *lt, const struct sk_buff *skb, u32 segs,
			  struct ltcp_ack_result *res)
{
	if (ltcp_undo_is_copy(lt, skb)) {
		res->copies_acked = true;
		/* The queue begins at SND.UNA */
		res->copy_first |= !res->acked_segs;
	}
	ltcp_undo_delivered(lt, skb, segs, res);
}

/* Remove what SEG.ACK covers from the queue of unacknowledged packets. */
static void ltcp_ack_queue(struct sock *sk, const struct ltcp_seg *seg,
			   struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	u64 oldest_ns = 0, syn_ns = 0;
	struct sk_buff *skb;
	bool resent = false;

	while ((skb = ltcp_rtx_head(lt))) {
		struct ltcp_cb *cb = ltcp_cb(skb);
		u32 segs;

		if (seq_leq(seg->ack, cb->seq))
			break;
		if (unlikely(cb->flags & LTCP_FLAG_SYN))
			syn_ns = skb->skb_mstamp_ns;
		if (cb->sacked & LTCP_SKB_EVER_RETRANS)
			resent = true;
		else if (!oldest_ns && !(cb->sacked & LTCP_SKB_SACKED))
			oldest_ns = skb->skb_mstamp_ns;

		if (seq_lt(seg->ack, cb->end_seq)) {
			segs = ltcp_ack_part(tp, cb, seg->ack);
		} else {
			segs = cb->segs;
			ltcp_uncount(tp, cb, segs);
		}
		if (unlikely(cb->sacked & LTCP_SKB_LOST))
			ltcp_ack_lost(lt, skb, segs, res);
		res->acked_segs += segs;
		if (!(cb->sacked & LTCP_SKB_SACKED)) {
			res->delivered_segs += segs;
			ltcp_packet_delivered(tp, skb,
					      seq_min(seg->ack, cb->end_seq), res);
		}
		if (seq_lt(seg->ack, cb->end_seq))
			break;
		ltcp_rtx_erase(lt, skb);
		if (unlikely(cb->stamp_ack))
			ltcp_ack_stamp(sk, skb);
		ltcp_tx_free(sk, skb);
	}

	if (oldest_ns && !resent)
		res->rtt_us = ltcp_us_since(tp, oldest_ns);
	else if (resent)
		res->rtt_us = ltcp_rtt_from_ts(tp, seg, syn_ns);
}

/* SND.UNA moves: everything that the RFC hangs on it. */
static void ltcp_ack_advance(struct sock *sk, const struct ltcp_seg *seg,
			     struct ltcp_ack_result *res)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	res->acked_bytes = seg->ack - tp->snd_una;
	tp->bytes_acked += res->acked_bytes;
	WRITE_ONCE(tp->snd_una, seg->ack);
	ltcp_ack_queue(sk, seg, res);
	if (res->rtt_us)
		ltcp_rtt_take(sk, res->rtt_us);
	icsk->icsk_retransmits = 0;
	icsk->icsk_probes_out = 0;
	icsk->icsk_probes_tstamp = 0;
	if (unlikely(icsk->icsk_mtup.probe_size))
		ltcp_mtup_ack(sk);
	/* Long after, SND.UP would look like the future */
	if (unlikely(ltcp_sk(sk)->urg_out) && seq_leq(tp->snd_up, seg->ack))
		ltcp_sk(sk)->urg_out = false;
	/* Whatever ICMP said, the path works */
	if (unlikely(sk->sk_err_soft))
		WRITE_ONCE(sk->sk_err_soft, 0);
	if (READ_ONCE(sk->sk_dst_pending_confirm) == 0)
		sk_dst_confirm(sk);
}

/*
 * SND.WND follows SEG.WND when the segment is not older than the one that set it
 * last (RFC 9293 section 3.10.7.4). One whose ACK is new is not, whatever its sequence
 * number: it may be data sent again.
 */
static bool ltcp_ack_window(struct tcp_sock *tp, const struct ltcp_seg *seg, bool advances)
{
	u32 wnd = seg->wnd;

	if (!ltcp_has(seg, LTCP_FLAG_SYN))
		wnd <<= tp->rx_opt.snd_wscale;
	if (seq_lt(seg->seq, tp->snd_wl1) && !advances && wnd <= tp->snd_wnd)
		return false;
	tp->snd_wl1 = seg->seq;
	if (wnd == tp->snd_wnd)
		return false;
	tp->snd_wnd = wnd;
	tp->max_window = max(tp->max_window, wnd);
	return true;
}

/*
 * The window opens again. If it was closed over data that is out, what was sent into
 * it since is not the path's fault: time counts afresh. If it was probed, what may
 * still hold data back, a cork or SWS avoidance, does so for a time of its own.
 */
static void ltcp_ack_reopened(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (likely(!tcp_sk(sk)->packets_out)) {
		if (icsk->icsk_pending == ICSK_TIME_PROBE0)
			ltcp_timer_stop_xmit(sk);
		return;
	}
	icsk->icsk_retransmits = min_t(u8, icsk->icsk_retransmits, 1);
	ltcp_rto_restart(sk);
	ltcp_timer_arm_rto(sk);
}

/* RFC 7323 section 5.5: after 24 days idle any timestamp in window is the newer one. */
static bool ltcp_ts_recent_expired(const struct tcp_sock *tp,
				   const struct ltcp_seg *seg)
{
	return seq_leq(seg->seq, tp->rcv_wup) &&
	       (u32)(ktime_get_seconds() - tp->rx_opt.ts_recent_stamp) >
	       LTCP_PAWS_AGE_MAX_S;
}

/* RFC 7323 section 4.3: which timestamp to echo; only a segment in window counts. */
static void ltcp_ack_ts_recent(struct ltcp_sock *lt, const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = &lt->tcp;

	if (!tp->rx_opt.tstamp_ok || !(seg->opt.present & LTCP_OPT_TS))
		return;
	ltcp_paws_advance(&lt->paws, tp->rcv_nxt, tp->rx_opt.ts_recent);
	if (seg->opt.tsval == tp->rx_opt.ts_recent)
		return;
	if (!ltcp_ts_recent_update_ok(seg->seq, tp->rcv_wup, seg->opt.tsval,
				      tp->rx_opt.ts_recent) &&
	    !ltcp_ts_recent_expired(tp, seg))
		return;
	tp->rx_opt.ts_recent = seg->opt.tsval;
	tp->rx_opt.ts_recent_stamp = ktime_get_seconds();
}

/* RFC 5681 section 2: of the five marks of a duplicate ACK, all but outstanding data. */
static bool ltcp_repeats_ack(const struct tcp_sock *tp,
			     const struct ltcp_seg *seg, bool wnd_update)
{
	return !seg->len && !wnd_update &&
	       !ltcp_has(seg, LTCP_FLAG_SYN | LTCP_FLAG_FIN) &&
	       seg->ack == tp->snd_una;
}

/* The timers after an ACK (RFC 6298 section 5, RFC 8985 sections 6.2 and 7.2). */
static void ltcp_ack_timers(struct sock *sk, const struct ltcp_ack_result *res)
{
	if (!tcp_sk(sk)->packets_out) {
		if (res->acked_bytes)
			ltcp_timer_stop_xmit(sk);
		return;
	}
	if (res->acked_bytes)
		ltcp_timer_arm_rto(sk);
	else if (unlikely(inet_csk(sk)->icsk_ca_state == TCP_CA_Recovery) && res->sacked_segs)
		ltcp_timer_stretch_rto(sk);
	if (unlikely(res->reo_wait_us))
		ltcp_timer_arm_loss(sk, res->reo_wait_us);
	else if (unlikely(inet_csk(sk)->icsk_pending == ICSK_TIME_REO_TIMEOUT))
		ltcp_timer_arm_loss(sk, 0);
}

/* Of what was delivered so many segments may have been marked. */
static void ltcp_ack_count_marked(struct sock *sk, u32 segs)
{
	tcp_sk(sk)->delivered_ce += segs;
	NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPDELIVEREDCE, segs);
}

static void ltcp_ack_begin(struct ltcp_sock *lt, const struct ltcp_seg *seg,
			   struct ltcp_ack_result *res)
{
	struct tcp_sock *tp = &lt->tcp;

	res->prior_in_flight = ltcp_in_flight(tp);
	res->rack.now_ns = tp->tcp_clock_cache;
	res->rack.min_rtt_us = ltcp_min_rtt_us(tp);
	res->rack.tsecr = seg->opt.tsecr;
	/* With fq a packet is stamped for when it leaves, after its TSval */
	res->rack.has_tsecr = tp->rx_opt.tstamp_ok &&
			      (seg->opt.present & LTCP_OPT_TS) &&
			      ((struct sock *)tp)->sk_pacing_status != SK_PACING_FQ;
	ltcp_rack_ack_begin(&lt->rack, &res->rack);
}

/**
 * ltcp_ack - process the ACK field
 * @sk: connection that sent something, SYN-SENT included
 * @seg: segment whose ACK validate.c found possible
 *
 * RFC 9293 section 3.10.7.4, fifth step. What is to be sent in consequence is
 * left to ltcp_push(). Context: BH off, socket lock.
 */
void ltcp_ack(struct sock *sk, struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct ltcp_ack_result res = { .prior_una = tp->snd_una };
	bool shut = !tp->snd_wnd;

	ltcp_ack_ts_recent(ltcp_sk(sk), seg);
	WRITE_ONCE(tp->rcv_tstamp, tcp_jiffies32);
	/* An answered probe: the peer lives (RFC 9293 section 3.8.6.1) */
	inet_csk(sk)->icsk_probes_out = 0;
	ltcp_ack_begin(ltcp_sk(sk), seg, &res);
	if (unlikely(seq_lt(seg->ack, tp->snd_una))) {
		/* Old: its SACK blocks may still be news, its window is not */
		if (seg->opt.present & LTCP_OPT_SACK)
			ltcp_sack_process(sk, seg, &res);
		tp->delivered += res.delivered_segs;
		ltcp_rate_finish(ltcp_sk(sk), &res);
		return;
	}
	if (seg->ack != tp->snd_una)
		ltcp_ack_advance(sk, seg, &res);
	else if (unlikely(sk->sk_state == TCP_SYN_RECV))
		ltcp_ack_syn_rtt(sk, seg);
	res.wnd_update = ltcp_ack_window(tp, seg, res.acked_bytes);
	if (unlikely(shut && tp->snd_wnd))
		ltcp_ack_reopened(sk);
	ltcp_ecn_ack(sk, seg, &res);
	if (!tp->packets_out && !res.acked_segs &&
	    !(seg->opt.present & LTCP_OPT_SACK)) {
		/* A probe's copy may have been the last to arrive */
		res.dup = ltcp_repeats_ack(tp, seg, res.wnd_update);
		ltcp_tlp_ack(sk, seg, &res);
		return;
	}

	if (seg->opt.present & LTCP_OPT_SACK) {
		ltcp_sack_process(sk, seg, &res);
		ltcp_ack_sack_rtt(sk, &res);
	}
	res.dup = tp->packets_out && !res.acked_bytes &&
		  ltcp_repeats_ack(tp, seg, res.wnd_update);
	tp->delivered += res.delivered_segs;
	if (unlikely(res.ece))
		ltcp_ack_count_marked(sk, res.delivered_segs);
	if (likely(!ltcp_in_handshake(sk))) {
		if (ltcp_is_kcong(sk))
			ltcp_kcong_acked(sk, seg, &res);
		ltcp_loss_on_ack(sk, seg, &res);
		ltcp_rate_finish(ltcp_sk(sk), &res);
		ltcp_cong_on_ack(sk, &res);
		if (unlikely(res.ece))
			ltcp_ecn_echoed(sk, &res);
		if (res.acked_bytes || res.sacked_segs || res.dup)
			ltcp_sndbuf_grow(sk);
	}
	trace_ltcp_ack(sk, res.prior_una, res.acked_bytes, seg->flags, res.rtt_us);
	ltcp_ack_timers(sk, &res);
}
