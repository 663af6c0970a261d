//! Words looked for within one episode, by whose words they are.

use egui::{Key, Ui};
use lore_core::{Step, Trajectory};

use crate::context::Ctx;
use crate::widgets::{Button, Icon, choice, search_box};

/// What is looked for.
#[derive(Debug, Default)]
pub(super) struct Find {
    text: String,
    whose: Whose,
    /// The search box is given the keyboard in the next frame.
    wanted: bool,
}

/// Whose words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Whose {
    /// Anybody's.
    #[default]
    Anyone,
    /// The world's.
    World,
    /// What was done.
    Agent,
    /// What the model wrote when something else was made of it.
    Model,
}

impl Find {
    /// Gives the keyboard to the search box.
    pub(super) fn focus(&mut self) {
        self.wanted = true;
    }

    /// What is looked for; empty when nothing is.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// True when the words stand in the step.
    pub(super) fn is_in(&self, step: &Step) -> bool {
        let text = self.text().to_lowercase();
        let has = |words: &str| words.to_lowercase().contains(&text);
        let raw = step.trace.as_ref().and_then(|trace| trace.raw.as_deref());
        !text.is_empty()
            && match self.whose {
                Whose::Anyone => {
                    has(&step.action) || has(&step.observation) || raw.is_some_and(has)
                }
                Whose::World => has(&step.observation),
                Whose::Agent => has(&step.action),
                Whose::Model => has(raw.unwrap_or(&step.action)),
            }
    }

    /// The search box, whose words, and how many steps have them. Moves `step`; true when it did.
    pub(super) fn ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        trajectory: &Trajectory,
        step: &mut usize,
    ) -> bool {
        let tokens = ctx.tokens;
        let hint = "Find in this episode";
        let search = search_box(ui, tokens, &mut self.text, hint, 200.0);
        if std::mem::take(&mut self.wanted) {
            search.request_focus();
        }
        if self.text().is_empty() {
            return false;
        }
        ui.scope(|ui| {
            ui.set_max_width(150.0);
            let whose = [
                (Whose::Anyone, "anywhere".to_owned()),
                (Whose::World, "what it saw".to_owned()),
                (Whose::Agent, "what it did".to_owned()),
                (Whose::Model, "what was written".to_owned()),
            ];
            choice(ui, tokens, &mut self.whose, &whose, "Whose words");
        });
        let found: Vec<usize> = (0..trajectory.steps.len())
            .filter(|index| self.is_in(&trajectory.steps[*index]))
            .collect();
        let entered = search.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let next = Button::icon_only(Icon::ChevronDown, "Next place")
            .enabled(!found.is_empty(), "These words are not in the episode")
            .show(ui, tokens);
        ui.label(tokens.small(match found.len() {
            0 => "not found".to_owned(),
            1 => "in 1 step".to_owned(),
            num => format!("in {num} steps"),
        }));
        if entered {
            search.request_focus();
        }
        if !(search.changed() || entered || next.clicked()) {
            return false;
        }
        let stay = search.changed();
        let after = |index: &&usize| **index > *step || (stay && **index == *step);
        let to = found.iter().find(after).or(found.first()).copied();
        let moved = to.is_some_and(|to| to != *step);
        *step = to.unwrap_or(*step);
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_were_said() {
        let step = Step {
            action: "go to Desk 1".into(),
            observation: "On the desk 1, you see a pen.".into(),
            ..Step::default()
        };
        let find = |text: &str, whose| Find {
            text: text.into(),
            whose,
            wanted: false,
        };
        assert!(find("desk", Whose::Agent).is_in(&step));
        assert!(find("PEN", Whose::World).is_in(&step));
        assert!(!find("pen", Whose::Agent).is_in(&step));
        assert!(!find(" ", Whose::Anyone).is_in(&step));
    }
}
