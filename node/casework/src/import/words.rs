//! Words as they are compared: lower case, without accents, one space between them; and lists
//! of things in one cell.

/// `text` in lower case without accents; everything that is no letter or digit is one space.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None if c.is_alphanumeric() => folded.push(c),
            None if !folded.is_empty() && !folded.ends_with(' ') => folded.push(' '),
            None => {}
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'ç' | 'č' | 'ć' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ě' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ý' | 'ÿ' => "y",
        'š' | 'ş' => "s",
        'ž' => "z",
        'ğ' => "g",
        'œ' => "oe",
        'æ' => "ae",
        'ß' => "ss",
        // Combining accents of decomposed text, and the dot that lower-casing İ leaves.
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// The things that a cell lists: separated by `,` `;` `/` `+` `&` `|`, a new line or *en*.
pub fn items(text: &str) -> Vec<String> {
    text.split([',', ';', '/', '+', '&', '|', '\n', '•'])
        .flat_map(|item| {
            let words: Vec<&str> = item.split_whitespace().collect();
            let parts: Vec<String> = words
                .split(|word| matches!(word.to_lowercase().as_str(), "en" | "et" | "and" | "of" | "ou" | "or"))
                .map(|part| part.join(" "))
                .collect();
            parts
        })
        .map(|item| item.trim_matches(|c: char| c == '-' || c == '.' || c == '*' || c.is_whitespace()).to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// Whether a cell says that there is nothing to say.
pub fn says_nothing(text: &str) -> bool {
    let folded = fold(text);
    matches!(
        folded.as_str(),
        "" | "nvt"
            | "n v t"
            | "geen"
            | "onbekend"
            | "niet gekend"
            | "x"
            | "na"
            | "n a"
            | "nihil"
            | "aucun"
            | "aucune"
            | "none"
            | "unknown"
            | "maakt niet uit"
            | "geen voorkeur"
    )
}
