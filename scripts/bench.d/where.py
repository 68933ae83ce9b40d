#!/usr/bin/env python3
"""Where the instructions go: tables from the counts of count.c.

where.py DIRECTORY reads what a profiling run left there: "rows" (one line for
each measurement, in order: "ROW|ARM|UNITS"), "kallsyms" of the machine, and
"count.N" for the N-th measurement. Prints for each row the functions that cost
most, with both TCPs side by side, in instructions per unit.
"""
import bisect
import collections
import pathlib
import sys

SHOWN = 60
KERNEL_SPACE = 1 << 63


class Symbols:
    """Addresses of kernel functions, from /proc/kallsyms."""

    def __init__(self, path):
        found = {}
        for line in path.read_text().splitlines():
            address, kind, name, *module = line.split()
            if kind in "tTwW":
                found.setdefault(int(address, 16), name + "".join(" " + m for m in module))
        self.addresses = sorted(found)
        self.names = [found[address] for address in self.addresses]

    def name(self, address):
        if address < KERNEL_SPACE:
            return "(user space)"
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.names[at] if at >= 0 else "(unknown)"


def costs(path, symbols, units):
    """Instructions per unit by function, from one count file."""
    total = collections.Counter()
    for line in path.read_text().splitlines():
        address, count = line.split()
        total[symbols.name(int(address, 16))] += int(count) / units
    return total


def figure(value):
    return f"{value:12.1f}" if abs(value) >= 10 else f"{value:12.4f}"


def show(row, arms):
    builtin, ltcp = arms["builtin"], arms["ltcp"]
    ours = sum(n for f, n in ltcp.items() if f.endswith("[ltcp]"))
    print(f"\n{row}: instructions per unit, exact, of the whole machine")
    print(f"{'built-in':>12} {'ltcp':>12} {'difference':>12}  function")
    total = [sum(builtin.values()), sum(ltcp.values())]
    for cost in ((*total, "(everything)"), (0, ours, "(everything of ltcp.ko)")):
        print(figure(cost[0]), figure(cost[1]), figure(cost[1] - cost[0]), "", cost[2])
    by_cost = sorted(set(builtin) | set(ltcp), key=lambda f: -max(builtin[f], ltcp[f]))
    for function in by_cost[:SHOWN]:
        b, l = builtin[function], ltcp[function]
        print(figure(b), figure(l), figure(l - b), "", function)


def main():
    directory = pathlib.Path(sys.argv[1])
    symbols = Symbols(directory / "kallsyms")
    rows = collections.defaultdict(dict)
    for n, line in enumerate((directory / "rows").read_text().splitlines()):
        row, arm, units = line.split("|")
        rows[row][arm] = costs(directory / f"count.{n}", symbols, int(units))
    for row, arms in rows.items():
        show(row, arms)


main()
