-- The municipality into which one that was a partner merged.
ALTER TABLE departures ADD COLUMN successor BLOB;
