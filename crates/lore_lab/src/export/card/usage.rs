//! How to use what was exported.

use lore_core::{EpisodeEnd, Experience, ExperienceId, Hit, Step, Task, Trajectory, prompt};
use lore_protocol::ExportFormat;

use super::{Card, push};

impl Card<'_> {
    pub(super) fn usage(&self, text: &mut String) {
        text.push_str("## How to use it\n\n");
        let hub_name = self.hub_name();
        match self.format {
            ExportFormat::Peft => push(
                text,
                format_args!(
                    "```python\nfrom peft import PeftModel\n\
                     from transformers import AutoModelForCausalLM, AutoTokenizer\n\n\
                     base = \"{hub_name}\"\n\
                     tokenizer = AutoTokenizer.from_pretrained(base)\n\
                     model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), \".\")\n\
                     ```\n\n"
                ),
            ),
            ExportFormat::Bundle => push(
                text,
                format_args!(
                    "```sh\npip install torch transformers peft sentence-transformers\n\
                     python run.py {hub_name} \"TASK\" \"WHAT THE AGENT SEES\"\n```\n\n\
                     The script looks for similar tasks in `bank.jsonl`, puts what was done there into the \
                     system prompt of `prompt.json`, and prints the next action.\n\n"
                ),
            ),
            ExportFormat::SafetensorsF16 | ExportFormat::SafetensorsBf16 => text.push_str(
                "```python\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n\n\
                 tokenizer = AutoTokenizer.from_pretrained(\".\")\n\
                 model = AutoModelForCausalLM.from_pretrained(\".\")\n```\n\n",
            ),
            ExportFormat::GgufLora => text.push_str(
                "```sh\nllama-server --model BASE.gguf --lora adapter.gguf\n```\n\n\
                 `BASE.gguf` is the base model, best in the file whose digest stands below.\n\n",
            ),
            ExportFormat::Mlx => push(
                text,
                format_args!(
                    "```sh\npip install mlx-lm\nmlx_lm.generate --model {hub_name} --adapter-path . \
                     --prompt \"…\"\n```\n\n"
                ),
            ),
            ExportFormat::Ollama => text.push_str(
                "```sh\nollama create my-agent -f Modelfile\nollama run my-agent\n```\n\n",
            ),
            _ => text.push_str("```sh\nllama-server --model *.gguf\n```\n\n"),
        }
        push(
            text,
            format_args!(
                "The chat is: a system turn, then observations as user turns and actions as assistant \
                 turns. The system turn begins with\n\n```\n{}\n```\n\n\
                 followed by the world's action templates, one a line as `- go to {{recep}}`, after an \
                 empty line and `Actions:`.\n\n",
                prompt::instructions(&[])
            ),
        );
        self.retrieval(text);
    }

    /// The memory block, described and shown.
    fn retrieval(&self, text: &mut String) {
        let retrieval = self
            .origin
            .training()
            .and_then(|work| work.config.retrieval.as_ref());
        let Some(retrieval) = retrieval else {
            return;
        };
        push(
            text,
            format_args!(
                "### With retrieval\n\n\
                 Behind that stand the {} past episodes whose task description is nearest to the new one's \
                 (cosine of sentence embeddings), {}: successes under one heading, failures under another. \
                 Never show it an episode of the very task it is to do. An example, as the program \
                 itself writes it:\n\n```\n{}\n```\n\n",
                retrieval.k,
                retrieval.format.label(),
                prompt::system_prompt(&[], &[example()], retrieval.format)
            ),
        );
    }
}

/// A short past episode.
fn example() -> Hit {
    let step = |action: &str, observation: &str| Step {
        action: action.to_owned(),
        observation: observation.to_owned(),
        ..Step::default()
    };
    let steps = vec![
        step(
            "take mug 1 from desk 1",
            "You pick up the mug 1 from the desk 1.",
        ),
        step(
            "move mug 1 to shelf 1",
            "You move the mug 1 to the shelf 1.",
        ),
    ];
    let trajectory = Trajectory::new(
        Task::default(),
        "example",
        "You see a desk 1 and a shelf 1. Your task is to: put a mug on the shelf.",
        steps,
        EpisodeEnd::Success,
    );
    Hit {
        experience: Experience {
            id: ExperienceId::from("example"),
            trajectory,
            num_tokens: 0,
            pinned: false,
            never_use: false,
            lesson: String::new(),
        },
        score: 1.0,
        rank: 0,
    }
}
