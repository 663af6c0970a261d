//! Settings: appearance, window, processor; the data folder and its backup; other computers; how
//! everything is; logs.

mod about;
mod backup;
mod computers;
mod data;
mod health;
mod log;
mod report;
mod updates;

use egui::Ui;
use lore_protocol::{Settings, Theme, WindowKind};

use super::Page;
use crate::command::{Command, Order, ZoomStep};
use crate::context::Ctx;
use crate::format;
use crate::parts::{action_error_ui, page_column};
use crate::shell::PaletteEntry;
use crate::widgets::{
    Button, Card, Field, Icon, field, field_with_help, number_field, segmented, switch,
};
use crate::words::LANGUAGES;

/// Widest cards: settings are read from label to control.
const WIDTH: f32 = 780.0;

/// Widest log: its lines are long.
const WIDE: f32 = 1200.0;

const AREA: &str = "Settings";

/// The page's view state.
#[derive(Debug, Default)]
pub(crate) struct SettingsPage {
    view: View,
    licence: Option<usize>,
    data: data::DataFolder,
    backup: backup::Backup,
    computers: computers::Computers,
    report: report::Report,
    log: log::LogView,
}

/// A part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum View {
    /// What a person chooses.
    #[default]
    General,
    /// The data folder and its backup.
    Data,
    /// Who else does jobs.
    Computers,
    /// How everything is.
    Health,
    /// What was said.
    Log,
}

impl View {
    /// Each with its words and its picture.
    const ALL: [(Self, &'static str, Icon); 5] = [
        (Self::General, "General", Icon::Settings),
        (Self::Data, "Data and backup", Icon::Database),
        (Self::Computers, "Other computers", Icon::Chip),
        (Self::Health, "Health and support", Icon::CheckCircle),
        (Self::Log, "Log", Icon::File),
    ];
}

impl Page for SettingsPage {
    fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        if self.backup.follow_opened(ctx) {
            self.view = View::Data;
        }
        let width = if self.view == View::Log { WIDE } else { WIDTH };
        page_column(ctx, ui, width, |ui| {
            ui.spacing_mut().item_spacing.y = ctx.tokens.space.l;
            let views = View::ALL.map(|(view, words, _)| (view, words));
            segmented(
                ui,
                ctx.tokens,
                &mut self.view,
                &views,
                "Part of the settings",
            );
            match self.view {
                View::General => self.general_ui(ctx, ui),
                View::Data => {
                    self.data.ui(ctx, ui);
                    self.backup.ui(ctx, ui);
                }
                View::Computers => self.computers.ui(ctx, ui),
                View::Health => {
                    health::health_ui(ctx, ui);
                    self.report.ui(ctx, ui);
                }
                View::Log => self.log.ui(ctx, ui),
            }
        });
    }

    fn commands(&self, _ctx: &Ctx<'_>) -> Vec<PaletteEntry> {
        let views = View::ALL.iter().enumerate();
        views
            .map(|(index, (_, words, icon))| {
                PaletteEntry::order(AREA, words, *icon, Order::View(index))
            })
            .collect()
    }

    fn obey(&mut self, order: Order) {
        if let Order::View(index) = order
            && let Some((view, ..)) = View::ALL.get(index)
        {
            self.view = *view;
        }
    }
}

impl SettingsPage {
    fn general_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        action_error_ui(ctx, ui, "settings");
        let mut settings = ctx.settings.clone();
        appearance_ui(ctx, ui, &mut settings);
        window_ui(ctx, ui, &mut settings);
        work_ui(ctx, ui, &mut settings);
        if settings != *ctx.settings {
            ctx.send(Command::Configure(Box::new(settings)));
        }
        updates::updates_ui(ctx, ui);
        about::about_ui(ctx, ui, &mut self.licence);
    }
}

/// Theme and language, as the settings and the welcome ask for them.
pub(crate) fn look_ui(ctx: &Ctx<'_>, ui: &mut Ui, settings: &mut Settings) {
    let tokens = ctx.tokens;
    field(ui, tokens, "Theme", |ui| {
        let choices = [
            (Theme::System, "System"),
            (Theme::Light, "Light"),
            (Theme::Dark, "Dark"),
        ];
        segmented(ui, tokens, &mut settings.theme, &choices, "Theme")
    });
    field(ui, tokens, "Language", |ui| {
        segmented(ui, tokens, &mut settings.language, &LANGUAGES, "Language")
    });
}

fn appearance_ui(ctx: &Ctx<'_>, ui: &mut Ui, settings: &mut Settings) {
    let tokens = ctx.tokens;
    Card::titled("Appearance").show(ui, tokens, |ui| {
        look_ui(ctx, ui, settings);
        field(ui, tokens, "Size of everything", |ui| {
            ui.horizontal(|ui| zoom_ui(ctx, ui)).response
        });
        field(ui, tokens, "Movement", |ui| {
            let mut moving = !settings.reduced_motion;
            let response = switch(ui, tokens, &mut moving, "Let things slide and turn");
            settings.reduced_motion = !moving;
            response
        });
    });
}

fn zoom_ui(ctx: &Ctx<'_>, ui: &mut Ui) {
    let tokens = ctx.tokens;
    if Button::secondary("Smaller").show(ui, tokens).clicked() {
        ctx.send(Command::Zoom(ZoomStep::Out));
    }
    ui.label(tokens.label(format::percent(f64::from(ctx.settings.zoom))));
    if Button::secondary("Larger").show(ui, tokens).clicked() {
        ctx.send(Command::Zoom(ZoomStep::In));
    }
    let normal = (ctx.settings.zoom - 1.0).abs() < 0.005;
    if Button::quiet("Normal")
        .enabled(!normal, "It is normal already")
        .show(ui, tokens)
        .clicked()
    {
        ctx.send(Command::Zoom(ZoomStep::Reset));
    }
}

fn window_ui(ctx: &Ctx<'_>, ui: &mut Ui, settings: &mut Settings) {
    let tokens = ctx.tokens;
    Card::titled("Window").show(ui, tokens, |ui| {
        let kind = Field {
            label: "Kind of window",
            help: "Both show the same. The web view looks the same on every system, the native \
                   window uses less memory and works with screen readers. Automatic takes the web \
                   view unless it cannot draw or a screen reader runs.",
            note: "Takes effect at the next start",
        };
        field_with_help(ui, tokens, kind, |ui| {
            let choices = [
                (WindowKind::Automatic, "Automatic"),
                (WindowKind::Webview, "Web view"),
                (WindowKind::Native, "Native"),
            ];
            segmented(ui, tokens, &mut settings.window, &choices, "Kind of window")
        });
        field(ui, tokens, "Notifications", |ui| {
            let text = "Tell me when long work ends";
            switch(ui, tokens, &mut settings.notifications, text)
        });
    });
}

fn work_ui(ctx: &Ctx<'_>, ui: &mut Ui, settings: &mut Settings) {
    let tokens = ctx.tokens;
    let num_cores = ctx.status().map_or(1, |status| status.num_cores.max(1));
    Card::titled("Work").show(ui, tokens, |ui| {
        let note = match settings.threads {
            0 => automatic_words(ctx.status().map_or(1, |it| it.automatic_threads), num_cores),
            _ => format!("This computer has {num_cores}. 0 is automatic"),
        };
        let threads = Field {
            label: "Processor cores",
            help: "How many cores training and playing may use. More is faster, until the window \
                   and other programs have none left.",
            note: &note,
        };
        field_with_help(ui, tokens, threads, |ui| {
            let label = "Processor cores";
            number_field(ui, tokens, &mut settings.threads, 0..=num_cores, "", label)
        });
        let grace = Field {
            label: "Time to save",
            help: "A job that is stopped saves what it has. If it takes longer than this, it is \
                   ended, and goes on from its last save when it is resumed.",
            note: "",
        };
        field_with_help(ui, tokens, grace, |ui| {
            let label = "Time to save";
            number_field(
                ui,
                tokens,
                &mut settings.stop_grace_secs,
                1..=600,
                "s",
                label,
            )
        });
    });
}

/// How many cores are taken when nobody chose a number.
fn automatic_words(automatic: usize, num_cores: usize) -> String {
    if automatic < num_cores {
        format!("Automatic: {automatic} of {num_cores}, so that the window stays quick")
    } else {
        format!("Automatic: all {num_cores}. The window goes first when both want them")
    }
}
