//! What Instance Numbers say: where they begin, in what steps they go, whether they follow the
//! slices. Makers number differently (from 0 or 1, over all series of a study, echo by echo), so a
//! number accuses only where no such habit explains it.

use std::collections::BTreeSet;

/// The numbers of one series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesNumbers {
    /// Every number, each once.
    pub numbers: BTreeSet<i64>,
    /// How many images there are.
    pub images: usize,
}

/// Where the numbers of a series begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At 0 or 1, or below.
    First,
    /// Later, because numbers run on over the series of the study.
    RunsOn,
    /// At the first number of a block of a hundred, as makers number phases and reconstructions.
    Block,
    /// Later, and nothing explains it: so many numbers before it are nowhere.
    Late(i64),
    /// No image has a number.
    Silent,
}

/// Numbers that makers begin a block with: 101, 1001, 2001 …
const BLOCK: i64 = 100;

/// Where the numbers of series `own` begin, beside the others of the study.
pub fn start(own: usize, study: &[SeriesNumbers]) -> Start {
    let Some(series) = study.get(own) else { return Start::Silent };
    let Some(first) = series.numbers.first().copied() else { return Start::Silent };
    if first <= 1 {
        return Start::First;
    }
    if (first - 1) % BLOCK == 0 {
        return Start::Block;
    }
    let free = |of: &dyn Fn(&SeriesNumbers) -> bool| -> BTreeSet<i64> {
        let others = study.iter().enumerate().filter(|(index, other)| {
            *index != own && other.numbers.is_disjoint(&series.numbers) && of(other)
        });
        others.flat_map(|(_, other)| other.numbers.range(1..first).copied()).collect()
    };
    let before = |explained: &BTreeSet<i64>| {
        let count = i64::try_from(explained.len()).unwrap_or(i64::MAX);
        (first - 1).saturating_sub(count)
    };
    let last = series.numbers.last().copied().unwrap_or(first);
    let interleaved = free(&|o| o.numbers.range(first..=last).next().is_some());
    let all = free(&|_| true);
    if before(&interleaved) == 0 {
        return Start::RunsOn;
    }
    if restarts(study) {
        return Start::Late(first - 1);
    }
    // A row torn before several series lacks whole series, and which of them lost images nobody can say.
    if before(&all) == 0 || is_preceded(study, first) || torn(study) > 1 {
        return Start::RunsOn;
    }
    Start::Late(before(&all))
}

/// Whether the number before `first` is there, or none is due.
fn is_preceded(study: &[SeriesNumbers], first: i64) -> bool {
    first <= 1 || study.iter().any(|s| s.numbers.contains(&(first - 1)))
}

/// How many series begin where the row of the study's numbers is torn.
fn torn(study: &[SeriesNumbers]) -> usize {
    let firsts = study.iter().filter_map(|s| s.numbers.first());
    firsts.filter(|first| !is_preceded(study, **first)).count()
}

/// Whether two series of the study share a number: then each series has numbers of its own.
fn restarts(study: &[SeriesNumbers]) -> bool {
    let all: BTreeSet<i64> = study.iter().flat_map(|s| s.numbers.iter().copied()).collect();
    all.len() < study.iter().map(|s| s.numbers.len()).sum()
}

/// The step that nearly all neighbouring numbers are apart, where it is the same; `numbers` in the
/// order of the places. `None` where numbers are absent or steps differ.
pub fn step(numbers: &[Option<i64>]) -> Option<u64> {
    let steps: Option<Vec<u64>> =
        numbers.windows(2).map(|w| Some(w[0]?.abs_diff(w[1]?)).filter(|s| *s > 0)).collect();
    let mut steps = steps.filter(|s| s.len() > 1)?;
    steps.sort_unstable();
    let usual = steps[(steps.len() - 1) / 2];
    let other = steps.iter().filter(|s| **s != usual).count();
    // A hole among them shows as one larger step.
    (other * 10 <= steps.len()).then_some(usual)
}

/// Whether numbers follow the places: upwards, downwards, or in a few interleaved rows, as
/// acquisitions in passes are numbered. `None` where too few places have one.
pub fn follows(numbers: &[Option<i64>], rows_max: usize) -> Option<bool> {
    let all: Option<Vec<i64>> = numbers.iter().copied().collect();
    let all = all.filter(|n| n.len() >= 4)?;
    let rows = |row: usize, of: usize| all.iter().skip(row).step_by(of);
    let monotone = |of: usize, row: usize| {
        let numbers: Vec<&i64> = rows(row, of).collect();
        numbers.is_sorted() || numbers.is_sorted_by(|a, b| a >= b)
    };
    // Two numbers always follow each other; three begin to say something.
    let most = rows_max.min(all.len() / 3);
    Some((1..=most.max(1)).any(|of| (0..of).all(|row| monotone(of, row))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(numbers: impl IntoIterator<Item = i64>) -> SeriesNumbers {
        let numbers: BTreeSet<i64> = numbers.into_iter().collect();
        SeriesNumbers { images: numbers.len(), numbers }
    }

    #[test]
    fn series_that_begin_at_nought_or_one_are_whole_at_the_start() {
        assert_eq!(start(0, &[series(0..20)]), Start::First);
        assert_eq!(start(0, &[series(1..20)]), Start::First);
        assert_eq!(start(0, &[series([])]), Start::Silent);
    }

    #[test]
    fn a_late_start_accuses_where_each_series_has_its_own_numbers() {
        assert_eq!(start(0, &[series(4..20)]), Start::Late(3));
        assert_eq!(start(1, &[series(1..20), series(4..20)]), Start::Late(3));
        assert_eq!(start(1, &[series(1..2), series(4..20), series(1..30)]), Start::Late(3));
        let scout = [series(1..4), series(4..20), series(1..30)];
        assert_eq!(start(1, &scout), Start::Late(3), "a scout has numbers of its own too");
    }

    #[test]
    fn numbers_that_run_over_the_study_accuse_nobody() {
        let study = [series(1..21), series(21..41), series(41..61)];
        assert_eq!(start(1, &study), Start::RunsOn);
        let echoes = [series((1..40).step_by(2)), series((2..40).step_by(2))];
        assert_eq!(start(1, &echoes), Start::RunsOn);
        let several_not_sent = [series(1..3), series(24..50), series(90..120)];
        assert_eq!(start(1, &several_not_sent), Start::RunsOn);
        let torn_once = [series(1..3), series(6..23), series(23..34)];
        assert_eq!(start(1, &torn_once), Start::Late(3));
        assert_eq!(start(2, &torn_once), Start::RunsOn);
    }

    #[test]
    fn blocks_begin_at_a_hundred_and_one() {
        assert_eq!(start(0, &[series(1001..1100)]), Start::Block);
        assert_eq!(start(0, &[series(102..140)]), Start::Late(101));
    }

    #[test]
    fn a_step_is_one_that_nearly_all_share() {
        let some = |n: &[i64]| n.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(step(&some(&[1, 3, 5, 7])), Some(2));
        assert_eq!(step(&some(&[7, 5, 3, 1])), Some(2));
        assert_eq!(step(&some(&[1, 2, 4, 5])), None);
        assert_eq!(step(&[Some(1), None, Some(3)]), None);
    }

    #[test]
    fn numbers_follow_places_forwards_backwards_and_in_passes() {
        let some = |n: &[i64]| n.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(follows(&some(&[1, 2, 3, 4, 5]), 3), Some(true));
        assert_eq!(follows(&some(&[9, 7, 5, 3]), 3), Some(true));
        assert_eq!(follows(&some(&[1, 5, 2, 6, 3, 7, 4, 8]), 3), Some(true));
        assert_eq!(follows(&some(&[1, 2, 7, 4, 5, 6, 3, 8]), 3), Some(false));
        assert_eq!(follows(&[Some(1), None, Some(2), Some(3)], 3), None);
    }
}
