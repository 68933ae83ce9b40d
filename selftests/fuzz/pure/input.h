/* SPDX-License-Identifier: GPL-2.0 */
/*
 * input.h - for the fuzz targets of module/pure: numbers out of a fuzzer's bytes
 *
 * Each target is one LLVMFuzzerTestOneInput(): it reads its numbers from the
 * input, calls the protocol logic, and compares with a model that is too slow or
 * too plain for the kernel, or with what must hold whatever the numbers are.
 * clang's libFuzzer looks for inputs that reach new code (scripts/fuzz); driver.c
 * feeds the same targets a fixed number of random ones, in every test run.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdio.h>
#include <stdlib.h>

#include "types.h"
#include "seq.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct input { const u8 *at, *end; };

/* Past the end all is zero. */
static inline u8 take8(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static inline u16 take16(struct input *in)
{
	u16 high = take8(in);

	return high << 8 | take8(in);
}

static inline u32 take32(struct input *in)
{
	u32 high = take16(in);

	return high << 16 | take16(in);
}

static inline bool take_bool(struct input *in)
{
	return take8(in) & 1;
}

/* True in one of eight cases. */
static inline bool one_time(struct input *in)
{
	return !(take8(in) & 7);
}

/* Small numbers and those at the edges as often as any other. */
static inline u32 take_number(struct input *in)
{
	u8 how = take8(in);

	switch (how & 7) {
	case 0:
		return how >> 3;
	case 1:
		return U32_MAX - (how >> 3);
	case 2:
		return 0x80000000u + (how >> 3) - 16;
	case 3:
	case 4:
		return take16(in);
	default:
		return take32(in);
	}
}

/* Before @n by the shorter way round: what a distance of 1 to 2^31 - 1 means. */
static inline bool is_before(u32 a, u32 b)
{
	u64 way = ((u64)b + (1ULL << 32) - a) & 0xffffffffu;

	return way > 0 && way < 1ULL << 31;
}

#define check(cond_) do {							\
	if (!(cond_)) {								\
		fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__,		\
			__LINE__, #cond_);					\
		abort();							\
	}									\
} while (0)

#endif /* INPUT_H */
