//! `choose-dictionary FILE`: chooses the dictionary with which frames are packed, from frames of
//! one envelope each, of made-up documents of every kind. The same file at every run.
//!
//! One after another it takes the frame that packs worst with what was taken before; what packs
//! best lies last, where a match is cheapest. Random bytes are left out: they match nothing.

use std::path::PathBuf;

use anyhow::{Context, Result};
use bench::records;
use ed25519_dalek::SigningKey;
use flate2::{Compress, Compression, FlushCompress};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use replication::{body, frames};
use schemas::Kind;
use schemas::border::SCHEMA;
use schemas::envelope::{Content, Envelope, FORMAT, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId};
use schemas::time::Hour;

const SEED: u64 = 1619;
/// Bytes of the dictionary, at most.
const SIZE: usize = 8 * 1024;

/// How many of a kind to choose from, as often as they are sent, about; and how many to choose.
const fn samples(kind: Kind) -> (u64, usize) {
    match kind {
        Kind::MentorOffer | Kind::MatchRequest => (60, 6),
        Kind::Proposal | Kind::Answer | Kind::DuoProgress => (10, 2),
        _ => (5, 1),
    }
}

fn main() -> Result<()> {
    let path = PathBuf::from(std::env::args_os().nth(1).context("the file to write")?);
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    // What is sent most comes last.
    let mut dictionary = Vec::new();
    for kind in Kind::ALL.iter().rev() {
        let (from, count) = samples(*kind);
        let mut all = (0..from).map(|number| frame(*kind, number, &mut rng)).collect::<Result<Vec<_>>>()?;
        let mut chosen = Vec::new();
        for _ in 0..count {
            let known = [chosen.as_slice(), dictionary.as_slice()].concat();
            let sizes = all.iter().map(|frame| packed(frame, &known)).collect::<Result<Vec<_>>>()?;
            let worst = sizes.iter().enumerate().max_by_key(|(_, size)| **size).context("none left")?.0;
            chosen = [all.swap_remove(worst), chosen].concat();
        }
        dictionary = [chosen, dictionary].concat();
    }
    let from = dictionary.len().saturating_sub(SIZE);
    std::fs::write(&path, &dictionary[from..]).with_context(|| path.display().to_string())
}

/// How long `frame` is when packed with `dictionary`.
fn packed(frame: &[u8], dictionary: &[u8]) -> Result<usize> {
    let mut packer = Compress::new(Compression::new(6), false);
    if !dictionary.is_empty() {
        packer.set_dictionary(dictionary)?;
    }
    let mut out = Vec::with_capacity(2 * frame.len() + 64);
    packer.compress_vec(frame, &mut out, FlushCompress::Finish)?;
    Ok(out.len())
}

/// A frame of one envelope, whose keys and ids nobody has.
fn frame(kind: Kind, number: u64, rng: &mut ChaCha20Rng) -> Result<Vec<u8>> {
    let mut random = [0; 32];
    let mut next = || {
        rng.fill_bytes(&mut random);
        random
    };
    let key = SigningKey::from_bytes(&next());
    let document = DocumentId(*next().first_chunk().context("32 bytes")?);
    let signed_at = Hour(497_000 + u32::try_from(number % 8760)?);
    let header = Header {
        format: FORMAT,
        circle: CircleId(*next().first_chunk().context("32 bytes")?),
        kind,
        document,
        owner: RootId(next()),
        stamp: Stamp::Version { incarnation: 1, number: 1 + number % 3 },
        author: NodeKey(key.verifying_key().to_bytes()),
        content: Content::Version,
        schema: SCHEMA,
        signed_at,
        expires_at: signed_at.plus_days(kind.max_days().min(60)),
        body_hash: [0; 32],
    };
    let actor = body::version_actor(header.author, 1, 1 + number % 3, document);
    let body = body::encode(&records::example(kind, number)?, actor)?;
    let envelope = Envelope::sign(header, body, &key);
    Ok(frames::unpacked(&[envelope.get().to_bytes()]))
}
