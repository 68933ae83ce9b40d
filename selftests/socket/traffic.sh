# Transfers between namespaces over the stack under test, for test scripts; sourced
# after ktap.sh and network.sh. Needs $work, a directory of the script's own.
# shellcheck shell=bash

traffic=$(dirname "${BASH_SOURCE[0]}")/traffic.py
readonly SIZE=300000
LTCP=$([[ ${LTCP_PROTO:-253} == 0 ]]; echo $?)

on() { nsenter --net="/run/netns/$1" "${@:2}"; }

# take_over 0|1 NAMESPACE...: for sockets to come
take_over()
{
	local ns
	[[ $LTCP != 0 ]] || return 0
	for ns in "${@:2}"; do
		on "$ns" sysctl -qw "net.ltcp.takeover=$1"
	done
}

# serve NAMESPACE ADDRESS:PORT [OPTION...]: who comes is written to $work/NAMESPACE
serve()
{
	on "$1" python3 -IS "$traffic" serve "${@:2}" >>"$work/$1" 2>&1 &
	wait_for listens "$1" "${2##*:}"
}

listens() { on "$1" ss -Htnl "sport = :$2" | grep -q .; }

# carries CLIENT SERVER ADDRESS:PORT [OPTION...]: there and back, by ltcp at both ends
carries()
{
	local said server
	said=$(on "$1" python3 -IS "$traffic" ask "$3" $SIZE proof "${@:4}")
	server=$(tail -n 1 "$work/$2")
	echo "$3: $said; server: $server"
	if ((LTCP)); then
		[[ $said == 'same by ltcp' && $server == ltcp* ]]
	else
		[[ $said == same ]]
	fi
}

# alike NAMESPACE COMMAND...: says the same with sockets of both TCPs there
alike()
{
	local ours theirs
	ours=$("${@:2}")
	take_over 0 "$1"
	theirs=$("${@:2}")
	take_over 1 "$1"
	printf 'here      %s\nbuilt-in  %s\n' "$ours" "$theirs"
	[[ -n $ours && $ours == "$theirs" ]]
}
