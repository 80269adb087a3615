//! A duo's timeline on a true time axis: days become places, so that a gap looks like a gap.

use casework::duo_view::{TimelineEvent, TimelinePoint};
use casework::schemas::time::Date;

use crate::format;

/// Width of the drawing in its own units.
pub(crate) const WIDTH: i64 = 960;
const LEFT: i64 = 24;
const RIGHT: i64 = 936;

/// A dot of a meeting, or the sign of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) x: i64,
    pub(crate) label: String,
    /// Row of its label, from 0: neighbours do not write over each other.
    pub(crate) y: i64,
    /// Where its line begins and its label stands.
    pub(crate) line_y: i64,
    pub(crate) text_x: i64,
    pub(crate) anchor: &'static str,
}

/// The drawing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Axis {
    pub(crate) meetings: Vec<i64>,
    pub(crate) months: Vec<Mark>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) today: i64,
}

/// Draws the points. `word` names an event; an empty name leaves it out.
pub(crate) fn draw(points: &[TimelinePoint], today: Date, word: impl Fn(&TimelineEvent) -> String) -> Axis {
    let days: Vec<i64> = points.iter().map(|point| point.on.days_since_epoch()).collect();
    let now = today.days_since_epoch();
    let Some(first) = days.iter().min().copied() else { return Axis::default() };
    let last = days.iter().max().copied().unwrap_or(first).max(now).max(first + 30);
    let place = |day: i64| LEFT + (day - first) * (RIGHT - LEFT) / (last - first);
    let anchor = |x: i64| match x {
        x if x < 100 => "start",
        x if x > WIDTH - 100 => "end",
        _ => "middle",
    };
    let mut axis = Axis { today: place(now), ..Axis::default() };
    let mut ends = [i64::MIN; 3];
    for point in points {
        let x = place(point.on.days_since_epoch());
        if matches!(point.what, TimelineEvent::Meeting(_)) {
            axis.meetings.push(x);
            continue;
        }
        let label = word(&point.what);
        if label.is_empty() {
            continue;
        }
        let width = i64::try_from(label.chars().count()).unwrap_or(0) * 7;
        let start = match anchor(x) {
            "start" => x,
            "end" => x - width,
            _ => x - width / 2,
        };
        let row = ends.iter().position(|end| start > *end + 8).unwrap_or(2);
        ends[row] = start + width;
        let y = 14 + 15 * row as i64;
        let (line_y, text_x) = match anchor(x) {
            "start" => (y - 11, x + 6),
            "end" => (y - 11, x - 6),
            _ => (y + 4, x),
        };
        axis.marks.push(Mark { x, label, y, line_y, text_x, anchor: anchor(x) });
    }
    let start = points.iter().map(|point| point.on).min().unwrap_or(today);
    let mut day = start.plus_days(32 - i32::from(start.0.day()));
    for _ in 0..24 {
        let first_of_month = day.plus_days(1 - i32::from(day.0.day()));
        let x = place(first_of_month.days_since_epoch());
        if x > RIGHT {
            break;
        }
        let label = format::short_date(first_of_month).split(' ').nth(1).unwrap_or_default().to_owned();
        axis.months.push(Mark { x, label, y: 0, line_y: 0, text_x: x, anchor: "middle" });
        day = first_of_month.plus_days(32);
    }
    axis
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(day: &str, what: TimelineEvent) -> TimelinePoint {
        TimelinePoint { on: day.parse().expect("a day"), what }
    }

    #[test]
    fn days_keep_their_distance() {
        let points = [
            point("2026-01-01", TimelineEvent::Matched),
            point("2026-02-15", TimelineEvent::Meeting(1)),
            point("2026-04-01", TimelineEvent::Meeting(2)),
        ];
        let axis = draw(&points, "2026-04-01".parse().expect("a day"), |_| "begin".to_owned());
        assert_eq!(axis.meetings, [24 + 45 * 912 / 90, 936]);
        assert_eq!(axis.today, 936);
        assert_eq!(axis.marks.len(), 1);
        assert_eq!(axis.months.iter().map(|m| m.label.as_str()).collect::<Vec<_>>(), ["feb", "mrt", "apr"]);
    }

    #[test]
    fn labels_in_one_place_take_their_own_row() {
        let points = [
            point("2026-01-01", TimelineEvent::Proposed),
            point("2026-01-01", TimelineEvent::Matched),
            point("2026-01-02", TimelineEvent::Running),
        ];
        let axis = draw(&points, "2026-03-01".parse().expect("a day"), |_| "voorstel gedaan".to_owned());
        let rows: std::collections::BTreeSet<i64> = axis.marks.iter().map(|mark| mark.y).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(draw(&[], "2026-03-01".parse().expect("a day"), |_| String::new()), Axis::default());
    }
}
