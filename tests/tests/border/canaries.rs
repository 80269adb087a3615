//! Canaries: a word that occurs nowhere else in every personal field of a person.

/// What a person's intake holds, and where a canary sits.
pub(crate) struct Canaries {
    /// Fields of the intake form.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Field and words to search for.
    words: Vec<(&'static str, String)>,
}

/// Fields of the intake form that take any text.
const TEXTS: [&str; 18] = [
    "given_name",
    "family_name",
    "contact.street",
    "country",
    "education",
    "former_work",
    "occupation_text",
    "recruited_via",
    "intake.needs",
    "intake.expectations",
    "intake.background",
    "intake.experience",
    "intake.goals",
    "intake.barriers",
    "intake.preferred_profile",
    "intake.actions",
    "intake.remarks",
    "contact.email",
];

/// Fields of which the one partner gets the value after both said yes, sealed.
const HANDED_OVER: [&str; 4] = ["given_name", "family_name", "contact.phone", "contact.email"];

impl Canaries {
    /// Of somebody, with a letter that tells the two persons apart, a phone number of nine
    /// digits after the nought, and a day of birth.
    pub(crate) fn of(letter: char, phone: &str, birth: &str) -> Self {
        let mut made = Self { fields: Vec::new(), words: Vec::new() };
        for field in TEXTS {
            let word = format!("kanarie{letter}{}", field.replace(['.', '_'], ""));
            let text = match field {
                "contact.email" => format!("{word}@voorbeeld.be"),
                text if text.starts_with("intake.") => format!("Zin met {word} erin."),
                _ => word.clone(),
            };
            made.fields.push((field, text));
            made.words.push((field, word));
        }
        made.fields.push(("contact.phone", format!("0{phone}")));
        made.words.push(("contact.phone", phone.replace(' ', "")));
        made.words.push(("contact.phone", phone.to_owned()));
        made.fields.push(("birth", birth.to_owned()));
        let mut day: Vec<&str> = birth.split('/').collect();
        made.words.push(("birth", birth.to_owned()));
        day.reverse();
        made.words.push(("birth", day.join("-")));
        made
    }

    /// Another word of this person, typed outside the intake.
    pub(crate) fn add(&mut self, field: &'static str, word: &str) {
        self.words.push((field, word.to_owned()));
    }

    /// The fields of the form, with more.
    pub(crate) fn form<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = self.fields.iter().map(|(name, value)| (*name, value.as_str()));
        own.chain(more.iter().copied()).collect()
    }

    /// The fields whose canary sings in `bytes`, in whatever case and whether or not an
    /// encoding put zeros between the letters.
    pub(crate) fn in_bytes(&self, bytes: &[u8]) -> Vec<&'static str> {
        let text: Vec<u8> = bytes.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
        let sings = |word: &str| text.windows(word.len()).any(|window| window == word.as_bytes());
        self.words.iter().filter(|(_, word)| sings(word)).map(|(field, _)| *field).collect()
    }

    /// The same without what is handed over sealed to the one partner.
    pub(crate) fn in_bytes_beyond_handover(&self, bytes: &[u8]) -> Vec<&'static str> {
        self.in_bytes(bytes).into_iter().filter(|field| !HANDED_OVER.contains(field)).collect()
    }
}
