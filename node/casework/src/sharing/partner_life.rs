//! The life of a partner after it was confirmed: suspended, resumed, left.
//!
//! A suspended partner keeps its place: nothing is exchanged with it, what is its own is hidden,
//! and what it was asked or asks is neither answered nor lapses. One that is left loses
//! everything of it here; what it held of ours is its to erase, and is noted when it has.

use std::collections::{BTreeMap, BTreeSet};

use schemas::Kind;
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::Timestamp;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::office::{AccountRole, Actor, Office};
use crate::own_cards::refresh_offer;
use crate::people::PersonId;
use crate::ports::Outgoing;
use crate::ports_matches::{HandoverStage, IncomingStage, OutgoingEnd, OutgoingStage};

/// Characters of a reason, at most.
const MAX_WHY: usize = 300;

/// That a partner is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Since when.
    pub at: Timestamp,
    /// Who did it; `overbuur` when the program did.
    pub by: String,
    /// Why, in a few words; in the words of the protocol where the program did it.
    pub why: String,
}

impl Suspension {
    /// Whether the program did it, because the partner kept on doing what no honest node does.
    pub fn is_automatic(&self) -> bool {
        self.by == Actor::program().name
    }
}

/// A municipality that was a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Whose.
    pub root: RootId,
    /// Its name, as it was.
    pub name: String,
    /// Where it listened.
    pub addresses: Vec<String>,
    /// The newest certificate of it, as bytes.
    pub certificate: Vec<u8>,
    /// When it ended.
    pub at: Timestamp,
    /// Who ended it; the partner's own name when it was the partner.
    pub by: String,
    /// The municipality that it merged into, if it did.
    pub successor: Option<RootId>,
    /// When the partner confirmed that nothing of ours is left there.
    pub confirmed_at: Option<Timestamp>,
}

/// Suspended and departed partners.
pub trait Partnerships {
    /// Every suspended partner.
    fn suspensions(&mut self) -> Result<BTreeMap<RootId, Suspension>>;
    /// Suspends a partner, or resumes it with none; whether there is such a partner.
    fn set_suspension(&mut self, partner: RootId, suspension: Option<&Suspension>) -> Result<bool>;
    /// Partners without whom this node went on after a restore, and that have not brought since
    /// what they kept.
    fn absent(&mut self) -> Result<BTreeSet<RootId>>;
    /// Notes that these are, and no others.
    fn go_on_without(&mut self, partners: &BTreeSet<RootId>) -> Result<()>;
    /// Every partner that was left, the newest first.
    fn departures(&mut self) -> Result<Vec<Departure>>;
    /// Makes a departure of a partner: it leaves every circle, and with it what waits to be
    /// published to it alone. What it opened with others stays when it has a successor. Whether
    /// there was such a partner.
    fn depart(&mut self, partner: RootId, at: Timestamp, by: &str, successor: Option<RootId>) -> Result<bool>;
    /// Notes the signed receipt of a partner that was left; whether it is the first.
    fn confirm_departure(&mut self, partner: RootId, at: Timestamp, receipt: &[u8]) -> Result<bool>;
}

/// Something of ours that a partner received and may still hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The document; of a contact sheet the match.
    pub document: DocumentId,
    /// Its kind; none for a contact sheet.
    pub kind: Option<Kind>,
    /// About whom; none where it is about nobody.
    pub person: Option<PersonId>,
}

/// One partner, for its page and for the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerPage {
    /// Whose.
    pub root: RootId,
    /// Its name.
    pub name: String,
    /// Whether it is suspended, and why.
    pub suspended: Option<Suspension>,
    /// The serial under which its root signed two certificates, until it signs the next.
    pub certified_twice: Option<u64>,
    /// What it received and may still hold.
    pub received: Vec<Received>,
    /// Receipts of erasures that came from it, and that are awaited.
    pub receipts: (u64, u64),
    /// Whether this actor may suspend and leave.
    pub may_tend: bool,
}

impl Actor {
    /// Whether the actor looks after partners: an administrator, the command line, the program.
    fn tends_partners(&self) -> bool {
        self.role == AccountRole::Administrator || self.account.is_none()
    }

    fn must_tend_partners(&self) -> Result<()> {
        if self.tends_partners() { Ok(()) } else { Err(Error::Forbidden) }
    }
}

impl Office {
    /// One partner with what it received of ours. No names: numbers of persons only.
    ///
    /// # Errors
    /// `Forbidden` for a member, `NotFound`, a failing store.
    pub fn partner_page(&self, actor: &Actor, partner: RootId) -> Result<PartnerPage> {
        if actor.role == AccountRole::Member {
            return Err(Error::Forbidden);
        }
        let may_tend = actor.tends_partners();
        let certified_twice = self.network.certified_twice().remove(&partner);
        self.desk_for(actor, move |desk| {
            let place = desk.place(partner)?.filter(|place| place.root != desk.me.root).ok_or(Error::NotFound)?;
            let suspended = desk.records.suspensions()?.remove(&partner);
            let received = received(desk, partner)?;
            let receipts = desk.records.receipt_counts()?.remove(&partner).unwrap_or_default();
            let name = place.name;
            Ok(PartnerPage { root: partner, name, suspended, certified_twice, received, receipts, may_tend })
        })
    }

    /// Suspends a partner: nothing is exchanged with it from now on. Twice is once; the first
    /// reason stays.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` for a reason that is too long, a failing store.
    pub fn suspend_partner(&self, actor: &Actor, partner: RootId, why: &str) -> Result<()> {
        actor.must_tend_partners()?;
        let why = why.trim().to_owned();
        if why.chars().count() > MAX_WHY {
            return Err(Error::field("why", "too-long"));
        }
        self.desk_for(actor, move |desk| {
            if desk.records.suspensions()?.contains_key(&partner) {
                return Ok(());
            }
            let suspension = Suspension { at: desk.now, by: desk.by.clone(), why };
            if !desk.records.set_suspension(partner, Some(&suspension))? {
                return Err(Error::NotFound);
            }
            in_own_pages(desk, partner, |document| Outgoing::Suspend { document, author: partner })?;
            desk.audit("partner.suspended", None, &partner.short())
        })?;
        self.network.partners_changed();
        Ok(())
    }

    /// Goes on with a suspended partner.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn resume_partner(&self, actor: &Actor, partner: RootId) -> Result<()> {
        actor.must_tend_partners()?;
        self.desk_for(actor, move |desk| {
            if !desk.records.set_suspension(partner, None)? {
                return Err(Error::NotFound);
            }
            in_own_pages(desk, partner, |document| Outgoing::Resume { document, author: partner })?;
            desk.audit("partner.resumed", None, &partner.short())
        })?;
        self.network.partners_changed();
        Ok(())
    }

    /// Ends the partnership: matches with the partner are over, and its contact sheets and
    /// documents go.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn leave_partner(&self, actor: &Actor, partner: RootId) -> Result<()> {
        actor.must_tend_partners()?;
        let merger = self.merger(partner);
        self.desk_for(actor, move |desk| {
            let by = desk.by.clone();
            leave(desk, partner, &by, merger)
        })?;
        self.network.partners_changed();
        self.storage.forget_traces()
    }

    /// A partner merged into another municipality, and everything it wrote before is here: its
    /// cards and proposals go, what it opened with others passes to its successor, and duos go
    /// on. Nothing when it is no partner, is suspended, or did not merge.
    ///
    /// # Errors
    /// A failing store.
    pub fn partner_merged(&self, partner: RootId) -> Result<()> {
        let merger = self.merger(partner);
        if merger.successor.is_none() {
            return Ok(());
        }
        self.by_itself(move |desk| {
            if desk.records.suspensions()?.contains_key(&partner) {
                return Ok(());
            }
            match desk.place(partner)? {
                Some(place) => leave(desk, partner, &place.name, merger),
                None => Ok(()),
            }
        })?;
        self.network.partners_changed();
        self.storage.forget_traces()
    }

    /// Opens anew what came of municipalities that merged into this one after the partnership
    /// ended: they may have opened a page that those who went on later bring.
    ///
    /// # Errors
    /// A failing store.
    pub fn take_over_late_pages(&self) -> Result<()> {
        self.by_itself(|desk| {
            let us = Some(desk.me.root);
            for left in desk.records.departures()?.into_iter().filter(|left| left.successor == us) {
                take_over(desk, left.root)?;
            }
            Ok(())
        })
    }

    /// What the roots of a partner and of this municipality said of a merger.
    fn merger(&self, partner: RootId) -> Merger {
        let successors = self.network.successors();
        let merged_here = |me: RootId| successors.contains_key(&me);
        let me = self.read(|records| records.me()).map(|me| me.root);
        Merger { successor: successors.get(&partner).copied(), ours: me.is_ok_and(merged_here) }
    }

    /// The partner itself ended it, and has let go of what was ours. Twice is once. Nothing comes
    /// of it while the partner is suspended: its key may be a thief's, and this can't be undone.
    /// Whether it was taken.
    ///
    /// # Errors
    /// A failing store.
    pub fn partner_left(&self, partner: RootId) -> Result<bool> {
        let merger = self.merger(partner);
        let taken = self.by_itself(move |desk| {
            if desk.records.suspensions()?.contains_key(&partner) {
                return Ok(false);
            }
            match desk.place(partner)? {
                Some(place) => leave(desk, partner, &place.name, merger).map(|()| true),
                None => Ok(true),
            }
        })?;
        if !taken {
            return Ok(false);
        }
        // The receipt is to reach it before the door closes.
        self.network.partners_changed_soon();
        self.storage.forget_traces()?;
        Ok(true)
    }

    /// Notes the receipt of a partner that was left. The caller verified it.
    ///
    /// # Errors
    /// A failing store.
    pub fn departure_confirmed(&self, partner: RootId, receipt: Vec<u8>) -> Result<()> {
        self.by_itself(move |desk| {
            if desk.records.confirm_departure(partner, desk.now, &receipt)? {
                desk.audit("partner.confirmed_departure", None, &partner.short())?;
            }
            Ok(())
        })
    }

    /// Partners that were left, the newest first.
    ///
    /// # Errors
    /// A failing store.
    pub fn departures(&self) -> Result<Vec<Departure>> {
        self.read(|records| records.departures())
    }

    /// Partners without whom this node was restored, and that have not brought since what they kept.
    ///
    /// # Errors
    /// A failing store.
    pub fn absent(&self) -> Result<BTreeSet<RootId>> {
        self.read(|records| records.absent())
    }

    /// Suspended partners.
    ///
    /// # Errors
    /// A failing store.
    pub fn suspensions(&self) -> Result<BTreeMap<RootId, Suspension>> {
        self.read(|records| records.suspensions())
    }
}

/// Partners about whom nothing may be decided now: those that are suspended, and those without whom
/// this node was restored, of whom it is not known what was said since.
pub(crate) fn frozen(desk: &mut Desk<'_>) -> Result<BTreeSet<RootId>> {
    let mut frozen = desk.records.absent()?;
    frozen.extend(desk.records.suspensions()?.into_keys());
    Ok(frozen)
}

fn received(desk: &mut Desk<'_>, partner: RootId) -> Result<Vec<Received>> {
    let pair = desk.pair(partner);
    let mut circles: BTreeSet<CircleId> = desk.records.circles_of(partner)?.into_iter().collect();
    circles.insert(pair);
    let mut found = Vec::new();
    for kind in Kind::ALL {
        for document in desk.records.documents(*kind)? {
            if document.owner == desk.me.root && circles.contains(&document.circle) {
                let person = desk.records.person_behind(document.id)?;
                found.push(Received { document: document.id, kind: Some(*kind), person });
            }
        }
    }
    for sent in desk.records.handovers()? {
        if sent.partner == partner && sent.stage == HandoverStage::Delivered {
            found.push(Received { document: sent.proposal, kind: None, person: Some(sent.person) });
        }
    }
    Ok(found)
}

/// What is known of mergers when a partnership ends.
#[derive(Debug, Clone, Copy)]
struct Merger {
    /// The municipality that the partner merged into.
    successor: Option<RootId>,
    /// Whether it was this municipality that merged.
    ours: bool,
}

impl Merger {
    /// Whether the people go on, under whatever name their municipality has.
    fn goes_on(self) -> bool {
        self.ours || self.successor.is_some()
    }
}

fn leave(desk: &mut Desk<'_>, partner: RootId, by: &str, merger: Merger) -> Result<()> {
    for mut sent in desk.records.all_outgoing()? {
        if sent.offer_owner != partner || merger.goes_on() && goes_on(desk, sent.document)? {
            continue;
        }
        if !matches!(sent.stage, OutgoingStage::Ended(_)) {
            sent.stage = OutgoingStage::Ended(OutgoingEnd::Withdrawn);
            sent.changed_at = desk.now;
            desk.records.put_outgoing(&sent)?;
        }
        crate::duo::cancel(desk, sent.document)?;
    }
    for mut came in desk.records.all_incoming()? {
        if came.requester != partner || merger.goes_on() && goes_on(desk, came.document)? {
            continue;
        }
        if matches!(came.stage, IncomingStage::Open | IncomingStage::Reserved { .. } | IncomingStage::Acknowledged) {
            came.stage = IncomingStage::Withdrawn;
            came.changed_at = desk.now;
            desk.records.put_incoming(&came)?;
        }
        crate::duo::cancel(desk, came.document)?;
        refresh_offer(desk, came.mentor)?;
    }
    in_own_pages(desk, partner, |document| Outgoing::Cut { document, author: partner, bar: true })?;
    if merger.successor == Some(desk.me.root) {
        take_over(desk, partner)?;
    }
    // After what the ends above still wanted to tell the partner.
    if !desk.records.depart(partner, desk.now, by, merger.successor)? {
        return Err(Error::NotFound);
    }
    let action = if merger.successor.is_some() { "partner.merged" } else { "partner.left" };
    desk.audit(action, None, &partner.short())
}

/// Whether a match is a duo that is under way. It goes on here alone: nothing is told of it any
/// more, and what was handed over stays for as long as it lasts.
fn goes_on(desk: &mut Desk<'_>, proposal: DocumentId) -> Result<bool> {
    let duo = desk.records.duos()?.into_iter().find(|duo| duo.proposal == Some(proposal));
    let Some(mut duo) = duo.filter(|duo| duo.stage.is_active()) else { return Ok(false) };
    crate::handovers::cancel(desk, proposal)?;
    duo.progress = None;
    desk.records.update_duo(&duo)?;
    Ok(true)
}

/// Asks something about every page of this municipality in which a partner may write.
fn in_own_pages(desk: &mut Desk<'_>, partner: RootId, ask: impl Fn(DocumentId) -> Outgoing) -> Result<()> {
    let (me, circles) = (desk.me.root, desk.records.circles_of(partner)?);
    let pages = desk.records.documents(Kind::Resource)?.into_iter();
    for page in pages.filter(|page| page.owner == me && circles.contains(&page.circle)) {
        desk.records.enqueue(&ask(page.id))?;
        desk.outbox_filled();
    }
    Ok(())
}

/// Opens every page of a partner that merged into this municipality anew as its own.
fn take_over(desk: &mut Desk<'_>, partner: RootId) -> Result<()> {
    let expires_at = desk.now.hour().plus_days(crate::library::LIFE_DAYS);
    for page in desk.records.documents(Kind::Resource)?.into_iter().filter(|page| page.owner == partner) {
        if desk.records.is_to_be_replaced(page.id)? {
            continue;
        }
        let by = desk.fresh_id();
        desk.records.enqueue(&Outgoing::Replace { document: page.id, by, expires_at })?;
        desk.audit("resource.taken_over", None, &format!("{} {by}", page.id))?;
        desk.outbox_filled();
    }
    Ok(())
}
