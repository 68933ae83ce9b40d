# Real programs over two joined network namespaces; sourced by scripts/run.d/guest
# and by selftests/socket/programs.sh. Needs root and changes nothing outside
# the two namespaces it makes.
# shellcheck shell=bash
#
# A "setting" is which TCP each side uses and whether the wire between them is
# clean or harmed. In every setting each program of programs/ runs once; it is a
# script of its own that starts its server in one namespace and its client in
# the other, prints one line that tells what it did, and fails when one byte is
# wrong. A row also fails when the TCP that should have carried it did not.
#
# With LTCP=0 everything runs over the built-in TCP: a check of this script.

programs_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/programs
export LTCP=${LTCP:-1}
export CLIENT_NS=ltcp-client SERVER_NS=ltcp-server
export CLIENT_ADDRESS=10.78.0.1 SERVER_ADDRESS=10.78.0.2
export HARMED=0 WORK=''
readonly row_timeout=${ROW_TIMEOUT:-400}
programs=(echo curl wrk iperf3 iperf3-reverse iperf3-parallel ssh scp redis postgres)
mixed_programs=(echo curl iperf3 iperf3-reverse)	# where the two sides differ

declare -A program_title=(
	[echo]='Python echo server and client, port 5006'
	[curl]='curl fetches a file from nginx'
	[wrk]='wrk, 50 connections to nginx'
	[iperf3]='iperf3, client to server'
	[iperf3-reverse]='iperf3, server to client'
	[iperf3-parallel]='iperf3, 4 parallel streams'
	[ssh]='ssh, a command'
	[scp]='scp, 10 MB'
	[redis]='redis-benchmark and a large value'
	[postgres]='PostgreSQL session and pgbench')

# A setting is "<client's TCP> <server's TCP> <wire>".
settings=('ltcp ltcp clean' 'ltcp builtin clean' 'builtin ltcp clean'
	  'ltcp ltcp harmed' 'ltcp builtin harmed' 'builtin ltcp harmed')

setting_title()
{
	local client server wire
	read -r client server wire <<<"$1"
	printf 'client %s, server %s, %s' "${client/builtin/built-in}" "${server/builtin/built-in}" \
		"${wire/harmed/"loss 1 %, delay 20 ms, reordering, duplication, corruption 0.1 %"}"
}

# What several rows use, made once: files to fetch, keys, a database cluster.
# It takes long in emulation, so scripts/run brings it along.
prepare()
{
	local packed=$programs_dir/../../../build/run/kit.tar
	WORK=$(mktemp -d)
	chmod 755 "$WORK"
	if [[ -f $packed ]]; then
		tar -C "$WORK" --same-owner -xf "$packed"
	else
		"$programs_dir/../make-kit" "$WORK/kit"
	fi
}

make_network()
{
	local ns
	ip netns add $CLIENT_NS
	ip netns add $SERVER_NS
	ip link add veth0 netns $CLIENT_NS type veth peer name veth0 netns $SERVER_NS
	ip -n $CLIENT_NS address add $CLIENT_ADDRESS/24 dev veth0
	ip -n $SERVER_NS address add $SERVER_ADDRESS/24 dev veth0
	for ns in $CLIENT_NS $SERVER_NS; do
		ip -n $ns link set lo up
		ip -n $ns link set veth0 up
	done
}

remove_network()
{
	local ns
	for ns in $CLIENT_NS $SERVER_NS; do
		take_over $ns builtin 2>/dev/null || true
		ip netns del $ns 2>/dev/null || true
	done
	rm -rf "$WORK"
}

take_over()	# NAMESPACE ltcp|builtin
{
	[[ $LTCP == 0 ]] || ip netns exec "$1" sysctl -qw net.ltcp.takeover=$([[ $2 == ltcp ]]; echo $((!$?)))
}

# clean|harmed: what netem does to segments, in each direction.
set_wire()
{
	local ns
	for ns in $CLIENT_NS $SERVER_NS; do
		tc -n $ns qdisc del dev veth0 root 2>/dev/null || true
		[[ $1 == clean ]] || tc -n $ns qdisc add dev veth0 root netem limit 10000 \
			delay 20ms loss 1% duplicate 1% reorder 1% corrupt 0.1%
	done
	HARMED=$([[ $1 == clean ]]; echo $?)
}

apply_setting()
{
	local client server wire
	read -r client server wire <<<"$1"
	take_over $CLIENT_NS "$client"
	take_over $SERVER_NS "$server"
	set_wire "$wire"
}

# programs_of SETTING: all where both sides are ltcp, else those that tell most.
programs_of()
{
	if [[ $1 == 'ltcp ltcp '* || -n ${ALL_PROGRAMS:-} ]]; then
		printf '%s\n' "${programs[@]}"
	else
		printf '%s\n' "${mixed_programs[@]}"
	fi
}

# opens NAMESPACE: connections that ltcp opened or accepted there so far.
opens()
{
	[[ $LTCP == 0 ]] && { echo 0; return; }
	ip netns exec "$1" awk '/^(Active|Passive)Opens / { n += $2 } END { print n + 0 }' /proc/net/ltcp
}

# Did ltcp have connections exactly where it should have?
right_tcp()	# NAMESPACE ltcp|builtin OPENS-BEFORE
{
	local opened
	[[ $LTCP == 0 ]] && return
	opened=$(($(opens "$1") - $3))
	if [[ $2 == ltcp ]]; then
		((opened > 0))
	else
		((opened == 0))
	fi
}

# run_row SETTING PROGRAM: leaves what the program said in row_text and how long
# it took in row_seconds; fails when the row does.
run_row()
{
	local client server wire client_before server_before status=0 start
	read -r client server wire <<<"$1"
	client_before=$(opens $CLIENT_NS)
	server_before=$(opens $SERVER_NS)
	mkdir "$WORK/row"
	chmod 755 "$WORK/row"
	start=$EPOCHREALTIME
	ROW=$WORK/row timeout --kill-after=5 "$row_timeout" "$programs_dir/$2" \
		>"$WORK/row.out" 2>"$WORK/row.err" || status=$?
	row_seconds=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
	row_text=$(tail -n 1 "$WORK/row.out")
	rm -rf "$WORK/row"
	if ((status)); then
		row_text="status $status: $(tail -n 3 "$WORK/row.err" | tr '\n' ' ') $row_text"
		return 1
	fi
	if ! right_tcp $CLIENT_NS "$client" "$client_before"; then
		row_text="wrong TCP on the client's side; $row_text"
		return 1
	fi
	if ! right_tcp $SERVER_NS "$server" "$server_before"; then
		row_text="wrong TCP on the server's side; $row_text"
		return 1
	fi
}
