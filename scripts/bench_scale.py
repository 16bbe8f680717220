#!/usr/bin/env python3
"""`make bench-scale`: does a night of ten times the studies take ten times as long, in the same memory?

Header depth with a store over 10,000 and 100,000 generated studies, warm cache, turns in order small, large, small, …; then
one native object of 1 GiB and one compressed of 300 MiB at pixel depth. Exit code 1 where a bound is missed.
  bench_scale.py [--studies N] [--rounds N] [--threads N] [--write]    --write: the table also goes to docs/scale.md
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "target" / "scale-data"
HRGATE = ROOT / "target" / "release" / "hrgate"
MAKE_DATA = ROOT / "target" / "release" / "examples" / "make_scale_data"
PAGE = ROOT / "docs" / "scale.md"
TIMES = 10
LINEAR = 0.10
MEMORY_MIB = 400
# Writing results may not be what a night waits for.
WAIT_SHARE = 0.1


def prepare(studies: int) -> None:
    """Makes the data once."""
    for n in (studies // TIMES, studies):
        folder = DATA / f"studies-{n}"
        if not (folder / ".complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            print(f"making {n} studies", flush=True)
            subprocess.run([MAKE_DATA, "studies", folder / "in", str(n)], check=True)
            (folder / ".complete").touch()
    if not (DATA / "large" / ".complete").exists():
        shutil.rmtree(DATA / "large", ignore_errors=True)
        print("making the large objects", flush=True)
        subprocess.run([MAKE_DATA, "large", DATA / "large"], check=True)
        (DATA / "large" / ".complete").touch()


def run(source: Path, depth: str, threads: int, store: Path | None = None) -> dict:
    """One run: seconds, peak memory in MiB, and what run.json says."""
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        kept = ["--store", store or Path(folder) / "store.db"]
        command = [HRGATE, "run", source, "--depth", depth, "--threads", str(threads),
                   "--reports", folder, "--run-id", "r", *kept]
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in (0, 10, 11):
            sys.exit(f"the run over {source.name} ended with {os.waitstatus_to_exitcode(status)}")
        told = json.loads((Path(folder) / "r" / "run.json").read_text(encoding="utf-8"))
    stages = {d["stage"]: d["seconds"] for d in told["durations"]}
    return {"seconds": seconds, "memory": usage.ru_maxrss / 1024, "stages": stages,
            "studies": told["studies"]["studies"], "files": told["counts"]["files"],
            "not_read": (told["changes"] or {}).get("files_not_read", 0)}


def measure(studies: int, rounds: int, threads: int) -> tuple[list[str], bool]:
    """The page's lines, and whether every bound holds."""
    folders = [DATA / f"studies-{n}" / "in" for n in (studies // TIMES, studies)]
    for folder in folders:
        run(folder, "header", threads)
    turns: list[list[dict]] = [[], []]
    for _ in range(rounds):
        for at, folder in enumerate(folders):
            turns[at].append(run(folder, "header", threads))
    small, large = ([statistics.median(r["seconds"] for r in turn), max(r["memory"] for r in turn),
                     turn[0]] for turn in turns)
    per = [small[0] / small[2]["studies"], large[0] / large[2]["studies"]]
    bend = per[1] / per[0] - 1
    store, wait = (statistics.median(r["stages"][stage] / r["stages"]["total"] for r in turns[1])
                   for stage in ("store", "store_wait"))
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        night = Path(folder) / "night.db"
        run(folders[1], "header", threads, night)
        second = run(folders[1], "header", threads, night)
    lines = ["| what | reached | due |", "|---|---|---|"]
    good = True

    def row(what: str, reached: str, due: str, enough: bool) -> None:
        nonlocal good
        good &= enough
        lines.append(f"| {what} | {reached}{'' if enough else ' **missed**'} | {due} |")

    row(f"time a study, {large[2]['studies']} studies against {small[2]['studies']}",
        f"{bend * 100:+.1f} %", f"at most +{LINEAR * 100:.0f} %", bend <= LINEAR)
    for size in (small, large):
        count = size[2]["studies"]
        row(f"peak memory, {count} studies", f"{size[1]:.0f} MiB", f"at most {MEMORY_MIB} MiB",
            size[1] <= MEMORY_MIB)
    lines.append(f"| the store is written to, beside judging, in this share of a run | {store * 100:.0f} % | |")
    row("share of a run in which judging waits for writing", f"{wait * 100:.1f} %",
        f"at most {WAIT_SHARE * 100:.0f} %", wait <= WAIT_SHARE)
    for name, what in (("native", "a native object of 1 GiB"),
                       ("jpeg-lossless", "a JPEG lossless object of 300 MiB")):
        one = run(DATA / "large" / name, "pixels", threads)
        row(f"peak memory, {what}, every frame decoded", f"{one['memory']:.0f} MiB",
            f"at most {MEMORY_MIB} MiB", one["memory"] <= MEMORY_MIB)
        lines.append(f"| its time | {one['seconds']:.1f} s | |")
    rate = large[2]["studies"] / large[0]
    lines += [f"| the second night over {second['studies']} studies, nothing new | "
              f"{second['seconds']:.1f} s, {second['memory']:.0f} MiB | |", "",
              f"First night over {large[2]['studies']} studies ({large[2]['files']} files): "
              f"{large[0]:.1f} s, {rate:.0f} studies a second; over {small[2]['studies']}: {small[0]:.1f} s. "
              f"{threads} threads, header depth, a new store each time, warm cache, {rounds} rounds in turn, medians.", "",
              "Where the time of the large one goes:", "", "| stage | seconds |", "|---|---|"]
    lines += [f"| {stage} | {seconds:.1f} |" for stage, seconds in large[2]["stages"].items()]
    return lines, good


def main() -> int:
    """Prepares, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    prepare(options.studies)
    lines, good = measure(options.studies, options.rounds, options.threads)
    print("\n".join(lines))
    if options.write:
        head = ["# A night of a province", "",
                "Made by `make bench-scale ARGS=--write` from generated studies.", ""]
        PAGE.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
