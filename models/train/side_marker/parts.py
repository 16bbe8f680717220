"""Squares inside a found place: where it holds a letter and its initials, or a word of which the first letter is the side, the
letter alone reads better than the whole. `src/infer/side_marker/parts.rs` does the same."""

import itertools

# A place is long where its shorter side is at most so much of its longer; then squares of so much of its shorter side at its ends are read.
LONG, END = 0.74, 0.8
# Squares at the corners of a place and at the middles of its sides, in its longer side.
CORNER, EDGE = 0.45, 0.5

Place = tuple[float, float, float, float, float]


def parts(place: Place) -> list[Place]:
    """Of a place (probability, x, y, w, h): ends, corners, sides, each a square with its probability."""
    p, x, y, w, h = place
    longer, shorter = max(w, h), min(w, h)
    found: list[Place] = []
    if shorter <= LONG * longer:
        side = END * shorter
        away = (longer - side) / 2
        along, across = (away, 0.0) if w >= h else (0.0, away)
        found += [(p, x + sign * along, y + sign * across, side, side) for sign in (-1, 1)]
    for i, j in itertools.product((-1, 0, 1), repeat=2):
        share = CORNER if i and j else EDGE
        if i or j:
            found.append((p, x + j * (1 - share) / 2 * w, y + i * (1 - share) / 2 * h, share * longer, share * longer))
    return found
