//! A dialog that was opened here: what is picked elsewhere is none of ours.

use lore_protocol::FileKind;

use crate::context::Ctx;

/// Waits for the answer of a dialog.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The last pick before the dialog was opened, while it is open.
    last: Option<u64>,
}

impl Asked {
    /// Asks where a new file goes.
    #[track_caller]
    pub(crate) fn new_file(&mut self, ctx: &Ctx<'_>, name: String) {
        self.begin(ctx, FileKind::NewFile);
        ctx.pick_new(name);
    }

    /// Asks for a file or folder.
    #[track_caller]
    pub(crate) fn pick(&mut self, ctx: &Ctx<'_>, kind: FileKind) {
        self.begin(ctx, kind);
        ctx.pick(kind);
    }

    fn begin(&mut self, ctx: &Ctx<'_>, kind: FileKind) {
        let last = ctx.store.shell().picked(kind);
        self.last = Some(last.map_or(0, |picked| picked.serial));
    }

    /// What was picked, once.
    pub(crate) fn take(&mut self, ctx: &Ctx<'_>, kind: FileKind) -> Option<String> {
        let last = self.last.as_mut()?;
        let path = ctx.store.shell().newly_picked(kind, last)?.to_owned();
        self.last = None;
        Some(path)
    }
}
