//! The form of a resource: field names as in the schema, tags parted by commas.

use std::str::FromStr;

use schemas::Resource;
use schemas::documents::{Licence, ResourceKind};
use schemas::ids::DocumentId;
use schemas::language::Language;
use schemas::rrn::holds_rrn;
use schemas::text::{Body, Line, Text};
use schemas::time::Date;
use schemas::vocabulary::Set;

use crate::error::{Error, FieldError, Result};

/// Every kind of resource with its code.
pub const KINDS: [(ResourceKind, &str); 6] = [
    (ResourceKind::WelcomeSheet, "welcome_sheet"),
    (ResourceKind::GoodPractice, "good_practice"),
    (ResourceKind::Training, "training"),
    (ResourceKind::PracticeOpportunity, "practice_opportunity"),
    (ResourceKind::Event, "event"),
    (ResourceKind::Organisation, "organisation"),
];

/// Every licence with its SPDX identifier.
pub const LICENCES: [(Licence, &str); 3] =
    [(Licence::CcBy, "CC-BY-4.0"), (Licence::CcBySa, "CC-BY-SA-4.0"), (Licence::Cc0, "CC0-1.0")];

/// The code of a kind.
pub fn kind_code(kind: ResourceKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, code)| code)
}

/// The kind with this code.
pub fn kind_of_code(code: &str) -> Option<ResourceKind> {
    KINDS.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind)
}

/// The SPDX identifier of a licence.
pub fn licence_code(licence: Licence) -> &'static str {
    LICENCES.iter().find(|(known, _)| *known == licence).map_or("", |(_, code)| code)
}

/// The resource that a form says.
///
/// # Errors
/// `Invalid` with every field that cannot be taken: `missing`, `too-long`, `rrn`, `unknown`,
/// `date-impossible`, `too-many`, `unseen-sign`.
pub fn parse_resource_form(fields: &[(String, String)]) -> Result<Resource> {
    let mut form = Form { fields, errors: Vec::new() };
    let title = form.text::<200>("title", true);
    let body = form.text::<20_000>("body", false);
    let kind = form.one("kind", kind_of_code);
    let language = form.one("language", |code| Language::from_str(code).ok());
    let licence = match form.value("licence").as_str() {
        "" => Some(Licence::CcBy),
        _ => form.one("licence", |code| LICENCES.iter().find(|(_, known)| *known == code).map(|(licence, _)| *licence)),
    };
    let tags = form.tags();
    let review_on = form.optional("review_on", "date-impossible", |text| Date::from_str(text).ok());
    let translation_of = form.optional("translation_of", "unknown", |text| DocumentId::try_from(text.to_owned()).ok());
    match (title, body, kind, language, licence, tags) {
        (Some(title), Some(body), Some(kind), Some(language), Some(licence), Some(tags)) if form.errors.is_empty() => {
            let (title, body): (Line, Body) = (title, body);
            Ok(Resource { title, kind, language, body, tags, licence, review_on, translation_of })
        }
        _ => Err(Error::Invalid(form.errors)),
    }
}

/// The fields of a resource, as [`parse_resource_form`] reads them.
pub fn resource_to_form(resource: &Resource) -> Vec<(String, String)> {
    let tags: Vec<&str> = resource.tags.iter().map(Text::as_str).collect();
    let field = |name: &str, value: String| (name.to_owned(), value);
    vec![
        field("title", resource.title.to_string()),
        field("kind", kind_code(resource.kind).to_owned()),
        field("language", resource.language.to_string()),
        field("body", resource.body.to_string()),
        field("tags", tags.join(", ")),
        field("licence", licence_code(resource.licence).to_owned()),
        field("review_on", resource.review_on.map(|day| day.to_string()).unwrap_or_default()),
        field("translation_of", resource.translation_of.map(|id| id.to_string()).unwrap_or_default()),
    ]
}

struct Form<'a> {
    fields: &'a [(String, String)],
    errors: Vec<FieldError>,
}

impl Form<'_> {
    fn value(&self, name: &str) -> String {
        let found = self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        // Browsers send CRLF; the trailing spaces of lines mean nothing.
        found.unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
    }

    fn refuse(&mut self, field: &str, code: &'static str) {
        self.errors.push(FieldError { field: field.to_owned(), code });
    }

    fn text<const MAX: usize>(&mut self, name: &str, required: bool) -> Option<Text<MAX>> {
        let value = self.value(name);
        if required && value.is_empty() {
            self.refuse(name, "missing");
            return None;
        }
        match bounded(&value) {
            Ok(text) => Some(text),
            Err(code) => {
                self.refuse(name, code);
                None
            }
        }
    }

    fn one<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.value(name);
        let read = read(&value);
        if read.is_none() {
            self.refuse(name, if value.is_empty() { "missing" } else { "unknown" });
        }
        read
    }

    fn optional<T>(&mut self, name: &str, code: &'static str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.value(name);
        let read = read(&value);
        if read.is_none() && !value.is_empty() {
            self.refuse(name, code);
        }
        read
    }

    fn tags(&mut self) -> Option<Set<Text<40>, 12>> {
        let written = self.value("tags");
        let words = written.split([',', ';', '\n']).map(|tag| tag.trim().trim_start_matches('#').to_lowercase());
        let tags: Result<Vec<Text<40>>, &'static str> =
            words.filter(|tag| !tag.is_empty()).map(|tag| bounded(&tag)).collect();
        match tags.and_then(|tags| Set::new(tags).map_err(|_| "too-many")) {
            Ok(tags) => Some(tags),
            Err(code) => {
                self.refuse("tags", code);
                None
            }
        }
    }
}

/// Text within its limit and without signs that nobody sees, with the code of what is wrong.
pub(super) fn bounded<const MAX: usize>(value: &str) -> Result<Text<MAX>, &'static str> {
    if holds_rrn(value) {
        return Err("rrn");
    }
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err("unseen-sign");
    }
    Text::new(value).map_err(|_| "too-long")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(changed: &[(&str, &str)]) -> Vec<(String, String)> {
        let usual = [
            ("title", "Bib"),
            ("kind", "welcome_sheet"),
            ("language", "nl"),
            ("body", "# Wat\r\nBoeken"),
            ("tags", "Lezen, #gratis"),
        ];
        let kept = usual.iter().filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
        kept.chain(changed).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_and_back() {
        let resource = parse_resource_form(&form(&[("review_on", "2027-01-31")])).expect("a fine form");
        assert_eq!(resource.body.as_str(), "# Wat\nBoeken");
        assert_eq!(resource.tags.iter().map(Text::as_str).collect::<Vec<_>>(), ["gratis", "lezen"]);
        assert_eq!(parse_resource_form(&resource_to_form(&resource)).expect("the same"), resource);
    }

    #[test]
    fn what_cannot_be_taken() {
        let long = "x".repeat(20_001);
        let many = (0..13).map(|at| at.to_string()).collect::<Vec<_>>().join(",");
        for (field, value, code) in [
            ("title", "  ", "missing"),
            ("title", &long[..201], "too-long"),
            ("title", "85.07.30-033.28", "rrn"),
            ("title", "Bib\0", "unseen-sign"),
            ("tags", "lezen, gra\u{7}tis", "unseen-sign"),
            ("body", "bel 85073003328", "rrn"),
            ("body", &long, "too-long"),
            ("kind", "blog", "unknown"),
            ("kind", "", "missing"),
            ("language", "xx", "unknown"),
            ("licence", "MIT", "unknown"),
            ("tags", &long[..41], "too-long"),
            ("tags", &many, "too-many"),
            ("review_on", "2026-02-31", "date-impossible"),
            ("translation_of", "nee", "unknown"),
        ] {
            match parse_resource_form(&form(&[(field, value)])) {
                Err(Error::Invalid(errors)) => {
                    assert_eq!(errors, [FieldError { field: field.to_owned(), code }], "{field}");
                }
                other => panic!("{field}: {other:?}"),
            }
        }
    }
}
