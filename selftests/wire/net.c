// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - the namespace of a test, its TUN device and its sysctls
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "wire.h"

static int tun = -1;

#define must(call_) ensure((call_) >= 0, "%s: %s", #call_, strerror(errno))

static void sysctl_write(const char *name, const char *value, bool optional)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 && optional)
		return;
	if (fd < 0 && !is_ltcp() && !strncmp(name, "net/ltcp/", 9))
		wire_skip("the built-in TCP has no %s", name);
	ensure(fd >= 0, "%s: %s", path, strerror(errno));
	ensure(write(fd, value, strlen(value)) > 0, "%s = %s: %s", path, value,
	       strerror(errno));
	close(fd);
}

/**
 * sysctl_set_str() - set a sysctl of the test's namespace
 * @name: below /proc/sys, with slashes
 * @value: what to write
 */
void sysctl_set_str(const char *name, const char *value)
{
	note("%s = %s", name, value);
	sysctl_write(name, value, false);
}

/**
 * sysctl_set() - set a sysctl of the test's namespace to a number
 * @name: below /proc/sys, with slashes
 * @value: what to write
 */
void sysctl_set(const char *name, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	sysctl_set_str(name, text);
}

void sysctl_try(const char *name, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	sysctl_write(name, text, true);
}

/**
 * sysctl_get() - read a sysctl's first number
 * @name: below /proc/sys, with slashes
 *
 * Return: the number.
 */
long sysctl_get(const char *name)
{
	char path[256], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_RDONLY);
	ensure(fd >= 0, "%s: %s", path, strerror(errno));
	must(read(fd, text, sizeof(text) - 1));
	close(fd);
	return strtol(text, NULL, 10);
}

static void set_address(struct sockaddr *sa, uint32_t addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	memcpy(sa, &in, sizeof(in));
}

static void bring_up(int control, const char *name)
{
	struct ifreq ifr = {};

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	must(ioctl(control, SIOCGIFFLAGS, &ifr));
	ifr.ifr_flags |= IFF_UP;
	must(ioctl(control, SIOCSIFFLAGS, &ifr));
}

/* Everything beyond the link goes to the peer too, for foreign addresses. */
static void add_default_route(int control)
{
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = (char *)"wire0" };

	set_address(&route.rt_dst, 0);
	set_address(&route.rt_genmask, 0);
	must(ioctl(control, SIOCADDRT, &route));
}

static void open_tun(int control)
{
	struct ifreq ifr = { .ifr_name = "wire0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ensure(tun >= 0, "/dev/net/tun: %s", strerror(errno));
	must(ioctl(tun, TUNSETIFF, &ifr));
	set_address(&ifr.ifr_addr, STACK_ADDR);
	must(ioctl(control, SIOCSIFADDR, &ifr));
	set_address(&ifr.ifr_netmask, 0xffffff00);
	must(ioctl(control, SIOCSIFNETMASK, &ifr));
	ifr.ifr_mtu = WIRE_MTU;
	must(ioctl(control, SIOCSIFMTU, &ifr));
	ifr.ifr_qlen = 10000;
	must(ioctl(control, SIOCSIFTXQLEN, &ifr));
}

void set_mtu(int mtu)
{
	struct ifreq ifr = { .ifr_name = "wire0", .ifr_mtu = mtu };
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(ioctl(control, SIOCSIFMTU, &ifr));
	close(control);
	note("MTU %d", mtu);
}

/**
 * run_ip() - what only netlink can do: addresses, routes, rules
 * @fmt: the arguments of ip(8), as for printf()
 */
void run_ip(const char *fmt, ...)
{
	char command[256] = "ip ";
	va_list args;

	va_start(args, fmt);
	vsnprintf(command + 3, sizeof(command) - 3, fmt, args);
	va_end(args);
	note("%s", command);
	ensure(!system(command), "%s failed", command);
}

/* The position of @name among the words of @line, or -1. */
static int word_index(char *line, const char *name)
{
	char *save, *word = strtok_r(line, " \n", &save);
	int i;

	for (i = 0; word; i++, word = strtok_r(NULL, " \n", &save))
		if (!strcmp(word, name))
			return i;
	return -1;
}

static long word_value(char *line, int index)
{
	char *save, *word = strtok_r(line, " \n", &save);

	while (index-- > 0 && word)
		word = strtok_r(NULL, " \n", &save);
	return word ? strtol(word, NULL, 10) : -1;
}

/* The files have pairs of lines: the names, then the values. */
static long counter_in(const char *path, const char *prefix, const char *name)
{
	char names[8192], values[8192];
	FILE *f = fopen(path, "r");
	long value = -1;

	ensure(f, "%s: %s", path, strerror(errno));
	while (value < 0 && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f))
		if (!strncmp(names, prefix, strlen(prefix)))
			value = word_value(values, word_index(names, name));
	fclose(f);
	return value;
}

/**
 * counter() - a counter of the namespace
 * @group: "Tcp" or "TcpExt"
 * @name: as the header line of the file has it
 *
 * Return: its value.
 */
long counter(const char *group, const char *name)
{
	char prefix[32];
	long value;

	snprintf(prefix, sizeof(prefix), "%s:", group);
	value = counter_in(strcmp(group, "TcpExt") ? "/proc/thread-self/net/snmp" :
			   "/proc/thread-self/net/netstat", prefix, name);
	ensure(value >= 0, "no counter %s%s", group, name);
	return value;
}

/**
 * listed() - a number from a file of lines "NAME NUMBER"
 * @path: the file
 * @name: as the file has it, with a colon if there is one
 *
 * Return: the number.
 */
long listed(const char *path, const char *name)
{
	char line[256], word[64];
	long value = -1, number;
	FILE *f = fopen(path, "r");

	ensure(f, "%s: %s", path, strerror(errno));
	while (value < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", word, &number) == 2 && !strcmp(word, name))
			value = number;
	fclose(f);
	ensure(value >= 0, "%s does not tell of %s", path, name);
	return value;
}

/* The node comes with the module where nobody has made it beforehand. */
void net_load_tun(void)
{
	if (access("/dev/net/tun", F_OK) && system("modprobe tun"))
		fprintf(stderr, "modprobe tun failed\n");
}

/**
 * net_setup() - give the calling process a namespace and its TUN device
 *
 * The congestion control is Reno and nothing is remembered of earlier
 * connections, so that a test depends on its own script only.
 */
void net_setup(void)
{
	int control;

	must(unshare(CLONE_NEWNET));
	sysctl_write("net/ipv6/conf/all/disable_ipv6", "1", true);
	sysctl_write("net/ipv6/conf/default/disable_ipv6", "1", true);
	sysctl_write("net/ipv4/tcp_congestion_control", "reno", false);
	sysctl_write("net/ipv4/tcp_no_metrics_save", "1", false);
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(control);
	open_tun(control);
	bring_up(control, "lo");
	bring_up(control, "wire0");
	add_default_route(control);
	close(control);
}

/**
 * net_send() - let a frame arrive at the stack
 * @frame: an IP packet
 * @len: its bytes
 *
 * The stack has dealt with it when this returns, unless a socket was locked.
 */
void net_send(const void *frame, size_t len)
{
	ensure(write(tun, frame, len) == (ssize_t)len, "TUN: %s", strerror(errno));
}

/**
 * net_receive() - wait for a frame that the stack sends
 * @frame: where to put it
 * @size: of @frame
 * @deadline_us: until when to wait, by now_us(); in the past: do not wait
 *
 * Return: its length, or -1 at the deadline.
 */
ssize_t net_receive(void *frame, size_t size, int64_t deadline_us)
{
	for (;;) {
		ssize_t n = read(tun, frame, size);
		struct pollfd p = { .fd = tun, .events = POLLIN };
		struct timespec ts;
		int64_t left;

		if (n >= 0)
			return n;
		ensure(errno == EAGAIN, "TUN: %s", strerror(errno));
		left = deadline_us > 0 ? deadline_us - now_us() : 0;
		if (left <= 0)
			return -1;
		ts = (struct timespec){ left / 1000000, left % 1000000 * 1000 };
		ppoll(&p, 1, &ts, NULL);
	}
}
