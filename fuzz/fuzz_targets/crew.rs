//! What workers that compute for one training say to each other.
//!
//! The parser is the crew's own file: it is private there.
#![no_main]
#![expect(dead_code, reason = "the rest of the crew is not here")]

#[path = "../../crates/lore_train/src/crew/frames.rs"]
mod frames;

use frames::{Limits, ToAssistant, ToLeader, decode, encode};

/// Bytes of numbers that follow a header.
const BODY: u64 = 4 << 10;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok((_, body)) = decode::<ToLeader>(&mut &*bytes, Limits::GREETING) {
        assert!(body.is_empty(), "numbers of somebody who has not shown the token");
    }
    if let Ok((message, body)) = decode::<ToAssistant>(&mut &*bytes, Limits::carrying(BODY)) {
        assert!(body.len() as u64 <= BODY);
        let frame = encode(&message, &body).expect("what was read can be said");
        let again = decode::<ToAssistant>(&mut frame.as_slice(), Limits::carrying(BODY));
        assert_eq!(again.expect("and is read again"), (message, body));
    }
    decode::<ToLeader>(&mut &*bytes, Limits::carrying(BODY)).ok();
});
