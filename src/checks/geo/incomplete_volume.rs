//! GEO015: a stack that covers less than others on the same slices.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::geometry::{Orientation, along, normal, turn_deg};
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{concerned, count, no_volume, number, rounded};

declare_check! {
    /// A stack that covers less than others on the same slices.
    ///
    /// ## What it does
    /// Compares stacks of a study that lie on exactly the same grid of slices: phases, echoes and time points of a series, and
    /// series that were planned alike. One that lacks slices at one end only was cut.
    ///
    /// ## Why it matters
    /// A phase or a sequence that lacks its last slices looks whole by itself; only its neighbours show what is missing.
    ///
    /// ## How it is measured
    /// Same plane within `orientation_tolerance_deg` of GEO001, same spacing within 1 %, every place within `grid_tolerance_mm` of a
    /// place of the other. Of the same series `siblings_min` other stacks, of other series `series_min`, have to agree on where
    /// the slices end. Slices lacking at one end; more than none fails. Lacking evenly at both ends is a smaller prescription.
    ///
    /// ## Known limits
    /// A technologist may shorten one sequence at one end on purpose. Series that differ in Frame of Reference UID are not compared.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `grid_tolerance_mm`: how exactly places coincide. `siblings_min`,
    /// `series_min`: stacks that have to agree, of the same series and of others.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.4.1 (Frame of Reference), C.7.6.2.1.1; CID 7011 code 130576.
    code: "GEO015",
    name: "incomplete-volume",
    title: ("与同规划的层组相比缺少端部层面", "a stack lacks end slices that others have"),
    advice: (
        "从设备重新发送该序列，核对各期相/各序列的层数",
        "send the series again and compare the number of slices of its phases and of the other series"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Header(tags::FRAME_OF_REFERENCE_UID)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("grid_tolerance_mm", Number, "mm", "how exactly places coincide"),
        ("siblings_min", Number, "stacks", "stacks of the same series that have to agree"),
        ("series_min", Number, "series", "other series that have to agree"),
    ],
    dicom_code: Some(("DCM:130576", "Anatomy coverage incomplete")),
    run: run,
}

/// A stack reduced to its grid.
struct Grid<'a> {
    series: usize,
    frame: &'a str,
    orientation: Orientation,
    /// The first position, across the normal: stacks beside each other share no grid.
    corner: [f64; 3],
    at: Vec<f64>,
    spacing: f64,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let series: Vec<SeriesView<'_>> = view.series().collect();
    let grids: Vec<Grid<'_>> = series
        .iter()
        .enumerate()
        .filter(|(_, s)| concerned(s))
        .flat_map(|(n, s)| grids(n, s, slices_min))
        .collect();
    if grids.is_empty() {
        return vec![Outcome::not_applicable(Subject::study(), no_volume())];
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut compared = 0_usize;
    let mut told = vec![false; series.len()];
    for own in &grids {
        let lacking = lacking(own, &grids, params);
        compared += usize::from(lacking.is_some());
        if let Some((missing, whole)) = lacking.filter(|l| l.0 > 0)
            && !told[own.series]
        {
            told[own.series] = true;
            outcomes.push(fail(&series[own.series], own.at.len(), missing, whole));
        }
    }
    if !outcomes.is_empty() {
        return outcomes;
    }
    if compared == 0 {
        let why = Text::new("没有同规划的层组可比较", "no other stack lies on the same slices");
        return vec![Outcome::not_applicable(Subject::study(), why)];
    }
    let why = Text::new("同规划的层组覆盖一致", "stacks on the same slices cover the same");
    vec![Outcome::pass(Subject::study(), why).with(Evidence::new("stacks", compared))]
}

fn grids<'a>(index: usize, s: &SeriesView<'a>, slices_min: usize) -> Vec<Grid<'a>> {
    let volume = s.volume();
    let frame = s.instances().next().and_then(|i| i.text(tags::FRAME_OF_REFERENCE_UID));
    let of = volume.large(slices_min).filter_map(|(stack, spacing)| {
        let spacing = spacing.as_ref().filter(|s| s.planned.is_empty())?.median;
        let first = stack.places.first()?;
        let slice = volume.slices.get(*first.members.first()?)?;
        let n = normal(&slice.orientation)?;
        let off = along(&slice.position, &n);
        let corner = [0, 1, 2].map(|axis| slice.position[axis] - off * n[axis]);
        Some(Grid {
            series: index,
            frame: frame.unwrap_or_default(),
            orientation: slice.orientation,
            corner,
            at: stack.places.iter().map(|p| p.at).collect(),
            spacing,
        })
    });
    of.collect()
}

/// How many slices the stack lacks at one end against those on its grid, and how many they have.
/// `None` where too few lie on it.
fn lacking(own: &Grid<'_>, all: &[Grid<'_>], params: &Params) -> Option<(usize, usize)> {
    let tolerance = params.number("grid_tolerance_mm");
    let alike: Vec<&Grid<'_>> =
        all.iter().filter(|o| !std::ptr::eq(*o, own) && same_grid(own, o, tolerance)).collect();
    let siblings = alike.iter().filter(|o| o.series == own.series).count();
    let mut others: Vec<usize> =
        alike.iter().filter(|o| o.series != own.series).map(|o| o.series).collect();
    others.dedup();
    let enough =
        siblings >= count(params, "siblings_min") || others.len() >= count(params, "series_min");
    if !enough {
        return None;
    }
    let (first, last) = (*own.at.first()?, *own.at.last()?);
    // All that are alike have to go on beyond the same end.
    let beyond = |o: &&Grid<'_>| {
        let below = o.at.iter().filter(|a| **a < first - own.spacing / 2.0).count();
        let above = o.at.iter().filter(|a| **a > last + own.spacing / 2.0).count();
        (below, above)
    };
    let ends: Vec<(usize, usize)> = alike.iter().map(beyond).collect();
    let least = |of: fn(&(usize, usize)) -> usize| ends.iter().map(of).min().unwrap_or(0);
    let (below, above) = (least(|e| e.0), least(|e| e.1));
    let whole = alike.iter().map(|o| o.at.len()).max().unwrap_or(0);
    Some(if (below > 0) == (above > 0) { (0, whole) } else { (below.max(above), whole) })
}

/// Whether two stacks lie on one grid: plane, frame, spacing, and places that coincide.
fn same_grid(a: &Grid<'_>, b: &Grid<'_>, tolerance: f64) -> bool {
    let near = |x: f64, y: f64| (x - y).abs() <= tolerance;
    if a.frame != b.frame
        || turn_deg(&a.orientation, &b.orientation) > 0.1
        || (a.spacing - b.spacing).abs() > 0.01 * a.spacing
        || !a.corner.iter().zip(&b.corner).all(|(x, y)| near(*x, *y))
    {
        return false;
    }
    let (Some(first), Some(other)) = (a.at.first(), b.at.first()) else { return false };
    let steps = (first - other) / a.spacing;
    let (short, long) = if a.at.len() <= b.at.len() { (a, b) } else { (b, a) };
    let coincide = short.at.iter().filter(|x| long.at.iter().any(|y| near(**x, *y))).count();
    near(steps.round() * a.spacing, first - other)
        && number(coincide) >= 0.9 * number(short.at.len())
}

fn fail(s: &SeriesView<'_>, own: usize, missing: usize, whole: usize) -> Outcome {
    let why = Text::new(
        format!("有{own}层，同规划的层组有{whole}层；一端缺{missing}层"),
        format!(
            "{own} slices where stacks on the same slices have {whole}; {missing} lack at one end, limit 0"
        ),
    );
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("missing_slices", missing).limit(0).unit("slices"))
        .with(Evidence::new("slices", own).limit(rounded(number(whole))).unit("slices"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    /// Series on one grid, each without `from` slices at the beginning and `to` at the end.
    fn planned_alike(cut: &[(usize, usize)]) -> Study {
        let mut study = volume("MR", 20, 5.0);
        let whole = study.series.remove(0);
        for (n, (from, to)) in cut.iter().enumerate() {
            let mut series = whole.clone();
            series.uid = format!("2.25.1.2.{n}");
            series.instances.drain(20 - to..);
            series.instances.drain(..*from);
            study.series.push(series);
        }
        study
    }

    #[test]
    fn hit_a_series_cut_at_one_end() {
        let o = one(&CHECK, &planned_alike(&[(0, 0), (0, 0), (0, 3)]), Fail);
        assert_eq!(evidence(&o, "missing_slices"), 3);
        one(&CHECK, &planned_alike(&[(0, 0), (0, 0), (3, 0)]), Fail);
    }

    #[test]
    fn miss_even_ends_and_a_single_other_series() {
        one(&CHECK, &planned_alike(&[(0, 0), (0, 0), (1, 1)]), Pass);
        one(&CHECK, &planned_alike(&[(0, 0), (0, 3)]), NotApplicable);
        one(&CHECK, &planned_alike(&[(0, 0)]), NotApplicable);
        one(&CHECK, &volume("DX", 4, 5.0), NotApplicable);
    }

    #[test]
    fn hit_an_echo_cut_at_its_end() {
        let mut study = planned_alike(&[(0, 0), (0, 4)]);
        let mut second = study.series.remove(1);
        for i in &mut second.instances {
            i.attributes.set_text(tags::ECHO_TIME, "92");
        }
        study.series[0].instances.append(&mut second.instances);
        one(&CHECK, &study, Fail);
    }
}
