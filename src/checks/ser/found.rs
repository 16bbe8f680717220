//! What the series of a study offer: the facts of each, as the checks of what is missing ask for them.

use dicom_dictionary_std::tags;

use crate::checks::view::{SeriesView, StudyView};
use crate::measure::geometry::Vector;
use crate::model::family::Family;
use crate::series::{Kind, Phase, Plane, Rendering, SeriesKind};

/// A series that a reader reads: no localizer, no dose page.
#[derive(Clone, Copy)]
pub struct Offer<'a> {
    /// The series.
    pub series: SeriesView<'a>,
    /// What it is.
    pub kind: &'a SeriesKind,
}

/// Whether a series lies before or after contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Before.
    Pre,
    /// After.
    Post,
    /// Nothing tells.
    Open,
}

/// The series of a family.
pub fn offers<'a>(view: &'a StudyView<'a>, family: Family) -> Vec<Offer<'a>> {
    let own = |s: &SeriesView<'_>| s.instances().any(|i| i.family() == Some(family));
    view.series()
        .filter(own)
        .map(|series| Offer { series, kind: series.kind() })
        .filter(|o| !matches!(o.kind.kind, Some(Kind::Localizer | Kind::Dose)))
        .collect()
}

impl Offer<'_> {
    /// Whether it is a series as acquired: no reformat, rendering, map or other product.
    pub fn acquired(&self) -> bool {
        let made = matches!(
            self.kind.kind,
            Some(Kind::Mpr | Kind::Mip | Kind::Adc | Kind::Fa | Kind::Derived)
        );
        self.kind.rendering.is_none() && !made
    }

    /// Whether nothing tells what it is.
    pub fn unknown(&self) -> bool {
        self.kind.kind.is_none() && self.kind.rendering.is_none()
    }

    /// Whether a reformat.
    pub fn reformatted(&self) -> bool {
        matches!(self.kind.rendering, Some(Rendering::Mpr | Rendering::Cpr))
            || (self.kind.kind == Some(Kind::Mpr) && self.kind.rendering.is_none())
    }

    /// Whether an MR series shows anatomy, so that its plane counts.
    pub fn structural(&self) -> bool {
        self.acquired()
            && matches!(
                self.kind.kind,
                Some(
                    Kind::T1wi
                        | Kind::T2wi
                        | Kind::Pdwi
                        | Kind::Flair
                        | Kind::Stir
                        | Kind::Gre
                        | Kind::Mrcp
                        | Kind::PerfDce
                )
            )
    }

    /// Whether an MR series can show enhancement.
    pub fn t1_like(&self) -> bool {
        self.acquired() && matches!(self.kind.kind, Some(Kind::T1wi | Kind::PerfDce | Kind::MraCe))
    }

    /// Before or after contrast. Sequences that need an agent say so by themselves.
    pub fn state(&self) -> State {
        let needs = matches!(self.kind.kind, Some(Kind::MraCe | Kind::PerfDce | Kind::PerfDsc));
        match (self.kind.post_contrast, self.kind.phase) {
            (Some(true), _) => State::Post,
            (Some(false), _) if !needs => State::Pre,
            (None, Some(Phase::Plain)) if !needs => State::Pre,
            (None, Some(_)) => State::Post,
            _ if needs => State::Post,
            _ => State::Open,
        }
    }

    /// Its planes: each standard plane, or for oblique series and several planes the one that a stack is
    /// tilted from by `max_tilt` degrees at most. Empty where none is told.
    pub fn planes(&self, max_tilt: f64) -> Vec<Plane> {
        match self.kind.plane {
            Some(one @ (Plane::Tra | Plane::Sag | Plane::Cor)) => vec![one],
            _ => {
                let stacks = self.series.volume().stacks.iter();
                let near = stacks.filter(|s| tilt(&s.normal) <= max_tilt);
                let mut all: Vec<Plane> = near.map(|s| nearest(&s.normal)).collect();
                all.sort();
                all.dedup();
                all
            }
        }
    }

    /// In a few words.
    pub fn told(&self) -> String {
        let kinds: Vec<&str> = self.kind.kinds().iter().map(|k| k.word()).collect();
        let mut words = vec![if kinds.is_empty() { "?".to_owned() } else { kinds.join("+") }];
        if self.kind.fat_suppressed == Some(true) {
            words.push("FS".to_owned());
        }
        if self.state() == State::Post {
            words.push("+C".to_owned());
        }
        words.extend(self.kind.plane.map(|p| p.word().to_owned()));
        words.join(" ")
    }
}

/// What the series are, each once.
pub fn told(offers: &[Offer<'_>]) -> Vec<String> {
    let mut all: Vec<String> = offers.iter().map(Offer::told).collect();
    all.sort();
    all.dedup();
    all
}

/// The standard plane that a normal is nearest to.
pub fn nearest(normal: &Vector) -> Plane {
    let [x, y, z] = normal.map(f64::abs);
    if z >= x && z >= y {
        Plane::Tra
    } else if x >= y {
        Plane::Sag
    } else {
        Plane::Cor
    }
}

/// The angle between a normal and that of the nearest standard plane, degrees.
fn tilt(normal: &Vector) -> f64 {
    let most = normal.iter().map(|v| v.abs()).fold(0.0, f64::max);
    most.min(1.0).acos().to_degrees()
}

/// One scan of a CT study, of which there may be several reconstructions.
#[derive(Clone, Debug, PartialEq)]
pub struct Acquisition {
    /// Before or after contrast.
    pub state: State,
    /// Its phase, where one is told by name or by time.
    pub phase: Option<Phase>,
    times: Option<(f64, f64)>,
    number: Option<i64>,
}

/// The scans of a CT study. Reconstructions are put together by phase, else by overlapping Acquisition
/// Times (`apart_s` or more between them are two scans), else by Acquisition Number.
pub fn acquisitions(offers: &[Offer<'_>], apart_s: f64) -> Vec<Acquisition> {
    let mut all: Vec<Acquisition> = Vec::new();
    for offer in offers.iter().filter(|o| o.acquired()) {
        for part in parts(offer) {
            match all.iter_mut().find(|a| same(a, &part, apart_s)) {
                Some(known) => merge(known, &part),
                None => all.push(part),
            }
        }
    }
    all
}

/// The stacks of a series, or the whole of it, as scans.
fn parts(offer: &Offer<'_>) -> Vec<Acquisition> {
    let volume = offer.series.volume();
    let scan = |phase: Option<Phase>, instances: Vec<usize>| {
        let mut times = Vec::new();
        let mut number = None;
        for at in instances {
            let Some(i) = offer.series.instance(at) else { continue };
            let time = i
                .text(tags::ACQUISITION_TIME)
                .or_else(|| i.text(tags::ACQUISITION_DATE_TIME).and_then(|dt| dt.get(8..)));
            times.extend(time.and_then(seconds));
            number = number.or_else(|| i.int(tags::ACQUISITION_NUMBER));
        }
        let first = times.iter().copied().reduce(f64::min);
        let state = match phase {
            Some(Phase::Plain) => State::Pre,
            Some(_) => State::Post,
            None => offer.state(),
        };
        Acquisition {
            state,
            phase: phase.filter(|p| *p != Phase::Enhanced),
            times: first.zip(times.iter().copied().reduce(f64::max)),
            number,
        }
    };
    if volume.stacks.is_empty() {
        return vec![scan(offer.kind.phase, (0..offer.series.len()).collect())];
    }
    let of_stack = |at: usize| {
        let phase = offer.kind.stacks.get(at).and_then(|s| s.phase).or(offer.kind.phase);
        let members = volume.stacks.get(at).into_iter().flat_map(|s| &s.places);
        let slices = members.flat_map(|p| &p.members);
        let instances = slices.filter_map(|s| Some(volume.images.get(*s)?.instance)).collect();
        scan(phase, instances)
    };
    (0..volume.stacks.len()).map(of_stack).collect()
}

fn same(a: &Acquisition, b: &Acquisition, apart_s: f64) -> bool {
    if let (Some(x), Some(y)) = (a.phase, b.phase) {
        return x == y;
    }
    if a.state != b.state && a.state != State::Open && b.state != State::Open {
        return false;
    }
    match (a.times, b.times) {
        (Some(x), Some(y)) => x.0 - y.1 < apart_s && y.0 - x.1 < apart_s,
        _ => a.number.is_some() && a.number == b.number,
    }
}

fn merge(known: &mut Acquisition, other: &Acquisition) {
    known.phase = known.phase.or(other.phase);
    if known.state == State::Open {
        known.state = other.state;
    }
    known.times = match (known.times, other.times) {
        (Some(x), Some(y)) => Some((x.0.min(y.0), x.1.max(y.1))),
        (x, y) => x.or(y),
    };
}

/// Seconds of a day from a DICOM time.
fn seconds(time: &str) -> Option<f64> {
    let digits = |from: usize, to: usize| time.get(from..to)?.parse::<f64>().ok();
    let rest = time
        .get(4..)
        .filter(|r| !r.is_empty())
        .map_or(Some(0.0), |r| r.split(['+', '-']).next()?.parse::<f64>().ok())?;
    Some(digits(0, 2)? * 3600.0 + digits(2, 4)? * 60.0 + rest)
}
