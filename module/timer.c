// SPDX-License-Identifier: GPL-2.0
/*
 * timer.c - the three timers of a connection, and what their expiry calls.
 *
 *	icsk_retransmit_timer	RTO, or what comes before it: the reordering timer or
 *				a tail loss probe (rack.c) or early SYN (path.c); or persist, when nothing
 *				is in flight; icsk_pending says which
 *	icsk_delack_timer	delayed ACK
 *	keepalive timer		keepalive; bounds an orphan's FIN-WAIT-2
 *
 * icsk_timeout is when the first is due. Moving it later does not touch the
 * timer: the handler finds that it is early and goes back to sleep, so the ACK
 * clock does not pay for the timer wheel. Moving it earlier does.
 *
 * A handler that finds the socket owned leaves a LTCP_DEFER_* bit, with a
 * reference, to ltcp_release_cb(). (An ICMP error's bit needs none: it is set while
 * the owner, who has one, still owns the socket.) Jiffies throughout.
 */
#include "trace.h"

#define LTCP_ORPHAN_RETRIES	8	/* tcp_orphan_retries 0 means this */
#define LTCP_SYN_R2_MS		(180 * MSEC_PER_SEC)
#define LTCP_THIN_PACKETS	4	/* fewer in flight: a thin stream */
#define LTCP_THIN_RETRIES	6	/* its timeouts that are not doubled */
#define LTCP_CORK_MAX		(HZ / 5) /* tcp(7): TCP_CORK holds 200 ms at most */

/* ------------------------------------------------------------------ */
/* Arming                                                               */
/* ------------------------------------------------------------------ */

/* Make @timer fire at @when or earlier; its handler sorts out which. */
static void ltcp_timer_at(struct sock *sk, struct timer_list *timer,
			  unsigned long when)
{
	if (!timer_pending(timer) || time_before(when, timer->expires))
		sk_reset_timer(sk, timer, when);
}

static void ltcp_xmit_timer_at(struct sock *sk, int what, unsigned long delay)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	icsk->icsk_pending = what;
	icsk->icsk_timeout = jiffies + delay;
	ltcp_timer_at(sk, &icsk->icsk_retransmit_timer, icsk->icsk_timeout);
}

/**
 * ltcp_rto_max - upper bound of RTO
 * @sk: socket
 *
 * Context: any. Return: jiffies.
 */
unsigned long ltcp_rto_max(const struct sock *sk)
{
	return msecs_to_jiffies(READ_ONCE(ltcp_sk(sk)->lnet->rto_max_ms));
}

/**
 * ltcp_rto_min_us - lower bound of RTO
 * @sk: socket
 *
 * The route's rto_min when it has one; net.ltcp.rto_min_ms when that was changed;
 * else tcp_rto_min_us.
 * Context: socket lock. Return: microseconds.
 */
u32 ltcp_rto_min_us(const struct sock *sk)
{
	u32 knob_ms = READ_ONCE(ltcp_sk(sk)->lnet->rto_min_ms);
	const struct dst_entry *dst = ltcp_dst(sk);

	if (unlikely(dst && dst_metric_locked(dst, RTAX_RTO_MIN)))
		return jiffies_to_usecs(dst_metric_rtt(dst, RTAX_RTO_MIN));
	if (knob_ms == LTCP_RTO_MIN_MS)
		return ltcp_tcp_rto_min_us(sock_net(sk));
	return knob_ms * USEC_PER_MSEC;
}

/**
 * ltcp_fin_timeout - how long FIN-WAIT-2 may last without a user
 * @sk: socket
 *
 * TCP_LINGER2, or tcp_fin_timeout; not shorter than the peer needs to hear of a
 * lost ACK. Context: any. Return: jiffies.
 */
unsigned int ltcp_fin_timeout(const struct sock *sk)
{
	int timeout = READ_ONCE(tcp_sk(sk)->linger2);
	unsigned int rto = inet_csk(sk)->icsk_rto;

	if (timeout <= 0)
		timeout = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout);
	/* The setting may be negative */
	return max_t(int, timeout, 4 * rto - (rto >> 1));
}

/*
 * Since when the oldest data outstanding has waited for its ACK, in ltcp_now_ms()
 * terms: at the latest since now, although fq may hold it yet.
 */
static u32 ltcp_waiting_since_ms(const struct sock *sk)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);
	const struct sk_buff *head = ltcp_rtx_head(lt);

	if (inet_csk(sk)->icsk_retransmits || !head)
		return lt->rto_since_ms;
	return div_u64(min_t(u64, head->skb_mstamp_ns, lt->tcp.tcp_clock_cache),
		       NSEC_PER_MSEC);
}

/* How long fq holds @skb yet, jiffies. A packet that has not left is not late. */
static unsigned long ltcp_departs_in(const struct sock *sk, const struct sk_buff *skb)
{
	u64 now_ns = tcp_sk(sk)->tcp_clock_cache;

	if (!skb || skb->skb_mstamp_ns <= now_ns)
		return 0;
	return nsecs_to_jiffies(skb->skb_mstamp_ns - now_ns);
}

static bool ltcp_waits_in_fq(const struct sock *sk)
{
	return READ_ONCE(sk->sk_pacing_status) == SK_PACING_FQ;
}

/* @delay, or what TCP_USER_TIMEOUT leaves of it, of a wait that began at @since_ms. */
static unsigned long ltcp_user_timeout_cuts(const struct sock *sk,
					    unsigned long delay, u32 since_ms)
{
	u32 limit_ms = READ_ONCE(inet_csk(sk)->icsk_user_timeout);
	s32 left_ms = limit_ms - (ltcp_now_ms() - since_ms);

	if (likely(!limit_ms))
		return delay;
	return min(delay, msecs_to_jiffies(max(left_ms, 0)) + 1);
}

static unsigned long ltcp_rto_delay(const struct sock *sk)
{
	unsigned long rto = min_t(unsigned long, inet_csk(sk)->icsk_rto,
				  ltcp_rto_max(sk));

	if (!ltcp_rtx_head(ltcp_sk(sk)))
		return rto;
	return ltcp_user_timeout_cuts(sk, rto, ltcp_waiting_since_ms(sk));
}

/* When RTO expires if it starts now, or when the first packet leaves; jiffies. */
static unsigned long ltcp_rto_due(const struct sock *sk)
{
	unsigned long when = jiffies + ltcp_rto_delay(sk);

	if (unlikely(ltcp_waits_in_fq(sk)))
		when += ltcp_departs_in(sk, ltcp_rtx_head(ltcp_sk(sk)));
	return when;
}

/* How long to wait for the ACK of the last packet before probing, jiffies; 0: no probe. */
static unsigned long ltcp_pto_delay(const struct sock *sk, unsigned long left)
{
	u32 pto_us = sk->sk_state == TCP_SYN_SENT ?
			ltcp_path_syn_probe_us(sk) :
			ltcp_tlp_delay_us(sk, jiffies_to_usecs(left));
	unsigned long delay;

	if (!pto_us)
		return 0;
	/* The tick of now is partly over; where round trips are short no ACK would be in time */
	delay = usecs_to_jiffies(pto_us) + 1;
	if (unlikely(ltcp_waits_in_fq(sk)))
		delay += ltcp_departs_in(sk, ltcp_sk(sk)->rtx_last);
	return delay;
}

/**
 * ltcp_timer_arm_loss - start the timer that is due first of those for losses
 * @sk: connection with packets outstanding, rto_at set
 * @reo_wait_us: when the reordering timer is wanted; 0: it is not
 *
 * Context: socket lock.
 */
void ltcp_timer_arm_loss(struct sock *sk, u32 reo_wait_us)
{
	long left = max_t(long, ltcp_sk(sk)->rto_at - jiffies, 1);
	unsigned long pto;

	if (unlikely(reo_wait_us)) {
		ltcp_xmit_timer_at(sk, ICSK_TIME_REO_TIMEOUT,
				   min_t(long, usecs_to_jiffies(reo_wait_us), left));
		return;
	}
	pto = ltcp_pto_delay(sk, left);
	if (pto)
		ltcp_xmit_timer_at(sk, ICSK_TIME_LOSS_PROBE, min_t(long, pto, left));
	else
		ltcp_xmit_timer_at(sk, ICSK_TIME_RETRANS, left);
}

/**
 * ltcp_timer_data_sent - new data has been sent
 * @sk: connection
 *
 * The tail loss probe waits for the ACK of the last of it (RFC 8985 section 7.2).
 * Context: socket lock.
 */
void ltcp_timer_data_sent(struct sock *sk)
{
	if (likely(inet_csk(sk)->icsk_pending != ICSK_TIME_REO_TIMEOUT))
		ltcp_timer_arm_loss(sk, 0);
}

/**
 * ltcp_timer_arm_rto - (re)start the retransmission timer
 * @sk: connection: the first packet of a flight is being sent, or an ACK of new data
 *	came
 *
 * RFC 6298 (5.1), (5.3). Context: socket lock.
 */
void ltcp_timer_arm_rto(struct sock *sk)
{
	ltcp_sk(sk)->rto_at = ltcp_rto_due(sk);
	ltcp_timer_arm_loss(sk, 0);
}

/**
 * ltcp_timer_first_resent - the first loss is sent again
 * @sk: connection
 *
 * RTO starts over; the next packet's time to arrive late does not end with the first
 * one's (RFC 8985 section 6.2, step 5). Context: socket lock.
 */
void ltcp_timer_first_resent(struct sock *sk)
{
	ltcp_sk(sk)->rto_at = ltcp_rto_due(sk);
	ltcp_timer_data_sent(sk);
}

/**
 * ltcp_timer_stretch_rto - SACKs may have shown that round trips take longer now
 * @sk: connection in Recovery, its first packet perhaps sent again
 *
 * The ACK of what was sent again may be later than RTO was when it was: RFC 6298 (5.3)
 * would not start the timer anew before, RFC 6675 section 6 allows it.
 * Context: BH off, socket lock.
 */
void ltcp_timer_stretch_rto(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u64 now_ns = lt->tcp.tcp_clock_cache;
	u64 sent_ns = min_t(u64, ltcp_rtx_head(lt)->skb_mstamp_ns, now_ns);
	unsigned long due = jiffies + ltcp_rto_delay(sk) - nsecs_to_jiffies(now_ns - sent_ns);

	if (!time_after(due, lt->rto_at))
		return;
	lt->rto_at = due;
	ltcp_timer_arm_loss(sk, 0);
}

/**
 * ltcp_timer_stop_xmit - nothing is outstanding any more
 * @sk: connection
 *
 * RFC 6298 (5.2). The timer itself may still fire once, and will find nothing
 * pending. Context: socket lock.
 */
void ltcp_timer_stop_xmit(struct sock *sk)
{
	inet_csk(sk)->icsk_pending = 0;
}

/* Interval between window probes: RTO doubled per probe, between the bounds. */
static u32 ltcp_persist_ms(const struct sock *sk)
{
	const struct ltcp_net *lnet = ltcp_sk(sk)->lnet;
	const struct inet_connection_sock *icsk = inet_csk(sk);
	u32 base_ms = max_t(u32, jiffies_to_msecs(icsk->icsk_rto),
			    READ_ONCE(lnet->persist_min_ms));

	return ltcp_rto_backoff_ms(base_ms, icsk->icsk_backoff,
				   READ_ONCE(lnet->persist_max_ms));
}

/* How long to wait with the next one, jiffies. */
static unsigned long ltcp_persist_delay(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	unsigned long delay = msecs_to_jiffies(ltcp_persist_ms(sk));

	if (!icsk->icsk_probes_tstamp)
		return delay;
	return ltcp_user_timeout_cuts(sk, delay, icsk->icsk_probes_tstamp);
}

/* Is it only a cork that holds the data back? */
static bool ltcp_only_corked(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return ltcp_usable_wnd(tp->snd_una, tp->snd_wnd, tp->snd_nxt) >=
	       tp->write_seq - tp->snd_nxt;
}

/**
 * ltcp_timer_arm_persist - the window is closed and nothing is in flight
 * @sk: connection with unsent data
 *
 * RFC 9293 section 3.8.6.1. Also bounds a cork. An armed timer stays as it is.
 * Context: socket lock.
 */
void ltcp_timer_arm_persist(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (icsk->icsk_pending == ICSK_TIME_PROBE0)
		return;
	icsk->icsk_backoff = 0;
	ltcp_xmit_timer_at(sk, ICSK_TIME_PROBE0,
			   ltcp_only_corked(sk) ? LTCP_CORK_MAX :
						  ltcp_persist_delay(sk));
}

/**
 * ltcp_timer_arm_delack - acknowledge at the latest in @delay
 * @sk: connection that owes an ACK
 * @delay: jiffies
 *
 * An earlier appointment stands. Context: socket lock.
 */
void ltcp_timer_arm_delack(struct sock *sk, unsigned long delay)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	unsigned long when = jiffies + delay;

	if ((icsk->icsk_ack.pending & ICSK_ACK_TIMER) &&
	    time_before(icsk->icsk_ack.timeout, when))
		return;
	icsk->icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
	icsk->icsk_ack.timeout = when;
	ltcp_timer_at(sk, &icsk->icsk_delack_timer, when);
}

/**
 * ltcp_timer_keepalive - (re)start the keepalive timer
 * @sk: socket
 * @delay: jiffies
 *
 * Context: socket lock.
 */
void ltcp_timer_keepalive(struct sock *sk, unsigned long delay)
{
	inet_csk_reset_keepalive_timer(sk, delay);
}

/**
 * ltcp_set_keepalive - proto.keepalive: SO_KEEPALIVE was set
 * @sk: socket
 * @on: its value
 *
 * Context: process, socket lock.
 */
void ltcp_set_keepalive(struct sock *sk, int on)
{
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (on && !sock_flag(sk, SOCK_KEEPOPEN))
		ltcp_timer_keepalive(sk, keepalive_time_when(tcp_sk(sk)));
	else if (!on)
		inet_csk_delete_keepalive_timer(sk);
}

/* ------------------------------------------------------------------ */
/* Giving up                                                            */
/* ------------------------------------------------------------------ */

/**
 * ltcp_orphan_excess - are there too many connections without a user?
 * @sk: orphan
 *
 * tcp_max_orphans and the third value of tcp_mem. Context: socket lock.
 */
bool ltcp_orphan_excess(struct sock *sk)
{
	int orphans = 0, cpu;

	for_each_possible_cpu(cpu)
		orphans += *per_cpu_ptr(sk->sk_prot->orphan_count, cpu);
	if (orphans > ltcp_max_orphans())
		return true;
	return sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
	       atomic_long_read(sk->sk_prot->memory_allocated) >
	       sk_prot_mem_limits(sk, 2);
}

/* Nobody answers. The user learns what is known of the reason. */
static void ltcp_write_error(struct sock *sk)
{
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPABORTONTIMEOUT);
	ltcp_conn_error(sk, READ_ONCE(sk->sk_err_soft) ?: ETIMEDOUT);
}

/* How often an orphan may try: tcp_orphan_retries, less when memory is short. */
static int ltcp_orphan_retries(struct sock *sk)
{
	int retries = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_orphan_retries);

	return retries ?: LTCP_ORPHAN_RETRIES;
}

/* Without a user a connection may be given up early. Returns true when it was. */
static bool ltcp_orphan_gives_up(struct sock *sk, int tries)
{
	if (!sock_flag(sk, SOCK_DEAD))
		return false;
	if (!ltcp_orphan_excess(sk) && tries < ltcp_orphan_retries(sk))
		return false;
	NET_INC_STATS(sock_net(sk), tries < ltcp_orphan_retries(sk) ?
			LINUX_MIB_TCPABORTONMEMORY : LINUX_MIB_TCPABORTONTIMEOUT);
	ltcp_send_active_reset(sk, GFP_ATOMIC);
	ltcp_conn_error(sk, ETIMEDOUT);
	return true;
}

/* RFC 5482: has the oldest data waited longer than TCP_USER_TIMEOUT? */
static bool ltcp_user_timeout_over(const struct sock *sk, u32 since_ms)
{
	u32 limit_ms = READ_ONCE(inet_csk(sk)->icsk_user_timeout);

	return limit_ms && ltcp_now_ms() - since_ms >= limit_ms;
}

/*
 * Has a SYN been sent often enough? So many times as was asked for; and for three
 * minutes (RFC 9293 MUST-23) where nobody has asked, because the kernel's default
 * for tcp_syn_retries makes but two.
 */
static bool ltcp_syn_is_over(const struct sock *sk, int tries)
{
	const struct net *net = sock_net(sk);
	int option = READ_ONCE(inet_csk(sk)->icsk_syn_retries);
	int knob = READ_ONCE(net->ipv4.sysctl_tcp_syn_retries);
	int linear = sk->sk_state == TCP_SYN_SENT ? ltcp_syn_linear_timeouts(net) : 0;

	if (option || knob != TCP_SYN_RETRIES)
		return tries >= (option ?: knob) + linear;
	return ltcp_now_ms() - ltcp_sk(sk)->rto_since_ms >= LTCP_SYN_R2_MS;
}

/* tcp_retries2, where the user has not said how long to wait. */
static bool ltcp_retries_are_over(const struct sock *sk, int tries)
{
	return !READ_ONCE(inet_csk(sk)->icsk_user_timeout) &&
	       tries >= READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2);
}

/* R2 of RFC 9293 section 3.8.3: is it time to give up? */
static bool ltcp_rto_is_over(const struct sock *sk, int tries)
{
	if (ltcp_user_timeout_over(sk, ltcp_sk(sk)->rto_since_ms))
		return true;
	if (ltcp_in_handshake(sk))
		return ltcp_syn_is_over(sk, tries);
	return ltcp_retries_are_over(sk, tries);
}

/*
 * R1: the path is in doubt. IP shall look for another (MUST-20), and the user may
 * know (SHLD-9), unless something more telling is known.
 */
static void ltcp_rto_doubts(struct sock *sk)
{
	__sk_dst_reset(sk);
	if (!ltcp_in_handshake(sk) && !READ_ONCE(sk->sk_err_soft))
		ltcp_soft_error(sk, ETIMEDOUT);
}

/* Has the peer closed its window over data that is outstanding? */
static bool ltcp_rto_probes(const struct sock *sk)
{
	return unlikely(!tcp_sk(sk)->snd_wnd) && !ltcp_in_handshake(sk);
}

/*
 * The timer struck again. Returns true when the connection was given up. Into a
 * closed window what is sent again is but a probe: as long as the peer answers, it
 * lives (RFC 9293 MUST-36, SHLD-17), if somebody uses it.
 */
static bool ltcp_rto_gives_up(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	int tries = ltcp_rto_probes(sk) ? icsk->icsk_probes_out :
					  icsk->icsk_retransmits;

	if (tries == READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries1))
		ltcp_rto_doubts(sk);
	if (ltcp_orphan_gives_up(sk, icsk->icsk_retransmits))
		return true;
	if (!ltcp_rto_is_over(sk, tries))
		return false;
	ltcp_write_error(sk);
	return true;
}

/* ------------------------------------------------------------------ */
/* Expiry                                                               */
/* ------------------------------------------------------------------ */

/* Where routers spread flows over paths, another hash may find one that works. */
static void ltcp_rto_other_path(struct sock *sk)
{
	if (!sk_rethink_txhash(sk))
		return;
	tcp_sk(sk)->timeout_rehash++;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPTIMEOUTREHASH);
}

/*
 * Timeouts that do not double: of the first SYNs (tcp_syn_linear_timeouts), and
 * for a while of a thin stream, whose few segments no duplicate ACK would save,
 * when it asks for that (TCP_THIN_LINEAR_TIMEOUTS).
 */
static bool ltcp_rto_is_linear(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (sk->sk_state == TCP_SYN_SENT)
		return inet_csk(sk)->icsk_retransmits <=
		       ltcp_syn_linear_timeouts(sock_net(sk));
	if (likely(!tp->thin_lto && !READ_ONCE(
			sock_net(sk)->ipv4.sysctl_tcp_thin_linear_timeouts)))
		return false;
	return sk->sk_state == TCP_ESTABLISHED &&
	       tp->packets_out < LTCP_THIN_PACKETS &&
	       tp->snd_ssthresh < TCP_INFINITE_SSTHRESH &&
	       inet_csk(sk)->icsk_retransmits <= LTCP_THIN_RETRIES;
}

/* RFC 6298 (5.4) to (5.6): send the first again, double RTO, start over. */
static void ltcp_rto_expired(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (WARN_ON_ONCE(ltcp_all_sent_acked(lt)))
		return;
	lt->rto_since_ms = ltcp_waiting_since_ms(sk);
	if (ltcp_rto_gives_up(sk))
		return;
	ltcp_rto_struck(&lt->tcp, ltcp_now_ms());
	ltcp_rto_other_path(sk);
	if (ltcp_in_handshake(sk)) {
		ltcp_ecn_syn_again(sk, ltcp_cb(ltcp_rtx_head(lt)));
		ltcp_retransmit(sk, ltcp_rtx_head(lt));
	} else {
		if (!ltcp_rto_probes(sk))
			ltcp_mtup_timeout(sk);
		ltcp_loss_on_rto(sk);
	}

	if (icsk->icsk_retransmits < U8_MAX)
		icsk->icsk_retransmits++;
	if (ltcp_rto_probes(sk) && icsk->icsk_probes_out < U8_MAX)
		icsk->icsk_probes_out++;
	if (unlikely(ltcp_rto_is_linear(sk))) {
		ltcp_rto_restart(sk);
	} else {
		icsk->icsk_backoff++;
		icsk->icsk_rto = min_t(unsigned long, icsk->icsk_rto << 1,
				       ltcp_rto_max(sk));
	}
	trace_ltcp_timeout(sk, lt->tcp.snd_una, 0, 0, 0);
	ltcp_push(sk);
	ltcp_timer_arm_rto(sk);
}

/*
 * What counts against an orphan: probes that nobody answered; all of them, once they
 * are as rare as they get. No user can close it any more, so a peer that answers, and
 * never opens its window, would keep it for ever (RFC 6429).
 */
static int ltcp_persist_orphan_tries(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return ltcp_persist_ms(sk) < READ_ONCE(ltcp_sk(sk)->lnet->persist_max_ms) ?
		icsk->icsk_probes_out : icsk->icsk_backoff;
}

/* The window stays closed, or Nagle's wait is over: make the peer say something. */
static void ltcp_persist_expired(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (lt->tcp.packets_out || skb_queue_empty(&lt->unsent))
		return;
	/* It is pacing that holds the data back: its timer pushes */
	if (ltcp_pace_holds(sk))
		return;
	if (!icsk->icsk_probes_tstamp)
		icsk->icsk_probes_tstamp = ltcp_now_ms() ?: 1;
	else if (ltcp_user_timeout_over(sk, icsk->icsk_probes_tstamp)) {
		ltcp_write_error(sk);
		return;
	}
	if (ltcp_orphan_gives_up(sk, ltcp_persist_orphan_tries(sk)))
		return;
	/* An answered probe resets the count: a user's live peer is never given up (MUST-36) */
	if (ltcp_retries_are_over(sk, icsk->icsk_probes_out)) {
		ltcp_write_error(sk);
		return;
	}
	if (ltcp_push_one(sk))
		return;
	ltcp_send_probe(sk);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPWINPROBE);
	if (icsk->icsk_probes_out < U8_MAX)
		icsk->icsk_probes_out++;
	if (icsk->icsk_backoff < U8_MAX)
		icsk->icsk_backoff++;
	ltcp_xmit_timer_at(sk, ICSK_TIME_PROBE0, ltcp_persist_delay(sk));
}

/* RFC 8985 section 6.2, step 5: packets had their time to arrive late. */
static void ltcp_reo_expired(struct sock *sk)
{
	u32 wait_us;

	if (ltcp_all_sent_acked(ltcp_sk(sk)))
		return;
	wait_us = ltcp_loss_on_reo_timer(sk);
	ltcp_push(sk);
	ltcp_timer_arm_loss(sk, wait_us);
}

/* RFC 8985 section 7.3: after the probe, or an early SYN, it is RTO's turn, counted from now. */
static void ltcp_probe_expired(struct sock *sk)
{
	if (ltcp_all_sent_acked(ltcp_sk(sk)))
		return;
	if (ltcp_in_handshake(sk))
		ltcp_retransmit(sk, ltcp_rtx_head(ltcp_sk(sk)));
	else
		ltcp_tlp_expired(sk);
	ltcp_sk(sk)->rto_at = ltcp_rto_due(sk);
	ltcp_xmit_timer_at(sk, ICSK_TIME_RETRANS, ltcp_sk(sk)->rto_at - jiffies);
}

static void ltcp_xmit_timer_locked(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	int what = icsk->icsk_pending;

	if (!what || ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return;
	if (time_after(icsk->icsk_timeout, jiffies)) {
		sk_reset_timer(sk, &icsk->icsk_retransmit_timer,
			       icsk->icsk_timeout);
		return;
	}
	ltcp_mstamp_refresh(tcp_sk(sk));
	icsk->icsk_pending = 0;
	switch (what) {
	case ICSK_TIME_RETRANS:
		ltcp_rto_expired(sk);
		break;
	case ICSK_TIME_REO_TIMEOUT:
		ltcp_reo_expired(sk);
		break;
	case ICSK_TIME_LOSS_PROBE:
		ltcp_probe_expired(sk);
		break;
	default:
		ltcp_persist_expired(sk);
	}
}

static void ltcp_delack_timer_locked(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)) ||
	    !(icsk->icsk_ack.pending & ICSK_ACK_TIMER))
		return;
	if (time_after(icsk->icsk_ack.timeout, jiffies)) {
		sk_reset_timer(sk, &icsk->icsk_delack_timer,
			       icsk->icsk_ack.timeout);
		return;
	}
	ltcp_mstamp_refresh(tcp_sk(sk));
	/* Nobody answered in time: not a dialogue after all */
	icsk->icsk_ack.pingpong = 0;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_DELAYEDACKS);
	/* This appointment is over: without memory for the ACK another is made */
	icsk->icsk_ack.pending &= ~ICSK_ACK_TIMER;
	ltcp_send_ack(sk);
}

/*
 * Run @work on the socket of an expired timer, or leave it to release_sock().
 * The timer's reference is dropped, the deferred work takes one of its own.
 */
static void ltcp_timer_run(struct sock *sk, void (*work)(struct sock *sk),
			   u32 defer)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		work(sk);
		ltcp_audit(sk);
	} else if (!(lt->deferred & defer)) {
		lt->deferred |= defer;
		sock_hold(sk);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void ltcp_xmit_fired(struct timer_list *t)
{
	struct inet_connection_sock *icsk =
		ltcp_from_timer(icsk, t, icsk_retransmit_timer);

	ltcp_timer_run(&icsk->icsk_inet.sk, ltcp_xmit_timer_locked,
		       LTCP_DEFER_RTO);
}

static void ltcp_delack_fired(struct timer_list *t)
{
	struct inet_connection_sock *icsk =
		ltcp_from_timer(icsk, t, icsk_delack_timer);

	ltcp_timer_run(&icsk->icsk_inet.sk, ltcp_delack_timer_locked,
		       LTCP_DEFER_DELACK);
}

/* An orphan has waited long enough in FIN-WAIT-2 with a full socket. */
static void ltcp_fin_wait2_expired(struct sock *sk)
{
	ltcp_send_active_reset(sk, GFP_ATOMIC);
	ltcp_done(sk);
}

/* Jiffies since the peer was last heard of. */
static u32 ltcp_idle_time(const struct tcp_sock *tp)
{
	return min_t(u32, tcp_jiffies32 - inet_csk((struct sock *)tp)->icsk_ack.lrcvtime,
		     tcp_jiffies32 - tp->rcv_tstamp);
}

/* Has the peer been silent through all the probes it was due? */
static bool ltcp_keepalive_over(struct sock *sk, u32 idle)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	u32 user_ms = READ_ONCE(icsk->icsk_user_timeout);

	if (user_ms)
		return idle >= msecs_to_jiffies(user_ms) && icsk->icsk_probes_out;
	return icsk->icsk_probes_out >= keepalive_probes(tcp_sk(sk));
}

/* RFC 9293 section 3.8.4. */
static void ltcp_keepalive_expired(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 idle = ltcp_idle_time(tp);
	u32 due = keepalive_time_when(tp);

	ltcp_mstamp_refresh(tp);
	if (tp->packets_out || !skb_queue_empty(&ltcp_sk(sk)->unsent)) {
		/* Data is on its way: its timers watch over the peer */
		ltcp_timer_keepalive(sk, due);
		return;
	}
	if (idle < due) {
		ltcp_timer_keepalive(sk, due - idle);
		return;
	}
	if (ltcp_keepalive_over(sk, idle)) {
		ltcp_send_active_reset(sk, GFP_ATOMIC);
		ltcp_write_error(sk);
		return;
	}
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPKEEPALIVE);
	ltcp_send_probe(sk);
	icsk->icsk_probes_out++;
	ltcp_timer_keepalive(sk, keepalive_intvl_when(tp));
}

static void ltcp_keepalive_fired(struct timer_list *t)
{
	struct sock *sk = ltcp_sk_from_keepalive(t);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		ltcp_timer_keepalive(sk, HZ / 20);
	else if (sk->sk_state == TCP_FIN_WAIT2 && sock_flag(sk, SOCK_DEAD))
		ltcp_fin_wait2_expired(sk);
	else if (sock_flag(sk, SOCK_KEEPOPEN) &&
		 !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT)))
		ltcp_keepalive_expired(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/*
 * Did a cork hold data back that is not there any more? setsockopt() sends what it
 * held; who takes it away inside the kernel (nfsd) pushes the built-in's queue.
 */
static bool ltcp_uncorked(const struct ltcp_sock *lt)
{
	return unlikely(lt->corked) && !(lt->tcp.nonagle & TCP_NAGLE_CORK);
}

/**
 * ltcp_release_cb - proto.release_cb: the user lets go of the socket
 * @sk: socket
 *
 * Work that timers, ICMP errors and the backlog left is done now. The user still
 * owns the socket, and goes on using it when this is called from the middle of a
 * long read or write. Context: process, BH off, sk_lock.slock held.
 */
void ltcp_release_cb(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	u32 todo = lt->deferred |
		   (lt->backlog_push || ltcp_uncorked(lt) ? LTCP_DEFER_PUSH : 0);

	if (likely(!todo)) {
		ltcp_audit(sk);
		return;
	}
	lt->deferred = 0;
	lt->backlog_push = false;
	if (todo & LTCP_DEFER_RTO) {
		ltcp_xmit_timer_locked(sk);
		__sock_put(sk);
	}
	if (todo & LTCP_DEFER_DELACK) {
		ltcp_delack_timer_locked(sk);
		__sock_put(sk);
	}
	if (todo & LTCP_DEFER_DUPACK)
		ltcp_dupack_due(sk);
	if (todo & LTCP_DEFER_PUSH) {
		lt->corked = false;
		ltcp_mstamp_refresh(&lt->tcp);
		ltcp_push(sk);
	}
	if (todo & LTCP_DEFER_WAKE)
		ltcp_data_ready(sk);
	if (todo & LTCP_DEFER_MTU)
		inet_csk(sk)->icsk_af_ops->mtu_reduced(sk);
	if (todo & LTCP_DEFER_ERROR)
		ltcp_v4_error_waited(sk);
	ltcp_audit(sk);
}

/**
 * ltcp_init_timers - give a socket its timers, stopped
 * @sk: new socket or child
 *
 * Context: a socket nobody else knows.
 */
void ltcp_init_timers(struct sock *sk)
{
	inet_csk_init_xmit_timers(sk, ltcp_xmit_fired, ltcp_delack_fired,
				  ltcp_keepalive_fired);
	ltcp_pace_init(sk);
	ltcp_dupack_init(sk);
	ltcp_sk(sk)->deferred = 0;
}
