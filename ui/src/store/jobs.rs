//! Jobs, kept current line by line. Lines are numbered by their job, so a line that comes twice
//! changes nothing and the order of arrival does not matter.

use std::collections::BTreeMap;

use lore_core::{EpisodeSummary, JobId};
use lore_protocol::{JobEvent, JobInfo, JobLine, JobState, MetricPoint};

/// Lines kept per job; older ones can be asked for.
const MAX_LINES: usize = 2000;

/// A job and what it said.
#[derive(Clone, Debug)]
pub struct JobRecord {
    /// As the list shows it, kept current.
    pub info: JobInfo,
    /// What it said, by number.
    pub lines: BTreeMap<u64, JobLine>,
    series: BTreeMap<String, Vec<MetricPoint>>,
}

impl JobRecord {
    fn new(info: JobInfo) -> Self {
        Self {
            info,
            lines: BTreeMap::new(),
            series: BTreeMap::new(),
        }
    }

    /// A metric so far, in order of steps: what was fetched, then what came since.
    pub fn series(&self, name: &str) -> &[MetricPoint] {
        self.series.get(name).map_or(&[], Vec::as_slice)
    }

    /// Episodes among the lines that are here, oldest first.
    pub fn episodes(&self) -> impl DoubleEndedIterator<Item = &EpisodeSummary> {
        self.lines.values().filter_map(|line| match &line.event {
            JobEvent::Episode { episode } => Some(episode),
            _ => None,
        })
    }

    /// How much is done, from 0 to 1; `None` while that cannot be said.
    pub fn fraction(&self) -> Option<f32> {
        if matches!(self.info.state, JobState::Finished { .. }) {
            return Some(1.0);
        }
        let progress = self.info.progress.as_ref()?;
        (progress.total > 0).then(|| (progress.done as f32 / progress.total as f32).min(1.0))
    }

    /// Seconds left, by the job's own words.
    pub fn secs_left(&self) -> Option<f64> {
        self.info.progress.as_ref().and_then(|p| p.secs_left)
    }

    /// Seconds between the start and the end, or the last line.
    pub fn secs_spent(&self) -> Option<f64> {
        let start = self.info.started_ms?;
        let last_line = self.lines.values().next_back().map(|line| line.ms);
        let end = self.info.ended_ms.or(last_line)?;
        Some(end.saturating_sub(start) as f64 / 1000.0)
    }

    fn add(&mut self, line: JobLine) {
        if self.lines.contains_key(&line.seq) {
            return;
        }
        if let JobEvent::Metric { name, step, value } = &line.event {
            self.add_point(
                name,
                MetricPoint {
                    step: *step,
                    value: *value,
                },
            );
        }
        if line.seq > self.info.last_seq {
            self.info.last_seq = line.seq;
            fold(&mut self.info, &line);
        }
        self.lines.insert(line.seq, line);
        if self.lines.len() > MAX_LINES {
            self.lines.pop_first();
        }
    }

    fn add_point(&mut self, name: &str, point: MetricPoint) {
        if !self.info.metrics.iter().any(|known| known == name) {
            self.info.metrics.push(name.to_owned());
            self.info.metrics.sort();
        }
        let series = self.series.entry(name.to_owned()).or_default();
        // Nearly always the newest: a resumed job may say a step again.
        let index = series.partition_point(|known| known.step < point.step);
        match series.get_mut(index) {
            Some(known) if known.step == point.step => *known = point,
            _ => series.insert(index, point),
        }
    }
}

/// Brings a job up to date with a line it said.
fn fold(info: &mut JobInfo, line: &JobLine) {
    match &line.event {
        JobEvent::Hello { .. } => {
            info.state = JobState::Running;
            info.started_ms = Some(line.ms);
            info.ended_ms = None;
        }
        JobEvent::Progress(progress) => info.progress = Some(progress.clone()),
        JobEvent::Checkpoint { .. } => info.has_checkpoint = true,
        JobEvent::Gradients { certificate } => info.certificate = Some(certificate.clone()),
        JobEvent::Trial { trial } => info.note_trial(trial),
        JobEvent::Finished { summary } => {
            let summary = summary.clone();
            info.state = JobState::Finished { summary };
        }
        JobEvent::Cancelled { resumable } => {
            info.state = JobState::Cancelled {
                resumable: *resumable,
            };
        }
        JobEvent::Failed { error } => {
            let error = error.clone();
            info.state = JobState::Failed { error };
        }
        JobEvent::Metric { .. }
        | JobEvent::Message { .. }
        | JobEvent::Episode { .. }
        | JobEvent::Speed { .. } => {}
    }
    if line.event.is_terminal() {
        info.ended_ms = Some(line.ms);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Jobs {
    order: Vec<JobId>,
    records: BTreeMap<JobId, JobRecord>,
}

impl Jobs {
    pub(super) fn replace(&mut self, list: &[JobInfo]) {
        self.order = list.iter().map(|info| info.spec.id.clone()).collect();
        let mut old = std::mem::take(&mut self.records);
        for info in list {
            let record = match old.remove(&info.spec.id) {
                // What was heard live may be ahead of a list made a moment ago.
                Some(record) if record.info.last_seq > info.last_seq => record,
                Some(record) => JobRecord {
                    info: info.clone(),
                    ..record
                },
                None => JobRecord::new(info.clone()),
            };
            self.records.insert(info.spec.id.clone(), record);
        }
    }

    /// Takes in a line; false when the job is not known.
    pub(super) fn add_line(&mut self, job: &JobId, line: JobLine) -> bool {
        match self.records.get_mut(job) {
            Some(record) => {
                record.add(line);
                true
            }
            None => false,
        }
    }

    pub(super) fn add_series(&mut self, job: &JobId, name: &str, points: &[MetricPoint]) {
        let Some(record) = self.records.get_mut(job) else {
            return;
        };
        let last = points.last().map_or(0, |point| point.step);
        let mut merged = points.to_vec();
        if let Some(known) = record.series.get(name) {
            merged.extend(known.iter().filter(|point| point.step > last));
        }
        record.series.insert(name.to_owned(), merged);
    }

    /// Every job: running, then waiting in order, then ended, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &JobRecord> {
        self.order.iter().filter_map(|id| self.records.get(id))
    }

    /// One job.
    pub fn get(&self, id: &JobId) -> Option<&JobRecord> {
        self.records.get(id)
    }

    /// Jobs that are at work or saving.
    pub fn running(&self) -> impl Iterator<Item = &JobRecord> {
        self.iter()
            .filter(|record| matches!(record.info.state, JobState::Running | JobState::Stopping))
    }

    /// Jobs that wait for their turn.
    pub fn num_waiting(&self) -> usize {
        self.iter()
            .filter(|record| record.info.state == JobState::Queued)
            .count()
    }
}
