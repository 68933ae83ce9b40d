// SPDX-License-Identifier: GPL-2.0
/*
 * app.c - the application: sockets of the stack under test
 *
 * What the application writes follows the pattern by sequence number, so each
 * descriptor remembers how far its two streams are.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "wire.h"

enum { MAX_FD = 8192, IPPROTO_LTCP = 253 };

static struct stream { int64_t written, read; } streams[MAX_FD];

int listener = -1;

static int protocol(void)
{
	const char *p = getenv("LTCP_PROTO");

	return p ? atoi(p) : IPPROTO_LTCP;
}

bool is_ltcp(void)
{
	return protocol() == IPPROTO_LTCP;
}

static struct sockaddr_in address(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(addr),
	};
}

static void forget_stream(int fd)
{
	ensure(fd < MAX_FD, "descriptor %d is too high", fd);
	streams[fd] = (struct stream){ 1, 1 };
}

int app_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol());

	ensure(fd >= 0, "socket(AF_INET, SOCK_STREAM, %d): %s", protocol(), strerror(errno));
	forget_stream(fd);
	return fd;
}

/* Begins the handshake on a socket that may have been bound and configured. */
void app_connect_fd(int fd)
{
	struct sockaddr_in to = address(c->peer_addr, c->peer_port);

	ladder("    connect()");
	mark_event();
	ensure(connect(fd, (void *)&to, sizeof(to)) < 0 && errno == EINPROGRESS,
	       "connect(): %s", strerror(errno));
}

int app_connect(void)
{
	int fd = app_socket();

	app_connect_fd(fd);
	return fd;
}

void app_listen_fd(int fd, int backlog)
{
	struct sockaddr_in at = address(INADDR_ANY, STACK_PORT);

	app_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	ensure(!bind(fd, (void *)&at, sizeof(at)), "bind(): %s", strerror(errno));
	ensure(!listen(fd, backlog), "listen(): %s", strerror(errno));
	c->stack_port = STACK_PORT;
}

int app_listen(void)
{
	int fd = app_socket();

	app_listen_fd(fd, 128);
	return fd;
}

int wire_accept(const char *file, int line, int fd)
{
	int child = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (child < 0)
		wire_fail(file, line, "accept(): %s", strerror(errno));
	forget_stream(child);
	return child;
}

void wire_write(const char *file, int line, int fd, size_t n, int flags)
{
	uint8_t *buf = malloc(n);
	ssize_t sent;
	size_t i;

	for (i = 0; i < n; i++)
		buf[i] = pattern(streams[fd].written + i, true);
	ladder("    write of %zu bytes", n);
	mark_event();
	sent = send(fd, buf, n, flags);
	if (sent != (ssize_t)n)
		wire_fail(file, line, "send() of %zu bytes: %zd, %s", n, sent, strerror(errno));
	streams[fd].written += n;
	free(buf);
}

/* Writes until the send buffer is full; returns the bytes it took. */
size_t app_fill(int fd)
{
	uint8_t buf[4096];
	size_t total = 0, i;
	ssize_t n;

	mark_event();
	for (;;) {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = pattern(streams[fd].written + i, true);
		n = send(fd, buf, sizeof(buf), 0);
		if (n < 0)
			break;
		streams[fd].written += n;
		total += n;
	}
	ensure(errno == EAGAIN, "send(): %s", strerror(errno));
	ladder("    the send buffer took %zu bytes", total);
	return total;
}

void wire_read(const char *file, int line, int fd, size_t n)
{
	uint8_t *buf = malloc(n + 1);
	ssize_t got;
	size_t i;

	ladder("    read of %zu bytes", n);
	mark_event();
	got = recv(fd, buf, n, 0);
	if (got != (ssize_t)n)
		wire_fail(file, line, "recv() of %zu bytes: %zd, %s", n, got,
			  got < 0 ? strerror(errno) : "");
	for (i = 0; i < n; i++)
		if (buf[i] != pattern(streams[fd].read + i, false))
			wire_fail(file, line, "byte %zu read is not what the peer sent", i);
	streams[fd].read += n;
	free(buf);
}

/* @err 0: end of file */
void wire_read_fails(const char *file, int line, int fd, int err)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, 0);

	if (got > 0)
		wire_fail(file, line, "recv() returned data");
	if (got == 0 && err)
		wire_fail(file, line, "recv(): end of file, expected %s", strerror(err));
	if (got < 0 && errno != err)
		wire_fail(file, line, "recv(): %s, expected %s", strerror(errno),
			  err ? strerror(err) : "end of file");
}

void wire_write_fails(const char *file, int line, int fd, int err)
{
	ssize_t sent = send(fd, "x", 1, MSG_NOSIGNAL);

	if (sent >= 0)
		wire_fail(file, line, "send() succeeded, expected %s", strerror(err));
	if (errno != err)
		wire_fail(file, line, "send(): %s, expected %s", strerror(errno), strerror(err));
}

/* How connect() ended: @err 0 when it succeeded, EINPROGRESS when not yet. */
void wire_connect_result(const char *file, int line, int fd, int err)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int got = EINPROGRESS;
	socklen_t len = sizeof(got);

	if (poll(&p, 1, 0) > 0)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &got, &len);
	if (got != err)
		wire_fail(file, line, "connect() ended with '%s', expected '%s'",
			  strerror(got), strerror(err));
}

void app_shutdown(int fd, int how)
{
	ladder("    shutdown(%d)", how);
	mark_event();
	ensure(!shutdown(fd, how), "shutdown(): %s", strerror(errno));
}

void app_close(int fd)
{
	ladder("    close()");
	mark_event();
	ensure(!close(fd), "close(): %s", strerror(errno));
}

void app_abort(int fd)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	ensure(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)),
	       "SO_LINGER: %s", strerror(errno));
	app_close(fd);
}

void app_set(int fd, int level, int name, int value)
{
	mark_event();
	ensure(!setsockopt(fd, level, name, &value, sizeof(value)),
	       "setsockopt(%d, %d, %d): %s", level, name, value, strerror(errno));
}

void app_choose(int fd, const char *algorithm)
{
	ensure(!setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, algorithm, strlen(algorithm)),
	       "TCP_CONGESTION %s: %s", algorithm, strerror(errno));
}

void end_case(int fd)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
	}
	ignore_rest();
}

int app_get(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	ensure(!getsockopt(fd, level, name, &value, &len), "getsockopt(%d, %d): %s",
	       level, name, strerror(errno));
	return value;
}

uint32_t app_memory(int fd, int which)
{
	uint32_t info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	ensure(!getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len), "SO_MEMINFO: %s",
	       strerror(errno));
	return info[which];
}

struct tcp_info app_info(int fd)
{
	return app_full_info(fd, NULL).base;
}

/**
 * app_full_info() - all of TCP_INFO
 * @fd: socket
 * @len: set to the size of this kernel's struct, unless NULL
 *
 * Return: what it says; fields that the kernel does not have are zero.
 */
struct full_info app_full_info(int fd, socklen_t *len)
{
	struct full_info info = {};
	socklen_t size = sizeof(info);

	ensure(!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), "TCP_INFO: %s",
	       strerror(errno));
	ensure(size >= offsetof(struct full_info, rcv_wnd), "only %u bytes", size);
	if (len)
		*len = size;
	return info;
}

/* ------------------------------------------------------------------ states */

const char *state_name(int state)
{
	static const char *const names[] = {
		[0] = "none",
		[TCP_ESTABLISHED] = "ESTABLISHED", [TCP_SYN_SENT] = "SYN-SENT",
		[TCP_SYN_RECV] = "SYN-RECEIVED", [TCP_FIN_WAIT1] = "FIN-WAIT-1",
		[TCP_FIN_WAIT2] = "FIN-WAIT-2", [TCP_TIME_WAIT] = "TIME-WAIT",
		[TCP_CLOSE] = "CLOSED", [TCP_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCP_LAST_ACK] = "LAST-ACK", [TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING", [12] = "SYN-RECEIVED",
	};

	return state >= 0 && state < (int)ARRAY_SIZE(names) && names[state] ?
	       names[state] : "?";
}

void wire_expect_state(const char *file, int line, int fd, int state)
{
	int is = app_info(fd).tcpi_state;

	if (is != state)
		wire_fail(file, line, "the state is %s, expected %s", state_name(is),
			  state_name(state));
	ladder("    %s", state_name(state));
}

/* The state of the pair of @c in the kernel's table; TCP_CLOSE when not there. */
int pair_state(void)
{
	FILE *f = fopen("/proc/thread-self/net/tcp", "r");
	unsigned int laddr, lport, raddr, rport, state;
	int found = TCP_CLOSE;
	char line[512];

	ensure(f, "/proc/net/tcp: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %*d: %x:%x %x:%x %x", &laddr, &lport, &raddr, &rport,
			   &state) != 5)
			continue;
		if (lport == c->stack_port && rport == c->peer_port &&
		    raddr == htonl(c->peer_addr))
			found = state;
	}
	fclose(f);
	return found;
}

void wire_expect_pair(const char *file, int line, int state)
{
	int is = pair_state();

	if (is != state)
		wire_fail(file, line, "the connection is in %s, expected %s",
			  state_name(is), state_name(state));
	ladder("    %s", state_name(state));
}

/* -------------------------------------------------------- whole handshakes */

/* With no options at all the peer still tells its MSS. */
static void default_options(struct segment *s)
{
	if (s->mss.how == LEFT_OUT)
		s->mss = (struct num)NUM(1460);
}

int wire_active_open(int fd, struct segment synack)
{
	if (fd < 0)
		fd = app_socket();
	app_connect_fd(fd);
	expect(SYN, SEQ(0));
	synack.flags = SYN | ACK;
	default_options(&synack);
	wire_inject(synack);
	expect(ACK, SEQ(1), ACK(1), LEN(0));
	expect_state(fd, TCP_ESTABLISHED);
	return fd;
}

int wire_passive_open(struct segment syn)
{
	int fd;

	if (listener < 0)
		listener = app_listen();
	c->stack_port = STACK_PORT;
	syn.flags = SYN;
	default_options(&syn);
	wire_inject(syn);
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	expect_state(fd, TCP_ESTABLISHED);
	return fd;
}

static int reach_time_wait(void)
{
	int fd = reach(TCP_FIN_WAIT2);

	app_close(fd);
	inject(FIN | ACK);
	expect(ACK, SEQ(2), ACK(2), LEN(0));
	return -1;
}

int reach(int state)
{
	int fd = -1;

	switch (state) {
	case TCP_LISTEN:
		if (listener < 0)
			listener = app_listen();
		c->stack_port = STACK_PORT;
		return listener;
	case TCP_SYN_SENT:
		fd = app_connect();
		expect(SYN, SEQ(0));
		return fd;
	case TCP_SYN_RECV:
		reach(TCP_LISTEN);
		inject(SYN, SEQ(0), MSS(1460));
		expect(SYN | ACK, SEQ(0), ACK(1));
		return -1;
	case TCP_TIME_WAIT:
		return reach_time_wait();
	case TCP_CLOSE:
		c->stack_port = STACK_PORT + 1;
		return -1;
	}
	fd = active_open();
	if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK) {
		inject(FIN | ACK);
		expect_ack(2);
	}
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT) {
		app_shutdown(fd, SHUT_WR);
		expect(FIN | ACK, SEQ(1), LEN(0));
	}
	if (state == TCP_FIN_WAIT2)
		inject(ACK, ACK(2));
	if (state == TCP_CLOSING) {
		inject(FIN | ACK, ACK(1));
		expect(ACK, ACK(2), LEN(0));
	}
	expect_state(fd, state);
	return fd;
}

void classic_recovery(void)
{
	sysctl_set("net/ipv4/tcp_early_retrans", 0);
	sysctl_set("net/ipv4/tcp_recovery", 0);
	sysctl_set("net/ipv4/tcp_frto", 0);
	sysctl_set("net/ipv4/tcp_min_tso_segs", 64);
}

/* ------------------------------------------- somebody who owns the socket */

enum { PAGE = 4096 };

static void *read_into_page(void *arg)
{
	const struct owner *o = arg;
	socklen_t blocks = 1;

	if (app_get(o->fd, SOL_SOCKET, SO_ACCEPTCONN))
		getsockopt(o->fd, SOL_SOCKET, SO_GET_FILTER, o->page, &blocks);
	else
		recv(o->fd, o->page, 1, MSG_PEEK);
	return NULL;
}

/* A listener has nothing else to be looked at. */
static void give_filter(int fd)
{
	struct sock_filter all = { BPF_RET | BPF_K, 0, 0, 65535 };
	struct sock_fprog program = { 1, &all };

	ensure(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)),
	       "SO_ATTACH_FILTER: %s", strerror(errno));
}

static void *write_from_page(void *arg)
{
	const struct owner *o = arg;

	send(o->fd, o->page, PAGE, 0);
	return NULL;
}

/* @call reads or writes the page. */
static void own(struct owner *o, int fd, void *(*call)(void *))
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };

	o->fd = fd;
	o->faults = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (o->faults < 0 || ioctl(o->faults, UFFDIO_API, &api))
		wire_skip("userfaultfd: %s", strerror(errno));
	o->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)o->page;
	reg.range.len = PAGE;
	ensure(!ioctl(o->faults, UFFDIO_REGISTER, &reg), "userfaultfd: %s",
	       strerror(errno));
	ensure(!pthread_create(&o->thread, NULL, call, o), "no thread");
	pass_ms(10);
}

void app_owns(struct owner *o, int fd)
{
	if (app_get(fd, SOL_SOCKET, SO_ACCEPTCONN))
		give_filter(fd);
	own(o, fd, read_into_page);
}

void app_owns_writing(struct owner *o, int fd)
{
	own(o, fd, write_from_page);
	streams[fd].written += PAGE;
}

void app_lets_go(struct owner *o)
{
	uint8_t written[PAGE];
	struct uffdio_copy page = {
		.src = (uintptr_t)written, .dst = (uintptr_t)o->page, .len = PAGE,
	};
	int i;

	for (i = 0; i < PAGE; i++)
		written[i] = pattern(streams[o->fd].written - PAGE + i, true);
	ensure(!ioctl(o->faults, UFFDIO_COPY, &page), "userfaultfd: %s",
	       strerror(errno));
	pthread_join(o->thread, NULL);
	close(o->faults);
	munmap(o->page, PAGE);
	mark_event();
}
