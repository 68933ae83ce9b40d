/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arrives_states.h - a connection in any state, to try segments on
 * (arrives_states.c)
 */
#ifndef ARRIVES_STATES_H
#define ARRIVES_STATES_H

#include "arrives_oracle.h"
#include "wire.h"

/**
 * struct stage - a state, in one of the ways that it can be in
 * @name: for the report
 * @state: TCP_*
 * @set_up: brings @c there; returns the socket, or -1 when it has none of its own
 * @passive: comes from LISTEN
 * @orphan: its socket is closed
 * @acked: all that was sent is acknowledged
 * @stamp: of the segments that are tried
 */
struct stage {
	const char *name;
	int state;
	int (*set_up)(void);
	bool passive, orphan, acked;
	enum stamp stamp;
};

/**
 * struct subject - the connection that segments are tried on; @c is the same
 * @fd: its socket, or -1
 * @b: what is known of it
 * @before: TCP_INFO at the beginning
 * @challenges: challenge ACKs it may have sent in the last second
 * @until_us: when it is too old to go on with
 * @rst_at: where it would obey a RST
 * @alive: there is one
 * @touched: it need not be as it was any more
 */
struct subject {
	int fd;
	struct tcb b;
	struct full_info before;
	int challenges;
	int64_t until_us, rst_at;
	bool alive, touched;
};

extern struct subject subject;
extern uint32_t ts_recent;	/* TS.Recent, as the stack echoes it */

void time_stands_still(void);
void subject_begin(const struct stage *st);

extern const struct stage
at_closed, at_listen, at_syn_sent, at_syn_received, at_syn_received_active,
at_established, at_established_no_window, at_fin_wait_1, at_fin_wait_1_orphan,
at_fin_wait_2, at_fin_wait_2_orphan, at_close_wait, at_closing, at_last_ack,
at_time_wait, at_syn_received_older, at_established_older, at_time_wait_older,
at_time_wait_same, at_time_wait_newer;

#endif /* ARRIVES_STATES_H */
