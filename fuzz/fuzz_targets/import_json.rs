//! Records as JSON lines, an array or an object, in every format that is known by its fields.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    // A file that holds nothing that is known is an error, in words.
    lore_data::check_bytes("episodes.jsonl", bytes, None).ok();
});
