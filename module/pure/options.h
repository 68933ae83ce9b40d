/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - the options of a TCP header, parsed and built (options.c)
 */
#ifndef LTCP_PURE_OPTIONS_H
#define LTCP_PURE_OPTIONS_H

#include "types.h"

/* RFC 9293 section 3.1: a header is 20 to 60 bytes. */
#define LTCP_OPTS_MAX		40
/* RFC 9293 section 3.7.1, MUST-15: the peer's MSS when it does not say. */
#define LTCP_MSS_DEFAULT_IPV4	536
#define LTCP_MSS_DEFAULT_IPV6	1220
/* RFC 7323 section 2.3 */
#define LTCP_WSCALE_MAX		14
/* RFC 2018 section 3: 40 bytes hold four blocks. */
#define LTCP_SACK_BLOCKS_MAX	4
/* NOP NOP TS 10, the timestamps option as RFC 7323 appendix A lays it out. */
#define LTCP_OPTS_TS_WORD	0x0101080aU
#define LTCP_OPTS_TS_LEN	12

enum ltcp_opt {
	LTCP_OPT_MSS		= BIT(0),
	LTCP_OPT_WSCALE		= BIT(1),
	LTCP_OPT_SACK_PERM	= BIT(2),
	LTCP_OPT_TS		= BIT(3),
	LTCP_OPT_SACK		= BIT(4),
};

/**
 * struct ltcp_sack_block - bytes received above the cumulative ACK
 * @start: sequence number of the first byte
 * @end: sequence number after the last byte
 */
struct ltcp_sack_block {
	u32 start;
	u32 end;
};

/**
 * struct ltcp_opts - the options of one segment
 * @present: which of them it has, a mask of enum ltcp_opt; a field below means
 *	something only where its bit is set
 * @wscale: shift of the window field, 0 to 14
 * @nsack: number of blocks in @sack
 * @mss: largest segment the sender of the option takes, bytes
 * @tsval: timestamp clock of the sender
 * @tsecr: timestamp echoed
 * @sack: blocks in the order of the segment
 */
struct ltcp_opts {
	u8 present;
	u8 wscale;
	u8 nsack;
	u16 mss;
	u32 tsval;
	u32 tsecr;
	struct ltcp_sack_block sack[LTCP_SACK_BLOCKS_MAX];
};

void ltcp_opts_parse(const u8 *p, unsigned int len, bool syn,
		     struct ltcp_opts *o);
unsigned int ltcp_opts_len(const struct ltcp_opts *o);
unsigned int ltcp_opts_build(u8 *p, const struct ltcp_opts *o);
u16 ltcp_opts_send_mss(const struct ltcp_opts *o, u16 absent, u16 floor);

/**
 * ltcp_opts_ts_only() - options that are a timestamp and nothing else
 * @p: first option byte
 * @len: length of the options, bytes
 * @tsval: set to the sender's timestamp
 * @tsecr: set to the timestamp echoed
 *
 * Every data segment and ACK of a healthy connection with timestamps looks like
 * this, so it is one comparison of 32 bits.
 *
 * Return: true when the options had this form; otherwise nothing is set and
 * ltcp_opts_parse() has to look.
 */
static inline bool ltcp_opts_ts_only(const u8 *p, unsigned int len,
				     u32 *tsval, u32 *tsecr)
{
	if (unlikely(len != LTCP_OPTS_TS_LEN ||
		     ltcp_get_be32(p) != LTCP_OPTS_TS_WORD))
		return false;
	*tsval = ltcp_get_be32(p + 4);
	*tsecr = ltcp_get_be32(p + 8);
	return true;
}

/**
 * ltcp_opts_build_ts() - write options that are a timestamp and nothing else
 * @p: room for 12 bytes
 * @tsval: own timestamp
 * @tsecr: timestamp to echo
 *
 * What ltcp_opts_build() writes for LTCP_OPT_TS alone.
 */
static inline void ltcp_opts_build_ts(u8 *p, u32 tsval, u32 tsecr)
{
	ltcp_put_be32(LTCP_OPTS_TS_WORD, p);
	ltcp_put_be32(tsval, p + 4);
	ltcp_put_be32(tsecr, p + 8);
}

#endif /* LTCP_PURE_OPTIONS_H */
