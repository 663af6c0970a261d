//! Everything one sees: one egui application for the webview and the native window.
