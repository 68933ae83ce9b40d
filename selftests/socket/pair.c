// SPDX-License-Identifier: GPL-2.0
/*
 * pair.c - both ends of a connection; see pair.h
 */
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "pair.h"

int protocol(void)
{
	const char *p = getenv("LTCP_PROTO");

	return p ? atoi(p) : IPPROTO_LTCP;
}

int socket_of(int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	ensure(fd >= 0, "socket(AF_INET, SOCK_STREAM, %d): %s", protocol, strerror(errno));
	return fd;
}

int new_socket(void)
{
	return socket_of(protocol());
}

struct sockaddr_in at_port(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

int try_bind(int fd, struct sockaddr_in at)
{
	return bind(fd, (struct sockaddr *)&at, sizeof(at));
}

int try_connect(int fd, struct sockaddr_in to)
{
	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

struct sockaddr_in bound_to(int fd)
{
	struct sockaddr_in where;
	socklen_t len = sizeof(where);

	ensure_ok(getsockname(fd, (struct sockaddr *)&where, &len));
	return where;
}

int listen_on(int fd, struct sockaddr_in *where)
{
	ensure_ok(try_bind(fd, at_port(0)));
	ensure_ok(listen(fd, 16));
	*where = bound_to(fd);
	return fd;
}

int listen_at(struct sockaddr_in *where)
{
	return listen_on(new_socket(), where);
}

static struct pair connect_pair(int listener, int client)
{
	struct sockaddr_in where;
	struct pair p = { .listener = listener, .client = client };

	listen_on(p.listener, &where);
	ensure_ok(try_connect(p.client, where));
	ensure_ok(p.server = accept(p.listener, NULL, NULL));
	return p;
}

struct pair connected(void)
{
	return connect_pair(new_socket(), new_socket());
}

struct pair connected_small(int buffer_bytes)
{
	int fds[] = { new_socket(), new_socket() };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		ensure_ok(set_int(fds[i], SOL_SOCKET, SO_SNDBUF, buffer_bytes));
		ensure_ok(set_int(fds[i], SOL_SOCKET, SO_RCVBUF, buffer_bytes));
	}
	return connect_pair(fds[0], fds[1]);
}

/* True in the child, when the time has come. */
bool beside(int ms)
{
	pid_t pid;

	fflush(stdout);
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	ensure(pid >= 0, "clone: %s", strerror(errno));
	if (pid)
		return false;
	pass_ms(ms);
	return true;
}

static void do_nothing(int sig)
{
	(void)sig;
}

void interrupt_after(int ms)
{
	struct sigaction action = { .sa_handler = do_nothing };

	sigaction(SIGUSR1, &action, NULL);
	after(ms) kill(getppid(), SIGUSR1);
}

bool clock_is_virtual(void)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "r");

	if (f && fgets(line, sizeof(line), f))
		fclose(f);
	return strstr(line, "ltcp.mode=warp") || strstr(line, "time-travel");
}

int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

int get_int(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	ensure(!getsockopt(fd, level, name, &value, &len), "getsockopt(%d, %d): %s",
	       level, name, strerror(errno));
	return value;
}

int error_of(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_ERROR);
}

void set_nonblocking(int fd)
{
	ensure_ok(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

int count_of(int fd, unsigned long request)
{
	int n = -1;

	ensure(!ioctl(fd, request, &n), "ioctl %#lx: %s", request, strerror(errno));
	return n;
}

int events_within(int fd, int events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	ensure_ok(poll(&p, 1, ms));
	return p.revents;
}

int events_of(int fd)
{
	return events_within(fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0);
}

unsigned char byte_at(size_t position)
{
	return position ^ position >> 8 ^ position >> 16;
}

void send_pattern(int fd, size_t from, size_t bytes)
{
	unsigned char buf[16384];

	while (bytes) {
		size_t n = bytes < sizeof(buf) ? bytes : sizeof(buf), i;
		ssize_t sent;

		for (i = 0; i < n; i++)
			buf[i] = byte_at(from + i);
		sent = send(fd, buf, n, MSG_NOSIGNAL);
		ensure(sent > 0, "send: %s", strerror(errno));
		from += sent;
		bytes -= sent;
	}
}

void check_pattern(const unsigned char *buf, size_t from, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		ensure(buf[i] == byte_at(from + i), "byte %zu is wrong", from + i);
}

unsigned char *pages(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	ensure(at != MAP_FAILED, "mmap: %s", strerror(errno));
	return at;
}

unsigned char *patterned(size_t from, size_t bytes)
{
	unsigned char *at = pages(bytes);
	size_t i;

	for (i = 0; i < bytes; i++)
		at[i] = byte_at(from + i);
	return at;
}

int pattern_file(size_t bytes)
{
	char name[] = "/tmp/pattern-XXXXXX";
	int fd = mkstemp(name);
	size_t i;

	ensure_ok(fd);
	unlink(name);
	for (i = 0; i < bytes; i++) {
		unsigned char byte = i ^ i >> 8 ^ i >> 16;
		static unsigned char block[4096];

		block[i % sizeof(block)] = byte;
		if (i % sizeof(block) == sizeof(block) - 1 || i == bytes - 1)
			ensure_ok(write(fd, block, i % sizeof(block) + 1));
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

void read_pattern(int fd, size_t from, size_t bytes)
{
	unsigned char buf[16384];

	while (bytes) {
		ssize_t n = recv(fd, buf, bytes < sizeof(buf) ? bytes : sizeof(buf), 0);

		ensure(n >= 0, "recv: %s", strerror(errno));
		ensure(n > 0, "the end came %zu bytes early", bytes);
		check_pattern(buf, from, n);
		from += n;
		bytes -= n;
	}
}

size_t drain_pattern(int fd, size_t from)
{
	unsigned char buf[16384];
	size_t start = from;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		check_pattern(buf, from, n);
		from += n;
	}
	ensure(!n, "recv: %s", strerror(errno));
	return from - start;
}

size_t fill(int fd)
{
	unsigned char buf[4096];
	size_t total = 0, i;
	int quiet = 0;
	ssize_t n;

	/* The window opens a little more whenever the peer has queued some. */
	while (quiet < 5) {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = byte_at(total + i);
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			total += n;
			quiet = 0;
			continue;
		}
		ensure(errno == EAGAIN, "send: %s", strerror(errno));
		quiet++;
		pass_ms(50);
	}
	return total;
}

void reader_beside(struct pair *p, size_t bytes)
{
	after(0) {
		read_pattern(p->server, 0, bytes);
		ensure_eq(recv(p->server, (char[1]){}, 1, 0), 0);
	}
}

void expect_reader_happy(void)
{
	int status;

	ensure_ok(wait(&status));
	ensure(WIFEXITED(status) && !WEXITSTATUS(status), "what ran beside the test failed");
}

long free_kb(void)
{
	return listed("/proc/meminfo", "MemFree:");
}
