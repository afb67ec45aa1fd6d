-- Every macro of the database in use, with its comment, for its digest. (How DuckDB prints a definition differs.)
SELECT
    schema_name,
    function_name,
    parameters,
    comment
FROM duckdb_functions()
WHERE database_name = current_database() AND NOT internal
ORDER BY schema_name, function_name
