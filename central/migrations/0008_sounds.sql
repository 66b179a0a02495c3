-- A title's words are others than before: two syllables that stand side by side are a word too. All are worked out anew, in
-- the background; what is not yet is found by what it was found by before, but for pinyin in whole syllables.

INSERT INTO title_stale (institution, record) SELECT institution, record FROM title WHERE true ON CONFLICT DO NOTHING;
