"""Minimal valid CT Image and MR Image files (PS3.3 A.3, A.4; Explicit VR Little Endian) of any image or stack."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

PADDING_HU = -2000
# Instance Number of an image alone: one that a run samples (step 8, from the middle of the first run on), so that its checks of sampled measures speak.
SAMPLED_NUMBER = 4
DATE, TIME = "20260301", "120000"


def uid(*key: str) -> str:
    """The same for the same key."""
    return generate_uid(entropy_srcs=["hrgate-accuracy", *key])


def common(key: str, modality: str, number: int) -> Dataset:
    """Patient, study, series and equipment."""
    d = Dataset()
    d.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    d.SOPInstanceUID = uid(key, str(number))
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL" if modality == "CT" else "M"]
    d.StudyDate = d.SeriesDate = d.AcquisitionDate = d.ContentDate = DATE
    d.StudyTime = d.SeriesTime = d.AcquisitionTime = d.ContentTime = TIME
    d.AccessionNumber, d.Modality, d.Manufacturer, d.ReferringPhysicianName = "", modality, "Accuracy", ""
    d.InstitutionName, d.StationName = "Accuracy", "A1"
    d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex, d.PatientAge = "Accuracy", uid(key)[-16:], "19700101", "O", "056Y"
    d.StudyID, d.SeriesNumber, d.InstanceNumber, d.AcquisitionNumber = "1", 1, number, 1
    d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = uid(key, "study"), uid(key, "series"), uid(key, "frame")
    d.PositionReferenceIndicator, d.PatientPosition = "", "HFS"
    return d


def stored(image: np.ndarray, modality: str) -> tuple[np.ndarray, dict]:
    """Stored values and what goes with them."""
    if modality == "CT":
        values = np.where(np.isnan(image), PADDING_HU, np.clip(np.rint(image), -1999, 32767)).astype("<i2")
        extra = {"RescaleIntercept": 0, "RescaleSlope": 1, "RescaleType": "HU", "KVP": 120, "PixelRepresentation": 1}
        return values, extra | ({"PixelPaddingValue": PADDING_HU} if np.isnan(image).any() else {})
    signed = bool(image.min() < 0)
    values = np.clip(np.rint(image), -32768 if signed else 0, 32767 if signed else 65535).astype("<i2" if signed else "<u2")
    extra = {"ScanningSequence": "SE", "SequenceVariant": "NONE", "ScanOptions": "", "MRAcquisitionType": "2D", "EchoTime": 90, "RepetitionTime": 4000,
             "EchoTrainLength": 1, "MagneticFieldStrength": 3, "PixelRepresentation": int(signed)}
    return values, extra


def dataset(image: np.ndarray, key: str, modality: str, number: int, spacing, z: float, slice_mm: float, more: dict) -> Dataset:
    """One file, without its file meta."""
    d = common(key, modality, number)
    values, extra = stored(image, modality)
    d.Rows, d.Columns = values.shape
    d.PixelSpacing, d.SliceThickness = [f"{v:.6g}" for v in spacing], f"{slice_mm:.6g}"
    d.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    corner = [-spacing[1] * (values.shape[1] - 1) / 2, -spacing[0] * (values.shape[0] - 1) / 2, z]
    d.ImagePositionPatient, d.SliceLocation = [f"{v:.6g}" for v in corner], f"{z:.6g}"
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
    d.BitsAllocated, d.BitsStored, d.HighBit = 16, 16, 15
    middle, width = ("40", "400") if modality == "CT" else (f"{float(values.mean()):.6g}", f"{max(1.0, float(values.max())):.6g}")
    d.WindowCenter, d.WindowWidth = middle, width
    for name, value in {**extra, **more}.items():
        setattr(d, name, value)
    if "PixelPaddingValue" in d:
        d["PixelPaddingValue"].VR = "SS"
    d.PixelData = values.tobytes()
    d["PixelData"].VR = "OW"
    return d


def write(folder: Path, images, modality: str, spacing, key: str, slice_mm: float = 5.0, phase_axis: int | None = None, more: dict | None = None,
          per_volume: int | None = None, first: int = 1, acquired: tuple[int, int] | None = None) -> None:
    """Writes 0001.dcm and so on, one for each slice. Spacing is (row, column) in mm; the key gives the UIDs; `phase_axis` is the array axis of
    phase encoding, left out of the header where None; `more` holds attributes by keyword; after `per_volume` images the places begin again; `first`
    is the first Instance Number; `acquired` is the matrix of MR before any interpolation (rows, columns). CT in HU (NaN = padding), MR as magnitude."""
    folder.mkdir(parents=True, exist_ok=True)
    more = dict(more or {})
    if phase_axis is not None and modality == "MR":
        more["InPlanePhaseEncodingDirection"] = ("COL", "ROW")[phase_axis]
        if acquired is not None:
            rows, columns = acquired
            more["AcquisitionMatrix"] = ([0, columns, rows, 0], [rows, 0, 0, columns])[phase_axis]
    for n, image in enumerate(images, start=1):
        data = dataset(np.asarray(image), key, modality, n + first - 1, spacing, (n - 1) % (per_volume or len(images)) * slice_mm, slice_mm, more)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = FileDataset(str(folder / f"{n:04}.dcm"), {}, file_meta=meta, preamble=b"\0" * 128)
        file.update(data)
        file.save_as(folder / f"{n:04}.dcm", enforce_file_format=True)
