//! Steps going by on their own, at a chosen speed.

use std::time::Duration;

use egui::Ui;

use crate::context::Ctx;
use crate::widgets::{Button, Icon};

/// Seconds a step is shown, and how that speed is called.
const SPEEDS: [(f32, &str); 5] = [
    (3.0, "½×"),
    (1.5, "1×"),
    (0.75, "2×"),
    (0.375, "4×"),
    (0.12, "12×"),
];

/// Whether steps go by, and how fast.
#[derive(Debug)]
pub(super) struct Playback {
    playing: bool,
    speed: usize,
    /// Seconds the step has been shown.
    shown: f32,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            playing: false,
            speed: 1,
            shown: 0.0,
        }
    }
}

impl Playback {
    /// Lets the steps go by, from the first one when the last is shown; or holds them.
    pub(super) fn toggle(&mut self, step: &mut usize, num_steps: usize) {
        self.playing = !self.playing;
        self.shown = 0.0;
        if self.playing && *step + 1 >= num_steps {
            *step = 0;
        }
    }

    /// Holds the steps.
    pub(super) fn stop(&mut self) {
        self.playing = false;
    }

    /// Changes the speed by one notch.
    pub(super) fn change_speed(&mut self, faster: bool) {
        self.speed = if faster {
            (self.speed + 1).min(SPEEDS.len() - 1)
        } else {
            self.speed.saturating_sub(1)
        };
    }

    /// Lets time pass. True when another step is shown now.
    pub(super) fn tick(&mut self, ui: &Ui, step: &mut usize, num_steps: usize) -> bool {
        if !self.playing {
            return false;
        }
        let each = SPEEDS[self.speed].0;
        // In truth, not as predicted: frames come only when a step is due.
        self.shown += ui.input(|input| input.unstable_dt).min(each);
        let moved = self.shown >= each;
        if moved {
            self.shown = 0.0;
            *step += 1;
        }
        if *step + 1 >= num_steps {
            *step = num_steps.saturating_sub(1);
            self.playing = false;
        } else {
            let left = (each - self.shown).max(0.01);
            ui.ctx()
                .request_repaint_after(Duration::from_secs_f32(left));
        }
        moved
    }

    /// The buttons.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, step: &mut usize, num_steps: usize) {
        let tokens = ctx.tokens;
        let (icon, words) = if self.playing {
            (Icon::Pause, "Hold (P)")
        } else {
            (Icon::Play, "Let the steps go by (P)")
        };
        let play = Button::icon_only(icon, words)
            .selected(self.playing)
            .enabled(num_steps > 1, "There is only one step")
            .show(ui, tokens);
        if play.clicked() {
            self.toggle(step, num_steps);
        }
        let speed = Button::quiet(SPEEDS[self.speed].1)
            .hover("Speed: click for faster, or press . and ,")
            .show(ui, tokens);
        if speed.clicked() {
            self.speed = (self.speed + 1) % SPEEDS.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playing_at_the_end_begins_again() {
        let mut playback = Playback::default();
        let mut step = 4;
        playback.toggle(&mut step, 5);
        assert_eq!(step, 0);
        assert!(playback.playing);
        playback.toggle(&mut step, 5);
        assert!(!playback.playing);
    }

    #[test]
    fn speed_has_ends() {
        let mut playback = Playback::default();
        for _ in 0..10 {
            playback.change_speed(true);
        }
        assert_eq!(playback.speed, SPEEDS.len() - 1);
        for _ in 0..10 {
            playback.change_speed(false);
        }
        assert_eq!(playback.speed, 0);
    }
}
