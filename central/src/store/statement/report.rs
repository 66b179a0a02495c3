//! Counts for the year's report. `$2` is the first day, `$3` the day after the last; a time is compared as a text with a
//! day, which is the first moment of that day. A loan is a checkout: renewals are none.

use super::Statement;

/// The institutions in this database: asked by whoever holds it, to know for which of them a command is meant.
pub(in crate::store) const INSTITUTIONS: Statement = Statement::operator(
    "institutions",
    "SELECT n.institution, n.name FROM institution AS n ORDER BY n.institution",
);

/// Month, cards.
pub(in crate::store) const CARDS_BY_MONTH: Statement = Statement::both(
    "cards by month",
    "SELECT substr(coalesce(p.issued_on, p.starts_on), 6, 2), count(*) FROM patron AS p \
     WHERE p.institution = $1 AND coalesce(p.issued_on, p.starts_on) >= $2 \
         AND coalesce(p.issued_on, p.starts_on) < $3 GROUP BY 1 ORDER BY 1",
);

/// `$2` the day after the last, `$3` the state of a card that is gone. Type, sex, cards there are.
pub(in crate::store) const CARDS_BY_TYPE: Statement = Statement::both(
    "cards by type",
    "SELECT t.patron_type, coalesce(p.sex, ''), count(p.patron) FROM patron_type AS t \
     LEFT JOIN patron AS p ON p.institution = $1 AND p.patron_type = t.patron_type AND p.state <> $3 \
         AND coalesce(p.issued_on, p.starts_on) < $2 \
     WHERE t.institution = $1 GROUP BY t.patron_type, coalesce(p.sex, '') ORDER BY t.patron_type, 2",
);

/// Group, material, titles, volumes; the materials that nobody named come last, without a group.
pub(in crate::store) const ACCESSIONS: Statement = Statement::both(
    "accessions",
    "SELECT g.material_group, g.material, g.n_titles, g.n_volumes FROM ( \
         SELECT m.material_group, m.material, m.position, count(DISTINCT i.record) AS n_titles, \
             count(i.item) AS n_volumes FROM material AS m \
         LEFT JOIN item AS i ON i.institution = $1 AND i.material = m.material \
             AND i.added_on >= $2 AND i.added_on < $3 \
         WHERE m.institution = $1 GROUP BY m.material_group, m.material, m.position \
         UNION ALL SELECT '', o.material, 1000000, count(DISTINCT o.record), count(*) FROM item AS o \
         WHERE o.institution = $1 AND o.added_on >= $2 AND o.added_on < $3 AND NOT EXISTS ( \
             SELECT 1 FROM material AS k WHERE k.institution = $1 AND k.material = o.material) \
         GROUP BY o.material) AS g ORDER BY g.position, g.material",
);

/// Year of birth, sex, patrons who borrowed or renewed.
pub(in crate::store) const ACTIVE_PATRONS: Statement = Statement::both(
    "active patrons",
    "SELECT p.birth_year, p.sex, count(*) FROM patron AS p WHERE p.institution = $1 AND p.patron IN ( \
         SELECT c.patron FROM circulation_log AS c WHERE c.institution = $1 AND c.at >= $2 AND c.at < $3 \
             AND c.act <> 'checkin') \
     GROUP BY p.birth_year, p.sex ORDER BY p.birth_year, p.sex",
);

/// Sex of the patron ('' too for patrons who are gone), loans.
pub(in crate::store) const LOANS_BY_SEX: Statement = Statement::both(
    "loans by sex",
    "SELECT coalesce(p.sex, ''), count(*) FROM circulation_log AS c \
     LEFT JOIN patron AS p ON p.institution = $1 AND p.patron = c.patron \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $2 AND c.at < $3 GROUP BY 1 ORDER BY 1",
);

/// Month, loans.
pub(in crate::store) const LOANS_BY_MONTH: Statement = Statement::both(
    "loans by month",
    "SELECT substr(c.at, 6, 2), count(*) FROM circulation_log AS c \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $2 AND c.at < $3 GROUP BY 1 ORDER BY 1",
);

/// Branch where the account stands, or else to which the item belongs; loans. The busiest comes first.
pub(in crate::store) const LOANS_BY_BRANCH: Statement = Statement::both(
    "loans by branch",
    "SELECT coalesce(b.name, ''), count(*) AS n FROM circulation_log AS c \
     LEFT JOIN service_point AS s ON s.institution = $1 AND s.opuser = c.opuser \
     LEFT JOIN item AS i ON i.institution = $1 AND i.item = c.item \
     LEFT JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(s.branch, i.branch) \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $2 AND c.at < $3 \
     GROUP BY b.branch, b.name ORDER BY n DESC, b.branch",
);

/// First letter of the shelf mark, loans.
pub(in crate::store) const LOANS_BY_CLASS: Statement = Statement::both(
    "loans by class",
    "SELECT coalesce(upper(substr(i.call_number, 1, 1)), ''), count(*) FROM circulation_log AS c \
     LEFT JOIN item AS i ON i.institution = $1 AND i.item = c.item \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $2 AND c.at < $3 GROUP BY 1 ORDER BY 1",
);

/// `$4` at most. Title, author, loans of all its copies.
pub(in crate::store) const MOST_BORROWED: Statement = Statement::both(
    "most borrowed",
    "SELECT min(i.title), min(i.author), count(*) AS n, i.record FROM circulation_log AS c \
     JOIN item AS i ON i.institution = $1 AND i.item = c.item \
     WHERE c.institution = $1 AND c.act = 'checkout' AND c.at >= $2 AND c.at < $3 \
     GROUP BY i.record ORDER BY n DESC, i.record LIMIT $4",
);

pub(in crate::store) const NAME: Statement =
    Statement::both("institution name", "SELECT n.name FROM institution AS n WHERE n.institution = $1");

pub(super) const ALL: &[&Statement] = &[
    &INSTITUTIONS,
    &CARDS_BY_MONTH,
    &CARDS_BY_TYPE,
    &ACCESSIONS,
    &ACTIVE_PATRONS,
    &LOANS_BY_SEX,
    &LOANS_BY_MONTH,
    &LOANS_BY_BRANCH,
    &LOANS_BY_CLASS,
    &MOST_BORROWED,
    &NAME,
];
