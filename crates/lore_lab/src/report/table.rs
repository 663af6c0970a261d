//! The numbers as tables for spreadsheets and papers.

use std::fmt::Write as _;

use lore_core::{ArmSummary, ExperimentResults, Proportion};

/// One line for each arm and part: all seen types, all unseen types, then every task type.
pub(super) fn csv(results: &ExperimentResults) -> String {
    let mut text = String::from(
        "arm,name,part,successes,episodes,rate,low_95,high_95,seeds,mean_steps,mean_steps_success,\
         mean_tokens,mean_secs,cost_usd\n",
    );
    for arm in &results.arms {
        for (part, proportion) in parts(arm) {
            let row = [
                field(&arm.arm.id),
                field(&arm.arm.name),
                field(&part),
                proportion.successes.to_string(),
                proportion.n.to_string(),
                number(proportion.rate(), 4),
                format!("{:.4}", proportion.low),
                format!("{:.4}", proportion.high),
                arm.num_seeds.to_string(),
                number(arm.mean_steps, 2),
                number(arm.mean_steps_success, 2),
                number(arm.mean_tokens, 0),
                number(arm.mean_secs, 2),
                number(arm.cost, 4),
            ];
            text.push_str(&row.join(","));
            text.push('\n');
        }
    }
    text
}

/// One line for each pair of arms and split.
pub(super) fn comparisons_csv(results: &ExperimentResults) -> String {
    let mut text = String::from(
        "a,b,split,pairs,only_a,only_b,difference_b_minus_a,low_95,high_95,p_exact,p_holm,\
         smallest_detectable\n",
    );
    for pair in &results.comparisons {
        let row = [
            field(&pair.a),
            field(&pair.b),
            field(pair.split.label()),
            pair.n.to_string(),
            pair.only_a.to_string(),
            pair.only_b.to_string(),
            format!("{:.4}", pair.difference.value),
            format!("{:.4}", pair.difference.low),
            format!("{:.4}", pair.difference.high),
            format!("{:.6}", pair.p_value),
            format!("{:.6}", pair.p_corrected),
            number(pair.smallest_detectable, 4),
        ];
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

/// A table of the paired comparisons that needs no package.
pub(super) fn comparisons_tex(results: &ExperimentResults) -> String {
    let name = |id: &str| {
        let arm = results.arms.iter().find(|arm| arm.arm.id == id);
        escape(arm.map_or(id, |arm| arm.arm.name.as_str()))
    };
    let mut text = String::from(
        "% Differences (second minus first) in percentage points with 95 % bootstrap intervals over whole\n\
         % tasks; p exact (McNemar, sign-flip over tasks with several seeds), then corrected (Holm).\n\
         \\begin{tabular}{lllrrrr}\n\\hline\n\
         First & Second & Types & $n$ & Difference & $p$ & corrected \\\\\n\\hline\n",
    );
    for pair in &results.comparisons {
        writeln!(
            text,
            "{} & {} & {} & {} & {:+.1} [{:+.1}, {:+.1}] & {:.3} & {:.3} \\\\",
            name(&pair.a),
            name(&pair.b),
            escape(pair.split.label()),
            pair.n,
            pair.difference.value * 100.0,
            pair.difference.low * 100.0,
            pair.difference.high * 100.0,
            pair.p_value,
            pair.p_corrected
        )
        .expect("writing to a String does not fail");
    }
    text.push_str("\\hline\n\\end{tabular}\n");
    text
}

fn parts(arm: &ArmSummary) -> Vec<(String, Proportion)> {
    let mut parts = vec![
        ("seen types".to_owned(), arm.seen),
        ("unseen types".to_owned(), arm.unseen),
    ];
    parts.extend(arm.by_type.iter().cloned());
    parts
}

/// Nothing stays an empty field; a missing number is not zero.
fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(String::new, |value| format!("{value:.decimals$}"))
}

/// A field as RFC 4180 wants it.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A table of arms by seen and unseen types and their gap, with 95 % intervals, that needs no package.
pub(super) fn tex(results: &ExperimentResults) -> String {
    let mut text = String::from(
        "% Success in per cent with 95 % Wilson intervals; n is the number of episodes. The gap is seen\n\
         % minus unseen in percentage points, with Newcombe's interval.\n\
         \\begin{tabular}{lrrrrr}\n\\hline\n\
         Arm & Seen types & $n$ & Unseen types & $n$ & Gap \\\\\n\\hline\n",
    );
    for arm in &results.arms {
        writeln!(
            text,
            "{} & {} & {} & {} & {} & {} \\\\",
            escape(&arm.arm.name),
            percent(&arm.seen),
            arm.seen.n,
            percent(&arm.unseen),
            arm.unseen.n,
            gap(arm)
        )
        .expect("writing to a String does not fail");
    }
    text.push_str("\\hline\n\\end{tabular}\n");
    text
}

fn gap(arm: &ArmSummary) -> String {
    match arm.seen.minus(&arm.unseen) {
        Some(gap) => format!(
            "{:+.1} [{:+.1}, {:+.1}]",
            gap.value * 100.0,
            gap.low * 100.0,
            gap.high * 100.0
        ),
        None => "--".to_owned(),
    }
}

fn percent(proportion: &Proportion) -> String {
    match proportion.rate() {
        Some(rate) => format!(
            "{:.1} [{:.1}, {:.1}]",
            rate * 100.0,
            proportion.low * 100.0,
            proportion.high * 100.0
        ),
        None => "--".to_owned(),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_a_table() {
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(escape("a_b & 5%"), "a\\_b \\& 5\\%");
    }
}
