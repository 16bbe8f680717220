#!/usr/bin/env python3
"""`make bench`: our speed and memory beside other software, on the same files in one run.

Commands take turns (A B C, B C A, …), so that a slow minute of the machine hits all of them. In its turn a command runs twice
and the second run counts: all find the cache warm, the processor's too, whoever came before them. Each due ratio is taken from
the medians. Exit code 1 where one is missed.
  bench.py [--rounds N] [--threads N] [--write]      --write: the table also goes to docs/performance.md
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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "target" / "bench-data"
# What header depth reads: the same files for everybody.
READ = DATA / "read"
HRGATE = ROOT / "target" / "release" / "hrgate"
BARE = ROOT / "target" / "release" / "examples" / "bare_decode"
MAKE_DATA = ROOT / "target" / "release" / "examples" / "make_bench_data"
VENV = ROOT / ".venv-bench" / "bin"
PAGE = ROOT / "docs" / "performance.md"

SERIES, SLICES = 2, 500
CODECS, CODED = ["jpeg_lossless", "jpeg_ls", "jpeg_2000"], 100
# Folders of the shared data that scanners wrote: CT and MR, one value of each a stored frame.
REAL_CT = ["fuzun45_ct", "saltyjoke_ct", "dcm_qa_ct"]
REAL_MR = ["dcm_qa_canon", "dcm_qa_fmap", "dcm_qa_philips", "dcm_qa_stc", "dcm_qa_uih",
           "dcm_qa_xa30", "flothesof_knee", "fnndsc_adi_brain", "mapconcierge_spine"]
NATIVE = {b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1"}
# Verdicts are exit codes too.
OURS_OK = {0, 10, 11}
MEMORY_LIMIT_MIB = 400


@dataclass(frozen=True)
class Due:
    """A ratio that has to be reached: how many times as fast as `than` is `ours`."""

    what: str
    ours: str
    than: str
    at_least: float

    def judge(self, seconds: dict[str, list[float]]) -> tuple[float, bool]:
        """The ratio of the medians, and whether it is enough."""
        ratio = statistics.median(seconds[self.than]) / statistics.median(seconds[self.ours])
        return ratio, ratio >= self.at_least


DUES = [
    Due("header depth against dcm2niix -b o", "header", "dcm2niix", 7.0),
    Due("header depth against bare read_until", "header", "bare header", 0.75),
    Due("whole run with every one-touch measure, uncompressed CT and MR, against bare decoding",
        "one touch", "bare pixels", 0.4),
    # Sampled measures may cost as much again.
    Due("the same with the sampled measures", "pixels", "bare pixels", 0.2),
    Due("the run with every one-touch measure against pydicom + numpy", "one touch", "pydicom", 3.0),
    Due("decoding JPEG lossless against bare dicom-rs", "jpeg_lossless", "bare jpeg_lossless", 1.6),
    Due("decoding JPEG-LS against bare dicom-rs", "jpeg_ls", "bare jpeg_ls", 0.9),
    Due("decoding JPEG 2000 against bare dicom-rs", "jpeg_2000", "bare jpeg_2000", 0.9),
]


def transfer_syntax(path: Path) -> bytes:
    """The Transfer Syntax UID of a file with a meta group, else empty."""
    head = path.open("rb").read(1024)
    at = head.find(b"\x02\x00\x10\x00UI")
    if at < 0:
        return b""
    length = int.from_bytes(head[at + 6:at + 8], "little")
    return head[at + 8:at + 8 + length].rstrip(b"\0 ")


def copy_real(names: list[str], to: Path, native_only: bool) -> None:
    """Copies folders of the shared data, so that every program reads one folder."""
    studies = Path(os.environ.get("HRGATE_SHARED", ROOT.parent / "shared")) / "data" / "studies"
    if not studies.is_dir():
        print("SKIPPED real-data: no shared studies; generated series only")
        return
    for name in names:
        for path in sorted((studies / name).rglob("*")):
            if not path.is_file() or (native_only and transfer_syntax(path) not in NATIVE):
                continue
            target = to / name / path.relative_to(studies / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def without_sampling(to: Path) -> None:
    """The settings of the repository but for the sampled measures, which are left out."""
    text = (ROOT / "policies" / "settings.toml").read_text(encoding="utf-8")
    head, key, rest = text.partition("[settings.sampled_slice_step]\n")
    lines = rest.split("\n")
    lines[0] = "value = 0"
    to.mkdir(exist_ok=True)
    (to / "settings.toml").write_text(head + key + "\n".join(lines), encoding="utf-8")


def prepare() -> None:
    """Makes the data once: `ct` and `mr_native` are uncompressed, `mr` what the scanners wrote."""
    done = DATA / "complete-2"
    if done.exists():
        return
    shutil.rmtree(DATA, ignore_errors=True)
    (READ / "ct").mkdir(parents=True)
    print(f"making {SERIES} series of {SLICES} slices", flush=True)
    subprocess.run([MAKE_DATA, READ / "ct", str(SERIES), str(SLICES)], check=True)
    copy_real(REAL_CT, READ / "ct", native_only=True)
    copy_real(REAL_MR, READ / "mr", native_only=False)
    copy_real(REAL_MR, DATA / "mr_native", native_only=True)
    without_sampling(DATA / "policies")
    print(f"encoding {CODED} slices", flush=True)
    subprocess.run([VENV / "python", ROOT / "scripts" / "bench_codecs.py",
                    READ / "ct" / "bench-a", DATA / "coded", str(CODED)], check=True)
    done.touch()


def commands(threads: int, scratch: Path) -> dict[str, list]:
    """Name to command line."""
    every = [p for p in (READ / "ct", READ / "mr") if p.is_dir()]
    native = [p for p in (READ / "ct", DATA / "mr_native") if p.is_dir()]
    ours = [HRGATE, "run", "--threads", str(threads), "--reports", scratch / "reports", "--depth"]
    coded = {name: DATA / "coded" / name for name in CODECS}
    return {
        **{name: [HRGATE, "pixels", "--threads", str(threads), path] for name, path in coded.items()},
        **{f"bare {name}": [BARE, "pixels", str(threads), path] for name, path in coded.items()},
        "header": [*ours, "header", *every],
        "bare header": [BARE, "header", str(threads), *every],
        "dcm2niix": [VENV / "dcm2niix", "-b", "o", "-d", "9", "-f", "%j_%s_%r",
                     "-o", scratch / "nii", READ],
        "one touch": [*ours, "pixels", "--policies", DATA / "policies", *native],
        "pixels": [*ours, "pixels", *native],
        "bare pixels": [BARE, "pixels", str(threads), *native],
        "pydicom": [VENV / "python", ROOT / "scripts" / "bench_pydicom.py", str(threads), *native],
    }


def timed(name: str, command: list, log) -> tuple[float, float]:
    """Seconds and peak memory (MiB) of one command."""
    start = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL,
                               stdout=log, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    good = OURS_OK if command[0] == HRGATE else {0}
    if process.returncode not in good:
        sys.exit(f"{name} ended with {process.returncode}; see the log")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss / scale


def measure(rounds: int, threads: int) -> tuple[dict, dict]:
    """All seconds and the peak memory of each command; the first round only warms the cache."""
    seconds: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    with (DATA / "log.txt").open("w") as log:
        for turn in range(rounds + 1):
            with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
                # A folder for each of the two runs: the second does not meet the files of the first.
                folders = [Path(folder) / name for name in ("warm", "counted")]
                for scratch in folders:
                    (scratch / "nii").mkdir(parents=True)
                warm, counted = (commands(threads, scratch) for scratch in folders)
                turns = list(counted.items())
                # Whoever comes first runs while the system still clears away the files of the round before.
                first = turn % len(turns)
                turns = turns[first:] + turns[:first]
                for name, command in turns:
                    timed(name, warm[name], log)
                    took, peak = timed(name, command, log)
                    memory[name] = max(memory.get(name, 0.0), peak)
                    if turn:
                        seconds.setdefault(name, []).append(took)
            print("." if turn else "warm", end="", flush=True)
    print()
    return seconds, memory


def versions() -> str:
    """What we are held against."""
    words = [subprocess.run([VENV / "python", "-m", "pip", "freeze"], text=True,
                            capture_output=True, check=True).stdout.split()]
    pip = [w for w in words[0] if w.split("==")[0].lower() in ("dcm2niix", "numpy", "pydicom")]
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8").split("[[package]]")
    rust = [p for p in lock if 'name = "dicom-pixeldata"' in p][0]
    return ", ".join([f"dicom-pixeldata=={rust.split('version = ')[1].split(chr(34))[1]}", *pip])


def report(seconds: dict, memory: dict, threads: int) -> tuple[list[str], bool]:
    """The page's lines, and whether everything due was reached."""
    lines = ["| what | reached | due |", "|---|---|---|"]
    good = True
    for due in DUES:
        ratio, enough = due.judge(seconds)
        good &= enough
        mark = "" if enough else " **missed**"
        lines.append(f"| {due.what} | {ratio:.2f} x{mark} | {due.at_least:g} x |")
    middle = {name: statistics.median(all_seconds) for name, all_seconds in seconds.items()}
    share = (middle["pixels"] - middle["one touch"]) / middle["one touch"]
    lines.append(f"| sampled measures, time over a run without them | {share:.2f} | at most 1 |")
    good &= share <= 1
    for name in ("header", "pixels"):
        enough = memory[name] <= MEMORY_LIMIT_MIB
        good &= enough
        mark = "" if enough else " **missed**"
        lines.append(f"| peak memory, {name} depth | {memory[name]:.0f} MiB{mark} "
                     f"| at most {MEMORY_LIMIT_MIB} MiB |")
    count = sum(1 for p in READ.rglob("*") if p.is_file())
    lines += ["", f"{count} files, {threads} threads or processes each, warm cache, commands in turn, "
              f"medians, {os.cpu_count()} processors (our lines are written by a thread beside those that judge). Versions: {versions()}."]
    return lines, good


def stages(threads: int, middle: dict[str, float]) -> list[str]:
    """Where the milliseconds of a run go, beside the limit: the bare reading or decoding of the same files."""
    lines = ["", "## Where the time goes", "",
             "Milliseconds, the median of five runs; judging includes putting studies together. The limit is what bare dicom-rs takes to read or decode.", "",
             "| run | start and end | files | judging | reports | whole | limit |", "|---|---|---|---|---|---|---|"]
    for name, limit in (("header", "bare header"), ("one touch", "bare pixels"), ("pixels", "bare pixels")):
        runs = []
        for turn in range(5):
            with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
                command = [*commands(threads, Path(folder))[name], "--run-id", "r"]
                seconds, _ = timed(name, command, subprocess.DEVNULL)
                told = json.loads((Path(folder) / "reports" / "r" / "run.json").read_text(encoding="utf-8"))
            stage = {d["stage"]: d["seconds"] for d in told["durations"]}
            runs.append([seconds - stage["total"], stage["examine"], stage["judge"], stage["report"], seconds])
        cells = [f"{statistics.median(column) * 1000:.0f}" for column in zip(*runs)]
        lines.append(f"| {name} | {' | '.join(cells)} | {middle[limit] * 1000:.0f} |")
    return lines


def main() -> int:
    """Prepares, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    prepare()
    seconds, memory = measure(max(1, options.rounds), options.threads)
    for name, all_seconds in seconds.items():
        print(f"{name:18} min {min(all_seconds):7.3f} s   median "
              f"{statistics.median(all_seconds):7.3f} s   peak {memory[name]:5.0f} MiB")
    lines, good = report(seconds, memory, options.threads)
    lines += stages(options.threads, {n: statistics.median(s) for n, s in seconds.items()})
    print("\n".join(lines))
    if options.write:
        head = ["# Measured speed", "",
                "Made by `make bench ARGS=--write`. Ratios above 1 mean that we are faster.", ""]
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
