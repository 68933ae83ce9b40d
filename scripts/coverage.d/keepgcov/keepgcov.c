// SPDX-License-Identifier: GPL-2.0
/*
 * keepgcov - keeps what gcc counts in ltcp.ko and hands it out for gcov.
 *
 * With -fprofile-arcs gcc counts how often each branch of a function is taken and
 * describes each object file's counters in a struct gcov_info; first.c and
 * last.c in ../gcov mark the list of these in ltcp.ko. Debian's kernels cannot read it; this
 * module can. /proc/ltcp_coverage is the counters as files in the format "gcda",
 * each behind its name's length, its name, and its own length.
 *
 * ltcp.ko's counters begin at 0 whenever it is loaded, and the tests unload it often.
 * So they are saved when it has gone and put back before it starts, and what is
 * handed out counts everything since this module was loaded. Loaded before ltcp.ko,
 * in a virtual machine only; not part of ltcp.
 *
 * One function, walk(), knows the format. It runs three times over: to measure
 * what it takes, to write it, and to put the counters of what was written back.
 *
 * The structures and the format are those of gcc 12, Debian 12's compiler, as its
 * libgcov.h and gcov-io.h describe them.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#define GCC_12			0x4232u	/* "B2", the upper half of gcov_info.version */
#define GCDA_MAGIC		0x67636461u
#define GCDA_FUNCTION		0x01000000u
#define GCDA_ARCS		0x01a10000u
#define COUNTER_KINDS		8

/* A kind of counters in a function. */
struct gcov_ctr_info {
	u32	num;
	s64	*values;
};

/* A function; of the kinds of counters there is but one, how often arcs are taken. */
struct gcov_fn_info {
	const void		*object;	/* whose it is: see walk_function() */
	u32			ident;
	u32			lineno_checksum;
	u32			cfg_checksum;
	struct gcov_ctr_info	arcs;
};

/* An object file. */
struct gcov_info {
	u32				version;
	void				*next;
	u32				stamp;
	u32				checksum;
	const char			*filename;
	void				*merge[COUNTER_KINDS];
	u32				n_functions;
	const struct gcov_fn_info	*const *functions;
};

enum purpose { MEASURE, STORE, PUT_BACK };

struct cursor {
	enum purpose	purpose;
	char		*at;
};

static DEFINE_MUTEX(lock);		/* all below */
static struct gcov_info **first;	/* in ltcp.ko while that is loaded, else NULL */
static char *kept;			/* what was written last */
static size_t kept_bytes;

static void put(struct cursor *c, const void *data, size_t bytes)
{
	if (c->purpose == STORE)
		memcpy(c->at, data, bytes);
	c->at += bytes;
}

static void put_u32(struct cursor *c, u32 value)
{
	put(c, &value, sizeof(value));
}

static void counters(struct cursor *c, const struct gcov_ctr_info *arcs)
{
	size_t bytes = arcs->num * sizeof(*arcs->values);

	if (c->purpose == PUT_BACK)
		memcpy(arcs->values, c->at, bytes);
	put(c, arcs->values, bytes);
}

/* A function that several files have, inline, may be described in another's place. */
static void walk_function(struct cursor *c, const struct gcov_info *info,
			  const struct gcov_fn_info *fn)
{
	if (!fn || fn->object != info)
		return;
	put_u32(c, GCDA_FUNCTION);
	put_u32(c, 3 * sizeof(u32));
	put_u32(c, fn->ident);
	put_u32(c, fn->lineno_checksum);
	put_u32(c, fn->cfg_checksum);
	put_u32(c, GCDA_ARCS);
	put_u32(c, fn->arcs.num * sizeof(*fn->arcs.values));
	counters(c, &fn->arcs);
}

static void walk_file(struct cursor *c, const struct gcov_info *info)
{
	u32 i;

	put_u32(c, GCDA_MAGIC);
	put_u32(c, info->version);
	put_u32(c, info->stamp);
	put_u32(c, info->checksum);
	for (i = 0; i < info->n_functions; i++)
		walk_function(c, info, info->functions[i]);
	put_u32(c, 0);
}

static size_t walk(enum purpose purpose, char *buffer)
{
	struct cursor c = { .purpose = purpose, .at = buffer };
	struct gcov_info **info;

	for (info = first + 1; *info; info++) {
		struct cursor length = { .purpose = MEASURE };

		walk_file(&length, *info);
		put_u32(&c, strlen((*info)->filename));
		put(&c, (*info)->filename, strlen((*info)->filename));
		put_u32(&c, (u32)(uintptr_t)length.at);
		walk_file(&c, *info);
	}
	return c.at - buffer;
}

static int save(void)
{
	if (!kept) {
		kept_bytes = walk(MEASURE, NULL);
		kept = vmalloc(kept_bytes);
	}
	if (!kept)
		return -ENOMEM;
	walk(STORE, kept);
	return 0;
}

static unsigned long find_symbol(const char *name)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*find)(const char *name);

	if (register_kprobe(&probe))
		return 0;
	find = (void *)probe.addr;
	unregister_kprobe(&probe);
	return find(name);
}

static int ltcp_comes(void)
{
	first = (void *)find_symbol("ltcp:ltcp_gcov_first");
	if (!first || !first[1] || first[1]->version >> 16 != GCC_12) {
		pr_err("ltcp.ko was not built by scripts/coverage with gcc 12\n");
		first = NULL;
		return -ENOEXEC;
	}
	if (kept)
		walk(PUT_BACK, kept);
	return 0;
}

static int module_changes(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *module = data;
	int err = 0;

	if (strcmp(module->name, "ltcp"))
		return NOTIFY_DONE;
	mutex_lock(&lock);
	if (state == MODULE_STATE_COMING) {
		err = ltcp_comes();
	} else if (state == MODULE_STATE_GOING && first) {
		save();
		first = NULL;
	}
	mutex_unlock(&lock);
	return notifier_from_errno(err);
}

static struct notifier_block notifier = { .notifier_call = module_changes };

static int coverage_open(struct inode *inode, struct file *file)
{
	int err = 0;

	mutex_lock(&lock);
	if (first)
		err = save();
	mutex_unlock(&lock);
	return err;
}

static ssize_t coverage_read(struct file *file, char __user *to, size_t bytes, loff_t *pos)
{
	ssize_t n;

	mutex_lock(&lock);
	n = simple_read_from_buffer(to, bytes, pos, kept, kept ? kept_bytes : 0);
	mutex_unlock(&lock);
	return n;
}

static const struct proc_ops coverage_ops = {
	.proc_open	= coverage_open,
	.proc_read	= coverage_read,
	.proc_lseek	= default_llseek,
};

static int __init keepgcov_init(void)
{
	if (!proc_create("ltcp_coverage", 0400, NULL, &coverage_ops))
		return -ENOMEM;
	return register_module_notifier(&notifier);
}

module_init(keepgcov_init);
MODULE_DESCRIPTION("Keeps what gcc counts in ltcp.ko");
MODULE_LICENSE("GPL");
