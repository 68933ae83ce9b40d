# KTAP for test scripts; sourced.
# shellcheck shell=bash
#
#	plan 2
#	check 'name__case [A1 A2]' command that must succeed
#	result ok|FAIL 'name__case [A1 A2]' 'what was seen'
#	finish

ktap_number=0 ktap_failed=0

plan()	{ printf 'TAP version 13\n1..%s\n' "$1"; }

skip_all()	# REASON
{
	printf 'TAP version 13\n1..0 # SKIP %s\n' "$1"
	exit 4
}

# The output of a test is shown as diagnostics, before its result.
result()	# ok|FAIL NAME [TEXT]
{
	ktap_number=$((ktap_number + 1))
	[[ -z ${3:-} ]] || printf '%s\n' "$3" | sed 's/^/# /'
	if [[ $1 == ok ]]; then
		printf 'ok %s %s\n' $ktap_number "$2"
	else
		ktap_failed=$((ktap_failed + 1))
		printf 'not ok %s %s\n' $ktap_number "$2"
	fi
}

# strictly COMMAND...: in a subshell, which the first command that fails ends; sets
# $strict to the exit status. (Left of "||" and after "if" functions go on instead. So
# this must not stand there, nor what calls it.)
strictly()
{
	set +e
	(set -e; "$@")
	strict=$?
	set -e
}

check()		# NAME COMMAND...
{
	local name=$1 how=ok said
	shift
	set +e
	said=$(set -e; "$@" 2>&1)
	(($? == 0)) || how=FAIL
	set -e
	result $how "$name" "$said"
}

finish()
{
	printf '# Totals: pass:%s fail:%s\n' $((ktap_number - ktap_failed)) $ktap_failed
	exit $((ktap_failed > 0))
}

# wait_for COMMAND...: until it succeeds; gives up after a while.
wait_for()
{
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		"$@" && return
		sleep 0.1
	done
	printf '# waited in vain for: %s\n' "$*"
	return 1
}

# ltcp_module: the file this kernel's module was loaded from, for loading it again.
ltcp_module()
{
	local root series
	root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
	series=$(uname -r | cut -d. -f1-2)
	for path in "${LTCP_MODULE:-}" "$root/build/$series/ltcp.ko" "$root/ltcp.ko"; do
		[[ -f $path ]] && { printf '%s\n' "$path"; return; }
	done
	return 1
}

# ltcp_parameters: those that the module was loaded with, for loading it again.
ltcp_parameters() { (cd /sys/module/ltcp/parameters && grep -H '' -- * | sed 's/:/=/' | paste -sd ' '); }

# need_reloading: for tests that remove the module and load it again; sets module and
# parameters, or skips all.
need_reloading()
{
	[[ ${LTCP_PROTO:-253} == 253 ]] || skip_all 'only ltcp can be unloaded'
	grep -q '^ltcp ' /proc/modules || skip_all 'ltcp is not loaded'
	module=$(ltcp_module) || skip_all 'the module file is not there to be loaded again'
	read -ra parameters < <(ltcp_parameters)
}

# load_again: the module, unless it is there.
load_again() { grep -q '^ltcp ' /proc/modules || insmod "$module" "${parameters[@]}"; }

# hold_socket PROTOCOL: a process with a listening socket until its input ends.
hold_socket()
{
	python3 -c "
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $1)
s.bind(('127.0.0.1', 0)); s.listen()
print('ready', flush=True)
sys.stdin.read()"
}
