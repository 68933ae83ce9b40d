#!/bin/bash
# The usual tools show a connection of the stack under test (LTCP_PROTO): ss,
# nstat, /proc/net/tcp, /proc/net/protocols, tcpdump, conntrack-free netfilter.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"

protocol=${LTCP_PROTO:-253}
name=$([[ $protocol == 253 ]] && echo LTCP || echo TCP)
ns=tools-$$ port=7001
work=$(mktemp -d)

in_ns() { ip netns exec $ns "$@"; }

# A connection with 1000 bytes unread on one side and a keepalive timer on the other.
open_connection()
{
	ip netns add $ns
	ip -n $ns link set lo up
	# Not through in_ns: $! has to be the program itself.
	ip netns exec $ns tcpdump --immediate-mode -i lo -U -w "$work/dump" "tcp port $port" >/dev/null 2>&1 &
	dumper=$!
	wait_for [ -s "$work/dump" ]
	mkfifo "$work/stop"
	ip netns exec $ns python3 -c "
import socket
def new():
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol)
listener = new()
listener.bind(('127.0.0.1', $port)); listener.listen(7)
client = new()
client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
client.connect(('127.0.0.1', $port))
server, _ = listener.accept()
client.sendall(b'x' * 1000)
open('$work/ready', 'w').close()
open('$work/stop').read()" &
	holder=$!
	wait_for [ -e "$work/ready" ]
	sleep 0.3
}

close_connection()
{
	kill $dumper $holder 2>/dev/null || true
	wait $dumper $holder 2>/dev/null || true
	ip netns del $ns
	rm -rf "$work"
}
trap close_connection EXIT

# says PATTERN COMMAND...: the output must match; shown when it does not.
says()
{
	local pattern=$1 output
	shift
	output=$("$@")
	grep -qE -- "$pattern" <<<"$output" || { printf '%s\nno match for %s\n' "$output" "$pattern"; return 1; }
}

server_side() { in_ns ss -Htinmoe state established "sport = :$port"; }
client_side() { in_ns ss -Htinmoe state established "dport = :$port"; }

dumped()
{
	kill $dumper
	wait $dumper 2>/dev/null || true
	tcpdump -r "$work/dump" -n -v 2>/dev/null
}

no_bad_checksum()
{
	local lines
	# Segments for loopback carry only the sum of the pseudo header.
	lines=$(dumped)
	grep -q 'Flags \[S\]' <<<"$lines" && grep -q 'length 1000' <<<"$lines"
}

# One namespace's rule must see and stop the stack's segments.
netfilter_drops()
{
	in_ns nft add table ip t
	in_ns nft 'add chain ip t in { type filter hook input priority 0; }'
	in_ns nft "add rule ip t in tcp dport 7002 counter reject with tcp reset"
	! in_ns python3 -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_STREAM, $protocol).connect(('127.0.0.1', 7002))" 2>"$work/err" &&
		grep -q ConnectionRefused "$work/err" &&
		says 'packets 1' in_ns nft list ruleset
}

ss_kills()
{
	in_ns ss -K state established "sport = :$port" >/dev/null
	! in_ns ss -Htn state established "sport = :$port" | grep -q .
}

plan 15
open_connection
check 'ss__listener [A5]' says "LISTEN +0 +7 +127.0.0.1:$port" in_ns ss -Htnla
check 'ss__both_ends [A5]' says "^2$" bash -c "ip netns exec $ns ss -Htn state established '( sport = :$port or dport = :$port )' | wc -l"
check 'ss__receive_queue [A5]' says "^1000 +0 +127.0.0.1:$port" server_side
check 'ss__keepalive_timer [A5 F7]' says 'timer:\(keepalive,1(19|20)min|timer:\(keepalive,119min' client_side
check 'ss__memory [A5]' says 'skmem:\(r[0-9]+,rb[0-9]+,t[0-9]+,tb[0-9]+,f[0-9]+,w[0-9]+,o[0-9]+,bl[0-9]+,d[0-9]+\)' client_side
check 'ss__internals [A5]' says 'rto:[0-9]+.* rtt:[0-9.]+/[0-9.]+ .*mss:[0-9]+ .*cwnd:[0-9]+' client_side
check 'ss__congestion_control [A5 C2]' says ' (reno|cubic) ' client_side
check 'ss__bytes [A5]' says 'bytes_received:1000' server_side
check 'proc_net_tcp__both_ends [A5]' says '^3$' bash -c "ip netns exec $ns grep -c ':$(printf %04X $port) ' /proc/net/tcp"
check 'proc_net_protocols__counted [A5]' says "^$name +[0-9]+ +3 " in_ns cat /proc/net/protocols
check 'sockstat__in_use [A5]' says 'TCP: inuse [0-9]+' in_ns cat /proc/net/sockstat
check 'nstat__opens [A5]' says 'TcpActiveOpens +1 ' in_ns nstat -as
check 'nftables__sees_segments [A5]' netfilter_drops
check 'ss__kill [A5 A7]' ss_kills
check 'tcpdump__segments [A5]' no_bad_checksum
finish
