/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cwv.h - congestion window validation, RFC 7661 (cwv.c)
 */
#ifndef LTCP_PURE_CWV_H
#define LTCP_PURE_CWV_H

#include "cong.h"

/* RFC 7661 sections 4.4 and 5: how long a window that is not used is kept */
#define LTCP_CWV_NVP_MS		300000U

/**
 * struct ltcp_cwv - what of cwnd has been in use lately
 * @recent_segs: the largest sample of pipeACK since @half_ms, segments
 * @used_segs: while a loss is repaired: what was in use when it came, segments
 * @older_segs: the largest of the half period before, segments
 * @resent_segs: while a loss is repaired: R, segments sent again, each once
 * @half_ms: when the half of the sampling period began that now runs
 * @since_ms: when cwnd was last valid; later, when the last non-validated period ended
 * @rounds: round trips measured: 0 none, 1 part of one, 2 enough: pipeACK is defined
 * @valid: the validated phase (section 4.3)
 * @repairs: the loss that is being repaired met a window that was not valid
 */
struct ltcp_cwv {
	union {
		u32 recent_segs;
		u32 used_segs;
	};
	union {
		u32 older_segs;
		u32 resent_segs;
	};
	u32 half_ms;
	u32 since_ms;
	u8 rounds;
	bool valid;
	bool repairs;
};

/**
 * struct ltcp_cwv_ack - an ACK outside of loss recovery
 * @now_ms: any clock that does not jump; wraps around
 * @srtt_us: smoothed round-trip time
 * @sample_segs: segments delivered since a segment that it delivers was sent;
 *	0: not known
 * @cwnd: segments
 * @round_start: it is the first ACK of a new round trip
 * @cwnd_limited: in the round trip before, cwnd was what kept the sender from sending
 */
struct ltcp_cwv_ack {
	u32 now_ms;
	u32 srtt_us;
	u32 sample_segs;
	u32 cwnd;
	bool round_start;
	bool cwnd_limited;
};

void ltcp_cwv_reset(struct ltcp_cwv *v, u32 now_ms);
void ltcp_cwv_on_ack(struct ltcp_cwv *v, const struct ltcp_cwv_ack *ack);
void ltcp_cwv_restart(struct ltcp_cwv *v, u32 cwnd, u32 now_ms, u32 srtt_us);
u32 ltcp_cwv_expire(struct ltcp_cwv *v, struct ltcp_cc *cc, u32 now_ms,
		    u32 initial_wnd);
u32 ltcp_cwv_used(struct ltcp_cwv *v, u32 flight_segs, u32 now_ms, u32 srtt_us);
void ltcp_cwv_loss(struct ltcp_cwv *v, u32 used_segs);
u32 ltcp_cwv_recovered(const struct ltcp_cwv *v);

/**
 * ltcp_cwv_expired() - is the non-validated period over?
 * @v: state
 * @now_ms: time
 *
 * RFC 7661 section 4.4.
 */
static inline bool ltcp_cwv_expired(const struct ltcp_cwv *v, u32 now_ms)
{
	return now_ms - v->since_ms >= LTCP_CWV_NVP_MS;
}

/**
 * ltcp_cwv_resent() - segments are sent again for the first time
 * @v: state
 * @segs: segments
 *
 * RFC 7661 section 4.4.1: they count towards R.
 */
static inline void ltcp_cwv_resent(struct ltcp_cwv *v, u32 segs)
{
	if (v->repairs)
		v->resent_segs += segs;
}

#endif /* LTCP_PURE_CWV_H */
