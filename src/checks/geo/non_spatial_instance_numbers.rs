//! GEO009: Instance Numbers that do not follow the slices.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::numbers::follows;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, per_series};

declare_check! {
    /// Instance Numbers that do not follow the slices.
    ///
    /// ## What it does
    /// Looks whether the numbers of a stack go up or down with the place of its slices.
    ///
    /// ## Why it matters
    /// Viewers and films show images by number: a reader scrolls through an anatomy that jumps.
    ///
    /// ## How it is measured
    /// Numbers in the order of places: rising, falling, or `passes_max` interleaved rows that each do, as
    /// acquisitions in passes are numbered. Anything else fails.
    ///
    /// ## Known limits
    /// Stacks with two images on a place, and those with fewer than four numbered places, are not judged.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `passes_max`: interleaved rows of numbers that are accepted.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.1; Chongqing-Sichuan draft 2025 7.3.2.3 (slices in anatomical order).
    code: "GEO009",
    name: "non-spatial-instance-numbers",
    title: ("图像编号与层面顺序不符", "instance numbers do not follow the slices"),
    advice: (
        "从设备按解剖顺序重新编号或重新发送该序列",
        "number the series in anatomical order on the device and send it again"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("passes_max", Number, "1", "interleaved rows of numbers that are accepted"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let passes_max = count(params, "passes_max");
    let pass = Text::new("图像编号与层面顺序一致", "numbers follow the slices");
    per_series(view, &pass, &no_volume(), |s| {
        let volume = s.volume();
        let mut looked = false;
        for (stack, _) in volume.large(slices_min).filter(|(stack, _)| stack.repeats() == 0) {
            let numbers = stack.numbers(&volume.slices);
            let Some(follows) = follows(&numbers, passes_max) else { continue };
            looked = true;
            if follows {
                continue;
            }
            let turns = turns(&numbers);
            let why = Text::new(
                format!("{}层的编号在{turns}处与层面顺序相反", stack.places.len()),
                format!(
                    "numbers of {} slices turn back in {turns} places, limit 0",
                    stack.places.len()
                ),
            );
            return Said::Told(
                Outcome::fail(s.subject(), why)
                    .with(Evidence::new("number_turns", turns).limit(0))
                    .with(Evidence::new("slices", stack.places.len()).unit("slices")),
            );
        }
        if looked { Said::Pass } else { Said::Skip }
    })
}

/// How many neighbours go against the direction that most go in.
fn turns(numbers: &[Option<i64>]) -> usize {
    let up = numbers.windows(2).filter(|w| w[1] > w[0]).count();
    let down = numbers.windows(2).filter(|w| w[1] < w[0]).count();
    up.min(down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;
    use dicom_dictionary_std::tags;

    fn numbered(numbers: &[i64]) -> Study {
        let mut study = volume("CT", numbers.len(), 5.0);
        for (n, i) in numbers.iter().zip(&mut study.series[0].instances) {
            i.attributes.set_text(tags::INSTANCE_NUMBER, n.to_string());
        }
        study
    }

    #[test]
    fn hit_slices_out_of_order_and_miss_reversed_and_interleaved_ones() {
        one(&CHECK, &numbered(&[1, 2, 7, 4, 5, 6, 3, 8]), Fail);
        one(&CHECK, &numbered(&[8, 7, 6, 5, 4, 3, 2, 1]), Pass);
        one(&CHECK, &numbered(&[1, 5, 2, 6, 3, 7, 4, 8]), Pass);
        one(&CHECK, &volume("DX", 8, 5.0), NotApplicable);
    }
}
