// SPDX-License-Identifier: GPL-2.0
/*
 * driver.c - gives a fuzz target a fixed number of random inputs
 *
 * Usage: TARGET [INPUTS [SEED]]
 */
#include "input.h"
#include "../random.h"

enum { LONGEST = 400 };

int main(int argc, char **argv)
{
	unsigned long inputs = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000, i, k;
	struct random rng;

	random_begin(&rng, argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
	for (i = 0; i < inputs; i++) {
		size_t size = random_below(&rng, LONGEST);
		u8 *data = malloc(size + 1);	/* of the exact size, for the sanitizer */

		for (k = 0; k < size; k++)
			data[k] = random_next(&rng);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	return 0;
}
