//! What a program sends to the endpoint: a head, and the body of a request for a chat.
#![no_main]

#[expect(dead_code, reason = "the rest of the endpoint is not here")]
mod endpoint {
    //! The endpoint's own parsers. They are private, and the crate they stand in links a database.

    #[path = "../../../crates/lore_lab/src/endpoint/completion.rs"]
    pub(super) mod completion;
    #[path = "../../../crates/lore_lab/src/endpoint/refusal.rs"]
    mod refusal;

    pub(super) fn read(body: &[u8]) {
        if let Ok(request) = completion::ChatRequest::read(body) {
            let answers = (request.check_model("tiny").is_ok(), request.delivery());
            let chat = request.chat().map(|chat| chat.len());
            let sampling = request.sampling(7).map(|sampling| sampling.stop);
            drop((answers, chat.is_ok(), sampling.is_ok()));
        }
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let body = match request.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => &bytes[end..],
        _ => bytes,
    };
    endpoint::read(body);
});
