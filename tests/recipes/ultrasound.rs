//! An ultrasound picture: a fan of speckle over layers, a vessel and a gallbladder-like lake.

use super::grid::{Grid, step};
use super::rng::{Noise, Rng};

/// An 8-bit picture, grey; the caller makes it RGB.
pub fn fan(name: &str, width: usize, height: usize) -> Grid {
    let noise = Noise::named(name);
    let mut rng = Rng::named(&format!("{name}/speckle"));
    let (w, h) = (width as f32, height as f32);
    let tissue = Grid::from_fn(width, height, |c, r| {
        let (x, y) = (c - w / 2.0, r + h * 0.12);
        let (angle, far) = (x.atan2(y), x.hypot(y) / h);
        if angle.abs() > 0.62 || !(0.16..1.08).contains(&far) {
            return 0.0;
        }
        let layers = 0.35 + 0.25 * noise.fbm(angle * 3.0, far * 26.0, 1.0, 2);
        let organ = 0.42 + 0.22 * noise.fbm(angle * 9.0, far * 9.0, 4.0, 3);
        let mut echo = if far < 0.30 { layers + 0.25 } else { organ };
        let lake = ((angle - 0.12) / 0.17).hypot((far - 0.56) / 0.10);
        echo *= step(0.92, 1.04, lake);
        if lake < 1.12 && lake > 1.0 {
            echo += 0.3;
        }
        // Behind fluid the echo is stronger.
        if (angle - 0.12).abs() < 0.14 && far > 0.66 {
            echo *= 1.45;
        }
        let vessel = ((angle + 0.30) / 0.05).hypot((far - 0.72) / 0.045);
        echo *= step(0.85, 1.1, vessel);
        let diaphragm = (far - 0.93 - 0.25 * angle * angle).abs();
        (echo + 0.9 * (1.0 - step(0.0, 0.014, diaphragm))) * (1.12 - 0.4 * far)
    });
    let speckle =
        Grid { width, height, values: (0..width * height).map(|_| rng.normal()).collect() }
            .blur(1.3);
    tissue.zip(&speckle, |e, s| {
        if e <= 0.0 { 0.0 } else { (e * (0.55 + 2.4 * s.abs())).powf(0.7) * 210.0 }
    })
}
