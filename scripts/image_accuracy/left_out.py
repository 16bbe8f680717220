"""Limits picked without the source they are tried on: whether clean images of a source nobody looked at would fail.

Of each source left out in turn the limit is set from the clean images of the others alone: beyond their most extreme value by
a tenth of its distance from their median. The limits of the policy are looser or as loose wherever this gives few failures.
"""

from statistics import median

from judged import Judged, limit
from pages import real_sets
from scores import Measured, number, share

SLACK = 0.1
# Collections of clean images; what one reader split further is no source of its own.
NO_SOURCE = ("clean, this defect", "clean, maps", "clean, phantoms")


def picked(entry: Judged, values: list[float]) -> float:
    """The limit that the clean values of other sources would set."""
    extreme = max(values) if entry.side == "above" else min(values)
    return extreme + SLACK * (extreme - median(values))


def left_out(entry: Judged, images: list, measured: Measured) -> tuple[int, int, list[float]]:
    """Clean images that fail, how many there are, and the limits that were picked."""
    sets = {n: s for n, s in real_sets(entry, images, measured).items() if n.startswith("clean, ") and not n.startswith(NO_SOURCE)}
    fails, of, limits = 0, 0, []
    for source, sample in sets.items():
        others = [v for name, s in sets.items() if name != source for v in s.values]
        if not others or not sample.values:
            continue
        at = picked(entry, others)
        limits.append(at)
        of += len(sample.values)
        fails += sum(entry.beyond(v, at) for v in sample.values)
    return fails, of, limits


def part(entries: list[Judged], policy: dict, images: list, measured: Measured) -> list[str]:
    """The section of a page."""
    lines = ["", "### Limits picked without the source they are tried on", "",
             "Each source of clean images left out in turn: the limit is the most extreme clean value of the others, and a tenth of its distance from their median on top.", "",
             "| check | measure | limit of the policy | limits picked | false positives |", "|---|---|---|---|---|"]
    for entry in entries:
        at = limit(policy, entry)
        fails, of, limits = left_out(entry, images, measured) if at is not None else (0, 0, [])
        if of:
            lines.append(f"| {entry.check} | `{entry.measure}` | {entry.side} {at:g} | {number(min(limits))} to {number(max(limits))} | {share(fails, of)} |")
    return lines
