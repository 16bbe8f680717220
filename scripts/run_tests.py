#!/usr/bin/env python3
"""Runs every test and ends with two lines: how many passed, failed and were skipped, and how many
of those were skipped because the shared real data is absent. Standard library only.

The full output is in target/test.log; what is printed is what a person has to see.
"""

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "target" / "test.log"

RESULT = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")
CAPTURED = re.compile(r"^---- (.+) stdout ----$")
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ")
UNITTEST_END = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$")
SHOWN = re.compile(r"^(?:test result:|\s+Running |\s+Doc-tests |error|warning|FAILED|test .* FAILED$)")


@dataclass
class Tally:
    """Sums over all runners. A test that skipped itself for want of real data counts as skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    runs: int = 0
    real_data: set = field(default_factory=set)

    _binary: str = ""
    _test: str = ""
    _unittest: int = 0

    def feed(self, line: str) -> None:
        """Reads one line of a runner's output."""
        line = line.rstrip("\n")
        if line.strip().startswith(("Running ", "Doc-tests ")):
            self._binary, self._test = line.strip(), ""
        elif found := CAPTURED.match(line):
            self._test = found[1]
        elif "SKIPPED real-data" in line:
            self.real_data.add((self._binary, self._test))
        elif found := RESULT.search(line):
            passed, failed, ignored = map(int, found.groups())
            self.passed, self.failed, self.skipped = (
                self.passed + passed, self.failed + failed, self.skipped + ignored)
            self.runs += 1
        elif found := UNITTEST_RAN.match(line):
            self._unittest = int(found[1])
            self.runs += 1
        elif self._unittest and (found := UNITTEST_END.match(line)):
            counts = dict(re.findall(r"(\w+)=(\d+)", found[1] or ""))
            bad = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
            skipped = int(counts.get("skipped", 0))
            self.passed += self._unittest - bad - skipped
            self.failed, self.skipped = self.failed + bad, self.skipped + skipped
            self._unittest = 0

    def closing(self) -> list[str]:
        """The last two lines of a run."""
        real = len(self.real_data)
        return [
            f"{real} real-data tests skipped",
            f"{self.passed - real} passed, {self.failed} failed, {self.skipped + real} skipped",
        ]


def run(command: list[str], tally: Tally, log) -> int:
    """Runs one runner, feeds its output to the tally, prints what a person has to see."""
    print("$", " ".join(command), flush=True)
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace")
    failures = False
    for line in process.stdout:
        log.write(line)
        tally.feed(line)
        # Everything between "failures:" and the next result line is what went wrong.
        failures = (failures or line.startswith("failures:")) and not RESULT.search(line)
        if failures or SHOWN.match(line) or command[0] != "cargo":
            print(line, end="", flush=True)
    return process.wait()


def main() -> int:
    """Runs the Rust tests, then the Python ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also the tests marked as slow")
    options = parser.parse_args()

    LOG.parent.mkdir(exist_ok=True)
    # --show-output: a test that skips itself says so on its own, otherwise hidden, output.
    harness = ["--show-output", *(["--include-ignored"] if options.full else [])]
    rust = ["cargo", "test", "--locked", "--no-fail-fast", "--", *harness]
    python = [sys.executable, "-m", "unittest", "discover", "-s", "scripts/tests", "-t", "."]
    tally = Tally()
    os.environ.setdefault("CARGO_TERM_COLOR", "never")
    with LOG.open("w", encoding="utf-8") as log:
        codes = [run(command, tally, log) for command in (rust, python)]
    print()
    print("\n".join(tally.closing()))
    if not tally.runs:
        print("no test ran")
    return 1 if any(codes) or tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
