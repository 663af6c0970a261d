//! Installing Java worlds: from a file, from this machine's Python, or from the package index.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use ureq::Agent;

use lore_core::{JavaWorld, Watcher as _};
use lore_env::Installed;
use lore_protocol::{ApiError, ErrorCode, InstallWork, JavaSource};

use crate::{Job, Outcome};

/// A file of the package index, by name and SHA-256.
struct Wheel {
    project: &'static str,
    file: &'static str,
    sha256: &'static str,
}

/// The wheels that were tried.
const SCIENCEWORLD: Wheel = Wheel {
    project: "scienceworld",
    file: "scienceworld-1.2.3-py3-none-any.whl",
    sha256: "e9737b9d099bfaad90ef053ad6ac1d795e2063ed320efdfc0e9d9c8b5bebf419",
};
const TEXTWORLD_EXPRESS: Wheel = Wheel {
    project: "textworld-express",
    file: "textworld_express-1.1.0-py3-none-any.whl",
    sha256: "52a03527b8ac17f0ca007728a4e5c2f4462d58249d31b20b0899e27c19b2c28e",
};
const PY4J: Wheel = Wheel {
    project: "py4j",
    file: "py4j-0.10.9.9-py2.py3-none-any.whl",
    sha256: "c7c26e4158defb37b0bb124933163641a2ff6e3a3913f7811b0ddbe07ed61533",
};

/// The largest file that is fetched.
const MAX_WHEEL: u64 = 64 << 20;

/// Installs what the work names.
pub(crate) fn run(job: &mut Job<'_>, work: &InstallWork) -> Result<Outcome> {
    match &work.source {
        JavaSource::File { path } => {
            let what = lore_env::install(job.data, path.as_ref())?;
            let name = match what {
                Installed::World(world) => world.label(),
                Installed::Gateway => "py4j",
            };
            Ok(Outcome::finished(format!("{name} is installed.")))
        }
        JavaSource::Package { world } => {
            let jars = lore_env::installed_in_python(*world);
            let from = if jars.is_empty() {
                fetch(job, *world)?;
                "the package index"
            } else {
                for jar in &jars {
                    lore_env::install(job.data, jar)?;
                }
                "this computer's Python"
            };
            Ok(Outcome::finished(format!(
                "{} is installed, from {from}.",
                world.label()
            )))
        }
    }
}

/// Fetches a world's wheel and py4j's, checks them by hash and installs them.
fn fetch(job: &mut Job<'_>, world: JavaWorld) -> Result<()> {
    let wheel = match world {
        JavaWorld::ScienceWorld => &SCIENCEWORLD,
        JavaWorld::TextWorldExpress => &TEXTWORLD_EXPRESS,
    };
    let config = Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .user_agent(concat!("lorekeeper/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent: Agent = config.into();
    for (done, wheel) in [&PY4J, wheel].into_iter().enumerate() {
        job.relay.progress("Get", done as u64, 2, "files");
        let bytes = get(&agent, &job.options.index_url, wheel)?;
        let path = place(&job.folder(), wheel, &bytes)?;
        let installed = lore_env::install(job.data, &path);
        // Harmless where it cannot be removed: it lies in the job's own folder.
        fs::remove_file(&path).ok();
        installed?;
    }
    Ok(())
}

/// Writes a fetched file into `folder` and returns where.
fn place(folder: &Path, wheel: &Wheel, bytes: &[u8]) -> Result<PathBuf> {
    let path = folder.join(wheel.file);
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::File::create(&path)?.write_all(bytes)
    };
    write().with_context(|| format!("Could not write {}.", path.display()))?;
    Ok(path)
}

/// The bytes of a wheel, checked by hash.
fn get(agent: &Agent, index: &str, wheel: &Wheel) -> Result<Vec<u8>> {
    let page = format!("{}/simple/{}/", index.trim_end_matches('/'), wheel.project);
    let listing = agent.get(&page).call().map_err(offline)?;
    let listing = listing.into_body().read_to_string().map_err(offline)?;
    let link = link_of(&listing, wheel.file)
        .with_context(|| format!("The package index has no file {} any more.", wheel.file))?;
    let url = absolute(&page, link);
    let answer = agent.get(&url).call().map_err(offline)?;
    let mut bytes = Vec::new();
    let mut body = answer.into_body().into_reader().take(MAX_WHEEL);
    body.read_to_end(&mut bytes).map_err(offline)?;
    if format!("{:x}", Sha256::digest(&bytes)) != wheel.sha256 {
        bail!(
            "{} is not the file that was tried with this program; nothing was installed.",
            wheel.file
        );
    }
    Ok(bytes)
}

/// The target of the link called `file` in a listing (PEP 503), without its fragment.
fn link_of<'a>(listing: &'a str, file: &str) -> Option<&'a str> {
    listing.split("<a ").find_map(|anchor| {
        let (_, rest) = anchor.split_once("href=\"")?;
        let (link, rest) = rest.split_once('"')?;
        let (_, rest) = rest.split_once('>')?;
        let (name, _) = rest.split_once('<')?;
        (name.trim() == file).then(|| link.split('#').next().unwrap_or(link))
    })
}

/// A link as seen from the page it stands on.
fn absolute(page: &str, link: &str) -> String {
    if link.contains("://") {
        return link.to_owned();
    }
    let host_end = page
        .find("://")
        .and_then(|scheme| page[scheme + 3..].find('/').map(|slash| scheme + 3 + slash))
        .unwrap_or(page.len());
    if link.starts_with('/') {
        return format!("{}{link}", &page[..host_end]);
    }
    let mut base = page.trim_end_matches('/');
    let mut link = link;
    while let Some(rest) = link.strip_prefix("../") {
        link = rest;
        base = base.rsplit_once('/').map_or(base, |(parent, _)| parent);
    }
    format!("{base}/{link}")
}

fn offline(error: impl Into<anyhow::Error>) -> anyhow::Error {
    error.into().context(ApiError::with_code(
        ErrorCode::Offline,
        "The package index cannot be reached. Check the network, or download the wheels with a browser \
         and add them here.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_followed_from_where_they_stand() {
        let listing = r#"<a href="a-1.whl#sha256=0">a-1.whl</a>
            <a data-requires-python="&gt;=3" href="../../packages/x/b-1.whl#sha256=1">b-1.whl</a>"#;
        assert_eq!(link_of(listing, "a-1.whl"), Some("a-1.whl"));
        let link = link_of(listing, "b-1.whl").unwrap();
        let page = "https://index.example/simple/b/";
        assert_eq!(
            absolute(page, link),
            "https://index.example/packages/x/b-1.whl"
        );
        assert_eq!(absolute(page, "/y"), "https://index.example/y");
        assert_eq!(absolute(page, "http://z/y"), "http://z/y");
        assert_eq!(link_of(listing, "c-1.whl"), None);
    }

    /// An index that lists one file, at a path of its own.
    fn index(file: &'static str, content: &'static str) -> String {
        use std::io::{BufRead as _, BufReader};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serve = move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                while lines
                    .next()
                    .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
                {}
                let body = if first.contains("/simple/") {
                    format!("<a href=\"../../files/{file}#sha256=0\">{file}</a>")
                } else {
                    content.to_owned()
                };
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
                write!(stream, "{head} {length}\r\n\r\n{body}").unwrap();
            }
        };
        let named = std::thread::Builder::new().name("index".into());
        named.spawn(serve).unwrap();
        format!("http://{address}")
    }

    #[test]
    fn only_the_file_that_was_tried_is_taken() {
        let mut wheel = Wheel {
            project: "hello",
            file: "hello-1.whl",
            sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        };
        let agent = Agent::new_with_defaults();
        let index = index("hello-1.whl", "hello");
        assert_eq!(get(&agent, &index, &wheel).unwrap(), b"hello");
        wheel.sha256 = "0000";
        let error = get(&agent, &index, &wheel).unwrap_err().to_string();
        assert!(error.contains("nothing was installed"), "{error}");
        wheel.file = "hello-2.whl";
        assert!(get(&agent, &index, &wheel).is_err());
    }
}
