// SPDX-License-Identifier: GPL-2.0
/*
 * hystart.c - leaving the first slow start in time: HyStart++, RFC 9406, and trains
 *
 * Theory
 * ------
 * Slow start without a threshold ends in a loss, often of half a window. But
 * before a queue overflows it fills, and the round trips get longer:
 *
 *	slow start --- the round's least RTT exceeds the last round's, or the
 *	    ^	       least of all, by an eighth (4 to 16 ms)
 *	    |					---> Conservative Slow Start
 *	    |						|	|
 *	    +---- it is below the baseline again -------+	five rounds
 *								|
 *				  ssthresh = cwnd, congestion avoidance
 *
 * Conservative Slow Start (CSS) grows at a quarter of the pace and looks whether
 * it was jitter only. The baseline is the round trip it began with.
 *
 * (The least of all is not the RFC's. A queue that grows little by little, or whose
 * last round's least came from a packet that met a gap in it, shows only there; what
 * the path itself has become longer by, CSS takes five rounds to believe.)
 *
 * The least of at least eight samples is what speaks for a round. An ACK gives
 * one sample however many segments it covers: they came in one train, and the
 * delay of one says nothing new about that of the next. With a receiver that
 * aggregates, a verdict must then wait until a window has eight ACKs.
 *
 * While the application, not cwnd, sets the pace, longer round trips are not this
 * sender's doing, and nothing grows that should be stopped: samples are taken,
 * but no verdict is given and no round of CSS counted.
 *
 * Delay speaks a round trip late. By then cwnd has doubled once more, too much for
 * a queue no longer than the path. So there is a second sign, from Ha and Rhee's
 * HyStart (2011; RFC 9438 section 4.10 admits it): unless the sender paces, the ACKs
 * of a round come in one train, as far apart as the bottleneck has made them:
 *
 *	|<----- least RTT ----->|
 *	ACK ACK ACK ACK ........ACK ACK ACK ACK ...
 *	|<- train ->|		next round
 *
 * When it goes on for half of the least round trip, the path was at least half full
 * a round ago, and cwnd, grown by every ACK, now is what the path holds or up to
 * half as much again: slow start is over. One who paces spreads a window over half a
 * round trip; there only a train of a whole one tells. A train of less than 2 ms is no
 * sign; a batch of packets at a network card makes the same. ACKs belong to one train
 * when an eighth of the round trip, but 2 to 5 ms, lies between them at most: at
 * 10 Mbit/s those for every second packet are 2.4 ms apart.
 *
 * Section 4.3: only the first slow start needs this; later ones have a threshold.
 */
#include "hystart.h"

/* RFC 9406 section 4.3 */
#define MIN_RTT_THRESH_US	4000U
#define MAX_RTT_THRESH_US	16000U
#define MIN_RTT_DIVISOR		8
#define N_RTT_SAMPLE		8
#define CSS_GROWTH_DIVISOR	4
#define CSS_ROUNDS		5
#define L_NOT_PACED		8

/* Between ACKs of one train, at most */
#define TRAIN_GAP_MIN_US	2000U
#define TRAIN_GAP_MAX_US	5000U
#define TRAIN_GAP_DIVISOR	8

#define TRAIN_MIN_US		2000U

static void resume_slow_start(struct ltcp_hystart *h)
{
	h->baseline_us = LTCP_HYSTART_NO_RTT;
	h->css_rounds = 0;
	h->css_credit = 0;
}

/**
 * ltcp_hystart_init() - nothing is known of the path
 * @h: state
 */
void ltcp_hystart_init(struct ltcp_hystart *h)
{
	h->last_min_us = LTCP_HYSTART_NO_RTT;
	h->current_min_us = LTCP_HYSTART_NO_RTT;
	h->samples = 0;
	h->train_start_us = 0;
	h->train_end_us = 0;
	resume_slow_start(h);
}

static void next_round(struct ltcp_hystart *h)
{
	h->last_min_us = h->current_min_us;
	h->current_min_us = LTCP_HYSTART_NO_RTT;
	h->samples = 0;
}

static void take_sample(struct ltcp_hystart *h, u32 rtt_us)
{
	h->current_min_us = min(h->current_min_us, rtt_us);
	if (h->samples < N_RTT_SAMPLE)
		h->samples++;
}

/* Did the round trip grow by more than jitter? An unknown one is the greatest. */
static bool delay_increased(const struct ltcp_hystart *h, u32 min_rtt_us)
{
	u32 before_us = min(h->last_min_us, min_rtt_us ?: LTCP_HYSTART_NO_RTT);
	u32 thresh_us = max(min(before_us / MIN_RTT_DIVISOR,
				MAX_RTT_THRESH_US), MIN_RTT_THRESH_US);

	return h->current_min_us >= before_us &&
	       h->current_min_us - before_us >= thresh_us;
}

/* Have this round's ACKs come in one train, long enough by now? */
static bool train_fills_path(struct ltcp_hystart *h,
			     const struct ltcp_cc_ack *ack)
{
	u32 now_us = ack->now_us;
	u32 gap_us = max(min(ack->min_rtt_us / TRAIN_GAP_DIVISOR,
			     TRAIN_GAP_MAX_US), TRAIN_GAP_MIN_US);
	/* Pacing itself spreads a window over half of SRTT */
	u32 full_us = ack->paced ? max(ack->min_rtt_us, ack->srtt_us) : ack->min_rtt_us / 2;

	if (ack->round_start)
		h->train_start_us = now_us;
	else if (now_us - h->train_end_us > gap_us)
		return false;	/* and so it stays until the next round */
	h->train_end_us = now_us;
	return ack->min_rtt_us && ack->cwnd_limited &&
	       now_us - h->train_start_us >= max(full_us, TRAIN_MIN_US);
}

/**
 * ltcp_hystart_on_ack() - take an ACK of the first slow start into account
 * @h: state
 * @ack: the event; round_start and rtt_us must be true to life
 *
 * RFC 9406 section 4.2. A round in whose midst CSS begins counts as its first.
 *
 * Return: true when slow start is over: ssthresh is now to be cwnd.
 */
bool ltcp_hystart_on_ack(struct ltcp_hystart *h, const struct ltcp_cc_ack *ack)
{
	if (ack->round_start) {
		next_round(h);
		if (ltcp_hystart_in_css(h) && ack->cwnd_limited &&
		    ++h->css_rounds >= CSS_ROUNDS)
			return true;
	}
	if (train_fills_path(h, ack))
		return true;
	if (ack->rtt_us)
		take_sample(h, ack->rtt_us);
	if (h->samples < N_RTT_SAMPLE || !ack->cwnd_limited)
		return false;

	if (!ltcp_hystart_in_css(h) && delay_increased(h, ack->min_rtt_us))
		h->baseline_us = h->current_min_us;
	else if (h->current_min_us < h->baseline_us &&
		 ltcp_hystart_in_css(h))
		resume_slow_start(h);
	return false;
}

/**
 * ltcp_hystart_growth() - by how much an ACK lets the window grow
 * @h: state, the ACK taken into account
 * @ack: the event; abc_l_segs of 0 stands for 8, RFC 9406's L without pacing
 *
 * Return: segments.
 */
u32 ltcp_hystart_growth(struct ltcp_hystart *h, const struct ltcp_cc_ack *ack)
{
	u32 segs = min(ack->acked_segs, ack->abc_l_segs ?: L_NOT_PACED);
	u32 rest;

	if (!ltcp_hystart_in_css(h))
		return segs;
	rest = segs % CSS_GROWTH_DIVISOR + h->css_credit;
	h->css_credit = rest % CSS_GROWTH_DIVISOR;
	return segs / CSS_GROWTH_DIVISOR + rest / CSS_GROWTH_DIVISOR;
}
