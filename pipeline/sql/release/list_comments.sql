-- Every comment of the database in use, for its digest.
SELECT
    schema_name,
    table_name,
    '' AS column_name,
    comment
FROM duckdb_tables()
WHERE database_name = current_database()
UNION ALL
SELECT
    schema_name,
    table_name,
    column_name,
    comment
FROM duckdb_columns()
WHERE database_name = current_database() AND NOT internal
ORDER BY schema_name, table_name, column_name
