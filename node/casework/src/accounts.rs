//! Accounts: enrolment links, passwords, sessions, and kept forms. Tokens leave this crate once
//! and are stored as SHA-256; passwords as Argon2id. Failing costs a wait that grows, kept with
//! the account, and an unknown name costs the same work as a known one.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use schemas::ids::to_hex;
use schemas::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::office::{AccountRole, Actor, Office};

/// Seconds that a session lives without use.
pub const SESSION_SECONDS: u64 = 8 * 3600;
/// Seconds that an enrolment link lives.
pub const ENROL_SECONDS: u64 = 7 * 86_400;
/// Seconds that the demo's sign-in link lives.
pub const DEMO_SECONDS: u64 = 30 * 86_400;
/// Characters of a password, at least.
pub const MIN_PASSWORD: usize = 10;
/// Characters of a password, at most: nobody types more, and hashing stays cheap to refuse.
pub const MAX_PASSWORD: usize = 200;
/// Failures that cost no wait.
const FREE_FAILURES: u32 = 5;
/// Seconds of the longest wait.
const LONGEST_WAIT: u64 = 900;
/// A session is prolonged when it has lived so many seconds, not at every page.
const PROLONG_AFTER: u64 = 300;

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkKind {
    /// Choosing the password of this account.
    Enrol {
        /// Name to sign in with.
        name: String,
    },
    /// The account itself (the demo's links).
    SignedIn {
        /// Token of the session.
        session: String,
    },
}

pub(crate) fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Argon2id, 19 MiB, two passes, one lane: OWASP's first choice for this memory.
fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| Error::Store("password-parameters".to_owned()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_password(password: &str, salt: &[u8]) -> Result<String> {
    let hash: PasswordHash = argon2()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|_| Error::Store("password-hash".to_owned()))?;
    Ok(hash.to_string())
}

fn verifies(password: &str, hash: &str) -> Result<bool> {
    let Ok(hash) = PasswordHash::new(hash) else { return Ok(false) };
    Ok(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
}

/// A hash that no password has: unknown names are checked against it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Seconds of wait after so many failures in a row.
fn wait_after(failures: u32) -> u64 {
    match failures.checked_sub(FREE_FAILURES) {
        None => 0,
        Some(over) => (5u64 << over.min(10)).min(LONGEST_WAIT),
    }
}

impl Office {
    fn new_token(&self) -> String {
        let mut bytes = [0; 32];
        self.randomness.fill(&mut bytes);
        to_hex(&bytes)
    }

    /// Adds an account without a password; its number.
    ///
    /// # Errors
    /// `Invalid` for a name that is empty, too long or taken; a failing store.
    pub fn create_account(&self, name: &str, role: AccountRole) -> Result<i64> {
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(Error::field("name", "name-missing"));
        }
        let hand = self.hand(&Actor::command_line());
        self.write(move |records| {
            if records.account_named(&name)?.is_some() {
                return Err(Error::field("name", "name-taken"));
            }
            let id = records.insert_account(&name, role)?;
            hand.audit(records, "account.added", None, role.code())?;
            Ok(id)
        })
    }

    /// An account's number by its name.
    ///
    /// # Errors
    /// A failing store.
    pub fn account_named(&self, name: &str) -> Result<Option<i64>> {
        let name = name.trim().to_owned();
        self.read(move |records| Ok(records.account_named(&name)?.map(|account| account.id)))
    }

    /// A link's token with which the account's password is chosen, once, within seven days.
    ///
    /// # Errors
    /// `NotFound`, a failing store.
    pub fn enrol_link(&self, account: i64) -> Result<String> {
        self.link(account, ENROL_SECONDS, false)
    }

    /// A link's token that signs in, as often as wanted: only for the demo.
    ///
    /// # Errors
    /// `NotFound`, a failing store.
    pub fn sign_in_link(&self, account: i64) -> Result<String> {
        self.link(account, DEMO_SECONDS, true)
    }

    fn link(&self, account: i64, seconds: u64, reusable: bool) -> Result<String> {
        let (token, now) = (self.new_token(), self.now());
        let hash = hash_of(&token);
        self.write(move |records| {
            records.account(account)?.ok_or(Error::NotFound)?;
            records.insert_link(&hash, account, now.plus_seconds(seconds), reusable)
        })?;
        Ok(token)
    }

    /// What a link opens; the demo's opens a session at once.
    ///
    /// # Errors
    /// `NotFound` for a link that is unknown, used or past; a failing store.
    pub fn open_link(&self, token: &str) -> Result<LinkKind> {
        let (hash, session, now) = (hash_of(token), self.new_token(), self.now());
        self.write(move |records| {
            let (account, reusable) = records.link_account(&hash, now)?.ok_or(Error::NotFound)?;
            let account = records.account(account)?.ok_or(Error::NotFound)?;
            if !reusable {
                return Ok(LinkKind::Enrol { name: account.name });
            }
            records.insert_session(&hash_of(&session), account.id, now.plus_seconds(SESSION_SECONDS))?;
            records.audit(now, &account.name, "account.signed-in", None, "link")?;
            Ok(LinkKind::SignedIn { session })
        })
    }

    /// Sets the password of the account whose enrolment link this is, ends its other sessions,
    /// and signs in; the session's token.
    ///
    /// # Errors
    /// `Invalid` for a password that is too short or too long; `NotFound` for a link that is
    /// unknown, used or past; a failing store.
    pub fn enrol(&self, token: &str, password: &str) -> Result<String> {
        match password.chars().count() {
            length if length < MIN_PASSWORD => return Err(Error::field("password", "password-short")),
            length if length > MAX_PASSWORD => return Err(Error::field("password", "password-long")),
            _ => {}
        }
        // Before the transaction: hashing is slow, and the writer is one.
        let password_hash = hash_password(password, &self.random_16())?;
        let (hash, session, now) = (hash_of(token), self.new_token(), self.now());
        let answer = session.clone();
        self.write(move |records| {
            let Some((account, false)) = records.link_account(&hash, now)? else { return Err(Error::NotFound) };
            let account = records.account(account)?.ok_or(Error::NotFound)?;
            records.delete_link(&hash)?;
            records.set_password(account.id, &password_hash)?;
            records.set_failures(account.id, 0, Timestamp(0))?;
            records.delete_sessions_of(account.id)?;
            records.insert_session(&hash_of(&session), account.id, now.plus_seconds(SESSION_SECONDS))?;
            records.audit(now, &account.name, "account.enrolled", None, "")
        })?;
        Ok(answer)
    }

    /// Signs in; the session's token.
    ///
    /// # Errors
    /// `Refused` with `sign-in-failed` for a wrong name or password, `sign-in-wait` while an
    /// account waits after failures; a failing store.
    pub fn sign_in(&self, name: &str, password: &str) -> Result<String> {
        let (name, now) = (name.trim().to_owned(), self.now());
        if password.chars().count() > MAX_PASSWORD {
            return Err(Error::Refused("sign-in-failed"));
        }
        // A try is counted before it is checked, so that many at once are not many for one.
        let account = self.write(move |records| {
            let Some(account) = records.account_named(&name)? else { return Ok(None) };
            if account.closed_until > now {
                return Err(Error::Refused("sign-in-wait"));
            }
            let failures = account.failures.saturating_add(1);
            records.set_failures(account.id, failures, now.plus_seconds(wait_after(failures)))?;
            Ok(Some(account))
        })?;
        let hash = account.as_ref().and_then(|account| account.password_hash.as_deref()).unwrap_or(NOBODY);
        let right = verifies(password, hash)?;
        let Some(account) = account.filter(|_| right) else { return Err(Error::Refused("sign-in-failed")) };
        let session = self.new_token();
        let answer = session.clone();
        self.write(move |records| {
            records.set_failures(account.id, 0, Timestamp(0))?;
            records.insert_session(&hash_of(&session), account.id, now.plus_seconds(SESSION_SECONDS))?;
            records.audit(now, &account.name, "account.signed-in", None, "password")
        })?;
        Ok(answer)
    }

    /// Who a session belongs to; none where it ended. Using it prolongs it.
    ///
    /// # Errors
    /// A failing store.
    pub fn actor_of(&self, session: &str) -> Result<Option<Actor>> {
        let (hash, now) = (hash_of(session), self.now());
        let found = self.read(move |records| {
            let Some((account, until)) = records.session_account(&hash, now)? else { return Ok(None) };
            Ok(records.account(account)?.map(|account| (account, until)))
        })?;
        let Some((account, until)) = found else { return Ok(None) };
        let fresh = now.plus_seconds(SESSION_SECONDS);
        if until.plus_seconds(PROLONG_AFTER) < fresh {
            self.write(move |records| records.prolong_session(&hash, fresh))?;
        }
        Ok(Some(Actor::new(Some(account.id), &account.name, account.role)))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// A failing store.
    pub fn sign_out(&self, session: &str) -> Result<()> {
        let hash = hash_of(session);
        self.write(move |records| records.delete_session(&hash))
    }

    /// Keeps what was typed in a form.
    ///
    /// # Errors
    /// A failing store.
    pub fn keep_draft(&self, key: &str, fields: &[(String, String)]) -> Result<()> {
        let (key, fields, now) = (key.to_owned(), fields.to_vec(), self.now());
        self.write(move |records| records.save_draft(&key, &fields, now))
    }

    /// What was typed.
    ///
    /// # Errors
    /// A failing store.
    pub fn draft(&self, key: &str) -> Result<Option<Vec<(String, String)>>> {
        let key = key.to_owned();
        self.read(move |records| records.draft(&key))
    }

    /// Forgets what was typed.
    ///
    /// # Errors
    /// A failing store.
    pub fn drop_draft(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.write(move |records| records.delete_draft(&key))
    }

    /// Runs `work` for a form's one-time number; none when that form was sent before. A form
    /// whose work failed may be sent again.
    ///
    /// # Errors
    /// That of `work`, or a failing store.
    pub fn once<T>(&self, form_number: &str, work: impl FnOnce(&Self) -> Result<T>) -> Result<Option<T>> {
        let (number, now) = (form_number.to_owned(), self.now());
        if !self.write(move |records| records.first_time(&number, now))? {
            return Ok(None);
        }
        let outcome = work(self);
        if outcome.is_err() {
            let number = form_number.to_owned();
            self.write(move |records| records.forget_form(&number))?;
        }
        outcome.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(wait_after(4), 0);
        assert_eq!((wait_after(5), wait_after(6), wait_after(7)), (5, 10, 20));
        assert_eq!(wait_after(u32::MAX), LONGEST_WAIT);
    }

    #[test]
    fn passwords() {
        let hash = hash_password("een lang wachtwoord", &[3; 16]).expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verifies("een lang wachtwoord", &hash).expect("parameters"));
        assert!(!verifies("een ander wachtwoord", &hash).expect("parameters"));
        assert!(PasswordHash::new(NOBODY).is_ok(), "the same work for unknown names");
        assert!(!verifies("", NOBODY).expect("parameters"));
    }
}
