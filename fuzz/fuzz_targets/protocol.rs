//! What windows, the core and workers say to each other. What is understood is written as it was read.
#![no_main]

use lore_protocol::{Call, Control, EndpointLine, Incoming, JobEvent, WorkerReply, WorkerRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;

libfuzzer_sys::fuzz_target!(|text: &str| {
    read::<Call>(text);
    read::<Incoming>(text);
    read::<JobEvent>(text);
    read::<WorkerRequest>(text);
    read::<WorkerReply>(text);
    read::<Control>(text);
    read::<EndpointLine>(text);
});

fn read<T: DeserializeOwned + Serialize>(text: &str) {
    if let Ok(value) = serde_json::from_str::<T>(text) {
        let written = serde_json::to_string(&value).expect("the protocol is JSON");
        let again: T = serde_json::from_str(&written).expect("it was written by us");
        let twice = serde_json::to_string(&again).expect("the protocol is JSON");
        assert_eq!(written, twice);
    }
}
