//! Tables of what people write in lists, with what is understood of it.

use casework::import::Field;
use casework::import::headings::{meaning, meanings, side};
use casework::import::values;
use casework::people::Side;
use schemas::vocabulary::{About, Strength};

fn joined<T: ToString>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn sexes() {
    for (text, expected) in [
        ("M", "male"),
        ("V", "female"),
        ("vrouw", "female"),
        ("Man", "male"),
        ("v.", "female"),
        ("Mevr.", "female"),
        ("homme", "male"),
        ("femme", "female"),
        ("f", "female"),
        ("X", "other"),
        ("?", ""),
        ("onbekend", ""),
    ] {
        assert_eq!(values::sex(text).map(|sex| sex.code()).unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn levels_of_dutch() {
    for (text, expected) in [
        ("A2", "A2"),
        ("a2", "A2"),
        ("b1", "B1"),
        ("1.1", "A1"),
        ("1.2", "A2"),
        ("2.1", "B1"),
        ("2.2", "B1"),
        ("2.3", "B2"),
        ("2.4", "B2"),
        ("3", "C1"),
        ("richtgraad 1.2", "A2"),
        ("RG 1.1", "A1"),
        ("niveau A2", "A2"),
        ("2.1-2.2", "B1"),
        ("2.3-2.4", "B2"),
        ("A2/B1", "A2"),
        ("A2 - B1", "A2"),
        ("1,2", "A2"),
        ("B1+", "B1"),
        ("A1 (1.1)", "A1"),
        ("Z9", ""),
        ("goed", ""),
        ("", ""),
        ("5", ""),
        ("A2 of zo", ""),
    ] {
        assert_eq!(values::dutch(text).map(|level| level.code()).unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn languages_in_every_separator() {
    for (text, expected, unknown) in [
        ("Nederlands, Engels", "en nl", ""),
        ("Nederlands/Arabisch/Russisch", "ar nl ru", ""),
        ("Nederlands Duits Frans Turks", "de fr nl tr", ""),
        ("Nederlands; Frans", "fr nl", ""),
        ("Nederlands + Engels & Spaans", "en es nl", ""),
        ("Frans en Engels", "en fr", ""),
        ("Dari", "fa", ""),
        ("Farsi", "fa", ""),
        ("Dari of Farsi", "fa", ""),
        ("Koerdisch", "ku", ""),
        ("Pasjtoe", "ps", ""),
        ("pashto", "ps", ""),
        ("Tigrinya", "ti", ""),
        ("Oekraïens", "uk", ""),
        ("oekraiens", "uk", ""),
        ("Amhaars", "am", ""),
        ("Tibetaans", "bo", ""),
        ("arabe et anglais", "ar en", ""),
        ("Arabic", "ar", ""),
        ("Frans (goed), Engels (beetje)", "en fr", ""),
        ("nl", "nl", ""),
        ("Klingon", "", "Klingon"),
        ("Frans, Elvish", "fr", "Elvish"),
        ("", "", ""),
    ] {
        let (read, not) = values::languages(text);
        assert_eq!((joined(read).as_str(), not.join(" ").as_str()), (expected, unknown), "{text}");
    }
}

#[test]
fn domains_of_help() {
    for (text, expected, unknown) in [
        ("taal oefenen; vrije tijd", "leisure language", ""),
        ("werk/vrijwilligerswerk/taal oefenen", "work volunteering language", ""),
        ("opleiding & vrijwilligerswerk & administratie", "volunteering education administration", ""),
        ("administratie", "administration", ""),
        ("werk zoeken", "work", ""),
        ("papieren in orde brengen", "administration", ""),
        ("emploi et loisirs", "work leisure", ""),
        ("werk, iets anders", "work", "iets anders"),
    ] {
        let (read, not) = values::domains(text);
        assert_eq!((joined(read).as_str(), not.join(" ").as_str()), (expected, unknown), "{text}");
    }
}

#[test]
fn occupations_and_branches() {
    for (text, title, code, sector) in [
        ("poetshulp (diensten)", "poetshulp", "9112", "services"),
        ("lasser (metaal)", "lasser", "7212", "metal"),
        ("Lasser", "lasser", "7212", ""),
        ("boekhouder (financiën)", "boekhouder", "3313", "finance"),
        ("administratief bediende (administratie)", "administratief bediende", "", "administration"),
        ("leerkracht (halftijds)", "leerkracht (halftijds)", "", ""),
        ("software-ontwikkelaar", "software-ontwikkelaar", "", ""),
        ("kok / bakker", "kok / bakker", "", ""),
        ("gepensioneerd", "gepensioneerd", "none", ""),
        ("wonderdokter", "wonderdokter", "none", ""),
    ] {
        let work = values::work(text);
        assert_eq!(work.title.to_lowercase(), title, "{text}");
        assert_eq!(work.sector.map(|sector| sector.code()).unwrap_or_default(), sector, "{text}");
        let known = work.occupation.as_ref().map(ToString::to_string);
        match code {
            "none" => assert_eq!(known, None, "{text}"),
            "" => assert!(known.is_some(), "{text}"),
            code => assert_eq!(known.as_deref(), Some(code), "{text}"),
        }
    }
}

#[test]
fn branches() {
    for (text, expected) in [
        ("diensten", "services"),
        ("media", "media"),
        ("zorg", "care"),
        ("industrie", "industry"),
        ("metaal", "metal"),
        ("horeca", "hospitality"),
        ("bouw", "construction"),
        ("landbouw", "agriculture"),
        ("transport", "transport"),
        ("handel", "retail"),
        ("recht", "law"),
        ("onderwijs", "education"),
        ("logistiek", "logistics"),
        ("financiën", "finance"),
        ("administratie", "administration"),
        ("IT", "it"),
        ("ICT", "it"),
        ("gezondheidszorg", "care"),
        ("Italiaans", ""),
        ("", ""),
    ] {
        assert_eq!(values::sector(text).map(|sector| sector.code()).unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn interests() {
    for (text, expected, unknown) in [
        ("schaken, muziek", "chess music", ""),
        ("zwemmen/film/wandelen", "film swimming walking", ""),
        (
            "tuinieren, fotografie, koken, lezen, naaien, voetbal, fietsen",
            "cooking cycling football gardening photography reading sewing",
            "",
        ),
        ("duiven", "", "duiven"),
    ] {
        let (read, not) = values::interests(text);
        assert_eq!((joined(read).as_str(), not.join(" ").as_str()), (expected, unknown), "{text}");
    }
}

#[test]
fn wishes() {
    use schemas::vocabulary::Sex::{Female, Male};
    let language = |code: &str| About::Language(code.parse().expect("a language"));
    for (text, expected) in [
        ("liefst vrouwelijke mentor", Some((About::Sex(Female), Strength::Preferred))),
        ("liefst een vrouw", Some((About::Sex(Female), Strength::Preferred))),
        ("liefst een man", Some((About::Sex(Male), Strength::Preferred))),
        ("moet een man zijn", Some((About::Sex(Male), Strength::Must))),
        ("alleen vrouwen", Some((About::Sex(Female), Strength::Must))),
        ("liefst in de buurt", Some((About::Nearby, Strength::Preferred))),
        ("liefst iemand uit de buurt", Some((About::Nearby, Strength::Preferred))),
        ("liefst dezelfde sector", Some((About::SameSector, Strength::Preferred))),
        ("spreekt liefst Arabisch", Some((language("ar"), Strength::Preferred))),
        ("Franstalig", Some((language("fr"), Strength::Preferred))),
        ("geen man", None),
        ("iemand met geduld", None),
    ] {
        let (read, not) = values::wishes(text);
        let first = read.iter().next().map(|wish| (wish.about, wish.strength));
        assert_eq!(first, expected, "{text}");
        assert_eq!(not.is_empty(), expected.is_some(), "{text}");
    }
}

#[test]
fn headings_by_meaning() {
    for (heading, expected) in [
        ("Naam", Field::FullName),
        ("Voornaam", Field::GivenName),
        ("Familienaam", Field::FamilyName),
        ("NOM", Field::FullName),
        ("Prénom", Field::GivenName),
        ("Geboortedatum", Field::BirthDate),
        ("geboortejaar", Field::BirthYear),
        ("Leeftijd", Field::Age),
        ("M/V", Field::Sex),
        ("Geslacht", Field::Sex),
        ("Straat en nr", Field::Street),
        ("adres", Field::Address),
        ("Postcode", Field::PostalCode),
        ("Gemeente", Field::Municipality),
        ("Woonplaats", Field::Municipality),
        ("E-mail", Field::Email),
        ("mail", Field::Email),
        ("GSM", Field::Phone),
        ("Contact", Field::Contact),
        ("rijksregisternr", Field::NationalNumber),
        ("INSZ-nummer", Field::NationalNumber),
        ("land", Field::Country),
        ("Herkomst", Field::Country),
        ("Taal thuis", Field::MotherTongue),
        ("moedertaal", Field::MotherTongue),
        ("talenkennis", Field::Languages),
        ("Andere talen", Field::Languages),
        ("Spreekt", Field::Languages),
        ("NL", Field::Dutch),
        ("niveau NL (richtgraad)", Field::Dutch),
        ("Niveau Nederlands", Field::Dutch),
        ("Studies", Field::Education),
        ("opleiding", Field::Education),
        ("Werkte als", Field::FormerWork),
        ("vroeger werk", Field::FormerWork),
        ("Beroep in herkomstland", Field::FormerWork),
        ("Wil worden", Field::Occupation),
        ("zoekt werk als", Field::Occupation),
        ("functie", Field::Occupation),
        ("Sector", Field::Sector),
        ("Hulpvraag", Field::Domains),
        ("vraag", Field::Domains),
        ("Helpt met", Field::Domains),
        ("Wil begeleiden rond", Field::Domains),
        ("wanneer", Field::Slots),
        ("Vrij op", Field::Slots),
        ("Hobby's", Field::Interests),
        ("Voorkeur mentor", Field::Wishes),
        ("Max. aantal duo's", Field::Capacity),
        ("aantal mentees", Field::Capacity),
        ("Kinderen", Field::Children),
        ("Doorverwezen door", Field::RecruitedVia),
        ("Datum intake", Field::RegisteredOn),
        ("intake op", Field::RegisteredOn),
        ("Aangemeld", Field::RegisteredOn),
        ("Notities", Field::Remarks),
        ("opmerking", Field::Remarks),
        ("Opmerkingen gezondheid", Field::Remarks),
        ("Opmerkingen taal", Field::Remarks),
        ("Naam partner", Field::Skip),
        ("GSM contactpersoon", Field::Skip),
        ("Lidnummer", Field::Skip),
        ("", Field::Skip),
    ] {
        assert_eq!(meaning(heading), expected, "{heading}");
    }
}

#[test]
fn a_heading_beside_others() {
    let check = |headings: &str, expected: &[Field]| {
        let headings: Vec<String> = headings.split(';').map(str::to_owned).collect();
        assert_eq!(meanings(&headings), expected, "{headings:?}");
    };
    check("Naam;Voornaam", &[Field::FamilyName, Field::GivenName]);
    check("naam;mail", &[Field::FullName, Field::Email]);
    check("Beroep;Gewenst beroep", &[Field::FormerWork, Field::Occupation]);
    check("Beroep;Sector", &[Field::Occupation, Field::Sector]);
    check("Talen;Andere talen", &[Field::Languages, Field::Languages]);
    check("Naam;Telefoon;GSM", &[Field::FullName, Field::Phone, Field::Skip]);
}

#[test]
fn the_side_of_a_list() {
    let check = |headings: &str, sheet: &str, file: &str, expected: Option<Side>| {
        let headings: Vec<String> = headings.split(';').map(str::to_owned).collect();
        assert_eq!(side(&headings, &meanings(&headings), sheet, file), expected, "{headings:?} {sheet} {file}");
    };
    check("naam;talen", "Blad1", "mentors-2026.xlsx", Some(Side::Mentor));
    check("naam;talen", "mentees", "borsbeek.xlsx", Some(Side::Newcomer));
    check("naam;talen", "Blad1", "lijst.xlsx", None);
    check("naam;moedertaal;niveau", "Blad1", "lijst.xlsx", Some(Side::Newcomer));
    check("naam;helpt met", "Blad1", "lijst.xlsx", Some(Side::Mentor));
    check("naam;aantal mentees", "Blad1", "mentors en mentees.xlsx", Some(Side::Mentor));
}
