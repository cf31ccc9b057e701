DROP VIEW records;
