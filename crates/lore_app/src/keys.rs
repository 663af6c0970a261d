//! Keys for servers. Each is kept for one address in the system's keychain, so that it goes nowhere else; where
//! no keychain answers, it stays in memory until the program ends. Nothing here writes a file.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use keyring::{Entry, Error};
use lore_core::Secret;
use lore_protocol::{ApiError, KeyPlace};

/// What the keychain's entries are listed under.
const SERVICE: &str = "Lorekeeper";

/// The longest that a keychain may take: it may ask the person first.
const PATIENCE: Duration = Duration::from_mins(2);

/// The longest key.
const MAX_LEN: usize = 4096;

/// Where keys are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keychain {
    /// In the system's keychain: Secret Service, macOS's Keychain, Windows' credential manager.
    #[default]
    System,
    /// In memory only, for tests: the keychain of whoever runs them is none of their business.
    Memory,
}

/// The keys.
#[derive(Debug)]
pub(crate) struct Keys {
    keychain: Keychain,
    /// Keys by address that no keychain has.
    session: Mutex<BTreeMap<String, Secret>>,
    /// Keys by address that the keychain gave or took since the start: it is not asked again and again.
    given: Mutex<BTreeMap<String, Secret>>,
}

impl Keys {
    /// Asks no keychain yet.
    pub(crate) fn new(keychain: Keychain) -> Self {
        Self {
            keychain,
            session: Mutex::default(),
            given: Mutex::default(),
        }
    }

    /// True when the key for the address is in memory only.
    pub(crate) fn is_in_session(&self, address: &str) -> bool {
        self.session().contains_key(address)
    }

    /// The key for an address; the keychain is asked when it is said to have one.
    ///
    /// # Errors
    /// When the keychain does not give it.
    pub(crate) fn get(&self, address: &str, has_key: bool) -> Result<Option<Secret>> {
        if let Some(key) = self.session().get(address) {
            return Ok(Some(key.clone()));
        }
        if let Some(key) = lock(&self.given).get(address) {
            return Ok(Some(key.clone()));
        }
        if !has_key || self.keychain == Keychain::Memory {
            return Ok(None);
        }
        let given = ask(address, Entry::get_password);
        let key = given.with_context(|| {
            format!(
                "The system's keychain did not give the key for {address}. Unlock it, or write the key \
                 again."
            )
        })?;
        let key = key.map(Secret::new);
        if let Some(key) = key.clone() {
            lock(&self.given).insert(address.to_owned(), key);
        }
        Ok(key)
    }

    /// Keeps a key for an address, and says where.
    ///
    /// # Errors
    /// When it cannot be a key.
    pub(crate) fn keep(&self, address: &str, key: &Secret) -> Result<KeyPlace> {
        let text = key.reveal().trim();
        if text.len() > MAX_LEN || !text.chars().all(|c| c.is_ascii_graphic()) {
            let sentence =
                "This is not a key: keys are made of letters, digits and signs, without spaces";
            return Err(ApiError::new(sentence).into());
        }
        let key = Secret::from(text);
        if self.keychain == Keychain::System {
            let kept = key.clone();
            match ask(address, move |entry| entry.set_password(kept.reveal())) {
                Ok(_) => {
                    self.session().remove(address);
                    lock(&self.given).insert(address.to_owned(), key);
                    return Ok(KeyPlace::Keychain);
                }
                Err(error) => log::warn!("no keychain keeps the key: {error:#}"),
            }
        }
        self.session().insert(address.to_owned(), key);
        Ok(KeyPlace::Session)
    }

    /// Forgets the key for an address; one that nobody has is forgotten already.
    pub(crate) fn forget(&self, address: &str, has_key: bool) {
        self.session().remove(address);
        lock(&self.given).remove(address);
        if has_key
            && self.keychain == Keychain::System
            && let Err(error) = ask(address, Entry::delete_credential)
        {
            log::warn!("the keychain did not forget the key: {error:#}");
        }
    }

    fn session(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        lock(&self.session)
    }
}

/// Keys are put in and taken out in single steps, so a panic leaves a map whole.
fn lock(map: &Mutex<BTreeMap<String, Secret>>) -> MutexGuard<'_, BTreeMap<String, Secret>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the keychain about the entry of an address, in a thread of its own: it may wait for the person, or
/// for good. `None` when there is no such entry.
fn ask<T: Send + 'static>(
    address: &str,
    work: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<Option<T>> {
    let address = address.to_owned();
    let (sender, answer) = channel();
    std::thread::Builder::new()
        .name("asks the keychain".into())
        .spawn(move || {
            let done = Entry::new(SERVICE, &address).and_then(|entry| work(&entry));
            // Whoever asked may have given up.
            sender.send(done).ok();
        })?;
    match answer
        .recv_timeout(PATIENCE)
        .context("it does not answer")?
    {
        Ok(done) => Ok(Some(done)),
        Err(Error::NoEntry) => Ok(None),
        // Some errors hold what was read.
        Err(Error::BadEncoding(_) | Error::BadDataFormat(..)) => {
            anyhow::bail!("what it has is no text")
        }
        Err(error) => Err(anyhow::anyhow!("{error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_given_for_its_own_address_only() {
        let keys = Keys::new(Keychain::Memory);
        let place = keys.keep("https://a/v1", &Secret::from(" sk-1\n"));
        assert_eq!(place.expect("it is a key"), KeyPlace::Session);
        let get = |address| keys.get(address, true).expect("memory always answers");
        assert_eq!(get("https://a/v1"), Some(Secret::from("sk-1")));
        assert_eq!(get("https://b/v1"), None);
        keys.forget("https://a/v1", true);
        assert_eq!(get("https://a/v1"), None);
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        let keys = Keys::new(Keychain::Memory);
        for text in ["two words", "a\nb", "schlüssel"] {
            keys.keep("https://a/v1", &Secret::from(text))
                .expect_err("it is no key");
        }
    }
}
