"""The real images of the shared data with what a reader saw on them (artifacts.csv there; more_ct.csv here holds more frames of its CT,
read the same way, without a look at any measure of them).

    clean        worst grade 0 or 1
    hit          grade 2 or 3, confidence sure or likely, by defect
    neither      anything else ("unsure"): not scored

A group is what may hold the same patient: the patient where one is named, else the series, else (JPEG without any id) the image.
"""

import csv
import gzip
import re
import shutil
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pydicom
import write_dicom
from PIL import Image

MORE_CT = Path(__file__).with_name("more_ct.csv")
# Rows of ct/slices.npz that hold the same image as an earlier one.
DOUBLES = {"ct/slices.npz#21", "ct/slices.npz#45", "ct/slices.npz#50", "studies/transfer_syntaxes/rle/D_CLUNIE_CT1_RLE_FRAGS.dcm"}
# Not images of one plane of a patient, or broken on purpose.
LEFT_OUT = re.compile(r"mosaic|defective pixel stream|cut-out of 64x64")
# Such rows came from looking at the values, so a measure of the same values would judge itself.
BY_VALUE = re.compile(r"by value|filled with a value")
NOT_ANATOMY = re.compile(r"phantom|scout|unknown")
MAPS = re.compile(r"\bmap\b", re.IGNORECASE)
# Not to be degraded: without modality values, of fixtures that mix, cut out of larger scans, no plain image of a plane.
NO_BASE = re.compile(r"\.jpg$|transfer_syntaxes|malformed|totalseg_|_fmap|fieldmap|locali[sz]er|locator|scout|ct/volumes")
NIFTI_TYPES = {2: "<u1", 4: "<i2", 8: "<i4", 512: "<u2"}
# Series whose slices make a stack: folders of the shared data, copied as they are.
SERIES = [
    "mr/sag_anon", "studies/flothesof_knee/knee/sag_pd_fs", "studies/flothesof_knee/knee/sag_t1", "studies/fnndsc_adi_brain/brain/ax_t2_fse",
    "studies/fnndsc_adi_brain/brain/sag_mprage", "studies/dcm_qa_uih/dti_132225/t1_gre_fsp_3d_sag", "studies/mapconcierge_spine/mr_hitachi/sag_t1",
    "studies/mapconcierge_spine/mr_hitachi/sag_t2", "studies/mapconcierge_spine/mr_hitachi/sag_stir", "studies/mapconcierge_spine/mr_toshiba/ax_t2_discs",
    "studies/dcm_qa_xa30/xa30/bold", "studies/dcm_qa_xa30/xa30/dwi", "studies/dcm_qa_xa30/xa30/tracew", "studies/dcm_qa_canon/galan/dti_ortho",
    "studies/dcm_qa_stc/ge/fmri", "studies/dcm_qa_ct/ge_head/two_spacings_tilt", "studies/fuzun45_ct/chest/overlapping",
    "studies/totalsegmentator_ct/empty_uids/body", "studies/dicom_numpy/lymphoma/dupe_positions",
]
BODY_PART = {"CT": {"BodyPartExamined": "CHEST"}, "MR": {"BodyPartExamined": "BRAIN"}}
CT_VOLUMES = ["lidc_0001_enhanced", "lidc_0314_plain", "lungfcp_plain"]


@dataclass
class Real:
    """One frame and what was seen on it."""

    path: str
    frame: int
    modality: str
    anatomy: str
    group: str
    grades: dict[str, int] = field(default_factory=dict)
    unsure: bool = False
    by_value: set[str] = field(default_factory=set)
    notes: str = ""

    @property
    def clean(self) -> bool:
        """No defect that would matter."""
        return bool(self.grades) and max(self.grades.values()) <= 1 and not self.unsure

    @property
    def hits(self) -> set[str]:
        """Defects that matter."""
        return {d for d, g in self.grades.items() if g >= 2}

    @property
    def kind(self) -> str:
        """anatomy, phantom or map."""
        if MAPS.search(self.notes) or "relcbf" in self.path or "/adc/" in self.path or "fieldmap_phase" in self.path:
            return "map"
        return "phantom" if NOT_ANATOMY.search(self.anatomy) or "phantom" in self.notes else "anatomy"

    @property
    def source(self) -> str:
        """The collection."""
        return "studies" if self.path.startswith("studies/") else "/".join(self.path.partition("#")[0].split("/")[:2])

    @property
    def cut_out(self) -> bool:
        """Cut out of a larger scan by the publisher: says nothing of fields and centring."""
        return "totalseg_" in self.path

    @property
    def place(self) -> str:
        """Path of the file that stands for it in the folder that is measured."""
        return self.path if is_dicom(self.path) else re.sub(r"[#=.]", "_", self.path) + "/0001.dcm"


def is_dicom(path: str) -> bool:
    """Files that are copied as they are."""
    return not path.startswith(("ct/slices", "ct/volumes", "mr/lumbar", "mr/cheng", "mr/open_ms"))


def rows(path: Path) -> list[dict]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def readings(data: Path) -> list[dict]:
    """What was seen on each frame, a row a defect."""
    return rows(data / "artifacts.csv") + rows(MORE_CT)


def group_of(path: str, patients: dict[str, str]) -> str:
    """Images of one group may show one patient."""
    if path.startswith("ct/slices.npz#"):
        return patients[path.split("#")[1]]
    if path.startswith("mr/open_ms/"):
        return path.split("_study")[0]
    if path.startswith(("mr/lumbar", "mr/cheng")):
        return path
    if path.startswith("studies/"):
        # One study is one patient, but folders of fixtures mix.
        depth = 2 if re.match(r"studies/(transfer_syntaxes|malformed)", path) else -1
        return path if depth == 2 else "/".join(path.split("/")[:3])
    return path.split("#")[0].rsplit("/", 1)[0] if path.endswith(".dcm") else path.split("#")[0]


def real_images(data: Path) -> list[Real]:
    """All frames that were read, one entry each."""
    patients = {r["row"]: r["patient"] for r in rows(data / "ct/slices.csv")}
    out: dict[tuple[str, int], Real] = {}
    for r in readings(data):
        path, frame = r["path"], int(r["frame"])
        if path in DOUBLES or LEFT_OUT.search(r["note"]):
            continue
        real = out.setdefault((path, frame), Real(path, frame, r["modality"], r["anatomy"], group_of(path, patients)))
        grade = int(r["grade"])
        real.notes += f"{r['note']} "
        real.unsure |= r["confidence"] == "unsure" and (grade >= 2 or r["defect"] == "none")
        if r["confidence"] != "unsure" or grade < 2:
            real.grades[r["defect"]] = max(grade, real.grades.get(r["defect"], 0))
        if BY_VALUE.search(r["note"]):
            real.by_value.add(r["defect"])
    broken = {(path, frame) for (path, frame) in out if any(LEFT_OUT.search(r["note"]) for r in rows_of(data, path))}
    return [real for key, real in out.items() if key not in broken]


@lru_cache(maxsize=4)
def by_path(data: Path) -> dict[str, list[dict]]:
    """Readings by file."""
    out: dict[str, list[dict]] = {}
    for r in readings(data):
        out.setdefault(r["path"], []).append(r)
    return out


def rows_of(data: Path, path: str) -> list[dict]:
    """Rows of one file."""
    return by_path(data).get(path, [])


@lru_cache(maxsize=4)
def nifti(path: Path) -> tuple[np.ndarray, tuple[float, float, float]]:
    """Volume as [slice, row, column] and its spacing (slice, row, column)."""
    raw = gzip.decompress(path.read_bytes())
    shape, kind = struct.unpack("<8h", raw[40:56])[1:4], struct.unpack("<h", raw[70:72])[0]
    spacing = struct.unpack("<8f", raw[76:108])[1:4]
    slope, intercept = struct.unpack("<2f", raw[112:120])
    offset = int(struct.unpack("<f", raw[108:112])[0])
    volume = np.frombuffer(raw, NIFTI_TYPES[kind], count=int(np.prod(shape)), offset=offset).reshape(shape, order="F")
    return volume.transpose(2, 1, 0).astype(np.float64) * (slope or 1) + intercept, (spacing[2], spacing[1], spacing[0])


@lru_cache(maxsize=1)
def ct_slices(path: Path) -> np.ndarray:
    """The array of ct/slices.npz."""
    return np.load(path)["hu"]


@lru_cache(maxsize=1)
def ct_rows(path: Path) -> dict[str, dict]:
    """Rows of ct/slices.csv by number."""
    return {r["row"]: r for r in rows(path)}


def pixels(data: Path, path: str) -> tuple[np.ndarray, tuple[float, float], int | None]:
    """Modality values, spacing (row, column; 1 where nobody knows) and the axis of phase encoding, of one image. Raises for what pydicom
    alone cannot decode."""
    file, _, part = path.partition("#")
    if file == "ct/slices.npz":
        spacing = float(ct_rows(data / "ct/slices.csv")[part]["pixel_spacing_mm"])
        return ct_slices(data / file)[int(part)].astype(np.float64), (spacing, spacing), None
    if part.startswith("z="):
        volume, spacing = nifti(data / file)
        return volume[int(part[2:])], spacing[1:], None
    if file.endswith(".jpg"):
        return np.asarray(Image.open(data / file).convert("L"), dtype=np.float64), (1.0, 1.0), None
    header = pydicom.dcmread(data / file)
    values = header.pixel_array.astype(np.float64) * float(header.get("RescaleSlope", 1)) + float(header.get("RescaleIntercept", 0))
    padding = header.get("PixelPaddingValue")
    if padding is not None and header.Modality == "CT":
        values[header.pixel_array == np.array(padding).astype(header.pixel_array.dtype)] = np.nan
    axis = {"ROW": 1, "COL": 0}.get(header.get("InPlanePhaseEncodingDirection", ""))
    return values, tuple(float(v) for v in header.get("PixelSpacing", (1, 1))), axis


def write_real(data: Path, real: Real, root: Path) -> None:
    """The frame as the product shall read it: a DICOM file as it is, anything else in a DICOM file of its own."""
    at = root / real.place
    if at.exists():
        return
    at.parent.mkdir(parents=True, exist_ok=True)
    if is_dicom(real.path):
        shutil.copyfile(data / real.path, at)
        return
    image, spacing, axis = pixels(data, real.path)
    write_dicom.write(at.parent, [image], real.modality, spacing, key=real.place, phase_axis=axis, first=write_dicom.SAMPLED_NUMBER)


def write_series(data: Path, root: Path) -> list[tuple[str, str]]:
    """All real stacks; gives (folder, modality)."""
    out = []
    for folder in SERIES:
        files = [f for f in sorted((data / folder).iterdir()) if f.is_file()]
        for file in files:
            at = root / folder / file.name
            if not at.exists():
                at.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, at)
        out.append((folder, "CT" if re.search(r"_ct|lymphoma", folder) else "MR"))
    for name, (stack, spacing), modality in volumes(data):
        write_dicom.write(root / "volumes" / name, stack, modality, spacing[1:], key=f"volumes/{name}", slice_mm=spacing[0], more=BODY_PART[modality])
        out.append((f"volumes/{name}", modality))
    return out


def volumes(data: Path) -> list[tuple[str, tuple[np.ndarray, tuple[float, float, float]], str]]:
    """Whole volumes: name, (values, spacing), modality."""
    ct = [(name, nifti(data / f"ct/volumes/{name}.nii.gz"), "CT") for name in CT_VOLUMES]
    mr = [(f.name.split(".")[0], nifti(f), "MR") for f in sorted((data / "mr/open_ms").glob("*.nii.gz"))]
    return ct + mr
