// SPDX-License-Identifier: GPL-2.0
/*
 * info.c - TCP_INFO: the control block as a program sees it.
 *
 * Everything is read from struct tcp_sock, where it is the state itself; nothing
 * is kept for this file. What ltcp does not do is 0: Fast Open, ECN; and so are
 * fields that every TCP of Linux leaves empty, tcpi_fackets and
 * tcpi_last_ack_sent. A listener fills two fields with other things than their
 * names say: how many connections wait to be accepted, and how many may.
 *
 * Fields that only newer kernels have are filled in compat.h.
 */
#include "ltcp.h"

static void ltcp_info_state(const struct sock *sk, struct tcp_info *info)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	info->tcpi_ca_state = icsk->icsk_ca_state;
	info->tcpi_retransmits = icsk->icsk_retransmits;
	info->tcpi_probes = icsk->icsk_probes_out;
	info->tcpi_backoff = icsk->icsk_backoff;
	info->tcpi_rto = jiffies_to_usecs(icsk->icsk_rto);
	info->tcpi_ato = jiffies_to_usecs(icsk->icsk_ack.ato);
	info->tcpi_snd_mss = tp->mss_cache;
	info->tcpi_rcv_mss = icsk->icsk_ack.rcv_mss;
	info->tcpi_advmss = tp->advmss;
	info->tcpi_pmtu = icsk->icsk_pmtu_cookie;
}

static void ltcp_info_options(const struct tcp_sock *tp, struct tcp_info *info)
{
	if (tp->rx_opt.tstamp_ok)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (tp->rx_opt.sack_ok)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (tp->rx_opt.wscale_ok) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = tp->rx_opt.snd_wscale;
		info->tcpi_rcv_wscale = tp->rx_opt.rcv_wscale;
	}
	if (tp->ecn_flags & TCP_ECN_OK)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (tp->ecn_flags & TCP_ECN_SEEN)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
}

/* Sender: the scoreboard, the windows, the clock. */
static void ltcp_info_sender(const struct tcp_sock *tp, struct tcp_info *info)
{
	info->tcpi_unacked = tp->packets_out;
	info->tcpi_sacked = tp->sacked_out;
	info->tcpi_lost = tp->lost_out;
	info->tcpi_retrans = tp->retrans_out;
	info->tcpi_snd_ssthresh = tp->snd_ssthresh;
	info->tcpi_snd_cwnd = tp->snd_cwnd;
	info->tcpi_snd_wnd = tp->snd_wnd;
	info->tcpi_reordering = tp->reordering;
	info->tcpi_reord_seen = tp->reord_seen;
	info->tcpi_rtt = tp->srtt_us >> 3;
	info->tcpi_rttvar = tp->mdev_us >> 2;
	info->tcpi_min_rtt = minmax_get(&tp->rtt_min);
	info->tcpi_notsent_bytes = max_t(int, 0, tp->write_seq - tp->snd_nxt);
	info->tcpi_total_retrans = tp->total_retrans;
	info->tcpi_delivered = tp->delivered;
	info->tcpi_delivered_ce = tp->delivered_ce;
	info->tcpi_dsack_dups = tp->dsack_dups;
	info->tcpi_delivery_rate_app_limited = tp->rate_app_limited;
	info->tcpi_delivery_rate = ltcp_delivery_rate(tp);
}

static void ltcp_info_receiver(const struct tcp_sock *tp, struct tcp_info *info)
{
	info->tcpi_rcv_ssthresh = tp->rcv_ssthresh;
	info->tcpi_rcv_rtt = tp->rcv_rtt_est.rtt_us >> 3;
	info->tcpi_rcv_space = tp->rcvq_space.space;
	info->tcpi_rcv_ooopack = tp->rcv_ooopack;
}

static void ltcp_info_volume(const struct tcp_sock *tp, struct tcp_info *info)
{
	info->tcpi_bytes_acked = tp->bytes_acked;
	info->tcpi_bytes_received = tp->bytes_received;
	info->tcpi_bytes_sent = tp->bytes_sent;
	info->tcpi_bytes_retrans = tp->bytes_retrans;
	info->tcpi_segs_out = tp->segs_out;
	info->tcpi_segs_in = tp->segs_in;
	info->tcpi_data_segs_out = tp->data_segs_out;
	info->tcpi_data_segs_in = tp->data_segs_in;
}

/* How long ago things last happened, ms. */
static void ltcp_info_ages(const struct sock *sk, struct tcp_info *info)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 now = tcp_jiffies32;

	info->tcpi_last_data_sent = jiffies_to_msecs(now - tp->lsndtime);
	info->tcpi_last_data_recv =
		jiffies_to_msecs(now - inet_csk(sk)->icsk_ack.lrcvtime);
	info->tcpi_last_ack_recv = jiffies_to_msecs(now - tp->rcv_tstamp);
}

static u64 ltcp_info_rate(unsigned long rate)
{
	return rate == ~0UL ? ~0ULL : rate;
}

/**
 * ltcp_get_info - fill TCP_INFO
 * @sk: full socket
 * @info: filled; what is not known is 0
 *
 * Context: process, socket lock.
 */
void ltcp_get_info(struct sock *sk, struct tcp_info *info)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	info->tcpi_pacing_rate = ltcp_info_rate(READ_ONCE(sk->sk_pacing_rate));
	info->tcpi_max_pacing_rate =
		ltcp_info_rate(READ_ONCE(sk->sk_max_pacing_rate));
	info->tcpi_reordering = tp->reordering;
	info->tcpi_snd_cwnd = tp->snd_cwnd;
	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	ltcp_info_state(sk, info);
	ltcp_info_options(tp, info);
	ltcp_info_sender(tp, info);
	ltcp_info_receiver(tp, info);
	ltcp_info_volume(tp, info);
	ltcp_info_ages(sk, info);
	ltcp_chrono_info(tp, info);
	ltcp_info_newer(tp, info);
}
