//! Worlds: two servers by their address, played to the end; then a task at home, solved by hand, kept,
//! put into a bank and found again.

use anyhow::Result;

use super::servers::Server;
use super::visitor::Visitor;
use crate::place::Place;

/// Walks through it.
pub(super) fn tell(visitor: &mut Visitor, place: &Place) -> Result<()> {
    let servers = [
        ("OpenEnv", "Counting", Server::open_env(place)?),
        ("AgentGym", "Words", Server::agent_gym(place)?),
    ];
    visitor.click("Skip")?;
    for (protocol, name, server) in &servers {
        visitor.click("Worlds")?;
        connect(visitor, protocol, name, &server.address)?;
        play(visitor, name)?;
    }
    demonstrate(visitor)?;
    remember(visitor)
}

fn connect(visitor: &mut Visitor, protocol: &str, name: &str, address: &str) -> Result<()> {
    visitor.click("Connect a server")?;
    visitor.click(protocol)?;
    visitor.write("Address of the server", address)?;
    visitor.write("Name of the server", name)?;
    visitor.click("Play one step")?;
    visitor.hear("The server works")?;
    visitor.picture(&format!("tried-{protocol}"))?;
    visitor.click("Save")?;
    visitor.click_role("listitem", name)
}

/// Three words, and the server says that it is over.
fn play(visitor: &mut Visitor, name: &str) -> Result<()> {
    visitor.hear("Click one to play it yourself")?;
    visitor.click_row_with(&format!("{name}/"))?;
    for word in ["one", "two", "three"] {
        visitor.write("Next action", word)?;
        visitor.click("Do it")?;
        visitor.hear(&format!("> {word}"))?;
    }
    visitor.see("You reached the goal")?;
    visitor.picture(&format!("played-{name}"))?;
    visitor.click("Leave")
}

/// A task of the household world, and how it is solved.
const TASK: &str = "pick_and_place_simple/train/0000";
const WALK: [&str; 5] = [
    "go to fridge 1",
    "open fridge 1",
    "take cup 1 from fridge 1",
    "go to countertop 1",
    "put cup 1 in/on countertop 1",
];

/// Solves a task by clicking what can be done, and keeps the episode.
pub(super) fn demonstrate(visitor: &mut Visitor) -> Result<()> {
    visitor.click("Worlds")?;
    visitor.click_row_with(TASK)?;
    for action in WALK {
        // The list may reach below its card, and what is hidden there cannot be clicked.
        visitor.write("Search actions", action)?;
        visitor.click_role("listitem", action)?;
        visitor.hear(&format!("> {action}"))?;
    }
    visitor.see("You reached the goal")?;
    visitor.picture("demonstration")?;
    visitor.click("Keep this episode")?;
    visitor.hear("The episode was kept")?;
    visitor.picture("kept")
}

/// Has an expert play generated games.
pub(super) fn collect(visitor: &mut Visitor) -> Result<()> {
    visitor.click("Data sets")?;
    visitor.click("Collect expert episodes")?;
    visitor.choose("Games", "Generated, full rooms")?;
    visitor.click("Collect")?;
    visitor
        .hear_at_last("The expert reached the goal")
        .map(drop)
}

/// Puts the kept episode beside those of an expert, and asks for a task of its kind.
fn remember(visitor: &mut Visitor) -> Result<()> {
    collect(visitor)?;
    build_bank(visitor, "Expert episodes", "A new bank", 120)?;
    build_bank(visitor, "Played by me", "Add to Expert episodes", 121)?;
    visitor.click("Show the bank")?;
    visitor.click("What would be retrieved for…")?;
    visitor.write("Task in words", "put a mug in countertop.")?;
    visitor.click("Ask")?;
    visitor.hear("searched among 121 experiences")?;
    visitor.see("Put a cup in countertop")?;
    visitor.picture("retrieved")
}

fn build_bank(visitor: &mut Visitor, dataset: &str, bank: &str, holds: usize) -> Result<()> {
    visitor.click("Data sets")?;
    visitor.click_role("listitem", dataset)?;
    visitor.click("Build a bank")?;
    visitor.choose("Bank", bank)?;
    visitor.picture("bank")?;
    visitor.click("Build")?;
    visitor
        .hear_at_last(&format!("the bank holds {holds}"))
        .map(drop)
}
