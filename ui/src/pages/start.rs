//! Starting things that several pages offer.

use lore_core::{ExperimentSpec, Preset};
use lore_protocol::{ExperimentRequest, ExperimentResponse, Request, Response};

use crate::Route;
use crate::command::Action;

/// Where the sample experiment's progress and errors are shown.
pub(crate) const SAMPLE: &str = "home/sample";

/// What the sample experiment does.
pub(crate) fn sample_spec() -> ExperimentSpec {
    ExperimentSpec::preset(Preset::Smoke)
}

/// Starts the sample experiment and shows its runs.
pub(crate) fn sample_experiment() -> Action {
    let spec = Box::new(sample_spec());
    let request = Request::Experiment(ExperimentRequest::Start { spec });
    Action::new(SAMPLE, request).open(runs_of_started)
}

/// The runs of an experiment that was just started.
pub(crate) fn runs_of_started(response: &Response) -> Option<Route> {
    match response {
        Response::Experiment(ExperimentResponse::Started(id)) => Some(Route::Runs {
            experiment: Some(id.clone()),
            job: None,
        }),
        _ => None,
    }
}
