//! Settings, and the state of the application.

use serde::{Deserialize, Serialize};

use lore_core::ExperimentId;

/// A question about settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SettingsRequest {
    /// The settings → [`SettingsResponse::Settings`].
    Get,
    /// Replaces them → [`SettingsResponse::Settings`].
    Set {
        /// The new ones.
        settings: Settings,
    },
    /// The state of the application → [`SettingsResponse::Status`].
    Status,
}

/// The answer to a [`SettingsRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SettingsResponse {
    /// The settings.
    Settings(Settings),
    /// The state.
    Status(Box<Status>),
}

/// What a person chose (`settings.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light, dark or the system's.
    pub theme: Theme,
    /// Which window opens.
    pub window: WindowKind,
    /// The size of everything, 1 for normal.
    pub zoom: f32,
    /// Processor threads for workers; 0 lets the program choose.
    pub threads: usize,
    /// Where computing happens.
    pub device: Device,
    /// The language of the interface.
    pub language: Language,
    /// True once the welcome was seen or skipped.
    pub welcomed: bool,
    /// Less movement.
    pub reduced_motion: bool,
    /// Tell the system when a long job ends.
    pub notifications: bool,
    /// Seconds a stopped job has to save before it is ended.
    pub stop_grace_secs: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            window: WindowKind::Automatic,
            zoom: 1.0,
            threads: 0,
            device: Device::Cpu,
            language: Language::English,
            welcomed: false,
            reduced_motion: false,
            notifications: true,
            stop_grace_secs: 30,
        }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Which window opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// The webview unless it cannot draw or a screen reader is running.
    #[default]
    Automatic,
    /// Tauri's webview.
    Webview,
    /// A native window.
    Native,
}

/// Where computing happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
}

/// The language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

/// The state of the application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// The data folder.
    pub data_dir: String,
    /// Free bytes on its disk.
    pub free_bytes: u64,
    /// Memory of the machine, in bytes.
    pub memory_bytes: u64,
    /// Memory not in use, in bytes.
    pub available_memory_bytes: u64,
    /// Processor cores.
    pub num_cores: usize,
    /// Processor cores that a worker takes unless told otherwise.
    pub automatic_threads: usize,
    /// The language model that came with the program is there.
    pub has_language_model: bool,
    /// An embedder is there.
    pub has_embedder: bool,
    /// The sample experiment, once it exists.
    pub sample: Option<ExperimentId>,
    /// Jobs that are queued or running.
    pub num_active_jobs: usize,
    /// Things set aside at start because they were damaged, one sentence each.
    pub warnings: Vec<String>,
}
