-- Whether deleted content is overwritten with zeros.
SELECT s.secure_delete FROM pragma_secure_delete AS s
