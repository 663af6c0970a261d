//! The few options that the commands take.

use anyhow::{Result, bail};

/// What stood behind `cargo xtask`, taken away piece by piece.
pub(crate) struct Args {
    left: Vec<String>,
}

impl Args {
    /// The arguments of this process.
    pub(crate) fn from_env() -> Self {
        Self {
            left: std::env::args().skip(1).collect(),
        }
    }

    /// The next argument that is no option.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let first = self.left.first()?;
        (!first.starts_with('-')).then(|| self.left.remove(0))
    }

    /// True when `--name` was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let at = self.left.iter().position(|arg| arg == name);
        at.map(|index| self.left.remove(index)).is_some()
    }

    /// The value of `--name VALUE` or `--name=VALUE`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let prefix = format!("{name}=");
        let Some(at) = self
            .left
            .iter()
            .position(|arg| arg == name || arg.starts_with(&prefix))
        else {
            return Ok(None);
        };
        let arg = self.left.remove(at);
        if let Some(value) = arg.strip_prefix(&prefix) {
            return Ok(Some(value.to_owned()));
        }
        if at == self.left.len() {
            bail!("{name} wants a value");
        }
        Ok(Some(self.left.remove(at)))
    }

    /// Whatever nobody took.
    pub(crate) fn rest(self) -> Vec<String> {
        self.left
    }

    /// Refuses what nobody took, so that a mistyped option is not silently ignored.
    pub(crate) fn finish(self) -> Result<()> {
        match self.left.first() {
            None => Ok(()),
            Some(unknown) => bail!("{unknown:?} is not understood here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Args {
        Args {
            left: text.split_whitespace().map(str::to_owned).collect(),
        }
    }

    #[test]
    fn a_value_may_stand_behind_a_space_or_an_equals_sign() {
        for text in ["--data here", "--data=here"] {
            let value = args(text).value("--data").unwrap();
            assert_eq!(value.as_deref(), Some("here"), "in {text:?}");
        }
        assert!(args("--data").value("--data").is_err());
    }

    #[test]
    fn what_nobody_took_is_refused() {
        let mut args = args("train --quick --quikc");
        assert_eq!(args.positional().as_deref(), Some("train"));
        assert!(args.flag("--quick"));
        assert!(args.finish().is_err(), "a typing error must not pass");
    }
}
