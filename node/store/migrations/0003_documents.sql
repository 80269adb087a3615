-- Signed envelopes as they arrived or were made here.
CREATE TABLE envelopes (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    document BLOB NOT NULL,
    header BLOB NOT NULL,
    signature BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX envelopes_of_document ON envelopes (document);

-- Built states of documents.
CREATE TABLE documents (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    circle BLOB NOT NULL,
    owner BLOB NOT NULL,
    value TEXT NOT NULL,
    heads BLOB NOT NULL,
    writers TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    clipped INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_of_kind ON documents (kind, id);

-- Commands to the replication core, in order. A refused one stays with its reason.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    document BLOB NOT NULL,
    circle BLOB,
    kind TEXT,
    value TEXT,
    heads BLOB,
    expires_at INTEGER,
    refused TEXT
) STRICT;
