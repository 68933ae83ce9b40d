// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - what any segment must obey, and how one is compared with a script
 *
 * What any segment must obey
 * --------------------------
 * segment_parse() refuses what is malformed. Here are the rules that need the
 * connection's history, checked on every segment of every test:
 *
 *  - don't-fragment is set (RFC 1191);
 *  - MSS, window scale and SACK-permitted only on a SYN (MUST-65, RFC 7323,
 *    RFC 2018); window scale never above 14;
 *  - timestamps on every segment but RST once both SYNs had them, and on none
 *    otherwise (RFC 7323, section 3.2); their clock never runs backwards;
 *  - no SACK blocks unless permitted, and only of data above the ACK or, as
 *    D-SACK, inside what was received (RFC 2018, 2883);
 *  - payload and options together within the MSS the peer gave, or 536
 *    (MUST-15, MUST-16), and the packet within the MTU;
 *  - payload inside the window the peer offered, but for one byte of probe
 *    (MUST-36);
 *  - the right edge of the own window never moves left (SHLD-14);
 *  - nothing acknowledged that was never sent to it;
 *  - only new data is ECT: no SYN, RST or ACK alone, and nothing sent again
 *    (RFC 3168, sections 6.1.1 and 6.1.4 to 6.1.6); CWR, outside of SYNs, only
 *    where ECT is;
 *  - one FIN at one sequence number, nothing after it;
 *  - the bytes are those the application wrote.
 */
#include "wire.h"

/* Sending MSS values below this are not used by anybody (ATTACK-3). */
enum { MSS_FLOOR = 88 };

bool both_scale(void)
{
	return c->peer_wscale >= 0 && c->stack_wscale >= 0;
}

bool both_stamp(void)
{
	return c->peer_stamps && c->stack_stamps;
}

static int64_t end_of(const struct seen *s)
{
	return s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
}

static const char *check_options(const struct seen *s)
{
	bool syn = s->flags & SYN;
	/* in a simultaneous open it repeats what its own SYN offered */
	bool reply = s->flags & SYN && s->flags & ACK && !c->stack_sent_syn;

	if (!syn && s->mss >= 0)
		return "an MSS option without SYN (MUST-65)";
	if (!syn && s->wscale >= 0)
		return "a window scale option without SYN";
	if (!syn && s->sack_ok)
		return "a SACK-permitted option without SYN";
	if (s->wscale > 14)
		return "a window scale above 14";
	if (reply && s->wscale >= 0 && c->peer_wscale < 0)
		return "window scale in a SYN,ACK though the SYN had none";
	if (reply && s->has_ts && !c->peer_stamps)
		return "timestamps in a SYN,ACK though the SYN had none";
	if (!syn && !(s->flags & RST) && s->has_ts != both_stamp())
		return s->has_ts ? "timestamps though not agreed on" :
				   "no timestamps though agreed on (RFC 7323, 3.2)";
	if (s->has_ts && c->stack_tsval && (int32_t)(s->tsval - c->stack_tsval) < 0)
		return "the timestamp clock runs backwards";
	if (s->sacks && !c->stack_sack_ok)
		return "SACK blocks without permission";
	return NULL;
}

static const char *check_sacks(const struct seen *s)
{
	int i;

	for (i = 0; i < s->sacks; i++) {
		if (s->sack[i].from >= s->sack[i].to)
			return "an empty SACK block";
		if (s->sack[i].to > c->peer_max)
			return "a SACK block of data never sent";
		if (i > 0 && s->sack[i].from < s->ack)
			return "a SACK block below the acknowledgment";
	}
	return NULL;
}

static const char *check_sizes(const struct seen *s)
{
	int mss = c->peer_mss < 0 ? 536 : c->peer_mss;

	if (s->len && mss >= MSS_FLOOR &&
	    s->len + s->option_len + s->ip_options_len > mss)
		return "payload and options exceed the peer's MSS (MUST-16)";
	if (40 + s->ip_options_len + s->option_len + s->len > WIRE_MTU)
		return "the packet exceeds the MTU";
	if (s->len > 1 && !(s->flags & (SYN | RST)) && s->seq + s->len > c->peer_edge)
		return "data beyond the window the peer offered";
	return NULL;
}

static const char *check_bytes(const struct seen *s)
{
	int64_t first = s->seq + !!(s->flags & SYN);
	int i;

	if (s->flags & RST)
		return NULL;
	for (i = 0; i < s->len; i++)
		if (s->data[i] != pattern(first + i, true))
			return "the payload is not what was written";
	return NULL;
}

static const char *check_ecn(const struct seen *s)
{
	bool fresh = s->len && s->seq >= c->stack_max && !(s->flags & (SYN | RST));

	if ((s->tos & CE) && !fresh && !c->all_ect)
		return "ECT on what is not new data (RFC 3168, 6.1)";
	if ((s->tos & CE) == CE || (s->tos & CE) == ECT1)
		return "CE or ECT(1) from a sender";
	if (s->flags & CWR && !(s->flags & SYN) && !fresh)
		return "CWR on what is not new data (RFC 3168, 6.1.2)";
	return NULL;
}

static const char *check_history(const struct seen *s)
{
	int64_t slack = both_scale() ? (1 << c->stack_wscale) - 1 : 0;

	if (s->flags & RST)
		return NULL;
	if (s->flags & ACK && s->ack > c->peer_max)
		return "it acknowledges what was never sent";
	if (c->stack_fin >= 0 && end_of(s) > c->stack_fin + 1)
		return "something beyond the FIN";
	if (c->stack_fin >= 0 && s->flags & FIN && end_of(s) != c->stack_fin + 1)
		return "a second FIN elsewhere";
	if (s->flags & ACK && c->stack_edge >= 0 && s->ack + s->win + slack < c->stack_edge)
		return "the window's right edge moved left (SHLD-14)";
	return NULL;
}

static void remember(const struct seen *s)
{
	if (s->flags & SYN) {
		c->stack_sent_syn |= !(s->flags & ACK);
		c->stack_mss = s->mss;
		c->stack_wscale = s->wscale;
		c->stack_sack_ok = s->sack_ok;
		c->stack_stamps = s->has_ts;
	}
	if (s->has_ts)
		c->stack_tsval = s->tsval;
	if (s->flags & RST)
		return;
	if (end_of(s) > c->stack_max)
		c->stack_max = end_of(s);
	if (s->flags & FIN)
		c->stack_fin = end_of(s) - 1;
	if (s->flags & ACK && s->ack + s->win > c->stack_edge)
		c->stack_edge = s->ack + s->win;
}

/**
 * check_rules() - the rules for any segment; then remembers it
 * @s: a segment of the connection @c
 *
 * Return: NULL, or the rule that it breaks.
 */
const char *check_rules(const struct seen *s)
{
	const char *why = NULL;

	if (!c->unchecked) {
		why = !s->df && !c->no_df ? "don't-fragment is not set" : NULL;
		why = why ?: check_options(s);
		why = why ?: check_sacks(s);
		why = why ?: check_sizes(s);
		why = why ?: check_bytes(s);
		why = why ?: check_history(s);
		why = why ?: check_ecn(s);
	}
	remember(s);
	return why;
}

/* ------------------------------------------------- comparing with a script */

static bool fits(const struct num *want, bool there, int64_t value)
{
	switch (want->how) {
	case GIVEN:
		return there && (want->lo == ANY || (value >= want->lo && value <= want->hi));
	case ABSENT:
		return !there;
	default:
		return true;
	}
}

static bool sack_fits(const struct segment *want, const struct seen *s)
{
	int n = 0, i;

	while (n < 4 && (want->sack[n].from || want->sack[n].to))
		n++;
	if (want->no_sack && s->sacks)
		return false;
	if (!n)
		return true;
	for (i = 0; i < n; i++)
		if (s->sack[i].from != want->sack[i].from || s->sack[i].to != want->sack[i].to)
			return false;
	return s->sacks == n;
}

/**
 * check_match() - compare a segment with what the script wants
 * @want: the script's line
 * @s: what came
 *
 * PSH counts only where the script names it.
 *
 * Return: NULL, or the name of the first field that differs.
 */
const char *check_match(const struct segment *want, const struct seen *s)
{
	if ((want->flags ^ s->flags) & ~PSH)
		return "control bits";
	if (want->flags & PSH && !(s->flags & PSH))
		return "PSH";
	if (want->no_push && s->flags & PSH)
		return "PSH";
	if (!fits(&want->seq, true, s->seq))
		return "SEQ";
	if (!fits(&want->ack, s->flags & ACK, s->ack))
		return "ACK";
	if (!fits(&want->len, true, s->len))
		return "LEN";
	if (!fits(&want->win, true, s->win))
		return "WIN";
	if (!fits(&want->ecn, true, s->tos & CE))
		return "the ECN field";
	if (!fits(&want->urgent, s->flags & URG, s->urgent))
		return "urgent pointer";
	if (!fits(&want->mss, s->mss >= 0, s->mss))
		return "MSS";
	if (!fits(&want->wscale, s->wscale >= 0, s->wscale))
		return "WSCALE";
	if (!fits(&want->sack_ok, s->sack_ok, 1))
		return "SACK_OK";
	if (!fits(&want->ts, s->has_ts, 1))
		return "TS";
	if (!fits(&want->tsval, s->has_ts, s->tsval))
		return "TSVAL";
	if (!fits(&want->tsecr, s->has_ts, s->tsecr))
		return "TSECR";
	if (!sack_fits(want, s))
		return "SACK";
	return NULL;
}
