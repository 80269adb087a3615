//! Instance files: read without believing a word, and written.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use matching::solver::{Edge, Instance, Rows};

const MAGIC: &[u8; 8] = b"MTCH0001";
const HEADER: u64 = 32;

/// Reads an instance. Nothing is set aside for what the header claims before the length of the
/// file has shown that it can be true.
///
/// # Errors
/// A file that can't be read, is none of these, is too short or too long, or holds no instance.
pub(crate) fn read(path: &Path) -> Result<Instance> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut file = BufReader::with_capacity(1 << 16, file);
    ensure!(length >= HEADER, "too short for a header: {length} bytes");
    let mut magic = [0; 8];
    file.read_exact(&mut magic)?;
    ensure!(&magic == MAGIC, "not an instance: it does not start with MTCH0001");
    let mut number = || -> Result<u64> {
        let mut bytes = [0; 8];
        file.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    };
    let (requests, mentors, edges) = (number()?, number()?, number()?);
    let rows = requests.checked_add(1).and_then(|rows| rows.checked_mul(8));
    let needed =
        rows.and_then(|rows| edges.checked_mul(8)?.checked_add(rows)?.checked_add(mentors)?.checked_add(HEADER));
    ensure!(
        needed == Some(length),
        "{requests} requests, {mentors} mentors and {edges} edges do not fit a file of {length} bytes"
    );
    let mut starts = Vec::with_capacity(usize::try_from(requests + 1)?);
    for _ in 0..=requests {
        let start = number()?;
        starts.push(u32::try_from(start).ok().with_context(|| format!("a row pointer of {start}"))?);
    }
    let mut list = vec![Edge { mentor: 0, weight: 0 }; usize::try_from(edges)?];
    let mut word = || -> Result<u32> {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    };
    for edge in &mut list {
        edge.mentor = word()?;
    }
    for edge in &mut list {
        edge.weight = word()?;
    }
    let mut capacities = vec![0; usize::try_from(mentors)?];
    file.read_exact(&mut capacities)?;
    Ok(Instance::from_parts(capacities, starts, list)?)
}

/// Writes an instance.
///
/// # Errors
/// A file that can't be written.
pub(crate) fn write(path: &Path, instance: &Instance) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(MAGIC)?;
    let edges = instance.edges();
    for count in [instance.requests(), instance.capacities().len(), edges.len()] {
        file.write_all(&(count as u64).to_le_bytes())?;
    }
    let mut start = 0_u64;
    file.write_all(&start.to_le_bytes())?;
    for request in 0..instance.requests() {
        start += instance.row(u32::try_from(request)?).len() as u64;
        file.write_all(&start.to_le_bytes())?;
    }
    for edge in edges {
        file.write_all(&edge.mentor.to_le_bytes())?;
    }
    for edge in edges {
        file.write_all(&edge.weight.to_le_bytes())?;
    }
    file.write_all(instance.capacities())?;
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Instance {
        let rows = vec![vec![Edge { mentor: 0, weight: 7 }, Edge { mentor: 2, weight: 9 }], vec![]];
        Instance::new(vec![1, 0, 2], rows).expect("an instance")
    }

    fn bytes() -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        write(file.path(), &small()).expect("written");
        std::fs::read(file.path()).expect("read")
    }

    fn read_bytes(bytes: &[u8]) -> Result<Instance> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        read(file.path())
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read_bytes(&bytes()).expect("read"), small());
    }

    #[test]
    fn bad_files_are_refused_with_a_reason() {
        let changed = |at: usize, with: &[u8]| {
            let mut bytes = bytes();
            bytes[at..at + with.len()].copy_from_slice(with);
            read_bytes(&bytes).expect_err("refused").to_string()
        };
        let huge = u64::MAX.to_le_bytes();
        assert!(changed(0, b"MTCH0002").contains("MTCH0001"));
        for at in [8, 16, 24] {
            assert!(changed(at, &huge).contains("do not fit"));
            assert!(changed(at, &(1_u64 << 61).to_le_bytes()).contains("do not fit"));
        }
        // Row pointers: 0, 2, 2. Mentors 0 and 2, weights 7 and 9.
        assert!(changed(32, &1_u64.to_le_bytes()).contains("row pointers"));
        assert!(changed(40, &3_u64.to_le_bytes()).contains("row pointers"));
        assert!(changed(40, &huge).contains("row pointer"));
        assert!(changed(56, &3_u32.to_le_bytes()).contains("do not rise"));
        assert!(changed(60, &3_u32.to_le_bytes()).contains("not there"));
        assert!(changed(64, &1_000_001_u32.to_le_bytes()).contains("highest weight"));
    }

    #[test]
    fn a_file_of_another_length_is_refused() {
        let whole = bytes();
        for length in 0..whole.len() {
            assert!(read_bytes(&whole[..length]).is_err(), "{length} bytes");
        }
        let mut longer = whole;
        longer.push(0);
        assert!(read_bytes(&longer).is_err());
    }
}
