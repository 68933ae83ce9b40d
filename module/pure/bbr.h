/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bbr.h - BBR version 3, draft-ietf-ccwg-bbr-06
 *
 * Theory
 * ------
 * A path carries no more than its bottleneck's rate, and needs no more in flight
 * than that rate times its round-trip time without queues: the BDP. BBR measures
 * both, and sends at that rate with about that much in flight. The two cannot be
 * measured at once: the rate shows when there is a queue, the round-trip time
 * when there is none. So it tries each in turn:
 *
 *	STARTUP		doubles its rate every round until the rate delivered
 *			stands still for three rounds, or losses pass 2 %
 *	DRAIN		sends slowly until the queue of STARTUP is gone
 *	PROBE_DOWN	sends 10 % slower, leaves room for others
 *	PROBE_CRUISE	sends as fast as the path delivers, for 2 to 3 seconds
 *			or as many rounds as Reno would need
 *	PROBE_REFILL	fills the pipe, for one round
 *	PROBE_UP	sends 25 % faster: is there more? Then DOWN again
 *	PROBE_RTT	every 5 s, for 200 ms, has half a BDP in flight
 *
 * Loss is no order to halve. There are two models of the path: the long-term one
 * (max_bw, inflight_longterm) learns from probes how much is too much; the
 * short-term one (bw_shortterm, inflight_shortterm) follows what still gets
 * through in rounds with losses, and is forgotten at the next probe.
 *
 *	bbr.c		events, STARTUP, DRAIN, PROBE_RTT
 *	bbr_probe.c	the cycle of the four PROBE states that seek bandwidth
 *	bbr_model.c	the model: rounds, rate, round-trip time, losses, undo
 *	bbr_control.c	what follows: pacing rate and cwnd
 *
 * Functions and variables are called as in the draft, so that both can be read
 * side by side. Its C and RS are struct bbr_rs here.
 *
 * Units
 * -----
 * Volumes are in segments, times in microseconds. A point in time is the low 32
 * bits of the clock and only ever asked how long ago it was; after 71 minutes it
 * is young again for as long as the question's interval, which does no harm.
 *
 * A bandwidth is a u32 in units of 16 bytes per second: from 128 bit/s, which is
 * also its resolution, to 549 Gbit/s, where it saturates. Times a u32 of
 * microseconds it fits 64 bits, and divided by BBR_BW_US it is bytes. Gains are
 * in percent.
 */
#ifndef LTCP_PURE_BBR_H
#define LTCP_PURE_BBR_H

#include "cong.h"
#include "seq.h"

#define BBR_BW_UNIT		16U		/* bytes per second */
#define BBR_BW_US		(1000000U / BBR_BW_UNIT)

/* No bound, or not measured: of a bandwidth, a volume or a round-trip time */
#define BBR_INFINITY		U32_MAX

#define BBR_PACING_MARGIN	1U		/* percent */
#define BBR_GAIN_DOWN		90U		/* percent */
#define BBR_LOSS_THRESH		2U		/* percent */
#define BBR_BETA		70U		/* percent */
#define BBR_HEADROOM		15U		/* percent */
#define BBR_PIPE		110U		/* percent of the BDP */
#define BBR_MIN_PIPE_CWND	4U		/* segments */

enum bbr_state {
	BBR_STARTUP,
	BBR_DRAIN,
	BBR_PROBE_DOWN,
	BBR_PROBE_CRUISE,
	BBR_PROBE_REFILL,
	BBR_PROBE_UP,
	BBR_PROBE_RTT,
	BBR_NO_STATE,			/* undo_state: nothing to go back to */
};

/* Which part of a bandwidth probe the ACKs now tell of */
enum bbr_ack_phase {
	BBR_ACKS_INIT,
	BBR_ACKS_REFILLING,
	BBR_ACKS_PROBE_STARTING,
	BBR_ACKS_PROBE_FEEDBACK,
	BBR_ACKS_PROBE_STOPPING,
};

/**
 * struct bbr - BBR's state of a connection, in ltcp_cc.priv
 * @max_bw: greatest rate seen in the previous and in this cycle of PROBE states
 * @bw_shortterm: bound of the rate from losses since the last probe
 * @bw_latest: greatest rate of this loss round
 * @full_bw: what has to be exceeded by 25 % for the pipe not to be full
 * @undo_bw_shortterm: @bw_shortterm before the loss episode
 * @delivered: segments delivered in all (C.delivered); wraps around
 * @next_round_delivered: @delivered at the round's start
 * @loss_round_delivered: @delivered at the loss round's start
 * @app_limited_mark: segments sent before @delivered passes this tell of
 *	PROBE_RTT's window, not of the path; valid if @app_limited_marked
 * @min_rtt_us: least round-trip time of 10 s
 * @min_rtt_stamp: when @min_rtt_us was measured
 * @probe_rtt_min_delay_us: least round-trip time of 5 s
 * @probe_rtt_min_stamp: when that was measured
 * @probe_rtt_stamp: when PROBE_RTT had brought the flight down; valid if
 *	@probe_rtt_holding
 * @cycle_stamp: start of this cycle of PROBE states, or of PROBE_UP
 * @bw_probe_wait_us: longest time from there to the next REFILL
 * @inflight_longterm: what is too much in flight, from probes
 * @inflight_shortterm: the same, from losses since the last probe
 * @inflight_latest: most delivered in a round trip of this loss round
 * @undo_inflight_longterm: @inflight_longterm before the loss episode
 * @undo_inflight_shortterm: @inflight_shortterm before the loss episode
 * @prior_cwnd: cwnd when neither losses nor PROBE_RTT reduced it
 * @extra_acked: most that ACKs ran ahead of the rate, in the previous and in
 *	this window of rounds
 * @extra_acked_delivered: delivered since @extra_acked_stamp
 * @extra_acked_stamp: when ACKs began to run ahead
 * @bw_probe_up_acked: acknowledged since @inflight_longterm last grew
 * @probe_up_acked_per_inc: how much that takes
 * @last_lost_end: end of the last packet judged lost
 * @initial_cwnd: cwnd at init(), up to 65535
 * @cold_segs: how many of @initial_cwnd are not delivered yet
 * @state: enum bbr_state
 * @undo_state: state that losses ended, enum bbr_state
 * @ack_phase: enum bbr_ack_phase
 * @full_bw_count: rounds without growth, up to 3
 * @drain_rounds: rounds in DRAIN
 * @extra_acked_rounds: rounds in this window of @extra_acked
 * @bw_probe_up_rounds: rounds that @inflight_longterm grew in this PROBE_UP
 * @rounds_since_probe_up: rounds since PROBE_UP ended
 * @loss_ranges: ranges of sequence numbers lost in this loss round
 * @started: the stamps and round counts are valid
 * @full_bw_now: no growth since the estimator was reset
 * @full_bw_reached: STARTUP found the bottleneck
 * @is_bw_probe_sample: ACKs tell of a probe to which losses have not answered yet
 * @is_loss_in_round: something was lost in this loss round
 * @prev_probe_too_high: the last probe lost too much
 * @prev_probe_precautionary: the last PROBE_UP stopped at @inflight_longterm
 * @probe_rtt_holding: the flight is down, the 200 ms are running
 * @probe_rtt_round_done: a round has passed since
 * @app_limited_marked: see @app_limited_mark
 * @idle_restart: sending resumes after a silence
 * @in_episode: loss recovery is under way
 * @restore_cwnd: it has just ended
 * @ce_pending: the peer echoed a congestion mark
 * @no_sack: the connection has no SACK
 * @cwnd_limited: cwnd limited the sender in this round
 * @cwnd_limited_before: and in the round before
 */
struct bbr {
	u32 max_bw[2];
	u32 bw_shortterm;
	u32 bw_latest;
	u32 full_bw;
	u32 undo_bw_shortterm;

	u32 delivered;
	u32 next_round_delivered;
	u32 loss_round_delivered;
	u32 app_limited_mark;

	u32 min_rtt_us;
	u32 min_rtt_stamp;
	u32 probe_rtt_min_delay_us;
	u32 probe_rtt_min_stamp;
	u32 probe_rtt_stamp;
	u32 cycle_stamp;
	u32 bw_probe_wait_us;

	u32 inflight_longterm;
	u32 inflight_shortterm;
	u32 inflight_latest;
	u32 undo_inflight_longterm;
	u32 undo_inflight_shortterm;
	u32 prior_cwnd;

	u32 extra_acked[2];
	u32 extra_acked_delivered;
	u32 extra_acked_stamp;

	u32 bw_probe_up_acked;
	u32 probe_up_acked_per_inc;
	u32 last_lost_end;

	u16 initial_cwnd;
	u16 cold_segs;

	u8 state:4;
	u8 undo_state:4;
	u8 ack_phase:4;
	u8 full_bw_count:4;
	u8 drain_rounds;
	u8 extra_acked_rounds;
	u8 bw_probe_up_rounds;
	u8 rounds_since_probe_up;
	u8 loss_ranges;

	u8 started:1;
	u8 full_bw_now:1;
	u8 full_bw_reached:1;
	u8 is_bw_probe_sample:1;
	u8 is_loss_in_round:1;
	u8 prev_probe_too_high:1;
	u8 prev_probe_precautionary:1;
	u8 probe_rtt_holding:1;
	u8 probe_rtt_round_done:1;
	u8 app_limited_marked:1;
	u8 idle_restart:1;
	u8 in_episode:1;
	u8 restore_cwnd:1;
	u8 ce_pending:1;
	u8 no_sack:1;
	u8 cwnd_limited:1;
	u8 cwnd_limited_before:1;
};

_Static_assert(sizeof(struct bbr) <= sizeof(((struct ltcp_cc *)0)->priv),
	       "ltcp_cc.priv has room for struct bbr");

/**
 * struct bbr_rs - what one ACK, or one loss, tells
 * @now_us: its time
 * @mss: a full segment, bytes, 1 to 65535
 * @newly_acked: segments newly acknowledged
 * @prior_in_flight: segments in flight before it
 * @in_flight: and after it
 * @rtt_us: round-trip time; 0: not measured
 * @least_rtt_us: least round-trip time, the handshake's included; 0: not known
 * @bw: delivery rate; 0: not measured
 * @delivered: segments delivered since the sampled one was sent; 0: no sample
 * @prior_delivered: segments delivered when the sampled one was sent
 * @tx_in_flight: segments in flight when the sampled one was sent
 * @lost: segments lost since the sampled one was sent
 * @app_limited: @bw is not the path's limit
 * @in_recovery: in fast recovery
 * @round_start: it begins a round
 * @loss_round_start: it begins a loss round
 */
struct bbr_rs {
	u32 now_us;
	u32 mss;
	u32 newly_acked;
	u32 prior_in_flight;
	u32 in_flight;
	u32 rtt_us;
	u32 least_rtt_us;
	u32 bw;
	u32 delivered;
	u32 prior_delivered;
	u32 tx_in_flight;
	u32 lost;
	bool app_limited;
	bool in_recovery;
	bool round_start;
	bool loss_round_start;
};

/**
 * struct ltcp_bbr_info - BBR for people
 * @bw: what it takes the path to carry, bytes per second
 * @min_rtt_us: round-trip time without queues; 0: not known
 * @pacing_gain: percent
 * @cwnd_gain: percent
 */
struct ltcp_bbr_info {
	u64 bw;
	u32 min_rtt_us;
	u32 pacing_gain;
	u32 cwnd_gain;
};

static inline struct bbr *bbr_of(struct ltcp_cc *cc)
{
	return (struct bbr *)cc->priv;
}

static inline u32 bbr_max_bw(const struct bbr *b)
{
	return max(b->max_bw[0], b->max_bw[1]);
}

/* The draft's BBR.bw: BBRBoundBWForModel is implied */
static inline u32 bbr_bw(const struct bbr *b)
{
	return min(bbr_max_bw(b), b->bw_shortterm);
}

static inline bool bbr_in_probe_bw(const struct bbr *b)
{
	return b->state >= BBR_PROBE_DOWN && b->state <= BBR_PROBE_UP;
}

/* Has it been longer than @us since @stamp? */
static inline bool bbr_elapsed(u32 now_us, u32 stamp, u32 us)
{
	return now_us - stamp > us;
}

static inline u32 bbr_percent(u32 value, u32 percent)
{
	return (u64)value * percent / 100;
}

/* Sum that stays finite */
static inline u32 bbr_add(u32 a, u32 b)
{
	return min_t(u64, (u64)a + b, BBR_INFINITY - 1);
}

/* bbr.c */
void ltcp_bbr_enter_startup(struct bbr *b);

/* bbr_probe.c */
void ltcp_bbr_start_probe_down(struct ltcp_cc *cc, u32 now_us);
void ltcp_bbr_start_probe_refill(struct bbr *b);
void ltcp_bbr_update_probe_cycle(struct ltcp_cc *cc, struct bbr_rs *rs);
void ltcp_bbr_inflight_too_high(struct ltcp_cc *cc, const struct bbr_rs *rs);
void ltcp_bbr_probe_lost(struct ltcp_cc *cc, struct bbr_rs *rs, u32 segs);

/* bbr_model.c */
u32 ltcp_bbr_volume(u32 bw, u32 us, u32 gain, u32 mss);
u32 ltcp_bbr_bdp(const struct bbr *b, u32 gain, u32 mss);
void ltcp_bbr_start_round(struct bbr *b);
void ltcp_bbr_reset_full_bw(struct bbr *b, u32 full_bw);
void ltcp_bbr_reset_signals(struct bbr *b);
void ltcp_bbr_reset_shortterm(struct bbr *b);
void ltcp_bbr_advance_max_bw(struct bbr *b);
void ltcp_bbr_update_latest(struct bbr *b, struct bbr_rs *rs);
void ltcp_bbr_update_congestion(struct ltcp_cc *cc, struct bbr_rs *rs);
void ltcp_bbr_update_aggregation(struct ltcp_cc *cc, const struct bbr_rs *rs);
void ltcp_bbr_check_full_bw(struct bbr *b, const struct bbr_rs *rs);
bool ltcp_bbr_update_min_rtt(struct bbr *b, const struct bbr_rs *rs);
void ltcp_bbr_advance_latest(struct bbr *b, const struct bbr_rs *rs);
bool ltcp_bbr_loss_without_queue(const struct ltcp_cc *cc,
				 const struct bbr_rs *rs);
bool ltcp_bbr_loss_too_high(const struct ltcp_cc *cc, const struct bbr_rs *rs);
void ltcp_bbr_note_loss(struct ltcp_cc *cc);
void ltcp_bbr_save_cwnd(struct ltcp_cc *cc);
void ltcp_bbr_begin_episode(struct ltcp_cc *cc);
void ltcp_bbr_undo(struct ltcp_cc *cc);

/* bbr_control.c */
u32 ltcp_bbr_inflight(const struct ltcp_cc *cc, u32 bw, u32 mss);
u32 ltcp_bbr_pipe(const struct ltcp_cc *cc, u32 mss);
u32 ltcp_bbr_leave(const struct ltcp_cc *cc, u32 volume, u32 percent, u32 mss);
u32 ltcp_bbr_inflight_with_headroom(const struct ltcp_cc *cc, u32 mss);
u32 ltcp_bbr_probe_rtt_cwnd(const struct bbr *b, u32 mss);
void ltcp_bbr_set_pacing_rate(struct ltcp_cc *cc, u32 gain);
void ltcp_bbr_update_control(struct ltcp_cc *cc, const struct bbr_rs *rs);
void ltcp_bbr_info(const struct ltcp_cc *cc, struct ltcp_bbr_info *info);

#endif /* LTCP_PURE_BBR_H */
