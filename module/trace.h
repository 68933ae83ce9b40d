/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - what observers see: the kernel's tracepoints of TCP, and ltcp's.
 *
 * ltcp fires the kernel's own tcp:* tracepoints, so programs that know
 * tcp:tcp_retransmit_skb see ltcp's retransmissions too (trace.c tells how).
 * The system "ltcp" (events.h) is for the study of transport.
 *
 * A file that traces includes this one. A trace is one line of the code it is
 * in: ltcp_trace_kernel(tcp_probe, sk, skb), or trace_ltcp_ack(sk, ...).
 */
#ifndef LTCP_TRACE_H
#define LTCP_TRACE_H

#include <trace/events/tcp.h>
#include "ltcp.h"
#include "events.h"

/* The kernel's tracepoints that ltcp fires, by their names. */
#define LTCP_KERNEL_TRACEPOINTS(X)					\
	X(tcp_probe)							\
	X(tcp_retransmit_skb)						\
	X(tcp_retransmit_synack)					\
	X(tcp_send_reset)						\
	X(tcp_receive_reset)						\
	X(tcp_destroy_sock)						\
	X(tcp_rcv_space_adjust)						\
	X(tcp_bad_csum)							\
	X(tcp_cong_state_set)

enum ltcp_kernel_tracepoint {
#define X(name)	LTCP_TP_##name,
	LTCP_KERNEL_TRACEPOINTS(X)
#undef X
	LTCP_TP_MAX
};

extern struct tracepoint *ltcp_kernel_tracepoints[LTCP_TP_MAX];

/*
 * Fire a tracepoint of the kernel with the arguments that its header declares,
 * which the compiler checks. When nobody listens this is two loads and a test.
 */
#define ltcp_trace_kernel(name, ...)					\
do {									\
	struct tracepoint *tracepoint__ =				\
		ltcp_kernel_tracepoints[LTCP_TP_##name];		\
									\
	if (unlikely(rcu_access_pointer(tracepoint__->funcs))) {	\
		preempt_disable_notrace();				\
		((typeof(&__traceiter_##name))tracepoint__->iterator)(	\
			NULL, __VA_ARGS__);				\
		preempt_enable_notrace();				\
	}								\
} while (0)

/*
 * A RST goes out: the answer to @skb, or with NULL one of our own accord. @sk is
 * a full socket or NULL.
 */
static inline void ltcp_trace_reset(const struct sock *sk,
				    const struct sk_buff *skb)
{
	if (sk || LTCP_TRACE_RESET_NO_SOCK)
		ltcp_trace_kernel(tcp_send_reset, sk, skb
				  LTCP_TRACE_RESET_EXTRA(sk));
}

/* A packet with the marks @cb and @len bytes of payload goes to IP. */
static inline void ltcp_trace_sent(struct sock *sk, const struct ltcp_cb *cb,
				   u32 len)
{
	if (unlikely(cb->sacked & LTCP_SKB_EVER_RETRANS))
		trace_ltcp_resend(sk, cb->seq, len, cb->flags, 0);
	else
		trace_ltcp_send(sk, cb->seq, len, cb->flags, 0);
}

void ltcp_trace_init(void);

#endif
