//! The three municipalities of the demonstration and the spreadsheets that come with it.

use std::path::Path;

use anyhow::{Context, Result};

/// A municipality of the demonstration.
pub struct Town {
    /// Name of its folder.
    pub folder: &'static str,
    /// Name on screen.
    pub name: &'static str,
    /// REFNIS code.
    pub refnis: &'static str,
    /// Its lists: name and bytes.
    lists: &'static [(&'static str, &'static [u8])],
    /// Its population table.
    population: (&'static str, &'static [u8]),
}

macro_rules! file {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../data/bam/", $name)).as_slice())
    };
}

/// The three, in the order of their ports.
pub const TOWNS: [Town; 3] = [
    Town {
        folder: "mortsel",
        name: "Mortsel",
        refnis: "11029",
        lists: &[file!("mortsel-mentors.xlsx"), file!("mortsel-mentees.xlsx")],
        population: file!("mortsel-population.csv"),
    },
    Town {
        folder: "aartselaar",
        name: "Aartselaar",
        refnis: "11001",
        lists: &[file!("aartselaar-mentors.csv"), file!("aartselaar-mentees.csv")],
        population: file!("aartselaar-population.csv"),
    },
    Town {
        folder: "borsbeek",
        name: "Borsbeek",
        refnis: "11007",
        lists: &[file!("borsbeek.xlsx")],
        population: file!("borsbeek-population.csv"),
    },
];

impl Town {
    /// Its lists, from `folder` when one is given.
    ///
    /// # Errors
    /// A list that is not in the folder.
    pub fn lists(&self, folder: Option<&Path>) -> Result<Vec<(String, Vec<u8>)>> {
        let read = |(name, bytes): &(&str, &[u8])| {
            let bytes = match folder {
                None => bytes.to_vec(),
                Some(folder) => {
                    let path = folder.join(name);
                    std::fs::read(&path).with_context(|| format!("{} kan niet gelezen worden", path.display()))?
                }
            };
            Ok(((*name).to_owned(), bytes))
        };
        self.lists.iter().map(read).collect()
    }

    /// Its population table; none where the folder has none.
    ///
    /// # Errors
    /// A table that cannot be read.
    pub fn population(&self, folder: Option<&Path>) -> Result<Option<Vec<u8>>> {
        let Some(folder) = folder else { return Ok(Some(self.population.1.to_vec())) };
        let path = folder.join(self.population.0);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} kan niet gelezen worden", path.display())),
        }
    }
}
