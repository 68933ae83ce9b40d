// SPDX-License-Identifier: GPL-2.0
/*
 * gridflow - transfers across an impaired path, timed and watched
 *
 * Sender and receivers are processes of one machine in two network namespaces,
 * so that one clock tells both when a transfer began and when its last byte was
 * read. A flow is PROTOCOL:CONTROL, the third argument of socket() (0 is the
 * built-in TCP, 253 ltcp) and the sender's congestion control.
 *
 *	bulk SECONDS FLOW...	all flows send for so long. Every -i milliseconds the
 *				sender's TCP_INFO and the bottleneck's queue are
 *				sampled.
 *	short COUNT BYTES FLOW	COUNT connections one after another, of BYTES each.
 *				Each meets its own sequence of losses, the n-th
 *				the same one at every run.
 *	accepts FLOW		only: does the flow's TCP have that control?
 *
 * The result is one line of words "name=value":
 *
 *	bulk	goodput (bytes/s), flowN (bytes of each over the last three quarters),
 *		retrans, timeouts, spurious (the receiver's D-SACKs), ce (marked packets
 *		received), drops (in the bottleneck's queue), qmean and qp95 (the time,
 *		microseconds, that the bottleneck needs for its queue), idle (percent
 *		of the time in which the processor had nothing to do)
 *	short	p50, p99, mean (microseconds from connect() to the last byte's arrival),
 *		failed (transfers given up), retrans, timeouts, spurious
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "path.h"

#define MAX_FLOWS	8
#define MAX_COUNTERS	512
#define FIRST_PORT	5001
#define WRITE_BYTES	(128 * 1024)
#define GIVE_UP_SECONDS	300
#define PAUSE_US	20000	/* between two short transfers */
#define STAGGER_US	300000	/* between the starts of bulk flows */
#define US		1000ULL	/* ns */
#define SECOND		1000000000ULL

struct flow {
	int		protocol;	/* the sender's */
	const char	*cc;
	int		fd;
	pid_t		sender;
	FILE		*samples;
};

/* What the receivers tell, in memory that all processes share. */
struct arrival {
	volatile uint64_t bytes;
	volatile uint64_t last_ns;	/* when the latest were read */
};

struct counter {
	char	 name[48];
	uint64_t value;
};

struct counters {
	struct counter	list[MAX_COUNTERS];
	size_t		n;
};

static struct config {
	const char	*address;		/* the receiver's */
	const char	*sender_ns, *router_ns, *receiver_ns;
	const char	*harm_device;		/* of the router, with netem */
	const char	*queue_device;		/* of the router, with the queue */
	int		receiver_protocol;	/* -1: the sender's */
	double		rate_bps;		/* of the bottleneck */
	unsigned int	interval_us;		/* between samples */
	unsigned int	seed;
	struct harm	harm;
	const char	*samples_path, *counters_path;
} config = {
	.address = "10.79.2.2", .sender_ns = "grid-sender", .router_ns = "grid-router",
	.receiver_ns = "grid-receiver", .harm_device = "ifb0", .queue_device = "right",
	.receiver_protocol = -1, .rate_bps = 1e9, .interval_us = 10000, .seed = 1,
	.harm = { .burst_packets = 1 },
};

static struct flow flows[MAX_FLOWS];
static struct arrival *arrivals;
static int n_flows;
static int router;		/* rtnetlink */
static int harm_index, queue_index;
static struct counters sender_before, receiver_before;
static char buffer[WRITE_BYTES];

/* --- the machine --- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void sleep_until(uint64_t when_ns)
{
	struct timespec t = { when_ns / SECOND, when_ns % SECOND };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* Time the processor was idle since boot, to 10 ms. */
static double idle_seconds(void)
{
	FILE *f = fopen("/proc/uptime", "r");
	double up, idle;

	if (!f || fscanf(f, "%lf %lf", &up, &idle) != 2)
		err(1, "/proc/uptime");
	fclose(f);
	return idle;
}

static void enter_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "network namespace %s", name);
	close(fd);
}

/* --- counters --- */

/* The files hold pairs of lines: "Group: names", then "Group: values". */
static void read_counter_file(const char *path, struct counters *c)
{
	static char names[16384], values[16384];
	FILE *f = fopen(path, "r");

	if (!f)
		err(1, "%s", path);
	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		char *at_name = NULL, *at_value = NULL;
		char *name = strtok_r(names, " \n", &at_name);
		char *value = strtok_r(values, " \n", &at_value);

		while ((name = strtok_r(NULL, " \n", &at_name)) &&
		       (value = strtok_r(NULL, " \n", &at_value)) &&
		       c->n < MAX_COUNTERS) {
			struct counter *one = &c->list[c->n++];

			snprintf(one->name, sizeof(one->name), "%s", name);
			one->value = strtoull(value, NULL, 10);
		}
	}
	fclose(f);
}

static void read_counters(const char *ns, struct counters *c)
{
	enter_netns(ns);
	c->n = 0;
	read_counter_file("/proc/self/net/snmp", c);
	read_counter_file("/proc/self/net/netstat", c);
}

static void counters_start(void)
{
	read_counters(config.receiver_ns, &receiver_before);
	read_counters(config.sender_ns, &sender_before);
}

static uint64_t find_counter(const struct counters *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (!strcmp(c->list[i].name, name))
			return c->list[i].value;
	errx(1, "the kernel has no counter %s", name);
}

/* The file that shows what both sides did: every counter that moved. */
static void save_counters(const struct counters *sender, const struct counters *receiver,
			  const char *mode)
{
	FILE *f;
	size_t i;

	if (!config.counters_path)
		return;
	f = fopen(config.counters_path, "a");
	if (!f)
		err(1, "%s", config.counters_path);
	for (i = 0; i < sender->n; i++) {
		int64_t s = sender->list[i].value - sender_before.list[i].value;
		int64_t r = receiver->list[i].value - receiver_before.list[i].value;

		if (s || r)
			fprintf(f, "%s\t%s\t%" PRId64 "\t%" PRId64 "\n", mode,
				sender->list[i].name, s, r);
	}
	fclose(f);
}

static void print_counters(const char *mode)
{
	static struct counters sender, receiver;

	read_counters(config.receiver_ns, &receiver);
	read_counters(config.sender_ns, &sender);
	save_counters(&sender, &receiver, mode);
#define GREW(side, name) \
	(find_counter(&side, name) - find_counter(&side##_before, name))
	printf(" retrans=%" PRIu64 " timeouts=%" PRIu64 " spurious=%" PRIu64 " ce=%" PRIu64,
	       GREW(sender, "RetransSegs"), GREW(sender, "TCPTimeouts"),
	       GREW(receiver, "TCPDSACKOldSent") + GREW(receiver, "TCPDSACKOfoSent"),
	       GREW(receiver, "InCEPkts"));
#undef GREW
}

/*
 * Packets lost between the devices of this machine, which is no part of the path:
 * second column of a line for each processor.
 */
static unsigned int backlog_drops(void)
{
	FILE *f = fopen("/proc/net/softnet_stat", "r");
	unsigned int drops, sum = 0;

	if (!f)
		err(1, "/proc/net/softnet_stat");
	while (fscanf(f, "%*x %x%*[^\n]", &drops) == 1)
		sum += drops;
	fclose(f);
	return sum;
}

/* --- sockets --- */

static int new_socket(int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		err(1, "socket(AF_INET, SOCK_STREAM, %d)", protocol);
	return fd;
}

static int set_control(int fd, const char *cc)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, strlen(cc));
}

static struct sockaddr_in receiver_of(const struct flow *flow)
{
	struct sockaddr_in where = {
		.sin_family = AF_INET,
		.sin_port = htons(FIRST_PORT + (flow - flows)),
	};

	if (inet_pton(AF_INET, config.address, &where.sin_addr) != 1)
		errx(1, "not an IPv4 address: %s", config.address);
	return where;
}

static int listen_for(const struct flow *flow)
{
	int protocol = config.receiver_protocol < 0 ? flow->protocol : config.receiver_protocol;
	struct sockaddr_in where = receiver_of(flow);
	int fd = new_socket(protocol);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&where, sizeof(where)) || listen(fd, 16))
		err(1, "listen on port %d", ntohs(where.sin_port));
	return fd;
}

/* Closing it sends a RST instead of what is still queued. */
static void abort_on_close(int fd)
{
	struct linger now = { .l_onoff = 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)))
		err(1, "SO_LINGER");
}

/* False when the connection was not made in time. */
static bool connect_flow(struct flow *flow)
{
	struct timeval limit = { .tv_sec = GIVE_UP_SECONDS };
	struct sockaddr_in where = receiver_of(flow);

	flow->fd = new_socket(flow->protocol);
	if (set_control(flow->fd, flow->cc))
		err(1, "control %s", flow->cc);
	if (setsockopt(flow->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(flow->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)))
		err(1, "SO_RCVTIMEO");
	return !connect(flow->fd, (struct sockaddr *)&where, sizeof(where));
}

/* --- receivers --- */

/* Until the end, which may be a RST: the sender of a bulk flow just stops. */
static void receive(int fd, struct arrival *arrival)
{
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), MSG_TRUNC)) > 0) {
		arrival->last_ns = now_ns();
		arrival->bytes += n;
	}
	close(fd);
}

static void serve(int listener, struct arrival *arrival)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			err(1, "accept");
		receive(fd, arrival);
	}
}

/* A child that ends with its parent, at the latest. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void start_receivers(pid_t *pids)
{
	int i;

	arrivals = mmap(NULL, sizeof(*arrivals) * MAX_FLOWS, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arrivals == MAP_FAILED)
		err(1, "mmap");
	enter_netns(config.receiver_ns);
	for (i = 0; i < n_flows; i++) {
		int listener = listen_for(&flows[i]);

		pids[i] = child();
		if (!pids[i])
			serve(listener, &arrivals[i]);
		close(listener);
	}
}

static void stop_children(const pid_t *pids)
{
	int i;

	for (i = 0; i < n_flows; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

/* --- short transfers --- */

static bool send_all(int fd, uint64_t bytes)
{
	while (bytes) {
		ssize_t n = send(fd, buffer, bytes < sizeof(buffer) ? bytes : sizeof(buffer),
				 MSG_NOSIGNAL);

		if (n < 0)
			return false;
		bytes -= n;
	}
	return true;
}

/* Returns microseconds; what is given up counts with the time it took. */
static uint64_t transfer(struct flow *flow, uint64_t bytes, bool *failed)
{
	struct arrival *arrival = &arrivals[0];
	uint64_t begin = now_ns(), end;
	char byte;

	arrival->bytes = 0;
	*failed = !connect_flow(flow) || !send_all(flow->fd, bytes) ||
		  shutdown(flow->fd, SHUT_WR) || recv(flow->fd, &byte, 1, 0) != 0 ||
		  arrival->bytes != bytes;
	end = *failed ? now_ns() : arrival->last_ns;
	if (*failed)
		abort_on_close(flow->fd);
	close(flow->fd);
	return (end - begin) / US;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The smallest value that @percent of all do not exceed; sorts. */
static uint64_t percentile(uint64_t *values, size_t n, unsigned int percent)
{
	if (!n)
		return 0;
	qsort(values, n, sizeof(*values), by_value);
	return values[(n * percent + 99) / 100 - 1];
}

static double mean(const uint64_t *values, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += values[i];
	return n ? sum / n : 0;
}

static bool harmed(void)
{
	return config.harm.loss > 0 || config.harm.late > 0;
}

static void run_short(size_t count, uint64_t bytes)
{
	uint64_t *times = calloc(count, sizeof(*times));
	size_t i, failures = 0;
	char mode[32];

	if (!times)
		err(1, "calloc");
	for (i = 0; i < count; i++) {
		bool failed;

		if (harmed())
			path_harm(router, harm_index, &config.harm, config.seed + i);
		times[i] = transfer(&flows[0], bytes, &failed);
		failures += failed;
		usleep(PAUSE_US);
	}
	printf("p50=%" PRIu64 " p99=%" PRIu64 " mean=%.0f failed=%zu",
	       percentile(times, count, 50), percentile(times, count, 99),
	       mean(times, count), failures);
	snprintf(mode, sizeof(mode), "short %" PRIu64, bytes);
	print_counters(mode);
	free(times);
}

/* --- bulk --- */

static void start_sender(struct flow *flow)
{
	if (!connect_flow(flow))
		err(1, "connect");
	flow->sender = child();
	if (flow->sender)
		return;
	while (send(flow->fd, buffer, sizeof(buffer), MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

static void open_samples(struct flow *flow)
{
	char path[512];

	if (!config.samples_path)
		return;
	snprintf(path, sizeof(path), "%s.%zd.tsv", config.samples_path, flow - flows + 1);
	flow->samples = fopen(path, "w");
	if (!flow->samples)
		err(1, "%s", path);
	fputs("#seconds\tcwnd\tssthresh\tsrtt_ms\trttvar_ms\tunacked\tsacked\tlost\t"
	      "total_retrans\tca_state\trto_ms\tMB_acked\tqueue_ms\tdrops\n", flow->samples);
}

static double drain_us(const struct queue *queue)
{
	return queue->backlog_bytes * 8e6 / config.rate_bps;
}

static void sample_flow(struct flow *flow, double seconds, const struct queue *queue)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (!flow->samples || !flow->sender ||
	    getsockopt(flow->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	fprintf(flow->samples,
		"%.4f\t%u\t%u\t%.3f\t%.3f\t%u\t%u\t%u\t%u\t%u\t%.1f\t%.4f\t%.3f\t%" PRIu64 "\n",
		seconds, info.tcpi_snd_cwnd, info.tcpi_snd_ssthresh, info.tcpi_rtt / 1e3,
		info.tcpi_rttvar / 1e3, info.tcpi_unacked, info.tcpi_sacked, info.tcpi_lost,
		info.tcpi_total_retrans, info.tcpi_ca_state, info.tcpi_rto / 1e3,
		info.tcpi_bytes_acked / 1e6, drain_us(queue) / 1e3, queue->drops);
}

/* What has arrived, by flow. */
static void read_arrivals(uint64_t *bytes)
{
	int i;

	for (i = 0; i < n_flows; i++)
		bytes[i] = arrivals[i].bytes;
}

static void start_flow(int i)
{
	open_samples(&flows[i]);
	start_sender(&flows[i]);
}

/* Watches until @seconds are over; returns how many samples of the queue. */
static size_t watch(uint64_t begin, double seconds, uint64_t *queue_us, struct queue *queue,
		    uint64_t *quarter)
{
	uint64_t end = begin + seconds * SECOND, at = now_ns();
	int started = 1, i;
	size_t n = 0;

	for (; at < end; at += config.interval_us * US) {
		sleep_until(at);
		if (started < n_flows && at >= begin + started * STAGGER_US * US)
			start_flow(started++);
		path_queue(router, queue_index, queue);
		queue_us[n++] = drain_us(queue);
		for (i = 0; i < started; i++)
			sample_flow(&flows[i], (at - begin) / 1e9, queue);
		if (at < begin + (end - begin) / 4)
			read_arrivals(quarter);
	}
	sleep_until(end);
	return n;
}

static void stop_senders(void)
{
	int i;

	for (i = 0; i < n_flows; i++) {
		abort_on_close(flows[i].fd);
		kill(flows[i].sender, SIGKILL);
		waitpid(flows[i].sender, NULL, 0);
		close(flows[i].fd);
		if (flows[i].samples)
			fclose(flows[i].samples);
	}
}

static void run_bulk(double seconds)
{
	size_t most = seconds * 1e6 / config.interval_us + 2, n;
	uint64_t *queue_us = calloc(most, sizeof(*queue_us));
	uint64_t quarter[MAX_FLOWS] = { 0 }, last[MAX_FLOWS], sum = 0, begin;
	struct queue queue = { 0 };
	double idle;
	int i;

	if (!queue_us)
		err(1, "calloc");
	if (harmed())
		path_harm(router, harm_index, &config.harm, config.seed);
	idle = idle_seconds();
	begin = now_ns();
	start_flow(0);
	n = watch(begin, seconds, queue_us, &queue, quarter);
	idle = idle_seconds() - idle;
	read_arrivals(last);

	for (i = 0; i < n_flows; i++)
		sum += last[i];
	printf("goodput=%.0f qmean=%.0f qp95=%" PRIu64 " drops=%" PRIu64 " idle=%.0f",
	       sum / seconds, mean(queue_us, n), percentile(queue_us, n, 95), queue.drops,
	       100 * idle / seconds);
	for (i = 0; i < n_flows; i++)
		printf(" flow%d=%" PRIu64, i + 1, last[i] - quarter[i]);
	print_counters("bulk");
	stop_senders();
	free(queue_us);
}

/* --- the command line --- */

static void usage(void)
{
	fputs("Usage: gridflow [OPTION]... bulk SECONDS FLOW...\n"
	      "       gridflow [OPTION]... short COUNT BYTES FLOW\n"
	      "       gridflow accepts FLOW\n"
	      "  FLOW          PROTOCOL:CONTROL, such as 0:reno or 253:reno\n"
	      "  -p PROTOCOL   the receiver's, when not the sender's\n"
	      "  -r BITS/S     the bottleneck's rate\n"
	      "  -l PERCENT    of packets lost\n"
	      "  -b PACKETS    mean length of a loss\n"
	      "  -j PERCENT    of packets late\n"
	      "  -J US         by how much\n"
	      "  -x SEED       of both\n"
	      "  -i MS         between two samples (10)\n"
	      "  -o FILE       samples of flow N go to FILE.N.tsv\n"
	      "  -c FILE       counters that moved are appended there: mode, name,\n"
	      "                sender's, receiver's\n", stderr);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+p:r:l:b:j:J:x:i:o:c:")) != -1) {
		switch (c) {
		case 'p': config.receiver_protocol = atoi(optarg); break;
		case 'r': config.rate_bps = atof(optarg); break;
		case 'l': config.harm.loss = atof(optarg) / 100; break;
		case 'b': config.harm.burst_packets = atof(optarg); break;
		case 'j': config.harm.late = atof(optarg) / 100; break;
		case 'J': config.harm.late_us = atoi(optarg); break;
		case 'x': config.seed = atoi(optarg); break;
		case 'i': config.interval_us = atof(optarg) * 1000; break;
		case 'o': config.samples_path = optarg; break;
		case 'c': config.counters_path = optarg; break;
		default: usage();
		}
	}
}

static void parse_flow(const char *text)
{
	struct flow *flow = &flows[n_flows];
	char *colon;

	if (n_flows == MAX_FLOWS)
		errx(1, "more than %d flows", MAX_FLOWS);
	flow->protocol = strtol(text, &colon, 10);
	if (*colon != ':' || !colon[1])
		usage();
	flow->cc = colon + 1;
	n_flows++;
}

static int accepts(const struct flow *flow)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, flow->protocol);

	return fd < 0 || set_control(fd, flow->cc);
}

static void open_router(void)
{
	enter_netns(config.router_ns);
	router = path_open();
	queue_index = if_nametoindex(config.queue_device);
	harm_index = if_nametoindex(config.harm_device);
	if (!queue_index || !harm_index)
		err(1, "the router's devices");
}

int main(int argc, char **argv)
{
	pid_t receivers[MAX_FLOWS];
	unsigned int drops;
	int first;

	parse_options(argc, argv);
	argv += optind;
	argc -= optind;
	if (argc < 2)
		usage();
	first = !strcmp(argv[0], "accepts") ? 1 : !strcmp(argv[0], "bulk") ? 2 : 3;
	while (first + n_flows < argc)
		parse_flow(argv[first + n_flows]);
	if (!n_flows)
		usage();
	if (first == 1)
		return accepts(&flows[0]);

	open_router();
	drops = backlog_drops();
	start_receivers(receivers);
	counters_start();
	if (first == 2)
		run_bulk(atof(argv[1]));
	else
		run_short(strtoul(argv[1], NULL, 0), strtoull(argv[2], NULL, 0));
	putchar('\n');
	stop_children(receivers);
	drops = backlog_drops() - drops;
	if (drops)
		errx(1, "%u packets were lost inside the machine: see netdev_max_backlog", drops);
	return 0;
}
