#!/bin/bash
# Removing the module: refused as long as an ltcp socket or a take-over is left,
# told why, and harmless afterwards. Leaves the module loaded, as it found it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"

need_reloading
work=$(mktemp -d)
holder=''

cleanup()
{
	[[ -z $holder ]] || kill $holder 2>/dev/null || true
	load_again || true
	rm -rf "$work"
}
trap cleanup EXIT

# hold PROTOCOL: a listening socket until release.
hold()
{
	mkfifo "$work/in"
	hold_socket "$1" <"$work/in" >"$work/out" &
	holder=$!
	exec 9>"$work/in"
	wait_for grep -q ready "$work/out"
}

release()
{
	exec 9>&-
	wait "$holder" || true
	holder=''
	rm -f "$work/in" "$work/out"
}

counter() { awk -v name="$1" '$1 == name { print $2 }' /proc/net/ltcp; }

# A TIME-WAIT or an RCU callback may take a moment.
remove()
{
	local tries
	for ((tries = 0; tries < 30; tries++)); do
		rmmod ltcp 2>"$work/rmmod" && return
		sleep 0.2
	done
	cat "$work/rmmod" /proc/net/ltcp
	return 1
}

load() { insmod "$module" "${parameters[@]}"; }

refused_with_a_socket()
{
	hold 253 || return
	if rmmod ltcp 2>/dev/null; then
		echo 'rmmod did it all the same'
		return 1
	fi
	[[ $(counter SocketsInUse) -ge 1 ]] || { echo '/proc/net/ltcp does not count it'; return 1; }
	[[ $(counter ModuleReferences) -ge 1 ]] || { echo 'no reference is shown'; return 1; }
	grep -Eq '^LTCP +[0-9]+ +1 ' /proc/net/protocols || { cat /proc/net/protocols; return 1; }
}

works_once_it_is_closed()
{
	release
	remove || return
	! grep -q '^LTCP' /proc/net/protocols && [[ ! -e /proc/net/ltcp && ! -e /proc/sys/net/ltcp ]]
}

built_in_goes_on()
{
	python3 -c "
import socket
a = socket.create_server(('127.0.0.1', 0))
b = socket.create_connection(a.getsockname())
c, _ = a.accept()
b.sendall(b'x'); assert c.recv(1) == b'x'" || return
	! python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)" 2>/dev/null
}

loads_again()
{
	load && hold 253 || return
	release
}

refused_with_takeover()
{
	sysctl -qw net.ltcp.takeover=1
	if rmmod ltcp 2>/dev/null; then
		echo 'rmmod did it all the same'
		return 1
	fi
	sysctl -qw net.ltcp.takeover=0
	remove && load
}

not_held_by_the_built_in()
{
	hold 0 && remove && load || return
	release
}

# A closed connection keeps its references until TIME-WAIT ends or is purged.
time_wait_can_be_purged()
{
	python3 -c "
import socket
def new(): return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)
a = new(); a.bind(('127.0.0.1', 0)); a.listen()
b = new(); b.connect(a.getsockname())
c, _ = a.accept()
b.close(); c.recv(1); c.close()"
	sleep 0.3
	[[ $(counter TimeWait) == 1 ]] || { cat /proc/net/ltcp; return 1; }
	if rmmod ltcp 2>/dev/null; then
		echo 'rmmod in spite of TIME-WAIT'
		return 1
	fi
	sysctl -qw net.ltcp.purge_tw=1
	[[ $(counter TimeWait) == 0 ]] || { cat /proc/net/ltcp; return 1; }
	remove && load
}

parameter_takes_over()
{
	remove && insmod "$module" takeover=1 || return
	[[ $(cat /proc/sys/net/ltcp/takeover) == 1 ]] && hold 0 || return
	grep -Eq '^LTCP +[0-9]+ +1 ' /proc/net/protocols || { cat /proc/net/protocols; return 1; }
	release
	sysctl -qw net.ltcp.takeover=0
	remove && load
}

# check() would run these in a subshell, which the held socket must outlive.
step()	# NAME FUNCTION
{
	local how=ok
	"$2" >"$work/said" 2>&1 || how=FAIL
	result $how "$1" "$(cat "$work/said")"
}

plan 8
step 'rmmod__refused_with_a_socket [A7]' refused_with_a_socket
step 'rmmod__works_once_it_is_closed [A7]' works_once_it_is_closed
step 'rmmod__built_in_goes_on [A2 A7]' built_in_goes_on
step 'insmod__again [A7]' loads_again
step 'rmmod__refused_with_takeover [A1 A7]' refused_with_takeover
step 'rmmod__not_held_by_the_built_in [A2 A7]' not_held_by_the_built_in
step 'rmmod__time_wait_can_be_purged [A7 S4]' time_wait_can_be_purged
step 'insmod__parameter_takes_over [A1]' parameter_takes_over
finish
