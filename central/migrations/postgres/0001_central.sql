-- Central on PostgreSQL. The tables and their rules are those of SQLite's migrations 0001 to 0003, where they are
-- explained; here stands what differs.
--
-- Keys are compared byte by byte (COLLATE "C"): pages of a snapshot follow each other in the same order on every server.
-- Numbers of log rows come from the server: they have gaps, and their order is that of the writing, not of the commits.
-- Logs have no foreign keys: every loan would lock the institution's one row.

CREATE TABLE central_schema (version BIGINT NOT NULL);
INSERT INTO central_schema VALUES (1);

CREATE TABLE institution (
    institution TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    debt_limit_fen BIGINT NOT NULL CHECK (debt_limit_fen >= 0),
    closed_weekdays BIGINT NOT NULL DEFAULT 0 CHECK (closed_weekdays BETWEEN 0 AND 126),
    hold_shelf_days BIGINT NOT NULL DEFAULT 7 CHECK (hold_shelf_days BETWEEN 1 AND 366)
);

CREATE TABLE branch (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    branch TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (institution, branch)
);

CREATE TABLE app (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    appid TEXT COLLATE "C" NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    PRIMARY KEY (institution, appid)
);

CREATE TABLE patron_type (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    patron_type TEXT COLLATE "C" NOT NULL,
    loan_limit BIGINT NOT NULL CHECK (loan_limit >= 0),
    overdue_limit BIGINT CHECK (overdue_limit >= 0),
    hold_limit BIGINT NOT NULL DEFAULT 5 CHECK (hold_limit >= 0),
    PRIMARY KEY (institution, patron_type)
);

CREATE TABLE item_type (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    item_type TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, item_type)
);

CREATE TABLE loan_rule (
    institution TEXT COLLATE "C" NOT NULL,
    patron_type TEXT COLLATE "C" NOT NULL,
    item_type TEXT COLLATE "C" NOT NULL,
    period_days BIGINT NOT NULL CHECK (period_days BETWEEN 1 AND 3660),
    n_renewals BIGINT NOT NULL CHECK (n_renewals >= 0),
    loan_limit BIGINT CHECK (loan_limit >= 0),
    renewal_days BIGINT CHECK (renewal_days BETWEEN 1 AND 3660),
    fine_fen_per_day BIGINT NOT NULL DEFAULT 0 CHECK (fine_fen_per_day >= 0),
    grace_days BIGINT NOT NULL DEFAULT 0 CHECK (grace_days >= 0),
    fine_limit_fen BIGINT CHECK (fine_limit_fen >= 0),
    PRIMARY KEY (institution, patron_type, item_type),
    FOREIGN KEY (institution, patron_type) REFERENCES patron_type,
    FOREIGN KEY (institution, item_type) REFERENCES item_type
);

CREATE TABLE patron (
    institution TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    patron_type TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    deposit_fen BIGINT NOT NULL,
    debt_fen BIGINT NOT NULL,
    kiosk_pin_hash TEXT,
    PRIMARY KEY (institution, patron),
    FOREIGN KEY (institution, patron_type) REFERENCES patron_type
);

CREATE TABLE item (
    institution TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    record BIGINT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    isbn TEXT NOT NULL,
    call_number TEXT NOT NULL,
    item_type TEXT COLLATE "C" NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL CHECK (state <> '3'),
    at_branch TEXT COLLATE "C",
    language TEXT NOT NULL DEFAULT '',
    shelf TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item_type) REFERENCES item_type,
    FOREIGN KEY (institution, branch) REFERENCES branch
);

CREATE TABLE loan (
    institution TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    loaned_at TEXT NOT NULL,
    due_on TEXT NOT NULL,
    n_renewals BIGINT NOT NULL DEFAULT 0,
    opuser TEXT COLLATE "C" NOT NULL,
    transaction_id BYTEA,
    hold_placed_at TEXT,
    hold_pickup_branch TEXT COLLATE "C",
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item,
    FOREIGN KEY (institution, patron) REFERENCES patron
);

CREATE TABLE hold (
    institution TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    placed_at TEXT NOT NULL,
    pickup_branch TEXT COLLATE "C",
    ready_at TEXT,
    expires_on TEXT,
    PRIMARY KEY (institution, item, patron),
    FOREIGN KEY (institution, item) REFERENCES item,
    FOREIGN KEY (institution, patron) REFERENCES patron
);

CREATE TABLE circulation_log (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    at TEXT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('checkout', 'checkin', 'renew')),
    item TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    due_on TEXT NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, seq)
);

CREATE TABLE seed (
    institution TEXT COLLATE "C" NOT NULL,
    seed TEXT NOT NULL,
    sown_at TEXT NOT NULL,
    PRIMARY KEY (institution, seed)
);

CREATE TABLE closing_day (
    institution TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, day)
);

CREATE TABLE kiosk_transaction (
    institution TEXT COLLATE "C" NOT NULL,
    id BYTEA NOT NULL CHECK (length(id) = 16),
    act TEXT NOT NULL CHECK (act IN ('checkout', 'checkin')),
    item TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C",
    opuser TEXT COLLATE "C" NOT NULL,
    happened_at TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (institution, id)
);

CREATE TABLE staff_exception (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    transaction_id BYTEA NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    act TEXT NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C",
    opuser TEXT COLLATE "C" NOT NULL,
    happened_at TEXT NOT NULL,
    settled_at TEXT,
    PRIMARY KEY (institution, seq)
);

CREATE TABLE change_counter (
    institution TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    epoch TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    floor BIGINT NOT NULL
);

CREATE TABLE change (
    institution TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('patron', 'item', 'rules', 'all')),
    id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (institution, kind, id)
);

CREATE TABLE token (
    institution TEXT COLLATE "C" NOT NULL,
    token_hash BYTEA NOT NULL,
    ends_at TEXT NOT NULL,
    PRIMARY KEY (institution, token_hash)
);

CREATE TABLE fee_log (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    at TEXT NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    amount_fen BIGINT NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, seq)
);

CREATE TABLE patron_block (
    institution TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    placed_at TEXT NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, patron, code),
    FOREIGN KEY (institution, patron) REFERENCES patron
);

CREATE TABLE card_log (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    at TEXT NOT NULL,
    patron TEXT COLLATE "C" NOT NULL,
    event TEXT NOT NULL,
    state_before TEXT NOT NULL,
    state_after TEXT NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, seq)
);

CREATE TABLE service_point (
    institution TEXT COLLATE "C" NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, opuser),
    FOREIGN KEY (institution, branch) REFERENCES branch
);

CREATE TABLE transit (
    institution TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    from_branch TEXT COLLATE "C" NOT NULL,
    to_branch TEXT COLLATE "C" NOT NULL,
    sent_at TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('home', 'hold')),
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item,
    FOREIGN KEY (institution, from_branch) REFERENCES branch,
    FOREIGN KEY (institution, to_branch) REFERENCES branch
);

CREATE INDEX item_by_record ON item (institution, record);
CREATE INDEX loan_by_patron ON loan (institution, patron);
CREATE INDEX circulation_log_by_item ON circulation_log (institution, item, seq);
CREATE UNIQUE INDEX change_by_seq ON change (institution, seq);
CREATE UNIQUE INDEX token_by_hash ON token (token_hash);
CREATE INDEX hold_by_patron ON hold (institution, patron);

-- Notes of what changed, without order; see statement/feed.rs.
CREATE TABLE change_pending (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, seq)
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER circulation_log_keeps BEFORE UPDATE OR DELETE ON circulation_log FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER fee_log_keeps BEFORE UPDATE OR DELETE ON fee_log FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER card_log_keeps BEFORE UPDATE OR DELETE ON card_log FOR EACH ROW EXECUTE FUNCTION refuse();

CREATE FUNCTION kiosk_pin_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.kiosk_pin_hash := NULL; RETURN NEW; END $$;
CREATE TRIGGER kiosk_pin_follows BEFORE UPDATE OF password_hash ON patron FOR EACH ROW
WHEN (NEW.password_hash <> OLD.password_hash) EXECUTE FUNCTION kiosk_pin_follows();

CREATE FUNCTION institution_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_counter (institution, epoch, last_seq, floor)
    VALUES (NEW.institution, substr(replace(gen_random_uuid()::text, '-', ''), 1, 16), 0, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER institution_counts AFTER INSERT ON institution FOR EACH ROW EXECUTE FUNCTION institution_counts();

CREATE FUNCTION touch_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO change_pending (institution, kind, id) VALUES (OLD.institution, 'item', OLD.item);
    ELSE
        INSERT INTO change_pending (institution, kind, id) VALUES (NEW.institution, 'item', NEW.item);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION touch_patron() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO change_pending (institution, kind, id) VALUES (OLD.institution, 'patron', OLD.patron);
    ELSE
        INSERT INTO change_pending (institution, kind, id) VALUES (NEW.institution, 'patron', NEW.patron);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION touch_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO change_pending (institution, kind, id)
        VALUES (OLD.institution, 'item', OLD.item), (OLD.institution, 'patron', OLD.patron);
    ELSE
        INSERT INTO change_pending (institution, kind, id)
        VALUES (NEW.institution, 'item', NEW.item), (NEW.institution, 'patron', NEW.patron);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION touch_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO change_pending (institution, kind, id) VALUES (OLD.institution, 'rules', '');
    ELSE
        INSERT INTO change_pending (institution, kind, id) VALUES (NEW.institution, 'rules', '');
    END IF;
    RETURN NULL;
END $$;
-- Every patron may owe too much now, or not any more: only a new snapshot tells.
CREATE FUNCTION touch_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_pending (institution, kind, id) VALUES (NEW.institution, 'all', '');
    RETURN NULL;
END $$;

CREATE TRIGGER debt_limit_changed AFTER UPDATE OF debt_limit_fen ON institution
FOR EACH ROW EXECUTE FUNCTION touch_all();
CREATE TRIGGER weekdays_changed AFTER UPDATE OF closed_weekdays ON institution
FOR EACH ROW EXECUTE FUNCTION touch_rules();
CREATE TRIGGER loan_changed AFTER INSERT OR DELETE ON loan FOR EACH ROW EXECUTE FUNCTION touch_loan();
CREATE TRIGGER hold_changed AFTER INSERT OR DELETE ON hold FOR EACH ROW EXECUTE FUNCTION touch_item();
CREATE TRIGGER item_changed
AFTER INSERT OR DELETE
OR UPDATE OF title, author, isbn, language, shelf, call_number, item_type, branch, state ON item
FOR EACH ROW EXECUTE FUNCTION touch_item();
CREATE TRIGGER patron_changed AFTER INSERT OR DELETE ON patron FOR EACH ROW EXECUTE FUNCTION touch_patron();
-- The PIN's hash goes with the password, so that what is named in the statement does not tell what changed.
CREATE TRIGGER patron_updated AFTER UPDATE ON patron FOR EACH ROW
WHEN ((OLD.patron_type, OLD.state, OLD.starts_on, OLD.ends_on, OLD.debt_fen, OLD.kiosk_pin_hash)
    IS DISTINCT FROM (NEW.patron_type, NEW.state, NEW.starts_on, NEW.ends_on, NEW.debt_fen, NEW.kiosk_pin_hash))
EXECUTE FUNCTION touch_patron();
CREATE TRIGGER patron_blocked AFTER INSERT OR DELETE ON patron_block FOR EACH ROW EXECUTE FUNCTION touch_patron();
CREATE TRIGGER patron_type_changed AFTER INSERT OR DELETE OR UPDATE ON patron_type
FOR EACH ROW EXECUTE FUNCTION touch_rules();
CREATE TRIGGER loan_rule_changed AFTER INSERT OR DELETE OR UPDATE ON loan_rule
FOR EACH ROW EXECUTE FUNCTION touch_rules();
CREATE TRIGGER closing_day_changed AFTER INSERT OR DELETE ON closing_day
FOR EACH ROW EXECUTE FUNCTION touch_rules();
CREATE TRIGGER branch_changed AFTER INSERT OR DELETE OR UPDATE ON branch FOR EACH ROW EXECUTE FUNCTION touch_rules();
