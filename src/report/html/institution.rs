//! The page of one institution. Cards come first, then pictures, then rows of the table: what does
//! not fit under the limit is left out from the end, and the page says how much.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use askama::Template;

use crate::model::outcome::OutcomeKind;
use crate::model::result::{Status, Verdict};
use crate::model::text::StaticText;
use crate::report::aggregate::types::{
    Finding, FindingGroup, InstitutionReport, StudyDetail, StudyRow,
};
use crate::report::{format, words};

use super::bi::{Bi, both, escaped, st, t, tx};
use super::charts;
use super::helpers::{
    bar_class, decision, depth_words, evidence_name, evidence_value, item_line, lead, longest,
    match_words, modality_abbr, sample_words, severity_class, unit_words,
};
use super::record::{appeal_state, check_title, days, score_state, scores, target};
use super::{HtmlError, PAGE_LIMIT, PICTURE_SHARE, Pictures, StudyPicture};

/// Bytes kept free: the counts written last are not known when the page is measured.
const MARGIN: usize = 4_000;

/// Bytes that cards may take without pictures; hostile findings cannot push the table out.
const CARD_SHARE: usize = 1_600_000;

/// Cards open at first; the others open on a click, and all of them for print.
const OPEN_CARDS: usize = 5;

/// Text for those who cannot see the picture.
const CAPTION: StaticText = StaticText {
    zh: "该检查中未通过检查项的图像",
    en: "the image of the study that failed a check",
};

/// Titles of checks by name.
type Titles<'a> = BTreeMap<&'a str, Bi<'a>>;

#[derive(Template)]
#[template(path = "institution.html")]
struct Page<'a> {
    r: &'a InstitutionReport,
    cards: &'a str,
    cards_shown: usize,
    rows: &'a str,
    rows_shown: u64,
    rows_left_out: u64,
    pictures_left_out: usize,
}

#[derive(Template)]
#[template(path = "card.html")]
struct Card<'a> {
    d: &'a StudyDetail,
    n: usize,
    open: bool,
    titles: &'a Titles<'a>,
    picture: Option<&'a StudyPicture>,
}

/// Renders the page; `pictures` holds those of the worst studies, by study key.
pub fn render_institution(
    report: &InstitutionReport,
    pictures: &Pictures,
) -> Result<String, HtmlError> {
    let titles = titles(report);
    let bare = bare_bytes(report)?;
    let mut left = PAGE_LIMIT.saturating_sub(bare + MARGIN);

    let mut cards = Vec::new();
    let mut card_bytes = 0;
    for (i, d) in report.worst.iter().enumerate() {
        let card =
            Card { d, n: i + 1, open: i < OPEN_CARDS, titles: &titles, picture: None }.render()?;
        card_bytes += card.len();
        if card_bytes > CARD_SHARE {
            break;
        }
        left = left.saturating_sub(card.len());
        cards.push(card);
    }

    let rows = rows(report, cards.len());
    let reserved: usize = rows.iter().map(String::len).sum::<usize>();
    let for_pictures = left.saturating_sub(reserved).max(PICTURE_SHARE.min(left));
    let (used, left_out) = add_pictures(report, &titles, pictures, &mut cards, for_pictures)?;
    left = left.saturating_sub(used);

    let mut parts = Parts {
        cards: cards.concat(),
        cards_shown: cards.len(),
        pictures_left_out: left_out,
        ..Parts::default()
    };
    for row in &rows {
        if parts.rows.len() + row.len() > left {
            break;
        }
        parts.rows.push_str(row);
        parts.rows_shown += 1;
    }
    let rows = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    parts.rows_left_out = report.rows_left_out + rows.saturating_sub(parts.rows_shown);
    // What is known beforehand, and room for the counts: a page that outgrows its memory is copied.
    let mut html = String::with_capacity(bare + parts.cards.len() + parts.rows.len() + MARGIN);
    page(report, &parts).render_into(&mut html)?;
    if html.len() > PAGE_LIMIT { Err(HtmlError::TooLarge(html.len())) } else { Ok(html) }
}

/// The parts of a page whose size depends on the budget.
#[derive(Default)]
struct Parts {
    cards: String,
    cards_shown: usize,
    rows: String,
    rows_shown: u64,
    rows_left_out: u64,
    pictures_left_out: usize,
}

fn page<'a>(r: &'a InstitutionReport, p: &'a Parts) -> Page<'a> {
    Page {
        r,
        cards: &p.cards,
        cards_shown: p.cards_shown,
        rows: &p.rows,
        rows_shown: p.rows_shown,
        rows_left_out: p.rows_left_out,
        pictures_left_out: p.pictures_left_out,
    }
}

/// Bytes of the page without cards and rows.
fn bare_bytes(report: &InstitutionReport) -> Result<usize, HtmlError> {
    /// Counts what it is given.
    struct Count(usize);
    impl std::fmt::Write for Count {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let mut count = Count(0);
    page(report, &Parts::default()).render_into(&mut count)?;
    Ok(count.0)
}

/// Renders the cards again with their pictures while they fit; returns bytes used and how many
/// pictures did not fit.
fn add_pictures(
    report: &InstitutionReport,
    titles: &Titles<'_>,
    pictures: &Pictures,
    cards: &mut [String],
    mut left: usize,
) -> Result<(usize, usize), HtmlError> {
    let (mut used, mut left_out) = (0, 0);
    for (i, (d, card)) in report.worst.iter().zip(cards).enumerate() {
        let Some(picture) = pictures.get(&d.study_key) else { continue };
        let with =
            Card { d, n: i + 1, open: i < OPEN_CARDS, titles, picture: Some(picture) }.render()?;
        let more = with.len().saturating_sub(card.len());
        if more > left {
            left_out += 1;
            continue;
        }
        left -= more;
        used += more;
        *card = with;
    }
    Ok((used, left_out))
}

fn titles(report: &InstitutionReport) -> Titles<'_> {
    let s = &report.summary;
    s.could_not_run.iter().chain(&s.failing).map(|c| (c.name.as_str(), tx(&c.title))).collect()
}

/// Rows of the table: studies whose card did not fit, then the report's rows.
fn rows(report: &InstitutionReport, cards: usize) -> Vec<String> {
    let demoted = report.worst.iter().skip(cards).map(|d| {
        let reasons = d.findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>().join(" ");
        row(
            class(d.verdict, false),
            &d.study_key,
            d.study_date.as_deref(),
            &d.modalities.join("+"),
            &reasons,
        )
    });
    let rows = report.rows.iter().map(|r: &StudyRow| {
        let reasons = r.reasons.join(" ");
        let date = r.study_date.as_deref();
        row(class(r.verdict, r.not_judged), &r.study_key, date, &r.modalities, &reasons)
    });
    demoted.chain(rows).collect()
}

/// One row. Closing tags that HTML lets us leave out are left out: there may be 20,000 rows.
fn row(class: &str, key: &str, date: Option<&str>, modalities: &str, reasons: &str) -> String {
    let mut html = String::with_capacity(128);
    let _ = writeln!(
        html,
        "<tr class={class}><td><td>{}<td>{}<td>{}<td>{}",
        escaped(&format::cut(key, 200)),
        escaped(&format::date(&format::cut(date.unwrap_or(""), 16))),
        escaped(&format::cut(modalities, 40)),
        escaped(&format::cut(reasons, 120))
    );
    html
}

/// Style class of a verdict; the style sheet writes the word.
fn class(verdict: Verdict, not_judged: bool) -> &'static str {
    match verdict {
        _ if not_judged => "n",
        Verdict::Pass => "p",
        Verdict::Review => "r",
        Verdict::Fail => "f",
    }
}

/// The words of a verdict's reason. A check that could not run says so: its title names a defect
/// that nobody saw.
fn reason<'a>(name: &'a str, titles: &Titles<'a>, d: &StudyDetail) -> Bi<'a> {
    if let Some(text) = words::verdict_reason(name) {
        return st(text);
    }
    let title = titles.get(name).cloned().unwrap_or_else(|| t(name, name));
    let named = || d.findings.iter().filter(|f| f.name == name || f.code == name);
    if named().next().is_some() && named().all(|f| f.outcome == OutcomeKind::CouldNotRun) {
        return title.after("无法判断：", "could not run: ");
    }
    title
}

/// Where a finding is, for people.
fn place(f: &Finding) -> Bi<'static> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut add = |zh: String, en: String| parts.push((zh, en));
    if let Some(n) = f.series_number {
        let label = f.series_label.as_deref().map_or_else(String::new, |l| format!(" ({l})"));
        add(format!("序列 {n}{label}"), format!("series {n}{label}"));
    } else if let Some(uid) = &f.subject.series_uid {
        add(format!("序列 {uid}"), format!("series {uid}"));
    }
    if let Some(uid) = &f.subject.sop_uid {
        add(format!("图像 {uid}"), format!("instance {uid}"));
    }
    if let Some(frame) = f.subject.frame {
        let n = u64::from(frame) + 1;
        add(format!("第 {n} 帧"), format!("frame {n}"));
    }
    if let Some([x0, y0, x1, y1]) = f.subject.bbox {
        let corners = format!("({x0}, {y0})–({x1}, {y1})");
        add(format!("区域 {corners}"), format!("box {corners}"));
    }
    if parts.is_empty() {
        return t("整个检查", "whole study");
    }
    let (zh, en): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    t(zh.join(" · "), en.join(" · "))
}

/// How many more places a group has than it shows.
fn more(g: &FindingGroup) -> usize {
    usize::try_from(g.count).unwrap_or(usize::MAX).saturating_sub(g.shown.len())
}

fn caption(p: &StudyPicture) -> Bi<'static> {
    let frame = p.subject.frame.map(|f| u64::from(f) + 1);
    let zh = frame.map_or_else(|| "问题图像".to_owned(), |n| format!("问题图像，第 {n} 帧"));
    let en =
        frame.map_or_else(|| "failing image".to_owned(), |n| format!("failing image, frame {n}"));
    t(zh, en)
}
