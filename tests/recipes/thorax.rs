//! A chest in three dimensions: the value in HU at every place. CT slices cut it, radiographs
//! project it. Millimetres; x to the patient's left, y to the back, z to the head.

use super::grid::{step, to_segment};
use super::rng::{Noise, Rng};

/// A vessel or bronchus: two ends and a radius.
#[derive(Clone, Copy)]
struct Branch {
    a: [f32; 3],
    b: [f32; 3],
    radius: f32,
}

/// The chest.
pub struct Thorax {
    texture: Noise,
    /// Vessels by slab of z, so that a place asks only those near it.
    slabs: Vec<Vec<Branch>>,
    /// HU of blood: about 45 plain, 250 and more after contrast.
    pub blood: f32,
    /// Whether the arms hang beside the body (radiograph) or are raised (CT).
    pub arms: bool,
}

const SLAB: f32 = 8.0;
const BOTTOM: f32 = -200.0;
const SLABS: usize = 50;

fn ellipsoid(p: [f32; 3], centre: [f32; 3], radii: [f32; 3]) -> f32 {
    (0..3).map(|i| ((p[i] - centre[i]) / radii[i]).powi(2)).sum::<f32>().sqrt()
}

impl Thorax {
    /// The chest of a person, told by name.
    pub fn named(name: &str) -> Self {
        let mut rng = Rng::named(&format!("{name}/vessels"));
        let mut slabs = vec![Vec::new(); SLABS];
        for side in [-1.0, 1.0] {
            for i in 0..9_u8 {
                let up = -0.9 + 0.22 * f32::from(i);
                let to = [side * rng.between(0.6, 1.0), rng.between(-0.8, 0.8), up];
                grow(&mut slabs, &mut rng, [side * 34.0, 8.0, 8.0 + 18.0 * up], to, 4.6, 0);
            }
        }
        Self { texture: Noise::named(name), slabs, blood: 45.0, arms: true }
    }

    /// HU at a place.
    pub fn hu(&self, x: f32, y: f32, z: f32) -> f32 {
        let p = [x, y, z];
        let (half_width, half_depth) = body_axes(z);
        let body = superellipse(x / half_width, y / half_depth);
        if body >= 1.0 {
            return if self.arms { arm(p).unwrap_or(-1000.0) } else { -1000.0 };
        }
        if let Some(bone) = self.bone(p) {
            return bone;
        }
        let (cage_width, cage_depth) = cage_axes(z);
        let cage = superellipse(x / cage_width.max(1.0), (y - 3.0) / cage_depth.max(1.0));
        if cage < 0.90 && cage_width > 1.0 {
            return self.inside(p, cage);
        }
        let depth = (1.0 - body) * half_depth;
        let mottle = 12.0 * self.texture.fbm(x / 9.0, y / 9.0, z / 9.0, 2);
        if depth < 2.0 {
            return 20.0;
        }
        let fat = 9.0 + 5.0 * self.texture.at(x / 60.0, y / 60.0, z / 60.0);
        if depth < fat { -105.0 + mottle } else { 52.0 + mottle }
    }

    /// What lies within the rib cage: lungs, heart, vessels, airways, upper abdomen.
    fn inside(&self, p: [f32; 3], cage: f32) -> f32 {
        let [x, y, z] = p;
        let mottle = 8.0 * self.texture.fbm(x / 7.0, y / 7.0, z / 7.0, 2);
        if let Some(air) = airway(p) {
            return air;
        }
        let heart = ellipsoid(
            [x - 0.35 * (z + 45.0) * -0.6, y, z],
            [26.0, -22.0, -52.0],
            [58.0, 46.0, 52.0],
        );
        if heart < 1.0 {
            let fat = heart > 0.95;
            let chamber = ellipsoid(p, [38.0, -20.0, -58.0], [26.0, 24.0, 28.0]) < 1.0;
            return match (fat, chamber) {
                (true, _) => -90.0 + mottle,
                (_, true) => self.blood + mottle,
                _ => 0.5 * (self.blood + 55.0) + mottle,
            };
        }
        if let Some(vessel) = self.great_vessel(p) {
            return vessel + mottle;
        }
        if z < diaphragm(x, y) {
            return abdomen(p, mottle);
        }
        let half = 15.0 + 9.0 * step(25.0, 95.0, z) + 8.0 * step(-60.0, -100.0, z);
        // Narrow in front and behind, so that its border fades on a radiograph.
        let half = half * (1.0 - ((y - 8.0) / 80.0).powi(2)).max(0.0).sqrt()
            + 2.0 * self.texture.at(1.0, y / 20.0, z / 20.0);
        let apex = cage < 0.88;
        if x.abs() > half && apex {
            return self.lung(p);
        }
        // Mediastinal fat and thymus.
        if y < 40.0 && x.abs() < half { -85.0 + 2.0 * mottle } else { 45.0 + mottle }
    }

    fn lung(&self, p: [f32; 3]) -> f32 {
        let [x, y, z] = p;
        let slab = ((z - BOTTOM) / SLAB) as usize;
        let near = self.slabs.get(slab).map_or(f32::MAX, |branches| {
            branches
                .iter()
                .map(|b| {
                    let (d, t) = to_segment(p, b.a, b.b);
                    d - b.radius * (1.0 - 0.35 * t)
                })
                .fold(f32::MAX, f32::min)
        });
        let weight = 1.0 - step(-0.6, 0.8, near);
        let air = -868.0 + 0.35 * y + 38.0 * self.texture.fbm(x / 11.0, y / 11.0, z / 11.0, 3);
        air + weight * (self.blood * 0.8 - air)
    }

    fn great_vessel(&self, p: [f32; 3]) -> Option<f32> {
        const TUBES: [([f32; 3], [f32; 3], f32); 9] = [
            ([18.0, 42.0, 40.0], [16.0, 44.0, -200.0], 12.0),
            ([4.0, -18.0, 10.0], [6.0, -18.0, 48.0], 15.0),
            ([6.0, -16.0, 50.0], [22.0, 34.0, 44.0], 13.5),
            ([-24.0, -10.0, 90.0], [-22.0, -8.0, -10.0], 9.0),
            ([14.0, -22.0, 20.0], [38.0, 6.0, 14.0], 11.5),
            ([12.0, -4.0, 12.0], [-38.0, 6.0, 10.0], 10.0),
            ([14.0, -6.0, 52.0], [24.0, -6.0, 160.0], 5.0),
            ([-8.0, -10.0, 55.0], [-22.0, -8.0, 160.0], 6.0),
            ([38.0, 6.0, 14.0], [46.0, 14.0, -20.0], 8.0),
        ];
        TUBES.iter().any(|(a, b, radius)| to_segment(p, *a, *b).0 < *radius).then_some(self.blood)
    }

    fn bone(&self, p: [f32; 3]) -> Option<f32> {
        let [x, y, z] = p;
        spine(p)
            .or_else(|| rib(p))
            .or_else(|| shoulder(p))
            .or_else(|| {
                let front = cage_axes(z).1;
                let breast_bone = x.abs() < 15.0 + 4.0 * step(40.0, 62.0, z)
                    && (-(front + 3.0)..-(front - 8.0)).contains(&y)
                    && (-62.0..72.0).contains(&z);
                breast_bone.then_some(230.0)
            })
            .map(|hu| hu + 50.0 * self.texture.fbm(x / 2.5, y / 2.5, z / 2.5, 2))
    }
}

fn grow(
    slabs: &mut [Vec<Branch>],
    rng: &mut Rng,
    from: [f32; 3],
    to: [f32; 3],
    radius: f32,
    depth: u32,
) {
    let length = rng.between(24.0, 34.0) * 0.86_f32.powi(depth as i32);
    let norm = to.iter().map(|v| v * v).sum::<f32>().sqrt().max(0.1);
    let end = [0, 1, 2].map(|i| from[i] + length * to[i] / norm);
    let branch = Branch { a: from, b: end, radius };
    let low = from[2].min(end[2]) - radius - 1.0;
    let high = from[2].max(end[2]) + radius + 1.0;
    for (i, slab) in slabs.iter_mut().enumerate() {
        let bottom = BOTTOM + SLAB * i as f32;
        if bottom < high && bottom + SLAB > low {
            slab.push(branch);
        }
    }
    if depth < 4 {
        for _ in 0..2 {
            let turned = to.map(|v| v / norm + rng.between(-0.65, 0.65));
            grow(slabs, rng, end, turned, radius * 0.66, depth + 1);
        }
    }
}

fn superellipse(u: f32, v: f32) -> f32 {
    (u.abs().powf(2.3) + v.abs().powf(2.3)).powf(1.0 / 2.3)
}

/// Half width and half depth of the body at a height.
fn body_axes(z: f32) -> (f32, f32) {
    let shoulders = step(50.0, 105.0, z);
    let neck = step(112.0, 172.0, z);
    let width = 160.0 + 32.0 * shoulders - 132.0 * neck - 6.0 * step(-60.0, -160.0, z);
    (width, 106.0 - 12.0 * shoulders - 32.0 * neck)
}

/// Half width and half depth of the rib cage at a height; it closes above the lung tips.
fn cage_axes(z: f32) -> (f32, f32) {
    let up = ((z + 70.0) / 205.0).clamp(0.0, 1.0);
    let round = (1.0 - up.powf(2.6)).max(0.0).sqrt();
    (141.0 * round, 46.0 + 42.0 * round)
}

fn diaphragm(x: f32, y: f32) -> f32 {
    let (side, top) = if x < 0.0 { (-64.0, -64.0) } else { (62.0, -76.0) };
    let r2 = ((x - side) / 74.0).powi(2) + ((y + 12.0) / 82.0).powi(2);
    let rim = step(0.55, 1.15, r2.sqrt());
    top - 22.0 * r2 - 60.0 * rim - 26.0 * step(20.0, 80.0, y)
}

fn abdomen(p: [f32; 3], mottle: f32) -> f32 {
    let gas = ellipsoid(p, [58.0, -18.0, -112.0], [30.0, 26.0, 15.0]);
    if gas < 1.0 {
        return -950.0;
    }
    if gas < 1.12 {
        return 45.0;
    }
    let liver = ellipsoid(p, [-52.0, -4.0, -140.0], [92.0, 80.0, 78.0]) < 1.0;
    let spleen = ellipsoid(p, [95.0, 40.0, -130.0], [30.0, 38.0, 50.0]) < 1.0;
    match (liver, spleen) {
        (true, _) => 62.0 + mottle,
        (_, true) => 52.0 + mottle,
        _ => -70.0 + 3.0 * mottle,
    }
}

fn airway(p: [f32; 3]) -> Option<f32> {
    let trachea = to_segment(p, [0.0, 14.0, 190.0], [0.0, 18.0, 34.0]).0 - 8.5;
    let right = to_segment(p, [0.0, 18.0, 34.0], [-34.0, 20.0, 6.0]).0 - 6.5;
    let left = to_segment(p, [0.0, 18.0, 34.0], [40.0, 22.0, 4.0]).0 - 5.8;
    let near = trachea.min(right).min(left);
    match near {
        d if d < 0.0 => Some(-990.0),
        d if d < 1.4 => Some(30.0),
        _ => None,
    }
}

fn spine(p: [f32; 3]) -> Option<f32> {
    let [x, y, z] = p;
    let back = 54.0 + 6.0 * step(40.0, 150.0, z) - 4.0 * step(-80.0, -180.0, z);
    let level = (z + 400.0).rem_euclid(26.0);
    let body = ((x / 19.0).powi(2) + ((y - back) / 15.5).powi(2)).sqrt();
    if body < 1.0 {
        if level < 4.5 {
            return Some(85.0);
        }
        let plate = !(6.5..=24.0).contains(&level);
        return Some(if body > 0.88 || plate { 330.0 } else { 140.0 });
    }
    let canal = (x.powi(2) + (y - back - 25.0).powi(2)).sqrt();
    if canal < 9.0 {
        return Some(25.0);
    }
    if canal < 13.0 && (6.0..22.0).contains(&level) {
        return Some(330.0);
    }
    let spinous = to_segment(p, [0.0, back + 36.0, z], [0.0, back + 52.0, z]).0;
    if spinous < 3.2 && (3.0..16.0).contains(&level) && y < 104.0 {
        return Some(380.0);
    }
    let wing = to_segment([x.abs(), y], [14.0, back + 20.0], [34.0, back + 30.0]).0;
    (wing < 4.5 && (8.0..17.0).contains(&level)).then_some(360.0)
}

fn rib(p: [f32; 3]) -> Option<f32> {
    let [x, y, z] = p;
    if x.abs() < 14.0 {
        return None;
    }
    // A rib falls from the spine to the front; so undo the fall and count along z.
    let (_, depth) = cage_axes(z);
    let ahead = ((depth - (y - 3.0)) / (2.0 * depth)).clamp(0.0, 1.0);
    let fall = 24.0 * ahead + 72.0 * ahead * ahead + 10.0 * (1.0 - x.abs() / 141.0).max(0.0);
    let along = z + fall;
    if !(-132.0..132.0).contains(&along) {
        return None;
    }
    let off = ((along + 400.0).rem_euclid(23.5) - 11.75).abs();
    let high = 5.4 - 0.6 * ahead;
    if off > high {
        return None;
    }
    let (w, d) = cage_axes(z);
    let cage = superellipse(x / w.max(1.0), (y - 3.0) / d.max(1.0));
    let thick = (cage - 0.955) / 0.042;
    let radius = (thick.powi(2) + (off / high).powi(2)).sqrt();
    if radius > 1.0 {
        return None;
    }
    // Towards the breast bone a rib is cartilage.
    if ahead > 0.86 && x.abs() < 78.0 {
        return Some(95.0);
    }
    Some(if radius > 0.62 { 1250.0 } else { 330.0 })
}

fn shoulder(p: [f32; 3]) -> Option<f32> {
    let q = [p[0].abs(), p[1], p[2]];
    let inner = to_segment(q, [16.0, -58.0, 82.0], [82.0, -62.0, 104.0]).0;
    let outer = to_segment(q, [82.0, -62.0, 104.0], [158.0, -8.0, 122.0]).0;
    let clavicle = inner.min(outer);
    if clavicle < 6.2 {
        return Some(if clavicle > 4.2 { 800.0 } else { 260.0 });
    }
    let head = ellipsoid(q, [172.0, 2.0, 100.0], [21.0, 21.0, 22.0]);
    if head < 1.0 {
        return Some(if head > 0.9 { 650.0 } else { 210.0 });
    }
    let blade = ellipsoid(q, [128.0, 74.0, 48.0], [34.0, 4.5, 62.0]);
    let edge = to_segment(q, [158.0, 66.0, 92.0], [112.0, 78.0, -16.0]).0;
    if blade < 1.0 || edge < 4.5 {
        return Some(420.0);
    }
    (to_segment(q, [100.0, 80.0, 84.0], [172.0, 40.0, 116.0]).0 < 5.0).then_some(450.0)
}

/// The upper arms, which hang beside the body on a radiograph.
fn arm(p: [f32; 3]) -> Option<f32> {
    let q = [p[0].abs(), p[1], p[2]];
    let (d, t) = to_segment(q, [182.0, 4.0, 84.0], [236.0, 10.0, -90.0]);
    let thick = 44.0 - 8.0 * t;
    if d > thick || p[2] > 118.0 {
        return None;
    }
    let bone = 11.0;
    Some(match d {
        d if d < bone * 0.55 => 60.0,
        d if d < bone => 900.0,
        d if d > thick - 7.0 => -100.0,
        _ => 52.0,
    })
}
