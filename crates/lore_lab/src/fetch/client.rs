//! The hub's HTTP interface.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body};

use lore_protocol::{ApiError, ErrorCode};

/// A hub at one address.
pub(super) struct Client {
    base: String,
    agent: Agent,
}

/// A repository at one commit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Repository {
    /// The commit.
    pub(super) commit: String,
    /// Every file's name.
    pub(super) files: Vec<String>,
    /// The licence its card names; empty when it names none.
    pub(super) license: String,
}

/// What the hub says about a file before it is fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FileHead {
    /// Bytes, where known.
    pub(super) size: Option<u64>,
    /// SHA-256 of the content, which the hub knows for large files.
    pub(super) sha256: Option<String>,
}

#[derive(Deserialize)]
struct RepositoryAnswer {
    sha: Option<String>,
    #[serde(default)]
    siblings: Vec<Sibling>,
    #[serde(default, rename = "cardData")]
    card: Option<Card>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

#[derive(Deserialize)]
struct Card {
    #[serde(default)]
    license: Option<serde_json::Value>,
}

impl Client {
    pub(super) fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_mins(1)))
            .http_status_as_error(false)
            .user_agent(concat!("lorekeeper/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            base: base.trim_end_matches('/').to_owned(),
            agent: config.into(),
        }
    }

    /// The files of `repo` at `revision`; an empty revision is the main branch.
    pub(super) fn repository(&self, repo: &str, revision: &str) -> Result<Repository> {
        let revision = if revision.is_empty() {
            "main"
        } else {
            revision
        };
        let url = format!("{}/api/models/{repo}/revision/{revision}", self.base);
        let response = self.agent.get(&url).call().map_err(offline)?;
        check_status(response.status(), repo)?;
        let text = response.into_body().read_to_string().map_err(offline)?;
        let answer: RepositoryAnswer = serde_json::from_str(&text)
            .context("The model hub answered something that is not understood.")?;
        let license = answer
            .card
            .and_then(|card| card.license)
            .and_then(|license| license.as_str().map(str::to_owned));
        Ok(Repository {
            commit: answer.sha.unwrap_or_else(|| revision.to_owned()),
            files: answer
                .siblings
                .into_iter()
                .map(|file| file.rfilename)
                .collect(),
            license: license.unwrap_or_default(),
        })
    }

    fn file_url(&self, repo: &str, commit: &str, file: &str) -> String {
        format!("{}/{repo}/resolve/{commit}/{file}", self.base)
    }

    /// Size and hash of a file. The hub tells the hash only in its own answer, not in that of the store
    /// it sends clients on to, so redirects are not followed.
    pub(super) fn head(&self, repo: &str, commit: &str, file: &str) -> Result<FileHead> {
        let response = self
            .agent
            .head(self.file_url(repo, commit, file))
            .config()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .call()
            .map_err(offline)?;
        if !response.status().is_redirection() {
            check_status(response.status(), repo)?;
        }
        let headers = response.headers();
        let etag = header(headers, "x-linked-etag").or_else(|| header(headers, "etag"));
        let sha256 = etag
            .map(|etag| {
                etag.trim_start_matches("W/")
                    .trim_matches('"')
                    .to_lowercase()
            })
            .filter(|etag| etag.len() == 64 && etag.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let length = header(headers, "x-linked-size").or_else(|| {
            // The length of a redirect's own page says nothing about the file.
            let own = !response.status().is_redirection();
            own.then(|| header(headers, "content-length")).flatten()
        });
        Ok(FileHead {
            size: length.and_then(|length| length.parse().ok()),
            sha256,
        })
    }

    /// The content of a file from byte `from` on. The answer's status says whether the hub did as asked
    /// (206) or sends everything (200).
    pub(super) fn open(
        &self,
        repo: &str,
        commit: &str,
        file: &str,
        from: u64,
    ) -> Result<Response<Body>> {
        let mut request = self.agent.get(self.file_url(repo, commit, file));
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        let response = request.call().map_err(offline)?;
        if response.status() != StatusCode::RANGE_NOT_SATISFIABLE {
            check_status(response.status(), repo)?;
        }
        Ok(response)
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// A connection that fails is the network's fault until shown otherwise.
pub(super) fn offline(error: impl Into<anyhow::Error>) -> anyhow::Error {
    error.into().context(ApiError::with_code(
        ErrorCode::Offline,
        "The model hub cannot be reached. Check the network and try again; what has arrived is kept.",
    ))
}

fn check_status(status: StatusCode, repo: &str) -> Result<()> {
    let sentence = match status.as_u16() {
        200..=299 => return Ok(()),
        401 | 403 => format!(
            "{repo:?} does not exist or its makers want you to accept their terms first. Accept them on \
             the hub's web page, download the files with a browser, and add the folder here."
        ),
        404 => format!("The hub has no model {repo:?} of that revision. Check the name."),
        429 => "The hub asks to slow down. Try again in a few minutes.".to_owned(),
        500..=599 => "The model hub has a problem of its own. Try again later.".to_owned(),
        _ => "The model hub gave an unexpected answer.".to_owned(),
    };
    let code = match status.as_u16() {
        429 | 500..=599 => ErrorCode::Offline,
        401 | 403 | 404 => ErrorCode::NotFound,
        _ => ErrorCode::Other,
    };
    Err(anyhow!("HTTP status {status}").context(ApiError::with_code(code, sentence)))
}
