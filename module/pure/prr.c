// SPDX-License-Identifier: GPL-2.0
/*
 * prr.c - proportional rate reduction, RFC 9937
 *
 * Theory
 * ------
 * Congestion control says by how much the window is to shrink: to ssthresh. PRR
 * says how: not at once, which would silence the sender for half a round trip,
 * but by sending a little less than is delivered. RecoverFS segments will be
 * delivered in the course of the episode, so for each of them ssthresh/RecoverFS
 * are sent:
 *
 *	in_flight > ssthresh	up to prr_delivered * ssthresh / RecoverFS in all
 *	otherwise		losses alone have shrunk the flight enough: as much
 *				as is delivered (PRR-CRB), and one more for an ACK
 *				that advances and tells of no further loss
 *				(SafeACK, PRR-SSRB), until ssthresh is reached
 *
 * and at least one at the beginning, the fast retransmission. The answer comes as
 * the window, in_flight plus what may be sent. Everything counts in segments, so
 * SMSS is 1. When the episode is over cwnd is ssthresh, be it more or less than
 * before (section 6.4); the ACK that ends it is not given to ltcp_prr_cwnd().
 *
 * Invariant: what is sent is at most what was delivered, one for each SafeACK,
 * and one.
 */
#include "prr.h"

/**
 * ltcp_prr_init() - a reduction of the window begins
 * @p: PRR's state
 * @out_segs: segments from SND.UNA to SND.NXT, after the ACK
 * @sacked_segs: of these, SACKed (without SACK: duplicate ACKs), after the ACK
 * @newly_sacked_segs: of these, SACKed by the ACK that begins it
 * @newly_acked_segs: acknowledged cumulatively by that ACK
 *
 * RFC 9937 section 6.1. Lost segments count: the verdict may be wrong.
 */
void ltcp_prr_init(struct ltcp_prr *p, u32 out_segs, u32 sacked_segs,
		   u32 newly_sacked_segs, u32 newly_acked_segs)
{
	u32 there = out_segs - min(out_segs, sacked_segs);

	p->delivered = 0;
	p->out = 0;
	p->recover_fs = max(there + newly_sacked_segs + newly_acked_segs, 1U);
}

/**
 * ltcp_prr_delivered_nosack() - DeliveredData of a connection without SACK
 * @acked_segs: segments acknowledged cumulatively
 * @dup: it is a duplicate ACK
 * @dupacks_before: duplicate ACKs since SND.UNA last moved, this one not counted
 *
 * RFC 9937 section 6.2: a duplicate ACK tells of one segment; when SND.UNA moves
 * at last, those were among what it moves over.
 *
 * Return: segments.
 */
u32 ltcp_prr_delivered_nosack(u32 acked_segs, bool dup, u32 dupacks_before)
{
	if (!acked_segs)
		return dup;
	return acked_segs - min(acked_segs, dupacks_before);
}

/* A peer without SACK may invent duplicate ACKs, but no more than were sent. */
static u32 credible(const struct ltcp_prr *p, const struct ltcp_prr_ack *ack)
{
	if (ack->sack)
		return ack->delivered;
	return min(ack->delivered,
		   p->recover_fs - min(p->recover_fs, p->delivered));
}

/* ssthresh/RecoverFS of what was delivered, rounded up, less what was sent */
static u32 proportional(const struct ltcp_prr *p, u32 ssthresh)
{
	u64 due = ((u64)p->delivered * ssthresh + p->recover_fs - 1) /
		  p->recover_fs;

	return due > p->out ? due - p->out : 0;
}

/* Packet conservation, and slow start while the recovery goes well */
static u32 reduction_bound(const struct ltcp_prr *p, u32 delivered,
			   const struct ltcp_prr_ack *ack)
{
	bool safe_ack = ack->una_advanced && !ack->new_loss;
	u32 banked = p->delivered - min(p->delivered, p->out);

	return min(max(banked, delivered) + safe_ack,
		   ack->ssthresh - ack->in_flight);
}

/**
 * ltcp_prr_cwnd() - the window after an ACK of the episode
 * @p: PRR's state
 * @ack: the ACK, also the one that begins the episode, not the one that ends it
 *
 * RFC 9937 section 6.2. Nothing changes when nothing was delivered; but if the
 * reordering timer has found losses, in_flight has fallen, and the window follows,
 * lest it let out a burst.
 *
 * Return: cwnd, segments, at least 1.
 */
u32 ltcp_prr_cwnd(struct ltcp_prr *p, const struct ltcp_prr_ack *ack)
{
	u32 delivered = credible(p, ack);
	u32 sndcnt;

	if (!delivered && !ack->new_loss)
		return ack->cwnd;
	p->delivered += delivered;
	if (ack->in_flight > ack->ssthresh)
		sndcnt = proportional(p, ack->ssthresh);
	else
		sndcnt = reduction_bound(p, delivered, ack);
	/* A fast retransmission upon entering recovery, whatever the sums say */
	if (!p->out && !sndcnt)
		sndcnt = 1;
	return max(ack->in_flight + sndcnt, 1U);
}

/**
 * ltcp_prr_sent() - something was sent, new or again
 * @p: PRR's state
 * @segs: segments
 *
 * RFC 9937 section 6.3.
 */
void ltcp_prr_sent(struct ltcp_prr *p, u32 segs)
{
	p->out += segs;
}
