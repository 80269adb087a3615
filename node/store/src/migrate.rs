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
    530 "0530_places_unsure.sql",
    540 "0540_certificates.sql",
    550 "0550_unnamed.sql",
    560 "0560_absent.sql",
    570 "0570_refused.sql",
    580 "0580_never_signed.sql",
    700 "0700_cursors.sql",
    710 "0710_numbers.sql",
    800 "0800_own_rules.sql",
    810 "0810_evenings.sql",
    820 "0820_slips.sql",
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

    #[test]
    fn envelopes_keep_their_numbers_and_none_is_given_out_again() {
        let mut connection = Connection::open_in_memory().expect("a database");
        let before = |number: &u32| *number != 710;
        for (_, sql) in MIGRATIONS.iter().filter(|(number, _)| before(number)) {
            connection.execute_batch(sql).expect("a migration");
        }
        connection.execute_batch("CREATE TABLE migrations (number INTEGER PRIMARY KEY) STRICT").expect("a table");
        for number in MIGRATIONS.iter().map(|(number, _)| *number).filter(before) {
            connection.execute("INSERT INTO migrations (number) VALUES (?1)", [number]).expect("noted");
        }
        connection
            .execute_batch(
                "INSERT INTO envelopes (number, id, document, header, signature, body)
                     VALUES (3, x'03', x'd1', x'00', x'00', x'aa'), (5, x'05', x'd1', x'01', x'00', x'bb');
                 INSERT INTO cursors (partner, circle, store, known, number) VALUES (x'01', x'02', x'03', x'04', 7);",
            )
            .expect("rows");
        migrate(&mut connection).expect("brought up to date");
        let insert = "INSERT INTO envelopes (id, document, author, header, signature, body)
                      VALUES (x'09', x'd2', -1, x'00', x'00', x'cc')";
        connection.execute_batch(insert).expect("one more");
        let rows: Vec<(i64, Vec<u8>, Option<i64>)> = connection
            .prepare("SELECT number, body, author FROM envelopes ORDER BY number")
            .and_then(|mut rows| rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect())
            .expect("rows");
        let expected = [(3, vec![0xaa], None), (5, vec![0xbb], None), (8, vec![0xcc], Some(-1))];
        assert_eq!(rows, expected, "above the cursor");
        migrate(&mut connection).expect("once");
    }
}
