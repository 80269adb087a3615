//! What of the circle's balanced list concerns our own newcomers, as drafts that a person decides
//! on. It changes nothing of that list, which is everybody's: what only we know is said beside it.

use std::collections::BTreeMap;

use matching::Pairing;
use schemas::ids::{DocumentId, RootId};

use crate::cast;
use crate::desk::Desk;
use crate::error::Result;
use crate::matchmaking::shared_cards::shared_cards;
use crate::office::{Actor, Office};
use crate::search_view::{BalancedDraft, BalancedDrafts, Beside, CircleBalance};
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
    // Of several cards under one number one is in the list, and need not be the one that is meant here.
    let shared = shared_cards(desk, &places)?;
    let asks: BTreeMap<DocumentId, RootId> = shared.requests.iter().map(|card| (card.id, card.owner)).collect();
    let gives: BTreeMap<DocumentId, RootId> = shared.offers.iter().map(|card| (card.id, card.owner)).collect();
    let listed = mentors.offers.iter().enumerate().filter(|(_, offer)| gives.get(&offer.id) == Some(&offer.owner));
    let offers: BTreeMap<DocumentId, usize> = listed.map(|(at, offer)| (offer.id, at)).collect();
    let us = desk.me.root;
    let pairs: BTreeMap<DocumentId, DocumentId> = pairs.iter().map(|pair| (pair.request, pair.offer)).collect();
    let mut found = BalancedDrafts { own_matches: mates.len(), ..BalancedDrafts::default() };
    for (person, request) in people.iter().zip(&requests) {
        if rules.at_home.contains(&request.id) {
            found.unshared += 1;
            continue;
        }
        let before = mates.get(&request.id).map(|at| mentors.who[*at].clone());
        let pair = pairs.get(&request.id).filter(|_| asks.get(&request.id) == Some(&us));
        let at = pair.and_then(|offer| offers.get(offer)).copied();
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
    let lent = pairs.iter().filter(|(request, offer)| gives.get(offer) == Some(&us) && asks.get(request) != Some(&us));
    found.lent = lent.count();
    Ok(found)
}
