// SPDX-License-Identifier: GPL-2.0
/*
 * handed.c - sockets that a program hands to the kernel
 *
 * Network block devices, KCM, USB/IP and 9P take a connected socket from a program
 * and go on by themselves, from threads and callbacks of the kernel. The other end
 * is a program here, which speaks as much of the protocol as is needed. What ltcp
 * cannot hold to is refused, with an errno that is looked at, and leaves no trace.
 */
#include <linux/kcm.h>
#include <linux/nbd.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <sys/mount.h>

#include "bpf.h"

enum { PAGE = 4096, WAIT_MS = 5000 };

/* For the module behind @path there is time to make it. */
static void need_module(const char *module, const char *path)
{
	char command[64];
	int i;

	snprintf(command, sizeof(command), "modprobe -q %s", module);
	if (system(command))
		wire_skip("this kernel has no %s", module);
	for (i = 0; path && access(path, F_OK) && i < WAIT_MS / 10; i++)
		pass_ms(10);
}

/* All of it; false when the end comes before. */
static bool take_all(int fd, void *buf, size_t bytes)
{
	ssize_t n = recv(fd, buf, bytes, MSG_WAITALL);

	ensure(n == (ssize_t)bytes || n <= 0, "%zd of %zu bytes", n, bytes);
	return n > 0 || !bytes;
}

static void give_all(int fd, const void *buf, size_t bytes)
{
	ensure_is(send(fd, buf, bytes, MSG_NOSIGNAL), (long)bytes);
}

/* The connection is a program's again, and of two stretches none has lost a byte. */
static void still_works(struct pair *p)
{
	send_pattern(p->client, 7, 50000);
	read_pattern(p->server, 7, 50000);
	send_pattern(p->server, 11, 50000);
	read_pattern(p->client, 11, 50000);
}

static void write_file(const char *path, const char *fmt, ...)
{
	int fd = open(path, O_WRONLY);
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ensure(fd >= 0, "%s: %s", path, strerror(errno));
	ensure_is(write(fd, text, strlen(text)), (long)strlen(text));
	close(fd);
}

/* ------------------------------------------------------------------ */
/* Network block device                                                 */
/* ------------------------------------------------------------------ */

#define NBD	"/dev/nbd0"

/* The longest wait for an answer, seconds: without it a lost one is waited for for ever. */
enum { DISK_BYTES = 4 << 20, NBD_SECONDS = 10 };

struct nbd_ask { uint32_t magic, type; char handle[8]; uint64_t from; uint32_t len; }
	__attribute__((packed));
struct nbd_answer { uint32_t magic, error; char handle[8]; } __attribute__((packed));

/* One request; false for the last. */
static bool nbd_serve_one(int fd, unsigned char *disk)
{
	struct nbd_answer answer = { .magic = htonl(NBD_REPLY_MAGIC) };
	struct nbd_ask ask;
	uint64_t from;
	uint32_t len;

	if (!take_all(fd, &ask, sizeof(ask)) || ntohl(ask.type) == NBD_CMD_DISC)
		return false;
	from = be64toh(ask.from);
	len = ntohl(ask.len);
	ensure_eq(ntohl(ask.magic), NBD_REQUEST_MAGIC);
	ensure(from + len <= DISK_BYTES, "beyond the end");
	memcpy(answer.handle, ask.handle, sizeof(answer.handle));
	if (ntohl(ask.type) == NBD_CMD_WRITE)
		ensure(take_all(fd, disk + from, len), "the end came early");
	give_all(fd, &answer, sizeof(answer));
	if (ntohl(ask.type) == NBD_CMD_READ)
		give_all(fd, disk + from, len);
	return true;
}

/* The thread that the kernel keeps for it is there, and the size has been told. */
static bool nbd_is_up(void)
{
	return !access("/sys/block/nbd0/pid", F_OK) &&
	       !system("grep -qx 8192 /sys/block/nbd0/size");
}

/* Two processes beside the test: the server, and the one the kernel keeps. */
static void nbd_start(struct pair *p)
{
	int i;

	need_module("nbd", NBD);
	after(0) {
		unsigned char *disk = pages(DISK_BYTES);

		while (nbd_serve_one(p->server, disk))
			;
		shutdown(p->server, SHUT_RDWR);
	}
	after(0) {
		int fd = open(NBD, O_RDWR);

		ensure_ok(fd);
		ensure_ok(ioctl(fd, NBD_SET_BLKSIZE, PAGE));
		ensure_ok(ioctl(fd, NBD_SET_SIZE_BLOCKS, DISK_BYTES / PAGE));
		ensure_ok(ioctl(fd, NBD_SET_TIMEOUT, NBD_SECONDS));
		ensure_ok(ioctl(fd, NBD_SET_SOCK, p->client));
		ioctl(fd, NBD_DO_IT);
		ensure_ok(ioctl(fd, NBD_CLEAR_SOCK));
		close(fd);
	}
	for (i = 0; !nbd_is_up() && i < WAIT_MS / 10; i++)
		pass_ms(10);
}

static void nbd_stop(int disk)
{
	close(disk);
	expect_reader_happy();
	expect_reader_happy();
}

WIRE_TEST(handed, nbd__writes_and_reads, "A1 A3")
{
	struct pair p = connected();
	unsigned char *back = pages(DISK_BYTES);
	int disk;

	nbd_start(&p);
	ensure_ok(disk = open(NBD, O_RDWR | O_DIRECT));
	ensure_is(write(disk, patterned(0, DISK_BYTES), DISK_BYTES), DISK_BYTES);
	ensure_is(pread(disk, back, DISK_BYTES, 0), DISK_BYTES);
	check_pattern(back, 0, DISK_BYTES);
	ensure_ok(ioctl(disk, NBD_DISCONNECT));
	nbd_stop(disk);
}

/* Who reads is told, and nobody waits for ever. */
WIRE_TEST(handed, nbd__server_goes_away, "A3 S5")
{
	struct pair p = connected();
	int disk;

	nbd_start(&p);
	ensure_ok(disk = open(NBD, O_RDWR | O_DIRECT));
	ensure_is(pread(disk, pages(PAGE), PAGE, 0), PAGE);
	shutdown(p.server, SHUT_RDWR);
	ensure_fails(pread(disk, pages(PAGE), PAGE, 0), EIO);
	nbd_stop(disk);
}

/* ------------------------------------------------------------------ */
/* Kernel connection multiplexor: the stream parser                     */
/* ------------------------------------------------------------------ */

enum { MESSAGE = 1000, MESSAGES = 300 };

/* Every message is of one length, says the program. */
static int kcm_attach(int kcm, int fd)
{
	const struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, MESSAGE), EXIT() };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };
	struct kcm_attach attach = {
		.fd = fd, .bpf_fd = load(&attr, insns, sizeof(insns) / sizeof(*insns)),
	};

	return ioctl(kcm, SIOCKCMATTACH, &attach);
}

static void kcm_receives(int kcm)
{
	unsigned char buf[2 * MESSAGE];
	int i;

	for (i = 0; i < MESSAGES; i++) {
		ensure_is(recv(kcm, buf, sizeof(buf), 0), MESSAGE);
		check_pattern(buf, i * MESSAGE, MESSAGE);
	}
}

WIRE_TEST(handed, kcm__messages_both_ways, "A1 A3")
{
	struct pair p = connected();
	int kcm, i;

	need_module("kcm", NULL);
	ensure_ok(kcm = socket(AF_KCM, SOCK_DGRAM, KCMPROTO_CONNECTED));
	/* Some of it is there already */
	send_pattern(p.server, 0, 1500);
	pass_ms(10);
	ensure_ok(kcm_attach(kcm, p.client));
	after(0) {
		for (i = 1500; i < MESSAGES * MESSAGE; i += 700)
			send_pattern(p.server, i, i + 700 < MESSAGES * MESSAGE ?
						  700 : MESSAGES * MESSAGE - i);
	}
	kcm_receives(kcm);
	expect_reader_happy();

	after(0) read_pattern(p.server, 0, MESSAGES * MESSAGE);
	for (i = 0; i < MESSAGES; i++)
		give_all(kcm, patterned(i * MESSAGE, MESSAGE), MESSAGE);
	expect_reader_happy();

	ensure_ok(ioctl(kcm, SIOCKCMUNATTACH, &(struct kcm_unattach){ .fd = p.client }));
	still_works(&p);
}

/* Its writer never waits: it wants to be called when there is room again. */
WIRE_TEST(handed, kcm__goes_on_when_there_is_room, "A1 A3")
{
	struct pair p = connected();
	int kcm, n = 0;

	need_module("kcm", NULL);
	ensure_ok(kcm = socket(AF_KCM, SOCK_DGRAM, KCMPROTO_CONNECTED));
	ensure_ok(kcm_attach(kcm, p.client));
	set_nonblocking(kcm);
	while (send(kcm, patterned(n * MESSAGE, MESSAGE), MESSAGE, 0) == MESSAGE)
		n++;
	ensure_eq(errno, EAGAIN);
	note("%d messages until there was no room", n);
	after(0) read_pattern(p.server, 0, n * MESSAGE);
	expect_reader_happy();
	ensure_ok(ioctl(kcm, SIOCKCMUNATTACH, &(struct kcm_unattach){ .fd = p.client }));
	still_works(&p);
}

/* ------------------------------------------------------------------ */
/* USB over IP                                                          */
/* ------------------------------------------------------------------ */

#define VHCI	"/sys/devices/platform/vhci_hcd.0/"

enum { USBIP_SUBMIT = 1, USBIP_ANSWER = 3, DEVICE = 42, FULL_SPEED = 2 };

struct usbip {
	uint32_t command, number, device, in, endpoint;
	uint32_t flags_or_status, bytes, start, packets, interval_or_error;
	unsigned char setup[8];
};

static const unsigned char usb_device[18] = {
	18, 1, 0, 2, 0xff, 0, 0, 64, 0x54, 0x4c, 0x50, 0x43, 0, 1, 0, 0, 0, 1,
};
static const unsigned char usb_config[9] = { 9, 2, 9, 0, 0, 1, 0, 0x80, 50 };

/* A device that knows its descriptors; false at the end of the connection. */
static bool usbip_serve_one(int fd)
{
	const unsigned char *text = NULL;
	struct usbip pdu;
	uint32_t most, bytes = 0;

	if (!take_all(fd, &pdu, sizeof(pdu)))
		return false;
	if (ntohl(pdu.command) != USBIP_SUBMIT)
		return true;
	ensure_eq(ntohl(pdu.device), DEVICE);
	most = ntohl(pdu.bytes);
	if (pdu.setup[1] == 6 && pdu.setup[3] <= 2) {
		text = pdu.setup[3] == 1 ? usb_device : usb_config;
		bytes = most < text[0] ? most : text[0];
	}
	memset(pdu.setup, 0, sizeof(pdu.setup));
	pdu.command = htonl(USBIP_ANSWER);
	pdu.flags_or_status = htonl(text || !most ? 0 : -EPIPE);
	pdu.bytes = htonl(bytes);
	pdu.start = pdu.packets = pdu.interval_or_error = 0;
	pdu.device = pdu.in = pdu.endpoint = 0;
	give_all(fd, &pdu, sizeof(pdu));
	if (bytes)
		give_all(fd, text, bytes);
	return true;
}

WIRE_TEST(handed, usbip__device_comes_and_goes, "A1 A3")
{
	struct pair p = connected();
	const char *seen = "grep -qx 4c54 /sys/bus/usb/devices/*/idVendor";
	int i;

	need_module("vhci-hcd", VHCI "attach");
	after(0) {
		while (usbip_serve_one(p.server))
			;
	}
	write_file(VHCI "attach", "0 %d %d %d", p.client, DEVICE, FULL_SPEED);
	for (i = 0; system(seen) && i < WAIT_MS / 100; i++)
		pass_ms(100);
	ensure(!system(seen), "the device is not there");
	write_file(VHCI "detach", "0");
	expect_reader_happy();
}

/* ------------------------------------------------------------------ */
/* 9P                                                                   */
/* ------------------------------------------------------------------ */

enum {
	T_VERSION = 100, T_ATTACH = 104, R_ERROR = 107, T_WALK = 110, T_OPEN = 112,
	T_READ = 116, T_WRITE = 118, T_CLUNK = 120, T_STAT = 124,
	MSIZE = 65536, FILE_BYTES = 1 << 20,
};

/* A message under construction: size[4] type[1] tag[2], and what follows. */
struct ninep { uint32_t len; unsigned char b[MSIZE]; };

static void put(struct ninep *m, uint64_t value, int bytes)
{
	memcpy(m->b + m->len, &value, bytes);
	m->len += bytes;
}

static void put_text(struct ninep *m, const char *text)
{
	put(m, strlen(text), 2);
	memcpy(m->b + m->len, text, strlen(text));
	m->len += strlen(text);
}

static void put_qid(struct ninep *m, bool dir)
{
	put(m, dir ? 0x80 : 0, 1);
	put(m, 0, 4);
	put(m, dir ? 1 : 2, 8);
}

static void put_stat(struct ninep *m, bool dir)
{
	uint32_t at = m->len;

	put(m, 0, 4);			/* both lengths, when they are known */
	put(m, 0, 6);
	put_qid(m, dir);
	put(m, dir ? 0x80000000 | 0755 : 0644, 4);
	put(m, 0, 8);
	put(m, dir ? 0 : FILE_BYTES, 8);
	put_text(m, dir ? "/" : "file");
	put_text(m, "0");
	put_text(m, "0");
	put_text(m, "0");
	memcpy(m->b + at, &(uint16_t){ m->len - at - 2 }, 2);
	memcpy(m->b + at + 2, &(uint16_t){ m->len - at - 4 }, 2);
}

static uint64_t got(const struct ninep *m, int at, int bytes)
{
	uint64_t value = 0;

	memcpy(&value, m->b + at, bytes);
	return value;
}

/* A directory with one file, and which of the two a fid stands for. */
static bool fid_is_file[4096];

static void ninep_answer(const struct ninep *ask, struct ninep *m, unsigned char *file)
{
	uint32_t fid = got(ask, 7, 4) % 4096, count;
	uint64_t at = got(ask, 11, 8);

	switch (ask->b[4]) {
	case T_VERSION:
		put(m, MSIZE, 4);
		put_text(m, "9P2000");
		return;
	case T_ATTACH:
		fid_is_file[fid] = false;
		put_qid(m, true);
		return;
	case T_WALK:
		count = got(ask, 15, 2);
		fid_is_file[got(ask, 11, 4) % 4096] = count ? true : fid_is_file[fid];
		put(m, count, 2);
		if (count)
			put_qid(m, false);
		return;
	case T_OPEN:
		put_qid(m, !fid_is_file[fid]);
		put(m, 0, 4);
		return;
	case T_STAT:
		put_stat(m, !fid_is_file[fid]);
		return;
	case T_READ:
		count = got(ask, 19, 4);
		count = at + count > FILE_BYTES ? FILE_BYTES - at : count;
		put(m, count, 4);
		memcpy(m->b + m->len, file + at, count);
		m->len += count;
		return;
	case T_WRITE:
		count = got(ask, 19, 4);
		ensure(at + count <= FILE_BYTES, "beyond the end");
		memcpy(file + at, ask->b + 23, count);
		put(m, count, 4);
		return;
	}
}

static bool ninep_serve_one(int fd, unsigned char *file)
{
	static struct ninep ask, answer;

	if (!take_all(fd, ask.b, 4))
		return false;
	ask.len = got(&ask, 0, 4);
	ensure_in(ask.len, 7, MSIZE);
	ensure(take_all(fd, ask.b + 4, ask.len - 4), "the end came early");
	memcpy(answer.b, ask.b, 7);
	answer.b[4]++;
	answer.len = 7;
	ninep_answer(&ask, &answer, file);
	memcpy(answer.b, &answer.len, 4);
	give_all(fd, answer.b, answer.len);
	return true;
}

WIRE_TEST(handed, ninep__writes_and_reads, "A1 A3")
{
	struct pair p = connected();
	unsigned char *back = pages(FILE_BYTES);
	char options[128];
	int fd;

	need_module("-a 9pnet_fd 9p", NULL);
	after(0) {
		unsigned char *file = pages(FILE_BYTES);

		while (ninep_serve_one(p.server, file))
			;
	}
	snprintf(options, sizeof(options), "trans=fd,rfdno=%d,wfdno=%d,version=9p2000,"
		 "msize=%d,access=any,cache=none", p.client, p.client, MSIZE);
	ensure_ok(mount("none", "/mnt", "9p", 0, options));
	close(p.client);
	ensure_ok(fd = open("/mnt/file", O_RDWR));
	ensure_is(write(fd, patterned(0, FILE_BYTES), FILE_BYTES), FILE_BYTES);
	ensure_is(pread(fd, back, FILE_BYTES, 0), FILE_BYTES);
	check_pattern(back, 0, FILE_BYTES);
	close(fd);
	ensure_ok(umount("/mnt"));
	expect_reader_happy();
}

/* ------------------------------------------------------------------ */
/* Refused                                                              */
/* ------------------------------------------------------------------ */

/* Their receive paths are made of the built-in's. */
WIRE_TEST(handed, ulp__none, "A4")
{
	static const char *const names[] = { "tls", "smc", "mptcp", "espintcp" };
	struct pair p = connected();
	size_t i;

	differs_from_builtin("it knows some");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		ensure_fails(setsockopt(p.client, IPPROTO_TCP, TCP_ULP, names[i],
					strlen(names[i]) + 1), ENOENT);
	still_works(&p);
}

static int map_of(int type)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = 4, .max_entries = 1,
	};
	int fd = bpf(BPF_MAP_CREATE, &attr);

	ensure(fd >= 0, "BPF_MAP_CREATE: %s", strerror(errno));
	return fd;
}

static int put_into(int map, int socket)
{
	int key = 0;
	union bpf_attr attr = {
		.map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)&socket,
	};

	return bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

WIRE_TEST(handed, sockmap__takes_none, "A4")
{
	struct pair p = connected();

	differs_from_builtin("it is at home there");
	ensure_fails(put_into(map_of(BPF_MAP_TYPE_SOCKMAP), p.client), EOPNOTSUPP);
	ensure_fails(put_into(map_of(BPF_MAP_TYPE_SOCKHASH), p.client), EOPNOTSUPP);
	ensure_fails(put_into(map_of(BPF_MAP_TYPE_SOCKMAP), p.listener), EOPNOTSUPP);
	still_works(&p);
}

/* ------------------------------------------------------------------ */
/* Chosen by BPF programs                                               */
/* ------------------------------------------------------------------ */

/* One more listener at the port, which the first of them chooses. */
static int join_group(struct sockaddr_in *where)
{
	int fd = new_socket();

	ensure_ok(set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	ensure_ok(try_bind(fd, *where));
	ensure_ok(listen(fd, 16));
	*where = bound_to(fd);
	return fd;
}

/* Two listeners of one port; the program says which. */
WIRE_TEST(handed, reuseport_array__program_selects, "A3")
{
	int map = map_of(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY), program, i;
	const struct bpf_insn insns[] = {
		STORE_IMM(BPF_REG_10, -4, 0),
		INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		MOV_REG(BPF_REG_3, BPF_REG_10),
		ADD_IMM(BPF_REG_3, -4),
		MOV_IMM(BPF_REG_4, 0),
		CALL(BPF_FUNC_sk_select_reuseport),
		MOV_IMM(BPF_REG_0, SK_PASS),
		EXIT(),
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SK_REUSEPORT };
	struct sockaddr_in where = at_port(0);
	int first, second;

	first = join_group(&where);
	second = join_group(&where);
	ensure_ok(put_into(map, second));
	program = load(&attr, insns, sizeof(insns) / sizeof(*insns));
	ensure_ok(setsockopt(first, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &program,
			     sizeof(program)));
	set_nonblocking(first);
	for (i = 0; i < 10; i++) {
		ensure_ok(try_connect(new_socket(), where));
		ensure_ok(accept(second, NULL, NULL));
	}
	ensure_fails(accept(first, NULL, NULL), EAGAIN);
}

/* A SYN to @from, on its way in, is for the socket that listens at @to. */
static int assigner(__be16 from, __be16 to)
{
	enum { TCP_HEADER = 14 + 20, HEADER = -16, TUPLE = -32, SYN_ALONE = 2 };
	const __be32 here = htonl(INADDR_LOOPBACK);
	const struct bpf_insn insns[] = {
		MOV_REG(BPF_REG_6, BPF_REG_1),
		MOV_IMM(BPF_REG_2, TCP_HEADER),
		MOV_REG(BPF_REG_3, BPF_REG_10),
		ADD_IMM(BPF_REG_3, HEADER),
		MOV_IMM(BPF_REG_4, 14),
		CALL(BPF_FUNC_skb_load_bytes),
		JUMP_NE(BPF_REG_0, 0, 22),
		LOAD(BPF_H, BPF_REG_1, BPF_REG_10, HEADER + 2),
		JUMP_NE(BPF_REG_1, from, 20),
		LOAD(BPF_B, BPF_REG_1, BPF_REG_10, HEADER + 13),
		JUMP_NE(BPF_REG_1, SYN_ALONE, 18),
		STORE_IMM(BPF_REG_10, TUPLE, here),
		STORE_IMM(BPF_REG_10, TUPLE + 4, here),
		STORE_IMM(BPF_REG_10, TUPLE + 8, 1 | to << 16),
		MOV_REG(BPF_REG_1, BPF_REG_6),
		MOV_REG(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, TUPLE),
		MOV_IMM(BPF_REG_3, 12),
		MOV_IMM(BPF_REG_4, -1),		/* BPF_F_CURRENT_NETNS */
		MOV_IMM(BPF_REG_5, 0),
		CALL(BPF_FUNC_sk_lookup_tcp),
		JUMP_EQ(BPF_REG_0, 0, 7),
		MOV_REG(BPF_REG_7, BPF_REG_0),
		MOV_REG(BPF_REG_1, BPF_REG_6),
		MOV_REG(BPF_REG_2, BPF_REG_7),
		MOV_IMM(BPF_REG_3, 0),
		CALL(BPF_FUNC_sk_assign),
		MOV_REG(BPF_REG_1, BPF_REG_7),
		CALL(BPF_FUNC_sk_release),
		MOV_IMM(BPF_REG_0, 0),		/* TC_ACT_OK */
		EXIT(),
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS };

	return load(&attr, insns, sizeof(insns) / sizeof(*insns));
}

/* tc(8) takes a program by its name in a file system of its own. */
static void filter_on_lo(int program)
{
	union bpf_attr attr = {
		.pathname = (uintptr_t)"/mnt/program", .bpf_fd = program,
	};

	ensure_ok(mount("none", "/mnt", "bpf", 0, NULL));
	ensure_ok(bpf(BPF_OBJ_PIN, &attr));
	ensure(!system("tc qdisc add dev lo clsact && tc filter add dev lo ingress "
		       "bpf da object-pinned /mnt/program"), "tc failed");
	ensure_ok(umount("/mnt"));
}

WIRE_TEST(handed, sk_assign__listener_of_another_port, "A3")
{
	struct sockaddr_in where, elsewhere = at_port(4711);
	struct pair p = { .client = new_socket(), .listener = listen_at(&where) };

	filter_on_lo(assigner(elsewhere.sin_port, where.sin_port));
	ensure_ok(try_connect(p.client, elsewhere));
	ensure_ok(p.server = accept(p.listener, NULL, NULL));
	ensure_eq(bound_to(p.server).sin_port, elsewhere.sin_port);
	still_works(&p);
}
