// SPDX-License-Identifier: GPL-2.0
/*
 * storm.c - connections in every way at once, over wires of every kind
 *
 * What is wrong shows as a wrong byte, a transfer that stands still, an object
 * that stays in a slab, or a complaint of the kernel. STORM_SECONDS is how long each
 * lasts.
 */
#include "../socket/pair.h"
#include "slabs.h"
#include "workers.h"

static void netem(const char *what)
{
	char command[256];

	snprintf(command, sizeof(command), "tc qdisc add dev lo root netem limit 20000 %s", what);
	ensure_eq(system(command), 0);
	note("%s", what);
}

static void storm(struct load load)
{
	const char *seconds = getenv("STORM_SECONDS");
	struct slabs before;
	struct outcome o;

	if (seconds)
		load.seconds = atoi(seconds);
	sysctl_try("net/ltcp/msl_ms", 50);
	load.protocol = protocol();
	before = slabs_in_use();
	o = run_load(&load);
	printf("%llu connections, %llu KB checked, %llu errors\n",
	       (unsigned long long)o.connections, (unsigned long long)o.bytes / 1024,
	       (unsigned long long)o.errors);
	ensure_eq(o.errors, 0);
	ensure(o.connections >= (uint64_t)load.clients, "hardly any connections");
	ensure_in(counter("Tcp", "CurrEstab"), 0, 1000);
	if (is_ltcp())		/* the built-in's TIME-WAIT cannot be shortened */
		expect_slabs_back(before, 90000);
}

WIRE_TEST_LONG(storm, transfers__clean, 120, "A3 A7 F9 S2")
{
	storm((struct load){ .servers = 4, .clients = 6, .seconds = 12,
			     .most_bytes = 2000000, .orderly = 1 });
}

WIRE_TEST_LONG(storm, connections__every_end, 150, "A3 A7 S2 S5 D4")
{
	storm((struct load){ .servers = 4, .clients = 8, .seconds = 15, .most_bytes = 300000 });
}

WIRE_TEST_LONG(storm, connections__lossy, 200, "A3 A7 R1 R3 R4 F9 S2 S5")
{
	netem("loss 2% delay 1ms");
	storm((struct load){ .servers = 24, .clients = 16, .seconds = 20, .most_bytes = 100000 });
}

WIRE_TEST_LONG(storm, connections__everything_wrong, 200, "A3 A7 R1 R3 R4 F9 W2 S2 S5")
{
	netem("loss 1% delay 5ms 3ms duplicate 2% corrupt 0.5%");
	storm((struct load){ .servers = 24, .clients = 16, .seconds = 20, .most_bytes = 100000 });
}

/* Segments of 1500 bytes, no help by the device. */
WIRE_TEST_LONG(storm, transfers__no_offload, 150, "A3 O1 O2 F9")
{
	ensure_eq(system("ip link set lo mtu 1500; ethtool -K lo tso off gso off gro off"), 0);
	netem("loss 0.5% delay 1ms");
	storm((struct load){ .servers = 12, .clients = 8, .seconds = 10,
			     .most_bytes = 300000, .orderly = 1 });
}
