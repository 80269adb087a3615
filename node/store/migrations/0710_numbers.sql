-- The number of an envelope is given out once: cursors and built states are compared with it.
-- Beside it the first eight bytes of the key that signed, as a number, for when that is retired;
-- none for what was stored before.
CREATE TABLE envelopes_by_author (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    document BLOB NOT NULL,
    author INTEGER,
    header BLOB NOT NULL,
    signature BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
INSERT INTO envelopes_by_author (number, id, document, header, signature, body)
    SELECT number, id, document, header, signature, body FROM envelopes ORDER BY number;
-- What was deleted had a number too.
DELETE FROM sqlite_sequence WHERE name = 'envelopes_by_author';
INSERT INTO sqlite_sequence (name, seq) SELECT 'envelopes_by_author', max(
    (SELECT ifnull(max(number), 0) FROM envelopes),
    (SELECT ifnull(max(number), 0) FROM cursors),
    (SELECT ifnull(max(built), 0) FROM documents));
DROP TABLE envelopes;
ALTER TABLE envelopes_by_author RENAME TO envelopes;
CREATE INDEX envelopes_of_document ON envelopes (document);
CREATE INDEX envelopes_of_author ON envelopes (author);
