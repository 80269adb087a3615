//! Days as people in Flanders type them: `31/05/1984`, `31-05-84`, `31.5.1984`, `1984-05-31`.

use schemas::time::Date;

/// The day in `text`. A year of two digits is the last such year up to `today`.
///
/// # Errors
/// `date-format` when it is not in one of the forms, `date-impossible` for a day that is not
/// there, such as 31/02, or a year before 1900.
pub fn parse(text: &str, today: Date) -> Result<Date, &'static str> {
    let parts: Vec<&str> = text.trim().split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts[..] else { return Err("date-format") };
    if ![first, second, third].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("date-format");
    }
    let (year, month, day) = match (first.len(), second.len(), third.len()) {
        (4, 1..=2, 1..=2) => (first, second, third),
        (1..=2, 1..=2, 2 | 4) => (third, second, first),
        _ => return Err("date-format"),
    };
    let number = |part: &str| part.parse::<i16>().map_err(|_| "date-format");
    let (mut year, short) = (number(year)?, year.len() == 2);
    if short {
        let century = today.0.year() / 100 * 100;
        year += if century + year > today.0.year() { century - 100 } else { century };
    }
    let (month, day) = (number(month)? as i8, number(day)? as i8);
    match Date::new(year, month, day) {
        Ok(date) if year >= 1900 => Ok(date),
        _ => Err("date-impossible"),
    }
}

/// The day as it is typed and shown in a field: `31/05/1984`.
pub fn format(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.0.day(), date.0.month(), date.0.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i16, month: i8, day: i8) -> Date {
        Date::new(year, month, day).expect("a day")
    }

    #[test]
    fn forms() {
        let today = day(2026, 10, 26);
        for text in ["31/05/1984", "31-05-84", "31.5.1984", "1984-05-31", " 31 5 1984 "] {
            assert_eq!(parse(text, today), Ok(day(1984, 5, 31)), "{text}");
        }
        assert_eq!(parse("1/2/26", today), Ok(day(2026, 2, 1)));
        assert_eq!(parse("1/2/27", today), Ok(day(1927, 2, 1)));
    }

    #[test]
    fn what_cannot_be() {
        let today = day(2026, 10, 26);
        for text in ["31/02/1984", "0/1/2000", "12/13/2000", "1/1/1024"] {
            assert_eq!(parse(text, today), Err("date-impossible"), "{text}");
        }
        for text in ["", "gisteren", "31/05", "31/05/984", "1984", "31/mei/1984", "1/2/3/4"] {
            assert_eq!(parse(text, today), Err("date-format"), "{text}");
        }
    }

    #[test]
    fn read_back() {
        let today = day(2026, 10, 26);
        assert_eq!(parse(&format(day(2001, 1, 9)), today), Ok(day(2001, 1, 9)));
    }
}
