#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""scripts/coverage.d/lines.py - counters into lines: the table and what is missing.

Usage: lines.py DIRECTORY

DIRECTORY has, from scripts/coverage, <kernel>/ with the objects and what gcc noted
of their code (.gcno), <kernel>-<part>.counters from keepgcov.c, unit/ with the unit
tests' .gcno and .gcda, and the tests' results in .ktap. gcov makes lines of them. A
line counts when any copy of it (inline functions, the other kernel) has code.
"""

import glob
import json
import os
import re
import signal
import struct
import subprocess
import sys
from collections import defaultdict

signal.signal(signal.SIGINT, signal.SIG_DFL)    # Ctrl-C ends it without a traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
AIM = 90


def unpack(path, directory):
    """Writes the files in a .counters file to directory, .gcno beside them."""
    with open(path, "rb") as stream:
        data = stream.read()
    at = 0
    made = []

    def field():
        nonlocal at
        (length,) = struct.unpack_from("<I", data, at)
        at += 4 + length
        return data[at - length:at]

    while at < len(data):
        gcda = field().decode()
        name = os.path.join(directory, gcda.replace("/", "#"))
        with open(name, "wb") as out:
            out.write(field())
        notes = name[:-len("gcda")] + "gcno"
        if not os.path.islink(notes):
            os.symlink(gcda[:-len("gcda")] + "gcno", notes)
        made.append(name)
    return made


def module_file(path, directory):
    """module/... for a source of the module, whatever copy was compiled; or None."""
    real = os.path.realpath(os.path.join(directory, path))
    name = os.path.relpath(real, ROOT)
    return name if name.startswith("module/") else None


def count(gcda, directory):
    """Runs gcov: {(file, line): times executed} for the module's files."""
    lines = defaultdict(int)
    run = subprocess.run(["gcov-12", "--json-format", "--stdout", *gcda],
                         cwd=directory, capture_output=True, check=False)
    if run.returncode:
        sys.exit(f"coverage: gcov-12: {run.stderr.decode().splitlines()[0]}")
    if b"newer than notes" in run.stderr:
        print("Sources have changed since they were compiled: lines are those of then.")
    for text in run.stdout.splitlines():
        if not text.strip():
            continue
        report = json.loads(text)
        for source in report["files"]:
            name = module_file(source["file"], report["current_working_directory"])
            if name:
                for line in source["lines"]:
                    lines[name, line["line_number"]] += line["count"]
    return lines


def add(total, lines):
    for key, times in lines.items():
        total[key] += times


def in_kernels(top):
    total = defaultdict(int)
    for name in sorted(os.listdir(top)):
        if name.endswith(".counters"):
            directory = f"{top}/{name[:-len('.counters')]}.gcov"
            os.makedirs(directory, exist_ok=True)
            add(total, count(unpack(f"{top}/{name}", directory), directory))
    return total


def in_user_space(top):
    gcda = glob.glob(f"{top}/unit/*.gcda")
    return count(gcda, top) if gcda else {}


def failures(top):
    """Failed results of all runs; that of a program is told by those inside."""
    failed = []
    for name in sorted(os.listdir(top)):
        if name.endswith(".ktap"):
            with open(f"{top}/{name}", encoding="utf-8", errors="replace") as ktap:
                failed += [f"{name[:-5]}: {line.strip()}" for line in ktap
                           if re.match(r"not ok ", line)]
    return failed


def percent(part, whole):
    return 100 * part / whole if whole else 100.0


def row(name, lines, kernel, unit):
    inside = sum(1 for key in lines if kernel.get(key))
    user = sum(1 for key in lines if unit.get(key))
    either = sum(1 for key in lines if kernel.get(key) or unit.get(key))
    return (f"{name:26}{len(lines):7}{inside:7} {percent(inside, len(lines)):6.1f} %"
            f"{user:7}{either:7} {percent(either, len(lines)):6.1f} %")


def write_missed(path, lines, kernel, unit):
    """The lines that are never executed in a kernel, with their text."""
    sources = {}
    with open(path, "w", encoding="utf-8") as out:
        for name, number in lines:
            if kernel.get((name, number)):
                continue
            if name not in sources:
                with open(f"{ROOT}/{name}", encoding="utf-8") as source:
                    sources[name] = source.read().split("\n")
            mark = "unit" if unit.get((name, number)) else "    "
            out.write(f"{name}:{number}: {mark} {sources[name][number - 1]}\n")


def main():
    top = os.path.realpath(sys.argv[1])
    kernel = in_kernels(top)
    unit = in_user_space(top)
    # What is compiled for the unit tests alone is no line of the module.
    lines = sorted(kernel)
    if not lines:
        sys.exit("coverage: no counters: nothing ran")
    files = defaultdict(list)
    for key in lines:
        files[key[0]].append(key)
    table = [f"{'file':26}{'lines':>7}{'in the kernels':>16}{'unit':>7}{'either':>15}"]
    table += [row(name[len("module/"):], files[name], kernel, unit) for name in sorted(files)]
    table.append(row("all", lines, kernel, unit))
    with open(f"{top}/table.txt", "w", encoding="utf-8") as out:
        out.write("\n".join(table) + "\n")
    print("\n".join(table))
    write_missed(f"{top}/missed.txt", lines, kernel, unit)

    failed = failures(top)
    for text in failed:
        print(text)
    reached = sum(1 for key in lines if kernel[key])
    either = sum(1 for key in lines if kernel[key] or unit.get(key))
    share = percent(reached, len(lines))
    print(f"coverage: {share:.1f} % of {len(lines)} lines in the kernels, "
          f"{percent(either, len(lines)):.1f} % with the unit tests; "
          f"{len(failed)} programs failed; the others are in build/coverage/missed.txt")
    return 1 if failed or share < AIM else 0


if __name__ == "__main__":
    sys.exit(main())
