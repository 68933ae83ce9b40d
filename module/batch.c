// SPDX-License-Identifier: GPL-2.0
/*
 * batch.c - what is done when the softirq at hand is over.
 *
 * ACKs. RFC 5681 wants an ACK for at least every second full segment. A device
 * hands over dozens at a time; where GRO has not made them one packet, an ACK for
 * each pair would leave in one burst, all but the last of no use to anybody. So
 * the ACK that the second segment makes due is sent by a tasklet, which runs when
 * the receive softirq has emptied its batch, microseconds later, on the same
 * CPU: what GRO does for data, done for its acknowledgment. Whatever must go at
 * once (out of order, gap filled, FIN, quick ACKs) does not come here. The reader
 * was woken by the first segment; for the others of the batch it is woken again
 * at its end.
 *
 * Sending. When the qdisc has taken a packet of a socket that waits for that
 * (pace.c), nobody may hold the socket's lock: the tasklet takes it and pushes.
 *
 * A socket stands in the list of the CPU that put it there, with a reference,
 * while TSQ_QUEUED is set in its sk_tsq_flags; who sets the bit owns tsq_node.
 * TCP_TSQ_DEFERRED says that a push is wanted. The list is only touched on its CPU with interrupts off.
 */
#include <linux/interrupt.h>

#include "ltcp.h"

struct ltcp_batch {
	struct tasklet_struct tasklet;
	struct list_head socks;
};

static DEFINE_PER_CPU(struct ltcp_batch, ltcp_batch);

/* An owner may be about to sleep in recv(): whom to wake is told apart after that. */
static void ltcp_batch_wake_now(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	lt->batch_wake = false;
	if (sock_owned_by_user(sk))
		lt->deferred |= LTCP_DEFER_WAKE;
	else
		ltcp_data_ready(sk);
}

static void ltcp_batch_one(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	bh_lock_sock(sk);
	if (lt->batch_wake)
		ltcp_batch_wake_now(sk);
	if (inet_csk_ack_scheduled(sk) && sock_owned_by_user(sk)) {
		lt->deferred |= LTCP_DEFER_PUSH;
	} else if (inet_csk_ack_scheduled(sk)) {
		ltcp_mstamp_refresh(&lt->tcp);
		ltcp_send_ack(sk);
	}
	if (test_and_clear_bit(TCP_TSQ_DEFERRED, &sk->sk_tsq_flags))
		ltcp_push_or_defer(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void ltcp_batch_run(struct tasklet_struct *t)
{
	struct ltcp_batch *batch = container_of(t, struct ltcp_batch, tasklet);
	struct tcp_sock *tp, *next;
	LIST_HEAD(socks);

	local_irq_disable();
	list_splice_init(&batch->socks, &socks);
	local_irq_enable();
	list_for_each_entry_safe(tp, next, &socks, tsq_node) {
		struct sock *sk = (struct sock *)tp;

		list_del(&tp->tsq_node);
		smp_mb__before_atomic();
		clear_bit(TSQ_QUEUED, &sk->sk_tsq_flags);
		ltcp_batch_one(sk);
	}
}

/* Have the tasklet look at @sk, unless it is going to. */
static void ltcp_batch_queue(struct sock *sk)
{
	struct ltcp_batch *batch;
	unsigned long flags;

	if (test_and_set_bit(TSQ_QUEUED, &sk->sk_tsq_flags))
		return;
	sock_hold(sk);
	local_irq_save(flags);
	batch = this_cpu_ptr(&ltcp_batch);
	list_add_tail(&tcp_sk(sk)->tsq_node, &batch->socks);
	tasklet_schedule(&batch->tasklet);
	local_irq_restore(flags);
}

/**
 * ltcp_batch_ack - acknowledge when the batch of segments at hand is worked off
 * @sk: connection that owes an ACK
 *
 * Context: softirq, socket lock.
 */
void ltcp_batch_ack(struct sock *sk)
{
	ltcp_batch_queue(sk);
}

/**
 * ltcp_batch_push - send what may be sent, soon
 * @sk: connection; the caller has a reference
 *
 * Context: any, with or without the socket lock.
 */
void ltcp_batch_push(struct sock *sk)
{
	set_bit(TCP_TSQ_DEFERRED, &sk->sk_tsq_flags);
	ltcp_batch_queue(sk);
}

/**
 * ltcp_batch_wake - new data can be read: leave the wake-up to the batch's end
 * @sk: connection
 *
 * Context: softirq, socket lock. Return: false when there is no batch, and the
 * caller must wake the reader.
 */
bool ltcp_batch_wake(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (!test_bit(TSQ_QUEUED, &sk->sk_tsq_flags) || !in_serving_softirq())
		return false;
	lt->batch_wake = true;
	return true;
}

/**
 * ltcp_batch_init - ready the lists
 *
 * Context: module init.
 */
void ltcp_batch_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ltcp_batch *batch = per_cpu_ptr(&ltcp_batch, cpu);

		INIT_LIST_HEAD(&batch->socks);
		tasklet_setup(&batch->tasklet, ltcp_batch_run);
	}
}

/**
 * ltcp_batch_exit - wait for what still runs
 *
 * Context: module exit, no segment can reach us any more.
 */
void ltcp_batch_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(&ltcp_batch, cpu)->tasklet);
}
