"""A due ratio is judged by medians, and a missed one is a failure."""

import unittest

from scripts.bench import Due


class DueTest(unittest.TestCase):
    due = Due("ours against theirs", "ours", "theirs", 3.0)

    def test_exactly_the_limit_is_enough(self):
        self.assertEqual(self.due.judge({"ours": [1.0], "theirs": [3.0]}), (3.0, True))

    def test_one_lucky_round_does_not_help(self):
        ratio, enough = self.due.judge({"ours": [0.1, 2.0, 2.0], "theirs": [3.0, 3.0, 3.0]})
        self.assertFalse(enough)
        self.assertAlmostEqual(ratio, 1.5)


if __name__ == "__main__":
    unittest.main()
