# SPDX-License-Identifier: GPL-2.0
"""Which test claims to prove which requirement, read from the tests' sources.

A C program is given to the preprocessor, and the tables that WIRE_TEST() and
TEST() of wire.h and unit.h expand to are read, so that tests which a macro of a
test's own makes are found like any others. A script is searched for strings of
the form 'name [ID ID]'; a result whose name is put together when the script runs
has its pattern, in capitals, in a comment of that form.

Reading needs no machine to run on. That it reads right is checked against every
run: scripts/matrix compares what the results claimed with what was read.
"""

import glob
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

DIRECTORIES = ("unit", "wire", "socket", "stress")
STRINGS = r'((?:"[^"]*"\s*)+)'
WIRE = re.compile(r'struct wire_test \w+ = \{\s*"(\w+)",\s*"(\w+)",\s*' + STRINGS)
UNIT = re.compile(r'struct unit_test \w+ = \{\s*\.name = "(\w+)",\s*\.ids = ' + STRINGS)
SHELL = re.compile(r"""['"]([\w.-]+) \[([A-Z][A-Z0-9 -]*)\]['"]""")


def words(strings):
    return "".join(re.findall(r'"([^"]*)"', strings)).split()


def programs(directory):
    """Names of a test directory's C programs and of its scripts."""
    with open(f"{directory}/Makefile", encoding="utf-8") as makefile:
        text = makefile.read().replace("\\\n", " ")
    return [" ".join(re.findall(rf"^{name} :?\+?= *(.*)$", text, re.M)).split()
            for name in ("TEST_GEN_PROGS", "TEST_PROGS")]


def preprocess(root, source):
    cache = os.environ.get("LTCP_CACHE", os.path.expanduser(f"~{os.environ.get('SUDO_USER', '')}/.cache/ltcp"))
    kselftest = os.environ.get("KSFT", f"{cache}/kselftest")
    where = [kselftest] + [f"{root}/{d}" for d in
                           ("include", "include/uapi", "module", "module/pure")]
    done = subprocess.run(["gcc", "-E", "-P", *(f"-I{d}" for d in where), source],
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{source} cannot be preprocessed:\n{done.stderr}")
    return done.stdout


def labels_of_c(root, source):
    """(name, IDs) of each test, the name as its result says it."""
    text = preprocess(root, source)
    for theme, name, ids in WIRE.findall(text):
        yield f"{theme}.{name}", words(ids)
    for name, ids in UNIT.findall(text):
        yield name, words(ids)


def labels_of_script(source):
    with open(source, encoding="utf-8") as script:
        for name, ids in SHELL.findall(script.read()):
            yield name, ids.split()


def read_program(task):
    root, directory, program, is_script = task
    path = f"{root}/selftests/{directory}/{program}"
    if is_script:
        found = list(labels_of_script(path))
    else:   # further files of a program's begin with its name
        found = [label for source in [f"{path}.c", *sorted(glob.glob(f"{path}_*.c"))]
                 for label in labels_of_c(root, source)]
    return [(f"{directory}/{program}", name, key) for name, ids in found for key in ids]


def read(root):
    """All labels: (program, name of the test, ID)."""
    tasks = []
    for directory in DIRECTORIES:
        compiled, scripts = programs(f"{root}/selftests/{directory}")
        tasks += [(root, directory, program, False) for program in compiled]
        tasks += [(root, directory, program, True) for program in scripts]
    with ThreadPoolExecutor() as pool:
        return [label for labels in pool.map(read_program, tasks) for label in labels]
