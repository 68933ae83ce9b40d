// SPDX-License-Identifier: GPL-2.0
/*
 * machine.c - limits and sums that belong to the machine; see machine.h
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <linux/close_range.h>

#include "pair.h"
#include "machine.h"

static void enter_first_namespace(void)
{
	int fd = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		_exit(1);
	close(fd);
}

/*
 * The keeper: a process that sets the value, says so, and puts the old one back
 * when its parent, the test, has ended. Its lock makes the next test's keeper
 * wait for that.
 */
static void keep(const char *path, const char *value, int ready)
{
	char old[128];
	sigset_t end;
	ssize_t n;
	int fd, sig;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* The test's sockets are not to be kept open here */
	dup2(ready, STDIN_FILENO);
	ready = STDIN_FILENO;
	close_range(STDERR_FILENO + 1, ~0u, 0);
	enter_first_namespace();
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX))
		_exit(1);
	n = pread(fd, old, sizeof(old), 0);
	if (n <= 0 || pwrite(fd, value, strlen(value), 0) < 0 || write(ready, "y", 1) != 1)
		_exit(1);
	sigwait(&end, &sig);
	_exit(pwrite(fd, old, n, 0) != n);
}

void machine_set_str(const char *name, const char *value)
{
	char path[256];
	int ready[2];
	pid_t pid;

	note("%s = %s, for the machine", name, value);
	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	ensure_ok(pipe2(ready, O_CLOEXEC));
	fflush(stdout);
	pid = fork();
	ensure_ok(pid);
	if (!pid) {
		close(ready[0]);
		keep(path, value, ready[1]);
	}
	close(ready[1]);
	ensure(read(ready[0], (char[1]){}, 1) == 1, "%s cannot be set to %s", path, value);
	close(ready[0]);
}

void machine_set(const char *name, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	machine_set_str(name, text);
}

struct sockstat sockstat(void)
{
	struct sockstat s = {};
	char line[256];
	FILE *f = fopen("/proc/thread-self/net/sockstat", "r");
	bool found = false;

	ensure(f, "/proc/net/sockstat: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "TCP: inuse %ld orphan %ld tw %ld alloc %ld mem %ld",
			       &s.inuse, &s.orphan, &s.tw, &s.alloc, &s.mem) == 5;
	fclose(f);
	ensure(found, "/proc/net/sockstat has no line about TCP");
	return s;
}

long mem_slack(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) * (1 << 20) / sysconf(_SC_PAGESIZE);
}

long mem_at_rest(void)
{
	enum { STEP_MS = 500, LIMIT_MS = 20000 };
	long mem = sockstat().mem, earlier;
	int ms = 0;

	do {
		earlier = mem;
		pass_ms(STEP_MS);
		mem = sockstat().mem;
	} while (mem != earlier && (ms += STEP_MS) < LIMIT_MS);
	return mem;
}

void expect_mem_back(long pages, int ms)
{
	int64_t end = now_us() + ms * 1000ll;

	while (labs(sockstat().mem - pages) > mem_slack() && now_us() < end)
		pass_ms(100);
	ensure_in(sockstat().mem, pages - mem_slack(), pages + mem_slack());
}
