//! Who may call: programs on this computer that know the token.
//!
//! A web page can make a browser on this computer call any address. Three things keep it out: it does not
//! know the token; a browser names the page's origin, which is refused unless it is this computer's own;
//! and a page that has its own name point here sends that name as the host. No header that would let a
//! browser read an answer is ever sent.

use super::desk::TOKEN_PREFIX;
use super::head::Head;
use super::refusal::Refusal;

/// Names of this computer for itself.
const LOOPBACK: [&str; 2] = ["127.0.0.1", "localhost"];

/// Refuses what came under another name, or for a web page from elsewhere.
pub(super) fn check_way(head: &Head, port: u16) -> Result<(), Refusal> {
    let is_own = |name: &str| LOOPBACK.iter().any(|own| name == format!("{own}:{port}"));
    // A request to a proxy names its target in full; this is none.
    let is_direct = head.target.starts_with('/');
    if !is_direct || !head.only("host").is_some_and(is_own) {
        return Err(Refusal::foreign(
            "The endpoint answers to 127.0.0.1 and localhost with its port, and to no other name",
        ));
    }
    if head.has("origin") && !head.only("origin").is_some_and(is_loopback_origin) {
        return Err(Refusal::foreign("Web pages may not call the endpoint"));
    }
    Ok(())
}

/// Refuses callers that do not know the token.
pub(super) fn check_token(head: &Head, token: &str) -> Result<(), Refusal> {
    let given = head.only("authorization").and_then(|value| {
        let (scheme, given) = value.split_once(' ')?;
        let given = given.trim().strip_prefix(TOKEN_PREFIX)?;
        scheme.eq_ignore_ascii_case("bearer").then_some(given)
    });
    if given.is_some_and(|given| is_equal(given.as_bytes(), token.as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::wrong_token())
    }
}

/// True for `http://localhost:3000` and the like: a page that a program on this computer serves.
fn is_loopback_origin(origin: &str) -> bool {
    let Some((_, place)) = origin.split_once("://") else {
        return false;
    };
    let (name, port) = place.split_once(':').unwrap_or((place, "80"));
    LOOPBACK.contains(&name) && port.parse::<u16>().is_ok()
}

/// Compares in a time that does not tell where the difference is.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0a1b2c";

    fn may_pass(list: &[(&str, &str)]) -> bool {
        check_way(&Head::of("/v1/models", list), 8371).is_ok()
    }

    #[test]
    fn only_names_of_this_computer_are_answered() {
        assert!(may_pass(&[("host", "127.0.0.1:8371")]));
        assert!(may_pass(&[("host", "localhost:8371")]));
        for host in [
            "evil.example:8371",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost.evil.example:8371",
            "127.0.0.1:8371@evil.example",
            "",
        ] {
            assert!(!may_pass(&[("host", host)]), "{host}");
        }
        assert!(!may_pass(&[]), "no name at all");
        let twice = [("host", "127.0.0.1:8371"), ("host", "evil.example")];
        assert!(!may_pass(&twice));
        for target in [
            "http://127.0.0.1:8371/v1/models",
            "evil.example:80",
            "*",
            "",
        ] {
            let head = Head::of(target, &[("host", "127.0.0.1:8371")]);
            assert!(check_way(&head, 8371).is_err(), "{target}");
        }
    }

    #[test]
    fn pages_from_elsewhere_are_not_answered() {
        let host = ("host", "127.0.0.1:8371");
        for own in [
            "http://localhost:3000",
            "http://127.0.0.1",
            "https://localhost",
        ] {
            assert!(may_pass(&[host, ("origin", own)]), "{own}");
        }
        for foreign in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://localhost:8371.evil.example",
            "http://user@localhost",
            "file://",
        ] {
            assert!(!may_pass(&[host, ("origin", foreign)]), "{foreign}");
        }
        let twice = [host, ("origin", "http://localhost"), ("origin", "null")];
        assert!(!may_pass(&twice));
    }

    #[test]
    fn only_the_token_opens() {
        let check = |value| {
            let head = Head::of("/", &[("authorization", value)]);
            check_token(&head, TOKEN).is_ok()
        };
        assert!(check("Bearer lore-0a1b2c") && check("bearer lore-0a1b2c"));
        for wrong in [
            "Bearer lore-",
            "Bearer lore-0a1b2",
            "Bearer lore-0a1b2cd",
            "Bearer 0a1b2c",
            "Basic lore-0a1b2c",
            "lore-0a1b2c",
            "",
        ] {
            assert!(!check(wrong), "{wrong}");
        }
        assert!(check_token(&Head::default(), TOKEN).is_err());
    }
}
