// SPDX-License-Identifier: GPL-2.0
/*
 * symbols.c - what the kernel has but does not export.
 *
 * A kprobe tells the address of kallsyms_lookup_name(), which tells the rest: data,
 * and the two functions that find a registered congestion control. Where that is
 * impossible the users have a fallback.
 */
#include <linux/kprobes.h>
#include <linux/static_call.h>

#include "ltcp.h"

/* The kernel's own default when it has no memory to size it by. */
#define LTCP_MAX_ORPHANS_FALLBACK	8192

static const int *ltcp_max_orphans_at;

static unsigned long ltcp_no_symbol(const char *name)
{
	return 0;
}

/*
 * A direct call, patched in: an indirect one to a function that the kernel
 * never calls so would fault where indirect branch tracking is on.
 */
DEFINE_STATIC_CALL(ltcp_symbol_address, ltcp_no_symbol);

/**
 * ltcp_find_symbol - find a symbol that the kernel does not export
 * @name: its name
 *
 * Context: module init. Return: its address, 0 when that is not possible.
 */
unsigned long ltcp_find_symbol(const char *name)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };

	if (register_kprobe(&kp))
		return 0;
	static_call_update(ltcp_symbol_address,
			   (unsigned long (*)(const char *))kp.addr);
	unregister_kprobe(&kp);
	return static_call(ltcp_symbol_address)(name);
}

static struct tcp_congestion_ops *ltcp_no_ca(const char *name)
{
	return NULL;
}

static struct tcp_congestion_ops *ltcp_no_ca_key(u32 key)
{
	return NULL;
}

DEFINE_STATIC_CALL(ltcp_tcp_ca_find, ltcp_no_ca);
DEFINE_STATIC_CALL(ltcp_tcp_ca_find_key, ltcp_no_ca_key);

static void ltcp_symbols_init_ca(void)
{
	void *find = (void *)ltcp_find_symbol("tcp_ca_find");
	void *find_key = (void *)ltcp_find_symbol("tcp_ca_find_key");

	if (find)
		static_call_update(ltcp_tcp_ca_find, find);
	if (find_key)
		static_call_update(ltcp_tcp_ca_find_key, find_key);
}

/**
 * ltcp_ca_find - find a congestion control that is registered with the kernel
 * @name: its name
 *
 * Context: RCU, for as long as the answer is used. Return: NULL when there is none.
 */
const struct tcp_congestion_ops *ltcp_ca_find(const char *name)
{
	return static_call(ltcp_tcp_ca_find)(name);
}

/**
 * ltcp_ca_find_key - the same, by the number that a route's congctl has
 * @key: RTAX_CC_ALGO
 *
 * Context: RCU, for as long as the answer is used. Return: NULL when there is none.
 */
const struct tcp_congestion_ops *ltcp_ca_find_key(u32 key)
{
	return static_call(ltcp_tcp_ca_find_key)(key);
}

/**
 * ltcp_symbols_init - find the settings that have no other way in
 *
 * Context: module init.
 */
void ltcp_symbols_init(void)
{
	ltcp_symbols_init_ca();
	ltcp_max_orphans_at = (const int *)ltcp_find_symbol("sysctl_tcp_max_orphans");
}

/**
 * ltcp_max_orphans - net.ipv4.tcp_max_orphans
 *
 * Context: any. Return: connections without a user that may exist in all.
 */
int ltcp_max_orphans(void)
{
	return ltcp_max_orphans_at ? READ_ONCE(*ltcp_max_orphans_at) :
				     LTCP_MAX_ORPHANS_FALLBACK;
}
