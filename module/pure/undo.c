// SPDX-License-Identifier: GPL-2.0
/*
 * undo.c - was a loss recovery for nothing? RFC 5682, 3522, 4015, 3708
 *
 * Theory
 * ------
 * A segment that is late looks like a lost one: it is sent again, and the window
 * is reduced, for nothing. Four witnesses can tell afterwards:
 *
 *   F-RTO	After a timeout, when the first ACK has come, new data is sent
 *		instead of more of the old. If the next ACK still acknowledges
 *		some of the old, which was sent once, the network was only slow.
 *   Eifel	The first ACK of new data echoes a timestamp older than that of
 *		the retransmission: it acknowledges the original.
 *   D-SACK	The peer reports everything that was sent again as a duplicate.
 *		The slowest witness, but it needs neither a timeout nor timestamps.
 *   Time	All that was sent again arrives sooner after that than anything
 *		ever did: it is the original. As quick as Eifel, needs no help of
 *		the peer, and knows of what is SACKed, where TSecr tells nothing.
 *
 * What follows is the same for all: ssthresh is what it was, cwnd such that no
 * burst leaves and slow start leads back, what was called lost no longer is, and
 * after a timeout the estimator is made to remember how long an ACK may take
 * (RFC 4015). All of it is the caller's to do; here are the decisions.
 */
#include "seq.h"
#include "undo.h"

/* ------------------------------------------------------------------ */
/* F-RTO                                                                */
/* ------------------------------------------------------------------ */

/**
 * ltcp_frto_start() - the retransmission timer has expired
 * @f: F-RTO's state
 * @sack: the connection uses SACK
 * @in_recovery: a fast or RTO recovery was under way already
 * @snd_una: SND.UNA
 *
 * Step 1. In the midst of an earlier recovery ACKs of what it has sent again could
 * be mistaken for proof; only when the very same segment times out again, with
 * nothing acknowledged since, the algorithm starts again. (The RFC tells the cases
 * apart by "recover" >= SND.UNA: "recover" is set by the first ACK.)
 */
void ltcp_frto_start(struct ltcp_frto *f, bool sack, bool in_recovery,
		     u32 snd_una)
{
	bool same_segment = f->step == LTCP_FRTO_STEP2;

	f->step = in_recovery && !same_segment ? LTCP_FRTO_OFF :
						 LTCP_FRTO_STEP2;
	f->sack = sack;
	f->rtx_end = snd_una;
}

/**
 * ltcp_frto_retransmitted() - something was sent again
 * @f: F-RTO's state
 * @end_seq: its end
 *
 * Before the first ACK that is the segment of step 1. After it, whoever sends
 * something again spoils the evidence, and the algorithm ends.
 */
void ltcp_frto_retransmitted(struct ltcp_frto *f, u32 end_seq)
{
	if (f->step == LTCP_FRTO_STEP2)
		f->rtx_end = seq_max(f->rtx_end, end_seq);
	else
		f->step = LTCP_FRTO_OFF;
}

/*
 * Section 2.1, step 2; in section 3.1 duplicate ACKs are no reason to end. A receiver
 * that acknowledges part of what was sent again may be splitting ACKs: that ends it in
 * both, or the next part would pass for an original.
 */
static enum ltcp_frto_verdict step2(struct ltcp_frto *f,
				    const struct ltcp_frto_ack *ack)
{
	if (!ack->advances && !(ack->dup && !f->sack))
		return LTCP_FRTO_NOTHING;
	f->recover = ack->snd_nxt;
	f->step = LTCP_FRTO_OFF;
	if (!ack->advances || seq_geq(ack->ack, f->recover) ||
	    seq_lt(ack->ack, f->rtx_end) || !ack->new_sendable)
		return LTCP_FRTO_GENUINE_EARLY;
	f->step = LTCP_FRTO_STEP3;
	return LTCP_FRTO_SEND_NEW;
}

/* Steps 3 of sections 2.1 and 3.1. With SACK it is that, not the other marks, which tells. */
static enum ltcp_frto_verdict step3(struct ltcp_frto *f,
				    const struct ltcp_frto_ack *ack)
{
	bool beyond = f->sack && seq_gt(seq_max(ack->ack, ack->sack_high),
					f->recover);

	if (!ack->advances && !ack->dup && !(f->sack && ack->sacked_new))
		return LTCP_FRTO_NOTHING;
	f->step = LTCP_FRTO_OFF;
	if (!beyond && (ack->advances || (f->sack && ack->sacked_new)))
		return LTCP_FRTO_SPURIOUS;
	return LTCP_FRTO_GENUINE;
}

/**
 * ltcp_frto_on_ack() - an ACK has come
 * @f: F-RTO's state
 * @ack: what it told
 *
 * RFC 5682 sections 2.1 and 3.1, steps 2 and 3. Without new data to send the
 * recovery goes on as usual (step 2b's recommendation). An ACK that is neither
 * new nor a duplicate is ignored.
 *
 * Return: the verdict.
 */
enum ltcp_frto_verdict ltcp_frto_on_ack(struct ltcp_frto *f,
					const struct ltcp_frto_ack *ack)
{
	switch (f->step) {
	case LTCP_FRTO_STEP2:
		return step2(f, ack);
	case LTCP_FRTO_STEP3:
		return step3(f, ack);
	default:
		return LTCP_FRTO_NOTHING;
	}
}

/* ------------------------------------------------------------------ */
/* Eifel detection                                                      */
/* ------------------------------------------------------------------ */

/**
 * ltcp_eifel_start() - a loss recovery begins
 * @e: Eifel detection's state
 *
 * RFC 3522 section 3.2, step 1. Not to be called again while it lasts, also not
 * for a second timeout of the same segment.
 */
void ltcp_eifel_start(struct ltcp_eifel *e)
{
	e->armed = true;
	e->sent = false;
}

/**
 * ltcp_eifel_retransmitted() - something was sent again
 * @e: Eifel detection's state
 * @tsval: its TSval
 *
 * Step 2: the first one of an episode counts. Outside of episodes it does not
 * matter whether this is called.
 */
void ltcp_eifel_retransmitted(struct ltcp_eifel *e, u32 tsval)
{
	if (e->sent)
		return;
	e->retrans_ts = tsval;
	e->sent = true;
}

/* Steps 4 and 5: the original arrived, and not every ACK of it was lost. */
static bool original_arrived(const struct ltcp_eifel *e,
			     const struct ltcp_eifel_ack *ack)
{
	return ack->has_tsecr && seq_lt(ack->tsecr, e->retrans_ts) &&
	       !ack->dsack && (e->dsack_seen || !ack->all_acked);
}

/**
 * ltcp_eifel_on_ack() - an ACK has come
 * @e: Eifel detection's state
 * @ack: what it told; also when no recovery is under way, for its D-SACK
 *
 * RFC 3522 section 3.2, steps 3 to 6: the first acceptable ACK decides. With SACK
 * it may be for other data: TSecr is that of the segment which came to SND.UNA, so
 * it says nothing of this episode unless that was sent again in it. Step 5
 * excludes that all the ACKs were lost instead: then the retransmission came as a
 * duplicate, whose timestamp is not echoed, and a D-SACK reports it, if the peer
 * does such a thing.
 *
 * Return: true when the recovery was for nothing.
 */
bool ltcp_eifel_on_ack(struct ltcp_eifel *e, const struct ltcp_eifel_ack *ack)
{
	bool spurious = false;

	if (ack->copies && e->armed && e->sent) {
		spurious = ack->copy_first && original_arrived(e, ack);
		e->armed = false;
	}
	e->dsack_seen |= ack->dsack;
	return spurious;
}

/* ------------------------------------------------------------------ */
/* D-SACK                                                               */
/* ------------------------------------------------------------------ */

/**
 * ltcp_dsack_start() - a loss recovery begins
 * @d: D-SACK's state
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @retrans_segs: segments in flight that were sent again before: a tail loss probe
 */
void ltcp_dsack_start(struct ltcp_dsack_undo *d, u32 snd_una, u32 snd_nxt,
		      u32 retrans_segs)
{
	d->start = snd_una;
	d->rtx_high = retrans_segs ? snd_nxt : snd_una;
	d->until = snd_nxt;
	d->rtx_segs = retrans_segs;
	d->last = (struct ltcp_sack_block) {};
	d->active = !d->disabled;
	d->blocked = false;
}

/**
 * ltcp_dsack_retransmitted() - something was sent again
 * @d: D-SACK's state
 * @end_seq: its end
 * @segs: segments
 * @again: it had been sent again before
 * @snd_nxt: SND.NXT
 *
 * Outside of episodes it does not matter whether this is called.
 */
void ltcp_dsack_retransmitted(struct ltcp_dsack_undo *d, u32 end_seq, u32 segs,
			      bool again, u32 snd_nxt)
{
	d->rtx_high = seq_max(d->rtx_high, end_seq);
	d->until = snd_nxt;
	d->rtx_segs += segs;
	/* Step A.3: which of the copies was the duplicate? */
	d->blocked |= again;
}

/**
 * ltcp_dsack_on_una() - SND.UNA has moved
 * @d: D-SACK's state
 * @snd_una: the new SND.UNA
 *
 * What was sent after the last retransmission has arrived: had that been a
 * duplicate, the report would have come before.
 */
void ltcp_dsack_on_una(struct ltcp_dsack_undo *d, u32 snd_una)
{
	if (seq_gt(snd_una, d->until))
		d->active = false;
}

/* Does a report concern what this episode sent again, and is it news? */
static bool report_counts(const struct ltcp_dsack_undo *d,
			  const struct ltcp_sack_block *dup)
{
	return d->active && seq_geq(dup->start, d->start) &&
	       seq_leq(dup->end, d->rtx_high) &&
	       (dup->start != d->last.start || dup->end != d->last.end);
}

/**
 * ltcp_dsack_on_report() - the peer reports a duplicate
 * @d: D-SACK's state
 * @r: the report; ltcp_dsack_on_una() is told of its ACK afterwards
 *
 * RFC 3708 section 3, steps A and B. What has been acknowledged is no longer
 * queued, so segments are counted: each that was sent again was so once, or the
 * episode is blocked, and what lies outside of where the episode sent something
 * again does not count for it.
 *
 * Return: true when all that was sent again was for nothing.
 */
bool ltcp_dsack_on_report(struct ltcp_dsack_undo *d,
			  const struct ltcp_dsack_report *r)
{
	if (r->never_resent) {
		/* Step A.4: the network has made it */
		d->disabled = true;
		d->active = false;
	}
	if (!report_counts(d, &r->dup))
		return false;
	d->last = r->dup;
	/* Step A.1: all ACKs of a window were lost: the way back is congested */
	if (r->nothing_sacked && r->dup.start == r->prior_una)
		d->blocked = true;
	d->rtx_segs -= min(d->rtx_segs, r->segs);
	if (d->blocked || d->rtx_segs)
		return false;
	d->active = false;
	return true;
}

/* ------------------------------------------------------------------ */
/* Time                                                                 */
/* ------------------------------------------------------------------ */

/**
 * ltcp_early_start() - a loss recovery begins
 * @e: state
 */
void ltcp_early_start(struct ltcp_early *e)
{
	e->unproven = 0;
	e->active = true;
}

/**
 * ltcp_early_retransmitted() - something was sent again
 * @e: state
 * @segs: segments
 * @again: it had been sent again before, and so may have been lost
 *
 * Outside of episodes it does not matter whether this is called.
 */
void ltcp_early_retransmitted(struct ltcp_early *e, u32 segs, bool again)
{
	e->unproven += segs;
	e->active &= !again;
}

/**
 * ltcp_early_delivered() - something that the episode has sent again was delivered
 * @e: state
 * @segs: segments, acknowledged or SACKed for the first time
 * @early: less than the least round trip after that
 *
 * RFC 8985 section 6.2, step 2, takes that time as proof that an earlier transmission
 * is meant. As with D-SACK all copies have to be for nothing; with the first for
 * which that is not so, the losses were real.
 *
 * Return: true when all that was sent again was for nothing.
 */
bool ltcp_early_delivered(struct ltcp_early *e, u32 segs, bool early)
{
	e->unproven -= min(e->unproven, segs);
	e->active &= early;
	if (!e->active || e->unproven)
		return false;
	e->active = false;
	return true;
}

/* ------------------------------------------------------------------ */
/* Eifel response                                                       */
/* ------------------------------------------------------------------ */

/* Neither sum exceeds what the estimator can hold: see rtt.c. */
static u32 saturate(u64 v)
{
	return min_t(u64, v, U32_MAX);
}

/**
 * ltcp_undo_save() - before a loss recovery reduces anything
 * @u: where to remember
 * @out_segs: FlightSize, segments
 * @ssthresh: segments
 * @rtt: the estimator
 * @granularity_us: G, the granularity of the clock, microseconds
 *
 * RFC 4015 section 3.1, step 0. Not again for a second timeout of the same data.
 */
void ltcp_undo_save(struct ltcp_undo *u, u32 out_segs, u32 ssthresh,
		    const struct ltcp_rtt *rtt, u32 granularity_us)
{
	u->pipe_prev = max(out_segs, ssthresh);
	u->rtt_prev.srtt_us = saturate(rtt->srtt_us + 16 * (u64)granularity_us);
	u->rtt_prev.rttvar_us = rtt->rttvar_us;
}

/**
 * ltcp_undo_cwnd() - the window after a recovery for nothing
 * @out_segs: FlightSize, segments, after the ACK that proved it
 * @acked_segs: segments acknowledged by that ACK
 * @initial_wnd: IW, segments
 *
 * RFC 4015 section 3.1, step 9; ssthresh becomes @pipe_prev with it, so that slow
 * start leads back. Nothing is undone when that ACK has the ECN-Echo flag.
 *
 * Return: cwnd, segments, at least 1.
 */
u32 ltcp_undo_cwnd(u32 out_segs, u32 acked_segs, u32 initial_wnd)
{
	return max(out_segs + min(acked_segs, initial_wnd), 1U);
}

/**
 * ltcp_undo_rtt() - let the estimator remember a needless timeout
 * @u: what was remembered
 * @rtt: the estimator
 * @rtt_us: round-trip time of data first sent after the timeout, microseconds
 *
 * RFC 4015 section 3.1, step 11: for the first such sample, instead of
 * ltcp_rtt_sample(). The RTO then follows from the estimator as always.
 */
void ltcp_undo_rtt(const struct ltcp_undo *u, struct ltcp_rtt *rtt, u32 rtt_us)
{
	rtt->srtt_us = max(u->rtt_prev.srtt_us, saturate((u64)rtt_us << 3));
	rtt->rttvar_us = max(u->rtt_prev.rttvar_us,
			     min_t(u32, rtt_us, BIT(29) - 1) << 1);
	rtt->stray_us = rtt_us;
}
