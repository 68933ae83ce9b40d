// SPDX-License-Identifier: GPL-2.0
/*
 * sndmem.c - memory for what is to be sent.
 *
 * Three limits bound what a program may write ahead of the network. SO_SNDBUF, or
 * the send buffer that follows cwnd up to tcp_wmem's third value, is the
 * socket's. tcp_mem is the machine's, for all queues of all sockets, and a
 * cgroup's memory limit counts for the sockets that were made in it. Past the last
 * two a writer waits – but not for ever, if others never give back what they
 * hold: tcp_wmem's first value is each socket's own, whatever the sums are.
 *
 * What is taken so is charged to the socket all the same and overdraws its
 * account (sk_forward_alloc), which the next grant evens out.
 */
#include "ltcp.h"

/* Is tcp_mem's hard limit reached? */
static bool ltcp_mem_is_used_up(const struct sock *sk)
{
	return sk_memory_allocated(sk) >= sk_prot_mem_limits(sk, 2);
}

/**
 * ltcp_snd_schedule - may @bytes of memory be charged?
 * @sk: socket
 * @bytes: how many
 *
 * The socket layer would let an empty queue pass tcp_mem's hard limit by any number
 * of bytes; here it is a limit. Context: socket lock. Return: true when they may.
 */
bool ltcp_snd_schedule(struct sock *sk, int bytes)
{
	if (likely(bytes <= sk->sk_forward_alloc))
		return true;
	return !ltcp_mem_is_used_up(sk) && sk_wmem_schedule(sk, bytes);
}

/**
 * ltcp_snd_grant - how much memory may a write use now?
 * @sk: socket
 * @bytes: how much it would like
 *
 * Context: socket lock. Return: bytes that may be charged, 0 to @bytes.
 */
u32 ltcp_snd_grant(struct sock *sk, u32 bytes)
{
	int own;

	if (likely(ltcp_snd_schedule(sk, bytes)))
		return bytes;
	own = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[0]) -
	      sk->sk_wmem_queued;
	return clamp_t(int, own, 0, bytes);
}

/**
 * ltcp_snd_goal - the payload of a full packet, as far as memory goes
 * @sk: socket
 * @goal: bytes that the device and the window allow, a multiple of @mss
 * @mss: bytes of a segment
 *
 * A buffer that a program has made small with SO_SNDBUF is not left behind by a
 * single packet. Context: socket lock. Return: bytes, at least 1.
 */
u32 ltcp_snd_goal(const struct sock *sk, u32 goal, u32 mss)
{
	u32 most = READ_ONCE(sk->sk_sndbuf) / 2;

	if (likely(goal <= most || !(sk->sk_userlocks & SOCK_SNDBUF_LOCK)))
		return goal;
	return most > mss ? most - most % mss : most;
}

/**
 * ltcp_mem_is_short - is memory so short that no buffer should grow?
 * @sk: socket
 *
 * Past the first value of tcp_mem, or under pressure, the cgroup's included.
 * Context: any.
 */
bool ltcp_mem_is_short(const struct sock *sk)
{
	return sk_under_memory_pressure(sk) ||
	       sk_memory_allocated(sk) >= sk_prot_mem_limits(sk, 0);
}

/**
 * ltcp_sndbuf_grow - let the send buffer follow what is kept
 * @sk: connection
 *
 * That is cwnd and what was SACKed, which cwnd no longer counts but which is kept
 * until the hole before it is filled: else the buffer, and not cwnd, would bound
 * what is sent meanwhile, and the rest would leave in a burst afterwards. Twice
 * that, or as the congestion control has it, so that the writer stays ahead of
 * the ACKs; up to tcp_wmem's third value. Not when SO_SNDBUF was set, nor when
 * memory is short. Context: socket lock.
 */
void ltcp_sndbuf_grow(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 segs = max(tp->snd_cwnd, (u32)TCP_INIT_CWND) + (u64)tp->sacked_out;
	u64 want = ltcp_kcong_sndbuf_expand(sk) * segs *
		   SKB_TRUESIZE(tp->mss_cache + MAX_TCP_HEADER);

	if (want <= sk->sk_sndbuf || (sk->sk_userlocks & SOCK_SNDBUF_LOCK))
		return;
	want = min_t(u64, want, READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[2]));
	if (want <= sk->sk_sndbuf || ltcp_mem_is_short(sk))
		return;
	WRITE_ONCE(sk->sk_sndbuf, want);
	ltcp_sk(sk)->freed = true;	/* a writer may wait for it */
}
