#!/bin/bash
# A network namespace is deleted with ltcp's connections in every state in it: live
# ones, TIME-WAIT, FIN-WAIT-2, orphans that wait for an ACK, half-open ones on both
# sides. Nothing is left of them, and the module can be removed. Leaves the module
# loaded, as it found it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../socket/ktap.sh"
. "$here/../socket/network.sh"

need_reloading
readonly left=ltcp-left right=ltcp-right

cleanup()
{
	drop_namespaces $left $right
	load_again || true
}
trap cleanup EXIT

make_network()
{
	local ns
	make_namespaces $left $right
	cable $left eth0 10.0.0.1/24 $right eth0 10.0.0.2/24
	for ns in $left $right; do
		# An orphan gives up soon
		ip netns exec $ns sysctl -qw net.ipv4.tcp_orphan_retries=2 net.ltcp.takeover=1
	done
}

# populate: a process with sockets in both namespaces; says "ready", then holds what
# is alive until its input ends.
populate()
{
	python3 - 3<&0 <<-PYTHON
	import ctypes, os, socket, subprocess, time
	libc = ctypes.CDLL(None, use_errno=True)

	def enter(name):
	    with open('/run/netns/' + name) as f:
	        if libc.setns(f.fileno(), 0x40000000):
	            raise OSError(ctypes.get_errno(), 'setns')

	def tcp(name):
	    enter(name)
	    return socket.socket()          # by net.ltcp.takeover

	listener = tcp('$right')
	listener.bind(('10.0.0.2', 5000))
	listener.listen(100)

	def connection():
	    client = tcp('$left')
	    client.connect(('10.0.0.2', 5000))
	    return client, listener.accept()[0]

	def lose(name):                     # all that this side sends
	    subprocess.check_call(['tc', '-n', name, 'qdisc', 'replace', 'dev', 'eth0',
	                           'root', 'netem', 'loss', '100%'])

	live = [connection() for i in range(10)]
	queued = [connection() for i in range(10)]
	waiting = [connection() for i in range(10)]
	for client, server in [connection() for i in range(50)]:
	    client.close()                  # TIME-WAIT
	    server.recv(1)
	    server.close()
	for client, server in waiting:
	    client.close()                  # FIN-WAIT-2 here, CLOSE-WAIT there
	time.sleep(0.2)
	lose('$right')
	half = [tcp('$left') for i in range(10)]
	for client in half:                 # SYN-SENT here, SYN-RECEIVED there
	    client.setblocking(False)
	    client.connect_ex(('10.0.0.2', 5000))
	time.sleep(0.2)
	lose('$left')
	for client, server in queued:
	    client.setblocking(False)
	    client.send(bytes(100000))
	    client.close()                  # FIN-WAIT-1, with data
	    server.shutdown(socket.SHUT_WR) # and here as well
	print('ready', flush=True)
	os.read(3, 1)
	PYTHON
}

# in_use CACHE: objects, of all namespaces.
in_use()
{
	echo 1 >"/sys/kernel/slab/$1/shrink" 2>/dev/null || true
	awk -v name="$1" '$1 == name { print $2 }' /proc/slabinfo
}

# states NAMESPACE: how many connections in which state.
states() { ip netns exec "$1" ss -Htan | awk '{ n[$1]++ } END { for (s in n) print s, n[s] }'; }

has_all_states()
{
	local want said
	said=$(states $left; states $right)
	echo "$said"
	for want in 'ESTAB 10' 'TIME-WAIT 50' 'FIN-WAIT-2 10' 'SYN-SENT 10' 'SYN-RECV 10' \
		'FIN-WAIT-1 10' 'CLOSE-WAIT 10' 'LISTEN 1'; do
		grep -q "^$want$" <<<"$said" || { echo "no $want"; return 1; }
	done
}

none_left()
{
	local cache
	for cache in LTCP tw_sock_LTCP request_sock_LTCP; do
		[[ $(in_use $cache) == 0 ]] || return 1
	done
}

removed() { rmmod ltcp 2>/dev/null; }

# One round: TIME-WAIT alone goes with the namespace; the rest with its programs.
delete_populated()
{
	local go status=0
	make_network
	coproc HOLDER { populate; }
	go=${HOLDER[1]}
	read -r -t 60 -u "${HOLDER[0]}" _ || { echo 'they were not made'; return 1; }
	has_all_states || status=1
	ip netns del $left
	ip netns del $right
	exec {go}>&-
	wait "$HOLDER_PID" || true
	wait_for none_left || { grep LTCP /proc/slabinfo; return 1; }
	return $status
}

remove_and_load()
{
	wait_for removed || { cat /proc/net/ltcp; return 1; }
	! grep LTCP /proc/slabinfo /proc/net/protocols || return 1
	insmod "$module" "${parameters[@]}"
}

step()	# NAME FUNCTION: not in a subshell
{
	local how=ok said
	said=$(mktemp)
	"$2" >"$said" 2>&1 || how=FAIL
	result $how "$1" "$(cat "$said")"
	rm -f "$said"
}

plan 3
step 'netns__deleted_with_all_states [A7 S4 D5]' delete_populated
step 'rmmod__right_after [A7]' remove_and_load
step 'netns__once_more [A7]' delete_populated
finish
