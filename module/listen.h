/* SPDX-License-Identifier: GPL-2.0 */
/*
 * listen.h - what the two halves of passive opening, listen.c with its queue of
 * requests and cookie.c without, have of each other.
 */
#ifndef LTCP_LISTEN_H
#define LTCP_LISTEN_H

/* ---- listen.c ---- */
struct request_sock *ltcp_req_alloc(struct sock *sk, struct sk_buff *skb);
void ltcp_req_window(const struct sock *sk, const struct dst_entry *dst,
		     struct request_sock *req);
struct sock *ltcp_child_new(const struct sock *sk, struct sk_buff *skb,
			    struct request_sock *req,
			    struct request_sock *req_unhash, bool *own_req);
enum skb_drop_reason ltcp_listen_syn(struct sock *sk, struct sk_buff *skb);

/* Why ltcp_child_new() made no child. */
static inline enum skb_drop_reason ltcp_no_child_reason(const struct sock *lsk)
{
	return sk_acceptq_is_full(lsk) ? SKB_DROP_REASON_TCP_LISTEN_OVERFLOW :
					 SKB_DROP_REASON_NOMEM;
}

/* ---- cookie.c ---- */
bool ltcp_cookie_always(const struct sock *sk);
bool ltcp_cookie_allowed(struct sock *sk);
void ltcp_cookie_mark(struct request_sock *req);
u32 ltcp_cookie_tsval(const struct request_sock *req);
bool ltcp_cookie_ack(struct sock *lsk, struct sk_buff *skb,
		     const struct ltcp_seg *seg);

#endif
