//! The pages as a whole: what stands in them, how large they are, that they are the same bytes
//! every time. `HRGATE_PREVIEW=DIR` writes example pages there to be looked at.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a test may stop at once"
)]

#[path = "report_pages/fixture.rs"]
mod fixture;

use std::fs;
use std::path::Path;

use hrgate::model::outcome::Evidence;
use hrgate::model::result::{StudyResult, Verdict};
use hrgate::model::text::Text;
use hrgate::report::aggregate::types::InstitutionReport;
use hrgate::report::aggregate::{Aggregate, Aggregator, Limits};
use hrgate::report::files;
use hrgate::report::html::{
    PAGE_LIMIT, Pictures, index_report, picture_budget, render_index, render_institution,
};
use hrgate::report::picture::PictureOptions;

const HOSPITALS: [(&str, &str, u32, u32); 5] = [
    ("bj-001", "北京市第一示范医院", 320, 2),
    ("bj-002", "城东区中医医院", 90, 6),
    ("bj-003", "河西县人民医院（医共体总院）", 41, 1),
    ("bj-004", "康宁影像诊断中心", 7, 0),
    ("unknown", "", 12, 4),
];

fn aggregate<'a>(studies: impl IntoIterator<Item = &'a StudyResult>) -> Aggregate {
    let mut a = Aggregator::new(fixture::lookup, Limits::default());
    studies.into_iter().for_each(|s| a.add(s));
    a.finish(&fixture::manifest().brief())
}

fn province() -> Vec<StudyResult> {
    let one = |(id, name, count, badness): &(&'static str, &'static str, u32, u32)| {
        let (id, name, badness) = (*id, *name, *badness);
        (0..*count).map(move |n| fixture::study((id, name), n, badness)).collect::<Vec<_>>()
    };
    HOSPITALS.iter().flat_map(one).collect()
}

fn pictures(report: &InstitutionReport, options: &PictureOptions) -> Pictures {
    report
        .worst
        .iter()
        .filter_map(|s| Some((s.study_key.clone(), fixture::slice(s.picture.clone()?, options))))
        .collect()
}

/// Compares with the committed page; HRGATE_BLESS=1 rewrites it.
fn golden(name: &str, html: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report_pages/golden").join(name);
    if std::env::var_os("HRGATE_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, html).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let line = committed.lines().zip(html.lines()).position(|(a, b)| a != b);
    assert!(committed == html, "{name} differs at line {line:?}; HRGATE_BLESS=1 rewrites it");
}

/// The page without style and script, which are files of their own.
fn content(html: &str) -> String {
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, tail) = rest.split_once("<script>").unwrap();
    let (_, tail) = tail.split_once("</script>").unwrap();
    format!("{head}{body}{tail}")
}

#[test]
fn pages_are_as_committed() {
    let studies: Vec<_> = (0..14).map(|n| fixture::study(("bj-009", "示范医院"), n, 8)).collect();
    let a = aggregate(&studies);
    let html = render_institution(&a.institutions[0], &Pictures::new()).unwrap();
    golden("institution.html", &content(&html));
    let index = index_report(&a, &fixture::manifest());
    golden("index.html", &content(&render_index(&index).unwrap()));
}

#[test]
fn every_finding_stands_in_both_languages_with_value_limit_and_advice() {
    let studies: Vec<_> = (0..60).map(|n| fixture::study(("a", "甲"), n, 8)).collect();
    let a = aggregate(&studies);
    let html = render_institution(&a.institutions[0], &Pictures::new()).unwrap();
    let mut seen = 0;
    for detail in &a.institutions[0].worst {
        for group in &detail.findings {
            for text in [Some(&group.title), group.advice.as_ref()].into_iter().flatten() {
                assert!(html.contains(&text.zh) && html.contains(&text.en), "{text:?}");
            }
            for f in &group.shown {
                assert!(html.contains(&f.why.zh) && html.contains(&f.why.en), "{:?}", f.why);
                seen += 1;
            }
        }
    }
    assert!(seen > 20);
    for part in [
        "<td class=\"over\">3.75</td><td>1.9</td><td><span lang=\"zh\">毫米</span>",
        "附件2 第3条",
        "What to do now",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn hostile_values_are_escaped_everywhere() {
    const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let mut s = fixture::study(("x", EVIL), 1, 10);
    s.verdict = Verdict::Fail;
    s.study_key = EVIL.into();
    s.study_date = Some(EVIL.into());
    s.modalities = vec![EVIL.into()];
    s.grade = Some(EVIL.into());
    s.verdict_reasons = vec![EVIL.into()];
    s.items[0].name = Some(EVIL.into());
    s.provenance.policies = [(EVIL.to_owned(), EVIL.to_owned())].into();
    s.series[0].kind = Some(EVIL.into());
    for o in &mut s.outcomes {
        o.outcome = hrgate::model::outcome::OutcomeKind::Fail;
        o.subject.series_uid = s.series[0].series_uid.clone();
        o.subject.sop_uid = Some(EVIL.into());
        o.evidence = vec![Evidence::new(EVIL, EVIL).limit(EVIL).unit(EVIL)];
        (o.why, o.why_zh) = (EVIL.into(), EVIL.into());
        (o.clause, o.dicom_code) = (Some(EVIL.into()), Some(EVIL.into()));
        (o.code, o.name) = (format!("{EVIL}{}", o.code), EVIL.into());
    }
    let mut row = s.clone();
    (row.study_key, row.verdict) = (format!("{EVIL}2"), Verdict::Pass);
    let a = aggregate([&s, &row]);
    let mut manifest = fixture::manifest();
    manifest.run_id = EVIL.into();
    manifest.rejected_files[0].path = EVIL.into();
    manifest.rejected_files[0].text = Text::new(EVIL, EVIL);
    manifest.counts.rejected_by_reason = [(EVIL.to_owned(), 3)].into();
    let index = index_report(&a, &manifest);
    let page = render_institution(&a.institutions[0], &Pictures::new()).unwrap();
    for html in [page, render_index(&index).unwrap()] {
        assert_eq!(html.matches("<script>").count(), 1, "only our own script");
        assert!(!html.contains("<img src=x") && !html.contains("\"'>"), "unescaped");
        assert!(html.contains("alert(1)"), "the text itself is shown");
    }
}

#[test]
fn a_page_of_twenty_thousand_studies_with_two_hundred_pictures_stays_under_the_limit() {
    let mut studies: Vec<_> =
        (0..20_000).map(|n| fixture::study(("big", "大型医院"), n, 5)).collect();
    for study in &mut studies {
        study.study_key = format!("{:0<60}", study.study_key.clone() + ".");
    }
    let a = aggregate(&studies);
    let report = &a.institutions[0];
    assert_eq!(report.worst.len(), 200);
    let large = PictureOptions::default();
    let mut all = pictures(report, &large);
    let bytes = all.values().next().unwrap().picture.bytes().len();
    assert!((15_000..40_000).contains(&bytes), "a picture of about 20 kB, got {bytes}");
    let crowded = render_institution(report, &all).unwrap();
    assert!(crowded.len() <= PAGE_LIMIT, "{}", crowded.len());
    let shown = crowded.matches("<img src=\"data:image/jpeg").count();
    assert!((60..200).contains(&shown), "{shown}");
    assert!(crowded.contains("为控制文件大小省略图片"));
    // Pictures made within the page's own budget all fit.
    let fitting = PictureOptions { max_bytes: Some(picture_budget(report)), ..large };
    let one = fixture::slice(report.worst[0].picture.clone().unwrap_or_default(), &fitting);
    assert!(one.picture.bytes().len() <= picture_budget(report));
    for picture in all.values_mut() {
        picture.picture = one.picture.clone();
    }
    let html = render_institution(report, &all).unwrap();
    assert!(html.len() <= PAGE_LIMIT, "{}", html.len());
    assert_eq!(html.matches("<img src=\"data:image/jpeg").count(), all.len());
    let rows = html.matches("\n<tr class=").count() + 1;
    assert!(rows > 10_000, "{rows} rows");
}

#[test]
fn pages_load_nothing_and_are_the_same_every_time() {
    let studies = province();
    let render = |a: &Aggregate| -> Vec<String> {
        let mut pages: Vec<String> = a
            .institutions
            .iter()
            .map(|r| render_institution(r, &pictures(r, &PictureOptions::default())).unwrap())
            .collect();
        pages.push(render_index(&index_report(a, &fixture::manifest())).unwrap());
        pages
    };
    let pages = render(&aggregate(&studies));
    assert_eq!(pages, render(&aggregate(studies.iter().rev())));
    for html in &pages {
        for load in ["http:", "https:", "src=\"/", "url(", "@import", "<link", "fetch("] {
            assert!(!html.contains(load), "{load}");
        }
    }
}

#[test]
fn the_unknown_institution_stands_apart() {
    let index = index_report(&aggregate(&province()), &fixture::manifest());
    assert_eq!(index.institutions.len(), 4);
    assert!(index.institutions.iter().all(|e| e.institution.known));
    assert_eq!(index.unknown.as_ref().unwrap().counts.studies, 12);
    assert_eq!(index.rejected.total, 3);
    let sum: u64 = index.institutions.iter().map(|e| e.counts.studies).sum();
    assert_eq!(sum + 12, index.summary.counts.studies);
}

#[test]
fn files_are_written_where_the_index_links_to() {
    let preview = std::env::var_os("HRGATE_PREVIEW").map(std::path::PathBuf::from);
    let scratch = tempfile::tempdir().unwrap();
    let folder = preview.as_deref().unwrap_or(scratch.path());
    let a = aggregate(&province());
    for r in &a.institutions {
        let options =
            PictureOptions { max_bytes: Some(picture_budget(r)), ..PictureOptions::default() };
        files::write_institution(folder, r, &pictures(r, &options)).unwrap();
    }
    let index = index_report(&a, &fixture::manifest());
    files::write_index(folder, &index).unwrap();
    files::write_run(folder, &fixture::manifest()).unwrap();
    for e in index.institutions.iter().chain(&index.unknown) {
        let text = fs::read_to_string(folder.join(&e.json)).unwrap();
        let back: InstitutionReport = serde_json::from_str(&text).unwrap();
        assert_eq!(back.summary.counts, e.counts);
        assert!(fs::read_to_string(folder.join(&e.html)).unwrap().contains(&e.institution.name));
    }
}
