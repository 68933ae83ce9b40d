// SPDX-License-Identifier: GPL-2.0
/*
 * segments.c - a segment fuzzer for the stack's connections; fuzz.h explains
 *
 * Usage: [FUZZ_SEGMENTS=N] segments [--seed N] [--rounds N] [--segments N] [--verbose]
 *
 * Round i is a process in a namespace of its own, whose every decision follows
 * from seed N + i; "--seed N+i --rounds 1" plays it again. In warp mode, and in
 * User Mode Linux with virtual time, waiting costs nothing, so all timers get
 * their turn, and at a round's end the far ends fall silent: every connection
 * must end by its own timers. Elsewhere they answer by RST.
 *
 * Prints KTAP, a line a round.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../socket/pair.h"
#include "../stress/slabs.h"
#include "fuzz.h"
#include "kselftest.h"

enum { LOG_LINES = 20000, LOG_WIDTH = 200, LOG_PRINTED = 60 };

static struct { const struct slot *about; char text[LOG_WIDTH]; } log_lines[LOG_LINES];
static unsigned int log_count;
static bool verbose;
struct random rng;

/* --------------------------------------------------------------------- log */

void event(const struct slot *s, const char *fmt, ...)
{
	char *line = log_lines[log_count % LOG_LINES].text;
	static int64_t us;
	va_list args;
	int n;

	if (!(log_count % 16))	/* asking costs more than all the rest here */
		us = now_us();
	log_lines[log_count++ % LOG_LINES].about = s;
	n = snprintf(line, LOG_WIDTH, "%10.6f ", us / 1e6);
	if (s)
		n += snprintf(line + n, LOG_WIDTH - n, "%2d/%-4d %5d ", (int)(s - slots), s->life,
			      s->wire.peer_port);
	va_start(args, fmt);
	vsnprintf(line + n, LOG_WIDTH - n, fmt, args);
	va_end(args);
	if (verbose)
		printf("%s\n", line);
}

/* The last lines about this connection. */
static void print_log(const struct slot *s)
{
	unsigned int i = log_count, n = 0;

	while (i && log_count - i < LOG_LINES && n < LOG_PRINTED)
		n += log_lines[--i % LOG_LINES].about == s;
	for (; i < log_count; i++)
		if (log_lines[i % LOG_LINES].about == s)
			printf("%s\n", log_lines[i % LOG_LINES].text);
}

void violated(const struct slot *s, const char *fmt, ...)
{
	va_list args;

	if (!verbose)
		print_log(s);
	printf("connection %d/%d, port %d: ", s ? (int)(s - slots) : -1, s ? s->life : 0,
	       s ? s->wire.peer_port : 0);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(KSFT_FAIL);
}

/* ------------------------------------------------------------------- rounds */

static void let_time_pass(bool free)
{
	int ms = one_in(30) ? pick(10, 50, 100, 200, 300, 1000) : 1 + rnd(4);

	if (free && one_in(40))
		ms = pick(1000, 3000, 10000, 70000);
	else if (!free && ms > 50)
		ms = 50;
	event(NULL, "%d ms pass", ms);
	pass_ms(ms);
	peer_hear_all();
}

/* What is left goes by its own timers, or is told that nobody is there. */
static void settle(struct slabs before, bool free)
{
	int i;

	apps_end();
	sysctl_try("net/ipv4/tcp_orphan_retries", 3);
	if (!free)
		peer_refuse();
	for (i = 0; i < 300; i++) {
		pass_ms(free ? 5000 : 10);
		peer_hear_all();
		if (!free)
			sysctl_try("net/ltcp/purge_tw", 1);
	}
	expect_slabs_back(before, 60000);
}

static void play(uint64_t seed, unsigned long segments)
{
	struct slabs before = slabs_in_use();
	bool free = clock_is_virtual();

	random_begin(&rng, seed);
	apps_begin();
	while (tally.injected < segments) {
		uint32_t what = rnd(1000);

		if (what < 2)
			apps_settings();
		else if (what < 40)
			let_time_pass(free);
		else if (what < 300)
			apps_act();
		else
			peer_act();
	}
	settle(before, free);
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* One round in a process of its own; true when it went well. */
static bool run_round(uint64_t seed, unsigned long segments, struct tally *sum)
{
	int status, results[2];
	struct tally got = {};
	pid_t pid;

	fflush(stdout);
	ensure(!pipe(results), "pipe: %s", strerror(errno));
	pid = fork();
	ensure(pid >= 0, "fork(): %s", strerror(errno));
	if (!pid) {
		script_begin(1000000);
		play(seed, segments);
		ensure(write(results[1], &tally, sizeof(tally)) == sizeof(tally), "pipe");
		exit(KSFT_PASS);
	}
	close(results[1]);
	waitpid(pid, &status, 0);
	if (read(results[0], &got, sizeof(got)) == sizeof(got)) {
		sum->injected += got.injected;
		sum->heard += got.heard;
		ksft_print_msg("%lu segments in, %lu out, %lu calls, %lu connections begun, "
			       "%lu accepted, %lu KB read, %lu KB written\n", got.injected, got.heard,
			       got.calls, got.lives, got.accepted, got.read / 1024,
			       got.written / 1024);
	}
	close(results[0]);
	if (WIFSIGNALED(status))
		ksft_print_msg("killed by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == KSFT_PASS && got.heard;
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (*end || !*text) {
		fprintf(stderr, "segments: '%s' is no number\n", text);
		exit(KSFT_FAIL);
	}
	return n;
}

int main(int argc, char **argv)
{
	static const struct option words[] = {
		{ "seed", 1, NULL, 's' }, { "rounds", 1, NULL, 'r' }, { "segments", 1, NULL, 'n' },
		{ "verbose", 0, NULL, 'v' }, {},
	};
	const char *fewer = getenv("FUZZ_SEGMENTS");
	unsigned long seed = 1, rounds = 4, segments = fewer ? number(fewer) : 25000, i;
	struct tally sum = {};
	double start;
	int opt;

	while ((opt = getopt_long(argc, argv, "", words, NULL)) != -1) {
		switch (opt) {
		case 's':
			seed = number(optarg);
			break;
		case 'r':
			rounds = number(optarg);
			break;
		case 'n':
			segments = number(optarg);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return KSFT_FAIL;
		}
	}
	ksft_print_header();
	ksft_set_plan(rounds);
	net_load_tun();
	start = seconds_now();
	for (i = 0; i < rounds; i++)
		ksft_test_result(run_round(seed + i, segments, &sum),
				 "segments.seed_%lu\n", seed + i);
	ksft_print_msg("%lu segments, %.0f in a second of this machine's time\n", sum.injected,
		       sum.injected / (seconds_now() - start));
	ksft_finished();
}
