//! Forms: what was typed, what was wrong with it, and the fields as markup. A field's words are
//! `field-<name>` and, where there is more to say, `hint-<name>`; dots in names become hyphens.

use askama::Template;
use casework::FieldError;

use crate::words::Words;

/// Names and values in the order of the form.
pub(crate) type Pairs = Vec<(String, String)>;

/// A choice: code and words.
pub(crate) type Choice = (String, String);

/// A field that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) message: String,
}

/// A form as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    w: Words,
    values: Pairs,
    pub(crate) wrong: Vec<Wrong>,
}

fn key(name: &str) -> String {
    name.replace('.', "-")
}

impl Form {
    /// A form with these values.
    pub(crate) fn new(words: &Words, values: Pairs) -> Self {
        Self { w: words.clone(), values, wrong: Vec::new() }
    }

    /// The same with what was wrong, for the summary on top and beside the fields.
    pub(crate) fn with_errors(mut self, errors: &[FieldError]) -> Self {
        self.wrong = errors
            .iter()
            .map(|error| {
                let message = format!("error-{}", error.code);
                let label = format!("field-{}", key(&error.field));
                Wrong {
                    field: error.field.clone(),
                    id: format!("f-{}", key(&error.field)),
                    label: if self.w.has(&label) {
                        self.w.t(&label).trim_end_matches('?').to_owned()
                    } else {
                        String::new()
                    },
                    message: if self.w.has(&message) { self.w.t(&message) } else { self.w.t("error-other") },
                }
            })
            .collect();
        self
    }

    /// The first value of a field.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Whether a field has this value among its values.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.values.iter().any(|(field, known)| field == name && known == value)
    }

    /// What is wrong with a field; empty when nothing is.
    pub(crate) fn error(&self, name: &str) -> &str {
        self.wrong.iter().find(|wrong| wrong.field == name).map_or("", |wrong| &wrong.message)
    }

    fn hint(&self, name: &str) -> String {
        let key = format!("hint-{}", key(name));
        if self.w.has(&key) { self.w.t(&key) } else { String::new() }
    }

    fn label(&self, name: &str) -> String {
        self.w.t(&format!("field-{}", key(name)))
    }

    /// One line. `kind` is the type of the input, `complete` its autocomplete token.
    pub(crate) fn line(&self, name: &str, kind: &str, complete: &str) -> Result<String, askama::Error> {
        Line {
            name,
            id: format!("f-{}", key(name)),
            kind,
            complete,
            label: self.label(name),
            hint: self.hint(name),
            error: self.error(name),
            value: self.value(name),
        }
        .render()
    }

    /// Several lines.
    pub(crate) fn area(&self, name: &str, rows: u8) -> Result<String, askama::Error> {
        Area {
            name,
            id: format!("f-{}", key(name)),
            rows,
            label: self.label(name),
            hint: self.hint(name),
            error: self.error(name),
            value: self.value(name),
        }
        .render()
    }

    /// One of several, in a list that opens. The first is "not known".
    pub(crate) fn choose(&self, name: &str, choices: &[Choice]) -> Result<String, askama::Error> {
        self.list(name, choices, "choice-none")
    }

    /// The same above a list: the first is "all".
    pub(crate) fn filter(&self, name: &str, choices: &[Choice]) -> Result<String, askama::Error> {
        self.list(name, choices, "choice-all")
    }

    fn list(&self, name: &str, choices: &[Choice], none: &str) -> Result<String, askama::Error> {
        Choose {
            name,
            id: format!("f-{}", key(name)),
            label: self.label(name),
            hint: self.hint(name),
            error: self.error(name),
            value: self.value(name),
            none: self.w.t(none),
            choices,
        }
        .render()
    }

    /// Any of several, as boxes to tick.
    pub(crate) fn ticks(&self, name: &str, choices: &[Choice]) -> Result<String, askama::Error> {
        let choices: Vec<(&str, &str, bool)> =
            choices.iter().map(|(code, words)| (code.as_str(), words.as_str(), self.has(name, code))).collect();
        Ticks {
            name,
            id: format!("f-{}", key(name)),
            label: self.label(name),
            hint: self.hint(name),
            error: self.error(name),
            choices,
        }
        .render()
    }

    /// One box to tick.
    pub(crate) fn tick(&self, name: &str, value: &str) -> Result<String, askama::Error> {
        Tick { name, id: format!("f-{}", key(name)), label: self.label(name), value, on: self.has(name, value) }
            .render()
    }

    /// The week of seven days and three parts as a table of boxes.
    pub(crate) fn week(&self, name: &str) -> Result<String, askama::Error> {
        let rows = crate::vocabulary::week(&self.w, |code| self.has(name, code));
        let parts = crate::vocabulary::dayparts(&self.w);
        Week { name, id: format!("f-{}", key(name)), label: self.label(name), error: self.error(name), rows, parts }
            .render()
    }
}

#[derive(Template)]
#[template(path = "fields/line.html")]
struct Line<'a> {
    name: &'a str,
    id: String,
    kind: &'a str,
    complete: &'a str,
    label: String,
    hint: String,
    error: &'a str,
    value: &'a str,
}

#[derive(Template)]
#[template(path = "fields/area.html")]
struct Area<'a> {
    name: &'a str,
    id: String,
    rows: u8,
    label: String,
    hint: String,
    error: &'a str,
    value: &'a str,
}

#[derive(Template)]
#[template(path = "fields/choose.html")]
struct Choose<'a> {
    name: &'a str,
    id: String,
    label: String,
    hint: String,
    error: &'a str,
    value: &'a str,
    none: String,
    choices: &'a [Choice],
}

#[derive(Template)]
#[template(path = "fields/ticks.html")]
struct Ticks<'a> {
    name: &'a str,
    id: String,
    label: String,
    hint: String,
    error: &'a str,
    choices: Vec<(&'a str, &'a str, bool)>,
}

#[derive(Template)]
#[template(path = "fields/tick.html")]
struct Tick<'a> {
    name: &'a str,
    id: String,
    label: String,
    value: &'a str,
    on: bool,
}

#[derive(Template)]
#[template(path = "fields/week.html")]
struct Week<'a> {
    name: &'a str,
    id: String,
    label: String,
    error: &'a str,
    rows: Vec<crate::vocabulary::WeekRow>,
    parts: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_escaped_and_kept() {
        let values = vec![("given_name".to_owned(), "<b>\"Zoë\"".to_owned())];
        let errors = [FieldError { field: "given_name".to_owned(), code: "required" }];
        let form = Form::new(&Words::dutch(), values).with_errors(&errors);
        let markup = form.line("given_name", "text", "off").expect("a field");
        assert!(markup.contains("value=\"&#60;b&#62;&#34;Zoë&#34;\""), "{markup}");
        assert!(markup.contains("aria-describedby=\"e-f-given_name\""), "{markup}");
        assert!(markup.contains("aria-invalid=\"true\""));
        assert!(!markup.contains(crate::words::MISSING));
    }
}
