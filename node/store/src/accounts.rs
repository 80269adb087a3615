//! Accounts, links, sessions, drafts and form numbers.

use casework::Result;
use casework::office::AccountRole;
use casework::ports::{Account, Accounts, Fields};
use rusqlite::params;
use schemas::time::Timestamp;

use crate::fault::corrupt;
use crate::rows::{Cells, seconds};
use crate::tx::Tx;

/// Seconds that drafts and form numbers are kept: 30 days.
const KEPT_SECONDS: u64 = 30 * 86_400;

const ACCOUNT: &str = "SELECT id, name, role, password_hash, failures, closed_until FROM accounts";

fn account(cells: &mut Cells<'_>) -> Result<Account> {
    Ok(Account {
        id: cells.get()?,
        name: cells.get()?,
        role: AccountRole::from_code(&cells.get::<String>()?).ok_or_else(corrupt)?,
        password_hash: cells.get()?,
        failures: cells.get()?,
        closed_until: cells.time()?,
    })
}

impl Accounts for Tx<'_> {
    fn insert_account(&mut self, name: &str, role: AccountRole) -> Result<i64> {
        self.insert("INSERT INTO accounts (name, role) VALUES (?1, ?2)", params![name, role.code()])
    }

    fn account_named(&mut self, name: &str) -> Result<Option<Account>> {
        self.one(&format!("{ACCOUNT} WHERE name = ?1"), [name], account)
    }

    fn account(&mut self, id: i64) -> Result<Option<Account>> {
        self.one(&format!("{ACCOUNT} WHERE id = ?1"), [id], account)
    }

    fn accounts(&mut self) -> Result<Vec<Account>> {
        self.all(&format!("{ACCOUNT} ORDER BY name"), [], account)
    }

    fn set_password(&mut self, id: i64, hash: &str) -> Result<()> {
        self.run("UPDATE accounts SET password_hash = ?2 WHERE id = ?1", params![id, hash])?;
        Ok(())
    }

    fn set_failures(&mut self, id: i64, failures: u32, closed_until: Timestamp) -> Result<()> {
        self.run(
            "UPDATE accounts SET failures = ?2, closed_until = ?3 WHERE id = ?1",
            params![id, failures, seconds(closed_until)],
        )?;
        Ok(())
    }

    fn insert_link(&mut self, token_hash: &[u8; 32], account: i64, until: Timestamp, reusable: bool) -> Result<()> {
        self.run(
            "INSERT INTO account_links (token_hash, account, until, reusable) VALUES (?1, ?2, ?3, ?4)",
            params![token_hash, account, seconds(until), reusable],
        )?;
        Ok(())
    }

    fn link_account(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<(i64, bool)>> {
        self.one(
            "SELECT account, reusable FROM account_links WHERE token_hash = ?1 AND until > ?2",
            params![token_hash, seconds(now)],
            |cells| Ok((cells.get()?, cells.get()?)),
        )
    }

    fn delete_link(&mut self, token_hash: &[u8; 32]) -> Result<()> {
        self.run("DELETE FROM account_links WHERE token_hash = ?1", [token_hash])?;
        Ok(())
    }

    fn insert_session(&mut self, token_hash: &[u8; 32], account: i64, until: Timestamp) -> Result<()> {
        self.run(
            "INSERT INTO sessions (token_hash, account, until) VALUES (?1, ?2, ?3)",
            params![token_hash, account, seconds(until)],
        )?;
        Ok(())
    }

    fn session_account(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<(i64, Timestamp)>> {
        self.one(
            "SELECT account, until FROM sessions WHERE token_hash = ?1 AND until > ?2",
            params![token_hash, seconds(now)],
            |cells| Ok((cells.get()?, cells.time()?)),
        )
    }

    fn prolong_session(&mut self, token_hash: &[u8; 32], until: Timestamp) -> Result<()> {
        self.run("UPDATE sessions SET until = ?2 WHERE token_hash = ?1", params![token_hash, seconds(until)])?;
        Ok(())
    }

    fn delete_session(&mut self, token_hash: &[u8; 32]) -> Result<()> {
        self.run("DELETE FROM sessions WHERE token_hash = ?1", [token_hash])?;
        Ok(())
    }

    fn delete_sessions_of(&mut self, account: i64) -> Result<()> {
        self.run("DELETE FROM sessions WHERE account = ?1", [account])?;
        Ok(())
    }

    fn save_draft(&mut self, key: &str, fields: &[(String, String)], at: Timestamp) -> Result<()> {
        let fields = serde_json::to_string(fields).map_err(|_| corrupt())?;
        self.run(
            "INSERT OR REPLACE INTO drafts (key, fields, at) VALUES (?1, ?2, ?3)",
            params![key, fields, seconds(at)],
        )?;
        Ok(())
    }

    fn draft(&mut self, key: &str) -> Result<Option<Vec<(String, String)>>> {
        self.one("SELECT fields FROM drafts WHERE key = ?1", [key], |cells| {
            serde_json::from_str(&cells.get::<String>()?).map_err(|_| corrupt())
        })
    }

    fn drafts(&mut self) -> Result<Vec<(String, Fields)>> {
        self.all("SELECT key, fields FROM drafts ORDER BY key", [], |cells| {
            Ok((cells.get()?, serde_json::from_str(&cells.get::<String>()?).map_err(|_| corrupt())?))
        })
    }

    fn delete_draft(&mut self, key: &str) -> Result<()> {
        self.run("DELETE FROM drafts WHERE key = ?1", [key])?;
        Ok(())
    }

    fn first_time(&mut self, form_number: &str, at: Timestamp) -> Result<bool> {
        let added =
            self.run("INSERT OR IGNORE INTO forms (number, at) VALUES (?1, ?2)", params![form_number, seconds(at)])?;
        Ok(added == 1)
    }

    fn set_form_result(&mut self, form_number: &str, result: &str) -> Result<()> {
        self.run("UPDATE forms SET result = ?2 WHERE number = ?1", params![form_number, result])?;
        Ok(())
    }

    fn form_result(&mut self, form_number: &str) -> Result<Option<String>> {
        self.one("SELECT result FROM forms WHERE number = ?1", [form_number], |cells| cells.get())
    }

    fn forget_form(&mut self, form_number: &str) -> Result<()> {
        self.run("DELETE FROM forms WHERE number = ?1", [form_number])?;
        Ok(())
    }

    fn tidy_accounts(&mut self, now: Timestamp) -> Result<()> {
        let kept = seconds(Timestamp(now.0.saturating_sub(KEPT_SECONDS)));
        self.run("DELETE FROM sessions WHERE until <= ?1", [seconds(now)])?;
        self.run("DELETE FROM account_links WHERE until <= ?1", [seconds(now)])?;
        self.run("DELETE FROM drafts WHERE at < ?1", [kept])?;
        self.run("DELETE FROM forms WHERE at < ?1", [kept])?;
        Ok(())
    }
}
