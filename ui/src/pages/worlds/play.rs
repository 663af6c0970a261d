//! A person as the agent: what was seen and done, and what can be done now.

use egui::{Key, ScrollArea, Ui};
use lore_core::{EpisodeEnd, TaskId};
use lore_protocol::{GameView, Request, Response, WorldRequest, WorldResponse};

use crate::Route;
use crate::command::{Action, Command};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, loaded_ui};
use crate::shell::PaletteEntry;
use crate::widgets::{
    Badge, Button, Card, Icon, ListRow, Tone, card_row, columns, remaining_height, search_box,
    text_field,
};

/// Where acting shows its error.
const ACT: &str = "worlds/act";

/// Where keeping shows its error.
const KEEP: &str = "worlds/keep";

/// Where leaving shows its error.
const LEAVE: &str = "worlds/leave";

/// Least height of the episode and of the list of actions.
const HEIGHT: f32 = 160.0;

/// What stands below the episode: the line to write in, margins of card and page.
const BELOW_EPISODE: f32 = 110.0;

/// What stands below the list of actions: the card with the data set, margins.
const BELOW_ACTIONS: f32 = 230.0;

/// Actions shown at once; the search finds the others.
const MAX_SHOWN: usize = 200;

/// The data set that demonstrations go into.
const DATASET: &str = "Played by me";

/// View state.
#[derive(Debug)]
pub(super) struct Play {
    /// What is written and searched for belongs to this task.
    task: TaskId,
    typed: String,
    filter: String,
    dataset: String,
    /// Everything that can be done is listed, in worlds that do not say it by themselves.
    with_suggestions: bool,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            task: TaskId::default(),
            typed: String::new(),
            filter: String::new(),
            dataset: DATASET.to_owned(),
            with_suggestions: false,
        }
    }
}

impl Play {
    /// Keeping and leaving, beside the title.
    pub(super) fn actions_ui(&self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        let has_steps = ctx
            .game()
            .is_some_and(|game| !game.trajectory.steps.is_empty());
        let keep = Button::primary("Keep this episode")
            .icon(Icon::Check)
            .busy(ctx.is_busy(KEEP))
            .enabled(has_steps, "Nothing was done yet");
        if keep.show(ui, tokens).clicked() {
            ctx.act(self.keep());
        }
        let leave = Button::secondary("Leave")
            .icon(Icon::Close)
            .busy(ctx.is_busy(LEAVE))
            .hover("Ends the task without keeping it");
        if leave.show(ui, tokens).clicked() {
            ctx.act(leave_action());
        }
    }

    /// What the list of commands offers meanwhile.
    pub(super) fn commands(&self, area: &'static str, game: &GameView) -> Vec<PaletteEntry> {
        let entry = |title: &str, icon, action| PaletteEntry {
            title: title.to_owned(),
            area,
            icon,
            shortcut: None,
            command: Command::Act(Box::new(action)),
        };
        let mut entries = vec![entry("Leave the task", Icon::Close, leave_action())];
        if !game.trajectory.steps.is_empty() {
            entries.insert(0, entry("Keep this episode", Icon::Check, self.keep()));
        }
        entries
    }

    fn keep(&self) -> Action {
        let name = self.dataset.clone();
        Action::new(KEEP, Request::World(WorldRequest::Keep { name }))
            .say("The episode was kept")
            .open(route_of_kept)
    }

    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, game: &GameView) {
        let tokens = ctx.tokens;
        if self.task != game.trajectory.task.id {
            *self = Self {
                task: game.trajectory.task.id.clone(),
                dataset: std::mem::take(&mut self.dataset),
                ..Self::default()
            };
        }
        for place in [ACT, KEEP, LEAVE] {
            action_error_ui(ctx, ui, place);
        }
        columns(ui, tokens, &[1.7, 1.0], 300.0, |ui, column| {
            ui.spacing_mut().item_spacing.y = tokens.space.m;
            if column == 0 {
                self.episode_ui(ctx, ui, game);
            } else {
                self.choices_ui(ctx, ui, game);
                self.dataset_ui(ctx, ui);
            }
        });
    }

    /// What was seen and done, and a line to write the next action.
    fn episode_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, game: &GameView) {
        let tokens = ctx.tokens;
        let trajectory = &game.trajectory;
        let goal = format::goal(&trajectory.task.goal);
        let steps = format::counted(trajectory.num_steps() as u64, "step", "steps");
        Card::titled(&goal).subtitle(&steps).show(ui, tokens, |ui| {
            let height = remaining_height(ui, BELOW_EPISODE, HEIGHT);
            ScrollArea::vertical()
                .id_salt("episode")
                .max_height(height)
                .stick_to_bottom(true)
                .auto_shrink([false, false])
                .show(ui, |ui| {
                    ui.label(tokens.mono(&trajectory.initial_observation));
                    for step in &trajectory.steps {
                        ui.label(tokens.mono(format!("> {}", step.action)).strong());
                        ui.label(tokens.mono(&step.observation));
                    }
                });
            match game.end {
                Some(end) => end_ui(ctx, ui, end),
                None => self.line_ui(ctx, ui),
            }
        });
    }

    fn line_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        ui.horizontal(|ui| {
            let hint = "Write what to do, or click it at the right";
            let line = text_field(ui, tokens, &mut self.typed, "Next action", hint);
            let entered = line.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let action = self.typed.trim().to_owned();
            let send = Button::secondary("Do it")
                .busy(ctx.is_busy(ACT))
                .enabled(!action.is_empty(), "Write an action first")
                .show(ui, tokens)
                .clicked();
            if (send || entered) && !action.is_empty() && !ctx.is_busy(ACT) {
                act(ctx, action);
                self.typed.clear();
                line.request_focus();
            }
        });
    }

    /// What can be done now.
    fn choices_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, game: &GameView) {
        if game.end.is_some() {
            return;
        }
        let tokens = ctx.tokens;
        Card::titled("What you can do")
            .tight()
            .show(ui, tokens, |ui| {
                card_row(ui, tokens, |ui| {
                    search_box(ui, tokens, &mut self.filter, "Search actions", 240.0);
                });
                if !game.admissible.is_empty() {
                    self.actions_list_ui(ctx, ui, &game.admissible);
                } else if self.with_suggestions {
                    let actions = ctx.suggestions(game.trajectory.num_steps());
                    loaded_ui(ctx, ui, actions, "Asking the world", |ui, actions| {
                        self.actions_list_ui(ctx, ui, actions);
                    });
                } else {
                    self.templates_ui(ctx, ui, game);
                }
            });
    }

    /// The forms of action, for worlds that do not list everything by themselves.
    fn templates_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, game: &GameView) {
        let tokens = ctx.tokens;
        card_row(ui, tokens, |ui| {
            let ask = Button::secondary("List everything")
                .hover("Asks the world for all that can be done now; takes a moment");
            if ask.show(ui, tokens).clicked() {
                self.with_suggestions = true;
            }
        });
        let matching = game
            .templates
            .iter()
            .filter(|template| template.contains(self.filter.trim()));
        for template in matching {
            // A click writes the beginning; the object is the person's to name.
            let row = ListRow::new(template).verbatim();
            if row.show(ui, tokens).clicked() {
                self.typed = template.replace("OBJ", "").trim_end().to_owned() + " ";
            }
        }
    }

    fn actions_list_ui(&self, ctx: &Ctx<'_>, ui: &mut Ui, actions: &[String]) {
        let tokens = ctx.tokens;
        let filter = self.filter.trim().to_lowercase();
        let matching: Vec<&String> = actions
            .iter()
            .filter(|action| action.to_lowercase().contains(&filter))
            .collect();
        let height = remaining_height(ui, BELOW_ACTIONS, HEIGHT);
        ScrollArea::vertical()
            .id_salt("actions")
            .max_height(height)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                for action in matching.iter().take(MAX_SHOWN) {
                    let row = ListRow::new(action).verbatim();
                    let clicked = row.show(ui, tokens).clicked();
                    if clicked && !ctx.is_busy(ACT) {
                        act(ctx, (*action).clone());
                    }
                }
                let more = matching.len().saturating_sub(MAX_SHOWN);
                if more > 0 {
                    let words = format!("{} more; search to find them", format::count(more as u64));
                    ui.label(tokens.small(words));
                }
            });
    }

    fn dataset_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("Keep it in")
            .subtitle("A data set of yours; build a bank or train from it like from any other")
            .show(ui, tokens, |ui| {
                text_field(
                    ui,
                    tokens,
                    &mut self.dataset,
                    "Data set to keep it in",
                    DATASET,
                );
            });
    }
}

fn leave_action() -> Action {
    Action::new(LEAVE, Request::World(WorldRequest::Leave))
}

fn act(ctx: &Ctx<'_>, action: String) {
    let request = Request::World(WorldRequest::Act { action });
    ctx.act(Action::new(ACT, request));
}

fn route_of_kept(response: &Response) -> Option<Route> {
    let Response::World(WorldResponse::Kept {
        dataset,
        trajectory,
    }) = response
    else {
        return None;
    };
    let source = lore_protocol::Source::Dataset {
        id: dataset.clone(),
    };
    Some(Route::Trajectories {
        source: Some(source),
        id: Some(trajectory.clone()),
    })
}

fn end_ui(ctx: &Ctx<'_>, ui: &mut Ui, end: EpisodeEnd) {
    let (words, tone) = match end {
        EpisodeEnd::Success => ("You reached the goal", Tone::Success),
        EpisodeEnd::Failure => ("The world ended the episode", Tone::Warning),
        EpisodeEnd::Truncated => ("The steps ran out", Tone::Neutral),
        EpisodeEnd::EnvironmentError => ("The world broke", Tone::Danger),
        EpisodeEnd::Unknown => ("It is over", Tone::Neutral),
    };
    ui.vertical_centered(|ui| Badge::new(words, tone).show(ui, ctx.tokens));
}
