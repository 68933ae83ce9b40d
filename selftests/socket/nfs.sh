#!/bin/bash
# The kernel's NFS server. It uses sockets that a program, rpc.nfsd, has made, so with
# take-over they are ltcp's; and what it does with them it does by functions of the
# kernel, not by system calls: among others it takes a cork away without a word.
# LTCP_PROTO=0 lets the built-in TCP serve. The client is the kernel's, and built-in.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/ktap.sh"

readonly FILES=100
serves_ltcp=$([[ ${LTCP_PROTO:-253} == 0 ]]; echo $?)

# Namespaces of its own: nothing of all this outlives the script.
[[ ${1:-} == inside ]] || exec unshare --net --mount "$0" inside

command -v rpc.nfsd rpc.mountd >/dev/null || skip_all 'nfs-kernel-server is not installed'
modprobe -a nfsd nfsv4 2>/dev/null || skip_all 'this kernel has no NFS'

cleanup()
{
	umount -f "$root/mnt" 2>/dev/null || true
	rpc.nfsd 0 2>/dev/null || true
	kill "$mountd"
	wait "$mountd" || true
}

# All that the server keeps on disk is on a file system of ours.
make_directories()
{
	mount -t tmpfs none "$root"
	mkdir "$root"/{export,mnt,state}
	touch "$root"/state/{etab,rmtab}
	mkdir "$root"/state/{rpc_pipefs,v4recovery}
	mount --bind "$root/state" /var/lib/nfs
	mount -t nfsd none /proc/fs/nfsd
}

serve()
{
	ip link set lo up
	[[ $serves_ltcp == 0 ]] || echo 1 >/proc/sys/net/ltcp/takeover
	rpc.nfsd -N 3
	[[ $serves_ltcp == 0 ]] || echo 0 >/proc/sys/net/ltcp/takeover
	exportfs -i -o rw,fsid=0,no_root_squash,insecure,no_subtree_check "*:$root/export"
	wait_for timeout 60 mount -t nfs4 -o vers=4.2,proto=tcp 127.0.0.1:/ "$root/mnt"
	[[ $serves_ltcp == 0 ]] || grep -q '^SocketsInUse [1-9]' /proc/net/ltcp
}

transfers()
{
	dd if=/dev/urandom of="$root/mnt/big" bs=64k count=100 conv=fsync status=none
	echo 3 >/proc/sys/vm/drop_caches	# so that it is read from the server
	cmp "$root/mnt/big" "$root/export/big"
}

# Some thousandths of a second each; a cork that stays holds each answer for 0.2 s.
answers_at_once()
{
	local i began=$SECONDS
	for ((i = 0; i < FILES; i++)); do
		echo $i >"$root/mnt/$i"
	done
	echo "$FILES files in $((SECONDS - began)) s"
	(($(ls "$root/export" | wc -l) == FILES + 1))
	((SECONDS - began < 15))
}

plan 3
root=/mnt
trap cleanup EXIT
make_directories
rpc.mountd -F -N 2 -N 3 >/dev/null 2>&1 &
mountd=$!
check 'nfs.server__is_mounted [A1 A2]' serve
check 'nfs.server__reads_and_writes [A1 A3]' transfers
check 'nfs.server__answers_at_once [A3]' answers_at_once
finish
