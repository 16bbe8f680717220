//! Giving each need an offer of its own: the largest matching of two sides.

/// Which needs go without, where every offer serves one need at most. `edges[n]` are the offers that
/// would serve need `n`. Needs that few offers serve are served first, so that the one left over is
/// the one that the most offers would have served.
pub fn unserved(edges: &[Vec<usize>], offers: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by_key(|n| edges.get(*n).map_or(0, Vec::len));
    let mut taken: Vec<Option<usize>> = vec![None; offers];
    let mut left: Vec<usize> = Vec::new();
    for need in order {
        let mut seen = vec![false; offers];
        if !serve(need, edges, &mut taken, &mut seen) {
            left.push(need);
        }
    }
    left.sort_unstable();
    left
}

/// Serves a need, moving others to another offer where they have one.
fn serve(
    need: usize,
    edges: &[Vec<usize>],
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for offer in edges.get(need).into_iter().flatten().copied() {
        let (Some(seen_now), Some(holder)) = (seen.get_mut(offer), taken.get(offer).copied())
        else {
            continue;
        };
        if std::mem::replace(seen_now, true) {
            continue;
        }
        if holder.is_none_or(|other| serve(other, edges, taken, seen)) {
            if let Some(slot) = taken.get_mut(offer) {
                *slot = Some(need);
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_move_aside_for_others_and_the_broadest_is_left() {
        assert!(unserved(&[vec![0, 1], vec![0]], 2).is_empty());
        assert_eq!(unserved(&[vec![0, 1], vec![0], vec![1]], 2), [0]);
        assert_eq!(unserved(&[vec![0], vec![]], 1), [1]);
        assert!(unserved(&[], 0).is_empty());
    }
}
