//! Train: a form over one training, what it would learn, what it will take, and trainings as they
//! go.

mod curves;
mod estimate;
mod form;
mod form_ui;
mod mask;
mod trials;
mod watch;

use egui::{Key, KeyboardShortcut, Modifiers, Ui};
use lore_core::JobId;
use lore_protocol::{JobRequest, Request, Work};

use super::Page;
use crate::command::{Action, Command, Order};
use crate::context::Ctx;
use crate::parts::{action_error_ui, page_scroll};
use crate::shell::PaletteEntry;
use crate::widgets::{Button, Icon, segmented};
use crate::{JobRecord, Route};
use form::Form;
use mask::MaskView;
use watch::WatchView;

const AREA: &str = "Train";

/// Where the start's progress and error are shown.
const START: &str = "train/start";

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct TrainPage {
    tab: Tab,
    form: Form,
    mask: MaskView,
    watch: WatchView,
    /// The job of the last start that was followed.
    followed: Option<JobId>,
}

/// What the page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    /// A new training.
    #[default]
    New,
    /// Trainings under way and done.
    Watch,
}

impl Page for TrainPage {
    fn actions_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if self.tab == Tab::New {
            self.start_button_ui(ctx, ui);
        }
    }

    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        self.follow_start(ctx);
        if let Route::Train(Some(dataset)) = ctx.route {
            self.form.offer_dataset(dataset);
        }
        page_scroll(ctx, ui, |ui| {
            let trainings = format!("Trainings ({})", trainings(ctx).count());
            let tabs = [(Tab::New, "New training"), (Tab::Watch, trainings.as_str())];
            segmented(ui, ctx.tokens, &mut self.tab, &tabs, "What to show");
            match self.tab {
                Tab::New => {
                    action_error_ui(ctx, ui, START);
                    form_ui::show(ctx, ui, &mut self.form, &mut self.mask);
                }
                Tab::Watch => self.watch.ui(ctx, ui),
            }
        });
    }

    fn commands(&self, ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let mut entries = vec![
            PaletteEntry::order(AREA, "New training", Icon::Plus, Order::View(0))
                .keys(Modifiers::ALT, Key::Num1),
            PaletteEntry::order(AREA, "Watch trainings", Icon::Chart, Order::View(1))
                .keys(Modifiers::ALT, Key::Num2),
        ];
        if self.tab == Tab::New && self.form.problems(ctx).is_empty() {
            entries.push(PaletteEntry {
                title: "Start training".to_owned(),
                area: AREA,
                icon: Icon::Play,
                shortcut: Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter)),
                command: Command::Act(Box::new(self.start(ctx))),
            });
        }
        entries
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::View(0) => self.tab = Tab::New,
            Order::View(1) => self.tab = Tab::Watch,
            _ => {}
        }
    }
}

impl TrainPage {
    fn start_button_ui(&self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let problems = self.form.problems(ctx);
        let why_not = problems.first().map_or("", String::as_str);
        let start = Button::primary("Start training")
            .icon(Icon::Play)
            .enabled(problems.is_empty(), why_not)
            .busy(ctx.is_busy(START))
            .show(ui, ctx.tokens);
        if start.clicked() {
            ctx.act(self.start(ctx));
        }
    }

    fn start(&self, ctx: &Ctx<'_>) -> Action {
        let work = self.form.work(ctx);
        let title = format!("Train {}", work.name);
        let request = JobRequest::Submit {
            work: Box::new(Work::Train(work)),
            title,
            cluster: self.form.cluster.clone(),
        };
        Action::new(START, Request::Job(request)).say("The training is in the queue")
    }

    /// A training that was just started is what one wants to see next.
    fn follow_start(&mut self, ctx: &Ctx<'_>) {
        let Some(job) = ctx.store.actions().job(START) else {
            return;
        };
        if self.followed.as_ref() != Some(job) {
            self.followed = Some(job.clone());
            self.watch.select(job.clone());
            self.tab = Tab::Watch;
        }
    }
}

/// Every training, in the order of the list of jobs.
fn trainings<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = &'a JobRecord> {
    ctx.store
        .jobs()
        .iter()
        .filter(|record| matches!(record.info.spec.work, Work::Train(_)))
}
