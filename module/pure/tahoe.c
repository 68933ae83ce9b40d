// SPDX-License-Identifier: GPL-2.0
/*
 * tahoe.c - Tahoe congestion control, for comparison and teaching
 *
 * Theory
 * ------
 * The first of them (Jacobson 1988): slow start and congestion avoidance as in
 * Reno, but no fast recovery. Whatever shows congestion - a timeout, duplicate
 * ACKs, a mark, which RFC 3168 wants treated as a loss - halves ssthresh and
 * starts again from one segment.
 */
#include "cong.h"

static u32 tahoe_ssthresh(struct ltcp_cc *cc, u32 in_flight,
			  enum ltcp_cc_loss loss)
{
	/* it knows one kind of congestion only */
	return ltcp_reno_ssthresh(cc, in_flight, LTCP_LOSS_RTO);
}

static u32 tahoe_loss_cwnd(struct ltcp_cc *cc, u32 in_flight,
			   enum ltcp_cc_loss loss)
{
	return 1;
}

const struct ltcp_cc_ops ltcp_tahoe = {
	.name		= "tahoe",
	.init		= ltcp_reno_init,
	.ssthresh	= tahoe_ssthresh,
	.loss_cwnd	= tahoe_loss_cwnd,
	.on_ack		= ltcp_reno_on_ack,
	.undo_cwnd	= ltcp_reno_undo_cwnd,
	.idle_restart	= ltcp_reno_idle_restart,
};
