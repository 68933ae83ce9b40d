// SPDX-License-Identifier: GPL-2.0
/*
 * planted - mistakes made on purpose, one for each kind of report
 *
 * A run without a report means something only where the kernel would have
 * spoken. "insmod planted.ko plant=NAME" makes one mistake of a kind that a
 * network protocol can make; scripts/debug-test --self-check makes them all, in
 * the order of the table below, and wants to see each reported. (lockdep falls
 * silent after its report of the inversion, and after any of KASAN's, so what it
 * must see comes first.)
 *
 * Each mistake is harmless for the kernel that makes it: what is read after it
 * has been freed is only read, and nothing is left locked.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *plant = "";
module_param(plant, charp, 0444);
MODULE_PARM_DESC(plant, "which mistake to make");

struct seedling {
	struct timer_list timer;
	struct rcu_head rcu;
	int numbers[4];
};

/* Read where the compiler must not know what it is. */
static volatile int five = 5, forty = 40, sink;

static void use_after_free(void)
{
	struct seedling *s = kzalloc(sizeof(*s), GFP_KERNEL);
	volatile int *stale = s->numbers;

	kfree(s);
	sink = *stale;
}

static void out_of_bounds(void)
{
	struct seedling *s = kzalloc(sizeof(*s), GFP_KERNEL);
	volatile int *past = s->numbers + ARRAY_SIZE(s->numbers);

	sink = past[five - 5];
	kfree(s);
}

/* An object of a cache whose memory stays typed for a grace period, as sockets'. */
static void use_after_grace_period(void)
{
	struct kmem_cache *cache = kmem_cache_create("planted", sizeof(struct seedling), 0,
						     SLAB_TYPESAFE_BY_RCU, NULL);
	struct seedling *s = kmem_cache_zalloc(cache, GFP_KERNEL);
	volatile int *stale = s->numbers;

	kmem_cache_free(cache, s);
	rcu_barrier();
	sink = *stale;
	kmem_cache_destroy(cache);
}

static void shift_too_far(void)
{
	sink = 1 << forty;
}

static void sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();	/* as every function that may sleep begins */
	spin_unlock(&lock);
}

static void never(struct timer_list *timer)
{
}

static void free_active_timer(void)
{
	struct seedling *s = kzalloc(sizeof(*s), GFP_KERNEL);

	timer_setup(&s->timer, never, 0);
	mod_timer(&s->timer, jiffies + 1000 * HZ);
	kfree(s);	/* the debug kernel stops the timer before it is too late */
}

static void dereference_unprotected(void)
{
	static struct seedling __rcu *shared;

	sink = !!rcu_dereference(shared);
}

/* One order here, the other there: with two CPUs each may wait for the other. */
static void lock_inversion(void)
{
	static DEFINE_SPINLOCK(first);
	static DEFINE_SPINLOCK(second);

	spin_lock(&first);
	spin_lock(&second);
	spin_unlock(&second);
	spin_unlock(&first);

	spin_lock(&second);
	spin_lock(&first);
	spin_unlock(&first);
	spin_unlock(&second);
}

static void leak(void)
{
	sink = !!kzalloc(sizeof(struct seedling), GFP_KERNEL);
}

static int raced;

static int racer(void *unused)
{
	while (!kthread_should_stop()) {
		raced++;
		barrier();
		cond_resched();
	}
	return 0;
}

/* Reported by KCSAN only, the others not by its kernel. */
static void race(void)
{
	struct task_struct *one = kthread_run(racer, NULL, "one");
	struct task_struct *two = kthread_run(racer, NULL, "two");

	msleep(2000);
	kthread_stop(one);
	kthread_stop(two);
}

static const struct {
	const char *name;
	void (*make)(void);
} mistakes[] = {
	{ "dereference_unprotected", dereference_unprotected },
	{ "lock_inversion", lock_inversion },
	{ "use_after_free", use_after_free },
	{ "out_of_bounds", out_of_bounds },
	{ "use_after_grace_period", use_after_grace_period },
	{ "shift_too_far", shift_too_far },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "free_active_timer", free_active_timer },
	{ "leak", leak },
	{ "data_race", race },
};

static int __init planted_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (strcmp(mistakes[i].name, plant))
			continue;
		pr_info("planted: %s\n", plant);
		mistakes[i].make();
		return 0;
	}
	return -EINVAL;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("Mistakes that a debug kernel must report");
MODULE_LICENSE("GPL");
