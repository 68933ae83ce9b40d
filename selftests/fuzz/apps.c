// SPDX-License-Identifier: GPL-2.0
/*
 * apps.c - the programs at the stack's end of the connections
 *
 * Sockets are read and written, set, asked, half closed, closed and aborted at
 * random; listeners are closed and opened again. Each socket remembers how far
 * its two streams are, and what it reads is compared with what the peer's
 * sequence numbers say must stand there.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <linux/sockios.h>

#include "fuzz.h"

enum { LISTENERS = 2, BUFFER = 1 << 17, FILE_SIZE = 1 << 20, IPPROTO_LTCP = 253 };

/**
 * struct app - a connected or connecting socket
 * @fd: -1 when this entry is free
 * @slot: its far end
 * @read: bytes taken from the peer's stream
 * @written: bytes given to its own
 * @ruled_out: SYNs of the peer, by index, with which its stream did not begin
 * @in_line: urgent data stays in the stream
 */
struct app {
	int fd;
	struct slot *slot;
	uint32_t read, written, ruled_out;
	bool in_line;
};

static struct app apps[SLOTS];
static int listeners[LISTENERS] = { -1, -1 };
static uint8_t buffer[BUFFER];
static int pattern_file, pipes[2];

static int new_fd(bool in_line)
{
	const char *protocol = getenv("LTCP_PROTO");
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			protocol ? atoi(protocol) : IPPROTO_LTCP);
	int on = 1;

	ensure(fd >= 0, "socket(): %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (in_line)
		setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
	return fd;
}

/* The first listener keeps urgent data in line, the other does not. */
static void open_listener(int i)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(STACK_PORT + i) };
	int seconds = 1 + rnd(5);

	listeners[i] = new_fd(!i);
	if (one_in(4))
		setsockopt(listeners[i], IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	if (bind(listeners[i], (void *)&at, sizeof(at)) ||
	    listen(listeners[i], pick(0, 1, 2, 128))) {
		close(listeners[i]);
		listeners[i] = -1;
	}
	event(NULL, "listener %d: fd %d", i, listeners[i]);
}

static void release(struct app *a)
{
	if (a->slot && a->slot->fd == a->fd)
		a->slot->fd = -1;
	close(a->fd);
	a->fd = -1;
}

static struct app *free_app(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (apps[i].fd < 0)
			return &apps[i];
	return NULL;
}

static struct app *app_of(const struct slot *s)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (apps[i].fd >= 0 && apps[i].slot == s)
			return &apps[i];
	return NULL;
}

/* ------------------------------------------------------------------ streams */

/* Whether @n bytes of the buffer are those from @at on, counted from a SYN of the peer. */
static bool follows(uint32_t irs, uint32_t at, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n; i++)
		if (buffer[i] != pattern((uint32_t)(irs + 1 + at + i), false))
			return false;
	return true;
}

/* Tells where the first wrong byte is, counted from the newest SYN. */
static void wrong_bytes(const struct app *a, ssize_t n)
{
	const struct slot *s = a->slot;
	uint32_t first = s->irs[(s->irs_count - 1) % MEMORY] + 1 + a->read;
	ssize_t i = 0;

	while (i < n && buffer[i] == pattern((uint32_t)(first + i), false))
		i++;
	violated(s, "fd %d read %zd bytes from %u on, and that at %u is %#x, never sent there (%u SYNs)",
		 a->fd, n, first, (uint32_t)(first + i), buffer[i], s->irs_count);
}

static void check_read(struct app *a, ssize_t n)
{
	const struct slot *s = a->slot;
	unsigned int i;
	bool found = false;

	if (s->irs_count > MEMORY || (s->urgent && !a->in_line))
		return;
	for (i = 0; i < s->irs_count; i++) {
		if (a->ruled_out >> i & 1)
			continue;
		if (follows(s->irs[i], a->read, n))
			found = true;
		else
			a->ruled_out |= 1u << i;
	}
	if (!found)
		wrong_bytes(a, n);
}

static void take_in(struct app *a, ssize_t n, bool advance)
{
	if (n <= 0)
		return;
	check_read(a, n);
	tally.read += n;
	if (advance)
		a->read += n;
}

static size_t some_bytes(void)
{
	return pick(1, 2, 10, 100, 1460, 1461, 4096, rnd(20000), rnd(BUFFER));
}

static void do_recv(struct app *a)
{
	int flags = pick(0, 0, 0, 0, MSG_PEEK, MSG_WAITALL, MSG_PEEK | MSG_WAITALL, MSG_TRUNC);
	size_t size = some_bytes();
	ssize_t n = recv(a->fd, buffer, size, flags);

	event(a->slot, "recv(%d, %zu, %#x) = %zd %s", a->fd, size, flags, n,
	      n < 0 ? strerror(errno) : "");
	if (flags & MSG_TRUNC)
		a->read += n > 0 ? n : 0;
	else
		take_in(a, n, !(flags & MSG_PEEK));
}

static void do_drain(struct app *a)
{
	int i;

	for (i = 0; i < 8; i++)
		do_recv(a);
}

static void do_recv_oob(struct app *a)
{
	int n = recv(a->fd, buffer, 1, MSG_OOB | (one_in(3) ? MSG_PEEK : 0));

	event(a->slot, "recv(%d, OOB) = %d", a->fd, n);
}

static void do_splice(struct app *a)
{
	ssize_t n = splice(a->fd, NULL, pipes[1], NULL, 1 + rnd(30000), SPLICE_F_NONBLOCK);

	event(a->slot, "splice(%d) = %zd", a->fd, n);
	if (n > 0) {
		n = read(pipes[0], buffer, n);
		take_in(a, n, true);
	}
}

static void do_send(struct app *a)
{
	int flags = MSG_NOSIGNAL | pick(0, 0, 0, 0, MSG_MORE, MSG_OOB, MSG_EOR);
	size_t size = some_bytes(), i;
	ssize_t n;

	for (i = 0; i < size; i++)
		buffer[i] = pattern((uint32_t)(a->written + 1 + i), true);
	n = send(a->fd, buffer, size, flags);
	event(a->slot, "send(%d, %zu, %#x) = %zd %s", a->fd, size, flags, n,
	      n < 0 ? strerror(errno) : "");
	if (n > 0) {
		a->written += n;
		tally.written += n;
	}
}

static void do_sendfile(struct app *a)
{
	off_t at = a->written;
	ssize_t n;

	if (at >= FILE_SIZE)
		return;
	n = sendfile(a->fd, pattern_file, &at, some_bytes());
	event(a->slot, "sendfile(%d) = %zd", a->fd, n);
	if (n > 0) {
		a->written += n;
		tally.written += n;
	}
}

/* ------------------------------------------------------------------ the rest */

static const struct { int level, name; } options[] = {
	{ SOL_SOCKET, SO_RCVBUF }, { SOL_SOCKET, SO_RCVBUF }, { SOL_SOCKET, SO_SNDBUF },
	{ SOL_SOCKET, SO_RCVLOWAT }, { SOL_SOCKET, SO_KEEPALIVE }, { SOL_SOCKET, SO_PRIORITY },
	{ SOL_SOCKET, SO_MAX_PACING_RATE }, { SOL_SOCKET, SO_ERROR }, { SOL_SOCKET, SO_BUSY_POLL },
	{ IPPROTO_IP, IP_TOS }, { IPPROTO_IP, IP_MTU_DISCOVER }, { IPPROTO_IP, IP_RECVERR },
	{ IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_CORK }, { IPPROTO_TCP, TCP_QUICKACK },
	{ IPPROTO_TCP, TCP_MAXSEG }, { IPPROTO_TCP, TCP_WINDOW_CLAMP },
	{ IPPROTO_TCP, TCP_KEEPIDLE }, { IPPROTO_TCP, TCP_KEEPINTVL },
	{ IPPROTO_TCP, TCP_KEEPCNT }, { IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ IPPROTO_TCP, TCP_LINGER2 }, { IPPROTO_TCP, TCP_NOTSENT_LOWAT },
	{ IPPROTO_TCP, TCP_SYNCNT }, { IPPROTO_TCP, TCP_DEFER_ACCEPT }, { IPPROTO_TCP, TCP_INQ },
	{ IPPROTO_TCP, TCP_INFO },
};

static void do_setsockopt(struct app *a)
{
	int i = rnd(ARRAY_SIZE(options));
	int value = pick(0, 0, 1, 1, 2, 3, 100, 536, 2000, 10000, 200000, -1);

	event(a->slot, "setsockopt(%d, %d, %d, %d) = %d", a->fd, options[i].level,
	      options[i].name, value, setsockopt(a->fd, options[i].level, options[i].name,
						 &value, sizeof(value)));
}

static void do_congestion(struct app *a)
{
	static const char *const names[] = { "reno", "cubic", "bbr", "tahoe", "dctcp", "none" };
	const char *name = names[rnd(ARRAY_SIZE(names))];

	event(a->slot, "TCP_CONGESTION %s on %d", name, a->fd);
	setsockopt(a->fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}

static void do_ask(struct app *a)
{
	static const unsigned int requests[] = { SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK };
	struct pollfd p = { .fd = a->fd, .events = rnd(0x10000) };
	int i = rnd(ARRAY_SIZE(options)), value = 0;
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	poll(&p, 1, 0);
	ioctl(a->fd, requests[rnd(ARRAY_SIZE(requests))], &value);
	if (value < 0)
		violated(a->slot, "fd %d: an ioctl tells %d", a->fd, value);
	if (getsockopt(a->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		violated(a->slot, "fd %d: TCP_INFO: %s", a->fd, strerror(errno));
	if (info.tcpi_state != TCP_LISTEN && info.tcpi_state != TCP_CLOSE && !info.tcpi_snd_cwnd)
		violated(a->slot, "fd %d: no congestion window", a->fd);
	if (info.tcpi_snd_cwnd > 1u << 30 || info.tcpi_unacked > 1u << 24 ||
	    info.tcpi_sacked > 1u << 24 || info.tcpi_lost > 1u << 24 || info.tcpi_retrans > 1u << 24)
		violated(a->slot, "fd %d: cwnd %u, out %u, sacked %u, lost %u, sent again %u", a->fd,
			 info.tcpi_snd_cwnd, info.tcpi_unacked, info.tcpi_sacked, info.tcpi_lost,
			 info.tcpi_retrans);
	len = sizeof(info);
	getsockopt(a->fd, options[i].level, options[i].name, &info, &len);
}

static void do_shutdown(struct app *a)
{
	int how = rnd(3);

	event(a->slot, "shutdown(%d, %d) = %d", a->fd, how, shutdown(a->fd, how));
}

static void do_close(struct app *a)
{
	struct linger l = { one_in(3), one_in(4) };

	setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	event(a->slot, "close(%d), linger %d %d", a->fd, l.l_onoff, l.l_linger);
	release(a);
}

static void connect_to(struct app *a)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(PEER_ADDR),
		.sin_port = htons(a->slot->wire.peer_port),
	};

	event(a->slot, "connect(%d) = %d", a->fd, connect(a->fd, (void *)&to, sizeof(to)));
}

/* To nobody, and then perhaps to somebody else. */
static void do_disconnect(struct app *a)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = a->fd;

	event(a->slot, "disconnect(%d) = %d", fd, connect(fd, &none, sizeof(none)));
	if (one_in(3)) {
		release(a);
		return;
	}
	peer_await(a->slot, fd);
	*a = (struct app){ .fd = fd, .slot = a->slot, .in_line = a->in_line };
	connect_to(a);
}

static struct slot *unused_slot(void)
{
	struct slot *s = &slots[rnd(SLOTS)];

	return s->fd < 0 || !s->life ? s : NULL;
}

static void do_connect(void)
{
	struct slot *s = unused_slot();
	struct app *a = free_app();
	bool in_line = one_in(2);
	int fd;

	if (!s || !a)
		return;
	fd = new_fd(in_line);
	*a = (struct app){ .fd = fd, .slot = s, .in_line = in_line };
	peer_await(s, fd);
	if (one_in(4))
		do_congestion(a);
	connect_to(a);
}

static void do_accept(void)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int i = rnd(LISTENERS), fd;
	struct slot *s;
	struct app *a;

	fd = accept4(listeners[i], (void *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	tally.accepted++;
	s = slot_of_port(ntohs(from.sin_port));
	a = s ? app_of(s) : NULL;
	if (a)
		release(a);
	a = free_app();
	if (!s || !a) {
		close(fd);
		return;
	}
	*a = (struct app){ .fd = fd, .slot = s, .in_line = !i };
	s->fd = fd;
	event(s, "accepted as fd %d", fd);
}

static void do_listener(void)
{
	int i = rnd(LISTENERS);

	if (listeners[i] >= 0)
		close(listeners[i]);
	open_listener(i);
}

typedef void (*action)(struct app *a);

/* As often as it stands here. */
static const action actions[] = {
	do_recv, do_recv, do_recv, do_recv, do_recv, do_recv, do_drain, do_drain, do_splice,
	do_send, do_send, do_send, do_send, do_send, do_send, do_sendfile, do_recv_oob,
	do_setsockopt, do_setsockopt, do_congestion, do_ask, do_ask,
};

static const action endings[] = { do_shutdown, do_shutdown, do_close, do_close, do_disconnect };

void apps_act(void)
{
	struct app *a = &apps[rnd(SLOTS)];

	tally.calls++;
	if (one_in(2000))
		do_listener();
	else if (one_in(8))
		do_accept();
	else if (one_in(8))
		do_connect();
	else if (a->fd < 0)
		return;
	else if (one_in(25))
		endings[rnd(ARRAY_SIZE(endings))](a);
	else
		actions[rnd(ARRAY_SIZE(actions))](a);
	peer_hear_all();
}

void apps_settings(void)
{
	static const struct setting { const char *name; int most, least; } settings[] = {
		{ "tcp_sack", 1 }, { "tcp_dsack", 1 }, { "tcp_timestamps", 2 },
		{ "tcp_window_scaling", 1 }, { "tcp_syncookies", 2 }, { "tcp_recovery", 1 },
		{ "tcp_early_retrans", 3 }, { "tcp_frto", 1 }, { "tcp_moderate_rcvbuf", 1 },
		{ "tcp_abort_on_overflow", 1 }, { "tcp_rfc1337", 1 }, { "tcp_tw_reuse", 2 },
		{ "tcp_slow_start_after_idle", 1 }, { "tcp_limit_output_bytes", 10000 },
		{ "tcp_max_syn_backlog", 20, 1 }, { "tcp_retries2", 8, 1 }, { "tcp_orphan_retries", 3 },
		{ "tcp_synack_retries", 3, 1 }, { "tcp_syn_retries", 3, 1 }, { "tcp_max_tw_buckets", 20 },
		{ "ip_no_pmtu_disc", 1 },
	};
	int i = rnd(ARRAY_SIZE(settings));
	int value = settings[i].least + rnd(settings[i].most - settings[i].least + 1);
	char name[64];

	snprintf(name, sizeof(name), "net/ipv4/%s", settings[i].name);
	event(NULL, "%s = %d", name, value);
	sysctl_try(name, value);
	sysctl_try("net/ltcp/msl_ms", pick(20, 100, 2000, 30000));
}

void apps_begin(void)
{
	uint8_t *bytes;
	int i;

	for (i = 0; i < SLOTS; i++) {
		apps[i].fd = -1;
		slots[i].fd = -1;
	}
	ensure(!pipe2(pipes, O_NONBLOCK | O_CLOEXEC), "pipe: %s", strerror(errno));
	pattern_file = memfd_create("pattern", MFD_CLOEXEC);
	ensure(!ftruncate(pattern_file, FILE_SIZE), "memfd: %s", strerror(errno));
	bytes = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, pattern_file, 0);
	for (i = 0; i < FILE_SIZE; i++)
		bytes[i] = pattern(i + 1, true);
	munmap(bytes, FILE_SIZE);
	for (i = 0; i < LISTENERS; i++)
		open_listener(i);
}

void apps_end(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (apps[i].fd >= 0)
			release(&apps[i]);
	for (i = 0; i < LISTENERS; i++)
		close(listeners[i]);
}
