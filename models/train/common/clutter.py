"""What lies on films and is no marker: arrows, signs, electrodes and their leads, hooks and buckles, springs, clips, ports,
wires, corners of collimation, coins, paper clips, implants of bone. Values as in `compositor.py`."""

import cv2
import numpy as np

from .glyphs import pick


def clutter(patch: np.ndarray, keep: list[tuple], rng: np.random.Generator) -> None:
    """One to three things on a patch (changed in place), none over the boxes (x, y, width, height) to keep."""
    n = patch.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        at, size = rng.uniform(0, n, 2), float(np.exp(rng.uniform(np.log(6), np.log(110))))
        if all(np.hypot(at[0] - x, at[1] - y) > 0.8 * size + 0.7 * max(w, h, 10) for x, y, w, h in keep):
            thing(patch, at, size, rng)


def over(patch: np.ndarray, x: float, y: float, height: float, rng: np.random.Generator) -> None:
    """A snap of an electrode, a coin or a paper clip over a part of a marker that stands at (x, y)."""
    kind = str(rng.choice(["coin", "ring", "electrode", "metal", "wire", "paperclip"], p=[0.3, 0.2, 0.1, 0.1, 0.15, 0.15]))
    away, spin = height * (rng.uniform(0.2, 0.7) if kind == "paperclip" else rng.uniform(0.55, 1.1)), rng.uniform(0, 2 * np.pi)
    at = (x + away * np.cos(spin), y + away * np.sin(spin))
    thing(patch, at, height * float(rng.uniform(0.9, 1.6) if kind == "paperclip" else rng.uniform(0.4, 0.9)), rng, kind)


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


def coin(ink, ground, size, rng) -> None:
    """A disc of one tone: the ball or coin on a marker's plate."""
    c, r = ink.shape[0] // 2, max(1, int(size / 2))
    cv2.circle(ink, (c, c), r, 1.0, -1, cv2.LINE_AA)


def paperclip(ink, ground, size, rng) -> None:
    """Two or three long loops of wire, one in the other."""
    c, half, line = ink.shape[0] / 2, size / 2, max(1, int(size * rng.uniform(0.03, 0.08)))
    wide = size * rng.uniform(0.1, 0.2)
    for k in range(int(rng.integers(2, 4))):
        r, top = wide * (1 - 0.28 * k), c - half * (1 - 0.2 * k)
        foot = c + half * (1 - 0.25 * k) * rng.uniform(0.8, 1.0)
        cv2.ellipse(ink, (int(c), int(top + r)), (int(r), int(r)), 0, 180, 360, 1.0, line, cv2.LINE_AA)
        cv2.ellipse(ink, (int(c), int(foot - r)), (int(r), int(r)), 0, 0, 180, 1.0, line, cv2.LINE_AA)
        for x in (c - r, c + r):
            cv2.line(ink, (int(x), int(top + r)), (int(x), int(foot - r)), 1.0, line, cv2.LINE_AA)


def screw(ink, a, b, line: int, tone: float, rng) -> None:
    """A screw from its head at a to its tip at b, some with a thread."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    cv2.line(ink, tuple(a.astype(int)), tuple(b.astype(int)), tone, line, cv2.LINE_AA)
    along = (b - a) / max(1e-6, np.hypot(*(b - a)))
    cv2.circle(ink, tuple(a.astype(int)), max(1, int(line * rng.uniform(0.7, 1.3))), tone, -1, cv2.LINE_AA)
    if line > 2 and rng.random() < 0.5:
        for at in np.arange(0.0, np.hypot(*(b - a)), 1.2 * line):
            p, side = a + along * at, np.array([-along[1], along[0]]) * line * 0.8
            cv2.line(ink, tuple((p - side).astype(int)), tuple((p + side).astype(int)), tone, max(1, line // 3), cv2.LINE_AA)


def nail(ink, ground, size, rng) -> None:
    """A nail in a long bone, its end and the screws across it."""
    c, n, half = ink.shape[0] / 2, ink.shape[0], size * rng.uniform(0.08, 0.2)
    tone = float(rng.uniform(0.6, 1.0))
    top = c - size * rng.uniform(0.2, 0.6)
    shape = [(c - half, n), (c - half * rng.uniform(0.6, 1), top + half), (c, top), (c + half, top + half * rng.uniform(0.2, 1)), (c + half, n)]
    cv2.fillPoly(ink, [np.array(shape, np.int32)], tone, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 4))):
        y, reach, lean = c + size * rng.uniform(-0.4, 0.9), size * rng.uniform(0.25, 0.6, 2), size * rng.uniform(-0.15, 0.15)
        screw(ink, (c - reach[0], y - lean), (c + reach[1], y + lean), max(1, int(half * rng.uniform(0.4, 0.9))), tone, rng)


def bone_plate(ink, ground, size, rng) -> None:
    """A plate along a bone with its row of screws, their heads on the plate."""
    c, n, half = ink.shape[0] / 2, ink.shape[0], size * rng.uniform(0.05, 0.14)
    tone, first = float(rng.uniform(0.6, 1.0)), c - size * rng.uniform(0.2, 0.7)
    cv2.line(ink, (int(c), int(first)), (int(c + rng.normal(0, 0.2) * size), int(n * rng.uniform(0.6, 1))), tone * float(rng.uniform(0.7, 1)), max(1, int(2 * half)), cv2.LINE_AA)
    side, step = float(rng.choice([-1, 1])), size * rng.uniform(0.2, 0.45)
    for k in range(int(rng.integers(2, 7))):
        y = first + (k + 0.3) * step
        screw(ink, (c, y), (c + side * size * rng.uniform(0.3, 0.8), y + size * rng.uniform(-0.2, 0.2)), max(1, int(half * rng.uniform(0.5, 1.1))), tone, rng)


def rods(ink, ground, size, rng) -> None:
    """Rods that cross, with clamps where they meet: a frame outside a limb, a bed's rail."""
    c, n = ink.shape[0] / 2, ink.shape[0]
    points = [c + size * rng.uniform(-0.4, 0.4, 2) for _ in range(int(rng.integers(1, 3)))]
    base = rng.uniform(0, np.pi)
    for k, p in enumerate([*points, points[0]]):
        spin = base + (np.pi / 2 + rng.normal(0, 0.15) if k == len(points) else rng.normal(0, 0.05))
        along = np.array([np.cos(spin), np.sin(spin)]) * n
        start = p - along * (1.0 if rng.random() < 0.5 else 0.02)
        cv2.line(ink, tuple(start.astype(int)), tuple((p + along).astype(int)), float(rng.uniform(0.5, 1.0)), max(1, int(size * rng.uniform(0.04, 0.22))), cv2.LINE_AA)
    for p in points:
        if rng.random() < 0.6:
            cv2.circle(ink, tuple(p.astype(int)), max(1, int(size * rng.uniform(0.08, 0.2))), 1.0, -1, cv2.LINE_AA)


def speck(ink, ground, size, rng) -> None:
    """The lit corner that collimators leave, brightest at its vertex: a few pixels, or two edges far longer than any letter."""
    n, c = ink.shape[0], ink.shape[0] // 2
    line, small = max(1, int(size * rng.uniform(0.04, 0.15))), rng.random() < 0.6
    if small:
        line = int(rng.integers(1, 3))
    for tip in ((c, max(0, c - int(rng.integers(1, 6)))), (max(0, c - int(rng.integers(1, 6))), c)) if small else ((c, 0), (0, c)):
        cv2.line(ink, (c, c), tip, float(rng.uniform(0.2, 0.8)), line)
    if not small:
        ink *= np.exp(-np.hypot(*(np.mgrid[:n, :n] - c)) / (size * rng.uniform(0.7, 2.5))).astype(np.float32)
    cv2.circle(ink, (c, c), line, 1.0, -1)


def bone(ink, ground, size, rng) -> None:
    """Long bones or phalanges side by side: soft shafts with bright edges, gaps where they meet, broader ends."""
    n, c = ink.shape[0], ink.shape[0] / 2
    count, wide = int(rng.integers(1, 4)), size * rng.uniform(0.15, 0.6)
    soft, edge = float(rng.uniform(0.3, 0.8)), max(1, int(wide * rng.uniform(0.06, 0.25)))
    for k in range(count):
        x, y = c + (k - (count - 1) / 2) * wide * rng.uniform(1.2, 2.2), rng.uniform(-0.3, 0.2) * size
        while y < n:
            long = size * np.exp(rng.uniform(np.log(0.5), np.log(4.0)))
            ends = wide / 2 * rng.uniform(1.0, 1.6, 2)
            u = np.linspace(0, 1, 9)
            half = wide / 2 * 0.8 + (ends[0] - wide / 2 * 0.8) * np.exp(-u * 6) + (ends[1] - wide / 2 * 0.8) * np.exp(-(1 - u) * 6)
            rows = y + u * long
            shape = np.concatenate([np.stack([x - half, rows], 1), np.stack([x + half, rows], 1)[::-1]]).astype(np.int32)
            cv2.fillPoly(ink, [shape], soft, cv2.LINE_AA)
            cv2.polylines(ink, [shape], True, 1.0, edge, cv2.LINE_AA)
            y += long + wide * rng.uniform(0.05, 0.3)


def texture(side: int, rng: np.random.Generator) -> np.ndarray:
    """(side, side) in 0..1: noise whose power falls with the frequency as that of tissue does, from fine to cloudy."""
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    with np.errstate(divide="ignore"):
        power = np.hypot(fy, fx) ** -rng.uniform(0.8, 2.2)
    power[0, 0] = 0
    field = np.fft.irfft2(power * np.exp(2j * np.pi * rng.random(power.shape)), (side, side))
    field = (field - field.mean()) / max(1e-9, field.std())
    return np.clip(rng.uniform(0.05, 0.8) + field * np.exp(rng.uniform(np.log(0.02), np.log(0.2))), 0, 1).astype(np.float32)


DRAWN = {"sign": sign, "arrow": arrow, "electrode": electrode, "ring": ring, "metal": metal, "spring": spring, "bar": bar, "wire": wire, "corner": corner,
         "coin": coin, "paperclip": paperclip, "nail": nail, "bone plate": bone_plate, "rods": rods, "speck": speck, "bone": bone}
ODDS = [0.13, 0.07, 0.1, 0.1, 0.11, 0.04, 0.05, 0.03, 0.04, 0.03, 0.03, 0.08, 0.06, 0.06, 0.03, 0.04]
