#!/usr/bin/env python3
"""Seeds for the fuzz targets, from what the repository holds: `fuzz_seeds.py FOLDER` writes FOLDER/<target>/….

Small files only: a fuzzer changes bytes, and most bytes of a large image are pixels.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_studies"
POLICIES = ROOT / "policies"
# A header, its end, and some pixels.
MOST = 24_000


def put(folder: Path, name: str, content: bytes) -> None:
    """Writes one seed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def studies(to: Path) -> None:
    """The first files of each sample study, cut where their pixels are long; archives whole where they are small."""
    for study in sorted(p for p in SAMPLES.iterdir() if p.is_dir()):
        files = sorted(p for p in study.rglob("*") if p.is_file())
        for at, path in enumerate(files[:3]):
            content = path.read_bytes()[:MOST]
            for target in ("header", "pixels", "discovery"):
                put(to / target, f"{study.name}-{at}", content)


def codecs(to: Path) -> None:
    """What the tests and the shared data have of other transfer syntaxes, where they are small."""
    for folder in (ROOT / "tests" / "data", ROOT.parent / "shared" / "data"):
        for at, path in enumerate(sorted(folder.rglob("*.dcm"))):
            if path.stat().st_size <= MOST:
                content = path.read_bytes()
                put(to / "pixels", f"{folder.name}-{at}", content)
                put(to / "header", f"{folder.name}-{at}", content)


def texts(to: Path) -> None:
    """Manifests, registries, policies; the first byte of a policy says in whose place it stands."""
    rows = "institution,study_uid,exam_at,expected_instances\nA,1.2.3,2026-01-02 03:04:05,2\n"
    put(to / "manifest", "csv", rows.encode())
    put(to / "manifest", "gb18030", "医院,检查UID\n甲医院,1.2.3\n".encode("gb18030"))
    put(to / "manifest", "json", b'[{"institution": "A", "study_uid": "1.2.3", "emergency": true}]')
    put(to / "manifest", "jsonl", b'{"study_uid": "1.2.3"}\n{"study_uid": "1.2.4"}\n')
    put(to / "manifest", "registry", (SAMPLES / "institutions.toml").read_bytes())
    put(to / "policy", "base", b"\0" + (POLICIES / "base.toml").read_bytes())
    put(to / "policy", "settings", b"\1" + (POLICIES / "settings.toml").read_bytes())
    for region in sorted(p for p in POLICIES.iterdir() if (p / "profile.toml").is_file()):
        put(to / "policy", f"profile-{region.name}", b"\2" + (region / "profile.toml").read_bytes())
        items = (region / "items.csv").read_bytes()[:MOST]
        put(to / "policy", f"items-{region.name}", b"\3" + items)


def store(to: Path) -> None:
    """Facts of studies as a store holds them (from `tests/fuzz_cases.rs`), and changes to a database."""
    put(to / "store", "edits", b"\2" + bytes([0, 1, 0, 7]) * 8)
    for path in sorted((ROOT / "target" / "fuzz-facts").glob("*")):
        content = path.read_bytes()
        if len(content) <= 64_000:
            put(to / "store", path.name, content)


def main() -> int:
    """Writes every seed."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    to = Path(sys.argv[1])
    for make in (studies, codecs, texts, store):
        make(to)
    for folder in sorted(p for p in to.iterdir() if p.is_dir()):
        print(f"{folder.name}: {sum(1 for _ in folder.iterdir())} seeds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
