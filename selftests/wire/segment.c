// SPDX-License-Identifier: GPL-2.0
/*
 * segment.c - segments to bytes and back (RFC 791, 792, 9293, 7323, 2018)
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <stdlib.h>

#include "wire.h"

enum { OPT_EOL, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACK_OK, OPT_SACK, OPT_TS = 8 };

enum { IP_HEADER = 20, TCP_HEADER = 20 };

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/**
 * pattern() - the byte at a sequence number
 * @seq: relative
 * @from_stack: which direction
 *
 * Return: a byte that differs from its neighbours', and from those at nearby
 * multiples of the usual segment sizes.
 */
uint8_t pattern(int64_t seq, bool from_stack)
{
	uint32_t x = (uint32_t)seq * 2654435761u;

	return (x >> 24) + (from_stack ? 0 : 101);
}

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len)
		sum += *p << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The Internet checksum with the pseudo header of RFC 9293, section 3.1. */
static uint16_t tcp_checksum(uint32_t src, uint32_t dst, const uint8_t *tcp, size_t len)
{
	uint8_t pseudo[12];

	put32(pseudo, src);
	put32(pseudo + 4, dst);
	pseudo[8] = 0;
	pseudo[9] = IPPROTO_TCP;
	put16(pseudo + 10, len);
	return fold(sum16(tcp, len, sum16(pseudo, sizeof(pseudo), 0)));
}

/**
 * ip_header() - write an IPv4 header
 * @frame: where to
 * @src: address, host order
 * @dst: address, host order
 * @protocol: of the payload
 * @payload: its bytes
 * @frag: the flags and fragment offset field
 *
 * Return: the header's bytes.
 */
size_t ip_header(uint8_t *frame, uint32_t src, uint32_t dst, int protocol,
		 size_t payload, int frag)
{
	static uint16_t id;

	if (!(frag & 0x1fff))
		id++;
	memset(frame, 0, IP_HEADER);
	frame[0] = 0x45;
	put16(frame + 2, IP_HEADER + payload);
	put16(frame + 4, id);
	put16(frame + 6, frag);
	frame[8] = 64;
	frame[9] = protocol;
	put32(frame + 12, src);
	put32(frame + 16, dst);
	put16(frame + 10, fold(sum16(frame, IP_HEADER, 0)));
	return IP_HEADER;
}

/* Whether an injected segment carries a timestamp though none was asked for. */
static bool stamps_by_itself(const struct segment *s)
{
	return both_stamp() && !(s->flags & SYN) && s->ts.how == LEFT_OUT &&
	       !s->raw_options;
}

static void otherwise(struct num *n, int64_t value)
{
	if (n->how == LEFT_OUT || (n->how == GIVEN && n->lo == ANY))
		*n = (struct num)NUM(value);
}

/* The peer's timestamp clock: milliseconds, set forward by an explicit TSVAL(). */
static uint32_t peer_clock(void)
{
	return c->peer_clock + (now_us() - c->peer_clock_us) / 1000;
}

static void fill_in_timestamp(struct segment *s)
{
	if (s->tsval.how == GIVEN && (int32_t)(s->tsval.lo - peer_clock()) > 0) {
		c->peer_clock = s->tsval.lo;
		c->peer_clock_us = now_us();
	}
	otherwise(&s->ts, 1);
	otherwise(&s->tsval, peer_clock());
	otherwise(&s->tsecr, s->flags & ACK ? c->stack_tsval : 0);
}

/**
 * segment_fill_in() - give the fields that a script left out their values
 * @s: a segment to inject
 */
void segment_fill_in(struct segment *s)
{
	otherwise(&s->seq, c->peer_max);
	if (s->flags & ACK)
		otherwise(&s->ack, c->stack_max);
	otherwise(&s->len, 0);
	otherwise(&s->win, c->peer_win);
	otherwise(&s->urgent, 0);
	if (s->ts.how == GIVEN || s->tsval.how == GIVEN || s->tsecr.how == GIVEN ||
	    stamps_by_itself(s))
		fill_in_timestamp(s);
}

static size_t put_sack(uint8_t *o, const struct segment *s)
{
	size_t n = 0;

	while (n < ARRAY_SIZE(s->sack) && (s->sack[n].from || s->sack[n].to)) {
		put32(o + 4 + 8 * n, c->stack_isn + (uint32_t)s->sack[n].from);
		put32(o + 8 + 8 * n, c->stack_isn + (uint32_t)s->sack[n].to);
		n++;
	}
	if (!n)
		return 0;
	o[0] = o[1] = OPT_NOP;
	o[2] = OPT_SACK;
	o[3] = 2 + 8 * n;
	return 4 + 8 * n;
}

/* Options, each padded to whole words. Returns their bytes. */
static size_t put_options(uint8_t *o, const struct segment *s)
{
	uint8_t *start = o;

	if (s->mss.how == GIVEN) {
		*o++ = OPT_MSS;
		*o++ = 4;
		put16(o, s->mss.lo);
		o += 2;
	}
	if (s->sack_ok.how == GIVEN) {
		*o++ = OPT_NOP;
		*o++ = OPT_NOP;
		*o++ = OPT_SACK_OK;
		*o++ = 2;
	}
	if (s->ts.how == GIVEN) {
		*o++ = OPT_NOP;
		*o++ = OPT_NOP;
		*o++ = OPT_TS;
		*o++ = 10;
		put32(o, s->tsval.lo);
		put32(o + 4, s->tsecr.lo);
		o += 8;
	}
	if (s->wscale.how == GIVEN) {
		*o++ = OPT_NOP;
		*o++ = OPT_WSCALE;
		*o++ = 3;
		*o++ = s->wscale.lo;
	}
	o += put_sack(o, s);
	if (s->raw_options) {
		memcpy(o, s->raw_options, s->raw_options_len);
		o += s->raw_options_len;
	}
	while ((o - start) % 4)
		*o++ = OPT_EOL;
	return o - start;
}

static uint16_t window_field(const struct segment *s)
{
	int64_t win = s->win.lo;
	int shift = !(s->flags & SYN) && both_scale() ? c->peer_wscale : 0;

	win >>= shift;
	return win > 65535 ? 65535 : win;
}

/* The fixed header; @options bytes of options follow. */
static void put_header(uint8_t *tcp, const struct segment *s, size_t options)
{
	int words = s->data_offset ? s->data_offset : (int)(TCP_HEADER + options) / 4;

	put16(tcp, c->peer_port);
	put16(tcp + 2, c->stack_port);
	put32(tcp + 4, c->peer_isn + (uint32_t)s->seq.lo);
	if (s->ack.how == GIVEN)
		put32(tcp + 8, c->stack_isn + (uint32_t)s->ack.lo);
	tcp[12] = words << 4 | s->reserved;
	tcp[13] = s->flags;
	put16(tcp + 14, window_field(s));
	put16(tcp + 18, s->urgent.lo);
}

/* The Diffserv field, and the options, for which the rest of the packet makes room. */
static size_t put_ip_extras(uint8_t *frame, const struct segment *s, size_t len)
{
	size_t options = s->ip_options_len;

	memmove(frame + IP_HEADER + options, frame + IP_HEADER, len - IP_HEADER);
	if (options)
		memcpy(frame + IP_HEADER, s->ip_options, options);
	frame[0] += options / 4;
	frame[1] = s->tos;
	put16(frame + 2, len + options);
	put16(frame + 10, 0);
	put16(frame + 10, fold(sum16(frame, IP_HEADER + options, 0)));
	return len + options;
}

/**
 * segment_build() - the packet of an injected segment
 * @s: the segment, filled in
 * @frame: where to, at least 65535 bytes
 *
 * The payload begins where the data offset says, be it a lie.
 *
 * Return: the packet's bytes.
 */
size_t segment_build(const struct segment *s, uint8_t *frame)
{
	uint8_t *tcp = frame + IP_HEADER;
	int64_t first = s->seq.lo + !!(s->flags & SYN);
	size_t len = s->len.lo, options, i, total, header;

	memset(tcp, 0, TCP_HEADER);
	options = put_options(tcp + TCP_HEADER, s);
	put_header(tcp, s, options);
	total = TCP_HEADER + options + len;
	memset(tcp + TCP_HEADER + options, 0, len);
	header = (tcp[12] >> 4) * 4;
	for (i = header; header >= TCP_HEADER && i < total; i++)
		tcp[i] = pattern(first + i - header, false);
	if (s->cut && s->cut < (int)total)
		total = s->cut;
	put16(tcp + 16, 0);
	put16(tcp + 16, tcp_checksum(c->peer_addr, c->stack_addr, tcp, total));
	if (s->bad_checksum)
		tcp[16] ^= 0x55;
	ip_header(frame, c->peer_addr, c->stack_addr, IPPROTO_TCP, total, IP_DF);
	return put_ip_extras(frame, s, IP_HEADER + total);
}

/**
 * segment_quote() - an ICMP error that quotes a segment of the stack
 * @s: its SEQ() and, for "fragmentation needed", the MTU()
 * @type: of the ICMP message
 * @code: of the ICMP message
 * @frame: where to
 *
 * The quotation has the IP header and the first eight bytes of the segment,
 * the least that RFC 792 asks for.
 *
 * Return: the packet's bytes.
 */
size_t segment_quote(const struct segment *s, int type, int code, uint8_t *frame)
{
	uint8_t *icmp = frame + IP_HEADER, *quote = icmp + 8;
	size_t total = 8 + IP_HEADER + 8;

	memset(icmp, 0, total);
	icmp[0] = type;
	icmp[1] = code;
	put16(icmp + 6, s->mtu);
	ip_header(quote, c->stack_addr, c->peer_addr, IPPROTO_TCP, WIRE_MTU - IP_HEADER, IP_DF);
	put16(quote + IP_HEADER, c->stack_port);
	put16(quote + IP_HEADER + 2, c->peer_port);
	put32(quote + IP_HEADER + 4, c->stack_isn + (uint32_t)s->seq.lo);
	put16(icmp + 2, fold(sum16(icmp, total, 0)));
	ip_header(frame, c->peer_addr, c->stack_addr, IPPROTO_ICMP, total, 0);
	return IP_HEADER + total;
}

/* ------------------------------------------------------------ what came out */

/* One option at @o with @left bytes to the header's end. Returns its length. */
static int parse_option(const uint8_t *o, int left, struct seen *out, const char **why)
{
	int len = left > 1 ? o[1] : 0;
	static const uint8_t lengths[] = {
		[OPT_MSS] = 4, [OPT_WSCALE] = 3, [OPT_SACK_OK] = 2, [OPT_TS] = 10,
	};
	int i;

	if (len < 2 || len > left)
		*why = "an option's length does not fit the header";
	else if (o[0] < ARRAY_SIZE(lengths) && lengths[o[0]] && lengths[o[0]] != len)
		*why = "an option has not the length of its kind";
	if (*why)
		return left;
	switch (o[0]) {
	case OPT_MSS:
		out->mss = get16(o + 2);
		break;
	case OPT_WSCALE:
		out->wscale = o[2];
		break;
	case OPT_SACK_OK:
		out->sack_ok = true;
		break;
	case OPT_TS:
		out->has_ts = true;
		out->tsval = get32(o + 2);
		out->tsecr = get32(o + 6);
		break;
	case OPT_SACK:
		if (len < 10 || len > 34 || len % 8 != 2)
			*why = "a SACK option of an impossible length";
		for (i = 0; !*why && i < (len - 2) / 8; i++) {
			out->sack[i].from = (int32_t)(get32(o + 2 + 8 * i) - c->peer_isn);
			out->sack[i].to = (int32_t)(get32(o + 6 + 8 * i) - c->peer_isn);
			out->sacks = i + 1;
		}
		break;
	default:
		*why = "an option that nobody negotiated";
	}
	return len;
}

static const char *parse_options(const uint8_t *o, int left, struct seen *out)
{
	const char *why = NULL;
	int len;

	while (left > 0 && !why) {
		if (*o == OPT_EOL) {
			for (; left > 0; o++, left--)
				if (*o)
					return "the padding is not zero (MUST-69)";
			break;
		}
		len = *o == OPT_NOP ? 1 : parse_option(o, left, out, &why);
		o += len;
		left -= len;
	}
	return why;
}

/*
 * A packet on a source route that it has not yet finished goes to the next
 * address of it, and at last to the route's last (RFC 791, section 3.1).
 */
static void parse_ip_options(struct seen *out)
{
	const uint8_t *o = out->ip_options, *end = o + out->ip_options_len;

	while (o < end && *o != IPOPT_EOL && (*o == IPOPT_NOP || o[1] > 1)) {
		if ((*o == IPOPT_LSRR || *o == IPOPT_SSRR) && o[2] < o[1])
			out->peer_addr = get32(o + o[1] - 4);
		o += *o == IPOPT_NOP ? 1 : o[1];
	}
}

/* Returns the header's bytes, or 0 with @why. */
static size_t parse_ip(const uint8_t *frame, size_t len, struct seen *out, const char **why)
{
	size_t header = (frame[0] & 0x0f) * 4;

	if (frame[0] >> 4 != 4 || header < IP_HEADER || len < header + TCP_HEADER)
		*why = "not an IPv4 header, and TCP's";
	else if (get16(frame + 2) != len)
		*why = "the IP total length is not the packet's";
	else if (fold(sum16(frame, header, 0)))
		*why = "the IP header checksum is wrong";
	else if (get16(frame + 6) & 0x3fff)
		*why = "the packet is a fragment";
	if (*why)
		return 0;
	out->ip_id = get16(frame + 4);
	out->df = get16(frame + 6) & IP_DF;
	out->tos = frame[1];
	out->ttl = frame[8];
	out->stack_addr = get32(frame + 12);
	out->peer_addr = out->next_hop = get32(frame + 16);
	out->ip_options = frame + IP_HEADER;
	out->ip_options_len = header - IP_HEADER;
	parse_ip_options(out);
	return header;
}

/**
 * segment_parse() - take a packet of the stack apart
 * @frame: the packet
 * @len: its bytes
 * @out: what it says; sequence numbers stay absolute
 *
 * Return: NULL, or what is wrong with its form.
 */
const char *segment_parse(const uint8_t *frame, size_t len, struct seen *out)
{
	const char *why = NULL;
	size_t header = parse_ip(frame, len, out, &why);
	const uint8_t *tcp = frame + header;

	out->mss = out->wscale = -1;
	if (why)
		return why;
	len -= header;
	if (tcp_checksum(out->stack_addr, out->peer_addr, tcp, len))
		return "the TCP checksum is wrong (MUST-2)";
	header = (tcp[12] >> 4) * 4;
	if (header < TCP_HEADER || header > len)
		return "the data offset is impossible";
	if (tcp[12] & 0x0f)
		return "reserved bits are set";
	out->stack_port = get16(tcp);
	out->peer_port = get16(tcp + 2);
	out->abs_seq = get32(tcp + 4);
	out->abs_ack = get32(tcp + 8);
	out->flags = tcp[13];
	out->raw_win = get16(tcp + 14);
	out->urgent = get16(tcp + 18);
	out->option_len = header - TCP_HEADER;
	out->data = tcp + header;
	out->len = len - header;
	if (!(out->flags & ACK) && out->abs_ack)
		return "an acknowledgment number without ACK: a byte never set?";
	if (!(out->flags & URG) && out->urgent)
		return "an urgent pointer without URG: a byte never set?";
	return parse_options(tcp + TCP_HEADER, out->option_len, out);
}

/**
 * segment_seen_as_injected() - an injected segment in the form that prints
 * @s: the segment
 * @out: the same
 */
void segment_seen_as_injected(const struct segment *s, struct seen *out)
{
	memset(out, 0, sizeof(*out));
	out->flags = s->flags;
	out->seq = s->seq.lo;
	out->ack = s->ack.lo;
	out->len = s->len.lo;
	out->win = s->win.lo;
	out->urgent = s->urgent.lo;
	out->mss = s->mss.how == GIVEN ? s->mss.lo : -1;
	out->wscale = s->wscale.how == GIVEN ? s->wscale.lo : -1;
	out->sack_ok = s->sack_ok.how == GIVEN;
	out->has_ts = s->ts.how == GIVEN;
	out->tsval = s->tsval.lo;
	out->tsecr = s->tsecr.lo;
	while (out->sacks < 4 && (s->sack[out->sacks].from || s->sack[out->sacks].to)) {
		out->sack[out->sacks] = s->sack[out->sacks];
		out->sacks++;
	}
}

/**
 * segment_print() - a segment in the manner of RFC 9293's figures
 * @buf: where to
 * @size: of @buf
 * @s: the segment
 */
void segment_print(char *buf, size_t size, const struct seen *s)
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
	FILE *f = fmemopen(buf, size, "w");
	const char *comma = "";
	int i;

	fprintf(f, "<SEQ=%lld>", (long long)s->seq);
	if (s->flags & ACK)
		fprintf(f, "<ACK=%lld>", (long long)s->ack);
	fprintf(f, "<CTL=");
	for (i = 0; i < 8; i++)
		if (s->flags & 1 << i) {
			fprintf(f, "%s%s", comma, names[i]);
			comma = ",";
		}
	fprintf(f, ">");
	if (s->len)
		fprintf(f, "<LEN=%d>", s->len);
	fprintf(f, "<WIN=%lld>", (long long)s->win);
	if (s->tos & CE)
		fprintf(f, "<%s>", (s->tos & CE) == CE ? "CE" : "ECT");
	if (s->urgent)
		fprintf(f, "<UP=%d>", s->urgent);
	if (s->mss >= 0)
		fprintf(f, "<MSS=%d>", s->mss);
	if (s->sack_ok)
		fprintf(f, "<SACK_OK>");
	if (s->wscale >= 0)
		fprintf(f, "<WSCALE=%d>", s->wscale);
	if (s->has_ts)
		fprintf(f, "<TS=%u,%u>", s->tsval, s->tsecr);
	for (i = 0; i < s->sacks; i++)
		fprintf(f, "<SACK=%lld-%lld>", (long long)s->sack[i].from,
			(long long)s->sack[i].to);
	fclose(f);
}
