//! Made-up results that look like a province's night run. Deterministic; no patient data.

use std::collections::BTreeMap;

use hrgate::checks::contract::Depth;
use hrgate::model::file::RejectReason;
use hrgate::model::outcome::{Evidence, OutcomeKind, Severity, Subject};
use hrgate::model::result::{
    Coverage, ItemMatch, OutcomeResult, Provenance, SCHEMA_VERSION, SeriesResult, StackResult,
    Status, StudyResult, Verdict,
};
use hrgate::model::text::{StaticText, Text};
use hrgate::report::aggregate::CheckWords;
use hrgate::report::aggregate::types::VerdictCounts;
use hrgate::report::html::StudyPicture;
use hrgate::report::picture::{self, FrameImage, Picture, PictureOptions, Pixels};
use hrgate::report::run_manifest::{FileCounts, RUN_SCHEMA_VERSION, RejectedEntry, RunManifest};

/// Made-up checks: code, name, title, advice, severity. Not those of the registry, so that the
/// committed pages do not change with it.
const CHECKS: &[(&str, &str, StaticText, StaticText, Severity)] = &[
    (
        "XGE001",
        "missing-slice",
        StaticText { zh: "容积数据中间缺层", en: "slice missing inside a volume" },
        StaticText {
            zh: "在设备工作站核对原始序列；层面齐全则重新传输整个序列，否则重新扫描。",
            en: "compare with the series on the scanner: send it again if complete, else rescan",
        },
        Severity::Critical,
    ),
    (
        "XEX001",
        "blank-image",
        StaticText { zh: "空白或近乎均匀的图像", en: "blank or near-constant image" },
        StaticText {
            zh: "删除该图像后重新传输；如为误曝光请重拍。",
            en: "remove the image and send again; retake if misexposed",
        },
        Severity::Critical,
    ),
    (
        "XFI005",
        "lossy-compression",
        StaticText { zh: "图像经有损压缩", en: "lossy compressed image" },
        StaticText {
            zh: "改用无损传输语法重新发送原始图像。",
            en: "send the original again with a lossless transfer syntax",
        },
        Severity::Major,
    ),
    (
        "XID001",
        "missing-required-attribute",
        StaticText { zh: "必填信息缺失", en: "required attribute missing" },
        StaticText {
            zh: "在 RIS/设备上补全该字段后重新发送。",
            en: "fill the attribute on RIS or device and send again",
        },
        Severity::Major,
    ),
    (
        "XID009",
        "undeclared-character-set",
        StaticText { zh: "字符集未声明", en: "character set not declared" },
        StaticText {
            zh: "在设备上将字符集设为 GB18030 或 UTF-8。",
            en: "set the character set of the device to GB18030 or UTF-8",
        },
        Severity::Minor,
    ),
];

/// The words of the made-up checks.
pub fn lookup(code_or_name: &str) -> Option<CheckWords> {
    CHECKS
        .iter()
        .find(|c| c.0 == code_or_name || c.1 == code_or_name)
        .map(|c| CheckWords { title: c.2, advice: c.3 })
}

fn outcome(check: usize, kind: OutcomeKind, subject: Subject) -> OutcomeResult {
    let (code, name, .., severity) = CHECKS[check];
    OutcomeResult {
        code: code.into(),
        name: name.into(),
        outcome: kind,
        status: Status::Stable,
        severity,
        required: check < 4,
        subject,
        evidence: Vec::new(),
        why: "looked at and not found".into(),
        why_zh: "已检查，未发现".into(),
        clause: None,
        dicom_code: None,
    }
}

fn failing(check: usize, series: &str, n: u32) -> OutcomeResult {
    let subject = match check {
        0 | 2 => Subject::series(series),
        1 => Subject {
            bbox: Some([120, 200, 380, 420]),
            ..Subject::frame(series, &format!("{series}.{n}"), 0)
        },
        _ => Subject::study(),
    };
    let mut o = outcome(check, OutcomeKind::Fail, subject);
    let gap = 2.5 + f64::from(n % 7) * 1.25;
    (o.evidence, o.why, o.why_zh) = match check {
        0 => (
            vec![
                Evidence::new("gap", gap).limit(1.9).unit("mm"),
                Evidence::new("missing_slices", n % 3 + 1).limit(0),
            ],
            format!("gap of {gap} mm after slice {}, limit 1.9 mm", n % 90 + 10),
            format!("第 {} 层之后间隔 {gap} mm，限值 1.9 mm", n % 90 + 10),
        ),
        1 => (
            vec![Evidence::new("near_constant_share", 0.997).limit(0.98)],
            "0.997 of pixels lie within 1 % of one value, limit 0.98".into(),
            "0.997 的像素集中在同一灰度的 1% 以内，限值 0.98".into(),
        ),
        2 => (
            vec![Evidence::new("compression_ratio", 14.2).limit(1.0)],
            "ratio 14.2 by JPEG Baseline, limit 1".into(),
            "JPEG 有损压缩，压缩比 14.2，限值 1".into(),
        ),
        3 => (
            vec![Evidence::new("absent", "Body Part Examined (0018,0015)")],
            "Body Part Examined (0018,0015) is absent".into(),
            "缺少检查部位（0018,0015）".into(),
        ),
        _ => (
            vec![Evidence::new("charset_assumed", "GB18030")],
            "text reads as GB18030, and no character set is declared".into(),
            "文本按 GB18030 可读，但未声明字符集".into(),
        ),
    };
    if check < 4 {
        o.clause = Some(format!("京卫医〔2024〕号 附件2 第{}条", check + 3));
    }
    o
}

/// Spreads the bits of a number.
fn mix(n: u32) -> u32 {
    let a = (n ^ (n >> 16)).wrapping_mul(0x7feb_352d);
    let b = (a ^ (a >> 15)).wrapping_mul(0x846c_a68b);
    b ^ (b >> 16)
}

/// Study `n` of an institution; what is wrong follows from `n` and `badness` (0 to 10).
pub fn study(institution: (&str, &str), n: u32, badness: u32) -> StudyResult {
    let salt = institution.0.bytes().fold(7, |a: u32, b| a.wrapping_mul(31) + u32::from(b));
    let draw = mix(n.wrapping_add(salt));
    let modality = ["CT", "DX", "MR", "CT", "DX", "MG", "US", "CT", "MR"][(draw % 9) as usize];
    let uid = format!("1.2.826.0.1.3680043.10.{}.{n}", 1000 + institution.0.len());
    let series = format!("{uid}.1");
    let (mut outcomes, mut reasons) = (Vec::new(), Vec::new());
    let verdict = if modality == "US" {
        outcomes =
            (0..5).map(|c| outcome(c, OutcomeKind::NotApplicable, Subject::study())).collect();
        reasons.push("not-judged".to_owned());
        Verdict::Review
    } else {
        let mut worst = Verdict::Pass;
        for check in 0..5_u32 {
            let hit = mix(draw ^ (check + 1)) % 200 < badness * (check + 2);
            let index = check as usize;
            outcomes.push(if hit {
                failing(index, &series, n)
            } else {
                outcome(index, OutcomeKind::Pass, Subject::study())
            });
            if hit && check < 4 {
                worst = worst.max(if check < 2 { Verdict::Fail } else { Verdict::Review });
                reasons.push(CHECKS[index].1.to_owned());
            }
        }
        if mix(draw).is_multiple_of(90) {
            let mut broken = outcome(1, OutcomeKind::CouldNotRun, Subject::series(&series));
            broken.why = "pixel data could not be decoded".into();
            broken.why_zh = "像素数据无法解码".into();
            outcomes[1] = broken;
            worst = worst.max(Verdict::Review);
        }
        worst
    };
    let of = |k: OutcomeKind| outcomes.iter().filter(|o| o.outcome == k).count() as u32;
    let coverage = Coverage {
        ran: of(OutcomeKind::Pass) + of(OutcomeKind::Fail),
        not_applicable: of(OutcomeKind::NotApplicable),
        could_not_run: of(OutcomeKind::CouldNotRun),
    };
    let slices = if matches!(modality, "CT" | "MR") { 60 + mix(draw) % 300 } else { 1 };
    StudyResult {
        schema_version: SCHEMA_VERSION,
        study_uid: Some(uid.clone()),
        study_key: uid,
        institution: institution.0.into(),
        institution_name: institution.1.into(),
        study_date: Some(format!("202601{:02}", mix(draw ^ 0x63) % 28 + 1)),
        modalities: vec![modality.into()],
        items: vec![ItemMatch {
            profile: "beijing-2024".into(),
            item: Some("BJ-001".into()),
            name: Some("胸部检查".into()),
            matched: "code".into(),
            candidates: Vec::new(),
            sop_uids: Vec::new(),
        }],
        verdict,
        verdict_reasons: reasons,
        grade: None,
        coverage,
        files: slices,
        series: vec![SeriesResult {
            series_uid: Some(series),
            modality: Some(modality.into()),
            kind: (modality == "CT").then(|| "THIN".into()),
            plane: (modality == "CT").then(|| "Tra".into()),
            instances: slices,
            stacks: vec![StackResult {
                slices,
                spacing: Some(1.25),
                geometry: Some("regular".into()),
                ..StackResult::default()
            }],
            ..SeriesResult::default()
        }],
        markers: Vec::new(),
        outcomes,
        labels: Vec::new(),
        provenance: Provenance {
            tool: "hrgate 0.1.0".into(),
            policies: [("base", "a3f1"), ("beijing-2024", "77c0")]
                .map(|(id, d)| (id.to_owned(), d.repeat(16)))
                .into(),
            depth: "pixels".into(),
            ..Provenance::default()
        },
    }
}

/// The manifest of the made-up run.
pub fn manifest() -> RunManifest {
    let reasons: BTreeMap<String, u64> =
        [("empty".to_owned(), 2), ("header-undecodable".to_owned(), 1)].into();
    let rejected = |path: &str, reason, zh: &str, en: &str| RejectedEntry {
        source: 0,
        path: path.into(),
        reason,
        text: Text::new(zh, en),
    };
    RunManifest {
        schema_version: RUN_SCHEMA_VERSION,
        run_id: "2026-02-01-night".into(),
        tool: "hrgate 0.1.0".into(),
        started: "2026-01-31T18:00:00Z".parse().unwrap(),
        finished: None,
        utc_offset_minutes: 480,
        sources: vec!["incoming".into()],
        depth: Depth::Pixels,
        input_fingerprint: Some("5d0c".repeat(16)),
        counts: FileCounts {
            files: 1_203,
            bytes: 1 << 33,
            evaluated: 1_190,
            ignored: 10,
            rejected: 3,
            ignored_by_reason: [("not-dicom".to_owned(), 10)].into(),
            rejected_by_reason: reasons,
        },
        rejected_files: vec![
            rejected(
                "放射科/0105/IM-0003",
                RejectReason::Empty,
                "文件为 0 字节",
                "the file has 0 bytes",
            ),
            rejected(
                "放射科/0105/IM-0009",
                RejectReason::Empty,
                "文件为 0 字节",
                "the file has 0 bytes",
            ),
            rejected(
                "upload/a.zip!CT/17.dcm",
                RejectReason::HeaderUndecodable,
                "标签 (0020,000D) 的长度超出文件",
                "length of (0020,000D) is past the end of the file",
            ),
        ],
        studies: VerdictCounts::default(),
        changes: None,
        left_out: 0,
        sample: None,
        institutions: 4,
        policies: BTreeMap::new(),
        models: BTreeMap::new(),
        runtime: None,
        notices: Vec::new(),
        threads: 8,
        memory_budget: 1 << 28,
        durations: Vec::new(),
        manifest: None,
        ledger: None,
    }
}

/// A picture that looks like a slice through a body.
pub fn slice(subject: Subject, options: &PictureOptions) -> StudyPicture {
    let side = 360_usize;
    let inside = |x: f32, y: f32, cx: f32, cy: f32, rx: f32, ry: f32| {
        ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) < 1.0
    };
    let mut state = 7_u32;
    let mut values = Vec::with_capacity(side * side);
    for i in 0..side * side {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as f32 / 6.0 - 21.0;
        let scale = 256.0 / side as f32;
        let (x, y) = ((i % side) as f32 * scale, (i / side) as f32 * scale);
        let tissue = if inside(x, y, 128.0, 175.0, 14.0, 12.0) {
            500.0
        } else if inside(x, y, 82.0, 125.0, 34.0, 48.0) || inside(x, y, 174.0, 125.0, 34.0, 48.0) {
            -800.0
        } else if inside(x, y, 128.0, 130.0, 105.0, 78.0) {
            40.0
        } else {
            -1000.0
        };
        values.push(tissue + noise);
    }
    let bbox = subject.bbox.map(|_| [66, 108, 165, 245]);
    let frame = FrameImage {
        pixels: Pixels::Grey { values: &values, monochrome1: false, window: None, padding: None },
        rows: side,
        columns: side,
        spacing: None,
        modality: "CT",
        bbox,
    };
    let picture: Picture = picture::render(&frame, options).unwrap();
    StudyPicture { subject, picture }
}
