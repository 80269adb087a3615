//! Bodies of controls: what an owner says about a document beside its text, and what an opening
//! says beside its first change. Deterministic CBOR, sorted, each within a bound.
//!
//! Controls of a document form a set; nothing here depends on which came first.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use schemas::certificate::MAX_MEMBERS;
use schemas::envelope::Refusal;
use schemas::ids::{DocumentId, EnvelopeId, RootId, Session};

use crate::scan::ChangeId;

/// Days after which a hold lapses when its owner does not act.
pub const HOLD_DAYS: u32 = 14;
/// Sessions that a cut names, at most.
const MAX_SESSIONS: usize = 1024;
/// Heads that a replacement names, at most.
pub(crate) const MAX_HEADS: usize = 1024;
/// Holds that are lifted at once, at most.
const MAX_LIFTED: usize = 1024;

/// The body of an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Who may write, sorted.
    pub writers: Vec<RootId>,
    /// The first change.
    pub change: Vec<u8>,
}

impl Opening {
    /// Body bytes: CBOR `[writers, change]`.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes_of((&self.writers, ByteVec::from(self.change.clone())))
    }

    /// The opening in a body.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let (writers, change): (Vec<RootId>, ByteVec) = minicbor::decode(bytes).map_err(|_| Refusal::Malformed)?;
        let opening = Self { writers, change: change.into() };
        fits(opening, bytes, Self::to_bytes, |opening| is_set(&opening.writers, MAX_MEMBERS))
    }
}

/// Admits writers after the opening.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Admit {
    /// Who, sorted.
    #[n(0)]
    pub writers: Vec<RootId>,
}

/// Voids what an author wrote after some place, and what follows it, for everyone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Cut {
    /// Whose changes.
    #[n(0)]
    pub author: RootId,
    /// Of each of these sessions, the last change that counts (zero: none); sorted.
    #[n(1)]
    pub sessions: Vec<Place>,
    /// Whether the author's other sessions, those to come among them, are void as well.
    #[n(2)]
    pub others: bool,
    /// Whether it holds only until a [`Lift`] names it, while the author is suspended: there, and
    /// then true, or not there.
    #[n(3)]
    pub for_now: Option<bool>,
}

/// A place among the changes of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Place {
    /// Session.
    #[n(0)]
    pub session: Session,
    /// Its last change that counts.
    #[n(1)]
    pub last: u64,
}

/// Names the document that takes the place of this one, of which nothing else stays.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReplacedBy {
    /// The new document, of the same owner or of the one that it merged into.
    #[n(0)]
    pub document: DocumentId,
    /// What the new document was made from: heads of the old, sorted.
    #[n(1)]
    heads: Vec<ByteArray<32>>,
}

impl ReplacedBy {
    /// A replacement by `document`, made from the state at `heads`.
    pub fn new(document: DocumentId, heads: &[ChangeId]) -> Self {
        let mut heads: Vec<ByteArray<32>> = heads.iter().map(|head| ByteArray::from(*head)).collect();
        heads.sort_unstable();
        Self { document, heads }
    }

    /// Heads of the old document that the new one was made from.
    pub fn heads(&self) -> impl Iterator<Item = ChangeId> + '_ {
        self.heads.iter().map(|head| **head)
    }
}

/// Ends holds, for the owner looked and lets the document be seen; and cuts that hold for now.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Lift {
    /// Which holds or cuts, sorted.
    #[n(0)]
    pub holds: Vec<EnvelopeId>,
}

/// The body of a control.
pub trait Body: Sized {
    /// Body bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// The control in a body.
    ///
    /// # Errors
    /// `Malformed`.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal>;
}

macro_rules! body {
    ($($name:ident where $fits:expr),+ $(,)?) => {
        $(impl Body for $name {
            fn to_bytes(&self) -> Vec<u8> {
                bytes_of(self)
            }
            fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
                let control = minicbor::decode(bytes).map_err(|_| Refusal::Malformed)?;
                fits(control, bytes, Self::to_bytes, $fits)
            }
        })+
    };
}

body! {
    Admit where |admit: &Admit| is_set(&admit.writers, MAX_MEMBERS),
    Cut where |cut: &Cut| {
        cut.sessions.len() <= MAX_SESSIONS && cut.for_now != Some(false) && cut.sessions.windows(2).all(|pair| pair[0].session < pair[1].session)
    },
    ReplacedBy where |replaced: &ReplacedBy| is_set(&replaced.heads, MAX_HEADS),
    Lift where |lift: &Lift| is_set(&lift.holds, MAX_LIFTED),
}

fn bytes_of(value: impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(value, &mut bytes);
    bytes
}

fn fits<T>(
    value: T,
    bytes: &[u8],
    to_bytes: impl Fn(&T) -> Vec<u8>,
    within: impl Fn(&T) -> bool,
) -> Result<T, Refusal> {
    if within(&value) && to_bytes(&value) == bytes { Ok(value) } else { Err(Refusal::Malformed) }
}

fn is_set<T: Ord>(items: &[T], most: usize) -> bool {
    items.len() <= most && items.windows(2).all(|pair| pair[0] < pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_only_and_within_bounds() {
        let root = |n: u8| RootId([n; 32]);
        let admit = Admit { writers: vec![root(1), root(2)] };
        assert_eq!(Admit::from_bytes(&admit.to_bytes()), Ok(admit));
        assert_eq!(Admit::from_bytes(&Admit { writers: vec![root(2), root(1)] }.to_bytes()), Err(Refusal::Malformed));
        let place = |n: u8| Place { session: Session([n; 16]), last: 3 };
        let cut = Cut { author: root(1), sessions: vec![place(1), place(2)], others: true, for_now: None };
        assert_eq!(Cut::from_bytes(&cut.to_bytes()), Ok(cut.clone()));
        let now = Cut { for_now: Some(true), ..cut.clone() };
        assert_eq!(Cut::from_bytes(&now.to_bytes()), Ok(now));
        let neither = Cut { for_now: Some(false), ..cut.clone() };
        assert_eq!(Cut::from_bytes(&neither.to_bytes()), Err(Refusal::Malformed));
        let twice = Cut { sessions: vec![place(1), Place { last: 4, ..place(1) }], ..cut };
        assert_eq!(Cut::from_bytes(&twice.to_bytes()), Err(Refusal::Malformed));
        let replaced = ReplacedBy::new(DocumentId([1; 16]), &[[2; 32], [1; 32]]);
        assert_eq!(replaced.heads().collect::<Vec<_>>(), [[1; 32], [2; 32]]);
        assert_eq!(ReplacedBy::from_bytes(&replaced.to_bytes()), Ok(replaced.clone()));
        let mut longer = replaced.to_bytes();
        longer.push(0);
        assert_eq!(ReplacedBy::from_bytes(&longer), Err(Refusal::Malformed));
        let lift = Lift { holds: vec![EnvelopeId([1; 32])] };
        assert_eq!(Lift::from_bytes(&lift.to_bytes()), Ok(lift));
        assert_eq!(Lift::from_bytes(&[]), Err(Refusal::Malformed));
        let many = Lift { holds: (0..=MAX_LIFTED).map(|n| EnvelopeId([(n / 256) as u8; 32])).collect() };
        assert_eq!(Lift::from_bytes(&many.to_bytes()), Err(Refusal::Malformed));
    }
}
