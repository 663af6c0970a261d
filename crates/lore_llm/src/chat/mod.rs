//! Chats as tokens.

mod encoder;
mod template;

pub(crate) use encoder::EncodedReply;
pub use encoder::{ChatEncoder, EncodedChat};
pub use template::ChatTemplate;
