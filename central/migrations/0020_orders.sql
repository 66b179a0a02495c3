-- What cards that machines make are to be paid with: orders at payment providers, each by the card's id at the machine. The
-- row is there before the provider is called, so that what may have been made is never forgotten; how it goes on from each
-- state is said in `ledger/order.rs`. `trade`: the provider's own number. Times are UTC.
CREATE TABLE pay_order (
    institution TEXT NOT NULL REFERENCES institution,
    id          TEXT NOT NULL,
    via         TEXT NOT NULL CHECK (via IN ('wechat', 'alipay')),
    amount_fen  INTEGER NOT NULL CHECK (amount_fen > 0),
    state       TEXT NOT NULL CHECK (state IN ('asked', 'open', 'paid', 'closing', 'closed', 'refunding', 'refunded')),
    code        TEXT,
    trade       TEXT,
    expires_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL,
    opuser      TEXT NOT NULL,
    PRIMARY KEY (institution, id, via)
) STRICT, WITHOUT ROWID;
CREATE INDEX pay_order_by_state ON pay_order (institution, state, changed_at);
