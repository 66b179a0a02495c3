-- Accounts, sessions, kiosks, the audit log: the tables of SQLite's migration 0005, where they are explained.

CREATE TABLE account (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    account TEXT COLLATE "C" NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('librarian', 'technician', 'administrator')),
    password_hash TEXT NOT NULL,
    made_at TEXT NOT NULL,
    disabled_at TEXT,
    PRIMARY KEY (institution, account)
);

CREATE TABLE session (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    session_hash BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('account', 'patron')),
    subject TEXT COLLATE "C" NOT NULL,
    seen_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    PRIMARY KEY (institution, session_hash)
);
CREATE INDEX session_by_subject ON session (institution, kind, subject);

CREATE TABLE login_guard (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    subject TEXT COLLATE "C" NOT NULL,
    n_failures BIGINT NOT NULL CHECK (n_failures >= 0),
    first_at TEXT NOT NULL,
    locked_until TEXT,
    PRIMARY KEY (institution, subject)
);

CREATE TABLE audit_log (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (institution, seq)
);
CREATE TRIGGER audit_log_keeps BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse();

ALTER TABLE app ADD COLUMN kiosk TEXT COLLATE "C";
ALTER TABLE token ADD COLUMN appid TEXT COLLATE "C";

CREATE TABLE kiosk (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    kiosk TEXT COLLATE "C" NOT NULL,
    seen_at TEXT,
    version TEXT NOT NULL DEFAULT '',
    n_waiting BIGINT NOT NULL DEFAULT 0,
    n_parked BIGINT NOT NULL DEFAULT 0,
    oldest_at TEXT,
    ahead_s BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (institution, kiosk)
);

CREATE TABLE kiosk_part (
    institution TEXT COLLATE "C" NOT NULL,
    kiosk TEXT COLLATE "C" NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    since TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (institution, kiosk, part),
    FOREIGN KEY (institution, kiosk) REFERENCES kiosk
);

CREATE TABLE kiosk_parked (
    institution TEXT COLLATE "C" NOT NULL,
    kiosk TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    act TEXT NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    title TEXT NOT NULL,
    note TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    command TEXT CHECK (command IN ('retry', 'settle')),
    command_by TEXT,
    PRIMARY KEY (institution, kiosk, id),
    FOREIGN KEY (institution, kiosk) REFERENCES kiosk
);

CREATE TABLE kiosk_message (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    kiosk TEXT COLLATE "C" NOT NULL,
    chinese TEXT NOT NULL,
    english TEXT NOT NULL,
    until TEXT NOT NULL,
    PRIMARY KEY (institution, kiosk)
);

CREATE TABLE card_key (
    institution TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES institution,
    pkcs8 BYTEA NOT NULL
);

ALTER TABLE staff_exception ADD COLUMN settled_by TEXT;
