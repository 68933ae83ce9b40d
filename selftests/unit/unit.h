/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unit.h - unit tests of the pure protocol logic (module/pure)
 *
 * Theory
 * ------
 * A test is a function named after what it tests, function__case, with the
 * requirements it proves:
 *
 *	TEST(ltcp_opts_parse__lengths, "W6 MUST-7 ATTACK-34")
 *	{
 *		EXPECT_EQ(got, want, "length %u", len);
 *	}
 *
 * and its result is one line of KTAP, from which the matrix of requirements is
 * made:
 *
 *	ok 3 ltcp_opts_parse__lengths [W6 MUST-7 ATTACK-34]
 *
 * A test goes on after a failed expectation; each prints a diagnostic line. Most
 * tests are tables. Whatever holds sequence numbers is run at several bases, so
 * that each case also happens where numbers wrap or change sign:
 *
 *	FOR_EACH_BASE(base)
 *		EXPECT_EQ(f(base + 5), base + 7, "base %#x", base);
 *
 * There is one program for each part of module/pure (the simple algorithms of
 * congestion control share one, and the files of BBR). Sanitizers end a program at
 * the first error, and so does a test that takes too long; the plan is then not
 * fulfilled.
 */
#ifndef UNIT_H
#define UNIT_H

#include "types.h"

#include "kselftest.h"

struct unit_test {
	const char *name;
	const char *ids;
	void (*run)(void);
	struct unit_test *next;
};

static struct unit_test *unit_first, **unit_end = &unit_first;
static unsigned int unit_failures;

#define TEST(name_, ids_)						\
	static void name_(void);					\
	static struct unit_test unit_##name_ = {			\
		.name = #name_, .ids = ids_, .run = name_		\
	};								\
	static void __attribute__((constructor)) unit_add_##name_(void)	\
	{								\
		*unit_end = &unit_##name_;				\
		unit_end = &unit_##name_.next;				\
	}								\
	static void name_(void)

/* No test prints more than this: one broken line can fail a million times. */
#define UNIT_FAILURES_SHOWN	20

#define UNIT_FAIL(fmt, ...)						\
	do {								\
		if (unit_failures++ < UNIT_FAILURES_SHOWN)		\
			ksft_print_msg("%s:%d: " fmt "\n", __FILE__,	\
				       __LINE__, ##__VA_ARGS__);	\
	} while (0)

/* fmt and what follows describe the case, for the diagnostic. */
#define EXPECT(condition, fmt, ...)					\
	do {								\
		if (!(condition))					\
			UNIT_FAIL("not true: %s; " fmt, #condition,	\
				  ##__VA_ARGS__);			\
	} while (0)

#define EXPECT_EQ(got, want, fmt, ...)					\
	do {								\
		unsigned long long got_ = (got), want_ = (want);	\
									\
		if (got_ != want_)					\
			UNIT_FAIL("%s is %llu (%#llx), not %llu; " fmt,	\
				  #got, got_, got_, want_,		\
				  ##__VA_ARGS__);			\
	} while (0)

static const u32 unit_bases[] = {
	0, 1000, 0x7ffffff0, 0x7fffffff, 0x80000000, 0xfffff000, 0xfffffff0,
	0xffffffff,
};

#define FOR_EACH(item, table)						\
	for (const typeof((table)[0]) *item = (table);			\
	     item < (table) + ARRAY_SIZE(table); item++)

#define FOR_EACH_BASE(base)						\
	for (u32 i_##base = 0, base;					\
	     i_##base < ARRAY_SIZE(unit_bases) &&			\
	     (base = unit_bases[i_##base], true); i_##base++)

/* Random numbers that are the same in every run (a 64-bit LCG, high half). */
static u64 unit_seed = 1;

static inline u32 unit_random(void)
{
	unit_seed = unit_seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return unit_seed >> 32;
}

static inline u32 unit_random_below(u32 limit)
{
	return unit_random() % limit;
}

/* kselftest's runner preloads a library (stdbuf); no harm in that. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "verify_asan_link_order=0";
}

/* A test that does not end is a failed one. */
#define UNIT_SECONDS	40

int main(void)
{
	unsigned int plan = 0;

	for (struct unit_test *t = unit_first; t; t = t->next)
		plan++;
	ksft_print_header();
	ksft_set_plan(plan);
	for (struct unit_test *t = unit_first; t; t = t->next) {
		unit_failures = 0;
		unit_seed = 1;
		alarm(UNIT_SECONDS);
		t->run();
		if (unit_failures > UNIT_FAILURES_SHOWN)
			ksft_print_msg("... %u failures in all\n",
				       unit_failures);
		ksft_test_result(!unit_failures, "%s [%s]\n", t->name, t->ids);
	}
	ksft_finished();
}

#endif /* UNIT_H */
