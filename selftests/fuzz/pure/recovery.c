// SPDX-License-Identifier: GPL-2.0
/*
 * recovery.c - RACK, tail loss probes, PRR, F-RTO, Eifel and D-SACK undo, told
 * anything in any order
 */
#include "input.h"
#include "options.h"
#include "prr.h"
#include "rack.h"
#include "rtt.h"
#include "undo.h"

enum { LONGEST_US = (1 << 30) - 1 };

/* What was delivered last never goes back in time; due later with a larger window. */
static void one_rack(struct ltcp_rack *r, struct input *in)
{
	struct ltcp_rack_ack ack = {
		.now_ns = (take32(in) & LONGEST_US) * 1000ULL, .min_rtt_us = take_number(in),
		.tsecr = take_number(in), .has_tsecr = take_bool(in),
	};
	struct ltcp_rack_pkt p = {
		.xmit_ns = (take32(in) & LONGEST_US) * 1000ULL, .end_seq = take_number(in),
		.tsval = take_number(in), .retrans = take_bool(in),
	};
	u64 before = r->xmit_ns;
	u32 srtt = take_number(in) & LONGEST_US, wnd, left;

	ltcp_rack_ack_begin(r, &ack);
	if (ltcp_rack_delivered(r, &ack, &p))
		check(!ltcp_rack_judges(r, p.xmit_ns, p.end_seq));
	check(r->xmit_ns >= before);
	ltcp_rack_adapt(r, take_bool(in), take_bool(in), take_number(in), take_number(in));
	check(r->reo_wnd_mult >= 1);
	wnd = ltcp_rack_reo_wnd_us(r, take_bool(in), take8(in), 3, ack.min_rtt_us, srtt);
	check(wnd <= srtt + srtt / 4);
	left = ltcp_rack_left_us(r, p.xmit_ns, wnd, ack.now_ns);
	check(left >= ltcp_rack_left_us(r, p.xmit_ns, 0, ack.now_ns));
	check(!ltcp_rack_left_us(r, p.xmit_ns, wnd, ack.now_ns + left * 1000ULL));
	check(ltcp_rack_lost_on_rto(r, true, p.xmit_ns, wnd, ack.now_ns));
}

static void one_probe(struct ltcp_tlp *t, struct input *in)
{
	struct ltcp_tlp_ack a = {
		.ack = take_number(in), .dsack_end = take_number(in), .dsack = take_bool(in),
		.plain_dup = take_bool(in),
	};
	u32 left = take_number(in), nxt = take_number(in);
	bool was_out = t->out;

	check(ltcp_tlp_pto_us(take_number(in), take8(in), take_number(in), left) <= left);
	if (ltcp_tlp_may_probe(t) && take_bool(in)) {
		enum ltcp_tlp_probe what = ltcp_tlp_choose(t, take_bool(in));

		ltcp_tlp_sent(t, what, nxt);
		check(what == LTCP_TLP_NONE || (t->out && t->end_seq == nxt));
	} else if (ltcp_tlp_on_ack(t, &a) != LTCP_TLP_OPEN) {
		check(was_out && !t->out);
	}
	if (t->out)
		check(!ltcp_tlp_may_schedule(t, true, true, 1, 0));
}

/* At least one segment leaves for what is delivered, and never a burst. */
static void one_reduction(struct ltcp_prr *p, struct input *in)
{
	struct ltcp_prr_ack a = {
		.delivered = take16(in), .in_flight = take16(in), .ssthresh = 2 + take16(in),
		.cwnd = 1 + take16(in), .una_advanced = take_bool(in), .new_loss = take_bool(in),
		.sack = take_bool(in),
	};
	u32 cwnd;

	if (one_time(in))
		ltcp_prr_init(p, take16(in), take16(in), take16(in), take16(in));
	cwnd = ltcp_prr_cwnd(p, &a);
	check(cwnd >= 1);
	if (a.delivered && a.sack && a.in_flight <= a.ssthresh)
		check(cwnd <= max(a.in_flight + 1, a.ssthresh));
	ltcp_prr_sent(p, take8(in));
	check(ltcp_prr_delivered_nosack(take16(in), take_bool(in), take16(in)) <= 65535);
}

static void one_frto(struct ltcp_frto *f, struct input *in)
{
	struct ltcp_frto_ack a = {
		.ack = take_number(in), .snd_nxt = take_number(in), .sack_high = take_number(in),
		.advances = take_bool(in), .dup = take_bool(in), .sacked_new = take_bool(in),
		.new_sendable = take_bool(in),
	};
	u8 step = f->step;
	enum ltcp_frto_verdict v;

	if (one_time(in)) {
		ltcp_frto_start(f, take_bool(in), take_bool(in), take_number(in));
		ltcp_frto_retransmitted(f, take_number(in));
		return;
	}
	v = ltcp_frto_on_ack(f, &a);
	check(f->step <= LTCP_FRTO_STEP3);
	if (step == LTCP_FRTO_OFF)
		check(v == LTCP_FRTO_NOTHING && f->step == LTCP_FRTO_OFF);
	if (v == LTCP_FRTO_SEND_NEW)
		check(step == LTCP_FRTO_STEP2 && f->step == LTCP_FRTO_STEP3 && a.new_sendable);
	if (v == LTCP_FRTO_SPURIOUS)
		check(step == LTCP_FRTO_STEP3 && f->step == LTCP_FRTO_OFF);
}

static void one_eifel(struct ltcp_eifel *e, struct input *in)
{
	struct ltcp_eifel_ack a = {
		.tsecr = take_number(in), .has_tsecr = take_bool(in), .copies = take_bool(in),
		.copy_first = take_bool(in), .all_acked = take_bool(in), .dsack = take_bool(in),
	};
	u32 ts = take_number(in);

	if (one_time(in)) {
		ltcp_eifel_start(e);
		ltcp_eifel_retransmitted(e, ts);
		ltcp_eifel_retransmitted(e, ts + 1);	/* the first one counts */
		check(e->armed && e->retrans_ts == ts);
	} else if (ltcp_eifel_on_ack(e, &a)) {
		check(a.has_tsecr && a.copies && a.copy_first && seq_lt(a.tsecr, e->retrans_ts));
		check(!ltcp_eifel_on_ack(e, &a));
	}
}

/* An episode is called needless at most once, and only when all of it is accounted for. */
static void one_dsack(struct ltcp_dsack_undo *d, struct input *in)
{
	struct ltcp_dsack_report r = {
		.dup.start = take16(in), .prior_una = take16(in), .segs = 1 + take8(in) % 4,
		.nothing_sacked = one_time(in), .never_resent = one_time(in),
	};
	u32 before = d->rtx_segs;

	r.dup.end = r.dup.start + 1 + take8(in);
	switch (take8(in) & 7) {
	case 0:
		ltcp_dsack_start(d, take16(in), take16(in), take8(in));
		return;
	case 1:
	case 2:
		ltcp_dsack_retransmitted(d, take16(in), 1 + take8(in) % 4, take_bool(in), take16(in));
		return;
	case 3:
		ltcp_dsack_on_una(d, take16(in));
		return;
	}
	if (ltcp_dsack_on_report(d, &r))
		check(!d->rtx_segs && !d->active && !d->blocked && !d->disabled);
	check(d->rtx_segs <= before);
	check(!ltcp_dsack_on_report(d, &r));
}

/* The same, for the witness of time. */
static void one_early(struct ltcp_early *e, struct input *in)
{
	u32 segs = 1 + take8(in) % 4, before = e->unproven;
	bool early = take_bool(in);

	switch (take8(in) & 3) {
	case 0:
		ltcp_early_start(e);
		return;
	case 1:
		ltcp_early_retransmitted(e, segs, one_time(in));
		return;
	}
	if (ltcp_early_delivered(e, segs, early))
		check(early && !e->unproven && !e->active);
	check(e->unproven <= before);
	check(!e->active || early);
}

static void one_undo(struct input *in)
{
	struct ltcp_rtt r = { take_number(in) & 0x7fffffff, take_number(in) & 0x7fffffff };
	struct ltcp_undo u;

	ltcp_undo_save(&u, take16(in), take_number(in), &r, 1000);
	check(u.rtt_prev.srtt_us >= r.srtt_us || !r.srtt_us);
	ltcp_undo_rtt(&u, &r, take_number(in) & 0x0fffffff);
	ltcp_undo_cwnd(take16(in), take16(in), 10);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };
	struct ltcp_rack rack;
	struct ltcp_tlp tlp = {};
	struct ltcp_prr prr = {};
	struct ltcp_frto frto = {};
	struct ltcp_eifel eifel = {};
	struct ltcp_dsack_undo dsack = {};
	struct ltcp_early early = {};

	ltcp_rack_init(&rack, take_number(&in), take_number(&in) & LONGEST_US);
	ltcp_prr_init(&prr, 10, 0, 1, 0);
	while (in.at < in.end) {
		one_rack(&rack, &in);
		one_probe(&tlp, &in);
		one_reduction(&prr, &in);
		one_frto(&frto, &in);
		one_eifel(&eifel, &in);
		one_dsack(&dsack, &in);
		one_early(&early, &in);
		one_undo(&in);
	}
	return 0;
}
