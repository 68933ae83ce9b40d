#!/bin/bash
# Everything happens to a network at once while transfers run over it, between
# ltcp and ltcp and between ltcp and the built-in TCP: the wire loses, corrupts,
# reorders and doubles packets, changes its MTU and goes down; routes, addresses and
# neighbours change; devices stop and start to help; a CPU leaves; readers rest, ends are
# killed; there is no memory. No byte may be wrong, missing or doubled, no connection
# get stuck (chaos.c), nothing be left behind.
#
# The sockets are a control group's, whose limit changes. On the debug kernel
# allocations of objects and of pages fail, too; then any error may end a connection.
#
# Environment: SEED repeats the order of events (processes run as they will), SECONDS_OF_CHAOS
# (default 12), EVENTS ("wire mtu ...": only these).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../socket/ktap.sh"
. "$here/../socket/network.sh"

chaos=$here/chaos
[[ -x $chaos ]] || chaos=$here/../../build/selftests/stress/chaos
readonly seed=${SEED:-$((RANDOM * 32768 + RANDOM))} seconds=${SECONDS_OF_CHAOS:-12}
readonly left=chaos-left-$$ right=chaos-right-$$
readonly ours=${LTCP_PROTO:-253} theirs=0
work=$(mktemp -d)

cleanup()
{
	drop_namespaces $left $right
	rmdir "${GROUP:-}" 2>/dev/null || true
	umount "$work/groups" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

draw() { printf -v "$1" %s $((RANDOM % ($3 - $2 + 1) + $2)); }	# NAME FROM TO

pick()		# NAME WORD...
{
	local i
	draw i 2 $#
	printf -v "$1" %s "${!i}"
}

# --- the network -------------------------------------------------------------

# Two wires, w1 and w2, join two namespaces. The addresses 10.90.0.1 and 10.90.0.2 are
# reached over either.
make_network()
{
	local ns n
	make_namespaces $left $right
	for ns in $left $right; do
		ip -n $ns link set lo up
		ip netns exec $ns sysctl -qw net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.tcp_fin_timeout=5
		ip netns exec $ns sysctl -qw net.ltcp.msl_ms=50 || true
	done
	for n in 1 2; do
		cable $left w$n 10.90.$n.1/24 $right w$n 10.90.$n.2/24
	done
	heal
}

# From here on SIDE is left or right, WIRE is w1 or w2.
declare -rA namespace=([left]=$left [right]=$right) other=([left]=right [right]=left)
declare -rA home=([left]=10.90.0.1 [right]=10.90.0.2) away=([left]=10.90.0.2 [right]=10.90.0.1)

on()		# SIDE COMMAND...
{
	local side=$1
	shift
	nsenter --net="/run/netns/${namespace[$side]}" "$@"
}

next_hop() { printf %s "10.90.${2#w}.${away[$1]##*.}"; }	# SIDE WIRE

route()		# SIDE WIRE [MORE...]: to the other side's address
{
	local side=$1 wire=$2 hop
	hop=$(next_hop "$side" "$wire")
	shift 2
	on "$side" ip route replace ${away[$side]} via "$hop" dev "$wire" src ${home[$side]} "$@"
}

# Everything as it should be.
heal()
{
	local side wire
	for side in left right; do
		on $side ip address replace ${home[$side]}/32 dev lo
		for wire in w1 w2; do
			on $side ip link set $wire up mtu 1500
			on $side tc qdisc del dev $wire root 2>/dev/null || true
			on $side ip neigh flush dev $wire nud all
			on $side ethtool -K $wire sg on tx on rx on tso on gso on gro on >/dev/null
		done
	done
	for side in left right; do
		on $side ip route flush to ${away[$side]}
		route $side w1
	done
	online 1
	[[ ! -s $work/mem ]] || sysctl -qw net.ipv4.tcp_mem="$(<"$work/mem")"
	[[ -z ${GROUP:-} ]] || echo max >"$GROUP/memory.max"
}

# The sockets' control group, where the kernel limits memory by groups.
make_group()
{
	local groups=$work/groups
	mkdir "$groups"
	mount -t cgroup2 none "$groups" && echo +memory >"$groups/cgroup.subtree_control" ||
		return 0
	mkdir -p "$groups/chaos"
	export GROUP=$groups/chaos
}

# --- events: each happens to a side and a wire --------------------------------

wire()
{
	local loss twice wrong delay
	draw loss 0 5; draw twice 0 5; draw wrong 0 2; draw delay 1 10
	on $1 tc qdisc replace dev $2 root netem limit 5000 loss $loss% duplicate $twice% \
		corrupt $wrong% delay ${delay}ms reorder 90%
}

clean_wire()	{ on $1 tc qdisc replace dev $2 root pfifo; }

mtu()
{
	local mtu
	pick mtu 576 1300 1500 1500 9000
	on $1 ip link set $2 mtu $mtu
	on ${other[$1]} ip link set $2 mtu $mtu
}

flap()
{
	on $1 ip link set $2 down
	nap
	on $1 ip link set $2 up
	route $1 w1; route ${other[$1]} w1
}

route_over()	{ route $1 $2; }

route_gone()
{
	local how
	pick how blackhole unreachable prohibit
	on $1 ip route replace $how ${away[$1]}
	nap
	on $1 ip route flush to ${away[$1]}
	route $1 $2
}

route_mtu()
{
	local mtu
	pick mtu 552 600 1200 1500
	route $1 $2 mtu $mtu
}

address()
{
	on $1 ip address del ${home[$1]}/32 dev lo
	nap
	on $1 ip address add ${home[$1]}/32 dev lo
	route $1 $2
}

neighbour()
{
	local at
	at=$(next_hop $1 $2)
	on $1 ip neigh replace $at dev $2 \
		lladdr 02:00:00:00:00:99 nud permanent
	nap
	on $1 ip neigh del $at dev $2
}

# Some need others: what a device refuses does no harm.
offload()
{
	local feature how
	pick feature tso gso gro tx rx sg
	pick how on off
	on $1 ethtool -K $2 $feature $how >/dev/null 2>&1 || true
}

online()
{
	local cpu=/sys/devices/system/cpu/cpu1/online
	[[ ! -w $cpu ]] || echo $1 >$cpu
}

cpu() { online 0; nap; online 1; }

memory()
{
	local pages
	pick pages 16 64 256
	sysctl -qw net.ipv4.tcp_mem="$pages $((pages * 2)) $((pages * 3))"
	nap
	sysctl -qw net.ipv4.tcp_mem="$(<"$work/mem")"
}

# The limit holds at once; then the kernel looks for memory to take back, in vain, until
# a signal comes.
group()
{
	local bytes
	[[ -n ${GROUP:-} ]] || return 0
	pick bytes 200K 500K 1M 4M
	echo $bytes >"$GROUP/memory.max" &
	nap; nap
	kill $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	echo max >"$GROUP/memory.max"
}

buffers()
{
	local bytes
	pick bytes 4096 16384 131072 6000000
	on $1 sysctl -qw net.ipv4.tcp_rmem="4096 $bytes 6000000" \
		net.ipv4.tcp_wmem="4096 $bytes 4000000"
}

settings()
{
	local name value
	pick name tcp_sack tcp_timestamps tcp_window_scaling tcp_recovery tcp_mtu_probing \
		tcp_early_retrans tcp_frto tcp_moderate_rcvbuf
	draw value 0 1
	on $1 sysctl -qw net.ipv4.$name=$value
}

congestion()
{
	local name
	pick name cubic reno bbr tahoe
	on $1 sysctl -qw net.ipv4.tcp_congestion_control=$name 2>/dev/null || true
}

nap() { local ms; draw ms 50 500; sleep "$(printf 0.%03d $ms)"; }

# One in a hundred of ltcp's allocations, of objects or of pages, fails for a while,
# on the debug kernel.
failures()
{
	local kind where text
	pick kind failslab fail_page_alloc
	where=/sys/kernel/debug/$kind
	[[ -d $where ]] || return 0
	if [[ $kind == fail_page_alloc ]]; then
		echo 0 >$where/min-order
		echo N >$where/ignore-gfp-highmem
	fi
	text=$(<"/sys/module/ltcp/sections/.text")
	printf %s "$text" >$where/require-start
	printf '0x%x' $((text + 0x100000)) >$where/require-end
	echo N >$where/ignore-gfp-wait
	echo 0 >$where/verbose
	echo -1 >$where/times
	echo 1 >$where/probability
	nap; nap; nap
	echo 0 >$where/probability
}

readonly events=(${EVENTS:-wire wire wire clean_wire mtu flap route_over route_gone route_mtu
	address neighbour offload offload cpu memory group buffers settings congestion failures failures})

# --- the run -----------------------------------------------------------------

disturb()
{
	local end=$((SECONDS + seconds)) event side wire
	chrt --rr --pid 1 $BASHPID	# a busy machine must not slow the events down
	while ((SECONDS < end)); do
		pick event "${events[@]}"
		pick side left right
		pick wire w1 w2
		echo "$event $side $wire" >>"$work/events"
		$event $side $wire || { echo "$event $side $wire failed"; return 1; }
		nap
	done
}

# start NAME SIDE ARGUMENT...
start()
{
	local name=$1 side=$2
	shift 2
	echo -1000 >/proc/$BASHPID/oom_score_adj	# for want of memory a call may fail
	# With its group at its limit the kernel may not get at this memory of a process,
	# and ends it with SIGSEGV
	export GLIBC_TUNABLES=glibc.pthread.rseq=0
	exec nsenter --net="/run/netns/${namespace[$side]}" nice -n 19 "$chaos" "$@" >"$work/$name" 2>&1
}

server()	# PROTOCOL PORT
{
	start server-$2 right serve $1 $2 &
	servers+=($!)
}

client()	# PROTOCOL PORT
{
	local n=${#clients[@]}
	start client-$n left use $1 10.90.0.2 $2 $((seed + n)) $seconds &
	clients+=($!)
}

# All processes' words, and whether they were content.
await()		# PID...
{
	local pid status=0
	for pid; do
		wait $pid || status=1
	done
	return $status
}

transfers()
{
	local status=0 i servers=() clients=()
	server $ours 5001; server $theirs 5002
	sleep 1
	for i in 1 2; do
		client $ours 5001; client $ours 5002; client $theirs 5001
	done
	disturb || status=1
	heal || status=1
	await "${clients[@]}" || status=1
	kill "${servers[@]}"
	await "${servers[@]}" || status=1
	cat "$work"/client-* "$work"/server-*
	[[ -z ${GROUP:-} ]] || echo "group: at most $(<"$GROUP/memory.peak") bytes," \
		"$(sed -n 's/^max //p' "$GROUP/memory.events") times at its limit"
	sort "$work/events" | cut -d' ' -f1 | uniq -c | tr '\n' ' '; echo
	((!status)) || paste -sd, "$work/events"
	return $status
}

some_whole()
{
	local file
	for file in "$work"/client-* "$work"/server-*; do
		grep -q ' [1-9][0-9]* whole' "$file" || { echo "nothing whole: $(cat "$file")"; return 1; }
	done
}

objects()
{
	local cache
	for cache in LTCP tw_sock_LTCP request_sock_LTCP; do
		echo 1 >/sys/kernel/slab/$cache/shrink 2>/dev/null || true
	done
	awk '/^(tw_sock_|request_sock_)?LTCP /{ sum += $2 } END { print sum + 0 }' /proc/slabinfo
}
nothing_left() { (($(objects) <= before)); }

[[ ! -d /sys/kernel/debug/failslab ]] || export MAY_BREAK=1
RANDOM=$((seed % 32768))
sysctl -n net.ipv4.tcp_mem >"$work/mem"
before=$(objects)
make_network
make_group
plan 3
echo "# SEED=$seed SECONDS_OF_CHAOS=$seconds"
check 'chaos.transfers__everything_happens [A2 D5 F9 R1 R9 S5 W2]' transfers
check 'chaos.transfers__some_went_through [A2]' some_whole
check 'chaos.memory__nothing_is_left [A7]' wait_for nothing_left
finish
