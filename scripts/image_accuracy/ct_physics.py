"""Defects of CT, made where they arise: in the projections (parallel beam, 180 degrees) or, for rings and noise, by what
filtered back projection makes of an error of the detector.

Only the difference to the flawless projections is back-projected and added, so that the image keeps its own sharpness and
its own noise.
"""

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d, label, rotate, shift, zoom
from skimage.restoration import denoise_nl_means
from skimage.transform import radon

WATER_PER_MM = 0.02
VIEWS = 360
AIR, METAL_HU, HIGHEST_HU = -1000.0, 12000.0, 3071.0
PHOTONS = 1e6
BODY_ABOVE = -300.0


def pixel_mm(scene) -> float:
    """Mean in-plane spacing."""
    return float(np.mean(scene.spacing_mm))


def filled(image: np.ndarray) -> np.ndarray:
    """Padding as air."""
    return np.where(np.isnan(image), AIR, image)


def body_of(image: np.ndarray) -> np.ndarray:
    """The largest connected part above the limit."""
    parts, n = label(filled(image) > BODY_ABOVE)
    if n == 0:
        return np.zeros(image.shape, dtype=bool)
    return parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))


def box_of(mask: np.ndarray) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1, half-open; the whole image where the mask is empty."""
    if not mask.any():
        return 0, 0, mask.shape[1], mask.shape[0]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def square(image: np.ndarray, fill: float) -> np.ndarray:
    """Padded to a square, the centre kept as well as whole pixels allow."""
    side = max(image.shape)
    pads = [((side - n) // 2, side - n - (side - n) // 2) for n in image.shape]
    return np.pad(image, pads, constant_values=fill)


def unsquare(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Undoes `square`."""
    y, x = ((max(shape) - n) // 2 for n in shape)
    return image[y:y + shape[0], x:x + shape[1]]


def angles() -> np.ndarray:
    """Of the views, degrees."""
    return np.arange(VIEWS) * 180.0 / VIEWS


def attenuation(image: np.ndarray, pixel: float) -> np.ndarray:
    """Per pixel, from HU."""
    return np.clip(filled(image) / 1000 + 1, 0, None) * WATER_PER_MM * pixel


def in_circle(side: int) -> np.ndarray:
    """The round field of measurement."""
    y, x = np.ogrid[:side, :side]
    return (y - side // 2) ** 2 + (x - side // 2) ** 2 <= (side // 2) ** 2


def projections(image: np.ndarray, scene) -> np.ndarray:
    """Line integrals [detector, view] of the image inside the round field; kept for the next step."""
    if "projections" not in scene.memory:
        mu = square(attenuation(image, pixel_mm(scene)), 0.0)
        scene.memory["projections"] = radon(mu * in_circle(len(mu)), theta=angles(), circle=True)
    return scene.memory["projections"]


def ramp_filter(sinogram: np.ndarray) -> np.ndarray:
    """Ram-Lak with a Hann window, along the detector."""
    n = 1 << int(np.ceil(np.log2(2 * len(sinogram))))
    at = np.concatenate([np.arange(1, n // 2 + 1, 2), np.arange(n // 2 - 1, 0, -2)])
    kernel = np.zeros(n)
    kernel[0] = 0.25
    kernel[1::2] = -1 / (np.pi * at) ** 2
    response = 2 * np.real(np.fft.rfft(kernel)) * (0.5 + 0.5 * np.cos(2 * np.pi * np.fft.rfftfreq(n)))
    return np.fft.irfft(np.fft.rfft(sinogram, n, axis=0) * response[:, None], n, axis=0)[:len(sinogram)]


def back_project(sinogram: np.ndarray) -> np.ndarray:
    """Filtered back projection with linear interpolation; the geometry is that of skimage's radon(circle=True)."""
    side = len(sinogram)
    lines = np.pad(ramp_filter(sinogram).T.astype(np.float32), ((0, 0), (1, 2)))
    at = np.arange(side, dtype=np.float32) - side // 2
    image = np.zeros((side, side), dtype=np.float32)
    for line, angle in zip(lines, np.deg2rad(angles()), strict=True):
        place = at[None, :] * np.float32(np.cos(angle)) - at[:, None] * np.float32(np.sin(angle)) + (side // 2 + 1)
        np.clip(place, 0, side + 1, out=place)
        low = place.astype(np.int32)
        place -= low
        image += line[low] * (1 - place) + line[low + 1] * place
    return image * np.float32(np.pi / (2 * VIEWS))


def changed(image: np.ndarray, difference: np.ndarray, scene) -> np.ndarray:
    """The image after a change of its projections, values clipped as scanners do; padding stays."""
    added = unsquare(back_project(difference), image.shape) / (WATER_PER_MM * pixel_mm(scene)) * 1000
    return np.clip(image + added, -1024, HIGHEST_HU)


def noise(image, strength, rng, scene):
    """Noise with the spectrum of filtered back projection: rising with frequency, falling by the window at the end."""
    white = rng.standard_normal(image.shape)
    fy, fx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1])[None, :]
    f = np.minimum(np.hypot(fy, fx), 0.5)
    grain = np.fft.irfft2(np.fft.rfft2(white) * np.sqrt(f) * (0.5 + 0.5 * np.cos(2 * np.pi * f)), s=image.shape)
    return np.maximum(image + strength * grain / grain.std(), -1024)


def ring_image(shape, centre, rng) -> np.ndarray:
    """Channels of the detector that read wrong in every view of a full turn; every ring between half the largest value and 1."""
    reach = int(np.hypot(*shape)) + 2
    radii, turn = np.arange(reach), np.cos(np.linspace(0, np.pi, 2 * reach, endpoint=False))
    profile = np.zeros(reach)
    for radius in rng.uniform(8, 0.45 * min(shape), size=8).astype(int):
        error = np.zeros(2 * reach + 1)
        error[[reach - radius, reach + radius]] = 1
        line = ramp_filter(error[:, None])[:, 0]
        ring = np.interp(np.outer(radii, turn) + reach, np.arange(len(line)), line).mean(axis=1)
        profile += rng.choice([-1, 1]) * rng.uniform(0.5, 1) * ring / np.abs(ring).max()
    y, x = np.ogrid[:shape[0], :shape[1]]
    return np.interp(np.hypot(y - centre[0], x - centre[1]), radii, profile / np.abs(profile).max())


def rings(image, strength, rng, scene, off_mm=0.0):
    """Rings inside the body and outside; a reconstruction about another centre moves theirs."""
    centre = [(n - 1) / 2 for n in image.shape]
    centre[1] += off_mm / pixel_mm(scene)
    return np.maximum(image + strength * ring_image(image.shape, centre, rng), -1024)


def rings_off_centre(image, strength, rng, scene):
    """As rings, when the field was set beside the centre of rotation."""
    return rings(image, strength, rng, scene, off_mm=30.0)


def measured(sinogram: np.ndarray, photons: float, rng) -> np.ndarray:
    """Line integrals as a detector with electronic noise and a floor reads them."""
    counts = rng.poisson(photons * np.exp(-sinogram)) + 5 * rng.standard_normal(sinogram.shape)
    return -np.log(np.maximum(counts, 1.0) / photons)


def two_energies(water: np.ndarray, metal: np.ndarray) -> np.ndarray:
    """Line integrals as a beam of two energies gives them, after the correction for water alone."""
    beam = lambda m: -np.logaddexp(-1.1 * water - 1.8 * m, -0.9 * water - 0.5 * m) + np.log(2)  # noqa: E731
    return beam(metal) - beam(0 * metal) + water


def cylinder(side: int, y: float, x: float, radius: float) -> np.ndarray:
    """Path length, in pixels, through a cylinder at a place from the centre: known without projecting an image; a detector pixel wide."""
    place = side // 2 + x * np.cos(np.deg2rad(angles())) - y * np.sin(np.deg2rad(angles()))
    within = (np.arange(5) - 2) / 5
    away = np.arange(side)[:, None, None] + within - place[:, None]
    return 2 * np.sqrt(np.maximum(radius ** 2 - away ** 2, 0)).mean(axis=-1)


def streaks_metal(image, strength, rng, scene):
    """Two metal cylinders 60 mm apart in the body: beam hardening, noise and clipping along and between them."""
    flawless, pixel = projections(image, scene), pixel_mm(scene)
    tissue = np.argwhere(body_of(image) & (gaussian_filter(filled(image), 4 / pixel) > -50)) - np.array(image.shape) // 2
    tissue = tissue[np.hypot(*tissue.T) <= np.quantile(np.hypot(*tissue.T), 0.5)]
    middle, angle = tissue[rng.integers(len(tissue))], rng.uniform(-0.4, 0.4)
    metal = sum(cylinder(len(flawless), middle[0] + s * np.sin(angle), middle[1] + s * np.cos(angle), strength / 2 / pixel) for s in (-30 / pixel, 30 / pixel))
    hard = two_energies(flawless, metal * (METAL_HU / 1000 + 1) * WATER_PER_MM * pixel)
    # The noise of the flawless image is in the image; only what the metal adds comes on top.
    more = np.sqrt(np.maximum(np.exp(np.minimum(hard, 20)) - np.exp(flawless), 0) / PHOTONS)
    read = np.minimum(hard + np.minimum(more, 1) * rng.standard_normal(hard.shape), np.log(PHOTONS))
    return changed(image, read - np.minimum(flawless, np.log(PHOTONS)), scene)


def streaks_starvation(image, strength, rng, scene):
    """Too few photons: noise and clipping where the path is long, as through shoulders."""
    flawless = projections(image, scene)
    return changed(image, measured(flawless, PHOTONS / 10 ** strength, rng) - flawless, scene)


def motion(image, strength, rng, scene):
    """The body moves once, within 15 views, after 30 to 70 % of them."""
    flawless = projections(image, scene)
    pixels, degrees, turn = strength / pixel_mm(scene), 0.4 * strength, np.deg2rad(angles())
    direction = rng.uniform(0, 2 * np.pi)
    moved = np.empty_like(flawless)
    # A rotation by whole views; the views past the end are the first ones, mirrored.
    views = int(round(degrees * VIEWS / 180))
    both = np.concatenate([flawless, flawless[::-1]], axis=1)
    at = np.arange(len(flawless), dtype=float)
    for view, angle in enumerate(turn):
        by = pixels * (np.cos(direction) * np.cos(angle) - np.sin(direction) * np.sin(angle))
        moved[:, view] = np.interp(at - by, at, both[:, (view + views) % (2 * VIEWS)], left=0, right=0)
    start = rng.uniform(0.3, 0.7) * VIEWS
    weight = np.clip((np.arange(VIEWS) - start) / 15, 0, 1)
    return changed(image, weight * (moved - flawless), scene)


def field_cut(image, strength, rng, scene):
    """A smaller round field about the body's centre; NaN outside the circle."""
    x0, y0, x1, y1 = box_of(body_of(image))
    side = int(max(32, (1 - strength) * max(x1 - x0, y1 - y0)))
    cy, cx = (y0 + y1) // 2, (x0 + x1) // 2
    padded = np.pad(filled(image), side, constant_values=AIR)
    field = padded[cy + side - side // 2:, cx + side - side // 2:][:side, :side].copy()
    field[~in_circle(side)] = np.nan
    return field


def field_cut_one_side(image, strength, rng, scene):
    """Columns off one side, and as many of air added at the other, so that the size stays."""
    from_left = rng.uniform() < 0.5
    seen = filled(image) if from_left else filled(image)[:, ::-1]
    x0, _, x1, _ = box_of(body_of(seen))
    cut = x0 + int(round(strength * (x1 - x0)))
    moved_left = np.concatenate([seen[:, cut:], np.full((len(seen), cut), AIR)], axis=1)
    return moved_left if from_left else moved_left[:, ::-1].copy()


def off_centre(image, strength, rng, scene):
    """The whole image moved inside a field that is 100 mm larger at each side."""
    margin = int(round(100 / pixel_mm(scene)))
    direction = rng.uniform(0, 2 * np.pi)
    by = np.round(strength / pixel_mm(scene) * np.array([np.sin(direction), np.cos(direction)])).astype(int)
    wide = np.full([n + 2 * margin for n in image.shape], AIR)
    wide[margin + by[0]:margin + by[0] + image.shape[0], margin + by[1]:margin + by[1] + image.shape[1]] = filled(image)
    return wide


def hu_offset(image, strength, rng, scene):
    """Wrong calibration or Rescale Intercept."""
    return image + rng.choice([-1, 1]) * strength


def blur(image, strength, rng, scene):
    """A softer kernel."""
    soft = gaussian_filter(filled(image), strength)
    return np.where(np.isnan(image), np.nan, soft)


def moved(image: np.ndarray, by_pixels: np.ndarray) -> np.ndarray:
    """Shifted, air drawn in."""
    return shift(filled(image), by_pixels, order=1, mode="constant", cval=AIR)


def slice_shift(stack, strength, rng, scene):
    """Restless body: single slices of the middle third at places of their own."""
    out, n = stack.copy(), len(stack)
    for z in range(n // 3, 2 * n // 3):
        out[z] = moved(stack[z], rng.uniform(-1, 1, size=2) * strength / pixel_mm(scene))
    return out


def slice_step(stack, strength, rng, scene):
    """The body moved once between two parts of the scan."""
    direction = rng.uniform(0, 2 * np.pi)
    by = strength / pixel_mm(scene) * np.array([np.sin(direction), np.cos(direction)])
    return np.concatenate([stack[:len(stack) // 2], [moved(s, by) for s in stack[len(stack) // 2:]]])


def slices_lost_top(stack, strength, rng, scene):
    """The scan ended early."""
    return stack[:max(3, int(round((1 - strength) * len(stack))))].copy()


def slices_lost_bottom(stack, strength, rng, scene):
    """The scan began late."""
    return stack[len(stack) - max(3, int(round((1 - strength) * len(stack)))):].copy()


def finer_matrix(image, strength, rng, scene):
    """No defect: the same slice on a finer matrix (cubic interpolation)."""
    return np.where(np.isnan(zoom(image, strength, order=0)), np.nan, zoom(filled(image), strength, order=3))


def denoised(image, strength, rng, scene):
    """No defect: non-local means, as iterative or learned reconstruction smooths and keeps edges."""
    soft = np.clip(filled(image), -1024, 1500)
    smooth = denoise_nl_means(soft, patch_size=3, patch_distance=5, h=strength, fast_mode=True)
    return np.where((image > -1024) & (image < 1500), smooth, image)


def turned(image, strength, rng, scene):
    """No defect: the patient lies turned in the field."""
    return np.where(np.isnan(image), np.nan, rotate(filled(image), strength, reshape=False, order=1, mode="constant", cval=-1000.0))
