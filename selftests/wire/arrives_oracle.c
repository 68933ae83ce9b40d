// SPDX-License-Identifier: GPL-2.0
/*
 * arrives_oracle.c - RFC 9293, section 3.10.7, "SEGMENT ARRIVES", as a function
 *
 * A second reading of the RFC, for arrives.c to hold against the stack: nothing
 * in here is taken from the module. The steps have the RFC's numbers and order;
 * with them go RFC 5961 (blind attacks), RFC 7323 (PAWS), and RFC 6191 and 1337
 * (TIME-WAIT). Each step either finishes with the segment or hands it on.
 *
 * Where the RFCs leave a choice, or ltcp goes a way of its own, a comment that
 * begins with "Choice:" says which and why. The list of them:
 *
 *  - text and FIN beside a SYN are left for the peer to send again, but when the
 *    SYN completes the handshake;
 *  - in SYN-RECEIVED the SYN that began it is answered by the SYN,ACK once more,
 *    any other SYN by a challenge ACK, from LISTEN too;
 *  - an ACK counts also when its segment is out of order;
 *  - a second FIN, behind the peer's FIN, is not acknowledged;
 *  - a reset in CLOSING and LAST-ACK is told to the program, with EPIPE instead of
 *    ECONNRESET in CLOSE-WAIT;
 *  - an orphan in FIN-WAIT-2 keeps nothing that is out of order, and, like
 *    TIME-WAIT, knows no ACK that is too old;
 *  - TIME-WAIT acknowledges the SYN that it does not give way to, which one at
 *    RCV.NXT is, too.
 *
 * An ACK of text in order may be delayed (MUST-40). How many answers of a kind are
 * sent in a second (RFC 5961, section 7) is not asked here.
 *
 * PSH, and with net.ipv4.tcp_ecn 0 ECE and CWR, change nothing of any of it.
 */
#include "arrives_oracle.h"
#include "wire.h"

/* The segment on its way through the steps; SEG.UP designates the number @mark. */
struct passage {
	struct tcb b;
	struct arrival s;
	struct answer a;
	int64_t mark;
};

static bool has(const struct passage *p, int flags)
{
	return p->s.flags & flags;
}

/* SEG.LEN: SYN and FIN count one each. */
static int64_t seg_len(const struct passage *p)
{
	return p->s.len + !!has(p, SYN) + !!has(p, FIN);
}

static int64_t right_edge(const struct tcb *b)
{
	return b->rcv_nxt + b->rcv_wnd;
}

static bool in_window(const struct tcb *b, int64_t seq)
{
	return seq >= b->rcv_nxt && seq < right_edge(b);
}

/* ---------------------------------------------- how a step may finish: true */

/* "Drop the segment and return." */
static bool dropped(struct passage *p, const char *why)
{
	p->a.sent = NOTHING;
	p->a.why = why;
	return true;
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, and drop it. */
static bool acked(struct passage *p, const char *why)
{
	p->a.sent = AN_ACK;
	p->a.seq = p->b.snd_nxt;
	p->a.ack = p->b.rcv_nxt;
	p->a.why = why;
	return true;
}

static bool challenged(struct passage *p, const char *why)
{
	p->a.challenge = true;
	return acked(p, why);
}

/* 3.5.2, groups 1 and 2: the numbers that the peer will find acceptable. */
static bool reset(struct passage *p, const char *why)
{
	p->a.sent = has(p, ACK) ? A_RST : A_RST_ACK;
	p->a.seq = has(p, ACK) ? p->s.ack : 0;
	p->a.ack = p->s.seq + seg_len(p);
	p->a.why = why;
	return true;
}

/* The connection is over; nothing is sent. */
static bool ended(struct passage *p, int error, const char *why)
{
	p->a.state = TCP_CLOSE;
	p->a.error = error;
	p->a.window = EITHER;
	p->a.taken = true;
	return dropped(p, why);
}

static bool fresh_connection(struct passage *p, int64_t above, const char *why)
{
	p->a.sent = A_FRESH_SYN_ACK;
	p->a.seq = above;
	p->a.ack = p->s.seq + 1;
	p->a.state = TCP_SYN_RECV;
	p->a.taken = true;
	p->a.why = why;
	return true;
}

/* ----------------------------------------------------- without a connection */

static void closed(struct passage *p)
{
	if (has(p, RST))
		dropped(p, "3.10.7.1: a RST is discarded");
	else
		reset(p, "3.10.7.1: everything else is answered by a RST");
}

static void listening(struct passage *p)
{
	if (has(p, RST))
		dropped(p, "3.10.7.2, first: a RST is ignored");
	else if (has(p, ACK))
		reset(p, "3.10.7.2, second: an ACK is answered by a RST");
	else if (has(p, SYN))
		/*
		 * Choice: text and FIN "should be queued for processing later".
		 * Who only pretends to be the sender could fill memory so.
		 */
		fresh_connection(p, ANY, "3.10.7.2, third: a SYN");
	else
		dropped(p, "3.10.7.2, fourth: the rest is dropped");
}

/* ------------------------------------ third to eighth step, where they go on */

/* Sixth: MUST-62 has the pointer behind the last urgent byte. */
static void urgent(struct passage *p)
{
	bool can = p->a.state == TCP_ESTABLISHED || p->a.state == TCP_FIN_WAIT1 ||
		   p->a.state == TCP_FIN_WAIT2;

	p->a.urgent = has(p, URG) && can && !p->b.orphan &&
		      p->mark >= p->b.rcv_nxt;
}

/* An ACK of all that is in order; @wait: MUST-40 applies. */
static bool owes_ack(struct passage *p, bool wait, const char *why)
{
	p->a.may_wait = wait;
	return acked(p, why);
}

/* Eighth, when the text before the FIN is all there. */
static bool finished(struct passage *p)
{
	static const struct { int from, to; } next[] = {
		{ TCP_ESTABLISHED, TCP_CLOSE_WAIT },
		{ TCP_FIN_WAIT1, TCP_CLOSING },
		{ TCP_FIN_WAIT2, TCP_TIME_WAIT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(next); i++)
		if (next[i].from == p->a.state) {
			p->a.state = next[i].to;
			break;
		}
	p->b.rcv_nxt++;
	p->a.eof = true;
	return owes_ack(p, false, "3.10.7.4, eighth: a FIN");
}

/*
 * Nobody can read any more. SHLD-3: new text then resets the connection, for what
 * it says would be lost.
 *
 * Choice: in FIN-WAIT-2 little is kept of the connection and nothing out of
 * order, so a FIN that shows text to be missing is the same as that text.
 */
static bool unreadable(struct passage *p)
{
	bool text = p->s.len || (p->b.state == TCP_FIN_WAIT2 && has(p, FIN));

	if (!text || p->s.seq + p->s.len <= p->b.rcv_nxt)
		return false;
	p->a.state = TCP_CLOSE;
	return reset(p, "3.6.1: data after close (SHLD-3)");
}

/*
 * Seventh and eighth. What lies beyond the window is cut off; with none at all
 * the text is, though ACK and URG have been looked at (MUST-66).
 */
static bool text_and_fin(struct passage *p)
{
	int64_t end = p->s.seq + p->s.len;
	bool fin = has(p, FIN) && end < right_edge(&p->b);

	if (!p->s.len && !has(p, FIN))
		return p->a.sent != NOTHING || dropped(p, "3.10.7.4: a good ACK");
	if (p->a.state != TCP_ESTABLISHED && p->a.state != TCP_FIN_WAIT1 &&
	    p->a.state != TCP_FIN_WAIT2)
		/*
		 * Choice: the seventh step ignores the text there. The eighth
		 * would acknowledge a FIN, but there is only one in a stream.
		 */
		return dropped(p, "3.10.7.4, seventh: no text after the peer's FIN");
	if (p->b.orphan && unreadable(p))
		return true;
	/*
	 * Choice: no window has room for a FIN, but nothing is missing before this one,
	 * and some peers would repeat it without a pause.
	 */
	if (!p->b.rcv_wnd && !p->s.len && p->s.seq == p->b.rcv_nxt)
		return finished(p);
	if (!p->b.rcv_wnd)
		return acked(p, "3.10.7.4, first: no room for text");
	if (p->s.seq > p->b.rcv_nxt) {
		p->a.held = true;
		return acked(p, "3.10.7.4, seventh: out of order, kept (SHLD-31, MAY-13)");
	}
	p->a.delivered = end - p->b.rcv_nxt;
	p->b.rcv_nxt = end;
	if (fin)
		return finished(p);
	return owes_ack(p, true, "3.10.7.4, seventh: text in order");
}

/* ------------------------------------------------------------------ SYN-SENT */

static void syn_sent(struct passage *p)
{
	if (has(p, ACK) && (p->s.ack <= 0 || p->s.ack > p->b.snd_nxt)) {
		if (has(p, RST))
			dropped(p, "3.10.7.3, first: a RST with a wrong ACK");
		else
			reset(p, "3.10.7.3, first: not an ACK of our SYN");
	} else if (has(p, RST) && has(p, ACK)) {
		ended(p, ECONNREFUSED, "3.10.7.3, second: refused");
	} else if (has(p, RST)) {
		dropped(p, "3.10.7.3, second: a RST without ACK (RFC 5961, 3.2)");
	} else if (!has(p, SYN)) {
		dropped(p, "3.10.7.3, fifth: neither SYN nor RST");
	} else if (!has(p, ACK)) {
		/* Choice: text beside the SYN as in LISTEN. */
		p->a.sent = A_SYN_ACK;
		p->a.ack = p->s.seq + 1;
		p->a.state = TCP_SYN_RECV;
		p->a.window = TAKEN;
		p->a.taken = true;
		p->a.why = "3.10.7.3, fourth: both have opened";
	} else {
		p->a.taken = true;
		p->a.state = TCP_ESTABLISHED;
		p->a.snd_una = p->s.ack;
		p->a.window = TAKEN;
		p->b.rcv_nxt = p->s.seq + 1;
		acked(p, "3.10.7.3, fourth: a SYN,ACK");
		/* "continue processing at the sixth step" behind the SYN */
		urgent(p);
		p->s.seq++;
		text_and_fin(p);
		p->a.may_wait = false;
	}
}

/* ------------------------------------------------------ synchronized states */

/* The four cases of section 3.4, table 6. */
static bool acceptable(const struct passage *p)
{
	const struct tcb *b = &p->b;
	int64_t len = seg_len(p);

	if (!len && !b->rcv_wnd)
		return p->s.seq == b->rcv_nxt;
	if (!len)
		return in_window(b, p->s.seq);
	if (!b->rcv_wnd)
		return false;
	return in_window(b, p->s.seq) || in_window(b, p->s.seq + len - 1);
}

/* "Special allowance should be made to accept valid ACKs, URGs, and RSTs." */
static bool allowance(const struct passage *p)
{
	return !p->b.rcv_wnd && p->s.seq == p->b.rcv_nxt && has(p, ACK | RST);
}

/*
 * Figure 8: both have opened, and the SYN,ACKs cross. The SYN is the one that was
 * taken already and not acceptable again, but its ACK completes the handshake.
 */
static bool crossed(struct passage *p)
{
	return p->b.state == TCP_SYN_RECV && !p->b.passive && !has(p, RST) &&
	       has(p, SYN) && has(p, ACK) && p->s.seq == p->b.rcv_nxt - 1;
}

/*
 * Choice: that its sender repeats its SYN shows that our SYN,ACK got lost, and
 * in SYN-SENT nothing less would help it.
 */
static bool syn_again(const struct passage *p)
{
	return p->b.state == TCP_SYN_RECV && p->b.passive && has(p, SYN) &&
	       !has(p, ACK | RST | FIN) && p->s.seq == p->b.rcv_nxt - 1;
}

static bool first_sequence(struct passage *p)
{
	if (p->s.stamp == OLDER && !has(p, RST))
		return acked(p, "RFC 7323, 5.3, R1: an old timestamp");
	if (crossed(p)) {
		acked(p, "3.10.7.4, first: the SYN is old");
		p->s.seq++;
		p->s.flags &= ~SYN;
	}
	if (syn_again(p)) {
		p->a.sent = A_SYN_ACK;
		p->a.ack = p->b.rcv_nxt;
		p->a.why = "the same SYN again";
		return true;
	}
	if (acceptable(p) || allowance(p))
		return false;
	if (has(p, RST))
		return dropped(p, "3.10.7.4, first: a RST outside the window");
	return acked(p, "3.10.7.4, first: outside the window");
}

/* RFC 5961, section 3.2, which RFC 9293 has taken over. */
static bool second_rst(struct passage *p)
{
	if (!has(p, RST))
		return false;
	if (p->s.seq != p->b.rcv_nxt && in_window(&p->b, p->s.seq))
		return challenged(p, "3.10.7.4, second: a RST in the window, not at RCV.NXT");
	if (p->s.seq != p->b.rcv_nxt)
		return dropped(p, "3.10.7.4, second: a RST that begins outside the window");
	switch (p->b.state) {
	case TCP_SYN_RECV:
		if (p->b.passive)
			return ended(p, 0, "3.10.7.4, second: back to LISTEN");
		return ended(p, ECONNREFUSED, "3.10.7.4, second: refused");
	case TCP_TIME_WAIT:
		return ended(p, 0, "3.10.7.4, second: a RST in TIME-WAIT");
	case TCP_CLOSE_WAIT:
		/* Choice: all was received, so the program learns when it writes. */
		return ended(p, EPIPE, "3.10.7.4, second: reset");
	}
	/*
	 * Choice: in CLOSING and LAST-ACK the RFC tells nobody. What was under way
	 * is lost as in the other states (MUST-12).
	 */
	return ended(p, p->b.orphan ? 0 : ECONNRESET, "3.10.7.4, second: reset");
}

/*
 * RFC 5961, section 4.2. Choice: so also in a SYN-RECEIVED that comes from
 * LISTEN, which the RFC has go back there: a stranger could bring that about.
 */
static bool fourth_syn(struct passage *p)
{
	return has(p, SYN) && challenged(p, "3.10.7.4, fourth: a SYN");
}

/* What an ACK of all we have sent, our FIN included, does to the state. */
static int after_ack_of_all(int state)
{
	switch (state) {
	case TCP_SYN_RECV:	return TCP_ESTABLISHED;
	case TCP_FIN_WAIT1:	return TCP_FIN_WAIT2;
	case TCP_CLOSING:	return TCP_TIME_WAIT;
	case TCP_LAST_ACK:	return TCP_CLOSE;
	}
	return state;
}

/* RFC 5961, section 5.2: a real peer's ACK is not older than this. */
static bool too_old(const struct passage *p)
{
	/*
	 * Choice: what stands in for an orphan in FIN-WAIT-2 does not know
	 * MAX.SND.WND; all that it sent is acknowledged.
	 */
	if (p->b.state == TCP_FIN_WAIT2 && p->b.orphan)
		return false;
	return p->s.ack < p->b.snd_una - p->b.max_snd_wnd;
}

/*
 * SND.WL1 and SND.WL2, put simply: the window of an old ACK is old, that of a segment
 * at RCV.NXT or above is new; before that it depends on what came last.
 */
static int window(const struct passage *p)
{
	if (p->s.ack < p->b.snd_una)
		return KEPT;
	return p->s.seq < p->b.rcv_nxt ? EITHER : TAKEN;
}

/*
 * Choice: the RFC would keep a segment that is out of order until its turn, ACK
 * and all (SHLD-31). But its ACK is good, and duplicate ACKs have to be seen when
 * they come (RFC 5681): only the text waits.
 */
static bool fifth_ack(struct passage *p)
{
	if (!has(p, ACK))
		return dropped(p, "3.10.7.4, fifth: no ACK");
	if (p->b.state == TCP_SYN_RECV &&
	    (p->s.ack <= p->b.snd_una || p->s.ack > p->b.snd_nxt))
		return reset(p, "3.10.7.4, fifth: not an ACK of our SYN");
	if (too_old(p))
		return challenged(p, "3.10.7.4, fifth: an ACK too old (RFC 5961, 5.2)");
	if (p->s.ack > p->b.snd_nxt)
		return challenged(p, "3.10.7.4, fifth: an ACK of what was not sent");
	p->a.taken = true;
	p->a.window = window(p);
	if (p->s.ack > p->b.snd_una)
		p->a.snd_una = p->s.ack;
	if (p->s.ack == p->b.snd_nxt)
		p->a.state = after_ack_of_all(p->b.state);
	return false;
}

static void synchronized(struct passage *p)
{
	if (first_sequence(p) || second_rst(p) || fourth_syn(p) || fifth_ack(p))
		return;
	urgent(p);
	text_and_fin(p);
}

/* ----------------------------------------------------------------- TIME-WAIT */

/*
 * RFC 6191, section 2, and for peers without timestamps RFC 9293's MAY-2: a SYN
 * that cannot be one of the old connection begins a new one.
 *
 * Choice: it has to be above RCV.NXT, which the old connection's next segment, if
 * there could be one, would have.
 */
static bool syn_is_new(const struct passage *p)
{
	if (p->s.stamp == OLDER || p->s.stamp == NEWER)
		return p->s.stamp == NEWER;
	return p->s.seq > p->b.rcv_nxt;
}

/* Comes before the first step, which "is not applicable for incoming SYNs" here. */
static bool time_wait_syn(struct passage *p)
{
	if (!has(p, SYN) || has(p, RST | ACK))
		return false;
	if (syn_is_new(p))
		return fresh_connection(p, p->b.snd_nxt, "3.6.1: a new SYN (MAY-2, RFC 6191)");
	/*
	 * Choice: RFC 6191 would not answer. With the ACK a peer that has
	 * restarted can clear the way by a RST.
	 */
	return acked(p, "3.6.1: a SYN that may be old");
}

static void time_wait(struct passage *p)
{
	if (time_wait_syn(p) || first_sequence(p) || second_rst(p) || fourth_syn(p))
		return;
	if (!has(p, ACK)) {
		dropped(p, "3.10.7.4, fifth: no ACK");
		return;
	}
	if (p->s.ack > p->b.snd_nxt) {
		acked(p, "3.10.7.4, fifth: an ACK of what was not sent");
		return;
	}
	/* Choice: too old an ACK has nothing here that it could harm. */
	p->a.taken = true;
	dropped(p, "3.10.7.4, fifth: TIME-WAIT waits for the peer's FIN alone");
}

/**
 * answer_to() - what must come of a segment
 * @b: the connection
 * @s: the segment
 *
 * Return: all of it, also what must not happen.
 */
struct answer answer_to(const struct tcb *b, const struct arrival *s)
{
	struct passage p = {
		.b = *b, .s = *s,
		.a = { .state = b->state, .snd_una = b->snd_una },
		.mark = s->seq + s->urgent - 1,
	};

	switch (b->state) {
	case TCP_CLOSE:
		closed(&p);
		break;
	case TCP_LISTEN:
		listening(&p);
		break;
	case TCP_SYN_SENT:
		syn_sent(&p);
		break;
	case TCP_TIME_WAIT:
		time_wait(&p);
		break;
	default:
		synchronized(&p);
	}
	return p.a;
}
