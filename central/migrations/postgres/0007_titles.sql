-- As SQLite's migration 0007, where it is explained. Here the words stand in the row itself.

CREATE TABLE title (
    institution TEXT COLLATE "C" NOT NULL,
    record BIGINT NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (institution, record)
);
-- What is not yet sorted in is gone through by each search: no more than some dozen pages.
CREATE INDEX title_by_words ON title USING gin (words) WITH (gin_pending_list_limit = 256);

-- A note for each change: with one for each record, whoever notes and whoever works notes off would wait for each other,
-- or miss one.
CREATE TABLE title_stale (
    institution TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    record BIGINT NOT NULL,
    PRIMARY KEY (institution, seq)
);
CREATE INDEX title_stale_by_record ON title_stale (institution, record);
INSERT INTO title_stale (institution, record) SELECT DISTINCT institution, record FROM item;

CREATE FUNCTION title_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO title_stale (institution, record) VALUES (OLD.institution, OLD.record);
    END IF;
    IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR NEW.record <> OLD.record) THEN
        INSERT INTO title_stale (institution, record) VALUES (NEW.institution, NEW.record);
    END IF;
    RETURN NULL;
END $$;
-- Many items come with one statement.
CREATE FUNCTION titles_are_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO title_stale (institution, record) SELECT DISTINCT a.institution, a.record FROM added AS a;
    RETURN NULL;
END $$;
CREATE TRIGGER title_of_item_added AFTER INSERT ON item
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION titles_are_stale();
CREATE TRIGGER title_of_item_changed AFTER DELETE OR UPDATE OF record, title, author, isbn, call_number ON item
FOR EACH ROW EXECUTE FUNCTION title_is_stale();
CREATE TRIGGER title_of_bib_changed AFTER INSERT OR DELETE OR UPDATE ON bib
FOR EACH ROW EXECUTE FUNCTION title_is_stale();
