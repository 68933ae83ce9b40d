// SPDX-License-Identifier: GPL-2.0
/*
 * mib.c - /proc/net/ltcp: what ltcp did, and what it still has.
 *
 * One line each, "Name value". The Tcp and TcpExt counters of the kernel
 * (nstat) count ltcp's connections too; these tell them from the built-in's and
 * say what was left to the device. Counters are per CPU and only grow. Behind
 * them come the present numbers of this namespace's sockets and, for the whole
 * module, of the references that keep it loaded.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "ltcp.h"

static const char * const ltcp_mib_names[LTCP_MIB_MAX] = {
	[LTCP_MIB_IN_SEGS]		= "InSegs",
	[LTCP_MIB_IN_SKBS]		= "InPackets",
	[LTCP_MIB_IN_BYTES]		= "InBytes",
	[LTCP_MIB_IN_GRO]		= "InAggregates",
	[LTCP_MIB_IN_CSUM_DEVICE]	= "InChecksumDevice",
	[LTCP_MIB_IN_CSUM_SOFTWARE]	= "InChecksumSoftware",
	[LTCP_MIB_OUT_SEGS]		= "OutSegs",
	[LTCP_MIB_OUT_SKBS]		= "OutPackets",
	[LTCP_MIB_OUT_BYTES]		= "OutBytes",
	[LTCP_MIB_OUT_TSO_SKBS]		= "OutAggregates",
	[LTCP_MIB_OUT_TSO_DEVICE]	= "OutAggregatesDevice",
	[LTCP_MIB_OUT_CSUM_DEVICE]	= "OutChecksumDevice",
	[LTCP_MIB_OUT_CSUM_SOFTWARE]	= "OutChecksumSoftware",
	[LTCP_MIB_RETRANS_SEGS]		= "RetransSegs",
	[LTCP_MIB_FAST_RECOVERIES]	= "FastRecoveries",
	[LTCP_MIB_RTOS]			= "Timeouts",
	[LTCP_MIB_UNDONE]		= "Undone",
	[LTCP_MIB_CHALLENGE_ACKS]	= "ChallengeAcks",
	[LTCP_MIB_ACTIVE_OPENS]		= "ActiveOpens",
	[LTCP_MIB_PASSIVE_OPENS]	= "PassiveOpens",
	[LTCP_MIB_CHAINED]		= "Chained",
	[LTCP_MIB_DROPS]		= "Drops",
	[LTCP_MIB_RESETS_OUT]		= "OutRsts",
};

static unsigned long ltcp_mib_sum(const struct ltcp_net *ln,
				  enum ltcp_mib which)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(ln->mib, cpu)[which]);
	return sum;
}

static int ltcp_mib_show(struct seq_file *seq, void *v)
{
	struct net *net = seq->private;
	const struct ltcp_net *ln = ltcp_net(net);
	enum ltcp_mib i;

	for (i = 0; i < LTCP_MIB_MAX; i++)
		seq_printf(seq, "%s %lu\n", ltcp_mib_names[i],
			   ltcp_mib_sum(ln, i));
	seq_printf(seq, "SocketsInUse %d\n", sock_prot_inuse_get(net, &ltcp_prot));
	seq_printf(seq, "TimeWait %u\n", ltcp_tw_count(net));
	seq_printf(seq, "Takeover %d\n", READ_ONCE(ln->takeover));
	seq_printf(seq, "ModuleReferences %d\n", module_refcount(THIS_MODULE));
	return 0;
}

/**
 * ltcp_mib_init - counters and /proc/net/ltcp of a namespace
 * @ln: the namespace's part
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int ltcp_mib_init(struct ltcp_net *ln)
{
	ln->mib = __alloc_percpu(LTCP_MIB_MAX * sizeof(*ln->mib),
				 __alignof__(*ln->mib));
	if (!ln->mib)
		return -ENOMEM;
	if (proc_create_net_single("ltcp", 0444, ln->net->proc_net,
				   ltcp_mib_show, NULL))
		return 0;
	free_percpu(ln->mib);
	return -ENOMEM;
}

/**
 * ltcp_mib_exit - take both away
 * @ln: the namespace's part, without sockets
 *
 * Context: process.
 */
void ltcp_mib_exit(struct ltcp_net *ln)
{
	remove_proc_entry("ltcp", ln->net->proc_net);
	free_percpu(ln->mib);
}
