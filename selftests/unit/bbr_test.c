// SPDX-License-Identifier: GPL-2.0
/* bbr_test.c - tests of bbr.c, bbr_probe.c, bbr_model.c and bbr_control.c */
#include "path.h"
#include "bbr.h"

#define MBIT 1e6
#define GBIT 1e9

static struct path *bbr_path(double rate, u64 rtt_ms, u32 buffer)
{
	struct path *p = path_new(rate, rtt_ms, buffer);

	path_add_flow(p, &ltcp_bbr);
	return p;
}

static struct bbr *first(struct path *p)
{
	return bbr_of(&p->flow[0].cc);
}

static double bits_per_s(u32 bw)
{
	return 8.0 * BBR_BW_UNIT * bw;
}

TEST(ltcp_bbr__fills_the_pipe_with_a_short_queue, "C4")
{
	static const double rates[] = {
		10 * MBIT, 100 * MBIT, GBIT, 10 * GBIT };
	static const u32 rtts[] = { 1, 10, 50, 200 };

	FOR_EACH(rate, rates) FOR_EACH(rtt, rtts) {
		struct path *p = bbr_path(*rate, *rtt, 50);
		u32 percent;

		path_run(p, 6 * PATH_SECOND);
		percent = path_measure(p, 12 * PATH_SECOND);
		EXPECT(percent > 90, "%u %%, %.0f Mbit/s, %u ms", percent,
		       *rate / MBIT, *rtt);
		/* below that, offload and the floor of cwnd decide */
		if (path_bdp(p) > 10)
			EXPECT(p->queue_max < path_bdp(p) * 3 / 2 + 6,
			       "queue %u, BDP %u, %.0f Mbit/s, %u ms",
			       p->queue_max, path_bdp(p), *rate / MBIT, *rtt);
		EXPECT_EQ(p->flow[0].timeouts, 0, "timeouts");
		free(p);
	}
}

/* Slower than one segment a second, faster than any network card */
TEST(ltcp_bbr__extreme_rates, "C4")
{
	static const struct {
		double rate;
		u32 rtt_ms, seconds, max_percent_off;
	} paths[] = {
		{ 1e3, 50, 3600, 20 },
		{ 20e3, 50, 600, 5 },
		{ 400 * GBIT, 1, 3, 5 },
	};

	FOR_EACH(c, paths) {
		struct path *p = bbr_path(c->rate, c->rtt_ms, 50);
		double real, off;

		real = 8e9 * PATH_MSS / p->seg_ns;
		path_run(p, c->seconds * PATH_SECOND / 3);
		EXPECT(path_measure(p, c->seconds * PATH_SECOND) > 85,
		       "%.0f bit/s", c->rate);
		off = 100 * bits_per_s(bbr_max_bw(first(p))) / real - 100;
		EXPECT(off < c->max_percent_off && -off < c->max_percent_off,
		       "%.0f bit/s is estimated %.1f %% off", c->rate, off);
		free(p);
	}
}

/*
 * Losses of the path's own, 1 %, leave the rate as it is. Reno has a few percent
 * of the rate.
 */
TEST(ltcp_bbr__random_loss, "C4")
{
	static const struct {
		const struct ltcp_cc_ops *ops;
		u32 rtt_ms, least, most;
	} paths[] = {
		{ &ltcp_bbr, 10, 92, 100 }, { &ltcp_bbr, 40, 92, 100 },
		{ &ltcp_bbr, 100, 92, 100 }, { &ltcp_bbr, 300, 90, 100 },
		{ &ltcp_reno, 40, 0, 10 },
	};

	FOR_EACH(c, paths) {
		struct path *p = path_new(100 * MBIT, c->rtt_ms, 20);
		u32 percent;

		path_add_flow(p, c->ops);
		p->flow[0].max_pkt_segs = 1;
		p->loss_ppm = 10000;
		path_run(p, 10 * PATH_SECOND);
		percent = path_measure(p, 60 * PATH_SECOND);
		EXPECT(percent >= c->least && percent <= c->most,
		       "%s: %u %% with 1 %% loss, %u ms", c->ops->name, percent,
		       c->rtt_ms);
		free(p);
	}
}

/* Rounds, as the sender counts them, and what it thinks of the pipe */
static u32 rounds, rounds_at_full_rate, rounds_at_exit, round_delivered;

static void watch_startup(struct path *p, struct path_flow *f)
{
	struct bbr *b = bbr_of(&f->cc);
	double real = 8e9 * PATH_MSS / p->seg_ns;

	if (b->next_round_delivered != round_delivered)
		rounds++;
	round_delivered = b->next_round_delivered;
	if (!rounds_at_full_rate && bits_per_s(bbr_max_bw(b)) > real * 0.95)
		rounds_at_full_rate = rounds;
	if (!rounds_at_exit && b->full_bw_reached)
		rounds_at_exit = rounds;
}

TEST(ltcp_bbr__full_pipe_in_three_rounds, "C4")
{
	static const double rates[] = { 10 * MBIT, 100 * MBIT, GBIT };

	FOR_EACH(rate, rates) {
		struct path *p = bbr_path(*rate, 40, 50);

		rounds = rounds_at_full_rate = rounds_at_exit = 0;
		round_delivered = PATH_COUNT;
		p->watch = watch_startup;
		path_run(p, 2 * PATH_SECOND);
		EXPECT(rounds_at_exit, "%.0f Mbit/s", *rate / MBIT);
		EXPECT(rounds_at_exit <= rounds_at_full_rate + 4,
		       "%.0f Mbit/s: full rate in round %u, noticed in %u",
		       *rate / MBIT, rounds_at_full_rate, rounds_at_exit);
		EXPECT(rounds_at_full_rate <= 14, "in round %u",
		       rounds_at_full_rate);
		free(p);
	}
}

static struct {
	u64 time, longest, shortest, wait_least, wait_most, exit;
	u32 entries, low, high;
	u8 state;
} probe_rtt;

static void watch_probe_rtt(struct path *p, struct path_flow *f)
{
	u8 state = bbr_of(&f->cc)->state;

	if (state == BBR_PROBE_RTT && probe_rtt.state != BBR_PROBE_RTT) {
		if (probe_rtt.entries++) {
			u64 wait = p->now - probe_rtt.exit;

			probe_rtt.wait_least = min(probe_rtt.wait_least, wait);
			probe_rtt.wait_most = max(probe_rtt.wait_most, wait);
		}
		probe_rtt.time = p->now;
		probe_rtt.low = U32_MAX;
	} else if (state == BBR_PROBE_RTT) {
		probe_rtt.low = min(probe_rtt.low, f->in_flight);
	} else if (probe_rtt.state == BBR_PROBE_RTT) {
		u64 time = p->now - probe_rtt.time;

		probe_rtt.exit = p->now;
		probe_rtt.longest = max(probe_rtt.longest, time);
		probe_rtt.shortest = min(probe_rtt.shortest, time);
		probe_rtt.high = max(probe_rtt.high, probe_rtt.low);
	}
	probe_rtt.state = state;
}

TEST(ltcp_bbr__probe_rtt, "C4")
{
	struct path *p = bbr_path(100 * MBIT, 40, 20);

	memset(&probe_rtt, 0, sizeof(probe_rtt));
	probe_rtt.shortest = PATH_NEVER;
	probe_rtt.wait_least = PATH_NEVER;
	p->watch = watch_probe_rtt;
	path_run(p, 60 * PATH_SECOND);
	EXPECT(probe_rtt.entries >= 10 && probe_rtt.entries <= 12,
	       "%u in a minute", probe_rtt.entries);
	EXPECT(probe_rtt.wait_least >= 5 * PATH_SECOND, "%llu ns",
	       (unsigned long long)probe_rtt.wait_least);
	EXPECT(probe_rtt.wait_most <= 5 * PATH_SECOND + 100 * PATH_MS, "%llu ns",
	       (unsigned long long)probe_rtt.wait_most);
	EXPECT(probe_rtt.shortest >= 200 * PATH_MS, "%llu ns",
	       (unsigned long long)probe_rtt.shortest);
	EXPECT(probe_rtt.longest <= 320 * PATH_MS, "%llu ns",
	       (unsigned long long)probe_rtt.longest);
	EXPECT(probe_rtt.high <= path_bdp(p) * 6 / 10,
	       "%u in flight, BDP %u", probe_rtt.high, path_bdp(p));
	free(p);
}

/* The path becomes longer: after 10 s and two PROBE_RTT this is known. */
TEST(ltcp_bbr__longer_path, "C4")
{
	struct path *p = bbr_path(50 * MBIT, 20, 20);

	path_run(p, 5 * PATH_SECOND);
	EXPECT(first(p)->min_rtt_us < 22000, "%u us", first(p)->min_rtt_us);
	p->rtt = 60 * PATH_MS;
	p->buffer_segs *= 3;
	path_run(p, 25 * PATH_SECOND);
	EXPECT(first(p)->min_rtt_us >= 60000 && first(p)->min_rtt_us < 64000,
	       "%u us", first(p)->min_rtt_us);
	EXPECT(path_measure(p, 10 * PATH_SECOND) > 90, "utilization");
	free(p);
}

TEST(ltcp_bbr__follows_the_rate, "C4")
{
	static const double rates[] = { 100 * MBIT, 40 * MBIT, 160 * MBIT };
	struct path *p = bbr_path(rates[0], 30, 30);

	FOR_EACH(rate, rates) {
		u32 percent;

		path_set_rate(p, *rate);
		path_run(p, p->now + 12 * PATH_SECOND);
		percent = path_measure(p, 10 * PATH_SECOND);
		EXPECT(percent > 90, "%u %% of %.0f Mbit/s", percent,
		       *rate / MBIT);
		EXPECT(bits_per_s(bbr_max_bw(first(p))) < *rate * 1.1,
		       "%.0f bit/s", bits_per_s(bbr_max_bw(first(p))));
	}
	free(p);
}

/* 5 ms of ACKs come at once, on a path of 10 ms. */
TEST(ltcp_bbr__aggregated_acks, "C4")
{
	struct path *p = bbr_path(200 * MBIT, 10, 40);
	u32 percent;

	p->ack_slot = 5 * PATH_MS;
	path_run(p, 5 * PATH_SECOND);
	percent = path_measure(p, 20 * PATH_SECOND);
	EXPECT(percent > 90, "%u %%", percent);
	EXPECT(max(first(p)->extra_acked[0], first(p)->extra_acked[1]) >
	       path_bdp(p) / 10, "extra_acked");
	free(p);
}

TEST(ltcp_bbr__app_limited, "C4")
{
	struct path *p = bbr_path(100 * MBIT, 20, 20);
	struct path_flow *f = &p->flow[0];
	u64 pacing;
	u32 before;

	path_run(p, 4 * PATH_SECOND);
	before = bbr_max_bw(first(p));
	f->app_segs = 0;
	f->app_limited = (f->delivered + f->in_flight) ?: 1;
	path_run(p, p->now + PATH_SECOND);
	/* twenty segments every 100 ms: far below the path's rate */
	for (u32 i = 0; i < 200; i++) {
		f->app_segs = 20;
		path_run(p, p->now + 100 * PATH_MS);
		EXPECT(!f->in_flight, "in flight");
		EXPECT(bbr_max_bw(first(p)) >= before - before / 20,
		       "step %u: %u was %u", i, bbr_max_bw(first(p)), before);
	}
	/* a silence takes PROBE_RTT's place, and sending resumes at full rate */
	EXPECT(first(p)->state != BBR_PROBE_RTT, "state");
	f->app_segs = U32_MAX;
	path_run(p, p->now + 1 * PATH_MS);
	pacing = f->cc.pacing_rate;
	EXPECT(pacing > before * 15ULL && pacing <= before * 16ULL,
	       "resumed at %llu, path %u", (unsigned long long)pacing, before * 16);
	path_run(p, p->now + 200 * PATH_MS);
	EXPECT(path_measure(p, 10 * PATH_SECOND) > 90, "back at work");
	free(p);
}

/* An application that never fills the pipe does not end STARTUP. */
TEST(ltcp_bbr__app_limited_startup, "C4")
{
	struct path *p = bbr_path(100 * MBIT, 20, 20);

	for (u32 i = 0; i < 30; i++) {
		p->flow[0].app_segs = 2;
		path_run(p, p->now + 100 * PATH_MS);
	}
	EXPECT(!first(p)->full_bw_reached, "full_bw_reached");
	EXPECT(p->flow[0].cc.pacing_rate * p->rtt / PATH_SECOND >=
	       10 * PATH_MSS * 2, "pacing rate %llu",
	       (unsigned long long)p->flow[0].cc.pacing_rate);
	p->flow[0].app_segs = U32_MAX;
	path_run(p, p->now + 2 * PATH_SECOND);
	EXPECT(path_measure(p, 5 * PATH_SECOND) > 90, "utilization");
	free(p);
}

TEST(ltcp_bbr__two_flows_converge, "C4")
{
	static const u32 buffers[] = { 5, 20, 50 };

	FOR_EACH(buffer, buffers) {
		struct path *p = bbr_path(100 * MBIT, 30, *buffer);
		u64 share[2];

		path_run(p, 5 * PATH_SECOND);
		path_add_flow(p, &ltcp_bbr);
		path_run(p, 35 * PATH_SECOND);
		share[0] = p->flow[0].total;
		share[1] = p->flow[1].total;
		EXPECT(path_measure(p, 60 * PATH_SECOND) > 88, "utilization");
		share[0] = p->flow[0].total - share[0];
		share[1] = p->flow[1].total - share[1];
		EXPECT(share[0] * 10 > share[1] * 7 &&
		       share[1] * 10 > share[0] * 7,
		       "buffer %u: %llu and %llu", *buffer,
		       (unsigned long long)share[0], (unsigned long long)share[1]);
		free(p);
	}
}

/* Beside a CUBIC in a queue of one BDP, neither takes all. */
TEST(ltcp_bbr__beside_cubic, "C4")
{
	static const struct { u32 mbit, rtt_ms; } paths[] = {
		{ 10, 20 }, { 10, 50 }, { 50, 20 }, { 100, 20 }, { 100, 50 } };

	FOR_EACH(path, paths) {
		struct path *p = bbr_path(path->mbit * MBIT, path->rtt_ms, 10);
		u64 ours, all;

		path_add_flow(p, &ltcp_cubic);
		p->buffer_segs = path_bdp(p);
		p->flow[0].max_pkt_segs = p->flow[1].max_pkt_segs = 1;
		path_run(p, 60 * PATH_SECOND);
		ours = p->flow[0].total;
		all = ours + p->flow[1].total;
		path_run(p, 120 * PATH_SECOND);
		all = p->flow[0].total + p->flow[1].total - all;
		ours = (p->flow[0].total - ours) * 100 / all;
		EXPECT(ours >= 35 && ours <= 60, "%u Mbit/s, %u ms: %llu %%",
		       path->mbit, path->rtt_ms, (unsigned long long)ours);
		free(p);
	}
}

/* More than the 2 % that end a probe where there is a queue, in any queue */
TEST(ltcp_bbr__heavy_random_loss, "C4")
{
	static const u32 buffers[] = { 1, 10, 40 };
	static const u32 percents[] = { 1, 3 };

	FOR_EACH(buffer, buffers) FOR_EACH(loss, percents) {
		struct path *p = bbr_path(100 * MBIT, 20, *buffer);
		u32 percent;

		p->loss_ppm = *loss * 10000;
		p->flow[0].max_pkt_segs = 2;
		path_run(p, 2 * PATH_SECOND);
		percent = path_measure(p, 20 * PATH_SECOND);
		EXPECT(percent >= 90, "%u %%, buffer %u, %u %% lost", percent,
		       *buffer, *loss);
		free(p);
	}
}

/* A fifth of the BDP of buffer: losses end STARTUP, and are few afterwards. */
TEST(ltcp_bbr__shallow_buffer, "C4")
{
	struct path *p = bbr_path(100 * MBIT, 50, 2);
	u64 lost, sent;

	p->flow[0].max_pkt_segs = 1;
	path_run(p, 2 * PATH_SECOND);
	EXPECT(first(p)->full_bw_reached, "full_bw_reached");
	EXPECT(first(p)->inflight_longterm < 2 * path_bdp(p),
	       "inflight_longterm %u", first(p)->inflight_longterm);
	lost = p->flow[0].retrans;
	sent = p->flow[0].total;
	EXPECT(path_measure(p, 30 * PATH_SECOND) > 85, "utilization");
	lost = p->flow[0].retrans - lost;
	sent = p->flow[0].total - sent;
	EXPECT(lost * 100 < sent, "%llu of %llu lost", (unsigned long long)lost,
	       (unsigned long long)sent);
	EXPECT_EQ(p->flow[0].timeouts, 0, "timeouts");
	free(p);
}

TEST(ltcp_bbr__blackout, "C4")
{
	struct path *p = bbr_path(100 * MBIT, 20, 20);

	path_run(p, 4 * PATH_SECOND);
	p->loss_ppm = 1000000;
	path_run(p, 6 * PATH_SECOND);
	EXPECT(p->flow[0].timeouts, "timeouts");
	EXPECT_EQ(p->flow[0].cc.cwnd, 1, "one segment at a time");
	EXPECT(p->flow[0].cc.ssthresh >= 2, "ssthresh");
	p->loss_ppm = 0;
	path_run(p, 9 * PATH_SECOND);
	EXPECT(path_measure(p, 10 * PATH_SECOND) > 90, "recovered");
	free(p);
}

static u32 ce_left;

static void watch_ce(struct path *p, struct path_flow *f)
{
	/* at most once a round, as the adapter does */
	if (p->queue_segs < 20 || f->delivered - ce_left < f->in_flight)
		return;
	ce_left = f->delivered;
	f->cc.ssthresh = f->ops->ssthresh(&f->cc, f->in_flight, LTCP_LOSS_ECN);
	ltcp_cc_set_cwnd(&f->cc, f->ops->loss_cwnd(&f->cc, f->in_flight,
						   LTCP_LOSS_ECN));
}

/* Marks from a queue of 20 segments keep it far below what it is without. */
TEST(ltcp_bbr__ecn, "C4 C6")
{
	struct path *p = bbr_path(100 * MBIT, 20, 50);
	u32 unmarked;

	path_run(p, 3 * PATH_SECOND);
	path_measure(p, 20 * PATH_SECOND);
	unmarked = p->queue_max;
	p->watch = watch_ce;
	ce_left = p->flow[0].delivered;
	path_run(p, p->now + 5 * PATH_SECOND);
	EXPECT(path_measure(p, 20 * PATH_SECOND) > 85, "utilization");
	EXPECT(p->queue_max < unmarked / 2, "queue %u, without marks %u",
	       p->queue_max, unmarked);
	EXPECT(first(p)->inflight_longterm != BBR_INFINITY, "long-term model");
	free(p);
}

TEST(ltcp_bbr__mark_ends_startup, "C4 C6")
{
	struct path *p = bbr_path(100 * MBIT, 20, 50);

	path_run(p, 60 * PATH_MS);
	EXPECT_EQ(first(p)->state, BBR_STARTUP, "still searching");
	p->flow[0].ops->ssthresh(&p->flow[0].cc, 10, LTCP_LOSS_ECN);
	path_run(p, 81 * PATH_MS);
	EXPECT(first(p)->full_bw_reached, "full_bw_reached");
	EXPECT(first(p)->state != BBR_STARTUP, "state %u", first(p)->state);
	free(p);
}

static u32 wait_least_us, wait_most_us, waits;
static u8 state_before;

static void watch_waits(struct path *p, struct path_flow *f)
{
	struct bbr *b = bbr_of(&f->cc);
	u32 wait_us = path_us(p) - b->cycle_stamp;

	if (b->state == BBR_PROBE_REFILL && state_before != b->state) {
		waits++;
		wait_least_us = min(wait_least_us, wait_us);
		wait_most_us = max(wait_most_us, wait_us);
	}
	state_before = b->state;
}

/* Long paths wait 2 to 3 s, short ones as many rounds as the BDP has segments. */
TEST(ltcp_bbr__wait_between_probes, "C4")
{
	static const struct {
		double rate;
		u32 rtt_ms, least_us, most_us;
	} paths[] = {
		{ 100 * MBIT, 100, 2000000, 3250000 },
		{ 100 * MBIT, 10, 600000, 800000 },
		{ 10 * MBIT, 20, 200000, 600000 },
	};

	FOR_EACH(c, paths) {
		struct path *p = bbr_path(c->rate, c->rtt_ms, 30);

		path_run(p, 5 * PATH_SECOND);
		wait_least_us = U32_MAX;
		wait_most_us = waits = 0;
		p->watch = watch_waits;
		path_run(p, 100 * PATH_SECOND);
		EXPECT(waits >= 20, "%u waits", waits);
		EXPECT(wait_least_us >= c->least_us && wait_most_us <= c->most_us,
		       "%u ms: %u to %u us", c->rtt_ms, wait_least_us,
		       wait_most_us);
		/* that lots are drawn shows where the clock decides */
		if (c->rtt_ms == 100)
			EXPECT(wait_most_us - wait_least_us > 600000, "%u to %u",
			       wait_least_us, wait_most_us);
		free(p);
	}
}

TEST(ltcp_cc_send_quantum__bounds, "C8")
{
	static const struct {
		u64 rate;
		u32 mss, quantum;
	} quanta[] = {
		{ 0, 1460, 2920 },
		{ 125000, 1460, 2920 },
		{ 12500000, 1460, 12500 },
		{ 1250000000, 1460, 65536 },
		{ UINT64_MAX, 1460, 65536 },
		{ 1250000000, 48000, 96000 },
	};

	FOR_EACH(c, quanta)
		EXPECT_EQ(ltcp_cc_send_quantum(c->rate, c->mss), c->quantum,
			  "%llu bytes/s", (unsigned long long)c->rate);
}

/* The first ACK of data is late, but the handshake has told how long the path is. */
TEST(ltcp_bbr__paces_by_the_handshake_at_first, "C4 C8")
{
	static const struct {
		u32 rtt_us, min_rtt_us, paced_by_us;
	} cases[] = {
		{ 800000, 100000, 100000 }, { 0, 100000, 100000 },
		{ 100000, 800000, 100000 }, { 100000, 0, 100000 },
	};

	FOR_EACH(c, cases) {
		struct ltcp_cc cc = { .cwnd = 10, .cwnd_clamp = U32_MAX };
		struct ltcp_cc_ack ack = {
			.now_us = 1000000, .mss = 1000, .acked_segs = 1, .in_flight = 10,
			.rtt_us = c->rtt_us, .min_rtt_us = c->min_rtt_us,
			.rate = { .delivered = 1, .interval_us = 900000 },
		};
		u64 expected = 10 * 1000 * 277 / 100 * (1000000ULL / c->paced_by_us);

		ltcp_bbr.init(&cc);
		ltcp_bbr.on_ack(&cc, &ack);
		EXPECT_EQ(cc.pacing_rate, expected, "%u and %u us", c->rtt_us, c->min_rtt_us);
		EXPECT_EQ(bbr_of(&cc)->min_rtt_us, c->rtt_us ?: BBR_INFINITY, "the model's");
	}
}

/* 1 % below the rate in CRUISE, by the gains elsewhere */
TEST(ltcp_bbr_set_pacing_rate__gains, "C4 C8")
{
	struct ltcp_cc cc = { .cwnd = 10, .cwnd_clamp = U32_MAX };
	struct bbr *b = bbr_of(&cc);

	ltcp_bbr.init(&cc);
	b->max_bw[1] = 1000000;
	ltcp_bbr_set_pacing_rate(&cc, 277);
	EXPECT_EQ(cc.pacing_rate, 16000000ULL * 277 * 99 / 10000, "STARTUP");
	ltcp_bbr_set_pacing_rate(&cc, 50);
	EXPECT_EQ(cc.pacing_rate, 16000000ULL * 277 * 99 / 10000,
		  "only upwards before the pipe was full");
	b->full_bw_reached = true;
	ltcp_bbr_set_pacing_rate(&cc, 100);
	EXPECT_EQ(cc.pacing_rate, 15840000, "CRUISE");
	b->bw_shortterm = 500000;
	ltcp_bbr_set_pacing_rate(&cc, 100);
	EXPECT_EQ(cc.pacing_rate, 7920000, "bounded by losses");
	b->bw_shortterm = b->max_bw[1] = BBR_INFINITY;
	ltcp_bbr_set_pacing_rate(&cc, 277);
	EXPECT_EQ(cc.pacing_rate, 16ULL * U32_MAX * 277 * 99 / 10000, "549 Gbit/s");
}

/* Losses without a probe: what came through, but not below 0.7 a round */
/* Who asks without the lock may find another algorithm's state. */
TEST(ltcp_bbr_info__any_state, "C4 A4")
{
	struct ltcp_cc cc = {};
	struct ltcp_bbr_info info;

	for (u32 state = 0; state < 16; state++) {
		bbr_of(&cc)->state = state;
		ltcp_bbr_info(&cc, &info);
		EXPECT(info.pacing_gain >= 50 && info.pacing_gain <= 277,
		       "state %u: %u percent", state, info.pacing_gain);
	}
	bbr_of(&cc)->max_bw[1] = U32_MAX;
	bbr_of(&cc)->bw_shortterm = BBR_INFINITY;
	bbr_of(&cc)->min_rtt_us = BBR_INFINITY;
	ltcp_bbr_info(&cc, &info);
	EXPECT_EQ(info.bw, (u64)U32_MAX * BBR_BW_UNIT, "bytes per second");
	EXPECT_EQ(info.min_rtt_us, 0, "not known");
}

TEST(ltcp_bbr__shortterm_model, "C4")
{
	struct path *p = bbr_path(100 * MBIT, 40, 20);
	struct path_flow *f = &p->flow[0];
	struct bbr *b = first(p);
	u32 cwnd;

	f->max_pkt_segs = 1;
	while (p->now < 20 * PATH_SECOND && b->state != BBR_PROBE_CRUISE)
		path_run(p, p->now + PATH_MS);
	path_run(p, p->now + 200 * PATH_MS);
	EXPECT_EQ(b->state, BBR_PROBE_CRUISE, "state");
	EXPECT_EQ(b->bw_shortterm, BBR_INFINITY, "no losses yet");
	cwnd = f->cc.cwnd;
	p->loss_ppm = 300000;
	path_run(p, p->now + 200 * PATH_MS);
	p->loss_ppm = 0;
	EXPECT(b->bw_shortterm < bbr_max_bw(b), "rate bounded");
	EXPECT(b->bw_shortterm >= bbr_percent(bbr_max_bw(b), 34), "not below 0.7^3");
	EXPECT(b->inflight_shortterm < cwnd, "volume bounded");
	EXPECT(b->inflight_shortterm >= bbr_percent(cwnd, 34), "not below 0.7^3");
	EXPECT(f->cc.cwnd <= b->inflight_shortterm, "cwnd %u", f->cc.cwnd);
	while (p->now < 20 * PATH_SECOND && b->state == BBR_PROBE_CRUISE)
		path_run(p, p->now + PATH_MS);
	EXPECT_EQ(b->state, BBR_PROBE_REFILL, "state");
	EXPECT_EQ(b->bw_shortterm, BBR_INFINITY, "forgotten by the next probe");
	free(p);
}

/* Loss that was none: everything is as before, and the probe goes on. */
TEST(ltcp_bbr__undo, "C4 R7")
{
	struct path *p = bbr_path(100 * MBIT, 40, 50);
	struct path_flow *f = &p->flow[0];
	struct bbr *b = first(p);
	u32 cwnd;

	while (p->now < 20 * PATH_SECOND && b->state != BBR_PROBE_UP)
		path_run(p, p->now + PATH_MS);
	path_run(p, p->now + 30 * PATH_MS);
	EXPECT_EQ(b->state, BBR_PROBE_UP, "state");
	cwnd = f->cc.cwnd;
	p->loss_ppm = 500000;
	path_run(p, p->now + 20 * PATH_MS);
	p->loss_ppm = 0;
	while (p->now < 20 * PATH_SECOND && b->state == BBR_PROBE_UP)
		path_run(p, p->now + PATH_MS);
	EXPECT_EQ(b->state, BBR_PROBE_DOWN, "losses end the probe");
	EXPECT(b->inflight_longterm < BBR_INFINITY, "too high");
	EXPECT(b->prev_probe_too_high, "too high");
	ltcp_cc_set_cwnd(&f->cc, f->ops->undo_cwnd(&f->cc));
	EXPECT_EQ(b->state, BBR_PROBE_REFILL, "the probe is taken up again");
	EXPECT_EQ(b->inflight_longterm, BBR_INFINITY, "long-term bound");
	EXPECT_EQ(b->bw_shortterm, BBR_INFINITY, "short-term bound");
	EXPECT_EQ(b->inflight_shortterm, BBR_INFINITY, "short-term bound");
	EXPECT(f->cc.cwnd >= cwnd, "cwnd %u was %u", f->cc.cwnd, cwnd);
	free(p);
}

TEST(ltcp_bbr__undo_startup, "C4 R7")
{
	struct path *p = bbr_path(1000 * MBIT, 40, 50);
	struct bbr *b = first(p);

	p->flow[0].max_pkt_segs = 1;
	path_run(p, 150 * PATH_MS);
	p->loss_ppm = 300000;
	while (p->now < 300 * PATH_MS && !b->full_bw_reached)
		path_run(p, p->now + PATH_MS);
	EXPECT(b->full_bw_reached, "losses end STARTUP");
	p->loss_ppm = 0;
	p->flow[0].ops->undo_cwnd(&p->flow[0].cc);
	EXPECT_EQ(b->state, BBR_STARTUP, "state");
	EXPECT(!b->full_bw_reached, "full_bw_reached");
	free(p);
}

/* 0.7 of where in a packet of many segments losses pass 2 % */
TEST(ltcp_bbr_probe_lost__inflight_at_loss, "C4")
{
	static const struct {
		u32 tx_in_flight, lost, segs, inflight;
		bool too_high;
	} losses[] = {
		{ 1000, 20, 20, BBR_INFINITY, false },
		{ 1000, 21, 1, 700, true },
		{ 1000, 100, 100, 643, true },
		{ 1000, 100, 90, 643, true },
		{ 1000, 500, 1, 700, true },
		{ 10, 10, 10, 7, true },	/* 0.7 of what is wanted */
		{ 0, 5, 5, 7, true },
	};

	FOR_EACH(c, losses) {
		struct ltcp_cc cc = { .cwnd = 10, .cwnd_clamp = U32_MAX };
		struct bbr *b = bbr_of(&cc);
		struct bbr_rs rs = {
			.mss = PATH_MSS, .tx_in_flight = c->tx_in_flight,
			.lost = c->lost };

		ltcp_bbr.init(&cc);
		b->is_bw_probe_sample = true;
		b->state = BBR_PROBE_UP;
		ltcp_bbr_probe_lost(&cc, &rs, c->segs);
		EXPECT_EQ(b->prev_probe_too_high, c->too_high, "case %td",
			  c - losses);
		EXPECT_EQ(b->inflight_longterm, c->inflight, "case %td",
			  c - losses);
	}
}

/* A connection that knows its path: 100 segments in 100 ms */
#define KNOWN_BW (1000 * PATH_MSS / BBR_BW_UNIT)

static struct ltcp_cc known_path(enum bbr_state state)
{
	struct ltcp_cc cc = {
		.cwnd = 100, .ssthresh = LTCP_SSTHRESH_INFINITE,
		.cwnd_clamp = U32_MAX };
	struct bbr *b = bbr_of(&cc);

	ltcp_bbr.init(&cc);
	b->started = true;
	b->full_bw_reached = true;
	b->state = state;
	b->min_rtt_us = 100000;
	b->probe_rtt_min_delay_us = 100000;
	b->max_bw[0] = KNOWN_BW;
	return cc;
}

/* Without SACK one loss is all that shows, and enough. */
TEST(ltcp_bbr_loss_too_high__threshold, "C4")
{
	static const struct {
		u32 tx_in_flight, lost;
		bool no_sack, too_high;
	} losses[] = {
		{ 250, 5, false, false }, { 250, 6, false, true },
		{ 150, 3, false, false }, { 150, 4, false, true },
		{ 100, 0, true, false }, { 100, 1, true, true },
		{ U32_MAX, U32_MAX / 50, false, false },
		{ U32_MAX, U32_MAX / 49, false, true },
		/* what fits into the pipe, here 110 segments and a quantum */
		{ 50, 5, false, false }, { 110, 11, false, false },
		{ 112, 3, false, false }, { 113, 3, false, true },
		{ 100, 10, false, false }, { 100, 11, false, true },
		{ 16, 1, false, false }, { 16, 2, false, true },
	};

	FOR_EACH(c, losses) {
		struct ltcp_cc cc = known_path(BBR_PROBE_UP);
		struct bbr_rs rs = {
			.mss = PATH_MSS, .tx_in_flight = c->tx_in_flight,
			.lost = c->lost };

		bbr_of(&cc)->no_sack = c->no_sack;
		EXPECT_EQ(ltcp_bbr_loss_too_high(&cc, &rs), c->too_high,
			  "case %td", c - losses);
	}
}

/* An ACK of one segment; the sample is of @bw percent of the known rate. */
static void ack_one(struct ltcp_cc *cc, u32 in_flight, u32 prior_delivered,
		    u32 bw, bool app_limited)
{
	ltcp_bbr.on_ack(cc, &(struct ltcp_cc_ack) {
		.now_us = 1000, .acked_segs = 1, .mss = PATH_MSS,
		.in_flight = in_flight, .rtt_us = 100000,
		.rate = {
			.delivered = bw, .interval_us = 100000,
			.prior_delivered = prior_delivered,
			.tx_in_flight = in_flight, .app_limited = app_limited,
		} });
}

/* PROBE_DOWN sends slower by itself: that is no sign of a slower path. */
TEST(ltcp_bbr__shortterm_model_in_down, "C4")
{
	static const struct { u32 bw, bound; } rates[] = {
		{ 90, 100 }, { 81, 90 }, { 50, 70 }, { 100, 100 } };

	FOR_EACH(r, rates) {
		struct ltcp_cc cc = known_path(BBR_PROBE_DOWN);
		struct bbr *b = bbr_of(&cc);

		b->is_loss_in_round = true;
		b->bw_probe_wait_us = 2000000;
		ack_one(&cc, 150, b->loss_round_delivered, r->bw, false);
		EXPECT_EQ((b->bw_shortterm * 100 + KNOWN_BW / 2) / KNOWN_BW,
			  r->bound, "%u %%", r->bw);
	}
}

/* Section 5.6.1, the column of volume caps */
TEST(ltcp_bbr_update_control__volume_caps, "C4")
{
	static const struct {
		enum bbr_state state;
		u32 longterm, shortterm, cwnd;
	} caps[] = {
		{ BBR_STARTUP, 180, BBR_INFINITY, 200 },
		{ BBR_DRAIN, 180, BBR_INFINITY, 200 },
		{ BBR_PROBE_DOWN, 180, BBR_INFINITY, 180 },
		{ BBR_PROBE_CRUISE, 180, BBR_INFINITY, 153 },
		{ BBR_PROBE_REFILL, 180, BBR_INFINITY, 180 },
		{ BBR_PROBE_UP, 180, BBR_INFINITY, 180 },
		{ BBR_PROBE_RTT, 180, BBR_INFINITY, 50 },
		{ BBR_PROBE_DOWN, 180, 40, 40 },
		{ BBR_DRAIN, 180, 40, 40 },
		{ BBR_DRAIN, 180, 1, BBR_MIN_PIPE_CWND },
		/* no headroom in the pipe: 110 segments and a quantum */
		{ BBR_PROBE_CRUISE, 120, BBR_INFINITY, 112 },
		{ BBR_PROBE_CRUISE, 60, BBR_INFINITY, 60 },
	};

	FOR_EACH(c, caps) {
		struct ltcp_cc cc = known_path(c->state);
		struct bbr_rs rs = { .mss = PATH_MSS, .newly_acked = 1 };

		cc.cwnd = 250;
		bbr_of(&cc)->inflight_longterm = c->longterm;
		bbr_of(&cc)->inflight_shortterm = c->shortterm;
		ltcp_bbr_update_control(&cc, &rs);
		EXPECT_EQ(cc.cwnd, c->cwnd, "case %td", c - caps);
	}
}

TEST(ltcp_bbr__drain, "C4")
{
	struct ltcp_cc cc = known_path(BBR_DRAIN);
	struct bbr *b = bbr_of(&cc);

	/* a queue that does not go away is given up after three rounds */
	for (u32 round = 1; round <= 3; round++) {
		ack_one(&cc, 180, b->next_round_delivered, 100, false);
		EXPECT_EQ(b->state, BBR_DRAIN, "round %u", round);
		EXPECT_EQ(cc.pacing_rate,
			  (u64)KNOWN_BW * BBR_BW_UNIT * 50 * 99 / 10000, "rate");
	}
	ack_one(&cc, 180, b->next_round_delivered, 100, false);
	EXPECT_EQ(b->state, BBR_PROBE_DOWN, "round 4");
	/* one that goes ends it at once */
	cc = known_path(BBR_DRAIN);
	ack_one(&cc, 102, b->next_round_delivered, 100, false);
	EXPECT_EQ(b->state, BBR_DRAIN, "one too many");
	ack_one(&cc, 101, b->next_round_delivered, 100, false);
	EXPECT_EQ(b->state, BBR_PROBE_CRUISE, "the BDP, DOWN has nothing to do");
}

TEST(ltcp_bbr__max_bw_filter, "C4")
{
	struct ltcp_cc cc = known_path(BBR_PROBE_CRUISE);
	struct bbr *b = bbr_of(&cc);

	ack_one(&cc, 50, 0, 60, true);
	EXPECT_EQ(b->max_bw[1], 0, "the application's rate is not the path's");
	ack_one(&cc, 50, 0, 120, true);
	EXPECT_EQ(b->max_bw[1], KNOWN_BW * 12 / 10, "unless it is more");
	ltcp_bbr_advance_max_bw(b);
	EXPECT_EQ(bbr_max_bw(b), KNOWN_BW * 12 / 10, "a cycle later");
	ltcp_bbr_advance_max_bw(b);
	EXPECT_EQ(bbr_max_bw(b), KNOWN_BW * 12 / 10, "a cycle without samples");
	ack_one(&cc, 50, 0, 60, false);
	EXPECT_EQ(b->max_bw[1], KNOWN_BW * 6 / 10, "the path is slower");
	ltcp_bbr_advance_max_bw(b);
	EXPECT_EQ(bbr_max_bw(b), KNOWN_BW * 6 / 10, "two cycles later");
}

/* The small window of PROBE_RTT says nothing of the path's rate. */
TEST(ltcp_bbr__probe_rtt_samples, "C4")
{
	struct ltcp_cc cc = known_path(BBR_PROBE_RTT);
	struct bbr *b = bbr_of(&cc);

	ack_one(&cc, 50, 1000, 40, false);	/* mark: 1040 + 49 */
	b->max_bw[1] = 0;
	b->state = BBR_PROBE_CRUISE;
	ack_one(&cc, 50, 1089, 40, false);
	EXPECT_EQ(b->max_bw[1], 0, "sent before its end");
	ack_one(&cc, 50, 1090, 40, false);
	EXPECT_EQ(b->max_bw[1], KNOWN_BW * 4 / 10, "sent after it");
}

/* After losses: only up to inflight_longterm, and if that is well, once more. */
TEST(ltcp_bbr__precautionary_probe, "C4")
{
	struct ltcp_cc cc = known_path(BBR_PROBE_UP);
	struct bbr *b = bbr_of(&cc);

	b->inflight_longterm = 90;
	b->prev_probe_too_high = true;
	b->next_round_delivered = 2000;
	ack_one(&cc, 89, 1000, 100, false);
	EXPECT_EQ(b->state, BBR_PROBE_UP, "below");
	ack_one(&cc, 90, 1001, 100, false);
	EXPECT_EQ(b->state, BBR_PROBE_DOWN, "reached");
	EXPECT(b->prev_probe_precautionary, "noted");
	ack_one(&cc, 90, b->next_round_delivered, 100, false);
	EXPECT_EQ(b->state, BBR_PROBE_REFILL, "it went well");
}

static void lose(struct ltcp_cc *cc, u32 seq, u32 tx_in_flight, u32 lost)
{
	ltcp_bbr.on_lost(cc, &(struct ltcp_cc_lost) {
		.now_us = 1000, .seq = seq, .end_seq = seq + PATH_MSS,
		.segs = 1, .mss = PATH_MSS, .delivered = 500,
		.tx_in_flight = tx_in_flight, .lost = lost });
}

TEST(ltcp_bbr__one_answer_to_a_probe, "C4")
{
	struct ltcp_cc cc = known_path(BBR_PROBE_UP);
	struct bbr *b = bbr_of(&cc);

	b->is_bw_probe_sample = true;
	lose(&cc, 0, 201, 10);
	EXPECT_EQ(b->inflight_longterm, 140, "0.7 of what was too much");
	EXPECT_EQ(b->state, BBR_PROBE_DOWN, "state");
	lose(&cc, 0, 150, 11);
	EXPECT_EQ(b->inflight_longterm, 140, "the same probe");
	b->is_bw_probe_sample = true;
	lose(&cc, 0, 130, 10);
	EXPECT_EQ(b->inflight_longterm, 112, "but not less than the pipe");
}

TEST(ltcp_bbr__lost_ranges, "C4")
{
	struct ltcp_cc cc = known_path(BBR_STARTUP);

	for (u32 i = 0; i < 10; i++)
		lose(&cc, (u32)-5 * PATH_MSS + i * PATH_MSS, 100, i + 1);
	EXPECT_EQ(bbr_of(&cc)->loss_ranges, 1, "one range");
	for (u32 i = 0; i < 5; i++)
		lose(&cc, 100000 + 2 * i * PATH_MSS, 100, 11 + i);
	EXPECT_EQ(bbr_of(&cc)->loss_ranges, 6, "five more");
}

TEST(ltcp_bbr__window_after_recovery, "C4 R7")
{
	struct ltcp_cc cc = known_path(BBR_PROBE_CRUISE);

	cc.cwnd = 150;
	EXPECT(ltcp_bbr.ssthresh(&cc, 150, LTCP_LOSS_RTO) >= 2, "ssthresh");
	cc.cwnd = ltcp_bbr.loss_cwnd(&cc, 150, LTCP_LOSS_RTO);
	EXPECT_EQ(cc.cwnd, 1, "one segment");
	ack_one(&cc, 1, 0, 1, false);
	EXPECT_EQ(cc.cwnd, BBR_MIN_PIPE_CWND, "while it recovers");
	ltcp_bbr.recovered(&cc);
	ack_one(&cc, 1, 0, 1, false);
	EXPECT_EQ(cc.cwnd, 151, "afterwards");
}

/* Silences of 6 s: each was a chance for the queue to drain. */
TEST(ltcp_bbr__silence_replaces_probe_rtt, "C4")
{
	struct path *p = bbr_path(100 * MBIT, 20, 20);

	path_run(p, 4 * PATH_SECOND);
	memset(&probe_rtt, 0, sizeof(probe_rtt));
	p->watch = watch_probe_rtt;
	for (u32 i = 0; i < 10; i++) {
		p->flow[0].app_segs = 500;
		path_run(p, p->now + 6 * PATH_SECOND);
	}
	EXPECT_EQ(probe_rtt.entries, 0, "PROBE_RTT");
	free(p);
}

static u32 any_number(void)
{
	static const u32 numbers[] = {
		0, 1, 2, 3, 10, 1000, 100000, 0x7fffffff, 0x80000000,
		0xfffffffe, U32_MAX
	};
	u32 i = unit_random_below(ARRAY_SIZE(numbers) + 3);

	return i < ARRAY_SIZE(numbers) ? numbers[i] : unit_random();
}

static void any_ack(struct ltcp_cc *cc, u64 now_us)
{
	struct ltcp_cc_ack ack = {
		.now_us = now_us, .acked_segs = any_number(),
		.mss = any_number(), .in_flight = any_number(),
		.rtt_us = any_number(), .cwnd_limited = unit_random() & 1,
		.app_limited = unit_random() & 1,
		.in_recovery = unit_random() & 1, .min_rtt_us = any_number(),
		.rate = {
			.delivered = any_number(),
			.prior_delivered = any_number(),
			.interval_us = any_number(),
			.tx_in_flight = any_number(), .lost = any_number(),
			.losses = any_number(),
			.app_limited = unit_random() & 1,
		},
	};

	ltcp_bbr.on_ack(cc, &ack);
	EXPECT(!bbr_of(cc)->started ||
	       cc->cwnd >= min(max(cc->cwnd_clamp, 1U), BBR_MIN_PIPE_CWND),
	       "cwnd %u", cc->cwnd);
}

static void any_loss(struct ltcp_cc *cc, u64 now_us)
{
	struct ltcp_cc_lost lost = {
		.now_us = now_us, .seq = any_number(), .end_seq = any_number(),
		.segs = any_number(), .mss = any_number(),
		.delivered = any_number(), .tx_in_flight = any_number(),
		.lost = any_number(), .app_limited = unit_random() & 1,
		.no_sack = unit_random_below(8) == 0,
	};

	ltcp_bbr.on_lost(cc, &lost);
}

static void any_event(struct ltcp_cc *cc, u64 now_us)
{
	enum ltcp_cc_loss loss = unit_random_below(3);

	switch (unit_random_below(16)) {
	case 0:
		cc->ssthresh = ltcp_bbr.ssthresh(cc, any_number(), loss);
		EXPECT(cc->ssthresh >= 2, "ssthresh %u", cc->ssthresh);
		ltcp_cc_set_cwnd(cc, ltcp_bbr.loss_cwnd(cc, any_number(), loss));
		break;
	case 1:
		ltcp_bbr.idle_restart(cc, any_number());
		ltcp_bbr.on_restart(cc, now_us);
		break;
	case 2:
		ltcp_cc_set_cwnd(cc, ltcp_bbr.undo_cwnd(cc));
		break;
	case 3:
		ltcp_bbr.recovered(cc);
		break;
	case 4:
	case 5:
		any_loss(cc, now_us);
		break;
	case 6:
		if (unit_random_below(10) == 0)
			cc->cwnd_clamp = any_number();
		break;
	default:
		any_ack(cc, now_us);
		break;
	}
}

/* Whatever a peer or a caller does, cwnd stays in its bounds and nothing traps. */
TEST(ltcp_bbr__any_events, "C4 ATTACK-17")
{
	u32 states = 0;

	for (unsigned int run = 0; run < 100; run++) {
		struct ltcp_cc cc = {
			.cwnd = any_number() ?: 1, .rand = unit_random(),
			.ssthresh = LTCP_SSTHRESH_INFINITE,
			.cwnd_clamp = U32_MAX };
		u64 now_us = unit_random();

		ltcp_bbr.init(&cc);
		for (unsigned int i = 0; i < 4000; i++) {
			u32 before = cc.cwnd;

			now_us += unit_random_below(4) ? unit_random_below(10000) :
							 any_number();
			any_event(&cc, now_us);
			states |= 1U << bbr_of(&cc)->state;
			EXPECT(cc.cwnd >= 1, "run %u, step %u", run, i);
			EXPECT(cc.cwnd <= max(before, max(cc.cwnd_clamp, 1U)),
			       "run %u, step %u: %u over %u", run, i, cc.cwnd,
			       cc.cwnd_clamp);
		}
	}
	EXPECT_EQ(states, (1U << BBR_NO_STATE) - 1, "states seen");
}
