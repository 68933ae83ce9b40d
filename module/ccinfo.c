// SPDX-License-Identifier: GPL-2.0
/*
 * ccinfo.c - TCP_CC_INFO: what congestion control knows of the path.
 *
 * Programs and "ss -i" get the structs of linux/inet_diag.h, which belong to the
 * kernel's modules of these names:
 *
 *	tcp_bbr_info	bandwidth, bytes per second; round-trip time, us; both gains
 *			in 256ths
 *	tcp_dctcp_info	alpha in 1024ths; bytes acknowledged in this window of data,
 *			and those of them that were marked
 *
 * The other algorithms of ltcp's have nothing to tell that TCP_INFO does not. Both
 * ask the get_info of icsk_ca_ops: a module's own, or that of the label (cong.c).
 *
 * Locks: a program's call has the socket lock, ss reads without it. So what is told
 * here is told of a copy, of which parts may be newer than others; and when another
 * algorithm takes over at the same moment, of numbers that mean nothing.
 */
#include <linux/inet_diag.h>

#include "ltcp.h"
#include "pure/bbr.h"
#include "pure/dctcp.h"

#define LTCP_DCTCP_ALPHA_ONE	1024

static bool ltcp_ccinfo_wanted(u32 ext, int attr)
{
	/* A request's bits do not reach beyond VEGASINFO, which asks for any */
	return ext & (BIT(INET_DIAG_VEGASINFO - 1) | BIT(attr - 1));
}

/* A copy of @sk's congestion control. Returns false when it has not begun. */
static bool ltcp_ccinfo_copy(const struct sock *sk, struct ltcp_cc *cc)
{
	const struct ltcp_sock *lt = ltcp_sk(sk);

	*cc = data_race(lt->cc_work);
	return READ_ONCE(lt->cc_started);
}

static u32 ltcp_ccinfo_gain(u32 percent)
{
	return percent * 256 / 100;
}

/**
 * ltcp_ccinfo_bbr - get_info of BBR
 * @sk: socket
 * @ext: bits of what is wanted, the lowest INET_DIAG_MEMINFO's
 * @attr: set to INET_DIAG_BBRINFO
 * @info: filled
 *
 * Context: socket lock or RCU. Return: bytes; 0 when there is nothing to tell.
 */
size_t ltcp_ccinfo_bbr(struct sock *sk, u32 ext, int *attr,
		       union tcp_cc_info *info)
{
	struct ltcp_bbr_info bbr;
	struct ltcp_cc cc;

	if (!ltcp_ccinfo_wanted(ext, INET_DIAG_BBRINFO) ||
	    !ltcp_ccinfo_copy(sk, &cc))
		return 0;
	ltcp_bbr_info(&cc, &bbr);
	info->bbr = (struct tcp_bbr_info) {
		.bbr_bw_lo = lower_32_bits(bbr.bw),
		.bbr_bw_hi = upper_32_bits(bbr.bw),
		.bbr_min_rtt = bbr.min_rtt_us,
		.bbr_pacing_gain = ltcp_ccinfo_gain(bbr.pacing_gain),
		.bbr_cwnd_gain = ltcp_ccinfo_gain(bbr.cwnd_gain),
	};
	*attr = INET_DIAG_BBRINFO;
	return sizeof(info->bbr);
}

/**
 * ltcp_ccinfo_dctcp - get_info of DCTCP
 * @sk: socket
 * @ext: bits of what is wanted, the lowest INET_DIAG_MEMINFO's
 * @attr: set to INET_DIAG_DCTCPINFO
 * @info: filled; without ECN, where it is but Reno, with zeros
 *
 * Context: socket lock or RCU. Return: bytes; 0 when there is nothing to tell.
 */
size_t ltcp_ccinfo_dctcp(struct sock *sk, u32 ext, int *attr,
			 union tcp_cc_info *info)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u8 ecn = READ_ONCE(tp->ecn_flags);
	u32 mss = READ_ONCE(tp->mss_cache);
	struct ltcp_dctcp_info dctcp;
	struct ltcp_cc cc;

	if (!ltcp_ccinfo_wanted(ext, INET_DIAG_DCTCPINFO) ||
	    !ltcp_ccinfo_copy(sk, &cc))
		return 0;
	*attr = INET_DIAG_DCTCPINFO;
	info->dctcp = (struct tcp_dctcp_info) {};
	if (!(ecn & TCP_ECN_OK))
		return sizeof(info->dctcp);
	ltcp_dctcp_info(&cc, &dctcp);
	info->dctcp.dctcp_enabled = 1;
	info->dctcp.dctcp_ce_state = !!(ecn & TCP_ECN_DEMAND_CWR);
	info->dctcp.dctcp_alpha = (u64)dctcp.alpha * LTCP_DCTCP_ALPHA_ONE /
				  LTCP_DCTCP_ONE;
	info->dctcp.dctcp_ab_ecn = dctcp.marked_segs * mss;
	info->dctcp.dctcp_ab_tot = dctcp.acked_segs * mss;
	return sizeof(info->dctcp);
}

/**
 * ltcp_ccinfo - TCP_CC_INFO
 * @sk: socket
 * @info: filled
 *
 * Context: process, socket lock. Return: bytes; 0 when there is nothing to tell.
 */
size_t ltcp_ccinfo(struct sock *sk, union tcp_cc_info *info)
{
	const struct tcp_congestion_ops *ca = inet_csk(sk)->icsk_ca_ops;
	int attr;

	return ca->get_info ? ca->get_info(sk, ~0U, &attr, info) : 0;
}
