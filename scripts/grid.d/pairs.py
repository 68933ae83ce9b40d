#!/usr/bin/python3
"""pairs.py - choose cells so that any two properties meet in all combinations

Reads the names of cells, one a line, and prints few of them, in their order,
among which each pair of values that two properties take together in the whole
list occurs at least once: every rate with every queue, every loss with every
lateness, and so on. Greedy: the next cell is the one with most pairs that are
still missing, the first of those that have as many. Cells of shared bottlenecks
(with a sixth property) are all kept.
"""
import itertools
import sys

PROPERTIES = 5  # rate, round-trip time, losses, lateness, queue


def pairs_of(cell):
    return set(itertools.combinations(enumerate(cell.split("-")), 2))


def main():
    cells = sys.stdin.read().split()
    alone = {cell: pairs_of(cell) for cell in cells if cell.count("-") < PROPERTIES}
    chosen = set(cells) - set(alone)
    missing = set().union(*alone.values())
    while missing:
        best = max(alone, key=lambda cell: len(alone[cell] & missing))
        chosen.add(best)
        missing -= alone[best]
    for cell in cells:
        if cell in chosen:
            print(cell)


if __name__ == "__main__":
    main()
