/* SPDX-License-Identifier: GPL-2.0 */
/*
 * types.h - the few names the pure code needs, in the kernel and out of it
 *
 * Nothing else under pure/ may tell the two apart. Numbers in segments are in
 * network byte order and at any alignment; ltcp_get_be*() and ltcp_put_be*() are
 * the only way in and out. Compilers make one load or store and a swap of each.
 */
#ifndef LTCP_PURE_TYPES_H
#define LTCP_PURE_TYPES_H

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#else /* user space: the same names from the C library */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define BIT(n)			(1UL << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define U32_MAX			UINT32_MAX
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define min(a, b) \
	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) \
	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

#endif /* __KERNEL__ */

/**
 * ltcp_get_be16() - read a 16-bit number
 * @p: its first byte, at any alignment
 *
 * Return: the number.
 */
static inline u16 ltcp_get_be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/**
 * ltcp_get_be32() - read a 32-bit number
 * @p: its first byte, at any alignment
 *
 * Return: the number.
 */
static inline u32 ltcp_get_be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/**
 * ltcp_put_be32() - write a 32-bit number
 * @v: the number
 * @p: its first byte, at any alignment
 */
static inline void ltcp_put_be32(u32 v, u8 *p)
{
	p[0] = v >> 24 & 0xff;
	p[1] = v >> 16 & 0xff;
	p[2] = v >> 8 & 0xff;
	p[3] = v & 0xff;
}

#endif /* LTCP_PURE_TYPES_H */
