/* SPDX-License-Identifier: GPL-2.0 */
/* hystart.h - the end of the first slow start, by delay; see hystart.c */
#ifndef LTCP_PURE_HYSTART_H
#define LTCP_PURE_HYSTART_H

#include "cong.h"

/* No round-trip time yet; RFC 9406's infinity */
#define LTCP_HYSTART_NO_RTT	U32_MAX

/**
 * struct ltcp_hystart - state of HyStart++
 * @last_min_us: least round-trip time of the last round, microseconds
 * @current_min_us: the same of this round so far
 * @baseline_us: what @current_min_us was when Conservative Slow Start began;
 *	LTCP_HYSTART_NO_RTT in ordinary slow start
 * @train_start_us: when the first ACK of this round came, low half
 * @train_end_us: when the last came that did not keep the train waiting, low half
 * @samples: round-trip times measured in this round, as far as they matter
 * @css_rounds: rounds that ended in this Conservative Slow Start
 * @css_credit: quarters of a segment, towards the next whole one
 */
struct ltcp_hystart {
	u32 last_min_us;
	u32 current_min_us;
	u32 baseline_us;
	u32 train_start_us;
	u32 train_end_us;
	u8 samples;
	u8 css_rounds;
	u8 css_credit;
};

void ltcp_hystart_init(struct ltcp_hystart *h);
bool ltcp_hystart_on_ack(struct ltcp_hystart *h, const struct ltcp_cc_ack *ack);
u32 ltcp_hystart_growth(struct ltcp_hystart *h, const struct ltcp_cc_ack *ack);

/**
 * ltcp_hystart_in_css() - which of the two phases is it?
 * @h: state
 *
 * Return: true in Conservative Slow Start.
 */
static inline bool ltcp_hystart_in_css(const struct ltcp_hystart *h)
{
	return h->baseline_us != LTCP_HYSTART_NO_RTT;
}

#endif /* LTCP_PURE_HYSTART_H */
