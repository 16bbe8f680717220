"""The degradations are repeatable and grow with their strength; the scores are what they say."""

import io
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS / "image_accuracy")]
try:
    import degrade
    import numpy as np
    import pydicom
    import scores
    import write_dicom
    from judged import Judged
except ImportError as missing:  # The packages of scripts/accuracy-requirements.txt are not there.
    raise unittest.SkipTest(str(missing)) from missing


def body(side: int = 96) -> np.ndarray:
    """A round body of 40 HU with a denser part and lungs of a kind, in air."""
    y, x = np.mgrid[:side, :side] - side / 2
    image = np.where(x * x + 1.6 * y * y < (0.36 * side) ** 2, 40.0, -1000.0)
    image[(x - 12) ** 2 + y * y < 64] = -800.0
    image[(x + 12) ** 2 + y * y < 25] = 700.0
    return image


class DegradeTest(unittest.TestCase):
    def test_same_seed_same_image_and_nothing_in_place(self):
        kinds = [(k, body()) for k in degrade.CT] + [(k, np.maximum(body() + 1000, 0)) for k in degrade.MR]
        for kind, image in kinds:
            with self.subTest(kind.name):
                before = image.copy()
                one, two = (kind(image, kind.steps[2], "a", degrade.Scene((2.0, 2.0))) for _ in range(2))
                np.testing.assert_array_equal(one, two)
                np.testing.assert_array_equal(image, before)
                self.assertEqual(one.ndim, 2)

    def test_stronger_is_further_from_the_original(self):
        for kind in (k for k in degrade.CT + degrade.MR if not k.harmless):
            image = body() if kind in degrade.CT else np.maximum(body() + 1000, 0)
            with self.subTest(kind.name):
                scene = degrade.Scene((2.0, 2.0))
                made = [kind(image, s, "a", scene) for s in (kind.steps[0], kind.steps[-1])]
                if made[0].shape == made[1].shape == image.shape:
                    weak, strong = (np.abs(m - image).mean() for m in made)
                    self.assertGreater(strong, weak)

    def test_harmless_changes_keep_the_image(self):
        noise = 10 * np.random.default_rng(3).standard_normal(body().shape)
        for kind in (k for k in degrade.CT + degrade.MR if k.harmless):
            image = body() + noise if kind in degrade.CT else np.maximum(body() + 1000, 0) + np.abs(noise)
            for step in kind.steps:
                made = kind(image, step, "a", degrade.Scene((2.0, 2.0)))
                with self.subTest(kind.name, step=step):
                    self.assertFalse(made.shape == image.shape and np.array_equal(made, image))
                    grown = made.shape[0] / image.shape[0]
                    self.assertAlmostEqual(grown, step if kind.finer else 1, places=2)
                    # The middle of the body is what it was.
                    of = lambda a: float(np.median(a[a.shape[0] // 2 + 5:][:9, a.shape[1] // 2 - 5:][:, :9]))  # noqa: E731
                    self.assertLess(abs(of(made) - of(image)), 25)

    def test_stacks_keep_the_slices_they_should(self):
        stack = np.stack([body()] * 12)
        for kind in degrade.CT_STACK + degrade.MR_STACK:
            made = kind(stack, kind.steps[0], "a", degrade.Scene())
            self.assertEqual(len(made), 11 if "lost" in kind.name else 12, kind.name)

    def test_back_projection_undoes_projection(self):
        import ct_physics

        scene, image = degrade.Scene((2.0, 2.0)), body(128)
        again = ct_physics.back_project(ct_physics.projections(image, scene)) / (ct_physics.WATER_PER_MM * 2) * 1000 - 1000
        middle = (slice(80, 84), slice(60, 68))
        self.assertAlmostEqual(float(again[middle].mean()), float(image[middle].mean()), delta=15)


class ScoresTest(unittest.TestCase):
    def test_auc(self):
        self.assertEqual(scores.auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])), 1.0)
        self.assertEqual(scores.auc(np.array([1.0]), np.array([1.0])), 0.5)

    def test_a_csv_is_read_by_frame_and_by_stack(self):
        measured = scores.Measured()
        lines = io.StringIO("path,frame,name,value,unit,region\n/tmp/b/s/0001.dcm,1,m,3,,\n/tmp/b/s/0002.dcm,1,m,5,,\n/tmp/b/s/0001.dcm,,t,7,,\n")
        measured.read(lines, Path("/tmp/b"))
        self.assertEqual(measured.of_frame("s/0001.dcm", 1, "m"), 3.0)
        self.assertEqual(measured.of_stack("s", Judged("CT", "", "t", "above", "")), 7.0)
        self.assertEqual(measured.of_stack("s", Judged("CT", "", "m", "below", "")), 3.0)

    def test_written_values_come_back(self):
        image = body()
        image[:3] = np.nan
        with tempfile.TemporaryDirectory() as folder:
            write_dicom.write(Path(folder), [image], "CT", (0.7, 0.7), key="k")
            read = pydicom.dcmread(Path(folder) / "0001.dcm")
        self.assertEqual(read.PixelPaddingValue, write_dicom.PADDING_HU)
        np.testing.assert_array_equal(read.pixel_array[3:], image[3:])
        self.assertTrue((read.pixel_array[:3] == write_dicom.PADDING_HU).all())


if __name__ == "__main__":
    unittest.main()
