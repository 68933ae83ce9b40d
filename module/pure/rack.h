/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rack.h - loss detection by time and tail loss probes, RFC 8985 (rack.c)
 */
#ifndef LTCP_PURE_RACK_H
#define LTCP_PURE_RACK_H

#include "types.h"

/* RFC 8985 section 6.2, step 4: recoveries that an enlarged window outlives */
#define LTCP_RACK_PERSIST	16
/* Section 7.2: the probe timeout before a round trip is measured, microseconds */
#define LTCP_TLP_PTO_NO_SRTT_US	1000000U

/**
 * struct ltcp_rack - what a connection knows of deliveries and reordering
 * @xmit_ns: RACK.xmit_ts: when the delivered packet that was sent last was sent,
 *	nanoseconds; 0: nothing delivered yet
 * @end_seq: RACK.end_seq: where that packet ends
 * @rtt_us: RACK.rtt: round-trip time of the last delivery, microseconds
 * @fack: RACK.fack: end of the highest data delivered
 * @dsack_round: RACK.dsack_round, while @in_dsack_round, in segments delivered
 * @reo_wnd_mult: RACK.reo_wnd_mult, quarters of the least round-trip time
 * @reo_wnd_persist: RACK.reo_wnd_persist: recoveries until it is 1 again
 * @reordering_seen: RACK.reordering_seen
 * @in_dsack_round: a D-SACK of the present round trip has been counted
 */
struct ltcp_rack {
	u64 xmit_ns;
	u32 end_seq;
	u32 rtt_us;
	u32 fack;
	u32 dsack_round;
	u8 reo_wnd_mult;
	u8 reo_wnd_persist;
	bool reordering_seen;
	bool in_dsack_round;
};

/**
 * struct ltcp_rack_ack - one ACK, while its deliveries are gone through
 * @now_ns: when it arrived, same clock as the packets' time of sending
 * @min_rtt_us: RACK.min_RTT: least round-trip time of the recent past,
 *	microseconds; 0: not known
 * @tsecr: its TSecr, when @has_tsecr
 * @has_tsecr: the connection uses timestamps, and the ACK has one
 * @prior_fack: set by ltcp_rack_ack_begin(): RACK.fack before this ACK
 * @rtt_us: least round-trip time among its deliveries; U32_MAX: none so far
 */
struct ltcp_rack_ack {
	u64 now_ns;
	u32 min_rtt_us;
	u32 tsecr;
	bool has_tsecr;
	u32 prior_fack;
	u32 rtt_us;
};

/**
 * struct ltcp_rack_pkt - a packet that an ACK delivers
 * @xmit_ns: when it was sent last, nanoseconds
 * @end_seq: end of what is delivered of it; the ACK's number when that falls
 *	inside
 * @tsval: TSval that it carried then; matters only when @retrans
 * @retrans: it was ever sent again
 * @sacked: a SACK block tells of it
 */
struct ltcp_rack_pkt {
	u64 xmit_ns;
	u32 end_seq;
	u32 tsval;
	bool retrans;
	bool sacked;
};

void ltcp_rack_init(struct ltcp_rack *r, u32 snd_una, u32 rtt_us);
void ltcp_rack_ack_begin(const struct ltcp_rack *r, struct ltcp_rack_ack *ack);
bool ltcp_rack_delivered(struct ltcp_rack *r, struct ltcp_rack_ack *ack,
			 const struct ltcp_rack_pkt *pkt);
void ltcp_rack_overtaken(struct ltcp_rack *r);
void ltcp_rack_adapt(struct ltcp_rack *r, bool dsack, bool recovered,
		     u32 before, u32 now);
u32 ltcp_rack_reo_wnd_us(const struct ltcp_rack *r, bool in_recovery,
			 u32 sacked_segs, u32 dupthresh, u32 min_rtt_us,
			 u32 srtt_us);
bool ltcp_rack_judges(const struct ltcp_rack *r, u64 xmit_ns, u32 end_seq);
u32 ltcp_rack_left_us(const struct ltcp_rack *r, u64 xmit_ns, u32 reo_wnd_us,
		      u64 now_ns);
bool ltcp_rack_lost_on_rto(const struct ltcp_rack *r, bool first, u64 xmit_ns,
			   u32 reo_wnd_us, u64 now_ns);

/**
 * struct ltcp_tlp - a connection's tail loss probe; all zero at its start
 * @end_seq: TLP.end_seq: SND.NXT when the probe was sent, while @out
 * @out: a probe was sent whose fate is open (TLP.end_seq is not None)
 * @is_retrans: TLP.is_retrans: that probe was data sent before
 * @rtt_taken: a round trip was measured since the last probe, or at all
 */
struct ltcp_tlp {
	u32 end_seq;
	bool out;
	bool is_retrans;
	bool rtt_taken;
};

/**
 * enum ltcp_tlp_probe - what to probe with
 * @LTCP_TLP_NONE: no probe: only the retransmission timer is started again
 * @LTCP_TLP_NEW: the first segment never sent
 * @LTCP_TLP_LAST: the segment that ends at SND.NXT, again
 */
enum ltcp_tlp_probe {
	LTCP_TLP_NONE,
	LTCP_TLP_NEW,
	LTCP_TLP_LAST,
};

/**
 * enum ltcp_tlp_fate - what an ACK tells of the probe
 * @LTCP_TLP_OPEN: nothing, or there is no probe
 * @LTCP_TLP_NO_LOSS: nothing was lost that the probe would have repaired
 * @LTCP_TLP_DSACKED: likewise; its D-SACK is of the probe's copy
 * @LTCP_TLP_REPAIRED: the probe has repaired a loss: congestion control is to
 *	react as to a fast recovery
 */
enum ltcp_tlp_fate {
	LTCP_TLP_OPEN,
	LTCP_TLP_NO_LOSS,
	LTCP_TLP_DSACKED,
	LTCP_TLP_REPAIRED,
};

/**
 * struct ltcp_tlp_ack - what of an ACK concerns a probe
 * @ack: SEG.ACK
 * @dsack_end: end of the range that a D-SACK reports, when @dsack
 * @dsack: the ACK carries a D-SACK
 * @plain_dup: it is a duplicate ACK without any SACK block
 */
struct ltcp_tlp_ack {
	u32 ack;
	u32 dsack_end;
	bool dsack;
	bool plain_dup;
};

bool ltcp_tlp_may_probe(const struct ltcp_tlp *t);
bool ltcp_tlp_may_schedule(const struct ltcp_tlp *t, bool sack_ok,
			   bool in_recovery, u32 out_segs, u32 sacked_segs);
u32 ltcp_tlp_pto_us(u32 srtt_us, u32 out_segs, u32 max_ack_delay_us,
		    u32 rto_left_us);
enum ltcp_tlp_probe ltcp_tlp_choose(const struct ltcp_tlp *t, bool new_fits);
void ltcp_tlp_sent(struct ltcp_tlp *t, enum ltcp_tlp_probe probe, u32 snd_nxt);
enum ltcp_tlp_fate ltcp_tlp_on_ack(struct ltcp_tlp *t,
				   const struct ltcp_tlp_ack *ack);
void ltcp_tlp_reset(struct ltcp_tlp *t);

#endif /* LTCP_PURE_RACK_H */
