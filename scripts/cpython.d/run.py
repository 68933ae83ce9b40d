#!/usr/bin/python3
"""scripts/cpython.d/run.py - run CPython's own tests inside the virtual machine.

Usage: run.py OUT MODULE...

Writes OUT.tsv, a line "module<tab>case<tab>result" for each test, result being
pass, skip, fail, hang or crash, and OUT.log, what failed tests said.

Each module runs in a process of its own ("run.py --work MODULE"), which tells
which test begins and how it ended. A test that takes longer than LIMIT seconds
of the machine's time, or that ends the process, loses that process; the tests
after it run in a new one.
"""
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time

LIMIT = 300
# What tests may use; those that want the Internet find none and skip themselves.
RESOURCES = ["cpu", "network", "walltime"]


# --- the process that runs tests ---------------------------------------------

def flatten(suite, unittest):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item, unittest)
        else:
            yield item


def short_name(test, module):
    """Class.test, or what unittest calls a class that could not be set up."""
    return re.sub(r"^(test\.)?" + module + r"\.", "", test.id())


def work(module, done_path):
    import unittest
    from test import support
    from test.support import import_helper  # noqa: F401  as regrtest has it

    support.use_resources = RESOURCES
    support.verbose = 0
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    with open(done_path) as file:
        done = set(file.read().split("\n"))

    class Result(unittest.TestResult):
        """Reports "begin NAME" and "end NAME WORD"."""

        def startTest(self, test):
            super().startTest(test)
            self.word = "pass"
            print("begin", short_name(test, module), file=reports)

        def stopTest(self, test):
            super().stopTest(test)
            self.end(test, self.word)
            self.word = None

        def end(self, test, word):
            print("end", short_name(test, module), word, file=reports)

        def note(self, test, word, err=None):
            if err is not None:
                print(f"--- {word}: {test.id()}\n{self._exc_info_to_string(err, test)}",
                      file=sys.stderr, flush=True)
            if getattr(self, "word", None) is None:
                self.end(test, word)    # a whole class
            else:
                self.word = word

        def addError(self, test, err):
            self.note(test, "fail", err)

        def addFailure(self, test, err):
            self.note(test, "fail", err)

        def addSubTest(self, test, subtest, err):
            if err is not None:
                self.note(test, "fail", err)

        def addSkip(self, test, reason):
            self.note(test, "skip")

        def addUnexpectedSuccess(self, test):
            self.note(test, "fail")

    suite = unittest.defaultTestLoader.loadTestsFromName("test." + module)
    todo = unittest.TestSuite(t for t in flatten(suite, unittest)
                              if short_name(t, module) not in done)
    todo.run(Result())
    print("finished", file=reports)
    reports.flush()
    os._exit(0)     # threads that a failed test left do not hold us


# --- the process that watches ------------------------------------------------

def read_counters():
    """ltcp's counters of this namespace, none where it is not loaded."""
    try:
        with open("/proc/net/ltcp") as file:
            return {k: int(v) for k, v in (line.split() for line in file)}
    except FileNotFoundError:
        return {}


class Module:
    """One module's results, gathered from as many processes as it takes."""

    def __init__(self, name, tsv, log):
        self.name, self.tsv, self.log = name, tsv, log
        self.results = {}
        self.running = None

    def record(self, case, word):
        # A class that cannot be set up fails once, also in a later process.
        if case not in self.results:
            self.results[case] = word
            print(self.name, case, word, sep="\t", file=self.tsv, flush=True)

    def lines(self, worker):
        """The worker's lines; None for one that did not come within LIMIT."""
        selector = selectors.DefaultSelector()
        selector.register(worker.stdout, selectors.EVENT_READ)
        buffer = b""
        while True:
            if not selector.select(LIMIT):
                yield None
                return
            piece = os.read(worker.stdout.fileno(), 65536)
            if not piece:
                return
            *whole, buffer = (buffer + piece).split(b"\n")
            yield from (line.decode() for line in whole)

    def attempt(self):
        """One process. True when nothing is left to do."""
        with tempfile.NamedTemporaryFile("w") as done:
            done.write("\n".join(self.results))
            done.flush()
            worker = subprocess.Popen(
                [sys.executable, __file__, "--work", self.name, done.name],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
                start_new_session=True, cwd=tempfile.gettempdir())
            why, finished = "crash", False
            for line in self.lines(worker):
                if line is None:
                    why = "hang"
                    break
                word, _, rest = line.partition(" ")
                if word == "begin":
                    self.running = rest
                elif word == "end":
                    self.running = None
                    self.record(*rest.rsplit(" ", 1))
                elif word == "finished":
                    finished = True
                    break
            try:
                os.killpg(worker.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            worker.wait()
        if finished:
            return True
        if self.running is None:        # not in a test: no use in going on
            self.record("exit", why)
            return True
        self.record(self.running, why)
        self.running = None
        return False

    def run(self):
        while not self.attempt():
            pass


def main():
    if sys.argv[1] == "--work":
        work(*sys.argv[2:])
    out, modules = sys.argv[1], sys.argv[2:]
    before = read_counters()
    with open(out + ".tsv", "a") as tsv, open(out + ".log", "a") as log:
        for name in modules:
            begun = time.monotonic()
            module = Module(name, tsv, log)
            module.run()
            print(f"{name}: {len(module.results)} tests, {time.monotonic() - begun:.0f} s of the"
                  " machine's time", flush=True)
    after = read_counters()
    for counter in ("ActiveOpens", "PassiveOpens", "InSegs", "OutSegs"):
        if counter in after:
            print(f"{counter} {after[counter] - before[counter]}", flush=True)


main()
