-- Documents that this municipality owns as such: its card and rules in each circle.
CREATE TABLE own_documents (
    kind TEXT NOT NULL,
    circle BLOB NOT NULL,
    document BLOB NOT NULL,
    value TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (kind, circle)
) STRICT;
