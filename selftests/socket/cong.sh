#!/bin/bash
# Congestion control by name: ltcp's own, and modules of the kernel.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"

near=cong-near-$$ far=cong-far-$$
export LTCP_PROTO=${LTCP_PROTO:-253}
modules=(vegas westwood htcp illinois yeah cdg hybla veno scalable highspeed bic lp nv)

cleanup()
{
	drop_namespaces $near $far
	rm -f "$program"
}
program=$(mktemp) && trap cleanup EXIT

cat >"$program" <<'PYTHON'
import errno, hashlib, os, socket, sys, threading
TCP_CONGESTION, PORT = 13, 7004
proto = int(os.environ["LTCP_PROTO"])

def new(name=None):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto)
    if name:
        s.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, name.encode())
    return s

def name_of(s):
    return s.getsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, 16).rstrip(b"\0").decode()

def in_namespace(ns, f):
    """f() in a thread, whose sockets are the namespace's."""
    out = []
    def run():
        fd = os.open("/run/netns/" + ns, os.O_RDONLY)
        import ctypes
        assert ctypes.CDLL(None).setns(fd, 0x40000000) == 0
        out.append(f())
    t = threading.Thread(target=run); t.start(); t.join()
    return out[0]

def listener(ns, name=None):
    def make():
        s = new(name)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("0.0.0.0", PORT)); s.listen(8)
        return s
    return in_namespace(ns, make)

def pair(near, far, name=None, far_name=None):
    server = listener(far, far_name)
    def connect():
        s = new(name); s.connect(("10.79.0.2", PORT)); return s
    client = in_namespace(near, connect)
    return client, server.accept()[0]

def carry(client, accepted, size, names=()):
    """size bytes from client to accepted, changing the algorithm on the way."""
    data, got = os.urandom(size), hashlib.sha256()
    def read():
        while chunk := accepted.recv(1 << 16):
            got.update(chunk)
    t = threading.Thread(target=read); t.start()
    for i in range(0, size, 1 << 14):
        if names:
            name = names[(i >> 14) % len(names)]
            client.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, name.encode())
            assert name_of(client) == name, name_of(client)
        client.sendall(data[i:i + (1 << 14)])
    client.shutdown(socket.SHUT_WR); t.join()
    assert got.digest() == hashlib.sha256(data).digest(), "the data is not the same"

def fails(err, f):
    try:
        f()
    except OSError as e:
        assert e.errno == err, "%s, not %s" % (e, errno.errorcode[err])
        return
    raise AssertionError("succeeded, not %s" % errno.errorcode[err])
PYTHON

# py CODE [ARG...]: with what is above
py() { python3 - "${@:2}" <<<"$(cat "$program")
near, far = '$near', '$far'
$1"; }

make_network()
{
	local ns
	make_namespaces $near $far
	cable $near veth0 10.79.0.1/24 $far veth0 10.79.0.2/24
	for ns in $near $far; do
		ip netns exec $ns tc qdisc replace dev veth0 root netem delay 5ms loss 1%
	done
	sleep 2
}

loaded() { [[ -e /sys/module/tcp_$1 ]]; }

# Those that this kernel has.
have=()
for m in "${modules[@]}"; do
	modprobe -q -n "tcp_$m" && have+=("$m")
done
((${#have[@]})) || skip_all 'this kernel has no modules of congestion control'

each_carries()
{
	local m
	for m in "${have[@]}"; do
		echo "$m"
		py "
c, a = pair(near, far, '$m')
assert name_of(c) == '$m'
carry(c, a, 100000)" || return
	done
}

switched_under_way()
{
	py "
c, a = pair(near, far)
carry(c, a, 300000, sys.argv[1:] + ['cubic', 'bbr', 'dctcp', 'tahoe', 'reno'])" "${have[@]}"
}

# Loaded for who may; a socket that has it keeps it from being unloaded.
autoload_and_reference()
{
	local m=westwood
	loaded $m && { rmmod tcp_$m || return; }
	py "
import subprocess
s = new('$m')
rmmod = ['rmmod', 'tcp_$m']
assert subprocess.run(rmmod, stderr=subprocess.DEVNULL).returncode, 'unloaded under a socket'
s.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, b'$m')
s.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, b'reno')
subprocess.run(rmmod, check=True)
c, a = pair(near, far, '$m', '$m')
assert name_of(a) == '$m', name_of(a)
carry(c, a, 100000)
assert subprocess.run(rmmod, stderr=subprocess.DEVNULL).returncode, 'unloaded under a connection'
c.close(); a.close()" || return
	wait_for rmmod tcp_$m 2>/dev/null
}

refusals()
{
	local m=westwood
	loaded $m && { rmmod tcp_$m || return; }
	py "
fails(errno.ENOENT, lambda: new('nosuch'))
if os.fork() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    fails(errno.ENOENT, lambda: new('$m'))
    fails(errno.EPERM, lambda: new('dctcp'))
    new('cubic').close()
    os._exit(0)
assert os.wait()[1] == 0
new('$m').close()
if os.fork() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    fails(errno.EPERM, lambda: new('$m'))
    os._exit(0)
assert os.wait()[1] == 0" || return
	sysctl -qw net.ipv4.tcp_allowed_congestion_control=cubic
	py "
os.setgroups([]); os.setgid(65534); os.setuid(65534)
new('cubic')
fails(errno.EPERM, lambda: new('reno'))" || return
	sysctl -qw net.ipv4.tcp_allowed_congestion_control="reno cubic $m"
	py "
os.setgroups([]); os.setgid(65534); os.setuid(65534)
new('$m')"
}

namespace_default()
{
	local now
	modprobe -a tcp_westwood tcp_htcp || return
	# A namespace may have for a default what everybody may choose
	now=$(sysctl -n net.ipv4.tcp_allowed_congestion_control)
	sysctl -qw net.ipv4.tcp_allowed_congestion_control="$now westwood htcp"
	ip netns exec $near sysctl -qw net.ipv4.tcp_congestion_control=westwood
	ip netns exec $far sysctl -qw net.ipv4.tcp_congestion_control=htcp
	py "
c, a = pair(near, far)
assert (name_of(c), name_of(a)) == ('westwood', 'htcp'), (name_of(c), name_of(a))
carry(c, a, 100000)
c, a = pair(near, far, 'reno', 'vegas')
assert (name_of(c), name_of(a)) == ('reno', 'vegas'), (name_of(c), name_of(a))" || return
	ip netns exec $near sysctl -qw net.ipv4.tcp_congestion_control=cubic
	ip netns exec $far sysctl -qw net.ipv4.tcp_congestion_control=cubic
}

congctl()
{
	modprobe tcp_vegas && modprobe tcp_westwood || return
	ip -n $near route replace 10.79.0.2 dev veth0 congctl vegas
	ip -n $far route replace 10.79.0.1 dev veth0 congctl lock westwood
	py "
c, a = pair(near, far)
assert (name_of(c), name_of(a)) == ('vegas', 'westwood'), (name_of(c), name_of(a))
c.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, b'reno')
fails(errno.EPERM, lambda: a.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, b'reno'))
carry(a, c, 100000)" || return
	ip -n $near route del 10.79.0.2 dev veth0
	ip -n $far route del 10.79.0.1 dev veth0
}

# What ss shows of the module's own state is read from the socket.
seen_by_ss()
{
	py "
import subprocess
c, a = pair(near, far, 'vegas')
c.send(b'x' * 1000); a.recv(1000)
out = subprocess.run(['ip', 'netns', 'exec', near, 'ss', '-tin', 'dport', '= :7004'],
                     capture_output=True, text=True).stdout
assert ' vegas ' in out, out"
}

make_network
plan 7
check 'cong.each_carries_data [C9 MAY-18]' each_carries
check 'cong.switched_under_way [C9 C5]' switched_under_way
check 'cong.autoload_and_reference [C9]' autoload_and_reference
check 'cong.refusals [C9 C5]' refusals
check 'cong.namespace_default [C9]' namespace_default
check 'cong.route_congctl [C9]' congctl
check 'cong.seen_by_ss [C9]' seen_by_ss
finish
