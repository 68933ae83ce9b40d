# The cases in a test's output and their results; see "cases" in scripts/kselftest.
# name and status are the test's.

function result(case_name, word,	seen)
{
	gsub(/\t/, " ", case_name)
	sub(/ +$/, "", case_name)
	seen = ++times[case_name]
	if (seen > 1)
		case_name = case_name " (" seen ")"
	printf "%s\t%s\t%s\n", name, case_name, word
	cases++
	if (word != "pass" && word != "skip")
		failed++
}

# TAP: "ok 3 what", "not ok 3 what", "ok 3 # SKIP what"
/^(not )?ok [0-9]+ / {
	word = /# SKIP/ ? "skip" : /^ok/ ? "pass" : "fail"
	sub(/^(not )?ok [0-9]+ (- )?(# SKIP )?/, "")
	sub(/ +# SKIP.*/, "")
	result($0, word)
}

# The scripts' own: "TEST: what   [ OK ]"
/^ *TEST: .*\[ ?(OK|FAIL|SKIP|XFAIL) ?\] *$/ {
	word = /\[ ?OK/ ? "pass" : /\[SKIP/ ? "skip" : "fail"
	sub(/^ *TEST: */, "")
	sub(/ *\[[^[]*$/, "")
	result($0, word)
}

END {
	if (!cases || (status != "pass" && status != "skip" && !failed))
		printf "%s\texit\t%s\n", name, status
}
