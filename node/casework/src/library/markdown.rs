//! The body of a resource as blocks: headings, paragraphs, lists, bold and italics. Everything
//! else is text. Nothing here is HTML: the page escapes each text that it writes.

/// A block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading of level 2 to 4 on the page (`#` is 2: the title of the page is level 1).
    Heading(u8, Vec<Span>),
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list with bullets.
    Bullets(Vec<Vec<Span>>),
    /// A list with numbers.
    Numbers(Vec<Vec<Span>>),
}

/// A stretch of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Text.
    Plain(String),
    /// Bold text.
    Strong(String),
    /// Text in italics.
    Emphasis(String),
    /// An address that starts with `https://` or `http://`, `mailto:` or `tel:`.
    Link {
        /// What is shown.
        text: String,
        /// Where it leads.
        href: String,
    },
}

/// Reads a body.
pub fn render(body: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph = String::new();
    for line in body.lines().map(str::trim).chain(std::iter::once("")) {
        let (marked, text) = marker(line);
        if !paragraph.is_empty() && !matches!(marked, Mark::None) || line.is_empty() {
            let text = std::mem::take(&mut paragraph);
            if !text.is_empty() {
                blocks.push(Block::Paragraph(spans(&text)));
            }
        }
        match (marked, blocks.last_mut()) {
            (Mark::Heading(level), _) => blocks.push(Block::Heading(level, spans(text))),
            (Mark::Bullet, Some(Block::Bullets(items))) | (Mark::Number, Some(Block::Numbers(items))) => {
                items.push(spans(text))
            }
            (Mark::Bullet, _) => blocks.push(Block::Bullets(vec![spans(text)])),
            (Mark::Number, _) => blocks.push(Block::Numbers(vec![spans(text)])),
            (Mark::None, _) => {
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(text);
            }
        }
    }
    blocks
}

/// The text of some spans without their styles.
pub fn text_of(spans: &[Span]) -> String {
    let text = |span: &Span| match span {
        Span::Plain(text) | Span::Strong(text) | Span::Emphasis(text) | Span::Link { text, .. } => text.clone(),
    };
    spans.iter().map(text).collect()
}

enum Mark {
    None,
    Heading(u8),
    Bullet,
    Number,
}

fn marker(line: &str) -> (Mark, &str) {
    let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
    if let (1..=6, Some(text)) = (hashes, line[hashes..].strip_prefix(' ')) {
        return (Mark::Heading((hashes as u8 + 1).min(4)), text.trim());
    }
    if let Some(text) = ["- ", "* ", "• "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return (Mark::Bullet, text.trim());
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let after = &line[digits..];
    match after.strip_prefix(". ").or_else(|| after.strip_prefix(") ")) {
        Some(text) if (1..=3).contains(&digits) => (Mark::Number, text.trim()),
        _ => (Mark::None, line),
    }
}

fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let found = styled(rest).or_else(|| link(rest, plain.chars().last()));
        if let Some((span, length)) = found {
            if !plain.is_empty() {
                spans.push(Span::Plain(std::mem::take(&mut plain)));
            }
            spans.push(span);
            rest = &rest[length..];
        } else {
            plain.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        spans.push(Span::Plain(plain));
    }
    spans
}

/// `**bold**`, `*italics*` or `_italics_` at the start of `rest`, with its length.
fn styled(rest: &str) -> Option<(Span, usize)> {
    for mark in ["**", "*", "_"] {
        let Some(inside) = rest.strip_prefix(mark) else { continue };
        let end = inside.find(mark)?;
        let text = &inside[..end];
        if text.trim() != text || text.is_empty() {
            return None;
        }
        let span = if mark == "**" { Span::Strong(text.to_owned()) } else { Span::Emphasis(text.to_owned()) };
        return Some((span, end + mark.len() * 2));
    }
    None
}

/// `[text](address)` or a bare web address at the start of `rest`, with its length.
fn link(rest: &str, before: Option<char>) -> Option<(Span, usize)> {
    if let Some(inside) = rest.strip_prefix('[') {
        let (text, after) = inside.split_once("](")?;
        let (href, _) = after.split_once(')')?;
        let length = 1 + text.len() + 2 + href.len() + 1;
        let fine = !text.is_empty() && !text.contains(['[', '\n']) && leads_somewhere_safe(href);
        return fine.then(|| (Span::Link { text: text.to_owned(), href: href.to_owned() }, length));
    }
    if before.is_some_and(char::is_alphanumeric) || !(rest.starts_with("https://") || rest.starts_with("http://")) {
        return None;
    }
    let end = rest.find(|c: char| c.is_whitespace() || "<>\"')".contains(c)).unwrap_or(rest.len());
    let href = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    (href.len() > "https://".len()).then(|| (Span::Link { text: href.to_owned(), href: href.to_owned() }, href.len()))
}

fn leads_somewhere_safe(href: &str) -> bool {
    let known = ["https://", "http://", "mailto:", "tel:"].iter().any(|start| href.starts_with(start));
    known && !href.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"'".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<Span> {
        vec![Span::Plain(text.to_owned())]
    }

    #[test]
    fn blocks() {
        let body = "# Wat\nEen brug\nnaar werk.\n\n## Voor wie\n- nieuwkomers\n- mentors\n1. eerst\n2) dan\nslot";
        assert_eq!(
            render(body),
            [
                Block::Heading(2, plain("Wat")),
                Block::Paragraph(plain("Een brug naar werk.")),
                Block::Heading(3, plain("Voor wie")),
                Block::Bullets(vec![plain("nieuwkomers"), plain("mentors")]),
                Block::Numbers(vec![plain("eerst"), plain("dan")]),
                Block::Paragraph(plain("slot")),
            ]
        );
        assert!(render("").is_empty() && render("\n \n").is_empty());
    }

    #[test]
    fn styles_and_links() {
        let link = |text: &str, href: &str| Span::Link { text: text.to_owned(), href: href.to_owned() };
        for (text, expected) in [
            (
                "**vet** en *schuin*",
                vec![Span::Strong("vet".into()), Span::Plain(" en ".into()), Span::Emphasis("schuin".into())],
            ),
            ("_zo_", vec![Span::Emphasis("zo".into())]),
            ("2 * 3 * 4", plain("2 * 3 * 4")),
            ("**open", plain("**open")),
            ("[VDAB](https://vdab.be)", vec![link("VDAB", "https://vdab.be")]),
            (
                "zie https://vdab.be.",
                vec![Span::Plain("zie ".into()), link("https://vdab.be", "https://vdab.be"), Span::Plain(".".into())],
            ),
            ("[x](javascript:alert(1))", plain("[x](javascript:alert(1))")),
            ("<script>alert(1)</script>", plain("<script>alert(1)</script>")),
            ("#geen kop", plain("#geen kop")),
        ] {
            assert_eq!(render(text), [Block::Paragraph(expected)], "{text}");
        }
    }
}
