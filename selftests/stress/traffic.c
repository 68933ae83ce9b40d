// SPDX-License-Identifier: GPL-2.0
/*
 * traffic.c - checked traffic over one stack, for scripts
 *
 *	traffic PROTOCOL SECONDS	0 built-in, 253 ltcp
 *
 * Prints what was done; exit status 0 when every byte was right.
 */
#include "../socket/pair.h"
#include "workers.h"

int main(int argc, char **argv)
{
	struct load load = { .servers = 3, .clients = 3, .most_bytes = 500000, .orderly = 1 };
	struct outcome o;

	if (argc != 3) {
		fprintf(stderr, "usage: traffic PROTOCOL SECONDS\n");
		return 2;
	}
	load.protocol = atoi(argv[1]);
	load.seconds = atoi(argv[2]);
	o = run_load(&load);
	printf("%llu connections, %llu KB checked, %llu errors\n",
	       (unsigned long long)o.connections, (unsigned long long)o.bytes / 1024,
	       (unsigned long long)o.errors);
	return o.errors ? 1 : 0;
}
