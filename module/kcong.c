// SPDX-License-Identifier: GPL-2.0
/*
 * kcong.c - congestion control by a module of the kernel.
 *
 * tcp_vegas, tcp_westwood and their like are registered with the kernel as a struct
 * tcp_congestion_ops. Its functions get a socket and read and write struct tcp_sock,
 * which ltcp's control block begins with; so they work on ltcp's sockets if they are
 * called when they expect to be. This file is the other side of pure/cong.h: an
 * algorithm for cong.c that hands each event on to such a module.
 *
 *	ltcp				the module
 *	cc->init			init
 *	ltcp_kcong_acked()		in_ack_event, pkts_acked: every ACK
 *	cc->on_ack			cong_avoid; cong_control if it has that
 *	cc->ssthresh, cc->loss_cwnd	ssthresh, CA_EVENT_LOSS
 *	cc->undo_cwnd			undo_cwnd
 *	cc->idle_restart		CA_EVENT_CWND_RESTART
 *	ltcp_loss_set_state()		set_state
 *
 * The module's private part is icsk_ca_priv, icsk_ca_ops points to the module, and
 * cong.c's struct is filled anew from tcp_sock after each call. A socket that has
 * chosen a module holds a reference to it, so that it cannot be unloaded.
 *
 * Two kinds cannot be had: what counts marks (TCP_CONG_NEEDS_ECN), since it makes
 * the built-in TCP send its ACKs, and BPF programs, whose reference only the kernel
 * itself can take.
 *
 * All functions need the socket lock unless they say otherwise.
 */
#include <linux/bpf.h>

#include "ltcp.h"

static struct ltcp_sock *kcong_ltcp(struct ltcp_cc *cc)
{
	return container_of(cc, struct ltcp_sock, cc_work);
}

static struct sock *kcong_sk(struct ltcp_cc *cc)
{
	return (struct sock *)kcong_ltcp(cc);
}

static const struct tcp_congestion_ops *kcong_ca(const struct sock *sk)
{
	return inet_csk(sk)->icsk_ca_ops;
}

/* ------------------------------------------------------------------ */
/* Events from cong.c                                                   */
/* ------------------------------------------------------------------ */

static void kcong_init(struct ltcp_cc *cc)
{
	struct sock *sk = kcong_sk(cc);
	struct inet_connection_sock *icsk = inet_csk(sk);

	memset(icsk->icsk_ca_priv, 0, sizeof(icsk->icsk_ca_priv));
	icsk->icsk_ca_initialized = 1;
	if (kcong_ca(sk)->init)
		kcong_ca(sk)->init(sk);
	ltcp_cc_load(kcong_ltcp(cc), cc);
}

static u32 kcong_ssthresh(struct ltcp_cc *cc, u32 in_flight,
			  enum ltcp_cc_loss loss)
{
	struct sock *sk = kcong_sk(cc);
	u32 ssthresh;

	tcp_sk(sk)->prior_cwnd = cc->cwnd;
	ssthresh = kcong_ca(sk)->ssthresh(sk);
	ltcp_cc_load(kcong_ltcp(cc), cc);
	return ssthresh;
}

static u32 kcong_loss_cwnd(struct ltcp_cc *cc, u32 in_flight,
			   enum ltcp_cc_loss loss)
{
	struct sock *sk = kcong_sk(cc);

	if (loss != LTCP_LOSS_RTO)
		return cc->ssthresh;
	tcp_sk(sk)->snd_ssthresh = cc->ssthresh;
	ltcp_kcong_event(sk, CA_EVENT_LOSS);
	ltcp_cc_load(kcong_ltcp(cc), cc);
	return 1;
}

static void kcong_on_ack(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack)
{
	struct sock *sk = kcong_sk(cc);
	struct tcp_sock *tp = tcp_sk(sk);

	tp->is_cwnd_limited = ack->cwnd_limited;
	kcong_ca(sk)->cong_avoid(sk, tp->snd_una, ack->acked_segs);
	ltcp_cc_load(kcong_ltcp(cc), cc);
}

static u32 kcong_undo_cwnd(struct ltcp_cc *cc)
{
	return kcong_ca(kcong_sk(cc))->undo_cwnd(kcong_sk(cc));
}

static void kcong_idle_restart(struct ltcp_cc *cc, u32 initial_wnd)
{
	ltcp_kcong_event(kcong_sk(cc), CA_EVENT_CWND_RESTART);
	ltcp_cc_load(kcong_ltcp(cc), cc);
	ltcp_reno_idle_restart(cc, initial_wnd);
}

/* A module that keeps cwnd within ltcp's loss recovery. */
const struct ltcp_cc_ops ltcp_kcong = {
	.name		= "kernel",
	.init		= kcong_init,
	.ssthresh	= kcong_ssthresh,
	.loss_cwnd	= kcong_loss_cwnd,
	.on_ack		= kcong_on_ack,
	.undo_cwnd	= kcong_undo_cwnd,
	.idle_restart	= kcong_idle_restart,
};

/* What the path delivered, as the kernel has it; -1 means not known. */
static void kcong_fill_rate(const struct tcp_sock *tp,
			    const struct ltcp_cc_ack *ack,
			    struct rate_sample *rs)
{
	const struct ltcp_cc_rate *r = &ack->rate;

	*rs = (struct rate_sample) {
		.prior_mstamp = tp->tcp_mstamp - r->interval_us,
		.prior_delivered = r->prior_delivered,
		.delivered = r->interval_us ? (s32)r->delivered : -1,
		.interval_us = r->interval_us ? (long)r->interval_us : -1,
		.rcv_interval_us = r->interval_us,
		.snd_interval_us = r->interval_us,
		.rtt_us = ack->rtt_us ? (long)ack->rtt_us : -1,
		.losses = r->losses,
		.acked_sacked = ack->acked_segs,
		.prior_in_flight = ack->in_flight,
		.is_app_limited = r->app_limited,
	};
}

static void kcong_model_on_ack(struct ltcp_cc *cc, const struct ltcp_cc_ack *ack)
{
	struct sock *sk = kcong_sk(cc);
	struct tcp_sock *tp = tcp_sk(sk);
	struct rate_sample rs;

	kcong_fill_rate(tp, ack, &rs);
	tp->is_cwnd_limited = ack->cwnd_limited;
	ltcp_call_cong_control(kcong_ca(sk), sk, tp->snd_una,
			       ack->ce_segs ? CA_ACK_ECE : 0, &rs);
	ltcp_cc_load(kcong_ltcp(cc), cc);
}

static u32 kcong_model_loss_cwnd(struct ltcp_cc *cc, u32 in_flight,
				 enum ltcp_cc_loss loss)
{
	u32 cwnd = kcong_loss_cwnd(cc, in_flight, loss);

	return loss == LTCP_LOSS_RTO ? cwnd : cc->cwnd;
}

static void kcong_model_idle_restart(struct ltcp_cc *cc, u32 initial_wnd)
{
	ltcp_kcong_event(kcong_sk(cc), CA_EVENT_CWND_RESTART);
	ltcp_cc_load(kcong_ltcp(cc), cc);
}

static void kcong_model_recovered(struct ltcp_cc *cc)
{
}

/* A module whose model of the path sets cwnd at all times (cong_control). */
const struct ltcp_cc_ops ltcp_kcong_model = {
	.name		= "kernel",
	.init		= kcong_init,
	.ssthresh	= kcong_ssthresh,
	.loss_cwnd	= kcong_model_loss_cwnd,
	.on_ack		= kcong_model_on_ack,
	.undo_cwnd	= kcong_undo_cwnd,
	.idle_restart	= kcong_model_idle_restart,
	.own_recovery	= true,
	.recovered	= kcong_model_recovered,
};

/* ------------------------------------------------------------------ */
/* Events that only such modules hear of                                */
/* ------------------------------------------------------------------ */

/**
 * ltcp_kcong_event - cwnd_event: something happened to a connection
 * @sk: connection
 * @event: CA_EVENT_*
 *
 * Nothing when its congestion control is ltcp's own. Context: socket lock.
 */
void ltcp_kcong_event(struct sock *sk, enum tcp_ca_event event)
{
	if (ltcp_is_kcong(sk) && kcong_ca(sk)->cwnd_event)
		kcong_ca(sk)->cwnd_event(sk, event);
}

/**
 * ltcp_kcong_set_state - set_state: an episode begins or ends
 * @sk: connection, icsk_ca_state still the old one
 * @state: TCP_CA_*
 *
 * Context: socket lock.
 */
void ltcp_kcong_set_state(struct sock *sk, u8 state)
{
	if (state != inet_csk(sk)->icsk_ca_state && kcong_ca(sk)->set_state)
		kcong_ca(sk)->set_state(sk, state);
}

static u32 kcong_ack_flags(const struct ltcp_ack_result *res)
{
	return (res->wnd_update ? CA_ACK_WIN_UPDATE : 0) |
	       (res->ece ? CA_ACK_ECE : 0) |
	       (res->dup || res->sacked_segs ? CA_ACK_SLOWPATH : 0);
}

/**
 * ltcp_kcong_acked - in_ack_event and pkts_acked: an ACK has been read
 * @sk: connection; losses have not been judged yet
 * @seg: segment that carries it
 * @res: what it told
 *
 * Context: BH off, socket lock.
 */
void ltcp_kcong_acked(struct sock *sk, const struct ltcp_seg *seg,
		      const struct ltcp_ack_result *res)
{
	const struct tcp_congestion_ops *ca = kcong_ca(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct ack_sample sample = {
		.pkts_acked = res->delivered_segs,
		.rtt_us = res->rtt_us ? (s32)res->rtt_us : -1,
	};

	/* Bytes that were sent before this ACK's newest packet and are delivered with it */
	if (res->rate.prior_us)
		sample.in_flight = tp->mss_cache *
				   (tp->delivered - res->rate.cc.prior_delivered);
	tp->rx_opt.saw_tstamp = !!(seg->opt.present & LTCP_OPT_TS);
	if (tp->rx_opt.saw_tstamp) {
		tp->rx_opt.rcv_tsval = seg->opt.tsval;
		tp->rx_opt.rcv_tsecr = seg->opt.tsecr - tp->tsoffset;
	}
	if (ca->in_ack_event)
		ca->in_ack_event(sk, kcong_ack_flags(res));
	if (ca->pkts_acked && res->delivered_segs)
		ca->pkts_acked(sk, &sample);
}

/**
 * ltcp_kcong_min_tso_segs - how many segments a packet has at least
 * @sk: connection
 *
 * Context: socket lock. Return: what the module wants, or else tcp_min_tso_segs.
 */
u32 ltcp_kcong_min_tso_segs(const struct sock *sk)
{
	if (ltcp_is_kcong(sk) && kcong_ca(sk)->min_tso_segs)
		return kcong_ca(sk)->min_tso_segs((struct sock *)sk);
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_tso_segs);
}

/**
 * ltcp_kcong_sndbuf_expand - how many cwnd the send buffer holds
 * @sk: connection
 *
 * Context: socket lock. Return: what the module wants, or else 2.
 */
u32 ltcp_kcong_sndbuf_expand(struct sock *sk)
{
	if (ltcp_is_kcong(sk) && kcong_ca(sk)->sndbuf_expand)
		return kcong_ca(sk)->sndbuf_expand(sk);
	return 2;
}

/* ------------------------------------------------------------------ */
/* References                                                           */
/* ------------------------------------------------------------------ */

/**
 * ltcp_kcong_hold - choose a module of the kernel
 * @ca: registered congestion control, NULL: none was found
 * @choice: filled
 *
 * Context: RCU. Return: 0, and @choice holds a reference; -ENOENT, -EOPNOTSUPP for
 * the two kinds above, -EBUSY when it is being unloaded.
 */
int ltcp_kcong_hold(const struct tcp_congestion_ops *ca,
		    struct ltcp_cc_choice *choice)
{
	if (!ca)
		return -ENOENT;
	if ((ca->flags & TCP_CONG_NEEDS_ECN) || ltcp_cong_is_bpf(ca))
		return -EOPNOTSUPP;
	if (!try_module_get(ca->owner))
		return -EBUSY;
	choice->ca = ca;
	choice->cc = ca->cong_control ? &ltcp_kcong_model : &ltcp_kcong;
	return 0;
}

/**
 * ltcp_kcong_stop - the module's work for a connection is over
 * @sk: connection whose congestion control is a module
 *
 * The reference stays. Context: socket lock or last reference.
 */
void ltcp_kcong_stop(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (!icsk->icsk_ca_initialized)
		return;
	if (kcong_ca(sk)->release)
		kcong_ca(sk)->release(sk);
	memset(icsk->icsk_ca_priv, 0, sizeof(icsk->icsk_ca_priv));
	icsk->icsk_ca_initialized = 0;
}
