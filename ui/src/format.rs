//! Numbers, sizes and times as people write them: with units, and no more digits than mean something.

use lore_core::{size_in_words, three_digits};
use time::OffsetDateTime;

/// `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 episode`, `1,200 episodes`.
pub fn counted(n: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", count(n), if n == 1 { singular } else { plural })
}

/// `135 M`, `1.7 B`: parameters, tokens.
pub fn short_count(n: u64) -> String {
    let n = n as f64;
    match n {
        _ if n >= 1e9 => format!("{} B", three_digits(n / 1e9)),
        _ if n >= 1e6 => format!("{} M", three_digits(n / 1e6)),
        _ if n >= 1e4 => format!("{} k", three_digits(n / 1e3)),
        _ => count(n as u64),
    }
}

/// `94 MB`, `1.3 GB`.
pub fn bytes(n: u64) -> String {
    size_in_words(n)
}

/// `8 s`, `3 min`, `2 h 5 min`, `3 days`.
pub fn duration(secs: f64) -> String {
    let secs = secs.max(0.0);
    let minutes = (secs / 60.0).round() as u64;
    match secs {
        _ if secs < 1.0 => format!("{:.0} ms", secs * 1000.0),
        _ if secs < 10.0 => format!("{secs:.1} s"),
        _ if secs < 59.5 => format!("{secs:.0} s"),
        _ if minutes < 60 => format!("{minutes} min"),
        _ if minutes < 48 * 60 => match minutes % 60 {
            0 => format!("{} h", minutes / 60),
            rest => format!("{} h {rest} min", minutes / 60),
        },
        _ => format!("{} days", (minutes as f64 / (24.0 * 60.0)).round()),
    }
}

/// `3 min left`; whole tens of seconds, so that it does not flicker.
pub fn time_left(secs: f64) -> String {
    match secs {
        _ if secs < 10.0 => "a few seconds left".to_owned(),
        _ if secs < 55.0 => format!("{:.0} s left", (secs / 10.0).ceil() * 10.0),
        _ => format!("{} left", duration(secs)),
    }
}

/// `about 4 minutes`, for announcements.
pub fn about(secs: f64) -> String {
    let minutes = (secs / 60.0).round();
    match secs {
        _ if secs < 50.0 => "less than a minute".to_owned(),
        _ if secs < 90.0 => "about a minute".to_owned(),
        _ if minutes < 60.0 => format!("about {minutes} minutes"),
        _ if secs < 36.0 * 3600.0 => match (secs / 3600.0).round() as u64 {
            1 => "about an hour".to_owned(),
            hours => format!("about {hours} hours"),
        },
        _ => format!("about {:.0} days", secs / 86_400.0),
    }
}

/// `42 %`.
pub fn percent(fraction: f64) -> String {
    format!("{:.0} %", fraction * 100.0)
}

/// `31–56 %`, for intervals.
pub fn percent_range(low: f64, high: f64) -> String {
    format!("{:.0}–{:.0} %", low * 100.0, high * 100.0)
}

/// `0.873`, for scores.
pub fn score(value: f64) -> String {
    format!("{value:.3}")
}

/// A number with three significant digits: `0.00005` becomes `5e-5`.
pub fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if value == 0.0 => "0".to_owned(),
        _ if size < 1e-4 => format!("{value:.2e}")
            .replace(".00e", "e")
            .replace("0e", "e"),
        _ if size < 1e4 => three_digits(value),
        _ => count(value as u64),
    }
}

/// `$0.42`; more digits where there are fewer cents.
pub fn dollars(value: f64) -> String {
    match value {
        _ if value >= 0.1 || value == 0.0 => format!("${value:.2}"),
        _ => format!("${value:.4}"),
    }
}

/// `12 Nov 2026`, by universal time; empty beyond the year 9999.
pub fn date(ms: u64) -> String {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp((ms / 1000) as i64) else {
        return String::new();
    };
    let month = moment.month().to_string();
    let month = month.get(..3).unwrap_or(&month);
    format!("{} {month} {}", moment.day(), moment.year())
}

/// `14:05`, by universal time.
pub fn clock(ms: u64) -> String {
    let minutes = ms / 60_000;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// The first eight characters of a hash.
pub fn hash(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

/// A goal as a title: a large letter in front, no full stop behind.
pub fn goal(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// `pick_and_place_simple` as words: `Pick and place simple`.
pub fn task_type(name: &str) -> String {
    let known = match name {
        "pick_and_place_simple" => "Pick and place",
        "look_at_obj_in_light" => "Look at in light",
        "pick_clean_then_place_in_recep" => "Clean and place",
        "pick_heat_then_place_in_recep" => "Heat and place",
        "pick_cool_then_place_in_recep" => "Cool and place",
        "pick_two_obj_and_place" => "Pick two and place",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let words = name.replace(['_', '-'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Unknown type".to_owned(),
    }
}

/// A name as part of a path: small letters, digits and hyphens; `otherwise` when it has none.
pub fn slug(name: &str, otherwise: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { otherwise } else { slug }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(94_300_000), "94.3 MB");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(short_count(134_515_008), "135 M");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "episode", "episodes"), "1 episode");
    }

    #[test]
    fn times_read_like_speech() {
        assert_eq!(duration(0.02), "20 ms");
        assert_eq!(duration(7500.0), "2 h 5 min");
        assert_eq!(time_left(3.0), "a few seconds left");
        assert_eq!(time_left(41.0), "50 s left");
        assert_eq!(time_left(190.0), "3 min left");
        assert_eq!(about(400.0), "about 7 minutes");
        assert_eq!(about(4000.0), "about an hour");
    }

    #[test]
    fn numbers_keep_what_means_something() {
        assert_eq!(number(0.000_05), "5e-5");
        assert_eq!(number(2.345_678), "2.35");
        // Marks of one axis look alike.
        assert_eq!(
            [0.0008, 0.001, 0.0012].map(number),
            ["0.0008", "0.001", "0.0012"]
        );
        assert_eq!(percent(0.426), "43 %");
        assert_eq!(percent_range(0.31, 0.556), "31–56 %");
    }

    #[test]
    fn days_are_civil() {
        assert_eq!(date(0), "1 Jan 1970");
        assert_eq!(date(951_782_400_000), "29 Feb 2000");
        assert_eq!(date(1_795_305_600_000), "22 Nov 2026");
        assert_eq!(clock(51_840_000), "14:24");
    }

    #[test]
    fn goals_read_like_titles() {
        assert_eq!(goal("put a mug on the desk."), "Put a mug on the desk");
        assert_eq!(goal(""), "");
    }

    #[test]
    fn names_become_parts_of_paths() {
        let name = "Recorded by people, 2026!";
        assert_eq!(slug(name, "bank"), "recorded-by-people-2026");
        assert_eq!(slug("…", "bank"), "bank");
    }

    #[test]
    fn unknown_task_types_become_words() {
        assert_eq!(task_type("find_living-thing"), "Find living thing");
        assert_eq!(task_type(""), "Unknown type");
    }
}
