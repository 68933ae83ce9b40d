// SPDX-License-Identifier: GPL-2.0
/*
 * keys.c - what makes ltcp's numbers impossible to guess.
 *
 * All keys are chosen when the module is loaded, and never change. Choosing each
 * when it is first needed would cost a branch wherever a key is used, and rewrite
 * the module's code while other CPUs run through it.
 */
#include <linux/random.h>
#include "ltcp.h"

struct ltcp_keys ltcp_keys __ro_after_init;

/**
 * ltcp_keys_init - choose the keys
 *
 * Context: process, module load; sleeps until the kernel's random numbers are
 * good, which they may not be yet early in a boot.
 * Return: 0, or -ERESTARTSYS when a signal comes first.
 */
int __init ltcp_keys_init(void)
{
	return get_random_bytes_wait(&ltcp_keys, sizeof(ltcp_keys));
}
