// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_options.c - libFuzzer target: the option parser
 *
 * The first byte says whether the segment is a SYN, the others are its options.
 * Whatever they are: no byte outside them is read, the result is within bounds,
 * and what is built from it says the same when parsed again.
 */
#include <stdlib.h>

#include "options.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void check_bounds(const struct ltcp_opts *o, bool syn)
{
	check(o->present < 32);
	check(o->nsack <= LTCP_SACK_BLOCKS_MAX);
	check(!!o->nsack == !!(o->present & LTCP_OPT_SACK));
	check(o->wscale <= LTCP_WSCALE_MAX);
	check(syn || !(o->present & (LTCP_OPT_MSS | LTCP_OPT_WSCALE |
				     LTCP_OPT_SACK_PERM)));
}

/* The builder may have to drop blocks, as its layout is wider. */
static void check_rebuilt(const struct ltcp_opts *o, bool syn)
{
	unsigned int len = ltcp_opts_len(o);
	struct ltcp_opts again;
	u8 *p = malloc(len);

	check(len <= LTCP_OPTS_MAX && len % 4 == 0);
	check(ltcp_opts_build(p, o) == len);
	ltcp_opts_parse(p, len, syn, &again);
	free(p);
	check((o->present & ~LTCP_OPT_SACK) == (again.present & ~LTCP_OPT_SACK));
	check(o->mss == again.mss && o->wscale == again.wscale);
	check(o->tsval == again.tsval && o->tsecr == again.tsecr);
	check(again.nsack <= o->nsack);
	check(!memcmp(o->sack, again.sack, again.nsack * sizeof(o->sack[0])));
}

/* What the fast path takes, the parser sees in the same way. */
static void check_fast_path(const u8 *p, unsigned int len,
			    const struct ltcp_opts *o)
{
	u32 tsval, tsecr;

	if (!ltcp_opts_ts_only(p, len, &tsval, &tsecr))
		return;
	check(o->present == LTCP_OPT_TS);
	check(o->tsval == tsval && o->tsecr == tsecr);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct ltcp_opts o;
	unsigned int len;
	bool syn;
	u8 *p;

	if (size < 1 || size > 1 + LTCP_OPTS_MAX)
		return 0;
	syn = data[0] & 1;
	len = size - 1;
	p = malloc(len);
	if (len)
		memcpy(p, data + 1, len);
	ltcp_opts_parse(p, len, syn, &o);
	check_bounds(&o, syn);
	check_rebuilt(&o, syn);
	check_fast_path(p, len, &o);
	free(p);
	return 0;
}
