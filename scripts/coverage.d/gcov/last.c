// SPDX-License-Identifier: GPL-2.0
/* The end of the list of struct gcov_info (../keepgcov/keepgcov.c). */
#include <linux/compiler.h>

extern void *ltcp_gcov_last[1];
void *ltcp_gcov_last[1] __section(".gcov_info") __used;
