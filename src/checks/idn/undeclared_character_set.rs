//! IDN006: text that is readable only with another character set than the declared one.

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

declare_check! {
    /// Text that is readable only with another character set than the declared one.
    ///
    /// ## What it does
    /// Reports instances whose text was decoded with a character set that the file does not declare,
    /// such as GBK bytes under the default repertoire.
    ///
    /// ## Why it matters
    /// Software that believes the declaration shows garbled names.
    ///
    /// ## How it is measured
    /// The character set used differs from Specific Character Set; any such instance fails.
    ///
    /// ## Known limits
    /// The character set is a guess from the bytes; a short text may fit several.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.12.1.1.2 (Specific Character Set); PS3.5 6.1 and Annex J.
    code: "IDN006",
    name: "undeclared-character-set",
    title: ("字符集未声明或声明错误", "the character set is not the declared one"),
    advice: (
        "请设备厂家在Specific Character Set中声明实际使用的字符集",
        "have the maker declare the character set that is really used in Specific Character Set"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::File,
        Input::Header(tags::SPECIFIC_CHARACTER_SET),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Text::new("字符集与声明一致", "text is in the declared character set"),
        &Text::new("没有可判定的文件", "there is no file to judge"),
        say,
    )
}

fn say(instance: &InstanceView<'_>) -> Said {
    let Some(used) = &instance.file().charset_assumed else { return Said::Pass };
    let declared = instance.texts(tags::SPECIFIC_CHARACTER_SET).join("\\");
    let declared = if declared.is_empty() { "none".to_owned() } else { declared };
    Said::Fail(
        Fault::new(
            format!("{used} for {declared}"),
            format!("文字按{used}解码，声明为{declared}"),
            format!("the text was decoded as {used}, limit {declared} as declared"),
        )
        .with(Evidence::new("character_set", used.clone()).limit(declared)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn hit_gbk_without_declaration() {
        let mut study = volume("DX", 1, 5.0);
        study.series[0].instances[0].file.charset_assumed = Some("GBK".into());
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "character_set"), "GBK");
    }

    #[test]
    fn miss_the_declared_set() {
        one(&CHECK, &volume("DX", 1, 5.0), OutcomeKind::Pass);
    }
}
