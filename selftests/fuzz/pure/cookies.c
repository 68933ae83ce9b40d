// SPDX-License-Identifier: GPL-2.0
/* cookies.c - SYN cookies come back as they were given, and only so */
#include "input.h"
#include "isn.h"
#include "options.h"

/* Some hash of the time; its key is the argument. */
static u32 hash(void *key, u32 count)
{
	u64 z = (*(u32 *)key + 0x9e3779b97f4a7c15ULL) * (count + 1);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	return z ^ (z >> 31);
}

static void check_cookie(struct input *in)
{
	u32 key = take32(in), later = take8(in) & 31, oldest = take8(in) & 31, change = take32(in);
	struct ltcp_cookie_in c = {
		.h1 = take32(in), .peer_isn = take_number(in), .count = take_number(in),
		.mss = take16(in),
	};
	u32 cookie, now = c.count + later;
	u16 mss;

	c.h2 = hash(&key, c.count);
	cookie = ltcp_cookie_make(&c);
	mss = ltcp_cookie_check(cookie, c.h1, c.peer_isn, now, oldest, hash, &key);
	check(!!mss == (later <= oldest));
	check(mss <= max(c.mss, (u16)88));
	if (change & 0xffffff)		/* the hash's part */
		check(!ltcp_cookie_check(cookie ^ (change & 0xffffff), c.h1, c.peer_isn, now,
					 later, hash, &key));
}

static void check_stamp(struct input *in)
{
	u32 ts = take_number(in), coded;
	u8 scale = take8(in) & 15, got_scale;
	bool sack = take_bool(in), ecn = take_bool(in), ok, got_sack, got_ecn;

	coded = ltcp_cookie_ts_encode(ts, scale, sack, ecn);
	check(ts - coded <= 64);
	ltcp_cookie_ts_decode(coded, &got_scale, &ok, &got_sack, &got_ecn);
	check(ok == (scale <= LTCP_WSCALE_MAX) && (!ok || got_scale == scale));
	check(got_sack == sack && got_ecn == ecn);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };

	while (in.at < in.end) {
		int i = ltcp_cookie_mss_index(take16(&in));

		check(i >= 0 && i < 8);
		check_cookie(&in);
		check_stamp(&in);
	}
	return 0;
}
