//! The reader of what a radiograph shows as a whole: a frontal chest or not, PA or AP, a negative,
//! a mirror image (`models/train/chest_view`).

use ndarray::Axis;

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
        facts.is_film()
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
        let image = frame.squeezed(SIDE, SIDE)?.insert_axis(Axis(0)).insert_axis(Axis(0));
        let outputs = model.run(&[("image", image.view().into_dyn())])?;
        let scores = outputs.get("scores")?;
        let told = SCORES.iter().zip(scores.iter());
        Ok(told.map(|(name, v)| Reading::Score(Score::new(frame.index(), *name, *v))).collect())
    }
}
