-- Loans between libraries (馆际互借). Each of the two has a row of its own under the same id, changed by transactions of its own
-- only; what is done in one is told to the other by `ill_message`, in the order of `n`, and leaves that table when it was heard.

-- The libraries with which this one has agreed on it, and what staff calls them.
CREATE TABLE ill_partner (
    institution TEXT NOT NULL,
    partner     TEXT NOT NULL,
    name        TEXT NOT NULL,
    PRIMARY KEY (institution, partner)
) STRICT, WITHOUT ROWID;

-- `patron`: for whom; at the library that borrows only, and only until it is over. `branch`: where it is picked up, or where it
-- stood. `item`: its barcode at home; `local_item`: the one under which it is lent here. `n_said`, `n_heard`: messages.
CREATE TABLE ill (
    institution TEXT NOT NULL,
    id          TEXT NOT NULL,
    side        TEXT NOT NULL CHECK (side IN ('borrows', 'lends')),
    partner     TEXT NOT NULL,
    title       TEXT NOT NULL,
    author      TEXT NOT NULL,
    isbn        TEXT NOT NULL,
    call_number TEXT NOT NULL,
    patron      TEXT,
    branch      TEXT NOT NULL,
    item        TEXT,
    local_item  TEXT,
    state       TEXT NOT NULL
        CHECK (state IN ('asked', 'refused', 'cancelled', 'sent', 'here', 'back', 'closed')),
    asked_at    TEXT NOT NULL,
    changed_at  TEXT NOT NULL,
    n_said      INTEGER NOT NULL,
    n_heard     INTEGER NOT NULL,
    PRIMARY KEY (institution, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ill_by_change ON ill (institution, changed_at);

-- `body`: JSON, what the other library needs to know of the item. Nothing of a patron.
CREATE TABLE ill_message (
    institution TEXT NOT NULL,
    id          TEXT NOT NULL,
    n           INTEGER NOT NULL,
    partner     TEXT NOT NULL,
    deed        TEXT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (institution, id, n)
) STRICT, WITHOUT ROWID;
