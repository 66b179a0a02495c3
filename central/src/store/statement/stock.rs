//! Many patrons and items at once: those of a seed, and those of an import.

use super::{Rank, Statement};

/// `$2` card number, `$3` name, `$4` password hash, `$5` type, `$6` state, `$7` and `$8` first and last day, `$9` deposit,
/// `$10` debt, `$11` hash for kiosks, `$12` year of birth, `$13` sex, `$14` day of issue.
pub(in crate::store) const ADD_PATRON: Statement = Statement::both(
    "add patron",
    "INSERT INTO patron (institution, patron, name, password_hash, patron_type, state, starts_on, ends_on, \
         deposit_fen, debt_fen, kiosk_pin_hash, birth_year, sex, issued_on) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
)
.many(
    Rank::Makes,
    "INSERT INTO patron (institution, patron, name, password_hash, patron_type, state, starts_on, ends_on, \
         deposit_fen, debt_fen, kiosk_pin_hash, birth_year, sex, issued_on) \
     SELECT $1, q.* FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), \
         CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS BIGINT[]), CAST($10 AS BIGINT[]), \
         CAST($11 AS TEXT[]), CAST($12 AS BIGINT[]), CAST($13 AS TEXT[]), CAST($14 AS TEXT[])) AS q",
);

/// `$2` barcode, `$3` record, `$4` title, `$5` author, `$6` ISBN, `$7` shelf mark, `$8` type, `$9` branch, `$10` state,
/// `$11` language, `$12` shelf, `$13` material, `$14` day of accession.
pub(in crate::store) const ADD_ITEM: Statement = Statement::both(
    "add item",
    "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state, \
         language, shelf, material, added_on) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
)
.many(
    Rank::Makes,
    "INSERT INTO item (institution, item, record, title, author, isbn, call_number, item_type, branch, state, \
         language, shelf, material, added_on) \
     SELECT $1, q.* FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), \
         CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[]), CAST($10 AS TEXT[]), \
         CAST($11 AS TEXT[]), CAST($12 AS TEXT[]), CAST($13 AS TEXT[]), CAST($14 AS TEXT[])) AS q",
);

/// `$2` code, `$3` name.
pub(in crate::store) const ADD_BRANCH: Statement = Statement::both(
    "add branch",
    "INSERT INTO branch (institution, branch, name) VALUES ($1, $2, $3) \
     ON CONFLICT (institution, branch) DO NOTHING",
);

/// `$2` name.
pub(in crate::store) const ADD_ITEM_TYPE: Statement = Statement::both(
    "add item type",
    "INSERT INTO item_type (institution, item_type) VALUES ($1, $2) \
     ON CONFLICT (institution, item_type) DO NOTHING",
);

pub(in crate::store) const ITEM_TYPES: Statement = Statement::both(
    "item types",
    "SELECT item_type FROM item_type WHERE institution = $1 ORDER BY item_type",
);

/// `$2` barcode.
pub(in crate::store) const HAS_ITEM: Statement =
    Statement::both("has item", "SELECT 1 FROM item AS i WHERE i.institution = $1 AND i.item = $2").many(
        Rank::Notes,
        "SELECT q.n, 1 FROM unnest(CAST($2 AS TEXT[])) WITH ORDINALITY AS q (item, n) CROSS JOIN LATERAL ( \
             SELECT i.item FROM item AS i WHERE i.institution = $1 AND i.item = q.item OFFSET 0) AS f",
    );

/// `$2` card number.
pub(in crate::store) const HAS_PATRON: Statement =
    Statement::both("has patron", "SELECT 1 FROM patron AS p WHERE p.institution = $1 AND p.patron = $2")
        .many(
            Rank::Notes,
            "SELECT q.n, 1 FROM unnest(CAST($2 AS TEXT[])) WITH ORDINALITY AS q (patron, n) CROSS JOIN LATERAL ( \
                 SELECT p.patron FROM patron AS p WHERE p.institution = $1 AND p.patron = q.patron OFFSET 0) AS f",
        );

pub(in crate::store) const LAST_RECORD: Statement =
    Statement::both("last record", "SELECT max(i.record) FROM item AS i WHERE i.institution = $1");

/// `$2` material, `$3` group, `$4` place in the list.
pub(in crate::store) const ADD_MATERIAL: Statement = Statement::both(
    "add material",
    "INSERT INTO material (institution, material, material_group, position) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (institution, material) DO NOTHING",
);

/// `$2` account, `$3` branch.
pub(in crate::store) const ADD_SERVICE_POINT: Statement = Statement::both(
    "add service point",
    "INSERT INTO service_point (institution, opuser, branch) VALUES ($1, $2, $3) \
     ON CONFLICT (institution, opuser) DO NOTHING",
);

/// Everything so far counts as known to nobody: only a new snapshot tells. Some hundred thousand notes of single changes
/// would have to be followed one by one, by kiosks that do not exist yet.
pub(in crate::store) const FORGET_CHANGES: Statement =
    Statement::both("forget changes", "DELETE FROM change WHERE institution = $1");

/// PostgreSQL: the same for the notes that have no number yet.
pub(in crate::store) const FORGET_NOTES: Statement = Statement::each(
    "forget notes",
    "SELECT 1 FROM change_counter AS c WHERE c.institution = $1",
    "DELETE FROM change_pending WHERE institution = $1",
);

/// Cursors given out until now are too old.
pub(in crate::store) const RAISE_FLOOR: Statement = Statement::both(
    "raise floor",
    "UPDATE change_counter SET last_seq = last_seq + 1, floor = last_seq + 1 WHERE institution = $1",
);

pub(super) const ALL: &[&Statement] = &[
    &ADD_PATRON,
    &ADD_ITEM,
    &ADD_BRANCH,
    &ADD_ITEM_TYPE,
    &ITEM_TYPES,
    &HAS_ITEM,
    &HAS_PATRON,
    &LAST_RECORD,
    &ADD_MATERIAL,
    &ADD_SERVICE_POINT,
    &FORGET_CHANGES,
    &FORGET_NOTES,
    &RAISE_FLOOR,
];
