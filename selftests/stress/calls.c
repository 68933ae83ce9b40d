// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - a fuzzer of the system calls, from several threads at once
 *
 * Usage: [CALLS=N] calls [--seed N] [--rounds N] [--calls N] [--no-faults]
 *
 * The threads of a process share a table of descriptors: sockets of the stack
 * under test that connect to each other over loopback, listeners, what accept()
 * returned, duplicates, pipes. Each thread draws an entry and a call and lets go,
 * with arguments that are mostly plausible and sometimes absurd, while others do
 * the same to the same socket; now and then the whole process forks, and the
 * child ends with everything open. Where the kernel can fail on demand
 * (/proc/self/fail-nth), the n-th allocation of a call, or copy from or to the
 * program, fails.
 *
 * What is wrong shows as a complaint of the kernel, a thread that does not come
 * back, or an object that stays in a slab. Threads draw from seeds of their own,
 * but how they interleave is chance: a failing seed is a hint, not a replay.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../socket/pair.h"
#include "slabs.h"
#include "kselftest.h"
#include "../fuzz/random.h"

enum { THREADS = 6, FDS = 24, PORTS = 6, FIRST_PORT = 9000, BUFFER = 1 << 16, ROUND_LIMIT = 400 };

static int fds[FDS];		/* drawn from and replaced by all threads, without a lock */
static int protocol_number;
static unsigned long calls_each;
static bool faults = true;
static __thread struct random rng;
static __thread uint8_t *buffer;
static __thread int fail_nth = -1;

#define rnd(n_)		random_below(&rng, (n_))
#define one_in(n_)	(!rnd(n_))
#define pick(...) \
	((const int64_t[]){ __VA_ARGS__ }[rnd(sizeof((const int64_t[]){ __VA_ARGS__ }) / 8)])

static int some_fd(void)
{
	return fds[rnd(FDS)];
}

/* Puts @fd into the table and closes what was there. */
static void keep(int fd)
{
	if (fd >= 0)
		close(__atomic_exchange_n(&fds[rnd(FDS)], fd, __ATOMIC_SEQ_CST));
}

static size_t some_size(void)
{
	return pick(0, 1, 2, 100, 1460, 4096, rnd(BUFFER), BUFFER);
}

/* A pointer that is good, or fails at once, or in the middle. */
static void *some_pointer(void)
{
	return one_in(30) ? (void *)pick(0, 1, -4096, 0x1000) : buffer;
}

static struct sockaddr_in some_address(void)
{
	struct sockaddr_in a = {
		.sin_family = one_in(20) ? pick(AF_UNSPEC, AF_INET6, AF_UNIX, 77) : AF_INET,
		.sin_port = htons(one_in(20) ? rnd(65536) : FIRST_PORT + rnd(PORTS)),
		.sin_addr.s_addr = htonl(one_in(20) ? pick(INADDR_ANY, INADDR_BROADCAST, 0xe0000001,
							    0xc0000202, 0x7f000002, 0) :
					 INADDR_LOOPBACK),
	};

	return a;
}

static socklen_t address_size(void)
{
	return one_in(20) ? pick(0, 1, 2, 15, 17, 128, -1) : (int64_t)sizeof(struct sockaddr_in);
}

static int some_send_flags(void)
{
	return MSG_NOSIGNAL | (one_in(3) ? rnd(1u << 31) : pick(0, 0, MSG_MORE, MSG_OOB,
		MSG_DONTWAIT, MSG_ZEROCOPY, MSG_EOR, MSG_FASTOPEN, MSG_CONFIRM));
}

static int some_recv_flags(void)
{
	return one_in(4) ? rnd(1u << 31) : pick(0, 0, MSG_PEEK, MSG_DONTWAIT, MSG_TRUNC, MSG_OOB,
		MSG_WAITALL | MSG_DONTWAIT, MSG_ERRQUEUE | MSG_DONTWAIT, MSG_PEEK | MSG_TRUNC);
}

/* -------------------------------------------------------------------- calls */

static atomic_bool had_sockets;

static void do_socket(void)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | (one_in(4) ? 0 : SOCK_NONBLOCK);
	struct timeval brief = { .tv_usec = 1000 * (1 + rnd(20)) };
	int on = 1, fd = socket(AF_INET, type, protocol_number);

	if (fd < 0)
		return;
	atomic_store(&had_sockets, true);
	/* What blocks does so for a moment; without that, because a copy failed, for ever. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof(brief)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief))) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, one_in(2) ? SO_REUSEADDR : SO_REUSEPORT, &on, sizeof(on));
	keep(fd);
}

static void do_bind(void)
{
	struct sockaddr_in a = some_address();

	bind(some_fd(), (void *)&a, address_size());
}

static void do_listen(void)
{
	struct sockaddr_in a = some_address();
	int fd = some_fd();

	bind(fd, (void *)&a, sizeof(a));
	listen(fd, pick(0, 1, 5, 128, -1, 1 << 30));
}

static void do_connect(void)
{
	struct sockaddr_in a = some_address();

	connect(some_fd(), (void *)&a, address_size());
}

static void do_disconnect(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	connect(some_fd(), &none, sizeof(none));
}

static void do_accept(void)
{
	struct sockaddr_in a;
	socklen_t len = address_size();
	int flags = SOCK_NONBLOCK | (one_in(20) ? (int)rnd(1u << 31) : SOCK_CLOEXEC);

	keep(accept4(some_fd(), one_in(2) ? (void *)&a : NULL, &len, flags));
}

static void do_send(void)
{
	send(some_fd(), some_pointer(), some_size(), some_send_flags());
}

static void do_recv(void)
{
	recv(some_fd(), some_pointer(), some_size(), some_recv_flags());
}

static void do_sendmsg(void)
{
	uint8_t control[64];
	struct sockaddr_in a = some_address();
	struct iovec v[4];
	struct msghdr m = { .msg_iov = v, .msg_iovlen = rnd(5) };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = (struct iovec){ some_pointer(), some_size() };
	for (i = 0; i < sizeof(control); i++)
		control[i] = one_in(3) ? rnd(256) : 0;
	if (one_in(3)) {
		m.msg_control = control;
		m.msg_controllen = rnd(sizeof(control));
	}
	if (one_in(4)) {
		m.msg_name = &a;
		m.msg_namelen = sizeof(a);
	}
	sendmsg(some_fd(), &m, some_send_flags());
}

static void do_recvmsg(void)
{
	uint8_t control[256];
	struct sockaddr_in a;
	struct iovec v[3];
	struct msghdr m = {
		.msg_iov = v, .msg_iovlen = rnd(4), .msg_name = &a, .msg_namelen = sizeof(a),
		.msg_control = control, .msg_controllen = rnd(sizeof(control)),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = (struct iovec){ some_pointer(), some_size() };
	recvmsg(some_fd(), &m, some_recv_flags());
}

static void do_splice(void)
{
	int p[2], fd = some_fd(), other = some_fd();

	if (pipe2(p, O_NONBLOCK | O_CLOEXEC))
		return;
	splice(fd, NULL, p[1], NULL, some_size(), SPLICE_F_NONBLOCK | rnd(16));
	if (one_in(2))
		write(p[1], buffer, 1 + rnd(4000));
	splice(p[0], NULL, other, NULL, some_size(), SPLICE_F_NONBLOCK | rnd(16));
	close(p[0]);
	close(p[1]);
}

static void do_sendfile(void)
{
	static int file;
	off_t at = rnd(1000);

	if (!file)
		file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	sendfile(some_fd(), file, &at, some_size());
}

static int some_level(void)
{
	return one_in(20) ? (int)rnd(300) : pick(SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_TCP);
}

/* Seconds of lingering would only make the fuzzer wait, and others' sockets too. */
static bool waits_for_long(int level, int name)
{
	return level == SOL_SOCKET && (name == SO_LINGER || name == SO_RCVTIMEO ||
				       name == SO_SNDTIMEO || name == 66 || name == 67);
}

static void do_setsockopt(void)
{
	static const char *const names[] = { "reno", "cubic", "bbr", "tahoe", "tls", "", "x" };
	int level = some_level(), name = rnd(one_in(10) ? 1000 : 80);
	int64_t value = one_in(3) ? (int64_t)random_next(&rng) : pick(0, 1, 1, 2, 100, 5000, 1 << 20, -1);

	if (waits_for_long(level, name))
		return;
	if (one_in(10)) {
		const char *word = names[rnd(ARRAY_SIZE(names))];

		setsockopt(some_fd(), IPPROTO_TCP, one_in(4) ? TCP_ULP : TCP_CONGESTION, word,
			   strlen(word));
		return;
	}
	memcpy(buffer, &value, sizeof(value));
	setsockopt(some_fd(), level, name, some_pointer(),
		   one_in(5) ? pick(0, 1, 3, 8, 16, 100, 1000, -1) : 4);
}

static void do_linger(void)
{
	struct linger l = { one_in(2), 0 };

	setsockopt(some_fd(), SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static void do_getsockopt(void)
{
	socklen_t len = one_in(3) ? pick(0, 1, 4, 8, 16, 100, 1000, -1) : 300;

	getsockopt(some_fd(), some_level(), rnd(one_in(10) ? 1000 : 80), some_pointer(), &len);
}

static void do_ioctl(void)
{
	ioctl(some_fd(), pick(SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, FIONBIO, FIOASYNC,
			      SIOCGSTAMP_OLD, SIOCSPGRP, SIOCGPGRP, 0x8900 + rnd(256)),
	      some_pointer());
}

static void do_poll(void)
{
	struct pollfd p[3];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = (struct pollfd){ .fd = some_fd(), .events = rnd(65536) };
	poll(p, ARRAY_SIZE(p), rnd(5));
}

static void do_shutdown(void)
{
	shutdown(some_fd(), one_in(20) ? (int)rnd(100) : (int)rnd(3));
}

static void do_close(void)
{
	close(__atomic_exchange_n(&fds[rnd(FDS)], -1, __ATOMIC_SEQ_CST));
}

static void do_dup(void)
{
	keep(fcntl(some_fd(), F_DUPFD_CLOEXEC, 3));
}

static void do_names(void)
{
	struct sockaddr_in a;
	socklen_t len = address_size();

	if (one_in(2))
		getsockname(some_fd(), (void *)&a, &len);
	else
		getpeername(some_fd(), some_pointer(), &len);
}

static void do_mmap(void)
{
	void *at = mmap(NULL, 65536, PROT_READ, MAP_SHARED, some_fd(), 0);

	if (at != MAP_FAILED)
		munmap(at, 65536);
}

/* The child ends at once, and its descriptors with it. */
static void do_fork(void)
{
	pid_t pid;

	if (!one_in(50))
		return;
	pid = fork();
	if (!pid) {
		send(some_fd(), buffer, 100, MSG_DONTWAIT | MSG_NOSIGNAL);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

typedef void (*action)(void);

/* As often as it stands here. */
static const action actions[] = {
	do_socket, do_socket, do_socket, do_bind, do_listen, do_listen, do_connect, do_connect,
	do_connect, do_connect, do_disconnect, do_accept, do_accept, do_accept, do_send, do_send,
	do_send, do_send, do_recv, do_recv, do_recv, do_recv, do_sendmsg, do_sendmsg, do_recvmsg,
	do_recvmsg, do_splice, do_splice, do_sendfile, do_setsockopt, do_setsockopt,
	do_setsockopt, do_setsockopt, do_linger, do_getsockopt, do_getsockopt, do_ioctl, do_poll,
	do_shutdown, do_close, do_close, do_dup, do_names, do_mmap, do_fork,
};

/* ------------------------------------------------------------------- faults */

/* The next call's n-th allocation shall fail; 0: none. */
static void arm(int n)
{
	char text[12];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (fail_nth >= 0 && pwrite(fail_nth, text, len, 0) != len && n)
		fail_nth = -1;
}

static void open_faults(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", (int)syscall(SYS_gettid));
	fail_nth = faults ? open(path, O_RDWR | O_CLOEXEC) : -1;
}

/*
 * Allocations that could wait for memory fail, too, and those of single pages. A
 * stack trace for each would take longer than everything else.
 */
static void set_up_faults(void)
{
	static const char *const settings[][2] = {
		{ "failslab/verbose", "0" }, { "failslab/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/verbose", "0" }, { "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" }, { "fail_usercopy/verbose", "0" },
	};
	char path[64];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		fd = open(path, O_WRONLY);
		if (fd < 0)
			continue;
		if (write(fd, settings[i][1], 1) != 1)
			ksft_print_msg("%s: %s\n", path, strerror(errno));
		close(fd);
	}
}

/*
 * The kernel kills a thread when it cannot write to its area of restartable sequences
 * (rseq(2)), and that copy may be the one that fails: without them, then.
 */
static void without_rseq(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
	execv("/proc/self/exe", argv);
}

/* ------------------------------------------------------------------- rounds */

static void *work(void *seed)
{
	unsigned long i;

	random_begin(&rng, (uintptr_t)seed);
	buffer = calloc(1, BUFFER);
	open_faults();
	for (i = 0; i < calls_each; i++) {
		bool fail = one_in(4);

		if (fail)
			arm(1 + rnd(one_in(4) ? 60 : 8));
		actions[rnd(ARRAY_SIZE(actions))]();
		if (fail)
			arm(0);
	}
	if (fail_nth >= 0)
		close(fail_nth);
	free(buffer);
	return NULL;
}

static void play(uint64_t seed)
{
	struct slabs before = slabs_in_use();
	pthread_t threads[THREADS];
	uintptr_t i;

	sysctl_try("net/ltcp/msl_ms", 50);
	sysctl_try("net/ipv4/tcp_orphan_retries", 2);
	sysctl_try("net/ipv4/tcp_syn_retries", 1);
	for (i = 0; i < FDS; i++)
		fds[i] = -1;
	for (i = 0; i < THREADS; i++)
		ensure(!pthread_create(&threads[i], NULL, work,
				       (void *)(uintptr_t)(seed * THREADS + i)), "pthread_create()");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	close_range(3, ~0u, 0);
	ensure(had_sockets, "there was no socket at all");
	expect_slabs_back(before, 120000);
}

static bool run_round(uint64_t seed)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	ensure(pid >= 0, "fork(): %s", strerror(errno));
	if (!pid) {
		script_begin(ROUND_LIMIT);
		signal(SIGIO, SIG_IGN);
		signal(SIGURG, SIG_IGN);
		play(seed);
		_exit(KSFT_PASS);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		ksft_print_msg("killed by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == KSFT_PASS;
}

int main(int argc, char **argv)
{
	static const struct option words[] = {
		{ "seed", 1, NULL, 's' }, { "rounds", 1, NULL, 'r' }, { "calls", 1, NULL, 'n' },
		{ "no-faults", 0, NULL, 'q' }, {},
	};
	const char *fewer = getenv("CALLS");
	unsigned long seed = 1, rounds = 3, i;
	int opt;

	without_rseq(argv);
	calls_each = fewer ? strtoul(fewer, NULL, 0) / THREADS : 4000;
	protocol_number = protocol();
	while ((opt = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (opt == 's')
			seed = strtoul(optarg, NULL, 0);
		else if (opt == 'r')
			rounds = strtoul(optarg, NULL, 0);
		else if (opt == 'n')
			calls_each = strtoul(optarg, NULL, 0) / THREADS;
		else if (opt == 'q')
			faults = false;
		else
			return KSFT_FAIL;
	}
	ksft_print_header();
	ksft_set_plan(rounds);
	net_load_tun();
	set_up_faults();
	for (i = 0; i < rounds; i++)
		ksft_test_result(run_round(seed + i), "calls.seed_%lu\n", seed + i);
	ksft_finished();
}
