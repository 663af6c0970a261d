//! Things on their way: a turning arc, then the thing or the error, in the same place.

use egui::Ui;

use super::error_ui;
use crate::context::Ctx;
use crate::store::Loaded;
use crate::widgets::spinner;

/// Shows `content` once the thing is here, an arc until then, the error if it cannot be had.
pub(crate) fn loaded_ui<T: ?Sized, R>(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    loaded: Loaded<'_, T>,
    waiting_for: &str,
    content: impl FnOnce(&mut Ui, &T) -> R,
) -> Option<R> {
    match loaded {
        Loaded::Ready(value) => Some(content(ui, value)),
        Loaded::Failed(error) => {
            error_ui(ctx, ui, error);
            None
        }
        Loaded::Waiting => {
            ui.horizontal(|ui| {
                let color = ctx.tokens.color.text.muted;
                spinner(ui, 18.0, color, &ctx.tokens.say(waiting_for));
                ui.label(ctx.tokens.muted(waiting_for));
            });
            None
        }
    }
}
