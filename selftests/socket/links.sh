#!/bin/bash
# ltcp over the links and routes that a Linux host can have: tunnels across a path
# that is narrower than they think, IPsec, VRFs, the devices of containers; and what
# routes and rules forbid or prescribe. LTCP_PROTO=0 does it with the built-in TCP.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"
. "$(dirname "${BASH_SOURCE[0]}")/traffic.sh"

readonly near=near-$$ mid=mid-$$ far=far-$$ box=box-$$ PORT=7020
readonly NEAR=10.84.1.2 FAR=10.84.2.2
work=$(mktemp -d)
# What an error by a router costs of its budget; this one is for the whole machine.
error_cost=/proc/sys/net/ipv4/route/error_cost
usual_cost=$(<$error_cost)

cleanup()
{
	echo "$usual_cost" >$error_cost
	drop_namespaces $near $mid $far $box
	rm -rf "$work"
}
trap cleanup EXIT

# near -- mid -- far, and from near to far two wires without addresses; $box is a
# container of near's.
make_network()
{
	local ns
	echo 0 >$error_cost
	make_namespaces $near $mid $far $box
	cable $near eth0 $NEAR/24 $mid left 10.84.1.1/24
	cable $far eth0 $FAR/24 $mid right 10.84.2.1/24
	for ns in $near $mid $far $box; do
		ip -n $ns link set lo up
		on $ns sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
	done
	ip -n $near route add default via 10.84.1.1
	ip -n $far route add default via 10.84.2.1
	ip -n $mid route replace 10.84.2.0/24 dev right mtu 1400
	ip -n $mid route replace 10.84.1.0/24 dev left mtu 1400
	take_over 1 $near $far $box
	serve $far 0.0.0.0:$PORT
	serve $near 0.0.0.0:$PORT
}

wires()
{
	local i
	for i in 1 2; do
		ip link add eth$i netns $near type veth peer name eth$i netns $far
		ip -n $near link set eth$i up
		ip -n $far link set eth$i up
	done
}

# with COMMAND...: on new wires, which go afterwards with all that was built on them
with()
{
	local ns
	wires
	strictly "$@"
	for ns in $box $near $far; do
		ip -n $ns -br link | grep -oE '^(tun|dev|bond|vrf|br)[0-9]+' |
			xargs -rn1 ip -n $ns link del 2>/dev/null || true
	done
	ip -n $near link del eth1
	ip -n $near link del eth2
	return $strict
}

# both NAMESPACE NAMESPACE NET DEVICE: the device has an address at each end, and is up
both()
{
	ip -n "$1" address add "$3.1/24" dev "$4"
	ip -n "$2" address add "$3.2/24" dev "$4"
	ip -n "$1" link set "$4" up
	ip -n "$2" link set "$4" up
}

# both_ways NET: each end opens a connection to the other
both_ways()
{
	carries $near $far "$1.2:$PORT" && carries $far $near "$1.1:$PORT"
}

# ----------------------------------------------------------------------------
# Tunnels from end to end, with devices that count on 1500 bytes

tunnel()	# TYPE [ARGUMENT...]
{
	ip -n $near link add tun0 type "$1" local $NEAR remote $FAR "${@:2}"
	ip -n $far link add tun0 type "$1" local $FAR remote $NEAR "${@:2}"
	both $near $far 10.86.0 tun0
	both_ways 10.86.0
}

wireguard()
{
	local ns
	for ns in near far; do
		(umask 077; wg genkey >"$work/$ns.key")
		ip -n ${!ns} link add tun0 type wireguard
		on ${!ns} wg set tun0 private-key "$work/$ns.key" listen-port 51820
	done
	on $near wg set tun0 peer "$(wg pubkey <"$work/far.key")" allowed-ips 10.86.0.0/24 endpoint $FAR:51820
	on $far wg set tun0 peer "$(wg pubkey <"$work/near.key")" allowed-ips 10.86.0.0/24
	both $near $far 10.86.0 tun0
	both_ways 10.86.0
}

# Between the two ends' own addresses; the other way only inside the other's answers.
ipsec()		# transport|tunnel
{
	local ns
	for ns in $near $far; do
		ip -n $ns xfrm state add src $NEAR dst $FAR proto esp spi 1 mode "$1" reqid 1 \
			aead 'rfc4106(gcm(aes))' 0x0102030405060708090a0b0c0d0e0f1011121314 128
		ip -n $ns xfrm state add src $FAR dst $NEAR proto esp spi 2 mode "$1" reqid 1 \
			aead 'rfc4106(gcm(aes))' 0x1112131415161718191a1b1c1d1e1f2021222324 128
	done
	protect $near $NEAR $FAR "$1"
	protect $far $FAR $NEAR "$1"
	on $mid nft 'table ip t { chain c { type filter hook forward priority 0; meta l4proto != esp counter drop; }; }'
	carries $near $far $FAR:$PORT && carries $far $near $NEAR:$PORT
}

protect()	# NAMESPACE OWN PEER MODE
{
	ip -n "$1" xfrm policy add src "$2" dst "$3" dir out tmpl src "$2" dst "$3" proto esp reqid 1 mode "$4"
	ip -n "$1" xfrm policy add src "$3" dst "$2" dir in tmpl src "$3" dst "$2" proto esp reqid 1 mode "$4"
}

unprotected()	# COMMAND...: as with, and no IPsec is left
{
	local ns
	strictly "$@"
	for ns in $near $far; do
		ip -n $ns xfrm policy flush
		ip -n $ns xfrm state flush
	done
	on $mid nft flush ruleset 2>/dev/null || true
	return $strict
}

# ----------------------------------------------------------------------------
# Devices on top of others

# container TYPE [ARGUMENT...]: a device in the box that is part of near's eth1
container()
{
	ip -n $near link add dev0 link eth1 netns $box type "$@"
	ip -n $box address add 10.87.0.1/24 dev dev0
	ip -n $box link set dev0 up
	ip -n $far address add 10.87.0.2/24 dev eth1
	carries $box $far 10.87.0.2:$PORT
}

# In its own network, to which near is the router.
container_l3()
{
	ip -n $near address add 10.87.0.1/24 dev eth1
	ip -n $far address add 10.87.0.2/24 dev eth1
	ip -n $near link add dev0 link eth1 netns $box type ipvlan mode l3
	ip -n $box address add 10.87.1.1/24 dev dev0
	ip -n $box link set dev0 up
	ip -n $box route add default dev dev0
	ip -n $far route add 10.87.1.0/24 via 10.87.0.1
	carries $box $far 10.87.0.2:$PORT
}

bridged()
{
	ip -n $near link add br0 type bridge
	ip link add dev0 netns $box type veth peer name dev1 netns $near
	ip -n $near link set dev1 up master br0
	ip -n $near link set eth1 master br0
	ip -n $near link set br0 up
	ip -n $box address add 10.87.0.1/24 dev dev0
	ip -n $box link set dev0 up
	ip -n $far address add 10.87.0.2/24 dev eth1
	carries $box $far 10.87.0.2:$PORT
}

# Packets go by both wires in turn, so they overtake each other.
bonded()
{
	local ns i
	for ns in $near $far; do
		ip -n $ns link add bond0 type bond mode balance-rr miimon 100
		for i in 1 2; do
			ip -n $ns link set eth$i down
			ip -n $ns link set eth$i master bond0
		done
	done
	both $near $far 10.87.0 bond0
	sleep 1
	both_ways 10.87.0
}

# ----------------------------------------------------------------------------
# VRFs and bound devices

make_vrf()
{
	ip -n $near link add vrf0 type vrf table 10
	ip -n $near link set vrf0 up
	ip -n $near link set eth1 master vrf0
	both $near $far 10.87.0 eth1
	! on $near python3 -IS "$traffic" ask 10.87.0.2:$PORT 5 | grep same
}

vrf()
{
	make_vrf
	serve $near 0.0.0.0:7030 dev=vrf0
	carries $near $far 10.87.0.2:$PORT dev=vrf0
	carries $near $far 10.87.0.2:$PORT dev=eth1
	carries $far $near 10.87.0.1:7030
}

# A listener that is bound to no device hears of a VRF what the setting says.
vrf_accept()
{
	local accept said
	make_vrf
	for accept in 0 1; do
		on $near sysctl -qw net.ipv4.tcp_l3mdev_accept=$accept
		said=$(on $far python3 -IS "$traffic" ask 10.87.0.1:$PORT,10.87.0.1:7777 $SIZE)
		echo "tcp_l3mdev_accept $accept: $said"
		((accept)) || [[ $said == 'ECONNREFUSED, ECONNREFUSED' ]] || return
	done
	on $near sysctl -qw net.ipv4.tcp_l3mdev_accept=0
	[[ $said == 'same, ECONNREFUSED' ]]
}

bound_device()
{
	both $near $far 10.87.0 eth1
	serve $near 0.0.0.0:7031 dev=eth1
	carries $far $near 10.87.0.1:7031
	carries $near $far 10.87.0.2:$PORT dev=eth1
	[[ $(on $far python3 -IS "$traffic" ask $NEAR:7031 5) == ECONNREFUSED ]]
}

# ----------------------------------------------------------------------------
# What routes and rules say

# None of these lets a connection through, and each has its errno.
forbidden()
{
	local type i=0 where=''
	for type in prohibit blackhole unreachable throw; do
		ip -n $near route add $type 10.88.0.$((++i))
		where+="10.88.0.$i:$PORT,"
	done
	ip -n $near route add 10.88.1.1 via 10.84.1.99		# where nobody is
	ip -n $near route add 10.84.2.99 via 10.84.1.1 hoplimit 1
	ip -n $near xfrm policy add dst 10.88.1.3 dir out action block
	ip -n $mid route add prohibit 10.88.2.1
	ip -n $mid route add unreachable 10.88.2.2
	where+=$(printf "%s:$PORT," 10.88.1.{1,3} 10.84.2.99 10.88.2.{1,2,3} 255.255.255.255 224.0.0.1)
	alike $near on $near python3 -IS "$traffic" ask "${where%,}" 5
}

# ruled RULE OPTION...: without the rule no way, with it there is one
ruled()
{
	local status=0
	ip -n $near route replace unreachable $FAR
	ip -n $near route replace $FAR via 10.84.1.1 table 200
	alike $near on $near python3 -IS "$traffic" ask $FAR:$PORT 5 "${@:2}" || status=1
	# shellcheck disable=SC2086  # words
	ip -n $near rule add $1 lookup 200
	carries $near $far $FAR:$PORT "${@:2}" || status=1
	ip -n $near rule del lookup 200
	ip -n $near route del unreachable $FAR
	return $status
}

readonly PACKETS=('ip length > 1000' 'ip ttl != 17' 'ip frag-off & 0x4000 == 0'
	'tcp flags syn tcp option maxseg size 700' 'tcp flags & syn == 0 tcp window > 5000'
	'tcp flags & (syn | ecn | cwr) == (syn | ecn | cwr)')

# prescribed PATTERN OPTION...: packets of which of these kinds come to the router when
# the route says so: + for some, - for none
prescribed()
{
	local rules seen
	no_offloads $near eth0
	ip -n $near route replace $FAR via 10.84.1.1 "${@:2}"
	printf -v rules 'iifname left ip protocol tcp %s counter;' "${PACKETS[@]}"
	on $mid nft "table ip t { chain c { type filter hook prerouting priority 0; $rules }; }"
	carries $near $far $FAR:$PORT || return
	seen=$(on $mid nft list ruleset | awk '/counter/ { printf "%s", (/packets 0 /) ? "-" : "+" }')
	on $mid nft flush ruleset
	echo "$seen"
	# shellcheck disable=SC2053  # a pattern
	[[ $seen == $1 ]]
}

command -v nft >/dev/null || skip_all 'nftables is not installed'
modprobe -a ipip ip_gre vxlan wireguard esp4 macvlan ipvlan bridge bonding vrf 2>/dev/null ||
	skip_all 'this kernel has not all kinds of links'
make_network
plan $((22 + LTCP))
check 'tunnel.ipip [A5 R9]' with tunnel ipip
check 'tunnel.gre [A5 R9]' with tunnel gre
check 'tunnel.vxlan [A5 R9]' with tunnel vxlan id 7 dstport 4789
check 'tunnel.wireguard [A5 R9]' with wireguard
check 'ipsec.transport [A5 R9]' unprotected ipsec transport
check 'ipsec.tunnel [A5 R9]' unprotected ipsec tunnel
check 'device.macvlan [A5]' with container macvlan mode bridge
check 'device.ipvlan_l2 [A5]' with container ipvlan mode l2
check 'device.ipvlan_l3 [A5]' with container_l3
check 'device.bridge [A5]' with bridged
check 'device.bond [A5 R5]' with bonded
check 'bound.vrf [A3 A5]' with vrf
check 'bound.vrf_accepts_for_all [A5]' with vrf_accept
check 'bound.device [A3]' with bound_device
check 'route.forbidden [A5 MUST-46]' forbidden
check 'route.by_mark [A3 A5]' ruled 'fwmark 5' mark=5
check 'route.by_user [A5]' ruled 'uidrange 4321-4321' user=4321
check 'route.by_port [A5]' ruled 'ipproto tcp sport 40999' port=40999
check 'route.mtu_is_locked [A5 R9]' prescribed '-++-?-' mtu lock 900
check 'route.advmss [A5]' prescribed '++-+?-' advmss 700
check 'route.hop_limit [A5 MUST-49]' prescribed '+---?-' hoplimit 17
check 'route.ecn [A5 C6]' prescribed '++--?+' features ecn
# The built-in's grows beyond what the route says.
((!LTCP)) || check 'route.window [A5]' prescribed '++----' window 5000
finish
