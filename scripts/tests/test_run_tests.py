"""The tally of `make test` counts what the runners printed, no more and no less."""

import unittest

from scripts.run_tests import Tally

CARGO = """\
     Running unittests src/lib.rs (target/debug/deps/hrgate-1)
running 3 tests
test a ... ok
test b ... ok
test c ... ignored

successes:

---- a stdout ----
SKIPPED real-data: no shared folder
SKIPPED real-data: said twice by one test

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests hrgate
test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""

UNITTEST = """\
.s.F
----------------------------------------------------------------------
Ran 4 tests in 0.001s

FAILED (failures=1, skipped=1)
"""


def tally_of(text):
    tally = Tally()
    for line in text.splitlines(keepends=True):
        tally.feed(line)
    return tally


class TallyTest(unittest.TestCase):
    def test_a_self_skipped_test_counts_as_skipped_once(self):
        tally = tally_of(CARGO)
        self.assertEqual(
            tally.closing(), ["1 real-data tests skipped", "1 passed, 1 failed, 2 skipped"])

    def test_python_results_are_added(self):
        tally = tally_of(CARGO + UNITTEST)
        self.assertEqual(tally.closing()[1], "3 passed, 2 failed, 3 skipped")

    def test_nothing_ran_is_not_a_pass(self):
        self.assertEqual(tally_of("error: could not compile\n").runs, 0)


if __name__ == "__main__":
    unittest.main()
