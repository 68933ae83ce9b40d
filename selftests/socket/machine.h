/* SPDX-License-Identifier: GPL-2.0 */
/*
 * machine.h - limits and sums that belong to the machine, not to a namespace
 *
 * tcp_mem and tcp_max_orphans bound all TCP sockets of the machine together and
 * are settings of its first network namespace. A test that turns them must not
 * run beside others.
 */
#ifndef MACHINE_H
#define MACHINE_H

/*
 * Sets such a sysctl until the test ends, however it ends: machine_set_str(
 * "net/ipv4/tcp_mem", "100 200 300").
 */
void machine_set_str(const char *name, const char *value);
void machine_set(const char *name, long value);

/**
 * struct sockstat - /proc/net/sockstat's line about TCP
 * @inuse: sockets of this namespace, but those in TIME-WAIT
 * @tw: this namespace's TIME-WAIT
 * @orphan: connections without a user, of the machine
 * @alloc: sockets of the machine
 * @mem: pages that the queues of all of them hold
 */
struct sockstat { long inuse, orphan, tw, alloc, mem; };

struct sockstat sockstat(void);

/*
 * Pages by which sockstat.mem may be off: each CPU keeps up to a megabyte of what
 * was given to it or back, for the next socket.
 */
long mem_slack(void);

/* sockstat.mem, once what earlier programs have left is gone: it has stood still. */
long mem_at_rest(void);

/* Waits, up to @ms, until sockstat.mem is near @pages; fails otherwise. */
void expect_mem_back(long pages, int ms);

#endif /* MACHINE_H */
