# Shared by the scripts of this directory; meant to be sourced, not run.
# shellcheck shell=bash disable=SC2034  # variables for those who source this
#
# After sourcing:
#   LTCP_ROOT    the top of the checkout (physical path)
#   LTCP_CACHE   kernels, initramfs images and kselftest's files live here;
#                ~/.cache/ltcp unless set from outside
#   KERNELS      the kernel series the module is built and tested for

# Under sudo, "home" is that of the user who called it.
user_home()
{
	if ((EUID == 0)) && [[ -n ${SUDO_USER:-} ]]; then
		getent passwd "$SUDO_USER" | cut -d: -f6
	else
		printf '%s\n' "${HOME:-/root}"
	fi
}

LTCP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export LTCP_CACHE=${LTCP_CACHE:-$(user_home)/.cache/ltcp}
KERNELS=(6.1 6.12)
PATH=$PATH:/usr/sbin:/sbin		# modinfo, where the user is not root

# usage: prints the head of the script.
usage() { sed -n '2,/^[^#]/{/^# shellcheck/!s/^# \{0,1\}//p}' "$0"; }

say()  { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die()  { say "$*"; exit 1; }

# progress WORD...: with the seconds since the script began.
progress() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# For an option that takes a value, with "$@" from the option on: ends the script
# with a sentence when the value is missing, or is no number above 0.
has_value()  { (($# > 1)) || die "$1 needs a value"; }
has_number() { [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "$1 needs a number above 0, not '${2:-}'"; }

# run_alone DIRECTORY: makes the directory, where the script keeps its results; ends the
# script with a sentence if another run is at work there.
run_alone()
{
	mkdir -p "$1"
	exec 9>"$1/.running"
	flock -n 9 || die "another scripts/${0##*/} is running in this checkout"
}

# end_tree PID: ends all that the process has started, and what that has started, from
# the top down, so that nobody starts anything anew.
end_tree()
{
	local child children=()
	read -ra children 2>/dev/null <"/proc/$1/task/$1/children" || true
	for child in ${children[@]+"${children[@]}"}; do
		kill -STOP "$child" 2>/dev/null || continue
		kill -TERM "$child" || true
		end_tree "$child"
		kill -CONT "$child" || true
	done 2>/dev/null
}

# end_jobs_on_signal: from here on Ctrl-C ends what the script runs in the background,
# too, which by itself hears nothing of it; and so does any other signal that ends.
end_jobs_on_signal()
{
	trap 'trap "" INT TERM HUP; end_tree $$; say "stopped by a signal"; exit 130' INT TERM HUP
}

# kernel_dir SERIES: where the unpacked kernel image package is.
kernel_dir() { printf '%s/kernels/%s\n' "$LTCP_CACHE" "$1"; }

# kernel_release SERIES: the full release (6.1.0-56-amd64) of the unpacked
# image; fails when there is none.
kernel_release()
{
	local dir
	for dir in "$(kernel_dir "$1")"/lib/modules/*/; do
		[[ -d $dir ]] || return 1
		basename "$dir"
		return 0
	done
}

# need_kernel SERIES: ends the script with a sentence unless that kernel is there.
need_kernel()
{
	kernel_release "$1" >/dev/null ||
		die "no kernel '$1' in $LTCP_CACHE: scripts/setup gets ${KERNELS[*]}, scripts/debug-kernel builds debug, kcsan and uml"
}

# need_module SERIES: likewise unless ltcp.ko is built for it.
need_module()
{
	need_kernel "$1"
	[[ -f $LTCP_ROOT/build/$1/ltcp.ko ]] ||
		die "build/$1/ltcp.ko is not built: run 'scripts/build-module $1' first"
}

# need_program PART/NAME: likewise unless there is such a test program for a kernel.
need_program()
{
	local part=${1%%/*}
	[[ $part =~ ^(wire|socket|fuzz|stress)$ ]] ||
		die "there are no programs of '$part' to choose from, only of wire, socket, fuzz and stress"
	make -s --no-print-directory -C "$LTCP_ROOT/selftests/$part" list |
		grep -E "/(${1#*/})\$" >/dev/null ||
		die "there is no test program '$1' (selftests/$part/Makefile names them)"
}

# kernel_build SERIES: the directory that modules for it are built against: the
# one beside the image (scripts/debug-kernel), else that of the installed headers.
kernel_build()
{
	local release dir
	release=$(kernel_release "$1") || return 1
	for dir in "$(kernel_dir "$1")/build" "/lib/modules/$release/build"; do
		[[ -e $dir/Makefile ]] || continue
		printf '%s\n' "$dir"
		return 0
	done
	return 1
}
