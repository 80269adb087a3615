//! Suspended partners, and partners that were left.

use std::collections::{BTreeMap, BTreeSet};

use casework::Result;
use casework::partner_life::{Departure, Partnerships, Suspension};
use casework::ports::Circles;
use rusqlite::params;
use schemas::Kind;
use schemas::certificate::NodeCertificate;
use schemas::envelope::{Content, Header};
use schemas::ids::{CircleId, NodeKey, RootId};
use schemas::time::Timestamp;

use crate::envelopes::header;
use crate::rows::seconds;
use crate::tx::Tx;

/// Roots of suspended partners, as a query.
pub(crate) const SUSPENDED: &str = "SELECT root FROM partners WHERE suspended_at IS NOT NULL";

impl Tx<'_> {
    /// Deletes what a partner owns here and everything in the circle of just the two; but for what
    /// it opened with others when it is `inherited`. The replication core lets go of the same
    /// when it hears of it; on disk it is gone at once. Only pages with something that was typed
    /// here are left to the core: it reads them first, for what is nowhere else.
    fn purge(&mut self, partner: RootId, pair: CircleId, inherited: bool) -> Result<()> {
        let stays = |kind: Kind| inherited && kind.is_co_edited();
        for kind in Kind::ALL.iter().filter(|kind| !stays(**kind)) {
            self.run("DELETE FROM documents WHERE owner = ?1 AND kind = ?2", params![partner.0, kind.code()])?;
        }
        self.run("DELETE FROM documents WHERE circle = ?1", [pair.0])?;
        let stored = self.all("SELECT number, header FROM envelopes", [], |cells| {
            let number: i64 = cells.get()?;
            Ok((number, header(&cells.get::<Vec<u8>>()?)?))
        })?;
        let own = self.own_nodes()?;
        let page = |header: &Header| (header.circle, header.owner, header.document);
        let is_typed = |header: &&Header| {
            let in_page = matches!(header.content, Content::Opening | Content::Change) && header.kind.is_co_edited();
            in_page && own.contains(&header.author)
        };
        let typed: BTreeSet<_> = stored.iter().map(|(_, header)| header).filter(is_typed).map(page).collect();
        let goes = |header: &Header| {
            let over = header.circle == pair || header.owner == partner && !stays(header.kind);
            over && !typed.contains(&page(header))
        };
        for (number, _) in stored.iter().filter(|(_, header)| goes(header)) {
            self.run("DELETE FROM envelopes WHERE number = ?1", [number])?;
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Keys of this municipality's node, those before among them.
    fn own_nodes(&mut self) -> Result<BTreeSet<NodeKey>> {
        let me = Circles::me(self)?.root;
        let kept =
            self.all("SELECT bytes FROM certificates WHERE root = ?1", [me.0], |cells| cells.get::<Vec<u8>>())?;
        let own = kept.iter().filter_map(|bytes| NodeCertificate::verify(bytes).ok());
        Ok(own.map(|certificate| certificate.get().node).collect())
    }
}

impl Partnerships for Tx<'_> {
    fn suspensions(&mut self) -> Result<BTreeMap<RootId, Suspension>> {
        let sql = "SELECT root, suspended_at, suspended_by, suspended_why FROM partners
                   WHERE suspended_at IS NOT NULL ORDER BY root";
        let rows = self.all(sql, [], |cells| {
            Ok((cells.root()?, Suspension { at: cells.time()?, by: cells.get()?, why: cells.get()? }))
        })?;
        Ok(rows.into_iter().collect())
    }

    fn set_suspension(&mut self, partner: RootId, suspension: Option<&Suspension>) -> Result<bool> {
        let changed = self.run(
            "UPDATE partners SET suspended_at = ?2, suspended_by = ?3, suspended_why = ?4 WHERE root = ?1",
            params![
                partner.0,
                suspension.map(|one| seconds(one.at)),
                suspension.map_or("", |one| one.by.as_str()),
                suspension.map_or("", |one| one.why.as_str())
            ],
        )?;
        Ok(changed > 0)
    }

    fn absent(&mut self) -> Result<BTreeSet<RootId>> {
        let roots = self.all("SELECT root FROM partners WHERE absent", [], |cells| cells.root())?;
        Ok(roots.into_iter().collect())
    }

    fn go_on_without(&mut self, partners: &BTreeSet<RootId>) -> Result<()> {
        self.run("UPDATE partners SET absent = 0 WHERE absent", [])?;
        for partner in partners {
            self.run("UPDATE partners SET absent = 1 WHERE root = ?1", [partner.0])?;
        }
        Ok(())
    }

    fn departures(&mut self) -> Result<Vec<Departure>> {
        let sql = "SELECT root, name, addresses, certificate, left_at, left_by, confirmed_at, successor FROM departures
                   ORDER BY left_at DESC, root";
        self.all(sql, [], |cells| {
            Ok(Departure {
                root: cells.root()?,
                name: cells.get()?,
                addresses: cells.words()?,
                certificate: cells.get()?,
                at: cells.time()?,
                by: cells.get()?,
                confirmed_at: cells.get::<Option<i64>>()?.map(|at| Timestamp(at.unsigned_abs())),
                successor: cells.get::<Option<[u8; 32]>>()?.map(RootId),
            })
        })
    }

    fn depart(&mut self, partner: RootId, at: Timestamp, by: &str, successor: Option<RootId>) -> Result<bool> {
        let kept = self.run(
            "INSERT OR REPLACE INTO departures (root, refnis, name, addresses, certificate, left_at, left_by, successor)
             SELECT root, refnis, name, addresses,
                    coalesce((SELECT bytes FROM certificates c WHERE c.root = p.root ORDER BY place DESC), x''), ?2, ?3, ?4
             FROM partners p WHERE root = ?1",
            params![partner.0, seconds(at), by, successor.map(|root| root.0)],
        )?;
        if kept == 0 {
            return Ok(false);
        }
        let pair = CircleId::pair(Circles::me(self)?.root, partner);
        self.run("DELETE FROM outbox WHERE circle = ?1", [pair.0])?;
        self.run(
            "UPDATE links SET ended_at = ?2 WHERE circle = ?1 AND ended_at IS NULL",
            params![pair.0, seconds(at)],
        )?;
        self.purge(partner, pair, successor.is_some())?;
        self.drop_partner(partner)?;
        Ok(true)
    }

    fn confirm_departure(&mut self, partner: RootId, at: Timestamp, receipt: &[u8]) -> Result<bool> {
        let confirmed = self.run(
            "UPDATE departures SET confirmed_at = ?2, receipt = ?3 WHERE root = ?1 AND confirmed_at IS NULL",
            params![partner.0, seconds(at), receipt],
        )?;
        // Where nothing is left, nothing is left of what was to be erased.
        self.run(
            "UPDATE receipts_awaited SET received_at = ?2 WHERE partner = ?1 AND received_at IS NULL",
            params![partner.0, seconds(at)],
        )?;
        Ok(confirmed > 0)
    }
}
