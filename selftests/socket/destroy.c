// SPDX-License-Identifier: GPL-2.0
/*
 * destroy.c - an administrator ends a connection (SOCK_DESTROY, "ss -K")
 *
 * Asked for by addresses and ports, a socket of any state goes: the program gets
 * ECONNABORTED, the peer a RST where its connection would otherwise stay
 * (RFC 9293 section 3.10.5).
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "machine.h"
#include "pair.h"

/* Returns 0 or the errno of the answer. */
static int destroy(struct inet_diag_sockid id)
{
	struct {
		struct nlmsghdr nlh;
		struct inet_diag_req_v2 req;
	} ask = {
		.nlh = {
			.nlmsg_len = sizeof(ask), .nlmsg_type = SOCK_DESTROY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.req = {
			.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP,
			.idiag_states = ~0u, .id = id,
		},
	};
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
		char more[256];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	ask.req.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	ask.req.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	ensure_ok(fd);
	ensure_ok(send(fd, &ask, sizeof(ask), 0));
	ensure_ok(recv(fd, &answer, sizeof(answer), 0));
	close(fd);
	ensure_eq(answer.nlh.nlmsg_type, NLMSG_ERROR);
	return -answer.err.error;
}

/* The stack's end of the connection that the script talks about. */
static int destroy_scripted(void)
{
	return destroy((struct inet_diag_sockid){
		.idiag_sport = htons(c->stack_port), .idiag_dport = htons(c->peer_port),
		.idiag_src[0] = htonl(STACK_ADDR), .idiag_dst[0] = htonl(PEER_ADDR),
	});
}

static int destroy_fd(int fd)
{
	struct sockaddr_in own = bound_to(fd), peer = {};
	socklen_t len = sizeof(peer);

	getpeername(fd, (struct sockaddr *)&peer, &len);
	return destroy((struct inet_diag_sockid){
		.idiag_sport = own.sin_port, .idiag_dport = peer.sin_port,
		.idiag_src[0] = own.sin_addr.s_addr, .idiag_dst[0] = peer.sin_addr.s_addr,
	});
}

WIRE_TEST(destroy, connection__every_state, "A5 S5 D5")
{
	static const struct { int state; bool rst; } rows[] = {
		{ TCP_SYN_SENT, false },
		{ TCP_SYN_RECV, false },
		{ TCP_ESTABLISHED, true },
		{ TCP_FIN_WAIT1, true },
		{ TCP_FIN_WAIT2, true },
		{ TCP_CLOSE_WAIT, true },
		{ TCP_CLOSING, false },
		{ TCP_LAST_ACK, false },
		{ TCP_TIME_WAIT, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		note("in %s", state_name(rows[i].state));
		new_connection();
		fd = reach(rows[i].state);
		expect_pair(rows[i].state);
		ignore_rest();
		ensure_eq(destroy_scripted(), 0);
		if (rows[i].rst)
			expect(RST | ACK);
		expect_silence(10);
		expect_pair(TCP_CLOSE);
		if (fd >= 0) {
			ensure_eq(error_of(fd), ECONNABORTED);
			close(fd);
		}
		if (listener >= 0)
			close(listener);
		listener = -1;
		expect_silence(1000);
		ensure_eq(destroy_scripted(), ENOENT);
	}
}

/* Nobody has them any more: they are destroyed for good. */
WIRE_TEST(destroy, orphan__every_state, "A5 A7 D5")
{
	static const int states[] = { TCP_FIN_WAIT1, TCP_CLOSING, TCP_LAST_ACK };
	long orphans = sockstat().orphan, all = sockstat().alloc;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		note("in %s", state_name(states[i]));
		new_connection();
		app_close(reach(states[i]));
		if (listener >= 0)
			close(listener);
		listener = -1;
		ensure_eq(sockstat().orphan, orphans + 1);
		ensure_eq(destroy_scripted(), 0);
		pass_ms(10);
		ignore_rest();
		expect_pair(TCP_CLOSE);
		ensure_eq(sockstat().orphan, orphans);
	}
	pass_ms(100);		/* RCU */
	ensure_eq(sockstat().alloc, all);
}

WIRE_TEST(destroy, connection__both_programs_are_told, "A5 A3 S5")
{
	struct pair p = connected();
	int64_t begun = now_us();

	after(100) destroy_fd(p.client);
	ensure_fails(recv(p.client, (char[4]){}, 4, 0), ECONNABORTED);
	ensure_took(begun, 100);
	ensure_fails(recv(p.server, (char[4]){}, 4, 0), ECONNRESET);
	ensure(events_of(p.client) & POLLHUP, "no POLLHUP");
	ensure_fails(send(p.client, "x", 1, MSG_NOSIGNAL), EPIPE);
}

/* What waits in its queue, half open or not yet accepted, goes with it. */
WIRE_TEST(destroy, listener__with_its_queues, "A5 A3 S5")
{
	struct sockaddr_in where;
	int fd = listen_at(&where), client = new_socket();
	int64_t begun;

	ensure_ok(try_connect(client, where));
	ensure_eq(destroy_fd(fd), 0);
	ensure_fails(recv(client, (char[4]){}, 4, 0), ECONNRESET);
	ensure_eq(error_of(fd), ECONNABORTED);
	ensure_fails(try_connect(new_socket(), where), ECONNREFUSED);
	close(fd);

	fd = listen_at(&where);
	begun = now_us();
	after(100) destroy_fd(fd);
	ensure(accept(fd, NULL, NULL) < 0, "accept() succeeded");
	ensure_took(begun, 100);
}

WIRE_TEST(destroy, request__its_ack_is_refused, "A5 W9")
{
	reach(TCP_SYN_RECV);
	ensure_eq(destroy_scripted(), 0);
	inject(ACK, SEQ(1), ACK(1));
	expect(RST, SEQ(1));
}

WIRE_TEST(destroy, ss__by_a_filter, "A5")
{
	struct pair a = connected(), b = connected();
	char command[64];

	snprintf(command, sizeof(command), "ss -K -n dport = :%d",
		 ntohs(bound_to(a.listener).sin_port));
	ensure_eq(system(command), 0);
	ensure_eq(error_of(a.client), ECONNABORTED);
	ensure_eq(error_of(a.server), ECONNRESET);
	ensure_eq(error_of(b.client), 0);
	ensure_eq(counter("Tcp", "CurrEstab"), 2);
}
