-- Refused commands are found by their document whenever a next word about it is written.
CREATE INDEX outbox_refused ON outbox (document) WHERE refused IS NOT NULL;
