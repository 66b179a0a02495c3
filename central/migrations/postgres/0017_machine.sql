-- As SQLite's migration 0017, where it is explained.

CREATE TABLE machine_rule (
    institution TEXT COLLATE "C" NOT NULL,
    patron_type TEXT COLLATE "C" NOT NULL,
    age_from BIGINT CHECK (age_from BETWEEN 0 AND 255),
    age_to BIGINT CHECK (age_to BETWEEN 0 AND 255),
    fee_fen BIGINT NOT NULL CHECK (fee_fen >= 0),
    deposit_fen BIGINT NOT NULL CHECK (deposit_fen >= 0),
    by_credit BIGINT NOT NULL CHECK (by_credit IN (0, 1)),
    PRIMARY KEY (institution, patron_type),
    FOREIGN KEY (institution, patron_type) REFERENCES patron_type
);

ALTER TABLE institution ADD COLUMN replacement_fen BIGINT NOT NULL DEFAULT 0 CHECK (replacement_fen >= 0);

CREATE TABLE machine_card (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('reserved', 'confirmed', 'deleted')),
    card TEXT COLLATE "C",
    replaces TEXT COLLATE "C",
    becomes TEXT COLLATE "C",
    fee_fen BIGINT NOT NULL,
    deposit_fen BIGINT NOT NULL,
    consent BIGINT NOT NULL,
    on_phone BIGINT NOT NULL,
    guardian_hash BYTEA,
    changed_at TEXT COLLATE "C" NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, id)
);
CREATE INDEX machine_card_by_card ON machine_card (institution, card);
CREATE INDEX machine_card_by_replaced ON machine_card (institution, replaces);
