// SPDX-License-Identifier: GPL-2.0
/* scoreboard.c - the sender's verdicts on SACK blocks */
#include "input.h"
#include "options.h"
#include "scoreboard.h"

static void check_block(struct input *in)
{
	u32 una = take_number(in), out = take_number(in) & 0x3fffffff;
	u32 wnd = take_number(in) & 0x3fffffff;
	u32 start = una + (s32)take_number(in), end = start + take_number(in);
	bool good = ltcp_sack_block_valid(start, end, una, una + out, wnd);

	if (!good)
		return;
	check(seq_lt(start, end));
	check(seq_leq(end, una + out));		/* nothing that was never sent */
	check(una - start <= wnd || seq_geq(start, una));	/* nothing too old */
}

static void check_dsack(struct input *in)
{
	u32 ack = take_number(in);
	struct ltcp_opts o = { .nsack = take8(in) % 5 };
	struct ltcp_sack_block dup;
	int i;

	for (i = 0; i < o.nsack; i++) {
		o.sack[i].start = ack + (s8)take8(in) * 10;
		o.sack[i].end = o.sack[i].start + (s8)take8(in);
	}
	o.present = o.nsack ? LTCP_OPT_SACK : 0;
	if (!ltcp_dsack_is(&o, ack, &dup))
		return;
	check(o.nsack && dup.start == o.sack[0].start && dup.end == o.sack[0].end);
	check(seq_lt(dup.start, ack) ||
	      (o.nsack > 1 && seq_geq(dup.start, o.sack[1].start) &&
	       seq_leq(dup.end, o.sack[1].end)));
}

static void check_counts(struct input *in)
{
	u32 sacked = take16(in), thresh = 1 + take8(in);

	check(ltcp_dupthresh_reached(sacked, thresh) == (sacked >= thresh));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };

	while (in.at < in.end) {
		check_block(&in);
		check_dsack(&in);
		check_counts(&in);
	}
	return 0;
}
