/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arrives_oracle.h - what RFC 9293 wants done about a segment (arrives_oracle.c)
 */
#ifndef ARRIVES_ORACLE_H
#define ARRIVES_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct tcb - what the answer depends on (RFC 9293, section 3.3.1)
 * @state: TCP_*; TCP_CLOSE: no connection
 * @passive: in SYN-RECEIVED, coming from LISTEN (MUST-11)
 * @orphan: the program has closed the socket
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @max_snd_wnd: MAX.SND.WND, RFC 5961's
 * @rcv_nxt: RCV.NXT
 * @rcv_wnd: RCV.WND, bytes
 *
 * Numbers are relative to the initial sequence number of their side and so many
 * bits wide that they do not wrap: here they may be compared as they are.
 */
struct tcb {
	int state;
	bool passive, orphan;
	int64_t snd_una, snd_nxt, max_snd_wnd;
	int64_t rcv_nxt, rcv_wnd;
};

/* A segment's timestamp beside TS.Recent; NO_STAMP: the connection has none. */
enum stamp { NO_STAMP, OLDER, SAME, NEWER };

/**
 * struct arrival - the segment
 * @flags: the eight control bits
 * @seq: SEG.SEQ
 * @ack: the acknowledgment field, also where ACK is off and it means nothing
 * @len: bytes of text
 * @urgent: SEG.UP
 * @stamp: its timestamp
 */
struct arrival {
	int flags;
	int64_t seq, ack;
	int len, urgent;
	enum stamp stamp;
};

/* What goes out at once; one segment or none. */
enum reply {
	NOTHING,
	AN_ACK,			/* <SEQ><ACK><CTL=ACK> */
	A_RST,			/* <SEQ><CTL=RST> */
	A_RST_ACK,		/* <SEQ=0><ACK><CTL=RST,ACK>, 0 as it is on the wire */
	A_SYN_ACK,		/* <SEQ=0><ACK><CTL=SYN,ACK>, once more */
	A_FRESH_SYN_ACK,	/* <SEQ=ISS><ACK><CTL=SYN,ACK>, ISS above @seq */
};

/**
 * struct answer - what must be seen
 * @sent: the segment that goes out
 * @seq: its sequence number
 * @ack: its acknowledgment
 * @may_wait: it may be delayed (MUST-40)
 * @challenge: RFC 5961, section 7, limits how many of these are sent
 * @taken: the segment was acceptable to the fifth step, or ended the connection
 * @state: of the connection afterwards, TCP_CLOSE when there is none
 * @error: what the program learns by SO_ERROR
 * @snd_una: SND.UNA afterwards
 * @window: whether SND.WND becomes SEG.WND
 * @delivered: bytes that the program can read now
 * @eof: and then the end of file
 * @held: it is kept out of order
 * @urgent: the program is told of urgent data
 * @why: the rule, for the report
 */
struct answer {
	enum reply sent;
	int64_t seq, ack;
	bool may_wait, challenge, taken;
	int state, error;
	int64_t snd_una;
	enum { KEPT, TAKEN, EITHER } window;
	int delivered;
	bool eof, held, urgent;
	const char *why;
};

struct answer answer_to(const struct tcb *b, const struct arrival *s);

#endif /* ARRIVES_ORACLE_H */
