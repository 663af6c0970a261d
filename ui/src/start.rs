//! How the interface starts when the command line says so.

use lore_protocol::Theme;

use crate::{LoreApp, PageId};

/// Where and how the interface starts, whichever window shows it. A webview is told through the
/// part of its address behind `#`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The page; where the window was last when absent.
    pub page: Option<PageId>,
    /// The theme for this start; the setting decides when absent.
    pub theme: Option<Theme>,
}

const PAGES: [(&str, PageId); 12] = [
    ("home", PageId::Home),
    ("datasets", PageId::Datasets),
    ("worlds", PageId::Worlds),
    ("bank", PageId::Bank),
    ("models", PageId::Models),
    ("train", PageId::Train),
    ("try", PageId::Try),
    ("runs", PageId::Runs),
    ("trajectories", PageId::Trajectories),
    ("results", PageId::Results),
    ("export", PageId::Export),
    ("settings", PageId::Settings),
];

const THEMES: [(&str, Theme); 3] = [
    ("system", Theme::System),
    ("light", Theme::Light),
    ("dark", Theme::Dark),
];

impl Start {
    /// The page of this name, as on the command line.
    pub fn page_named(name: &str) -> Option<PageId> {
        let known = PAGES.iter().find(|(known, _)| *known == name);
        known.map(|(_, page)| *page)
    }

    /// The names of all pages.
    pub fn page_names() -> [&'static str; PAGES.len()] {
        PAGES.map(|(name, _)| name)
    }

    /// The theme of this name.
    pub fn theme_named(name: &str) -> Option<Theme> {
        let known = THEMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, theme)| *theme)
    }

    /// Reads the part of an address behind `#`; what is not understood is left out.
    pub fn from_fragment(fragment: &str) -> Self {
        let mut start = Self::default();
        for word in fragment.trim_start_matches('#').split('&') {
            match word.split_once('=') {
                Some(("page", name)) => start.page = Self::page_named(name),
                Some(("theme", name)) => start.theme = Self::theme_named(name),
                _ => {}
            }
        }
        start
    }

    /// The part of an address behind `#`; empty when there is nothing to say.
    pub fn fragment(self) -> String {
        let page = PAGES.iter().find(|(_, page)| Some(*page) == self.page);
        let theme = THEMES.iter().find(|(_, theme)| Some(*theme) == self.theme);
        let page = page.map(|(name, _)| format!("page={name}"));
        let theme = theme.map(|(name, _)| format!("theme={name}"));
        [page, theme]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("&")
    }
}

impl LoreApp {
    /// Starts as the command line says.
    pub fn starting(mut self, start: Start) -> Self {
        if let Some(page) = start.page {
            self.go(page.route());
        }
        self.start_theme = start.theme;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for start in [
            Start::default(),
            Start {
                page: Some(PageId::Bank),
                theme: Some(Theme::Dark),
            },
        ] {
            assert_eq!(Start::from_fragment(&start.fragment()), start);
        }
        assert_eq!(Start::from_fragment("#page=nowhere&x"), Start::default());
    }

    #[test]
    fn every_page_has_a_name() {
        for page in PageId::ALL {
            assert!(
                PAGES.iter().any(|(_, known)| *known == page),
                "{page:?} cannot be opened from the command line"
            );
        }
    }
}
