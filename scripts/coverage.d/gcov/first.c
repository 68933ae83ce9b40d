// SPDX-License-Identifier: GPL-2.0
/*
 * The head of the list of struct gcov_info (../keepgcov/keepgcov.c), and what gcc refers to in
 * each of these: how to add up the counters of two runs, which keepgcov.c does not
 * ask of anyone.
 */
#include <linux/compiler.h>
#include <linux/types.h>

extern void *ltcp_gcov_first[1];
void *ltcp_gcov_first[1] __section(".gcov_info") __used;

void __gcov_merge_add(s64 *counters, u32 n);
void __gcov_merge_add(s64 *counters, u32 n)
{
}
