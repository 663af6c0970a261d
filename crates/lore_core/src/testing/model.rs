//! A language model that says what it is told to say.

use anyhow::bail;

use crate::{
    Completion, FinishReason, GenerateRequest, LanguageModel, Message, Sampling, ScoredAction,
};

type Answer = dyn FnMut(&[Message]) -> String + Send;

/// A language model whose tokens are words and whose answers are scripted.
pub struct ScriptedModel {
    answer: Box<Answer>,
    context_length: usize,
    rates: bool,
    /// Every chat it was asked to continue, oldest first.
    pub requests: Vec<GenerateRequest>,
}

impl ScriptedModel {
    /// Says `answers` in turn, and the last one again for ever after.
    pub fn saying<T: Into<String>>(answers: impl IntoIterator<Item = T>) -> Self {
        let answers: Vec<String> = answers.into_iter().map(Into::into).collect();
        let mut next = 0;
        Self::answering(move |_| {
            let answer = answers.get(next).or(answers.last());
            next += 1;
            answer.cloned().unwrap_or_default()
        })
    }

    /// Says what `answer` makes of the chat.
    pub fn answering(answer: impl FnMut(&[Message]) -> String + Send + 'static) -> Self {
        Self {
            answer: Box::new(answer),
            context_length: 1 << 20,
            rates: true,
            requests: Vec::new(),
        }
    }

    /// With another limit on prompt plus completion, in words.
    pub fn with_context_length(mut self, context_length: usize) -> Self {
        self.context_length = context_length;
        self
    }

    /// One that cannot tell how likely a turn is.
    pub fn that_only_writes(mut self) -> Self {
        self.rates = false;
        self
    }

    fn complete(&mut self, request: &GenerateRequest) -> anyhow::Result<Completion> {
        let prompt_tokens = self.count_chat_tokens(&request.messages)?;
        if prompt_tokens >= self.context_length {
            bail!(
                "The prompt has {prompt_tokens} tokens; the model takes {} with the answer.",
                self.context_length
            );
        }
        let said = (self.answer)(&request.messages);
        let (text, finish) = cut(&said, &request.sampling);
        Ok(Completion {
            completion_tokens: self.count_tokens(&text) as u32 + 1,
            text,
            prompt_tokens: prompt_tokens as u32,
            cached_tokens: 0,
            finish,
        })
    }
}

/// Applies stop texts, then the token limit.
fn cut(said: &str, sampling: &Sampling) -> (String, FinishReason) {
    let end = sampling
        .stop
        .iter()
        .filter_map(|stop| said.find(stop.as_str()))
        .min()
        .unwrap_or(said.len());
    let text = &said[..end];
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > sampling.max_new_tokens {
        let kept = words[..sampling.max_new_tokens].join(" ");
        return (kept, FinishReason::Length);
    }
    (text.to_owned(), FinishReason::Stop)
}

impl LanguageModel for ScriptedModel {
    fn name(&self) -> String {
        "scripted".into()
    }

    fn context_length(&self) -> usize {
        self.context_length
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    /// One token for each word, one for each role, one for the generation prompt.
    fn count_chat_tokens(&self, messages: &[Message]) -> anyhow::Result<usize> {
        let words: usize = messages
            .iter()
            .map(|message| 1 + self.count_tokens(&message.content))
            .sum();
        Ok(words + 1)
    }

    fn generate(&mut self, requests: &[GenerateRequest]) -> anyhow::Result<Vec<Completion>> {
        self.requests.extend_from_slice(requests);
        requests
            .iter()
            .map(|request| self.complete(request))
            .collect()
    }

    fn rates(&self) -> bool {
        self.rates
    }

    /// What the script would say next is likely, everything else is not; takes one answer.
    fn score(
        &mut self,
        messages: &[Message],
        candidates: &[String],
    ) -> anyhow::Result<Vec<ScoredAction>> {
        let said = (self.answer)(messages);
        let scored = candidates.iter().map(|candidate| ScoredAction {
            action: candidate.clone(),
            log_likelihood: if *candidate == said { -0.1 } else { -5.0 },
            num_tokens: self.count_tokens(candidate) as u32 + 1,
        });
        Ok(scored.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(max_new_tokens: usize, stop: &str) -> GenerateRequest {
        GenerateRequest {
            messages: vec![Message::user("what now")],
            sampling: Sampling {
                max_new_tokens,
                stop: vec![stop.to_owned()],
                ..Sampling::default()
            },
        }
    }

    #[test]
    fn answers_come_in_turn_and_respect_limits() {
        let mut model = ScriptedModel::saying(["go to desk 1\nthen rest", "take mug 1"]);
        let said = model
            .generate(&[request(9, "\n"), request(2, "\n"), request(9, "\n")])
            .unwrap();
        assert_eq!(said[0].text, "go to desk 1");
        assert_eq!(said[0].prompt_tokens, 4);
        assert_eq!(said[1].text, "take mug");
        assert_eq!(said[1].finish, FinishReason::Length);
        assert_eq!(said[2].text, "take mug 1", "the last answer stays");
        assert_eq!(model.requests.len(), 3);
    }

    #[test]
    fn the_scripted_answer_is_the_likeliest() {
        let mut model = ScriptedModel::answering(|_| "look".into());
        let scored = model
            .score(&[Message::user("x")], &["go".into(), "look".into()])
            .unwrap();
        assert!(scored[1].log_likelihood > scored[0].log_likelihood);
    }
}
