//! Parquet: the table of contents at the end, and the pages it names.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Without the marks at both ends it is taken for text.
    let bytes = [b"PAR1", bytes, b"PAR1"].concat();
    lore_data::check_bytes("episodes.parquet", bytes.into(), None).ok();
});
