// SPDX-License-Identifier: GPL-2.0
/*
 * segments.c - the form of segments (RFC 9293, section 3.1; RFC 7323): header,
 * checksum, options, fragments
 */
#include "wire.h"

/* What a stranger or a broken network sends does not count as the peer's word. */
#define forge(...) do {			\
	struct connection before__ = *c;	\
	inject(__VA_ARGS__);		\
	*c = before__;			\
} while (0)

/* The connection is as good as new: both directions work. */
static void still_works(int fd)
{
	int64_t stack = c->stack_max, peer = c->peer_max;

	inject(PSH | ACK, SEQ(peer), ACK(stack), LEN(100));
	expect_ack(peer + 100);
	app_read(fd, 100);
	app_write(fd, 200);
	expect(PSH | ACK, SEQ(stack), ACK(peer + 100), LEN(200));
	inject(ACK, ACK(stack + 200));
}

/* --------------------------------------------------------------------- MSS */

WIRE_TEST(segments, mss__absent_means_536, "W6 MUST-15 MUST-16")
{
	const struct seen *s;
	int fd = app_connect();

	expect(SYN, SEQ(0));
	inject(SYN | ACK, SEQ(0), ACK(1));
	expect(ACK, SEQ(1), ACK(1));
	app_write(fd, 1500);
	expect(ACK, SEQ(1), LEN(536));
	expect(ACK, SEQ(537), LEN(536));
	expect(PSH | ACK, SEQ(1073), LEN(428));
	inject(ACK, ACK(1501));
	end_case(fd);

	new_connection();
	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), TS);
	s = expect(SYN | ACK, SEQ(0), ACK(1), MSS(1460), TS);
	ensure_eq(s->mss, 1460);
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	app_write(fd, 600);
	expect(ACK, SEQ(1), LEN(524));
	expect(PSH | ACK, SEQ(525), LEN(76));
}

WIRE_TEST(segments, mss__of_the_peer_is_kept, "W6 MUST-14 MUST-16 SHLD-28")
{
	static const int sizes[] = { 256, 536, 1000, 1460, 9000, 65535 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		int mss = sizes[i], fd, full = (mss < 1460 ? mss : 1460) - 12;

		new_connection();
		note("MSS %d", mss);
		fd = passive_open(MSS(mss), TS);
		app_write(fd, 2 * full + 10);
		expect(ACK, SEQ(1), LEN(full));
		expect(ACK, SEQ(1 + full), LEN(full));
		expect(PSH | ACK, SEQ(1 + 2 * full), LEN(10));
		end_case(fd);
	}
}

/* A peer must not make us send a header for every byte. */
WIRE_TEST(segments, mss__tiny_ones_have_a_floor, "ATTACK-3 D5")
{
	long floor = sysctl_get("net/ipv4/tcp_min_snd_mss");
	int sizes[] = { 0, 1, 8, 47, (int)floor }, k;
	size_t i;

	ensure_eq(floor, 48);
	differs_from_builtin("an MSS of 0 is taken for none");
	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		int mss = sizes[i / 2], fd;

		new_connection();
		note("MSS %d", mss);
		fd = i % 2 ? active_open(MSS(mss)) : passive_open(MSS(mss));
		app_write(fd, 4 * floor);
		for (k = 0; k < 4; k++)
			expect(ACK, SEQ(1 + k * floor), LEN(floor));
		end_case(fd);
	}
	sysctl_set("net/ipv4/tcp_min_snd_mss", 200);
	new_connection();
	app_write(active_open(MSS(1)), 250);
	expect(ACK, SEQ(1), LEN(200));
	expect(PSH | ACK, SEQ(201), LEN(50));
}

/* With all options in the header there is still room for text. */
WIRE_TEST(segments, mss__tiny_with_timestamps_and_sack, "ATTACK-3 ATTACK-1")
{
	int fd = active_open(MSS(1), SACK_OK, TS, WSCALE(7));
	struct burst b;

	inject(ACK, SEQ(101), LEN(10));
	expect(ACK, ACK(1), SACK({101, 111}));
	inject(ACK, SEQ(201), LEN(10));
	expect(ACK, ACK(1), SACK({201, 211}, {101, 111}));
	inject(ACK, SEQ(301), LEN(10));
	expect(ACK, ACK(1), SACK({301, 311}, {201, 211}, {101, 111}));
	app_write(fd, 100);
	b = take_burst(50);
	ensure_eq(b.from, 1);
	ensure_in(b.segments, 1, 13);
	ensure_in(b.bytes, 8, 100);
}

/* ------------------------------------------------------------ window scale */

WIRE_TEST(segments, wscale__above_14_means_14, "W6")
{
	static const int shifts[] = { 14, 15, 31, 255 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		int fd;

		new_connection();
		note("WSCALE %d", shifts[i]);
		fd = passive_open(MSS(1460), WSCALE(shifts[i]), WIN(1000));
		ensure_eq(app_info(fd).tcpi_snd_wscale, 14);
		c->peer_wscale = 14;
		inject(ACK, SEQ(1), ACK(1), WIN(1 << 14));
		app_write(fd, 5000);
		ensure_eq(take_burst(5).to, 5001);
		end_case(fd);
	}
}

/* RFC 7323, 2.2; MUST-65: outside a SYN these mean nothing. */
WIRE_TEST(segments, options__of_a_syn_elsewhere, "W6 MUST-65 MUST-5")
{
	int fd = active_open(WSCALE(2), WIN(7300));

	inject(ACK, SEQ(1), ACK(1), WIN(7300), RAW_OPTIONS(
		"\x02\x04\x00\x64" "\x03\x03\x0e\x01" "\x04\x02\x01\x01"));
	ensure_eq(app_info(fd).tcpi_snd_wscale, 2);
	ensure_eq(app_info(fd).tcpi_options & TCPI_OPT_SACK, 0);
	app_write(fd, 9000);
	expect_bytes(1, 1 + 5 * 1460);
	expect_silence(50);
	inject(ACK, ACK(7301), WIN(7300));
	expect_bytes(7301, 9001);
	/* no permission was given by that, so none is used */
	inject(ACK, SEQ(1001), LEN(10));
	expect(ACK, ACK(1), NO_SACK);
}

/* -------------------------------------------------------------- timestamps */

/* RFC 7323, 3.2 and 4.3: TSecr is TS.Recent, which the ACK's own segment sets. */
WIRE_TEST(segments, timestamps__are_echoed, "W6 W7 R1")
{
	int fd = active_open(MSS(1460), TS, TSVAL(500000));
	const struct seen *s;
	uint32_t before;

	inject(ACK, SEQ(1), LEN(100), TSVAL(500100));
	s = expect_within(0, 500, ACK, ACK(101), TSECR(500100));
	before = s->tsval;
	pass_ms(1000);
	app_read(fd, 100);
	app_write(fd, 50);
	s = expect(PSH | ACK, SEQ(1), TSECR(500100));
	ensure_in(s->tsval - before, 900, 1100);
	inject(ACK, SEQ(101), ACK(51), TSVAL(502000));
	app_write(fd, 50);
	expect(PSH | ACK, SEQ(51), TSECR(502000));
}

WIRE_TEST(segments, timestamps__zero_in_the_syn, "W6")
{
	int fd;

	c->peer_clock = 0;
	fd = passive_open(MSS(1460), TSVAL(0), TSECR(12345));
	inject(ACK, SEQ(1), LEN(100), TSVAL(1));
	expect_within(0, 500, ACK, ACK(101), TSECR(1));
	app_read(fd, 100);
}

/* RFC 7323, 4.3: of several segments that one ACK covers, the first one's. */
WIRE_TEST(segments, timestamps__of_delayed_acks, "W7 R1 F5")
{
	int fd = active_open(MSS(1460), TS, TSVAL(500000));

	app_set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
	inject(PSH | ACK, LEN(100), TSVAL(501000));
	expect_silence(2);
	inject(PSH | ACK, LEN(100), TSVAL(502000));
	expect_within(0, 500, ACK, ACK(c->peer_max), TSECR(501000));
}

/* An old duplicate's timestamp is not echoed: rule (2) of RFC 7323, 4.3. */
WIRE_TEST(segments, timestamps__out_of_order, "W7 R1")
{
	active_open(MSS(1460), SACK_OK, TS, TSVAL(500000));
	inject(ACK, SEQ(1001), LEN(1000), TSVAL(500500));
	expect(ACK, ACK(1), TSECR(500000));
	inject(ACK, SEQ(1), LEN(1000), TSVAL(500400));
	expect(ACK, ACK(2001), TSECR(500400));
}

/* RFC 7323, 5.3, R1: dropped, but acknowledged, whatever else is in order. */
WIRE_TEST(segments, paws__rejects_an_old_timestamp, "W7 D2")
{
	int fd = active_open(MSS(1460), TS, TSVAL(500000));

	inject(ACK, SEQ(1), LEN(100), TSVAL(500100));
	expect_ack(101);
	app_read(fd, 100);
	forge(PSH | ACK, SEQ(101), LEN(100), TSVAL(500090));
	expect(ACK, SEQ(1), ACK(101), LEN(0), TSECR(500100));
	app_reads_nothing(fd);
	forge(FIN | ACK, SEQ(101), TSVAL(400000));
	expect(ACK, SEQ(1), ACK(101), LEN(0), TSECR(500100));
	expect_state(fd, TCP_ESTABLISHED);
	ensure_eq(counter("TcpExt", "PAWSEstab"), 2);
	inject(PSH | ACK, SEQ(101), LEN(100), TSVAL(500100));
	expect_ack(201);
	app_read(fd, 100);
}

/*
 * What is late is not thrown away because a copy of something else was faster. It has
 * to be missing below what has arrived, and not from before the connection.
 */
WIRE_TEST(segments, paws__takes_what_is_only_late, "W7 D2 R5")
{
	int fd = active_open(MSS(1460), SACK_OK, TS, TSVAL(500000));

	differs_from_builtin("it throws it away");
	inject(ACK, SEQ(201), LEN(100), TSVAL(500100));
	expect(ACK, ACK(1), SACK({ 201, 301 }));
	inject(ACK, SEQ(1), LEN(100), TSVAL(500300));
	expect(ACK, ACK(101), TSECR(500300));
	forge(ACK, SEQ(101), LEN(100), TSVAL(499999));
	expect(ACK, ACK(101), TSECR(500300));
	forge(ACK, SEQ(301), LEN(100), TSVAL(500101));
	expect(ACK, ACK(101), TSECR(500300));
	ensure_eq(counter("TcpExt", "PAWSEstab"), 2);
	inject(ACK, SEQ(101), LEN(100), TSVAL(500050));
	expect(ACK, ACK(301), TSECR(500300));
	app_read(fd, 300);
	app_reads_nothing(fd);
}

/* Below any of it, not only what came last. */
WIRE_TEST(segments, paws__takes_what_is_late_between_islands, "W7 R5")
{
	int fd = active_open(MSS(1460), SACK_OK, TS, TSVAL(500000));

	differs_from_builtin("it throws it away");
	inject(ACK, SEQ(401), LEN(100), TSVAL(500100));
	expect(ACK, ACK(1), SACK({ 401, 501 }));
	inject(ACK, SEQ(201), LEN(100), TSVAL(500100));
	expect(ACK, ACK(1), SACK({ 201, 301 }, { 401, 501 }));
	inject(ACK, SEQ(1), LEN(100), TSVAL(500300));
	expect(ACK, ACK(101), SACK({ 201, 301 }, { 401, 501 }));
	inject(ACK, SEQ(301), LEN(100), TSVAL(500050));
	expect(ACK, ACK(101), SACK({ 201, 501 }));
	app_read(fd, 100);
}

WIRE_TEST(segments, paws__clock_wraps_around, "W7")
{
	int fd = active_open(MSS(1460), TS, TSVAL(0xfffffff0));

	inject(ACK, SEQ(1), LEN(100), TSVAL(0x10));
	expect_ack(101);
	forge(ACK, SEQ(101), LEN(100), TSVAL(0xfffffff8));
	expect(ACK, ACK(101), TSECR(0x10));
	app_read(fd, 100);
	app_reads_nothing(fd);
}

/* CVE-2005-0356: a guessed timestamp far ahead would shut the true peer out. */
WIRE_TEST(segments, paws__not_poisoned_from_outside_the_window, "ATTACK-27 W7 D2")
{
	int fd = active_open(MSS(1460), TS, TSVAL(500000));
	int64_t at[] = { -99, c->stack_edge, c->stack_edge + 100000, 2 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		forge(ACK, SEQ(at[i]), LEN(10), TSVAL(0x60000000));
		expect(ACK, ACK(1), LEN(0), TSECR(500000));
	}
	/* in the window, but with an ACK of what was never sent */
	forge(ACK, SEQ(1), ACK(1000), LEN(10), TSVAL(0x60000000));
	if (is_ltcp())			/* the built-in is silent */
		expect(ACK, ACK(1), LEN(0), TSECR(500000));
	inject(PSH | ACK, SEQ(1), LEN(100), TSVAL(500001));
	expect_within(0, 500, ACK, ACK(101), TSECR(500001));
	app_read(fd, 100);
}

/* ------------------------------------------------------- malformed options */

#define JUNK(s) { s, sizeof(s) - 1 }
static const struct { const char *bytes; size_t len; } junk[] = {
	JUNK("\x08\x00\x00\x00"),			/* lengths 0 */
	JUNK("\x02\x00\x05\xb4"),
	JUNK("\xfe\x00\x01\x01"),
	JUNK("\x05\x00\x01\x01"),
	JUNK("\x08\x01\x00\x00"),			/* 1 */
	JUNK("\x02\x01\x03\x01"),
	JUNK("\x08\x0a\x00\x00"),			/* past the header */
	JUNK("\x01\x01\x01\x02"),
	JUNK("\x01\x01\x01\x08"),
	JUNK("\x01\x01\x02\x04"),
	JUNK("\xfd\xff\x00\x00"),
	JUNK("\x05\x0a\x00\x00\x00\x00"),
	JUNK("\x02\x03\x05\x01"),			/* not that of the kind */
	JUNK("\x03\x04\x0e\x0e"),
	JUNK("\x04\x04\x00\x00"),
	JUNK("\x05\x02\x01\x01"),
	JUNK("\x05\x09\x01\x02\x03\x04\x05\x06\x07\x01\x01\x01"),
	JUNK("\x08\x0b\x00\x00\x00\x01\x00\x00\x00\x02\x03\x01"),
	JUNK("\x00\x02\x00\x08"),			/* behind the end */
	JUNK("\x13\x12" "0123456789abcdef"),		/* MD5, unasked */
	JUNK("\x1d\x10" "0123456789abcd"),		/* TCP-AO */
	JUNK("\x22\x0a" "cookie00"),			/* Fast Open */
	JUNK("\x1e\x04\x00\x00\x45\x04\x00\x00"),	/* MPTCP, unknown */
	JUNK("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
	JUNK("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
	     "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
	JUNK("\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02"
	     "\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02"),
};

WIRE_TEST(segments, options__malformed_in_a_syn, "ATTACK-34 W6 MUST-6 MUST-7 MUST-68 MUST-64")
{
	size_t i;

	differs_from_builtin("it drops what has an MD5 option unasked");
	for (i = 0; i < 2 * ARRAY_SIZE(junk); i++) {
		const char *bytes = junk[i / 2].bytes;
		size_t n = junk[i / 2].len;
		int fd;

		new_connection();
		note("options %zu", i / 2);
		fd = i % 2 ? app_connect() : reach(TCP_LISTEN);
		if (i % 2) {
			expect(SYN, SEQ(0));
			inject(SYN | ACK, SEQ(0), ACK(1), RAW_BYTES(bytes, n));
			expect(ACK, SEQ(1), ACK(1), LEN(0), NO_TS);
		} else {
			inject(SYN, SEQ(0), RAW_BYTES(bytes, n));
			expect(SYN | ACK, SEQ(0), ACK(1), NO_TS, NO_WSCALE, NO_SACK_OK);
			inject(ACK, SEQ(1), ACK(1));
			fd = app_accept(listener);
		}
		still_works(fd);
		end_case(fd);
	}
}

WIRE_TEST(segments, options__malformed_in_data, "ATTACK-34 W6 MUST-6 MUST-7 MUST-5 MUST-64")
{
	int fd = active_open();
	size_t i;

	differs_from_builtin("it drops what has an MD5 option unasked");
	for (i = 0; i < ARRAY_SIZE(junk); i++) {
		note("options %zu", i);
		inject(PSH | ACK, LEN(50), RAW_BYTES(junk[i].bytes, junk[i].len));
		expect_ack(c->peer_max);
		app_read(fd, 50);
	}
	still_works(fd);
}

/* Options in front of a malformed one hold, and the first of several alike. */
WIRE_TEST(segments, options__repeated, "ATTACK-34 W6 MUST-64")
{
	struct tcp_info info;
	int fd;

	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), RAW_OPTIONS("\x01\x02\x04\x02\x00" "\x02\x04\x01\x00" "\x03\x03\x02"
					"\x03\x03\x0e" "\x04\x02\x04\x02" "\x08\x00"));
	c->peer_mss = 512;
	c->peer_wscale = 2;
	expect(SYN | ACK, SEQ(0), ACK(1), SACK_OK, WSCALE(ANY), NO_TS);
	inject(ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	info = app_info(fd);
	if (is_ltcp()) {		/* the built-in takes the last */
		ensure_eq(info.tcpi_snd_mss, 512);
		ensure_eq(info.tcpi_snd_wscale, 2);
		still_works(fd);
	}
}

/* All 40 bytes by chance, but always the same chance. */
WIRE_TEST(segments, options__random, "ATTACK-34 MUST-7")
{
	uint8_t bytes[40];
	uint32_t x = 1;
	int fd, i, k;

	differs_from_builtin("it drops what has an MD5 option unasked");
	for (i = 0; i < 60; i++) {
		new_connection();
		reach(TCP_LISTEN);
		for (k = 0; k < 40; k++) {
			x = x * 1664525 + 1013904223;
			bytes[k] = x >> 24;
			if (x >> 20 & 1)	/* more often one that is known */
				bytes[k] %= 12;
		}
		c->unchecked = true;
		inject(SYN, SEQ(0), RAW_BYTES(bytes, sizeof(bytes)));
		expect(SYN | ACK, SEQ(0), ACK(1));
		inject(RST, SEQ(1));
		expect_pair(TCP_CLOSE);
	}
	new_connection();
	fd = passive_open();
	for (i = 0; i < 200; i++) {
		for (k = 0; k < 40; k++) {
			x = x * 1664525 + 1013904223;
			bytes[k] = x >> 24;
			if (x >> 20 & 1)
				bytes[k] %= 12;
		}
		inject(ACK, LEN(10), RAW_BYTES(bytes, sizeof(bytes)));
		app_read(fd, 10);
		take_burst(0);
	}
	take_burst(500);
	still_works(fd);
}

/* --------------------------------------------------------------- the header */

WIRE_TEST(segments, checksum__errors_are_counted_not_answered, "W2 MUST-3")
{
	int fd = active_open(), i;

	for (i = 1; i < 40; i += 7) {
		inject(PSH | ACK, SEQ(1), LEN(i), BAD_CHECKSUM);
		inject(RST, SEQ(1), LEN(i), BAD_CHECKSUM);
	}
	expect_silence(600);
	app_reads_nothing(fd);
	ensure_eq(counter("Tcp", "InCsumErrors"), 12);
	ensure_eq(counter("Tcp", "InErrs"), 12);
	still_works(fd);
}

WIRE_TEST(segments, checksum__error_in_a_syn, "W2 MUST-3 W9")
{
	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), MSS(1460), BAD_CHECKSUM);
	c->stack_port = STACK_PORT + 1;
	inject(SYN, SEQ(0), MSS(1460), BAD_CHECKSUM);
	expect_silence(50);
	c->stack_port = STACK_PORT;
	expect_pair(TCP_CLOSE);
	ensure_eq(counter("Tcp", "InCsumErrors"), 2);
	end_case(passive_open());
}

/* An odd byte at the end is summed with a zero behind it, in both directions. */
WIRE_TEST(segments, checksum__odd_lengths, "W2 MUST-2 MUST-3")
{
	static const int lengths[] = { 1, 2, 3, 5, 7, 15, 255, 511, 1447, 1459 };
	int fd = active_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		int64_t at = c->stack_max;

		inject(PSH | ACK, LEN(lengths[i]));
		expect_ack(c->peer_max);
		app_read(fd, lengths[i]);
		app_write(fd, lengths[i]);
		expect(PSH | ACK, SEQ(at), LEN(lengths[i]));
		inject(ACK, ACK(at + lengths[i]));
	}
	ensure_eq(counter("Tcp", "InCsumErrors"), 0);
}

WIRE_TEST(segments, header__reserved_bits_are_ignored, "W1")
{
	int bits, fd;

	reach(TCP_LISTEN);
	inject(SYN, SEQ(0), MSS(1460), RESERVED(0xe));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(ACK, SEQ(1), ACK(1), RESERVED(0xe));
	fd = app_accept(listener);
	for (bits = 2; bits < 16; bits += 2) {
		inject(PSH | ACK, LEN(40), RESERVED(bits));
		expect_ack(c->peer_max);
		app_read(fd, 40);
	}
	still_works(fd);
}

WIRE_TEST(segments, header__impossible_data_offset, "W1 ATTACK-34")
{
	int fd = active_open(), words;

	for (words = 1; words < 5; words++)
		forge(PSH | ACK, SEQ(1), LEN(20), DATA_OFFSET(words));
	for (words = 11; words < 16; words++)
		forge(PSH | ACK, SEQ(1), LEN(20), DATA_OFFSET(words));
	for (words = 6; words < 16; words++)
		forge(ACK, SEQ(1), DATA_OFFSET(words));
	expect_silence(600);
	app_reads_nothing(fd);
	if (is_ltcp())			/* the built-in counts some of them */
		ensure_eq(counter("Tcp", "InErrs"), 19);
	still_works(fd);
}

WIRE_TEST(segments, header__truncated, "W1 ATTACK-34")
{
	int fd = active_open(), bytes;

	for (bytes = 1; bytes < 20; bytes++)
		forge(PSH | ACK, SEQ(1), CUT(bytes));
	for (bytes = 20; bytes < 24; bytes++)
		forge(PSH | ACK, SEQ(1), CUT(bytes), RAW_OPTIONS("\x01\x01\x01\x01"));
	expect_silence(600);
	app_reads_nothing(fd);
	still_works(fd);
}

/* All of the header may be options: text begins after 60 bytes. */
WIRE_TEST(segments, header__of_60_bytes, "W1 W6 MUST-5")
{
	int fd = active_open();

	inject(PSH | ACK, SEQ(1), LEN(77), RAW_OPTIONS(
		"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
		"\xfd\x13" "ABCDEFGHIJKLMNOPQ" "\x00"));
	expect_ack(78);
	app_read(fd, 77);
	still_works(fd);
}

/* --------------------------------------------------------- urgent pointers */

/* Reads what comes in line, in as many pieces as the mark makes of it. */
static void read_in_line(int fd, int64_t from, int n)
{
	uint8_t buf[2000];
	int got = 0, i, k;

	while (got < n) {
		k = recv(fd, buf, sizeof(buf), 0);
		ensure(k > 0, "recv(): %d, %s after %d of %d bytes", k, strerror(errno), got, n);
		for (i = 0; i < k; i++)
			ensure_eq(buf[i], pattern(from + got + i, false));
		got += k;
	}
	ensure_eq(got, n);
}

WIRE_TEST(segments, urgent__any_pointer_is_tolerated, "ATTACK-16 F8")
{
	static const int pointers[] = { 0, 1, 9, 10, 11, 99, 100, 101, 5000, 32768, 65535 };
	int fd = active_open();
	size_t i;

	app_set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		int64_t at = c->peer_max;

		inject(URG | PSH | ACK, LEN(100), URGENT(pointers[i]));
		expect_ack(at + 100);
		read_in_line(fd, at, 100);
		inject(URG | ACK, LEN(0), URGENT(pointers[i]));
	}
	/* without URG the field says nothing */
	inject(PSH | ACK, LEN(100), URGENT(50));
	expect_ack(c->peer_max);
	read_in_line(fd, c->peer_max - 100, 100);
	expect_state(fd, TCP_ESTABLISHED);
	inject(FIN | URG | ACK, URGENT(65535));
	expect_ack(c->peer_max);
	expect_state(fd, TCP_CLOSE_WAIT);
}

WIRE_TEST(segments, urgent__in_a_handshake, "ATTACK-16")
{
	int fd;

	reach(TCP_LISTEN);
	inject(SYN | URG, SEQ(0), MSS(1460), URGENT(65535));
	expect(SYN | ACK, SEQ(0), ACK(1));
	inject(URG | ACK, SEQ(1), ACK(1), URGENT(0));
	fd = app_accept(listener);
	expect_state(fd, TCP_ESTABLISHED);
	app_write(fd, 100);
	expect(PSH | ACK, SEQ(1), LEN(100));
}

/* ------------------------------------------------------------ IP fragments */

WIRE_TEST(segments, fragments__are_put_together, "W10")
{
	static const int sizes[] = { 8, 24, 256, 1480 };
	int fd = active_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		inject_fragments(sizes[i], PSH | ACK, LEN(1400));
		expect_ack(c->peer_max);
		app_read(fd, 1400);
	}
	inject_fragments(512, ACK, LEN(3000));	/* more than the path takes whole */
	expect_ack(c->peer_max);
	app_read(fd, 3000);
	expect_state(fd, TCP_ESTABLISHED);
	still_works(fd);
}

WIRE_TEST(segments, fragments__handshake, "W10 W4")
{
	int fd;

	reach(TCP_LISTEN);
	inject_fragments(8, SYN, SEQ(0), FULL_OPTIONS);
	expect(SYN | ACK, SEQ(0), ACK(1), SACK_OK, TS, WSCALE(ANY));
	inject_fragments(16, ACK, SEQ(1), ACK(1));
	fd = app_accept(listener);
	still_works(fd);
}

/* RFC 1191: every segment of ours forbids fragmentation; also those of no socket. */
WIRE_TEST(segments, own__carry_df, "W10")
{
	const struct seen *s;
	int fd = app_connect();

	ensure(expect(SYN, SEQ(0))->df, "no DF in the SYN");
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	ensure(expect(ACK, SEQ(1))->df, "no DF in an ACK");
	app_write(fd, 1460);
	ensure(expect(PSH | ACK, SEQ(1), LEN(1460))->df, "no DF in data");
	s = expect_within(180, 1300, PSH | ACK, SEQ(1), LEN_IN(1, 1460));
	ensure(s->df, "no DF in a retransmission");
	ignore_rest();
	app_abort(fd);
	ensure(expect(RST | ACK)->df, "no DF in a RST");
	new_connection();
	reach(TCP_CLOSE);
	inject(SYN, SEQ(0));
	ensure(expect(RST | ACK, SEQ(0), ACK(1))->df, "no DF in the RST of a closed port");
}

/* A program may turn path MTU discovery off (ip(7)). */
WIRE_TEST(segments, own__without_df_when_asked, "W10 A3")
{
	int fd = app_socket();

	c->no_df = true;
	app_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	active_open_fd(fd);
	app_write(fd, 1000);
	ensure(!expect(PSH | ACK, SEQ(1), LEN(1000))->df, "DF is set");
}
