//! What the runtime keeps of this node and its partners: identity, circles, lists.

use casework::ports::Circle;
use casework::{Error, Result};
use rusqlite::params;
use schemas::ids::{CircleId, RootId};
use schemas::places::Refnis;
use schemas::time::Timestamp;

use crate::open::Store;
use crate::partner_life::SUSPENDED;
use crate::rows::seconds;
use crate::tx::Tx;

/// This municipality, as `init` made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Owner id.
    pub root: RootId,
    /// REFNIS.
    pub refnis: Refnis,
    /// Enterprise number, ten digits, or empty.
    pub kbo: String,
    /// Name on screen.
    pub name: String,
    /// Mail or phone of the office.
    pub office: String,
    /// Number of this store, drawn when it was made.
    pub store_id: [u8; 16],
    /// Rises with every restore.
    pub incarnation: u64,
}

/// A confirmed partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Owner id.
    pub root: RootId,
    /// REFNIS, confirmed by the administrators.
    pub refnis: Refnis,
    /// Enterprise number, ten digits, or empty.
    pub kbo: String,
    /// Name on screen.
    pub name: String,
    /// Network addresses.
    pub addresses: Vec<String>,
    /// When both had confirmed.
    pub since: Timestamp,
}

impl Store {
    /// This municipality; none before `init`.
    ///
    /// # Errors
    /// A failing store.
    pub fn identity(&self) -> Result<Option<Identity>> {
        self.in_read(|tx| {
            let sql = "SELECT root, refnis, kbo, name, office, store_id, incarnation FROM identity";
            tx.one(sql, [], |cells| {
                Ok(Identity {
                    root: cells.root()?,
                    refnis: cells.parsed()?,
                    kbo: cells.get()?,
                    name: cells.get()?,
                    office: cells.get()?,
                    store_id: cells.get()?,
                    incarnation: cells.get::<i64>()?.unsigned_abs(),
                })
            })
        })
    }

    /// Sets or replaces this municipality's row.
    ///
    /// # Errors
    /// A store that belongs to another root; a failing store.
    pub fn set_identity(&self, identity: &Identity) -> Result<()> {
        let identity = identity.clone();
        self.in_write(move |tx| {
            let held = tx.one("SELECT root FROM identity", [], |cells| cells.root())?;
            if held.is_some_and(|root| root != identity.root) {
                return Err(Error::Refused("another-node"));
            }
            tx.run(
                "INSERT OR REPLACE INTO identity (one, root, refnis, kbo, name, office, store_id, incarnation)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    identity.root.0,
                    identity.refnis.to_string(),
                    identity.kbo,
                    identity.name,
                    identity.office,
                    identity.store_id,
                    i64::try_from(identity.incarnation).unwrap_or(i64::MAX)
                ],
            )?;
            Ok(())
        })
    }

    /// Confirmed partners, by name.
    ///
    /// # Errors
    /// A failing store.
    pub fn partners(&self) -> Result<Vec<Partner>> {
        self.in_read(|tx| {
            let sql = "SELECT root, refnis, kbo, name, addresses, since FROM partners ORDER BY name, root";
            tx.all(sql, [], |cells| {
                Ok(Partner {
                    root: cells.root()?,
                    refnis: cells.parsed()?,
                    kbo: cells.get()?,
                    name: cells.get()?,
                    addresses: cells.words()?,
                    since: cells.time()?,
                })
            })
        })
    }

    /// Adds or replaces a partner, with the circle of just the two; its arrangement stays.
    ///
    /// # Errors
    /// A failing store.
    pub fn insert_partner(&self, partner: &Partner) -> Result<()> {
        let partner = partner.clone();
        self.in_write(move |tx| tx.put_partner(&partner))
    }

    /// The same with the certificate by which it was compared, all at once: nobody finds the one
    /// without the other.
    ///
    /// # Errors
    /// A certificate that does not hold, or a failing store.
    pub fn insert_paired(&self, partner: &Partner, certificate: &[u8]) -> Result<()> {
        let (partner, certificate) = (partner.clone(), certificate.to_vec());
        self.in_write(move |tx| {
            tx.put_partner(&partner)?;
            tx.put_certificate(certificate)
        })
    }

    /// Removes a partner from the partners and from every circle, and its lists.
    ///
    /// # Errors
    /// A failing store.
    pub fn remove_partner(&self, root: RootId) -> Result<()> {
        self.in_write(move |tx| tx.drop_partner(root))
    }

    /// Adds a circle or replaces it with its members.
    ///
    /// # Errors
    /// A failing store.
    pub fn insert_circle(&self, circle: &Circle) -> Result<()> {
        let circle = circle.clone();
        self.in_write(move |tx| tx.put_circle(&circle))
    }

    /// Keeps the newest list of a circle by a member. The caller verified it.
    ///
    /// # Errors
    /// A failing store.
    pub fn keep_list(&self, circle: CircleId, owner: RootId, bytes: &[u8]) -> Result<()> {
        let bytes = bytes.to_vec();
        self.in_write(move |tx| tx.put_list(circle, owner, &bytes))
    }

    /// The newest list of every circle by every member.
    ///
    /// # Errors
    /// A failing store.
    pub fn lists(&self) -> Result<Vec<(CircleId, RootId, Vec<u8>)>> {
        self.in_read(|tx| {
            tx.all("SELECT circle, owner, bytes FROM lists ORDER BY circle, owner", [], |cells| {
                Ok((cells.circle()?, cells.root()?, cells.get()?))
            })
        })
    }
}

impl Tx<'_> {
    fn put_partner(&mut self, partner: &Partner) -> Result<()> {
        self.run("DELETE FROM departures WHERE root = ?1", [partner.root.0])?;
        self.run(
            "INSERT INTO partners (root, refnis, kbo, name, addresses, since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (root) DO UPDATE SET refnis = ?2, kbo = ?3, name = ?4, addresses = ?5, since = ?6",
            params![
                partner.root.0,
                partner.refnis.to_string(),
                partner.kbo,
                partner.name,
                partner.addresses.join(" "),
                seconds(partner.since)
            ],
        )?;
        let me = casework::ports::Circles::me(self)?.root;
        let id = CircleId::pair(me, partner.root);
        let arrangement = self.one("SELECT arrangement FROM circles WHERE id = ?1", [id.0], |cells| cells.get())?;
        let pair = Circle {
            id,
            name: String::new(),
            arrangement: arrangement.unwrap_or_default(),
            members: vec![me, partner.root],
            pair: true,
        };
        self.put_circle(&pair)
    }

    pub(crate) fn drop_partner(&mut self, root: RootId) -> Result<()> {
        let me = casework::ports::Circles::me(self)?.root;
        self.run("DELETE FROM partners WHERE root = ?1", [root.0])?;
        // Its certificates stay: what it wrote in pages of others is checked by them at every reading.
        self.run("DELETE FROM lists WHERE owner = ?1", [root.0])?;
        self.run("DELETE FROM receipts_owed WHERE owner = ?1", [root.0])?;
        self.run("DELETE FROM circle_members WHERE root = ?1", [root.0])?;
        self.run("DELETE FROM circles WHERE id = ?1", [CircleId::pair(me, root).0])?;
        Ok(())
    }

    fn put_circle(&self, circle: &Circle) -> Result<()> {
        self.run(
            "INSERT INTO circles (id, name, arrangement, pair) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET name = ?2, arrangement = ?3, pair = ?4",
            params![circle.id.0, circle.name, circle.arrangement, circle.pair],
        )?;
        // A suspended partner is not among the members that a circle is read with, and keeps its place.
        let others = format!("DELETE FROM circle_members WHERE circle = ?1 AND root NOT IN ({SUSPENDED})");
        self.run(&others, [circle.id.0])?;
        for member in &circle.members {
            self.run(
                "INSERT OR IGNORE INTO circle_members (circle, root) VALUES (?1, ?2)",
                params![circle.id.0, member.0],
            )?;
        }
        Ok(())
    }

    pub(crate) fn put_list(&self, circle: CircleId, owner: RootId, bytes: &[u8]) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO lists (circle, owner, bytes) VALUES (?1, ?2, ?3)",
            params![circle.0, owner.0, bytes],
        )?;
        Ok(())
    }
}
