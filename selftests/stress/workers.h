/* SPDX-License-Identifier: GPL-2.0 */
/*
 * workers.h - servers and clients that open, use and end connections in every way
 *
 * Some processes accept from one listener, others connect to it, all at once. A
 * client draws what a connection is for: a transfer one way or both, of which
 * every byte is checked, or an end that is anything but orderly. The bytes
 * follow from a seed, so neither side has to remember them.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include <stdint.h>

/**
 * struct load - what the workers are to do
 * @protocol: third argument of socket(), on both sides
 * @servers: processes that accept
 * @clients: processes that connect
 * @seconds: how long new connections are begun
 * @most_bytes: longest transfer
 * @orderly: only whole transfers and proper ends
 */
struct load {
	int protocol, servers, clients, seconds;
	uint32_t most_bytes;
	int orderly;
};

/* What came of it, of all clients together. */
struct outcome {
	uint64_t connections, bytes, errors;
};

/* Runs the load on loopback of this namespace; says on stderr what goes wrong. */
struct outcome run_load(const struct load *load);

#endif /* WORKERS_H */
