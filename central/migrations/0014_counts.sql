-- What a sheet holds stands in its row, kept by whatever puts items on it or takes them off: to count thirty thousand anew for
-- each box made the last box wait ten times as long as the first. `n_items`: on the sheet; `n_arrived`: of those, received;
-- `n_extra`: came without being on it; `n_boxes`: boxes packed.

ALTER TABLE transfer ADD COLUMN n_items INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN n_arrived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN n_extra INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN n_boxes INTEGER NOT NULL DEFAULT 0;
UPDATE transfer SET
    n_items = (SELECT count(*) FROM transfer_item AS i
        WHERE i.institution = transfer.institution AND i.sheet = transfer.sheet AND i.state <> 'extra'),
    n_arrived = (SELECT count(*) FROM transfer_item AS i
        WHERE i.institution = transfer.institution AND i.sheet = transfer.sheet AND i.state = 'received'),
    n_extra = (SELECT count(*) FROM transfer_item AS i
        WHERE i.institution = transfer.institution AND i.sheet = transfer.sheet AND i.state = 'extra'),
    n_boxes = (SELECT count(*) FROM transfer_act AS a
        WHERE a.institution = transfer.institution AND a.sheet = transfer.sheet AND a.label IS NOT NULL);
