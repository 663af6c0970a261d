//! Addresses of servers as people type them.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail, ensure};

/// A server's address in its two forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `http://localhost:8000` or `https://…`, without a slash at the end.
    pub http: String,
    /// A name or a number; IPv6 without its brackets.
    pub host: String,
    /// The port, whether it was typed or not.
    pub port: u16,
    /// True for `https` and `wss`.
    pub is_secure: bool,
}

impl Address {
    /// Reads `localhost:8000`, `http://host/path/` or `wss://host`.
    ///
    /// # Errors
    /// When it is no address, in a sentence for people.
    pub fn read(text: &str) -> Result<Self> {
        Self::parse(text.trim()).with_context(|| {
            format!(
                "{text:?} is not the address of a server; it looks like \"http://localhost:8000\"."
            )
        })
    }

    fn parse(text: &str) -> Result<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            other => bail!("nothing is known about {other:?}"),
        };
        let rest = rest.trim_end_matches('/');
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        ensure!(!authority.contains('@'), "it holds a password");
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of a bare IPv6 address are no port.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse().context("the port is no number")?)
            }
            _ => (authority, if is_secure { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
        ensure!(
            !host.is_empty() && host.chars().all(is_plain),
            "it has no host"
        );
        let scheme = if is_secure { "https" } else { "http" };
        Ok(Self {
            http: format!("{scheme}://{rest}"),
            host: host.to_owned(),
            port,
            is_secure,
        })
    }

    /// True for a server on this computer.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || (self.host.parse::<IpAddr>()).is_ok_and(|number| number.is_loopback())
    }

    /// True when what is sent can be read on the way.
    pub fn is_open(&self) -> bool {
        !self.is_secure && !self.is_loopback()
    }

    /// The WebSocket address of `path`.
    pub fn web_socket(&self, path: &str) -> String {
        let rest = self.http.trim_start_matches("http");
        format!("ws{rest}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, http: &str, host: &str, port: u16) {
        let address = Address::read(text).unwrap();
        let Address {
            http: of,
            host: at,
            port: by,
            is_secure,
        } = &address;
        assert_eq!((of.as_str(), at.as_str(), *by), (http, host, port));
        assert_eq!(*is_secure, http.starts_with("https"));
    }

    #[test]
    fn addresses_are_read_as_they_are_typed() {
        check("localhost:8000", "http://localhost:8000", "localhost", 8000);
        check(" http://a.b/ ", "http://a.b", "a.b", 80);
        check(
            "wss://x-y.hf.space/p/",
            "https://x-y.hf.space/p",
            "x-y.hf.space",
            443,
        );
        check("http://[::1]:81", "http://[::1]:81", "::1", 81);
        let socket = Address::read("https://a:1/b").unwrap().web_socket("/ws");
        assert_eq!(socket, "wss://a:1/b/ws");
    }

    #[test]
    fn what_leaves_this_computer_unencrypted_is_known() {
        for (text, is_open) in [
            ("localhost:8000", false),
            ("http://127.0.0.1", false),
            ("http://[::1]:81", false),
            ("https://api.example.org/v1", false),
            ("http://192.168.0.7:8000", true),
            ("http://localhost.example.org", true),
        ] {
            assert_eq!(Address::read(text).unwrap().is_open(), is_open, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told() {
        for text in [
            "",
            "http://",
            "ftp://a",
            "a b",
            "http://me:secret@a",
            "a:99999",
        ] {
            let error = Address::read(text).unwrap_err().to_string();
            assert!(error.contains("is not the address of a server"), "{text:?}");
        }
    }
}
