"""The radiographs and their truth, read once into memory."""

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from .boxes import letter_box

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("HRGATE_SHARED", ROOT.parent / "shared")) / "data"

# Left out together: the last three have too few images to be left out alone.
FOLDS = {
    "nih": ("nih",),
    "kermany": ("kermany",),
    "hannover": ("hannover",),
    "small": ("fracatlas", "ddh_jordan", "cesm_dm"),
}

CLASSES = ["background", "L", "R", "mirrored_L", "mirrored_R", "other"]
BACKGROUND, L, R, MIRRORED_L, MIRRORED_R, OTHER = range(6)
# What a class becomes when the picture is flipped.
FLIPPED = [BACKGROUND, MIRRORED_L, MIRRORED_R, L, R, OTHER]


@dataclass
class Mark:
    """A marker: centre in pixels, the classes it may be, and the box of its letter where one was found."""

    x: float
    y: float
    allowed: tuple[int, ...]
    box: tuple[int, int, int, int] | None
    unclear: bool


@dataclass
class Radiograph:
    """One image: grey, 8 bit."""

    file: str
    source: str
    patient: str
    body_part: str
    view: str
    pixels: np.ndarray
    marks: list[Mark] = field(default_factory=list)
    # True or False where markers.csv says, None where it says nothing.
    marked: bool | None = None
    note: str = ""


def allowed(letter: str, mirrored: str) -> tuple[int, ...]:
    """The classes that a row of markers.csv allows."""
    if letter == "other":
        return (OTHER,)
    plain, turned = (L, MIRRORED_L) if letter == "L" else (R, MIRRORED_R)
    return {"no": (plain,), "yes": (turned,)}.get(mirrored, (plain, turned))


def corrections() -> dict[str, dict]:
    """Rows read again: `corrections.csv` stands above markers.csv."""
    path = ROOT / "models" / "train" / "side_marker" / "corrections.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as f:
        return {r["file"]: r for r in csv.DictReader(f)}


def read_radiographs(with_boxes: bool = True) -> list[Radiograph]:
    """All images with a row in views.csv or markers.csv, sorted by name."""
    found: dict[str, Radiograph] = {}

    def image(row: dict) -> Radiograph:
        name = row["file"]
        if name not in found:
            pixels = cv2.imread(str(SHARED / "xray" / name), cv2.IMREAD_GRAYSCALE)
            if pixels is None:
                raise FileNotFoundError(SHARED / "xray" / name)
            found[name] = Radiograph(name, name.split("/")[0], row["patient"], row["body_part"], row["view"], pixels)
        return found[name]

    with (SHARED / "xray" / "views.csv").open(encoding="utf-8") as f:
        for row in csv.DictReader(f):
            image(row)
    better = corrections()
    with (SHARED / "xray" / "markers.csv").open(encoding="utf-8") as f:
        for row in csv.DictReader(f):
            it = image(row)
            row = {**row, **{k: v for k, v in better.get(row["file"], {}).items() if v}} if row["file"] in better else row
            it.note = row["note"]
            it.marked = row["marker"] != "no" if it.marked is None else it.marked or row["marker"] != "no"
            if row["x"]:
                x, y = float(row["x"]) * it.pixels.shape[1], float(row["y"]) * it.pixels.shape[0]
                box = letter_box(it.pixels, x, y) if with_boxes else None
                it.marks.append(Mark(x, y, allowed(row["letter"], row["mirrored"]), box, row["marker"] == "unclear"))
    return [found[name] for name in sorted(found)]


def read_slices() -> list[Radiograph]:
    """Slices of CT and MR: without markers, no chest radiographs, and of no source that is ever judged."""
    found = []
    for path in sorted((SHARED / "mr").glob("*/*.jp*g")):
        pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        found.append(Radiograph(path.name, "slices", path.stem, "slice", "", pixels, marked=False, note=path.parent.name))
    with np.load(SHARED / "ct" / "slices.npz") as table:
        for i, hu in enumerate(table["hu"]):
            pixels = (np.clip((hu + 200.0) / 600.0, 0, 1) * 255).astype(np.uint8)
            found.append(Radiograph(f"ct{i}", "slices", f"ct{i}", "slice", "", pixels, marked=False, note="tcga_lung_ct"))
    return found


def read_marker_places() -> np.ndarray:
    """(n, 4) float32: centre, width and height of markers on wrist radiographs, as fractions of the image."""
    return np.loadtxt(SHARED / "tables" / "wrist_marker_boxes.csv", np.float32, delimiter=",", skiprows=1)
