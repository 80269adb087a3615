-- Small things that the node itself keeps, whole and replaced at once: invitations, pairings.
CREATE TABLE node_state (
    name TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
