# One iperf3 run; sourced.
# shellcheck shell=bash
run_iperf3()	# OPTION...
{
	local bytes
	bytes=$(by_wire 64 8)
	start iperf3 -s -1 -B "$SERVER_ADDRESS"	# without it: an IPv6 socket
	wait_for_port 5201
	on_client iperf3 -c "$SERVER_ADDRESS" -n "${bytes}M" -f m "$@" >"$ROW/iperf3.out" ||
		fail "$(cat "$ROW/iperf3.out")"
	awk '/receiver/ && (!parallel || /SUM/) { print $(parallel ? 4 : 5), $(parallel ? 5 : 6) " received, " \
		$(parallel ? 6 : 7), $(parallel ? 7 : 8); seen = 1 } END { exit !seen }' \
		parallel="$(grep -c SUM "$ROW/iperf3.out" || true)" "$ROW/iperf3.out" ||
		fail "$(cat "$ROW/iperf3.out")"
}
