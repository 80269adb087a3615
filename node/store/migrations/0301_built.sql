-- Number of the newest envelope that a built state holds: a later one is not built yet.
ALTER TABLE documents ADD COLUMN built INTEGER NOT NULL DEFAULT 0;
