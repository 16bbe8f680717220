"""What lies on films and is no marker: arrows, signs, electrodes and their leads, hooks and buckles, springs, clips, ports,
wires, corners of collimation. Values as in `compositor.py`."""

import cv2
import numpy as np

from .glyphs import pick


def clutter(patch: np.ndarray, keep: list[tuple], rng: np.random.Generator) -> None:
    """One to three things on a patch (changed in place), none over the boxes (x, y, width, height) to keep."""
    n = patch.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        at, size = rng.uniform(0, n, 2), float(np.exp(rng.uniform(np.log(6), np.log(60))))
        if all(np.hypot(at[0] - x, at[1] - y) > 0.8 * size + 0.7 * max(w, h, 10) for x, y, w, h in keep):
            thing(patch, at, size, rng)


def over(patch: np.ndarray, x: float, y: float, height: float, rng: np.random.Generator) -> None:
    """A snap of an electrode over a part of a marker that stands at (x, y)."""
    away, spin = height * rng.uniform(0.55, 1.0), rng.uniform(0, 2 * np.pi)
    at = (x + away * np.cos(spin), y + away * np.sin(spin))
    thing(patch, at, height * float(rng.uniform(0.4, 0.9)), rng, str(rng.choice(["ring", "electrode", "metal", "wire"], p=[0.5, 0.2, 0.1, 0.2])))


def thing(patch: np.ndarray, at, size: float, rng: np.random.Generator, kind: str | None = None) -> None:
    """One thing of a size in pixels."""
    kind = kind or str(rng.choice(list(DRAWN), p=ODDS))
    side = int(np.clip(5 * size, 24, 480))
    ink, ground = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    DRAWN[kind](ink, ground, size, rng)
    if kind not in ("corner", "wire"):
        spin = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.choice([0, 90, 180, 270]) + rng.normal(0, 8) if rng.random() < 0.5 else rng.uniform(0, 360)), 1.0)
        ink, ground = (cv2.warpAffine(m, spin, (side, side), flags=cv2.INTER_LINEAR) if m.any() else m for m in (ink, ground))
    sigma = float(rng.uniform(0, 0.05) * size + rng.uniform(0, 0.8))
    if sigma > 0.25:
        ink = cv2.GaussianBlur(ink, (0, 0), sigma)
    a, b = int(round(at[0] - side / 2)), int(round(at[1] - side / 2))
    x0, y0, x1, y1 = max(0, a), max(0, b), min(patch.shape[1], a + side), min(patch.shape[0], b + side)
    if x1 <= x0 or y1 <= y0:
        return
    part, take = patch[y0:y1, x0:x1], (slice(y0 - b, y1 - b), slice(x0 - a, x1 - a))
    written = kind in ("arrow", "sign") and rng.random() < 0.6
    level = float(rng.uniform(0.85, 1.0)) if written else float(np.clip(part.mean() + rng.uniform(0.1, 0.8), 0, 1))
    dark = float(rng.uniform(0, 0.15)) if written else level * float(rng.uniform(0.3, 0.8))
    if rng.random() < 0.08:
        level, dark = dark, level
    opacity = 1.0 if written else float(rng.uniform(0.35, 1.0))
    part[:] = part * (1 - ground[take] * opacity) + ground[take] * opacity * dark
    part[:] = np.clip(part * (1 - ink[take] * opacity) + ink[take] * opacity * level, 0, 1)


def line_of(size: float, rng: np.random.Generator) -> int:
    """A stroke's thickness."""
    return max(1, int(size * rng.uniform(0.06, 0.24)))


def sign(ink, ground, size, rng) -> None:
    """A sign of a font, some on a rim."""
    _, mask = pick("symbol", size, rng)
    mask = mask[:ink.shape[0], :ink.shape[1]]
    y, x = (ink.shape[0] - mask.shape[0]) // 2, (ink.shape[1] - mask.shape[1]) // 2
    ink[y:y + mask.shape[0], x:x + mask.shape[1]] = mask
    if rng.random() < 0.3:
        ground[:] = cv2.dilate(ink, np.ones((3, 3)) if size < 30 else np.ones((5, 5)))


def arrow(ink, ground, size, rng) -> None:
    """A broad arrow, some with a rim: this side up."""
    c, half, neck = ink.shape[0] / 2, size * rng.uniform(0.3, 0.6), size * rng.uniform(0.08, 0.25)
    head = size * rng.uniform(0.25, 0.6)
    top, foot = c - size / 2, c + size / 2
    shape = np.array([(c, top), (c + half, top + head), (c + neck, top + head), (c + neck, foot), (c - neck, foot), (c - neck, top + head), (c - half, top + head)])
    cv2.fillPoly(ink, [shape.astype(np.int32)], 1.0, cv2.LINE_AA)
    if rng.random() < 0.5:
        k = 2 * max(1, int(size * rng.uniform(0.03, 0.08))) + 1
        ground[:] = cv2.dilate(ink, np.ones((k, k)))


def electrode(ink, ground, size, rng) -> None:
    """A snap or clamp of an electrode, with its stem."""
    c = ink.shape[0] // 2
    w, h = int(size * rng.uniform(0.35, 0.6)), int(size * rng.uniform(0.2, 0.5))
    body = np.array([(c - w, c - h // 2), (c + w // 2, c - h), (c + w, c - h // 3), (c + w, c + h // 2), (c, c + h), (c - w, c + h // 2)], np.float32)
    body += rng.normal(0, 0.06 * size, body.shape)
    cv2.fillPoly(ink, [body.astype(np.int32)], float(rng.uniform(0.25, 0.9)), cv2.LINE_AA)
    if rng.random() < 0.6:
        cv2.polylines(ink, [body.astype(np.int32)], True, 1.0, max(1, line_of(size, rng) // 2), cv2.LINE_AA)
    ring(ink, ground, size * rng.uniform(0.3, 0.7), rng)
    far = (int(c + rng.normal(0, 0.3) * size), int(c + rng.uniform(0.6, 2.2) * size))
    cv2.line(ink, (c, c + h // 2), far, float(rng.uniform(0.4, 1.0)), line_of(size, rng), cv2.LINE_AA)


def ring(ink, ground, size, rng) -> None:
    """Rings, discs, buttons, ports."""
    c, r = ink.shape[0] // 2, max(1, int(size / 2))
    axes = (r, max(1, int(r * (1.0 if rng.random() < 0.5 else rng.uniform(0.25, 1.0)))))
    cv2.ellipse(ink, (c, c), axes, 0, 0, 360, float(rng.uniform(0.4, 1.0)), -1 if rng.random() < 0.45 else line_of(size, rng), cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 5))):
        at = (int(c + rng.normal(0, 0.3) * r), int(c + rng.normal(0, 0.3) * r))
        cv2.circle(ink, at, max(1, int(r * rng.uniform(0.08, 0.5))), float(rng.random()), -1, cv2.LINE_AA)


def metal(ink, ground, size, rng) -> None:
    """Bent metal: hooks, buckles, pins, clips."""
    c, line = ink.shape[0] / 2, line_of(size, rng)
    for _ in range(int(rng.integers(1, 4))):
        points = c + rng.uniform(-0.55, 0.55, (int(rng.integers(3, 7)), 2)) * size
        if rng.random() < 0.6:
            points = smooth(points)
        cv2.polylines(ink, [points.astype(np.int32)], bool(rng.random() < 0.5), float(rng.uniform(0.6, 1.0)), max(1, int(line * rng.uniform(0.5, 1.3))), cv2.LINE_AA)
    if rng.random() < 0.4:
        ring(ink, ground, size * rng.uniform(0.2, 0.6), rng)


def smooth(points: np.ndarray) -> np.ndarray:
    """A rounded path through points (Chaikin)."""
    for _ in range(3):
        q, r = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.stack([q, r], 1).reshape(-1, 2)
    return points


def spring(ink, ground, size, rng) -> None:
    """Springs, zips, teeth, rows of dots."""
    c, count = ink.shape[0] / 2, int(rng.integers(3, 11))
    wide, step = size * rng.uniform(0.1, 0.35), size / count
    line = max(1, int(step * rng.uniform(0.2, 0.6)))
    for k in range(count):
        y = c - size / 2 + (k + 0.5) * step
        cv2.line(ink, (int(c - wide), int(y)), (int(c + wide), int(y + step * 0.5 * (rng.random() < 0.5))), 1.0, line, cv2.LINE_AA)


def bar(ink, ground, size, rng) -> None:
    """Rods, plates, slits, catheters' tips."""
    c, half = ink.shape[0] / 2, size * rng.uniform(0.03, 0.3)
    a, b = (int(c - half), int(c - size / 2)), (int(c + half), int(c + size / 2))
    cv2.rectangle(ink, a, b, float(rng.uniform(0.5, 1.0)), -1 if rng.random() < 0.6 else line_of(size, rng) // 2 + 1, cv2.LINE_AA)
    if rng.random() < 0.4:
        cv2.line(ink, (int(c - size * rng.uniform(0, 0.4)), int(c)), (int(c + size * rng.uniform(0, 0.4)), int(c)), 1.0, line_of(size, rng), cv2.LINE_AA)


def wire(ink, ground, size, rng) -> None:
    """Leads and tubes that cross the patch."""
    n = ink.shape[0]
    points = smooth(rng.uniform(0, n, (5, 2)))
    cv2.polylines(ink, [points.astype(np.int32)], False, 1.0, max(1, int(size * rng.uniform(0.03, 0.12))), cv2.LINE_AA)


def corner(ink, ground, size, rng) -> None:
    """The corner of a collimated field or a plate: two edges of one tone, far longer than any letter."""
    n = ink.shape[0]
    spin = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(spin), np.sin(spin)]) * 2 * n
    points = np.array([n / 2, n / 2]) + np.array([[0, 0], along, along + [-along[1], along[0]], [-along[1], along[0]]])
    cv2.fillPoly(ink, [points.astype(np.int32)], 1.0)


DRAWN = {"sign": sign, "arrow": arrow, "electrode": electrode, "ring": ring, "metal": metal, "spring": spring, "bar": bar, "wire": wire, "corner": corner}
ODDS = [0.2, 0.12, 0.14, 0.12, 0.16, 0.08, 0.08, 0.05, 0.05]
