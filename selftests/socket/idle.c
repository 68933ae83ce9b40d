// SPDX-License-Identifier: GPL-2.0
/*
 * idle.c - connections on which nothing happens for a day
 *
 * Minutes of real time where idle time is skipped (scripts/vm in warp mode).
 */
#include "pair.h"

enum { PAIRS = 12, DAY_S = 24 * 3600, IDLE_S = 600 };

static void keep_alive(int fd)
{
	ensure_ok(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S));
	ensure_ok(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
}

/* Every other pair has keep-alives, at either end. */
static void open_pairs(struct pair pairs[])
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		pairs[i] = connected();
		send_pattern(pairs[i].client, 0, 10000);
		read_pattern(pairs[i].server, 0, 10000);
		if (i % 4 == 0)
			keep_alive(pairs[i].client);
		else if (i % 4 == 2)
			keep_alive(pairs[i].server);
	}
}

static void still_work(const struct pair pairs[])
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		send_pattern(pairs[i].client, 10000, 10000);
		read_pattern(pairs[i].server, 10000, 10000);
		send_pattern(pairs[i].server, 0, 10000);
		read_pattern(pairs[i].client, 0, 10000);
	}
}

/* Each probe and each answer is one segment; there are no others. */
WIRE_TEST_LONG(idle, day__probes_and_nothing_else, 2 * DAY_S, "F7 MUST-25")
{
	long before, sent, probes = PAIRS / 2 * (DAY_S / IDLE_S);
	struct pair pairs[PAIRS];

	open_pairs(pairs);
	pass_ms(1000);
	before = counter("Tcp", "OutSegs");
	pass_ms(DAY_S * 1000);
	sent = counter("Tcp", "OutSegs") - before;
	ensure_in(sent, 2 * probes * 7 / 8, 2 * probes);
	ensure_eq(counter("Tcp", "RetransSegs"), 0);
	still_work(pairs);
}
