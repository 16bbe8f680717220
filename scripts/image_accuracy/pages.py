"""docs/accuracy/ct.md and mr.md from what was measured."""

from collections import defaultdict

import numpy as np
from judged import Judged, limit
from scores import Measured, Sample, area, auc, beyond, groups_beyond, number, quantiles

HEAD = "| {} | n (groups) | no value | 5 % | 25 % | 50 % | 75 % | 95 % | beyond the limit | groups with any | AUC |"
LINE = "|---|---|---|---|---|---|---|---|---|---|---|"


def row(name: str, sample: Sample, entry: Judged, at: float | None, area_of: str = "") -> str:
    """One line of a table."""
    count = f"{len(sample.values)} ({len(set(sample.groups))})"
    cells = [name, count, str(sample.without), *quantiles(sample), beyond(sample, entry, at), groups_beyond(sample, entry, at), area_of]
    return f"| {' | '.join(cells)} |"


def by_value(entry: Judged) -> set[str]:
    """Defects whose rows, where values prompted them, say nothing about this measure. The padding circle is where a field cuts a body."""
    return set(entry.defects) | ({"padding_circle"} if "fov_cut" in entry.defects else set())


def real_sets(entry: Judged, images: list, measured: Measured) -> dict[str, Sample]:
    """The real frames, by what was seen on them."""
    sets: dict[str, Sample] = defaultdict(Sample)
    for image in images:
        told_nothing = image.path.endswith(".jpg") and (not entry.jpeg or "mm" in measured.units.get(entry.measure, ""))
        told_nothing |= image.cut_out and bool({"fov_cut", "off_centre"} & set(entry.defects))
        if image.modality != entry.modality or image.by_value & by_value(entry) or told_nothing:
            continue
        value = measured.of_frame(image.place, image.frame, entry.measure)
        worst = max((image.grades.get(d, 0) for d in entry.defects), default=0)
        names = []
        if image.kind != "anatomy":
            names = [f"clean, {image.kind}s"] if image.clean else []
        elif image.clean:
            names = ["clean", f"clean, {image.source}", *([f"clean, this defect grade {worst}"] if entry.defects else [])]
        elif worst >= 2:
            names = ["hit"]
        elif image.hits:
            names = ["other defects only"]
        for name in names:
            sets[name].add(value, image.group, f"{image.path} {image.frame}")
    return sets


def real_table(entry: Judged, at: float | None, images: list, stacks: list, measured: Measured) -> list[str]:
    """Clean real images and real hits."""
    lines = [HEAD.format("real"), LINE]
    if entry.stack:
        sample = Sample()
        for folder, modality in stacks:
            if modality == entry.modality:
                sample.add(measured.of_stack(folder, entry), folder, folder)
        return [*lines, row("stacks without a known fault", sample, entry, at), *every_one(sample, entry, at, True)]
    sets = real_sets(entry, images, measured)
    for name in sorted(n for n in sets if n != "hit"):
        lines.append(row(name, sets[name], entry, at))
    if entry.defects:
        lines.append(row(f"hit: {', '.join(entry.defects)}", sets["hit"], entry, at, area(sets["hit"], sets["clean"], entry.worse)))
    return lines + every_one(sets["clean"], entry, at, True) + every_one(sets["hit"], entry, at, False)


def every_one(sample: Sample, entry: Judged, at: float | None, found: bool) -> list[str]:
    """The errors one by one: clean images that would be found, or hits that would not."""
    if at is None:
        return []
    wrong = sorted((n, v) for n, v in zip(sample.names, sample.values, strict=True) if entry.beyond(v, at) == found)
    if not wrong:
        return []
    said = "False positives" if found else "Hits that are missed"
    return ["", f"<details><summary>{said} ({len(wrong)})</summary>", "", *(f"* {n}: {number(v)}" for n, v in wrong), "", "</details>"]


def degraded_samples(entry: Judged, name: str, cases: list, measured: Measured) -> dict[float, Sample]:
    """By strength; the flawless originals under 0."""
    out: dict[float, Sample] = defaultdict(Sample)
    wanted = [c for c in cases if c.modality == entry.modality and c.degradation == name]
    bases = {c.base for c in wanted}
    for case in wanted + [c for c in cases if c.strength is None and c.base in bases]:
        value = measured.of_stack(case.folder, entry) if case.stack else measured.of_frame(f"{case.folder}/0001.dcm", 1, entry.measure)
        out[case.step].add(value, case.group, case.folder)
    return dict(sorted(out.items()))


def degraded_table(entry: Judged, at: float | None, kinds: list, cases: list, measured: Measured) -> list[str]:
    """Each degradation, each step."""
    lines = []
    for kind in (k for k in kinds if k.name in entry.degradations):
        samples = degraded_samples(entry, kind.name, cases, measured)
        if not samples:
            continue
        lines += ["", HEAD.format(f"{kind.name}: {kind.strength}"), LINE]
        for step, sample in samples.items():
            name = "as it was" if step == 0 else f"{kind.steps[step - 1]:g}"
            lines.append(row(name, sample, entry, at, "" if step == 0 else area(sample, samples[0], entry.worse)))
    return lines


def entry_part(entry: Judged, policy: dict, kinds: list, images: list, stacks: list, cases: list, measured: Measured) -> list[str]:
    """All about one measure under one limit."""
    at = limit(policy, entry)
    said = f"finding {entry.side} {at:g} (`{entry.key}`)" if at is not None else f"the base policy has no `{entry.key}` yet"
    lines = ["", f"## {entry.check}: `{entry.measure}`", "", f"{said}." + (" Of a whole stack." if entry.stack else ""), ""]
    if entry.measure not in measured.names():
        return [*lines, "Not measured: `hrgate measure` gave no such number."]
    return lines + real_table(entry, at, images, stacks, measured) + degraded_table(entry, at, kinds, cases, measured)


def summary(entries: list[Judged], policy: dict, images: list, stacks: list, cases: list, kinds: list, measured: Measured) -> list[str]:
    """One line a measure."""
    lines = ["| check | measure | limit | false positives on clean real images | in groups | real hits found | AUC real hits | AUC strongest step, weakest degradation |", "|---|---|---|---|---|---|---|---|"]
    for entry in entries:
        at = limit(policy, entry)
        sets = real_sets(entry, images, measured)
        clean, hit = sets["clean"], sets["hit"]
        if entry.stack:
            clean = Sample()
            for folder, modality in stacks:
                if modality == entry.modality:
                    clean.add(measured.of_stack(folder, entry), folder, folder)
        areas = []
        for kind in (k for k in kinds if k.name in entry.degradations):
            samples = degraded_samples(entry, kind.name, cases, measured)
            if len(samples) > 1:
                last = max(samples)
                areas.append((auc(*(np.array([entry.worse(v) for v in samples[s].values]) for s in (last, 0))), kind.name))
        worst = min(areas, default=None)
        cells = [entry.check, f"`{entry.measure}`", "–" if at is None else f"{entry.side} {at:g}", beyond(clean, entry, at), groups_beyond(clean, entry, at),
                 beyond(hit, entry, at) if hit.values else "–", area(hit, clean, entry.worse), "–" if worst is None else f"{worst[0]:.2f} ({worst[1]})"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def matrix(modality: str, entries: list[Judged], kinds: list, cases: list, measured: Measured) -> list[str]:
    """Every number that was given against every degradation: AUC at the third and the last step, 0.5 where it tells nothing."""
    kinds = [k for k in kinds if any(c.degradation == k.name and c.modality == modality for c in cases)]
    lines = [f"| measure | {' | '.join(k.name for k in kinds)} |", "|---|" + "---|" * len(kinds)]
    for name in sorted(measured.names()):
        cells = []
        for kind in kinds:
            entry = Judged(modality, "", name, "above", "", stack=kind.stack)
            samples = degraded_samples(entry, kind.name, cases, measured)
            steps = [s for s in (min(3, max(samples, default=0)), max(samples, default=0)) if s]
            pair = [auc(np.array(samples[s].values), np.array(samples[0].values)) for s in steps if 0 in samples]
            cells.append(" / ".join(f"{a:.2f}" for a in pair) if pair and not any(np.isnan(pair)) else "–")
        if any(c != "–" for c in cells):
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return lines
