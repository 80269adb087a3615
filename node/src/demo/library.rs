//! What the demonstration writes in the learning network. Texts made for it, CC0.

use anyhow::{Result, anyhow};
use schemas::documents::{Licence, Resource, ResourceKind};
use schemas::text::Text;
use schemas::vocabulary::Set;

/// A tag that every resource of the demonstration carries.
pub const TAG: &str = "demo";

/// What a municipality opens.
pub struct Page {
    kind: ResourceKind,
    title: &'static str,
    tags: &'static [&'static str],
    body: &'static str,
}

/// The pages of each municipality, in the order of the municipalities.
pub const PAGES: [&[Page]; 3] = [
    &[Page {
        kind: ResourceKind::GoodPractice,
        title: "Een eerste gesprek tussen mentor en nieuwkomer",
        tags: &["duo", "gesprek"],
        body: "## Waarom\n\nEen goed eerste gesprek maakt dat twee mensen elkaar opnieuw willen zien.\n\n\
               ## Zo doe je het\n\n- Kies een plaats waar het rustig is.\n- Spreek één uur af, niet langer.\n\
               - Laat elk iets vertellen wat de ander niet kan raden.\n- Maak meteen de volgende afspraak.\n",
    }],
    &[Page {
        kind: ResourceKind::PracticeOpportunity,
        title: "Meekijken in een werkplaats",
        tags: &["werk", "metaal"],
        body: "## Wat\n\nEen halve dag meekijken in een werkplaats voor metaal.\n\n\
               ## Voor wie\n\nVoor wie wil lassen of met metaal wil werken.\n\n\
               ## Wat breng je mee\n\n- Dichte schoenen\n- Een lange broek\n\n## Kost\n\nNiets.\n",
    }],
    &[Page {
        kind: ResourceKind::WelcomeSheet,
        title: "Afval: wat gaat waar",
        tags: &["onthaal", "wonen"],
        body: "## Wat\n\nAfval sorteer je thuis. Elke soort heeft een zak of een bak.\n\n\
               ## Waar\n\nJe zet de zak de avond voor de ophaling buiten.\n\n\
               ## Wanneer\n\nDe kalender krijg je elk jaar in december in de bus.\n",
    }],
];

/// A paragraph that the first municipality adds to the last page, and one that the second adds
/// at the same moment.
pub const ADDITIONS: [&str; 2] = [
    "\n## Recyclagepark\n\nGrote dingen breng je zelf naar het recyclagepark. Neem je identiteitskaart mee.\n",
    "## Vraag hulp\n\nWeet je niet wat waar moet? Vraag het aan je buur of aan het onthaal.\n\n",
];

impl Page {
    /// As a resource.
    ///
    /// # Errors
    /// Never for the pages above; the type says so for the caller's `?`.
    pub fn resource(&self) -> Result<Resource> {
        let refused = |why: schemas::Refused| anyhow!("{why}");
        let tags = self.tags.iter().chain([&TAG]).map(|tag| Text::new(*tag)).collect::<Result<Vec<_>, _>>();
        Ok(Resource {
            title: Text::new(self.title).map_err(refused)?,
            kind: self.kind,
            language: "nl".parse().map_err(refused)?,
            body: Text::new(self.body).map_err(refused)?,
            tags: Set::new(tags.map_err(refused)?).map_err(refused)?,
            licence: Licence::Cc0,
            review_on: None,
            translation_of: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_a_resource() -> Result<()> {
        for page in PAGES.iter().copied().flatten() {
            assert!(!page.resource()?.body.as_str().is_empty());
        }
        Ok(())
    }
}
