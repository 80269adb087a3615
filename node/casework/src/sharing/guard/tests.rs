use proptest::prelude::*;

use super::*;

fn language(code: &str) -> Language {
    code.parse().expect("a language")
}

fn band(text: &str) -> AgeBand {
    text.parse().expect("a band")
}

fn here() -> Refnis {
    "11007".parse().expect("Borsbeek")
}

fn cell(age: &str, home: &str, persons: u32) -> PopulationCell {
    PopulationCell { refnis: here(), age_band: band(age), home_language: language(home), sex: None, persons }
}

fn set(codes: &[&str]) -> BTreeSet<Language> {
    codes.iter().map(|code| language(code)).collect()
}

fn guarded(
    languages: &[&str],
    age: Option<&str>,
    past: &[Quasi],
    offered: &[&str],
    cells: &[PopulationCell],
) -> Option<Guarded> {
    let (languages, offered) = (set(languages), set(offered));
    let subject = Subject { languages: &languages, age_band: age.map(band), past, offered: &offered };
    guard(&subject, Register::Table { cells, refnis: here() }, K)
}

#[test]
fn enough_people_and_everything_leaves() {
    let cells = [cell("25-34", "ar", 9)];
    let found = guarded(&["ar"], Some("25-34"), &[], &["ar"], &cells).expect("nine people");
    assert_eq!(found.shown, Quasi { languages: set(&["ar"]), age_band: Some(band("25-34")) });
    assert_eq!((found.people, found.lost), (Some(9), vec![]));
}

#[test]
fn sexes_are_added_up() {
    let woman = PopulationCell { sex: Some(schemas::vocabulary::Sex::Female), ..cell("25-34", "ar", 3) };
    let man = PopulationCell { sex: Some(schemas::vocabulary::Sex::Male), ..cell("25-34", "ar", 2) };
    let found = guarded(&["ar"], Some("25-34"), &[], &["ar"], &[woman, man]).expect("five people");
    assert_eq!(found.people, Some(5));
}

#[test]
fn the_band_widens_before_it_goes_and_goes_before_the_language() {
    let cells = [cell("25-34", "ti", 2), cell("35-44", "ti", 3)];
    let found = guarded(&["ti"], Some("25-34"), &[], &["ti"], &cells).expect("five people");
    assert_eq!(found.shown.age_band, Some(band("25-44")));
    assert_eq!(found.lost, [Loss::BandWidened { from: band("25-34"), to: band("25-44") }]);

    let cells = [cell("18-24", "ti", 2), cell("65+", "ti", 3), cell("25-34", "ar", 90)];
    let found = guarded(&["ti"], Some("25-34"), &[], &["ti"], &cells).expect("five people");
    assert_eq!(found.shown.age_band, Some(band("18-24").wider_to("65+")));
    let cells = [cell("25-34", "ti", 2), cell("25-34", "ar", 90)];
    let found = guarded(&["ti"], Some("25-34"), &[], &["ti"], &cells).expect("the band alone");
    assert_eq!(found.shown, Quasi { languages: set(&[]), age_band: Some(band("25-34")) });
    assert_eq!(found.lost, [Loss::LanguageWithheld(language("ti"))]);
}

trait WiderTo {
    fn wider_to(self, last: &str) -> AgeBand;
}

impl WiderTo for AgeBand {
    fn wider_to(self, last: &str) -> AgeBand {
        let last = band(last);
        let open = last.to().is_none();
        let text =
            if open { format!("{}+", self.from()) } else { format!("{}-{}", self.from(), last.to().unwrap_or(0)) };
        text.parse().expect("a union of bands")
    }
}

#[test]
fn a_combination_that_is_not_listed_counts_zero() {
    assert_eq!(guarded(&["ar"], Some("25-34"), &[], &["ar"], &[]), None);
    let elsewhere = PopulationCell { refnis: "11001".parse().expect("Aartselaar"), ..cell("25-34", "ar", 99) };
    assert_eq!(guarded(&["ar"], Some("25-34"), &[], &["ar"], &[elsewhere]), None);
    let two = [cell("25-34", "ar", 50), cell("25-34", "ku", 50)];
    let found = guarded(&["ar", "ku"], Some("25-34"), &[], &["ar", "ku"], &two).expect("one of the two");
    assert_eq!(found.shown.languages.len(), 1);
}

#[test]
fn a_language_that_nobody_offers_stays() {
    let cells = [cell("25-34", "ar", 50)];
    let found = guarded(&["ar"], Some("25-34"), &[], &["fr"], &cells).expect("the band");
    assert_eq!(found.shown.languages, set(&[]));
    assert_eq!(found.lost, [Loss::NotOffered(language("ar"))]);
}

#[test]
fn cards_cannot_be_laid_over_each_other() {
    // First card: Arabic, 25-34. A birthday later the narrowest band is 35-44.
    let past = [Quasi { languages: set(&["ar"]), age_band: Some(band("25-34")) }];
    let cells = [cell("25-34", "ar", 9), cell("35-44", "ar", 9)];
    let found = guarded(&["ar"], Some("35-44"), &past, &["ar"], &cells).expect("the wider band");
    assert_eq!(found.shown.age_band, Some(band("25-44")));
    // A second language that few speak would make the two cards together a combination of its own.
    let past = [Quasi { languages: set(&["ar"]), age_band: None }];
    let cells = [cell("25-34", "ar", 9), cell("25-34", "ku", 9)];
    let found = guarded(&["ku"], Some("25-34"), &past, &["ar", "ku"], &cells).expect("without it");
    assert_eq!(found.shown.languages, set(&[]));
}

#[test]
fn without_a_table_only_common_languages_leave_and_the_register_tests_the_band() {
    let own = [band("25-34"), band("25-34"), band("35-44"), band("35-44"), band("35-44")];
    let (languages, offered) = (set(&["ar", "fr", "nl"]), set(&["ar", "fr", "nl"]));
    let subject = Subject { languages: &languages, age_band: Some(band("25-34")), past: &[], offered: &offered };
    let found = guard(&subject, Register::Own(&own), K).expect("common languages");
    assert_eq!(found.shown, Quasi { languages: set(&["fr", "nl"]), age_band: Some(band("25-44")) });
    assert_eq!(found.people, Some(5));
    let found = guard(&subject, Register::Own(&own[..1]), K).expect("no band");
    assert_eq!((found.shown.age_band, found.people), (None, None));
}

fn any_band() -> impl Strategy<Value = AgeBand> {
    (0usize..6).prop_map(|at| AgeBand::narrowest().nth(at).expect("six bands"))
}

fn any_languages(most: usize) -> impl Strategy<Value = BTreeSet<Language>> {
    proptest::collection::btree_set(
        proptest::sample::select(vec!["ar", "fr", "en", "nl", "ti", "ku", "fa"]).prop_map(language),
        0..=most,
    )
}

fn any_cells() -> impl Strategy<Value = Vec<PopulationCell>> {
    let cell = (any_band(), any_languages(1), 0u32..9).prop_filter_map("a language", |(age_band, home, persons)| {
        let home_language = home.into_iter().next()?;
        Some(PopulationCell { refnis: here(), age_band, home_language, sex: None, persons })
    });
    proptest::collection::vec(cell, 0..60)
}

/// People of the table who fit a set of cards laid over each other, counted in another way:
/// whoever contradicts one of the cards drops out.
fn fitting(cells: &[PopulationCell], cards: &[Quasi]) -> u32 {
    let rare: BTreeSet<Language> =
        cards.iter().flat_map(|card| card.languages.iter().copied()).filter(|l| !l.is_common()).collect();
    cells
        .iter()
        .filter(|cell| cards.iter().all(|card| card.age_band.is_none_or(|band| band.contains(cell.age_band))))
        .filter(|cell| rare.iter().all(|language| *language == cell.home_language))
        .map(|cell| cell.persons)
        .sum()
}

proptest! {
    /// A person's cards over the years, whatever changes in between, always fit k people together.
    #[test]
    fn always_k_people(
        cells in any_cells(),
        life in proptest::collection::vec((any_languages(4), any_band(), any_languages(7)), 1..5),
    ) {
        let mut past: Vec<Quasi> = Vec::new();
        for (languages, age, offered) in life {
            let subject = Subject { languages: &languages, age_band: Some(age), past: &past, offered: &offered };
            if let Some(found) = guard(&subject, Register::Table { cells: &cells, refnis: here() }, K) {
                prop_assert!(found.shown.languages.is_subset(&languages));
                prop_assert!(found.shown.age_band.is_none_or(|band| band.contains(age)));
                past.push(found.shown);
                prop_assert!(fitting(&cells, &past) >= K);
                prop_assert!(found.people.is_some_and(|people| people >= K));
            }
        }
    }

    /// Where nothing leaves, not even the municipality alone is shared by k people.
    #[test]
    fn refuses_only_where_it_must(cells in any_cells(), languages in any_languages(4), age in any_band()) {
        let subject = Subject { languages: &languages, age_band: Some(age), past: &[], offered: &languages };
        if guard(&subject, Register::Table { cells: &cells, refnis: here() }, K).is_none() {
            prop_assert!(cells.iter().map(|cell| cell.persons).sum::<u32>() < K);
        }
    }

    #[test]
    fn quasi_is_read_back(languages in any_languages(4), age in any_band()) {
        let quasi = Quasi { languages, age_band: Some(age) };
        prop_assert_eq!(Quasi::from_text(&quasi.to_text()), Some(quasi));
    }
}
