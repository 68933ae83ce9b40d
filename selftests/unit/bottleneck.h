/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bottleneck.h - flows that share a bottleneck, to try congestion controls on
 *
 * Theory
 * ------
 * One queue of limited length, emptied at a fixed rate; what does not fit is
 * dropped, and what meets more than so many segments may be marked. Segments that
 * left the queue are acknowledged a base round-trip time later, so that all comes
 * back in the order in which it was sent, lost ones included: one ring holds what
 * is under way.
 *
 * A flow has always data to send, and sends when fewer than cwnd segments are
 * under way. A lost segment is noticed when its ACK fails to come, and is one
 * congestion event with all losses of the same flight. Lost data is not sent
 * again, new data is as good here. An ACK may cover several segments.
 */
#ifndef BOTTLENECK_H
#define BOTTLENECK_H

#include <stdlib.h>

#include "unit.h"
#include "cong.h"

#define BN_FLOWS	2
#define BN_RING		65536

/**
 * struct bn_flow - a sender
 * @ops: congestion control; NULL: there is no such flow
 * @cc: its state
 * @ack_every: segments that an ACK covers
 * @paced: what its events say; it sends as ACKs come all the same
 * @start_us: when it begins to send
 * @in_flight: segments under way
 * @next: number of the next segment
 * @round_end: segment whose ACK begins the next round
 * @recover: number below which a loss is not news
 * @cwr: number below which a mark is not news
 * @srtt_us: smoothed round-trip time
 * @min_rtt_us: least round-trip time so far; 0: none
 * @jitter_us: random addition to the measured round trips, at most
 * @pending: event of the ACK that is being put together
 * @delivered: segments delivered so far
 * @losses: segments lost so far
 * @events: reductions so far
 */
struct bn_flow {
	const struct ltcp_cc_ops *ops;
	struct ltcp_cc cc;
	u32 ack_every;
	bool paced;
	u64 start_us;
	u32 in_flight;
	u64 next;
	u64 round_end;
	u64 recover;
	u64 cwr;
	u32 srtt_us;
	u32 min_rtt_us;
	u32 jitter_us;
	struct ltcp_cc_ack pending;
	u64 delivered;
	u64 losses;
	u32 events;
};

struct bn_segment {
	u64 number, sent_us, ack_us;
	u32 flow;
	bool lost, marked;
};

/**
 * struct bottleneck - the path
 * @service_us: time that the bottleneck takes for a segment
 * @base_rtt_us: round-trip time with an empty queue
 * @limit_segs: the longest queue
 * @mark_segs: from this length on segments are marked; 0: never
 * @now_us: the time
 * @idle_at_us: when the queue will be empty
 * @longest_segs: the longest queue there was
 */
struct bottleneck {
	u32 service_us, base_rtt_us, limit_segs, mark_segs;
	struct bn_flow flows[BN_FLOWS];
	u64 now_us, idle_at_us;
	u32 longest_segs;
	struct bn_segment ring[BN_RING];
	u32 head, tail;
};

static inline u32 bn_queue(const struct bottleneck *b)
{
	if (b->idle_at_us <= b->now_us)
		return 0;
	return (b->idle_at_us - b->now_us) / b->service_us;
}

static inline void bn_send_one(struct bottleneck *b, u32 i)
{
	struct bn_segment *seg = &b->ring[b->tail++ % BN_RING];
	struct bn_flow *f = &b->flows[i];
	u32 queue = bn_queue(b);

	if (b->tail - b->head >= BN_RING) {
		ksft_print_msg("the ring of the bottleneck is too small\n");
		abort();
	}
	*seg = (struct bn_segment) {
		.number = f->next++, .sent_us = b->now_us, .flow = i,
		.lost = queue >= b->limit_segs,
		.marked = b->mark_segs && queue >= b->mark_segs,
	};
	if (!seg->lost)
		b->idle_at_us = max(b->idle_at_us, b->now_us) + b->service_us;
	b->longest_segs = max(b->longest_segs, bn_queue(b));
	seg->ack_us = max(b->idle_at_us, b->now_us) + b->base_rtt_us;
	f->in_flight++;
}

static inline void bn_send(struct bottleneck *b, u32 i)
{
	while (b->flows[i].in_flight < b->flows[i].cc.cwnd)
		bn_send_one(b, i);
}

static inline void bn_reduce(struct bn_flow *f, enum ltcp_cc_loss loss)
{
	u32 in_flight = min(f->in_flight, f->cc.cwnd);

	f->cc.ssthresh = f->ops->ssthresh(&f->cc, in_flight, loss);
	ltcp_cc_set_cwnd(&f->cc, f->ops->loss_cwnd(&f->cc, in_flight, loss));
	f->events++;
}

static inline void bn_ack(struct bn_flow *f, u64 number, u64 now_us)
{
	struct ltcp_cc_ack *ack = &f->pending;
	bool marked = ack->ce_segs;

	ack->now_us = now_us;
	ack->mss = 1460;
	ack->acked_bytes = ack->acked_segs * ack->mss;
	ack->in_flight = f->in_flight;
	ack->srtt_us = f->srtt_us;
	ack->min_rtt_us = f->min_rtt_us;
	ack->paced = f->paced;
	ack->cwnd_limited = true;
	ack->in_recovery = number < f->recover;
	ack->round_start = number >= f->round_end;
	ack->abc_l_segs = f->ack_every > 1 ? U32_MAX : 0;
	if (ack->round_start)
		f->round_end = f->next;
	f->delivered += ack->acked_segs;
	f->in_flight -= ack->acked_segs;
	f->ops->on_ack(&f->cc, ack);
	*ack = (struct ltcp_cc_ack) {};
	if (marked && number >= f->cwr && number >= f->recover) {
		bn_reduce(f, LTCP_LOSS_ECN);
		f->cwr = f->next;
	}
}

/* The sender learns what became of a segment. */
static inline void bn_learn(struct bottleneck *b, const struct bn_segment *seg)
{
	struct bn_flow *f = &b->flows[seg->flow];
	u32 rtt_us = b->now_us - seg->sent_us;

	if (f->jitter_us)
		rtt_us += unit_random_below(f->jitter_us);
	if (seg->lost) {
		if (seg->number >= f->recover) {
			bn_reduce(f, LTCP_LOSS_FAST);
			f->recover = f->next;
		}
		f->losses++;
		f->in_flight--;
	} else {
		f->srtt_us = f->srtt_us ? f->srtt_us - f->srtt_us / 8 + rtt_us / 8 :
			     rtt_us;
		f->min_rtt_us = f->min_rtt_us ?
				min(f->min_rtt_us, rtt_us) : rtt_us;
		f->pending.rtt_us = rtt_us;
		f->pending.acked_segs++;
		f->pending.ce_segs += seg->marked;
	}
	if (f->pending.acked_segs && (f->pending.acked_segs >= f->ack_every ||
				      f->pending.acked_segs == f->in_flight))
		bn_ack(f, seg->number, b->now_us);
	bn_send(b, seg->flow);
}

static inline void bn_start_flows(struct bottleneck *b, u64 until_us)
{
	for (u32 i = 0; i < BN_FLOWS; i++) {
		struct bn_flow *f = &b->flows[i];

		if (!f->ops || f->next || f->start_us > until_us)
			continue;
		b->now_us = max(b->now_us, f->start_us);
		f->cc.cwnd = 10;
		f->cc.ssthresh = f->cc.ssthresh ?: LTCP_SSTHRESH_INFINITE;
		f->cc.cwnd_clamp = U32_MAX;
		f->ack_every = f->ack_every ?: 1;
		f->ops->init(&f->cc);
		bn_send(b, i);
	}
}

/* Let the time pass. */
static inline void bn_run(struct bottleneck *b, u64 until_us)
{
	while (true) {
		u64 next_us = b->head != b->tail ?
			      b->ring[b->head % BN_RING].ack_us : until_us;

		bn_start_flows(b, min(next_us, until_us));
		if (b->head == b->tail ||
		    b->ring[b->head % BN_RING].ack_us > until_us)
			break;
		b->now_us = b->ring[b->head % BN_RING].ack_us;
		bn_learn(b, &b->ring[b->head++ % BN_RING]);
	}
	b->now_us = until_us;
}

static inline struct bottleneck *bn_new(u32 service_us, u32 base_rtt_us,
					u32 limit_segs)
{
	struct bottleneck *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->service_us = service_us;
	b->base_rtt_us = base_rtt_us;
	b->limit_segs = limit_segs;
	return b;
}

#endif /* BOTTLENECK_H */
