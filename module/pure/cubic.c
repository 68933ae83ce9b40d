// SPDX-License-Identifier: GPL-2.0
/*
 * cubic.c - CUBIC congestion control, RFC 9438, with HyStart++
 *
 * Theory
 * ------
 * Congestion avoidance is a walk along a curve of time, not of round trips:
 *
 *	W_cubic(t) = C (t - K)^3 + W_max		C = 0.4
 *	K = cbrt((W_max - cwnd at t = 0) / C)
 *
 * From 0.7 of what it was when congestion showed (W_max) the window rises fast,
 * flattens where the trouble was, lingers there, and then, finding none, goes off
 * ever faster in search of more. While t passes, each window acknowledged takes
 * cwnd to where the curve will be a round trip later, at most half as much again.
 * Where Reno would be further, which is so on short paths, CUBIC does as Reno
 * does: W_est grows by alpha = 9/17 segments a window, which with cuts to 0.7 has
 * Reno's average, and by a whole one once it is where the last cut was made.
 *
 * A stage of congestion avoidance begins with the first ACK after slow start or
 * recovery. After a timeout or the end of the first slow start there is no W_max
 * to go back to: the stage begins on its plateau (sections 4.8 and 4.10). When nothing
 * was lost yet, that plateau is only where slow start was left, on a sign that may have
 * come early: until the first congestion event a window adds a sixteenth at least,
 * and a segment.
 *
 * The clock t runs only while cwnd limits the sender, and can grow. It adds up the
 * times from one ACK to the next, none where the application was the limit, and
 * never more than a round trip: while anything is in flight an ACK does not take
 * longer, so what is beyond that was silence (section 5.8). Where that is wrong, as
 * with a delayed ACK at a tiny window, the clock is slow, never fast.
 *
 * Precision: windows are in 1/1024 segment, times in microseconds. A point of
 * the curve is off by less than 0.01 segments and a millionth of its distance from
 * W_max. The distance ends at 3.9 billion segments, T_MAX_US from K. Increments
 * are summed up before they are divided, and so none is too small to count.
 */
#include "hystart.h"

#define LOSS_BETA	70U	/* per cent that a loss leaves (section 4.6) */
#define ECN_BETA	85U	/* that a congestion mark leaves (RFC 8511 section 3) */
#define SSTHRESH_MIN	2U
#define ALPHA_ONE	17U	/* alpha in 17ths: 1, and the one for 0.7, which is */
#define ALPHA_CUBIC	9U	/* 3 (1 - 0.7) / (1 + 0.7) */

/* Of the window, growth in a round trip while no congestion was ever met */
#define UNTRIED		16

/* Congestion avoidance ends here: more than a window of 1 GB can hold */
#define CWND_MAX	BIT(26)
/* d^3 fits 63 bits, short of its 30 low ones, which are dropped */
#define T_MAX_US	((u32)BIT(31) - 1)
#define CUBE_SHIFT	30

/*
 * From 2^30 cubic microseconds to 1/1024 segment: 0.4 / 10^18 * 2^30 * 2^10 is
 * 1 / 2273736.75
 */
#define CUBE_DIVISOR	2273737

/**
 * struct cubic_stage - a stage of congestion avoidance
 * @t_us: t, microseconds; stops at U32_MAX
 * @k_us: K, microseconds
 * @w_max: W_max, segments; 0 before the first congestion event
 * @w_est: W_est, segments
 * @est_credit: segments acknowledged towards the next of @w_est, times 17
 * @cwnd_prior: cwnd before the last congestion event, segments; 0: there was none
 * @begun: if not, the next ACK that may grow cwnd begins it
 * @on_plateau: a timeout was before it: it begins at its own W_max
 */
struct cubic_stage {
	u32 t_us;
	u32 k_us;
	u32 w_max;
	u32 w_est;
	u32 est_credit;
	u32 cwnd_prior;
	bool begun;
	bool on_plateau;
};

/**
 * struct cubic - CUBIC's own state
 * @credit: increments of cwnd not yet a segment, 1/1024 segment times cwnd
 * @last_ack_us: time of the last ACK
 * @stage: the present stage
 * @undo: the stage that the last congestion event ended
 * @hystart: for the first slow start
 */
struct cubic {
	u64 credit;
	u64 last_ack_us;
	struct cubic_stage stage;
	struct cubic_stage undo;
	struct ltcp_hystart hystart;
};

_Static_assert(sizeof(struct cubic) <= sizeof(((struct ltcp_cc *)0)->priv),
	       "struct cubic fits");

static struct cubic *cubic(struct ltcp_cc *cc)
{
	return (void *)cc->priv;
}

static u32 percent(u32 segs, u32 part)
{
	return div_u64((u64)segs * part, 100);
}

static u64 to_fraction(u32 segs)
{
	return (u64)segs << LTCP_CUBIC_SHIFT;
}

/* C d^3, in 1/1024 segment */
static u64 cube(u64 d_us)
{
	d_us = min_t(u64, d_us, T_MAX_US);
	return div_u64((d_us * d_us >> CUBE_SHIFT) * d_us, CUBE_DIVISOR);
}

/**
 * ltcp_cubic_window() - W_cubic(t)
 * @w_max: the plateau, segments
 * @k_us: K, when it is reached, microseconds
 * @t_us: t, microseconds
 *
 * RFC 9438 section 4.2, figure 1.
 *
 * Return: the window in 1/1024 segment.
 */
u64 ltcp_cubic_window(u32 w_max, u32 k_us, u64 t_us)
{
	u64 plateau = to_fraction(w_max);

	if (t_us >= k_us)
		return plateau + cube(t_us - k_us);
	return plateau - min(plateau, cube(k_us - t_us));
}

/**
 * ltcp_cubic_k_us() - K: how long the curve takes to reach its plateau
 * @segs: from where it starts to W_max, segments
 *
 * RFC 9438 section 4.2, figure 2. The root is found bit by bit, as the inverse of
 * the cube that the curve is made of, so that the curve starts where it should.
 *
 * Return: microseconds, at most T_MAX_US.
 */
u32 ltcp_cubic_k_us(u32 segs)
{
	u32 k_us = 0;
	int bit;

	for (bit = 30; bit >= 0; bit--)
		if (cube(k_us | BIT(bit)) <= to_fraction(segs) && segs)
			k_us |= BIT(bit);
	return k_us;
}

static void cubic_init(struct ltcp_cc *cc)
{
	ltcp_hystart_init(&cubic(cc)->hystart);
	cc->cwnd_cnt = 0;
	/* Another algorithm, or the route, knows of congestion */
	if (cc->ssthresh != LTCP_SSTHRESH_INFINITE)
		cubic(cc)->stage.cwnd_prior = cc->cwnd;
}

/* ------------------------------------------------------------------ */
/* Growth                                                               */
/* ------------------------------------------------------------------ */

static void begin_stage(struct ltcp_cc *cc, struct cubic *cu)
{
	struct cubic_stage *s = &cu->stage;

	/* Sections 4.8 and 4.10: it may have no W_max, or none that is ahead */
	if (s->on_plateau || s->w_max < cc->cwnd)
		s->w_max = cc->cwnd;
	s->k_us = ltcp_cubic_k_us(s->w_max - cc->cwnd);
	s->t_us = 0;
	s->w_est = cc->cwnd;
	s->est_credit = 0;
	s->begun = true;
	cu->credit = 0;
}

/* Let the clock of the stage run up to this ACK, but for silence. */
static void advance_clock(struct cubic *cu, const struct ltcp_cc_ack *ack)
{
	u64 passed_us = ack->now_us - cu->last_ack_us;

	if (ack->srtt_us)
		passed_us = min_t(u64, passed_us, ack->srtt_us);
	cu->stage.t_us += min_t(u64, passed_us, U32_MAX - cu->stage.t_us);
}

/* Section 4.3: where Reno would be by now. */
static void grow_reno_estimate(struct ltcp_cc *cc, struct cubic_stage *s,
			       u32 segs)
{
	u32 alpha = s->w_est < s->cwnd_prior ? ALPHA_CUBIC : ALPHA_ONE;
	u32 window = cc->cwnd * ALPHA_ONE;
	u32 credit = s->est_credit + segs * alpha;

	s->est_credit = credit % window;
	s->w_est += credit / window;
}

/*
 * Sections 4.4 and 4.5: (target - cwnd) / cwnd for each segment. On the way back to
 * W_max the curve's next whole segment is aimed at: a window of a few segments would
 * else, rounded down each round trip, lag behind the curve all the time.
 */
static void grow_along_curve(struct ltcp_cc *cc, struct cubic *cu, u64 target,
			     u32 segs)
{
	u64 cwnd = to_fraction(cc->cwnd);
	u32 growth;

	if (target < to_fraction(cu->stage.w_max))
		target = to_fraction((u32)(target >> LTCP_CUBIC_SHIFT) + 1);
	target = max(min(target, cwnd + cwnd / 2), cwnd);
	cu->credit = min(cu->credit, cwnd) + segs * (target - cwnd);
	growth = div_u64(cu->credit, cc->cwnd) >> LTCP_CUBIC_SHIFT;
	cu->credit -= growth * cwnd;
	ltcp_cc_set_cwnd(cc, cc->cwnd + growth);
}

/* Where no congestion was ever met: cwnd in a round trip's time, in fractions. */
static u64 untried_target(const struct ltcp_cc *cc)
{
	u64 cwnd = to_fraction(cc->cwnd);

	return cwnd + max(cwnd / UNTRIED, to_fraction(1));
}

static void congestion_avoidance(struct ltcp_cc *cc, struct cubic *cu,
				 const struct ltcp_cc_ack *ack, u32 segs)
{
	struct cubic_stage *s = &cu->stage;
	u64 now, next;

	if (cc->cwnd >= min_t(u32, CWND_MAX, cc->cwnd_clamp))
		return;
	if (s->begun)
		advance_clock(cu, ack);
	else
		begin_stage(cc, cu);
	segs = min(segs, cc->cwnd);
	grow_reno_estimate(cc, s, segs);
	now = ltcp_cubic_window(s->w_max, s->k_us, s->t_us);
	next = ltcp_cubic_window(s->w_max, s->k_us,
				 (u64)s->t_us + ack->srtt_us);
	if (!s->cwnd_prior)
		grow_along_curve(cc, cu, max(next, untried_target(cc)), segs);
	else if (now >= to_fraction(s->w_est))
		grow_along_curve(cc, cu, next, segs);
	else if (s->w_est > cc->cwnd)
		ltcp_cc_set_cwnd(cc, min(s->w_est, cc->cwnd + segs));
}

/* Is it the first, which no threshold ends? */
static bool in_first_slow_start(const struct ltcp_cc *cc)
{
	return ltcp_cc_in_slow_start(cc) &&
	       cc->ssthresh == LTCP_SSTHRESH_INFINITE;
}

static u32 slow_start(struct ltcp_cc *cc, struct cubic *cu,
		      const struct ltcp_cc_ack *ack)
{
	u32 segs;

	if (in_first_slow_start(cc))
		segs = ltcp_hystart_growth(&cu->hystart, ack);
	else
		segs = min(ack->acked_segs, ack->abc_l_segs ?: LTCP_ABC_L_SEGS);
	return ltcp_cc_slow_start(cc, segs);
}

static void cubic_on_ack(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack)
{
	struct cubic *cu = cubic(cc);
	u32 segs = ack->acked_segs;

	if (in_first_slow_start(cc) && ltcp_hystart_on_ack(&cu->hystart, ack))
		cc->ssthresh = max(cc->cwnd, SSTHRESH_MIN);
	if (ack->cwnd_limited && !ack->in_recovery) {
		if (ltcp_cc_in_slow_start(cc))
			segs = slow_start(cc, cu, ack);
		if (!ltcp_cc_in_slow_start(cc))
			congestion_avoidance(cc, cu, ack, segs);
	}
	cu->last_ack_us = ack->now_us;
}

/* ------------------------------------------------------------------ */
/* Reduction                                                            */
/* ------------------------------------------------------------------ */

/*
 * What is reduced: FlightSize, or cwnd while more than half of it is in flight, and so
 * it is in use (section 4.6 leaves the choice, if cwnd does not grow unused). What
 * lacks then is what segmentation offload puts together, or an ACK has just freed.
 */
static u32 reduced_from(const struct ltcp_cc *cc, u32 in_flight)
{
	return in_flight > cc->cwnd / 2 ? cc->cwnd : in_flight;
}

static u32 cubic_ssthresh(struct ltcp_cc *cc, u32 in_flight,
			  enum ltcp_cc_loss loss)
{
	struct cubic_stage *s = &cubic(cc)->stage;
	u32 beta = LOSS_BETA;

	/* RFC 8511 section 3: the gentler answer is for congestion avoidance */
	if (loss == LTCP_LOSS_ECN && !ltcp_cc_in_slow_start(cc))
		beta = ECN_BETA;
	cubic(cc)->undo = *s;
	/* Section 4.7, fast convergence: (1 + 0.7) / 2 */
	s->w_max = cc->cwnd < s->w_max ? percent(cc->cwnd, 85) : cc->cwnd;
	s->cwnd_prior = cc->cwnd;
	s->on_plateau = loss == LTCP_LOSS_RTO;
	s->begun = false;
	cc->prior_cwnd = cc->cwnd;
	cc->cwnd_cnt = 0;
	return max(percent(reduced_from(cc, in_flight), beta), SSTHRESH_MIN);
}

static u32 cubic_loss_cwnd(struct ltcp_cc *cc, u32 in_flight,
			   enum ltcp_cc_loss loss)
{
	if (loss == LTCP_LOSS_RTO)
		return 1;
	/* Section 4.6: unlike losses, marks bring two segments down to one */
	if (loss == LTCP_LOSS_ECN && in_flight <= 2)
		return 1;
	return cc->ssthresh;
}

/* Section 4.9: the stage goes on where it was interrupted. */
static u32 cubic_undo_cwnd(struct ltcp_cc *cc)
{
	struct cubic *cu = cubic(cc);

	if (cc->cwnd >= cc->prior_cwnd)
		return cc->cwnd;
	cu->stage = cu->undo;
	return cc->prior_cwnd;
}

static void cubic_idle_restart(struct ltcp_cc *cc, u32 initial_wnd)
{
	ltcp_reno_idle_restart(cc, initial_wnd);
	cubic(cc)->stage.begun = false;
}

const struct ltcp_cc_ops ltcp_cubic = {
	.name		= "cubic",
	.init		= cubic_init,
	.ssthresh	= cubic_ssthresh,
	.loss_cwnd	= cubic_loss_cwnd,
	.on_ack		= cubic_on_ack,
	.undo_cwnd	= cubic_undo_cwnd,
	.idle_restart	= cubic_idle_restart,
	.validates	= true,
};
