// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - registration, namespaces, and the way out.
 *
 * The module becomes part of the kernel in steps, each undone in reverse:
 *
 *	proto_register		slabs, /proc/net/protocols
 *	pernet subsystem	counters, net.ltcp.*, /proc/net/ltcp
 *	inet_protos[6]		segments (ipv4.c)
 *	protosw 253		sockets that ask for ltcp by number
 *	net_families[AF_INET]	ordinary sockets (family.c), only while armed
 *
 * LEAVING. What may still run code of ours holds a reference on the module: a
 * socket of any kind (full, request through its listener, TIME-WAIT) by
 * proto->owner, and the take-over from the moment it is armed. The kernel
 * refuses rmmod before any code here runs as long as one of them is left;
 * /proc/net/ltcp says which. What holds no reference is waited for: readers of
 * the tables under RCU by synchronize_net(), memory that RCU frees by
 * rcu_barrier().
 *
 * LOCKING. ltcp_arm_mutex covers the number of namespaces that hold the
 * take-over, each one's share in it (ltcp_net.armed, .takeover), and the swap in
 * family.c. It is taken from a sysctl and from the end of a namespace, both
 * of which module exit waits for.
 */
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include "trace.h"

unsigned int ltcp_net_id;

static bool ltcp_takeover_default;
module_param_named(takeover, ltcp_takeover_default, bool, 0644);
MODULE_PARM_DESC(takeover,
		 "net.ltcp.takeover of the namespace that loads the module and of new ones (default 0)");

static DEFINE_MUTEX(ltcp_arm_mutex);
static unsigned int ltcp_armed_nets;

/* The namespace that runs insmod, while it does; the others keep the built-in. */
static const struct net *ltcp_loading_net;
static bool ltcp_loaded;

struct proto ltcp_prot = {
	.name			= "LTCP",
	.owner			= THIS_MODULE,
	.close			= ltcp_close,
	.pre_connect		= ltcp_v4_pre_connect,
	.connect		= ltcp_v4_connect,
	.disconnect		= ltcp_disconnect,
	.accept			= inet_csk_accept,
	.ioctl			= ltcp_ioctl,
	.init			= ltcp_family_init_sock,
	.destroy		= ltcp_destroy_sock,
	.shutdown		= ltcp_shutdown,
	.setsockopt		= ltcp_setsockopt,
	.getsockopt		= ltcp_getsockopt,
	.keepalive		= ltcp_set_keepalive,
	.recvmsg		= ltcp_recvmsg,
	.sendmsg		= ltcp_sendmsg,
	.backlog_rcv		= ltcp_backlog_rcv,
	.release_cb		= ltcp_release_cb,
	.hash			= ltcp_v4_hash,
	.unhash			= inet_unhash,
	.get_port		= inet_csk_get_port,
	.put_port		= inet_put_port,
	.stream_memory_free	= ltcp_stream_memory_free,
	.obj_size		= sizeof(struct ltcp_sock),
	.slab_flags		= SLAB_TYPESAFE_BY_RCU,
	.twsk_prot		= &ltcp_timewait_sock_ops,
	.rsk_prot		= &ltcp_request_sock_ops,
	.no_autobind		= true,
	.diag_destroy		= ltcp_abort,
};

struct inet_protosw ltcp_protosw = {
	.type		= SOCK_STREAM,
	.protocol	= IPPROTO_LTCP,
	.prot		= &ltcp_prot,
	.ops		= &ltcp_stream_ops,
	.flags		= INET_PROTOSW_ICSK,
};

/*
 * Memory, socket and orphan limits are one budget for both stacks (tcp_mem,
 * tcp_max_orphans), so they are counted in the built-in's counters. tcp_prot is
 * the one symbol through which all of them can be reached.
 */
static void ltcp_share_accounting(struct proto *prot)
{
	prot->enter_memory_pressure	= tcp_prot.enter_memory_pressure;
	prot->leave_memory_pressure	= tcp_prot.leave_memory_pressure;
	prot->sockets_allocated		= tcp_prot.sockets_allocated;
	prot->orphan_count		= tcp_prot.orphan_count;
	prot->memory_allocated		= tcp_prot.memory_allocated;
	prot->per_cpu_fw_alloc		= tcp_prot.per_cpu_fw_alloc;
	prot->memory_pressure		= tcp_prot.memory_pressure;
	prot->sysctl_mem		= tcp_prot.sysctl_mem;
	prot->sysctl_wmem_offset	= tcp_prot.sysctl_wmem_offset;
	prot->sysctl_rmem_offset	= tcp_prot.sysctl_rmem_offset;
	prot->max_header		= tcp_prot.max_header;
}

/* Take the first namespace's hold on the protocol family, or one more. */
static int ltcp_arm(void)
{
	int err;

	if (ltcp_armed_nets) {
		ltcp_armed_nets++;
		return 0;
	}
	if (!try_module_get(THIS_MODULE))
		return -EBUSY;
	err = ltcp_family_arm();
	if (err) {
		module_put(THIS_MODULE);
		return err;
	}
	ltcp_armed_nets = 1;
	return 0;
}

/* Give one hold back; the last one restores the family and unpins the module. */
static void ltcp_disarm(void)
{
	if (--ltcp_armed_nets)
		return;
	ltcp_family_disarm();
	module_put(THIS_MODULE);
}

/**
 * ltcp_takeover_set - opt a namespace in or out
 * @ln: the namespace's part
 * @on: ordinary AF_INET stream sockets are to be ltcp's from now on
 *
 * Sockets that exist keep the stack they were made with. The first namespace
 * that opts in pins the module, the last that opts out releases it.
 *
 * Context: process, may sleep.
 * Return: 0, or -EBUSY when the module is leaving,
 * or what ltcp_family_arm() says; then nothing has changed.
 */
int ltcp_takeover_set(struct ltcp_net *ln, bool on)
{
	int err = 0;

	mutex_lock(&ltcp_arm_mutex);
	if (on && !ln->armed)
		err = ltcp_arm();
	if (err)
		goto out;
	/* Nobody chooses ltcp any more before the family may go */
	WRITE_ONCE(ln->takeover, on);
	if (!on && ln->armed)
		ltcp_disarm();
	ln->armed = on;
out:
	mutex_unlock(&ltcp_arm_mutex);
	return err;
}

static bool ltcp_is_our_tw(const struct sock *sk, const struct net *net)
{
	return sk->sk_state == TCP_TIME_WAIT && ltcp_is_ours(sk) &&
	       net_eq(sock_net(sk), net);
}

/* The first TIME-WAIT socket of @net in a bucket, with a reference; or NULL. */
static struct inet_timewait_sock *
ltcp_tw_get_first(struct inet_ehash_bucket *head, const struct net *net)
{
	struct hlist_nulls_node *node;
	struct sock *sk, *found = NULL;

	rcu_read_lock();
	sk_nulls_for_each_rcu(sk, node, &head->chain) {
		if (!ltcp_is_our_tw(sk, net) ||
		    !refcount_inc_not_zero(&sk->sk_refcnt))
			continue;
		/* Its memory may have become another socket before we held it */
		if (ltcp_is_our_tw(sk, net)) {
			found = sk;
			break;
		}
		sock_gen_put(sk);
	}
	rcu_read_unlock();
	return found ? inet_twsk(found) : NULL;
}

/**
 * ltcp_tw_purge - end the TIME-WAIT of every ltcp connection of a namespace
 * @net: namespace
 *
 * For an administrator who wants to remove the module now: old duplicates may
 * then meet a new connection of the same addresses and ports, which is what
 * RFC 9293 section 3.6.1 has TIME-WAIT for.
 *
 * Context: process, may sleep.
 */
void ltcp_tw_purge(struct net *net)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	struct inet_timewait_sock *tw;
	unsigned int slot;

	for (slot = 0; slot <= hashinfo->ehash_mask; slot++) {
		while ((tw = ltcp_tw_get_first(&hashinfo->ehash[slot], net))) {
			local_bh_disable();
			inet_twsk_deschedule_put(tw);
			local_bh_enable();
			cond_resched();
		}
		cond_resched();
	}
}

/**
 * ltcp_tw_count - how many ltcp connections of a namespace are in TIME-WAIT
 * @net: namespace
 *
 * Walks the whole hash table, as reading /proc/net/tcp does; the count may be
 * off by what changed meanwhile.
 *
 * Context: process, may sleep.
 * Return: the number.
 */
unsigned int ltcp_tw_count(struct net *net)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	struct hlist_nulls_node *node;
	unsigned int slot, n = 0;
	struct sock *sk;

	for (slot = 0; slot <= hashinfo->ehash_mask; slot++) {
		rcu_read_lock();
		sk_nulls_for_each_rcu(sk, node, &hashinfo->ehash[slot].chain)
			n += ltcp_is_our_tw(sk, net);
		rcu_read_unlock();
		cond_resched();
	}
	return n;
}

/* Should this namespace, which is being made or found at load, take over? */
static bool ltcp_wants_takeover(const struct net *net)
{
	return ltcp_takeover_default &&
	       (READ_ONCE(ltcp_loaded) || net == ltcp_loading_net);
}

/* Where it cannot be had the namespace does without: who needs it can see, and ask. */
static void ltcp_takeover_begin(struct ltcp_net *ln)
{
	int err = ltcp_takeover_set(ln, true);

	if (err)
		pr_warn_ratelimited("net.ltcp.takeover is 0, in spite of the parameter: error %d\n",
				    err);
}

static int __net_init ltcp_net_init(struct net *net)
{
	struct ltcp_net *ln = ltcp_net(net);
	int err;

	ln->net = net;
	err = ltcp_mib_init(ln);
	if (err)
		return err;
	err = ltcp_sysctl_register(ln);
	if (err)
		goto out_mib;
	/* While loading, family.c is not ready yet: ltcp_init() does it later */
	if (READ_ONCE(ltcp_loaded) && ltcp_wants_takeover(net))
		ltcp_takeover_begin(ln);
	return 0;

out_mib:
	ltcp_mib_exit(ln);
	return err;
}

static void __net_exit ltcp_net_exit(struct net *net)
{
	struct ltcp_net *ln = ltcp_net(net);

	/* From here on no write can arm it again */
	ltcp_sysctl_unregister(ln);
	ltcp_takeover_set(ln, false);
	ltcp_mib_exit(ln);
}

static struct pernet_operations ltcp_net_ops = {
	.init	= ltcp_net_init,
	.exit	= ltcp_net_exit,
	.id	= &ltcp_net_id,
	.size	= sizeof(struct ltcp_net),
};

/* Ordinary sockets, last: everything they need is there. */
static void __init ltcp_start_takeover(void)
{
	struct net *net = current->nsproxy->net_ns;

	ltcp_symbols_init();
	ltcp_family_init();
	ltcp_loading_net = net;
	if (ltcp_wants_takeover(net))
		ltcp_takeover_begin(ltcp_net(net));
	ltcp_loading_net = NULL;
	WRITE_ONCE(ltcp_loaded, true);
}

/*
 * Another module that put itself before us in inet_protos still calls us. There
 * is no way back from here, so wait until it leaves.
 */
static void ltcp_give_protocol_back(void)
{
	while (ltcp_v4_unregister()) {
		pr_warn_once("waiting for another module to release TCP\n");
		msleep(1000);
	}
}

static int __init ltcp_init(void)
{
	int err;

	ltcp_trace_init();
	ltcp_proto_ops_init();
	ltcp_batch_init();
	ltcp_share_accounting(&ltcp_prot);

	err = ltcp_keys_init();
	if (err)
		return err;
	err = proto_register(&ltcp_prot, 1);
	if (err)
		return err;
	err = register_pernet_subsys(&ltcp_net_ops);
	if (err)
		goto out_proto;
	err = ltcp_v4_register();
	if (err)
		goto out_pernet;
	/* From here on there may be sockets, and nothing may fail any more */
	inet_register_protosw(&ltcp_protosw);
	ltcp_start_takeover();
	ltcp_audit_init();
	pr_info("loaded, protocol number %d\n", IPPROTO_LTCP);
	return 0;

out_pernet:
	unregister_pernet_subsys(&ltcp_net_ops);
out_proto:
	rcu_barrier();
	proto_unregister(&ltcp_prot);
	return err;
}

/* No socket is left and no namespace holds the take-over, or we were not here. */
static void __exit ltcp_exit(void)
{
	inet_unregister_protosw(&ltcp_protosw);
	ltcp_give_protocol_back();
	unregister_pernet_subsys(&ltcp_net_ops);
	ltcp_batch_exit();
	/* Sockets and request sockets that RCU still has to free */
	rcu_barrier();
	/* Probes of ltcp's own events that are still at work for the last segment */
	tracepoint_synchronize_unregister();
	proto_unregister(&ltcp_prot);
	pr_info("unloaded\n");
}

module_init(ltcp_init);
module_exit(ltcp_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TCP, reimplemented beside the built-in one");
MODULE_VERSION(LTCP_VERSION);
