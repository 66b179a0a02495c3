-- Who works with central besides patrons: accounts, sessions, kiosks; what was done by whom. Of a person nothing is kept
-- but the name of the account or the number of the card.

-- Staff. An account that was disabled keeps its name, so that the audit log stays readable and nobody takes it over.
CREATE TABLE account (
    institution   TEXT NOT NULL REFERENCES institution,
    account       TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('librarian', 'technician', 'administrator')),
    password_hash TEXT NOT NULL,
    made_at       TEXT NOT NULL,
    disabled_at   TEXT,
    PRIMARY KEY (institution, account)
) STRICT, WITHOUT ROWID;

-- Who is logged in at a browser; of the cookie only the hash is kept. `subject` is an account or a card number.
CREATE TABLE session (
    institution  TEXT NOT NULL REFERENCES institution,
    session_hash BLOB NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('account', 'patron')),
    subject      TEXT NOT NULL,
    seen_at      TEXT NOT NULL,
    ends_at      TEXT NOT NULL,
    PRIMARY KEY (institution, session_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_subject ON session (institution, kind, subject);

-- Failed log-ins, by the hash of the account, card or network address that they were for or from.
CREATE TABLE login_guard (
    institution  TEXT NOT NULL REFERENCES institution,
    subject      TEXT NOT NULL,
    n_failures   INTEGER NOT NULL CHECK (n_failures >= 0),
    first_at     TEXT NOT NULL,
    locked_until TEXT,
    PRIMARY KEY (institution, subject)
) STRICT, WITHOUT ROWID;

-- Who did what to what, and when; rows are only ever added.
CREATE TABLE audit_log (
    institution TEXT NOT NULL REFERENCES institution,
    seq         INTEGER NOT NULL,
    at          TEXT NOT NULL,
    actor       TEXT NOT NULL,
    act         TEXT NOT NULL,
    object      TEXT NOT NULL,
    PRIMARY KEY (institution, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_log_keeps BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

-- A program that is one kiosk speaks for no other. NULL: for any, as programs did before.
ALTER TABLE app ADD COLUMN kiosk TEXT;
-- Whose token it is: with the program go its tokens.
ALTER TABLE token ADD COLUMN appid TEXT;

-- Kiosks: those with a secret of their own, and those that have sent a heart-beat. `kiosk` is their operator account.
CREATE TABLE kiosk (
    institution TEXT NOT NULL REFERENCES institution,
    kiosk       TEXT NOT NULL,
    seen_at     TEXT,
    version     TEXT NOT NULL DEFAULT '',
    n_waiting   INTEGER NOT NULL DEFAULT 0,
    n_parked    INTEGER NOT NULL DEFAULT 0,
    -- when the oldest transaction that waits was asked
    oldest_at   TEXT,
    -- seconds that the kiosk's clock was ahead of central's
    ahead_s     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (institution, kiosk)
) STRICT, WITHOUT ROWID;

CREATE TABLE kiosk_part (
    institution TEXT NOT NULL,
    kiosk       TEXT NOT NULL,
    part        TEXT NOT NULL,
    state       TEXT NOT NULL,
    detail      TEXT NOT NULL,
    since       TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    PRIMARY KEY (institution, kiosk, part),
    FOREIGN KEY (institution, kiosk) REFERENCES kiosk
) STRICT, WITHOUT ROWID;

-- Transactions that wait for staff at a kiosk, and what staff has it do with them.
CREATE TABLE kiosk_parked (
    institution TEXT NOT NULL,
    kiosk       TEXT NOT NULL,
    id          TEXT NOT NULL,
    act         TEXT NOT NULL,
    item        TEXT NOT NULL,
    title       TEXT NOT NULL,
    note        TEXT NOT NULL,
    asked_at    TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    command     TEXT CHECK (command IN ('retry', 'settle')),
    command_by  TEXT,
    PRIMARY KEY (institution, kiosk, id),
    FOREIGN KEY (institution, kiosk) REFERENCES kiosk
) STRICT, WITHOUT ROWID;

-- What kiosks show to readers. `kiosk` is '' for all of them.
CREATE TABLE kiosk_message (
    institution TEXT NOT NULL REFERENCES institution,
    kiosk       TEXT NOT NULL,
    chinese     TEXT NOT NULL,
    english     TEXT NOT NULL,
    until       TEXT NOT NULL,
    PRIMARY KEY (institution, kiosk)
) STRICT, WITHOUT ROWID;

-- The key with which patrons' codes are signed (Ed25519, PKCS #8). Kiosks get the public half.
CREATE TABLE card_key (
    institution TEXT NOT NULL PRIMARY KEY REFERENCES institution,
    pkcs8       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE staff_exception ADD COLUMN settled_by TEXT;
