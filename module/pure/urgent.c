// SPDX-License-Identifier: GPL-2.0
/*
 * urgent.c - what the urgent pointer means
 *
 * Theory
 * ------
 * The urgent field of a segment, added to its sequence number, tells where the
 * urgent data ends: at the first byte that is not urgent (RFC 9293 section 3.8.5,
 * MUST-62; RFC 6093). RFC 1122 once had it point to the last urgent byte instead,
 * and tcp_stdurg still asks for that, for both directions.
 *
 * Inside, the two ends each keep the number that serves them:
 *
 *	sender:   SND.UP, the first number behind the urgent data
 *	receiver: the mark, the last urgent byte, which a program may read apart
 *		  from the stream and at which ordinary reading stops
 *
 * A field has 16 bits and the urgent data may have any length (MUST-31). Where
 * its end is too far ahead the field says 65,535: there is urgent data, and its
 * end is not nearer than that. Every segment below SND.UP carries the field, so
 * one that brings the byte which such a field happened to point at also brings
 * the news that the end is further on.
 */
#include "urgent.h"

/**
 * ltcp_urg_mark() - the byte that a received urgent field designates
 * @seq: SEG.SEQ
 * @field: SEG.UP
 * @stdurg: the field points to the last urgent byte, not behind it
 *
 * Return: sequence number of the last urgent byte. A field of 0 that points
 * behind it designates what came before the segment.
 */
u32 ltcp_urg_mark(u32 seq, u16 field, bool stdurg)
{
	return seq + field - !stdurg;
}

/**
 * ltcp_urg_field() - the urgent field of a segment to be sent
 * @snd_up: SND.UP, the first number behind the urgent data
 * @seq: SEG.SEQ, before @snd_up
 * @stdurg: point to the last urgent byte, not behind it
 *
 * Return: SEG.UP, or as far as the field reaches.
 */
u16 ltcp_urg_field(u32 snd_up, u32 seq, bool stdurg)
{
	return min_t(u32, snd_up - seq - stdurg, LTCP_URG_FAR);
}

/**
 * ltcp_urg_is_news() - does a pointer tell of urgent data that was not known?
 * @mark: last urgent byte, as the pointer has it
 * @rcv_nxt: RCV.NXT
 * @pending: there is a mark already that reading has not passed
 * @known: that mark
 *
 * Pointers never go back. What lies below RCV.NXT was announced, if at all, by
 * the segment that brought it, and the program may have read it since: such a
 * pointer is an old one, or nonsense.
 *
 * Return: true when the mark moves to @mark.
 */
bool ltcp_urg_is_news(u32 mark, u32 rcv_nxt, bool pending, u32 known)
{
	return seq_geq(mark, rcv_nxt) && (!pending || seq_gt(mark, known));
}

/**
 * ltcp_urg_reach() - how far may a read go in one step?
 * @seq: the byte it stands at
 * @bytes: how many it could have
 * @mark: last urgent byte, not passed yet
 * @in_line: the urgent byte is one of the stream (SO_OOBINLINE)
 *
 * Return: bytes up to the mark; at it, 0 when the byte there is to be left out
 * and all when it is not; all when the mark is out of reach.
 */
u32 ltcp_urg_reach(u32 seq, u32 bytes, u32 mark, bool in_line)
{
	if (mark == seq && in_line)
		return bytes;
	return min(bytes, mark - seq);
}
