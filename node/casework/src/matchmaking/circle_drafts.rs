//! What of the circle's balanced list concerns our own newcomers, as drafts that a person decides
//! on. It changes nothing of that list, which is everybody's: what only we know is said beside it.

use std::collections::{BTreeMap, BTreeSet};

use matching::Pairing;
use schemas::Kind;
use schemas::ids::DocumentId;

use crate::cast::{self, Exclusions};
use crate::desk::Desk;
use crate::error::Result;
use crate::office::{Actor, Office};
use crate::people::PersonId;
use crate::search_view::{BalancedDraft, BalancedDrafts, Beside, CircleBalance, MentorWho};
use crate::whole_list;

impl Office {
    /// The drafts for our own newcomers in the circle's list, beside our own best list.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn balanced_drafts(&self, actor: &Actor, balance: &CircleBalance) -> Result<BalancedDrafts> {
        let own = self.whole_list(actor)?.drafts.into_iter().map(|draft| (draft.newcomer, draft.mentor)).collect();
        let pairs = balance.found.pairs.clone();
        self.at_desk(actor, move |desk| {
            desk.audit("match.balanced_drafts", None, "")?;
            drafts(desk, &pairs, own)
        })
    }
}

fn drafts(desk: &mut Desk<'_>, pairs: &[Pairing], mut own: BTreeMap<PersonId, MentorWho>) -> Result<BalancedDrafts> {
    let places = cast::places(desk)?;
    let rules = cast::rules(desk)?;
    let mentors = cast::all_mentors(desk, &places)?;
    let excluded = Exclusions::read(desk, &mentors)?;
    // Mentors without a card are in no list of the circle, whatever a partner numbers its own.
    let is_shared = |at: &usize| !matches!(mentors.who[*at], MentorWho::Own { offer: None, .. });
    let offers: BTreeMap<DocumentId, usize> =
        (0..mentors.offers.len()).filter(is_shared).map(|at| (mentors.offers[at].id, at)).collect();
    let ours: BTreeSet<DocumentId> = own_cards(desk, Kind::MentorOffer)?;
    let asked: BTreeSet<DocumentId> = own_cards(desk, Kind::MatchRequest)?;
    let pairs: BTreeMap<DocumentId, DocumentId> = pairs.iter().map(|pair| (pair.request, pair.offer)).collect();
    let mut found = BalancedDrafts { own_matches: own.len(), ..BalancedDrafts::default() };
    for person in cast::looking(desk)? {
        let (request, shared) = cast::request_of(desk, &person)?;
        if shared.is_none() {
            found.unshared += 1;
            continue;
        }
        let before = own.remove(&person.id);
        let at = pairs.get(&request.id).and_then(|offer| offers.get(offer)).copied();
        let draft = at.and_then(|at| Some((at, whole_list::draft(&person, &request, &mentors, at, &rules)?)));
        let Some((at, draft)) = draft else {
            found.without.push((person.id, person.data.full_name(), before));
            continue;
        };
        let beside = match before {
            Some(mentor) if mentor.is_same(&draft.mentor) => Beside::Same,
            Some(mentor) => Beside::Other(mentor),
            None => Beside::Nobody,
        };
        let barred = excluded.of(&person, request.id).contains(&(request.id, mentors.offers[at].id));
        found.drafts.push(BalancedDraft { draft, barred, beside });
    }
    found.lent = pairs.iter().filter(|(request, offer)| ours.contains(offer) && !asked.contains(request)).count();
    Ok(found)
}

fn own_cards(desk: &mut Desk<'_>, kind: Kind) -> Result<BTreeSet<DocumentId>> {
    let cards = desk.records.documents(kind)?.into_iter();
    Ok(cards.filter(|card| card.owner == desk.me.root).map(|card| card.id).collect())
}
