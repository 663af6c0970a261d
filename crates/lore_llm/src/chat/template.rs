//! Chat templates: the model's own, as Jinja.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;

use lore_core::Message;

use crate::json::{optional_json, read_text};
use crate::source::GgufFile;
use crate::tokenizer::TextTokenizer;

/// Used for models without a template: the format most small instruction models know.
const CHAT_ML: &str = "{% for message in messages %}<|im_start|>{{ message['role'] }}\n\
    {{ message['content'] }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// Used for models without a template that know Gemma's tokens for turns: what Gemma's instruction
/// models are trained on. There is no system turn; its text opens the first one.
const GEMMA: &str = "{{ bos_token }}{% set opening = '' %}\
    {% if messages[0]['role'] == 'system' %}\
    {% set opening = messages[0]['content'] + '\n\n' %}{% set messages = messages[1:] %}{% endif %}\
    {% for message in messages %}\
    {{ '<start_of_turn>' + message['role'] | replace('assistant', 'model') + '\n' }}\
    {% if loop.first %}{{ opening }}{% endif %}{{ message['content'] | trim }}\
    {{ '<end_of_turn>\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}";

/// Bytes of a template. The longest known, with tools and pictures, have a tenth of that.
const MAX_SOURCE: u64 = 1 << 20;

/// Steps a template may take; every 64 bytes of text that it makes count as one. Templates come with downloaded models and could loop for ever; real
/// ones need a few dozen steps for each message.
///
/// One thing escapes the count (minijinja 3.1): lists that are added to each other cost nothing, and what
/// walks through such a list afterwards is not counted item by item. See [`PATIENCE`].
const FUEL: u64 = 5_000_000;

/// How long a template that adds may take; real ones take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the engine may need for macros that call each other as deeply as it lets them.
const STACK: usize = 8 << 20;

/// Renders a chat as the text a model was trained on.
#[derive(Clone, Debug)]
pub struct ChatTemplate {
    source: String,
    bos: String,
    eos: String,
    is_fallback: bool,
}

impl ChatTemplate {
    /// A template from its Jinja source, and the names of the first and last token, which templates
    /// ask for.
    pub fn new(source: impl Into<String>, tokenizer: &TextTokenizer) -> Self {
        Self {
            source: source.into(),
            bos: tokenizer.bos().to_owned(),
            eos: tokenizer.eos().to_owned(),
            is_fallback: false,
        }
    }

    /// What stands in for models that bring no template: Gemma's where the tokenizer knows its turns,
    /// else `ChatML`.
    pub fn fallback(tokenizer: &TextTokenizer) -> Self {
        let source = match tokenizer.id_of("<start_of_turn>") {
            Some(_) => GEMMA,
            None => CHAT_ML,
        };
        Self {
            is_fallback: true,
            ..Self::new(source, tokenizer)
        }
    }

    /// The template of a GGUF file.
    pub(crate) fn from_gguf(file: &GgufFile, tokenizer: &TextTokenizer) -> Self {
        match file.text("tokenizer.chat_template") {
            Some(source) => Self::new(source, tokenizer),
            None => Self::fallback(tokenizer),
        }
    }

    /// The template of a Hugging Face folder: `chat_template.jinja`, or a field of
    /// `tokenizer_config.json`, where a list holds several by name.
    pub(crate) fn from_folder(dir: &Path, tokenizer: &TextTokenizer) -> Result<Self> {
        let path = dir.join("chat_template.jinja");
        if path.is_file() {
            let source = read_text(&path, MAX_SOURCE)?;
            return Ok(Self::new(source, tokenizer));
        }
        let config = optional_json(&dir.join("tokenizer_config.json"))?;
        let field = &config["chat_template"];
        let named = field
            .as_array()
            .and_then(|list| list.iter().find(|entry| entry["name"] == "default"));
        let source = named.map_or(field, |entry| &entry["template"]).as_str();
        Ok(source.map_or_else(
            || Self::fallback(tokenizer),
            |source| Self::new(source, tokenizer),
        ))
    }

    /// The Jinja source.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// True when the model brought no template and another stands in.
    pub fn is_fallback(&self) -> bool {
        self.is_fallback
    }

    /// The chat as text; `add_generation_prompt` opens an assistant turn at the end.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        ensure!(
            self.source.len() as u64 <= MAX_SOURCE,
            "The model's chat template is longer than {} KiB and is not run",
            MAX_SOURCE >> 10
        );
        if self.source.contains('+') {
            self.render_in_time(messages.to_vec(), add_generation_prompt, PATIENCE)
        } else {
            self.render_here(messages, add_generation_prompt)
        }
    }

    /// In a thread of its own. One that does not end in time is left behind; it ends with the worker, which
    /// can do nothing without its model.
    fn render_in_time(
        &self,
        messages: Vec<Message>,
        add_generation_prompt: bool,
        patience: Duration,
    ) -> Result<String> {
        let (sender, rendered) = sync_channel(1);
        let template = self.clone();
        thread::Builder::new()
            .name("template".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                let text = template.render_here(&messages, add_generation_prompt);
                // Nobody waits any more when it took too long.
                sender.send(text).ok();
            })
            .context("Could not start a thread for the model's chat template")?;
        rendered
            .recv_timeout(patience)
            .context("The model's chat template does not come to an end; use another model")?
    }

    fn render_here(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| {
                let (role, content) = (message.role.as_str(), message.content.as_str());
                context! { role, content }
            })
            .collect();
        let environment = environment();
        let template = environment
            .template_from_str(&self.source)
            .context("The model's chat template is damaged")?;
        template
            .render(context! {
                messages,
                add_generation_prompt,
                bos_token => self.bos.as_str(),
                eos_token => self.eos.as_str(),
                tools => (),
            })
            .context("The model's chat template refuses this chat")
    }
}

/// Jinja as Hugging Face sets it up. `strftime_now` is left out on purpose: templates then write a
/// fixed date, and a prompt does not change overnight.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the usual delimiters are valid");
    environment.set_syntax(syntax);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<(), Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(source: &str) -> ChatTemplate {
        ChatTemplate {
            source: source.to_owned(),
            bos: "<s>".to_owned(),
            eos: "</s>".to_owned(),
            is_fallback: false,
        }
    }

    #[test]
    fn chat_ml_opens_and_closes_turns() {
        let text = template(CHAT_ML)
            .render(&[Message::user("Hi"), Message::assistant("Ho")], true)
            .unwrap();
        assert_eq!(
            text,
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n\
             <|im_start|>assistant\n"
        );
    }

    #[test]
    fn gemma_puts_the_system_turn_into_the_first() {
        let chat = [
            Message::system("Act."),
            Message::user(" Hi "),
            Message::assistant("Ho"),
        ];
        let text = template(GEMMA).render(&chat, true).unwrap();
        assert_eq!(
            text,
            "<s><start_of_turn>user\nAct.\n\nHi<end_of_turn>\n<start_of_turn>model\nHo<end_of_turn>\n\
             <start_of_turn>model\n"
        );
    }

    #[test]
    fn python_methods_work_and_refusals_are_told() {
        let strips = template("{{ bos_token }}{{ messages[0]['content'].strip() | upper }}");
        let text = strips.render(&[Message::user(" a ")], false).unwrap();
        assert_eq!(text, "<s>A");
        let refuses = template("{{ raise_exception('No system turns') }}");
        let error = refuses.render(&[Message::user("a")], false).unwrap_err();
        assert!(format!("{error:#}").contains("No system turns"));
    }

    #[test]
    fn a_template_cannot_run_for_ever() {
        let endless = template(
            "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        );
        assert!(endless.render(&[Message::user("a")], false).is_err());
        let calls_itself = template("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}");
        assert!(calls_itself.render(&[Message::user("a")], false).is_err());
    }

    #[test]
    fn a_template_cannot_fill_the_memory() {
        for greedy in [
            // A text that doubles a hundred times.
            "{% set n = namespace(t='x') %}{% for i in range(100) %}{% set n.t = n.t ~ n.t %}{% endfor %}",
            "{% set n = namespace(t='x') %}{% for i in range(100) %}{% set n.t = n.t + n.t %}{% endfor %}",
            "{{ 'x' * 999999999 }}",
            "{{ ('x' * 90000000) ~ ('x' * 90000000) ~ ('x' * 90000000) ~ ('x' * 90000000) }}",
            "{% set t = 'x' * 9000000 %}{% for i in range(99999) %}{{ t }}{% endfor %}",
            "{{ 'x'.center(999999999) }}{{ '%999999999d' | format(1) }}",
            "{{ ('x' * 1000000) | replace('x', 'x' * 1000000) }}",
        ] {
            let rendered = template(greedy).render(&[Message::user("a")], false);
            assert!(rendered.is_err(), "{greedy}");
        }
        let long = template(&" ".repeat(2 << 20));
        assert!(long.render(&[Message::user("a")], false).is_err());
    }

    #[test]
    fn a_list_that_doubles_is_given_up() {
        // Few enough that it ends by itself in a while, wherever the test runs.
        let doubles = template(
            "{% set n = namespace(t=[1]) %}{% for i in range(25) %}{% set n.t = n.t + n.t %}{% endfor %}\
             {{ n.t }}",
        );
        let impatient = Duration::from_millis(10);
        let error = doubles.render_in_time(vec![Message::user("a")], false, impatient);
        let error = error.unwrap_err();
        assert!(
            error.to_string().contains("does not come to an end"),
            "{error}"
        );
        let adds = template("{{ bos_token + messages[0]['content'] + eos_token }}");
        assert_eq!(
            adds.render(&[Message::user("a")], false).unwrap(),
            "<s>a</s>"
        );
    }

    #[test]
    fn a_template_reaches_nothing_else() {
        for curious in [
            "{% include '/etc/passwd' %}",
            "{% import '/etc/passwd' as p %}{{ p }}",
            "{% extends '/etc/passwd' %}",
            "{{ open('/etc/passwd').read() }}",
            "{{ messages.__class__.__mro__ }}",
            "{{ ''.__class__.__base__.__subclasses__() }}",
            "{{ env('HOME') }}",
        ] {
            let rendered = template(curious).render(&[Message::user("a")], false);
            let text = rendered.unwrap_or_default();
            assert!(!text.contains("root:") && !text.contains('/'), "{text}");
            assert!(!text.contains("class"), "{text}");
        }
    }
}
