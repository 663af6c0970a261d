//! The application without a window: answers requests, supervises workers, keeps settings.
