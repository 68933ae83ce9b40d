#!/bin/bash
# Fuzzes the pure protocol logic with a fixed number of random inputs; or, with
# FUZZ_DIR set, guided by coverage, each target for FUZZ_SECONDS, with what was
# found worth keeping in FUZZ_DIR.
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
output=${OUTPUT:-$here/../../build/selftests/unit}
read -ra targets <<<"${FUZZ_TARGETS:-$(cd "$output/fuzz" && echo *)}"
failed=0 number=0

echo 'TAP version 13'
echo "1..${#targets[@]}"
for target in "${targets[@]}"; do
	status=0
	if [[ -n ${FUZZ_DIR:-} ]]; then
		mkdir -p "$FUZZ_DIR/$target"
		"$output/guided/$target" -max_total_time="${FUZZ_SECONDS:-10}" -print_final_stats=1 \
			-artifact_prefix="$FUZZ_DIR/$target-" "$FUZZ_DIR/$target" >"$FUZZ_DIR/$target.log" 2>&1 ||
			status=$?
		tail -n 40 "$FUZZ_DIR/$target.log" | grep -E 'number_of_executed|does not hold|Test unit' |
			sed 's/^/# /'
	else
		"$output/fuzz/$target" 2>&1 | sed 's/^/# /'
		status=${PIPESTATUS[0]}
	fi
	number=$((number + 1))
	result=ok
	((!status)) || { result='not ok'; failed=1; }
	echo "$result $number fuzz_$target"
done
exit $failed
