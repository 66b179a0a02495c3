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
-- Copies with the same title, author and ISBN are one title.
CREATE TABLE title_? (
    id       INTEGER PRIMARY KEY,
    -- made of title, author and ISBN: the same in every generation
    key      INTEGER NOT NULL,
    title    TEXT NOT NULL,
    author   TEXT NOT NULL,
    -- 13 digits as a number
    isbn     INTEGER,
    language INTEGER NOT NULL,
    -- of the copy that came first
    call     TEXT NOT NULL
) STRICT;
CREATE TABLE item_? (
    id     TEXT PRIMARY KEY,
    type   INTEGER NOT NULL,
    owner  INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    state  INTEGER NOT NULL,
    title  INTEGER NOT NULL,
    -- NULL: that of its title
    call   TEXT,
    shelf  INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE branch_? (
    branch INTEGER PRIMARY KEY,
    name   TEXT NOT NULL
) STRICT;
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
