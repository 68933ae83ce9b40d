#!/bin/bash
# Namespaces come and go with live connections in them, and the take-over goes on
# and off under traffic of both TCPs. Nothing may be wrong in the traffic beside it,
# nothing may stay.
#
# Environment: CYCLES (default 3) pairs of namespaces; ten take-overs for each.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../socket/ktap.sh"
. "$here/../socket/network.sh"

chaos=$here/chaos traffic=$here/traffic
[[ -x $chaos ]] || { chaos=$here/../../build/selftests/stress/chaos
		     traffic=$here/../../build/selftests/stress/traffic; }
readonly cycles=${CYCLES:-3} ours=${LTCP_PROTO:-253}
readonly near=churn-near-$$ far=churn-far-$$
work=$(mktemp -d)

cleanup()
{
	drop_namespaces $near $far
	rm -rf "$work"
}
trap cleanup EXIT

on() { local ns=$1; shift; nsenter --net=/run/netns/$ns "$@"; }

make_pair()
{
	local ns
	make_namespaces $near $far
	for ns in $near $far; do
		[[ $ours == 0 ]] || on $ns sysctl -qw net.ltcp.msl_ms=50
		on $ns sysctl -qw net.ipv4.tcp_orphan_retries=1
	done
	cable $near eth0 10.91.0.1/24 $far eth0 10.91.0.2/24
}

run() { on "$1" "$chaos" "${@:2}" >/dev/null 2>&1 & }

# Are there connections, of both TCPs?
connected()
{
	[[ $(on $near ss -Htn state established 'dport = 5001') &&
	   $(on $near ss -Htn state established 'dport = 5002') ]]
}

# One end of each connection is killed, its namespace deleted, and then the other.
lived_and_died()
{
	local i first second
	for ((i = 0; i < cycles; i++)); do
		make_pair
		run $far serve "$ours" 5001
		run $far serve 0 5002
		wait_for on $far ss -Hltn 'sport = 5002' >/dev/null
		run $near use "$ours" 10.91.0.2 5001 $i 100
		run $near use "$ours" 10.91.0.2 5002 $i 100
		wait_for connected || return
		sleep 0.$((RANDOM % 9 + 1))
		first=$near second=$far
		((i % 2)) || { first=$far second=$near; }
		kill_all $first
		ip netns del $first
		kill_all $second
		ip netns del $second
		wait
		[[ ! -e /run/netns/$near && ! -e /run/netns/$far ]] || return
	done
}

# Orphans in a namespace without devices give up after their few retransmissions.
sockets()
{
	awk '/^(tw_sock_|request_sock_)?LTCP /{ sum += $2 } END { print sum + 0 }' /proc/slabinfo
}

nothing_left()
{
	local cache
	for cache in LTCP tw_sock_LTCP request_sock_LTCP; do
		echo 1 2>/dev/null >/sys/kernel/slab/$cache/shrink || true
	done
	(($(sockets) <= before))
}

# What is left is shown; what was there at the beginning is allowed.
memory_back()
{
	wait_for nothing_left && return
	printf '%s at the beginning, now:\n' "$before"
	grep -E '^(tw_sock_|request_sock_)?LTCP ' /proc/slabinfo
	return 1
}

# Programs that were begun on either side of the switch go on.
switched()
{
	local i status=0 users=() pid
	ip netns add $near
	ip -n $near link set lo up
	for i in 0 "$ours" 0; do
		on $near "$traffic" "$i" 4 & users+=($!)
	done
	on $near bash -c "for ((i = 0; i < $cycles * 10; i++)); do
		echo 1 >/proc/sys/net/ltcp/takeover && echo 0 >/proc/sys/net/ltcp/takeover || exit 1
	done" || status=1
	for pid in "${users[@]}"; do
		wait $pid || status=1
	done
	ip netns del $near
	return $status
}

before=$(sockets)
plan 3
check 'churn.namespaces__deleted_with_live_connections [A7 S5]' lived_and_died
check 'churn.takeover__switched_under_both [A1 A2]' switched
check 'churn.memory__nothing_is_left [A7]' memory_back
finish
