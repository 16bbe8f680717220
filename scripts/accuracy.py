#!/usr/bin/env python3
"""Holds `hrgate pixels` against pixels.csv: the sum, minimum and maximum of the stored values of every
file. Lossless and native files have to agree exactly; DCT JPEG, which may legally differ by rounding,
within half a unit a sample of the sum and 2 of minimum and maximum. Standard library only.
"""

import csv
import io
import subprocess
import sys
from pathlib import Path

DCT_JPEG = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 53, 55)}
# Of all files with a sum in the table, the share that has to agree.
DUE_SHARE = 0.99


def judge(truth: dict, ours: dict) -> str | None:
    """What differs between a row of the table and ours, or None."""
    try:
        got = {key: int(ours[key]) for key in ("sum", "min", "max")}
    except (KeyError, ValueError):
        return f"not decoded: {ours.get('why_not') or 'no values'}"
    want = {key: int(float(truth[key])) for key in ("sum", "min", "max")}
    if truth["transfer_syntax"] in DCT_JPEG:
        samples = 1
        for key in ("frames", "rows", "columns", "samples"):
            samples *= int(truth[key])
        limits = {"sum": samples // 2, "min": 2, "max": 2}
    else:
        limits = {"sum": 0, "min": 0, "max": 0}
    off = [f"{k} {got[k]} is not {want[k]}" for k in got if abs(got[k] - want[k]) > limits[k]]
    return "; ".join(off) or None


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
    share = 1 - len(wrong) / max(1, len(due))
    print(f"{len(due) - len(wrong)} of {len(due)} files agree ({share:.2%}), due {DUE_SHARE:.0%}")
    return 0 if due and share >= DUE_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
