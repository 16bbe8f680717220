#!/usr/bin/env python3
"""Reference values of the textbook measures on real slices, for tests/data/measure_reference.json.

    python3 -m venv .venv-accuracy
    .venv-accuracy/bin/pip install -r scripts/accuracy-requirements.txt
    .venv-accuracy/bin/pip install --no-deps mriqc==24.0.2
    .venv-accuracy/bin/python scripts/reference_measures.py SHARED_DATA [OUTPUT]

EFC, FBER, SNR, SNRd, CJV and CNR are computed by the functions of `mriqc.qc.anatomical` (MRIQC, Apache-2.0), imported
from the pinned release and called with more decimals than their default of 4. Its one import from inside MRIQC
(`mriqc.config`, used for a warning only) is replaced by a stub, as it would bring the whole workflow engine.

Values are modality values: stored value * Rescale Slope + Rescale Intercept in float64, padding not removed. Masks are
given, not found: what is judged is the formula. Each follows from the numbers in the JSON:

    body   value > `body_above`; nothing is filled or removed
    air    not body, without the outermost `border` rows and columns
    gm,wm  low <= value <= high, inside `rectangle` (x0, y0, x1, y1; columns then rows, half-open)

Values, with n = number of pixels, SD = population standard deviation (divisor n), MAD = median |x - median x| / 0.67448975:

    efc             sum(x/b ln((x + 1e-16)/b)) / (sqrt(n) ln(1/sqrt(n))), b = sqrt(sum x^2), over all pixels; natural
                    logarithm; null where a pixel is negative (the logarithm is not defined)
    fber            median(x^2 in body) / median(x^2 in air); -1 where the latter is below 0.001
    snr_REGION      mean / (SD sqrt(n/(n - 1))) of body, gm or wm
    snrd_REGION     0.6551364 mean of the region / MAD of air; over SD of air where the MAD is at most 1, -1 where that
                    is at most 0.001
    cnr             |mean wm - mean gm| / sqrt(SD air^2 + SD wm^2 + SD gm^2)
    cjv             (SD wm + SD gm) / |mean wm - mean gm|

    The next ones use the pixels that have all eight neighbours, so that no border rule enters. Sobel kernel
    [-1 0 1; -2 0 2; -1 0 1] and its transpose, not divided; g^2 = gx^2 + gy^2. Of the forms with `_body`, the mean or sum
    runs over those of these pixels that lie in body; the neighbours are the image's own, inside body or not.
    tenengrad, tenengrad_body                       mean of g^2
    laplacian_variance, laplacian_variance_body     population variance of the 4-neighbour Laplacian [0 1 0; 1 -4 1; 0 1 0]
    gradient_entropy, gradient_entropy_body         -sum h ln h, h = g / sum g (McGee 2000, of the Sobel magnitude), nats
    normalized_gradient_squared                     sum h^2 with the same h
    gradient_entropy_x, gradient_entropy_y          as published: h = |difference to the next pixel| / sum, along x (columns)
                                                    or y (rows), over all (width - 1) * height or width * (height - 1) pairs
    aes_sobel       sqrt(sum(E p^2)) / sum E, p^2 = px^2 + py^2 with the Prewitt kernel [-1 0 1; -1 0 1; -1 0 1], over pixels
                    with eight neighbours; E = 1 where the Sobel magnitude is at least `edge_at_least` (Pannetier 2016)
    aes_canny       the same with E by skimage.feature.canny(sigma=1, low_threshold=0.5 `canny_high`, high_threshold=
                    `canny_high`, mode="nearest"); the edge pixels on the image border are left out. `canny_edges` is sum E.
                    For comparison within some percent only: Canny's inner choices differ between programs
"""

import json
import sys
import types
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pydicom
from scipy.ndimage import convolve, sobel
from scipy.stats import median_abs_deviation
from skimage.feature import canny
from skimage.filters import threshold_otsu

VERSION = 1
DIGITS = 10
BORDER = 2
PACKAGES = ("mriqc", "numpy", "scipy", "scikit-image", "pydicom")
CT_BODY_ABOVE = -300.0
BODY_CT = {"gm": [-120.0, -50.0], "wm": [20.0, 80.0]}  # Fat and soft tissue.
HEAD_CT = {"gm": [10.0, 34.0], "wm": [36.0, 70.0]}
SLICES = {
    "mr/sag_anon/0087.dcm": None,
    "mr/sag_anon/0091.dcm": None,
    "mr/sag_anon/0096.dcm": None,
    "studies/mapconcierge_spine/mr_hitachi/sag_t1/D0000017": None,
    "studies/mapconcierge_spine/mr_toshiba/ax_t2_discs/MR000045": None,
    "studies/fnndsc_adi_brain/brain/ax_t2_fse/36444434": None,
    "studies/fnndsc_adi_brain/brain/sag_mprage/36749446": None,
    "studies/dcm_qa_uih/dti_132225/t1_gre_fsp_3d_sag/00000081.dcm": None,
    "studies/dcm_qa_canon/galan/dti_ortho/0261.dcm": None,
    "studies/dcm_qa_stc/ge/fmri/axial_epi_fmri_sequential_i_to_s-00023.dcm": None,
    "studies/dcm_qa_ct/ge_head/two_spacings_tilt/15.dcm": HEAD_CT,
    "studies/fuzun45_ct/chest/overlapping/1-050.dcm": BODY_CT,
    "studies/saltyjoke_ct/A098752/axial_prior_current/19010127-128.dcm": BODY_CT,
    "studies/dicom_numpy/lymphoma/dupe_positions/CT24.dcm": BODY_CT,
}


def anatomical() -> types.ModuleType:
    """MRIQC's module of measures, without the workflow engine that `mriqc.config` brings."""
    stub = types.ModuleType("mriqc.config")
    quiet = types.SimpleNamespace(warning=lambda *_: None)
    stub.loggers = types.SimpleNamespace(interface=quiet)
    sys.modules["mriqc.config"] = stub
    import mriqc

    mriqc.config = stub
    from mriqc.qc import anatomical as module

    return module


def values_of(path: Path) -> tuple[np.ndarray, pydicom.Dataset]:
    """Modality values of a single-frame file."""
    data = pydicom.dcmread(path)
    slope, intercept = float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
    return data.pixel_array.astype(np.float64) * slope + intercept, data


def rules_of(image: np.ndarray, bands: dict | None) -> dict:
    """The numbers from which all masks follow."""
    body_above = CT_BODY_ABOVE if bands else float(round(0.5 * threshold_otsu(image)))
    rows, columns = np.nonzero(image > body_above)
    (y0, y1), (x0, x1) = np.percentile(rows, [20, 80]).astype(int), np.percentile(columns, [20, 80]).astype(int)
    inside = image[y0:y1, x0:x1]
    if bands is None:
        low, middle, next_, high = (float(round(v)) for v in np.percentile(inside[inside > body_above], [25, 45, 55, 80]))
        bands = {"gm": [low, middle], "wm": [max(next_, middle + 1), high]}
    strength = np.sqrt(squared_gradient(image))
    strong = float(round(np.percentile(strength, 95)))
    # Canny's own gradient is that of a smoothed image, with the Sobel kernel divided by 4.
    return {"body_above": body_above, "border": BORDER, "rectangle": [int(v) for v in (x0, y0, x1, y1)], **bands,
            "edge_at_least": strong, "canny_high": float(round(strong / 8))}


def masks_of(image: np.ndarray, rules: dict) -> dict[str, np.ndarray]:
    """body, air, gm and wm, and the ring that air leaves out."""
    ring = np.ones(image.shape, dtype=bool)
    ring[rules["border"]:-rules["border"], rules["border"]:-rules["border"]] = False
    body = image > rules["body_above"]
    x0, y0, x1, y1 = rules["rectangle"]
    inside = np.zeros(image.shape, dtype=bool)
    inside[y0:y1, x0:x1] = True
    bands = {k: inside & (image >= rules[k][0]) & (image <= rules[k][1]) for k in ("gm", "wm")}
    return {"body": body, "air": ~body & ~ring, "ring": ring, **bands}


def by_mriqc(module: types.ModuleType, image: np.ndarray, masks: dict[str, np.ndarray]) -> dict:
    """The measures that MRIQC has."""
    of = {k: image[masks[k]] for k in ("body", "air", "gm", "wm")}
    mean = {k: float(v.mean()) for k, v in of.items()}
    sd = {k: float(v.std()) for k, v in of.items()}
    # What statsmodels.robust.scale.mad(x, center=median) is, which MRIQC calls.
    mad = float(median_abs_deviation(of["air"], scale="normal"))
    out = {"efc": module.efc(image, decimals=15) if image.min() >= 0 else None,
           "fber": module.fber(image, masks["body"].astype(np.uint8), masks["ring"].astype(np.uint8), decimals=15)}
    for k in ("body", "gm", "wm"):
        out[f"snr_{k}"] = module.snr(mean[k], sd[k], of[k].size)
        out[f"snrd_{k}"] = module.snr_dietrich(mean[k], mad, sd["air"])
    out["cnr"] = module.cnr(mean["wm"], mean["gm"], sd["air"], sd["wm"], sd["gm"])
    out["cjv"] = module.cjv(mean["wm"], mean["gm"], sd["wm"], sd["gm"])
    return out | {"mad_air": mad, "sd_air": sd["air"], "mean_body": mean["body"]}


def inner(image: np.ndarray) -> np.ndarray:
    """Without the outermost rows and columns."""
    return image[1:-1, 1:-1]


def squared_gradient(image: np.ndarray) -> np.ndarray:
    """Squared Sobel magnitude of pixels with eight neighbours."""
    return inner(sobel(image, axis=0) ** 2 + sobel(image, axis=1) ** 2)


def entropy(parts: np.ndarray) -> float:
    """Of the shares of a sum, in nats; 0 ln 0 = 0."""
    share = parts[parts > 0] / parts.sum()
    return float(-(share * np.log(share)).sum())


def by_gradients(image: np.ndarray, body: np.ndarray, rules: dict) -> dict:
    """Measures of sharpness and motion."""
    squared, inside = squared_gradient(image), inner(body)
    strength = np.sqrt(squared)
    laplacian = inner(convolve(image, np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])))
    prewitt = np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    power = inner(convolve(image, prewitt) ** 2 + convolve(image, prewitt.T) ** 2)
    high = rules["canny_high"]
    by_canny = inner(canny(image, sigma=1, low_threshold=0.5 * high, high_threshold=high, mode="nearest"))

    def aes(edges: np.ndarray) -> float | None:
        return float(np.sqrt(power[edges].sum()) / edges.sum()) if edges.any() else None

    return {
        "tenengrad": float(squared.mean()), "tenengrad_body": float(squared[inside].mean()),
        "laplacian_variance": float(laplacian.var()), "laplacian_variance_body": float(laplacian[inside].var()),
        "gradient_entropy": entropy(strength), "gradient_entropy_body": entropy(strength[inside]),
        "normalized_gradient_squared": float(((strength / strength.sum()) ** 2).sum()),
        "gradient_entropy_x": entropy(np.abs(np.diff(image, axis=1))),
        "gradient_entropy_y": entropy(np.abs(np.diff(image, axis=0))),
        "aes_sobel": aes(strength >= rules["edge_at_least"]), "aes_canny": aes(by_canny), "canny_edges": int(by_canny.sum()),
    }


def slice_of(module: types.ModuleType, data: Path, path: str, bands: dict | None) -> dict:
    """All that the JSON holds about one slice."""
    image, header = values_of(data / path)
    rules = rules_of(image, bands)
    masks = masks_of(image, rules)
    values = by_mriqc(module, image, masks) | by_gradients(image, masks["body"], rules)
    return {
        "path": path, "modality": header.Modality, "maker": str(header.get("Manufacturer", "")),
        "transfer_syntax": str(header.file_meta.TransferSyntaxUID), "rows": image.shape[0], "columns": image.shape[1],
        "sum": float(image.sum()), "rules": rules, "pixels": {k: int(masks[k].sum()) for k in ("body", "air", "gm", "wm")},
        "values": {k: v if v is None or isinstance(v, int) else float(f"{v:.{DIGITS}g}") for k, v in values.items()},
    }


def main() -> int:
    """Writes the JSON."""
    data = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent / "tests/data/measure_reference.json"
    module = anatomical()
    formulas = __doc__.split("Values are modality values:", 1)[1]
    whole = {
        "made_by": f"scripts/reference_measures.py, version {VERSION}",
        "packages": {p: version(p) for p in PACKAGES},
        "formulas": ["Values are modality values:" + formulas.splitlines()[0], *[s for s in formulas.splitlines()[1:] if s]],
        "slices": [slice_of(module, data, path, bands) for path, bands in SLICES.items()],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    print(f"{len(whole['slices'])} slices: {out.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
