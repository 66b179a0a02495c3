-- What machines do with library cards: which kinds they make, and each card by the id that it was given at the machine. A
-- repeat is answered from here, and a question that comes after its deletion is refused.

-- No row: machines do not make this kind of card. Ages in years, both included.
CREATE TABLE machine_rule (
    institution TEXT NOT NULL,
    patron_type TEXT NOT NULL,
    age_from    INTEGER CHECK (age_from BETWEEN 0 AND 255),
    age_to      INTEGER CHECK (age_to BETWEEN 0 AND 255),
    fee_fen     INTEGER NOT NULL CHECK (fee_fen >= 0),
    deposit_fen INTEGER NOT NULL CHECK (deposit_fen >= 0),
    by_credit   INTEGER NOT NULL CHECK (by_credit IN (0, 1)),
    PRIMARY KEY (institution, patron_type),
    FOREIGN KEY (institution, patron_type) REFERENCES patron_type
) STRICT, WITHOUT ROWID;

-- What a card costs that replaces a lost one.
ALTER TABLE institution ADD COLUMN replacement_fen INTEGER NOT NULL DEFAULT 0 CHECK (replacement_fen >= 0);

-- `card`: its number; `replaces`: the lost card whose reader gets it; `becomes`: the state of a new card once it was taken.
-- Of a card that was not taken the id stays alone.
CREATE TABLE machine_card (
    institution   TEXT NOT NULL REFERENCES institution,
    id            TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('reserved', 'confirmed', 'deleted')),
    card          TEXT,
    replaces      TEXT,
    becomes       TEXT,
    fee_fen       INTEGER NOT NULL,
    deposit_fen   INTEGER NOT NULL,
    consent       INTEGER NOT NULL,
    on_phone      INTEGER NOT NULL,
    guardian_hash BLOB,
    changed_at    TEXT NOT NULL,
    opuser        TEXT NOT NULL,
    PRIMARY KEY (institution, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX machine_card_by_card ON machine_card (institution, card);
CREATE INDEX machine_card_by_replaced ON machine_card (institution, replaces);
