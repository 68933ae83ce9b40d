// SPDX-License-Identifier: GPL-2.0
/*
 * offload.c - work left to the device: checksums and segmentation.
 *
 * ltcp hands IP packets of up to 64 kB with gso_size set, and never a finished
 * checksum: skb->csum_start and csum_offset say where it belongs, the field
 * holds the pseudo header's sum. Below IP the kernel looks at the device's
 * features packet by packet and does in software what the device cannot do
 * (ethtool -K tx, tso, gso), so a change under way needs no word to us. Here
 * that choice is only counted, by the same features.
 */
#include "ltcp.h"

/**
 * ltcp_offload_setup - learn what the route's device offers
 * @sk: socket
 * @dst: its route, whose reference the socket takes over
 *
 * Context: socket lock.
 */
void ltcp_offload_setup(struct sock *sk, struct dst_entry *dst)
{
	sk->sk_gso_type = SKB_GSO_TCPV4;
	sk_setup_caps(sk, dst);
}

/**
 * ltcp_offload_max_segs - segments that one packet may carry on this route
 * @sk: connection
 * @mss: payload bytes of each
 *
 * Context: socket lock. Return: 1 when segmentation is nobody's to do.
 */
u32 ltcp_offload_max_segs(const struct sock *sk, u32 mss)
{
	u32 segs;

	if (!sk_can_gso(sk))
		return 1;
	segs = min_t(u32, sk->sk_gso_max_size / mss, ltcp_pace_max_segs(sk, mss));
	return clamp_t(u32, segs, 1, sk->sk_gso_max_segs);
}

static void ltcp_count_tx(struct ltcp_net *ln, const struct dst_entry *dst,
			  u32 segs, u32 bytes)
{
	netdev_features_t has = dst ? dst->dev->features : 0;

	ltcp_count(ln, LTCP_MIB_OUT_SKBS);
	ltcp_count_add(ln, LTCP_MIB_OUT_SEGS, segs);
	ltcp_count_add(ln, LTCP_MIB_OUT_BYTES, bytes);
	ltcp_count(ln, has & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM) ?
			       LTCP_MIB_OUT_CSUM_DEVICE :
			       LTCP_MIB_OUT_CSUM_SOFTWARE);
	if (segs == 1)
		return;
	ltcp_count(ln, LTCP_MIB_OUT_TSO_SKBS);
	if (has & NETIF_F_TSO)
		ltcp_count(ln, LTCP_MIB_OUT_TSO_DEVICE);
}

/**
 * ltcp_offload_prepare - mark a packet for the device
 * @sk: connection
 * @skb: clone with its TCP header in place
 * @len: payload bytes
 * @mss: payload bytes of a segment
 * @segs: segments it is to become
 *
 * Context: socket lock.
 */
void ltcp_offload_prepare(struct sock *sk, struct sk_buff *skb, u32 len,
			  u32 mss, u32 segs)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_segs = segs;
	shinfo->gso_size = segs > 1 ? mss : 0;
	shinfo->gso_type = segs > 1 ? sk->sk_gso_type : 0;
	/* CWR is for the first of them alone */
	if (segs > 1 && tcp_hdr(skb)->cwr)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;
	ltcp_v4_send_check(sk, skb);
	ltcp_count_tx(ltcp_sk(sk)->lnet, __sk_dst_get(sk), segs, len);
}

/**
 * ltcp_offload_count_rx - count a received packet
 * @ln: namespace
 * @skb: packet
 * @payload: its data bytes
 * @csum_by_device: the device or a trusted sender vouched for the checksum
 *
 * Context: BH off.
 */
void ltcp_offload_count_rx(struct ltcp_net *ln, const struct sk_buff *skb,
			   u32 payload, bool csum_by_device)
{
	u32 segs = max_t(u32, 1, skb_shinfo(skb)->gso_segs);

	ltcp_count(ln, LTCP_MIB_IN_SKBS);
	ltcp_count_add(ln, LTCP_MIB_IN_SEGS, segs);
	ltcp_count_add(ln, LTCP_MIB_IN_BYTES, payload);
	ltcp_count(ln, csum_by_device ? LTCP_MIB_IN_CSUM_DEVICE :
					LTCP_MIB_IN_CSUM_SOFTWARE);
	if (segs > 1)
		ltcp_count(ln, LTCP_MIB_IN_GRO);
}
