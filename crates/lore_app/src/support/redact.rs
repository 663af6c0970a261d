//! Takes out of a text what is nobody else's business: passwords, keys, addresses, who somebody is.
//!
//! Rather too much than too little: a report that says `<secret>` where there was none costs a question,
//! one that tells a password costs the password.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use regex::{Captures, Regex};

/// Words behind which a secret stands.
const SECRET_WORDS: &str = "(?:api[_-]?key|access[_-]?key|secret|private[_-]?key|passw(?:or)?d|\
                            passphrase|pwd|credential|authorization|authentication|auth[_-]?key|cookie|\
                            session[_-]?id|signature|bearer)[a-z0-9_-]*|\
                            tokens?(?:[_-][a-z0-9_-]*|[0-9]+)?";

/// Text in quotes that is longer than this is something that people or models wrote.
const MAX_QUOTED: usize = 80;

/// Takes secrets out of texts.
pub(crate) struct Redactor {
    rules: Vec<(Regex, &'static str)>,
    runs: Regex,
    quoted: Regex,
    /// The home folder as it is written in texts, longest first.
    homes: Vec<String>,
    /// The names of the person, each as a word.
    names: Vec<Regex>,
}

impl Redactor {
    /// For the person who runs this process.
    pub(crate) fn of_this_user() -> Self {
        let home = std::env::home_dir();
        let named = ["USER", "USERNAME", "LOGNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok());
        Self::new(home, &named.unwrap_or_default())
    }

    /// For a person with this home folder and this name.
    pub(crate) fn new(home: Option<PathBuf>, user: &str) -> Self {
        let of_home = home.as_deref().and_then(Path::file_name);
        let of_home = of_home.map(|name| name.to_string_lossy().into_owned());
        let mut names: Vec<String> = of_home
            .into_iter()
            .chain([user.trim().to_owned()])
            .collect();
        names.retain(|name| name.chars().count() > 1);
        names.dedup();
        let word = |name: &String| regex(&format!(r"(?i)\b{}\b", regex::escape(name)));
        let mut homes = Vec::new();
        for home in home
            .into_iter()
            .flat_map(|home| [home.canonicalize().ok(), Some(home)])
        {
            let Some(home) = home.filter(|home| home.components().count() > 1) else {
                continue;
            };
            let plain = home.to_string_lossy().into_owned();
            homes.push(plain.replace('\\', "\\\\"));
            homes.push(plain.replace('\\', "/"));
            homes.push(plain.replace(' ', "%20"));
            homes.push(plain);
        }
        homes.sort_by_key(|home| std::cmp::Reverse(home.len()));
        homes.dedup();
        Self {
            rules: rules(),
            runs: regex(r"[A-Za-z0-9+/=_-]{16,}"),
            quoted: regex(r#""(?:\\.|[^"\\])*""#),
            homes,
            names: names.iter().map(word).collect(),
        }
    }

    /// The text without secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        // First: later rules know only what home folders look like in general.
        let mut text = text.to_owned();
        for home in &self.homes {
            text = text.replace(home.as_str(), "~");
        }
        let text = self.secrets(&text);
        let mut text = self
            .quoted
            .replace_all(&text, |found: &Captures<'_>| short(&found[0]))
            .into_owned();
        for name in &self.names {
            text = name.replace_all(&text, "<user>").into_owned();
        }
        text
    }

    /// The text without keys and passwords; who somebody is and where their files are stays. For logs that
    /// do not leave the computer.
    pub(crate) fn secrets(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for (rule, instead) in &self.rules {
            if let Cow::Owned(new) = rule.replace_all(&text, *instead) {
                text = Cow::Owned(new);
            }
        }
        let without = self.runs.replace_all(&text, |found: &Captures<'_>| {
            let run = &found[0];
            if is_random(run) {
                "<random>".to_owned()
            } else {
                run.to_owned()
            }
        });
        without.into_owned()
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are constants, and a test makes each of them")
}

/// Patterns and what stands in their place, in the order in which they are applied.
fn rules() -> Vec<(Regex, &'static str)> {
    let behind_word = format!(
        r#"(?i)((?:{SECRET_WORDS})\\?["']?\s*(?:=>|[:=])\s*)("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\n]+)"#
    );
    let behind_flag = format!(r#"(?i)(--?[a-z0-9_-]*(?:{SECRET_WORDS})\s+)("[^"]*"|'[^']*'|\S+)"#);
    [
        // Keys in armour, whole or cut.
        (
            r"(?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z)",
            "<key>",
        ),
        // Who logs in at an address, and what is asked there.
        (
            r#"(?i)\b([a-z][a-z0-9+.-]*://)[^\s"'<>]*@"#,
            "$1<secret>@",
        ),
        (
            r#"(?i)\b([a-z][a-z0-9+.-]*://[^\s?#"'<>]*)[?#][^\s"'<>]*"#,
            "$1?<left out>",
        ),
        (&behind_word, "$1<secret>"),
        (&behind_flag, "$1<secret>"),
        (
            r"(?i)\b(bearer|basic|digest)\s+[a-z0-9._~+/=:-]{6,}",
            "$1 <secret>",
        ),
        (r"(?i)\b(password|passphrase|passwd|secret) is \S+", "$1 is <secret>"),
        // Keys of well-known places, told by how they begin.
        (
            r"(?i)\b(?:hf_|sk-|sk_|pk_|rk_|gh[opusr]_|github_pat_|glpat-|xox[a-z]-|akia|asia|aiza|ya29\.|npm_|pypi-|dop_v1_|sg\.|eyj)[a-z0-9_.+/=-]{8,}",
            "<token>",
        ),
        (
            r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
            "<random>",
        ),
        (r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*", "<e-mail>"),
        // Home folders, this person's and others'.
        (
            r#"(?i)((?:/home/|/users/|\\users\\|\\\\users\\\\))[^/\\\s"':]+"#,
            "$1<user>",
        ),
    ]
    .map(|(pattern, instead)| (regex(pattern), instead))
    .into()
}

/// True for letters and digits that nobody chose: keys, hashes, encoded bytes.
fn is_random(run: &str) -> bool {
    let count = |text: &str, is_it: fn(char) -> bool| text.chars().filter(|c| is_it(*c)).count();
    let upper = |text: &str| count(text, |c| c.is_ascii_uppercase());
    let lower = |text: &str| count(text, |c| c.is_ascii_lowercase());
    let digits = |text: &str| count(text, |c| c.is_ascii_digit());
    let is_random = |part: &str| {
        let len = part.len();
        let is_hex = part.chars().all(|c| c.is_ascii_hexdigit());
        let is_mixed = upper(part) > 0 && lower(part) > 0 && digits(part) > 0;
        let has_both = digits(part) >= 3 && upper(part) + lower(part) >= 3;
        (is_hex && len >= 16 && digits(part) > 0 && digits(part) < len)
            || (is_mixed && len >= 14)
            || (has_both && len >= 18)
            || len >= 40
    };
    let whole = upper(run) >= 4 && lower(run) >= 4 && digits(run) >= 1 && run.len() >= 24;
    whole || run.split(['-', '_', '/']).any(is_random)
}

/// Quoted text, or how much of it there was.
fn short(quoted: &str) -> String {
    let num_letters = quoted.chars().count().saturating_sub(2);
    if num_letters > MAX_QUOTED {
        format!("\"<text of {num_letters} letters>\"")
    } else {
        quoted.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(Some("/home/ada".into()), "ada")
    }

    #[test]
    fn secrets_of_every_shape_are_taken_out() {
        let redactor = redactor();
        for (text, secret) in [
            ("password=hunter2", "hunter2"),
            ("password: correct horse battery", "horse"),
            (r#"{"password": "a\"b c", "x": 1}"#, "b c"),
            (r#""{\"api_key\":\"abc123\"}""#, "abc123"),
            ("HF_TOKEN=abcdef", "abcdef"),
            ("AWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI/K7MDENG", "wJalr"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "K7MDENG"),
            ("--token 12345 --data x", "12345"),
            ("Authorization: Bearer abc.def.ghi", "abc.def"),
            ("got bearer abcdefgh back", "abcdefgh"),
            ("the password is swordfish", "swordfish"),
            ("hf_aBcDeFgHiJkLmNoP", "aBcDeF"),
            ("key sk-abcdefghijklmnop used", "abcdefgh"),
            ("ghp_0123456789abcdefghij", "0123456789"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJzdWI"),
            ("https://ada:pw@host.org/x", ":pw"),
            ("postgres://u:p/w@host/db", "p/w"),
            ("GET https://host/x?key=1&b=2#frag", "key=1"),
            ("write to ada.l+x@example.co.uk now", "example.co"),
            ("write to ada@localhost", "localhost"),
            ("3f2b1c4d5e6f70819203a4b5c6d7e8f9", "3f2b1c"),
            ("550e8400-e29b-41d4-a716-446655440000", "550e8400"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "MIIE"),
            ("in /home/ada/Documents/x", "ada"),
            ("in /home/bob/x and C:\\Users\\Eve Q\\x", "bob"),
            ("Ada wrote this", "Ada"),
        ] {
            let clean = redactor.text(text);
            assert!(!clean.contains(secret), "{text:?} became {clean:?}");
        }
    }

    #[test]
    fn what_helps_stays() {
        let redactor = redactor();
        for text in [
            "lore_app::supervisor: could not start the worker (No such file or directory, os error 2)",
            "experiments/alfworld-laptop/runs/lora_exprag-seed2025/job.json",
            "smollm2-135m-instruct",
            "2026-11-30T08:06:21.123Z WARN out of memory after 1,024 steps of 2048",
            "The model \"SmolLM2 135M Instruct\" needs about 4.8 GB of memory",
            "http://127.0.0.1:8000/reset answered 500",
            "the tokenizer: loaded from tokenizer.json",
        ] {
            assert_eq!(redactor.text(text), text);
        }
        assert_eq!(
            redactor.text("/home/ada/Lorekeeper/jobs"),
            "~/Lorekeeper/jobs"
        );
    }

    #[test]
    fn long_words_of_people_and_models_are_counted_only() {
        let story = "You are in the middle of a room. ".repeat(5);
        let clean = redactor().text(&format!("could not read {story:?}"));
        assert_eq!(clean, "could not read \"<text of 165 letters>\"");
    }
}
