-- As SQLite's migration 0016, where it is explained.

CREATE TABLE ill_partner (
    institution TEXT COLLATE "C" NOT NULL,
    partner TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, partner)
);

CREATE TABLE ill (
    institution TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL CHECK (side IN ('borrows', 'lends')),
    partner TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    isbn TEXT COLLATE "C" NOT NULL,
    call_number TEXT COLLATE "C" NOT NULL,
    patron TEXT COLLATE "C",
    branch TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C",
    local_item TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL
    CHECK (state IN ('asked', 'refused', 'cancelled', 'sent', 'here', 'back', 'closed')),
    asked_at TEXT COLLATE "C" NOT NULL,
    changed_at TEXT COLLATE "C" NOT NULL,
    n_said BIGINT NOT NULL,
    n_heard BIGINT NOT NULL,
    PRIMARY KEY (institution, id)
);
CREATE INDEX ill_by_change ON ill (institution, changed_at);

CREATE TABLE ill_message (
    institution TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    partner TEXT COLLATE "C" NOT NULL,
    deed TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, id, n)
);
