// SPDX-License-Identifier: GPL-2.0
/*
 * validate.c - is a segment to be believed?
 *
 * Theory
 * ------
 * Anybody can send a segment with a spoofed address. What he cannot know is
 * where in 2^32 numbers the connection is, so the checks go from cheap to
 * decisive (RFC 9293 section 3.10.7.4): the timestamp (RFC 7323), the sequence
 * number, RST and SYN, then the ACK field. RFC 5961 narrows what a lucky guess
 * can do: only a RST at exactly RCV.NXT resets; anything merely in the window is
 * answered with a challenge ACK, from which the true peer, if it meant it, will
 * take the exact number.
 *
 * Everything here is a verdict; nothing is sent. The ones on the fast path are
 * inlines in the header.
 */
#include "validate.h"

/**
 * ltcp_rst_check() - what does a RST deserve?
 * @seq: SEG.SEQ
 * @rcv_nxt: RCV.NXT
 * @rcv_wnd: RCV.WND, bytes; a RST at RCV.NXT counts even when it is 0 (MUST-66)
 *
 * Return: the verdict, RFC 5961 section 3.2.
 */
enum ltcp_rst_verdict ltcp_rst_check(u32 seq, u32 rcv_nxt, u32 rcv_wnd)
{
	if (seq == rcv_nxt)
		return LTCP_RST_EXACT;
	if (seq_in(seq, rcv_nxt, rcv_nxt + rcv_wnd))
		return LTCP_RST_CHALLENGE;
	return LTCP_RST_DROP;
}

/**
 * ltcp_ratelimit() - at most one event in an interval
 * @last_ms: when the last one was let through, any running clock in
 *	milliseconds; 0: never. Updated
 * @now_ms: the same clock now
 * @interval_ms: the interval, milliseconds
 *
 * For answers to segments out of the window: two peers must not keep ACKing
 * each other for ever, and a flood must not be answered one to one (RFC 5961
 * section 7). The clock belongs to one socket: a shared one would let a stranger
 * see whether his guess had been answered.
 *
 * Return: true when the event may happen now.
 */
bool ltcp_ratelimit(u32 *last_ms, u32 now_ms, u32 interval_ms)
{
	now_ms = max(now_ms, 1U);
	if (*last_ms && now_ms - *last_ms < interval_ms)
		return false;
	*last_ms = now_ms;
	return true;
}
