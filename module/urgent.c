// SPDX-License-Identifier: GPL-2.0
/*
 * urgent.c - urgent data (RFC 9293 section 3.8.5, RFC 6093).
 *
 * TCP's side of it is one number in each direction: where the urgent data ends.
 * What the number means, and what a field of 16 bits can say of it, is in
 * pure/urgent.c.
 *
 * Sending. snd_up is SND.UP, and urg_out says that it lies ahead of SND.UNA;
 * otherwise it is an old number. A header is given URG and the field when it is
 * built, so a retransmission tells what is true then. Segmentation would copy one
 * field into segments that begin elsewhere: below SND.UP tx.c sends segments one
 * by one. The peer must hear of it even when no data may go (MUST-66 is its half
 * of that): while urg_owed is set no segment has told, and ltcp_push() sends an
 * ACK for that; each probe of a closed window is preceded by another.
 *
 * Receiving. The mark, urg_seq, is the last urgent byte, and urg_data is not 0
 * until reading has passed it:
 *
 *	TCP_URG_NOTYET		announced; the byte has not arrived
 *	TCP_URG_VALID | byte	it can be read by MSG_OOB
 *	TCP_URG_READ		it was
 *
 * The byte stays in its queue all the same, and recv.c leaves it out, or with
 * SO_OOBINLINE does not; either way a read ends before the mark. When the mark
 * moves on before reading has passed it, what it was on is ordinary data again,
 * so of a run of urgent bytes the last is the one that can be read apart.
 *
 * The program learns of each new mark by SIGURG (MUST-32), of the byte by
 * EPOLLPRI, and where it stands by SIOCATMARK and SIOCINQ (MUST-33).
 */
#include "ltcp.h"

static bool ltcp_urg_std(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_stdurg);
}

/* ------------------------------------------------------------------ */
/* Sending                                                              */
/* ------------------------------------------------------------------ */

/**
 * ltcp_urg_send - all that was written so far is urgent
 * @sk: connection
 *
 * Context: socket lock; the caller pushes.
 */
void ltcp_urg_send(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	if (lt->urg_out && lt->tcp.snd_up == lt->tcp.write_seq)
		return;
	lt->tcp.snd_up = lt->tcp.write_seq;
	lt->urg_out = true;
	lt->urg_owed = true;
}

/**
 * ltcp_urg_stamp - put the urgent pointer into a header, if it is due there
 * @sk: connection with urg_out set
 * @th: header of a single segment, otherwise finished but for its checksum
 * @seq: its SEG.SEQ
 *
 * Context: socket lock.
 */
void ltcp_urg_stamp(struct sock *sk, struct tcphdr *th, u32 seq)
{
	struct ltcp_sock *lt = ltcp_sk(sk);
	const struct tcp_sock *tp = &lt->tcp;

	if (seq_leq(tp->snd_up, tp->snd_una)) {
		lt->urg_out = false;
		lt->urg_owed = false;
	}
	if (!ltcp_urg_ahead(lt, seq) || th->rst)
		return;
	th->urg = 1;
	th->urg_ptr = htons(ltcp_urg_field(tp->snd_up, seq, ltcp_urg_std(sk)));
	lt->urg_owed = false;
}

/* ------------------------------------------------------------------ */
/* Receiving                                                            */
/* ------------------------------------------------------------------ */

/* The mark moves on to @mark: the program shall know. */
static void ltcp_urg_announce(struct sock *sk, u32 mark)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ltcp_urg_pass(sk);
	WRITE_ONCE(tp->urg_seq, mark);
	WRITE_ONCE(tp->urg_data, TCP_URG_NOTYET);
	sk_send_sigurg(sk);
}

/* Keep the urgent byte, if this segment brings it, and wake who waits for it. */
static void ltcp_urg_take(struct sock *sk, const struct sk_buff *skb,
			  const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 offset = tp->urg_seq - seg->seq;
	u8 byte;

	if (offset >= seg->len ||
	    skb_copy_bits(skb, skb->len - seg->len + offset, &byte, 1))
		return;
	WRITE_ONCE(tp->urg_data, TCP_URG_VALID | byte);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

/**
 * ltcp_urg_arrives - check the URG bit
 * @sk: connection in a synchronized state
 * @skb: packet whose data begins at its TCP header
 * @seg: accepted segment, its text not processed yet
 *
 * RFC 9293 section 3.10.7.4, sixth step. Also to be called without URG while a
 * mark waits for its byte. Context: BH off, socket lock.
 */
void ltcp_urg_arrives(struct sock *sk, const struct sk_buff *skb,
		      const struct ltcp_seg *seg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mark;

	if (!ltcp_can_receive(sk))
		return;
	if (ltcp_has(seg, LTCP_FLAG_URG)) {
		mark = ltcp_urg_mark(seg->seq, seg->urg, ltcp_urg_std(sk));
		if (ltcp_urg_is_news(mark, tp->rcv_nxt, tp->urg_data,
				     tp->urg_seq))
			ltcp_urg_announce(sk, mark);
	}
	if (tp->urg_data == TCP_URG_NOTYET)
		ltcp_urg_take(sk, skb, seg);
}

/**
 * ltcp_recv_urg - recv() with MSG_OOB: the urgent byte
 * @sk: connection
 * @msg: where it goes; MSG_OOB is set in its flags, or MSG_TRUNC without room
 * @len: room, bytes
 * @flags: MSG_PEEK leaves it, MSG_TRUNC discards it
 *
 * Never sleeps. Context: process, socket lock.
 * Return: 1; 0 without room, or when the byte that was announced will not come;
 * -EINVAL when there is none, it was read, or it is in line; -EAGAIN when it has
 * not arrived; -ENOTCONN, -EFAULT.
 */
int ltcp_recv_urg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 byte = tp->urg_data;

	if (!tp->urg_data || tp->urg_data == TCP_URG_READ ||
	    sock_flag(sk, SOCK_URGINLINE))
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (tp->urg_data == TCP_URG_NOTYET)
		return sk->sk_shutdown & RCV_SHUTDOWN ? 0 : -EAGAIN;
	if (!len) {
		msg->msg_flags |= MSG_TRUNC;
		return 0;
	}
	if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &byte, 1))
		return -EFAULT;
	msg->msg_flags |= MSG_OOB;
	if (!(flags & MSG_PEEK))
		WRITE_ONCE(tp->urg_data, TCP_URG_READ);
	return 1;
}
