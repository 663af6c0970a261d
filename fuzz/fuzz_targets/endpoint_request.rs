//! What a program sends to the endpoint: a head, and the body of a request for a chat.
//!
//! The parser is the endpoint's own file. It is private, and the crate it stands in links a database.
#![no_main]
#![expect(dead_code, reason = "the rest of the endpoint is not here")]

#[path = "../../crates/lore_lab/src/endpoint/completion.rs"]
mod completion;
#[path = "../../crates/lore_lab/src/endpoint/refusal.rs"]
mod refusal;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let body = match head.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => &bytes[end..],
        _ => bytes,
    };
    let Ok(request) = completion::ChatRequest::read(body) else {
        return;
    };
    request.check_model("tiny").ok();
    request.chat().ok();
    if let Ok(sampling) = request.sampling(7) {
        assert!(sampling.max_new_tokens > 0 && sampling.stop.len() <= 4);
    }
    request.delivery();
});
