// SPDX-License-Identifier: GPL-2.0
/*
 * rate.c - at which rate the path delivers (draft-ietf-ccwg-bbr section 4.1).
 *
 * When a packet is sent, it notes how much had been delivered by then, and when.
 * When it is delivered itself, the difference is what the path carried in
 * between. The time for it is the longer of two: how long the ACKs took to come,
 * and how long the flight took to be sent, so that ACKs that come in one heap do
 * not look like a fast path. A sample taken while the application had nothing to
 * send says how fast the application is, and is marked so.
 *
 * The packet that was sent last of all that an ACK delivers gives the sample.
 * When it was sent after the round's beginning was delivered, a round is over.
 *
 * Times are in microseconds; packets keep the low half of them. Counts are in
 * segments.
 */
#include "ltcp.h"

/**
 * ltcp_rate_sent - note the state of the connection on a packet that goes out
 * @lt: connection, with the packet already counted as in flight
 * @skb: packet of its queue, new or sent again
 *
 * Context: socket lock.
 */
void ltcp_rate_sent(struct ltcp_sock *lt, struct sk_buff *skb)
{
	struct ltcp_cb *cb = ltcp_cb(skb);
	struct tcp_sock *tp = &lt->tcp;
	u32 in_flight = ltcp_in_flight(tp);

	/* Alone. What counts as lost may be on its way, and be delivered at once */
	if (tp->packets_out - tp->sacked_out <= cb->segs &&
	    !(cb->sacked & LTCP_SKB_EVER_RETRANS)) {
		tp->first_tx_mstamp = tp->tcp_mstamp;
		tp->delivered_mstamp = tp->tcp_mstamp;
	}
	cb->delivered = tp->delivered;
	cb->delivered_us = (u32)tp->delivered_mstamp ?: 1;
	cb->first_tx_us = tp->first_tx_mstamp;
	cb->lost = tp->lost;
	cb->in_flight = in_flight;
	cb->app_limited = tp->app_limited != 0;
}

/**
 * ltcp_rate_delivered - a packet has arrived: is it the one to sample?
 * @tp: connection
 * @skb: packet that is newly acknowledged or SACKed
 * @end_seq: where the part of it ends that is; the rest will have a sample, too
 * @rs: sample of this ACK, zero before its first packet
 *
 * Context: socket lock.
 */
void ltcp_rate_delivered(struct tcp_sock *tp, struct sk_buff *skb, u32 end_seq,
			 struct ltcp_rate_sample *rs)
{
	struct ltcp_cb *cb = ltcp_cb(skb);
	u64 sent_us;

	if (!cb->delivered_us)
		return;
	if (!rs->prior_us || seq_geq(cb->delivered, rs->cc.prior_delivered)) {
		sent_us = div_u64(skb->skb_mstamp_ns, NSEC_PER_USEC);
		rs->cc.prior_delivered = cb->delivered;
		rs->cc.app_limited = cb->app_limited;
		rs->cc.tx_in_flight = cb->in_flight;
		rs->prior_lost = cb->lost;
		rs->prior_us = cb->delivered_us;
		rs->ambiguous = cb->sacked & LTCP_SKB_EVER_RETRANS;
		rs->send_us = (u32)sent_us - cb->first_tx_us;
		tp->first_tx_mstamp = sent_us;
	}
	if (end_seq == cb->end_seq)
		cb->delivered_us = 0;
}

/* For ss and TCP_INFO: the last sample that shows what the path can do. */
static void ltcp_rate_publish(struct tcp_sock *tp, const struct ltcp_cc_rate *r)
{
	if (r->app_limited && (u64)r->delivered * tp->rate_interval_us <
			      (u64)tp->rate_delivered * r->interval_us)
		return;
	tp->rate_delivered = r->delivered;
	WRITE_ONCE(tp->rate_interval_us, r->interval_us);
	tp->rate_app_limited = r->app_limited;
}

/**
 * ltcp_rate_finish - complete the sample of an ACK
 * @lt: connection; tcp.delivered has counted this ACK
 * @res: what it told
 *
 * An interval below the least round trip would be an artefact: no sample then.
 * Context: socket lock.
 */
void ltcp_rate_finish(struct ltcp_sock *lt, struct ltcp_ack_result *res)
{
	struct ltcp_rate_sample *rs = &res->rate;
	struct tcp_sock *tp = &lt->tcp;
	u32 interval_us;

	if (tp->app_limited && seq_gt(tp->delivered, tp->app_limited))
		tp->app_limited = 0;
	if (res->delivered_segs)
		tp->delivered_mstamp = tp->tcp_mstamp;
	if (!rs->prior_us)
		return;
	if (seq_geq(rs->cc.prior_delivered, lt->round_delivered)) {
		lt->round_delivered = tp->delivered;
		lt->round_start = true;
		res->round_start = true;
	}
	interval_us = max((u32)tp->delivered_mstamp - rs->prior_us, rs->send_us);
	rs->cc.lost = tp->lost - rs->prior_lost;
	rs->cc.delivered = tp->delivered - rs->cc.prior_delivered;
	if (!interval_us || interval_us < ltcp_min_rtt_us(tp))
		return;
	rs->cc.interval_us = interval_us;
	ltcp_rate_publish(tp, &rs->cc);
}

/**
 * ltcp_rate_check_app_limited - has the application nothing to send?
 * @lt: connection that has sent what it could
 *
 * Less than a segment, which Nagle or a cork holds back, is nothing. Then all that is
 * in flight now will tell of the application's rate, not of the path's.
 * Context: socket lock.
 */
void ltcp_rate_check_app_limited(struct ltcp_sock *lt)
{
	struct tcp_sock *tp = &lt->tcp;
	u32 in_flight = ltcp_in_flight(tp);

	if (tp->write_seq - tp->snd_nxt < tp->mss_cache && in_flight < tp->snd_cwnd &&
	    tp->lost_out <= tp->retrans_out)
		tp->app_limited = (tp->delivered + in_flight) ?: 1;
}
