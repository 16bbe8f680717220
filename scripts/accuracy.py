#!/usr/bin/env python3
"""Holds `hrgate pixels` against pixels.csv: the sum, minimum and maximum of the stored values of every
file, and writes docs/accuracy/decoding.md. Lossless and native files have to agree exactly (float pixels
within rounding of the sum); DCT JPEG, which may legally differ by rounding, within half a unit a sample of
the sum and 2 of minimum and maximum. Standard library only.
"""

import csv
import io
import math
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

DCT_JPEG = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 53, 55)}
# Of all files with a sum in the table, the share that has to agree.
DUE_SHARE = 0.99
# Sums of floats depend on the order of adding.
FLOAT_TOLERANCE = 1e-9
PAGE = Path(__file__).resolve().parent.parent / "docs" / "accuracy" / "decoding.md"


def number(text: str) -> int | float:
    """An integer where the text is one: sums are above what a float holds exactly."""
    try:
        return int(text)
    except ValueError:
        value = float(text)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value


def judge(truth: dict, ours: dict) -> str | None:
    """What differs between a row of the table and ours, or None."""
    keys = ("sum", "min", "max")
    try:
        got = {key: number(ours[key]) for key in keys}
    except (KeyError, ValueError, TypeError):
        return f"not decoded: {ours.get('why_not') or 'no values'}"
    want = {key: number(truth[key]) for key in keys}
    limits = dict.fromkeys(keys, 0.0)
    if truth["transfer_syntax"] in DCT_JPEG:
        samples = math.prod(int(truth[k]) for k in ("frames", "rows", "columns", "samples"))
        limits = {"sum": samples // 2, "min": 2, "max": 2}
    elif any(isinstance(v, float) for v in want.values()):
        limits = {key: FLOAT_TOLERANCE * max(1.0, abs(want[key])) for key in keys}
    off = [f"{k} {got[k]} is not {want[k]}" for k in keys if abs(got[k] - want[k]) > limits[k]]
    return "; ".join(off) or None


def wilson(right: int, n: int) -> str:
    """95 % interval of a share."""
    z, p = 1.96, right / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = ((middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))
    return f"{100 * max(0, low):.1f}-{100 * min(1, high):.1f} %"


def page(due: dict, wrong: dict) -> str:
    """The table by transfer syntax, and every file that differs."""
    counts = defaultdict(lambda: [0, 0])
    for path, row in due.items():
        counts[row["transfer_syntax"] or "not stated"][0] += path not in wrong
        counts[row["transfer_syntax"] or "not stated"][1] += 1
    right = len(due) - len(wrong)
    lines = [
        "# Decoding", "",
        "`make accuracy` writes this page: sum, minimum and maximum of the stored values of every public file with a",
        "known truth (pydicom, cross-checked with a second decoder), held against `hrgate pixels`. Exact for native and",
        "lossless files; half a unit a sample of the sum and 2 of the extremes for DCT JPEG.", "",
        f"**{right} of {len(due)} files agree: {100 * right / len(due):.2f} % ({wilson(right, len(due))}).**", "",
        "| transfer syntax | agree | files | 95 % |", "|---|---|---|---|",
    ]
    lines += [f"| {s} | {r} | {n} | {wilson(r, n)} |" for s, (r, n) in sorted(counts.items())]
    lines += ["", "## What differs", ""]
    lines += [f"* `{p}` ({due[p]['transfer_syntax']}): {why}" for p, why in sorted(wrong.items())]
    return "\n".join(lines + ([] if wrong else ["nothing"])) + "\n"


def main() -> int:
    """Prints every file that differs, then the share that agrees."""
    hrgate, data = Path(sys.argv[1]), Path(sys.argv[2])
    studies = data / "studies"
    with (data / "pixels.csv").open(encoding="utf-8", newline="") as table:
        truth = {r["path"]: r for r in csv.DictReader(table)}
    run = subprocess.run(
        [hrgate, "pixels", studies], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    ours = {}
    for row in csv.DictReader(io.StringIO(run.stdout.decode("utf-8"))):
        path = row["path"].replace("\\", "/")
        ours[path.split("data/studies/")[-1]] = row
    due = {p: r for p, r in truth.items() if r["sum"]}
    wrong = {}
    for path, row in due.items():
        verdict = judge(row, ours[path]) if path in ours else "not in our output"
        if verdict:
            wrong[path] = verdict
            print(f"{path} ({row['transfer_syntax']}): {verdict}")
    PAGE.write_text(page(due, wrong), encoding="utf-8")
    share = 1 - len(wrong) / max(1, len(due))
    print(f"{len(due) - len(wrong)} of {len(due)} files agree ({share:.2%}), due {DUE_SHARE:.0%}")
    return 0 if due and share >= DUE_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
