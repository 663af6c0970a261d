//! Moments as text: `2026-11-30T08:06:21.123Z`.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const FORM: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Nanoseconds of a millisecond.
const MILLI: i128 = 1_000_000;

/// The moment `ms` milliseconds after 1970 began, by universal time; empty beyond the year 9999.
pub(super) fn to_text(ms: u64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * MILLI);
    let text = moment.ok().and_then(|moment| moment.format(FORM).ok());
    text.unwrap_or_default()
}

/// Reads what [`to_text`] wrote.
pub(super) fn from_text(text: &str) -> Option<u64> {
    let moment = PrimitiveDateTime::parse(text, FORM).ok()?.assume_utc();
    u64::try_from(moment.unix_timestamp_nanos() / MILLI).ok()
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
