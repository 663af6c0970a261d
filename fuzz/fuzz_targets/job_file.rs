//! `job.json` and what else is kept beside jobs, models and data sets.
#![no_main]

use lore_core::{Adapter, DatasetInfo, ExperimentSpec, ModelInfo};
use lore_protocol::{JobLine, JobSpec, Settings};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(spec) = serde_json::from_str::<JobSpec>(text) {
        let _needs = (spec.work.label(), spec.work.resources());
        let written = serde_json::to_string(&spec).expect("a job is JSON");
        serde_json::from_str::<JobSpec>(&written).expect("it was written by us");
    }
    serde_json::from_str::<JobLine>(text).ok();
    serde_json::from_str::<ExperimentSpec>(text).ok();
    serde_json::from_str::<ModelInfo>(text).ok();
    serde_json::from_str::<DatasetInfo>(text).ok();
    serde_json::from_str::<Adapter>(text).ok();
    serde_json::from_str::<Settings>(text).ok();
});
