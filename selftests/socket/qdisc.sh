#!/bin/bash
# What a bulk sender leaves in the qdisc: little (small queues), and with fq paced.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"

protocol=${LTCP_PROTO:-253}
near=qdisc-near-$$ far=qdisc-far-$$ port=7002

cleanup()
{
	drop_namespaces $near $far
}
trap cleanup EXIT

make_network()
{
	make_namespaces $near $far
	cable $near veth0 10.78.0.1/24 $far veth0 10.78.0.2/24
	sleep 2
}

# bulk SECONDS [RATE]: sends for so long, at most RATE bytes a second; prints the
# bytes received a second.
bulk()
{
	ip netns exec $far python3 -c "
import socket, time
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol)
listener.bind(('10.78.0.2', $port)); listener.listen(1)
server, _ = listener.accept()
count, begin = 0, time.time()
while data := server.recv(1 << 20):
    count += len(data)
print(int(count / (time.time() - begin)))" &
	sleep 1
	ip netns exec $near python3 -c "
import socket, time
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol)
if ${2:-0}:
    client.setsockopt(socket.SOL_SOCKET, 47, ${2:-0})    # SO_MAX_PACING_RATE
client.connect(('10.78.0.2', $port))
end = time.time() + $1
while time.time() < end:
    client.send(b'x' * 65536)"
	wait $!
}

# The qdisc's backlog, sampled every 50 ms: the highest, bytes.
highest_backlog()
{
	local highest=0 now
	while [[ -e /proc/$1 ]]; do
		now=$(ip netns exec $near tc -s -j qdisc show dev veth0 |
			python3 -c 'import json,sys; print(max(q.get("backlog", 0) for q in json.load(sys.stdin)))')
		((now <= highest)) || highest=$now
		sleep 0.05
	done
	echo "$highest"
}

# 10 Mbit/s with room for a second of it: cwnd would fill that.
small_queue()
{
	local pid highest
	ip netns exec $near tc qdisc replace dev veth0 root tbf rate 10mbit burst 100k limit 1500k
	bulk 4 >/dev/null &
	pid=$!
	highest=$(highest_backlog $pid)
	wait $pid
	ip netns exec $near tc qdisc del dev veth0 root
	echo "$highest bytes waited at most"
	((highest > 0 && highest < 200000))
}

within()	# WHAT LOW HIGH
{
	echo "$1 bytes a second"
	(($1 >= $2 && $1 <= $3))
}

paced_by_socket() { within "$(bulk 3 500000)" 425000 525000; }

paced_by_fq()
{
	local rate
	ip netns exec $near tc qdisc replace dev veth0 root fq
	rate=$(bulk 3 500000)
	ip netns exec $near tc qdisc del dev veth0 root
	within "$rate" 425000 525000
}

make_network
plan 3
check 'qdisc.small_queue [C8]' small_queue
check 'qdisc.paced_by_socket [C8]' paced_by_socket
check 'qdisc.paced_by_fq [C8]' paced_by_fq
finish
