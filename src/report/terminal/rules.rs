//! What the terminal says of the policies: notices, site settings, catalogue rows.

use console::Style;

use crate::model::result::{ItemMatch, StudyResult};
use crate::model::text::Language;
use crate::report::{notices, words};

use super::Say;
use super::layout::Page;

impl Say<'_> {
    /// A short line a profile: what its document is worth, and how many values the site set.
    pub(super) fn notices(&self, page: &mut Page, r: &StudyResult) {
        let Some(set) = self.options.policies else { return };
        for note in notices::of_study(set, r) {
            if let Some(notice) = &note.notice {
                let text = format!("{}: {}", note.id, notice.get(self.options.language));
                page.field(self.t("请注意", "note"), &text, &Style::new().yellow());
            }
            if !note.settings.is_empty() {
                let (id, n) = (&note.id, note.settings.len());
                let text = match self.options.language {
                    Language::Zh => {
                        format!(
                            "{id} 有 {n} 个值为本站设定，条文未规定；见 hrgate policy show {id}"
                        )
                    }
                    Language::En => format!(
                        "{n} values of {id} are site settings, no clause prints them; see hrgate \
                         policy show {id}"
                    ),
                };
                page.field(self.t("本站设定", "site"), &text, &Style::new().dim());
            }
        }
    }

    /// The catalogue row of a match, and how it was found.
    pub(super) fn item(&self, item: &ItemMatch) -> String {
        let how = words::item_match(&item.matched).map_or(item.matched.as_str(), |t| self.st(t));
        let Some(set) = self.options.policies else {
            let name = item.name.as_deref().or(item.item.as_deref()).unwrap_or("–");
            return format!("{name} [{} {how}]", item.profile);
        };
        let note = notices::item_note(set, item);
        let line = |row: &notices::ItemRow| row.line().get(self.options.language).to_owned();
        let name = note.row.as_ref().map_or_else(|| "–".to_owned(), line);
        let mut text = format!("{name} [{} {how}]", item.profile);
        if !note.candidates.is_empty() {
            let list: Vec<String> = note.candidates.iter().map(line).collect();
            text += &format!(" {}{}", self.t("候选：", "one of: "), list.join("; "));
            if note.candidates_left_out > 0 {
                text += &format!(" +{}", note.candidates_left_out);
            }
        }
        text
    }
}
