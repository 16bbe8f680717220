"""Numbers of the page: quantiles, areas under the curve with an interval over groups, shares beyond a limit."""

import csv
import math
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from accuracy_xray import share

QUANTILES = (5, 25, 50, 75, 95)
DRAWS = 300


@dataclass
class Sample:
    """Values of one measure on images of one set, each with its group and name; `without` images gave none."""

    values: list[float] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    without: int = 0

    def add(self, value: float | None, group: str, name: str) -> None:
        """One image."""
        if value is None or not math.isfinite(value):
            self.without += 1
        else:
            self.values.append(value)
            self.groups.append(group)
            self.names.append(name)


def auc(bad: np.ndarray, good: np.ndarray) -> float:
    """Share of pairs in which the bad one is larger, ties half."""
    if not len(bad) or not len(good):
        return float("nan")
    good = np.sort(good)
    return float((np.searchsorted(good, bad, "left") + np.searchsorted(good, bad, "right")).mean() / (2 * len(good)))


def by_group(values: list[float], groups: list[str]) -> list[np.ndarray]:
    """Values of each group."""
    of = defaultdict(list)
    for value, group in zip(values, groups, strict=True):
        of[group].append(value)
    return [np.array(v) for _, v in sorted(of.items())]


def area(bad: Sample, good: Sample, worse) -> str:
    """AUC with its 95 % interval from drawing groups again, not images (a patient's images are alike)."""
    b, g = [worse(v) for v in bad.values], [worse(v) for v in good.values]
    if not b or not g:
        return "–"
    middle = auc(np.array(b), np.array(g))
    sets = by_group(b, bad.groups), by_group(g, good.groups)
    if min(len(s) for s in sets) < 3:
        return f"{middle:.2f}"
    rng = np.random.default_rng(zlib.crc32(b"groups"))
    drawn = [auc(*(np.concatenate([s[i] for i in rng.integers(len(s), size=len(s))]) for s in sets)) for _ in range(DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def number(value: float) -> str:
    """Three significant digits, no exponent where it can be helped."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def quantiles(sample: Sample) -> list[str]:
    """As cells of a table."""
    if not sample.values:
        return ["–"] * len(QUANTILES)
    return [number(v) for v in np.percentile(sample.values, QUANTILES)]


def beyond(sample: Sample, entry, limit: float | None) -> str:
    """Share of images beyond the limit, with the interval of Wilson."""
    if limit is None:
        return "no limit"
    return share(sum(entry.beyond(v, limit) for v in sample.values), len(sample.values))


def groups_beyond(sample: Sample, entry, limit: float | None) -> str:
    """Groups with any image beyond the limit."""
    if limit is None:
        return "no limit"
    hit = {g for v, g in zip(sample.values, sample.groups, strict=True) if entry.beyond(v, limit)}
    return share(len(hit), len(set(sample.groups)))


@dataclass
class Measured:
    """What `hrgate measure` said: of frames by path and number, of stacks by folder."""

    frames: dict[tuple[str, int], dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    stacks: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    folders: dict[str, list[dict[str, float]]] = field(default_factory=lambda: defaultdict(list))
    units: dict[str, str] = field(default_factory=dict)

    def read(self, lines, root: Path) -> None:
        """Rows of the CSV with the columns path, frame, name, value, unit, region. Paths may be absolute or relative to `root`."""
        for row in csv.DictReader(lines):
            path = row["path"].replace("\\", "/")
            path = path.removeprefix(f"{root.as_posix()}/")
            try:
                value = float(row["value"])
            except ValueError:
                continue
            self.units[row["name"]] = row["unit"]
            if row["frame"]:
                key = path, int(row["frame"])
                if key not in self.frames:
                    self.folders[path.rpartition("/")[0]].append(self.frames[key])
                self.frames[key][row["name"]] = value
            else:
                # A number of a stack is given under one of its files, or under its folder.
                folder = path.rsplit("/", 1)[0] if (root / path).is_file() or path.endswith(".dcm") else path
                self.stacks[folder][row["name"]].append(value)

    def names(self) -> set[str]:
        """All measures that were given."""
        return {n for v in self.frames.values() for n in v} | {n for v in self.stacks.values() for n in v}

    def of_frame(self, path: str, frame: int, name: str) -> float | None:
        """One number, or None."""
        return self.frames.get((path, frame), {}).get(name)

    def of_stack(self, folder: str, entry) -> float | None:
        """The worst where a folder holds several stacks; where the measure is one of frames, the worst of its frames' values."""
        of_frames = (v[entry.measure] for v in self.folders.get(folder, []) if entry.measure in v)
        values = self.stacks.get(folder, {}).get(entry.measure) or of_frames
        return max(values, key=entry.worse, default=None)
