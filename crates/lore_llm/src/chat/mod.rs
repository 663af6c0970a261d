//! Chats as tokens.

mod encoder;
mod replies;
mod template;

pub use encoder::{ChatEncoder, EncodedChat};
pub(crate) use replies::EncodedReply;
pub use template::ChatTemplate;
