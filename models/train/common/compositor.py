"""Markers that never were: letters of lead and burnt-in letters on real radiographs.

Values are 0..1, bright is dense. A marker is drawn upright, then mirrored, turned, blurred and laid over a patch.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from . import fonts
from .data import BACKGROUND, L, MIRRORED_L, MIRRORED_R, OTHER, R

LEFT = ["L"] * 30 + ["LT", "LEFT", "Lt", "L1", "(L)", "左", "左", "LCC", "LMLO", "L MLO", "L CC", "L-MLO", "LLAT"]
RIGHT = ["R"] * 30 + ["RT", "RIGHT", "Rt", "R2", "(R)", "右", "右", "RCC", "RMLO", "R MLO", "R CC", "R-MLO", "RLAT"]
OTHERS = ["D", "I", "G", "E", "S", "DX", "SN", "DEX", "SIN", "DER", "IZQ", "Г", "П", "Л", "ل", "M", "T", "B", "K", "H", "X"]
WORDS = ["AP", "PA", "PORTABLE", "AP PORTABLE", "ERECT", "SUPINE", "UPRIGHT", "LAT", "KV", "A-P", "P-A", "STANDING", "SITTING", "CHEST",
         "KNEE", "ANKLE", "CLINIC", "HOSPITAL", "PRIME", "12:45", "09:30", "2019-03-11", "1/2", "mAs", "S: 200", "100%", "cm", "IMAGE", "No.",
         "DETECTOR", "XR", "F", "M", "04Y", "11", "7", "床旁", "站立位", "卧位", "医院", "FLEX", "RELAXED", "LORDOTIC", "DECUB", "BEDSIDE", "TRAUMA",
         "GRID", "CR", "DR", "ROOM 3", "RLL", "BRUIT", "LARGE", "REAR", "WARD", "REGULAR", "EXPIRATION", "INSP"]
INITIALS = "ABCDEFGHIJKMNOPSTUVWXYZLR"


@dataclass
class Sprite:
    """Masks (rows, columns) 0..1 of a drawn marker, and what it is."""

    letter: np.ndarray
    beside: np.ndarray
    plate: np.ndarray
    inner: np.ndarray
    allowed: tuple[int, ...]


def text_mask(text: str, height: float, rng: np.random.Generator, path: str | None = None) -> np.ndarray:
    """The mask of a text whose capitals are `height` pixels high, cut to its ink."""
    path = path or pick_font(text, rng)
    probe = fonts.font(path, 100).getbbox("H" if text.isascii() else text)
    size = max(4, int(round(100 * height / max(1, probe[3] - probe[1]))))
    face = fonts.font(path, min(size, 400))
    x0, y0, x1, y1 = face.getbbox(text)
    if x1 <= x0 or y1 <= y0:
        return np.zeros((2, 2), np.float32)
    image = Image.new("L", (x1 - x0 + 2, y1 - y0 + 2), 0)
    ImageDraw.Draw(image).text((1 - x0, 1 - y0), text, fill=255, font=face)
    mask = np.asarray(image, np.float32) / 255.0
    if rng.random() < 0.4:
        wide = float(rng.uniform(0.7, 1.35))
        mask = cv2.resize(mask, (max(2, int(mask.shape[1] * wide)), mask.shape[0]), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        k = max(1, int(height * rng.uniform(0.02, 0.10)))
        if k > 1 or height > 12:
            mask = cv2.dilate(np.pad(mask, k), np.ones((k + 1, k + 1)))
    return mask


def pick_font(text: str, rng: np.random.Generator) -> str:
    """A font that has the text."""
    table = fonts.latin() if text.isascii() else fonts.chinese() if any("\u4e00" <= c for c in text) else DEJAVU()
    return table[int(rng.integers(len(table)))]


def DEJAVU() -> list[str]:  # noqa: N802  (a table read late)
    """Fonts that have Cyrillic and Arabic."""
    return [f for f in fonts.latin() if "DejaVuSans" in f] or fonts.latin()


def put(canvas: np.ndarray, mask: np.ndarray, x: float, y: float) -> None:
    """Lays a mask on a canvas, centre at (x, y), by maximum."""
    h, w = mask.shape
    a, b = int(round(x - w / 2)), int(round(y - h / 2))
    x0, y0, x1, y1 = max(0, a), max(0, b), min(canvas.shape[1], a + w), min(canvas.shape[0], b + h)
    if x1 > x0 and y1 > y0:
        part = canvas[y0:y1, x0:x1]
        np.maximum(part, mask[y0 - b:y1 - b, x0 - a:x1 - a], out=part)


def initials(rng: np.random.Generator) -> str:
    """Two or three capitals, or a number."""
    if rng.random() < 0.12:
        return str(rng.integers(1, 99))
    return "".join(INITIALS[int(i)] for i in rng.integers(0, len(INITIALS), int(rng.integers(1, 4))))


def draw(kind: str, height: float, rng: np.random.Generator) -> Sprite:
    """A marker of kind L, R, other or words, its letter `height` pixels high."""
    table = {"L": LEFT, "R": RIGHT, "other": OTHERS, "words": WORDS}[kind]
    text = table[int(rng.integers(len(table)))]
    if kind == "words" and rng.random() < 0.3:
        text = initials(rng) + (initials(rng) if rng.random() < 0.5 else "")
        text = text if len(text) > 1 else text + "V"
    if len(text) > 2:
        height *= 0.75
    mask = text_mask(text, height, rng)
    side = int(np.clip(4.2 * max(mask.shape), 24, 640))
    canvas = [np.zeros((side, side), np.float32) for _ in range(4)]
    letter, beside, plate, inner = canvas
    mid = side / 2
    put(letter, mask, mid, mid)
    chiral = text not in ("L", "I", "左") or kind != "L"
    if kind in ("L", "R", "other") and rng.random() < 0.45:
        chiral |= add_beside(beside, mask, mid, height, rng)
    add_plate(plate, inner, mask, mid, rng)
    turned = kind in ("L", "R") and rng.random() < 0.4
    if turned or (kind in ("other", "words") and rng.random() < 0.2):
        canvas = [np.ascontiguousarray(c[:, ::-1]) for c in canvas]
    angle, certain = turn_angle(rng)
    if angle:
        spin = cv2.getRotationMatrix2D((mid, mid), angle, 1.0)
        canvas = [cv2.warpAffine(c, spin, (side, side), flags=cv2.INTER_LINEAR) for c in canvas]
    plain, mirror = (L, MIRRORED_L) if kind == "L" else (R, MIRRORED_R)
    if kind == "words":
        classes = (BACKGROUND,)
    elif kind == "other":
        classes = (OTHER,)
    elif not certain and not chiral:
        # A bare L that is turned: nothing tells which way it was read.
        classes = (plain, mirror)
    else:
        classes = (mirror,) if turned else (plain,)
    return Sprite(*canvas, classes)


def add_beside(beside: np.ndarray, mask: np.ndarray, mid: float, height: float, rng: np.random.Generator) -> bool:
    """Initials under, above or beside the letter. True where they show which way the marker reads."""
    text = initials(rng) if rng.random() < 0.75 else WORDS[int(rng.integers(len(WORDS)))]
    small = text_mask(text, height * rng.uniform(0.35, 0.85), rng)
    gap = height * rng.uniform(0.08, 0.35)
    h, w = mask.shape
    where = rng.choice(["below", "below", "below", "above", "right", "left"])
    if where in ("below", "above"):
        sign = 1 if where == "below" else -1
        put(beside, small, mid + rng.uniform(-0.3, 0.3) * w, mid + sign * (h / 2 + gap + small.shape[0] / 2))
    else:
        sign = 1 if where == "right" else -1
        put(beside, small, mid + sign * (w / 2 + gap + small.shape[1] / 2), mid + rng.uniform(-0.2, 0.3) * h)
    return len(text) > 1


def add_plate(plate: np.ndarray, inner: np.ndarray, mask: np.ndarray, mid: float, rng: np.random.Generator) -> None:
    """A ring, a box, a pill or a bare plate around the letter; `inner` is its filled inside."""
    kind = rng.choice(["none", "ring", "box", "pill", "disc", "bar"], p=[0.45, 0.14, 0.15, 0.1, 0.06, 0.1])
    if kind == "none":
        return
    h, w = mask.shape
    rx, ry = w / 2 + h * rng.uniform(0.2, 0.5), h / 2 + h * rng.uniform(0.15, 0.5)
    line = max(1, int(h * rng.uniform(0.03, 0.12)))
    at = (int(mid), int(mid + (rng.uniform(0, 0.6) * h if kind in ("pill", "bar") else 0)))
    if kind in ("ring", "disc"):
        if rng.random() < 0.6:
            rx = ry = max(rx, ry)
        axes = (int(rx), int(ry))
        cv2.ellipse(inner, at, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
        if kind == "ring":
            cv2.ellipse(plate, at, axes, 0, 0, 360, 1.0, line, cv2.LINE_AA)
        return
    if kind == "bar":
        ry *= rng.uniform(1.2, 2.2)
    a, b = (int(at[0] - rx), int(at[1] - ry)), (int(at[0] + rx), int(at[1] + ry))
    cv2.rectangle(inner, a, b, 1.0, -1, cv2.LINE_AA)
    if kind == "pill":
        cv2.circle(inner, (at[0], b[1]), int(rx), 1.0, -1, cv2.LINE_AA)
    elif kind == "box" and rng.random() < 0.7:
        cv2.rectangle(plate, a, b, 1.0, line, cv2.LINE_AA)


def turn_angle(rng: np.random.Generator) -> tuple[float, bool]:
    """Degrees, and whether up is still nearly up."""
    pick = rng.random()
    if pick < 0.45:
        return 0.0, True
    if pick < 0.75:
        return float(rng.normal(0, 9)), True
    if pick < 0.87:
        return float(rng.choice([90, 180, 270]) + rng.normal(0, 5)), False
    angle = float(rng.uniform(-180, 180))
    return angle, abs(angle) < 40


def lay(patch: np.ndarray, sprite: Sprite, x: float, y: float, height: float, rng: np.random.Generator) -> tuple[float, float, float, float] | None:
    """Lays a marker over a patch (changed in place), centre at (x, y). Returns the letter's box (x0, y0, x1, y1), cut by the
    patch; None where less than 45 % of the letter lies inside."""
    side = sprite.letter.shape[0]
    a, b = int(round(x - side / 2)), int(round(y - side / 2))
    x0, y0, x1, y1 = max(0, a), max(0, b), min(patch.shape[1], a + side), min(patch.shape[0], b + side)
    if x1 <= x0 or y1 <= y0:
        return None
    take = (slice(y0 - b, y1 - b), slice(x0 - a, x1 - a))
    letter, beside, plate, inner = (m[take] for m in (sprite.letter, sprite.beside, sprite.plate, sprite.inner))
    ink, total = letter.sum(), sprite.letter.sum()
    part = patch[y0:y1, x0:x1]
    if rng.random() < 0.55:
        as_lead(part, letter, beside, plate, inner, height, rng)
    else:
        as_burnt_in(part, letter, beside, plate, inner, height, rng)
    np.clip(part, 0.0, 1.0, out=part)
    if total <= 0 or ink < 0.45 * total:
        return None
    ys, xs = np.nonzero(letter > 0.3)
    if not len(ys):
        return None
    return float(xs.min() + x0), float(ys.min() + y0), float(xs.max() + 1 + x0), float(ys.max() + 1 + y0)


def blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur, none below a quarter pixel."""
    return cv2.GaussianBlur(mask, (0, 0), sigma) if sigma > 0.25 else mask


def as_lead(part, letter, beside, plate, inner, height, rng) -> None:
    """Lead in the beam: more is absorbed, edges are soft, scatter greys it."""
    sigma = height * rng.uniform(0.0, 0.05) + rng.uniform(0, 0.8)
    local = float(part.mean())
    solid = inner.any() and rng.random() < 0.4
    level = float(np.clip(local + rng.uniform(0.12, 0.7), 0, 1.05))
    opacity = rng.uniform(0.5, 1.0)
    if solid:
        # A plate of lead with the letter cut out of it.
        ink = np.clip(inner - np.maximum(letter, beside * (rng.random() < 0.8)), 0, 1)
    else:
        ink = np.maximum(np.maximum(letter, beside), plate)
        if inner.any() and rng.random() < 0.7:
            shade = blurred(inner, sigma) * rng.uniform(0.03, 0.35)
            part[:] = part * (1 - shade) + shade * float(np.clip(level * rng.uniform(0.5, 1.0), 0, 1))
    if rng.random() < 0.2:
        # Worn or partly covered.
        hole = np.ones_like(ink)
        cx, cy = rng.uniform(0.3, 0.7, 2) * ink.shape[0]
        cv2.circle(hole, (int(cx), int(cy)), max(1, int(height * rng.uniform(0.05, 0.18))), 0.2, -1)
        ink = ink * hole
    ink = blurred(ink, sigma) * opacity
    part[:] = part * (1 - ink) + ink * (level * 0.75 + 0.25 * part + level * 0.1)


def as_burnt_in(part, letter, beside, plate, inner, height, rng) -> None:
    """Written by the workstation: sharp, full value, perhaps with a shadow or a ground."""
    value, ground = 1.0, 0.0
    if float(part.mean()) > 0.55 and rng.random() < 0.45 or rng.random() < 0.08:
        value, ground = 0.0, float(rng.uniform(0.5, 1.0))
    value = abs(value - rng.uniform(0, 0.25))
    if inner.any() and rng.random() < 0.6:
        solid = inner * rng.uniform(0.3, 1.0)
        part[:] = part * (1 - solid) + solid * (ground if rng.random() < 0.6 else float(rng.uniform(0, 0.8)))
    ink = np.maximum(np.maximum(letter, beside), plate)
    if rng.random() < 0.35:
        d = max(1, int(height * rng.uniform(0.03, 0.1)))
        shadow = np.zeros_like(ink)
        shadow[d:, d:] = ink[:-d or None, :-d or None][: ink.shape[0] - d, : ink.shape[1] - d]
        if rng.random() < 0.4:
            shadow = cv2.dilate(ink, np.ones((2 * d + 1, 2 * d + 1)))
        part[:] = part * (1 - shadow) + shadow * (1 - round(value))
    if rng.random() < 0.25:
        ink = (ink > 0.5).astype(np.float32)
    ink = blurred(ink, rng.uniform(0, 0.7)) * (1.0 if rng.random() < 0.7 else rng.uniform(0.5, 1.0))
    part[:] = part * (1 - ink) + ink * value


def clutter(patch: np.ndarray, rng: np.random.Generator) -> None:
    """What is no marker: electrodes, leads, clips, arrows, buckles, wires, corners of collimation."""
    n = patch.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, n, 2)
        level = float(np.clip(patch.mean() + rng.uniform(0.15, 0.8), 0, 1))
        layer = np.zeros_like(patch)
        s = float(np.exp(rng.uniform(np.log(4), np.log(45))))
        shape(layer, (x, y), s, rng)
        layer = blurred(layer, rng.uniform(0, 1.5)) * rng.uniform(0.4, 1.0)
        patch[:] = np.clip(patch * (1 - layer) + layer * level, 0, 1)


def shape(layer: np.ndarray, at: tuple[float, float], s: float, rng: np.random.Generator) -> None:
    """One shape of clutter."""
    c = (int(at[0]), int(at[1]))
    line = max(1, int(s * rng.uniform(0.08, 0.25)))
    angle = float(rng.uniform(0, 360))
    kind = rng.choice(["snap", "wire", "arrow", "clip", "corner", "cross", "triangle", "tee"])
    spin = np.deg2rad(angle)
    along = np.array([np.cos(spin), np.sin(spin)])
    across = np.array([-along[1], along[0]])

    def point(u: float, v: float) -> tuple[int, int]:
        p = np.array(at) + u * s * along + v * s * across
        return int(p[0]), int(p[1])

    if kind == "snap":
        cv2.circle(layer, c, int(s / 2) + 1, 1.0, -1 if rng.random() < 0.5 else line, cv2.LINE_AA)
        cv2.circle(layer, c, int(s / 5) + 1, float(rng.random()), -1, cv2.LINE_AA)
    elif kind == "wire":
        bends = np.array([point(*rng.uniform(-2.5, 2.5, 2)) for _ in range(4)], np.int32)
        cv2.polylines(layer, [bends], False, 1.0, max(1, line // 2), cv2.LINE_AA)
    elif kind == "arrow":
        cv2.arrowedLine(layer, point(-0.7, 0), point(0.7, 0), 1.0, max(1, line), cv2.LINE_AA, tipLength=float(rng.uniform(0.2, 0.5)))
    elif kind == "clip":
        cv2.ellipse(layer, c, (int(s / 2) + 1, int(s / 5) + 1), angle, 0, 360, 1.0, max(1, line // 2), cv2.LINE_AA)
    elif kind == "corner":
        # Two crossing edges of one tone, far longer than any letter.
        far = 12.0
        cv2.fillPoly(layer, [np.array([point(0, 0), point(far, 0), point(far, far), point(0, far)], np.int32)], 1.0)
    elif kind == "cross":
        cv2.line(layer, point(-0.5, 0), point(0.5, 0), 1.0, max(1, line), cv2.LINE_AA)
        cv2.line(layer, point(0, -0.5), point(0, 0.5), 1.0, max(1, line), cv2.LINE_AA)
    elif kind == "triangle":
        cv2.polylines(layer, [np.array([point(0, -0.5), point(0.5, 0.4), point(-0.5, 0.4)], np.int32)], True, 1.0, max(1, line), cv2.LINE_AA)
    else:
        cv2.line(layer, point(-0.5, 0), point(0.5, 0), 1.0, max(1, line), cv2.LINE_AA)
        cv2.line(layer, point(0, 0), point(0, 0.9), 1.0, max(1, line), cv2.LINE_AA)


def tone(patch: np.ndarray, rng: np.random.Generator, inverted: float = 0.06) -> np.ndarray:
    """Exposure, processing and noise of other makers; a share is shown as its negative."""
    out = patch
    if rng.random() < 0.8:
        out = np.clip(out, 0, 1) ** float(np.exp(rng.normal(0, 0.45)))
    if rng.random() < 0.6:
        low, gain = rng.uniform(-0.2, 0.2), rng.uniform(0.55, 1.4)
        out = (out - 0.5) * gain + 0.5 + low
    if rng.random() < 0.3:
        out = blurred(np.ascontiguousarray(out), rng.uniform(0.3, 1.3))
    if rng.random() < 0.5:
        out = out + rng.normal(0, rng.uniform(0.003, 0.05), out.shape)
    if rng.random() < inverted:
        out = 1.0 - out
    return np.clip(out, 0, 1).astype(np.float32)
