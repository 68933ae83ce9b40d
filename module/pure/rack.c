// SPDX-License-Identifier: GPL-2.0
/*
 * rack.c - loss detection by time and tail loss probes, RFC 8985
 *
 * Theory
 * ------
 * RACK. A packet is lost when another that was sent after it has arrived and the
 * time for it to arrive late has passed. "After" is by the clock, and by sequence
 * number among packets sent in the same instant; a packet sent again counts from
 * then, so that a lost retransmission is found like any loss. Of all that was
 * delivered one packet matters, the one sent last (RACK.segment, here xmit_ns and
 * end_seq). A packet sent before it is lost at
 *
 *	its time of sending + RACK.rtt + reo_wnd
 *
 * where reo_wnd is what reordering is granted: nothing while none was ever seen
 * and there is reason for haste; else a quarter of the least round trip, and one
 * quarter more for each round trip with a D-SACK, which betrays that something
 * was sent again too early; never more than SRTT and a quarter. (The RFC ends at
 * SRTT. What a path delays by one round trip would then be late by whatever its
 * queues add to that, and be sent again for ever.)
 *
 * The RFC has the packets of an ACK gone through in order of sending (step 2) or
 * of sequence (step 3). Here they may come in any order, which is how SACK blocks
 * come: all share the time of arrival, so the one sent last is the one with the
 * least round trip; and what lies below the highest data delivered before the ACK
 * is out of order, whatever else the ACK delivers.
 *
 * TLP. When the last packets of a flight are lost nothing arrives that could tell.
 * So after two round trips of silence one segment is sent, a new one or the last
 * one again, whose ACK lets RACK see. If only that very segment was missing,
 * sending it again has hidden the loss; then it is found out by what does not
 * come: a report of a duplicate.
 */
#include "rack.h"
#include "seq.h"

#define NS_PER_US	1000U

static u32 ns_to_us(u64 ns)
{
	return min_t(u64, ns / NS_PER_US, U32_MAX);
}

/* RACK_sent_after() of section 6.2: was the first sent after the second? */
static bool sent_after(u64 a_ns, u32 a_end_seq, u64 b_ns, u32 b_end_seq)
{
	return a_ns > b_ns || (a_ns == b_ns && seq_gt(a_end_seq, b_end_seq));
}

/**
 * ltcp_rack_init() - a connection is about to carry data
 * @r: RACK's state
 * @snd_una: SND.UNA
 * @rtt_us: round-trip time of the handshake, microseconds; 0: not measured
 */
void ltcp_rack_init(struct ltcp_rack *r, u32 snd_una, u32 rtt_us)
{
	*r = (struct ltcp_rack) {
		.end_seq = snd_una,
		.fack = snd_una,
		.rtt_us = rtt_us,
		.reo_wnd_mult = 1,
	};
}

/**
 * ltcp_rack_ack_begin() - before the deliveries of an ACK
 * @r: RACK's state
 * @ack: its first four fields set
 */
void ltcp_rack_ack_begin(const struct ltcp_rack *r, struct ltcp_rack_ack *ack)
{
	ack->prior_fack = r->fack;
	ack->rtt_us = U32_MAX;
}

/*
 * Which copy does the ACK mean? Section 6.2, step 2: not the last one, when it
 * echoes an older timestamp or comes sooner than any ACK can, by an eighth: on an empty
 * path the least round trip is what every copy takes, a short one a little less, and
 * what it shows would go unseen for some microseconds. But as long as there is
 * a hole the timestamp echoed is that of what came last before it (RFC 7323 section
 * 4.3): it says nothing of what is SACKed, and were it asked, no copy that arrives
 * could show that one sent before it is lost.
 */
static bool ambiguous(const struct ltcp_rack_ack *ack,
		      const struct ltcp_rack_pkt *pkt, u32 rtt_us)
{
	u32 soonest_us = ack->min_rtt_us - ack->min_rtt_us / 8;

	if (!pkt->retrans)
		return false;
	return (ack->has_tsecr && !pkt->sacked && seq_lt(ack->tsecr, pkt->tsval)) ||
	       rtt_us < soonest_us;
}

/* RACK_detect_reordering(), section 6.2, step 3. */
static void detect_reordering(struct ltcp_rack *r,
			      const struct ltcp_rack_ack *ack,
			      const struct ltcp_rack_pkt *pkt)
{
	if (!pkt->retrans && seq_lt(pkt->end_seq, ack->prior_fack))
		r->reordering_seen = true;
	r->fack = seq_max(r->fack, pkt->end_seq);
}

/**
 * ltcp_rack_delivered() - a packet was delivered
 * @r: RACK's state
 * @ack: the ACK that says so
 * @pkt: packet acknowledged or SACKed for the first time, in any order
 *
 * RFC 8985 section 6.2, steps 2 and 3.
 *
 * Return: true when RACK.segment is now this packet: more may be lost.
 */
bool ltcp_rack_delivered(struct ltcp_rack *r, struct ltcp_rack_ack *ack,
			 const struct ltcp_rack_pkt *pkt)
{
	u32 rtt_us = ack->now_ns > pkt->xmit_ns ?
		     ns_to_us(ack->now_ns - pkt->xmit_ns) : 0;

	detect_reordering(r, ack, pkt);
	if (ambiguous(ack, pkt, rtt_us))
		return false;
	ack->rtt_us = min(ack->rtt_us, rtt_us);
	r->rtt_us = ack->rtt_us;
	if (!sent_after(pkt->xmit_ns, pkt->end_seq, r->xmit_ns, r->end_seq))
		return false;
	r->xmit_ns = pkt->xmit_ns;
	r->end_seq = pkt->end_seq;
	return true;
}

/**
 * ltcp_rack_overtaken() - what was called lost and sent again was only late
 * @r: RACK's state
 *
 * Reordering, like that of step 3, which passes over what was sent again. But as
 * long as none was seen nothing is granted after DupThresh segments: a packet
 * overtaken by as many is always sent again before it arrives, and by the letter
 * of the RFC no D-SACK could ever keep the next one from the same fate.
 */
void ltcp_rack_overtaken(struct ltcp_rack *r)
{
	r->reordering_seen = true;
}

/**
 * ltcp_rack_adapt() - let D-SACKs widen the reordering window
 * @r: RACK's state
 * @dsack: this ACK carries a D-SACK
 * @recovered: this ACK ends a fast or RTO recovery
 * @before: @now as it was when the newest packet was sent that this ACK delivers
 * @now: segments delivered so far
 *
 * RFC 8985 section 6.2, step 4, first half: one quarter more for each round trip
 * that sees a D-SACK, back to one after 16 recoveries without any. The RFC measures
 * round trips by SND.UNA. But that waits for the latest packet, so among late ones, of
 * all paths, its rounds take twice as long; what is delivered does not. To be called
 * for every ACK while @in_dsack_round, otherwise when there is a D-SACK or a
 * recovery ends.
 */
void ltcp_rack_adapt(struct ltcp_rack *r, bool dsack, bool recovered,
		     u32 before, u32 now)
{
	if (r->in_dsack_round && seq_geq(before, r->dsack_round))
		r->in_dsack_round = false;
	if (dsack && !r->in_dsack_round) {
		r->in_dsack_round = true;
		r->dsack_round = now;
		r->reo_wnd_mult = min(r->reo_wnd_mult, (u8)254) + 1;
		r->reo_wnd_persist = LTCP_RACK_PERSIST;
	} else if (recovered && r->reo_wnd_persist) {
		r->reo_wnd_persist--;
		if (!r->reo_wnd_persist)
			r->reo_wnd_mult = 1;
	}
}

/**
 * ltcp_rack_reo_wnd_us() - how long to wait for what may only be out of order
 * @r: RACK's state
 * @in_recovery: in fast or RTO recovery
 * @sacked_segs: segments SACKed above SND.UNA
 * @dupthresh: DupThresh, segments
 * @min_rtt_us: least round-trip time of the recent past, microseconds
 * @srtt_us: SRTT, microseconds (not its multiple); 0: none
 *
 * RFC 8985 section 6.2, step 4, second half.
 *
 * Return: RACK.reo_wnd, microseconds.
 */
u32 ltcp_rack_reo_wnd_us(const struct ltcp_rack *r, bool in_recovery,
			 u32 sacked_segs, u32 dupthresh, u32 min_rtt_us,
			 u32 srtt_us)
{
	u64 most_us = min_t(u64, (u64)srtt_us + srtt_us / 4, U32_MAX);

	if (!r->reordering_seen && (in_recovery || sacked_segs >= dupthresh))
		return 0;
	return min_t(u64, (u64)min_rtt_us * r->reo_wnd_mult / 4, most_us);
}

/**
 * ltcp_rack_judges() - was a packet sent before one that was delivered?
 * @r: RACK's state
 * @xmit_ns: when the packet was sent last, nanoseconds
 * @end_seq: where it ends
 *
 * RFC 8985 section 6.2, step 5. Packets sent later cannot be judged yet: they
 * are neither lost nor does a timer wait for them.
 *
 * Return: true when ltcp_rack_left_us() is to be asked.
 */
bool ltcp_rack_judges(const struct ltcp_rack *r, u64 xmit_ns, u32 end_seq)
{
	return sent_after(r->xmit_ns, r->end_seq, xmit_ns, end_seq);
}

/**
 * ltcp_rack_left_us() - how long until a packet counts as lost
 * @r: RACK's state
 * @xmit_ns: when the packet was sent last, nanoseconds
 * @reo_wnd_us: RACK.reo_wnd, microseconds
 * @now_ns: the time, nanoseconds
 *
 * RFC 8985 section 6.2, step 5. The reordering timer is set to the longest of
 * what is left to the packets that ltcp_rack_judges().
 *
 * Return: microseconds, rounded up; 0: it is lost.
 */
u32 ltcp_rack_left_us(const struct ltcp_rack *r, u64 xmit_ns, u32 reo_wnd_us,
		      u64 now_ns)
{
	u64 due_ns = xmit_ns + ((u64)r->rtt_us + reo_wnd_us) * NS_PER_US;

	return now_ns >= due_ns ? 0 : ns_to_us(due_ns - now_ns + NS_PER_US - 1);
}

/**
 * ltcp_rack_lost_on_rto() - is a packet lost when the retransmission timer
 * expires?
 * @r: RACK's state
 * @first: it begins at SND.UNA
 * @xmit_ns: when it was sent last, nanoseconds
 * @reo_wnd_us: RACK.reo_wnd, microseconds
 * @now_ns: the time, nanoseconds
 *
 * RFC 8985 section 6.3: the first one is; of the others, those that have had the
 * time to arrive, delivered later ones or not.
 *
 * Return: true when it is lost.
 */
bool ltcp_rack_lost_on_rto(const struct ltcp_rack *r, bool first, u64 xmit_ns,
			   u32 reo_wnd_us, u64 now_ns)
{
	return first || !ltcp_rack_left_us(r, xmit_ns, reo_wnd_us, now_ns);
}

/**
 * ltcp_tlp_may_probe() - may a probe be sent when its timer expires?
 * @t: the probe's state
 *
 * RFC 8985 section 7.3: not while another is out, and not before the path was
 * measured since, lest probes keep a longer round trip from being seen.
 *
 * Return: true when it may.
 */
bool ltcp_tlp_may_probe(const struct ltcp_tlp *t)
{
	return !t->out && t->rtt_taken;
}

/**
 * ltcp_tlp_may_schedule() - may a probe's timer be started?
 * @t: the probe's state
 * @sack_ok: the connection uses SACK
 * @in_recovery: in fast or RTO recovery
 * @out_segs: FlightSize, segments
 * @sacked_segs: segments SACKed above SND.UNA
 *
 * RFC 8985 section 7.2; to be asked after new data was sent that is no probe,
 * and after an ACK of new data. In recovery, and with segments SACKed, others
 * watch: the reordering timer and F-RTO. A timer at whose end no probe may be sent
 * would only delay the retransmission timer: it is not started either.
 *
 * Return: true when it may; else the retransmission timer is the one to start.
 */
bool ltcp_tlp_may_schedule(const struct ltcp_tlp *t, bool sack_ok,
			   bool in_recovery, u32 out_segs, u32 sacked_segs)
{
	return sack_ok && !in_recovery && out_segs && !sacked_segs &&
	       ltcp_tlp_may_probe(t);
}

/**
 * ltcp_tlp_pto_us() - the probe timeout
 * @srtt_us: SRTT, microseconds (not its multiple); 0: none
 * @out_segs: FlightSize, segments
 * @max_ack_delay_us: TLP.max_ack_delay: how long a peer may delay the ACK of a
 *	single segment, microseconds
 * @rto_left_us: until the retransmission timer would expire, microseconds
 *
 * RFC 8985 section 7.2, TLP_calc_PTO().
 *
 * Return: microseconds, at most @rto_left_us.
 */
u32 ltcp_tlp_pto_us(u32 srtt_us, u32 out_segs, u32 max_ack_delay_us,
		    u32 rto_left_us)
{
	u64 pto_us = LTCP_TLP_PTO_NO_SRTT_US;

	if (srtt_us)
		pto_us = 2 * (u64)srtt_us +
			 (out_segs == 1 ? max_ack_delay_us : 0);
	return min_t(u64, pto_us, rto_left_us);
}

/**
 * ltcp_tlp_choose() - the probe's timer has expired: what to send?
 * @t: the probe's state
 * @new_fits: there is a segment never sent, and the peer's window has room for it
 *
 * RFC 8985 section 7.3. cwnd does not matter: one segment may exceed it.
 *
 * Return: what to send. Whatever it is, the retransmission timer is then started
 * again, not the probe's.
 */
enum ltcp_tlp_probe ltcp_tlp_choose(const struct ltcp_tlp *t, bool new_fits)
{
	if (!ltcp_tlp_may_probe(t))
		return LTCP_TLP_NONE;
	return new_fits ? LTCP_TLP_NEW : LTCP_TLP_LAST;
}

/**
 * ltcp_tlp_sent() - a probe was sent
 * @t: the probe's state
 * @probe: LTCP_TLP_NEW or LTCP_TLP_LAST
 * @snd_nxt: SND.NXT after it
 */
void ltcp_tlp_sent(struct ltcp_tlp *t, enum ltcp_tlp_probe probe, u32 snd_nxt)
{
	t->end_seq = snd_nxt;
	t->out = true;
	t->is_retrans = probe == LTCP_TLP_LAST;
	t->rtt_taken = false;
}

/* The cases of section 7.4.2, in its order, for an ACK that covers the probe. */
static enum ltcp_tlp_fate probe_fate(const struct ltcp_tlp *t,
				     const struct ltcp_tlp_ack *ack)
{
	if (!t->is_retrans)
		return LTCP_TLP_NO_LOSS;
	if (ack->dsack && ack->dsack_end == t->end_seq)
		return LTCP_TLP_DSACKED;
	if (seq_gt(ack->ack, t->end_seq))
		return LTCP_TLP_REPAIRED;
	return ack->plain_dup ? LTCP_TLP_NO_LOSS : LTCP_TLP_OPEN;
}

/**
 * ltcp_tlp_on_ack() - what has become of the probe?
 * @t: the probe's state
 * @ack: an ACK that is not older than SND.UNA
 *
 * RFC 8985 section 7.4.2, TLP_process_ack(). As long as the answer is
 * %LTCP_TLP_OPEN it may still come.
 *
 * Return: the verdict.
 */
enum ltcp_tlp_fate ltcp_tlp_on_ack(struct ltcp_tlp *t,
				   const struct ltcp_tlp_ack *ack)
{
	enum ltcp_tlp_fate fate;

	if (!t->out || seq_lt(ack->ack, t->end_seq))
		return LTCP_TLP_OPEN;
	fate = probe_fate(t, ack);
	t->out = fate == LTCP_TLP_OPEN;
	return fate;
}

/**
 * ltcp_tlp_reset() - a fast or RTO recovery begins: no probe matters any more
 * @t: the probe's state
 *
 * RFC 8985 section 7.1.
 */
void ltcp_tlp_reset(struct ltcp_tlp *t)
{
	t->out = false;
	t->is_retrans = false;
}
