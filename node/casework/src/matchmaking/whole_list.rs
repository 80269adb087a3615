//! The whole waiting list at once, as drafts that a person decides on.

use std::collections::{BTreeMap, BTreeSet};

use matching::{NoAssignment, Pairing, Remark, Request, Rules, remark, top};
use schemas::ids::{DocumentId, RootId};

use crate::cast::{self, Exclusions, Mentors};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::kept_lists::circle_lists;
use crate::office::{Actor, Office};
use crate::own_rules;
use crate::people::{Person, PersonId};
use crate::search_view::{Draft, ListRemark, MentorWho, Place, WholeList};

impl Office {
    /// The best list for our own newcomers with every mentor that is visible, as drafts.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn whole_list(&self, actor: &Actor) -> Result<WholeList> {
        self.at_desk(actor, |desk| {
            desk.audit("match.whole_list", None, "")?;
            whole_list(desk)
        })
    }
}

/// Our own newcomers who look, every mentor that is visible, and who goes with whom in the best
/// list of them.
pub(crate) struct OwnList {
    pub(crate) people: Vec<Person>,
    /// Theirs, in the same order.
    pub(crate) requests: Vec<Request>,
    pub(crate) mentors: Mentors,
    /// With what is only known here: who failed before, and who is not shared.
    pub(crate) rules: Rules,
    /// Where in `mentors` the one for a request is.
    pub(crate) mates: BTreeMap<DocumentId, usize>,
}

pub(crate) fn own_list(desk: &mut Desk<'_>, places: &BTreeMap<RootId, Place>) -> Result<OwnList> {
    let mut rules = cast::rules(desk)?;
    let mentors = cast::all_mentors(desk, places)?;
    let excluded = Exclusions::read(desk, &mentors)?;
    let people = cast::looking(desk)?;
    let mut requests: Vec<Request> = Vec::new();
    for person in &people {
        let (request, shared) = cast::request_of(desk, person)?;
        rules.failed_before.extend(excluded.of(person, request.id));
        if shared.is_none() {
            // Nothing can be proposed to a partner for somebody who is not shared.
            rules.at_home.insert(request.id);
        }
        requests.push(request);
    }
    let assignment = desk.lists.own().assign(&requests, &mentors.offers, &rules).map_err(no_list)?;
    let offers: BTreeMap<DocumentId, usize> =
        mentors.offers.iter().enumerate().map(|(at, offer)| (offer.id, at)).collect();
    let mate = |pair: &Pairing| Some((pair.request, *offers.get(&pair.offer)?));
    let mates = assignment.pairs.iter().filter_map(mate).collect();
    Ok(OwnList { people, requests, mentors, rules, mates })
}

fn whole_list(desk: &mut Desk<'_>) -> Result<WholeList> {
    let places = cast::places(desk)?;
    let OwnList { people, requests, mentors, rules, mates } = own_list(desk, &places)?;
    let mut list = WholeList {
        remarks: remarks(desk, &requests, &people, &mentors)?,
        circles: circle_lists(desk, &places)?,
        ..WholeList::default()
    };
    for (person, request) in people.iter().zip(&requests) {
        match mates.get(&request.id).and_then(|at| draft(person, request, &mentors, *at, &rules)) {
            Some(draft) => list.drafts.push(draft),
            None => list.without.push(named(person)),
        }
    }
    Ok(list)
}

pub(crate) fn no_list(why: NoAssignment) -> Error {
    match why {
        NoAssignment::TooMany(_) => Error::Refused("too-many-cards"),
        NoAssignment::Unproved(_) => Error::Refused("not-proved-best"),
    }
}

fn named(person: &Person) -> (PersonId, String) {
    (person.id, person.data.full_name())
}

pub(crate) fn draft(person: &Person, request: &Request, mentors: &Mentors, at: usize, rules: &Rules) -> Option<Draft> {
    let candidate = top(request, &mentors.offers[at..=at], rules, 1).pop()?;
    let (newcomer, name) = named(person);
    Some(Draft {
        newcomer,
        name,
        mentor: mentors.who[at].clone(),
        score: candidate.score.total,
        strength: candidate.strength,
        reasons: candidate.reasons,
        distance_metres: candidate.distance_metres,
    })
}

/// What to know of the cards behind the list, in the order of [`ListRemark`].
fn remarks(desk: &mut Desk<'_>, requests: &[Request], people: &[Person], mentors: &Mentors) -> Result<Vec<ListRemark>> {
    let newcomers = people.iter().zip(requests).flat_map(|(person, request)| {
        let remarks = remark::on_request(&request.card).into_iter();
        remarks.map(|remark| ListRemark::Newcomer(person.id, person.data.full_name(), remark))
    });
    let mut found: Vec<ListRemark> = newcomers.collect();
    let mut theirs: BTreeMap<(String, Remark), usize> = BTreeMap::new();
    let free = mentors.offers.iter().zip(&mentors.who).filter(|(offer, _)| offer.card.capacity_left.get() > 0);
    for (offer, who) in free {
        for remark in remark::on_offer(&offer.card) {
            match who {
                MentorWho::Own { person, name, .. } => found.push(ListRemark::Mentor(*person, name.clone(), remark)),
                MentorWho::Partner { municipality, .. } => {
                    *theirs.entry((municipality.name.clone(), remark)).or_default() += 1;
                }
            }
        }
    }
    found.extend(theirs.into_iter().map(|((name, remark), count)| ListRemark::Partners(name, remark, count)));
    let newer = own_rules::page(desk)?.partners.into_iter().filter(|partner| partner.newer);
    found.extend(newer.map(|partner| ListRemark::Newer(partner.place.name)));
    let areas = mentors.offers.iter().map(|offer| offer.card.area).chain(requests.iter().map(Request::place));
    let merged = areas.filter(|area| area.municipality().merged_into.is_some()).collect::<BTreeSet<_>>();
    found.extend(merged.into_iter().map(ListRemark::Merged));
    found.sort();
    Ok(found)
}
