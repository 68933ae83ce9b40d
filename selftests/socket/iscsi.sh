#!/bin/bash
# The kernel's iSCSI initiator. iscsid makes the connection and hands it to the kernel,
# which reads the receive queue by a function of the built-in TCP's, from within the
# callback that would wake a reader; that function acknowledges, too, in its own way.
# The target is a program, tgtd. LTCP_PROTO=0 has both over the built-in TCP.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/ktap.sh"

readonly MB=8 FEW_MB=2 READS=100 DISK=iqn.2026-01.test.ltcp:disk
over_ltcp=$([[ ${LTCP_PROTO:-253} == 0 ]]; echo $?)

# Mounts of its own; iscsid finds the kernel in the first network namespace alone.
[[ ${1:-} == inside ]] || exec unshare --mount "$0" inside

# scripts/setup unpacks open-iscsi, but does not install it.
unpacked=$here/../../build/selftests/socket/open-iscsi
export PATH=$PATH:$unpacked/sbin LD_LIBRARY_PATH=$unpacked/usr/lib/x86_64-linux-gnu

command -v iscsid iscsiadm tgtd tgtadm >/dev/null || skip_all 'open-iscsi or tgt is not there'
modprobe -a iscsi_tcp sd_mod 2>/dev/null || skip_all 'this kernel has no iSCSI'

take_over() { [[ $over_ltcp == 0 ]] || echo "$1" >/proc/sys/net/ltcp/takeover; }

cleanup()
{
	tc qdisc del dev lo root 2>/dev/null || true
	take_over 0
	iscsiadm -m node --logout >/dev/null 2>&1 || true
	kill -KILL $iscsid "$(<"$root/tgtd")" 2>/dev/null || true
	wait || true
}

# All that the daemons keep on disk is on a file system of ours.
make_directories()
{
	mount -t tmpfs none "$root"
	mkdir "$root"/{etc,work}
	mount -t overlay -o "lowerdir=/etc,upperdir=$root/etc,workdir=$root/work" none /etc
	mount -t tmpfs none /run
	mkdir -p /etc/iscsi /run/lock
	rm -rf /etc/iscsi/{nodes,send_targets}
	echo node.startup = manual >/etc/iscsi/iscsid.conf
	echo InitiatorName=iqn.2026-01.test.ltcp:initiator >/etc/iscsi/initiatorname.iscsi
	truncate -s ${MB}M "$root/disk"
	dd if=/dev/urandom of="$root/data" bs=1M count=$MB status=none
}

target() { tgtadm --lld iscsi --tid 1 "$@"; }

serve()
{
	tgtd -f --iscsi portal=127.0.0.1:3260 >/dev/null 2>&1 &
	echo $! >"$root/tgtd"
	wait_for tgtadm --lld iscsi --op show --mode system >/dev/null &&
		target --op new --mode target -T $DISK &&
		target --op new --mode logicalunit --lun 1 -b "$root/disk" &&
		target --op bind --mode target -I ALL
}

logs_in()
{
	serve && wait_for iscsiadm -m discovery -t sendtargets -p 127.0.0.1 &&
		iscsiadm -m node --login && wait_for disk || return
	[[ $over_ltcp == 0 ]] || grep -q '^SocketsInUse [2-9]' /proc/net/ltcp
}

# The name of the block device that the session has brought.
disk()
{
	local block
	block=$(echo /sys/class/iscsi_session/*/device/target*/*/block/*)
	[[ -b /dev/${block##*/} ]] && echo "/dev/${block##*/}"
}

# transfers MB: to the target and back; direct, so that it is read from there.
transfers()
{
	local device bytes=$(($1 << 20))
	device=$(disk) &&
		dd if="$root/data" of="$device" bs=1M count="$1" oflag=direct status=none &&
		dd if="$device" of="$root/back" bs=1M count="$1" iflag=direct status=none &&
		cmp -n $bytes "$root/data" "$root/back" &&
		cmp -n $bytes "$root/data" "$root/disk"
}

# Some thousandths of a second each, unless something waits for a timer.
answers_at_once()
{
	local began=$SECONDS
	dd if="$(disk)" of=/dev/null bs=4k count=$READS iflag=direct status=none || return
	echo "$READS reads in $((SECONDS - began)) s"
	((SECONDS - began < 10))
}

# The kernel gives the dead connection up, and iscsid brings it another.
target_returns()
{
	kill -KILL "$(<"$root/tgtd")"
	sleep 2
	serve && transfers $FEW_MB
}

survives_loss()
{
	dd if=/dev/urandom of="$root/data" bs=1M count=$FEW_MB status=none
	tc qdisc add dev lo root netem loss 2% delay 1ms &&
		transfers $FEW_MB &&
		tc qdisc del dev lo root
}

logs_out()
{
	iscsiadm -m node --logout && ! disk
}

plan 6
root=/mnt iscsid=''
make_directories
ip link set lo up
take_over 1
trap cleanup EXIT
iscsid -f >/dev/null 2>&1 &
iscsid=$!
check 'iscsi.initiator__logs_in [A1 A2]' logs_in
check 'iscsi.initiator__writes_and_reads [A1 A3]' transfers $MB
check 'iscsi.initiator__answers_at_once [A3]' answers_at_once
check 'iscsi.initiator__target_returns [A3 S5]' target_returns
check 'iscsi.initiator__survives_loss [A3 R4]' survives_loss
check 'iscsi.initiator__logs_out [A3 S2]' logs_out
finish
