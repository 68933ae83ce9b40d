// SPDX-License-Identifier: GPL-2.0
/*
 * batch.c - one ACK and one wake-up for the segments that arrive together.
 *
 * RFC 5681 wants an ACK for at least every second full segment. A device hands
 * over dozens at a time; where GRO has not made them one packet, an ACK for each
 * pair would leave in one burst, all but the last of no use to anybody. So the
 * ACK that the second segment makes due is sent by a tasklet, which runs when
 * the receive softirq has emptied its batch, microseconds later, on the same
 * CPU: what GRO does for data, done for its acknowledgment. Whatever must go at
 * once (out of order, gap filled, FIN, quick ACKs) does not come here. The reader
 * was woken by the first segment; for the others of the batch it is woken again
 * at its end.
 *
 * A socket stands in the list of the CPU that put it there, with a reference,
 * while its batch_queued is set. The flag is the socket lock's; the list is only
 * touched on its CPU with softirqs off.
 */
#include <linux/interrupt.h>

#include "ltcp.h"

struct ltcp_batch {
	struct tasklet_struct tasklet;
	struct list_head socks;
};

static DEFINE_PER_CPU(struct ltcp_batch, ltcp_batch);

static void ltcp_batch_one(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	bh_lock_sock(sk);
	lt->batch_queued = false;
	if (lt->batch_wake) {
		lt->batch_wake = false;
		ltcp_data_ready(sk);
	}
	if (sock_owned_by_user(sk))
		lt->deferred |= LTCP_DEFER_PUSH;
	else if (inet_csk_ack_scheduled(sk) && sk->sk_state != TCP_CLOSE)
		ltcp_send_ack(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void ltcp_batch_run(struct tasklet_struct *t)
{
	struct ltcp_batch *batch = container_of(t, struct ltcp_batch, tasklet);
	struct ltcp_sock *lt, *next;
	LIST_HEAD(socks);

	list_splice_init(&batch->socks, &socks);
	list_for_each_entry_safe(lt, next, &socks, batch_node) {
		list_del(&lt->batch_node);
		ltcp_batch_one((struct sock *)lt);
	}
}

/**
 * ltcp_batch_ack - acknowledge when the batch of segments at hand is worked off
 * @sk: connection that owes an ACK
 *
 * Context: softirq, socket lock.
 */
void ltcp_batch_ack(struct sock *sk)
{
	struct ltcp_batch *batch = this_cpu_ptr(&ltcp_batch);
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (lt->batch_queued)
		return;
	lt->batch_queued = true;
	sock_hold(sk);
	list_add_tail(&lt->batch_node, &batch->socks);
	tasklet_schedule(&batch->tasklet);
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

	if (!lt->batch_queued || !in_serving_softirq())
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
