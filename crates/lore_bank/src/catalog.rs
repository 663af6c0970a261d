//! The folder of banks: making, opening, listing and deleting them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lancedb::{Connection, connect};
use lore_core::{BankId, BankInfo, DataDir};
use tokio::runtime::{Builder, Runtime};

use crate::schema::Binding;
use crate::table::BlockingTable;
use crate::{ExperienceBank, NewBank, name, whole};

impl ExperienceBank {
    /// Makes an empty bank; its name on disk must be free.
    pub fn create(data: &DataDir, new: &NewBank) -> Result<Self> {
        name::check(&new.id)?;
        if new.dim == 0 {
            bail!("A key needs at least one number.");
        }
        if Self::exists(data, &new.id) {
            bail!("There is already a bank called {}.", new.id);
        }
        let failed = || {
            format!(
                "Could not make the bank {}. Is the disk full, or the data folder write-protected?",
                new.id
            )
        };
        std::fs::create_dir_all(data.bank()).with_context(failed)?;
        let binding = Binding {
            name: new.name.clone(),
            embedder: new.embedder.clone(),
            dim: new.dim,
            keys: new.keys,
        };
        let runtime = runtime()?;
        let connection = connection(&runtime, &data.bank()).with_context(failed)?;
        let create = connection.create_empty_table(new.id.as_str(), binding.schema());
        let table = runtime.block_on(create.execute()).with_context(failed)?;
        let bank = Self {
            id: new.id.clone(),
            folder: folder(data, &new.id),
            windows_folder: data.bank_windows(),
            binding,
            inner: BlockingTable {
                runtime,
                connection,
                table,
            },
            index_rows: crate::INDEX_ROWS,
            version: None,
        };
        if new.keys.window_steps > 0 {
            bank.create_windows().with_context(failed)?;
        }
        Ok(bank)
    }

    /// Opens the bank called `id`.
    pub fn open(data: &DataDir, id: &BankId) -> Result<Self> {
        name::check(id)?;
        if !Self::exists(data, id) {
            bail!("There is no bank called {id}. It may have been deleted.");
        }
        let damaged = || {
            format!(
                "The bank {id} is damaged. Please delete it and build it again: \
                 the data sets it was made from are still there."
            )
        };
        let runtime = runtime()?;
        let connection = connection(&runtime, &data.bank()).with_context(damaged)?;
        let open = connection.open_table(id.as_str());
        let table = runtime.block_on(open.execute()).with_context(damaged)?;
        let schema = runtime.block_on(table.schema()).with_context(damaged)?;
        if Binding::is_of_earlier_version(&schema) {
            bail!(
                "The bank {id} was made by an earlier version of Lorekeeper. Please delete it and build \
                 it again: the data sets it was made from are still there."
            );
        }
        Ok(Self {
            id: id.clone(),
            folder: folder(data, id),
            windows_folder: data.bank_windows(),
            binding: Binding::of(&schema).with_context(damaged)?,
            inner: BlockingTable {
                runtime,
                connection,
                table,
            },
            index_rows: crate::INDEX_ROWS,
            version: None,
        })
    }

    /// Opens the bank `new.id`, made with the same embedder, or makes it.
    pub fn open_or_create(data: &DataDir, new: &NewBank) -> Result<Self> {
        if !Self::exists(data, &new.id) {
            return Self::create(data, new);
        }
        let bank = Self::open(data, &new.id)?;
        bank.binding.check(&new.id, &new.embedder, new.dim)?;
        Ok(bank)
    }

    /// True when there is a bank called `id`, damaged or not.
    pub fn exists(data: &DataDir, id: &BankId) -> bool {
        let folder = folder(data, id);
        folder.is_dir() && !whole::is_unborn(&folder)
    }

    /// Every bank in alphabetical order. One that cannot be opened is listed as damaged, so that it
    /// can be seen and deleted.
    pub fn list(data: &DataDir) -> Result<Vec<BankInfo>> {
        if !data.bank().is_dir() {
            return Ok(Vec::new());
        }
        let listing =
            std::fs::read_dir(data.bank()).context("The folder of banks could not be read.")?;
        let mut ids = Vec::new();
        for item in listing {
            let item = item.context("The folder of banks could not be read.")?;
            let file_name = item.file_name();
            let id = file_name
                .to_str()
                .and_then(|name| name.strip_suffix(".lance"));
            let path = item.path();
            if let Some(id) = id.filter(|_| path.is_dir() && !whole::is_unborn(&path)) {
                ids.push(BankId::from(id));
            }
        }
        ids.sort();
        Ok(ids
            .into_iter()
            .map(|id| info_or_damaged(data, id))
            .collect())
    }

    /// Deletes a bank, damaged or not. What was deleted can be built again from its data sets.
    pub fn delete(data: &DataDir, id: &BankId) -> Result<()> {
        name::check(id)?;
        if !Self::exists(data, id) {
            bail!("There is no bank called {id}. It may have been deleted already.");
        }
        let windows = data.bank_windows().join(format!("{id}.lance"));
        for folder in [
            Some(windows).filter(|windows| windows.is_dir()),
            Some(folder(data, id)),
        ] {
            let Some(folder) = folder else { continue };
            std::fs::remove_dir_all(folder)
                .with_context(|| format!("Could not delete the bank {id}. Is it in use?"))?;
        }
        Ok(())
    }
}

fn info_or_damaged(data: &DataDir, id: BankId) -> BankInfo {
    let info = ExperienceBank::open(data, &id).and_then(|bank| bank.info());
    info.unwrap_or_else(|_| BankInfo {
        name: format!("{id} (cannot be opened)"),
        id,
        ..BankInfo::default()
    })
}

/// LanceDB's own name for a table's folder.
fn folder(data: &DataDir, id: &BankId) -> PathBuf {
    data.bank().join(format!("{id}.lance"))
}

fn runtime() -> Result<Arc<Runtime>> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("bank")
        .enable_all()
        .build()
        .context("Could not start the threads of the experience bank.")?;
    Ok(Arc::new(runtime))
}

/// A folder of tables.
pub(crate) fn connection(runtime: &Runtime, folder: &Path) -> Result<Connection> {
    let uri = uri(folder)?;
    // Another process may be writing: every read looks for a newer version first.
    let connect = connect(uri).read_consistency_interval(Duration::ZERO);
    Ok(runtime.block_on(connect.execute())?)
}

fn uri(folder: &Path) -> Result<&str> {
    folder.to_str().with_context(|| {
        format!(
            "The data folder {} has a name that is no text. Please choose another.",
            folder.display()
        )
    })
}
