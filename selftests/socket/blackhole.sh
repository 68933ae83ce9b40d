#!/bin/bash
# A path whose second link takes 1,200 bytes, with a router that never says so: with
# tcp_mtu_probing data gets through, at the size that fits.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"

protocol=${LTCP_PROTO:-253}
near=hole-near-$$ router=hole-router-$$ far=hole-far-$$ port=7005

cleanup()
{
	drop_namespaces $near $router $far
}
trap cleanup EXIT

# The end of it does not know the MTU, or its SYN would tell.
link()		# NS ADDRESS ROUTER-ADDRESS ROUTER-DEVICE MTU-OF-ROUTER
{
	cable "$1" eth0 "$2/24" $router "$4" "$3/24"
	ip -n $router link set "$4" mtu "$5"
	ip -n "$1" route add default via "$3"
	no_offloads "$1" eth0
	no_offloads $router "$4"
}

make_network()
{
	make_namespaces $near $router $far
	link $near 10.81.0.1 10.81.0.254 left 1500
	link $far 10.82.0.1 10.82.0.254 right 1200
	ip netns exec $router sysctl -qw net.ipv4.ip_forward=1
	ip netns exec $router nft "add table ip mute; add chain ip mute out { type filter hook output priority 0; };
		add rule ip mute out icmp type destination-unreachable drop"
	sleep 2
}

# transfer PROBING: 1 MB, every byte checked, within a minute; then the size used.
transfer()
{
	ip netns exec $near sysctl -qw net.ipv4.tcp_mtu_probing="$1"
	ip netns exec $far timeout 100 python3 -c "
import random, socket
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('10.82.0.1', $port)); listener.listen(1)
server, _ = listener.accept()
data = b''
while part := server.recv(1 << 16):
    data += part
server.send(b'whole' if data == random.Random(1).randbytes(1000000) else b'wrong')" &
	sleep 1
	ip netns exec $near timeout 60 python3 -c "
import random, socket, struct
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol)
# A client that is stuck leaves nothing behind when it is killed
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
client.connect(('10.82.0.1', $port))
client.sendall(random.Random(1).randbytes(1000000))
client.shutdown(socket.SHUT_WR)
assert client.recv(16) == b'whole', 'the bytes are not those that were sent'
print(struct.unpack_from('I', client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64), 16)[0])"
}

# The path takes 1200 bytes: 1148 of data with timestamps. The search stops within 8.
finds_the_size()	# PROBING
{
	local mss
	mss=$(transfer "$1")
	echo "segments of $mss bytes in the end"
	((mss > 1140 && mss <= 1148))
}

stuck() { ! transfer 0 2>/dev/null; }

make_network
plan 3
check 'blackhole.mtu_probing_1__finds_the_size [R10]' finds_the_size 1
check 'blackhole.mtu_probing_2__finds_the_size [R10]' finds_the_size 2
check 'blackhole.mtu_probing_0__stuck [R10]' stuck
finish
