-- A partner that is suspended: nothing is exchanged and what is its own is not shown.
ALTER TABLE partners ADD COLUMN suspended_at INTEGER;
ALTER TABLE partners ADD COLUMN suspended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE partners ADD COLUMN suspended_why TEXT NOT NULL DEFAULT '';

-- Municipalities that were partners: what is ours is to go there, and this says whether it did.
CREATE TABLE departures (
    root BLOB PRIMARY KEY,
    refnis TEXT NOT NULL,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    certificate BLOB NOT NULL,
    left_at INTEGER NOT NULL,
    left_by TEXT NOT NULL,
    confirmed_at INTEGER,
    receipt BLOB
) STRICT;
