// SPDX-License-Identifier: GPL-2.0
/* sequence.c - seq.h and urgent.c against 64-bit arithmetic */
#include "input.h"
#include "urgent.h"

static void check_order(u32 a, u32 b)
{
	bool opposite = (u32)(a - b) == 1u << 31;

	if (opposite)
		return;
	check(seq_lt(a, b) == is_before(a, b));
	check(seq_gt(a, b) == is_before(b, a));
	check(seq_leq(a, b) == (a == b || is_before(a, b)));
	check(seq_geq(a, b) == (a == b || is_before(b, a)));
	check(seq_max(a, b) == (is_before(a, b) ? b : a));
	check(seq_min(a, b) == (is_before(b, a) ? b : a));
}

static void check_range(u32 s, u32 lo, u32 len)
{
	u64 from = lo, at = s < lo ? s + (1ULL << 32) : s;

	check(seq_in(s, lo, lo + len) == (at < from + len));
}

/* What one end writes into the field the other reads out of it. */
static void check_urgent(struct input *in)
{
	u32 seq = take_number(in), ahead = 1 + (take_number(in) & 0xffff);
	u32 bytes = take16(in), mark;
	bool standard = take_bool(in), in_line = take_bool(in);
	u16 field = ltcp_urg_field(seq + ahead, seq, standard);

	mark = ltcp_urg_mark(seq, field, standard);
	if (ahead <= 65535)
		check(mark == seq + ahead - 1);
	check(is_before(mark, seq + ahead));
	check(ltcp_urg_reach(seq, bytes, mark, in_line) <= bytes);
	if (mark != seq && mark - seq < bytes)
		check(ltcp_urg_reach(seq, bytes, mark, in_line) == mark - seq);
	check(!ltcp_urg_is_news(mark, mark + 1, false, 0));
	check(ltcp_urg_is_news(mark, seq, false, 0) == !is_before(mark, seq));
	check(!ltcp_urg_is_news(mark, seq, true, mark));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };

	while (in.at < in.end) {
		u32 a = take_number(&in);

		check_order(a, take_number(&in));
		check_range(a, take_number(&in), take_number(&in));
		check_urgent(&in);
	}
	return 0;
}
