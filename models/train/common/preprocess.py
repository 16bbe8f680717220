"""What a radiograph becomes before a model sees it. `src/infer/preprocess.rs` does the same; a test holds the two
together to 1e-5 (tests/infer_preprocess.rs, with the values that `python -m common.fixture` wrote).

The steps, for a frame of stored values with larger values bright (MONOCHROME1 and inverted lookups turned before):

1. `resize_area` so that the long side is `LONG_SIDE` pixels: the mean of the pixels that an output pixel covers, each
   weighed by the share covered. A side that grows is read by linear interpolation at the output pixels' centres instead,
   the frame continued by its edge pixels.
2. `limits`: the 0.5 % and 99.5 % values (nearest rank) of every fourth row and column of that.
3. `unit`: (value - low) / (high - low), cut to 0..1. Crops of the native frame use the same limits.
"""

import numpy as np

LONG_SIDE = 1024
LOW, HIGH = 0.005, 0.995
STEP = 4


def shares(n_in: int, n_out: int) -> np.ndarray:
    """(n_out, n_in) float32: which share of output pixel i each input pixel makes; rows sum to 1."""
    first, table = window_shares(n_in, 0.0, float(n_in), n_out)
    out = np.zeros((n_out, n_in), dtype=np.float32)
    out[:, first:first + table.shape[1]] = table
    return out


def resize_area(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The (rows, columns) float32 area average of a (rows, columns) image of any numbers."""
    image = np.asarray(image, dtype=np.float32)
    down, across = shares(image.shape[0], rows), shares(image.shape[1], columns)
    return (down @ image) @ across.T


def long_side_shape(rows: int, columns: int, long_side: int = LONG_SIDE) -> tuple[int, int]:
    """Rows and columns after scaling the longer side to `long_side`, halves up, at least 1."""
    scale = long_side / max(rows, columns)
    return max(1, int(rows * scale + 0.5)), max(1, int(columns * scale + 0.5))


def limits(image: np.ndarray) -> tuple[float, float]:
    """The values that become 0 and 1. A flat image gives (v, v + 1)."""
    values = np.sort(np.asarray(image, dtype=np.float32)[::STEP, ::STEP], axis=None)
    last = values.size - 1
    low = float(values[int(LOW * last + 0.5)])
    high = float(values[int(HIGH * last + 0.5)])
    return (low, high) if high > low else (low, low + 1.0)


def unit(image: np.ndarray, low: float, high: float) -> np.ndarray:
    """0..1 float32 between the limits."""
    scaled = (np.asarray(image, dtype=np.float32) - np.float32(low)) / np.float32(high - low)
    return np.clip(scaled, 0.0, 1.0)


def crop_area(image: np.ndarray, row: float, column: float, side: float, out: int) -> np.ndarray:
    """An (out, out) float32 area average of the square of `side` pixels centred at (row, column), edges in pixels from the
    outer edge of the first pixel. What lies outside the frame is the nearest edge pixel."""
    image = np.asarray(image, dtype=np.float32)
    down = window_shares(image.shape[0], row - side / 2, side, out)
    across = window_shares(image.shape[1], column - side / 2, side, out)
    return sample(down, across, image)


def window_shares(n_in: int, start: float, side: float, out: int) -> tuple[int, np.ndarray]:
    """First pixel and (out, n) shares of the pixels from it on, the frame continued by its edge pixels. Where an output
    pixel covers less than one pixel, it is read by linear interpolation at its centre instead."""
    step = side / out
    weights: list[dict[int, float]] = []
    for i in range(out):
        here: dict[int, float] = {}
        if step >= 1.0:
            a, b = start + i * step, start + (i + 1) * step
            for cell in range(int(np.floor(a)), int(np.ceil(b))):
                share = min(b, cell + 1.0) - max(a, float(cell))
                if share > 0.0:
                    at = min(max(cell, 0), n_in - 1)
                    here[at] = here.get(at, 0.0) + share / step
        else:
            at = start + (i + 0.5) * step - 0.5
            cell = int(np.floor(at))
            for c, share in ((cell, 1.0 - (at - cell)), (cell + 1, at - cell)):
                c = min(max(c, 0), n_in - 1)
                here[c] = here.get(c, 0.0) + share
        weights.append(here)
    first = min(min(w) for w in weights)
    last = max(max(w) for w in weights)
    table = np.zeros((out, last - first + 1), dtype=np.float32)
    for i, here in enumerate(weights):
        for cell, share in here.items():
            table[i, cell - first] = share
    return first, table


def sample(down: tuple[int, np.ndarray], across: tuple[int, np.ndarray], image: np.ndarray) -> np.ndarray:
    """Rows by `down`, columns by `across`."""
    (r, rows), (c, columns) = down, across
    part = image[r:r + rows.shape[1], c:c + columns.shape[1]]
    return (rows @ part) @ columns.T
