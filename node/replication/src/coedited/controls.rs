//! What the owner and the writers said about a document beside its text: who may write, what is
//! void, what is hidden for now. A set: which came first plays no part. Of more than there is
//! room for, the lowest ids stay, on every replica the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use schemas::envelope::{Content, Envelope, Refusal, Stamp};
use schemas::ids::{EnvelopeId, RootId, Session};
use schemas::time::Hour;

use super::{Admission, Coedited};
use crate::control::{Admit, Body, Cut, Lift};

/// Controls of one sort that an owner has in a document, at most.
const MAX_CONTROLS: usize = 256;
/// Holds of one writer at a time, at most.
const MAX_HOLDS: usize = 16;

/// A hold that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// When it lapses.
    pub until: Hour,
    /// Who asked for it.
    pub by: RootId,
}

pub(super) struct Controls {
    opened_for: BTreeSet<RootId>,
    admits: BTreeMap<EnvelopeId, Admit>,
    cuts: BTreeMap<EnvelopeId, (Stamp, Cut)>,
    lifts: BTreeMap<EnvelopeId, Lift>,
    /// Of cuts that a lift names, once it was asked. What was said again at another hour is another
    /// envelope under the same stamp, and both may be held.
    lifted: OnceLock<BTreeSet<Stamp>>,
    holds: BTreeMap<RootId, BTreeMap<EnvelopeId, Hour>>,
}

impl Controls {
    pub(super) fn new(writers: Vec<RootId>) -> Self {
        Self {
            opened_for: writers.into_iter().collect(),
            admits: BTreeMap::new(),
            cuts: BTreeMap::new(),
            lifts: BTreeMap::new(),
            lifted: OnceLock::new(),
            holds: BTreeMap::new(),
        }
    }

    pub(super) fn may_write(&self, root: RootId) -> bool {
        self.opened_for.contains(&root) || self.admits.values().any(|admit| admit.writers.binary_search(&root).is_ok())
    }

    /// Whether what `author` wrote at a place counts, as far as cuts go.
    pub(super) fn allows(&self, author: RootId, session: Session, seq: u64) -> bool {
        self.cuts_of(author).all(|(_, cut)| match cut.sessions.binary_search_by_key(&session, |place| place.session) {
            Ok(at) => seq <= cut.sessions[at].last,
            Err(_) => !cut.others,
        })
    }

    /// Cuts of `author` that count: one that holds for now does so until it is lifted.
    fn cuts_of(&self, author: RootId) -> impl Iterator<Item = (&EnvelopeId, &Cut)> {
        let of_author = self.cuts.iter().filter(move |(_, (_, cut))| cut.author == author);
        let counts = of_author.filter(|(_, (stamp, cut))| cut.for_now.is_none() || !self.lifted().contains(stamp));
        counts.map(|(id, (_, cut))| (id, cut))
    }

    fn is_lifted(&self, id: &EnvelopeId) -> bool {
        self.lifts.values().any(|lift| lift.holds.binary_search(id).is_ok())
    }

    fn lifted(&self) -> &BTreeSet<Stamp> {
        self.lifted.get_or_init(|| {
            let lifted = self.cuts.iter().filter(|(id, _)| self.is_lifted(id));
            lifted.map(|(_, (stamp, _))| *stamp).collect()
        })
    }

    /// Whether nothing more of `author` is to count.
    fn is_barred(&self, author: RootId) -> bool {
        self.cuts_of(author).any(|(_, cut)| cut.others)
    }

    /// Holds that nobody lifted, of writers who may.
    fn standing(&self) -> impl Iterator<Item = (EnvelopeId, Held)> + '_ {
        let may = |by: &RootId| self.may_write(*by) && !self.is_barred(*by);
        self.holds.iter().filter(move |(by, _)| may(by)).flat_map(move |(by, holds)| {
            let standing = holds.iter().filter(|(id, _)| !self.is_lifted(id));
            standing.map(|(id, until)| (*id, Held { until: *until, by: *by }))
        })
    }
}

/// Adds to a bounded set; what falls out of it again.
fn put<T>(set: &mut BTreeMap<EnvelopeId, T>, id: EnvelopeId, control: T, most: usize) -> Option<EnvelopeId> {
    set.insert(id, control);
    if set.len() > most { set.pop_last().map(|(id, _)| id) } else { None }
}

impl Coedited {
    /// Offers a control. That its author may sign it, the policy has checked; that a holder may
    /// write, is seen here.
    pub(super) fn admit_control(&mut self, envelope: &Envelope, author: RootId) -> Result<Admission, Refusal> {
        let (header, id) = (&envelope.header, envelope.id());
        if header.content == Content::Hold {
            if !envelope.body.is_empty() {
                return Err(Refusal::Malformed);
            }
            if !self.may_write(author) {
                return Ok(Admission::Missing);
            }
            let holds = self.controls.holds.entry(author).or_default();
            self.spare.extend(put(holds, id, header.expires_at, MAX_HOLDS));
            return Ok(Admission::Admitted);
        }
        if header.expires_at != self.expires_at {
            return Err(Refusal::OtherOpening);
        }
        let (controls, body) = (&mut self.controls, &envelope.body);
        let surplus = match header.content {
            Content::Admit => put(&mut controls.admits, id, Admit::from_bytes(body)?, MAX_CONTROLS),
            Content::Cut => put(&mut controls.cuts, id, (header.stamp, Cut::from_bytes(body)?), MAX_CONTROLS),
            Content::Lift => put(&mut controls.lifts, id, Lift::from_bytes(body)?, MAX_CONTROLS),
            _ => return Err(Refusal::NotAllowed),
        };
        self.spare.extend(surplus);
        self.controls.lifted.take();
        // What counts may have changed.
        self.built = None;
        Ok(Admission::Admitted)
    }

    /// The hold that lasts longest, if the document is hidden.
    pub fn held(&self) -> Option<Held> {
        self.controls.standing().map(|(_, held)| held).max()
    }

    /// Every hold that stands.
    pub(crate) fn holds(&self) -> Vec<EnvelopeId> {
        let mut holds: Vec<EnvelopeId> = self.controls.standing().map(|(id, _)| id).collect();
        holds.sort_unstable();
        holds
    }

    /// Whether nothing more of `author` is to count; with `for_good` whether that is for ever.
    pub(crate) fn is_barred(&self, author: RootId, for_good: bool) -> bool {
        self.controls.cuts_of(author).any(|(_, cut)| cut.others && !(for_good && cut.for_now.is_some()))
    }

    /// Cuts of `author` that hold for now.
    pub(crate) fn cuts_for_now(&self, author: RootId) -> Vec<EnvelopeId> {
        self.controls.cuts_of(author).filter(|(_, cut)| cut.for_now.is_some()).map(|(id, _)| *id).collect()
    }

    /// Whether `root` has a hold that stands.
    pub(crate) fn is_held_by(&self, root: RootId) -> bool {
        self.controls.standing().any(|(_, held)| held.by == root)
    }
}
