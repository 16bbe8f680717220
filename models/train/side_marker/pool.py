"""Pools of patches and crops, one for each source, so that a fold draws from all sources but those it leaves out.

A pool is made in shards of a fixed size, each from its own seed: the same on any number of cores.
"""

import multiprocessing
from pathlib import Path

import cv2
import numpy as np

from common import glyphs
from common.data import read_marker_places, read_radiographs, read_slices

from .samples import Crops, Patches

SEED = 20260301
SHARD = {"patches": 1000, "crops": 2000}
# Share of a full pool that each source makes, by how much it can teach.
SHARES = {"slices": 0.2, "nih": 0.3, "kermany": 0.2, "hannover": 0.14, "fracatlas": 0.12, "ddh_jordan": 0.01, "cesm_dm": 0.03}
IMAGES: dict[str, list] = {}


def shard(job: tuple[str, str, int, str]) -> int:
    """Makes one shard of (what, source, number) in a folder."""
    what, source, number, folder = job
    path = Path(folder) / f"{what}-{source}-{number:04d}.npz"
    if path.exists():
        return 0
    cv2.setNumThreads(1)
    maker = Patches(IMAGES[source], read_marker_places()) if what == "patches" else Crops(IMAGES[source])
    rng = np.random.default_rng([SEED, list(SHARES).index(source), number, what == "crops"])
    columns = [np.stack(c) for c in zip(*(maker.one(rng) for _ in range(SHARD[what])))]
    part = path.with_suffix(".part.npz")
    np.savez(part, *columns)
    part.rename(path)
    return SHARD[what]


def fill(folder: Path, patches: int, crops: int, cores: int) -> None:
    """Makes all pools: in all so many patches and crops."""
    folder.mkdir(parents=True, exist_ok=True)
    glyphs.table()
    IMAGES["slices"] = read_slices()
    for image in read_radiographs():
        IMAGES.setdefault(image.source, []).append(image)
    jobs = []
    for what, count in (("patches", patches), ("crops", crops)):
        for source, share in SHARES.items():
            jobs += [(what, source, k, str(folder)) for k in range(max(1, round(count * share / SHARD[what])))]
    # Every source early on, whatever the time allows.
    jobs.sort(key=lambda j: (j[2], j[0], j[1]))
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        made = 0
        for k, n in enumerate(pool.imap_unordered(shard, jobs)):
            made += n
            if k % 50 == 49:
                print(f"pool: {k + 1} of {len(jobs)} shards", flush=True)


def load(folder: Path, what: str, without: tuple[str, ...]) -> dict[str, list[np.ndarray]]:
    """The columns of each source that is not left out."""
    found = {}
    for source in SHARES:
        if source not in without:
            parts = [np.load(p) for p in sorted(folder.glob(f"{what}-{source}-????.npz"))]
            if parts:
                found[source] = [np.concatenate([p[name] for p in parts]) for name in parts[0].files]
    return found
