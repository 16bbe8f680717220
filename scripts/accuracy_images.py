#!/usr/bin/env python3
"""`make accuracy`, part CT and MR: what the measures of images find on clean, faulty and degraded real images.

Writes images as DICOM to a temporary folder, lets `hrgate measure` measure them batch by batch, and writes
docs/accuracy/ct.md and mr.md: of each measure that a check judges (scripts/image_accuracy/judged.py; limits from
policies/base.toml) its distribution, false positives, sensitivity and AUC.
  accuracy_images.py SHARED_DATA [--hrgate BIN] [--write DIR] [--quick]
Needs the packages of scripts/accuracy-requirements.txt.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Before NumPy is loaded: the program that is measured needs the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "scripts" / "image_accuracy")]

import ct_physics  # noqa: E402
import degrade  # noqa: E402
import images  # noqa: E402
import judged  # noqa: E402
import left_out  # noqa: E402
import mr_physics  # noqa: E402
import numpy as np  # noqa: E402
import pages  # noqa: E402
import write_dicom  # noqa: E402
from scores import Measured  # noqa: E402
from verdicts import Verdicts  # noqa: E402

KINDS = {"CT": degrade.CT + degrade.CT_STACK, "MR": degrade.MR + degrade.MR_STACK}
FRAMES = {"CT": degrade.CT, "MR": degrade.MR}
BASES = {"CT": 10, "MR": 18}
# Longest stack that is degraded: neighbouring slices are what these measures look at.
SLICES, DIFFUSION_SLICES = 40, 16
DIFFUSION = {"per_volume": DIFFUSION_SLICES, "more": {
    "SeriesDescription": "ep2d_diff_b1000", "ProtocolName": "ep2d_diff_b1000", "ScanningSequence": "EP", "SequenceVariant": "SK", "SequenceName": "*ep_b1000",
    "DiffusionBValue": 1000.0, "BodyPartExamined": "BRAIN"}}
# These need a body that the field holds whole, or nothing can be said of what comes on top.
WHOLE_BODY = {"off_centre", "field_cut", "field_cut_one_side", "wrap"}


@dataclass
class Case:
    """One image or stack that was written."""

    folder: str
    modality: str
    base: str
    group: str
    degradation: str = ""
    strength: float | None = None
    step: int = 0
    stack: bool = False


@dataclass
class Base:
    """A clean real image that is degraded."""

    name: str
    modality: str
    image: np.ndarray
    spacing: tuple[float, ...]
    axis: int
    group: str
    whole: bool


def whole_body(image: np.ndarray, modality: str) -> bool:
    """Whether the body leaves the border alone: at most one pixel in fifty of the border belongs to it."""
    body = (ct_physics if modality == "CT" else mr_physics).body_of(image)
    border = np.concatenate([body[0], body[-1], body[:, 0], body[:, -1]])
    return bool(border.mean() <= 0.02)


def candidates(real: list, modality: str) -> list:
    """The middle one of the clean frames of each series with modality values; of single slices one a patient."""
    series = defaultdict(list)
    for image in real:
        if image.modality == modality and image.clean and image.kind == "anatomy" and image.frame == 1 and not images.NO_BASE.search(image.path):
            volume = image.path.rsplit("/", 1)[0] if images.is_dicom(image.path) else image.path.partition("#z")[0]
            series[image.group if image.path.startswith("ct/slices") else volume].append(image)
    return [of[len(of) // 2] for of in series.values()]


def base_of(data: Path, image) -> Base | None:
    """None where pydicom alone cannot decode it, or the body is not in the round field."""
    try:
        values, spacing, axis = images.pixels(data, image.path)
    except (AttributeError, NotImplementedError, RuntimeError, ValueError):
        return None
    if values.ndim != 2 or min(values.shape) < 128:
        return None
    if image.modality == "MR":
        values = np.maximum(values, 0)
    else:
        body = ct_physics.body_of(values)
        if values.shape[0] != values.shape[1] or (body & ~ct_physics.in_circle(len(values))).sum() > 0.01 * body.sum():
            return None
    return Base(image.path, image.modality, values, spacing, 1 if axis is None else axis, image.group, whole_body(values, image.modality))


def bases_of(data: Path, real: list, modality: str, most: int) -> list[Base]:
    """Those to degrade, whole bodies first."""
    found = [base for image in candidates(real, modality) if (base := base_of(data, image)) is not None]
    return sorted(found, key=lambda b: not b.whole)[:most]


def write_case(root: Path, case: Case, values, base: Base, spacing=None, **more) -> Case:
    """One image or stack to its folder."""
    stack, first = (values, 1) if case.stack else ([values], write_dicom.SAMPLED_NUMBER)
    acquired = None if case.stack else base.image.shape
    if base.name.startswith("mr/open_ms") and not case.stack:
        # Written transverse as it was taken; the plane of other sources is not always known.
        more["more"] = images.BODY_PART["MR"]
    write_dicom.write(root / case.folder, stack, base.modality, spacing or base.spacing[-2:], key=case.folder, phase_axis=base.axis, first=first, acquired=acquired, **more)
    return case


def steps_of(kind, quick: bool) -> list[tuple[int, float]]:
    """Number and strength of the steps that are made."""
    every = list(enumerate(kind.steps, start=1))
    return every[2::2] if quick else every


def degraded_frames(root: Path, data: Path, real: list, modality: str, quick: bool) -> list[Case]:
    """Writes the flawless and the degraded images of a modality."""
    cases = []
    for number, base in enumerate(bases_of(data, real, modality, 2 if quick else BASES[modality])):
        at = f"{modality.lower()}/{number:02}"
        scene = degrade.Scene(base.spacing[-2:], base.axis)
        cases.append(write_case(root, Case(f"{at}/original", modality, base.name, base.group), base.image, base))
        for kind in FRAMES[modality]:
            if kind.name in WHOLE_BODY and not base.whole:
                continue
            for step, strength in steps_of(kind, quick):
                case = Case(f"{at}/{kind.name}_{step}", modality, base.name, base.group, kind.name, strength, step)
                made = kind(base.image, strength, base.name, scene)
                shapes = zip(base.spacing[-2:], base.image.shape, made.shape, strict=True)
                spacing = tuple(mm * before / after for mm, before, after in shapes) if kind.finer else None
                cases.append(write_case(root, case, made, base, spacing))
    return cases


def parts_of(name: str, stack: np.ndarray, modality: str) -> list[tuple[str, np.ndarray, list, dict]]:
    """Part of the volume, values, what is done to it, how it is written. Scans cut short need the whole; the rest its middle."""
    middle = lambda n: stack[max(0, (len(stack) - n) // 2):][:n]  # noqa: E731
    kinds = {k.name: k for k in KINDS[modality] if k.stack}
    plain = {"more": images.BODY_PART[modality]}
    if modality == "CT":
        return [("middle", middle(SLICES), [kinds["slice_shift"], kinds["slice_step"], kinds["stack_hu_offset"]], plain),
                ("whole", stack, [kinds["slices_lost_top"], kinds["slices_lost_bottom"]], plain)]
    return [("middle", middle(SLICES), [kinds["slice_intensity"]], plain), ("diffusion", middle(DIFFUSION_SLICES), [kinds["slice_dropped"]], DIFFUSION)]


def volumes_of(part: str, values: np.ndarray, faulty: np.ndarray, name: str) -> np.ndarray:
    """As it is written: of diffusion four volumes that differ in their noise, the third with the fault."""
    if part != "diffusion":
        return faulty
    sd, rng = 0.02 * mr_physics.signal(values[len(values) // 2]), np.random.default_rng(len(name))
    noisy = [np.hypot(v + sd * rng.standard_normal(v.shape), sd * rng.standard_normal(v.shape)) for v in (values, values, faulty, values)]
    return np.concatenate(noisy)


def degraded_stacks(root: Path, data: Path, quick: bool) -> list[Case]:
    """Writes the flawless and the degraded stacks."""
    cases = []
    chosen = images.volumes(data)
    for name, (stack, spacing), modality in chosen[:1] + chosen[3:5] if quick else chosen:
        for part, values, kinds, more in parts_of(name, stack, modality):
            base = Base(f"{name} {part}", modality, values, spacing, 1, name.split("_study")[0], True)
            scene, at = degrade.Scene(spacing[1:], 1), f"stacks/{name}_{part}"
            case = Case(f"{at}/original", modality, base.name, base.group, stack=True)
            cases.append(write_case(root, case, volumes_of(part, values, values, name), base, slice_mm=spacing[0], **more))
            for kind, (step, strength) in ((k, s) for k in kinds for s in steps_of(k, quick)):
                case = Case(f"{at}/{kind.name}_{step}", modality, base.name, base.group, kind.name, strength, step, stack=True)
                made = volumes_of(part, values, kind(values, strength, base.name, scene), name)
                cases.append(write_case(root, case, made, base, slice_mm=spacing[0], **more))
    return cases


def real_ones(root: Path, data: Path, real: list) -> list[tuple[str, str]]:
    """Writes the real frames and stacks; gives the stacks."""
    for image in real:
        images.write_real(data, image, root)
    return images.write_series(data, root)


def measure(hrgate: Path, root: Path, measured: Measured) -> None:
    """One call of the program on a batch."""
    start = time.monotonic()
    run = subprocess.run([str(hrgate), "measure", str(root)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if run.returncode != 0 and not run.stdout:
        raise SystemExit(f"{hrgate} measure: exit {run.returncode}\n{run.stderr.decode(errors='replace')[-2000:]}")
    measured.read(run.stdout.decode("utf-8").splitlines(), root)
    files = sum(1 for f in root.rglob("*") if f.is_file())
    print(f"{root.name}: {files} files, measured in {time.monotonic() - start:.0f} s", flush=True)


def page(modality: str, policy: dict, real: list, stacks: list, cases: list, measured: Measured, verdicts: Verdicts, quick: bool) -> str:
    """One page."""
    entries = [e for e in judged.JUDGED if e.modality == modality]
    own = [c for c in cases if c.modality == modality]
    kinds = KINDS[modality]
    bases = {c.base for c in own if not c.stack}
    lines = [f"# Accuracy of the measures of {modality} images", "",
             "Made by `make accuracy` (scripts/accuracy_images.py): real images of public sources as one reader saw them (no radiologist; clean = worst grade 0 or 1, hit = grade 2 or 3, "
             "sure or likely), and degradations of clean real ones (scripts/image_accuracy/degrade.py), read by the product as DICOM files. A group is a patient or a series (an image where no "
             f"id is known). Shares have the interval of Wilson, areas under the curve one from drawing groups again (95 %). Degradations: {len(bases)} images"
             f"{' (--quick)' if quick else ''}; AUC against the same images as they were. Degradations show that a measure moves and how far; how often real faults are found only real hits show.", ""]
    lines += pages.summary(entries, policy, real, stacks, cases, kinds, measured)
    lines += left_out.part(entries, policy, real, measured)
    lines += verdicts.part(modality, judged.checks(modality), kinds, real, stacks, cases)
    for entry in entries:
        lines += pages.entry_part(entry, policy, kinds, real, stacks, cases, measured)
    lines += ["", "## Every number against every degradation", "", "AUC of \"larger than in the original\" at the third and at the strongest step; 0 as telling as 1, 0.5 tells nothing.", ""]
    lines += pages.matrix(modality, entries, kinds, cases, measured)
    return "\n".join(lines).rstrip("\n") + "\n"


def main() -> int:
    """Writes both pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--hrgate", type=Path, default=ROOT / "target/release/hrgate")
    parser.add_argument("--write", type=Path, default=ROOT / "docs/accuracy", help="folder of the pages")
    parser.add_argument("--quick", action="store_true", help="few images and steps, to see that it works")
    parser.add_argument("--policy", type=Path, default=judged.POLICY)
    parser.add_argument("--images", type=Path, help="keep the images and the values here")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")

    hrgate = options.hrgate.resolve()
    real, measured, verdicts, cases = images.real_images(options.data), Measured(), Verdicts(), []
    with tempfile.TemporaryDirectory() as temporary:
        home = options.images or Path(temporary)
        start = time.monotonic()
        stacks = real_ones(home / "real", options.data, real)
        measure(hrgate, home / "real", measured)
        verdicts.run(hrgate, home / "real")
        for name, make in (("degraded_ct", lambda r: degraded_frames(r, options.data, real, "CT", options.quick)),
                           ("degraded_mr", lambda r: degraded_frames(r, options.data, real, "MR", options.quick)),
                           ("degraded_stacks", lambda r: degraded_stacks(r, options.data, options.quick))):
            root = home / name
            cases += make(root)
            print(f"{name}: written after {time.monotonic() - start:.0f} s", flush=True)
            measure(hrgate, root, measured)
            verdicts.run(hrgate, root)
        if options.images:
            values = [[*key, name, value] for key, of in measured.frames.items() for name, value in of.items()]
            (home / "values.json").write_text(json.dumps(values), encoding="utf-8")
    for stale in sorted(e.measure for e in judged.JUDGED if e.measure not in measured.names()):
        print(f"scripts/image_accuracy/judged.py: `{stale}` was not measured: renamed?")
    options.write.mkdir(parents=True, exist_ok=True)
    policy = judged.policy(options.policy)
    for modality in ("CT", "MR"):
        text = page(modality, policy, real, stacks, cases, measured, verdicts, options.quick)
        (options.write / f"{modality.lower()}.md").write_text(text, encoding="utf-8")
        print(f"written: {modality.lower()}.md, {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
