//! Every form of export, made from a tiny random model and a tiny adapter.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{job, lab};
use lore_core::{
    Adapter, AdapterOrigin, DataDir, GradientCertificate, ModelInfo, ModelKind, StopToken,
};
use lore_lab::{LabOptions, Outcome};
use lore_llm::{AdapterWeights, BaseModel};
use lore_protocol::{ExportFormat, ExportWork, JobEvent, Work};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../lore_llm/tests/fixtures")
        .join(name)
}

fn write_json(path: &Path, value: &impl serde::Serialize) {
    fs::create_dir_all(path.parent().expect("below the data folder")).unwrap();
    fs::write(path, serde_json::to_string(value).unwrap()).unwrap();
}

/// A data folder with the tiny model, from this kind of file, and its adapter.
fn data(root: &Path, model: &str) -> DataDir {
    let data = DataDir::new(root.join("data"));
    let info = ModelInfo {
        id: "tiny".into(),
        name: "Tiny".into(),
        kind: ModelKind::Language,
        digest: "d".into(),
        hub_name: "owner/tiny".into(),
        license: "Apache-2.0".into(),
        path: fixture(model).to_string_lossy().into_owned(),
        ..ModelInfo::default()
    };
    write_json(&data.model(&info.id).join("model.json"), &info);
    let weights = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    let adapter = Adapter {
        id: "small".into(),
        name: "A small\none".into(),
        base_model: info.id,
        base_digest: info.digest,
        lora: weights.config.clone(),
        origin: AdapterOrigin::default(),
        certificate: GradientCertificate::default(),
        num_steps: 5,
        final_loss: 1.0,
        with_retrieval: false,
        created_ms: 0,
        weights_digest: String::new(),
    };
    let folder = data.adapter(&adapter.id);
    weights.save_peft(&folder, "owner/tiny").unwrap();
    write_json(&folder.join("adapter.json"), &adapter);
    data
}

fn export(
    data: &DataDir,
    format: ExportFormat,
    destination: &Path,
    stop: &StopToken,
) -> (anyhow::Result<Outcome>, Vec<JobEvent>) {
    let work = Work::Export(ExportWork {
        adapter: "small".into(),
        format,
        destination: destination.to_string_lossy().into_owned(),
    });
    lab(&job(work), data, &LabOptions::default(), stop)
}

/// Names of all files beside each other, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn expected_files(format: ExportFormat) -> Vec<&'static str> {
    let mut files = match format {
        ExportFormat::Peft => vec!["adapter_config.json", "adapter_model.safetensors"],
        ExportFormat::Mlx => vec!["adapter_config.json", "adapters.safetensors"],
        ExportFormat::GgufLora => vec!["adapter.gguf"],
        ExportFormat::Ollama => vec!["Modelfile", "model.gguf"],
        ExportFormat::GgufF16 => vec!["small-F16.gguf"],
        ExportFormat::GgufQ8_0 => vec!["small-Q8_0.gguf"],
        ExportFormat::GgufQ6K => vec!["small-Q6_K.gguf"],
        ExportFormat::GgufQ4KM => vec!["small-Q4_K_M.gguf"],
        ExportFormat::GgufQ4_0 => vec!["small-Q4_0.gguf"],
        ExportFormat::SafetensorsF16 | ExportFormat::SafetensorsBf16 => vec![
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
        ],
        ExportFormat::Bundle => Vec::new(),
    };
    files.extend(["README.md", "parity.json"]);
    files.sort_unstable();
    files
}

#[test]
fn every_form_is_written_read_back_and_certified() {
    let root = tempfile::tempdir().unwrap();
    let data = data(root.path(), "tiny-llama.gguf");
    let forms = ExportFormat::ALL
        .into_iter()
        .filter(|format| *format != ExportFormat::Bundle);
    for format in forms {
        let folder = root.path().join(format!("{format:?}"));
        let (outcome, events) = export(&data, format, &folder, &StopToken::new());
        let outcome = outcome.unwrap_or_else(|error| panic!("{format:?}: {error:#}"));
        assert!(matches!(outcome, Outcome::Finished { .. }), "{outcome:?}");
        assert_eq!(names(&folder), expected_files(format), "{format:?}");
        assert!(
            events
                .iter()
                .any(|event| matches!(event, JobEvent::Progress(_)))
        );
        let text = fs::read_to_string(folder.join("parity.json")).unwrap();
        let certificate: Value = serde_json::from_str(&text).unwrap();
        let found = certificate["parity"]["max_logit_difference"]
            .as_f64()
            .unwrap();
        let allowed = certificate["tolerance"]["max_logit_difference"]
            .as_f64()
            .unwrap();
        assert!(found <= allowed, "{format:?}: {found} of {allowed}");
        assert!(certificate["parity"]["prompts"].as_array().unwrap().len() >= 2);
        assert!(!certificate["files"].as_array().unwrap().is_empty());
        let card = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(card.starts_with("---\nlibrary_name: "), "{card}");
        assert!(card.contains("base_model: \"owner/tiny\"\n"));
        assert!(card.contains("\n# A small one\n"), "one line: {card}");
        assert!(card.contains("It has not been played on test tasks"));
        assert!(card.contains("not all of which were seen to receive a gradient"));
    }
    let left = names(root.path());
    assert!(!left.iter().any(|name| name.starts_with('.')), "{left:?}");
    let modelfile = fs::read_to_string(root.path().join("Ollama/Modelfile")).unwrap();
    check_modelfile(&modelfile);
}

/// Reads a Modelfile by Ollama's documented grammar: comments, and instructions with one argument each,
/// which three quotes let run over several lines.
fn instructions(modelfile: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = modelfile;
    while let Some((line, behind)) = rest.split_once('\n') {
        rest = behind;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, argument) = line
            .split_once(' ')
            .expect("an instruction has an argument");
        let argument = match argument.strip_prefix("\"\"\"") {
            None => argument.to_owned(),
            Some(begun) => {
                let whole = format!("{begun}\n{behind}");
                let (text, after) = whole.split_once("\"\"\"").expect("quotes are closed");
                assert!(after.starts_with('\n'), "nothing follows closed quotes");
                rest = &behind[behind.len() + 1 - after.len()..];
                text.to_owned()
            }
        };
        found.push((word.to_owned(), argument));
    }
    assert!(rest.is_empty(), "the last line ends: {rest:?}");
    found
}

fn check_modelfile(text: &str) {
    let instructions = instructions(text);
    let arguments = |word: &str| -> Vec<&str> {
        let of_word = instructions.iter().filter(|(known, _)| known == word);
        of_word.map(|(_, argument)| argument.as_str()).collect()
    };
    let known = [
        "FROM",
        "PARAMETER",
        "TEMPLATE",
        "SYSTEM",
        "ADAPTER",
        "LICENSE",
        "MESSAGE",
    ];
    for (word, _) in &instructions {
        assert!(known.contains(&word.as_str()), "{word}");
    }
    assert_eq!(arguments("FROM"), ["./model.gguf"]);
    for parameter in arguments("PARAMETER") {
        let (name, value) = parameter.split_once(' ').expect("a parameter has a value");
        let is_valid = match name {
            "num_ctx" | "num_predict" => value.parse::<u32>().is_ok(),
            "temperature" => value.parse::<f32>().is_ok(),
            "stop" => value.starts_with('"') && value.ends_with('"'),
            _ => false,
        };
        assert!(is_valid, "{parameter}");
    }
    let [template] = arguments("TEMPLATE")[..] else {
        panic!("one template: {text}");
    };
    assert_eq!(
        template,
        "{{ range .Messages }}{{ if eq .Role \"system\" }}<|im_start|>system\n{{ .Content }}<|im_end|>\n\
         {{ else if eq .Role \"user\" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n\
         {{ else if eq .Role \"assistant\" }}<|im_start|>assistant\n{{ .Content }}<|im_end|>\n\
         {{ end }}{{ end }}<|im_start|>assistant\n"
    );
    let [system] = arguments("SYSTEM")[..] else {
        panic!("one system prompt: {text}");
    };
    assert_eq!(system, lore_core::prompt::instructions(&[]));
}

/// The other kind of base model, turned into each kind of file.
#[test]
fn a_folder_becomes_gguf_and_a_folder() {
    let root = tempfile::tempdir().unwrap();
    let data = data(root.path(), "tiny-llama");
    for (format, file) in [
        (ExportFormat::GgufF16, "small-F16.gguf"),
        (ExportFormat::SafetensorsBf16, ""),
    ] {
        let folder = root.path().join(format!("{format:?}"));
        export(&data, format, &folder, &StopToken::new()).0.unwrap();
        BaseModel::load(&folder.join(file)).unwrap();
    }
}

#[test]
fn an_export_that_was_killed_at_its_last_word_is_done() {
    let root = tempfile::tempdir().unwrap();
    let data = data(root.path(), "tiny-llama.gguf");
    let folder = root.path().join("there");
    let done = || export(&data, ExportFormat::Peft, &folder, &StopToken::new()).0;
    let first = done().unwrap();
    assert_eq!(done().unwrap(), first, "the same job asks again");
    fs::remove_file(data.job(None, &"job".into()).join("parity.json")).unwrap();
    assert!(done().is_err(), "it is not this job's");
}

#[test]
fn a_damaged_adapter_is_not_exported() {
    let root = tempfile::tempdir().unwrap();
    let data = data(root.path(), "tiny-llama.gguf");
    let folder = data.adapter(&"small".into());
    let path = folder.join("adapter.json");
    let mut adapter: Adapter = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let weights = folder.join("adapter_model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    adapter.weights_digest = format!("{:x}", Sha256::digest(&bytes));
    write_json(&path, &adapter);
    let to = |name: &str| root.path().join(name);
    let stop = StopToken::new();
    export(&data, ExportFormat::Peft, &to("whole"), &stop)
        .0
        .unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    let (refused, _) = export(&data, ExportFormat::Peft, &to("damaged"), &stop);
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("is damaged"), "{error}");
}

#[test]
fn nothing_is_overwritten_and_nothing_half_written_stays() {
    let root = tempfile::tempdir().unwrap();
    let data = data(root.path(), "tiny-llama.gguf");
    let folder = root.path().join("there");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mine.txt"), "mine").unwrap();
    let (refused, _) = export(&data, ExportFormat::Peft, &folder, &StopToken::new());
    assert!(refused.unwrap_err().to_string().contains("already"));
    assert_eq!(names(&folder), ["mine.txt"]);

    let stop = StopToken::new();
    stop.stop();
    let fresh = root.path().join("fresh");
    let (stopped, _) = export(&data, ExportFormat::GgufF16, &fresh, &stop);
    assert_eq!(stopped.unwrap(), Outcome::Stopped { resumable: false });
    assert_eq!(names(root.path()), ["data", "there"]);
}

#[test]
fn what_a_form_cannot_carry_is_refused_with_the_reason() {
    let root = tempfile::tempdir().unwrap();
    let data = data(root.path(), "tiny-llama.gguf");
    let folder = root.path().join("bundle");
    let (refused, _) = export(&data, ExportFormat::Bundle, &folder, &StopToken::new());
    let error = format!("{:#}", refused.unwrap_err());
    assert!(
        error.contains("no experience bank to take along"),
        "{error}"
    );

    let settings = data.adapter(&"small".into()).join("adapter_config.json");
    let text = fs::read_to_string(&settings).unwrap();
    let dora = text.replace("\"use_dora\": false", "\"use_dora\": true");
    fs::write(&settings, dora).unwrap();
    let (refused, _) = export(&data, ExportFormat::GgufLora, &folder, &StopToken::new());
    let error = format!("{:#}", refused.unwrap_err());
    assert!(error.contains("DoRA"), "{error}");
    assert!(!folder.exists());
}
