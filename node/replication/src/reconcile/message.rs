//! What a message is made of: numbers, bounds and ranges, written and read.

use super::set::Item;

/// The version this speaks, as the first byte of every message.
pub(super) const VERSION: u8 = 0x61;
/// Ranges of one message, at most.
const MAX_RANGES: usize = 8192;

/// Why a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Of another version, or not of this protocol.
    #[error("another version of the protocol")]
    Version,
    /// It ends in the middle of something.
    #[error("the message ends too early")]
    Truncated,
    /// A number over 64 bits, or a bound longer than an id.
    #[error("a number that is too large")]
    Overflow,
    /// A range of an unknown sort.
    #[error("a range of an unknown sort")]
    Mode,
    /// A range that ends before it begins.
    #[error("ranges out of order")]
    Order,
    /// More ranges than an honest message has.
    #[error("too many ranges")]
    TooMany,
}

/// An end of a range, which is itself not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound {
    time: u64,
    id: [u8; 32],
}

impl Bound {
    /// Before everything.
    pub(super) const START: Self = Self { time: 0, id: [0; 32] };
    /// After everything.
    pub(super) const END: Self = Self { time: u64::MAX, id: [0; 32] };

    pub(super) fn of(item: &Item) -> Self {
        Self { time: u64::from(item.hour), id: item.id }
    }

    /// The shortest bound after `before` and not after `item`.
    pub(super) fn between(before: &Item, item: &Item) -> Self {
        let mut bound = Self { time: u64::from(item.hour), id: [0; 32] };
        if before.hour == item.hour {
            let common = before.id.iter().zip(&item.id).take_while(|(a, b)| a == b).count();
            let length = (common + 1).min(32);
            bound.id[..length].copy_from_slice(&item.id[..length]);
        }
        bound
    }

    pub(super) fn is_after(&self, item: &Item) -> bool {
        (u64::from(item.hour), item.id) < (self.time, self.id)
    }

    /// The id without the zeros at its end: whoever reads it puts them back.
    fn prefix(&self) -> &[u8] {
        let length = self.id.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        &self.id[..length]
    }
}

/// What is said about a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode<'a> {
    /// Nothing.
    Skip,
    /// The fingerprint of what is held of it.
    Fingerprint([u8; 16]),
    /// Everything that is held of it.
    Ids(&'a [[u8; 32]]),
}

/// Writes `number` in base 128, the highest digit first.
pub(super) fn put_number(bytes: &mut Vec<u8>, number: u64) {
    let digits = (64 - number.leading_zeros()).div_ceil(7).max(1);
    for digit in (0..digits).rev() {
        let more = if digit > 0 { 0x80 } else { 0 };
        bytes.push((number >> (7 * digit)) as u8 & 0x7f | more);
    }
}

/// A message that is being written. Ranges are written in order, each from the end of the one
/// before.
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// Time of the last bound that was written; times are written as differences.
    time: u64,
    /// Up to where nothing is said, not written as long as nothing follows.
    skipped: Option<Bound>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { bytes: vec![VERSION], time: 0, skipped: None }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn skip(&mut self, end: Bound) {
        self.skipped = Some(end);
    }

    pub(super) fn fingerprint(&mut self, end: &Bound, fingerprint: [u8; 16]) {
        self.put_end(end, 1);
        self.bytes.extend_from_slice(&fingerprint);
    }

    pub(super) fn ids(&mut self, end: &Bound, items: &[Item]) {
        self.put_end(end, 2);
        put_number(&mut self.bytes, items.len() as u64);
        items.iter().for_each(|item| self.bytes.extend_from_slice(&item.id));
    }

    fn put_end(&mut self, end: &Bound, mode: u8) {
        if let Some(skipped) = self.skipped.take() {
            self.put_bound(&skipped);
            self.bytes.push(0);
        }
        self.put_bound(end);
        self.bytes.push(mode);
    }

    fn put_bound(&mut self, bound: &Bound) {
        let time = if bound.time == u64::MAX { 0 } else { bound.time.saturating_sub(self.time).saturating_add(1) };
        self.time = bound.time;
        put_number(&mut self.bytes, time);
        put_number(&mut self.bytes, bound.prefix().len() as u64);
        self.bytes.extend_from_slice(bound.prefix());
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.bytes
    }
}

/// A message that is being read, range by range.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    end: Bound,
    ranges: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(message: &'a [u8]) -> Result<Self, Malformed> {
        match message.split_first() {
            Some((&VERSION, rest)) => Ok(Self { rest, end: Bound::START, ranges: 0 }),
            _ => Err(Malformed::Version),
        }
    }

    /// The next range's end and what is said about it; none when there is no other.
    pub(super) fn range(&mut self) -> Result<Option<(Bound, Mode<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.ranges += 1;
        if self.ranges > MAX_RANGES {
            return Err(Malformed::TooMany);
        }
        let end = self.bound()?;
        if end < self.end {
            return Err(Malformed::Order);
        }
        self.end = end;
        let mode = match self.number()? {
            0 => Mode::Skip,
            1 => Mode::Fingerprint(*self.take(16)?.first_chunk().ok_or(Malformed::Truncated)?),
            2 => {
                let count = usize::try_from(self.number()?).map_err(|_| Malformed::Truncated)?;
                let bytes = count.checked_mul(32).ok_or(Malformed::Truncated)?;
                Mode::Ids(self.take(bytes)?.as_chunks().0)
            }
            _ => return Err(Malformed::Mode),
        };
        Ok(Some((end, mode)))
    }

    fn bound(&mut self) -> Result<Bound, Malformed> {
        let time = match self.number()? {
            0 => u64::MAX,
            later => (later - 1).checked_add(self.end.time).ok_or(Malformed::Overflow)?,
        };
        let length = self.number()?;
        let prefix = self.take(usize::try_from(length).map_err(|_| Malformed::Overflow)?)?;
        let mut id = [0; 32];
        id.get_mut(..prefix.len()).ok_or(Malformed::Overflow)?.copy_from_slice(prefix);
        Ok(Bound { time, id })
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        loop {
            let [byte] = *self.take(1)?.first_chunk().ok_or(Malformed::Truncated)?;
            if number >> 57 != 0 {
                return Err(Malformed::Overflow);
            }
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}
