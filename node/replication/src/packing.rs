//! Frames as they travel: deflated against a dictionary of what documents look like.
//!
//! The first byte says how the rest is packed. A packed frame says how long it is unpacked; that
//! is believed only within [`MAX_FRAME`], and nothing larger ever comes out.
//!
//! The dictionary was chosen from made-up documents of every kind by
//! `cargo run --release --bin choose-dictionary -- node/replication/dictionaries/1`. Partners must
//! have the same one: another gets another first byte. It holds no key, id or name.

use std::borrow::Cow;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::frames::MAX_FRAME;

const PLAIN: u8 = 0;
const PACKED: u8 = 1;
/// Bytes below which packing gains nothing.
const SMALL: usize = 64;
/// First byte and length.
const HEAD: usize = 5;
/// Above it packing costs more time than the bytes that it saves.
const LEVEL: u32 = 4;

const DICTIONARY: &[u8] = include_bytes!("../dictionaries/1");

/// A frame as it travels.
pub(crate) fn pack(frame: &[u8]) -> Vec<u8> {
    let packed = if frame.len() > SMALL { deflate(frame) } else { None };
    packed.filter(|packed| packed.len() <= frame.len()).unwrap_or_else(|| [&[PLAIN], frame].concat())
}

fn deflate(frame: &[u8]) -> Option<Vec<u8>> {
    // A packer anew for each: one that is used again has been seen to panic.
    let mut packer = Compress::new(Compression::new(LEVEL), false);
    packer.set_dictionary(DICTIONARY).ok()?;
    // Room for what does not get smaller: five bytes for every 16 KiB, at least.
    let mut packed = Vec::with_capacity(HEAD + frame.len() + frame.len() / 256 + SMALL);
    packed.push(PACKED);
    packed.extend(u32::try_from(frame.len()).ok()?.to_be_bytes());
    let status = packer.compress_vec(frame, &mut packed, FlushCompress::Finish).ok()?;
    (status == Status::StreamEnd).then_some(packed)
}

/// The frame in what travelled; none when it is packed in another way, or larger than a frame.
pub(crate) fn unpack(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    match *bytes.first()? {
        PLAIN => Some(&bytes[1..]).filter(|frame| frame.len() <= MAX_FRAME).map(Cow::Borrowed),
        PACKED => {
            let (head, packed) = bytes.split_first_chunk::<HEAD>()?;
            let claimed = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            if claimed > MAX_FRAME {
                return None;
            }
            inflate(packed, claimed).map(Cow::Owned)
        }
        _ => None,
    }
}

/// None when anything else than `length` bytes comes out.
fn inflate(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut unpacker = Decompress::new(false);
    unpacker.set_dictionary(DICTIONARY).ok()?;
    // One byte more shows what is longer than it claims.
    let mut frame = Vec::with_capacity(length + 1);
    let status = unpacker.decompress_vec(packed, &mut frame, FlushDecompress::Finish).ok()?;
    let whole = frame.len() == length && unpacker.total_in() == packed.len() as u64;
    (status == Status::StreamEnd && whole).then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(count: u32) -> Vec<u8> {
        (0..count).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    #[test]
    fn there_and_back() {
        let long = b"mentor ".repeat(10_000);
        for frame in [&b""[..], b"short", &[7; 65], &long, &random(2000)] {
            assert_eq!(unpack(&pack(frame)).as_deref(), Some(frame));
        }
        assert!(pack(&long).len() < long.len() / 50);
        assert!(pack(&random(2000)).len() <= 2001, "what can't be packed grows by one byte");
    }

    #[test]
    fn whatever_a_frame_holds_is_packed_and_comes_back() {
        // Bytes that match nothing, then more and more that do, at every size around a block's.
        for length in (1..2000).chain([16_383, 16_384, 65_535, 65_536, MAX_FRAME]) {
            let mut frame = random(length as u32);
            frame[length / 2..].fill(7);
            assert_eq!(unpack(&pack(&frame)).as_deref(), Some(frame.as_slice()), "{length}");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let mut bomb = pack(&vec![0; MAX_FRAME + 1]);
        assert!(bomb.len() < 2000);
        assert_eq!(unpack(&bomb), None);
        // One that lies about its size.
        for claim in [0, 1, 1000, MAX_FRAME as u32] {
            bomb[1..HEAD].copy_from_slice(&claim.to_be_bytes());
            assert_eq!(unpack(&bomb), None);
        }
        assert_eq!(unpack(&vec![PLAIN; MAX_FRAME + 2]), None);
    }

    #[test]
    fn broken_bytes_are_refused() {
        let frame = b"a frame that packs well, well, well, well, well, well, well, well, well".repeat(3);
        let mut packed = pack(&frame);
        assert_eq!(packed[0], PACKED);
        for at in 1..packed.len() {
            assert_eq!(unpack(&packed[..at]), None, "cut at {at}");
            packed[at] ^= 0x55;
            // Another text may come out, but never of another length than was claimed.
            assert!(unpack(&packed).is_none_or(|frame| frame.len() <= MAX_FRAME));
            packed[at] ^= 0x55;
        }
        packed.push(0);
        assert_eq!(unpack(&packed), None, "something after the end");
        assert_eq!(unpack(&[]), None);
        assert_eq!(unpack(&[9, 1, 2, 3]), None);
    }
}
