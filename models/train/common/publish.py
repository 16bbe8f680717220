"""Writes a trained model where hrgate looks: the ONNX file, its entry in manifest.toml, its card."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from .data import ROOT

MODELS = ROOT / "models"
LICENCES = {
    "nih": "free use with attribution (NIH Clinical Center)",
    "kermany": "CC BY 4.0",
    "hannover": "CC BY 3.0",
    "fracatlas": "CC BY 4.0",
    "ddh_jordan": "CC BY 4.0",
    "cesm_dm": "CC BY 4.0",
    "grazpedwri_boxes": "CC BY 4.0",
    "lumbar": "CC BY 4.0",
    "cheng_t1c": "CC BY 4.0",
    "tcga_lung_ct": "CC BY 3.0",
    "efficientnet_lite0": "Apache-2.0",
}


def ramp(shape: tuple[int, ...]) -> np.ndarray:
    """The input of `hrgate models verify`: (k mod 251) / 250, row-major."""
    return ((np.arange(np.prod(shape)) % 251) / 250).astype(np.float32).reshape(shape)


def export(net: torch.nn.Module, name: str, inputs: dict[str, tuple], outputs: dict[str, tuple], sizes: dict[str, int], folder: Path = MODELS) -> Path:
    """Writes NAME.onnx. Shapes are of numbers and of names that `sizes` gives a number for."""
    path = folder / f"{name}.onnx"
    full = {n: tuple(sizes.get(d, d) for d in shape) for n, shape in inputs.items()}
    axes = {n: {i: d for i, d in enumerate(shape) if isinstance(d, str)} for n, shape in {**inputs, **outputs}.items()}
    torch.onnx.export(net.eval(), tuple(torch.from_numpy(ramp(s)) for s in full.values()), str(path), dynamo=False, opset_version=17,
                      input_names=list(inputs), output_names=list(outputs), dynamic_axes={n: a for n, a in axes.items() if a})
    return path


def golden(path: Path, inputs: dict[str, tuple], sizes: dict[str, int], at: dict[str, list[int]]) -> list[dict]:
    """Values of a run over ramps."""
    session = onnxruntime.InferenceSession(str(path))
    feeds = {n: ramp(tuple(sizes.get(d, d) for d in shape)) for n, shape in inputs.items()}
    got = dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds)))
    return [{"output": n, "at": k, "value": round(float(got[n].ravel()[k]), 5), "tolerance": 0.001} for n, all_at in at.items() for k in all_at]


def toml_value(value) -> str:
    """A TOML value of a number, text or list."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def table(name: str, entry: dict) -> str:
    """A TOML table; lists of tables come after its own keys."""
    lines = [f"[[{name}]]"]
    lines += [f"{k} = {toml_value(v)}" for k, v in entry.items() if not isinstance(v, dict) and not (isinstance(v, list) and v and isinstance(v[0], dict))]
    for key, value in entry.items():
        if isinstance(value, dict):
            lines += ["", f"[{name}.{key}]"] + [f"{k} = {toml_value(v)}" for k, v in value.items()]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                lines += ["", f"[[{name}.{key}]]"] + [f"{k} = {toml_value(v)}" for k, v in one.items()]
    return "\n".join(lines) + "\n"


def enter(entry: dict) -> None:
    """Puts the entry of a model into manifest.toml, in place of the one it had; hash and size are taken from the file."""
    data = (MODELS / entry["file"]).read_bytes()
    entry = {**entry}
    keys = list(entry)
    at = keys.index("file") + 1
    entry = {k: entry[k] for k in keys[:at]} | {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} | {k: entry[k] for k in keys[at:]}
    path = MODELS / "manifest.toml"
    head, *blocks = path.read_text(encoding="utf-8").split("\n[[model]]\n")
    blocks = ["\n[[model]]\n" + b for b in blocks if f'name = "{entry["name"]}"' not in b.split("\n\n")[0]]
    blocks.append("\n" + table("model", entry))
    blocks.sort(key=lambda b: b.split('name = "')[1])
    path.write_text(head.rstrip("\n") + "\n" + "".join(b.rstrip("\n") + "\n" for b in blocks), encoding="utf-8")


def training(counts: dict[str, int]) -> list[dict]:
    """The sources with their licences and numbers of images."""
    return [{"source": s, "licence": LICENCES[s], "images": n} for s, n in counts.items()]


def wilson(hits: int, n: int) -> list[float]:
    """95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return [0.0, 1.0]
    z, p = 1.959964, hits / n
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return [round(float(middle - half), 4), round(float(middle + half), 4)]
