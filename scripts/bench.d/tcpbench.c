// SPDX-License-Identifier: GPL-2.0
/*
 * tcpbench - request loops and bulk transfer over one TCP, timed
 *
 * A server and a client, two processes of one machine, do a fixed amount of
 * work; the client measures it with CLOCK_MONOTONIC. In the virtual machine's
 * warp mode that clock counts instructions, so the result is the cost of the
 * work on both sides together: system calls, protocol, device, scheduler.
 *
 *	bulk N	N bytes one way over one connection, until the receiver, which
 *		has read all of them, closes
 *	rr N	N requests and responses over one connection
 *	crr N	N times connect, one request and response, close
 *	idle N	N connections opened and left alone: the kernel memory each
 *		pair of sockets takes
 *
 * Every timed loop follows a warm-up of an eighth of its length. Output is one
 * line, "MODE UNITS NANOSECONDS PER-UNIT IDLE-PERCENT", where the last tells how
 * much of the time the processors only waited; idle prints "idle N BYTES
 * PER-PAIR" and, after '#', the slab caches that grew most.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_SHARE	8	/* one in so many units is run before the clock starts */
#define MAX_CACHES	1024
#define SHOWN_CACHES	8

struct config {
	int		protocol;	/* third argument of socket() */
	const char	*address;	/* the server's */
	const char	*server_ns;	/* named network namespaces, or NULL */
	const char	*client_ns;
	size_t		message_bytes;	/* size of a request and of a response */
	size_t		write_bytes;	/* size of one write in bulk */
	bool		discard;	/* bulk receiver: MSG_TRUNC, copy nothing */
	uint64_t	units;
};

static struct config config = {
	.address	= "127.0.0.1",
	.message_bytes	= 64,
	.write_bytes	= 128 * 1024,
};

static char *buffer;
static size_t buffer_bytes;

/* --- marks for an instruction-counting profiler --- */

/*
 * An instruction that does nothing; a profiler outside the machine may look
 * for it to tell the timed part from the rest.
 */
static inline void mark_start(void)
{
	asm volatile("nopl 0x4c746370(%%rax)" ::: "memory");
}

static inline void mark_stop(void)
{
	asm volatile("nopl 0x4c746371(%%rax)" ::: "memory");
}

/* --- sockets --- */

static void enter_netns(const char *name)
{
	char path[256];
	int fd;

	if (!name)
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "network namespace %s", name);
	close(fd);
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, config.protocol);

	if (fd < 0)
		err(1, "socket(AF_INET, SOCK_STREAM, %d)", config.protocol);
	return fd;
}

static int listen_any_port(struct sockaddr_in *where)
{
	socklen_t len = sizeof(*where);
	int fd = new_socket();

	*where = (struct sockaddr_in){ .sin_family = AF_INET };
	if (inet_pton(AF_INET, config.address, &where->sin_addr) != 1)
		errx(1, "not an IPv4 address: %s", config.address);
	if (bind(fd, (struct sockaddr *)where, sizeof(*where)) ||
	    listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)where, &len))
		err(1, "listen on %s", config.address);
	return fd;
}

static int connect_to(const struct sockaddr_in *where)
{
	int fd = new_socket();

	if (connect(fd, (const struct sockaddr *)where, sizeof(*where)))
		err(1, "connect");
	return fd;
}

static int accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		err(1, "accept");
	return fd;
}

static void set_nodelay(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		err(1, "TCP_NODELAY");
}

static void send_all(int fd, size_t bytes)
{
	while (bytes) {
		ssize_t n = send(fd, buffer, bytes, MSG_NOSIGNAL);

		if (n < 0)
			err(1, "send");
		bytes -= n;
	}
}

/* Reads exactly @bytes; false at an orderly end of the connection. */
static bool receive_all(int fd, size_t bytes)
{
	while (bytes) {
		ssize_t n = recv(fd, buffer, bytes, 0);

		if (n < 0)
			err(1, "recv");
		if (!n)
			return false;
		bytes -= n;
	}
	return true;
}

static void wait_for_end(int fd)
{
	char byte;

	if (recv(fd, &byte, 1, 0) != 0)
		errx(1, "the server sent more than was asked for");
}

/* --- the server's half of each mode --- */

static void serve_bulk(int fd)
{
	int flags = config.discard ? MSG_TRUNC : 0;
	ssize_t n;

	do {
		n = recv(fd, buffer, buffer_bytes, flags);
		if (n < 0)
			err(1, "recv");
	} while (n);
}

static void serve_requests(int fd)
{
	set_nodelay(fd);
	while (receive_all(fd, config.message_bytes))
		send_all(fd, config.message_bytes);
}

static void serve(int listener, void (*serve_one)(int fd))
{
	for (;;) {
		int fd = accept_one(listener);

		serve_one(fd);
		close(fd);
	}
}

/* --- the client's --- */

static void bulk(const struct sockaddr_in *server, uint64_t bytes)
{
	int fd = connect_to(server);

	while (bytes) {
		size_t chunk = bytes < config.write_bytes ? bytes : config.write_bytes;

		send_all(fd, chunk);
		bytes -= chunk;
	}
	if (shutdown(fd, SHUT_WR))
		err(1, "shutdown");
	wait_for_end(fd);
	close(fd);
}

static void exchange(int fd)
{
	send_all(fd, config.message_bytes);
	if (!receive_all(fd, config.message_bytes))
		errx(1, "the server closed early");
}

static void requests(const struct sockaddr_in *server, uint64_t count)
{
	int fd = connect_to(server);

	set_nodelay(fd);
	while (count--)
		exchange(fd);
	close(fd);
}

static void connections(const struct sockaddr_in *server, uint64_t count)
{
	while (count--) {
		int fd = connect_to(server);

		exchange(fd);
		close(fd);
	}
}

struct mode {
	const char	*name;
	void		(*client)(const struct sockaddr_in *server, uint64_t units);
	void		(*serve_one)(int fd);
};

static const struct mode modes[] = {
	{ "bulk",	bulk,		serve_bulk },
	{ "rr",		requests,	serve_requests },
	{ "crr",	connections,	serve_requests },
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Time the processors spent idle since boot, to 10 ms. */
static uint64_t idle_ns(void)
{
	FILE *f = fopen("/proc/uptime", "r");
	double up, idle;

	if (!f || fscanf(f, "%lf %lf", &up, &idle) != 2)
		err(1, "/proc/uptime");
	fclose(f);
	return idle * 1e9;
}

static void run_timed(const struct mode *mode)
{
	struct sockaddr_in where;
	uint64_t start, idle, took;
	int listener;
	pid_t server;

	enter_netns(config.server_ns);
	listener = listen_any_port(&where);
	server = fork();
	if (server < 0)
		err(1, "fork");
	if (!server)
		serve(listener, mode->serve_one);
	close(listener);

	enter_netns(config.client_ns);
	mode->client(&where, config.units / WARM_UP_SHARE + 1);
	idle = idle_ns();
	start = now_ns();
	mark_start();
	mode->client(&where, config.units);
	mark_stop();
	took = now_ns() - start;
	idle = idle_ns() - idle;

	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	printf("%s %" PRIu64 " %" PRIu64 " %.3f %.0f\n", mode->name, config.units, took,
	       (double)took / config.units, 100.0 * idle / took);
}

/* --- memory of idle connections --- */

struct cache {
	char	name[64];
	int64_t	bytes;
};

static size_t read_slabinfo(struct cache *caches)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	char line[512];
	size_t n = 0;

	if (!f)
		err(1, "/proc/slabinfo");
	while (n < MAX_CACHES && fgets(line, sizeof(line), f)) {
		int64_t active, total, size;

		if (sscanf(line, "%63s %" SCNd64 " %" SCNd64 " %" SCNd64,
			   caches[n].name, &active, &total, &size) == 4)
			caches[n++].bytes = active * size;
	}
	fclose(f);
	return n;
}

static int by_growth(const void *a, const void *b)
{
	const struct cache *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

/* Opens a connection and exchanges one message, so that nothing in it is new. */
static void open_pair(int listener, const struct sockaddr_in *where, int pair[2])
{
	pair[0] = connect_to(where);
	pair[1] = accept_one(listener);
	send_all(pair[0], config.message_bytes);
	receive_all(pair[1], config.message_bytes);
	send_all(pair[1], config.message_bytes);
	receive_all(pair[0], config.message_bytes);
}

static void run_idle(void)
{
	static struct cache before[MAX_CACHES], after[MAX_CACHES];
	struct rlimit files = { 2 * config.units + 64, 2 * config.units + 64 };
	int (*pairs)[2] = calloc(config.units, sizeof(*pairs));
	struct sockaddr_in where;
	int64_t grown = 0;
	size_t n, i;
	int listener;

	if (!pairs)
		err(1, "calloc");
	if (setrlimit(RLIMIT_NOFILE, &files))
		err(1, "RLIMIT_NOFILE");
	enter_netns(config.server_ns);
	listener = listen_any_port(&where);

	n = read_slabinfo(before);
	for (i = 0; i < config.units; i++)
		open_pair(listener, &where, pairs[i]);
	sleep(2);	/* delayed ACKs and RCU callbacks are done by then */
	if (read_slabinfo(after) != n)
		errx(1, "a slab cache came or went; try again");

	for (i = 0; i < n; i++) {
		after[i].bytes -= before[i].bytes;
		grown += after[i].bytes;
	}
	qsort(after, n, sizeof(*after), by_growth);
	printf("idle %" PRIu64 " %" PRId64 " %.0f #", config.units, grown,
	       (double)grown / config.units);
	for (i = 0; i < SHOWN_CACHES && i < n; i++)
		if (after[i].bytes >= (int64_t)config.units)
			printf(" %s=%.0f", after[i].name,
			       (double)after[i].bytes / config.units);
	putchar('\n');
	free(pairs);
}

static void usage(void)
{
	fputs("Usage: tcpbench [OPTION]... bulk BYTES | rr COUNT | crr COUNT | idle COUNT\n"
	      "  -p PROTOCOL   of socket(): 0 (default), 6 or 253\n"
	      "  -a ADDRESS    the server's (127.0.0.1)\n"
	      "  -s NETNS      the server's network namespace\n"
	      "  -c NETNS      the client's network namespace\n"
	      "  -m BYTES      size of a request and a response (64)\n"
	      "  -w BYTES      size of one write in bulk (131072)\n"
	      "  -d            the bulk receiver discards instead of copying\n", stderr);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:a:s:c:m:w:d")) != -1) {
		switch (c) {
		case 'p': config.protocol = atoi(optarg); break;
		case 'a': config.address = optarg; break;
		case 's': config.server_ns = optarg; break;
		case 'c': config.client_ns = optarg; break;
		case 'm': config.message_bytes = strtoul(optarg, NULL, 0); break;
		case 'w': config.write_bytes = strtoul(optarg, NULL, 0); break;
		case 'd': config.discard = true; break;
		default: usage();
		}
	}
	if (argc - optind != 2)
		usage();
	config.units = strtoull(argv[optind + 1], NULL, 0);
	if (!config.units || !config.message_bytes || !config.write_bytes)
		usage();
}

static void allocate_buffer(void)
{
	buffer_bytes = config.write_bytes > config.message_bytes ?
		       config.write_bytes : config.message_bytes;
	buffer = malloc(buffer_bytes);
	if (!buffer)
		err(1, "malloc");
	memset(buffer, 'x', buffer_bytes);
}

int main(int argc, char **argv)
{
	const char *mode;
	size_t i;

	parse_options(argc, argv);
	allocate_buffer();
	mode = argv[optind];
	if (!strcmp(mode, "idle")) {
		run_idle();
		return 0;
	}
	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!strcmp(mode, modes[i].name)) {
			run_timed(&modes[i]);
			return 0;
		}
	}
	usage();
}
