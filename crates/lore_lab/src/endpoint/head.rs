//! The head of a request, read with limits.

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::refusal::Refusal;

/// Bytes of a head at most.
const MAX_HEAD: usize = 32 << 10;

/// Headers at most.
const MAX_HEADERS: usize = 64;

/// Bytes read at a time.
const STEP: usize = 8 << 10;

/// Method, target and headers of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    /// As it was sent: the path, mostly.
    pub(super) target: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head that is there in whole; `None` when it is not yet. The number says where it ends.
    fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let end = match request.parse(bytes) {
            Ok(httparse::Status::Complete(end)) => end,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Refusal::head_too_large()),
            Err(error) => {
                return Err(Refusal::invalid(format!("This is not HTTP: {error}")));
            }
        };
        let head = Self {
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            headers: request.headers.iter().map(read_header).collect(),
        };
        Ok(Some((head, end)))
    }

    /// True when there is a header of this name, in lower case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }

    /// The value of a header that stands there once.
    pub(super) fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Its bytes of body, if it says so in a way that cannot be misunderstood.
    pub(super) fn content_length(&self) -> Option<u64> {
        let value = self.only("content-length")?;
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !self.has("transfer-encoding")).then(|| value.parse().unwrap_or(u64::MAX))
    }

    #[cfg(test)]
    pub(super) fn of(target: &str, headers: &[(&str, &str)]) -> Self {
        Self {
            method: "GET".into(),
            target: target.into(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }
}

/// A value that is not text equals nothing that is allowed, so its odd bytes need not be kept.
fn read_header(header: &httparse::Header<'_>) -> (String, String) {
    let value = String::from_utf8_lossy(header.value);
    (header.name.to_ascii_lowercase(), value.trim().to_owned())
}

/// Reads a head and what came of the body with it. `None` when the caller said nothing and left.
pub(super) fn read_head(
    stream: &mut TcpStream,
    patience: Duration,
) -> Result<Option<(Head, Vec<u8>)>, Refusal> {
    let deadline = Instant::now() + patience;
    let mut bytes = Vec::new();
    loop {
        if let Some((head, end)) = Head::parse(&bytes)? {
            return Ok(Some((head, bytes.split_off(end))));
        }
        if bytes.len() >= MAX_HEAD {
            return Err(Refusal::head_too_large());
        }
        if !read_more(stream, &mut bytes, STEP, deadline)? {
            let refusal = Refusal::invalid("The request did not come whole");
            return if bytes.is_empty() {
                Ok(None)
            } else {
                Err(refusal)
            };
        }
    }
}

/// Reads a body of `length` bytes that begins with `bytes`.
pub(super) fn read_body(
    stream: &mut TcpStream,
    mut bytes: Vec<u8>,
    length: usize,
    patience: Duration,
) -> Result<Vec<u8>, Refusal> {
    let deadline = Instant::now() + patience;
    while bytes.len() < length {
        let left = length - bytes.len();
        if !read_more(stream, &mut bytes, left.min(STEP), deadline)? {
            return Err(Refusal::invalid("The request did not come whole"));
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Reads up to `step` bytes; false when the caller says no more.
fn read_more(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
    step: usize,
    deadline: Instant,
) -> Result<bool, Refusal> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
        return Err(Refusal::too_slow());
    }
    let mut buffer = [0; STEP];
    loop {
        match stream.read(&mut buffer[..step.min(STEP)]) {
            Ok(0) => return Ok(false),
            Ok(num_read) => {
                bytes.extend_from_slice(&buffer[..num_read]);
                return Ok(true);
            }
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return Err(Refusal::too_slow()),
                _ => return Ok(false),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_can_be_misunderstood_are_none() {
        fn length(headers: &[(&str, &str)]) -> Option<u64> {
            Head::of("/", headers).content_length()
        }
        assert_eq!(length(&[("content-length", "12")]), Some(12));
        assert_eq!(length(&[("content-length", "+12")]), None);
        assert_eq!(length(&[("content-length", "0x1")]), None);
        assert_eq!(
            length(&[("content-length", "1"), ("content-length", "2")]),
            None
        );
        assert_eq!(
            length(&[("content-length", "1"), ("transfer-encoding", "chunked")]),
            None
        );
        let huge = "9".repeat(30);
        assert_eq!(length(&[("content-length", &huge)]), Some(u64::MAX));
        assert_eq!(length(&[]), None);
    }
}
