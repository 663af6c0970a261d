//! Statistics of success rates.
//!
//! Every function is held to a published implementation (SciPy, statsmodels) by the references that
//! `tests/reference/success_rates.py` stores.

mod bootstrap;
mod interval;
mod many;
mod paired;
mod pooled;

use serde::{Deserialize, Serialize};

pub use bootstrap::{BOOTSTRAP_SAMPLES, clustered_bootstrap};
pub use interval::{newcombe, wilson};
pub use many::holm;
pub use paired::{PairedTask, mcnemar_exact, sign_flip_exact, smallest_detectable};
pub use pooled::{Cluster, pooled_wilson};

/// The 97.5 % point of the normal distribution.
pub(crate) const Z_95: f64 = 1.959_963_984_540_054;

/// A number and the 95 % interval around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Arithmetic mean; `None` for nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}
