//! From episodes to rows and cells. Pure.

use lore_core::{EpisodeEnd, EpisodeSummary, JobId, SplitKind, TaskId, TrajectoryId};

/// A job that plays, and what it has played.
#[derive(Clone, Debug)]
pub(super) struct Play<'a> {
    /// The arm.
    pub(super) name: &'a str,
    /// The seed.
    pub(super) seed: u64,
    /// The job.
    pub(super) job: &'a JobId,
    /// True while it plays.
    pub(super) is_running: bool,
    /// Its episodes.
    pub(super) episodes: Vec<&'a EpisodeSummary>,
}

/// Rows of cells, all of the same length: seen tasks first, then unseen ones.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    /// Seen and unseen tasks.
    pub(super) num_columns: [usize; 2],
    /// One row a job.
    pub(super) rows: Vec<Row>,
}

/// One arm with one seed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Arm and seed.
    pub(super) title: String,
    /// The job.
    pub(super) job: JobId,
    /// A cell a task.
    pub(super) cells: Vec<Cell>,
}

/// One task.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    /// How it stands.
    pub(super) state: CellState,
    /// The episode, once played.
    pub(super) trajectory: Option<TrajectoryId>,
    /// All of it in words.
    pub(super) words: String,
}

/// How a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CellState {
    /// Not played yet.
    #[default]
    Waiting,
    /// Being played now.
    Running,
    /// The goal was reached.
    Won,
    /// It was not.
    Lost,
}

impl Matrix {
    /// `planned` are the numbers of seen and unseen tasks; more columns are made when more were
    /// played. The same task has the same column in every row.
    pub(super) fn new(planned: [usize; 2], plays: &[Play<'_>]) -> Self {
        let tasks = [SplitKind::Seen, SplitKind::Unseen].map(|split| order(plays, split));
        let num_columns = [0, 1].map(|group| planned[group].max(tasks[group].len()));
        let several_seeds = plays.iter().any(|play| play.seed != plays[0].seed);
        let rows = plays
            .iter()
            .map(|play| row(play, &tasks, num_columns, several_seeds))
            .collect();
        Self { num_columns, rows }
    }
}

/// The tasks of a kind, in the order in which any row first played them.
fn order<'a>(plays: &[Play<'a>], split: SplitKind) -> Vec<&'a TaskId> {
    let mut tasks: Vec<&TaskId> = Vec::new();
    for episode in plays.iter().flat_map(|play| &play.episodes) {
        if episode.split == split && !tasks.contains(&&episode.task) {
            tasks.push(&episode.task);
        }
    }
    tasks
}

fn row(
    play: &Play<'_>,
    tasks: &[Vec<&TaskId>; 2],
    num_columns: [usize; 2],
    several_seeds: bool,
) -> Row {
    let mut cells = vec![Cell::default(); num_columns[0] + num_columns[1]];
    for episode in &play.episodes {
        let group = usize::from(episode.split == SplitKind::Unseen);
        let place = tasks[group].iter().position(|task| **task == episode.task);
        let column = place.map(|place| place + group * num_columns[0]);
        if let Some(cell) = column.and_then(|column| cells.get_mut(column)) {
            *cell = cell_of(play.name, episode);
        }
    }
    if play.is_running
        && let Some(next) = cells
            .iter_mut()
            .find(|cell| cell.state == CellState::Waiting)
    {
        next.state = CellState::Running;
    }
    Row {
        title: if several_seeds {
            format!("{}, {}", play.name, play.seed)
        } else {
            play.name.to_owned()
        },
        job: play.job.clone(),
        cells,
    }
}

fn cell_of(arm: &str, episode: &EpisodeSummary) -> Cell {
    let won = episode.end == EpisodeEnd::Success;
    Cell {
        state: if won { CellState::Won } else { CellState::Lost },
        trajectory: Some(episode.trajectory.clone()),
        words: format!(
            "{arm}: {} ({}, {} steps)",
            episode.goal,
            episode.end.label(),
            episode.num_steps
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn episode(task: &str, split: SplitKind, won: bool) -> EpisodeSummary {
        EpisodeSummary {
            task: task.into(),
            split,
            end: if won {
                EpisodeEnd::Success
            } else {
                EpisodeEnd::Truncated
            },
            ..EpisodeSummary::default()
        }
    }

    fn states(row: &Row) -> Vec<CellState> {
        row.cells.iter().map(|cell| cell.state).collect()
    }

    #[test]
    fn a_task_has_one_column_in_every_row() {
        use CellState::{Lost, Running, Waiting, Won};
        let a = episode("a", SplitKind::Seen, true);
        let b = episode("b", SplitKind::Seen, false);
        let u = episode("u", SplitKind::Unseen, true);
        let job = JobId::from("job");
        let play = |episodes, is_running| Play {
            name: "LoRA",
            seed: 1,
            job: &job,
            is_running,
            episodes,
        };
        let plays = [play(vec![&a, &b, &u], false), play(vec![&b], true)];
        let matrix = Matrix::new([2, 2], &plays);
        assert_eq!(matrix.num_columns, [2, 2]);
        assert_eq!(states(&matrix.rows[0]), [Won, Lost, Won, Waiting]);
        assert_eq!(states(&matrix.rows[1]), [Running, Lost, Waiting, Waiting]);
    }

    #[test]
    fn more_tasks_than_planned_get_columns() {
        let a = episode("a", SplitKind::Seen, true);
        let job = JobId::from("job");
        let play = Play {
            name: "LoRA",
            seed: 1,
            job: &job,
            is_running: false,
            episodes: vec![&a],
        };
        assert_eq!(Matrix::new([0, 0], &[play]).num_columns, [1, 0]);
        assert_eq!(Matrix::new([3, 4], &[]).rows, []);
    }
}
