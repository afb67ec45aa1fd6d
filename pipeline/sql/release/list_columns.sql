-- Every column of the tables and views of the database in use, with the comments, for its digest.
SELECT
    columns.schema_name,
    columns.table_name,
    columns.column_name,
    columns.data_type,
    columns.is_nullable,
    columns.comment,
    tables.comment AS table_comment,
    tables.table_name IS NULL AS is_view
FROM duckdb_columns() AS columns
LEFT JOIN duckdb_tables() AS tables USING (database_name, schema_name, table_name)
WHERE columns.database_name = current_database() AND NOT columns.internal
ORDER BY columns.schema_name, columns.table_name, columns.column_index
