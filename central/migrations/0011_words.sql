-- A title's words are others than before: each character is one, and the initials of three syllables that stand side by side.
-- A question of one character went through all words that begin with it, and one of initials through most titles of the
-- library. All are worked out anew, in the background, see 0008.

INSERT INTO title_stale (institution, record) SELECT institution, record FROM title WHERE true ON CONFLICT DO NOTHING;
