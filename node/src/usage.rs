//! What is wrong with a command line, in Dutch. It never guesses what was meant.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// One sentence about a command line that cannot be read, and the form that can; none when help
/// or the version was asked for.
pub fn sentence(error: &clap::Error) -> Option<String> {
    let said = |kind| error.get(kind).map(text).unwrap_or_default();
    let option = said(ContextKind::InvalidArg);
    let wrong = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return None,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "Zeg welke opdracht je bedoelt".to_owned()
        }
        ErrorKind::InvalidSubcommand => {
            format!("De opdracht “{}” bestaat niet", said(ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => format!("“{option}” hoort niet bij deze opdracht"),
        ErrorKind::MissingRequiredArgument => format!("Er ontbreekt nog: {option}"),
        ErrorKind::ArgumentConflict => format!("“{option}” gaat niet samen met {}", said(ContextKind::PriorArg)),
        ErrorKind::InvalidValue if said(ContextKind::InvalidValue).is_empty() => {
            format!("Achter {option} ontbreekt iets")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("“{}” kan niet bij {option}", said(ContextKind::InvalidValue))
        }
        _ => "De opdracht is niet te lezen".to_owned(),
    };
    let usage = said(ContextKind::Usage).replace("Usage:", "Gebruik:");
    let usage = if usage.is_empty() { "Met --help staat er wat kan.".to_owned() } else { usage };
    Some(format!("{wrong}.\n{usage}"))
}

fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(all) => all.join(", "),
        one => one.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn said(line: &[&str]) -> Option<String> {
        sentence(&Cli::try_parse_from([&["overbuur"], line].concat()).expect_err("it cannot be read"))
    }

    #[test]
    fn what_is_wrong_is_said_in_dutch() {
        for (line, wrong) in [
            (&["frob"][..], "De opdracht “frob” bestaat niet."),
            (&["run"], "Er ontbreekt nog: --dir <DIR>."),
            (&["run", "--dir"], "Achter --dir <DIR> ontbreekt iets."),
            (&["run", "--dir", "x", "--frob"], "“--frob” hoort niet bij deze opdracht."),
            (&["demo", "--http-port", "abc"], "“abc” kan niet bij --http-port <HTTP_PORT>."),
            (&["demo", "--http-port", "70000"], "“70000” kan niet bij --http-port <HTTP_PORT>."),
            (&[], "Zeg welke opdracht je bedoelt."),
        ] {
            let said = said(line).expect("it is wrong");
            assert!(said.starts_with(wrong), "{line:?}: {said}");
            assert!(!said.contains("Usage") && !said.contains("error"), "{line:?}: {said}");
        }
        assert!(said(&["run"]).is_some_and(|said| said.contains("Gebruik: overbuur run --dir <DIR>")));
    }

    #[test]
    fn help_is_no_mistake() {
        assert_eq!(said(&["--help"]), None);
        assert_eq!(said(&["--version"]), None);
    }
}
