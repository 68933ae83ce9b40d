/* SPDX-License-Identifier: GPL-2.0 */
/*
 * validate.h - is a segment to be believed? (theory in validate.c)
 */
#ifndef LTCP_PURE_VALIDATE_H
#define LTCP_PURE_VALIDATE_H

#include "seq.h"
#include "types.h"

/* RFC 7323 section 5.5: an older TS.Recent proves nothing; seconds */
#define LTCP_PAWS_AGE_MAX_S	(24U * 24 * 60 * 60)

/**
 * enum ltcp_rst_verdict - what a RST deserves, RFC 5961 section 3.2
 * @LTCP_RST_DROP: outside the window: nothing
 * @LTCP_RST_CHALLENGE: in the window, but not at RCV.NXT: a challenge ACK
 * @LTCP_RST_EXACT: at RCV.NXT: the connection is reset
 */
enum ltcp_rst_verdict {
	LTCP_RST_DROP,
	LTCP_RST_CHALLENGE,
	LTCP_RST_EXACT,
};

/**
 * enum ltcp_ack_verdict - what an ACK field means
 * @LTCP_ACK_OK: SND.UNA <= SEG.ACK <= SND.NXT
 * @LTCP_ACK_OLD: below SND.UNA by at most MAX.SND.WND: a late duplicate; its
 *	data may be taken
 * @LTCP_ACK_TOO_OLD: further below: challenge ACK, drop (RFC 5961 section 5.2)
 * @LTCP_ACK_FUTURE: acknowledges what was never sent: ACK, drop (RFC 9293
 *	section 3.10.7.4)
 */
enum ltcp_ack_verdict {
	LTCP_ACK_OK,
	LTCP_ACK_OLD,
	LTCP_ACK_TOO_OLD,
	LTCP_ACK_FUTURE,
};

enum ltcp_rst_verdict ltcp_rst_check(u32 seq, u32 rcv_nxt, u32 rcv_wnd);
bool ltcp_ratelimit(u32 *last_ms, u32 now_ms, u32 interval_ms);

/**
 * ltcp_seq_acceptable() - does a segment touch the receive window?
 * @seq: SEG.SEQ
 * @end_seq: SEG.SEQ + SEG.LEN, where SYN and FIN count one each
 * @rcv_nxt: RCV.NXT
 * @rcv_wnd: RCV.WND, bytes from @rcv_nxt
 *
 * The four cases of RFC 9293 section 3.4, table 6. Note that an empty segment
 * at the right edge is not acceptable, and one at RCV.NXT always is.
 *
 * Return: true when the segment is acceptable.
 */
static inline bool ltcp_seq_acceptable(u32 seq, u32 end_seq, u32 rcv_nxt,
				       u32 rcv_wnd)
{
	if (seq == end_seq && !rcv_wnd)
		return seq == rcv_nxt;
	return seq - rcv_nxt < rcv_wnd ||
	       (seq != end_seq && end_seq - 1 - rcv_nxt < rcv_wnd);
}

/**
 * ltcp_ack_check() - judge SEG.ACK, RFC 9293 section 3.10.7.4 and RFC 5961
 * section 5.2
 * @ack: SEG.ACK
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @max_snd_wnd: MAX.SND.WND, the largest window the peer ever offered, bytes
 *
 * Return: the verdict.
 */
static inline enum ltcp_ack_verdict ltcp_ack_check(u32 ack, u32 snd_una,
						   u32 snd_nxt,
						   u32 max_snd_wnd)
{
	if (likely(ack - snd_una <= snd_nxt - snd_una))
		return LTCP_ACK_OK;
	if (seq_gt(ack, snd_nxt))
		return LTCP_ACK_FUTURE;
	return snd_una - ack <= max_snd_wnd ? LTCP_ACK_OLD : LTCP_ACK_TOO_OLD;
}

/**
 * ltcp_paws_reject() - protection against wrapped sequence numbers, RFC 7323
 * section 5.3, step R1
 * @tsval: SEG.TSval
 * @ts_recent: TS.Recent
 * @ts_recent_age_s: how long ago @ts_recent was taken, seconds
 *
 * Not to be asked about a RST (section 5.2). After 24 days the timestamp clock
 * may have gone half around, and @ts_recent is void (section 5.5): the caller
 * then takes @tsval as its new TS.Recent whatever ltcp_ts_recent_update_ok()
 * would say.
 *
 * Return: true when the segment is an old duplicate: to be ACKed and dropped.
 */
static inline bool ltcp_paws_reject(u32 tsval, u32 ts_recent,
				    u32 ts_recent_age_s)
{
	return unlikely(seq_lt(tsval, ts_recent)) &&
	       ts_recent_age_s <= LTCP_PAWS_AGE_MAX_S;
}

/**
 * struct ltcp_paws - which timestamps are of the present sequence numbers
 * @floor: TS.Recent when RCV.NXT was at least LTCP_PAWS_SPAN lower
 * @next: TS.Recent when RCV.NXT was @seq: the next @floor
 * @seq: RCV.NXT then
 */
struct ltcp_paws {
	u32 floor;
	u32 next;
	u32 seq;
};

#define LTCP_PAWS_SPAN		(1U << 28)	/* bytes */
#define LTCP_PAWS_WND_MAX	(1U << 29)	/* bytes: the proof holds so far */

/**
 * ltcp_paws_init() - before the first data
 * @p: state
 * @rcv_nxt: RCV.NXT
 * @ts_recent: TS.Recent
 */
static inline void ltcp_paws_init(struct ltcp_paws *p, u32 rcv_nxt, u32 ts_recent)
{
	*p = (struct ltcp_paws) { .floor = ts_recent, .next = ts_recent, .seq = rcv_nxt };
}

/**
 * ltcp_paws_advance() - before a segment may change TS.Recent
 * @p: state
 * @rcv_nxt: RCV.NXT
 * @ts_recent: TS.Recent
 */
static inline void ltcp_paws_advance(struct ltcp_paws *p, u32 rcv_nxt, u32 ts_recent)
{
	u32 span = rcv_nxt - p->seq;

	if (likely(span < LTCP_PAWS_SPAN))
		return;
	p->floor = span < 2 * LTCP_PAWS_SPAN ? p->next : ts_recent;
	p->next = ts_recent;
	p->seq = rcv_nxt;
}

/**
 * ltcp_paws_is_late() - is a segment with an old timestamp no old duplicate?
 * @p: state
 * @tsval: SEG.TSval, older than TS.Recent
 * @ts_recent: TS.Recent
 * @rcv_wnd: RCV.WND, bytes
 *
 * When something is lost and sent again while other segments are late, the copy
 * brings TS.Recent up to date, and by R1 all that is late is thrown away when it
 * comes, and must be sent again in its turn. But R1 is there for segments whose
 * sequence numbers have been used a second time, after 2^32 bytes. The last
 * transmission of such a one was over before anything a window ahead of it was sent,
 * and that was long before @floor: its timestamp is no newer. What is newer is late.
 *
 * Return: true when the segment is of the present sequence numbers.
 */
static inline bool ltcp_paws_is_late(const struct ltcp_paws *p, u32 tsval,
				     u32 ts_recent, u32 rcv_wnd)
{
	return ts_recent - tsval < ts_recent - p->floor &&
	       rcv_wnd <= LTCP_PAWS_WND_MAX;
}

/**
 * ltcp_ts_recent_update_ok() - may a segment's timestamp become TS.Recent?
 * @seq: SEG.SEQ
 * @last_ack_sent: Last.ACK.sent
 * @tsval: SEG.TSval
 * @ts_recent: TS.Recent
 *
 * RFC 7323 section 4.3, rule (2). The segment has passed
 * ltcp_seq_acceptable() before: that keeps a forged timestamp out.
 *
 * Return: true when TS.Recent is to be set to @tsval.
 */
static inline bool ltcp_ts_recent_update_ok(u32 seq, u32 last_ack_sent,
					    u32 tsval, u32 ts_recent)
{
	return seq_geq(tsval, ts_recent) && seq_leq(seq, last_ack_sent);
}

#endif /* LTCP_PURE_VALIDATE_H */
