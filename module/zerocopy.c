// SPDX-License-Identifier: GPL-2.0
/*
 * zerocopy.c - sending a program's own pages: MSG_ZEROCOPY, io_uring's SEND_ZC.
 *
 * The pages that hold the bytes are pinned and hung into packets, where splice
 * hangs those of a pipe. Until the peer has acknowledged the last of them they
 * are read again and again: to send, to compute a checksum, to retransmit. The
 * program must not write to them before it is told so.
 *
 * Who is told is a struct ubuf_info. Each packet with such pages refers to one,
 * and so does a write under way; cutting a packet or copying it for the layers
 * below takes more references (the kernel's helpers do). The last reference
 * gone, in whatever way - acknowledged, reset, closed, disconnected - completes
 * it, once:
 *
 *	SO_ZEROCOPY	a notice on the error queue with the numbers of the
 *			writes, which the kernel joins with its neighbours
 *	io_uring	a completion with IORING_CQE_F_NOTIF
 *
 * A packet has one ubuf_info. A write that goes on filling the last packet of
 * an earlier one shares its ubuf_info if that still takes more writes; if not, it
 * begins a packet of its own.
 *
 * Copying is always allowed and then said (SO_EE_CODE_ZEROCOPY_COPIED): here,
 * when the device cannot gather or memory is short; below, when a packet comes
 * back up to a socket of this machine, which must not see its bytes change.
 */
#include "ltcp.h"

/**
 * ltcp_zc_copied - some bytes of a write are copied all the same
 * @zc: what ltcp_zc_begin() filled in
 *
 * The notice says so; io_uring's has no word for it. Context: socket lock.
 */
void ltcp_zc_copied(const struct ltcp_zc *zc)
{
	if (zc->ours)
		uarg_to_msgzc(zc->tell)->zerocopy = 0;
}

/**
 * ltcp_zc_begin - a write asks that its bytes be sent from where they are
 * @zc: filled in: whom to tell, and whether to hang pages in at all
 * @sk: connection
 * @msg: message with MSG_ZEROCOPY
 * @len: its bytes
 *
 * Without SO_ZEROCOPY the flag is ignored, as it always was.
 *
 * Context: process, socket lock.
 * Return: 0, or -ENOBUFS when too many notices (net.core.optmem_max) or too
 * many pinned pages (RLIMIT_MEMLOCK) are outstanding.
 */
int ltcp_zc_begin(struct ltcp_zc *zc, struct sock *sk, const struct msghdr *msg,
		  size_t len)
{
	struct sk_buff *tail = skb_peek_tail(&ltcp_sk(sk)->unsent);

	if (!len)
		return 0;
	zc->pages = sk->sk_route_caps & NETIF_F_SG;
	if (msg->msg_ubuf) {	/* io_uring holds the reference, and gives it back */
		zc->tell = msg->msg_ubuf;
		return 0;
	}
	zc->pages &= sock_flag(sk, SOCK_ZEROCOPY);
	if (!sock_flag(sk, SOCK_ZEROCOPY))
		return 0;
	zc->tell = msg_zerocopy_realloc(sk, len, skb_zcopy(tail));
	if (!zc->tell)
		return -ENOBUFS;
	zc->ours = true;
	if (!zc->pages)
		ltcp_zc_copied(zc);
	return 0;
}

/**
 * ltcp_zc_append - hang the next pages of a write into a packet
 * @zc: what ltcp_zc_begin() filled in
 * @sk: connection
 * @skb: last packet of the unsent data
 * @msg: the bytes
 * @room: at most so many
 *
 * Context: process, socket lock.
 * Return: bytes; 0 when @skb takes no more of them and another packet may;
 * -ENOBUFS when memory is short; -EFAULT.
 */
int ltcp_zc_append(const struct ltcp_zc *zc, struct sock *sk,
		   struct sk_buff *skb, struct msghdr *msg, u32 room)
{
	int bytes;

	/* Charged by the page, and the first and last may be used in part */
	if (unlikely(!ltcp_snd_schedule(sk, PAGE_ALIGN(room) + PAGE_SIZE)))
		return -ENOBUFS;
	bytes = skb_zerocopy_iter_stream(sk, skb, msg, room, zc->tell);
	return bytes == -EMSGSIZE || bytes == -EEXIST ? 0 : bytes;
}

/**
 * ltcp_zc_end - a write is over, and its reference no longer needed
 * @zc: what ltcp_zc_begin() filled in, with @ours
 * @queued: some of its bytes are in the send queue, so that a notice is due
 *
 * Context: process, socket lock.
 */
void ltcp_zc_end(const struct ltcp_zc *zc, bool queued)
{
	if (queued)
		net_zcopy_put(zc->tell);
	else
		net_zcopy_put_abort(zc->tell, true);
}
