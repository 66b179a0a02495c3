-- One generation; `?` is its number. Words (types, places) are stored once; a day is YYYYMMDD as a number.
CREATE TABLE word_? (
    code INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE patron_? (
    id     TEXT PRIMARY KEY,
    type   INTEGER NOT NULL,
    state  INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    ends   INTEGER NOT NULL,
    loans  INTEGER NOT NULL,
    pin    BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE item_? (
    id     TEXT PRIMARY KEY,
    type   INTEGER NOT NULL,
    owner  INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    state  INTEGER NOT NULL,
    title  TEXT NOT NULL,
    call   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE patron_type_? (
    type       INTEGER PRIMARY KEY,
    loan_limit INTEGER NOT NULL
) STRICT;
CREATE TABLE term_? (
    patron_type INTEGER NOT NULL,
    item_type   INTEGER NOT NULL,
    period_days INTEGER NOT NULL,
    PRIMARY KEY (patron_type, item_type)
) STRICT, WITHOUT ROWID;
CREATE TABLE closed_? (
    day INTEGER PRIMARY KEY
) STRICT;
