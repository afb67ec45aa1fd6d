-- How names are compared, and how numbers, days and holders are said, in the statements about single strikes.
SET VARIABLE label_of = (SELECT map(list(controller), list(label)) FROM labels);

-- A name without case, accents, remarks in brackets, article and punctuation.
CREATE OR REPLACE TEMP MACRO fold(name) AS regexp_replace(
    regexp_replace(strip_accents(lower(name)), '\(.*\)|^(al|el|an|ar|as|ash|at|ad|az)[ -]', '', 'g'),
    '[^\p{L}\p{N}]', '', 'g'
);

CREATE OR REPLACE TEMP MACRO told_holder(name) AS getvariable('label_of')[name];

CREATE OR REPLACE TEMP MACRO told_percent(share) AS CASE
    WHEN share >= 0.995 AND share < 1 THEN '>99%'
    WHEN share <= 0.005 AND share > 0 THEN '<1%'
    ELSE format('{:.0f}%', round(share * 100))
END;

CREATE OR REPLACE TEMP MACRO told_kilometres(metres) AS format('{:.1f} km', metres / 1000);

CREATE OR REPLACE TEMP MACRO told_distance(metres) AS CASE
    WHEN metres < 1000 THEN format('{:.0f} m', round(metres))
    ELSE told_kilometres(metres)
END;

CREATE OR REPLACE TEMP MACRO told_number(number, noun) AS format('{:,} {}', CAST(number AS bigint), noun)
|| CASE WHEN number = 1 THEN '' ELSE 's' END;

CREATE OR REPLACE TEMP MACRO told_day(day) AS strftime(day, '%-d %B %Y');

CREATE OR REPLACE TEMP MACRO told_span(first_day, last_day) AS CASE
    WHEN first_day = last_day THEN told_day(first_day)
    ELSE told_day(first_day) || ' to ' || told_day(last_day)
END;

CREATE OR REPLACE TEMP MACRO told_list(texts, separator) AS list_aggregate(texts, 'string_agg', separator);

-- "Opposition 80%, ISIS 20%" of the JSON object {"opposition":0.8,"isis":0.2}, in its order.
CREATE OR REPLACE TEMP MACRO told_shares(shares) AS told_list(
    [
        told_holder(name) || ' ' || told_percent(CAST(json_extract(shares, '$."' || name || '"') AS double))
        FOR name IN json_keys(shares)
    ], ', '
);
