//! What the window's shell noticed: files held over it, dropped on it, or picked in a dialog; and what
//! it knows about newer versions of the program.

use lore_protocol::{FileKind, ShellEvent, ShellResponse, Updates};

/// A file or folder that was picked or dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// Rises with every pick, so that a page can tell a new one from one it has seen.
    pub serial: u64,
    /// What was asked for.
    pub kind: FileKind,
    /// The path.
    pub path: String,
}

/// Picks kept at most.
const MAX_KEPT: usize = 32;

/// See the module.
#[derive(Debug, Default)]
pub struct ShellState {
    num_hovering: usize,
    serial: u64,
    picked: Vec<Picked>,
    updates: Updates,
}

impl ShellState {
    pub(super) fn apply_event(&mut self, event: ShellEvent) {
        match event {
            ShellEvent::Hover { count } => self.num_hovering = count,
            ShellEvent::Dropped { paths } => {
                self.num_hovering = 0;
                for path in paths {
                    self.note(FileKind::of_opened(&path), path);
                }
            }
        }
    }

    pub(super) fn apply_response(&mut self, response: &ShellResponse) {
        match response {
            ShellResponse::Path { kind, path } => {
                if let Some(path) = path {
                    self.note(*kind, path.clone());
                }
            }
            ShellResponse::Updates(updates) => self.updates = updates.clone(),
        }
    }

    fn note(&mut self, kind: FileKind, path: String) {
        self.serial += 1;
        if self.picked.len() >= MAX_KEPT {
            self.picked.remove(0);
        }
        self.picked.push(Picked {
            serial: self.serial,
            kind,
            path,
        });
    }

    /// What the last answer about newer versions said.
    pub fn updates(&self) -> &Updates {
        &self.updates
    }

    /// Files held over the window.
    pub fn num_hovering(&self) -> usize {
        self.num_hovering
    }

    /// The newest pick of a kind.
    pub fn picked(&self, kind: FileKind) -> Option<&Picked> {
        self.picked.iter().rfind(|picked| picked.kind == kind)
    }

    /// The next pick of a kind that was not seen yet; `seen` remembers the last one.
    pub fn newly_picked(&self, kind: FileKind, seen: &mut u64) -> Option<&str> {
        let picked = self
            .picked
            .iter()
            .find(|picked| picked.kind == kind && picked.serial > *seen)?;
        *seen = picked.serial;
        Some(&picked.path)
    }
}
