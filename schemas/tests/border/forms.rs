//! One text for one value: what is written reads back, and what reads writes the same.

use std::fmt::Display;
use std::str::FromStr;

use proptest::prelude::*;
use schemas::Refused;
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, RootKey, Session};
use schemas::language::Language;
use schemas::occupation::Occupation;
use schemas::places::{Kbo, Refnis};
use schemas::time::{Date, Month, Quarter, Week};
use schemas::vocabulary::{AgeBand, Slots};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value reads back from its text and its JSON.
fn round<T>(value: T) -> Result<(), TestCaseError>
where
    T: Display + FromStr<Err = Refused> + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = value.to_string();
    let json = serde_json::to_value(&value).expect("can be written");
    prop_assert_eq!(&json, &serde_json::Value::String(text.clone()));
    let (read, parsed) = (serde_json::from_value::<T>(json).ok(), text.parse::<T>().ok());
    prop_assert_eq!((read.as_ref(), parsed.as_ref()), (Some(&value), Some(&value)));
    Ok(())
}

/// Whatever text is taken is the one text of its value.
fn only<T: Display + FromStr>(text: &str) -> Result<(), TestCaseError> {
    if let Ok(value) = text.parse::<T>() {
        prop_assert_eq!(value.to_string(), text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids(short in any::<[u8; 16]>(), long in any::<[u8; 32]>()) {
        round(DocumentId(short))?;
        round(CircleId(short))?;
        round(Session(short))?;
        round(RootId(long))?;
        round(RootKey(long))?;
        round(NodeKey(long))?;
        round(EnvelopeId(long))?;
        let pair = (RootId(long), RootId([7; 32]));
        prop_assert_eq!(CircleId::pair(pair.0, pair.1), CircleId::pair(pair.1, pair.0));
    }

    #[test]
    fn days_and_what_they_lie_in(year in 1900i16..3000, month in 1i8..=12, day in 1i8..=28, more in any::<i32>()) {
        let day = Date::new(year, month, day).expect("exists");
        round(day)?;
        round(day.quarter())?;
        round(day.month())?;
        if (1901..2999).contains(&year) {
            round(day.week())?;
        }
        prop_assert_eq!(day.start().date().days_since_epoch(), day.days_since_epoch().max(0));
        prop_assert!(day.plus_days(more).days_since_epoch().abs() < 5_000_000);
        prop_assert_eq!(day.quarter().until(day.quarter()), 0);
        prop_assert!(day.quarter().first_day() <= day);
        prop_assert_eq!(day.quarter().first_day().quarter(), day.quarter());
        prop_assert_eq!(day.age_on(day), 0);
    }

    #[test]
    fn bands(first in 0usize..6, width in 0usize..6) {
        let bands: Vec<AgeBand> = AgeBand::narrowest().collect();
        let mut band = bands[first];
        for _ in 0..width {
            band = band.wider().pop().unwrap_or(band);
        }
        round(band)?;
        prop_assert!(band.contains(bands[first]) || band.overlaps(bands[first]));
        for wider in band.wider() {
            prop_assert!(wider.contains(band) && !band.contains(wider));
        }
        for age in 18..100 {
            let narrow = AgeBand::of_age(age).expect("an adult");
            prop_assert!(i16::from(narrow.from()) <= age && narrow.to().is_none_or(|to| age <= i16::from(to)));
        }
    }

    #[test]
    fn slots(chosen in prop::collection::btree_set((0usize..7, 0usize..3), 0..=21)) {
        let slots = chosen.iter().fold(Slots::none(), |all, (day, part)| all.union(Slots::slot(*day, *part)));
        prop_assert_eq!(slots.len() as usize, chosen.len());
        prop_assert_eq!(Slots::try_from(slots.codes()), Ok(slots));
        let json = serde_json::to_value(slots).expect("can be written");
        prop_assert_eq!(serde_json::from_value::<Slots>(json).ok(), Some(slots));
        prop_assert!(chosen.iter().all(|(day, part)| slots.has(*day, *part)));
    }

    #[test]
    fn one_text_for_one_value(text in r"[-+ 0-9a-fQW.]{0,12}|\d{4}-(\d{2}-\d{2}|Q\d|W\d{2}|\d{2})|\d{1,5}|\d{10}|\d{2}[-+](\d{2})?") {
        only::<Date>(&text)?;
        only::<Month>(&text)?;
        only::<Quarter>(&text)?;
        only::<Week>(&text)?;
        only::<Refnis>(&text)?;
        only::<Occupation>(&text)?;
        only::<AgeBand>(&text)?;
        only::<Language>(&text)?;
        // A KBO number may be written with dots; it has one text of its own all the same.
        if let Ok(kbo) = text.parse::<Kbo>() {
            round(kbo)?;
        }
    }

    #[test]
    fn distances_are_symmetric(one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let all: Vec<Refnis> = Refnis::all().collect();
        let (one, other) = (*one.get(&all), *other.get(&all));
        round(one)?;
        prop_assert_eq!(one.distance_metres(other), other.distance_metres(one));
        prop_assert_eq!(one.distance_metres(one), 0);
        prop_assert!(one.distance_metres(other) < 300_000, "within Belgium");
    }
}

#[test]
fn a_register_number_is_no_id() {
    assert!("85073003328".parse::<DocumentId>().is_err());
    assert!("85.07.30-033.28".parse::<RootId>().is_err());
    assert!("AB".repeat(16).parse::<DocumentId>().is_err(), "upper case would be a second form");
}

#[test]
fn municipalities_by_name() {
    let by = |name: &str| Refnis::by_name(name).map(|found| found.to_string());
    assert_eq!(by(" mortsel ").as_deref(), Some("11029"));
    assert_eq!(by("Anvers").as_deref(), Some("11002"));
    assert_eq!(by("Atlantis"), None);
    for refnis in Refnis::all() {
        let found = Refnis::by_name(refnis.name()).expect("every name is found");
        let ended = |refnis: Refnis| refnis.municipality().valid_until.is_some();
        assert!(found == refnis || ended(refnis) || !ended(found), "{refnis} gives way to one that ended");
    }
}
