//! From a line of words to the parts of the body it names, each with the side, projections,
//! contrast and techniques that belong to it.

use super::exam::{Side, View};
use super::lexicon::{Facet, Hit, Lexicon, RelationKind, SideModel, has_residue};

/// What words say about one part of the body, or about none in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// Sides, each once.
    pub sides: Vec<Side>,
    /// Projections, each once.
    pub views: Vec<String>,
    /// Postures, each once.
    pub postures: Vec<String>,
    /// Contrast words in their order.
    pub contrasts: Vec<String>,
    /// Techniques.
    pub techniques: Vec<String>,
    /// Facet, value and words of each.
    pub said: Vec<(Facet, String, String)>,
}

impl Modifiers {
    /// Adds what `other` says.
    pub fn merge(&mut self, other: &Self) {
        extend(&mut self.sides, &other.sides);
        extend(&mut self.views, &other.views);
        extend(&mut self.postures, &other.postures);
        extend(&mut self.contrasts, &other.contrasts);
        extend(&mut self.techniques, &other.techniques);
        extend(&mut self.said, &other.said);
    }

    fn add(&mut self, facet: Facet, value: &str, text: &str) {
        for v in value.split(';') {
            match facet {
                Facet::Side => {
                    extend(&mut self.sides, &Side::parse(v).into_iter().collect::<Vec<_>>());
                }
                Facet::View => extend(&mut self.views, &[v.to_owned()]),
                Facet::Posture => extend(&mut self.postures, &[v.to_owned()]),
                Facet::Contrast => extend(&mut self.contrasts, &[v.to_owned()]),
                Facet::Technique => extend(&mut self.techniques, &[v.to_owned()]),
                Facet::Modality | Facet::Anatomy | Facet::Ignore => {}
            }
        }
        extend(&mut self.said, &[(facet, value.to_owned(), text.to_owned())]);
    }

    /// The side all statements together name: left and right together are both.
    pub fn side(&self) -> Option<Side> {
        match self.sides.as_slice() {
            [] => None,
            [one] => Some(*one),
            _ => Some(Side::B),
        }
    }

    /// Both sides and one of them are said.
    pub fn side_contradicted(&self) -> bool {
        self.sides.len() > 1 && self.sides.contains(&Side::B)
    }

    /// Projections with postures; a posture said once belongs to every projection.
    pub fn views(&self, frontal_implied: bool) -> Vec<View> {
        let frontal = vec!["F".to_owned()];
        let projections = if self.views.is_empty() && frontal_implied && !self.postures.is_empty() {
            &frontal
        } else {
            &self.views
        };
        let mut out = Vec::new();
        for projection in projections {
            if self.postures.is_empty() {
                out.push(View { projection: projection.clone(), posture: None });
            }
            for posture in &self.postures {
                out.push(View { projection: projection.clone(), posture: Some(posture.clone()) });
            }
        }
        out
    }
}

fn extend<T: Clone + PartialEq>(into: &mut Vec<T>, from: &[T]) {
    for x in from {
        if !into.contains(x) {
            into.push(x.clone());
        }
    }
}

/// A part of the body that words name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The part; several where the word leaves it open.
    pub anatomy: Vec<String>,
    /// The words.
    pub text: String,
    /// What is said of it.
    pub modifiers: Modifiers,
}

/// What a line of words says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The parts, in their order.
    pub parts: Vec<Part>,
    /// What is said of no part in particular (no part is named).
    pub loose: Modifiers,
    /// Modalities that words name.
    pub modalities: Vec<String>,
    /// Whether the words are of a localizer.
    pub localizer: bool,
    /// Words are left over that no synonym knows.
    pub residue: bool,
    /// Left and right are said in a way that does not tell which part each belongs to.
    pub side_unclear: bool,
}

/// Reads a normal text in a modality.
pub fn read(lexicon: &Lexicon, normal: &str, modality: &str) -> Reading {
    let hits = lexicon.scan(normal, modality);
    let mut reader = Reader { reading: Reading::default(), group: 0, closed: false, pending: None };
    for hit in &hits {
        reader.take(hit);
    }
    let mut reading = reader.finish();
    reading.side_unclear = sides_unclear(&hits, &reading);
    reading.residue = has_residue(normal, &hits);
    settle(lexicon, modality, &mut reading);
    reading
}

struct Reader {
    reading: Reading,
    /// First part that the next modifier belongs to.
    group: usize,
    /// Whether the group already got a modifier: the next part opens a new group.
    closed: bool,
    /// A side or contrast said before its part.
    pending: Option<Modifiers>,
}

impl Reader {
    fn take(&mut self, hit: &Hit<'_>) {
        let of = |facet: Facet| hit.senses.iter().filter(move |s| s.facet == facet);
        for sense in of(Facet::Ignore) {
            self.reading.localizer |= sense.value == "localizer";
        }
        for sense in of(Facet::Modality) {
            extend(&mut self.reading.modalities, std::slice::from_ref(&sense.value));
        }
        let own: Vec<(Facet, &str)> = hit
            .senses
            .iter()
            .filter(|s| !matches!(s.facet, Facet::Modality | Facet::Anatomy | Facet::Ignore))
            .map(|s| (s.facet, s.value.as_str()))
            .collect();
        if let Some(anatomy) = of(Facet::Anatomy).next() {
            self.open(&anatomy.value, &hit.text);
            // What the same word says besides belongs to this part alone.
            if let Some(part) = self.reading.parts.last_mut() {
                for (facet, value) in &own {
                    part.modifiers.add(*facet, value, &hit.text);
                }
            }
            return;
        }
        for (facet, value) in own {
            let before = facet == Facet::Side || self.reading.parts.is_empty();
            if before {
                self.pending.get_or_insert_default().add(facet, value, &hit.text);
            } else {
                for part in self.reading.parts.iter_mut().skip(self.group) {
                    part.modifiers.add(facet, value, &hit.text);
                }
                self.closed = true;
            }
        }
    }

    fn open(&mut self, value: &str, text: &str) {
        let pending = self.pending.take().unwrap_or_default();
        for one in value.split(';') {
            let anatomy: Vec<String> = one.split('|').map(str::to_owned).collect();
            if let Some(same) = self.reading.parts.iter_mut().find(|p| p.anatomy == anatomy) {
                same.modifiers.merge(&pending);
                continue;
            }
            if self.closed {
                self.group = self.reading.parts.len();
                self.closed = false;
            }
            let part = Part { anatomy, text: text.to_owned(), modifiers: pending.clone() };
            self.reading.parts.push(part);
        }
    }

    fn finish(mut self) -> Reading {
        if let Some(pending) = self.pending.take() {
            if self.reading.parts.is_empty() {
                self.reading.loose = pending;
            } else {
                for part in self.reading.parts.iter_mut().skip(self.group) {
                    part.modifiers.merge(&pending);
                }
            }
        }
        self.reading
    }
}

/// Left and right both said of several parts, and not each before its part.
fn sides_unclear(hits: &[Hit<'_>], reading: &Reading) -> bool {
    let side = |h: &Hit<'_>| h.senses.iter().any(|s| s.facet == Facet::Side);
    let anatomy = |h: &Hit<'_>| h.senses.iter().any(|s| s.facet == Facet::Anatomy);
    let values: Vec<&str> = hits
        .iter()
        .flat_map(|h| &h.senses)
        .filter(|s| s.facet == Facet::Side)
        .map(|s| s.value.as_str())
        .collect();
    let differ = values.iter().any(|v| values.first() != Some(v));
    if !differ || reading.parts.len() < 2 {
        return false;
    }
    // Clear only where a side stands right before every part.
    let mut last_side = false;
    for hit in hits {
        if anatomy(hit) && !last_side {
            return true;
        }
        if side(hit) {
            last_side = true;
        } else if anatomy(hit) {
            last_side = false;
        }
    }
    last_side
}

/// Drops parts that only say where another part lies, and gives lateral views of paired parts
/// their side: a left lateral of a knee is a lateral of the left knee.
fn settle(lexicon: &Lexicon, modality: &str, reading: &mut Reading) {
    let names: Vec<Vec<String>> = reading.parts.iter().map(|p| p.anatomy.clone()).collect();
    let within = |from: &str| {
        lexicon
            .relations(from)
            .filter(|r| r.kind == RelationKind::Within && r.holds_in(modality))
            .any(|r| names.iter().any(|n| n.len() == 1 && n.iter().all(|x| r.to.contains(x))))
    };
    let mut dropped = Modifiers::default();
    reading.parts.retain(|p| {
        let drop = p.anatomy.iter().any(|a| within(a));
        if drop {
            dropped.merge(&p.modifiers);
        }
        !drop
    });
    for part in &mut reading.parts {
        part.modifiers.merge(&dropped);
        let paired = part.anatomy.iter().all(|a| lexicon.side_model(a) == SideModel::Paired);
        if paired {
            own_laterals(&mut part.modifiers);
        }
    }
}

fn own_laterals(m: &mut Modifiers) {
    let mut sides = Vec::new();
    for view in &mut m.views {
        let side = match view.as_str() {
            "LAT_L" => Side::L,
            "LAT_R" => Side::R,
            _ => continue,
        };
        "LAT".clone_into(view);
        sides.push(side);
    }
    m.views.dedup();
    if m.sides.is_empty() {
        extend(&mut m.sides, &sides);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, modality: &str) -> Vec<(String, Option<Side>, String, String)> {
        let lexicon = Lexicon::embedded().unwrap();
        let reading = read(&lexicon, &lexicon.normalise(text), modality);
        reading
            .parts
            .iter()
            .map(|p| {
                let m = &p.modifiers;
                (p.anatomy.join("|"), m.side(), m.views.join(";"), m.contrasts.join(";"))
            })
            .collect()
    }

    fn part(a: &str, s: Option<Side>, v: &str, c: &str) -> (String, Option<Side>, String, String) {
        (a.to_owned(), s, v.to_owned(), c.to_owned())
    }

    #[test]
    fn a_modifier_belongs_to_the_parts_before_it() {
        assert_eq!(
            parts("颈椎正侧位+腰椎双斜位", "DX"),
            [
                part("cervical_spine", None, "F;LAT", ""),
                part("lumbar_spine", None, "OBL_L;OBL_R", "")
            ]
        );
        assert_eq!(
            parts("头颅+胸部CT平扫", "CT"),
            [part("head", None, "", "plain"), part("chest", None, "", "plain")]
        );
    }

    #[test]
    fn a_side_belongs_to_the_part_behind_it_or_at_the_end_before_it() {
        let left = part("knee", Some(Side::L), "F;LAT", "");
        assert_eq!(parts("左膝关节正侧位", "DX"), [left]);
        assert_eq!(parts("KNEE AP LT", "DX"), [part("knee", Some(Side::L), "AP", "")]);
        assert_eq!(parts("左膝、右膝正位", "DX"), [part("knee", Some(Side::B), "F", "")]);
    }

    #[test]
    fn sides_that_cannot_be_given_to_parts_are_unclear() {
        let lexicon = Lexicon::embedded().unwrap();
        let unclear = |t: &str| read(&lexicon, &lexicon.normalise(t), "DX").side_unclear;
        assert!(unclear("膝关节(左) 踝关节(右) 正位"));
        assert!(!unclear("左膝 右踝 正位"));
    }

    #[test]
    fn a_left_lateral_is_a_side_only_of_a_paired_part() {
        assert_eq!(parts("KNEE L LAT", "DX"), [part("knee", Some(Side::L), "LAT", "")]);
        assert_eq!(parts("胸部左侧位", "DX"), [part("chest", None, "LAT_L", "")]);
    }

    #[test]
    fn a_region_beside_its_vessel_is_no_part() {
        assert_eq!(parts("胸部CT CTPA", "CT"), [part("pulmonary_artery", None, "", "CTA")]);
    }
}
