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
    /// Why, in a few words.
    pub why: String,
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
    /// When the partner confirmed that nothing of ours is left there.
    pub confirmed_at: Option<Timestamp>,
}

/// Suspended and departed partners.
pub trait Partnerships {
    /// Every suspended partner.
    fn suspensions(&mut self) -> Result<BTreeMap<RootId, Suspension>>;
    /// Suspends a partner, or resumes it with none; whether there is such a partner.
    fn set_suspension(&mut self, partner: RootId, suspension: Option<&Suspension>) -> Result<bool>;
    /// Every partner that was left, the newest first.
    fn departures(&mut self) -> Result<Vec<Departure>>;
    /// Makes a departure of a partner: it leaves every circle, and with it what waits to be
    /// published to it alone. Whether there was such a partner.
    fn depart(&mut self, partner: RootId, at: Timestamp, by: &str) -> Result<bool>;
    /// Notes the signed receipt of a partner that was left.
    fn confirm_departure(&mut self, partner: RootId, at: Timestamp, receipt: &[u8]) -> Result<()>;
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
        self.desk_for(actor, move |desk| {
            let place = desk.place(partner)?.filter(|place| place.root != desk.me.root).ok_or(Error::NotFound)?;
            let suspended = desk.records.suspensions()?.remove(&partner);
            let received = received(desk, partner)?;
            let receipts = desk.records.receipt_counts()?.remove(&partner).unwrap_or_default();
            Ok(PartnerPage { root: partner, name: place.name, suspended, received, receipts, may_tend })
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
        self.desk_for(actor, move |desk| {
            let by = desk.by.clone();
            leave(desk, partner, &by)
        })?;
        self.network.partners_changed();
        self.storage.forget_traces()
    }

    /// The partner itself ended it, and has let go of what was ours. Twice is once. Nothing comes
    /// of it while the partner is suspended: its key may be a thief's, and this can't be undone.
    /// Whether it was taken.
    ///
    /// # Errors
    /// A failing store.
    pub fn partner_left(&self, partner: RootId) -> Result<bool> {
        let taken = self.by_itself(move |desk| {
            if desk.records.suspensions()?.contains_key(&partner) {
                return Ok(false);
            }
            match desk.place(partner)? {
                Some(place) => leave(desk, partner, &place.name).map(|()| true),
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
            desk.records.confirm_departure(partner, desk.now, &receipt)?;
            desk.audit("partner.confirmed_departure", None, &partner.short())
        })
    }

    /// Partners that were left, the newest first.
    ///
    /// # Errors
    /// A failing store.
    pub fn departures(&self) -> Result<Vec<Departure>> {
        self.read(|records| records.departures())
    }

    /// Suspended partners.
    ///
    /// # Errors
    /// A failing store.
    pub fn suspensions(&self) -> Result<BTreeMap<RootId, Suspension>> {
        self.read(|records| records.suspensions())
    }
}

/// Partners about whom nothing may be decided now.
pub(crate) fn frozen(desk: &mut Desk<'_>) -> Result<BTreeSet<RootId>> {
    Ok(desk.records.suspensions()?.into_keys().collect())
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

fn leave(desk: &mut Desk<'_>, partner: RootId, by: &str) -> Result<()> {
    for mut sent in desk.records.all_outgoing()? {
        if sent.offer_owner != partner {
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
        if came.requester != partner {
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
    // After what the ends above still wanted to tell the partner.
    if !desk.records.depart(partner, desk.now, by)? {
        return Err(Error::NotFound);
    }
    desk.audit("partner.left", None, &partner.short())
}
