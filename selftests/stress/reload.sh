#!/bin/bash
# The module comes and goes while the built-in TCP carries traffic, and is used
# in between; nothing of the built-in's may be lost, nothing of ltcp's stay.
#
# Environment: CYCLES (default 15) of loading and removing; as many take-overs are
# begun and ended, and at least 25.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../socket/ktap.sh"
. "$here/../socket/network.sh"

need_reloading
traffic=$here/traffic
[[ -x $traffic ]] || traffic=$here/../../build/selftests/stress/traffic
readonly cycles=${CYCLES:-15} rounds_with_traffic=2
ns=reload-$$ work=$(mktemp -d)

cleanup()
{
	drop_namespaces $ns
	load_again || true
	rm -rf "$work"
}
trap cleanup EXIT

# Sockets of processes that have just ended may live for another moment.
remove()
{
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		rmmod ltcp 2>"$work/rmmod" && return
		sleep 0.1
	done
	cat "$work/rmmod"
	return 1
}

# idle CYCLES: nothing uses ltcp meanwhile.
idle()
{
	local i
	for ((i = 0; i < $1; i++)); do
		remove || { echo "in cycle $i"; return 1; }
		insmod "$module" "${parameters[@]}" || { echo "in cycle $i"; return 1; }
	done
}

# The take-over goes on and off, with connections of ltcp in each cycle.
used()
{
	local i
	for ((i = 0; i < rounds_with_traffic; i++)); do
		ip netns exec $ns sysctl -qw net.ltcp.msl_ms=20 net.ltcp.takeover=1 || return
		ip netns exec $ns "$traffic" 0 2 || return
		(($(ip netns exec $ns awk '$1 == "PassiveOpens" { print $2 }' /proc/net/ltcp))) ||
			{ echo "in round $i nothing was taken over"; return 1; }
		ip netns exec $ns sysctl -qw net.ltcp.takeover=0 || return
		ip netns exec $ns "$traffic" 253 2 || return
		remove || { echo "in round $i"; cat /proc/net/ltcp; return 1; }
		insmod "$module" "${parameters[@]}"
	done
}

# arming: on and off, quickly, under the built-in's traffic.
arming()
{
	local i
	for ((i = 0; i < (cycles > 25 ? cycles : 25); i++)); do
		ip netns exec $ns sysctl -qw net.ltcp.takeover=1
		ip netns exec $ns sysctl -qw net.ltcp.takeover=0
	done
}

# beside COMMAND...: with traffic of the built-in in this namespace before,
# during and after.
beside()
{
	local status=0
	touch "$work/go"
	while [[ -e $work/go ]]; do
		"$traffic" 0 3 || exit 1
	done >"$work/traffic" 2>&1 &
	local pid=$!
	sleep 1
	"$@" || status=$?
	rm "$work/go"
	wait $pid || { echo "the built-in's traffic failed"; status=1; }
	cat "$work/traffic"
	return $status
}

ip netns add $ns
ip -n $ns link set lo up
plan 3
check 'module__loaded_and_removed_under_traffic [A2 A7]' beside idle "$cycles"
check 'module__used_and_removed_under_traffic [A1 A2 A7]' beside used
check 'takeover__armed_and_disarmed_under_traffic [A1 A2]' beside arming
finish
