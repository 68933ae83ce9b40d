/* SPDX-License-Identifier: GPL-2.0 */
/*
 * undo.h - was a loss recovery for nothing? RFC 5682, 3522, 4015, 3708 (undo.c)
 */
#ifndef LTCP_PURE_UNDO_H
#define LTCP_PURE_UNDO_H

#include "options.h"
#include "rtt.h"
#include "types.h"

/* ---- F-RTO, RFC 5682 ---- */

/**
 * enum ltcp_frto_step - where the algorithm stands
 * @LTCP_FRTO_OFF: not running
 * @LTCP_FRTO_STEP2: the first segment was sent again; waiting for its ACK
 * @LTCP_FRTO_STEP3: new data was sent instead of more of the old; waiting for
 *	the next ACK. Nothing may be sent again meanwhile
 */
enum ltcp_frto_step {
	LTCP_FRTO_OFF,
	LTCP_FRTO_STEP2,
	LTCP_FRTO_STEP3,
};

/**
 * struct ltcp_frto - F-RTO's state; all zero when a connection starts
 * @recover: "recover", "RecoveryPoint": SND.NXT at the ACK of step 2
 * @rtx_end: end of what was sent again in step 1
 * @step: enum ltcp_frto_step
 * @sack: the version for connections with SACK (section 3)
 */
struct ltcp_frto {
	u32 recover;
	u32 rtx_end;
	u8 step;
	bool sack;
};

/**
 * struct ltcp_frto_ack - what of an ACK concerns F-RTO
 * @ack: SEG.ACK
 * @snd_nxt: SND.NXT
 * @sack_high: end of the highest SACK block of the ACK; SEG.ACK without one
 * @advances: SND.UNA has moved
 * @dup: it is a duplicate ACK
 * @sacked_new: it SACKs data that was not SACKed before
 * @new_sendable: there is data never sent, and the peer's window has room for it
 */
struct ltcp_frto_ack {
	u32 ack;
	u32 snd_nxt;
	u32 sack_high;
	bool advances;
	bool dup;
	bool sacked_new;
	bool new_sendable;
};

/**
 * enum ltcp_frto_verdict - what to do on an ACK
 * @LTCP_FRTO_NOTHING: as usual: not running, or nothing can be said yet
 * @LTCP_FRTO_SEND_NEW: step 2b: send up to two new segments, nothing again
 * @LTCP_FRTO_GENUINE_EARLY: step 2a: go on with the recovery from the timeout,
 *	cwnd at most 2
 * @LTCP_FRTO_GENUINE: step 3a: the same, cwnd at most 3
 * @LTCP_FRTO_SPURIOUS: step 3b: the timeout was for nothing
 */
enum ltcp_frto_verdict {
	LTCP_FRTO_NOTHING,
	LTCP_FRTO_SEND_NEW,
	LTCP_FRTO_GENUINE_EARLY,
	LTCP_FRTO_GENUINE,
	LTCP_FRTO_SPURIOUS,
};

void ltcp_frto_start(struct ltcp_frto *f, bool sack, bool in_recovery,
		     u32 snd_una);
void ltcp_frto_retransmitted(struct ltcp_frto *f, u32 end_seq);
enum ltcp_frto_verdict ltcp_frto_on_ack(struct ltcp_frto *f,
					const struct ltcp_frto_ack *ack);

/* ---- Eifel detection, RFC 3522 ---- */

/**
 * struct ltcp_eifel - Eifel detection's state; all zero when a connection starts
 * @retrans_ts: RetransmitTS: TSval of the episode's first retransmission
 * @armed: an episode has begun, and nothing that it sent again is acknowledged yet
 * @sent: the first retransmission was sent
 * @dsack_seen: the peer has ever sent a D-SACK
 */
struct ltcp_eifel {
	u32 retrans_ts;
	bool armed;
	bool sent;
	bool dsack_seen;
};

/**
 * struct ltcp_eifel_ack - what of an ACK concerns Eifel detection
 * @tsecr: TSecr, when @has_tsecr
 * @has_tsecr: the ACK carries timestamps
 * @copies: SND.UNA has moved over data that this episode has sent again
 * @copy_first: such data was at SND.UNA before
 * @all_acked: nothing is outstanding any more
 * @dsack: it carries a D-SACK
 */
struct ltcp_eifel_ack {
	u32 tsecr;
	bool has_tsecr;
	bool copies;
	bool copy_first;
	bool all_acked;
	bool dsack;
};

void ltcp_eifel_start(struct ltcp_eifel *e);
void ltcp_eifel_retransmitted(struct ltcp_eifel *e, u32 tsval);
bool ltcp_eifel_on_ack(struct ltcp_eifel *e, const struct ltcp_eifel_ack *ack);

/* ---- D-SACK, RFC 3708 ---- */

/**
 * struct ltcp_dsack_undo - what was sent again, and what of it for nothing; all
 *	zero when a connection starts
 * @start: SND.UNA when the episode began
 * @rtx_high: end of the highest data sent again in it
 * @until: SND.NXT when something was last sent again: once more is acknowledged,
 *	no report can come
 * @rtx_segs: segments sent again and not reported as duplicates
 * @last: the last range reported; it may come twice, but counts once
 * @active: an episode is being watched
 * @blocked: it can no longer be called needless
 * @disabled: the network duplicates: D-SACK proves nothing on this connection
 */
struct ltcp_dsack_undo {
	u32 start;
	u32 rtx_high;
	u32 until;
	u32 rtx_segs;
	struct ltcp_sack_block last;
	bool active;
	bool blocked;
	bool disabled;
};

/**
 * struct ltcp_dsack_report - a D-SACK
 * @dup: range reported as a duplicate
 * @prior_una: SND.UNA before the ACK that carries it
 * @segs: segments in the range
 * @nothing_sacked: no SACK block has been received of the present window
 * @never_resent: the range is still queued and was never sent again
 */
struct ltcp_dsack_report {
	struct ltcp_sack_block dup;
	u32 prior_una;
	u32 segs;
	bool nothing_sacked;
	bool never_resent;
};

void ltcp_dsack_start(struct ltcp_dsack_undo *d, u32 snd_una, u32 snd_nxt,
		      u32 retrans_segs);
void ltcp_dsack_retransmitted(struct ltcp_dsack_undo *d, u32 end_seq, u32 segs,
			      bool again, u32 snd_nxt);
void ltcp_dsack_on_una(struct ltcp_dsack_undo *d, u32 snd_una);
bool ltcp_dsack_on_report(struct ltcp_dsack_undo *d,
			  const struct ltcp_dsack_report *r);

/* ---- Time ---- */

/**
 * struct ltcp_early - copies that cannot have arrived; all zero when a connection
 *	starts
 * @unproven: segments sent again, and not known to have been so for nothing
 * @active: an episode is being watched
 */
struct ltcp_early {
	u32 unproven;
	bool active;
};

void ltcp_early_start(struct ltcp_early *e);
void ltcp_early_retransmitted(struct ltcp_early *e, u32 segs, bool again);
bool ltcp_early_delivered(struct ltcp_early *e, u32 segs, bool early);

/* ---- Eifel response, RFC 4015 ---- */

/**
 * struct ltcp_undo - how things stood before a loss recovery
 * @pipe_prev: max(FlightSize, ssthresh), segments
 * @rtt_prev: SRTT and RTTVAR, the former enlarged by twice the clock's grain
 */
struct ltcp_undo {
	u32 pipe_prev;
	struct ltcp_rtt rtt_prev;
};

void ltcp_undo_save(struct ltcp_undo *u, u32 out_segs, u32 ssthresh,
		    const struct ltcp_rtt *rtt, u32 granularity_us);
u32 ltcp_undo_cwnd(u32 out_segs, u32 acked_segs, u32 initial_wnd);
void ltcp_undo_rtt(const struct ltcp_undo *u, struct ltcp_rtt *rtt, u32 rtt_us);

#endif /* LTCP_PURE_UNDO_H */
