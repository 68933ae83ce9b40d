/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mtu_search.h - which packet size to try next (mtu_search.c)
 */
#ifndef LTCP_PURE_MTU_SEARCH_H
#define LTCP_PURE_MTU_SEARCH_H

#include "types.h"

/**
 * struct ltcp_mtu_search - what is known of a path's MTU
 * @low: packets of so many bytes get through
 * @high: nothing larger does; low <= high but for a moment when the route shrinks
 */
struct ltcp_mtu_search {
	u32 low;
	u32 high;
};

u32 ltcp_mtu_search_next(const struct ltcp_mtu_search *s, u32 limit, u32 step);
u32 ltcp_mtu_black_hole_mss(u32 mss, u32 base, u32 floor);

#endif /* LTCP_PURE_MTU_SEARCH_H */
