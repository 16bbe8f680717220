//! The contrast classes of an examination: what its words, its series and an agent come to.

use super::exam::{Class, Exam};

/// The class that words, series and agent give, angiography and the like left out.
pub(super) fn base_class(exam: &Exam) -> Class {
    if matches!(exam.modality.as_str(), "DX" | "MG") {
        return Class::Film;
    }
    let c = &exam.contrast;
    let has = |list: &[String], w: &str| list.iter().any(|x| x == w);
    let words = if ["plain", "enhanced", "dynamic"].iter().any(|w| has(&c.words, w)) {
        &c.words
    } else {
        &c.series
    };
    let enhanced = has(words, "enhanced") || has(words, "dynamic");
    if has(words, "dynamic") && (c.agent || has(words, "enhanced")) {
        Class::Dynamic
    } else if enhanced {
        Class::Enhanced
    } else if has(words, "plain") {
        let contradicted = c.agent || has(&c.series, "enhanced");
        if contradicted { Class::Contradicted } else { Class::Plain }
    } else if c.agent {
        Class::Enhanced
    } else {
        Class::Unknown
    }
}

/// The classes one examination is made of: `平扫+MRA+DWI` is three.
pub(super) fn classes(exam: &Exam) -> Vec<(Class, Option<String>)> {
    let base = base_class(exam);
    if base == Class::Film {
        return vec![(base, None)];
    }
    let words: Vec<Class> = exam.contrast.words.iter().filter_map(|w| Class::parse(w)).collect();
    let is_base = |c: &Class| matches!(c, Class::Plain | Class::Enhanced | Class::Dynamic);
    let mut special: Vec<Class> = words.iter().copied().filter(|c| !is_base(c)).collect();
    if special.iter().any(|c| matches!(c, Class::PerfusionContrast | Class::PerfusionAsl)) {
        special.retain(|c| *c != Class::Perfusion);
    }
    let lone: Vec<&String> = exam
        .techniques
        .iter()
        .filter(|t| matches!(t.as_str(), "DWI" | "SWI" | "MRS" | "DTI"))
        .collect();
    let mut out = Vec::new();
    let first_special = words.iter().position(|c| !is_base(c));
    let first_base = words.iter().position(is_base);
    let base_apart = match (first_special, first_base) {
        (None, Some(_)) => true,
        (None, None) => lone.is_empty(),
        // `平扫+CTA` is a plain scan and an angiography; `CTA 平扫+增强` is an angiography.
        (Some(s), Some(b)) => b < s || exam.modality == "MR",
        (Some(_), None) => false,
    };
    if base_apart {
        let plain_first = first_special.is_some() && exam.modality == "CT";
        out.push((if plain_first { Class::Plain } else { mr_base(base, &special) }, None));
    }
    out.extend(special.into_iter().map(|c| (c, None)));
    out.extend(lone.into_iter().map(|s| (Class::Sequence, Some(s.clone()))));
    out
}

/// An agent that a contrast perfusion or angiography needs does not contradict the plain part.
fn mr_base(base: Class, special: &[Class]) -> Class {
    let uses_agent = special.iter().any(|c| {
        matches!(c, Class::CeMra | Class::CeMrv | Class::Perfusion | Class::PerfusionContrast)
    });
    if uses_agent && base == Class::Contradicted { Class::Plain } else { base }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exam(modality: &str, words: &[&str], agent: bool) -> Exam {
        let mut e = Exam { modality: modality.to_owned(), ..Exam::default() };
        e.contrast.words = words.iter().map(|w| (*w).to_owned()).collect();
        e.contrast.agent = agent;
        e
    }

    fn of(modality: &str, words: &[&str], agent: bool) -> Vec<Class> {
        classes(&exam(modality, words, agent)).into_iter().map(|(c, _)| c).collect()
    }

    #[test]
    fn plain_with_an_agent_is_contradicted_and_silence_is_unknown() {
        assert_eq!(of("CT", &["plain"], false), [Class::Plain]);
        assert_eq!(of("CT", &["plain"], true), [Class::Contradicted]);
        assert_eq!(of("CT", &["plain", "enhanced"], true), [Class::Enhanced]);
        assert_eq!(of("CT", &[], true), [Class::Enhanced]);
        assert_eq!(of("CT", &[], false), [Class::Unknown]);
    }

    #[test]
    fn a_plain_scan_before_an_angiography_is_an_examination_of_its_own() {
        assert_eq!(of("CT", &["plain", "CTA"], true), [Class::Plain, Class::Cta]);
        assert_eq!(of("CT", &["CTA", "plain", "enhanced"], true), [Class::Cta]);
        assert_eq!(of("MR", &["plain", "MRA"], false), [Class::Plain, Class::Mra]);
    }
}
