//! Local persons can't be written out: their types implement neither
//! `Serialize` nor `Shared`.

use super::code::{code_only, line_of, words};
use super::{Breach, Source};

/// The traits that would let a person travel.
const FORBIDDEN: [&str; 2] = ["Serialize", "Shared"];

/// Whether a file holds types of local persons.
#[must_use]
pub fn holds_people(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("node/casework/src/") else {
        return false;
    };
    rest.split('/').any(|part| part.starts_with("people") || part.starts_with("person"))
}

/// The types that the files of local persons define.
#[must_use]
pub fn types(sources: &[Source]) -> Vec<String> {
    let mut names = Vec::new();
    for source in sources.iter().filter(|source| holds_people(&source.path)) {
        let code = code_only(&source.text);
        for keyword in ["struct ", "enum "] {
            for at in words(&code, keyword.trim_end()) {
                let name: String =
                    code[at + keyword.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                names.push(name);
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// No type of a local person derives or implements a trait that writes it out,
/// in whatever file.
#[must_use]
pub fn stay_local(sources: &[Source]) -> Vec<Breach> {
    let people = types(sources);
    let mut found = Vec::new();
    for source in sources {
        let code = code_only(&source.text);
        for name in FORBIDDEN {
            for at in words(&code, name) {
                let derived = holds_people(&source.path) && inside_derive(&code, at);
                let target = implemented_for(&code[at + name.len()..]);
                let implemented = target.is_some_and(|target| people.contains(&target));
                if derived || implemented {
                    let what = format!("a local person's type gets `{name}`");
                    found.push(Breach::new(&source.path, line_of(&code, at), what));
                }
            }
        }
    }
    found
}

/// Whether the offset stands in an attribute that derives.
fn inside_derive(code: &str, at: usize) -> bool {
    let Some(open) = code[..at].rfind("#[") else {
        return false;
    };
    let attribute = &code[open..at];
    !attribute.contains(']') && attribute.contains("derive")
}

/// In ` for path::Name<…> {`, the name.
fn implemented_for(tail: &str) -> Option<String> {
    let path: String = tail
        .trim_start()
        .strip_prefix("for ")?
        .trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':')
        .collect();
    path.rsplit("::").next().map(str::to_owned)
}
