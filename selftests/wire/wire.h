/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - scripted segments: the notation of the wire tests
 *
 * Theory
 * ------
 * A wire test plays the peer of one TCP connection. It owns a fresh network
 * namespace with one TUN device; ordinary sockets of that namespace are the
 * stack under test, and every segment they send comes out of the TUN device
 * into the test, which answers with segments made by hand:
 *
 *	      the test process
 *	  .----------+-----------.
 *	  | app_*()  | expect()  |	app_*()	   what the application calls
 *	  |	     | inject()  |	expect()   what the stack must send now
 *	  '----+-----+-----^-----'	inject()   what the peer sends
 *	    socket	  TUN
 *	.------+-----------+-----.
 *	|   the stack under test |
 *	'------------------------'
 *
 * A script reads like the ladder diagrams of RFC 9293, section 3.5: one line a
 * segment, the control bits first, then the fields that matter:
 *
 *	int fd = app_connect();
 *
 *	expect(SYN, SEQ(0), MSS(1460));
 *	inject(SYN | ACK, SEQ(0), ACK(1), MSS(1000));
 *	expect(ACK, SEQ(1), ACK(1));
 *	app_write(fd, 1500);
 *	expect(ACK, SEQ(1), LEN(1000));
 *	expect(PSH | ACK, SEQ(1001), LEN(500));
 *	expect_after(1000, ACK, SEQ(1), LEN(1000));	(a retransmission)
 *
 * Sequence numbers are relative: SEQ(0) is the sender's SYN, SEQ(1) its first
 * byte, and ACK(1) acknowledges the other side's SYN. A field that is left out
 * is not compared by expect(), and has an obvious value in inject(): the next
 * sequence number, everything seen so far acknowledged, the last window, a
 * timestamp when the connection uses them. Bytes need not be given either: the
 * byte at every sequence number follows from a pattern, so that a byte at the
 * wrong place is always noticed. WIN() is in bytes, whatever the scale.
 *
 * Besides what a script asks for, *every* segment that comes out is checked
 * against the rules of section "what any segment must obey" in check.c:
 * checksums, header lengths, zero reserved bits, DF, option syntax, the window
 * and MSS the peer granted, the right edge of the own window, payload bytes.
 *
 * Time is the machine's monotonic clock. Where idle time is skipped and the
 * clock is virtual (scripts/vm in warp mode) a script may wait for minutes.
 * expect_after(ms) counts from the script's previous line that did something
 * (a segment in either direction, or a call of the application). A timer may
 * be late by the granularity of the kernel's timer wheel (an eighth), never
 * early; on top comes a slack, WIRE_SLACK_MS (20 ms unless set).
 *
 * Every test function runs in a process and a namespace of its own. The first
 * deviation ends it and prints the ladder so far.
 *
 * Environment: LTCP_PROTO picks the stack: 253 (IPPROTO_LTCP, default), or 0
 * for the built-in TCP, on which tests of ltcp's own choices skip themselves.
 */
#ifndef WIRE_H
#define WIRE_H

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* The addresses are of TEST-NET-1 (RFC 5737). */
#define STACK_ADDR	0xc0000201u	/* 192.0.2.1, the stack under test */
#define PEER_ADDR	0xc0000202u	/* 192.0.2.2, played by the test */
#define STACK_PORT	8080		/* where app_listen() listens */
#define PEER_PORT	4000		/* the peer's, counted up by new_connection() */
#define WIRE_MTU	1500

/* ------------------------------------------------------------------ tests */

/**
 * struct wire_test - one test, registered by WIRE_TEST()
 * @theme: the file's theme; the KTAP line says "theme.name [ids]"
 * @name: function__case
 * @ids: requirements the test proves, separated by spaces
 * @seconds: (virtual) time the test may take
 * @line: where it stands, which gives the order
 * @run: the script
 */
struct wire_test {
	const char *theme, *name, *ids;
	int seconds, line;
	void (*run)(void);
};

#define WIRE_TEST_LONG(theme_, name_, seconds_, ids_)			\
	static void theme_##_##name_(void);				\
	static const struct wire_test theme_##_##name_##_test = {	\
		#theme_, #name_, ids_, seconds_, __LINE__,		\
		theme_##_##name_ };	\
	static const struct wire_test *const theme_##_##name_##_entry	\
	__attribute__((used, section("wire_tests"))) =			\
		&theme_##_##name_##_test;				\
	static void theme_##_##name_(void)

/* A test of up to a minute: WIRE_TEST(theme, function__case, "ID ID ...") { script } */
#define WIRE_TEST(theme_, name_, ids_) WIRE_TEST_LONG(theme_, name_, 60, ids_)

void __attribute__((format(printf, 3, 4), noreturn))
wire_fail(const char *file, int line, const char *fmt, ...);
void __attribute__((format(printf, 1, 2), noreturn)) wire_skip(const char *fmt, ...);

/* Ends the test unless @cond_ holds; the rest explains, as for printf(). */
#define ensure(cond_, ...) \
	((cond_) ? (void)0 : wire_fail(__FILE__, __LINE__, __VA_ARGS__))

#define ensure_eq(a_, b_) do {						\
	long long a__ = (a_), b__ = (b_);				\
	ensure(a__ == b__, "%s is %lld, not %lld (%s)", #a_, a__, b__, #b_); \
} while (0)

#define ensure_in(a_, lo_, hi_) do {					\
	long long a__ = (a_);						\
	ensure(a__ >= (lo_) && a__ <= (hi_), "%s is %lld, not within %lld..%lld", \
	       #a_, a__, (long long)(lo_), (long long)(hi_));		\
} while (0)

/* Says in the ladder which row of a table is being played. */
void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...);

/* True when the stack under test is ltcp, false for the built-in TCP. */
bool is_ltcp(void);

/*
 * Skips the rest of the test on the built-in TCP, with the reason. These lines
 * are the list of known differences to the built-in; ltcp never skips.
 */
#define differs_from_builtin(...) \
	do { if (!is_ltcp()) wire_skip(__VA_ARGS__); } while (0)

/* --------------------------------------------------------------- segments */

/* Control bits (RFC 9293, section 3.1). */
enum {
	FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08,
	ACK = 0x10, URG = 0x20, ECE = 0x40, CWR = 0x80,
};

/* The IP header's ECN field (RFC 3168, section 5), for TOS() and ECN(). */
enum { NOT_ECT = 0, ECT1 = 1, ECT0 = 2, CE = 3 };

/* A number in a segment: left out, absent on purpose, or within a range. */
struct num {
	enum { LEFT_OUT, GIVEN, ABSENT } how;
	int64_t lo, hi;
};

#define ANY		INT64_MIN	/* there, whatever its value */
#define NUM(v)		{ GIVEN, (v), (v) }

struct sack_block { int64_t from, to; };

/**
 * struct segment - a segment as a script writes it
 *
 * Filled in by the macros below only. Sequence numbers are relative to the
 * initial sequence number of the side that owns them.
 */
struct segment {
	uint8_t flags;
	struct num seq, ack, len, win, urgent, ecn;
	struct num mss, wscale, sack_ok, ts, tsval, tsecr;
	struct sack_block sack[4];
	bool no_sack, no_push;
	/* only for inject() */
	bool bad_checksum;
	uint8_t reserved;		/* the four bits beside the data offset */
	int data_offset;		/* words, when not 0 a lie */
	int cut;			/* bytes of TCP header to send, when not 0 */
	const void *raw_options;
	size_t raw_options_len;
	uint8_t tos;
	const void *ip_options;		/* of whole words */
	size_t ip_options_len;
	/* only for inject_icmp() */
	int mtu;
};

#define SEQ(v)		.seq = NUM(v)
#define SEQ_IN(a, b)	.seq = { GIVEN, (a), (b) }
#define ACK(v)		.ack = NUM(v)
#define ACK_IN(a, b)	.ack = { GIVEN, (a), (b) }
#define LEN(v)		.len = NUM(v)
#define LEN_IN(a, b)	.len = { GIVEN, (a), (b) }
#define WIN(v)		.win = NUM(v)
#define WIN_IN(a, b)	.win = { GIVEN, (a), (b) }
#define URGENT(v)	.urgent = NUM(v)	/* the urgent pointer field */
#define ECN(v)		.ecn = NUM(v)		/* expect(): the IP header's ECN field */
#define NO_PUSH		.no_push = true		/* expect(): PSH must not be set */

#define MSS(v)		.mss = NUM(v)
#define WSCALE(v)	.wscale = NUM(v)
#define SACK_OK		.sack_ok = NUM(1)
#define SACK(...)	.sack = { __VA_ARGS__ }	/* SACK({from, to}, ...) */
#define TS		.ts = NUM(1)
#define TSVAL(v)	.tsval = NUM(v)
#define TSECR(v)	.tsecr = NUM(v)
#define NO_MSS		.mss = { ABSENT, 0, 0 }
#define NO_WSCALE	.wscale = { ABSENT, 0, 0 }
#define NO_SACK_OK	.sack_ok = { ABSENT, 0, 0 }
#define NO_SACK		.no_sack = true
#define NO_TS		.ts = { ABSENT, 0, 0 }

#define BAD_CHECKSUM	.bad_checksum = true
#define RESERVED(v)	.reserved = (v)
#define DATA_OFFSET(v)	.data_offset = (v)
#define CUT(v)		.cut = (v)
#define RAW_OPTIONS(s)	.raw_options = (s), .raw_options_len = sizeof(s) - 1
#define RAW_BYTES(p, n)	.raw_options = (p), .raw_options_len = (n)
#define TOS(v)		.tos = (v)
#define IP_OPTS(s)	.ip_options = (s), .ip_options_len = sizeof(s) - 1
#define MTU(v)		.mtu = (v)

/**
 * struct seen - a segment that came out of the stack, taken apart
 * @at_us: when it arrived, since the test's start
 * @seq: relative to the stack's initial sequence number
 * @ack: relative to the peer's; 0 without ACK
 * @len: bytes of payload
 * @win: bytes, scaled when the connection scales
 * @raw_win: as in the header
 * @mss: -1 when absent, like @wscale
 * @peer_addr: where it goes to in the end, by whatever route
 * @next_hop: where a source route makes it go first; else the same
 * @ip_options: of @ip_options_len bytes
 */
struct seen {
	int64_t at_us;
	uint8_t flags, tos, ttl;
	uint16_t ip_id;
	uint32_t next_hop;
	const uint8_t *ip_options;
	int ip_options_len;
	uint16_t stack_port, peer_port;
	uint32_t stack_addr, peer_addr;
	uint32_t abs_seq, abs_ack;
	int64_t seq, ack;
	int len, option_len, raw_win, urgent;
	int64_t win;
	int mss, wscale;
	bool sack_ok, has_ts, df;
	uint32_t tsval, tsecr;
	int sacks;
	struct sack_block sack[4];
	const uint8_t *data;
};

/* --------------------------------------------------------------- scripting */

/* The stack must send this segment at once. Returns what was seen. */
#define expect(flags_, ...) \
	wire_expect(__FILE__, __LINE__, 0, 0, (struct segment){ .flags = (flags_), __VA_ARGS__ })

/* ... @ms_ after the script's previous event, as exactly as timers go. */
#define expect_after(ms_, flags_, ...) \
	wire_expect(__FILE__, __LINE__, (ms_), wire_latest(ms_),	\
		    (struct segment){ .flags = (flags_), __VA_ARGS__ })

/* ... between @lo_ and @hi_ ms after the previous event. */
#define expect_within(lo_, hi_, flags_, ...) \
	wire_expect(__FILE__, __LINE__, (lo_), (hi_), (struct segment){ .flags = (flags_), __VA_ARGS__ })

/* Nothing may come out for @ms_. Does not count as an event. */
#define expect_silence(ms_) wire_expect_silence(__FILE__, __LINE__, (ms_))

/* Exactly the bytes [from_, to_) must come, in order, however segmented; returns the number of segments. */
#define expect_bytes(from_, to_) wire_expect_bytes(__FILE__, __LINE__, (from_), (to_))

/**
 * struct burst - what came until the wire was quiet
 * @segments: segments that carry data
 * @bytes: of payload
 * @from: lowest sequence number
 * @to: end of the highest
 */
struct burst { int segments; int64_t bytes, from, to; };

/* An acknowledgment of everything up to @n_, which may be a delayed one (MUST-40). */
#define expect_ack(n_) expect_within(0, 500, ACK, ACK(n_), LEN(0))

/* The next segment, whatever it is, or NULL when none comes within @ms_. */
#define take(ms_) wire_take(__FILE__, __LINE__, (ms_))

/* When the next segment came, microseconds: within @ms_, and it begins at @seq_. */
#define take_at(seq_, ms_) wire_take_at(__FILE__, __LINE__, (seq_), (ms_))

/* Takes whatever comes until nothing has come for @quiet_ms_. */
#define take_burst(quiet_ms_) wire_take_burst((quiet_ms_))

/* The peer sends this segment. */
#define inject(flags_, ...) \
	wire_inject((struct segment){ .flags = (flags_), __VA_ARGS__ })

/* The same as IP fragments with at most @size_ bytes each, a multiple of 8. */
#define inject_fragments(size_, flags_, ...) \
	wire_inject_fragments((size_), (struct segment){ .flags = (flags_), __VA_ARGS__ })

/* An ICMP error for the stack's segment that began at SEQ(). */
#define inject_icmp(type_, code_, ...) \
	wire_inject_icmp((type_), (code_), (struct segment){ .flags = 0, __VA_ARGS__ })

const struct seen *wire_expect(const char *file, int line, int lo_ms, int hi_ms,
			       struct segment want);
void wire_expect_silence(const char *file, int line, int ms);
int wire_expect_bytes(const char *file, int line, int64_t from, int64_t to);
const struct seen *wire_take(const char *file, int line, int ms);
int64_t wire_take_at(const char *file, int line, int64_t seq, int ms);
struct burst wire_take_burst(int quiet_ms);
void wire_inject(struct segment s);
void wire_inject_fragments(int size, struct segment s);
void wire_inject_icmp(int type, int code, struct segment s);

/* The latest moment for a timer of @ms that is due, in ms. */
int wire_latest(int ms);

/* Lets time pass, whatever comes meanwhile stays to be expected. */
void pass_ms(int ms);

/* From now on expect_after() counts from here. */
void mark_event(void);

/* Drops whatever has come out and was not asked about; returns how many segments. */
int ignore_rest(void);

/* Microseconds since the test began. */
int64_t now_us(void);

/* ------------------------------------------------------------- connections */

/**
 * struct connection - the peer's view of a connection
 *
 * Scripts may set the first group before its first segment.
 */
struct connection {
	uint32_t peer_addr, stack_addr;
	uint16_t peer_port, stack_port;	/* stack_port 0: taken from its SYN */
	uint32_t peer_isn;
	uint32_t peer_clock;	/* its timestamp clock at peer_clock_us, in ms */
	int64_t peer_clock_us;
	bool unchecked;		/* no rules but checksums: a test that cheats */
	bool no_df;		/* path MTU discovery is off */
	bool all_ect;		/* DCTCP: what is not new data may be ECT, too */

	uint32_t stack_isn;
	bool stack_isn_known;
	/* what the stack has sent */
	int64_t stack_max;	/* one past the highest sequence number */
	int64_t stack_fin;	/* sequence number of its FIN, or -1 */
	int64_t stack_edge;	/* right edge of the window it offered, -1: none */
	int stack_mss, stack_wscale;
	bool stack_sack_ok, stack_stamps, stack_sent_syn;
	uint32_t stack_tsval;	/* the last one seen */
	/* what the peer has sent */
	int64_t peer_max;
	int64_t peer_edge;	/* highest ACK + WIN */
	int64_t peer_win;
	int peer_mss, peer_wscale;
	bool peer_stamps;
};

extern struct connection *c;	/* the one the script is talking about */

/* Begins another connection from another port of the peer; it becomes @c. */
struct connection *new_connection(void);

/* Makes @other the connection the script talks about. */
void talk_about(struct connection *other);

bool both_scale(void);
bool both_stamp(void);

/* ------------------------------------------------------------ application */

/* All sockets are non-blocking. Calls end the test when they fail. */
int app_socket(void);
int app_connect(void);			/* to the peer; begins the handshake */
void app_connect_fd(int fd);
int app_listen(void);			/* on STACK_PORT */
void app_listen_fd(int fd, int backlog);
#define app_accept(fd_)		wire_accept(__FILE__, __LINE__, (fd_))
#define app_write(fd_, n_)	wire_write(__FILE__, __LINE__, (fd_), (n_), 0)
#define app_send(fd_, n_, f_)	wire_write(__FILE__, __LINE__, (fd_), (n_), (f_))
#define app_read(fd_, n_)	wire_read(__FILE__, __LINE__, (fd_), (n_))
#define app_reads_eof(fd_)	wire_read_fails(__FILE__, __LINE__, (fd_), 0)
#define app_reads_error(fd_, e_) wire_read_fails(__FILE__, __LINE__, (fd_), (e_))
#define app_writes_error(fd_, e_) wire_write_fails(__FILE__, __LINE__, (fd_), (e_))
#define app_reads_nothing(fd_)	wire_read_fails(__FILE__, __LINE__, (fd_), EAGAIN)
#define app_connect_result(fd_, e_) wire_connect_result(__FILE__, __LINE__, (fd_), (e_))
void app_shutdown(int fd, int how);
void app_close(int fd);
void app_abort(int fd);			/* SO_LINGER 0, close */
void app_set(int fd, int level, int name, int value);
void app_choose(int fd, const char *algorithm);	/* TCP_CONGESTION */
int app_get(int fd, int level, int name);
uint32_t app_memory(int fd, int which);	/* SK_MEMINFO_* */
size_t app_fill(int fd);		/* writes until the send buffer is full */
void end_case(int fd);			/* of a table: aborts and forgets the socket */

int wire_accept(const char *file, int line, int fd);
void wire_write(const char *file, int line, int fd, size_t n, int flags);
void wire_read(const char *file, int line, int fd, size_t n);
void wire_read_fails(const char *file, int line, int fd, int err);
void wire_write_fails(const char *file, int line, int fd, int err);
void wire_connect_result(const char *file, int line, int fd, int err);

/* TCP_INFO; what the C library's struct lacks is behind it (linux/tcp.h). */
struct full_info {
	struct tcp_info base;
	uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
	uint32_t segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
	uint64_t delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
	uint32_t delivered, delivered_ce;
	uint64_t bytes_sent, bytes_retrans;
	uint32_t dsack_dups, reord_seen, rcv_ooopack, snd_wnd;
	/* Linux 6.12, not 6.1 */
	uint32_t rcv_wnd, rehash;
	uint16_t total_rto, total_rto_recoveries;
	uint32_t total_rto_time;
};

struct tcp_info app_info(int fd);
struct full_info app_full_info(int fd, socklen_t *len);

/*
 * A look at a byte that is there, or at a listener's filter, into a page that is
 * missing, owns the socket until the page comes: what arrives meanwhile has to wait.
 */
struct owner { int fd, faults; void *page; pthread_t thread; };
void app_owns(struct owner *o, int fd);
void app_owns_writing(struct owner *o, int fd);	/* 4096 bytes out of such a page */
void app_lets_go(struct owner *o);

/* States: the socket's by TCP_INFO; the pair's by the kernel's socket table. */
#define expect_state(fd_, state_) wire_expect_state(__FILE__, __LINE__, (fd_), (state_))
#define expect_pair(state_)	  wire_expect_pair(__FILE__, __LINE__, (state_))
void wire_expect_state(const char *file, int line, int fd, int state);
void wire_expect_pair(const char *file, int line, int state);
int pair_state(void);	/* TCP_CLOSE: there is no such pair */

/*
 * Whole handshakes. The arguments describe the peer's SYN|ACK or SYN; with
 * none it has no options but MSS(1460). FULL_OPTIONS: what a modern peer sends.
 */
#define FULL_OPTIONS	MSS(1460), SACK_OK, TS, WSCALE(7)
#define active_open(...)  wire_active_open(-1, (struct segment){ .flags = 0, __VA_ARGS__ })
#define active_open_fd(fd_, ...) wire_active_open((fd_), (struct segment){ .flags = 0, __VA_ARGS__ })
#define passive_open(...) wire_passive_open((struct segment){ .flags = 0, __VA_ARGS__ })
int wire_active_open(int fd, struct segment synack);
int wire_passive_open(struct segment syn);

/*
 * A connection brought into a state: TCP_LISTEN, TCP_SYN_SENT, ... TCP_CLOSE.
 * Our side has been closed with shutdown(), so the socket still tells its state,
 * but for TIME-WAIT and CLOSED, where -1 is returned, like for SYN-RECEIVED.
 */
int reach(int state);
const char *state_name(int state);

/* The listener that passive_open() made, or -1. */
extern int listener;

/* ------------------------------------------------------------ environment */

/* sysctl_set("net/ipv4/tcp_sack", 0), in the test's namespace. */
void sysctl_set(const char *name, long value);
void sysctl_set_str(const char *name, const char *value);
void sysctl_try(const char *name, long value);	/* where there is such a sysctl */
long sysctl_get(const char *name);

/* A counter of the namespace: counter("Tcp", "InCsumErrs") or ("TcpExt", ...). */
long counter(const char *group, const char *name);

/* A number from a file of lines "NAME NUMBER": listed("/proc/meminfo", "MemFree:"). */
long listed(const char *path, const char *name);

/* The device's MTU. */
void set_mtu(int mtu);

/* Runs ip(8) in the test's namespace: run_ip("route add 198.51.100.0/24 dev wire0"). */
void __attribute__((format(printf, 1, 2))) run_ip(const char *fmt, ...);

/*
 * Only what RFC 5681, 6298 and 6675 say: no tail loss probes, no time-based
 * loss detection, no undo of timeouts, so that each can be tested alone. And a flight
 * leaves in one packet, though a slow machine's handshake speaks for smaller ones, the
 * last of which would wait for an ACK.
 */
void classic_recovery(void);

/* ------------------------------------------------------- between the files */

/* net.c */
void net_load_tun(void);
void net_setup(void);
void net_send(const void *frame, size_t len);
ssize_t net_receive(void *frame, size_t size, int64_t deadline_us);

/* segment.c */
uint8_t pattern(int64_t seq, bool from_stack);
void segment_fill_in(struct segment *s);
size_t segment_build(const struct segment *s, uint8_t *frame);
size_t segment_quote(const struct segment *s, int type, int code, uint8_t *frame);
size_t ip_header(uint8_t *frame, uint32_t src, uint32_t dst, int protocol,
		 size_t payload, int frag);
const char *segment_parse(const uint8_t *frame, size_t len, struct seen *out);
void segment_print(char *buf, size_t size, const struct seen *s);
void segment_seen_as_injected(const struct segment *s, struct seen *out);

/* check.c */
const char *check_rules(const struct seen *s);
const char *check_match(const struct segment *want, const struct seen *s);

/* script.c */
void script_begin(int seconds);
void script_end(void);
void ladder(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void send_in_fragments(int size, const uint8_t *frame, size_t len);

#endif /* WIRE_H */
