//! From files to results: examine each file once (one read, one decode, one touch), spool what was
//! learned, group it into studies, judge study by study. Memory is bounded by a budget for bytes in
//! flight and by the spool for everything kept; output does not depend on the thread count.

pub mod again;
pub mod budget;
pub mod choice;
pub mod clock;
mod deepen;
pub mod draw;
pub mod examine;
pub mod gate;
pub mod gate_store;
pub mod group;
mod hand_over;
pub mod held;
pub mod judge;
pub mod known;
pub mod load;
pub mod past;
pub mod pictures;
pub mod progress;
pub mod rejudge;
pub mod run;
pub mod spool;
mod tally;
