/* SPDX-License-Identifier: GPL-2.0 */
/*
 * urgent.h - what the urgent pointer means (urgent.c)
 */
#ifndef LTCP_PURE_URGENT_H
#define LTCP_PURE_URGENT_H

#include "seq.h"
#include "types.h"

/* The furthest that the field of a header can point. */
#define LTCP_URG_FAR	65535

u32 ltcp_urg_mark(u32 seq, u16 field, bool stdurg);
u16 ltcp_urg_field(u32 snd_up, u32 seq, bool stdurg);
bool ltcp_urg_is_news(u32 mark, u32 rcv_nxt, bool pending, u32 known);
u32 ltcp_urg_reach(u32 seq, u32 bytes, u32 mark, bool in_line);

#endif /* LTCP_PURE_URGENT_H */
