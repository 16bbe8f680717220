"""Which measures checks judge, how, and what each has to find. The limits themselves stand in policies/base.toml.

To add one: a line in JUDGED. `key` is the parameter of the check that holds the limit; a check or key that the policy lacks is
reported without a limit. `defects` are words of artifacts.csv, `degradations` names of degrade.py.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

POLICY = Path(__file__).resolve().parents[2] / "policies" / "base.toml"


@dataclass(frozen=True)
class Judged:
    """One measure under one limit."""

    modality: str
    check: str
    measure: str
    side: str
    """"above" or "below": on which side of the limit the finding lies."""
    key: str
    defects: tuple[str, ...] = ()
    degradations: tuple[str, ...] = ()
    stack: bool = False
    jpeg: bool = True
    """Whether the number means anything in 8-bit JPEG copies without modality values or pixel spacing."""

    def beyond(self, value: float, limit: float) -> bool:
        """Whether the check would find it."""
        return value > limit if self.side == "above" else value < limit

    def worse(self, value: float) -> float:
        """The value so that larger is worse."""
        return value if self.side == "above" else -value


def limit(policy: dict, entry: Judged) -> float | None:
    """From the base policy; None where it has none yet."""
    value = policy.get("checks", {}).get(entry.check, {}).get("params", {}).get(entry.key)
    return float(value) if isinstance(value, int | float) else None


def policy(path: Path = POLICY) -> dict:
    """The base policy."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


STREAKS = ("streak_metal", "streak_starvation", "streak_contrast")
GHOSTS = ("motion_ghost", "flow_ghost")
NO_CHECK = "no check"

JUDGED: list[Judged] = [
    Judged("CT", "streaks", "streak_ratio_horizontal", "above", "streak_ratio_max", ("streak_starvation",), ("streaks_starvation",)),
    Judged("CT", NO_CHECK, "streak_ratio_horizontal", "above", "", ("streak_metal", "streak_contrast"), ("streaks_metal",)),
    Judged("CT", "rings", "ring_z", "above", "ring_z_max", (), ("rings", "rings_off_centre")),
    Judged("CT", "noise-high", "gni", "above", "gni_max", ("noise_high",), ("noise", "streaks_starvation")),
    Judged("CT", "body-cut", "body_cut_chord", "above", "body_cut_chord_max", ("fov_cut",), ("field_cut", "field_cut_one_side")),
    Judged("CT", "hu-off-scale", "air_hu", "below", "air_hu_min", (), ("hu_offset",)),
    Judged("CT", "hu-off-scale", "air_hu", "above", "air_hu_max", (), ("hu_offset",)),
    Judged("CT", "hu-off-scale", "soft_tissue_hu", "below", "soft_tissue_hu_min", (), ("hu_offset",)),
    Judged("CT", "hu-off-scale", "soft_tissue_hu", "above", "soft_tissue_hu_max", (), ("hu_offset",)),
    Judged("CT", NO_CHECK, "body_off_field_centre", "above", "", ("off_centre",), ("off_centre",)),
    Judged("CT", "hu-off-scale", "fat_hu", "below", "fat_hu_min", (), ("hu_offset",)),
    Judged("CT", "hu-off-scale", "fat_hu", "above", "fat_hu_max", (), ("hu_offset",)),
    Judged("CT", "lesion-size-unresolved", "skin_edge_width", "above", "edge_width_max_mm", ("ct_motion",), ("blur", "motion")),
    Judged("CT", "dense-matter", "metal_area", "above", "metal_area_max", ("streak_metal",), ("streaks_metal",)),
    Judged("CT", NO_CHECK, "quietest_roi_sd", "above", "", ("noise_high",), ("noise",)),
    Judged("CT", NO_CHECK, "laplacian_tenengrad_ratio", "below", "", (), ("blur",)),
    Judged("MR", "ghosting", "ghost_ratio", "above", "ghost_ratio_max", GHOSTS, ("motion", "breathing_ghost")),
    Judged("MR", "nyquist-ghost", "gsr", "above", "gsr_max", (), ("half_ghost",)),
    Judged("MR", "off-centre", "off_centre_share", "above", "off_centre_share_max", (), ("off_centre",)),
    Judged("MR", "wrap-around", "wrap_continuity", "above", "wrap_continuity_max", ("wrap",), ("wrap",)),
    Judged("MR", "spikes", "spike_z", "above", "spike_z_max", (), ("spikes",)),
    Judged("MR", "zipper", "zipper_z", "above", "zipper_z_max", (), ("zipper",)),
    Judged("MR", "intensity-nonuniformity", "inu_range", "above", "inu_range_max", ("inhomogeneity",), ("bias_field",)),
    Judged("MR", "snr-low", "snr", "below", "snr_min", ("low_snr",), ("noise", "noise_air_masked"), jpeg=False),
    Judged("MR", "blurred-images", "laplacian_to_tenengrad", "below", "laplacian_to_tenengrad_min", (), ("blur", "motion", "motion_air_masked")),
    Judged("MR", NO_CHECK, "snrd", "below", "", ("low_snr",), ("noise",), jpeg=False),
    Judged("MR", NO_CHECK, "air_structure", "above", "", GHOSTS, ("motion", "breathing_ghost", "half_ghost")),
    Judged("MR", NO_CHECK, "gradient_entropy", "above", "", ("motion_ghost",), ("motion", "motion_air_masked", "blur")),
    Judged("MR", NO_CHECK, "body_cut_share", "above", "", ("fov_cut",), ("field_cut",)),
]

# Checks that look along a stack: no single number of `hrgate measure` is their measure, so their verdict is held against these.
VERDICTS = {
    "CT": {"outline-jumps": ("slice_shift", "slice_step"), "hu-off-scale": ("stack_hu_offset",), "lungs-cut": ("slices_lost_top", "slices_lost_bottom"), "slices-without-body": (), "dome-cut": (),
           "vertex-cut": (), "off-isocentre": ()},
    "MR": {"head-cut": ("field_cut",), "slice-intensity-jump": ("slice_intensity",), "dropped-diffusion-slice": ("slice_dropped",)},
}


def checks(modality: str) -> dict[str, tuple[str, ...]]:
    """Every check of images of a modality, with the degradations that it should find."""
    out: dict[str, tuple[str, ...]] = {}
    for entry in JUDGED:
        if entry.modality == modality and entry.check != NO_CHECK:
            out[entry.check] = tuple(dict.fromkeys(out.get(entry.check, ()) + entry.degradations))
    return out | VERDICTS[modality]


def defects(modality: str, check: str) -> set[str]:
    """What the check should find on real images."""
    return {d for e in JUDGED if (e.modality, e.check) == (modality, check) for d in e.defects}
