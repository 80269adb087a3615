//! What changed, as the pages hear it over server-sent events: the name of a region and no more.
//! Never a value, a name or an id, so that nothing is told to a page that may not read it.

use casework::schemas::{DocumentId, Kind};

/// Part of the pages that can have news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// Newcomers and mentors.
    People,
    /// Cards in the circle and proposals.
    Matches,
    /// Duos and their progress.
    Duos,
    /// The learning network.
    Library,
    /// Partners and their connections.
    Partners,
}

impl Region {
    /// Name in `data-refresh` and in the event.
    pub const fn code(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Matches => "matches",
            Self::Duos => "duos",
            Self::Library => "library",
            Self::Partners => "partners",
        }
    }
}

/// Something changed here or at a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Which pages have news.
    pub region: Region,
}

impl Change {
    /// A shared document is shown, hidden or has a new value. The runtime sends this after each
    /// effect; `document` is only taken so that callers need not think about what pages hear.
    pub fn document(kind: Kind, _document: DocumentId) -> Self {
        let region = match kind {
            Kind::MentorOffer | Kind::MatchRequest | Kind::Proposal | Kind::Answer => Region::Matches,
            Kind::DuoProgress => Region::Duos,
            Kind::Resource | Kind::Comment => Region::Library,
            Kind::MunicipalityCard | Kind::MatchingRules | Kind::IndicatorReport => Region::Partners,
        };
        Self { region }
    }
    /// A partner connected, went away or was reconciled.
    pub const fn partner() -> Self {
        Self { region: Region::Partners }
    }
    /// Something was saved on this node.
    pub const fn local(region: Region) -> Self {
        Self { region }
    }
}
