-- A root may sign two certificates under one serial: what they are kept under is their place,
-- the newest last. Serials rise, so those of before are in their places.
ALTER TABLE certificates RENAME COLUMN serial TO place;
