// SPDX-License-Identifier: GPL-2.0
/*
 * takeover.c - whose an ordinary socket is: net.ltcp.takeover, per namespace
 */
#include <sched.h>

#include "pair.h"

#define TAKEOVER "net/ltcp/takeover"

/* How many sockets a protocol has in this namespace's tables. */
static int sockets_of(const char *protocol)
{
	FILE *f = fopen("/proc/thread-self/net/protocols", "r");
	char line[512], name[64];
	int n, found = -1;

	ensure(f, "/proc/net/protocols: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %*d %d", name, &n) == 2 && !strcmp(name, protocol))
			found = n;
	fclose(f);
	return found;
}

/* A socket shows whose it is when it listens. */
static bool listens_as_ltcp(int fd)
{
	int before = sockets_of("LTCP");

	ensure_ok(listen(fd, 1));
	return sockets_of("LTCP") == before + 1;
}

static void only_for_ltcp(void)
{
	if (!is_ltcp())
		wire_skip("nothing to take over with");
}

WIRE_TEST(takeover, takeover__off_by_default, "A1 A2")
{
	only_for_ltcp();
	ensure_eq(sysctl_get(TAKEOVER), 0);
	ensure(!listens_as_ltcp(socket_of(0)), "protocol 0 is ltcp");
	ensure(!listens_as_ltcp(socket_of(IPPROTO_TCP)), "protocol 6 is ltcp");
	ensure(listens_as_ltcp(socket_of(IPPROTO_LTCP)), "protocol 253 is not ltcp");
}

WIRE_TEST(takeover, takeover__on, "A1")
{
	only_for_ltcp();
	sysctl_set(TAKEOVER, 1);
	ensure_eq(sysctl_get(TAKEOVER), 1);
	ensure(listens_as_ltcp(socket_of(0)), "protocol 0 is not ltcp");
	ensure(listens_as_ltcp(socket_of(IPPROTO_TCP)), "protocol 6 is not ltcp");
	ensure(listens_as_ltcp(socket_of(IPPROTO_LTCP)), "protocol 253 is not ltcp");
}

WIRE_TEST(takeover, takeover__off_again, "A1 A2")
{
	int fd;

	only_for_ltcp();
	sysctl_set(TAKEOVER, 1);
	fd = socket_of(0);
	sysctl_set(TAKEOVER, 0);
	ensure(!listens_as_ltcp(socket_of(0)), "a new socket is ltcp's");
	ensure(listens_as_ltcp(fd), "an old socket is not ltcp's");
}

/* Turning it on or off twice does no harm. */
WIRE_TEST(takeover, takeover__repeated, "A1 A7")
{
	int i;

	only_for_ltcp();
	for (i = 0; i < 10; i++) {
		sysctl_set(TAKEOVER, 1);
		sysctl_set(TAKEOVER, 1);
		ensure(listens_as_ltcp(socket_of(0)), "on, but not ltcp");
		sysctl_set(TAKEOVER, 0);
		sysctl_set(TAKEOVER, 0);
		ensure(!listens_as_ltcp(socket_of(0)), "off, but ltcp");
	}
}

WIRE_TEST(takeover, takeover__namespace_by_namespace, "A1 A2")
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	only_for_ltcp();
	sysctl_set(TAKEOVER, 1);
	ensure_ok(unshare(CLONE_NEWNET));
	ensure_eq(sysctl_get(TAKEOVER), 0);
	ensure(!listens_as_ltcp(socket_of(0)), "another namespace is taken over, too");
	ensure_ok(setns(home, CLONE_NEWNET));
	ensure(listens_as_ltcp(socket_of(0)), "the first namespace is lost");
}

/* The namespace goes while it holds the take-over. */
WIRE_TEST(takeover, takeover__namespace_ends, "A1 A7")
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), i;

	only_for_ltcp();
	for (i = 0; i < 10; i++) {
		ensure_ok(unshare(CLONE_NEWNET));
		sysctl_set(TAKEOVER, 1);
		close(socket_of(0));
		ensure_ok(setns(home, CLONE_NEWNET));
	}
	ensure(!listens_as_ltcp(socket_of(0)), "its take-over is still there");
}

/* Every other kind of socket stays what it is. */
WIRE_TEST(takeover, takeover__other_sockets, "A2")
{
	static const int kinds[][3] = {
		{ AF_INET, SOCK_DGRAM, 0 }, { AF_INET, SOCK_RAW, IPPROTO_ICMP },
		{ AF_INET6, SOCK_STREAM, 0 }, { AF_UNIX, SOCK_STREAM, 0 },
	};
	size_t i;
	int fd;

	only_for_ltcp();
	sysctl_set(TAKEOVER, 1);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		fd = socket(kinds[i][0], kinds[i][1], kinds[i][2]);
		if (fd < 0 && errno == EAFNOSUPPORT)
			continue;
		ensure(fd >= 0, "family %d type %d: %s", kinds[i][0], kinds[i][1],
		       strerror(errno));
		ensure_eq(get_int(fd, SOL_SOCKET, SO_TYPE), kinds[i][1]);
		ensure_eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), kinds[i][0]);
	}
	ensure_fails(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	ensure_fails(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
}

WIRE_TEST(takeover, takeover__accepted_sockets, "A1")
{
	struct sockaddr_in where;
	int fd, client;

	only_for_ltcp();
	sysctl_set(TAKEOVER, 1);
	fd = listen_on(socket_of(0), &where);
	client = socket_of(0);
	ensure_ok(try_connect(client, where));
	ensure_ok(accept(fd, NULL, NULL));
	ensure_eq(sockets_of("LTCP"), 3);
	ensure_eq(sockets_of("TCP"), 0);
}

WIRE_TEST(takeover, takeover__bad_values, "A1")
{
	int fd;

	only_for_ltcp();
	fd = open("/proc/sys/" TAKEOVER, O_WRONLY);
	ensure_ok(fd);
	ensure_fails(write(fd, "2", 1), EINVAL);
	ensure_fails(write(fd, "-1", 2), EINVAL);
	ensure_fails(write(fd, "x", 1), EINVAL);
	ensure_eq(sysctl_get(TAKEOVER), 0);
}

/* A counter of /proc/net/ltcp. */
static long ltcp_counter(const char *wanted)
{
	return listed("/proc/thread-self/net/ltcp", wanted);
}

WIRE_TEST(takeover, counters__proc_net_ltcp, "A5 O5")
{
	struct pair p;

	only_for_ltcp();
	p = connected();
	send_pattern(p.client, 0, 100000);
	read_pattern(p.server, 0, 100000);
	ensure_eq(ltcp_counter("InBytes"), 100000);
	ensure_eq(ltcp_counter("OutBytes"), 100000);
}

/*
 * Loopback's word is taken for every checksum; a TUN device says nothing, and each
 * is computed, so that a wrong one is found.
 */
WIRE_TEST(takeover, counters__checksums, "O3 O5")
{
	struct pair p;
	long device;

	only_for_ltcp();
	p = connected();
	send_pattern(p.client, 0, 100000);
	read_pattern(p.server, 0, 100000);
	device = ltcp_counter("InChecksumDevice");
	ensure(device > 2, "the device's word counted %ld times", device);
	ensure_eq(ltcp_counter("InChecksumSoftware"), 0);

	active_open();
	inject(PSH | ACK, SEQ(1), LEN(100));
	expect_ack(101);
	inject(PSH | ACK, SEQ(101), LEN(100), BAD_CHECKSUM);
	expect_silence(100);
	ensure_eq(ltcp_counter("InChecksumSoftware"), 2);
	ensure_eq(ltcp_counter("InChecksumDevice"), device);
	ensure_eq(counter("Tcp", "InCsumErrors"), 1);
}
