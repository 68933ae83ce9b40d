#!/bin/bash
# Tracepoints: the kernel's own of TCP fire for a connection of ltcp, ltcp's tell of
# its transport, and whoever listens cannot make unloading unsafe.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"

tracefs=/sys/kernel/tracing
near=trace-near-$$ far=trace-far-$$ port=7003 bytes=2000000
[[ ${LTCP_PROTO:-253} == 253 ]] || skip_all "the events of ltcp are asked for"
[[ -d $tracefs/instances ]] || mount -t tracefs tracefs $tracefs 2>/dev/null ||
	skip_all 'this kernel has no tracefs'
instance=$tracefs/instances/ltcp-$$
work=$(mktemp -d)
module=$(ltcp_module) || module=''
parameters=()

cleanup()
{
	drop_namespaces $near $far
	echo 0 >$tracefs/events/enable
	[[ ! -d $instance ]] || rmdir "$instance"
	load_again || true
	rm -rf "$work"
}
trap cleanup EXIT

make_network()
{
	make_namespaces $near $far
	cable $near veth0 10.78.0.1/24 $far veth0 10.78.0.2/24
	# One segment a packet, so that a rule can pick one
	ip -n $near link set veth0 gso_max_segs 1
	ip netns exec $far nft "add table ip t;
		add chain ip t in { type filter hook input priority 0; };
		add chain ip t out { type filter hook output priority 0; }"
	sleep 2
}

rule()	{ ip netns exec $far nft "add rule ip t $*"; }
clear() { ip netns exec $far nft flush table ip t; }

# transfer CLIENT: a server that reads all there is, and a client given in Python.
transfer()
{
	ip netns exec $far python3 -c "
import socket
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('10.78.0.2', $port)); listener.listen(1)
server, _ = listener.accept()
while server.recv(1 << 16): pass" &
	local server=$!
	sleep 0.5
	ip netns exec $near python3 -c "
import socket, struct, time
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)
client.connect(('10.78.0.2', $port))
$1" || true
	wait $server || true
}

record() { echo 1 >"$instance/events/$1/enable"; }

counter() { ip netns exec $near awk -v name="$1" '$1 == name { print $2 }' /proc/net/ltcp; }

# All that is to be seen: a lost SYN-ACK and a RST; then losses, and a silence that
# is long enough for a probe and a timeout.
record_everything()
{
	mkdir "$instance"
	echo 8192 >"$instance/buffer_size_kb"
	record tcp; record ltcp; record sock/inet_sock_set_state
	rule 'out tcp flags & (syn|ack) == (syn|ack) drop'
	(sleep 2; clear) &
	transfer "
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
client.close()"
	wait
	cat "$instance/trace" >"$work/all"
	: >"$instance/trace"

	counter RetransSegs >"$work/before"
	rule 'in meta length > 1000 numgen inc mod 97 == 30 drop'
	(wait_for test -e "$work/begun"; rule 'in drop'; sleep 1; clear) &
	transfer "
for i in range(100):
    client.sendall(b'x' * ($bytes // 100)); time.sleep(0.01)
    if i == 40: open('$work/begun', 'w')
client.shutdown(socket.SHUT_WR)
client.recv(1)"
	wait
	echo $(($(counter RetransSegs) - $(<"$work/before"))) >"$work/retransmitted"
	echo 0 >"$instance/events/enable"
	cat "$instance/trace" >"$work/transfer"
	cat "$work/transfer" >>"$work/all"
}

fired()	# EVENT PATTERN
{
	grep -E " $1: " "$work/all" | grep -cE -- "$2" >"$work/count" || {
		grep -E " $1: " "$work/all" | tail -n 3
		echo "no $1 with $2"
		return 1
	}
	echo "$(<"$work/count") times"
}

# The bytes that ACKs covered, from the sender's events: all, the SYN and the FIN.
acknowledged()
{
	local sum
	sum=$(grep ' ltcp_ack: ' "$work/transfer" | grep "dest=10.78.0.2:$port" |
		sed 's/.* len=\([0-9]*\) .*/\1/' | awk '{ sum += $1 } END { print sum }')
	echo "$sum of $bytes bytes"
	((sum == bytes + 2))
}

# Relative numbers: the last ACK's snd_una is where the sum of all leads.
relative()
{
	local una
	una=$(grep ' ltcp_ack: ' "$work/transfer" | grep "dest=10.78.0.2:$port" | tail -n 1 |
		sed 's/.* snd_una=\([0-9]*\) .*/\1/')
	echo "SND.UNA - ISS is $una"
	((una == bytes + 2))
}

resends_counted()
{
	local seen counted
	seen=$(grep -c " ltcp_resend: .*src=10.78.0.1" "$work/transfer")
	counted=$(<"$work/retransmitted")
	echo "$seen events, $counted segments counted"
	((seen > 5 && seen == counted && seen == $(grep -c ' tcp_retransmit_skb: .*saddr=10.78.0.1' "$work/transfer")))
}

silent_when_off()
{
	: >"$instance/trace"
	transfer 'client.close()'
	! grep -E '(tcp|ltcp)_' "$instance/trace"
}

remove()
{
	local tries
	for ((tries = 0; tries < 30; tries++)); do
		for ns in $near $far; do
			ip netns exec $ns sysctl -qw net.ltcp.purge_tw=1
		done
		rmmod ltcp 2>"$work/rmmod" && return
		sleep 0.2
	done
	cat "$work/rmmod"
	return 1
}

# perf holds an event of ltcp: the module stays until it lets go.
perf_pins()
{
	local id holder
	id=$(<$tracefs/events/ltcp/ltcp_ack/id)
	mkfifo "$work/stop"
	python3 -c "
import ctypes, struct, sys
attr = struct.pack('IIQQ', 2, 112, $id, 1) + bytes(88)
fd = ctypes.CDLL(None, use_errno=True).syscall(298, attr, -1, 0, -1, 0)
print('fd', fd, flush=True)
open('$work/stop').read()" >"$work/perf" &
	holder=$!
	wait_for grep -q 'fd [0-9]' "$work/perf"
	if rmmod ltcp 2>/dev/null; then
		echo 'rmmod did it all the same'
		insmod "$module" "${parameters[@]}"
		: >"$work/stop"
		return 1
	fi
	: >"$work/stop"
	wait $holder
}

# Switched on in tracefs while segments flow, and then the module goes.
removed_while_on()
{
	echo 1 >$tracefs/events/ltcp/enable
	record ltcp; record tcp
	transfer "client.sendall(b'x' * 100000); client.close()"
	remove || return
	[[ ! -d $tracefs/events/ltcp ]] || { echo 'its events are still there'; return 1; }
	transfer_builtin || return
	insmod "$module" "${parameters[@]}"
	[[ -d $tracefs/events/ltcp/ltcp_send ]] || { echo 'its events did not return'; return 1; }
	: >"$instance/trace"
	record ltcp
	transfer "client.sendall(b'x' * 100000); client.close()"
	grep -q ' ltcp_ack: ' "$instance/trace"
}

# The kernel's tracepoints still work for the kernel's TCP.
transfer_builtin()
{
	: >"$instance/trace"
	python3 -c "
import socket
s = socket.create_server(('127.0.0.1', $port)); c = socket.create_connection(('127.0.0.1', $port))
c.sendall(b'x'); s.accept()[0].recv(1)"
	grep -q ' tcp_probe: ' "$instance/trace" || { echo 'tcp_probe is silent'; return 1; }
}

make_network
record_everything
plan 22
check 'kernel.inet_sock_set_state [A6]' fired inet_sock_set_state "dport=$port .*oldstate=TCP_SYN_SENT newstate=TCP_ESTABLISHED"
check 'kernel.tcp_probe [A6]' fired tcp_probe "src=10.78.0.2:$port dest=10.78.0.1:.* data_len=1[0-9]{3} "
check 'kernel.tcp_retransmit_skb [A6]' fired tcp_retransmit_skb "dport=$port saddr=10.78.0.1 .*state=TCP_ESTABLISHED"
check 'kernel.tcp_retransmit_synack [A6]' fired tcp_retransmit_synack "sport=$port .*saddr=10.78.0.2 daddr=10.78.0.1"
check 'kernel.tcp_send_reset [A6]' fired tcp_send_reset "dport=$port saddr=10.78.0.1 |src=10.78.0.1:.*dest=10.78.0.2:$port"
check 'kernel.tcp_receive_reset [A6]' fired tcp_receive_reset "sport=$port .*saddr=10.78.0.2"
check 'kernel.tcp_destroy_sock [A6]' fired tcp_destroy_sock "dport=$port saddr=10.78.0.1 "
check 'kernel.tcp_rcv_space_adjust [A6]' fired tcp_rcv_space_adjust "sport=$port .*saddr=10.78.0.2"
check 'kernel.tcp_cong_state_set [A6]' fired tcp_cong_state_set "dport=$port saddr=10.78.0.1 .*cong_state=3"
sender="src=10.78.0.1:[0-9]+ dest=10.78.0.2:$port"
check 'ltcp.send [A6]' fired ltcp_send "$sender .*state=ESTABLISHED cc=[a-z]+ ca_state=Open seq=1 len=1448 flags=.*snd_una=1 .*mss=1448 cwnd=10 ssthresh=2147483647"
check 'ltcp.resend [A6]' fired ltcp_resend "$sender .*ca_state=Recovery seq=[1-9][0-9]* len=1448"
check 'ltcp.ack [A6]' fired ltcp_ack "$sender .*len=[1-9].* rtt_us=[1-9][0-9]* srtt_us=[1-9].*rto_us=[1-9].*pacing_rate=[1-9].*delivery_rate=[1-9]"
check 'ltcp.sack [A6]' fired ltcp_sack "$sender .*len=[1-9]"
check 'ltcp.lost [A6]' fired ltcp_lost "$sender .*len=1448 .*lost=[1-9]"
check 'ltcp.timeout [A6]' fired ltcp_timeout "$sender .*ca_state=Loss .*cwnd=1 "
check 'ltcp.probe [A6]' fired ltcp_probe "$sender"
check 'ltcp.acknowledged [A6]' acknowledged
check 'ltcp.relative [A6]' relative
check 'ltcp.resends_counted [A6]' resends_counted
check 'ltcp.silent_when_off [A6]' silent_when_off
if [[ -n $module ]]; then
	read -ra parameters < <(ltcp_parameters)
	check 'unload.refused_while_perf_listens [A6 A7]' perf_pins
	check 'unload.while_an_event_is_on [A6 A7]' removed_while_on
else
	result ok 'unload.refused_while_perf_listens [A6 A7] # SKIP no module file'
	result ok 'unload.while_an_event_is_on [A6 A7] # SKIP no module file'
fi
finish
