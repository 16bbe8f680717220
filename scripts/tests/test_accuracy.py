"""Lossless values have to be equal; DCT JPEG may differ by rounding and no more."""

import unittest

from scripts.accuracy import judge

LOSSLESS = {"transfer_syntax": "1.2.840.10008.1.2.1", "sum": "100", "min": "0", "max": "9",
            "frames": "1", "rows": "4", "columns": "5", "samples": "1"}
JPEG = LOSSLESS | {"transfer_syntax": "1.2.840.10008.1.2.4.50"}


class JudgeTest(unittest.TestCase):
    def test_lossless_is_exact(self):
        self.assertIsNone(judge(LOSSLESS, {"sum": "100", "min": "0", "max": "9"}))
        self.assertEqual(judge(LOSSLESS, {"sum": "101", "min": "0", "max": "9"}), "sum 101 is not 100")

    def test_jpeg_may_differ_by_half_a_unit_a_sample(self):
        self.assertIsNone(judge(JPEG, {"sum": "110", "min": "2", "max": "7"}))
        self.assertIsNotNone(judge(JPEG, {"sum": "111", "min": "2", "max": "7"}))
        self.assertIsNotNone(judge(JPEG, {"sum": "110", "min": "3", "max": "7"}))

    def test_a_file_without_values_is_wrong(self):
        self.assertEqual(judge(LOSSLESS, {"sum": "", "why_not": "no decoder"}), "not decoded: no decoder")


if __name__ == "__main__":
    unittest.main()
