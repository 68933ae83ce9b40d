# Network namespaces and the wires between them, for test scripts; sourced.
# shellcheck shell=bash

make_namespaces()	# NAMESPACE...
{
	local ns
	for ns in "$@"; do
		ip netns add "$ns"
	done
}

# Also those that were forked while the others were being listed.
kill_all()	# NAMESPACE
{
	local pids
	while pids=$(ip netns pids "$1" 2>/dev/null) && [[ $pids ]]; do
		xargs kill -9 <<<"$pids" 2>/dev/null || true
	done
}

# drop_namespaces NAMESPACE...: with all that runs there; those that there are.
drop_namespaces()
{
	local ns
	for ns in "$@"; do
		kill_all "$ns"
		ip netns del "$ns" 2>/dev/null || true
	done
}

# cable NAMESPACE DEVICE ADDRESS NAMESPACE DEVICE ADDRESS: a wire, and both its ends up
cable()
{
	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	ip -n "$1" address add "$3" dev "$2"
	ip -n "$4" address add "$6" dev "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# no_offloads NAMESPACE DEVICE: each packet of the wire is one segment
no_offloads() { ip netns exec "$1" ethtool -K "$2" tso off gso off gro off >/dev/null; }
