-- What the desk does: as SQLite's 0004, where it is explained.
ALTER TABLE patron ADD COLUMN branch TEXT COLLATE "C";
ALTER TABLE patron ADD COLUMN prepaid_fen BIGINT NOT NULL DEFAULT 0 CHECK (prepaid_fen >= 0);
ALTER TABLE patron ADD COLUMN certificate_hash BYTEA;
ALTER TABLE patron ADD COLUMN login_hash BYTEA;
CREATE UNIQUE INDEX patron_by_certificate ON patron (institution, certificate_hash);
CREATE UNIQUE INDEX patron_by_login ON patron (institution, login_hash);

ALTER TABLE patron_type ADD COLUMN validity_days BIGINT NOT NULL DEFAULT 3650 CHECK (validity_days BETWEEN 1 AND 36600);

CREATE TABLE attached_card (
    institution TEXT COLLATE "C" NOT NULL,
    card TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, card),
    FOREIGN KEY (institution, patron) REFERENCES patron
);
CREATE INDEX attached_card_by_patron ON attached_card (institution, patron);

CREATE TABLE numbering (
    institution TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    prefix TEXT NOT NULL,
    n_digits BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (institution, kind)
);

ALTER TABLE card_log ADD COLUMN successor TEXT COLLATE "C";
CREATE INDEX card_log_by_patron ON card_log (institution, patron, seq);
CREATE INDEX card_log_by_successor ON card_log (institution, successor);

ALTER TABLE fee_log ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'overdue';
ALTER TABLE fee_log ADD COLUMN settles BIGINT;
ALTER TABLE fee_log ADD COLUMN serial TEXT COLLATE "C";
CREATE INDEX fee_log_by_patron ON fee_log (institution, patron, seq);
CREATE INDEX fee_log_by_settled ON fee_log (institution, settles);

CREATE TABLE payment (
    institution TEXT COLLATE "C" NOT NULL,
    serial TEXT COLLATE "C" NOT NULL,
    at TEXT NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('debt', 'prepay', 'deposit')),
    amount_fen BIGINT NOT NULL,
    payment_type TEXT NOT NULL,
    fee BIGINT,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, serial)
);

ALTER TABLE hold ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'reserve' CHECK (kind IN ('reserve', 'prelend'));
ALTER TABLE hold ADD COLUMN wanted_until TEXT;
CREATE INDEX hold_by_expiry ON hold (institution, expires_on);

CREATE TABLE notice (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    at TEXT NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('hold_ready', 'hold_expired')),
    item TEXT COLLATE "C" NOT NULL,
    branch TEXT COLLATE "C",
    until TEXT,
    PRIMARY KEY (institution, seq)
);
CREATE INDEX notice_by_patron ON notice (institution, patron, seq);

ALTER TABLE item ADD COLUMN attachment TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN properties TEXT NOT NULL DEFAULT '';
ALTER TABLE loan ADD COLUMN with_attachment BIGINT NOT NULL DEFAULT 0;

CREATE TABLE bib (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    record BIGINT NOT NULL,
    class_number TEXT NOT NULL DEFAULT '',
    publisher TEXT NOT NULL DEFAULT '',
    published TEXT NOT NULL DEFAULT '',
    pages TEXT NOT NULL DEFAULT '',
    price TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '',
    book_type TEXT NOT NULL DEFAULT '1',
    PRIMARY KEY (institution, record)
);

CREATE INDEX circulation_log_by_patron ON circulation_log (institution, patron, seq);

ALTER TABLE transit DROP CONSTRAINT transit_cause_check;
ALTER TABLE transit ADD CONSTRAINT transit_cause_check CHECK (cause IN ('home', 'hold', 'transfer'));

CREATE TABLE transfer (
    institution TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL,
    from_branch TEXT COLLATE "C" NOT NULL,
    to_branch TEXT COLLATE "C" NOT NULL,
    keeps_home BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'shipped', 'received', 'undone')),
    made_at TEXT NOT NULL,
    shipped_at TEXT,
    ended_at TEXT,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, sheet),
    FOREIGN KEY (institution, from_branch) REFERENCES branch,
    FOREIGN KEY (institution, to_branch) REFERENCES branch
);
CREATE TABLE transfer_item (
    institution TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('listed', 'sent', 'received', 'missing', 'extra')),
    PRIMARY KEY (institution, sheet, item),
    FOREIGN KEY (institution, sheet) REFERENCES transfer,
    FOREIGN KEY (institution, item) REFERENCES item
);
CREATE INDEX transfer_item_by_item ON transfer_item (institution, item);

CREATE TABLE stocktake (
    institution TEXT COLLATE "C" NOT NULL,
    batch TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    at TEXT NOT NULL,
    branch TEXT COLLATE "C",
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, batch, item),
    FOREIGN KEY (institution, item) REFERENCES item
);

CREATE TABLE subscription (
    institution TEXT COLLATE "C" NOT NULL,
    record BIGINT NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    title TEXT NOT NULL,
    every TEXT NOT NULL CHECK (every IN ('week', 'two_weeks', 'month', 'two_months', 'quarter', 'year')),
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    current_type TEXT COLLATE "C" NOT NULL,
    back_type TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, record, branch),
    FOREIGN KEY (institution, branch) REFERENCES branch,
    FOREIGN KEY (institution, current_type) REFERENCES item_type,
    FOREIGN KEY (institution, back_type) REFERENCES item_type
);
CREATE TABLE issue (
    institution TEXT COLLATE "C" NOT NULL,
    record BIGINT NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    due_on TEXT NOT NULL,
    received_at TEXT,
    item TEXT COLLATE "C",
    claimed_at TEXT,
    PRIMARY KEY (institution, record, branch, number),
    FOREIGN KEY (institution, record, branch) REFERENCES subscription,
    FOREIGN KEY (institution, item) REFERENCES item
);

CREATE TABLE operator (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    opuser TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    PRIMARY KEY (institution, opuser)
);
