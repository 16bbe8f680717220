//! What one measure gives: a number under its registered name, and the place in the frame that it
//! speaks of.

/// One number, with the place in the frame where it was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// Registered name.
    pub name: &'static str,
    /// The value in the registered unit; finite.
    pub value: f64,
    /// x0, y0, x1, y1 in pixels of the frame (columns, then rows), half-open; `None` where the
    /// number speaks of the whole region.
    pub place: Option<[u32; 4]>,
}

impl Taken {
    /// A number of the whole region.
    pub fn of(name: &'static str, value: f64) -> Self {
        Self { name, value, place: None }
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(mut self, place: Option<[u32; 4]>) -> Self {
        self.place = place;
        self
    }
}
