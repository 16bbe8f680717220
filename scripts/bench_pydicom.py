#!/usr/bin/env python3
"""The loop that a Python program would be: `bench_pydicom.py PROCESSES PATH…` opens every file with
pydicom, decodes it with numpy and takes sum, minimum and maximum."""

import multiprocessing
import sys
from pathlib import Path


def read(path: Path) -> tuple | None:
    """What one file holds, or None where it cannot be decoded."""
    import pydicom

    try:
        values = pydicom.dcmread(path).pixel_array
        return int(values.sum()), int(values.min()), int(values.max())
    except Exception:  # noqa: BLE001 - any refusal counts as one
        return None


def main() -> None:
    """Reads everything with the given number of processes."""
    processes = int(sys.argv[1])
    files = [f for path in sys.argv[2:] for f in Path(path).rglob("*") if f.is_file()]
    with multiprocessing.Pool(processes) as pool:
        read_all = pool.map(read, files, chunksize=8)
    print(len(files), "files,", sum(r is not None for r in read_all), "read")


if __name__ == "__main__":
    main()
