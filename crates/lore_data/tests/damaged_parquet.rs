//! Damaged Parquet files end in words: no panic, and never more than a gibibyte of memory.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use lore_core::testing::{task, trajectory};
use lore_core::{EpisodeEnd, ExportForm};
use lore_data::{check_bytes, export, inspect};
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// The most memory that may be in use; who asks for more ends the test.
const MAX_BYTES: usize = 1 << 30;

/// Inputs made of each file. The bench of imports makes a million.
const NUM_INPUTS: u64 = 4000;

/// Counts memory in use, and gives no more than [`MAX_BYTES`].
struct Limited;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is handed on to the system's allocator as it came, or refused.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size() > MAX_BYTES {
            return std::ptr::null_mut();
        }
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` above, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Limited = Limited;

/// What we write ourselves: lists, Zstandard, dictionaries.
fn ours() -> Vec<u8> {
    let all = (0..40).map(|i| {
        let steps = [("look", "A \"room\".\n"), ("take it", "Öl.")];
        Ok(trajectory(
            task(&format!("t{i}")),
            &steps,
            EpisodeEnd::Success,
        ))
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    export(all, ExportForm::Parquet, &path).unwrap();
    std::fs::read(path).unwrap()
}

/// A table of steps as other programs write it.
fn table(properties: WriterPropertiesBuilder) -> Vec<u8> {
    let schema = "message steps {
        REQUIRED BYTE_ARRAY goal (UTF8);
        REQUIRED BYTE_ARRAY observation (UTF8);
        REQUIRED BYTE_ARRAY action (UTF8);
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut file =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    for group in 0..2 {
        let mut rows = file.next_row_group().unwrap();
        for column in ["find the mug", "A room with a view", "look"] {
            let texts: Vec<ByteArray> = (0..60)
                .map(|row| format!("{column} {group}-{}", row % 7).into_bytes().into())
                .collect();
            let mut writer = rows.next_column().unwrap().expect("three columns");
            let typed = writer.typed::<ByteArrayType>();
            typed.write_batch(&texts, None, None).unwrap();
            writer.close().unwrap();
        }
        rows.close().unwrap();
    }
    file.into_inner().unwrap()
}

/// Whole files of every kind that is read differently.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let new = WriterProperties::builder;
    let packed = |packing| table(new().set_compression(packing));
    let differences = |encoding| {
        let new = new().set_writer_version(WriterVersion::PARQUET_2_0);
        table(new.set_dictionary_enabled(false).set_encoding(encoding))
    };
    vec![
        ("ours", ours()),
        ("plain", packed(Compression::UNCOMPRESSED)),
        ("snappy", packed(Compression::SNAPPY)),
        ("gzip", packed(Compression::GZIP(GzipLevel::default()))),
        ("zstd", packed(Compression::ZSTD(ZstdLevel::default()))),
        ("lengths", differences(Encoding::DELTA_LENGTH_BYTE_ARRAY)),
        ("texts", differences(Encoding::DELTA_BYTE_ARRAY)),
    ]
}

/// One to four bits, bytes or pieces changed, missing or doubled; mostly near the end, where the file
/// says what it holds.
fn damaged(whole: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..random.random_range(1..=4) {
        let from = if random.random() { bytes.len() / 2 } else { 0 };
        let place = random.random_range(from..bytes.len().max(from + 1));
        let end = bytes.len().min(place + random.random_range(1..40));
        match random.random_range(0..6) {
            _ if bytes.len() < 8 || place >= bytes.len() => break,
            0 => bytes[place] ^= 1 << random.random_range(0..8),
            1 => bytes[place] = random.random(),
            2 => bytes[place] = [0, 0x7f, 0x80, 0xff][random.random_range(0..4)],
            3 => bytes.truncate(place),
            4 => drop(bytes.drain(place..end)),
            _ => {
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
        }
    }
    bytes
}

#[test]
fn damage_ends_in_words() {
    let files = files();
    // Panics within the library are caught; their messages are of no use.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut num_read, mut num_refused) = (0, 0);
    for (name, whole) in &files {
        for number in 0..NUM_INPUTS {
            let bytes = damaged(whole, &mut StdRng::seed_from_u64(number));
            let checked = std::panic::catch_unwind(|| check_bytes("a.parquet", bytes.into(), None));
            match checked.unwrap_or_else(|_| panic!("{name}: input {number} ends in a panic")) {
                Ok(_) => num_read += 1,
                Err(error) => {
                    num_refused += 1;
                    let sentence = error.to_string();
                    assert!(
                        sentence.ends_with('.') && !sentence.contains('\n'),
                        "{sentence}"
                    );
                }
            }
        }
    }
    assert!(
        num_read > 0 && num_refused > 0,
        "{num_read} read, {num_refused} refused"
    );
}

#[test]
fn whole_files_are_read_as_before() {
    for (name, whole) in files() {
        let report = check_bytes("a.parquet", whole.into(), None).unwrap();
        let expected = if name == "ours" { 40 } else { 120 };
        assert_eq!(
            (report.num_accepted, report.num_rejected),
            (expected, 0),
            "{name}"
        );
    }
}

/// What is said of a file with these bytes.
fn said(bytes: &[u8], path: &Path) -> String {
    std::fs::File::create(path)
        .unwrap()
        .write_all(bytes)
        .unwrap();
    format!("{:#}", inspect(path).unwrap_err())
}

#[test]
fn each_kind_of_damage_has_its_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let whole = table(WriterProperties::builder());
    let says = |change: &dyn Fn(&mut Vec<u8>), words: &str| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        let said = said(&bytes, &path);
        assert!(
            said.starts_with("The Parquet file is damaged or incomplete."),
            "{said}"
        );
        assert!(said.contains(words), "{said}");
    };
    says(&|bytes| bytes.truncate(100), "its end is missing");
    says(&|bytes| bytes.truncate(9), "it breaks off");
    let len = whole.len();
    says(&|bytes| bytes[len - 5] = 0x7f, "longer than the file");
    let mut encrypted = whole.clone();
    encrypted[len - 1] = b'E';
    assert!(said(&encrypted, &path).starts_with("The Parquet file is encrypted."));
}

#[test]
fn a_list_of_a_billion_columns_reserves_nothing() {
    let whole = ours();
    let len = whole.len();
    let contents = u32::from_le_bytes(*whole[len - 8..].first_chunk().unwrap()) as usize;
    let list = len - 8 - contents + 3;
    let mut bytes = whole[..list].to_vec();
    bytes.extend([0xfc, 0x80, 0x94, 0xeb, 0xdc, 0x03]);
    bytes.extend(&whole[list + 1..len - 8]);
    bytes.extend((contents as u32 + 5).to_le_bytes());
    bytes.extend(b"PAR1");
    let error = check_bytes("a.parquet", Bytes::from(bytes), None).unwrap_err();
    assert!(format!("{error:#}").contains("a list is longer than the file"));
}
