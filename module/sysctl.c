// SPDX-License-Identifier: GPL-2.0
/*
 * sysctl.c - net.ltcp.*: what can be tuned, per network namespace.
 *
 * Where the built-in TCP of all kernels has a sysctl of the same meaning ltcp obeys
 * that one (net.ipv4.tcp_*). Here is what it lacks. The table below is the reference:
 * each entry has its meaning, unit, range, default and RFC. A value outside its
 * range is refused with EINVAL and the old one stays. A changed value takes
 * effect the next time a connection needs it; running timers are not touched.
 *
 * The table is copied for each namespace, and the copy's entries point into that
 * namespace's struct ltcp_net.
 */
#include <linux/slab.h>
#include <linux/sysctl.h>
#include "ltcp.h"

/* One knob that is a plain number: where it lives, its default and range. */
struct ltcp_knob {
	const char *name;
	size_t offset;
	int def, min, max;
};

#define LTCP_KNOB(field, def, min, max)	\
	{ #field, offsetof(struct ltcp_net, field), def, min, max }

static struct ltcp_knob ltcp_knobs[] = {
	/*
	 * msl_ms - maximum segment lifetime, milliseconds. TIME-WAIT lasts twice
	 * as long. RFC 9293 section 3.4.2 takes 2 minutes and lets it be changed;
	 * the default of 30 s gives the minute that Linux waits.
	 */
	LTCP_KNOB(msl_ms, 30000, 1, 120000),
	/*
	 * rto_initial_ms - retransmission timeout before the first round trip is
	 * measured, milliseconds. RFC 6298 section 2.1: 1 s.
	 */
	LTCP_KNOB(rto_initial_ms, 1000, 10, 60000),
	/*
	 * rto_min_ms - lower limit of the retransmission timeout, milliseconds.
	 * RFC 6298 section 2.4 says SHOULD 1 s; 200 ms is what every stack of
	 * today takes. A route's rto_min goes before it. While it has its default,
	 * tcp_rto_min_us counts where the kernel has that (6.11).
	 */
	LTCP_KNOB(rto_min_ms, LTCP_RTO_MIN_MS, 1, 60000),
	/*
	 * rto_max_ms - upper limit of the backed-off retransmission timeout,
	 * milliseconds. RFC 6298 section 2.5: at least 60 s if there is one.
	 */
	LTCP_KNOB(rto_max_ms, 120000, 1000, 120000),
	/*
	 * persist_min_ms - first interval of the zero-window probes,
	 * milliseconds; 0 takes the retransmission timeout, as RFC 9293 section
	 * 3.8.6.1 (SHLD-29) recommends. Later intervals double (SHLD-30).
	 */
	LTCP_KNOB(persist_min_ms, 0, 0, 60000),
	/*
	 * persist_max_ms - longest interval between zero-window probes,
	 * milliseconds.
	 */
	LTCP_KNOB(persist_max_ms, 120000, 1000, 120000),
	/*
	 * delack_ms - how long an ACK may be delayed, milliseconds; that of a full
	 * segment in a stream waits for one or two ticks only. RFC 9293 section
	 * 3.8.6.3 (MUST-40): less than 0.5 s.
	 */
	LTCP_KNOB(delack_ms, 40, 1, 500),
	/*
	 * arq - how new connections repeat what is lost: 0 selectively, 1
	 * go-back-N, 2 stop-and-wait, the latter two as textbooks draw them
	 * (arq.c), without SACK.
	 */
	LTCP_KNOB(arq, LTCP_ARQ_SELECTIVE, LTCP_ARQ_SELECTIVE,
		  LTCP_ARQ_STOP_AND_WAIT),
};

/*
 * takeover - 0 or 1, default what the module parameter of that name says.
 * With 1 the namespace's new AF_INET stream sockets are ltcp's; sockets that
 * exist stay what they are. Pins the module. A write fails with EBUSY or
 * EOPNOTSUPP when the protocol family cannot be had.
 */
static int ltcp_sysctl_takeover(LTCP_CTL_TABLE *ctl, int write, void *buffer,
				size_t *lenp, loff_t *ppos)
{
	struct ltcp_net *ln = ctl->data;
	int value = READ_ONCE(ln->takeover);
	struct ctl_table tmp = {
		.data		= &value,
		.maxlen		= sizeof(value),
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	};
	int err = proc_dointvec_minmax(&tmp, write, buffer, lenp, ppos);

	if (err || !write)
		return err;
	return ltcp_takeover_set(ln, value);
}

/*
 * purge_tw - write 1 to end the TIME-WAIT of the namespace's ltcp connections
 * at once, so that they no longer keep the module from being removed.
 */
static int ltcp_sysctl_purge_tw(LTCP_CTL_TABLE *ctl, int write, void *buffer,
				size_t *lenp, loff_t *ppos)
{
	struct ltcp_net *ln = ctl->data;
	int value = 0;
	struct ctl_table tmp = {
		.data		= &value,
		.maxlen		= sizeof(value),
		.extra1		= SYSCTL_ONE,
		.extra2		= SYSCTL_ONE,
	};
	int err = proc_dointvec_minmax(&tmp, write, buffer, lenp, ppos);

	if (!err && write)
		ltcp_tw_purge(ln->net);
	return err;
}

/* The two that do something when written, behind the knobs. */
enum { LTCP_CTL_TAKEOVER = ARRAY_SIZE(ltcp_knobs), LTCP_CTL_PURGE, LTCP_CTL_N };

static void ltcp_fill_knob(struct ctl_table *ctl, struct ltcp_knob *knob,
			   struct ltcp_net *ln)
{
	ctl->procname = knob->name;
	ctl->data = (void *)ln + knob->offset;
	ctl->maxlen = sizeof(int);
	ctl->mode = 0644;
	ctl->proc_handler = proc_dointvec_minmax;
	ctl->extra1 = &knob->min;
	ctl->extra2 = &knob->max;
	*(int *)ctl->data = knob->def;
}

static void ltcp_fill_table(struct ctl_table *table, struct ltcp_net *ln)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ltcp_knobs); i++)
		ltcp_fill_knob(&table[i], &ltcp_knobs[i], ln);
	table[LTCP_CTL_TAKEOVER] = (struct ctl_table) {
		.procname	= "takeover",
		.data		= ln,
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= ltcp_sysctl_takeover,
	};
	table[LTCP_CTL_PURGE] = (struct ctl_table) {
		.procname	= "purge_tw",
		.data		= ln,
		.maxlen		= sizeof(int),
		.mode		= 0200,
		.proc_handler	= ltcp_sysctl_purge_tw,
	};
}

/**
 * ltcp_sysctl_register - give a namespace its net.ltcp.* with the defaults
 * @ln: the namespace's part
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int ltcp_sysctl_register(struct ltcp_net *ln)
{
	/* One more entry, zeroed: older kernels look for an end */
	struct ctl_table *table = kcalloc(LTCP_CTL_N + 1, sizeof(*table),
					  GFP_KERNEL);

	if (!table)
		return -ENOMEM;
	ltcp_fill_table(table, ln);
	ln->sysctl = ltcp_register_net_sysctl(ln->net, "net/ltcp", table,
					      LTCP_CTL_N);
	if (!ln->sysctl) {
		kfree(table);
		return -ENOMEM;
	}
	ln->sysctl_table = table;
	return 0;
}

/**
 * ltcp_sysctl_unregister - take it away
 * @ln: the namespace's part
 *
 * Waits for a write that is under way. Context: process, may sleep.
 */
void ltcp_sysctl_unregister(struct ltcp_net *ln)
{
	unregister_net_sysctl_table(ln->sysctl);
	kfree(ln->sysctl_table);
}
