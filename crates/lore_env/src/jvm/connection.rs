//! One connection to the gateway, and the one object it is for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::wire::{self, Argument, Reference, Value};
use crate::timed::{Deadline, Timed};

/// The longest reply: a list of all valid actions takes a hundred thousand bytes.
const MAX_REPLY: u64 = 16 << 20;

/// How long letting an object go may take; it is not worth more.
const RELEASE_PATIENCE: Duration = Duration::from_secs(2);

/// An object in the JVM with a connection and classes of its own. The JVM serves each connection on
/// its own thread, so that environments do not wait for each other. Dropping it lets the object go.
#[derive(Debug)]
pub(crate) struct Object {
    connection: Connection,
    reference: Reference,
}

impl Object {
    /// Makes an object of a class in `jar` through the gateway at `port` of this machine.
    pub(super) fn new(
        port: u16,
        token: Option<&str>,
        patience: Duration,
        jar: &str,
        class: &str,
    ) -> Result<Self> {
        let mut connection = Connection::open(port, token, patience)?;
        let reference = connection.construct_apart(jar, class)?;
        Ok(Self {
            connection,
            reference,
        })
    }

    /// True when it can be used no more, because the JVM is gone or stuck.
    pub(super) fn is_broken(&self) -> bool {
        self.connection.is_broken
    }

    /// Calls a method.
    pub(crate) fn call(&mut self, method: &str, arguments: &[Argument<'_>]) -> Result<Value> {
        self.connection.call(&self.reference, method, arguments)
    }

    /// Calls a method that returns a list of texts.
    pub(crate) fn texts(&mut self, method: &str) -> Result<Vec<String>> {
        let connection = &mut self.connection;
        let list = connection.call(&self.reference, method, &[])?.reference()?;
        let length = connection.call(&list, "size", &[])?.int()?;
        let mut texts = Vec::new();
        for index in 0..length {
            let index = Argument::Int(index as i32);
            texts.push(connection.call(&list, "get", &[index])?.text()?);
        }
        connection.exchange(&wire::release(&list))?;
        Ok(texts)
    }
}

#[cfg(test)]
impl Object {
    /// The length of a list that stays in the JVM.
    pub(crate) fn size_of(&mut self, list: &Reference) -> Result<i64> {
        self.connection.call(list, "size", &[])?.int()
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if !self.connection.is_broken {
            self.connection.patience = RELEASE_PATIENCE;
            // A JVM that is gone holds nothing any more.
            self.connection
                .exchange(&wire::release(&self.reference))
                .ok();
        }
    }
}

/// Strictly a request, then its reply.
#[derive(Debug)]
struct Connection {
    stream: BufReader<Timed>,
    deadline: Deadline,
    patience: Duration,
    /// Set when a reply did not come: what comes later would be taken for another's.
    is_broken: bool,
}

impl Connection {
    fn open(port: u16, token: Option<&str>, patience: Duration) -> Result<Self> {
        let deadline = Deadline::after(patience);
        let stream = Timed::connect(("127.0.0.1", port), deadline.clone())
            .context("Could not connect to the Java world")?;
        let mut connection = Self {
            stream: BufReader::new(stream),
            deadline,
            patience,
            is_broken: false,
        };
        if let Some(token) = token {
            connection.exchange(&wire::authenticate(token))?;
        }
        Ok(connection)
    }

    /// Makes an object of a class that is loaded for it alone. The worlds keep their random numbers,
    /// the numbers of their objects and their settings in static variables: what shares the classes
    /// shares these, and episodes played side by side would draw each other's random numbers.
    fn construct_apart(&mut self, jar: &str, class: &str) -> Result<Reference> {
        let jar = wire::construct("java.io.File", &[Argument::Text(jar)]);
        let jar = self.exchange(&jar)?.reference()?;
        let address = self.call(&jar, "toURI", &[])?.reference()?;
        let url = self.call(&address, "toURL", &[])?.reference()?;
        let urls = self.exchange(&wire::array_of_one("java.net.URL"))?;
        let urls = urls.reference()?;
        self.exchange(&wire::set_first(&urls, &url))?;
        // Without a parent, it finds Java's own classes and those of the JAR, and nothing else.
        let arguments = [Argument::Object(&urls), Argument::Nothing];
        let loader = wire::construct("java.net.URLClassLoader", &arguments);
        let loader = self.exchange(&loader)?.reference()?;
        let name = [Argument::Text(class)];
        let class = self.call(&loader, "loadClass", &name)?.reference()?;
        let object = self.call(&class, "newInstance", &[])?.reference()?;
        for passing in [jar, address, url, urls, loader, class] {
            self.exchange(&wire::release(&passing))?;
        }
        Ok(object)
    }

    fn call(
        &mut self,
        object: &Reference,
        method: &str,
        arguments: &[Argument<'_>],
    ) -> Result<Value> {
        self.exchange(&wire::call(object, method, arguments))
            .with_context(|| format!("the Java world could not {method}"))
    }

    fn exchange(&mut self, command: &str) -> Result<Value> {
        if self.is_broken {
            bail!("the connection to the Java world is gone");
        }
        self.deadline.renew(self.patience);
        match self.transfer(command) {
            Ok(line) => wire::read_reply(&line),
            Err(error) => {
                self.is_broken = true;
                Err(error.context("the Java world does not answer"))
            }
        }
    }

    fn transfer(&mut self, command: &str) -> Result<String> {
        self.stream.get_mut().write_all(command.as_bytes())?;
        let mut line = Vec::new();
        let mut reply = self.stream.by_ref().take(MAX_REPLY);
        reply.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            bail!("its reply breaks off");
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(String::from_utf8(line)?)
    }
}
