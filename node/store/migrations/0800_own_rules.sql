-- This municipality's own rules of matching, as they are shared. At most one row.
CREATE TABLE own_rules (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    value TEXT NOT NULL
) STRICT;
