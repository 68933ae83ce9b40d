/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz.h - what the parts of the segment fuzzer share
 *
 * Theory
 * ------
 * A fuzzer that sends random bytes never gets past the checksum, and one that
 * sends random segments never gets past the window. This one keeps real
 * connections going, in every state and from either side, and spoils segments
 * that would have been good ones in a field or two:
 *
 *	segments.c  rounds, time, what must hold at the end of a round
 *	peer.c      the far end of each connection: hears, knows what a good
 *	            segment would be now
 *	mutate.c    spoils it
 *	apps.c      the sockets: random calls, and what must hold of what they read
 *
 * Everything follows from the round's seed; nothing but the stack's own numbers
 * (its ISN) differs between two runs, and no decision depends on their values.
 *
 * ORACLES. Nothing crashes and the kernel complains of nothing (scripts/vm and
 * scripts/uml see to that). The byte at each sequence number is a function of
 * that number, whichever segment carries it, so whatever a program reads must be
 * those bytes in order, from the SYN that opened the connection on; and what the
 * stack sends must be what the program wrote. Every segment sent is well formed.
 * When a round is over, everything closes, and no object stays in a slab.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "../wire/wire.h"
#include "random.h"

enum { SLOTS = 24, MEMORY = 32, HOLES = 4, MOST_STEPS_BACK = 64 };

/**
 * struct slot - the far end of one connection
 * @wire: ports, window and options; as both of its ISNs are 0 all numbers are absolute
 * @fd: the socket, or -1: not accepted yet, or closed already
 * @life: which connection of this slot it is, for the log
 * @heard_syn: the stack has sent a SYN or SYN,ACK
 * @said_syn: the peer has
 * @heard_fin: the stack's FIN has been taken
 * @dead: a RST went either way; the slot may begin anew
 * @urgent: the peer has sent a segment with URG
 * @snd_una: what the stack has acknowledged
 * @snd_nxt: the next byte the peer has never sent
 * @rcv_nxt: what the peer has received in order
 * @stack_max: one past the highest number the stack has sent
 * @edge: right edge of the window the stack offers
 * @irs: the SYNs of the peer, the newest at @irs_count - 1 modulo MEMORY
 * @iss: the SYNs of the stack, likewise
 * @hole: data of the stack that came out of order, for SACK; the newest first
 */
struct slot {
	struct connection wire;
	int fd, life;
	bool heard_syn, said_syn, heard_fin, dead, urgent;
	uint32_t snd_una, snd_nxt, rcv_nxt, stack_max, edge;
	uint32_t irs[MEMORY], iss[MEMORY];
	unsigned int irs_count, iss_count;
	struct { uint32_t from, to; } hole[HOLES];
};

extern struct slot slots[SLOTS];

/* What has been done, for the result line. */
extern struct tally {
	unsigned long injected, heard, calls, lives, accepted, read, written;
} tally;

static inline struct num num(int64_t v)
{
	return (struct num)NUM(v);
}

/* ------------------------------------------------------------------ random */

extern struct random rng;

static inline uint64_t random_u64(void)
{
	return random_next(&rng);
}

static inline uint32_t rnd(uint32_t n)
{
	return random_below(&rng, n);
}

/* True in one of @n cases. */
static inline bool one_in(uint32_t n)
{
	return !rnd(n);
}

#define pick(...) \
	((const int64_t[]){ __VA_ARGS__ }[rnd(sizeof((const int64_t[]){ __VA_ARGS__ }) / 8)])

/* --------------------------------------------------------------------- log */

/* One line of what happened; the last ones are printed when something fails. */
void __attribute__((format(printf, 2, 3))) event(const struct slot *s, const char *fmt, ...);

/* Ends the round. */
void __attribute__((format(printf, 2, 3), noreturn))
violated(const struct slot *s, const char *fmt, ...);

/* ------------------------------------------------------------------ peer.c */

/* Takes all that the stack has sent. */
void peer_hear_all(void);

/* One segment, one ICMP error, or a new connection. */
void peer_act(void);

/* Begins a life of the slot in which the stack opens the connection with @fd. */
void peer_await(struct slot *s, int fd);

/* The slot that the peer's @port belongs to now, or NULL. */
struct slot *slot_of_port(uint16_t port);

/* Answers everything with a RST from now on. */
void peer_refuse(void);

/* ---------------------------------------------------------------- mutate.c */

/* Spoils some of the segment's fields, or none. */
void mutate(const struct slot *s, struct segment *g);

/* ------------------------------------------------------------------ apps.c */

void apps_begin(void);		/* the listeners */
void apps_act(void);		/* one system call on some socket */
void apps_end(void);		/* closes everything */
void apps_settings(void);	/* other sysctls */

#endif /* FUZZ_H */
