// SPDX-License-Identifier: GPL-2.0
/*
 * count.c - a QEMU plugin that counts executed instructions by address
 *
 * QEMU translates the machine's code block by block; each block gets a counter
 * that adds the block's length whenever it runs. tcpbench marks the timed part
 * of its work with two instructions that do nothing: at the first all counters
 * are cleared, at the second they are written to "<prefix><n>", one line
 * "ADDRESS INSTRUCTIONS" for each block. So the result is exact and leaves out
 * warm-up and everything before and after.
 *
 * The few declarations of QEMU's plugin interface (version 1) that are needed
 * stand here, because Debian does not package its header.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- qemu-plugin.h --- */

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS };
enum { QEMU_PLUGIN_INLINE_ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
		void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op,
		void *counter, uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
		void (*cb)(unsigned int cpu, void *data), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* --- the counters --- */

enum { BUCKETS = 1 << 16 };

struct block {
	uint64_t address;
	uint64_t instructions;
	struct block *next;
};

static struct block *blocks[BUCKETS];
static const char *prefix;
static unsigned int dumps;

/* Code may be translated again and again; its counter stays the same. */
static struct block *find_block(uint64_t address)
{
	struct block **head = &blocks[(address >> 1) % BUCKETS], *b;

	for (b = *head; b; b = b->next)
		if (b->address == address)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->address = address;
	b->next = *head;
	*head = b;
	return b;
}

static void clear(unsigned int cpu, void *data)
{
	struct block *b;
	size_t i;

	(void)cpu;
	(void)data;
	for (i = 0; i < BUCKETS; i++)
		for (b = blocks[i]; b; b = b->next)
			b->instructions = 0;
}

static void dump(unsigned int cpu, void *data)
{
	char path[4096];
	struct block *b;
	size_t i;
	FILE *f;

	(void)cpu;
	(void)data;
	snprintf(path, sizeof(path), "%s%u", prefix, dumps++);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		return;
	}
	for (i = 0; i < BUCKETS; i++)
		for (b = blocks[i]; b; b = b->next)
			if (b->instructions)
				fprintf(f, "%" PRIx64 " %" PRIu64 "\n",
					b->address, b->instructions);
	fclose(f);
}

/* --- the marks: nopl 0x4c746370(%rax) and 0x4c746371(%rax) --- */

static bool is_mark(const struct qemu_plugin_insn *insn, unsigned char last)
{
	const unsigned char mark[] = { 0x0f, 0x1f, 0x80, last, 0x63, 0x74, 0x4c };

	return qemu_plugin_insn_size(insn) == sizeof(mark) &&
	       !memcmp(qemu_plugin_insn_data(insn), mark, sizeof(mark));
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, 0);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
			&find_block(qemu_plugin_insn_vaddr(insn))->instructions, n);
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (is_mark(insn, 0x70))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, clear,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		if (is_mark(insn, 0x71))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, dump,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "prefix=", 7)) {
		fprintf(stderr, "count: needs prefix=PATH\n");
		return -1;
	}
	prefix = strdup(argv[0] + 7);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
