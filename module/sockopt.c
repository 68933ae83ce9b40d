// SPDX-License-Identifier: GPL-2.0
/*
 * sockopt.c - options of level IPPROTO_TCP, tcp(7).
 *
 * Most are one int. They stand in a table by number, each with a function that
 * sets it and one that tells it, both under the socket lock; the few that are
 * strings or structs have functions of their own. What is not here is refused
 * with ENOPROTOOPT, so that nobody believes it to work: Fast Open, TCP_REPAIR,
 * TCP_MD5SIG and TCP_AO. TCP_ULP says ENOENT, "no such protocol": so does a kernel
 * without TLS, and programs that would use it know that answer.
 *
 * Other levels belong to the address family. Ranges and errnos are those that
 * programs know; times are in seconds where tcp(7) says so, jiffies inside.
 */
#include <linux/inet_diag.h>
#include <linux/nospec.h>
#include "ltcp.h"

#define LTCP_KEEPALIVE_MAX_S	32767	/* TCP_KEEPIDLE, TCP_KEEPINTVL */
#define LTCP_RETRIES_MAX	127	/* TCP_KEEPCNT, TCP_SYNCNT */

static bool ltcp_between(int val, int low, int high)
{
	return val >= low && val <= high;
}

/* ------------------------------------------------------------------ */
/* When to send: TCP_NODELAY, TCP_CORK, TCP_NOTSENT_LOWAT               */
/* ------------------------------------------------------------------ */

/* What was held back for company goes now, also under a cork (tcp(7)). */
static void ltcp_push_held(struct sock *sk)
{
	ltcp_sk(sk)->more = false;
	tcp_sk(sk)->nonagle |= TCP_NAGLE_PUSH;
	if (skb_queue_empty(&ltcp_sk(sk)->unsent))
		return;
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_push(sk);
}

static int ltcp_set_nodelay(struct sock *sk, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (val) {
		tp->nonagle |= TCP_NAGLE_OFF;
		ltcp_push_held(sk);
	} else {
		tp->nonagle &= ~TCP_NAGLE_OFF;
	}
	return 0;
}

static int ltcp_get_nodelay(const struct sock *sk)
{
	return !!(tcp_sk(sk)->nonagle & TCP_NAGLE_OFF);
}

static int ltcp_set_cork(struct sock *sk, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (val) {
		tp->nonagle |= TCP_NAGLE_CORK;
	} else {
		tp->nonagle &= ~TCP_NAGLE_CORK;
		ltcp_push_held(sk);
	}
	return 0;
}

static int ltcp_get_cork(const struct sock *sk)
{
	return !!(tcp_sk(sk)->nonagle & TCP_NAGLE_CORK);
}

static int ltcp_set_notsent_lowat(struct sock *sk, int val)
{
	WRITE_ONCE(tcp_sk(sk)->notsent_lowat, val);
	sk->sk_write_space(sk);
	return 0;
}

static int ltcp_get_notsent_lowat(const struct sock *sk)
{
	return tcp_sk(sk)->notsent_lowat;
}

/* ------------------------------------------------------------------ */
/* How much: TCP_MAXSEG, TCP_WINDOW_CLAMP                               */
/* ------------------------------------------------------------------ */

/* 0 takes the limit back. It holds for connections to come. */
static int ltcp_set_maxseg(struct sock *sk, int val)
{
	if (val && !ltcp_between(val, TCP_MIN_MSS, MAX_TCP_WINDOW))
		return -EINVAL;
	WRITE_ONCE(tcp_sk(sk)->rx_opt.user_mss, val);
	return 0;
}

static int ltcp_get_maxseg(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->rx_opt.user_mss &&
	    ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return tp->rx_opt.user_mss;
	return tp->mss_cache;
}

/* What was promised stays promised: the window only stops growing. */
static int ltcp_set_window_clamp(struct sock *sk, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 clamp;

	if (!val) {
		if (sk->sk_state != TCP_CLOSE)
			return -EINVAL;
		WRITE_ONCE(tp->window_clamp, 0);
		return 0;
	}
	clamp = max_t(u32, val, SOCK_MIN_RCVBUF / 2);	/* negative: no limit */
	WRITE_ONCE(tp->window_clamp, clamp);
	tp->rcv_ssthresh = min(max(tp->rcv_ssthresh, tp->rcv_wnd), clamp);
	return 0;
}

static int ltcp_get_window_clamp(const struct sock *sk)
{
	return READ_ONCE(tcp_sk(sk)->window_clamp);
}

/* ------------------------------------------------------------------ */
/* When to acknowledge, and to whom: TCP_QUICKACK, TCP_DEFER_ACCEPT     */
/* ------------------------------------------------------------------ */

/* 0: delay; odd: at once from now on; even: only the one that is owed now. */
static int ltcp_set_quickack(struct sock *sk, int val)
{
	if (!val) {
		inet_csk_enter_pingpong_mode(sk);
		return 0;
	}
	inet_csk_exit_pingpong_mode(sk);
	if (((1 << sk->sk_state) & ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) ||
	    !inet_csk_ack_scheduled(sk))
		return 0;
	ltcp_mstamp_refresh(tcp_sk(sk));
	ltcp_send_ack(sk);
	if (!(val & 1))
		inet_csk_enter_pingpong_mode(sk);
	return 0;
}

static int ltcp_get_quickack(const struct sock *sk)
{
	return !inet_csk_in_pingpong_mode((struct sock *)sk);
}

/* When the @retries-th retransmission of a SYN-ACK has been waited for, s. */
static int ltcp_retries_to_secs(int retries)
{
	int step = TCP_TIMEOUT_INIT / HZ;
	int secs = 0;

	for (; retries > 0; retries--) {
		secs += step;
		step = min_t(int, step * 2, TCP_RTO_MAX / HZ);
	}
	return secs;
}

/* A listener counts retransmissions of its SYN-ACK, not seconds. */
static int ltcp_set_defer_accept(struct sock *sk, int val)
{
	int retries = 0;

	while (retries < U8_MAX && ltcp_retries_to_secs(retries) < val)
		retries++;
	WRITE_ONCE(inet_csk(sk)->icsk_accept_queue.rskq_defer_accept, retries);
	return 0;
}

static int ltcp_get_defer_accept(const struct sock *sk)
{
	return ltcp_retries_to_secs(
		READ_ONCE(inet_csk(sk)->icsk_accept_queue.rskq_defer_accept));
}

/* ------------------------------------------------------------------ */
/* How long: keepalive, SYN, FIN-WAIT-2, user timeout                   */
/* ------------------------------------------------------------------ */

/* A timer that runs is set anew; what has passed of the idle time counts. */
static int ltcp_set_keepidle(struct sock *sk, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 elapsed;

	if (!ltcp_between(val, 1, LTCP_KEEPALIVE_MAX_S))
		return -EINVAL;
	WRITE_ONCE(tp->keepalive_time, val * HZ);
	if (!sock_flag(sk, SOCK_KEEPOPEN) ||
	    ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return 0;
	elapsed = keepalive_time_elapsed(tp);
	ltcp_timer_keepalive(sk, tp->keepalive_time > elapsed ?
				 tp->keepalive_time - elapsed : 0);
	return 0;
}

static int ltcp_get_keepidle(const struct sock *sk)
{
	return keepalive_time_when(tcp_sk(sk)) / HZ;
}

static int ltcp_set_keepintvl(struct sock *sk, int val)
{
	if (!ltcp_between(val, 1, LTCP_KEEPALIVE_MAX_S))
		return -EINVAL;
	WRITE_ONCE(tcp_sk(sk)->keepalive_intvl, val * HZ);
	return 0;
}

static int ltcp_get_keepintvl(const struct sock *sk)
{
	return keepalive_intvl_when(tcp_sk(sk)) / HZ;
}

static int ltcp_set_keepcnt(struct sock *sk, int val)
{
	if (!ltcp_between(val, 1, LTCP_RETRIES_MAX))
		return -EINVAL;
	WRITE_ONCE(tcp_sk(sk)->keepalive_probes, val);
	return 0;
}

static int ltcp_get_keepcnt(const struct sock *sk)
{
	return keepalive_probes(tcp_sk(sk));
}

static int ltcp_set_syncnt(struct sock *sk, int val)
{
	if (!ltcp_between(val, 1, LTCP_RETRIES_MAX))
		return -EINVAL;
	WRITE_ONCE(inet_csk(sk)->icsk_syn_retries, val);
	return 0;
}

static int ltcp_get_syncnt(const struct sock *sk)
{
	return READ_ONCE(inet_csk(sk)->icsk_syn_retries) ?:
		READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_syn_retries);
}

/* Negative: an orphan does not wait in FIN-WAIT-2 at all; 0: the default. */
static int ltcp_set_linger2(struct sock *sk, int val)
{
	int most = TCP_FIN_TIMEOUT_MAX / HZ;

	WRITE_ONCE(tcp_sk(sk)->linger2, val < 0 ? -1 : min(val, most) * HZ);
	return 0;
}

static int ltcp_get_linger2(const struct sock *sk)
{
	int linger2 = READ_ONCE(tcp_sk(sk)->linger2);

	if (linger2 < 0)
		return linger2;
	return (linger2 ?: READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout)) /
		HZ;
}

/* Milliseconds; 0: the defaults (RFC 5482). */
static int ltcp_set_user_timeout(struct sock *sk, int val)
{
	if (val < 0)
		return -EINVAL;
	WRITE_ONCE(inet_csk(sk)->icsk_user_timeout, val);
	return 0;
}

static int ltcp_get_user_timeout(const struct sock *sk)
{
	return READ_ONCE(inet_csk(sk)->icsk_user_timeout);
}

/* ------------------------------------------------------------------ */
/* Thin streams, delayed departure                                      */
/* ------------------------------------------------------------------ */

/* Do not double RTO while few segments are in flight (timer.c). */
static int ltcp_set_thin_linear(struct sock *sk, int val)
{
	if (!ltcp_between(val, 0, 1))
		return -EINVAL;
	tcp_sk(sk)->thin_lto = val;
	return 0;
}

static int ltcp_get_thin_linear(const struct sock *sk)
{
	return tcp_sk(sk)->thin_lto;
}

/* Early retransmission for thin streams: superseded by RACK's, always on. */
static int ltcp_set_thin_dupack(struct sock *sk, int val)
{
	return ltcp_between(val, 0, 1) ? 0 : -EINVAL;
}

static int ltcp_get_thin_dupack(const struct sock *sk)
{
	return 0;
}

/* Microseconds that every segment is held back, by fq (pace.c). */
static int ltcp_set_tx_delay(struct sock *sk, int val)
{
	WRITE_ONCE(tcp_sk(sk)->tcp_tx_delay, val);
	return 0;
}

static int ltcp_get_tx_delay(const struct sock *sk)
{
	return READ_ONCE(tcp_sk(sk)->tcp_tx_delay);
}

/* ------------------------------------------------------------------ */
/* What to tell: TCP_INQ, TCP_SAVE_SYN, TCP_TIMESTAMP, TCP_IS_MPTCP     */
/* ------------------------------------------------------------------ */

static int ltcp_set_inq(struct sock *sk, int val)
{
	if (!ltcp_between(val, 0, 1))
		return -EINVAL;
	tcp_sk(sk)->recvmsg_inq = val;
	return 0;
}

static int ltcp_get_inq(const struct sock *sk)
{
	return tcp_sk(sk)->recvmsg_inq;
}

/* 1: from the IP header on; 2: with the link layer's. */
static int ltcp_set_save_syn(struct sock *sk, int val)
{
	if (!ltcp_between(val, 0, 2))
		return -EINVAL;
	tcp_sk(sk)->save_syn = val;
	return 0;
}

static int ltcp_get_save_syn(const struct sock *sk)
{
	return tcp_sk(sk)->save_syn;
}

/* Only a connection under repair may have its clock set, and none is. */
static int ltcp_set_timestamp(struct sock *sk, int val)
{
	return -EPERM;
}

static int ltcp_get_timestamp(const struct sock *sk)
{
	return ltcp_now_ms() + tcp_sk(sk)->tsoffset;
}

static int __maybe_unused ltcp_set_is_mptcp(struct sock *sk, int val)
{
	return -ENOPROTOOPT;
}

static int __maybe_unused ltcp_get_is_mptcp(const struct sock *sk)
{
	return 0;
}

/* ------------------------------------------------------------------ */
/* The table                                                            */
/* ------------------------------------------------------------------ */

/* An option that is one int. Both functions are called with the socket lock. */
struct ltcp_int_option {
	int (*set)(struct sock *sk, int val);	/* 0 or -errno */
	int (*get)(const struct sock *sk);
};

static const struct ltcp_int_option ltcp_int_options[] = {
	[TCP_NODELAY]	    = { ltcp_set_nodelay, ltcp_get_nodelay },
	[TCP_MAXSEG]	    = { ltcp_set_maxseg, ltcp_get_maxseg },
	[TCP_CORK]	    = { ltcp_set_cork, ltcp_get_cork },
	[TCP_KEEPIDLE]	    = { ltcp_set_keepidle, ltcp_get_keepidle },
	[TCP_KEEPINTVL]	    = { ltcp_set_keepintvl, ltcp_get_keepintvl },
	[TCP_KEEPCNT]	    = { ltcp_set_keepcnt, ltcp_get_keepcnt },
	[TCP_SYNCNT]	    = { ltcp_set_syncnt, ltcp_get_syncnt },
	[TCP_LINGER2]	    = { ltcp_set_linger2, ltcp_get_linger2 },
	[TCP_DEFER_ACCEPT]  = { ltcp_set_defer_accept, ltcp_get_defer_accept },
	[TCP_WINDOW_CLAMP]  = { ltcp_set_window_clamp, ltcp_get_window_clamp },
	[TCP_QUICKACK]	    = { ltcp_set_quickack, ltcp_get_quickack },
	[TCP_USER_TIMEOUT]  = { ltcp_set_user_timeout, ltcp_get_user_timeout },
	[TCP_NOTSENT_LOWAT] = { ltcp_set_notsent_lowat, ltcp_get_notsent_lowat },
	[TCP_SAVE_SYN]	    = { ltcp_set_save_syn, ltcp_get_save_syn },
	[TCP_INQ]	    = { ltcp_set_inq, ltcp_get_inq },
	[TCP_TIMESTAMP]	    = { ltcp_set_timestamp, ltcp_get_timestamp },
	[TCP_TX_DELAY]	    = { ltcp_set_tx_delay, ltcp_get_tx_delay },
	[TCP_THIN_LINEAR_TIMEOUTS] = { ltcp_set_thin_linear, ltcp_get_thin_linear },
	[TCP_THIN_DUPACK]   = { ltcp_set_thin_dupack, ltcp_get_thin_dupack },
	LTCP_IS_MPTCP_OPTION
};

static const struct ltcp_int_option *ltcp_int_option(int optname)
{
	const struct ltcp_int_option *opt;

	if (!ltcp_between(optname, 0, ARRAY_SIZE(ltcp_int_options) - 1))
		return NULL;
	opt = &ltcp_int_options[array_index_nospec(optname,
						ARRAY_SIZE(ltcp_int_options))];
	return opt->set ? opt : NULL;
}

static int ltcp_setsockopt_int(struct sock *sk, int optname, sockptr_t optval,
			       unsigned int optlen)
{
	const struct ltcp_int_option *opt = ltcp_int_option(optname);
	int val, err;

	if (optlen < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;
	if (!opt)
		return -ENOPROTOOPT;
	lock_sock(sk);
	err = opt->set(sk, val);
	release_sock(sk);
	return err;
}

static int ltcp_setsockopt_congestion(struct sock *sk, sockptr_t optval,
				      unsigned int optlen)
{
	char name[TCP_CA_NAME_MAX];
	long len;
	int err;

	if (!optlen)
		return -EINVAL;
	len = strncpy_from_sockptr(name, optval,
				   min_t(long, sizeof(name) - 1, optlen));
	if (len < 0)
		return -EFAULT;
	name[len] = '\0';
	lock_sock(sk);
	err = ltcp_cong_set(sk, name);
	release_sock(sk);
	return err;
}

/*
 * A source route that the program asks for goes before all that arrive (RFC 9293
 * MUST-52), and its first hop is where packets go from now on.
 */
static int ltcp_setsockopt_family(struct sock *sk, int level, int optname,
				  sockptr_t optval, unsigned int optlen)
{
	bool route = level == SOL_IP && optname == IP_OPTIONS, followed = false;
	int err;

	if (unlikely(route)) {
		/* Before it is set, or one that arrives meanwhile would take its place */
		lock_sock(sk);
		followed = ltcp_sk(sk)->route_follows;
		WRITE_ONCE(ltcp_sk(sk)->route_follows, false);
		release_sock(sk);
	}
	err = inet_csk(sk)->icsk_af_ops->setsockopt(sk, level, optname, optval, optlen);
	if (unlikely(route)) {
		lock_sock(sk);
		if (err)
			WRITE_ONCE(ltcp_sk(sk)->route_follows, followed);
		else
			__sk_dst_reset(sk);
		release_sock(sk);
	}
	return err;
}

/* No upper layer protocol (kernel TLS) can be set upon ltcp. */
static int ltcp_setsockopt_ulp(sockptr_t optval, unsigned int optlen)
{
	char name;

	if (!optlen)
		return -EINVAL;
	return copy_from_sockptr(&name, optval, 1) ? -EFAULT : -ENOENT;
}

/**
 * ltcp_setsockopt - proto.setsockopt
 * @sk: socket
 * @level: SOL_TCP, or the address family's
 * @optname: TCP_*
 * @optval: from user or kernel memory
 * @optlen: bytes of it
 *
 * Context: process.
 * Return: 0, -ENOPROTOOPT, -EINVAL, -EFAULT, ...
 */
int ltcp_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
		    unsigned int optlen)
{
	if (level != SOL_TCP)
		return ltcp_setsockopt_family(sk, level, optname, optval,
					      optlen);
	if (optname == TCP_CONGESTION)
		return ltcp_setsockopt_congestion(sk, optval, optlen);
	if (optname == TCP_ULP)
		return ltcp_setsockopt_ulp(optval, optlen);
	return ltcp_setsockopt_int(sk, optname, optval, optlen);
}

/* Answer with up to @len bytes; the caller learns how many in @optlen. */
static int ltcp_answer(char __user *optval, int __user *optlen,
		       const void *answer, int len)
{
	int room;

	if (get_user(room, optlen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	len = min(len, room);
	if (put_user(len, optlen) || copy_to_user(optval, answer, len))
		return -EFAULT;
	return 0;
}

static int ltcp_getsockopt_info(struct sock *sk, char __user *optval,
				int __user *optlen)
{
	struct tcp_info info;

	lock_sock(sk);
	ltcp_get_info(sk, &info);
	release_sock(sk);
	return ltcp_answer(optval, optlen, &info, sizeof(info));
}

static int ltcp_getsockopt_cc_info(struct sock *sk, char __user *optval,
				   int __user *optlen)
{
	union tcp_cc_info info = {};
	size_t len;

	lock_sock(sk);
	len = ltcp_ccinfo(sk, &info);
	release_sock(sk);
	return ltcp_answer(optval, optlen, &info, len);
}

static int ltcp_getsockopt_congestion(struct sock *sk, char __user *optval,
				      int __user *optlen)
{
	char name[TCP_CA_NAME_MAX];

	lock_sock(sk);
	strscpy_pad(name, inet_csk(sk)->icsk_ca_ops->name, sizeof(name));
	release_sock(sk);
	return ltcp_answer(optval, optlen, name, sizeof(name));
}

/*
 * TCP_SAVED_SYN can be had once. Too small a buffer is told the size it needs,
 * and may try again.
 */
static int ltcp_getsockopt_saved_syn(struct sock *sk, char __user *optval,
				     int __user *optlen)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct saved_syn *syn;
	int room, len, err;

	if (get_user(room, optlen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	lock_sock(sk);
	syn = tp->saved_syn;
	len = syn ? tcp_saved_syn_len(syn) : 0;
	if (room < len) {
		err = put_user(len, optlen) ? -EFAULT : -EINVAL;
	} else {
		err = put_user(len, optlen) ? -EFAULT : 0;
		if (!err && syn && copy_to_user(optval, syn->data, len))
			err = -EFAULT;
		if (!err) {
			tp->saved_syn = NULL;
			kfree(syn);
		}
	}
	release_sock(sk);
	return err;
}

static int ltcp_getsockopt_int(struct sock *sk, int optname,
			       char __user *optval, int __user *optlen)
{
	const struct ltcp_int_option *opt = ltcp_int_option(optname);
	int val;

	if (!opt)
		return -ENOPROTOOPT;
	lock_sock(sk);
	val = opt->get(sk);
	release_sock(sk);
	return ltcp_answer(optval, optlen, &val, sizeof(val));
}

/**
 * ltcp_getsockopt - proto.getsockopt
 * @sk: socket
 * @level: SOL_TCP, or the address family's
 * @optname: TCP_*
 * @optval: where the value goes
 * @optlen: room, then length of the value, bytes
 *
 * Context: process.
 * Return: 0, -ENOPROTOOPT, -EINVAL, -EFAULT, ...
 */
int ltcp_getsockopt(struct sock *sk, int level, int optname,
		    char __user *optval, int __user *optlen)
{
	int room;

	if (level != SOL_TCP)
		return inet_csk(sk)->icsk_af_ops->getsockopt(sk, level, optname,
							     optval, optlen);
	if (get_user(room, optlen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	switch (optname) {
	case TCP_INFO:
		return ltcp_getsockopt_info(sk, optval, optlen);
	case TCP_CONGESTION:
		return ltcp_getsockopt_congestion(sk, optval, optlen);
	case TCP_CC_INFO:
		return ltcp_getsockopt_cc_info(sk, optval, optlen);
	case TCP_ULP:
		return ltcp_answer(optval, optlen, NULL, 0);
	case TCP_SAVED_SYN:
		return ltcp_getsockopt_saved_syn(sk, optval, optlen);
	case TCP_ZEROCOPY_RECEIVE:
		return ltcp_zerocopy_receive(sk, optval, optlen);
	}
	return ltcp_getsockopt_int(sk, optname, optval, optlen);
}
