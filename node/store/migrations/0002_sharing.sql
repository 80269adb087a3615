-- The way back from a pseudonym to a person: only here, only in this store.
CREATE TABLE links (
    document BLOB PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    circle BLOB NOT NULL,
    linked_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX links_of_person ON links (person, ended_at);

-- What left about whom. Goes with the person.
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    document BLOB,
    recipients TEXT NOT NULL,
    consent TEXT NOT NULL,
    what TEXT NOT NULL,
    by TEXT NOT NULL,
    quasi TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_of_person ON ledger (person, number);

-- Documents whose erasure was asked because a person was erased: no person is named.
CREATE TABLE erasures (
    document BLOB PRIMARY KEY,
    asked_at INTEGER NOT NULL
) STRICT;
