-- Central's first schema. Rules: every primary key begins with the institution; a day is 'YYYY-MM-DD', a time is
-- 'YYYY-MM-DD HH:MM:SS' in the library's own zone; money is in fen.

CREATE TABLE institution (
    institution    TEXT NOT NULL PRIMARY KEY,
    name           TEXT NOT NULL,
    debt_limit_fen INTEGER NOT NULL CHECK (debt_limit_fen >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE branch (
    institution TEXT NOT NULL REFERENCES institution,
    branch      TEXT NOT NULL,
    name        TEXT NOT NULL,
    PRIMARY KEY (institution, branch)
) STRICT, WITHOUT ROWID;

-- Programs that may ask for a token.
CREATE TABLE app (
    institution TEXT NOT NULL REFERENCES institution,
    appid       TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    PRIMARY KEY (institution, appid)
) STRICT, WITHOUT ROWID;

CREATE TABLE patron_type (
    institution TEXT NOT NULL REFERENCES institution,
    patron_type TEXT NOT NULL,
    loan_limit  INTEGER NOT NULL CHECK (loan_limit >= 0),
    PRIMARY KEY (institution, patron_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE item_type (
    institution TEXT NOT NULL REFERENCES institution,
    item_type   TEXT NOT NULL,
    PRIMARY KEY (institution, item_type)
) STRICT, WITHOUT ROWID;

-- How long a type of item is lent to a type of patron. No row: not at all.
CREATE TABLE loan_rule (
    institution TEXT NOT NULL,
    patron_type TEXT NOT NULL,
    item_type   TEXT NOT NULL,
    period_days INTEGER NOT NULL CHECK (period_days BETWEEN 1 AND 3660),
    n_renewals  INTEGER NOT NULL CHECK (n_renewals >= 0),
    PRIMARY KEY (institution, patron_type, item_type),
    FOREIGN KEY (institution, patron_type) REFERENCES patron_type,
    FOREIGN KEY (institution, item_type) REFERENCES item_type
) STRICT, WITHOUT ROWID;

CREATE TABLE patron (
    institution   TEXT NOT NULL,
    patron        TEXT NOT NULL,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    patron_type   TEXT NOT NULL,
    state         TEXT NOT NULL,
    starts_on     TEXT NOT NULL,
    ends_on       TEXT NOT NULL,
    deposit_fen   INTEGER NOT NULL,
    debt_fen      INTEGER NOT NULL,
    PRIMARY KEY (institution, patron),
    FOREIGN KEY (institution, patron_type) REFERENCES patron_type
) STRICT, WITHOUT ROWID;

-- `state` is where the item would be without a loan; that it is on loan is said by `loan` alone, hence never '3'.
CREATE TABLE item (
    institution TEXT NOT NULL,
    item        TEXT NOT NULL,
    record      INTEGER NOT NULL,
    title       TEXT NOT NULL,
    author      TEXT NOT NULL,
    isbn        TEXT NOT NULL,
    call_number TEXT NOT NULL,
    item_type   TEXT NOT NULL,
    branch      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state <> '3'),
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item_type) REFERENCES item_type,
    FOREIGN KEY (institution, branch) REFERENCES branch
) STRICT, WITHOUT ROWID;
CREATE INDEX item_by_record ON item (institution, record);

-- The key is the item: it cannot be lent twice.
CREATE TABLE loan (
    institution TEXT NOT NULL,
    item        TEXT NOT NULL,
    patron      TEXT NOT NULL,
    loaned_at   TEXT NOT NULL,
    due_on      TEXT NOT NULL,
    n_renewals  INTEGER NOT NULL DEFAULT 0,
    opuser      TEXT NOT NULL,
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item,
    FOREIGN KEY (institution, patron) REFERENCES patron
) STRICT, WITHOUT ROWID;
CREATE INDEX loan_by_patron ON loan (institution, patron);

CREATE TABLE hold (
    institution TEXT NOT NULL,
    item        TEXT NOT NULL,
    patron      TEXT NOT NULL,
    placed_at   TEXT NOT NULL,
    PRIMARY KEY (institution, item, patron),
    FOREIGN KEY (institution, item) REFERENCES item,
    FOREIGN KEY (institution, patron) REFERENCES patron
) STRICT, WITHOUT ROWID;

-- Every loan, return and renewal, in order; rows are only ever added.
CREATE TABLE circulation_log (
    institution TEXT NOT NULL REFERENCES institution,
    seq         INTEGER NOT NULL,
    at          TEXT NOT NULL,
    act         TEXT NOT NULL CHECK (act IN ('checkout', 'checkin', 'renew')),
    item        TEXT NOT NULL,
    patron      TEXT NOT NULL,
    due_on      TEXT NOT NULL,
    opuser      TEXT NOT NULL,
    PRIMARY KEY (institution, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER circulation_log_keeps BEFORE UPDATE ON circulation_log
BEGIN SELECT RAISE(ABORT, 'circulation_log is append-only'); END;
CREATE TRIGGER circulation_log_stays BEFORE DELETE ON circulation_log
BEGIN SELECT RAISE(ABORT, 'circulation_log is append-only'); END;

-- Which seeds were sown, so that none is sown twice.
CREATE TABLE seed (
    institution TEXT NOT NULL REFERENCES institution,
    seed        TEXT NOT NULL,
    sown_at     TEXT NOT NULL,
    PRIMARY KEY (institution, seed)
) STRICT, WITHOUT ROWID;
