//! Dates, times, distances and numbers as Belgians write them. Times are those of Brussels.

use casework::matching::Fingerprint;
use casework::schemas::time::{Date, Hour, Timestamp};

const DAYS: [&str; 7] = ["ma", "di", "wo", "do", "vr", "za", "zo"];
const MONTHS: [&str; 12] = ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];
const LONG_MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

/// The first twelve digits, by four: enough to read to somebody.
pub(crate) fn fingerprint(of: &Fingerprint) -> String {
    let digits: Vec<char> = of.to_string().chars().take(12).collect();
    digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// `ma 14 okt 2026`.
pub(crate) fn date(day: Date) -> String {
    let weekday = usize::try_from(day.0.weekday().to_monday_zero_offset()).unwrap_or(0);
    format!("{} {} {} {}", DAYS[weekday], day.0.day(), month(day, &MONTHS), day.0.year())
}

/// `14 oktober`, with the year where it is another one than today's.
pub(crate) fn long_date(day: Date, today: Date) -> String {
    let text = format!("{} {}", day.0.day(), month(day, &LONG_MONTHS));
    if day.0.year() == today.0.year() { text } else { format!("{text} {}", day.0.year()) }
}

/// `14 okt`.
pub(crate) fn short_date(day: Date) -> String {
    format!("{} {}", day.0.day(), month(day, &MONTHS))
}

fn month(day: Date, names: &[&'static str; 12]) -> &'static str {
    usize::try_from(day.0.month() - 1).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
}

/// `ma 14 okt 2026, 09:05`.
pub(crate) fn moment(at: Timestamp) -> String {
    let here = at.in_belgium();
    format!("{}, {:02}:{:02}", date(Date(here.date())), here.hour(), here.minute())
}

/// `09:05` today, else the date.
pub(crate) fn since(at: Timestamp, now: Timestamp) -> String {
    let (here, there) = (at.in_belgium(), now.in_belgium());
    if here.date() == there.date() {
        format!("{:02}:{:02}", here.hour(), here.minute())
    } else {
        date(Date(here.date()))
    }
}

/// The day an hour of a document's life lies in.
pub(crate) fn day_of_hour(hour: Hour) -> Date {
    hour.start().day()
}

/// `4,1 km`; under a kilometre in metres.
pub(crate) fn distance(metres: u32) -> String {
    if metres < 1000 {
        format!("{metres} m")
    } else {
        let tenths = metres.saturating_add(50) / 100;
        format!("{},{} km", number(u64::from(tenths / 10)), tenths % 10)
    }
}

/// `12.345`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn dates_as_in_a_diary() {
        assert_eq!(date(day("2026-10-14")), "wo 14 okt 2026");
        assert_eq!(date(day("2024-02-29")), "do 29 feb 2024");
        assert_eq!(long_date(day("2027-02-14"), day("2026-11-20")), "14 februari 2027");
        assert_eq!(long_date(day("2026-12-01"), day("2026-11-20")), "1 december");
        assert_eq!(short_date(day("2026-03-01")), "1 mrt");
    }

    #[test]
    fn moments_follow_summer_time() {
        // 2026-07-01T22:30Z is half past midnight in Belgium; in winter the offset is one hour.
        assert_eq!(moment(Timestamp(1_782_945_000)), "do 2 jul 2026, 00:30");
        assert_eq!(moment(Timestamp(1_767_225_600)), "do 1 jan 2026, 01:00");
        assert_eq!(Timestamp(1_782_945_000).day(), day("2026-07-02"));
        assert_eq!(since(Timestamp(1_767_225_600), Timestamp(1_767_229_200)), "01:00");
        assert_eq!(since(Timestamp(1_767_225_600), Timestamp(1_767_329_200)), "do 1 jan 2026");
    }

    #[test]
    fn distances_and_numbers_have_belgian_signs() {
        assert_eq!(distance(0), "0 m");
        assert_eq!(distance(4_120), "4,1 km");
        assert_eq!(distance(9_960), "10,0 km");
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1.234.567");
    }
}
