//! Who of a list is here already. Never by name alone: people with one name are different
//! people, and people who share a mail address or a phone are too.
//!
//! What is remembered of a row are keyed hashes: they recognise it and tell nothing.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::hand::Hand;
use crate::import::contact::phone_digits;
use crate::import::field::Part;
use crate::import::ports::Print;
use crate::import::words::fold;
use crate::people::{Birth, PersonData, PersonId, Side};
use crate::ports::Records;

/// The secret of this store under which prints are made.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) [u8; 32]);

impl Key {
    /// The print of some texts in their order.
    pub(crate) fn print(&self, what: &str, texts: &[&str]) -> Print {
        let mut hash = Sha256::new();
        hash.update(b"overbuur/import/1\0");
        hash.update(self.0);
        for text in [what].iter().chain(texts) {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }
    /// The print of a value.
    pub(crate) fn value(&self, part: Part, text: &str) -> Print {
        self.print("value", &[part.code(), text])
    }
}

/// By what a row is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Mail,
    Phone,
    Home,
}

/// The prints by which a person can be recognised, the best first.
fn ways(key: &Key, person: &PersonData) -> Vec<(Way, Print)> {
    let side = person.side.code();
    let mut ways = Vec::new();
    if !person.contact.email.is_empty() {
        ways.push((Way::Mail, key.print("mail", &[side, &person.contact.email.to_lowercase()])));
    }
    let phone = phone_digits(&person.contact.phone);
    if !phone.is_empty() {
        ways.push((Way::Phone, key.print("phone", &[side, &phone])));
    }
    let (name, street) = (fold(&person.full_name()), fold(&person.contact.street));
    ways.push((Way::Home, key.print("home", &[side, &name, &Part::Birth.text(person), &street])));
    ways
}

/// A person who could be the one of a row.
struct Candidate {
    id: PersonId,
    /// Prints of the values last imported, or of those stored when none were.
    values: BTreeMap<Part, Print>,
}

/// Finds the persons of one list's rows; nobody is found twice.
pub(crate) struct Finder {
    key: Key,
    claimed: BTreeSet<PersonId>,
    /// Persons entered by hand, by print; read when first needed.
    by_hand: BTreeMap<Side, BTreeMap<Print, Vec<PersonId>>>,
}

impl Finder {
    /// A finder for one import.
    pub(crate) fn new(key: Key) -> Self {
        Self { key, claimed: BTreeSet::new(), by_hand: BTreeMap::new() }
    }

    /// The person that a row is about.
    ///
    /// # Errors
    /// A failing store.
    pub(crate) fn find(
        &mut self,
        records: &mut dyn Records,
        hand: &Hand,
        row: &PersonData,
    ) -> Result<Option<PersonId>> {
        for (way, print) in ways(&self.key, row) {
            let mut candidates = Vec::new();
            for id in self.known(records, hand, row.side, &print)? {
                if !self.claimed.contains(&id) {
                    candidates.push(self.candidate(records, id)?);
                }
            }
            candidates.retain(|candidate| self.alike(way, candidate, row));
            // Of several the one with the most in common, then the first.
            let best = candidates
                .iter()
                .max_by_key(|candidate| (self.common(candidate, row), std::cmp::Reverse(candidate.id)));
            if let Some(best) = best {
                self.claimed.insert(best.id);
                return Ok(Some(best.id));
            }
        }
        Ok(None)
    }

    /// Remembers that a row became this person.
    ///
    /// # Errors
    /// A failing store.
    pub(crate) fn remember(&mut self, records: &mut dyn Records, person: PersonId, row: &PersonData) -> Result<()> {
        self.claimed.insert(person);
        for (_, print) in ways(&self.key, row) {
            records.remember_row(&print, person)?;
        }
        Ok(())
    }

    /// Persons with this print: imported ones, and those who were entered by hand.
    fn known(&mut self, records: &mut dyn Records, hand: &Hand, side: Side, print: &Print) -> Result<Vec<PersonId>> {
        let imported = records.imported_by(print)?;
        if !imported.is_empty() {
            return Ok(imported);
        }
        if !self.by_hand.contains_key(&side) {
            let mut prints: BTreeMap<Print, Vec<PersonId>> = BTreeMap::new();
            for person in records.people(side)? {
                hand.audit(records, "person.read", Some(person.id), "import")?;
                if records.imported_values(person.id)?.is_empty() {
                    for (_, print) in ways(&self.key, &person.data) {
                        prints.entry(print).or_default().push(person.id);
                    }
                }
            }
            self.by_hand.insert(side, prints);
        }
        Ok(self.by_hand.get(&side).and_then(|prints| prints.get(print)).cloned().unwrap_or_default())
    }

    fn candidate(&self, records: &mut dyn Records, id: PersonId) -> Result<Candidate> {
        let imported = records.imported_values(id)?;
        let mut values: BTreeMap<Part, Print> =
            imported.into_iter().filter_map(|(code, print)| Some((Part::of_code(&code)?, print))).collect();
        if values.is_empty()
            && let Some(person) = records.person(id)?
        {
            values = self.values(&person.data);
        }
        Ok(Candidate { id, values })
    }

    fn values(&self, person: &PersonData) -> BTreeMap<Part, Print> {
        let texts = Part::ALL.iter().map(|part| (*part, part.text(person)));
        texts.filter(|(_, text)| !text.is_empty()).map(|(part, text)| (part, self.key.value(part, &text))).collect()
    }

    /// Whether a candidate found in this way can be the person of the row.
    fn alike(&self, way: Way, candidate: &Candidate, row: &PersonData) -> bool {
        let print = |part: Part| {
            let text = part.text(row);
            (!text.is_empty()).then(|| self.key.value(part, &text))
        };
        let same = |part: Part| print(part).is_some_and(|print| candidate.values.get(&part) == Some(&print));
        let differs = |part: Part| match (print(part), candidate.values.get(&part)) {
            (Some(new), Some(old)) => new != *old,
            _ => false,
        };
        let born_alike = row.birth != Birth::Unknown && same(Part::Birth);
        match way {
            Way::Mail => same(Part::GivenName) || born_alike,
            // Another mail address: somebody else at the same phone or in the same house,
            // unless the day of birth says otherwise.
            Way::Phone => {
                same(Part::GivenName)
                    && same(Part::FamilyName) != row.family_name.is_empty()
                    && !differs(Part::Birth)
                    && (born_alike || !differs(Part::Email))
            }
            Way::Home => born_alike || (!differs(Part::Email) && !differs(Part::Phone)),
        }
    }

    /// How many values a candidate has in common with the row.
    fn common(&self, candidate: &Candidate, row: &PersonData) -> usize {
        let values = self.values(row);
        values.iter().filter(|(part, print)| candidate.values.get(part) == Some(print)).count()
    }
}
