// SPDX-License-Identifier: GPL-2.0
/*
 * flags.c - every combination of the eight control bits in every state, at
 * SEQ=RCV.NXT (ATTACK-35)
 *
 * answer() says in RFC 9293's own order of steps, section 3.10.7, what must come
 * back. PSH, URG, ECE and CWR change nothing of it.
 */
#include "wire.h"

/* What the stack does about a segment, and where that leaves the connection. */
struct answer {
	enum {
		NOTHING,
		A_RST,		/* <SEQ=SEG.ACK><CTL=RST> */
		A_RST_ACK,	/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
		AN_ACK,		/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
		AN_ACK_OF_FIN,	/* the same, RCV.NXT one further; perhaps delayed */
		A_SYN_ACK,	/* <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> */
	} sent;
	int state;
};

#define ANSWER(sent_, state_) ((struct answer){ .sent = (sent_), .state = (state_) })

/* 3.10.7.1 */
static struct answer closed(int flags)
{
	if (flags & RST)
		return ANSWER(NOTHING, TCP_CLOSE);
	return ANSWER(flags & ACK ? A_RST : A_RST_ACK, TCP_CLOSE);
}

/* 3.10.7.2; the state is that of the pair, not the listener's. */
static struct answer listening(int flags)
{
	if (flags & RST)				/* first */
		return ANSWER(NOTHING, TCP_CLOSE);
	if (flags & ACK)				/* second */
		return ANSWER(A_RST, TCP_CLOSE);
	if (flags & SYN)				/* third */
		return ANSWER(A_SYN_ACK, TCP_SYN_RECV);
	return ANSWER(NOTHING, TCP_CLOSE);		/* fourth */
}

/* 3.10.7.3, with an ACK of our SYN where there is one */
static struct answer syn_sent(int flags)
{
	if (flags & RST)				/* second */
		return ANSWER(NOTHING, flags & ACK ? TCP_CLOSE : TCP_SYN_SENT);
	if (!(flags & SYN))				/* fifth */
		return ANSWER(NOTHING, TCP_SYN_SENT);
	if (!(flags & ACK))				/* fourth */
		return ANSWER(A_SYN_ACK, TCP_SYN_RECV);
	if (flags & FIN)
		return ANSWER(AN_ACK_OF_FIN, TCP_CLOSE_WAIT);
	return ANSWER(AN_ACK, TCP_ESTABLISHED);
}

/* 3.10.7.4, fifth step: the ACK acknowledges all we have sent, also our FIN. */
static int after_ack(int state)
{
	switch (state) {
	case TCP_SYN_RECV:
		return TCP_ESTABLISHED;
	case TCP_FIN_WAIT1:
		return TCP_FIN_WAIT2;
	case TCP_CLOSING:
		return TCP_TIME_WAIT;
	case TCP_LAST_ACK:
		return TCP_CLOSE;
	}
	return state;
}

/* ... eighth step: a FIN behind the peer's last byte. */
static struct answer after_fin(int state)
{
	switch (state) {
	case TCP_ESTABLISHED:
		return ANSWER(AN_ACK_OF_FIN, TCP_CLOSE_WAIT);
	case TCP_FIN_WAIT2:
		return ANSWER(AN_ACK_OF_FIN, TCP_TIME_WAIT);
	}
	return ANSWER(NOTHING, state);	/* "remain in", with a FIN beyond the FIN */
}

/* 3.10.7.4, of a segment at RCV.NXT whose ACK is SND.NXT */
static struct answer synchronized(int state, int flags)
{
	if (flags & RST)				/* second */
		return ANSWER(NOTHING, TCP_CLOSE);
	if (flags & SYN)				/* fourth: RFC 5961 */
		return ANSWER(AN_ACK, state);
	if (!(flags & ACK))				/* fifth */
		return ANSWER(NOTHING, state);
	state = after_ack(state);
	return flags & FIN ? after_fin(state) : ANSWER(NOTHING, state);
}

static struct answer answer(int state, int flags)
{
	switch (state) {
	case TCP_CLOSE:
		return closed(flags);
	case TCP_LISTEN:
		return listening(flags);
	case TCP_SYN_SENT:
		return syn_sent(flags);
	}
	return synchronized(state, flags);
}

static void expect_answer(const struct answer *a, int flags, int64_t seq)
{
	int64_t end = seq + !!(flags & SYN) + !!(flags & FIN);
	const struct seen *s;

	switch (a->sent) {
	case NOTHING:
		break;
	case A_RST:
		expect(RST, SEQ(77), LEN(0));
		break;
	case A_RST_ACK:
		expect(RST | ACK, SEQ(0), ACK(end), LEN(0));
		break;
	case AN_ACK:
		expect(ACK, SEQ(c->stack_max), ACK(c->peer_max), LEN(0));
		break;
	case AN_ACK_OF_FIN:
		/* a SYN,ACK may be acknowledged before its FIN is */
		if (flags & SYN && expect_within(0, 500, ACK, LEN(0))->ack == end)
			break;
		expect_within(0, 500, ACK, SEQ(c->stack_max), ACK(end), LEN(0));
		break;
	case A_SYN_ACK:
		/* with ECE and CWR in the SYN, ECN may be agreed on */
		s = take(5);
		ensure(s && (s->flags & ~ECE) == (SYN | ACK), "no SYN,ACK");
		ensure(s->seq == 0 && s->ack == 1, "not <SEQ=ISS><ACK=RCV.NXT>");
		break;
	}
}

static void play(int state, int flags)
{
	struct answer a = answer(state, flags);
	struct connection before;
	int fd;

	new_connection();
	note("%02x in %s", flags, state_name(state));
	c->unchecked = state == TCP_CLOSE;
	fd = reach(state);
	before = *c;
	if (state == TCP_CLOSE || state == TCP_LISTEN)
		inject(flags, SEQ(c->peer_max), .ack = { flags & ACK ? GIVEN : LEFT_OUT, 77, 77 });
	else
		inject(flags, SEQ(c->peer_max));
	/* what is refused was not said */
	if (a.sent == NOTHING || (a.sent == AN_ACK && state != TCP_SYN_SENT))
		c->peer_max = before.peer_max;
	expect_answer(&a, flags, before.peer_max);
	ensure(!take(0), "more than one answer");
	expect_pair(a.state);
	end_case(state == TCP_LISTEN ? -1 : fd);
}

static void all_256(int state)
{
	int flags;

	if (state == TCP_LISTEN || state == TCP_SYN_SENT)
		differs_from_builtin("it ignores a FIN beside SYN");
	if (state == TCP_SYN_RECV)
		differs_from_builtin("a SYN in the window resets");
	if (state == TCP_TIME_WAIT)
		differs_from_builtin("it acknowledges whatever comes");
	for (flags = 0; flags < 256; flags++)
		play(state, flags);
}

#define ALL_FLAGS(name, state)						\
	WIRE_TEST_LONG(flags, all__##name, 120, "ATTACK-35 S1 W9 S6")	\
	{								\
		all_256(state);						\
	}

ALL_FLAGS(closed, TCP_CLOSE)
ALL_FLAGS(listen, TCP_LISTEN)
ALL_FLAGS(syn_sent, TCP_SYN_SENT)
ALL_FLAGS(syn_received, TCP_SYN_RECV)
ALL_FLAGS(established, TCP_ESTABLISHED)
ALL_FLAGS(close_wait, TCP_CLOSE_WAIT)
ALL_FLAGS(fin_wait_1, TCP_FIN_WAIT1)
ALL_FLAGS(fin_wait_2, TCP_FIN_WAIT2)
ALL_FLAGS(closing, TCP_CLOSING)
ALL_FLAGS(last_ack, TCP_LAST_ACK)
ALL_FLAGS(time_wait, TCP_TIME_WAIT)
