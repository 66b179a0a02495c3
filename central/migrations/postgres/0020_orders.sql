-- As SQLite's migration 0020, where it is explained.

CREATE TABLE pay_order (
    institution TEXT COLLATE "C" NOT NULL REFERENCES institution,
    id TEXT COLLATE "C" NOT NULL,
    via TEXT COLLATE "C" NOT NULL CHECK (via IN ('wechat', 'alipay')),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('asked', 'open', 'paid', 'closing', 'closed', 'refunding', 'refunded')),
    code TEXT COLLATE "C",
    trade TEXT COLLATE "C",
    expires_at TEXT COLLATE "C" NOT NULL,
    changed_at TEXT COLLATE "C" NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, id, via)
);
CREATE INDEX pay_order_by_state ON pay_order (institution, state, changed_at);
