// SPDX-License-Identifier: GPL-2.0
/*
 * dctcp.c - Data Center TCP, RFC 8257
 *
 * Theory
 * ------
 * Switches mark all that meets a queue longer than a few segments, and the peer
 * tells of each mark, not only that there was one. So the sender knows what part
 * of a window met the queue, and cuts in proportion:
 *
 *	M = marked / acknowledged, over a window of data
 *	alpha = (1 - g) alpha + g M,  g = 1/16		at its end
 *	cwnd  = cwnd (1 - alpha/2)			once for a window, on marks
 *
 * With every segment marked that is Reno's half, with one in a hundred next to
 * nothing, and the queue stays about as long as the switch's threshold. Growth
 * and the answer to a loss are Reno's (sections 3.4 and 3.5); an ACK that tells
 * of marks does not let the window grow (RFC 3168 section 6.1.2).
 *
 * alpha is a fraction of 2^20. As shifts round down it stops short of 0, at 15 of
 * these: a hundred thousandth. Cuts are whole segments, and what is left over is
 * kept for the next: else a small window would never be cut by a small alpha.
 *
 * Not for the Internet: among others who halve, it would win (section 5).
 */
#include "dctcp.h"

#define G_SHIFT		4		/* RFC 8257 section 4.2: g = 1/16 */
#define SSTHRESH_MIN	2U

/**
 * struct dctcp - DCTCP's own state
 * @acked_segs: segments acknowledged in this window of data
 * @marked_segs: how many of them were marked
 * @alpha: part of the segments that meet a queue, of LTCP_DCTCP_ONE
 * @cut_rest: what past cuts left over, segments times 2 LTCP_DCTCP_ONE
 * @reduced_cwnd: window after the cut, segments
 */
struct dctcp {
	u32 acked_segs;
	u32 marked_segs;
	u32 alpha;
	u32 cut_rest;
	u32 reduced_cwnd;
};

_Static_assert(sizeof(struct dctcp) <= sizeof(((struct ltcp_cc *)0)->priv),
	       "struct dctcp fits");

static struct dctcp *dctcp(struct ltcp_cc *cc)
{
	return (void *)cc->priv;
}

static void dctcp_init(struct ltcp_cc *cc)
{
	/* Section 3.3: until more is known the answer to a mark is Reno's */
	dctcp(cc)->alpha = LTCP_DCTCP_ONE;
	ltcp_reno_init(cc);
}

/* Section 3.3, steps 5 to 8: a window of data has been acknowledged. */
static void end_window(struct dctcp *d)
{
	u64 m;

	if (!d->acked_segs)
		return;
	m = div_u64((u64)d->marked_segs * LTCP_DCTCP_ONE, d->acked_segs);
	d->alpha -= d->alpha >> G_SHIFT;
	d->alpha += min_t(u64, m, LTCP_DCTCP_ONE) >> G_SHIFT;
	d->acked_segs = 0;
	d->marked_segs = 0;
}

static void dctcp_on_ack(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack)
{
	struct dctcp *d = dctcp(cc);

	d->acked_segs += ack->acked_segs;
	d->marked_segs += ack->ce_segs;
	if (ack->round_start)
		end_window(d);
	if (!ack->ce_segs)
		ltcp_reno_on_ack(cc, ack);
}

/* Section 3.3, step 9: cwnd (1 - alpha/2), in whole segments. */
static void cut(struct ltcp_cc *cc, struct dctcp *d)
{
	u64 cut = (u64)cc->cwnd * d->alpha + d->cut_rest;

	d->cut_rest = cut % (2 * LTCP_DCTCP_ONE);
	d->reduced_cwnd = cc->cwnd - min_t(u64, cut / (2 * LTCP_DCTCP_ONE), cc->cwnd);
}

static u32 dctcp_ssthresh(struct ltcp_cc *cc, u32 in_flight,
			  enum ltcp_cc_loss loss)
{
	struct dctcp *d = dctcp(cc);

	if (loss != LTCP_LOSS_ECN)
		return ltcp_reno_ssthresh(cc, in_flight, loss);
	cc->prior_cwnd = cc->cwnd;
	cc->cwnd_cnt = 0;
	cut(cc, d);
	return max(d->reduced_cwnd, SSTHRESH_MIN);
}

static u32 dctcp_loss_cwnd(struct ltcp_cc *cc, u32 in_flight,
			   enum ltcp_cc_loss loss)
{
	if (loss == LTCP_LOSS_RTO)
		return 1;
	/* RFC 3168 section 6.1.2: marks can bring cwnd down to one segment */
	if (loss == LTCP_LOSS_ECN)
		return max(dctcp(cc)->reduced_cwnd, 1U);
	return cc->ssthresh;
}

/**
 * ltcp_dctcp_info() - what DCTCP knows of the path
 * @cc: congestion control
 * @info: filled
 */
void ltcp_dctcp_info(const struct ltcp_cc *cc, struct ltcp_dctcp_info *info)
{
	const struct dctcp *d = (const struct dctcp *)cc->priv;

	*info = (struct ltcp_dctcp_info) {
		.alpha = d->alpha,
		.acked_segs = d->acked_segs,
		.marked_segs = d->marked_segs,
	};
}

const struct ltcp_cc_ops ltcp_dctcp = {
	.name		= "dctcp",
	.init		= dctcp_init,
	.ssthresh	= dctcp_ssthresh,
	.loss_cwnd	= dctcp_loss_cwnd,
	.on_ack		= dctcp_on_ack,
	.undo_cwnd	= ltcp_reno_undo_cwnd,
	.idle_restart	= ltcp_reno_idle_restart,
	.validates	= true,
	.needs_ecn	= true,
};
