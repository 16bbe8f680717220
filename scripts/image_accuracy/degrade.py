"""Degradations of known strength: what every one is called, what its strength means, and which steps are tried.

Float images in, float images out, never in place, the same for the same seed. Images are [row, column], stacks
[slice, row, column]; CT in HU (NaN = padding), MR as magnitude. Physics in ct_physics.py and mr_physics.py.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import ct_physics
import mr_physics
import numpy as np


@dataclass
class Scene:
    """What a degradation has to know besides the values. `memory` keeps projections between the steps of one image."""

    spacing_mm: tuple[float, float] = (1.0, 1.0)
    """Row and column spacing."""
    phase_axis: int = 0
    """Array axis of phase encoding: 0 = along columns (COL in DICOM), 1 = along rows (ROW)."""
    memory: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Degradation:
    """One kind of defect."""

    name: str
    strength: str
    """What the number is, with its unit."""
    steps: tuple[float, ...]
    apply: Callable[[np.ndarray, float, np.random.Generator, Scene], np.ndarray]
    stack: bool = False
    harmless: bool = False
    """No defect: a check that fails on it is wrong."""
    finer: bool = False
    """The matrix grows and the field stays."""

    def __call__(self, image: np.ndarray, strength: float, seed: str, scene: Scene) -> np.ndarray:
        """The degraded image; the seed is any text, e.g. the path of the image. One seed makes one pattern (the same rings, the
        same spikes), which only grows with the strength."""
        rng = np.random.default_rng(zlib.crc32(f"{self.name}|{seed}".encode()))
        return self.apply(np.asarray(image, dtype=np.float64), strength, rng, scene)


CT = [
    Degradation("noise", "SD of added noise, HU", (5, 10, 20, 40, 80), ct_physics.noise),
    Degradation("rings", "largest amplitude of a ring about the image centre, HU", (5, 10, 20, 40, 80), ct_physics.rings),
    Degradation("rings_off_centre", "the same, 30 mm beside the image centre", (5, 10, 20, 40, 80), ct_physics.rings_off_centre),
    Degradation("streaks_metal", "diameter of two inserted metal cylinders, mm", (1, 2, 4, 8, 16), ct_physics.streaks_metal),
    Degradation("streaks_starvation", "log10 of photons lost, from 10^6 a ray on", (0.5, 1.0, 1.5, 2.0, 2.5), ct_physics.streaks_starvation),
    Degradation("motion", "shift of the body after a part of the views, mm (and 0.4 degrees a mm)", (1, 2, 4, 8, 12), ct_physics.motion),
    Degradation("field_cut", "share of the body's width outside the field, round field with padding", (0.05, 0.1, 0.2, 0.3, 0.4), ct_physics.field_cut),
    Degradation("field_cut_one_side", "share of the body's width cut off at one side, square field", (0.03, 0.06, 0.1, 0.2, 0.3), ct_physics.field_cut_one_side),
    Degradation("off_centre", "shift of the body in an enlarged field, mm", (20, 40, 60, 80, 100), ct_physics.off_centre),
    Degradation("hu_offset", "offset of all values, HU", (5, 10, 20, 40, 80), ct_physics.hu_offset),
    Degradation("blur", "SD of a Gaussian, pixels", (0.5, 0.8, 1.2, 1.8, 2.5), ct_physics.blur),
    Degradation("finer_matrix", "factor of a finer matrix (no defect)", (1.25, 1.5, 2), ct_physics.finer_matrix, harmless=True, finer=True),
    Degradation("denoised", "strength of non-local means, HU (no defect)", (5, 10, 20), ct_physics.denoised, harmless=True),
    Degradation("turned", "turn of the patient, degrees (no defect)", (3, 8, 15), ct_physics.turned, harmless=True),
]

CT_STACK = [
    Degradation("slice_shift", "largest shift of single slices of the middle third, mm", (1, 2, 4, 8, 12), ct_physics.slice_shift, stack=True),
    Degradation("stack_hu_offset", "offset of all values of a stack, HU", (10, 20, 40, 60, 80), ct_physics.hu_offset, stack=True),
    Degradation("slice_step", "one shift of all slices above the middle (moved between two breath-holds), mm", (2, 4, 8, 12, 20), ct_physics.slice_step, stack=True),
    Degradation("slices_lost_top", "share of slices missing at the end", (0.1, 0.2, 0.3, 0.4, 0.5), ct_physics.slices_lost_top, stack=True),
    Degradation("slices_lost_bottom", "share of slices missing at the start", (0.1, 0.2, 0.3, 0.4, 0.5), ct_physics.slices_lost_bottom, stack=True),
]

MR = [
    Degradation("motion", "largest shift between k-space segments, mm (and 0.5 degrees a mm)", (0.5, 1, 2, 4, 8), mr_physics.motion),
    Degradation("motion_air_masked", "the same, air set to zero afterwards", (0.5, 1, 2, 4, 8), mr_physics.motion_air_masked),
    Degradation("breathing_ghost", "amplitude of periodic motion of the anterior half, mm", (0.5, 1, 2, 4, 8), mr_physics.breathing_ghost),
    Degradation("half_ghost", "signal of the ghost shifted by half the field, share of the image", (0.01, 0.03, 0.06, 0.12, 0.25), mr_physics.half_ghost),
    Degradation("wrap", "share of the body folded over along phase encoding", (0.05, 0.1, 0.2, 0.3, 0.4), mr_physics.wrap),
    Degradation("spikes", "amplitude of 3 spikes in k-space, shares of its largest value", (0.003, 0.01, 0.03, 0.1, 0.3), mr_physics.spikes),
    Degradation("zipper", "mean amplitude of the line, share of the body's mean signal", (0.05, 0.1, 0.2, 0.5, 1.0), mr_physics.zipper),
    Degradation("noise", "SD of Rician noise, share of the body's mean signal", (0.02, 0.05, 0.1, 0.2, 0.4), mr_physics.noise),
    Degradation("noise_air_masked", "the same, air set to zero afterwards", (0.02, 0.05, 0.1, 0.2, 0.4), mr_physics.noise_air_masked),
    Degradation("bias_field", "ratio of the largest to the smallest gain", (1.5, 2, 3, 5, 8), mr_physics.bias_field),
    Degradation("blur", "SD of a Gaussian, pixels", (0.5, 0.8, 1.2, 1.8, 2.5), mr_physics.blur),
    Degradation("zero_filled", "factor of interpolation by zeros in k-space (no defect)", (1.25, 1.5, 2, 3), mr_physics.zero_filled, harmless=True, finer=True),
    Degradation("filtered", "share of a Hann window over k-space (no defect)", (0.3, 0.6, 1.0), mr_physics.filtered, harmless=True),
    Degradation("air_set_to_zero", "pixels that are left around the body (no defect)", (1, 5, 20), mr_physics.air_set_to_zero, harmless=True),
    Degradation("field_cut", "share of the body's extent cut off at one side, across phase encoding", (0.03, 0.06, 0.1, 0.2, 0.3), mr_physics.field_cut),
    Degradation("off_centre", "shift of the body in an enlarged field, share of the field", (0.05, 0.1, 0.15, 0.2, 0.25), mr_physics.off_centre),
]

MR_STACK = [
    Degradation("slice_intensity", "gain of every other slice of the middle half (1 = none)", (0.95, 0.9, 0.8, 0.65, 0.5), mr_physics.slice_intensity, stack=True),
    Degradation("slice_dropped", "signal left in one slice, as by motion in diffusion weighting", (0.9, 0.8, 0.6, 0.4, 0.2), mr_physics.slice_dropped, stack=True),
]
