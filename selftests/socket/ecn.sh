#!/bin/bash
# A bottleneck that marks instead of dropping; where a test says "beside" the
# built-in TCP runs on the same for comparison. near --- router, 20 Mbit/s and a managed queue --- far, 20 ms.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"

near=ecn-near-$$ router=ecn-router-$$ far=ecn-far-$$ port=7005 seconds=2
link=20000000	# bits a second

cleanup()
{
	drop_namespaces $near $router $far
}
trap cleanup EXIT

make_network()
{
	local ns
	make_namespaces $near $router $far
	for ns in $near $router $far; do
		ip netns exec $ns sysctl -qw net.ipv4.ip_forward=1 net.ipv4.tcp_no_metrics_save=1
	done
	cable $near veth0 10.79.1.1/24 $router veth0 10.79.1.2/24
	cable $router veth1 10.79.2.1/24 $far veth1 10.79.2.2/24
	# Each packet of the wire is one packet of the queue
	no_offloads $near veth0
	no_offloads $router veth0
	no_offloads $router veth1
	no_offloads $far veth1
	ip -n $near route add default via 10.79.1.2
	ip -n $far route add default via 10.79.2.1
	ip netns exec $far tc qdisc add dev veth1 root netem delay 20ms limit 10000
	sleep 2
}

# queue QDISC...: the bottleneck's, with nothing counted yet
queue()
{
	ip netns exec $router tc qdisc del dev veth1 root 2>/dev/null || true
	ip netns exec $router tc qdisc add dev veth1 root handle 1: tbf rate $link burst 5k limit 10m
	ip netns exec $router tc qdisc add dev veth1 parent 1: handle 2: "$@"
}

queue_counts()	# prints: marked dropped
{
	ip netns exec $router tc -s -j qdisc show dev veth1 | python3 -c '
import json, sys
q = [q for q in json.load(sys.stdin) if q.get("handle") == "2:"][0]
print(q.get("ecn_mark", 0) + q.get("ce_mark", 0) + q.get("marked", 0), q.get("drops", 0))'
}

# bulk PROTOCOL CONTROL ECN: prints bits a second, retransmitted segments, RTT in us
bulk()
{
	local server
	for ns in $near $far; do
		ip netns exec $ns sysctl -qw net.ipv4.tcp_ecn="$3"
	done
	ip netns exec $far python3 -c "
import socket
l = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $1)
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.setsockopt(socket.IPPROTO_TCP, 13, b'$2')
l.bind(('10.79.2.2', $port)); l.listen(1)
s, _ = l.accept()
try:
    while s.recv(1 << 20): pass
except ConnectionResetError: pass" &
	server=$!
	sleep 1
	ip netns exec $near python3 -c "
import socket, struct, time
c = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $1)
c.setsockopt(socket.IPPROTO_TCP, 13, b'$2')
c.connect(('10.79.2.2', $port))
begin = time.time()
while time.time() < begin + $seconds:
    c.send(b'x' * 65536)
info = c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
acked, = struct.unpack_from('Q', info, 120)
rtt, = struct.unpack_from('I', info, 68)
total_retrans, = struct.unpack_from('I', info, 100)
print(int(acked * 8 / (time.time() - begin)), total_retrans, rtt)
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))"
	wait $server
}

# measure CONTROL ECN QDISC...: leaves rate, again, rtt, marked, dropped of ltcp, and
# with beside set builtin_rate
measure()
{
	local control=$1 ecn=$2 protocol line
	shift 2
	builtin_rate=0
	for protocol in ${beside:+0} 253; do
		queue "$@"
		line=$(bulk $protocol "$control" "$ecn") || return
		read -r rate again rtt <<<"$line"
		read -r marked dropped <<<"$(queue_counts)"
		((protocol)) || builtin_rate=$rate
		printf '%-8s %s, tcp_ecn %s, %s: %s bit/s, %s sent again, RTT %s us, %s marked, %s dropped\n' \
			"$( ((protocol)) && echo ltcp || echo built-in)" \
			"$control" "$ecn" "$*" "$rate" "$again" "$rtt" "$marked" "$dropped"
	done
}

# The link is used as well as the built-in does it, and by more than @1 %.
well_used() { ((rate * 100 >= link * $1 && rate * 100 >= builtin_rate * 90)); }

marks_instead_of_losses()	# CONTROL QDISC...
{
	measure "$1" 1 "${@:2}" || return
	well_used 75 && ((marked > 0 && dropped == 0 && again == 0))
}

# The same queue without ECN: its losses show that there was something to tell.
codel_without_ecn()
{
	beside=1 measure cubic 0 codel limit 1000 || return
	well_used 70 && ((marked == 0 && dropped > 0 && again > 0))
}

# Marks from the fifth packet on: DCTCP keeps the link busy and the queue short.
dctcp()
{
	beside=1 measure dctcp 2 codel limit 1000 target 100ms ecn ce_threshold 2ms || return
	well_used 75 && ((marked > 0 && dropped == 0 && again == 0 && rtt < 20000 + 10000))
}

beside() { beside=1 "$@"; }

make_network
plan 6
check 'ecn.codel_without [C6]' codel_without_ecn
check 'ecn.codel [C6 SHLD-8]' beside marks_instead_of_losses cubic codel limit 1000 ecn
check 'ecn.fq_codel [C6]' marks_instead_of_losses reno fq_codel limit 1000 ecn
check 'ecn.red [C6]' marks_instead_of_losses cubic red limit 400000 min 30000 max 90000 \
	avpkt 1500 burst 35 probability 0.1 bandwidth 20mbit ecn
check 'ecn.bbr [C6]' marks_instead_of_losses bbr codel limit 1000 ecn
check 'ecn.dctcp [C5]' dctcp
finish
