//! The readings of a soak as a picture: one small curve for each number, all over the same time.

use std::fmt::Write as _;

use super::{Reading, Value};

/// Size of one curve's field and the room around it, in pixels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 90.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 34.0;
const RIGHT: f64 = 20.0;
const BELOW: f64 = 30.0;

/// What is drawn, from top to bottom.
const CURVES: [(&str, Value); 5] = [
    ("Memory of the application, MiB", |it| it.memory_mib),
    ("Memory with its workers, MiB", |it| it.tree_mib),
    ("Processes", |it| it.processes as f64),
    ("Open files", |it| it.files as f64),
    ("Sockets", |it| it.sockets as f64),
];

/// The picture, as SVG.
pub(super) fn svg(readings: &[Reading]) -> String {
    let total = readings.last().map_or(1.0, |last| last.secs.max(1.0));
    let (width, field) = (LEFT + WIDTH + RIGHT, TOP + HEIGHT);
    let height = CURVES.len() as f64 * field + BELOW;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#444\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (row, (name, value)) in CURVES.into_iter().enumerate() {
        let values: Vec<f64> = readings.iter().map(value).collect();
        let points = readings.iter().map(|it| it.secs / total).zip(values);
        add_curve(
            &mut text,
            name,
            TOP + row as f64 * field,
            &points.collect::<Vec<_>>(),
        );
    }
    add_minutes(&mut text, total, height - BELOW);
    text.push_str("</svg>\n");
    text
}

/// Adds a curve whose points lie between 0 and 1 from left to right; its field begins at zero.
fn add_curve(text: &mut String, name: &str, top: f64, points: &[(f64, f64)]) {
    let most = points.iter().map(|point| point.1).fold(1.0, f64::max);
    let (bottom, end) = (top + HEIGHT, LEFT + WIDTH);
    let line: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{:.1},{:.1}", LEFT + x * WIDTH, bottom - y / most * HEIGHT))
        .collect();
    let beside = LEFT - 8.0;
    write!(
        text,
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{name}</text>\n\
         <path d=\"M{LEFT} {top}H{end}M{LEFT} {bottom}H{end}\" stroke=\"#ccc\" fill=\"none\"/>\n\
         <text x=\"{beside}\" y=\"{}\" text-anchor=\"end\">{most:.0}</text>\n\
         <text x=\"{beside}\" y=\"{bottom}\" text-anchor=\"end\">0</text>\n\
         <polyline points=\"{}\" stroke=\"#2a6fdb\" stroke-width=\"1.5\" fill=\"none\"/>\n",
        top - 8.0,
        top + 10.0,
        line.join(" ")
    )
    .expect("text grows as long as there is memory");
}

/// Adds the minutes below all curves, a dozen at most.
fn add_minutes(text: &mut String, total: f64, bottom: f64) {
    let step = [1.0, 5.0, 10.0, 30.0, 60.0]
        .into_iter()
        .find(|step| total / 60.0 / step <= 12.0)
        .unwrap_or(120.0);
    let mut minute = 0.0;
    while minute * 60.0 <= total {
        let x = LEFT + minute * 60.0 / total * WIDTH;
        writeln!(
            text,
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{minute:.0} min</text>",
            bottom + 18.0
        )
        .expect("text grows as long as there is memory");
        minute += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_is_a_point_within_its_field() {
        let readings: Vec<Reading> = (0..5)
            .map(|index| Reading {
                secs: 30.0 * f64::from(index),
                memory_mib: 100.0 + f64::from(index),
                tree_mib: 200.0,
                processes: 2,
                files: 40,
                sockets: 0,
            })
            .collect();
        let picture = svg(&readings);
        let lines: Vec<&str> = picture.split("<polyline points=\"").skip(1).collect();
        assert_eq!(lines.len(), CURVES.len());
        for (row, line) in lines.into_iter().enumerate() {
            let (points, _) = line.split_once('"').expect("ends");
            let top = TOP + row as f64 * (TOP + HEIGHT);
            let points: Vec<(f64, f64)> = points
                .split(' ')
                .filter_map(|point| point.split_once(','))
                .map(|(x, y)| (x.parse().expect("x"), y.parse().expect("y")))
                .collect();
            assert_eq!(points.len(), readings.len());
            assert!(points.is_sorted_by(|a, b| a.0 < b.0), "{points:?}");
            assert!(points.iter().all(|it| it.1 >= top && it.1 <= top + HEIGHT));
        }
    }
}
