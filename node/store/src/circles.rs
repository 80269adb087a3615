//! This municipality, its partners, its circles and its population table.

use casework::ports::{Circle, Circles, Municipality, OwnDocument, PopulationCell};
use casework::{Error, Result};
use rusqlite::params;
use schemas::ids::{CircleId, RootId};
use schemas::time::Timestamp;
use schemas::{Kind, MatchingRules, SharedValue};

use crate::documents::{value_of, value_text};
use crate::fault::corrupt;
use crate::partner_life::SUSPENDED;
use crate::rows::seconds;
use crate::tx::Tx;

impl Circles for Tx<'_> {
    fn me(&mut self) -> Result<Municipality> {
        self.one("SELECT root, refnis, name, kbo, office FROM identity", [], |cells| {
            Ok(Municipality {
                root: cells.root()?,
                refnis: cells.parsed()?,
                name: cells.get()?,
                kbo: cells.get()?,
                office: cells.get()?,
            })
        })?
        .ok_or_else(|| Error::Store("no-identity".to_owned()))
    }

    fn partners(&mut self) -> Result<Vec<Municipality>> {
        self.all("SELECT root, refnis, name, kbo FROM partners ORDER BY name, root", [], |cells| {
            Ok(Municipality {
                root: cells.root()?,
                refnis: cells.parsed()?,
                name: cells.get()?,
                kbo: cells.get()?,
                office: String::new(),
            })
        })
    }

    fn own_rules(&mut self) -> Result<Option<MatchingRules>> {
        self.one("SELECT value FROM own_rules", [], |cells| {
            match value_of(Kind::MatchingRules, &cells.get::<String>()?)? {
                SharedValue::MatchingRules(rules) => Ok(rules),
                _ => Err(corrupt()),
            }
        })
    }

    fn set_own_rules(&mut self, rules: &MatchingRules) -> Result<()> {
        let value = value_text(&SharedValue::MatchingRules(*rules))?;
        self.run("INSERT OR REPLACE INTO own_rules (one, value) VALUES (1, ?1)", [value])?;
        Ok(())
    }

    fn circles(&mut self) -> Result<Vec<Circle>> {
        let mut circles =
            self.all("SELECT id, name, arrangement, pair FROM circles ORDER BY pair, name, id", [], |cells| {
                Ok(Circle {
                    id: cells.circle()?,
                    name: cells.get()?,
                    arrangement: cells.get()?,
                    pair: cells.get()?,
                    members: Vec::new(),
                })
            })?;
        for circle in &mut circles {
            let all = "SELECT root FROM circle_members WHERE circle = ?1";
            let members = if circle.pair { all.to_owned() } else { format!("{all} AND root NOT IN ({SUSPENDED})") };
            circle.members = self.all(&format!("{members} ORDER BY root"), [circle.id.0], |cells| cells.root())?;
        }
        Ok(circles)
    }

    fn circles_of(&mut self, partner: RootId) -> Result<Vec<CircleId>> {
        self.all("SELECT circle FROM circle_members WHERE root = ?1 ORDER BY circle", [partner.0], |cells| {
            cells.circle()
        })
    }

    fn population(&mut self) -> Result<Option<Vec<PopulationCell>>> {
        if self.one("SELECT one FROM population_given", [], |cells| cells.get::<i64>())?.is_none() {
            return Ok(None);
        }
        let cells = self.all(
            "SELECT refnis, age_band, home_language, sex, persons FROM population ORDER BY rowid",
            [],
            |cells| {
                Ok(PopulationCell {
                    refnis: cells.parsed()?,
                    age_band: cells.parsed()?,
                    home_language: cells.parsed()?,
                    sex: cells.parsed_or_none()?,
                    persons: cells.get()?,
                })
            },
        )?;
        Ok(Some(cells))
    }

    fn population_given_at(&mut self) -> Result<Option<Timestamp>> {
        self.one("SELECT given_at FROM population_given WHERE given_at IS NOT NULL", [], |cells| cells.time())
    }

    fn own_document(&mut self, kind: Kind, circle: CircleId) -> Result<Option<OwnDocument>> {
        self.one(
            "SELECT document, value, published_at FROM own_documents WHERE kind = ?1 AND circle = ?2",
            params![kind.code(), circle.0],
            |cells| Ok(OwnDocument { document: cells.document()?, value: cells.get()?, published_at: cells.time()? }),
        )
    }

    fn put_own_document(&mut self, kind: Kind, circle: CircleId, own: &OwnDocument) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO own_documents (kind, circle, document, value, published_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![kind.code(), circle.0, own.document.0, own.value, seconds(own.published_at)],
        )?;
        Ok(())
    }

    fn set_population(&mut self, cells: &[PopulationCell], at: Timestamp) -> Result<()> {
        self.run("DELETE FROM population", [])?;
        self.run("INSERT OR REPLACE INTO population_given (one, given_at) VALUES (1, ?1)", [seconds(at)])?;
        for cell in cells {
            self.run(
                "INSERT INTO population (refnis, age_band, home_language, sex, persons)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    cell.refnis.to_string(),
                    cell.age_band.to_string(),
                    cell.home_language.code(),
                    cell.sex.map(schemas::vocabulary::Sex::code),
                    cell.persons
                ],
            )?;
        }
        Ok(())
    }
}
