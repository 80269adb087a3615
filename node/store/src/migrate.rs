//! Numbered migrations, each applied once in one transaction. Numbers may have gaps: 1–99 the
//! foundation, 100–199 matches and duos, 200–299 imports and the library, 500–599 partners.

use rusqlite::Connection;

use crate::fault::OpenError;

macro_rules! migrations {
    ($($number:literal $file:literal),+ $(,)?) => {
        /// Every migration of this release, by number.
        const MIGRATIONS: &[(u32, &str)] =
            &[$(($number, include_str!(concat!("../migrations/", $file)))),+];
    };
}

migrations! {
    1 "0001_people.sql",
    2 "0002_sharing.sql",
    3 "0003_documents.sql",
    4 "0004_partners.sql",
    5 "0005_accounts.sql",
    6 "0006_own_documents.sql",
    20 "0020_population_given.sql",
    100 "0100_matches.sql",
    200 "0200_imports.sql",
    300 "0300_node.sql",
    301 "0301_built.sql",
    500 "0500_partner_life.sql",
    510 "0510_receipts.sql",
    520 "0520_mergers.sql",
    700 "0700_cursors.sql",
    800 "0800_own_rules.sql",
    810 "0810_evenings.sql",
    900 "0900_resources.sql",
}

/// Brings the store to this release's schema.
///
/// # Errors
/// `Newer` when a migration was applied that this release does not know.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    connection.execute_batch("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY) STRICT")?;
    let applied = connection
        .prepare("SELECT number FROM migrations ORDER BY number")?
        .query_map([], |row| row.get::<_, u32>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let unknown = applied.iter().find(|number| !MIGRATIONS.iter().any(|(known, _)| known == *number));
    if let Some(number) = unknown {
        return Err(OpenError::Newer(*number));
    }
    for (number, sql) in MIGRATIONS.iter().filter(|(number, _)| !applied.contains(number)) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.execute("INSERT INTO migrations (number) VALUES (?1)", [number])?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise() {
        assert!(MIGRATIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
