//! Environment servers: worlds by address.
//!
//! What a server does wrong, a time-out, a disconnect or an answer that is not understood, is an error
//! of the step in which it happened, and comes within the server's own time limit; the episode ends
//! with it, the run goes on.

mod action_form;
mod agentgym;
mod http;
mod observation;
mod openenv;
mod rewards;
mod socket;
mod world;

pub use world::ServerWorld;
