// SPDX-License-Identifier: GPL-2.0
/* window.c - the windows: nothing promised is taken back, nothing unpromised used */
#include "input.h"
#include "window.h"

enum { LARGEST = 1 << 30 };

static struct ltcp_rwnd_in take_rwnd(struct input *in)
{
	struct ltcp_rwnd_in w = {
		.rcv_wup = take_number(in),
		.full_space = take_number(in) & (LARGEST - 1),
		.mss = 1 + take16(in),
		.wscale = take8(in) % 15,
	};

	/* The window was advertised by the same rules. */
	w.rcv_wnd = take_number(in) & (LARGEST - 1);
	w.rcv_wnd = min_t(u64, w.rcv_wnd, 65535ULL << w.wscale);
	w.rcv_wnd = w.rcv_wnd >> w.wscale << w.wscale;
	w.rounded = take_number(in) % (min(w.rcv_wnd, (1u << w.wscale) - 1) + 1);
	w.rcv_nxt = w.rcv_wup + take_number(in) % (w.rcv_wnd + 1);
	w.free_space = take_number(in) % (w.full_space + 1);
	return w;
}

static void check_receive(struct input *in)
{
	struct ltcp_rwnd_in w = take_rwnd(in);
	struct ltcp_rwnd new = ltcp_rwnd_select(&w);
	u32 left = ltcp_offered_wnd(w.rcv_nxt, w.rcv_wup, w.rcv_wnd);
	u32 granted = left > w.rounded ? left - w.rounded : 0;
	u32 unit = 1u << w.wscale;

	check(left == w.rcv_wup + w.rcv_wnd - w.rcv_nxt);
	check(new.field % unit == 0 && (u64)new.field <= 65535ULL << w.wscale);
	check(new.wnd >= left && new.wnd >= new.field);		/* taken, SHLD-14 */
	check(new.rounded < unit && new.rounded <= new.wnd);
	check(new.wnd - new.rounded >= granted);
	check(new.wnd - new.rounded <= max(w.free_space, granted));
	check(new.field >= min_t(u64, granted, 65535ULL << w.wscale));
	ltcp_rwnd_update_due(&w, take_number(in));
}

static void check_send(struct input *in)
{
	u32 una = take_number(in), wnd = take_number(in) & (LARGEST - 1);
	u32 out = take_number(in) & (LARGEST - 1), len = 1 + take16(in), mss = 1 + take16(in);
	u32 usable = ltcp_usable_wnd(una, wnd, una + out), most = take_number(in);
	bool last = take_bool(in);

	check(usable == (wnd > out ? wnd - out : 0));
	if (ltcp_sws_allows(len, mss, usable, most, last))
		check(usable > 0);
	if (usable >= mss && len >= mss)
		check(ltcp_sws_allows(len, mss, usable, most, last));
}

static void check_nagle(struct input *in)
{
	struct ltcp_nagle_in n = {
		.len = take16(in), .mss = 1 + take16(in), .more_follows = take_bool(in),
		.nodelay = take_bool(in), .in_flight = take_bool(in), .fin = take_bool(in),
		.small_in_flight = take_bool(in),
	};
	bool allows = ltcp_nagle_allows(&n);

	if (n.len >= n.mss || n.fin)
		check(allows);
	else if (n.more_follows)
		check(!allows);
	else if (n.nodelay || !n.in_flight)
		check(allows);
	else if (n.small_in_flight)
		check(!allows);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };

	while (in.at < in.end) {
		u32 space = take_number(&in), shift = ltcp_wscale_choose(space);

		check(shift <= 14 && (shift == 14 || 65535ULL << shift >= space));
		check(!shift || 65535ULL << (shift - 1) < space);
		check_receive(&in);
		check_send(&in);
		check_nagle(&in);
	}
	return 0;
}
