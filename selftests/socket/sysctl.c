// SPDX-License-Identifier: GPL-2.0
/*
 * sysctl.c - net.ltcp.*: defaults, ranges, one value for each namespace
 */
#include <sched.h>

#include "pair.h"

static const struct {
	const char *name;
	int initial, lowest, highest;
} knobs[] = {
	{ "net/ltcp/takeover", 0, 0, 1 },
	{ "net/ltcp/msl_ms", 30000, 1, 120000 },
	{ "net/ltcp/rto_initial_ms", 1000, 10, 60000 },
	{ "net/ltcp/rto_min_ms", 200, 1, 60000 },
	{ "net/ltcp/rto_max_ms", 120000, 1000, 120000 },
	{ "net/ltcp/persist_min_ms", 0, 0, 60000 },
	{ "net/ltcp/persist_max_ms", 120000, 1000, 120000 },
	{ "net/ltcp/delack_ms", 40, 1, 500 },
	{ "net/ltcp/arq", 0, 0, 2 },
};

static int try_set(const char *name, const char *value)
{
	char path[256];
	int fd, n;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_WRONLY);
	ensure(fd >= 0, "%s: %s", path, strerror(errno));
	n = write(fd, value, strlen(value));
	close(fd);
	return n;
}

static void refused(const char *name, long value, int keeps)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	note("%s = %s", name, text);
	ensure_fails(try_set(name, text), EINVAL);
	ensure_eq(sysctl_get(name), keeps);
}

static void only_for_ltcp(void)
{
	if (!is_ltcp())
		wire_skip("they are ltcp's");
}

WIRE_TEST(sysctl, knobs__defaults, "A1 R1 F5 F6 S4")
{
	size_t i;

	only_for_ltcp();
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		note("%s", knobs[i].name);
		ensure_eq(sysctl_get(knobs[i].name), knobs[i].initial);
	}
}

WIRE_TEST(sysctl, knobs__ranges, "A1 R1 F5 F6 S4")
{
	size_t i;

	only_for_ltcp();
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		sysctl_set(knobs[i].name, knobs[i].lowest);
		ensure_eq(sysctl_get(knobs[i].name), knobs[i].lowest);
		refused(knobs[i].name, knobs[i].lowest - 1l, knobs[i].lowest);
		refused(knobs[i].name, knobs[i].highest + 1l, knobs[i].lowest);
		refused(knobs[i].name, 1l << 32, knobs[i].lowest);
		ensure_fails(try_set(knobs[i].name, "often"), EINVAL);
		sysctl_set(knobs[i].name, knobs[i].highest);
		ensure_eq(sysctl_get(knobs[i].name), knobs[i].highest);
		sysctl_set(knobs[i].name, knobs[i].initial);
	}
}

WIRE_TEST(sysctl, knobs__one_for_each_namespace, "A1")
{
	only_for_ltcp();
	sysctl_set("net/ltcp/delack_ms", 123);
	ensure_ok(unshare(CLONE_NEWNET));
	ensure_eq(sysctl_get("net/ltcp/delack_ms"), 40);
}

WIRE_TEST(sysctl, knobs__not_for_everybody, "A1")
{
	only_for_ltcp();
	ensure_ok(setresuid(65534, 65534, 0));
	ensure_eq(open("/proc/sys/net/ltcp/delack_ms", O_WRONLY), -1);
	ensure_eq(errno, EACCES);
	ensure_eq(sysctl_get("net/ltcp/delack_ms"), 40);
	ensure_ok(seteuid(0));
}

WIRE_TEST(sysctl, msl__ends_time_wait, "S4")
{
	struct pair p;
	FILE *f;
	char line[512];
	bool waiting = false;

	only_for_ltcp();
	sysctl_set("net/ltcp/msl_ms", 500);
	p = connected();
	close(p.client);
	ensure_is(recv(p.server, (char[8]){}, 8, 0), 0);
	close(p.server);
	close(p.listener);
	pass_ms(1300);
	f = fopen("/proc/thread-self/net/tcp", "r");
	ensure(f && fgets(line, sizeof(line), f), "/proc/net/tcp: %s", strerror(errno));
	waiting = fgets(line, sizeof(line), f);
	ensure(!waiting, "still there: %s", line);
}

WIRE_TEST(sysctl, delack__how_long_an_ack_waits, "F5")
{
	int fd, i;

	only_for_ltcp();
	sysctl_set("net/ltcp/delack_ms", 300);
	fd = active_open();
	for (i = 0; i < 2; i++) {
		ensure_ok(set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 0));
		inject(PSH | ACK, SEQ(1 + i * 100), LEN(100));
		expect_within(200, 350, ACK, ACK(101 + i * 100));
	}
	end_case(fd);
}
