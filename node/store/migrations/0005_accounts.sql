CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role TEXT NOT NULL,
    password_hash TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    closed_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Tokens are kept as SHA-256 only.
CREATE TABLE account_links (
    token_hash BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    until INTEGER NOT NULL,
    reusable INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    until INTEGER NOT NULL
) STRICT;

CREATE TABLE drafts (
    key TEXT PRIMARY KEY,
    fields TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE forms (
    number TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    result TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    person INTEGER,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_of_person ON audit (person, number);
