//! The structural scan: looks at the bytes of an Automerge change before Automerge does.
//!
//! Automerge trusts its input: a hundred bytes can claim a hundred million operations. The scan
//! walks the run lengths of every column without unrolling them, so that what passes is small.
//! It never allocates by a number that the bytes claim, and knows nothing of other changes:
//! what a change may depend on is for [`crate::coedited`].
//!
//! Source of the format: <https://automerge.org/automerge-binary-format-spec/>.

use schemas::envelope::Refusal;
use sha2::{Digest, Sha256};

/// Operations of a change, at most.
pub const MAX_OPERATIONS: u64 = 20_000;
/// Highest operation number of a document.
pub const MAX_COUNTER: u64 = 200_000;
/// Changes that a change may directly follow, at most.
const MAX_DEPENDENCIES: u64 = 64;
/// Other actors that a change may name, at most.
const MAX_ACTORS: u64 = 256;
/// Bytes of an actor id.
pub const ACTOR_BYTES: usize = 16;

pub(crate) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
pub(crate) const CHANGE_CHUNK: u8 = 1;

/// An actor id.
pub type Actor = [u8; ACTOR_BYTES];
/// The hash of a change.
pub type ChangeId = [u8; 32];

/// What a change says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Its hash.
    pub hash: ChangeId,
    /// Changes that it directly follows, ascending.
    pub dependencies: Vec<ChangeId>,
    /// Who made it.
    pub actor: Actor,
    /// Its place among the actor's changes.
    pub seq: u64,
    /// Number of its first operation.
    pub start: u64,
    /// Number of operations.
    pub operations: u64,
    /// Other actors whose operations it names.
    pub others: Vec<Actor>,
}

impl Scanned {
    /// Number of its last operation.
    pub fn last(&self) -> u64 {
        self.start + self.operations - 1
    }
}

/// Scans one uncompressed change chunk, the whole of `bytes`.
///
/// # Errors
/// `UnsafeBody` for anything else than a small, plain change; `OverBudget` when it has too many
/// operations.
pub fn change(bytes: &[u8]) -> Result<Scanned, Refusal> {
    scan(bytes)?.ok_or(Refusal::OverBudget)
}

type Scan<T> = Result<T, Refusal>;
const UNSAFE: Refusal = Refusal::UnsafeBody;

/// `None` stands for too many operations.
fn scan(bytes: &[u8]) -> Scan<Option<Scanned>> {
    let mut all = Reader(bytes);
    if all.take(4)? != MAGIC {
        return Err(UNSAFE);
    }
    let checksum = all.take(4)?;
    let hashed = all.0;
    if all.take(1)? != [CHANGE_CHUNK] {
        return Err(UNSAFE);
    }
    let length = all.unsigned()?;
    let hash: ChangeId = Sha256::digest(hashed).into();
    if length != all.0.len() as u64 || hash[..4] != *checksum {
        return Err(UNSAFE);
    }
    let mut scanned = head(&mut all, hash)?;
    let columns = columns(&mut all)?;
    let limits =
        Limits { actors: 1 + scanned.others.len() as u64, counter: scanned.start.saturating_add(MAX_OPERATIONS) };
    let Some(operations) = operations(&columns, &limits)? else {
        return Ok(None);
    };
    scanned.operations = operations;
    if operations == 0 {
        return Err(UNSAFE);
    }
    Ok((scanned.last() <= MAX_COUNTER).then_some(scanned))
}

/// Everything before the columns.
fn head(all: &mut Reader<'_>, hash: ChangeId) -> Scan<Scanned> {
    let mut dependencies = Vec::new();
    for _ in 0..all.at_most(MAX_DEPENDENCIES)? {
        dependencies.push(all.array()?);
    }
    let actor = all.actor()?;
    let seq = all.unsigned()?;
    let start = all.unsigned()?;
    // Neither a time nor a message: nothing about a person travels beside the value.
    if all.signed()? != 0 || all.unsigned()? != 0 {
        return Err(UNSAFE);
    }
    let mut others: Vec<Actor> = Vec::new();
    for _ in 0..all.at_most(MAX_ACTORS)? {
        others.push(all.actor()?);
    }
    let sorted =
        dependencies.windows(2).all(|pair| pair[0] < pair[1]) && others.windows(2).all(|pair| pair[0] < pair[1]);
    if !sorted || others.contains(&actor) || start == 0 || start > MAX_COUNTER || seq == 0 || seq > MAX_COUNTER {
        return Err(UNSAFE);
    }
    Ok(Scanned { hash, dependencies, actor, seq, start, operations: 0, others })
}

/// Known columns by their specification, in the order in which they stand.
pub(crate) const KNOWN: [u64; 12] = [0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73];
pub(crate) const OBJECT: usize = 1;
pub(crate) const NAME: usize = 4;
pub(crate) const ACTION: usize = 6;
pub(crate) const VALUE_META: usize = 7;
pub(crate) const VALUE: usize = 8;
const PRED_COUNT: usize = 9;

/// The bytes of each known column; absent ones are empty. Nothing may stand after them.
pub(crate) fn columns<'a>(all: &mut Reader<'a>) -> Scan<[&'a [u8]; KNOWN.len()]> {
    let count = all.at_most(KNOWN.len() as u64)?;
    let mut lengths = Vec::new();
    for _ in 0..count {
        lengths.push((all.unsigned()?, all.unsigned()?));
    }
    let mut columns: [&[u8]; KNOWN.len()] = [&[]; KNOWN.len()];
    let mut next = 0;
    for (specification, length) in lengths {
        let at = KNOWN[next..].iter().position(|known| *known == specification).ok_or(UNSAFE)? + next;
        columns[at] = all.take(usize::try_from(length).map_err(|_| UNSAFE)?)?;
        next = at + 1;
    }
    if all.0.is_empty() { Ok(columns) } else { Err(UNSAFE) }
}

struct Limits {
    actors: u64,
    counter: u64,
}

/// Number of operations, or `None` when there are too many; every column agrees with it.
fn operations(columns: &[&[u8]; KNOWN.len()], limits: &Limits) -> Scan<Option<u64>> {
    let mut values = 0u64;
    let mut preds = 0u64;
    let mut counts = [0u64; KNOWN.len()];
    for (at, column) in columns.iter().enumerate() {
        let reader = Reader(column);
        let count = match KNOWN[at] {
            0x01 | 0x11 | 0x71 => runs(reader, Of::Unsigned, |_, actor| actor < limits.actors)?,
            0x02 => runs(reader, Of::Unsigned, |_, counter| counter <= limits.counter)?,
            0x42 => runs(reader, Of::Unsigned, |_, action| action <= 4)?,
            0x70 => runs(reader, Of::Unsigned, |run, count| add_product(&mut preds, run, count))?,
            0x56 => runs(reader, Of::Unsigned, |run, meta| meta & 15 <= 9 && add_product(&mut values, run, meta >> 4))?,
            0x15 => runs(reader, Of::Text, |_, _| true)?,
            0x13 | 0x73 => deltas(reader, limits.counter)?,
            0x34 => booleans(reader)?,
            _ => Some(0),
        };
        let Some(count) = count else { return Ok(None) };
        counts[at] = count;
    }
    let operations = counts[ACTION];
    if preds > MAX_OPERATIONS {
        return Ok(None);
    }
    let agrees = |at: usize| match KNOWN[at] {
        0x57 => columns[VALUE].len() as u64 == values,
        // An absent column stands for a null in every row.
        0x71 | 0x73 => counts[at] == preds,
        0x34 | 0x42 => counts[at] == operations,
        _ => columns[at].is_empty() || counts[at] == operations,
    };
    // Where no operation has a value or replaces one, those columns may be absent altogether.
    let absent = (columns[VALUE_META].is_empty() && values > 0) || (columns[PRED_COUNT].is_empty() && preds > 0);
    if absent || !(0..KNOWN.len()).all(agrees) { Err(UNSAFE) } else { Ok(Some(operations)) }
}

/// Adds `run * each` to `sum`, unless that goes over what an envelope can hold.
fn add_product(sum: &mut u64, run: u64, each: u64) -> bool {
    match run.checked_mul(each).and_then(|product| sum.checked_add(product)) {
        Some(total) if total <= 1 << 20 => {
            *sum = total;
            true
        }
        _ => false,
    }
}

#[derive(Clone, Copy)]
enum Of {
    Unsigned,
    Text,
}

/// Reads the head of the next run and adds it to `total`: how many rows it covers and how many
/// values follow it (nulls: none, a repeated value: one, literals: as many as rows). None when
/// the column claims more rows than a change may have.
fn run_head(reader: &mut Reader<'_>, total: &mut u64) -> Scan<Option<(u64, u64)>> {
    let length = reader.signed()?;
    let (run, values) = match length {
        0 => (reader.unsigned()?, 0),
        1.. => (length.unsigned_abs(), 1),
        _ => (length.unsigned_abs(), length.unsigned_abs()),
    };
    if run == 0 {
        return Err(UNSAFE);
    }
    *total = total.saturating_add(run);
    Ok((*total <= MAX_OPERATIONS).then_some((run, values)))
}

/// Walks a run-length column; `check` sees each run's length and value (of a text: zero).
fn runs(mut reader: Reader<'_>, of: Of, mut check: impl FnMut(u64, u64) -> bool) -> Scan<Option<u64>> {
    let mut total = 0u64;
    while !reader.0.is_empty() {
        let Some((run, values)) = run_head(&mut reader, &mut total)? else { return Ok(None) };
        let each = if values == 1 { run } else { 1 };
        for _ in 0..values {
            let value = match of {
                Of::Unsigned => reader.unsigned()?,
                Of::Text => {
                    let length = usize::try_from(reader.unsigned()?).map_err(|_| UNSAFE)?;
                    std::str::from_utf8(reader.take(length)?).map_err(|_| UNSAFE)?;
                    0
                }
            };
            if !check(each, value) {
                return Err(UNSAFE);
            }
        }
    }
    Ok(Some(total))
}

/// Walks a delta column: every value it comes to is at least zero and at most `highest`.
fn deltas(mut reader: Reader<'_>, highest: u64) -> Scan<Option<u64>> {
    let mut total = 0u64;
    let mut value = 0i128;
    while !reader.0.is_empty() {
        let Some((run, values)) = run_head(&mut reader, &mut total)? else { return Ok(None) };
        let each = if values == 1 { i128::from(run) } else { 1 };
        for _ in 0..values {
            // A run is a straight line: when both ends are inside, all of it is.
            let delta = i128::from(reader.signed()?);
            let first = value + delta;
            value += delta * each;
            if first < 0 || value < 0 || first > i128::from(highest) || value > i128::from(highest) {
                return Err(UNSAFE);
            }
        }
    }
    Ok(Some(total))
}

/// Walks a column of booleans: lengths of runs, false first.
fn booleans(mut reader: Reader<'_>) -> Scan<Option<u64>> {
    let mut total = 0u64;
    let mut first = true;
    while !reader.0.is_empty() {
        let run = reader.unsigned()?;
        if run == 0 && !first {
            return Err(UNSAFE);
        }
        first = false;
        total = total.saturating_add(run);
        if total > MAX_OPERATIONS {
            return Ok(None);
        }
    }
    Ok(Some(total))
}

/// Takes bytes from the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Scan<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(UNSAFE)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Scan<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| UNSAFE)
    }

    fn actor(&mut self) -> Scan<Actor> {
        if self.unsigned()? != ACTOR_BYTES as u64 {
            return Err(UNSAFE);
        }
        self.array()
    }

    fn at_most(&mut self, limit: u64) -> Scan<u64> {
        let count = self.unsigned()?;
        if count <= limit { Ok(count) } else { Err(UNSAFE) }
    }

    /// LEB128 in its shortest form.
    pub(crate) fn unsigned(&mut self) -> Scan<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(UNSAFE);
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(UNSAFE) } else { Ok(value) };
            }
        }
        Err(UNSAFE)
    }

    /// Signed LEB128. Numbers that don't fit 56 bits have no place in a change of ours.
    pub(crate) fn signed(&mut self) -> Scan<i64> {
        let mut value = 0i64;
        for shift in (0..56).step_by(7) {
            let byte = self.take(1)?[0];
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let width = 64 - (shift + 7);
                return Ok(value << width >> width);
            }
        }
        Err(UNSAFE)
    }
}
