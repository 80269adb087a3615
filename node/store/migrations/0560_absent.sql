-- A partner without whom this node went on after a restore, and that has not brought since what it
-- kept.
ALTER TABLE partners ADD COLUMN absent INTEGER NOT NULL DEFAULT 0;
