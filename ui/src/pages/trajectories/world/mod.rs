//! The household as the agent knows it at a step: places, what is in them, what is carried.

mod layout;
mod model;
mod paint;

use egui::accesskit::Role;
use egui::{Sense, Ui, WidgetInfo};
use lore_core::Trajectory;

use crate::context::Ctx;
use crate::widgets::{Badge, Explain as _, Icon, Tone};
use model::{Known, Place, World};

/// True when a map can be drawn of the episode.
pub(super) fn has_map(trajectory: &Trajectory) -> bool {
    model::after(trajectory, None).is_some()
}

/// The map after step `step`.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, trajectory: &Trajectory, step: usize) {
    let tokens = ctx.tokens;
    let Some(world) = model::after(trajectory, Some(step)) else {
        ui.label(tokens.muted("There is no map of this world."));
        return;
    };
    hands_ui(ctx, ui, &world);
    let layout = layout::tiles(&world, ui.available_width());
    let (rect, response) = ui.allocate_exact_size(layout.size, Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Figure, true, &*tokens.say("What the agent knows"))
    });
    for (index, (place, tile)) in world.places.iter().zip(&layout.tiles).enumerate() {
        let area = tile.translate(rect.min.to_vec2());
        let here = world.here == Some(index);
        let response = ui.interact(area, response.id.with(index), Sense::hover());
        let words = in_words(place, here);
        response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &*tokens.say(&words)));
        paint::tile(ui.painter(), tokens, area, place, here);
        response.explain(tokens, &words);
    }
    ui.label(tokens.small("Only what the agent has seen so far. ? was never looked at"));
}

fn hands_ui(ctx: &Ctx<'_>, ui: &mut Ui, world: &World) {
    let tokens = ctx.tokens;
    ui.horizontal_wrapped(|ui| {
        ui.label(tokens.body("In its hands"));
        if world.carried.is_empty() {
            ui.label(tokens.muted("nothing"));
        }
        for thing in &world.carried {
            Badge::new(&paint::in_words(thing), Tone::Accent)
                .icon(Icon::Pin)
                .show(ui, tokens);
        }
    });
}

fn in_words(place: &Place, here: bool) -> String {
    let things: Vec<String> = place.things.iter().map(paint::in_words).collect();
    let inside = match (place.known, things.is_empty()) {
        (Known::Nothing, true) => "not looked at yet".to_owned(),
        (Known::Closed, true) => "closed".to_owned(),
        (Known::Closed, false) => format!("closed, with {}", things.join("; ")),
        (_, true) => "nothing".to_owned(),
        (_, false) => things.join("; "),
    };
    let standing = if here { " (the agent is here)" } else { "" };
    format!("{}{standing}: {inside}", place.name)
}
