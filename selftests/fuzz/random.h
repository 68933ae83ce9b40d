/* SPDX-License-Identifier: GPL-2.0 */
/*
 * random.h - the fuzzers' random numbers: everything follows from a seed
 *
 * SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

struct random { uint64_t state; };

static inline void random_begin(struct random *r, uint64_t seed)
{
	r->state = seed;
}

static inline uint64_t random_next(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0 to @n - 1. */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return n ? random_next(r) % n : 0;
}

#endif /* RANDOM_H */
