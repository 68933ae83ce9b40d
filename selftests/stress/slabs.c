// SPDX-License-Identifier: GPL-2.0
/*
 * slabs.c - /proc/slabinfo; see slabs.h
 */
#include "../socket/pair.h"
#include "slabs.h"

static const char *stack(void)
{
	return is_ltcp() ? "LTCP" : "TCP";
}

/* A cache that shares its slabs with others of its size cannot be told apart. */
static void shrink(const char *cache)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	fd = open(path, O_WRONLY);
	if (fd >= 0) {
		ensure_is(write(fd, "1", 1), 1);
		close(fd);
	}
}

static long in_use(const char *prefix)
{
	char cache[64], line[512], name[64];
	FILE *f;
	long n, found = -1;

	snprintf(cache, sizeof(cache), "%s%s", prefix, stack());
	shrink(cache);
	f = fopen("/proc/slabinfo", "r");
	ensure(f, "/proc/slabinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", name, &n) == 2 && !strcmp(name, cache))
			found = n;
	fclose(f);
	ensure(found >= 0, "there is no cache %s", cache);
	return found;
}

struct slabs slabs_in_use(void)
{
	return (struct slabs){
		.sockets = in_use(""),
		.time_waits = in_use("tw_sock_"),
		.requests = in_use("request_sock_"),
	};
}

void expect_slabs_back(struct slabs before, int ms)
{
	int64_t end = now_us() + ms * 1000ll;
	struct slabs now;

	do {
		now = slabs_in_use();
		if (now.sockets <= before.sockets && now.time_waits <= before.time_waits &&
		    now.requests <= before.requests)
			return;
		pass_ms(500);
	} while (now_us() < end);
	ensure(false, "in use: sockets %ld, were %ld; TIME-WAIT %ld, were %ld; requests %ld, were %ld",
	       now.sockets, before.sockets, now.time_waits, before.time_waits,
	       now.requests, before.requests);
}
