//! What must fail: forged messages, forged jobs, data sets made to do harm.
//!
//! Others stand where they are about to happen: web pages that call the endpoint in
//! `lore_lab/tests/endpoint.rs`, chat templates and model files in `lore_llm`, archives and links in
//! `lore_data` and `lore_env`, what a worker can reach in `fence.rs` here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lore_core::{DataDir, DatasetInfo, StopToken, Watcher};
use lore_data::{NewDataset, import};
use lore_protocol::{Call, Incoming, Settings, SettingsRequest};
use lore_tests::{Stage, every_request};
use serde_json::{Value, json};

/// What may stand where a message has something else.
fn forgeries() -> Vec<Value> {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("../../outside"),
        json!("/etc/passwd"),
        json!("a\u{0}b\n\u{202e}"),
        json!("x".repeat(100_000)),
        json!([]),
        json!({}),
        json!({"Unknown": {}}),
        deep,
    ]
}

/// Calls `visit` with every message that has one place of `message` replaced.
fn each_forgery(message: &Value, visit: &mut dyn FnMut(Value)) {
    for place in places(message) {
        for forgery in forgeries() {
            let mut forged = message.clone();
            *forged.pointer_mut(&place).expect("it was there") = forgery;
            visit(forged);
        }
    }
}

/// Every value in a message, as JSON pointers.
fn places(value: &Value) -> Vec<String> {
    let below = |name: String, value: &Value| {
        let name = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let deeper = places(value).into_iter();
        deeper.map(move |place| format!("{name}{place}"))
    };
    let mut all = vec![String::new()];
    match value {
        Value::Object(fields) => {
            all.extend(fields.iter().flat_map(|(name, it)| below(name.clone(), it)));
        }
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            all.extend(numbered.flat_map(|(index, it)| below(index.to_string(), it)));
        }
        _ => {}
    }
    all
}

/// Sends a message as a window would. What went wrong and with which message, when the answer is none that
/// somebody thought of.
fn rpc(stage: &Stage, message: &str) -> Option<(String, String)> {
    let mut answer = std::pin::pin!(stage.app().rpc(message));
    let mut context = Context::from_waker(Waker::noop());
    let answer = loop {
        match answer.as_mut().poll(&mut context) {
            Poll::Ready(answer) => break answer,
            Poll::Pending => std::thread::sleep(Duration::from_micros(50)),
        }
    };
    let shown = message.chars().take(2000).collect();
    let Ok(Incoming::Reply { result, .. }) = serde_json::from_str(&answer) else {
        return Some((answer, shown));
    };
    let error = result.err()?;
    let is_thought_of = !error.summary.is_empty() && !error.summary.contains("broke");
    (!is_thought_of).then_some((error.details, shown))
}

/// Names of what stands in a folder.
fn listing(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("is listed");
    entries
        .map(|entry| entry.expect("is listed").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// The names of a request: `Dataset(Import`.
fn kind(message: &Value) -> String {
    let name = |value: &Value| match value {
        Value::Object(fields) => fields.keys().next().cloned(),
        Value::String(name) => Some(name.clone()),
        _ => None,
    };
    let domain = name(message).unwrap_or_default();
    let verb = name(&message[&domain]).unwrap_or_default();
    format!("{domain}({verb}")
}

#[test]
fn forged_messages_become_sentences() {
    let stage = Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    let here = listing(Path::new("."));
    let mut kinds = BTreeSet::new();
    let mut num_sent = 0;
    // All faults at once, each with one message that shows it: a run takes minutes.
    let mut faults = BTreeMap::new();
    for request in every_request("x") {
        let message = serde_json::to_value(&request).expect("is JSON");
        // One of each kind: the others differ in what was replaced anyway.
        if !kinds.insert(kind(&message)) {
            continue;
        }
        let call = serde_json::to_value(Call { id: 7, request }).expect("is JSON");
        each_forgery(&call, &mut |forged| {
            faults.extend(rpc(&stage, &forged.to_string()));
            num_sent += 1;
        });
    }
    assert!(num_sent > 5000, "{num_sent} messages were sent");
    assert_eq!(listing(Path::new(".")), here, "nothing was made beside it");
    let passwd = stage.dir().root().join("../outside");
    assert!(!passwd.exists());
    let last = serde_json::to_string(&settings()).expect("is JSON");
    faults.extend(rpc(&stage, &last));
    assert!(faults.is_empty(), "{faults:#?}");
}

fn settings() -> Call {
    let request = SettingsRequest::Set {
        settings: Settings::default(),
    };
    Call {
        id: 1,
        request: lore_protocol::Request::Settings(request),
    }
}

#[test]
fn what_is_no_message_is_answered_too() {
    let stage = Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    let nested = "[".repeat(1_000_000);
    let object = "{\"id\":1,\"request\":".repeat(10_000);
    for text in [
        "",
        "null",
        "{",
        "\u{0}",
        "[]",
        "{\"id\": 1e999}",
        "{\"id\": -1, \"request\": null}",
        "{\"id\": 1, \"request\": {\"Job\": \"List\"}, \"request\": {\"Job\": \"List\"}}",
        &nested,
        &object,
    ] {
        assert_eq!(rpc(&stage, text), None);
    }
}

/// Nobody watches these imports.
struct Nobody;

impl Watcher for Nobody {
    fn progress(&mut self, _stage: &str, _done: u64, _total: u64, _unit: &str) {}

    fn metric(&mut self, _name: &str, _step: u64, _value: f64) {}

    fn message(&mut self, _text: &str) {}
}

fn import_at(folder: &Path, path: &Path) -> anyhow::Result<DatasetInfo> {
    let target = NewDataset {
        data: DataDir::new(folder.join("data")),
        id: "d".into(),
        name: "D".into(),
        source: String::new(),
        unseen_types: None,
        created_ms: 1,
    };
    import(path, &target, &mut Nobody, &StopToken::new())
}

/// An episode that imports understand.
fn episode(goal: &str) -> String {
    let chat = json!({"conversations": [
        {"from": "human", "value": format!("You see a desk.\n\nYour task is to: {goal}.")},
        {"from": "gpt", "value": "look"},
    ]});
    chat.to_string()
}

/// Writes a line of a gibibyte between two good ones; most of it is a hole and takes no room on the disk.
fn write_long_line(path: &Path, start: &str) {
    let mut file = File::create(path).expect("is made");
    let good = episode("put a mug on the shelf");
    let other = episode("put a pen on the desk");
    let filling = "x".repeat(100_000);
    write!(file, "{start}{good}\n{{\"a\": \"{filling}").expect("writes");
    file.seek(SeekFrom::Current(1 << 30)).expect("seeks");
    write!(file, "\"}}\n{other}\n").expect("writes");
}

/// The most memory that this process ever had, in bytes; `None` where the system does not say.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kib << 10)
}

#[test]
fn a_line_of_a_gibibyte_costs_one_line_and_no_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.jsonl");
    write_long_line(&path, "");
    let before = peak_memory();
    let info = import_at(folder.path(), &path).expect("the rest comes in");
    assert_eq!(info.num_items, 2, "{:?}", info.report);
    assert_eq!(info.report.num_rejected, 1);
    assert!(info.report.rejected[0].reason.contains("longer than"));
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before < 256 << 20, "{} MiB", (after - before) >> 20);
    }
}

#[test]
fn an_entry_of_a_gibibyte_ends_an_array_and_takes_no_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.json");
    let good = episode("put a mug on the shelf");
    write_long_line(&path, &format!("[{good},\n"));
    let before = peak_memory();
    // What came before the damage may be kept; the damage must be told.
    match import_at(folder.path(), &path) {
        Ok(info) => assert!(info.report.num_rejected > 0, "{:?}", info.report),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before < 256 << 20, "{} MiB", (after - before) >> 20);
    }
}

#[test]
fn names_in_a_zip_lead_nowhere() {
    let episode = episode("put a mug on the shelf");
    for (name, is_read) in [
        ("../../evil.jsonl", false),
        ("a/../../../evil.jsonl", false),
        ("/evil.jsonl", true),
        ("C:\\evil.jsonl", true),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).expect("is made");
        let path = inner.join("slip.zip");
        fs::write(&path, zip_of(name, episode.as_bytes())).expect("writes");
        let before = (listing(folder.path()), listing(&inner));
        // Whether it is read or not, nothing is unpacked.
        assert_eq!(import_at(&inner, &path).is_ok(), is_read, "{name}");
        let mut inside = listing(&inner);
        inside.remove("data");
        assert_eq!((listing(folder.path()), inside), before, "{name}");
    }
}

/// A zip with one file, stored as it is; libraries that write zips do not take such names.
fn zip_of(name: &str, content: &[u8]) -> Vec<u8> {
    let crc = crc32(content).to_le_bytes();
    let size = u32::try_from(content.len())
        .expect("is short")
        .to_le_bytes();
    let name_length = u16::try_from(name.len()).expect("is short").to_le_bytes();
    let shared = [
        &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
        &crc,
        &size,
        &size,
        &name_length,
        &[0, 0],
    ];
    let shared = shared.concat();
    let local = [b"PK\x03\x04", &shared[..], name.as_bytes(), content].concat();
    let central = [
        b"PK\x01\x02\x14\x00",
        &shared[..],
        &[0; 14],
        name.as_bytes(),
    ]
    .concat();
    let central_size = u32::try_from(central.len())
        .expect("is short")
        .to_le_bytes();
    let central_start = u32::try_from(local.len()).expect("is short").to_le_bytes();
    let end = [
        &b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..],
        &central_size,
        &central_start,
        &[0, 0],
    ];
    [local, central, end.concat()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(!0, step)
}
