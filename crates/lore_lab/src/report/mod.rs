//! An experiment's numbers, figures and report.

mod figure;
mod gather;
mod page;
mod table;
mod words;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use lore_core::{DataDir, ExperimentResults, ExperimentSpec, Watcher};
use lore_protocol::ReportWork;

use crate::files::{read_json, write_atomic, write_json};
use crate::{Job, Outcome};
use figure::Figure;

/// Pools the finished runs of the experiment and writes `results.json`, `results.csv`, `results.tex`,
/// `comparisons.csv`, `comparisons.tex`, `figures/*.svg`, `figures/*.png` and `report.html` into its folder.
pub(crate) fn run(job: &mut Job<'_>, work: &ReportWork) -> Result<Outcome> {
    let data = job.data.clone();
    let folder = data.experiment(&work.experiment);
    let spec: ExperimentSpec = read_json(&folder.join("experiment.json"))
        .context("Could not read the experiment's plan. It may have been deleted.")?;
    let total = 4;
    job.relay.progress("Collect the numbers", 0, total, "parts");
    let gathered = gather::runs(&data, &work.experiment)?;
    for warning in gathered.warnings {
        job.relay.warn(warning);
    }
    ensure!(
        !gathered.runs.is_empty(),
        "No run of this experiment has finished yet, so there is nothing to report."
    );
    let results = ExperimentResults::from_runs(&spec, gathered.runs);
    write_json(&folder.join("results.json"), &results)?;
    job.relay.progress("Write the tables", 1, total, "parts");
    write_atomic(&folder.join("results.csv"), table::csv(&results).as_bytes())?;
    write_atomic(&folder.join("results.tex"), table::tex(&results).as_bytes())?;
    write_atomic(
        &folder.join("comparisons.csv"),
        table::comparisons_csv(&results).as_bytes(),
    )?;
    write_atomic(
        &folder.join("comparisons.tex"),
        table::comparisons_tex(&results).as_bytes(),
    )?;
    job.relay.progress("Draw the figures", 2, total, "parts");
    let figures = draw(&data, &spec, &results, &folder.join("figures"))?;
    job.relay.progress("Write the report", 3, total, "parts");
    let html = page::html(&spec, &results, &figures);
    write_atomic(&folder.join("report.html"), html.as_bytes())?;
    job.relay
        .progress("Write the report", total, total, "parts");
    Ok(Outcome::finished(words::headline(&results)))
}

/// A figure that was drawn.
pub(crate) struct Drawn {
    /// What it shows, for people.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) caption: String,
    /// The drawing.
    pub(crate) svg: String,
}

fn draw(
    data: &DataDir,
    spec: &ExperimentSpec,
    results: &ExperimentResults,
    folder: &Path,
) -> Result<Vec<Drawn>> {
    let curves = gather::loss_curves(data, &spec.id)?;
    let mut figures = vec![Figure::rates(results), Figure::heat(spec, results)];
    figures.extend(Figure::turned(spec, results));
    if !curves.is_empty() {
        figures.push(Figure::curves(curves));
    }
    figures
        .iter()
        .map(|figure| {
            let svg = figure
                .save(folder)
                .with_context(|| format!("Could not draw the figure {:?}.", figure.title()))?;
            Ok(Drawn {
                title: figure.title().to_owned(),
                caption: figure.caption().to_owned(),
                svg,
            })
        })
        .collect()
}
