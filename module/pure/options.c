// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - parse and build the options of a TCP header
 *
 * Theory
 * ------
 * Options are a list of bytes nobody vouches for. An option is one byte (EOL,
 * NOP) or a kind, a length that counts both, and a value (RFC 9293 section
 * 3.1). The parser walks the list with two rules that make it safe:
 *
 *   - a length is believed only after it is known to be at least 2 and to end
 *     inside the list; if it is not, the walk ends, and what was found before
 *     stays good (MUST-7);
 *   - every step goes forward, so 40 bytes are at most 40 steps.
 *
 * Everything else is tolerance: unknown kinds are skipped by their length
 * (MUST-6), alignment does not matter (MUST-64), an option that is known but
 * has a wrong length is as good as unknown, and of several alike the first
 * counts, so that no later one can change what was agreed.
 *
 * The builder keeps every option a multiple of four bytes with NOPs in front,
 * as RFC 7323 appendix A advises. So there is never padding at the end, all
 * words are aligned, and the length needs no look at the bytes.
 */
#include "options.h"

enum {
	KIND_EOL	= 0,
	KIND_NOP	= 1,
	KIND_MSS	= 2,	/* RFC 9293 section 3.7.1 */
	KIND_WSCALE	= 3,	/* RFC 7323 section 2.2 */
	KIND_SACK_PERM	= 4,	/* RFC 2018 section 2 */
	KIND_SACK	= 5,	/* RFC 2018 section 3 */
	KIND_TS		= 8,	/* RFC 7323 section 3.2 */
};

#define SACK_BLOCK_LEN	8

static bool sack_len_ok(u8 len)
{
	unsigned int blocks = (len - 2) / SACK_BLOCK_LEN;

	return blocks >= 1 && blocks <= LTCP_SACK_BLOCKS_MAX &&
	       len == 2 + blocks * SACK_BLOCK_LEN;
}

/* Which option is it, if it is one we know, of the right length, and allowed? */
static u8 recognise(u8 kind, u8 len, bool syn)
{
	switch (kind) {
	case KIND_MSS:
		return syn && len == 4 ? LTCP_OPT_MSS : 0;
	case KIND_WSCALE:
		return syn && len == 3 ? LTCP_OPT_WSCALE : 0;
	case KIND_SACK_PERM:
		return syn && len == 2 ? LTCP_OPT_SACK_PERM : 0;
	case KIND_TS:
		return len == 10 ? LTCP_OPT_TS : 0;
	case KIND_SACK:
		return sack_len_ok(len) ? LTCP_OPT_SACK : 0;
	default:
		return 0;
	}
}

static void take_sack(const u8 *value, u8 len, struct ltcp_opts *o)
{
	o->nsack = len / SACK_BLOCK_LEN;
	for (unsigned int i = 0; i < o->nsack; i++, value += SACK_BLOCK_LEN) {
		o->sack[i].start = ltcp_get_be32(value);
		o->sack[i].end = ltcp_get_be32(value + 4);
	}
}

static void take(const u8 *opt, bool syn, struct ltcp_opts *o)
{
	u8 len = opt[1];
	u8 bit = recognise(opt[0], len, syn);

	if (!bit || o->present & bit)
		return;
	o->present |= bit;
	switch (bit) {
	case LTCP_OPT_MSS:
		o->mss = ltcp_get_be16(opt + 2);
		break;
	case LTCP_OPT_WSCALE:
		o->wscale = min_t(u8, opt[2], LTCP_WSCALE_MAX);
		break;
	case LTCP_OPT_TS:
		o->tsval = ltcp_get_be32(opt + 2);
		o->tsecr = ltcp_get_be32(opt + 6);
		break;
	case LTCP_OPT_SACK:
		take_sack(opt + 2, len - 2, o);
		break;
	}
}

/**
 * ltcp_opts_parse() - find the options of a segment
 * @p: first option byte
 * @len: length of the options, 0 to 40 bytes
 * @syn: the segment has SYN: MSS, window scale and SACK-permitted count only
 *	there (MUST-65, RFC 7323 section 2.2, RFC 2018 section 2)
 * @o: result; @o->present is 0 when nothing was found
 *
 * Never fails and reads no byte outside @p to @p + @len, whatever is there.
 */
void ltcp_opts_parse(const u8 *p, unsigned int len, bool syn,
		     struct ltcp_opts *o)
{
	const u8 *end = p + len;

	memset(o, 0, sizeof(*o));
	while (p < end && *p != KIND_EOL) {
		if (*p == KIND_NOP) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return;
		take(p, syn, o);
		p += p[1];
	}
}

/* Length of everything but SACK, as laid out by ltcp_opts_build(). */
static unsigned int fixed_len(const struct ltcp_opts *o)
{
	unsigned int len = 0;

	if (o->present & LTCP_OPT_MSS)
		len += 4;
	if (o->present & LTCP_OPT_TS)
		len += LTCP_OPTS_TS_LEN;
	else if (o->present & LTCP_OPT_SACK_PERM)
		len += 4;
	if (o->present & LTCP_OPT_WSCALE)
		len += 4;
	return len;
}

/* How many SACK blocks go behind @used bytes of other options? */
static unsigned int blocks_that_fit(const struct ltcp_opts *o, unsigned int used)
{
	if (!(o->present & LTCP_OPT_SACK))
		return 0;
	return min_t(unsigned int, o->nsack,
		     (LTCP_OPTS_MAX - 4 - used) / SACK_BLOCK_LEN);
}

/**
 * ltcp_opts_len() - how long will the options be?
 * @o: options to send; of the SACK blocks, those count that fit into 40 bytes
 *
 * Return: length of what ltcp_opts_build() writes, bytes, a multiple of 4.
 */
unsigned int ltcp_opts_len(const struct ltcp_opts *o)
{
	unsigned int len = fixed_len(o);
	unsigned int blocks = blocks_that_fit(o, len);

	return blocks ? len + 4 + blocks * SACK_BLOCK_LEN : len;
}

static u8 *put_word(u8 *p, u8 a, u8 b, u8 c, u8 d)
{
	p[0] = a;
	p[1] = b;
	p[2] = c;
	p[3] = d;
	return p + 4;
}

static u8 *put_be32(u8 *p, u32 v)
{
	ltcp_put_be32(v, p);
	return p + 4;
}

/* SACK-permitted takes the place of the two NOPs in front of a timestamp. */
static u8 *put_sack_perm_ts(u8 *p, const struct ltcp_opts *o)
{
	bool perm = o->present & LTCP_OPT_SACK_PERM;

	if (o->present & LTCP_OPT_TS) {
		p = put_word(p, perm ? KIND_SACK_PERM : KIND_NOP,
			     perm ? 2 : KIND_NOP, KIND_TS, 10);
		p = put_be32(p, o->tsval);
		p = put_be32(p, o->tsecr);
	} else if (perm) {
		p = put_word(p, KIND_NOP, KIND_NOP, KIND_SACK_PERM, 2);
	}
	return p;
}

/**
 * ltcp_opts_build() - write the options of a segment
 * @p: room for ltcp_opts_len() bytes; every one of them is written
 * @o: options to send; SACK blocks that do not fit into 40 bytes are left out
 *
 * Return: bytes written, a multiple of 4.
 */
unsigned int ltcp_opts_build(u8 *p, const struct ltcp_opts *o)
{
	unsigned int blocks = blocks_that_fit(o, fixed_len(o));
	u8 *start = p;

	if (o->present & LTCP_OPT_MSS)
		p = put_word(p, KIND_MSS, 4, o->mss >> 8, o->mss & 0xff);
	p = put_sack_perm_ts(p, o);
	if (o->present & LTCP_OPT_WSCALE)
		p = put_word(p, KIND_NOP, KIND_WSCALE, 3,
			     min_t(u8, o->wscale, LTCP_WSCALE_MAX));
	if (blocks)
		p = put_word(p, KIND_NOP, KIND_NOP, KIND_SACK,
			     2 + blocks * SACK_BLOCK_LEN);
	for (unsigned int i = 0; i < blocks; i++) {
		p = put_be32(p, o->sack[i].start);
		p = put_be32(p, o->sack[i].end);
	}
	return p - start;
}

/**
 * ltcp_opts_send_mss() - the MSS a peer's SYN grants
 * @o: options of the SYN
 * @absent: what holds when it has no MSS option: LTCP_MSS_DEFAULT_IPV4 or _IPV6
 * @floor: never go below this, bytes: a peer that grants one byte a segment
 *	would have us send and keep books on a thousand times as many segments
 *
 * Return: bytes, to be reduced further by the path and by the length of options
 * (MUST-16).
 */
u16 ltcp_opts_send_mss(const struct ltcp_opts *o, u16 absent, u16 floor)
{
	u16 mss = o->present & LTCP_OPT_MSS ? o->mss : absent;

	return max(mss, floor);
}
