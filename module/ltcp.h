/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ltcp.h - the control block, the parsed segment, and who offers what.
 *
 * The road of a segment, one file a step:
 *
 *   ipv4.c -> rx.c -> validate.c -> ack.c, sack.c, loss.c, cong.c -> data.c
 *                          |                                          |
 *                        state.c            tx.c -> xmit.c -> ipv4_out.c
 *
 * Three ways in: a segment (rx.c), a timer (timer.c), a system call (sock.c).
 * Each takes the socket lock, lets handlers note what is owed (an ACK, a
 * retransmission, a probe), and ends in one ltcp_push().
 *
 * LOCKING. Everything in struct ltcp_sock belongs to the socket lock:
 * lock_sock() in a system call, bh_lock_sock() with sock_owned_by_user()
 * false in softirq. Segments that find the socket owned go to the backlog,
 * timers and ICMP errors set a bit that release_sock() acts on. A listener is
 * looked up and used without its lock, under RCU: request sockets are found in
 * the hash table, and only a finished child takes the accept queue's own lock.
 * Lock order: listener, child (nested), hash bucket. Fields that poll and the
 * diagnostics read unlocked are written with WRITE_ONCE.
 *
 * UNITS. Sequence numbers and windows are bytes; cwnd, ssthresh and all
 * *_out counters are segments, as in struct tcp_sock; times end in _us, _ms
 * or are jiffies where the kernel's timer wants them.
 */
#ifndef LTCP_H
#define LTCP_H

#include <linux/module.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include <net/inet_common.h>
#include <net/inet_connection_sock.h>
#include <net/inet_hashtables.h>
#include <net/inet_timewait_sock.h>
#include <net/request_sock.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/tcp_states.h>
#include <net/netns/generic.h>

#include "../include/uapi/linux/ltcp.h"
#include "compat.h"
#include "pure/types.h"
#include "pure/seq.h"
#include "pure/options.h"
#include "pure/rtt.h"
#include "pure/window.h"
#include "pure/isn.h"
#include "pure/cong.h"
#include "pure/sacklist.h"
#include "pure/scoreboard.h"
#include "pure/mtu_search.h"
#include "pure/rack.h"
#include "pure/prr.h"
#include "pure/cwv.h"
#include "pure/undo.h"
#include "pure/validate.h"
#include "pure/urgent.h"

#undef pr_fmt
#define pr_fmt(fmt) "ltcp: " fmt

/* ------------------------------------------------------------------ */
/* The namespace's part                                                 */
/* ------------------------------------------------------------------ */

/* Counters of ltcp's own, shown in /proc/net/ltcp; names in mib.c. */
enum ltcp_mib {
	LTCP_MIB_IN_SEGS,		/* segments that reached ltcp, GRO parts counted */
	LTCP_MIB_IN_SKBS,		/* packets that carried them */
	LTCP_MIB_IN_BYTES,		/* payload bytes received, duplicates included */
	LTCP_MIB_IN_GRO,		/* packets that were GRO or LRO aggregates */
	LTCP_MIB_IN_CSUM_DEVICE,	/* checksum vouched for by the device */
	LTCP_MIB_IN_CSUM_SOFTWARE,	/* checksum verified by the CPU */
	LTCP_MIB_OUT_SEGS,		/* segments sent, TSO parts counted */
	LTCP_MIB_OUT_SKBS,		/* packets that carried them */
	LTCP_MIB_OUT_BYTES,		/* payload bytes sent, retransmissions included */
	LTCP_MIB_OUT_TSO_SKBS,		/* packets left to TSO or GSO to cut */
	LTCP_MIB_OUT_TSO_DEVICE,	/* of these, cut by a device that offers TSO */
	LTCP_MIB_OUT_CSUM_DEVICE,	/* checksum left to a device that offers it */
	LTCP_MIB_OUT_CSUM_SOFTWARE,	/* checksum computed by the CPU below ltcp */
	LTCP_MIB_RETRANS_SEGS,		/* segments sent again */
	LTCP_MIB_FAST_RECOVERIES,	/* loss episodes entered by duplicate ACKs or SACK */
	LTCP_MIB_RTOS,			/* retransmission timeouts */
	LTCP_MIB_UNDONE,		/* of both, found to be for nothing, and undone */
	LTCP_MIB_CHALLENGE_ACKS,	/* challenge ACKs sent (RFC 5961) */
	LTCP_MIB_ACTIVE_OPENS,		/* connect() calls that sent a SYN */
	LTCP_MIB_PASSIVE_OPENS,		/* connections whose handshake a listener completed */
	LTCP_MIB_CHAINED,		/* packets passed on to the built-in TCP */
	LTCP_MIB_DROPS,			/* segments dropped, all reasons */
	LTCP_MIB_RESETS_OUT,		/* RST segments sent */
	LTCP_MIB_MAX
};

#define LTCP_RTO_MIN_MS		200	/* default of rto_min_ms and of tcp_rto_min_us */

/* One namespace; made and freed in main.c, tuned in sysctl.c. */
struct ltcp_net {
	struct net *net;
	struct ctl_table_header *sysctl;
	struct ctl_table *sysctl_table;
	unsigned long __percpu *mib;	/* LTCP_MIB_MAX counters per CPU */
	bool armed;			/* this namespace holds the take-over */
	/* net.ltcp.*; plain ints, read with READ_ONCE, ranges in sysctl.c */
	int takeover;
	int msl_ms;
	int rto_initial_ms;
	int rto_min_ms;			/* LTCP_RTO_MIN_MS: as tcp_rto_min_us */
	int rto_max_ms;
	int persist_min_ms;
	int persist_max_ms;
	int delack_ms;
	int arq;			/* enum ltcp_arq */
};

extern unsigned int ltcp_net_id;

static inline struct ltcp_net *ltcp_net(const struct net *net)
{
	return net_generic(net, ltcp_net_id);
}

/* ------------------------------------------------------------------ */
/* The control block                                                    */
/* ------------------------------------------------------------------ */

/*
 * Where struct tcp_sock has a field for something, that field is the state;
 * the tail holds only what it lacks. All under the socket lock.
 */
struct ltcp_sock {
	struct tcp_sock tcp;

	struct ltcp_net *lnet;		/* the namespace's part; set once */
	u32 deferred;			/* LTCP_DEFER_* bits for release_cb; slock */
	bool backlog_push;		/* the backlog leaves it a push, too; the owner's, not slock */
	bool batch_wake;		/* wake the reader when the batch is done; slock */
	u16 readers;			/* how many sleep in recv() */
	u16 readers_began;		/* and have taken less than SO_RCVLOWAT */
	/* Of a listener whoever answers a SYN reads these two, without its lock */
	const struct ltcp_cc_ops *cc;	/* congestion control (cong.c) */
	u32 wnd_share;			/* what part of a buffer is window (ltcp_wnd_share()) */

	/* All that follows is cleared for every new connection: no other may be reading it */

	/*
	 * Send queue. Bytes [SND.UNA, SND.NXT) are in rtxq, keyed by sequence
	 * number, [SND.NXT, write_seq) in unsent. The kernel's
	 * sk_write_queue and tcp_rtx_queue stay empty on purpose: callers in the
	 * kernel would push them through the built-in TCP.
	 */
	struct rb_root rtxq;
	struct sk_buff *rtx_last;	/* rightmost of rtxq, NULL when empty */
	struct sk_buff_head unsent;

	u32 iss;			/* for observers: numbers are shown relative to it */
	u32 round_delivered;		/* a round ends when what was sent then is delivered (rate.c) */

	/* Loss recovery (loss.c, sack.c) */
	u32 sack_high;			/* right edge of the highest SACKed data */
	u32 retrans_edge;		/* no lost segment below it awaits sending */
	u32 lost_edge;			/* all below it has been judged lost or not */
	u32 rto_since_ms;		/* when the packet that timed out first was sent */
	u32 dupacks;			/* consecutive duplicate ACKs */
	bool first_rtx_free;		/* the next resend needs no room in cwnd */
	bool unreduced;			/* Recovery of what was too large for the path: cwnd stays */
	bool prr_on;			/* prr steers cwnd in this recovery (cong.c) */
	bool cut;			/* the last episode reduced ssthresh (cong.c) */
	bool rtt_remember;		/* the next RTT sample goes through undo (RFC 4015) */
	struct ltcp_tlp tlp;		/* rack.c */
	struct ltcp_rack rack;		/* rack.c */
	u64 copies_since_ns;		/* no copy in flight was sent earlier (rack.c) */
	u32 copies_walk_at;		/* segs_in that pays for the next look at them (rack.c) */
	unsigned long rto_at;		/* when RTO expires, jiffies; it may wait for others */
	struct ltcp_prr prr;		/* cong.c */
	u64 episode_ns;			/* when the first copy of the last episode could leave */
	u32 copies_until;		/* SND.NXT when something was last sent again */
	bool copies_out;		/* and that was in an episode, not long ago */
	bool round_start;		/* congestion control has not heard of it yet */
	struct ltcp_undo undo;		/* undo.c, all five */
	struct ltcp_frto frto;
	struct ltcp_eifel eifel;
	struct ltcp_dsack_undo dsack;
	struct ltcp_early early;

	/* Receiving (data.c, rcvmem.c) */
	struct ltcp_sacklist sacks;	/* what to report, most recent first */
	u32 dupacks_for;		/* RCV.NXT that dupacks_sent ACKs have told of (dupack.c) */
	u8 dupacks_sent;
	u8 dupack_blocks;		/* SACK blocks that have changed since the last ACK */
	u32 dupack_block;		/* where the last of them begins */
	u32 dupack_us;			/* when the last segment out of order came */
	struct ltcp_paws paws;		/* which timestamps cannot be of another round of numbers */
	u32 ofo_memory;			/* truesize of all islands */
	u16 wnd_rounded;		/* of rcv_wnd, what only rounding has promised */
	u32 arrived_text;		/* bytes since wnd_share was last looked at, ... */
	u32 arrived_memory;		/* ... and what their packets take */
	u32 data_us;			/* when the last segment with data came, tcp_mstamp */
	u32 compact_after;		/* no compaction before segs_in is there */
	bool quick_route;		/* the route's quickack metric: no ACK is delayed */
	bool acked_on_read;		/* what came last; nothing has been sent since */
	bool in_stream;			/* the last one came soon after the one before */
	u8 reader;			/* LTCP_READER_*: does one alone sleep in recv()? */

	/* Congestion control (cong.c) */
	struct ltcp_cc cc_work;		/* what cc keeps; windows are copied in and out */
	struct ltcp_cwv cwv;		/* how much of cwnd is in use */
	bool more;			/* the last write said MSG_MORE */
	bool corked;			/* TCP_CORK holds data back */
	bool freed;			/* the send buffer has more space than at the last push */
	bool urg_out;			/* snd_up, SND.UP, is ahead of SND.UNA (urgent.c) */
	bool urg_owed;			/* and no segment has told the peer yet */
	u8 reduced;			/* LTCP_REDUCED_*: why, in this window of data (ecn.c) */
	u32 reduced_until;		/* SND.NXT when it was */
	bool cc_started;		/* the algorithm was initialised */
	bool cc_locked;			/* the route has chosen it, for good */

	bool route_follows;		/* a source route that arrives is answered by (srcroute.c) */

	u32 challenge_ms;		/* start of the second that challenge_left counts */
	u16 challenge_left;		/* challenge ACKs left in it */
	u8 arq;				/* enum ltcp_arq; set once (arq.c) */
};

enum {
	LTCP_REDUCED_NOT,
	LTCP_REDUCED_LOSS,
	LTCP_REDUCED_MARK,
};

enum {
	LTCP_READER_AWAY,		/* not in recv(), not alone, or not known to be */
	LTCP_READER_SLEEPS,
	LTCP_READER_CALLED,		/* woken, but has not run yet */
	LTCP_READER_CALLED_TWICE,	/* and more has come meanwhile */
};

static inline struct ltcp_sock *ltcp_sk(const struct sock *sk)
{
	return (struct ltcp_sock *)sk;
}

extern struct proto ltcp_prot;
extern struct proto_ops ltcp_stream_ops;
extern const struct inet_connection_sock_af_ops ltcp_v4_af_ops;

/* Full, request and TIME-WAIT sockets all keep their struct proto here. */
static inline bool ltcp_is_ours(const struct sock *sk)
{
	return READ_ONCE(sk->sk_prot) == &ltcp_prot;
}

static inline bool ltcp_in_handshake(const struct sock *sk)
{
	return sk->sk_state == TCP_SYN_SENT || sk->sk_state == TCP_SYN_RECV;
}

/*
 * Our mark on a queued packet, in skb->cb. On the way out it lives on the
 * original in the send queue, never on the clone that IP gets; on the way in
 * only from the moment the packet enters the receive or out-of-order queue.
 */
struct ltcp_cb {
	u32 seq;		/* first sequence number */
	u32 end_seq;		/* one past the last; SYN and FIN count */
	u16 mss;		/* payload bytes of each segment but the last */
	u16 segs;		/* segments this packet becomes on the wire */
	u8 flags;		/* LTCP_FLAG_* of the header */
	u8 sacked;		/* LTCP_SKB_* */
	bool has_rxtstamp;

	/* On the way out: the connection when it was sent last (rate.c) */
	u32 delivered;		/* segments delivered so far */
	u32 delivered_us;	/* when that was reached, low half; 0: sampled already */
	u32 first_tx_us;	/* when the flight began that it belongs to, low half */
	u32 lost;		/* segments judged lost so far */
	u32 in_flight;		/* segments in flight, with this packet */
	bool app_limited;	/* there was nothing more to send */
	bool stamp_ack;		/* report when it is acknowledged (SO_TIMESTAMPING) */
	bool eor;		/* the next write begins another packet (MSG_EOR) */
};

#define LTCP_SKB_SACKED		0x01	/* the peer reports it received */
#define LTCP_SKB_LOST		0x02	/* judged lost */
#define LTCP_SKB_RETRANS	0x04	/* sent again, and that copy is in flight */
#define LTCP_SKB_EVER_RETRANS	0x08	/* sent again at any time (Karn) */

/*
 * tcp_read_sock(), by which the kernel's iSCSI initiator empties our receive queue,
 * finds its place and the FIN by these.
 */
static_assert(offsetof(struct ltcp_cb, seq) == offsetof(struct tcp_skb_cb, seq));
static_assert(offsetof(struct ltcp_cb, end_seq) ==
	      offsetof(struct tcp_skb_cb, end_seq));
static_assert(offsetof(struct ltcp_cb, flags) ==
	      offsetof(struct tcp_skb_cb, tcp_flags));

static inline struct ltcp_cb *ltcp_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct ltcp_cb) > sizeof_field(struct sk_buff, cb));
	return (struct ltcp_cb *)skb->cb;
}

/* @skb's bytes were added to @to's end: its time of arrival is that of the last one. */
static inline void ltcp_stamp_follow(struct sk_buff *to, struct sk_buff *skb)
{
	if (likely(!ltcp_cb(skb)->has_rxtstamp))
		return;
	ltcp_cb(to)->has_rxtstamp = true;
	to->tstamp = skb->tstamp;
	*skb_hwtstamps(to) = *skb_hwtstamps(skb);
}

#define ltcp_rb_to_skb(rb)	rb_entry_safe(rb, struct sk_buff, rbnode)

static inline struct sk_buff *ltcp_rtx_head(const struct ltcp_sock *lt)
{
	return ltcp_rb_to_skb(rb_first(&lt->rtxq));
}

static inline struct sk_buff *ltcp_rtx_next(const struct sk_buff *skb)
{
	return ltcp_rb_to_skb(rb_next(&skb->rbnode));
}

static inline struct sk_buff *ltcp_rtx_prev(const struct sk_buff *skb)
{
	return ltcp_rb_to_skb(rb_prev(&skb->rbnode));
}

/* The least round trip seen lately, microseconds; 0: none yet. */
static inline u32 ltcp_min_rtt_us(const struct tcp_sock *tp)
{
	u32 us = minmax_get(&tp->rtt_min);

	return us == ~0U ? 0 : us;
}

static inline bool ltcp_all_sent_acked(const struct ltcp_sock *lt)
{
	return !lt->rtx_last;
}

/* Header flags, the low byte of the 13th and 14th octets (RFC 9293 3.1). */
#define LTCP_FLAG_FIN	0x01
#define LTCP_FLAG_SYN	0x02
#define LTCP_FLAG_RST	0x04
#define LTCP_FLAG_PSH	0x08
#define LTCP_FLAG_ACK	0x10
#define LTCP_FLAG_URG	0x20
#define LTCP_FLAG_ECE	0x40
#define LTCP_FLAG_CWR	0x80

/* A received segment, parsed once, on the stack of whoever handles it. */
struct ltcp_seg {
	u32 seq;		/* SEG.SEQ */
	u32 end_seq;		/* SEG.SEQ + SEG.LEN, SYN and FIN counted */
	u32 ack;		/* SEG.ACK, valid when flags has ACK */
	u32 wnd;		/* SEG.WND as on the wire, not scaled */
	u32 len;		/* payload bytes */
	u16 segs;		/* segments on the wire (GRO) */
	u16 urg;		/* SEG.UP */
	u8 flags;		/* LTCP_FLAG_* */
	u8 ecn;			/* the IP header's ECN field (RFC 3168 section 5) */
	struct ltcp_opts opt;
};

static inline bool ltcp_has(const struct ltcp_seg *seg, u8 flags)
{
	return seg->flags & flags;
}

/*
 * The SYN is dealt with: what else the segment carries goes on as text. The urgent
 * field counts from SEG.SEQ; one that only reaches the SYN says nothing.
 */
static inline void ltcp_seg_past_syn(struct ltcp_seg *seg)
{
	seg->seq++;
	seg->flags &= ~LTCP_FLAG_SYN;
	if (seg->urg)
		seg->urg--;
	else
		seg->flags &= ~LTCP_FLAG_URG;
}

/*
 * Is nobody waiting for an answer? Who sends text or a FIN again does; what else is not
 * acceptable must not be answered without end, if the peer does the same.
 */
static inline bool ltcp_seg_is_bare(const struct ltcp_seg *seg)
{
	return seg->seq == seg->end_seq || ltcp_has(seg, LTCP_FLAG_SYN | LTCP_FLAG_RST);
}

/* What validate.c says of a segment, and rx.c does. */
enum ltcp_verdict {
	LTCP_ACCEPT,		/* go on */
	LTCP_DROP,		/* silence */
	LTCP_DROP_ACK,		/* silence but for a (rate-limited) ACK */
	LTCP_DROP_CHALLENGE,	/* a challenge ACK (RFC 5961) */
	LTCP_DROP_RESET,	/* answer <SEQ=SEG.ACK><CTL=RST> */
	LTCP_CONN_RESET,	/* the peer's RST is good: the connection is gone */
};

struct ltcp_judgement {
	enum ltcp_verdict verdict;
	enum skb_drop_reason reason;
};

#define LTCP_JUDGE(v, r) \
	((struct ltcp_judgement){ .verdict = (v), .reason = (r) })
#define LTCP_GOOD	LTCP_JUDGE(LTCP_ACCEPT, SKB_NOT_DROPPED_YET)

/* ------------------------------------------------------------------ */
/* Clocks                                                               */
/* ------------------------------------------------------------------ */

/* Read the clock into the socket: once per entry point, before anything else. */
static inline void ltcp_mstamp_refresh(struct tcp_sock *tp)
{
	u64 ns = ktime_get_ns();

	tp->tcp_clock_cache = ns;
	tp->tcp_mstamp = div_u64(ns, NSEC_PER_USEC);
}

/*
 * Have the segments come that long work was to wait for? @segs_in is what that counter
 * was to be, at most 2^24 ahead; of what was long ago nobody owes anything.
 */
static inline bool ltcp_is_paid(const struct ltcp_sock *lt, u32 segs_in)
{
	return segs_in - lt->tcp.segs_in - 1 >= 1U << 24;
}

/* When a packet that is handed over now leaves fq, if that is what paces. */
static inline u64 ltcp_pace_departure(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (READ_ONCE(sk->sk_pacing_status) != SK_PACING_FQ)
		return tp->tcp_clock_cache;
	return max(tp->tcp_wstamp_ns, tp->tcp_clock_cache);
}

static inline u32 ltcp_now_ms(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_MSEC);
}

/* TSval of a segment sent now: milliseconds plus the connection's secret offset. */
static inline u32 ltcp_tsval(const struct tcp_sock *tp)
{
	return div_u64(tp->tcp_mstamp, USEC_PER_MSEC) + tp->tsoffset;
}

/* The same of one sent at @ns. */
static inline u32 ltcp_tsval_at(const struct tcp_sock *tp, u64 ns)
{
	return div_u64(ns, NSEC_PER_MSEC) + tp->tsoffset;
}

/* ------------------------------------------------------------------ */
/* Named predicates and small sums                                      */
/* ------------------------------------------------------------------ */

/* The socket's route as it is now; needs the socket lock, takes no reference. */
static inline struct dst_entry *ltcp_dst(const struct sock *sk)
{
	return __sk_dst_get((struct sock *)sk);
}

/* Segments believed to be in the network: RFC 6675's pipe, in segments. */
static inline u32 ltcp_in_flight(const struct tcp_sock *tp)
{
	return tp->packets_out - tp->sacked_out - tp->lost_out + tp->retrans_out;
}

static inline bool ltcp_in_recovery(const struct sock *sk)
{
	return inet_csk(sk)->icsk_ca_state >= TCP_CA_Recovery;
}

/* How to allocate in softirqs: with the reserves, where writing out memory needs it. */
static inline gfp_t ltcp_atomic(const struct sock *sk)
{
	return sk_gfp_mask(sk, GFP_ATOMIC);
}

/* The states in which data may arrive from the peer. */
static inline bool ltcp_can_receive(const struct sock *sk)
{
	return (1 << sk->sk_state) &
	       (TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2);
}

/*
 * What part of the receive buffer is window, 256ths. The rest is for overhead: half of
 * what SO_RCVBUF has set, which is twice what it asked for; else by what has arrived.
 */
static inline u32 ltcp_wnd_share_of(const struct sock *sk)
{
	return sk->sk_userlocks & SOCK_RCVBUF_LOCK ? LTCP_WND_SHARE_MIN :
						     READ_ONCE(ltcp_sk(sk)->wnd_share);
}

/* Window bytes that @space bytes of @sk's receive buffer can promise. */
static inline u32 ltcp_win_from_space(const struct sock *sk, int space)
{
	return space > 0 ? (u64)space * ltcp_wnd_share_of(sk) >> 8 : 0;
}

/*
 * Memory of what waits to be read, bytes; islands fill a part of the window itself.
 * Without the socket lock it may be stale.
 */
static inline int ltcp_rcv_waiting(const struct sock *sk)
{
	return sk_rmem_alloc_get(sk) - READ_ONCE(ltcp_sk(sk)->ofo_memory);
}

/* ---- main.c: registration, unload order ---- */
extern struct inet_protosw ltcp_protosw;
int ltcp_takeover_set(struct ltcp_net *ln, bool on);
void ltcp_tw_purge(struct net *net);
unsigned int ltcp_tw_count(struct net *net);

/* ---- keys.c: what makes ltcp's numbers impossible to guess ---- */

/* Keys of siphash(), one for each use of it. */
struct ltcp_keys {
	siphash_aligned_key_t isn;	/* ipv4.c: initial sequence numbers */
	siphash_aligned_key_t ts;	/* ipv4.c: where a peer's timestamps begin */
	siphash_aligned_key_t cookie[2];	/* cookie.c: of a connection, and of a time */
	siphash_aligned_key_t path;	/* path.c: places in the table of paths */
};

extern struct ltcp_keys ltcp_keys;

int ltcp_keys_init(void);

/* ---- symbols.c: what is not exported ---- */
unsigned long ltcp_find_symbol(const char *name);
void ltcp_symbols_init(void);
int ltcp_max_orphans(void);
const struct tcp_congestion_ops *ltcp_ca_find(const char *name);
const struct tcp_congestion_ops *ltcp_ca_find_key(u32 key);

/* ---- family.c: which sockets become ours ---- */
void ltcp_family_init(void);
int ltcp_family_init_sock(struct sock *sk);
int ltcp_family_arm(void);
void ltcp_family_disarm(void);

/* ---- sysctl.c, mib.c ---- */
int ltcp_sysctl_register(struct ltcp_net *ln);
void ltcp_sysctl_unregister(struct ltcp_net *ln);
int ltcp_mib_init(struct ltcp_net *ln);
void ltcp_mib_exit(struct ltcp_net *ln);

static inline void ltcp_count(struct ltcp_net *ln, enum ltcp_mib which)
{
	this_cpu_inc(ln->mib[which]);
}

static inline void ltcp_count_add(struct ltcp_net *ln, enum ltcp_mib which,
				  unsigned long n)
{
	this_cpu_add(ln->mib[which], n);
}

/* ---- ipv4.c: segments arrive; with ipv4_*.c all that knows IPv4 ---- */
int ltcp_v4_register(void);
int ltcp_v4_unregister(void);
u32 ltcp_v4_isn(const struct sk_buff *skb);
bool ltcp_v4_takes_over(void);
u32 ltcp_v4_isn_sk(const struct sock *sk);
u32 ltcp_v4_ts_offset(const struct net *net, __be32 saddr, __be32 daddr);
void ltcp_v4_note_header(struct sock *sk, const struct sk_buff *skb);

/* ---- ipv4_open.c: listening, and the active opening up to the SYN ---- */
void ltcp_listen_stop(struct sock *sk);
int ltcp_v4_hash(struct sock *sk);
int ltcp_v4_pre_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);
int ltcp_v4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);

/* ---- ipv4_icmp.c: errors about segments that were sent ---- */
void ltcp_v4_sock_err(struct sock *sk, struct sk_buff *skb, u32 seq, u32 info);
void ltcp_v4_request_err(struct request_sock *req, u32 seq, int type, int code);
void ltcp_v4_error_waited(struct sock *sk);
void ltcp_v4_mtu_reduced(struct sock *sk);

/* ---- ipv4_out.c: checksums, and segments that no connection sends ---- */

/* A segment that no connection sends: RST, or the ACK of a request or TIME-WAIT. */
struct ltcp_reply {
	u32 seq, ack;
	u16 window;		/* as on the wire */
	u8 flags;
	bool ts;		/* carry tsval, tsecr */
	u32 tsval, tsecr;
	u8 tos;
	u32 mark;
	u32 priority;		/* SO_PRIORITY */
	kuid_t uid;		/* whose rules of routing count (ip-rule(8)) */
	int oif;
	bool any_src;		/* of an IP_TRANSPARENT socket: no address of ours */
};
void ltcp_v4_reply(struct net *net, const struct sk_buff *to,
		   const struct ltcp_reply *r);
void ltcp_v4_send_reset(struct net *net, const struct sock *sk,
			const struct sk_buff *skb);
void ltcp_v4_send_check(struct sock *sk, struct sk_buff *skb);

/* ---- rx.c: header check, demultiplexing, lock or backlog, the spine ---- */
void ltcp_rcv_listen(struct sock *sk, struct sk_buff *skb);
int ltcp_rcv_locked(struct sock *sk, struct sk_buff *skb);
int ltcp_backlog_rcv(struct sock *sk, struct sk_buff *skb);
void ltcp_parse(const struct sk_buff *skb, struct ltcp_seg *seg);
void ltcp_segment_arrives(struct sock *sk, struct sk_buff *skb,
			  struct ltcp_seg *seg);

/**
 * ltcp_drop - free a segment that is not taken, and count it
 * @sk: socket it was for
 * @skb: consumed
 * @why: the reason, for the tracepoint skb:kfree_skb
 *
 * Inline, so that the tracepoint tells the function that refused it. What was
 * taken, or has had its effect, is freed by consume_skb().
 *
 * Context: socket lock, or a listener under RCU.
 */
static inline void ltcp_drop(struct sock *sk, struct sk_buff *skb,
			     enum skb_drop_reason why)
{
	ltcp_count_add(ltcp_sk(sk)->lnet, LTCP_MIB_DROPS,
		       max_t(u16, 1, skb_shinfo(skb)->gso_segs));
	sk_drops_add(sk, skb);
	ltcp_free_dropped(sk, skb, why);
}

/* ---- validate.c: sequence, PAWS, RST, SYN and ACK checks ---- */
struct ltcp_judgement ltcp_validate(struct sock *sk, struct ltcp_seg *seg);
bool ltcp_challenge_allowed(struct sock *sk);

/* ---- state.c: the one state setter and the ends of connections ---- */
void ltcp_set_state(struct sock *sk, int state);
void ltcp_done(struct sock *sk);
void ltcp_conn_error(struct sock *sk, int err);
void ltcp_soft_error(struct sock *sk, int err);
void ltcp_rcv_reset(struct sock *sk);
void ltcp_established(struct sock *sk, const struct sk_buff *skb);
void ltcp_rcv_fin(struct sock *sk);
bool ltcp_fin_acked(struct sock *sk, const struct ltcp_seg *seg);
int ltcp_abort(struct sock *sk, int err);
bool ltcp_close_state(struct sock *sk);
void ltcp_init_transfer(struct sock *sk);

/* ---- listen.c: passive opening ---- */
extern struct request_sock_ops ltcp_request_sock_ops;
int ltcp_conn_request(struct sock *sk, struct sk_buff *skb);
struct sock *ltcp_syn_recv_sock(const struct sock *sk, struct sk_buff *skb,
				struct request_sock *req, struct dst_entry *dst,
				struct request_sock *req_unhash, bool *own_req
				LTCP_SYN_RECV_EXTRA);
struct sock *ltcp_check_req(struct sock *lsk, struct sk_buff *skb,
			    struct ltcp_seg *seg, struct request_sock *req,
			    enum skb_drop_reason *why);
void ltcp_child_process(struct sock *lsk, struct sock *child,
			struct sk_buff *skb);

/* ---- srcroute.c: source routes ---- */
struct ip_options_rcu *ltcp_return_route(const struct sk_buff *skb);
void ltcp_route_arrives(struct sock *sk, const struct sk_buff *skb);

/* ---- connect.c: active opening ---- */
int ltcp_connect_start(struct sock *sk);
void ltcp_rcv_syn_sent(struct sock *sk, struct sk_buff *skb,
		       struct ltcp_seg *seg);
void ltcp_take_syn_options(struct tcp_sock *tp, const struct ltcp_opts *opt);

/* ---- timewait.c ---- */
extern struct timewait_sock_ops ltcp_timewait_sock_ops;
enum ltcp_tw_verdict {
	LTCP_TW_DROP,		/* nothing more to do */
	LTCP_TW_ACK,		/* answer with the ACK of TIME-WAIT */
	LTCP_TW_RST,		/* answer with a RST */
	LTCP_TW_SYN,		/* a fresh SYN may take the pair over */
};

struct ltcp_tw_judgement {
	enum ltcp_tw_verdict verdict;
	enum skb_drop_reason reason;	/* SKB_NOT_DROPPED_YET: it has served */
};
void ltcp_time_wait(struct sock *sk, int substate, long timeo);
struct ltcp_tw_judgement ltcp_tw_segment(struct inet_timewait_sock *tw,
					 const struct sk_buff *skb,
					 const struct ltcp_seg *seg, u32 *isn);
void ltcp_tw_send_ack(struct sock *sk, struct sk_buff *skb);

/* ---- rate.c: at which rate the path delivers ---- */
struct ltcp_rate_sample {
	struct ltcp_cc_rate cc;	/* what congestion control is told */
	u32 prior_lost;		/* as in struct ltcp_cb */
	u32 prior_us;		/* delivered_us of the packet sampled, 0: none yet */
	u32 send_us;		/* how long its flight took to be sent */
	bool ambiguous;		/* it was sent more than once: which of these arrived? */
};
void ltcp_rate_sent(struct ltcp_sock *lt, struct sk_buff *skb);
void ltcp_rate_delivered(struct tcp_sock *tp, struct sk_buff *skb, u32 end_seq,
			 struct ltcp_rate_sample *rs);
void ltcp_rate_check_app_limited(struct ltcp_sock *lt);

/* Bytes a second that arrived lately, as TCP_INFO has it; 0: not measured yet. */
static inline u64 ltcp_delivery_rate(const struct tcp_sock *tp)
{
	u32 interval_us = READ_ONCE(tp->rate_interval_us);

	if (!interval_us)
		return 0;
	return div_u64((u64)tp->rate_delivered * tp->mss_cache * USEC_PER_SEC,
		       interval_us);
}

/* ---- ack.c: what an ACK delivered ---- */
struct ltcp_ack_result {
	u32 delivered_segs;	/* newly cumulatively or selectively acknowledged */
	u32 acked_segs;		/* of these, cumulatively */
	u32 acked_bytes;	/* SND.UNA advance in bytes */
	u32 prior_in_flight;	/* pipe before this ACK */
	u32 prior_una;
	u32 sacked_segs;	/* newly SACKed */
	u64 sacked_sent_ns;	/* when the last of these was sent that was sent once */
	u32 rtt_us;		/* sample of this ACK, 0 when there is none */
	u32 prior_dupacks;	/* duplicate ACKs before this one */
	u32 reo_wait_us;	/* until more may be lost, 0: nothing to wait for */
	struct ltcp_rate_sample rate;
	struct ltcp_rack_ack rack;
	struct ltcp_sack_block dup_range; /* what the peer got twice, with dsack */
	u8 prior_ca_state;	/* the episode that this ACK may have ended */
	bool sacked_new;	/* a SACK block told something new */
	bool dsack;		/* it reports a duplicate (RFC 2883) */
	bool new_loss;		/* something was judged lost because of it */
	bool dup;		/* a duplicate ACK by RFC 5681's definition */
	bool copies_acked;	/* SEG.ACK covers something sent again in this episode */
	bool copy_first;	/* that was so of what was at SND.UNA */
	bool all_early;		/* no copy can have arrived so soon, and all are accounted for */
	bool wnd_update;
	bool ece;		/* it echoes a congestion mark */
	bool round_start;	/* it is the first of a new round trip (rate.c) */
};
void ltcp_rate_finish(struct ltcp_sock *lt, struct ltcp_ack_result *res);
void ltcp_ack(struct sock *sk, struct ltcp_seg *seg);
void ltcp_rto_restart(struct sock *sk);
void ltcp_rtt_take(struct sock *sk, u32 rtt_us);
void ltcp_packet_delivered(struct tcp_sock *tp, struct sk_buff *skb,
			   u32 end_seq, struct ltcp_ack_result *res);

/* ---- sack.c: the sender's scoreboard ---- */
void ltcp_sack_process(struct sock *sk, const struct ltcp_seg *seg,
		       struct ltcp_ack_result *res);
void ltcp_sack_reset(struct sock *sk);
struct sk_buff *ltcp_rtx_find(const struct ltcp_sock *lt, u32 seq);

/* ---- loss.c: what is lost, what is sent again ---- */
void ltcp_loss_init(struct sock *sk);
void ltcp_loss_on_ack(struct sock *sk, const struct ltcp_seg *seg,
		      struct ltcp_ack_result *res);
void ltcp_loss_on_rto(struct sock *sk);
u32 ltcp_loss_on_reo_timer(struct sock *sk);
void ltcp_loss_too_big(struct sock *sk);
void ltcp_loss_undone(struct sock *sk);
struct sk_buff *ltcp_loss_next(struct sock *sk);
void ltcp_mark_lost(struct sock *sk, struct sk_buff *skb);
void ltcp_loss_set_state(struct sock *sk, u8 state);

/* ---- arq.c: the textbook's schemes of repetition ---- */
enum ltcp_arq {
	LTCP_ARQ_SELECTIVE,
	LTCP_ARQ_GO_BACK_N,
	LTCP_ARQ_STOP_AND_WAIT,
};

/* Context: any. Return: may SACK be negotiated in this namespace? */
static inline bool ltcp_arq_has_sack(const struct ltcp_net *lnet)
{
	return READ_ONCE(lnet->arq) == LTCP_ARQ_SELECTIVE;
}

void ltcp_arq_begin(struct sock *sk);
bool ltcp_arq_waits(const struct ltcp_sock *lt);

/* ---- rack.c: finding losses by time, probing for them ---- */
bool ltcp_rack_is_on(const struct sock *sk);
void ltcp_rack_packet_delivered(struct ltcp_sock *lt, const struct sk_buff *skb,
				u32 end_seq, struct ltcp_rack_ack *ack);
void ltcp_copy_lost(struct sock *sk, struct sk_buff *skb);
void ltcp_rack_copy_sent(struct ltcp_sock *lt, const struct sk_buff *skb);
u32 ltcp_rack_mark(struct sock *sk);
bool ltcp_rack_rto_loses(const struct sock *sk, const struct sk_buff *skb);
u32 ltcp_tlp_delay_us(const struct sock *sk, u32 rto_left_us);
void ltcp_tlp_expired(struct sock *sk);
bool ltcp_tlp_ack(struct sock *sk, const struct ltcp_seg *seg,
		  const struct ltcp_ack_result *res);

/* ---- undo.c: taking back what was done for a loss that was none ---- */
bool ltcp_undo_is_copy(const struct ltcp_sock *lt, const struct sk_buff *skb);
void ltcp_undo_begin(struct sock *sk);
void ltcp_undo_settle(struct sock *sk);
void ltcp_undo_rto(struct sock *sk, bool in_recovery);
void ltcp_undo_retransmitted(struct sock *sk, const struct sk_buff *skb);
void ltcp_undo_delivered(struct ltcp_sock *lt, const struct sk_buff *skb, u32 segs,
			 struct ltcp_ack_result *res);
void ltcp_undo_ack(struct sock *sk, const struct ltcp_seg *seg,
		   const struct ltcp_ack_result *res);

/* ---- path.c: what earlier connections have taught ---- */
void ltcp_path_learn(const struct sock *sk);
u32 ltcp_path_syn_probe_us(const struct sock *sk);
unsigned long ltcp_path_synack_timeout(const struct sock *sk, const struct dst_entry *dst,
				       const struct request_sock *req);

/* ---- ecn.c: congestion marks ---- */
void ltcp_ecn_reset(struct sock *sk);
u8 ltcp_ecn_offer(struct sock *sk, const struct dst_entry *dst);
void ltcp_ecn_syn_again(struct sock *sk, struct ltcp_cb *cb);
bool ltcp_ecn_is_setup(const struct ltcp_seg *seg);
void ltcp_ecn_take_syn(struct sock *sk, const struct ltcp_seg *seg);
bool ltcp_ecn_accepts(const struct sock *lsk, const struct dst_entry *dst, u8 tos);
u8 ltcp_ecn_mark(struct sock *sk, const struct ltcp_cb *cb, u32 len);
void ltcp_ecn_reduced(struct sock *sk, u8 why);
void ltcp_ecn_ack(struct sock *sk, const struct ltcp_seg *seg,
		  struct ltcp_ack_result *res);
void ltcp_ecn_echoed(struct sock *sk, const struct ltcp_ack_result *res);
void ltcp_ecn_arrives(struct sock *sk, const struct ltcp_seg *seg);

/* ---- cong.c: the one writer of cwnd and ssthresh ---- */
void ltcp_cong_init(struct sock *sk);
void ltcp_cong_start(struct sock *sk);
void ltcp_cong_on_ack(struct sock *sk, const struct ltcp_ack_result *res);
void ltcp_cong_on_loss(struct sock *sk, enum ltcp_cc_loss kind,
		       const struct ltcp_ack_result *res);
void ltcp_cong_on_mark(struct sock *sk, const struct ltcp_ack_result *res);
void ltcp_cong_packet_lost(struct sock *sk, const struct sk_buff *skb);
void ltcp_cong_undo(struct sock *sk, const struct ltcp_ack_result *res);
void ltcp_cong_limit(struct sock *sk, u32 cwnd, bool raise);
void ltcp_cong_on_repeated_rto(struct sock *sk, bool again);
void ltcp_cong_mss_changed(struct sock *sk, u32 old_mss);
void ltcp_cong_recovered(struct sock *sk);
void ltcp_cong_restart(struct sock *sk);
int ltcp_cong_set(struct sock *sk, const char *name);
void ltcp_cong_inherit(struct sock *child);
void ltcp_cong_route(struct sock *sk, const struct dst_entry *dst);
void ltcp_cong_put(struct sock *sk);
void ltcp_cc_load(const struct ltcp_sock *lt, struct ltcp_cc *cc);

/* An algorithm, and what the kernel's readers see of it; one of the kernel is held. */
struct ltcp_cc_choice {
	const struct ltcp_cc_ops *cc;
	const struct tcp_congestion_ops *ca;
};

/* ---- kcong.c: congestion control by a module of the kernel ---- */
extern const struct ltcp_cc_ops ltcp_kcong, ltcp_kcong_model;
void ltcp_kcong_event(struct sock *sk, enum tcp_ca_event event);
void ltcp_kcong_set_state(struct sock *sk, u8 state);
void ltcp_kcong_acked(struct sock *sk, const struct ltcp_seg *seg,
		      const struct ltcp_ack_result *res);
u32 ltcp_kcong_min_tso_segs(const struct sock *sk);
u32 ltcp_kcong_sndbuf_expand(struct sock *sk);
int ltcp_kcong_hold(const struct tcp_congestion_ops *ca,
		    struct ltcp_cc_choice *choice);
void ltcp_kcong_stop(struct sock *sk);

static inline bool ltcp_is_kcong(const struct sock *sk)
{
	const struct ltcp_cc_ops *cc = ltcp_sk(sk)->cc;

	return unlikely(cc == &ltcp_kcong || cc == &ltcp_kcong_model);
}

/* What a SYN offers as receive window: bytes, its upper bound, the scale. */
struct ltcp_wnd_offer {
	u32 wnd;
	u32 clamp;
	u8 wscale;
};

/* ---- data.c: receive queues, delivery, when to acknowledge ---- */
void ltcp_data(struct sock *sk, struct sk_buff *skb, struct ltcp_seg *seg);
void ltcp_data_again(struct sock *sk, const struct ltcp_seg *seg);
struct ltcp_wnd_offer ltcp_window_offer(const struct sock *sk,
					const struct dst_entry *dst, bool scaled);
u32 ltcp_select_window(struct sock *sk);
void ltcp_rcv_consumed(struct sock *sk, int copied);
void ltcp_rcv_space_adjust(struct sock *sk);
void ltcp_rcv_init(struct sock *sk);
void ltcp_ack_decide(struct sock *sk);
void ltcp_ack_sent(struct sock *sk);
void ltcp_ack_rode(struct sock *sk);
void ltcp_data_ready(struct sock *sk);

/* ---- dupack.c: how many ACKs a hole gets ---- */
bool ltcp_dupack_waits(struct sock *sk);
void ltcp_dupack_told(struct sock *sk);
void ltcp_dupack_due(struct sock *sk);
void ltcp_dupack_init(struct sock *sk);

/* ---- rcvmem.c: memory for what has arrived ---- */
enum skb_drop_reason ltcp_rcv_room(struct sock *sk, struct sk_buff *skb);
void ltcp_ofo_link(struct ltcp_sock *lt, struct sk_buff *skb,
		   struct rb_node *parent, struct rb_node **link);
void ltcp_ofo_erase(struct ltcp_sock *lt, struct sk_buff *skb);
void ltcp_ofo_purge(struct sock *sk);

/* ---- batch.c: what is done when the softirq at hand is over ---- */
void ltcp_batch_init(void);
void ltcp_batch_exit(void);
void ltcp_batch_ack(struct sock *sk);
bool ltcp_batch_wake(struct sock *sk);
void ltcp_batch_push(struct sock *sk);

/* ---- tx.c: the send queue, and what may be sent now ---- */
void ltcp_push(struct sock *sk);
struct sk_buff *ltcp_tx_skb_new(struct sock *sk, gfp_t gfp);
void ltcp_tx_extend(struct sock *sk, struct sk_buff *skb, u32 bytes);
void ltcp_tx_drop_empty_tail(struct sock *sk);
u32 ltcp_tx_size_goal(struct sock *sk);
void ltcp_send_fin(struct sock *sk);
bool ltcp_tx_queue_syn(struct sock *sk, u8 flags);
bool ltcp_tx_may_cut(const struct sock *sk, u32 len);
int ltcp_tx_split(struct sock *sk, struct sk_buff *skb, u32 len, gfp_t gfp);
void ltcp_tx_purge(struct sock *sk);
void ltcp_tx_free(struct sock *sk, struct sk_buff *skb);
void ltcp_rtx_insert(struct ltcp_sock *lt, struct sk_buff *skb);
void ltcp_rtx_erase(struct ltcp_sock *lt, struct sk_buff *skb);
void ltcp_write_space(struct sock *sk);
bool ltcp_stream_memory_free(const struct sock *sk, int wake);
int ltcp_retransmit(struct sock *sk, struct sk_buff *skb);
unsigned int ltcp_sync_mss(struct sock *sk, u32 pmtu);
u16 ltcp_advmss(const struct sock *sk, const struct dst_entry *dst);
void ltcp_mss_check(struct sock *sk);
bool ltcp_push_one(struct sock *sk);
bool ltcp_tx_may_probe(const struct sock *sk);
void ltcp_push_or_defer(struct sock *sk);

/* ---- mtuprobe.c: path MTU discovery by probing ---- */
void ltcp_mtup_begin(struct sock *sk);
u32 ltcp_mtup_cap(const struct sock *sk, u32 pmtu);
u32 ltcp_mtup_due(struct sock *sk, const struct sk_buff *skb);
void ltcp_mtup_sent(struct sock *sk, const struct sk_buff *skb);
void ltcp_mtup_ack(struct sock *sk);
bool ltcp_mtup_lost(struct sock *sk);
void ltcp_mtup_resent(struct sock *sk, const struct sk_buff *skb);
void ltcp_mtup_timeout(struct sock *sk);

/* ---- sndmem.c: memory for what is to be sent ---- */
bool ltcp_snd_schedule(struct sock *sk, int bytes);
u32 ltcp_snd_grant(struct sock *sk, u32 bytes);
u32 ltcp_snd_goal(const struct sock *sk, u32 goal, u32 mss);
bool ltcp_mem_is_short(const struct sock *sk);
void ltcp_sndbuf_grow(struct sock *sk);

/* ---- pace.c: how fast packets leave, how many wait below us ---- */
void ltcp_pace_init(struct sock *sk);
void ltcp_pace_stop(struct sock *sk);
void ltcp_pace_request(struct sock *sk);
void ltcp_pace_wait(struct sock *sk, u32 us);
void ltcp_pace_update(struct sock *sk, u64 wanted);
bool ltcp_pace_holds(struct sock *sk);
void ltcp_pace_stamp(struct sock *sk, struct sk_buff *skb);
void ltcp_pace_delay(const struct sock *sk, struct sk_buff *skb);
u32 ltcp_pace_max_segs(const struct sock *sk, u32 mss);
bool ltcp_queue_full(struct sock *sk, const struct sk_buff *skb);
void ltcp_wfree(struct sk_buff *skb);

/* ---- chrono.c: where a sender's time goes ---- */
void ltcp_chrono_update(struct sock *sk, bool window_full);
void ltcp_chrono_info(const struct tcp_sock *tp, struct tcp_info *info);

/* ---- xmit.c: headers, options, hand-over to IP ---- */
int ltcp_xmit(struct sock *sk, struct sk_buff *skb, bool clone);
void ltcp_send_ack(struct sock *sk);
void ltcp_send_probe(struct sock *sk);
void ltcp_send_active_reset(struct sock *sk, gfp_t gfp);
struct sk_buff *ltcp_make_synack(const struct sock *sk, struct dst_entry *dst,
				 struct request_sock *req);
u32 ltcp_established_opts_len(const struct sock *sk);

/* ---- offload.c: what the device will do for us ---- */
void ltcp_offload_setup(struct sock *sk, struct dst_entry *dst);
void ltcp_offload_prepare(struct sock *sk, struct sk_buff *skb, u32 len,
			  u32 mss, u32 segs);
void ltcp_offload_count_rx(struct ltcp_net *ln, const struct sk_buff *skb,
			   u32 payload, bool csum_by_device);
u32 ltcp_offload_max_segs(const struct sock *sk, u32 mss);

/* ---- timer.c ---- */
void ltcp_init_timers(struct sock *sk);
void ltcp_timer_arm_rto(struct sock *sk);
void ltcp_timer_first_resent(struct sock *sk);
void ltcp_timer_stretch_rto(struct sock *sk);
void ltcp_timer_arm_loss(struct sock *sk, u32 reo_wait_us);
void ltcp_timer_data_sent(struct sock *sk);
void ltcp_timer_arm_persist(struct sock *sk);
void ltcp_timer_arm_delack(struct sock *sk, unsigned long delay);
void ltcp_timer_stop_xmit(struct sock *sk);
void ltcp_timer_keepalive(struct sock *sk, unsigned long delay);
void ltcp_set_keepalive(struct sock *sk, int on);
void ltcp_release_cb(struct sock *sk);
bool ltcp_orphan_excess(struct sock *sk);
u32 ltcp_rto_min_us(const struct sock *sk);
unsigned long ltcp_rto_max(const struct sock *sk);	/* jiffies */
unsigned int ltcp_fin_timeout(const struct sock *sk);	/* jiffies */

/* Work that a timer, an ICMP error or the backlog leaves to release_sock(). */
#define LTCP_DEFER_RTO		0x01
#define LTCP_DEFER_DELACK	0x02
#define LTCP_DEFER_MTU		0x04
#define LTCP_DEFER_PUSH		0x08
#define LTCP_DEFER_DUPACK	0x10
#define LTCP_DEFER_WAKE		0x20
#define LTCP_DEFER_ERROR	0x40

/* ---- sock.c: a socket's life ---- */
int ltcp_init_sock(struct sock *sk);
void ltcp_destroy_sock(struct sock *sk);
void ltcp_init_block(struct sock *sk);
void ltcp_close(struct sock *sk, long timeout);
void __ltcp_close(struct sock *sk, long timeout);
int ltcp_disconnect(struct sock *sk, int flags);
void ltcp_shutdown(struct sock *sk, int how);
bool ltcp_readable(const struct sock *sk);
int ltcp_ioctl(struct sock *sk, int cmd, LTCP_IOCTL_ARG arg);
void ltcp_proto_ops_init(void);

/* ---- send.c: from the user to the send queue ---- */
bool ltcp_may_queue(const struct sock *sk, int wake);
int ltcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
int ltcp_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t len);
void ltcp_splice_eof(struct socket *sock);

/* ---- zerocopy.c: sending a program's own pages ---- */
struct ltcp_zc {
	struct ubuf_info *tell;	/* whom, when the pages are needed no more; or NULL */
	bool ours;		/* this write has a reference to it */
	bool pages;		/* hang pages in; false: copy */
};
int ltcp_zc_begin(struct ltcp_zc *zc, struct sock *sk, const struct msghdr *msg,
		  size_t len);
void ltcp_zc_copied(const struct ltcp_zc *zc);
int ltcp_zc_append(const struct ltcp_zc *zc, struct sock *sk,
		   struct sk_buff *skb, struct msghdr *msg, u32 room);
void ltcp_zc_end(const struct ltcp_zc *zc, bool queued);

/* ---- recv.c: from the receive queue to the user ---- */
int ltcp_inq(const struct sock *sk);
int ltcp_inq_hint(const struct sock *sk);
struct sk_buff *ltcp_recv_find(struct sock *sk, u32 seq, u32 *offset);
u32 ltcp_recv_reach(const struct sock *sk, u32 seq, u32 bytes);
void ltcp_recv_taken(struct sock *sk, u32 bytes);
int ltcp_recv_locked(struct sock *sk, struct msghdr *msg, size_t len, int flags);
int ltcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len);
int ltcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		   sk_read_actor_t actor);
ssize_t ltcp_splice_read(struct socket *sock, loff_t *ppos,
			 struct pipe_inode_info *pipe, size_t len,
			 unsigned int flags);
void ltcp_urg_pass(struct sock *sk);

/* ---- mapped.c: received pages in the user's memory ---- */
int ltcp_mmap(struct file *file, struct socket *sock, struct vm_area_struct *vma);
int ltcp_zerocopy_receive(struct sock *sk, char __user *optval,
			  int __user *optlen);

/* ---- urgent.c: urgent data ---- */
void ltcp_urg_send(struct sock *sk);
void ltcp_urg_stamp(struct sock *sk, struct tcphdr *th, u32 seq);
void ltcp_urg_arrives(struct sock *sk, const struct sk_buff *skb,
		      const struct ltcp_seg *seg);
int ltcp_recv_urg(struct sock *sk, struct msghdr *msg, size_t len, int flags);

/* Does a segment that begins at @seq lie before the end of our urgent data? */
static inline bool ltcp_urg_ahead(const struct ltcp_sock *lt, u32 seq)
{
	return unlikely(lt->urg_out) && seq_gt(lt->tcp.snd_up, seq);
}

/* Is @seq the mark, at which reading stops once? */
static inline bool ltcp_urg_at(const struct tcp_sock *tp, u32 seq)
{
	return unlikely(READ_ONCE(tp->urg_data)) &&
	       READ_ONCE(tp->urg_seq) == seq;
}

/* Bytes of [@from, @to) that are not the stream's: the urgent one, or none. */
static inline u32 ltcp_urg_hole(const struct sock *sk, u32 from, u32 to)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return unlikely(READ_ONCE(tp->urg_data)) &&
	       !sock_flag(sk, SOCK_URGINLINE) &&
	       seq_in(READ_ONCE(tp->urg_seq), from, to);
}

/* ---- audit.c: queues and counters recounted, for tests ---- */
DECLARE_STATIC_KEY_FALSE(ltcp_auditing);
void ltcp_audit_init(void);
void ltcp_audit_sock(const struct sock *sk);

/* The end of an entry point. Context: socket lock. */
static inline void ltcp_audit(const struct sock *sk)
{
	if (static_branch_unlikely(&ltcp_auditing))
		ltcp_audit_sock(sk);
}

/* ---- info.c ---- */
void ltcp_get_info(struct sock *sk, struct tcp_info *info);

/* ---- ccinfo.c ---- */
size_t ltcp_ccinfo_bbr(struct sock *sk, u32 ext, int *attr,
		       union tcp_cc_info *info);
size_t ltcp_ccinfo_dctcp(struct sock *sk, u32 ext, int *attr,
			 union tcp_cc_info *info);
size_t ltcp_ccinfo(struct sock *sk, union tcp_cc_info *info);

/* ---- sockopt.c ---- */
int ltcp_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
		    unsigned int optlen);
int ltcp_getsockopt(struct sock *sk, int level, int optname,
		    char __user *optval, int __user *optlen);

#endif
