//! The reader of what a radiograph shows as a whole: a frontal chest or not, PA or AP, a negative,
//! a mirror image (`models/train/chest_view`).

use dicom_dictionary_std::tags;
use ndarray::Array4;

use crate::model::family::Family;
use crate::model::reading::{Reading, Score};
use crate::model::text::Text;

use super::manifest::Entry;
use super::model::Model;
use super::prep::Prep;
use super::reader::{Facts, Reader};

/// Name of the model.
pub const MODEL: &str = "chest_view";

/// Score: probability that the image is a frontal radiograph of a chest.
pub const CHEST: &str = "chest";
/// Score: probability that a frontal chest was taken PA; means nothing of another image.
pub const PA: &str = "pa";
/// Score: probability that dark and bright are exchanged.
pub const INVERTED: &str = "inverted";
/// Score: probability that a frontal chest is shown as in a mirror; means nothing of another image.
pub const FLIPPED: &str = "flipped";

/// The scores in the order of the model's classes.
pub const SCORES: [&str; 4] = [CHEST, PA, INVERTED, FLIPPED];

/// Rows and columns of the input: the scaled frame squeezed to a square.
const SIDE: usize = 224;

/// The view of radiographs and mammograms.
pub struct ChestView;

impl Reader for ChestView {
    fn model(&self) -> &'static str {
        MODEL
    }

    fn applies(&self, facts: &Facts<'_>) -> bool {
        let slices = facts.attributes.int(tags::NUMBER_OF_FRAMES).is_some_and(|n| n > 1);
        !slices && facts.family().is_some_and(Family::is_projection)
    }

    fn accepts(&self, entry: &Entry) -> Result<(), Text> {
        if entry.classes.iter().map(String::as_str).eq(SCORES) {
            return Ok(());
        }
        Err(Text::new(
            "模型清单中的类别与程序不符",
            "the classes in the manifest are not those that the program reads",
        ))
    }

    fn read(&self, model: &Model, frame: &Prep<'_>) -> Result<Vec<Reading>, Text> {
        let squeezed = frame.squeezed(SIDE, SIDE)?;
        let (rows, columns) = squeezed.dim();
        let image = Array4::from_shape_vec((1, 1, rows, columns), squeezed.into_iter().collect())
            .map_err(|e| Text::new(e.to_string(), e.to_string()))?;
        let outputs = model.run(&[("image", image.view().into_dyn())])?;
        let scores = outputs.get("scores")?;
        let told = SCORES.iter().zip(scores.iter());
        Ok(told.map(|(name, v)| Reading::Score(Score::new(frame.index(), *name, *v))).collect())
    }
}
