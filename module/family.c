// SPDX-License-Identifier: GPL-2.0
/*
 * family.c - which sockets become ltcp's.
 *
 * A program that asks for protocol 253 gets ltcp through the protosw of main.c.
 * An ordinary socket(AF_INET, SOCK_STREAM, 0) gets it while its namespace has
 * net.ltcp.takeover set. The kernel offers no hook for that, so one of two ways
 * is taken while at least one namespace has opted in:
 *
 * 1. The entry of AF_INET in net_families[] is exchanged for one of ours, whose
 *    create() changes the protocol number to 253 and otherwise calls the old
 *    one. net_families is private to the kernel: it is found by name, with
 *    kallsyms_lookup_name(), which a kprobe finds. Sockets of namespaces that
 *    have not opted in run through one more comparison and hold nothing of
 *    ours.
 *
 * 2. Where kprobes or symbols are missing: the permanent protosw of TCP is the
 *    list neighbour of ours, and its ->prot is exchanged. Then every new socket
 *    is made from ltcp's slab and init() hands those that should not be ltcp's
 *    back to the built-in. They work as ever, but each holds a reference on this
 *    module until it is closed.
 *
 * Sockets made inside the kernel (NFS, iSCSI, tunnels) are never taken.
 *
 * LOCKING. Arming and disarming are called with main.c's mutex held. Readers
 * are under RCU.
 */
#include <linux/kprobes.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/static_call.h>
#include "ltcp.h"

/* net_families, when it could be found, and what stood at AF_INET. */
static const struct net_proto_family **ltcp_families;
static const struct net_proto_family *ltcp_inet_family;

/* The second way: the built-in's protosw, when the first is not there. */
static struct inet_protosw *ltcp_tcp_protosw;

/* May a new socket of this namespace, made by the current task, be ours? */
static bool ltcp_wants_socket(const struct net *net, bool kern)
{
	return !kern && !(current->flags & PF_KTHREAD) &&
	       READ_ONCE(ltcp_net(net)->takeover);
}

/* net_proto_family.create; the caller holds a reference on the module. */
static int ltcp_family_create(struct net *net, struct socket *sock,
			      int protocol, int kern)
{
	if (sock->type == SOCK_STREAM &&
	    (protocol == 0 || protocol == IPPROTO_TCP) &&
	    ltcp_wants_socket(net, kern))
		protocol = IPPROTO_LTCP;
	return ltcp_inet_family->create(net, sock, protocol, kern);
}

static const struct net_proto_family ltcp_family = {
	.family	= PF_INET,
	.create	= ltcp_family_create,
	.owner	= THIS_MODULE,
};

/* Leave a socket that came through the exchanged protosw to the built-in. */
static int ltcp_give_back(struct sock *sk)
{
	sk->sk_prot = &tcp_prot;
	sk->sk_backlog_rcv = tcp_prot.backlog_rcv;
	return tcp_prot.init(sk);
}

/**
 * ltcp_family_init_sock - proto.init: a new socket of ours, or not
 * @sk: just allocated
 *
 * Only by the second way does a socket of protocol 6 get here, with the
 * built-in's operations in its struct socket.
 *
 * Context: process.
 * Return: 0 or what the stack's own init says.
 */
int ltcp_family_init_sock(struct sock *sk)
{
	if (sk->sk_protocol == IPPROTO_TCP) {
		if (!ltcp_wants_socket(sock_net(sk), sk->sk_kern_sock))
			return ltcp_give_back(sk);
		sk->sk_socket->ops = &ltcp_stream_ops;
	}
	return ltcp_init_sock(sk);
}

/*
 * The second way's permanent entry: the one our own was just linked behind.
 * Nobody links or unlinks one of its neighbours but at load time of a protocol.
 */
static struct inet_protosw *ltcp_find_tcp_protosw(void)
{
	struct inet_protosw *p = list_prev_entry(&ltcp_protosw, list);

	if (p->type == SOCK_STREAM && p->protocol == IPPROTO_TCP &&
	    p->prot == &tcp_prot)
		return p;
	return NULL;
}

/**
 * ltcp_family_init - find out which way there is
 *
 * Without net_families the second way is taken, and the log says so.
 * Context: module init, right after our protosw was registered.
 */
void ltcp_family_init(void)
{
	ltcp_families = (void *)ltcp_find_symbol("net_families");
	if (ltcp_families && READ_ONCE(ltcp_families[PF_INET]) &&
	    READ_ONCE(ltcp_families[PF_INET])->family == PF_INET)
		return;
	ltcp_families = NULL;
	ltcp_tcp_protosw = ltcp_find_tcp_protosw();
	pr_notice("net_families not found: a take-over will hold every new TCP socket to this module\n");
}

static int ltcp_family_swap(void)
{
	const struct net_proto_family *old = READ_ONCE(ltcp_families[PF_INET]);

	/* The built-in family never goes away: no reference is needed on it */
	if (!old || old->owner)
		return -EBUSY;
	ltcp_inet_family = old;
	if (cmpxchg(&ltcp_families[PF_INET], old, &ltcp_family) != old)
		return -EBUSY;
	return 0;
}

static int ltcp_protosw_swap(void)
{
	struct inet_protosw *tcp = ltcp_tcp_protosw;

	if (!tcp)
		return -EOPNOTSUPP;
	if (cmpxchg(&tcp->prot, &tcp_prot, &ltcp_prot) != &tcp_prot)
		return -EBUSY;
	return 0;
}

/**
 * ltcp_family_arm - see every new AF_INET socket from now on
 *
 * Context: process, main.c's mutex, module pinned.
 * Return: 0; -EBUSY when another module has taken the family; -EOPNOTSUPP when
 * there is no way on this kernel.
 */
int ltcp_family_arm(void)
{
	return ltcp_families ? ltcp_family_swap() : ltcp_protosw_swap();
}

/**
 * ltcp_family_disarm - stop seeing them
 *
 * On return no task is in, or on its way to, a function of this file but those
 * that hold a reference on the module.
 *
 * Context: process, main.c's mutex, may sleep.
 */
void ltcp_family_disarm(void)
{
	if (ltcp_families)
		WRITE_ONCE(ltcp_families[PF_INET], ltcp_inet_family);
	else
		WRITE_ONCE(ltcp_tcp_protosw->prot, &tcp_prot);
	synchronize_net();
}
