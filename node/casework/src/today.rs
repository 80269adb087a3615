//! *Vandaag*: what waits for me, what waits for a partner, what is new in the network.
//!
//! Items hold ids and the verb; the web layer words them. A member of the learning network sees
//! the library only, never a person or a number about persons.

use std::collections::BTreeMap;

use schemas::ids::RootId;
use schemas::time::Hour;
use schemas::{Kind, SharedValue};

use crate::desk::Desk;
use crate::duo_pages;
use crate::duo_view::{DuoPerson, DuoRow, NewItem, PartnerItem, Today, TodayItem};
use crate::error::Result;
use crate::match_pages::proposals;
use crate::office::{AccountRole, Actor, Office};
use crate::own_cards::is_minor;
use crate::partner_life::Suspension;
use crate::people::Side;
use crate::ports::{Municipality, Records};
use crate::ports_matches::{Duo, DuoStage, HandoverStage};
use crate::search_view::{IncomingRow, OutgoingRow, Place};
use crate::settle::settle;
use crate::{answer, cast, circle, proposal};

/// Days before its end on which a card is named.
const EXPIRES_SOON_DAYS: u32 = 14;
/// Days that something is new.
const NEW_DAYS: u32 = 7;
/// Mentors to look after, at most; the next come when these are done.
const MAX_UNSURE: usize = 20;
/// Lines of the library, at most.
const MAX_NEW_RESOURCES: usize = 8;

impl Office {
    /// *Vandaag*, for this actor's role.
    ///
    /// # Errors
    /// A failing store.
    pub fn today(&self, actor: &Actor) -> Result<Today> {
        if actor.role != AccountRole::Coordinator {
            let now = self.now().hour();
            let tends = actor.role == AccountRole::Administrator;
            return self.read(move |records| {
                let mut waits_for_me = if tends { suspended(records)? } else { Vec::new() };
                waits_for_me.extend(library_items(records)?);
                Ok(Today { waits_for_me, new_in_network: new_resources(records, now)?, ..Today::default() })
            });
        }
        self.at_desk(actor, |desk| {
            settle(desk)?;
            desk.audit("today.read", None, "")?;
            today(desk)
        })
    }
}

fn today(desk: &mut Desk<'_>) -> Result<Today> {
    let mut today = Today::default();
    today.waits_for_me.extend(suspended(desk.records)?);
    let page = proposals(desk)?;
    // Confirmations first: a place is kept for a time only.
    today.waits_for_me.extend(page.outgoing.iter().filter_map(to_confirm));
    today.waits_for_me.extend(page.incoming.iter().filter_map(to_answer));
    today.waits_for_partner.extend(page.incoming.iter().filter_map(they_confirm));
    today.waits_for_partner.extend(page.outgoing.iter().filter_map(they_answer));
    for duo in desk.records.duos()? {
        if duo.stage.is_active() {
            duo_items(desk, &duo, &mut today)?;
        }
    }
    today.waits_for_me.extend(unsure(desk)?);
    people_items(desk, &mut today.waits_for_me)?;
    today.waits_for_me.extend(library_items(desk.records)?);
    today.waits_for_me.extend(expiring(desk)?);
    today.new_in_network = new_mentors(desk)?;
    today.new_in_network.extend(new_resources(desk.records, desk.now.hour())?);
    today.value_of_circle = Some(circle::worth(desk)?);
    Ok(today)
}

fn to_confirm(row: &OutgoingRow) -> Option<TodayItem> {
    let proposal::State::Reserved { held_until } = row.state else { return None };
    Some(TodayItem::Confirm {
        proposal: row.document,
        newcomer_name: row.newcomer_name.clone(),
        municipality: row.municipality.clone(),
        held_until,
    })
}

fn to_answer(row: &IncomingRow) -> Option<TodayItem> {
    let answer::State::Open { days, reminded } = row.state else { return None };
    Some(TodayItem::Answer {
        proposal: row.document,
        municipality: row.municipality.clone(),
        mentor_name: row.mentor_name.clone(),
        waiting_since: row.waiting_since,
        days,
        reminded,
        asked: row.asked.is_some(),
    })
}

fn they_confirm(row: &IncomingRow) -> Option<PartnerItem> {
    let answer::State::Reserved { held_until } = row.state else { return None };
    Some(PartnerItem::ForConfirmation {
        proposal: row.document,
        mentor_name: row.mentor_name.clone(),
        municipality: row.municipality.clone(),
        held_until,
    })
}

fn they_answer(row: &OutgoingRow) -> Option<PartnerItem> {
    let (proposal, newcomer_name) = (row.document, row.newcomer_name.clone());
    let municipality = row.municipality.clone();
    match row.state {
        proposal::State::Waiting { days } => {
            Some(PartnerItem::ForAnswer { proposal, newcomer_name, municipality, days, reminded: false })
        }
        proposal::State::Reminded { days } => {
            Some(PartnerItem::ForAnswer { proposal, newcomer_name, municipality, days, reminded: true })
        }
        proposal::State::Confirmed => Some(PartnerItem::ForAcknowledgement { proposal, newcomer_name, municipality }),
        _ => None,
    }
}

/// The names of our own persons in a duo.
fn names(row: &DuoRow) -> String {
    let own = [&row.newcomer, &row.mentor].into_iter().filter_map(|person| match person {
        DuoPerson::Own { name, .. } => Some(name.as_str()),
        DuoPerson::Partner { .. } | DuoPerson::Erased => None,
    });
    own.collect::<Vec<_>>().join(", ")
}

fn duo_items(desk: &mut Desk<'_>, duo: &Duo, today: &mut Today) -> Result<()> {
    let row = duo_pages::row(desk, duo)?;
    let own_silent =
        (duo.newcomer.is_some() && duo.newcomer_said.is_none()) || (duo.mentor.is_some() && duo.mentor_said.is_none());
    if duo.stage == DuoStage::FirstMeeting && own_silent {
        let item = TodayItem::FirstMeeting { duo: duo.id, names: names(&row), matched_on: duo.matched_on };
        today.waits_for_me.push(item);
    }
    if duo.stage != DuoStage::FirstMeeting {
        let alarm = |alarm| TodayItem::DuoAlarm { duo: duo.id, names: names(&row), alarm };
        today.waits_for_me.extend(row.alarms.iter().copied().map(alarm));
    }
    let (Some(proposal), Some(partner)) = (duo.proposal, duo.partner) else { return Ok(()) };
    let municipality = desk.place_or_short(partner)?;
    if duo.stage == DuoStage::FirstMeeting && !own_silent {
        let (duo, names, municipality) = (duo.id, names(&row), municipality.clone());
        today.waits_for_partner.push(PartnerItem::ForTheirYes { duo, names, municipality });
    }
    match (desk.records.handover(proposal)?, duo.newcomer.or(duo.mentor)) {
        (None, Some(person)) if !desk.records.consents_to(person, crate::people::Purpose::Handover)? => {
            let item = TodayItem::HandoverConsent { duo: duo.id, person, name: desk.name(Some(person))? };
            today.waits_for_me.push(item);
        }
        (Some(sent), _) if matches!(sent.stage, HandoverStage::Waiting | HandoverStage::KeyUnknown) => {
            let item = PartnerItem::HandoverUnderWay { proposal, municipality, since: sent.changed_at };
            today.waits_for_partner.push(item);
        }
        _ => {}
    }
    Ok(())
}

/// Mentors that may have been promised in what a backup does not know.
fn unsure(desk: &mut Desk<'_>) -> Result<Vec<TodayItem>> {
    let mentors = desk.records.places_unsure()?;
    let item = |mentor| Ok(TodayItem::PlacesUnsure { mentor, name: desk.name(Some(mentor))? });
    mentors.into_iter().take(MAX_UNSURE).map(item).collect()
}

fn people_items(desk: &mut Desk<'_>, items: &mut Vec<TodayItem>) -> Result<()> {
    let (mut minors, mut shareable) = (0, [0, 0]);
    let (mut without_consent, mut without_screening) = ([0, 0], 0);
    let looking = cast::looking(desk)?;
    let newcomers = desk.records.standings(Side::Newcomer)?;
    let mentors = desk.records.standings(Side::Mentor)?;
    for person in &looking {
        let standing = newcomers.get(&person.id).copied().unwrap_or_default();
        if is_minor(person, desk.today()) {
            minors += 1;
        } else if !standing.crosses_border {
            without_consent[0] += 1;
        } else if standing.out_at.is_none() {
            shareable[0] += 1;
        }
    }
    for person in desk.records.people(Side::Mentor)? {
        let standing = mentors.get(&person.id).copied().unwrap_or_default();
        if !standing.screened {
            without_screening += 1;
        }
        if !standing.crosses_border {
            without_consent[1] += 1;
        } else if standing.screened && standing.out_at.is_none() {
            shareable[1] += 1;
        }
    }
    if without_consent != [0, 0] || without_screening > 0 {
        items.push(TodayItem::NotShared {
            newcomers_without_consent: without_consent[0],
            mentors_without_consent: without_consent[1],
            mentors_without_screening: without_screening,
        });
    }
    if shareable != [0, 0] {
        items.push(TodayItem::Shareable { newcomers: shareable[0], mentors: shareable[1] });
    }
    if minors > 0 {
        items.push(TodayItem::Minors { count: minors });
    }
    Ok(())
}

/// Partners that the program suspended: somebody is to look.
fn suspended(records: &mut dyn Records) -> Result<Vec<TodayItem>> {
    let mut suspensions = records.suspensions()?;
    let item = |partner: Municipality| {
        let found = suspensions.remove(&partner.root).filter(Suspension::is_automatic)?;
        let Municipality { root, name, .. } = partner;
        Some(TodayItem::PartnerSuspended { partner: root, name, why: found.why, at: found.at })
    };
    Ok(records.partners()?.into_iter().filter_map(item).collect())
}

/// What waits in the library: text that is not in its page, pages of ours that somebody hid.
fn library_items(records: &mut dyn Records) -> Result<Vec<TodayItem>> {
    let me = records.me()?.root;
    let drafts = crate::library::draft_ids(records)?.into_iter().map(|draft| TodayItem::LibraryDraft { draft });
    let mut items: Vec<TodayItem> = drafts.collect();
    items.extend(records.documents(Kind::Resource)?.into_iter().filter_map(|document| match document.value {
        SharedValue::Resource(page) if document.owner == me && document.held.is_some() => {
            Some(TodayItem::ResourceHeld { resource: document.id, title: page.title.to_string() })
        }
        _ => None,
    }));
    Ok(items)
}

fn expiring(desk: &mut Desk<'_>) -> Result<Option<TodayItem>> {
    let soon = desk.now.hour().plus_days(EXPIRES_SOON_DAYS);
    let mut ends: Vec<Hour> = Vec::new();
    for kind in [Kind::MatchRequest, Kind::MentorOffer] {
        let me = desk.me.root;
        let documents = desk.records.documents(kind)?.into_iter();
        let ours = documents.filter(|document| document.owner == me && document.expires_at <= soon);
        ends.extend(ours.map(|document| document.expires_at));
    }
    let first = ends.iter().min().map(|hour| hour.start().day());
    Ok(first.map(|first| TodayItem::Expiring { count: ends.len(), first }))
}

fn new_mentors(desk: &mut Desk<'_>) -> Result<Vec<NewItem>> {
    let places = cast::places(desk)?;
    let (me, now) = (desk.me.root, desk.now.hour());
    let mut counts: BTreeMap<RootId, usize> = BTreeMap::new();
    for document in desk.records.documents(Kind::MentorOffer)? {
        if document.owner != me && document.changed_at.plus_days(NEW_DAYS) >= now {
            *counts.entry(document.owner).or_default() += 1;
        }
    }
    let known = counts.into_iter().filter_map(|(root, count)| Some((places.get(&root)?.clone(), count)));
    let mut items: Vec<(Place, usize)> = known.collect();
    items.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    Ok(items.into_iter().map(|(municipality, count)| NewItem::Mentors { municipality, count }).collect())
}

fn new_resources(records: &mut dyn Records, now: Hour) -> Result<Vec<NewItem>> {
    let mut names: BTreeMap<RootId, String> =
        records.partners()?.into_iter().map(|partner| (partner.root, partner.name)).collect();
    let me = records.me()?;
    names.insert(me.root, me.name);
    let mut documents = records.documents(Kind::Resource)?;
    documents.retain(|document| document.changed_at.plus_days(NEW_DAYS) >= now && document.held.is_none());
    documents.sort_by(|one, other| (other.changed_at, one.id).cmp(&(one.changed_at, other.id)));
    documents.truncate(MAX_NEW_RESOURCES);
    Ok(documents
        .into_iter()
        .filter_map(|document| match document.value {
            SharedValue::Resource(page) => Some(NewItem::Resource {
                resource: document.id,
                title: page.title.as_str().to_owned(),
                municipality: names.get(&document.owner).cloned().unwrap_or_else(|| document.owner.short()),
                on: document.changed_at.start().day(),
            }),
            _ => None,
        })
        .collect())
}
