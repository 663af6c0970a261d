//! From rewards to success.

use lore_core::EpisodeEnd;
use serde_json::Value as Json;

/// What an episode has earned so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rewards {
    total: f64,
    /// What an episode needs to have succeeded.
    goal: f64,
}

impl Rewards {
    pub(super) fn new(goal: f64) -> Self {
        Self { total: 0.0, goal }
    }

    /// Takes in a reply: the reward of this step, and how the episode ended if the server says that it
    /// has. A server that keeps a score of its own is believed.
    pub(super) fn take(&mut self, reply: &Json) -> (f64, Option<EpisodeEnd>) {
        let number = |name| reply.get(name).and_then(Json::as_f64);
        let reward = number("reward").unwrap_or(0.0);
        self.total = number("score").unwrap_or(self.total + reward);
        let is_done = reply.get("done").and_then(Json::as_bool).unwrap_or(false);
        // Sums of tenths fall short of one by a hair.
        let is_success = self.total >= self.goal - 1e-9;
        let end = is_done.then_some(if is_success {
            EpisodeEnd::Success
        } else {
            EpisodeEnd::Failure
        });
        (reward, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn success_is_a_sum_of_rewards_or_the_server_s_own_score() {
        let tenth = json!({"reward": 0.1, "done": false});
        let mut rewards = Rewards::new(1.0);
        for _ in 0..9 {
            assert_eq!(rewards.take(&tenth), (0.1, None));
        }
        let last = json!({"reward": 0.1, "done": true});
        assert_eq!(rewards.take(&last).1, Some(EpisodeEnd::Success));

        let scored = json!({"reward": 5, "score": 40, "done": true});
        let end = Rewards::new(100.0).take(&scored).1;
        assert_eq!(end, Some(EpisodeEnd::Failure));
        let silent = json!({"reward": null});
        assert_eq!(Rewards::new(1.0).take(&silent), (0.0, None));
    }
}
