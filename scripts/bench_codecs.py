"""Makes compressed series for `make bench`: `bench_codecs.py FROM TO N` writes N slices of a native CT in each transfer syntax.

A program of its own, as its libraries are those of the bench environment.
"""

import sys
from pathlib import Path

import imagecodecs
import pydicom
from pydicom.encaps import encapsulate

SYNTAXES = {
    "jpeg_lossless": ("1.2.840.10008.1.2.4.70", lambda a: imagecodecs.ljpeg_encode(a, bitspersample=16)),
    "jpeg_ls": ("1.2.840.10008.1.2.4.80", imagecodecs.jpegls_encode),
    "jpeg_2000": ("1.2.840.10008.1.2.4.90", lambda a: imagecodecs.jpeg2k_encode(
        a, level=0, codecformat="j2k", reversible=True)),
}


def main() -> int:
    """Writes every syntax."""
    source, to, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    paths = sorted(p for p in source.rglob("*") if p.is_file())[:count]
    for name, (uid, encode) in SYNTAXES.items():
        (to / name).mkdir(parents=True)
        for at, path in enumerate(paths):
            data = pydicom.dcmread(path)
            # Encoders take unsigned values; the stored ones of this series are none below zero.
            code = encode(data.pixel_array.astype("uint16"))
            data.PixelRepresentation = 0
            data.PixelData = encapsulate([bytes(code)])
            data["PixelData"].is_undefined_length = True
            data["PixelData"].VR = "OB"
            data.file_meta.TransferSyntaxUID = uid
            data.save_as(to / name / f"IM{at:05}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
