//! Playing an episode on from the chosen step, and what was played on from it.

use egui::Ui;
use lore_core::{BranchOrigin, Change, JobId, Step, Trajectory, TrajectoryId};
use lore_protocol::{BranchInfo, BranchWork, JobState, Request, Source, TrajectoryRequest, Work};

use super::changes;
use crate::command::Action;
use crate::context::Ctx;
use crate::parts::{action_error_ui, job_progress_ui};
use crate::widgets::{Button, Card, Icon, ListRow, choice, field};
use crate::{JobRecord, Route, format};

/// View state.
#[derive(Debug, Default)]
pub(super) struct Branches {
    /// What the agent is to do in this step of this episode, if somebody chose.
    first: Option<(TrajectoryId, usize, String)>,
    /// The episode that is being played on, to be opened beside its branch.
    awaited: Option<TrajectoryId>,
}

impl Branches {
    /// The form, what is under way, and the list.
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        source: &Source,
        trajectory: &Trajectory,
        (step, change): (usize, &Change),
    ) {
        let place = format!("branch/{}", trajectory.id);
        let branches = ctx.branches(&trajectory.id).ready().unwrap_or_default();
        self.open_awaited(
            ctx,
            source,
            trajectory,
            branches,
            ctx.store.actions().job(&place),
        );
        Card::titled("Where it would have led").show(ui, ctx.tokens, |ui| {
            self.form_ui(ctx, ui, source, trajectory, (step, change), &place);
            action_error_ui(ctx, ui, &place);
            let newest = ctx.store.actions().job(&place);
            for record in under_way(ctx, &trajectory.id, newest) {
                job_progress_ui(ctx, ui, record);
            }
        });
        origin_ui(ctx, ui, source, trajectory);
        list_ui(ctx, ui, source, trajectory, branches);
    }

    fn form_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        source: &Source,
        trajectory: &Trajectory,
        (step, change): (usize, &Change),
        place: &str,
    ) {
        let tokens = ctx.tokens;
        ui.label(tokens.muted(
            "The world is brought to this step, and the agent plays on to the end with what is different \
             above.",
        ));
        let known = self.first.take();
        let known = known.filter(|(of, at, _)| *of == trajectory.id && *at == step);
        let mut first = known.map(|(_, _, action)| action);
        let firsts = firsts(&trajectory.steps[step]);
        field(ui, tokens, "First action", |ui| {
            choice(ui, tokens, &mut first, &firsts, "What it does first")
        });
        let play = Button::secondary("Play on from here")
            .icon(Icon::Play)
            .hover("Takes seconds to minutes; the episode itself stays as it is")
            .busy(ctx.is_busy(place))
            .show(ui, tokens);
        if play.clicked() {
            let origin = BranchOrigin {
                trajectory: trajectory.id.clone(),
                step: step as u32,
                change: change.clone(),
                action: first.clone(),
            };
            let request = Request::Trajectory(TrajectoryRequest::PlayOn {
                source: source.clone(),
                origin: Box::new(origin),
            });
            ctx.act(Action::new(place.to_owned(), request));
            self.awaited = Some(trajectory.id.clone());
        }
        self.first = first.map(|action| (trajectory.id.clone(), step, action));
    }

    /// Goes to the branch that somebody waits for, once it is there.
    fn open_awaited(
        &mut self,
        ctx: &Ctx<'_>,
        source: &Source,
        trajectory: &Trajectory,
        branches: &[BranchInfo],
        job: Option<&JobId>,
    ) {
        if self.awaited.as_ref() != Some(&trajectory.id) {
            return;
        }
        let found = branches.iter().find(|branch| Some(&branch.job) == job);
        if let Some(branch) = found {
            self.awaited = None;
            ctx.go(beside(source, &trajectory.id, branch));
        }
    }
}

/// What the agent may do first: what it decides itself, or one of what was possible.
fn firsts(step: &Step) -> Vec<(Option<String>, String)> {
    let scored = step.trace.as_ref().map_or(&[][..], |trace| &trace.scored);
    let mut actions: Vec<&String> = if step.admissible.is_empty() {
        scored.iter().map(|one| &one.action).collect()
    } else {
        step.admissible.iter().collect()
    };
    if !actions.contains(&&step.action) {
        actions.push(&step.action);
    }
    actions.sort_unstable();
    actions.dedup();
    let own = (None, "What it decides itself".to_owned());
    let chosen = actions
        .into_iter()
        .map(|action| (Some(action.clone()), action.clone()));
    std::iter::once(own).chain(chosen).collect()
}

/// The jobs that play this episode on, and the newest one if it came to no good end.
fn under_way<'a>(
    ctx: &Ctx<'a>,
    id: &TrajectoryId,
    newest: Option<&JobId>,
) -> impl Iterator<Item = &'a JobRecord> {
    ctx.store.jobs().iter().filter(move |record| {
        let info = &record.info;
        let ended_badly = !matches!(info.state, JobState::Finished { .. });
        branch_work(record).is_some_and(|work| work.origin.trajectory == *id)
            && (info.state.is_active() || (ended_badly && newest == Some(&info.spec.id)))
    })
}

fn branch_work(record: &JobRecord) -> Option<&BranchWork> {
    match &record.info.spec.work {
        Work::Branch(work) => Some(work),
        _ => None,
    }
}

/// The way back from a branch to the episode that it was played on from.
fn origin_ui(ctx: &Ctx<'_>, ui: &mut Ui, source: &Source, trajectory: &Trajectory) {
    let Some(origin) = trajectory
        .trace
        .as_ref()
        .and_then(|trace| trace.branch.as_ref())
    else {
        return;
    };
    let Source::Run { job, .. } = source else {
        return;
    };
    let Some(work) = ctx.store.jobs().get(job).and_then(branch_work) else {
        return;
    };
    let subtitle = format!("from step {} on it is on its own", origin.step + 1);
    Card::new().tight().show(ui, ctx.tokens, |ui| {
        let row = ListRow::new("The episode that this one branched off from")
            .subtitle(&subtitle)
            .icon(Icon::Split)
            .chevron();
        if row.show(ui, ctx.tokens).clicked() {
            ctx.go(Route::Beside {
                source: work.source.clone(),
                left: origin.trajectory.clone(),
                right: trajectory.id.clone(),
                right_source: Some(source.clone()),
            });
        }
    });
}

fn list_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    source: &Source,
    trajectory: &Trajectory,
    branches: &[BranchInfo],
) {
    if branches.is_empty() {
        return;
    }
    Card::titled("Branches").tight().show(ui, ctx.tokens, |ui| {
        for branch in branches {
            let origin = &branch.origin;
            let title = changes::words(ctx, &origin.change, trajectory, origin.step as usize);
            let subtitle = facts(branch);
            let row = ListRow::new(&title)
                .subtitle(&subtitle)
                .icon(if branch.end == lore_core::EpisodeEnd::Success {
                    Icon::CheckCircle
                } else {
                    Icon::Failed
                })
                .chevron();
            if row.show(ui, ctx.tokens).clicked() {
                ctx.go(beside(source, &trajectory.id, branch));
            }
        }
    });
}

/// From where on, what came first, and how it ended.
fn facts(branch: &BranchInfo) -> String {
    let origin = &branch.origin;
    let mut facts = vec![format!("from step {}", origin.step + 1)];
    if let Some(action) = &origin.action {
        facts.push(format!("first {action:?}"));
    }
    facts.push(branch.end.label().to_owned());
    facts.push(format::counted(
        u64::from(branch.num_steps),
        "step",
        "steps",
    ));
    facts.join(" · ")
}

/// The episode on the left, the branch on the right.
fn beside(source: &Source, id: &TrajectoryId, branch: &BranchInfo) -> Route {
    Route::Beside {
        source: source.clone(),
        left: id.clone(),
        right: branch.trajectory.clone(),
        right_source: Some(Source::Run {
            experiment: None,
            job: branch.job.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_possible_action_can_be_the_first() {
        let step = Step {
            action: "dance".into(),
            admissible: vec!["look".into(), "go".into(), "look".into()],
            ..Step::default()
        };
        let firsts = firsts(&step);
        let actions: Vec<_> = firsts.iter().map(|(action, _)| action.as_deref()).collect();
        assert_eq!(actions, [None, Some("dance"), Some("go"), Some("look")]);
    }
}
