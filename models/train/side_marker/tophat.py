"""Letters that stand out of a film wherever they stand: lit pieces of its white top-hat, for the finder may point at none of
them. `src/infer/side_marker/tophat.rs` does the same."""

import cv2
import numpy as np
from scipy import ndimage

# The image is halved; what is broader than so many of its pixels both ways is ground.
WINDOW = 31
# What rises above its ground by one of these is lit.
LEVELS = (0.15, 0.3, 0.45, 0.6)
# A letter's longer side in pixels of the half image, its shorter over its longer side, the lit share of its box.
SIDES, SLIM, FILL = (6, 45), 0.25, (0.12, 0.85)
# Pieces of two levels are one where their middles are nearer than so many of the longer of their longer sides, and these within a ratio.
APART, ALIKE = 0.3, (0.6, 1.6)
# Pieces of a film that are looked at, those of the lowest levels first, and the brightest that are kept.
MOST_SEEN, MOST_LETTERS = 512, 16

Place = tuple[float, float, float, float, float]


def letters(image: np.ndarray) -> list[Place]:
    """Of an image (0..1): (how far it rises above its ground, x, y, w, h in pixels of the image), the brightest first."""
    h, w = (n // 2 * 2 for n in image.shape)
    half = (image[0:h:2, 0:w:2] + image[0:h:2, 1:w:2] + image[1:h:2, 0:w:2] + image[1:h:2, 1:w:2]) * np.float32(0.25)
    if not half.size:
        return []
    rise = half - cv2.morphologyEx(half, cv2.MORPH_OPEN, np.ones((WINDOW, WINDOW), np.uint8))
    found: list[Place] = []
    for level in LEVELS:
        labels, _ = ndimage.label(rise > np.float32(level), np.ones((3, 3)))
        for i, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
            w, h = columns.stop - columns.start, rows.stop - rows.start
            longer, shorter = max(w, h), min(w, h)
            if not SIDES[0] <= longer <= SIDES[1] or shorter < SLIM * longer:
                continue
            own = labels[rows, columns] == i
            if not FILL[0] < own.mean() < FILL[1]:
                continue
            x, y = columns.start + w / 2, rows.start + h / 2
            same = lambda f: np.hypot(x - f[1], y - f[2]) <= APART * max(longer, f[3], f[4]) and ALIKE[0] < longer / max(f[3], f[4]) < ALIKE[1]  # noqa: E731
            if len(found) < MOST_SEEN and not any(same(f) for f in found):
                found.append((float(rise[rows, columns][own].astype(np.float64).mean()), x, y, float(w), float(h)))
    found.sort(key=lambda f: -f[0])
    return [(p, 2 * x, 2 * y, 2 * w, 2 * h) for p, x, y, w, h in found[:MOST_LETTERS]]
