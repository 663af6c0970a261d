//! Progress bars in a terminal; plain lines when the output goes to a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;

use lore_protocol::{JobInfo, JobState, Progress};

/// Cells of a bar.
const WIDTH: u64 = 24;

/// What was written so far.
pub(super) struct Screen {
    is_terminal: bool,
    /// Lines of the last picture, which the next one covers.
    num_lines: usize,
    /// The last word about each job.
    said: BTreeMap<String, String>,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            num_lines: 0,
            said: BTreeMap::new(),
        }
    }

    /// Brings the terminal up to date: every job that ended or runs has a line.
    pub(super) fn show(&mut self, jobs: &[JobInfo]) {
        let mut shown: Vec<&JobInfo> = jobs.iter().filter(|job| job.started_ms.is_some()).collect();
        shown.sort_by_key(|job| job.started_ms);
        if self.is_terminal {
            self.paint(&shown);
        } else {
            self.tell(&shown);
        }
    }

    fn paint(&mut self, jobs: &[&JobInfo]) {
        if self.num_lines > 0 {
            eprint!("\x1b[{}A", self.num_lines);
        }
        for job in jobs {
            eprintln!("\r\x1b[2K{}", line(job));
        }
        self.num_lines = jobs.len();
    }

    /// A line whenever a job begins, does something else, or ends.
    fn tell(&mut self, jobs: &[&JobInfo]) {
        for job in jobs {
            let stage = job.progress.as_ref().map_or("", |p| p.stage.as_str());
            let word = match &job.state {
                JobState::Running => format!("running: {stage}"),
                ended => ended.label().to_owned(),
            };
            let id = job.spec.id.to_string();
            if self.said.get(&id) != Some(&word) {
                eprintln!("{}", line(job));
                self.said.insert(id, word);
            }
        }
    }
}

fn line(job: &JobInfo) -> String {
    let title = &job.spec.title;
    match (&job.state, &job.progress) {
        (JobState::Finished { summary }, _) => {
            format!("{title:<32} [{}] {summary}", bar(1, 1))
        }
        (JobState::Running | JobState::Stopping, Some(progress)) => {
            format!(
                "{title:<32} [{}] {}",
                bar(progress.done, progress.total),
                words(progress)
            )
        }
        (state, _) => format!("{title:<32} [{}] {}", bar(0, 1), state.label()),
    }
}

fn words(progress: &Progress) -> String {
    let Progress {
        stage,
        done,
        total,
        unit,
        secs_left,
    } = progress;
    let mut text = match total {
        0 => format!("{stage}, {done} {unit}"),
        total => format!("{stage}, {done}/{total} {unit}"),
    };
    if let Some(secs) = secs_left {
        write!(text, ", {} left", duration(*secs)).expect("text takes everything");
    }
    text
}

fn bar(done: u64, total: u64) -> String {
    let filled = (WIDTH * done.min(total)).checked_div(total).unwrap_or(0);
    (0..WIDTH)
        .map(|cell| if cell < filled { '#' } else { '.' })
        .collect()
}

/// `40 s`, `3 min`, `2 h 5 min`.
pub(super) fn duration(secs: f64) -> String {
    let minutes = (secs / 60.0).round() as u64;
    match minutes {
        0 => format!("{secs:.0} s"),
        1..60 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_only_when_all_is_done() {
        assert_eq!(bar(0, 0), ".".repeat(24), "nothing is known yet");
        assert_eq!(bar(12, 24), format!("{}{}", "#".repeat(12), ".".repeat(12)));
        assert_eq!(
            bar(30, 24),
            "#".repeat(24),
            "more than planned is not more than full"
        );
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration(12.0), "12 s");
        assert_eq!(duration(200.0), "3 min");
        assert_eq!(duration(7500.0), "2 h 5 min");
    }
}
