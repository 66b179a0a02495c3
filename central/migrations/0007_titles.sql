-- Titles by their words, so that a search looks a few words up instead of going through all items. What stands here is
-- worked out from `item` and `bib`: circulation::search::words says which words a title has.

CREATE TABLE title (
    institution TEXT NOT NULL REFERENCES institution,
    record      INTEGER NOT NULL,
    -- the row of its words
    doc         INTEGER NOT NULL,
    title       TEXT NOT NULL,
    author      TEXT NOT NULL,
    PRIMARY KEY (institution, record)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX title_by_doc ON title (doc);

-- No text is kept, and no place of a word: words come ready made, and are asked for by themselves. They have no
-- institution; `title` gives it to them.
CREATE VIRTUAL TABLE title_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

CREATE VIEW titled AS SELECT institution, record, title, author, '' AS words FROM title;
CREATE TRIGGER title_is_kept INSTEAD OF INSERT ON titled BEGIN
    DELETE FROM title_words WHERE rowid = (
        SELECT doc FROM title WHERE institution = NEW.institution AND record = NEW.record);
    INSERT INTO title (institution, record, doc, title, author)
        VALUES (NEW.institution, NEW.record, (SELECT coalesce(max(doc), 0) + 1 FROM title), NEW.title, NEW.author)
        ON CONFLICT (institution, record) DO UPDATE SET title = excluded.title, author = excluded.author;
    INSERT INTO title_words (rowid, words)
        SELECT doc, NEW.words FROM title WHERE institution = NEW.institution AND record = NEW.record;
END;
CREATE TRIGGER title_is_gone AFTER DELETE ON title BEGIN
    DELETE FROM title_words WHERE rowid = OLD.doc;
END;

-- Records whose words are not, or not any more, as `title` has them. Triggers note them: whoever changes an item need not
-- think of it.
CREATE TABLE title_stale (
    institution TEXT NOT NULL REFERENCES institution,
    record      INTEGER NOT NULL,
    PRIMARY KEY (institution, record)
) STRICT, WITHOUT ROWID;
INSERT INTO title_stale SELECT DISTINCT institution, record FROM item;

CREATE TRIGGER title_of_item_added AFTER INSERT ON item BEGIN
    INSERT INTO title_stale VALUES (NEW.institution, NEW.record) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER title_of_item_changed AFTER UPDATE OF record, title, author, isbn, call_number ON item BEGIN
    INSERT INTO title_stale VALUES (OLD.institution, OLD.record), (NEW.institution, NEW.record) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER title_of_item_removed AFTER DELETE ON item BEGIN
    INSERT INTO title_stale VALUES (OLD.institution, OLD.record) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER title_of_bib_added AFTER INSERT ON bib BEGIN
    INSERT INTO title_stale VALUES (NEW.institution, NEW.record) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER title_of_bib_changed AFTER UPDATE ON bib BEGIN
    INSERT INTO title_stale VALUES (NEW.institution, NEW.record) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER title_of_bib_removed AFTER DELETE ON bib BEGIN
    INSERT INTO title_stale VALUES (OLD.institution, OLD.record) ON CONFLICT DO NOTHING;
END;
