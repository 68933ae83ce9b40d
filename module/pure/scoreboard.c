// SPDX-License-Identifier: GPL-2.0
/*
 * scoreboard.c - what SACK blocks and counts tell a sender
 *
 * Theory
 * ------
 * The scoreboard itself (which segment is SACKed, lost, sent again) hangs on the
 * send queue. These are the decisions on it that need no queue: whether a block
 * can be true at all, whether it reports a duplicate, and whether what has been
 * SACKed above a hole is enough to call it lost (RFC 6675 section 4).
 *
 * A block is a claim of the peer, or of somebody who pretends to be. It costs
 * a walk over the queue, so absurd ones are refused first: blocks of no length
 * or turned around, of data never sent, or further back than any duplicate
 * could lie.
 */
#include "scoreboard.h"
#include "seq.h"

/**
 * ltcp_sack_block_valid() - can this block be true?
 * @start: first sequence number of the block
 * @end: sequence number after its last
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @max_window: the largest window the peer ever offered, bytes
 *
 * A block may lie below @snd_una or reach below it: then the part below is a
 * duplicate (D-SACK) or old news of an ACK that was overtaken. Only the part
 * above tells of new deliveries.
 *
 * Return: true when it is worth looking at.
 */
bool ltcp_sack_block_valid(u32 start, u32 end, u32 snd_una, u32 snd_nxt,
			   u32 max_window)
{
	return seq_lt(start, end) && seq_leq(end, snd_nxt) &&
	       seq_leq(snd_una - max_window, start);
}

/**
 * ltcp_dsack_is() - does the first block report a duplicate?
 * @o: options of the segment
 * @ack: SEG.ACK of the same segment
 * @dup: set to the duplicate
 *
 * RFC 2883 section 4: it does when it lies below the cumulative ACK, or within
 * the second block.
 *
 * Return: true when it is a D-SACK; else @dup is not set.
 */
bool ltcp_dsack_is(const struct ltcp_opts *o, u32 ack,
		   struct ltcp_sack_block *dup)
{
	const struct ltcp_sack_block *first = &o->sack[0];
	const struct ltcp_sack_block *second = &o->sack[1];
	bool below, inside;

	if (!(o->present & LTCP_OPT_SACK) || !o->nsack ||
	    !seq_lt(first->start, first->end))
		return false;
	below = seq_leq(first->end, ack);
	inside = o->nsack > 1 && seq_leq(second->start, first->start) &&
		 seq_leq(first->end, second->end);
	if (!below && !inside)
		return false;
	*dup = *first;
	return true;
}

/**
 * ltcp_dupthresh_reached() - have enough segments above a hole arrived?
 * @sacked_above_segs: segments SACKed above it; duplicate ACKs without SACK
 * @dupthresh: how much reordering is to be borne, segments, at least 1
 *
 * Return: true when the segment at the hole is to be called lost.
 */
bool ltcp_dupthresh_reached(u32 sacked_above_segs, u32 dupthresh)
{
	return sacked_above_segs >= max(dupthresh, 1U);
}
