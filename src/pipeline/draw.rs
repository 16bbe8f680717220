//! A seeded, stratified draw: which studies of a night are looked at more closely.

use std::collections::BTreeMap;

use crate::model::sample::{Sample, SampleSize, Stratum};

/// A study that may be drawn.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its key.
    pub key: String,
    /// Its institution's id.
    pub institution: String,
    /// Its modalities, joined by `+`.
    pub modality: String,
}

/// Draws by institution and modality: the positions of what was drawn in ascending order, and what each stratum gave. Within
/// a stratum the studies with the lowest digests of seed and key are drawn, so that a draw can be made again, does
/// not depend on the order of the studies, and changes little when some come or go.
pub fn draw(members: &[Member], sample: &Sample) -> (Vec<usize>, Vec<Stratum>) {
    let mut strata: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, member) in members.iter().enumerate() {
        strata.entry((&member.institution, &member.modality)).or_default().push(at);
    }
    let sizes: Vec<((&str, &str), u64)> =
        strata.iter().map(|(name, of)| (*name, of.len() as u64)).collect();
    let shares = match sample.size {
        SampleSize::Permille(n) => {
            sizes.iter().map(|(_, of)| (of * u64::from(n)).div_ceil(1000)).collect()
        }
        SampleSize::Studies(n) => allocate(&sizes, n, &sample.seed),
    };
    let (mut drawn, mut told) = (Vec::new(), Vec::new());
    for (((institution, modality), mut of), share) in strata.into_iter().zip(shares) {
        let studies = of.len() as u64;
        of.sort_by_cached_key(|at| rank(&sample.seed, &members[*at].key));
        of.truncate(usize::try_from(share).unwrap_or(usize::MAX));
        told.push(Stratum {
            institution: institution.to_owned(),
            modality: modality.to_owned(),
            studies,
            drawn: of.len() as u64,
        });
        drawn.extend(of);
    }
    drawn.sort_unstable();
    (drawn, told)
}

fn rank(seed: &str, what: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(seed.len() as u64).to_le_bytes()).update(seed.as_bytes());
    *hasher.update(what.as_bytes()).finalize().as_bytes()
}

/// How many of `total` each stratum gives: one each as far as they go round, the rest in proportion to what is left of each
/// (largest remainders); ties by lot.
fn allocate(sizes: &[((&str, &str), u64)], total: u64, seed: &str) -> Vec<u64> {
    let by_lot: Vec<[u8; 32]> =
        sizes.iter().map(|((a, b), _)| rank(seed, &format!("{a}\n{b}"))).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| by_lot[*at]);
    let mut shares = vec![0u64; sizes.len()];
    let first = usize::try_from(total).unwrap_or(usize::MAX).min(sizes.len());
    for at in &order[..first] {
        shares[*at] = 1;
    }
    let left = |at: usize, shares: &[u64]| sizes[at].1 - shares[at];
    let all_left: u64 = (0..sizes.len()).map(|at| left(at, &shares)).sum();
    let more = (total - first as u64).min(all_left);
    if more == 0 {
        return shares;
    }
    let exact = |at: usize| u128::from(left(at, &shares)) * u128::from(more);
    let mut parts: Vec<(usize, u64, u128)> = (0..sizes.len())
        .map(|at| {
            let (whole, rest) =
                (exact(at) / u128::from(all_left), exact(at) % u128::from(all_left));
            (at, u64::try_from(whole).unwrap_or(u64::MAX), rest)
        })
        .collect();
    let given: u64 = parts.iter().map(|p| p.1).sum();
    parts.sort_by(|a, b| b.2.cmp(&a.2).then(by_lot[a.0].cmp(&by_lot[b.0])));
    let extra = usize::try_from(more - given).unwrap_or(usize::MAX);
    for (n, (at, whole, _)) in parts.into_iter().enumerate() {
        shares[at] += whole + u64::from(n < extra);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(strata: &[(&str, &str, usize)]) -> Vec<Member> {
        let of = |(institution, modality, n): &(&str, &str, usize)| {
            let one = |i| Member {
                key: format!("{institution}.{modality}.{i}"),
                institution: (*institution).to_owned(),
                modality: (*modality).to_owned(),
            };
            (0..*n).map(one).collect::<Vec<_>>()
        };
        strata.iter().flat_map(of).collect()
    }

    fn sample(size: SampleSize, seed: &str) -> Sample {
        Sample { size, seed: seed.to_owned() }
    }

    #[test]
    fn a_share_is_taken_of_every_stratum_and_at_least_one() {
        let all = members(&[("a", "CT", 100), ("a", "MR", 1), ("b", "DX", 30)]);
        let (drawn, strata) = draw(&all, &sample(SampleSize::Permille(50), "1"));
        assert_eq!(strata.iter().map(|s| s.drawn).collect::<Vec<_>>(), [5, 1, 2]);
        assert_eq!(drawn.len(), 8);
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_draws_others() {
        let all = members(&[("a", "CT", 200)]);
        let keys = |of: &[Member], seed: &str| {
            let (drawn, _) = draw(of, &sample(SampleSize::Studies(20), seed));
            drawn
                .into_iter()
                .map(|at| of[at].key.clone())
                .collect::<std::collections::BTreeSet<_>>()
        };
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(keys(&all, "7"), keys(&turned, "7"));
        assert_ne!(keys(&all, "7"), keys(&all, "8"));
        // One more study takes at most one place.
        let more = members(&[("a", "CT", 201)]);
        assert!(keys(&all, "7").difference(&keys(&more, "7")).count() <= 1);
    }

    #[test]
    fn every_study_is_as_likely() {
        let all = members(&[("a", "CT", 50)]);
        let mut times = [0u32; 50];
        for seed in 0..2000 {
            let (drawn, _) = draw(&all, &sample(SampleSize::Studies(5), &seed.to_string()));
            for at in drawn {
                times[at] += 1;
            }
        }
        // 200 expected each, standard deviation 13.4.
        assert!(times.iter().all(|n| (140..=260).contains(n)), "{times:?}");
    }

    proptest! {
        #[test]
        fn a_number_is_met_exactly_where_it_can_be(
            sizes in prop::collection::vec(1usize..40, 1..12),
            total in 0u64..300,
        ) {
            let names: Vec<String> = (0..sizes.len()).map(|n| n.to_string()).collect();
            let strata: Vec<(&str, &str, usize)> =
                names.iter().zip(&sizes).map(|(name, n)| (name.as_str(), "CT", *n)).collect();
            let all = members(&strata);
            let (drawn, told) = draw(&all, &sample(SampleSize::Studies(total), "s"));
            prop_assert_eq!(drawn.len() as u64, total.min(all.len() as u64));
            prop_assert!(told.iter().all(|s| s.drawn <= s.studies));
            if total >= sizes.len() as u64 {
                prop_assert!(told.iter().all(|s| s.drawn >= 1));
            }
        }
    }
}
