/* SPDX-License-Identifier: GPL-2.0 */
/*
 * differ.h - the same script on the built-in TCP and on ltcp
 *
 * A script makes system calls and records what each of them gave. It is played
 * twice, first on sockets of the built-in TCP, then on ltcp's, each time by a
 * process and in a network namespace of its own, and the two records are
 * compared line by line. So a script needs no expectations:
 *
 *	DIFFER(shutdown__twice, "A3 S2")
 *	{
 *		struct pair p = connected();
 *
 *		R(shutdown(p.client, SHUT_WR));
 *		R(shutdown(p.client, SHUT_WR));
 *		R(send(p.client, "x", 1, MSG_NOSIGNAL));
 *	}
 *
 * Where the two are meant to differ, differ_expected.c has a row with what each
 * of them says and the reason. A difference without its row fails the test, and
 * so does a row without its difference.
 *
 * Descriptors, signals and the first ephemeral ports are the same in both plays;
 * ports, sequence numbers and times must not be recorded as they are.
 * With LTCP_PROTO=0 the built-in plays both parts, which shows that a script is
 * deterministic.
 */
#ifndef DIFFER_H
#define DIFFER_H

#include <sys/epoll.h>
#include <sys/uio.h>

#include "pair.h"

#define DIFFER_LONG(name_, seconds_, ids_)				\
	static void script_##name_(void);				\
	WIRE_TEST_LONG(differ, name_, seconds_, ids_)			\
	{								\
		differ_play(#name_, (seconds_), script_##name_);	\
	}								\
	static void script_##name_(void)

/* A script of up to a minute on each side: DIFFER(what__case, "ID ID ...") { } */
#define DIFFER(name_, ids_)	DIFFER_LONG(name_, 60, ids_)

void differ_play(const char *name, int seconds, void (*script)(void));

/* What the following lines of the record are about, as for printf(). */
void __attribute__((format(printf, 1, 2))) about(const char *fmt, ...);

/* One line of the record: what was asked, and what came. */
void __attribute__((format(printf, 2, 3))) record(const char *what, const char *fmt, ...);

/* Records a call, its value, and errno's name when it is negative. */
long record_result(const char *what, long value);
#define R(call_) ({ errno = 0; record_result(#call_, (call_)); })

/* Records a number under the text of its expression. */
#define N(value_) record(#value_, "%lld", (long long)(value_))

/* Records the value of an option that is an int. */
#define G(fd_, level_, name_) record_option("get " #name_, (fd_), (level_), (name_))
void record_option(const char *what, int fd, int level, int name);

/* Records what poll() says at once. */
void record_events(const char *what, int fd);
#define E(fd_) record_events("poll " #fd_, (fd_))

/* Records bytes read, as text. */
#define T(fd_, size_, flags_) \
	record_text("recv(" #fd_ ", " #size_ ", " #flags_ ")", (fd_), (size_), (flags_))
void record_text(const char *what, int fd, size_t size, int flags);

/* Records where a socket is bound or connected to: "any", "loopback", ports as set or not. */
void record_names(int fd);

/* Signals that came since the last call, counted by handlers of signals_count(). */
void signals_count(void);
void signals_record(const char *when);

/* --- a socket in each state that a program can bring it into --- */

struct station {
	const char *name;
	int fd, peer, listener;		/* peer and listener may be -1 */
};

enum {
	FRESH, BOUND, LISTENING, CONNECTING, CONNECTED, HALF_CLOSED, PEER_HALF_CLOSED,
	BOTH_CLOSED, RESET, PEER_GONE, DISCONNECTED, REFUSED, STATIONS
};

/* A socket in the given state. */
struct station station(int number);

/* Closes all descriptors a station has. */
void station_leave(const struct station *s);

/* --- the table of expected differences --- */

struct expected {
	const char *script;	/* pattern of fnmatch(3), as the next three */
	const char *what;
	const char *builtin;	/* what it says; NULL: whatever it says */
	const char *ltcp;	/* likewise */
	int times;		/* lines so in each of the scripts, or MANY: at least one */
	const char *kernel;	/* "6.1", "6.12", "TCP-AO" if it has that, NULL for each */
	const char *reason;
};

enum { MANY = -1 };

extern const struct expected expected[];
extern const int expected_count;

#endif /* DIFFER_H */
