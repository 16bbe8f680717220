//! GEO008: one Instance Number on several slices of a stack.

use std::collections::BTreeMap;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, per_series};

declare_check! {
    /// One Instance Number on several slices of a stack.
    ///
    /// ## What it does
    /// Counts Instance Numbers that more than one place of a stack has.
    ///
    /// ## Why it matters
    /// Viewers that sort by number show slices in a wrong order or hide one of them.
    ///
    /// ## How it is measured
    /// Number of places whose number another place of the same stack has; more than none fails. Stacks of one series
    /// (echoes, phases) may share numbers.
    ///
    /// ## Known limits
    /// A series in which all slices have one number is told once.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.1 (Instance Number: a number that identifies this image).
    code: "GEO008",
    name: "duplicate-instance-number",
    title: ("图像编号重复", "one instance number on several slices"),
    advice: ("从设备重新发送该序列", "send the series again from the device"),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks],
    params: [("slices_min", Number, "slices", "fewest places of a stack that is judged")],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let pass = Text::new("图像编号不重复", "each slice has a number of its own");
    per_series(view, &pass, &no_volume(), |s| {
        let volume = s.volume();
        let mut looked = false;
        let mut repeated = 0_usize;
        for (stack, _) in volume.large(slices_min) {
            let mut places: BTreeMap<i64, usize> = BTreeMap::new();
            for number in stack.numbers(&volume.slices).into_iter().flatten() {
                *places.entry(number).or_default() += 1;
            }
            looked |= !places.is_empty();
            repeated += places.values().map(|n| n - 1).sum::<usize>();
        }
        if !looked {
            return Said::Skip;
        }
        if repeated == 0 {
            return Said::Pass;
        }
        let why = Text::new(
            format!("{repeated}个层面的编号与另一层面相同，允许0个"),
            format!("{repeated} slices have the number of another one, limit 0"),
        );
        Said::Told(
            Outcome::fail(s.subject(), why).with(
                Evidence::new("slices_with_a_repeated_number", repeated).limit(0).unit("slices"),
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use dicom_dictionary_std::tags;

    #[test]
    fn hit_one_number_twice_and_miss_single_ones() {
        let mut study = volume("CT", 8, 5.0);
        one(&CHECK, &study, Pass);
        study.series[0].instances[4].attributes.set_text(tags::INSTANCE_NUMBER, "4");
        let o = one(&CHECK, &study, Fail);
        assert_eq!(evidence(&o, "slices_with_a_repeated_number"), 1);
        one(&CHECK, &volume("DX", 8, 5.0), NotApplicable);
    }
}
