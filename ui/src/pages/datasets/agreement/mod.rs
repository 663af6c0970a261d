//! Asking an agent what it would have done in the episodes of a data set. That needs no world, so it can be
//! done with episodes from anywhere.

mod form;
mod results;

use egui::Ui;
use lore_core::{BankId, DatasetInfo};
use lore_protocol::{JobRequest, MachineSpeed, Request, TrainWork, Work};

use crate::command::Action;
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, agent_words, job_at_ui};
use crate::widgets::{Button, Card, Field, Icon, choice, field, field_with_help, number_field};
use form::{Form, There, learned, secs};
use results::Results;

/// Memories in a prompt at most.
const MAX_MEMORIES: usize = 16;

/// Episodes that are asked about at most.
const MAX_EPISODES: usize = 1000;

/// View state.
#[derive(Debug, Default)]
pub(super) struct AgreementView {
    /// True while it is in view.
    pub(super) open: bool,
    form: Form,
    results: Results,
}

impl AgreementView {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        if !self.open {
            return;
        }
        let tokens = ctx.tokens;
        let place = format!("datasets/agreement/{}", dataset.id);
        Card::titled("Would an agent have done the same?")
            .subtitle(
                "In every step of successful episodes an agent sees what had happened so far and says what \
                 it would do next. That needs no world to act in",
            )
            .highlighted()
            .show(ui, tokens, |ui| {
                self.form_ui(ctx, ui, dataset, &place);
                action_error_ui(ctx, ui, &place);
                job_at_ui(ctx, ui, &place);
            });
        self.results.ui(ctx, ui, &dataset.id);
    }

    fn form_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo, place: &str) {
        let there = There::of(ctx);
        let agent = self.form.agent(there);
        let learned = agent.as_ref().and_then(|agent| learned(ctx, agent));
        self.agent_ui(ctx, ui, dataset, learned);
        self.memories_ui(ctx, ui, learned);
        let about = Field {
            label: "Episodes",
            help: "Kinds of task take turns. Every agent is asked about the same ones, as far as it did not \
                   learn from them",
            note: "At most. More take longer and make the numbers surer",
        };
        field_with_help(ui, ctx.tokens, about, |ui| {
            let max = &mut self.form.max_trajectories;
            number_field(ui, ctx.tokens, max, 1..=MAX_EPISODES, "", about.label)
        });
        self.start_ui(ctx, ui, dataset, place, learned);
    }

    fn agent_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        dataset: &DatasetInfo,
        learned: Option<&TrainWork>,
    ) {
        let there = There::of(ctx);
        let agents = there.agents();
        let Some(mut agent) = self.form.agent(there) else {
            return;
        };
        let about = Field {
            label: "Agent",
            help: "A model as it is, or with what a training added to it",
            note: match learned {
                Some(work) if work.dataset == dataset.id => {
                    "It learned from this data set, so it is asked about unseen kinds of task only"
                }
                _ => "",
            },
        };
        let picked = field_with_help(ui, ctx.tokens, about, |ui| {
            choice(ui, ctx.tokens, &mut agent, &agents, about.label)
        });
        if picked.changed() {
            self.form.choose_agent(agent);
        }
    }

    fn memories_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, learned: Option<&TrainWork>) {
        let tokens = ctx.tokens;
        let there = There::of(ctx);
        let mut bank = self.form.bank(there, learned);
        let mut banks: Vec<(Option<BankId>, String)> = vec![(None, "No memories".to_owned())];
        let existing = there.banks.iter();
        banks.extend(
            existing
                // One that cannot be opened has no embedder.
                .filter(|bank| !bank.embedder.0.is_empty())
                .map(|bank| (Some(bank.id.clone()), format!("From {}", bank.name))),
        );
        let about = Field {
            label: "Memories",
            help: "Similar past episodes that the agent is shown. An episode is never shown itself, nor \
                   another of the same game, nor one with the same text",
            note: match learned {
                Some(work) if work.bank.is_some() => "It learned with memories in view",
                Some(_) => "It learned without memories",
                None => "",
            },
        };
        let picked = field_with_help(ui, tokens, about, |ui| {
            choice(ui, tokens, &mut bank, &banks, about.label)
        });
        if picked.changed() {
            self.form.choose_bank(bank.clone());
        }
        if bank.is_none() {
            return;
        }
        let mut k = self.form.retrieval(learned).k;
        let picked = field(ui, tokens, "How many", |ui| {
            number_field(ui, tokens, &mut k, 1..=MAX_MEMORIES, "", "How many")
        });
        if picked.changed() {
            self.form.choose_k(k);
        }
    }

    fn start_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        dataset: &DatasetInfo,
        place: &str,
        learned: Option<&TrainWork>,
    ) {
        let tokens = ctx.tokens;
        let there = There::of(ctx);
        let problem = self.form.problem(there, learned, dataset);
        let work = self.form.work(there, learned, dataset);
        ui.horizontal(|ui| {
            let start = Button::primary("Ask the agent")
                .icon(Icon::Play)
                .busy(ctx.is_busy(place))
                .enabled(problem.is_none(), problem.unwrap_or_default())
                .show(ui, tokens);
            if Button::quiet("Close").show(ui, tokens).clicked() {
                self.open = false;
            }
            let Some(work) = work else { return };
            let secs = secs(&work, dataset, speed(ctx, &work.model));
            ui.label(tokens.small(format!("Takes {}", format::about(secs))))
                .on_hover_text("Guessed from the size of the model");
            if start.clicked() {
                let title = format!("Ask {} about {}", agent_words(ctx, &work), dataset.name);
                let work = Box::new(Work::Agreement(work));
                let request = Request::Job(JobRequest::Submit {
                    work,
                    title,
                    cluster: None,
                });
                ctx.act(Action::new(place.to_owned(), request));
            }
        });
        if let Some(problem) = problem {
            ui.label(tokens.body(problem).color(tokens.color.warning.text));
        }
    }
}

/// How fast this machine should run the model.
fn speed(ctx: &Ctx<'_>, model: &lore_core::ModelId) -> MachineSpeed {
    let mut models = ctx.models().ready().unwrap_or_default().iter();
    let model = models.find(|known| known.id == *model);
    let automatic = ctx.status().map_or(1, |status| status.automatic_threads);
    let threads = match ctx.settings.threads {
        0 => automatic,
        chosen => chosen,
    };
    MachineSpeed::guess(model.map_or(0, |model| model.num_parameters), threads)
}
