// SPDX-License-Identifier: GPL-2.0
/*
 * chaos.c - transfers that must survive, or end properly, whatever happens
 *
 *	chaos serve PROTOCOL PORT
 *	chaos use   PROTOCOL ADDRESS PORT SEED SECONDS
 *
 * A client opens one connection after another. The first thing it sends is the
 * plan of the connection: how many bytes go either way (at the same time), where
 * a reader rests, and whether one of the two ends is killed in the middle. Every
 * byte follows from a seed and its position.
 *
 *	what ends a connection		must be true
 *	nobody is killed		both ends have read all of it, then the end
 *	one end is killed		the other has read a prefix of it, then the
 *					end of the stream or an error
 *	nothing, for STUCK_S		never happens
 *
 * Keep-alives find an end that has died while the wire was down. A connection
 * that cannot be opened counts, but is no failure: the wire may be down.
 *
 * The sockets belong to the control group that GROUP names, if it does, whose limit may
 * change; the processes do not, so that they are not killed for the sockets' memory.
 *
 * A server ends upon SIGTERM, when its connections have ended. Prints one line of
 * figures; exit status 0 when everything above was true.
 */
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>

#include "../socket/pair.h"

enum { STUCK_S = 75, MOST_BYTES = 3000000, LONGEST_REST_MS = 2000, LATEST_KILL_MS = 700 };

enum who { NOBODY, CLIENT, SERVER };

/* What a client sends first. */
struct plan {
	uint32_t seed;
	uint32_t bytes[3];		/* sent by CLIENT, by SERVER */
	uint32_t rest_at, rest_ms;	/* the reader rests after so many bytes */
	uint32_t killed, kill_ms;	/* an enum who, and when */
};

/* One direction at one end. */
struct half {
	uint32_t seed, bytes, done;
	bool ended;
};

enum ending { WHOLE, CUT, UNOPENED, WRONG, ENDINGS };

static struct figures {
	uint32_t endings[ENDINGS];
	uint64_t bytes;
} *figures;				/* shared by all processes */

static enum who self;
static bool may_break;			/* memory is refused: any error may end it */

static enum ending __attribute__((format(printf, 1, 2))) wrong(const char *fmt, ...)
{
	char text[256];
	va_list args;
	int error = errno;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "# %s %d: %s (%s)\n", self == CLIENT ? "client" : "server", getpid(),
		text, strerror(error));
	return WRONG;
}

/* --- the group --- */

/*
 * Sockets are charged to the group in which the process that makes them is then.
 * Within the group nothing can be opened when its memory is used up, hence before.
 */
static int group_fd = -1, home_fd = -1;

static int open_group(const char *group, const char *where)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%scgroup.procs", group, where);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ensure(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

static void find_group(const char *group)
{
	if (!group)
		return;
	group_fd = open_group(group, "");
	home_fd = open_group(group, "../");
}

/* With @fd -1 there is no group. */
static void move_to(int fd)
{
	ensure(fd < 0 || write(fd, "0", 1) == 1, "cgroup.procs: %s", strerror(errno));
}

static int accept_in_group(int listener)
{
	int fd;

	move_to(group_fd);
	fd = accept(listener, NULL, NULL);
	move_to(home_fd);
	return fd;
}

static int socket_in_group(int protocol)
{
	int fd;

	move_to(group_fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	move_to(home_fd);
	return fd;
}

/* --- bytes --- */

/* @bytes of the stream from position @from, which need not be even. */
static const char *stream_at(uint32_t seed, uint32_t from, uint32_t bytes)
{
	static uint32_t words[8192 + 2];
	uint32_t first = from / 4, i;

	for (i = 0; i <= (from % 4 + bytes) / 4; i++)
		words[i] = ((first + i) ^ seed) * 2654435761u;
	return (char *)words + from % 4;
}

static uint32_t at_most(uint32_t bytes)
{
	return bytes < 32768 ? bytes : 32768;
}

/* Sends what the socket takes; false upon an error. */
static bool send_some(int fd, struct half *out)
{
	uint32_t n = at_most(out->bytes - out->done);
	ssize_t r = send(fd, stream_at(out->seed, out->done, n), n, MSG_NOSIGNAL);

	if (r < 0)
		return errno == EAGAIN;
	out->done += r;
	out->ended = out->done == out->bytes;
	if (out->ended && self == CLIENT)
		shutdown(fd, SHUT_WR);
	return true;
}

enum reading { MORE, END, ERROR, BAD };

static enum reading read_some(int fd, struct half *in)
{
	static char got[32768];
	ssize_t r = recv(fd, got, sizeof(got), 0);

	if (r < 0)
		return errno == EAGAIN ? MORE : ERROR;
	if (!r)
		return END;
	if (r > in->bytes - in->done || memcmp(got, stream_at(in->seed, in->done, r), r))
		return BAD;
	in->done += r;
	__atomic_fetch_add(&figures->bytes, r, __ATOMIC_RELAXED);
	return MORE;
}

/* --- one connection --- */

/* What poll() finds, 0 when that takes so long that the connection is stuck. */
static int wait_for(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, STUCK_S * 1000) > 0 ? p.revents : 0;
}

static void show_socket(int fd)
{
	struct sockaddr_in at = bound_to(fd);
	char command[128];

	snprintf(command, sizeof(command), "ss -tinmoeO '( sport = %d or dport = %d )' >&2",
		 ntohs(at.sin_port), ntohs(at.sin_port));
	if (system(command))
		perror("ss");
}

static bool is_killed(const struct plan *plan)
{
	return plan->killed != NOBODY;
}

/* The connection ended before all of it was there. */
static enum ending broken(const struct plan *plan, const struct half *in, const struct half *out,
			  const char *how)
{
	if (is_killed(plan) || may_break)
		return CUT;
	return wrong("%s after %u of %u read, %u of %u sent", how, in->done, in->bytes,
		     out->done, out->bytes);
}

static void rest(struct plan *plan, const struct half *in)
{
	if (!plan->rest_ms || in->done < plan->rest_at)
		return;
	usleep(plan->rest_ms * 1000);
	plan->rest_ms = 0;
}

/* Reads; true when the connection goes on, else @ending is what became of it. */
static bool receive(int fd, struct plan *plan, struct half *in, const struct half *out,
		 enum ending *ending)
{
	switch (read_some(fd, in)) {
	case BAD:
		*ending = wrong("wrong bytes behind %u of %u", in->done, in->bytes);
		return false;
	case ERROR:
		*ending = broken(plan, in, out, "reading failed");
		return false;
	case END:
		errno = 0;
		in->ended = true;
		if (in->done == in->bytes && (self == SERVER || out->ended))
			return true;
		*ending = broken(plan, in, out, "the end came");
		return false;
	case MORE:
		rest(plan, in);
	}
	return true;
}

/*
 * The client ends its direction first; the server, by closing, only when it has
 * read that end: so neither leaves data behind for a socket without a process.
 */
static enum ending transfer(int fd, struct plan *plan)
{
	struct half out = { .seed = plan->seed + self, .bytes = plan->bytes[self] };
	struct half in = { .seed = plan->seed + 3 - self, .bytes = plan->bytes[3 - self] };
	enum ending ending;

	while (!in.ended || !out.ended) {
		int events = (in.ended ? 0 : POLLIN) | (out.ended ? 0 : POLLOUT);
		int found = wait_for(fd, events);

		if (!found) {
			show_socket(fd);
			return wrong("stuck after %u of %u read, %u of %u sent", in.done,
				     in.bytes, out.done, out.bytes);
		}
		if (!out.ended && (found & POLLOUT) && !send_some(fd, &out))
			return broken(plan, &in, &out, "sending failed");
		if (!in.ended && (found & ~POLLOUT) && !receive(fd, plan, &in, &out, &ending))
			return ending;
	}
	return WHOLE;
}

/* The server's last bytes and its FIN, too, must be acknowledged while it lives. */
static void close_patiently(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = STUCK_S };
	int64_t since = now_us();

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	if (now_us() - since > STUCK_S * 1000000ll)
		exit(wrong("stuck while closing"));
}

static void die_after(uint32_t ms)
{
	struct sigevent kill = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec when = {
		.it_value = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 + 1 },
	};
	timer_t timer;

	ensure_ok(timer_create(CLOCK_MONOTONIC, &kill, &timer));
	ensure_ok(timer_settime(timer, 0, &when, NULL));
}

static void set_up(int fd)
{
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 5);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 15);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_nonblocking(fd);
}

static enum ending serve(int fd)
{
	enum ending ending;
	struct plan plan;
	ssize_t r;

	set_up(fd);
	if (!wait_for(fd, POLLIN)) {
		show_socket(fd);
		return wrong("stuck before the plan came");
	}
	r = recv(fd, &plan, sizeof(plan), 0);
	if (r != sizeof(plan))
		return CUT;			/* a client killed at once */
	if (plan.killed == SERVER)
		die_after(plan.kill_ms);
	ending = transfer(fd, &plan);
	if (ending == WHOLE)
		close_patiently(fd);
	return ending;
}

static struct plan draw_plan(void)
{
	struct plan plan = { .seed = rand() };

	plan.bytes[CLIENT] = 1 + rand() % (rand() % 3 ? MOST_BYTES : 5000);
	plan.bytes[SERVER] = 1 + rand() % (rand() % 3 ? MOST_BYTES : 5000);
	if (rand() % 3 == 0) {
		plan.rest_at = rand() % MOST_BYTES / 2;
		plan.rest_ms = rand() % LONGEST_REST_MS;
	}
	if (rand() % 3 == 0) {
		plan.killed = CLIENT + rand() % 2;
		plan.kill_ms = rand() % LATEST_KILL_MS;
	}
	return plan;
}

static enum ending use(int protocol, struct sockaddr_in where, struct plan plan)
{
	int fd = socket_in_group(protocol);

	if (fd < 0)
		return UNOPENED;
	set_up(fd);
	set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 4);
	if (plan.killed == CLIENT)
		die_after(plan.kill_ms);
	if (try_connect(fd, where) && errno != EINPROGRESS)
		return UNOPENED;
	if (!wait_for(fd, POLLOUT)) {
		show_socket(fd);
		return wrong("stuck while connecting");
	}
	if (error_of(fd))
		return UNOPENED;
	if (send(fd, &plan, sizeof(plan), MSG_NOSIGNAL) != sizeof(plan))
		return is_killed(&plan) || may_break ? CUT : wrong("sending the plan failed");
	return transfer(fd, &plan);
}

/* --- processes --- */

/* Counts what became of a connection's process. */
static void count(int status)
{
	enum ending ending = WRONG;

	if (WIFEXITED(status) && WEXITSTATUS(status) < ENDINGS)
		ending = WEXITSTATUS(status);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		ending = CUT;
	figures->endings[ending]++;
}

static int report(void)
{
	printf("%s: %u whole, %u cut short, %u not opened, %u wrong; %llu KB read\n",
	       self == CLIENT ? "client" : "server", figures->endings[WHOLE],
	       figures->endings[CUT], figures->endings[UNOPENED], figures->endings[WRONG],
	       (unsigned long long)figures->bytes / 1024);
	return figures->endings[WRONG] > 0;
}

static volatile bool stop;

static void on_term(int signal)
{
	(void)signal;
	stop = true;
}

static int serve_all(int protocol, uint16_t port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int listener = socket_of(protocol), fd, status;

	self = SERVER;
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term }, NULL);
	set_int(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (try_bind(listener, any) || listen(listener, 128))
		return wrong("listen");
	while (!stop) {
		struct pollfd p = { .fd = listener, .events = POLLIN };

		if (poll(&p, 1, 200) > 0 && (fd = accept_in_group(listener)) >= 0) {
			if (!fork()) {
				close(listener);
				_exit(serve(fd));
			}
			close(fd);
		}
		while (waitpid(-1, &status, WNOHANG) > 0)
			count(status);
	}
	close(listener);
	while (waitpid(-1, &status, 0) > 0)
		count(status);
	return report();
}

static int use_all(int protocol, struct sockaddr_in where, int seed, int seconds)
{
	time_t end = time(NULL) + seconds;
	int status;

	self = CLIENT;
	srand(seed);
	while (time(NULL) < end) {
		struct plan plan = draw_plan();
		pid_t pid = fork();

		if (!pid)
			_exit(use(protocol, where, plan));
		if (waitpid(pid, &status, 0) == pid)
			count(status);
		if (WIFEXITED(status) && WEXITSTATUS(status) == UNOPENED)
			usleep(100000);
	}
	return report();
}

int main(int argc, char **argv)
{
	figures = mmap(NULL, sizeof(*figures), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	may_break = getenv("MAY_BREAK");
	find_group(getenv("GROUP"));
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve_all(atoi(argv[2]), atoi(argv[3]));
	if (argc == 7 && !strcmp(argv[1], "use")) {
		struct sockaddr_in where = {
			.sin_family = AF_INET,
			.sin_port = htons(atoi(argv[4])),
			.sin_addr.s_addr = inet_addr(argv[3]),
		};

		return use_all(atoi(argv[2]), where, atoi(argv[5]), atoi(argv[6]));
	}
	fprintf(stderr, "usage: chaos serve PROTOCOL PORT\n"
			"       chaos use PROTOCOL ADDRESS PORT SEED SECONDS\n");
	return 2;
}
