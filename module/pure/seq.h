/* SPDX-License-Identifier: GPL-2.0 */
/*
 * seq.h - arithmetic on sequence numbers, RFC 9293 section 3.4
 *
 * Sequence numbers live on a circle of 2^32. a is before b when the way from a
 * to b is shorter than half the circle; that is a true order among numbers of
 * one connection, because a window is at most 2^30 (RFC 7323 section 2.3).
 * Numbers exactly half the circle apart have no order that means anything.
 * Timestamps live on the same circle (RFC 7323 section 5.2) and use the same
 * predicates. A raw < never touches either.
 */
#ifndef LTCP_PURE_SEQ_H
#define LTCP_PURE_SEQ_H

#include "types.h"

/**
 * seq_lt() - is a before b?
 * @a: sequence number
 * @b: sequence number
 *
 * Return: true when a < b on the circle.
 */
static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/**
 * seq_gt() - is a after b?
 * @a: sequence number
 * @b: sequence number
 *
 * Return: true when a > b on the circle.
 */
static inline bool seq_gt(u32 a, u32 b)
{
	return seq_lt(b, a);
}

/**
 * seq_leq() - is a before b, or b itself?
 * @a: sequence number
 * @b: sequence number
 *
 * Return: true when a <= b on the circle.
 */
static inline bool seq_leq(u32 a, u32 b)
{
	return !seq_lt(b, a);
}

/**
 * seq_geq() - is a after b, or b itself?
 * @a: sequence number
 * @b: sequence number
 *
 * Return: true when a >= b on the circle.
 */
static inline bool seq_geq(u32 a, u32 b)
{
	return !seq_lt(a, b);
}

/**
 * seq_in() - does a number lie in a range?
 * @s: sequence number
 * @lo: first number of the range
 * @hi: first number after the range; the range may have any length < 2^32
 *
 * Return: true when lo <= s < hi; false for an empty range.
 */
static inline bool seq_in(u32 s, u32 lo, u32 hi)
{
	return s - lo < hi - lo;
}

/**
 * seq_max() - the later of two sequence numbers
 * @a: sequence number
 * @b: sequence number
 *
 * Return: a or b.
 */
static inline u32 seq_max(u32 a, u32 b)
{
	return seq_lt(a, b) ? b : a;
}

/**
 * seq_min() - the earlier of two sequence numbers
 * @a: sequence number
 * @b: sequence number
 *
 * Return: a or b.
 */
static inline u32 seq_min(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

#endif /* LTCP_PURE_SEQ_H */
