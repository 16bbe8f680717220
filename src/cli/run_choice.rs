//! Which studies a run is about: `--institution`, `--since`, `--sample`.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::checks::contract::Depth;
use crate::model::sample::{Sample, SampleSize};
use crate::model::text::Language;
use crate::pipeline::choice::{Choice, Chosen};
use crate::pipeline::run::Request;
use crate::policy::error::nearest;
use crate::registry::Registry;

use super::CommandError;

/// Options that choose studies.
#[derive(clap::Args)]
pub struct Choosing {
    /// Only studies of these institutions, by id or name as registered (`unknown`: of none). Others are read by header, to tell
    /// whose they are, and in no count but `left_out`.
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "registry")]
    institution: Vec<String>,
    /// Only studies of which a file came since: a day (20260801), a time (2026-08-01T20:00) or so long ago (24h).
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Since>,
    /// Read only a sample as deep as --depth says, the rest by header: 5% of every stratum (institution and modality), or
    /// 200 in all.
    #[arg(long, value_name = "N|P%", value_parser = parse_size)]
    sample: Option<SampleSize>,
    /// The same seed draws the same studies; the day that is judged as of by default.
    #[arg(long, requires = "sample")]
    seed: Option<String>,
}

impl Choosing {
    /// What the run is about.
    ///
    /// # Errors
    /// An institution is not registered; a sample is asked of a run that reads no pixels.
    pub fn choice(&self, request: &Request) -> Result<Option<Choice>, CommandError> {
        if self.sample.is_some() && request.depth == Depth::Header {
            let why = "--sample reads a sample deeper than headers: give --depth pixels or models";
            return Err(CommandError::Usage(why.to_owned()));
        }
        let id = |name: &String| id_of(name, request.registry.as_ref());
        let seed = || self.seed.clone().unwrap_or_else(|| request.as_of.clone());
        let choice = Choice {
            institutions: self.institution.iter().map(id).collect::<Result<_, _>>()?,
            since: self.since.map(Since::nanos),
            sample: self.sample.map(|size| Sample { size, seed: seed() }),
        };
        Ok((!choice.is_everything()).then_some(choice))
    }
}

fn id_of(name: &str, registry: Option<&Registry>) -> Result<String, CommandError> {
    if name == "unknown" {
        return Ok(name.to_owned());
    }
    let registry = registry.map(|r| (r, r.get(name).map(|i| i.id.clone())));
    let Some((registry, by_id)) = registry else { return Ok(name.to_owned()) };
    if let Some(id) = by_id.or_else(|| registry.named(name).map(|found| found.id)) {
        return Ok(id);
    }
    let known = registry.institutions().iter().flat_map(|i| [i.id.as_str(), i.name.as_str()]);
    let hint = nearest(name, known).map(|n| format!("; did you mean {n:?}?")).unwrap_or_default();
    Err(CommandError::Usage(format!("no institution {name:?} in the registry{hint}")))
}

/// A moment, or so long before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    At(Timestamp),
    Ago(SignedDuration),
}

impl Since {
    /// Nanoseconds since 1970, now.
    fn nanos(self) -> i64 {
        let at = match self {
            Self::At(at) => at,
            Self::Ago(span) => Timestamp::now().checked_sub(span).unwrap_or(Timestamp::MIN),
        };
        i64::try_from(at.as_nanosecond()).unwrap_or(i64::MIN)
    }
}

/// A moment: a day, a time of day here, a time with its offset, or a span before the run.
fn parse_since(text: &str) -> Result<Since, String> {
    let wrong = || {
        format!(
            "{text:?} is no day such as 20260801, time such as 2026-08-01T20:00 or span such as 24h"
        )
    };
    let here =
        |time: DateTime| TimeZone::system().to_timestamp(time).map(Since::At).map_err(|_| wrong());
    if let Ok(day) = Date::strptime("%Y%m%d", text) {
        return here(day.at(0, 0, 0, 0));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(Since::At(time));
    }
    if let Ok(time) = text.parse::<DateTime>() {
        return here(time);
    }
    let span: SignedDuration = text.parse().map_err(|_| wrong())?;
    if span.is_negative() {
        return Err(wrong());
    }
    Ok(Since::Ago(span))
}

/// `5%`, `0.5%` or `200`.
fn parse_size(text: &str) -> Result<SampleSize, String> {
    let wrong = || format!("{text:?} is no share such as 5% (steps of 0.1%) or number such as 200");
    let Some(percent) = text.strip_suffix('%') else {
        let n = text.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
        return Ok(SampleSize::Studies(n));
    };
    let (whole, tenth) = percent.split_once('.').unwrap_or((percent, "0"));
    let whole: u32 = whole.parse().map_err(|_| wrong())?;
    let tenth: u32 = tenth.parse().ok().filter(|_| tenth.len() == 1).ok_or_else(wrong)?;
    let permille = whole.checked_mul(10).map(|n| n + tenth).filter(|n| (1..=1000).contains(n));
    permille.map(SampleSize::Permille).ok_or_else(wrong)
}

/// What the terminal says of what was chosen.
pub fn told(chosen: &Chosen, language: Language) -> String {
    let mut text = String::new();
    if chosen.left_out > 0 {
        text += &match language {
            Language::Zh => format!("不在本次范围内的检查 {}\n", chosen.left_out),
            Language::En => format!("{} studies are not what this run is about\n", chosen.left_out),
        };
    }
    if let Some(sample) = &chosen.sample {
        let ((drawn, of), seed) = (sample.total(), &sample.sample.seed);
        text += &match language {
            Language::Zh => format!(
                "分层抽样：{of} 项检查中抽取 {drawn} 项读取像素，其余只读文件头；种子 {seed}\n"
            ),
            Language::En => format!(
                "stratified sample: pixels were read of {drawn} of {of} studies, of the others headers; seed {seed}\n"
            ),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shares_or_numbers() {
        assert_eq!(parse_size("5%"), Ok(SampleSize::Permille(50)));
        assert_eq!(parse_size("0.5%"), Ok(SampleSize::Permille(5)));
        assert_eq!(parse_size("100%"), Ok(SampleSize::Permille(1000)));
        assert_eq!(parse_size("200"), Ok(SampleSize::Studies(200)));
        for wrong in ["0", "0%", "101%", "5.25%", "five", "-3", "%", "1e3"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_a_day_a_time_or_a_span() {
        let day = parse_since("20260801").unwrap();
        assert_eq!(parse_since("2026-08-01T00:00").unwrap(), day);
        let utc: Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
        assert_eq!(parse_since("2026-08-01T00:00:00Z").unwrap(), Since::At(utc));
        let ago =
            Timestamp::now().as_nanosecond() - i128::from(parse_since("24h").unwrap().nanos());
        assert!((ago / 1_000_000_000 - 86_400).abs() < 60);
        for wrong in ["yesterday", "2026", "-24h", "20261301"] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }
}
