# What the program tests share; sourced by each of them. ROW is an empty
# directory for this row alone, WORK/kit has what prepare() of lib.sh made.
# shellcheck shell=bash
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}") kit=$WORK/kit
pids=()

on_client() { ip netns exec "$CLIENT_NS" "$@"; }
on_server() { ip netns exec "$SERVER_NS" "$@"; }

fail() { echo "$*" >&2; exit 1; }

# start COMMAND...: a server, stopped when the test ends.
start()
{
	ip netns exec "$SERVER_NS" "$@" >"$ROW/server.log" 2>&1 </dev/null &
	pids+=($!)
}

# Waits until something listens on the server's port.
wait_for_port()
{
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		on_server ss -Hltn "sport = :$1" | grep -q . && return
		sleep 0.05
	done
	cat "$ROW/server.log" >&2
	fail "no server on port $1"
}

stop_servers()
{
	local pid
	for pid in ${pids[@]+"${pids[@]}"}; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}
trap stop_servers EXIT

# by_wire CLEAN HARMED: the amount of work that fits the wire.
by_wire() { if ((HARMED)); then echo "$2"; else echo "$1"; fi; }

same_file()
{
	cmp "$1" "$2" >&2 || fail "the file that arrived is not the one that was sent"
}
