//! A profile as a page for people, in Markdown, Chinese beside English: what its document says,
//! what the program does with it, and what the site sets because no text does.

use std::fmt::Write as _;

use super::catalogue::{Confidence, Item, RowKind};
use super::profile::{Profile, Rules};
use super::words::{DocumentStatus, Evaluator, WindowUnit};

/// The page of a profile.
pub fn page(profile: &Profile) -> String {
    let rules = &profile.rules;
    let mut text = format!("# {} · {}\n\n`{}`\n\n", rules.name.zh, rules.name.en, profile.id);
    document(rules, &mut text);
    labels(rules, &mut text);
    evaluations(rules, &mut text);
    recognition(rules, &mut text);
    data(rules, &mut text);
    differences(profile, &mut text);
    settings(profile, &mut text);
    catalogue(profile, &mut text);
    text
}

fn heading(text: &mut String, zh: &str, en: &str) {
    let _ = writeln!(text, "\n## {zh} · {en}\n");
}

fn document(rules: &Rules, text: &mut String) {
    let d = &rules.document;
    let _ = writeln!(text, "**{}**", d.title);
    let known = [d.issuer.as_deref(), d.number.as_deref(), d.date.as_deref()];
    let known: Vec<&str> = known.into_iter().flatten().collect();
    if !known.is_empty() {
        let _ = writeln!(text, "{}", known.join("，"));
    }
    let mark = if d.status == DocumentStatus::InForce { "" } else { "⚠ " };
    let _ = writeln!(text, "\n{mark}{} · {}", d.status_note.zh, d.status_note.en);
    let f = &rules.force;
    let bound = f.bound.text();
    let _ = writeln!(text, "\n* 互认效力 · force: {} · {} ({})", bound.zh, bound.en, f.clause);
    match &rules.validity {
        Some(v) => {
            let unit = if v.unit == WindowUnit::Month { "个月 · month" } else { "天 · days" };
            let soft = if v.soft { "，参考性 · a reference only" } else { "" };
            let _ = writeln!(text, "* 互认时限 · window: {} {unit}{soft} ({})", v.length, v.clause);
        }
        None => text.push_str("* 互认时限 · window: 未规定 · none printed\n"),
    }
}

fn labels(rules: &Rules, text: &mut String) {
    heading(text, "标识", "label");
    let Some(labelling) = &rules.labelling else {
        text.push_str("该文件未规定互认标识，因此不加注任何标识。 · The document defines no label, so none is applied.\n");
        return;
    };
    text.push_str("| scope | 中文 | Latin | membership | clause |\n|---|---|---|---|---|\n");
    for l in &rules.labels {
        let latin = l.en.as_deref().map_or("–".to_owned(), |en| format!("`{en}`"));
        let member = l.membership.as_deref().unwrap_or("–");
        let _ = writeln!(text, "| {} | `{}` | {latin} | {member} | {} |", l.scope, l.zh, l.clause);
    }
    let bound = labelling.bound.text();
    let _ = writeln!(
        text,
        "\n* 通过评价后 · once passed: {} · {} ({})",
        bound.zh, bound.en, labelling.clause
    );
    if let Some(clause) = &labelling.widest_only {
        let _ =
            writeln!(text, "* 多个范围只标最大范围 · only the widest scope is printed ({clause})");
    }
    if let Some(p) = &labelling.position {
        let on: Vec<String> = p.on.iter().map(|c| c.text().zh.to_owned()).collect();
        let place = p.place.text();
        let _ = writeln!(
            text,
            "* 位置 · position: {} · {} ({}; {})",
            place.zh,
            place.en,
            on.join("/"),
            p.clause
        );
    }
    let _ = writeln!(
        text,
        "* 未评价或评价不合格不得标注 · never without a passed evaluation ({})",
        labelling.never_without_evaluation
    );
}

fn evaluations(rules: &Rules, text: &mut String) {
    heading(text, "评价与准入", "evaluation and admission");
    text.push_str("| 范围 scope | 由谁 by | 机构 institutions | clause |\n|---|---|---|---|\n");
    for e in &rules.evaluations {
        let by = e.by.text();
        let tcm = if e.tcm { "，中医 · TCM" } else { "" };
        let scope = if e.scope.is_empty() { "–" } else { &e.scope };
        let _ = writeln!(
            text,
            "| {scope} | {} · {} | {}{tcm} | {} |",
            by.zh, by.en, e.institutions, e.clause
        );
    }
    for a in &rules.admissions {
        let owner = a.ownership.map_or("", |o| o.text().zh);
        let by = a
            .evaluated_by
            .map(Evaluator::text)
            .map_or(String::new(), |t| format!("，经{}评价", t.zh));
        let _ = writeln!(text, "\n准入 · admitted: {}{owner}{by} ({})", a.institutions, a.clause);
    }
    if let Some(r) = &rules.revocation {
        let _ = writeln!(
            text,
            "\n抽查不合格即撤下标识 · a failed spot check takes labels away ({}); 整改后再次合格方可恢复 · back after rectification and a new pass ({})",
            r.clause, r.restore_clause
        );
    }
}

fn recognition(rules: &Rules, text: &mut String) {
    if !rules.recognitions.is_empty() {
        heading(text, "谁认谁", "who recognises whom");
        text.push_str("| 接收 receiver | 出具 issuer | 效力 force | clause |\n|---|---|---|---|\n");
        for r in &rules.recognitions {
            let eqa = if r.issuer_eqa { "（通过室间质评 · EQA）" } else { "" };
            let b = r.bound.text();
            let _ = writeln!(
                text,
                "| {} | {}{eqa} | {} · {} | {} |",
                r.receiver, r.issuer, b.zh, b.en, r.clause
            );
        }
    }
    if !rules.exceptions.is_empty() {
        heading(text, "可重复检查的情形", "reasons for which an exam may be repeated");
        for e in &rules.exceptions {
            let _ = writeln!(text, "* `{}` {} ({})", e.code, e.text, e.clause);
        }
    }
}

fn data(rules: &Rules, text: &mut String) {
    if !rules.uploads.is_empty() {
        heading(text, "应上传的内容", "what must be uploaded");
        for u in &rules.uploads {
            let (send, when) = (u.send.text(), u.when.text());
            let _ = writeln!(
                text,
                "* {}: {} · {} ({} · {}) ({})",
                u.modalities.join("、"),
                send.zh,
                send.en,
                when.zh,
                when.en,
                u.clause
            );
        }
    }
    if !rules.time_limits.is_empty() || !rules.data_quality.is_empty() {
        heading(text, "时限与数据质量", "time limits and data quality");
        for t in &rules.time_limits {
            let (on, order) = (t.on.text(), t.order.text());
            let _ = writeln!(
                text,
                "* {} · {}, {}, {} · {}: < {} h ({})",
                on.zh,
                on.en,
                t.modalities.join("、"),
                order.zh,
                order.en,
                t.below_hours,
                t.clause
            );
        }
        for q in &rules.data_quality {
            let d = q.dimension.text();
            let limit = match (q.min_share, q.max_hours) {
                (Some(share), _) => format!("≥ {} %", share * 100.0),
                (None, Some(hours)) => format!("≤ {hours} h"),
                (None, None) => String::new(),
            };
            let _ = writeln!(text, "* {} · {}: {limit} ({})", d.zh, d.en, q.clause);
        }
    }
    if !rules.demands.is_empty() {
        heading(text, "对影像与名称的要求", "demands on images and names");
        for d in &rules.demands {
            let words = d.demand.text();
            let value = d.value.map_or(String::new(), |v| {
                format!(" {v} {}", d.unit.as_deref().unwrap_or_default())
            });
            let _ = writeln!(text, "* {} · {}{value} ({})", words.zh, words.en, d.clause);
        }
    }
}

fn differences(profile: &Profile, text: &mut String) {
    heading(text, "与基准策略的差别", "what differs from the base");
    if profile.differences.is_empty() {
        text.push_str("无 · none\n");
        return;
    }
    text.push_str("| check | key | base | here | reason | clause |\n|---|---|---|---|---|---|\n");
    for d in &profile.differences {
        let clause = d.clause.as_deref().unwrap_or("本地设定 · site setting");
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} | {} | {clause} |",
            d.check,
            d.key,
            cell(&d.base.to_string()),
            cell(&d.region.to_string()),
            cell(&d.reason)
        );
    }
}

fn settings(profile: &Profile, text: &mut String) {
    heading(text, "本地设定：文件没有规定的数值", "site settings: values that no clause prints");
    text.push_str("| setting | value | source |\n|---|---|---|\n");
    for (key, setting) in profile.site_settings() {
        let _ = writeln!(text, "| `{key}` | {} | {} |", setting.value, cell(&setting.source));
    }
    let printed = profile.rules.settings.0.iter().filter(|(_, s)| !s.site_setting);
    for (key, setting) in printed {
        let clause = setting.clause.as_deref().unwrap_or("–");
        let _ = writeln!(text, "\n* `{key}` = {} ({clause})", setting.value);
    }
}

fn catalogue(profile: &Profile, text: &mut String) {
    heading(text, "目录", "catalogue");
    let (rules, rows) = (&profile.rules.catalogue, &profile.catalogue);
    let count = |kind| rows.count(kind);
    let _ = writeln!(
        text,
        "{} 行 · rows ({}); 可匹配项目 · items {}; 展开 · parts {}; 损坏重复 · damaged repetitions {}; 文件所称总数 · total stated {}",
        count(RowKind::Printed),
        rules.clause,
        rows.items().count(),
        count(RowKind::Expanded),
        count(RowKind::OcrGarbage),
        rules.stated_total.map_or("–".to_owned(), |n| n.to_string())
    );
    if let Some(note) = &rules.note {
        let _ = writeln!(text, "\n{} · {}", note.zh, note.en);
    }
    for e in &rules.excluded {
        let _ = writeln!(text, "\n* 不作为项目 · no item: {} ({})", e.text, e.clause);
    }
    let repaired: Vec<&Item> = rows.rows.iter().filter(|r| r.is_repaired()).collect();
    if repaired.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n### 修正的印刷或识别错误 · repairs of print and scan ({})\n\n| item | 印刷 printed | 修正 repaired | 把握 sure |\n|---|---|---|---|",
        repaired.len()
    );
    for r in repaired {
        let pair = |printed: &str, fixed: &str| {
            (printed != fixed && !fixed.is_empty()).then(|| (printed.to_owned(), fixed.to_owned()))
        };
        let both = [pair(&r.name, &r.name_fixed), pair(&r.code, &r.code_fixed)];
        let (was, is): (Vec<_>, Vec<_>) = both.into_iter().flatten().unzip();
        let sure = match r.fix_confidence {
            Some(Confidence::High) => "高 · high",
            Some(Confidence::Medium) => "中 · medium",
            Some(Confidence::Low) => "低 · low",
            None => "–",
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {sure} |",
            r.uid,
            cell(&was.join("; ")),
            cell(&is.join("; "))
        );
    }
}

/// Text that does not break a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
