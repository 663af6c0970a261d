//! An episode in the JVM.

use std::sync::{Arc, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, bail};

use super::Gateway;
use super::connection::Object;
use super::process::Process;

/// What differs from world to world.
pub(crate) trait JavaGame {
    /// The class of the object that plays.
    const CLASS: &'static str;
    /// Everything an action leads to that an agent can see.
    type Reply: PartialEq;

    /// Begins the episode.
    fn begin(&self, object: &mut Object) -> Result<Self::Reply>;

    /// Takes an action.
    fn act(&self, object: &mut Object, action: &str) -> Result<Self::Reply>;
}

/// An episode. When the JVM dies because of another episode, the actions so far are played again in
/// the next one, and every reply must be what it was.
pub(crate) struct Session<G: JavaGame> {
    gateway: Arc<Gateway>,
    game: G,
    seat: Option<Seat>,
    /// The reply that began the episode; absent before it began and after the world failed.
    first: Option<G::Reply>,
    played: Vec<(String, G::Reply)>,
}

/// A place in a JVM.
#[derive(Debug)]
pub(super) struct Seat {
    process: Arc<Process>,
    object: Object,
}

impl<G: JavaGame> Session<G> {
    /// An episode that has not begun.
    pub(crate) fn new(gateway: Arc<Gateway>, game: G) -> Self {
        Self {
            gateway,
            game,
            seat: None,
            first: None,
            played: Vec::new(),
        }
    }

    /// Begins the episode, again if need be.
    pub(crate) fn begin(&mut self) -> Result<&G::Reply> {
        self.first = None;
        self.played.clear();
        let reply = self.on_seat(G::begin)?;
        Ok(self.first.insert(reply))
    }

    /// Takes an action.
    pub(crate) fn act(&mut self, action: &str) -> Result<&G::Reply> {
        if self.first.is_none() {
            bail!("the episode has not begun, or the world failed in it");
        }
        let is_seated = self
            .seat
            .as_ref()
            .is_some_and(|seat| self.gateway.is_current(&seat.process));
        if !is_seated {
            self.seat = None;
            self.play_again()
                .context("could not take the episode to a new Java world")
                .inspect_err(|_| self.first = None)?;
        }
        match self.on_seat(|game, object| game.act(object, action)) {
            Ok(reply) => {
                self.played.push((action.to_owned(), reply));
                let (_, reply) = self.played.last().context("was pushed just now")?;
                Ok(reply)
            }
            Err(error) => {
                self.first = None;
                Err(error)
            }
        }
    }

    /// What is played.
    pub(crate) fn game(&self) -> &G {
        &self.game
    }

    /// Asks something that changes nothing.
    pub(crate) fn ask<T>(&mut self, question: impl FnOnce(&mut Object) -> Result<T>) -> Result<T> {
        self.on_seat(|_, object| question(object))
    }

    fn play_again(&mut self) -> Result<()> {
        let first = self.on_seat(G::begin)?;
        let mut is_same = self.first.as_ref() == Some(&first);
        let played = std::mem::take(&mut self.played);
        for (action, expected) in &played {
            let reply = self.on_seat(|game, object| game.act(object, action))?;
            is_same &= reply == *expected;
        }
        self.played = played;
        if is_same {
            return Ok(());
        }
        bail!(
            "the Java world ended unexpectedly, and the next one answers the same actions differently"
        )
    }

    /// Works with the object in the JVM. When the JVM does not answer it is ended, so that what
    /// hangs in it takes no more time from anyone.
    fn on_seat<T>(&mut self, work: impl FnOnce(&G, &mut Object) -> Result<T>) -> Result<T> {
        let mut seat = match self.seat.take() {
            Some(seat) if self.gateway.is_current(&seat.process) => seat,
            _ => self.gateway.seat(G::CLASS)?,
        };
        let result = work(&self.game, &mut seat.object);
        if seat.object.is_broken() {
            let reason = self.gateway.give_up(&seat.process);
            return result.context(reason);
        }
        self.seat = Some(seat);
        result
    }
}

impl<G: JavaGame> Drop for Session<G> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.take() {
            self.gateway.idle().push(seat);
        }
    }
}

impl Gateway {
    /// A seat in the JVM, that of an episode that is over if there is one. Every gateway serves one
    /// world, and so one class.
    fn seat(&self, class: &str) -> Result<Seat> {
        let process = self.process()?;
        let kept = {
            let mut idle = self.idle();
            idle.retain(|seat| Arc::ptr_eq(&seat.process, &process));
            idle.pop()
        };
        if let Some(seat) = kept {
            return Ok(seat);
        }
        let object = self.object(&process, class);
        if object.is_err() {
            // A JVM that cannot make an object is of no use to anyone.
            self.give_up(&process);
        }
        Ok(Seat {
            object: object?,
            process,
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
