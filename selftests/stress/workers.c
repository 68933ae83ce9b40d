// SPDX-License-Identifier: GPL-2.0
/*
 * workers.c - servers and clients; see workers.h
 */
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>

#include "../socket/pair.h"
#include "workers.h"

enum { PATIENCE_S = 60 };	/* a transfer that stands still for so long has failed */

enum purpose {
	UPLOAD, DOWNLOAD, ECHO,			/* orderly, bytes checked */
	ABORT_BY_CLIENT, ABORT_BY_SERVER,	/* in the middle of a transfer */
	CLOSE_AT_ONCE, GIVE_UP_CONNECTING,	/* no request at all */
	PURPOSES
};

/* The first thing a client sends. */
struct request {
	uint32_t purpose, seed, bytes;
};

static const struct load *load;
static struct sockaddr_in where;
static struct outcome *outcomes;	/* one for each client, shared memory */

/* --- bytes --- */

/* A byte that depends on all of the position, cheap enough for emulation. */
static uint32_t word_at(uint32_t seed, uint32_t position)
{
	return (position ^ seed) * 2654435761u;
}

static void make_bytes(uint32_t *words, uint32_t seed, uint32_t from, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes / 4; i++)
		words[i] = word_at(seed, from / 4 + i);
}

/* Each process says what went wrong in its own words and gives up. */
static void __attribute__((format(printf, 1, 2), noreturn)) wrong(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "# pid %d: %s (%s)\n", getpid(), text, strerror(errno));
	_exit(1);
}

/* Sends @bytes, a multiple of 4; false when the connection ended before. */
static bool send_bytes(int fd, uint32_t seed, uint32_t bytes)
{
	uint32_t words[8192], done = 0;

	while (done < bytes) {
		uint32_t n = bytes - done < sizeof(words) ? bytes - done : sizeof(words);
		uint32_t sent = 0;

		make_bytes(words, seed, done, n);
		while (sent < n) {
			ssize_t r = send(fd, (char *)words + sent, n - sent, MSG_NOSIGNAL);

			if (r <= 0)
				return false;
			sent += r;
		}
		done += n;
	}
	return true;
}

/* Reads and checks @bytes; false when the connection ended before. */
static bool read_bytes(int fd, uint32_t seed, uint32_t bytes)
{
	uint32_t words[8192], want[8192], done = 0;

	while (done < bytes) {
		uint32_t n = bytes - done < sizeof(words) ? bytes - done : sizeof(words);
		ssize_t r = recv(fd, words, n, MSG_WAITALL);

		if (r != (ssize_t)n)
			return false;
		make_bytes(want, seed, done, n);
		if (memcmp(words, want, n))
			wrong("wrong bytes between %u and %u of %u", done, done + n, bytes);
		done += n;
	}
	return true;
}

static bool at_end(int fd)
{
	return recv(fd, (char[4]){}, 4, 0) == 0;
}

static void be_patient(int fd)
{
	struct timeval t = { .tv_sec = PATIENCE_S };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static void abort_connection(int fd)
{
	struct linger hard = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

/* --- the server's side --- */

static void serve_one(int fd)
{
	struct request r;

	be_patient(fd);
	if (recv(fd, &r, sizeof(r), MSG_WAITALL) != sizeof(r)) {
		close(fd);		/* it did not want anything */
		return;
	}
	switch (r.purpose) {
	case UPLOAD:
		if (!read_bytes(fd, r.seed, r.bytes) || !at_end(fd))
			wrong("an upload of %u bytes broke off", r.bytes);
		send_bytes(fd, r.seed, 4);
		break;
	case DOWNLOAD:
		if (!send_bytes(fd, r.seed, r.bytes))
			wrong("a download of %u bytes broke off", r.bytes);
		break;
	case ECHO:
		if (!read_bytes(fd, r.seed, r.bytes) || !send_bytes(fd, ~r.seed, r.bytes))
			wrong("an echo of %u bytes broke off", r.bytes);
		break;
	case ABORT_BY_CLIENT:
		read_bytes(fd, r.seed, r.bytes);
		break;
	case ABORT_BY_SERVER:
		read_bytes(fd, r.seed, r.bytes / 2 & ~3u);
		abort_connection(fd);
		return;
	}
	close(fd);
}

static void server(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			wrong("accept");
		serve_one(fd);
	}
}

/* --- the client's --- */

static void carry_out(int fd, const struct request *r)
{
	switch (r->purpose) {
	case UPLOAD:
		if (!send_bytes(fd, r->seed, r->bytes) || shutdown(fd, SHUT_WR) ||
		    !read_bytes(fd, r->seed, 4) || !at_end(fd))
			wrong("an upload of %u bytes failed", r->bytes);
		break;
	case DOWNLOAD:
		if (!read_bytes(fd, r->seed, r->bytes) || !at_end(fd))
			wrong("a download of %u bytes failed", r->bytes);
		break;
	case ECHO:
		if (!send_bytes(fd, r->seed, r->bytes) || !read_bytes(fd, ~r->seed, r->bytes))
			wrong("an echo of %u bytes failed", r->bytes);
		break;
	case ABORT_BY_CLIENT:
		send_bytes(fd, r->seed, r->bytes / 2 & ~3u);
		abort_connection(fd);
		return;
	case ABORT_BY_SERVER:
		send_bytes(fd, r->seed, r->bytes);
		break;
	}
	close(fd);
}

static struct request draw_request(void)
{
	uint32_t bytes = rand() % (rand() % 4 ? 5000 : load->most_bytes);
	struct request r = {
		.purpose = rand() % (load->orderly ? ECHO + 1 : PURPOSES),
		.seed = rand(),
		.bytes = bytes & ~3u,
	};

	/* Both would wait for room in the other's buffer. */
	if (r.purpose == ECHO && r.bytes > 16384)
		r.purpose = UPLOAD;
	return r;
}

static void one_connection(struct outcome *outcome)
{
	struct request r = draw_request();
	int fd = socket_of(load->protocol);

	be_patient(fd);
	if (r.purpose == GIVE_UP_CONNECTING)
		set_nonblocking(fd);
	if (try_connect(fd, where) && errno != EINPROGRESS)
		wrong("connect");
	outcome->connections++;
	if (r.purpose >= CLOSE_AT_ONCE) {
		close(fd);
		return;
	}
	if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) != sizeof(r))
		wrong("the request could not be sent");
	carry_out(fd, &r);
	if (r.purpose <= ECHO)
		outcome->bytes += r.bytes;
}

static void client(int number)
{
	time_t end = time(NULL) + load->seconds;

	srand(number * 7919 + 1);
	while (time(NULL) < end)
		one_connection(&outcomes[number]);
	_exit(0);
}

/* --- all of them --- */

static pid_t start(void (*run)(int), int argument)
{
	pid_t pid = fork();

	if (pid < 0)
		wrong("fork");
	if (!pid)
		run(argument);
	return pid;
}

static bool ended_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool still_there(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

struct outcome run_load(const struct load *what)
{
	struct outcome total = {};
	pid_t servers[64], clients[64];
	int listener, i;

	load = what;
	outcomes = mmap(NULL, sizeof(*outcomes) * load->clients, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED)
		wrong("mmap");
	listener = listen_on(socket_of(load->protocol), &where);
	listen(listener, 1024);
	for (i = 0; i < load->servers; i++)
		servers[i] = start(server, listener);
	for (i = 0; i < load->clients; i++)
		clients[i] = start(client, i);
	for (i = 0; i < load->clients; i++) {
		total.errors += !ended_well(clients[i]);
		total.connections += outcomes[i].connections;
		total.bytes += outcomes[i].bytes;
	}
	for (i = 0; i < load->servers; i++) {
		if (!still_there(servers[i])) {
			total.errors++;
			continue;
		}
		kill(servers[i], SIGKILL);
		waitpid(servers[i], NULL, 0);
	}
	close(listener);
	munmap(outcomes, sizeof(*outcomes) * load->clients);
	return total;
}
