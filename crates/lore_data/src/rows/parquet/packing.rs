//! How the data of a page is packed: whether it unpacks to as many bytes as its header promises.

use std::io::{Read, copy, sink};

use anyhow::{Context, Result, ensure};
use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;

use super::thrift::plain_number;

/// True for the ways of packing that can be taken off.
pub(super) fn is_known(packing: Compression) -> bool {
    matches!(
        packing,
        Compression::UNCOMPRESSED
            | Compression::SNAPPY
            | Compression::GZIP(_)
            | Compression::ZSTD(_)
    )
}

/// Refuses what does not unpack to `promised` bytes, where that can be told without unpacking it into
/// memory.
pub(super) fn check(packing: Compression, packed: &[u8], promised: u64) -> Result<()> {
    let unpacked = match packing {
        Compression::SNAPPY => plain_number(packed).map(|(len, _)| len),
        // Zstandard says it before the data, if the writer did; its reader goes no further than promised.
        Compression::ZSTD(_) => zstd::zstd_safe::get_frame_content_size(packed)
            .ok()
            .map(|len| len.unwrap_or(promised)),
        Compression::GZIP(_) => {
            let unpacked = MultiGzDecoder::new(packed);
            copy(&mut unpacked.take(promised + 1), &mut sink()).ok()
        }
        _ => Some(packed.len() as u64),
    };
    let unpacked = unpacked.context("a page cannot be unpacked")?;
    ensure!(
        unpacked == promised,
        "a page has another length than it says"
    );
    Ok(())
}
