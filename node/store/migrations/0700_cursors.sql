-- Up to where this node and a partner are in step, per circle: a hint for the next stream.
CREATE TABLE cursors (
    partner BLOB NOT NULL,
    circle BLOB NOT NULL,
    -- Number of the partner's store, and digest of the certificates and lists that both knew.
    store BLOB NOT NULL,
    known BLOB NOT NULL,
    -- The last envelope that was stored then.
    number INTEGER NOT NULL,
    PRIMARY KEY (partner, circle)
) STRICT;
