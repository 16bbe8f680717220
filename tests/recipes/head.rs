//! A head in three dimensions: which tissue lies at every place, with a folded cortex. MR and CT
//! slices cut it. Millimetres; x to the patient's left, y to the back, z to the top.

use super::grid::{Grid, step, to_segment};
use super::rng::{Noise, Rng};

/// What lies at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tissue {
    /// Air around the head and in sinuses.
    Air,
    /// Skin and fat of the scalp.
    Scalp,
    /// Muscle at the temples.
    Muscle,
    /// Compact bone.
    Bone,
    /// Marrow between the tables of the skull.
    Marrow,
    /// Cerebrospinal fluid.
    Fluid,
    /// Cortex.
    Gray,
    /// Basal ganglia and thalamus.
    DeepGray,
    /// White matter.
    White,
}

/// How an MR series weighs tissues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// Spin echo, short TR and TE.
    T1,
    /// Turbo spin echo, long TR and TE.
    T2,
    /// T2 with fluid nulled.
    Flair,
    /// Echo planar, b in s/mm2.
    Dwi(u32),
}

impl Weighting {
    /// Signal of a tissue, white matter of T1 being 1.
    fn signal(self, tissue: Tissue) -> f32 {
        let (t1, t2, flair, b0, b1000) = match tissue {
            Tissue::Air => (0.0, 0.0, 0.0, 0.0, 0.0),
            Tissue::Scalp => (1.22, 0.80, 0.66, 0.05, 0.03),
            Tissue::Muscle => (0.55, 0.28, 0.30, 0.15, 0.05),
            Tissue::Bone => (0.05, 0.04, 0.04, 0.0, 0.0),
            Tissue::Marrow => (0.80, 0.48, 0.42, 0.03, 0.02),
            Tissue::Fluid => (0.24, 1.35, 0.10, 1.45, 0.09),
            Tissue::Gray => (0.66, 0.70, 0.80, 0.74, 0.62),
            Tissue::DeepGray => (0.74, 0.58, 0.70, 0.60, 0.54),
            Tissue::White => (1.0, 0.45, 0.56, 0.50, 0.52),
        };
        match self {
            Self::T1 => t1,
            Self::T2 => t2,
            Self::Flair => flair,
            Self::Dwi(0) => b0,
            Self::Dwi(_) => b1000,
        }
    }
}

/// The head.
pub struct Head {
    folds: Noise,
    shape: Noise,
}

fn inside(p: [f32; 3], centre: [f32; 3], radii: [f32; 3]) -> bool {
    (0..3).map(|i| ((p[i] - centre[i]) / radii[i]).powi(2)).sum::<f32>() < 1.0
}

impl Head {
    /// The head of a person, told by name.
    pub fn named(name: &str) -> Self {
        Self {
            folds: Noise::named(&format!("{name}/folds")),
            shape: Noise::named(&format!("{name}/shape")),
        }
    }

    /// The tissue at a place.
    pub fn tissue(&self, x: f32, y: f32, z: f32) -> Tissue {
        let warp = 2.5 * self.shape.at(x / 45.0, y / 45.0, z / 45.0);
        let egg = 1.0 + 0.10 * step(-20.0, 60.0, y) - 0.06 * step(0.0, -80.0, y);
        let level = 1.0 - (z / 96.0).powi(2);
        if level <= 0.02 {
            return Tissue::Air;
        }
        let shrink = level.sqrt();
        let (a, b) = (76.0 * shrink * egg, 95.0 * shrink);
        let q = ((x / a).powi(2) + (y / b).powi(2)).sqrt();
        // Depth below the skin, near enough for thin layers.
        let depth = (1.0 - q) * (a.min(b) + 0.3 * (b - a)) + warp * 0.3;
        let thick = 4.2 + 1.2 * self.shape.at(x / 30.0 + 7.0, y / 30.0, z / 30.0);
        let temple = x.abs() > 0.8 * a && y < 5.0 && z < 20.0;
        match depth {
            d if d < 0.0 => Tissue::Air,
            d if d < thick => {
                if temple && d > 2.5 {
                    Tissue::Muscle
                } else {
                    Tissue::Scalp
                }
            }
            d if d < thick + 2.2 => Tissue::Bone,
            d if d < thick + 4.6 => Tissue::Marrow,
            d if d < thick + 6.6 => Tissue::Bone,
            d => self.brain([x, y, z], d - thick - 6.6 + warp * 0.4),
        }
    }

    fn brain(&self, p: [f32; 3], depth: f32) -> Tissue {
        let [x, y, z] = p;
        if depth < 1.4 {
            return Tissue::Fluid;
        }
        if let Some(tissue) = self.core(p) {
            return tissue;
        }
        // The cleft between the hemispheres; the falx is too thin to be seen.
        let cleft = x.abs() - 0.9 - 0.5 * self.shape.at(1.0, y / 12.0, z / 12.0);
        let between = !(-26.0..34.0).contains(&y) || z > 26.0;
        if between && cleft < 0.0 {
            return Tissue::Fluid;
        }
        let mut to_fluid = depth - 1.4;
        if between {
            to_fluid = to_fluid.min(cleft);
        }
        // Sulci run where the noise crosses zero, deeper ones where a slow noise says so.
        let fold = self.folds.at(x / 11.5, y / 11.5, z / 14.0)
            + 0.4 * self.folds.at(x / 6.5 + 9.0, y / 6.5, z / 7.5 + 5.0);
        let reach = 24.0 + 8.0 * self.shape.at(x / 25.0, y / 25.0, z / 25.0 + 3.0);
        let open = 1.0 - step(reach * 0.6, reach, to_fluid);
        let distance = fold.abs() * 9.0 + (1.0 - open) * 5.0;
        if distance < 0.62 * open {
            return Tissue::Fluid;
        }
        let ribbon = 3.1 + 0.5 * self.shape.at(x / 9.0, y / 9.0, z / 9.0);
        let sylvian = to_segment([x.abs(), y, z], [34.0, -14.0, 2.0], [58.0, 4.0, 8.0]).0;
        let insula = to_segment([x.abs(), y, z], [36.0, -20.0, 4.0], [37.0, 14.0, 8.0]).0;
        if sylvian < 1.8 {
            return Tissue::Fluid;
        }
        let gray = to_fluid < ribbon || distance < ribbon || sylvian < 4.6 || insula < 2.4;
        if gray { Tissue::Gray } else { Tissue::White }
    }

    /// Ventricles and deep nuclei.
    fn core(&self, p: [f32; 3]) -> Option<Tissue> {
        let wobble = 1.2 * self.shape.at(p[0] / 10.0, p[1] / 10.0, p[2] / 10.0);
        let q = [p[0].abs(), p[1], p[2]];
        let tube = |a: [f32; 3], b: [f32; 3]| to_segment(q, a, b).0;
        let front = tube([6.0, -8.0, 18.0], [11.0, -31.0, 9.0]) - 4.6;
        let body = tube([6.0, -8.0, 18.0], [12.0, 26.0, 17.0]) - 4.6;
        let back = tube([13.0, 24.0, 16.0], [23.0, 50.0, 4.0]) - 4.2;
        let lateral = front.min(body).min(back) - wobble;
        let septum = q[0] < 0.9;
        if lateral < 0.0 && !septum {
            return Some(Tissue::Fluid);
        }
        if q[0] < 1.7 && (-10.0..16.0).contains(&p[1]) && (-14.0..9.0).contains(&p[2]) {
            return Some(Tissue::Fluid);
        }
        let cisterns = inside(q, [0.0, 34.0, -10.0], [12.0, 5.0, 7.0]);
        if cisterns {
            return Some(Tissue::Fluid);
        }
        let deep = inside(q, [9.5, 9.0, 4.0], [8.0, 14.0, 9.0])
            || inside(q, [13.0, -19.0, 9.0], [5.0, 9.0, 10.0])
            || inside(q, [26.0, -5.0, 4.0], [5.5, 16.0, 10.0])
            || inside(q, [20.0, -2.0, 0.0], [5.0, 9.0, 7.0]);
        deep.then_some(Tissue::DeepGray)
    }

    /// An axial MR slice at height `z`, stored values up to about 1200.
    pub fn mr(&self, name: &str, size: usize, pixel: f32, z: f32, weighting: Weighting) -> Grid {
        let epi = matches!(weighting, Weighting::Dwi(_));
        let half = size as f32 / 2.0;
        let ideal = Grid::from_fn(size * 2, size * 2, |c, r| {
            let (x, y) = ((c / 2.0 - half) * pixel, (r / 2.0 - half) * pixel);
            // Echo planar images are stretched near air.
            let bend =
                if epi { 3.0 * step(-40.0, -85.0, y) * (1.0 - (x / 50.0).powi(2)) } else { 0.0 };
            let grain = 1.0 + 0.05 * self.shape.fbm(x / 6.0, y / 6.0, z / 6.0 + 40.0, 3);
            weighting.signal(self.tissue(x, y + bend, z)) * grain
        });
        let sharp = ideal.halved().blur(if epi { 1.0 } else { 0.55 });
        let coil = Noise::named(&format!("{name}/coil"));
        let biased = Grid::from_fn(size, size, |c, r| {
            let (u, v) = (c / size as f32, r / size as f32);
            let near = 1.0 + 0.22 * ((u - 0.5).powi(2) + (v - 0.5).powi(2)) * 4.0;
            near * (1.0 + 0.10 * coil.at(u * 2.0, v * 2.0, z / 90.0))
        })
        .zip(&sharp, |bias, signal| bias * signal * 760.0);
        let sigma = if epi { 13.0 } else { 9.0 };
        let mut rng = Rng::named(&format!("{name}/{z}/{weighting:?}"));
        biased.map_rician(&mut rng, sigma)
    }

    /// An axial CT slice at height `z`, HU.
    pub fn ct(&self, name: &str, size: usize, pixel: f32, z: f32) -> Grid {
        let half = size as f32 / 2.0;
        let ideal = Grid::from_fn(size * 2, size * 2, |c, r| {
            let (x, y) = ((c / 2.0 - half) * pixel, (r / 2.0 - half) * pixel);
            match self.tissue(x, y, z) {
                Tissue::Air => -1000.0,
                Tissue::Scalp => -60.0,
                Tissue::Muscle => 55.0,
                Tissue::Bone => 1250.0,
                Tissue::Marrow => 650.0,
                Tissue::Fluid => 8.0,
                Tissue::Gray => 38.0,
                Tissue::DeepGray => 36.0,
                Tissue::White => 29.0,
            }
        });
        let mut rng = Rng::named(&format!("{name}/{z}/ct"));
        ideal.halved().blur(0.8).noise(&mut rng, 1.0, |v| if v < -500.0 { 4.0 } else { 3.2 })
    }
}

impl Grid {
    /// The magnitude of this signal with complex noise of standard deviation `sigma`.
    #[must_use]
    pub fn map_rician(self, rng: &mut Rng, sigma: f32) -> Self {
        let mut out = self;
        for v in &mut out.values {
            let (re, im) = (*v + sigma * rng.normal(), sigma * rng.normal());
            *v = (re * re + im * im).sqrt();
        }
        out
    }
}
