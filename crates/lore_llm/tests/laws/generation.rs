//! The chat model: completing and scoring.

use std::sync::Arc;

use lore_core::{
    ChoiceRequest, FinishReason, GenerateRequest, LanguageModel as _, Message, Sampling,
};
use lore_llm::{Arithmetic, ChatModel, Decoder, KvCache};

use crate::fixtures::load;

fn request(text: &str, sampling: Sampling) -> GenerateRequest {
    GenerateRequest {
        messages: vec![Message::user(text)],
        sampling,
    }
}

fn sampled(seed: u64) -> Sampling {
    Sampling {
        temperature: 1.0,
        top_p: 0.9,
        max_new_tokens: 12,
        seed,
        stop: Vec::new(),
    }
}

fn model() -> ChatModel {
    ChatModel::new(load("tiny-llama"), None).unwrap()
}

#[test]
fn completions_do_not_depend_on_their_neighbours() {
    let requests: Vec<_> = (0..6)
        .map(|seed| request(&format!("open drawer {}", seed % 3), sampled(seed)))
        .collect();
    let together = model().generate(&requests).unwrap();
    for (request, expected) in requests.iter().zip(&together) {
        let alone = model().generate(std::slice::from_ref(request)).unwrap();
        assert_eq!(alone[0].text, expected.text);
        assert_eq!(alone[0].finish, expected.finish);
    }
}

#[test]
fn the_same_seed_says_the_same() {
    let texts = |seed| {
        model().generate(&[request("go", sampled(seed))]).unwrap()[0]
            .text
            .clone()
    };
    assert_eq!(texts(3), texts(3));
    assert!((4..9).any(|seed| texts(seed) != texts(3)), "seeds matter");
}

#[test]
fn a_known_beginning_is_not_read_again() {
    let mut model = model();
    let first = request("You are in the middle of a room.", Sampling::default());
    let fresh = model.generate(std::slice::from_ref(&first)).unwrap();
    assert_eq!(fresh[0].cached_tokens, 0);
    let again = model.generate(std::slice::from_ref(&first)).unwrap();
    assert_eq!(again[0].cached_tokens, again[0].prompt_tokens - 1);
    assert_eq!(again[0].text, fresh[0].text);

    let mut longer = first;
    longer
        .messages
        .push(Message::assistant(fresh[0].text.clone()));
    longer.messages.push(Message::user("open drawer 3"));
    let next = model.generate(&[longer.clone()]).unwrap();
    assert!(next[0].cached_tokens >= again[0].prompt_tokens - 1);
    let uncached = self::model().generate(&[longer]).unwrap();
    assert_eq!(next[0].text, uncached[0].text);
}

#[test]
fn stop_texts_end_a_completion_and_are_not_part_of_it() {
    let free = request("go", sampled(1));
    let text = model().generate(std::slice::from_ref(&free)).unwrap()[0]
        .text
        .clone();
    let stop: String = text.chars().skip(3).take(2).collect();
    let mut stopped = free;
    stopped.sampling.stop = vec![stop.clone()];
    let completion = model().generate(&[stopped]).unwrap().remove(0);
    assert_eq!(completion.finish, FinishReason::Stop);
    assert_eq!(completion.text, text[..text.find(&stop).unwrap()]);
}

#[test]
fn the_limit_ends_a_completion() {
    let short = Sampling {
        max_new_tokens: 2,
        ..Sampling::default()
    };
    let completion = model().generate(&[request("go", short)]).unwrap().remove(0);
    assert_eq!(completion.finish, FinishReason::Length);
    assert_eq!(completion.completion_tokens, 2);
}

#[test]
fn a_prompt_beyond_the_context_is_refused_in_a_sentence() {
    let long = "open drawer 3 ".repeat(80);
    let result = model().generate(&[request(&long, Sampling::default())]);
    let error = result.unwrap_err().to_string();
    assert!(error.contains("use fewer memories"), "{error}");
}

/// Scores are sums over the tokens of the action and the end of its turn.
#[test]
fn scores_equal_reading_each_candidate_alone() {
    let base = load("tiny-llama");
    let messages = [
        Message::system("Act."),
        Message::user("You see take and open."),
    ];
    // Some begin alike, one is the beginning of others, one is there twice.
    let candidates = [
        "take mug 1",
        "open drawer 3",
        "take mug 12",
        "look",
        "take mug 2",
        "take mug",
        "look",
    ];
    let candidates = candidates.map(str::to_owned);
    let model = ChatModel::new(Arc::clone(&base), None).unwrap();
    let mut model = model.with_arithmetic(Arithmetic::Exact);
    for _ in 0..2 {
        let scored = model.score(&messages, &candidates).unwrap();
        for (candidate, scored) in candidates.iter().zip(scored) {
            assert_eq!(&scored.action, candidate);
            let mut chat = messages.to_vec();
            chat.push(Message::assistant(candidate.clone()));
            let encoded = base.encoder().encode_chat(&chat).unwrap();
            let mut decoder = Decoder::new(Arc::clone(&base));
            let mut cache = KvCache::new(base.config());
            let hidden = decoder.forward_all(&encoded.ids, &mut cache, None).unwrap();
            let logits = decoder.logits(&hidden);
            let vocab = base.config().vocab_size;
            let learned = (0..encoded.ids.len()).filter(|index| encoded.learned[*index]);
            let sum: f64 = learned
                .clone()
                .map(|index| {
                    log_softmax(
                        &logits[(index - 1) * vocab..index * vocab],
                        encoded.ids[index],
                    )
                })
                .sum();
            assert!((scored.log_likelihood - sum).abs() < 1e-3, "{candidate}");
            assert_eq!(scored.num_tokens as usize, learned.count());
        }
    }
    assert!(model.score(&messages, &[]).unwrap().is_empty());
}

/// The search reads only a part of the tree, and finds what rating everything finds.
#[test]
fn the_chosen_candidate_is_the_likeliest_whatever_is_asked_beside_it() {
    let verbs = ["take", "open", "go to", "put", "look"];
    let things = ["mug 1", "mug 12", "mug", "drawer 3", "drawer 31", ""];
    for name in ["tiny-llama", "tiny-llama.gguf", "tiny-qwen2.gguf"] {
        let base = load(name);
        let questions: Vec<ChoiceRequest> = (0..20)
            .map(|number| ChoiceRequest {
                messages: vec![Message::user(format!("You see drawer {number}. go to?"))],
                candidates: verbs
                    .iter()
                    .flat_map(|verb| things.map(|thing| format!("{verb} {thing}")))
                    .skip(number % 7)
                    .step_by(1 + number % 3)
                    .collect(),
            })
            .collect();
        let model = || ChatModel::new(Arc::clone(&base), None).unwrap();
        let together = model().choose(&questions).unwrap();
        let mut rating = model();
        let mut num_rated = 0;
        for (question, choice) in questions.iter().zip(&together) {
            let alone = model().choose(std::slice::from_ref(question)).unwrap();
            assert_eq!(alone[0].best, choice.best, "alone as beside others");
            let best = choice.best.as_ref().expect("there are candidates");
            let rated = rating
                .score(&question.messages, &question.candidates)
                .unwrap();
            num_rated += rated.iter().map(|one| one.num_tokens).sum::<u32>();
            for one in rated {
                let distance = one.log_likelihood - best.log_likelihood;
                assert!(distance < 1e-3, "{name}: {one:?} beats {best:?}");
                if one.action == best.action {
                    assert!(distance.abs() < 1e-3, "{one:?} is {best:?}");
                }
            }
        }
        let num_read: u32 = together.iter().map(|choice| choice.read_tokens).sum();
        assert!(num_read < num_rated, "{num_read} of {num_rated}");
    }
}

#[test]
fn nothing_is_chosen_from_nothing() {
    let question = ChoiceRequest {
        messages: vec![Message::user("You see nothing.")],
        candidates: Vec::new(),
    };
    let choices = model().choose(&[question.clone(), question]).unwrap();
    assert_eq!(choices.len(), 2);
    assert!(choices.iter().all(|choice| choice.best.is_none()));
}

fn log_softmax(logits: &[f32], token: u32) -> f64 {
    let max = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from(l - max).exp()).sum();
    f64::from(logits[token as usize] - max) - sum.ln()
}
