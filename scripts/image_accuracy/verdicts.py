"""What the checks themselves say (`hrgate run`), with all that they ask for besides the limit: how many slices, which kinds."""

import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import judged
import pydicom
from accuracy_xray import share

FAIL, PASS = "fail", "pass"


class Verdicts:
    """Outcomes of each check by study, and which folders hold a study."""

    def __init__(self) -> None:
        self.said: dict[str, dict[str, str]] = {}
        self.study_of: dict[str, str] = {}

    def run(self, hrgate: Path, root: Path) -> None:
        """Judges a batch. Without a program that can, nothing is known and the page says so."""
        with tempfile.TemporaryDirectory() as reports:
            command = [str(hrgate), "run", str(root), "--reports", reports, "--depth", "pixels", "--lang", "en"]
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            for file in Path(reports).glob("*/studies.jsonl"):
                for line in file.read_text(encoding="utf-8").splitlines():
                    self.add(json.loads(line))
        for folder in {f.parent for f in root.rglob("*") if f.is_file()}:
            self.study_of[folder.relative_to(root).as_posix()] = self.uid_in(folder)

    def add(self, study: dict) -> None:
        """One line of studies.jsonl. A check that fails anywhere in a study fails it."""
        of = self.said.setdefault(study["study_uid"] or study["study_key"], {})
        for outcome in study["outcomes"]:
            if outcome["outcome"] == FAIL or of.get(outcome["name"]) != FAIL:
                of[outcome["name"]] = outcome["outcome"]

    @staticmethod
    def uid_in(folder: Path) -> str:
        """Study Instance UID of the first file; our own ones follow from the folder."""
        file = min(f for f in folder.iterdir() if f.is_file())
        try:
            return str(pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["StudyInstanceUID"]).get("StudyInstanceUID", ""))
        except (pydicom.errors.InvalidDicomError, OSError, ValueError):
            return ""

    def of(self, folder: str, check: str) -> str | None:
        """fail, pass, or None where the check did not judge."""
        said = self.said.get(self.study_of.get(folder, ""), {}).get(check)
        return said if said in (FAIL, PASS) else None

    def count(self, folders, check: str) -> str:
        """Share that fails of those that were judged; folders of one study count once."""
        studies = {self.study_of.get(f, ""): self.of(f, check) for f in folders}
        judged = [v for v in studies.values() if v is not None]
        return share(sum(v == FAIL for v in judged), len(judged)) if judged else "not judged"

    def part(self, modality: str, checks: dict, kinds: list, real: list, stacks: list, cases: list) -> list[str]:
        """The section of a page."""
        lines = ["", "## What the checks said", "", "Failures of all that were judged, by `hrgate run` with the base policy. A real image alone, without its series, is a stack of one slice; "
                 "single slices are judged more strictly than stacks, which have to show a defect on several.", "",
                 "Sampled measures are taken of every n-th slice only; single images are numbered so that they are sampled. The tables further down are of `hrgate measure`, which takes all.", "",
                 "| check | clean real images | hits of its defects | real stacks without a known fault |", "|---|---|---|---|"]
        own = [i for i in real if i.modality == modality and i.kind == "anatomy" and i.place.endswith("/0001.dcm") and not i.cut_out]
        parents = lambda images: [i.place.rpartition("/")[0] for i in images]  # noqa: E731
        for check in checks:
            cells = [self.count(parents([i for i in own if i.clean]), check), self.count(parents([i for i in own if i.hits & judged.defects(modality, check)]), check),
                     self.count([f for f, m in stacks if m == modality], check)]
            lines.append(f"| {check} | {' | '.join(cells)} |")
        lines += ["", "| degradation | check | as it was | each step |", "|---|---|---|---|"]
        for check, names in checks.items():
            for kind in (k for k in kinds if k.name in names):
                lines.append(self.steps(check, kind, [c for c in cases if c.modality == modality]))
        own_cases = [c for c in cases if c.modality == modality]
        return lines + self.harmless(checks, kinds, own_cases) + self.strays(checks, [k for k in kinds if not k.harmless], own_cases)

    def harmless(self, checks: dict, kinds: list, cases: list) -> list[str]:
        """What fails on changes that are no defect, of the images that passed before."""
        lines = ["", "### Changes that are no defect", "", "What scanners and hospitals do to good images: interpolated and finer matrices, filters, masked air. Every failure is a false one; "
                 "images on which the check failed before are left out.", "", "| change | check | each step |", "|---|---|---|"]
        quiet = defaultdict(list)
        for kind in (k for k in kinds if k.harmless):
            for check in checks:
                own = [c for c in cases if c.degradation == kind.name]
                before = {c.base: self.of(c.folder, check) for c in cases if c.strength is None and not c.stack}
                told = [(c.step, self.of(c.folder, check)) for c in own if before.get(c.base) != FAIL]
                judged = [(step, v) for step, v in told if v is not None]
                if not any(v == FAIL for _, v in judged):
                    quiet[kind.name].append(f"{check} ({len(judged)})" if judged else f"{check} (not judged)")
                    continue
                cell = lambda n: f"{sum(v == FAIL for s, v in judged if s == n)} of {sum(s == n for s, _ in judged)}"  # noqa: E731, B023
                steps = sorted({s for s, _ in judged})
                lines.append(f"| {kind.name}: {kind.strength} | {check} | {'; '.join(f'{kind.steps[n - 1]:g}: {cell(n)}' for n in steps)} |")
        lines += ["", "No false failure (images that were judged, all steps together):", ""]
        return [*lines, *(f"* {name}: {', '.join(of)}" for name, of in quiet.items())]

    def steps(self, check: str, kind, cases: list) -> str:
        """One line: how many fail at each step."""
        by_step = defaultdict(list)
        wanted = [c for c in cases if c.degradation == kind.name]
        bases = {c.base for c in wanted}
        for case in wanted + [c for c in cases if c.strength is None and c.base in bases]:
            by_step[case.step].append(self.of(case.folder, check))

        def cell(step: int) -> str:
            judged = [v for v in by_step.get(step, []) if v is not None]
            return f"{sum(v == FAIL for v in judged)} of {len(judged)}" if judged else "not judged"

        steps = "; ".join(f"{kind.steps[n - 1]:g}: {cell(n)}" for n in sorted(by_step) if n)
        return f"| {kind.name} | {check} | {cell(0)} | {steps} |"

    def strays(self, checks: dict, kinds: list, cases: list) -> list[str]:
        """Checks that fail on another defect than theirs, at the strongest step and more often than on the originals."""
        lines = ["", "Checks that fail on a defect that is not theirs (strongest step):", ""]
        found = []
        for kind in kinds:
            last = [c for c in cases if c.degradation == kind.name and c.step == len(kind.steps)]
            originals = [c for c in cases if c.strength is None and c.base in {x.base for x in last}]
            for check in (c for c, names in checks.items() if kind.name not in names):
                fails, before = (sum(self.of(c.folder, check) == FAIL for c in of) for of in (last, originals))
                if fails > before:
                    found.append(f"* {kind.name}: {check}, {fails} of {len(last)} (as they were: {before})")
        return [*lines, *(found or ["* none"])]
