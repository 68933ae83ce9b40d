// SPDX-License-Identifier: GPL-2.0
/*
 * iohold - keeps a warping machine's clock still while it waits for its disk.
 *
 * In warp mode the emulator skips idle time: when the CPU halts, the clock
 * jumps to the next timer. The host answers a 9p request in real time, though,
 * and until it does the guest looks idle, so a program read from the disk
 * would cost seconds of virtual time, more on a busy host. While a request is
 * under way this module makes the idle loop poll instead of halt: the clock
 * then runs only as far as instructions are executed.
 *
 * One CPU is assumed. Loaded by scripts/vm's initramfs; not part of ltcp.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static void (*poll_ctrl)(bool enable);
static unsigned int requests;	/* under way; one CPU, probes run with preemption off */

static int request_begins(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (requests++ == 0)
		poll_ctrl(true);
	return 0;
}

static int request_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (--requests == 0)
		poll_ctrl(false);
	return 0;
}

static struct kretprobe plain = {
	.kp.symbol_name	= "p9_client_rpc",
	.entry_handler	= request_begins,
	.handler	= request_ends,
	.maxactive	= 256,
};

static struct kretprobe zero_copy = {
	.kp.symbol_name	= "p9_client_zc_rpc.constprop.0",
	.entry_handler	= request_begins,
	.handler	= request_ends,
	.maxactive	= 256,
};

/* cpu_idle_poll_ctrl() is not exported; a probe's registration finds it. */
static int find_poll_ctrl(void)
{
	struct kprobe probe = { .symbol_name = "cpu_idle_poll_ctrl" };
	int err = register_kprobe(&probe);

	if (err)
		return err;
	poll_ctrl = (void *)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static int __init iohold_init(void)
{
	int err = find_poll_ctrl();

	if (!err)
		err = register_kretprobe(&plain);
	if (err)
		return err;
	err = register_kretprobe(&zero_copy);
	if (err) {
		zero_copy.kp.addr = NULL;
		zero_copy.kp.symbol_name = "p9_client_zc_rpc";
		err = register_kretprobe(&zero_copy);
	}
	if (err)
		unregister_kretprobe(&plain);
	return err;
}

static void __exit iohold_exit(void)
{
	unregister_kretprobe(&plain);
	unregister_kretprobe(&zero_copy);
}

module_init(iohold_init);
module_exit(iohold_exit);
MODULE_DESCRIPTION("Keeps virtual time still while 9p requests are under way");
MODULE_LICENSE("GPL");
