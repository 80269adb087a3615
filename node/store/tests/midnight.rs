//! The day that people write down is that of Belgium, also in the hour or two in which another day
//! has begun there than in UTC.

mod towns;

use casework::Error;
use casework::people::{Purpose, Side};
use schemas::time::Date;
use towns::{els, two_towns};

#[test]
fn what_is_noted_after_midnight_is_of_today_and_not_of_the_future() {
    let [town, _] = two_towns();
    let newcomer = town.somebody(Side::Newcomer, "Farid", 0);
    // From noon UTC on Monday to half past midnight on Tuesday in Belgium.
    town.pass_seconds(11 * 3_600 + 1_800);
    let say = |day| {
        let on = Date::new(2026, 10, day).expect("a day");
        town.office().record_consent(&els(), &[newcomer], Purpose::CrossBorder, true, on, "1")
    };
    assert_eq!(
        (town.now().date(), town.now().day()),
        (Date::new(2026, 10, 26).unwrap(), Date::new(2026, 10, 27).unwrap())
    );
    say(27).expect("today");
    assert!(matches!(say(28), Err(Error::Invalid(_))), "tomorrow");
}
