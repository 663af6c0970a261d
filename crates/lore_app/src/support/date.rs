//! Moments as text: `2026-11-30T08:06:21.123Z`.

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// The moment `ms` milliseconds after 1970 began, by universal time.
pub(super) fn to_text(ms: u64) -> String {
    let (year, month, day) = civil((ms / DAY) as i64);
    let (secs, millis) = (ms % DAY / 1000, ms % 1000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        secs / 3600,
        secs / 60 % 60,
        secs % 60
    )
}

/// Reads what [`to_text`] wrote.
pub(super) fn from_text(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let has_form = text.len() == 24 && text.ends_with('Z') && text.get(10..11) == Some("T");
    if !has_form {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let days = u64::try_from(days(year as i64, month as i64, day as i64)).ok()?;
    let secs = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    Some(days * DAY + secs * 1000 + number(20, 23)?)
}

/// Year, month and day of the day `days` after 1970 began, in the proleptic Gregorian calendar. Years
/// begin in March here, so that the leap day is the last one (Hinnant, "chrono-compatible low-level date
/// algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The other way round.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_back() {
        assert_eq!(to_text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(to_text(951_827_696_789), "2000-02-29T12:34:56.789Z");
        for ms in (0..200).map(|n| n * 123_456_789_012) {
            assert_eq!(from_text(&to_text(ms)), Some(ms), "{}", to_text(ms));
        }
        for bad in [
            "",
            "2026-11-30",
            "2026-11-30T08:06:21.12xZ",
            "ööööööööööööT",
        ] {
            assert_eq!(from_text(bad), None, "{bad}");
        }
    }
}
