//! What the list of commands holds on every page, and how an entry looks.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use lore_protocol::{FileKind, Request, Settings, ShellRequest, Theme};

use super::PaletteEntry;
use crate::PageId;
use crate::command::{Action, Command, ZoomStep};
use crate::context::Ctx;
use crate::shell::{page_shortcut, shortcuts};
use crate::widgets::Icon;

/// The page's own entries, then every page, then what works everywhere.
pub(super) fn all(ctx: &Ctx<'_>, mut entries: Vec<PaletteEntry>) -> Vec<PaletteEntry> {
    entries.extend(PageId::ALL.map(|page| PaletteEntry {
        title: page.label().to_owned(),
        area: "Go to",
        icon: page.icon(),
        shortcut: Some(page_shortcut(page)),
        command: Command::Go(page.route()),
    }));
    entries.extend(starts());
    entries.extend(window(ctx.settings));
    entries
}

fn starts() -> Vec<PaletteEntry> {
    let entry = |title: &str, area, icon, command| PaletteEntry {
        title: title.to_owned(),
        area,
        icon,
        shortcut: None,
        command,
    };
    let pick = |kind| {
        let request = Request::Shell(ShellRequest::Pick { kind });
        Command::Act(Box::new(Action::new("shell/pick", request)))
    };
    vec![
        entry("Show me around", "Home", Icon::Eye, Command::Tour),
        entry(
            "Show the welcome again",
            "Home",
            Icon::Home,
            Command::Welcome,
        ),
        entry(
            "Run the sample experiment",
            "Home",
            Icon::Sparkle,
            Command::Act(Box::new(crate::pages::sample_experiment())),
        ),
        entry(
            "Add a data set from a file…",
            "Data sets",
            Icon::Plus,
            pick(FileKind::Dataset),
        ),
        entry(
            "Add a data set from a folder…",
            "Data sets",
            Icon::Folder,
            pick(FileKind::DatasetFolder),
        ),
    ]
}

fn window(settings: &Settings) -> Vec<PaletteEntry> {
    let with_theme = |theme| {
        let settings = Settings {
            theme,
            ..settings.clone()
        };
        Command::Configure(Box::new(settings))
    };
    let list = [
        (
            "Back",
            Icon::ArrowLeft,
            Some(shortcuts::BACK),
            Command::Back,
        ),
        (
            "Forward",
            Icon::ArrowRight,
            Some(shortcuts::FORWARD),
            Command::Forward,
        ),
        (
            "Undo the last change",
            Icon::Undo,
            Some(shortcuts::UNDO),
            Command::Undo,
        ),
        (
            "Light appearance",
            Icon::Sun,
            None,
            with_theme(Theme::Light),
        ),
        ("Dark appearance", Icon::Moon, None, with_theme(Theme::Dark)),
        (
            "Appearance of the system",
            Icon::Settings,
            None,
            with_theme(Theme::System),
        ),
        (
            "Larger",
            Icon::Plus,
            Some(shortcuts::ZOOM_IN),
            Command::Zoom(ZoomStep::In),
        ),
        (
            "Smaller",
            Icon::Search,
            Some(shortcuts::ZOOM_OUT),
            Command::Zoom(ZoomStep::Out),
        ),
        (
            "Normal size",
            Icon::Search,
            Some(shortcuts::ZOOM_RESET),
            Command::Zoom(ZoomStep::Reset),
        ),
    ];
    list.into_iter()
        .map(|(title, icon, shortcut, command)| PaletteEntry {
            title: title.to_owned(),
            area: "Window",
            icon,
            shortcut,
            command,
        })
        .collect()
}

/// One entry: picture, words, the page it belongs to, its keys.
pub(super) fn entry_ui(ctx: &Ctx<'_>, ui: &mut Ui, entry: &PaletteEntry, chosen: bool) -> Response {
    let tokens = ctx.tokens;
    let color = &tokens.color;
    let size = vec2(ui.available_width(), 36.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let keys = entry
        .shortcut
        .as_ref()
        .map(|shortcut| ui.ctx().format_shortcut(shortcut));
    response.widget_info(|| {
        let words = match &keys {
            Some(keys) => format!("{}, {keys}", tokens.say(&entry.title)),
            None => tokens.say(&entry.title).into_owned(),
        };
        WidgetInfo::selected(Role::MenuItem, true, chosen, words)
    });
    let fill = if chosen {
        color.surface.selected
    } else if response.hovered() {
        color.surface.hover
    } else {
        egui::Color32::TRANSPARENT
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(tokens.radius.m), fill);
    let middle = rect.center().y;
    let icon = Rect::from_center_size(
        pos2(rect.left() + 20.0, middle),
        Vec2::splat(tokens.size.icon_small),
    );
    entry.icon.paint(painter, icon, color.text.muted);
    let put = |text: &str, font, ink, at, anchor: Align2| {
        let galley = painter.layout_no_wrap(text.to_owned(), font, ink);
        let area = anchor.anchor_size(at, galley.size());
        painter.galley(area.min, galley, ink);
        area
    };
    let title = put(
        &tokens.say(&entry.title),
        tokens.label_font(),
        color.text.body,
        pos2(icon.right() + 12.0, middle),
        Align2::LEFT_CENTER,
    );
    put(
        &tokens.say(entry.area),
        tokens.small_font(),
        color.text.muted,
        pos2(title.right() + 10.0, middle + 0.5),
        Align2::LEFT_CENTER,
    );
    if let Some(keys) = &keys {
        put(
            keys,
            tokens.small_font(),
            color.text.muted,
            pos2(rect.right() - 12.0, middle),
            Align2::RIGHT_CENTER,
        );
    }
    response
}
