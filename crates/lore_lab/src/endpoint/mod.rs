//! The endpoint: other programs on this computer talk to a model, in the form of OpenAI's chat
//! completions.
//!
//! A thread a caller answers HTTP and one runs the model; orders go one way and news the other. Chats are
//! completed side by side; whoever hangs up leaves.
//!
//! **Invariants:** it listens on 127.0.0.1 and nowhere else; nothing is answered without the token, nor
//! under another name than this computer's own, nor for a web page from elsewhere ([`guard`]); the token
//! is in memory only.

mod completion;
mod desk;
mod engine;
mod guard;
mod head;
mod pieces;
mod refusal;
mod routes;
mod server;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use lore_bank::ExperienceBank;
use lore_core::{DataDir, Secret, StopToken};
use lore_llm::ChatModel;
use lore_protocol::{Door, EndpointLine, Speaker};

use crate::loaded::Loaded;
use crate::random::random_text;
use desk::Desk;
use engine::Engine;

/// Tried first, so that other programs find the endpoint where they found it before.
const USUAL_PORT: u16 = 8371;

/// Chats that wait at most; whoever comes then is asked to come again.
const MAX_WAITING: usize = 32;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 24;

/// What a caller may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointLimits {
    /// The longest time for the head of a request to come.
    pub head: Duration,
    /// The longest time for its body.
    pub body: Duration,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Connections at a time.
    pub connections: usize,
}

impl Default for EndpointLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            body: Duration::from_secs(30),
            body_bytes: 4 << 20,
            connections: 64,
        }
    }
}

/// Loads what the speaker needs, opens the endpoint and answers until somebody asks to stop. `tell` hears
/// where it is, and of every chat that was answered.
pub fn serve_endpoint(
    data: &DataDir,
    speaker: &Speaker,
    limits: EndpointLimits,
    stop: &StopToken,
    tell: &mut dyn FnMut(EndpointLine),
) -> Result<()> {
    let (loaded, model) = load(data, speaker)?;
    let listener = listen()?;
    let address = listener.local_addr()?;
    let token = Secret::new(random_text(TOKEN_BYTES)?);
    let (orders, waiting) = sync_channel(MAX_WAITING);
    let desk = Desk {
        port: address.port(),
        token: token.clone(),
        model: speaker.name().to_owned(),
        limits,
        orders: Mutex::new(orders),
    };
    let (desk, stopping) = (Arc::new(desk), stop.clone());
    let server = thread::Builder::new()
        .name("endpoint".to_owned())
        .spawn(move || server::run(&listener, &desk, &stopping))
        .context("Could not start the thread that answers other programs")?;
    tell(EndpointLine::Open {
        door: Door {
            address: format!("http://{address}/v1"),
            token: Secret::new(format!("{}{}", desk::TOKEN_PREFIX, token.reveal())),
            model: speaker.name().to_owned(),
        },
    });
    Engine::new(loaded, model, speaker).run(&waiting, stop, tell);
    stop.stop();
    // It waits for callers: this is the last one.
    TcpStream::connect(address).ok();
    let ended = server.join().ok();
    ended.context("The part that answers other programs broke.")
}

/// Everything in memory before anybody calls.
fn load(data: &DataDir, speaker: &Speaker) -> Result<(Loaded, ChatModel)> {
    ensure!(
        (0.0..=Speaker::MAX_STRENGTH).contains(&speaker.strength),
        "The strength of an adapter is between 0 and {}.",
        Speaker::MAX_STRENGTH
    );
    let mut loaded = Loaded::new(data.clone());
    let model = loaded.take_voice(speaker)?;
    if let Some(bank) = &speaker.bank {
        let bank = ExperienceBank::open(data, bank)?;
        loaded.embedder(bank.embedder())?;
    }
    Ok((loaded, model))
}

fn listen() -> Result<TcpListener> {
    let at = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    at(USUAL_PORT)
        .or_else(|_| at(0))
        .context("This computer does not let Lorekeeper listen for other programs.")
}
