//! What painting asked for, done.

use egui::Context;
use lore_protocol::{Request, Settings, SettingsRequest};

use super::LoreApp;
use crate::command::{Action, Command, Notice, ZoomStep};
use crate::shell::{Toast, Undo};
use crate::widgets::Tone;

/// What a step of zoom multiplies by.
const ZOOM_STEP: f32 = 1.1;

impl LoreApp {
    pub(super) fn run_commands(&mut self, ctx: &Context) {
        let sent = self.commands.take();
        if sent.is_empty() {
            return;
        }
        for sent in sent {
            log::trace!("{} sent {:?}", sent.sender, sent.command);
            self.run(ctx, sent.command);
        }
        ctx.request_repaint();
    }

    fn run(&mut self, ctx: &Context, command: Command) {
        match command {
            Command::Go(route) => self.history.go(route),
            Command::Back => self.history.back(),
            Command::Forward => self.history.forward(),
            Command::Fetch(request) => self.fetch(&request, false),
            Command::Refetch(request) => self.fetch(&request, true),
            Command::Retry => {
                for request in self.store.failed_requests() {
                    self.fetch(&request, true);
                }
            }
            Command::Act(action) => self.act(*action),
            Command::ActLater { action, message } => self.act_later(action, message),
            Command::Undo => self.undo(),
            Command::Dismiss(place) => self.store.dismiss(&place),
            Command::Notify(notice) => self.toast(Toast::new(notice)),
            Command::Configure(settings) => self.configure(*settings),
            Command::Zoom(step) => self.zoom(step),
            Command::OpenPalette => self.palette.toggle(),
            Command::Order(order) => self.pages.get(self.history.here().page()).obey(order),
            Command::Tour => self.tour.begin(),
            Command::Welcome => self.welcome.open(),
            Command::Copy { text, what } => {
                ctx.copy_text(text);
                self.say(format!("{what} copied"));
            }
        }
    }

    /// Several places may ask for the same thing in one frame; it is sent once.
    fn fetch(&mut self, request: &Request, again: bool) {
        if again || self.store.answers().is_missing(request) {
            let id = self.backend.send(request.clone());
            self.store.fetching(id, request);
        }
    }

    fn act(&mut self, action: Action) {
        let id = self.backend.send(action.request.clone());
        self.store.acting(id, action);
    }

    fn act_later(&mut self, action: Box<Action>, message: String) {
        self.store.announce(action.place.clone());
        let notice = Notice {
            tone: Tone::Neutral,
            text: message,
            details: String::new(),
        };
        self.toast(Toast::new(notice).with_undo(Undo::Forget(action)));
    }

    fn undo(&mut self) {
        match self.toasts.take_undo() {
            Some(Undo::Send(request)) => {
                self.act(Action::new("undo", *request).say("Taken back"));
            }
            Some(Undo::Forget(action)) => {
                self.store.dismiss(&action.place);
                self.say("Taken back".to_owned());
            }
            None => {}
        }
    }

    fn configure(&mut self, settings: Settings) {
        if settings.theme != self.settings.theme {
            self.start_theme = None;
        }
        self.settings = settings.clone();
        self.act(Action::new(
            "settings",
            Request::Settings(SettingsRequest::Set { settings }),
        ));
    }

    fn zoom(&mut self, step: ZoomStep) {
        let zoom = match step {
            ZoomStep::In => self.settings.zoom * ZOOM_STEP,
            ZoomStep::Out => self.settings.zoom / ZOOM_STEP,
            ZoomStep::Reset => 1.0,
        };
        self.configure(Settings {
            zoom: (zoom.clamp(0.6, 2.5) * 100.0).round() / 100.0,
            ..self.settings.clone()
        });
    }

    fn say(&mut self, text: String) {
        self.toast(Toast::new(Notice {
            tone: Tone::Success,
            text,
            details: String::new(),
        }));
    }

    pub(super) fn toast(&mut self, toast: Toast) {
        if let Some(action) = self.toasts.push(toast) {
            self.act(action);
        }
    }
}
