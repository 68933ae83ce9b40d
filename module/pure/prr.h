/* SPDX-License-Identifier: GPL-2.0 */
/*
 * prr.h - proportional rate reduction, RFC 9937 (prr.c)
 */
#ifndef LTCP_PURE_PRR_H
#define LTCP_PURE_PRR_H

#include "types.h"

/**
 * struct ltcp_prr - an episode's sums
 * @delivered: prr_delivered: segments delivered since it began
 * @out: prr_out: segments sent since it began
 * @recover_fs: RecoverFS: segments that may be delivered in the course of it
 */
struct ltcp_prr {
	u32 delivered;
	u32 out;
	u32 recover_fs;
};

/**
 * struct ltcp_prr_ack - what an ACK, or the reordering timer, has told
 * @delivered: DeliveredData, segments; 0 when a timer calls
 * @in_flight: segments in flight now: newly found losses are off
 * @ssthresh: where the window is to end, segments
 * @cwnd: the window so far, segments
 * @una_advanced: SND.UNA has moved
 * @new_loss: further segments were called lost
 * @sack: the connection uses SACK
 */
struct ltcp_prr_ack {
	u32 delivered;
	u32 in_flight;
	u32 ssthresh;
	u32 cwnd;
	bool una_advanced;
	bool new_loss;
	bool sack;
};

void ltcp_prr_init(struct ltcp_prr *p, u32 out_segs, u32 sacked_segs,
		   u32 newly_sacked_segs, u32 newly_acked_segs);
u32 ltcp_prr_delivered_nosack(u32 acked_segs, bool dup, u32 dupacks_before);
u32 ltcp_prr_cwnd(struct ltcp_prr *p, const struct ltcp_prr_ack *ack);
void ltcp_prr_sent(struct ltcp_prr *p, u32 segs);

#endif /* LTCP_PURE_PRR_H */
