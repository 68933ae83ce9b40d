/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cong.h - what congestion control is told, and what it answers
 *
 * Theory
 * ------
 * A congestion control is a set of functions on one small struct. It never sees
 * a socket: the adapter (cong.c of the module) loads struct ltcp_cc, tells it
 * what happened, and stores the answer. So every algorithm also runs in user
 * space, under a test or a simulation.
 *
 * Two kinds of things happen:
 *
 *   an ACK	on_ack(): the only place where the window grows. One that echoes
 *		marks is told to those who count them (needs_ecn, own_recovery),
 *		before the reduction that it may cause; to others it is not;
 *   a loss	ssthresh(), then loss_cwnd(): what the window must come down to.
 *		Who does it, at once or bit by bit (RFC 9937), is loss recovery's
 *		business; until it is done events say in_recovery.
 *
 * Windows are counted in segments, as tcp_sock does. What grows them is counted
 * in segments, too, and by what was acknowledged, never by the number of ACKs
 * (RFC 3465): a peer that divides its ACKs gains nothing.
 *
 * Invariants, whatever a peer or a caller does: 1 <= cwnd <= cwnd_clamp (a clamp
 * of 0 counts as 1); ssthresh >= 2 after a loss; cwnd does not grow when it was
 * not what limited the sender (RFC 7661's reason, RFC 9293's MUST-19), unless a
 * model of the path bounds it (bbr.h).
 */
#ifndef LTCP_PURE_CONG_H
#define LTCP_PURE_CONG_H

#include "types.h"

/* ssthresh before the first loss: slow start has no end (RFC 5681 section 3.1) */
#define LTCP_SSTHRESH_INFINITE	0x7fffffffU
/* RFC 3465 section 2.3: L, by how much an ACK may grow cwnd in slow start */
#define LTCP_ABC_L_SEGS		2

/**
 * struct ltcp_cc - state of one connection's congestion control
 * @cwnd: congestion window, segments
 * @ssthresh: slow start below this, congestion avoidance from it on, segments
 * @cwnd_cnt: segments acknowledged towards the next increment of @cwnd in
 *	congestion avoidance; what exceeds @cwnd does not count
 * @cwnd_clamp: upper bound of @cwnd, segments
 * @prior_cwnd: @cwnd before the last reduction, for an undo
 * @rand: any number that differs between connections, set before init(); an
 *	algorithm that draws lots steps it on
 * @pacing_rate: bytes per second the algorithm wants; 0: none, the adapter
 *	derives one from @cwnd and the round-trip time
 * @priv: the algorithm's own; zero before init()
 */
struct ltcp_cc {
	u32 cwnd;
	u32 ssthresh;
	u32 cwnd_cnt;
	u32 cwnd_clamp;
	u32 prior_cwnd;
	u32 rand;
	u64 pacing_rate;
	u64 priv[17];
};

/**
 * struct ltcp_cc_rate - one sample of the delivery rate
 * @delivered: segments delivered over the interval
 * @prior_delivered: segments delivered in all when the segment was sent that
 *	this sample belongs to; wraps around
 * @interval_us: length of the interval; 0: no sample
 * @tx_in_flight: segments in flight when that segment was sent, with it
 * @lost: segments judged lost since that segment was sent
 * @losses: segments judged lost on this ACK
 * @app_limited: the application had nothing to send for part of it
 */
struct ltcp_cc_rate {
	u32 delivered;
	u32 prior_delivered;
	u32 interval_us;
	u32 tx_in_flight;
	u32 lost;
	u32 losses;
	bool app_limited;
};

/**
 * struct ltcp_cc_ack - an ACK that delivered something
 * @now_us: time of the ACK, any clock that does not jump
 * @acked_segs: segments newly acknowledged, cumulatively or selectively
 * @acked_bytes: bytes newly acknowledged cumulatively
 * @mss: a full segment, bytes
 * @in_flight: segments in flight before this ACK
 * @rtt_us: round-trip time measured by this ACK; 0: none
 * @srtt_us: smoothed round-trip time (RFC 6298), this ACK's included; 0: not known
 * @cwnd_limited: before this ACK, cwnd was what kept the sender from sending
 * @app_limited: before this ACK, the application had nothing to send
 * @in_recovery: loss recovery owns cwnd now. False while recovering from a
 *	timeout: there slow start rules (RFC 5681 section 3.1)
 * @round_start: first ACK of a new round: it covers a segment that was sent
 *	after the previous round began. Optional, like all below
 * @paced: a pacer decides when segments leave, not the ACKs
 * @abc_l_segs: L of RFC 3465 for this ACK: 1 while recovering from a timeout,
 *	more than 2 where the sender paces (RFC 9406 section 4.2); 0: 2
 * @ce_segs: of @acked_segs, how many were marked CE
 * @min_rtt_us: least round-trip time of the recent past; 0: not known
 * @rate: delivery rate
 */
struct ltcp_cc_ack {
	u64 now_us;
	u32 acked_segs;
	u32 acked_bytes;
	u32 mss;
	u32 in_flight;
	u32 rtt_us;
	u32 srtt_us;
	bool cwnd_limited;
	bool app_limited;
	bool in_recovery;
	bool round_start;
	bool paced;
	u32 abc_l_segs;
	u32 ce_segs;
	u32 min_rtt_us;
	struct ltcp_cc_rate rate;
};

/**
 * struct ltcp_cc_lost - a packet that was judged lost
 * @now_us: time, as in struct ltcp_cc_ack
 * @seq: its first sequence number
 * @end_seq: the first number after it
 * @segs: segments in it
 * @mss: a full segment, bytes
 * @delivered: segments delivered in all by now; wraps around
 * @tx_in_flight: segments in flight when it was last sent, with it
 * @lost: segments judged lost since it was last sent, with it
 * @app_limited: it was sent when the application had nothing more to send
 * @no_sack: the connection has no SACK: it sees one loss in a round trip
 */
struct ltcp_cc_lost {
	u64 now_us;
	u32 seq;
	u32 end_seq;
	u32 segs;
	u32 mss;
	u32 delivered;
	u32 tx_in_flight;
	u32 lost;
	bool app_limited;
	bool no_sack;
};

/**
 * enum ltcp_cc_loss - how congestion was noticed
 * @LTCP_LOSS_FAST: duplicate ACKs, SACK or RACK: some segments got through
 * @LTCP_LOSS_RTO: the retransmission timer expired
 * @LTCP_LOSS_ECN: the peer echoed a congestion mark; nothing was lost
 */
enum ltcp_cc_loss {
	LTCP_LOSS_FAST,
	LTCP_LOSS_RTO,
	LTCP_LOSS_ECN,
};

/**
 * struct ltcp_cc_ops - a congestion control
 * @name: what TCP_CONGESTION calls it
 * @init: called once, with cwnd, ssthresh and cwnd_clamp set
 * @ssthresh: called when congestion is noticed, before anything is reduced;
 *	in_flight in segments. Returns the new ssthresh and remembers prior_cwnd.
 *	Not called again for a timeout of a segment that already timed out
 *	(RFC 5681 section 3.1)
 * @loss_cwnd: called after @ssthresh, with ssthresh stored. Returns the cwnd
 *	that ends the reduction
 * @on_ack: called for every ACK that delivers something
 * @undo_cwnd: the last reduction was for nothing (RFC 4015, RFC 5682); returns
 *	the cwnd to go back to. The adapter restores ssthresh
 * @idle_restart: data is to be sent after an idle time longer than the RTO;
 *	the argument is the initial window, segments (RFC 5681 section 4.1)
 * @own_recovery: cwnd is the algorithm's in loss recovery, too: on_ack() is
 *	called for ACKs of an episode, and nothing else (RFC 9937, deflation)
 *	sets cwnd
 * @needs_ecn: the marks themselves are counted. ECN is offered and accepted whatever
 *	the namespace says, every segment is ECT, the receiver echoes each mark
 *	(RFC 8257 section 3.2), and @on_ack is called during loss recovery, too, with
 *	in_recovery. The functions below are optional
 * @validates: cwnd is what the path carried when it was last full, and it is validated
 *	(RFC 7661, cwv.h). Not for those who keep it small by other means, nor where
 *	a textbook is to be seen
 * @on_lost: called for each packet judged lost, before @ssthresh and @on_ack of
 *	the ACK or timeout that showed it
 * @recovered: a loss episode, fast recovery or timeout, has ended: all that was
 *	outstanding when it began is acknowledged. Called before @on_ack
 * @on_restart: called before data is sent with nothing in flight, when the
 *	application had nothing to send before
 */
struct ltcp_cc_ops {
	const char *name;
	void (*init)(struct ltcp_cc *cc);
	u32 (*ssthresh)(struct ltcp_cc *cc, u32 in_flight,
			enum ltcp_cc_loss loss);
	u32 (*loss_cwnd)(struct ltcp_cc *cc, u32 in_flight,
			 enum ltcp_cc_loss loss);
	void (*on_ack)(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack);
	u32 (*undo_cwnd)(struct ltcp_cc *cc);
	void (*idle_restart)(struct ltcp_cc *cc, u32 initial_wnd);
	bool own_recovery;
	bool needs_ecn;
	bool validates;
	void (*on_lost)(struct ltcp_cc *cc, const struct ltcp_cc_lost *lost);
	void (*recovered)(struct ltcp_cc *cc);
	void (*on_restart)(struct ltcp_cc *cc, u64 now_us);
};

extern const struct ltcp_cc_ops ltcp_reno;
extern const struct ltcp_cc_ops ltcp_tahoe;
extern const struct ltcp_cc_ops ltcp_bbr;
extern const struct ltcp_cc_ops ltcp_cubic;
extern const struct ltcp_cc_ops ltcp_dctcp;

/* Parts of Reno that other algorithms are built from (reno.c) */
void ltcp_reno_init(struct ltcp_cc *cc);
u32 ltcp_reno_ssthresh(struct ltcp_cc *cc, u32 in_flight,
		       enum ltcp_cc_loss loss);
void ltcp_reno_on_ack(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack);
u32 ltcp_reno_undo_cwnd(struct ltcp_cc *cc);
void ltcp_reno_idle_restart(struct ltcp_cc *cc, u32 initial_wnd);
u32 ltcp_cc_slow_start(struct ltcp_cc *cc, u32 segs);

/* The curve of CUBIC (cubic.c) */
#define LTCP_CUBIC_SHIFT	10	/* windows in 1/1024 segment */
u64 ltcp_cubic_window(u32 w_max, u32 k_us, u64 t_us);
u32 ltcp_cubic_k_us(u32 segs);

/**
 * ltcp_cc_set_cwnd() - set cwnd, within its bounds
 * @cc: congestion control
 * @cwnd: wanted, segments
 */
static inline void ltcp_cc_set_cwnd(struct ltcp_cc *cc, u32 cwnd)
{
	cc->cwnd = max(min(cwnd, cc->cwnd_clamp), 1U);
}

/**
 * ltcp_cc_send_quantum() - how much a paced sender hands down at a time
 * @pacing_rate: bytes per second
 * @mss: a full segment, bytes
 *
 * What the rate carries in a millisecond: small bursts at low rates, full
 * offload at high ones (draft-ietf-ccwg-bbr-06 section 5.6.3).
 *
 * Return: bytes, at least two segments, otherwise at most 64 KB.
 */
static inline u32 ltcp_cc_send_quantum(u64 pacing_rate, u32 mss)
{
	u32 quantum = min_t(u64, pacing_rate / 1000, 65536);

	return max(quantum, 2 * mss);
}

/**
 * ltcp_cc_in_slow_start() - which of the two regimes is it?
 * @cc: congestion control
 *
 * Return: true below ssthresh.
 */
static inline bool ltcp_cc_in_slow_start(const struct ltcp_cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}

#endif /* LTCP_PURE_CONG_H */
