//! Whether a chain is whole, and which row is not. Inside evidence (the chain itself) shows changed,
//! removed and reordered rows; outside heads (of reports and exports) show a cut tail and a chain
//! that was rebuilt from some row on.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::text::Text;

use super::entry::{Entry, GENESIS, Head};

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Its content is not what was hashed.
    Changed,
    /// It is not there.
    Removed,
    /// It stands in another place than it was written.
    Reordered,
    /// It does not follow the row before it.
    Unlinked,
    /// It and all after it were cut off.
    CutTail,
    /// The chain holds in itself, but it is not the one that was told outside.
    Rebuilt,
}

/// A fault of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The row.
    pub row: u64,
    /// The last row of the fault, where it concerns several.
    pub to: u64,
    /// The outside head that shows it.
    pub against: Option<String>,
    /// The words for people.
    pub text: Text,
}

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The end of the chain as stored.
    pub head: Head,
    /// What is wrong; empty where the chain is whole.
    pub faults: Vec<Fault>,
}

/// Verifies rows in the order of their numbers against heads told outside (name, head).
pub fn verify(rows: &[Entry], outside: &[(String, Head)]) -> Verified {
    let mut faults = Vec::new();
    let places: BTreeMap<&str, u64> = rows.iter().map(|r| (r.hash.as_str(), r.seq)).collect();
    let (mut expected, mut before) = (1u64, GENESIS);
    for row in rows {
        if row.seq > expected {
            faults.push(removed(expected, row.seq - 1));
        }
        let gap = row.seq != expected;
        if row.hash_at(row.seq) != row.hash {
            faults.push(displaced(row, &places).unwrap_or_else(|| changed(row.seq)));
        } else if !gap && row.prev != before {
            faults.push(unlinked(row, &places));
        }
        expected = row.seq.saturating_add(1);
        before = &row.hash;
    }
    let head = rows.last().map_or_else(Head::default, Entry::head);
    faults.extend(against(rows, &head, outside));
    faults.sort_by(|a, b| (a.row, a.kind, &a.against).cmp(&(b.row, b.kind, &b.against)));
    Verified { head, faults }
}

/// A row whose hash fits another place: the place after the row its `prev` names.
fn displaced(row: &Entry, places: &BTreeMap<&str, u64>) -> Option<Fault> {
    let was = if row.prev == GENESIS { 1 } else { origin(row, places)? };
    (row.hash_at(was) == row.hash && was != row.seq).then(|| Fault {
        kind: FaultKind::Reordered,
        row: row.seq,
        to: row.seq,
        against: None,
        text: Text::new(
            format!("第 {} 行被移动过，原为第 {was} 行", row.seq),
            format!("row {} was moved, it was row {was}", row.seq),
        ),
    })
}

/// Where a row was written: its hash names the place, which is looked for near and then everywhere.
fn origin(row: &Entry, places: &BTreeMap<&str, u64>) -> Option<u64> {
    let most = u64::try_from(places.len()).unwrap_or(u64::MAX).saturating_add(1);
    let behind = places.get(row.prev.as_str()).map(|p| p.saturating_add(1));
    // A moved chain of rows moves its predecessors too; trying every place costs one hash each and
    // happens for broken rows only.
    behind.into_iter().chain(1..=most.min(MOST_TRIED)).find(|seq| row.hash_at(*seq) == row.hash)
}

/// Places tried for one broken row.
const MOST_TRIED: u64 = 4096;

fn removed(from: u64, to: u64) -> Fault {
    let text = if from == to {
        Text::new(format!("缺少第 {from} 行"), format!("row {from} was removed"))
    } else {
        Text::new(format!("缺少第 {from} 至 {to} 行"), format!("rows {from} to {to} were removed"))
    };
    Fault { kind: FaultKind::Removed, row: from, to, against: None, text }
}

fn changed(row: u64) -> Fault {
    let text =
        Text::new(format!("第 {row} 行的内容被改动"), format!("the content of row {row} changed"));
    Fault { kind: FaultKind::Changed, row, to: row, against: None, text }
}

fn unlinked(row: &Entry, places: &BTreeMap<&str, u64>) -> Fault {
    let n = row.seq;
    let text = match places.get(row.prev.as_str()) {
        Some(other) => Text::new(
            format!("第 {n} 行接在第 {other} 行之后，中间的行不属于此链"),
            format!("row {n} follows row {other}, not the row before it"),
        ),
        None => Text::new(
            format!("第 {n} 行不接在前一行之后：前面的行被改写"),
            format!("row {n} does not follow the row before it, which was rewritten"),
        ),
    };
    Fault { kind: FaultKind::Unlinked, row: n, to: n, against: None, text }
}

fn against(rows: &[Entry], head: &Head, outside: &[(String, Head)]) -> Vec<Fault> {
    let by_seq: BTreeMap<u64, &Entry> = rows.iter().map(|r| (r.seq, r)).collect();
    let agrees =
        |h: &Head| h.count == 0 || by_seq.get(&h.count).is_some_and(|row| row.hash == h.hash);
    let mut faults = Vec::new();
    for (name, told) in outside.iter().filter(|(_, h)| !agrees(h)) {
        let n = told.count;
        let (kind, row, text) = if n > head.count {
            let first = head.count.saturating_add(1);
            let text = Text::new(
                format!("链尾被截断：{name} 记有 {n} 行，现只有 {} 行", head.count),
                format!("the tail was cut: {name} tells {n} rows, {} are left", head.count),
            );
            (FaultKind::CutTail, first, text)
        } else {
            // The last row that some head vouches for: what was rebuilt begins after it.
            let below = outside.iter().map(|(_, h)| h).filter(|h| h.count < n && agrees(h));
            let sure = below.map(|h| h.count).max().unwrap_or(0);
            let text = Text::new(
                format!("第 {} 至 {n} 行之间被重建：第 {n} 行与 {name} 所记不同", sure + 1),
                format!(
                    "rebuilt between rows {} and {n}: row {n} is not the one {name} tells",
                    sure + 1
                ),
            );
            (FaultKind::Rebuilt, sure + 1, text)
        };
        faults.push(Fault { kind, row, to: n, against: Some(name.clone()), text });
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ledger::Draft;

    fn chain(n: u64) -> Vec<Entry> {
        let mut head = Head::default();
        (0..n)
            .map(|i| {
                let draft = Draft {
                    at: format!("2026-01-01T00:00:{:02}Z", i % 60),
                    kind: "label",
                    subject: format!("1.2.{i}"),
                    body: json!({"decision": "apply", "n": i}),
                };
                let entry = Entry::after(&head, &draft);
                head = entry.head();
                entry
            })
            .collect()
    }

    fn found(rows: &[Entry], outside: &[(String, Head)]) -> Vec<(FaultKind, u64)> {
        verify(rows, outside).faults.iter().map(|f| (f.kind, f.row)).collect()
    }

    /// A chain made anew from `from` on, with other content there.
    fn rebuilt(rows: &[Entry], from: u64) -> Vec<Entry> {
        let mut head = Head::default();
        rows.iter()
            .map(|r| {
                let mut body: serde_json::Value = serde_json::from_str(&r.body).unwrap();
                if r.seq == from {
                    body["decision"] = json!("withdraw");
                }
                let draft =
                    Draft { at: r.at.clone(), kind: "label", subject: r.subject.clone(), body };
                let entry = Entry::after(&head, &draft);
                head = entry.head();
                entry
            })
            .collect()
    }

    #[test]
    fn a_whole_chain_has_no_fault_under_any_of_its_heads() {
        let rows = chain(9);
        let heads: Vec<_> = rows.iter().map(|r| (format!("r{}", r.seq), r.head())).collect();
        assert_eq!(found(&rows, &heads), []);
        assert_eq!(found(&[], &[("new".into(), Head::default())]), []);
    }

    #[test]
    fn every_changed_row_is_named() {
        for at in 0..9usize {
            let mut rows = chain(9);
            rows[at].body = rows[at].body.replace("apply", "withhold");
            assert_eq!(found(&rows, &[]), [(FaultKind::Changed, at as u64 + 1)]);
        }
    }

    #[test]
    fn every_removed_row_is_named() {
        for at in 0..8usize {
            let mut rows = chain(9);
            rows.remove(at);
            assert_eq!(found(&rows, &[]), [(FaultKind::Removed, at as u64 + 1)], "row {at}");
        }
    }

    #[test]
    fn a_removed_row_with_all_others_renumbered_is_seen() {
        let mut rows = chain(9);
        rows.remove(3);
        for row in &mut rows[3..] {
            row.seq -= 1;
        }
        let faults = found(&rows, &[]);
        assert!(faults.contains(&(FaultKind::Reordered, 4)), "{faults:?}");
    }

    #[test]
    fn two_swapped_rows_are_both_named_with_where_they_were() {
        for (a, b) in [(1, 2), (0, 4), (3, 8)] {
            let mut rows = chain(9);
            rows.swap(a, b);
            (rows[a].seq, rows[b].seq) = (a as u64 + 1, b as u64 + 1);
            let faults = verify(&rows, &[]).faults;
            for (is, was) in [(a, b), (b, a)] {
                let text = format!("row {} was moved, it was row {}", is + 1, was + 1);
                assert!(faults.iter().any(|f| f.text.en == text), "{faults:?}");
            }
        }
    }

    #[test]
    fn a_row_rewritten_with_its_own_hash_is_seen_at_the_next() {
        let mut rows = chain(9);
        rows[4].body = rows[4].body.replace("apply", "withhold");
        rows[4].hash = rows[4].hash_at(5);
        assert_eq!(found(&rows, &[]), [(FaultKind::Unlinked, 6)]);
    }

    #[test]
    fn a_cut_tail_needs_an_outside_head_and_is_named() {
        let rows = chain(9);
        let heads = [("run.json".to_owned(), rows[8].head())];
        assert_eq!(found(&rows[..6], &[]), []);
        assert_eq!(found(&rows[..6], &heads), [(FaultKind::CutTail, 7)]);
    }

    #[test]
    fn a_rebuilt_chain_is_caught_and_narrowed_by_the_heads() {
        let rows = chain(9);
        let forged = rebuilt(&rows, 5);
        assert_eq!(found(&forged, &[]), [], "in itself it is whole");
        let heads: Vec<_> =
            [2usize, 3, 6, 9].map(|n| (format!("run {n}"), rows[n - 1].head())).into();
        let faults = verify(&forged, &heads).faults;
        assert_eq!(
            faults.iter().map(|f| (f.kind, f.row, f.to)).collect::<Vec<_>>(),
            [(FaultKind::Rebuilt, 4, 6), (FaultKind::Rebuilt, 4, 9),]
        );
    }
}
