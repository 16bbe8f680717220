//! Runs the checks over one study. A panic in one check costs that check.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::model::outcome::{Outcome, Subject};
use crate::model::study::Study;
use crate::model::text::Text;
use crate::policy::resolved::Policy;

use super::contract::{CheckMeta, Depth};
use super::registry;
use super::view::StudyView;

/// One check with what it said.
pub struct Ran {
    /// The check.
    pub meta: &'static CheckMeta,
    /// At least one outcome.
    pub outcomes: Vec<Outcome>,
}

/// Runs every registered check over `study` under `policy`; the order is that of the registry.
pub fn run_all(study: &Study, policy: &Policy, depth: Depth, as_of: &str) -> Vec<Ran> {
    registry::all()
        .map(|meta| Ran { meta, outcomes: run_one(meta, study, policy, depth, as_of) })
        .collect()
}

/// Runs one check, isolated.
pub fn run_one(
    meta: &'static CheckMeta,
    study: &Study,
    policy: &Policy,
    depth: Depth,
    as_of: &str,
) -> Vec<Outcome> {
    if depth < meta.depth {
        return vec![Outcome::could_not_run(
            Subject::study(),
            Text::new(
                "本次运行的深度没有读到该检查所需的数据",
                "the run's depth did not read what this check needs",
            ),
        )];
    }
    let view = StudyView::new(study, meta, depth, as_of);
    let params = policy.params(meta);
    let ran = catch_unwind(AssertUnwindSafe(|| (meta.run)(&view, params)));
    match ran {
        Ok(outcomes) if outcomes.is_empty() => {
            vec![broke("检查没有给出任何结果", "the check returned no outcome")]
        }
        Ok(outcomes) => outcomes,
        Err(panic) => {
            let words = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            vec![broke(&format!("检查程序内部错误：{words}"), &format!("the check broke: {words}"))]
        }
    }
}

fn broke(zh: &str, en: &str) -> Outcome {
    Outcome::could_not_run(Subject::study(), Text::new(zh, en))
}
