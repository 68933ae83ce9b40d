/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf.h - BPF programs of a few instructions each, loaded by the bare system call
 */
#ifndef BPF_H
#define BPF_H

#include <linux/bpf.h>
#include <sys/syscall.h>

#include "pair.h"

#define INSN(code_, dst_, src_, off_, imm_) \
	((struct bpf_insn){ .code = (code_), .dst_reg = (dst_), .src_reg = (src_), \
			    .off = (off_), .imm = (imm_) })
#define MOV_IMM(dst_, imm_)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst_, 0, 0, imm_)
#define MOV_REG(dst_, src_)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst_, src_, 0, 0)
#define ADD_IMM(dst_, imm_)	INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst_, 0, 0, imm_)
#define LOAD(size_, dst_, src_, off_) \
	INSN(BPF_LDX | BPF_MEM | (size_), dst_, src_, off_, 0)
#define STORE_IMM(dst_, off_, imm_) \
	INSN(BPF_ST | BPF_MEM | BPF_W, dst_, 0, off_, imm_)
#define AND_IMM(dst_, imm_)	INSN(BPF_ALU64 | BPF_AND | BPF_K, dst_, 0, 0, imm_)
#define STORE(size_, dst_, src_, off_) \
	INSN(BPF_STX | BPF_MEM | (size_), dst_, src_, off_, 0)
#define LOAD_MAP(dst_, fd_)	/* two of them */ \
	INSN(BPF_LD | BPF_DW | BPF_IMM, dst_, BPF_PSEUDO_MAP_FD, 0, fd_), INSN(0, 0, 0, 0, 0)
#define JUMP_NE(dst_, imm_, off_) \
	INSN(BPF_JMP | BPF_JNE | BPF_K, dst_, 0, off_, imm_)
#define JUMP_EQ(dst_, imm_, off_) \
	INSN(BPF_JMP | BPF_JEQ | BPF_K, dst_, 0, off_, imm_)
#define CALL(helper_)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper_)
#define CALL_KERNEL(id_) \
	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id_)
#define EXIT()			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static inline int bpf(int what, union bpf_attr *attr)
{
	return syscall(SYS_bpf, what, attr, sizeof(*attr));
}

static inline int load(union bpf_attr *attr, const struct bpf_insn *insns, int n)
{
	static char log[65536];
	int fd;

	attr->insns = (uintptr_t)insns;
	attr->insn_cnt = n;
	attr->license = (uintptr_t)"GPL";
	attr->log_buf = (uintptr_t)log;
	attr->log_size = sizeof(log);
	attr->log_level = 1;
	fd = bpf(BPF_PROG_LOAD, attr);
	ensure(fd >= 0, "a program is refused: %s: %s", strerror(errno), log);
	return fd;
}

#endif /* BPF_H */
