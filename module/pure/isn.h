/* SPDX-License-Identifier: GPL-2.0 */
/*
 * isn.h - initial sequence numbers and SYN cookies (isn.c)
 */
#ifndef LTCP_PURE_ISN_H
#define LTCP_PURE_ISN_H

#include "types.h"

/* ltcp_cookie_ts_encode(): the peer sent no window scale option */
#define LTCP_COOKIE_NO_WSCALE	15
/* low bits of the timestamp that carry options */
#define LTCP_COOKIE_TS_BITS	6

/**
 * struct ltcp_cookie_in - what a SYN cookie is made of
 * @h1: keyed hash of the addresses, the ports and @peer_isn
 * @h2: keyed hash, under another key, of the same and @count
 * @peer_isn: sequence number of the peer's SYN
 * @count: clock of the cookies, minutes
 * @mss: the peer's MSS, bytes
 */
struct ltcp_cookie_in {
	u32 h1;
	u32 h2;
	u32 peer_isn;
	u32 count;
	u16 mss;
};

u32 ltcp_isn(u32 keyed_hash, u64 now_ns);

int ltcp_cookie_mss_index(u16 mss);
u32 ltcp_cookie_make(const struct ltcp_cookie_in *in);
u16 ltcp_cookie_check(u32 cookie, u32 h1, u32 peer_isn, u32 count_now,
		      u32 max_age, u32 (*h2)(void *arg, u32 count), void *arg);
u32 ltcp_cookie_ts_encode(u32 ts, u8 wscale, bool sack, bool ecn);
bool ltcp_cookie_ts_decode(u32 tsecr, u8 *wscale, bool *wscale_ok, bool *sack,
			   bool *ecn);

#endif /* LTCP_PURE_ISN_H */
