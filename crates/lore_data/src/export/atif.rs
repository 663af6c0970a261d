//! The agent trajectory interchange format, ATIF 1.

use lore_core::Trajectory;
use serde_json::{Value, json};

/// The version whose fields are written; later ones of the same number only add to them.
const VERSION: &str = "ATIF-v1.8";

/// A trajectory as one record: the first observation is the user's, every step the agent's with what it
/// brought about. The task and the outcome, for which the format has no fields, stand in `extra`.
pub(super) fn record(trajectory: &Trajectory) -> Value {
    let first = json!({
        "step_id": 1,
        "source": "user",
        "message": trajectory.initial_observation,
    });
    let steps = trajectory.steps.iter().zip(2u64..).map(|(step, step_id)| {
        let mut turn = json!({"step_id": step_id, "source": "agent", "message": step.action});
        if !step.observation.is_empty() {
            turn["observation"] = json!({"results": [{"content": step.observation}]});
        }
        turn
    });
    let steps: Vec<Value> = std::iter::once(first).chain(steps).collect();
    let trace = trajectory.trace.as_ref();
    json!({
        "schema_version": VERSION,
        "trajectory_id": trajectory.id,
        "agent": {
            "name": trajectory.source,
            "version": env!("CARGO_PKG_VERSION"),
            "model_name": trace.map(|trace| &trace.model),
        },
        "steps": steps,
        "final_metrics": {"total_steps": trajectory.num_steps()},
        "extra": {"task": trajectory.task, "end": trajectory.end},
    })
}
