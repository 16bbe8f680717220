"""Letters that stand beside a found place: a marker often carries initials, a disc, a clip, and the finder may point at those.
`src/infer/side_marker/pieces.rs` does the same."""

import numpy as np
from scipy import ndimage

# A place is searched about where the finder is at least this sure of it, and where its longer side is at most so many pixels.
FROM, LARGEST = 0.15, 64.0
# The window, in longer sides of the place from its middle.
REACH = 2.6
# Quantiles of the window that are dark and bright, and the shares of the way between them above which a piece is lit.
DARK, BRIGHT = 0.10, 0.97
SHARES = (0.5, 0.65, 0.8)
# A letter's longer side over the place's, its shorter over its longer side, the lit share of its box.
SIDES, SLIM, FILL = (0.22, 3.0), 0.25, (0.12, 0.8)
# How far a piece must be from what is read already, in longer sides of the place or of the piece.
APART_PLACE, APART_PIECE, APART_OTHERS = 0.35, 0.3, 0.35
# Pieces of a film, at most.
MOST_PIECES = 24

Place = tuple[float, float, float, float, float]


def quantile(values: np.ndarray, share: float) -> float:
    """By nearest rank."""
    ordered = np.sort(values, axis=None)
    return float(ordered[int(share * (ordered.size - 1) + 0.5)])


def pieces(image: np.ndarray, places: list[Place]) -> list[Place]:
    """Lit pieces of a letter's size near places (probability, x, y, w, h), in pixels of the image (0..1); each has the
    probability of its place. In the order of the places, of the shares, and of their first pixel from above and left."""
    found: list[Place] = []
    for p, x, y, w, h in places:
        side = max(w, h)
        if p < FROM or side > LARGEST:
            continue
        x0, y0 = max(0, int(x - REACH * side)), max(0, int(y - REACH * side))
        x1, y1 = min(image.shape[1], int(x + REACH * side) + 1), min(image.shape[0], int(y + REACH * side) + 1)
        if x1 <= x0 or y1 <= y0:
            continue
        window = image[y0:y1, x0:x1]
        dark, bright = quantile(window, DARK), quantile(window, BRIGHT)
        for share in SHARES:
            labels, _ = ndimage.label(window > np.float32(dark + share * (bright - dark)), np.ones((3, 3)))
            for i, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
                piece_w, piece_h = columns.stop - columns.start, rows.stop - rows.start
                longer, shorter = max(piece_w, piece_h), min(piece_w, piece_h)
                if not SIDES[0] * side < longer < SIDES[1] * side or shorter < SLIM * longer:
                    continue
                if not FILL[0] < (labels[rows, columns] == i).mean() < FILL[1]:
                    continue
                cx, cy = x0 + (columns.start + columns.stop) / 2, y0 + (rows.start + rows.stop) / 2
                away = lambda other: np.hypot(other[1] - cx, other[2] - cy)  # noqa: E731
                if (away((0, x, y)) >= APART_PLACE * side and all(away(o) >= APART_PIECE * longer for o in found)
                        and all(away(o) >= APART_OTHERS * longer for o in places)):
                    found.append((p, cx, cy, float(piece_w), float(piece_h)))
                    if len(found) == MOST_PIECES:
                        return found
    return found
