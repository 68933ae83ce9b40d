// SPDX-License-Identifier: GPL-2.0
/*
 * arq.c - the textbook's automatic-repeat-request schemes, for teaching.
 *
 * TCP is a selective-repeat protocol that grew out of go-back-N. Students meet
 * the plain schemes first; net.ltcp.arq lets a namespace's new connections be
 * one of them, so that a trace shows what each costs:
 *
 *	             sender may have       receiver keeps       what is resent
 *	             outstanding           out of order
 *	selective    a window              what fits            what is missing
 *	go-back-N    a window              nothing              all from SND.UNA on
 *	stop & wait  one segment           nothing              that segment
 *
 * In the two plain ones every segment is acknowledged at once by the next byte
 * that is awaited, a segment out of order is discarded and answered with the same
 * ACK again, and the sender learns of a loss from its one timer alone: duplicate
 * ACKs mean nothing to it, and neither SACK, RACK, tail loss probes nor the
 * detection of spurious timeouts take part. Flow control, congestion control and
 * RFC 6298's timer stay what they are, so such a connection is a lawful TCP
 * towards any peer: it just does not negotiate SACK. Both ends need the mode for
 * the textbook's picture.
 *
 * One rule decides: a connection that has agreed on SACK repeats selectively.
 */
#include "ltcp.h"

/**
 * ltcp_arq_begin - settle a connection's scheme
 * @sk: connection whose handshake is over
 *
 * Context: socket lock.
 */
void ltcp_arq_begin(struct sock *sk)
{
	struct ltcp_sock *lt = ltcp_sk(sk);

	lt->arq = lt->tcp.rx_opt.sack_ok ? LTCP_ARQ_SELECTIVE :
					   READ_ONCE(lt->lnet->arq);
}

/**
 * ltcp_arq_waits - must new data wait for the ACK of what is out?
 * @lt: connection
 *
 * Context: socket lock.
 */
bool ltcp_arq_waits(const struct ltcp_sock *lt)
{
	return unlikely(lt->arq == LTCP_ARQ_STOP_AND_WAIT) && lt->tcp.packets_out;
}
