/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat.h - the only place where kernels differ.
 *
 * scripts/kernel-features asks the kernel's headers what they offer and sets
 * LTCP_HAVE_...; nothing outside this file looks at such a flag or at a
 * version number. Each difference has one name here, and the name means the
 * same on every kernel. Wrappers are inline and take the shape of the newest
 * kernel, so that support for an old one is dropped by deleting lines.
 *
 * Included by ltcp.h after the kernel's headers; not by itself.
 */
#ifndef LTCP_COMPAT_H
#define LTCP_COMPAT_H

#include <linux/bpf-cgroup.h>
#include <linux/mm.h>
#include <linux/uio.h>
#include <linux/net.h>
#include <linux/timer.h>
#include <linux/sysctl.h>
#include <net/inet_connection_sock.h>
#include <net/inet_timewait_sock.h>
#include <net/ip.h>
#include <net/timewait_sock.h>
#include <net/tcp.h>
#ifdef LTCP_HAVE_RPS_HEADER	/* where sock_rps_record_flow() has gone */
#include <net/rps.h>
#endif
#ifdef LTCP_HAVE_PROTO_MEMORY_HEADER	/* where sk_memory_allocated() has gone */
#include <net/proto_memory.h>
#endif

/* ------------------------------------------------------------------ */
/* Prototypes of callbacks                                              */
/* ------------------------------------------------------------------ */

/* Tail of the argument list of icsk_af_ops->syn_recv_sock(), which ltcp ignores. */
#ifdef LTCP_HAVE_OPT_CHILD_INIT
#define LTCP_SYN_RECV_EXTRA						\
	, void (*opt_child_init)(struct sock *, const struct sock *)
#else
#define LTCP_SYN_RECV_EXTRA
#endif

/* Tail of the argument list of request_sock_ops->send_reset(). */
#ifdef LTCP_HAVE_RST_REASON
#define LTCP_SEND_RESET_EXTRA	, enum sk_rst_reason rst_reason
#else
#define LTCP_SEND_RESET_EXTRA
#endif

/*
 * Tail of the arguments of tcp:tcp_send_reset, and whether it can be told of a RST
 * that no socket sends.
 */
#ifdef LTCP_HAVE_TRACE_RESET_REASON
#define LTCP_TRACE_RESET_EXTRA(sk)					\
	, (sk) ? SK_RST_REASON_NOT_SPECIFIED : SK_RST_REASON_NO_SOCKET
#define LTCP_TRACE_RESET_NO_SOCK	true
#else
#define LTCP_TRACE_RESET_EXTRA(sk)
#define LTCP_TRACE_RESET_NO_SOCK	false
#endif

/* Tail of the argument list of tcp_request_sock_ops->route_req(). */
#ifdef LTCP_HAVE_ROUTE_REQ_ISN
#define LTCP_ROUTE_REQ_EXTRA	, u32 tw_isn
#else
#define LTCP_ROUTE_REQ_EXTRA
#endif

/* Programs of a cgroup that may forbid or redirect a connect(); 0 or -errno. */
#ifdef LTCP_HAVE_CONNECT_ADDRLEN
#define ltcp_bpf_connect4(sk, uaddr, lenp)				\
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, uaddr, lenp)
#else
#define ltcp_bpf_connect4(sk, uaddr, lenp)				\
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, uaddr)
#endif

/* tcp_congestion_ops->cong_control(), which newer kernels tell more. */
#ifdef LTCP_HAVE_CONG_CONTROL_ACK
static inline void ltcp_call_cong_control(const struct tcp_congestion_ops *ca,
					  struct sock *sk, u32 ack, int flag,
					  const struct rate_sample *rs)
{
	ca->cong_control(sk, ack, flag, rs);
}
#else
static inline void ltcp_call_cong_control(const struct tcp_congestion_ops *ca,
					  struct sock *sk, u32 ack, int flag,
					  const struct rate_sample *rs)
{
	ca->cong_control(sk, rs);
}
#endif

/*
 * The last argument of proto->ioctl(): where the answer goes. Declare it as
 *	int ltcp_ioctl(struct sock *sk, int cmd, LTCP_IOCTL_ARG arg)
 * and answer with ltcp_ioctl_put(arg, value).
 */
#ifdef LTCP_HAVE_IOCTL_KARG
#define LTCP_IOCTL_ARG	int *

static inline int ltcp_ioctl_put(int *arg, int value)
{
	*arg = value;
	return 0;
}
#else
#define LTCP_IOCTL_ARG	unsigned long

static inline int ltcp_ioctl_put(unsigned long arg, int value)
{
	return put_user(value, (int __user *)arg);
}
#endif

/*
 * proto->accept is inet_csk_accept and proto_ops->accept is inet_accept on
 * every kernel; their arguments differ, but nobody here has to name them.
 */

/* ------------------------------------------------------------------ */
/* proto and proto_ops                                                  */
/* ------------------------------------------------------------------ */

/*
 * ltcp_splice_from_iter() hangs the pages of a bvec iterator into a packet
 * instead of copying their bytes: how sendfile and splice reach sendmsg(), with
 * MSG_SPLICE_PAGES. Returns bytes, -EMSGSIZE when @skb has no fragment left.
 */
#define LTCP_MSG_SPLICE_PAGES	MSG_SPLICE_PAGES

#ifdef LTCP_HAVE_SPLICE_PAGES
static inline ssize_t ltcp_splice_from_iter(struct sk_buff *skb,
					    struct iov_iter *iter,
					    ssize_t max, gfp_t gfp)
{
	return skb_splice_from_iter(skb, iter, max, gfp);
}
#else
static inline ssize_t ltcp_splice_from_iter(struct sk_buff *skb,
					    struct iov_iter *iter,
					    ssize_t max, gfp_t gfp)
{
	ssize_t done = 0, len = 0;
	struct page *page;
	size_t offset;
	int err;

	while (done < max && iov_iter_count(iter)) {
		len = iov_iter_get_pages2(iter, &page, max - done, 1, &offset);
		if (len <= 0)
			break;
		err = skb_append_pagefrags(skb, page, offset, len);
		put_page(page);
		if (err) {
			iov_iter_revert(iter, len);
			len = err;
			break;
		}
		skb_len_add(skb, len);
		done += len;
	}
	return done ?: len;
}
#endif

/*
 * Kernels whose sendfile and splice hand one page at a time to sendpage(): it
 * becomes a sendmsg_locked() as newer kernels make it themselves.
 */
#ifdef LTCP_HAVE_SENDPAGE
static inline int ltcp_sendpage_locked(struct sock *sk, struct page *page,
				       int offset, size_t size, int flags)
{
	struct bio_vec bvec = {
		.bv_page = page,
		.bv_offset = offset,
		.bv_len = size,
	};
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	if (flags & MSG_SENDPAGE_NOTLAST)
		msg.msg_flags |= MSG_MORE;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, size);
	return sk->sk_socket->ops->sendmsg_locked(sk, &msg, size);
}

static inline ssize_t ltcp_sendpage(struct socket *sock, struct page *page,
				    int offset, size_t size, int flags)
{
	int ret;

	lock_sock(sock->sk);
	ret = ltcp_sendpage_locked(sock->sk, page, offset, size, flags);
	release_sock(sock->sk);
	return ret;
}

static inline void ltcp_ops_init_sendpage(struct proto_ops *ops)
{
	ops->sendpage = ltcp_sendpage;
	ops->sendpage_locked = ltcp_sendpage_locked;
}
#else
static inline void ltcp_ops_init_sendpage(struct proto_ops *ops)
{
}
#endif

/*
 * Members of struct timewait_sock_ops that this kernel needs. Write
 *	struct timewait_sock_ops ltcp_timewait_sock_ops = {
 *		.twsk_obj_size = ...,
 *		LTCP_TWSK_UNIQUE_OP(ltcp_twsk_unique)
 *	};
 * Kernels without the member call the built-in's test for every socket of
 * protocol 6. A function that only such a member names must be marked
 * __maybe_unused.
 */
#ifdef LTCP_HAVE_TWSK_UNIQUE
#define LTCP_TWSK_UNIQUE_OP(fn)	.twsk_unique = (fn),
#else
#define LTCP_TWSK_UNIQUE_OP(fn)
#endif

/* ------------------------------------------------------------------ */
/* struct inet_sock's flags                                             */
/* ------------------------------------------------------------------ */

/* ltcp_inet_test(RECVERR, sk), ltcp_inet_assign(DEFER_CONNECT, sk, false) ... */
#ifdef LTCP_HAVE_INET_FLAGS
#define ltcp_inet_test(flag, sk)	inet_test_bit(flag, sk)
#define ltcp_inet_assign(flag, sk, val)	inet_assign_bit(flag, sk, val)

static inline unsigned long ltcp_inet_cmsg_flags(const struct sock *sk)
{
	return inet_cmsg_flags(inet_sk(sk));
}
#else
#define LTCP_INET_RECVERR		recverr
#define LTCP_INET_RECVERR_RFC4884	recverr_rfc4884
#define LTCP_INET_FREEBIND		freebind
#define LTCP_INET_HDRINCL		hdrincl
#define LTCP_INET_TRANSPARENT		transparent
#define LTCP_INET_IS_ICSK		is_icsk
#define LTCP_INET_NODEFRAG		nodefrag
#define LTCP_INET_MC_LOOP		mc_loop
#define LTCP_INET_BIND_ADDRESS_NO_PORT	bind_address_no_port
#define LTCP_INET_DEFER_CONNECT		defer_connect
#define ltcp_inet_test(flag, sk)	(!!inet_sk(sk)->LTCP_INET_##flag)
#define ltcp_inet_assign(flag, sk, val)	\
	((void)(inet_sk(sk)->LTCP_INET_##flag = (val)))

static inline unsigned long ltcp_inet_cmsg_flags(const struct sock *sk)
{
	return inet_sk(sk)->cmsg_flags;
}
#endif

/*
 * Queue the ICMP error @skb for a program that has set IP_RECVERR (ip(7)): @err is its
 * errno, @port the peer's, @payload where the quoted TCP header begins. Kernels without
 * have no error queue for TCP's ICMP errors at all. BH off.
 */
#ifdef LTCP_HAVE_ICMP_ERROR
static inline void ltcp_queue_icmp(struct sock *sk, struct sk_buff *skb, int err,
				   __be16 port, u32 info, u8 *payload)
{
	if (ltcp_inet_test(RECVERR, sk))
		ip_icmp_error(sk, skb, err, port, info, payload);
}
#else
static inline void ltcp_queue_icmp(struct sock *sk, struct sk_buff *skb, int err,
				   __be16 port, u32 info, u8 *payload)
{
}
#endif

/* ------------------------------------------------------------------ */
/* TIME-WAIT and request sockets                                        */
/* ------------------------------------------------------------------ */

/*
 * Put @tw in @sk's place in the hash tables and start its timer. The caller
 * loses its reference: @tw may be gone on return. Any context but hard
 * interrupts. @timeo in jiffies.
 */
#ifdef LTCP_HAVE_TWSK_SCHEDULE
static inline void
ltcp_twsk_hashdance_schedule(struct inet_timewait_sock *tw, struct sock *sk,
			     struct inet_hashinfo *hashinfo, int timeo)
{
	inet_twsk_hashdance_schedule(tw, sk, hashinfo, timeo);
}
#else
static inline void
ltcp_twsk_hashdance_schedule(struct inet_timewait_sock *tw, struct sock *sk,
			     struct inet_hashinfo *hashinfo, int timeo)
{
	/* The timer is pinned to this CPU: it cannot run before BHs are back. */
	local_bh_disable();
	inet_twsk_schedule(tw, timeo);
	inet_twsk_hashdance(tw, sk, hashinfo);
	local_bh_enable();
}
#endif

/*
 * Fields of a TIME-WAIT socket that belong to what ltcp does not do (timestamps
 * in microseconds, keyed segments) and that others in the kernel read. The slab
 * gives memory that is not cleared.
 */
#ifdef LTCP_HAVE_TW_USEC_TS
static inline void ltcp_twsk_init_usec_ts(struct inet_timewait_sock *tw)
{
	tw->tw_usec_ts = 0;
}
#else
static inline void ltcp_twsk_init_usec_ts(struct inet_timewait_sock *tw)
{
}
#endif

#ifdef CONFIG_TCP_MD5SIG
static inline void ltcp_twsk_init_md5(struct tcp_timewait_sock *tcptw)
{
	tcptw->tw_md5_key = NULL;
}
#else
static inline void ltcp_twsk_init_md5(struct tcp_timewait_sock *tcptw)
{
}
#endif

#ifdef CONFIG_TCP_AO
static inline void ltcp_twsk_init_ao(struct tcp_timewait_sock *tcptw)
{
	RCU_INIT_POINTER(tcptw->ao_info, NULL);
}
#else
static inline void ltcp_twsk_init_ao(struct tcp_timewait_sock *tcptw)
{
}
#endif

static inline void ltcp_twsk_init_unused(struct tcp_timewait_sock *tcptw)
{
	tcptw->tw_tx_delay = 0;
	ltcp_twsk_init_usec_ts(&tcptw->tw_sk);
	ltcp_twsk_init_md5(tcptw);
	ltcp_twsk_init_ao(tcptw);
}

/*
 * Hash @req and start its timer of @timeout jiffies. False when an equal tuple
 * was there first: then @req is the caller's to free.
 */
#ifdef LTCP_HAVE_REQSK_HASH_BOOL
static inline bool ltcp_reqsk_hash_add(struct sock *sk,
				       struct request_sock *req,
				       unsigned long timeout)
{
	return inet_csk_reqsk_queue_hash_add(sk, req, timeout);
}
#else
static inline bool ltcp_reqsk_hash_add(struct sock *sk,
				       struct request_sock *req,
				       unsigned long timeout)
{
	inet_csk_reqsk_queue_hash_add(sk, req, timeout);
	return true;
}
#endif

/*
 * The built-in hands the ISN of a connection that follows a TIME-WAIT to its
 * listener in a per-CPU variable or in its control block. ltcp's listeners ask
 * ltcp_v4_isn() on every kernel, which knows of ltcp's own TIME-WAITs.
 */

/* ------------------------------------------------------------------ */
/* Timers                                                               */
/* ------------------------------------------------------------------ */

/* The timer that inet_csk_reset_keepalive_timer() runs. */
#ifdef LTCP_HAVE_KEEPALIVE_TIMER
static inline struct timer_list *ltcp_keepalive_timer(struct sock *sk)
{
	return &inet_csk(sk)->icsk_keepalive_timer;
}

static inline struct sock *ltcp_sk_from_keepalive(struct timer_list *t)
{
	struct inet_connection_sock *icsk =
		container_of(t, struct inet_connection_sock,
			     icsk_keepalive_timer);

	return &icsk->icsk_inet.sk;
}
#else
static inline struct timer_list *ltcp_keepalive_timer(struct sock *sk)
{
	return &sk->sk_timer;
}

static inline struct sock *ltcp_sk_from_keepalive(struct timer_list *t)
{
	return container_of(t, struct sock, sk_timer);
}
#endif

#ifdef LTCP_HAVE_TIMER_CONTAINER_OF
#define ltcp_from_timer(var, timer, field)	\
	timer_container_of(var, timer, field)
#else
#define ltcp_from_timer(var, timer, field)	from_timer(var, timer, field)
#endif

/* ------------------------------------------------------------------ */
/* Look-ups, ports, sysctls                                             */
/* ------------------------------------------------------------------ */

/*
 * The kernel's look-ups take the namespace without const in older kernels;
 * they never write to it.
 */
#ifdef LTCP_HAVE_CONST_NET
#define ltcp_lookup_net(net)	(net)
#else
#define ltcp_lookup_net(net)	((struct net *)(net))
#endif

/* The range of ephemeral ports of @sk, its own or the namespace's. */
static inline void ltcp_local_port_range(const struct sock *sk, int *low,
					 int *high)
{
	inet_sk_get_local_port_range(sk, low, high);
}

/* How many retransmissions of a SYN come before RTO begins to double. */
#ifdef LTCP_HAVE_SYN_LINEAR
static inline int ltcp_syn_linear_timeouts(const struct net *net)
{
	return READ_ONCE(net->ipv4.sysctl_tcp_syn_linear_timeouts);
}
#else
static inline int ltcp_syn_linear_timeouts(const struct net *net)
{
	return 0;
}
#endif

/* The first argument of a sysctl's handler. */
#ifdef LTCP_HAVE_CONST_CTL_TABLE
#define LTCP_CTL_TABLE	const struct ctl_table
#else
#define LTCP_CTL_TABLE	struct ctl_table
#endif

/* Register @n entries of @table; one zeroed entry must follow them. */
#ifdef LTCP_HAVE_SYSCTL_SZ
static inline struct ctl_table_header *
ltcp_register_net_sysctl(struct net *net, const char *path,
			 struct ctl_table *table, size_t n)
{
	return register_net_sysctl_sz(net, path, table, n);
}
#else
static inline struct ctl_table_header *
ltcp_register_net_sysctl(struct net *net, const char *path,
			 struct ctl_table *table, size_t n)
{
	return register_net_sysctl(net, path, table);
}
#endif

/* ------------------------------------------------------------------ */
/* The user's memory                                                    */
/* ------------------------------------------------------------------ */

/* Change the flags of a mapping that mmap() is making. */
#ifdef LTCP_HAVE_VM_FLAGS_SET
static inline void ltcp_vm_flags_mod(struct vm_area_struct *vma,
				     unsigned long set, unsigned long clear)
{
	vm_flags_clear(vma, clear);
	vm_flags_set(vma, set);
}
#else
static inline void ltcp_vm_flags_mod(struct vm_area_struct *vma,
				     unsigned long set, unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags & ~clear) | set;
}
#endif

/* Take what is mapped in @bytes at @at out of @vma; mmap_lock held for reading. */
#ifdef LTCP_HAVE_ZAP_PAGE_RANGE
static inline void ltcp_zap(struct vm_area_struct *vma, unsigned long at,
			    unsigned long bytes)
{
	zap_page_range(vma, at, bytes);
}
#else
static inline void ltcp_zap(struct vm_area_struct *vma, unsigned long at,
			    unsigned long bytes)
{
	zap_page_range_single(vma, at, bytes, NULL);
}
#endif

/* One buffer of the user's, to be written to. Returns 0 or -EFAULT. */
#ifdef LTCP_HAVE_IMPORT_UBUF
static inline int ltcp_import_buf(void __user *buf, size_t len,
				  struct iov_iter *iter)
{
	return import_ubuf(ITER_DEST, buf, len, iter);
}
#else
static inline int ltcp_import_buf(void __user *buf, size_t len,
				  struct iov_iter *iter)
{
	if (!access_ok(buf, len))
		return -EFAULT;
	iov_iter_ubuf(iter, ITER_DEST, buf, len);
	return 0;
}
#endif

/* ------------------------------------------------------------------ */
/* struct tcp_sock                                                      */
/* ------------------------------------------------------------------ */

/*
 * What part of a buffer is window, in 256ths, for those in the kernel that
 * compute a window from it. ltcp's own is wnd_share, at least the half.
 */
#ifdef LTCP_HAVE_SCALING_RATIO
static inline void ltcp_init_scaling_ratio(struct tcp_sock *tp)
{
	tp->scaling_ratio = 128;
}
#else
static inline void ltcp_init_scaling_ratio(struct tcp_sock *tp)
{
}
#endif

/* net.ipv4.tcp_rto_min_us, or its default where the kernel has no such setting. */
#ifdef LTCP_HAVE_RTO_MIN_US
static inline u32 ltcp_tcp_rto_min_us(const struct net *net)
{
	return READ_ONCE(net->ipv4.sysctl_tcp_rto_min_us);
}
#else
static inline u32 ltcp_tcp_rto_min_us(const struct net *net)
{
	return jiffies_to_usecs(TCP_RTO_MIN);
}
#endif

/* Pages lent to the user by device memory receive, which ltcp does not do. */
#ifdef LTCP_HAVE_USER_FRAGS
static inline void ltcp_init_user_frags(struct sock *sk)
{
	xa_init_flags(&sk->sk_user_frags, XA_FLAGS_ALLOC1);
}
#else
static inline void ltcp_init_user_frags(struct sock *sk)
{
}
#endif

/* A congestion control that is a BPF program; without CONFIG_BPF_JIT there are none. */
#ifdef BPF_MODULE_OWNER
static inline bool ltcp_cong_is_bpf(const struct tcp_congestion_ops *ca)
{
	return (void *)ca->owner == BPF_MODULE_OWNER;
}
#else
static inline bool ltcp_cong_is_bpf(const struct tcp_congestion_ops *ca)
{
	return false;
}
#endif

/* Fields of TCP_INFO that this kernel's struct has beyond 6.1's. */
#ifdef LTCP_HAVE_TCPI_TOTAL_RTO
static inline void ltcp_info_newer(const struct tcp_sock *tp,
				   struct tcp_info *info)
{
	info->tcpi_rcv_wnd = tp->rcv_wnd;
	info->tcpi_rehash = tp->plb_rehash + tp->timeout_rehash;
	info->tcpi_total_rto = tp->total_rto;
	info->tcpi_total_rto_recoveries = tp->total_rto_recoveries;
	info->tcpi_total_rto_time = tp->total_rto_time;
	if (tp->rto_stamp)
		info->tcpi_total_rto_time +=
			div_u64(ktime_get_ns(), NSEC_PER_MSEC) - tp->rto_stamp;
}

static inline void ltcp_reset_newer(struct tcp_sock *tp)
{
	tp->plb_rehash = 0;
	tp->total_rto = 0;
	tp->total_rto_recoveries = 0;
	tp->total_rto_time = 0;
	tp->rto_stamp = 0;
}

/* A retransmission timeout; the first of a series begins a recovery. */
static inline void ltcp_rto_struck(struct tcp_sock *tp, u32 now_ms)
{
	tp->total_rto++;
	if (tp->rto_stamp)
		return;
	tp->rto_stamp = now_ms ?: 1;
	tp->total_rto_recoveries++;
}

/* Timeouts of the SYN-ACK, before there was a connection. */
static inline void ltcp_rto_inherit(struct tcp_sock *tp, u16 timeouts,
				    u32 lasted_ms)
{
	tp->total_rto = timeouts;
	tp->total_rto_recoveries = !!timeouts;
	tp->total_rto_time = timeouts ? lasted_ms : 0;
}

/* The recovery is over, if there was one. */
static inline void ltcp_rto_over(struct tcp_sock *tp, u32 now_ms)
{
	if (!tp->rto_stamp)
		return;
	tp->total_rto_time += now_ms - tp->rto_stamp;
	tp->rto_stamp = 0;
}
#else
static inline void ltcp_info_newer(const struct tcp_sock *tp,
				   struct tcp_info *info)
{
}

static inline void ltcp_reset_newer(struct tcp_sock *tp)
{
}

static inline void ltcp_rto_struck(struct tcp_sock *tp, u32 now_ms)
{
}

static inline void ltcp_rto_over(struct tcp_sock *tp, u32 now_ms)
{
}

static inline void ltcp_rto_inherit(struct tcp_sock *tp, u16 timeouts,
				    u32 lasted_ms)
{
}
#endif

/* Options that only newer kernels know, as entries of sockopt.c's table. */
#ifdef TCP_IS_MPTCP
#define LTCP_IS_MPTCP_OPTION						\
	[TCP_IS_MPTCP] = { ltcp_set_is_mptcp, ltcp_get_is_mptcp },
#else
#define LTCP_IS_MPTCP_OPTION
#endif

/* Where struct ipv6_pinfo lives in a socket of this proto (IPv6 only). */
#ifdef LTCP_HAVE_PINFO_OFFSET
#define LTCP_PINFO_OFFSET_OP(off)	.ipv6_pinfo_offset = (off),
#else
#define LTCP_PINFO_OFFSET_OP(off)
#endif

/* ------------------------------------------------------------------ */
/* Why a packet is dropped                                              */
/* ------------------------------------------------------------------ */

/*
 * Reasons that not every kernel has, and the nearest that all have. The length
 * of the accept queue is listen()'s backlog.
 */
#ifndef LTCP_HAVE_DROP_TCP_LISTEN_OVERFLOW
#define SKB_DROP_REASON_TCP_LISTEN_OVERFLOW	SKB_DROP_REASON_SOCKET_BACKLOG
#endif
#ifndef LTCP_HAVE_DROP_TCP_OLD_SEQUENCE
#define SKB_DROP_REASON_TCP_OLD_SEQUENCE	SKB_DROP_REASON_TCP_INVALID_SEQUENCE
#endif
#ifndef LTCP_HAVE_DROP_TCP_INVALID_ACK_SEQUENCE
#define SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE			\
	SKB_DROP_REASON_TCP_INVALID_SEQUENCE
#endif
#ifndef LTCP_HAVE_DROP_TCP_ABORT_ON_DATA
#define SKB_DROP_REASON_TCP_ABORT_ON_DATA	SKB_DROP_REASON_TCP_CLOSE
#endif
#ifndef LTCP_HAVE_DROP_TCP_MINTTL
#define SKB_DROP_REASON_TCP_MINTTL		SKB_DROP_REASON_NOT_SPECIFIED
#endif
#ifndef LTCP_HAVE_DROP_SECURITY_HOOK
#define SKB_DROP_REASON_SECURITY_HOOK		SKB_DROP_REASON_NOT_SPECIFIED
#endif
#ifndef LTCP_HAVE_DROP_QUEUE_PURGE
#define SKB_DROP_REASON_QUEUE_PURGE		SKB_DROP_REASON_TCP_CLOSE
#endif

/* Free a packet that @sk, or nobody, refuses, and say why. */
#ifdef LTCP_HAVE_SK_SKB_DROP
#define ltcp_free_dropped(sk, skb, why)	sk_skb_reason_drop(sk, skb, why)
#else
#define ltcp_free_dropped(sk, skb, why)	kfree_skb_reason(skb, why)
#endif

/* What skb_set_delivery_time() calls the clock of ktime_get(). */
#ifdef LTCP_HAVE_SKB_CLOCK
#define LTCP_CLOCK_MONOTONIC	SKB_CLOCK_MONOTONIC
#else
#define LTCP_CLOCK_MONOTONIC	true
#endif

/* Prepare a high-resolution timer. */
#ifdef LTCP_HAVE_HRTIMER_SETUP
#define ltcp_hrtimer_setup	hrtimer_setup
#else
static inline void
ltcp_hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*function)(struct hrtimer *),
		   clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* proto_ops.accept: its arguments behind the two sockets. */
#ifdef LTCP_HAVE_ACCEPT_ARG
#define LTCP_ACCEPT_ARGS	struct proto_accept_arg *arg
#define LTCP_ACCEPT_PASS	arg
#else
#define LTCP_ACCEPT_ARGS	int flags, bool kern
#define LTCP_ACCEPT_PASS	flags, kern
#endif

#endif
