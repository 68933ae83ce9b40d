/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slabs.h - how many sockets of the stack under test exist in the kernel's memory
 */
#ifndef SLABS_H
#define SLABS_H

struct slabs { long sockets, time_waits, requests; };

/*
 * Objects in use, of all namespaces. Free ones that a CPU keeps at hand count as
 * used, so the caches are shrunk first, which gives those back.
 */
struct slabs slabs_in_use(void);

/* Waits, up to @ms, until there are no more than @before; fails otherwise. */
void expect_slabs_back(struct slabs before, int ms);

#endif /* SLABS_H */
