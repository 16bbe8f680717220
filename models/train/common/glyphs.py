"""Texts of many fonts, drawn once: the masks that the compositor lays on films. `python -m common.glyphs` draws them into
`common/out/glyphs.npz`, so that training itself needs no fonts.

A mask is HEIGHT pixels high from the foot to the top of a capital, its values 0 (ground) to 255 (ink).
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from . import fonts

TABLE = Path(__file__).resolve().parent / "out" / "glyphs.npz"
HEIGHT = 56
SEED = 20261127

LEFT = ["LT", "LEFT", "Lt", "L1", "(L)", "左", "左侧", "LCC", "LMLO", "L MLO", "L CC", "L-MLO", "LLAT"]
RIGHT = ["RT", "RIGHT", "Rt", "R2", "(R)", "右", "右侧", "RCC", "RMLO", "R MLO", "R CC", "R-MLO", "RLAT"]
OTHERS = ["D", "I", "G", "E", "S", "DX", "SN", "DEX", "SIN", "DER", "IZQ", "Г", "П", "Л", "ل", "M", "T", "B", "K", "H", "X"]
WORDS = ["AP", "PA", "PORTABLE", "AP PORTABLE", "ERECT", "SUPINE", "UPRIGHT", "LAT", "KV", "A-P", "P-A", "STANDING", "SITTING", "CHEST",
         "KNEE", "ANKLE", "CLINIC", "HOSPITAL", "PRIME", "12:45", "09:30", "2019-03-11", "1/2", "mAs", "S: 200", "100%", "cm", "IMAGE", "No.",
         "DETECTOR", "XR", "F", "M", "04Y", "11", "7", "床旁", "站立位", "卧位", "医院", "FLEX", "RELAXED", "LORDOTIC", "DECUB", "BEDSIDE", "TRAUMA",
         "GRID", "CR", "DR", "ROOM 3", "RLL", "BRUIT", "LARGE", "REAR", "WARD", "REGULAR", "EXPIRATION", "INSP"]
# Arrows, shapes, signs: drawn as markers are, and none. Corners that read as an L are left out.
SYMBOLS = [chr(c) for first, last in ((0x2190, 0x21AF), (0x21B6, 0x21FF), (0x25A0, 0x25FF), (0x2600, 0x26FF), (0x2701, 0x27BF), (0x2B00, 0x2B1F))
           for c in range(first, last + 1)] + list("#%&*+/<=>?@^~|!")
# Without L and R, which would be markers.
INITIALS = "ABCDEFGHIJKMNOPSTUVWXYZ"


def text_mask(text: str, path: str) -> np.ndarray | None:
    """The mask of a text in a font, cut to its ink; none where the font has nothing to draw."""
    probe = fonts.font(path, 100).getbbox("H" if text.isascii() else text)
    face = fonts.font(path, max(4, min(400, int(round(100 * HEIGHT / max(1, probe[3] - probe[1]))))))
    x0, y0, x1, y1 = face.getbbox(text)
    if x1 - x0 < 3 or y1 - y0 < 3:
        return None
    image = Image.new("L", (x1 - x0 + 2, y1 - y0 + 2), 0)
    ImageDraw.Draw(image).text((1 - x0, 1 - y0), text, fill=255, font=face)
    return np.asarray(image)


def block_letter(letter: str, rng: np.random.Generator) -> np.ndarray:
    """A letter cut from sheet lead: strokes of one thickness, no font."""
    h, line = HEIGHT, max(3, int(HEIGHT * rng.uniform(0.09, 0.27)))
    wide = int(h * rng.uniform(0.42, 0.8))
    out = np.zeros((h + 2, wide + 2), np.uint8)
    if letter == "L":
        lean = int(wide * rng.uniform(0, 0.18)) if rng.random() < 0.3 else 0
        foot = max(2, int(line * rng.uniform(0.7, 1.2)))
        cv2.fillPoly(out, [np.array([(1 + lean, 1), (1 + lean + line, 1), (1 + line, h), (1, h)], np.int32)], 255, cv2.LINE_AA)
        cv2.rectangle(out, (1, h - foot), (wide, h), 255, -1)
        return out
    half = int(h * rng.uniform(0.45, 0.6))
    cv2.rectangle(out, (1, 1), (line, h), 255, -1)
    bow, edge = half - line // 2, line // 2 + 1
    cv2.line(out, (edge, edge), (wide - bow // 2, edge), 255, line)
    cv2.line(out, (edge, bow), (wide - bow // 2, bow), 255, line)
    cv2.ellipse(out, (wide - bow // 2 - edge + 1, (edge + bow) // 2), (max(2, bow // 2), max(2, (bow - edge) // 2)), 0, -90, 90, 255, line, cv2.LINE_AA)
    cv2.line(out, (int(wide * 0.45), bow), (wide - edge, h - edge), 255, line, cv2.LINE_AA)
    if rng.random() < 0.25:
        # Stencilled: bridges hold the inside of the bow.
        gap = max(2, line // 3)
        at = int(rng.uniform(0.3, 0.6) * wide)
        if rng.random() < 0.5:
            out[:, at:at + gap] = 0
        else:
            out[(edge + bow) // 2:(edge + bow) // 2 + gap] = 0
    return out


def initials(rng: np.random.Generator) -> str:
    """One to three capitals, or a number."""
    if rng.random() < 0.12:
        return str(rng.integers(1, 99))
    return "".join(INITIALS[int(i)] for i in rng.integers(0, len(INITIALS), int(rng.integers(1, 4))))


def drawn(rng: np.random.Generator):
    """(kind, text, mask) of all glyphs."""
    latin, chinese = fonts.latin(), fonts.chinese()
    wide = [f for f in latin if "DejaVuSans" in f] or latin

    def of(text: str, most: int) -> list[str]:
        table = latin if text.isascii() else chinese if any("\u4e00" <= c for c in text) else wide
        return [table[int(i)] for i in rng.permutation(len(table))[:most]]

    parts = [("L", "L", f) for f in latin] + [("R", "R", f) for f in latin]
    parts += [("left", t, f) for t in LEFT for f in of(t, 40)] + [("right", t, f) for t in RIGHT for f in of(t, 40)]
    parts += [("other", t, f) for t in OTHERS for f in of(t, 50)] + [("words", t, f) for t in WORDS for f in of(t, 20)]
    parts += [("initials", t, f) for t in (initials(rng) for _ in range(1600)) for f in of(t, 1)]
    parts += [("single", t, f) for t in INITIALS for f in of(t, 40)]
    for kind, text, path in parts:
        mask = text_mask(text, path)
        if mask is not None:
            yield kind, text, mask
    for path in [f for f in latin if any(n in f for n in ("DejaVuSans.", "DejaVuSans-Bold.", "FreeSans.", "FreeSerif.", "FreeMono."))]:
        missing = text_mask("\uffff", path)
        for text in SYMBOLS:
            mask = text_mask(text, path)
            if mask is not None and not (missing is not None and mask.shape == missing.shape and (mask == missing).all()):
                yield "symbol", text, mask
    for letter in "LR":
        for _ in range(160):
            yield f"block {letter}", letter, block_letter(letter, rng)


def write() -> None:
    """Draws the table."""
    kinds, texts, shapes, inks = zip(*((k, t, m.shape, m.ravel()) for k, t, m in drawn(np.random.default_rng(SEED))))
    TABLE.parent.mkdir(exist_ok=True)
    np.savez_compressed(TABLE, kinds=np.array(kinds), texts=np.array(texts), shapes=np.array(shapes, np.int32), ink=np.concatenate(inks))
    print(f"{len(kinds)} glyphs, {TABLE.stat().st_size >> 10} KiB")


@lru_cache(maxsize=1)
def table() -> dict[str, list[tuple[str, np.ndarray]]]:
    """(text, mask 0..1 float32) of each kind. Drawn first where there is no table yet."""
    if not TABLE.exists():
        write()
    with np.load(TABLE) as t:
        ink, ends = t["ink"], np.cumsum(t["shapes"].prod(1))
        found: dict[str, list[tuple[str, np.ndarray]]] = {}
        for kind, text, shape, end in zip(t["kinds"], t["texts"], t["shapes"], ends):
            mask = ink[end - shape[0] * shape[1]:end].reshape(shape)
            found.setdefault(str(kind), []).append((str(text), mask))
    return found


def pick(kind: str, height: float, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """A text of a kind and its mask, its capitals `height` pixels high, some stretched or fattened."""
    choice = table()[kind]
    text, mask = choice[int(rng.integers(len(choice)))]
    scale = height / HEIGHT
    wide = scale * (float(rng.uniform(0.7, 1.35)) if rng.random() < 0.4 else 1.0)
    size = (max(2, int(round(mask.shape[1] * wide))), max(2, int(round(mask.shape[0] * scale))))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    mask = cv2.resize(mask, size, interpolation=how).astype(np.float32) / 255.0
    if rng.random() < 0.3:
        k = max(1, int(height * rng.uniform(0.02, 0.10)))
        if k > 1 or height > 12:
            mask = cv2.dilate(np.pad(mask, k), np.ones((k + 1, k + 1)))
    return text, mask


if __name__ == "__main__":
    write()
