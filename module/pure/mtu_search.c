// SPDX-License-Identifier: GPL-2.0
/*
 * mtu_search.c - the search for a path's MTU without ICMP (RFC 4821).
 *
 * A path takes packets up to some size and swallows larger ones. The search keeps
 * an interval [low, high] that contains that size and narrows it by probes. Most
 * paths take what the first link takes, so that is tried first, and one probe
 * settles it; after that the interval is halved (RFC 4821 section 7.3).
 */
#include "mtu_search.h"

/**
 * ltcp_mtu_search_next - the size of the next probe
 * @s: what is known
 * @limit: bytes that the first link and the peer take, @s->high at the start
 * @step: an interval smaller than this many bytes is not worth a probe
 *
 * Return: bytes of an IP packet, low < size <= high; 0: the search is over.
 */
u32 ltcp_mtu_search_next(const struct ltcp_mtu_search *s, u32 limit, u32 step)
{
	u32 high = s->high < limit ? s->high : limit;

	if (high <= s->low || high - s->low < step)
		return 0;
	if (high == limit)
		return high;
	return s->low + (high - s->low + 1) / 2;
}

/**
 * ltcp_mtu_black_hole_mss - large segments vanish without a word: how small now?
 * @mss: segment size that is in use, bytes
 * @base: size that about every path takes (tcp_base_mss)
 * @floor: never less (tcp_mtu_probe_floor, tcp_min_snd_mss)
 *
 * RFC 4821 section 7.7: the base size first, then half of what did not help.
 * Return: bytes, no more than @mss unless that is below @floor.
 */
u32 ltcp_mtu_black_hole_mss(u32 mss, u32 base, u32 floor)
{
	u32 less = mss > base ? base : mss / 2;

	return less > floor ? less : floor;
}
