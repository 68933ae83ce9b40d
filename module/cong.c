// SPDX-License-Identifier: GPL-2.0
/*
 * cong.c - between the connection's events and congestion control.
 *
 * The algorithms (pure/cong.h, pure/reno.c, ...) see events and a struct of
 * windows, never a socket. This file loads that struct from the control block,
 * calls, and stores the answer: it is the one writer of snd_cwnd and
 * snd_ssthresh. Windows are in segments.
 *
 * Each algorithm has a label: a tcp_congestion_ops that is never registered, of
 * which none but get_info is ever called, so that ss, TCP_INFO and BPF read its name
 * where they look for one. What ltcp does not have itself may be registered with the
 * kernel: kcong.c is the algorithm then, and icsk_ca_ops the kernel's.
 */
#include "ltcp.h"

#define LTCP_INIT_CWND	10		/* RFC 6928 */

/*
 * RFC 3465 bounds what one ACK adds in slow start by L = 2 segments, from times
 * when an ACK spoke for two. Receivers with GRO speak for forty, and the bound
 * would make slow start linear; so the count of whole segments delivered is all
 * that bounds it (an ACK split in parts still gains nothing), but for L = 1 after
 * a timeout (section 2.3).
 */
#define LTCP_CWND_L		U32_MAX
#define LTCP_CWND_L_AFTER_RTO	1

#define LTCP_LABEL(name_)	.name = (name_), .owner = THIS_MODULE

static const struct {
	const struct ltcp_cc_ops *cc;
	struct tcp_congestion_ops label;
} ltcp_cc_table[] = {
	{ &ltcp_reno,  { LTCP_LABEL("reno"), .flags = TCP_CONG_NON_RESTRICTED } },
	{ &ltcp_tahoe, { LTCP_LABEL("tahoe"), .flags = TCP_CONG_NON_RESTRICTED } },
	{ &ltcp_cubic, { LTCP_LABEL("cubic"), .flags = TCP_CONG_NON_RESTRICTED } },
	{ &ltcp_bbr,   { LTCP_LABEL("bbr"), .flags = TCP_CONG_NON_RESTRICTED,
			 .get_info = ltcp_ccinfo_bbr } },
	/* Not for a network shared with others (RFC 8257 section 5) */
	{ &ltcp_dctcp, { LTCP_LABEL("dctcp"), .flags = TCP_CONG_NEEDS_ECN,
			 .get_info = ltcp_ccinfo_dctcp } },
};

/* The algorithm of that name among ltcp's own. */
static bool ltcp_cong_find_own(const char *name, struct ltcp_cc_choice *choice)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ltcp_cc_table); i++) {
		if (strcmp(ltcp_cc_table[i].cc->name, name))
			continue;
		choice->cc = ltcp_cc_table[i].cc;
		choice->ca = &ltcp_cc_table[i].label;
		return true;
	}
	return false;
}

/* @ca, or ltcp's own of that name; RCU. As ltcp_kcong_hold(). */
static int ltcp_cong_hold(const struct tcp_congestion_ops *ca,
			  struct ltcp_cc_choice *choice)
{
	if (ca && ltcp_cong_find_own(ca->name, choice))
		return 0;
	return ltcp_kcong_hold(ca, choice);
}

/* By name, ltcp's own first. As ltcp_kcong_hold(). */
static int ltcp_cong_get(const char *name, struct ltcp_cc_choice *choice)
{
	int err;

	if (ltcp_cong_find_own(name, choice))
		return 0;
	rcu_read_lock();
	err = ltcp_kcong_hold(ltcp_ca_find(name), choice);
	rcu_read_unlock();
	return err;
}

/* The same; who administers the machine may have the module loaded for it. */
static int ltcp_cong_get_or_load(const char *name, struct ltcp_cc_choice *choice)
{
	int err = ltcp_cong_get(name, choice);

	if (err != -ENOENT || !capable(CAP_NET_ADMIN))
		return err;
	request_module("tcp_%s", name);
	return ltcp_cong_get(name, choice);
}

/*
 * May anybody choose it? As tcp_allowed_congestion_control says, which knows those
 * that are registered with the kernel; of the others as ltcp_cc_table does.
 */
static bool ltcp_cong_allowed(const struct ltcp_cc_choice *choice)
{
	const struct tcp_congestion_ops *ca;
	bool allowed;

	rcu_read_lock();
	ca = ltcp_ca_find(choice->ca->name) ?: choice->ca;
	allowed = ca->flags & TCP_CONG_NON_RESTRICTED;
	rcu_read_unlock();
	return allowed;
}

/* Give up a choice that no socket has. */
static void ltcp_cong_drop(const struct ltcp_cc_choice *choice)
{
	if (choice->cc == &ltcp_kcong || choice->cc == &ltcp_kcong_model)
		module_put(choice->ca->owner);
}

/*
 * From now on @sk has @choice, and its reference. Of a listener others read both
 * without its lock: never is one of them nothing, and icsk_ca_ops is what counts.
 */
static void ltcp_cong_take(struct sock *sk, const struct ltcp_cc_choice *choice)
{
	WRITE_ONCE(ltcp_sk(sk)->cc, choice->cc);
	WRITE_ONCE(inet_csk(sk)->icsk_ca_ops, choice->ca);
}

/* @sk has @choice, and no longer what it had. */
static void ltcp_cong_swap(struct sock *sk, const struct ltcp_cc_choice *choice)
{
	const struct ltcp_cc_choice old = {
		.cc = ltcp_sk(sk)->cc,
		.ca = inet_csk(sk)->icsk_ca_ops,
	};

	if (ltcp_is_kcong(sk))
		ltcp_kcong_stop(sk);
	ltcp_cong_take(sk, choice);
	ltcp_cong_drop(&old);
}

static const struct ltcp_cc_choice ltcp_cong_reno = {
	.cc = &ltcp_reno,
	.ca = &ltcp_cc_table[0].label,
};

/**
 * ltcp_cong_put - a socket needs no congestion control any more
 * @sk: socket
 *
 * Context: socket lock, or nobody else knows of @sk.
 */
void ltcp_cong_put(struct sock *sk)
{
	ltcp_cong_swap(sk, &ltcp_cong_reno);
}

/* The namespace's net.ipv4.tcp_congestion_control; Reno if it cannot be had. */
static void ltcp_cong_take_default(struct sock *sk)
{
	struct ltcp_cc_choice choice;
	int err;

	rcu_read_lock();
	err = ltcp_cong_hold(rcu_dereference(
			sock_net(sk)->ipv4.tcp_congestion_control), &choice);
	rcu_read_unlock();
	ltcp_cong_take(sk, err ? &ltcp_cong_reno : &choice);
}

/**
 * ltcp_cc_load - what an algorithm works on, from the control block
 * @lt: connection
 * @cc: filled but for what is the algorithm's
 *
 * Context: socket lock.
 */
void ltcp_cc_load(const struct ltcp_sock *lt, struct ltcp_cc *cc)
{
	const struct tcp_sock *tp = &lt->tcp;

	cc->cwnd = tp->snd_cwnd;
	cc->ssthresh = tp->snd_ssthresh;
	cc->cwnd_cnt = tp->snd_cwnd_cnt;
	cc->cwnd_clamp = tp->snd_cwnd_clamp;
	cc->prior_cwnd = tp->prior_cwnd;
}

static void ltcp_cc_store(struct ltcp_sock *lt, const struct ltcp_cc *cc)
{
	struct tcp_sock *tp = &lt->tcp;

	WRITE_ONCE(tp->snd_cwnd, max(cc->cwnd, 1U));
	tp->snd_ssthresh = cc->ssthresh;
	tp->snd_cwnd_cnt = cc->cwnd_cnt;
	tp->prior_cwnd = cc->prior_cwnd;
}

/* The clock of congestion window validation. */
static u32 ltcp_cong_now_ms(const struct ltcp_sock *lt)
{
	return div_u64(lt->tcp.tcp_mstamp, USEC_PER_MSEC);
}

static u32 ltcp_initial_cwnd(const struct sock *sk)
{
	const struct dst_entry *dst = ltcp_dst(sk);
	u32 cwnd = dst ? dst_metric(dst, RTAX_INITCWND) : 0;

	return min(cwnd ?: LTCP_INIT_CWND, tcp_sk(sk)->snd_cwnd_clamp);
}

/**
 * ltcp_cong_init - a fresh control block
 * @sk: socket before its connection, or a listener's child
 *
 * The namespace's default algorithm, unless one was chosen.
 * Context: socket lock or unpublished socket.
 */
void ltcp_cong_init(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;

	if (!lt->cc)
		ltcp_cong_take_default(sk);
	else if (ltcp_is_kcong(sk))
		ltcp_kcong_stop(sk);
	/* So the built-in, which BPF programs reach, does not exchange icsk_ca_ops alone */
	inet_csk(sk)->icsk_ca_dst_locked = 1;
	inet_csk(sk)->icsk_ca_state = TCP_CA_Open;
	tp->snd_cwnd_clamp = S32_MAX;
	WRITE_ONCE(tp->snd_cwnd, LTCP_INIT_CWND);
	tp->snd_ssthresh = LTCP_SSTHRESH_INFINITE;
	tp->snd_cwnd_cnt = 0;
	tp->prior_cwnd = 0;
}

/* An algorithm takes a connection over. */
static void ltcp_cc_begin(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cc *cc = &lt->cc_work;

	memset(cc, 0, sizeof(*cc));
	cc->rand = get_random_u32();
	ltcp_cc_load(lt, cc);
	lt->cc->init(cc);
	ltcp_cc_store(lt, cc);
	lt->cc_started = true;
	lt->prr_on = false;
	ltcp_cwv_reset(&lt->cwv, ltcp_cong_now_ms(lt));
	if (lt->cc->own_recovery)
		ltcp_pace_request(sk);
	ltcp_pace_update(sk, cc->pacing_rate);
}

/* What the route says of the path (ip-route(8)): cwnd, when locked, and ssthresh. */
static void ltcp_cong_route_bounds(struct sock *sk)
{
	const struct dst_entry *dst = ltcp_dst(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!dst)
		return;
	if (unlikely(dst_metric_locked(dst, RTAX_CWND)))
		tp->snd_cwnd_clamp = clamp_t(u32, dst_metric(dst, RTAX_CWND), 1, S32_MAX);
	if (unlikely(dst_metric(dst, RTAX_SSTHRESH)))
		tp->snd_ssthresh = min(dst_metric(dst, RTAX_SSTHRESH), tp->snd_cwnd_clamp);
}

/**
 * ltcp_cong_start - the connection is about to carry data
 * @sk: connection entering ESTABLISHED
 *
 * RFC 6928: ten segments, or the route's initcwnd; one when the SYN or SYN-ACK
 * was lost (RFC 5681 section 3.1) more than once, since the first time may have been
 * too soon (RFC 6928 section 2). Context: BH off, socket lock.
 */
void ltcp_cong_start(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	lt->tcp.snd_cwnd_stamp = tcp_jiffies32;
	ltcp_cong_route_bounds(sk);
	WRITE_ONCE(lt->tcp.snd_cwnd, lt->tcp.total_retrans > 1 ? 1 :
						ltcp_initial_cwnd(sk));
	ltcp_cc_begin(sk);
}

/* @sk has another algorithm from now on; one that works takes over at once. */
static void ltcp_cong_change(struct sock *sk, const struct ltcp_cc_choice *choice)
{
	ltcp_cong_swap(sk, choice);
	if (ltcp_sk(sk)->cc_started)
		ltcp_cc_begin(sk);
}

/**
 * ltcp_cong_set - choose an algorithm by name
 * @sk: socket
 * @name: NUL-terminated
 *
 * Context: process, socket lock. Return: 0; -ENOENT when there is none of that name;
 * -EPERM when only an administrator may choose it or the route has chosen;
 * -EOPNOTSUPP or -EBUSY as ltcp_kcong_hold().
 */
int ltcp_cong_set(struct sock *sk, const char *name)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct ltcp_cc_choice choice;
	int err;

	if (ltcp_sk(sk)->cc_locked)
		return -EPERM;
	err = ltcp_cong_get_or_load(name, &choice);
	if (err)
		return err;
	if (choice.ca == icsk->icsk_ca_ops) {
		ltcp_cong_drop(&choice);
	} else if (!ltcp_cong_allowed(&choice) &&
		   !sockopt_ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN)) {
		ltcp_cong_drop(&choice);
		return -EPERM;
	} else {
		ltcp_cong_change(sk, &choice);
	}
	icsk->icsk_ca_setsockopt = 1;
	return 0;
}

/**
 * ltcp_cong_inherit - a child copied its listener's congestion control
 * @child: fresh clone; nothing but the copy was done to it
 *
 * It keeps what TCP_CONGESTION chose there; otherwise the namespace's choice of
 * now is its own, which ltcp_cong_init() sees to. The listener may have been given
 * another one while it was copied. Context: RCU; nobody knows of @child.
 */
void ltcp_cong_inherit(struct sock *child)
{
	struct inet_connection_sock *icsk = inet_csk(child);
	struct ltcp_cc_choice choice;

	icsk->icsk_ca_initialized = 0;
	ltcp_sk(child)->cc = NULL;
	if (icsk->icsk_ca_setsockopt &&
	    !ltcp_cong_hold(icsk->icsk_ca_ops, &choice))
		ltcp_cong_take(child, &choice);
}

/**
 * ltcp_cong_route - the route may name a congestion control
 * @sk: connection that has not begun
 * @dst: its route
 *
 * "congctl", which goes before TCP_CONGESTION, and with "lock" also after it.
 * Context: socket lock.
 */
void ltcp_cong_route(struct sock *sk, const struct dst_entry *dst)
{
	u32 key = dst_metric(dst, RTAX_CC_ALGO);
	struct ltcp_cc_choice choice;
	int err;

	if (likely(!key))
		return;
	rcu_read_lock();
	err = ltcp_cong_hold(ltcp_ca_find_key(key), &choice);
	rcu_read_unlock();
	if (err)
		return;
	ltcp_cong_change(sk, &choice);
	ltcp_sk(sk)->cc_locked = tcp_ca_dst_locked(dst);
}

/* RFC 9937: one step of the way down to ssthresh. */
static void ltcp_cong_reduce(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct ltcp_prr_ack ack = {
		.delivered = res->delivered_segs,
		.in_flight = ltcp_in_flight(tp),
		.ssthresh = tp->snd_ssthresh,
		.cwnd = tp->snd_cwnd,
		.una_advanced = res->acked_bytes,
		.new_loss = res->new_loss,
		.sack = tp->rx_opt.sack_ok,
	};

	if (!ack.sack)
		ack.delivered = ltcp_prr_delivered_nosack(res->acked_segs,
							  res->dup,
							  res->prior_dupacks);
	WRITE_ONCE(tp->snd_cwnd, ltcp_prr_cwnd(&lt->prr, &ack));
}

/*
 * Is this ACK no reason for Reno and its kin to grow cwnd? With a mark echoed it
 * is none (RFC 3168 section 6.1.2). In recovery, and by the ACK that ends it, cwnd
 * does not grow, unless it is below ssthresh: Tahoe's slow start begins with the
 * retransmission.
 */
static bool ltcp_cong_stands(const struct sock *sk,
			     const struct ltcp_ack_result *res)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (res->prior_ca_state == TCP_CA_Recovery &&
	    (tp->snd_cwnd >= tp->snd_ssthresh || ltcp_sk(sk)->unreduced))
		return true;
	return (!res->acked_bytes && !res->sacked_new) || res->ece ||
	       ltcp_sk(sk)->frto.step == LTCP_FRTO_STEP3;
}

/*
 * In slow start cwnd doubles: with more than half of it in use it was about to
 * be the limit, although a full send buffer or pacing came first. Not when it is
 * some old value that nobody knows the worth of (RFC 7661 section 4.4).
 */
static bool ltcp_cong_half_used(const struct sock *sk,
				const struct ltcp_ack_result *res)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tp->snd_cwnd < tp->snd_ssthresh && ltcp_sk(sk)->cwv.valid &&
	       res->prior_in_flight > tp->snd_cwnd / 2;
}

/* Models and those that count marks hear of every delivery. */
static bool ltcp_cong_hears_all(const struct ltcp_cc_ops *cc)
{
	return cc->own_recovery || cc->needs_ecn;
}

/*
 * Does a segment count when it arrives, and not when SND.UNA passes it? Also where
 * packets overtake each other: there is nearly always a hole, and cwnd would grow as
 * late as the latest, or not at all when Recovery came between. But not with the ACK
 * that begins it, which has just cut cwnd.
 */
static bool ltcp_cong_counts_arrivals(const struct sock *sk,
				      const struct ltcp_ack_result *res)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);

	return ltcp_cong_hears_all(lt->cc) ||
	       (lt->rack.reordering_seen && res->prior_ca_state < TCP_CA_Recovery &&
		!ltcp_in_recovery(sk));
}

static void ltcp_cong_tell(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cc_ack ev = {
		.now_us = lt->tcp.tcp_mstamp,
		.acked_segs = res->acked_segs,
		.acked_bytes = res->acked_bytes,
		.mss = lt->tcp.mss_cache,
		.in_flight = res->prior_in_flight,
		.rtt_us = res->rtt_us,
		.srtt_us = lt->tcp.srtt_us >> 3,
		.cwnd_limited = lt->tcp.is_cwnd_limited ||
				(!lt->cc->own_recovery && ltcp_cong_half_used(sk, res)),
		.app_limited = lt->tcp.app_limited,
		.round_start = lt->round_start,
		.paced = READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE,
		.min_rtt_us = ltcp_min_rtt_us(&lt->tcp),
		.rate = res->rate.cc,
		.abc_l_segs = LTCP_CWND_L,
	};

	if (ltcp_cong_counts_arrivals(sk, res))
		ev.acked_segs = res->delivered_segs;
	if (ltcp_cong_hears_all(lt->cc)) {
		ev.ce_segs = res->ece ? res->delivered_segs : 0;
		ev.in_recovery = inet_csk(sk)->icsk_ca_state == TCP_CA_Recovery ||
			(lt->cc->needs_ecn && ltcp_cong_stands(sk, res));
	}
	if (!lt->cc->own_recovery && res->prior_ca_state >= TCP_CA_Recovery) {
		ev.cwnd_limited = true;
		ev.abc_l_segs = LTCP_CWND_L_AFTER_RTO;
	}
	ltcp_cc_load(lt, &lt->cc_work);
	lt->cc->on_ack(&lt->cc_work, &ev);
	ltcp_cc_store(lt, &lt->cc_work);
	if (lt->round_start) {
		lt->tcp.is_cwnd_limited = false;
		lt->tcp.max_packets_out = lt->tcp.packets_out;
	}
	lt->round_start = false;
}

/* Five minutes have passed in which cwnd was not used (RFC 7661 section 4.4.3). */
static void ltcp_cong_expire(struct sock *sk, struct ltcp_cc *cc, u32 now_ms)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 wnd = ltcp_cwv_expire(&lt->cwv, cc, now_ms, ltcp_initial_cwnd(sk));

	lt->cc->idle_restart(cc, wnd);
}

/* How much of cwnd is in use? */
static void ltcp_cong_validate(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cwv_ack ack = {
		.now_ms = ltcp_cong_now_ms(lt),
		.srtt_us = lt->tcp.srtt_us >> 3,
		.sample_segs = res->rate.cc.delivered,
		.cwnd = lt->tcp.snd_cwnd,
		.round_start = res->round_start,
		.cwnd_limited = lt->tcp.is_cwnd_limited || ltcp_cong_half_used(sk, res),
	};

	if (!lt->cc->validates || ltcp_in_recovery(sk) ||
	    res->prior_ca_state >= TCP_CA_Recovery)
		return;
	if (unlikely(ltcp_cwv_expired(&lt->cwv, ack.now_ms))) {
		ltcp_cc_load(lt, &lt->cc_work);
		ltcp_cong_expire(sk, &lt->cc_work, ack.now_ms);
		ltcp_cc_store(lt, &lt->cc_work);
		ack.cwnd = lt->tcp.snd_cwnd;
	}
	ltcp_cwv_on_ack(&lt->cwv, &ack);
}

/**
 * ltcp_cong_on_ack - data was delivered
 * @sk: connection, its loss state already up to date
 * @res: what the ACK told
 *
 * In fast recovery cwnd goes where PRR leads it; it does not grow, also not by the
 * ACK that ends it. An algorithm with a recovery of its own hears of every
 * delivery. Context: BH off, socket lock.
 */
void ltcp_cong_on_ack(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	bool recovers = lt->prr_on &&
			inet_csk(sk)->icsk_ca_state == TCP_CA_Recovery;
	bool tell = ltcp_cong_hears_all(lt->cc) ? res->delivered_segs :
			!recovers && !ltcp_cong_stands(sk, res);

	ltcp_cong_validate(sk, res);
	if (!tell && !recovers)
		return;
	if (tell)
		ltcp_cong_tell(sk, res);
	if (recovers)
		ltcp_cong_reduce(sk, res);
	ltcp_pace_update(sk, lt->cc_work.pacing_rate);
}

/**
 * ltcp_cong_packet_lost - a packet was judged lost
 * @sk: connection
 * @skb: packet, counted in lost
 *
 * Context: BH off, socket lock.
 */
void ltcp_cong_packet_lost(struct sock *sk, const struct sk_buff *skb)
{
	const struct ltcp_cb *cb = ltcp_cb(skb);
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cc_lost lost = {
		.now_us = lt->tcp.tcp_mstamp,
		.seq = cb->seq,
		.end_seq = cb->end_seq,
		.segs = cb->segs,
		.mss = lt->tcp.mss_cache,
		.delivered = lt->tcp.delivered,
		.tx_in_flight = cb->in_flight,
		.lost = lt->tcp.lost - cb->lost,
		.app_limited = cb->app_limited,
		.no_sack = !lt->tcp.rx_opt.sack_ok,
	};

	if (!lt->cc->on_lost)
		return;
	ltcp_cc_load(lt, &lt->cc_work);
	lt->cc->on_lost(&lt->cc_work, &lost);
	ltcp_cc_store(lt, &lt->cc_work);
}

/* Has this congestion been answered, when marks told of it? */
static bool ltcp_cong_known(const struct ltcp_sock *lt, enum ltcp_cc_loss kind)
{
	return kind == LTCP_LOSS_FAST && !lt->cc->own_recovery &&
	       lt->reduced == LTCP_REDUCED_MARK &&
	       seq_lt(lt->tcp.snd_una, lt->reduced_until);
}

/*
 * Congestion meets a window that is not valid. It counts for no more than what was
 * in use, and half of that is left (RFC 7661 section 4.4.1); but where each mark is
 * counted, they say how much less.
 */
static u32 ltcp_cong_cut_unvalidated(struct ltcp_sock *lt, u32 flight,
				     enum ltcp_cc_loss kind)
{
	u32 now_ms = ltcp_cong_now_ms(lt), cwnd = lt->cc_work.cwnd;
	u32 used = ltcp_cwv_used(&lt->cwv, flight, now_ms, lt->tcp.srtt_us >> 3);
	struct ltcp_cc *cc = &lt->cc_work;
	u32 target;

	cc->cwnd = min(cwnd, used);
	cc->ssthresh = lt->cc->ssthresh(cc, used, kind);
	if (kind != LTCP_LOSS_ECN || !lt->cc->needs_ecn)
		cc->ssthresh = max(used / 2, 2U);
	target = lt->cc->loss_cwnd(cc, used, kind);
	cc->cwnd = cwnd;
	cc->prior_cwnd = cwnd;
	ltcp_cwv_reset(&lt->cwv, now_ms);
	if (kind == LTCP_LOSS_FAST)
		ltcp_cwv_loss(&lt->cwv, used);
	return target;
}

/* ssthresh, and cwnd, which is returned, after congestion. */
static u32 ltcp_cong_cut(struct ltcp_sock *lt, u32 flight, enum ltcp_cc_loss kind)
{
	struct ltcp_cc *cc = &lt->cc_work;

	if (unlikely(!lt->cwv.valid && kind != LTCP_LOSS_RTO))
		return ltcp_cong_cut_unvalidated(lt, flight, kind);
	if (kind != LTCP_LOSS_ECN)
		ltcp_cwv_reset(&lt->cwv, ltcp_cong_now_ms(lt));
	cc->ssthresh = lt->cc->ssthresh(cc, flight, kind);
	return lt->cc->loss_cwnd(cc, flight, kind);
}

/**
 * ltcp_cong_on_loss - a loss episode begins
 * @sk: connection
 * @kind: what showed the loss
 * @res: the ACK that did; NULL for a timeout
 *
 * An algorithm that wants cwnd at ssthresh gets there by PRR; one that wants less
 * (Tahoe, or any after a timeout) at once. Where marks have told of the same
 * congestion before, ssthresh is lowered already (RFC 3168 section 6.1.2).
 * Context: BH off, socket lock.
 */
void ltcp_cong_on_loss(struct sock *sk, enum ltcp_cc_loss kind,
		       const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct ltcp_cc *cc = &lt->cc_work;
	/*
	 * FlightSize when the ACK came, which may have filled one hole and shown
	 * another; without what limited transmit added (RFC 5681 section 3.2)
	 */
	u32 in_flight = min(tp->packets_out + (res ? res->acked_segs : 0), tp->snd_cwnd);
	u32 target;

	ltcp_cc_load(lt, cc);
	cc->prior_cwnd = cc->cwnd;
	lt->cut = !ltcp_cong_known(lt, kind);
	if (!lt->cut)
		target = cc->ssthresh;
	else
		target = ltcp_cong_cut(lt, in_flight, kind);
	cc->cwnd_cnt = 0;
	lt->prr_on = res && target >= cc->ssthresh && !lt->cc->own_recovery;
	if (lt->prr_on)
		ltcp_prr_init(&lt->prr, tp->packets_out, tp->sacked_out,
			      res->sacked_segs, res->acked_segs);
	else
		cc->cwnd = target;
	ltcp_cc_store(lt, cc);
	tp->snd_cwnd_stamp = tcp_jiffies32;
	ltcp_ecn_reduced(sk, LTCP_REDUCED_LOSS);
}

/**
 * ltcp_cong_on_mark - the peer echoes a congestion mark, the first of a window
 * @sk: connection
 * @res: the ACK that does
 *
 * Nothing was lost, so cwnd is where it shall be at once; until as much has left
 * the network nothing is sent. Context: BH off, socket lock.
 */
void ltcp_cong_on_mark(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cc *cc = &lt->cc_work;
	u32 in_flight = min(res->prior_in_flight, lt->tcp.snd_cwnd);
	u32 target;

	ltcp_cc_load(lt, cc);
	cc->prior_cwnd = cc->cwnd;
	target = ltcp_cong_cut(lt, in_flight, LTCP_LOSS_ECN);
	cc->cwnd = min(cc->cwnd, target);
	cc->cwnd_cnt = 0;
	ltcp_cc_store(lt, cc);
	lt->tcp.snd_cwnd_stamp = tcp_jiffies32;
	ltcp_pace_update(sk, cc->pacing_rate);
	ltcp_ecn_reduced(sk, LTCP_REDUCED_MARK);
}

/* ssthresh is what it was, cwnd at most @safe; the episode's reduction never was. */
static void ltcp_cong_undo_cut(struct ltcp_sock *lt, struct ltcp_cc *cc, u32 safe)
{
	if (lt->cc->own_recovery)	/* paced: there is no burst */
		cc->cwnd = lt->cc->undo_cwnd(cc);
	else
		cc->cwnd = max(cc->cwnd, min(lt->cc->undo_cwnd(cc), safe));
	cc->ssthresh = lt->undo.pipe_prev;
	lt->reduced = LTCP_REDUCED_NOT;
	ltcp_cwv_reset(&lt->cwv, ltcp_cong_now_ms(lt));
}

/* Nothing was cut when the episode began; PRR alone may hold cwnd lower than then. */
static void ltcp_cong_undo_prr(struct ltcp_sock *lt, struct ltcp_cc *cc, u32 safe)
{
	if (!lt->prr_on)
		return;
	cc->cwnd = max(cc->cwnd, min(cc->prior_cwnd, safe));
	lt->reduced = LTCP_REDUCED_MARK;
}

/**
 * ltcp_cong_undo - the last reduction was for nothing
 * @sk: connection
 * @res: the ACK that proved it
 *
 * RFC 4015 section 3.1, steps 9 and 10: ssthresh is what it was, cwnd such that
 * no burst leaves, and slow start leads back. An episode that found cwnd reduced, for
 * marks, leaves it so. Context: BH off, socket lock.
 */
void ltcp_cong_undo(struct sock *sk, const struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct ltcp_cc *cc = &lt->cc_work;
	u32 safe = ltcp_undo_cwnd(lt->tcp.packets_out, res->acked_segs,
				  ltcp_initial_cwnd(sk));

	ltcp_cc_load(lt, cc);
	if (lt->cut)
		ltcp_cong_undo_cut(lt, cc, safe);
	else
		ltcp_cong_undo_prr(lt, cc, safe);
	ltcp_cc_store(lt, cc);
	lt->prr_on = false;
}

/**
 * ltcp_cong_limit - F-RTO wants cwnd so
 * @sk: connection
 * @cwnd: segments
 * @raise: at least so many; otherwise at most
 *
 * Context: BH off, socket lock.
 */
void ltcp_cong_limit(struct sock *sk, u32 cwnd, bool raise)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (ltcp_sk(sk)->cc->own_recovery)
		return;
	WRITE_ONCE(tp->snd_cwnd, raise ? max(tp->snd_cwnd, cwnd) :
					 min(tp->snd_cwnd, cwnd));
}

/**
 * ltcp_cong_on_repeated_rto - a timeout of data whose loss has been answered
 * @sk: connection
 * @again: the segment had been sent again
 *
 * RFC 5681 section 3.1: ssthresh is held, unless this segment has not been sent again
 * before; cwnd is the loss window once more. What an undo would bring back stays.
 * Context: BH off, socket lock.
 */
void ltcp_cong_on_repeated_rto(struct sock *sk, bool again)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 half = min(tp->packets_out, tp->snd_cwnd) / 2;

	/* A timeout is answered as always */
	ltcp_cwv_reset(&ltcp_sk(sk)->cwv, ltcp_cong_now_ms(ltcp_sk(sk)));
	if (!again && !ltcp_sk(sk)->cc->own_recovery) {
		tp->snd_ssthresh = max(min(tp->snd_ssthresh, half), 2U);
		ltcp_kcong_event(sk, CA_EVENT_LOSS);
	}
	ltcp_ecn_reduced(sk, LTCP_REDUCED_LOSS);
	WRITE_ONCE(tp->snd_cwnd, 1);
	tp->snd_cwnd_cnt = 0;
	ltcp_sk(sk)->prr_on = false;
}

/* What were @segs segments of @old_mss bytes, in segments of now; at least 2. */
static u32 ltcp_cong_recut(const struct tcp_sock *tp, u32 segs, u32 old_mss)
{
	u64 now = div_u64((u64)segs * old_mss, tp->mss_cache);

	return clamp_t(u64, now, 2, LTCP_SSTHRESH_INFINITE - 1);
}

/**
 * ltcp_cong_mss_changed - segments are larger now: so many bytes are fewer of them
 * @sk: connection, its mss_cache the new one
 * @old_mss: bytes before
 *
 * cwnd and ssthresh are both bytes in truth (RFC 5681). Context: BH off, socket lock.
 */
void ltcp_cong_mss_changed(struct sock *sk, u32 old_mss)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 cwnd = ltcp_cong_recut(tp, tp->snd_cwnd, old_mss);

	WRITE_ONCE(tp->snd_cwnd, min(cwnd, tp->snd_cwnd_clamp));
	if (tp->snd_ssthresh < LTCP_SSTHRESH_INFINITE)
		tp->snd_ssthresh = ltcp_cong_recut(tp, tp->snd_ssthresh, old_mss);
}

/**
 * ltcp_cong_recovered - a loss episode ended
 * @sk: connection
 *
 * cwnd is ssthresh: RFC 9937 section 6.4, whatever PRR had reached; RFC 6582
 * section 3.2, step 3. If cwnd was not valid when the loss came, both take account
 * of how much was lost (RFC 7661 section 4.4.1). Context: BH off, socket lock.
 */
void ltcp_cong_recovered(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;

	if (unlikely(lt->cwv.repairs)) {
		WRITE_ONCE(tp->snd_cwnd, ltcp_cwv_recovered(&lt->cwv));
		tp->snd_ssthresh = max(tp->snd_cwnd, 2U);
	} else if (lt->cc->own_recovery) {
		ltcp_cc_load(lt, &lt->cc_work);
		lt->cc->recovered(&lt->cc_work);
		ltcp_cc_store(lt, &lt->cc_work);
	} else if (tp->snd_cwnd > tp->snd_ssthresh || lt->prr_on) {
		WRITE_ONCE(tp->snd_cwnd, max(tp->snd_ssthresh, 1U));
	}
	lt->prr_on = false;
	ltcp_cwv_reset(&lt->cwv, ltcp_cong_now_ms(lt));
	tp->snd_cwnd_stamp = tcp_jiffies32;
	if (inet_csk(sk)->icsk_ca_state == TCP_CA_Recovery &&
	    !lt->cc->own_recovery)
		ltcp_kcong_event(sk, CA_EVENT_COMPLETE_CWR);
}

/* RFC 5681 section 4.1, unless tcp_slow_start_after_idle turns it off. */
static bool ltcp_cong_was_idle(const struct sock *sk)
{
	s32 pause = tcp_jiffies32 - tcp_sk(sk)->lsndtime;

	return pause > (s32)inet_csk(sk)->icsk_rto &&
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_slow_start_after_idle);
}

/* The pipe has run dry. Return: was cwnd left unused for too long? */
static bool ltcp_cong_revalidate(struct ltcp_sock *lt)
{
	u32 now_ms = ltcp_cong_now_ms(lt);

	if (!lt->cc->validates)
		return false;
	ltcp_cwv_restart(&lt->cwv, lt->tcp.snd_cwnd, now_ms, lt->tcp.srtt_us >> 3);
	return unlikely(ltcp_cwv_expired(&lt->cwv, now_ms));
}

/**
 * ltcp_cong_restart - data is to be sent, and nothing is in flight
 * @sk: connection
 *
 * What becomes of cwnd after a pause:
 *
 *	longer than RTO	   the restart window (RFC 5681 section 4.1), if
 *			   tcp_slow_start_after_idle is 1
 *	five minutes	   half of it (RFC 7661 section 4.4.3), if cwnd is validated
 *			   at all
 *
 * So with 0 it is kept, as RFC 7661 recommends, but not for ever; with 1 that RFC
 * only has a say for a connection that is not idle for so long, but sends little.
 * Context: socket lock.
 */
void ltcp_cong_restart(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	bool paused = lt->cc->on_restart && lt->tcp.app_limited;
	bool idle = ltcp_cong_was_idle(sk);
	bool expired = ltcp_cong_revalidate(lt);

	if (likely(!paused && !idle && !expired)) {
		ltcp_kcong_event(sk, CA_EVENT_TX_START);
		return;
	}
	ltcp_cc_load(lt, &lt->cc_work);
	if (expired)
		ltcp_cong_expire(sk, &lt->cc_work, ltcp_cong_now_ms(lt));
	if (idle) {
		/* Slow start leads back to near where it was, as RFC 2861 had it */
		if (!lt->cc->own_recovery)
			lt->cc_work.ssthresh = max(lt->cc_work.ssthresh,
						   lt->cc_work.cwnd - lt->cc_work.cwnd / 4);
		lt->cc->idle_restart(&lt->cc_work, ltcp_initial_cwnd(sk));
		ltcp_cwv_reset(&lt->cwv, ltcp_cong_now_ms(lt));
	}
	if (paused)
		lt->cc->on_restart(&lt->cc_work, lt->tcp.tcp_mstamp);
	ltcp_cc_store(lt, &lt->cc_work);
	ltcp_kcong_event(sk, CA_EVENT_TX_START);
	ltcp_pace_update(sk, lt->cc_work.pacing_rate);
}
