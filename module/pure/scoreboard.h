/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scoreboard.h - verdicts of a SACK sender that need only numbers (scoreboard.c)
 */
#ifndef LTCP_PURE_SCOREBOARD_H
#define LTCP_PURE_SCOREBOARD_H

#include "options.h"
#include "types.h"

/* RFC 6675 section 2, RFC 5681 section 3.2 */
#define LTCP_DUPTHRESH		3

bool ltcp_sack_block_valid(u32 start, u32 end, u32 snd_una, u32 snd_nxt,
			   u32 max_window);
bool ltcp_dsack_is(const struct ltcp_opts *o, u32 ack,
		   struct ltcp_sack_block *dup);
bool ltcp_dupthresh_reached(u32 sacked_above_segs, u32 dupthresh);
bool ltcp_is_lost(u32 sacked_runs_above, u32 sacked_bytes_above, u32 dupthresh,
		  u32 mss);
u32 ltcp_pipe(u32 out_segs, u32 sacked_segs, u32 lost_segs, u32 retrans_segs);
bool ltcp_limited_transmit_allows(u32 dupacks, u32 in_flight, u32 cwnd);

#endif /* LTCP_PURE_SCOREBOARD_H */
