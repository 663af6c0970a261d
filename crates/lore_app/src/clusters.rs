//! The other computers that a person named, and the way to each.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};
use lore_core::{Cluster, ClusterId, DataDir, Secret};
use lore_protocol::{ApiError, ClusterInfo, KeyPlace};

use crate::keys::Keys;
use crate::ray::Client;
use crate::settings::Warnings;
use crate::{files, names};

/// `clusters.json`; the tokens are among the keys.
pub(crate) struct Clusters {
    path: PathBuf,
    list: Mutex<Vec<Cluster>>,
    keys: Arc<Keys>,
    agent: ureq::Agent,
}

impl Clusters {
    /// Reads the file; a damaged one is set aside and noted in `warnings`.
    pub(crate) fn load(dir: &DataDir, keys: Arc<Keys>, warnings: &Arc<Warnings>) -> Self {
        let path = dir.clusters();
        let what = "the list of other computers";
        let list = files::read_or_set_aside(&path, what, |sentence| warnings.add(sentence));
        let list = list.unwrap_or_else(|error| {
            warnings.add(format!("{error:#}"));
            Vec::new()
        });
        Self {
            path,
            list: Mutex::new(list),
            keys,
            agent: Client::agent(),
        }
    }

    /// Every one, by name.
    pub(crate) fn list(&self) -> Vec<ClusterInfo> {
        let list = self.lock().clone();
        let info = |cluster: Cluster| ClusterInfo {
            has_token: cluster.has_token || self.keys.is_in_session(&cluster.address),
            cluster,
        };
        list.into_iter().map(info).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When a person took it off the list, or the job came from a computer that knew others.
    pub(crate) fn get(&self, id: &ClusterId) -> Result<Cluster> {
        let found = self.lock().iter().find(|one| one.id == *id).cloned();
        let missing = || {
            ApiError::not_found(format!(
                "The other computer {id:?} is not known here. Add it again in the settings, under Other \
                 computers, or start the work anew on this computer"
            ))
        };
        found.ok_or_else(|| missing().into())
    }

    /// Keeps one in place of the one of the same identifier; without an identifier it is new. A token is kept
    /// for the address, and an empty one forgets the one there was.
    pub(crate) fn save(&self, cluster: Cluster, token: Option<Secret>) -> Result<()> {
        let mut cluster = self.named(tidied(cluster)?)?;
        // Nobody waits for the list meanwhile: the keychain may ask the person first.
        cluster.has_token = self.keep_token(&cluster, token)?;
        let mut list = self.lock();
        let mut changed = list.clone();
        changed.retain(|one| one.id != cluster.id);
        changed.push(cluster);
        changed.sort_by(|a, b| a.name.cmp(&b.name));
        files::write_json(&self.path, &changed)?;
        *list = changed;
        Ok(())
    }

    /// With an identifier; refused when another one has its name.
    fn named(&self, mut cluster: Cluster) -> Result<Cluster> {
        let list = self.lock();
        if cluster.id.as_str().is_empty() {
            let is_taken = |name: &str| list.iter().any(|one| one.id.as_str() == name);
            let name = names::free(&names::slug(&cluster.name), "computer", is_taken);
            cluster.id = ClusterId(name);
        }
        names::check("another computer", cluster.id.as_str())?;
        let mut others = list.iter().filter(|one| one.id != cluster.id);
        if others.any(|one| one.name == cluster.name) {
            bail!(ApiError::new(format!(
                "There is another computer called {:?} already; choose another name",
                cluster.name
            )));
        }
        Ok(cluster)
    }

    /// Keeps or forgets a token; true when the keychain has one for the cluster's address afterwards.
    fn keep_token(&self, cluster: &Cluster, token: Option<Secret>) -> Result<bool> {
        let before = self.lock().iter().find(|one| one.id == cluster.id).cloned();
        let (here, moved): (Vec<_>, Vec<_>) = before
            .into_iter()
            .partition(|one| one.address == cluster.address);
        for one in moved {
            self.keys.forget(&one.address, one.has_token);
        }
        let has_token = here.iter().any(|one| one.has_token);
        match token {
            None => Ok(has_token),
            Some(token) if token.reveal().is_empty() => {
                self.keys.forget(&cluster.address, has_token);
                Ok(false)
            }
            Some(token) => Ok(self.keys.keep(&cluster.address, &token)? == KeyPlace::Keychain),
        }
    }

    /// Forgets one, and what opens it.
    pub(crate) fn remove(&self, id: &ClusterId) -> Result<()> {
        let gone = {
            let mut list = self.lock();
            let (gone, kept): (Vec<_>, Vec<_>) =
                list.iter().cloned().partition(|one| one.id == *id);
            files::write_json(&self.path, &kept)?;
            *list = kept;
            gone
        };
        for cluster in gone {
            self.keys.forget(&cluster.address, cluster.has_token);
        }
        Ok(())
    }

    /// The way to a cluster, with the token that is known now.
    pub(crate) fn client(&self, cluster: &Cluster) -> Client {
        self.client_with(cluster, self.token(cluster))
    }

    /// What opens a cluster, as far as it is known. One that the keychain does not give is asked for by the
    /// cluster.
    fn token(&self, cluster: &Cluster) -> Option<Secret> {
        let token = self.keys.get(&cluster.address, cluster.has_token);
        token.unwrap_or_else(|error| {
            log::warn!("{error:#}");
            None
        })
    }

    /// The way to a cluster that need not be on the list; `token` goes before the one that is known.
    pub(crate) fn client_to_try(
        &self,
        cluster: Cluster,
        token: Option<Secret>,
    ) -> Result<(Cluster, Client)> {
        let cluster = tidied(cluster)?;
        let token = token.or_else(|| self.token(&cluster));
        let client = self.client_with(&cluster, token);
        Ok((cluster, client))
    }

    fn client_with(&self, cluster: &Cluster, token: Option<Secret>) -> Client {
        let token = token.filter(|token| !token.reveal().is_empty());
        Client::new(self.agent.clone(), cluster, token)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Cluster>> {
        // The list is replaced in single steps.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a person wrote, without the blanks around it.
fn tidied(cluster: Cluster) -> Result<Cluster> {
    if let Some(problem) = cluster.problem() {
        bail!(ApiError::new(problem));
    }
    Ok(Cluster {
        address: cluster.base(),
        name: cluster.name.trim().to_owned(),
        folder: cluster.folder.trim().to_owned(),
        ..cluster
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keychain;

    fn lab() -> Cluster {
        Cluster {
            name: " Lab ".into(),
            address: "10.0.0.7:8265/".into(),
            ..Cluster::default()
        }
    }

    #[test]
    fn the_list_survives_and_the_token_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let warnings = Arc::<Warnings>::default();
        let load = || Clusters::load(&dir, Arc::new(Keys::new(Keychain::Memory)), &warnings);
        let clusters = load();
        let token = Secret::from("sesame-42");
        clusters.save(lab(), Some(token)).expect("is saved");
        let known = clusters.list();
        assert_eq!(known[0].cluster.name, "Lab");
        assert_eq!(known[0].cluster.base(), "http://10.0.0.7:8265");
        assert!(known[0].has_token);
        let written = std::fs::read_to_string(dir.clusters()).expect("is text");
        assert!(!written.contains("sesame"), "{written}");
        let again = load();
        assert_eq!(again.list()[0].cluster, known[0].cluster);
        assert!(!again.list()[0].has_token);
        again.remove(&known[0].cluster.id).expect("is removed");
        assert!(load().list().is_empty());
    }

    #[test]
    fn a_name_is_given_once_and_an_edit_keeps_the_identifier() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let keys = Arc::new(Keys::new(Keychain::Memory));
        let clusters = Clusters::load(&dir, keys, &Arc::default());
        clusters.save(lab(), None).expect("is saved");
        clusters.save(lab(), None).expect_err("the name is taken");
        let mut known = clusters.list()[0].cluster.clone();
        known.cores = 4;
        clusters.save(known.clone(), None).expect("is changed");
        assert_eq!(clusters.get(&known.id).expect("is known").cores, 4);
        let token = || Some(Secret::from("sesame-42"));
        clusters.save(known.clone(), token()).expect("is changed");
        assert!(clusters.list()[0].has_token);
        let here = std::mem::replace(&mut known.address, "10.0.0.8:8265".into());
        clusters.save(known.clone(), None).expect("is changed");
        known.address = here;
        clusters.save(known.clone(), None).expect("is changed");
        assert!(!clusters.list()[0].has_token, "a token is for one address");
        assert_eq!(clusters.list().len(), 1);
        clusters.get(&"gone".into()).expect_err("is not known");
    }
}
