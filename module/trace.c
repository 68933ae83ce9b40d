// SPDX-License-Identifier: GPL-2.0
/*
 * trace.c - tracepoints: finding the kernel's, making ltcp's.
 *
 * THE KERNEL'S. Programs that watch TCP attach to tcp:tcp_probe,
 * tcp:tcp_retransmit_skb and so on; they shall see ltcp's connections without a
 * change. Most of these tracepoints are not exported, and a static key of the
 * kernel's cannot be a branch in a module. But the kernel lets a module walk all
 * its tracepoints (for_each_kernel_tracepoint(), as LTTng does), and a struct
 * tracepoint has all that firing it takes: the list of probes, empty when nobody
 * listens, and the function that calls each of them. Its type is in the kernel's
 * header, so a tracepoint that changes its arguments does not compile. One that
 * this kernel lacks is stood in for by one that nobody can listen to.
 *
 * A probe of the kernel's tracepoint is never code of ltcp's, so leaving is no
 * matter here: once no code of ltcp runs, none fires them.
 *
 * LTCP'S OWN (events.h) are ordinary ones: a no-operation instruction each until
 * somebody listens. perf and BPF programs that are attached to one pin the module;
 * an event switched on in tracefs does not, and the kernel takes it down with the
 * module, after module exit, when nothing can fire it.
 */
#include "trace.h"

#define CREATE_TRACE_POINTS
#include "events.h"

static struct tracepoint ltcp_no_tracepoint;

struct tracepoint *ltcp_kernel_tracepoints[LTCP_TP_MAX] __ro_after_init = {
	[0 ... LTCP_TP_MAX - 1] = &ltcp_no_tracepoint,
};

static const char *const ltcp_kernel_tracepoint_names[LTCP_TP_MAX] __initconst = {
#define X(name)	[LTCP_TP_##name] = #name,
	LTCP_KERNEL_TRACEPOINTS(X)
#undef X
};

static void __init ltcp_trace_found(struct tracepoint *tp, void *unused)
{
	int i = match_string(ltcp_kernel_tracepoint_names, LTCP_TP_MAX,
			     tp->name);

	if (i >= 0)
		ltcp_kernel_tracepoints[i] = tp;
}

/**
 * ltcp_trace_init - find the kernel's tracepoints
 *
 * Context: module init, before anything is registered.
 */
void __init ltcp_trace_init(void)
{
	for_each_kernel_tracepoint(ltcp_trace_found, NULL);
}
