// SPDX-License-Identifier: GPL-2.0
/*
 * ipv4_open.c - how a socket gets its addresses and is found by them: listening,
 * and the active opening up to the SYN.
 */
#include <net/sock_reuseport.h>
#include "ltcp.h"

/* Does a listener share its port with one of the built-in by SO_REUSEPORT? */
static bool ltcp_v4_group_is_mixed(const struct sock *sk)
{
	const struct sock_reuseport *group;
	bool mixed = false;
	unsigned int i;

	rcu_read_lock();
	group = rcu_dereference(sk->sk_reuseport_cb);
	for (i = 0; group && i < READ_ONCE(group->num_socks); i++)
		mixed |= !ltcp_is_ours(group->socks[i]);
	rcu_read_unlock();
	return mixed;
}

/**
 * ltcp_v4_hash - proto.hash: a listener is to be found from now on
 * @sk: in LISTEN, bound
 *
 * A SO_REUSEPORT group must not mix both stacks: the kernel moves half-open and
 * unaccepted connections between its members.
 *
 * Context: process, socket lock.
 * Return: 0; -EADDRINUSE for a mixed group; what
 * inet_hash() says.
 */
int ltcp_v4_hash(struct sock *sk)
{
	int err = inet_hash(sk);

	if (err || !ltcp_v4_group_is_mixed(sk))
		return err;
	inet_unhash(sk);
	return -EADDRINUSE;
}

/**
 * ltcp_listen_stop - what a listener has not handed out is reset, or moved
 * @sk: was a listener, in CLOSED
 *
 * With tcp_migrate_req the kernel moves it to another of the group: not to one of
 * the built-in, which may have joined after ours.
 *
 * Context: process, socket lock.
 */
void ltcp_listen_stop(struct sock *sk)
{
	if (ltcp_v4_group_is_mixed(sk))
		reuseport_detach_sock(sk);
	inet_csk_listen_stop(sk);
}

/**
 * ltcp_v4_pre_connect - proto.pre_connect: a cgroup's programs have their say
 * @sk: socket
 * @uaddr: where to, may be rewritten
 * @addr_len: its size
 *
 * Context: process, socket lock.
 * Return: 0 or what the programs say.
 */
int ltcp_v4_pre_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	if (addr_len < sizeof(struct sockaddr_in))
		return -EINVAL;
	sock_owned_by_me(sk);
	return ltcp_bpf_connect4(sk, uaddr, &addr_len);
}

/* What a socket knew of its previous peer is of no use with another one. */
static void ltcp_v4_forget_peer(struct sock *sk, __be32 daddr)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->rx_opt.ts_recent_stamp || inet_sk(sk)->inet_daddr == daddr)
		return;
	tp->rx_opt.ts_recent = 0;
	tp->rx_opt.ts_recent_stamp = 0;
	WRITE_ONCE(tp->write_seq, 0);
}

/* Route to the peer, which also chooses the own address where none is bound. */
static struct rtable *ltcp_v4_connect_route(struct sock *sk, struct flowi4 *fl4,
					    const struct sockaddr_in *to,
					    const struct ip_options_rcu *opt)
{
	bool srr = opt && opt->opt.srr;
	struct rtable *rt;

	/* A source route goes to its first hop */
	if (srr && !to->sin_addr.s_addr)
		return ERR_PTR(-EINVAL);
	rt = ip_route_connect(fl4, srr ? opt->opt.faddr : to->sin_addr.s_addr,
			      inet_sk(sk)->inet_saddr, sk->sk_bound_dev_if,
			      IPPROTO_TCP, inet_sk(sk)->inet_sport, to->sin_port,
			      sk);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return rt;
	}
	/* MUST-46: no connection to more than one host */
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	return rt;
}

/* Settle both addresses. */
static int ltcp_v4_connect_addrs(struct sock *sk, struct flowi4 *fl4,
				 const struct sockaddr_in *to,
				 const struct ip_options_rcu *opt)
{
	struct inet_sock *inet = inet_sk(sk);
	__be32 daddr = to->sin_addr.s_addr;
	int err;

	/* Address 0 means this host, which the route has spelled out */
	if (!opt || !opt->opt.srr)
		daddr = fl4->daddr;
	if (!inet->inet_saddr) {
		err = inet_bhash2_update_saddr(sk, &fl4->saddr, AF_INET);
		if (err)
			return err;
	} else {
		sk_rcv_saddr_set(sk, inet->inet_saddr);
	}
	ltcp_v4_forget_peer(sk, daddr);
	inet->inet_dport = to->sin_port;
	sk_daddr_set(sk, daddr);
	inet_csk(sk)->icsk_ext_hdr_len = opt ? opt->opt.optlen : 0;
	return 0;
}

/* Both ends are settled and hashed: numbers, and the SYN. The socket gets @rt. */
static int ltcp_v4_connect_send(struct sock *sk, struct rtable *rt)
{
	struct inet_sock *inet = inet_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	sk->sk_gso_type = SKB_GSO_TCPV4;
	ltcp_offload_setup(sk, &rt->dst);
	/* Otherwise set by the TIME-WAIT whose place this connection takes */
	if (!tp->write_seq)
		WRITE_ONCE(tp->write_seq, ltcp_v4_isn_sk(sk));
	WRITE_ONCE(tp->tsoffset,
		   ltcp_v4_ts_offset(sock_net(sk), inet->inet_saddr,
				     inet->inet_daddr));
	atomic_set(&inet->inet_id, get_random_u16());
	return ltcp_connect_start(sk);
}

/*
 * Find the own port and enter the hash table, while in SYN-SENT so that the
 * tuple is taken whole; then route again, for ports may matter to the route.
 * Consumes @rt and returns what takes its place.
 */
static struct rtable *ltcp_v4_connect_hash(struct sock *sk, struct flowi4 *fl4,
					   struct rtable *rt)
{
	struct inet_sock *inet = inet_sk(sk);
	__be16 sport = inet->inet_sport;
	int err;

	ltcp_set_state(sk, TCP_SYN_SENT);
	err = inet_hash_connect(&sock_net(sk)->ipv4.tcp_death_row, sk);
	if (err) {
		ip_rt_put(rt);
		return ERR_PTR(err);
	}
	sk_set_txhash(sk);
	return ip_route_newports(fl4, rt, sport, inet->inet_dport,
				 inet->inet_sport, inet->inet_dport, sk);
}

static void ltcp_v4_connect_undo(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_set_state(sk, TCP_CLOSE);
	inet_bhash2_reset_saddr(sk);
	sk->sk_route_caps = 0;
	inet_sk(sk)->inet_dport = 0;
	/* An ISN is for one pair of sockets; the next connect() chooses its own */
	tp->snd_una = 0;
	tp->snd_nxt = 0;
	WRITE_ONCE(tp->write_seq, 0);
}

/**
 * ltcp_v4_connect - proto.connect: open actively
 * @sk: socket in CLOSED
 * @uaddr: struct sockaddr_in of the peer
 * @addr_len: its size, bytes
 *
 * RFC 9293 section 3.10.1, active OPEN. Returns when the SYN is on its way.
 *
 * Context: process, socket lock.
 * Return: 0; -EINVAL, -EAFNOSUPPORT for a bad address; -EADDRNOTAVAIL without a
 * free port; what routing says. On error the socket is as it was.
 */
int ltcp_v4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *to = (const struct sockaddr_in *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	const struct ip_options_rcu *opt;
	struct rtable *rt;
	int err;

	if (addr_len < sizeof(*to))
		return -EINVAL;
	if (to->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	opt = rcu_dereference_protected(inet->inet_opt,
					lockdep_sock_is_held(sk));
	rt = ltcp_v4_connect_route(sk, fl4, to, opt);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	err = ltcp_v4_connect_addrs(sk, fl4, to, opt);
	if (err) {
		ip_rt_put(rt);
		return err;
	}
	rt = ltcp_v4_connect_hash(sk, fl4, rt);
	err = PTR_ERR_OR_ZERO(rt);
	if (!err)
		err = ltcp_v4_connect_send(sk, rt);
	if (err)
		ltcp_v4_connect_undo(sk);
	return err;
}
