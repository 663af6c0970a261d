//! What a model says in the talk that was heard of last.

use lore_protocol::Said;

/// See the module.
#[derive(Debug, Default)]
pub struct TalkState {
    talk: u64,
    said: Vec<Said>,
}

impl TalkState {
    /// Takes in an answer as far as it has come.
    pub(super) fn apply(&mut self, talk: u64, turn: usize, said: Said) {
        if self.talk != talk {
            self.talk = talk;
            self.said.clear();
        }
        if self.said.len() <= turn {
            self.said.resize_with(turn + 1, Said::default);
        }
        self.said[turn] = said;
    }

    /// Takes in all answers.
    pub(super) fn conclude(&mut self, talk: u64, said: &[Said]) {
        self.talk = talk;
        self.said = said.to_vec();
    }

    /// What was said in a talk so far, by its chats.
    pub fn said(&self, talk: u64) -> &[Said] {
        if self.talk == talk { &self.said } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Said {
        Said {
            text: text.into(),
            ..Said::default()
        }
    }

    #[test]
    fn only_the_latest_talk_is_kept() {
        let mut state = TalkState::default();
        state.apply(1, 1, said("go"));
        assert_eq!(state.said(1), [said(""), said("go")]);
        state.apply(2, 0, said("look"));
        assert_eq!(state.said(1), []);
        state.conclude(2, &[said("look"), said("take")]);
        assert_eq!(state.said(2).len(), 2);
    }
}
