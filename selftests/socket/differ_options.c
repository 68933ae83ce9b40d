// SPDX-License-Identifier: GPL-2.0
/*
 * differ_options.c - every option number, in every state, with good and bad
 * values and lengths
 *
 * Options that tell what has no equal (cookies, times, memory in use) are asked
 * for, but only whether they answer, and with how much, is recorded. Zero-copy
 * has tests of its own.
 */
#include <limits.h>

#include "differ.h"

static const int values[] = {
	INT_MIN, -2, -1, 0, 1, 2, 3, 4, 5, 7, 10, 60, 100, 127, 128, 255, 256, 536, 1000, 1460,
	4096, 32767, 32768, 65535, 65536, 1000000, INT_MAX,
};

/* In most states these are enough. */
static const int few_values[] = { -1, 0, 1, 5, 1000, 65536 };

static const int lengths[] = { -1, 0, 1, 2, 3, 4, 5, 8, 16, 64 };

struct level {
	int level;
	const char *name;
	int count;			/* numbers 0 .. count - 1 */
	bool (*skip)(int name);		/* not asked about at all */
	bool (*quiet)(int name);	/* its value has no equal */
};

static void describe(char *text, size_t size, const unsigned char *buf, int len, bool quiet)
{
	int i, n = 0;

	n += snprintf(text, size, "0, %d bytes:", len);
	for (i = 0; !quiet && i < len && i < 64; i++)
		n += snprintf(text + n, size - n, " %02x", buf[i]);
}

static void get(const struct level *l, int fd, int name, int len, const char *why)
{
	unsigned char buf[256];
	socklen_t got = len;
	char what[160], text[512];
	int ret;

	memset(buf, 0xee, sizeof(buf));
	snprintf(what, sizeof(what), "get %s %d, %d bytes%s", l->name, name, len, why);
	errno = 0;
	ret = getsockopt(fd, l->level, name, buf, &got);
	if (ret) {
		record(what, "%d %s, %d bytes", ret, strerrorname_np(errno), (int)got);
		return;
	}
	describe(text, sizeof(text), buf, got, l->quiet(name));
	record(what, "%s", text);
}

static void set_value(const struct level *l, int fd, int name, int value)
{
	char what[160], why[64];

	snprintf(what, sizeof(what), "set %s %d to %d", l->name, name, value);
	errno = 0;
	record_result(what, setsockopt(fd, l->level, name, &value, sizeof(value)));
	snprintf(why, sizeof(why), " after %d", value);
	get(l, fd, name, sizeof(int), why);
}

static void set_length(const struct level *l, int fd, int name, int len)
{
	static const int buf[16] = { 1 };
	char what[160];

	snprintf(what, sizeof(what), "set %s %d, %d bytes", l->name, name, len);
	errno = 0;
	record_result(what, setsockopt(fd, l->level, name, buf, len));
}

static void bad_pointers(const struct level *l, int fd, int name)
{
	socklen_t len = 4;
	int value = 1;
	char what[160];

	snprintf(what, sizeof(what), "set %s %d from NULL", l->name, name);
	errno = 0;
	record_result(what, setsockopt(fd, l->level, name, NULL, 4));
	snprintf(what, sizeof(what), "get %s %d to NULL", l->name, name);
	errno = 0;
	record_result(what, getsockopt(fd, l->level, name, NULL, &len));
	snprintf(what, sizeof(what), "get %s %d, length NULL", l->name, name);
	errno = 0;
	record_result(what, getsockopt(fd, l->level, name, &value, NULL));
}

static void odd_arguments(const struct level *l, int fd, int name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		get(l, fd, name, lengths[i], "");
	bad_pointers(l, fd, name);
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		set_length(l, fd, name, lengths[i]);
	get(l, fd, name, sizeof(int), " after lengths");
}

/* One option in one state: read, then lengths, pointers, and values. */
static void option(const struct level *l, int number, int name)
{
	struct station s = station(number);
	bool all = number == FRESH || number == CONNECTED;
	const int *v = all ? values : few_values;
	size_t n = all ? ARRAY_SIZE(values) : ARRAY_SIZE(few_values), i;

	get(l, s.fd, name, sizeof(int), "");
	if (all)
		odd_arguments(l, s.fd, name);
	for (i = 0; i < n; i++)
		set_value(l, s.fd, name, v[i]);
	station_leave(&s);
}

static void options_in(const struct level *l, int number)
{
	int name;

	for (name = 0; name < l->count; name++)
		if (!l->skip(name))
			option(l, number, name);
}

/* --- level IPPROTO_TCP --- */

static bool tcp_skip(int name)
{
	return name == TCP_ZEROCOPY_RECEIVE;
}

static bool tcp_quiet(int name)
{
	return name == TCP_INFO || name == TCP_TIMESTAMP || name == TCP_CC_INFO;
}

static const struct level tcp_level = { IPPROTO_TCP, "TCP", 64, tcp_skip, tcp_quiet };

/* --- level SOL_SOCKET --- */

enum { SOCKET_OPTIONS = 84 };

static bool socket_skip(int name)
{
	switch (name) {
	case 26: case 27:		/* filters, which would drop the segments */
	case 50: case 51: case 52: case 68:
	case SO_ZEROCOPY:
		return true;
	}
	return false;
}

static bool socket_quiet(int name)
{
	switch (name) {
	case 28:			/* SO_PEERNAME, with a port */
	case 55:			/* SO_MEMINFO */
	case 56:			/* SO_INCOMING_NAPI_ID */
	case 57:			/* SO_COOKIE */
	case 71:			/* SO_NETNS_COOKIE */
		return true;
	}
	return false;
}

static const struct level socket_level = {
	SOL_SOCKET, "SOCKET", SOCKET_OPTIONS, socket_skip, socket_quiet
};

/* --- level IPPROTO_IP --- */

static bool none(int name)
{
	(void)name;
	return false;
}

static bool ip_quiet(int name)
{
	return name == 52;		/* IP_PROTOCOL, which gives the local port */
}

static const struct level ip_level = { IPPROTO_IP, "IP", 64, none, ip_quiet };

/* Levels that a TCP socket does not have. */
static const struct level ip6_level = { IPPROTO_IPV6, "IPV6", 4, none, none };
static const struct level raw_level = { 255, "RAW", 4, none, none };
static const struct level udp_level = { IPPROTO_UDP, "UDP", 4, none, none };

#define OPTIONS(level_, number_, state_)				\
	DIFFER(options_##level_##__##state_, "A3 A4")			\
	{								\
		options_in(&level_##_level, number_);			\
	}

OPTIONS(tcp, FRESH, fresh)
OPTIONS(tcp, BOUND, bound)
OPTIONS(tcp, LISTENING, listening)
OPTIONS(tcp, CONNECTING, connecting)
OPTIONS(tcp, CONNECTED, connected)
OPTIONS(tcp, HALF_CLOSED, half_closed)
OPTIONS(tcp, PEER_HALF_CLOSED, peer_half_closed)
OPTIONS(tcp, BOTH_CLOSED, both_closed)
OPTIONS(tcp, RESET, reset)
OPTIONS(tcp, PEER_GONE, peer_gone)
OPTIONS(tcp, DISCONNECTED, disconnected)
OPTIONS(tcp, REFUSED, refused)
OPTIONS(socket, FRESH, fresh)
OPTIONS(socket, LISTENING, listening)
OPTIONS(socket, CONNECTING, connecting)
OPTIONS(socket, CONNECTED, connected)
OPTIONS(socket, RESET, reset)
OPTIONS(ip, FRESH, fresh)
OPTIONS(ip, LISTENING, listening)
OPTIONS(ip, CONNECTING, connecting)
OPTIONS(ip, CONNECTED, connected)
OPTIONS(ip, RESET, reset)
OPTIONS(ip6, CONNECTED, connected)
OPTIONS(raw, CONNECTED, connected)
OPTIONS(udp, CONNECTED, connected)
