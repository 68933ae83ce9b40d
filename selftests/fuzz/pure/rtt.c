// SPDX-License-Identifier: GPL-2.0
/* rtt.c - the RTT estimator stays among its samples, the RTO within its bounds */
#include "input.h"
#include "rtt.h"

static void check_rto(const struct ltcp_rtt *r, struct input *in)
{
	u32 low = take_number(in), high = take_number(in), rto;
	u32 ms = take_number(in), shift = take8(in), most = take_number(in), backed;

	rto = ltcp_rtt_rto_us(r, low, high, 1000000, 1000 + take8(in));
	check(rto <= high && rto >= min(low, high));
	backed = ltcp_rto_backoff_ms(ms, shift, most);
	check(backed == (shift > 31 && ms ? most : min_t(u64, most, (u64)ms << (shift & 31))));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };
	struct ltcp_rtt r = {};
	u64 least = U32_MAX, most = 0;

	while (in.at < in.end) {
		u32 sample = take_number(&in) & 0x0fffffff;

		ltcp_rtt_sample(&r, sample, take_bool(&in));
		sample = max(sample, 1U);
		least = min_t(u64, least, sample);
		most = max_t(u64, most, sample);
		/* in units of an eighth, rounded down at each step */
		check(r.srtt_us >= least * 8 - 8 && r.srtt_us <= most * 8 + 8);
		check(r.rttvar_us <= 4 * most + 4 && r.stray_us <= most);
		check_rto(&r, &in);
	}
	return 0;
}
