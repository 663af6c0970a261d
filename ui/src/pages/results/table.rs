//! The numbers behind the chart: by arm, and by task type.

use egui::Ui;
use lore_core::{ArmSummary, ExperimentResults, ExperimentSpec, Proportion};

use crate::context::Ctx;
use crate::format;
use crate::widgets::{Card, Cell, Column, DataTable, Row};

/// One row an arm.
pub(super) fn arms_ui(ctx: &Ctx<'_>, ui: &mut Ui, results: &ExperimentResults) {
    let tokens = ctx.tokens;
    let mut columns = vec![
        Column::flex("Arm", 2.0, 120.0),
        Column::flex("Seen types", 3.0, 150.0).help("Success on task types that training used"),
        Column::flex("Unseen types", 3.0, 150.0)
            .help("Success on task types that training never saw"),
        Column::exact("Steps", 64.0)
            .right()
            .help("Mean actions of an episode"),
        Column::exact("To the goal", 84.0)
            .right()
            .help("Mean actions of the episodes that reached their goal"),
        Column::exact("Tokens", 72.0)
            .right()
            .help("Mean tokens of an episode, read and written"),
        Column::exact("Time", 64.0)
            .right()
            .help("Mean time of an episode"),
        Column::exact("Seeds", 56.0).right(),
    ];
    let costs = results.arms.iter().any(|arm| arm.cost.is_some());
    if costs {
        let cost = Column::exact("Cost", 72.0).right();
        columns.push(
            cost.help("What all its episodes cost at the prices of its server, in US dollars"),
        );
    }
    Card::titled("By arm").tight().show(ui, tokens, |ui| {
        DataTable::new("Results by arm", &columns, results.arms.len())
            .height(f32::INFINITY)
            .show(ui, tokens, |index| arm_row(&results.arms[index], costs));
        ui.add_space(tokens.space.s);
    });
}

fn arm_row(arm: &ArmSummary, costs: bool) -> Row {
    let number =
        |value: Option<f64>| value.map_or(Cell::Empty, |it| Cell::Text(format::number(it)));
    let mut cells = vec![
        Cell::Text(arm.arm.name.clone()),
        rate(&arm.seen),
        rate(&arm.unseen),
        number(arm.mean_steps),
        number(arm.mean_steps_success),
        arm.mean_tokens.map_or(Cell::Empty, |tokens| {
            Cell::Muted(format::short_count(tokens as u64))
        }),
        arm.mean_secs
            .map_or(Cell::Empty, |secs| Cell::Muted(format::duration(secs))),
        match arm.num_seeds {
            0 => Cell::Empty,
            num => Cell::Muted(num.to_string()),
        },
    ];
    if costs {
        let cost = arm.cost.map(|cost| Cell::Muted(format::dollars(cost)));
        cells.push(cost.unwrap_or(Cell::Empty));
    }
    Row::new(cells)
}

fn rate(proportion: &Proportion) -> Cell {
    match proportion.rate() {
        None => Cell::Muted("not played yet".to_owned()),
        Some(rate) => Cell::Text(format!(
            "{} ({} of {})",
            format::percent(rate),
            proportion.successes,
            proportion.n
        )),
    }
}

/// One row a task type, one column an arm; unseen types are marked.
pub(super) fn types_ui(
    ctx: &Ctx<'_>,
    ui: &mut Ui,
    spec: &ExperimentSpec,
    results: &ExperimentResults,
) {
    let tokens = ctx.tokens;
    let mut types: Vec<&str> = results
        .arms
        .iter()
        .flat_map(|arm| arm.by_type.iter().map(|(name, _)| name.as_str()))
        .collect();
    types.sort_unstable();
    types.dedup();
    types.sort_by_key(|name| spec.is_unseen(name));
    if results.arms.len() > types.len() {
        return arms_by_type_ui(ctx, ui, &types, results);
    }
    let mut columns = vec![
        Column::flex("Task type", 2.0, 130.0),
        Column::exact("Split", 72.0),
    ];
    columns.extend(
        results
            .arms
            .iter()
            .map(|arm| Column::flex(&arm.arm.name, 1.5, 90.0)),
    );
    Card::titled("By task type").tight().show(ui, tokens, |ui| {
        DataTable::new("Results by task type", &columns, types.len()).show(ui, tokens, |index| {
            let name = types[index];
            let split = if spec.is_unseen(name) {
                "unseen"
            } else {
                "seen"
            };
            let mut cells = vec![
                Cell::Text(format::task_type(name)),
                Cell::Muted(split.to_owned()),
            ];
            cells.extend(results.arms.iter().map(|arm| of_type(arm, name)));
            Row::new(cells)
        });
        ui.add_space(tokens.space.s);
    });
}

/// The same the other way round, for more arms than task types.
fn arms_by_type_ui(ctx: &Ctx<'_>, ui: &mut Ui, types: &[&str], results: &ExperimentResults) {
    let tokens = ctx.tokens;
    let titles: Vec<String> = types.iter().map(|name| format::task_type(name)).collect();
    let mut columns = vec![Column::flex("Arm", 2.5, 150.0)];
    columns.extend(titles.iter().map(|title| Column::flex(title, 1.5, 90.0)));
    Card::titled("By task type").tight().show(ui, tokens, |ui| {
        let arms = &results.arms;
        DataTable::new("Results by task type", &columns, arms.len()).show(ui, tokens, |index| {
            let arm = &arms[index];
            let mut cells = vec![Cell::Text(arm.arm.name.clone())];
            cells.extend(types.iter().map(|name| of_type(arm, name)));
            Row::new(cells)
        });
        ui.add_space(tokens.space.s);
    });
}

fn of_type(arm: &ArmSummary, name: &str) -> Cell {
    let found = arm.by_type.iter().find(|(known, _)| known == name);
    let Some((_, proportion)) = found else {
        return Cell::Empty;
    };
    proportion.rate().map_or(Cell::Empty, |rate| {
        let words = format!("{}/{}", proportion.successes, proportion.n);
        Cell::Bar(rate as f32, words)
    })
}
