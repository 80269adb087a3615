//! The words between the core and its runtime.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::SigningKey;
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Envelope, Header, Refusal};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, Session};
use schemas::time::{Hour, Timestamp};
use schemas::{Kind, SharedValue};

use crate::clocks::Clock;
use crate::coedited::Held;

/// Who this replica is.
pub struct Config {
    /// The certificate of this node.
    pub certificate: Verified<NodeCertificate>,
    /// The certificate as bytes, for partners.
    pub certificate_bytes: Vec<u8>,
    /// The node's key.
    pub key: SigningKey,
    /// Drawn at process start.
    pub session: Session,
    /// Rises with every restore of the store; written in versions.
    pub incarnation: u64,
    /// Number of this store, drawn when it was made.
    pub store_id: [u8; 16],
}

/// What the store already holds of an envelope, read at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHeader {
    /// The envelope.
    pub id: EnvelopeId,
    /// Its header.
    pub header: Header,
    /// Bytes of its body.
    pub body_bytes: u32,
    /// Its place in the order of arrival. Rises.
    pub number: u64,
}

/// What the store remembers of the exchange with a partner in a circle, read at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// With whom.
    pub partner: RootId,
    /// In which circle.
    pub circle: CircleId,
    /// Number of the partner's store.
    pub store: [u8; 16],
    /// Digest of what both knew.
    pub known: [u8; 16],
    /// Place of the last envelope that was stored when both were in step.
    pub number: u64,
}

/// What a person or use case of this municipality asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Writes the next version of an owned document (the first when it is new).
    Publish {
        /// Circle it is shared in.
        circle: CircleId,
        /// Document.
        document: DocumentId,
        /// Whole current state.
        value: SharedValue,
        /// When it ends, at most the kind's days from now.
        expires_at: Hour,
    },
    /// Opens a co-edited document with its first text. Writers are the circle's members.
    Open {
        /// Circle it is shared in.
        circle: CircleId,
        /// Document.
        document: DocumentId,
        /// First state.
        value: SharedValue,
        /// When it ends.
        expires_at: Hour,
    },
    /// Changes a co-edited document: `value` is what the form holds that was rendered from
    /// `heads`; texts become character edits against the state at those heads.
    Edit {
        /// Document.
        document: DocumentId,
        /// Automerge heads the form was rendered from.
        heads: Vec<[u8; 32]>,
        /// Submitted state.
        value: SharedValue,
    },
    /// Erases a document of this municipality for good.
    Erase {
        /// Document.
        document: DocumentId,
    },
    /// Hides a co-edited document everywhere until its owner looks, for fourteen days at most.
    Hold {
        /// Owner of the document.
        owner: RootId,
        /// Document.
        document: DocumentId,
    },
    /// Ends every hold of a document of this municipality.
    Lift {
        /// Document.
        document: DocumentId,
    },
    /// Voids what an author forked in a document of this municipality, and with `bar` whatever it
    /// writes from now on: what is shown of it stays.
    Cut {
        /// Document.
        document: DocumentId,
        /// Whose changes.
        author: RootId,
        /// Whether nothing more of it counts.
        bar: bool,
    },
    /// Nothing more that an author writes in a document of this municipality counts until
    /// [`Command::Resume`]: what is shown of it stays.
    Suspend {
        /// Document.
        document: DocumentId,
        /// Whose changes.
        author: RootId,
    },
    /// Ends what [`Command::Suspend`] began; what was written meanwhile counts.
    Resume {
        /// Document.
        document: DocumentId,
        /// Whose changes.
        author: RootId,
    },
    /// Makes a new document of this municipality from the current state of one, of its own or of
    /// one that merged into it: no history of the old one stays anywhere.
    Replace {
        /// The old document.
        document: DocumentId,
        /// The new one, not used before.
        by: DocumentId,
        /// When the new one ends.
        expires_at: Hour,
    },
}

/// Something that happened.
pub enum Input {
    /// An authenticated stream to a confirmed partner is open.
    Connected {
        /// Whose.
        partner: RootId,
    },
    /// The stream is gone.
    Disconnected {
        /// Whose.
        partner: RootId,
    },
    /// A frame arrived.
    Frame {
        /// From whom.
        partner: RootId,
        /// Its bytes, at most [`crate::frames::MAX_FRAME`].
        bytes: Vec<u8>,
    },
    /// A certificate of a confirmed partner (at start, at pairing, at renewal).
    Certificate {
        /// The certificate.
        certificate: Verified<NodeCertificate>,
        /// As bytes.
        bytes: Vec<u8>,
    },
    /// Kept certificates of members of circles that are no partners, in any order. Passed over is
    /// what no list of a confirmed partner, handed in before, names, and what merged into nobody
    /// who counts.
    Introduced {
        /// The certificates, each also as bytes.
        certificates: Vec<(Verified<NodeCertificate>, Vec<u8>)>,
    },
    /// A list of a circle, of this node, of a confirmed partner or of a member that one names.
    List {
        /// The list.
        list: Verified<CircleList>,
        /// As bytes.
        bytes: Vec<u8>,
    },
    /// Removes a partner: nothing more is exchanged with it.
    Remove {
        /// Whom.
        partner: RootId,
    },
    /// Forgets municipalities of which the store keeps nothing any more, as far as
    /// [`Replica::unnamed`](crate::Replica::unnamed) still says that nobody names them.
    Forget {
        /// Which.
        owners: BTreeSet<RootId>,
    },
    /// A local command. Answered by [`Effect::Settled`] with the same number.
    Command {
        /// Number given by the caller.
        number: u64,
        /// The command.
        command: Command,
    },
    /// Answer to [`Effect::Load`]: the stored envelopes of the document, any order.
    Loaded {
        /// Document.
        document: DocumentId,
        /// Its envelopes. Verified when they were stored.
        envelopes: Vec<Verified<Envelope>>,
    },
    /// Answer to [`Effect::Retired`] for keys of a partner: the stored envelopes that they signed.
    /// Again with `all` once a check with that partner ended without difference.
    Void {
        /// The envelopes.
        envelopes: Vec<EnvelopeId>,
        /// Whether whatever was not said again goes too.
        all: bool,
    },
    /// Answer to [`Effect::Retired`] for keys of this node: what they signed and what its owner said of
    /// cuts, of each document at once, in any order, in as many parts as wanted.
    SayAgain {
        /// What is stored of it. Verified when it was stored. More of these documents changes nothing.
        envelopes: Vec<Verified<Envelope>>,
    },
    /// Time passes: expiry, reconciliation that is due.
    Tick,
}

/// The built state of a document, as the rest of the program sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentView {
    /// Circle.
    pub circle: CircleId,
    /// Document.
    pub document: DocumentId,
    /// Owner.
    pub owner: RootId,
    /// Value.
    pub value: SharedValue,
    /// Automerge heads, sorted.
    pub heads: Vec<[u8; 32]>,
    /// Owners whose nodes wrote in it, with how many changes each, for "who changed what".
    pub writers: BTreeMap<RootId, u32>,
    /// When the newest envelope was signed.
    pub changed_at: Hour,
    /// When it ends.
    pub expires_at: Hour,
    /// Whether a merged text is over a limit and shown clipped.
    pub clipped: bool,
    /// The hold that hides it, if there is one: nobody but its owner is to see it.
    pub held: Option<Held>,
    /// Writers who wrote two things in one place and whom the owner has not cut yet.
    pub forked: BTreeSet<RootId>,
}

/// What somebody here typed and is not in the document: kept until a person has looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Document it was typed in.
    pub document: DocumentId,
    /// Its owner.
    pub owner: RootId,
    /// Hash of the last change of it: the same draft has the same.
    pub change: [u8; 32],
    /// What it was typed on.
    pub base: SharedValue,
    /// What that became.
    pub typed: SharedValue,
    /// Why it is not in the document.
    pub why: Lost,
    /// When that was found.
    pub at: Timestamp,
}

/// Why what somebody typed is not in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// The owner cut it off.
    Cut,
    /// It follows something that its author took back by writing another thing in its place.
    Forked,
    /// The document, or the municipality's share of it, is full.
    Full,
    /// The owner replaced the document before it was there.
    Replaced,
    /// It follows something that a retired key signed and that nobody said again.
    Retired,
    /// The owner no longer shares the document with this municipality, and had not got it yet.
    LeftOut,
    /// The two municipalities that shared the document are no partners any more, and its owner had
    /// not got it yet, or it was a document of just the two.
    Parted,
    /// The document ended, and its owner had not got it yet.
    Ended,
}

/// Two signed headers for one place: proof that their author said two things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Who.
    pub author: RootId,
    /// In which document.
    pub document: DocumentId,
    /// Of which kind.
    pub kind: Kind,
    /// Header and signature of the lower id, as [`Envelope::signed_header`] gives them.
    pub first: Vec<u8>,
    /// Of the higher.
    pub second: Vec<u8>,
}

/// What the runtime does, in the given order. What follows a [`Effect::Store`] is carried out
/// only after it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Keeps what somebody here typed and is not in the document; one that is known already is
    /// passed over. Comes before what makes it a draft.
    Draft(Draft),
    /// Makes these envelopes durable.
    Store(Vec<Verified<Envelope>>),
    /// Deletes these envelopes, bytes overwritten.
    Delete(Vec<EnvelopeId>),
    /// Inserts or replaces the built state of a document.
    Show(DocumentView),
    /// Removes the built state of a document.
    Hide {
        /// Owner of the document.
        owner: RootId,
        /// Document.
        document: DocumentId,
        /// Its kind.
        kind: Kind,
        /// Whether it was erased, and not only expired or superseded.
        erased: bool,
    },
    /// Reads the stored envelopes of a document and hands them back as [`Input::Loaded`].
    Load {
        /// Document.
        document: DocumentId,
    },
    /// Sends a frame.
    Send {
        /// To whom.
        partner: RootId,
        /// Its bytes.
        frame: Vec<u8>,
    },
    /// Reads stored envelopes and sends them, in frames made by [`crate::frames::envelopes`].
    SendStored {
        /// To whom.
        partner: RootId,
        /// Which.
        envelopes: Vec<EnvelopeId>,
    },
    /// Keeps a partner's certificate or list that arrived.
    Keep(Kept),
    /// The command of this number is done, or refused.
    Settled {
        /// Number of the command.
        number: u64,
        /// What came of it.
        outcome: Result<(), Refusal>,
    },
    /// A municipality retired node keys. Answered by [`Input::Void`], or where it is this one by
    /// [`Input::SayAgain`].
    Retired {
        /// Whose.
        owner: RootId,
        /// The keys.
        nodes: Vec<NodeKey>,
    },
    /// Something to tell.
    Notify(Notice),
    /// Call again with [`Input::Tick`] at this time, or earlier.
    WakeAt(Timestamp),
    /// Closes the stream to a partner.
    Disconnect {
        /// Whose.
        partner: RootId,
        /// Why, in English, for the log and `status`.
        reason: &'static str,
    },
}

/// What to keep beside the record of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// A certificate of a confirmed partner, or of a member that one introduces.
    Certificate(RootId, Vec<u8>),
    /// A newer list of a circle.
    List(CircleId, RootId, Vec<u8>),
    /// A check found both in step: the [`Cursor`] is now at the envelope that was stored last.
    InStep {
        /// With whom.
        partner: RootId,
        /// In which circle.
        circle: CircleId,
        /// Number of the partner's store.
        store: [u8; 16],
        /// Digest of what both know.
        known: [u8; 16],
    },
    /// Proof that a partner said two things in one place.
    Proof(Proof),
    /// The owner replaced a document by another of its own.
    Replaced {
        /// Owner of both.
        owner: RootId,
        /// The old document.
        document: DocumentId,
        /// The new one.
        by: DocumentId,
    },
}

/// Something to tell people or the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An envelope was refused.
    Refused {
        /// By whom it was sent.
        partner: RootId,
        /// Why.
        reason: Refusal,
        /// Whether that is held against who sent it: no honest node could have sent it. Who only
        /// brings what another signed is not to blame for it.
        blamed: bool,
    },
    /// A circle was reconciled with a partner: both hold the same set.
    Reconciled {
        /// With whom.
        partner: RootId,
        /// Which.
        circle: CircleId,
    },
    /// Something changed in what is known of this node's own clock.
    Clock(Clock),
    /// A partner names a member that was not compared by phone.
    Introduced {
        /// Who names it.
        by: RootId,
        /// Who is named.
        member: RootId,
    },
    /// A root signed two certificates under one serial; both are kept.
    CertifiedTwice {
        /// Whose.
        by: RootId,
        /// The serial.
        serial: u64,
    },
    /// A partner wrote two things in one place; proof is kept.
    Forked {
        /// Who.
        by: RootId,
        /// In which document.
        document: DocumentId,
    },
}

/// What is known of the exchange with one partner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerState {
    /// Whether a stream is open, and since when.
    pub connected_since: Option<Timestamp>,
    /// When the last check ended without difference.
    pub reconciled_at: Option<Timestamp>,
    /// Documents of this partner held here.
    pub documents_held: u64,
    /// Envelopes refused, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// Bytes sent and received.
    pub bytes: (u64, u64),
    /// Times that this side had said something and then heard back, on the stream that is open.
    pub round_trips: u64,
    /// Whether sets are equal as of the last check, per circle.
    pub in_step: BTreeMap<CircleId, bool>,
}
