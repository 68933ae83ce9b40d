// SPDX-License-Identifier: GPL-2.0
/*
 * isn.c - initial sequence numbers and SYN cookies
 *
 * Theory
 * ------
 * Initial sequence number (RFC 6528, MUST-8, SHLD-1):
 *
 *	ISN = clock + F(addresses, ports, secret)
 *
 * The hash makes it unpredictable from outside; the clock makes each new
 * incarnation of the same four-tuple start beyond the numbers of the previous
 * one. For that the clock should outrun the data, and must not come round again
 * while an old segment may live. A tick of 64 ns does both as well as can be:
 * 15.6 MB a second, sixty times the classic 4 us, and round in 275 s, just more
 * than twice the MSL of 2 minutes.
 *
 * SYN cookie (RFC 4987 section 3.6): under a flood nothing is stored for a SYN;
 * the ISN of the SYN-ACK is the memory, and the client's ACK brings it back.
 *
 *	 31    27 26  24 23                    0
 *	+--------+------+-----------------------+
 *	| count  | MSS  | h2(tuple, count)      |  + h1(tuple) + peer's ISN
 *	+--------+------+-----------------------+
 *
 * The sum with h1 hides the fields. The tuple of both hashes has the peer's ISN
 * in it, for the sum alone would not notice when that ISN and the cookie grow by
 * the same amount, as they seem to in any later segment. The count tells the age;
 * h2 covers all of the count, of which 5 bits are sent. A guess is right with a
 * chance of 8 * (max_age + 1) in 2^32.
 *
 * Three bits of MSS are all that fits. If the SYN had a timestamp, six bits of
 * the timestamp that answers it remember window scale, SACK and ECN:
 *
 *	  5    4    3      0
 *	+-----+------+--------+
 *	| ECN | SACK | wscale |   15: no window scale option
 *	+-----+------+--------+
 */
#include "isn.h"
#include "options.h"
#include "seq.h"

#define ISN_TICK_SHIFT	6	/* 64 ns */

#define COUNT_SHIFT	27
#define COUNT_MASK	31U
#define MSS_SHIFT	24
#define MSS_MASK	7U
#define HASH_MASK	0xffffffU

#define TS_MASK		((1U << LTCP_COOKIE_TS_BITS) - 1)
#define TS_WSCALE_MASK	15U
#define TS_SACK		0x10U
#define TS_ECN		0x20U

/*
 * An index stands for the largest of these that the peer takes: least segments,
 * IPv4's default, IPv6's minimum link, tunnels, Ethernet under IPv6 with
 * timestamps, under IPv6, under IPv4, jumbo frames.
 */
static const u16 cookie_mss[MSS_MASK + 1] = {
	88, 536, 1220, 1360, 1428, 1440, 1460, 8960
};

/**
 * ltcp_isn() - an initial sequence number
 * @keyed_hash: F: a keyed hash of addresses and ports
 * @now_ns: time since boot, nanoseconds
 *
 * Return: the sequence number of a SYN.
 */
u32 ltcp_isn(u32 keyed_hash, u64 now_ns)
{
	return keyed_hash + (u32)(now_ns >> ISN_TICK_SHIFT);
}

/**
 * ltcp_cookie_mss_index() - how a cookie remembers an MSS
 * @mss: the peer's MSS, bytes
 *
 * Return: index, 0 to 7, of the largest remembered value not above @mss; 0 for
 * anything smaller, where the floor on the sending MSS rules anyway.
 */
int ltcp_cookie_mss_index(u16 mss)
{
	int i = ARRAY_SIZE(cookie_mss) - 1;

	while (i > 0 && cookie_mss[i] > mss)
		i--;
	return i;
}

/**
 * ltcp_cookie_make() - the ISN of a SYN-ACK that is not remembered
 * @in: what it is made of
 *
 * Return: the cookie.
 */
u32 ltcp_cookie_make(const struct ltcp_cookie_in *in)
{
	u32 fields = in->count << COUNT_SHIFT |
		     (u32)ltcp_cookie_mss_index(in->mss) << MSS_SHIFT |
		     (in->h2 & HASH_MASK);

	return fields + in->h1 + in->peer_isn;
}

/**
 * ltcp_cookie_check() - is this the answer to a SYN-ACK of ours?
 * @cookie: SEG.ACK - 1 of the ACK
 * @h1: keyed hash as in struct ltcp_cookie_in
 * @peer_isn: SEG.SEQ - 1 of the ACK
 * @count_now: clock of the cookies, minutes
 * @max_age: oldest acceptable age, minutes, at most 31
 * @h2: computes the second hash for a given count
 * @arg: first argument of @h2
 *
 * Return: the MSS the cookie remembers, bytes; 0 when it is not valid.
 */
u16 ltcp_cookie_check(u32 cookie, u32 h1, u32 peer_isn, u32 count_now,
		      u32 max_age, u32 (*h2)(void *arg, u32 count), void *arg)
{
	u32 fields = cookie - h1 - peer_isn;
	u32 age = (count_now - (fields >> COUNT_SHIFT)) & COUNT_MASK;

	if (age > max_age)
		return 0;
	if ((fields ^ h2(arg, count_now - age)) & HASH_MASK)
		return 0;
	return cookie_mss[fields >> MSS_SHIFT & MSS_MASK];
}

/**
 * ltcp_cookie_ts_encode() - hide options in a timestamp
 * @ts: the timestamp that would be sent
 * @wscale: the peer's window scale; LTCP_COOKIE_NO_WSCALE if it sent none
 * @sack: the peer permits SACK
 * @ecn: ECN is agreed on
 *
 * Return: the timestamp to send, up to 64 ticks before @ts and never after it,
 * so that the connection's timestamps do not go backwards later.
 */
u32 ltcp_cookie_ts_encode(u32 ts, u8 wscale, bool sack, bool ecn)
{
	u32 coded = ts & ~TS_MASK;

	coded |= min_t(u8, wscale, LTCP_COOKIE_NO_WSCALE);
	coded |= sack ? TS_SACK : 0;
	coded |= ecn ? TS_ECN : 0;
	if (seq_gt(coded, ts))
		coded -= TS_MASK + 1;
	return coded;
}

/**
 * ltcp_cookie_ts_decode() - read the options back
 * @tsecr: SEG.TSecr of the ACK, less the timestamp offset of the connection
 * @wscale: set to the window scale, 0 when there is none
 * @wscale_ok: set to whether the peer sent a window scale option
 * @sack: set to whether the peer permits SACK
 * @ecn: set to whether ECN is agreed on
 *
 * Return: true when any of the options is in use.
 */
bool ltcp_cookie_ts_decode(u32 tsecr, u8 *wscale, bool *wscale_ok, bool *sack,
			   bool *ecn)
{
	u8 shift = tsecr & TS_WSCALE_MASK;

	*wscale_ok = shift <= LTCP_WSCALE_MAX;
	*wscale = *wscale_ok ? shift : 0;
	*sack = tsecr & TS_SACK;
	*ecn = tsecr & TS_ECN;
	return *wscale_ok || *sack || *ecn;
}
