//! Mammograms: a compressed breast, glandular tissue, pectoral muscle on oblique views.

use super::grid::{Grid, step, to_segment};
use super::rng::{Noise, Rng};

/// Which of the two standard views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// From head to foot.
    Cc,
    /// Mediolateral oblique.
    Mlo,
}

/// A mammogram, 12 bits, dense tissue bright. The chest wall is at the left of the picture for the
/// left breast and at its right for the right one, as they are hung.
pub fn mammogram(person: &str, left: bool, view: View, width: usize, height: usize) -> Grid {
    let noise = Noise::named(&format!("{person}/gland"));
    let offset = if left { 0.0 } else { 500.0 } + if view == View::Cc { 0.0 } else { 200.0 };
    let (long, deep) = match view {
        View::Cc => (0.36, 0.62),
        View::Mlo => (0.43, 0.60),
    };
    let h = height as f32;
    let path = Grid::from_fn(width, height, |c, r| {
        // u: from the chest wall outwards; v: along it; both in units of the height.
        let u = if left { c } else { width as f32 - c } / h;
        let v = r / h - if view == View::Cc { 0.5 } else { 0.53 };
        let sag = if view == View::Mlo { 0.10 * step(-0.4, 0.3, v) } else { 0.0 };
        let deep = deep * 0.86 + sag;
        let q = ((u / deep).powi(2) + (v / long).abs().powf(2.2)).sqrt();
        let nipple = to_segment([u, v], [deep - 0.01, 0.05], [deep + 0.006, 0.05]).0 < 0.013;
        let wall = muscle(view, u, v);
        if q >= 1.0 && !nipple && wall <= 0.0 {
            return 0.0;
        }
        // Compressed flat: thickness falls only near the edge.
        let edge = (1.0 - q.min(1.0)).max(0.0);
        let thick = (1.0 - (1.0 - (edge / 0.16).min(1.0)).powi(2)).sqrt().max(wall);
        let (x, y) = (u * 9.0 + offset, v * 9.0);
        let cone = step(0.95, 0.35, ((u - 0.55 * deep) / (0.42 * deep)).hypot(v / (0.62 * long)));
        let lobes = 0.5 + 0.9 * noise.fbm(x, y, 3.0, 5);
        // Ducts and ligaments run towards the nipple.
        let angle = (v - 0.05).atan2(deep - u) * 14.0;
        let far = (deep - u).hypot(v - 0.05) * 8.0;
        let strands = (1.0 - noise.fbm(angle + offset, far, 7.0, 3).abs() * 7.0).max(0.0);
        let vessels = (1.0 - noise.at(x * 0.7, y * 0.7, 50.0).abs() * 26.0).max(0.0);
        let gland = cone * step(0.32, 0.85, lobes) + 0.28 * strands * (0.25 + 0.75 * cone);
        let skin = if edge < 0.012 && q < 1.0 && wall < 0.5 { 0.35 } else { 0.0 };
        let body = thick * (1.0 + 0.75 * gland + 0.10 * vessels) + skin;
        body.max(if nipple { 0.55 } else { 0.0 }) + 0.55 * wall * (0.92 + 0.25 * lobes)
    });
    let mut rng = Rng::named(&format!("{person}/{left}/{view:?}"));
    path.blur(0.9)
        .noise(&mut rng, 0.6, |v| if v > 0.05 { 0.018 } else { 0.006 })
        .map(|v| (60.0 + 1750.0 * v).clamp(0.0, 4095.0))
}

fn muscle(view: View, u: f32, v: f32) -> f32 {
    if view == View::Cc {
        return 0.0;
    }
    // A wedge from the upper corner down to the middle of the chest wall.
    let border = 0.33 - 0.50 * (v + 0.53) - 0.05 * (v + 0.3).powi(2);
    step(0.0, 0.035, border - u)
}
