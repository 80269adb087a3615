-- Municipalities that nobody names any more, and since when: after a day they are forgotten.
CREATE TABLE unnamed (
    root BLOB PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
