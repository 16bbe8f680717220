//! What is drawn: whole volumes with legitimate oddities, and volumes with one fault.

use super::recipes::rng::Rng;
use super::recipes::volume::{AXIAL, CORONAL, Habit, MAKERS, SAGITTAL, Slice, Volume, stack};

/// One of several.
pub fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[(rng.uniform() * of.len() as f32) as usize % of.len()]
}

fn whole(rng: &mut Rng, low: usize, high: usize) -> usize {
    low + (rng.uniform() * (high - low + 1) as f32) as usize % (high - low + 1)
}

/// Log-uniform: short stacks are as common as long ones.
fn count(rng: &mut Rng, low: usize, high: usize) -> usize {
    let (a, b) = ((low as f32).ln(), (high as f32).ln());
    (rng.between(a, b).exp() as usize).clamp(low, high)
}

/// One draw: a study, what it is, and the codes of which one has to fail (none: nothing may).
pub struct Draw {
    pub volume: Volume,
    pub kind: &'static str,
    pub codes: &'static [&'static str],
    pub told: String,
}

struct Scan {
    modality: &'static str,
    maker: (&'static str, Habit),
    enhanced: bool,
    slices: usize,
    spacing: f64,
    thickness: f64,
    orientation: [f64; 6],
    shear: f64,
}

fn scan(rng: &mut Rng, least: usize) -> Scan {
    let modality = pick(rng, &["CT", "MR"]);
    let enhanced = rng.uniform() < 0.3;
    let slices = count(rng, least.max(5), 600);
    let (thickness, share) = if modality == "CT" {
        (pick(rng, &[0.625, 1.0, 1.25, 2.0, 3.0, 5.0, 8.0]), pick(rng, &[0.5, 0.8, 1.0, 1.0, 1.0]))
    } else {
        (pick(rng, &[0.9, 1.0, 3.0, 4.0, 5.0, 6.0]), pick(rng, &[1.0, 1.1, 1.2, 1.3]))
    };
    let tilted = modality == "CT" && rng.uniform() < 0.3;
    let shear = if tilted { f64::from(rng.between(-25.0, 25.0)).to_radians().tan() } else { 0.0 };
    let plane = if modality == "CT" { AXIAL } else { pick(rng, &[AXIAL, SAGITTAL, CORONAL]) };
    let turn = if modality == "MR" { f64::from(rng.between(-20.0, 20.0)) } else { 0.0 };
    Scan {
        modality,
        maker: pick(rng, &MAKERS),
        enhanced,
        slices,
        spacing: thickness * share,
        thickness,
        orientation: turned(plane, turn),
        shear,
    }
}

/// A plane turned about its rows.
fn turned(plane: [f64; 6], deg: f64) -> [f64; 6] {
    let [a, b, c, d, e, f] = plane;
    let n = [b * f - c * e, c * d - a * f, a * e - b * d];
    let (sin, cos) = deg.to_radians().sin_cos();
    [a, b, c, cos * d + sin * n[0], cos * e + sin * n[1], cos * f + sin * n[2]]
}

fn normal(o: [f64; 6]) -> [f64; 3] {
    let [a, b, c, d, e, f] = o;
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

fn moved(s: &mut Slice, by: f64, along: [f64; 3]) {
    for (p, d) in s.position.iter_mut().zip(along) {
        *p += by * d;
    }
}

/// Builds the study after `edit` changed the clean stack; numbering comes after, so that a volume is
/// numbered as it was scanned.
fn study(name: &str, scan: &Scan) -> Volume {
    let slices = stack(scan.slices, scan.spacing, scan.thickness, scan.orientation, scan.shear);
    Volume::new(name, scan.modality, scan.maker, scan.enhanced, slices)
}

/// The places of the main series in order: of two echoes both.
fn places(v: &mut Volume, scan: &Scan) -> Vec<f64> {
    let n = normal(scan.orientation);
    let at = |s: &Slice| s.position.iter().zip(n).map(|(p, d)| (p + 90.0) * d).sum::<f64>();
    let first = v.main().first().map(&at).unwrap_or_default();
    let spacing = scan.spacing;
    v.main().iter().map(|s| ((at(s) - first) / spacing).round()).collect()
}

fn lose(v: &mut Volume, scan: &Scan, gone: impl Fn(usize) -> bool) {
    let at = places(v, scan);
    let mut index = 0;
    v.main().retain(|_| {
        index += 1;
        !gone(at[index - 1] as usize)
    });
}

fn each(v: &mut Volume, scan: &Scan, change: impl Fn(usize, &mut Slice)) {
    let at = places(v, scan);
    for (s, at) in v.main().iter_mut().zip(at) {
        change(at as usize, s);
    }
}

fn renumber(v: &mut Volume) {
    let mut order: Vec<i64> = v.main().iter().map(|s| s.number).collect();
    order.sort_unstable();
    let first = order.first().copied().unwrap_or(1);
    for s in v.main() {
        let at = order.iter().position(|n| *n == s.number).unwrap_or_default();
        s.number = first + at as i64;
    }
}

fn reverse(v: &mut Volume) {
    let numbers: Vec<i64> = v.main().iter().map(|s| s.number).collect();
    let low = numbers.iter().min().copied().unwrap_or(1);
    let high = numbers.iter().max().copied().unwrap_or(1);
    for s in v.main() {
        s.number = low + high - s.number;
    }
}

/// Makes a draw; `None` where the numbers drawn make none.
pub type Kind = fn(&mut Rng, &str) -> Option<Draw>;

/// Whole volumes.
pub const LEGITIMATE: [Kind; 7] =
    [clean, reversed, two_spacings, localizer, radial, disc_groups, slabs];
/// Volumes with one fault.
pub const FAULTS: [Kind; 12] = [
    middle,
    middle,
    middle_renumbered,
    start,
    end_declared,
    thinned,
    doubled,
    wide_gap,
    turned_slice,
    shifted,
    other_grid,
    wrong_spacing,
];

fn draw(
    rng: &mut Rng,
    name: &str,
    kind: &'static str,
    codes: &'static [&'static str],
    scan: &Scan,
    edit: impl FnOnce(&mut Rng, &mut Volume),
) -> Draw {
    let mut volume = study(name, scan);
    edit(rng, &mut volume);
    let told = format!(
        "{kind}: {} {} enhanced={} n={} spacing={} thickness={}",
        scan.modality, scan.maker.0, scan.enhanced, scan.slices, scan.spacing, scan.thickness
    );
    Draw { volume, kind, codes, told }
}

fn clean(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 5);
    Some(draw(rng, name, "clean", &[], &scan, |rng, v| {
        if rng.uniform() < 0.5 {
            let spacing = scan.spacing;
            each(v, &scan, |_, s| s.stated_spacing = Some(spacing));
        }
        if rng.uniform() < 0.3 {
            // Written with two decimals.
            each(v, &scan, |_, s| {
                s.position.iter_mut().for_each(|p| *p = (*p * 100.0).round() / 100.0);
            });
        }
    }))
}

fn reversed(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 5);
    Some(draw(rng, name, "reversed numbers", &[], &scan, |_, v| reverse(v)))
}

fn two_spacings(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = Scan { modality: "CT", shear: 0.0, orientation: AXIAL, ..scan(rng, 12) };
    let scan = Scan { spacing: scan.thickness, ..scan };
    let from = whole(rng, 4, scan.slices - 5);
    let wider = f64::from(rng.between(1.3, 2.4));
    Some(draw(rng, name, "two spacings", &[], &scan, |_, v| {
        let spacing = scan.spacing;
        each(v, &scan, |at, s| {
            if at > from {
                s.position[2] += (at - from) as f64 * (wider - 1.0) * spacing;
                s.thickness *= wider;
            }
        });
    }))
}

fn localizer(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = Scan { modality: "MR", enhanced: false, ..scan(rng, 9) };
    let scan = Scan { slices: 9, ..scan };
    Some(draw(rng, name, "three-plane localizer", &[], &scan, |_, v| {
        each(v, &scan, |at, s| s.orientation = [AXIAL, SAGITTAL, CORONAL][at % 3]);
    }))
}

fn radial(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = Scan { modality: "MR", ..scan(rng, 12) };
    let scan = Scan { slices: 12, ..scan };
    Some(draw(rng, name, "radial", &[], &scan, |_, v| {
        each(v, &scan, |at, s| {
            let (sin, cos) = (at as f64 * 0.26).sin_cos();
            s.orientation = [cos, sin, 0.0, 0.0, 0.0, -1.0];
            s.position = [-60.0 * cos, -60.0 * sin, 60.0];
        });
    }))
}

fn disc_groups(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = Scan { modality: "MR", slices: 15, orientation: AXIAL, ..scan(rng, 15) };
    Some(draw(rng, name, "groups along discs", &[], &scan, |_, v| {
        let spacing = scan.spacing;
        each(v, &scan, |at, s| {
            let group = at / 3;
            s.orientation = turned(AXIAL, group as f64 * 6.0 - 12.0);
            let n = normal(s.orientation);
            s.position = [-90.0, -90.0, group as f64 * 30.0];
            moved(s, (at % 3) as f64 * spacing, n);
        });
    }))
}

fn slabs(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = Scan { modality: "MR", ..scan(rng, 24) };
    let apart = scan.spacing * (8.0 + f64::from(rng.between(0.1, 0.9)));
    Some(draw(rng, name, "two slabs", &[], &scan, |_, v| {
        let (half, n) = (scan.slices / 2, normal(scan.orientation));
        each(v, &scan, |at, s| {
            if at >= half {
                moved(s, apart, n);
            }
        });
    }))
}

fn middle(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 5);
    let lost = whole(rng, 1, (scan.slices / 4).clamp(1, 30));
    let from = whole(rng, 1, scan.slices - lost - 2);
    Some(draw(rng, name, "missing in the middle", &["GEO001"], &scan, |_, v| {
        lose(v, &scan, |at| (from..from + lost).contains(&at));
    }))
}

fn middle_renumbered(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 8);
    let lost = whole(rng, 1, (scan.slices / 4).clamp(1, 30));
    let from = whole(rng, 1, scan.slices - lost - 2);
    Some(draw(rng, name, "missing in the middle, renumbered", &["GEO001"], &scan, |_, v| {
        lose(v, &scan, |at| (from..from + lost).contains(&at));
        renumber(v);
    }))
}

fn start(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 6);
    // A maker that counts from 0 begins at 1 where one slice is lost, as all others do.
    let least = if scan.maker.1 == Habit::FromZero && !scan.enhanced { 2 } else { 1 };
    let lost = whole(rng, least, (scan.slices / 3).clamp(least, 60));
    Some(draw(rng, name, "missing at the start", &["GEO002"], &scan, |_, v| {
        lose(v, &scan, |at| at < lost);
    }))
}

fn end_declared(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = Scan { maker: MAKERS[1], enhanced: false, ..scan(rng, 6) };
    let lost = whole(rng, 1, (scan.slices / 3).clamp(1, 60));
    Some(draw(rng, name, "missing at the end, count declared", &["GEO003"], &scan, |_, v| {
        lose(v, &scan, |at| at >= scan.slices - lost);
    }))
}

fn thinned(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 16);
    let step = whole(rng, 2, 3);
    let renumbered = rng.uniform() < 0.4;
    let after = scan.spacing * step as f64;
    // What still touches after thinning, renumbered, is a volume nobody can tell from a whole one; of MR
    // with gaps up to one thickness the same holds.
    let limit = if scan.modality == "CT" { 1.3 } else { 2.05 };
    if (renumbered || scan.enhanced || scan.modality == "MR") && after <= limit * scan.thickness {
        return None;
    }
    Some(draw(rng, name, "thinned evenly", &["GEO004", "GEO005"], &scan, |_, v| {
        lose(v, &scan, |at| at % step != 0);
        if renumbered {
            renumber(v);
        }
    }))
}

fn doubled(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 7);
    let one = whole(rng, 1, scan.slices - 2);
    Some(draw(rng, name, "two on one place", &["GEO007"], &scan, |_, v| {
        let (spacing, n) = (scan.spacing, normal(scan.orientation));
        let column = [scan.orientation[3], scan.orientation[4], scan.orientation[5]];
        each(v, &scan, |at, s| {
            if at == one {
                moved(s, -spacing, n);
                moved(s, -spacing * scan.shear, column);
            }
        });
    }))
}

fn wide_gap(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 5);
    let wide = scan.thickness * f64::from(rng.between(1.3, 6.0));
    let wide = if scan.modality == "MR" { wide + 1.0 * scan.thickness } else { wide };
    let wide = wide + 0.15;
    let scan = Scan { spacing: wide, ..scan };
    Some(draw(rng, name, "uniform wide gap", &["GEO005"], &scan, |_, _| {}))
}

fn turned_slice(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 8);
    let one = whole(rng, 1, scan.slices - 2);
    let by = f64::from(rng.between(3.0, 90.0));
    Some(draw(rng, name, "a slice of another plane", &["GEO010"], &scan, |_, v| {
        each(v, &scan, |at, s| {
            if at == one {
                s.orientation = turned(s.orientation, by);
            }
        });
    }))
}

fn shifted(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 8);
    let from = whole(rng, 1, scan.slices - 2);
    let only = rng.uniform() < 0.5;
    let by = f64::from(rng.between(3.0, 40.0));
    Some(draw(rng, name, "shifted sideways", &["GEO011"], &scan, |_, v| {
        let row = [scan.orientation[0], scan.orientation[1], scan.orientation[2]];
        each(v, &scan, |at, s| {
            if at == from || (at > from && !only) {
                moved(s, by, row);
            }
        });
    }))
}

fn other_grid(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = Scan { enhanced: false, ..scan(rng, 12) };
    let from = whole(rng, 1, scan.slices - 3);
    let matrix = rng.uniform() < 0.5;
    Some(draw(rng, name, "another matrix or pixel spacing", &["GEO012"], &scan, |_, v| {
        each(v, &scan, |at, s| {
            if at == from || at == from + 1 {
                if matrix {
                    s.rows = 32;
                } else {
                    s.pixel = 0.8;
                }
            }
        });
    }))
}

fn wrong_spacing(rng: &mut Rng, name: &str) -> Option<Draw> {
    let scan = scan(rng, 5);
    let stated = scan.spacing * f64::from(rng.between(1.6, 3.0)) + 0.2;
    Some(draw(rng, name, "spacing attribute wrong", &["GEO013"], &scan, |_, v| {
        each(v, &scan, |_, s| s.stated_spacing = Some(stated));
    }))
}
