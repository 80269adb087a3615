//! Mentor offers with the content that offers of a municipality have; the same for every program.

use anyhow::{Result, anyhow};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use schemas::{Kind, SharedValue};
use serde_json::{Value, json};

const SEED: u64 = 2019;
const AREAS: [&str; 3] = ["11001", "11007", "11029"];
const BANDS: [&str; 6] = ["18-24", "25-34", "35-44", "45-54", "55-64", "65+"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DOMAINS: [&str; 6] = ["work", "volunteering", "leisure", "education", "language", "administration"];
const INTERESTS: [&str; 15] = [
    "chess",
    "cooking",
    "cycling",
    "film",
    "football",
    "gardening",
    "music",
    "photography",
    "reading",
    "sewing",
    "swimming",
    "walking",
    "sport",
    "travel",
    "arts",
];
const LANGUAGES: [&str; 12] = ["nl", "fr", "en", "ar", "fa", "ps", "tr", "es", "ru", "uk", "so", "ti"];
const OCCUPATIONS: [&str; 8] = ["7212", "2512", "5120", "2221", "2341", "8332", "4110", "7115"];
const PARTS: [&str; 3] = ["morning", "afternoon", "evening"];
const SECTORS: [&str; 8] = ["metal", "it", "hospitality", "care", "education", "transport", "public", "construction"];
const SENTENCES: [&str; 6] = [
    "Naar de bibliotheek: gratis lid worden en boeken lenen",
    "Je inschrijven bij de VDAB en werk zoeken",
    "De eerste dagen op school voor je kind",
    "Naar de huisarts gaan en een afspraak maken",
    "Oefenen met Nederlands in een praatgroep",
    "Afval sorteren en het recyclagepark",
];
const STYLES: [&str; 4] = ["listening", "doing", "explaining", "networking"];

/// `count` offers, the same at every call; about 547 bytes of JSON each.
///
/// # Errors
/// An offer that the border refuses.
pub fn offers(count: usize) -> Result<Vec<SharedValue>> {
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    (0..count).map(|_| value(Kind::MentorOffer, offer(&mut rng))).collect()
}

/// A document of `kind`, other than those of [`offers`] where it is an offer.
///
/// # Errors
/// A document that the border refuses.
pub fn example(kind: Kind, number: u64) -> Result<SharedValue> {
    let mut rng = ChaCha20Rng::seed_from_u64(!SEED ^ number);
    let rng = &mut rng;
    let id = hex(rng, 16);
    let quarter = format!("2026-Q{}", rng.random_range(1..=4));
    let json = match kind {
        Kind::MentorOffer => offer(rng),
        Kind::MatchRequest => json!({
            "domains": some(rng, &DOMAINS, 2), "goal_occupation": one(rng, &OCCUPATIONS),
            "goal_sector": one(rng, &SECTORS), "dutch": one(rng, &["A1", "A2", "B1", "B2"]),
            "languages": some(rng, &LANGUAGES, 2), "age_band": one(rng, &BANDS),
            "area": {"municipality": one(rng, &AREAS)}, "radius_km": rng.random_range(5..40),
            "availability": slots(rng, 5), "interests": some(rng, &INTERESTS, 4),
            "wishes": wishes(rng), "waiting_since": quarter,
        }),
        Kind::Proposal => json!({
            "request": id, "offer": hex(rng, 16), "offer_owner": hex(rng, 32), "waiting_since": quarter,
            "lead": hex(rng, 32), "failed_before": [], "state": "proposed",
        }),
        Kind::Answer => {
            let until = rng.random_range(1_790_000_000_u64..1_800_000_000);
            json!({"proposal": id, "decision": {"yes": {"held_until": until}}})
        }
        Kind::DuoProgress => json!({
            "proposal": id, "state": "running", "meetings": rng.random_range(0..20),
            "last_meeting": format!("2026-W{:02}", rng.random_range(1..53)),
        }),
        Kind::Comment => json!({"resource": id, "text": one(rng, &SENTENCES)}),
        Kind::Resource => json!({
            "title": one(rng, &SENTENCES), "kind": "welcome_sheet", "language": "nl",
            "body": format!("# {}\n\n{}\n", one(rng, &SENTENCES), one(rng, &SENTENCES)),
            "tags": some(rng, &INTERESTS, 2), "licence": "CC-BY-4.0",
        }),
        Kind::MunicipalityCard => json!({
            "refnis": one(rng, &AREAS), "name": "Welzijn", "office": "onthaal@gemeente.example",
            "languages": some(rng, &LANGUAGES, 3), "schema": 1,
        }),
        Kind::MatchingRules => json!({
            "min_dutch": "A2",
            "weights": {
                "occupation": 300, "sector": 150, "domains": 150, "proximity": 120, "languages": 120,
                "interests": 60, "slots": 50, "wishes": 50, "waiting": 100,
            },
        }),
        Kind::IndicatorReport => json!({
            "counts": [{
                "indicator": "duos_formed", "category": "", "month": format!("2026-{:02}", rng.random_range(1..13)),
                "value": rng.random_range(5..50),
            }],
        }),
    };
    value(kind, json)
}

/// The same offer with another number of places left.
///
/// # Errors
/// An offer that the border refuses.
pub fn changed(offer: &SharedValue, places: usize) -> Result<SharedValue> {
    let mut json = offer.to_json()?;
    json["capacity_left"] = json!(places % 20);
    value(Kind::MentorOffer, json)
}

fn value(kind: Kind, json: Value) -> Result<SharedValue> {
    SharedValue::from_json(kind, json).map_err(|refused| anyhow!("{kind}: {refused}"))
}

fn hex(rng: &mut ChaCha20Rng, bytes: usize) -> String {
    (0..bytes).map(|_| format!("{:02x}", rng.random::<u8>())).collect()
}

fn some(rng: &mut ChaCha20Rng, from: &[&str], count: usize) -> Value {
    // In the order of the vocabulary, as the border writes a set.
    let chosen: Vec<&str> = from.sample(rng, count).copied().collect();
    from.iter().filter(|word| chosen.contains(word)).copied().collect()
}

fn one<'a>(rng: &mut ChaCha20Rng, from: &[&'a str]) -> &'a str {
    from.choose(rng).copied().unwrap_or_default()
}

fn slots(rng: &mut ChaCha20Rng, count: usize) -> Value {
    let slots: Vec<String> =
        DAYS.iter().flat_map(|day| PARTS.iter().map(move |part| format!("{day}-{part}"))).collect();
    let slots: Vec<&str> = slots.iter().map(String::as_str).collect();
    some(rng, &slots, count)
}

fn wishes(rng: &mut ChaCha20Rng) -> Value {
    json!([
        {"about": "nearby", "strength": "preferred"},
        {"about": {"age": one(rng, &BANDS)}, "strength": "preferred"},
        {"about": {"language": one(rng, &LANGUAGES)}, "strength": "must"},
    ])
}

fn offer(rng: &mut ChaCha20Rng) -> Value {
    json!({
        "capacity_left": rng.random_range(1..4),
        "domains": some(rng, &DOMAINS, 3),
        "occupation": one(rng, &OCCUPATIONS),
        "sector": one(rng, &SECTORS),
        "languages": some(rng, &LANGUAGES, 3),
        "area": one(rng, &AREAS),
        "radius_km": rng.random_range(5..40),
        "availability": slots(rng, 6),
        "interests": some(rng, &INTERESTS, 5),
        "style": one(rng, &STYLES),
        "wishes": wishes(rng),
        "age_band": one(rng, &BANDS),
        "sex": one(rng, &["female", "male"]),
    })
}

/// A document id for the `number`th offer: as random as a pseudonym.
pub fn document(number: usize) -> [u8; 16] {
    let mut id = [0; 16];
    ChaCha20Rng::seed_from_u64(SEED ^ (number as u64 + 1).rotate_left(17)).fill_bytes(&mut id);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_the_same_at_every_call_and_of_the_promised_size() -> Result<()> {
        let (first, again) = (offers(200)?, offers(200)?);
        assert_eq!(first, again);
        let mut bytes = 0;
        for offer in &first {
            bytes += offer.to_json()?.to_string().len();
        }
        let mean = bytes / first.len();
        assert!((530..565).contains(&mean), "{mean} bytes on average");
        for kind in Kind::ALL {
            assert_eq!(example(*kind, 1)?.kind(), *kind);
        }
        assert_ne!(document(1), document(2));
        assert_ne!(changed(&first[0], 1)?, changed(&first[0], 2)?);
        Ok(())
    }
}
