// SPDX-License-Identifier: GPL-2.0
/*
 * bpf.c - BPF programs that reach for a socket from inside the kernel
 *
 * Their helpers were written for the built-in TCP, and take whatever says that it is
 * a TCP socket for one of its own. The programs are a few instructions each and
 * loaded by the bare system call.
 */
#include <netinet/tcp.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "bpf.h"

/* Offsets in struct sock_common, which every TCP socket begins with. */
enum { SKC_NUM = 14, SKC_STATE = 18 };

/* ------------------------------------------------------------------ */
/* bpf_setsockopt()                                                     */
/* ------------------------------------------------------------------ */

/* The root of the control groups, mounted nowhere. */
static int root_cgroup(void)
{
	int fs = syscall(SYS_fsopen, "cgroup2", 0), fd;

	ensure_ok(fs);
	ensure_ok(syscall(SYS_fsconfig, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0));
	ensure_ok(fd = syscall(SYS_fsmount, fs, 0, 0));
	return fd;
}

/*
 * At each connect() to @port: TCP_CONGESTION is to be "reno". Where that is done,
 * connect() is refused, by which the test learns of it. Lives until the test ends.
 */
static void choose_reno_at(__be16 port)
{
	const struct bpf_insn insns[] = {
		MOV_IMM(BPF_REG_0, 1),
		LOAD(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct bpf_sock_addr, user_port)),
		JUMP_NE(BPF_REG_2, port, 10),
		STORE_IMM(BPF_REG_10, -8, 'r' | 'e' << 8 | 'n' << 16 | 'o' << 24),
		STORE_IMM(BPF_REG_10, -4, 0),
		MOV_IMM(BPF_REG_2, IPPROTO_TCP),
		MOV_IMM(BPF_REG_3, TCP_CONGESTION),
		MOV_REG(BPF_REG_4, BPF_REG_10),
		ADD_IMM(BPF_REG_4, -8),
		MOV_IMM(BPF_REG_5, 5),
		CALL(BPF_FUNC_setsockopt),
		JUMP_EQ(BPF_REG_0, 0, 1),
		MOV_IMM(BPF_REG_0, 1),
		EXIT(),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.expected_attach_type = BPF_CGROUP_INET4_CONNECT,
	};
	int program = load(&attr, insns, sizeof(insns) / sizeof(*insns));

	attr = (union bpf_attr){ .link_create = {
		.prog_fd = program, .target_fd = root_cgroup(),
		.attach_type = BPF_CGROUP_INET4_CONNECT,
	} };
	ensure_ok(bpf(BPF_LINK_CREATE, &attr));
}

static const char *congestion_of(int fd)
{
	static char name[16];
	socklen_t len = sizeof(name);

	ensure_ok(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	return name;
}

/* The built-in's choice would be a pointer that ltcp's own algorithm knows nothing of. */
WIRE_TEST(bpf, setsockopt__chooses_no_congestion_control, "C9 A4")
{
	int builtin = socket_of(IPPROTO_TCP), fd = new_socket(), server;
	struct sockaddr_in where;
	int listener = listen_at(&where);
	char before[16];

	ensure_ok(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5));
	strcpy(before, congestion_of(fd));
	choose_reno_at(where.sin_port);
	ensure_fails(try_connect(builtin, where), EPERM);
	ensure(!strcmp(congestion_of(builtin), "reno"), "the program does nothing");
	differs_from_builtin("bpf_setsockopt() knows no ltcp");

	ensure_ok(try_connect(fd, where));
	ensure(!strcmp(congestion_of(fd), before), "%s has become %s", before,
	       congestion_of(fd));
	ensure_ok(server = accept(listener, NULL, NULL));
	ensure_is(send(fd, "x", 1, 0), 1);
	ensure_is(recv(server, (char[8]){}, 8, 0), 1);
	/* ltcp's own way in is open */
	ensure_ok(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
}

/* ------------------------------------------------------------------ */
/* bpf_sock_destroy()                                                   */
/* ------------------------------------------------------------------ */

struct btf_header { uint16_t magic; uint8_t version, flags; uint32_t len, types, types_len, strings; };
struct btf_type { uint32_t name, info, size; };

/* How much follows a struct btf_type of this kind, bytes. */
static size_t btf_tail(uint32_t kind, uint32_t members)
{
	enum { INT = 1, ARRAY = 3, STRUCT, UNION, ENUM, FUNC_PROTO = 13, VAR, DATASEC,
	       DECL_TAG = 17, ENUM64 = 19 };

	switch (kind) {
	case INT:
	case VAR:
	case DECL_TAG:
		return 4;
	case ARRAY:
		return 12;
	case STRUCT:
	case UNION:
	case DATASEC:
	case ENUM64:
		return 12 * members;
	case ENUM:
	case FUNC_PROTO:
		return 8 * members;
	}
	return 0;
}

/* The number of a function of the kernel among its types; 0: it tells of none. */
static int kernel_function(const char *name)
{
	enum { FUNC = 12, MOST = 32 << 20 };
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY), id;
	char *all, *strings, *at, *end;
	const struct btf_header *h;
	ssize_t n, bytes = 0;

	if (fd < 0)
		return 0;
	all = malloc(MOST);
	h = (void *)all;
	while ((n = read(fd, all + bytes, MOST - bytes)) > 0)
		bytes += n;
	close(fd);
	ensure(bytes > (ssize_t)sizeof(*h) && h->magic == 0xeb9f, "no BTF");
	strings = all + h->len + h->strings;
	at = all + h->len + h->types;
	end = at + h->types_len;
	for (id = 1; at < end; id++) {
		const struct btf_type *t = (void *)at;
		uint32_t kind = t->info >> 24 & 31;

		if (kind == FUNC && !strcmp(strings + t->name, name))
			break;
		at += sizeof(*t) + btf_tail(kind, t->info & 0xffff);
	}
	free(all);
	return at < end ? id : 0;
}

/* A file whose reader destroys the sockets of @port that are in @state. */
static int destroyer(int function, uint16_t port, int state)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_1, 8),	/* struct bpf_iter__tcp.sk_common */
		JUMP_EQ(BPF_REG_1, 0, 5),
		LOAD(BPF_H, BPF_REG_2, BPF_REG_1, SKC_NUM),
		JUMP_NE(BPF_REG_2, port, 3),
		LOAD(BPF_B, BPF_REG_2, BPF_REG_1, SKC_STATE),
		JUMP_NE(BPF_REG_2, state, 1),
		CALL_KERNEL(function),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACING,
		.expected_attach_type = BPF_TRACE_ITER,
		.attach_btf_id = kernel_function("bpf_iter_tcp"),
	};
	int program = load(&attr, insns, sizeof(insns) / sizeof(*insns)), link, iter;

	attr = (union bpf_attr){ .link_create = {
		.prog_fd = program, .attach_type = BPF_TRACE_ITER,
	} };
	ensure_ok(link = bpf(BPF_LINK_CREATE, &attr));
	attr = (union bpf_attr){ .iter_create = { .link_fd = link } };
	ensure_ok(iter = bpf(BPF_ITER_CREATE, &attr));
	return iter;
}

/* The iterator owns the socket when it calls: who waits to own it waits for ever. */
WIRE_TEST(bpf, sock_destroy__ends_connection_and_listener, "A5 S5")
{
	int function = kernel_function("bpf_sock_destroy"), fd;
	struct pair p = connected();
	uint16_t port = ntohs(bound_to(p.client).sin_port);

	if (!function)
		wire_skip("this kernel tells of no bpf_sock_destroy()");
	fd = destroyer(function, port, TCP_ESTABLISHED);
	after(0) read(fd, (char[8]){}, 8);
	ensure_eq(events_within(p.client, POLLHUP, 5000) & POLLHUP, POLLHUP);
	ensure_fails(recv(p.client, (char[8]){}, 8, 0), ECONNABORTED);
	ensure_fails(recv(p.server, (char[8]){}, 8, 0), ECONNRESET);

	port = ntohs(bound_to(p.listener).sin_port);
	fd = destroyer(function, port, TCP_LISTEN);
	after(0) read(fd, (char[8]){}, 8);
	ensure_fails(accept(p.listener, NULL, NULL), EINVAL);
}

/* ------------------------------------------------------------------ */
/* SO_REUSEPORT                                                         */
/* ------------------------------------------------------------------ */

/* Chooses the two of a group in turn, and counts in the map. */
static int alternating(int map)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(BPF_REG_10, -4, 0),
		MOV_REG(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -4),
		LOAD_MAP(BPF_REG_1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_EQ(BPF_REG_0, 0, 6),
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_0, 0),
		MOV_REG(BPF_REG_2, BPF_REG_1),
		ADD_IMM(BPF_REG_2, 1),
		STORE(BPF_DW, BPF_REG_0, BPF_REG_2, 0),
		MOV_REG(BPF_REG_0, BPF_REG_1),
		AND_IMM(BPF_REG_0, 1),
		EXIT(),
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	return load(&attr, insns, sizeof(insns) / sizeof(*insns));
}

/* ltcp sees each SYN first: the program that shares out the built-in's hears of it once. */
WIRE_TEST(bpf, reuseport__program_of_theirs_is_asked_once, "A2")
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1,
	};
	int fds[2], map = bpf(BPF_MAP_CREATE, &attr), program, i, n;
	uint64_t asked;
	struct sockaddr_in where;

	ensure_ok(map);
	program = alternating(map);
	for (i = 0; i < 2; i++) {
		ensure_ok(set_int(fds[i] = socket_of(IPPROTO_TCP), SOL_SOCKET, SO_REUSEPORT, 1));
		if (i)
			ensure_ok(try_bind(fds[i], where));
		else
			listen_on(fds[i], &where);
		ensure_ok(listen(fds[i], 8));
		set_nonblocking(fds[i]);
	}
	ensure_ok(set_int(fds[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, program));
	for (i = 0; i < 8; i++)
		ensure_ok(try_connect(socket_of(IPPROTO_TCP), where));
	for (i = 0; i < 2; i++) {
		for (n = 0; accept(fds[i], NULL, NULL) >= 0; n++)
			;
		ensure_eq(n, 4);
	}
	attr = (union bpf_attr){ .map_fd = map, .key = (uintptr_t)&(int){ 0 },
				 .value = (uintptr_t)&asked };
	ensure_ok(bpf(BPF_MAP_LOOKUP_ELEM, &attr));
	ensure_eq(asked, 8);
}
