/* SPDX-License-Identifier: GPL-2.0 */
/*
 * events.h - ltcp's own tracepoints: what a connection's sender did, and why.
 *
 * Included by way of trace.h; the kernel's macros read this file several times.
 * All events have the same fields: what happened to which bytes, and the
 * sender's variables right after it. So one reader serves them all, and a line
 * makes sense without the ones before.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ltcp

#if !defined(LTCP_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define LTCP_EVENTS_H

#include <linux/tracepoint.h>
#include <trace/events/net_probe_common.h>

#define ltcp_show_state(v)						\
	__print_symbolic(v, { 1, "ESTABLISHED" }, { 2, "SYN_SENT" },	\
			 { 3, "SYN_RECV" }, { 4, "FIN_WAIT1" },		\
			 { 5, "FIN_WAIT2" }, { 6, "TIME_WAIT" },	\
			 { 7, "CLOSE" }, { 8, "CLOSE_WAIT" },		\
			 { 9, "LAST_ACK" }, { 10, "LISTEN" },		\
			 { 11, "CLOSING" })

#define ltcp_show_ca_state(v)						\
	__print_symbolic(v, { 0, "Open" }, { 1, "Disorder" }, { 2, "CWR" }, \
			 { 3, "Recovery" }, { 4, "Loss" })

#define ltcp_show_flags(v)						\
	__print_flags(v, "|", { 0x01, "FIN" }, { 0x02, "SYN" },		\
		      { 0x04, "RST" }, { 0x08, "PSH" }, { 0x10, "ACK" }, \
		      { 0x20, "URG" }, { 0x40, "ECE" }, { 0x80, "CWR" })

/*
 * @seq, @len: the bytes it is about; @seq is absolute here and relative to the
 * ISS in the record, as are snd_una and snd_nxt. @flags: of the segment, 0 where
 * there is none. @rtt_us: the round trip that an ACK measured, or 0. Windows and
 * len are bytes, rates bytes a second, all other counts segments.
 */
DECLARE_EVENT_CLASS(ltcp_sender,

	TP_PROTO(struct sock *sk, u32 seq, u32 len, u8 flags, u32 rtt_us),

	TP_ARGS(sk, seq, len, flags, rtt_us),

	TP_STRUCT__entry(
		__field(const void *, skaddr)
		__field(__u64, net_cookie)
		__field(__u64, sock_cookie)
		__array(__u8, saddr, sizeof(struct sockaddr_in6))
		__array(__u8, daddr, sizeof(struct sockaddr_in6))
		__field(__u16, sport)
		__field(__u16, dport)
		__field(__u16, family)
		__field(__u8, state)
		__field(__u8, ca_state)
		__array(char, cc, TCP_CA_NAME_MAX)
		__field(__u32, seq)
		__field(__u32, len)
		__field(__u8, flags)
		__field(__u32, snd_una)
		__field(__u32, snd_nxt)
		__field(__u32, snd_wnd)
		__field(__u32, rcv_wnd)
		__field(__u32, mss)
		__field(__u32, cwnd)
		__field(__u32, ssthresh)
		__field(__u32, in_flight)
		__field(__u32, sacked)
		__field(__u32, lost)
		__field(__u32, retrans)
		__field(__u32, rtt_us)
		__field(__u32, srtt_us)
		__field(__u32, rttvar_us)
		__field(__u32, min_rtt_us)
		__field(__u32, rto_us)
		__field(__u64, pacing_rate)
		__field(__u64, delivery_rate)
	),

	TP_fast_assign(
		const struct inet_sock *inet = inet_sk(sk);
		const struct tcp_sock *tp = tcp_sk(sk);
		u32 iss = ltcp_sk(sk)->iss;

		memset(__entry->saddr, 0, sizeof(struct sockaddr_in6));
		memset(__entry->daddr, 0, sizeof(struct sockaddr_in6));
		TP_STORE_ADDR_PORTS(__entry, inet, sk);
		__entry->skaddr = sk;
		__entry->net_cookie = sock_net(sk)->net_cookie;
		/* 0 until anybody has asked for one */
		__entry->sock_cookie = atomic64_read(&sk->sk_cookie);
		__entry->sport = ntohs(inet->inet_sport);
		__entry->dport = ntohs(inet->inet_dport);
		__entry->family = sk->sk_family;
		__entry->state = sk->sk_state;
		__entry->ca_state = inet_csk(sk)->icsk_ca_state;
		strscpy_pad(__entry->cc, inet_csk(sk)->icsk_ca_ops->name,
			    TCP_CA_NAME_MAX);
		__entry->seq = seq - iss;
		__entry->len = len;
		__entry->flags = flags;
		__entry->snd_una = tp->snd_una - iss;
		__entry->snd_nxt = tp->snd_nxt - iss;
		__entry->snd_wnd = tp->snd_wnd;
		__entry->rcv_wnd = tp->rcv_wnd;
		__entry->mss = tp->mss_cache;
		__entry->cwnd = tp->snd_cwnd;
		__entry->ssthresh = tp->snd_ssthresh;
		__entry->in_flight = ltcp_in_flight(tp);
		__entry->sacked = tp->sacked_out;
		__entry->lost = tp->lost_out;
		__entry->retrans = tp->retrans_out;
		__entry->rtt_us = rtt_us;
		__entry->srtt_us = tp->srtt_us >> 3;
		__entry->rttvar_us = tp->rttvar_us >> 2;
		__entry->min_rtt_us = ltcp_min_rtt_us(tp);
		__entry->rto_us = jiffies_to_usecs(inet_csk(sk)->icsk_rto);
		__entry->pacing_rate = READ_ONCE(sk->sk_pacing_rate);
		__entry->delivery_rate = ltcp_delivery_rate(tp);
	),

	TP_printk("src=%pISpc dest=%pISpc sock_cookie=%llx net=%llu state=%s cc=%s ca_state=%s seq=%u len=%u flags=%s snd_una=%u snd_nxt=%u snd_wnd=%u rcv_wnd=%u mss=%u cwnd=%u ssthresh=%u in_flight=%u sacked=%u lost=%u retrans=%u rtt_us=%u srtt_us=%u rttvar_us=%u min_rtt_us=%u rto_us=%u pacing_rate=%llu delivery_rate=%llu",
		  __entry->saddr, __entry->daddr, __entry->sock_cookie,
		  __entry->net_cookie, ltcp_show_state(__entry->state),
		  __entry->cc, ltcp_show_ca_state(__entry->ca_state),
		  __entry->seq, __entry->len, ltcp_show_flags(__entry->flags),
		  __entry->snd_una, __entry->snd_nxt, __entry->snd_wnd,
		  __entry->rcv_wnd, __entry->mss, __entry->cwnd,
		  __entry->ssthresh, __entry->in_flight, __entry->sacked,
		  __entry->lost, __entry->retrans, __entry->rtt_us,
		  __entry->srtt_us, __entry->rttvar_us, __entry->min_rtt_us,
		  __entry->rto_us, __entry->pacing_rate,
		  __entry->delivery_rate)
);

#define LTCP_EVENT(name)						\
	DEFINE_EVENT(ltcp_sender, name,					\
		TP_PROTO(struct sock *sk, u32 seq, u32 len, u8 flags,	\
			 u32 rtt_us),					\
		TP_ARGS(sk, seq, len, flags, rtt_us))

LTCP_EVENT(ltcp_send);		/* a segment of any kind goes to IP, the first time */
LTCP_EVENT(ltcp_resend);	/* or again */
LTCP_EVENT(ltcp_ack);		/* an ACK was processed; seq, len: what it newly covers */
LTCP_EVENT(ltcp_sack);		/* one of its SACK blocks */
LTCP_EVENT(ltcp_lost);		/* a packet is judged lost */
LTCP_EVENT(ltcp_timeout);	/* the retransmission timer has struck */
LTCP_EVENT(ltcp_probe);		/* a tail loss probe was sent */

#endif /* LTCP_EVENTS_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
