-- What the desk does: cards issued and changed, fees paid, holds of two kinds with notices, stock moved and counted,
-- periodicals. Existing rows keep what they meant.

-- Numbers of identity cards and telephones are kept as keyed hashes: they can be compared, not read. Nothing else is kept
-- of a person but what the year's report needs (0006).
-- Where the card was issued.
ALTER TABLE patron ADD COLUMN branch TEXT;
ALTER TABLE patron ADD COLUMN prepaid_fen INTEGER NOT NULL DEFAULT 0 CHECK (prepaid_fen >= 0);
ALTER TABLE patron ADD COLUMN certificate_hash BLOB;
ALTER TABLE patron ADD COLUMN login_hash BLOB;
CREATE UNIQUE INDEX patron_by_certificate ON patron (institution, certificate_hash);
CREATE UNIQUE INDEX patron_by_login ON patron (institution, login_hash);

-- Days that a new or extended card is good.
ALTER TABLE patron_type ADD COLUMN validity_days INTEGER NOT NULL DEFAULT 3650 CHECK (validity_days BETWEEN 1 AND 36600);

-- Other cards that stand for the patron's, such as a citizen's card.
CREATE TABLE attached_card (
    institution TEXT NOT NULL,
    card        TEXT NOT NULL,
    patron      TEXT NOT NULL,
    PRIMARY KEY (institution, card),
    FOREIGN KEY (institution, patron) REFERENCES patron
) STRICT, WITHOUT ROWID;
CREATE INDEX attached_card_by_patron ON attached_card (institution, patron);

-- Running numbers: `prefix` and at least `n_digits` digits.
CREATE TABLE numbering (
    institution TEXT NOT NULL REFERENCES institution,
    kind        TEXT NOT NULL,
    prefix      TEXT NOT NULL,
    n_digits    INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    PRIMARY KEY (institution, kind)
) STRICT, WITHOUT ROWID;

-- Set where a card got another number: what the log says of the old one belongs to the new one.
ALTER TABLE card_log ADD COLUMN successor TEXT;
CREATE INDEX card_log_by_patron ON card_log (institution, patron, seq);
CREATE INDEX card_log_by_successor ON card_log (institution, successor);

-- A positive amount is a charge, a negative one settles a charge (`settles`), or what is owed from before the log (NULL).
ALTER TABLE fee_log ADD COLUMN kind TEXT NOT NULL DEFAULT 'overdue';
ALTER TABLE fee_log ADD COLUMN settles INTEGER;
ALTER TABLE fee_log ADD COLUMN serial TEXT;
CREATE INDEX fee_log_by_patron ON fee_log (institution, patron, seq);
CREATE INDEX fee_log_by_settled ON fee_log (institution, settles);

-- Money received (or given back: negative). The number of the order makes a repeated call harmless.
CREATE TABLE payment (
    institution  TEXT NOT NULL REFERENCES institution,
    serial       TEXT NOT NULL,
    at           TEXT NOT NULL,
    patron       TEXT NOT NULL,
    purpose      TEXT NOT NULL CHECK (purpose IN ('debt', 'prepay', 'deposit')),
    amount_fen   INTEGER NOT NULL,
    payment_type TEXT NOT NULL,
    fee          INTEGER,
    opuser       TEXT NOT NULL,
    PRIMARY KEY (institution, serial)
) STRICT, WITHOUT ROWID;

-- `prelend` (预借): fetched from the shelf for the patron; `reserve` (预约): the next one to come back.
ALTER TABLE hold ADD COLUMN kind TEXT NOT NULL DEFAULT 'reserve' CHECK (kind IN ('reserve', 'prelend'));
-- The last day on which the patron still wants it.
ALTER TABLE hold ADD COLUMN wanted_until TEXT;
CREATE INDEX hold_by_expiry ON hold (institution, expires_on);

-- What a patron is to be told. Whoever tells it (a page, a messenger) reads it by its number.
CREATE TABLE notice (
    institution TEXT NOT NULL REFERENCES institution,
    seq         INTEGER NOT NULL,
    at          TEXT NOT NULL,
    patron      TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('hold_ready', 'hold_expired')),
    item        TEXT NOT NULL,
    branch      TEXT,
    until       TEXT,
    PRIMARY KEY (institution, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_by_patron ON notice (institution, patron, seq);

-- What belongs to an item and is lent with it or not (附件), such as a disc; and what devices note (SIP2 field CH).
ALTER TABLE item ADD COLUMN attachment TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN properties TEXT NOT NULL DEFAULT '';
ALTER TABLE loan ADD COLUMN with_attachment INTEGER NOT NULL DEFAULT 0;

-- What a record says of all its copies, beyond what each copy says itself.
CREATE TABLE bib (
    institution  TEXT NOT NULL REFERENCES institution,
    record       INTEGER NOT NULL,
    class_number TEXT NOT NULL DEFAULT '',
    publisher    TEXT NOT NULL DEFAULT '',
    published    TEXT NOT NULL DEFAULT '',
    pages        TEXT NOT NULL DEFAULT '',
    price        TEXT NOT NULL DEFAULT '',
    subject      TEXT NOT NULL DEFAULT '',
    -- openlib `booktype`: 1 book, 2 periodical
    book_type    TEXT NOT NULL DEFAULT '1',
    PRIMARY KEY (institution, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX circulation_log_by_patron ON circulation_log (institution, patron, seq);

-- A way may also be that of a transfer.
CREATE TABLE transit_now (
    institution TEXT NOT NULL,
    item        TEXT NOT NULL,
    from_branch TEXT NOT NULL,
    to_branch   TEXT NOT NULL,
    sent_at     TEXT NOT NULL,
    cause       TEXT NOT NULL CHECK (cause IN ('home', 'hold', 'transfer')),
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item,
    FOREIGN KEY (institution, from_branch) REFERENCES branch,
    FOREIGN KEY (institution, to_branch) REFERENCES branch
) STRICT, WITHOUT ROWID;
INSERT INTO transit_now SELECT institution, item, from_branch, to_branch, sent_at, cause FROM transit;
DROP TABLE transit;
ALTER TABLE transit_now RENAME TO transit;

-- Stock moved between branches (调拨), one sheet at a time. `keeps_home`: the items are lent to the other branch and
-- still belong to the first.
CREATE TABLE transfer (
    institution TEXT NOT NULL,
    sheet       TEXT NOT NULL,
    from_branch TEXT NOT NULL,
    to_branch   TEXT NOT NULL,
    keeps_home  INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('draft', 'shipped', 'received', 'undone')),
    made_at     TEXT NOT NULL,
    shipped_at  TEXT,
    ended_at    TEXT,
    opuser      TEXT NOT NULL,
    PRIMARY KEY (institution, sheet),
    FOREIGN KEY (institution, from_branch) REFERENCES branch,
    FOREIGN KEY (institution, to_branch) REFERENCES branch
) STRICT, WITHOUT ROWID;
CREATE TABLE transfer_item (
    institution TEXT NOT NULL,
    sheet       TEXT NOT NULL,
    item        TEXT NOT NULL,
    -- `extra`: arrived without being on the sheet
    state       TEXT NOT NULL CHECK (state IN ('listed', 'sent', 'received', 'missing', 'extra')),
    PRIMARY KEY (institution, sheet, item),
    FOREIGN KEY (institution, sheet) REFERENCES transfer,
    FOREIGN KEY (institution, item) REFERENCES item
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_item_by_item ON transfer_item (institution, item);

-- What was seen when the shelves were counted, each item once in a count.
CREATE TABLE stocktake (
    institution TEXT NOT NULL,
    batch       TEXT NOT NULL,
    item        TEXT NOT NULL,
    at          TEXT NOT NULL,
    branch      TEXT,
    opuser      TEXT NOT NULL,
    PRIMARY KEY (institution, batch, item),
    FOREIGN KEY (institution, item) REFERENCES item
) STRICT, WITHOUT ROWID;

-- Periodicals: what is subscribed to, and which issues came.
CREATE TABLE subscription (
    institution  TEXT NOT NULL,
    record       INTEGER NOT NULL,
    branch       TEXT NOT NULL,
    title        TEXT NOT NULL,
    every        TEXT NOT NULL CHECK (every IN ('week', 'two_weeks', 'month', 'two_months', 'quarter', 'year')),
    starts_on    TEXT NOT NULL,
    ends_on      TEXT NOT NULL,
    current_type TEXT NOT NULL,
    back_type    TEXT NOT NULL,
    PRIMARY KEY (institution, record, branch),
    FOREIGN KEY (institution, branch) REFERENCES branch,
    FOREIGN KEY (institution, current_type) REFERENCES item_type,
    FOREIGN KEY (institution, back_type) REFERENCES item_type
) STRICT, WITHOUT ROWID;
CREATE TABLE issue (
    institution TEXT NOT NULL,
    record      INTEGER NOT NULL,
    branch      TEXT NOT NULL,
    number      INTEGER NOT NULL,
    due_on      TEXT NOT NULL,
    received_at TEXT,
    item        TEXT,
    claimed_at  TEXT,
    PRIMARY KEY (institution, record, branch, number),
    FOREIGN KEY (institution, record, branch) REFERENCES subscription,
    FOREIGN KEY (institution, item) REFERENCES item
) STRICT, WITHOUT ROWID;

-- Staff who log in over openlib. The original sends MD5 of the password: what is kept is a slow hash of that.
CREATE TABLE operator (
    institution   TEXT NOT NULL REFERENCES institution,
    opuser        TEXT NOT NULL,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    PRIMARY KEY (institution, opuser)
) STRICT, WITHOUT ROWID;
