//! Seeded randomness: a small generator and smooth value noise. No system randomness anywhere.

/// A splitmix64 generator.
pub struct Rng(u64);

impl Rng {
    /// A generator whose numbers depend on `name` only.
    pub fn named(name: &str) -> Self {
        Self(hash(name))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// Uniform in 0..1.
    pub fn uniform(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 16_777_216.0
    }

    /// Uniform in `low..high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal (Irwin-Hall of twelve: no transcendental function, the same everywhere).
    pub fn normal(&mut self) -> f32 {
        let mut sum = 0.0;
        for _ in 0..6 {
            let bits = self.bits();
            sum += (bits >> 32) as f32 / 4_294_967_296.0;
            sum += (bits & 0xFFFF_FFFF) as f32 / 4_294_967_296.0;
        }
        sum - 6.0
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// FNV-1a, mixed.
pub fn hash(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    mix(fnv)
}

/// A UID under 2.25 that depends on `name` only.
pub fn uid(name: &str) -> String {
    let high = u128::from(hash(name)) << 64;
    format!("2.25.{}", high | u128::from(hash(&format!("{name}/low"))))
}

/// Smooth noise of three dimensions, one knot a unit.
#[derive(Clone, Copy)]
pub struct Noise(u64);

impl Noise {
    /// Noise that depends on `name` only.
    pub fn named(name: &str) -> Self {
        Self(hash(name))
    }

    fn knot(self, x: i32, y: i32, z: i32) -> f32 {
        let key =
            (x as u64 & 0x1F_FFFF) << 42 | (y as u64 & 0x1F_FFFF) << 21 | z as u64 & 0x1F_FFFF;
        (mix(key ^ self.0) >> 40) as f32 / 8_388_608.0 - 1.0
    }

    /// The value at a place, about -1..1.
    pub fn at(self, x: f32, y: f32, z: f32) -> f32 {
        let (xi, yi, zi) = (x.floor(), y.floor(), z.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (u, v, w) = (ease(x - xi), ease(y - yi), ease(z - zi));
        let (i, j, k) = (xi as i32, yi as i32, zi as i32);
        let lerp = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let edge = |dj: i32, dk: i32| {
            lerp(self.knot(i, j + dj, k + dk), self.knot(i + 1, j + dj, k + dk), u)
        };
        let face = |dk: i32| lerp(edge(0, dk), edge(1, dk), v);
        lerp(face(0), face(1), w)
    }

    /// A sum of octaves, each half as large and twice as fine.
    pub fn fbm(self, x: f32, y: f32, z: f32, octaves: u32) -> f32 {
        let (mut sum, mut gain, mut scale) = (0.0, 0.5, 1.0);
        for octave in 0..octaves {
            let shift = octave as f32 * 17.3;
            sum += gain * self.at(x * scale + shift, y * scale - shift, z * scale + shift);
            gain *= 0.5;
            scale *= 2.03;
        }
        sum
    }
}
