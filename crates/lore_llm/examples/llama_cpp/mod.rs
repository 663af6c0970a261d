//! Measuring beside llama.cpp: both sides take turns, so that what else the machine does hits both.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

/// What was asked for on the command line: `[MODEL] [--reference PYTHON [--server LLAMA_SERVER]]`.
pub(crate) struct Bench {
    name: &'static str,
    /// A GGUF file.
    pub(crate) model: PathBuf,
    reference: Option<Reference>,
    /// True when the reference has llama.cpp's server as well.
    has_server: bool,
}

/// A Python with llama-cpp-python that answers as `tests/reference/llama_cpp_speed.py` says.
struct Reference {
    process: Child,
    /// `None` once it is to end.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Bench {
    /// Reads the arguments and starts the reference, where one is named.
    pub(crate) fn from_args(name: &'static str) -> Result<Self> {
        let mut model = None;
        let mut python = None;
        let mut server = None;
        let mut arguments = std::env::args().skip(1).filter(|word| word != "--");
        while let Some(word) = arguments.next() {
            match word.as_str() {
                "--reference" => python = Some(arguments.next().context("Name a Python")?),
                "--server" => server = Some(arguments.next().context("Name a program")?),
                _ => model = Some(PathBuf::from(word)),
            }
        }
        let model = match model {
            Some(model) => model,
            None => default_model()?,
        };
        let reference = python
            .map(|python| Reference::start(&python, &model, server.as_deref()))
            .transpose()?;
        Ok(Self {
            name,
            model,
            has_server: server.is_some() && reference.is_some(),
            reference,
        })
    }

    /// Measures both sides in turn, after one turn that does not count, and prints the medians of
    /// `tokens` in the seconds that `ours` takes and llama.cpp answers to `question`. A question to its server
    /// is left out where there is none.
    pub(crate) fn compare(
        &mut self,
        case: &str,
        question: &str,
        tokens: usize,
        samples: usize,
        mut ours: impl FnMut() -> Result<f64>,
    ) -> Result<()> {
        if question.starts_with("serve") && !self.has_server {
            return Ok(());
        }
        let mut seconds = (Vec::new(), Vec::new());
        for turn in 0..=samples {
            let ours = ours()?;
            let theirs = self
                .reference
                .as_mut()
                .map(|r| r.ask(question))
                .transpose()?;
            if turn > 0 {
                seconds.0.push(ours);
                seconds.1.extend(theirs);
            }
        }
        let speed = |seconds: Vec<f64>| median(seconds).map(|secs| tokens as f64 / secs);
        let (ours, reference) = (speed(seconds.0), speed(seconds.1));
        let ratio = ours
            .zip(reference)
            .map(|(ours, reference)| ours / reference);
        let line = json!({
            "bench": self.name, "case": case, "ours": ours, "reference": reference,
            "ratio": ratio, "unit": "tokens/s", "samples": samples,
        });
        writeln!(std::io::stdout(), "{line}")?;
        let shown = |number: Option<f64>| number.map_or("-".to_owned(), |n| format!("{n:.2}"));
        let (ours, reference, ratio) = (shown(ours), shown(reference), shown(ratio));
        writeln!(
            std::io::stderr(),
            "{case:30} {ours:>9} {reference:>9} {ratio:>6}"
        )?;
        Ok(())
    }
}

impl Reference {
    fn start(python: &str, model: &Path, server: Option<&str>) -> Result<Self> {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/llama_cpp_speed.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(model)
            .arg(rayon::current_num_threads().to_string())
            .args(server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("Could not start {python}"))?;
        let questions = process.stdin.take().context("A pipe to llama.cpp")?;
        let answers = process.stdout.take().context("A pipe from llama.cpp")?;
        Ok(Self {
            process,
            questions: Some(questions),
            answers: BufReader::new(answers),
        })
    }

    /// Seconds.
    fn ask(&mut self, question: &str) -> Result<f64> {
        let questions = self.questions.as_mut().context("llama.cpp has ended")?;
        writeln!(questions, "{question}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let seconds = answer.trim().parse();
        seconds.context("llama.cpp gave no answer: is llama-cpp-python installed there?")
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // The end of its input ends it, and the server that it started; nothing is wanted of it any more.
        drop(self.questions.take());
        self.process.wait().ok();
    }
}

/// The small model of the tests.
fn default_model() -> Result<PathBuf> {
    let models = std::env::var("LOREKEEPER_TEST_MODELS")
        .context("Name a GGUF file, or set LOREKEEPER_TEST_MODELS")?;
    let folder = Path::new(&models).join("smollm2-135m-instruct");
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "gguf")
        {
            return Ok(path);
        }
    }
    bail!("There is no GGUF file in {}", folder.display())
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

/// A prompt without meaning, the same on both sides.
pub(crate) fn prompt(len: usize, vocab_size: usize) -> Vec<u32> {
    (0..len)
        .map(|index| (index * 7919 % vocab_size) as u32)
        .collect()
}
