// SPDX-License-Identifier: GPL-2.0
/*
 * path.c - what happens to packets on the way, set and read over rtnetlink
 *
 * Losses that come in bursts follow Gilbert's model: a good state in which
 * nothing is lost, a bad one in which everything is, and after each packet a
 * chance to change from one to the other.
 *
 * Late packets are netem's jitter, with a table of delays that holds 0 in most
 * places and 1 (times the jitter) in the others.
 */
#include <err.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "path.h"

/* Since Linux 6.6; older kernels overlook it, and every round differs. */
#ifndef TCA_NETEM_PRNG_SEED
#define TCA_NETEM_PRNG_SEED	14
#endif

#define NETEM_LIMIT_PACKETS	200000
#define DIST_ENTRIES		1000
#define DIST_ONE		8192	/* netem's unit of a table's entries */
#define ROOT_HANDLE		0x10000	/* "1:" */

struct message {
	struct nlmsghdr head;
	struct tcmsg tc;
	char attributes[4096];
};

/**
 * path_open() - a channel to the network namespace the process is in now
 *
 * Return: file descriptor.
 */
int path_open(void)
{
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct timeval limit = { .tv_sec = 5 };

	if (nl < 0 || setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		err(1, "rtnetlink socket");
	return nl;
}

static void *tail(struct message *m)
{
	return (char *)m + NLMSG_ALIGN(m->head.nlmsg_len);
}

static void append(struct message *m, const void *data, size_t bytes)
{
	memcpy(tail(m), data, bytes);
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) + NLMSG_ALIGN(bytes);
}

static struct rtattr *open_attribute(struct message *m, int type)
{
	struct rtattr *attribute = tail(m);

	attribute->rta_type = type;
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) + RTA_LENGTH(0);
	return attribute;
}

static void close_attribute(struct message *m, struct rtattr *attribute)
{
	attribute->rta_len = (char *)tail(m) - (char *)attribute;
}

static void put(struct message *m, int type, const void *data, size_t bytes)
{
	struct rtattr *attribute = open_attribute(m, type);

	append(m, data, bytes);
	attribute->rta_len = RTA_LENGTH(bytes);
}

static void start(struct message *m, int type, int flags, int ifindex, uint32_t parent)
{
	memset(m, 0, sizeof(*m));
	m->head.nlmsg_len = NLMSG_LENGTH(sizeof(m->tc));
	m->head.nlmsg_type = type;
	m->head.nlmsg_flags = NLM_F_REQUEST | flags;
	m->tc.tcm_family = AF_UNSPEC;
	m->tc.tcm_ifindex = ifindex;
	m->tc.tcm_parent = parent;
	m->tc.tcm_handle = ROOT_HANDLE;
}

/* Sends @m and leaves the kernel's answer in it. */
static void ask(int nl, struct message *m, const char *what)
{
	const struct nlmsgerr *error = (const void *)&m->tc;

	if (send(nl, m, m->head.nlmsg_len, 0) < 0 || recv(nl, m, sizeof(*m), 0) < 0)
		err(1, "%s", what);
	if (m->head.nlmsg_type == NLMSG_ERROR && error->error) {
		errno = -error->error;
		err(1, "%s", what);
	}
}

/* netem's probabilities: 2^32 - 1 is certainty. */
static uint32_t scaled(double probability)
{
	return probability * UINT32_MAX;
}

static void put_bursts(struct message *m, const struct harm *harm)
{
	double leave = 1 / harm->burst_packets;
	struct tc_netem_gemodel model = {
		.p = scaled(leave * harm->loss / (1 - harm->loss)),
		.r = scaled(leave),
		.h = 0,			/* nothing passes in the bad state */
		.k1 = 0,		/* nothing is lost in the good one */
	};
	struct rtattr *loss = open_attribute(m, TCA_NETEM_LOSS | NLA_F_NESTED);

	put(m, NETEM_LOSS_GE, &model, sizeof(model));
	close_attribute(m, loss);
}

static void put_late(struct message *m, const struct harm *harm)
{
	uint64_t jitter_ns = harm->late_us * 1000;
	int16_t table[DIST_ENTRIES] = { 0 };
	int i;

	for (i = 0; i < harm->late * DIST_ENTRIES; i++)
		table[i] = DIST_ONE;
	put(m, TCA_NETEM_JITTER64, &jitter_ns, sizeof(jitter_ns));
	put(m, TCA_NETEM_DELAY_DIST, table, sizeof(table));
}

/**
 * path_harm() - have netem at the root of a device harm packets
 * @nl: from path_open()
 * @ifindex: the device
 * @harm: how
 * @seed: of its random numbers, which start anew: the same packets (by number)
 *	are hit again
 */
void path_harm(int nl, int ifindex, const struct harm *harm, uint64_t seed)
{
	struct tc_netem_qopt options = { .limit = NETEM_LIMIT_PACKETS };
	struct rtattr *attribute;
	struct message m;

	if (harm->burst_packets <= 1)
		options.loss = scaled(harm->loss);
	start(&m, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, ifindex, TC_H_ROOT);
	put(&m, TCA_KIND, "netem", sizeof("netem"));
	attribute = open_attribute(&m, TCA_OPTIONS);
	append(&m, &options, sizeof(options));
	put(&m, TCA_NETEM_PRNG_SEED, &seed, sizeof(seed));
	if (harm->loss > 0 && harm->burst_packets > 1)
		put_bursts(&m, harm);
	if (harm->late > 0)
		put_late(&m, harm);
	close_attribute(&m, attribute);
	ask(nl, &m, "netem");
}

static const struct rtattr *find(const struct rtattr *list, int bytes, int type)
{
	for (; RTA_OK(list, bytes); list = RTA_NEXT(list, bytes))
		if ((list->rta_type & NLA_TYPE_MASK) == type)
			return list;
	errx(1, "the kernel told no statistics of the queue (attribute %d)", type);
}

/**
 * path_queue() - look at the queue at the root of a device
 * @nl: from path_open()
 * @ifindex: the device
 * @queue: filled
 */
void path_queue(int nl, int ifindex, struct queue *queue)
{
	struct gnet_stats_queue stats = { 0 };
	const struct rtattr *a;
	struct message m;

	/* Without "echo" the answer goes to those only who listen to all changes. */
	start(&m, RTM_GETQDISC, NLM_F_ECHO, ifindex, TC_H_ROOT);
	ask(nl, &m, "reading the queue");
	a = find(TCA_RTA(&m.tc), TCA_PAYLOAD(&m.head), TCA_STATS2);
	a = find(RTA_DATA(a), RTA_PAYLOAD(a), TCA_STATS_QUEUE);
	memcpy(&stats, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof(stats) ?
				    RTA_PAYLOAD(a) : sizeof(stats));
	queue->backlog_bytes = stats.backlog;
	queue->drops = stats.drops;
}
