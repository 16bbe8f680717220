//! A PA radiograph of a hand: bones as tubes with a dense shell, soft tissue around them.

use super::chest::expose;
use super::grid::{Grid, letter, step, to_segment};
use super::rng::Noise;

/// A bone or finger: two ends (mm), radius at the middle and how much thicker the ends are.
struct Tube {
    a: [f32; 2],
    b: [f32; 2],
    radius: f32,
    flare: f32,
}

impl Tube {
    /// Length of the ray inside a round tube of this outline, shrunk by `shell`.
    fn chord(&self, p: [f32; 2], shell: f32) -> f32 {
        let (d, t) = to_segment(p, self.a, self.b);
        let radius = self.radius * (1.0 + self.flare * (2.0 * t - 1.0).powi(4)) - shell;
        if radius <= d { 0.0 } else { 2.0 * (radius * radius - d * d).sqrt() }
    }
}

/// Ray after ray of a finger: base, direction (degrees from upright), lengths of its bones, radius.
const RAYS: [([f32; 2], f32, &[f32], f32); 5] = [
    ([-22.0, 28.0], -42.0, &[44.0, 31.0, 23.0], 5.6),
    ([-14.0, 8.0], -9.0, &[64.0, 40.0, 24.0, 18.0], 4.9),
    ([-3.0, 5.0], -1.0, &[62.0, 44.0, 28.0, 18.0], 4.9),
    ([8.0, 7.0], 7.0, &[56.0, 40.0, 26.0, 18.0], 4.5),
    ([18.0, 11.0], 17.0, &[51.0, 32.0, 19.0, 16.0], 4.1),
];

fn bones() -> (Vec<Tube>, Vec<Tube>) {
    let (mut bones, mut flesh) = (Vec::new(), Vec::new());
    for (base, angle, lengths, radius) in RAYS {
        let (sin, cos) = angle.to_radians().sin_cos();
        let mut at = base;
        for (i, length) in lengths.iter().enumerate() {
            let end = [at[0] + sin * length, at[1] - cos * length];
            let slim = 1.0 - 0.13 * i as f32;
            let inset = radius * slim * 0.9;
            let a = [at[0] + sin * inset, at[1] - cos * inset];
            let b = [end[0] - sin * inset, end[1] + cos * inset];
            bones.push(Tube { a, b, radius: radius * slim * 0.82, flare: 0.42 });
            flesh.push(Tube { a: at, b: end, radius: radius * slim * 1.9, flare: 0.0 });
            at = [end[0] + sin * 1.3, end[1] - cos * 1.3];
        }
    }
    // Carpal bones, then radius and ulna.
    for (x, y, r) in [
        (-19.0, 20.5, 5.2),
        (-10.5, 15.5, 4.8),
        (0.0, 15.0, 5.6),
        (11.0, 16.5, 5.6),
        (-12.0, 29.5, 6.2),
        (1.5, 29.0, 6.0),
        (12.5, 28.0, 4.8),
    ] {
        bones.push(Tube { a: [x - 1.8, y], b: [x + 1.8, y + 0.8], radius: r, flare: 0.0 });
    }
    bones.push(Tube { a: [-9.0, 46.0], b: [-4.0, 140.0], radius: 9.0, flare: 0.55 });
    bones.push(Tube { a: [15.0, 43.0], b: [18.0, 140.0], radius: 6.6, flare: 0.3 });
    for (a, b, radius) in [
        ([-8.0, -34.0], [0.0, 22.0], 27.0),
        ([10.0, -28.0], [4.0, 22.0], 25.0),
        ([-12.0, 8.0], [-30.0, 2.0], 16.0),
        ([2.0, 25.0], [5.0, 150.0], 27.0),
    ] {
        flesh.push(Tube { a, b, radius, flare: 0.0 });
    }
    (bones, flesh)
}

/// A radiograph of a right hand, 12 bits, bone bright.
pub fn radiograph(person: &str, width: usize, height: usize, marker: Option<char>) -> Grid {
    let (bones, flesh) = bones();
    let trabeculae = Noise::named(person);
    let pixel = 190.0 / width as f32;
    let path = Grid::from_fn(width, height, |c, r| {
        let p = [(c - width as f32 * 0.5) * pixel + 2.0, r * pixel - 150.0];
        // Soft tissue is one body: a smooth union, flatter than it is wide.
        let soft = flesh.iter().map(|t| t.chord(p, 0.0)).fold(0.0, |a: f32, b| {
            let high = a.max(b);
            high + 2.0 * step(0.0, 20.0, a.min(b))
        });
        let mut bone = 0.0;
        for tube in &bones {
            let outer = tube.chord(p, 0.0);
            if outer > 0.0 {
                let (_, t) = to_segment(p, tube.a, tube.b);
                let cortex = 0.22 * tube.radius * (1.0 - 0.75 * (2.0 * t - 1.0).powi(2));
                let inner = tube.chord(p, cortex.max(0.5));
                let mesh = 1.0 + 0.5 * trabeculae.fbm(p[0] / 1.1, p[1] / 1.6, tube.radius, 2);
                bone += (outer - inner) + 0.30 * mesh * inner;
            }
        }
        let lead = marker.map_or(0.0, |m| letter(m, (p[0] + 78.0) / 14.0, (p[1] + 128.0) / 14.0));
        0.021 * soft.min(42.0) * 0.9 + 0.075 * bone + 2.6 * lead
    });
    expose(&path.blur(0.7), person)
}
