#!/usr/bin/env python3
"""`make accuracy`, part X-ray: how often the models of radiographs are right on sources they did not learn from.

Takes what the networks trained without a source said of each of its images (`models/train/*/left_out.json`, written by the
training) and the truth tables of the shared data; writes docs/accuracy/xray.md with every error. Composites never enter.
  accuracy_xray.py SHARED_DATA
"""

import csv
import functools
import json
import math
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What stands nearer to a marker than so many of its longer sides is its initials.
BESIDE = 3.0
CLASSES = ["background", "L", "R", "mirrored_L", "mirrored_R", "other"]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z, p = 1.959964, hits / n
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: int, n: int) -> str:
    """A share with its interval, for a table."""
    if n == 0:
        return "–"
    low, high = wilson(hits, n)
    return f"{100 * hits / n:.1f} % ({hits} of {n}; {100 * low:.1f}–{100 * high:.1f})"


def auc(yes: list[float], no: list[float]) -> tuple[float, float, float]:
    """Area under the curve with its 95 % interval (Hanley and McNeil 1982)."""
    if not yes or not no:
        return float("nan"), float("nan"), float("nan")
    order = sorted([(v, 1) for v in yes] + [(v, 0) for v in no])
    ranks, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and order[end][0] == order[at][0]:
            end += 1
        ranks += sum(o[1] for o in order[at:end]) * (at + 1 + end) / 2
        at = end
    n, m = len(yes), len(no)
    a = (ranks - n * (n + 1) / 2) / (n * m)
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    se = math.sqrt(max(0.0, a * (1 - a) + (n - 1) * (q1 - a * a) + (m - 1) * (q2 - a * a)) / (n * m))
    return a, max(0.0, a - 1.96 * se), min(1.0, a + 1.96 * se)


def read(path: Path) -> list[dict]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8") as f:
        return list(csv.DictReader(f))


@functools.cache
def operating_points() -> dict:
    """Thresholds of side_marker as shipped."""
    manifest = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
    return next(m for m in manifest["model"] if m["name"] == "side_marker")["thresholds"]


@functools.cache
def bars() -> dict[str, float]:
    """By source left out: how sure a find must be by the network that was trained without it, set on films that it learnt from."""
    kept = json.loads((ROOT / "models" / "train" / "side_marker" / "bars.json").read_text(encoding="utf-8"))
    return {source: kept["bars"][fold] for fold, sources in kept["sources"].items() for source in sources}


def left_out(model: str) -> list[dict]:
    """What the networks that never saw a source said of its images; none where nothing was trained."""
    path = ROOT / "models" / "train" / model / "left_out.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def marks_of(shared: Path) -> dict[str, list[dict]]:
    """By image, its rows of the truth."""
    truth = defaultdict(list)
    for row in read(shared / "xray" / "markers.csv"):
        truth[row["file"]].append(row)
    return truth


def limits() -> dict:
    """Limits of the checks that use the scores, as the base policy has them."""
    checks = tomllib.loads((ROOT / "policies" / "base.toml").read_text(encoding="utf-8"))["checks"]
    of = lambda check, key: checks[check]["params"][key]  # noqa: E731
    return {"other": of("part-contradicts-image", "other_max"), "chest": of("part-contradicts-image", "chest_min"), "view": of("view-contradicts-image", "sure_min"),
            "inverted": of("polarity-inverted", "inverted_min"), "flipped": of("image-flipped", "flipped_min"),
            "side": of("marker-contradicts-side", "confidence_min"), "doubt": of("marker-missing", "doubt_max")}


def middle(found: dict) -> tuple[float, float, float]:
    """Middle and longer side of a find's box."""
    x0, y0, x1, y1 = found["box"]
    return (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0)


class Markers:
    """The judgement of side markers, by source."""

    def __init__(self, points: dict, side_min: float) -> None:
        self.points, self.side_min = dict(points), side_min
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.errors: list[str] = []

    def confidence(self, found: dict) -> float:
        """As `infer::side_marker` makes it of what the second reader says."""
        sided, other = sum(found["second"][1:5]), found["second"][5]
        confidence = max(sided + self.points["other_weight"] * other, self.points["other_alone"] * other)
        if "whole" in found:
            confidence = confidence ** self.points["part_weight"] * found["before"] ** (1 - self.points["part_weight"])
        return round(confidence * (self.points["alone_weight"] if found.get("alone") else 1.0), 4)

    def once_each(self, finds: list[dict]) -> list[dict]:
        """Of several finds of one letter the surest, the surest letter first. What stands beside a marker is its initials."""
        whole = [middle(f) for f in finds if "classes" in f and self.confidence(f) >= self.points["marker"]]
        kept: list[dict] = []
        for found in sorted(finds, key=self.confidence, reverse=True):
            x, y, _ = middle(found)
            initials = "classes" not in found and any(math.hypot(x - a, y - b) < BESIDE * side for a, b, side in whole)
            if not initials and all(math.hypot(x - a, y - b) >= 0.6 * side for a, b, side in map(middle, kept)):
                kept.append(found)
        return kept

    def reads(self, found: dict) -> str:
        """The class, as `infer::side_marker` decides it."""
        _, l, r, ml, mr, _ = found["second"]
        marker = sum(found["second"][1:])
        if max(l + ml, r + mr) < self.points["letter"] * marker:
            return "other"
        return (("mirrored_L" if ml > l else "L") if l + ml >= r + mr else ("mirrored_R" if mr > r else "R"))

    def bar_of(self, said: dict) -> None:
        """From here on, the bar of the network that was trained without an image's source."""
        self.points["marker"] = bars()[said["file"].split("/")[0]]

    def image(self, said: dict, truth: list[dict]) -> None:
        """One image."""
        self.bar_of(said)
        source = said["file"].split("/")[0]
        count = self.counts[source]
        said = {**said, "found": self.once_each(said["found"])}
        told = [f for f in said["found"] if self.confidence(f) >= self.points["marker"]]
        self.film(said, truth, count)
        if any(t["marker"] == "no" for t in truth):
            count["without"] += 1
            count["quiet"] += not told
            if told:
                self.errors.append(f"| {said['file']} | no marker | found {', '.join(self.reads(f) for f in told)} |")
            return
        used = set()
        for t in truth:
            x, y = float(t["x"]) * said["columns"], float(t["y"]) * said["rows"]
            at = self.nearest(told, x, y)
            if at is not None:
                used.add(at)
            if t["marker"] == "yes" and t["letter"] in ("L", "R"):
                self.marker(said["file"], count, t, None if at is None else told[at])
        count["with"] += 1
        extra = [told[i] for i in range(len(told)) if i not in used]
        count["with extra"] += bool(extra)
        sided = [f for f in extra if self.reads(f) != "other"]
        for f in sided:
            self.errors.append(f"| {said['file']} | nothing there | {self.reads(f)} at {', '.join(str(round(v)) for v in f['box'])} |")

    def film(self, said: dict, truth: list[dict], count: dict) -> None:
        """Whether the film as a whole would be held to show a side that stands nowhere on it."""
        if any(t["marker"] == "unclear" for t in truth):
            return
        there = {t["letter"] for t in truth}
        sides = {self.reads(f)[-1] for f in said["found"] if self.confidence(f) >= self.side_min and self.reads(f) != "other"}
        count["films"] += 1
        count["films told"] += bool(sides)
        count["films accused"] += bool(sides - there)
        if sides - there:
            self.errors.append(f"| {said['file']} | {', '.join(sorted(there - {''})) or 'no marker'} | the film is held to show {', '.join(sorted(sides - there))} |")

    def nearest(self, told: list[dict], x: float, y: float) -> int | None:
        """The surest marker about a point."""
        best = None
        for i, f in enumerate(told):
            x0, y0, x1, y1 = f["box"]
            near = math.hypot((x0 + x1) / 2 - x, (y0 + y1) / 2 - y) < max(0.75 * max(x1 - x0, y1 - y0), 16)
            if near and (best is None or self.confidence(f) > self.confidence(told[best])):
                best = i
        return best

    def marker(self, file: str, count: dict, t: dict, found: dict | None) -> None:
        """One marker of the truth."""
        count["markers"] += 1
        if found is None:
            self.errors.append(f"| {file} | {t['letter']}{' mirrored' if t['mirrored'] == 'yes' else ''}; {t['note']} | missed |")
            return
        count["found"] += 1
        read = self.reads(found)
        count["letter right"] += read[-1] == t["letter"] and read != "other"
        count["wrong side"] += read != "other" and read[-1] != t["letter"]
        if read == "other" or read[-1] != t["letter"]:
            self.errors.append(f"| {file} | {t['letter']}; {t['note']} | read {read} |")
        elif t["mirrored"] in ("yes", "no"):
            count["decidable"] += 1
            right = read.startswith("mirrored") == (t["mirrored"] == "yes")
            count["handed right"] += right
            if not right:
                self.errors.append(f"| {file} | {t['letter']}, mirrored {t['mirrored']}; {t['note']} | read {read} |")

    def table(self) -> list[str]:
        """The page's table."""
        lines = ["| source left out | markers found (sensitivity) | quiet without a marker (specificity) | letter right among found | mirrored or not right "
                 "| wrong side read, of all markers | a side told, of all films | a side told that stands nowhere on the film | films with an extra find |",
                 "|---|---|---|---|---|---|---|---|---|"]
        every: dict[str, int] = defaultdict(int)
        for source in sorted(self.counts):
            for key, n in self.counts[source].items():
                every[key] += n
        for source, c in [*sorted(self.counts.items()), ("**all**", every)]:
            lines.append(f"| {source} | {share(c['found'], c['markers'])} | {share(c['quiet'], c['without'])} | {share(c['letter right'], c['found'])} "
                         f"| {share(c['handed right'], c['decidable'])} | {share(c['wrong side'], c['markers'])} "
                         f"| {share(c['films told'], c['films'])} | {share(c['films accused'], c['films'])} | {share(c['with extra'], c['with'])} |")
        return lines


def markers_part(shared: Path) -> list[str]:
    """Side markers."""
    marks, truth = left_out("side_marker"), marks_of(shared)
    if not marks:
        return []
    side_min = limits()["side"]
    judged = Markers(operating_points(), side_min)
    for said in marks:
        judged.image(said, truth[said["file"]])
    lines = ["## Side markers (`side_marker`)", "",
             "A marker is found where a find of at least the operating point of the network lies about its labelled centre. That is set on films without a marker of the sources "
             "that the network learnt from (`models/train/side_marker/bars.py`), for the shipped one too. Rows of the truth that say unclear are left out. "
             f"Composited markers are never counted. A side is told, and held against the header, from a confidence of {side_min} on.", "", *judged.table(), ""]
    lines += ["Due: sensitivity at least 97 % over all and 93 % in the worst source, specificity 95 %, letter 98 %, mirrored 95 %, wrong side at most 0.5 %. "
              "What is missed above is missed: a check is a preview until the figures that it rests on are reached (docs/models.md). "
              "What limits it, and what was tried: [side-markers.md](side-markers.md).", ""]
    lines += [f"<details><summary>Every error ({len(judged.errors)})</summary>", "", "| image | truth | model |", "|---|---|---|", *sorted(judged.errors), "", "</details>", ""]
    return lines


def missing_part(shared: Path) -> list[str]:
    """MRK001: films that are told to have no marker."""
    marks, truth = left_out("side_marker"), marks_of(shared)
    if not marks:
        return []
    judged, doubt_max = Markers(operating_points(), limits()["side"]), limits()["doubt"]
    table: dict[str, dict[str, int]] = {"with a marker": defaultdict(int), "without one": defaultdict(int)}
    wrong = []
    for said in marks:
        words = {row["marker"] for row in truth[said["file"]]}
        marked = "yes" in words
        if not marked and "no" not in words:
            continue
        judged.bar_of(said)
        finds = judged.once_each(said["found"])
        told = [judged.reads(f) for f in finds if judged.confidence(f) >= judged.points["marker"]]
        likeliest = max((1 - f["second"][0] for f in finds), default=0.0)
        outcome = "pass" if any(t != "other" for t in told) else "unknown" if told or round(likeliest, 4) > doubt_max else "fail"
        table["with a marker" if marked else "without one"][outcome] += 1
        if outcome == ("fail" if marked else "pass"):
            wrong.append(f"| {said['file']} | {'a marker' if marked else 'no marker'} | {outcome} |")
    lines = ["## Missing or not (MRK001)", "", f"A film fails where no marker is found and nothing on it is likelier than {doubt_max} to be one of any kind; where something is, or "
             "where a marker is found and its side cannot be read, nobody can tell.", "", "| films | pass | nobody can tell | fail |", "|---|---|---|---|"]
    for films, counts in table.items():
        n = sum(counts.values())
        lines.append(f"| {films} ({n}) | " + " | ".join(share(counts[o], n) for o in ("pass", "unknown", "fail")) + " |")
    return [*lines, "", f"<details><summary>Every film told wrongly ({len(wrong)})</summary>", "", "| image | truth | told |", "|---|---|---|", *sorted(wrong), "", "</details>", ""]


def flips_part(shared: Path) -> list[str]:
    """MRK007: letter, place and anatomy together."""
    marks, views = left_out("side_marker"), {v["file"]: v for v in left_out("chest_view")}
    if not marks or not views:
        return []
    params = tomllib.loads((ROOT / "policies" / "base.toml").read_text(encoding="utf-8"))["checks"]["image-flipped"]["params"]
    chests = {r["file"] for r in read(shared / "xray" / "views.csv") if r["body_part"] == "chest"}
    judged = Markers(operating_points(), params["confidence_min"])
    told, films, wrong = {False: 0, True: 0}, 0, []
    for said in (m for m in marks if m["file"] in views and m["file"] in chests):
        films += 1
        judged.bar_of(said)
        for mirror in (False, True):
            if flipped(said, views[said["file"]], mirror, judged, params):
                told[mirror] += 1
                wrong += [] if mirror else [f"| {said['file']} |"]
    return ["## Flipped or not (MRK007)", "", "Letter, place and anatomy as the check brings them together, on chests of sources left out, upright and as mirror images.", "",
            "| upright films accused | mirror images told |", "|---|---|", f"| {share(told[False], films)} | {share(told[True], films)} |", "",
            f"<details><summary>Every upright film accused ({len(wrong)})</summary>", "", "| image |", "|---|", *sorted(wrong), "", "</details>", ""]


def flipped(said: dict, view: dict, mirror: bool, judged: Markers, params: dict) -> bool:
    """Whether MRK007 would say that a film, or its mirror image, is flipped: two of three witnesses about one marker, and no
    anatomy that lies as it should."""
    score, chest = view["mirrored_flipped" if mirror else "flipped"], view["chest"] >= params["chest_min"]
    turned, upright = chest and score >= params["flipped_min"], chest and score <= 1 - params["flipped_min"]
    for f in judged.once_each(said["found"]):
        read = judged.reads(f)
        if judged.confidence(f) < max(judged.points["marker"], params["confidence_min"]) or read == "other":
            continue
        across = (f["box"][0] + f["box"][2]) / 2 / said["columns"]
        across = 1 - across if mirror else across
        misplaced = abs(across - 0.5) > params["midline_share"] and (across < 0.5) == (read[-1] == "L")
        if not upright and (read.startswith("mirrored") != mirror) + misplaced + turned >= 2:
            return True
    return False


def views_part(shared: Path) -> list[str]:
    """What a film shows as a whole."""
    truth = {row["file"]: row for row in read(shared / "xray" / "views.csv")}
    said = [s for s in left_out("chest_view") if s["file"] in truth]
    if not said:
        return []
    source = lambda s: s["file"].split("/")[0]  # noqa: E731
    at = limits()
    view = (1 - at["view"], at["view"])
    lines = ["## View of the film (`chest_view`)", "", "| question | images judged | AUC (95 %) | at the checks' limits |", "|---|---|---|---|"]

    def row(name: str, judged: str, yes: list[float], no: list[float], low: float, high: float) -> None:
        a, from_, to = auc(yes, no)
        wrong = sum(v <= low for v in yes) + sum(v >= high for v in no)
        lines.append(f"| {name} | {judged}: {len(yes)} yes, {len(no)} no | {a:.4f} ({from_:.4f}–{to:.4f}) | wrong accusations {share(wrong, len(yes) + len(no))} |")

    is_chest = lambda s: truth[s["file"]]["body_part"] == "chest"  # noqa: E731
    row("frontal chest or not", "all, each source left out", [s["chest"] for s in said if is_chest(s)],
        [s["chest"] for s in said if not is_chest(s)], at["other"], at["chest"])
    for name in ("nih", "hannover"):
        own = [s for s in said if source(s) == name]
        row("PA or AP", f"{name}, left out", [s["pa"] for s in own if truth[s["file"]]["view"] == "PA"],
            [s["pa"] for s in own if truth[s["file"]]["view"] == "AP"], *view)
    both = [s for s in said if source(s) in ("nih", "hannover")]
    row("PA or AP", "both, each left out", [s["pa"] for s in both if truth[s["file"]]["view"] == "PA"],
        [s["pa"] for s in both if truth[s["file"]]["view"] == "AP"], *view)
    for name in sorted({source(s) for s in said}):
        own = [s for s in said if source(s) == name]
        row("negative or not", f"{name}, left out; each image and its negative", [s["negative_inverted"] for s in own], [s["inverted"] for s in own], -1.0, at["inverted"])
    for name in ("nih", "kermany", "hannover"):
        own = [s for s in said if source(s) == name]
        row("flipped or not", f"{name}, left out; each chest and its mirror image", [s["mirrored_flipped"] for s in own], [s["flipped"] for s in own], -1.0, at["flipped"])
    errors = [f"| {s['file']} | {truth[s['file']]['view']} | PA score {s['pa']} |" for s in both
              if (truth[s["file"]]["view"] == "PA" and s["pa"] <= view[0]) or (truth[s["file"]]["view"] == "AP" and s["pa"] >= view[1])]
    errors += [f"| {s['file']} | {truth[s['file']]['body_part']} | chest score {s['chest']} |" for s in said
               if (is_chest(s) and s["chest"] <= at["other"]) or (not is_chest(s) and s["chest"] >= at["chest"])]
    errors += [f"| {s['file']} | no negative | inverted score {s['inverted']} |" for s in said if s["inverted"] >= at["inverted"]]
    lines += ["", "Negatives of limbs and pelves are told poorly where none was learnt from, so CFL002 neither accuses nor passes films that are no chest and no mammogram."]
    lines += ["", f"<details><summary>Every wrong accusation at the checks' limits ({len(errors)})</summary>", "", "| image | truth | model |", "|---|---|---|", *sorted(errors), "", "</details>", ""]
    return lines


def main() -> int:
    """Writes the page."""
    shared = Path(sys.argv[1])
    lines = ["# Accuracy of the models of radiographs", "",
             "Made by `make accuracy` from what networks that never saw a source said of each of its images (`models/train/`), and the truth tables of the "
             "shared data: real, unaltered radiographs. Sources are left out one at a time; fracatlas, ddh_jordan and cesm_dm together. The shipped models "
             "learnt from all of them; hospitals that are not among them will judge it. Structure and operating points were chosen on these same results. Intervals are 95 % (Wilson; Hanley and McNeil for areas).", "",
             "Untested, for want of images: skull, shoulder, elbow, wrist, spine and abdomen; lateral chests; adults' chests without a marker (42 images without "
             "one in all); markers in Chinese, Spanish or Italian.", ""]
    lines += markers_part(shared) + missing_part(shared) + flips_part(shared) + views_part(shared)
    page = ROOT / "docs" / "accuracy" / "xray.md"
    page.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")
    print("\n".join(line for line in lines if line.startswith(("| ", "|-")) and ".jpg" not in line and ".png" not in line))
    print(f"written: {page.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
