-- As SQLite's migration 0014, where it is explained.

ALTER TABLE transfer ADD COLUMN n_items BIGINT NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN n_arrived BIGINT NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN n_extra BIGINT NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN n_boxes BIGINT NOT NULL DEFAULT 0;
UPDATE transfer SET
    n_items = (SELECT count(*) FROM transfer_item AS i
        WHERE i.institution = transfer.institution AND i.sheet = transfer.sheet AND i.state <> 'extra'),
    n_arrived = (SELECT count(*) FROM transfer_item AS i
        WHERE i.institution = transfer.institution AND i.sheet = transfer.sheet AND i.state = 'received'),
    n_extra = (SELECT count(*) FROM transfer_item AS i
        WHERE i.institution = transfer.institution AND i.sheet = transfer.sheet AND i.state = 'extra'),
    n_boxes = (SELECT count(*) FROM transfer_act AS a
        WHERE a.institution = transfer.institution AND a.sheet = transfer.sheet AND a.label IS NOT NULL);
