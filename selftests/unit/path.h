/* SPDX-License-Identifier: GPL-2.0 */
/*
 * path.h - a path in a nutshell, for tests of congestion control
 *
 * Theory
 * ------
 * One bottleneck with a rate and a buffer, a round-trip time, and senders that
 * never wait for anything but their window, their pacing rate and, if told so,
 * their application:
 *
 *	sender --- buffer, bottleneck --- half the way --- receiver
 *	   ^                                                  |
 *	   +-------------------- the other half --------------+
 *
 * Packets of one or more segments leave the bottleneck in order, and each is
 * acknowledged; what is overtaken is lost. Every packet takes the notes of the
 * delivery rate's sampler (draft-ietf-ccwg-bbr-06 section 4.1), and each ACK, loss
 * and timeout calls the algorithm as the module's adapter does. Time jumps from
 * event to event, so that a minute takes a fraction of a second, and every run is
 * the same. The clock and the counters begin short of where 32 bits wrap.
 */
#ifndef PATH_H
#define PATH_H

#include <stdlib.h>

#include "unit.h"
#include "cong.h"

#define PATH_MSS	1460
#define PATH_PKTS	(1 << 15)	/* in flight at most, of a sender */
#define PATH_FLOWS	2
#define PATH_MS		1000000ULL
#define PATH_SECOND	1000000000ULL
#define PATH_NEVER	UINT64_MAX
#define PATH_CLOCK_US	(0x100000000ULL - 4000000)
#define PATH_COUNT	0xffffff00U

struct path_pkt {
	u64 sent, delivered_time, first_sent;
	u32 delivered, lost, in_flight, segs, seq;
	bool app_limited, lost_now;
};

struct path_flow {
	const struct ltcp_cc_ops *ops;
	struct ltcp_cc cc;
	struct path_pkt pkts[PATH_PKTS];
	u32 una, next;			/* packets */
	u32 seq, in_flight, delivered, lost;
	u64 delivered_time, first_sent, next_send, progress;
	u32 app_limited;		/* delivered count up to which; 0: not */
	u32 app_segs;			/* left to send; U32_MAX: always enough */
	u32 max_pkt_segs;		/* 0: by the send quantum */
	u32 recovery_point;
	bool in_recovery, after_rto;
	u32 min_rtt_us, srtt_us;
	u64 total, retrans, timeouts;	/* segments delivered, lost; timeouts */
};

struct path_ack {
	u64 time;
	u32 flow, pkt;
};

struct path {
	u64 now;
	u64 seg_ns, rtt, busy;		/* bottleneck: a segment's time; free at */
	u64 ack_slot;			/* ACKs come in heaps, so far apart */
	u32 buffer_segs, queue_segs, queue_max;
	u32 loss_ppm;
	u32 n_flows;
	struct path_flow flow[PATH_FLOWS];
	struct path_ack acks[PATH_PKTS * PATH_FLOWS];
	u32 acks_first, acks_end;
	void (*watch)(struct path *p, struct path_flow *f);
};

static inline u32 path_us(const struct path *p)
{
	return PATH_CLOCK_US + p->now / 1000;
}

/* Segments of the bandwidth-delay product, at least one. */
static inline u32 path_bdp(const struct path *p)
{
	return max(p->rtt / p->seg_ns, (u64)1);
}

static inline void path_set_rate(struct path *p, double bits_per_s)
{
	p->seg_ns = max(8e9 * PATH_MSS / bits_per_s, 1.0);
}

static inline void path_add_flow(struct path *p, const struct ltcp_cc_ops *ops)
{
	struct path_flow *f = &p->flow[p->n_flows++];

	f->ops = ops;
	f->app_segs = U32_MAX;
	f->delivered = PATH_COUNT;
	f->min_rtt_us = U32_MAX;
	f->progress = p->now;
	f->cc = (struct ltcp_cc) {
		.cwnd = 10, .ssthresh = LTCP_SSTHRESH_INFINITE,
		.cwnd_clamp = U32_MAX, .rand = p->n_flows,
	};
	ops->init(&f->cc);
}

/* @buffer: in tenths of the bandwidth-delay product */
static inline struct path *path_new(double bits_per_s, u64 rtt_ms, u32 buffer)
{
	struct path *p = calloc(1, sizeof(*p));

	p->rtt = rtt_ms * PATH_MS;
	path_set_rate(p, bits_per_s);
	p->buffer_segs = max((u64)path_bdp(p) * buffer / 10, (u64)64);
	return p;
}

static inline u64 path_pacing_rate(const struct path *p, const struct ltcp_cc *cc)
{
	return cc->pacing_rate ?: 2 * cc->cwnd * PATH_MSS * PATH_SECOND / p->rtt;
}

static inline bool path_may_send(const struct path_flow *f)
{
	return f->app_segs && f->in_flight < f->cc.cwnd &&
	       f->next - f->una < PATH_PKTS;
}

/* Into the buffer, or over its edge. */
static inline void path_enqueue(struct path *p, u32 flow, u32 pkt, u32 segs)
{
	u64 wait = p->busy > p->now ? p->busy - p->now : 0;
	u64 ack;

	p->queue_segs = wait / p->seg_ns;
	if (p->queue_segs + segs > p->buffer_segs ||
	    unit_random_below(1000000) < p->loss_ppm)
		return;
	p->queue_max = max(p->queue_max, p->queue_segs);
	p->busy = p->now + wait + segs * p->seg_ns;
	ack = p->busy + p->rtt;
	if (p->ack_slot)
		ack = (ack / p->ack_slot + 1) * p->ack_slot;
	p->acks[p->acks_end++ % ARRAY_SIZE(p->acks)] = (struct path_ack) {
		.time = ack, .flow = flow, .pkt = pkt };
}

static inline u32 path_pkt_segs(const struct path *p, const struct path_flow *f)
{
	u32 room = min(f->cc.cwnd - f->in_flight, f->app_segs);
	u64 rate = path_pacing_rate(p, &f->cc);
	u32 most = ltcp_cc_send_quantum(rate, PATH_MSS) / PATH_MSS;

	return min(room, f->max_pkt_segs ?: most);
}

/* The sampler's OnPacketSent. */
static inline void path_note_sent(struct path *p, struct path_flow *f, u32 segs)
{
	struct path_pkt *pkt = &f->pkts[f->next % PATH_PKTS];

	if (!f->in_flight)
		f->first_sent = f->delivered_time = f->progress = p->now;
	f->in_flight += segs;
	*pkt = (struct path_pkt) {
		.sent = p->now, .delivered_time = f->delivered_time,
		.first_sent = f->first_sent, .delivered = f->delivered,
		.lost = f->lost, .in_flight = f->in_flight, .segs = segs,
		.seq = f->seq, .app_limited = f->app_limited,
	};
	f->seq += segs * PATH_MSS;
}

static inline void path_send(struct path *p, struct path_flow *f)
{
	u32 segs;

	if (!f->in_flight && f->app_limited && f->ops->on_restart)
		f->ops->on_restart(&f->cc, path_us(p));
	segs = path_pkt_segs(p, f);
	path_note_sent(p, f, segs);
	path_enqueue(p, f - p->flow, f->next++, segs);
	f->next_send = max(f->next_send, p->now) + segs * PATH_MSS *
		       PATH_SECOND / path_pacing_rate(p, &f->cc);
	if (f->app_segs != U32_MAX)
		f->app_segs -= segs;
	if (!f->app_segs && f->in_flight < f->cc.cwnd)
		f->app_limited = (f->delivered + f->in_flight) ?: 1;
}

static inline void path_lose(struct path *p, struct path_flow *f,
			     struct path_pkt *pkt)
{
	f->lost += pkt->segs;
	f->retrans += pkt->segs;
	f->in_flight -= pkt->segs;
	pkt->lost_now = true;
	if (f->ops->on_lost)
		f->ops->on_lost(&f->cc, &(struct ltcp_cc_lost) {
			.now_us = path_us(p), .seq = pkt->seq,
			.end_seq = pkt->seq + pkt->segs * PATH_MSS,
			.segs = pkt->segs, .mss = PATH_MSS,
			.delivered = f->delivered,
			.tx_in_flight = pkt->in_flight,
			.lost = f->lost - pkt->lost,
			.app_limited = pkt->app_limited });
}

static inline void path_congestion(struct path_flow *f, enum ltcp_cc_loss loss)
{
	struct ltcp_cc *cc = &f->cc;

	cc->ssthresh = f->ops->ssthresh(cc, f->in_flight, loss);
	ltcp_cc_set_cwnd(cc, f->ops->loss_cwnd(cc, f->in_flight, loss));
	f->in_recovery = true;
	f->after_rto = loss == LTCP_LOSS_RTO;
	f->recovery_point = f->next;
}

/* What this ACK overtook is lost; an episode may begin or end. */
static inline u32 path_losses(struct path *p, struct path_flow *f, u32 pkt)
{
	u32 before = f->lost;

	for (; f->una != pkt; f->una++)
		path_lose(p, f, &f->pkts[f->una % PATH_PKTS]);
	f->una++;
	if (f->in_recovery && (s32)(pkt - f->recovery_point) >= 0) {
		f->in_recovery = false;
		f->after_rto = false;
		if (f->ops->recovered)
			f->ops->recovered(&f->cc);
	}
	if (f->lost != before && !f->in_recovery)
		path_congestion(f, LTCP_LOSS_FAST);
	return f->lost - before;
}

/* The sampler's UpdateRateSample and GenerateRateSample. */
static inline struct ltcp_cc_rate path_sample(struct path *p, struct path_flow *f,
					      const struct path_pkt *pkt)
{
	u64 send_elapsed = pkt->sent - pkt->first_sent;
	u64 ack_elapsed = p->now - pkt->delivered_time;

	f->first_sent = pkt->sent;
	f->delivered_time = p->now;
	if (f->app_limited && (s32)(f->delivered - f->app_limited) > 0)
		f->app_limited = 0;
	return (struct ltcp_cc_rate) {
		.delivered = f->delivered - pkt->delivered,
		.prior_delivered = pkt->delivered,
		.interval_us = max(send_elapsed, ack_elapsed) / 1000,
		.tx_in_flight = pkt->in_flight,
		.lost = f->lost - pkt->lost,
		.app_limited = pkt->app_limited,
	};
}

static inline void path_on_ack(struct path *p, struct path_flow *f, u32 id)
{
	const struct path_pkt *pkt = &f->pkts[id % PATH_PKTS];
	struct ltcp_cc_ack ack = {
		.now_us = path_us(p), .acked_segs = pkt->segs,
		.acked_bytes = pkt->segs * PATH_MSS, .mss = PATH_MSS,
		.in_flight = f->in_flight,
		.cwnd_limited = f->app_segs && f->in_flight >= f->cc.cwnd,
		.app_limited = f->app_limited,
		.rtt_us = (p->now - pkt->sent) / 1000,
		.abc_l_segs = U32_MAX,
	};
	u32 losses;

	if ((s32)(id - f->una) < 0)
		return;			/* judged lost by a timeout */
	f->delivered += pkt->segs;
	f->total += pkt->segs;
	f->progress = p->now;
	losses = path_losses(p, f, id);
	f->in_flight -= pkt->segs;
	f->min_rtt_us = min(f->min_rtt_us, ack.rtt_us);
	ack.min_rtt_us = f->min_rtt_us;
	f->srtt_us = f->srtt_us ? (7ULL * f->srtt_us + ack.rtt_us) / 8 : ack.rtt_us;
	ack.srtt_us = f->srtt_us;
	ack.in_recovery = f->in_recovery && !f->after_rto;
	ack.rate = path_sample(p, f, pkt);
	ack.rate.losses = losses;
	f->ops->on_ack(&f->cc, &ack);
	if (p->watch)
		p->watch(p, f);
}

static inline u64 path_rto(const struct path *p)
{
	return p->rtt + p->buffer_segs * p->seg_ns + 300 * PATH_MS;
}

static inline void path_on_timeout(struct path *p, struct path_flow *f)
{
	for (; f->una != f->next; f->una++)
		path_lose(p, f, &f->pkts[f->una % PATH_PKTS]);
	path_congestion(f, LTCP_LOSS_RTO);
	f->timeouts++;
	f->progress = p->now;
	f->next_send = p->now;
}

/* When the flow acts next by itself: a packet or a timeout. */
static inline u64 path_next_act(const struct path *p, const struct path_flow *f)
{
	u64 timeout = f->in_flight ? f->progress + path_rto(p) : PATH_NEVER;

	if (!path_may_send(f))
		return timeout;
	return min(max(f->next_send, p->now), timeout);
}

static inline void path_act(struct path *p, struct path_flow *f)
{
	if (f->in_flight && p->now >= f->progress + path_rto(p))
		path_on_timeout(p, f);
	else
		path_send(p, f);
}

/* Let time pass until @end, in nanoseconds. */
static inline void path_run(struct path *p, u64 end)
{
	for (;;) {
		struct path_ack *ack = &p->acks[p->acks_first %
						ARRAY_SIZE(p->acks)];
		u64 next = p->acks_first != p->acks_end ? ack->time : PATH_NEVER;
		struct path_flow *actor = NULL;

		for (u32 i = 0; i < p->n_flows; i++) {
			u64 t = path_next_act(p, &p->flow[i]);

			if (t < next) {
				next = t;
				actor = &p->flow[i];
			}
		}
		if (next >= end)
			break;
		p->now = next;
		if (actor) {
			path_act(p, actor);
			continue;
		}
		p->acks_first++;
		path_on_ack(p, &p->flow[ack->flow], ack->pkt);
	}
	p->now = end;
}

/* Let time pass; what share of the bottleneck's rate was delivered, percent? */
static inline u32 path_measure(struct path *p, u64 time)
{
	u64 before = 0, after = 0;

	for (u32 i = 0; i < p->n_flows; i++)
		before += p->flow[i].total;
	p->queue_max = 0;
	path_run(p, p->now + time);
	for (u32 i = 0; i < p->n_flows; i++)
		after += p->flow[i].total;
	return (after - before) * p->seg_ns * 100 / time;
}

#endif /* PATH_H */
