//! Kiosks: their secrets, what they say of themselves, what they are told.

use super::Statement;

/// `$2` kiosk: it is known afterwards.
pub(in crate::store) const KNOW: Statement = Statement::both(
    "know kiosk",
    "INSERT INTO kiosk (institution, kiosk) VALUES ($1, $2) ON CONFLICT (institution, kiosk) DO NOTHING",
);

/// `$2` appid, `$3` hash of the secret, `$4` kiosk. A kiosk that had a secret has a new one.
pub(in crate::store) const ADMIT: Statement = Statement::both(
    "admit kiosk",
    "INSERT INTO app (institution, appid, secret_hash, kiosk) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (institution, appid) DO UPDATE SET secret_hash = excluded.secret_hash",
);

/// `$2` kiosk.
pub(in crate::store) const EXPEL: Statement =
    Statement::both("expel kiosk", "DELETE FROM app WHERE institution = $1 AND kiosk = $2 RETURNING appid");

/// `$2` appid.
pub(in crate::store) const END_TOKENS: Statement =
    Statement::both("end tokens", "DELETE FROM token WHERE institution = $1 AND appid = $2");

/// `$2` kiosk: it goes from the board, with what it said.
pub(in crate::store) const FORGET_PARTS: Statement =
    Statement::both("forget parts", "DELETE FROM kiosk_part WHERE institution = $1 AND kiosk = $2");
/// As [`FORGET_PARTS`].
pub(in crate::store) const FORGET_PARKED: Statement =
    Statement::both("forget parked", "DELETE FROM kiosk_parked WHERE institution = $1 AND kiosk = $2");
/// As [`FORGET_PARTS`].
pub(in crate::store) const FORGET_KIOSK: Statement =
    Statement::both("forget kiosk", "DELETE FROM kiosk WHERE institution = $1 AND kiosk = $2");

/// `$2` kiosk, `$3` now, `$4` version, `$5` waiting, `$6` parked, `$7` oldest, `$8` seconds ahead.
pub(in crate::store) const BEAT: Statement = Statement::both(
    "beat",
    "INSERT INTO kiosk (institution, kiosk, seen_at, version, n_waiting, n_parked, oldest_at, ahead_s) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (institution, kiosk) DO UPDATE SET seen_at = excluded.seen_at, version = excluded.version, \
         n_waiting = excluded.n_waiting, n_parked = excluded.n_parked, oldest_at = excluded.oldest_at, \
         ahead_s = excluded.ahead_s",
);

/// `$2` kiosk, `$3` part, `$4` state, `$5` detail, `$6` now. Since when it is so is kept.
pub(in crate::store) const PART: Statement = Statement::both(
    "part",
    "INSERT INTO kiosk_part (institution, kiosk, part, state, detail, since, seen_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $6) \
     ON CONFLICT (institution, kiosk, part) DO UPDATE SET \
         since = CASE WHEN kiosk_part.state = excluded.state THEN kiosk_part.since ELSE excluded.since END, \
         state = excluded.state, detail = excluded.detail, seen_at = excluded.seen_at",
);

/// `$2` kiosk, `$3` now: what was not said now is gone.
pub(in crate::store) const PARTS_GONE: Statement = Statement::both(
    "parts gone",
    "DELETE FROM kiosk_part WHERE institution = $1 AND kiosk = $2 AND seen_at <> $3",
);

/// `$2` kiosk, `$3` id, `$4` act, `$5` item, `$6` title, `$7` note, `$8` asked, `$9` now.
pub(in crate::store) const PARKED: Statement = Statement::both(
    "parked",
    "INSERT INTO kiosk_parked (institution, kiosk, id, act, item, title, note, asked_at, seen_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     ON CONFLICT (institution, kiosk, id) DO UPDATE SET note = excluded.note, seen_at = excluded.seen_at",
);

/// `$2` kiosk, `$3` now.
pub(in crate::store) const PARKED_GONE: Statement = Statement::both(
    "parked gone",
    "DELETE FROM kiosk_parked WHERE institution = $1 AND kiosk = $2 AND seen_at <> $3",
);

/// `$2` kiosk: what it is to do.
pub(in crate::store) const COMMANDS: Statement = Statement::both(
    "commands",
    "SELECT id, command, command_by FROM kiosk_parked \
     WHERE institution = $1 AND kiosk = $2 AND command IS NOT NULL ORDER BY id",
);

/// `$2` kiosk, `$3` id, `$4` command, `$5` account.
pub(in crate::store) const COMMAND: Statement = Statement::both(
    "command",
    "UPDATE kiosk_parked SET command = $4, command_by = $5 \
     WHERE institution = $1 AND kiosk = $2 AND id = $3 RETURNING id",
);

/// `$2` now: the message for all, and that for each.
pub(in crate::store) const MESSAGES: Statement = Statement::both(
    "messages",
    "SELECT kiosk, chinese, english, until FROM kiosk_message WHERE institution = $1 AND until > $2 ORDER BY kiosk",
);

/// `$2` kiosk or nothing in particular, `$3` Chinese, `$4` English, `$5` until.
pub(in crate::store) const SET_MESSAGE: Statement = Statement::both(
    "set message",
    "INSERT INTO kiosk_message (institution, kiosk, chinese, english, until) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (institution, kiosk) DO UPDATE SET chinese = excluded.chinese, english = excluded.english, \
         until = excluded.until",
);

/// `$2` kiosk.
pub(in crate::store) const END_MESSAGE: Statement =
    Statement::both("end message", "DELETE FROM kiosk_message WHERE institution = $1 AND kiosk = $2");

pub(in crate::store) const KIOSKS: Statement = Statement::both(
    "kiosks",
    "SELECT k.kiosk, k.seen_at, k.version, k.n_waiting, k.n_parked, k.oldest_at, k.ahead_s, \
         (SELECT max(a.appid) FROM app AS a WHERE a.institution = $1 AND a.kiosk = k.kiosk), \
         (SELECT max(b.name) FROM service_point AS p JOIN branch AS b ON b.institution = $1 AND b.branch = p.branch \
             WHERE p.institution = $1 AND p.opuser = k.kiosk) \
     FROM kiosk AS k WHERE k.institution = $1 ORDER BY k.kiosk",
);

pub(in crate::store) const PARTS: Statement = Statement::both(
    "parts",
    "SELECT kiosk, part, state, detail, since FROM kiosk_part WHERE institution = $1 ORDER BY kiosk, part",
);

pub(in crate::store) const ALL_PARKED: Statement = Statement::both(
    "all parked",
    "SELECT kiosk, id, act, item, title, note, asked_at, command, command_by FROM kiosk_parked \
     WHERE institution = $1 ORDER BY asked_at, kiosk, id",
);

/// `$2` number, `$3` now, `$4` account.
pub(in crate::store) const SETTLE: Statement = Statement::both(
    "settle exception",
    "UPDATE staff_exception SET settled_at = $3, settled_by = $4 \
     WHERE institution = $1 AND seq = $2 AND settled_at IS NULL RETURNING item",
);

/// What stands or goes where it should not stay: `$2` the most of each kind.
pub(in crate::store) const ITEMS_FOR_STAFF: Statement = Statement::both(
    "items for staff",
    "SELECT i.item, i.title, i.call_number, b.name, i.state FROM item AS i \
     JOIN branch AS b ON b.institution = $1 AND b.branch = coalesce(i.at_branch, i.branch) \
     WHERE i.institution = $1 AND i.state IN ('14', '15', '9', '16') ORDER BY i.state, i.item LIMIT $2",
);

/// `$2` the most.
pub(in crate::store) const IN_TRANSIT: Statement = Statement::both(
    "in transit",
    "SELECT t.item, i.title, i.call_number, f.name, d.name, t.sent_at, t.cause FROM transit AS t \
     JOIN item AS i ON i.institution = $1 AND i.item = t.item \
     JOIN branch AS f ON f.institution = $1 AND f.branch = t.from_branch \
     JOIN branch AS d ON d.institution = $1 AND d.branch = t.to_branch \
     WHERE t.institution = $1 ORDER BY t.sent_at, t.item LIMIT $2",
);

pub(super) const ALL: &[&Statement] = &[
    &KNOW,
    &ADMIT,
    &EXPEL,
    &END_TOKENS,
    &FORGET_PARTS,
    &FORGET_PARKED,
    &FORGET_KIOSK,
    &BEAT,
    &PART,
    &PARTS_GONE,
    &PARKED,
    &PARKED_GONE,
    &COMMANDS,
    &COMMAND,
    &MESSAGES,
    &SET_MESSAGE,
    &END_MESSAGE,
    &KIOSKS,
    &PARTS,
    &ALL_PARKED,
    &SETTLE,
    &ITEMS_FOR_STAFF,
    &IN_TRANSIT,
];
