//! A door for test drivers: what screen readers are told, on a loopback port. Not in the product.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;
use lore_ui::mirror::{Asked, Mirror};

/// Writes the number of the port to `inspect.port` in the data folder. Who connects is sent the list
/// of things as JSON, and the connection is closed.
pub(crate) fn install(context: &egui::Context, data: &Path) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    let last = Arc::new(Mutex::new(String::from("[]")));
    let told = Arc::clone(&last);
    let tell =
        move |list: &str| list.clone_into(&mut told.lock().unwrap_or_else(PoisonError::into_inner));
    context.add_plugin(Mirror::new(Box::new(tell), Asked::default()));
    thread::Builder::new()
        .name("tells test drivers what stands in the window".into())
        .spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let list = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // A driver that hung up asks again.
                stream.write_all(list.as_bytes()).ok();
            }
        })?;
    fs::write(data.join("inspect.port"), port.to_string())?;
    Ok(())
}
