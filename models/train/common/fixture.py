"""Writes what preprocess.py makes of a few small frames, for tests/infer_preprocess.rs to hold src/infer/preprocess.rs
against: `python -m common.fixture` in models/train (numpy only). The frames follow from a formula that both sides
compute, so only results are stored.
"""

import json
from pathlib import Path

import numpy as np

from . import preprocess

OUT = Path(__file__).resolve().parents[3] / "tests" / "data" / "preprocess" / "expected.json"


def frame(rows: int, columns: int) -> np.ndarray:
    """A frame of 12-bit values: (r * 131 + c * 71 + r * c * 13 + (r // 7) * (c // 5) * 29) mod 4093."""
    r, c = np.meshgrid(np.arange(rows, dtype=np.int64), np.arange(columns, dtype=np.int64), indexing="ij")
    return (r * 131 + c * 71 + r * c * 13 + (r // 7) * (c // 5) * 29) % 4093


def sparse(image: np.ndarray, count: int = 40) -> dict:
    """Shape and evenly spread values of an image."""
    flat = image.ravel()
    at = np.linspace(0, flat.size - 1, min(count, flat.size)).astype(int)
    return {"rows": image.shape[0], "columns": image.shape[1], "at": at.tolist(),
            "values": [round(float(v), 7) for v in flat[at]]}


def case(rows: int, columns: int, long_side: int, inverted: bool, crops: list) -> dict:
    """One frame: scaled to `long_side`, its limits, and crops (row, column, side, out) by those limits."""
    image = frame(rows, columns) * (-1 if inverted else 1)
    small = preprocess.resize_area(image, *preprocess.long_side_shape(rows, columns, long_side))
    low, high = preprocess.limits(small)
    made = [{"crop": list(crop), **sparse(preprocess.unit(preprocess.crop_area(image, *crop), low, high))}
            for crop in crops]
    return {"rows": rows, "columns": columns, "long_side": long_side, "inverted": inverted, "low": low, "high": high,
            "unit": sparse(preprocess.unit(small, low, high)), "crops": made}


def main() -> None:
    """Writes the file."""
    cases = [
        case(300, 251, 128, False, [(150.0, 125.5, 100.0, 16), (3.0, 2.0, 40.25, 10), (299.0, 250.5, 64.0, 32)]),
        case(203, 419, 100, True, [(100.2, 200.7, 12.0, 24), (0.0, 0.0, 9.5, 20), (-30.0, 500.0, 20.0, 8)]),
        case(64, 48, 96, False, [(32.0, 24.0, 200.0, 12), (10.5, 10.5, 3.0, 7)]),
        case(128, 128, 128, False, [(64.0, 64.0, 32.0, 32)]),
        case(5, 1000, 64, False, [(2.5, 500.0, 300.0, 9)]),
        case(1500, 1250, preprocess.LONG_SIDE, False, [(750.0, 600.0, 333.3, 64)]),
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"cases": cases}, indent=None, separators=(",", ":")) + "\n")
    print(f"{OUT.name}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
