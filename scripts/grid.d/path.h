/* SPDX-License-Identifier: GPL-2.0 */
/*
 * path.h - what happens to packets on the way, set and read over rtnetlink
 *
 * The tc program of Debian 12 can neither seed netem's random numbers nor take a
 * distribution of delays that is not a file, and starting it costs more than
 * what is to be measured.
 */
#ifndef GRID_PATH_H
#define GRID_PATH_H

#include <stdint.h>

/**
 * struct harm - what netem does to packets
 * @loss: share of packets lost, 0 to 1
 * @burst_packets: mean length of a loss; up to 1: losses are independent
 * @late: share of packets held back
 * @late_us: for how long, microseconds
 */
struct harm {
	double loss;
	double burst_packets;
	double late;
	uint64_t late_us;
};

/**
 * struct queue - what a qdisc, its children included, tells
 * @backlog_bytes: bytes waiting now, with Ethernet headers
 * @drops: packets dropped since it was made
 */
struct queue {
	uint64_t backlog_bytes;
	uint64_t drops;
};

int path_open(void);
void path_harm(int nl, int ifindex, const struct harm *harm, uint64_t seed);
void path_queue(int nl, int ifindex, struct queue *queue);

#endif
