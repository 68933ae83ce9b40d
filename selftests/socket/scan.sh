#!/bin/bash
# What nmap sees of a host: SYN, connect, FIN, Xmas and NULL scans of an open, a closed
# and a filtered port, and the probes by which it tells one TCP from another. ltcp
# answers as RFC 9293 section 3.10.7 says. The built-in of the same machine does so too
# but for SYN with FIN, which it drops and the RFC takes for a SYN.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"
. "$(dirname "${BASH_SOURCE[0]}")/network.sh"

command -v nmap >/dev/null || skip_all "nmap is not installed"
protocol=${LTCP_PROTO:-253}
near=scan-near-$$ far=scan-far-$$ target=10.83.0.2
readonly OPEN=7010 CLOSED=7011 FILTERED=7012

cleanup()
{
	drop_namespaces $near $far
}
trap cleanup EXIT

make_network()
{
	local ns
	make_namespaces $near $far
	cable $near eth0 10.83.0.1/24 $far eth0 $target/24
	for ns in $near $far; do
		ip -n $ns link set lo up
		ip netns exec $ns sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	done
	ip netns exec $far nft "add table ip mute; add chain ip mute in { type filter hook input priority 0; };
		add rule ip mute in tcp dport $FILTERED drop"
	sleep 2
}

# serve PROTOCOL: in the far namespace, on the open port.
serve()
{
	ip netns exec $far python3 -c "
import socket
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $1)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('$target', $OPEN)); listener.listen(64)
while True:
    listener.accept()[0].close()" >/dev/null 2>&1 &
	server=$!
	sleep 2
}

stop_serving()
{
	kill $server
	wait $server 2>/dev/null || true
}

# scan TYPE: "open closed filtered" as nmap calls them, of the three ports in their order.
scan()
{
	ip netns exec $near nmap -n -Pn --max-retries 1 -oG - "$1" -p $OPEN,$CLOSED,$FILTERED $target |
		grep -o 'Ports: .*' | grep -oE '[0-9]+/[a-z|]+' | sort -n | cut -d/ -f2 | paste -sd' '
}

# sees TYPE STATES
sees()
{
	local seen
	seen=$(scan "$1")
	echo "$1: $seen"
	[[ $seen == "$2" ]]
}

# fingerprint: the results of nmap's probes of sequence numbers, of options and of
# segments that ought not to be.
fingerprint()
{
	ip netns exec $near nmap -n -Pn -O -dd --max-os-tries 1 -p $OPEN,$CLOSED $target 2>/dev/null |
		grep -E '^OS:' | sed 's/^OS://' | tr -d '\n' | sed 's/)/)\n/g' | grep -E '^(SEQ|T[1-7])\('
}

# field LINE KEY: of the fingerprint.
field() { sed -n "s/^$1(\(.*\))$/\1/p" <<<"$prints" | tr % '\n' | sed -n "s/^$2=//p"; }

# ISNs that nmap cannot predict: SP is the logarithm of how far a guess is off.
cannot_predict()
{
	echo "$prints"
	echo "the difficulty to predict ISNs: $((16#$(field SEQ SP))) (of 255), ISR $((16#$(field SEQ ISR)))"
	((16#$(field SEQ SP) >= 0xf0))
}

# Identifications are all 0 on packets that cannot be fragmented, or have no order.
identifications_say_nothing()
{
	echo "TI=$(field SEQ TI) CI=$(field SEQ CI) SS=$(field SEQ SS)"
	[[ $(field SEQ TI) == Z && $(field SEQ CI) == Z && -z $(field SEQ SS) ]]
}

# RFC 9293 section 3.10.7: T1 (SYN), T2 (nothing set), T3 (SYN, FIN, URG, PSH) and T4
# (ACK) to the open port; T5 (SYN), T6 (ACK), T7 (FIN, PSH, URG) to the closed one.
probes_are_answered()
{
	echo "$prints" | grep '^T'
	[[ $protocol != 253 || $(field T3 F) == AS ]] || return
	[[ $(field T1 A) == S+ && $(field T2 R) == N && $(field T4 F) == R && $(field T4 S) == A &&
	   $(field T5 F) == AR && $(field T5 A) == S+ && $(field T6 F) == R && $(field T6 S) == A &&
	   $(field T7 F) == AR && $(field T7 A) == S+ ]]
}

# What it has in common with the built-in TCP of the same machine.
same_answers()
{
	local ours=$prints theirs
	stop_serving
	serve 6
	theirs=$(fingerprint)
	diff <(grep -E '^T[24-7]' <<<"$ours") <(grep -E '^T[24-7]' <<<"$theirs")
}

make_network
serve "$protocol"
plan 9
check 'scan.syn [D4 S1]' sees -sS 'open closed filtered'
check 'scan.connect [D4 S1]' sees -sT 'open closed filtered'
check 'scan.fin [D4 S1]' sees -sF 'open|filtered closed open|filtered'
check 'scan.xmas [D4 S1 ATTACK-35]' sees -sX 'open|filtered closed open|filtered'
check 'scan.null [D4 S1 ATTACK-35]' sees -sN 'open|filtered closed open|filtered'
prints=$(fingerprint)
check 'scan.isn_cannot_be_predicted [D3 D4 ATTACK-14]' cannot_predict
check 'scan.ip_id_says_nothing [D3 D4]' identifications_say_nothing
check 'scan.probes [D4 S1 ATTACK-35]' probes_are_answered
if [[ $protocol == 253 ]]; then
	check 'scan.as_the_builtin [D4 S1]' same_answers
else
	result ok 'scan.as_the_builtin [D4 S1]'
fi
finish
