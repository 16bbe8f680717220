"""Defects of MR, made in k-space of a complex image: the magnitude with a smooth phase of its own.

Exact for Cartesian scans with one echo a shot; parallel imaging and EPI only approximately (half_ghost stands for the latter).
"""

import numpy as np
from ct_physics import box_of
from scipy.ndimage import binary_dilation, gaussian_filter, label, rotate
from skimage.filters import threshold_otsu

SEGMENTS = 8


def body_of(image: np.ndarray) -> np.ndarray:
    """Where the smoothed signal is above half of Otsu's threshold; the largest connected part."""
    soft = gaussian_filter(image, max(1.0, min(image.shape) / 128))
    if soft.max() <= soft.min():
        return np.zeros(image.shape, dtype=bool)
    parts, n = label(soft > 0.5 * threshold_otsu(soft))
    return parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:])) if n else np.zeros(image.shape, dtype=bool)


def signal(image: np.ndarray) -> float:
    """Mean of the body."""
    body = body_of(image)
    return float(image[body].mean()) if body.any() else float(image.mean())


def complex_image(image: np.ndarray, rng) -> np.ndarray:
    """With a phase as field inhomogeneity and the coil give it: a polynomial of second order, within about two turns."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in image.shape), indexing="ij")
    c = rng.uniform(-1.5, 1.5, size=5)
    return image * np.exp(1j * (c[0] * x + c[1] * y + c[2] * x * y + c[3] * x * x + c[4] * y * y))


def to_k(image: np.ndarray) -> np.ndarray:
    """k-space with the centre in the middle."""
    return np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(image)))


def to_image(k: np.ndarray) -> np.ndarray:
    """The complex image."""
    return np.fft.fftshift(np.fft.ifft2(np.fft.ifftshift(k)))


def frequencies(shape) -> tuple[np.ndarray, np.ndarray]:
    """Cycles a pixel along rows and columns."""
    return tuple(np.meshgrid(*(np.fft.fftshift(np.fft.fftfreq(n)) for n in shape), indexing="ij"))


def lines(scene, index: np.ndarray | slice) -> tuple:
    """An index of phase-encode lines of k-space."""
    return (index, slice(None)) if scene.phase_axis == 0 else (slice(None), index)


def pixels(mm: float, scene) -> float:
    """Along the mean spacing."""
    return mm / float(np.mean(scene.spacing_mm))


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """A complex image turned about its centre."""
    turn = lambda part: rotate(part, degrees, reshape=False, order=1, mode="constant")  # noqa: E731
    return turn(image.real) + 1j * turn(image.imag)


def motion(image, strength, rng, scene):
    """Every segment of k-space but that of the centre sees the body at another place. Segments are blocks of lines."""
    whole = complex_image(image, rng)
    k, n = to_k(whole), image.shape[scene.phase_axis]
    ky, kx = frequencies(image.shape)
    for part in np.array_split(np.arange(n), SEGMENTS + 1):
        way, angle = rng.uniform(-1, 1, size=2), rng.uniform(-1, 1)
        if part[0] <= n // 2 <= part[-1]:
            continue
        at, by = lines(scene, part), way * pixels(strength, scene)
        other = to_k(turned(whole, 0.5 * strength * angle))
        k[at] = (other * np.exp(-2j * np.pi * (ky * by[0] + kx * by[1])))[at]
    return np.abs(to_image(k))


def air_masked(image: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Air set to zero, as some makers do: what is outside the body before the defect."""
    return np.where(binary_dilation(body_of(before), iterations=3), image, 0.0)


def motion_air_masked(image, strength, rng, scene):
    """No trace is left in the air."""
    return air_masked(motion(image, strength, rng, scene), image)


def breathing_ghost(image, strength, rng, scene):
    """One half of the body (weight rising from the middle) moves along phase encoding, six cycles over k-space."""
    n = image.shape[scene.phase_axis]
    weight = np.clip(np.linspace(1.5, -0.5, n), 0, 1)
    weight = weight[:, None] if scene.phase_axis == 0 else weight[None, :]
    whole = complex_image(image, rng)
    k = frequencies(image.shape)[scene.phase_axis]
    order = np.arange(n)
    by = pixels(strength, scene) * np.sin(2 * np.pi * 6.3 * order / n + rng.uniform(0, 2 * np.pi))
    by = by[:, None] if scene.phase_axis == 0 else by[None, :]
    return np.abs(to_image(to_k(whole * (1 - weight)) + to_k(whole * weight) * np.exp(-2j * np.pi * k * by)))


def half_ghost(image, strength, rng, scene):
    """Even and odd lines differ in phase, as in EPI: the ghost has sin(phase / 2) of the signal."""
    k = to_k(complex_image(image, rng))
    half = np.arcsin(min(strength, 0.99))
    k[lines(scene, slice(0, None, 2))] *= np.exp(1j * half)
    k[lines(scene, slice(1, None, 2))] *= np.exp(-1j * half)
    return np.abs(to_image(k))


def wrap(image, strength, rng, scene):
    """A field along phase encoding that is smaller than the body: both ends come in at the opposite side."""
    axis = scene.phase_axis
    x0, y0, x1, y1 = box_of(body_of(image))
    low, high = ((y0, y1), (x0, x1))[axis]
    length = max(16, int(round((1 - strength) * (high - low))))
    start = (low + high - length) // 2
    whole = np.moveaxis(complex_image(image, rng), axis, 0)
    folded = np.zeros((length, *whole.shape[1:]), dtype=complex)
    np.add.at(folded, (np.arange(len(whole)) - start) % length, whole)
    return np.abs(np.moveaxis(folded, 0, axis))


def spikes(image, strength, rng, scene):
    """Three points of k-space, in its outer part, that read far too much."""
    k = to_k(complex_image(image, rng))
    largest = np.abs(k).max()
    for _ in range(3):
        at = [int(round(n * (0.5 + rng.choice([-1, 1]) * rng.uniform(0.06, 0.35)))) for n in image.shape]
        k[at[0], at[1]] += strength * largest * np.exp(2j * np.pi * rng.uniform())
    return np.abs(to_image(k))


def zipper(image, strength, rng, scene):
    """Radio interference of one frequency: a line along phase encoding with a random phase at each echo."""
    whole = np.moveaxis(complex_image(image, rng), scene.phase_axis, 0)
    place = int(round(whole.shape[1] * rng.choice([rng.uniform(0.12, 0.3), rng.uniform(0.7, 0.88)])))
    echo = rng.standard_normal(len(whole)) + 1j * rng.standard_normal(len(whole))
    for beside, share in ((-1, 0.35), (0, 1.0), (1, 0.35)):
        whole[:, place + beside] += share * strength * signal(image) * echo / np.abs(echo).mean()
    return np.abs(np.moveaxis(whole, 0, scene.phase_axis))


def noise(image, strength, rng, scene):
    """Gaussian in both channels."""
    sd = strength * signal(image)
    return np.hypot(image + sd * rng.standard_normal(image.shape), sd * rng.standard_normal(image.shape))


def noise_air_masked(image, strength, rng, scene):
    """No noise is left in the air."""
    return air_masked(noise(image, strength, rng, scene), image)


def bias_field(image, strength, rng, scene):
    """A smooth gain, as of a coil at one side."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in image.shape), indexing="ij")
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y + 0.3 * rng.uniform(-1, 1) * (x * x - y * y)
    body = body_of(image)
    inside = along[body] if body.any() else along
    along = (along - inside.min()) / max(float(np.ptp(inside)), 1e-9)
    return image * np.exp(np.log(strength) * (np.clip(along, -0.5, 1.5) - 0.5))


def blur(image, strength, rng, scene):
    """Less resolution."""
    return gaussian_filter(image, strength)


def zero_filled(image, strength, rng, scene):
    """No defect: the matrix interpolated by zeros around k-space, as most scanners offer."""
    k, shape = to_k(image), tuple(int(round(strength * n)) for n in image.shape)
    wide = np.zeros(shape, dtype=complex)
    y, x = ((m - n) // 2 for m, n in zip(shape, image.shape, strict=True))
    wide[y:y + image.shape[0], x:x + image.shape[1]] = k
    return np.abs(to_image(wide)) * (wide.size / image.size)


def filtered(image, strength, rng, scene):
    """No defect: a Hann window over k-space, blended in, against ringing at edges."""
    ky, kx = frequencies(image.shape)
    window = np.cos(np.pi * np.clip(np.hypot(ky, kx), 0, 0.5)) ** 2
    return np.abs(to_image(to_k(image) * (1 - strength + strength * window)))


def air_set_to_zero(image, strength, rng, scene):
    """No defect: what lies more than `strength` pixels outside the body is masked, as some makers do."""
    return np.where(binary_dilation(body_of(image), iterations=int(strength)), image, 0.0)


def field_cut(image, strength, rng, scene):
    """A smaller field that cuts the body at one side along frequency encoding, where nothing wraps."""
    across = np.moveaxis(image, 1 - scene.phase_axis, 0)
    x0, y0, x1, y1 = box_of(body_of(image))
    low, high = ((y0, y1), (x0, x1))[1 - scene.phase_axis]
    cut = low + int(round(strength * (high - low)))
    kept = across[cut:] if rng.uniform() < 0.5 else across[:high + low - cut]
    return np.moveaxis(kept, 0, 1 - scene.phase_axis).copy()


def off_centre(image, strength, rng, scene):
    """Moved inside a field half as large again; the new air is drawn from the image's own."""
    air = image[~binary_dilation(body_of(image), iterations=5)]
    shape = tuple(int(1.5 * n) for n in image.shape)
    wide = rng.choice(air, size=shape) if air.size > 50 else np.zeros(shape)
    direction = rng.uniform(0, 2 * np.pi)
    free = [m - n for m, n in zip(shape, image.shape, strict=True)]
    # Measured in the new field; never past its border.
    at = [int(np.clip(f / 2 + strength * m * w, 0, f)) for f, m, w in zip(free, shape, (np.sin(direction), np.cos(direction)), strict=True)]
    wide[at[0]:at[0] + image.shape[0], at[1]:at[1] + image.shape[1]] = image
    return wide


def slice_intensity(stack, strength, rng, scene):
    """Cross-talk or saturation between interleaved packages."""
    out, n = stack.copy(), len(stack)
    out[n // 4:n - n // 4:2] *= strength
    return out


def slice_dropped(stack, strength, rng, scene):
    """One slice lost its signal, and not its noise."""
    out = stack.copy()
    z = int(round(rng.uniform(0.35, 0.65) * (len(stack) - 1)))
    sd = 0.02 * signal(stack[z])
    out[z] = np.hypot(strength * stack[z] + sd * rng.standard_normal(stack[z].shape), sd * rng.standard_normal(stack[z].shape))
    return out
