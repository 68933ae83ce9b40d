/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dctcp.h - what DCTCP knows of the path (dctcp.c)
 */
#ifndef LTCP_PURE_DCTCP_H
#define LTCP_PURE_DCTCP_H

#include "cong.h"

#define LTCP_DCTCP_ONE	BIT(20)		/* alpha of 1.0 */

/**
 * struct ltcp_dctcp_info - DCTCP for people
 * @alpha: part of the segments that meet a queue, of LTCP_DCTCP_ONE
 * @acked_segs: segments acknowledged in this window of data
 * @marked_segs: how many of them were marked
 */
struct ltcp_dctcp_info {
	u32 alpha;
	u32 acked_segs;
	u32 marked_segs;
};

void ltcp_dctcp_info(const struct ltcp_cc *cc, struct ltcp_dctcp_info *info);

#endif /* LTCP_PURE_DCTCP_H */
