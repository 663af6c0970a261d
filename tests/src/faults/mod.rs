//! The fault harness: makes one thing go wrong in a run of the real program, and sees whether what
//! must hold still holds.
//!
//! A **trial** copies a furnished data folder, starts the `fault_driver` on it (the application
//! without a window, doing a **scene** of small work), and has one system call fail or end the
//! process. The driver says each thing it is about to do, and whether the application took it. Then
//! the same program looks at the folder without a fault, and a **ledger** compares: everything that
//! was taken is there, everything else is as before, and whatever is not was named in a sentence.

mod damage;
mod fault;
mod furnish;
mod ledger;
mod look;
mod place;
mod process;
mod programs;
mod scene;
mod scenes;
mod servers;
mod table;
mod tour;
mod trial;

pub use look::look;
pub use programs::Programs;
pub use scene::Host;
pub use scenes::play;
pub use table::Table;
pub use tour::{Tour, Wishes};
