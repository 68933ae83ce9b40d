// SPDX-License-Identifier: GPL-2.0
/*
 * sacklist.c - the SACK blocks a receiver reports, RFC 2018 and RFC 2883
 *
 * Theory
 * ------
 * A receiver that holds data above a hole tells where it is. There is room for
 * four blocks at most, so the order matters: the block that the last segment
 * fell into comes first, then the ones reported before, newest first (RFC 2018
 * section 4). Thus each block is repeated in several ACKs, and the loss of some
 * of them does no harm.
 *
 * Invariant: the blocks of a list are not empty, do not overlap, and do not even
 * touch. So what touches a new block can be merged in a single pass.
 *
 * The list remembers four blocks, not all: the out-of-order queue knows the
 * truth, and its owner passes the whole contiguous block around a new segment
 * when it has it. When the queue is thrown away, so is the list (set n to 0), and
 * when only its end is, ltcp_sacklist_cut() follows.
 */
#include "sacklist.h"
#include "seq.h"

static bool touches(const struct ltcp_sack_block *b, u32 start, u32 end)
{
	return seq_leq(b->start, end) && seq_leq(start, b->end);
}

static bool contains(const struct ltcp_sack_block *b,
		     const struct ltcp_sack_block *inner)
{
	return seq_leq(b->start, inner->start) && seq_leq(inner->end, b->end);
}

/**
 * ltcp_sacklist_add() - data has arrived above RCV.NXT
 * @l: list
 * @start: its first sequence number
 * @end: the sequence number after its last; nothing happens unless it is after
 *	@start
 *
 * The block comes first, united with all that it touches; the oldest is dropped
 * when there are more than four.
 */
void ltcp_sacklist_add(struct ltcp_sacklist *l, u32 start, u32 end)
{
	struct ltcp_sack_block kept[LTCP_SACK_BLOCKS_MAX];
	unsigned int n = 0;

	if (!seq_lt(start, end))
		return;
	for (unsigned int i = 0; i < l->n; i++) {
		const struct ltcp_sack_block *b = &l->b[i];

		if (touches(b, start, end)) {
			start = seq_min(start, b->start);
			end = seq_max(end, b->end);
		} else {
			kept[n++] = *b;
		}
	}
	n = min(n, LTCP_SACK_BLOCKS_MAX - 1U);
	l->b[0].start = start;
	l->b[0].end = end;
	memcpy(&l->b[1], kept, n * sizeof(kept[0]));
	l->n = n + 1;
}

/**
 * ltcp_sacklist_advance() - RCV.NXT has moved
 * @l: list
 * @rcv_nxt: RCV.NXT; what lies below it is forgotten
 */
void ltcp_sacklist_advance(struct ltcp_sacklist *l, u32 rcv_nxt)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->n; i++) {
		struct ltcp_sack_block b = l->b[i];

		if (seq_leq(b.end, rcv_nxt))
			continue;
		b.start = seq_max(b.start, rcv_nxt);
		l->b[n++] = b;
	}
	l->n = n;
}

/**
 * ltcp_sacklist_cut() - data was given up
 * @l: list
 * @edge: nothing is held from this sequence number on
 */
void ltcp_sacklist_cut(struct ltcp_sacklist *l, u32 edge)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->n; i++) {
		struct ltcp_sack_block b = l->b[i];

		if (seq_geq(b.start, edge))
			continue;
		b.end = seq_min(b.end, edge);
		l->b[n++] = b;
	}
	l->n = n;
}

static void report(struct ltcp_opts *o, const struct ltcp_sack_block *b)
{
	if (o->nsack < LTCP_SACK_BLOCKS_MAX)
		o->sack[o->nsack++] = *b;
}

/**
 * ltcp_sacklist_report() - what to say in the SACK option of an ACK
 * @l: list
 * @dup: a duplicate that has just arrived, to be reported as D-SACK; NULL: none
 * @o: its SACK option is set, or cleared when there is nothing to say
 *
 * RFC 2883 section 4: the duplicate comes first; if it lies above RCV.NXT, the
 * block around it comes second; then the others.
 */
void ltcp_sacklist_report(const struct ltcp_sacklist *l,
			  const struct ltcp_sack_block *dup,
			  struct ltcp_opts *o)
{
	const struct ltcp_sack_block *around = NULL;

	for (unsigned int i = 0; dup && i < l->n; i++)
		if (contains(&l->b[i], dup))
			around = &l->b[i];

	o->nsack = 0;
	if (dup)
		report(o, dup);
	if (around)
		report(o, around);
	for (unsigned int i = 0; i < l->n; i++)
		if (&l->b[i] != around)
			report(o, &l->b[i]);
	if (o->nsack)
		o->present |= LTCP_OPT_SACK;
	else
		o->present &= ~LTCP_OPT_SACK;
}
