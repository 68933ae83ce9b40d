/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pair.h - both ends of a connection, for tests of the system calls
 *
 * The wire tests ask what a TCP sends; the tests of this directory ask what it
 * tells the program: return values, errno, events, options. Each test is a
 * WIRE_TEST() of ../wire/wire.h and has a network namespace of its own, whose
 * loopback device joins the two ends. Where the other end has to be silent or
 * strange, wire.h's scripted peer (expect(), inject()) plays it.
 *
 * All sockets of this file are blocking ones. LTCP_PROTO picks the stack, as in
 * the wire tests: 253 (default) for ltcp, 0 for the built-in TCP, on which every
 * test holds too unless it says differs_from_builtin().
 */
#ifndef PAIR_H
#define PAIR_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "../wire/wire.h"

enum { IPPROTO_LTCP = 253 };

/* The two ends of a connection over loopback, and what accepted it. */
struct pair { int client, server, listener; };

/* The third argument of socket() for the stack under test. */
int protocol(void);

/* A blocking socket of the stack under test; of the given protocol. */
int new_socket(void);
int socket_of(int protocol);

/* An address on this machine; port 0 lets the kernel choose. */
struct sockaddr_in at_port(uint16_t port);

/* bind() and listen(); returns the listener and where it listens. */
int listen_at(struct sockaddr_in *where);
int listen_on(int fd, struct sockaddr_in *where);

/* A connection, both ends established. */
struct pair connected(void);
struct pair connected_small(int buffer_bytes);	/* with buffers of this size */

/* The address where @fd is bound. */
struct sockaddr_in bound_to(int fd);

int try_bind(int fd, struct sockaddr_in at);
int try_connect(int fd, struct sockaddr_in to);

/* The call must fail with this errno. */
#define ensure_fails(call_, errno_) do {					\
	long r__;							\
	errno = 0;							\
	r__ = (call_);							\
	ensure(r__ == -1 && errno == (errno_), "%s: %ld, %s; not %s",	\
	       #call_, r__, strerror(errno), strerror(errno_));		\
} while (0)

/* The call must succeed, with this value. */
#define ensure_is(call_, value_) do {					\
	long r__, v__ = (value_);					\
	errno = 0;							\
	r__ = (call_);							\
	ensure(r__ == v__, "%s: %ld, not %ld (%s)", #call_, r__, v__,	\
	       strerror(errno));					\
} while (0)

#define ensure_ok(call_) do {						\
	errno = 0;							\
	ensure((call_) >= 0, "%s: %s", #call_, strerror(errno));	\
} while (0)

/*
 * after(100) send(fd, "x", 1, 0);  does that 100 ms later, beside the test: in a
 * process that shares the descriptors, so that close() really closes.
 */
#define after(ms_) for (bool child_ = beside(ms_); child_; _exit(0))
bool beside(int ms);

/* A signal interrupts the test @ms later; its handler does nothing. */
void interrupt_after(int ms);

/*
 * The milliseconds since @since_us, a value of now_us(), must be about @ms; where
 * the clock is a real one, at least that: others may have had the CPUs.
 */
#define ensure_took(since_us_, ms_) \
	ensure_in((now_us() - (since_us_)) / 1000, (ms_) - 5, \
		  clock_is_virtual() ? (ms_) + (ms_) / 4 + 200 : INT64_MAX)
bool clock_is_virtual(void);	/* so that waiting is free and time repeatable */

int set_int(int fd, int level, int name, int value);	/* setsockopt() */
int get_int(int fd, int level, int name);		/* must succeed */
int error_of(int fd);					/* SO_ERROR */
void set_nonblocking(int fd);
int count_of(int fd, unsigned long request);		/* ioctl() with an int */

/* What poll() says at once, or after up to @ms of waiting. */
int events_of(int fd);
int events_within(int fd, int events, int ms);

/* The pattern: the byte at a position of the stream, and bytes that must be those. */
unsigned char byte_at(size_t position);
void check_pattern(const unsigned char *buf, size_t from, size_t bytes);

/* Pages of their own; with the pattern from position @from on. */
unsigned char *pages(size_t bytes);
unsigned char *patterned(size_t from, size_t bytes);

/* An unlinked file with the pattern. */
int pattern_file(size_t bytes);

/* Reads or sends all of it, in whatever pieces; the bytes are the pattern's. */
void send_pattern(int fd, size_t from, size_t bytes);
void read_pattern(int fd, size_t from, size_t bytes);

/* Fills the socket's buffers until it would block; returns the bytes taken. */
size_t fill(int fd);

/* Reads and checks the pattern until the end; returns the bytes. */
size_t drain_pattern(int fd, size_t from);

/* Beside the test, reads that many bytes of the pattern and then the end. */
void reader_beside(struct pair *p, size_t bytes);
void expect_reader_happy(void);

/* The machine's free memory. */
long free_kb(void);

#endif /* PAIR_H */
