// SPDX-License-Identifier: GPL-2.0
/*
 * runner.c - runs the tests of a program and reports in KTAP
 *
 * kselftest_harness.h prints the names of functions only and runs one test
 * after the other. Here the result line also carries the requirements a test
 * proves, from which the matrix is made, and tests may run side by side, which
 * shortens what waits for timers:
 *
 *	ok 3 open.active__syn_options [W4 W6 MUST-5]
 *
 * So this is a small runner on kselftest.h. Each test is a child process, its
 * output kept in a memory file and printed, as diagnostics, before its result.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kselftest.h"
#include "wire.h"

extern const struct wire_test *const __start_wire_tests[];
extern const struct wire_test *const __stop_wire_tests[];

enum { MAX_TESTS = 1024 };

static struct job {
	const struct wire_test *test;
	pid_t pid;
	int output, status;
	bool done;
} jobs[MAX_TESTS];
static int job_count;

static void start(struct job *job)
{
	fflush(stdout);
	job->output = memfd_create("output", MFD_CLOEXEC);
	job->pid = fork();
	if (job->pid < 0)
		ksft_exit_fail_msg("fork(): %s\n", strerror(errno));
	if (job->pid)
		return;
	dup2(job->output, STDOUT_FILENO);
	dup2(job->output, STDERR_FILENO);
	setvbuf(stdout, NULL, _IOFBF, 0);
	script_begin(job->test->seconds);
	job->test->run();
	script_end();
	_exit(KSFT_PASS);
}

/* Prints what the test said, one diagnostic a line; returns the last line. */
static const char *print_output(const struct job *job)
{
	static char line[1024];
	FILE *f = fdopen(job->output, "r");

	rewind(f);
	line[0] = '\0';
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		ksft_print_msg("%s\n", line);
	}
	fclose(f);
	return line;
}

static void report(const struct job *job)
{
	const char *last = print_output(job);
	int code = WIFEXITED(job->status) ? WEXITSTATUS(job->status) : KSFT_FAIL;
	char name[512];

	if (WIFSIGNALED(job->status))
		ksft_print_msg("killed by signal %d\n", WTERMSIG(job->status));
	snprintf(name, sizeof(name), "%s.%s [%s]", job->test->theme, job->test->name,
		 job->test->ids);
	ksft_test_result_code(code, name, code == KSFT_SKIP ? "%s" : NULL, last);
}

static void wait_for_one(void)
{
	int status, i;
	pid_t pid = wait(&status);

	for (i = 0; i < job_count; i++)
		if (pid > 0 && jobs[i].pid == pid) {
			jobs[i].done = true;
			jobs[i].status = status;
		}
}

/* Runs the jobs, @width at a time, and reports them in their order. */
static void run_jobs(int width)
{
	int started = 0, reported = 0, running, i;

	while (reported < job_count) {
		for (running = 0, i = 0; i < started; i++)
			running += !jobs[i].done;
		while (started < job_count && running < width) {
			start(&jobs[started++]);
			running++;
		}
		wait_for_one();
		while (reported < started && jobs[reported].done)
			report(&jobs[reported++]);
	}
}

/* Whether the command line asks for this test: by a part of its name. */
static bool wanted(const struct wire_test *t, char **names)
{
	char full[256];

	snprintf(full, sizeof(full), "%s.%s", t->theme, t->name);
	if (!*names)
		return true;
	for (; *names; names++)
		if (strstr(full, *names))
			return true;
	return false;
}

/* The linker need not keep the order of the file. */
static int by_line(const void *a, const void *b)
{
	return ((const struct job *)a)->test->line - ((const struct job *)b)->test->line;
}

static void list(void)
{
	int i;

	for (i = 0; i < job_count; i++)
		printf("%s.%s [%s]\n", jobs[i].test->theme, jobs[i].test->name,
		       jobs[i].test->ids);
}

static void usage(const char *self)
{
	fprintf(stderr,
		"usage: %s [-l] [-v] [-j N] [-s SECONDS] [PART-OF-NAME...]\n"
		"  -l  list the tests\n"
		"  -v  print the ladder of tests that pass, too\n"
		"  -j  run N tests at a time (default: WIRE_JOBS, else 1)\n"
		"  -s  leave out tests that may take longer, for clocks that are real\n",
		self);
	exit(KSFT_FAIL);
}

int main(int argc, char **argv)
{
	const char *env = getenv("WIRE_JOBS");
	int width = env ? atoi(env) : 1, limit = 1 << 30, opt;
	const struct wire_test *const *t;
	bool list_only = false;

	while ((opt = getopt(argc, argv, "lvj:s:")) != -1) {
		switch (opt) {
		case 'l':
			list_only = true;
			break;
		case 'v':
			setenv("WIRE_VERBOSE", "1", 1);
			break;
		case 'j':
			width = atoi(optarg);
			break;
		case 's':
			limit = atoi(optarg);
			break;
		default:
			usage(argv[0]);
		}
	}
	for (t = __start_wire_tests; t < __stop_wire_tests; t++)
		if (wanted(*t, argv + optind) && (*t)->seconds <= limit)
			jobs[job_count++].test = *t;
	qsort(jobs, job_count, sizeof(jobs[0]), by_line);
	if (list_only) {
		list();
		return KSFT_PASS;
	}
	ksft_print_header();
	ksft_set_plan(job_count);
	net_load_tun();
	run_jobs(width < 1 ? 1 : width);
	ksft_finished();
}
