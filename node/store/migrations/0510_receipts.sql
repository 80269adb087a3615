-- Documents of ours that were erased, with every partner that received them and its receipt.
-- Names nobody: a document's id leads to a person only through `links`, which goes with the person.
CREATE TABLE receipts_awaited (
    document BLOB NOT NULL,
    partner BLOB NOT NULL,
    asked_at INTEGER NOT NULL,
    received_at INTEGER,
    receipt INTEGER,
    PRIMARY KEY (document, partner)
) STRICT;
CREATE INDEX receipts_of_partner ON receipts_awaited (partner, received_at);

-- Signed receipts as they came, each about several documents.
CREATE TABLE receipts (
    number INTEGER PRIMARY KEY,
    partner BLOB NOT NULL,
    note BLOB NOT NULL
) STRICT;

-- Documents of partners that were erased here, and when their owner took the receipt.
CREATE TABLE receipts_owed (
    document BLOB NOT NULL,
    owner BLOB NOT NULL,
    given_at INTEGER,
    PRIMARY KEY (document, owner)
) STRICT;
CREATE INDEX receipts_to_give ON receipts_owed (owner, document) WHERE given_at IS NULL;
