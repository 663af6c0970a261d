//! One job: how far it is, why it ended, what it said.

use egui::{ScrollArea, Ui};
use lore_core::JobId;
use lore_protocol::{JobEvent, JobLine, JobRequest, JobState, Level, Request, Source, Work};

use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::parts::{action_error_ui, agent_words, agreement_ui, job_progress_ui, loaded_ui};
use crate::widgets::{Button, Card, EmptyState, Icon, segmented};
use crate::{JobRecord, PageId, Route, format};

/// Lines of the diary that are shown.
const MAX_LINES: usize = 300;

/// What is shown of a job.
#[derive(Debug, Default)]
pub(super) struct JobView {
    tab: Tab,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    /// What it said.
    #[default]
    Diary,
    /// The worker's own log.
    Log,
    /// The specification.
    Spec,
}

impl JobView {
    /// The job.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, id: &JobId) {
        let Some(record) = ctx.store.jobs().get(id) else {
            let text = "It was taken off the list.";
            EmptyState::new(Icon::Runs, "This job is gone", text).show(ui, ctx.tokens);
            return;
        };
        let tokens = ctx.tokens;
        Card::new().show(ui, tokens, |ui| {
            job_progress_ui(ctx, ui, record);
            ui.horizontal_wrapped(|ui| actions_ui(ctx, ui, record));
            for what in ["resume", "remove", "stop"] {
                action_error_ui(ctx, ui, &place(id, what));
            }
        });
        result_ui(ctx, ui, record);
        Card::new().show(ui, tokens, |ui| {
            let tabs = [
                (Tab::Diary, "What it said"),
                (Tab::Log, "Log of the worker"),
                (Tab::Spec, "What it was asked"),
            ];
            segmented(ui, tokens, &mut self.tab, &tabs, "About the job");
            match self.tab {
                Tab::Diary => diary_ui(ctx, ui, record),
                Tab::Log => {
                    let log = ctx.job_log(id);
                    loaded_ui(ctx, ui, log, "Reading the log", |ui, log| {
                        text_ui(ctx, ui, "log", log);
                    });
                }
                Tab::Spec => {
                    let text = serde_json::to_string_pretty(&record.info.spec)
                        .unwrap_or_else(|error| error.to_string());
                    text_ui(ctx, ui, "spec", &text);
                }
            }
        });
    }
}

/// What came out, for jobs whose result is a table.
fn result_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    let spec = &record.info.spec;
    if let (Work::Agreement(work), JobState::Finished { .. }) = (&spec.work, &record.info.state) {
        let agent = agent_words(ctx, work);
        let agreement = ctx.agreement(&spec.id);
        loaded_ui(ctx, ui, agreement, "Fetching the table", |ui, agreement| {
            agreement_ui(ctx, ui, &agent, agreement);
        });
    }
}

fn place(job: &JobId, what: &str) -> String {
    format!("job/{what}/{job}")
}

fn actions_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    let tokens = ctx.tokens;
    let info = &record.info;
    let id = &info.spec.id;
    if matches!(
        info.state,
        JobState::Cancelled { .. } | JobState::Failed { .. }
    ) {
        let keeps = matches!(info.state, JobState::Cancelled { resumable: true });
        let hover = if keeps || info.has_checkpoint {
            "Goes on from the last saved state"
        } else {
            "Nothing was saved, so it starts again"
        };
        let resume = Button::secondary("Resume")
            .icon(Icon::Play)
            .hover(hover)
            .busy(ctx.is_busy(&place(id, "resume")))
            .show(ui, tokens);
        if resume.clicked() {
            let request = Request::Job(JobRequest::Resume { job: id.clone() });
            ctx.act(Action::new(place(id, "resume"), request));
        }
    }
    if let Some((words, icon, route)) = leads_to(record)
        && Button::secondary(words)
            .icon(icon)
            .show(ui, tokens)
            .clicked()
    {
        ctx.go(route);
    }
    if !info.state.is_active() && info.spec.experiment.is_none() {
        let remove = Button::quiet("Take off the list")
            .icon(Icon::Close)
            .hover("What it made stays")
            .show(ui, tokens);
        if remove.clicked() {
            let request = Request::Job(JobRequest::Remove { job: id.clone() });
            let action = Action::new(place(id, "remove"), request);
            ctx.act(action.open(|_| Some(PageId::Runs.route())));
        }
    }
}

/// The page that shows more of what the job makes.
fn leads_to(record: &JobRecord) -> Option<(&'static str, Icon, Route)> {
    let spec = &record.info.spec;
    match &spec.work {
        Work::Evaluate(_) | Work::Branch(_) => {
            let source = Source::Run {
                experiment: spec.experiment.clone(),
                job: spec.id.clone(),
            };
            let route = Route::Trajectories {
                source: Some(source),
                id: None,
            };
            let words = match spec.work {
                Work::Branch(_) => "Read its episode",
                _ => "Read its episodes",
            };
            Some((words, Icon::Path, route))
        }
        Work::Agreement(work) => {
            let route = Route::Datasets(Some(work.dataset.clone()));
            Some(("Show its data set", Icon::Database, route))
        }
        Work::Train(_) => Some(("Show its curves", Icon::Chart, PageId::Train.route())),
        _ => None,
    }
}

/// What the job said, newest first; numbers of curves are left out.
fn diary_ui(ctx: &Ctx<'_>, ui: &mut Ui, record: &JobRecord) {
    ctx.fetch_lines(&record.info.spec.id);
    let tokens = ctx.tokens;
    let mut shown = record
        .lines
        .values()
        .rev()
        .filter_map(|line| Some((line, words(line)?)))
        .take(MAX_LINES)
        .peekable();
    if shown.peek().is_none() {
        ui.label(tokens.muted("It has not said anything yet"));
        return;
    }
    ScrollArea::vertical()
        .id_salt("diary")
        .max_height(380.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = tokens.space.xs;
            for (line, words) in shown {
                ui.horizontal_top(|ui| {
                    ui.label(tokens.small(format::clock(line.ms)));
                    let warning = matches!(
                        line.event,
                        JobEvent::Message {
                            level: Level::Warning,
                            ..
                        } | JobEvent::Failed { .. }
                    );
                    let text = tokens.body(words);
                    ui.label(if warning {
                        text.color(tokens.color.warning.text)
                    } else {
                        text
                    });
                });
            }
        });
}

fn words(line: &JobLine) -> Option<String> {
    Some(match &line.event {
        JobEvent::Hello { build, .. } => format!("The worker started (version {build})"),
        JobEvent::Message { text, .. } => text.clone(),
        JobEvent::Episode { episode } => format!(
            "{}: {}, {} steps",
            episode.goal,
            episode.end.label(),
            episode.num_steps
        ),
        JobEvent::Checkpoint { step } => format!("Saved after step {step}"),
        JobEvent::Trial { trial } => format!(
            "Tried after step {}: reached the goal in {} of {} new tasks",
            trial.step, trial.num_successes, trial.num_tasks
        ),
        JobEvent::Gradients { certificate } if certificate.holds() => {
            "Every part of the adapter learns".to_owned()
        }
        JobEvent::Gradients { .. } => "The gradients were checked".to_owned(),
        JobEvent::Finished { summary } => summary.clone(),
        JobEvent::Cancelled { .. } => "Stopped as asked".to_owned(),
        JobEvent::Failed { error } => error.summary.clone(),
        JobEvent::Progress(_) | JobEvent::Metric { .. } | JobEvent::Speed { .. } => return None,
    })
}

fn text_ui(ctx: &Ctx<'_>, ui: &mut Ui, what: &str, text: &str) {
    let tokens = ctx.tokens;
    let copy = Button::quiet("Copy").icon(Icon::Copy).show(ui, tokens);
    if copy.clicked() {
        ctx.send(Command::Copy {
            text: text.to_owned(),
            what: "Text",
        });
    }
    ScrollArea::both()
        .id_salt(what)
        .max_height(380.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.add(egui::Label::new(tokens.mono(text)).extend());
        });
}
