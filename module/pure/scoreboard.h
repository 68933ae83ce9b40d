/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scoreboard.h - verdicts of a SACK sender that need only numbers (scoreboard.c)
 */
#ifndef LTCP_PURE_SCOREBOARD_H
#define LTCP_PURE_SCOREBOARD_H

#include "options.h"
#include "types.h"

bool ltcp_sack_block_valid(u32 start, u32 end, u32 snd_una, u32 snd_nxt,
			   u32 max_window);
bool ltcp_dsack_is(const struct ltcp_opts *o, u32 ack,
		   struct ltcp_sack_block *dup);
bool ltcp_dupthresh_reached(u32 sacked_above_segs, u32 dupthresh);

#endif /* LTCP_PURE_SCOREBOARD_H */
