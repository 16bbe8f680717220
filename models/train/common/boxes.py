"""The box of a letter whose centre is known (markers.csv gives points only)."""

import numpy as np
from scipy import ndimage

REACH = 56


def letter_box(image: np.ndarray, x: float, y: float) -> tuple[int, int, int, int] | None:
    """(x0, y0, x1, y1) of the connected piece, brighter or darker than its surroundings, that lies best about the point;
    none where nothing of a letter's size does."""
    rows, columns = image.shape
    x0, y0 = max(0, int(x - REACH)), max(0, int(y - REACH))
    x1, y1 = min(columns, int(x + REACH)), min(rows, int(y + REACH))
    part = image[y0:y1, x0:x1].astype(np.float32)
    best = None
    for reach in (10, 16, 24, 36):
        near = part[max(0, int(y - y0 - reach)):int(y - y0 + reach) + 1, max(0, int(x - x0 - reach)):int(x - x0 + reach) + 1]
        low, high = np.percentile(near, [5, 95])
        if high - low < 12:
            continue
        for share in (0.35, 0.5, 0.65, 0.8):
            level = low + share * (high - low)
            for bright in (True, False):
                found = best_piece(part, (part > level) if bright else (part < level), bright, (x - x0, y - y0),
                                   (x0 == 0, y0 == 0, x1 == columns, y1 == rows))
                if found and (best is None or found[0] > best[0]):
                    best = found
    if best is None:
        return None
    a, b, c, d = best[1]
    return a + x0, b + y0, c + x0, d + y0


def best_piece(part, mask, bright, at, at_border):
    """The best scored piece of the mask: contrast against distance from the point."""
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    best = None
    for i, where in enumerate(ndimage.find_objects(labels), 1):
        top, bottom, left, right = where[0].start, where[0].stop, where[1].start, where[1].stop
        h, w = bottom - top, right - left
        if not (7 <= h <= 80 and 4 <= w <= 70):
            continue
        cut = (left == 0 and not at_border[0], top == 0 and not at_border[1],
               right == part.shape[1] and not at_border[2], bottom == part.shape[0] and not at_border[3])
        off = float(np.hypot((top + bottom) / 2 - at[1], (left + right) / 2 - at[0]))
        if any(cut) or off > max(4, 0.22 * max(h, w)):
            continue
        piece = labels[where] == i
        if not 0.22 <= piece.mean() <= 0.75:
            continue
        contrast = abs(part[where][piece].mean() - part[where][~piece].mean())
        score = contrast / (20 + off * 4) * (1.0 if 1.0 <= h / w <= 2.4 else 0.6) * (1.15 if bright else 1.0)
        if best is None or score > best[0]:
            best = (score, (left, top, right, bottom))
    return best
