//! Newer versions of the program, signed by its makers.
//!
//! Off until `plugins.updater` in `tauri.conf.json` holds a public key and an address. What the address
//! announces is only looked at; what is downloaded is installed only with a signature of that key that
//! names the version.

use anyhow::{Context as _, Result, ensure};
use lore_protocol::Updates;
use tauri::{AppHandle, Config};
use tauri_plugin_updater::{Update, UpdaterExt as _};

/// A newer version that was downloaded, with a signature that fits.
pub(crate) struct NewVersion {
    update: Update,
    package: Vec<u8>,
}

impl NewVersion {
    /// Puts it in the place of this program. The core must have ended: on Windows the installer ends this
    /// process.
    pub(crate) fn install(self) -> Result<()> {
        self.update.install(self.package).with_context(|| {
            format!(
                "Could not install version {}. This version is as it was; start it again",
                self.update.version
            )
        })
    }
}

/// True when there is a key to check signatures with, and an address to ask.
pub(super) fn are_configured(config: &Config) -> bool {
    let Some(updater) = config.plugins.0.get("updater") else {
        return false;
    };
    let has_key = updater["pubkey"]
        .as_str()
        .is_some_and(|key| !key.is_empty());
    let addresses = updater["endpoints"].as_array();
    has_key && addresses.is_some_and(|addresses| !addresses.is_empty())
}

/// What is known without asking anybody.
pub(super) fn known(handle: &AppHandle) -> Updates {
    if are_configured(handle.config()) {
        Updates::Unknown
    } else {
        Updates::Off
    }
}

/// Asks the address for its newest version.
pub(super) async fn look(handle: &AppHandle) -> Result<Updates> {
    Ok(match newest(handle).await? {
        None => Updates::Current,
        Some(update) => Updates::Newer {
            version: update.version,
            notes: update.body.unwrap_or_default(),
        },
    })
}

/// Downloads the newest version.
pub(super) async fn get(handle: &AppHandle) -> Result<NewVersion> {
    let update = newest(handle).await?;
    let update = update.context("There is no newer version any more.")?;
    let package = update.download(|_, _| {}, || {}).await.context(
        "Could not get the new version, or its signature does not fit. Nothing was changed.",
    )?;
    Ok(NewVersion { update, package })
}

async fn newest(handle: &AppHandle) -> Result<Option<Update>> {
    ensure!(
        are_configured(handle.config()),
        "This program was built without an address for updates."
    );
    handle
        .updater()?
        .check()
        .await
        .context("Could not look for updates. Check the network and try again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(updater: &str) -> Config {
        let text = format!(
            r#"{{"identifier": "dev.lorekeeper.app", "plugins": {{"updater": {updater}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn updates_are_off_until_there_are_a_key_and_an_address() {
        for updater in [
            "{}",
            r#"{"pubkey": "", "endpoints": []}"#,
            r#"{"pubkey": "key", "endpoints": []}"#,
            r#"{"pubkey": "", "endpoints": ["https://updates.example/newest.json"]}"#,
        ] {
            assert!(!are_configured(&config(updater)), "{updater}");
        }
        let whole = r#"{"pubkey": "key", "endpoints": ["https://updates.example/newest.json"]}"#;
        assert!(are_configured(&config(whole)));
    }

    #[test]
    fn the_product_looks_nowhere_until_it_is_told() {
        let config: Config = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        let updater = &config.plugins.0["updater"];
        assert_eq!(updater["requireSignedVersion"], true);
        assert!(!are_configured(&config));
    }
}
