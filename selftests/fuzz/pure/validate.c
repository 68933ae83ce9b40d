// SPDX-License-Identifier: GPL-2.0
/* validate.c - is a segment to be believed? against RFC 9293's table, byte by byte */
#include "input.h"
#include "validate.h"

/* Whether any number of the segment lies in the window: the table's meaning. */
static bool touches(u32 seq, u32 len, u32 nxt, u32 wnd)
{
	u32 i;

	if (!len)
		return wnd ? seq - nxt < wnd : seq == nxt;
	for (i = 0; i < len; i++)
		if (seq + i - nxt < wnd)
			return true;
	return false;
}

/* The four cases look at a segment's two ends, so it may not span the window. */
static void check_sequence(struct input *in)
{
	u32 nxt = take_number(in), wnd = take16(in), len = take8(in);
	u32 seq = nxt + (s16)take16(in);
	bool ends = seq - nxt < wnd || (len && seq + len - 1 - nxt < wnd);

	if (wnd < len && !ends)
		return;
	check(ltcp_seq_acceptable(seq, seq + len, nxt, wnd) == touches(seq, len, nxt, wnd));
}

static void check_rst(struct input *in)
{
	u32 nxt = take_number(in), wnd = take16(in), seq = nxt + (s16)take16(in);
	enum ltcp_rst_verdict v = ltcp_rst_check(seq, nxt, wnd);

	if (seq == nxt)
		check(v == LTCP_RST_EXACT);
	else
		check(v == (seq - nxt < wnd ? LTCP_RST_CHALLENGE : LTCP_RST_DROP));
}

static void check_ack(struct input *in)
{
	u32 una = take_number(in), out = take_number(in) & 0x3fffffff;
	u32 wnd = take_number(in) & 0x3fffffff, ack = una + (s32)take_number(in);
	s64 from_una = (s32)(ack - una);
	enum ltcp_ack_verdict v = ltcp_ack_check(ack, una, una + out, wnd);

	if (from_una >= 0 && from_una <= out)
		check(v == LTCP_ACK_OK);
	else if (from_una > out)
		check(v == LTCP_ACK_FUTURE);
	else if (from_una >= -(s64)wnd)
		check(v == LTCP_ACK_OLD);
	else
		check(v == LTCP_ACK_TOO_OLD || v == LTCP_ACK_FUTURE);
}

static void check_stamps(struct input *in)
{
	u32 recent = take_number(in), val = recent + (s32)take_number(in), age = take_number(in);
	u32 seq = take_number(in), last = seq + (s16)take16(in);

	if (ltcp_paws_reject(val, recent, age))
		check(seq_lt(val, recent) && age <= LTCP_PAWS_AGE_MAX_S);
	if (ltcp_ts_recent_update_ok(seq, last, val, recent))
		check(seq_geq(val, recent) && !seq_gt(seq, last));
}

/* No two within the interval, whatever the clock; its 0 counts as 1, or 1 as 0. */
static void check_limit(struct input *in)
{
	u32 interval = 2 + take16(in), now = take_number(in), last = 0, passed = 0, steps = 8;
	bool any = false;

	while (steps--) {
		now += take16(in);
		if (!ltcp_ratelimit(&last, now, interval))
			continue;
		check(!any || now - passed >= interval - 1);
		passed = now;
		any = true;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };

	while (in.at < in.end) {
		check_sequence(&in);
		check_rst(&in);
		check_ack(&in);
		check_stamps(&in);
		check_limit(&in);
	}
	return 0;
}
