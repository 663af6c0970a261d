//! Zip, gzip and Zstandard around records.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    lore_data::check_bytes("episodes", bytes, None).ok();
});
