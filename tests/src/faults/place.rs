//! What a file of the data folder is, in the words of the table.

use std::path::Path;

/// What a call of the kind `call` is about; `path` is below the data folder `root`, or beside it.
pub(super) fn of_call(root: &Path, call: &str, path: &Path) -> &'static str {
    match call {
        "spawn" => "start of a worker",
        "clock" => "clock",
        _ => of(root, path),
    }
}

/// The kind of thing at `path` below the data folder `root`.
pub(super) fn of(root: &Path, path: &Path) -> &'static str {
    let Ok(inside) = path.strip_prefix(root) else {
        return "files outside the data folder";
    };
    let mut parts = inside.iter().filter_map(|part| part.to_str());
    let first = parts.next().unwrap_or_default();
    let last = inside.file_name().and_then(|name| name.to_str());
    match first {
        "trash" => "trash",
        "datasets" => "data sets",
        "bank.lance" | "bank-windows.lance" => "experience bank",
        "adapters" => "adapters",
        "models" => "models",
        "worlds" => "saved servers",
        "jobs" | "experiments" => of_job(inside, last.unwrap_or_default()),
        _ if first.starts_with("settings.json") => "settings",
        _ if first.starts_with("queue.json") => "order of the queue",
        _ if first.starts_with("marks.json") => "marks",
        _ if first.starts_with("speed-") => "measured speeds",
        "lorekeeper.lock" => "lock of the folder",
        _ => "data folder",
    }
}

fn of_job(inside: &Path, last: &str) -> &'static str {
    if inside.iter().any(|part| part == "checkpoints") {
        return "checkpoints";
    }
    match last {
        "job.json" | "job.json.new" => "jobs: what is to be done",
        "events.jsonl" => "jobs: what happened",
        "worker.log" => "jobs: log",
        "experiment.json" | "experiment.json.new" => "experiments",
        _ if inside.starts_with("experiments") && inside.iter().count() <= 3 => "experiments",
        _ => "jobs: folders and results",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_words() {
        let of = |path: &str| of(Path::new("/d"), &Path::new("/d").join(path));
        assert_eq!(of("settings.json.new"), "settings");
        assert_eq!(of("jobs/x/events.jsonl"), "jobs: what happened");
        assert_eq!(of("jobs/x/checkpoints/step-1/state.json"), "checkpoints");
        assert_eq!(
            of("experiments/e/runs/x/job.json"),
            "jobs: what is to be done"
        );
        assert_eq!(of("experiments/e/report.html"), "experiments");
        assert_eq!(of("/elsewhere"), "files outside the data folder");
    }
}
