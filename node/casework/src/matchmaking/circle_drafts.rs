//! What of the circle's balanced list concerns our own newcomers, as drafts that a person decides
//! on. It changes nothing of that list, which is everybody's: what only we know is said beside it.

use std::collections::{BTreeMap, BTreeSet};

use matching::Pairing;
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
    let ours = mentors.offers.iter().filter(|offer| offer.owner == desk.me.root).map(|offer| offer.id);
    let ours: BTreeSet<DocumentId> = ours.collect();
    let offers: BTreeMap<DocumentId, usize> =
        mentors.offers.iter().enumerate().map(|(at, offer)| (offer.id, at)).collect();
    let pairs: BTreeMap<DocumentId, DocumentId> = pairs.iter().map(|pair| (pair.request, pair.offer)).collect();
    let mut found = BalancedDrafts { own_matches: own.len(), ..BalancedDrafts::default() };
    let mut at_home = 0;
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
        at_home += usize::from(ours.contains(&mentors.offers[at].id));
        let beside = match before {
            Some(mentor) if mentor.is_same(&draft.mentor) => Beside::Same,
            Some(mentor) => Beside::Other(mentor),
            None => Beside::Nobody,
        };
        let barred = excluded.of(&person, request.id).contains(&(request.id, mentors.offers[at].id));
        found.drafts.push(BalancedDraft { draft, barred, beside });
    }
    let used = pairs.values().filter(|offer| ours.contains(offer)).count();
    found.lent = used.saturating_sub(at_home);
    Ok(found)
}
