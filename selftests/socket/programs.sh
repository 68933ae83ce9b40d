#!/bin/bash
# Real programs over ltcp: the rows of "make run", as tests. LTCP_PROTO=0 runs
# them over the built-in TCP.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/ktap.sh"
# shellcheck disable=SC2034  # read by lib.sh
LTCP=$([[ ${LTCP_PROTO:-253} == 0 ]]; echo $?)
. "$here/../../scripts/run.d/lib.sh"

[[ $LTCP == 0 || -e /proc/net/ltcp ]] || skip_all 'ltcp is not loaded'

# What a row proves, beside A1 and A2.
declare -A proves=(
	[echo]='A3' [curl]='A3 O2' [wrk]='A3' [iperf3]='A3 O2 O4 F1' [iperf3-reverse]='A3 O2 O4'
	[iperf3-parallel]='A3 O2 O4' [ssh]='A3' [scp]='A3' [redis]='A3' [postgres]='A3')

count=0
for setting in "${settings[@]}"; do
	count=$((count + $(programs_of "$setting" | wc -l)))
done
plan $count
trap remove_network EXIT
prepare
make_network
for setting in "${settings[@]}"; do
	apply_setting "$setting"
	read -r client server wire <<<"$setting"
	# 'PROGRAM__CLIENT_SERVER_WIRE [A1 A2 A3 F1 F9 O2 O4 R1 R3 W2]'
	ids='A1 A2'
	[[ $wire == clean ]] || ids+=' R1 R3 F9 W2'
	for program in $(programs_of "$setting"); do
		how=ok
		run_row "$setting" "$program" || how=FAIL
		result $how "${program}__${client}_${server}_$wire [$ids ${proves[$program]}]" "$row_text"
	done
done
finish
