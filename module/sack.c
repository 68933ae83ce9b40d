// SPDX-License-Identifier: GPL-2.0
/*
 * sack.c - the sender's scoreboard (RFC 2018, RFC 2883).
 *
 * A SACK block marks packets of the retransmission queue as received. Packets
 * carry many segments, so a block may end inside one: it is then cut at a
 * segment boundary. Both the work and the memory that a peer can cause this way
 * are bounded: the queue is a tree, so finding a block's start costs a descent;
 * a range that a block of the ACK before covered is not walked again; and no packet is
 * cut while the socket already holds far more memory than its buffer allows.
 */
#include "trace.h"

/**
 * ltcp_rtx_find - leftmost packet that ends after a sequence number
 * @lt: connection
 * @seq: sequence number
 *
 * Context: socket lock. Return: packet of the retransmission queue, or NULL.
 */
struct sk_buff *ltcp_rtx_find(const struct ltcp_sock *lt, u32 seq)
{
	struct rb_node *n = lt->rtxq.rb_node;
	struct sk_buff *found = NULL;

	while (n) {
		struct sk_buff *skb = ltcp_rb_to_skb(n);

		if (seq_gt(ltcp_cb(skb)->end_seq, seq)) {
			found = skb;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return found;
}

/* One packet is wholly covered by a block. */
static void ltcp_sack_mark(struct tcp_sock *tp, struct sk_buff *skb,
			   struct ltcp_ack_result *res)
{
	struct ltcp_cb *cb = ltcp_cb(skb);

	if (cb->sacked & LTCP_SKB_SACKED)
		return;
	if (cb->sacked & LTCP_SKB_LOST) {
		tp->lost_out -= cb->segs;
		ltcp_undo_delivered(ltcp_sk((struct sock *)tp), skb, cb->segs, res);
	}
	if (cb->sacked & LTCP_SKB_RETRANS)
		tp->retrans_out -= cb->segs;
	if (!(cb->sacked & LTCP_SKB_EVER_RETRANS))
		res->sacked_sent_ns = max_t(u64, res->sacked_sent_ns,
					    skb->skb_mstamp_ns);
	cb->sacked &= ~(LTCP_SKB_LOST | LTCP_SKB_RETRANS);
	cb->sacked |= LTCP_SKB_SACKED;
	tp->sacked_out += cb->segs;
	res->delivered_segs += cb->segs;
	res->sacked_segs += cb->segs;
	res->sacked_new = true;
	ltcp_packet_delivered(tp, skb, cb->end_seq, res);
}

/*
 * Cut @skb so that a piece of it begins at or after @start and ends at or before
 * @end, on segment boundaries. Returns the piece, or NULL when there is none.
 */
static struct sk_buff *ltcp_sack_carve(struct sock *sk, struct sk_buff *skb,
				       u32 start, u32 end)
{
	struct ltcp_cb *cb = ltcp_cb(skb);
	u32 mss = cb->mss;

	if (!ltcp_tx_may_cut(sk, 0))
		return NULL;
	if (seq_lt(cb->seq, start)) {
		u32 head = roundup(start - cb->seq, mss);

		if (head >= cb->end_seq - cb->seq ||
		    ltcp_tx_split(sk, skb, head, ltcp_atomic(sk)))
			return NULL;
		skb = ltcp_rtx_next(skb);
		cb = ltcp_cb(skb);
	}
	if (seq_lt(end, cb->end_seq)) {
		u32 keep = seq_gt(end, cb->seq) ?
			   rounddown(end - cb->seq, mss) : 0;

		if (!keep || ltcp_tx_split(sk, skb, keep, ltcp_atomic(sk)))
			return NULL;
	}
	return skb;
}

/* Mark all packets that [start, end) covers, from the one that ends after @from on. */
static void ltcp_sack_range(struct sock *sk, u32 start, u32 end, u32 from,
			    struct ltcp_ack_result *res)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct sk_buff *skb = ltcp_rtx_find(lt, from);

	while (skb && seq_lt(ltcp_cb(skb)->seq, end)) {
		struct ltcp_cb *cb = ltcp_cb(skb);

		if (seq_lt(cb->seq, start) || seq_lt(end, cb->end_seq)) {
			if (!(cb->sacked & LTCP_SKB_SACKED)) {
				struct sk_buff *piece;

				piece = ltcp_sack_carve(sk, skb, start, end);
				if (piece) {
					ltcp_sack_mark(&lt->tcp, piece, res);
					skb = piece;
				}
			}
		} else {
			ltcp_sack_mark(&lt->tcp, skb, res);
		}
		if (ltcp_cb(skb)->sacked & LTCP_SKB_SACKED)
			lt->sack_high = seq_max(lt->sack_high,
						ltcp_cb(skb)->end_seq);
		skb = ltcp_rtx_next(skb);
	}
}

/*
 * A block usually repeats one of the last ACK's, or extends it. Returns where
 * in [start, end) the news begins, @end when there is none.
 */
static u32 ltcp_sack_news(const struct tcp_sock *tp, u32 start, u32 end)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tp->recv_sack_cache); i++) {
		const struct tcp_sack_block *c = &tp->recv_sack_cache[i];

		if (c->start_seq == c->end_seq ||
		    seq_lt(start, c->start_seq) || seq_geq(start, c->end_seq))
			continue;
		if (seq_leq(end, c->end_seq))
			return end;
		/* The packet it ended in may not have been marked as a whole */
		return c->end_seq - 1;
	}
	return start;
}

static void ltcp_sack_remember(struct tcp_sock *tp, const struct ltcp_seg *seg)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tp->recv_sack_cache); i++) {
		bool have = i < seg->opt.nsack;

		tp->recv_sack_cache[i].start_seq = have ? seg->opt.sack[i].start : 0;
		tp->recv_sack_cache[i].end_seq = have ? seg->opt.sack[i].end : 0;
	}
}

static void ltcp_dsack_take(struct sock *sk, struct ltcp_ack_result *res)
{
	const struct ltcp_sack_block *dup = &res->dup_range;
	struct tcp_sock *tp = tcp_sk(sk);

	if (!ltcp_sack_block_valid(dup->start, dup->end, tp->snd_una, tp->snd_nxt,
				   tp->max_window)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPDSACKIGNOREDDUBIOUS);
		return;
	}
	res->dsack = true;
	tp->dsack_dups++;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPDSACKRECV);
}

/**
 * ltcp_sack_process - take in the SACK blocks of an ACK
 * @sk: connection
 * @seg: segment with a SACK option; SND.UNA is already advanced by its ACK
 * @res: sums up what was new
 *
 * Blocks outside [SND.UNA, SND.NXT] are ignored; a D-SACK is counted, if it tells of
 * what may have been sent.
 * Context: BH off, socket lock.
 */
void ltcp_sack_process(struct sock *sk, const struct ltcp_seg *seg,
		       struct ltcp_ack_result *res)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int i = 0;

	if (!tp->rx_opt.sack_ok)
		return;
	if (ltcp_dsack_is(&seg->opt, seg->ack, &res->dup_range)) {
		ltcp_dsack_take(sk, res);
		i = 1;
	}
	if (!tp->packets_out)
		return;
	/* What was reported 2^32 bytes ago looks like a report of today */
	if (!tp->sacked_out)
		memset(tp->recv_sack_cache, 0, sizeof(tp->recv_sack_cache));
	for (; i < seg->opt.nsack; i++) {
		const struct ltcp_sack_block *b = &seg->opt.sack[i];
		u32 start = seq_max(b->start, tp->snd_una), from;

		if (!ltcp_sack_block_valid(b->start, b->end, tp->snd_una,
					   tp->snd_nxt, tp->max_window)) {
			NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSACKDISCARD);
			continue;
		}
		trace_ltcp_sack(sk, b->start, b->end - b->start, seg->flags, 0);
		from = ltcp_sack_news(tp, start, b->end);
		if (from != b->end)
			ltcp_sack_range(sk, start, b->end, from, res);
	}
	ltcp_sack_remember(tp, seg);
}

/**
 * ltcp_sack_reset - forget what the peer reported
 * @sk: connection whose peer has reneged (RFC 2018 section 8)
 *
 * Context: BH off, socket lock.
 */
void ltcp_sack_reset(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	struct tcp_sock *tp = &lt->tcp;
	struct sk_buff *skb;

	for (skb = ltcp_rtx_head(lt); skb; skb = ltcp_rtx_next(skb))
		ltcp_cb(skb)->sacked &= ~LTCP_SKB_SACKED;
	tp->sacked_out = 0;
	lt->sack_high = tp->snd_una;
	memset(tp->recv_sack_cache, 0, sizeof(tp->recv_sack_cache));
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSACKRENEGING);
}
