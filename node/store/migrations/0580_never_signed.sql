-- An erasure of what was not signed before it was to be erased: nobody has it.
ALTER TABLE outbox ADD COLUMN never_signed INTEGER NOT NULL DEFAULT FALSE;
