//! The first half of a frame: take in what arrived, and what must happen even when nothing is seen.

use egui::{Context, ThemePreference};
use lore_protocol::{
    Event, FileKind, Incoming, JobEvent, JobRequest, ModelSource, Request, Response,
    SettingsRequest, SettingsResponse, Work,
};

use super::LoreApp;
use crate::command::{Command, Notice};
use crate::route::{History, PageId, Route};
use crate::shell::{Toast, Undo, from_keys};
use crate::store::Outcome;
use crate::widgets::Tone;

impl LoreApp {
    /// Takes in what arrived, asks for what every page shows, and lets time pass for toasts.
    pub fn logic(&mut self, ctx: &Context) {
        self.tell_unread();
        for incoming in self.backend.poll() {
            self.note_settings(&incoming);
            self.note_end_of_job(&incoming);
            if let Some(outcome) = self.store.apply(incoming) {
                self.conclude(outcome);
            }
        }
        self.store.begin_frame();
        for request in [
            Request::Job(JobRequest::List),
            Request::Settings(SettingsRequest::Get),
            Request::Settings(SettingsRequest::Status),
        ] {
            if self.store.answers().is_missing(&request) {
                self.commands.send(Command::Fetch(request));
            }
        }
        self.follow_picks();
        for command in from_keys(ctx) {
            self.commands.send(command);
        }
        self.age_toasts(ctx);
        self.run_commands(ctx);
        self.show_settings(ctx);
    }

    fn note_settings(&mut self, incoming: &Incoming) {
        if let Incoming::Reply {
            result: Ok(response),
            ..
        } = incoming
            && let Response::Settings(SettingsResponse::Settings(settings)) = response.as_ref()
        {
            self.settings = settings.clone();
            self.forget_other_folder();
            self.settings_known = true;
        }
    }

    /// A webview keeps where it was for a person, not for a data folder: what is new begins at Home.
    fn forget_other_folder(&mut self) {
        if self.is_restored && !self.settings.welcomed {
            self.history = History::default();
        }
        self.is_restored = false;
    }

    /// Tells about errors that came before the last frame and that no page has shown in it.
    fn tell_unread(&mut self) {
        for error in self.store.take_unread_errors() {
            self.toast(Toast::new(Notice {
                tone: Tone::Danger,
                text: error.summary,
                details: error.details,
            }));
        }
    }

    /// Tells when long work ends, unless its page is in view. Of an experiment only the report at
    /// its end is worth a message, and what went wrong.
    fn note_end_of_job(&mut self, incoming: &Incoming) {
        let Incoming::Event {
            event: Event::Job { job, line },
            ..
        } = incoming
        else {
            return;
        };
        let Some(record) = self.store.jobs().get(job) else {
            return;
        };
        let is_news = record.info.state.is_active() && line.seq > record.info.last_seq;
        if !is_news || self.history.here().page() == PageId::Runs {
            return;
        }
        let spec = &record.info.spec;
        // Nobody asked for the starter models; they make themselves ready.
        let is_starter = matches!(
            &spec.work,
            Work::FetchModel(work) if matches!(work.source, ModelSource::Starter { .. })
        );
        let stands_alone = match &spec.work {
            Work::Report(_) => true,
            _ => spec.experiment.is_none() && !is_starter,
        };
        let notice = match &line.event {
            JobEvent::Finished { summary } if stands_alone => Notice {
                tone: Tone::Success,
                text: format!("{} · {summary}", spec.title),
                details: String::new(),
            },
            JobEvent::Failed { error } => Notice {
                tone: Tone::Danger,
                text: format!("{} · {}", spec.title, error.summary),
                details: error.details.clone(),
            },
            _ => return,
        };
        self.toast(Toast::new(notice));
    }

    /// Says that an action went well, and goes where its answer leads.
    fn conclude(&mut self, outcome: Outcome) {
        let Outcome { action, result } = outcome;
        // Errors are told by the page at the action's place, or by `tell_unread`.
        let Ok(response) = result else { return };
        if let Some(route) = action.then.open.and_then(|open| open(&response)) {
            self.history.go(route);
        }
        let Some(text) = action.then.message else {
            return;
        };
        let mut toast = Toast::new(Notice {
            tone: Tone::Success,
            text,
            details: String::new(),
        });
        if let Some(request) = action.then.undo {
            toast = toast.with_undo(Undo::Send(Box::new(request)));
        }
        self.toast(toast);
    }

    /// A file picked or dropped anywhere leads to the page that looks inside.
    fn follow_picks(&mut self) {
        let places = [
            (FileKind::Dataset, Route::Datasets(None)),
            (FileKind::DatasetFolder, Route::Datasets(None)),
            (FileKind::Backup, Route::Settings),
        ];
        for (kind, route) in places {
            let Some(picked) = self.store.shell().picked(kind) else {
                continue;
            };
            if picked.serial > self.seen_pick {
                self.seen_pick = picked.serial;
                if self.history.here().page() != route.page() {
                    self.history.go(route);
                }
            }
        }
    }

    fn age_toasts(&mut self, ctx: &Context) {
        // The time that passed in truth: the other one takes a frame after a rest for a sixtieth of a second.
        let secs = ctx.input(|input| input.unstable_dt).min(0.5);
        for action in self.toasts.age(secs) {
            self.commands.send(Command::Act(Box::new(action)));
        }
        if let Some(secs) = self.toasts.next_secs() {
            let step = std::time::Duration::from_secs_f32(secs.clamp(0.1, 0.5));
            ctx.request_repaint_after(step);
        }
    }

    /// Tells egui about settings that changed.
    fn show_settings(&mut self, ctx: &Context) {
        if self.shown.as_ref() == Some(&self.settings) {
            return;
        }
        ctx.set_theme(match self.start_theme.unwrap_or(self.settings.theme) {
            lore_protocol::Theme::System => ThemePreference::System,
            lore_protocol::Theme::Light => ThemePreference::Light,
            lore_protocol::Theme::Dark => ThemePreference::Dark,
        });
        ctx.set_zoom_factor(self.settings.zoom.clamp(0.5, 3.0));
        let animation_time = if self.settings.reduced_motion {
            0.0
        } else {
            0.12
        };
        let spoken = self.shown.as_ref().map(|settings| settings.language);
        if spoken != Some(self.settings.language) {
            self.theme.speak(self.settings.language);
        }
        ctx.all_styles_mut(|style| style.animation_time = animation_time);
        self.shown = Some(self.settings.clone());
    }
}
