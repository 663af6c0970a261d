//! The report: one page of HTML that needs nothing else, not even a network.

use std::fmt::Write as _;

use lore_core::{ExperimentResults, ExperimentSpec};

use super::{Drawn, words};

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 16px/1.55 Inter, system-ui, sans-serif; color: #1c2430; background: #fff;
       max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #dde2ea; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.warning { background: #fff6e0; border-left: 4px solid #d98e04; padding: .7rem 1rem; margin: .8rem 0; }
figure { margin: 1.2rem 0; } figure svg { width: 100%; height: auto; }
figcaption, .quiet { color: #5a6676; font-size: .92rem; }
@media print { body { margin: 0 auto; } }
";

/// The whole page.
pub(super) fn html(
    spec: &ExperimentSpec,
    results: &ExperimentResults,
    figures: &[Drawn],
) -> String {
    let title = escape(&spec.name);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    paragraph(&mut page, "", &words::headline(results));
    for warning in words::warnings(spec, results) {
        paragraph(&mut page, "warning", &warning);
    }
    arms(&mut page, results);
    for figure in figures {
        push(
            &mut page,
            format_args!(
                "<h2>{}</h2>\n<figure>\n{}\n<figcaption>{}</figcaption>\n</figure>\n",
                escape(&figure.title),
                inline(&figure.svg),
                escape(&figure.caption)
            ),
        );
    }
    comparisons(&mut page, results);
    by_type(&mut page, results);
    recipe(&mut page, spec, results);
    page.push_str("</body>\n</html>\n");
    page
}

fn arms(page: &mut String, results: &ExperimentResults) {
    page.push_str(
        "<h2>What was compared</h2>\n<table>\n<tr><th>Arm</th><th>Success on seen types</th>\
         <th>Success on unseen types</th><th>Gap</th><th class=\"number\">Steps</th>\
         <th class=\"number\">Steps to success</th>\
         <th class=\"number\">Tokens</th><th class=\"number\">Seconds</th></tr>\n",
    );
    for arm in &results.arms {
        let number = |value: Option<f64>, decimals: usize| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
        };
        push(
            page,
            format_args!(
                "<tr><td><strong>{}</strong><br><span class=\"quiet\">{}</span></td><td>{}</td>\
                 <td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>\
                 <td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
                escape(&arm.arm.name),
                arm.arm.explanation(),
                words::with_interval(&arm.seen),
                words::with_interval(&arm.unseen),
                arm.seen
                    .minus(&arm.unseen)
                    .map_or_else(|| "–".to_owned(), |gap| words::points(&gap)),
                number(arm.mean_steps, 1),
                number(arm.mean_steps_success, 1),
                number(arm.mean_tokens, 0),
                number(arm.mean_secs, 1)
            ),
        );
    }
    page.push_str("</table>\n");
    paragraph(
        page,
        "quiet",
        "Behind each rate stand the episodes that succeeded, the episodes played and the 95 % Wilson \
         interval: rates that far apart are still compatible with what was seen. Plays of one task with \
         several seeds count as far as they are independent. The gap is seen minus unseen, in percentage \
         points, with Newcombe's 95 % interval. Steps, tokens and seconds are means per episode.",
    );
    if let Some(costs) = words::costs(results) {
        paragraph(page, "", &costs);
    }
}

fn comparisons(page: &mut String, results: &ExperimentResults) {
    if results.comparisons.is_empty() {
        return;
    }
    page.push_str("<h2>Task by task</h2>\n<ul>\n");
    for pair in &results.comparisons {
        let sentence = escape(&words::comparison(results, pair));
        push(page, format_args!("<li>{sentence}</li>\n"));
    }
    page.push_str("</ul>\n");
    paragraph(
        page,
        "quiet",
        "Both arms played the same tasks with the same seeds, so only tasks where they differ count. \
         p is the exact McNemar probability of a split at least this uneven between two equally good \
         arms (with several seeds the exact sign-flip test, which keeps plays of one task together); \
         corrected, it takes account of the number of comparisons on the same split (Holm). Intervals of \
         differences come from drawing whole tasks anew 10,000 times. What can be found is computed for a \
         power of 80 % at 5 %.",
    );
}

fn by_type(page: &mut String, results: &ExperimentResults) {
    let played: Vec<_> = results
        .arms
        .iter()
        .filter(|arm| arm.num_seeds > 0)
        .collect();
    let mut types: Vec<&str> = played
        .iter()
        .flat_map(|arm| arm.by_type.iter().map(|(name, _)| name.as_str()))
        .collect();
    types.sort_unstable();
    types.dedup();
    page.push_str("<h2>By task type</h2>\n<table>\n<tr><th>Task type</th>");
    for arm in &played {
        push(page, format_args!("<th>{}</th>", escape(&arm.arm.name)));
    }
    page.push_str("</tr>\n");
    for name in types {
        push(page, format_args!("<tr><td>{}</td>", escape(name)));
        for arm in &played {
            let rate = arm.by_type.iter().find(|(own, _)| own == name);
            let text = rate.map_or("–".to_owned(), |(_, rate)| words::with_interval(rate));
            push(page, format_args!("<td>{text}</td>"));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn recipe(page: &mut String, spec: &ExperimentSpec, results: &ExperimentResults) {
    let train = &spec.train;
    let lora = &train.lora;
    let limit = match train.max_steps {
        0 => String::new(),
        steps => format!(", at most {steps} optimiser steps"),
    };
    let seeds: Vec<String> = spec.seeds.iter().map(u64::to_string).collect();
    let rows = [
        ("Base model", spec.model.to_string()),
        ("Embedder", spec.embedder.to_string()),
        (
            lora.method(),
            format!(
                "rank {}, alpha {}, dropout {}, on {}",
                lora.rank,
                lora.alpha,
                lora.dropout,
                lora.target_modules
                    .iter()
                    .map(|module| module.name())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ),
        (
            "Training",
            format!(
                "{} epochs{limit}, batches of {}, learning rate {} ({}), at most {} tokens",
                train.epochs,
                train.batch_size,
                train.learning_rate,
                train.schedule.label(),
                train.max_tokens
            ),
        ),
        (
            "Retrieval",
            format!(
                "{} memories, {}; at test from {}",
                spec.retrieval.k,
                spec.retrieval.format.label(),
                spec.bank_at_test.label()
            ),
        ),
        ("Memories in training", train.memory_mix.summary()),
        ("Unseen types", spec.unseen_types.join(", ")),
        ("Seeds", seeds.join(", ")),
        ("Runs", results.runs.len().to_string()),
    ];
    page.push_str("<h2>How it was made</h2>\n<table>\n");
    for (name, value) in rows {
        let value = escape(&value);
        push(
            page,
            format_args!("<tr><th>{name}</th><td>{value}</td></tr>\n"),
        );
    }
    page.push_str("</table>\n");
}

fn paragraph(page: &mut String, class: &str, text: &str) {
    let text = escape(text);
    push(page, format_args!("<p class=\"{class}\">{text}</p>\n"));
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text)
        .expect("writing to a String does not fail");
}

/// An SVG file without its XML header, which may not stand inside HTML.
fn inline(svg: &str) -> &str {
    svg.find("<svg").map_or(svg, |start| &svg[start..])
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
