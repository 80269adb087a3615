-- Built states by owner and id: nobody can take the place of another's document.
CREATE TABLE documents_by_owner (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    owner BLOB NOT NULL,
    kind TEXT NOT NULL,
    circle BLOB NOT NULL,
    value TEXT NOT NULL,
    heads BLOB NOT NULL,
    writers TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    clipped INTEGER NOT NULL,
    -- Number of the newest envelope that it holds.
    built INTEGER NOT NULL DEFAULT 0,
    -- The hold that hides it: who asked and until when.
    held_by BLOB,
    held_until INTEGER,
    -- Writers who wrote two things in one place, 32 bytes each.
    forked BLOB NOT NULL DEFAULT x'',
    UNIQUE (id, owner)
) STRICT;
INSERT INTO documents_by_owner
    (id, owner, kind, circle, value, heads, writers, changed_at, expires_at, clipped, built)
    SELECT id, owner, kind, circle, value, heads, writers, changed_at, expires_at, clipped, built FROM documents ORDER BY id;
DROP TABLE documents;
ALTER TABLE documents_by_owner RENAME TO documents;
CREATE INDEX documents_of_kind ON documents (kind, id);

-- What was erased, by its owner.
CREATE TABLE erased_by_owner (
    document BLOB NOT NULL,
    owner BLOB NOT NULL,
    PRIMARY KEY (document, owner)
) STRICT, WITHOUT ROWID;
-- Whose it was, was not kept before.
INSERT INTO erased_by_owner SELECT document, x'' FROM erased_documents;
DROP TABLE erased_documents;
ALTER TABLE erased_by_owner RENAME TO erased_documents;

-- Which document took the place of another of the same owner.
CREATE TABLE replaced (
    document BLOB NOT NULL,
    owner BLOB NOT NULL,
    by BLOB NOT NULL,
    PRIMARY KEY (document, owner)
) STRICT, WITHOUT ROWID;

-- What somebody here typed in a shared page and is not in it. One that was dealt with stays,
-- without its text, so that it does not come back.
CREATE TABLE drafts_of_pages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    change BLOB NOT NULL UNIQUE,
    document BLOB NOT NULL,
    owner BLOB NOT NULL,
    base TEXT,
    typed TEXT,
    why TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- Two signed headers of one author for one place.
CREATE TABLE proofs (
    number INTEGER PRIMARY KEY,
    author BLOB NOT NULL,
    document BLOB NOT NULL,
    kind TEXT NOT NULL,
    first BLOB NOT NULL,
    second BLOB NOT NULL,
    UNIQUE (first, second)
) STRICT;

-- Of a hold whose document, of a cut whose changes, of a replacement by what.
ALTER TABLE outbox ADD COLUMN other BLOB;
ALTER TABLE outbox ADD COLUMN bar INTEGER;
