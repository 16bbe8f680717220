//! EFC and FBER of a frame, on the body and air that were found in it.

use crate::measure::iqm;

use super::grid::Grid;
use super::{Body, Frame, Taken};

/// Entropy focus criterion of all pixels ([`iqm::efc`]); 0 to 1, lower is better.
pub const EFC: &str = "efc";
/// Ratio of the median energies of body and air ([`iqm::fber`]), of up to 8,192 pixels each; -1 where
/// the air is masked. Higher is better.
pub const FBER: &str = "fber";

/// Pixels of body and of air that are looked at.
const PIXELS: usize = 8192;

/// Both; none where values are negative, or no air is in view.
pub fn taken(frame: &Frame<'_>, grid: &Grid, body: &Body, out: &mut Vec<Taken>) {
    if let Some(value) = iqm::efc(frame.pixels.iter().copied()) {
        out.push(Taken::of(EFC, value));
    }
    let front = pixels(frame, grid, &body.mask);
    let back = pixels(frame, grid, &body.air);
    if let Some(value) = iqm::fber(front.into_iter(), back.into_iter()) {
        out.push(Taken::of(FBER, value));
    }
}

/// Up to [`PIXELS`] pixels of the cells of a mask, evenly drawn.
fn pixels(frame: &Frame<'_>, grid: &Grid, mask: &[bool]) -> Vec<f32> {
    let cells: Vec<usize> = (0..mask.len()).filter(|at| mask[*at]).collect();
    let step = (cells.len() * grid.block * grid.block).div_ceil(PIXELS).max(1);
    let of_cell = |at: &usize| {
        let (row, column) = (at / grid.cols * grid.block, at % grid.cols * grid.block);
        let rows = row..(row + grid.block).min(frame.height);
        rows.flat_map(move |r| {
            let end = (column + grid.block).min(frame.width);
            frame.pixels.get(r * frame.width + column..r * frame.width + end).unwrap_or_default()
        })
    };
    cells.iter().flat_map(of_cell).step_by(step).copied().collect()
}
