//! Chest pictures from the thorax: the PA radiograph and axial CT slices.

use super::grid::{Grid, letter, step};
use super::rng::Rng;
use super::thorax::Thorax;

/// Attenuation of water at the beam's mean energy, per millimetre.
const WATER: f32 = 0.0192;

/// A PA chest radiograph as the detector's maker presents it: bone bright, 12 bits.
/// `marker` stands at the upper corner of the side it names (`L` or `R`), as a lead letter.
pub fn radiograph(person: &str, width: usize, height: usize, marker: Option<char>) -> Grid {
    let thorax = Thorax::named(person);
    let pixel = 372.0 / width as f32;
    let depth_step = 2.5;
    let path = Grid::from_fn(width, height, |c, r| {
        // The patient's right is at the left of the picture.
        let (x, z) = ((c - width as f32 / 2.0) * pixel, 152.0 - r * pixel);
        let mut sum = 0.0;
        let mut y = -112.0;
        while y < 114.0 {
            let hu = thorax.hu(x, y, z);
            let bone = if hu > 150.0 { 1.35 } else { 1.0 };
            sum += (1.0 + hu * bone / 1000.0).max(0.0);
            y += depth_step;
        }
        let lead = marker.map_or(0.0, |m| {
            let size = 21.0;
            // Picture millimetres from the letter's corner.
            let left = if m == 'R' { -168.0 } else { 150.0 };
            letter(m, (x - left) / size, (140.0 - z) / size)
        });
        sum * depth_step * WATER + 3.5 * lead
    });
    expose(&path.blur(0.7), person)
}

/// From attenuation to what the viewer sees: scatter, quantum noise, logarithm, range compression.
pub fn expose(path: &Grid, name: &str) -> Grid {
    let mut rng = Rng::named(&format!("{name}/quanta"));
    let primary = path.clone().map(|v| (-v).exp());
    let scatter = primary.blur(path.width as f32 / 14.0);
    let light = primary.zip(&scatter, |p, s| p + 0.22 * s);
    let light = light.noise(&mut rng, 0.6, |v| 0.004 * v.max(1e-4).sqrt() + 0.002 * v);
    let log = light.map(|v| -v.max(1e-5).ln());
    let wide = log.blur(path.width as f32 / 9.0);
    let fine = log.blur(2.5);
    let shown = log.zip(&wide, |v, w| v - 0.36 * w).zip(&fine, |v, f| v + 0.25 * (v - 0.64 * f));
    stretch(shown, 0.01, 0.995, 250.0, 3750.0)
}

/// Moves the given quantiles to `low` and `high`, rolling off beyond them.
pub fn stretch(grid: Grid, dark: f32, bright: f32, low: f32, high: f32) -> Grid {
    let mut sorted = grid.values.clone();
    sorted.sort_by(f32::total_cmp);
    let at = |q: f32| sorted[((sorted.len() - 1) as f32 * q) as usize];
    let (a, b) = (at(dark), at(bright));
    grid.map(|v| {
        let t = (v - a) / (b - a).max(1e-6);
        let rolled = if t > 0.92 { 0.92 + 0.12 * (1.0 - (-(t - 0.92) / 0.12).exp()) } else { t };
        (low + (high - low) * rolled).clamp(0.0, 4095.0)
    })
}

/// How a CT slice is reconstructed.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// The maker's name of it.
    pub name: &'static str,
    /// Standard deviation of the noise, HU.
    pub noise: f32,
    /// Its smoothness, pixels.
    pub grain: f32,
    /// Blur of edges, pixels.
    pub blur: f32,
}

/// Soft tissue, Siemens words.
pub const SOFT: Kernel = Kernel { name: "B31f", noise: 11.0, grain: 0.9, blur: 0.6 };
/// Lung, GE words.
pub const LUNG: Kernel = Kernel { name: "LUNG", noise: 34.0, grain: 0.0, blur: 0.0 };

/// An axial slice through the chest at height `z`, HU, of `size` pixels and `pixel` mm each.
pub fn slice(thorax: &Thorax, name: &str, size: usize, pixel: f32, z: f32, kernel: Kernel) -> Grid {
    let half = size as f32 / 2.0;
    let fine = Grid::from_fn(size * 2, size * 2, |c, r| {
        let (x, y) = ((c / 2.0 - half) * pixel, (r / 2.0 - half) * pixel - 6.0);
        let hu = thorax.hu(x, y, z);
        if hu > -1000.0 { hu } else { table(x, y) }
    });
    let mut rng = Rng::named(&format!("{name}/{z}"));
    let centre = fine.halved().blur(kernel.blur);
    let noisy = centre
        .noise(&mut rng, kernel.grain, |v| kernel.noise * (0.45 + 0.55 * step(-1000.0, -200.0, v)));
    circle(noisy, -1024.0)
}

/// The couch: two thin shells that sag in the middle.
fn table(x: f32, y: f32) -> f32 {
    let sag = 118.0 - (x / 200.0).powi(2) * 26.0;
    let shell = (y - sag).abs().min((y - sag - 17.0).abs());
    if x.abs() < 205.0 && shell < 1.0 { -380.0 } else { -1000.0 }
}

/// What lies outside the circle of reconstruction becomes padding.
fn circle(mut grid: Grid, padding: f32) -> Grid {
    let half = grid.width as f32 / 2.0;
    for (i, v) in grid.values.iter_mut().enumerate() {
        let (x, y) = ((i % grid.width) as f32 + 0.5 - half, (i / grid.width) as f32 + 0.5 - half);
        if (x * x + y * y).sqrt() > half {
            *v = padding;
        }
    }
    grid
}
