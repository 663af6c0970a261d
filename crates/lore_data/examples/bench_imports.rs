//! Damaged files for every importer: `cargo xtask bench imports [INPUTS]`.
//!
//! Each form of file is damaged INPUTS times (default 10000) and read as an import reads it. A panic, or an input that takes longer than a second, ends
//! the run with the seed that makes it again. Figures: inputs a second and the most memory held.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use lore_core::testing::{task, trajectory};
use lore_core::{EpisodeEnd, ExportForm, Trajectory};
use lore_data::{check_bytes, export};

/// Longer than this is a hang.
const MAX_TIME: Duration = Duration::from_secs(1);

/// Inputs when nobody says how many.
const NUM_INPUTS: u64 = 10_000;

/// True while an input is read.
static READING: AtomicBool = AtomicBool::new(false);

/// A whole file of some form.
struct Seed {
    form: &'static str,
    /// Its name, because some forms are known by it.
    name: &'static str,
    bytes: Vec<u8>,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let num_inputs: u64 = match arguments.next() {
        Some(number) => number.parse().context("Give the number of inputs")?,
        None => NUM_INPUTS,
    };
    let only = arguments.next();
    // Panics of what is tested end the run with a sentence of its own.
    std::panic::set_hook(Box::new(|panic| {
        if !READING.load(Ordering::Relaxed) {
            eprintln!("{panic}");
        }
    }));
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    writeln!(
        err,
        "{:<14} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "form", "inputs", "inputs/s", "items", "refused", "slowest"
    )?;
    for seed in seeds()? {
        if only.as_ref().is_some_and(|only| only != seed.form) {
            continue;
        }
        let tally = damage_and_read(&seed, num_inputs)?;
        let rate = num_inputs as f64 / tally.time.as_secs_f64();
        let line = serde_json::json!({
            "bench": "imports",
            "case": seed.form,
            "ours": rate,
            "reference": null,
            "ratio": null,
            "unit": "inputs/s",
            "samples": num_inputs,
            "num_panics": 0,
            "slowest_secs": tally.slowest.as_secs_f64(),
            "num_items": tally.num_items,
            "num_refused": tally.num_refused,
            "peak_bytes": peak_bytes(),
        });
        writeln!(out, "{line}")?;
        writeln!(
            err,
            "{:<14} {num_inputs:>9} {rate:>9.0} {:>9} {:>9} {:>8.1}ms",
            seed.form,
            tally.num_items,
            tally.num_refused,
            tally.slowest.as_secs_f64() * 1e3
        )?;
    }
    if let Some(bytes) = peak_bytes() {
        writeln!(err, "no panic; most memory held {} MiB", bytes >> 20)?;
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    num_items: u64,
    num_refused: u64,
    slowest: Duration,
    time: Duration,
}

fn damage_and_read(seed: &Seed, num_inputs: u64) -> Result<Tally> {
    let mut tally = Tally::default();
    let began = Instant::now();
    for number in 0..num_inputs {
        let bytes = damaged(&seed.bytes, &mut StdRng::seed_from_u64(number));
        let read_began = Instant::now();
        READING.store(true, Ordering::Relaxed);
        let report = catch_unwind(AssertUnwindSafe(|| {
            check_bytes(seed.name, Bytes::from(bytes), None)
        }));
        READING.store(false, Ordering::Relaxed);
        let took = read_began.elapsed();
        tally.slowest = tally.slowest.max(took);
        match report {
            Err(_) => bail!("{}: input {number} ends in a panic", seed.form),
            Ok(_) if took > MAX_TIME => bail!("{}: input {number} takes {took:?}", seed.form),
            Ok(Ok(report)) => {
                tally.num_items += report.num_accepted;
                tally.num_refused += report.num_rejected;
            }
            // A file that is refused as a whole.
            Ok(Err(_)) => tally.num_refused += 1,
        }
    }
    tally.time = began.elapsed();
    Ok(tally)
}

/// Signs that mean something in JSON and tables.
const SIGNS: &[u8] = b"{}[]\",:\\\n\r\t;0-e.";

/// The ways in which a file is damaged, one to four of them at a time.
fn damaged(whole: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..random.random_range(1..=4) {
        if bytes.is_empty() {
            break;
        }
        let (a, b) = (
            random.random_range(0..bytes.len()),
            random.random_range(0..bytes.len()),
        );
        let (start, end) = (a.min(b), a.max(b));
        match random.random_range(0..9) {
            // One bit.
            0 => bytes[a] ^= 1 << random.random_range(0..8),
            // One byte.
            1 => bytes[a] = random.random(),
            // A number that is too large, or negative.
            2 => bytes[a] = [0, 0x7f, 0x80, 0xff][random.random_range(0..4)],
            // The end is missing.
            3 => bytes.truncate(a),
            // A piece is missing.
            4 => drop(bytes.drain(start..end.min(start + 64))),
            // A piece is there twice.
            5 => {
                let piece = bytes[start..end.min(start + 256)].to_vec();
                bytes.splice(a..a, piece);
            }
            // Signs of JSON and tables where none belong.
            6 => bytes[a] = SIGNS[random.random_range(0..SIGNS.len())],
            // A deep nest.
            7 => drop(bytes.splice(a..a, std::iter::repeat_n(b'[', 200))),
            // Random bytes.
            _ => {
                for byte in &mut bytes[start..end.min(start + 16)] {
                    *byte = random.random();
                }
            }
        }
    }
    bytes
}

/// The chat in the files of several forms.
const CHAT: &str = r#"[{"role":"user","content":"Find it."},{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"look","arguments":"{\"x\":1}"}}]},{"role":"tool","content":[{"type":"text","text":"A room."}]}]"#;

fn text(form: &'static str, name: &'static str, text: &str) -> Seed {
    Seed {
        form,
        name,
        bytes: text.as_bytes().to_vec(),
    }
}

/// A small whole file of every form that is plain text.
fn texts() -> Vec<Seed> {
    vec![
        text(
            "csv",
            "a.csv",
            "episode,goal,observation,action,success\ne1,find,\"A, room\",look,\ne1,find,b,take,true\ne2,open,c,push,false\n",
        ),
        text(
            "sharegpt",
            "a.json",
            r#"[{"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello"}],"id":1,"reward":1}]"#,
        ),
        text(
            "agentgym",
            "a.json",
            r#"[{"conversations":[{"from":"human","loss":null,"value":"Play."},{"from":"gpt","loss":false,"value":"OK"},{"from":"human","value":"A room."},{"from":"gpt","value":"look"}],"item_id":"maze_1"}]"#,
        ),
        text(
            "alpaca",
            "a.json",
            r#"[{"instruction":"Add.","input":"2 2","output":"4"},{"instruction":"Sing.","output":"La."}]"#,
        ),
        text(
            "swe-agent",
            "a__b-1.traj",
            "{\n\"trajectory\":[{\"action\":\"ls\",\"observation\":\"a\",\"thought\":\"t\"}],\"history\":[{\"role\":\"user\",\"content\":\"It crashes.\"}],\"info\":{\"exit_status\":\"submitted\"}}",
        ),
        text(
            "games",
            "a.jsonl",
            r#"{"id":"train/pick_heat_then_place_in_recep-Egg-None-Sink-1/t","task_type":"pick_heat_then_place_in_recep","task":"heat an egg","pddl_problem":"(define (problem x))"}"#,
        ),
        text(
            "release",
            "a.tw-pddl",
            r#"{"pddl_domain":"(d)","pddl_problem":"(p)","grammar":"Your task is to: heat some egg.","solvable":true}"#,
        ),
        text(
            "expert",
            "a.jsonl",
            r#"{"id":"x","task_type":"t","task":"g","won":true,"initial_observation":"o","steps":[{"action":"a","observation":"b","reward":1.0,"done":true}]}"#,
        ),
        text(
            "spans",
            "a.jsonl",
            r#"{"context":{"trace_id":"t"},"start_time":"1","attributes":{"llm.input_messages.0.message.role":"user","llm.input_messages.0.message.content":"Hi","llm.output_messages.0.message.role":"assistant","llm.output_messages.0.message.tool_calls.0.tool_call.function.name":"look"}}"#,
        ),
        text(
            "otlp",
            "a.json",
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ab","startTimeUnixNano":"17","attributes":[{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Hi\"}]}]"}},{"key":"gen_ai.output.messages","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"role","value":{"stringValue":"assistant"}},{"key":"content","value":{"stringValue":"Hello"}}]}}]}}}]}]}]}]}"#,
        ),
    ]
}

/// A small whole file of every form.
fn seeds() -> Result<Vec<Seed>> {
    let mut seeds = texts();
    let sample = format!(
        r#"{{"id":1,"epoch":1,"input":"Find it.","messages":{CHAT},"scores":{{"a":{{"value":"C"}}}}}}"#
    );
    seeds.push(Seed {
        form: "inspect",
        name: "a.eval",
        bytes: zipped(
            "samples/1_epoch_1.json",
            sample.as_bytes(),
            zip::CompressionMethod::Deflated,
        )?,
    });
    seeds.push(Seed {
        form: "inspect-zstd",
        name: "a.eval",
        bytes: zipped(
            "samples/1_epoch_1.json",
            sample.as_bytes(),
            zip::CompressionMethod::Zstd,
        )?,
    });
    let run = format!(
        r#"[{{"task_id":1,"reward":1.0,"info":{{"task":{{"instruction":"i"}}}},"traj":{CHAT}}}]"#
    );
    seeds.push(text("tau-bench", "airline.json", &run));
    seeds.push(text("scienceworld", "a.jsonl", r#"{"task_name":"boil","variation":3,"split":"train","task":"Boil water.","score":100,"steps":[{"action":"look","observation":"A kitchen.","reward":0.1,"done":true}],"conversations":[{"value":"A kitchen."}]}"#));
    for form in ExportForm::ALL {
        seeds.push(exported(form)?);
    }
    let lines = exported(ExportForm::OpenAi)?.bytes;
    seeds.push(Seed {
        form: "zstd",
        name: "a.jsonl.zst",
        bytes: zstd::stream::encode_all(lines.as_slice(), 1)?,
    });
    Ok(seeds)
}

fn zipped(name: &str, content: &[u8], method: zip::CompressionMethod) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    zip.start_file(name, options)?;
    zip.write_all(content)?;
    Ok(zip.finish()?.into_inner())
}

/// What we write ourselves, in each form.
fn exported(form: ExportForm) -> Result<Seed> {
    let all: Vec<Trajectory> = (0..3)
        .map(|i| {
            let steps = [("look", "A \"room\".\n"), ("take it", "Öl.")];
            trajectory(task(&format!("t{i}")), &steps, EpisodeEnd::Success)
        })
        .collect();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a");
    export(all.into_iter().map(Ok), form, &path)?;
    let (form, name) = match form {
        ExportForm::Lorekeeper => ("own", "a.jsonl"),
        ExportForm::ShareGpt => ("own-sharegpt", "a.jsonl"),
        ExportForm::OpenAi => ("openai", "a.jsonl"),
        ExportForm::Atif => ("atif", "a.jsonl"),
        ExportForm::Parquet => ("parquet", "a.parquet"),
    };
    Ok(Seed {
        form,
        name,
        bytes: std::fs::read(path)?,
    })
}

/// The most memory this process has held, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
