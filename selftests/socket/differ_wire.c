// SPDX-License-Identifier: GPL-2.0
/*
 * differ_wire.c - which segments the same calls send
 *
 * A packet socket sees what passes over loopback. Of each segment its direction,
 * flags, relative SEQ and ACK, length and the kinds of its options are recorded:
 *
 *	>S 0:0 0 [,mss 65495,sackok,ts,ws]  <SA 0:1 0 [...]  >A 1:1 0 [,ts]
 *
 * Windows and their scale are left out: how much to offer is each TCP's own affair, and so is the
 * moment of a delayed ACK; the scripts wait until both have sent theirs.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include "differ.h"

static int wire = -1;
static uint16_t client_port;		/* whoever sends the first SYN */
static uint32_t isn[2];			/* of the client, of the server */
static bool isn_known[2];

/* Segments of connections from here on. */
static void listen_in(void)
{
	struct sockaddr_ll lo = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	int bytes = 1 << 20;

	if (wire >= 0)
		close(wire);
	wire = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	ensure(wire >= 0, "packet socket: %s", strerror(errno));
	lo.sll_ifindex = if_nametoindex("lo");
	ensure_ok(bind(wire, (void *)&lo, sizeof(lo)));
	setsockopt(wire, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	client_port = 0;
	isn_known[0] = isn_known[1] = false;
}

static size_t put_options(char *text, size_t size, const uint8_t *p, const uint8_t *end)
{
	static const char *const names[] = { "eol", "nop", "mss", "ws", "sackok", "sack", "6", "7", "ts" };
	size_t n = 0;

	while (p < end && *p) {
		int len = *p == 1 ? 1 : p[1];

		if (*p == 2)
			n += snprintf(text + n, size - n, ",mss %d", p[2] << 8 | p[3]);
		else if (*p != 1)
			n += snprintf(text + n, size - n, ",%s", *p < 9 ? names[*p] : "other");
		p += len ?: 1;
	}
	return n;
}

/* One segment as text; returns its length. */
static size_t put_segment(char *text, size_t size, const uint8_t *packet)
{
	static const char letters[] = "FSRPAUEC";
	const struct iphdr *ip = (const void *)packet;
	const struct tcphdr *th = (const void *)(packet + ip->ihl * 4);
	int flags = ((const uint8_t *)th)[13], from, i;
	unsigned int bytes = ntohs(ip->tot_len) - ip->ihl * 4 - th->doff * 4;
	size_t n;

	if (!client_port)
		client_port = th->source;
	from = th->source != client_port;
	if (th->syn || !isn_known[from])
		isn[from] = th->syn ? ntohl(th->seq) : 0;
	isn_known[from] |= th->syn;
	n = snprintf(text, size, " %c", "><"[from]);
	for (i = 0; i < 8; i++)
		if (flags & 1 << i)
			text[n++] = letters[i];
	n += snprintf(text + n, size - n, " %u:%u %u", ntohl(th->seq) - isn[from],
		      th->ack ? ntohl(th->ack_seq) - isn[!from] : 0, bytes);
	if (th->urg)
		n += snprintf(text + n, size - n, " up %u", ntohs(th->urg_ptr));
	n += snprintf(text + n, size - n, " [");
	n += put_options(text + n, size - n, (const uint8_t *)(th + 1),
			 (const uint8_t *)th + th->doff * 4);
	return n + snprintf(text + n, size - n, "] tos %d ttl %d df %d", ip->tos, ip->ttl,
			    !!(ip->frag_off & htons(IP_DF)));
}

/* Records what has passed since the last call, once it is quiet. */
static void record_wire(const char *what)
{
	static uint8_t packet[70000];
	char text[1000] = "";
	size_t n = 0;

	pass_ms(300);
	while (recv(wire, packet, sizeof(packet), 0) > 0)
		if (n < sizeof(text) - 150)
			n += put_segment(text + n, sizeof(text) - n, packet);
	record(what, "%s", text);
}

/* A connection whose handshake has been recorded. */
static struct pair watched(void)
{
	struct pair p;

	listen_in();
	p = connected();
	record_wire("handshake");
	return p;
}

DIFFER(wire__life, "A3 S2 W4")
{
	struct pair p = watched();

	R(send(p.client, "abc", 3, 0));
	record_wire("data");
	R(send(p.server, "defg", 4, 0));
	record_wire("answer");
	R(shutdown(p.client, SHUT_WR));
	record_wire("half close");
	R(send(p.server, "h", 1, 0));
	record_wire("data into the half-closed");
	R(close(p.server));
	record_wire("close");
	R(close(p.client));
	record_wire("after close");
}

DIFFER(wire__resets, "A3 S5 W9")
{
	struct linger hard = { .l_onoff = 1 };
	struct pair p = watched();

	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	R(close(p.client));
	record_wire("linger 0");
	R(send(p.server, "x", 1, MSG_NOSIGNAL));
	record_wire("send after a reset");
	p = watched();
	R(send(p.server, "unread", 6, 0));
	record_wire("data");
	R(close(p.client));
	record_wire("close with unread data");
	p = watched();
	R(close(p.client));
	record_wire("close");
	R(send(p.server, "x", 1, MSG_NOSIGNAL));
	record_wire("data to whom nobody reads");
	R(send(p.server, "x", 1, MSG_NOSIGNAL));
	record_wire("once more");
	p = watched();
	R(try_connect(p.client, (struct sockaddr_in){ .sin_family = AF_UNSPEC }));
	record_wire("disconnect");
	listen_in();
	R(try_connect(new_socket(), at_port(9)));
	record_wire("refused");
}

DIFFER(wire__small_writes, "A3 A4 F3")
{
	struct pair p = watched();

	app_set(p.client, IPPROTO_TCP, TCP_CORK, 1);
	R(send(p.client, "abc", 3, 0));
	R(send(p.client, "def", 3, 0));
	app_set(p.client, IPPROTO_TCP, TCP_CORK, 0);
	record_wire("uncorked");
	R(send(p.client, "abc", 3, MSG_MORE));
	R(send(p.client, "def", 3, 0));
	record_wire("MSG_MORE");
	R(writev(p.client, (struct iovec[]){ { (char *)"ab", 2 }, { (char *)"cd", 2 } }, 2));
	record_wire("writev");
	app_set(p.client, IPPROTO_TCP, TCP_NODELAY, 1);
	R(send(p.client, "abc", 3, 0));
	record_wire("TCP_NODELAY");
	R(send(p.client, "abc", 3, MSG_MORE));
	record_wire("MSG_MORE that nothing follows");
	R(send(p.client, "abc", 3, MSG_EOR));
	record_wire("MSG_EOR");
	R(send(p.client, "abU", 3, MSG_OOB));
	record_wire("MSG_OOB");
	R(send(p.client, "", 0, 0));
	record_wire("nothing");
	app_set(p.client, IPPROTO_TCP, TCP_CORK, 1);
	R(send(p.client, "abc", 3, 0));
	R(close(p.client));
	record_wire("closed while corked");
}

DIFFER(wire__options, "A3 A4 W6")
{
	static const struct { int level, name, value; const char *text; } options[] = {
		{ IPPROTO_IP, IP_TOS, 0x10, "IP_TOS" }, { IPPROTO_IP, IP_TOS, 0x03, "IP_TOS ECN" },
		{ IPPROTO_IP, IP_TTL, 33, "IP_TTL" },
		{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER" },
		{ IPPROTO_TCP, TCP_MAXSEG, 700, "TCP_MAXSEG" },
		{ SOL_SOCKET, SO_RCVBUF, 3000, "SO_RCVBUF" },
		{ SOL_SOCKET, SO_RCVBUF, 300000, "SO_RCVBUF large" },
		{ SOL_SOCKET, SO_PRIORITY, 5, "SO_PRIORITY" },
		{ SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE" },
	};
	static const char *const off[] = { "tcp_timestamps", "tcp_sack", "tcp_window_scaling" };
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		struct sockaddr_in where;
		int server = new_socket(), client = new_socket();

		about("%s", options[i].text);
		listen_in();
		app_set(server, options[i].level, options[i].name, options[i].value);
		app_set(client, options[i].level, options[i].name, options[i].value);
		listen_on(server, &where);
		R(try_connect(client, where));
		R(send(client, "x", 1, 0));
		record_wire("segments");
		close(client);
		close(server);
	}
	for (i = 0; i < ARRAY_SIZE(off); i++) {
		about("without %s", off[i]);
		snprintf(path, sizeof(path), "net/ipv4/%s", off[i]);
		sysctl_set(path, 0);
		watched();
		record_wire("segments");
	}
}

DIFFER(wire__keepalive, "A3 A4 F7")
{
	struct pair p = watched();

	app_set(p.client, IPPROTO_TCP, TCP_KEEPIDLE, 5);
	app_set(p.client, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	app_set(p.client, SOL_SOCKET, SO_KEEPALIVE, 1);
	pass_ms(4000);
	record_wire("before");
	pass_ms(2000);
	record_wire("probe and answer");
}

/* To somebody who does not answer, over the other device. */
DIFFER_LONG(wire__syn_retries, 100, "A4 R1")
{
	struct sockaddr_in to = at_port(PEER_PORT);
	int64_t start = now_us();
	int fd = app_socket();

	to.sin_addr.s_addr = htonl(PEER_ADDR);
	app_set(fd, IPPROTO_TCP, TCP_SYNCNT, 3);
	R(try_connect(fd, to));
	N(events_within(fd, POLLOUT, 60000));
	N(error_of(fd));
	N((now_us() - start) / 1000000);
	N(counter("Tcp", "RetransSegs"));
}
