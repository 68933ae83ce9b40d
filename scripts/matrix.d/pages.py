# SPDX-License-Identifier: GPL-2.0
"""docs/rfc9293.md and docs/requirements.md, made from the requirements and the
tests' labels (labels.py), the same on every machine."""

import re
from collections import defaultdict

RFC = re.compile(r"(MUST|SHLD|MAY|REC)-\d+$")
NAMES_AT_MOST = 4       # with more tests than that the project's own IDs name programs only

GENERATED = "<!-- Made by scripts/matrix --write from the tests' labels. Do not edit. -->\n\n"

RFC_HEAD = """# RFC 9293, requirement by requirement

Appendix B of RFC 9293 numbers what a TCP must, should and may do. This table says
which tests prove that ltcp does it, by their programs in `selftests/` and their
names; `scripts/test wire/rto` runs those of `selftests/wire/rto.c`. Where there is
something to be said instead, or besides, it is said.

%s
"""

OWN_HEAD = """# What ltcp must do

The project's own requirements, and the tests that prove them: their names where
they are few, else the programs with the number of tests. The numbers of RFC 9293
are in [rfc9293.md](rfc9293.md).

%s
"""

ROWS = "\n| ID | requirement | proved by |\n|---|---|---|\n"


def by_program(tests):
    """(program, its tests' names) in the order of the labels."""
    grouped = defaultdict(list)
    for program, name in tests:
        if name not in grouped[program]:
            grouped[program].append(name)
    return grouped.items()


def short(program, name):
    """A test's name without its theme where that is the program's name."""
    theme = program.split("/")[1] + "."
    return name[len(theme):] if name.startswith(theme) else name


def name_tests(tests):
    return "; ".join(f"`{program}`: " + ", ".join(f"`{short(program, n)}`" for n in names)
                     for program, names in by_program(tests))


def count_tests(tests):
    return ", ".join(f"`{program}` ({len(names)})" for program, names in by_program(tests))


def proof(requirement, tests, all_names):
    few = all_names or len(set(tests)) <= NAMES_AT_MOST
    said = [name_tests(tests) if few else count_tests(tests)] if tests else []
    if requirement.missing:
        said.append(requirement.remark.replace("missing", "**Missing**", 1))
    elif requirement.remark:
        said.append(requirement.remark[0].upper() + requirement.remark[1:])
    return ". ".join(said) or "**No test**"


def row(key, requirement, tests, all_names):
    cells = (key, requirement.text, proof(requirement, tests, all_names))
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def summary(wanted, proved, keys):
    tested = sum(key in proved for key in keys)
    missing = sum(wanted[key].missing for key in keys)
    return (f"{tested} of {len(keys)} have a test"
            + (f"; marked as missing: {missing}." if missing else "."))


def page(head, wanted, proved, keys, all_names):
    text, heading = GENERATED + head % summary(wanted, proved, keys), None
    for key in keys:
        if wanted[key].heading != heading:
            heading = wanted[key].heading
            text += (f"\n## {heading}\n" if heading else "") + ROWS
        text += row(key, wanted[key], proved.get(key, []), all_names)
    return text


def make(wanted, labels):
    """{file name in docs/: text}"""
    proved = defaultdict(list)
    for program, name, key in labels:
        proved[key].append((program, name))
    rfc = [key for key in wanted if RFC.match(key)]
    own = [key for key in wanted if not RFC.match(key)]
    return {"rfc9293.md": page(RFC_HEAD, wanted, proved, rfc, True),
            "requirements.md": page(OWN_HEAD, wanted, proved, own, False)}
