// SPDX-License-Identifier: GPL-2.0
/*
 * audit.c - the books are checked: every queue and counter, recounted.
 *
 * A segment, a timer and a system call are the ways into a connection. With the
 * module parameter audit=1 each of them ends here: the queues are walked and
 * what they say is compared with the counters, edges and timers that the rest of
 * the code relies on. The first thing that does not hold is a WARN, with the
 * numbers; it would have gone wrong much later and elsewhere. Without the
 * parameter it costs one no-op instruction an entry (a static key).
 *
 * Tests run audited. A long queue is walked at every 32nd entry only.
 */
#include "ltcp.h"

#define LTCP_AUDIT_LONG		128	/* packets that make a queue a long one */
#define LTCP_AUDIT_SELDOM	32

DEFINE_STATIC_KEY_FALSE(ltcp_auditing);

static bool ltcp_audit_wanted;
module_param_named(audit, ltcp_audit_wanted, bool, 0444);
MODULE_PARM_DESC(audit,
		 "recount every connection's queues after whatever happens to it, warn when they are wrong (default 0)");

/* What the packets of the two send queues add up to. */
struct ltcp_audit_sums {
	u32 out, sacked, lost, retrans;	/* segments */
	u32 next;			/* sequence number that the next packet must have */
	int truesize;
};

#define ltcp_audit_fail(sk, fmt, ...)					\
	WARN_ONCE(1, "ltcp: audit: " fmt " (state %d, SND.UNA %u, SND.NXT %u, RCV.NXT %u)\n", \
		  ##__VA_ARGS__, (sk)->sk_state, tcp_sk(sk)->snd_una,	\
		  tcp_sk(sk)->snd_nxt, tcp_sk(sk)->rcv_nxt)

/* Holds, or is said once. The value is the condition's. */
#define ltcp_audit_that(sk, cond, fmt, ...)				\
({									\
	bool holds__ = (cond);						\
									\
	if (unlikely(!holds__))						\
		ltcp_audit_fail(sk, fmt, ##__VA_ARGS__);		\
	holds__;							\
})

/* ------------------------------------------------------------------ */
/* Sending                                                              */
/* ------------------------------------------------------------------ */

static bool ltcp_audit_packet(const struct sock *sk, const struct sk_buff *skb,
			      struct ltcp_audit_sums *sums)
{
	const struct ltcp_cb *cb = ltcp_cb(skb);
	bool ok;

	ok = ltcp_audit_that(sk, cb->seq == sums->next,
			     "a packet begins at %u, not at %u", cb->seq,
			     sums->next) &&
	     ltcp_audit_that(sk, seq_leq(cb->seq, cb->end_seq),
			     "a packet ends at %u, before it begins at %u",
			     cb->end_seq, cb->seq) &&
	     ltcp_audit_that(sk, skb->len + 2 >= cb->end_seq - cb->seq,
			     "a packet of %u bytes from %u to %u", skb->len,
			     cb->seq, cb->end_seq);
	sums->next = cb->end_seq;
	sums->truesize += skb->truesize;
	return ok;
}

static bool ltcp_audit_marks(const struct sock *sk, const struct sk_buff *skb,
			     struct ltcp_audit_sums *sums)
{
	const struct ltcp_cb *cb = ltcp_cb(skb);
	bool sacked = cb->sacked & LTCP_SKB_SACKED;
	bool lost = cb->sacked & LTCP_SKB_LOST;
	bool copy = cb->sacked & LTCP_SKB_RETRANS;

	sums->out += cb->segs;
	sums->sacked += sacked ? cb->segs : 0;
	sums->lost += lost ? cb->segs : 0;
	sums->retrans += copy ? cb->segs : 0;
	return ltcp_audit_that(sk, cb->segs && cb->mss, "a packet of %u segments of %u",
			       cb->segs, cb->mss) &&
	       ltcp_audit_that(sk, !sacked || !lost, "a packet SACKed and lost at %u",
			       cb->seq) &&
	       ltcp_audit_that(sk, !copy || lost, "a copy at %u of what is not lost",
			       cb->seq);
}

/* [SND.UNA, SND.NXT): the retransmission queue and the four counters. */
static bool ltcp_audit_rtxq(const struct sock *sk, struct ltcp_audit_sums *sums)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);
	const struct tcp_sock *tp = &lt->tcp;
	const struct sk_buff *skb, *last = NULL;

	sums->next = tp->snd_una;
	for (skb = ltcp_rtx_head(lt); skb; skb = ltcp_rtx_next(skb)) {
		if (!ltcp_audit_packet(sk, skb, sums) ||
		    !ltcp_audit_marks(sk, skb, sums))
			return false;
		last = skb;
	}
	return ltcp_audit_that(sk, last == lt->rtx_last, "rtx_last is not the last") &&
	       ltcp_audit_that(sk, sums->next == tp->snd_nxt,
			       "what was sent ends at %u", sums->next) &&
	       ltcp_audit_that(sk, sums->out == tp->packets_out,
			       "packets_out is %u, not %u", tp->packets_out, sums->out) &&
	       ltcp_audit_that(sk, sums->lost == tp->lost_out,
			       "lost_out is %u, not %u", tp->lost_out, sums->lost) &&
	       ltcp_audit_that(sk, sums->retrans == tp->retrans_out,
			       "retrans_out is %u, not %u", tp->retrans_out,
			       sums->retrans) &&
	       ltcp_audit_that(sk, !tp->rx_opt.sack_ok || sums->sacked == tp->sacked_out,
			       "sacked_out is %u, not %u", tp->sacked_out,
			       sums->sacked) &&
	       ltcp_audit_that(sk, tp->sacked_out + tp->lost_out <= tp->packets_out,
			       "%u SACKed and %u lost of %u", tp->sacked_out,
			       tp->lost_out, tp->packets_out);
}

/* [SND.NXT, write_seq): what is written, and the memory of both queues. */
static void ltcp_audit_unsent(const struct sock *sk, struct ltcp_audit_sums *sums)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);
	const struct sk_buff *skb;

	skb_queue_walk(&lt->unsent, skb)
		if (!ltcp_audit_packet(sk, skb, sums))
			return;
	ltcp_audit_that(sk, sums->next == lt->tcp.write_seq,
			"what was written ends at %u, not at %u", sums->next,
			lt->tcp.write_seq);
	ltcp_audit_that(sk, sums->truesize == sk->sk_wmem_queued,
			"sk_wmem_queued is %d, not %d", sk->sk_wmem_queued,
			sums->truesize);
}

/* Will it be looked after? Its handler may have begun, and wait for the lock. */
static bool ltcp_audit_timer_runs(const struct sock *sk, struct timer_list *timer)
{
	return timer_pending(timer) || try_to_del_timer_sync(timer) < 0 ||
	       READ_ONCE(ltcp_sk(sk)->deferred);
}

/* Something outstanding without a timer would wait for ever (ATTACK-19). */
static void ltcp_audit_timers(const struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk((struct sock *)sk);
	const struct ltcp_sock *lt = ltcp_sk(sk);

	if (lt->deferred || lt->backlog_push)
		return;
	ltcp_audit_that(sk, !lt->tcp.packets_out || icsk->icsk_pending,
			"%u segments are out and no timer runs",
			lt->tcp.packets_out);
	ltcp_audit_that(sk, !icsk->icsk_pending ||
			    ltcp_audit_timer_runs(sk, &icsk->icsk_retransmit_timer) ||
			    !time_before(jiffies, icsk->icsk_timeout),
			"timer %d is due in %ld jiffies, but it does not run",
			icsk->icsk_pending, (long)(icsk->icsk_timeout - jiffies));
}

/* ------------------------------------------------------------------ */
/* Receiving                                                            */
/* ------------------------------------------------------------------ */

/* What may be read: in order, without a gap, up to RCV.NXT. */
static bool ltcp_audit_in_order(const struct sock *sk, int *truesize)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct sk_buff *skb;
	u32 next = tp->copied_seq;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		const struct ltcp_cb *cb = ltcp_cb(skb);

		*truesize += skb->truesize;
		if (!ltcp_audit_that(sk, seq_leq(cb->seq, next) &&
					 seq_leq(cb->seq, cb->end_seq),
				     "a received packet from %u to %u, awaited was %u",
				     cb->seq, cb->end_seq, next))
			return false;
		next = seq_max(next, cb->end_seq);
	}
	return ltcp_audit_that(sk, skb_queue_empty(&sk->sk_receive_queue) ||
				   next == tp->rcv_nxt,
			       "what was received ends at %u", next);
}

/* Islands: above RCV.NXT, from left to right; their memory is counted. */
static bool ltcp_audit_islands(const struct sock *sk, int *truesize)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 seq = tp->rcv_nxt, end_seq = tp->rcv_nxt, memory = 0;
	const struct rb_node *n;

	for (n = rb_first(&tp->out_of_order_queue); n; n = rb_next(n)) {
		const struct sk_buff *skb = rb_entry(n, struct sk_buff, rbnode);
		const struct ltcp_cb *cb = ltcp_cb(skb);

		memory += skb->truesize;
		if (!ltcp_audit_that(sk, seq_gt(cb->seq, tp->rcv_nxt) &&
					 seq_leq(seq, cb->seq) &&
					 seq_lt(end_seq, cb->end_seq),
				     "an island from %u to %u behind one from %u to %u",
				     cb->seq, cb->end_seq, seq, end_seq))
			return false;
		seq = cb->seq;
		end_seq = cb->end_seq;
	}
	*truesize += memory;
	return ltcp_audit_that(sk, memory == ltcp_sk(sk)->ofo_memory,
			       "islands take %u bytes, not %u", memory,
			       ltcp_sk(sk)->ofo_memory);
}

static void ltcp_audit_receive(const struct sock *sk)
{
	int rmem, truesize = 0;

	if (!ltcp_audit_in_order(sk, &truesize) ||
	    !ltcp_audit_islands(sk, &truesize))
		return;
	/* The error queue is charged to the same account, at any time */
	rmem = atomic_read(&sk->sk_rmem_alloc);
	ltcp_audit_that(sk, truesize <= rmem, "sk_rmem_alloc is %d, less than %d",
			rmem, truesize);
}

/* ------------------------------------------------------------------ */
/* All of it                                                            */
/* ------------------------------------------------------------------ */

static bool ltcp_audit_skips(const struct sock *sk)
{
	static unsigned int entries;	/* races do no harm */

	return (tcp_sk(sk)->packets_out > LTCP_AUDIT_LONG ||
		sk_rmem_alloc_get(sk) > LTCP_AUDIT_LONG * SZ_4K) &&
	       ++entries % LTCP_AUDIT_SELDOM;
}

/**
 * ltcp_audit_sock - compare a connection's counters with its queues
 * @sk: socket in any state, at the end of an entry point
 *
 * Called through ltcp_audit(). Context: socket lock.
 */
void ltcp_audit_sock(const struct sock *sk)
{
	struct ltcp_audit_sums sums = {};

	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN | TCPF_TIME_WAIT) ||
	    ltcp_audit_skips(sk))
		return;
	ltcp_audit_that(sk, READ_ONCE(tcp_sk(sk)->snd_cwnd), "cwnd is 0");
	if (ltcp_audit_rtxq(sk, &sums))
		ltcp_audit_unsent(sk, &sums);
	ltcp_audit_timers(sk);
	ltcp_audit_receive(sk);
}

/**
 * ltcp_audit_init - begin auditing when the module parameter says so
 *
 * Context: module init.
 */
void ltcp_audit_init(void)
{
	if (!ltcp_audit_wanted)
		return;
	static_branch_enable(&ltcp_auditing);
	pr_info("auditing: every connection is recounted, which takes time\n");
}
