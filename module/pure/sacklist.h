/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sacklist.h - the SACK blocks a receiver reports (sacklist.c)
 */
#ifndef LTCP_PURE_SACKLIST_H
#define LTCP_PURE_SACKLIST_H

#include "options.h"
#include "types.h"

/**
 * struct ltcp_sacklist - blocks of data received above RCV.NXT
 * @b: the blocks; the one that changed last comes first
 * @n: how many there are
 */
struct ltcp_sacklist {
	struct ltcp_sack_block b[LTCP_SACK_BLOCKS_MAX];
	u8 n;
};

void ltcp_sacklist_add(struct ltcp_sacklist *l, u32 start, u32 end);
void ltcp_sacklist_advance(struct ltcp_sacklist *l, u32 rcv_nxt);
void ltcp_sacklist_cut(struct ltcp_sacklist *l, u32 edge);
void ltcp_sacklist_report(const struct ltcp_sacklist *l,
			  const struct ltcp_sack_block *dup,
			  struct ltcp_opts *o);

#endif /* LTCP_PURE_SACKLIST_H */
