#!/bin/bash
# Packet filters beside ltcp: NAT, connection tracking, refusals, transparent and SYN
# proxies, matches by the packet's socket, tc. The near end talks to the far end by
# way of a router in the middle. LTCP_PROTO=0 does it all with the built-in TCP.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"
. "$(dirname "${BASH_SOURCE[0]}")/traffic.sh"

readonly near=near-$$ mid=mid-$$ far=far-$$ PORT=7020
readonly NEAR=10.84.1.2 FAR=10.84.2.2
work=$(mktemp -d)
group=/sys/fs/cgroup/ltcp-$$

cleanup()
{
	drop_namespaces $near $mid $far
	rmdir $group 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

make_network()
{
	local ns
	make_namespaces $near $mid $far
	cable $near eth0 $NEAR/24 $mid left 10.84.1.1/24
	cable $far eth0 $FAR/24 $mid right 10.84.2.1/24
	for ns in $near $mid $far; do
		ip -n $ns link set lo up
		on $ns sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
	done
	ip -n $near route add default via 10.84.1.1
	ip -n $far route add default via 10.84.2.1
	ip -n $near address add 10.85.0.1/24 dev eth0
	ip -n $far address add 10.85.0.2/24 dev eth0
	take_over 1 $near $mid $far
	serve $far 0.0.0.0:$PORT
	serve $near 0.0.0.0:$PORT
	ip -n $far address add 10.84.9.9/32 dev lo
	[[ -e /sys/fs/cgroup/cgroup.procs ]] || mount -t cgroup2 none /sys/fs/cgroup
}

# chain NAMESPACE HOOK PRIORITY RULES: a chain of its own; type nat where they say so
chain()
{
	local type=filter
	[[ ! $4 =~ (nat to|redirect|masquerade) ]] || type=nat
	on "$1" nft "table ip t { chain $2_$type { type $type hook $2 priority $3; $4; }; }"
}

# with COMMAND...: as check's command; tells what rules have counted, and all go
with()
{
	local ns
	strictly "$@"
	for ns in $near $mid $far; do
		on $ns nft list ruleset | grep -F 'counter packets' || true
		on $ns nft flush ruleset
	done
	return $strict
}

# counted NAMESPACE: packets, of all its counters
counted()
{
	on "$1" nft list ruleset | awk '{ for (i = 2; i < NF; i++) if ($i == "packets") n += $(i + 1) }
		END { print n + 0 }'
}

# came NAMESPACE PATTERN: the last to have come there, "client port server port"
came() { tail -n 1 "$work/$1" | grep -qE "^[a-z]+ $2\$"; }

# ----------------------------------------------------------------------------
# Addresses that change on the way

# nat NAMESPACE HOOK RULE CLIENT SERVER ADDRESS:PORT SEEN: as the server sees both ends
nat()
{
	chain "$1" "$2" 0 "$3"
	carries "$4" "$5" "$6" && came "$5" "$7"
}

# No way back to the near end but by the router's address.
masquerade()
{
	on $far ip route del default
	nat $mid postrouting 'oifname right masquerade' $near $far $FAR:$PORT "10.84.2.1 .*" || return
	on $far ip route add default via 10.84.2.1
}

# Established connections pass the router without its rules.
flowtable()
{
	on $mid nft "table ip t {
		flowtable f { hook ingress priority 0; devices = { left, right }; }
		chain forward { type filter hook forward priority 0; counter; ip protocol tcp flow add @f; }; }"
	carries $near $far $FAR:$PORT
	(($(counted $mid) < 100))
}

# The far link is narrow, and the router does not say so.
mss_is_clamped()
{
	ip -n $mid link set right mtu 1300
	chain $mid forward 0 'tcp flags syn counter tcp option maxseg size set rt mtu'
	chain $mid output 0 'icmp type destination-unreachable counter drop'
	carries $near $far $FAR:$PORT
	(($(counted $mid) == 2))
	ip -n $mid link set right mtu 1500
}

# ----------------------------------------------------------------------------
# Connection tracking, which knows what a TCP may send

# invalid_packets [MATCH]: in the lives of connections, at either end and between
invalid_packets()
{
	local ns hook
	for ns in $near $mid $far; do
		for hook in prerouting output; do
			chain $ns $hook 0 "ct state invalid $* counter drop"
		done
	done
	on $near python3 -IS "$traffic" life $FAR:$PORT
	for ns in $near $mid $far; do
		counted $ns
		on $ns nft flush ruleset
	done
}

tracked() { alike $near invalid_packets; }

# Not counted are RSTs to what is on its way yet when an end has been reset: only the
# first has a connection to belong to, and which one that is depends on what gets lost.
tracked_with_losses()
{
	local status=0
	tc -n $mid qdisc add dev left root netem delay 3ms loss 2%
	tc -n $mid qdisc add dev right root netem delay 3ms loss 2%
	alike $near invalid_packets 'tcp flags & rst == 0' || status=1
	tc -n $mid qdisc del dev left root
	tc -n $mid qdisc del dev right root
	return $status
}

# Between the first packets of a connection and the near end stands a proxy, which
# answers the SYN itself, with a window of 0, and then opens another to the far end.
synproxy()
{
	on $mid sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
	chain $mid prerouting -300 "tcp dport $PORT tcp flags syn notrack"
	chain $mid forward 0 "tcp dport $PORT ct state invalid,untracked counter synproxy mss 1460 wscale 7 timestamp sack-perm; ct state invalid counter drop"
	carries $near $far $FAR:$PORT || return
	take_over 0 $near
	on $near python3 -IS "$traffic" ask $FAR:$PORT $SIZE | tee /dev/stderr | grep -q same
	take_over 1 $near
	on $mid sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
	(($(counted $mid) >= 4))
}

# ----------------------------------------------------------------------------
# Refusals

readonly REFUSALS=('tcp reset' 'icmp '{port,host,net,prot}-unreachable 'icmp '{admin,net,host}-prohibited)

# refuse NAMESPACE HOOK: ports from 7100 on, each in its way
refuse()
{
	local i=7100 rules='' how
	for how in "${REFUSALS[@]}"; do
		rules+="tcp dport $((i++)) reject with ${how/icmp/icmp type};"
	done
	chain "$1" "$2" 0 "${rules%;}"
}

# A program learns at once, and what the built-in would tell it.
refused()
{
	refuse "$1" "$2"
	printf '%s: ' "${REFUSALS[@]}"; echo
	alike $near on $near python3 -IS "$traffic" ask \
		"$(printf "$FAR:%s," $(seq 7100 $((7099 + ${#REFUSALS[@]}))) | sed 's/,$//')" 5
}

# As a filter does that finds a forbidden word.
reset_midway()
{
	chain "$1" "$2" 0 "tcp dport $PORT tcp flags & psh == psh counter reject with tcp reset"
	alike $near on $near python3 -IS "$traffic" ask $FAR:$PORT 5
	(($(counted "$1") >= 2))
}

# ----------------------------------------------------------------------------
# Whose packet is it?

# The router takes connections to the far end for its own: its sockets have the far
# end's address, and those that go on from there the near end's.
tproxy()
{
	ip -n $mid rule add fwmark 1 lookup 100
	ip -n $mid route add local 0.0.0.0/0 dev lo table 100
	serve $mid 0.0.0.0:7055 transparent
	chain $mid prerouting -150 "tcp dport 7050 socket transparent 1 counter meta mark set 1 accept;
		iifname left tcp dport 7050 counter tproxy to :7055 meta mark set 1 accept;
		iifname right socket transparent 1 counter meta mark set 1 accept"
	carries $near $mid $FAR:7050
	came $mid "$NEAR [0-9]+ $FAR 7050"
	carries $mid $far $FAR:$PORT own=$NEAR transparent
	came $far "$NEAR .*"
	! on $mid nft list ruleset | grep 'packets 0'
}

# only NAMESPACE HOOK PACKETS MATCH: of these packets no others pass
only() { chain "$1" "$2" 0 "$3 $4 counter accept; $3 counter drop"; }

# What a socket sends or gets is known for its own. The third segment of a handshake
# is a request's, which has no mark and no control group, nor has what it sends.
readonly DATA='tcp flags & (psh | fin) != 0'
of_mark()
{
	serve $far 0.0.0.0:7021 mark=9
	only $far input "tcp dport 7021 $DATA" 'socket mark 9'
	only $far output 'tcp sport 7021' 'meta mark 9'
	only $near output 'tcp dport 7021' 'meta mark 7'
	carries $near $far $FAR:7021 mark=7
}

# From the SYN-ACK on.
of_user()
{
	serve $far 0.0.0.0:7022 user=1234
	only $far output 'tcp sport 7022' 'meta skuid 1234'
	only $near output 'tcp dport 7022' 'meta skuid 4321'
	carries $near $far $FAR:7022 user=4321
}

of_group()
{
	mkdir $group
	echo 0 >$group/cgroup.procs
	serve $far 0.0.0.0:7023
	only $far input "tcp dport 7023 $DATA" "socket cgroupv2 level 1 \"${group##*/}\""
	only $far output "tcp sport 7023 $DATA" "socket cgroupv2 level 1 \"${group##*/}\""
	carries $near $far $FAR:7023
}

# ----------------------------------------------------------------------------
# tc

# Both ends on one wire, of which the router's tc makes the middle.
wired()
{
	tc -n $mid qdisc add dev left clsact
	tc -n $mid qdisc add dev right clsact
	strictly "$@"
	tc -n $mid -s filter show dev left ingress | grep -E 'action|Sent'
	tc -n $mid qdisc del dev left clsact
	tc -n $mid qdisc del dev right clsact
	return $strict
}

mirred()
{
	tc -n $mid filter add dev left ingress matchall action mirred egress redirect dev right
	tc -n $mid filter add dev right ingress matchall action mirred egress redirect dev left
	carries $near $far 10.85.0.2:$PORT
}

act_ct()
{
	local from to
	for from in left right; do
		to=$([[ $from == left ]] && echo right || echo left)
		tc -n $mid filter add dev $from ingress protocol ip prio 1 chain 0 flower \
			ip_proto tcp ct_state -trk action ct zone 1 pipe action goto chain 1
		tc -n $mid filter add dev $from ingress protocol arp prio 2 chain 0 matchall \
			action mirred egress redirect dev $to
		tc -n $mid filter add dev $from ingress protocol ip prio 1 chain 1 flower \
			ct_state +trk+est action mirred egress redirect dev $to
	done
	tc -n $mid filter add dev left ingress protocol ip prio 2 chain 1 flower \
		ct_state +trk+new action ct zone 1 commit pipe action mirred egress redirect dev right
	carries $near $far 10.85.0.2:$PORT
}

command -v nft >/dev/null || skip_all 'nftables is not installed'
modprobe -a nft_chain_nat nft_masq nft_redir nft_flow_offload nft_ct nft_synproxy \
	nft_reject_ipv4 nft_tproxy nft_socket act_mirred act_ct 2>/dev/null ||
	skip_all 'this kernel has not all of netfilter'
make_network
plan 22
check 'nat.masquerade [A5]' with masquerade
check 'nat.dnat_by_router [A5]' with nat $mid prerouting "tcp dport 80 dnat to $FAR:$PORT" \
	$near $far 10.84.1.1:80 "$NEAR .* $FAR $PORT"
check 'nat.redirect_by_server [A5]' with nat $far prerouting "tcp dport 81 redirect to :$PORT" \
	$near $far $FAR:81 "$NEAR .* $FAR $PORT"
check 'nat.dnat_by_server [A5]' with nat $far prerouting "tcp dport 82 dnat to 10.84.9.9:$PORT" \
	$near $far $FAR:82 "$NEAR .* 10.84.9.9 $PORT"
check 'nat.dnat_by_client [A5]' with nat $near output "tcp dport 83 dnat to $FAR:$PORT" \
	$near $far 10.99.9.9:83 "$NEAR .* $FAR $PORT"
check 'nat.redirect_to_itself [A5]' with nat $near output "tcp dport 84 redirect to :$PORT" \
	$near $near $FAR:84 ".* $PORT"
check 'nat.flowtable [A5]' with flowtable
check 'nat.mss_is_clamped [A5 R9]' with mss_is_clamped
check 'conntrack.nothing_invalid [A5 S1 S5]' with tracked
check 'conntrack.nothing_invalid_with_losses [A5 S1 S5]' with tracked_with_losses
check 'conntrack.synproxy [A5 D1]' with synproxy
check 'reject.at_the_server [A5 R9]' with refused $far input
check 'reject.by_the_router [A5 R9]' with refused $mid forward
check 'reject.on_the_way_out [A5 R9]' with refused $near output
check 'reject.midway_at_the_server [A5 S5]' with reset_midway $far input
check 'reject.midway_on_the_way_out [A5 S5]' with reset_midway $near output
check 'owner.tproxy [A3 A5]' with tproxy
check 'owner.mark [A3 A5]' with of_mark
check 'owner.user [A5]' with of_user
check 'owner.cgroup [A5]' with of_group
check 'tc.mirred [A5]' wired mirred
check 'tc.act_ct [A5]' wired act_ct
finish
