#!/bin/bash
# Go-back-N and stop-and-wait between two programs over a path that loses every
# 30th segment: all bytes arrive, and what is sent for it grows as the textbook says.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"

protocol=${LTCP_PROTO:-253}
near=arq-near-$$ far=arq-far-$$ port=7004
work=$(mktemp -d)

cleanup()
{
	drop_namespaces $near $far
	rm -rf "$work"
}
trap cleanup EXIT

make_network()
{
	local ns
	make_namespaces $near $far
	cable $near veth0 10.79.0.1/24 $far veth0 10.79.0.2/24
	for ns in $near $far; do
		no_offloads $ns veth0
	done
	sleep 2
	ip netns exec $near tc qdisc add dev veth0 root netem delay 10ms limit 10000
	ip netns exec $far nft "add table ip lossy; add chain ip lossy in { type filter hook input priority 0; };
		add rule ip lossy in tcp dport $port numgen inc mod 30 == 15 drop"
}

# transfer SCHEME: 300 kB whose every byte is checked; prints its ms.
transfer()
{
	local ns
	for ns in $near $far; do
		ip netns exec $ns sysctl -qw net.ltcp.arq="$1"
	done
	ip netns exec $far python3 -c "
import random, socket
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('10.79.0.2', $port)); listener.listen(1)
server, _ = listener.accept()
data = b''
while part := server.recv(1 << 16):
    data += part
server.send(b'whole' if data == random.Random(1).randbytes(300000) else b'wrong')" &
	sleep 1
	local server=$! status=0
	ip netns exec $near python3 -c "
import random, socket, time
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol)
begin = time.time()
client.connect(('10.79.0.2', $port))
client.sendall(random.Random(1).randbytes(300000))
client.shutdown(socket.SHUT_WR)
assert client.recv(16) == b'whole', 'the bytes are not those that were sent'
print(int(1000 * (time.time() - begin)))" || status=1
	wait $server || status=1
	return $status
}

retransmissions() { ip netns exec $near nstat -asz TcpRetransSegs | awk '/Tcp/ { print $2 }'; }

every_byte_arrives()	# SCHEME
{
	local before
	before=$(retransmissions)
	transfer "$1" >"$work/ms.$1" || return
	echo $(($(retransmissions) - before)) >"$work/resent.$1"
	echo "$(<"$work/ms.$1") ms, $(<"$work/resent.$1") segments sent again"
}

# A lost segment costs go-back-N all that follow it, stop-and-wait itself alone
# but a round trip for every segment.
as_the_textbook_says()
{
	local selective go_back stop
	selective=$(<"$work/resent.0") go_back=$(<"$work/resent.1") stop=$(<"$work/resent.2")
	((go_back > 2 * selective && go_back > stop && $(<"$work/ms.2") > 206 * 10))
}

make_network
plan 4
check 'arq.selective__every_byte [R11]' every_byte_arrives 0
check 'arq.go_back_n__every_byte [R11]' every_byte_arrives 1
check 'arq.stop_and_wait__every_byte [R11]' every_byte_arrives 2
check 'arq.schemes__cost_as_the_textbook_says [R11]' as_the_textbook_says
finish
