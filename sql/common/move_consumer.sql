-- Moves a reader's position from where it was read; nothing where somebody has moved it since.
INSERT INTO consumers (name, position, updated_at)
VALUES (:name, :position, :now)
ON CONFLICT (name) DO UPDATE
    SET position = excluded.position, updated_at = excluded.updated_at
    WHERE consumers.position = :before
