#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the fuzzer of the option parser, as one KTAP test. Without arguments the
# run is always the same; with arguments they are the fuzzer's.

: "${OUTPUT:=$(dirname "$0")/../../build/selftests/unit}"
name="ltcp_opts_parse__fuzz [W6 MUST-7 ATTACK-34]"

[ -n "$KSFT_TAP_LEVEL" ] || echo "TAP version 13"
echo "1..1"
if [ ! -x "$OUTPUT/fuzz_options" ]; then
	echo "ok 1 $name # SKIP no clang with libFuzzer on this machine"
	exit 4
fi
[ $# -gt 0 ] || set -- -runs=200000 -seed=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if "$OUTPUT/fuzz_options" -print_funcs=0 -timeout=10 -max_len=41 -artifact_prefix="$work/" "$@" \
	>"$work/log" 2>&1
then
	tail -n 1 "$work/log" | sed 's/^/# /'
	echo "ok 1 $name"
else
	sed 's/^/# /' "$work/log"
	# the offending input, so that it can become a case of options_test.c
	find "$work" -name '*-*' -exec od -An -tx1 {} + | sed 's/^/# input:/'
	echo "not ok 1 $name"
	exit 1
fi
