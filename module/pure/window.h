/* SPDX-License-Identifier: GPL-2.0 */
/*
 * window.h - what to advertise, what to send (window.c)
 */
#ifndef LTCP_PURE_WINDOW_H
#define LTCP_PURE_WINDOW_H

#include "seq.h"
#include "types.h"

/**
 * struct ltcp_rwnd_in - what the receive window follows from
 * @rcv_nxt: RCV.NXT now
 * @rcv_wup: RCV.NXT when the window was last advertised
 * @rcv_wnd: struct ltcp_rwnd's wnd of then, bytes
 * @rounded: and its rounded
 * @free_space: bytes the buffer can still take
 * @full_space: bytes the empty buffer could take
 * @mss: the peer's full segment, bytes
 * @wscale: shift of the window field; 0 when window scaling is off
 */
struct ltcp_rwnd_in {
	u32 rcv_nxt;
	u32 rcv_wup;
	u32 rcv_wnd;
	u32 rounded;
	u32 free_space;
	u32 full_space;
	u32 mss;
	u8 wscale;
};

/**
 * struct ltcp_rwnd - a receive window
 * @field: to be advertised, bytes: a multiple of 1 << wscale, at most 65535 << wscale
 * @wnd: bytes from RCV.NXT on that will be taken: @field, or more that an earlier one
 *	has promised
 * @rounded: so many of these no buffer was there for; less than 1 << wscale
 */
struct ltcp_rwnd {
	u32 field;
	u32 wnd;
	u32 rounded;
};

/**
 * struct ltcp_nagle_in - what Nagle's algorithm looks at
 * @len: bytes of data the segment would carry
 * @mss: a full segment, bytes
 * @more_follows: the application corked the socket or said MSG_MORE
 * @nodelay: the application turned Nagle's algorithm off
 * @in_flight: some data is unacknowledged
 * @fin: the segment carries the FIN
 * @small_in_flight: some segment in flight is smaller than @mss (Minshall);
 *	the same as @in_flight gives Nagle's algorithm to the letter
 */
struct ltcp_nagle_in {
	u32 len;
	u32 mss;
	bool more_follows;
	bool nodelay;
	bool in_flight;
	bool fin;
	bool small_in_flight;
};

/* What part of a receive buffer is window, 256ths: for anything, and at best */
#define LTCP_WND_SHARE_MIN	128U
#define LTCP_WND_SHARE_MAX	240U

u8 ltcp_wscale_choose(u32 max_space_bytes);
u32 ltcp_wnd_share(u32 share, u32 text, u32 memory);
struct ltcp_rwnd ltcp_rwnd_select(const struct ltcp_rwnd_in *in);
bool ltcp_rwnd_update_due(const struct ltcp_rwnd_in *in, u32 copied);
bool ltcp_nagle_allows(const struct ltcp_nagle_in *in);
bool ltcp_sws_allows(u32 len, u32 mss, u32 usable_wnd, u32 max_snd_wnd,
		     bool last);

/**
 * ltcp_offered_wnd() - what is left of the window last advertised
 * @rcv_nxt: RCV.NXT now
 * @rcv_wup: RCV.NXT when the window was advertised
 * @rcv_wnd: the window advertised then, bytes
 *
 * Return: bytes the peer may still send; 0 when it sent all of it or, probing,
 * more.
 */
static inline u32 ltcp_offered_wnd(u32 rcv_nxt, u32 rcv_wup, u32 rcv_wnd)
{
	u32 edge = rcv_wup + rcv_wnd;

	return seq_gt(edge, rcv_nxt) ? edge - rcv_nxt : 0;
}

/**
 * ltcp_usable_wnd() - how much the peer's window lets us send now
 * @snd_una: SND.UNA
 * @snd_wnd: SND.WND, bytes
 * @snd_nxt: SND.NXT
 *
 * RFC 9293 section 3.8.6.2.1. A peer may have moved the right edge of its
 * window below what has been sent (section 3.8.6, MUST-34); then nothing new
 * may be sent, and this is 0, not a huge number.
 *
 * Return: bytes.
 */
static inline u32 ltcp_usable_wnd(u32 snd_una, u32 snd_wnd, u32 snd_nxt)
{
	u32 edge = snd_una + snd_wnd;

	return seq_gt(edge, snd_nxt) ? edge - snd_nxt : 0;
}

#endif /* LTCP_PURE_WINDOW_H */
