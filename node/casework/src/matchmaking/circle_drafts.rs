//! What of the circle's balanced list concerns our own newcomers, as drafts that a person decides
//! on. It changes nothing of that list, which is everybody's: what only we know is said beside it.

use std::collections::{BTreeMap, BTreeSet};

use matching::Pairing;
use schemas::Kind;
use schemas::ids::DocumentId;

use crate::cast;
use crate::desk::Desk;
use crate::error::Result;
use crate::office::{Actor, Office};
use crate::search_view::{BalancedDraft, BalancedDrafts, Beside, CircleBalance, MentorWho};
use crate::whole_list::{OwnList, draft, own_list};

impl Office {
    /// The drafts for our own newcomers in the circle's list, beside our own best list.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn balanced_drafts(&self, actor: &Actor, balance: &CircleBalance) -> Result<BalancedDrafts> {
        let pairs = balance.found.pairs.clone();
        self.at_desk(actor, move |desk| {
            desk.audit("match.balanced_drafts", None, "")?;
            drafts(desk, &pairs)
        })
    }
}

fn drafts(desk: &mut Desk<'_>, pairs: &[Pairing]) -> Result<BalancedDrafts> {
    let places = cast::places(desk)?;
    let OwnList { people, requests, mentors, mut rules, mates } = own_list(desk, &places)?;
    // Mentors without a card are in no list of the circle, whatever a partner numbers its own.
    let is_shared = |at: &usize| !matches!(mentors.who[*at], MentorWho::Own { offer: None, .. });
    let offers: BTreeMap<DocumentId, usize> =
        (0..mentors.offers.len()).filter(is_shared).map(|at| (mentors.offers[at].id, at)).collect();
    let ours: BTreeSet<DocumentId> = own_cards(desk, Kind::MentorOffer)?;
    let asked: BTreeSet<DocumentId> = own_cards(desk, Kind::MatchRequest)?;
    let pairs: BTreeMap<DocumentId, DocumentId> = pairs.iter().map(|pair| (pair.request, pair.offer)).collect();
    let mut found = BalancedDrafts { own_matches: mates.len(), ..BalancedDrafts::default() };
    for (person, request) in people.iter().zip(&requests) {
        if rules.at_home.contains(&request.id) {
            found.unshared += 1;
            continue;
        }
        let before = mates.get(&request.id).map(|at| mentors.who[*at].clone());
        let at = pairs.get(&request.id).and_then(|offer| offers.get(offer)).copied();
        // The list knows nothing of what bars them: it is shown, and said beside it.
        let barred = at.is_some_and(|at| rules.failed_before.remove(&(request.id, mentors.offers[at].id)));
        let Some(draft) = at.and_then(|at| draft(person, request, &mentors, at, &rules)) else {
            found.without.push((person.id, person.data.full_name(), before));
            continue;
        };
        let beside = match before {
            Some(mentor) if mentor.is_same(&draft.mentor) => Beside::Same,
            Some(mentor) => Beside::Other(mentor),
            None => Beside::Nobody,
        };
        found.drafts.push(BalancedDraft { draft, barred, beside });
    }
    found.lent = pairs.iter().filter(|(request, offer)| ours.contains(offer) && !asked.contains(request)).count();
    Ok(found)
}

fn own_cards(desk: &mut Desk<'_>, kind: Kind) -> Result<BTreeSet<DocumentId>> {
    let cards = desk.records.documents(kind)?.into_iter();
    Ok(cards.filter(|card| card.owner == desk.me.root).map(|card| card.id).collect())
}
