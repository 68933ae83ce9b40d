// SPDX-License-Identifier: GPL-2.0
/*
 * differ.c - plays scripts on both TCPs and compares the records; see differ.h
 */
#include <fnmatch.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "differ.h"

enum { MAX_LINES = 60000, MAX_TEXT = 6 << 20, MAX_EXPECTED = 512 };

/* What one play has recorded; shared with the process that plays. */
struct records {
	int lines;
	size_t used;
	struct { size_t what, value; } line[MAX_LINES];	/* offsets in text */
	char text[MAX_TEXT];
};

static struct records *records;		/* of the play at hand */
static char subject[128];

/* ---------------------------------------------------------------- recording */

void about(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(subject, sizeof(subject), fmt, args);
	va_end(args);
}

static size_t keep(const char *text)
{
	size_t at = records->used, len = strlen(text) + 1;

	ensure(at + len <= MAX_TEXT, "the record is too long");
	memcpy(records->text + at, text, len);
	records->used += len;
	return at;
}

void record(const char *what, const char *fmt, ...)
{
	char full[512], value[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	snprintf(full, sizeof(full), "%s%s%s", subject, *subject ? ": " : "", what);
	ensure(records->lines < MAX_LINES, "too many lines");
	records->line[records->lines].what = keep(full);
	records->line[records->lines].value = keep(value);
	records->lines++;
}

static const char *errno_name(int err)
{
	return err ? strerrorname_np(err) ?: "?" : "no errno";
}

long record_result(const char *what, long value)
{
	int err = errno;

	if (value < 0)
		record(what, "%ld %s", value, errno_name(err));
	else
		record(what, "%ld", value);
	errno = err;
	return value;
}

void record_option(const char *what, int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	errno = 0;
	if (getsockopt(fd, level, name, &value, &len))
		record(what, "-1 %s", errno_name(errno));
	else
		record(what, "%d", value);
}

void record_events(const char *what, int fd)
{
	static const struct { int bit; const char *name; } names[] = {
		{ POLLIN, "IN" }, { POLLPRI, "PRI" }, { POLLOUT, "OUT" }, { POLLERR, "ERR" },
		{ POLLHUP, "HUP" }, { POLLNVAL, "NVAL" }, { POLLRDHUP, "RDHUP" },
		{ POLLRDNORM, "RDNORM" }, { POLLRDBAND, "RDBAND" }, { POLLWRNORM, "WRNORM" },
		{ POLLWRBAND, "WRBAND" },
	};
	struct pollfd p = { .fd = fd, .events = 0x7fff };
	char text[128] = "";
	size_t i;

	ensure_ok(poll(&p, 1, 0));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (p.revents & names[i].bit)
			strcat(strcat(text, " "), names[i].name);
	record(what, "%s", text);
}

void record_text(const char *what, int fd, size_t size, int flags)
{
	char buf[512] = "";
	ssize_t n;

	errno = 0;
	n = recv(fd, buf, size, flags);
	if (n < 0)
		record_result(what, n);
	else
		record(what, "%zd \"%.*s\"", n, flags & MSG_TRUNC ? 0 : (int)n, buf);
}

static void name_text(char *text, size_t size, int ret, const struct sockaddr_in *a, socklen_t len)
{
	char ip[INET_ADDRSTRLEN];

	if (ret)
		snprintf(text, size, "-1 %s", errno_name(errno));
	else
		snprintf(text, size, "%s port %s len %u family %d",
			 inet_ntop(AF_INET, &a->sin_addr, ip, sizeof(ip)),
			 a->sin_port ? "set" : "0", len, a->sin_family);
}

void record_names(int fd)
{
	struct sockaddr_in a = {};
	socklen_t len = sizeof(a);
	char text[128];
	int ret;

	errno = 0;
	ret = getsockname(fd, (struct sockaddr *)&a, &len);
	name_text(text, sizeof(text), ret, &a, len);
	record("getsockname", "%s", text);
	len = sizeof(a);
	errno = 0;
	ret = getpeername(fd, (struct sockaddr *)&a, &len);
	name_text(text, sizeof(text), ret, &a, len);
	record("getpeername", "%s", text);
}

static volatile int signal_counts[64];

static void count_signal(int sig)
{
	signal_counts[sig]++;
}

static const int counted_signals[] = { SIGPIPE, SIGURG, SIGIO, SIGUSR1, SIGUSR2 };

void signals_count(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counted_signals); i++)
		sigaction(counted_signals[i], &action, NULL);
}

void signals_record(const char *when)
{
	char what[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counted_signals); i++) {
		int sig = counted_signals[i];

		snprintf(what, sizeof(what), "SIG%s %s", sigabbrev_np(sig), when);
		record(what, "%d", signal_counts[sig]);
		signal_counts[sig] = 0;
	}
}

/* ------------------------------------------------------------------ playing */

static struct records *records_new(void)
{
	struct records *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ensure(r != MAP_FAILED, "mmap: %s", strerror(errno));
	return r;
}

/*
 * From here on the same socket() call gives ltcp. Not by number, since security
 * modules may look at that.
 */
static void take_over(void)
{
	struct sockaddr_in where;
	int fd;

	sysctl_set("net/ltcp/takeover", 1);
	fd = listen_at(&where);
	ensure(listed("/proc/thread-self/net/ltcp", "SocketsInUse") == 1,
	       "the socket is not ltcp's");
	close(fd);
}

/* Which CPU has taken in the packets is an answer, too (SO_INCOMING_CPU). */
static void stay_on_one_cpu(void)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	ensure(!sched_setaffinity(0, sizeof(cpu), &cpu), "affinity: %s", strerror(errno));
}

/* Plays the script in a child with a namespace of its own. */
static struct records *play(bool ltcp, int seconds, void (*script)(void))
{
	struct records *r = records_new();
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	ensure(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		setenv("LTCP_PROTO", "0", 1);
		records = r;
		script_begin(seconds);
		stay_on_one_cpu();
		if (ltcp)
			take_over();
		script();
		fflush(stdout);
		_exit(0);
	}
	ensure(waitpid(pid, &status, 0) == pid, "waitpid: %s", strerror(errno));
	ensure(!status, "on %s the script ended with status %#x after %s",
	       ltcp ? "ltcp" : "the built-in TCP", status,
	       r->lines ? r->text + r->line[r->lines - 1].what : "nothing");
	return r;
}

/* ---------------------------------------------------------------- comparing */

static bool has_tcp_ao(void)
{
	enum { AO_INFO = 40 };		/* newer than the headers of Debian 12 */
	int fd = socket_of(IPPROTO_TCP), value;
	socklen_t len = sizeof(value);
	bool unknown = getsockopt(fd, SOL_TCP, AO_INFO, &value, &len) &&
		       errno == ENOPROTOOPT;

	close(fd);
	return !unknown;
}

static bool this_kernel(const char *kernel)
{
	struct utsname u;
	size_t len;

	if (!kernel)
		return true;
	if (!strcmp(kernel, "TCP-AO"))
		return has_tcp_ao();
	uname(&u);
	len = strlen(kernel);
	return !strncmp(u.release, kernel, len) && u.release[len] == '.';
}

static bool says(const char *want, const char *value)
{
	return !want || !fnmatch(want, value, FNM_EXTMATCH);
}

static int met[MAX_EXPECTED];		/* how often each row was */

static bool is_expected(const char *script, const char *what, const char *builtin,
			const char *ltcp)
{
	int i;

	for (i = 0; i < expected_count; i++) {
		const struct expected *e = &expected[i];

		if (this_kernel(e->kernel) && !fnmatch(e->script, script, FNM_EXTMATCH) &&
		    !fnmatch(e->what, what, FNM_EXTMATCH) && says(e->builtin, builtin) &&
		    says(e->ltcp, ltcp)) {
			met[i]++;
			return true;
		}
	}
	return false;
}

/* Rows that this script was to meet and did not; returns how many. */
static int not_met(const char *script)
{
	int i, missing = 0;

	for (i = 0; i < expected_count; i++) {
		const struct expected *e = &expected[i];
		bool good = e->times == MANY ? met[i] : met[i] == e->times;

		if (good || !this_kernel(e->kernel) || fnmatch(e->script, script, FNM_EXTMATCH))
			continue;
		printf("expected, but %d times so: %s: built-in %s, ltcp %s\n", met[i], e->what,
		       e->builtin ?: "anything", e->ltcp ?: "anything");
		missing++;
	}
	return missing;
}

/* Prints the differences that no row expects; returns how many. */
static int compare(const char *script, const struct records *a, const struct records *b)
{
	int i, n = 0;

	for (i = 0; i < a->lines && i < b->lines; i++) {
		const char *what = a->text + a->line[i].what;
		const char *builtin = a->text + a->line[i].value;
		const char *ltcp = b->text + b->line[i].value;

		if (strcmp(what, b->text + b->line[i].what)) {
			printf("the scripts part: built-in \"%s\", ltcp \"%s\"\n", what,
			       b->text + b->line[i].what);
			return n + 1;
		}
		if (!strcmp(builtin, ltcp) || is_expected(script, what, builtin, ltcp))
			continue;
		printf("%s: built-in %s, ltcp %s\n", what, builtin, ltcp);
		n++;
	}
	if (a->lines != b->lines)
		printf("built-in %d lines, ltcp %d\n", a->lines, b->lines);
	return n + (a->lines != b->lines);
}

/**
 * differ_play() - play a script on both TCPs and compare
 * @name: the script's
 * @seconds: of (virtual) time that each play may take
 * @script: what to play
 *
 * Ends the test when the records differ in what no row expects, or when a row is
 * not met.
 */
void differ_play(const char *name, int seconds, void (*script)(void))
{
	struct records *a, *b;
	int bad;

	ensure(expected_count <= MAX_EXPECTED, "too many rows");
	a = play(false, seconds, script);
	b = play(is_ltcp(), seconds, script);
	ensure(a->lines, "nothing was recorded");
	bad = compare(name, a, b);
	if (is_ltcp())
		bad += not_met(name);
	ensure(!bad, "%d of %d lines", bad, a->lines);
	note("%d lines alike", a->lines);
}

/* ------------------------------------------------------------------- states */

static void arrive(void)
{
	pass_ms(20);
}

static int connecting(void)
{
	int fd = app_socket();
	struct sockaddr_in to = at_port(PEER_PORT);

	to.sin_addr.s_addr = htonl(PEER_ADDR);
	try_connect(fd, to);
	return fd;
}

static int refused(void)
{
	int fd = new_socket();

	try_connect(fd, at_port(9));
	return fd;
}

static void reset_by(int fd)
{
	struct linger hard = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static int disconnected(int fd)
{
	struct sockaddr_in none = { .sin_family = AF_UNSPEC };

	ensure_ok(try_connect(fd, none));
	return fd;
}

static struct station at(const char *name, struct pair p)
{
	return (struct station){ name, p.client, p.server, p.listener };
}

static struct station alone(const char *name, int fd)
{
	return (struct station){ name, fd, -1, -1 };
}

static struct station bound(void)
{
	int fd = new_socket();

	ensure_ok(try_bind(fd, at_port(0)));
	return alone("bound", fd);
}

static struct station lost(const char *name, bool reset, bool ours_first)
{
	struct pair p = connected();

	if (ours_first)
		shutdown(p.client, SHUT_WR);
	if (reset)
		reset_by(p.server);
	else
		close(p.server);
	p.server = -1;
	return at(name, p);
}

static struct station half(const char *name, bool ours, bool theirs)
{
	struct pair p = connected();

	if (ours)
		shutdown(p.client, SHUT_WR);
	if (theirs)
		shutdown(p.server, SHUT_WR);
	return at(name, p);
}

static struct station start_of(int number)
{
	struct sockaddr_in where;
	struct pair p;

	switch (number) {
	case FRESH:
		return alone("fresh", new_socket());
	case BOUND:
		return bound();
	case LISTENING:
		return alone("listening", listen_at(&where));
	case CONNECTING:
		return alone("connecting", connecting());
	case CONNECTED:
		return at("connected", connected());
	case HALF_CLOSED:
		return half("half-closed", true, false);
	case PEER_HALF_CLOSED:
		return half("peer half-closed", false, true);
	case BOTH_CLOSED:
		return half("both closed", true, true);
	case RESET:
		return lost("reset", true, false);
	case PEER_GONE:
		return lost("peer gone", false, false);
	case DISCONNECTED:
		p = connected();
		disconnected(p.client);
		return at("disconnected", p);
	}
	return alone("refused", refused());
}

struct station station(int number)
{
	struct station s = start_of(number);

	if (s.listener >= 0 && s.fd != s.listener)
		arrive();
	about("%s", s.name);
	return s;
}

void station_leave(const struct station *s)
{
	close(s->fd);
	if (s->peer >= 0)
		close(s->peer);
	if (s->listener >= 0)
		close(s->listener);
}
