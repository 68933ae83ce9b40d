// SPDX-License-Identifier: GPL-2.0
/*
 * mapped.c - received pages in the user's memory (TCP_ZEROCOPY_RECEIVE).
 *
 * mmap() of a socket reserves addresses and puts nothing there. Then each
 * getsockopt(TCP_ZEROCOPY_RECEIVE) takes pages out of the receive queue and maps
 * them, read-only, from the given address on, in place of what an earlier call
 * has left there; to the stream it is a read of so many bytes. A page stays for
 * as long as it is mapped, whatever becomes of its packet.
 *
 * Only whole pages can be had so: a fragment of a packet that is one page, from
 * its first byte to its last, and a page that is nothing else. Large pages that
 * several packets share are copied from, and so are those of a file, which
 * sendfile on this machine brings: whoever writes to the file would write to
 * what was received.
 *
 *	| 100 | page | page | page | 3000 | page |	receive queue
 *	  ^ copied_seq
 *
 * Where the next byte does not begin such a page the call stops and says in
 * recv_skip_hint how many bytes recv() should read: above, 100, then after
 * three pages 3000. With a copybuf the call itself copies them, as many as it
 * has room for, and when the whole queue fits in there it maps nothing. Reading
 * stops at the mark of urgent data as it does for recv().
 *
 * LOCKING: the socket's, and inside it mmap_lock, as in any copy to user memory.
 * mmap() comes with mmap_lock held and leaves the socket's alone.
 */
#include <linux/mm.h>
#include "ltcp.h"

#define LTCP_MAP_BATCH		32	/* pages mapped at once */
#define LTCP_ZC_CMSG_TS		2	/* msg_flags: time of arrival; in no header */

static const struct vm_operations_struct ltcp_vm_ops = {
};

/* Pages on their way into the user's memory. */
struct ltcp_map {
	struct sock *sk;
	struct vm_area_struct *vma;
	unsigned long at;		/* user address of the next page */
	struct sk_buff *skb;		/* packet of the last page */
	u32 offset;			/* in it, behind that page */
	u32 done_bytes;			/* mapped */
	u32 skip_bytes;			/* before the next page that can be */
	unsigned int n;			/* gathered, not mapped yet */
	struct page *pages[LTCP_MAP_BATCH];
};

/**
 * ltcp_mmap - proto_ops.mmap: reserve addresses for received pages
 * @file: the socket's file
 * @sock: socket in any state
 * @vma: the new mapping
 *
 * Context: process, mmap_lock for writing.
 * Return: 0, or -EPERM for a mapping that can be written to or executed.
 */
int ltcp_mmap(struct file *file, struct socket *sock, struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	ltcp_vm_flags_mod(vma, VM_MIXEDMAP, VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &ltcp_vm_ops;
	return 0;
}

static bool ltcp_frag_mappable(const skb_frag_t *frag)
{
	struct page *page;

	if (skb_frag_size(frag) != PAGE_SIZE || skb_frag_off(frag))
		return false;
	page = skb_frag_page(frag);
	return page && !PageCompound(page) && !page->mapping;
}

/*
 * The first page at or behind @offset that can be mapped, and how far it is
 * away: NULL and what is left of @skb when there is none.
 */
static struct page *ltcp_page_at(const struct sk_buff *skb, u32 offset,
				 u32 *away)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 pos = skb_headlen(skb);
	int i;

	for (i = 0; i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		if (pos >= offset && ltcp_frag_mappable(frag)) {
			*away = pos - offset;
			return skb_frag_page(frag);
		}
		pos += skb_frag_size(frag);
	}
	*away = skb->len - offset;
	return NULL;
}

/*
 * Map what was gathered. Where something is in the way although the program
 * said that nothing was, it is removed. Returns false when not all went in: what
 * is left is for recv().
 */
static bool ltcp_map_flush(struct ltcp_map *m)
{
	unsigned long left = m->n, done = 0;
	int err = 0;

	if (m->n)
		err = vm_insert_pages(m->vma, m->at, m->pages, &left);
	if (err == -EBUSY) {
		done = m->n - left;
		ltcp_zap(m->vma, m->at + done * PAGE_SIZE, left * PAGE_SIZE);
		err = vm_insert_pages(m->vma, m->at + done * PAGE_SIZE,
				      m->pages + done, &left);
	}
	done = m->n - (err ? left : 0);
	m->at += done * PAGE_SIZE;
	m->done_bytes += done * PAGE_SIZE;
	m->n = 0;
	if (err)
		m->skip_bytes = PAGE_SIZE;
	return !err;
}

/* The page that begins @bytes behind copied_seq; NULL when none does. */
static struct page *ltcp_map_next(struct ltcp_map *m, u32 bytes)
{
	u32 seq = tcp_sk(m->sk)->copied_seq + bytes;
	struct page *page;

	if (!m->skb || m->offset >= m->skb->len)
		m->skb = ltcp_recv_find(m->sk, seq, &m->offset);
	page = ltcp_page_at(m->skb, m->offset, &m->skip_bytes);
	if (m->skip_bytes)
		return NULL;
	m->offset += PAGE_SIZE;
	return page;
}

/* Map pages until @bytes, a multiple of their size, are done or one cannot be. */
static void ltcp_map_pages(struct ltcp_map *m, u32 bytes)
{
	struct page *page;

	while (m->done_bytes + m->n * PAGE_SIZE < bytes) {
		page = ltcp_map_next(m, m->done_bytes + m->n * PAGE_SIZE);
		if (!page)
			break;
		m->pages[m->n++] = page;
		if (m->n == LTCP_MAP_BATCH && !ltcp_map_flush(m))
			return;
	}
	ltcp_map_flush(m);
}

/* The mapping of a socket of ours at @address. mmap_lock held. */
static struct vm_area_struct *ltcp_find_vma(unsigned long address)
{
	struct vm_area_struct *vma = find_vma(current->mm, address);

	if (!vma || vma->vm_start > address || vma->vm_ops != &ltcp_vm_ops)
		return NULL;
	return vma;
}

/*
 * Map up to zc->length of the @avail bytes that are there. Sets length and
 * recv_skip_hint. What has been mapped is still in the queue.
 */
static int ltcp_zcr_map(struct ltcp_map *m, struct tcp_zerocopy_receive *zc,
			u32 avail)
{
	unsigned long want;

	mmap_read_lock(current->mm);
	m->vma = ltcp_find_vma(m->at);
	if (!m->vma) {
		mmap_read_unlock(current->mm);
		return -EINVAL;
	}
	want = min3((unsigned long)zc->length, m->vma->vm_end - m->at,
		    (unsigned long)avail);
	zc->recv_skip_hint = want < PAGE_SIZE ? want : 0;
	want = round_down(want, PAGE_SIZE);
	if (want && !(zc->flags & TCP_RECEIVE_ZEROCOPY_FLAG_TLB_CLEAN_HINT))
		ltcp_zap(m->vma, m->at, want);
	ltcp_map_pages(m, want);
	mmap_read_unlock(current->mm);

	zc->length = m->done_bytes;
	avail -= m->done_bytes;
	if (m->done_bytes < want)
		zc->recv_skip_hint = min(m->skip_bytes, avail);
	else if (avail < PAGE_SIZE)
		zc->recv_skip_hint = avail;
	return 0;
}

/* Bytes that a read could have in one go; at an urgent byte to be left out, 1. */
static u32 ltcp_zcr_avail(const struct sock *sk)
{
	u32 seq = tcp_sk(sk)->copied_seq;
	int inq = ltcp_inq(sk);

	if (!inq && ltcp_urg_hole(sk, seq, seq + 1))
		return seq_lt(seq + 1, tcp_sk(sk)->rcv_nxt);
	return ltcp_recv_reach(sk, seq, inq);
}

/* Copy what could not be mapped, as far as there is room for it. */
static void ltcp_zcr_copy(struct sock *sk, struct tcp_zerocopy_receive *zc,
			  u32 room, struct msghdr *msg)
{
	u32 bytes = min(zc->recv_skip_hint, room);
	int ret;

	if (!bytes)
		return;
	ret = ltcp_import_buf(u64_to_user_ptr(zc->copybuf_address), bytes,
			      &msg->msg_iter);
	if (!ret)
		ret = ltcp_recv_locked(sk, msg, bytes, MSG_DONTWAIT);
	zc->copybuf_len = ret;
	if (ret > 0)
		zc->recv_skip_hint -= ret;
}

/* The bytes that were mapped leave the queue, when their time has been told. */
static void ltcp_zcr_taken(struct ltcp_map *m, struct msghdr *ctl)
{
	u32 last = tcp_sk(m->sk)->copied_seq + m->done_bytes - 1, offset;
	struct sk_buff *skb = ltcp_recv_find(m->sk, last, &offset);

	if (ltcp_cb(skb)->has_rxtstamp && ctl->msg_control_user)
		sock_recv_timestamp(ctl, m->sk, skb);
	ltcp_recv_taken(m->sk, m->done_bytes);
}

static int ltcp_zcr_locked(struct sock *sk, struct tcp_zerocopy_receive *zc,
			   struct msghdr *ctl)
{
	struct ltcp_map m = { .sk = sk, .at = zc->address };
	struct msghdr plain = {};
	u32 room = max(zc->copybuf_len, 0);
	u32 avail, length = zc->length;
	int err = 0;

	if (!PAGE_ALIGNED(zc->address))
		return -EINVAL;
	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	avail = ltcp_zcr_avail(sk);
	if (!avail && sock_flag(sk, SOCK_DONE))
		return -EIO;
	zc->copybuf_len = 0;
	zc->length = 0;
	zc->recv_skip_hint = avail;
	if (avail >= PAGE_SIZE && avail > room) {
		zc->length = length;
		err = ltcp_zcr_map(&m, zc, avail);
	}
	if (m.done_bytes)
		ltcp_zcr_taken(&m, ctl);
	if (!err)
		ltcp_zcr_copy(sk, zc, room, m.done_bytes ? &plain : ctl);
	return err;
}

/*
 * The struct has grown over time, and a program passes as much of it as it knows.
 * What lies beyond what we know must be 0. Returns the bytes that count, -errno.
 */
static int ltcp_zcr_get(struct tcp_zerocopy_receive *zc, char __user *optval,
			int __user *optlen)
{
	int len, known;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)offsetofend(struct tcp_zerocopy_receive, length))
		return -EINVAL;
	if (len > sizeof(*zc)) {
		known = check_zeroed_user(optval + sizeof(*zc),
					  len - sizeof(*zc));
		if (known <= 0)
			return known ?: -EINVAL;
		len = sizeof(*zc);
		if (put_user(len, optlen))
			return -EFAULT;
	}
	if (copy_from_user(zc, optval, len))
		return -EFAULT;
	if (zc->reserved || (zc->msg_flags & ~LTCP_ZC_CMSG_TS))
		return -EINVAL;
	return len;
}

/* Where the time of arrival goes, if the program wants it. */
static void ltcp_zcr_ctl_init(struct msghdr *ctl,
			      const struct tcp_zerocopy_receive *zc)
{
	*ctl = (struct msghdr) {
		.msg_flags = in_compat_syscall() ? MSG_CMSG_COMPAT : 0,
	};
	if (!(zc->msg_flags & LTCP_ZC_CMSG_TS))
		return;
	ctl->msg_control_is_user = true;
	ctl->msg_control_user = u64_to_user_ptr(zc->msg_control);
	ctl->msg_controllen = zc->msg_controllen;
}

/*
 * The room that is left, as put_cmsg() counts. A program that has asked for nothing is
 * told of nothing that did not fit: it would hand the flag in with its next call.
 */
static void ltcp_zcr_ctl_done(struct tcp_zerocopy_receive *zc,
			      const struct msghdr *ctl)
{
	zc->msg_flags = zc->msg_flags & LTCP_ZC_CMSG_TS ? ctl->msg_flags : 0;
	if (!ctl->msg_control_user)
		return;
	zc->msg_control = (unsigned long)ctl->msg_control_user;
	zc->msg_controllen = ctl->msg_controllen;
}

/**
 * ltcp_zerocopy_receive - getsockopt(TCP_ZEROCOPY_RECEIVE)
 * @sk: connection
 * @optval: struct tcp_zerocopy_receive, in and out
 * @optlen: how much of it the program knows, bytes
 *
 * Never sleeps for data. Context: process.
 * Return: 0; -EINVAL for an address that is not in a mapping of ltcp's or not at
 * a page's beginning, or a struct that asks for more than is known; -ENOTCONN
 * for a listener; -EIO at the end of the stream; -EFAULT.
 */
int ltcp_zerocopy_receive(struct sock *sk, char __user *optval,
			  int __user *optlen)
{
	struct tcp_zerocopy_receive zc = {};
	struct msghdr ctl;
	int len, err;

	len = ltcp_zcr_get(&zc, optval, optlen);
	if (len < 0)
		return len;
	ltcp_zcr_ctl_init(&ctl, &zc);
	lock_sock(sk);
	err = ltcp_zcr_locked(sk, &zc, &ctl);
	release_sock(sk);
	if (err)
		return err;

	ltcp_zcr_ctl_done(&zc, &ctl);
	zc.inq = ltcp_inq_hint(sk);
	if (len >= (int)offsetofend(struct tcp_zerocopy_receive, err))
		zc.err = sock_error(sk);
	return copy_to_user(optval, &zc, len) ? -EFAULT : 0;
}
