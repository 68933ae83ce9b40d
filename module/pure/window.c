// SPDX-License-Identifier: GPL-2.0
/*
 * window.c - flow control: what to advertise, what to send
 *
 * Theory
 * ------
 * Receiver. A window is a promise: bytes up to the right edge, RCV.NXT+RCV.WND
 * at the time it was advertised, will be taken. Three rules make the next one:
 *
 *   - What has been promised is kept (SHLD-14). Because the field counts in units
 *     of 1 << wscale, what is left of it is rounded up; so the edge that the peer
 *     computes may be up to a unit beyond what the buffer has granted, and come back
 *     as far. What lies in between is taken (RFC 7323 section 2.4), but the next
 *     rounding starts from what was granted, or every ACK would give away some more.
 *   - The right edge moves right only by a worthwhile step: a full segment or
 *     half the buffer, whichever is less (RFC 9293 section 3.8.6.2.2, MUST-39).
 *     Else a reader of single bytes would be sent segments of single bytes.
 *   - A window that opens is rounded down: no new promise without a buffer. But
 *     not to nothing: a buffer smaller than a unit is promised as a unit, or the
 *     window would stay closed for ever.
 *
 * So a buffer that fills up closes the window by leaving the edge where it is.
 *
 * Sender. Two algorithms hold small segments back, and a segment goes out when
 * both agree. Nagle: the application's writes are small; wait for an ACK to
 * collect more of them (section 3.7.4). SWS avoidance: the peer's window is
 * small; wait for it to open (section 3.8.6.2.1, MUST-38). The persist timer
 * overrides the second.
 */
#include "options.h"
#include "window.h"

#define WINDOW_FIELD_MAX	65535U

static u32 unit(const struct ltcp_rwnd_in *in)
{
	return 1U << min_t(u8, in->wscale, LTCP_WSCALE_MAX);
}

static u32 round_down_to(u32 bytes, u32 unit)
{
	return bytes & ~(unit - 1);
}

static u32 round_up_to(u32 bytes, u32 unit)
{
	return round_down_to(bytes + unit - 1, unit);
}

/* The least by which it is worthwhile to open the window. */
static u32 worthwhile(const struct ltcp_rwnd_in *in)
{
	return min(in->mss, in->full_space / 2);
}

/* What the field can say at most. */
static u32 widest(const struct ltcp_rwnd_in *in)
{
	return WINDOW_FIELD_MAX * unit(in);
}

/* What is left of what the buffer was there for. */
static u32 granted(const struct ltcp_rwnd_in *in)
{
	return ltcp_offered_wnd(in->rcv_nxt, in->rcv_wup, in->rcv_wnd - in->rounded);
}

/* As the peer is told of it. */
static u32 in_field(const struct ltcp_rwnd_in *in, u32 bytes)
{
	return min(round_up_to(bytes, unit(in)), widest(in));
}

/**
 * ltcp_wscale_choose() - the window scale to ask for in a SYN
 * @max_space_bytes: the largest window there may ever be, bytes
 *
 * Return: the smallest shift, 0 to 14, with which the field can express
 * @max_space_bytes.
 */
u8 ltcp_wscale_choose(u32 max_space_bytes)
{
	u8 shift = 0;

	while (shift < LTCP_WSCALE_MAX &&
	       max_space_bytes > WINDOW_FIELD_MAX << shift)
		shift++;
	return shift;
}

/**
 * ltcp_wnd_share - what part of a receive buffer may be window?
 * @share: as it was, 256ths
 * @text: bytes of text that have arrived since
 * @memory: bytes of memory that their packets took; not 0
 *
 * A window is promised in bytes of text, a buffer is memory. How much of one the other
 * holds is the driver's doing and the sender's, and both may change: so that goes into
 * it by a quarter each time.
 *
 * Return: 256ths, LTCP_WND_SHARE_MIN to LTCP_WND_SHARE_MAX.
 */
u32 ltcp_wnd_share(u32 share, u32 text, u32 memory)
{
	u32 now = text < memory ? div_u64((u64)text << 8, memory) : 256;

	share = (3 * share + now + 3) / 4;
	return max(min(share, LTCP_WND_SHARE_MAX), LTCP_WND_SHARE_MIN);
}

/**
 * ltcp_rwnd_select() - the receive window to advertise now
 * @in: see there
 *
 * Return: what is promised already, or more when the buffer allows a worthwhile step.
 */
struct ltcp_rwnd ltcp_rwnd_select(const struct ltcp_rwnd_in *in)
{
	u32 left = ltcp_offered_wnd(in->rcv_nxt, in->rcv_wup, in->rcv_wnd);
	u32 limit = min(in->free_space, widest(in));
	u32 grant = granted(in), old = in_field(in, grant);
	struct ltcp_rwnd new;

	if (limit >= old && limit - old >= worthwhile(in))
		grant = round_down_to(limit, unit(in)) ?: limit;
	new.field = in_field(in, grant);
	new.wnd = max(left, new.field);
	new.rounded = new.wnd - grant;
	return new;
}

/**
 * ltcp_rwnd_update_due() - does the peer need to hear of a larger window now?
 * @in: the state after the application has read
 * @copied: bytes the application has read
 *
 * The ACKs of arriving data carry the window along; one only for the window's
 * sake is worth sending when the peer may be waiting for it: when what it was
 * offered has shrunk to half of what could be offered now, or to less than a
 * segment.
 *
 * Return: true when an ACK should be sent.
 */
bool ltcp_rwnd_update_due(const struct ltcp_rwnd_in *in, u32 copied)
{
	u32 old = in_field(in, granted(in));
	u32 new;

	if (!copied || old > in->full_space / 2)
		return false;
	new = ltcp_rwnd_select(in).field;
	return new > old && (new / 2 >= old || old < in->mss);
}

/**
 * ltcp_nagle_allows() - may this segment leave, as far as Nagle is concerned?
 * @in: see there
 *
 * RFC 9293 section 3.7.4, with Minshall's refinement: one small segment may be
 * in flight, a second waits. So a write of two and a half segments does not
 * wait for the receiver's delayed ACK. TCP_NODELAY turns it off (MUST-17), but
 * not an explicit cork.
 *
 * Return: true when the segment may be sent now.
 */
bool ltcp_nagle_allows(const struct ltcp_nagle_in *in)
{
	if (in->len >= in->mss || in->fin)
		return true;
	if (in->more_follows)
		return false;
	return in->nodelay || !in->in_flight || !in->small_in_flight;
}

/**
 * ltcp_sws_allows() - is the window worth sending into?
 * @len: bytes waiting that would be sent next
 * @mss: a full segment, bytes
 * @usable_wnd: what the window allows now, bytes
 * @max_snd_wnd: the largest window the peer ever offered, bytes
 * @last: @len is all there is to send
 *
 * RFC 9293 section 3.8.6.2.1: a full segment; or all that is waiting; or half
 * of the largest window seen, for a peer whose buffer is less than a segment.
 *
 * Return: true when min(@len, @usable_wnd) bytes may be sent now. False also
 * for want of any window: then the persist timer must run.
 */
bool ltcp_sws_allows(u32 len, u32 mss, u32 usable_wnd, u32 max_snd_wnd,
		     bool last)
{
	u32 sendable = min(len, usable_wnd);

	if (last && sendable == len)
		return true;
	return sendable && (sendable >= mss || sendable >= max_snd_wnd / 2);
}
