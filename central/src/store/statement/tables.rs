//! The schema, read from the database itself: for exports of everything.

use super::Statement;

/// Table, column, type, whether it must be there, place in the primary key, whether the database numbers it. The index of
/// the titles is worked out from the other tables.
pub(in crate::store) const COLUMNS: Statement = Statement::operator_each(
    "columns",
    "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk, 0 FROM sqlite_schema AS m, pragma_table_info(m.name) AS c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'title%' ORDER BY m.name, c.cid",
    "SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT), format_type(a.atttypid, NULL), \
         CASE WHEN a.attnotnull THEN 1 ELSE 0 END, \
         coalesce(array_position(CAST(i.indkey AS INT2[]), a.attnum) + 1, 0), \
         CASE WHEN a.attidentity <> '' THEN 1 ELSE 0 END \
     FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary \
     WHERE c.relkind = 'r' AND c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relname NOT LIKE 'title%' \
     ORDER BY CAST(c.relname AS TEXT) COLLATE \"C\", a.attnum",
);

/// Table, the table that it refers to.
pub(in crate::store) const REFERENCES: Statement = Statement::operator_each(
    "references",
    "SELECT DISTINCT m.name, f.\"table\" FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f \
     WHERE m.type = 'table'",
    "SELECT DISTINCT CAST(t.relname AS TEXT), CAST(o.relname AS TEXT) FROM pg_constraint AS k \
     JOIN pg_class AS t ON t.oid = k.conrelid JOIN pg_class AS o ON o.oid = k.confrelid \
     WHERE k.contype = 'f' AND t.relnamespace = CAST(current_schema() AS regnamespace)",
);

pub(super) const ALL: &[&Statement] = &[&COLUMNS, &REFERENCES];
